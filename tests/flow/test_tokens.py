"""Codes and tokens at the real front door: expired, replayed, altered, tried by many at once; and malformed HTTP."""
import base64
import hashlib
import json
import socket
import ssl
import threading
import time
import unittest
import urllib.parse

from browser import Browser
from running_town import CITIZENS, IDP, Town

REDIRECT = "http://127.0.0.1:9/retour"
VERIFIER = "v" * 50
town = secret = None


def setUpModule():
    global town, secret
    town = Town(daemons=(IDP,), rows={"idp": {"limit_source_connections": 512, "code_ttl_s": 5}}).__enter__()
    secret = town.ctl("partner", "add", "oidc", "--id", "rp", "--redirect-uri", REDIRECT, "--release", "none",
                      "--grant", "authorization_code", "refresh_token")["client_secret"]


def tearDownModule():
    town.close()


def authorize_url(**changes):
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    query = {"response_type": "code", "client_id": "rp", "redirect_uri": REDIRECT, "scope": "openid offline_access", "state": "s",
             "nonce": "n", "code_challenge": challenge, "code_challenge_method": "S256"}
    query.update(changes)
    return town.url(IDP) + "/oidc/authorize?" + urllib.parse.urlencode({k: v for k, v in query.items() if v is not None})


def get_code(browser=None):
    browser = browser or town.browser()
    page = browser.get(authorize_url(), follow=False)
    if page.status == 200:
        page = browser.submit(page, "identifiant", {"identifiant": CITIZENS[0]["email"], "mot-de-passe": CITIZENS[0]["password"]}, follow=False)
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(page.header("Location")).query))
    return query["code"]


def token(form, cookies=None):
    browser = Browser(town.ca)
    if cookies:
        browser.cookies = cookies
    page = browser.request("POST", town.url(IDP) + "/oidc/token", urllib.parse.urlencode(form).encode(),
                           {"Authorization": "Basic " + base64.b64encode(f"rp:{urllib.parse.quote(secret, safe='')}".encode()).decode()})
    return page.status, json.loads(page.body)


