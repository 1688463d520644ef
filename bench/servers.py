"""What is measured: a town on chosen cores, with a store, in the clear or under TLS; and what it costs its processes."""
import os
import re
import shutil
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
sys.path[:0] = [f"{ROOT}/deploy/demo", f"{ROOT}/tests/lib", f"{ROOT}/tests/flow"]

import demo                             # noqa: E402
import state                            # noqa: E402
from browser import Browser             # noqa: E402
from main_job import sign_in            # noqa: E402
from silent import SilentDirectory      # noqa: E402
from test_postgresql import Postgresql  # noqa: E402
from town import CITIZENS, ELECTIONS, ETAT_CIVIL, IDP      # noqa: E402

USERS = 8           # a core of the server
REDIRECT = "http://127.0.0.1:9/retour"
SAML_SP, SAML_ACS = "http://127.0.0.1:9/metadata", "http://127.0.0.1:9/acs"
VERIFY_SP, VERIFY_ACS = "http://127.0.0.1:9/verify", "http://127.0.0.1:9/verify/acs"
PASSWORD = CITIZENS[0]["password"]


class on_cores:
    """Whatever starts inside runs there."""

    def __init__(self, cores):
        self.cores = cores

    def __enter__(self):
        self.before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, self.cores)

    def __exit__(self, *_):
        os.sched_setaffinity(0, self.before)


# ---- what processes cost ----

def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        return [int(p) for p in f.read().split()]


def command(pid):
    with open(f"/proc/{pid}/cmdline", "rb") as f:
        return f.read().split(b"\0")[0].decode("utf-8", "replace")


