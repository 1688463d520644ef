"""What an operator meets: bad configuration, keys, stores that are locked, full, newer or gone, and guichetctl."""
import contextlib
import glob
import json
import os
import sqlite3
import subprocess
import time
import unittest
import unittest.mock

import demo
import state
from running_town import CITIZENS, IDP, PROGRAMS, Town

town = None


def setUpModule():
    global town
    town = Town(daemons=(IDP,)).__enter__()


def tearDownModule():
    town.close()


def check(path, option="--check"):
    return subprocess.run([f"{PROGRAMS}/guichet-idp", "--config", path, option], capture_output=True, text=True, timeout=10)


def config_with(changes, remove=()):
    with open(state.configuration_path(town.state, IDP), encoding="utf-8") as f:
        lines = [l for l in f if l.split(" = ")[0] not in changes and l.split(" = ")[0] not in remove]
    path = f"{town.folder}/other.conf"
    state.write(path, "".join(lines) + "".join(f"{k} = {v}\n" for k, v in changes.items()))
    return path, len(lines)


class Name(unittest.TestCase):
    @unittest.skipUnless(os.getuid() == 0, "of root alone")
    def test_under_sudo_the_audit_has_the_name_of_the_person(self):
        with unittest.mock.patch.dict(os.environ, SUDO_USER="daemon"):
            town.ctl("account", "show", CITIZENS[0]["email"])
        with unittest.mock.patch.dict(os.environ, SUDO_USER="nobody of this name"):
            town.ctl("account", "show", CITIZENS[1]["email"])
        looks = [e["actor"].split()[0] for e in town.ctl("audit", "tail", "--n", "10") if e["event"] == "account.look"]
        self.assertEqual(looks[-2:], ["daemon", "root"])


class Configuration(unittest.TestCase):
    def refused(self, changes, *words, remove=()):
        path, lines = config_with(changes, remove)
        done = check(path)
        self.assertNotEqual(done.returncode, 0)
        for word in words:
            self.assertIn(word, done.stderr + done.stdout)
        return lines

    def test_the_configuration_of_the_demo_is_accepted(self):
        self.assertEqual(check(config_with({})[0]).returncode, 0)

    def test_an_unknown_key_is_refused_with_file_and_line(self):
        lines = self.refused({"sesion_idle_s": "60"}, "other.conf", "sesion_idle_s")
        self.refused({"sesion_idle_s": "60"}, f"other.conf:{lines + 1}", "session_idle_s")

    def test_a_value_out_of_range_is_refused_with_file_and_line(self):
        lines = self.refused({"session_idle_s": "5"}, "session_idle_s")
        self.refused({"session_idle_s": "5"}, f"other.conf:{lines + 1}")

    def test_a_missing_key_file_is_named(self):
        self.refused({"key_es256": '"/nowhere/es256.pem"'}, "/nowhere/es256.pem")

    def test_a_key_that_others_may_read_is_refused_with_the_cure(self):
        path = f"{town.folder}/open.pem"
        with open(f"{town.state}/idp/es256.pem", "rb") as f:
            state.write(path, f.read(), 0o644)
        self.refused({"key_es256": f'"{path}"'}, path, "chmod")

    def test_a_missing_required_row_is_named(self):
        self.refused({}, "pseudonym_secret", remove=("pseudonym_secret",))

    def test_a_dump_fed_back_gives_the_same_dump(self):
        first = check(config_with({})[0], "--dump").stdout
        path = f"{town.folder}/dumped.conf"
        state.write(path, first)
        self.assertEqual(check(path, "--dump").stdout, first)
        self.assertIn("session_idle_s", first)

    def test_a_bad_reload_keeps_the_daemon_running(self):
        path = state.configuration_path(town.state, IDP)
        with open(path, encoding="utf-8") as f:
            good = f.read()
        roles = town.roles(IDP)
        try:
            state.write(path, good + "nonsense = 1\n")
            os.kill(town.processes[IDP.program].pid, 1)
            time.sleep(0.5)
            self.assertEqual(town.roles(IDP), roles)
            self.assertTrue(town.healthy(IDP))
            self.assertIn("nonsense", town.log(IDP))
        finally:
            state.write(path, good)

    def test_a_taken_port_is_said(self):
        done = subprocess.run([f"{PROGRAMS}/guichet-idp", "--config", config_with({"control": f'"{town.folder}/c2"'})[0]],
                              capture_output=True, text=True, timeout=10)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(str(town.port_base + IDP.port_offset), done.stderr + done.stdout)


