"""Clients that keep a journal of what was acknowledged to them, and look whether it is still there.

An answer that was an acknowledgement is written down. No answer, or a 5xx, may mean either: the client
then starts again and expects nothing of it. Whatever contradicts the journal is lost, and said so.
"""
import base64
import hashlib
import http.client
import json
import random
import re
import subprocess
import threading
import time
import urllib.parse

import main_job
import state
from browser import Browser
from running_town import ELECTIONS, ETAT_CIVIL, IDP, PETITE_ENFANCE

REDIRECT = "http://127.0.0.1:9/retour"
VERIFIER = "v" * 50
KEPT = 40              # things of one kind that a client goes on looking at


class Unanswered(Exception):
    """Nobody can say whether it happened."""


class Lost(Exception):
    """It was acknowledged, and is not there."""


class Once(Browser):
    """Sends a request once: whoever sends it again cannot tell what the first one did."""

    def _exchange(self, u, method, target, body, headers):
        connection = self._connections.get((u.scheme, u.netloc))
        if connection is None:
            connection = self._connections[(u.scheme, u.netloc)] = self._connect(u)
        try:
            connection.request(method, target, body=body, headers=headers)
            response = connection.getresponse()
            data = response.read()
        except BaseException:
            self._connections.pop((u.scheme, u.netloc)).close()
            raise
        if response.will_close:
            self._connections.pop((u.scheme, u.netloc)).close()
        return response, data


def answered(page):
    if page.status >= 500 or page.status == 429:
        raise Unanswered(f"{page.status} {page.url.split('?')[0]}")
    return page


class Writer(threading.Thread):
    def __init__(self, town, seed):
        super().__init__(daemon=True)
        self.town, self.random, self.stopping = town, random.Random(seed), threading.Event()
        self.acknowledged, self.unanswered, self.lost = 0, 0, []
        self.last_ack = time.monotonic()

    def run(self):
        while not self.stopping.is_set():
            try:
                self.step()
            except Lost as e:
                self.lost.append(f"{type(self).__name__}: {e}")
                self.restart()
            except (Unanswered, OSError, http.client.HTTPException):
                self.unanswered += 1
                self.restart()
                time.sleep(0.02)
            except Exception as e:      # a page that is no page of ours is a finding, not the end of a client
                self.lost.append(f"{type(self).__name__}: {e!r}"[:600])
                self.restart()

    def acknowledge(self):
        self.acknowledged += 1
        self.last_ack = time.monotonic()

    def restart(self):
        """After a doubt: forget what was under way."""

    def patiently(self, ask):
        """The same question until somebody answers it: reading changes nothing."""
        reason = None
        for _ in range(200):
            try:
                return answered(ask())
            except (Unanswered, OSError, http.client.HTTPException) as e:
                reason = e
                time.sleep(0.03)
        raise Lost(f"nobody answers any more: {reason!r}")

    def verify(self):
        """All that is still kept, once the killing is over."""


# ---- the identity provider ----

def authorize_url(town, **changes):
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    query = dict({"response_type": "code", "client_id": "journal", "redirect_uri": REDIRECT, "scope": "openid offline_access", "state": "s",
                  "nonce": "n", "code_challenge": challenge, "code_challenge_method": "S256"}, **changes)
    return town.url(IDP) + "/oidc/authorize?" + urllib.parse.urlencode(query)


def answer_of(page):
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(page.header("Location") or "").query))


def sign_in(town, citizen):
    """A browser that is signed in, and the code that it was given."""
    browser = Once(town.ca)
    page = answered(browser.get(authorize_url(town), follow=False))
    page = answered(browser.submit(page, "identifiant", {"identifiant": citizen["email"], "mot-de-passe": citizen["password"]}, follow=False))
    code = answer_of(page).get("code")
    if page.status != 303 or not code:
        raise Lost(f"{citizen['email']} cannot sign in: {page.status} {page.text[:160]}")
    return browser, code


