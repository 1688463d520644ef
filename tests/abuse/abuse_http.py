"""Rows H: what may be wrong with the bytes of a request. Written byte by byte on a socket, since no HTTP
library would send them. After each a second, valid request follows on the same connection: were the first
misread, the second would be answered.
"""
import base64
import os
import re
import socket
import ssl
import subprocess
import time

from browser import Page
from harness import Case, Outcome
from inspection import Inspection, hold
from running_town import ELECTIONS, IDP

FOLLOW = b"GET /.well-known/openid-configuration HTTP/1.1\r\nHost: @\r\n\r\n"
ALL_HEADERS = {"strict-transport-security": r"max-age=(31536000|[4-9]\d{7}|\d{9,})", "content-security-policy": r"default-src 'none'",
               "x-content-type-options": "nosniff", "referrer-policy": "same-origin|no-referrer", "cross-origin-opener-policy": "same-origin"}


class Raw:
    """One request as bytes, in the parts that cases change."""

    def __init__(self, world, line, headers=(), body=b""):
        self.world, self.line, self.headers, self.body, self.whole = world, line, [b"Host: @", *headers], body, None
        self.follow, self.half = FOLLOW, False

    def data(self):
        data = self.whole or b"\r\n".join([self.line, *self.headers]) + b"\r\n\r\n" + self.body
        host = f"{IDP.host}:{self.world.town.port_base + IDP.port_offset}".encode()
        return (data + self.follow).replace(b"@", host)


def read_answers(s):
    """Every response on the connection: until it is closed, or until the first is whole and keeps it open."""
    data = b""
    while True:
        head, separator, rest = data.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        closing = re.search(rb"(?i)\r\nconnection: close", head)
        if separator and not closing and len(rest) >= int(length.group(1) if length else 0):
            return data
        try:
            part = s.recv(65536)
        except (ConnectionError, ssl.SSLError, TimeoutError):
            part = b""
        if not part:
            return data
        data += part


def page_of(data):
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = [tuple(l.split(": ", 1)) for l in lines[1:] if ": " in l]
    page = Page("", int(lines[0].split(" ")[1]) if lines[0].startswith("HTTP/1.1 ") else 0, headers, body)
    page.count = len(re.findall(rb"HTTP/1\.1 \d{3} ", data))
    return page


class Door:
    """A request that the front must accept: by default the one that needs nothing."""

    def __init__(self, make):
        self.make = make

    def prepare(self, world):
        return self.make(world)

    def send(self, m):
        context = ssl.create_default_context(cafile=m.world.town.ca)
        raw = socket.create_connection(("127.0.0.1", m.world.town.port_base + IDP.port_offset), 5)
        with context.wrap_socket(raw, server_hostname=IDP.host) as s:
            s.sendall(m.data())
            return page_of(read_answers(s))

    def accepted(self, m, page):
        issuer = m.world.town.url(IDP).encode()
        return page.status == 200 and (issuer in page.body or b"access_token" in page.body)


def get(world):
    return Raw(world, b"GET /.well-known/openid-configuration HTTP/1.1")


def credentials(world):
    p = world.partners["rp"]
    return b"Authorization: Basic " + base64.b64encode(f"{p.id}:{p.secret}".encode())


def form(world, body=b"grant_type=client_credentials"):
    return Raw(world, b"POST /oidc/token HTTP/1.1", [b"Content-Type: application/x-www-form-urlencoded", credentials(world),
                                                   b"Content-Length: %d" % len(body)], body)


def chunked(world):
    m = form(world)
    m.headers[-1] = b"Transfer-Encoding: chunked"
    m.body = b"1d\r\ngrant_type=client_credentials\r\n0\r\n\r\n"
    return m


GET, FORM, CHUNKED = Door(get), Door(form), Door(chunked)


def refused(slug, *statuses):
    def look(m, page):
        if page.status not in (statuses or (400,)):
            return "another status"
        if page.count != 1:
            return "the bytes after it ran as a request"
        if (page.header("Connection") or "").lower() != "close":
            return "the connection stays open"
        return None
    return Outcome(f"A{statuses[0] if statuses else 400}", look, ("idp", "http.refuse", slug), source="front")


