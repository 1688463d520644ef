"""Runs a script of ours with the npm packages of tests/npm, installed by its lock file."""
import json
import os
import subprocess

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "npm")


def install():
    lock, done = f"{FOLDER}/package-lock.json", f"{FOLDER}/node_modules/.package-lock.json"
    if not os.path.exists(done) or os.path.getmtime(done) < os.path.getmtime(lock):
        subprocess.run(["npm", "ci", "--ignore-scripts"], cwd=FOLDER, check=True, capture_output=True)
        os.utime(done)


def run(script, document, ca=None, timeout=300):
    """The script gets `document` as JSON on standard input and prints JSON."""
    install()
    environment = dict(os.environ)
    if ca:
        environment["NODE_EXTRA_CA_CERTS"] = ca
    done = subprocess.run(["node", script], cwd=FOLDER, env=environment, input=json.dumps(document), capture_output=True,
                          text=True, timeout=timeout)
    if done.returncode != 0:
        raise AssertionError(f"{os.path.basename(script)} failed:\n{done.stderr[-4000:]}\n{done.stdout[-2000:]}")
    return json.loads(done.stdout)
