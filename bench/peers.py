"""Others who do the same, each set up with the least for the same operation, on the server's core: oidc-provider
(npm; accounts and codes in memory), glewlwyd (Debian; SQLite), SimpleSAMLphp (Debian; Apache with mod_php, sessions in
files). They are given next to nothing to hash, so that of a password sign-in the CPU beyond the hash is what compares.
"""
import json
import os
import secrets
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import time

import measure
import report
from journeys import FORM, authorize_query, code_body, saml_query, token_step, user_line
from servers import Browser, PASSWORD, REDIRECT, SAML_ACS, SAML_SP, USERS, cpu_by_role, make_saml_key, on_cores

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGES = os.path.join(os.path.dirname(HERE), "deploy", "debian-packages-bench.txt")
SERVER_CORES = {0}


# ---- what they need ----

def is_installed(package):
    return subprocess.run(["dpkg-query", "-W", "-f=${db:Status-Status}", package], capture_output=True, text=True).stdout == "installed"


def install():
    with open(PACKAGES, encoding="ascii") as f:
        wanted = [line.strip() for line in f if line.strip() and not line.startswith("#")]
    missing = [p for p in wanted if not is_installed(p)]
    if missing:
        report.say("installing: " + " ".join(missing))
        subprocess.run(["apt-get", "update", "-qq"], stdout=subprocess.DEVNULL)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing], stdout=subprocess.DEVNULL,
                       env=dict(os.environ, DEBIAN_FRONTEND="noninteractive"))
    lock, done = f"{HERE}/npm/package-lock.json", f"{HERE}/npm/node_modules/.package-lock.json"
    if not os.path.exists(done) or os.path.getmtime(done) < os.path.getmtime(lock):
        report.say("installing: npm packages of bench/npm")
        if subprocess.run(["npm", "ci", "--ignore-scripts"], cwd=f"{HERE}/npm", capture_output=True).returncode == 0:
            os.utime(done)


def start_all(options, started):
    """Those that can be had; of the others one line says why not."""
    install()
    for number, kind in enumerate((OidcProvider, Glewlwyd, SimpleSamlPhp)):
        cases = [c for c in kind.cases if not options.cases or c in options.cases]
        if not cases:
            continue
        try:
            report.say(f"starting: {kind.name}")
            started.append(kind(options, 17900 + 10 * number))
            started[-1].cases = cases
        except (OSError, subprocess.SubprocessError, PeerError) as e:
            report.say(f"left out: {kind.name}: {e}")


class PeerError(Exception):
    pass


class Peer:
    """A process of somebody else's on the server's core."""

    variant = "peer"

    def __init__(self, options, port):
        self.options, self.port, self.process = options, port, None
        self.host = f"{self.name}.localhost:{port}"
        self.url = f"http://{self.host}"
        self.folder = tempfile.mkdtemp(prefix="guichet-peer-")
        os.chmod(self.folder, 0o755)
        try:
            self.prepare()
            with open(f"{self.folder}/log", "wb") as log, on_cores(SERVER_CORES):
                # A session of its own: Apache ends its whole process group.
                self.process = subprocess.Popen(self.command(), cwd=self.folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                                env=self.environment(), start_new_session=True)
            self.wait()
            self.furnish()
        except BaseException:
            self.close()
            raise

    def prepare(self):
        pass

    def furnish(self):
        pass

    def environment(self):
        return dict(os.environ)

    def wait(self):
        end = time.monotonic() + 20
        while time.monotonic() < end and self.process.poll() is None:
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise PeerError(f"it does not listen ({self.process.poll()}): {self.last_words()}")

    def last_words(self):
        said = ""
        for name in ("log", "error.log"):
            if os.path.exists(f"{self.folder}/{name}"):
                with open(f"{self.folder}/{name}", encoding="utf-8", errors="replace") as f:
                    said += f.read()[-600:]
        return said

    def measure(self, case):
        journey = self.journey(case)
        return measure.priced(lambda: cpu_by_role({self.name: self.process.pid}), lambda: measure.load(
            self.options.build, self.port, self.host, journey, self.options.seconds, warm=self.options.warm))

    def close(self):
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def location_of(browser, url, **kw):
    page = browser.get(url, follow=False, **kw)
    if page.status not in (302, 303):
        raise PeerError(f"{url[:80]}: {page.status} {page.text[:200]}")
    return page.header("Location")


