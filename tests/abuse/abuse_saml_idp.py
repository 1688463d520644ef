"""Rows I: SAML 2.0 as the identity provider receives it. The services are stand-ins whose keys we hold."""
import base64
import calendar
import re
import time
import urllib.parse

import forge
import state
from harness import Case, Outcome
from inspection import Inspection, hold
from running_town import BUILD, CITIZENS, IDP

SIGNING, OTHER, UNSIGNED = (f"https://{name}.example/metadata" for name in ("signing", "other", "unsigned"))


def acs_of(entity):
    return entity.rsplit("/", 1)[0] + "/acs"


class Message:
    """An AuthnRequest on its way by Redirect. f: its fields; xml, payload, pairs and query are made from one
    another as late as possible, so that a case changes just one of the steps."""

    def __init__(self, world, browser, entity=SIGNING, signer="signing"):
        self.world, self.browser, self.entity, self.relay = world, browser, entity, "z"
        self.signer = world.keys.sp.get(signer)
        self.here = world.town.url(IDP)
        self.f = {"id": forge.new_id(), "issuer": entity, "destination": self.here + "/saml/sso", "acs": acs_of(entity)}
        self.path, self.alg, self.parameter = "/saml/sso", forge.MORE + "rsa-sha256", "SAMLRequest"
        self.edit_xml = self.edit_payload = self.edit_pairs = self.edit_query = lambda x: x
        self.method = "GET"

    def xml(self):
        return self.edit_xml(forge.authn_request(self.f))

    def query(self):
        payload = self.edit_payload(forge.deflated(self.xml()))
        pairs = forge.redirect_query(self.parameter, payload, self.relay, self.signer, self.alg)
        return self.edit_query(forge.joined(self.edit_pairs(pairs)))


class SignOn:
    """With a live session the control is answered by an assertion in a form to the service."""

    def __init__(self, entity=SIGNING, signer="signing", fresh=False):
        self.entity, self.signer, self.fresh = entity, signer, fresh

    def prepare(self, world):
        return Message(world, world.town.browser() if self.fresh else world.signed_in(), self.entity, self.signer)

    def send(self, m):
        return m.browser.get(m.here + m.path + "?" + m.query(), follow=False)

    def accepted(self, m, page):
        xml = answer_of(page)
        return f'InResponseTo="{m.f["id"]}"' in xml and "<saml:Assertion" in xml and page.form("saml").action == m.f.get("acs", acs_of(m.entity))


class ByPost(SignOn):
    def send(self, m):
        xml = m.xml()
        fields = [("SAMLRequest", forge.b64(forge.signed(xml, m.signer, alg=m.alg).encode() if m.signer else xml.encode())), ("RelayState", m.relay)]
        fields = m.edit_pairs(fields)
        page = m.browser.request("POST", m.here + m.path, urllib.parse.urlencode(fields).encode(), origin="https://signing.example")
        return m.browser.follow(page) if page.status == 303 else page

    def accepted(self, m, page):
        return super().accepted(m, page)


class FirstPage(SignOn):
    def __init__(self):
        super().__init__(fresh=True)

    def accepted(self, m, page):
        return page.status == 200 and 'name="mot-de-passe"' in page.html


def answer_of(page):
    fields = {name: value for form in page.parsed.forms for name, value in form.fields} if page.status == 200 else {}
    return base64.b64decode(fields.get("SAMLResponse", "")).decode()


def idx(reason):
    def look(m, page):
        if page.status != 400 or page.header("Location"):
            return "not a page of ours"
        return "something goes to the service" if 'name="SAMLResponse"' in page.html else None
    return Outcome("IDX", look, ("idp", "saml.idp.refuse", reason))


def front(status, reason):
    return Outcome(f"A{status}", lambda m, page: None if page.status == status else f"not {status}", ("idp", "http.refuse", reason), source="front")


