"""What a user does in each case: journeys for the load driver, made from a real browser's steps."""
import base64
import hashlib
import json
import re
import subprocess
import time
import urllib.parse
import zlib

from servers import ELECTIONS, ETAT_CIVIL, IDP, PASSWORD, REDIRECT, SAML_ACS, SAML_SP, sign_in

VERIFIER = "bench-verifier-" + "a" * 40
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
FORM = "header Content-Type: application/x-www-form-urlencoded\n"


# ---- OpenID Connect ----

def authorize_query(client, scope="openid", redirect=REDIRECT):
    return urllib.parse.urlencode({
        "response_type": "code", "client_id": client, "redirect_uri": redirect, "scope": scope, "state": "etat",
        "nonce": "une-fois", "code_challenge": CHALLENGE, "code_challenge_method": "S256"})


def authorize_target(client, scope="openid"):
    return "/oidc/authorize?" + authorize_query(client, scope)


def basic(client, secret):
    return "Basic " + base64.b64encode(f"{client}:{urllib.parse.quote(secret, safe='')}".encode()).decode()


def token_step(target, client, secret, body):
    return f"step POST {target}\n{FORM}header Authorization: {basic(client, secret)}\nbody {body}\n"


def code_body(code):
    return f"grant_type=authorization_code&code={code}&redirect_uri={urllib.parse.quote(REDIRECT, safe='')}&code_verifier={VERIFIER}"


def signed_in(town, number, client, scope="openid"):
    """A browser with a session, by the real login page, and the code that it came back with."""
    b = town.browser()
    page = b.get(town.url() + authorize_target(client, scope), follow=False)
    if page.status == 200:
        page = b.submit(page, "identifiant", {"identifiant": f"user{number}@exemple.fr", "mot-de-passe": PASSWORD}, follow=False)
    if page.status == 303 and not page.header("Location").startswith(REDIRECT):
        page = b.get(urllib.parse.urljoin(page.url, page.header("Location")), follow=False)
    if page.status != 303:
        raise SystemExit(f"bench: the sign-in did not come back: {page.status} {page.text[:200]}")
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(page.header("Location")).query))
    return b, query["code"]


def user_line(browser=None, host=None, **variables):
    cookies = [f"@{k}={v}" for k, v in browser.cookies.get(host, {}).items()] if browser else []
    return "user " + "\t".join(cookies + [f"{k}={v}" for k, v in variables.items()]) + "\n"


def tokens(town, client, code):
    page = town.browser().request("POST", f"{town.url()}/oidc/token", code_body(code).encode(), {"Authorization": basic(client, town.clients[client])})
    return json.loads(page.body)


def token_users(town, name, scope="openid"):
    """A line for each user, with the token of that name."""
    lines = []
    for i in range(town.users):
        _, code = signed_in(town, i, "bench-es256", scope)
        lines.append(user_line(token=tokens(town, "bench-es256", code)[name]))
    return "".join(lines)


def discovery(town):
    return "step GET /.well-known/openid-configuration\n"


def reentry(client):
    def journey(town):
        users = "".join(user_line(signed_in(town, i, client)[0], IDP.host) for i in range(town.users))
        return (users + f"step GET {authorize_target(client)}\nexpect 303\ntake code\tcode=\t&\n"
                + token_step("/oidc/token", client, town.clients[client], code_body("${code}")) + 'take id\t"id_token":"\t"\n')
    return journey


def login(town):
    users = "".join(user_line(who=f"user{i}%40exemple.fr") for i in range(town.users))
    return (users + f"fresh\nstep GET {authorize_target('bench-es256')}\n" + 'take flow\tname="flow" value="\t"\n'
            + "step POST /connexion\n" + FORM + f"header Origin: {town.url()}\n"
            + "body flow=${flow}&identifiant=${who}&mot-de-passe=" + urllib.parse.quote(PASSWORD) + "\nexpect 303\ntake code\tcode=\t&\n")


def userinfo(town):
    return token_users(town, "access_token") + "step GET /oidc/userinfo\nheader Authorization: Bearer ${token}\n" + 'take sub\t"sub":"\t"\n'


def introspection(town):
    return (token_users(town, "access_token") + token_step("/oidc/introspect", "bench-es256", town.clients["bench-es256"], "token=${token}")
            + 'take active\t"active":t\t,\n')


def client_credentials(town):
    return token_step("/oidc/token", "bench-es256", town.clients["bench-es256"], "grant_type=client_credentials") + 'take token\t"access_token":"\t"\n'


def refresh(town):
    return (token_users(town, "refresh_token", "openid offline_access")
            + token_step("/oidc/token", "bench-es256", town.clients["bench-es256"], "grant_type=refresh_token&refresh_token=${token}")
            + 'take token\t"refresh_token":"\t"\n')


# ---- SAML ----

