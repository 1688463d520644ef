"""Rows S: SAML 2.0 as a service hears it. The identity provider is a stand-in whose keys we hold, so that every
message can be signed, and what is refused is refused by the service alone.
"""
import base64
import hashlib
import os
import re
import subprocess
import urllib.parse
import zlib

import forge
from forge import A, C14N, DS, MORE, P
from harness import Case, Outcome
from inspection import Inspection, hold
from running_town import ELECTIONS, ETAT_CIVIL, PROGRAMS

THIEF, CITIZENS_ONLY = "administrateur", "/naissance-copie/moi"


class Return:
    """A browser on its way back with a Response. f: the fields of the message; every edit changes one step of
    its making: the assertion before it is signed and after, the response before and after, the form."""

    def __init__(self, world, browser, request, relay):
        self.world, self.browser, self.relay, self.provider = world, browser, relay, world.provider
        self.here = world.town.url(ETAT_CIVIL)
        acs, idp = self.here + "/retour", world.provider.entity
        self.f = {"id": forge.new_id(), "assertion_id": forge.new_id(), "instant": forge.instant(), "issuer": idp, "response_issuer": idp, "issuer_format": "",
                  "destination": acs, "recipient": acs, "in_response_to": request, "audiences": [self.here + "/saml/metadata"], "from": forge.instant(-5),
                  "until": forge.instant(90), "confirm_until": forge.instant(90), "method": "urn:oasis:names:tc:SAML:2.0:cm:bearer", "confirmations": None,
                  "name": "citoyen-7f", "format": forge.NAMES + "persistent", "qualifier": idp, "sp": self.here + "/saml/metadata", "index": "s-1",
                  "authn_instant": forge.instant(-2), "context": forge.context_class("PasswordProtectedTransport"), "status": forge.STATUS + "Success",
                  "extensions": "", "advice": "", "attributes": forge.attribute("given_name", "Camille") + forge.attribute("family_name", "Martin")}
        self.signer, self.how, self.sign_assertion, self.sign_response = world.keys.provider_rsa, {}, True, False
        self.assertion = self.signed_assertion = self.response = self.signed_response = self.field = lambda text: text
        self.form = lambda pairs: pairs
        self.post = self.post_form

    def make_assertion(self, **other):
        return forge.assertion({**self.f, **other})

    def xml(self):
        a = self.assertion(self.make_assertion())
        if self.sign_assertion:
            a = forge.signed(a, self.signer, **self.how)
        r = self.response(forge.response(self.f, self.signed_assertion(a)))
        if self.sign_response:
            r = forge.signed(r, self.signer, **self.how)
        return self.signed_response(r)

    def pairs(self):
        xml = self.xml()
        return self.form([("SAMLResponse", self.field(forge.b64(xml if isinstance(xml, bytes) else xml.encode()))), ("RelayState", self.relay)])

    def post_form(self, pairs):
        return self.browser.request("POST", self.here + "/retour", urllib.parse.urlencode(pairs).encode(), origin=self.provider.issuer)

    def cookies(self):
        return self.browser.cookies.setdefault(ETAT_CIVIL.host, {})


class SignIn:
    def __init__(self, whole=False):
        self.whole = whole             # the response is signed, not its assertion

    def prepare(self, world):
        browser = world.town.browser()
        page = browser.get(world.town.url(ETAT_CIVIL) + "/connexion?retour=/demandes", follow=False)
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(page.header("Location") or "").query))
        if "SAMLRequest" not in query:
            raise AssertionError(f"not sent to the provider: {page.status} {page.text[:200]}")
        request = zlib.decompress(base64.b64decode(query["SAMLRequest"]), -15).decode()
        m = Return(world, browser, forge.element_id(request), query["RelayState"])
        m.sign_assertion, m.sign_response, m.request = not self.whole, self.whole, request
        return m

    def send(self, m):
        return m.post(m.pairs())

    def accepted(self, m, page):
        return page.status == 303 and page.header("Location") == "/demandes" and has_session(m)


def has_session(m):
    return any(k.endswith("session") for k in m.cookies())


