"""Who may include whom, what may not be called, and what no file may hold: read from the sources."""
import os
import re
import subprocess
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Folder -> folders of ours that it may include; its own is always allowed.
MAY_INCLUDE = {
    "base": [],
    "wire": ["base"],
    "roles/boot": ["base", "wire"],
    "roles": ["base", "wire", "roles/boot"],
    "roles/engine": ["base", "wire", "roles/boot"],
    "sp-lib": ["base", "wire"],
    "sp-lib/agent": ["base", "wire", "roles", "sp-lib"],
    "services/kit": ["base", "wire", "sp-lib", "roles/engine", "roles/boot"],
    "services": ["base", "wire", "sp-lib", "roles/engine", "roles/boot", "services/kit"],
    "idp": ["base", "wire", "roles/engine", "roles/boot"],
    "deploy/demo": ["base", "wire", "roles/engine", "roles/boot"],
}
# A daemon's start is the supervisor's library with a table of settings, and nothing else.
TABLES = re.compile(r"^(idp|services/[a-z-]+|deploy/demo)/(conf|daemon)\.c$|^services/kit/rows\.h$")
PROTOCOLS = ["oidc", "saml", "cas", "proxy"]
FORBIDDEN_CALLS = ["strcpy", "strcat", "sprintf", "strtok", "atoi", "strtol", "gets", "scanf", "sscanf", "alloca", "vsprintf"]


def sources(*endings):
    out = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [f for f in out.stdout.splitlines() if f.endswith(endings) and os.path.exists(f"{ROOT}/{f}")]


def read(path):
    with open(f"{ROOT}/{path}", encoding="utf-8") as f:
        return f.read()


def code_only(text):
    """Without comments and string literals."""
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', lambda m: '""' if m.group(0).startswith('"') else " ", text, flags=re.S)


def room(path):
    """The longest folder of MAY_INCLUDE that holds path."""
    return max((d for d in MAY_INCLUDE if path.startswith(d + "/")), key=len, default=None)


class Includes(unittest.TestCase):
    def test_each_folder_includes_only_what_lies_below_it(self):
        wrong = []
        for path in sources(".c", ".h"):
            mine = room(path)
            if mine is None or path.startswith("tests/") or TABLES.match(path):
                continue
            for target in re.findall(r'^#include "([^"]+)"', read(path), re.M):
                theirs = room(target)
                if theirs is None or target.startswith(mine + "/"):
                    continue
                if not any(target.startswith(d + "/") for d in MAY_INCLUDE[mine]):
                    wrong.append(f"{path} includes {target}")
        self.assertEqual(wrong, [])

    def test_no_service_includes_another(self):
        wrong = []
        for path in sources(".c", ".h"):
            m = re.match(r"services/([a-z-]+)/", path)
            if not m:
                continue
            for other in re.findall(r'^#include "services/([a-z-]+)/', read(path), re.M):
                if other not in (m.group(1), "kit"):
                    wrong.append(f"{path} includes services/{other}")
        self.assertEqual(wrong, [])

    def test_no_protocol_includes_another_and_sessions_call_none(self):
        wrong = []
        for path in sources(".c", ".h"):
            m = re.match(r"idp/([a-z]+)/", path)
            if not m or m.group(1) not in PROTOCOLS + ["session", "policy", "account"]:
                continue
            for other in re.findall(r'^#include "idp/([a-z]+)/', read(path), re.M):
                if other in PROTOCOLS and other != m.group(1):
                    wrong.append(f"{path} includes idp/{other}")
        self.assertEqual(wrong, [])


class Words(unittest.TestCase):
    def test_no_unbounded_call_stands_in_the_sources(self):
        pattern = re.compile(r"\b(" + "|".join(FORBIDDEN_CALLS) + r")\s*\(")
        wrong = [f"{p}: {m.group(1)}" for p in sources(".c", ".h") for m in pattern.finditer(code_only(read(p)))]
        self.assertEqual(wrong, [])

    def test_structs_are_never_typedefed(self):
        wrong = [p for p in sources(".c", ".h") if re.search(r"\btypedef\s+struct\b[^;(]*[;{]", code_only(read(p)))]
        self.assertEqual(wrong, [])

    def test_every_source_file_says_what_it_is_for(self):
        wrong = [p for p in sources(".c", ".h") if not re.match(r"(/\* SPDX[^\n]*\n)?/\*", read(p))]
        self.assertEqual(wrong, [])

    def test_code_holds_no_invisible_or_look_alike_character(self):
        bad = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u0400-\u04ff\u0370-\u03ff]")
        wrong = [p for p in sources(".c", ".h", ".py", ".sh", ".build") if bad.search(read(p))]
        self.assertEqual(wrong, [])

    def test_no_file_is_too_long_to_have_one_reason(self):
        wrong = [f"{p}: {n}" for p in sources(".c", ".h", ".py") for n in [read(p).count("\n")] if n > 900]
        self.assertEqual(wrong, [])

    def test_no_function_needs_scrolling(self):
        wrong = []
        for path in sources(".c"):
            start = None
            for number, line in enumerate(read(path).splitlines(), 1):
                if line == "{":
                    start = number
                elif line == "}" and start:
                    if number - start > 80:
                        wrong.append(f"{path}:{start} {number - start} lines")
                    start = None
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    unittest.main()
