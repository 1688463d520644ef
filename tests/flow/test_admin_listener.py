"""The listener of the administration pages: what its configuration may say, and that it is a site of its own."""
import http.client
import ssl
import subprocess
import unittest
import urllib.parse

import state
from running_town import IDP, PROGRAMS, Town

town = None


def setUpModule():
    global town
    town = Town(daemons=(IDP,), directory=True).__enter__()


def tearDownModule():
    town.close()


def ask(url, method, path, **headers):
    """At that site's port, whatever the Host field says: status, headers, text."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPSConnection(parts.hostname, parts.port, context=ssl.create_default_context(cafile=town.ca), timeout=10)
    try:
        connection.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode("utf-8", "replace")
    finally:
        connection.close()


class Configuration(unittest.TestCase):
    def refused(self, word, **changes):
        path = f"{town.folder}/wrong.conf"
        with open(state.configuration_path(town.state, IDP), encoding="utf-8") as f:
            lines = [l for l in f if l.split(" = ")[0] not in changes]
        text = "".join(lines) + "".join(f"{k} = {state.quoted(v)}\n" for k, v in changes.items() if v is not None)
        state.write(path, text)
        done = subprocess.run([f"{PROGRAMS}/guichet-idp", "--config", path, "--check"], capture_output=True, text=True, timeout=10)
        said = done.stdout + done.stderr
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(word, said)
        self.assertRegex(said, r"wrong\.conf:\d+: (admin_url|listen_admin)")

    def test_what_cannot_work_is_refused_with_file_and_line(self):
        admin = urllib.parse.urlsplit(state.admin_url(town.port_base, True))
        self.refused("go together", admin_url=None)
        self.refused("go together", listen_admin=None)
        self.refused("scheme and host of public_url", admin_url=f"http://{admin.netloc}")
        self.refused("scheme and host of public_url", admin_url=f"https://ailleurs.localhost:{admin.port}")
        self.refused("port of its own", admin_url=town.url(IDP))
        self.refused("without a path", admin_url=f"https://{admin.netloc}/administration")
        self.refused("directory_url is needed", **{k: None for k in ("directory_url",)})


class Listener(unittest.TestCase):
    def setUp(self):
        self.admin, self.public = state.admin_url(town.port_base, True), town.url(IDP)

    def test_each_site_has_its_own_routes(self):
        status, headers, _ = ask(self.admin, "GET", "/partenaires?x=1")
        self.assertEqual((status, headers["Location"]), (303, "/connexion/agent?retour=%2Fpartenaires%3Fx%3D1"))
        self.assertEqual(ask(self.public, "GET", "/partenaires")[0], 404)
        for path in ("/mon-compte", "/connexion", "/oidc/authorize", "/saml/sso", "/.well-known/openid-configuration", "/health", "/metrics"):
            self.assertEqual(ask(self.admin, "GET", path)[0], 404, path)

    def test_its_documents_and_error_pages_are_there(self):
        self.assertEqual(ask(self.admin, "GET", "/guichet.css")[0], 200)
        status, headers, text = ask(self.admin, "GET", "/nulle-part")
        self.assertEqual(status, 404)
        self.assertIn("Administration", text)
        self.assertIn("default-src", headers["Content-Security-Policy"])

    def test_another_host_or_origin_is_refused(self):
        self.assertEqual(ask(self.admin, "GET", "/", Host="ailleurs.example")[0], 421)
        for headers in ({"Origin": self.public}, {"Sec_Fetch_Site": "same-site"}, {"Origin": "https://ailleurs.example"}):
            self.assertEqual(ask(self.admin, "POST", "/partenaires/etat?id=elections", Content_Length="0", **headers)[0], 403, headers)
        self.assertEqual(ask(self.admin, "POST", "/partenaires/etat?id=elections", Content_Length="0",
                             Content_Type="application/x-www-form-urlencoded", Origin=self.admin)[0], 303)


if __name__ == "__main__":
    unittest.main()
