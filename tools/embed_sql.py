#!/usr/bin/env python3
"""Turns a folder of migrations (NNNN_name.sql) into a C table of struct store_migration.

    embed_sql.py OUT.c SYMBOL DIR [--depfile FILE]

OUT.c defines SYMBOL[] and SYMBOL_n; declare them where they are used:
    extern const struct store_migration idp_migrations[];
    extern const size_t idp_migrations_n;
Comments are dropped; each statement ends with a semicolon at the end of a line. A line
    -- include kit/ground.sql
stands for that file of the folder above DIR: tables that several folders have alike.
"""
import os
import re
import sys

NAME = re.compile(r"^(\d{4})_([a-z0-9_]+)\.sql$")
INCLUDE = re.compile(r"^-- include ([a-z0-9_-]+/[a-z0-9_]+\.sql)$", re.M)
PIECE = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|/\*.*?\*/", re.S)


def read_with_includes(path, read):
    """The text of a file, with those that it includes; every path goes to the list read."""
    read.append(path)
    with open(path, encoding="utf-8") as source:
        text = source.read()
    above = os.path.dirname(os.path.dirname(path))
    return INCLUDE.sub(lambda m: read_with_includes(os.path.join(above, m.group(1)), read), text)


def strip_comments(sql):
    sql = PIECE.sub(lambda m: m.group(0) if m.group(0)[0] in "'\"" else "", sql)
    return "\n".join(line.rstrip() for line in sql.splitlines() if line.strip())


def check_statements(path, sql):
    """The C side splits at a semicolon at the end of a line, and knows no quotes."""
    if not sql.endswith(";"):
        sys.exit(f"{path}: the last statement does not end with a semicolon")
    for literal in re.findall(r"'(?:[^']|'')*'", sql):
        if ";\n" in literal:
            sys.exit(f"{path}: a literal holds a semicolon at the end of a line")
    bare = re.sub(r"'(?:[^']|'')*'", "''", sql)
    if re.search(r";[^\n]", bare):
        sys.exit(f"{path}: a statement starts on the line where another ends")


def c_string(sql):
    lines = []
    for line in sql.splitlines():
        quoted = line.replace("\\", "\\\\").replace('"', '\\"').replace("?", "\\?").replace("\t", "\\t")
        lines.append(f'\t  "{quoted}\\n"')
    return "\n".join(lines)


def main():
    args = sys.argv[1:]
    depfile = None
    if "--depfile" in args:
        at = args.index("--depfile")
        depfile = args[at + 1]
        del args[at:at + 2]
    out, symbol, folder = args
    files = sorted(f for f in os.listdir(folder) if f.endswith(".sql"))
    rows, last, read = [], 0, []
    for f in files:
        m = NAME.match(f)
        if not m or int(m.group(1)) <= last:
            sys.exit(f"{folder}/{f}: expected NNNN_name.sql with a number of its own")
        last = int(m.group(1))
        sql = strip_comments(read_with_includes(f"{folder}/{f}", read))
        check_statements(f"{folder}/{f}", sql)
        rows.append(f'\t{{ {last}, "{m.group(2)}",\n{c_string(sql)} }},')
    if not rows:
        sys.exit(f"{folder}: no migration")
    with open(out, "w", encoding="utf-8") as c:
        c.write(f'/* Made by tools/embed_sql.py from {os.path.basename(folder)}/. */\n#include "base/store.h"\n\n'
                f"extern const struct store_migration {symbol}[];\nextern const size_t {symbol}_n;\n\n"
                f"const struct store_migration {symbol}[] = {{\n" + "\n".join(rows) + "\n};\n"
                f"const size_t {symbol}_n = {len(rows)};\n")
    if depfile:
        with open(depfile, "w", encoding="utf-8") as d:
            # The folder itself too: a file that is added changes its time.
            d.write(f"{out}: " + " ".join([folder] + read) + "\n")


if __name__ == "__main__":
    main()
