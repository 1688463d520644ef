#!/usr/bin/env python3
"""embed_text.py IN OUT.c NAME - a text that is served, as a C string: a style sheet without comments and needless
blanks, anything else as it is but for the comment at its head."""
import re
import sys


def shrink(css):
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    css = re.sub(r"\s+", " ", css)
    css = re.sub(r"\s*([{};,>])\s*", r"\1", css)
    css = re.sub(r":\s+", ":", css)
    return re.sub(r"(.{80,}?\})", r"\1\n", css.replace(";}", "}").strip()) + "\n"


def main(path, out, name):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    text = shrink(text) if path.endswith(".css") else re.sub(r"\A/\*.*?\*/\n", "", text, flags=re.S)
    rows = [row.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t") for row in text.splitlines()]
    body = "\n".join(f'\t"{row}\\n"' for row in rows)
    with open(out, "w", encoding="utf-8") as f:
        f.write(f'/* Written by tools/embed_text.py; do not edit. */\n#include "base/str.h"\n\nextern const struct str {name};\n'
                f"const struct str {name} = STR_INIT(\n{body});\n")


if __name__ == "__main__":
    main(*sys.argv[1:4])
