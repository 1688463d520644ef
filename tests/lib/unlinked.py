"""Do the databases of several services hold anything generated that would link a citizen across them?

A generated value is a run of 16 or more base64url or hexadecimal characters that looks drawn, not
written: letters and at least two digits. Each that a database holds, in any column, must not stand
anywhere in the files of another: not in a column, not inside a sealed value, not in a journal.
"""
import base64
import glob
import json
import re
import sqlite3

RUN = re.compile(rb"[A-Za-z0-9_-]{16,}")


def looks_generated(run):
    digits = sum(c in b"0123456789" for c in run)
    return digits >= 2 and len(run) - digits >= 4


def values(path):
    """Every value of every table, as bytes. Read through SQLite, so that what waits in the journal counts."""
    store = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        for (table,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'schema_migration'").fetchall():
            for row in store.execute(f'SELECT * FROM "{table}"'):
                for value in row:
                    if isinstance(value, (str, bytes)):
                        yield value.encode() if isinstance(value, str) else value
    finally:
        store.close()


def is_token_header(run):
    """The first part of a signed token: it names the provider's key, which signs everybody's."""
    try:
        header = json.loads(base64.urlsafe_b64decode(run + b"=" * (-len(run) % 4)))
    except ValueError:
        return False
    return isinstance(header, dict) and "alg" in header and header.keys() <= {"alg", "typ", "kid"}


def generated(path):
    return {run for value in values(path) for run in RUN.findall(value) if looks_generated(run) and not is_token_header(run)}


def raw(path):
    whole = b""
    for name in glob.glob(glob.escape(path) + "*"):
        with open(name, "rb") as f:
            whole += f.read()
    return whole


def shared(databases):
    """databases: name -> path. What is found of one in another as (value, of, in), and how many were compared of each."""
    of = {name: generated(path) for name, path in databases.items()}
    found = [(run.decode(), a, b) for b, path in databases.items() for bytes_of_b in [raw(path)]
             for a in databases if a != b for run in of[a] if run in bytes_of_b]
    return found, {name: len(runs) for name, runs in of.items()}
