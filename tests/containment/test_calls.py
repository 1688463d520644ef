"""The system calls of each role: allowed by roles/boot/calls.c, and used under a load that touches all of its work.

GUICHET_CALLS_REPORT=FILE writes the table that docs/assurance.md shows.
"""
import base64
import contextlib
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.parse

import main_job
from running_town import BUILD, CITIZENS, ELECTIONS, IDP, Town

ALLOWED_AT_MOST = {"front": 40, "signer": 30, "reader": 25}
PROGRAM = {"tls-signer": "signer"}         # one program and one list, with another key
UNUSED_AT_MOST = 5
# Asked for, and answered with an error by confine.c: the libraries then do without.
REFUSED_POLITELY = {"clone3", "openat2", "open", "openat", "stat", "lstat", "newfstatat", "statx", "access", "faccessat", "faccessat2", "readlink"}
# One kernel call under two names.
SAME = {"epoll_pwait": "epoll_wait", "ppoll": "poll"}


def allowed():
    """role -> {call: why}"""
    table = {}
    for line in subprocess.run([f"{BUILD}/tests/containment/calls-table"], capture_output=True, text=True, check=True).stdout.splitlines():
        role, call, why = line.split(" ")
        table.setdefault(role, {})[call.split("/")[0]] = why
    return table


class Traces:
    """strace beside every process of a daemon, from when it serves."""

    def __init__(self, town):
        self.town, self.folder, self.running = town, tempfile.mkdtemp(prefix="guichet-calls-"), []

    def begin(self):
        for daemon in (IDP, ELECTIONS):
            for name, pid in self.town.roles(daemon).items():
                role = name.split(": ")[-1].split(" ")[0]
                out = f"{self.folder}/{role}.{daemon.name}.{pid}"
                self.running.append(subprocess.Popen(["strace", "-f", "-qq", "-c", "-U", "name", "-o", out, "-p", str(pid)], stderr=subprocess.DEVNULL))
        end = time.monotonic() + 10
        while time.monotonic() < end and not all(self.attached(pid) for d in (IDP, ELECTIONS) for pid in self.town.roles(d).values()):
            time.sleep(0.05)

    @staticmethod
    def attached(pid):
        with open(f"/proc/{pid}/status") as f:
            return "TracerPid:\t0\n" not in f.read()

    def end(self):
        """role -> calls used, of all processes of that role."""
        for p in self.running:
            with contextlib.suppress(ProcessLookupError):
                p.send_signal(signal.SIGINT)
        for p in self.running:
            p.wait(20)
        used = {}
        for path in glob.glob(f"{self.folder}/*"):
            with open(path) as f:
                names = [line.split()[-1] for line in f.read().splitlines()]
            used.setdefault(os.path.basename(path).split(".")[0], set()).update(SAME.get(n, n) for n in names if n.isidentifier() and n not in ("syscall", "total"))
        shutil.rmtree(self.folder, ignore_errors=True)
        return used


# Tests that start one role by itself and give it what a town seldom does: uploads, floods, broken peers.
ROLE_TESTS = {"front": ("unit/test-front", "unit/test-front_life", "unit/test-front_tls", "containment/test-large-answer"),
              "reader": ("unit/test-reader_saml_role", "unit/test-reader_passkey")}


def after_the_filter(program):
    """Calls of every process of a program since it loaded a filter."""
    with tempfile.NamedTemporaryFile("r") as out:
        subprocess.run(["strace", "-f", "-qq", "-o", out.name, program], capture_output=True, cwd=BUILD)
        filtered, used = set(), set()
        for line in out:
            pid, rest = line.split(None, 1)
            if re.match(r"(seccomp\(SECCOMP_SET_MODE_FILTER|<... seccomp resumed>).* = 0$", rest):
                filtered.add(pid)
            elif pid in filtered and (call := re.match(r"(\w+)\(", rest)):
                used.add(SAME.get(call.group(1), call.group(1)))
    return used


SP = "https://guichet-libre.example/metadata"
METADATA = f"""<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{SP}">
  <md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <md:AssertionConsumerService index="0" Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://guichet-libre.example/acs"/>
  </md:SPSSODescriptor>
</md:EntityDescriptor>
"""


