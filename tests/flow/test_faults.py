"""What dies is replaced, and what was acknowledged is there."""
import os
import signal
import threading
import time
import unittest

import main_job
from running_town import CITIZENS, ELECTIONS, IDP, Town, sign_in

town = None


def setUpModule():
    global town
    town = Town().__enter__()


def tearDownModule():
    town.close()


class Killed(unittest.TestCase):
    def whole_job(self):
        main_job.elections_journey(town.document(), CITIZENS[0], lambda text: None)

    def replaced(self, daemon, role):
        before = set(town.role_pids(daemon, role))
        self.assertTrue(before, role)
        town.kill_role(daemon, role)
        end = time.monotonic() + 3
        while time.monotonic() < end:
            now = set(town.role_pids(daemon, role))
            if len(now) >= len(before) and not now & before and town.healthy(daemon):
                return
            time.sleep(0.02)
        self.fail(f"{daemon.program}: {role} was not replaced: {town.log(daemon)[-1500:]}")

    def test_each_role_of_the_identity_provider_is_replaced_and_the_job_goes_on(self):
        for role in ("signer", "hasher", "reader", "courier-http", "tls-signer", "front", "engine"):
            with self.subTest(role=role):
                self.replaced(IDP, role)
                self.whole_job()

    def test_each_role_of_the_service_is_replaced_and_the_job_goes_on(self):
        for role in ("reader", "courier-http", "tls-signer", "front", "engine"):
            with self.subTest(role=role):
                self.replaced(ELECTIONS, role)
                self.whole_job()

    def test_a_filing_that_was_acknowledged_survives_the_engine(self):
        c = CITIZENS[1]
        browser = town.browser()
        form = sign_in(browser, browser.get(town.url(ELECTIONS) + "/inscription"), c["email"], c["password"])
        number = main_job.receipt_number(browser.submit(form, "code-postal", main_job.FILING))
        town.kill_role(ELECTIONS, "engine")
        self.assertTrue(town.wait_healthy(ELECTIONS))
        self.assertIn(number, "".join(browser.get(town.url(ELECTIONS) + "/demandes").text.split()))

    def test_requests_are_held_while_the_engine_is_replaced(self):
        answers = []

        def ask():
            answers.append(town.browser().get(town.url(ELECTIONS) + "/").status)

        town.kill_role(ELECTIONS, "engine")
        threads = [threading.Thread(target=ask) for _ in range(6)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(answers, [200] * 6)

    def test_a_session_survives_the_engine_of_the_identity_provider(self):
        c = CITIZENS[2]
        browser = town.browser()
        sign_in(browser, browser.get(town.url(ELECTIONS) + "/inscription"), c["email"], c["password"])
        town.kill_role(IDP, "engine")
        self.assertTrue(town.wait_healthy(IDP))
        browser.cookies.pop(ELECTIONS.host)
        page = browser.get(town.url(ELECTIONS) + "/inscription")
        self.assertTrue(page.url.startswith(town.url(ELECTIONS)), "asked to sign in again")

    def test_reload_refuses_no_connection(self):
        supervisor = town.processes[IDP.program].pid
        losses, stop = [], threading.Event()

        def keep_asking():
            browser = town.browser()
            while not stop.is_set():
                try:
                    page = browser.get(town.url(IDP) + "/health")
                    if page.status != 200:
                        losses.append(f"{page.status} {page.html}")
                except OSError as e:
                    losses.append(repr(e))

        t = threading.Thread(target=keep_asking)
        t.start()
        before = set(town.role_pids(IDP, "engine"))
        os.kill(supervisor, signal.SIGHUP)
        end = time.monotonic() + 5
        while set(town.role_pids(IDP, "engine")) & before and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(0.5)
        stop.set()
        t.join()
        self.assertFalse(set(town.role_pids(IDP, "engine")) & before, "the engine was not replaced")
        self.assertEqual(losses, [])
        self.whole_job()


class ProviderDown(unittest.TestCase):
    def test_elections_says_in_the_citizens_words_that_the_account_cannot_be_reached(self):
        town.stop(IDP)
        try:
            browser = town.browser()
            self.assertEqual(browser.get(town.url(ELECTIONS) + "/").status, 200)
            page = browser.get(town.url(ELECTIONS) + "/inscription")
            self.assertEqual(page.status, 503)
            self.assertIn("02 40 00 00 00", page.text)
        finally:
            town.start(IDP)
        self.assertTrue(town.wait_healthy(IDP))
        # It asks again at most every two seconds.
        end = time.monotonic() + 4
        page = town.browser().get(town.url(ELECTIONS) + "/inscription")
        while page.status == 503 and time.monotonic() < end:
            time.sleep(0.2)
            page = town.browser().get(town.url(ELECTIONS) + "/inscription")
        self.assertTrue(page.url.startswith(town.url(IDP)), page.text[:200])


if __name__ == "__main__":
    unittest.main()
