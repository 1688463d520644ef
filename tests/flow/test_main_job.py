"""The main job over loopback, with real daemons, and what a citizen may do wrong in it."""
import json
import re
import sqlite3
import tempfile
import unittest
import urllib.parse

import main_job
import unlinked
from running_town import CITIZENS, ELECTIONS, ETAT_CIVIL, IDP, PETITE_ENFANCE, SERVICES, Town, sign_in

town = None


def setUpModule():
    global town
    town = Town(daemons=(IDP, *SERVICES)).__enter__()


def tearDownModule():
    town.close()


def open_form(citizen=CITIZENS[1]):
    browser = town.browser()
    page = browser.get(town.url(ELECTIONS) + "/inscription")
    return browser, sign_in(browser, page, citizen["email"], citizen["password"])


class MainJob(unittest.TestCase):
    def test_one_password_opens_three_services_by_two_protocols_and_one_sign_out_closes_them(self):
        main_job.citizen_journey(town.document(), CITIZENS[0], lambda text: None)

    def test_a_certificate_is_asked_for_without_an_account_and_found_again_by_its_code_alone(self):
        main_job.filed_without_account(town.document(), lambda text: None)

    def test_whichever_service_is_signed_out_of_all_of_them_are_closed(self):
        for service in SERVICES:
            journey = main_job.Journey(town.document(), CITIZENS[3], lambda text: None)
            for s in SERVICES:
                journey.open(s.name, "/demandes")
            journey.sign_out(service.name)
            for s in SERVICES:
                self.assertTrue(journey.is_signed_out(s.name), f"out of {service.name}, still in {s.name}")

    def test_no_two_databases_share_what_was_generated(self):
        for citizen in CITIZENS[:2]:
            journey = main_job.Journey(town.document(), citizen, lambda text: None)
            for s in SERVICES:
                journey.open(s.name, "/demandes")
        main_job.nothing_is_shared(town.document(), lambda text: None)

    def test_a_shared_identifier_would_be_found(self):
        with tempfile.TemporaryDirectory() as folder:
            paths = {name: f"{folder}/{name}.db" for name in ("a", "b", "c")}
            for name, value in (("a", "q3Zr8LkV0bN5tYw2"), ("b", "...q3Zr8LkV0bN5tYw2..."), ("c", "x9Kd2MvB7cQ1zPl4")):
                store = sqlite3.connect(paths[name])
                store.execute("CREATE TABLE t (v BLOB)")
                store.execute("INSERT INTO t VALUES (?)", (value.encode(),))
                store.commit()
                store.close()
            found, counts = unlinked.shared(paths)
        self.assertEqual({(a, b) for _, a, b in found}, {("a", "b"), ("b", "a")})
        self.assertEqual(counts, {"a": 1, "b": 1, "c": 1})

    def test_a_session_that_ends_while_typing_loses_nothing(self):
        for service, path, field, filing in ((ELECTIONS, "/inscription", "code-postal", main_job.FILING),
                                             (ETAT_CIVIL, "/naissance-copie/moi", "destinataire", main_job.COPY_FILING),
                                             (PETITE_ENFANCE, "/preinscription", "enfant-nom", main_job.CRECHE_FILING)):
            journey = main_job.Journey(town.document(), CITIZENS[1], lambda text: None)
            form, _ = journey.open(service.name, path)
            asked = {name for name, _ in form.form(field).fields} | {"ne", "ici", "ailleurs", "attestation", "lundi", "mardi", "collectif"}
            journey.browser.cookies.clear()                     # both sessions are over
            page = journey.browser.submit(form, field, filing)
            self.assertTrue(page.url.startswith(town.url(IDP)), page.url)
            page = main_job.sign_in(journey.browser, page, CITIZENS[1]["email"], CITIZENS[1]["password"])
            shown = dict(map(tuple, page.form(field).fields))
            for name, value in ((n, v) for n, v in filing.items() if n in asked):
                self.assertEqual(shown.get(name, ""), value, f"{service.name}: {name}")

    def test_discovery_tells_the_truth(self):
        main_job.discovery_is_true(town.document(), lambda text: None)

    def test_the_notice_is_shown_once_for_each_service_with_the_very_values(self):
        citizen = CITIZENS[2]
        browser = town.browser()
        page = browser.get(town.url(ELECTIONS) + "/inscription")
        notice = browser.submit(page, "identifiant", {"identifiant": citizen["email"], "mot-de-passe": citizen["password"]})
        self.assertTrue(notice.url.startswith(town.url(IDP)))
        for value in (citizen["family_name"], citizen["given_name"], "24 juin 1996"):
            self.assertIn(value, notice.text.replace("\u00a0", " "))
        self.assertNotIn(citizen["email"], notice.text)
        page = browser.submit(notice, "flow")
        self.assertTrue(page.url.startswith(town.url(ELECTIONS)), page.url)
        second = town.browser()
        page = second.get(town.url(ELECTIONS) + "/inscription")
        page = second.submit(page, "identifiant", {"identifiant": citizen["email"], "mot-de-passe": citizen["password"]})
        self.assertTrue(page.url.startswith(town.url(ELECTIONS)), "the notice was shown twice")

    def test_a_double_click_gives_one_filing_and_the_same_receipt(self):
        browser, form = open_form()
        first = browser.submit(form, "code-postal", main_job.FILING)
        second = browser.submit(form, "code-postal", main_job.FILING)
        self.assertEqual(main_job.receipt_number(first), main_job.receipt_number(second))
        page = browser.get(town.url(ELECTIONS) + "/demandes")
        numbers = set(re.findall(r"EL-\d{4}-\d+", re.sub(r"\s", "", page.text)))
        self.assertEqual(len(numbers), 1)

    def test_what_was_typed_is_kept_when_an_answer_is_wrong(self):
        browser, form = open_form(CITIZENS[3])
        page = browser.submit(form, "code-postal", dict(main_job.FILING, annee="2062", adresse="3 impasse du Puits"))
        self.assertEqual(page.status, 422)
        fields = dict(page.form("code-postal").fields)
        self.assertEqual(fields["adresse"], "3 impasse du Puits")
        self.assertEqual(fields["annee"], "2062")
        page = browser.submit(page, "code-postal", dict(main_job.FILING, adresse="3 impasse du Puits"))
        main_job.receipt_number(page)

    def test_another_citizens_filing_does_not_exist(self):
        browser, form = open_form(CITIZENS[4])
        number = main_job.receipt_number(browser.submit(form, "code-postal", main_job.FILING))
        theirs = browser.get(town.url(ELECTIONS) + "/demande?" + urllib.parse.urlencode({"numero": number}))
        self.assertEqual(theirs.status, 200)
        other, _ = open_form(CITIZENS[1])
        absent = other.get(town.url(ELECTIONS) + "/demande?numero=EL-2026-999999")
        foreign = other.get(town.url(ELECTIONS) + "/demande?" + urllib.parse.urlencode({"numero": number}))
        self.assertEqual((absent.status, foreign.status), (404, 404))

    def test_pages_speak_english_when_asked(self):
        browser = town.browser("en-GB,en;q=0.9")
        page = browser.get(town.url(ELECTIONS) + "/inscription")
        self.assertIn('lang="en"', page.html)
        self.assertIn("Sign in", page.text)


