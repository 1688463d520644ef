"""Rows O, at the authorization request, the consent and the logout; the token endpoint is in abuse_tokens.py."""
import base64
import json
import random
import statistics
import time
import urllib.parse

import forge
import state
from harness import Case, Outcome
from inspection import Inspection, hold
from openid import (AUTHORIZE, FIRST_PAGE, HARMLESS, MACHINE, Ask, Endpoint, field, json_of, parameters_of, row, tokens_of)
from running_town import CITIZENS, IDP
from world import LOGGED_OUT, REDIRECT

ACR = "urn:never"


def opx(reason):
    def look(m, page):
        if page.status != 400 or page.header("Location"):
            return "not a page of ours"
        return None
    return Outcome("OPX", look, ("idp", "oidc.authz.refuse", reason))


def opr(error, reason, echo=True):
    def look(m, page):
        got = parameters_of(page)
        if page.status != 303 or not (page.header("Location") or "").startswith(REDIRECT + "?"):
            return "not sent back to the partner"
        if got.get("error") != error or "code" in got:
            return "another error"
        if got.get("iss") != m.world.town.url(IDP):
            return "without the issuer"
        return None if got.get("state") == (m.fields["state"] if echo else None) else "another state"
    return Outcome(f"OPR({error})", look, ("idp", "oidc.authz.refuse", reason))


def asked_again(m, page):
    return None if page.status == 200 and 'name="mot-de-passe"' in page.html else "no sign-in page"


ASKED_AGAIN = Outcome("asked again", asked_again)


def redirects(*values):
    return [(repr(v), field(redirect_uri=v)) for v in values]


def jwe(alg, **more):
    return ".".join([forge.b64url(json.dumps({"alg": alg, "enc": "A128GCM", **more})), "", forge.b64url(b"i" * 12), forge.b64url(b"c" * 40), forge.b64url(b"tttt")])


