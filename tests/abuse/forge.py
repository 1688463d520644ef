"""Forging: keys, JOSE tokens and SAML messages, valid ones first. Messages are written as canonical XML, so
that they can be signed without an XML library, and every case changes one thing in them.
"""
import base64
import datetime
import hashlib
import hmac
import json
import secrets
import time
import urllib.parse
import zlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

A, P, DS = "urn:oasis:names:tc:SAML:2.0:assertion", "urn:oasis:names:tc:SAML:2.0:protocol", "http://www.w3.org/2000/09/xmldsig#"
MD, BINDINGS = "urn:oasis:names:tc:SAML:2.0:metadata", "urn:oasis:names:tc:SAML:2.0:bindings:"
C14N, MORE = "http://www.w3.org/2001/10/xml-exc-c14n#", "http://www.w3.org/2001/04/xmldsig-more#"
SHA256, CLASSES = "http://www.w3.org/2001/04/xmlenc#sha256", "urn:oasis:names:tc:SAML:2.0:ac:classes:"
NAMES, STATUS = "urn:oasis:names:tc:SAML:2.0:nameid-format:", "urn:oasis:names:tc:SAML:2.0:status:"
HASHES = {"sha1": hashes.SHA1, "sha256": hashes.SHA256, "sha384": hashes.SHA384}


def b64(data):
    return base64.b64encode(data).decode()


def b64url(data):
    return base64.urlsafe_b64encode(data if isinstance(data, bytes) else data.encode()).rstrip(b"=").decode()


class Signer:
    """A private key and what others may know of it."""

    def __init__(self, kind, size=256):
        self.kind = kind
        curve = {256: ec.SECP256R1, 384: ec.SECP384R1}.get(size)
        self.key = rsa.generate_private_key(65537, size) if kind == "rsa" else ec.generate_private_key(curve())
        self.size = (size + 7) // 8

    def raw(self, data, digest="sha256"):
        """RSA PKCS #1 v1.5, or r and s side by side."""
        if self.kind == "rsa":
            return self.key.sign(data, padding.PKCS1v15(), HASHES[digest]())
        r, s = decode_dss_signature(self.key.sign(data, ec.ECDSA(HASHES[digest]())))
        return r.to_bytes(self.size, "big") + s.to_bytes(self.size, "big")

    def certificate(self, days=30):
        name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "TEST-ONLY")]), datetime.datetime.utcnow()
        made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(self.key.public_key())
        made = made.serial_number(secrets.randbits(64)).not_valid_before(now - datetime.timedelta(days=1))
        return made.not_valid_after(now + datetime.timedelta(days=days)).sign(self.key, hashes.SHA256())

    def certificate_text(self):
        if not hasattr(self, "_text"):
            self._text = b64(self.certificate().public_bytes(serialization.Encoding.DER))
        return self._text

    def public_pem(self):
        return self.key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def jwk(self, kid):
        n = self.key.public_key().public_numbers()
        if self.kind == "rsa":
            return {"kty": "RSA", "kid": kid, "use": "sig", "alg": "RS256", "n": b64url(n.n.to_bytes(self.size, "big")), "e": "AQAB"}
        names = {32: ("P-256", "ES256"), 48: ("P-384", "ES384")}
        crv, alg = names[self.size]
        return {"kty": "EC", "kid": kid, "use": "sig", "alg": alg, "crv": crv, "x": b64url(n.x.to_bytes(self.size, "big")),
                "y": b64url(n.y.to_bytes(self.size, "big"))}


class Keys:
    """Made once: the stand-in provider's, and those that nobody should believe."""

    def __init__(self):
        self.provider, self.provider_rsa = Signer("ec"), Signer("rsa", 2048)
        self.stranger, self.stranger_rsa, self.p384 = Signer("ec"), Signer("rsa", 2048), Signer("ec", 384)
        self.sp = {}


# ---- JOSE ----

def jws(claims, signer, header=None, sign=None):
    """sign(bytes) -> signature, where it is not the key's own."""
    head = {"alg": "RS256" if signer and signer.kind == "rsa" else "ES256", "typ": "JWT", "kid": "p1", **(header or {})}
    head = {k: v for k, v in head.items() if v is not None}
    payload = claims if isinstance(claims, str) else json.dumps(claims)
    text = b64url(json.dumps(head)) + "." + b64url(payload)
    signature = sign(text.encode()) if sign else signer.raw(text.encode())
    return text + "." + b64url(signature)


def hs256(secret):
    return lambda data: hmac.new(secret, data, hashlib.sha256).digest()


# ---- SAML: what all messages share ----

