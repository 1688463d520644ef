"""A town whose agents and administrators come from a directory: one person for each right alone, one with all of
them, one with none, one who is removed while signed in; and two citizens who have filed at every service.

Everybody signs in over the pages, as they would: password, printed code, application, and then each service's door.
"""
import re
import urllib.parse

import directory
import enrol
import main_job
import totp
from running_town import CITIZENS, ELECTIONS, ETAT_CIVIL, IDP, PETITE_ENFANCE, SERVICES, Town
from town import DIRECTORY, RIGHTS, Staff, group_dn, staff_dn
from world import Trap, World

ROLES = ("lecture", "instructeur", "responsable")
ADMIN_RIGHTS = ("partenaires", "comptes", "cles", "audit", "exploitation")
CHEAP = {"hash_memory_kib": 8192, "hash_passes": 1, "limit_source_connections": 512}


class Nobody:
    """In the place of the stand-in provider of the other cases: nothing is asked of it."""
    token_calls = 0

    def start(self, folder):
        pass

    def stop(self):
        pass


class Actor:
    """roles: service -> role; rights: of administration. browser: with every session that they could get."""

    def __init__(self, name, roles=None, rights=(), citizen=None):
        self.name, self.roles, self.rights, self.citizen = name, roles or {}, set(rights), citizen
        self.staff = None if citizen or name == "nobody" else Staff(f"az.{name}", name, f"chemin-{name}-tuile", f"az-{name}")
        self.browser, self.secret, self.agent = None, None, False

    @property
    def rules(self):
        """What the configuration says of this one's group."""
        return ([f"az-{self.name} = {service}:{role}" for service, role in self.roles.items()]
                + [f"az-{self.name} = admin:{right}" for right in sorted(self.rights)])


def cast():
    """Everybody, by name."""
    v = [Actor("nobody"), Actor("A", citizen=CITIZENS[0]), Actor("B", citizen=CITIZENS[1])]
    v += [Actor(f"{s.name}-{role}", {s.name: role}) for s in SERVICES for role in ROLES]
    v += [Actor(f"admin-{right}", rights=[right]) for right in ADMIN_RIGHTS]
    v += [Actor("tous", rights=ADMIN_RIGHTS), Actor("sans-droit"),
          Actor("parti", {s.name: "responsable" for s in SERVICES}, ADMIN_RIGHTS)]
    return {a.name: a for a in v}


class StaffedWorld(World):
    def __init__(self):
        self.cast = cast()
        self.trap, self.provider, self.daemons = Trap(), Nobody(), [IDP, *SERVICES]
        staff = [a for a in self.cast.values() if a.staff]
        self.town = Town(daemons=self.daemons, directory=True, rows={
            "idp": {**CHEAP, "directory_right": [*RIGHTS, *(rule for a in staff for rule in a.rules)]},
            **{s.name: {"limit_source_connections": 512} for s in SERVICES}})
        self._databases, self._roles, self.agent_n = {}, {}, 0
        self.filings = {}                 # (service, "A" | "B" | "nobody") -> number

    # ---- people ----

    def furnish(self):
        for a in self.cast.values():
            if a.staff:
                self.hire(a)
            a.browser = self.town.browser()
        for name in ("A", "B"):
            self.file_everywhere(self.cast[name])
        self.file_without_account()
        for a in self.cast.values():
            if a.staff and a.rules:
                self.sign_in_agent(a)

    def hire(self, actor):
        s = actor.staff
        person = directory.person(staff_dn(s.login), s.name, s.password, f"mail: {s.login}@serigny.example")
        group = directory.group(group_dn(s.group), staff_dn(s.login))
        for entry in (person, group):
            directory.change(self.control, entry.replace("\n", "\nchangetype: add\n", 1))

    @property
    def control(self):
        return self.town.document()["directory"]["control"]

    def dismiss(self, actor):
        directory.change(self.control, f"dn: {staff_dn(actor.staff.login)}\nchangetype: delete\n")

    def sign_in_agent(self, actor):
        """The first time, and through every door."""
        page = self.enrol(actor)
        if actor.browser.get(self.town.url(IDP) + "/agent", follow=False).status != 200:
            raise AssertionError(f"{actor.name} is not signed in: {page.status} {page.text[:300]}")
        actor.agent = True
        for service in SERVICES:
            self.open_door(actor, service)

    def enrol(self, actor, key=None):
        """Password, the code that an administrator printed, an application (or a key); the page after the recovery codes."""
        b, code = actor.browser, self.town.ctl("agent", "enrol", actor.staff.login)["code"]
        page = b.submit(self.password_of(actor), "code-inscription", {"code-inscription": code})
        page = b.get(enrol.link(page, "choix=cle" if key else "choix=application"))
        if key:
            page = b.submit(page, "attestation", key.create(challenge_of(page, "cle-creer"), self.town.url(IDP)))
        else:
            actor.secret = re.search(r"\b(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}\b", page.text).group(0)
            page = b.submit(page, "secret", {"code": totp.code(actor.secret, totp.step_now() - 1)})
        actor.codes = re.findall(r"<code>([^<]+)</code>", page.html)
        return b.submit(page, "fini")

    def password_of(self, actor, browser=None):
        b = browser or actor.browser
        return b.submit(b.get(self.town.url(IDP) + "/connexion/agent"), "mot-de-passe",
                        {"identifiant": actor.staff.login, "mot-de-passe": actor.staff.password})

    def next_agent(self, key=None):
        """Another agent of élections, enrolled, in a browser that has no session: for one try."""
        self.agent_n += 1
        actor = Actor(f"essai-{self.agent_n}", {"elections": "lecture"})
        self.hire(actor)
        directory.join_group(self.control, group_dn("az-elections-lecture"), staff_dn(actor.staff.login))
        actor.browser = self.town.browser()
        self.enrol(actor, key)
        actor.agent, actor.signed_in, actor.browser = True, actor.browser, self.town.browser()
        return actor

    def open_door(self, actor, service):
        """The page that the way to a service's desk ends on."""
        return actor.browser.get(self.town.url(service) + "/agents/connexion?retour=%2Fagents")

    # ---- filings ----

    def file_everywhere(self, actor):
        for service, path, field, filing, prefix in ((ETAT_CIVIL, "/naissance-copie/moi", "destinataire", main_job.COPY_FILING, "EC"),
                                                     (ELECTIONS, "/inscription", "code-postal", main_job.FILING, "EL"),
                                                     (PETITE_ENFANCE, "/preinscription", "enfant-nom", main_job.CRECHE_FILING, "PE")):
            journey = main_job.Journey(self.town.document(), actor.citizen, lambda text: None)
            journey.browser = actor.browser
            page, _ = journey.open(service.name, path)
            number = main_job.receipt_number(actor.browser.submit(page, field, filing), prefix)
            self.filings[(service.name, actor.name)] = number

    def file_without_account(self):
        browser = self.town.browser()
        page = browser.submit(browser.get(self.town.url(ETAT_CIVIL) + "/deces"), "destinataire", main_job.DEATH_FILING)
        self.filings[(ETAT_CIVIL.name, "nobody")] = main_job.receipt_number(page, "EC")


def challenge_of(page, form):
    """What the browser is to sign, as the page gives it to its script."""
    return re.search(rf'id="{form}"[^>]*data-defi="([^"]+)"', page.html).group(1)


def query(path, **values):
    return path + "?" + urllib.parse.urlencode(values)


__all__ = ["ADMIN_RIGHTS", "DIRECTORY", "ROLES", "Actor", "StaffedWorld", "challenge_of", "query"]