def ids(status, reason):
    def look(m, page):
        xml = answer_of(page)
        if not xml or page.form("saml").action != acs_of(m.entity):
            return "no answer to the service"
        if "Assertion" in re.sub(r'xmlns:\w+="[^"]*"', "", xml).replace("saml:Issuer", ""):
            return "with an assertion"
        return None if f'"{forge.STATUS}{status}"' in xml and "<ds:Signature" in xml else f"another status: {xml[:600]}"
    return Outcome(f"IDS({status})", look, ("idp", "saml.idp.refuse", reason))


HARMLESS = Outcome("accepted", None, accepted=True)
ASKED_AGAIN = Outcome("asked again", lambda m, page: None if page.status == 200 and 'name="mot-de-passe"' in page.html else "no sign-in page")
SIGNED, OPEN, POSTED, FIRST = SignOn(), SignOn(UNSIGNED, None), ByPost(), FirstPage()


def row(name, door, outcome, *changes, prior=None):
    return [Case(name, what, door, change, outcome, prior) for what, change in changes]


def field(**values):
    return lambda m: m.f.update(values)


def signer(name):
    return lambda m: setattr(m, "signer", m.world.keys.sp.get(name) if name else None)


def xml(old, new, count=1):
    def edit(text):
        assert old in text, old
        return text.replace(old, new, count)
    return lambda m: setattr(m, "edit_xml", edit)


def any_xml(edit):
    return lambda m: setattr(m, "edit_xml", edit)


def payload(edit):
    return lambda m: setattr(m, "edit_payload", edit)


def pairs(edit):
    return lambda m: setattr(m, "edit_pairs", edit)


def query(edit):
    return lambda m: setattr(m, "edit_query", edit)


def with_pair(name, value, at=None):
    return pairs(lambda p: p[:at] + [(name, value)] + p[at:] if at is not None else p + [(name, value)])


def without(name):
    return pairs(lambda p: [q for q in p if q[0] != name])


def raw_pair(name, value):
    return pairs(lambda p: [(k, value if k == name else v) for k, v in p])


def nested(depth):
    return "<a>" * depth + "</a>" * depth


def bomb(mebibytes):
    return forge.deflated(b"<a>" + b" " * (mebibytes << 20))


ACS, DESTINATION, SIGNATURE = idx("saml.acs"), idx("saml.destination"), idx("saml.signature")
TWICE, QUERY, DEFLATE = front(400, "http.pairs.repeated"), idx("saml.redirect.query"), idx("saml.redirect.deflate")

