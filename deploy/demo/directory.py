"""Debian's slapd as a process of our own: configuration, certificate, database and control socket in one folder.

Nothing of the package's own service is used or touched. Who started it changes entries through the
control socket, as the user that owns the folder's processes: there is no password of a root account.
"""
import os
import signal
import socket
import subprocess
import time
import urllib.parse

CONFIGURATION = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
{modules}
pidfile {folder}/slapd.pid
argsfile {folder}/slapd.args
TLSCertificateFile {folder}/tls.pem
TLSCertificateKeyFile {folder}/tls.key
threads 4
sizelimit {sizelimit}
database mdb
maxsize 67108864
suffix "{base}"
rootdn "gidNumber={gid}+uidNumber={uid},cn=peercred,cn=external,cn=auth"
directory {folder}/db
index objectClass,uid,mail,member,entryUUID eq
{overlays}
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{reader}" read by anonymous auth by * none
"""


class DirectoryError(Exception):
    pass


def entry(dn, *lines):
    return "\n".join((f"dn: {dn}",) + lines) + "\n"


def root_of(base, name):
    return entry(base, "objectClass: dcObject", "objectClass: organization", f"dc: {base.split(',')[0].split('=')[1]}", f"o: {name}")


def unit(dn):
    return entry(dn, "objectClass: organizationalUnit", f"ou: {dn.split(',')[0].split('=')[1]}")


def reader(dn, password):
    """The account of ours that searches."""
    return entry(dn, "objectClass: organizationalRole", "objectClass: simpleSecurityObject", f"cn: {dn.split(',')[0].split('=')[1]}",
                 f"userPassword: {password}")


def person(dn, name, password, *lines):
    uid = dn.split(",")[0].split("=")[1]
    return entry(dn, "objectClass: inetOrgPerson", f"uid: {uid}", f"cn: {name}", f"sn: {name.split()[-1]}", f"userPassword: {password}", *lines)


def group(dn, *members):
    return entry(dn, "objectClass: groupOfNames", f"cn: {dn.split(',')[0].split('=')[1]}", *(f"member: {m}" for m in members))


def _run(command, text=None):
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    if done.returncode != 0:
        raise DirectoryError(f"{command[0]} failed: {(done.stderr or done.stdout).strip()[-600:]}")


class Slapd:
    """folder has tls.pem and tls.key. user: whose process it is, by number; None: the caller's."""

    def __init__(self, folder, base, urls, user=None):
        self.folder, self.base, self.urls, self.user = folder, base, urls, user
        self.configuration = f"{folder}/slapd.conf"
        self.control = "ldapi://" + urllib.parse.quote(f"{folder}/ldapi", safe="")
        self.process, self.environment = None, None

    def create(self, reader_dn, ldif, modules="", overlays="", sizelimit=2000):
        """Its configuration and its first entries."""
        os.makedirs(f"{self.folder}/db", mode=0o700)
        text = CONFIGURATION.format(folder=self.folder, base=self.base, reader=reader_dn, modules=modules, overlays=overlays,
                                    sizelimit=sizelimit, uid=os.geteuid(), gid=os.getegid())
        with open(self.configuration, "w", encoding="utf-8") as f:
            f.write(text)
        _run(["/usr/sbin/slapadd", "-q", "-f", self.configuration], ldif)
        if self.user is not None:
            for path in (self.folder, f"{self.folder}/db", *(f"{at}/{name}" for at, _, names in os.walk(self.folder) for name in names)):
                os.chown(path, self.user, self.user)
        os.chmod(self.folder, 0o700)

    def start(self, log=subprocess.DEVNULL, level="0"):
        """level: what of slapd.conf's loglevel it writes into log."""
        own = {} if self.user is None else {"user": self.user, "group": self.user, "extra_groups": []}
        self.process = subprocess.Popen(["/usr/sbin/slapd", "-d", level, "-f", self.configuration, "-h", f"{' '.join(self.urls)} {self.control}"],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log, start_new_session=True, env=self.environment, **own)
        for _ in range(200):
            if self.answers():
                return self.process
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise DirectoryError("slapd does not start: run  /usr/sbin/slapd -d config -f " + self.configuration)

    def answers(self):
        address = urllib.parse.urlsplit(self.urls[0])
        with socket.socket() as s:
            return s.connect_ex((address.hostname, address.port)) == 0

    def change(self, ldif):
        change(self.control, ldif)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def change(control, ldif):
    """At the control socket of a directory that runs."""
    _run(["ldapmodify", "-Q", "-Y", "EXTERNAL", "-H", control], ldif)


def leave_group(control, group_dn, member_dn):
    change(control, f"dn: {group_dn}\nchangetype: modify\ndelete: member\nmember: {member_dn}\n")


def join_group(control, group_dn, member_dn):
    change(control, f"dn: {group_dn}\nchangetype: modify\nadd: member\nmember: {member_dn}\n")
