"""The clock does not tell who has an account, and this test would notice if it did: timing.py, in its short form."""
import os
import unittest

import timing

SAMPLES = int(os.environ.get("GUICHET_TIMING_SAMPLES", "250"))
RUNS = int(os.environ.get("GUICHET_TIMING_RUNS", "1"))


@unittest.skipIf("sanitize" in os.environ.get("GUICHET_BUILD", ""), "the sanitizers take their own time")
class Timing(unittest.TestCase):
    def test_a_refusal_takes_as_long_for_whoever_has_an_account_as_for_whoever_has_none(self):
        result = timing.report(SAMPLES, RUNS)
        self.assertTrue(result["planted_is_seen"], f"a planted millisecond went unseen: {result['planted']}")
        self.assertTrue(result["alike"], f"told apart: {result['runs']}")


if __name__ == "__main__":
    unittest.main()
