"""The main job, once, as a citizen does it: one password, three services, two protocols; a certificate asked for
without an account; and a sign-out that closes all of them. Then as agents and an administrator do it: agents_job.py.

Used by `./guichet demo --check` on the running demo; the flow tests start from the same steps.
"""
import datetime
import json
import re
import sys
import time
import urllib.parse

import unlinked
from browser import Browser
from directory import DirectoryError

BORN = datetime.date.today() - datetime.timedelta(days=200)
ENTRY = datetime.date.today() + datetime.timedelta(days=250)

# What a citizen types at each service; the keys are the forms' field names.
FILING = {"adresse": "14 rue des Halles", "code-postal": "44990", "jour": "4", "mois": "9", "annee": "2019",
          "ailleurs": "non", "attestation": "oui"}
DELIVERY = {"destinataire": "Jeanne Moreau", "adresse": "14 rue des Halles", "code-postal": "44990", "ville": "Sérigny"}
COPY_FILING = {**DELIVERY, "nom": "Moreau", "prenoms": "Jeanne Marie", "jour": "12", "mois": "3", "annee": "1954",
               "ici": "oui", "parent1": "Paule Renaud", "parent2": "Marcel Moreau", "attestation": "oui"}
DEATH_FILING = {**DELIVERY, "nom": "Renaud", "prenoms": "Paule", "annee": "1998", "ici": "oui"}
CRECHE_FILING = {"enfant-prenoms": "Colin", "enfant-nom": "Moreau", "ne": "oui", "jour": str(BORN.day), "mois": str(BORN.month), "annee": str(BORN.year),
                 "adresse": "14 rue des Halles", "code-postal": "44990", "commune": "Sérigny",
                 "telephone": "06 00 00 00 00", "entree-jour": str(ENTRY.day), "entree-mois": str(ENTRY.month), "entree-annee": str(ENTRY.year),
                 "lundi": "oui", "mardi": "oui", "arrivee": "08:30", "depart": "17:15", "collectif": "oui", "attestation": "oui"}


class Failed(Exception):
    pass


def expect(condition, what):
    if not condition:
        raise Failed(what)


def carry(browser, page):
    """A message that travels in a form, as SAML's do: pressed on as long as there is one."""
    while any(name in ("SAMLResponse", "SAMLRequest") for f in page.parsed.forms for name, _ in f.fields):
        page = browser.submit(page, "saml")
    return page


def accept_notice(browser, page):
    """The notice of what the service receives, when it is shown."""
    if any(urllib.parse.urlsplit(f.action).path == "/information" for f in page.parsed.forms):
        page = browser.submit(page, "flow")
    return carry(browser, page)


def sign_in(browser, page, email, password):
    """From the sign-in page to the service."""
    return accept_notice(browser, browser.submit(page, "identifiant", {"identifiant": email, "mot-de-passe": password}))


def asks_password(page):
    return any(name == "identifiant" for f in page.parsed.forms for name, _ in f.fields)


def receipt_number(page, prefix="EL"):
    found = re.search(prefix + r"-\d{4}-[\d\s\u00a0\u202f]*\d", page.text)
    expect(found, f"no receipt number on {page.url}: {page.text[:400]}")
    return "".join(found.group(0).split())


def squeezed(page):
    return "".join(page.text.split())


class Journey:
    """One citizen in one browser, through the services of a town."""

    def __init__(self, document, account, say):
        self.document, self.account, self.say = document, account, say
        self.browser = Browser(document["ca"])

    def url(self, service, path):
        return urllib.parse.urljoin(self.document["services"][service]["url"], path)

    def open(self, service, path):
        """A page that needs an account; signed in on the way, with or without a password."""
        page = carry(self.browser, self.browser.get(self.url(service, path)))
        if not page.url.startswith(self.document["issuer"]):
            return page, False
        typed = asks_password(page)
        if typed:
            page = sign_in(self.browser, page, self.account["email"], self.account["password"])
        else:
            page = accept_notice(self.browser, page)
        expect(page.url.startswith(self.document["services"][service]["url"]), f"after the sign-in: {page.url} {page.text[:300]}")
        return page, typed

    def file(self, service, path, field, filing, prefix, first):
        """A form filled in, its receipt, and the filing in the citizen's list."""
        page, typed = self.open(service, path)
        expect(typed == first, f"{service}: {'no' if first else 'a second'} password was asked for")
        expect(self.account["family_name"] in page.text + page.html, f"{service}: the form does not show the account's name")
        number = receipt_number(self.browser.submit(page, field, filing), prefix)
        listed, _ = self.open(service, "/demandes")
        expect(number in squeezed(listed), f"{service}: {number} is not in the citizen's list")
        self.say(f"{service} ({self.document['services'][service]['protocol']}): {number} is recorded, and in the list"
                 + ("" if first else ", without a second password"))
        return number

    def sign_out(self, service):
        """At one service; everything that the other services' part takes is done as a browser does it."""
        page, _ = self.open(service, "/demandes")
        page = carry(self.browser, self.browser.submit(page, "/deconnexion"))
        expect(page.status == 200, f"signing out of {service} answers {page.status}")
        for source in page.parsed.frames:
            carry(self.browser, self.browser.get(urllib.parse.urljoin(page.url, source)))
        return page

    def is_signed_out(self, service):
        page = carry(self.browser, self.browser.get(self.url(service, "/demandes")))
        return page.url.startswith(self.document["issuer"]) and asks_password(page)