def answered(status, slug, header=None):
    """A refusal of a request that was well read: the connection may go on."""
    def look(m, page):
        if page.status != status or (header and not page.header(header)):
            return f"not {status} {header or ''}"
        return None
    return Outcome(f"A{status}", look, ("idp", "http.refuse", slug), source="front")


HARMLESS = Outcome("accepted", None, accepted=True)


def header(value, at=-1):
    """In the place of a header: the last one, which says how long the body is."""
    def change(m):
        m.headers[at] = value
    return change


def more(*values):
    return lambda m: m.headers.extend(values)


def line(value):
    return lambda m: setattr(m, "line", value)


def body(value):
    return lambda m: setattr(m, "body", value)


def whole(edit):
    return lambda m: setattr(m, "whole", edit(b"\r\n".join([m.line, *m.headers]) + b"\r\n\r\n" + m.body))


def target(path):
    return line(b"GET " + path + b" HTTP/1.1")


def row(name, door, outcome, *changes):
    """One row of the catalogue: what each change is, and the change."""
    return [Case(name, what, door, change, outcome) for what, change in changes]


LENGTH, CODING, SIZE, LF = refused("http.head.content_length"), refused("http.head.transfer_encoding"), refused("http.chunk.size"), refused("http.head.bare_lf")
VALUE, NAME, HOST, TARGET = refused("http.head.value"), refused("http.head.name"), refused("http.head.host"), refused("http.head.target")
HIDDEN = b"0\r\n\r\nGET /mon-compte HTTP/1.1\r\nHost: @\r\n\r\n"

