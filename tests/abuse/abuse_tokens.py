"""Rows O, at the token endpoint and with tokens in hand: codes, refresh, clients, UserInfo, introspection, revocation."""
import time

import forge
from browser import Browser
from harness import Outcome
from openid import (BY_POST, CHALLENGE, CODE, MACHINE, REFRESH, TOKEN, Ask, Call, Endpoint, active, as_partner, code_form, form, get_code, json_of,
                    parameters_of, row, tok, tokens_of)
from running_town import IDP
from world import REDIRECT


def burnt(reason):
    return tok("invalid_grant", reason, writes=("grant_",))


def used(m):
    """The very same call was made before, and succeeded."""
    page = CODE.send(m)
    assert page.status == 200, page.html
    m.first = json_of(page)


def first_tokens_are_dead(m, page):
    problem = tok("invalid_grant", "").look(m, page)
    if problem:
        return problem
    return "what the first use gave still works" if active(m.world, m.first["access_token"]) else None


def replace_code(make):
    return lambda m: m.form.update(code=make(m.world))


CODES = [
    *row("O07", CODE, burnt("oidc.code.redirect_uri"), ("another", form(redirect_uri=REDIRECT + "/")), ("absent", form(redirect_uri=None))),
    *row("O10", CODE, burnt("oidc.code.verifier"), ("no verifier", form(code_verifier=None))),
    *row("O11", CODE, burnt("oidc.code.verifier"), ("wrong", form(code_verifier="w" * 50)), ("42 characters", form(code_verifier="v" * 42)),
         ("129 characters", form(code_verifier="v" * 129)), ("bad letters", form(code_verifier="v" * 49 + "é")), ("the challenge itself", form(code_verifier=CHALLENGE))),
    *row("O12", CODE, Outcome("TOK(invalid_grant)", first_tokens_are_dead, ("idp", "oidc.code.replay", ""), writes=("grant_",), slug="oidc.code.replayed"), ("used before", None), prior=used),
    *row("O14", CODE, tok("invalid_grant", "oidc.code.expired"), ("a second after its end", None), prior=lambda m: time.sleep(6.1)),
    *row("O15", CODE, burnt("oidc.code.client"), ("another client's", as_partner("other"))),
    *row("O15", CODE, tok("invalid_grant", "oidc.sealed"), ("edited", lambda m: m.form.update(code=m.form["code"][:-2] + "AA")), ("cut", lambda m: m.form.update(code=m.form["code"][:-1]))),
    *row("O16", CODE, tok("invalid_grant", "oidc.sealed"), ("a refresh token", None), prior=replace_code(lambda w: tokens_of(w)["refresh_token"])),
    *row("O16", CODE, tok("invalid_grant", "oidc.sealed"), ("an access token", None), prior=replace_code(lambda w: tokens_of(w)["access_token"])),
    *row("O16", CODE, tok("invalid_grant", "oidc.sealed"), ("an ID token", None), prior=replace_code(lambda w: tokens_of(w)["id_token"])),
    *row("O16", CODE, tok("invalid_grant", "oidc.sealed"), ("a session's cookie", replace_code(lambda w: next(v for k, v in w.signed_in().cookies[IDP.host].items() if "guichet" in k)))),
    *row("O17", CODE, burnt("oidc.code.verifier"), ("a code caught elsewhere, with the thief's verifier", form(code_verifier="t" * 43))),
    *row("O26", CODE, tok("invalid_scope", "oidc.scope.wider"), ("wider than authorised", form(scope="openid email admin"))),
    *row("O26", REFRESH, tok("invalid_scope", "oidc.scope.wider"), ("a wider refresh", form(scope="openid email admin"))),
    *row("O28", CODE, tok("invalid_target", "oidc.target"), ("a resource", form(resource="https://other.example/")), ("an audience", form(audience="other"))),
]


def refreshed(m):
    page = REFRESH.send(m)
    assert page.status == 200, page.html
    m.second = json_of(page)


def family_is_dead(m, page):
    problem = tok("invalid_grant", "").look(m, page)
    return problem or ("the family lives on" if active(m.world, m.second["access_token"]) else None)


