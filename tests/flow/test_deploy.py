"""What deploy/ and the pages for administrators show is what the programs take."""
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import main_job
import state
import unit_limits
from demo import ROOT
from running_town import CITIZENS, ELECTIONS, ETAT_CIVIL, IDP, PETITE_ENFANCE, PROGRAMS, SERVICES, Town

DEPLOY = f"{ROOT}/deploy"
DAEMONS = ["idp", "elections", "etat-civil", "petite-enfance"]
EXPOSURE_MAX = 2.1        # 0.1 of it for the one call of @resources that a role needs


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def unit_of(daemon):
    return f"{DEPLOY}/systemd/guichet-{daemon}.service"


def needs(program):
    return unittest.skipUnless(shutil.which(program), f"{program} is not installed")


class Examples(unittest.TestCase):
    """deploy/town, with the documented layout below a temporary root."""

    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="guichet-deploy-")
        self.addCleanup(shutil.rmtree, self.root)

    def make_file(self, key, path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if key.startswith("key_") or key == "saml_key":
            state.make_key(path, "p256" if "es256" in key else "rsa")
        else:
            state.make_secret(path)

    def example(self, daemon, staffed=False):
        """Its path below the temporary root; users become numbers, which need no accounts. staffed: with the lines of agents
        and administrators, which are shown as comments."""
        text = read(f"{DEPLOY}/town/guichet-{daemon}.conf")
        if staffed:
            text, n = re.subn(r"^# ((?:directory_\w+|listen_admin|admin_url|agents_client_\w+) = )", r"\1", text, flags=re.M)
            self.assertGreater(n, 1)
        for there in ("/etc/guichet", "/var/lib/guichet", "/run/guichet"):
            text = text.replace(f'"{there}', f'"{self.root}{there}').replace(f"sqlite:{there}", f"sqlite:{self.root}{there}")
        if os.geteuid() == 0:
            text = re.sub(r'^(user_\w+ = )"[^"]+"', rf'\1"{state.USERS}"', text, flags=re.M)
        else:
            text = re.sub(r"^user_\w+ = .*$", "", text, flags=re.M)
        for key, path in re.findall(rf'^(\w+) = "({re.escape(self.root)}/etc/[^"]+)"', text, re.M):
            self.make_file(key, path)
        path = f"{self.root}/guichet-{daemon}.conf"
        state.write(path, text)
        return path

    def run_daemon(self, daemon, path, what):
        return subprocess.run([f"{PROGRAMS}/guichet-{daemon}", "--config", path, what], capture_output=True, text=True)

    def test_each_passes_the_check_of_its_daemon(self):
        for daemon in DAEMONS:
            with self.subTest(daemon=daemon):
                done = self.run_daemon(daemon, self.example(daemon), "--check")
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_each_passes_it_with_agents_and_administrators_too(self):
        for daemon in DAEMONS:
            with self.subTest(daemon=daemon):
                done = self.run_daemon(daemon, self.example(daemon, staffed=True), "--check")
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_dump_of_each_gives_the_same_dump_again(self):
        for daemon in DAEMONS:
            with self.subTest(daemon=daemon):
                first = self.run_daemon(daemon, self.example(daemon), "--dump")
                self.assertEqual(first.returncode, 0, first.stderr)
                state.write(f"{self.root}/again.conf", first.stdout)
                again = self.run_daemon(daemon, f"{self.root}/again.conf", "--dump")
                self.assertEqual(again.stdout, first.stdout, again.stderr)

    def test_a_missing_key_file_is_named(self):
        path = self.example("idp")
        os.unlink(f"{self.root}/etc/guichet/keys/idp/pseudonym.secret")
        done = self.run_daemon("idp", path, "--check")
        self.assertEqual(done.returncode, 1)
        self.assertIn("pseudonym.secret", done.stderr)

    def test_a_readable_secret_is_refused(self):
        path = self.example("elections")
        os.chmod(f"{self.root}/etc/guichet/keys/elections/client.secret", 0o444)
        done = self.run_daemon("elections", path, "--check")
        self.assertEqual(done.returncode, 1)
        self.assertIn("chmod 0400", done.stderr)

    def test_nginx_goes_where_the_daemons_listen(self):
        nginx = read(f"{DEPLOY}/town/nginx.conf")
        for daemon in DAEMONS:
            conf = read(f"{DEPLOY}/town/guichet-{daemon}.conf")
            listen = re.search(r'^listen = \{"([^"]+)"\}', conf, re.M).group(1)
            host = re.search(r'^public_url = "https://([^"/]+)"', conf, re.M).group(1)
            self.assertIn(f"server {listen} ", nginx)
            self.assertIn(f"server_name {host};", nginx)
            for admin in re.findall(r'listen_admin = "([^"]+)"', conf):
                self.assertIn(f"server {admin} ", nginx)
            self.assertNotIn(re.search(r'^listen_metrics = "([^"]+)"', conf, re.M).group(1), nginx)

    @needs("nginx")
    def test_nginx_takes_its_file(self):
        keys = f"{self.root}/etc/guichet/tls"
        os.makedirs(keys)
        text = read(f"{DEPLOY}/town/nginx.conf").replace("/etc/guichet/tls", keys).replace("/var/log/nginx", self.root)
        for host in re.findall(r"ssl_certificate_key \S+/(\S+)\.key;", text):
            state.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                      "-keyout", f"{keys}/{host}.key", "-out", f"{keys}/{host}.pem", "-subj", f"/CN={host}", "-days", "1")
        state.write(f"{self.root}/nginx.conf", f"pid {self.root}/pid;\nerror_log {self.root}/error.log;\nevents {{}}\nhttp {{\n{text}\n}}\n")
        done = subprocess.run(["nginx", "-t", "-q", "-c", f"{self.root}/nginx.conf"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)


class Users(unittest.TestCase):
    def test_every_user_of_an_example_is_made_by_the_sysusers_file(self):
        for daemon in DAEMONS:
            named = set(re.findall(r'^user_\w+ = "([^"]+)"', read(f"{DEPLOY}/town/guichet-{daemon}.conf"), re.M))
            made = re.findall(r"^u (\S+) ", read(f"{DEPLOY}/systemd/guichet-{daemon}.sysusers"), re.M)
            self.assertTrue(named)
            self.assertEqual(named - set(made), set())
            self.assertEqual(len(made), len(set(made)))

    def test_no_two_roles_share_a_user(self):
        for daemon in DAEMONS:
            named = re.findall(r'^user_\w+ = "([^"]+)"', read(f"{DEPLOY}/town/guichet-{daemon}.conf"), re.M)
            self.assertEqual(len(named), len(set(named)))

    def test_the_folder_of_the_store_is_the_engines(self):
        for daemon in DAEMONS:
            folder = re.search(r'^store = "sqlite:(.+)/[^/]+"', read(f"{DEPLOY}/town/guichet-{daemon}.conf"), re.M).group(1)
            self.assertIn(f"d {folder} 0700 guichet-{daemon}-engine ", read(f"{DEPLOY}/systemd/guichet-{daemon}.tmpfiles"))

    @needs("systemd-sysusers")
    def test_systemd_makes_the_users(self):
        for daemon in DAEMONS:
            with tempfile.TemporaryDirectory() as root:
                os.makedirs(f"{root}/etc")
                done = subprocess.run(["systemd-sysusers", f"--root={root}", f"{DEPLOY}/systemd/guichet-{daemon}.sysusers"],
                                      capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn(f"guichet-{daemon}-engine:", read(f"{root}/etc/passwd"))


class Units(unittest.TestCase):
    @needs("systemd-analyze")
    def test_systemd_understands_every_line(self):
        """verify also looks for the programs, which are only there once installed."""
        for daemon in DAEMONS:
            done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit_of(daemon)], capture_output=True, text=True)
            about_us = [line for line in done.stderr.splitlines()
                        if f"guichet-{daemon}.service" in line and "is not executable" not in line]
            self.assertEqual(about_us, [])

    @needs("systemd-analyze")
    def test_no_group_of_system_calls_is_unknown(self):
        for daemon in DAEMONS:
            self.assertEqual(unit_limits.unknown_groups(unit_of(daemon)), [])

    @needs("systemd-analyze")
    def test_a_front_may_keep_to_its_core(self):
        for daemon in DAEMONS:
            self.assertIn("sched_setaffinity", unit_limits.allowed_calls(unit_of(daemon)))

    @needs("systemd-analyze")
    def test_the_exposure_stays_low(self):
        for daemon in DAEMONS:
            done = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--no-pager", unit_of(daemon)],
                                  capture_output=True, text=True)
            found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
            if not found:
                self.skipTest("this systemd-analyze does not rate a unit file offline")
            self.assertLessEqual(float(found.group(1)), EXPOSURE_MAX)

    def test_each_checks_and_starts_the_same_file(self):
        for daemon in DAEMONS:
            start = unit_limits.settings(unit_of(daemon), "ExecStart")[0]
            self.assertEqual(unit_limits.settings(unit_of(daemon), "ExecStartPre")[0], f"{start} --check")
            self.assertEqual(start, f"/usr/libexec/guichet/guichet-{daemon} --config /etc/guichet/guichet-{daemon}.conf")

    def test_the_folders_of_a_unit_are_those_of_its_example(self):
        for daemon in DAEMONS:
            conf = read(f"{DEPLOY}/town/guichet-{daemon}.conf")
            state_folder = unit_limits.settings(unit_of(daemon), "StateDirectory")[0]
            run_folder = unit_limits.settings(unit_of(daemon), "RuntimeDirectory")[0]
            self.assertIn(f'store = "sqlite:/var/lib/{state_folder}/', conf)
            self.assertIn(f'control = "/run/{run_folder}/', conf)


