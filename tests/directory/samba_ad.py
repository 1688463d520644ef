"""Debian's Samba as an Active Directory domain controller, provisioned into a folder, in the foreground on loopback.

It can listen on the standard ports only; ports_are_free() says whether it may be started at all."""
import os
import signal
import socket
import subprocess
import time

SUFFIX = "DC=ville,DC=test"
USERS = f"CN=Users,{SUFFIX}"
ADMINISTRATOR, ADMIN_PASSWORD = f"CN=Administrator,{USERS}", "TEST-ONLY-Admin1"
PASSWORD = "TEST-ONLY-Agent1"
PORTS = (88, 389, 464, 636, 3268, 3269)


def ports_are_free():
    for port in PORTS:
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


class DomainController:
    url = "ldaps://127.0.0.1:636"
    plain_url = "ldap://127.0.0.1:389"

    def __init__(self, folder, authority):
        self.folder = f"{folder}/ad"
        certificate, key = authority.issue("dc", "IP:127.0.0.1")
        self.options = [f"--option={o}" for o in (
            "interfaces=lo", "bind interfaces only=yes", "server services=ldap,kdc,cldap", f"log file={self.folder}/log", f"pid directory={self.folder}",
            f"ncalrpc dir={self.folder}/ncalrpc", f"tls certfile={certificate}", f"tls keyfile={key}", f"tls cafile={authority.path}",
            # By itself it takes Kerberos outside TLS only, which Windows does not ask for.
            "ldap server require strong auth=allow_sasl_over_tls")]
        os.makedirs(self.folder)
        self.tool("domain", "provision", "--realm=VILLE.TEST", "--domain=VILLE", "--server-role=dc", "--dns-backend=NONE", "--host-ip=127.0.0.1",
                  "--host-name=dc", f"--adminpass={ADMIN_PASSWORD}", f"--targetdir={self.folder}", *self.options)
        self.configuration = f"{self.folder}/etc/smb.conf"
        with open(f"{self.folder}/log.start", "wb") as log:
            self.process = subprocess.Popen(["/usr/sbin/samba", "-F", "--no-process-group", "-s", self.configuration, *self.options],
                                            stdout=log, stderr=log, start_new_session=True)
        self.wait()

    @staticmethod
    def tool(*arguments):
        done = subprocess.run(["samba-tool", *arguments], capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(f"samba-tool {arguments[:2]}: {done.stdout}{done.stderr}")
        return done.stdout

    def wait(self):
        for _ in range(300):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", 636)) == 0:
                    return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        self.close()
        with open(f"{self.folder}/log.start", encoding="utf-8", errors="replace") as f:
            raise AssertionError(f"samba does not start: {f.read()[-2000:]}")

    def here(self, *arguments):
        """On the database itself, which is this machine's to write."""
        return self.tool(*arguments, "-s", self.configuration, f"-H{self.folder}/private/sam.ldb")

    def keytab(self, user):
        """A path."""
        path = f"{self.folder}/{user}.keytab"
        self.tool("domain", "exportkeytab", path, f"--principal={user}", "-s", self.configuration)
        os.chmod(path, 0o400)
        return path

    def modify(self, ldif):
        subprocess.run(["ldapmodify", "-x", "-H", self.url, "-D", ADMINISTRATOR, "-w", ADMIN_PASSWORD], input=ldif, text=True, check=True,
                       capture_output=True, env=dict(os.environ, LDAPTLS_REQCERT="never"))

    def close(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
