"""One cell: the driver against a server, what the server's processes paid for it, and what the same core could do alone."""
import json
import os
import subprocess
import tempfile
import time

from servers import USERS, VERIFY_ACS, VERIFY_SP

DRIVER_CORE = 1


def on(core, *command):
    return ["taskset", "-c", str(core), *command]


# ---- limits: what the one expensive step of an operation allows ----

def signatures(core, algorithm):
    out = subprocess.run(on(core, "openssl", "speed", "-seconds", "1", "-mr", algorithm), capture_output=True, text=True, check=True).stdout
    line = [l for l in out.splitlines() if l.startswith(("+F2:", "+F4:"))][0].split(":")
    return float(line[3])


def hashes(core, build):
    return float(subprocess.run(on(core, f"{build}/bench/guichet-limits", "1"), capture_output=True, text=True, check=True).stdout)


def synced_writes(folder):
    """A page written and on disk, one after the other: what a filing waits for, though several may share one."""
    n, end = 0, time.monotonic() + 0.5
    with tempfile.TemporaryFile(dir=folder) as f:
        while time.monotonic() < end:
            os.pwrite(f.fileno(), b"x" * 4096, 4096 * n)
            os.fdatasync(f.fileno())
            n += 1
    return n / 0.5


def limit(name, core, build, folder):
    if name == "argon2id":
        return hashes(core, build)
    if name == "fdatasync":
        return synced_writes(folder)
    return signatures(core, {"es256": "ecdsap256", "rs256": "rsa2048"}[name])


# ---- the driver ----

def load(build, port, host, journey, seconds, core=DRIVER_CORE, users=USERS, first=False, **options):
    """What the driver counted. journey: its text; first: it need not wait for the server to leave it a core;
    options: those of guichet-load (tls, warm, operations, rate, sources, net)."""
    return finished(start_load(build, port, host, journey, seconds, core, users, first, **options))


def start_load(build, port, host, journey, seconds, core=DRIVER_CORE, users=USERS, first=False, **options):
    command = on(core, *(["chrt", "--fifo", "1"] if first else []), f"{build}/bench/guichet-load", "--port", str(port), "--host", host, "--users", str(users), "--seconds", str(seconds))
    for name, value in options.items():
        if value is not None:
            command += [f"--{name}", str(value)]
    with tempfile.NamedTemporaryFile("w", suffix=".journey", delete=False) as f:
        f.write(journey)
    process = subprocess.Popen([*command, f.name], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.journey = f.name
    return process


def finished(process):
    out, said = process.communicate()
    os.unlink(process.journey)
    if process.returncode != 0:
        raise SystemExit(f"bench: {said.strip()}")
    return json.loads(out)


def priced(cpu_s, run):
    """The cell, with CPU by role: cpu_s() before and after, over every operation that was done."""
    before = cpu_s()
    cell = run()
    cpu = {role: s - before.get(role, 0) for role, s in cpu_s().items()}
    n = cell["all_operations"]
    cell["cpu_ms_by_role"] = {role: 1000 * s / n for role, s in cpu.items() if n and s > 0}
    cell["cpu_ms"] = sum(cell["cpu_ms_by_role"].values()) if n else None
    return cell


def median_cell(cells):
    """The round in the middle, with what was lost in any of them, and all the rounds beside."""
    cell = dict(sorted(cells, key=lambda c: c["per_second"])[len(cells) // 2])
    cell["lost"] = sum(c["lost"] for c in cells)
    cell["last_loss"] = next((c["last_loss"] for c in cells if c["last_loss"]), "")
    cell["rounds_per_second"] = [c["per_second"] for c in cells]
    costs = sorted((c for c in cells if c["cpu_ms"]), key=lambda c: c["cpu_ms"])
    if costs:
        cell.update({k: costs[len(costs) // 2][k] for k in ("cpu_ms", "cpu_ms_by_role")})
    return cell


# ---- the service's side of SAML ----

def verify(core, build, town, response_of, seconds, warm):
    """libguichet-sp and its agent on the core, proving what the identity provider really answered.
    response_of(url): what the browser brings back."""
    command = on(core, f"{build}/bench/guichet-verify", "--issuer", town.url(), "--entity", VERIFY_SP, "--acs", VERIFY_ACS,
                 "--agent", f"{build}/sp-lib/guichet-sp-agent", "--key", f"{town.folder}/sp.key", "--certificate", f"{town.folder}/sp.pem",
                 "--seconds", str(seconds), "--warm", str(warm))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as p:
        url = p.stdout.readline().strip()
        out, said = p.communicate(response_of(url) + "\n" if url else "")
    if p.returncode != 0:
        raise SystemExit(f"bench: {said.strip()}")
    return json.loads(out)