class LimitedTown(Town):
    """Each daemon under the limits of its unit."""

    def __init__(self):
        super().__init__(daemons=(IDP, *SERVICES))
        self.build = f"{self.folder}/build"
        stage = f"{self.build}/stage/usr"
        os.makedirs(f"{stage}/libexec/guichet")
        os.makedirs(f"{stage}/bin")
        os.symlink(f"{PROGRAMS}/../../bin/guichetctl", f"{stage}/bin/guichetctl")
        for daemon in DAEMONS:
            state.write(f"{stage}/libexec/guichet/guichet-{daemon}", "#!/bin/sh\nexec /usr/bin/python3 "
                        f"{shlex.quote(unit_limits.__file__)} {shlex.quote(unit_of(daemon))} "
                        f"{shlex.quote(PROGRAMS)}/guichet-{daemon} \"$@\"\n", 0o755)

    def configure(self):
        """Without the mail folder of the tests: it belongs to a user whom the supervisor may not stand in for."""
        super().configure()
        for service in SERVICES:
            path = state.configuration_path(self.state, service)
            state.write(path, "".join(line + "\n" for line in read(path).splitlines() if not line.startswith("mail_")))


@unittest.skipUnless(os.geteuid() == 0, "only root can be limited as the units do")
@needs("systemd-analyze")
class UnderTheUnits(unittest.TestCase):
    def test_the_main_job_is_done_and_every_role_is_confined(self):
        with LimitedTown() as town:
            document = town.document()
            main_job.citizen_journey(document, CITIZENS[0], lambda text: None)
            for daemon in (IDP, *SERVICES):
                events = [e["event"] for e in town.log_events(daemon)]
                self.assertNotIn("boot.landlock.absent", events)
                self.assertNotIn("supervisor.role.lost", events)
                self.assertIn("supervisor.ready", events)

    def test_reload_and_stop_leave_no_process_behind(self):
        with LimitedTown() as town:
            before = set(town.roles(IDP).values())
            engine = town.role_pids(IDP, "engine")
            os.kill(town.processes[IDP.program].pid, signal.SIGHUP)
            end = time.monotonic() + 8
            while town.role_pids(IDP, "engine") == engine and time.monotonic() < end:
                time.sleep(0.05)
            self.assertNotEqual(town.role_pids(IDP, "engine"), engine)
            self.assertTrue(town.wait_healthy(IDP))
            pids = before | set(town.roles(IDP).values())
            town.stop(IDP)
            self.assertEqual([p for p in pids if os.path.exists(f"/proc/{p}")], [])