def spx(reason, status=403, writes=()):
    def look(m, page):
        if page.status != status or page.header("Location"):
            return f"not {status}"
        if has_session(m):
            return "a session"
        # S61: nothing of the refused message is left that would open a page.
        if m.browser.get(m.here + CITIZENS_ONLY, follow=False).status != 303:
            return "the page for citizens opens"
        return None
    return Outcome("SPX", look, (ETAT_CIVIL.name, "login", reason), writes=writes, source="kit")


def front(status, reason):
    return Outcome(f"A{status}", lambda m, page: None if page.status == status and not has_session(m) else f"not {status}", (ETAT_CIVIL.name, "http.refuse", reason), source="front")


HARMLESS = Outcome("accepted", None, accepted=True)
DOOR, WHOLE = SignIn(), SignIn(whole=True)


def row(name, outcome, *changes, door=DOOR, prior=None):
    return [Case(name, what, door, change, outcome, prior) for what, change in changes]


def field(**values):
    return lambda m: m.f.update(values)


def step(name, edit):
    return lambda m: setattr(m, name, edit)


def xml(name, old, new, count=1):
    def edit(text):
        assert old in text, old
        return text.replace(old, new, count)
    return step(name, edit)


# ---- wrapping: signatures that hold, over something else than what is read ----

def cut_signature(text):
    found = re.search(r"<ds:Signature .*?</ds:Signature>", text, re.S)
    return text[:found.start()] + text[found.end():], found.group(0)


def forged_response(m, same_id):
    """A whole response of the thief's, unsigned."""
    f = dict(m.f, name=THIEF, assertion_id=forge.new_id(), id=m.f["id"] if same_id else forge.new_id())
    return forge.response(f, forge.assertion(f))


def wrap_response(inside):
    """inside(forged, genuine without signature, signature) -> document"""
    def change(same_id):
        return lambda m: setattr(m, "signed_response", lambda r: inside(forged_response(m, same_id), *cut_signature(r)))
    return change


def wrap_assertion(inside):
    """inside(forged assertion, genuine without signature, signature, genuine signed) -> what stands in the response"""
    def change(same_id):
        def run(m):
            forged = m.make_assertion(name=THIEF, assertion_id=m.f["assertion_id"] if same_id else forge.new_id())
            m.signed_assertion = lambda a: inside(forged, *cut_signature(a), a)
        return run
    return change


def at_end_of_signature(sig, what):
    return sig.replace("</ds:Signature>", what + "</ds:Signature>")


def at_end_of(element, what):
    return element.replace("</saml:Assertion>", what + "</saml:Assertion>")


XSW1 = wrap_response(lambda forged, genuine, sig: forge.with_signature(forged, at_end_of_signature(sig, genuine)))
XSW2 = wrap_response(lambda forged, genuine, sig: forge.with_signature(forged, genuine + sig))
XSW3 = wrap_assertion(lambda forged, genuine, sig, whole: forged + whole)
XSW4 = wrap_assertion(lambda forged, genuine, sig, whole: at_end_of(forged, whole))
XSW5 = wrap_assertion(lambda forged, genuine, sig, whole: forge.with_signature(forged, sig) + genuine)
XSW6 = wrap_assertion(lambda forged, genuine, sig, whole: forge.with_signature(forged, at_end_of_signature(sig, genuine)))
XSW8 = wrap_assertion(lambda forged, genuine, sig, whole: forge.with_signature(forged, at_end_of_signature(sig, f"<ds:Object>{genuine}</ds:Object>")))


def xsw7(same_id):
    return lambda m: m.f.update(extensions=f"<samlp:Extensions>{m.make_assertion(name=THIEF, assertion_id=m.f['assertion_id'] if same_id else forge.new_id())}</samlp:Extensions>")


def wrapping():
    cases = []
    for name, change, reason, door in (
            ("S01", XSW1, "saml.check.nested", WHOLE), ("S02", XSW2, "saml.check.nested", WHOLE), ("X01", XSW3, "saml.check.assertion", DOOR),
            ("S04", XSW4, "saml.check.assertion", DOOR), ("S05", XSW5, "saml.check.assertion", DOOR), ("S06", XSW6, "saml.check.assertion", DOOR),
            ("S07", xsw7, "saml.check.assertion", DOOR), ("S08", XSW8, "saml.check.signature", DOOR)):
        cases += row(name, spx(reason, 400), ("with an identifier of its own", change(False)), door=door)
        cases += row("S09", spx(reason, 400), (f"{name} with the genuine identifier", change(True)), door=door)
    return cases


