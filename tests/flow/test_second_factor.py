"""An agent's second factor on real daemons: a key in software, codes used twice at once, and what is refused."""
import concurrent.futures
import re
import time
import unittest
import urllib.parse

from authenticator import UP, Passkey, totp
from running_town import IDP, Town

town = agent = None
FACTOR, ENROL = "/connexion/agent/facteur", "/connexion/agent/inscription"


def setUpModule():
    global town, agent
    town = Town(daemons=(IDP,), directory=True).__enter__()
    agent = town.document()["agents"][0]


def tearDownModule():
    town.close()


def password(browser):
    page = browser.get(town.url(IDP) + "/connexion/agent")
    return browser.submit(page, "mot-de-passe", {"identifiant": agent["login"], "mot-de-passe": agent["password"]})


def question(page):
    return re.search(r'data-defi="([^"]+)"', page.html).group(1)


def link(page, word):
    return next(urllib.parse.urljoin(page.url, href) for href, _ in page.parsed.links if word in href)


def enrolled_with_key(alg):
    """A browser that is signed in, and the key that did it."""
    town.ctl("agent", "reset", agent["login"])
    browser, key = town.browser(), Passkey(urllib.parse.urlsplit(town.url(IDP)).hostname, alg)
    page = browser.submit(password(browser), "code-inscription", {"code-inscription": town.ctl("agent", "enrol", agent["login"])["code"]})
    page = browser.get(link(page, "choix=cle"))
    page = browser.submit(page, "attestation", {"nom": "Essai", **key.create(question(page), town.url(IDP))})
    return browser, browser.submit(page, "fini"), key


class Keys(unittest.TestCase):
    def test_a_key_of_each_algorithm_enrols_and_signs_in(self):
        for alg in (-7, -8, -257):
            _, page, key = enrolled_with_key(alg)
            self.assertIn("Essai", page.text)
            browser = town.browser()
            page = password(browser)
            page = browser.submit(page, "signature", key.get(question(page), town.url(IDP), counts=True))
            self.assertEqual(urllib.parse.urlsplit(page.url).path, "/agent")

    def test_what_is_no_answer_to_this_question_opens_nothing(self):
        _, _, key = enrolled_with_key(-7)
        ours = town.url(IDP)
        for spoilt in ({"kind": "webauthn.create"}, {"rp_id": "localhost"}, {"flags": UP}, {"crossOrigin": True}):
            browser = town.browser()
            page = password(browser)
            page = browser.submit(page, "signature", key.get(question(page), ours, **spoilt))
            self.assertEqual(page.status, 422, spoilt)
        browser = town.browser()
        page = password(browser)
        page = browser.submit(page, "signature", key.get(question(page), ours + ".ailleurs.example"))
        self.assertEqual(page.status, 422)


class Codes(unittest.TestCase):
    def test_of_two_browsers_with_one_code_one_gets_in(self):
        town.ctl("agent", "reset", agent["login"])
        browser = town.browser()
        page = browser.submit(password(browser), "code-inscription", {"code-inscription": town.ctl("agent", "enrol", agent["login"])["code"]})
        page = browser.get(link(page, "choix=application"))
        secret = re.search(r"(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}", page.text).group(0)
        browser.submit(page, "secret", {"code": totp(secret, time.time(), -1)})
        if time.time() % 30 > 25:
            time.sleep(6)
        code = totp(secret, time.time())
        browsers = [town.browser() for _ in range(4)]
        pages = [password(b) for b in browsers]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda i: browsers[i].submit(pages[i], "code", {"code": code}, follow=False).status, range(4)))
        self.assertEqual(sorted(answers), [303, 422, 422, 422])


if __name__ == "__main__":
    unittest.main()