class TownBehindNginx(Town):
    """deploy/town/nginx.conf on the ports of the test; the daemons speak plain HTTP behind it."""

    def inner_port(self, daemon):
        return self.port_base + daemon.port_offset + 10

    def configure(self):
        super().configure()
        for daemon in self.daemons:
            path = state.configuration_path(self.state, daemon)
            kept = [line for line in read(path).splitlines() if not re.match(r"(tls_|listen =)", line)]
            state.write(path, "\n".join(kept) + f'\nlisten = {{"127.0.0.1:{self.inner_port(daemon)}"}}\ntrusted_proxy = {{"127.0.0.1"}}\n')
        self.start_nginx()

    def nginx_file(self):
        text = read(f"{DEPLOY}/town/nginx.conf")
        text = re.sub(r"^\s*listen \[::\].*\n", "", text, flags=re.M).replace("listen 80;", f"listen 127.0.0.1:{self.port_base + 60};")
        text = text.replace("127.0.0.1:8442", f"127.0.0.1:{self.port_base + 61}")
        text = text.replace("/var/log/nginx", self.folder)
        for daemon, host, port in ((IDP, "compte.ville.example", 8843), (ELECTIONS, "elections.ville.example", 8845),
                                   (ETAT_CIVIL, "etat-civil.ville.example", 8847), (PETITE_ENFANCE, "petite-enfance.ville.example", 8849)):
            text = re.sub(rf"listen 443 (ssl http2;\s+server_name {host})", rf"listen 127.0.0.1:{self.port_base + daemon.port_offset} \1", text)
            text = text.replace(f"/etc/guichet/tls/{host}.pem", f"{self.state}/{daemon.name}/tls.pem")
            text = text.replace(f"/etc/guichet/tls/{host}.key", f"{self.state}/{daemon.name}/tls.key")
            text = text.replace(host, daemon.host).replace(f"127.0.0.1:{port}", f"127.0.0.1:{self.inner_port(daemon)}")
        paths = "".join(f"{kind}_temp_path {self.folder}/nginx;\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        return (f"daemon off;\nuser root;\nworker_processes 1;\npid {self.folder}/nginx.pid;\nerror_log {self.folder}/nginx.err;\n"
                f"events {{}}\nhttp {{\n{paths}{text}\n}}\n")

    def start_nginx(self):
        state.write(f"{self.folder}/nginx.conf", self.nginx_file())
        self.processes["nginx"] = subprocess.Popen(["nginx", "-c", f"{self.folder}/nginx.conf"], stderr=subprocess.DEVNULL)


