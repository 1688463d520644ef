"""kill -9 on every role and on whole daemons, under mixed load: nothing that was acknowledged is lost.

    kill_campaign.py [--kills N] [--store sqlite|postgresql] [--seed N] [--json FILE]

Each daemon goes through rounds: every one of its processes is killed once, in any order, then the daemon
as a whole, supervisor first. After each kill the door must be open again in less than 2 s. Meanwhile the
clients of journal.py sign in, refresh, change accounts and file; afterwards, and all along, they look
whether what they were told is there.
"""
import argparse
import contextlib
import glob
import http.client
import json
import os
import random
import re
import signal
import sqlite3
import ssl
import socket
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, f"{HERE}/../lib", f"{HERE}/../../deploy/demo", f"{HERE}/../flow"]

from journal import COPIES, INSCRIPTIONS, PLACES, Accounts, Declarations, Filings, Rotations, Sessions          # noqa: E402
from running_town import CITIZENS, IDP, SERVICES, Town              # noqa: E402
from test_postgresql import Postgresql                              # noqa: E402

HEALTHY_WITHIN_S = 2.0
GIVEN_UP_S = 30.0
CHEAP = {"hash_memory_kib": 8192, "hash_passes": 1}


EVERYBODY = (IDP, *SERVICES)


class Door:
    """Asks a daemon for its health as a stranger would: a new connection each time."""

    def __init__(self, town, daemon):
        self.port, self.host = town.port_base + daemon.port_offset, daemon.host
        self.context = ssl.create_default_context(cafile=town.ca)

    def is_open(self):
        connection = http.client.HTTPSConnection(self.host, self.port, timeout=GIVEN_UP_S, context=self.context)
        connection._create_connection = lambda address, timeout=None, source=None: socket.create_connection(("127.0.0.1", self.port), timeout)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def seconds_until_open(self, since):
        while not self.is_open():
            if time.monotonic() - since > GIVEN_UP_S:
                return GIVEN_UP_S
            time.sleep(0.005)
        return time.monotonic() - since


