"""The ldap courier and Active Directory, as Samba's domain controller speaks it."""
import os
import shutil
import subprocess
import tempfile
import time
import unittest

import samba_ad
from authority import FAKETIME, Authority, write
from courier import Courier, Refused
from samba_ad import PASSWORD, SUFFIX, USERS

LEVELS, WIDTH = 8, 25
GROUPS = f"OU=Groupes,{SUFFIX}"
world = None


def group_dn(name):
    return f"CN={name},{GROUPS}"


def user_dn(name):
    return f"CN={name},{USERS}"


def groups_ldif():
    yield f"dn: {GROUPS}\nchangetype: add\nobjectClass: organizationalUnit\n"
    for level in range(LEVELS):
        for i in range(WIDTH):
            member = group_dn(f"n{level - 1}-{i}") if level else user_dn("nadia")
            yield f"dn: {group_dn(f'n{level}-{i}')}\nchangetype: add\nobjectClass: group\nsAMAccountName: n{level}-{i}\nmember: {member}\n"
    for name, member in (("etat-civil-instructeurs", user_dn("marie")), ("etat-civil", group_dn("etat-civil-instructeurs")), ("tous", group_dn("etat-civil"))):
        yield f"dn: {group_dn(name)}\nchangetype: add\nobjectClass: group\nsAMAccountName: {name}\nmember: {member}\n"
    yield f"dn: {group_dn('etat-civil-instructeurs')}\nchangetype: modify\nadd: member\nmember: {group_dn('tous')}\n"


class World:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="guichet-ad-")
        os.chmod(self.folder, 0o755)
        self.authority = Authority(self.folder)
        self.stranger = Authority(self.folder, "stranger")
        self.password = write(f"{self.folder}/password", PASSWORD, 0o400)
        self.dc = samba_ad.DomainController(self.folder, self.authority)
        try:
            self.furnish()
        except BaseException:
            self.close()
            raise

    def furnish(self):
        dc = self.dc
        for name in ("guichet", "marie", "nadia", "gone", "late", "loser", "alone", "soon", "renewed", "stopped"):
            dc.here("user", "add", name, PASSWORD)
        dc.here("user", "add", "fresh", PASSWORD, "--must-change-at-next-login")
        dc.here("user", "disable", "gone")
        dc.here("spn", "add", "ldap/127.0.0.1", "dc$")      # the name by which we reach it
        self.keytabs = {name: dc.keytab(name) for name in ("guichet", "renewed", "stopped")}
        dc.here("user", "setpassword", "renewed", "--newpassword=TEST-ONLY-Agent2")
        dc.here("user", "disable", "stopped")
        dc.here("domain", "passwordsettings", "set", "--account-lockout-threshold=3")
        dc.modify("\n".join(groups_ldif()))
        dc.modify(f"dn: {user_dn('late')}\nchangetype: modify\nreplace: accountExpires\naccountExpires: 130000000000000000\n")

    def courier(self, url=None, ca=None, clock=None, **changes):
        settings = {"directory_url": url or self.dc.url, "directory_kind": "ad", "directory_base": SUFFIX, "directory_groups_base": SUFFIX,
                    "directory_bind_dn": user_dn("guichet"), "directory_timeout_ms": "3000"}
        settings.update(changes)
        return Courier(settings, self.password, ca or self.authority.path, clock)

    def kerberos_courier(self, name="guichet", clock=None, **changes):
        settings = {"directory_url": self.dc.url, "directory_kind": "ad", "directory_base": SUFFIX, "directory_principal": f"{name}@VILLE.TEST",
                    "directory_timeout_ms": "3000"}
        settings.update(changes)
        return Courier(settings, None, self.authority.path, clock, self.keytabs[name])

    def close(self):
        self.dc.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def setUpModule():
    global world
    if not samba_ad.ports_are_free():
        raise unittest.SkipTest(f"one of the ports {samba_ad.PORTS} of 127.0.0.1 is taken, and a domain controller has no others")
    if os.geteuid() != 0:
        raise unittest.SkipTest("a domain controller listens below port 1024, which takes root")
    world = World()


def tearDownModule():
    if world:
        world.close()


