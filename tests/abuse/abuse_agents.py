"""Rows L of agents: the directory's password, codes, recovery codes and keys, and what a session of theirs can do.

Whoever is refused here has the right password and, in the control, the right factor; each try has an agent of
its own, since a code is good once.
"""
import re
import sqlite3
import threading
import urllib.parse

import authenticator
import totp
from harness import LOGS, VOLATILE, Case, Outcome
from inspection import Inspection, hold
from running_town import CITIZENS, ELECTIONS, IDP
from staff import challenge_of


def has_session(browser):
    return any(k.endswith("agent") for k in browser.cookies.get(IDP.host, {}))


class Form:
    """A form of the identity provider, filled in rightly."""

    def __init__(self, world, actor, browser, page, containing, **typed):
        self.world, self.actor, self.browser, self.here = world, actor, browser, world.town.url(IDP)
        form = page.form(containing)
        self.path, self.headers, self.origin = urllib.parse.urlsplit(form.action or page.url).path, {}, self.here
        self.fields = dict(form.fields, **{k.replace("_", "-"): v for k, v in typed.items()})

    def send(self):
        return self.browser.request("POST", self.here + self.path, urllib.parse.urlencode(self.fields).encode(), self.headers, origin=self.origin)


class Door:
    def send(self, m):
        return m.send()

    def accepted(self, m, page):
        return page.status == 303 and has_session(m.browser)


class Password(Door):
    def prepare(self, world):
        actor, browser = world.next_agent(), world.town.browser()
        page = browser.get(world.town.url(IDP) + "/connexion/agent")
        return Form(world, actor, browser, page, "mot-de-passe", identifiant=actor.staff.login, mot_de_passe=actor.staff.password)

    def accepted(self, m, page):
        return page.status == 303 and "/connexion/agent/facteur" in page.header("Location")


class Code(Door):
    """The page of the second factor, and the code that the application shows now."""

    def prepare(self, world):
        actor, browser = world.next_agent(), world.town.browser()
        page = world.password_of(actor, browser)
        return Form(world, actor, browser, page, "code", code=totp.code(actor.secret))


class Recovery(Door):
    def prepare(self, world):
        actor, browser = world.next_agent(), world.town.browser()
        return Form(world, actor, browser, world.password_of(actor, browser), "secours", secours=actor.codes[0])


class Key(Door):
    """The page that asks for a key, and an answer of the agent's own."""

    def prepare(self, world):
        key, browser = authenticator.Passkey(IDP.host), world.town.browser()
        actor = world.next_agent(key)
        page = world.password_of(actor, browser)
        m = Form(world, actor, browser, page, "cle-demander")
        m.key, m.challenge = key, challenge_of(page, "cle-demander")
        answer(m)
        return m


class NewKey(Door):
    """An agent who is signed in adds a key."""

    def prepare(self, world):
        actor = world.next_agent()
        page = actor.signed_in.get(world.town.url(IDP) + "/agent/ajouter?choix=cle")
        m = Form(world, actor, actor.signed_in, page, "cle-creer")
        m.key, m.challenge = authenticator.Passkey(IDP.host), challenge_of(page, "cle-creer")
        make(m)
        return m

    def accepted(self, m, page):
        return page.status == 303 and page.header("Location").startswith("/agent?")


def answer(m, **more):
    m.fields.update(m.key.get(more.pop("challenge", m.challenge), more.pop("origin", m.here), **more))


def make(m, **more):
    m.fields.update(m.key.create(more.pop("challenge", m.challenge), more.pop("origin", m.here), **more))


# ---- outcomes ----

def asked_again(event, reason, status=422):
    def look(m, page):
        if page.status != status:
            return f"not {status}"
        return "a session" if has_session(m.browser) and m.browser is not getattr(m.actor, "signed_in", None) else None
    return Outcome(f"F{status}" if status == 422 else f"R{status}", look, ("idp", event, reason))


def said(slug, status=422):
    return asked_again("factor.refuse", slug, status)


def row(name, door, outcome, *changes, prior=None):
    return [Case(name, what, door, change, outcome, prior) for what, change in changes]


def field(**values):
    return lambda m: m.fields.update({k.replace("_", "-"): v for k, v in values.items()})


PASSWORD, CODE, RECOVERY, KEY, NEW_KEY = Password(), Code(), Recovery(), Key(), NewKey()

# ---- L37: what never reaches the directory ----

def raw_password(data):
    def change(m):
        del m.fields["mot-de-passe"]
        body = urllib.parse.urlencode(m.fields).encode() + b"&mot-de-passe=" + data
        m.send = lambda: m.browser.request("POST", m.here + m.path, body, m.headers, origin=m.origin)
    return change


