"""Rows L: passwords, throttle, sessions, forms. Accounts that are slowed down are made for it."""
import re
import statistics
import threading
import time
import urllib.parse

import openid
from harness import Case, Outcome
from inspection import Inspection, hold
from running_town import CITIZENS, ELECTIONS, IDP


class Attempt:
    def __init__(self, world, citizen, browser):
        self.world, self.citizen, self.browser = world, citizen, browser
        self.here = world.town.url(IDP)
        self.page = browser.get(self.here + "/connexion")
        self.fields = dict(self.page.form("identifiant").fields, identifiant=citizen["email"], **{"mot-de-passe": citizen["password"]})
        self.headers, self.origin, self.path = {}, self.here, "/connexion"

    def send(self):
        return self.browser.request("POST", self.here + self.path, urllib.parse.urlencode(self.fields).encode(), self.headers, origin=self.origin)


class Password:
    """The sign-in page, filled in rightly, for an account that no earlier case has made wait."""

    def prepare(self, world):
        return Attempt(world, world.next_victim(), world.town.browser())

    def send(self, m):
        return m.send()

    def accepted(self, m, page):
        return page.status == 303 and page.header("Location") == "/mon-compte" and signed_in(m.browser)


def signed_in(browser):
    return any(k.endswith("guichet") for k in browser.cookies[IDP.host])


def shown_again(reason, status=422):
    def look(m, page):
        if page.status != status:
            return f"not {status}"
        return "a session" if signed_in(m.browser) else None
    return Outcome("F422" if status == 422 else f"A{status}", look, ("idp", "login.refuse", reason))


def front(status, reason):
    return Outcome(f"A{status}", lambda m, page: None if page.status == status and not signed_in(m.browser) else f"not {status}", ("idp", "http.refuse", reason), source="front")


LOGIN = Password()


def row(name, door, outcome, *changes, prior=None):
    return [Case(name, what, door, change, outcome, prior) for what, change in changes]


def field(**values):
    return lambda m: m.fields.update({k.replace("_", "-"): v for k, v in values.items()})


def raw_password(data):
    def change(m):
        del m.fields["mot-de-passe"]
        body = urllib.parse.urlencode(m.fields).encode() + b"&mot-de-passe=" + data
        m.send = lambda: m.browser.request("POST", m.here + m.path, body, m.headers, origin=m.origin)
    return change


def origin(value):
    return lambda m: setattr(m, "origin", value)


def no_origin(m):
    m.origin = None


def fail(m, times):
    for _ in range(times):
        again = Attempt(m.world, dict(m.citizen, password="faux-mot-de-passe"), m.world.town.browser())
        assert again.send().status in (422, 429)


def five_failures(m):
    fail(m, 5)


def disabled(m):
    m.world.town.ctl("account", "disable", m.citizen["email"], "--reason", "essai")


REFUSED, FORM = shown_again("authn.refused"), shown_again("authn.form")


def throttled(m, page):
    if page.status != 429 or int(page.header("Retry-After") or 0) <= 60:
        return f"not 429 for more than a minute: {page.header('Retry-After')}"
    return "a session" if signed_in(m.browser) else None


THROTTLED = Outcome("R429", throttled, ("idp", "login.refuse", "throttle.identifier"))
TOO_LARGE = front(413, "http.body.size")

