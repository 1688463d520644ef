"""Apache's mod_auth_mellon, as Debian ships it, as a real SAML 2.0 service: sign-in, attributes, single logout."""
import os
import shutil
import subprocess
import unittest
import urllib.parse

import npm
import state
from apache import Apache
from running_town import CITIZENS, IDP, Town

MODULES = "/usr/lib/apache2/modules"
PORT_OFFSET = 92
HOST = "saml.ville.localhost"
town = apache = None

# On the result page, of a service that only the browser can tell.
FROM_THE_BROWSER = "Ce service se ferme depuis votre navigateur."


def metadata(base, certificate):
    body = "".join(line for line in certificate.splitlines() if "CERTIFICATE" not in line)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="{base}/mellon/metadata">
  <md:SPSSODescriptor AuthnRequestsSigned="true" WantAssertionsSigned="true" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{body}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
    <md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="{base}/mellon/logout"/>
    <md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat>
    <md:AssertionConsumerService index="0" isDefault="true" Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="{base}/mellon/postResponse"/>
  </md:SPSSODescriptor>
</md:EntityDescriptor>
"""


def configuration(folder, port):
    load = ["mpm_event", "authn_core", "authz_core", "authz_user", "auth_mellon", "dir", "headers", "ssl"]
    modules = "\n".join(f"LoadModule {m}_module {MODULES}/mod_{m}.so" for m in load if os.path.exists(f"{MODULES}/mod_{m}.so"))
    return f"""
{modules}
ServerName https://{HOST}:{port}
UseCanonicalName On
ServerRoot {folder}
PidFile {folder}/apache.pid
Listen 127.0.0.1:{port}
User www-data
Group www-data
ErrorLog {folder}/error.log
LogLevel info auth_mellon:debug
DocumentRoot {folder}/www
DirectoryIndex index.html
Mutex file:{folder}
SSLEngine on
SSLSessionCache none
SSLCertificateFile {town.state}/apache/tls.pem
SSLCertificateKeyFile {town.state}/apache/tls.key
MellonLockFile {folder}/mellon.lock
<Location />
  MellonEndpointPath /mellon
  MellonSPMetadataFile {folder}/sp.xml
  MellonSPPrivateKeyFile {folder}/sp.key
  MellonSPCertFile {folder}/sp.pem
  MellonIdPMetadataFile {folder}/idp.xml
  MellonSignatureMethod rsa-sha256
  MellonSecureCookie On
  MellonUser NAME_ID
  MellonEnable auth
  AuthType Mellon
  Require valid-user
</Location>
<Location /public>
  MellonEnable off
  AuthType none
  Require all granted
