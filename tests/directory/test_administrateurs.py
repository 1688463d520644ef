"""docs/administrateurs.md, done as it says: from no directory to a first agent and a first administrator signed in."""
import os
import re
import shlex
import subprocess
import tempfile
import time
import unittest

import directory
import samba_ad
import state
import totp
from agents_job import has_field, on
from authority import Authority, free_port
from enrol import link
from running_town import BUILD, ETAT_CIVIL, IDP, PROGRAMS, Town
from town import ADMIN_PORT

PAGE = f"{os.path.dirname(os.path.abspath(__file__))}/../../docs/administrateurs.md"
BASE = "dc=ville,dc=example"
PASSWORD = "TEST-ONLY-Agent1"
PEOPLE = {"marie.petit": "Marie Petit", "paul.roux": "Paul Roux"}


def blocks():
    """(what it is, text) of each block, in the order of the page."""
    with open(PAGE, encoding="utf-8") as f:
        return re.findall(r"^```(\w+)\n(.*?)^```", f.read(), re.M | re.S)


def openldap(folder, authority):
    def dn(uid):
        return f"uid={uid},ou=agents,{BASE}"

    def group(name, *members):
        return directory.group(f"cn={name},ou=groupes,{BASE}", *members)

    slapd = directory.Slapd(f"{folder}/annuaire", BASE, [f"ldaps://127.0.0.1:{free_port()}"])
    os.makedirs(slapd.folder)
    for made, name in zip(authority.issue("annuaire"), ("tls.pem", "tls.key")):
        os.rename(made, f"{slapd.folder}/{name}")
    reader = f"cn=guichet,ou=services,{BASE}"
    slapd.create(reader, "\n".join([
        directory.root_of(BASE, "Ville"), *(directory.unit(f"ou={ou},{BASE}") for ou in ("agents", "groupes", "services")),
        directory.reader(reader, PASSWORD), *(directory.person(dn(uid), name, PASSWORD) for uid, name in PEOPLE.items()),
        group("etat-civil", dn("marie.petit")), group("informatique", dn("paul.roux")),
        group("mairie", f"cn=etat-civil,ou=groupes,{BASE}", f"cn=informatique,ou=groupes,{BASE}")]))
    slapd.start()
    return slapd, slapd.stop, {"ldaps://annuaire.ville.example": slapd.urls[0]}


def active_directory(folder, authority):
    dc = samba_ad.DomainController(folder, authority)
    for name in ("guichet", *PEOPLE):
        dc.here("user", "add", name, PASSWORD)
    for name, member in (("etat-civil", "marie.petit"), ("informatique", "paul.roux"), ("mairie", "etat-civil"), ("mairie", "informatique")):
        if member != "informatique":
            dc.here("group", "add", name)
        dc.here("group", "addmembers", name, member)
    return dc, dc.close, {"ldaps://dc1.ville.example": dc.url, "DC=ville,DC=example": samba_ad.SUFFIX}


