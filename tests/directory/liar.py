"""A directory server that answers whatever a test wants, over TLS: what no honest slapd can be made to say."""
import socket
import ssl
import threading
import time

BIND_REQUEST, SEARCH_REQUEST = 0x60, 0x63
BIND_RESPONSE, ENTRY, DONE, REFERENCE = 0x61, 0x64, 0x65, 0x73
SUCCESS, REFERRAL, INVALID_CREDENTIALS = 0, 10, 49


def tlv(tag, content):
    n = len(content)
    length = bytes([n]) if n < 128 else bytes([0x80 + (n.bit_length() + 7) // 8]) + n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag]) + length + content


def octets(value):
    return tlv(4, value if isinstance(value, bytes) else value.encode())


def integer(n):
    return tlv(2, n.to_bytes((n.bit_length() + 8) // 8, "big"))


def message(number, operation):
    return tlv(0x30, integer(number) + operation)


def result(tag, code, words="", referral=None):
    more = tlv(0xa3, octets(referral)) if referral else b""
    return tlv(tag, tlv(10, bytes([code])) + octets("") + octets(words) + more)


def entry(dn, attributes):
    listed = b"".join(tlv(0x30, octets(k) + tlv(0x31, b"".join(octets(v) for v in vs))) for k, vs in attributes.items())
    return tlv(ENTRY, octets(dn) + tlv(0x30, listed))


def read_tlv(stream):
    """Tag and content, or None at the end."""
    head = stream.read(2)
    if len(head) < 2:
        return None
    n = head[1]
    if n & 0x80:
        n = int.from_bytes(stream.read(n & 0x7f), "big")
    return head[0], stream.read(n)


def split(content):
    """The elements of a constructed one, as (tag, content)."""
    at, out = 0, []
    while at < len(content):
        tag, n, at = content[at], content[at + 1], at + 2
        if n & 0x80:
            more = n & 0x7f
            n, at = int.from_bytes(content[at:at + more], "big"), at + more
        out.append((tag, content[at:at + n]))
        at += n
    return out


class Liar:
    """script(number, base, send): send bytes in answer to a search; raise ConnectionError to close.
    on_bind(number, dn, password): bytes; the usual says yes to everything."""

    def __init__(self, certificate, key, script, on_bind=None):
        self.script, self.on_bind = script, on_bind or (lambda number, dn, password: message(number, result(BIND_RESPONSE, SUCCESS)))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"ldaps://127.0.0.1:{self.listener.getsockname()[1]}"
        self.binds = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(plain,), daemon=True).start()

    def serve(self, plain):
        try:
            with self.context.wrap_socket(plain, server_side=True) as s, s.makefile("rb") as stream:
                while (got := read_tlv(stream)) is not None:
                    (_, number), (tag, body), *_ = split(got[1])
                    self.answer(s, int.from_bytes(number, "big"), tag, body)
        except (OSError, ValueError):
            plain.close()

    def answer(self, s, number, tag, body):
        parts = split(body)
        if tag == BIND_REQUEST:
            self.binds.append((parts[1][1].decode(), parts[2][1].decode()))
            s.sendall(self.on_bind(number, *self.binds[-1]))
        elif tag == SEARCH_REQUEST:
            self.script(number, parts[0][1].decode(), s.sendall)

    def close(self):
        self.listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def slowly(send, data, pause_s):
    for i in range(len(data)):
        send(data[i:i + 1])
        time.sleep(pause_s)
