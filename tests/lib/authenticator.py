"""A pretend authenticator for the tests: TOTP codes of an application, and a passkey in software.

A Passkey answers navigator.credentials.create() and .get() as a security key would, and its answers
are the fields of our forms (base64url without padding). What it writes can be spoilt by arguments:
each is one thing that a dishonest or broken authenticator would do.
"""
import base64
import hashlib
import hmac
import json
import os
import struct

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

UP, UV, AT = 0x01, 0x04, 0x40                     # user present, user verified, attested credential data


def b64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unb64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


# ---- TOTP: RFC 6238, SHA-1, six digits, thirty seconds ----

def totp(secret, at_s, steps=0):
    """The code at an instant, `steps` time steps later. secret: base32, blanks and case as on the page."""
    text = secret.replace(" ", "").upper()
    key = base64.b32decode(text + "=" * (-len(text) % 8))
    mac = hmac.new(key, struct.pack(">Q", int(at_s) // 30 + steps), hashlib.sha1).digest()
    at = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7FFFFFFF) % 1000000:06d}"


# ---- CBOR, as much as an authenticator writes (RFC 8949) ----

def head(major, n):
    if n < 24:
        return bytes([major << 5 | n])
    if n < 256:
        return bytes([major << 5 | 24, n])
    return bytes([major << 5 | 25]) + struct.pack(">H", n)


def cbor(value):
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(cbor(v) for v in value)
    return head(5, len(value)) + b"".join(cbor(k) + cbor(v) for k, v in value.items())


class Passkey:
    """One credential. alg: -7 (ES256), -257 (RS256) or -8 (EdDSA)."""

    def __init__(self, rp_id, alg=-7):
        self.rp_id, self.alg, self.count, self.id = rp_id, alg, 0, os.urandom(32)
        self.key = {-7: lambda: ec.generate_private_key(ec.SECP256R1()),
                    -257: lambda: rsa.generate_private_key(65537, 2048),
                    -8: ed25519.Ed25519PrivateKey.generate}[alg]()

    def cose(self):
        public = self.key.public_key()
        if self.alg == -7:
            n = public.public_numbers()
            return {1: 2, 3: -7, -1: 1, -2: n.x.to_bytes(32, "big"), -3: n.y.to_bytes(32, "big")}
        if self.alg == -257:
            n = public.public_numbers()
            return {1: 3, 3: -257, -1: n.n.to_bytes(256, "big"), -2: n.e.to_bytes(3, "big")}
        raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return {1: 1, 3: -8, -1: 6, -2: raw}

    def sign(self, data):
        if self.alg == -7:
            return self.key.sign(data, ec.ECDSA(hashes.SHA256()))
        if self.alg == -257:
            return self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return self.key.sign(data)

    @staticmethod
    def client_data(kind, challenge, origin, **more):
        return json.dumps({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False, **more}).encode()

    def auth_data(self, flags, rp_id, count, more=b""):
        return hashlib.sha256((rp_id or self.rp_id).encode()).digest() + bytes([flags]) + struct.pack(">I", count) + more

    def create(self, challenge, origin, kind="webauthn.create", flags=UP | UV, rp_id=None, cose=None, fmt="none", statement=None, **more):
        """challenge: as the page gives it, base64url. -> the fields of the form that adds a key."""
        attested = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cbor(cose or self.cose())
        data = self.auth_data(flags | AT, rp_id, self.count, attested)
        return {"client-data": b64url(self.client_data(kind, challenge, origin, **more)),
                "attestation": b64url(cbor({"fmt": fmt, "attStmt": statement or {}, "authData": data}))}

    def get(self, challenge, origin, kind="webauthn.get", flags=UP | UV, rp_id=None, counts=False, **more):
        """-> the fields of the form that asks for a key. counts: this one has a counter of signatures."""
        self.count += 1 if counts else 0
        client = self.client_data(kind, challenge, origin, **more)
        data = self.auth_data(flags, rp_id, self.count)
        return {"cle": b64url(self.id), "client-data": b64url(client), "auth-data": b64url(data),
                "signature": b64url(self.sign(data + hashlib.sha256(client).digest()))}
