"""Accounts, agents, keys, audit log, queues and state in Chromium: what each page is for, axe-core, 320 px, dark."""
import json
import unittest

import chromium
from running_town import CITIZENS, IDP

found, facts, town = [], {}, None


def question(town):
    document = town.document()["administration"]
    return {"admin": document["url"].rstrip("/"), "account": document["administrators"][0], "issuer": town.url(IDP),
            "citizen": CITIZENS[0], "agent": town.document()["agents"][0]["login"]}


def setUpModule():
    global town, found, facts
    town, found, facts = chromium.visit("administration_sections.mjs", question, tls=False, daemons=(IDP,), directory=True)


def tearDownModule():
    town.close()


class Sections(unittest.TestCase):
    def test_an_account_is_found_closed_with_a_reason_that_its_owner_reads_and_opened_again(self):
        self.assertEqual(facts["kept"], "personne@exemple.fr")
        self.assertFalse(facts["address_in_address"])
        self.assertTrue(facts["closed"] and facts["reason_read"] and facts["opened"], facts)

    def test_a_code_is_printed(self):
        self.assertTrue(facts["code"])

    def test_the_audit_log_is_searched_exported_and_verified(self):
        self.assertTrue(facts["found"] and facts["csv"] and facts["intact"], facts)

    def test_a_key_is_published_by_the_supervisor_and_not_sooner_activated(self):
        self.assertTrue(facts["rotated"] and facts["next"] and facts["too_early"], facts)
        entries = town.ctl("audit", "search", "--event", "key.rotate")
        login = town.document()["administration"]["administrators"][0]["login"]
        self.assertEqual({(e["event"], e["actor"]) for e in entries}, {("key.rotate.ask", login), ("key.rotate", login)}, json.dumps(entries))

    def test_the_state_says_that_everything_answers(self):
        self.assertTrue(facts["state"])

    def test_axe_finds_no_violation_on_any_page_light_or_dark(self):
        self.assertEqual([f"{p['name']}: {v}" for p in found for v in p["violations"]], [])

    def test_no_page_is_wider_than_a_narrow_screen_or_large_text_allows(self):
        self.assertEqual([f"{p['name']}: {w}" for p in found for w in p["wide"]], [])


if __name__ == "__main__":
    unittest.main()
