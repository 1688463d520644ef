"""An agent's way through the door of a service, with real daemons, a slapd, a password and a second factor."""
import re
import unittest
import urllib.parse

import main_job
from agents_job import Desk
from running_town import ELECTIONS, ETAT_CIVIL, IDP, Town

WORD = "Votre acte est parti par la poste.\nÀ bientôt <b>!</b>"
town = None


def setUpModule():
    global town
    town = Town(daemons=(IDP, ETAT_CIVIL, ELECTIONS), directory=True).__enter__()


def tearDownModule():
    town.close()


def file_without_account():
    """Number and follow-up code of a request that nobody signed in for."""
    browser = town.browser()
    receipt = browser.submit(browser.get(town.url(ETAT_CIVIL) + "/deces"), "destinataire", main_job.DEATH_FILING)
    return main_job.receipt_number(receipt, "EC"), re.search(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b", receipt.text).group(0)


def follow(number, code):
    browser = town.browser()
    return browser.submit(browser.get(town.url(ETAT_CIVIL) + "/suivi"), "code", {"numero": number, "code": code})


class Door(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.people = {(a["service"], a["role"]): a for a in town.document()["agents"]}
        cls.desk = Desk(town.document(), cls.people["etat-civil", "instructeur"])
        cls.page = cls.desk.open()

    def test_the_session_is_a_strict_cookie_of_its_own(self):
        self.assertEqual(self.page.status, 200)
        ours = [p for p in self.desk.browser.hops if p.url.startswith(town.url(ETAT_CIVIL))]
        cookies = [v for p in ours for k, v in p.headers if k.lower() == "set-cookie" and v.startswith("__Host-agent=")]
        self.assertEqual(len(cookies), 1)
        self.assertIn("SameSite=Strict", cookies[0])

    def test_whoever_follows_by_code_reads_the_state_the_word_and_the_reading(self):
        number, code = file_without_account()
        self.assertIn("Envoyée", follow(number, code).text)
        page = self.desk.open_filing(number)
        self.assertIn(main_job.DEATH_FILING["adresse"], page.text)
        page = self.desk.browser.submit(page, "mot", {"mot": WORD.replace("\n", "\r\n")})
        self.assertIn("La demande est terminée", page.text)
        page = follow(number, code)
        self.assertIn("Terminée", page.text)
        self.assertIn("instruction de la demande", page.text)
        self.assertIn("Votre acte est parti par la poste.\nÀ bientôt &lt;b&gt;!&lt;/b&gt;", page.html)
        self.assertNotIn(self.desk.person["name"], page.text)

    def test_a_word_too_long_or_empty_is_refused_and_kept(self):
        page = self.desk.open_filing(file_without_account()[0])
        for word in ("x" * 1001, " \r\n "):
            refused = self.desk.browser.submit(page, "mot", {"mot": word})
            self.assertEqual(refused.status, 422)
            self.assertIn(word.strip(), refused.html)

    def test_an_agent_of_one_service_reaches_nothing_of_another(self):
        self.assertEqual(self.desk.reaches("elections", file_without_account()[0]), [])

    def test_another_sites_form_changes_nothing(self):
        number, code = file_without_account()
        page = self.desk.browser.request("POST", self.desk.url("etat-civil", "/agents/ouvrir"),
                                         urllib.parse.urlencode({"numero": number, "raison": "instruction"}).encode(), origin="https://mechant.example")
        self.assertEqual(page.status, 403)
        self.assertIn("Personne n’a encore lu", follow(number, code).text)

    def test_signing_out_here_ends_the_session_at_the_identity_provider_too(self):
        desk = Desk(town.document(), self.people["elections", "instructeur"])
        page = desk.open()
        page = desk.browser.submit(page, "/agents/deconnexion")
        self.assertEqual(page.status, 200)
        self.assertFalse(desk.is_open())


if __name__ == "__main__":
    unittest.main()
