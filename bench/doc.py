"""The figures as Markdown, put between two marks of a page whose other text explains them."""
from report import DIRECTORY_TARGET, POSTGRESQL_TARGET, TARGETS, TLS_BOUND_US, TLS_SHARE_TARGET, TLS_US_TARGET, TWO_CORES_TARGET, of

BEGIN, END = "<!-- ./guichet bench writes from here", "<!-- to here -->"
NAMES = {
    "discovery": "discovery", "reentry-es256": "re-entry with a session, ES256", "reentry-rs256": "re-entry, RS256", "login": "sign-in by password",
    "userinfo": "UserInfo", "introspection": "introspection", "client-credentials": "client credentials", "refresh": "refresh, ES256",
    "saml": "SAML single sign-on with a session", "form-page": "a form's page (élections)", "filing": "a filing, durable (élections)",
    "filing-anonymous": "a filing without an account, durable (état civil)", "saml-verify": "a SAML response proven by libguichet-sp",
}


def figure(n):
    digits = max(0, len(str(int(n))) - 3)
    return f"{round(n, -digits):,.0f}"


def cell_of(c):
    return figure(c["per_second"]) + (f" ({c['lost']} lost)" if c["lost"] else "")


def table(head, rows):
    return ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head), *("| " + " | ".join(r) + " |" for r in rows), ""]


def micro(ms):
    return f"{1000 * (ms or 0):.0f}"


def main_rows(doc):
    for case, c in of(doc).items():
        target = TARGETS.get(case)
        goal = f"{target:,} {'met' if c['per_second'] >= target and not c['lost'] else '**missed**'}" if target else ""
        limit = f"{100 * c['fraction_of_limit']:.0f} % of {figure(c['limit']['per_second'])} ({c['limit']['what']})" if "limit" in c else ""
        yield [NAMES[case], cell_of(c), goal, f"{c['p50_us'] / 1000:.2f}", f"{c['p99_us'] / 1000:.1f}", micro(c["cpu_ms"]), limit]


def role_rows(doc):
    for case, c in of(doc).items():
        roles = sorted(((r, ms) for r, ms in c["cpu_ms_by_role"].items() if 1000 * ms >= 1), key=lambda x: -x[1])
        yield [NAMES[case], ", ".join(f"{r} {micro(ms)}" for r, ms in roles)]


def tls_rows(doc):
    base = of(doc)
    for case, c in of(doc, variant="tls").items():
        plain, more = 1000 * (base[case]["cpu_ms"] or 0), 1000 * ((c["cpu_ms"] or 0) - (base[case]["cpu_ms"] or 0))
        met = more <= (plain * TLS_SHARE_TARGET if plain > TLS_BOUND_US else TLS_US_TARGET)
        yield [NAMES[case], cell_of(c), f"{plain:.0f}", f"{more:+.0f} ({100 * more / plain:+.0f} %)" if plain else "", "met" if met else "**missed**"]


def postgresql_rows(doc):
    base = of(doc)
    for case, c in of(doc, variant="postgresql").items():
        share = c["per_second"] / base[case]["per_second"] if base[case]["per_second"] else 0
        goal = ("met" if share >= POSTGRESQL_TARGET else "**missed**") if case.startswith("reentry") else ""
        yield [NAMES[case], cell_of(c), f"{100 * share:.0f} %", micro(c["cpu_ms"]), micro(c["cpu_ms_by_role"].get("postgresql")), goal]


def directory_rows(doc):
    base = of(doc)
    for case, c in of(doc, variant="silent-directory").items():
        share = c["per_second"] / base[case]["per_second"] if base[case]["per_second"] else 0
        yield [NAMES[case], cell_of(c), f"{100 * share:.0f} %", micro(c["cpu_ms"]), "met" if share >= DIRECTORY_TARGET else "**missed**"]


def cores_rows(doc):
    shared = of(doc, variant="shared-core")
    for case, c in of(doc, variant="two-cores").items():
        one, two = (1000 / x["cpu_ms"] if x["cpu_ms"] else 0 for x in (shared[case], c))
        yield [NAMES[case], figure(one), figure(two), f"{two / one:.2f}" if one else "", "met" if one and two / one >= TWO_CORES_TARGET else "**missed**"]


def peer_rows(doc):
    base = of(doc)
    for c in (c for c in doc["cells"] if c["who"] != "guichet"):
        ours = base.get(c["case"])
        beyond = c["case"] == "login" and ours
        yield [c["who"], NAMES[c["case"]], cell_of(c), micro(c["cpu_ms"]),
               f"{micro(c['cpu_ms_without_hash'])}, ours {micro(ours['cpu_ms_without_hash'])}" if beyond and "cpu_ms_without_hash" in c else "",
               f"{ours['per_second'] / c['per_second']:.1f}" if ours and c["per_second"] and not beyond else ""]


PARTS = [
    ("On one core, a file as store, in the clear", main_rows, ["operation", "a second", "target", "median ms", "99 of 100 ms", "CPU µs", "of its limit"]),
    ("Where the CPU goes, µs", role_rows, ["operation", "by role"]),
    ("Under TLS, kept alive", tls_rows, ["operation", "a second", "CPU µs without", "TLS adds µs", "target"]),
    ("On PostgreSQL, which shares the daemon's core", postgresql_rows, ["operation", "a second", "of SQLite", "CPU µs", "PostgreSQL's own", "target"]),
    ("Beside agents whose directory does not answer", directory_rows, ["operation", "a second", "of the usual", "CPU µs", "target"]),
    ("On two cores, by operations per CPU-second, the driver on the same cores and before the server", cores_rows, ["operation", "one core", "two cores", "ratio", "target"]),
    ("Others, on the same core, with the same driver", peer_rows, ["who", "operation", "a second", "CPU µs", "beyond the hash, µs", "ours is so many times theirs"]),
]


def figures(doc):
    m = doc["machine"]
    out = [f"{doc['date']}, a virtual machine with {m['cores']} cores of {m['cpu']}, Linux {m['kernel'].split('-')[0]}; "
           f"medians of {doc['rounds']} rounds of {doc['seconds']:g} s.", ""]
    for title, rows, head in PARTS:
        body = list(rows(doc))
        if body:
            out += [f"### {title}", "", *table(head, body)]
    for when, pss in doc["pss_kib"].items():
        out += [f"Memory of the identity provider, {when}: {sum(pss.values()) / 1024:.0f} MiB ("
                + ", ".join(f"{name} {kib / 1024:.1f}" for name, kib in sorted(pss.items(), key=lambda x: -x[1])) + ").", ""]
    return "\n".join(out)


def write(path, doc):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    head, rest = text.split(BEGIN, 1)
    first_line, rest = rest.split("\n", 1)
    _, tail = rest.split(END, 1)
    with open(path, "w", encoding="utf-8") as f:
        f.write(f"{head}{BEGIN}{first_line}\n{figures(doc)}\n{END}{tail}")