class OidcProvider(Peer):
    name = "oidc-provider"
    cases = ["reentry-es256", "reentry-rs256", "login"]

    def prepare(self):
        self.secret = secrets.token_urlsafe(24)

    def command(self):
        return ["node", f"{HERE}/peer_oidc_provider.mjs", str(self.port), self.url, REDIRECT, self.secret]

    def environment(self):
        return dict(os.environ, NODE_ENV="production")

    def signed_in(self, number, client):
        browser = Browser()
        at = location_of(browser, f"{self.url}/auth?{authorize_query(client)}")
        page = browser.request("POST", self.url + at, f"identifiant=user{number}".encode())
        location_of(browser, page.header("Location"))
        return browser

    def journey(self, case):
        if case == "login":
            users = "".join(user_line(who=f"user{i}") for i in range(USERS))
            return (users + f"fresh\nstep GET /auth?{authorize_query('bench-es256')}\nexpect 303\ntake at\tLocation: \n"
                    + "step GET ${at}\n" + "step POST ${at}\n" + FORM + "body identifiant=${who}&mot-de-passe=" + PASSWORD
                    + "\nexpect 303\ntake at\tLocation: \nstep GET ${at}\nexpect 303\ntake code\tcode=\t&\n")
        client = case.replace("reentry", "bench")
        users = "".join(user_line(self.signed_in(i, client), self.host.split(":")[0]) for i in range(USERS))
        return (users + f"step GET /auth?{authorize_query(client)}\nexpect 303\ntake code\tcode=\t&\n"
                + token_step("/token", client, self.secret, code_body("${code}")) + 'take id\t"id_token":"\t"\n')


