"""Roles x routes x owners: who reaches what, for every route that the running daemons have.

The routes come from the daemons themselves (`guichetctl routes`), the expectation from the short table below,
which knows nothing of the code: a route that it does not name fails. A cell is one request of one person. It
is refused (sent to sign in, 403, 404, or as a partner without credentials) or it gets past the question of who
asks; what a form then says of missing fields is other cases' business. Refused cells change nothing: every
table of every daemon but the logs is compared before and after each person's refusals at a daemon.
"""
import dataclasses
import http.client
import json
import subprocess
import time
import urllib.parse

import state
from harness import Result
from inspection import Property
from running_town import ETAT_CIVIL, IDP, SERVICES
from staff import ADMIN_RIGHTS, query

ROWS = ("AZ01", "AZ02", "AZ03", "AZ04", "V01", "V03", "V04")

# ---- the policy ----

ANYONE, CITIZEN, PARTNER, AGENT, DESK, READINGS, OPERATOR = "anyone", "citizen", "partner", "agent", "desk", "readings", "operator"
SERVICE_PAGES = {"/": ANYONE, "/vos-donnees": ANYONE, "/accessibilite": ANYONE, "/health": ANYONE, "/connexion": ANYONE, "/retour": ANYONE,
                 "/deconnexion": ANYONE, "/deconnexion/retour": ANYONE, "/logout/backchannel": ANYONE, "/saml/metadata": ANYONE, "/saml/slo": ANYONE,
                 "/demandes": CITIZEN, "/demande": CITIZEN, "/recu": CITIZEN,
                 "/agents": DESK, "/agents/demande": DESK, "/agents/ouvrir": DESK, "/agents/lectures": READINGS,
                 "/agents/connexion": ANYONE, "/agents/retour": ANYONE, "/agents/deconnexion": ANYONE, "/agents/fin-de-session": ANYONE}
PUBLIC = {
    "idp": {"/": ANYONE, "/vos-donnees": ANYONE, "/accessibilite": ANYONE, "/health": ANYONE, "/connexion": ANYONE, "/information": ANYONE,
            "/deconnexion": ANYONE, "/mon-compte": CITIZEN,
            "/connexion/agent": ANYONE, "/connexion/agent/facteur": ANYONE, "/connexion/agent/inscription": ANYONE, "/connexion/agent/confirmer": AGENT,
            "/agent": AGENT, "/agent/ajouter": AGENT, "/agent/retirer": AGENT, "/agent/secours": AGENT, "/agent/autres": AGENT, "/agent/deconnexion": ANYONE,
            "/oidc/authorize": ANYONE, "/oidc/logout": ANYONE, "/oidc/token": PARTNER, "/oidc/userinfo": PARTNER, "/oidc/introspect": PARTNER,
            "/oidc/revoke": PARTNER, "/saml/sso": ANYONE, "/saml/slo": ANYONE, "/saml/initiate": ANYONE,
            # Where a test sign-in of an administrator comes back to, with what we sealed ourselves.
            "/essai": ANYONE},
    "elections": {**SERVICE_PAGES, "/inscription": CITIZEN},
    # Deaths and extracts need no account: neither does their receipt, nor following them by number and code.
    "etat-civil": {**SERVICE_PAGES, "/naissance-copie": ANYONE, "/naissance-copie/moi": CITIZEN, "/naissance-copie/proche": CITIZEN,
                   "/naissance-extrait": ANYONE, "/deces": ANYONE, "/suivi": ANYONE, "/recu": ANYONE},
    "petite-enfance": {**SERVICE_PAGES, "/preinscription": CITIZEN},
}
# The administration: what begins so needs that right. The pages of signing in are the same as outside.
ADMINISTRATION = {"/partenaires": "partenaires", "/comptes": "comptes", "/agents": "comptes", "/cles": "cles", "/audit": "audit", "/journal": "audit",
                  "/files": "exploitation", "/etat": "exploitation"}
ADMINISTRATION_OPEN = {"/accessibilite": ANYONE, "/vos-donnees": ANYONE, **{p: rule for p, rule in PUBLIC["idp"].items() if p.startswith(("/connexion/agent", "/agent"))
                                                    and not p.startswith("/agents")}}
# A form of a page for citizens is refused by the form's own seal, and not by the route: whoever is not signed in is sent to do it.
EMPTY_MULTIPART = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'
LOGIN, NO, NONE, CLIENT, IN = "sent to sign in", "403", "404", "no credentials", "past the door"
# Refusals of a person, by the name that the log has for them; every other 403 is about the form.
OF_THE_PERSON = {"admin.right", "admin.session", "agents.role", "agents.readings", "second.session"}


@dataclasses.dataclass(frozen=True)
class Route:
    daemon: object
    listener: str
    method: str
    path: str
    body: str


def rule_of(route):
    """None: the table does not know it."""
    if route.listener == "metrics":
        return OPERATOR if route.path == "/metrics" else None
    if route.listener == "public":
        return PUBLIC[route.daemon.name].get(route.path)
    if route.path == "/":
        return set(ADMIN_RIGHTS)
    if route.path in ADMINISTRATION_OPEN:
        return ADMINISTRATION_OPEN[route.path]
    section = "/" + route.path.split("/")[1]
    return {ADMINISTRATION[section]} if section in ADMINISTRATION else None