STRUCTURE = [
    *wrapping(),
    *row("S10", spx("saml.check.encrypted"), ("in Advice", lambda m: m.f.update(advice=f"<saml:Advice>{m.make_assertion(name=THIEF, assertion_id=forge.new_id())}</saml:Advice>"))),
    *row("S11", spx("saml.check.id", 400), ("the same ID twice", lambda m: m.f.update(id=m.f["assertion_id"])), ("xml:id", lambda m: m.f.update(attributes=m.f["attributes"].replace("<saml:Attribute ", f'<saml:Attribute xml:id="{m.f["id"]}" ', 1))),
         ("Id", lambda m: m.f.update(attributes=m.f["attributes"].replace("<saml:Attribute ", f'<saml:Attribute Id="{m.f["id"]}" ', 1)))),
    *row("S12", spx("sp.assertion.signature"), ("none at all", step("sign_assertion", False))),
    *row("S15", spx("saml.check.signature", 400), ("two signatures", step("signed_assertion", lambda a: forge.with_signature(cut_signature(a)[0], cut_signature(a)[1] * 2))),
         ("two SignedInfo", step("signed_assertion", lambda a: re.sub(r"(<ds:SignedInfo>.*?</ds:SignedInfo>)", r"\1\1", a))),
         ("two references", step("signed_assertion", lambda a: re.sub(r"(<ds:Reference .*?</ds:Reference>)", r"\1\1", a))),
         ("two Transforms", step("signed_assertion", lambda a: re.sub(r"(<ds:Transforms>.*?</ds:Transforms>)", r"\1\1", a)))),
    *row("S16", spx("saml.xml.comment", 400), ("a comment in the digest", xml("signed_assertion", "</ds:DigestValue>", "<!-- x --></ds:DigestValue>"))),
    *row("S16", spx("saml.check.signature", 400), ("a second digest", step("signed_assertion", lambda a: re.sub(r"(<ds:DigestValue>.*?</ds:DigestValue>)", r"\1\1", a)))),
    *row("S18", spx("saml.check.signature", 400), ("a third transform", step("how", {"transforms": f'<ds:Transform Algorithm="{DS}enveloped-signature"></ds:Transform>'
         f'<ds:Transform Algorithm="{C14N}"></ds:Transform><ds:Transform Algorithm="{DS}base64"></ds:Transform>'}))),
    *row("S18", spx("sp.assertion.alg"), *[(what, step("how", {"transforms": f'<ds:Transform Algorithm="{DS}enveloped-signature"></ds:Transform><ds:Transform Algorithm="{uri}"></ds:Transform>'})) for what, uri in
         {"XSLT": "http://www.w3.org/TR/1999/REC-xslt-19991116", "XPath": "http://www.w3.org/TR/1999/REC-xpath-19991116", "base64": DS + "base64", "with comments": C14N + "WithComments",
          "inclusive": "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"}.items()]),
    *row("S19", spx("saml.xml.rebound", 400), ("a prefix bound anew", xml("response", "<samlp:Status>", '<samlp:Status xmlns:samlp="urn:x">'))),
    *row("S19", spx("saml.xml.attribute", 400), ("an attribute twice", xml("response", ' Version="2.0"', ' Version="2.0" Version="2.0"'))),
    *row("S19", spx("saml.check.issuer", 400), ("saml: under another name space", step("response", lambda r: r.replace(f'xmlns:saml="{A}"', 'xmlns:saml="urn:x"')))),
    *row("S20", spx("saml.xml.namespace", 400), ("a relative name space", xml("response", f'xmlns:samlp="{P}"', f'xmlns:samlp="{P}" xmlns:x="../x"')), ("an empty prefix", xml("response", f'xmlns:samlp="{P}"', f'xmlns:samlp="{P}" xmlns:x=""'))),
    *row("S21", spx("saml.xml.comment", 400), ("in the name", field(name="admin<!-- -->@x")), ("in an attribute", field(attributes=forge.attribute("given_name", "Ca<!-- x -->mille")))),
    *row("S22", spx("saml.xml.instruction", 400), ("an instruction", field(name="a<?x?>b"))),
    *row("S22", spx("saml.xml.cdata", 400), ("CDATA", field(name="<![CDATA[admin]]>"))),
    *row("S22", spx("saml.xml.entity", 400), ("an entity", field(name="a&x;b"))),
    *row("S50", spx("saml.check.encrypted"), ("an encrypted assertion", step("signed_assertion", lambda a: f'<saml:EncryptedAssertion xmlns:saml="{A}"><x xmlns="urn:x"></x></saml:EncryptedAssertion>')),
         ("beside a plain one", step("signed_assertion", lambda a: a + f'<saml:EncryptedAssertion xmlns:saml="{A}"><x xmlns="urn:x"></x></saml:EncryptedAssertion>'))),
    *row("S51", spx("saml.check.encrypted"), ("AES-CBC", step("signed_assertion", lambda a: encrypted("http://www.w3.org/2001/04/xmlenc#aes128-cbc", "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p")))),
    *row("S52", spx("saml.check.encrypted"), ("RSA 1.5", step("signed_assertion", lambda a: encrypted("http://www.w3.org/2009/xmlenc11#aes128-gcm", "http://www.w3.org/2001/04/xmlenc#rsa-1_5")))),
]