def instant(after=0):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + after))


def new_id():
    return "_" + secrets.token_hex(16)


def element_id(xml):
    return xml.split(' ID="', 1)[1].split('"', 1)[0]


def signature(xml, signer, alg=MORE + "rsa-sha256", digest_alg=SHA256, reference=None, transforms=None, key_info="", sign=None):
    """Of an element written in canonical form."""
    transforms = transforms or f'<ds:Transform Algorithm="{DS}enveloped-signature"></ds:Transform><ds:Transform Algorithm="{C14N}"></ds:Transform>'
    digest = hashlib.sha1(xml.encode()).digest() if digest_alg.endswith("#sha1") else hashlib.sha256(xml.encode()).digest()
    rest = (f'<ds:CanonicalizationMethod Algorithm="{C14N}"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm="{alg}"></ds:SignatureMethod>'
            f'<ds:Reference URI="#{reference or element_id(xml)}"><ds:Transforms>{transforms}</ds:Transforms>'
            f'<ds:DigestMethod Algorithm="{digest_alg}"></ds:DigestMethod><ds:DigestValue>{b64(digest)}</ds:DigestValue></ds:Reference></ds:SignedInfo>')
    octets = f'<ds:SignedInfo xmlns:ds="{DS}">{rest}'.encode()
    value = sign(octets) if sign else signer.raw(octets, "sha1" if alg.endswith("sha1") else "sha256")
    return (f'<ds:Signature xmlns:ds="{DS}"><ds:SignedInfo>{rest}<ds:SignatureValue>{b64(value)}</ds:SignatureValue>{key_info}</ds:Signature>')


def with_signature(xml, sig):
    """In its place: right after the Issuer."""
    head, tail = xml.split("</saml:Issuer>", 1)
    return head + "</saml:Issuer>" + sig + tail


def signed(xml, signer, **how):
    return with_signature(xml, signature(xml, signer, **how))


# ---- SAML: requests of a service ----

def authn_request(f):
    """f: id, issuer, destination, acs, index, binding, policy, context, extra, attributes."""
    attributes = {"AssertionConsumerServiceIndex": f.get("index"), "AssertionConsumerServiceURL": f.get("acs"), "Destination": f.get("destination"),
                  "ForceAuthn": f.get("force"), "ID": f["id"], "IsPassive": f.get("passive"), "IssueInstant": f.get("instant") or instant(),
                  "ProtocolBinding": f.get("binding"), "Version": "2.0"}
    text = "".join(f' {k}="{v}"' for k, v in sorted(attributes.items()) if v is not None)
    return (f'<samlp:AuthnRequest xmlns:samlp="{P}"{text}><saml:Issuer xmlns:saml="{A}">{f["issuer"]}</saml:Issuer>'
            f'{f.get("subject", "")}{f.get("policy", "")}{f.get("context", "")}{f.get("extra", "")}</samlp:AuthnRequest>')


def logout_request(f):
    attributes = {"Destination": f.get("destination"), "ID": f["id"], "IssueInstant": f.get("instant") or instant(),
                  "NotOnOrAfter": f.get("until"), "Version": "2.0"}
    text = "".join(f' {k}="{v}"' for k, v in sorted(attributes.items()) if v is not None)
    return (f'<samlp:LogoutRequest xmlns:samlp="{P}"{text}><saml:Issuer xmlns:saml="{A}">{f["issuer"]}</saml:Issuer>'
            f'<saml:NameID xmlns:saml="{A}" Format="{NAMES}persistent" NameQualifier="{f["qualifier"]}" SPNameQualifier="{f["issuer"]}">'
            f'{f["name"]}</saml:NameID><samlp:SessionIndex>{f["index"]}</samlp:SessionIndex></samlp:LogoutRequest>')


def deflated(xml):
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    return squeeze.compress(xml if isinstance(xml, bytes) else xml.encode()) + squeeze.flush()


def quoted(text):
    return urllib.parse.quote(text, safe="")


def redirect_query(parameter, payload, relay=None, signer=None, alg=MORE + "rsa-sha256"):
    """payload: what goes into base64; a list of (name, raw value), which a case may then change."""
    pairs = [(parameter, quoted(b64(payload)))]
    if relay is not None:
        pairs.append(("RelayState", quoted(relay)))
    if signer:
        pairs.append(("SigAlg", quoted(alg)))
        pairs.append(("Signature", quoted(b64(signer.raw(joined(pairs).encode(), "sha1" if alg.endswith("sha1") else "sha256")))))
    return pairs


def joined(pairs):
    return "&".join(f"{k}={v}" for k, v in pairs)