def saml_sign_on(town, filler):
    """filler: what makes the document so large that it does not travel in a frame."""
    instant = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    request = (f'<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_r1" Version="2.0" IssueInstant="{instant}">'
               f'<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">{SP}</saml:Issuer>{" " * filler}</samlp:AuthnRequest>')
    body = urllib.parse.urlencode({"SAMLRequest": base64.b64encode(request.encode()).decode()}).encode()
    browser = town.browser()
    page = browser.request("POST", town.url(IDP) + "/saml/sso", body, origin="https://guichet-libre.example")
    if page.status == 303:
        browser.submit(browser.follow(page), "identifiant", {"identifiant": CITIZENS[0]["email"], "mot-de-passe": CITIZENS[0]["password"]})


def load(town):
    """What the roles are there for, the large and the wrong included."""
    document = town.document()
    for i in range(3):
        main_job.elections_journey(document, CITIZENS[i], lambda text: None)
    main_job.discovery_is_true(document, lambda text: None)
    for filler in (0, 40000, 60000, 0):
        saml_sign_on(town, filler)
    for daemon in (IDP, ELECTIONS):
        for path in ("/", "/nowhere", "/health", "/guichet.css"):
            town.browser().get(town.url(daemon) + path)
        town.browser().request("POST", town.url(daemon) + "/connexion", b"x" * 400000)
    town.ctl("account", "add", "--email", "calls@exemple.fr", "--given-name", "A", "--family-name", "B", "--password-stdin", text="calls-of-each-role-1")


def measure(tls):
    with Town(daemons=(IDP, ELECTIONS), tls=tls) as town:
        town.ctl("partner", "add", "saml", "--metadata", "-", "--name", "Guichet libre", "--release", "none", text=METADATA)
        large = METADATA.replace(SP, SP + "/large").replace("</md:SPSSO", " " * 180000 + "</md:SPSSO")
        traces = Traces(town)
        traces.begin()
        load(town)
        town.ctl("partner", "add", "saml", "--metadata", "-", "--name", "Grand", "--release", "none", text=large)
        return traces.end()


@unittest.skipUnless(shutil.which("strace") and os.geteuid() == 0, "needs strace and root")
@unittest.skipIf("sanitize" in BUILD, "the sanitizers' run-time makes calls of its own")
class Calls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.allowed = allowed()
        cls.used = {}
        for role, calls in (*measure(tls=True).items(), *measure(tls=False).items()):
            cls.used.setdefault(PROGRAM.get(role, role), set()).update(calls)
        for role, tests in ROLE_TESTS.items():
            for test in tests:
                cls.used[role] |= after_the_filter(f"{BUILD}/tests/{test}")
        if os.environ.get("GUICHET_CALLS_REPORT"):
            cls.report(os.environ["GUICHET_CALLS_REPORT"])

    @classmethod
    def report(cls, path):
        rows = {role: {"allowed": sorted(calls), "abort": sorted(c for c, why in calls.items() if why == "abort"),
                       "used": sorted(cls.used.get(role, ()))} for role, calls in cls.allowed.items()}
        with open(path, "w", encoding="utf-8") as f:
            json.dump(rows, f, indent=1)

    def test_no_role_is_allowed_more_than_its_bar(self):
        for role, most in ALLOWED_AT_MOST.items():
            self.assertLessEqual(len(self.allowed[role]), most, f"{role}: {sorted(self.allowed[role])}")

    def test_no_role_uses_what_the_table_does_not_have(self):
        for role, calls in self.used.items():
            self.assertEqual(calls - set(self.allowed[role]) - REFUSED_POLITELY, set(), role)

    def test_little_is_allowed_that_is_not_used(self):
        for role in ALLOWED_AT_MOST:
            unused = {c for c, why in self.allowed[role].items() if why != "abort"} - self.used[role]
            self.assertLessEqual(len(unused), UNUSED_AT_MOST, f"{role} is allowed and does not use {sorted(unused)}; it uses {sorted(self.used[role])}")


if __name__ == "__main__":
    unittest.main()