def encrypted(data, key):
    e = "http://www.w3.org/2001/04/xmlenc#"
    return (f'<saml:EncryptedAssertion xmlns:saml="{A}"><xenc:EncryptedData xmlns:xenc="{e}"><xenc:EncryptionMethod Algorithm="{data}"></xenc:EncryptionMethod>'
            f'<ds:KeyInfo xmlns:ds="{DS}"><xenc:EncryptedKey><xenc:EncryptionMethod Algorithm="{key}"></xenc:EncryptionMethod><xenc:CipherData><xenc:CipherValue>eHg=</xenc:CipherValue>'
            f'</xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo><xenc:CipherData><xenc:CipherValue>eHg=</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData></saml:EncryptedAssertion>')


# ---- signatures ----

def key_info(body):
    return f"<ds:KeyInfo>{body}</ds:KeyInfo>"


def stranger(**how):
    def change(m):
        m.signer, m.how = m.world.keys.stranger_rsa, {k: v(m) if callable(v) else v for k, v in how.items()}
    return change


def own_certificate(m):
    return key_info(f"<ds:X509Data><ds:X509Certificate>{m.world.keys.stranger_rsa.certificate_text()}</ds:X509Certificate></ds:X509Data>")


def edited_signature(edit):
    def run(text):
        found = re.search(r"<ds:SignatureValue>(.*?)</ds:SignatureValue>", text)
        return text[:found.start(1)] + forge.b64(edit(base64.b64decode(found.group(1)))) + text[found.end(1):]
    return step("signed_assertion", run)


def hmac_with_certificate(m):
    m.how = {"alg": MORE + "hmac-sha256", "sign": forge.hs256(base64.b64decode(m.world.keys.provider_rsa.certificate_text()))}


def truncated_hmac(m):
    m.signed_assertion = lambda a: a.replace(f'<ds:SignatureMethod Algorithm="{MORE}rsa-sha256"></ds:SignatureMethod>',
                                             f'<ds:SignatureMethod Algorithm="{DS}hmac-sha1"><ds:HMACOutputLength>1</ds:HMACOutputLength></ds:SignatureMethod>')


