"""The agents' door of a service in Chromium: scripts off, by keyboard, axe-core, 320 px, dark."""
import unittest

import chromium
import main_job
import totp
from running_town import ELECTIONS, ETAT_CIVIL, IDP

found, facts, town = [], {}, None


def door(town, service, role):
    agent = next(a for a in town.document()["agents"] if (a["service"], a["role"]) == (service.name, role))
    # The next code: it is good already, and this one may have been used when the town was set up.
    return {"url": town.url(service), "login": agent["login"], "password": agent["password"],
            "code": totp.code(agent["totp_secret"], totp.step_now() + 1)}


def question(town):
    browser = town.browser()
    receipt = browser.submit(browser.get(town.url(ETAT_CIVIL) + "/deces"), "destinataire", main_job.DEATH_FILING)
    return {"doors": [door(town, ETAT_CIVIL, "instructeur"), door(town, ELECTIONS, "responsable")],
            "number": main_job.receipt_number(receipt, "EC")}


def setUpModule():
    global town, found, facts
    town, found, facts = chromium.visit("desk.mjs", question, tls=False, daemons=(IDP, ETAT_CIVIL, ELECTIONS), directory=True)


def tearDownModule():
    town.close()


class Desk(unittest.TestCase):
    def test_every_page_is_reached_and_used_by_keyboard_with_scripts_off(self):
        self.assertEqual((facts["came_in"], facts["readings"]), ("/agents", "/agents/lectures"))
        self.assertIn("Choisissez une raison", facts["reason_asked"])
        self.assertEqual(facts["kept"], 1001)
        self.assertTrue(facts["closed"])
        self.assertTrue(facts["out"])

    def test_axe_finds_no_violation_light_or_dark(self):
        self.assertEqual([f"{p['name']}: {v}" for p in found for v in p["violations"]], [])

    def test_no_page_is_wider_than_a_narrow_screen_or_large_text_allows(self):
        self.assertEqual([f"{p['name']}: {w}" for p in found for w in p["wide"]], [])


if __name__ == "__main__":
    unittest.main()