def front(status, reason):
    return Outcome(f"A{status}", lambda m, page: None if page.status == status and not has_session(m.browser) else f"not {status}",
                   ("idp", "http.refuse", reason), source="front")


LOGINS = [
    *row("L37", PASSWORD, asked_again("agent.login.refuse", "*"), ("an empty password", field(mot_de_passe="")), ("no login", field(identifiant="")),
         ("a wrong password", field(mot_de_passe="faux-mot-de-passe")), ("nobody", field(identifiant="personne")),
         *[(f"a login with {c}", lambda m, c=c: m.fields.update(identifiant=m.fields["identifiant"] + c)) for c in ("*", ")(uid=*", "\\2a", ",ou=agents", "#", '"')],
         ("every login", field(identifiant="*")), ("a filter", field(identifiant="*)(objectClass=*")), ("a DN", field(identifiant="cn=guichet,dc=serigny,dc=example"))),
    *row("L37", PASSWORD, front(400, "http.control"), ("a zero byte first", raw_password(b"%00abcdefgh")), ("a line break", raw_password(b"abc%0Adefgh"))),
]


# ---- L18: codes ----

def spend(m):
    """The code signs its owner in, elsewhere."""
    browser = m.world.town.browser()
    again = Form(m.world, m.actor, browser, m.world.password_of(m.actor, browser), "code", code=m.fields["code"])
    assert again.send().status == 303 and has_session(browser)


def steps(n):
    return lambda m: m.fields.update(code=totp.code(m.actor.secret, totp.step_now() + n))


def five_wrong(m):
    for _ in range(5):
        page = Form(m.world, m.actor, m.browser, m.world.password_of(m.actor, m.browser), "code", code="000000").send()
        assert page.status in (422, 429), page.status


CODES = [
    *row("L18", CODE, said("totp.replay"), ("used a moment ago", None), prior=spend),
    *row("L18", CODE, said("totp.replay"), ("the one that enrolled", steps(-1))),
    *row("L18", CODE, said("totp.code"), ("of a minute ago", steps(-2)), ("of a minute to come", steps(2)), ("another", field(code="000000")), ("none", field(code="")),
         ("letters", field(code="abcdef")), ("five digits", lambda m: m.fields.update(code=m.fields["code"][:5])),
         ("seven digits", lambda m: m.fields.update(code=m.fields["code"] + "0"))),
    *row("L18", CODE, said("throttle.identifier", 429), ("the right one, after five wrong ones", None), prior=five_wrong),
    *row("L21", CODE, Outcome("A400", lambda m, page: None if page.status == 400 and not has_session(m.browser) else "not 400", ("idp", "factor.refuse", "half.text")),
         ("no password before it", field(etape="")), ("a forged one", field(etape="x" * 80))),
    *row("L21", CODE, Outcome("A400", lambda m, page: None if page.status == 400 and not has_session(m.browser) else "not 400", ("idp", "factor.refuse", "half.browser")),
         ("a password of another browser", lambda m: setattr(m, "browser", m.world.town.browser()))),
]


# ---- L20: recovery codes ----

def spend_recovery(m):
    browser = m.world.town.browser()
    again = Form(m.world, m.actor, browser, m.world.password_of(m.actor, browser), "secours", secours=m.fields["secours"])
    assert again.send().status == 303 and has_session(browser)


def meet_another(m):
    m.other = m.world.next_agent()


RECOVERIES = [
    *row("L20", RECOVERY, said("factor.recovery"), ("used a moment ago", None), prior=spend_recovery),
    *row("L20", RECOVERY, said("factor.recovery"), ("of another agent", lambda m: m.fields.update(secours=m.other.codes[0])), prior=meet_another),
    *row("L20", RECOVERY, said("factor.recovery"), ("with its letters in another order", lambda m: m.fields.update(secours=m.fields["secours"][::-1])), ("none", field(secours="")), ("another", field(secours="AAAA-BBBB-CCCC-DDDD"))),
]


# ---- L22 to L26: keys ----

def another_challenge(m):
    """Of the same agent, in another browser."""
    browser = m.world.town.browser()
    answer(m, challenge=challenge_of(m.world.password_of(m.actor, browser), "cle-demander"))


def meet_another_with_a_key(m):
    m.other = KEY.prepare(m.world)


def sealed_for_another(m):
    m.fields["defi"] = m.other.fields["defi"]
    answer(m, challenge=m.other.challenge)


def of_another(m):
    m.key = m.other.key
    answer(m)


