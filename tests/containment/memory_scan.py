"""What is left in the memory of the processes that the network talks to, after many sign-ins.

    memory_scan.py [--logins N] [--json FILE]

Needles are everything that must not be there once a request is over: the numbers of every private key (both
byte orders, and as text), the pseudonym secret, each password that was typed, each cookie and code that was
given. The memory of each front, reader and http courier is read through /proc/PID/mem and searched.
"""
import argparse
import base64
import concurrent.futures
import glob
import http.client
import json
import os
import re
import secrets
import signal
import socket
import ssl
import string
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, f"{HERE}/../fault", f"{HERE}/../lib", f"{HERE}/../../deploy/demo"]

import journal                                                      # noqa: E402
import main_job                                                     # noqa: E402
from running_town import ELECTIONS, IDP, Town                       # noqa: E402

ROLES = ("front", "reader", "courier-http")
CHEAP = {"hash_memory_kib": 8192, "hash_passes": 1}
PEOPLE = 24
STRANGERS = 40         # of one address: the throttle shuts it out at sixty
PART = 16              # of a secret: who finds so much of it has found it


def word():
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(40))


# ---- needles ----

def key_numbers(path):
    """The private numbers of a key, as libcrypto prints them."""
    text = subprocess.run(["openssl", "pkey", "-in", path, "-noout", "-text"], capture_output=True, text=True, check=True).stdout
    for name, digits in re.findall(r"^(priv|privateExponent|prime1|prime2|exponent1|exponent2|coefficient):\n((?:    [0-9a-f:]+\n)+)", text, re.M):
        yield name, bytes.fromhex(re.sub(r"[^0-9a-f]", "", digits)).lstrip(b"\0")


def key_needles(state):
    for path in sorted(glob.glob(f"{state}/*/*.pem") + glob.glob(f"{state}/*/tls.key")):
        with open(path, encoding="ascii") as f:
            text = f.read()
        if "PRIVATE KEY" not in text:
            continue
        name = "/".join(path.split("/")[-2:])
        lines = [line for line in text.splitlines() if "-----" not in line]
        for number, value in key_numbers(path):
            yield f"{name} {number}", value[:PART]
            yield f"{name} {number}, last byte first", value[::-1][:PART]
        # What stands before the middle is public: the algorithm, the modulus.
        yield f"{name} as text", lines[len(lines) // 2][:24].encode()
    with open(f"{state}/idp/pseudonym.secret", "rb") as f:
        yield "pseudonym.secret", f.read()[:PART]


def ours(role, daemon, name):
    """A service's courier holds that service's credential; the identity provider's holds none."""
    return role == "courier-http" and name == f"{daemon}/client.secret"


# ---- memory ----

def writable_parts(pid):
    with open(f"/proc/{pid}/maps") as f:
        for line in f:
            span, rights, *rest = line.split()
            if rights.startswith("rw") and not (len(rest) > 3 and rest[3].startswith("/dev")):
                start, end = (int(x, 16) for x in span.split("-"))
                yield start, end, rest[3] if len(rest) > 3 else "anonymous"


def memory_of(pid):
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as f:
        for start, end, what in writable_parts(pid):
            try:
                f.seek(start)
                yield what, f.read(end - start)
            except OSError:
                continue


def find_texts(content, by_start):
    """The needles that are text. Only what could be text is looked at, and each place of it once."""
    for run in re.finditer(rb"[!-~]{%d,}" % PART, content):
        text = run.group()
        for i in range(len(text) - PART + 1):
            name, value = by_start.get(text[i:i + PART], (None, b""))
            if name and text.startswith(value, i):
                yield name


def search(pid, needles):
    """(name of the needle, where) of all that is found in a process."""
    texts = {v[:PART]: (n, v) for n, v in needles.items() if re.fullmatch(rb"[!-~]+", v)}
    others = {n: v for n, v in needles.items() if v[:PART] not in texts}
    found = set()
    for what, content in memory_of(pid):
        found |= {(name, what) for name, value in others.items() if value in content}
        found |= {(name, what) for name in find_texts(content, texts)}
    return sorted(found)


# ---- sign-ins ----

class Visitors:
    """Sign in at the identity provider, and every tenth at the service: what each typed and was given."""

    def __init__(self, town, logins):
        self.town, self.logins, self.needles, self.lock, self.done, self.failed = town, logins, {}, threading.Lock(), 0, 0
        self.people = [{"email": f"memoire-{i}@exemple.fr", "password": word()} for i in range(PEOPLE)]

    def register(self):
        for p in self.people:
            self.town.ctl("account", "add", "--email", p["email"], "--given-name", "Mémoire", "--family-name", "Vive", "--password-stdin", text=p["password"])
            self.needles[f"password of {p['email']}"] = p["password"][:PART].encode()
            self.needles[f"end of the password of {p['email']}"] = p["password"][-PART:].encode()

    def keep(self, kind, value):
        """What is too short to be a secret would be found anywhere."""
        if len(value) < PART:
            return
        with self.lock:
            self.needles[f"{kind} {len(self.needles)}"] = value[-PART * 2:].encode()

    def visit(self, number):
        person = self.people[number % PEOPLE]
        try:
            if number % 10:
                browser, code = journal.sign_in(self.town, person)
                self.keep("code", code)
            else:
                browser = journal.Once(self.town.ca)
                page = browser.get(self.town.url(ELECTIONS) + "/inscription")
                main_job.sign_in(browser, page, person["email"], person["password"])
            if number % 7 == 0 and number < 7 * STRANGERS:     # a wrong password is a secret too
                wrong = word()
                stranger = journal.Once(self.town.ca)
                page = stranger.get(journal.authorize_url(self.town), follow=False)
                stranger.submit(page, "identifiant", {"identifiant": f"nobody-{number}@exemple.fr", "mot-de-passe": wrong}, follow=False)
                self.keep("wrong password", wrong)
        except (journal.Unanswered, journal.Lost, AssertionError, OSError, http.client.HTTPException):
            with self.lock:
                self.failed += 1
            return
        with self.lock:
            self.done += 1
        for host, jar in browser.cookies.items():
            for name, value in jar.items():
                self.keep(f"cookie {name} of {host.split('.')[0]}", value)

    def run(self):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(self.visit, range(self.logins)))