class Glewlwyd(Peer):
    name = "glewlwyd"
    cases = ["reentry-es256", "reentry-rs256", "login"]

    def prepare(self):
        if not os.path.exists("/usr/bin/glewlwyd"):
            raise PeerError("not installed")
        with open("/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3", encoding="utf-8") as f:
            schema = f.read()
        database = sqlite3.connect(f"{self.folder}/glewlwyd.db")
        database.executescript(schema)
        database.execute("PRAGMA journal_mode=WAL")
        # Its users' passwords at the least cost: what compares is the rest.
        database.execute("UPDATE g_user_module_instance SET gumi_parameters = replace(gumi_parameters, '{\"use-glew', '{\"pbkdf2-iterations\":1,\"use-glew')")
        database.commit()
        database.close()
        with open("/etc/glewlwyd/glewlwyd.conf", encoding="utf-8") as f:
            lines = [l for l in f if not l.startswith(("port=", "external_url=", "log_file=", "log_level=", "@include"))]
        with open(f"{self.folder}/glewlwyd.conf", "w", encoding="utf-8") as f:
            f.write("".join(lines) + f'\nport={self.port}\nexternal_url="{self.url}/"\nlog_level="ERROR"\nlog_file="{self.folder}/glewlwyd.log"\n'
                    f'database = {{ type = "sqlite3"; path = "{self.folder}/glewlwyd.db"; }}\n')
        self.secret = secrets.token_urlsafe(24)

    def command(self):
        return ["glewlwyd", f"--config-file={self.folder}/glewlwyd.conf"]

    def api(self, browser, method, path, body):
        page = browser.request(method, f"{self.url}/api{path}", json.dumps(body).encode(), {"Content-Type": "application/json"})
        if page.status != 200:
            raise PeerError(f"{method} {path}: {page.status} {page.html[:200]}")
        return page

    def signed_in(self, name, password):
        browser = Browser()
        self.api(browser, "POST", "/auth/", {"username": name, "password": password})
        return browser

    def key_pair(self, kind):
        options = {"ecdsa": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
                   "rsa": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]}[kind]
        private = subprocess.run(["openssl", "genpkey", *options], capture_output=True, text=True, check=True).stdout
        public = subprocess.run(["openssl", "pkey", "-pubout"], input=private, capture_output=True, text=True, check=True).stdout
        return private, public

    def add_plugin(self, admin, name, kind):
        private, public = self.key_pair(kind)
        self.api(admin, "POST", "/mod/plugin/", {"module": "oidc", "name": name, "display_name": name, "enabled": True, "parameters": {
            "iss": self.url, "jwt-type": kind, "jwt-key-size": "256", "key": private, "cert": public, "access-token-duration": 3600,
            "refresh-token-duration": 1209600, "code-duration": 600, "refresh-token-rolling": True, "allow-non-oidc": False,
            "auth-type-code-enabled": True, "auth-type-refresh-enabled": True, "subject-type": "public", "pkce-allowed": True,
            "pkce-method-plain-allowed": False, "jwks-show": True}})

    def furnish(self):
        admin = self.signed_in("admin", "password")
        for client, kind in (("bench-es256", "ecdsa"), ("bench-rs256", "rsa")):
            self.add_plugin(admin, client, kind)
            self.api(admin, "POST", "/client/", {
                "client_id": client, "name": client, "enabled": True, "confidential": True, "client_secret": self.secret, "redirect_uri": [REDIRECT],
                "authorization_type": ["code", "refresh_token"], "token_endpoint_auth_method": ["client_secret_basic"], "scope": []})
        for i in range(USERS):
            self.api(admin, "POST", "/user/", {"username": f"user{i}", "name": "Camille Durand", "email": f"user{i}@exemple.fr", "enabled": True,
                                               "password": PASSWORD, "scope": ["openid", "g_profile"]})
            user = self.signed_in(f"user{i}", PASSWORD)
            for client in ("bench-es256", "bench-rs256"):
                self.api(user, "PUT", f"/auth/grant/{client}", {"scope": "openid"})

    def journey(self, case):
        client = "bench-es256" if case == "login" else case.replace("reentry", "bench")
        code = f"step GET /api/{client}/auth?{authorize_query(client)}&g_continue=1\nexpect 302\ntake code\tcode=\t&\n"
        if case == "login":
            users = "".join(user_line(who=f"user{i}") for i in range(USERS))
            return (users + "fresh\nstep POST /api/auth/\nheader Content-Type: application/json\n"
                    + 'body {"username":"${who}","password":"' + PASSWORD + '"}\n' + code)
        users = "".join(user_line(self.signed_in(f"user{i}", PASSWORD), self.host.split(":")[0]) for i in range(USERS))
        return users + code + token_step(f"/api/{client}/token", client, self.secret, code_body("${code}")) + 'take id\t"id_token"\t"\n'


