"""guichetctl key rotate: what was signed before and after each step, as partners see it who hold the list of any step."""
import base64
import fcntl
import glob
import hashlib
import json
import os
import re
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

import state
from browser import Browser
from running_town import CITIZENS, IDP, PROGRAMS, Town
from test_saml import ACS, METADATA, authn_request, deflated

REDIRECT, VERIFIER = "http://127.0.0.1:9/retour", "v" * 50
SIGN_IN = {"identifiant": CITIZENS[0]["email"], "mot-de-passe": CITIZENS[0]["password"]}


def unpadded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


# ---- a consumer: keys as PEM, signatures checked by openssl ----

def der(tag, *parts):
    body = b"".join(parts)
    size = bytes([len(body)]) if len(body) < 128 else (lambda n: bytes([0x80 | len(n)]) + n)(len(body).to_bytes((len(body).bit_length() + 7) // 8, "big"))
    return bytes([tag]) + size + body


def number(raw):
    raw = raw.lstrip(b"\0") or b"\0"
    return der(2, (b"\0" if raw[0] & 0x80 else b"") + raw)


def public_key(jwk):
    """SubjectPublicKeyInfo of a JWK (RFC 5280, 4.1; RFC 8017, A.1.1; RFC 5480)."""
    if jwk["kty"] == "RSA":
        algorithm = bytes.fromhex("300d06092a864886f70d0101010500")
        key = der(0x30, number(unpadded(jwk["n"])), number(unpadded(jwk["e"])))
    else:
        algorithm = bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107")
        key = b"\4" + unpadded(jwk["x"]) + unpadded(jwk["y"])
    return pem("PUBLIC KEY", der(0x30, algorithm, der(3, b"\0", key)))


def pem(kind, raw):
    return f"-----BEGIN {kind}-----\n{base64.encodebytes(raw).decode()}-----END {kind}-----\n"


def holds(key, signed, signature):
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (("key", key.encode()), ("signed", signed), ("signature", signature)):
            with open(f"{folder}/{name}", "wb") as f:
                f.write(content)
        done = subprocess.run(["openssl", "dgst", "-sha256", "-verify", f"{folder}/key", "-signature", f"{folder}/signature", f"{folder}/signed"],
                              capture_output=True)
    return done.returncode == 0


def token_holds(jws, keys):
    head, payload, signature = jws.split(".")
    key = keys.get(json.loads(unpadded(head))["kid"])
    raw = unpadded(signature)
    if json.loads(unpadded(head))["alg"] == "ES256":
        raw = der(0x30, number(raw[:32]), number(raw[32:]))
    return key is not None and holds(key, f"{head}.{payload}".encode(), raw)


def assertion_holds(xml, certificates):
    info = re.search(r"<ds:SignedInfo>.*?</ds:SignedInfo>", xml, re.S).group(0)
    canonical = info.replace("<ds:SignedInfo>", '<ds:SignedInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">', 1).encode()
    signature = base64.b64decode(re.search(r"<ds:SignatureValue>([^<]*)", xml).group(1))
    keys = [subprocess.run(["openssl", "x509", "-noout", "-pubkey"], input=pem("CERTIFICATE", base64.b64decode(c)), capture_output=True, text=True).stdout
            for c in certificates]
    return any(holds(k, canonical, signature) for k in keys)


# ---- a house whose keys change ----

class House:
    def __init__(self, rows=None):
        self.town = Town(tls=False, daemons=(IDP,), rows={"idp": rows or {}}).__enter__()
        self.numbers = iter(range(1, 1000))
        self.secrets = {}
        for alg in ("ES256", "RS256"):
            self.secrets[alg] = self.town.ctl("partner", "add", "oidc", "--id", alg, "--redirect-uri", REDIRECT, "--release", "none", "--alg", alg)["client_secret"]
        self.town.ctl("partner", "add", "saml", "--metadata", "-", "--name", "Guichet libre", "--release", "none", text=METADATA)
        self.browser = self.town.browser()
        self.browser.submit(self.browser.get(self.url("/connexion")), "identifiant", SIGN_IN)

    def url(self, path):
        return self.town.url(IDP) + path

    def rotate(self, *options):
        done = subprocess.run([f"{PROGRAMS}/../../bin/guichetctl", "--config", state.configuration_path(self.town.state, IDP),
                               "--json", "key", "rotate", *options], capture_output=True, text=True, timeout=60)
        return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr

    def states(self, use="tokens"):
        return {k["kid"]: k["state"] for k in self.town.ctl("key", "list") if k["use"] == use}

    def key_files(self):
        here, out = f"{self.town.state}/idp", {}
        for path in glob.glob(f"{here}/*.pem") + glob.glob(f"{here}/*.key*"):
            with open(path, "rb") as f:
                out[path] = f.read()
        return out

    def id_token(self, alg, browser=None):
        challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
        page = (browser or self.browser).get(self.url("/oidc/authorize?") + urllib.parse.urlencode({
            "response_type": "code", "client_id": alg, "redirect_uri": REDIRECT, "scope": "openid", "code_challenge": challenge,
            "code_challenge_method": "S256"}), follow=False)
        code = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(page.header("Location")).query))["code"]
        page = Browser(None).request("POST", self.url("/oidc/token"), urllib.parse.urlencode({
            "grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, "code_verifier": VERIFIER}).encode(),
            {"Authorization": "Basic " + base64.b64encode(f"{alg}:{self.secrets[alg]}".encode()).decode()})
        if page.status != 200:
            raise AssertionError(f"{page.status} {page.text[:200]}")
        return json.loads(page.body)["id_token"]

    def assertion(self):
        page = self.browser.get(self.url("/saml/sso?" + urllib.parse.urlencode({"SAMLRequest": deflated(authn_request(next(self.numbers)))})))
        form = page.form("saml")
        if form.action != ACS:
            raise AssertionError(page.text[:300])
        return base64.b64decode(dict(form.fields)["SAMLResponse"]).decode()

    def published(self):
        """What a partner has who fetches the lists now."""
        keys = json.loads(self.town.browser().get(self.url("/oidc/jwks"), follow=False).body)["keys"]
        metadata = self.town.browser().get(self.url("/saml/metadata"), follow=False).html
        return {k["kid"]: public_key(k) for k in keys}, re.findall(r"<ds:X509Certificate>([^<]*)", metadata)

    def close(self):
        self.town.close()


class Rotation(unittest.TestCase):
    def house(self, **rows):
        house = House(rows)
        self.addCleanup(house.close)
        return house

    def observe(self, house):
        return house.published(), [house.id_token("ES256"), house.id_token("RS256"), house.assertion()]

    def test_what_is_signed_at_any_step_holds_for_whoever_waited_for_the_step_before(self):
        house = self.house()
        steps = [self.observe(house)]
        for word in ("published", "activated", "retired"):
            code, answer, err = house.rotate("--now")
            self.assertEqual((code, [(a["alg"], a["step"], a["taken_up"]) for a in answer]), (0, [("ES256", word, True), ("RS256", word, True)]), err)
            steps.append(self.observe(house))
        # fetched at step: which steps' messages hold
        expected = {0: [1, 1, 0, 0], 1: [1, 1, 1, 1], 2: [1, 1, 1, 1], 3: [0, 0, 1, 1]}
        for at, ((keys, certificates), _) in enumerate(steps):
            for of, (_, (es256, rs256, assertion)) in enumerate(steps):
                found = (token_holds(es256, keys), token_holds(rs256, keys), assertion_holds(assertion, certificates))
                self.assertEqual(found, (bool(expected[at][of]),) * 3, f"lists of step {at}, messages of step {of}")
        self.assertEqual([len(c) for (_, c), _ in steps], [1, 2, 2, 1])
        self.assertEqual(sorted(house.states().values()), ["current", "current"])
        self.assertIn("key.rotate", json.dumps(house.town.ctl("audit", "tail", "--n", "50")))

    def test_run_twice_the_second_waits_and_changes_nothing(self):
        house = self.house()
        self.assertEqual(house.rotate("--alg", "RS256")[0], 0)
        before = house.key_files()
        code, answer, _ = house.rotate("--alg", "RS256")
        self.assertEqual((code, answer[0]["step"]), (1, "too-early"))
        self.assertEqual(house.key_files(), before)
        house.rotate("--alg", "RS256", "--now")
        before = house.key_files()
        code, answer, _ = house.rotate("--alg", "RS256")
        self.assertEqual((code, answer[0]["step"]), (1, "too-early"))
        self.assertEqual(house.key_files(), before)
        self.assertEqual(sorted(house.states().values()), ["current", "current", "previous"])
        self.assertEqual(sorted(house.states("saml").values()), ["current", "previous"])
        for path in (f"{house.town.state}/idp/rs256.pem", f"{house.town.state}/idp/es256.pem"):
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o400)

    def test_no_request_is_lost_while_keys_change(self):
        house, failures, answers, stop = self.house(), [], [0], threading.Event()

        def run():
            browser = house.town.browser()
            browser.submit(browser.get(house.url("/connexion")), "identifiant", SIGN_IN)
            while not stop.is_set():
                try:
                    house.id_token("ES256", browser)
                    answers[0] += 1
                except Exception as e:      # whatever went wrong is what is reported
                    failures.append(repr(e))

        threads = [threading.Thread(target=run) for _ in range(3)]
        for t in threads:
            t.start()
        time.sleep(0.5)
        for _ in range(3):
            self.assertEqual(house.rotate("--alg", "ES256", "--now")[0], 0)
        time.sleep(0.5)
        stop.set()
        for t in threads:
            t.join()
        self.assertEqual(failures, [], [e for e in house.town.log_events(IDP) if e.get("status", 200) >= 500])
        self.assertGreater(answers[0], 10)

    def test_a_step_that_was_cut_short_is_completed_before_the_next(self):
        house = self.house()
        certificate = f"{house.town.state}/idp/saml.pem"
        with open(certificate, encoding="ascii") as f:
            alone = f.read()
        house.rotate("--alg", "RS256")
        state.write(certificate, alone, 0o644)      # the key was written, its certificate was not
        code, answer, err = house.rotate("--alg", "RS256", "--now")
        self.assertEqual((code, answer[0]["step"]), (0, "published"), err)
        self.assertEqual(sorted(house.states("saml").values()), ["current", "next"])
        self.assertEqual(house.rotate("--alg", "RS256", "--now")[1][0]["step"], "activated")
        house.assertion()

    def test_a_key_of_its_own_for_saml_changes_alone(self):
        folder = tempfile.mkdtemp()
        self.addCleanup(lambda: subprocess.run(["rm", "-rf", folder]))
        key, certificate = f"{folder}/saml.key", f"{folder}/own.pem"
        state.run("openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key)
        state.run("openssl", "req", "-x509", "-new", "-key", key, "-days", "30", "-subj", "/CN=own", "-out", certificate)
        os.chmod(key, 0o400)
        house = self.house(key_saml=key, saml_certificate=certificate)
        steps = [house.assertion()]
        for _ in range(3):
            code, answer, err = house.rotate("--alg", "saml", "--now")
            self.assertEqual((code, answer[0]["alg"]), (0, "saml"), err)
            steps.append(house.assertion())
        (_, certificates), rs256 = house.published(), house.rotate("--alg", "RS256")
        self.assertEqual([assertion_holds(a, certificates) for a in steps], [False, False, True, True])
        self.assertEqual((rs256[1][0]["saml"], len(house.published()[1])), (False, 1))

    def test_what_cannot_be_done_is_said_and_changes_nothing(self):
        house = self.house()
        before = house.key_files()
        for options, code, word in ((("--alg", "HS256"), 2, "usage"), (("--alg", "saml"), 1, "RS256 key"), (("--soon",), 2, "usage")):
            done = house.rotate(*options)
            self.assertEqual(done[0], code)
            self.assertIn(word, done[2])
        folder = os.open(f"{house.town.state}/idp", os.O_RDONLY)
        self.addCleanup(os.close, folder)
        fcntl.flock(folder, fcntl.LOCK_EX)
        done = house.rotate("--now")
        self.assertEqual(done[0], 1)
        self.assertIn("somebody else", done[2])
        fcntl.flock(folder, fcntl.LOCK_UN)
        self.assertEqual(house.key_files(), before)

    def test_a_daemon_that_is_stopped_takes_it_up_at_its_start(self):
        house = self.house()
        house.town.stop(IDP)
        code, answer, err = house.rotate("--alg", "ES256")
        self.assertEqual((code, answer[0]["step"], answer[0]["taken_up"]), (0, "published", False))
        self.assertIn("not running", err)
        house.town.start(IDP)
        self.assertEqual(sorted(house.states().values()), ["current", "current", "next"])


if __name__ == "__main__":
    unittest.main()
