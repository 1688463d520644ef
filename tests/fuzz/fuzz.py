"""./guichet fuzz: libFuzzer with AddressSanitizer and UndefinedBehaviorSanitizer, one target after the other.

    ./guichet fuzz [TARGET…] [--for DURATION] [--list]

DURATION is for each target: 90, 90s, 10m, 1h; without it 60 s. What a target learns is kept in
build-fuzz/corpus/TARGET and used again. An input that breaks a promise is written to
tests/fuzz/crashes/ and makes the exit status 1.
"""
import argparse
import glob
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
CRASHES = f"{HERE}/crashes"
# Longer inputs where the limits of the codec are further away.
MAX_LEN = {"http_head": 20000, "saml_check": 8192, "saml_metadata": 8192}
OPTIONS = ["-Db_sanitize=address,undefined", "-Db_lundef=false", "-Dwerror=false", "-Dc_args=-fsanitize=fuzzer-no-link"]


def targets():
    return sorted(os.path.basename(f)[len("fuzz_"):-len(".c")] for f in glob.glob(f"{HERE}/fuzz_*.c"))


def seconds(text):
    m = re.fullmatch(r"(\d+)([smh]?)", text)
    if not m:
        raise argparse.ArgumentTypeError("a duration is 90, 90s, 10m or 1h")
    return int(m[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[m[2]]


def build(folder, names):
    if not os.path.exists(f"{folder}/build.ninja"):
        print(f"Configuring {folder}", file=sys.stderr, flush=True)
        subprocess.run(["meson", "setup", folder, *OPTIONS], cwd=ROOT, check=True, stdout=subprocess.DEVNULL, env=dict(os.environ, CC="clang"))
    print(f"Building {folder}", file=sys.stderr, flush=True)
    subprocess.run(["ninja", "-C", folder, "--quiet", *(f"tests/fuzz/fuzz-{n}" for n in names)], cwd=ROOT, check=True)


def crashers(name):
    return set(glob.glob(f"{CRASHES}/{name}-*"))


def run(folder, name, duration):
    """libFuzzer's own figures, and the files that it left behind."""
    seeds, learnt, log = f"{HERE}/corpus/{name}", f"{folder}/corpus/{name}", f"{folder}/{name}.log"
    os.makedirs(learnt, exist_ok=True)
    os.makedirs(CRASHES, exist_ok=True)
    for f in glob.glob(f"{seeds}/*"):
        if not f.endswith(".dict"):
            shutil.copy(f, learnt)
    before = crashers(name)
    environment = dict(os.environ, ASAN_OPTIONS="abort_on_error=1:symbolize=1", UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1")
    with open(log, "w", encoding="utf-8") as out:
        done = subprocess.run([f"{folder}/tests/fuzz/fuzz-{name}", f"-max_total_time={duration}", f"-dict={seeds}/words.dict",
                               f"-artifact_prefix={CRASHES}/{name}-", f"-max_len={MAX_LEN.get(name, 4096)}", "-timeout=10", "-rss_limit_mb=1024",
                               "-print_final_stats=1", learnt], stdout=out, stderr=subprocess.STDOUT, env=environment)
    with open(log, encoding="utf-8", errors="replace") as f:
        said = f.read()
    coverage = re.findall(r"cov: (\d+)", said)
    executions = re.findall(r"stat::number_of_executed_units: (\d+)", said) or re.findall(r"^#(\d+)", said, re.M)
    found = sorted(crashers(name) - before)
    # A crash that came again has its file already; no file at all means that the program did not start.
    return int(executions[-1]) if executions else 0, int(coverage[-1]) if coverage else 0, found, done.returncode != 0, said


def reason(said):
    lines = [line for line in said.splitlines() if re.search(r"ERROR: |runtime error: |Assertion .* failed|SUMMARY: ", line)]
    return lines[0].strip() if lines else said.strip()[-500:]


def main(arguments):
    p = argparse.ArgumentParser(prog="./guichet fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("targets", nargs="*", metavar="TARGET")
    p.add_argument("--for", dest="duration", type=seconds, default=60, metavar="DURATION", help="for each target: 90, 90s, 10m, 1h")
    p.add_argument("--build", default=f"{ROOT}/build-fuzz", metavar="FOLDER", help="where to build and to keep what was learnt")
    p.add_argument("--list", action="store_true", help="name the targets")
    options = p.parse_args(arguments)
    names = options.targets or targets()
    for name in names:
        if name not in targets():
            p.error(f"no target {name!r}; there are: {' '.join(targets())}")
    if options.list:
        print("\n".join(names))
        return 0
    build(options.build, names)
    failed = 0
    print(f"{'target':<16} {'executions':>12} {'coverage':>9} {'crashes':>8}", flush=True)
    for name in names:
        executions, coverage, found, broke, said = run(options.build, name, options.duration)
        print(f"{name:<16} {executions:12} {coverage:9} {len(found) or int(broke):8}", flush=True)
        for f in found:
            print(f"  {os.path.relpath(f, ROOT)}")
        if broke:
            print(f"  {reason(said)}\n  the whole is in {os.path.relpath(options.build, ROOT)}/{name}.log", flush=True)
        failed += bool(found) or broke
    print(f"{len(names) - failed} targets without a crash, {failed} with one")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
