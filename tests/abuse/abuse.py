"""./guichet test abuse: every bad input of the catalogue against a running town, and a table of what came of it.

    ./guichet test abuse [--row PREFIX] [--json FILE] [--verbose]

A row of the catalogue (catalogue.py) is tested here, or names the unit test that covers it, or waits for
a feature, with the reason. A row that is none of these fails the suite.
"""
import argparse
import importlib
import json
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))

sys.path[:0] = [HERE]

import catalogue                                   # noqa: E402
import matrix                                      # noqa: E402
from harness import Harness                        # noqa: E402
from inspection import Inspection                  # noqa: E402
from running_town import BUILD                     # noqa: E402
from staff import StaffedWorld                     # noqa: E402
from world import World                            # noqa: E402

SECTIONS = ["abuse_http", "abuse_saml_idp", "abuse_saml_sp", "abuse_openid", "abuse_tokens", "abuse_rp", "abuse_login"]
# In a town of their own, where agents come from a directory.
STAFFED = ["abuse_agents", "abuse_desk"]


def wanted(case, options):
    if options.slug and (isinstance(case, Inspection) or options.slug not in (case.outcome.slug, *(case.outcome.audit or ())[2:])):
        return False
    return case.row.startswith(options.row)


def run_sections(options, names, make_world, last=None):
    """last: what is run in the same town when the cases are over, for the rows that it has."""
    results, sections = [], {name: [c for c in importlib.import_module(name).CASES if wanted(c, options)] for name in names}
    last = last if last and not options.slug and any(row.startswith(options.row) for row in last.ROWS) else None
    if not any(sections.values()) and not last:
        return [], []
    with make_world() as world:
        harness = Harness(world)
        for name, cases in sections.items():
            looks = [c for c in cases if isinstance(c, Inspection)]
            if not cases:
                continue
            start = time.monotonic()
            results += harness.section([c for c in cases if not isinstance(c, Inspection)])
            results += [look.run(world) for look in looks]
            print(f"  {name}: {len(cases)} cases, {time.monotonic() - start:.1f} s", file=sys.stderr, flush=True)
        if last:
            start = time.monotonic()
            cells = [r for r in last.run(world, harness) if r.case.row.startswith(options.row)]
            print(f"  {last.__name__}: {len(cells)} cells, {time.monotonic() - start:.1f} s", file=sys.stderr, flush=True)
            results += cells
        harness.read_logs()
        return results, harness.sanitizer


def show(results, verbose):
    for r in results:
        if r.trouble or verbose:
            print(f"{r.case.row:<4} {r.case.outcome.name:<22} {r.ms:8.1f} ms  {r.case.what}{'   FAILED: ' + r.trouble if r.trouble else ''}")


def table(results, states):
    """One line a row: how many cases, the outcome, the longest."""
    lines = []
    for row, (state, detail) in states.items():
        mine = [r for r in results if r.case.row == row]
        outcome = " ".join(sorted({r.case.outcome.name for r in mine})) or state
        lines.append({"id": row, "says": catalogue.ROWS[row].says, "state": state, "outcome": outcome, "cases": len(mine),
                      "ms": round(max((r.ms for r in mine), default=0), 1), "detail": detail})
    return lines


def main(arguments):
    p = argparse.ArgumentParser(prog="./guichet test abuse", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--row", default="", metavar="PREFIX", help="only rows that begin so: S4, O, H07")
    p.add_argument("--slug", default="", help="only cases that expect this refusal (for tests/mutation)")
    p.add_argument("--json", metavar="FILE", help="the table, and each case, as JSON")
    p.add_argument("--verbose", action="store_true", help="a line for each case, not only for those that failed")
    options = p.parse_args(arguments)
    results, sanitizer = run_sections(options, SECTIONS, World)
    more, told = run_sections(options, STAFFED, StaffedWorld, matrix)
    results, sanitizer = results + more, sanitizer + told
    states = catalogue.states(results, BUILD, options.row, complete=not options.slug)
    lines = table(results, states)
    show(results, options.verbose)
    for line in lines:
        print(f"{line['id']:<5} {line['state']:<8} {line['outcome']:<30} {line['cases']:3} cases {line['ms']:8.1f} ms  {line['says']}"
              + (f"  [{line['detail']}]" if line["detail"] else ""))
    for text in sanitizer:
        print(f"sanitizer: {text}")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as f:
            json.dump({"rows": lines, "cases": [{"id": r.case.row, "case": r.case.what, "outcome": r.case.outcome.name, "ms": round(r.ms, 2),
                                                 "failed": r.trouble} for r in results], "sanitizer": sanitizer}, f, ensure_ascii=False, indent=1)
    failed = sum(bool(r.trouble) for r in results) + sum(l["state"] == "missing" for l in lines) + len(sanitizer)
    waiting = sum(l["state"] == "waiting" for l in lines)
    covered = sum(l["state"] == "unit" for l in lines)
    print(f"Ran {len(results)} cases of {sum(l['state'] == 'tested' for l in lines)} rows; {covered} rows by unit tests, {waiting} rows waiting; {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
