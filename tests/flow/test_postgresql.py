"""The identity provider on a PostgreSQL of its own: the main job, and an outage that nobody has to tidy up after."""
import contextlib
import glob
import os
import pwd
import shutil
import subprocess
import tempfile
import time
import unittest

import main_job
from running_town import CITIZENS, IDP, Town

BIN = (sorted(glob.glob("/usr/lib/postgresql/*/bin")) or [None])[-1]


class Postgresql:
    """A throwaway cluster, by Debian's package, on a loopback port."""

    def __init__(self, port):
        self.port, self.folder = port, tempfile.mkdtemp(prefix="guichet-pg-")
        self.user = pwd.getpwnam("postgres")
        os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        os.chmod(self.folder, 0o755)        # its socket lies in it
        self.run("initdb", "-D", f"{self.folder}/data", "-A", "trust", "-U", "postgres", "--locale=C", "-E", "UTF8")
        self.start()
        self.run("createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "postgres", "guichet")

    def run(self, program, *arguments):
        subprocess.run([f"{BIN}/{program}", *arguments], check=True, capture_output=True, cwd="/", user=self.user.pw_uid,
                       group=self.user.pw_gid, extra_groups=[])

    def start(self):
        self.run("pg_ctl", "-D", f"{self.folder}/data", "-w", "-l", f"{self.folder}/log", "-o",
                 f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder}", "start")

    def stop(self):
        self.run("pg_ctl", "-D", f"{self.folder}/data", "-m", "immediate", "-w", "stop")

    def close(self):
        with contextlib.suppress(subprocess.CalledProcessError):
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


@unittest.skipUnless(BIN and os.geteuid() == 0, "PostgreSQL is not installed, or not root")
class OnPostgresql(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pg = Postgresql(Town.next_base + 95)
        try:
            cls.town = Town(store=f"postgresql://postgres@127.0.0.1:{cls.pg.port}/guichet").__enter__()
        except BaseException:
            cls.pg.close()
            raise

    @classmethod
    def tearDownClass(cls):
        cls.town.close()
        cls.pg.close()

    def whole_job(self):
        main_job.elections_journey(self.town.document(), CITIZENS[0], lambda text: None)

    def test_the_main_job_holds_and_an_outage_is_answered_with_503_then_forgotten(self):
        self.whole_job()
        supervisor = self.town.processes[IDP.program].pid
        self.pg.stop()
        browser = self.town.browser()
        end = time.monotonic() + 5
        while self.town.healthy(IDP) and time.monotonic() < end:
            time.sleep(0.1)
        page = browser.get(self.town.url(IDP) + "/connexion")
        if page.status == 200:
            page = browser.submit(page, "identifiant", {"identifiant": CITIZENS[0]["email"], "mot-de-passe": CITIZENS[0]["password"]})
        self.assertEqual(page.status, 503)
        self.pg.start()
        self.assertTrue(self.town.wait_healthy(IDP, 10))
        self.assertEqual(self.town.processes[IDP.program].pid, supervisor)
        self.whole_job()


if __name__ == "__main__":
    unittest.main()