def redeem(code, **changes):
    return token(dict({"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, "code_verifier": VERIFIER}, **changes))


def introspect(value):
    page = Browser(town.ca).request("POST", town.url(IDP) + "/oidc/introspect", urllib.parse.urlencode({"token": value}).encode(),
                                    {"Authorization": "Basic " + base64.b64encode(f"rp:{urllib.parse.quote(secret, safe='')}".encode()).decode()})
    return json.loads(page.body)["active"]


class Codes(unittest.TestCase):
    def refused(self, answer):
        self.assertEqual((answer[0], answer[1]["error"]), (400, "invalid_grant"))

    def test_a_code_is_redeemed_once_and_a_replay_revokes_what_it_gave(self):
        code = get_code()
        status, tokens = redeem(code)
        self.assertEqual(status, 200)
        self.assertTrue(introspect(tokens["access_token"]))
        self.refused(redeem(code))
        self.assertFalse(introspect(tokens["access_token"]))

    def test_one_code_tried_by_64_clients_at_once_has_exactly_one_winner(self):
        code, answers, gate = get_code(), [], threading.Barrier(64)

        def run():
            gate.wait()
            answers.append(redeem(code)[0])

        threads = [threading.Thread(target=run) for _ in range(64)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(sorted(answers), [200] + [400] * 63)

    def test_an_expired_code_is_refused(self):
        code = get_code()
        time.sleep(6.1)
        self.refused(redeem(code))

    def test_an_altered_code_is_refused_wherever_it_is_altered(self):
        code = get_code()
        for at in (0, 1, len(code) // 2, len(code) - 1):
            other = "A" if code[at] != "A" else "B"
            self.refused(redeem(code[:at] + other + code[at + 1:]))
        self.refused(redeem(code[:-1]))
        self.refused(redeem(code + "A"))
        self.assertEqual(redeem(code)[0], 200)

    def test_another_redirect_uri_or_verifier_burns_the_code(self):
        for change in ({"redirect_uri": REDIRECT + "/"}, {"code_verifier": "w" * 50}):
            code = get_code()
            self.refused(redeem(code, **change))
            self.refused(redeem(code))

    def test_a_refresh_token_rotates_and_its_reuse_ends_the_family(self):
        first = redeem(get_code())[1]
        status, second = token({"grant_type": "refresh_token", "refresh_token": first["refresh_token"]})
        self.assertEqual(status, 200)
        self.refused(token({"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}))
        self.refused(token({"grant_type": "refresh_token", "refresh_token": second["refresh_token"]}))
        self.assertFalse(introspect(second["access_token"]))

    def test_a_token_of_one_kind_is_no_token_of_another(self):
        tokens = redeem(get_code())[1]
        self.refused(redeem(tokens["refresh_token"]))
        self.refused(token({"grant_type": "refresh_token", "refresh_token": tokens["access_token"]}))
        self.assertFalse(introspect(tokens["id_token"]))

    def test_a_cookie_changes_nothing_at_the_token_endpoint(self):
        browser = town.browser()
        code = get_code(browser)
        status, tokens = token({"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT,
                                "code_verifier": VERIFIER}, dict(browser.cookies))
        self.assertEqual(status, 200)
        self.assertEqual(token({"grant_type": "authorization_code"}, dict(browser.cookies))[1]["error"], "invalid_request")

    def test_an_unregistered_address_is_never_redirected_to(self):
        for uri in (REDIRECT + "?x=1", REDIRECT + "/", "http://127.0.0.1:9/Retour", "https://evil.example/", "http://127.0.0.1:9/retour#f",
                    "http://x@127.0.0.1:9/retour", None):
            page = town.browser().get(authorize_url(redirect_uri=uri), follow=False)
            self.assertEqual(page.status, 400, uri)
            self.assertIsNone(page.header("Location"))

    def test_errors_go_back_to_the_partner_with_state_and_issuer(self):
        for change, error in (({"response_type": "token"}, "unsupported_response_type"), ({"code_challenge": None}, "invalid_request"),
                              ({"code_challenge_method": "plain"}, "invalid_request"), ({"prompt": "none"}, "login_required"),
                              ({"prompt": "none login"}, "invalid_request"), ({"max_age": "-1"}, "invalid_request")):
            page = town.browser().get(authorize_url(**change), follow=False)
            query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(page.header("Location") or "").query))
            self.assertEqual((page.status, query.get("error"), query.get("state"), query.get("iss")), (303, error, "s", town.url(IDP)), change)

    def test_a_disabled_partner_gets_nothing_at_once(self):
        town.ctl("partner", "disable", "rp")
        try:
            self.assertEqual(town.browser().get(authorize_url(), follow=False).status, 400)
            self.assertEqual(redeem("x")[1]["error"], "invalid_client")
        finally:
            town.ctl("partner", "enable", "rp")
        self.assertEqual(redeem(get_code())[0], 200)


MALFORMED = {
    "two lengths": b"POST /connexion HTTP/1.1\r\nHost: @\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "length and chunks": b"POST /connexion HTTP/1.1\r\nHost: @\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "space before the colon": b"POST /connexion HTTP/1.1\r\nHost: @\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "unknown coding": b"POST /connexion HTTP/1.1\r\nHost: @\r\nTransfer-Encoding: xchunked\r\n\r\n",
    "signed length": b"POST /connexion HTTP/1.1\r\nHost: @\r\nContent-Length: +5\r\n\r\nabcde",
    "negative length": b"POST /connexion HTTP/1.1\r\nHost: @\r\nContent-Length: -1\r\n\r\n",
    "signed chunk": b"POST /connexion HTTP/1.1\r\nHost: @\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n+1\r\na\r\n0\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: @\r\nHost: @\r\n\r\n",
    "folded header": b"GET / HTTP/1.1\r\nHost: @\r\nX: a\r\n b\r\n\r\n",
    "line feeds alone": b"GET / HTTP/1.1\nHost: @\n\n",
    "zero byte in a value": b"GET / HTTP/1.1\r\nHost: @\r\nX: a\x00b\r\n\r\n",
    "blank in a name": b"GET / HTTP/1.1\r\nHost: @\r\nX Y: a\r\n\r\n",
    "empty name": b"GET / HTTP/1.1\r\nHost: @\r\n: a\r\n\r\n",
    "bare carriage return": b"GET / HTTP/1.1\r\nHost: @\r\nX: a\rb\r\n\r\n",
    "raw UTF-8 in the target": "GET /é HTTP/1.1\r\nHost: @\r\n\r\n".encode(),
    "absolute form": b"GET http://evil.example/ HTTP/1.1\r\nHost: @\r\n\r\n",
    "two slashes": b"GET //evil/ HTTP/1.1\r\nHost: @\r\n\r\n",
    "escaped zero": b"GET /%00 HTTP/1.1\r\nHost: @\r\n\r\n",
    "escaped dots": b"GET /%2e%2e/ HTTP/1.1\r\nHost: @\r\n\r\n",
    "blank in the target": b"GET /a b HTTP/1.1\r\nHost: @\r\n\r\n",
}


class MalformedHttp(unittest.TestCase):
    def exchange(self, data):
        context = ssl.create_default_context(cafile=town.ca)
        raw = socket.create_connection(("127.0.0.1", town.port_base + IDP.port_offset), 5)
        with context.wrap_socket(raw, server_hostname=IDP.host) as s:
            # A second request follows: if the first were misread, this one would be answered.
            follow = b"GET /.well-known/openid-configuration HTTP/1.1\r\nHost: @\r\n\r\n"
            host = f"{IDP.host}:{town.port_base + IDP.port_offset}".encode()
            s.sendall((data + follow).replace(b"@", host))
            answer = b""
            while True:
                try:
                    part = s.recv(65536)
                except (ConnectionError, ssl.SSLError):
                    break
                if not part:
                    break
                answer += part
        return answer

    def test_each_shape_is_refused_and_the_connection_closed(self):
        before = town.roles(IDP)
        for name, data in MALFORMED.items():
            with self.subTest(shape=name):
                answer = self.exchange(data)
                self.assertRegex(answer, rb"^HTTP/1\.1 (400|421|501)", name)
                self.assertEqual(answer.count(b"HTTP/1.1 "), 1, "the bytes after it ran as a request")
        self.assertEqual(town.roles(IDP), before)


if __name__ == "__main__":
    unittest.main()
