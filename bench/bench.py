"""./guichet bench: what an operation costs, beside its limit, and beside others who do the same.

    ./guichet bench [CASE…] [--quick] [--peers] [--json FILE] [--svg FILE] [--doc FILE]
                    [--rounds N] [--seconds N] [--variant NAME]
    ./guichet bench --flood | --soak [REQUESTS]

The server has one core and eight users have another. Each round measures each case on each variant of
the town: `base` (a file, in the clear, one core), `tls`, `postgresql` (on the same core as the daemon,
over a Unix socket), `two-cores` and, to compare it with, `shared-core` (eight users a core, on the server's cores
and before it), `silent-directory` (agents sign in all the while, and their directory says nothing for two seconds
each time). Figures are medians of the rounds. A limit is what the signature, the hash or the disk
alone allows on the same core, measured in between. CPU is that of all processes of the daemon and of its
database. An operation is lost when anything about its answers is not as it should be; a cell with one
has failed, and so has the command.

--peers installs (deploy/debian-packages-bench.txt, bench/npm) and measures oidc-provider, glewlwyd and
SimpleSAMLphp doing the same, in the same rounds.
"""
import argparse
import contextlib
import os
import statistics
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import chart                            # noqa: E402
import doc                              # noqa: E402
import measure                          # noqa: E402
import report                           # noqa: E402
from journeys import DAEMON_OF, JOURNEYS, LOAD_OF, SERVICES, saml_response  # noqa: E402
from servers import IDP, ROOT, Town     # noqa: E402
from silent import Knocking             # noqa: E402

SERVER_CORE = 0
ALL_CASES = [*JOURNEYS, "saml-verify"]
LIMIT_OF = {"reentry-es256": "es256", "reentry-rs256": "rs256", "login": "argon2id", "refresh": "es256", "saml": "rs256", "filing": "fdatasync", "filing-anonymous": "fdatasync"}
SCALED = ["discovery", "reentry-es256", "reentry-rs256", "userinfo", "client-credentials", "refresh", "saml"]
VARIANTS = {
    "base": (ALL_CASES, {}),
    "tls": ([c for c in ALL_CASES if c not in ("login", "filing", "filing-anonymous", "saml-verify")], {"tls": True}),
    "postgresql": (["reentry-es256", "reentry-rs256", "login", "userinfo", "introspection", "refresh", "saml"], {"store": "postgresql"}),
    "silent-directory": (["discovery", "reentry-es256", "login", "userinfo", "saml"], {"directory": "silent"}),
    "shared-core": (SCALED, {}),
    "two-cores": (SCALED, {"cores": {0, 1}}),
}
# A server with both cores shares them with the driver: what a second core brings is compared with one that is shared too.
# There the driver comes first, as clients with machines of their own would: one that had to wait for the server to
# pause would send its users' requests one by one, as many as there might be.
DRIVER_AMONG = ("shared-core", "two-cores")
QUICK = {"tls": ["discovery", "reentry-es256", "userinfo"], "postgresql": ["reentry-es256"], "shared-core": ["reentry-es256"], "two-cores": ["reentry-es256"]}


def cases_of(variant, options):
    known = QUICK.get(variant, VARIANTS[variant][0]) if options.quick else VARIANTS[variant][0]
    return [c for c in known if not options.cases or c in options.cases]


class Ours:
    """The town in one variant."""

    name = "guichet"

    def __init__(self, variant, options, number):
        self.variant, self.options = variant, options
        self.cases = cases_of(variant, options)
        services = SERVICES if any(c in DAEMON_OF for c in self.cases) else []
        self.town = Town(options.build, 17000 + 100 * number, **{"cores": {SERVER_CORE}, **VARIANTS[variant][1]}, services=services)
        self.cases = [c for c in self.cases if DAEMON_OF.get(c, IDP) in (IDP, *self.town.services)]
        among = variant in DRIVER_AMONG
        self.driver = {
            "core": ",".join(map(str, self.town.cores if among else {measure.DRIVER_CORE})),
            "users": self.town.users, "first": among,
        }

    def measure(self, case):
        town, o = self.town, self.options
        if case == "saml-verify":
            return measure.verify(SERVER_CORE, o.build, town, lambda url: saml_response(town, url), o.seconds, o.warm)
        with Knocking(town) if town.directory else contextlib.nullcontext():
            return self.load(case)

    def load(self, case):
        town, daemon, o = self.town, DAEMON_OF.get(case, IDP), self.options
        journey = JOURNEYS[case](town)
        return measure.priced(lambda: town.cpu_s(daemon), lambda: measure.load(
            o.build, town.port(daemon), town.host(daemon), journey, o.seconds, tls=town.ca, warm=o.warm, **self.driver, **LOAD_OF.get(case, {})))

    def close(self):
        self.town.close()


