"""guichetctl directory, as whoever connects a directory meets it: from no directory to a person's rights."""
import json
import os
import signal
import subprocess
import time
import unittest

import state
from authority import Authority, free_port, write
from connected import World
from openldap import Slapd, group_dn
from running_town import BUILD, IDP, PROGRAMS, Town

world = None
RIGHTS = ["etat-civil = elections:instructeur", f"{group_dn('tous')} = elections:lecture", "tous = admin:audit", "etrangers = nowhere:lecture"]


def setUpModule():
    global world
    world = World()


def tearDownModule():
    world.close()


def guichetctl(town, *arguments):
    return subprocess.run([f"{BUILD}/stage/usr/bin/guichetctl", "--config", state.configuration_path(town.state, IDP), "directory", *arguments],
                          capture_output=True, text=True, timeout=60)


class WithoutDirectory(unittest.TestCase):
    def test_the_commands_say_that_there_is_none_and_no_courier_runs(self):
        with Town(daemons=(IDP,)) as town:
            for command in ("check", "rights"):
                done = guichetctl(town, command)
                self.assertEqual(done.returncode, 1)
                self.assertIn("directory_url", done.stderr)
            self.assertEqual(town.role_pids(IDP, "courier-ldap"), [])


class WithDirectory(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.town = Town(daemons=(IDP,), rows=world.rows(RIGHTS)).__enter__()
        # The rules' names of services are the sectors of partners for agents.
        cls.town.ctl("partner", "add", "oidc", "--id", "elections-agents", "--people", "agents", "--sector", "elections",
                     "--redirect-uri", "https://elections.ville.example/agents/retour")

    @classmethod
    def tearDownClass(cls):
        cls.town.close()

    def test_check_says_that_all_is_well(self):
        done = guichetctl(self.town, "check", "--login", "marie")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for words in ("with a good certificate", "found, and may sign in", "3, nested ones included", "right: elections: lecture, instructeur", "right: administration: audit"):
            self.assertIn(words, done.stdout)

    def test_check_as_json_tells_the_same(self):
        got = json.loads(guichetctl(self.town, "check", "--login", "marie", "--json").stdout)
        self.assertTrue(got["works"])
        self.assertEqual(got["person"]["rights"], {"elections": "lecture, instructeur", "admin": "audit"})
        self.assertEqual(len(got["person"]["groups"]), 3)

    def test_who_is_in_no_group_has_no_right(self):
        self.assertIn("no right follows", guichetctl(self.town, "check", "--login", "alone").stdout)

    def test_check_fails_for_nobody_and_for_what_is_no_login(self):
        for login, words in (("nobody", "nobody has this login"), ("*", "cannot be a login"), ("a)(uid=*", "cannot be a login")):
            done = guichetctl(self.town, "check", "--login", login)
            self.assertEqual(done.returncode, 1)
            self.assertIn(words, done.stdout)
        self.assertEqual(guichetctl(self.town, "check", "marie").returncode, 2)

    def test_rights_shows_the_table_and_a_service_that_is_not_there(self):
        table = guichetctl(self.town, "rights").stdout.splitlines()
        self.assertEqual(len(table), len(RIGHTS))
        self.assertIn("no partner for agents has this sector", table[3])
        got = json.loads(guichetctl(self.town, "rights", "--json").stdout)
        self.assertEqual([(r["group"], r["gives"]) for r in got], [tuple(r.rsplit(" = ", 1)) for r in RIGHTS])
        self.assertEqual([r["known"] for r in got], [True, True, True, False])

    def test_two_couriers_run_confined_and_no_role_can_read_the_credential_again(self):
        pids = self.town.role_pids(IDP, "courier-ldap")
        self.assertEqual(len(pids), 2)
        for pid in pids:
            with open(f"/proc/{pid}/status", encoding="utf-8") as f:
                self.assertIn("Seccomp:\t2", f.read())
        for title, pid in self.town.roles(IDP).items():
            held = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
            self.assertNotIn(world.password, held, title)

    def test_a_courier_that_was_killed_is_replaced(self):
        self.town.kill_role(IDP, "courier-ldap")
        self.assertEqual(guichetctl(self.town, "check").returncode, 0)

    def test_a_directory_that_hangs_is_said_and_the_service_stays_healthy(self):
        world.slapd.hang()
        try:
            done = guichetctl(self.town, "check")
            self.assertEqual(done.returncode, 1)
            self.assertIn("directory_timeout_ms", done.stdout)
            self.assertTrue(self.town.healthy(IDP))
        finally:
            world.slapd.go_on()

    def test_an_authority_that_changed_is_believed_after_a_reload(self):
        """Both certificates in the file while the servers change over, then the new one alone."""
        renewed = Authority(world.folder, "renewed-ca")
        path = world.authority.path
        with open(path, encoding="utf-8") as f:
            old = f.read()
        with open(renewed.path, encoding="utf-8") as f:
            new = f.read()
        other = Slapd(world.folder, renewed, "renewed-slapd")
        try:
            with Town(daemons=(IDP,), rows=world.rows(RIGHTS, directory_url=[other.url])) as town:
                self.assertIn("directory.tls", guichetctl(town, "check").stdout)
                write(path, old + new)
                before = town.role_pids(IDP, "courier-ldap")
                os.kill(town.processes[IDP.program].pid, signal.SIGHUP)
                end = time.monotonic() + 10
                while set(town.role_pids(IDP, "courier-ldap")) & set(before) and time.monotonic() < end:
                    time.sleep(0.05)
                self.assertEqual(guichetctl(town, "check").returncode, 0)
        finally:
            write(path, old)
            other.close()

    def refused(self, *words, **changes):
        path = f"{self.town.folder}/other.conf"
        with open(state.configuration_path(self.town.state, IDP), encoding="utf-8") as f:
            lines = [l for l in f if l.split(" = ")[0] not in changes]
        write(path, "".join(lines) + "".join(f"{k} = {state.quoted(v)}\n" for k, v in changes.items() if v is not None))
        done = subprocess.run([f"{PROGRAMS}/guichet-idp", "--config", path, "--check"], capture_output=True, text=True, timeout=10)
        self.assertNotEqual(done.returncode, 0)
        for word in words:
            self.assertIn(word, done.stdout + done.stderr)

    def test_a_configuration_that_cannot_work_is_refused_with_the_cure(self):
        self.refused("directory_starttls", directory_url=[f"ldap://127.0.0.1:{free_port()}"])
        self.refused("ldaps://", directory_url=["https://annuaire.ville.test"])
        self.refused("needs directory_base too", directory_base=None)
        self.refused("needs directory_bind_dn too", directory_bind_dn=None)
        self.refused("needs directory_password too", directory_password=None)
        self.refused("openldap or ad", directory_kind="novell")
        self.refused("directory_memberof", "direct groups", directory_kind="ad", directory_memberof="true")
        self.refused("directory_bind_dn and directory_password, or directory_principal and directory_keytab", directory_bind_dn=None, directory_password=None)
        loose = write(f"{self.town.folder}/loose", "x")
        os.chmod(loose, 0o644)
        self.refused("chmod", directory_password=loose)

    def test_an_account_signs_in_by_password_or_by_kerberos(self):
        kerberos = {"directory_bind_dn": None, "directory_password": None, "directory_principal": "guichet@VILLE.TEST", "directory_keytab": world.password}
        self.refused("keep one", directory_principal="guichet@VILLE.TEST", directory_keytab=world.password)
        self.refused("keep one", directory_principal="guichet@VILLE.TEST")
        self.refused("needs directory_keytab too", **dict(kerberos, directory_keytab=None))
        self.refused("needs directory_principal too", **dict(kerberos, directory_principal=None))
        self.refused("asks no Kerberos server", directory_kdc=["kdc.ville.test"])
        for name in ("guichet", "@VILLE.TEST", "guichet@"):
            self.refused("NAME@REALM", **dict(kerberos, directory_principal=name))

    def test_a_rule_that_cannot_be_read_is_refused_and_named(self):
        for rule in ("etat-civil = elections:chef", "etat-civil = admin:root", "etat-civil", "elections:lecture", " = elections:lecture"):
            self.refused(rule.strip(), "instructeur", directory_right=["tous = admin:audit", rule])


if __name__ == "__main__":
    unittest.main()
