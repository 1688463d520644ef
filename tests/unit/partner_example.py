#!/usr/bin/env python3
"""Runs the example program of docs/partner-c.md against a small stand-in for an identity provider.

    partner_example.py PROGRAM AGENT
"""
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading

PROGRAM, AGENT = sys.argv[1:3]


class Provider(http.server.BaseHTTPRequestHandler):
    seen = []

    def answer(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        issuer = f"http://127.0.0.1:{self.server.server_port}"
        if self.path == "/.well-known/openid-configuration":
            self.answer(200, {"issuer": issuer, "authorization_endpoint": issuer + "/authorize",
                              "token_endpoint": issuer + "/token", "jwks_uri": issuer + "/jwks"})
        else:
            self.answer(200, {"keys": []})

    def do_POST(self):
        self.seen.append((self.path, self.headers.get("Authorization", ""), self.rfile.read(int(self.headers["Content-Length"]))))
        self.answer(200, {"access_token": "a", "token_type": "Bearer", "id_token": "e30.e30.e30"})

    def log_message(self, *args):
        pass


def run(env, path, query="", cookie=""):
    env = dict(env, PATH_INFO=path, QUERY_STRING=query, HTTP_COOKIE=cookie)
    done = subprocess.run([PROGRAM], env=env, capture_output=True, text=True, timeout=30)
    head, _, body = done.stdout.partition("\n\n")
    fields = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
    return fields, body, done.stderr


passed = []


def expect(what, condition, *details):
    if not condition:
        print(f"[  FAILED  ] 1 test(s): {what}")
        sys.exit(f"not so: {what}: {details}")
    print(f"ok {what}")
    passed.append(what)


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    issuer = f"http://127.0.0.1:{server.server_port}"
    with tempfile.TemporaryDirectory() as folder:
        secret = os.path.join(folder, "secret")
        with open(secret, "w") as f:
            f.write("TEST-ONLY-s3cret\n")
        env = {"ISSUER": issuer, "CLIENT_ID": "chalets", "REDIRECT_URI": "http://127.0.0.1:1/retour", "SP_AGENT": AGENT,
               "SEAL_KEY": "TEST-ONLY-0123456789abcdef0123456789abcdef", "CLIENT_SECRET_FILE": secret,
               "STATE_DIRECTORY": os.path.join(folder, "state")}
        for name in ("LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS"):
            if name in os.environ:
                env[name] = os.environ[name]
        fields, body, _ = run(env, "/")
        expect("nobody is signed in at first", fields.get("Status") == "200" and "/connexion" in body, fields, body)

        fields, _, errors = run(env, "/connexion")
        expect("signing in sends the browser to the provider",
               fields.get("Status") == "303" and fields["Location"].startswith(issuer + "/authorize?response_type=code&client_id=chalets"),
               fields, errors)
        state = fields["Location"].split("state=")[1].split("&")[0]
        cookie = fields["Set-Cookie"].split(";")[0]
        query = f"code=c0de&state={state}&iss={issuer.replace(':', '%3A').replace('/', '%2F')}"

        fields, _, errors = run(env, "/retour", query)
        expect("a callback without its cookie is refused", fields.get("Status") == "403" and "sp.state.absent" in errors, fields, errors)
        expect("and no code was sent", not Provider.seen, Provider.seen)

        fields, _, errors = run(env, "/retour", query, cookie)
        expect("a token that nobody signed is refused", fields.get("Status") == "403" and "sp.token." in errors, fields, errors)
        expect("the agent added the client's credentials",
               len(Provider.seen) == 1 and Provider.seen[0][0] == "/token" and Provider.seen[0][1].startswith("Basic "), Provider.seen)

        fields, _, errors = run(env, "/retour", query, cookie)
        expect("a state is good once", fields.get("Status") == "403" and "sp.state.used" in errors, fields, errors)

        server.shutdown()
        server.server_close()
        fields, _, errors = run(env, "/connexion")
        expect("a provider that is away is a page of its own", fields.get("Status") == "503" and "sp.provider.down" in errors, fields, errors)


main()
print(f"[  PASSED  ] {len(passed)} test(s).")
