"""./guichet test: every suite by default, one line each, and at the end `N passed, N failed`.

    ./guichet test [SUITE…] [--sanitize] [--verbose]
    ./guichet test abuse [--row PREFIX] [--json FILE]
    ./guichet test mutation [--slugs PREFIX] [--json FILE]
    ./guichet test containment|fault|timing [--long]

Suites: unit (cmocka, through meson), flow (whole journeys over loopback), directory (slapd and Samba
AD), browser (Chromium and axe-core), interop (foreign relying parties), style (the rules a script can
check), abuse (the catalogue of bad inputs), containment (what each role cannot do, and does not keep),
fault (calls that fail, kill -9, disks), timing (the clock tells nothing of accounts). Only when named:
mutation (each refusal switched off in turn; minutes).
"""
import argparse
import os
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
SUITES = ["style", "unit", "flow", "directory", "abuse", "containment", "fault", "timing", "interop", "browser"]
# What --long asks of containment, fault and timing: minutes to an hour each.
LONG = {"GUICHET_MEMORY_LOGINS": "10000", "GUICHET_KILLS": "5000", "GUICHET_TIMING_SAMPLES": "10000", "GUICHET_TIMING_RUNS": "3"}
WHEN_NAMED = ["mutation"]


def build(sanitize):
    folder = "build-sanitize" if sanitize else "build"
    if not os.path.exists(f"{ROOT}/{folder}/build.ninja"):
        options = ["-Db_sanitize=address,undefined", "-Db_lundef=false"] if sanitize else []
        subprocess.run(["meson", "setup", folder, *options], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    print(f"building {folder}", file=sys.stderr, flush=True)
    subprocess.run(["ninja", "-C", folder, "--quiet"], cwd=ROOT, check=True)
    subprocess.run(["meson", "install", "-C", folder, "--no-rebuild", "--quiet", "--destdir", "stage"], cwd=ROOT, check=True)
    return f"{ROOT}/{folder}"


def run_meson(options, folder, suite="unit"):
    """Each test program counts its own cases; meson's summary would count programs."""
    environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=1:abort_on_error=1", UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1")
    done = subprocess.run(["meson", "test", "-C", folder, "--no-rebuild", "--suite", suite, "--print-errorlogs", "--verbose"],
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


def run_counted(program, options, folder, *arguments):
    """A program of ours that ends with `Ran N cases …; N failed`. Its table is what one asks for by its name."""
    environment = dict(os.environ, GUICHET_BUILD=folder, PYTHONPATH=f"{HERE}/lib:{ROOT}/deploy/demo")
    more = ["--json", options.json] if options.json else []
    more += ["--verbose"] if options.verbose else []
    done = subprocess.run(["/usr/bin/python3", "-W", "ignore::ResourceWarning", f"{HERE}/{program}", *arguments, *more],
                          cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment)
    ran = re.search(r"^Ran (\d+) cases.*; (\d+) failed$", done.stdout, re.M)
    total, failed = (int(n) for n in ran.groups()) if ran else (0, 1)
    if options.suites and not options.verbose and not failed:
        print(done.stdout)
    return max(total - failed, 0), failed, done.stdout


def run_suite(name, options, folder):
    if name == "abuse":
        return run_counted("abuse/abuse.py", options, folder, "--row", options.row)
    if name == "mutation":
        return run_counted("mutation/mutate.py", options, folder, "--slugs", options.slugs)
    if name == "unit":
        return run_meson(options, folder)
    if name == "fault":
        return tuple(a + b for a, b in zip(run_meson(options, folder, "fault"), run_python(options, folder, "fault")))
    return run_python(options, folder, name)


def main(arguments):
    p = argparse.ArgumentParser(prog="./guichet test", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("suites", nargs="*", metavar="SUITE")
    p.add_argument("--sanitize", action="store_true", help="a second build with AddressSanitizer and UBSan")
    p.add_argument("--row", default="", metavar="PREFIX", help="abuse: only rows of the catalogue that begin so")
    p.add_argument("--slugs", default="", metavar="PREFIX", help="mutation: only refusals whose name begins so")
    p.add_argument("--json", metavar="FILE", help="abuse, mutation: the table as JSON")
    p.add_argument("--long", action="store_true", help="containment, fault, timing: thousands of sign-ins, kills and samples")
    p.add_argument("--verbose", action="store_true", help="print every suite's output, not only failures'")
    options = p.parse_args(arguments)
    for name in options.suites:
        if name not in SUITES + WHEN_NAMED:
            p.error(f"no suite {name!r}; there are: {' '.join(SUITES + WHEN_NAMED)}")
    if options.long:
        os.environ.update({name: os.environ.get(name, value) for name, value in LONG.items()})
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