REQUESTS = [
    *row("I01", SIGNED, idx("saml.signature.missing"), ("no signature", signer(None))),
    *row("I02", SIGNED, SIGNATURE, ("another service's key", signer("other")), ("a stranger's key", lambda m: setattr(m, "signer", m.world.keys.stranger_rsa))),
    *row("I02", POSTED, SIGNATURE, ("another service's key, by POST", signer("other"))),
    *row("I02", SIGNED, idx("saml.algorithm"), ("RSA-SHA1", lambda m: setattr(m, "alg", forge.DS + "rsa-sha1"))),
    *row("I03", SIGNED, idx("saml.issuer"), ("unknown", field(issuer="https://nobody.example/metadata")), ("an OpenID client", field(issuer="rp")),
         ("other case", field(issuer=SIGNING.upper()))),
    *row("I03", SIGNED, SIGNATURE, ("another's name, signed by us", field(issuer=OTHER, acs=acs_of(OTHER)))),
    *row("I04", SIGNED, ACS, *[(repr(v), field(acs=v)) for v in (
        "https://evil.test/acs", "https://signing.example/acs/../x", "https://signing.example/ACS", "https://SIGNING.example/acs", "https://signing.example:443/acs",
        "http://signing.example/acs", "https://evil.test@signing.example/acs", "https://signing.example@evil.test/acs", "https://signing.example./acs",
        "https://\u0455igning.example/acs", "https://signing.example/acs/", "https://signing.example/acs?x", "https://other.example/acs", "https://signing.example/artifact")]),
    *row("I05", SIGNED, ACS, ("out of range", field(acs=None, index="7")), ("of the artifact", field(acs=None, index="2"))),
    *row("I05", SIGNED, idx("saml.read.index"), ("negative", field(acs=None, index="-1")), ("a word", field(acs=None, index="first"))),
    *row("I05", SIGNED, idx("saml.read.acs"), ("both", field(index="0"))),
    *row("I06", SIGNED, idx("saml.binding"), ("artifact", field(binding=forge.BINDINGS + "HTTP-Artifact")), ("redirect", field(binding=forge.BINDINGS + "HTTP-Redirect"))),
    *row("I07", SIGNED, DESTINATION, ("another house", field(destination="https://compte.other.example/saml/sso")), ("another door", lambda m: m.f.update(destination=m.here + "/saml/slo")),
         ("none, signed", field(destination=None))),
    *row("I11", SIGNED, TWICE, ("SAMLRequest", pairs(lambda p: [p[0], *p])), ("RelayState", with_pair("RelayState", "y")), ("Signature", pairs(lambda p: [*p, p[-1]])),
         ("SigAlg", pairs(lambda p: [*p, p[-2]]))),
    *row("I12", SIGNED, QUERY, ("with SAMLResponse", with_pair("SAMLResponse", "eA%3D%3D")), ("with SAMLart", with_pair("SAMLart", "eA%3D%3D")), ("samlrequest", with_pair("samlrequest", "eA%3D%3D"))),
    *row("I12", POSTED, idx("saml.post.fields"), ("by POST, with SAMLResponse", with_pair("SAMLResponse", "eA==")), ("by POST, with SAMLart", with_pair("SAMLart", "eA=="))),
    *row("I13", SIGNED, QUERY, ("; as a separator", query(lambda q: q.replace("&", ";", 1)))),
    *row("I13", SIGNED, SIGNATURE, ("hex in lower case", query(lambda q: re.sub(r"%[0-9A-F]{2}", lambda m: m.group(0).lower(), q.split("&Signature=")[0]) + "&Signature=" + q.split("&Signature=")[1])),
         ("relay state escaped", query(lambda q: q.replace("RelayState=z", "RelayState=%7A")))),
    *row("I14", SIGNED, SIGNATURE, ("changed", raw_pair("RelayState", "y")), ("removed", without("RelayState"))),
    *row("I14", SIGNED, SIGNATURE, ("added", with_pair("RelayState", "y", 1)), prior=lambda m: setattr(m, "relay", None)),
    *row("I15", SIGNED, front(404, "http.path"), ("SimpleSign", lambda m: setattr(m, "path", "/saml/sso/simplesign")), ("artifact resolution", lambda m: setattr(m, "path", "/saml/artifact"))),
    *row("I29", SIGNED, front(404, "http.path"), ("attribute query", lambda m: setattr(m, "path", "/saml/attribute")), ("SOAP logout", lambda m: setattr(m, "path", "/saml/soap"))),
    *row("I17", OPEN, idx("saml.redirect.size"), ("4 MiB in 4 kB", payload(lambda p: bomb(4)))),
    *row("I17", OPEN, front(414, "http.head.target.size"), ("50 MiB in 50 kB", payload(lambda p: bomb(50)))),
    *row("I17", POSTED, idx("saml.redirect.size"), ("30 MiB by POST", pairs(lambda p: [("SAMLRequest", forge.b64(bomb(30))), *p[1:]]))),
    *row("I17", OPEN, DEFLATE, ("cut", payload(lambda p: p[:-3])), ("bytes after the end", payload(lambda p: p + b"x")), ("zlib's header", payload(lambda p: b"\x78\xda" + p + b"\0\0\0\0"))),
    *row("I17", OPEN, idx("saml.xml.bytes"), ("deflated twice", payload(forge.deflated))),
    *row("I19", SIGNED, idx("saml.redirect.relaystate"), ("4 kB", lambda m: setattr(m, "relay", "x" * 4096)), ("1,025 bytes", lambda m: setattr(m, "relay", "x" * 1025))),
    *row("I19", SIGNED, HARMLESS, ("markup", lambda m: setattr(m, "relay", "\"'><script>alert(1)</script>&amp;")), ("UTF-7", lambda m: setattr(m, "relay", "+ADw-script+AD4-"))),
    *row("I21", SIGNED, ids("InvalidNameIDPolicy", "saml.unmet"), ("an address", field(policy=f'<samlp:NameIDPolicy Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"></samlp:NameIDPolicy>'))),
    *row("I22", SIGNED, ids("InvalidNameIDPolicy", "saml.unmet"), ("another's qualifier", field(policy=f'<samlp:NameIDPolicy Format="{forge.NAMES}persistent" SPNameQualifier="{OTHER}"></samlp:NameIDPolicy>'))),
    *row("I23", FIRST, ids("NoPassive", "policy.session"), ("passive, nobody here", field(passive="true"))),
    *row("I24", SIGNED, ASKED_AGAIN, ("with a live session", field(force="true"))),
    *row("I24", SIGNED, ids("NoPassive", "policy.session"), ("and passive", field(force="true", passive="true"))),
    *row("I25", SIGNED, ids("NoAuthnContext", "saml.unmet"), *[(f"{c} {k}", field(context=f'<samlp:RequestedAuthnContext Comparison="{c}"><saml:AuthnContextClassRef xmlns:saml="{forge.A}">'
         f"{forge.CLASSES}{k}</saml:AuthnContextClassRef></samlp:RequestedAuthnContext>")) for c, k in
         (("exact", "X509"), ("minimum", "SmartcardPKI"), ("better", "PasswordProtectedTransport"), ("maximum", "Password"), ("exact", "TimeSyncToken"))]),
    *row("I26", SIGNED, ids("UnknownPrincipal", "saml.subject"), ("another citizen", field(subject=f'<saml:Subject xmlns:saml="{forge.A}"><saml:NameID Format="{forge.NAMES}persistent">somebody-else</saml:NameID></saml:Subject>'))),
    *row("I28", SIGNED, HARMLESS, ("scoping", field(extra='<samlp:Scoping ProxyCount="5"><samlp:IDPList><samlp:IDPEntry ProviderID="https://evil.test"></samlp:IDPEntry></samlp:IDPList></samlp:Scoping>'))),
    *row("I10", SIGNED, HARMLESS, ("RelayState first", pairs(lambda p: [p[1], p[0], *p[2:]]))),
]

