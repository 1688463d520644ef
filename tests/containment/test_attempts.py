"""Each role, confined as in production, tries what it must not: every attempt is refused, but for the role's own work."""
import glob
import os
import subprocess
import time
import unittest

import state
from running_town import BUILD, ELECTIONS, IDP
from twins import town_with

VICTIM = "/tmp/guichet-containment-victim"
TWINS = {f"guichet-{name}": f"tests/containment/probe-{name}"
         for name in ("front", "reader", "signer", "hasher", "courier", "courier-ldap", "idp-engine", "elections-engine")}
OUTWARD = {"connect_inet", "listen_inet", "socket_unix", "socket_inet6", "socket_netlink", "socket_pair"}
# What is a role's work, and therefore not refused. A courier resolves names (files below /etc), but for the
# one that delivers into a folder; it cannot listen.
WORK = {"courier-http": OUTWARD - {"listen_inet"} | {"read_file"}, "courier-ldap": OUTWARD - {"listen_inet"} | {"read_file"},
        "courier-mail": OUTWARD - {"listen_inet"}}
PASSWORD = f"{VICTIM}.password"
# A directory that nobody is at: its courier confines itself all the same.
DIRECTORY = {"directory_url": ["ldaps://127.0.0.1:1"], "directory_base": "dc=ville,dc=example", "directory_bind_dn": "cn=guichet,dc=ville,dc=example",
             "directory_ca": "/etc/ssl/certs/ca-certificates.crt", "directory_password": PASSWORD}
# Kernels are built without some of these: there is nothing to refuse then.
OPTIONAL = {"socket_alg", "socket_vsock", "other_numbers", "load_bpf", "watch_kernel", "ring", "fault_memory", "kernel_keys"}
REFUSED = ("killed", "EPERM", "EACCES", "ENOSYS")


def make_victim():
    with open(VICTIM, "w", encoding="utf-8") as f:
        f.write("untouched")
    os.chmod(VICTIM, 0o600)
    state.write(PASSWORD, "nobody is asked for it", 0o400)


def remove_victims():
    for path in glob.glob(VICTIM + "*"):
        if os.path.isdir(path):
            os.rmdir(path)
        else:
            os.unlink(path)


@unittest.skipUnless(os.geteuid() == 0, "roles get users of their own only as root")
class Attempts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.addClassCleanup(remove_victims)
        make_victim()
        cls.results = {}
        with town_with(TWINS, daemons=(IDP, ELECTIONS), rows={IDP.name: DIRECTORY}) as town:
            end = time.monotonic() + 20
            while time.monotonic() < end and not cls.complete(town):
                time.sleep(0.1)
        with open(VICTIM, encoding="utf-8") as f:
            cls.victim = f.read()
        cls.traces = sorted(glob.glob(VICTIM + "*"))

    @classmethod
    def complete(cls, town):
        """Every role has told of every attempt."""
        for daemon in (IDP, ELECTIONS):
            for e in town.log_events(daemon):
                if e.get("event") == "probe":
                    cls.results.setdefault((daemon.name, e["role"]), {})[e["attempt"]] = e["result"]
        roles = {(d.name, name.split(": ")[-1].split(" ")[0]) for d in (IDP, ELECTIONS) for name in town.roles(d)}
        last = {"other_numbers"}
        return roles <= set(cls.results) and all(last <= set(r) for r in cls.results.values())

    def test_without_a_sandbox_the_attempts_work(self):
        out = subprocess.run([f"{BUILD}/tests/containment/containment-control"], capture_output=True, text=True, check=True).stdout
        results = dict(line.split(" ", 1) for line in out.splitlines())
        self.assertGreater(len(results), 50)
        self.assertEqual({n: r for n, r in results.items() if r != "worked" and n not in OPTIONAL}, {})

    def test_every_role_of_both_daemons_has_tried(self):
        idp = {r for d, r in self.results if d == "idp"}
        elections = {r for d, r in self.results if d == "elections"}
        self.assertEqual(idp, {"front", "engine", "reader", "signer", "tls-signer", "hasher", "courier-http", "courier-ldap"})
        self.assertLessEqual({"front", "engine", "reader", "tls-signer", "courier-http", "courier-mail"}, elections)

    def test_everything_that_is_not_a_role_s_work_is_refused(self):
        for (daemon, role), results in sorted(self.results.items()):
            for attempt, result in results.items():
                with self.subTest(daemon=daemon, role=role, attempt=attempt):
                    if attempt in WORK.get(role, ()):
                        self.assertEqual(result, "worked", "listed as work, and refused: take it off the list")
                    else:
                        self.assertIn(result, REFUSED)

    def test_nothing_was_left_behind(self):
        self.assertEqual(self.victim, "untouched")
        self.assertEqual(self.traces, [VICTIM, PASSWORD])


if __name__ == "__main__":
    unittest.main()