FRAMING = [
    *row("H01", FORM, refused("http.head.framing"), ("both", more(b"Transfer-Encoding: chunked"))),
    *row("H01", CHUNKED, refused("http.head.framing"), ("both, the length last", more(b"Content-Length: 4"))),
    *row("H01", FORM, refused("http.head.repeated"), ("two lengths", more(b"Content-Length: 30"))),
    *row("H03", FORM, LENGTH, *[(v.decode() or "empty", header(b"Content-Length: " + v)) for v in
         (b"+29", b"-1", b"0x1d", b"29abc", b"99999999999999999999", b"", b"2 9", b"29,29")]),
    *row("H04", CHUNKED, CODING, *[(v.decode(), header(b"Transfer-Encoding: " + v)) for v in
         (b"xchunked", b"chunked, chunked", b"gzip, chunked", b"Chunked", b"identity")]),
    *row("H04", CHUNKED, NAME, ("blank before the colon", header(b"Transfer-Encoding : chunked"))),
    *row("H04", CHUNKED, VALUE, ("tab before the value", header(b"Transfer-Encoding:\tchunked")),
         ("vertical tab before the value", header(b"Transfer-Encoding: \x0bchunked"))),
    *row("H04", CHUNKED, refused("http.head.repeated"), ("twice", more(b"Transfer-Encoding: chunked"))),
    *row("H04", CHUNKED, CODING, ("in HTTP/1.0", line(b"POST /oidc/token HTTP/1.0"))),
    *row("H05", CHUNKED, SIZE, *[(repr(size.decode()), body(size + b"\r\ngrant_type=client_credentials\r\n0\r\n\r\n")) for size in
         (b"0x1d", b"+1d", b"-1", b" 1d", b"1000000000000001d")]),
    *row("H05", CHUNKED, SIZE, *[(what, body(text)) for what, text in {
         "blank after the size": b"1d \r\ngrant_type=client_credentials\r\n0\r\n\r\n",
         "an extension": b"1d;x=" + b"y" * 1100 + b"\r\ngrant_type=client_credentials\r\n0\r\n\r\n",
         "line feed alone": b"1d\ngrant_type=client_credentials\n0\n\n"}.items()]),
    *row("H05", CHUNKED, refused("http.chunk.line"), ("no line end after the data", body(b"1d\r\ngrant_type=client_credentials0\r\n\r\n"))),
    *row("H06", CHUNKED, HARMLESS, ("trailers that would be headers",
         body(b"1d\r\ngrant_type=client_credentials\r\n0\r\nX-User: admin\r\nContent-Length: 7\r\nAuthorization: Basic eDp4\r\n\r\n"))),
    *row("H06", CHUNKED, refused("http.chunk.trailer"), ("a trailer without end", body(b"1d\r\ngrant_type=client_credentials\r\n0\r\nX: " + b"y" * 9000))),
    *row("H16", GET, refused("http.head.body"), ("a length in a GET", more(b"Content-Length: 5"))),
    *row("H16", GET, refused("http.head.body"), ("chunks in a GET", lambda m: (m.headers.append(b"Transfer-Encoding: chunked"), setattr(m, "body", HIDDEN)))),
]
LINES = [
    *row("H07", GET, LF, ("line feeds alone", whole(lambda d: d.replace(b"\r\n", b"\n"))), ("one line feed alone", whole(lambda d: d.replace(b"\r\n", b"\n", 1)))),
    *row("H07", GET, VALUE, *[(what, more(b"X: a" + byte + b"b")) for what, byte in
         {"bare carriage return": b"\r", "zero byte in a value": b"\0", "escape in a value": b"\x1b", "delete": b"\x7f"}.items()]),
    *row("H07", GET, NAME, ("zero byte in a name", more(b"X\0Y: a")), ("control byte in a name", more(b"X\x01: a"))),
    *row("H08", GET, NAME, *[(what, more(text)) for what, text in
         {"empty name": b": a", "blank in a name": b"X Y: a", "bad character": b"X(: a", "no colon": b"X", "folded": b"X: a\r\n b", "a name of UTF-8": "É: a".encode()}.items()]),
    *row("H08", GET, NAME, ("blank before the first header", lambda m: m.headers.insert(0, b" X: a"))),
    *row("H09", GET, HOST, ("none", lambda m: m.headers.clear()),
         *[(what, header(b"Host: " + v)) for what, v in {"with a path": b"@/x", "with userinfo": b"x%2541@", "with a comma": b"@,evil.test",
           "port 99999": b"a.test:99999", "empty": b"", "a blank inside": b"a b"}.items()]),
    *row("H09", GET, refused("http.head.repeated"), ("two", more(b"Host: evil.test")), ("the same twice", more(b"Host: @"))),
    *row("H10", GET, answered(421, "http.host"), *[(v.decode(), header(b"Host: " + v)) for v in (b"evil.test", b"localhost", b"127.0.0.1", b"x.compte.ville.localhost")]),
    *row("H10", GET, HARMLESS, *[(v.split(b":")[0].decode(), more(v)) for v in
         (b"X-Forwarded-Host: evil.test", b"Forwarded: host=evil.test;proto=http", b"X-Original-URL: /mon-compte", b"X-Rewrite-URL: /mon-compte", b"X-Forwarded-Proto: http")]),
    *row("H11", GET, TARGET, *[(v.decode(), target(v)) for v in (b"http://evil.test/", b"https://compte.ville.localhost/", b"//evil/x", b"evil.test:443", b"*", b"")]),
    *row("H12", GET, TARGET, *[(repr(v.decode("latin-1")), target(v)) for v in (b"/a\0b", b"/a#b", "/é".encode(), b"/%00", b"/%zz", b"/a%", b"/\\a")]),
    *row("H12", GET, refused("http.head.version"), ("/a b", target(b"/a b"))),
    *row("H12", GET, refused("http.head.escape"), *[(v.decode(), target(b"/connexion?x=" + v)) for v in (b"%00", b"%zz", b"%4")]),
    *row("H12", GET, refused("http.head.target.size", 414), ("8,193 bytes", target(b"/" + b"a" * 8192)), ("without end", target(b"/" + b"a" * 12000))),
    *row("H13", GET, TARGET, *[(v.decode(), target(v)) for v in (b"/../", b"/./", b"/a/..", b"/connexion/.", b"/%2e%2e/", b"/a%2fb", b"/a%5cb", b"/%252e%252e/", b"/%c0%af")]),
    *row("H13", GET, answered(404, "http.path"), *[(v.decode(), target(v)) for v in
         (b"/connexion/", b"/Connexion", b"/connexion;x=1", b"/connexion//", b"/guichet.css/", b"/guichet.css.map", b"/.git/config", b"/etc/passwd")]),
    *row("H14", GET, refused("http.head.method", 501), *[(v.decode(), line(v + b" /connexion HTTP/1.1")) for v in (b"get", b"FOO", b"TRACE", b"CONNECT", b"PUT", b"DELETE", b"PATCH")]),
    *row("H14", GET, answered(405, "http.method", "Allow"), ("HEAD of a POST route", line(b"HEAD /oidc/token HTTP/1.1")),
         ("GET of a POST route", line(b"GET /oidc/token HTTP/1.1"))),
    *row("H14", FORM, answered(405, "http.method", "Allow"), ("POST to a GET route", line(b"POST /mon-compte HTTP/1.1"))),
    *row("H14", GET, HARMLESS, *[(v.split(b":")[0].decode(), more(v)) for v in (b"X-HTTP-Method-Override: POST", b"X-Method-Override: DELETE")]),
    *row("H15", GET, refused("http.head.line"), ("HTTP/0.9", whole(lambda d: b"GET /\r\n\r\n"))),
    *row("H15", GET, refused("http.head.version", 505, 400), ("HTTP/1.9", line(b"GET / HTTP/1.9")), ("HTTP/2.0", line(b"GET / HTTP/2.0")),
         ("preface of HTTP/2", whole(lambda d: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))),
    *row("H15", GET, refused("http.head.version"), ("no version", line(b"GET /connexion")), ("lower case", line(b"GET / http/1.1"))),
    *row("H15", GET, HARMLESS, ("upgrade to h2c", more(b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABk")),
         ("upgrade to WebSocket", more(b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Key: x"))),
]


def pair(name, value):
    return target(b"/oidc/authorize?" + name + b"=" + value)


FIELDS = [
    *row("H24", GET, answered(400, "http.control"), *[(what, pair(name, value)) for what, name, value in (
         ("state", b"state", b"a%0d%0aSet-Cookie:%20session=x"), ("redirect address", b"redirect_uri", b"http://127.0.0.1:9/retour%0d%0aX:%20y"),
         ("a name", b"a%0d%0ab", b"1"), ("zero byte", b"state", b"a%01b"))]),
    *row("H28", GET, refused("http.head.size", 431), ("a cookie of 16 kB", more(b"Cookie: a=" + b"x" * 16400))),
    *row("H28", GET, refused("http.head.fields", 431), ("65 headers", more(*[b"X: y"] * 64))),
    *row("H28", GET, answered(400, "http.cookies.many"), ("300 cookies", lambda m: (target(b"/connexion")(m), m.headers.append(b"Cookie: " + b"; ".join(b"a%d=1" % i for i in range(300)))))),
    *row("H29", GET, TARGET, ("HTML in the path", target(b"/<script>alert(1)</script>"))),
    *row("H29", GET, Outcome("A404", lambda m, page: "the page repeats it" if b"alert(1)" in page.body or page.status != 404 else None,
                             ("idp", "http.refuse", "http.path"), source="front"), ("HTML in the query", target(b"/x?%3Cscript%3Ealert(1)%3C/script%3E"))),
    *row("H30", GET, HARMLESS, ("1,000 ranges", more(b"Range: bytes=" + b",".join(b"%d-%d" % (i, i + 1) for i in range(1000)))),
         ("one range", more(b"Range: bytes=0-3")), ("If-Range", more(b"If-Range: \"x\"", b"Range: bytes=0-3"))),
    *row("H31", GET, VALUE, ("ANSI escape in the agent", more(b"User-Agent: \x1b[2Jx"))),
    *row("H31", GET, refused("http.head.utf8"), ("invalid UTF-8 in the agent", more(b"User-Agent: a\xffb"))),
    *row("H31", GET, HARMLESS, ("JSON in the agent", more(b'User-Agent: ","event":"x","a":"\\'))),
]


# ---- what is looked at, not changed ----

CRAWL = {IDP: ("/", "/connexion", "/vos-donnees", "/accessibilite", "/mon-compte", "/oidc/authorize", "/saml/sso", "/saml/metadata", "/health", "/guichet.css",
               "/.well-known/openid-configuration", "/nowhere", "/oidc/userinfo", "/oidc/token"),
         ELECTIONS: ("/", "/inscription", "/demandes", "/connexion", "/retour", "/nowhere", "/health", "/robots.txt")}


def every_answer_has_its_headers(world):
    for daemon, paths in CRAWL.items():
        for path in paths:
            page = world.town.browser().get(world.town.url(daemon) + path, follow=False)
            for name, pattern in ALL_HEADERS.items():
                hold(re.search(pattern, page.header(name) or ""), f"{daemon.name} {path} ({page.status}): {name} is {page.header(name)}")
            hold(not page.header("Server") and not page.header("X-Powered-By"), f"{daemon.name} {path}: names its software")


def no_answer_opens_itself_to_other_sites(world):
    """The published documents may be read by anybody: they are the same for everybody."""
    for origin in ("https://evil.test", "null", "https://x.compte.ville.localhost"):
        for daemon, paths in CRAWL.items():
            for path in paths:
                page = world.town.browser().request("GET", world.town.url(daemon) + path, headers={"Origin": origin})
                allowed = page.header("Access-Control-Allow-Origin")
                public = path in ("/.well-known/openid-configuration", "/saml/metadata")
                hold(allowed is None or (public and allowed == "*"), f"{daemon.name} {path}: allows {allowed}")
                hold(page.header("Access-Control-Allow-Credentials") is None, f"{daemon.name} {path}: with credentials")


def a_session_cookie_that_is_there_twice_is_none(world):
    browser = world.signed_in()
    url, jar = world.town.url(IDP) + "/mon-compte", browser.cookies[IDP.host]
    name, value = next((k, v) for k, v in jar.items() if k.endswith("guichet"))
    hold(name.startswith("__Host-"), f"the cookie is called {name}")
    for text, status in ((f"{name}={value}", 200), (f"{name}={value}; {name}={value}", 303), (f"{name}={value}; {name}=x", 303),
                         (f"guichet={value}", 303), (f"__Secure-guichet={value}", 303)):
        page = world.town.browser().request("GET", url, headers={"Cookie": text})
        hold(page.status == status, f"{text.replace(value, '…')}: {page.status}")


def every_line_of_the_logs_is_one_record(world):
    for daemon in world.daemons:
        for text in world.town.log(daemon).splitlines():
            hold(text.startswith("{") and text.endswith("}") and "\x1b" not in text, f"{daemon.name}: {text[:120]}")


def proc_line(pid, file, name):
    with open(f"/proc/{pid}/{file}") as f:
        return next(line for line in f if line.startswith(name)).split()


def descriptor_limits(pid):
    return proc_line(pid, "limits", "Max open files")[3:5]


def limit_descriptors(pid, soft, hard):
    """As the role's own user: nobody else may, without a capability that a container lacks."""
    user, group = (int(proc_line(pid, "status", name)[1]) for name in ("Uid:", "Gid:"))
    subprocess.run(["prlimit", f"--pid={pid}", f"--nofile={soft}:{hard}"], check=True, capture_output=True, user=user, group=group, extra_groups=[])


def a_front_without_descriptors_waits_for_some(world):
    """Whoever comes then is not served; who was served before is, and all are again when there is room."""
    fronts, before, strangers = world.town.role_pids(IDP, "front"), world.processes(), []
    kept = world.town.browser()
    hold(kept.get(world.town.url(IDP) + "/").status == 200, "not served before")
    limits = {pid: descriptor_limits(pid) for pid in fronts}
    try:
        for pid, (_, most) in limits.items():
            limit_descriptors(pid, len(os.listdir(f"/proc/{pid}/fd")) + 8, most)
        for _ in range(100):
            strangers.append(socket.create_connection(("127.0.0.1", world.town.port_base + IDP.port_offset)))
        time.sleep(0.5)
        hold(kept.get(world.town.url(IDP) + "/").status == 200, "who was served before is not")
    finally:
        for s in strangers:
            s.close()
        for pid, was in limits.items():
            limit_descriptors(pid, *was)
    hold(world.town.wait_healthy(IDP, 5), "not served afterwards")
    hold(world.processes() == before, "a process ended")


LOOKS = [
    Inspection("H32", "100 connections and 8 descriptors", a_front_without_descriptors_waits_for_some),
    Inspection("H25", "headers of every answer, errors too", every_answer_has_its_headers),
    Inspection("H26", "foreign origins", no_answer_opens_itself_to_other_sites),
    Inspection("H28", "a session cookie twice, or under another name", a_session_cookie_that_is_there_twice_is_none),
    Inspection("H31", "the logs after everything", every_line_of_the_logs_is_one_record),
]
CASES = [*FRAMING, *LINES, *FIELDS, *LOOKS]
__all__ = ["CASES"]
