"""Rows V: what an agent's door and a citizen's list tell, and of whom. The matrix asks who may; this looks at what is said."""
import base64
import re
import urllib.parse

import main_job
import matrix
from harness import LOGS, VOLATILE
from inspection import Inspection, hold
from running_town import CITIZENS, ELECTIONS, ETAT_CIVIL, IDP, SERVICES
from staff import query

HUGE = ("99999999999999999999", "-1", "0", "9223372036854775807", "9223372036854775808", "4294967296", "1e9", "0x10", "2038", "", " 1", "1 ", "+1")


def squeezed(page):
    return "".join(page.text.split())


def agent_of(world, service, role):
    return world.cast[f"{service.name}-{role}"]


def open_filing(world, actor, service, number, reason="instruction"):
    base = world.town.url(service)
    page = actor.browser.get(base + query("/agents/demande", numero=number))
    return actor.browser.submit(page, "/agents/ouvrir", {"raison": reason})


def readings(world, service):
    return world.database(service).execute("SELECT count(*) FROM kit_read_log").fetchone()[0]


def neither_side_reads_what_the_other_wrote_for_itself(world):
    """The citizen reads the word and the reading; of the agent, nothing. The agent reads the answers; of the account, nothing more."""
    number, actor, citizen = world.filings[("elections", "A")], agent_of(world, ELECTIONS, "instructeur"), world.cast["A"]
    base = world.town.url(ELECTIONS)
    page = open_filing(world, actor, ELECTIONS, number)
    hold("14 rue des Halles" in page.text, f"the answers are not shown: {page.status} {page.text[:200]}")
    pseudonym = world.database(ELECTIONS).execute("SELECT pseudonym FROM kit_demande WHERE number = ?", (number,)).fetchone()[0]
    hold(pseudonym not in page.html and CITIZENS[0]["email"] not in page.html and CITIZENS[0]["birth_date"] not in page.html, "more than the answers")
    page = citizen.browser.get(base + query("/demande", numero=number))
    hold(number in squeezed(page), "the citizen does not see the filing")
    agents = [r[0] for r in world.database(ELECTIONS).execute("SELECT DISTINCT reader FROM kit_read_log").fetchall() if r[0]]
    for word in (actor.staff.login, actor.staff.name, actor.name, *agents):
        hold(word not in page.html, f"the citizen reads {word}")


def lists_and_errors_tell_of_nothing_else(world):
    for service in SERVICES:
        own = {n for (s, _), n in world.filings.items() if s == service.name}
        others = {n for n in world.filings.values() if n not in own}
        actor, base = agent_of(world, service, "responsable"), world.town.url(service)
        first = None
        for path in ("/agents", "/agents/lectures", *(query("/agents", **q) for q in ({"etat": "filed"}, {"sorte": "inscription"}, {"q": "Moreau"}, {"nom": "Moreau"}, {"numero": next(iter(others))}))):
            page = actor.browser.get(base + path)
            hold(page.status in (200, 400, 404), f"{service.name} {path}: {page.status}")
            hold(not any(n in squeezed(page) for n in others), f"{service.name} {path} lists another service's filing")
        for number in (*others, next(iter(own)).rsplit("-", 1)[0] + "-999998"):
            page = actor.browser.get(base + query("/agents/demande", numero=number))
            seen = (page.status, re.sub(r"[0-9a-f]{16}", "ID", page.html.replace(number, "NUMBER").replace(urllib.parse.quote(number), "NUMBER")))
            seen = (seen[0], re.sub(r'(name="csrf" value=")[^"]*', r"\1", seen[1]))
            first = first or seen
            hold(seen == first, f"{service.name}: what another has is refused otherwise than what nobody has")
        for name, other in (("A", "B"), ("B", "A")):
            page = world.cast[name].browser.get(base + "/demandes")
            hold(world.filings[(service.name, name)] in squeezed(page) and world.filings[(service.name, other)] not in squeezed(page), f"{name}'s list at {service.name}")


