"""Two long looks at the identity provider: what honest citizens notice while it is flooded, and whether memory
grows with requests."""
import json
import resource
import socket
import statistics
import threading
import time

import measure
import report
from journeys import FORM, JOURNEYS, authorize_target, signed_in, user_line
from servers import IDP, Town

SERVER_CORE = 0
# Each from addresses of its own: 127.net.x.y.
NET_PAGES, NET_LOGINS, NET_NEWCOMERS, NET_WRONG, NET_SAML, NET_SLOW = 10, 11, 12, 20, 21, 22
BOUNDS_S = {"honest pages": 0.5, "honest logins": 1.5, "newcomers": 1.5}     # at the 99th percentile, and none lost
MEMORY_BOUND_MIB, SLOPE_BOUND_MIB = 300, 1.0


# ---- flood ----

class SlowConnections(threading.Thread):
    """Holds n connections open, each of which sends one byte of a request's head a second; opens again what is closed."""

    def __init__(self, port, n):
        super().__init__(daemon=True)
        self.port, self.n, self.over, self.opened = port, n, threading.Event(), 0
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(4096, 2 * n)), hard))

    def one(self, i):
        s = socket.socket()
        try:
            s.bind((f"127.{NET_SLOW}.{i // 250}.{i % 250 + 1}", 0))
            s.setblocking(False)
            s.connect_ex(("127.0.0.1", self.port))
            self.opened += 1
            return s
        except OSError:
            s.close()
            return None

    def run(self):
        held, head = [None] * self.n, b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 100000
        sent = [0] * self.n
        while not self.over.is_set():
            started = time.monotonic()
            for i in range(self.n):
                if held[i] is None:
                    held[i], sent[i] = self.one(i), 0
                    continue
                try:
                    sent[i] += held[i].send(head[sent[i]:sent[i] + 1])
                except BlockingIOError:
                    pass
                except OSError:
                    held[i].close()
                    held[i] = None
            self.over.wait(max(0, 1 - (time.monotonic() - started)))
        for s in filter(None, held):
            s.close()


def wrong_login(town):
    """Whoever guesses keeps one page and sends it again and again, for another name each time."""
    lines = []
    for _ in range(town.users):
        browser = town.browser()
        page = browser.get(town.url() + authorize_target("bench-es256"), follow=False)
        lines.append(user_line(browser, IDP.host, flow=dict(page.form("identifiant").fields)["flow"]))
    return ("".join(lines) + "step POST /connexion\n" + FORM + f"header Origin: {town.url()}\n"
            + "body flow=${flow}&identifiant=inconnu${next}%40exemple.fr&mot-de-passe=faux-${next}-faux\nexpect any\n")


def malformed_saml():
    return "step GET /saml/sso?SAMLRequest=${next}fZFBa8MwDIX%2FivE9jeOmaWpCoGyXQjdKu9HDbsJWV0NiZ5YD%2B%2FlL&RelayState=x\nexpect any\n"


def honest_page():
    return f"fresh\nstep GET {authorize_target('bench-es256')}\n" + 'take flow\tname="flow" value="\t"\n'


def returning_login(town):
    """Citizens whose browsers have signed in before: they keep the mark of that, and no session."""
    lines = []
    for i in range(town.users):
        browser, _ = signed_in(town, i, "bench-es256")
        jar = browser.cookies[IDP.host]
        browser.cookies[IDP.host] = {name: value for name, value in jar.items() if name.endswith("appareil")}
        lines.append(user_line(browser, IDP.host))
    # The journey's own lines of users come first, these cookies beside them.
    own = JOURNEYS["login"](town).splitlines(keepends=True)
    users = [f"{a.rstrip()}\t{b.removeprefix('user ')}" for a, b in zip(own[:town.users], lines)]
    return "".join(users + own[town.users:])


def watch_memory(town, seconds):
    """The most that the daemon held, in MiB of proportional set size."""
    most, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        most = max(most, sum(town.pss_kib().values()) / 1024)
        time.sleep(0.5)
    return most


