"""Apache's mod_auth_openidc, as Debian ships it, protecting a page with our accounts."""
import os
import shutil
import time
import unittest
import urllib.parse

from apache import Apache
from running_town import CITIZENS, IDP, Town

MODULES = "/usr/lib/apache2/modules"
PORT_OFFSET = 90
town = apache = None


def configuration(folder, port, issuer, ca, client):
    load = ["mpm_event", "authn_core", "authz_core", "authz_user", "auth_openidc", "dir", "headers"]
    modules = "\n".join(f"LoadModule {m}_module {MODULES}/mod_{m}.so" for m in load if os.path.exists(f"{MODULES}/mod_{m}.so"))
    return f"""
{modules}
ServerName appli.ville.localhost
ServerRoot {folder}
PidFile {folder}/apache.pid
Listen 127.0.0.1:{port}
User www-data
Group www-data
ErrorLog {folder}/error.log
LogLevel info
DocumentRoot {folder}/www
DirectoryIndex index.html
Mutex file:{folder}
OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCCABundlePath {ca}
OIDCClientID {client['client_id']}
OIDCClientSecret {client['client_secret']}
OIDCRedirectURI http://appli.ville.localhost:{port}/retour
OIDCCryptoPassphrase only-for-this-test
OIDCScope "openid profile email"
OIDCPKCEMethod S256
OIDCResponseType code
OIDCDefaultLoggedOutURL http://appli.ville.localhost:{port}/public/
OIDCPassClaimsAs both
OIDCRemoteUserClaim sub
<Location />
  AuthType openid-connect
  Require valid-user
</Location>
<Location /public>
  AuthType none
  Require all granted
</Location>
Header always set X-Remote-User "expr=%{{REMOTE_USER}}"
Header always set X-Family-Name "expr=%{{HTTP:OIDC_CLAIM_family_name}}"
"""


def setUpModule():
    global town, apache
    town = Town(daemons=(IDP,))
    port = town.port_base + PORT_OFFSET
    # A partner on this machine is told of a logout only because the configuration lists it.
    town.rows = {"idp": {"logout_allow": [f"http://appli.ville.localhost:{port}"]}}
    town.__enter__()
    folder = f"{town.folder}/apache"
    try:
        client = town.ctl("partner", "add", "oidc", "--id", "appli", "--name", "Une application",
                          "--redirect-uri", f"http://appli.ville.localhost:{port}/retour",
                          "--post-logout-uri", f"http://appli.ville.localhost:{port}/public/",
                          "--backchannel-logout-uri", f"http://appli.ville.localhost:{port}/retour?logout=backchannel",
                          "--attributes", "given_name,family_name,email", "--alg", "RS256")
        os.makedirs(f"{folder}/www/public")
        os.chmod(folder, 0o755)
        shutil.chown(folder, "www-data", "www-data")
        for path, text in ((f"{folder}/www/index.html", "page protégée"), (f"{folder}/www/public/index.html", "page publique"),
                           (f"{folder}/apache.conf", configuration(folder, port, town.url(IDP), town.ca, client))):
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
        apache = Apache(folder, port)
    except BaseException:
        tearDownModule()
        raise


def tearDownModule():
    if apache:
        apache.close()
    town.close()


class ModAuthOpenidc(unittest.TestCase):
    def url(self, path):
        return f"http://appli.ville.localhost:{town.port_base + PORT_OFFSET}{path}"

    def signed_in(self):
        browser = town.browser()
        page = browser.get(self.url("/"))
        self.assertTrue(page.url.startswith(town.url(IDP)), page.text[:300])
        page = browser.submit(page, "identifiant", {"identifiant": CITIZENS[0]["email"], "mot-de-passe": CITIZENS[0]["password"]})
        if any(urllib.parse.urlsplit(f.action).path == "/information" for f in page.parsed.forms):
            page = browser.submit(page, "flow")
        return browser, page

    def test_a_citizen_reaches_the_page_and_the_application_learns_the_released_name(self):
        _, page = self.signed_in()
        self.assertEqual((page.status, page.url), (200, self.url("/")), apache.last_words())
        self.assertIn("page protégée", page.html)
        self.assertEqual(page.header("X-Family-Name"), CITIZENS[0]["family_name"])
        self.assertNotIn("@exemple.fr", page.header("X-Remote-User"))

    def test_logging_out_at_the_application_ends_the_account_session(self):
        browser, page = self.signed_in()
        out = browser.get(self.url("/retour?logout=" + urllib.parse.quote(self.url("/public/"), safe="")))
        for _ in range(3):
            if out.url.startswith(self.url("/public")) or not out.parsed.forms:
                break
            out = browser.submit(out, out.parsed.forms[0].fields[0][0])
        page = browser.get(self.url("/"))
        self.assertTrue(page.url.startswith(town.url(IDP)), page.url)
        self.assertTrue(page.parsed.forms, page.text[:300])

    def test_logging_out_at_the_account_ends_the_application_session_by_back_channel(self):
        browser, page = self.signed_in()
        self.assertEqual(page.status, 200)
        account = browser.get(town.url(IDP) + "/mon-compte")
        form = next(f for f in account.parsed.forms if urllib.parse.urlsplit(f.action).path == "/deconnexion")
        browser.submit(account, form.fields[0][0])
        time.sleep(0.5)
        page = browser.get(self.url("/"), follow=False)
        self.assertEqual(page.status, 302, apache.last_words())


if __name__ == "__main__":
    unittest.main()
