"""After many sign-ins, what the network talks to has kept nothing: memory_scan.py, in its short form."""
import os
import unittest

import memory_scan

LOGINS = int(os.environ.get("GUICHET_MEMORY_LOGINS", "300"))


@unittest.skipUnless(os.geteuid() == 0, "only root reads the memory of others")
class Memory(unittest.TestCase):
    def test_no_front_reader_or_courier_keeps_a_key_a_password_or_a_session(self):
        result = memory_scan.report(LOGINS)
        self.assertEqual(result["failed"], 0)
        self.assertEqual(result["control"], {name: True for name in result["control"]}, "the search finds nothing where it must")
        self.assertGreater(result["needles"], LOGINS)
        self.assertGreaterEqual(result["processes"], 6)
        self.assertEqual(result["found"], [])


if __name__ == "__main__":
    unittest.main()
