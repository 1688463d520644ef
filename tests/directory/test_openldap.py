"""The ldap courier and a real slapd: who gets in, with which groups, and what happens when a server does not."""
import base64
import os
import shutil
import socket
import tempfile
import time
import unittest

from authority import Authority, free_port, write
from courier import Courier, Refused
from openldap import BASE, DEEP, ELECTED, GROUPS, LEVELS, PASSWORD, PEOPLE, SERVICE, SERVICE_PASSWORD, WIDTH, Slapd, people_dn

WALK_LEVELS = 16
world = None


class World:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="guichet-directory-")
        self.authority = Authority(self.folder)
        self.stranger = Authority(self.folder, "stranger")
        self.password = write(f"{self.folder}/password", SERVICE_PASSWORD + "\n", 0o400)
        self.first = Slapd(self.folder, self.authority, "first")
        self.second = Slapd(self.folder, self.authority, "second")

    def courier(self, *urls, ca=None, password=None, **changes):
        settings = {"directory_url": list(urls) or [self.first.url], "directory_kind": "openldap", "directory_base": PEOPLE,
                    "directory_groups_base": GROUPS, "directory_bind_dn": SERVICE, "directory_timeout_ms": "1000"}
        settings.update(changes)
        return Courier(settings, password or self.password, ca or self.authority.path)

    def close(self):
        self.first.close()
        self.second.close()
        shutil.rmtree(self.folder)


def setUpModule():
    global world
    world = World()


def tearDownModule():
    world.close()


class Case(unittest.TestCase):
    def refused(self, slug, do, *arguments, **options):
        with self.assertRaises(Refused) as caught:
            do(*arguments, **options)
        self.assertEqual(str(caught.exception), slug)


