"""Writes the seeds and dictionaries of tests/fuzz/corpus/: the same bytes at every run.

    python3 tests/fuzz/make_corpus.py

Files that it does not name (finding-*: inputs that once broke a promise) are left alone.
"""
import base64
import hashlib
import os
import re
import struct
import urllib.parse
import zlib

CORPUS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus")

SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
MD = "urn:oasis:names:tc:SAML:2.0:metadata"
DS = "http://www.w3.org/2000/09/xmldsig#"
C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
RSA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
ENVELOPED = DS + "enveloped-signature"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
NS = f'xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}"'


def b64(data):
    return base64.b64encode(data).decode()


def b64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def noise(n):
    """n bytes that look random and are not: no seed holds a key of anybody."""
    return b"".join(hashlib.sha256(b"TEST-ONLY-%d" % i).digest() for i in range(n // 32 + 1))[:n]


# ---- frames: as base/frame.h describes them ----

def u32(n):
    return struct.pack("<I", n)


def i64(n):
    return struct.pack("<q", n)


def text(s=""):
    return u32(len(s)) + s.encode()


def blob(s=""):
    return i64(len(s)) + text(s)


def texts(*v):
    return u32(len(v)) + b"".join(text(s) for s in v)


def frames():
    subject = text("0123456789abcdef") + text("elections") + text()
    saml_subject = b"\0" + subject + text() * 3
    name_id = text("p") * 4
    head = text("_a") + text("idp") + i64(1) + text() + text()
    pair = text("a") + text("b")
    route = b"\0\0" + text("/") + b"\0" + u32(0) + text() + b"\0"
    bodies = {
        0: ("refusal", b"\1" + text("a.b")),
        1: ("empty", b""),
        2: ("text", text("hello")),
        3: ("boot_start", text("guichet-idp") + b"\1" + u32(0) * 3 + u32(1) + pair + u32(1) + text("key.es256") + b"\0"),
        4: ("boot_peer", b"\1" + u32(0) + b"\0"),
        5: ("boot_tickets", u32(1) + text("n" * 16) + text("h" * 32) + text("a" * 32)),
        6: ("boot_ctl", b"\0"),
        7: ("check_jws", text("a.b.c") + text("{}") + text("ES256") + text("-")),
        8: ("check_claims", text("ES256") + text("k") + text() + u32(1) + text("iss") + b"\0" + text("x") + i64(0)),
        9: ("check_saml", b"\1" + blob("PGE+") + u32(15) + b"\3" + texts("der")),
        10: ("check_saml_authn", u32(1) + b"\1" + u32(0) + b"\0" + text() + b"\0" + head + b"\0\0" + text() * 2 + i64(-1) * 2
             + b"\0\0" + text() * 2 + b"\0" + name_id + b"\0" + texts("c") + b"\0"),
        11: ("check_metadata", blob("<m/>")),
        12: ("check_metadata_result", b"\1" + text() * 2 + u32(0) + text("https://sp.example") + i64(0) + b"\1\0\0\0\1" + texts("f")
             + u32(1) + b"\0\0" + text(POST) + text("https://sp.example/acs") + text() + i64(0) + b"\1"
             + u32(1) + b"\0\1\1" + text("der") + u32(1) + text("mail") * 3 + b"\0" + text("Ville")),
        13: ("ctl_request", texts("partner", "list") + b"\0" + text("root") + blob("")),
        14: ("ctl_answer", None),
        15: ("fetch_http", text("https://a.example/") + text() * 4 + i64(5000)),
        17: ("fetch_mail", text("a@b.example") + text("s") + text("t")),
        20: ("hash_verdict", b"\1\0"),
        23: ("sign_subject", subject),
        24: ("sign_token", text("a.b.c") + text("p")),
        25: ("sign_keys", u32(1) + b"\0" + text("k") + text("{}")),
        26: ("sign_tls", text("d" * 32)),
        31: ("sign_saml_metadata", b"\0\1\1" + i64(0) + u32(1) + b"\0" + text("https://a") + u32(1) + b"\1" + text("https://b")
             + u32(1) + b"\0" + text("Ville") * 4),
        27: ("sign_saml_response", b"\1\0" + text("https://acs") + text("_r") + i64(1) + text("sp") + saml_subject + text() * 2 + i64(1) * 4
             + u32(1) + text("mail") * 3 + texts("v")),
        34: ("web_response", u32(200) + text("text/html") + u32(1) + pair + b"\0" + text() + blob("<p>")),
        33: ("web_request", text("id") + text("::1") + b"\0\2\0" + text("/x") + text() + (u32(1) + pair) * 4
             + u32(1) + text("f") * 3 + blob("bytes") + blob("")),
        35: ("web_publish", u32(1) + route),
        37: ("directory_bind", text("marie") + text("word") + i64(5000)),
        38: ("directory_find", text() + text("marie") + i64(5000)),
        40: ("directory_person", text("k") + text("uid=marie") + text() * 3 + b"\3" + u32(1) + pair),
        41: ("directory_report", u32(1) + pair + b"\1" + b"\1" + text("k") * 5 + b"\0" + u32(0)),
        42: ("passkey_new", text("compte.example") + text("{}") + text("a")),
        43: ("passkey_made", text("webauthn.create") + text("AA") + text("https://a") + b"\0" + text("id") + text("key") + b"\1" + u32(0)),
        44: ("passkey_proof", text("compte.example") + text("{}") + text("d") + text("s") + text("key") + b"\2"),
        45: ("passkey_held", text("webauthn.get") + text("AA") + text("https://a") + b"\1" + u32(7)),
    }
    return {name: bytes([which]) + body for which, (name, body) in bodies.items() if body is not None}


# ---- SAML ----

def signature(of):
    return (f'<ds:Signature xmlns:ds="{DS}"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="{C14N}"></ds:CanonicalizationMethod>'
            f'<ds:SignatureMethod Algorithm="{RSA256}"></ds:SignatureMethod><ds:Reference URI="#{of}"><ds:Transforms>'
            f'<ds:Transform Algorithm="{ENVELOPED}"></ds:Transform><ds:Transform Algorithm="{C14N}"></ds:Transform></ds:Transforms>'
            f'<ds:DigestMethod Algorithm="{SHA256}"></ds:DigestMethod><ds:DigestValue>{b64(noise(32))}</ds:DigestValue></ds:Reference>'
            f'</ds:SignedInfo><ds:SignatureValue>{b64(noise(64))}</ds:SignatureValue></ds:Signature>')


def message(name, inside, signed=False, **attributes):
    more = "".join(f' {k}="{v}"' for k, v in attributes.items())
    return (f'<samlp:{name} {NS} ID="_m1" Version="2.0" IssueInstant="2026-11-24T10:42:00Z"{more}>'
            f'<saml:Issuer>https://a.example/saml</saml:Issuer>{signature("_m1") if signed else ""}{inside}</samlp:{name}>')


ASSERTION = ('<saml:Assertion ID="_a1" Version="2.0" IssueInstant="2026-11-24T10:42:00Z"><saml:Issuer>https://a.example/saml</saml:Issuer>'
             + signature("_a1") +
             '<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">p1</saml:NameID>'
             '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData InResponseTo="_r1" '
             'NotOnOrAfter="2026-11-24T10:47:00Z" Recipient="https://b.example/acs"/></saml:SubjectConfirmation></saml:Subject>'
             '<saml:Conditions NotBefore="2026-11-24T10:41:00Z" NotOnOrAfter="2026-11-24T10:47:00Z"><saml:AudienceRestriction>'
             '<saml:Audience>https://b.example/saml</saml:Audience></saml:AudienceRestriction></saml:Conditions>'
             '<saml:AuthnStatement AuthnInstant="2026-11-24T10:42:00Z" SessionIndex="_s1"><saml:AuthnContext><saml:AuthnContextClassRef>'
             'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>'
             '<saml:AttributeStatement><saml:Attribute Name="mail"><saml:AttributeValue>a&amp;b&#233;</saml:AttributeValue></saml:Attribute>'
             '</saml:AttributeStatement></saml:Assertion>')
SUCCESS = '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>'
REFUSED = '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"/><samlp:StatusMessage>no</samlp:StatusMessage></samlp:Status>'
AUTHN = message("AuthnRequest", f'<samlp:NameIDPolicy AllowCreate="true" Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"/>'
                '<samlp:RequestedAuthnContext Comparison="exact"><saml:AuthnContextClassRef>urn:x</saml:AuthnContextClassRef>'
                '</samlp:RequestedAuthnContext>', AssertionConsumerServiceURL="https://b.example/acs", ProtocolBinding=POST, ForceAuthn="true")
LOGOUT = message("LogoutRequest", '<saml:NameID>p1</saml:NameID><samlp:SessionIndex>_s1</samlp:SessionIndex>', NotOnOrAfter="2026-11-24T10:47:00Z")

METADATA_SP = (f'<?xml version="1.0"?>\n<!-- a partner -->\n<md:EntityDescriptor xmlns:md="{MD}" entityID="https://b.example/saml" validUntil="2030-01-01T00:00:00Z">\n'
               f' <md:SPSSODescriptor AuthnRequestsSigned="true" WantAssertionsSigned="true" protocolSupportEnumeration="{SAMLP}">\n'
               f'  <md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="{DS}"><ds:X509Data><ds:X509Certificate>\n{b64(noise(60))}\n</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>\n'
               f'  <md:SingleLogoutService Binding="{REDIRECT}" Location="https://b.example/slo"/>\n  <md:NameIDFormat>urn:x</md:NameIDFormat>\n'
               f'  <md:AssertionConsumerService Binding="{POST}" Location="https://b.example/acs" index="0" isDefault="true"/>\n'
               '  <md:AttributeConsumingService index="0"><md:ServiceName xml:lang="fr">s</md:ServiceName><md:RequestedAttribute Name="mail" isRequired="true"/></md:AttributeConsumingService>\n'
               ' </md:SPSSODescriptor>\n <md:Organization><md:OrganizationDisplayName xml:lang="fr">Ville</md:OrganizationDisplayName></md:Organization>\n</md:EntityDescriptor>\n')
METADATA_IDP = (f'<EntityDescriptor xmlns="{MD}" entityID="https://a.example/saml"><IDPSSODescriptor WantAuthnRequestsSigned="false" protocolSupportEnumeration="{SAMLP}">'
                f'<KeyDescriptor><KeyInfo xmlns="{DS}"><X509Data><X509Certificate>{b64(noise(60))}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>'
                f'<SingleSignOnService Binding="{REDIRECT}" Location="https://a.example/sso"/></IDPSSODescriptor></EntityDescriptor>')


def deflate(data):
    z = zlib.compressobj(9, zlib.DEFLATED, -15)
    return z.compress(data) + z.flush()


def query(name, xml, relay=None, signed=False):
    pairs = [(name, b64(deflate(xml.encode())))]
    if relay is not None:
        pairs.append(("RelayState", relay))
    if signed:
        pairs.append(("SigAlg", RSA256))
    text_ = "&".join(f"{k}={urllib.parse.quote(v, safe='')}" for k, v in pairs)
    return text_ + ("&Signature=" + urllib.parse.quote(b64(noise(64)), safe="") if signed else "")


def signed_messages():
    """Those that a reader verifies at its start."""
    with open(os.path.join(CORPUS, "../../../roles/reader/saml_selftest.c"), encoding="utf-8") as f:
        found = re.findall(r"\.message = STR_INIT\((.*?)\)", f.read(), re.S)
    messages = [base64.b64decode("".join(re.findall(r'"([^"]*)"', m))) for m in found]
    return {"rsa": messages[0], "ec": messages[1], "comment": messages[0].replace(b"self-test<", b"self<!-- -->-test<")}


# ---- the rest ----

# The point and the modulus are those of the published examples in RFC 7515 A.3 and A.2.
JWKS = ('{"keys":[{"kty":"EC","crv":"P-256","kid":"k1","use":"sig","alg":"ES256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",'
        '"y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},'
        '{"kty":"RSA","kid":"k2","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yR'
        'T-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmt'
        'dVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"},'
        '{"kty":"oct","k":"c2VjcmV0"}]}')
HEADER = '{"alg":"ES256","typ":"JWT","kid":"k1"}'
AUTHZ = ("client_id=elections&redirect_uri=https%3A%2F%2Felections.example%2Fcb&response_type=code&scope=openid+profile&state=s1&nonce=n1"
         "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&max_age=60&prompt=login+consent"
         "&claims=%7B%22id_token%22%3A%7B%7D%7D&login_hint=a%40b.example&ui_locales=fr&acr_values=x")
FORM = ('multipart/form-data; boundary=XyZ\n--XyZ\r\nContent-Disposition: form-data; name="text"\r\n\r\nligne 1\r\nligne 2\r\n'
        '--XyZ\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\nContent-Type: application/pdf\r\n\r\n%PDF\0\xff-1.4\r\n--XyZ--\r\n')
CONF = ('daemon = "guichet-idp"\npublic_url = \'https://a.example:8443\'\nlisten = {"127.0.0.1:8443", "[::1]:8443"}\nproxy = {"::1"}\n'
        "# comment\nthreads = 4\ncompress = true\ntown = 'S\u00e9rigny \\'d\\' $HOME'\ncolour = \"#102030\"\nstate_dir = state\nkey = /etc/key\n")

def passkeys():
    """What follows the counter in the authenticator data of a registration; a whole one; client data."""
    x, y = (base64.urlsafe_b64decode(v + "=") for v in re.findall(r'"[xy]":"([^"]+)"', JWKS)[:2])
    es256 = b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20" + x + b"\x22\x58\x20" + y
    rs256 = b"\xa4\x01\x03\x03\x39\x01\x00\x20\x59\x01\x00\xc3" + noise(254) + b"\x01\x21\x43\x01\x00\x01"
    eddsa = b"\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x20" + noise(31) + b"\x05"
    attested = bytes(16) + b"\0\4cred"
    data = hashlib.sha256(b"compte.example").digest() + b"\x45\0\0\0\0" + attested + es256
    whole = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58" + bytes([len(data)]) + data
    client = '{"type":"webauthn.get","challenge":"AAAA","origin":"https://compte.example","crossOrigin":false}'
    return {"es256": attested + es256, "rs256": attested + rs256, "eddsa": attested + eddsa, "whole": whole, "client": client,
            "off-curve": attested + es256[:-1] + b"\0", "twice": b"\xa2\x01\x02\x01\x03", "deep": b"\x81" * 64, "endless": b"\xbf\xff"}


SEEDS = {
    "http_head": {
        "get": "GET /connexion?a=b%20c&lang=fr HTTP/1.1\r\nHost: compte.example:8443\r\nUser-Agent: x\r\nAccept-Language: fr\r\nCookie: a=b; c=d\r\n\r\n",
        "post": "POST /token HTTP/1.1\r\nhost: [::1]:80\r\nContent-Length: 11\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                "Authorization: Basic YTpi\r\nExpect: 100-continue\r\nConnection: close\r\n\r\nhello=world",
        "chunked": "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nX-Forwarded-For: 10.0.0.1, 10.0.0.2\r\n\r\n0\r\n\r\n",
        "http10": "GET / HTTP/1.0\r\n\r\n",
        "two-lengths": "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "cut": "GET /a HTTP/1.1\r\nHost: a\r\nOrig",
    },
    "http_chunked": {
        "two": "5\r\nhello\r\n00A\r\n, world...\r\n0\r\nTrailer: x\r\n\r\nGET /",
        "empty": "0\r\n\r\n",
        "extension": "5;a=b\r\nhello\r\n0\r\n\r\n",
    },
    "http_pairs": {
        "form": "name=H%C3%A9l%C3%A8ne+Martin&text=a%0D%0Ab&empty=&alone",
        "repeated": "a=1&b=2&a=3",
        "basic": "Basic ZWxlY3Rpb25zOnMlM0FjcmV0",
    },
    "http_multipart": {"form": FORM.encode("latin-1"), "empty": "multipart/form-data; boundary=\"a b\"\n--a b--\r\n",
                       "cut": "multipart/form-data; boundary=X\n--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb"},
    "http_fields": {"cookies": "__Host-session=abc; lang=fr; a=1; a=2", "language": "de, en-GB;q=0.8, fr;q=0.5", "forwarded": "1.2.3.4, 10.0.0.1",
                    "type": "multipart/form-data; boundary=\"xyz\"; charset=utf-8", "etag": "W/\"1a2b\", \"x\"", "origin": "https://a.example:8443/x"},
    "b64": {"url": "AQIDBAUG_-8", "std": "AQIDBAUG/+8=", "hex": "00ff10Ab", "long": b64(noise(200)), "space": "AQID\nBAUG"},
    "json_read": {"object": '{"a":[1,-2.5e3,true,null,"\\u00e9\\n"],"b":{"c":{"d":[]}}}', "empty": "{}", "twice": '{"a":1,"a":2}',
                  "deep": "{\"a\":" * 6 + "1" + "}" * 6},
    "jose_header": {"es256": HEADER, "rs256": '{"alg":"RS256"}', "none": '{"alg":"none"}', "jku": '{"alg":"ES256","jku":"https://evil.example"}',
                    "twice": '{"alg":"ES256","alg":"none"}', "token": f"{b64url(HEADER.encode())}.{b64url(b'{}')}.{b64url(noise(64))}"},
    "jwks": {"two": JWKS, "same-kid": '{"keys":[{"kid":"k1","kty":"EC"},{"kid":"k1","kty":"RSA","n":"AQ","e":"AQAB"}]}', "empty": '{"keys":[]}'},
    "oidc_authz": {"whole": AUTHZ, "none": AUTHZ.replace("login+consent", "none"), "request": AUTHZ + "&request=x", "uri": "https://elections.example:8443/cb?x=y",
                   "loopback": "http://127.0.0.1:49152/cb", "userinfo": "https://a@b.example/"},
    "passkey": passkeys(),
    "frames": frames(),
    "conf": {"whole": CONF, "unknown": "daemon = x\nthread = 4\n", "twice": "daemon = x\nlisten = {\"*:1\"}\nlisten = {\"*:2\"}\n", "open": "daemon = \"x\n"},
    "saml_check": {"authn": AUTHN, "logout": LOGOUT, "response": message("Response", SUCCESS + ASSERTION, True, InResponseTo="_r1", Destination="https://b.example/acs"),
                   "refused": message("Response", REFUSED), "logout-response": message("LogoutResponse", SUCCESS, True),
                   "wrapped": message("Response", SUCCESS + ASSERTION + ASSERTION.replace("_a1", "_a2")), "doctype": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'},
    "saml_redirect": {"request": query("SAMLRequest", AUTHN), "signed": query("SAMLRequest", AUTHN, "https://b.example/page?x=\u00e9", True),
                      "response": query("SAMLResponse", message("LogoutResponse", SUCCESS), "r", True), "post": b64(AUTHN.encode()),
                      "bomb": query("SAMLRequest", "<a>" + " " * 50000 + "</a>"), "twice": query("SAMLRequest", "<a/>", "r") + "&RelayState=s"},
    "directory_text": {"name": "marie.petit", "filter": "*)(uid=*))(|(uid=*", "dn": " marie,ou=agents+cn=#x\\,dc=\"a\" ", "nul": "a\0b", "accents": "\u00c9lise",
                       "guid": "03020100-0504-0706-0809-0a0b0c0d0e0f"},
    "seal": {"text": "hello", "shape": b64url(b"\x01" + noise(60)), "empty": ""},
    "saml_signed": signed_messages(),
    "saml_write": {"name": "H\u00e9l\u00e8ne <Martin> & \"co\" 'x'", "url": "https://b.example/acs?a=b&c=d", "lines": "a\r\nb\tc", "mark": "\ufeffa"},
    "saml_metadata": {"sp": METADATA_SP, "idp": METADATA_IDP, "aggregate": f'<EntitiesDescriptor xmlns="{MD}"/>'},
}

SAML_WORDS = ["<!--", "-->", "<![CDATA[", "<?xml", "<!DOCTYPE", "&#x26;", "&#0;", "&lt;", "&amp;", "xmlns=", "xmlns:", "xml:id=", " ID=", " Id=", "URI=", "/>", "</",
              SAMLP, SAML, MD, DS, C14N, RSA256, ENVELOPED, "samlp:", "saml:", "ds:", "Assertion", "EncryptedAssertion", "Advice", "Signature", "Object", "Reference",
              "Transforms", "NameID", "BaseID", "Issuer", "Extensions", "2026-11-24T10:42:00.5Z", "true"]
WORDS = {
    "http_head": ["GET ", "POST ", "HEAD ", "OPTIONS ", " HTTP/1.1\r\n", " HTTP/1.0\r\n", "\r\n\r\n", "\r\n", "\n", "Host: a", "host:", "Content-Length: ", "Transfer-Encoding: chunked",
                  "Connection: close", "Connection: upgrade", "Upgrade: h2c", "Expect: 100-continue", "Cookie: ", "X-Forwarded-For: ", "Accept: ", "/../", "//", "%00", "%2e", "?"],
    "http_chunked": ["\r\n", "0\r\n\r\n", "1\r\n", "ffffffff\r\n", "a: b\r\n", ";"],
    "http_pairs": ["&", "=", "+", "%00", "%0A", "%25", "%C3%A9", "text=", "note=", "Basic ", "%"],
    "http_multipart": ["\r\n--XyZ", "--\r\n", "\r\n\r\n", "Content-Disposition: form-data; name=\"a\"", "; filename=\"\"", "Content-Type: ", "content-transfer-encoding: ", "boundary=", "\""],
    "http_fields": ["; ", "=", ",", "fr", "en", ";q=0.", ";q=1", "*", "W/", "\"1a2b\"", "boundary=", "https://", "http://"],
    "b64": ["==", "=", "-_", "+/", "\n"],
    "json_read": ["{", "}", "[", "]", ":", ",", "\"", "\\u0000", "\\ud83d\\ude00", "true", "null", "1e309", "-0", "9223372036854775807", "18446744073709551616"],
    "jose_header": ["\"alg\":", "\"ES256\"", "\"RS256\"", "\"none\"", "\"HS256\"", "\"kid\":", "\"typ\":", "\"application/jwt\"", "\"crit\":[\"exp\"]", "\"jwk\":{}", "\"b64\":false", "."],
    "jwks": ["\"keys\":[", "\"kty\":", "\"RSA\"", "\"EC\"", "\"crv\":\"P-256\"", "\"kid\":", "\"use\":\"enc\"", "\"key_ops\":[\"verify\"]", "\"x\":", "\"n\":", "\"e\":\"AQAB\""],
    "oidc_authz": ["&prompt=", "none", "login", "&request=", "&request_uri=", "&response_mode=", "query", "&claims=", "%7B", "&max_age=", "&state=", "&nonce=", "openid", "https://",
                   "http://127.0.0.1", "http://[::1]:", "#", "*", "@", "%5C", "localhost"],
    "passkey": ["\xa0", "\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20", "\x22\x58\x20", "\xa4\x01\x03\x03\x39\x01\x00\x20\x59\x01\x00", "\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x20",
                "\x81\x81\x81", "\x5f", "\xbf", "\xff", "\x18\x17", "fmt", "attStmt", "authData", "\"type\":", "\"challenge\":", "\"origin\":", "\"crossOrigin\":true"],
    "frames": ["\0\0\0\0", "\1\0\0\0", "\xff\xff\xff\xff", "\0\0\0\0\0\0\0\0", "\0\0\0\x80"],
    "conf": ["daemon = ", "listen = {", "}", "\"", "'", "${HOME}", "\\", "\\x41", "/*", "*/", "#", "//", "+=", "include(", "threads = ", "town = ", "state_dir = ", "true", "\n"],
    "directory_text": ["*", "(", ")", "\\", "\0", ",", "+", "\"", "<", ">", ";", "=", " ", "#", "\\2a", "-0504-", "uid="],
    "seal": ["AQ", "-_", "="],
    "saml_check": SAML_WORDS,
    "saml_write": ["&amp;", "&#x26;", "]]>", "\"", "'", "<!--", "</saml:NameID>", "\u2028", "\u00a0", "\ufffe", "\U0001f600", "\ufeff"],
    "saml_signed": SAML_WORDS + ["_selftest", "urn:example:self-test", "self-test", "Destination=", "InResponseTo=", "LogoutResponse"],
    "saml_redirect": ["&", "=", "%", "+", "SAMLRequest=", "SAMLResponse=", "RelayState=", "SigAlg=", "Signature=", "SAMLEncoding=", "SAMLart=", "samlrequest=", "%53AMLRequest=", ";",
                      urllib.parse.quote(RSA256, safe=""), "%3D%3D"],
    "saml_metadata": SAML_WORDS + ["EntityDescriptor", "EntitiesDescriptor", "SPSSODescriptor", "IDPSSODescriptor", "KeyDescriptor", "use=\"signing\"", "X509Certificate", "Binding=",
                                   "Location=", "https://", "validUntil=", "index=", "Organization", "\ufeff"],
}


def quoted(word):
    data = word.encode("latin-1") if max(map(ord, word)) < 256 else word.encode()
    return '"' + "".join(chr(c) if 0x20 <= c < 0x7f and chr(c) not in '"\\' else f"\\x{c:02X}" for c in data) + '"\n'


def main():
    for target, seeds in SEEDS.items():
        folder = f"{CORPUS}/{target}"
        os.makedirs(folder, exist_ok=True)
        for name, seed in seeds.items():
            with open(f"{folder}/{name}", "wb") as f:
                f.write(seed if isinstance(seed, bytes) else seed.encode())
        with open(f"{folder}/words.dict", "w", encoding="ascii") as f:
            f.writelines(quoted(w) for w in WORDS[target])


if __name__ == "__main__":
    main()
