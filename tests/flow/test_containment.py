"""The processes are what they say: confined, named, and without what they must not hold."""
import glob
import os
import re
import subprocess
import unittest

from running_town import ELECTIONS, IDP, PROGRAMS, Town

town = None
NETWORK_ROLES = ("front", "reader", "courier-http", "courier-mail")


def setUpModule():
    global town
    town = Town().__enter__()


def tearDownModule():
    town.close()


def role_of(name):
    return name.split(": ")[-1].split(" ")[0]


class Containment(unittest.TestCase):
    def all_roles(self):
        for daemon in (IDP, ELECTIONS):
            for name, pid in town.roles(daemon).items():
                yield name, pid

    def test_every_role_runs_and_says_its_name(self):
        self.assertEqual({role_of(n) for n in town.roles(IDP)}, {"front", "engine", "reader", "signer", "tls-signer", "hasher", "courier-http"})
        self.assertTrue({"front", "engine", "reader", "tls-signer", "courier-http"} <= {role_of(n) for n in town.roles(ELECTIONS)})
        for name in town.roles(IDP):
            self.assertTrue(name.startswith("guichet-idp: "), name)

    def test_every_process_but_the_supervisor_is_under_seccomp(self):
        for name, pid in self.all_roles():
            with open(f"/proc/{pid}/status") as f:
                status = f.read()
            self.assertRegex(status, r"(?m)^Seccomp:\s+2$", name)
            self.assertRegex(status, r"(?m)^NoNewPrivs:\s+1$", name)
            self.assertRegex(status, r"(?m)^CapEff:\s+0+$", name)

    def test_every_role_has_a_user_of_its_own(self):
        users = {}
        for name, pid in self.all_roles():
            uid = os.stat(f"/proc/{pid}/task").st_uid
            with open(f"/proc/{pid}/status") as f:
                uid = int(re.search(r"(?m)^Uid:\s+(\d+)", f.read()).group(1))
            self.assertNotEqual(uid, 0, name)
            users.setdefault(uid, set()).add((name.split(":")[0], role_of(name).split("-http")[0].split("-mail")[0]))
        for uid, roles in users.items():
            self.assertEqual(len(roles), 1, f"user {uid} is shared by {roles}")

    def test_no_front_reader_or_courier_has_a_database_or_a_private_key_open(self):
        for name, pid in self.all_roles():
            if role_of(name) not in NETWORK_ROLES:
                continue
            for link in glob.glob(f"/proc/{pid}/fd/*"):
                try:
                    target = os.readlink(link)
                except OSError:
                    continue
                self.assertNotRegex(target, r"\.db|\.key|es256|rs256|seal|pseudonym", f"{name} holds {target}")

    def test_the_signer_links_libcrypto_libseccomp_and_libc_alone(self):
        out = subprocess.run(["ldd", f"{PROGRAMS}/guichet-signer"], capture_output=True, text=True, check=True).stdout
        libraries = {line.split()[0].split("/")[-1].split(".so")[0] for line in out.splitlines()}
        libraries -= {"linux-vdso", "ld-linux-x86-64", "ld-linux-aarch64", "libasan", "libubsan", "libm", "libgcc_s", "libstdc++", "libdl", "libpthread", "librt"} if "libasan" in out else {"linux-vdso", "ld-linux-x86-64", "ld-linux-aarch64"}
        self.assertEqual(libraries, {"libcrypto", "libseccomp", "libc"})

    def test_key_files_are_readable_by_nobody_else(self):
        for path in glob.glob(f"{town.state}/*/*.key") + glob.glob(f"{town.state}/*/*.secret") + glob.glob(f"{town.state}/idp/*256.pem"):
            self.assertEqual(os.stat(path).st_mode & 0o077, 0, path)

    def test_no_log_line_holds_a_name_an_address_or_a_secret(self):
        from main_job import sign_in
        from running_town import CITIZENS
        c = CITIZENS[0]
        browser = town.browser()
        sign_in(browser, browser.get(town.url(ELECTIONS) + "/inscription"), c["email"], c["password"])
        for daemon in (IDP, ELECTIONS):
            log = town.log(daemon)
            for word in (c["email"], c["password"], c["family_name"], "ville_at_", "ville_rt_", "code="):
                self.assertNotIn(word, log, daemon.name)


if __name__ == "__main__":
    unittest.main()