def logged_out(m):
    """The session that the tokens came from ends."""
    browser = m.world.sign_in(m.world.add_citizen())
    form = dict(code_form(m.world), code=get_code_within(m.world, browser, "openid"))
    door = Endpoint(TOKEN, lambda w: form)
    m.form["refresh_token"] = json_of(door.send(door.prepare(m.world)))["refresh_token"]
    page = browser.get(m.world.town.url(IDP) + "/oidc/logout")
    assert browser.submit(page, "csrf").status == 200


def get_code_within(world, browser, scope):
    ask = Ask(world, browser)
    ask.fields["scope"] = scope
    return parameters_of(ask.browser.get(ask.url(), follow=False))["code"]


def disabled(m):
    citizen = m.world.add_citizen()
    browser = m.world.sign_in(citizen)
    m.form["refresh_token"] = tokens_of(m.world, browser=browser)["refresh_token"]
    m.world.town.ctl("account", "disable", citizen["email"], "--reason", "essai")


def client_gone(m):
    """Disabled by the administrator, with a refresh token in its hands."""
    name = f"gone-{forge.new_id()[1:9]}"
    m.world.add_client(name, ())
    m.form["refresh_token"] = tokens_of(m.world, name)["refresh_token"]
    m.credentials(m.world.partners[name])
    m.world.town.ctl("partner", "disable", name)


REFRESHES = [
    *row("O82", REFRESH, tok("invalid_client", "oidc.client.disabled"), ("its refresh token", None), prior=client_gone),
    *row("O47", REFRESH, Outcome("TOK(invalid_grant)", family_is_dead, ("idp", "oidc.refresh.replay", ""), writes=("grant_",), slug="oidc.refresh.replayed"), ("used before", None), prior=refreshed),
    *row("O49", REFRESH, tok("invalid_grant", "oidc.refresh.client"), ("another client's", as_partner("other"))),
    *row("O49", REFRESH, tok("invalid_grant", "*"), ("after the logout", None), prior=logged_out),
    *row("O49", REFRESH, tok("invalid_grant", "*"), ("of a disabled account", None), prior=disabled),
    *row("O16", REFRESH, tok("invalid_grant", "oidc.sealed"), ("an access token", None), prior=lambda m: m.form.update(refresh_token=tokens_of(m.world)["access_token"])),
]


def assertion(header=None, signer=None, sign=None, **claims):
    def change(m):
        now = int(time.time())
        body = {"iss": "rp", "sub": "rp", "aud": m.world.town.url(IDP), "iat": now, "exp": now + 60, "jti": forge.new_id(), **claims}
        m.headers.clear()
        m.form.update(client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer", client_id="rp",
                      client_assertion=forge.jws(body, signer or m.world.keys.stranger, header, sign))
    return change


def trapped(m):
    assertion({"jku": m.world.trap.url, "x5u": m.world.trap.url, "jwk": m.world.keys.stranger.jwk("p1")})(m)