class AsThePageSays(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="guichet-administrateurs-")
        os.chmod(self.folder, 0o755)
        self.authority = Authority(self.folder)

    def begin(self, kind, make):
        _, close, names = make(self.folder, self.authority)
        self.addCleanup(close)
        self.kind = kind
        self.town = Town(daemons=(IDP, ETAT_CIVIL)).__enter__()
        self.addCleanup(self.town.close)
        here, base = self.town.state, self.town.port_base
        self.names = {
            "/etc/guichet/guichet-idp.conf": state.configuration_path(here, IDP),
            "/etc/guichet/guichet-etat-civil.conf": state.configuration_path(here, ETAT_CIVIL),
            "/etc/guichet/keys": here, "/etc/guichet": here, "/usr/libexec/guichet": PROGRAMS,
            "https://etat-civil.ville.example": self.town.url(ETAT_CIVIL), "127.0.0.1:8842": f"127.0.0.1:{base + ADMIN_PORT}",
            "https://compte.ville.example:8442": state.admin_url(base, True), **names}
        self.said, self.environment = "", dict(os.environ, PATH=f"{BUILD}/stage/usr/bin:{os.environ['PATH']}",
                                               GUICHET_CONFIG=state.configuration_path(here, IDP))

    def here(self, text):
        for there, here in self.names.items():
            text = text.replace(there, here)
        return text

    def command(self, line):
        words = shlex.split(line, comments=True)
        if words[:2] == ["systemctl", "reload"]:
            return self.reload(words[2])
        typed = ""
        if "/dev/stdin" in words and "|" not in words:
            with open(self.authority.path, encoding="utf-8") as f:
                typed = PASSWORD if "password" in line else f.read()
        done = subprocess.run(["bash", "-c", f"set -o pipefail\n{line}"], input=typed, capture_output=True, text=True, env=self.environment, timeout=60)
        self.assertEqual(done.returncode, 0, f"{line}\n{done.stdout}{done.stderr}")
        self.said = done.stdout
        return self.looked_at(line)

    def looked_at(self, line):
        if "directory check" in line:
            self.assertNotIn("FAILS", self.said)
            for words in ("with a good certificate", "found, and may sign in", "right: etat-civil: instructeur", "right: elections: lecture"):
                self.assertIn(words, self.said)
        if "agent enrol" in line:
            login = line.split()[-1]
            code = re.search(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b", self.said)
            self.assertTrue(code, self.said)
            self.signed_in(login, code.group(0))

    def reload(self, name):
        daemon = IDP if name == IDP.program else ETAT_CIVIL
        before = self.town.role_pids(daemon, "engine")
        os.kill(self.town.processes[daemon.program].pid, 1)
        end = time.monotonic() + 10
        while (self.town.role_pids(daemon, "engine") == before or not self.town.healthy(daemon)) and time.monotonic() < end:
            time.sleep(0.05)
        self.assertNotEqual(self.town.role_pids(daemon, "engine"), before, self.town.log(daemon)[-1500:])

    def signed_in(self, login, printed_code):
        """What the page says that the agent does, and where it ends."""
        door = self.names["https://compte.ville.example:8442"] + "/" if login == "paul.roux" else self.town.url(ETAT_CIVIL) + "/agents"
        browser = self.town.browser()
        page = browser.submit(browser.get(door), "mot-de-passe", {"identifiant": login, "mot-de-passe": PASSWORD})
        page = browser.submit(page, "code-inscription", {"code-inscription": printed_code})
        page = browser.get(link(page, "choix=application"))
        words = re.search(r"\b(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}\b", page.text)
        page = browser.submit(page, "secret", {"code": totp.code(words.group(0))})
        self.assertEqual(len(re.findall(r"<li><code>", page.html)), 10, page.text[:300])
        page = browser.submit(page, "fini")
        self.assertTrue(page.status == 200 and on(page, door), f"{page.url} {page.text[:400]}")
        self.assertFalse(has_field(page, "mot-de-passe"))
        if login == "paul.roux":
            self.assertIn("Partenaires", page.text)
            self.assertNotIn("/cles", page.html)
        else:
            self.assertIn("Espace des agents", page.text)

    def go(self):
        reached = []
        for what, text in blocks():
            if what in ("openldap", "ad", "conf", "service", "admin"):
                if what in ("openldap", "ad") and what != self.kind:
                    continue
                daemon = ETAT_CIVIL if what == "service" else IDP
                with open(state.configuration_path(self.town.state, daemon), "a", encoding="utf-8") as f:
                    f.write(self.here(text))
            else:
                self.assertEqual(what, "sh")
                for line in self.here(text).replace("\\\n", " ").splitlines():
                    self.command(line)
                    reached.append(line)
        self.assertEqual(sum("agent enrol" in line for line in reached), 2)

    def test_with_openldap(self):
        self.begin("openldap", openldap)
        self.go()

    def test_with_active_directory(self):
        if os.geteuid() != 0 or not samba_ad.ports_are_free():
            self.skipTest(f"a domain controller needs root and the ports {samba_ad.PORTS} of 127.0.0.1")
        self.begin("ad", active_directory)
        self.go()


if __name__ == "__main__":
    unittest.main()
