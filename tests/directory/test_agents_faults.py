"""Agents' sign-in when the directory hangs, lies, floods or closes: one page that says so, one audit entry, and nobody else is touched."""
import shutil
import tempfile
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from authority import Authority, write
from liar import BIND_RESPONSE, DONE, INVALID_CREDENTIALS, REFERRAL, SUCCESS, Liar, entry, message, result, slowly
from running_town import CITIZENS, IDP, Town

BASE, GROUPS = "ou=agents,dc=ville,dc=test", "ou=groupes,dc=ville,dc=test"
MARIE = {"entryUUID": ["5e0d5d2e-7f3c-4f43-9a55-000000000001"], "uid": ["marie"], "cn": ["Marie"], "mail": ["marie@ville.test"]}
SILENT = "L’annuaire"
REFUSED = "Nous n’avons pas pu vous connecter"
world = None


def dn(name="marie"):
    return f"uid={name},{BASE}"


def answers(*people, groups=(), done=None):
    def script(number, base, send):
        for one in people if base == BASE else groups:
            send(message(number, one))
        send(message(number, done or result(DONE, SUCCESS)))
    return script


def closing(number, base, send):
    send(message(number, entry(dn(), MARIE))[:40])
    raise ConnectionError


def yes(number, who, word):
    return message(number, result(BIND_RESPONSE, SUCCESS))


def no(number, who, word):
    return message(number, result(BIND_RESPONSE, SUCCESS if who.startswith("cn=guichet") else INVALID_CREDENTIALS))


# What the directory does, to a password or to a question; the reason in the audit; what the page says, with its status.
CASES = {
    "closes in the middle": (closing, yes, "directory.gone", SILENT, 503),
    "hangs": (lambda number, base, send: None, yes, "directory.late", SILENT, 503),
    "drips": (lambda number, base, send: slowly(send, message(number, entry(dn(), MARIE)), 0.05), yes, "directory.late", SILENT, 503),
    "is garbage": (lambda number, base, send: send(b"\xff" * 64), yes, "directory.", SILENT, 503),
    "has a value of 10 MB": (answers(entry(dn(), dict(MARIE, cn=["x" * 10_000_000]))), yes, "directory.size", SILENT, 503),
    "has 10,000 people": (answers(*[entry(dn(f"m{i}"), MARIE) for i in range(10_000)]), yes, "directory.two", REFUSED, 422),
    "has 10,000 groups": (answers(entry(dn(), MARIE), groups=[entry(f"cn=g{i},{GROUPS}", {"cn": [f"g{i}"]}) for i in range(10_000)]), yes,
                          "directory.size", SILENT, 503),
    "has two of that name": (answers(entry(dn(), MARIE), entry(dn("m2"), MARIE)), yes, "directory.two", REFUSED, 422),
    "names somebody else": (answers(entry(dn("paul"), dict(MARIE, uid=["paul"]))), yes, "directory.unknown", REFUSED, 422),
    "is of another part of the tree": (answers(entry("uid=marie,ou=ailleurs,dc=ville,dc=test", MARIE)), yes, "directory.answer", SILENT, 503),
    "has no key": (answers(entry(dn(), {"uid": ["marie"]})), yes, "directory.answer", SILENT, 503),
    "sends elsewhere": (answers(done=result(DONE, REFERRAL, referral="ldap://127.0.0.1:1/")), yes, "directory.referral", REFUSED, 422),
    "knows nobody": (answers(), no, "directory.unknown", REFUSED, 422),
    "refuses the password": (answers(entry(dn(), MARIE)), no, "directory.password", REFUSED, 422),
    "gives no right": (answers(entry(dn(), MARIE)), yes, "agent.rights", "Aucun service n’est ouvert", 403),
}


class World:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="guichet-agents-faults-")
        authority = Authority(self.folder)
        password = write(f"{self.folder}/password", "TEST-ONLY-service", 0o400)
        self.server = Liar(*authority.issue("liar"), answers())
        self.town = Town(daemons=(IDP,), rows={IDP.name: {
            "directory_url": [self.server.url], "directory_base": [BASE], "directory_groups_base": [GROUPS], "directory_timeout_ms": 800,
            "directory_bind_dn": "cn=guichet,dc=ville,dc=test", "directory_password": password, "directory_ca": authority.path,
            "directory_right": ["etat-civil = etat-civil:lecture"]}}).__enter__()

    def close(self):
        self.town.close()
        self.server.close()
        shutil.rmtree(self.folder)


def setUpModule():
    global world
    world = World()


def tearDownModule():
    world.close()


class Faults(unittest.TestCase):
    def sign_in(self, login="marie", password="TEST-ONLY-marie", where="/connexion/agent"):
        browser = world.town.browser()
        page = browser.get(world.town.url(IDP) + where)
        return browser.submit(page, "mot-de-passe", {"identifiant": login, "mot-de-passe": password})

    def citizen_gets_in(self):
        began = time.monotonic()
        page = self.sign_in(CITIZENS[0]["email"], CITIZENS[0]["password"], "/connexion")
        self.assertEqual(page.status, 200)
        self.assertIn(CITIZENS[0]["family_name"], page.text + page.html)
        return time.monotonic() - began

    @staticmethod
    def entries():
        return [e for e in world.town.ctl("audit", "tail", "--n", "200") if e["event"].startswith("agent.")]

    def test_each_is_one_page_one_entry_and_no_trouble_for_anybody_else(self):
        for number, (name, (script, on_bind, reason, words, status)) in enumerate(CASES.items()):
            with self.subTest(name):
                world.server.script, world.server.on_bind = script, on_bind
                before = sum(e.get("n", 1) for e in self.entries())
                # Refusals under a name each, so that the limit of tries is not what answers.
                page = self.sign_in("marie" if status != 422 or reason in ("directory.password", "directory.two") else f"agent{number}")
                self.assertIn(words, page.text)
                self.assertEqual(page.status, status)
                self.assertNotIn("TEST-ONLY-marie", page.html)
                time.sleep(0.3)                      # the audit of a refusal is not waited for
                after = self.entries()
                self.assertEqual(sum(e.get("n", 1) for e in after) - before, 1, after[-3:])
                self.assertTrue(after[-1]["reason"].startswith(reason), after[-1])
                self.assertLess(self.citizen_gets_in(), 1)
                self.assertEqual([e for e in world.town.log_events(IDP) if e["event"] == "supervisor.role.lost"], [])

    def test_citizens_do_not_wait_while_it_hangs(self):
        world.server.script = lambda number, base, send: None
        usual = min(self.citizen_gets_in() for _ in range(3))
        with ThreadPoolExecutor(8) as pool:
            waiting = [pool.submit(self.sign_in, f"agent{i}") for i in range(8)]
            time.sleep(0.1)
            self.assertLess(min(self.citizen_gets_in() for _ in range(3)), usual * 3 + 0.1)
            self.assertEqual({w.result().status for w in waiting}, {503})

    def test_what_cannot_be_a_login_or_a_password_never_reaches_the_directory(self):
        world.server.script = answers(entry(dn(), MARIE))
        before = len(world.server.binds)
        for login, password in (("*", "x"), ("marie)(uid=*", "x"), ("uid=marie,ou=agents", "x"), ("marie", ""), ("", "x"), ("a\\2a", "x")):
            page = self.sign_in(login, password)
            self.assertIn(page.status, (422, 429))
        self.assertEqual([b for b in world.server.binds[before:] if not b[0].startswith("cn=guichet")], [])


if __name__ == "__main__":
    unittest.main()