def key_descriptor(signer):
    return (f'<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="{DS}"><ds:X509Data><ds:X509Certificate>{signer.certificate_text()}'
            f'</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>')


def sp_metadata(entity, signer, attributes="", extra=""):
    base = entity.rsplit("/", 1)[0]
    return (f'<md:EntityDescriptor xmlns:md="{MD}" entityID="{entity}"{attributes}><md:SPSSODescriptor AuthnRequestsSigned="{"true" if signer else "false"}"'
            f' protocolSupportEnumeration="{P}">{key_descriptor(signer) if signer else ""}'
            f'<md:SingleLogoutService Binding="{BINDINGS}HTTP-Redirect" Location="{base}/slo"/>'
            f'<md:AssertionConsumerService index="0" isDefault="true" Binding="{BINDINGS}HTTP-POST" Location="{base}/acs"/>'
            f'<md:AssertionConsumerService index="1" Binding="{BINDINGS}HTTP-POST" Location="{base}/second"/>'
            f'<md:AssertionConsumerService index="2" Binding="{BINDINGS}HTTP-Artifact" Location="{base}/artifact"/>{extra}'
            f'</md:SPSSODescriptor></md:EntityDescriptor>')


# ---- SAML: what an identity provider says ----

def idp_metadata(entity, sso, slo, signer):
    return (f'<md:EntityDescriptor xmlns:md="{MD}" entityID="{entity}"><md:IDPSSODescriptor protocolSupportEnumeration="{P}">'
            f'{key_descriptor(signer)}<md:SingleLogoutService Binding="{BINDINGS}HTTP-Redirect" Location="{slo}"/>'
            f'<md:NameIDFormat>{NAMES}persistent</md:NameIDFormat>'
            f'<md:SingleSignOnService Binding="{BINDINGS}HTTP-Redirect" Location="{sso}"/></md:IDPSSODescriptor></md:EntityDescriptor>')


def conditions(f):
    audiences = "".join(f"<saml:AudienceRestriction><saml:Audience>{a}</saml:Audience></saml:AudienceRestriction>" for a in f["audiences"])
    return (f'<saml:Conditions NotBefore="{f["from"]}" NotOnOrAfter="{f["until"]}">{audiences}{f.get("condition", "")}</saml:Conditions>')


def confirmation(f):
    data = {"InResponseTo": f["in_response_to"], "NotOnOrAfter": f["confirm_until"], "Recipient": f["recipient"]}
    text = "".join(f' {k}="{v}"' for k, v in data.items() if v is not None)
    return (f'<saml:SubjectConfirmation Method="{f["method"]}"><saml:SubjectConfirmationData{text}></saml:SubjectConfirmationData>'
            f'</saml:SubjectConfirmation>')


def attribute(name, *values):
    return (f'<saml:Attribute Name="{name}" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:basic">'
            + "".join(f"<saml:AttributeValue>{v}</saml:AttributeValue>" for v in values) + "</saml:Attribute>")


def assertion(f):
    return (f'<saml:Assertion xmlns:saml="{A}" ID="{f["assertion_id"]}" IssueInstant="{f["instant"]}" Version="2.0"><saml:Issuer{f["issuer_format"]}>'
            f'{f["issuer"]}</saml:Issuer><saml:Subject><saml:NameID Format="{f["format"]}" NameQualifier="{f["qualifier"]}" SPNameQualifier="{f["sp"]}">'
            f'{f["name"]}</saml:NameID>{f["confirmations"] if f["confirmations"] is not None else confirmation(f)}</saml:Subject>'
            f'{conditions(f)}{f["advice"]}<saml:AuthnStatement AuthnInstant="{f["authn_instant"]}" SessionIndex="{f["index"]}"><saml:AuthnContext>'
            f'{f["context"]}</saml:AuthnContext></saml:AuthnStatement>'
            f'<saml:AttributeStatement>{f["attributes"]}</saml:AttributeStatement></saml:Assertion>')


def context_class(name):
    return f"<saml:AuthnContextClassRef>{CLASSES}{name}</saml:AuthnContextClassRef>"


def response(f, body):
    return (f'<samlp:Response xmlns:samlp="{P}" Destination="{f["destination"]}" ID="{f["id"]}" InResponseTo="{f["in_response_to"]}"'
            f' IssueInstant="{f["instant"]}" Version="2.0"><saml:Issuer xmlns:saml="{A}">{f["response_issuer"]}</saml:Issuer>{f["extensions"]}'
            f'<samlp:Status><samlp:StatusCode Value="{f["status"]}"></samlp:StatusCode></samlp:Status>{body}</samlp:Response>')
