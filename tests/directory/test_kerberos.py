"""The reading account that signs in by Kerberos, tied to its TLS connection: MIT's Kerberos server, and slapd that checks the tie."""
import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

import kerberos
from authority import FAKETIME, Authority
from courier import Courier, Refused
from kerberos import ACCOUNT, REALM, Faulty, Kdc, Relay
from liar import BIND_REQUEST, BIND_RESPONSE, Liar, message, octets, tlv
from openldap import GROUPS, PASSWORD, PEOPLE, SERVICE, Slapd, people_dn
from running_town import BUILD, IDP, Town

import state

# Whoever is no account of the directory may sign in, and reads nothing.
SASL = f"""sasl-host 127.0.0.1
sasl-realm {REALM}
authz-regexp uid=(guichet|short),cn=[^,]+,cn=gssapi,cn=auth {SERVICE}
"""
CHECKS, DOES_NOT = SASL + "sasl-cbinding tls-endpoint\n", SASL + "sasl-cbinding none\n"
HANG_S = 30
world = None


class World:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="guichet-kerberos-")
        self.authority = Authority(self.folder)
        self.kdc = Kdc(self.folder)
        self.keytab = self.kdc.add(ACCOUNT)
        self.service_keytab = self.kdc.add(kerberos.SERVICE)
        self.slapd = self.directory("slapd", CHECKS)

    def directory(self, name, modules, keytab=None, authority=None):
        return Slapd(self.folder, authority or self.authority, name, modules=modules,
                     environment=dict(self.kdc.environment, KRB5_KTNAME=keytab or self.service_keytab))

    def courier(self, keytab=None, clock=None, **changes):
        settings = {"directory_url": self.slapd.url, "directory_kind": "openldap", "directory_base": PEOPLE, "directory_groups_base": GROUPS,
                    "directory_principal": ACCOUNT, "directory_kdc": self.kdc.address, "directory_timeout_ms": "1000"}
        settings.update(changes)
        return Courier(settings, None, self.authority.path, clock, keytab or self.keytab)

    def close(self):
        self.slapd.close()
        self.kdc.stop()
        shutil.rmtree(self.folder)


def setUpModule():
    global world
    world = World()


def tearDownModule():
    world.close()


class Case(unittest.TestCase):
    def outcome(self, within_s=4, **changes):
        """The DN of who signs in, or the refusal."""
        with world.courier(**changes) as c:
            return self.outcome_of(c, within_s)

    def outcome_of(self, c, within_s=4):
        began = time.monotonic()
        try:
            return c.bind("marie", PASSWORD)["dn"]
        except Refused as e:
            return str(e)
        finally:
            self.assertLess(time.monotonic() - began, within_s)
            self.assertTrue(c.alive())


class Works(Case):
    def test_an_agent_signs_in_and_groups_are_read(self):
        with world.courier() as c:
            marie = c.bind("marie", PASSWORD)
            self.assertEqual((marie["dn"], len(marie["groups"])), (people_dn("marie"), 3))
            with self.assertRaises(Refused) as caught:
                c.bind("marie", "wrong")
        self.assertEqual(str(caught.exception), "directory.password")

    def test_starttls_is_tied_as_well(self):
        self.assertEqual(self.outcome(directory_url=world.slapd.plain_url, directory_starttls="true"), people_dn("marie"))

    def test_the_check_says_how_our_account_signs_in(self):
        with world.courier() as c:
            steps, person = c.check("marie")
        self.assertEqual({outcome for _, _, outcome in steps}, {"works"})
        said = {name: words for name, words, _ in steps}
        self.assertIn("by Kerberos; channel binding (tls-server-end-point)", said[f"sign-in there of {ACCOUNT}"])
        self.assertEqual(len(person["groups"]), 3)

    def test_the_tie_is_the_hash_that_the_certificate_names(self):
        for digest in ("sha384", "sha512"):
            with contextlib.closing(world.directory(f"slapd-{digest}", CHECKS, authority=Digest(world.authority, digest))) as other:
                self.assertEqual(self.outcome(directory_url=other.url), people_dn("marie"))

    @unittest.skipUnless(FAKETIME, "libfaketime is not installed")
    def test_our_own_clock_may_be_off(self):
        """The realm tells its time, proven by the account's key."""
        for clock in ("-10m", "+10m"):
            self.assertEqual(self.outcome(clock=clock), people_dn("marie"))

    def test_a_ticket_that_ended_is_replaced(self):
        keytab = world.kdc.add(f"short@{REALM}", '-maxlife "2 seconds"')

        def tickets():
            return world.kdc.log().count(f"short@{REALM} for {kerberos.SERVICE}")

        with world.courier(keytab, directory_principal=f"short@{REALM}") as c:
            for _ in range(3):
                self.assertEqual(self.outcome_of(c), people_dn("marie"))
            self.assertEqual(tickets(), 2)      # one for each of our connections serves all, while it holds
            time.sleep(2.1)
            self.assertEqual(self.outcome_of(c), people_dn("marie"))
            self.assertEqual(tickets(), 4)

    def test_a_connection_that_the_directory_closed_is_bound_again(self):
        with contextlib.closing(world.directory("slapd-again", CHECKS)) as other, world.courier(directory_url=other.url) as c:
            self.assertEqual(self.outcome_of(c), people_dn("marie"))
            other.stop()
            other.start()
            self.assertEqual(self.outcome_of(c), people_dn("marie"))