XML = [
    *row("I18", OPEN, idx("saml.xml.dtd"), *[(what, any_xml(lambda t, d=doctype: d + t)) for what, doctype in {
        "a file": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>', "a parameter entity": '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/">%x;]>',
        "an external subset": '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd">', "laughs": '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'}.items()]),
    *row("I18", OPEN, idx("saml.xml.size"), ("40 levels", xml("</samlp:AuthnRequest>", nested(40) + "</samlp:AuthnRequest>"))),
    *row("I18", OPEN, idx("saml.xml.comment"), ("a comment", xml("</saml:Issuer>", "<!-- x --></saml:Issuer>"))),
    *row("I18", OPEN, idx("saml.xml.cdata"), ("CDATA", xml(UNSIGNED + "<", f"<![CDATA[{UNSIGNED}]]><"))),
    *row("I18", OPEN, idx("saml.xml.instruction"), ("an instruction", xml("</saml:Issuer>", "<?x?></saml:Issuer>"))),
    *row("I18", OPEN, idx("saml.xml.encoding"), ("UTF-16 declared", any_xml(lambda t: '<?xml version="1.0" encoding="UTF-16"?>' + t)), ("UTF-7", any_xml(lambda t: '<?xml version="1.0" encoding="UTF-7"?>' + t))),
    *row("I18", OPEN, idx("saml.xml.bytes"), ("a zero byte", xml("</saml:Issuer>", "\0</saml:Issuer>"))),
    *row("I18", OPEN, idx("saml.xml.tag"), ("cut", any_xml(lambda t: t[:-5]))),
    *row("I18", OPEN, idx("saml.xml.root"), ("two roots", any_xml(lambda t: t + t))),
    *row("I18", OPEN, idx("saml.check.root"), ("a response", any_xml(lambda t: t.replace("AuthnRequest", "Response"))), ("a logout request", any_xml(lambda t: t.replace("AuthnRequest", "LogoutRequest")))),
    *row("I18", OPEN, idx("saml.check.version"), ("version 1.1", xml('Version="2.0"', 'Version="1.1"'))),
    *row("I18", OPEN, idx("saml.time"), ("a local time", field(instant="2026-11-24T10:00:00")), ("an offset", field(instant="2026-11-24T10:00:00+01:00")), ("30 February", field(instant="2026-02-30T10:00:00Z"))),
    *row("I18", OPEN, idx("saml.message.expired"), ("an hour old", lambda m: m.f.update(instant=forge.instant(-3600)))),
    *row("I18", OPEN, idx("saml.message.early"), ("of tomorrow", lambda m: m.f.update(instant=forge.instant(3600)))),
    *row("I18", OPEN, idx("saml.check.id"), ("no identifier", field(id="")), ("an identifier with markup", field(id="1 x"))),
    *row("I18", OPEN, idx("saml.check.issuer"), ("no issuer", any_xml(lambda t: re.sub(r"<saml:Issuer.*</saml:Issuer>", "", t)))),
]