METHOD, AUTH = tok("invalid_client", "oidc.client.method"), tok("invalid_request", "oidc.request.auth")
CLIENTS = [
    *row("O35", MACHINE, METHOD, ("alg none", assertion({"alg": "none"}, sign=lambda d: b"")), ("HS256", assertion({"alg": "HS256"}, sign=forge.hs256(b"x")))),
    *row("O36", MACHINE, METHOD, ("keys from elsewhere", trapped), ("crit", assertion({"crit": ["x"], "b64": False}))),
    *row("O37", MACHINE, METHOD, *[(repr(k[:20]), assertion({"kid": k})) for k in ("../../etc/passwd", "' or 1=1--", "k" * 5000)]),
    *row("O39", MACHINE, METHOD, ("audience of the endpoint", lambda m: assertion(aud=m.world.town.url(IDP) + TOKEN)(m)), ("a list", assertion(aud=["x"]))),
    *row("O40", MACHINE, METHOD, ("no subject", assertion(sub=None)), ("expired", assertion(exp=1))),
    *row("O41", MACHINE, METHOD, ("no identifier", assertion(jti=None))),
    *row("O42", MACHINE, AUTH, ("two methods", lambda m: m.form.update(client_id="rp", client_secret=m.world.partners["rp"].secret)),
         ("secret in the query", lambda m: setattr(m, "query", "?client_secret=x")), ("client in the query", lambda m: setattr(m, "query", "?client_id=rp")),
         ("another client in the body", form(client_id="other"))),
    *row("O42", MACHINE, METHOD, ("Basic that is no base64", lambda m: m.headers.update(Authorization="Basic !")), ("a bad escape", lambda m: m.headers.update(Authorization="Basic " + forge.b64(b"rp:%zz"))),
         ("Bearer", lambda m: m.headers.update(Authorization="Bearer x")), ("by POST where Basic is registered", as_partner("rp", method="post"))),
    *row("O42", BY_POST, METHOD, ("Basic where POST is registered", as_partner("by-post", method="basic"))),
    *row("O43", MACHINE, METHOD, ("no proof", as_partner("rp", method="none"))),
    *row("O43", MACHINE, tok("invalid_client", "oidc.client.secret"), ("a wrong secret", as_partner("rp", secret="x")), ("an empty one", as_partner("rp", secret="")),
         ("the other's", lambda m: m.credentials(m.world.partners["rp"], secret=m.world.partners["other"].secret))),
    *row("O43", MACHINE, METHOD, ("a public client with a secret", lambda m: m.credentials(m.world.partners["public"], secret="x", method="basic"))),
    *row("O43", MACHINE, tok("invalid_client", "oidc.client.unknown"), ("nobody", lambda m: m.headers.update(Authorization="Basic " + forge.b64(b"nobody:x"))),
         ("a SAML partner", lambda m: m.headers.update(Authorization="Basic " + forge.b64(b"https%3A%2F%2Fsigning.example%2Fmetadata:x")))),
    *row("O45", MACHINE, tok("unsupported_grant_type", "oidc.grant_type.unsupported"), *[(g, form(grant_type=g)) for g in
         ("password", "implicit", "urn:ietf:params:oauth:grant-type:token-exchange", "urn:ietf:params:oauth:grant-type:device_code", "urn:openid:params:grant-type:ciba", "x")]),
    *row("O45", MACHINE, tok("unauthorized_client", "oidc.grant_type.unauthorized"), ("not granted", as_partner("code-only"))),
    *row("O45", MACHINE, tok("invalid_request", "oidc.request.grant_type"), ("none", form(grant_type=None))),
    *row("O45", MACHINE, tok("invalid_scope", "oidc.scope.machine"), ("a citizen's scope", form(scope="openid"))),
    *row("O79", MACHINE, Outcome("415", lambda m, page: None if page.status == 415 else "not 415", ("idp", "http.refuse", "http.body.type"), source="front"),
         ("JSON", lambda m: (m.headers.update({"Content-Type": "application/json"}), setattr(m, "body", '{"a":1,"a":2}')))),
    *row("O79", MACHINE, Outcome("413", lambda m, page: None if page.status == 413 else "not 413", ("idp", "http.refuse", "http.body.size"), source="front"),
         ("1 MiB", lambda m: setattr(m, "body", "grant_type=" + "x" * (1 << 20)))),
    *row("O79", MACHINE, Outcome("400", lambda m, page: None if page.status == 400 else "not 400", ("idp", "http.refuse", "http.utf8"), source="front"),
         ("UTF-16", lambda m: setattr(m, "body", b"grant_type=\xff\xfex"))),
    *row("O22", MACHINE, Outcome("400", lambda m, page: None if page.status == 400 else "not 400", ("idp", "http.refuse", "http.pairs.repeated"), source="front"),
         ("grant_type twice in a form", lambda m: setattr(m, "body", "grant_type=client_credentials&grant_type=client_credentials"))),
]


# ---- tokens presented ----