class Sessions(Writer):
    """Signs in; a session that began is there until it ends."""

    def __init__(self, town, seed, citizens):
        super().__init__(town, seed)
        self.citizens, self.kept = citizens, []

    def step(self):
        browser, _ = sign_in(self.town, self.random.choice(self.citizens))
        self.acknowledge()
        self.kept = (self.kept + [dict(browser.cookies)])[-KEPT:]
        self.look(self.random.choice(self.kept))

    def look(self, cookies):
        browser = Once(self.town.ca)
        browser.cookies = {host: dict(jar) for host, jar in cookies.items()}
        page = self.patiently(lambda: browser.get(authorize_url(self.town, prompt="none"), follow=False))
        if "code" not in answer_of(page):
            raise Lost(f"a session: {page.status} {answer_of(page)}")

    def verify(self):
        for cookies in self.kept:
            self.look(cookies)


class Rotations(Writer):
    """Redeems, then refreshes for ever: the newest refresh token that was given is the one that works."""

    def __init__(self, town, seed, citizens, secret):
        super().__init__(town, seed)
        self.citizens, self.token = citizens, None
        self.headers = {"Authorization": "Basic " + base64.b64encode(f"journal:{urllib.parse.quote(secret, safe='')}".encode()).decode()}
        self.browser = Once(town.ca)

    def restart(self):
        self.token, self.browser = None, Once(self.town.ca)

    def ask(self, **form):
        page = answered(self.browser.request("POST", self.town.url(IDP) + "/oidc/token", urllib.parse.urlencode(form).encode(), self.headers))
        if page.status != 200:
            raise Lost(f"{form['grant_type']}: {page.status} {page.html[:200]}")
        self.token = json.loads(page.body)["refresh_token"]
        self.acknowledge()

    def step(self):
        if self.token is None:
            _, code = sign_in(self.town, self.random.choice(self.citizens))
            self.ask(grant_type="authorization_code", code=code, redirect_uri=REDIRECT, code_verifier=VERIFIER)
        for _ in range(20):
            token, self.token = self.token, None
            self.ask(grant_type="refresh_token", refresh_token=token)

    def verify(self):
        if self.token:
            self.ask(grant_type="refresh_token", refresh_token=self.token)


class Accounts(Writer):
    """An operator at guichetctl: what it said is done is what it shows."""

    def __init__(self, town, seed):
        super().__init__(town, seed)
        self.states, self.made = {}, 0

    def ctl(self, *arguments):
        return subprocess.run([f"{self.town.build}/stage/usr/bin/guichetctl", "--config", state.configuration_path(self.town.state, IDP), "--json",
                               *arguments], capture_output=True, text=True)

    def change(self, email, to, *arguments):
        done = self.ctl(*arguments)
        if done.returncode != 0:
            self.states.pop(email, None)          # in doubt
            raise Unanswered(done.stderr)
        self.states[email] = to
        self.acknowledge()

    def step(self):
        self.made += 1
        email = f"journal-{self.made}@exemple.fr"
        self.change(email, "active", "account", "add", "--email", email, "--given-name", "Jo", "--family-name", "Nal")
        if self.made % 2:
            self.change(email, "disabled", "account", "disable", email, "--reason", "essai")
        self.look(self.random.choice(list(self.states)))
        time.sleep(0.05)

    def look(self, email):
        done = self.ctl("account", "show", email)
        for _ in range(200):
            if done.returncode == 0 or "unknown" in done.stderr or "no account" in done.stderr:
                break
            time.sleep(0.05)
            done = self.ctl("account", "show", email)
        if done.returncode != 0 or json.loads(done.stdout)["state"] != self.states[email]:
            raise Lost(f"account {email} should be {self.states[email]}: {done.stdout} {done.stderr}")

    def verify(self):
        for email in list(self.states)[-KEPT:]:
            self.look(email)


# ---- the services ----

def another_child(n):
    """One child is pre-registered once: the same again is the same number."""
    return {**main_job.CRECHE_FILING, "enfant-prenoms": "Colin " + "".join(chr(ord("a") + int(digit)) for digit in str(n)).capitalize()}


# A démarche: at whom, its address, a field of its form, how its numbers begin, what is typed the nth time.
INSCRIPTIONS = (ELECTIONS, "/inscription", "code-postal", "EL", lambda n: main_job.FILING)
COPIES = (ETAT_CIVIL, "/naissance-copie/moi", "destinataire", "EC", lambda n: main_job.COPY_FILING)
PLACES = (PETITE_ENFANCE, "/preinscription", "enfant-nom", "PE", another_child)