SIGNATURE, ALGORITHM = spx("sp.assertion.signature"), spx("sp.assertion.alg")
SIGNATURES = [
    *row("S23", SIGNATURE, ("a stranger's key", stranger()), ("with its certificate", stranger(key_info=own_certificate))),
    *row("S24", SIGNATURE, ("keys from elsewhere", stranger(key_info=lambda m: key_info(f'<ds:RetrievalMethod URI="{m.world.trap.url}"></ds:RetrievalMethod>'))),
         ("from a file", stranger(key_info=key_info('<ds:RetrievalMethod URI="file:///etc/passwd"></ds:RetrievalMethod>')))),
    *row("S25", ALGORITHM, ("HMAC with the certificate", hmac_with_certificate)),
    *row("S26", ALGORITHM, ("one bit of HMAC", truncated_hmac)),
    *row("S25", ALGORITHM, ("RSA-SHA1", step("how", {"alg": DS + "rsa-sha1"})), ("SHA-1 of the content", step("how", {"digest_alg": DS + "sha1"}))),
    *row("S29", SIGNATURE, ("all zero", edited_signature(lambda s: b"\0" * len(s))), ("a byte shorter", edited_signature(lambda s: s[:-1])), ("a byte longer", edited_signature(lambda s: s + b"\0")),
         ("one bit", edited_signature(lambda s: s[:-1] + bytes([s[-1] ^ 1])))),
    *row("S14", SIGNATURE, ("a name changed after signing", xml("signed_assertion", ">citoyen-7f<", ">administrateur<"))),
    *row("S14", SIGNATURE, ("whole, changed after signing", xml("signed_response", ">citoyen-7f<", ">administrateur<")), door=WHOLE),
]


# ---- what it says, properly signed ----

def other_instant(name, after):
    return lambda m: m.f.update({name: forge.instant(after)})


AUDIENCE, TIME, EXPIRED = spx("sp.assertion.audience"), spx("saml.time", 400), spx("sp.assertion.expired")
CONTENT = [
    *row("S30", EXPIRED, ("condition", other_instant("until", -61 - 120)), ("confirmation", other_instant("confirm_until", -61 - 120))),
    *row("S30", spx("sp.assertion.early"), ("not yet", lambda m: m.f.update({"from": forge.instant(400), "until": forge.instant(800)}))),
    *row("S32", TIME, *[(v, field(until=v)) for v in ("2030-01-01T00:00:00", "2030-01-01T00:00:00+01:00", "2030-01-01T00:00:00.1234567890Z", "10000-01-01T00:00:00Z", "2030-02-30T00:00:00Z", "2030-06-30T23:59:60Z")]),
    *row("S33", AUDIENCE, ("another", field(audiences=["https://other.example/saml/metadata"])), ("trailing slash", lambda m: m.f.update(audiences=[m.f["audiences"][0] + "/"])),
         ("other case", lambda m: m.f.update(audiences=[m.f["audiences"][0].upper()])), ("none", field(audiences=[]))),
    *row("S34", AUDIENCE, ("two restrictions", lambda m: m.f.update(audiences=[m.f["audiences"][0], "https://other.example/"]))),
    *row("S35", spx("saml.conditions.unknown", 400), ("unknown", field(condition='<saml:Condition xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="x"></saml:Condition>')),
         ("OneTimeUse twice", field(condition="<saml:OneTimeUse></saml:OneTimeUse>" * 2))),
    *row("S36", spx("sp.assertion.recipient"), ("another", field(recipient="https://other.example/retour")), ("missing", field(recipient=None))),
    *row("S36", spx("sp.response.destination"), ("another destination", field(destination="https://other.example/retour"))),
    *row("S38", spx("sp.assertion.issuer"), ("of the assertion", field(issuer="https://evil.test/"))),
    *row("S38", spx("sp.response.issuer"), ("of the response", field(response_issuer="https://evil.test/"))),
    *row("S38", spx("saml.check.issuer", 400), ("an issuer of another format", field(issuer_format=f' Format="{forge.NAMES}persistent"'))),
    *row("S42", spx("sp.assertion.method"), ("another", field(method="urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"))),
    *row("S42", spx("saml.read.confirmation", 400), ("none", field(confirmations=""))),
    *row("S41", spx("sp.response.request"), ("another request", field(in_response_to="_x"))),
    *row("S45", spx("saml.check.assertion", 400), ("refused, with an assertion", field(status=forge.STATUS + "Responder"))),
    *row("S46", spx("saml.nameid", 400), ("empty", field(name="")), ("10 kB", field(name="x" * 10240)), ("257 bytes", field(name="x" * 257))),
    *row("S46", spx("sp.assertion.subject"), ("bidi marks", field(name="a\u202eb")), ("transient", field(format=forge.NAMES + "transient")), ("another's qualifier", field(sp="https://other.example/"))),
    *row("S48", spx("saml.attribute.twice", 400), ("twice", lambda m: m.f.update(attributes=m.f["attributes"] + forge.attribute("given_name", "Autre")))),
    *row("S48", spx("saml.attribute.value", 400), ("with elements", field(attributes=forge.attribute("given_name", "<x xmlns=\"urn:x\">a</x>")))),
    *row("S49", HARMLESS, ("an attribute nobody asked for", lambda m: m.f.update(attributes=m.f["attributes"] + forge.attribute("role", "admin")))),
]


