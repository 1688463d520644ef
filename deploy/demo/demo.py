"""./guichet demo: a small invented town, running.

    --state DIR     where it keeps its keys, databases and logs (/var/lib/guichet-demo)
    --port-base N   first of the hundred ports it may use (8400)
    --no-tls        plain HTTP on loopback
    --check         run the main job headlessly and exit 0 or 1
    --code LOGIN    the code that this agent's authenticator application shows now
    --detach        leave it running and return; --stop ends it
"""
import argparse
import contextlib
import fcntl
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, f"{ROOT}/tests/lib"]

import state                                              # noqa: E402
import totp                                               # noqa: E402
from directory import DirectoryError                      # noqa: E402
from state import DemoError                               # noqa: E402
from town import (ADMIN_PORT, ADMINISTRATORS, AGENTS, CITIZENS, DAEMONS, DIRECTORY_PORT, IDP, SERVICES,      # noqa: E402
                  TOWN_PAGE)

START_TIMEOUT_S = 20
DEFAULT_STATE = "/var/lib/guichet-demo"


def say(text):
    print(text, file=sys.stderr, flush=True)


# ---- one demo a folder ----

@contextlib.contextmanager
def folder_lock(folder):
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    with open(folder + ".lock", "w") as f:
        try:
            fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DemoError(f"another ./guichet demo is at work on {folder}: wait for it, or choose --state") from None
        yield


def running(folder):
    """Our daemons and the directory that are alive, by the configuration they were started with: true even
    when the demo that started them was killed before it could write anything down."""
    configurations = {state.configuration_path(folder, d): d.program for d in DAEMONS}
    configurations[f"{folder}/directory/slapd.conf"] = "slapd"
    alive = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                words = f.read().decode("utf-8", "replace").split("\0")
            if words[1:2] == ["--config"] or words[0].endswith("/slapd"):
                alive.update({configurations[w]: int(pid) for w in words if w in configurations})
    return alive


