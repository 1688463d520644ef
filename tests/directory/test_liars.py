"""The ldap courier and servers that lie, flood, stall and close: one clear refusal each, and the courier goes on."""
import shutil
import socket
import tempfile
import threading
import time
import unittest

import liar
from authority import Authority, write
from courier import Courier, Refused
from liar import BIND_RESPONSE, DONE, INVALID_CREDENTIALS, REFERENCE, REFERRAL, SUCCESS, Liar, entry, message, octets, result, slowly, tlv

BASE, GROUPS = "ou=agents,dc=ville,dc=test", "ou=groupes,dc=ville,dc=test"
KEY = "5e0d5d2e-7f3c-4f43-9a55-000000000001"
MARIE = {"entryUUID": [KEY], "uid": ["marie"], "cn": ["Marie"], "mail": ["marie@ville.test"]}
AD_MARIE = {"objectGUID": [bytes(range(16))], "sAMAccountName": ["marie"], "cn": ["Marie"], "userAccountControl": ["512"], "pwdLastSet": ["1"]}
folder = authority = password = certificate = None


def setUpModule():
    global folder, authority, password, certificate
    folder = tempfile.mkdtemp(prefix="guichet-liars-")
    authority = Authority(folder)
    password = write(f"{folder}/password", "TEST-ONLY-service", 0o400)
    certificate = authority.issue("liar")


def tearDownModule():
    shutil.rmtree(folder)


def dn(name="marie"):
    return f"uid={name},{BASE}"


def answers(*people, groups=(), done=None, then=b""):
    """An honest shape with these entries in it."""
    def script(number, base, send):
        for one in people if base == BASE else groups:
            send(message(number, one))
        send(message(number, done or result(DONE, SUCCESS)) + then)
    return script


class Case(unittest.TestCase):
    def courier(self, server, **changes):
        settings = {"directory_url": server.url, "directory_kind": "openldap", "directory_base": BASE, "directory_groups_base": GROUPS,
                    "directory_bind_dn": "cn=guichet,dc=ville,dc=test", "directory_timeout_ms": "800"}
        settings.update(changes)
        return Courier(settings, password, authority.path)

    def outcome(self, script, on_bind=None, **changes):
        with Liar(*certificate, script, on_bind) as server, self.courier(server, **changes) as c:
            began = time.monotonic()
            try:
                got = c.bind("marie", "TEST-ONLY-marie")
            except Refused as e:
                got = str(e)
            self.assertLess(time.monotonic() - began, 4)
            self.assertTrue(c.alive())
            return got


