"""The bench as an instrument: a short run loses nothing, and what it writes can be read."""
import json
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

from running_town import BUILD
import demo

CASES = ["discovery", "reentry-es256", "form-page", "filing", "saml-verify"]


class Bench(unittest.TestCase):
    def test_a_short_run_loses_nothing_and_writes_table_json_and_chart(self):
        with tempfile.TemporaryDirectory() as folder:
            page = f"{folder}/page.md"
            with open(page, "w", encoding="utf-8") as f:
                f.write("before\n<!-- ./guichet bench writes from here -->\nold\n<!-- to here -->\nafter\n")
            done = subprocess.run([sys.executable, f"{demo.ROOT}/bench/bench.py", "--build", BUILD, "--quick", "--variant", "base", "--variant", "tls",
                                   "--json", f"{folder}/out.json", "--svg", f"{folder}/out.svg", "--doc", page, *CASES], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            with open(f"{folder}/out.json", encoding="utf-8") as f:
                cells = json.load(f)["cells"]
            self.assertEqual(sorted(c["case"] for c in cells if c["variant"] == "base"), sorted(CASES))
            for c in cells:
                self.assertGreater(c["operations"], 0, c)
                self.assertGreater(c["cpu_ms"], 0, c)
                self.assertEqual(c["lost"], 0, c)
            chart = ElementTree.parse(f"{folder}/out.svg").getroot()
            words = [t.text for t in chart.iter("{http://www.w3.org/2000/svg}text")]
            self.assertTrue(set(CASES) <= set(words), words)
            with open(page, encoding="utf-8") as f:
                text = f.read()
            self.assertTrue(text.startswith("before\n") and text.endswith("after\n") and "old" not in text and "### On one core" in text, text)

    def test_a_case_that_is_not_there_is_named(self):
        done = subprocess.run([sys.executable, f"{demo.ROOT}/bench/bench.py", "--build", BUILD, "no-such-case"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("no-such-case", done.stderr)


if __name__ == "__main__":
    unittest.main()
