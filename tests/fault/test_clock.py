"""The clock of running daemons stepped both ways: engines and signer are twins that read how far from a file.

What was used up stays used up, who had left stays out, whoever comes signs in and files as always, and no
process ends of it. tests/fault/test_fault_clock.c does the same without processes, for more steps.
"""
import base64
import json
import os
import struct
import sys
import unittest
import urllib.parse

sys.path[:0] = [f"{os.path.dirname(os.path.abspath(__file__))}/../containment"]

import journal                                                      # noqa: E402
import main_job                                                     # noqa: E402
from running_town import CITIZENS, ELECTIONS, IDP                   # noqa: E402
from twins import town_with                                         # noqa: E402

STEP_FILE = "/tmp/guichet-fault-clock"
TWINS = {f"guichet-{name}": f"tests/fault/stepped-{name}" for name in ("idp-engine", "elections-engine", "signer")}
CHEAP = {"hash_memory_kib": 8192, "hash_passes": 1}
HOUR_S, DAY_S = 3600, 86400
STEPS = (61, HOUR_S, 40 * DAY_S)


def step_to(seconds):
    with open(STEP_FILE, "r+b" if os.path.exists(STEP_FILE) else "wb") as f:
        f.write(struct.pack("=q", seconds))


class Traces:
    """What one citizen leaves: a session, a code that was redeemed, a refresh token that was rotated, a session that ended."""

    def __init__(self, town, secret):
        self.town, self.token = town, town.url(IDP) + "/oidc/token"
        self.headers = {"Authorization": "Basic " + base64.b64encode(f"journal:{urllib.parse.quote(secret, safe='')}".encode()).decode()}
        self.browser, self.code = journal.sign_in(town, CITIZENS[0])
        first = self.tokens(grant_type="authorization_code", code=self.code, redirect_uri=journal.REDIRECT, code_verifier=journal.VERIFIER)
        self.old = json.loads(first.body)["refresh_token"]
        self.new = json.loads(self.tokens(grant_type="refresh_token", refresh_token=self.old).body)["refresh_token"]
        self.gone, _ = journal.sign_in(town, CITIZENS[1])
        cookies = {h: dict(j) for h, j in self.gone.cookies.items()}
        self.gone.submit(self.gone.get(town.url(IDP) + "/mon-compte"), "csrf")
        self.gone.cookies = cookies

    def tokens(self, **form):
        return self.browser.request("POST", self.token, urllib.parse.urlencode(form).encode(), self.headers)

    def is_known(self, browser):
        return "code" in journal.answer_of(browser.get(journal.authorize_url(self.town, prompt="none"), follow=False))


@unittest.skipUnless(os.geteuid() == 0, "roles get users of their own only as root")
class Clock(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        step_to(0)
        os.chmod(STEP_FILE, 0o644)
        cls.addClassCleanup(os.unlink, STEP_FILE)
        cls.town = cls.enterClassContext(town_with(TWINS, daemons=(IDP, ELECTIONS), rows={"idp": CHEAP}))
        cls.secret = cls.town.ctl("partner", "add", "oidc", "--id", "journal", "--redirect-uri", journal.REDIRECT, "--release", "none",
                                  "--grant", "authorization_code", "refresh_token")["client_secret"]

    def processes(self):
        return {d.name: {n: p for n, p in self.town.roles(d).items() if "reader" not in n} for d in (IDP, ELECTIONS)}

    def holds(self, traces):
        self.assertTrue(self.town.healthy(IDP) and self.town.healthy(ELECTIONS))
        code = traces.tokens(grant_type="authorization_code", code=traces.code, redirect_uri=journal.REDIRECT, code_verifier=journal.VERIFIER)
        self.assertEqual(code.status, 400, "a redeemed code was redeemed again")
        self.assertEqual(traces.tokens(grant_type="refresh_token", refresh_token=traces.old).status, 400, "a rotated token was good again")
        self.assertFalse(traces.is_known(traces.gone), "a session that ended came back")
        self.assertIn(traces.browser.get(self.town.url(IDP) + "/mon-compte", follow=False).status, (200, 303))
        main_job.elections_journey(self.town.document(), CITIZENS[2], lambda text: None)

    def stepped(self, by):
        traces, before = Traces(self.town, self.secret), self.processes()
        try:
            step_to(by)
            self.holds(traces)
        finally:
            step_to(0)
        self.holds(traces)
        self.assertEqual(self.processes(), before, "a process ended")

    def test_a_clock_that_is_set_forward_and_back_again_brings_nothing_back(self):
        for by in STEPS:
            with self.subTest(by=by):
                self.stepped(by)

    def test_a_clock_that_is_set_back_and_forward_again_brings_nothing_back(self):
        for by in STEPS:
            with self.subTest(by=-by):
                self.stepped(-by)


if __name__ == "__main__":
    unittest.main()
