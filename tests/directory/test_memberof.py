"""Groups read from memberOf: all of them in one question of an OpenLDAP that nests them, and a setting that is wrong is told."""
import base64
import shutil
import tempfile
import unittest

from authority import Authority, write
from courier import Courier, Refused
from directory import DirectoryError
from openldap import BASE, DEEP, ELECTED, GROUPS, LEVELS, PASSWORD, PEOPLE, SERVICE, SERVICE_PASSWORD, WIDTH, Slapd, group_dn, people_dn

DYNLIST = "include /etc/ldap/schema/dyngroup.schema\nmoduleload dynlist"
NESTED = "overlay dynlist\ndynlist-attrset groupOfURLs memberURL member+memberOf@groupOfNames*"
MARKED = "overlay dynlist\ndynlist-attrset groupOfURLs memberURL member+memberOf@labeledURIObject*"
world = None


class Told(Slapd):
    """Writes down what it is asked."""

    def start(self):
        self.log = f"{self.folder}/log"
        with open(self.log, "ab") as log:
            return super().start(log, "stats")

    def questions(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return [line.split("SRCH base=")[1] for line in f if "SRCH base=" in line]


class World:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="guichet-memberof-")
        self.authority = Authority(self.folder)
        self.password = write(f"{self.folder}/password", SERVICE_PASSWORD, 0o400)
        self.slapd = self.server("nested", DYNLIST, NESTED)

    def server(self, name, modules="", overlays=""):
        return Told(self.folder, self.authority, name, modules=modules, overlays=overlays)

    def courier(self, slapd=None, **changes):
        settings = {"directory_url": (slapd or self.slapd).url, "directory_kind": "openldap", "directory_base": PEOPLE,
                    "directory_groups_base": GROUPS, "directory_bind_dn": SERVICE, "directory_timeout_ms": "1000", "directory_memberof": "true"}
        settings.update(changes)
        return Courier(settings, self.password, self.authority.path)

    def close(self):
        self.slapd.close()
        shutil.rmtree(self.folder)


def setUpModule():
    global world
    world = World()


def tearDownModule():
    world.close()


def add_group(dn, *members):
    name = dn.split(",")[0].split("=")[1]
    return f"dn: {dn}\nchangetype: add\nobjectClass: groupOfNames\ncn: {name}\n" + "".join(f"member: {m}\n" for m in members) + "\n"


def delete(*dns):
    return "".join(f"dn: {dn}\nchangetype: delete\n\n" for dn in dns)


def encoded(dn):
    return base64.b64encode(dn.encode()).decode()


def move(dn, to):
    return f"dn: {dn}\nchangetype: modrdn\nnewrdn: {dn.split(',')[0]}\ndeleteoldrdn: 1\nnewsuperior: {to}\n"