def flood(options):
    # The flood is under way before anything is counted: what is asked is what it is like to live with one.
    seconds, warm = (5, 2) if options.quick else (30, 45)
    town = Town(options.build, 17000, {SERVER_CORE})
    try:
        def start(journey, **more):
            return measure.start_load(options.build, town.port(), town.host(), journey, seconds, warm=warm, **more)

        journeys = {"wrong": wrong_login(town), "returning": returning_login(town)}      # before anything is flooded
        slow = SlowConnections(town.port(), 2000)
        slow.start()
        at_work = {
            "wrong logins": start(journeys["wrong"], rate=500, users=64, sources=250, net=NET_WRONG),
            "malformed SAML": start(malformed_saml(), rate=2000, users=64, sources=2000, net=NET_SAML),
            "honest pages": start(honest_page(), rate=20, users=8, sources=200, net=NET_PAGES),
            "honest logins": start(journeys["returning"], rate=4, users=8, sources=200, net=NET_LOGINS),
            # Browsers and addresses that were never seen here: what a guesser's first attempt looks like too.
            "newcomers": start(JOURNEYS["login"](town), rate=1, users=8, sources=2000, net=NET_NEWCOMERS),
        }
        most = watch_memory(town, seconds + warm - 1)
        figures = {name: measure.finished(p) for name, p in at_work.items()}
        slow.over.set()
        slow.join()
    finally:
        town.close()
    return say_flood(figures, slow.opened, most, seconds, options)


def say_flood(figures, opened, most, seconds, options):
    errors = sum(f["errors"] for f in figures.values())
    print(f"{report.machine()['cores']} cores, the server on one; {seconds} s; 2000 slow connections held ({opened} opened)")
    for name, f in figures.items():
        print(f"{name:<16}{f['per_second']:>8.0f}/s  p50 {f['p50_us'] / 1e6:.3f} s  p99 {f['p99_us'] / 1e6:.3f} s  5xx {f['errors']}  lost {f['lost']}  {f['last_loss']}")
    met = {"no 5xx": errors == 0, "memory": most <= MEMORY_BOUND_MIB}
    for name, bound_s in BOUNDS_S.items():
        met[name] = 0 < figures[name]["p99_us"] <= 1e6 * bound_s and not figures[name]["lost"]
    print(f"memory {most:.0f} MiB")
    print("  ".join(f"{name}: {report.verdict(ok)}" for name, ok in met.items()))
    save(options, {"flood": figures, "slow_opened": opened, "pss_mib": most, "met": met})
    return 0 if all(met.values()) else 1


# ---- soak ----

MIX = ["discovery", "reentry-es256", "reentry-rs256", "userinfo", "introspection", "client-credentials", "refresh", "saml"]


def requests_of(journey):
    return sum(line.startswith("step ") for line in journey.splitlines())


def slice_of(town, options, seconds):
    """A while of everything at once: how many requests were answered, and how many operations were lost."""
    journeys = {case: JOURNEYS[case](town) for case in MIX}
    at_work = {case: measure.start_load(options.build, town.port(), town.host(), j, seconds, warm=0, users=2) for case, j in journeys.items()}
    figures = {case: measure.finished(p) for case, p in at_work.items()}
    return (sum(f["all_operations"] * requests_of(journeys[c]) for c, f in figures.items()), sum(f["lost"] for f in figures.values()),
            next((f["last_loss"] for f in figures.values() if f["last_loss"]), ""))


def slope(points):
    """MiB per 100,000 requests, by least squares."""
    mx, my = (statistics.fmean(p[i] for p in points) for i in (0, 1))
    spread = sum((x - mx) ** 2 for x, _ in points)
    return 100000 * sum((x - mx) * (y - my) for x, y in points) / spread if spread else 0


def soak(options):
    """Readers are recycled by design; what they hold is not counted."""
    town, done, lost, points = Town(options.build, 17000, {SERVER_CORE}), 0, 0, []
    seconds = 3 if options.quick else 20
    try:
        while done < options.soak:
            n, gone, why = slice_of(town, options, seconds)
            done, lost = done + n, lost + gone
            held = sum(v for role, v in town.pss_kib().items() if not role.startswith("reader")) / 1024
            points.append((done, held))
            report.say(f"{done:>9} requests  {held:6.1f} MiB  lost {lost} {why}")
    finally:
        town.close()
    # Caches fill first.
    counted = [p for p in points if p[0] >= 0.1 * done] or points
    grew = slope(counted)
    print(f"{done} requests, {lost} operations lost; {points[0][1]:.1f} MiB at first, {points[-1][1]:.1f} at the end: "
          f"{grew:+.3f} MiB per 100,000 requests  {report.verdict(grew < SLOPE_BOUND_MIB and not lost)}")
    save(options, {"soak": points, "slope_mib_per_100000": grew, "lost": lost})
    return 0 if grew < SLOPE_BOUND_MIB and not lost else 1


def save(options, figures):
    if options.json:
        with open(options.json, "w", encoding="utf-8") as f:
            json.dump({"date": time.strftime("%Y-%m-%d", time.gmtime()), "machine": report.machine(), **figures}, f, indent=2)
            f.write("\n")
