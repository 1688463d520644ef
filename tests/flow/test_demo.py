"""./guichet demo has a clear outcome: run twice, stopped half-way, on a taken port, in a folder that is not its own."""
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from running_town import BUILD, Town

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Demo(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="guichet-demo-test-")
        os.chmod(self.folder, 0o755)
        self.state = f"{self.folder}/state"
        self.base = Town.free_ports()

    def tearDown(self):
        self.demo("--stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def command(self, *arguments):
        return ["/usr/bin/python3", f"{ROOT}/deploy/demo/demo.py", "--build", BUILD, "--state", self.state,
                "--port-base", str(self.base), *arguments]

    def demo(self, *arguments):
        return subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=120)

    def document(self):
        with open(f"{self.state}/demo.json", encoding="utf-8") as f:
            return json.load(f)

    def test_the_check_passes_and_leaves_nothing_running(self):
        done = self.demo("--check")
        self.assertEqual(done.returncode, 0, done.stderr)
        d = self.document()
        for key in ("issuer", "discovery", "ca", "config", "services", "accounts", "agents", "administration", "pids"):
            self.assertIn(key, d)
        self.assertEqual(sorted(a["service"] for a in d["agents"]), sorted([*d["services"]] * 2))
        for person in [*d["agents"], *d["administration"]["administrators"]]:
            self.assertTrue(all(person[key] for key in ("login", "password", "name", "totp_secret")), person)
        self.assertIn("slapd", d["pids"])
        self.assertEqual(len(d["accounts"]), 5)
        self.assertEqual(set(d["services"]["elections"]) & {"url", "health", "protocol"}, {"url", "health", "protocol"})
        for pid in d["pids"].values():
            self.assertFalse(os.path.exists(f"/proc/{pid}"))

    def test_a_second_run_uses_what_runs_and_checks_it(self):
        first = self.demo("--detach")
        self.assertEqual(first.returncode, 0, first.stderr)
        pids = self.document()["pids"]
        started = time.monotonic()
        second = self.demo("--check")
        self.assertEqual(second.returncode, 0, second.stderr)
        self.assertIn("running already", second.stderr)
        self.assertIn("was taken out of the group", second.stderr)
        self.assertLess(time.monotonic() - started, 90)
        self.assertEqual(self.document()["pids"], pids)

    def test_the_code_of_an_agent_is_printed_and_of_nobody_else(self):
        self.assertIn("no demo has been started", self.demo("--code", "n.cherif").stderr)
        os.makedirs(self.state)
        with open(f"{self.state}/totp.json", "w", encoding="utf-8") as f:
            json.dump({"n.cherif": "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"}, f)
        done = self.demo("--code", "n.cherif")
        self.assertRegex(done.stdout, r"^\d{6}\n$")
        self.assertIn("nobody in this town hall", self.demo("--code", "marie").stderr)

    def test_without_tls_it_works_too(self):
        done = self.demo("--check", "--no-tls")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(self.document()["issuer"].startswith("http://"))

    def test_other_ports_are_taken_over_by_the_same_town(self):
        self.assertEqual(self.demo("--check").returncode, 0)
        done = self.demo("--check", "--port-base", str(Town.free_ports()))
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_service_more_is_introduced_to_a_town_that_stands(self):
        without = ("import sys; sys.path.insert(0, sys.argv[1])\nimport town\nfor l in town.SERVICES, town.DAEMONS: l.remove(town.ELECTIONS)\n"
                   "for a in town.AGENTS: a.service = 'etat-civil'\nimport demo\nsys.exit(demo.main(sys.argv[2:]))")
        first = subprocess.run(["/usr/bin/python3", "-c", without, f"{ROOT}/deploy/demo", *self.command("--detach")[2:]], capture_output=True, text=True, timeout=120)
        self.assertEqual(first.returncode, 0, first.stderr)
        self.assertNotIn("elections", self.document()["services"])
        self.assertEqual(self.demo("--stop").returncode, 0)
        done = self.demo("--check")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_taken_port_is_named_and_nothing_is_left(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", self.base + 45))
            s.listen()
            done = self.demo("--check")
        self.assertEqual(done.returncode, 1)
        self.assertIn(str(self.base + 45), done.stderr)
        self.assertFalse(os.path.exists(self.state))

    def test_a_folder_of_somebody_else_is_left_alone(self):
        os.makedirs(self.state)
        with open(f"{self.state}/letter.txt", "w") as f:
            f.write("mine")
        done = self.demo("--check")
        self.assertEqual(done.returncode, 1)
        self.assertIn("--state", done.stderr)
        self.assertEqual(os.listdir(self.state), ["letter.txt"])

    def test_stopped_at_any_moment_the_next_start_works(self):
        for delay in (0.1, 0.3, 0.6, 1.0):
            process = subprocess.Popen(self.command(), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
            process.wait()
        done = self.demo("--check")
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