def no_elector_is_looked_up_by_name(world):
    """The desk has filings, not the roll; each opening needs its reason and leaves its line."""
    actor, base = agent_of(world, ELECTIONS, "lecture"), world.town.url(ELECTIONS)
    plain = squeezed(actor.browser.get(base + "/agents"))
    for q in ({"nom": "Moreau"}, {"q": "Diallo"}, {"recherche": "a"}, {"prenom": "Jeanne", "nom": "Moreau"}):
        page = actor.browser.get(base + query("/agents", **q))
        hold("Moreau" not in page.text and "Diallo" not in page.text, f"names in the list: {q}")
        hold(len(squeezed(page)) == len(plain), f"{q} changes the list")
    number, before = world.filings[("elections", "B")], readings(world, ELECTIONS)
    page = actor.browser.get(base + query("/agents/demande", numero=number))
    hold("14 rue des Halles" not in page.text, "opened without a reason")
    for reason in ("", "curiosite", "x" * 300):
        page = actor.browser.submit(actor.browser.get(base + query("/agents/demande", numero=number)), "/agents/ouvrir", {"raison": reason})
        hold(page.status == 422 and "14 rue des Halles" not in page.text, f"opened for {reason!r}: {page.status}")
    hold(readings(world, ELECTIONS) == before, "a reading that was none")
    page = open_filing(world, actor, ELECTIONS, number)
    hold("14 rue des Halles" in page.text and readings(world, ELECTIONS) == before + 1, "the opening left no line")


OPENINGS_TOLD, OPENINGS_MOST = 50, 300


def numbers_of(world, how_many):
    """So many filings of one citizen."""
    browser, base = world.cast["A"].browser, world.town.url(ELECTIONS)
    return [main_job.receipt_number(browser.submit(browser.get(base + "/inscription"), "code-postal", main_job.FILING)) for _ in range(how_many)]


def whoever_opens_too_many_is_told_of_and_stopped(world):
    actor, base = world.next_agent(), world.town.url(ELECTIONS)
    actor.browser, answers = actor.signed_in, []
    world.open_door(actor, ELECTIONS)
    csrf = dict(actor.browser.get(base + "/agents").form("csrf").fields)["csrf"]
    alerts = "SELECT count(*) FROM kit_audit WHERE event = 'agents.many_readings'"
    before = world.database(ELECTIONS).execute(alerts).fetchone()[0]
    for number in numbers_of(world, OPENINGS_MOST + 1):
        form = urllib.parse.urlencode({"csrf": csrf, "numero": number, "raison": "controle"}).encode()
        answers.append(actor.browser.request("POST", base + "/agents/ouvrir", form, origin=base).status)
        told = world.database(ELECTIONS).execute(alerts).fetchone()[0] - before
        hold(told == (len(answers) > OPENINGS_TOLD), f"{told} alerts after {len(answers)} openings")
    hold(answers == [303] * OPENINGS_MOST + [429], f"answers {set(answers[:-1])}, at last {answers[-1]}")


def machine_token(world):
    """Of a partner of its own, which has none but this."""
    world.agent_n += 1
    name = f"jeton-{world.agent_n}"
    secret = world.town.ctl("partner", "add", "oidc", "--id", name, "--redirect-uri", "http://127.0.0.1:9/retour", "--release", "none", "--grant",
                            "client_credentials")["client_secret"]
    credentials = base64.b64encode(f"{name}:{urllib.parse.quote(secret, safe='')}".encode()).decode()
    page = world.town.browser().request("POST", world.town.url(IDP) + "/oidc/token", b"grant_type=client_credentials", {"Authorization": f"Basic {credentials}"})
    token = re.search(r'"access_token":"([^"]+)"', page.html)
    hold(token, f"no token: {page.status} {page.html[:200]}")
    return token.group(1)


