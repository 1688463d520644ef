"""The program of docs/partner-c.md as a real partner: its own web server, signed in through our provider."""
import http.server
import os
import subprocess
import tempfile
import threading
import unittest
import urllib.parse

from running_town import BUILD, CITIZENS, IDP, PROGRAMS, Town, sign_in

PROGRAM = f"{BUILD}/sp-lib/partner-example"


class Cgi(http.server.BaseHTTPRequestHandler):
    """What any web server does with a CGI program, and no more."""

    environment = {}

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        environment = dict(self.environment, PATH_INFO=url.path, QUERY_STRING=url.query, HTTP_COOKIE=self.headers.get("Cookie", ""))
        done = subprocess.run([PROGRAM], env=environment, capture_output=True, timeout=30)
        self.server.errors += done.stderr.decode()
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        fields = [line.split(": ", 1) for line in head.decode().split("\r\n")]
        self.send_response(next((int(v) for k, v in fields if k == "Status"), 500))
        for name, value in fields:
            if name != "Status":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@unittest.skipUnless(os.path.exists(PROGRAM), "the example is not built")
class PartnerInC(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.town = Town(daemons=(IDP,)).__enter__()
        cls.folder = tempfile.TemporaryDirectory()
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Cgi)
        cls.server.errors = ""
        cls.here = f"http://chalets.localhost:{cls.server.server_port}"
        answer = cls.town.ctl("partner", "add", "oidc", "--id", "chalets", "--name", "Chalets", "--redirect-uri", f"{cls.here}/retour",
                              "--attributes", "given_name", "--release", "inform")
        secret = os.path.join(cls.folder.name, "secret")
        with open(secret, "w", encoding="utf-8") as f:
            f.write(answer["client_secret"] + "\n")
        Cgi.environment = {
            "ISSUER": cls.town.url(IDP), "CLIENT_ID": "chalets", "REDIRECT_URI": f"{cls.here}/retour", "SP_AGENT": f"{PROGRAMS}/guichet-sp-agent",
            "SEAL_KEY": "TEST-ONLY-0123456789abcdef0123456789abcdef", "CLIENT_SECRET_FILE": secret, "CA_FILE": cls.town.ca,
            "STATE_DIRECTORY": os.path.join(cls.folder.name, "state")}
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        cls.server.server_close()
        cls.town.close()
        cls.folder.cleanup()

    def test_a_citizen_signs_in_and_out(self):
        browser, citizen = self.town.browser(), CITIZENS[0]
        self.assertIn("/connexion", browser.get(self.here + "/").html)
        page = sign_in(browser, browser.get(self.here + "/connexion"), citizen["email"], citizen["password"])
        self.assertEqual((page.status, page.url), (200, self.here + "/"), self.server.errors)
        self.assertIn(citizen["given_name"], page.html)
        browser.get(self.here + "/deconnexion")
        self.assertIn("/connexion", browser.get(self.here + "/").html)

    def test_a_callback_in_another_browser_signs_nobody_in(self):
        browser, other, citizen = self.town.browser(), self.town.browser(), CITIZENS[1]
        page = browser.get(self.here + "/connexion")
        page = browser.submit(page, "identifiant", {"identifiant": citizen["email"], "mot-de-passe": citizen["password"]}, follow=False)
        if page.status == 200:
            page = browser.submit(page, "flow", follow=False)
        callback = page.header("Location")
        while not callback.startswith(self.here):
            page = browser.get(urllib.parse.urljoin(page.url, callback), follow=False)
            if page.status == 200:
                page = browser.submit(page, "flow", follow=False)
            callback = page.header("Location")
        self.assertEqual(other.get(callback).status, 403)
        self.assertIn("/connexion", other.get(self.here + "/").html)
        self.assertEqual(browser.get(callback).url, self.here + "/")
        self.assertEqual(browser.get(callback).status, 403)      # and once only


if __name__ == "__main__":
    unittest.main()