def counted(m):
    """The key has counted to two."""
    for _ in range(2):
        browser = m.world.town.browser()
        page = m.world.password_of(m.actor, browser)
        again = Form(m.world, m.actor, browser, page, "cle-demander")
        again.fields.update(m.key.get(challenge_of(page, "cle-demander"), m.here, counts=True))
        assert again.send().status == 303 and has_session(browser)


def at_count(n):
    def change(m):
        m.key.count = n
        answer(m)
    return change


def sent_already(m):
    """The very same form, from the very same browser, has signed its owner in."""
    assert m.send().status == 303
    m.browser.cookies[IDP.host] = {k: v for k, v in m.browser.cookies[IDP.host].items() if not k.endswith("-agent") and k != "agent"}


CLONE = asked_again("factor.clone", "factor.clone")
KEYS = [
    *row("L22", KEY, said("passkey.challenge"), ("of another page of theirs", another_challenge), ("zeros", lambda m: answer(m, challenge="A" * 43)), ("none", lambda m: answer(m, challenge=""))),
    *row("L22", KEY, said("passkey.form"), ("without what sealed it", field(defi="")), ("with another seal", field(defi="x" * 90))),
    *row("L22", KEY, said("*"), ("of another agent, seal and all", sealed_for_another), prior=meet_another_with_a_key),
    *row("L22", KEY, said("factor.used"), ("used a moment ago", None), prior=sent_already),
    *row("L24", KEY, said("passkey.rp"), ("of another relying party", lambda m: answer(m, rp_id="evil.test"))),
    *row("L24", KEY, said("passkey.type"), ("made for enrolment", lambda m: answer(m, kind="webauthn.create"))),
    *row("L24", KEY, said("passkey.flags"), ("nobody was there", lambda m: answer(m, flags=authenticator.UV)), ("nobody was verified", lambda m: answer(m, flags=authenticator.UP))),
    *row("L24", KEY, said("passkey.origin"), ("another origin", lambda m: answer(m, origin="https://evil.test")), ("another port", lambda m: answer(m, origin="https://" + IDP.host)),
         ("a sub-domain", lambda m: answer(m, origin=m.here.replace("//", "//x.")))),
    *row("L24", KEY, said("passkey.cross_origin"), ("in a frame of another site", lambda m: answer(m, crossOrigin=True))),
    *row("L25", KEY, CLONE, ("a counter that stands still", at_count(2)), ("that goes back", at_count(1)), ("that began again", at_count(0)), prior=counted),
    *row("L26", KEY, said("passkey.unknown"), ("of another agent", of_another), prior=meet_another_with_a_key),
    *row("L26", KEY, said("passkey.unknown"), ("of nobody", lambda m: (setattr(m, "key", authenticator.Passkey(IDP.host)), answer(m)))),
    *row("L26", KEY, said("passkey.user"), ("with another agent's handle", field(proprietaire=authenticator.b64url(b"x" * 16)))),
    *row("L26", KEY, said("passkey.signature"), ("its name, and another key's signature", lambda m: m.fields.update(
        {k: v for k, v in _as(authenticator.Passkey(IDP.host), m.key.id).get(m.challenge, m.here).items()}))),
]


def _as(key, name):
    key.id = name
    return key


# ---- L27, L28: keys that are registered ----

def cose(**changes):
    def change(m):
        made = {**m.key.cose(), **{int(k.lstrip("p").replace("m", "-")): v for k, v in changes.items()}}
        make(m, cose=made)
    return change


def raw_attestation(data):
    return lambda m: m.fields.update(attestation=authenticator.b64url(data))


def small_rsa(m):
    make(m, cose={1: 3, 3: -257, -1: b"\xc1" + bytes(62) + b"\x01", -2: b"\x01\x00\x01"})


def of_small_order(m):
    make(m, cose={1: 1, 3: -8, -1: 6, -2: b"\x01" + bytes(31)})


def twice(m):
    """A map with the same name two times."""
    whole = authenticator.cbor({"fmt": "none"})
    m.fields["attestation"] = authenticator.b64url(b"\xa2" + whole[1:] + whole[1:])