class Nested(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.courier, cls.walker = world.courier(), world.courier(directory_memberof="false")

    @classmethod
    def tearDownClass(cls):
        cls.courier.close()
        cls.walker.close()

    def asked(self, do, *arguments, **options):
        before = len(world.slapd.questions())
        got = do(*arguments, **options)
        return got, world.slapd.questions()[before:]

    def same_as_walked(self, login):
        """But for the case of letters, which slapd 2.5 does not tell in memberOf."""
        told, walked = self.courier.find(login=login), self.walker.find(login=login)
        self.assertEqual(*[sorted((dn.lower(), name.lower()) for dn, name in person.pop("groups")) for person in (told, walked)])
        self.assertEqual(told, walked)

    def test_groups_through_three_levels_and_a_cycle_are_those_of_a_walk(self):
        marie = self.courier.bind("marie", PASSWORD)
        self.assertEqual(sorted(marie["groups"]), sorted((group_dn(n), n) for n in ("etat-civil", "etat-civil-instructeurs", "tous")))
        for login in ("marie", "paul", "alone", "nadia"):
            self.same_as_walked(login)

    def test_two_hundred_groups_are_one_question(self):
        nadia, questions = self.asked(self.courier.find, login="nadia")
        self.assertEqual(len(nadia["groups"]), LEVELS * WIDTH)
        self.assertEqual(len(questions), 2, questions)              # the person, and the groups
        self.assertTrue(questions[1].startswith(f'"{people_dn("nadia")}" scope=0'), questions[1])
        _, walked = self.asked(self.walker.find, login="nadia")
        self.assertGreater(len(walked), LEVELS)

    def test_no_group_is_asked_for_before_the_password_holds(self):
        before = len(world.slapd.questions())
        with self.assertRaises(Refused) as caught:
            self.courier.bind("alone", "wrong")
        self.assertEqual(str(caught.exception), "directory.password")
        self.assertEqual(len(world.slapd.questions()) - before, 1)

    def test_who_is_in_no_group_is_known_all_the_same(self):
        self.assertEqual(self.courier.bind("alone", PASSWORD)["groups"], [])

    def test_who_left_the_group_has_lost_it_and_what_follows_at_the_next_question(self):
        instructors = group_dn("etat-civil-instructeurs")
        members = (people_dn("marie"), group_dn("tous"))

        def set_members(*dns):
            world.slapd.change(f"dn: {instructors}\nchangetype: modify\nreplace: member\n" + "".join(f"member: {m}\n" for m in dns))

        set_members(members[1])
        try:
            self.assertEqual(self.courier.find(login="marie")["groups"], [])
        finally:
            set_members(*members)
        self.assertEqual(len(self.courier.find(login="marie")["groups"]), 3)

    def test_who_moved_is_in_no_group_until_the_groups_follow(self):
        key, moved = self.courier.find(login="paul")["key"], f"uid=paul,{ELECTED}"
        world.slapd.change(move(people_dn("paul"), ELECTED))
        try:
            with world.courier(directory_base=[PEOPLE, ELECTED]) as c:
                self.assertEqual((c.find(key=key)["dn"], c.find(key=key)["groups"]), (moved, []))
                world.slapd.change(f"dn: {group_dn('etrangers')}\nchangetype: modify\nreplace: member\nmember: {moved}\n")
                self.assertEqual([n for _, n in c.find(key=key)["groups"]], ["etrangers"])
        finally:
            world.slapd.change(f"dn: {group_dn('etrangers')}\nchangetype: modify\nreplace: member\nmember: {people_dn('paul')}\n")
            world.slapd.change(move(moved, PEOPLE))

    def test_groups_outside_the_base_count_for_nothing_but_what_leads_through_them_does(self):
        outside, beyond = f"cn=conseil,{ELECTED}", group_dn("au-dela")
        world.slapd.change(add_group(outside, people_dn("alone")))
        try:
            self.assertEqual(self.courier.find(login="alone")["groups"], [])
            world.slapd.change(add_group(beyond, outside))
            try:
                self.assertEqual(self.courier.find(login="alone")["groups"], [(beyond, "au-dela")])
                steps, _ = self.courier.check("alone")
                self.assertEqual(steps[-1][2], "works")
                self.assertIn("outside directory_groups_base", steps[-1][1])
                with world.courier(directory_groups_base=[GROUPS, ELECTED]) as c:
                    self.assertEqual(len(c.find(login="alone")["groups"]), 2)
            finally:
                world.slapd.change(delete(beyond))
        finally:
            world.slapd.change(delete(outside))

    def test_accents_and_capitals_in_the_name_of_a_group_or_of_its_base_lose_nobody(self):
        base, name = f"ou=Équipes,{BASE}", "Élections et État civil"
        group = f"cn={name},{base}"
        world.slapd.change(f"dn:: {encoded(base)}\nchangetype: add\nobjectClass: organizationalUnit\n\n"
                           f"dn:: {encoded(group)}\nchangetype: add\nobjectClass: groupOfNames\nmember: {people_dn('alone')}\n")
        try:
            for memberof in ("true", "false"):
                with world.courier(directory_groups_base=base, directory_memberof=memberof) as c:
                    (dn, told), = c.find(login="alone")["groups"]
                    self.assertEqual((dn.lower(), told.lower()), (group.lower(), name.lower()))
                    steps, _ = c.check("alone")
                    self.assertEqual([outcome for _, _, outcome in steps], ["works"] * len(steps), steps)
        finally:
            world.slapd.change("".join(f"dn:: {encoded(dn)}\nchangetype: delete\n\n" for dn in (group, base)))

    def test_nobody_can_write_a_membership_of_their_own(self):
        with self.assertRaises(DirectoryError):
            world.slapd.change(f"dn: {people_dn('paul')}\nchangetype: modify\nadd: memberOf\nmemberOf: {group_dn('tous')}\n")

    def test_a_group_s_name_is_read_out_of_its_dn_as_it_is_meant(self):
        dn = f"cn=Accueil\\2C \"Nord\" + état,{GROUPS}".replace('"', '\\22').replace("+", "\\2B")
        world.slapd.change(f"dn:: {encoded(dn)}\nchangetype: add\nobjectClass: groupOfNames\nmember: {people_dn('alone')}\n")
        try:
            (found, name), = self.courier.find(login="alone")["groups"]
            self.assertEqual(name.lower(), 'accueil, "nord" + état')
            self.same_as_walked("alone")
        finally:
            world.slapd.change(f"dn:: {encoded(found)}\nchangetype: delete\n")

class SelfCheck(unittest.TestCase):
    def last_step(self, login, slapd=None, **changes):
        with world.courier(slapd, **changes) as c:
            steps, person = c.check(login)
        return steps[-1], person

    def test_when_all_is_well_it_says_so(self):
        (name, words, outcome), person = self.last_step("marie")
        self.assertEqual((name, outcome, len(person["groups"])), ("memberOf of marie", "works", 3))
        self.assertIn("nested ones included", words)

    def test_somebody_without_nested_groups_proves_nothing(self):
        (_, words, outcome), _ = self.last_step("paul")
        self.assertEqual(outcome, "works")
        self.assertIn("look at somebody who is in one through another", words)

    def test_groups_deeper_than_a_walk_goes_are_told(self):
        (_, words, outcome), person = self.last_step("deep")
        self.assertEqual((outcome, len(person["groups"])), ("works", DEEP))
        self.assertIn(f"and {DEEP - 16} that are not found from group to group", words)

    def test_without_the_setting_nothing_is_compared(self):
        (name, words, _), _ = self.last_step("marie", directory_memberof="false")
        self.assertEqual((name, words), ("groups of marie", "3, nested ones included"))

    def test_a_server_that_knows_direct_groups_alone_is_found_out(self):
        servers = [("direct", DYNLIST, NESTED.rstrip("*"), 2), ("stored", "moduleload memberof", "overlay memberof", 2), ("without", "", "", 3)]
        for name, modules, overlays, lost in servers:
            slapd = world.server(name, modules, overlays)
            try:
                # The overlay memberof writes when a group is written, not when the database was loaded.
                instructors = group_dn("etat-civil-instructeurs")
                slapd.change(f"dn: {instructors}\nchangetype: modify\nreplace: member\nmember: {people_dn('marie')}\nmember: {group_dn('tous')}\n")
                (step, words, outcome), person = self.last_step("marie", slapd)
                with self.subTest(name):
                    self.assertEqual((step, outcome, len(person["groups"])), ("memberOf of marie", "fails", 3 - lost))
                    self.assertIn(f"lacks {lost} of the 3 groups", words)
                    self.assertIn("directory_memberof", words)
            finally:
                slapd.close()

    def test_groups_that_carry_a_mark_alone_are_told_and_the_others_missed(self):
        """What a large directory may want: see schemas/ldap/README.md."""
        slapd = world.server("marked", DYNLIST, MARKED)
        try:
            names = ("etat-civil-instructeurs", "etat-civil", "tous")
            for n, name in enumerate(names):
                (_, _, outcome), person = self.last_step("marie", slapd)
                self.assertEqual((outcome, len(person["groups"])), ("fails", n))
                slapd.change(f"dn: {group_dn(name)}\nchangetype: modify\nadd: objectClass\nobjectClass: labeledURIObject\n")
            (_, words, outcome), person = self.last_step("marie", slapd)
            self.assertEqual((outcome, len(person["groups"])), ("works", 3), words)
        finally:
            slapd.close()


if __name__ == "__main__":
    unittest.main()
