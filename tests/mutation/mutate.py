"""./guichet test mutation: would a test notice if one refusal did not refuse?

    ./guichet test mutation [--slugs PREFIX] [--json FILE] [--verbose]

A copy of the sources with a build of its own (build-mutation) asks, in every refusal that is about to be made,
whether it is the one that is switched off: in ENSURE by itself, in the others by plain.py. First each unit test runs once and writes down which refusals it meets. Then, one refusal off
at a time, the tests that met it run again, the quickest first, until one fails: the mutant is caught. What no
unit test catches is tried against the abuse cases that expect a refusal of that name. What is left is listed.
"""
import argparse
import collections
import concurrent.futures
import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE]

import plain                                       # noqa: E402

TREE = os.environ.get("GUICHET_MUTATION_TREE", f"{ROOT}/build-mutation")
BUILD = f"{TREE}/build"
FOLDERS = ["wire/saml", "wire/oidc", "wire/jose", "wire/http", "sp-lib", "idp/oidc", "idp/saml", "idp/authn", "idp/policy", "idp/session", "idp/account",
           "services/kit"]
WORKERS = 2

# Switched off, these would follow the null pointer of an arena at its ceiling: that they hold, the sanitizers show.
MEMORY = re.compile(r"^(p|out|el|t->attrs|copy|pairs\.v|form\.v && files|!m->.*overflowed.*)$")
# Faults of ours or of the machine, not refusals: nothing that a stranger sends leads there, and the fault suite is for them.
FAULTS = {"kit.chain", "kit.sequence", "sp.files.io", "oidc.token.size", "kit.demande.twin", "jose.claim", "totp.seal", "agent.key"}
# Second locks: whoever comes here has passed a first one that refuses the same, so that a test cannot tell.
SECOND_LOCKS = [   # file, how the condition begins, the first lock
    ("wire/saml/saml_assertion.c", "issuer", "saml_check() has seen to the issuer"),
    ("wire/saml/saml_read.c", "issuer", "saml_check() has seen to the issuer"),
    ("wire/saml/saml_read.c", "status", "saml_check() has seen to the status"),
    ("wire/saml/saml_read.c", "code", "saml_check() has seen to the status"),
    ("wire/saml/saml_read.c", "name_id", "saml_check() has seen to the name"),
    ("wire/saml/saml_read.c", "str_eq(el->ns, original->ns)", "another element has another ID"),
    ("wire/saml/saml_redirect.c", "out && in.n > 0", "of no bytes, none are unpacked: the same is said of them"),
    ("wire/saml/saml_xml.c", "to", "would read on behind the document, until a < is found and refused by the same name"),
    ("wire/saml/saml_xml.c", "x->depth > 0", "would look before the array, where no name is that one"),
    ("idp/saml/receive.c", "got.signed_by", "the reader answers only when what is wanted was signed"),
    ("idp/saml/receive.c", "str_eq(got.message.head.issuer", "the same bytes were read before"),
    ("idp/saml/slo_out.c", "!failed(str_to_i64(http_get(&req->query, \"sortir\")", "past the last line none has a way out; before the first one is no line"),
    ("idp/saml/sso_rules.c", "r->acs_index < 0", "the reader refuses both together"),
    ("idp/saml/receive.c", "ret->relay_state.n", "the reader has judged it in a query, the front in a form"),
    ("sp-lib/provider.c", "!silence.wait", "asked with and without the turn to ask: either says it"),
    ("sp-lib/provider.c", "metadata_peek(", "it was learnt the line before"),
    ("sp-lib/provider.c", "jwks_peek(", "they were learnt the line before"),
    ("sp-lib/provider.c", "later_peek(", "it was learnt the line before"),
    ("sp-lib/saml_logout.c", "got.signed_by", "the reader answers only when what is wanted was signed"),
    ("sp-lib/login_openid.c", "!failed(jose_json_read", "of no document, no member is right"),
    ("sp-lib/saml_logout.c", "!failed(http_parse_pairs", "of a form that was not read, no message is there"),
    ("sp-lib/saml_rules.c", "m->has_assertion", "saml_check() wants one with every success"),
    ("sp-lib/session.c", "e.kind != ERR_ABSENT", "the error itself is returned next"),
    ("sp-lib/session.c", "text.n > 0", "nothing, or too much, is no token"),
    ("sp-lib/session.c", "name.n > 0", "nothing, or too much, is no session's name"),
    ("sp-lib/token_rules.c", "claim_number(t, \"iat\", &iat)", "without it, it was issued in 1970"),
    ("idp/oidc/bearer.c", "!failed(oidc_access_open", "a token that did not open ended in 1970"),
    ("idp/oidc/client_auth.c", "!failed(http_parse_basic", "nobody has the name that was not read"),
    ("idp/oidc/hint.c", "token.n", "nothing, or too much, is no token"),
    ("idp/oidc/hint.c", "!failed(e)", "of no token, no claim is there"),
    ("idp/oidc/hint.c", "ret_hint->audience.n", "the signer signs none without aud and sub"),
    ("idp/oidc/sealed.c", "str_starts(text, prefix)", "what lacks the prefix does not open"),
    ("idp/authn/flow.c", "text.n", "nothing does not open"),
    ("wire/oidc/authz.c", '!http_get(p, "code_challenge").n', "no challenge is not a good one"),
    ("wire/http/head.c", "!eol ||", "a line that short has no version"),
    ("wire/http/head.c", "n && !http_char_is(*p, CHAR_TOKEN)", "said early: the whole line is judged again"),
    ("wire/http/multipart.c", "m->part_n < m->max_pairs", "bounds memory: the end counts them again"),
    ("wire/http/multipart.c", "hit ? hit - left.p <= PART_HEAD_MAX", "the buffer of a head is as large"),
    ("wire/http/multipart.c", "p->name.p", "the whole head of a part is asked again for its name"),
    ("wire/http/multipart.c", "!p->name.p && text.n", "the last name would be the one"),
    ("wire/http/pairs.c", "!failed(b64_decode", "what was not decoded has no colon"),
    ("sp-lib/saml_rules.c", "at the end", "an answer that is no success has no assertion"),
    ("idp/oidc/end_session.c", "at the end", "the name of a refusal that is made all the same"),
    ("idp/oidc/authorize.c", "at the end", "the name of a refusal that is made all the same"),
    ("idp/oidc/authorize.c", "req->", "the front's own limits are smaller"),
    ("idp/oidc/authorize.c", "!text.n", "what was asked fits, else it had not come so far"),
    ("idp/authn/login.c", "!l.flow.n", "what was asked fits, else it had not come so far"),
    ("wire/oidc/authz.c", "oidc_is_printable(redirect_uri", "one that is registered is printable"),
    ("idp/authn/agent_login.c", "!l.flow.n", "what was asked fits, else it had not come so far"),
    ("idp/authn/agent_login.c", "at the end", "the name of a refusal that is made all the same"),
    ("idp/authn/second_signin.c", "!text.n", "what was asked fits, else it had not come so far"),
    ("idp/authn/second_signin.c", "who->live", "the route lets nobody in without a session"),
    ("idp/authn/second_own.c", "o->who.live", "the route lets nobody in without a session"),
    ("idp/saml/slo.c", "at the end", "the name of a refusal that is made all the same"),
    ("idp/account/account_store.c", "row.found", "in a town that has nobody"),
    ("idp/account/agent.c", "active", "who is not active has no rights"),
    ("services/kit/agents_who.c", "agent->role", "no session begins without a role"),
    ("services/kit/agents_who.c", "!failed(kit_form_open", "what was typed was a form of ours, which fits"),
    ("idp/authn/notice.c", "!text.n", "what was asked fits, else it had not come so far"),
    ("idp/saml/sso.c", "at the end", "the name of a refusal that is made all the same"),
    ("idp/session/trail.c", "text.n && !failed(unseal", "of no trail, no line is there"),
    ("idp/session/logout_store.c", "ended == 1", "it was there a statement before"),
    ("services/kit/form.c", "!failed(open_form", "what did not open has no number"),
]


