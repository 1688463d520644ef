"""The agents' and administrators' part of the main job: from the town's directory to what a citizen reads of it."""
import time
import urllib.parse

import directory
import totp
from browser import Browser
from main_job import Failed, Journey, carry, expect, squeezed
from town import group_dn, staff_dn

WORD = "Votre acte est parti par la poste ce matin."
ENDS_WITHIN_S = 60


def on(page, url):
    """Is this a page of that origin?"""
    return urllib.parse.urlsplit(page.url)[:2] == urllib.parse.urlsplit(url)[:2]


def has_field(page, name):
    return any(field == name for form in page.parsed.forms for field, _ in form.fields)


def prove_second(browser, page, person):
    """A code that has not been used yet: this one, or the next as soon as it is good."""
    newest, deadline = 0, time.monotonic() + 70
    while has_field(page, "facteur") and time.monotonic() < deadline:
        step = totp.step_now() + (newest == totp.step_now())
        if step <= newest:
            time.sleep(0.5)
            continue
        newest = step
        page = browser.submit(page, "code", {"code": totp.code(person["totp_secret"], step)})
    expect(not has_field(page, "facteur"), f"no code of {person['login']} is accepted: {page.text[:300]}")
    return page


def sign_in_agent(browser, page, person):
    page = browser.submit(page, "mot-de-passe", {"identifiant": person["login"], "mot-de-passe": person["password"]})
    expect(has_field(page, "facteur"), f"{person['login']} is not asked for a second factor: {page.url} {page.text[:300]}")
    return prove_second(browser, page, person)


class Desk:
    """One agent in one browser, at the doors of the services."""

    def __init__(self, document, person):
        self.document, self.person, self.browser = document, person, Browser(document["ca"])

    def url(self, service, path="/agents"):
        return urllib.parse.urljoin(self.document["services"][service]["url"], path)

    def get(self, service, path="/agents"):
        """As a browser does it, which goes on by itself from the page that sets a Strict cookie."""
        return self.go_on(self.browser.get(self.url(service, path)))

    def go_on(self, page):
        if urllib.parse.urlsplit(page.url).path == "/agents/retour" and page.status == 200:
            ahead = next(href for href, name in page.parsed.links if name == "continuer")
            page = self.browser.get(urllib.parse.urljoin(page.url, ahead))
        return page

    def open(self):
        page = self.get(self.person["service"])
        if on(page, self.document["issuer"]):
            page = self.go_on(sign_in_agent(self.browser, page, self.person))
        return page

    def is_open(self):
        page = self.get(self.person["service"])
        return page.status == 200 and on(page, self.url(self.person["service"]))

    def open_filing(self, number):
        page = self.browser.get(self.url(self.person["service"], f"/agents/demande?numero={number}"))
        if any(form.action == "/agents/ouvrir" for form in page.parsed.forms):
            page = self.browser.submit(page, "/agents/ouvrir", {"raison": "instruction"})
        expect(page.status == 200 and number in squeezed(page) and has_field(page, "mot"), f"{number} does not open: {page.url} {page.text[:300]}")
        return page

    def reaches(self, service, number):
        """Which addresses of that service's door show something to this agent."""
        shown = []
        for path in ("/agents", f"/agents/demande?numero={number}", "/agents/lectures"):
            page = self.get(service, path)
            if page.status == 200 and on(page, self.url(service)):
                shown.append(path)
        return shown


def filing_is_answered(document, say, agent, number):
    desk = Desk(document, agent)
    page = desk.open()
    expect(page.status == 200 and on(page, desk.url(agent["service"])) and number in squeezed(page),
           f"{agent['login']} does not see {number}: {page.url} {page.text[:300]}")
    say(f"{agent['login']} ({agent['role']}) signs in from the directory, with password and code, and sees {number}")
    page = desk.open_filing(number)
    page = desk.browser.submit(page, "acte", {"acte": "recue"})
    expect("Reçue par le service" in page.text, f"{number} is not marked received: {page.text[:300]}")
    page = desk.browser.submit(page, "mot", {"mot": WORD})
    expect("Terminée" in page.text and WORD in page.text, f"{number} is not closed: {page.text[:300]}")
    say("opened with a reason, marked received, closed with a word")
    return desk


def citizen_reads_it(document, say, account, service, number):
    journey = Journey(document, account, say)
    listed, _ = journey.open(service, "/demandes")
    expect(number in squeezed(listed) and "Terminée" in listed.text, f"the list does not say that {number} is closed: {listed.text[:400]}")
    page = next(page for page in (carry(journey.browser, journey.browser.get(urllib.parse.urljoin(listed.url, href)))
                                  for href, _ in listed.parsed.links if number in href))
    expect(WORD in page.text, f"the citizen does not read the answer: {page.text[:400]}")
    expect("nstruction de la demande" in page.text, f"the citizen does not read who opened it: {page.text[:600]}")
    journey.sign_out(service)
    say("the citizen reads the answer, and that the service has opened the filing, when and why")


def administrator_signs_in(document, say):
    administration = document["administration"]
    person, browser = administration["administrators"][0], Browser(document["ca"])
    page = browser.get(administration["url"])
    page = sign_in_agent(browser, page, person)
    expect(page.status == 200 and on(page, administration["url"]), f"the administration does not open: {page.url} {page.text[:300]}")
    partners = browser.get(urllib.parse.urljoin(administration["url"], "/partenaires"))
    for service in document["services"]:
        expect(f"{service}-agents" in partners.html, f"the partner list lacks {service}-agents: {partners.url} {partners.text[:400]}")
    say(f"{person['login']} signs in at the administration, and sees the partners")


def who_leaves_the_group_is_out(document, say, agent, group):
    desk, control = Desk(document, agent), document["directory"]["control"]
    expect(desk.open().status == 200 and desk.is_open(), f"{agent['login']} does not get in")
    directory.leave_group(control, group_dn(group), staff_dn(agent["login"]))
    try:
        left = time.monotonic()
        while desk.is_open():
            expect(time.monotonic() - left < ENDS_WITHIN_S, f"{agent['login']} has left the group and is still in after {ENDS_WITHIN_S} s")
            time.sleep(1)
        say(f"{agent['login']} was taken out of the group: out of the service {time.monotonic() - left:.0f} s later")
    finally:
        directory.join_group(control, group_dn(group), staff_dn(agent["login"]))


def agents_job(document, account, numbers, say):
    """numbers: service -> a filing of the citizen's that is still open."""
    agents = {(a["service"], a["role"]): a for a in document["agents"]}
    if any(not a["totp_secret"] for a in document["agents"]):
        raise Failed("an agent of the demo has no second factor")
    desk = filing_is_answered(document, say, agents["etat-civil", "instructeur"], numbers["etat-civil"])
    for service in set(document["services"]) - {"etat-civil"}:
        shown = desk.reaches(service, numbers[service])
        expect(not shown, f"an agent of etat-civil reaches {shown} of {service}")
    say("the same agent reaches nothing of another service")
    citizen_reads_it(document, say, account, "etat-civil", numbers["etat-civil"])
    administrator_signs_in(document, say)
    who_leaves_the_group_is_out(document, say, agents["etat-civil", "lecture"], "etat-civil")