def saml_query(folder, number, destination, issuer=SAML_SP, acs=SAML_ACS):
    """A signed authentication request, as a service sends its citizen with it."""
    instant = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    xml = (f'<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_bench{number}" Version="2.0" IssueInstant="{instant}" '
           f'Destination="{destination}" AssertionConsumerServiceURL="{acs}"><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">'
           f'{issuer}</saml:Issuer></samlp:AuthnRequest>')
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    query = urllib.parse.urlencode({"SAMLRequest": base64.b64encode(squeeze.compress(xml.encode()) + squeeze.flush()).decode(), "RelayState": "etat",
                                    "SigAlg": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"})
    signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", f"{folder}/sp.key"], input=query.encode(),
                               capture_output=True, check=True).stdout
    return query + "&Signature=" + urllib.parse.quote(base64.b64encode(signature).decode(), safe="")


def saml(town):
    """Single sign-on with a session: a signed request in, a signed assertion out."""
    lines = []
    for i in range(town.users):
        browser, _ = signed_in(town, i, "bench-es256")
        lines.append(user_line(browser, IDP.host, query=saml_query(town.folder, f"{time.time_ns()}-{i}", f"{town.url()}/saml/sso")))
    return "".join(lines) + 'step GET /saml/sso?${query}\ntake answer\tname="SAMLResponse" value="\t"\n'


def saml_response(town, url):
    """What a signed-in citizen's browser brings back to the service that sent it to url."""
    browser, _ = signed_in(town, 0, "bench-es256")
    return urllib.parse.urlencode([tuple(f) for f in browser.get(url, follow=False).form("saml").fields])


# ---- a service ----

ELECTIONS_FORM = ("/inscription", "code-postal", {"adresse": "14 rue des Halles", "code-postal": "44990", "jour": "4", "mois": "9", "annee": "2019",
                                                  "ailleurs": "non", "attestation": "oui"})


def at_the_form(town, number):
    """A citizen who has signed in, in front of the form."""
    browser = town.browser()
    page = sign_in(browser, browser.get(town.url(ELECTIONS) + ELECTIONS_FORM[0]), f"user{number}@exemple.fr", PASSWORD)
    if page.status != 200:
        raise SystemExit(f"bench: élections: {page.status} {page.text[:200]}")
    return browser, page


def form_page(town):
    users = "".join(user_line(at_the_form(town, i)[0], ELECTIONS.host) for i in range(town.users))
    return users + f"step GET {ELECTIONS_FORM[0]}\ntake name\tDuran\t<\n"


def page_words(page, field):
    """Where the value of a hidden field stands in this page: what is before it, as a journey's `take` wants it."""
    match = re.search(rf'<input[^>]*name="{re.escape(field)}"[^>]*value="', page.html) or re.search(rf'value="([^"]*)"[^>]*name="{re.escape(field)}"', page.html)
    if not match:
        raise SystemExit(f"bench: {page.url}: no value of {field!r} to take")
    return match.group(0)


def filing_steps(page, answers, containing):
    """Read the form, then send it as a browser would: hidden fields as the page of that moment gives them."""
    form = page.form(containing)
    hidden = [name for name, value in form.fields if name not in answers and len(value) >= 20]
    takes = "".join(f'take {name}\t{page_words(page, name)}\t"\n' for name in hidden)
    fields = [(n, v) for n, v in form.fields if n not in answers and n not in hidden] + form.buttons[:1] + list(answers.items())
    body = "&".join([urllib.parse.urlencode(fields)] + [f"{n}=${{enc:{n}}}" for n in hidden])
    u = urllib.parse.urlsplit(page.url)
    target = urllib.parse.urlsplit(urllib.parse.urljoin(page.url, form.action or page.url)).path
    return (f"step GET {u.path}{'?' + u.query if u.query else ''}\n{takes}step POST {target}\n{FORM}"
            f"header Origin: {u.scheme}://{u.netloc}\nbody {body}\nexpect 303\n")


def filing(town):
    lines, page = [], None
    for i in range(town.users):
        browser, page = at_the_form(town, i)
        lines.append(user_line(browser, ELECTIONS.host))
    return "".join(lines) + filing_steps(page, ELECTIONS_FORM[2], ELECTIONS_FORM[1]) + "take number\tnumero=\t&\n"


EXTRAIT_FORM = ("/naissance-extrait", "nom", {"nom": "Durand", "prenoms": "Camille", "jour": "1", "mois": "1", "annee": "1980", "ici": "oui",
                                             "destinataire": "Camille Durand", "adresse": "14 rue des Halles", "code-postal": "44990", "ville": "Sérigny"})


def filing_anonymous(town):
    """Without an account: each from a browser and an address of its own."""
    page = town.browser().get(town.url(ETAT_CIVIL) + EXTRAIT_FORM[0])
    return "fresh\n" + filing_steps(page, EXTRAIT_FORM[2], EXTRAIT_FORM[1])


JOURNEYS = {
    "discovery": discovery, "reentry-es256": reentry("bench-es256"), "reentry-rs256": reentry("bench-rs256"), "login": login,
    "userinfo": userinfo, "introspection": introspection, "client-credentials": client_credentials, "refresh": refresh, "saml": saml,
    "form-page": form_page, "filing": filing, "filing-anonymous": filing_anonymous,
}
# Whose processes are counted; the identity provider's where nothing stands here.
DAEMON_OF = {"form-page": ELECTIONS, "filing": ELECTIONS, "filing-anonymous": ETAT_CIVIL}
# A service takes so many filings without an account in an hour, of one address and in all: a round must do with fewer.
LOAD_OF = {"filing-anonymous": {"operations": 150, "sources": 100}}
SERVICES = [ELECTIONS, ETAT_CIVIL]