@dataclasses.dataclass
class Site:
    file: str
    first: int
    last: int
    kind: str
    slug: str
    condition: str
    programs: list = dataclasses.field(default_factory=list)
    line: str = ""                 # as the build calls it
    verdict: str = ""
    by: str = ""

    @property
    def why(self):
        return self.by or (self.excuse if self.verdict == "exempt" else "")

    @property
    def excuse(self):
        """Why no test can miss it; asked only when none did."""
        if self.kind in ("MALFORMED", "BROKEN") and MEMORY.search(self.condition):
            return "would follow a null pointer"
        if self.slug in FAULTS:
            return "a fault of ours, not a refusal"
        return next((why for file, begins, why in SECOND_LOCKS if self.file == file and self.condition.startswith(begins)), "")


def split_arguments(text):
    """The arguments of a call whose text begins after its opening parenthesis, and its length."""
    depth, quoted, start, parts, i = 0, False, 0, [], 0
    while i < len(text):
        c = text[i]
        if quoted:
            i += c == "\\"
            quoted = c != '"'
        elif c == '"':
            quoted = True
        elif c == "'":
            i += 3 if text[i + 1] == "\\" else 2
        elif c in "([{":
            depth += 1
        elif c == ")" and depth == 0:
            return parts + [text[start:i].strip()], i
        elif c in ")]}":
            depth -= 1
        elif c == "," and depth == 0:
            parts.append(text[start:i].strip())
            start = i + 1
        i += 1
    raise ValueError("a call without end")


