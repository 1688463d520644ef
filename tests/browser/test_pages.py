"""Every page in Chromium: usable without scripts, without a violation that axe-core finds, light and narrow."""
import unittest
import urllib.parse

import chromium
from main_job import BORN, ENTRY
from running_town import CITIZENS, ELECTIONS, ETAT_CIVIL, IDP, PETITE_ENFANCE, SERVICES

pages, town = [], None


def question(town):
    return {"issuer": town.url(IDP), "elections": town.url(ELECTIONS), "etatCivil": town.url(ETAT_CIVIL),
            "petiteEnfance": town.url(PETITE_ENFANCE), "account": CITIZENS[0],
            "born": {"jour": str(BORN.day), "mois": str(BORN.month), "annee": str(BORN.year)},
            "entry": {"entree-jour": str(ENTRY.day), "entree-mois": str(ENTRY.month), "entree-annee": str(ENTRY.year)}}


def setUpModule():
    global town, pages
    town, pages, _ = chromium.visit("pages.mjs", question, daemons=(IDP, *SERVICES))


def tearDownModule():
    town.close()


class Pages(unittest.TestCase):
    def test_the_whole_journey_works_with_scripts_off(self):
        names = [p["name"] for p in pages]
        self.assertEqual(names[-1], "logged-out")
        self.assertGreaterEqual(len(names), 38)

    def test_axe_finds_no_violation_on_any_page_light_or_dark(self):
        self.assertEqual([f"{p['name']}: {v}" for p in pages for v in p["violations"]], [])

    def test_no_page_is_wider_than_a_narrow_screen_or_large_text_allows(self):
        self.assertEqual([f"{p['name']}: {w}" for p in pages for w in p["wide"]], [])

    def test_no_page_weighs_more_than_60_kilobytes(self):
        self.assertEqual([f"{p['name']}: {p['bytes']}" for p in pages if p["bytes"] > 60_000], [])

    def test_every_page_has_a_title_of_its_own(self):
        titles = {}
        for p in pages:
            titles.setdefault((urllib.parse.urlsplit(p["url"]).netloc, p["title"]), []).append(p["name"])
        # Two receipts of one service are the same page.
        self.assertEqual({t: n for t, n in titles.items() if len({name.split("-")[-1] for name in n}) > 1}, {})


if __name__ == "__main__":
    unittest.main()
