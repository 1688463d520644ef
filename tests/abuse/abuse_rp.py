"""Rows R: OpenID Connect as a service hears it. The identity provider is a stand-in that signs whatever a
case wants, so that what is refused is refused by the service alone.
"""
import time
import urllib.parse

import forge
from harness import Case, Outcome
from inspection import Inspection, hold
from running_town import ELECTIONS, IDP

CLIENT = "elections"


class Return:
    """A browser on its way back from the provider: query is what it brings, claims and token what the
    service is told when it redeems the code."""

    def __init__(self, world, browser, asked):
        self.world, self.browser, self.asked, self.provider = world, browser, asked, world.provider
        self.query = {"code": "c-" + forge.new_id(), "state": asked["state"], "iss": self.provider.issuer}
        self.claims = self.provider.claims(CLIENT, asked["nonce"])
        self.header, self.signer, self.sign, self.edit_token = {}, None, None, lambda t: t
        self.response = {"token_type": "Bearer", "access_token": "at-1", "expires_in": 300}
        self.answer = None

    def url(self):
        return self.world.town.url(ELECTIONS) + "/retour?" + urllib.parse.urlencode({k: v for k, v in self.query.items() if v is not None})


class SignIn:
    def prepare(self, world):
        browser = world.town.browser()
        page = browser.get(world.town.url(ELECTIONS) + "/connexion?retour=/demandes", follow=False)
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(page.header("Location") or "").query))
        if "state" not in asked:
            raise AssertionError(f"not sent to the provider: {page.status} {page.text[:200]}")
        return Return(world, browser, asked)

    def send(self, m):
        token = m.edit_token(m.provider.id_token(m.claims, m.signer, m.header, m.sign))
        m.provider.answer = m.answer or (dict(m.response, id_token=token), 200)
        try:
            return m.browser.get(m.url(), follow=False)
        finally:
            m.provider.tls = "good"

    def accepted(self, m, page):
        signed_in = any(k.endswith("session") for k in m.browser.cookies[ELECTIONS.host])
        return page.status == 303 and page.header("Location") == "/demandes" and signed_in


def rpx(reason, status=403, calls=1, writes=None):
    """calls: how often the token endpoint may have been asked."""
    def look(m, page):
        if page.status != status or page.header("Location"):
            return f"not {status}"
        if any(k.endswith("session") for k in m.browser.cookies[ELECTIONS.host]):
            return "a session"
        if m.browser.get(m.world.town.url(ELECTIONS) + "/demandes", follow=False).status != 303:
            return "the page for citizens opens"
        return None
    # The state is used up once the code is tried: what claims it is what the row is about.
    return Outcome("RPX", look, (ELECTIONS.name, "login", reason), writes=writes or (("kit_memory",) if calls else ()), calls=calls, source="kit")


HARMLESS = Outcome("accepted", None, accepted=True)
DOOR = SignIn()


def row(name, outcome, *changes, prior=None):
    return [Case(name, what, DOOR, change, outcome, prior) for what, change in changes]


def claim(**values):
    return lambda m: [m.claims.pop(k) if v is None else m.claims.update({k: v}) for k, v in values.items()]


def query(**values):
    return lambda m: m.query.update(values)


def now(after):
    return int(time.time()) + after


def signed(header=None, signer=None, sign=None):
    def change(m):
        m.header = header or {}
        m.signer = getattr(m.world.keys, signer) if signer else None
        m.sign = sign(m) if sign else None
    return change


def another_browser(m):
    m.browser = m.world.town.browser()


def used_before(m):
    """By a thief, who keeps the flow's cookie although it has been used."""
    kept = dict(m.browser.cookies[ELECTIONS.host])
    assert DOOR.send(m).status == 303
    m.browser.cookies[ELECTIONS.host] = kept


def answer(body, status=200):
    return lambda m: setattr(m, "answer", (body, status))


def tls(kind):
    return lambda m: setattr(m.provider, "tls", kind)


