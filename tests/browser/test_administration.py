"""The administration pages in Chromium: a passkey of a virtual authenticator, scripts off, keyboard, axe-core, 320 px, dark."""
import unittest

import chromium
from running_town import CITIZENS, IDP

found, facts, town = [], {}, None


def question(town):
    document = town.document()["administration"]
    return {"admin": document["url"].rstrip("/"), "account": document["administrators"][0], "issuer": town.url(IDP), "citizen": CITIZENS[0]}


def setUpModule():
    global town, found, facts
    # Without TLS: Chromium gives no key to a page whose certificate it was told to overlook.
    town, found, facts = chromium.visit("administration.mjs", question, tls=False, daemons=(IDP,), directory=True)


def tearDownModule():
    town.close()


class Administration(unittest.TestCase):
    def test_who_is_not_signed_in_comes_by_the_agents_sign_in_and_back(self):
        self.assertEqual((facts["led_to"], facts["arrived"]), ("/connexion/agent", "/"))

    def test_a_passkey_is_registered_and_signs_in(self):
        self.assertTrue(facts["key_registered"])
        self.assertEqual(facts["by_key"], "/partenaires")

    def test_a_secret_is_shown_once_and_what_was_typed_is_kept(self):
        self.assertTrue(facts["secret"])
        self.assertFalse(facts["secret_again"])
        self.assertEqual(facts["kept"], "La piscine")
        self.assertEqual((facts["metadata_kept"], facts["file_kept"]), ("<md:EntityDescriptor", "<unfit/>"))

    def test_a_trial_runs_the_true_sign_in(self):
        self.assertEqual(facts["trial"], "L’essai a réussi")

    def test_the_keyboard_reaches_every_section_and_the_act(self):
        self.assertTrue(facts["disabled"])
        self.assertEqual(facts["stops"][0], "#contenu")
        for section in facts["sections"]:
            self.assertIn(section, facts["stops"])

    def test_axe_finds_no_violation_on_any_page_light_or_dark(self):
        self.assertEqual([f"{p['name']}: {v}" for p in found for v in p["violations"]], [])

    def test_no_page_is_wider_than_a_narrow_screen_or_large_text_allows(self):
        self.assertEqual([f"{p['name']}: {w}" for p in found for w in p["wide"]], [])


if __name__ == "__main__":
    unittest.main()
