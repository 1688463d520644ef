"""An agent's first sign-in, over the pages as anybody does it: password, printed code, application of codes."""
import re
import urllib.parse

import totp
from browser import Browser


class EnrolError(Exception):
    pass


def link(page, word):
    for href, _ in page.parsed.links:
        if word in href:
            return urllib.parse.urljoin(page.url, href)
    raise EnrolError(f"{page.url}: no link with {word}: {page.text[:300]}")


def enrol(issuer, ca, person, printed_code):
    """The secret of the application that is registered now. No session is left: the last page is not sent on."""
    browser = Browser(ca)
    page = browser.submit(browser.get(f"{issuer}/connexion/agent"), "mot-de-passe", {"identifiant": person.login, "mot-de-passe": person.password})
    page = browser.submit(page, "code-inscription", {"code-inscription": printed_code})
    page = browser.get(link(page, "choix=application"))
    words = re.search(r"\b(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}\b", page.text)
    if not words:
        raise EnrolError(f"{page.url}: no secret: {page.text[:300]}")
    # The code of half a minute ago is good too, and leaves the current one to whoever signs in next.
    page = browser.submit(page, "secret", {"code": totp.code(words.group(0), totp.step_now() - 1)})
    if not any(name == "fini" for f in page.parsed.forms for name, _ in f.fields):
        raise EnrolError(f"the second factor of {person.login} was not accepted: {page.text[:300]}")
    return words.group(0)