ALG, SIGNATURE = rpx("sp.token.alg"), rpx("sp.token.signature")
CASES = [
    *row("R01", ALG, ("none", signed({"alg": "none"}, sign=lambda m: lambda d: b"")), ("HS256 with the public key", signed({"alg": "HS256"}, sign=lambda m: forge.hs256(m.world.keys.provider.public_pem()))),
         ("ES384", signed({"alg": "ES384"}, "p384"))),
    *row("R01", SIGNATURE, ("another key", signed(signer="stranger")), ("P-384 under ES256", signed(signer="p384")), ("RS256 with the name of the EC key", signed(signer="provider_rsa")),
         ("zeroes", signed(sign=lambda m: lambda d: b"\0" * 64)), ("63 bytes", signed(sign=lambda m: lambda d: m.world.keys.provider.raw(d)[:63])),
         ("65 bytes", signed(sign=lambda m: lambda d: m.world.keys.provider.raw(d) + b"\0")), ("its key in the header", lambda m: signed({"jwk": m.world.keys.stranger.jwk("p1")}, "stranger")(m)),
         ("keys from elsewhere", lambda m: signed({"jku": m.world.trap.url, "x5u": m.world.trap.url}, "stranger")(m)), ("crit", signed({"crit": "exp"})), ("b64", signed({"b64": "false"}))),
    *row("R01", SIGNATURE, ("claims changed after signing", lambda m: setattr(m, "edit_token", lambda t: ".".join([t.split(".")[0], forge.b64url(b'{"sub":"x"}'), t.split(".")[2]])))),
    *row("R02", rpx("sp.token.iss"), ("another", claim(iss="https://evil.test")), ("missing", claim(iss=None)), ("trailing slash", lambda m: m.claims.update(iss=m.provider.issuer + "/"))),
    *row("R03", rpx("sp.token.aud"), ("another", claim(aud="other")), ("missing", claim(aud=None)), ("with a stranger", claim(aud=[CLIENT, "other"])), ("twice ours", claim(aud=[CLIENT, CLIENT])),
         ("other case", claim(aud="Elections"))),
    *row("R03", rpx("sp.token.azp"), ("azp of another", claim(azp="other"))),
    *row("R04", rpx("sp.token.expired"), ("past", lambda m: m.claims.update(exp=now(-120))), ("missing", claim(exp=None)), ("a word", claim(exp="soon")), ("a fraction", claim(exp=1e30))),
    *row("R04", rpx("sp.token.iat"), ("missing", claim(iat=None)), ("10 minutes old", lambda m: m.claims.update(iat=now(-700))), ("of tomorrow", lambda m: m.claims.update(iat=now(86400)))),
    *row("R04", rpx("sp.token.early"), ("not before tomorrow", lambda m: m.claims.update(nbf=now(86400)))),
    *row("R04", rpx("sp.token.sub"), ("missing", claim(sub=None)), ("empty", claim(sub="")), ("256 bytes", claim(sub="s" * 256)), ("with a line break", claim(sub="a\nb")), ("a number", claim(sub=7))),
    *row("R05", rpx("sp.token.nonce"), ("wrong", claim(nonce="n")), ("missing", claim(nonce=None)), ("of another sign-in", None), prior=lambda m: m.claims.update(nonce=DOOR.prepare(m.world).asked["nonce"])),
    *row("R06", rpx("sp.state.absent", calls=0), ("another browser", another_browser), ("no state", query(state=None)), ("forged state", query(state="x" * 43))),
    *row("R06", rpx("sp.state.used", calls=0), ("used before", None), prior=used_before),
    *row("R07", rpx("sp.response.iss", calls=0), ("wrong", query(iss="https://evil.test")), ("missing", query(iss=None)), ("trailing slash", lambda m: m.query.update(iss=m.provider.issuer + "/")),
         ("our own", lambda m: m.query.update(iss=m.world.town.url(IDP)))),
    *row("R09", SIGNATURE, ("unknown kid", signed({"kid": "p9"})), ("no kid among two keys", signed({"kid": None}, "stranger"))),
    *row("R15", rpx("sp.token.response"), ("MAC", lambda m: m.response.update(token_type="mac")), ("no type", lambda m: m.response.pop("token_type")), ("HTML", answer(b"<html></html>")),
         ("an error with 200", answer({"error": "invalid_grant"})), ("a list", answer(b"[]")), ("a name twice", answer(b'{"token_type":"Bearer","token_type":"x","id_token":"a","access_token":"b"}'))),
    *row("R15", rpx("sp.code.refused"), ("refused", answer({"error": "invalid_grant"}, 400)), ("a redirect", answer(b"", 307))),
    *row("R15", HARMLESS, ("odd case of the type", lambda m: m.response.update(token_type="bEARER")), ("no expires_in", lambda m: m.response.pop("expires_in"))),
    *row("R24", rpx("sp.provider.error", 503), ("500", answer({"error": "server_error"}, 500)), ("503", answer({}, 503))),
    *row("R15", rpx("sp.provider.down", 503), ("1 MiB", answer(b"x" * (1 << 20)))),
    *row("R16", rpx("sp.login.error", calls=0), ("markup in its words", query(code=None, error="invalid_request", error_description="<script>alert(1)</script>\r\n"[:24]))),
    *row("R16", rpx("sp.login.refused", calls=0), ("declined", query(code=None, error="access_denied"))),
    *row("R17", rpx("sp.provider.down", 503, calls=0, writes=("kit_memory",)), *[(what, tls(kind)) for what, kind in (("expired", "expired"), ("another name", "name"), ("unknown authority", "unknown"), ("TLS 1.1", "old"))]),
    *row("R21", rpx("sp.response.code", 400, calls=0), ("no code", query(code=None)), ("a code of 5,000", query(code="c" * 5000))),
]