def sites_of(file):
    with open(f"{ROOT}/{file}", encoding="utf-8") as f:
        text = f.read()
    for found in re.finditer(r"\bENSURE\(", text):
        arguments, length = split_arguments(text[found.end():])
        first = text.count("\n", 0, found.start()) + 1
        last = text.count("\n", 0, found.end() + length) + 1
        slug = arguments[-1].strip('"') if arguments[-1].startswith('"') else "*"
        yield Site(file, first, last, arguments[-2], slug, " ".join(",".join(arguments[:-2]).split()))
    for f in plain.mutate(text)[1]:
        yield Site(file, **dataclasses.asdict(f))


def all_sites(prefix):
    out = []
    for folder in FOLDERS:
        for name in sorted(os.listdir(f"{ROOT}/{folder}")):
            if name.endswith(".c"):
                out += sites_of(f"{folder}/{name}")
    return [s for s in out if s.slug.startswith(prefix)]


# ---- building and running ----

def is_mutated(path):
    return path.endswith(".c") and os.path.dirname(path) in FOLDERS


def copy_sources():
    """Only what has changed is written, so that only that is built again."""
    told = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    kept = {p for p in told.splitlines() if os.path.isfile(f"{ROOT}/{p}")}
    for path in sorted(kept):
        with open(f"{ROOT}/{path}", "rb") as f:
            content = f.read()
        if is_mutated(path):
            content = plain.mutate(content.decode())[0].encode()
        to = f"{TREE}/{path}"
        if os.path.exists(to):
            with open(to, "rb") as f:
                if f.read() == content:
                    continue
        os.makedirs(os.path.dirname(to), exist_ok=True)
        with open(to, "wb") as f:
            f.write(content)
        shutil.copymode(f"{ROOT}/{path}", to)


def build():
    """Only what this folder alone asks for: no warning of the mutated flow may stop it."""
    copy_sources()
    if not os.path.exists(f"{BUILD}/build.ninja"):
        subprocess.run(["meson", "setup", BUILD, TREE, "-Dmutation=true", "-Dwerror=false", "-Dbuildtype=debug", "-Doptimization=1"], check=True, stdout=subprocess.DEVNULL)
    print(f"building {BUILD}", file=sys.stderr, flush=True)
    subprocess.run(["ninja", "-C", BUILD, "--quiet"], check=True)
    subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir", "stage"], check=True)


def programs():
    """Test program -> its command, as meson runs it."""
    told = json.loads(subprocess.run(["meson", "introspect", "--tests", BUILD], capture_output=True, text=True, check=True).stdout)
    return {t["name"]: t["cmd"] for t in told if any(s.endswith("unit") for s in t["suite"]) and "/test-" in t["cmd"][0]}


def run(command, active, timeout):
    """(passed, seconds, what was met); on the embedded store alone, since what refuses is the same on both."""
    with tempfile.TemporaryDirectory(prefix="guichet-mutation-") as folder:
        os.chmod(folder, 0o755)
        for name, text in (("active", active), ("trace", "")):
            with open(f"{folder}/{name}", "w", encoding="utf-8") as f:
                f.write(text)
            os.chmod(f"{folder}/{name}", 0o666)
        start = time.monotonic()
        process = subprocess.Popen(command, cwd=f"{BUILD}", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
                                   stdin=subprocess.DEVNULL, env=dict(os.environ, GUICHET_MUTATION=folder, GUICHET_TEST_PG="0"))
        try:
            passed = process.wait(timeout=timeout) == 0
        except subprocess.TimeoutExpired:
            passed = False
            os.killpg(process.pid, 9)
            process.wait()
        with open(f"{folder}/trace", encoding="utf-8", errors="replace") as f:
            met = set(f.read().splitlines())
        return passed, time.monotonic() - start, met