class Refusals(unittest.TestCase):
    def refused(self, email, password):
        browser = town.browser()
        page = browser.get(town.url(ELECTIONS) + "/inscription")
        return browser.submit(page, "identifiant", {"identifiant": email, "mot-de-passe": password})

    def test_wrong_password_unknown_and_disabled_account_give_the_same_page(self):
        town.ctl("account", "add", "--email", "fermee@exemple.fr", "--given-name", "A", "--family-name", "B", "--birth-date",
                 "1970-01-01", "--password-stdin", text="un-mot-de-passe-ici")
        town.ctl("account", "disable", "fermee@exemple.fr", "--reason", "essai")
        pages = [self.refused(CITIZENS[0]["email"], "ce-n-est-pas-lui"), self.refused("personne@exemple.fr", "ce-n-est-pas-lui"),
                 self.refused("fermee@exemple.fr", "ce-n-est-pas-lui")]
        texts = {p.text for p in pages}
        self.assertEqual(len(texts), 1, texts)
        self.assertEqual(len({p.status for p in pages}), 1)
        self.assertNotIn("Set-Cookie: __Host-guichet=", str(pages[0].headers))
        # only who knows the password learns that the account is closed, and why
        told = self.refused("fermee@exemple.fr", "un-mot-de-passe-ici")
        self.assertEqual(told.status, 403)
        self.assertIn("essai", told.text)

    def test_the_identifier_stays_and_the_password_does_not_come_back(self):
        page = self.refused(CITIZENS[0]["email"], "ce-n-est-pas-lui")
        fields = dict(page.form("identifiant").fields)
        self.assertEqual(fields["identifiant"], CITIZENS[0]["email"])
        self.assertNotIn("ce-n-est-pas-lui", page.html)

    def test_a_sign_in_form_from_another_browser_starts_nothing(self):
        browser, other = town.browser(), town.browser()
        page = browser.get(town.url(ELECTIONS) + "/inscription")
        flow = dict(page.form("identifiant").fields)["flow"]
        body = urllib.parse.urlencode({"flow": flow, "identifiant": CITIZENS[0]["email"], "mot-de-passe": CITIZENS[0]["password"]})
        answer = other.request("POST", town.url(IDP) + "/connexion", body.encode(), origin=town.url(IDP))
        self.assertNotEqual(answer.status, 303)
        self.assertNotIn("code=", str(answer.headers))

    def test_a_post_from_another_site_is_refused(self):
        browser, form = open_form(CITIZENS[2])
        body = urllib.parse.urlencode([tuple(f) for f in form.form("code-postal").fields])
        answer = browser.request("POST", town.url(ELECTIONS) + "/inscription", body.encode(), origin="https://ailleurs.example")
        self.assertEqual(answer.status, 403)

    def test_two_tabs_and_the_back_button_behave(self):
        browser = town.browser()
        first = browser.get(town.url(ELECTIONS) + "/inscription")
        second = browser.get(town.url(ELECTIONS) + "/demandes")
        c = CITIZENS[0]
        page = browser.submit(first, "identifiant", {"identifiant": c["email"], "mot-de-passe": c["password"]})
        self.assertTrue(page.url.startswith(town.url(ELECTIONS)), page.text[:300])
        page = browser.submit(second, "identifiant", {"identifiant": c["email"], "mot-de-passe": c["password"]})
        self.assertTrue(page.url.startswith(town.url(ELECTIONS)), page.text[:300])
        again = browser.submit(first, "identifiant", {"identifiant": c["email"], "mot-de-passe": c["password"]})
        self.assertEqual(again.status // 100, 2, again.text[:300])

    def test_the_host_header_changes_nothing_in_discovery(self):
        page = town.browser().request("GET", town.url(IDP) + "/.well-known/openid-configuration", headers={"X-Forwarded-Host": "evil.example"})
        self.assertEqual(json.loads(page.body)["issuer"], town.url(IDP))


class Cookies(unittest.TestCase):
    def test_cookies_are_bound_to_the_host_and_hidden_from_scripts(self):
        browser, _ = open_form(CITIZENS[0])
        cookies = [v for hop in browser.hops for k, v in hop.headers if k.lower() == "set-cookie"]
        self.assertTrue(cookies)
        for cookie in cookies:
            for attribute in ("HttpOnly", "Secure", "Path=/"):
                self.assertIn(attribute, cookie)
            self.assertTrue(cookie.startswith("__Host-"), cookie)

    def test_every_page_is_under_a_strict_policy(self):
        browser, _ = open_form(CITIZENS[0])
        for hop in browser.hops:
            if (hop.header("Content-Type") or "").startswith("text/html"):
                self.assertIn("default-src 'none'", hop.header("Content-Security-Policy") or "", hop.url)
                self.assertIn("no-store", hop.header("Cache-Control") or "", hop.url)


if __name__ == "__main__":
    unittest.main()