# ---- bytes ----

BYTES = [
    *row("S54", spx("saml.xml.dtd", 400), *[(what, step("signed_response", lambda r, d=doctype: d + r)) for what, doctype in {
        "a file": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>', "an address": '<!DOCTYPE a [<!ENTITY x SYSTEM "http://127.0.0.1:9/">]>',
        "a parameter entity": '<!DOCTYPE a [<!ENTITY % x "y">%x;]>', "an external subset": '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd">'}.items()]),
    *row("S55", spx("saml.xml.dtd", 400), ("laughs", step("signed_response", lambda r: '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;">]>' + r)),
         ("quadratic", step("signed_response", lambda r: f'<!DOCTYPE a [<!ENTITY a "{"x" * 20000}">]>' + r))),
    *row("S56", spx("saml.xml.size", 400), ("40 levels", xml("response", "</samlp:Response>", "<a>" * 40 + "</a>" * 40 + "</samlp:Response>")),
         ("3,000 elements", xml("response", "</samlp:Response>", "<a></a>" * 3000 + "</samlp:Response>")), ("200 attributes", xml("response", ' Version="2.0"', ' Version="2.0"' + "".join(f' a{i}="x"' for i in range(200)))),
         ("100 name spaces", xml("response", ' Version="2.0"', ' Version="2.0"' + "".join(f' xmlns:a{i}="urn:x{i}"' for i in range(100))))),
    *row("S56", spx("saml.xml.name", 400), ("a name of 2 kB", xml("response", "</samlp:Response>", f"<{'a' * 2000}/></samlp:Response>"))),
    *row("S56", front(413, "http.body.size"), ("900 KiB", step("field", lambda t: t + "A" * (900 << 10)))),
    *row("S57", spx("saml.xml.encoding", 400), *[(f"{e} declared", step("signed_response", lambda r, e=e: f'<?xml version="1.0" encoding="{e}"?>' + r)) for e in ("UTF-16", "UTF-7", "ISO-8859-1")]),
    *row("S57", spx("saml.xml.bytes", 400), ("UTF-16", step("signed_response", lambda r: r.encode("utf-16"))), ("invalid", step("signed_response", lambda r: r.encode().replace(b"Camille", b"Cam\xff"))),
         ("overlong", step("signed_response", lambda r: r.encode().replace(b"Camille", b"\xc0\xbcx"))), ("a zero byte", step("signed_response", lambda r: r.encode().replace(b"Camille", b"Cam\0")))),
    *row("S58", spx("saml.xml.root", 400), ("two roots", step("signed_response", lambda r: r + r)), ("bytes after it", step("signed_response", lambda r: r + "x"))),
    *row("S58", spx("saml.post.encoding", 400), ("after the padding", step("field", lambda t: t + "=PGE+")), ("blanks inside", step("field", lambda t: t[:40] + " " + t[40:])), ("URL-safe", step("field", lambda t: t[:40] + "-_" + t[42:]))),
    *row("S59", front(400, "http.pairs.repeated"), ("twice", step("form", lambda p: p + [p[0]]))),
    *row("S59", front(405, "http.method"), ("by GET", lambda m: setattr(m, "post", lambda pairs: m.browser.get(m.here + "/retour?" + urllib.parse.urlencode(pairs), follow=False)))),
    *row("S59", front(415, "http.body.type"), ("as text", lambda m: setattr(m, "post", lambda pairs: m.browser.request("POST", m.here + "/retour", urllib.parse.urlencode(pairs).encode(), {"Content-Type": "text/plain"})))),
    *row("S68", HARMLESS, ("PAOS", lambda m: setattr(m, "post", lambda pairs: m.browser.request("POST", m.here + "/retour", urllib.parse.urlencode(pairs).encode(), {"PAOS": 'ver="urn:liberty:paos:2003-08"', "Accept": "application/vnd.paos+xml"})))),
]