PLACE = opx("oidc.authz.redirect_uri")
REQUESTS = [
    *row("O01", AUTHORIZE, PLACE, *redirects("https://evil.test/retour", "http://127.0.0.1:9/", LOGGED_OUT)),
    *row("O02", AUTHORIZE, PLACE, ("missing", field(redirect_uri=None)), ("empty", field(redirect_uri=""))),
    *row("O03", AUTHORIZE, PLACE, *redirects(REDIRECT + "?x=1", REDIRECT + "?", REDIRECT + "#f", REDIRECT + "#")),
    *row("O04", AUTHORIZE, PLACE, *redirects(
        REDIRECT + "/", REDIRECT + "/../x", "http://127.0.0.1:9/%72etour", "http://127.0.0.1:9/%2e%2e/retour", "http://127.0.0.1:9//retour",
        "http://127.0.0.1:9\\retour", "http://127.0.0.1:9/%5cretour", REDIRECT + ";x", "http://127.0.0.1:9/Retour", "HTTP://127.0.0.1:9/retour",
        "http://127.0.0.1.:9/retour", "http://127.0.0.1/retour", "http://127.0.0.1:09/retour", "http://evil.test@127.0.0.1:9/retour",
        "http://127.0.0.1:9@evil.test/retour", "http://a@b@127.0.0.1:9/retour", "http://127.0.0.1:9.évil.test/retour", " " + REDIRECT, REDIRECT + " ")),
    *row("O05", AUTHORIZE, PLACE, *redirects("http://localhost:9/retour", "http://[::1]:9/retour", "http://127.0.0.1:10/retour", "http://127.1:9/retour", "http://2130706433:9/retour")),
    *row("O08", AUTHORIZE, opr("invalid_request", "oidc.authz.pkce"), ("no challenge", field(code_challenge=None)), ("empty", field(code_challenge=""))),
    *row("O09", AUTHORIZE, opr("invalid_request", "oidc.authz.pkce"), ("plain", field(code_challenge_method="plain")),
         ("no method", field(code_challenge_method=None)), ("unknown method", field(code_challenge_method="S512")), ("other case", field(code_challenge_method="s256")),
         ("a challenge of 31 bytes", field(code_challenge=forge.b64url(b"x" * 31)))),
    *row("O19", AUTHORIZE, opr("unsupported_response_type", "oidc.authz.response_type"), *[(v, field(response_type=v)) for v in
         ("token", "id_token", "code id_token", "none", "code code", "Code")]),
    *row("O19", AUTHORIZE, opr("invalid_request", "oidc.authz.response_type"), ("missing", field(response_type=None))),
    *row("O21", AUTHORIZE, opr("invalid_request", "oidc.authz.response_mode"), *[(v, field(response_mode=v)) for v in ("fragment", "form_post", "web_message", "")]),
    *row("O23", AUTHORIZE, opr("invalid_request", "oidc.authz.state", echo=False), ("state of 5,000", field(state="s" * 5000)), ("of 513", field(state="s" * 513)),
         ("of other letters", field(state="é"))),
    *row("O23", AUTHORIZE, HARMLESS, ("state of 512 with quotes", field(state="'\"<&" + "s" * 508))),
    *row("O23", AUTHORIZE, opr("invalid_request", "oidc.authz.nonce"), ("nonce of 513", field(nonce="n" * 513))),
    *row("O24", AUTHORIZE, HARMLESS, ("unknown parameters", field(extra="1", another="é")), ("display", field(display="popup"))),
    *row("O25", AUTHORIZE, HARMLESS, ("a scope of nobody", field(scope="openid admin ville:all"))),
    *row("O25", AUTHORIZE, opr("invalid_scope", "oidc.authz.scope"), ("without openid", field(scope="profile")), ("none", field(scope=None))),
    *row("O27", AUTHORIZE, opr("invalid_request", "oidc.authz.claims"), ("not an object", field(claims="[1]")), ("deep", field(claims='{"a":' * 200 + "1" + "}" * 200)),
         ("twice", field(claims='{"a":1,"a":2}'))),
    *row("O27", AUTHORIZE, HARMLESS, ("attributes of others", field(claims='{"userinfo":{"email":{"essential":true}},"id_token":{"birthdate":null}}'))),
    *row("O28", AUTHORIZE, opr("invalid_target", "oidc.authz.resource"), ("another service", field(resource="https://other.example/"))),
    *row("O30", AUTHORIZE, opr("request_not_supported", "oidc.authz.request"), ("an unsigned object", field(request="eyJhbGciOiJub25lIn0.e30."))),
    *row("O33", AUTHORIZE, opr("request_uri_not_supported", "oidc.authz.request_uri"), ("a stranger's address", lambda m: m.fields.update(request_uri=m.world.trap.url)),
         ("guessed", field(request_uri="urn:ietf:params:oauth:request_uri:x"))),
    *row("O59", AUTHORIZE, opr("invalid_request", "oidc.authz.prompt"), ("none with login", field(prompt="none login")), ("unknown", field(prompt="create"))),
    *row("O59", AUTHORIZE, ASKED_AGAIN, ("login with a live session", field(prompt="login"))),
    *row("O60", AUTHORIZE, opr("invalid_request", "oidc.authz.max_age"), ("negative", field(max_age="-1")), ("a word", field(max_age="soon")), ("empty", field(max_age=""))),
    *row("O60", AUTHORIZE, ASKED_AGAIN, ("zero", field(max_age="0"))),
    *row("O62", AUTHORIZE, HARMLESS, ("voluntary acr nobody has", field(acr_values=ACR))),
    *row("O63", AUTHORIZE, opr("invalid_request", "oidc.authz.hint"), ("forged", lambda m: m.fields.update(id_token_hint=forge.jws(
        {"iss": m.world.town.url(IDP), "aud": "rp", "sub": "x", "iat": int(time.time()), "exp": int(time.time()) + 60}, m.world.keys.stranger))),
        ("unsigned", lambda m: m.fields.update(id_token_hint=forge.jws({"iss": m.world.town.url(IDP), "aud": "rp", "sub": "x"}, None, {"alg": "none"}, lambda d: b""))),
        ("no token", field(id_token_hint="x"))),
    *row("O80", AUTHORIZE, opr("invalid_request", "oidc.authz.hint"), ("an encrypted hint", lambda m: m.fields.update(id_token_hint=jwe("RSA-OAEP"))), ("PBES2", lambda m: m.fields.update(id_token_hint=jwe("PBES2-HS256+A128KW", p2c=2**31))),
         ("compressed", lambda m: m.fields.update(id_token_hint=jwe("dir", zip="DEF")))),
    *row("O58", FIRST_PAGE, opr("login_required", "policy.session"), ("prompt=none, nobody here", field(prompt="none"))),
    *row("O64", FIRST_PAGE, HARMLESS, ("HTML", field(login_hint="\"><script>alert(1)</script>")), ("300 letters", field(login_hint="x" * 300))),
    *row("O64", FIRST_PAGE, opx("oidc.authz.size"), ("7,000 letters", field(login_hint="x" * 7000))),
    *row("O71", FIRST_PAGE, opr("login_required", "policy.session"), ("a jump through us, without a page", field(prompt="none", state="https://evil.test/"))),
]


def twice(name):
    return (name, lambda m: setattr(m, "text", "&" + urllib.parse.urlencode({name: m.fields.get(name) or "none"})))


def dup(m, page):
    return None if page.status == 400 and not page.header("Location") else "not a page of ours"


DUPLICATES = [Case("O22", f"{name} twice", AUTHORIZE, change, Outcome("OPX", dup, ("idp", "http.refuse", "http.pairs.repeated"), source="front"),
                   control=field(prompt=None)) for name, change in map(twice, ("client_id", "redirect_uri", "scope", "state", "response_type", "nonce"))]