# ---- replay ----

def answered_before(m):
    """The same request has let somebody in: another browser, another session."""
    browser = m.world.sign_in(CITIZENS[3])
    page = browser.get(m.here + m.path + "?" + m.query(), follow=False)
    assert "SAMLResponse" in page.html, page.text
    m.browser = m.world.signed_in()


REPLAYS = row("I09", SIGNED, idx("saml.replay"), ("from another browser", None), prior=answered_before)


# ---- logout ----

class Logout:
    """A service that has let a citizen in ends their session."""

    def prepare(self, world):
        on = SignOn()
        browser = world.sign_in(world.citizen())
        first = Message(world, browser)
        answer = answer_of(on.send(first))
        m = Message(world, browser)
        m.path, m.answer = "/saml/slo", answer
        m.f = {"id": forge.new_id(), "issuer": SIGNING, "destination": m.here + "/saml/slo", "until": forge.instant(120), "qualifier": m.here + "/saml/metadata",
               "name": re.search(r"<saml:NameID[^>]*>([^<]+)<", answer).group(1), "index": re.search(r'SessionIndex="([^"]+)"', answer).group(1)}
        m.xml = lambda: m.edit_xml(forge.logout_request(m.f))
        return m

    def send(self, m):
        # Without cookies, as from a service's own site: it is the message that speaks.
        return m.world.town.browser().get(m.here + m.path + "?" + m.query(), follow=False)

    def accepted(self, m, page):
        gone = m.browser.get(m.here + "/mon-compte", follow=False).status == 303
        return gone and page.status == 303 and page.header("Location").startswith("https://signing.example/slo?SAMLResponse=")


def alive(outcome):
    """Refused, and the citizen is still signed in."""
    inner = outcome.look

    def look(m, page):
        problem = inner(m, page)
        if not problem and m.browser.get(m.here + "/mon-compte", follow=False).status != 200:
            return "the session has ended"
        return problem
    outcome.look = look
    return outcome


def slo(reason):
    return alive(idx(reason))


LOGOUT = Logout()
LOGOUTS = [
    *row("I30", LOGOUT, slo("saml.signature.missing"), ("unsigned", signer(None))),
    *row("I30", LOGOUT, slo("saml.signature"), ("another's key", signer("other"))),
    *row("I30", LOGOUT, slo("saml.destination"), ("another door", lambda m: m.f.update(destination=m.here + "/saml/sso"))),
    *row("I30", LOGOUT, slo("*"), ("past its end", lambda m: m.f.update(until=forge.instant(-3600)))),
    *row("I30", LOGOUT, slo("saml.message.expired"), ("stale", lambda m: m.f.update(instant=forge.instant(-3600)))),
    *row("I30", LOGOUT, slo("saml.check.root"), ("an AuthnRequest", any_xml(lambda t: t.replace("LogoutRequest", "AuthnRequest")))),
]


