"""Every page in Chromium: usable without scripts, without a violation that axe-core finds, light and narrow."""
import os
import unittest

import npm
from running_town import CITIZENS, ELECTIONS, IDP, Town

pages, town = [], None


def setUpModule():
    global town, pages
    town = Town().__enter__()
    try:
        document = {"issuer": town.url(IDP), "elections": town.url(ELECTIONS), "account": CITIZENS[0],
                    "folder": os.environ.get("GUICHET_SCREENSHOTS")}
        pages = npm.run(os.path.join(os.path.dirname(__file__), "pages.mjs"), document)["results"]
    except BaseException:
        town.close()
        raise


def tearDownModule():
    town.close()


class Pages(unittest.TestCase):
    def test_the_whole_journey_works_with_scripts_off(self):
        names = [p["name"] for p in pages]
        self.assertEqual(names[-1], "logged-out")
        self.assertGreaterEqual(len(names), 17)

    def test_axe_finds_no_violation_on_any_page_light_or_dark(self):
        self.assertEqual([f"{p['name']}: {v}" for p in pages for v in p["violations"]], [])

    def test_no_page_is_wider_than_a_narrow_screen_or_large_text_allows(self):
        self.assertEqual([f"{p['name']}: {w}" for p in pages for w in p["wide"]], [])

    def test_no_page_weighs_more_than_60_kilobytes(self):
        self.assertEqual([f"{p['name']}: {p['bytes']}" for p in pages if p["bytes"] > 60_000], [])

    def test_every_page_has_a_title_of_its_own(self):
        titles = {}
        for p in pages:
            titles.setdefault(p["title"], []).append(p["name"])
        self.assertEqual({t: n for t, n in titles.items() if len(n) > 1}, {})


if __name__ == "__main__":
    unittest.main()