def stop(folder):
    pids = running(folder)
    # The services first, so that none of them meets an identity provider that is gone.
    for name in sorted(pids, key=lambda n: (n == IDP.program) + 2 * (n == "slapd")):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pids[name], signal.SIGTERM)
    deadline = time.monotonic() + 15
    while running(folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in running(folder).values():
        os.kill(pid, signal.SIGKILL)
    return pids


def check_ports(port_base):
    offsets = [d.port_offset + i for d in DAEMONS for i in (0, 1)]
    for port in (port_base + offset for offset in [DIRECTORY_PORT, ADMIN_PORT, *offsets]):
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                raise DemoError(f"port {port} is taken by another program: choose others with --port-base N "
                                f"(now {port_base})") from None


# ---- starting ----

def get(daemon, options, path):
    """Status and body of one answer."""
    ca = f"{options.state}/ca.pem"
    port = options.port_base + daemon.port_offset
    if options.tls:
        connection = http.client.HTTPSConnection(daemon.host, port, timeout=2,
                                                 context=ssl.create_default_context(cafile=ca))
    else:
        connection = http.client.HTTPConnection(daemon.host, port, timeout=2)
    connection._create_connection = lambda address, timeout=None, source=None: socket.create_connection(
        ("127.0.0.1", port), timeout)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def health(daemon, options):
    try:
        return get(daemon, options, "/health")[0] == 200
    except (OSError, http.client.HTTPException):
        return False


def last_words(options, daemon):
    with open(f"{options.state}/log/{daemon.name}.log", "rb") as f:
        return b"\n".join(f.read().splitlines()[-8:]).decode("utf-8", "replace")


def start(daemon, options, processes):
    program = f"{options.build}/stage/usr/libexec/guichet/{daemon.program}"
    log = open(f"{options.state}/log/{daemon.name}.log", "ab")
    process = subprocess.Popen([program, "--config", state.configuration_path(options.state, daemon)],
                               stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    log.close()
    processes[daemon.program] = process
    deadline = time.monotonic() + START_TIMEOUT_S
    while not health(daemon, options):
        if process.poll() is not None or time.monotonic() > deadline:
            raise DemoError(f"{daemon.program} did not start:\n{last_words(options, daemon)}")
        time.sleep(0.02)


def ctl(options, daemon, *arguments, text=None):
    done = subprocess.run([f"{options.build}/stage/usr/bin/guichetctl", "--config", state.configuration_path(options.state, daemon),
                           "--json", *arguments], input=text, capture_output=True, text=True)
    if done.returncode != 0:
        raise DemoError(f"guichetctl {' '.join(arguments[:2])} failed: {done.stderr.strip()}")
    return json.loads(done.stdout) if done.stdout.strip() else {}


def knows(options, kind, name):
    try:
        ctl(options, IDP, kind, "show", name)
        return True
    except DemoError:
        return False


def register_citizens(options):
    for c in CITIZENS:
        try:
            ctl(options, IDP, "account", "add", "--email", c["email"], "--given-name", c["given_name"],
                "--family-name", c["family_name"], "--birth-date", c["birth_date"], "--password-stdin",
                text=c["password"])
        except DemoError:
            if not knows(options, "account", c["email"]):
                raise


def release(service):
    """What the service receives of a citizen, and why: the same by either protocol."""
    return ["--name", service.title, "--attributes", "given_name,family_name,birthdate", "--release", "inform",
            "--purpose", service.purpose[0], "--purpose-en", service.purpose[1]]


def register_oidc(options, service):
    url = service.url(options.port_base, options.tls)
    answer = ctl(options, IDP, "partner", "add", "oidc", "--id", service.name, "--redirect-uri", f"{url}/retour",
                 "--post-logout-uri", f"{url}/deconnexion/retour", "--backchannel-logout-uri", f"{url}/logout/backchannel",
                 *release(service))
    state.write(f"{options.state}/{service.name}/client.secret", answer["client_secret"], 0o400)
    return answer["client_id"]


def register_saml(options, service):
    path = f"{options.state}/{service.name}/metadata.xml"
    status, metadata = get(service, options, "/saml/metadata")
    if status != 200:
        raise DemoError(f"{service.program} gives no SAML metadata (answer {status})")
    state.write(path, metadata)
    # The entityID has the port in it; the citizens' pseudonyms must not.
    return ctl(options, IDP, "partner", "add", "saml", "--metadata", path, "--sector", service.name, *release(service))["entity_id"]


def register_agents_door(options, service):
    """The same service as its agents see it: a partner of its own, whose sector names it in the rules of rights."""
    url, name = service.url(options.port_base, options.tls), f"{service.name}-agents"
    answer = ctl(options, IDP, "partner", "add", "oidc", "--id", name, "--people", "agents", "--sector", service.name,
                 "--name", f"{service.title} (agents)", "--attributes", "name", "--redirect-uri", f"{url}/agents/retour",
                 "--backchannel-logout-uri", f"{url}/agents/fin-de-session")
    state.write(f"{options.state}/{service.name}/agents.secret", answer["client_secret"], 0o400)
    return answer["client_id"]


def introduce(options, services, register, mark="partner", default="{}"):
    """Those that stand at other addresses now are forgotten; their people's pseudonyms stay the same."""
    for s in services:
        remembered, known = f"{options.state}/{s.name}/{mark}", default.format(s.name)
        if os.path.exists(remembered):
            with open(remembered) as f:
                known = f.read()
        if knows(options, "partner", known):
            ctl(options, IDP, "partner", "remove", known)
        state.write(remembered, register(options, s))


def write_configurations(options):
    folder, base, tls, staffed = options.state, options.port_base, options.tls, options.directory
    state.write_configuration(state.configuration_path(folder, IDP), state.idp_rows(folder, base, tls, options.store, staffed))
    for s in SERVICES:
        state.write_configuration(state.configuration_path(folder, s), state.service_rows(folder, s, base, tls, staffed))
    state.write_configuration(state.configuration_path(folder, TOWN_PAGE), state.town_page_rows(folder, base, tls))


def addresses(options):
    """Of the whole town: another port, or a service more, and its partners are introduced again."""
    return "\n".join(d.url(options.port_base, options.tls) for d in [IDP, *SERVICES])


def moved(options, mark):
    """True when what `mark` stands for was done at other addresses, or not yet; done() says that it is."""
    try:
        with open(f"{options.state}/{mark}") as f:
            return f.read() != addresses(options)
    except OSError:
        return True


def done(options, mark):
    state.write(f"{options.state}/{mark}", addresses(options))


def furnish(options):
    """Accounts once; OpenID partners, whose secret the services start with, whenever the addresses moved."""
    if not os.path.exists(f"{options.state}/citizens"):
        register_citizens(options)
        state.write(f"{options.state}/citizens", "registered\n")
    if moved(options, "partners"):
        introduce(options, [s for s in SERVICES if s.protocol == "oidc"], register_oidc)
        done(options, "partners")
    if options.directory and moved(options, "partners.agents"):
        introduce(options, SERVICES, register_agents_door, "partner.agents", "{}-agents")
        done(options, "partners.agents")


def furnish_saml(options, daemons):
    """SAML partners, which are known by the metadata that they serve. daemons: those that run."""
    if moved(options, "partners.saml"):
        introduce(options, [s for s in SERVICES if s in daemons and s.protocol == "saml"], register_saml)
        done(options, "partners.saml")


def start_directory(options, processes):
    state.make_directory(options.state)
    processes["slapd"] = state.slapd_of(options.state, options.port_base).start()


def enrol_staff(options):
    """A second factor for each of the town hall's people, as they would do it themselves; once."""
    from enrol import EnrolError, enrol
    path, secret_of = f"{options.state}/totp.json", {}
    with contextlib.suppress(OSError):
        with open(path, encoding="utf-8") as f:
            secret_of = json.load(f)
    for person in [*AGENTS, *ADMINISTRATORS]:
        if person.login in secret_of:
            continue
        code = ctl(options, IDP, "agent", "enrol", person.login)["code"]
        try:
            secret_of[person.login] = enrol(IDP.url(options.port_base, options.tls), f"{options.state}/ca.pem" if options.tls else None, person, code)
        except (EnrolError, AssertionError, OSError) as e:
            raise DemoError(f"{person.login} cannot be enrolled: {e}") from None
        state.write(path, json.dumps(secret_of), 0o600)


def start_all(options):
    """Every daemon healthy, or none left behind."""
    processes = {}
    with contextlib.suppress(FileNotFoundError):
        os.unlink(f"{options.state}/demo.json")
    try:
        say("  the town hall's directory")
        start_directory(options, processes)
        write_configurations(options)
        say("  the identity provider")
        start(IDP, options, processes)
        say("  its citizens and partners")
        furnish(options)
        say("  the second factors of its agents")
        enrol_staff(options)
        for daemon in [*SERVICES, TOWN_PAGE]:
            say(f"  {daemon.title}")
            start(daemon, options, processes)
        furnish_saml(options, SERVICES)
    except BaseException:
        for process in processes.values():
            process.terminate()
        for process in processes.values():
            process.wait()
        raise
    state.write_demo_json(options.state, options.port_base, options.tls, CITIZENS,
                          {name: p.pid for name, p in processes.items()}, True)
    return processes


def where_to_click(options):
    base, tls = options.port_base, options.tls
    print(f"\n  The town      {TOWN_PAGE.url(base, tls)}/")
    for s in SERVICES:
        print(f"  {s.title:<13} {s.url(base, tls)}/")
    print(f"  Sign in as    {CITIZENS[0]['email']}   {CITIZENS[0]['password']}")
    for agent in (a for a in AGENTS if a.role != "lecture"):
        service = next(s for s in SERVICES if s.name == agent.service)
        print(f"  {service.title:<13} {service.url(base, tls)}/agents   for agents: {agent.login}   {agent.password}")
    print(f"  Administration {state.admin_url(base, tls)}/   {ADMINISTRATORS[0].login}   {ADMINISTRATORS[0].password}")
    print(f"  Their codes   ./guichet demo --code {AGENTS[0].login}" + ("" if options.state == DEFAULT_STATE else f" --state {options.state}"))
    print(f"  State         {options.state}/demo.json")
    if tls:
        print(f"  Certificates  {options.state}/ca.pem (a browser will warn until it knows this authority)")
    print(flush=True)


def check(options):
    from main_job import main_job
    with open(f"{options.state}/demo.json") as f:
        return main_job(json.load(f))


def wait_until_stopped(processes):
    def leave(*_):
        raise KeyboardInterrupt
    signal.signal(signal.SIGTERM, leave)
    try:
        while all(p.poll() is None for p in processes.values()):
            time.sleep(0.3)
        say("a daemon ended by itself: see the logs")
        return 1
    except KeyboardInterrupt:
        return 0


def serve(options):
    """Start what is not running; check, or wait for the end."""
    alive = running(options.state)
    if len(alive) == len(DAEMONS) + 1 and os.path.exists(f"{options.state}/demo.json"):
        with open(f"{options.state}/demo.json") as f:
            options.port_base, options.tls = address_of(json.load(f)["issuer"])
        say("The demo is running already.")
        where_to_click(options)
        return 0 if not options.check or check(options) else 1
    if alive:
        say("Ending what an interrupted demo left behind")
        stop(options.state)
    check_ports(options.port_base)
    say("Making the town's keys and certificates" if state.ensure(options.state) else "Using the town's folder")
    say("Starting")
    processes = start_all(options)
    leave_running = False
    try:
        where_to_click(options)
        result = 0 if not options.check or check(options) else 1
        leave_running = options.detach
        if not options.check and not options.detach:
            say("Ctrl-C ends it.")
            result = wait_until_stopped(processes)
        return result
    finally:
        if not leave_running:
            end(options, processes)


def print_code(options):
    """This is a demo: a real town's secrets are in its agents' telephones and nowhere else in the clear."""
    try:
        with open(f"{options.state}/totp.json", encoding="utf-8") as f:
            secret_of = json.load(f)
    except OSError:
        raise DemoError(f"no demo has been started in {options.state}: see --state") from None
    if options.code not in secret_of:
        raise DemoError(f"nobody in this town hall is called {options.code}: there are {', '.join(secret_of)}")
    left = totp.STEP_S - int(time.time()) % totp.STEP_S
    print(totp.code(secret_of[options.code]))
    say(f"for {left} s more; each code is good once")
    return 0


def end(options, processes):
    stop(options.state)
    for p in processes.values():
        with contextlib.suppress(subprocess.TimeoutExpired):
            p.wait(timeout=10)


def address_of(issuer):
    port = int(issuer.rsplit(":", 1)[1])
    return port - IDP.port_offset, issuer.startswith("https")


def parse(arguments):
    p = argparse.ArgumentParser(prog="./guichet demo", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--build", default=f"{ROOT}/build", help=argparse.SUPPRESS)
    p.add_argument("--store", help="database of the identity provider, e.g. postgresql://… (default: a file)")
    p.add_argument("--state", default=DEFAULT_STATE)
    p.add_argument("--port-base", type=int, default=8400)
    p.add_argument("--no-tls", dest="tls", action="store_false")
    p.add_argument("--check", action="store_true")
    p.add_argument("--code", metavar="LOGIN")
    p.add_argument("--detach", action="store_true")
    p.add_argument("--stop", action="store_true")
    options = p.parse_args(arguments)
    options.state, options.directory = os.path.abspath(options.state), True
    options.build = os.path.abspath(options.build)
    if not 1024 <= options.port_base <= 65000:
        raise DemoError("--port-base must be between 1024 and 65000")
    return options


def main(arguments):
    try:
        options = parse(arguments)
        if options.stop:
            say("stopped" if stop(options.state) else "nothing was running")
            return 0
        if options.code:
            return print_code(options)
        with folder_lock(options.state):
            return serve(options)
    except (DemoError, DirectoryError) as e:
        say(f"guichet demo: {e}")
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
