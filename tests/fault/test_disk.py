"""A disk that is full, and one that has become read-only, under the identity provider's SQLite: what cannot be
written is refused in the citizen's words, and everything works again by itself when there is room."""
import contextlib
import os
import subprocess
import time
import unittest

import demo
import journal
import main_job
from running_town import CITIZENS, ELECTIONS, IDP, Town
from state import DemoError

SIZE_KIB = 6144


@unittest.skipUnless(os.geteuid() == 0, "mounting needs root")
class Disk(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.town = Town(daemons=(IDP, ELECTIONS), rows={"idp": {"hash_memory_kib": 8192, "hash_passes": 1}})
        cls.folder = f"{cls.town.state}/idp/db"
        owner = os.stat(cls.folder)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE_KIB}k,mode=700,uid={owner.st_uid},gid={owner.st_gid}", "none", cls.folder],
                              capture_output=True, text=True)
        if done.returncode != 0:
            cls.town.close()
            raise unittest.SkipTest(f"no tmpfs here: {done.stderr.strip()}")
        cls.addClassCleanup(cls.leave)
        cls.town.__enter__()
        cls.town.ctl("partner", "add", "oidc", "--id", "journal", "--redirect-uri", journal.REDIRECT, "--release", "none",
                     "--grant", "authorization_code", "refresh_token")

    @classmethod
    def leave(cls):
        folder, town = cls.folder, cls.town
        for process in town.processes.values():
            process.terminate()
        for process in town.processes.values():
            process.wait(timeout=15)
        subprocess.run(["umount", folder], check=False)
        town.processes.clear()
        town.close()

    def sign_in(self, citizen):
        """The status that a sign-in ends with; 303 is success."""
        browser = journal.Once(self.town.ca)
        page = browser.get(journal.authorize_url(self.town), follow=False)
        if page.status != 200:
            return page
        return browser.submit(page, "identifiant", {"identifiant": citizen["email"], "mot-de-passe": citizen["password"]}, follow=False)

    def until_refused(self):
        """The write-ahead log may have a little room of its own."""
        for _ in range(400):
            page = self.sign_in(CITIZENS[0])
            if page.status != 303:
                return page
        raise AssertionError("never refused")

    def works_again(self):
        end = time.monotonic() + 5
        while self.sign_in(CITIZENS[0]).status != 303:
            self.assertLess(time.monotonic(), end, "it does not come back by itself")
            time.sleep(0.1)
        main_job.elections_journey(self.town.document(), CITIZENS[1], lambda text: None)

    def still_knows(self, cookies):
        browser = journal.Once(self.town.ca)
        browser.cookies = {h: dict(j) for h, j in cookies.items()}
        return "code" in journal.answer_of(browser.get(journal.authorize_url(self.town, prompt="none"), follow=False))

    def while_nothing_can_be_written(self, trouble):
        town, engine = self.town, self.town.role_pids(IDP, "engine")
        browser, _ = journal.sign_in(town, CITIZENS[2])
        supervisor = town.processes[IDP.program].pid
        with trouble:
            page = self.until_refused()
            self.assertEqual(page.status, 503)
            self.assertIn(b"02 40 00 00 00", page.body)
            with self.assertRaises(DemoError):
                for i in range(50):
                    town.ctl("account", "add", "--email", f"plein-{i}@exemple.fr", "--given-name", "A", "--family-name", "B")
            self.assertEqual(browser.get(town.url(IDP) + "/.well-known/openid-configuration").status, 200)
        self.works_again()
        self.assertTrue(self.still_knows(browser.cookies), "a session that was acknowledged is gone")
        self.assertEqual((town.processes[IDP.program].pid, town.role_pids(IDP, "engine")), (supervisor, engine), "a process died of it")

    @contextlib.contextmanager
    def full(self):
        filler = f"{self.folder}/filler"
        with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as f:
            while f.write(b"\0" * 4096):
                pass
        try:
            yield
        finally:
            os.unlink(filler)

    def test_a_full_disk_refuses_what_it_cannot_keep_and_forgets_nothing(self):
        self.while_nothing_can_be_written(self.full())

    def test_a_folder_that_cannot_be_written_stops_the_start_in_clear_words(self):
        """What systemd would show the operator; and the next start, with the folder as it was, works."""
        town = self.town
        town.stop(IDP)
        os.chmod(self.folder, 0o500)
        subprocess.run(["mount", "-o", f"remount,ro,size={SIZE_KIB}k", self.folder], check=True)
        try:
            with self.assertRaises((DemoError, AssertionError)):
                demo.START_TIMEOUT_S, before = 3, demo.START_TIMEOUT_S
                try:
                    town.start(IDP)
                finally:
                    demo.START_TIMEOUT_S = before
            self.assertRegex(town.log(IDP), r'"part":"store","slug":"store\.\w+"')
        finally:
            subprocess.run(["mount", "-o", f"remount,rw,size={SIZE_KIB}k", self.folder], check=True)
            os.chmod(self.folder, 0o700)
        process = town.processes.pop(IDP.program, None)
        if process:
            # It takes its roles along: killed, it would leave them the port for a moment.
            process.terminate()
            process.wait(timeout=15)
        town.start(IDP)
        self.works_again()


if __name__ == "__main__":
    unittest.main()
