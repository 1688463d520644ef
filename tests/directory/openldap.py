"""A town hall in slapd for the courier's tests: people, groups in groups, a cycle, a password policy."""
import os
import shutil
import signal
import time

import directory
from authority import free_port
from directory import entry, join_group, leave_group        # noqa: F401

BASE = "dc=ville,dc=test"
PEOPLE, GROUPS, SERVICE = f"ou=agents,{BASE}", f"ou=groupes,{BASE}", f"cn=guichet,{BASE}"
ELECTED = f"ou=elus,{BASE}"
SERVICE_PASSWORD = "TEST-ONLY-service"
PASSWORD = "TEST-ONLY-agent"
LEVELS, WIDTH, DEEP = 8, 25, 30
OVERLAYS = f'overlay ppolicy\nppolicy_default "cn=policy,{BASE}"\nppolicy_use_lockout'


def person(uid, *lines, mail=None):
    return directory.person(people_dn(uid), f"{uid.title()} Test", PASSWORD, f"mail: {mail or uid + '@ville.test'}", *lines)


def group_dn(name):
    return f"cn={name},{GROUPS}"


def group(name, *members):
    return directory.group(group_dn(name), *members)


def people_dn(uid):
    return f"uid={uid},{PEOPLE}"


def town_hall():
    yield directory.root_of(BASE, "Ville")
    for dn in (PEOPLE, GROUPS, ELECTED):
        yield directory.unit(dn)
    yield directory.reader(SERVICE, SERVICE_PASSWORD)
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


class Slapd(directory.Slapd):
    def __init__(self, folder, authority, name="slapd", subject="IP:127.0.0.1", port=None, modules="", overlays="", environment=None):
        self.port, self.plain_port = port or free_port(), free_port()
        super().__init__(f"{folder}/{name}", BASE, [f"ldaps://127.0.0.1:{self.port}", f"ldap://127.0.0.1:{self.plain_port}"])
        os.makedirs(self.folder)
        self.use_certificate(*authority.issue(f"{name}-certificate", subject))
        self.create(SERVICE, "\n".join(town_hall()), f"moduleload ppolicy\n{modules}", f"{OVERLAYS}\n{overlays}")
        self.environment = environment
        self.start()

    def use_certificate(self, certificate, key):
        """From its next start."""
        shutil.copy(certificate, f"{self.folder}/tls.pem")
        shutil.copy(key, f"{self.folder}/tls.key")

    @property
    def url(self):
        return self.urls[0]

    @property
    def plain_url(self):
        return self.urls[1]

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