class ActiveDirectory(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.courier = world.courier()

    @classmethod
    def tearDownClass(cls):
        cls.courier.close()

    def refused(self, slug, do, *arguments, **options):
        with self.assertRaises(Refused) as caught:
            do(*arguments, **options)
        self.assertEqual(str(caught.exception), slug)

    def test_a_person_signs_in_by_either_name(self):
        marie = self.courier.bind("marie", PASSWORD)
        self.assertEqual((marie["login"].lower(), marie["state"], marie["dn"]), ("marie", "active", user_dn("marie")))
        self.assertEqual(sorted(name for _, name in marie["groups"]), ["etat-civil", "etat-civil-instructeurs", "tous"])
        by_upn = self.courier.bind("Marie@ville.test", PASSWORD)
        self.assertEqual((by_upn["key"], by_upn["groups"]), (marie["key"], marie["groups"]))

    def test_the_key_is_the_guid_that_the_directory_s_own_tools_show(self):
        marie = self.courier.bind("marie", PASSWORD)
        shown = world.dc.here("user", "show", "marie", "--attributes=objectGUID")
        self.assertIn(f"objectGUID: {marie['key']}", shown)
        self.assertEqual(self.courier.find(key=marie["key"])["dn"], marie["dn"])

    def test_two_hundred_nested_groups_are_one_question(self):
        began = time.monotonic()
        self.assertEqual(len(self.courier.bind("nadia", PASSWORD)["groups"]), LEVELS * WIDTH)
        self.assertLess(time.monotonic() - began, 3)

    def test_a_wrong_password_is_refused(self):
        self.refused("directory.password", self.courier.bind, "alone", "wrong")
        self.refused("directory.unknown", self.courier.bind, "nobody", PASSWORD)
        self.refused("directory.password.empty", self.courier.bind, "marie", "")

    def test_no_name_is_a_filter(self):
        for login in ("*", "marie)(objectClass=*", "VILLE\\marie", "m*"):
            self.refused("directory.login", self.courier.bind, login, PASSWORD)

    def test_the_states_of_an_account_are_told_apart(self):
        for login, slug, state in (("gone", "directory.disabled", "disabled"), ("late", "directory.expired", "expired"),
                                   ("fresh", "directory.must_change", "must_change")):
            self.refused(slug, self.courier.bind, login, PASSWORD)
            self.assertEqual(self.courier.find(login=login)["state"], state)

    def test_who_guessed_too_often_is_locked(self):
        for _ in range(3):
            self.refused("directory.password", self.courier.bind, "loser", "wrong")
        with self.assertRaises(Refused) as caught:
            self.courier.bind("loser", PASSWORD)
        self.assertIn(str(caught.exception), ("directory.locked",))
        self.assertEqual(self.courier.find(login="loser")["state"], "locked")

    @unittest.skipUnless(FAKETIME, "libfaketime is not installed")
    def test_a_clock_that_is_off_lets_nobody_in_and_shuts_nobody_out(self):
        """With a password no clock counts but for dates of expiry."""
        ends = int((time.time() + 300 + 11644473600) * 10_000_000)      # in five minutes
        world.dc.modify(f"dn: {user_dn('soon')}\nchangetype: modify\nreplace: accountExpires\naccountExpires: {ends}\n")
        for clock, state in (("-10m", "active"), ("+10m", "expired")):
            with world.courier(clock=clock) as c:
                self.assertEqual(len(c.bind("marie", PASSWORD)["groups"]), 3)
                self.assertEqual(c.find(login="soon")["state"], state)
                self.assertEqual(c.find(login="late")["state"], "expired")
                # By its own clock the directory refuses who has expired, whatever ours says.
                self.refused("directory.expired", c.bind, "late", PASSWORD)
        # So far off that the directory's certificate is not yet, or no longer, good.
        for clock in ("-400d", "+400d"):
            with world.courier(clock=clock) as c:
                self.refused("directory.tls", c.bind, "marie", PASSWORD)

    def test_the_domain_s_policy_on_binds_is_met(self):
        """It refuses a simple bind in the clear, and takes ours, which is inside TLS."""
        bare = subprocess.run(["ldapsearch", "-x", "-H", world.dc.plain_url, "-D", user_dn("marie"), "-w", PASSWORD, "-s", "base", "-b", ""],
                              capture_output=True, text=True)
        self.assertIn("Strong(er) authentication required", bare.stdout + bare.stderr)
        self.assertEqual(self.courier.bind("marie", PASSWORD)["state"], "active")

    def test_a_computer_is_no_person(self):
        self.refused("directory.unknown", self.courier.bind, "dc$", PASSWORD)

    def test_starttls_does_as_well_and_a_stranger_s_certificate_does_not(self):
        with world.courier(world.dc.plain_url, directory_starttls="true") as c:
            self.assertEqual(c.bind("marie", PASSWORD)["dn"], user_dn("marie"))
        with world.courier(ca=world.stranger.path) as c:
            self.refused("directory.tls", c.bind, "marie", PASSWORD)

    def test_the_self_check_finds_all_well(self):
        with world.courier() as c:
            steps, person = c.check("marie")
        self.assertEqual({outcome for _, _, outcome in steps}, {"works"})
        self.assertEqual(len(person["groups"]), 3)


class Kerberos(unittest.TestCase):
    """The account that reads, by keytab. The domain controller is its own Kerberos server, on port 88: no setting names it.

    Samba 4.17 takes the channel binding that we send and does not look at it: test_kerberos.py has a directory that does."""

    def test_a_person_signs_in_and_all_is_as_by_password(self):
        with world.kerberos_courier() as c, world.courier() as by_password:
            marie = c.bind("marie", PASSWORD)
            self.assertEqual(marie, by_password.bind("marie", PASSWORD))
            with self.assertRaises(Refused) as caught:
                c.bind("alone", "wrong")
        self.assertEqual(str(caught.exception), "directory.password")
        self.assertEqual(len(marie["groups"]), 3)

    def test_starttls_does_as_well(self):
        with world.kerberos_courier(directory_url=world.dc.plain_url, directory_starttls="true") as c:
            self.assertEqual(c.bind("marie", PASSWORD)["dn"], user_dn("marie"))

    def test_the_self_check_finds_all_well(self):
        with world.kerberos_courier() as c:
            steps, person = c.check("marie")
        self.assertEqual({outcome for _, _, outcome in steps}, {"works"})
        self.assertTrue(any("by Kerberos" in words for _, words, _ in steps))
        self.assertEqual(len(person["groups"]), 3)

    def test_an_account_whose_password_was_changed_or_that_is_disabled_is_told(self):
        for name in ("renewed", "stopped"):
            with world.kerberos_courier(name) as c:
                with self.assertRaises(Refused) as caught:
                    c.bind("marie", PASSWORD)
            self.assertEqual(str(caught.exception), "directory.credential")

    @unittest.skipUnless(FAKETIME, "libfaketime is not installed")
    def test_a_clock_that_is_off_keeps_nobody_out(self):
        """Kerberos allows five minutes; the domain's own time, which it proves with the account's key, is used instead of ours."""
        for clock in ("-10m", "+10m"):
            with world.kerberos_courier(clock=clock) as c:
                self.assertEqual(c.bind("marie", PASSWORD)["dn"], user_dn("marie"))


if __name__ == "__main__":
    unittest.main()