def file_once(browser, form, field, prefix, answers):
    """The receipt's page; None when nobody can say."""
    try:
        page = browser.submit(form, field, answers)
    except (OSError, http.client.HTTPException):
        return None
    if page.status >= 500 or page.status == 429:
        return None
    main_job.receipt_number(page, prefix)
    return page


class Filings(Writer):
    """Files; a number that was shown is a filing that is there, once, however often the form was sent."""

    def __init__(self, town, seed, citizens, at):
        super().__init__(town, seed)
        self.citizens, self.browser, self.numbers, self.twice, self.filed = citizens, None, set(), 0, 0
        self.daemon, self.path, self.field, self.prefix, self.answers = at
        self.kept = []                            # number, cookies of who filed it

    def restart(self):
        self.browser = None

    def form(self):
        """The form, signed in with the citizen's account where that is asked."""
        url = self.town.url(self.daemon) + self.path
        if self.browser:
            page = answered(self.browser.get(url))
            if page.url.startswith(url):
                return page
            raise Lost(f"the session at {self.daemon.name}: {page.url.split('?')[0]}")
        self.browser = Once(self.town.ca)
        citizen = self.random.choice(self.citizens)
        page = answered(self.browser.get(url))
        page = answered(main_job.sign_in(self.browser, page, citizen["email"], citizen["password"]))
        # Whoever stays on the way was told to start again: a code may have been used, and its answer lost.
        if not page.url.startswith(url):
            raise Unanswered(page.text[:200])
        return page

    def step(self):
        for _ in range(20):
            form = self.form()
            browser = self.browser
            self.filed += 1
            way = self.field, self.prefix, self.answers(self.filed)
            page = file_once(browser, form, *way)
            if page is None:                      # in doubt: the same form again gives the one number that it has
                self.twice += 1
                for _ in range(100):
                    page = page or file_once(browser, form, *way)
                    if page is None:
                        time.sleep(0.03)
                if page is None:
                    raise Unanswered("a filing")
            self.keep(main_job.receipt_number(page, self.prefix))

    def keep(self, number):
        if number in self.numbers:
            raise Lost(f"{number} was given twice")
        self.numbers.add(number)
        self.kept = (self.kept + [(number, {h: dict(j) for h, j in self.browser.cookies.items()})])[-KEPT:]
        self.acknowledge()
        self.look(*self.random.choice(self.kept))

    def look(self, number, cookies):
        browser = Once(self.town.ca)
        browser.cookies = {host: dict(jar) for host, jar in cookies.items()}
        page = self.patiently(lambda: browser.get(self.town.url(self.daemon) + "/demande?" + urllib.parse.urlencode({"numero": number})))
        if number not in "".join(page.text.split()):
            raise Lost(f"{number} is not shown: {page.status} {page.url.split('?')[0]}")

    def verify(self):
        for number, cookies in self.kept:
            self.look(number, cookies)


class Declarations(Writer):
    """Asks for a certificate without an account, seldom enough for the throttle; its code finds it again."""

    EVERY_S = 3

    def __init__(self, town, seed):
        super().__init__(town, seed)
        self.numbers, self.kept = set(), []

    def step(self):
        browser = Once(self.town.ca)
        form = answered(browser.get(self.town.url(ETAT_CIVIL) + "/deces"))
        page = file_once(browser, form, "destinataire", "EC", main_job.DEATH_FILING)
        if page is None:
            raise Unanswered("a declaration")
        number, code = main_job.receipt_number(page, "EC"), re.search(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b", page.text)
        if not code or number in self.numbers:
            raise Lost(f"the receipt of {number}: {page.text[:200]}")
        self.numbers.add(number)
        self.kept.append((number, code.group(0)))
        self.acknowledge()
        self.stopping.wait(self.EVERY_S)

    def look(self, number, code):
        browser = Once(self.town.ca)
        form = self.patiently(lambda: browser.get(self.town.url(ETAT_CIVIL) + "/suivi"))
        page = self.patiently(lambda: browser.submit(form, "code", {"numero": number, "code": code}))
        if number not in "".join(page.text.split()):
            raise Lost(f"{number} is not found by its code: {page.status}")

    def verify(self):
        for number, code in self.kept[-5:]:
            self.look(number, code)