def scan(town, needles, roles=ROLES):
    findings, processes = [], 0
    for daemon in (IDP, ELECTIONS):
        for title, pid in town.roles(daemon).items():
            role = title.split(": ")[-1].split(" ")[0]
            if role in roles:
                processes += 1
                findings += [(title, *f) for f in search(pid, needles) if not ours(role, daemon.name, f[0])]
    return processes, findings


def password_under_way(town):
    """A form whose last byte has not come: found in a front now, and not any more when it is over."""
    secret = word()
    body = f"identifiant=a%40exemple.fr&flow=x&mot-de-passe={secret}"
    context = ssl.create_default_context(cafile=town.ca)
    address = ("127.0.0.1", town.port_base + IDP.port_offset)
    with context.wrap_socket(socket.create_connection(address), server_hostname=IDP.host) as s:
        s.sendall(f"POST /connexion HTTP/1.1\r\nHost: {IDP.host}:{address[1]}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                  f"Content-Length: {len(body)}\r\n\r\n{body[:-1]}".encode())
        time.sleep(0.2)
        during = scan(town, {"password": secret[:PART].encode()}, ("front",))[1]
        s.sendall(body[-1:].encode())
        answered = s.recv(65536)
    time.sleep(0.2)
    after = scan(town, {"password": secret[:PART].encode()}, ("front",))[1]
    return bool(during) and bool(answered) and not after


def control(town, needles):
    """The same search where the secrets belong finds them."""
    signer = {name for name, _ in search(town.role_pids(IDP, "signer")[0], needles)}
    return {"the signer holds its keys": any("es256" in n for n in signer) and any("rs256" in n for n in signer),
            "we hold the passwords": any(n.startswith("password of") for n, _ in search(os.getpid(), needles)),
            "a front holds a password while its request is under way, and no longer": password_under_way(town)}


def report(logins):
    with Town(daemons=(IDP, ELECTIONS), rows={"idp": CHEAP}) as town:
        town.ctl("partner", "add", "oidc", "--id", "journal", "--redirect-uri", journal.REDIRECT, "--release", "none",
                 "--grant", "authorization_code", "refresh_token")
        visitors = Visitors(town, logins)
        visitors.register()
        started = time.monotonic()
        visitors.run()
        needles = dict(visitors.needles, **dict(key_needles(town.state)))
        with open(f"{town.state}/elections/client.secret", "rb") as f:
            needles["elections/client.secret"] = f.read().strip()[-PART * 2:]
        time.sleep(0.3)
        processes, findings = scan(town, needles)
        return {"logins": visitors.done, "failed": visitors.failed, "seconds": round(time.monotonic() - started, 1), "needles": len(needles),
                "processes": processes, "found": findings, "control": control(town, needles)}


def main(arguments):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--logins", type=int, default=300)
    p.add_argument("--json")
    o = p.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))      # and no daemon stays behind
    result = report(o.logins)
    print(json.dumps(result, ensure_ascii=False, indent=1))
    if o.json:
        with open(o.json, "w", encoding="utf-8") as f:
            json.dump(result, f, ensure_ascii=False, indent=1)
    return 0 if not result["found"] and all(result["control"].values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
