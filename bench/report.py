"""The figures as a table for a person and as JSON for a program."""
import json
import os
import re
import sys
import time

# What is aimed at on one core, nothing lost; operations a second.
TARGETS = {"reentry-es256": 4000, "reentry-rs256": 2000, "saml": 1200, "client-credentials": 8000, "refresh": 3500, "userinfo": 12000,
           "introspection": 12000, "discovery": 30000, "saml-verify": 700}
POSTGRESQL_TARGET, TWO_CORES_TARGET, DIRECTORY_TARGET = 0.50, 0.85, 0.95
TLS_SHARE_TARGET, TLS_US_TARGET, TLS_BOUND_US = 0.15, 15, 100


def say(text):
    print(text, file=sys.stderr, flush=True)


def progress(number, runner, case, cell):
    lost = f"  LOST {cell['lost']}: {cell['last_loss']}" if cell["lost"] else ""
    say(f"round {number + 1}  {runner.name:<14} {runner.variant:<11} {case:<19}{cell['per_second']:>9.0f}/s{lost}")


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        model = re.search(r"^model name\s*:\s*(.*)$", f.read(), re.M)
    return {"cores": os.cpu_count(), "cpu": model.group(1) if model else "unknown", "kernel": os.uname().release}


def document(cells, memory, options):
    return {"date": time.strftime("%Y-%m-%d", time.gmtime()), "machine": machine(), "rounds": options.rounds, "seconds": options.seconds,
            "cells": cells, "pss_kib": memory}


def write_json(path, doc):
    with open(path, "w", encoding="utf-8") as f:
        json.dump(doc, f, indent=2)
        f.write("\n")


def of(doc, who="guichet", variant="base"):
    return {c["case"]: c for c in doc["cells"] if (c["who"], c["variant"]) == (who, variant)}


def verdict(met):
    return "met" if met else "MISSED"


def main_table(doc):
    print(f"{'case':<19}{'ops/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'CPU µs':>9}{'lost':>6}  {'target':<18}limit")
    for case, c in of(doc).items():
        target = TARGETS.get(case)
        goal = f"{target} {verdict(c['per_second'] >= target and not c['lost'])}" if target else ""
        limit = f"{c['limit']['what']} {c['limit']['per_second']:.0f}/s, {100 * c['fraction_of_limit']:.0f} %" if "limit" in c else ""
        print(f"{case:<19}{c['per_second']:>9.0f}{c['p50_us'] / 1000:>9.2f}{c['p99_us'] / 1000:>9.2f}{1000 * (c['cpu_ms'] or 0):>9.0f}{c['lost']:>6}  {goal:<18}{limit}"
              + (f"  {c['last_loss']}" if c["lost"] else ""))
    print("\nCPU µs of one operation, by role:")
    for case, c in of(doc).items():
        print(f"{case:<19}" + "  ".join(f"{role} {1000 * ms:.0f}" for role, ms in sorted(c["cpu_ms_by_role"].items(), key=lambda x: -x[1])))


def tls_table(doc):
    """What TLS adds on a kept-alive connection, by the CPU of the daemon."""
    base, tls = of(doc), of(doc, variant="tls")
    if tls:
        print("\nTLS, kept alive:    CPU µs without   with    more")
    for case, c in tls.items():
        plain, with_us = 1000 * (base[case]["cpu_ms"] or 0), 1000 * (c["cpu_ms"] or 0)
        more = with_us - plain
        met = more <= (plain * TLS_SHARE_TARGET if plain > TLS_BOUND_US else TLS_US_TARGET)
        print(f"{case:<19}{plain:>15.0f}{with_us:>7.0f}{more:>8.1f} µs {100 * more / plain if plain else 0:>5.0f} %  {verdict(met)}" + lost(c))


def postgresql_table(doc):
    base, other = of(doc), of(doc, variant="postgresql")
    if other:
        print("\nPostgreSQL, on the same core as the daemon:  ops/s   of SQLite   CPU µs (its own)")
    for case, c in other.items():
        share = c["per_second"] / base[case]["per_second"] if base[case]["per_second"] else 0
        own = 1000 * c["cpu_ms_by_role"].get("postgresql", 0)
        goal = verdict(share >= POSTGRESQL_TARGET) if case.startswith("reentry") else ""
        print(f"{case:<43}{c['per_second']:>7.0f}{100 * share:>9.0f} %{1000 * (c['cpu_ms'] or 0):>9.0f} ({own:.0f})  {goal}" + lost(c))


def directory_table(doc):
    """Citizens beside agents whose directory does not answer."""
    base, other = of(doc), of(doc, variant="silent-directory")
    if other:
        print("\nA directory that says nothing:      ops/s   of the usual   CPU µs")
    for case, c in other.items():
        share = c["per_second"] / base[case]["per_second"] if base[case]["per_second"] else 0
        print(f"{case:<32}{c['per_second']:>9.0f}{100 * share:>13.0f} %{1000 * (c['cpu_ms'] or 0):>9.0f}  {verdict(share >= DIRECTORY_TARGET)}" + lost(c))


def cores_table(doc):
    base, other = of(doc, variant="shared-core"), of(doc, variant="two-cores")
    if other:
        print("\nTwo cores, driver among: ops/CPU-s on one   on two   ratio")
    for case, c in other.items():
        one, two = (1000 / x["cpu_ms"] if x["cpu_ms"] else 0 for x in (base[case], c))
        ratio = two / one if one else 0
        print(f"{case:<24}{one:>17.0f}{two:>9.0f}{ratio:>8.2f}  {verdict(ratio >= TWO_CORES_TARGET)}" + lost(c))


def peers_table(doc):
    peers = [c for c in doc["cells"] if c["who"] != "guichet"]
    if peers:
        print("\nPeers, same core and driver:      ops/s   p50 ms   CPU µs   ours is")
    base = of(doc)
    for c in peers:
        ours = base.get(c["case"])
        times = f"{ours['per_second'] / c['per_second']:.1f} times" if ours and c["per_second"] else ""
        beyond = ""
        if "cpu_ms_without_hash" in c and ours:
            times = ""
            beyond = f"  beyond the hash {1000 * c['cpu_ms_without_hash']:.0f} µs, ours {1000 * ours['cpu_ms_without_hash']:.0f}"
        print(f"{c['who']:<15}{c['case']:<15}{c['per_second']:>9.0f}{c['p50_us'] / 1000:>9.2f}{1000 * (c['cpu_ms'] or 0):>9.0f}   {times}{beyond}" + lost(c))


def lost(c):
    return f"  LOST {c['lost']}: {c['last_loss']}" if c["lost"] else ""


def print_all(doc):
    m = doc["machine"]
    print(f"{doc['date']}, {m['cores']} cores of {m['cpu']}, {doc['rounds']} round(s) of {doc['seconds']:g} s\n")
    main_table(doc)
    for part in (tls_table, postgresql_table, directory_table, cores_table, peers_table):
        part(doc)
    for when, pss in doc["pss_kib"].items():
        print(f"\nPSS KiB of the identity provider, {when}: {sum(pss.values())} = " + ", ".join(f"{k} {v}" for k, v in pss.items()), end="")
    print()
