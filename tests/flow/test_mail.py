"""A citizen who gives an address gets one message, through the real courier; one who gives none gets none."""
import email
import email.policy
import glob
import os
import time
import unittest

from main_job import FILING, receipt_number
from running_town import CITIZENS, ELECTIONS, IDP, TOWN_PAGE, Town, sign_in

ADDRESS = "jeanne.moreau@exemple.fr"
town = None


def setUpModule():
    global town
    town = Town(daemons=(IDP, ELECTIONS, TOWN_PAGE)).__enter__()


def tearDownModule():
    town.close()


def messages():
    return sorted(glob.glob(f"{town.state}/mail/elections/*.eml"))


def wait_messages(n, seconds=10):
    end = time.monotonic() + seconds
    while len(messages()) < n and time.monotonic() < end:
        time.sleep(0.05)
    return messages()


def form_of(browser, citizen):
    page = browser.get(f"{town.url(ELECTIONS)}/inscription")
    return sign_in(browser, page, citizen["email"], citizen["password"])


def waiting():
    return town.ctl("status", daemon=ELECTIONS)["mail_waiting"]


class Mail(unittest.TestCase):
    def setUp(self):
        for path in messages():
            os.unlink(path)

    def test_a_filing_with_an_address_sends_exactly_one_message(self):
        browser = town.browser()
        form = form_of(browser, CITIZENS[0])
        receipt = browser.submit(form, "code-postal", {**FILING, "courriel": ADDRESS})
        number = receipt_number(receipt)
        self.assertIn(f"Un message vous a été envoyé à {ADDRESS}.", receipt.text)
        # The same form once more: a double click.
        again = browser.submit(form, "code-postal", {**FILING, "courriel": ADDRESS})
        self.assertEqual(receipt_number(again), number)
        self.assertEqual(len(wait_messages(1)), 1)
        time.sleep(2.5)
        self.assertEqual(len(messages()), 1)
        self.assertEqual(waiting(), 0)
        with open(messages()[0], "rb") as f:
            message = email.message_from_binary_file(f, policy=email.policy.SMTP)
        text = message.get_content()
        self.assertEqual(message["To"], ADDRESS)
        self.assertIn(number, message["Subject"])
        self.assertIn(f"{town.url(ELECTIONS)}/demande?numero={number}", text)
        self.assertLess(max(len(line) for line in text.splitlines()), 78)
        for word in (CITIZENS[0]["family_name"], FILING["adresse"], "1954"):
            self.assertNotIn(word, text)
        # The link leads to the filing, for whoever is signed in as its citizen.
        self.assertIn(FILING["adresse"], browser.get(f"{town.url(ELECTIONS)}/demande?numero={number}").text)

    def test_the_page_of_the_demo_shows_the_message(self):
        browser = town.browser()
        receipt = browser.submit(form_of(browser, CITIZENS[4]), "code-postal", {**FILING, "courriel": ADDRESS})
        number = receipt_number(receipt)
        wait_messages(1)
        shown = town.browser().get(f"{town.url(TOWN_PAGE)}/messages")
        self.assertEqual(shown.status, 200)
        self.assertIn(ADDRESS, shown.text)
        self.assertIn(number, shown.text)
        self.assertIn("Votre demande d’inscription", shown.text)

    def test_in_english_when_the_request_is(self):
        browser = town.browser("en")
        receipt = browser.submit(form_of(browser, CITIZENS[1]), "code-postal", {**FILING, "courriel": ADDRESS})
        self.assertIn(f"A message was sent to you at {ADDRESS}.", receipt.text)
        with open(wait_messages(1)[0], encoding="utf-8") as f:
            self.assertIn("Your request to be registered", f.read())

    def test_without_an_address_nothing_is_sent_or_promised(self):
        browser = town.browser()
        receipt = browser.submit(form_of(browser, CITIZENS[2]), "code-postal", FILING)
        self.assertNotIn("Un message", receipt.text)
        time.sleep(2.5)
        self.assertEqual(messages(), [])

    def test_a_courier_that_dies_is_replaced_and_the_message_comes(self):
        browser = town.browser()
        form = form_of(browser, CITIZENS[3])
        town.kill_role(ELECTIONS, "courier-mail")
        receipt = browser.submit(form, "code-postal", {**FILING, "courriel": ADDRESS})
        self.assertIn("Un message", receipt.text)
        self.assertEqual(len(wait_messages(1, 15)), 1)


if __name__ == "__main__":
    unittest.main()