class People(Case):
    @classmethod
    def setUpClass(cls):
        cls.courier = world.courier()

    @classmethod
    def tearDownClass(cls):
        cls.courier.close()

    def test_a_person_signs_in_and_groups_that_go_round_are_each_there_once(self):
        marie = self.courier.bind("marie", PASSWORD)
        self.assertEqual((marie["login"], marie["mail"], marie["state"], marie["dn"]), ("marie", "marie@ville.test", "active", people_dn("marie")))
        self.assertRegex(marie["key"], r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
        self.assertEqual(sorted(name for _, name in marie["groups"]), ["etat-civil", "etat-civil-instructeurs", "tous"])

    def test_the_key_finds_the_same_person_without_a_password(self):
        marie = self.courier.bind("MARIE", PASSWORD)
        self.assertEqual(self.courier.find(key=marie["key"]), marie)
        self.assertEqual(self.courier.find(login="marie"), marie)

    def test_two_hundred_groups_are_found_in_few_questions(self):
        began = time.monotonic()
        self.assertEqual(len(self.courier.bind("nadia", PASSWORD)["groups"]), LEVELS * WIDTH)
        self.assertLess(time.monotonic() - began, 1)

    def test_groups_nested_too_deep_give_nothing(self):
        self.assertGreater(DEEP, WALK_LEVELS)
        self.assertEqual(len(self.courier.bind("deep", PASSWORD)["groups"]), WALK_LEVELS)

    def test_who_is_in_no_group_is_known_all_the_same(self):
        self.assertEqual(self.courier.bind("alone", PASSWORD)["groups"], [])

    def test_a_wrong_password_is_refused_and_nothing_else_is(self):
        self.refused("directory.password", self.courier.bind, "alone", "wrong")
        self.assertEqual(self.courier.bind("alone", PASSWORD)["login"], "alone")

    def test_an_empty_password_is_no_sign_in(self):
        self.refused("directory.password.empty", self.courier.bind, "marie", "")

    def test_what_cannot_be_a_password_is_refused(self):
        for password in ("\0", "a\0b", "x" * 1025, b"\xff"):
            self.refused("directory.password.shape", self.courier.bind, "marie", password)

    def test_what_cannot_be_a_login_never_reaches_the_directory(self):
        for login in ("", "*", "marie*", "m(", ")(uid=*", "marie)(objectClass=*", "a\\2a", "\0marie", "marie\0", "mar\nie", " marie", "marie ",
                      "uid=marie", "marie,ou=agents", "a+b", "<x>", "a;b", "#a", 'a"b', "x" * 255, b"\xff\xfe"):
            self.refused("directory.login", self.courier.bind, login, PASSWORD)

    def test_nobody_is_refused(self):
        self.refused("directory.unknown", self.courier.bind, "nobody", PASSWORD)
        self.refused("directory.unknown", self.courier.find, login="nobody")
        self.refused("directory.unknown", self.courier.find, key="00000000-0000-0000-0000-000000000000")

    def test_a_key_that_is_none_is_refused(self):
        for key in ("x", "*", "00000000-0000-0000-0000-00000000000*", "00000000-0000-0000-0000-0000000000000"):
            self.refused("directory.key", self.courier.find, key=key)
        self.refused("directory.key", self.courier.find)
        self.refused("directory.key", self.courier.find, key="00000000-0000-0000-0000-000000000000", login="marie")

    def test_who_must_change_the_password_is_told_so(self):
        self.refused("directory.must_change", self.courier.bind, "reset", PASSWORD)
        self.assertEqual(self.courier.find(login="reset")["state"], "must_change")

    def test_who_is_locked_for_ever_is_disabled(self):
        self.refused("directory.locked", self.courier.bind, "banned", PASSWORD)
        self.assertEqual(self.courier.find(login="banned")["state"], "disabled")

    def test_who_guessed_too_often_is_locked_by_the_directory(self):
        for _ in range(3):
            self.refused("directory.password", self.courier.bind, "loser", "wrong")
        self.refused("directory.locked", self.courier.bind, "loser", PASSWORD)

    def test_the_directory_of_another_place_is_not_asked(self):
        with world.courier(directory_base=f"ou=ailleurs,{PEOPLE}") as c:
            self.refused("directory.referral", c.bind, "marie", PASSWORD)

    def test_two_people_with_one_mail_address_do_not_sign_in_by_it(self):
        with world.courier(directory_login_attribute="mail") as c:
            self.refused("directory.two", c.bind, "jean@ville.test", PASSWORD)
            self.assertEqual(c.bind("marie@ville.test", PASSWORD)["dn"], people_dn("marie"))
            self.refused("directory.two", c.find, login="jean@ville.test")
            for address in ("double@ville.test", "second@ville.test", "Third@ville.test"):
                self.assertEqual(c.bind(address, PASSWORD)["login"], address.lower())

    def test_who_moved_is_found_by_the_key(self):
        key = self.courier.find(login="paul")["key"]
        world.first.change(f"dn: {people_dn('paul')}\nchangetype: modrdn\nnewrdn: uid=paul\ndeleteoldrdn: 1\nnewsuperior: {GROUPS}\n")
        try:
            self.refused("directory.unknown", self.courier.find, key=key)
            with world.courier(directory_base=BASE) as c:
                self.assertEqual(c.find(key=key)["dn"], f"uid=paul,{GROUPS}")
        finally:
            world.first.change(f"dn: uid=paul,{GROUPS}\nchangetype: modrdn\nnewrdn: uid=paul\ndeleteoldrdn: 1\nnewsuperior: {PEOPLE}\n")

    def test_who_moved_from_one_base_to_another_stays_the_same_person(self):
        with world.courier(directory_base=[PEOPLE, ELECTED]) as c:
            paul = c.bind("paul", PASSWORD)
            world.first.change(f"dn: {people_dn('paul')}\nchangetype: modrdn\nnewrdn: uid=paul\ndeleteoldrdn: 1\nnewsuperior: {ELECTED}\n")
            try:
                moved = c.bind("paul", PASSWORD)
                self.assertEqual((moved["key"], moved["dn"]), (paul["key"], f"uid=paul,{ELECTED}"))
                self.assertEqual(c.find(key=paul["key"])["dn"], moved["dn"])
                # Groups name DNs: whoever moves somebody keeps them true, or they give nothing.
                self.assertEqual(moved["groups"], [])
            finally:
                world.first.change(f"dn: uid=paul,{ELECTED}\nchangetype: modrdn\nnewrdn: uid=paul\ndeleteoldrdn: 1\nnewsuperior: {PEOPLE}\n")
            self.assertEqual(c.bind("paul", PASSWORD), paul)

    def test_one_login_in_two_bases_is_two_people_and_neither_signs_in(self):
        twin = f"uid=twin,{PEOPLE}", f"uid=twin,{ELECTED}"
        add = "".join(f"dn: {dn}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: twin\ncn: Twin\nsn: Twin\nuserPassword: {PASSWORD}\n\n" for dn in twin)
        world.first.change(add)
        try:
            with world.courier(directory_base=[PEOPLE, ELECTED]) as c:
                self.refused("directory.two", c.bind, "twin", PASSWORD)
                self.assertEqual(c.bind("marie", PASSWORD)["dn"], people_dn("marie"))
            # The same entry below two bases is one: the inner base adds nothing.
            with world.courier(directory_base=[PEOPLE, BASE]) as c:
                self.assertEqual(c.bind("marie", PASSWORD)["dn"], people_dn("marie"))
        finally:
            world.first.change("".join(f"dn: {dn}\nchangetype: delete\n\n" for dn in twin))

    def test_who_left_the_group_has_lost_it_at_the_next_question(self):
        self.assertEqual([n for _, n in self.courier.find(login="paul")["groups"]], ["etrangers"])
        world.first.change(f"dn: cn=etrangers,{GROUPS}\nchangetype: modify\nreplace: member\nmember: {people_dn('alone')}\n")
        try:
            self.assertEqual(self.courier.find(login="paul")["groups"], [])
        finally:
            world.first.change(f"dn: cn=etrangers,{GROUPS}\nchangetype: modify\nreplace: member\nmember: {people_dn('paul')}\n")

    def test_groups_of_two_bases_count_together(self):
        mine = f"cn=conseil,{ELECTED}"
        world.first.change(f"dn: {mine}\nchangetype: add\nobjectClass: groupOfNames\ncn: conseil\nmember: cn=tous,{GROUPS}\n")
        try:
            with world.courier(directory_groups_base=[GROUPS, ELECTED]) as c:
                self.assertIn((mine, "conseil"), c.find(login="marie")["groups"])
            self.assertNotIn((mine, "conseil"), self.courier.find(login="marie")["groups"])
        finally:
            world.first.change(f"dn: {mine}\nchangetype: delete\n")

    def test_a_group_with_accents_is_named_by_its_letters(self):
        dn = f"cn=Élections,{GROUPS}"
        coded = base64.b64encode(dn.encode()).decode()
        world.first.change(f"dn:: {coded}\nchangetype: add\nobjectClass: groupOfNames\nmember: {people_dn('alone')}\n")
        try:
            # The capital is small in the DN, where its case does not count.
            self.assertEqual(self.courier.find(login="alone")["groups"], [(f"cn=élections,{GROUPS}", "Élections")])
        finally:
            world.first.change(f"dn:: {coded}\nchangetype: delete\n")

    def test_the_courier_opens_no_file_of_its_own(self):
        with open(f"/proc/{self.courier.process.pid}/status", encoding="utf-8") as f:
            status = f.read()
        self.assertIn("Seccomp:\t2", status)
        self.assertIn("NoNewPrivs:\t1", status)
        links = [os.readlink(f"/proc/{self.courier.process.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{self.courier.process.pid}/fd")]
        self.assertEqual([l for l in links if l.startswith("/") and not l.startswith("/dev/")], [])


class Servers(Case):
    def test_starttls_does_as_well(self):
        with world.courier(world.first.plain_url, directory_starttls="true") as c:
            self.assertEqual(c.bind("marie", PASSWORD)["login"], "marie")

    def test_a_server_is_found_by_name_and_its_certificate_is_for_that_name(self):
        # Not "localhost": there libldap looks for the machine's own name in the certificate.
        name = socket.gethostname()
        with open("/etc/hosts", encoding="utf-8") as f:
            if not any(l.split()[0] == "127.0.0.1" and name in l.split()[1:] for l in f if l.strip()):
                self.skipTest(f"/etc/hosts has no 127.0.0.1 for {name}")
        named = Slapd(world.folder, world.authority, "named", f"DNS:{name}")
        try:
            with world.courier(f"ldaps://{name}:{named.port}") as c:
                self.assertEqual(c.bind("marie", PASSWORD)["login"], "marie")
            with world.courier(f"ldaps://127.0.0.1:{named.port}") as c:
                self.refused("directory.tls", c.bind, "marie", PASSWORD)
            with world.courier(f"ldaps://no-such-host.invalid:{named.port}", directory_timeout_ms="5000") as c:
                self.refused("directory.gone", c.bind, "marie", PASSWORD)
        finally:
            named.close()

    def test_nothing_is_said_in_the_clear(self):
        with world.courier(world.first.plain_url) as c:
            self.refused("directory.tls", c.bind, "marie", PASSWORD)

    def test_a_stranger_s_certificate_is_refused(self):
        for url, starttls in ((world.first.url, "false"), (world.first.plain_url, "true")):
            with world.courier(url, ca=world.stranger.path, directory_starttls=starttls) as c:
                self.refused("directory.tls", c.bind, "marie", PASSWORD)

    def test_a_certificate_for_another_name_is_refused(self):
        other = Slapd(world.folder, world.authority, "other", "DNS:autre.example")
        try:
            for url, starttls in ((other.url, "false"), (other.plain_url, "true")):
                with world.courier(url, directory_starttls=starttls) as c:
                    self.refused("directory.tls", c.bind, "marie", PASSWORD)
        finally:
            other.close()

    def test_a_wrong_password_of_ours_is_said_and_the_second_server_is_spared(self):
        path = write(f"{world.folder}/wrong", "wrong", 0o400)
        with world.courier(world.first.url, world.second.url, password=path) as c:
            self.refused("directory.credential", c.bind, "marie", PASSWORD)

    def test_a_base_that_is_not_there_is_said(self):
        with world.courier(directory_base=f"ou=nowhere,{BASE}") as c:
            self.refused("directory.base", c.bind, "marie", PASSWORD)

    def test_no_server_is_said_at_once(self):
        with world.courier(f"ldaps://127.0.0.1:{free_port()}") as c:
            began = time.monotonic()
            self.refused("directory.gone", c.bind, "marie", PASSWORD)
            self.assertLess(time.monotonic() - began, 1)

    def test_the_second_server_answers_for_one_that_is_away(self):
        with world.courier(f"ldaps://127.0.0.1:{free_port()}", world.second.url) as c:
            self.assertEqual(c.bind("marie", PASSWORD)["login"], "marie")

    def test_the_second_server_answers_for_one_that_hangs_and_only_the_first_wait_is_long(self):
        with world.courier(world.first.url, world.second.url) as c:
            self.assertEqual(c.bind("marie", PASSWORD)["login"], "marie")
            world.first.hang()
            try:
                began = time.monotonic()
                self.assertEqual(c.bind("marie", PASSWORD)["login"], "marie")
                self.assertLess(time.monotonic() - began, 2.5)
                began = time.monotonic()
                self.assertEqual(c.bind("marie", PASSWORD)["login"], "marie")
                self.assertLess(time.monotonic() - began, 0.5)
            finally:
                world.first.go_on()

    def test_a_lone_server_that_hangs_costs_its_time_limit(self):
        for url, starttls in ((world.first.url, "false"), (world.first.plain_url, "true")):
            with world.courier(url, directory_starttls=starttls) as c:
                world.first.hang()
                try:
                    began = time.monotonic()
                    self.refused("directory.late", c.bind, "marie", PASSWORD)
                    self.assertLess(time.monotonic() - began, 2)
                finally:
                    world.first.go_on()
                self.assertEqual(c.bind("marie", PASSWORD)["login"], "marie")

    def test_a_server_whose_certificate_changed_is_believed_only_when_our_authority_signed_it(self):
        other = Slapd(world.folder, world.authority, "renewed")
        try:
            with world.courier(other.url) as c:
                self.assertEqual(c.bind("marie", PASSWORD)["login"], "marie")
                for authority, slug in ((world.authority, None), (world.stranger, "directory.tls"), (world.authority, None)):
                    other.close()
                    other.use_certificate(*authority.issue("renewed-again"))
                    other.start()
                    if slug:
                        self.refused(slug, c.bind, "marie", PASSWORD)
                    else:
                        self.assertEqual(c.bind("marie", PASSWORD)["login"], "marie")
        finally:
            other.close()

    def test_a_server_that_was_restarted_is_connected_to_again(self):
        with world.courier() as c:
            self.assertEqual(c.bind("marie", PASSWORD)["login"], "marie")
            world.first.close()
            world.first.start()
            self.assertEqual(c.bind("marie", PASSWORD)["login"], "marie")


class SelfCheck(Case):
    def outcomes(self, courier, login=""):
        with courier as c:
            steps, person = c.check(login)
        return [(name.split(" ")[0], outcome) for name, _, outcome in steps], " ".join(w for _, w, _ in steps), person

    def test_when_all_is_well_every_step_says_so(self):
        outcomes, words, person = self.outcomes(world.courier(world.first.url, world.second.url), "marie")
        self.assertEqual([o for _, o in outcomes], ["works"] * len(outcomes))
        self.assertEqual([n for n, _ in outcomes], ["server", "sign-in", "server", "sign-in", "people", "groups", "person", "groups"])
        self.assertEqual(len(person["groups"]), 3)
        self.assertIn("may sign in", words)

    def test_each_failure_has_its_own_words(self):
        wrong = write(f"{world.folder}/wrong-again", "wrong", 0o400)
        cases = [
            (world.courier(f"ldaps://127.0.0.1:{free_port()}"), "", "server", "firewall"),
            (world.courier(ca=world.stranger.path), "", "server", "directory_ca"),
            (world.courier(password=wrong), "", "sign-in", "directory_password"),
            (world.courier(directory_base=f"ou=nowhere,{BASE}"), "", "people", "no such entry"),
            (world.courier(directory_groups_base=f"ou=nowhere,{BASE}"), "", "groups", "no such entry"),
            (world.courier(), "nobody", "person", "nobody has this login"),
            (world.courier(), "*", "person", "cannot be a login"),
            (world.courier(), "banned", "person", "disabled"),
            (world.courier(directory_login_attribute="mail"), "jean@ville.test", "person", "several entries"),
        ]
        for courier, login, step, word in cases:
            outcomes, words, _ = self.outcomes(courier, login)
            self.assertIn((step, "fails"), outcomes)
            self.assertIn(word, words)


if __name__ == "__main__":
    unittest.main()
