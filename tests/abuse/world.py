"""One town for all cases: the identity provider with partners of every kind, services that believe a
stand-in provider whose keys the tests hold, and a trap that counts the connections nobody should make.
"""
import collections
import dataclasses
import glob
import hashlib
import os
import socket
import sqlite3
import threading

import forge
import stand_in
from running_town import CITIZENS, ELECTIONS, ETAT_CIVIL, IDP, Town

REDIRECT, LOGGED_OUT = "http://127.0.0.1:9/retour", "http://127.0.0.1:9/parti"
CITIZEN_PASSWORDS = "cerisier-manivelle-%d"
ALL_GRANTS = ("authorization_code", "refresh_token", "client_credentials")


class Trap:
    """Listens, counts, and closes: whoever comes was led here by a stranger's document."""

    def __init__(self):
        self.hits = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/"
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.hits += 1
            connection.close()


@dataclasses.dataclass
class Partner:
    id: str
    secret: str = ""
    method: str = "basic"


class World:
    def __init__(self):
        self.trap = Trap()
        self.daemons = [IDP, ELECTIONS, ETAT_CIVIL]
        self.keys = forge.Keys()
        self.provider = stand_in.Provider(self.keys)
        self.town = Town(daemons=self.daemons, rows={
            "idp": {"limit_source_connections": 512, "code_ttl_s": 5},
            **{name: {"issuer": self.provider.issuer, "limit_source_connections": 512} for name in ("elections", "etat-civil")}})
        self._databases, self._roles, self.partners, self.citizen_n, self._signed_in, self._turn, self._victim_uses = {}, {}, {}, 0, None, 0, 0

    def __enter__(self):
        try:
            self.provider.start(self.town.state)
            self.town.__enter__()
            self.furnish()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for database in self._databases.values():
            database.close()
        self.town.close()
        self.provider.stop()
        self.trap.socket.close()

    # ---- partners and people ----

    def furnish(self):
        for name, extra in {"rp": (), "other": (), "by-post": ("--auth", "post"), "public": ("--auth", "none"),
                            "code-only": (), "asking": ("--release", "consent", "--attributes", "given_name,family_name")}.items():
            self.add_client(name, extra)
        self.keys.sp = {name: forge.Signer("rsa", 2048) for name in ("signing", "other")}
        self.add_saml("https://signing.example/metadata", self.keys.sp["signing"])
        self.add_saml("https://other.example/metadata", self.keys.sp["other"])
        self.add_saml("https://unsigned.example/metadata", None)

    def add_client(self, name, extra):
        grants = [g for g in ALL_GRANTS if not (name in ("public", "code-only") and g == "client_credentials")
                  and not (name == "code-only" and g == "refresh_token")]
        release = () if "--release" in extra else ("--release", "none")
        answer = self.town.ctl("partner", "add", "oidc", "--id", name, "--redirect-uri", REDIRECT, "--post-logout-uri", LOGGED_OUT,
                               *release, "--grant", *grants, *extra)
        self.partners[name] = Partner(name, answer.get("client_secret", ""), extra[1] if extra[:1] == ("--auth",) else "basic")

    def add_saml(self, entity, signer):
        self.town.ctl("partner", "add", "saml", "--metadata", "-", "--name", "Guichet libre", "--release", "none",
                      text=forge.sp_metadata(entity, signer))

    def add_citizen(self):
        """An account of its own, for what throttles or ends one."""
        self.citizen_n += 1
        email, password = f"essai-{self.citizen_n}@exemple.fr", CITIZEN_PASSWORDS % self.citizen_n
        self.town.ctl("account", "add", "--email", email, "--given-name", "Essai", "--family-name", "Martin",
                      "--birth-date", "1980-05-05", "--password-stdin", text=password)
        return {"email": email, "password": password}

    def next_victim(self):
        """A new one for each case: its control, then its change."""
        if self._victim_uses % 2 == 0:
            self._victim = self.add_citizen()
        self._victim_uses += 1
        return self._victim

    def citizen(self):
        """One of a few, in turn: for what signs in often."""
        self._turn = (self._turn + 1) % len(CITIZENS)
        return CITIZENS[self._turn]

    def sign_in(self, citizen, browser=None):
        """A browser with a live session at the identity provider."""
        browser = browser or self.town.browser()
        page = browser.submit(browser.get(self.town.url(IDP) + "/connexion"), "identifiant",
                              {"identifiant": citizen["email"], "mot-de-passe": citizen["password"]})
        if not page.url.endswith("/mon-compte"):
            raise AssertionError(f"not signed in: {page.status} {page.url} {page.text[:200]}")
        return browser

    def signed_in(self):
        """The same one each time: for cases that only look."""
        if not self._signed_in:
            self._signed_in = self.sign_in(CITIZENS[0])
        return self._signed_in

    # ---- what a refusal must leave alone ----

    def database(self, daemon):
        if daemon not in self._databases:
            path = f"{self.town.state}/{daemon.name}/db/{daemon.name}.db"
            self._databases[daemon] = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
        return self._databases[daemon]

    def rows(self, logs, volatile):
        out = {}
        for daemon in self.daemons:
            db = self.database(daemon)
            for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                if table in logs:
                    continue
                columns = [c[1] for c in db.execute(f"PRAGMA table_info({table})") if c[1] not in volatile.get(table, ())]
                content = db.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY {columns[0]}").fetchall()
                out[(daemon.name, table)] = hashlib.sha256(repr(content).encode()).hexdigest()
        return out

    def mails(self):
        return sorted(glob.glob(f"{self.town.state}/mail/*/*"))

    def processes(self):
        """Everything but readers, which are replaced after a while by design."""
        out = set()
        for daemon in self.daemons:
            root = self.town.processes[daemon.program].pid
            with open(f"/proc/{root}/task/{root}/children") as f:
                for pid in f.read().split():
                    if self._role(pid) != "reader":
                        out.add(int(pid))
            out.add(root)
        return out

    def _role(self, pid):
        if pid not in self._roles:
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as f:
                    self._roles[pid] = f.read().split(b"\0")[0].decode().split(": ")[-1].split(" ")[0]
            except OSError:
                return "gone"
        return self._roles[pid]

    # ---- what a refusal must leave behind ----

    def audit_entries(self):
        """Request -> [(event, reason)], for the daemon that writes each refusal with its request."""
        out = collections.defaultdict(list)
        for request, event, reason, n in self.database(IDP).execute("SELECT request, event, reason, n FROM audit WHERE request <> ''"):
            out[request] += [(event, reason)] * n
        return out

    def audit_sums(self):
        """Of services, which count refusals of one kind together."""
        out = collections.Counter()
        for daemon in self.daemons:
            if daemon is IDP:
                continue
            for event, reason, n in self.database(daemon).execute("SELECT event, outcome, sum(count) FROM kit_audit GROUP BY event, outcome"):
                out[("kit", daemon.name, event, reason)] += n
        return out


__all__ = ["LOGGED_OUT", "Partner", "REDIRECT", "World"]
