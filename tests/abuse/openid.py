"""What the cases of OpenID Connect are made of: a browser's request, a partner's call, and what they bring."""
import base64
import hashlib
import json
import urllib.parse

import forge
from browser import Browser
from harness import Case, Outcome
from running_town import IDP
from world import REDIRECT

VERIFIER = "v" * 50
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def parameters_of(page):
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(page.header("Location") or "").query))


def json_of(page):
    try:
        return json.loads(page.body)
    except ValueError:
        return {}

class Ask:
    """A request by a browser; text is added to the query as it stands."""

    def __init__(self, world, browser):
        self.world, self.browser, self.text, self.method = world, browser, "", "GET"
        self.fields = {"response_type": "code", "client_id": "rp", "redirect_uri": REDIRECT, "scope": "openid offline_access", "state": "s", "nonce": "n",
                       "code_challenge": CHALLENGE, "code_challenge_method": "S256"}

    def url(self):
        query = urllib.parse.urlencode({k: v for k, v in self.fields.items() if v is not None})
        return self.world.town.url(IDP) + "/oidc/authorize?" + query + self.text


class Authorize:
    """With a live session the control is answered by a code, and writes nothing."""

    def prepare(self, world):
        return Ask(world, world.signed_in())

    def send(self, m):
        return m.browser.get(m.url(), follow=False)

    def accepted(self, m, page):
        got = parameters_of(page)
        return (page.status == 303 and page.header("Location").startswith(REDIRECT + "?") and bool(got.get("code"))
                and got.get("iss") == m.world.town.url(IDP) and got.get("state") == m.fields["state"])


class FirstPage(Authorize):
    """Without a session: the sign-in page."""

    def prepare(self, world):
        return Ask(world, world.town.browser())

    def accepted(self, m, page):
        return page.status == 200 and 'name="mot-de-passe"' in page.html


def field(**values):
    return lambda m: m.fields.update({k.replace("__", "-"): v for k, v in values.items()})

def row(name, door, outcome, *changes, prior=None):
    return [Case(name, what, door, change, outcome, prior) for what, change in changes]


HARMLESS = Outcome("accepted", None, accepted=True)
AUTHORIZE, FIRST_PAGE = Authorize(), FirstPage()


# ---- the token endpoint ----

class Call:
    """A POST of a form; credentials are those of partner, by its method."""

    def __init__(self, world, path, form, partner="rp"):
        self.world, self.path, self.form, self.headers, self.query, self.body = world, path, dict(form), {}, "", None
        self.credentials(world.partners[partner])

    def credentials(self, p, secret=None, method=None):
        for name in ("client_id", "client_secret"):
            self.form.pop(name, None)
        self.headers.pop("Authorization", None)
        method = method or p.method
        secret = p.secret if secret is None else secret
        if method == "basic":
            self.headers["Authorization"] = "Basic " + forge.b64(f"{urllib.parse.quote(p.id, safe='')}:{urllib.parse.quote(secret, safe='')}".encode())
        else:
            self.form["client_id"] = p.id
            if method == "post":
                self.form["client_secret"] = secret


class Endpoint:
    def __init__(self, path, make, accepted=None, partner="rp"):
        self.path, self.make, self.partner = path, make, partner
        self.accepts = accepted or (lambda m, page: page.status == 200 and "access_token" in json_of(page))

    def prepare(self, world):
        return Call(world, self.path, self.make(world), self.partner)

    def send(self, m):
        data = m.body if m.body is not None else urllib.parse.urlencode([(k, v) for k, v in m.form.items() if v is not None])
        return Browser(m.world.town.ca).request("POST", m.world.town.url(IDP) + m.path + m.query, data if isinstance(data, bytes) else data.encode(), m.headers)

    def accepted(self, m, page):
        return self.accepts(m, page)


def get_code(world, browser=None, client="rp"):
    ask = Ask(world, browser or world.signed_in())
    ask.fields["client_id"] = client
    return parameters_of(ask.browser.get(ask.url(), follow=False))["code"]


def code_form(world, client="rp"):
    return {"grant_type": "authorization_code", "code": get_code(world, client=client), "redirect_uri": REDIRECT, "code_verifier": VERIFIER}


def tokens_of(world, client="rp", browser=None):
    form = dict(code_form(world, client)) if browser is None else dict(code_form(world, client), code=get_code(world, browser, client))
    door = Endpoint("/oidc/token", lambda w: form, partner=client)
    return json_of(door.send(door.prepare(world)))


def refresh_form(world):
    return {"grant_type": "refresh_token", "refresh_token": tokens_of(world)["refresh_token"]}


def machine_form(world):
    return {"grant_type": "client_credentials"}


TOKEN = "/oidc/token"
CODE, REFRESH, MACHINE = Endpoint(TOKEN, code_form), Endpoint(TOKEN, refresh_form), Endpoint(TOKEN, machine_form)
BY_POST = Endpoint(TOKEN, machine_form, partner="by-post")


def tok(error, reason, event="oidc.token.refuse", writes=()):
    status = 401 if error == "invalid_client" else 400

    def look(m, page):
        if page.status != status or json_of(page).get("error") != error:
            return f"not {error}"
        if set(json_of(page)) & {"access_token", "refresh_token", "id_token"}:
            return "with a token"
        if "no-store" not in (page.header("Cache-Control") or ""):
            return "may be stored"
        return None if status == 400 or page.header("WWW-Authenticate") else "without a challenge"
    return Outcome(f"TOK({error})", look, ("idp", event, reason), writes=writes)


def active(world, token, partner="rp"):
    door = Endpoint("/oidc/introspect", lambda w: {"token": token}, partner=partner)
    return json_of(door.send(door.prepare(world))).get("active")


def form(**values):
    return lambda m: m.form.update(values)


def as_partner(name, **how):
    return lambda m: m.credentials(m.world.partners[name], **how)


__all__ = ["active", "as_partner", "Ask", "AUTHORIZE", "BY_POST", "Call", "CHALLENGE", "CODE", "code_form", "Endpoint", "field", "FIRST_PAGE", "form", "get_code", "HARMLESS", "json_of", "MACHINE", "parameters_of", "REFRESH", "row", "tok", "TOKEN", "tokens_of", "VERIFIER"]
