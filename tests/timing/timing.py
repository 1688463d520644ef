"""Whether the time of a refused sign-in says who has an account: unknown, known with a wrong password, disabled.

    timing.py [--samples N] [--runs N] [--json FILE]

Samples of the three classes are interleaved in random order on one connection; the server has one core, the
client another. What is compared is cut at the 95th percentile: Welch's t, and, from 5,000 samples on, the area
under the curve of Mann and Whitney and the medians. The same with an engine that takes 1 ms longer over
unknown accounts (planted.c) must be told apart: without that, the rest proves nothing.
"""
import argparse
import itertools
import json
import math
import os
import random
import secrets
import statistics
import sys
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, f"{HERE}/../containment", f"{HERE}/../lib", f"{HERE}/../../deploy/demo"]

from browser import Browser                                         # noqa: E402
from running_town import IDP                                        # noqa: E402
from twins import town_with                                         # noqa: E402

CLASSES = ("unknown", "wrong", "disabled")
TRIES_EACH = 4             # of one identifier, before the throttle answers instead
TRIES_OF_SOURCE = 40
WARM_UP = 30
T_MOST, AUC_OFF, MEDIAN_OFF = 4.5, 0.02, 0.01
LARGE = 5000               # so many samples show a hundredth
ROWS = {"idp": {"hash_memory_kib": 8192, "hash_passes": 1, "trusted_proxy": ["127.0.0.1"], "fronts": 1}}


class Stranger:
    def __init__(self, town, samples):
        self.town, self.random, self.tried = town, random.Random(8), itertools.count()
        self.identifiers = {"unknown": self.names("nobody", samples), "wrong": self.accounts("wrong", samples),
                            "disabled": self.accounts("disabled", samples)}
        self.browser = Browser(town.ca)
        page = self.browser.get(town.url(IDP) + "/connexion")
        self.flow = dict(page.form("identifiant").fields)["flow"]

    @staticmethod
    def names(word, samples):
        return [f"{word}-{i}@exemple.fr" for i in range((samples + WARM_UP) // TRIES_EACH + 1)]

    def accounts(self, word, samples):
        names = self.names(word, samples)
        for name in names:
            self.town.ctl("account", "add", "--email", name, "--given-name", "A", "--family-name", "B", "--password-stdin", text=secrets.token_hex(12))
            if word == "disabled":
                self.town.ctl("account", "disable", name, "--reason", "essai")
        return names

    def try_once(self, kind, number):
        source = next(self.tried) // TRIES_OF_SOURCE
        body = urllib.parse.urlencode({"flow": self.flow, "identifiant": self.identifiers[kind][number // TRIES_EACH],
                                       "mot-de-passe": secrets.token_hex(12)}).encode()
        origin = self.town.url(IDP)
        headers = {"X-Forwarded-For": f"10.{source >> 16}.{source >> 8 & 255}.{source & 255}"}
        started = time.perf_counter()
        page = self.browser.request("POST", origin + "/connexion", body, headers, origin=origin)
        seconds = time.perf_counter() - started
        if page.status != 422:
            raise AssertionError(f"{kind}: {page.status} {page.text[:200]}")
        return seconds

    def measure(self, samples):
        """class -> seconds of each try."""
        times = {kind: [] for kind in CLASSES}
        for number in range(samples + WARM_UP):
            for kind in self.random.sample(CLASSES, len(CLASSES)):
                times[kind].append(self.try_once(kind, number))
        return {kind: v[WARM_UP:] for kind, v in times.items()}


# ---- statistics ----

def cut(v):
    return sorted(v)[:max(2, int(len(v) * 0.95))]


def welch_t(a, b):
    a, b = cut(a), cut(b)
    spread = math.sqrt(statistics.variance(a) / len(a) + statistics.variance(b) / len(b))
    return (statistics.fmean(a) - statistics.fmean(b)) / spread


def area(a, b):
    """How often a sample of a is above one of b: 0.5 when nothing tells them apart."""
    order = sorted([(x, 0) for x in a] + [(x, 1) for x in b])
    ranks = sum(rank for rank, (_, which) in enumerate(order, 1) if which == 0)
    return (ranks - len(a) * (len(a) + 1) / 2) / (len(a) * len(b))


def compare(times):
    pairs = {}
    for a, b in itertools.combinations(CLASSES, 2):
        ma, mb = statistics.median(times[a]), statistics.median(times[b])
        pairs[f"{a} and {b}"] = {"t": round(welch_t(times[a], times[b]), 2), "auc": round(area(times[a], times[b]), 4),
                                 "median_ms": [round(ma * 1e3, 3), round(mb * 1e3, 3)], "off": round((ma - mb) / mb, 4)}
    return pairs


def alike(pair, samples):
    small = abs(pair["t"]) < T_MOST
    return small and (samples < LARGE or (abs(pair["auc"] - 0.5) < AUC_OFF and abs(pair["off"]) < MEDIAN_OFF))


# ---- one run ----

def prefer(core, tasks):
    for task in tasks:
        os.sched_setaffinity(task, {core})
        os.sched_setscheduler(task, os.SCHED_FIFO, os.sched_param(1))


def pin(town):
    """The server to one core, us to another where there are two, and both before whatever else runs here."""
    cores = sorted(os.sched_getaffinity(0))
    for pid in [town.processes[IDP.program].pid, *town.roles(IDP).values()]:
        prefer(cores[0], (int(task) for task in os.listdir(f"/proc/{pid}/task")))
    prefer(cores[-1], [0])


def run(samples, planted):
    everywhere = os.sched_getaffinity(0)
    twins = {"guichet-idp-engine": "tests/timing/planted-idp-engine"} if planted else {}
    try:
        with town_with(twins, daemons=(IDP,), rows=ROWS) as town:
            stranger = Stranger(town, samples)
            pin(town)
            return compare(stranger.measure(samples))
    finally:
        os.sched_setaffinity(0, everywhere)
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def report(samples, runs):
    started = time.monotonic()
    as_it_is = [run(samples, planted=False) for _ in range(runs)]
    planted = run(min(samples, 1000), planted=True)
    seen = [name for name, pair in planted.items() if not alike(pair, 0)]
    return {"samples": samples, "runs": as_it_is, "planted": planted, "seconds": round(time.monotonic() - started, 1),
            "alike": all(alike(pair, samples) for one in as_it_is for pair in one.values()),
            "planted_is_seen": sorted(seen) == ["unknown and disabled", "unknown and wrong"]}


def main(arguments):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--samples", type=int, default=300)
    p.add_argument("--runs", type=int, default=1)
    p.add_argument("--json")
    o = p.parse_args(arguments)
    result = report(o.samples, o.runs)
    print(json.dumps(result, indent=1))
    if o.json:
        with open(o.json, "w", encoding="utf-8") as f:
            json.dump(result, f, indent=1)
    return 0 if result["alike"] and result["planted_is_seen"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