class Digest:
    """An authority that signs with another hash."""

    def __init__(self, authority, digest):
        self.authority, self.digest = authority, digest

    def issue(self, name, subject):
        return self.authority.issue(name, subject, digest=self.digest)


class InBetween(Case):
    """A relay with a certificate that we trust, for the right name: from a stolen key, or an authority that was fooled."""

    def relay(self, port=None, patient=0):
        return Relay(*world.authority.issue("relay"), port or world.slapd.port, patient)

    def whoami(self, url, binding):
        environment = dict(world.kdc.environment, KRB5CCNAME=f"FILE:{world.folder}/tickets", LDAPTLS_CACERT=world.authority.path, LDAPSASL_CBINDING=binding)
        subprocess.run(["kinit", "-k", "-t", world.keytab, ACCOUNT], env=environment, check=True, capture_output=True)
        done = subprocess.run(["ldapwhoami", "-Q", "-N", "-Y", "GSSAPI", "-O", "maxssf=0", "-H", url], env=environment, capture_output=True, text=True)
        return done.stdout.strip() or done.stderr

    def test_who_passes_our_messages_on_is_refused_and_hears_no_password(self):
        with self.relay() as relay:
            self.assertEqual(self.outcome(directory_url=relay.url), "directory.binding")
            self.assertIn(b"GSSAPI", relay.heard)
            self.assertNotIn(PASSWORD.encode(), relay.heard)

    def test_who_lets_our_own_connection_pass_hears_no_password_on_the_next(self):
        for name, slug in (("marie", "directory.binding"), ("nobody", "directory.binding")):
            with self.subTest(name), self.relay(patient=1) as relay, world.courier(directory_url=relay.url) as c:
                self.assertEqual(c.find(login="marie")["dn"], people_dn("marie"))
                with self.assertRaises(Refused) as caught:
                    c.bind(name, PASSWORD)
                self.assertEqual(str(caught.exception), slug)
                self.assertIn(b"GSSAPI", relay.heard)
                self.assertNotIn(PASSWORD.encode(), relay.heard)

    def test_it_is_not_passed_over_for_the_next_server(self):
        """Somebody has to look."""
        with self.relay() as relay:
            self.assertEqual(self.outcome(directory_url=[relay.url, world.slapd.url]), "directory.binding")

    def test_without_the_tie_the_same_relay_would_be_let_in(self):
        """With OpenLDAP's own client: the same account, the same directory, the same relay."""
        with self.relay() as relay:
            self.assertEqual(self.whoami(relay.url, "none"), f"dn:{SERVICE}")
            self.assertIn("Invalid credentials", self.whoami(relay.url, "tls-endpoint"))
            self.assertEqual(self.whoami(world.slapd.url, "tls-endpoint"), f"dn:{SERVICE}")

    def test_a_directory_that_does_not_check_lets_it_in(self):
        """So it is the directory that has to be told to, and docs/administrators.md says so."""
        with contextlib.closing(world.directory("slapd-lax", DOES_NOT)) as lax, self.relay(lax.port) as relay:
            self.assertEqual(self.outcome(directory_url=relay.url), people_dn("marie"))

    def test_the_check_says_what_stands_in_between(self):
        with self.relay() as relay, world.courier(directory_url=relay.url) as c:
            steps, _ = c.check()
        words, outcome = next((words, outcome) for name, words, outcome in steps if name.startswith("sign-in"))
        self.assertEqual(outcome, "fails")
        self.assertIn("somebody ends TLS in between", words)


class SaslLiar(Liar):
    """answers: (code, token) of one bind after another."""

    def __init__(self, *answers):
        self.answers = list(answers)
        super().__init__(*world.authority.issue("liar"), None)

    def answer(self, s, number, tag, body):
        if tag == BIND_REQUEST:
            code, token = self.answers.pop(0)
            s.sendall(message(number, tlv(BIND_RESPONSE, tlv(10, bytes([code])) + octets("") + octets("") + (b"" if token is None else tlv(0x87, token)))))


