"""@node-saml/node-saml (npm) as a SAML service: it checks every signature that it is sent, and refuses what was altered."""
import base64
import os
import subprocess
import unittest
import urllib.parse

import npm
from running_town import CITIZENS, IDP, Town

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "service_provider.mjs")
BASE = "https://application.example"
POST_SLO = f'Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="{BASE}/{{}}/slo"'
town = None

# On the result page, of a service that only the browser can tell.
FROM_THE_BROWSER = "Ce service se ferme depuis votre navigateur."


def setUpModule():
    global town
    town = Town(daemons=(IDP,)).__enter__()


def tearDownModule():
    town.close()


class Service:
    """One application: its key, its partner at the identity provider, and what it remembers of its requests."""

    def __init__(self, name, *partner, redirect_logout=False):
        self.name, self.cache = name, {}
        here = f"{town.folder}/{name}"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", f"/CN={name}",
                        "-keyout", f"{here}.key", "-out", f"{here}.pem"], check=True, capture_output=True)
        self.settings = {"issuer": f"{BASE}/{name}", "acs": f"{BASE}/{name}/acs", "slo": f"{BASE}/{name}/slo",
                         "idp": town.url(IDP) + "/saml/metadata", "entry": town.url(IDP) + "/saml/sso", "logout_url": town.url(IDP) + "/saml/slo",
                         "certificate": read(f"{town.state}/idp/saml.pem"), "key": read(f"{here}.key"), "own_certificate": read(f"{here}.pem")}
        metadata = self.does("metadata")["metadata"]
        if redirect_logout:                 # the library writes POST, and reads both
            post = POST_SLO.format(name)
            assert post in metadata, metadata
            metadata = metadata.replace(post, post.replace("HTTP-POST", "HTTP-Redirect"))
        town.ctl("partner", "add", "saml", "--metadata", "-", "--name", f"Application {name}", "--release", "none",
                 "--attributes", "family_name,given_name=urn:oid:2.5.4.42,email", *partner, text=metadata)

    def does(self, step, **more):
        answer = npm.run(SCRIPT, {**self.settings, **more, "step": step, "cache": self.cache}, town.ca)
        self.cache = answer.pop("cache")
        return answer


def read(path):
    with open(path, encoding="ascii") as f:
        return f.read()


def message_of(page):
    """What the browser is about to bring to the service: a form to post, or a redirect."""
    location = page.header("Location") or ""
    if location.startswith(BASE):
        return {"query": urllib.parse.urlsplit(location).query}
    return {"fields": dict(page.form("saml").fields)}


def asks_for_a_password(page):
    return any(name == "mot-de-passe" for f in page.parsed.forms for name, _ in f.fields)


def type_password(browser, page, citizen=CITIZENS[0]):
    return browser.submit(page, "identifiant", {"identifiant": citizen["email"], "mot-de-passe": citizen["password"]})


