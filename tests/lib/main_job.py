"""The main job, once, as a citizen does it: open élections, sign in, file, find the filing, sign out.

Used by `./guichet demo --check` on the running demo; the flow tests start from the same steps.
"""
import json
import re
import sys
import time
import urllib.parse

from browser import Browser

FILING = {"adresse": "14 rue des Halles", "code-postal": "44990", "jour": "4", "mois": "9", "annee": "2019",
          "ailleurs": "non", "attestation": "oui"}


class Failed(Exception):
    pass


def expect(condition, what):
    if not condition:
        raise Failed(what)


def sign_in(browser, page, email, password):
    """From the sign-in page to the service; the notice is read and accepted when it is shown."""
    page = browser.submit(page, "identifiant", {"identifiant": email, "mot-de-passe": password})
    if any(urllib.parse.urlsplit(f.action).path == "/information" for f in page.parsed.forms):
        page = browser.submit(page, "flow")
    return page


def receipt_number(page):
    found = re.search(r"EL-\d{4}-[\d\s\u00a0\u202f]*\d", page.text)
    expect(found, f"no receipt number on {page.url}: {page.text[:300]}")
    return "".join(found.group(0).split())


def citizen_journey(document, account, say):
    service = document["services"]["elections"]
    browser = Browser(document["ca"])
    home = browser.get(service["url"])
    expect(home.status == 200, f"the service's first page answers {home.status}")
    say("the élections service opens without an account")
    page = browser.get(urllib.parse.urljoin(service["url"], "/inscription"))
    expect(page.url.startswith(document["issuer"]), f"not sent to the sign-in page but to {page.url}")
    page = sign_in(browser, page, account["email"], account["password"])
    expect(page.url.startswith(service["url"]), f"after the sign-in: {page.url} {page.text[:300]}")
    expect(account["family_name"] in page.text, "the form does not show the name that the account gave")
    say(f"{account['email']} signed in and read what the service receives")
    receipt = browser.submit(page, "code-postal", FILING)
    number = receipt_number(receipt)
    say(f"the demande is recorded: {number}")
    filings = browser.get(urllib.parse.urljoin(service["url"], "/demandes"))
    expect(number in "".join(filings.text.split()), "the filing is not in the list of the citizen's filings")
    say("it stands in the list of their filings")
    out = browser.submit(filings, "/deconnexion")
    expect(out.status == 200, f"signing out answers {out.status}")
    again = browser.get(urllib.parse.urljoin(service["url"], "/demandes"))
    expect(again.url.startswith(document["issuer"]), "after signing out the filings are still shown")
    expect(any(name == "identifiant" for f in again.parsed.forms for name, _ in f.fields),
           "after signing out the identity provider still knows the citizen")
    say("signed out, at the service and at the identity provider")


def discovery_is_true(document, say):
    page = Browser(document["ca"]).get(document["discovery"])
    metadata = json.loads(page.body)
    expect(metadata["issuer"] == document["issuer"], "discovery names another issuer")
    keys = json.loads(Browser(document["ca"]).get(metadata["jwks_uri"]).body)["keys"]
    expect(not any(k.keys() & {"d", "p", "q", "k", "dp", "dq", "qi"} for k in keys), "the key set holds private members")
    say(f"discovery and {len(keys)} public keys are published")


def main_job(document):
    """True when all of it holds; says each step, and where it stopped."""
    def say(text):
        print(f"  ok  {text}", file=sys.stderr, flush=True)

    started = time.monotonic()
    try:
        discovery_is_true(document, say)
        citizen_journey(document, document["accounts"][0], say)
    except (Failed, AssertionError, OSError, KeyError, ValueError) as e:
        print(f"  FAILED  {e}", file=sys.stderr, flush=True)
        return False
    print(f"  the main job holds ({time.monotonic() - started:.1f} s)", file=sys.stderr, flush=True)
    return True