@needs("nginx")
class BehindNginx(unittest.TestCase):
    def test_the_main_job_is_done_through_it_and_no_log_holds_a_code(self):
        with TownBehindNginx(daemons=(IDP, *SERVICES)) as town:
            document = town.document()
            main_job.citizen_journey(document, CITIZENS[2], lambda text: None)
            asked = read(f"{town.folder}/guichet-elections.log")
            self.assertIn('"GET /retour"', asked)
            self.assertNotIn("code=", asked + read(f"{town.folder}/guichet-idp.log"))

    def test_the_daemon_answers_to_no_other_name(self):
        with TownBehindNginx(daemons=(IDP,)) as town:
            for host, status in ((IDP.host, "200"), (ELECTIONS.host, "421"), ("autre.example", "421")):
                done = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", f"Host: {host}",
                                       f"http://127.0.0.1:{town.inner_port(IDP)}/vos-donnees"], capture_output=True, text=True)
                self.assertEqual(done.stdout, status, host)


class Commands(unittest.TestCase):
    """Every guichetctl command of docs/administrators.md exists, with its options."""

    def shown(self):
        text = read(f"{ROOT}/docs/administrators.md")
        blocks = re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S) + re.findall(r"(?:^    .*\n)+", text, re.M)
        for line in "\n".join(blocks).replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            while words and words[0] in ("sudo", "|"):
                words.pop(0)
            if "guichetctl" in words:
                yield words[words.index("guichetctl") + 1:]

    def usage(self, town):
        """'partner add oidc' -> the options that its usage line names."""
        done = subprocess.run([f"{town.build}/stage/usr/bin/guichetctl", "--config", state.configuration_path(town.state, IDP), "help"],
                              capture_output=True, text=True)
        commands = {}
        for line in re.findall(r"^\s+guichetctl (.+)$", done.stderr + done.stdout, re.M):
            words = re.match(r"[a-z]+(?: [a-z]+)*", line).group(0)
            commands[words] = set(re.findall(r"--[a-z-]+", line))
        return commands

    def test_every_command_shown_exists_and_every_command_is_shown(self):
        with Town(daemons=(IDP,)) as town:
            commands = self.usage(town)
        self.assertIn("account add", commands)
        seen = set()
        for words in self.shown():
            if words[:1] == ["--config"]:
                if "elections" in words[1]:
                    continue               # a service's own commands
                words = words[2:]
            if words[:1] == ["help"]:
                continue
            name = next((" ".join(words[:n]) for n in (3, 2, 1) if " ".join(words[:n]) in commands), None)
            with self.subTest(command=" ".join(words)):
                self.assertIsNotNone(name)
                self.assertLessEqual({w for w in words if w.startswith("--")}, commands[name] | {"--json"})
            seen.add(name)
        self.assertEqual(set(commands) - seen, set())

    def test_the_commands_of_a_service_answer(self):
        with Town() as town:
            for words in self.shown():
                if words[:1] != ["--config"] or "elections" not in words[1]:
                    continue
                with self.subTest(command=" ".join(words[2:])):
                    done = subprocess.run([f"{town.build}/stage/usr/bin/guichetctl", "--config",
                                           state.configuration_path(town.state, ELECTIONS), *words[2:]], capture_output=True, text=True)
                    self.assertEqual(done.returncode, 0, done.stderr)


class Partners(unittest.TestCase):
    @needs("curl")
    def test_the_sequence_of_the_partners_page_works(self):
        script = re.search(r"^```bash\n(.*?)^```", read(f"{ROOT}/docs/partners.md"), re.M | re.S).group(1)
        with Town(daemons=(IDP,)) as town:
            state.write_demo_json(town.state, town.port_base, town.tls, CITIZENS, {})
            environment = dict(os.environ, DEMO=town.state, GUICHETCTL=f"{town.build}/stage/usr/bin/guichetctl")
            done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        for said in ("http://localhost:9000/retour?code=", '"id_token"', '"given_name":"Amadou"', '"error":"invalid_grant"',
                     '"error":"invalid_token"', "partner essai is removed"):
            self.assertIn(said, done.stdout)


if __name__ == "__main__":
    unittest.main()
