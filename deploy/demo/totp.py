"""The six digits that an authenticator application shows (RFC 6238), for the invented people of the demo."""
import base64
import hashlib
import hmac
import struct
import time

STEP_S, DIGITS = 30, 6


def step_now():
    return int(time.time()) // STEP_S


def code(secret, step=None):
    """secret: as the page prints it, base32 with or without blanks."""
    key = "".join(secret.upper().split())
    key = base64.b32decode(key + "=" * (-len(key) % 8))
    digest = hmac.new(key, struct.pack(">Q", step_now() if step is None else step), hashlib.sha1).digest()
    at = digest[-1] & 15
    return str((struct.unpack_from(">I", digest, at)[0] & 0x7FFFFFFF) % 10**DIGITS).zfill(DIGITS)