class Liars(Case):
    def test_an_honest_answer_is_read(self):
        got = self.outcome(answers(entry(dn(), MARIE), groups=[entry(f"cn=g,{GROUPS}", {"cn": ["g"]})]))
        self.assertEqual((got["key"], got["groups"]), (KEY, [(f"cn=g,{GROUPS}", "g")]))

    def test_what_cannot_be_is_refused(self):
        cases = {
            "two entries": (answers(entry(dn(), MARIE), entry(dn("m2"), MARIE)), "directory.two"),
            "an entry of another place": (answers(entry("uid=marie,ou=ailleurs,dc=ville,dc=test", MARIE)), "directory.answer"),
            "a base that only ends alike": (answers(entry("uid=marie,xou=agents,dc=ville,dc=test", MARIE)), "directory.answer"),
            "a DN that is none": (answers(entry("marie", MARIE)), "directory.answer"),
            "another person": (answers(entry(dn("paul"), dict(MARIE, uid=["paul"]))), "directory.unknown"),
            "no login": (answers(entry(dn(), {"entryUUID": [KEY]})), "directory.unknown"),
            "no key": (answers(entry(dn(), {"uid": ["marie"]})), "directory.answer"),
            "a key that is none": (answers(entry(dn(), dict(MARIE, entryUUID=["marie"]))), "directory.answer"),
            "a line break in a name": (answers(entry(dn(), dict(MARIE, cn=["a\nb"]))), "directory.answer"),
            "no UTF-8 in a DN": (answers(entry(b"uid=mar\\ff,ou=agents,dc=ville,dc=test", MARIE)), "directory.answer"),
            "a line break in a DN": (answers(entry("uid=mar\\0aie,ou=agents,dc=ville,dc=test", MARIE)), "directory.answer"),
            "no UTF-8": (answers(entry(dn(), dict(MARIE, cn=[b"\xff"]))), "directory.answer"),
            "a value of 10 MB": (answers(entry(dn(), dict(MARIE, cn=["x" * 10_000_000]))), "directory.size"),
            "a value of 2 KB": (answers(entry(dn(), dict(MARIE, mail=["x" * 2000]))), "directory.size"),
            "10,000 people": (answers(*[entry(dn(f"m{i}"), MARIE) for i in range(10_000)]), "directory.two"),
            "10,000 groups": (answers(entry(dn(), MARIE), groups=[entry(f"cn=g{i},{GROUPS}", {"cn": [f"g{i}"]}) for i in range(10_000)]), "directory.size"),
            "a group of another place": (answers(entry(dn(), MARIE), groups=[entry("cn=admins,dc=autre", {"cn": ["admins"]})]), "directory.answer"),
            "a referral": (answers(done=result(DONE, REFERRAL, referral="ldap://127.0.0.1:1/")), "directory.referral"),
            "only a reference": (answers(tlv(REFERENCE, octets("ldap://127.0.0.1:1/"))), "directory.unknown"),
            "a result nobody knows": (answers(done=result(DONE, 80)), "directory.answer"),
            "no answer": (lambda number, base, send: None, "directory.late"),
            "an answer to another question": (lambda number, base, send: send(message(number + 7, result(DONE, SUCCESS))), "directory.late"),
        }
        for name, (script, slug) in cases.items():
            with self.subTest(name):
                self.assertEqual(self.outcome(script), slug)

    def member_of(self, *values, who=None, twice=False):
        told = entry(who or dn(), {"memberOf": list(values)})
        return self.outcome(answers(entry(dn(), MARIE), groups=[told] * (2 if twice else 1)), directory_memberof="true")

    def test_memberships_in_the_person_s_entry_are_read_within_the_same_bounds(self):
        got = self.member_of(f"cn=g,{GROUPS}", f"CN=G,{GROUPS}", "cn=admins,dc=autre", f"ou=h,{GROUPS}", f"ou=i+cn=j,{GROUPS}", GROUPS)
        self.assertEqual(got["groups"], [(f"cn=g,{GROUPS}", "g"), (f"ou=h,{GROUPS}", ""), (f"ou=i+cn=j,{GROUPS}", "j"), (GROUPS, "")])
        self.assertEqual(self.member_of()["groups"], [])
        self.assertEqual(len(self.member_of(*[f"cn=g{i},{GROUPS}" for i in range(512)])["groups"]), 512)
        # Thousands of groups elsewhere count for nothing, and cost nothing but their reading.
        self.assertEqual(len(self.member_of(*[f"cn=g{i},dc=autre" for i in range(10_000)], f"cn=g,{GROUPS}")["groups"]), 1)
        self.assertEqual(self.member_of(*[""] * 20_000)["groups"], [])

    def test_memberships_that_cannot_be_are_refused(self):
        cases = {
            "513 groups": (self.member_of(*[f"cn=g{i},{GROUPS}" for i in range(513)]), "directory.size"),
            "more than a message holds": (self.member_of(*[f"cn=g{i},dc=autre" for i in range(20_000)]), "directory.size"),
            "43 groups of 1 KB": (self.member_of(*[f"cn={i:03}{'x' * 960},{GROUPS}" for i in range(43)]), "directory.size"),
            "a name of 2 KB": (self.member_of(f"cn={'x' * 2000},{GROUPS}"), "directory.size"),
            "no DN": (self.member_of("g"), "directory.answer"),
            "a NUL": (self.member_of(f"cn=g\0,{GROUPS}"), "directory.answer"),
            "no UTF-8": (self.member_of(b"cn=\xff," + GROUPS.encode()), "directory.answer"),
            "a line break": (self.member_of(f"cn=a\\0ab,{GROUPS}"), "directory.answer"),
            "somebody else's": (self.member_of(f"cn=g,{GROUPS}", who=dn("paul")), "directory.answer"),
            "two entries": (self.member_of(f"cn=g,{GROUPS}", twice=True), "directory.size"),
        }
        for name, (got, slug) in cases.items():
            with self.subTest(name):
                self.assertEqual(got, slug)

    def test_who_is_moved_or_removed_between_two_questions_is_unknown(self):
        def script(code):
            def answer(number, base, send):
                answers(entry(dn(), MARIE), done=None if base == BASE else result(DONE, code))(number, base, send)
            return answer

        for code in (SUCCESS, 32):
            self.assertEqual(self.outcome(script(code), directory_memberof="true"), "directory.unknown")

    def test_groups_above_the_limit_in_pages_that_never_end_are_cut(self):
        page = tlv(0xa0, tlv(0x30, octets("1.2.840.113556.1.4.319") + octets(tlv(0x30, tlv(2, b"\0") + octets("more")))))

        def script(number, base, send):
            if base == BASE:
                return answers(entry(dn(), MARIE))(number, base, send)
            send(tlv(0x30, liar.integer(number) + result(DONE, SUCCESS) + page))

        self.assertEqual(self.outcome(script), "directory.late")

    def test_a_server_that_closes_in_the_middle_is_gone(self):
        def script(number, base, send):
            send(message(number, entry(dn(), MARIE))[:40])
            raise ConnectionError

        self.assertEqual(self.outcome(script), "directory.gone")

    def test_a_server_that_closes_after_each_answer_costs_a_connection_and_no_sign_in(self):
        class Closing(Liar):
            """Its end of the connection meets our next question on the way: before it, and after it."""
            def answer(self, s, number, tag, body):
                super().answer(s, number, tag, body)
                if tag == liar.SEARCH_REQUEST and self.groups_asked(body):
                    time.sleep(self.pause_s)
                    raise ConnectionError

            def groups_asked(self, body):
                return liar.split(body)[0][1].decode() == GROUPS

        for pause_s in (0, 0.02):
            with Closing(*certificate, answers(entry(dn(), MARIE))) as server, self.courier(server) as c:
                server.pause_s = pause_s
                for _ in range(12):
                    self.assertEqual(c.bind("marie", "TEST-ONLY-marie")["key"], KEY)

    def test_a_server_that_closes_on_a_password_is_not_sent_it_twice(self):
        def on_bind(number, who, word):
            if who.startswith("cn=guichet"):
                return message(number, result(BIND_RESPONSE, SUCCESS))
            raise ConnectionError

        with Liar(*certificate, answers(entry(dn(), MARIE)), on_bind) as server, self.courier(server) as c:
            for _ in range(3):
                with self.assertRaises(Refused) as caught:
                    c.bind("marie", "TEST-ONLY-marie")
                self.assertEqual(str(caught.exception), "directory.gone")
            self.assertEqual(len([who for who, _ in server.binds if who == dn()]), 3)

    def test_a_server_that_drips_is_late(self):
        self.assertEqual(self.outcome(lambda number, base, send: slowly(send, message(number, entry(dn(), MARIE)), 0.1)), "directory.late")

    def test_garbage_is_no_answer(self):
        for garbage in (b"\0" * 64, b"\xff" * 64, b"HTTP/1.1 400 Bad Request\r\n\r\n", tlv(0x30, b"\x02\x01\x01" + tlv(0x64, b"\x04\x7f"))):
            with self.subTest(garbage[:8]):
                self.assertIn(self.outcome(lambda number, base, send, g=garbage: send(g)), ("directory.gone", "directory.late", "directory.size", "directory.answer"))

    def test_a_yes_to_our_own_account_is_no_yes_to_a_person(self):
        def on_bind(number, who, word):
            return message(number, result(BIND_RESPONSE, SUCCESS if who.startswith("cn=guichet") else INVALID_CREDENTIALS))

        self.assertEqual(self.outcome(answers(entry(dn(), MARIE)), on_bind), "directory.password")

    def test_a_referral_in_answer_to_a_password_is_not_followed(self):
        def on_bind(number, who, word):
            return message(number, result(BIND_RESPONSE, SUCCESS) if who.startswith("cn=guichet") else
                           result(BIND_RESPONSE, REFERRAL, referral="ldap://127.0.0.1:1/"))

        self.assertEqual(self.outcome(answers(entry(dn(), MARIE)), on_bind), "directory.referral")

    def test_another_frame_than_ours_is_refused(self):
        with Liar(*certificate, answers()) as server, self.courier(server) as c:
            for kind in (0, 0x50, 0x57, 0x5b):
                with self.assertRaises(Refused) as caught:
                    c.ask(kind, b"")
                self.assertEqual(str(caught.exception), "directory.frame")
            with self.assertRaises(Refused) as caught:
                c.ask(0x58, b"\0")
            self.assertEqual(str(caught.exception), "frame.body")

    def test_an_unknown_name_costs_the_same_bind_and_no_empty_password_is_ever_sent(self):
        with Liar(*certificate, answers()) as server, self.courier(server) as c:
            with self.assertRaises(Refused):
                c.bind("ghost", "TEST-ONLY-ghost")
            with self.assertRaises(Refused):
                c.bind("ghost", "")
            self.assertEqual(server.binds[1:], [(f"cn=nobody ghost,{BASE}", "TEST-ONLY-ghost")])

    def test_a_server_that_never_shakes_hands_is_late_and_costs_nothing_meanwhile(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            held = []
            threading.Thread(target=lambda: held.append(silent.accept()), daemon=True).start()
            server = type("Silent", (), {"url": f"ldaps://127.0.0.1:{silent.getsockname()[1]}"})
            with self.courier(server) as c:
                before_s = c.cpu_s()
                with self.assertRaises(Refused) as caught:
                    c.bind("marie", "TEST-ONLY-marie")
                # It waited for 0.8 s: asleep, not asking again and again.
                self.assertLess(c.cpu_s() - before_s, 0.2)
            self.assertEqual(str(caught.exception), "directory.late")


class ActiveDirectory(Case):
    """The states that a domain controller tells in words of its own."""

    def ad(self, words=None, **attributes):
        def on_bind(number, who, word):
            refused = words and not who.startswith("cn=guichet")
            return message(number, result(BIND_RESPONSE, INVALID_CREDENTIALS if refused else SUCCESS, words or ""))

        person = {k: v if isinstance(v, list) else [v] for k, v in dict(AD_MARIE, **attributes).items()}
        return self.outcome(answers(entry(dn(), person)), on_bind, directory_kind="ad")

    def test_the_key_is_the_guid_as_windows_writes_it(self):
        self.assertEqual(self.ad()["key"], "03020100-0504-0706-0809-0a0b0c0d0e0f")

    def test_a_refused_password_is_told_apart_by_its_code(self):
        for code, slug in (("525", "password"), ("52e", "password"), ("530", "hours"), ("531", "hours"), ("532", "must_change"), ("533", "disabled"),
                           ("701", "expired"), ("773", "must_change"), ("775", "locked"), ("999", "password"), ("", "password")):
            words = f"80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data {code}, v3839"
            self.assertEqual(self.ad(words), f"directory.{slug}")

    def test_a_yes_does_not_help_an_account_that_is_not_active(self):
        self.assertEqual(self.ad(userAccountControl="514"), "directory.disabled")
        self.assertEqual(self.ad(accountExpires="130000000000000000"), "directory.expired")
        self.assertEqual(self.ad(pwdLastSet="0"), "directory.must_change")
        self.assertEqual(self.ad(**{"msDS-User-Account-Control-Computed": "16"}), "directory.locked")
        self.assertEqual(self.ad(userAccountControl=[]), "directory.answer")
        self.assertEqual(self.ad(objectGUID=[b"short"]), "directory.answer")


if __name__ == "__main__":
    unittest.main()