def start_all(options, started):
    for number, variant in enumerate(VARIANTS):
        if cases_of(variant, options) and variant in options.variants:
            report.say(f"starting: {variant}")
            started.append(Ours(variant, options, number))
    if options.peers:
        import peers
        peers.start_all(options, started)


def run_rounds(options, runners):
    """(who, variant, case) -> its cells; limit name -> its figures. Rounds outside, so that a minute in which the
    machine was busy spoils one round of everything and not all rounds of one thing."""
    cells, limits = {}, {}
    for number in range(options.rounds):
        for case in ALL_CASES:
            at_work = [r for r in runners if case in r.cases]
            name = LIMIT_OF.get(case)
            if name and at_work:
                limits.setdefault(name, []).append(measure.limit(name, SERVER_CORE, options.build, runners[0].town.folder))
            for r in at_work:
                cell = r.measure(case)
                cells.setdefault((r.name, r.variant, case), []).append(cell)
                report.progress(number, r, case, cell)
    return cells, limits


def results(cells, limits):
    middle = {name: statistics.median(v) for name, v in limits.items()}
    out = []
    for (who, variant, case), rounds in cells.items():
        cell = {"who": who, "variant": variant, "case": case, **measure.median_cell(rounds)}
        name = LIMIT_OF.get(case)
        if name:
            cell["limit"] = {"what": name, "per_second": middle[name]}
            cell["fraction_of_limit"] = cell["per_second"] / middle[name]
        if case == "login" and cell["cpu_ms"]:
            # Peers have next to nothing to hash.
            cell["cpu_ms_without_hash"] = cell["cpu_ms"] - cell["cpu_ms_by_role"].get("hasher", 0)
        out.append(cell)
    return out


def parse(arguments):
    p = argparse.ArgumentParser(prog="./guichet bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("cases", nargs="*", metavar="CASE", help=" ".join(ALL_CASES))
    p.add_argument("--build", default=f"{ROOT}/build", help=argparse.SUPPRESS)
    p.add_argument("--json", metavar="FILE")
    p.add_argument("--svg", metavar="FILE")
    p.add_argument("--doc", metavar="FILE", help="put the figures between the marks of this page (docs/performance.md)")
    p.add_argument("--quick", action="store_true", help="one round of one second, few variants: does the instrument work?")
    p.add_argument("--peers", action="store_true")
    p.add_argument("--variant", dest="variants", action="append", choices=list(VARIANTS))
    p.add_argument("--rounds", type=int)
    p.add_argument("--seconds", type=float)
    p.add_argument("--flood", action="store_true", help="what honest citizens notice of a flood from many addresses")
    p.add_argument("--soak", nargs="?", type=int, const=2000000, metavar="REQUESTS", help="does memory grow with requests?")
    options = p.parse_args(arguments)
    options.build = os.path.abspath(options.build)
    options.variants = options.variants or list(VARIANTS)
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.seconds = options.seconds or (1 if options.quick else 3)
    options.warm = 0.2 if options.quick else 0.5
    for case in options.cases:
        if case not in ALL_CASES:
            p.error(f"no case {case!r}; there are: {' '.join(ALL_CASES)}")
    return options


def compare(options):
    runners = []
    try:
        start_all(options, runners)
        memory = {"idle": runners[0].town.pss_kib()}
        cells = results(*run_rounds(options, runners))
        memory["after"] = runners[0].town.pss_kib()
    finally:
        for r in reversed(runners):
            r.close()
    document = report.document(cells, memory, options)
    report.print_all(document)
    if options.json:
        report.write_json(options.json, document)
    if options.svg:
        chart.write(options.svg, document)
    if options.doc:
        doc.write(options.doc, document)
    return 1 if any(c["lost"] for c in cells if c["who"] == "guichet") else 0


def main(arguments):
    options = parse(arguments)
    if options.flood or options.soak:
        import endurance
        return endurance.flood(options) if options.flood else endurance.soak(options)
    return compare(options)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