# ---- what is looked at ----

def returns_stay_at_home(world):
    for where in ("https://evil.test/", "//evil.test/", "/\\evil.test", "javascript:alert(1)", "/%0d%0aX: y", "evil.test", "/ok#x", "\\\\evil.test"):
        browser = world.town.browser()
        page = browser.get(world.town.url(ELECTIONS) + "/connexion?" + urllib.parse.urlencode({"retour": where}), follow=False)
        if page.status == 400:
            continue
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(page.header("Location")).query))
        page = DOOR.send(Return(world, browser, asked))
        hold(page.status == 303 and page.header("Location") == "/", f"{where!r} leads to {page.header('Location')}")


def an_unknown_key_asks_for_the_set_once(world):
    before = world.provider.key_calls
    for _ in range(30):
        m = DOOR.prepare(world)
        signed({"kid": "p-unknown"})(m)
        hold(DOOR.send(m).status == 403, "accepted")
    hold(world.provider.key_calls - before <= 1, f"{world.provider.key_calls - before} requests for the key set")


def a_new_session_each_time(world):
    m = DOOR.prepare(world)
    DOOR.send(m)
    first = dict(m.browser.cookies[ELECTIONS.host])
    again = DOOR.prepare(world)
    again.browser.cookies[ELECTIONS.host].update(first)
    DOOR.send(again)
    name = next(k for k in first if k.endswith("session"))
    hold(again.browser.cookies[ELECTIONS.host][name] != first[name], "the same cookie")
    old = world.town.browser()
    old.cookies[ELECTIONS.host] = {name: first[name]}
    hold(old.get(world.town.url(ELECTIONS) + "/demandes", follow=False).status == 303, "the old cookie still opens")


def the_secret_is_nowhere(world):
    with open(f"{world.town.state}/elections/client.secret", encoding="ascii") as f:
        secret = f.read().strip()
    for daemon in world.daemons:
        hold(secret not in world.town.log(daemon), f"in the log of {daemon.name}")


CASES += [
    Inspection("R09", "thirty tokens of an unknown key", an_unknown_key_asks_for_the_set_once),
    Inspection("R20", "return addresses elsewhere", returns_stay_at_home),
    Inspection("R25", "the client's secret in the logs", the_secret_is_nowhere),
    Inspection("S62", "the cookie of before a sign-in", a_new_session_each_time),
]
__all__ = ["CASES"]
