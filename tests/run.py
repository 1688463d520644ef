"""./guichet test: every suite by default, one line each, and at the end `N passed, N failed`.

    ./guichet test [SUITE…] [--sanitize] [--verbose]

Suites: unit (cmocka, through meson), flow (whole journeys over loopback), browser (Chromium and
axe-core), interop (foreign relying parties), style (the rules a script can check).
"""
import argparse
import os
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
SUITES = ["style", "unit", "flow", "interop", "browser"]


def build(sanitize):
    folder = "build-sanitize" if sanitize else "build"
    if not os.path.exists(f"{ROOT}/{folder}/build.ninja"):
        options = ["-Db_sanitize=address,undefined", "-Db_lundef=false"] if sanitize else []
        subprocess.run(["meson", "setup", folder, *options], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    print(f"building {folder}", file=sys.stderr, flush=True)
    subprocess.run(["ninja", "-C", folder, "--quiet"], cwd=ROOT, check=True)
    subprocess.run(["meson", "install", "-C", folder, "--no-rebuild", "--quiet", "--destdir", "stage"], cwd=ROOT, check=True)
    return f"{ROOT}/{folder}"


def run_meson(options, folder):
    """Each test program counts its own cases; meson's summary would count programs."""
    environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=1:abort_on_error=1", UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1")
    done = subprocess.run(["meson", "test", "-C", folder, "--no-rebuild", "--suite", "unit", "--print-errorlogs", "--verbose"],
                          cwd=ROOT, capture_output=True, text=True, env=environment)
    output = done.stdout + done.stderr
    passed = sum(int(n) for n in re.findall(r"\[  PASSED  \] (\d+) test", output))
    failed = sum(int(n) for n in re.findall(r"\[  FAILED  \] (\d+) test", output))
    passed += sum(int(n) for n in re.findall(r"^Ran (\d+) tests? in", output, re.M)) if done.returncode == 0 else 0
    if done.returncode != 0 and failed == 0:
        failed = 1
    return passed, failed, output


def run_python(options, folder, suite):
    """unittest in tests/SUITE; skipped cases are named and not counted as passed."""
    environment = dict(os.environ, GUICHET_BUILD=folder, PYTHONPATH=f"{HERE}/lib:{ROOT}/deploy/demo")
    done = subprocess.run(["/usr/bin/python3", "-W", "ignore::ResourceWarning", "-m", "unittest", "discover", "-v", "-s", f"{HERE}/{suite}", "-p", "test_*.py"],
                          cwd=ROOT, capture_output=True, text=True, env=environment)
    output = done.stdout + done.stderr
    ran = re.search(r"^Ran (\d+) tests? in", output, re.M)
    counts = {k: int(v) for k, v in re.findall(r"(failures|errors|skipped)=(\d+)", output)}
    failed = counts.get("failures", 0) + counts.get("errors", 0)
    passed = (int(ran.group(1)) if ran else 0) - failed - counts.get("skipped", 0)
    if done.returncode != 0 and failed == 0:
        failed = 1
    for line in re.findall(r"^(.* \.\.\. skipped .*)$", output, re.M):
        print(f"  {line}")
    return max(passed, 0), failed, output


def run_suite(name, options, folder):
    if name == "unit":
        return run_meson(options, folder)
    return run_python(options, folder, name)


def main(arguments):
    p = argparse.ArgumentParser(prog="./guichet test", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("suites", nargs="*", metavar="SUITE")
    p.add_argument("--sanitize", action="store_true", help="a second build with AddressSanitizer and UBSan")
    p.add_argument("--verbose", action="store_true", help="print every suite's output, not only failures'")
    options = p.parse_args(arguments)
    for name in options.suites:
        if name not in SUITES:
            p.error(f"no suite {name!r}; there are: {' '.join(SUITES)}")
    folder = build(options.sanitize)
    total_passed = total_failed = 0
    for name in options.suites or SUITES:
        started = time.monotonic()
        passed, failed, output = run_suite(name, options, folder)
        total_passed += passed
        total_failed += failed
        if failed or options.verbose:
            print(output)
        print(f"{name:<8} {passed:5} passed  {failed:3} failed  {time.monotonic() - started:6.1f} s", flush=True)
    print(f"{total_passed} passed, {total_failed} failed")
    return 1 if total_failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