def elections_journey(document, account, say):
    """One service alone, in and out."""
    journey = Journey(document, account, say)
    home = journey.browser.get(journey.url("elections", "/"))
    expect(home.status == 200, f"the service's first page answers {home.status}")
    say("the élections service opens without an account")
    journey.file("elections", "/inscription", "code-postal", FILING, "EL", first=True)
    journey.sign_out("elections")
    expect(journey.is_signed_out("elections"), "after signing out the filings are still shown")
    say("signed out, at the service and at the identity provider")


def filed_without_account(document, say):
    """A death certificate: anybody may ask for it, and finds the request again by number and code."""
    browser = Browser(document["ca"])
    service = document["services"]["etat-civil"]["url"]
    receipt = browser.submit(browser.get(urllib.parse.urljoin(service, "/deces")), "destinataire", DEATH_FILING)
    number = receipt_number(receipt, "EC")
    code = re.search(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b", receipt.text)
    expect(code, f"no follow-up code on the receipt: {receipt.text[:400]}")
    expect(not any(code.group(0) in hop.url for hop in browser.hops), "the follow-up code stands in an address")
    elsewhere = Browser(document["ca"])
    follow = urllib.parse.urljoin(service, "/suivi")
    found = elsewhere.submit(elsewhere.get(follow), "code", {"numero": number, "code": code.group(0)})
    expect(found.status == 200 and number in squeezed(found), f"the request is not found again: {found.text[:300]}")
    wrong = elsewhere.submit(elsewhere.get(follow), "code", {"numero": number, "code": "AAAA-BBBB-CCCC"})
    expect(number not in squeezed(wrong) or wrong.status != 200, "a wrong code opens the request")
    say(f"etat-civil: {number} is filed without an account, and found again with its code")


def citizen_journey(document, account, say):
    """One password, three services, and out of all of them at once. The numbers of what was filed."""
    journey = Journey(document, account, say)
    numbers = {
        "etat-civil": journey.file("etat-civil", "/naissance-copie/moi", "destinataire", COPY_FILING, "EC", first=True),
        "elections": journey.file("elections", "/inscription", "code-postal", FILING, "EL", first=False),
        "petite-enfance": journey.file("petite-enfance", "/preinscription", "enfant-nom", CRECHE_FILING, "PE", first=False),
    }
    journey.sign_out("petite-enfance")
    for service in document["services"]:
        expect(journey.is_signed_out(service), f"signed out everywhere, and {service} still shows the filings")
    say("signed out at petite-enfance: closed everywhere")
    return numbers


def discovery_is_true(document, say):
    page = Browser(document["ca"]).get(document["discovery"])
    metadata = json.loads(page.body)
    expect(metadata["issuer"] == document["issuer"], "discovery names another issuer")
    keys = json.loads(Browser(document["ca"]).get(metadata["jwks_uri"]).body)["keys"]
    expect(not any(k.keys() & {"d", "p", "q", "k", "dp", "dq", "qi"} for k in keys), "the key set holds private members")
    say(f"discovery and {len(keys)} public keys are published")


def nothing_is_shared(document, say):
    """In the databases of the services, as they are on disk."""
    found, counts = unlinked.shared(document["databases"])
    expect(not found, f"services share what the platform generated: {found[:3]}")
    expect(all(counts.values()), f"a database shows nothing to compare: {counts}")
    say("no generated identifier is shared: " + ", ".join(f"{name} {n}" for name, n in counts.items()) + " compared")


def main_job(document):
    """True when all of it holds; says each step, and where it stopped."""
    from agents_job import agents_job          # it is made of this file's steps
    def say(text):
        print(f"  ok  {text}", file=sys.stderr, flush=True)

    started = time.monotonic()
    try:
        discovery_is_true(document, say)
        filed_without_account(document, say)
        numbers = citizen_journey(document, document["accounts"][0], say)
        agents_job(document, document["accounts"][0], numbers, say)
        nothing_is_shared(document, say)
    except (Failed, AssertionError, DirectoryError, OSError, KeyError, ValueError) as e:
        print(f"  FAILED  {e}", file=sys.stderr, flush=True)
        return False
    print(f"  the main job holds ({time.monotonic() - started:.1f} s)", file=sys.stderr, flush=True)
    return True