def expected(route, actor, gone=()):
    rule, service = rule_of(route), route.daemon.name
    here = actor.name not in gone
    if rule in (ANYONE, OPERATOR):
        return IN
    if rule == PARTNER:
        return CLIENT
    if rule == CITIZEN:
        return IN if actor.citizen else LOGIN
    if rule == AGENT:
        return IN if actor.agent and here else LOGIN
    if rule in (DESK, READINGS):
        role = actor.roles.get(service) if here else None
        return LOGIN if not role else IN if rule == DESK or role == "responsable" else NO
    return LOGIN if not (actor.agent and here) else IN if actor.rights & rule else NO


# ---- asking ----

def routes_of(town, daemons):
    for daemon in daemons:
        for line in _ctl(town, daemon).splitlines():
            r = json.loads(line)
            yield Route(daemon, r["listener"], r["method"], r["path"], r["body"])


def _ctl(town, daemon):
    done = subprocess.run([f"{town.build}/stage/usr/bin/guichetctl", "--config", state.configuration_path(town.state, daemon), "routes"],
                          capture_output=True, text=True, check=True)
    return done.stdout


def base_of(town, daemon, listener):
    if listener == "admin":
        return state.admin_url(town.port_base, town.tls)
    if listener == "metrics":
        return f"http://127.0.0.1:{town.port_base + daemon.port_offset + 1}"
    return town.url(daemon)


@dataclasses.dataclass
class Cell:
    row: str
    what: str
    outcome: Property