def other_services_logout(m):
    """Properly signed, for a session that this service has never seen."""
    m.f.update(issuer=OTHER)
    m.signer = m.world.keys.sp["other"]


def nobody_left(m, page):
    if m.browser.get(m.here + "/mon-compte", follow=False).status != 200:
        return "the session has ended"
    return None


LOGOUTS += row("I30", LOGOUT, Outcome("nothing ends", nobody_left, ("idp", "saml.slo.refuse", "saml.slo.nobody"), slug="*"), ("of a session that it has no part in", other_services_logout))


# ---- what is issued ----

def assertions_are_lean(world):
    seen = set()
    for _ in range(20):
        m = SIGNED.prepare(world)
        text = answer_of(SIGNED.send(m))
        ids_ = re.findall(r' ID="_([^"]+)"', text)
        hold(all(len(i) >= 22 for i in ids_) and not set(ids_) & seen, f"identifiers {ids_}")
        seen |= set(ids_)
        hold(text.count("<saml:Audience>") == 1 and f"<saml:Audience>{SIGNING}<" in text, "its audience")
        hold(f'Recipient="{acs_of(SIGNING)}"' in text and f'Destination="{acs_of(SIGNING)}"' in text and f'InResponseTo="{m.f["id"]}"' in text, "where it is for")
        hold("rsa-sha256" in text and "sha1" not in text, "its algorithm")
        hold("<saml:AttributeStatement>" not in text, "attributes beyond the list")
        hold("PasswordProtectedTransport" in text, "its context")
        begin, end = re.search(r'NotBefore="([^"]+)" NotOnOrAfter="([^"]+)"', text).groups()
        hold(0 < seconds(end) - seconds(begin) <= 180, f"valid from {begin} to {end}")


NOBODY = "https://nobody.example/metadata"


def metadata_is_refused(world, text):
    try:
        world.town.ctl("partner", "add", "saml", "--metadata", "-", "--name", "Personne", text=text)
    except state.DemoError as e:
        hold(": -: " in str(e) or "line" in str(e) or "exists already" in str(e), f"it is not said what is wrong: {e}")
        return
    hold(False, "it was believed")


def files_that_must_not_be_believed(world):
    good = forge.sp_metadata(NOBODY, world.keys.sp["signing"])
    for text in (forge.sp_metadata(NOBODY, world.keys.sp["signing"], ' validUntil="2020-01-01T00:00:00Z"'), '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + good,
                 good + good, good[:-9], good.replace("https://nobody.example/acs", "javascript:alert(1)"), good.replace("HTTP-POST", "HTTP-Artifact"), good.replace(NOBODY, SIGNING),
                 f"<md:EntitiesDescriptor xmlns:md=\"{forge.MD}\">{good}{good}</md:EntitiesDescriptor>"):
        metadata_is_refused(world, text)


def seconds(text):
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


def names_are_escaped(world):
    email = "echappe@exemple.fr"
    world.town.ctl("account", "add", "--email", email, "--given-name", "<b>&amp;]]>", "--family-name", "\"O'Brien\" <x>", "--birth-date", "1980-05-05",
                   "--password-stdin", text="cerisier-manivelle-échappé")
    entity = "https://names.example/metadata"
    world.keys.sp["names"] = world.keys.sp["signing"]
    world.town.ctl("partner", "add", "saml", "--metadata", "-", "--name", "Noms", "--release", "none", "--attributes", "given_name,family_name",
                   text=forge.sp_metadata(entity, world.keys.sp["names"]))
    browser = world.sign_in({"email": email, "password": "cerisier-manivelle-échappé"})
    text = answer_of(SignOn(entity).send(Message(world, browser, entity)))
    hold("&lt;b&gt;&amp;amp;]]&gt;" in text and "O'Brien" in text and "<b>" not in text, text[-900:])