class SimpleSamlPhp(Peer):
    name = "simplesamlphp"
    cases = ["saml"]
    HOME, MODULES = "/usr/share/simplesamlphp", "/usr/lib/apache2/modules"

    def prepare(self):
        if not os.path.exists(self.HOME):
            raise PeerError("not installed")
        make_saml_key(self.folder)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=idp",
                        "-keyout", f"{self.folder}/idp.key", "-out", f"{self.folder}/idp.pem"], check=True, capture_output=True)
        for name in ("config", "metadata", "sessions", "data"):
            os.makedirs(f"{self.folder}/{name}")
        self.write_settings()
        self.write_metadata()
        self.write_apache()
        subprocess.run(["chown", "-R", "www-data:www-data", self.folder], check=True)

    def write_settings(self):
        self.write("config/config.php", f"""<?php
$config = ['baseurlpath' => '{self.url}/simplesaml/', 'certdir' => '{self.folder}/', 'loggingdir' => '{self.folder}/', 'datadir' => '{self.folder}/data/',
 'tempdir' => '{self.folder}/data', 'technicalcontact_email' => 'na@exemple.fr', 'secretsalt' => '{secrets.token_hex(16)}', 'auth.adminpassword' => '{secrets.token_hex(16)}',
 'logging.level' => SimpleSAML\\Logger::ERR, 'logging.handler' => 'errorlog', 'enable.saml20-idp' => true, 'module.enable' => ['exampleauth' => true, 'core' => true, 'saml' => true],
 'store.type' => 'phpsession', 'session.phpsession.savepath' => '{self.folder}/sessions', 'session.cookie.secure' => false, 'session.duration' => 28800,
 'metadatadir' => '{self.folder}/metadata', 'metadata.sources' => [['type' => 'flatfile', 'directory' => '{self.folder}/metadata']],
 'language.default' => 'en', 'production' => true, 'debug' => null, 'trusted.url.domains' => [], 'authproc.idp' => [], 'theme.use' => 'default'];
""")
        users = ", ".join(f"'user{i}:{PASSWORD}' => ['uid' => ['user{i}'], 'family_name' => ['Durand'], 'given_name' => ['Camille']]" for i in range(USERS))
        self.write("config/authsources.php", f"<?php\n$config = ['people' => ['exampleauth:UserPass', {users}]];\n")

    def write_metadata(self):
        with open(f"{self.folder}/sp.pem", encoding="ascii") as f:
            certificate = "".join(line for line in f.read().splitlines() if "CERTIFICATE" not in line)
        self.write("metadata/saml20-idp-hosted.php", f"""<?php
$metadata['{self.url}/idp'] = ['host' => '__DEFAULT__', 'privatekey' => 'idp.key', 'certificate' => 'idp.pem', 'auth' => 'people',
 'signature.algorithm' => 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'];
""")
        # Signed as ours is: the assertion, and not the response around it.
        self.write("metadata/saml20-sp-remote.php", f"""<?php
$metadata['{SAML_SP}'] = ['AssertionConsumerService' => [['index' => 0, 'Binding' => 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST', 'Location' => '{SAML_ACS}']],
 'certData' => '{certificate}', 'validate.authnrequest' => true, 'saml20.sign.response' => false, 'saml20.sign.assertion' => true,
 'NameIDFormat' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent', 'simplesaml.nameidattribute' => 'uid'];
""")

    def write_apache(self):
        modules = ["mpm_prefork", "authz_core", "alias", "dir", "env"]
        load = "\n".join(f"LoadModule {m}_module {self.MODULES}/mod_{m}.so" for m in modules)
        self.write("apache.conf", f"""{load}
LoadModule php_module {self.MODULES}/libphp8.2.so
ServerName {self.host}
ServerRoot {self.folder}
PidFile {self.folder}/apache.pid
Mutex file:{self.folder}
Listen 127.0.0.1:{self.port}
User www-data
Group www-data
ErrorLog {self.folder}/error.log
LogLevel error
KeepAlive On
MaxKeepAliveRequests 0
StartServers 8
MinSpareServers 8
MaxRequestWorkers 16
SetEnv SIMPLESAMLPHP_CONFIG_DIR {self.folder}/config
DocumentRoot {self.HOME}/www
Alias /simplesaml {self.HOME}/www
<FilesMatch "\.php$">
  SetHandler application/x-httpd-php
</FilesMatch>
php_admin_value opcache.enable 1
<Directory {self.HOME}/www>
  AcceptPathInfo On
  Require all granted
</Directory>
""")

    def write(self, path, text):
        with open(f"{self.folder}/{path}", "w", encoding="utf-8") as f:
            f.write(text)

    def command(self):
        return ["/usr/sbin/apache2", "-f", f"{self.folder}/apache.conf", "-DFOREGROUND"]

    def query(self, number):
        return saml_query(self.folder, number, f"{self.url}/simplesaml/saml2/idp/SSOService.php")

    def signed_in(self, number):
        browser = Browser()
        page = browser.get(f"{self.url}/simplesaml/saml2/idp/SSOService.php?{self.query(f'0-{number}')}")
        page = browser.submit(page, "username", {"username": f"user{number}", "password": PASSWORD})
        if "SAMLResponse" not in page.html:
            raise PeerError(f"sign-in: {page.status} {page.text[:300]}")
        return browser

    def journey(self, case):
        lines = [user_line(self.signed_in(i), self.host.split(":")[0], query=self.query(f"{time.time_ns()}-{i}")) for i in range(USERS)]
        return "".join(lines) + 'step GET /simplesaml/saml2/idp/SSOService.php?${query}\ntake answer\tname="SAMLResponse" value="\t"\n'