MADE = [
    *row("L27", NEW_KEY, said("passkey.alg"), ("an algorithm of none", cose(p3=-7777)), ("ES384", cose(p3=-35)), ("RS1", cose(p3=-65535))),
    *row("L27", NEW_KEY, said("passkey.key"), ("a point that is not on the curve", cose(m3=b"\x01" * 32)), ("another curve", cose(m1=2)), ("half a coordinate", cose(m2=b"\x01" * 16)),
         ("RSA of 512 bits", small_rsa), ("Ed25519 of small order", of_small_order)),
    *row("L27", NEW_KEY, said("*"), ("200 lists in a list", raw_attestation(b"\x81" * 200)), ("bytes that are no CBOR", raw_attestation(b"\xff\xff")),
         ("a length without end", raw_attestation(b"\x5b" + b"\xff" * 8)), ("a name twice", twice), ("none", raw_attestation(b"")), ("24 KiB of it", raw_attestation(b"\x81" * 24576))),
    *row("L24", NEW_KEY, said("passkey.type"), ("made for a sign-in", lambda m: make(m, kind="webauthn.get"))),
    *row("L24", NEW_KEY, said("passkey.rp"), ("for another relying party", lambda m: make(m, rp_id="evil.test"))),
    *row("L24", NEW_KEY, said("passkey.flags"), ("nobody was verified", lambda m: make(m, flags=authenticator.UP))),
    *row("L28", NEW_KEY, Outcome("ignored", None, None, accepted=True), ("an attestation of a wrong chain", lambda m: make(
        m, fmt="packed", statement={"alg": -7, "sig": b"x" * 70, "x5c": [b"not a certificate"]}))),
]


# ---- what is looked at ----

def parallel_codes_sign_in_once(world):
    actor, forms = world.next_agent(), []
    for _ in range(8):
        browser = world.town.browser()
        forms.append(Form(world, actor, browser, world.password_of(actor, browser), "code", code=totp.code(actor.secret)))
    threads = [threading.Thread(target=f.send) for f in forms]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    hold(sum(has_session(f.browser) for f in forms) == 1, f"{sum(has_session(f.browser) for f in forms)} sessions of one code")


def a_secret_is_shown_once(world):
    actor = world.next_agent()
    plain = actor.secret.replace(" ", "")
    here = world.town.url(IDP)
    for path in ("/agent", "/agent/ajouter", "/agent/ajouter?choix=application", "/agent/secours"):
        page = actor.signed_in.get(here + path)
        hold(plain not in page.html.replace(" ", "") and actor.secret not in page.html, f"{path} shows it again")
    raw = authenticator.base64.b32decode(plain)
    for daemon in world.daemons:
        text = world.town.log(daemon)
        hold(plain not in text and actor.codes[0] not in text, f"in the log of {daemon.name}")
    with open(f"{world.town.state}/idp/db/idp.db", "rb") as f, open(f"{world.town.state}/idp/db/idp.db-wal", "rb") as wal:
        kept = f.read() + wal.read()
    for needle in (plain.encode(), raw, raw.hex().encode(), *(c.encode() for c in actor.codes), *(c.replace("-", "").encode() for c in actor.codes)):
        hold(needle not in kept, "in the database, in the clear")


def grow_old(world, actor):
    """The proof of this agent's session is six minutes old."""
    with sqlite3.connect(f"{world.town.state}/idp/db/idp.db", timeout=10) as db:
        changed = db.execute("UPDATE session SET auth_time_s = auth_time_s - 360 WHERE account = (SELECT account FROM agent WHERE login = ?)", (actor.staff.login,)).rowcount
    db.close()
    hold(changed >= 1, "no session")


def an_old_proof_changes_no_factor(world):
    here = world.town.url(IDP)
    for path in ("/agent/ajouter", "/agent/retirer", "/agent/secours", "/agent/autres"):
        actor = world.next_agent()
        csrf = dict(actor.signed_in.get(here + "/agent/ajouter?choix=application").form("secret").fields)["csrf"]
        grow_old(world, actor)
        before = world.rows(LOGS, VOLATILE)
        page = actor.signed_in.get(here + path, follow=False)
        hold(page.status == 303 and "/connexion/agent/confirmer" in page.header("Location"), f"GET {path}: {page.status}")
        page = actor.signed_in.request("POST", here + path, urllib.parse.urlencode({"csrf": csrf, "quoi": "application"}).encode(), origin=here)
        hold(page.status == 403 or "/connexion/agent/confirmer" in (page.header("Location") or ""), f"POST {path}: {page.status}")
        hold(before == world.rows(LOGS, VOLATILE), f"{path} changed something")


def nobody_learns_who_has_keys(world):
    """Without the password, every login gets the same page."""
    pages = []
    for login in (world.next_agent(authenticator.Passkey(IDP.host)).staff.login, world.next_agent().staff.login, "inconnu-9"):
        browser = world.town.browser()
        page = browser.get(world.town.url(IDP) + "/connexion/agent")
        page = Form(world, None, browser, page, "mot-de-passe", identifiant=login, mot_de_passe="faux-mot-de-passe").send()
        body = re.sub(r'name="flow" value="[^"]*"', "FLOW", page.html.replace(login, "NAME"))
        pages.append((page.status, re.sub(r"[0-9a-f]{16}", "ID", body)))
    hold(pages[0] == pages[1] == pages[2], "the pages differ")


