"""Agents' pages in Chromium: enrolment and codes with scripts off, keys of a virtual authenticator, axe-core, 320 px, dark."""
import unittest

import chromium
from running_town import IDP

found, facts, town = [], {}, None


def question(town):
    account = town.document()["agents"][0]
    town.ctl("agent", "reset", account["login"])
    return {"url": town.url(IDP), "account": account, "codes": [town.ctl("agent", "enrol", account["login"])["code"]]}


def setUpModule():
    global town, found, facts
    # Without TLS: Chromium gives no key to a page whose certificate it was told to overlook.
    town, found, facts = chromium.visit("agents.mjs", question, tls=False, daemons=(IDP,), directory=True)


def tearDownModule():
    town.close()


class Agents(unittest.TestCase):
    def test_an_application_is_enrolled_with_scripts_off(self):
        self.assertEqual(facts["typed_kept"], "AAAA-AAAA-AAAA")
        self.assertTrue(facts["picture"])
        self.assertEqual((facts["home"], facts["named"]), ("/agent", True))

    def test_recovery_codes_are_shown_once_print_and_let_in(self):
        self.assertEqual(facts["codes"], 10)
        self.assertTrue(facts["prints_codes"])
        self.assertTrue(facts["shown_once"])
        self.assertEqual(facts["by_recovery"], "/agent")

    def test_who_leaves_is_out(self):
        self.assertEqual(facts["out"], "/connexion/agent")

    def test_a_key_is_added_used_by_keyboard_and_removed(self):
        self.assertTrue(facts["key_added"])
        self.assertEqual(facts["by_key"], "/agent")
        self.assertTrue(facts["removed"])

    def test_a_browser_that_cannot_and_a_person_who_would_not_are_told_so(self):
        self.assertTrue(facts["none"])
        self.assertTrue(facts["cancelled"])
        self.assertTrue(facts["known"])

    def test_axe_finds_no_violation_light_or_dark(self):
        self.assertEqual([f"{p['name']}: {v}" for p in found for v in p["violations"]], [])

    def test_no_page_is_wider_than_a_narrow_screen_or_large_text_allows(self):
        self.assertEqual([f"{p['name']}: {w}" for p in found for w in p["wide"]], [])


if __name__ == "__main__":
    unittest.main()
