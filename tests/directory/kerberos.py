"""MIT's Kerberos server as a process of our own, on a loopback port; and somebody between a client and its directory.

Nothing of this machine's Kerberos set-up is read: configuration, database, stash and log lie in one folder."""
import contextlib
import os
import select
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time

from authority import clock_off, free_port, write

REALM = "VILLE.TEST"
ACCOUNT, SERVICE = f"guichet@{REALM}", f"ldap/127.0.0.1@{REALM}"

CLIENTS = """[libdefaults]
 default_realm = {realm}
 dns_lookup_kdc = false
 udp_preference_limit = 1
 rdns = false
 dns_canonicalize_hostname = false
[realms]
 {realm} = {{
  kdc = 127.0.0.1:{port}
 }}
"""
SERVER = """[kdcdefaults]
 kdc_listen = ""
 kdc_tcp_listen = 127.0.0.1:{port}
[realms]
 {realm} = {{
  database_name = {folder}/principal
  key_stash_file = {folder}/stash
  supported_enctypes = aes256-cts:normal
  default_principal_flags = +preauth
 }}
[logging]
 kdc = FILE:{folder}/log
"""


class Kdc:
    def __init__(self, folder, clock=None):
        self.folder, self.port, self.process = f"{folder}/kdc", free_port(), None
        os.makedirs(self.folder)
        words = {"realm": REALM, "port": self.port, "folder": self.folder}
        self.environment = dict(os.environ, KRB5_CONFIG=write(f"{self.folder}/krb5.conf", CLIENTS.format(**words)),
                                KRB5_KDC_PROFILE=write(f"{self.folder}/kdc.conf", SERVER.format(**words)))
        self.run("/usr/sbin/kdb5_util", "create", "-s", "-P", "TEST-ONLY-master")
        self.start(clock)

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def run(self, *command, **options):
        done = subprocess.run(command, capture_output=True, text=True, env=dict(self.environment, **options))
        if done.returncode != 0:
            raise AssertionError(f"{command}: {done.stdout}{done.stderr}")
        return done.stdout

    def administer(self, words):
        done = subprocess.run(["/usr/sbin/kadmin.local", "-q", words], capture_output=True, text=True, env=self.environment)
        if done.returncode != 0 or "kadmin.local: " in done.stderr or "while" in done.stderr:
            raise AssertionError(f"{words}: {done.stdout}{done.stderr}")

    def add(self, principal, *options):
        """A path of its keytab."""
        self.administer(f"addprinc -randkey {' '.join(options)} {principal}")
        return self.keytab(principal)

    def keytab(self, principal):
        """A path; the principal gets new keys."""
        path = tempfile.mktemp(".keytab", "", self.folder)
        self.administer(f"ktadd -k {path} {principal}")
        os.chmod(path, 0o400)
        return path

    def log(self):
        with open(f"{self.folder}/log", encoding="utf-8") as f:
            return f.read()

    def start(self, clock=None):
        with open(f"{self.folder}/out", "wb") as out:
            self.process = subprocess.Popen(["/usr/sbin/krb5kdc", "-n", "-P", f"{self.folder}/pid"], stdin=subprocess.DEVNULL,
                                            stdout=out, stderr=out, env=clock_off(clock, self.environment), start_new_session=True)
        for _ in range(200):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        with open(f"{self.folder}/out", encoding="utf-8") as f:
            raise AssertionError(f"krb5kdc does not start: {f.read()}")

    def stop(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Faulty:
    """In place of a Kerberos server: what it does with each connection is the test's to say."""

    def __init__(self, act):
        self.act, self.listener = act, socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with contextlib.suppress(OSError), connection:
            connection.recv(65536)
            self.act(connection)

    def close(self):
        self.listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Relay:
    """Ends TLS with a certificate of its own, and passes all that is said on to a directory, inside TLS again.

    patient: how many connections it first lets pass as they are."""

    def __init__(self, certificate, key, port, patient=0):
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.load_cert_chain(certificate, key)
        self.client = ssl._create_unverified_context()
        self.port, self.heard, self.patient = port, b"", patient
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"ldaps://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(plain, self.patient > 0), daemon=True).start()
            self.patient -= 1

    def serve(self, plain, as_it_is):
        if as_it_is:
            with contextlib.suppress(OSError), plain, socket.create_connection(("127.0.0.1", self.port)) as there:
                self.pass_on(plain, there)
            return
        with contextlib.suppress(OSError), self.server.wrap_socket(plain, server_side=True) as here, \
                self.client.wrap_socket(socket.create_connection(("127.0.0.1", self.port))) as there:
            self.pass_on(here, there)

    def pass_on(self, here, there):
        pairs = {here: there, there: here}
        while True:
            for end in [e for e in pairs if isinstance(e, ssl.SSLSocket) and e.pending()] or select.select(list(pairs), [], [])[0]:
                if not (said := end.recv(65536)):
                    return
                pairs[end].sendall(said)
                self.heard += said

    def close(self):
        self.listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
