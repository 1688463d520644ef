"""openid-client (npm) as a relying party: it checks everything that it is sent, and refuses what it should."""
import os
import unittest

import npm
from main_job import sign_in
from running_town import CITIZENS, IDP, Town

SCRIPT = os.path.join(os.path.dirname(__file__), "relying_party.mjs")
town = None


def setUpModule():
    global town
    town = Town(daemons=(IDP,)).__enter__()


def tearDownModule():
    town.close()


class OpenidClient(unittest.TestCase):
    def partner(self, name, *extra):
        answer = town.ctl("partner", "add", "oidc", "--id", name, "--redirect-uri", "http://127.0.0.1:9/retour",
                          "--post-logout-uri", "http://127.0.0.1:9/fini", "--attributes", "given_name,family_name,email",
                          "--grant", "authorization_code", "refresh_token", "client_credentials", *extra)
        return {"issuer": town.url(IDP), "client_id": answer["client_id"], "client_secret": answer["client_secret"],
                "redirect_uri": "http://127.0.0.1:9/retour", "post_logout_uri": "http://127.0.0.1:9/fini"}

    def journey(self, name, alg, auth):
        base = dict(self.partner(name, "--alg", alg, "--auth", auth), alg=alg, auth=auth)
        start = npm.run(SCRIPT, dict(base, step="start", scope="openid profile email offline_access"), town.ca)
        browser = town.browser()
        page = browser.get(start["url"], follow=False)
        page = browser.submit(page, "identifiant", {"identifiant": CITIZENS[0]["email"], "mot-de-passe": CITIZENS[0]["password"]}, follow=False)
        while not (page.header("Location") or "").startswith("http://127.0.0.1:9/"):
            if page.status == 303:
                page = browser.get(page.header("Location") if "://" in page.header("Location") else town.url(IDP) + page.header("Location"), follow=False)
            else:
                page = browser.submit(page, "flow", follow=False)
        done = npm.run(SCRIPT, dict(base, step="finish", callback=page.header("Location"), checks=start["checks"]), town.ca)
        return base, browser, done

    def check(self, done):
        self.assertEqual(done["userinfo"]["sub"], done["claims"]["sub"])
        self.assertEqual(done["userinfo"]["family_name"], CITIZENS[0]["family_name"])
        self.assertEqual(done["userinfo"]["email"], CITIZENS[0]["email"])
        self.assertNotIn("birthdate", done["userinfo"])
        self.assertTrue(done["introspection"]["active"])
        self.assertTrue(done["refreshed"])
        self.assertFalse(done["revoked"]["active"])

    def test_es256_with_basic_authentication_through_to_logout(self):
        _, browser, done = self.journey("npm-es256", "ES256", "basic")
        self.check(done)
        page = browser.get(done["logout"], follow=False)
        while page.status == 200 and page.parsed.forms:
            page = browser.submit(page, page.parsed.forms[0].id or page.parsed.forms[0].fields[0][0], follow=False)
        target = page.header("Location") or next((h for h, _ in page.parsed.links if h.startswith("http://127.0.0.1:9/fini")), "")
        self.assertTrue(target.startswith("http://127.0.0.1:9/fini"), page.text[:300])
        self.assertIn("state=fini", target)

    def test_rs256_with_secret_in_the_body(self):
        _, _, done = self.journey("npm-rs256", "RS256", "post")
        self.check(done)

    def test_two_partners_know_the_citizen_by_two_names(self):
        _, _, one = self.journey("npm-one", "ES256", "basic")
        _, _, two = self.journey("npm-two", "ES256", "basic")
        self.assertNotEqual(one["claims"]["sub"], two["claims"]["sub"])

    def test_client_credentials(self):
        base = dict(self.partner("npm-machine", "--alg", "ES256"), alg="ES256", auth="basic")
        self.assertTrue(npm.run(SCRIPT, dict(base, step="client_credentials"), town.ca)["introspection"]["active"])


if __name__ == "__main__":
    unittest.main()