FORMS = [
    *row("L01", LOGIN, REFUSED, ("wrong password", field(mot_de_passe="faux-mot-de-passe")), ("nobody", field(identifiant="personne@exemple.fr")), ("no address", field(identifiant="x"))),
    # Only the owner reads that the account is closed, and why.
    *row("L01", LOGIN, Outcome("A403", lambda m, page: None if page.status == 403 and not signed_in(m.browser) else "not 403", ("idp", "login.refuse", "authn.disabled")),
         ("disabled, with the right password", None), prior=disabled),
    *row("L01", LOGIN, REFUSED, ("disabled, with a wrong password", field(mot_de_passe="faux-mot-de-passe")), prior=disabled),
    *row("L03", LOGIN, REFUSED, ("a blank before it", lambda m: m.fields.update({"mot-de-passe": " " + m.citizen["password"]})), ("cut", lambda m: m.fields.update({"mot-de-passe": m.citizen["password"][:-1]})),
         ("1,024 bytes", field(mot_de_passe="x" * 1024)), ("73 bytes of which the first are right", lambda m: m.fields.update({"mot-de-passe": m.citizen["password"].ljust(73, "x")}))),
    *row("L03", LOGIN, FORM, ("1,025 bytes", field(mot_de_passe="x" * 1025)), ("empty", field(mot_de_passe="")), ("no name", field(identifiant=""))),
    *row("L03", LOGIN, TOO_LARGE, ("1 MiB", field(mot_de_passe="x" * (1 << 20)))),
    *row("L03", LOGIN, front(400, "http.control"), ("a zero byte", raw_password(b"%00abcdefgh")), ("a line break", raw_password(b"abc%0Adefgh"))),
    *row("L03", LOGIN, front(400, "http.utf8"), ("no UTF-8", raw_password(b"%FF%FEabcdefg"))),
    *row("L06", LOGIN, THROTTLED, ("the right password, after five wrong ones", None), prior=five_failures),
    *row("L10", LOGIN, THROTTLED, ("by way of a service", lambda m: m.fields.update(flow=by_way_of_a_service(m))), prior=five_failures),
    *row("L11", LOGIN, THROTTLED, ("a forged source", lambda m: m.headers.update({"X-Forwarded-For": "203.0.113.9", "Forwarded": "for=203.0.113.9"})), prior=five_failures),
    *row("L34", LOGIN, front(403, "http.cross_site"), ("from another site", origin("https://evil.test")), ("from null", origin("null")), ("from a sub-domain", origin("https://x.compte.ville.localhost"))),
    *row("L34", LOGIN, front(403, "http.cross_site"), ("same origin by its word alone", lambda m: (no_origin(m), m.headers.update({"Sec-Fetch-Site": "cross-site"})))),
    *row("L34", LOGIN, Outcome("A400", lambda m, page: None if page.status == 400 and not signed_in(m.browser) else "not 400", ("idp", "login.refuse", "flow.text")),
         ("no flow, no origin", lambda m: (no_origin(m), m.fields.pop("flow"))), ("a forged flow", field(flow="x" * 80))),
    *row("L34", LOGIN, Outcome("asked again", lambda m, page: None if page.status == 200 and not signed_in(m.browser) else "not asked again", ("idp", "login.refuse", "flow.browser")),
         ("a page of another browser", lambda m: setattr(m, "browser", m.world.town.browser()))),
]


def by_way_of_a_service(m):
    page = m.browser.get(openid.Ask(m.world, m.browser).url(), follow=False)
    return dict(page.form("identifiant").fields)["flow"]


class SignOut:
    """The citizen's own button."""

    def prepare(self, world):
        browser = world.sign_in(world.citizen())
        m = Attempt.__new__(Attempt)
        m.world, m.browser, m.here, m.headers, m.path = world, browser, world.town.url(IDP), {}, "/deconnexion"
        page = browser.get(m.here + "/mon-compte")
        m.fields, m.origin = dict(page.form("csrf").fields), m.here
        return m

    def send(self, m):
        return m.send()

    def accepted(self, m, page):
        return page.status in (200, 303) and m.browser.get(m.here + "/mon-compte", follow=False).status == 303


def still_in(outcome):
    inner = outcome.look
    outcome.look = lambda m, page: inner(m, page) or (None if m.browser.get(m.here + "/mon-compte", follow=False).status == 200 else "the session has ended")
    return outcome


def refused_403(audit, source="audit"):
    return still_in(Outcome("A403", lambda m, page: None if page.status == 403 else "not 403", audit, source=source))


def token_of_another(m):
    other = m.world.sign_in(CITIZENS[4])
    m.fields = dict(other.get(m.here + "/mon-compte").form("csrf").fields)


OUT, CSRF = SignOut(), ("idp", "logout.refuse", "logout.csrf")
OUTS = [
    *row("L34", OUT, refused_403(CSRF), ("signing out without a token", lambda m: m.fields.pop("csrf")), ("a forged one", field(csrf="x" * 60))),
    *row("L34", OUT, refused_403(CSRF), ("another session's", None), prior=token_of_another),
    *row("L34", OUT, refused_403(("idp", "http.refuse", "http.cross_site"), "front"), ("signing out from another site", origin("https://evil.test"))),
]


# ---- what is looked at ----

def masked(page, attempt):
    body = page.html.replace(attempt.fields["identifiant"], "NAME")
    body = re.sub(r'name="flow" value="[^"]*"', "FLOW", body)
    return re.sub(r"[0-9a-f]{16}", "ID", body)


def every_refusal_is_the_same_page(world):
    off = world.add_citizen()
    world.town.ctl("account", "disable", off["email"], "--reason", "essai")
    first = None
    for email, password in ((world.add_citizen()["email"], "faux-mot-de-passe"), ("personne-2@exemple.fr", "faux-mot-de-passe"), (off["email"], "faux-mot-de-passe")):
        attempt = Attempt(world, {"email": email, "password": password}, world.town.browser())
        page = attempt.send()
        headers = sorted((k, v) for k, v in page.headers if k not in ("Date", "Content-Length"))
        seen = (page.status, headers, masked(page, attempt))
        first = first or seen
        hold(seen == first, f"{email}: another answer")


