#!/usr/bin/env python3
"""embed_css.py IN.css OUT.c NAME - a style sheet as a C string, without comments and needless blanks."""
import re
import sys


def shrink(css):
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    css = re.sub(r"\s+", " ", css)
    css = re.sub(r"\s*([{};,>])\s*", r"\1", css)
    css = re.sub(r":\s+", ":", css)
    return css.replace(";}", "}").strip() + "\n"


def main(path, out, name):
    with open(path, encoding="utf-8") as f:
        css = shrink(f.read())
    rows = re.findall(r".{1,110}", css.strip().replace("\\", "\\\\").replace('"', '\\"'))
    # A cut between a backslash and what it escapes would end the string early.
    for i in range(len(rows) - 1):
        while rows[i].endswith("\\"):
            rows[i], rows[i + 1] = rows[i][:-1], "\\" + rows[i + 1]
    text = "\n".join(f'\t"{row}"' for row in rows)
    with open(out, "w", encoding="utf-8") as f:
        f.write(f'/* Written by tools/embed_css.py; do not edit. */\n#include "base/page.h"\n\n'
                f"const struct str {name} = STR_INIT(\n{text} \"\\n\");\n")


if __name__ == "__main__":
    main(*sys.argv[1:4])