def closing_the_others_closes_them(world):
    actor, other = world.next_agent(), world.town.browser()
    page = Form(world, actor, other, world.password_of(actor, other), "code", code=totp.code(actor.secret)).send()
    hold(page.status == 303 and other.get(world.town.url(IDP) + "/agent", follow=False).status == 200, "the other is not signed in")
    page = actor.signed_in.get(world.town.url(IDP) + "/agent/autres")
    page = actor.signed_in.submit(page, "/agent/autres")
    hold(other.get(world.town.url(IDP) + "/agent", follow=False).status == 303, "still open")
    hold(actor.signed_in.get(world.town.url(IDP) + "/agent", follow=False).status == 200, "its own is closed too")


def agents_cookies_are_strict(world):
    actor = world.next_agent()
    world.open_door(actor := _in(actor), ELECTIONS)
    seen = [v for hop in actor.browser.hops for k, v in hop.headers if k.lower() == "set-cookie" and not v.split("=", 1)[1].startswith(";")]
    sessions = [v for v in seen if re.match(r"__Host-(agent|agents?[-_]?session|session[-_]?agents?)=", v)]
    hold(len(sessions) >= 1, f"no cookie of a session: {[v.split('=')[0] for v in seen]}")
    for text in seen:
        for part in ("; Path=/", "; HttpOnly", "; Secure", "; SameSite="):
            hold(text.startswith("__Host-") and part in text and "domain=" not in text.lower(), text.split("=")[0])
    for text in sessions:
        hold("SameSite=Strict" in text, text.split("=")[0] + " is not Strict")


def _in(actor):
    actor.browser = actor.signed_in
    return actor


def agent_and_citizen_are_two(world):
    actor, here = _in(world.next_agent()), world.town.url(IDP)
    browser = world.sign_in(CITIZENS[3], actor.browser)
    hold(browser.get(here + "/mon-compte", follow=False).status == 200 and browser.get(here + "/agent", follow=False).status == 200, "not both")
    hold(CITIZENS[3]["family_name"] not in browser.get(here + "/agent").text, "the citizen's name on the agent's page")
    hold(actor.staff.login not in browser.get(here + "/mon-compte").text, "the agent's login on the citizen's page")
    browser.submit(browser.get(here + "/mon-compte"), "csrf")
    hold(browser.get(here + "/mon-compte", follow=False).status == 303, "the citizen is still in")
    hold(browser.get(here + "/agent", follow=False).status == 200, "the agent went with the citizen")
    # And neither cookie is good in the other's place.
    swapped = world.town.browser()
    swapped.cookies[IDP.host] = {"__Host-guichet": browser.cookies[IDP.host]["__Host-agent"]}
    hold(swapped.get(here + "/mon-compte", follow=False).status == 303, "an agent's cookie opens a citizen's account")


def no_mail_and_nothing_weaker_is_a_factor(world):
    actor, before = world.next_agent(), world.mails()
    page = world.password_of(actor, world.town.browser())
    ways = {v for f in page.parsed.forms for k, v in f.fields if k == "facteur"}
    hold(ways <= {"code", "secours", "cle"} and "code" in ways, f"other ways: {ways}")
    for way in ("mail", "courriel", "sms", ""):
        browser = world.town.browser()
        m = Form(world, actor, browser, world.password_of(actor, browser), "code", facteur=way, code=totp.code(actor.secret))
        hold(m.send().status == 422 and not has_session(browser), f"{way!r} is a way")
    hold(world.mails() == before, "a mail was sent")


LOOKS = [
    Inspection("L18", "one code in eight browsers at once", parallel_codes_sign_in_once),
    Inspection("L19", "pages, logs and database after an enrolment", a_secret_is_shown_once),
    Inspection("L21", "factors, with a proof that is six minutes old", an_old_proof_changes_no_factor),
    Inspection("L29", "agents with keys, without, and nobody", nobody_learns_who_has_keys),
    Inspection("L33", "the other sessions of an agent", closing_the_others_closes_them),
    Inspection("L35", "the cookies of agents", agents_cookies_are_strict),
    Inspection("L39", "agent and citizen in one browser", agent_and_citizen_are_two),
    Inspection("L42", "the ways that a second factor has", no_mail_and_nothing_weaker_is_a_factor),
]
CASES = [*LOGINS, *CODES, *RECOVERIES, *KEYS, *MADE, *LOOKS]
__all__ = ["CASES"]