def process_cpu_s(pid):
    """Of all its threads, those that ended too: the process's own CPU clock (clock_getcpuclockid(3))."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0


def pss_kib(pid):
    with open(f"/proc/{pid}/smaps_rollup") as f:
        return int(re.search(r"^Pss:\s+(\d+)", f.read(), re.M).group(1))


def family(pid):
    return [pid] + [d for c in children(pid) for d in family(c)]


def cpu_by_role(roots):
    """roots: name -> process id. CPU seconds so far of each and of all below it, by role."""
    out = {}
    for name, root in roots.items():
        for pid in family(root):
            words = command(pid)
            role = words.split(": ")[1].split(" ")[0] if words.startswith("guichet-") and ": " in words else name
            out[role] = out.get(role, 0) + process_cpu_s(pid)
    return out


# ---- the town ----

class Town:
    """tls, store ("sqlite" or "postgresql"), cores: one variant of the town. It is what deploy/demo wants to know of a start too."""

    def __init__(self, build, port_base, cores, tls=False, store="sqlite", directory=None, services=()):
        self.folder = tempfile.mkdtemp(prefix="guichet-bench-")
        os.chmod(self.folder, 0o755)
        self.state, self.build, self.port_base, self.tls, self.cores = f"{self.folder}/state", build, port_base, tls, cores
        self.users = USERS * len(cores)
        self.processes, self.services, self.clients = {}, [], {}
        self.postgresql, self.store, self.directory = None, None, None
        try:
            if directory == "silent":
                self.directory = SilentDirectory(port_base + 94)
            with on_cores(cores):
                if store == "postgresql":
                    self.postgresql = Postgresql(port_base + 95)
                    self.store = f"postgresql://postgres@/guichet?host={self.postgresql.folder}&port={self.postgresql.port}"
                self.start(services)
            self.furnish()
        except BaseException:
            self.close()
            raise

    def start(self, services):
        demo.check_ports(self.port_base)
        state.ensure(self.state)
        rows = state.idp_rows(self.state, self.port_base, self.tls, self.store)
        # One hasher and one front a core, as the daemon itself would choose on a machine of so many.
        rows.update(fronts=len(self.cores), hashers=len(self.cores))
        if self.directory:
            rows.update(self.directory_rows())
        state.write_configuration(state.configuration_path(self.state, IDP), rows)
        demo.start(IDP, self, self.processes)
        for service in services:
            self.start_service(service)

    def directory_rows(self):
        state.write(f"{self.state}/idp/directory.password", "nobody asks for it", 0o400)
        return {"directory_url": [f"ldaps://127.0.0.1:{self.port_base + 94}"], "directory_bind_dn": "cn=guichet,dc=ville,dc=example",
                "directory_password": f"{self.state}/idp/directory.password", "directory_base": "dc=ville,dc=example",
                "directory_timeout_ms": 2000, "directory_right": ["mairie = elections:lecture"]}

    def start_service(self, service):
        """One that this build has."""
        if not os.path.exists(f"{self.build}/stage/usr/libexec/guichet/{service.program}"):
            return
        rows = state.service_rows(self.state, service, self.port_base, self.tls)
        rows.update(fronts=len(self.cores))
        state.write_configuration(state.configuration_path(self.state, service), rows)
        if service.protocol == "oidc":
            demo.introduce(self, [service], demo.register_oidc)
        demo.start(service, self, self.processes)
        if service.protocol == "saml":
            demo.introduce(self, [service], demo.register_saml)
        self.services.append(service)

    def furnish(self):
        for name, extra in {"bench-es256": ["--alg", "ES256"], "bench-rs256": ["--alg", "RS256"]}.items():
            self.clients[name] = self.ctl("partner", "add", "oidc", "--id", name, "--name", name, "--redirect-uri", REDIRECT,
                                          "--release", "none", "--grant", "authorization_code", "refresh_token",
                                          "client_credentials", *extra)["client_secret"]
        make_saml_key(self.folder)
        self.add_saml_partner()
        self.add_saml_partner(VERIFY_SP, VERIFY_ACS)
        for i in range(self.users):
            self.ctl("account", "add", "--email", f"user{i}@exemple.fr", "--given-name", "Camille", "--family-name", "Durand",
                     "--birth-date", "1980-01-01", "--password-stdin", text=PASSWORD)

    def add_saml_partner(self, entity=SAML_SP, acs=SAML_ACS):
        with open(f"{self.folder}/sp.pem", encoding="ascii") as f:
            certificate = "".join(line for line in f.read().splitlines() if "CERTIFICATE" not in line)
        self.ctl("partner", "add", "saml", "--metadata", "-", "--release", "none", "--attributes", "family_name,given_name", text=(
            f'<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="{entity}">'
            '<md:SPSSODescriptor AuthnRequestsSigned="true" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
            f'<md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>'
            '</md:KeyDescriptor><md:AssertionConsumerService index="0" Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" '
            f'Location="{acs}"/></md:SPSSODescriptor></md:EntityDescriptor>'))

    def ctl(self, *arguments, text=None):
        return demo.ctl(self, IDP, *arguments, text=text)

    # ---- its addresses ----

    def url(self, daemon=IDP):
        return daemon.url(self.port_base, self.tls)

    def port(self, daemon=IDP):
        return self.port_base + daemon.port_offset

    def host(self, daemon=IDP):
        return f"{daemon.host}:{self.port(daemon)}"

    @property
    def ca(self):
        return f"{self.state}/ca.pem" if self.tls else None

    def browser(self):
        return Browser(self.ca)

    # ---- what it costs ----

    def roots(self, daemon=IDP):
        out = {"supervisor": self.processes[daemon.program].pid}
        if self.postgresql and daemon is IDP:
            with open(f"{self.postgresql.folder}/data/postmaster.pid") as f:
                out["postgresql"] = int(f.readline())
        return out

    def cpu_s(self, daemon=IDP):
        return cpu_by_role(self.roots(daemon))

    def pss_kib(self, daemon=IDP):
        out = {}
        for pid in family(self.processes[daemon.program].pid):
            name = command(pid).rsplit("/", 1)[-1].split(": ")[-1]
            out[name] = out.get(name, 0) + pss_kib(pid)
        return out

    def close(self):
        for p in reversed(self.processes.values()):
            p.terminate()
            p.wait()
        for other in (self.postgresql, self.directory):
            if other:
                other.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def make_saml_key(folder):
    """A service's key and certificate: sp.key, sp.pem."""
    state.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=bench",
              "-keyout", f"{folder}/sp.key", "-out", f"{folder}/sp.pem")


__all__ = ["Town", "Browser", "Postgresql", "on_cores", "cpu_by_role", "family", "make_saml_key", "sign_in", "CITIZENS", "ELECTIONS", "ETAT_CIVIL", "IDP",
           "PASSWORD", "REDIRECT", "ROOT", "SAML_ACS", "SAML_SP", "USERS", "VERIFY_ACS", "VERIFY_SP"]