# ---- who comes back, and how often ----

def another_browser(m):
    m.browser = m.world.town.browser()


def used_before(m):
    kept = dict(m.cookies())
    form = m.pairs()
    assert DOOR.accepted(m, m.post(form))
    m.browser.cookies[ETAT_CIVIL.host] = kept
    m.pairs = lambda: form


def used_elsewhere(m):
    """The same assertion, for another sign-in of the same browser."""
    other = DOOR.prepare(m.world)
    form = m.pairs()
    assert DOOR.accepted(m, m.post(form))
    m.browser, m.relay = other.browser, other.relay
    m.pairs = lambda: [form[0], ("RelayState", other.relay)]


def relay_state(value):
    """With the cookie of the true sign-in under the name that this state would have."""
    def change(m):
        kept = next(v for k, v in m.cookies().items() if k.startswith("__Host-login"))
        m.cookies()[f"__Host-login{hashlib.sha256(value.encode()).digest()[0] % 8}"] = kept
        m.form = lambda pairs: [pairs[0], ("RelayState", value)]
    return change


RETURNS = [
    *row("S40", spx("sp.state.used"), ("the same browser", None), prior=used_before),
    *row("S40", spx("sp.response.request"), ("for another sign-in", None), prior=used_elsewhere),
    *row("S41", spx("sp.state.absent"), ("another browser", another_browser)),
    *row("S41", spx("sp.response.unsolicited"), ("nobody asked", lambda m: (another_browser(m), step("form", lambda p: p[:1])(m)))),
    *row("S63", spx("sp.state.other"), *[(repr(v), relay_state(v)) for v in ("https://evil.test", "//evil", "/\\evil", "javascript:alert(1)", "x" * 81)]),
]


# ---- logout ----

class Logout:
    """The provider ends the session of a citizen who has signed in, by Redirect and without a cookie of ours."""

    def prepare(self, world):
        m = DOOR.prepare(world)
        m.f.update(name="citoyen-" + forge.new_id(), index="s-" + forge.new_id())
        assert DOOR.accepted(m, DOOR.send(m))
        m.l = {"id": forge.new_id(), "issuer": m.provider.entity, "destination": m.here + "/saml/slo", "until": forge.instant(120), "qualifier": m.provider.entity,
               "name": m.f["name"], "index": m.f["index"]}
        m.signer, m.parameter, m.message = world.keys.provider_rsa, "SAMLRequest", forge.logout_request
        return m

    def send(self, m):
        text = m.message(m.l).replace(f'SPNameQualifier="{m.l["issuer"]}"', f'SPNameQualifier="{m.f["sp"]}"')
        pairs = forge.redirect_query(m.parameter, forge.deflated(text), "z", m.signer)
        return m.world.town.browser().get(m.here + "/saml/slo?" + forge.joined(pairs), follow=False)

    def accepted(self, m, page):
        return page.status == 303 and page.header("Location").startswith(m.provider.issuer + "/saml/slo?SAMLResponse=") and not still_in(m)


def still_in(m):
    return m.browser.get(m.here + CITIZENS_ONLY, follow=False).status == 200


def slo(reason, status=403):
    return Outcome("SPX", lambda m, page: f"not {status}" if page.status != status else None if still_in(m) else "the session has ended", (ETAT_CIVIL.name, "slo", reason), source="kit")


def said(**values):
    return lambda m: m.l.update(values)


def signed_by(name):
    return lambda m: setattr(m, "signer", getattr(m.world.keys, name) if name else None)


def ended_before(m):
    """A request that names no session has ended one; the citizen has signed in again since."""
    m.message = lambda f: re.sub("<samlp:SessionIndex>.*</samlp:SessionIndex>", "", forge.logout_request(f))
    assert LOGOUT.accepted(m, LOGOUT.send(m))
    again = DOOR.prepare(m.world)
    again.f.update(name=m.f["name"])
    assert DOOR.accepted(again, DOOR.send(again))
    m.browser = again.browser