class NodeSaml(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = Service("une", "--sign-response")
        cls.other = Service("autre", "--sign-response", redirect_logout=True)

    def signed_in(self, service, citizen=CITIZENS[0]):
        """A browser, and the page that carries the response to the service."""
        browser = town.browser()
        page = browser.get(service.does("start", relay_state="/page?a=1&b=é")["url"])
        self.assertTrue(asks_for_a_password(page), page.text[:300])
        return browser, type_password(browser, page, citizen)

    def accepted(self, service, page, **more):
        answer = service.does("finish", message=message_of(page), **more)
        self.assertNotIn("refused", answer)
        return answer["profile"]

    # ---- signing in ----

    def test_a_signed_request_brings_a_signed_assertion_with_the_released_attributes(self):
        _, page = self.signed_in(self.service)
        self.assertEqual(dict(page.form("saml").fields)["RelayState"], "/page?a=1&b=é")
        self.assertEqual(page.form("saml").action, self.service.settings["acs"])
        profile = self.accepted(self.service, page)
        self.assertEqual(profile["issuer"], self.service.settings["idp"])
        self.assertEqual(profile["nameIDFormat"], "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent")
        self.assertGreaterEqual(len(profile["nameID"]), 32)
        self.assertTrue(profile["sessionIndex"])
        self.assertEqual(profile["attributes"], {"family_name": CITIZENS[0]["family_name"], "urn:oid:2.5.4.42": CITIZENS[0]["given_name"],
                                                 "email": CITIZENS[0]["email"], "email_verified": "true"})

    def test_a_request_by_post_is_understood(self):
        browser = town.browser()
        fields = self.service.does("start-post", relay_state="x")["fields"]
        page = browser.request("POST", self.service.settings["entry"], urllib.parse.urlencode(fields).encode(), origin=BASE)
        profile = self.accepted(self.service, type_password(browser, browser.follow(page)))
        self.assertEqual(profile["attributes"]["family_name"], CITIZENS[0]["family_name"])

    def test_another_service_asks_for_no_password_and_knows_the_citizen_by_another_name(self):
        browser, page = self.signed_in(self.service)
        one = self.accepted(self.service, page)
        two = self.accepted(self.other, browser.get(self.other.does("start")["url"]))
        self.assertNotEqual(one["nameID"], two["nameID"])
        self.assertNotEqual(one["sessionIndex"], two["sessionIndex"])

    def test_a_request_whose_signature_was_altered_is_refused_here(self):
        url = self.service.does("start")["url"]
        for wrong in (url.replace("SAMLRequest=", "SAMLRequest=A", 1), url.replace("rsa-sha256", "rsa-sha1"),
                      url.split("&SigAlg")[0], url + "&RelayState=x"):
            page = town.browser().get(wrong, follow=False)
            self.assertIn(page.status, (400, 403), wrong[:120])
            self.assertNotIn("SAMLResponse", page.html)

    # ---- what the service refuses ----

    def refused(self, service, xml, **more):
        fields = {"SAMLResponse": base64.b64encode(xml.encode()).decode()}
        return service.does("finish", message={"fields": fields}, **more).get("refused")

    def test_an_altered_response_is_refused_and_the_true_one_accepted_once_the_alteration_is_gone(self):
        _, page = self.signed_in(self.service)
        fields = dict(page.form("saml").fields)
        xml, remembered = base64.b64decode(fields["SAMLResponse"]).decode(), dict(self.service.cache)
        alterations = {"another family name": (CITIZENS[0]["family_name"], "Autre"), "another instant": ("IssueInstant=\"2", "IssueInstant=\"3"),
                       "another request": ("InResponseTo=\"", "InResponseTo=\"x"), "another issuer": ("/saml/metadata<", "/saml/metadate<"),
                       "no signature": ("<ds:Signature ", "<ds:Signatur ")}
        for what, (old, new) in alterations.items():
            self.assertIn(old, xml, what)
            self.service.cache = dict(remembered)
            self.assertTrue(self.refused(self.service, xml.replace(old, new)), what)
        self.service.cache = dict(remembered)
        self.accepted(self.service, page)

    def test_the_signature_of_the_assertion_stands_on_its_own(self):
        _, page = self.signed_in(self.service)
        xml, remembered = base64.b64decode(dict(page.form("saml").fields)["SAMLResponse"]).decode(), dict(self.service.cache)
        # Without the response's signature: its whole element goes, the assertion's own remains.
        start = xml.index("<ds:Signature")
        bare = xml[:start] + xml[xml.index("</ds:Signature>", start) + len("</ds:Signature>"):]
        self.assertIn("<ds:Signature", bare)
        self.assertIsNone(self.refused(self.service, bare, response_signed=False))
        self.service.cache = dict(remembered)
        self.assertTrue(self.refused(self.service, bare.replace(CITIZENS[0]["family_name"], "Autre"), response_signed=False))

    def test_a_response_is_for_one_service_and_one_request(self):
        _, page = self.signed_in(self.service)
        message, cache = message_of(page), self.service.cache
        self.other.cache = dict(cache)
        self.assertIn("audience", self.other.does("finish", message=message)["refused"])
        self.service.cache = {}
        self.assertIn("InResponseTo", self.service.does("finish", message=message)["refused"])

    # ---- ForceAuthn and IsPassive ----

    def test_force_authn_asks_for_the_password_once_although_there_is_a_session(self):
        browser, page = self.signed_in(self.service)
        first = self.accepted(self.service, page)
        page = browser.get(self.service.does("start", force=True)["url"])
        self.assertTrue(asks_for_a_password(page), page.text[:300])
        again = self.accepted(self.service, type_password(browser, page))
        self.assertEqual(again["nameID"], first["nameID"])

    def test_is_passive_answers_a_signed_no_passive_without_a_session_and_an_assertion_with_one(self):
        browser = town.browser()
        page = browser.get(self.service.does("start", passive=True)["url"])
        answer = self.service.does("finish", message=message_of(page))
        self.assertEqual(answer, {"profile": None, "loggedOut": False})
        # Altered, it is no answer at all: it was signed.
        xml = base64.b64decode(dict(page.form("saml").fields)["SAMLResponse"]).decode()
        self.service.does("start", passive=True)
        self.assertTrue(self.refused(self.service, xml.replace("IssueInstant=\"2", "IssueInstant=\"3")))
        browser, page = self.signed_in(self.service)
        known = self.accepted(self.service, page)
        page = browser.get(self.service.does("start", passive=True)["url"])
        self.assertEqual(self.accepted(self.service, page)["nameID"], known["nameID"])

    # ---- signing out ----

    def from_the_service(self, service):
        browser, page = self.signed_in(service)
        profile = self.accepted(service, page)
        page = browser.get(service.does("logout", profile=profile, relay_state="fini")["url"], follow=False)
        for _ in range(4):
            if (page.header("Location") or "").startswith(BASE) or any(f.id == "saml" for f in page.parsed.forms):
                break
            page = browser.get(urllib.parse.urljoin(page.url, page.header("Location")), follow=False)
        message = message_of(page)
        carried = message.get("fields") or dict(urllib.parse.parse_qsl(message["query"]))
        self.assertEqual(carried["RelayState"], "fini")
        self.assertEqual(service.does("logout-answered", message=message), {"profile": None, "loggedOut": True})
        self.assertTrue(asks_for_a_password(browser.get(service.does("start")["url"])))

    def test_signing_out_at_the_service_ends_the_account_session_answered_by_post(self):
        self.from_the_service(self.service)

    def test_signing_out_at_the_service_ends_the_account_session_answered_by_redirect(self):
        self.from_the_service(self.other)

    def from_the_account(self, service):
        browser, page = self.signed_in(service, CITIZENS[1])
        profile = self.accepted(service, page)
        out = browser.submit(browser.get(town.url(IDP) + "/mon-compte"), "/deconnexion")
        if any(f.action == "/deconnexion" for f in out.parsed.forms):
            out = browser.submit(out, "/deconnexion")
        self.assertIn(FROM_THE_BROWSER, out.text)
        link = next(href for href, _ in out.parsed.links if "sortir=" in href)
        page = browser.get(urllib.parse.urljoin(out.url, link), follow=False)
        message = message_of(page)
        carried = message.get("fields") or dict(urllib.parse.parse_qsl(message["query"]))
        told = service.does("logout-asked", message=message, relay_state=carried.get("RelayState", ""))
        self.assertNotIn("refused", told)
        self.assertEqual(told["profile"]["nameID"], profile["nameID"])
        self.assertEqual(told["profile"]["sessionIndex"], profile["sessionIndex"])
        done = browser.get(told["url"])
        self.assertIn("Déconnecté", done.text)
        self.assertNotIn(FROM_THE_BROWSER, done.text)
        return message

    def test_signing_out_at_the_account_reaches_the_service_by_post(self):
        message = self.from_the_account(self.service)
        altered = base64.b64decode(message["fields"]["SAMLRequest"]).decode().replace("IssueInstant=\"2", "IssueInstant=\"3")
        fields = {"SAMLRequest": base64.b64encode(altered.encode()).decode()}
        self.assertIn("signature", self.service.does("logout-asked", message={"fields": fields})["refused"].lower())

    def test_signing_out_at_the_account_reaches_the_service_by_redirect(self):
        message = self.from_the_account(self.other)
        altered = message["query"].replace("RelayState=", "RelayState=x") if "RelayState=" in message["query"] else message["query"] + "&RelayState=x"
        self.assertIn("signature", self.other.does("logout-asked", message={"query": altered})["refused"].lower())


if __name__ == "__main__":
    unittest.main()