def is_gone(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


class Campaign:
    def __init__(self, town, kills, seed):
        self.town, self.wanted, self.random = town, kills, random.Random(seed)
        self.doors = {d: Door(town, d) for d in EVERYBODY}
        self.rounds = {d: [] for d in self.doors}       # roles that this round has not yet killed
        self.kills, self.seconds, self.slow, self.names, self.longest_silence = 0, [], [], {}, 0.0

    def writers(self, secret):
        t, people = self.town, CITIZENS
        return [Sessions(t, 1, people[:3]), Rotations(t, 2, people[1:3], secret), Rotations(t, 3, people[:2], secret), Accounts(t, 4),
                *(Filings(t, 5 + i, people[i + 2:i + 3], at) for i, at in enumerate((INSCRIPTIONS, COPIES, PLACES))), Declarations(t, 8)]

    def run(self, secret):
        self.crew = self.writers(secret)
        for w in self.crew:
            w.start()
        time.sleep(0.5)
        while self.kills < self.wanted:
            self.kill_one(self.random.choice(list(self.doors)))
            time.sleep(self.random.uniform(0, 0.06))
            if self.kills % 100 == 0:
                print(self.line(), flush=True)
        for w in self.crew:
            w.stopping.set()
        for w in self.crew:
            w.join(60)
        self.verify()

    # ---- killing ----

    def kill_one(self, daemon):
        if not self.rounds[daemon]:
            roles = list(self.town.roles(daemon))
            self.random.shuffle(roles)
            self.rounds[daemon] = [None, *roles]           # the whole comes last, and with it every role starts afresh
        name = self.rounds[daemon].pop()
        since = time.monotonic()
        if name is None:
            self.kill_daemon(daemon)
        else:
            pid = self.town.roles(daemon).get(name)
            if pid is None:
                return                                     # between two lives; another time
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.count(daemon, name or f"{daemon.program}: whole", self.doors[daemon].seconds_until_open(since))

    def kill_daemon(self, daemon):
        """The supervisor, then whoever is left of the daemon is waited for, as a service manager would."""
        children = list(self.town.roles(daemon).values())
        process = self.town.processes.pop(daemon.program)
        process.kill()
        process.wait()
        end = time.monotonic() + GIVEN_UP_S
        while not all(is_gone(pid) for pid in children) and time.monotonic() < end:
            time.sleep(0.005)
        self.town.start(daemon)

    def count(self, daemon, name, seconds):
        self.kills += 1
        self.names[name.rstrip(" 0123456789")] = self.names.get(name.rstrip(" 0123456789"), 0) + 1
        self.seconds.append(seconds)
        if seconds >= HEALTHY_WITHIN_S:
            self.slow.append((name, round(seconds, 2)))

    # ---- judging ----

    def verify(self):
        for w in self.crew:
            try:
                w.verify()
            except Exception as e:
                w.lost.append(f"at the end: {e!r}"[:600])

    def filings_in_store(self, url):
        if url.startswith("sqlite:"):
            with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:"))) as db:
                return [n for (n,) in db.execute("SELECT number FROM kit_demande")]
        done = subprocess.run(["psql", "-X", "-t", "-A", "-d", url, "-c", "SELECT number FROM kit_demande"], capture_output=True, text=True, check=True)
        return done.stdout.split()

    def missing_filings(self):
        kept = {"".join(n.split()) for url in self.town.stores.values() for n in self.filings_in_store(url)}
        return sorted(n for w in self.crew if isinstance(w, (Filings, Declarations)) for n in w.numbers if n not in kept)

    def crashes(self):
        """Ends by a signal that was not ours."""
        return [line[:300] for d in self.doors for line in self.town.log(d).splitlines()
                if re.search(r'"signal":(?!9\b)\d+|AddressSanitizer|runtime error|store\.corrupt', line)]

    def stores_hold(self):
        return all(subprocess.run([f"{self.town.build}/stage/usr/bin/guichetctl", "--config", path, "db", "check"], capture_output=True).returncode == 0
                   for d in self.doors for path in glob.glob(f"{self.town.state}/{d.name}/guichet-*.conf"))

    def line(self):
        acks = " ".join(f"{type(w).__name__.lower()}={w.acknowledged}" for w in self.crew)
        return (f"{self.kills} kills, back in {statistics.median(self.seconds):.3f} s (median) {max(self.seconds):.2f} s (most); acknowledged {acks};"
                f" in doubt {sum(w.unanswered for w in self.crew)}, lost {sum(len(w.lost) for w in self.crew)}, slow {len(self.slow)}")

    def report(self):
        lost = [e for w in self.crew for e in w.lost] + [f"{n} is not in the store" for n in self.missing_filings()]
        return {"kills": self.kills, "by_victim": self.names, "healthy_s": {"median": statistics.median(self.seconds), "most": max(self.seconds),
                "p99": sorted(self.seconds)[int(len(self.seconds) * 0.99)]}, "slow": self.slow,
                "acknowledged": {f"{type(w).__name__} {i}": w.acknowledged for i, w in enumerate(self.crew)},
                "in_doubt": sum(w.unanswered for w in self.crew), "filings_sent_again": sum(w.twice for w in self.crew if isinstance(w, Filings)),
                "lost": lost, "crashes": self.crashes(), "stores_hold": self.stores_hold()}


def holds(report):
    return not report["lost"] and not report["slow"] and not report["crashes"] and report["stores_hold"] \
        and all(n > 0 for n in report["acknowledged"].values())


@contextlib.contextmanager
def furnished_town(store):
    with contextlib.ExitStack() as stack:
        rows = {"idp": dict(CHEAP), **{d.name: {"limit_source_connections": 512} for d in SERVICES}}
        if store == "postgresql":
            pg = Postgresql(Town.next_base + 95)
            stack.callback(pg.close)
            rows["idp"]["store"] = f"postgresql://postgres@127.0.0.1:{pg.port}/guichet"
            for d in SERVICES:
                pg.run("createdb", "-h", "127.0.0.1", "-p", str(pg.port), "-U", "postgres", d.name)
                rows[d.name]["store"] = f"postgresql://postgres@127.0.0.1:{pg.port}/{d.name}"
        town = stack.enter_context(Town(daemons=EVERYBODY, rows=rows))
        town.stores = {d.name: rows[d.name].get("store") or f"sqlite:{town.state}/{d.name}/db/{d.name}.db" for d in SERVICES}
        yield town


def run(store, kills, seed=1):
    """The report of one campaign on one store."""
    started = time.monotonic()
    with furnished_town(store) as town:
        secret = town.ctl("partner", "add", "oidc", "--id", "journal", "--redirect-uri", "http://127.0.0.1:9/retour", "--release", "none",
                          "--grant", "authorization_code", "refresh_token")["client_secret"]
        campaign = Campaign(town, kills, seed)
        campaign.run(secret)
        return dict(campaign.report(), store=store, seconds=round(time.monotonic() - started, 1))


def main(arguments):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--kills", type=int, default=60)
    p.add_argument("--store", choices=["sqlite", "postgresql"], default="sqlite")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--json")
    o = p.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))      # and no daemon stays behind
    report = run(o.store, o.kills, o.seed)
    text = json.dumps(report, ensure_ascii=False, indent=1)
    print(text)
    if o.json:
        with open(o.json, "w", encoding="utf-8") as f:
            f.write(text + "\n")
    return 0 if holds(report) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