# ---- a consent ----

class Consent:
    """The page that asks a citizen before their name is given, answered with yes."""

    def prepare(self, world):
        m = Ask(world, world.sign_in(world.add_citizen()))
        m.fields["client_id"] = "asking"
        m.fields["scope"] = "openid profile"
        page = m.browser.get(m.url(), follow=False)
        m.form = dict(page.form("flow").fields, reponse="continuer")
        m.origin, m.method = world.town.url(IDP), "POST"
        return m

    def send(self, m):
        url = m.world.town.url(IDP) + "/information"
        if m.method == "GET":
            return m.browser.get(url + "?" + urllib.parse.urlencode(m.form), follow=False)
        return m.browser.request("POST", url, urllib.parse.urlencode(m.form).encode(), origin=m.origin)

    def accepted(self, m, page):
        return page.status == 303 and "code" in parameters_of(page)


def no_grant(status, audit, source="audit"):
    def look(m, page):
        if page.status != status or "code" in parameters_of(page):
            return f"not {status}"
        again = m.browser.get(m.url(), follow=False)
        return None if again.status == 200 and "code" not in parameters_of(again) else "it counts as given"
    return Outcome(f"A{status}", look, audit, source=source)


def refused_notice(reason):
    return no_grant(400, ("idp", "notice.refuse", reason))


def notice_of_another(m):
    m.form = Consent().prepare(m.world).form


CONSENT = Consent()
CONSENTS = [
    *row("O65", CONSENT, refused_notice("flow.text"), ("no flow", lambda m: m.form.pop("flow")), ("a forged one", lambda m: m.form.update(flow="x" * 80))),
    *row("O65", CONSENT, refused_notice("notice.answer"), ("neither yes nor no", lambda m: m.form.update(reponse="peut-etre"))),
    *row("O65", CONSENT, refused_notice("flow.browser"), ("of another browser", None), prior=notice_of_another),
    *row("O65", CONSENT, no_grant(403, ("idp", "http.refuse", "http.cross_site"), "front"), ("from another site", lambda m: setattr(m, "origin", "https://evil.test"))),
    *row("O65", CONSENT, no_grant(200, None), ("by GET", lambda m: setattr(m, "method", "GET"))),
]


# ---- leaving, and what is published ----

class Leave:
    """A logout that a service asks for, with its citizen's ID token."""

    def prepare(self, world):
        m = Ask(world, world.sign_in(CITIZENS[1]))
        m.token = tokens_of(world, browser=m.browser)["id_token"]
        m.fields = {"id_token_hint": m.token, "post_logout_redirect_uri": LOGGED_OUT, "state": "z"}
        return m

    def send(self, m):
        return m.browser.get(m.world.town.url(IDP) + "/oidc/logout?" + urllib.parse.urlencode({k: v for k, v in m.fields.items() if v is not None}), follow=False)

    def accepted(self, m, page):
        return page.status == 303 and page.header("Location") == LOGGED_OUT + "?state=z"


ENDS = ("session", "grant_", "participant", "logout_queue")


def stays(m, page):
    return None if page.status == 200 and not page.header("Location") else "leaves our pages"


def stays_here(reason=None, writes=()):
    return Outcome("our page", stays, ("idp", "oidc.logout.refuse", reason) if reason else None, slug="*" if reason else None, writes=writes)


LEAVE = Leave()
LEAVING = [
    # The hint is true, so that the session ends; only the way back is not followed.
    *[Case("O69", repr(v), LEAVE, field(post_logout_redirect_uri=v), Outcome("our page", stays, ("idp", "logout", ""), writes=ENDS, slug="")) for v in
      (LOGGED_OUT + "?x=1", LOGGED_OUT + "/", "https://evil.test/", "//evil.test", REDIRECT)],
    *row("O69", LEAVE, stays_here(), ("no hint", field(id_token_hint=None))),
    *row("O69", LEAVE, stays_here("oidc.hint"), ("a changed hint", lambda m: m.fields.update(id_token_hint=m.token[:-4] + "AAAA")), ("another client's name", field(client_id="other"))),
]


def published_addresses_ignore_the_request(world):
    page = world.town.browser().get(world.town.url(IDP) + "/.well-known/openid-configuration")
    document = json_of(page)
    hold(document["issuer"] == world.town.url(IDP), "another issuer")
    hold(all(v.startswith(document["issuer"]) for k, v in document.items() if k.endswith(("_endpoint", "_uri"))), "an address elsewhere")
    for _ in range(300):
        again = world.town.browser() if _ % 100 == 0 else again
        hold(again.get(world.town.url(IDP) + "/.well-known/openid-configuration").body == page.body, "it changes")
    hold(document.get("authorization_response_iss_parameter_supported") is True, "does not say that it names itself (O18)")
    hold("registration_endpoint" not in document, "registration is offered")


