"""One logout, told to services that answer, refuse, are silent or gone: none of them delays the citizen or the others."""
import base64
import hashlib
import http.server
import json
import socket
import threading
import time
import unittest
import urllib.parse

from running_town import CITIZENS, IDP, Town
from test_key_rotation import REDIRECT, VERIFIER
from test_saml import METADATA, authn_request, deflated

END = "http://127.0.0.1:9/fin"
SIGN_IN = {"identifiant": CITIZENS[0]["email"], "mot-de-passe": CITIZENS[0]["password"]}
town = services = None


class Services:
    """Addresses that are told of a logout: `well` answers 200, `refuses` 500, `silent` nothing, `gone` does not listen."""

    def __init__(self):
        self.told, heard = {"well": 0, "refuses": 0}, self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                name = self.path.strip("/")
                heard.told[name] += 1
                self.send_response(200 if name == "well" else 500)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.silent = socket.create_server(("127.0.0.1", 0), backlog=64)
        with socket.create_server(("127.0.0.1", 0)) as s:
            gone = s.getsockname()[1]
        base = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.urls = {"well": f"{base}/well", "refuses": f"{base}/refuses", "silent": f"http://127.0.0.1:{self.silent.getsockname()[1]}/silent",
                     "gone": f"http://127.0.0.1:{gone}/gone"}

    def origins(self):
        return sorted({url.rsplit("/", 1)[0] for url in self.urls.values()})

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.silent.close()


def setUpModule():
    global town, services
    services = Services()
    town = Town(tls=False, daemons=(IDP,), rows={"idp": {"logout_allow": services.origins()}}).__enter__()
    try:
        for name, url in services.urls.items():
            town.ctl("partner", "add", "oidc", "--id", name, "--name", f"Service {name}", "--redirect-uri", REDIRECT, "--post-logout-uri", END,
                     "--backchannel-logout-uri", url, "--release", "none", "--auth", "none")
        town.ctl("partner", "add", "saml", "--metadata", "-", "--name", "Guichet libre", "--release", "none", text=METADATA)
    except BaseException:
        tearDownModule()
        raise


def tearDownModule():
    town.close()
    services.close()


class Everywhere(unittest.TestCase):
    numbers = iter(range(1000, 2000))

    def url(self, path):
        return town.url(IDP) + path

    def join(self, browser, client):
        challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
        page = browser.get(self.url("/oidc/authorize?") + urllib.parse.urlencode({
            "response_type": "code", "client_id": client, "redirect_uri": REDIRECT, "scope": "openid", "code_challenge": challenge,
            "code_challenge_method": "S256"}), follow=False)
        code = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(page.header("Location")).query))["code"]
        page = town.browser().request("POST", self.url("/oidc/token"), urllib.parse.urlencode({
            "grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, "code_verifier": VERIFIER, "client_id": client}).encode())
        return json.loads(page.body)["id_token"]

    def signed_in(self, *clients):
        browser = town.browser()
        browser.submit(browser.get(self.url("/connexion")), "identifiant", SIGN_IN)
        return browser, [self.join(browser, c) for c in clients]

    def ends(self, leave):
        started = time.monotonic()
        page = leave()
        return page, time.monotonic() - started

    def test_at_our_page_each_service_is_named_with_what_became_of_it(self):
        browser, _ = self.signed_in("well", "refuses", "silent", "gone")
        browser.get(self.url("/saml/sso?" + urllib.parse.urlencode({"SAMLRequest": deflated(authn_request(next(self.numbers)))})))
        before = services.told["well"]
        home = browser.get(self.url("/mon-compte"))
        page, seconds = self.ends(lambda: browser.submit(home, "csrf", {}))
        self.assertLess(seconds, 2.6)
        self.assertEqual(services.told["well"], before + 1)
        text = page.text
        for name, said in (("Service well", "Déconnecté"), ("Service refuses", "Pas encore joint"), ("Service silent", "Pas encore joint"),
                           ("Service gone", "Pas encore joint"), ("Guichet libre", "À fermer vous-même")):
            self.assertIn(name, text)
            self.assertIn(said, text.split(name, 1)[1][:120])
        self.assertFalse(browser.get(self.url("/mon-compte")).url.endswith("/mon-compte"))

    def test_at_a_service_the_citizen_goes_back_at_once_when_all_were_told(self):
        browser, tokens = self.signed_in("well")
        page = browser.get(self.url("/oidc/logout?") + urllib.parse.urlencode({"id_token_hint": tokens[0], "post_logout_redirect_uri": END}), follow=False)
        self.assertEqual((page.status, page.header("Location")), (303, END))

    def test_at_a_service_what_could_not_be_told_is_read_first(self):
        browser, tokens = self.signed_in("well", "gone")
        page, seconds = self.ends(lambda: browser.get(
            self.url("/oidc/logout?") + urllib.parse.urlencode({"id_token_hint": tokens[0], "post_logout_redirect_uri": END}), follow=False))
        self.assertLess(seconds, 2.6)
        self.assertEqual(page.status, 200)
        self.assertIn("Service gone", page.text)
        self.assertIn(END, [href for href, _ in page.parsed.links])

    def test_one_that_is_silent_delays_neither_the_next_citizens_nor_their_services(self):
        seconds = []
        for _ in range(4):
            browser, tokens = self.signed_in("silent", "well")
            before = services.told["well"]
            page, took = self.ends(lambda: browser.get(self.url("/oidc/logout?") + urllib.parse.urlencode({"id_token_hint": tokens[1]}), follow=False))
            seconds.append(took)
            self.assertEqual((page.status, services.told["well"]), (200, before + 1))
        self.assertLess(max(seconds), 2.6)
        self.assertLess(sorted(seconds)[1], 0.5, seconds)       # it is not waited for each time

    def test_what_was_not_told_is_told_again(self):
        before = services.told["refuses"]
        browser, tokens = self.signed_in("refuses")
        browser.get(self.url("/oidc/logout?") + urllib.parse.urlencode({"id_token_hint": tokens[0]}), follow=False)
        end = time.monotonic() + 20
        while services.told["refuses"] < before + 2 and time.monotonic() < end:
            time.sleep(0.2)
        self.assertGreaterEqual(services.told["refuses"], before + 2)


if __name__ == "__main__":
    unittest.main()
