"""./guichet bench: one core for the identity provider, another for eight users, TLS off.

    ./guichet bench [CASE…] [--json FILE] [--seconds N] [--rounds N] [--store URL]

Each figure stands beside its limit: what the signature, the hash or nothing but the loop would
allow on the same core, measured in between. Lost operations are counted; a cell with one is a
failed cell. CPU is that of all processes of the daemon.
"""
import argparse
import base64
import hashlib
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
sys.path[:0] = [f"{ROOT}/deploy/demo", f"{ROOT}/tests/lib"]

import demo                             # noqa: E402
import state                            # noqa: E402
from browser import Browser             # noqa: E402
from town import CITIZENS, IDP          # noqa: E402

SERVER_CORE, DRIVER_CORE = "0", "1"
USERS = 8
REDIRECT = "http://127.0.0.1:9/retour"
VERIFIER = "bench-verifier-" + "a" * 40
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
ALL_CASES = ["discovery", "reentry-es256", "reentry-rs256", "login", "userinfo", "introspection",
             "client-credentials", "refresh", "saml"]
SAML_SP, SAML_ACS = "http://127.0.0.1:9/metadata", "http://127.0.0.1:9/acs"


class Options:
    """What deploy/demo wants to know of a start."""

    def __init__(self, folder, build, store):
        self.state, self.build, self.store = folder, build, store
        self.port_base, self.tls = 21000, False


# ---- the server ----

class Server:
    def __init__(self, build, store):
        self.folder = tempfile.mkdtemp(prefix="guichet-bench-")
        os.chmod(self.folder, 0o755)
        self.options = Options(f"{self.folder}/state", build, store)
        self.processes = {}
        state.ensure(self.options.state)
        rows = state.idp_rows(self.options.state, self.options.port_base, False, store)
        rows.update(fronts=1, hashers=1)
        state.write_configuration(state.configuration_path(self.options.state, IDP), rows)
        affinity = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {int(SERVER_CORE)})      # children inherit it
        try:
            demo.start(IDP, self.options, self.processes)
        finally:
            os.sched_setaffinity(0, affinity)
        self.port = self.options.port_base + IDP.port_offset
        self.host = f"{IDP.host}:{self.port}"
        self.url = IDP.url(self.options.port_base, False)

    def ctl(self, *arguments, text=None):
        return demo.ctl(self.options, IDP, *arguments, text=text)

    def pids(self):
        root = self.processes[IDP.program].pid
        children = subprocess.run(["pgrep", "-P", str(root)], capture_output=True, text=True).stdout.split()
        return [root] + [int(p) for p in children]

    def cpu_s(self):
        """CPU seconds so far, by role."""
        out = {}
        for pid in self.pids():
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                name = f.read().split(b"\0")[0].decode()
            with open(f"/proc/{pid}/stat") as f:
                fields = f.read().rsplit(")", 1)[1].split()
            role = name.split(": ")[1].split(" ")[0] if ": " in name else "supervisor"
            out[role] = out.get(role, 0) + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return out

    def pss_kib(self):
        out = {}
        for pid in self.pids():
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                name = f.read().split(b"\0")[0].decode()
            with open(f"/proc/{pid}/smaps_rollup") as f:
                pss = int(re.search(r"^Pss:\s+(\d+)", f.read(), re.M).group(1))
            out[name.rsplit("/", 1)[-1]] = out.get(name.rsplit("/", 1)[-1], 0) + pss
        return out

    def close(self):
        for p in self.processes.values():
            p.terminate()
            p.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def add_saml_partner(server):
    state.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=bench",
              "-keyout", f"{server.folder}/sp.key", "-out", f"{server.folder}/sp.pem")
    with open(f"{server.folder}/sp.pem", encoding="ascii") as f:
        certificate = "".join(line for line in f.read().splitlines() if "CERTIFICATE" not in line)
    server.ctl("partner", "add", "saml", "--metadata", "-", "--release", "none", "--attributes", "family_name,given_name", text=(
        f'<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="{SAML_SP}">'
        '<md:SPSSODescriptor AuthnRequestsSigned="true" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
        f'<md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>'
        '</md:KeyDescriptor><md:AssertionConsumerService index="0" Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" '
        f'Location="{SAML_ACS}"/></md:SPSSODescriptor></md:EntityDescriptor>'))