def published_keys_are_public(world):
    for path in ("jwks_uri",):
        document = json_of(world.town.browser().get(world.town.url(IDP) + "/.well-known/openid-configuration"))
        for key in json_of(world.town.browser().get(document[path]))["keys"]:
            hold(key["kty"] in ("EC", "RSA") and not set(key) & {"d", "p", "q", "dp", "dq", "qi", "k", "oth"}, f"a key shows {sorted(key)}")


def every_answer_to_credentials_is_a_303(world):
    browser = world.town.browser()
    page = browser.get(Ask(world, browser).url(), follow=False)
    page = browser.submit(page, "identifiant", {"identifiant": CITIZENS[2]["email"], "mot-de-passe": CITIZENS[2]["password"]}, follow=False)
    hold(page.status == 303, f"after the password: {page.status}")


def two_sectors_share_no_name(world):
    subjects = set()
    for name in ("rp", "other"):
        claims = tokens_of(world, name)["id_token"].split(".")[1]
        subjects.add(json.loads(base64.urlsafe_b64decode(claims + "=="))["sub"])
    hold(len(subjects) == 2, "the same subject at both")


def addresses_that_nobody_may_register_are_refused(world):
    for uri in ("https://*.example/", "https://a.example/#f", "app:retour", "javascript:alert(1)", "data:text/html,x", "http://a.example/", "https://u@a.example/", "//a.example/",
                "https://A.example/", "https://a.example./", "https://a.example:0/", "https://a.example/ x", "https://"):
        try:
            world.town.ctl("partner", "add", "oidc", "--id", "never", "--redirect-uri", uri)
        except state.DemoError as e:
            hold(uri in str(e), f"{uri}: the refusal does not name it: {e}")
            continue
        hold(False, f"{uri} was registered")


def a_services_own_token_names_the_service(world):
    m = MACHINE.prepare(world)
    token = json_of(MACHINE.send(m))["access_token"]
    door = Endpoint("/oidc/introspect", lambda w: {"token": token})
    hold(json_of(door.send(door.prepare(world)))["sub"] == "rp", "another subject")
    claims = json.loads(base64.urlsafe_b64decode(tokens_of(world)["id_token"].split(".")[1] + "=="))
    hold(len(claims["sub"]) >= 43, "a citizen's subject is short enough to be a client's name")
    try:
        world.town.ctl("partner", "add", "oidc", "--id", claims["sub"] + "x" * 22, "--redirect-uri", REDIRECT)
        hold(False, "a client may have a name as long as a subject")
    except state.DemoError:
        pass


def a_wrong_secret_takes_as_long(world):
    """A rough look, as at L02: unknown clients, and secrets that are wrong first, last or altogether."""
    right, times, browser = world.partners["rp"].secret, {}, world.town.browser()
    wrong = {"unknown": ("nobody", right), "first": ("rp", ("A" if right[0] != "A" else "B") + right[1:]), "last": ("rp", right[:-1] + ("A" if right[-1] != "A" else "B")),
             "all": ("rp", "x" * len(right))}
    for _ in range(100):
        for kind, (name, secret) in random.sample(list(wrong.items()), len(wrong)):
            headers = {"Authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}
            start = time.monotonic()
            page = browser.request("POST", world.town.url(IDP) + "/oidc/token", b"grant_type=client_credentials", headers)
            times.setdefault(kind, []).append(time.monotonic() - start)
            hold(page.status == 401, f"{kind}: {page.status}")
    # The lower quarter: the upper half is what else this machine does.
    times = {kind: statistics.quantiles(v, n=4)[0] for kind, v in times.items()}
    hold(max(times.values()) < 1.3 * min(times.values()), f"{ {k: round(v * 1e3, 3) for k, v in times.items()} } ms")


LOOKS = [
    Inspection("O44", "100 wrong secrets of four kinds, roughly", a_wrong_secret_takes_as_long),
    Inspection("O06", "addresses that nobody may register", addresses_that_nobody_may_register_are_refused),
    Inspection("O46", "a service's own token", a_services_own_token_names_the_service),
    Inspection("O18", "every answer names its issuer, and the metadata say so", published_addresses_ignore_the_request),
    Inspection("O77", "discovery is the same for everybody", published_addresses_ignore_the_request),
    Inspection("O78", "the key set holds public members alone", published_keys_are_public),
    Inspection("O72", "after credentials, 303", every_answer_to_credentials_is_a_303),
    Inspection("O73", "one citizen at two services", two_sectors_share_no_name),
]
CASES = [*REQUESTS, *DUPLICATES, *CONSENTS, *LEAVING, *LOOKS]
__all__ = ["CASES"]
