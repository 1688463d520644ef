"""Debian's slapd as a town hall would have it: people, groups in groups, a cycle, a password policy."""
import os
import signal
import socket
import subprocess
import time

from authority import free_port, write

BASE = "dc=ville,dc=test"
PEOPLE, GROUPS, SERVICE = f"ou=agents,{BASE}", f"ou=groupes,{BASE}", f"cn=guichet,{BASE}"
SERVICE_PASSWORD = "TEST-ONLY-service"
PASSWORD = "TEST-ONLY-agent"
LEVELS, WIDTH, DEEP = 8, 25, 30

CONFIGURATION = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
pidfile {folder}/slapd.pid
argsfile {folder}/slapd.args
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
TLSCACertificateFile {ca}
sizelimit 2000
database mdb
maxsize 268435456
suffix "{base}"
rootdn "cn=root,{base}"
rootpw TEST-ONLY-root
directory {folder}/db
index objectClass,uid,mail,member,entryUUID eq
overlay ppolicy
ppolicy_default "cn=policy,{base}"
ppolicy_use_lockout
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{service}" read by anonymous auth by * none
"""


def entry(dn, *lines):
    return "\n".join((f"dn: {dn}",) + lines) + "\n"


def person(uid, *lines, mail=None):
    return entry(f"uid={uid},{PEOPLE}", "objectClass: inetOrgPerson", f"uid: {uid}", f"cn: {uid.title()}", "sn: Test",
                 f"mail: {mail or uid + '@ville.test'}", f"userPassword: {PASSWORD}", *lines)


def group_dn(name):
    return f"cn={name},{GROUPS}"


def group(name, *members):
    return entry(group_dn(name), "objectClass: groupOfNames", f"cn: {name}", *(f"member: {m}" for m in members))


def people_dn(uid):
    return f"uid={uid},{PEOPLE}"


def town_hall():
    yield entry(BASE, "objectClass: dcObject", "objectClass: organization", "dc: ville", "o: Ville")
    yield entry(PEOPLE, "objectClass: organizationalUnit", "ou: agents")
    yield entry(GROUPS, "objectClass: organizationalUnit", "ou: groupes")
    yield entry(SERVICE, "objectClass: organizationalRole", "objectClass: simpleSecurityObject", "cn: guichet", f"userPassword: {SERVICE_PASSWORD}")
    yield entry(f"cn=policy,{BASE}", "objectClass: device", "objectClass: pwdPolicy", "cn: policy", "pwdAttribute: userPassword",
                "pwdLockout: TRUE", "pwdMaxFailure: 3", "pwdLockoutDuration: 600", "pwdMustChange: TRUE")
    for uid in ("marie", "paul", "nadia", "deep", "alone", "loser"):
        yield person(uid)
    yield person("reset", "pwdReset: TRUE")
    yield person("banned", "pwdAccountLockedTime: 000001010000Z")
    yield person("jeanne", mail="jean@ville.test")
    yield person("jean", mail="jean@ville.test")
    yield person("double", mail="double@ville.test\nmail: second@ville.test\nmail: third@ville.test")
    yield entry(f"ou=ailleurs,{PEOPLE}", "objectClass: referral", "objectClass: extensibleObject", "ou: ailleurs",
                f"ref: ldap://127.0.0.1:1/ou=ailleurs,{PEOPLE}")
    yield group("etat-civil-instructeurs", people_dn("marie"), group_dn("tous"))       # closes the cycle
    yield group("etat-civil", group_dn("etat-civil-instructeurs"))
    yield group("tous", group_dn("etat-civil"))
    yield group("etrangers", people_dn("paul"))
    for level in range(LEVELS):
        for i in range(WIDTH):
            yield group(f"n{level}-{i}", group_dn(f"n{level - 1}-{i}") if level else people_dn("nadia"))
    for level in range(DEEP):
        yield group(f"d{level}", group_dn(f"d{level - 1}") if level else people_dn("deep"))


class Slapd:
    def __init__(self, folder, authority, name="slapd", subject="IP:127.0.0.1", port=None):
        self.folder, self.port, self.plain_port = f"{folder}/{name}", port or free_port(), free_port()
        os.makedirs(f"{self.folder}/db")
        certificate, key = authority.issue(f"{name}-certificate", subject)
        self.configuration = write(f"{self.folder}/slapd.conf", CONFIGURATION.format(
            folder=self.folder, certificate=certificate, key=key, ca=authority.path, base=BASE, service=SERVICE))
        ldif = write(f"{self.folder}/town.ldif", "\n".join(town_hall()))
        subprocess.run(["/usr/sbin/slapadd", "-q", "-f", self.configuration, "-l", ldif], check=True, capture_output=True)
        self.start()

    @property
    def url(self):
        return f"ldaps://127.0.0.1:{self.port}"

    @property
    def plain_url(self):
        return f"ldap://127.0.0.1:{self.plain_port}"

    def start(self):
        self.process = subprocess.Popen(["/usr/sbin/slapd", "-d", "0", "-f", self.configuration, "-h", f"{self.url} {self.plain_url}"],
                                        stderr=subprocess.DEVNULL)
        for _ in range(200):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError("slapd does not start")

    def change(self, ldif):
        subprocess.run(["ldapmodify", "-x", "-H", self.plain_url, "-D", f"cn=root,{BASE}", "-w", "TEST-ONLY-root"], input=ldif, text=True,
                       check=True, capture_output=True)

    def hang(self):
        self.process.send_signal(signal.SIGSTOP)
        while self.state() != "T":
            time.sleep(0.01)

    def state(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as f:
            return f.read().rsplit(") ", 1)[1][0]

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def close(self):
        self.go_on()
        self.process.kill()
        self.process.wait()