class Matrix:
    def __init__(self, world, harness):
        self.world, self.harness, self.town = world, harness, world.town
        self.results, self.gone = [], set()

    # ---- one request ----

    def send(self, actor, base, method, path, form=None):
        """The answer, and what the log calls its outcome. form: the fields, or whole multipart bytes."""
        known, headers = set(self.harness.requests), {}
        body = form if isinstance(form, bytes) else urllib.parse.urlencode(form or {}).encode() if method == "POST" else None
        if isinstance(form, bytes):
            headers["Content-Type"] = "multipart/form-data; boundary=x"
        page = actor.browser.request(method, base + path, body, headers, origin=base if method == "POST" else None)
        lines = self.harness.wait_request(known) if not base.startswith("http://127") else []
        return page, [line["slug"] for line in lines]

    @staticmethod
    def outcome(page, slugs):
        place = urllib.parse.urlsplit(page.header("Location") or "").path
        if page.status == 303 and (place in ("/connexion", "/connexion/agent", "/agents/connexion")):
            return LOGIN
        if OF_THE_PERSON & set(slugs):
            return LOGIN if "second.session" in slugs else NO
        if page.status in (404, 405):
            return NONE
        if page.status == 401 or (page.status == 400 and any(s and s.startswith(("oidc.client", "oidc.bearer")) for s in slugs)):
            return CLIENT
        return IN if page.status < 500 else f"{page.status}"

    # ---- cells ----

    def cell(self, row, what, actor, base, method, path, want, form=None, also=None):
        result, start = Result(Cell(row, f"{actor.name}: {what}", Property(want))), time.monotonic()
        try:
            page, slugs = self.send(actor, base, method, path, form)
            got = self.outcome(page, slugs)
            # A page about something, that was let in and not told of what.
            if want == IN and got == NONE and slugs and "engine.route" not in slugs:
                got = IN
            if got != want:
                result.trouble = f"{got} ({page.status} {page.header('Location') or ''} {slugs}), not {want}"
            elif also and (problem := also(page)):
                result.trouble = problem
        except (OSError, http.client.HTTPException, AssertionError) as e:
            result.trouble = f"{type(e).__name__}: {e}"
        result.ms = (time.monotonic() - start) * 1000
        self.results.append(result)
        return result

    def still(self, row, what, fn):
        """fn's requests are all refused: nothing of the state moves with them."""
        before, first = self.harness.state(), len(self.results)
        fn()
        after = self.harness.state()
        moved = [".".join(t) for t in before["rows"] if before["rows"][t] != after["rows"].get(t)]
        moved += [part for part in ("mails", "trap", "processes") if before[part] != after[part]]
        if moved:
            for r in self.results[first:] or [Result(Cell(row, what, Property()))]:
                r.trouble = r.trouble or f"among these refusals, {', '.join(moved)} changed"

    def by_routes(self, actor, routes, row="AZ01"):
        """Refused ones first, between two looks at everything; then those that get in."""
        for daemon in self.world.daemons:
            mine = [(r, expected(r, actor, self.gone)) for r in routes if r.daemon is daemon and rule_of(r)]
            def ask(accepted):
                for r, want in mine:
                    if (want == IN) == accepted:
                        self.cell(row, f"{r.method} {r.path} at {daemon.name}, {r.listener}", actor, base_of(self.town, daemon, r.listener), r.method, r.path, want,
                                  EMPTY_MULTIPART if r.body == "multipart" else None)
            self.still(row, f"{actor.name} at {daemon.name}", lambda: ask(False))
            ask(True)

    def unknown_routes(self, routes):
        for r in routes:
            result = Result(Cell("AZ02", f"{r.method} {r.path} at {r.daemon.name}, {r.listener}", Property("in the table")))
            if rule_of(r) is None:
                result.trouble = "the table of tests/abuse/matrix.py does not say who may"
            self.results.append(result)

    def at_other_doors(self, routes):
        """A route is at its own listener alone."""
        have = {(r.daemon, r.listener, r.path) for r in routes}
        for r in routes:
            for listener in ("public", "admin", "metrics"):
                if (r.daemon, listener, r.path) in have or (listener == "admin" and r.daemon is not IDP):
                    continue
                for name in ("nobody", "tous"):
                    self.cell("AZ03", f"{r.method} {r.path} of {r.listener} at {r.daemon.name}, {listener}", self.world.cast[name],
                              base_of(self.town, r.daemon, listener), r.method, r.path, NONE)

    # ---- owners ----

    def objects(self, service):
        """number -> whose: of this service and of others, and one that nobody has."""
        own = {n: who for (s, who), n in self.world.filings.items() if s == service.name}
        others = {n: "another service" for (s, _), n in self.world.filings.items() if s != service.name}
        prefix, year, last = next(iter(own)).split("-")
        return own, others, {f"{prefix}-{year}-999999": "nobody has it", f"{prefix}-{year}-0": "no number", "1": "a row's number",
                     f"-{last}": "a negative one", "9" * 40: "a long one"}

    def by_owners(self, actor):
        for service in SERVICES:
            own, others, guessed = self.objects(service)
            base, role = self.town.url(service), actor.roles.get(service.name) if actor.name not in self.gone else None
            if not role and not actor.citizen:        # sent to sign in, whatever they ask for
                others, guessed = dict(list(others.items())[:1]), dict(list(guessed.items())[:1])
            def refused():
                for number, whose in {**own, **others, **guessed}.items():
                    mine = actor.citizen and whose == actor.name
                    what = f"the filing of {whose} at {service.name}"
                    if not mine:
                        self.cell("V04" if number in guessed else "V01", f"GET /demande, {what}", actor, base, "GET", query("/demande", numero=number), NONE if actor.citizen else LOGIN,
                                  also=lambda page: self.tells(page, number))
                    if not role or number not in own:
                        row = "V04" if number in guessed else "V03" if actor.agent else "V01"
                        self.cell(row, f"GET /agents/demande, {what}", actor, base, "GET", query("/agents/demande", numero=number), NONE if role else LOGIN)
                        self.by_forms(actor, service, number, row, what, role)
                    elif role == "lecture":
                        self.cell("V03", f"POST /agents/demande, {what}", actor, base, "POST", "/agents/demande", NO,
                                  {"numero": number, "acte": "recue", "csrf": self.csrf(actor, service)})
            self.still("V01", f"{actor.name} at {service.name}", refused)
            for number, whose in own.items():
                if actor.citizen and whose == actor.name:
                    self.cell("V01", f"GET /demande, their own at {service.name}", actor, base, "GET", query("/demande", numero=number), IN,
                              also=lambda page: None if number in "".join(page.text.split()) else "the number is not shown")
                if role:
                    self.cell("V03", f"GET /agents/demande, {whose}'s at {service.name}", actor, base, "GET", query("/agents/demande", numero=number), IN,
                              also=lambda page: None if page.status == 200 else f"{page.status}")

    def by_forms(self, actor, service, number, row, what, role):
        """The two acts of the desk, with the token that this agent's own page gives where there is one."""
        csrf = self.csrf(actor, service) if role else "x"
        for path, more in (("/agents/ouvrir", {"raison": "instruction"}), ("/agents/demande", {"acte": "recue"})):
            want = LOGIN if not role else NO if role == "lecture" and path == "/agents/demande" else NONE
            self.cell(row, f"POST {path}, {what}", actor, self.town.url(service), "POST", path, want, {"numero": number, "csrf": csrf, **more})

    def csrf(self, actor, service):
        page = actor.browser.get(self.town.url(service) + "/agents")
        return dict(page.form("csrf").fields)["csrf"]

    @staticmethod
    def tells(page, number):
        return "the answer repeats the number" if page.status == 404 and number in "".join(page.text.split()) and len(number) > 3 else None


def run(world, harness):
    m = Matrix(world, harness)
    routes = list(routes_of(world.town, world.daemons))
    m.unknown_routes(routes)
    for actor in world.cast.values():
        m.by_routes(actor, routes)
        m.by_owners(actor)
    m.at_other_doors(routes)
    leaver = world.cast["parti"]
    world.dismiss(leaver)
    end = time.monotonic() + 60
    while time.monotonic() < end and leaver.browser.get(world.town.url(ETAT_CIVIL) + "/agents", follow=False).status == 200:
        time.sleep(0.5)
    m.gone.add("parti")
    m.by_routes(leaver, routes, "AZ04")
    m.by_owners(leaver)
    return m.results


__all__ = ["run"]
