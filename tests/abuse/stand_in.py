"""An identity provider that says what a case tells it to say: discovery, keys and token endpoint over TLS,
under a name of the demo's domain and with a certificate of the town's authority, or another.
"""
import http.server
import json
import ssl
import threading
import time

import forge
import state
from town import DOMAIN

HOST = f"stand-in.{DOMAIN}"


class Provider:
    def __init__(self, keys):
        self.keys, self.token_calls, self.key_calls, self.answer, self.tls = keys, 0, 0, None, "good"
        self.jwks = {"keys": [keys.provider.jwk("p1"), keys.provider_rsa.jwk("p2")]}
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        # A peer that does not like our certificate, or our answer, hangs up: that is what it should do.
        self.server.handle_error = lambda request, address: None
        self.issuer = f"https://{HOST}:{self.server.server_port}"
        self.entity = self.issuer + "/saml/metadata"
        self.contexts = {}

    def start(self, folder):
        """folder: a demo's, whose authority signs for us."""
        for name, (host, days, authority) in {"good": (HOST, 30, True), "expired": (HOST, -1, True), "name": ("other.example", 30, True),
                                              "unknown": (HOST, 30, False)}.items():
            self.contexts[name] = self._context(f"{folder}/stand-in-{name}", folder, host, days, authority)
        old = self._context(f"{folder}/stand-in-old", folder, HOST, 30, True)
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_1
        old.set_ciphers("ALL:@SECLEVEL=0")
        self.contexts["old"] = old
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True).start()

    def stop(self):
        if self.contexts:
            self.server.shutdown()
        self.server.server_close()

    @staticmethod
    def _context(path, folder, host, days, authority):
        state.make_key(f"{path}.key", "p256")
        request = ["openssl", "req", "-new", "-key", f"{path}.key", "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}"]
        if authority:
            state.run(*request, "-out", f"{path}.csr")
            dates = ["-days", str(days)]
            state.run("openssl", "x509", "-req", "-in", f"{path}.csr", "-CA", f"{folder}/ca.pem", "-CAkey", f"{folder}/ca.key",
                      "-CAcreateserial", *dates, "-copy_extensions", "copy", "-out", f"{path}.pem")
        else:
            state.run(*request, "-x509", "-days", str(days), "-out", f"{path}.pem")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{path}.pem", f"{path}.key")
        return context

    def _handler(self):
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            timeout = 5

            def setup(self):
                # One handshake for each exchange, with the certificate of the moment; here, not where
                # connections are accepted, so that a peer that hangs up disturbs nobody.
                self.request = provider.contexts[provider.tls].wrap_socket(self.request, server_side=True)
                super().setup()

            def log_message(self, *_):
                pass

            def reply(self, body, status=200, kind="application/json"):
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self):
                if self.path == "/.well-known/openid-configuration":
                    self.reply(provider.discovery())
                elif self.path == "/keys":
                    provider.key_calls += 1
                    self.reply(provider.jwks)
                elif self.path == "/saml/metadata":
                    self.reply(provider.metadata().encode(), kind="application/samlmetadata+xml")
                else:
                    self.reply({}, 404)

            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                provider.token_calls += 1
                self.reply(*(provider.answer or ({"error": "invalid_grant"}, 400)))

        return Handler

    def discovery(self):
        at = self.issuer
        return {"issuer": at, "authorization_endpoint": at + "/authorize", "token_endpoint": at + "/token", "jwks_uri": at + "/keys",
                "end_session_endpoint": at + "/logout", "response_types_supported": ["code"], "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["ES256", "RS256"], "authorization_response_iss_parameter_supported": True,
                "code_challenge_methods_supported": ["S256"]}

    def metadata(self):
        return forge.idp_metadata(self.entity, self.issuer + "/saml/sso", self.issuer + "/saml/slo", self.keys.provider_rsa)

    def claims(self, client, nonce):
        now = int(time.time())
        return {"iss": self.issuer, "aud": client, "sub": "citoyen-7f", "exp": now + 300, "iat": now, "nonce": nonce, "auth_time": now,
                "acr": "f1", "sid": "s-" + nonce[:8], "given_name": "Camille", "family_name": "Martin"}

    def id_token(self, claims, signer=None, header=None, sign=None):
        return forge.jws(claims, signer or self.keys.provider, header, sign)