def a_token_opens_no_other_door(world):
    """As the bearer of everything that wants a session."""
    token, browser = machine_token(world), world.town.browser()
    before = world.rows(LOGS, VOLATILE)
    for route in matrix.routes_of(world.town, world.daemons):
        rule = matrix.rule_of(route)
        if rule in (matrix.ANYONE, matrix.PARTNER, matrix.OPERATOR, None):
            continue
        base = matrix.base_of(world.town, route.daemon, route.listener)
        page = browser.request(route.method, base + route.path, b"a=b" if route.method == "POST" else None, {"Authorization": f"Bearer {token}"},
                               origin=base if route.method == "POST" else None)
        hold(page.status != 200 and (page.status != 303 or "/connexion" in page.header("Location")), f"{route.method} {route.path}: {page.status}")
    hold(before == world.rows(LOGS, VOLATILE), "something changed")


def filings_are_not_exported(world):
    """No service gives its filings in bulk; what the administration exports is the audit, which names nobody."""
    routes = list(matrix.routes_of(world.town, world.daemons))
    hold(not any("export" in r.path for r in routes if r.daemon is not IDP), "a service exports")
    for service in SERVICES:
        actor = agent_of(world, service, "responsable")
        for path in ("/agents/export", "/agents.csv", "/agents?format=csv", "/agents?par-page=100000"):
            page = actor.browser.get(world.town.url(service) + path)
            hold(page.status in (200, 400, 404) and "csv" not in (page.header("Content-Type") or ""), f"{service.name} {path}: {page.status}")
    admin, base = world.cast["admin-audit"], matrix.base_of(world.town, IDP, "admin")
    page = admin.browser.submit(admin.browser.get(base + "/journal/export"), "/journal/export")
    for word in [c["email"] for c in CITIZENS[:2]] + [c["family_name"] for c in CITIZENS[:2]] + [main_job.FILING["adresse"]] + list(world.filings.values()):
        hold(word not in page.html, f"the exported audit has {word}")


def numbers_beyond_their_types_are_refused(world):
    desk, admin = agent_of(world, ETAT_CIVIL, "responsable"), world.cast["tous"]
    before = world.rows(LOGS, VOLATILE)
    for value in HUGE:
        for browser, base, path in ((desk.browser, world.town.url(ETAT_CIVIL), "/agents"), (desk.browser, world.town.url(ETAT_CIVIL), "/agents/lectures"),
                                    (admin.browser, matrix.base_of(world.town, IDP, "admin"), "/journal"), (admin.browser, matrix.base_of(world.town, IDP, "admin"), "/comptes"),
                                    (admin.browser, matrix.base_of(world.town, IDP, "admin"), "/files"), (admin.browser, matrix.base_of(world.town, IDP, "admin"), "/partenaires")):
            for name in ("page", "depuis", "jusqu", "avant", "apres", "du", "au"):
                page = browser.get(base + query(path, **{name: value}))
                hold(page.status in (200, 400, 404, 422), f"{path}?{name}={value}: {page.status}")
    hold(before == world.rows(LOGS, VOLATILE), "something changed")


CASES = [
    Inspection("V06", "one filing, from both sides", neither_side_reads_what_the_other_wrote_for_itself),
    Inspection("V07", "lists, searches and refusals", lists_and_errors_tell_of_nothing_else),
    Inspection("V26", "names at the desk of élections", no_elector_is_looked_up_by_name),
    Inspection("V26", "300 openings in an hour", whoever_opens_too_many_is_told_of_and_stopped),
    Inspection("O54", "a partner's token at the services", a_token_opens_no_other_door),
    Inspection("V29", "a partner's token at every door", a_token_opens_no_other_door),
    Inspection("V31", "what can be taken away in bulk", filings_are_not_exported),
    Inspection("V33", "page numbers and dates", numbers_beyond_their_types_are_refused),
]
__all__ = ["CASES"]
