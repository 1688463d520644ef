"""A town of its own for a test: daemons on loopback, a state folder that goes with it."""
import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time

import demo
import state
from browser import Browser
from main_job import sign_in
from town import ADMINISTRATORS, AGENTS, CITIZENS, ELECTIONS, ETAT_CIVIL, IDP, PETITE_ENFANCE, SERVICES, TOWN_PAGE

BUILD = os.environ.get("GUICHET_BUILD", os.path.join(demo.ROOT, "build"))
PROGRAMS = f"{BUILD}/stage/usr/libexec/guichet"


class Town:
    """Ports are taken from a range of its own, so that suites and a running demo do not meet."""

    # Below the ports that the kernel gives to outgoing connections.
    next_base = 20000 + os.getpid() % 36 * 300

    def __init__(self, tls=True, daemons=(IDP, ELECTIONS), store=None, rows=None, directory=False):
        """directory: with the demo's town hall in a slapd, the agents' doors and the administration pages."""
        self.folder = tempfile.mkdtemp(prefix="guichet-test-")
        os.chmod(self.folder, 0o755)
        self.state, self.build, self.store, self.tls = f"{self.folder}/state", BUILD, store, tls
        self.port_base = self.free_ports()
        self.processes, self.daemons, self.rows, self.directory = {}, daemons, rows or {}, directory
        state.ensure(self.state)

    @staticmethod
    def free_ports():
        """The next hundred of which the daemons' own are free: other suites may run at the same time."""
        while True:
            base = Town.next_base
            Town.next_base = base + 100 if base < 31800 else 20000
            with contextlib.suppress(demo.DemoError):
                demo.check_ports(base)
                return base

    def __enter__(self):
        try:
            if self.directory:
                demo.start_directory(self, self.processes)
            self.configure()
            self.start(IDP)
            demo.furnish(self)
            if self.directory:
                demo.enrol_staff(self)
            for daemon in self.daemons:
                if daemon is not IDP:
                    self.start(daemon)
            demo.furnish_saml(self, self.daemons)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def configure(self):
        demo.write_configurations(self)
        for daemon in self.daemons:
            path = state.configuration_path(self.state, daemon)
            extra = self.rows.get(daemon.name, {})
            with open(path, encoding="utf-8") as f:
                lines = [l for l in f if l.split(" = ")[0] not in extra]
            state.write(path, "".join(lines) + "".join(f"{k} = {state.quoted(v)}\n" for k, v in extra.items()))

    def start(self, daemon):
        demo.start(daemon, self, self.processes)

    def stop(self, daemon):
        process = self.processes.pop(daemon.program)
        process.terminate()
        process.wait(timeout=15)

    def close(self):
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)
            process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    # ---- looking and asking ----

    @property
    def ca(self):
        return f"{self.state}/ca.pem" if self.tls else None

    def url(self, daemon):
        return daemon.url(self.port_base, self.tls)

    def document(self):
        """What of demo.json the main job reads."""
        return {"ca": self.ca, "issuer": self.url(IDP), "discovery": self.url(IDP) + "/.well-known/openid-configuration",
                "databases": {s.name: state.database(self.state, s) for s in SERVICES if s in self.daemons},
                **self.staff_document(),
                "services": {s.name: {"url": self.url(s) + "/", "protocol": s.protocol} for s in SERVICES if s in self.daemons}}

    def staff_document(self):
        if not self.directory:
            return {}
        return {"agents": state.staff_json(self.state, AGENTS), "directory": {"control": state.slapd_of(self.state, self.port_base).control},
                "administration": {"url": state.admin_url(self.port_base, self.tls) + "/",
                                   "administrators": state.staff_json(self.state, ADMINISTRATORS)}}

    def browser(self, language="fr"):
        return Browser(self.ca, language)

    def ctl(self, *arguments, text=None, daemon=IDP):
        return demo.ctl(self, daemon, *arguments, text=text)

    def log(self, daemon):
        with open(f"{self.state}/log/{daemon.name}.log", encoding="utf-8", errors="replace") as f:
            return f.read()

    def log_events(self, daemon):
        events = []
        for line in self.log(daemon).splitlines():
            with contextlib.suppress(ValueError):
                events.append(json.loads(line))
        return events

    def roles(self, daemon):
        """Command line -> pid of every process of a daemon but its supervisor."""
        root = self.processes[daemon.program].pid
        out = {}
        for pid in subprocess.run(["pgrep", "-P", str(root)], capture_output=True, text=True).stdout.split():
            with contextlib.suppress(OSError):
                with open(f"/proc/{pid}/cmdline", "rb") as f:
                    name = f.read().split(b"\0")[0].decode()
                if name:
                    out[name] = int(pid)
        return out

    def role_pids(self, daemon, role):
        return [pid for name, pid in self.roles(daemon).items() if name.split(": ")[-1].split(" ")[0] == role]

    def kill_role(self, daemon, role):
        for pid in self.role_pids(daemon, role):
            os.kill(pid, signal.SIGKILL)

    def healthy(self, daemon):
        return demo.health(daemon, self)

    def wait_healthy(self, daemon, seconds=5):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.healthy(daemon):
                return True
            time.sleep(0.02)
        return False


__all__ = ["Town", "sign_in", "CITIZENS", "ELECTIONS", "ETAT_CIVIL", "IDP", "PETITE_ENFANCE", "SERVICES", "TOWN_PAGE", "PROGRAMS"]
