"""SAML through the fronts: what the engine's own tests cannot see of a request on its way in."""
import base64
import os
import re
import signal
import subprocess
import time
import unittest
import urllib.parse
import zlib

import demo
import state
from running_town import CITIZENS, IDP, Town

SP, ACS = "https://guichet-libre.example/metadata", "https://guichet-libre.example/acs"
METADATA = f"""<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{SP}">
  <md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <md:AssertionConsumerService index="0" Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="{ACS}"/>
  </md:SPSSODescriptor>
</md:EntityDescriptor>
"""
town = None


def setUpModule():
    global town
    town = Town(daemons=(IDP,)).__enter__()
    try:
        town.ctl("partner", "add", "saml", "--metadata", "-", "--name", "Guichet libre", "--release", "none", text=METADATA)
    except BaseException:
        town.close()
        raise


def tearDownModule():
    town.close()


def authn_request(number):
    instant = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return (f'<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_r{number}" Version="2.0" IssueInstant="{instant}">'
            f'<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">{SP}</saml:Issuer></samlp:AuthnRequest>').encode()


def deflated(xml):
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    return base64.b64encode(squeeze.compress(xml) + squeeze.flush()).decode()


class ThroughTheFronts(unittest.TestCase):
    def url(self, path):
        return town.url(IDP) + path

    def post(self, browser, fields):
        return browser.request("POST", self.url("/saml/sso"), urllib.parse.urlencode(fields).encode(), origin="https://guichet-libre.example")

    def sign_in(self, browser, page):
        self.assertIn("Guichet libre", page.text)
        return browser.submit(page, "identifiant", {"identifiant": CITIZENS[0]["email"], "mot-de-passe": CITIZENS[0]["password"]})

    def answer(self, page, relay_state):
        form = page.form("saml")
        fields = dict(form.fields)
        self.assertEqual((form.action, fields["RelayState"]), (ACS, relay_state))
        return base64.b64decode(fields["SAMLResponse"]).decode()

    def test_a_form_of_another_site_with_folded_lines_is_answered_with_the_relay_state_untouched(self):
        browser, folded = town.browser(), base64.encodebytes(authn_request(1)).decode().replace("\n", "\r\n")
        page = self.post(browser, {"SAMLRequest": folded, "RelayState": "é\"'><b>&amp; +%41"})
        self.assertEqual(page.status, 303)
        page = self.sign_in(browser, browser.follow(page))
        self.assertEqual(page.status, 200)
        self.assertIn('InResponseTo="_r1"', self.answer(page, "é\"'><b>&amp; +%41"))

    def test_the_other_language_of_the_page_is_the_same_request(self):
        browser = town.browser()
        page = browser.get(self.url("/saml/sso?" + urllib.parse.urlencode({"SAMLRequest": deflated(authn_request(2)), "RelayState": "x"})))
        english = next(href for href, _ in page.parsed.links if "lang=en" in href)
        page = browser.get(urllib.parse.urljoin(page.url, english))
        self.assertIn("Password", page.text)
        page = self.sign_in(browser, page)
        self.assertIn('InResponseTo="_r2"', self.answer(page, "x"))
        self.assertIn("Continue", page.text)

    def test_what_is_there_twice_or_too_large_is_refused(self):
        query = urllib.parse.urlencode({"SAMLRequest": deflated(authn_request(3)), "RelayState": "x"})
        for wrong in (query + "&RelayState=y", query + "&SAMLRequest=y", query.replace("RelayState=x", "RelayState=" + "x" * 1025),
                      "SAMLRequest=" + urllib.parse.quote(deflated(b"<a>" * 2000000)), "SAMLRequest=%3Ca"):
            page = town.browser().get(self.url("/saml/sso?" + wrong), follow=False)
            self.assertEqual(page.status, 400, wrong[:80])
            self.assertNotIn('name="SAMLResponse"', page.html)
        self.assertEqual(town.browser().get(self.url("/saml/sso?" + query), follow=False).status, 200)

    def test_the_metadata_are_served_as_such(self):
        page = town.browser().get(self.url("/saml/metadata"), follow=False)
        self.assertEqual((page.status, page.header("Content-Type")), (200, "application/samlmetadata+xml"))
        self.assertIn(f'entityID="{self.url("/saml/metadata")}"', page.html)
        for end in ("sso", "slo"):
            self.assertIn(f'Location="{self.url("/saml/" + end)}"', page.html)


class Page(unittest.TestCase):
    def test_the_sequence_of_the_partners_page_works(self):
        with open(f"{demo.ROOT}/docs/partners.md", encoding="utf-8") as f:
            page = f.read()
        script = re.search(r"^## Trying SAML against the demo$.*?^```bash\n(.*?)^```", page, re.M | re.S).group(1)
        state.write_demo_json(town.state, town.port_base, town.tls, CITIZENS, {})
        environment = dict(os.environ, DEMO=town.state, GUICHETCTL=f"{town.build}/stage/usr/bin/guichetctl")
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=environment, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        for said in ("exit code 1", "  - Service d'essai\n  + Essai\n", "sign-in from our side:\n  - no\n  + yes\n", "r1\n", "Amadou",
                     'InResponseTo="_', "urn:oid:0.9.2342.19200300.100.1.3", "nobody asked", "is removed"):
            self.assertIn(said, done.stdout)
        self.assertIn("--replace", done.stderr)


class Certificates(unittest.TestCase):
    def test_the_next_certificate_is_published_beside_the_present_one(self):
        own = Town(tls=False, daemons=(IDP,)).__enter__()
        self.addCleanup(own.close)
        here = f"{own.state}/idp"
        state.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "10", "-subj", "/CN=next",
                  "-keyout", f"{here}/saml-next.key", "-out", f"{here}/saml-next.pem")
        with open(f"{here}/saml.pem", "a", encoding="ascii") as present, open(f"{here}/saml-next.pem", encoding="ascii") as following:
            present.write(following.read())
        own.processes[IDP.program].send_signal(signal.SIGHUP)
        end = time.monotonic() + 10
        while time.monotonic() < end:
            published = own.browser().get(own.url(IDP) + "/saml/metadata", follow=False).html.count("<ds:X509Certificate>")
            if published == 2:
                break
            time.sleep(0.1)
        self.assertEqual(published, 2)


if __name__ == "__main__":
    unittest.main()