def all_refusals_take_as_long(world):
    """A rough look; the bench has the exact one."""
    times = {"known": [], "unknown": []}
    for i in range(8):
        for kind, email in (("known", world.add_citizen()["email"]), ("unknown", f"inconnu-{i}@exemple.fr")):
            attempt = Attempt(world, {"email": email, "password": "faux-mot-de-passe"}, world.town.browser())
            start = time.monotonic()
            attempt.send()
            times[kind].append(time.monotonic() - start)
    known, unknown = (statistics.median(v) for v in times.values())
    hold(0.5 < known / unknown < 2, f"{known * 1000:.1f} ms for somebody, {unknown * 1000:.1f} ms for nobody")


def a_known_device_gets_in_during_an_attack(world):
    owner = world.add_citizen()
    known = world.sign_in(owner)
    devices = {k: v for k, v in known.cookies[IDP.host].items() if "appareil" in k}
    hold(devices, "no device cookie")
    for _ in range(12):
        Attempt(world, dict(owner, password="faux-mot-de-passe"), world.town.browser()).send()
    stranger = Attempt(world, owner, world.town.browser()).send()
    hold(stranger.status == 429, f"a stranger's device: {stranger.status}")
    browser = world.town.browser()
    browser.cookies[IDP.host] = dict(devices)
    page = Attempt(world, owner, browser).send()
    hold(page.status == 303, f"the owner's device: {page.status}")


def guesses_at_once_are_guesses(world):
    victim, answers = world.add_citizen(), []

    def guess():
        answers.append(Attempt(world, dict(victim, password="faux-mot-de-passe"), world.town.browser()).send().status)

    threads = [threading.Thread(target=guess) for _ in range(30)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    hold(answers.count(422) <= 25 and answers.count(429) >= 5 and len(answers) == 30, f"{sorted(answers)}")


def cookies_are_closed(world):
    browser = world.town.browser()
    world.sign_in(CITIZENS[0], browser)
    seen = [v for hop in browser.hops for k, v in hop.headers if k.lower() == "set-cookie"]
    page = world.town.browser().get(world.town.url(ELECTIONS) + "/connexion", follow=False)
    seen += [v for k, v in page.headers if k.lower() == "set-cookie"]
    hold(len(seen) >= 3, "no cookies")
    for text in seen:
        hold(text.startswith("__Host-"), text)
        for part in ("; Path=/", "; HttpOnly", "; Secure", "; SameSite="):
            hold(part in text, f"{text.split('=')[0]}: no {part}")
        hold("domain=" not in text.lower(), text)


def a_session_has_a_new_name_each_time_and_dies_on_the_server(world):
    names = set()
    for _ in range(3):
        browser = world.town.browser()
        browser.cookies[IDP.host] = {"__Host-guichet": "A" * 43}
        world.sign_in(CITIZENS[0], browser)
        value = browser.cookies[IDP.host]["__Host-guichet"]
        hold(len(value) >= 43 and value not in names and value != "A" * 43, "a known name")
        hold(all(value not in hop.url for hop in browser.hops), "in an address")
        names.add(value)
    old = dict(browser.cookies[IDP.host])
    page = browser.get(world.town.url(IDP) + "/mon-compte")
    browser.submit(page, "csrf")
    again = world.town.browser()
    again.cookies[IDP.host] = old
    hold(again.get(world.town.url(IDP) + "/mon-compte", follow=False).status == 303, "the old cookie still opens")
    browser = world.sign_in(CITIZENS[0])
    before = browser.cookies[IDP.host]["__Host-guichet"]
    hold(before not in names, "a known name")


def a_disabled_account_is_out_at_once(world):
    citizen = world.add_citizen()
    browser = world.sign_in(citizen)
    world.town.ctl("account", "disable", citizen["email"], "--reason", "essai")
    hold(browser.get(world.town.url(IDP) + "/mon-compte", follow=False).status == 303, "still in")


LOOKS = [
    Inspection("L01", "three refusals compared byte by byte", every_refusal_is_the_same_page),
    Inspection("L02", "their times, roughly", all_refusals_take_as_long),
    Inspection("L06", "30 guesses at once", guesses_at_once_are_guesses),
    Inspection("L08", "the owner during an attack", a_known_device_gets_in_during_an_attack),
    Inspection("L30", "names of sessions", a_session_has_a_new_name_each_time_and_dies_on_the_server),
    Inspection("L32", "an account disabled meanwhile", a_disabled_account_is_out_at_once),
    Inspection("L35", "attributes of every cookie", cookies_are_closed),
]
CASES = [*FORMS, *OUTS, *LOOKS]
__all__ = ["CASES"]
