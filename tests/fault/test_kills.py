"""kill -9 on every role and on whole daemons, in its short form: kill_campaign.py does it by the thousand."""
import os
import shutil
import unittest

import kill_campaign
from test_postgresql import BIN

KILLS = int(os.environ.get("GUICHET_KILLS", "40"))


@unittest.skipUnless(os.geteuid() == 0, "needs root")
class Kills(unittest.TestCase):
    def campaign(self, store):
        report = kill_campaign.run(store, KILLS)
        self.assertEqual(report["lost"], [])
        self.assertEqual(report["crashes"], [])
        self.assertEqual(report["slow"], [], "the door was not open again in time")
        self.assertTrue(report["stores_hold"])
        self.assertTrue(all(report["acknowledged"].values()), f"nobody was at work: {report['acknowledged']}")

    def test_on_sqlite_nothing_acknowledged_is_lost(self):
        self.campaign("sqlite")

    @unittest.skipUnless(BIN and shutil.which("psql"), "PostgreSQL is not installed")
    def test_on_postgresql_nothing_acknowledged_is_lost(self):
        self.campaign("postgresql")


if __name__ == "__main__":
    unittest.main()