def unasked(m):
    m.parameter, m.message = "SAMLResponse", lambda f: (
        f'<samlp:LogoutResponse xmlns:samlp="{P}" Destination="{f["destination"]}" ID="{f["id"]}" InResponseTo="_x" IssueInstant="{forge.instant()}" Version="2.0">'
        f'<saml:Issuer xmlns:saml="{A}">{f["issuer"]}</saml:Issuer><samlp:Status><samlp:StatusCode Value="{forge.STATUS}Success"></samlp:StatusCode></samlp:Status></samlp:LogoutResponse>')


LOGOUT = Logout()
LOGOUTS = [
    *row("S64", slo("sp.logout.signature"), ("unsigned", signed_by(None)), ("by a stranger", signed_by("stranger_rsa")), door=LOGOUT),
    *row("S64", slo("sp.logout.iss"), ("of another entity", said(issuer="https://evil.test/")), door=LOGOUT),
    *row("S64", slo("sp.logout.subject"), ("another's qualifier", said(qualifier="https://evil.test/")), door=LOGOUT),
    *row("S65", slo("sp.logout.expired"), ("past its end", lambda m: m.l.update(until=forge.instant(-600))), ("stale", lambda m: m.l.update(instant=forge.instant(-3600))), door=LOGOUT),
    *row("S65", slo("sp.logout.destination"), ("another door", said(destination="https://other.example/saml/slo")), door=LOGOUT),
    *row("S65", slo("sp.logout.replayed"), ("used before", None), door=LOGOUT, prior=ended_before),
    *row("S66", slo("sp.logout.unasked"), ("nobody asked", unasked), door=LOGOUT),
    *row("S67", front(404, "http.path"), ("resolution", lambda m: setattr(m, "post", lambda pairs: m.browser.get(m.here + "/saml/artifact?SAMLart=x", follow=False)))),
    *row("S67", spx("sp.response.query", 400), ("an artifact in the form", step("form", lambda p: [("SAMLart", "AAQ="), p[1]]))),
]


# ---- what is looked at ----

def the_environment_switches_nothing_off(world):
    """The library that had such a switch is in no program; and what the supervisor was started with reaches no role."""
    for program in sorted(os.listdir(PROGRAMS)):
        linked = subprocess.run(["ldd", f"{PROGRAMS}/{program}"], capture_output=True, text=True).stdout
        hold("lasso" not in linked, f"{program} links lasso")
    for daemon in world.daemons:
        for name, pid in world.town.roles(daemon).items():
            with open(f"/proc/{pid}/environ", "rb") as f:
                hold(b"LASSO" not in f.read(), f"{name} has it in its environment")


def a_refused_message_leaves_nobody(world):
    m = DOOR.prepare(world)
    m.signed_assertion = lambda a: a.replace(">citoyen-7f<", ">administrateur<")
    hold(DOOR.send(m).status == 403, "accepted")
    for path in (CITIZENS_ONLY, "/demande?numero=x"):
        hold(m.browser.get(m.here + path, follow=False).status == 303, f"{path} opens")
    hold("administrateur" not in world.town.log(ETAT_CIVIL), "the name is in the log")


def a_cookie_opens_one_service(world):
    m = DOOR.prepare(world)
    DOOR.send(m)
    jar = {k: v for k, v in m.cookies().items() if k.endswith("session")}
    hold(jar, "no session")
    other = world.town.browser()
    other.cookies[ELECTIONS.host] = dict(jar)
    hold(other.get(world.town.url(ELECTIONS) + "/demandes", follow=False).status == 303, "it opens another")


def an_assertion_of_ours_is_for_one_service(world):
    """Issued for another service by the same provider, in order but for that."""
    m = DOOR.prepare(world)
    m.f.update(audiences=["https://petite-enfance.example/saml/metadata"], recipient="https://petite-enfance.example/retour")
    hold(DOOR.send(m).status == 403 and not has_session(m), "accepted")


LOOKS = [
    Inspection("S60", "what the environment says", the_environment_switches_nothing_off),
    Inspection("S61", "after a refusal", a_refused_message_leaves_nobody),
    Inspection("S69", "one service's cookie at another", a_cookie_opens_one_service),
    Inspection("I36", "one service's assertion at another", an_assertion_of_ours_is_for_one_service),
]
CASES = [*STRUCTURE, *SIGNATURES, *CONTENT, *BYTES, *RETURNS, *LOGOUTS, *LOOKS]
__all__ = ["CASES"]