def furnish(server):
    clients = {}
    for name, extra in {"bench-es256": ["--alg", "ES256"], "bench-rs256": ["--alg", "RS256"]}.items():
        clients[name] = server.ctl("partner", "add", "oidc", "--id", name, "--name", name, "--redirect-uri", REDIRECT,
                                   "--release", "none", "--grant", "authorization_code", "refresh_token",
                                   "client_credentials", *extra)["client_secret"]
    add_saml_partner(server)
    for i in range(USERS):
        server.ctl("account", "add", "--email", f"user{i}@exemple.fr", "--given-name", "Camille", "--family-name", "Durand",
                   "--birth-date", "1980-01-01", "--password-stdin", text=CITIZENS[0]["password"])
    return clients


# ---- the journeys ----

def authorize_target(client, scope="openid"):
    return "/oidc/authorize?" + urllib.parse.urlencode({
        "response_type": "code", "client_id": client, "redirect_uri": REDIRECT, "scope": scope, "state": "etat",
        "nonce": "une-fois", "code_challenge": CHALLENGE, "code_challenge_method": "S256"})


def basic(client, secret):
    return "Basic " + base64.b64encode(f"{client}:{urllib.parse.quote(secret, safe='')}".encode()).decode()


def signed_in(server, number, client, scope="openid"):
    """A browser with a session, by the real login page, and the code that it came back with."""
    b = Browser()
    page = b.get(server.url + authorize_target(client, scope), follow=False)
    if page.status == 200:
        page = b.submit(page, "identifiant", {"identifiant": f"user{number}@exemple.fr",
                                              "mot-de-passe": CITIZENS[0]["password"]}, follow=False)
    if page.status == 303 and not page.header("Location").startswith(REDIRECT):
        page = b.get(urllib.parse.urljoin(page.url, page.header("Location")), follow=False)
    if page.status != 303:
        raise SystemExit(f"bench: the sign-in did not come back: {page.status} {page.text[:200]}")
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(page.header("Location")).query))
    return b, query["code"]


def cookie_header(browser):
    return "; ".join(f"{k}={v}" for k, v in browser.cookies[IDP.host].items())