class Stores(unittest.TestCase):
    """One daemon a case, since each case breaks its store."""

    @contextlib.contextmanager
    def daemon(self):
        with Town(daemons=(IDP,)) as t:
            yield t, f"{t.state}/idp/db/idp.db"

    def sign_in_page(self, t):
        return t.browser().get(t.url(IDP) + "/connexion")

    def test_a_store_that_another_daemon_holds_is_refused_at_the_start(self):
        with self.daemon() as (t, path):
            copy = f"{t.folder}/second.conf"
            with open(state.configuration_path(t.state, IDP), encoding="utf-8") as f:
                text = f.read()
            for old, new in ((t.port_base + 43, t.port_base + 63), (t.port_base + 44, t.port_base + 64)):
                text = text.replace(f"127.0.0.1:{old}", f"127.0.0.1:{new}")
            state.write(copy, text.replace("/idp/control", "/idp/control2"))
            process = subprocess.Popen([f"{PROGRAMS}/guichet-idp", "--config", copy], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
            time.sleep(1.5)
            process.terminate()
            self.assertIn("store.locked", process.communicate(timeout=15)[1])
            self.assertTrue(t.healthy(IDP))

    def test_a_newer_store_is_refused_with_a_clear_word(self):
        with self.daemon() as (t, path):
            t.stop(IDP)
            with contextlib.closing(sqlite3.connect(path)) as db, db:
                db.execute("INSERT INTO schema_migration VALUES (9999, 'of the future', 0)")
            with self.assertRaises(demo.DemoError) as e:
                demo.START_TIMEOUT_S = 3
                t.start(IDP)
            demo.START_TIMEOUT_S = 20
            self.assertIn("store.newer", str(e.exception))

    def test_a_store_that_is_gone_answers_503_and_comes_back_without_a_restart(self):
        with self.daemon() as (t, path):
            supervisor = t.processes[IDP.program].pid
            folder = os.path.dirname(path)
            os.rename(folder, folder + ".away")
            try:
                end = time.monotonic() + 5
                while t.healthy(IDP) and time.monotonic() < end:
                    time.sleep(0.1)
                self.assertFalse(t.healthy(IDP), "still healthy without its store")
            finally:
                os.rename(folder + ".away", folder)
            self.assertTrue(t.wait_healthy(IDP, 8))
            self.assertEqual(t.processes[IDP.program].pid, supervisor)

    def test_a_store_locked_by_a_stranger_answers_503_and_recovers(self):
        with self.daemon() as (t, path):
            browser = t.browser()
            page = browser.get(t.url(IDP) + "/connexion")
            values = {"identifiant": CITIZENS[0]["email"], "mot-de-passe": CITIZENS[0]["password"]}
            with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
                db.execute("BEGIN IMMEDIATE")
                self.assertEqual(browser.submit(page, "identifiant", values).status, 503)
                db.execute("ROLLBACK")
            self.assertEqual(browser.submit(page, "identifiant", values).status, 200)


class Certificates(unittest.TestCase):
    def test_an_expired_certificate_is_said_at_the_start_with_file_and_cure(self):
        t = Town(daemons=(IDP,))
        try:
            here = f"{t.state}/idp"
            state.run("openssl", "req", "-new", "-key", f"{here}/tls.key", "-subj", "/CN=late", "-out", f"{here}/tls.csr")
            state.run("openssl", "x509", "-req", "-in", f"{here}/tls.csr", "-signkey", f"{here}/tls.key", "-days", "-1", "-out", f"{here}/tls.pem")
            t.configure()
            demo.START_TIMEOUT_S = 3
            with self.assertRaises(demo.DemoError) as e:
                t.start(IDP)
            for word in ("front.tls.expired", "tls_certificate", "cure"):
                self.assertIn(word, str(e.exception))
        finally:
            demo.START_TIMEOUT_S = 20
            t.close()


class FullDisk(unittest.TestCase):
    """A file system of two megabytes holds the database: it fills, and is freed again."""

    def test_a_full_disk_answers_503_and_recovers_without_a_restart(self):
        t = Town(daemons=(IDP,))
        folder = f"{t.state}/idp/db"
        owner = state.user_of(IDP, "engine")
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size=2m,mode=0700,uid={owner},gid={owner}", "tmpfs", folder], capture_output=True)
        if mounted.returncode != 0:
            t.close()
            self.skipTest("no right to mount a small file system here")
        try:
            t.__enter__()
            values = {"identifiant": CITIZENS[0]["email"], "mot-de-passe": CITIZENS[0]["password"]}
            browser = t.browser()
            page = browser.get(t.url(IDP) + "/connexion")
            with open(f"{folder}/ballast", "wb", buffering=0) as f, contextlib.suppress(OSError):
                while f.write(b"x" * 4096):
                    pass
            statuses = set()
            for _ in range(60):
                statuses.add(browser.submit(page, "identifiant", values).status)
                if 503 in statuses:
                    break
            self.assertIn(503, statuses)
            self.assertLessEqual(statuses, {200, 503})
            os.unlink(f"{folder}/ballast")
            end = time.monotonic() + 5
            while browser.submit(page, "identifiant", values).status != 200 and time.monotonic() < end:
                time.sleep(0.1)
            self.assertEqual(browser.submit(page, "identifiant", values).status, 200)
        finally:
            for process in t.processes.values():
                process.terminate()
                process.wait()
            subprocess.run(["umount", folder])
            t.close()


class Guichetctl(unittest.TestCase):
    def test_a_new_account_signs_in_and_a_disabled_one_does_not_at_once(self):
        town.ctl("account", "add", "--email", "neuve@exemple.fr", "--given-name", "N", "--family-name", "Euve", "--birth-date",
                 "1990-05-05", "--password-stdin", text="une-phrase-de-passe")
        values = {"identifiant": "neuve@exemple.fr", "mot-de-passe": "une-phrase-de-passe"}
        browser = town.browser()
        page = browser.submit(browser.get(town.url(IDP) + "/connexion"), "identifiant", values)
        self.assertTrue(page.url.endswith("/mon-compte"), page.text[:200])
        town.ctl("account", "disable", "neuve@exemple.fr", "--reason", "essai")
        self.assertFalse(browser.get(town.url(IDP) + "/mon-compte").url.endswith("/mon-compte"))
        other = town.browser()
        self.assertEqual(other.submit(other.get(town.url(IDP) + "/connexion"), "identifiant", values).status, 403)
        town.ctl("account", "remove", "neuve@exemple.fr")
        with self.assertRaises(demo.DemoError):
            town.ctl("account", "show", "neuve@exemple.fr")

    def test_a_new_password_keeps_the_account_and_ends_what_the_old_one_opened(self):
        town.ctl("account", "add", "--email", "perdue@exemple.fr", "--given-name", "P", "--family-name", "Erdue", "--birth-date",
                 "1990-05-05", "--password-stdin", text="une-phrase-de-passe")
        before = town.ctl("account", "show", "perdue@exemple.fr")["id"]
        old = {"identifiant": "perdue@exemple.fr", "mot-de-passe": "une-phrase-de-passe"}
        browser, other = town.browser(), town.browser()
        browser.submit(browser.get(town.url(IDP) + "/connexion"), "identifiant", old)
        made = town.ctl("account", "password", "perdue@exemple.fr")["password"]
        self.assertFalse(browser.get(town.url(IDP) + "/mon-compte").url.endswith("/mon-compte"))
        page = other.submit(other.get(town.url(IDP) + "/connexion"), "identifiant", old)
        self.assertEqual(page.status, 422)
        page = other.submit(page, "identifiant", {"identifiant": "perdue@exemple.fr", "mot-de-passe": made})
        self.assertTrue(page.url.endswith("/mon-compte"), page.text[:200])
        self.assertEqual(town.ctl("account", "show", "perdue@exemple.fr")["id"], before)

    def test_what_was_done_is_in_the_audit(self):
        town.ctl("partner", "add", "oidc", "--id", "audite", "--redirect-uri", "https://rp.example/retour")
        town.ctl("partner", "remove", "audite")
        self.assertIn("partner", json.dumps(town.ctl("audit", "tail", "--n", "50")))

    def test_a_redirect_address_that_is_not_exact_or_not_safe_is_refused(self):
        for uri in ("http://rp.example/retour", "https://rp.example/*", "javascript:alert(1)", "https://rp.example/#f", "https://u@rp.example/"):
            with self.assertRaises(demo.DemoError, msg=uri):
                town.ctl("partner", "add", "oidc", "--id", "mauvais", "--redirect-uri", uri)

    def test_the_store_is_checked_while_serving_and_when_stopped(self):
        self.assertTrue(town.ctl("db", "check"))
        town.stop(IDP)
        try:
            done = subprocess.run([f"{PROGRAMS}/../../bin/guichetctl", "--config", state.configuration_path(town.state, IDP), "db", "check"],
                                  capture_output=True, text=True, timeout=20)
            self.assertEqual(done.returncode, 0, done.stderr)
            done = subprocess.run([f"{PROGRAMS}/../../bin/guichetctl", "--config", state.configuration_path(town.state, IDP), "partner", "list"],
                                  capture_output=True, text=True, timeout=20)
            self.assertEqual(done.returncode, 3)
        finally:
            town.start(IDP)

    def test_keys_are_listed_without_their_private_part(self):
        text = json.dumps(town.ctl("key", "list"))
        self.assertIn("ES256", text)
        self.assertNotIn('"d"', text)


if __name__ == "__main__":
    unittest.main()