</Location>
Header always set X-Remote-User "expr=%{{REMOTE_USER}}"
Header always set X-Family-Name "expr=%{{reqenv:MELLON_family_name}}"
Header always set X-Given-Name "expr=%{{reqenv:MELLON_urn:oid:2.5.4.42}}"
"""


def make_files(folder, port):
    base = f"https://{HOST}:{port}"
    os.makedirs(f"{folder}/www/public")
    os.chmod(folder, 0o755)
    # A browser takes mod_auth_mellon's cookie (SameSite=None) over TLS alone.
    os.makedirs(f"{town.state}/apache")
    state.make_certificate(town.state, f"{town.state}/apache", f"DNS:{HOST}")
    shutil.chown(folder, "www-data", "www-data")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", f"/CN={HOST}",
                    "-keyout", f"{folder}/sp.key", "-out", f"{folder}/sp.pem"], check=True, capture_output=True)
    shutil.chown(f"{folder}/sp.key", "www-data", "www-data")
    with open(f"{folder}/sp.pem", encoding="ascii") as f:
        certificate = f.read()
    idp = town.browser().get(town.url(IDP) + "/saml/metadata", follow=False)
    if idp.status != 200:
        raise AssertionError(f"/saml/metadata: {idp.status}")
    for path, text in ((f"{folder}/www/index.html", "page protégée"), (f"{folder}/www/public/index.html", "page publique"),
                       (f"{folder}/sp.xml", metadata(base, certificate)), (f"{folder}/idp.xml", idp.html),
                       (f"{folder}/apache.conf", configuration(folder, port))):
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)


def setUpModule():
    global town, apache
    town = Town(daemons=(IDP,))
    port = town.port_base + PORT_OFFSET
    town.__enter__()
    folder = f"{town.folder}/apache"
    try:
        make_files(folder, port)
        town.ctl("partner", "add", "saml", "--metadata", f"{folder}/sp.xml", "--name", "Une application SAML",
                 "--attributes", "family_name,given_name=urn:oid:2.5.4.42,email")
        apache = Apache(folder, port)
    except BaseException:
        tearDownModule()
        raise


def tearDownModule():
    if apache:
        apache.close()
    town.close()


class ModAuthMellon(unittest.TestCase):
    def url(self, path):
        return f"https://{HOST}:{town.port_base + PORT_OFFSET}{path}"

    def go_on(self, browser, page):
        """What a browser without scripts does: press the button of each form that carries a message."""
        for _ in range(4):
            forms = [f for f in page.parsed.forms if f.id == "saml"]
            if not forms:
                break
            page = browser.submit(page, "saml")
        return page

    def signed_in(self, citizen=CITIZENS[0]):
        browser = town.browser()
        page = browser.get(self.url("/"))
        self.assertTrue(page.url.startswith(town.url(IDP)), page.text[:300] + apache.last_words())
        page = browser.submit(page, "identifiant", {"identifiant": citizen["email"], "mot-de-passe": citizen["password"]})
        if any(urllib.parse.urlsplit(f.action).path == "/information" for f in page.parsed.forms):
            page = browser.submit(page, "flow")
        self.assertIn("form-action 'self' https://" + HOST, page.header("Content-Security-Policy", ""))
        return browser, self.go_on(browser, page)

    def test_a_citizen_reaches_the_page_and_the_application_learns_the_released_name(self):
        _, page = self.signed_in()
        self.assertEqual((page.status, page.url), (200, self.url("/")), page.text[:300] + apache.last_words())
        self.assertIn("page protégée", page.html)
        self.assertEqual(page.header("X-Family-Name"), CITIZENS[0]["family_name"])
        self.assertGreaterEqual(len(page.header("X-Remote-User")), 32)
        self.assertNotIn("@", page.header("X-Remote-User"))

    def test_the_second_service_asks_for_no_password(self):
        browser, page = self.signed_in()
        browser.cookies[HOST].clear()
        again = browser.get(self.url("/"))
        self.assertIn("SAMLResponse", again.html)
        again = self.go_on(browser, again)
        self.assertEqual(again.status, 200, apache.last_words())
        self.assertEqual(again.header("X-Remote-User"), page.header("X-Remote-User"))

    def test_logging_out_at_the_application_ends_the_account_session(self):
        browser, _ = self.signed_in()
        out = browser.get(self.url("/mellon/logout?ReturnTo=" + urllib.parse.quote(self.url("/public/"), safe="")))
        self.assertEqual((out.status, out.url), (200, self.url("/public/")), out.text[:300] + apache.last_words())
        account = browser.get(town.url(IDP) + "/mon-compte")
        self.assertTrue(account.url.endswith("/connexion"), account.url)
        page = browser.get(self.url("/"))
        self.assertTrue(any(name == "mot-de-passe" for f in page.parsed.forms for name, _ in f.fields), page.text[:300])

    def test_logging_out_at_the_account_ends_the_application_session_by_the_browser(self):
        # mod_auth_mellon finds a session by the NameID alone: a citizen of whom it has no other one.
        browser, _ = self.signed_in(CITIZENS[1])
        account = browser.get(town.url(IDP) + "/mon-compte")
        out = browser.submit(account, "/deconnexion")
        if out.parsed.forms and any(f.action == "/deconnexion" for f in out.parsed.forms):
            out = browser.submit(out, "/deconnexion")
        self.assertIn(FROM_THE_BROWSER, out.text)
        framed = browser.get(urllib.parse.urljoin(out.url, out.parsed.frames[0]))
        self.assertTrue(framed.url.startswith(town.url(IDP)), framed.url + apache.last_words())
        self.assertEqual(framed.text, "Déconnecté")
        # The link beside it, which is for a frame that stayed empty, says that it is done.
        link = next(href for href, _ in out.parsed.links if "sortir=" in href)
        out = browser.get(urllib.parse.urljoin(out.url, link))
        self.assertIn("Déconnecté", out.text)
        self.assertNotIn(FROM_THE_BROWSER, out.text)
        page = browser.get(self.url("/"), follow=False)
        self.assertEqual(page.status, 303, apache.last_words())

    def test_chromium_signs_in_and_out_with_scripts_and_without(self):
        seen = npm.run(os.path.join(os.path.dirname(os.path.abspath(__file__)), "saml_browser.mjs"),
                       {"app": self.url(""), "issuer": town.url(IDP),
                        "accounts": [CITIZENS[2], CITIZENS[3]]}, timeout=120)
        for journey in (seen["withScripts"], seen["without"]):
            self.assertIn("page prot", journey["reached"])
            self.assertIn(FROM_THE_BROWSER, journey["before"])
            self.assertEqual(journey["framed"], "Déconnecté")
            self.assertNotIn(FROM_THE_BROWSER, journey["after"])
            self.assertIn("Déconnecté", journey["after"])
            self.assertEqual(journey["refused"], [])
        self.assertEqual(seen["violations"], [])


if __name__ == "__main__":
    unittest.main()