class UserInfo:
    def prepare(self, world):
        m = Call(world, "/oidc/userinfo", {})
        m.headers = {"Authorization": "Bearer " + tokens_of(world)["access_token"]}
        m.form.clear()
        return m

    def send(self, m):
        return Browser(m.world.town.ca).request("GET", m.world.town.url(IDP) + m.path + m.query, headers=m.headers)

    def accepted(self, m, page):
        return page.status == 200 and "sub" in json_of(page)


def rs(error, reason, status=401):
    def look(m, page):
        if page.status != status or error not in (page.header("WWW-Authenticate") or ""):
            return f"not {status} {error}"
        return "with claims" if "sub" in json_of(page) else None
    return Outcome(f"RS({error})", look, ("idp", "oidc.userinfo.refuse", reason))


def bearer(make, scheme="Bearer"):
    return lambda m: m.headers.update(Authorization=f"{scheme} {make(m)}")


def machine_token(m):
    return json_of(MACHINE.send(MACHINE.prepare(m.world)))["access_token"]


def revoked(m):
    door = Endpoint("/oidc/revoke", lambda w: {"token": m.headers["Authorization"].split()[1]})
    assert door.send(door.prepare(m.world)).status == 200


def in_query(m):
    m.query = "?access_token=" + m.headers.pop("Authorization").split()[1]


USERINFO = UserInfo()
INTROSPECT = Endpoint("/oidc/introspect", lambda w: {"token": tokens_of(w)["access_token"]}, lambda m, page: json_of(page).get("active") is True)
REVOKE = Endpoint("/oidc/revoke", lambda w: {"token": tokens_of(w)["access_token"]}, lambda m, page: page.status == 200)
INACTIVE = Outcome('{"active":false}', lambda m, page: None if json_of(page) == {"active": False} and page.status == 200 else "says more")


def still_active(m, page):
    return None if page.status == 200 and active(m.world, m.form["token"]) else "the token is dead"


TOKENS = [
    *row("O52", USERINFO, rs("invalid_request", "oidc.bearer.query", 400), ("in the query", in_query)),
    *row("O53", USERINFO, rs("invalid_token", "*"), ("an ID token", None), prior=bearer(lambda m: tokens_of(m.world)["id_token"])),
    *row("O53", USERINFO, rs("invalid_token", "*"), ("a refresh token", None), prior=bearer(lambda m: tokens_of(m.world)["refresh_token"])),
    *row("O53", USERINFO, rs("invalid_token", "*"), ("a code", None), prior=bearer(lambda m: get_code(m.world))),
    *row("O51", USERINFO, rs("invalid_token", "oidc.bearer.absent"), ("as DPoP", lambda m: m.headers.update(Authorization=m.headers["Authorization"].replace("Bearer", "DPoP")))),
    *row("O55", USERINFO, rs("invalid_token", "*"), ("revoked", None), prior=revoked),
    *row("O55", USERINFO, rs("invalid_token", "*"), ("edited", lambda m: m.headers.update(Authorization=m.headers["Authorization"][:-2] + "AA")), ("none", lambda m: m.headers.clear())),
    *row("O76", USERINFO, rs("insufficient_scope", "oidc.bearer.scope", 403), ("a service's own token", None), prior=bearer(machine_token)),
    *row("O56", INTROSPECT, INACTIVE, ("not its audience", as_partner("other"))),
    *row("O56", INTROSPECT, INACTIVE, ("an ID token", None), prior=lambda m: m.form.update(token=tokens_of(m.world)["id_token"])),
    *row("O43", INTROSPECT, tok("invalid_client", "oidc.client.method", "oidc.introspect.refuse"), ("introspection without proof", as_partner("rp", method="none")),
         ("introspection by a public client", as_partner("public"))),
    *row("O43", REVOKE, tok("invalid_client", "oidc.client.method", "oidc.revoke.refuse"), ("revocation without proof", as_partner("rp", method="none"))),
    *row("O57", REVOKE, Outcome("200, nothing", still_active), ("another client's", as_partner("other"))),
    *row("O79", INTROSPECT, tok("invalid_request", "oidc.request.token", "oidc.introspect.refuse"), ("no token", form(token=None))),
]

CASES = [*CODES, *REFRESHES, *CLIENTS, *TOKENS]
__all__ = ["CASES"]