def tokens(server, client, secret, code):
    page = Browser().request("POST", f"{server.url}/oidc/token", urllib.parse.urlencode({
        "grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, "code_verifier": VERIFIER}).encode(),
        {"Authorization": basic(client, secret)})
    return json.loads(page.body)


FORM = "header Content-Type: application/x-www-form-urlencoded\n"
TOKEN_STEP = "step POST /oidc/token\n" + FORM + "header Authorization: {basic}\n"


def journey_discovery(server, clients):
    return "step GET /.well-known/openid-configuration\n"


def journey_reentry(server, clients, client):
    lines = []
    for i in range(USERS):
        browser, _ = signed_in(server, i, client)
        lines.append(f"user cookie={cookie_header(browser)}\n")
    return ("".join(lines) + f"step GET {authorize_target(client)}\nheader Cookie: ${{cookie}}\nexpect 303\ntake code\tcode=\t&\n"
            + TOKEN_STEP.format(basic=basic(client, clients[client]))
            + "body grant_type=authorization_code&code=${code}&redirect_uri=" + urllib.parse.quote(REDIRECT, safe="")
            + f"&code_verifier={VERIFIER}\n" + 'take id\t"id_token":"\t"\n')


def journey_login(server, clients):
    lines = [f"user who=user{i}%40exemple.fr\n" for i in range(USERS)]
    password = urllib.parse.quote(CITIZENS[0]["password"])
    return ("".join(lines) + f"step GET {authorize_target('bench-es256')}\nexpect 200\n"
            + 'take cookie\tookie:\t;\ntake flow\tname="flow" value="\t"\n'
            + "step POST /connexion\n" + FORM + f"header Origin: {server.url}\nheader Cookie: ${{cookie}}\n"
            + "body flow=${flow}&identifiant=${who}&mot-de-passe=" + password + "\nexpect 303\ntake code\tcode=\t&\n")


def journey_userinfo(server, clients):
    lines = []
    for i in range(USERS):
        _, code = signed_in(server, i, "bench-es256")
        lines.append(f"user token={tokens(server, 'bench-es256', clients['bench-es256'], code)['access_token']}\n")
    return "".join(lines) + "step GET /oidc/userinfo\nheader Authorization: Bearer ${token}\n" + 'take sub\t"sub":"\t"\n'


def journey_introspection(server, clients):
    lines = []
    for i in range(USERS):
        _, code = signed_in(server, i, "bench-es256")
        lines.append(f"user token={tokens(server, 'bench-es256', clients['bench-es256'], code)['access_token']}\n")
    return ("".join(lines) + "step POST /oidc/introspect\n" + FORM
            + f"header Authorization: {basic('bench-es256', clients['bench-es256'])}\nbody token=${{token}}\n"
            + 'take active\t"active":t\t,\n')


def journey_client_credentials(server, clients):
    return (TOKEN_STEP.format(basic=basic("bench-es256", clients["bench-es256"]))
            + "body grant_type=client_credentials\n" + 'take token\t"access_token":"\t"\n')


def journey_refresh(server, clients):
    lines = []
    for i in range(USERS):
        _, code = signed_in(server, i, "bench-es256", "openid offline_access")
        lines.append(f"user refresh={tokens(server, 'bench-es256', clients['bench-es256'], code)['refresh_token']}\n")
    return ("".join(lines) + TOKEN_STEP.format(basic=basic("bench-es256", clients["bench-es256"]))
            + "body grant_type=refresh_token&refresh_token=${refresh}\n" + 'take refresh\t"refresh_token":"\t"\n')


def saml_target(server, number):
    """A signed authentication request, as a service sends its citizen with it."""
    instant = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    xml = (f'<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_bench{number}" Version="2.0" IssueInstant="{instant}" '
           f'Destination="{server.url}/saml/sso" AssertionConsumerServiceURL="{SAML_ACS}"><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">'
           f'{SAML_SP}</saml:Issuer></samlp:AuthnRequest>')
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    query = urllib.parse.urlencode({"SAMLRequest": base64.b64encode(squeeze.compress(xml.encode()) + squeeze.flush()).decode(), "RelayState": "etat",
                                    "SigAlg": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"})
    signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", f"{server.folder}/sp.key"], input=query.encode(),
                               capture_output=True, check=True).stdout
    return "/saml/sso?" + query + "&Signature=" + urllib.parse.quote(base64.b64encode(signature).decode(), safe="")


def journey_saml(server, clients):
    """Single sign-on with a session: a signed request in, a signed assertion out."""
    lines = []
    for i in range(USERS):
        browser, _ = signed_in(server, i, "bench-es256")
        lines.append(f"user cookie={cookie_header(browser)}\ttarget={saml_target(server, f'{time.time_ns()}-{i}')}\n")
    return "".join(lines) + "step GET ${target}\nheader Cookie: ${cookie}\nexpect 200\n" + 'take answer\tname="SAMLResponse" value="\t"\n'


JOURNEYS = {
    "discovery": journey_discovery,
    "reentry-es256": lambda s, c: journey_reentry(s, c, "bench-es256"),
    "reentry-rs256": lambda s, c: journey_reentry(s, c, "bench-rs256"),
    "login": journey_login, "userinfo": journey_userinfo, "introspection": journey_introspection,
    "client-credentials": journey_client_credentials, "refresh": journey_refresh,
    "saml": journey_saml,
}
LIMIT_OF = {"reentry-es256": "es256", "reentry-rs256": "rs256", "login": "argon2id", "refresh": "es256", "saml": "rs256"}


# ---- measuring ----

def limits(build):
    def speed(*algorithm):
        out = subprocess.run(["taskset", "-c", SERVER_CORE, "openssl", "speed", "-seconds", "1", "-mr", *algorithm],
                             capture_output=True, text=True).stdout
        line = [l for l in out.splitlines() if l.startswith(("+F2:", "+F4:"))][0].split(":")
        return float(line[3])                      # signatures a second
    hashes = subprocess.run(["taskset", "-c", SERVER_CORE, f"{build}/bench/guichet-limits", "1.5"],
                            capture_output=True, text=True, check=True).stdout
    return {"es256": speed("ecdsap256"), "rs256": speed("rsa2048"), "argon2id": float(hashes)}


def measure(server, clients, case, seconds):
    with tempfile.NamedTemporaryFile("w", suffix=".journey") as f:
        f.write(JOURNEYS[case](server, clients))
        f.flush()
        before, clock = server.cpu_s(), time.monotonic()
        out = subprocess.run(["taskset", "-c", DRIVER_CORE, f"{server.options.build}/bench/guichet-load", "--port", str(server.port),
                              "--host", server.host, "--users", str(USERS), "--seconds", str(seconds), "--warm", "0.5", f.name],
                             capture_output=True, text=True)
        if out.returncode != 0:
            raise SystemExit(f"bench: {case}: {out.stderr}")
        cpu = {role: s - before.get(role, 0) for role, s in server.cpu_s().items()}
        wall = time.monotonic() - clock
    cell = json.loads(out.stdout)
    total = cell["operations"] * wall / cell["seconds"]
    cell["cpu_ms_per_operation"] = 1000 * sum(cpu.values()) / total if total else None
    cell["cpu_ms_by_role"] = {role: 1000 * s / total for role, s in cpu.items() if total and s}
    return cell


def run_case(server, clients, case, options):
    cells, alone = [], []
    for _ in range(options.rounds):
        alone.append(limits(options.build))
        cells.append(measure(server, clients, case, options.seconds))
    cell = dict(sorted(cells, key=lambda c: c["per_second"])[len(cells) // 2])
    cell["lost"] = sum(c["lost"] for c in cells)
    cell["case"] = case
    name = LIMIT_OF.get(case)
    if name:
        cell["limit"] = {"what": name, "per_second": statistics.median(a[name] for a in alone)}
        cell["fraction_of_limit"] = cell["per_second"] / cell["limit"]["per_second"]
    return cell


def table(cells):
    print(f"{'case':<20}{'ops/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'CPU ms':>9}{'lost':>6}   limit")
    for c in cells:
        limit = f"{c['limit']['what']} {c['limit']['per_second']:.0f}/s ({100 * c['fraction_of_limit']:.0f} %)" if "limit" in c else ""
        print(f"{c['case']:<20}{c['per_second']:>9.0f}{c['p50_us'] / 1000:>9.2f}{c['p99_us'] / 1000:>9.2f}"
              f"{c['cpu_ms_per_operation'] or 0:>9.3f}{c['lost']:>6}   {limit}{'  ' + c['last_loss'] if c['lost'] else ''}")
    print("CPU ms of one operation, by role:")
    for c in cells:
        print(f"{c['case']:<20}" + "  ".join(f"{role} {ms:.3f}" for role, ms in sorted(c["cpu_ms_by_role"].items(), key=lambda x: -x[1])))


def main(arguments):
    p = argparse.ArgumentParser(prog="./guichet bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("cases", nargs="*", metavar="CASE", help=" ".join(ALL_CASES))
    p.add_argument("--build", default=f"{ROOT}/build", help=argparse.SUPPRESS)
    p.add_argument("--json")
    p.add_argument("--seconds", type=float, default=5)
    p.add_argument("--rounds", type=int, default=1)
    p.add_argument("--store", help="postgresql://… instead of a file")
    options = p.parse_args(arguments)
    options.build = os.path.abspath(options.build)
    for case in options.cases:
        if case not in ALL_CASES:
            p.error(f"no case {case!r}; there are: {' '.join(ALL_CASES)}")
    server = Server(options.build, options.store)
    try:
        clients = furnish(server)
        idle = server.pss_kib()
        cells = [run_case(server, clients, case, options) for case in options.cases or ALL_CASES]
        table(cells)
        print("PSS KiB, idle: " + ", ".join(f"{k.split(': ')[-1]} {v}" for k, v in idle.items()))
        print("PSS KiB, after: " + ", ".join(f"{k.split(': ')[-1]} {v}" for k, v in server.pss_kib().items()))
        if options.json:
            with open(options.json, "w") as f:
                json.dump({"machine": os.uname().release, "cells": cells, "pss_kib_idle": idle,
                           "pss_kib_after": server.pss_kib()}, f, indent=2)
    finally:
        server.close()
    return 1 if any(c["lost"] for c in cells) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