class Liars(Case):
    def test_a_yes_from_who_has_not_shown_who_they_are_is_no_yes(self):
        in_progress = 14
        for name, answers, slug in (
                ("at once", [(0, None)], "directory.answer"),
                ("at once, with a token", [(0, b"token")], "directory.answer"),
                ("no token", [(in_progress, None)], "directory.answer"),
                ("an empty token", [(in_progress, b"")], "directory.binding"),
                ("a token of nobody's", [(in_progress, b"\x60\x03\x06\x01\x2a")], "directory.binding"),
                ("a large one", [(in_progress, b"x" * 200_000)], "directory.binding"),
                ("no Kerberos here", [(7, None)], "directory.kerberos"),
                ("not inside TLS", [(8, None)], "directory.kerberos"),
                ("no", [(49, None)], "directory.binding"),
                ("not now", [(51, None)], "directory.gone")):
            with self.subTest(name), SaslLiar(*answers) as liar:
                self.assertEqual(self.outcome(directory_url=liar.url), slug)

    def test_a_certificate_that_has_no_binding_is_refused(self):
        """Ed25519 signs without a hash: RFC 5929 leaves it undefined."""
        other = Ed25519(world.folder, "ed25519-ca")
        with contextlib.closing(world.directory("slapd-ed25519", CHECKS, authority=other)) as slapd:
            with Courier({"directory_url": slapd.url, "directory_base": PEOPLE, "directory_principal": ACCOUNT, "directory_kdc": world.kdc.address,
                          "directory_timeout_ms": "1000"}, None, other.path, keytab=world.keytab) as c:
                self.assertEqual(self.outcome_of(c), "directory.kerberos")


class Ed25519(Authority):
    def __init__(self, folder, name):
        super().__init__(folder, name)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "30", "-subj", f"/CN=TEST-ONLY {name}",
                        "-keyout", f"{folder}/{name}.key", "-out", self.path], check=True, capture_output=True)

    def issue(self, name, subject="IP:127.0.0.1", days=30, digest=None):
        certificate, key = f"{self.folder}/{name}.pem", f"{self.folder}/{name}.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", f"/CN={name}",
                        "-CA", self.path, "-CAkey", f"{self.folder}/{self.name}.key", "-addext", f"subjectAltName={subject}",
                        "-addext", "basicConstraints=CA:FALSE", "-keyout", key, "-out", certificate], check=True, capture_output=True)
        return certificate, key


class Refusals(Case):
    def test_an_account_that_the_realm_does_not_take_is_told(self):
        kdc = world.kdc
        old = kdc.add(f"renewed@{REALM}")
        kdc.keytab(f"renewed@{REALM}")
        unknown = kdc.add(f"gone@{REALM}")
        kdc.administer(f"delprinc -force gone@{REALM}")
        for name, keytab in (("renewed", old), ("gone", unknown), ("expired", kdc.add(f"expired@{REALM}", "-expire yesterday")),
                             ("stopped", kdc.add(f"stopped@{REALM}", "-allow_tix"))):
            with self.subTest(name):
                self.assertEqual(self.outcome(keytab=keytab, directory_principal=f"{name}@{REALM}"), "directory.credential")

    def test_the_check_says_what_to_renew(self):
        keytab = world.kdc.add(f"told@{REALM}")
        world.kdc.keytab(f"told@{REALM}")
        with world.courier(keytab, directory_principal=f"told@{REALM}") as c:
            steps, _ = c.check()
        self.assertTrue(any("directory_keytab" in words and "directory.credential" in words for _, words, _ in steps))

    def test_a_server_that_the_realm_does_not_know_is_told(self):
        """By another name than the realm's: localhost, which its certificate bears too."""
        named = Named(world.authority, f"IP:127.0.0.1,DNS:localhost,DNS:{socket.getfqdn()},DNS:{socket.gethostname()}")
        with contextlib.closing(world.directory("slapd-named", CHECKS, authority=named)) as other:
            self.assertEqual(self.outcome(directory_url=f"ldaps://localhost:{other.port}"), "directory.service")

    def test_a_directory_whose_own_keys_are_old_is_told(self):
        """As far as it can be: OpenLDAP says the same whatever it does not like of a ticket."""
        shutil.move(world.kdc.keytab(kerberos.SERVICE), f"{world.folder}/renewed.keytab")
        self.assertEqual(self.outcome(), "directory.binding")
        shutil.copy(f"{world.folder}/renewed.keytab", world.service_keytab)
        self.assertEqual(self.outcome(), people_dn("marie"))

    @unittest.skipUnless(FAKETIME, "libfaketime is not installed")
    def test_a_directory_whose_clock_is_off_is_told(self):
        for clock in ("-10m", "+10m"):
            world.kdc.stop()
            world.kdc.start(clock)
            try:
                self.assertEqual(self.outcome(), "directory.binding")
                with world.courier() as c:
                    self.assertTrue(any("clock" in words for _, words, _ in c.check()[0]))
            finally:
                world.kdc.stop()
                world.kdc.start()

    def test_keys_that_are_not_the_account_s_are_refused_at_the_start(self):
        empty = f"{world.folder}/empty.keytab"
        with open(empty, "wb") as f:
            f.write(b"\x05\x02")
        for name, changes, slug in (("somebody else's", {"keytab": world.service_keytab}, "directory.keytab"), ("no keytab", {"keytab": world.authority.path}, "directory.keytab"),
                                    ("an empty one", {"keytab": empty}, "directory.keytab"), ("no realm", {"directory_principal": "guichet"}, "directory.principal"),
                                    ("no server", {"directory_kdc": "kdc:x"}, "directory.kdc.address")):
            with self.subTest(name), self.assertRaises(AssertionError) as caught:
                world.courier(**changes)
            self.assertIn(f'"{slug}"', str(caught.exception))