def a_pending_request_belongs_to_its_browser(world):
    attacker, victim = world.town.browser(), world.town.browser()
    page = FIRST.send(Message(world, attacker))
    victim.get(world.town.url(IDP) + "/connexion")
    form = page.form("identifiant")
    fields = dict(form.fields, identifiant=CITIZENS[0]["email"], **{"mot-de-passe": CITIZENS[0]["password"]})
    answer = victim.request("POST", world.town.url(IDP) + "/connexion", urllib.parse.urlencode(fields).encode(), origin=world.town.url(IDP))
    hold(answer.status != 303 and not any("guichet" in k for k in victim.cookies[IDP.host]), f"signed in: {answer.status}")


def requests_without_sign_in_leave_nothing(world):
    before = world.rows({"audit"}, {})
    browser = world.town.browser()
    for _ in range(200):
        m = FIRST.prepare(world)
        m.browser = browser
        hold(FIRST.accepted(m, FIRST.send(m)), "not asked to sign in")
    hold(world.rows({"audit"}, {}) == before, "something was written")


def a_logout_that_finds_nobody_ends_nothing(world):
    m = LOGOUT.prepare(world)
    hold(LOGOUT.accepted(m, LOGOUT.send(m)), "the first one does not end the session")
    before = world.rows({"audit"}, {})
    for _ in range(50):
        m.f["id"] = forge.new_id()
        page = LOGOUT.send(m)
        hold(page.status < 500, f"answered {page.status}")
    hold(world.rows({"audit"}, {}) == before, "something was written")


def memory_of(world):
    """What the lasting processes of the identity provider hold, in KiB."""
    total = 0
    for name, pid in world.town.roles(IDP).items():
        if "reader" not in name:
            with open(f"/proc/{pid}/status", encoding="ascii") as f:
                total += int(re.search(r"RssAnon:\s+(\d+)", f.read()).group(1))
    return total


def refuse(world, browser, times):
    for i in range(times):
        m = OPEN.prepare(world)
        m.browser = browser
        # In turn: refused by the reader, by the rules, and by the front.
        if i % 3 == 0:
            m.edit_xml = lambda text: text[:-5]
        elif i % 3 == 1:
            m.f["acs"] = "https://evil.test/acs"
        else:
            m.path = "/saml/nowhere"
        hold(OPEN.send(m).status in (400, 404), "accepted")


def a_thousand_refusals_leave_memory_as_it_was(world):
    browser = world.town.browser()
    refuse(world, browser, 400)
    before = memory_of(world)
    refuse(world, browser, 1000)
    grown = memory_of(world) - before
    # A sanitizer keeps what was freed, to see whether it is used again: there only its own findings count.
    hold(grown < 1024 or "sanitize" in BUILD, f"{grown} KiB more")


LOOKS = [
    Inspection("X02", "a thousand refusals, and the memory", a_thousand_refusals_leave_memory_as_it_was),
    Inspection("I32", "a service that begins again, 50 times", a_logout_that_finds_nobody_ends_nothing),
    Inspection("I33", "200 requests that nobody completes", requests_without_sign_in_leave_nothing),
    Inspection("S28", "a key of 1,024 bits", lambda world: metadata_is_refused(world, forge.sp_metadata(NOBODY, forge.Signer("rsa", 1024)))),
    Inspection("S70", "files that must not be believed", files_that_must_not_be_believed),
    Inspection("I20", "names with markup", names_are_escaped),
    Inspection("I34", "a sign-in page given to somebody else", a_pending_request_belongs_to_its_browser),
    Inspection("I35", "20 assertions, inspected", assertions_are_lean),
]
CASES = [*REQUESTS, *XML, *REPLAYS, *LOGOUTS, *LOOKS]
__all__ = ["CASES"]