def trace(tests, sites, pool):
    """Fills each site's programs, the quickest first. A program that fails as it is says nothing of mutants."""
    place = collections.defaultdict(list)
    for s in sites:
        for line in range(s.first, s.last + 1):
            place[(s.file, line)].append(s)
    seconds = {}
    for name, (passed, took, met) in zip(tests, pool.map(lambda name: run(tests[name], "", 120), tests)):
        seconds[name] = took
        if not passed:
            print(f"  {name} fails without any mutant: left out", file=sys.stderr, flush=True)
            continue
        for line in met:
            # The compiler's name for the file, from the build's folder: ours is the end of it.
            where, slug = line.split(" ")
            file, number = where.rsplit(":", 1)
            for s in place.get((file.removeprefix(TREE[1:] + "/"), int(number)), ()):
                if s.slug in ("*", slug):
                    s.line = line
                    s.programs.append(name)
    for s in sites:
        s.programs.sort(key=seconds.get)
    return seconds


def try_units(site, tests, seconds):
    if not site.programs:
        site.verdict = "unreached"
    else:
        site.verdict = "survived"
        for name in site.programs:
            if not run(tests[name], site.line, 10 + 6 * seconds[name])[0]:
                site.verdict, site.by = "caught", name
                break
    if site.verdict in ("survived", "unreached") and site.excuse:
        site.verdict = "exempt"
    return site


def try_abuse(site):
    """The town's roles find the active mutant in the build's own folder."""
    folder = f"{BUILD}/mutation"
    os.makedirs(folder, exist_ok=True)
    line = site.line or f"{site.file}:{site.last} {site.slug}"
    with open(f"{folder}/active", "w", encoding="utf-8") as f:
        f.write(line)
    environment = dict(os.environ, GUICHET_BUILD=BUILD, PYTHONPATH=f"{ROOT}/tests/lib:{ROOT}/deploy/demo")
    environment.pop("GUICHET_MUTATION", None)
    try:
        done = subprocess.run(["/usr/bin/python3", "-W", "ignore::ResourceWarning", f"{ROOT}/tests/abuse/abuse.py", "--slug", site.slug],
                              capture_output=True, text=True, env=environment, timeout=300)
    finally:
        os.unlink(f"{folder}/active")
    ran = re.search(r"^Ran (\d+) cases.*; (\d+) failed$", done.stdout, re.M)
    if ran and int(ran.group(1)) and int(ran.group(2)):
        site.verdict, site.by = "caught", "abuse"


# ---- telling ----

def tell(sites, options):
    counted = [s for s in sites if s.verdict != "exempt"]
    caught = [s for s in counted if s.verdict == "caught"]
    for s in sites:
        if s.verdict in ("survived", "unreached") or options.verbose:
            print(f"{s.verdict:<10} {s.slug:<34} {s.file}:{s.first}  {s.why}")
    left = len(counted) - len(caught)
    share = 100 * len(caught) / len(counted) if counted else 100
    print(f"{len(caught)} of {len(counted)} refusals caught ({share:.1f} %), {len(sites) - len(counted)} exempt; "
          f"{sum(s.by == 'abuse' for s in caught)} by abuse cases alone")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as f:
            json.dump([{"slug": s.slug, "place": f"{s.file}:{s.first}", "verdict": s.verdict, "by": s.why} for s in sites], f, indent=1)
    print(f"Ran {len(counted)} cases; {left if share < options.least else 0} failed")
    return share >= options.least


def main(arguments):
    p = argparse.ArgumentParser(prog="./guichet test mutation", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--slugs", default="", metavar="PREFIX", help="only refusals whose name begins so")
    p.add_argument("--json", metavar="FILE", help="every mutant and what came of it")
    p.add_argument("--verbose", action="store_true", help="the caught ones too")
    p.add_argument("--least", type=float, default=95, help="how many of a hundred must be caught (95)")
    p.add_argument("--units-only", action="store_true", help="without the abuse cases")
    options = p.parse_args(arguments)
    build()
    tests, sites = programs(), all_sites(options.slugs)
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        seconds = trace(tests, sites, pool)
        print(f"  {len(sites)} refusals, {sum(bool(s.programs) for s in sites)} met by {len(tests)} test programs in {sum(seconds.values()):.0f} s", file=sys.stderr, flush=True)
        for i, site in enumerate(pool.map(lambda s: try_units(s, tests, seconds), sites)):
            if i % 50 == 49:
                print(f"  {i + 1} tried", file=sys.stderr, flush=True)
    if not options.units_only:
        for site in sites:
            if site.verdict in ("survived", "unreached"):
                try_abuse(site)
    return 0 if tell(sites, options) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