class Named:
    """An authority whose certificates bear these names."""

    def __init__(self, authority, subject):
        self.authority, self.subject = authority, subject

    def issue(self, name, subject):
        return self.authority.issue(name, self.subject)


def slowly(connection):
    for byte in (1000).to_bytes(4, "big") + b"x" * 1000:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


class KdcFaults(Case):
    def test_a_kerberos_server_that_is_faulty_costs_its_time_limit_and_no_more(self):
        for name, act in (("closes", lambda c: None), ("says nothing", lambda c: time.sleep(HANG_S)), ("says nothing of use", lambda c: c.sendall(b"\0\0\0\x04good")),
                          ("is not one", lambda c: c.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")), ("announces 4 GB", lambda c: c.sendall(b"\xff" * 4096)),
                          ("announces nothing", lambda c: c.sendall(b"\0\0\0\0")), ("stops in the middle", lambda c: c.sendall(b"\0\0\1\0half")),
                          ("drips", slowly)):
            with self.subTest(name), Faulty(act) as kdc:
                self.assertEqual(self.outcome(within_s=2, directory_kdc=kdc.address), "directory.kdc")

    def test_nobody_there_is_told_at_once(self):
        with socket.create_server(("127.0.0.1", 0)) as s:
            address = f"127.0.0.1:{s.getsockname()[1]}"
        self.assertEqual(self.outcome(within_s=1, directory_kdc=address), "directory.kdc")
        self.assertEqual(self.outcome(within_s=3, directory_kdc="kdc.invalid"), "directory.kdc")

    def test_where_one_is_faulty_the_next_is_asked(self):
        for name, act in (("hangs", lambda c: time.sleep(HANG_S)), ("closes", lambda c: None)):
            with self.subTest(name), Faulty(act) as first:
                self.assertEqual(self.outcome(within_s=2, directory_kdc=[first.address, world.kdc.address]), people_dn("marie"))

    def test_a_server_that_comes_back_is_asked_again(self):
        with world.courier() as c:
            world.kdc.stop()
            try:
                self.assertEqual(self.outcome_of(c), "directory.kdc")
            finally:
                world.kdc.start()
            # The directory's server rests for a while, and is asked all the same when there is no other.
            self.assertEqual(self.outcome_of(c), people_dn("marie"))


class Operator(unittest.TestCase):
    """The whole identity provider, its couriers as users of their own where the tests run as root."""

    def test_a_town_is_connected_and_checked(self):
        rows = {"directory_url": [world.slapd.url], "directory_base": PEOPLE, "directory_groups_base": GROUPS, "directory_principal": ACCOUNT,
                "directory_keytab": world.keytab, "directory_kdc": [world.kdc.address], "directory_ca": world.authority.path,
                "directory_right": ["tous = admin:audit"]}
        with Town(daemons=(IDP,), rows={IDP.name: rows}) as town:
            done = subprocess.run([f"{BUILD}/stage/usr/bin/guichetctl", "--config", state.configuration_path(town.state, IDP), "directory", "check",
                                   "--login", "marie"], capture_output=True, text=True, timeout=60)
            held = [os.readlink(f"/proc/{pid}/fd/{fd}") for pid in town.role_pids(IDP, "courier-ldap") for fd in os.listdir(f"/proc/{pid}/fd")]
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(f"sign-in there of {ACCOUNT}: accepted, by Kerberos", done.stdout)
        self.assertIn("right: administration: audit", done.stdout)
        self.assertNotIn(world.keytab, held)


if __name__ == "__main__":
    unittest.main()
