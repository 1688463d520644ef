#!/usr/bin/env python3
"""embed_text.py IN OUT.c NAME - a small text as a C string, as it is but for the comment at its head."""
import re
import sys


def main(path, out, name):
    with open(path, encoding="utf-8") as f:
        text = re.sub(r"\A/\*.*?\*/\n", "", f.read(), flags=re.S)
    rows = [row.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t") for row in text.splitlines()]
    body = "\n".join(f'\t"{row}\\n"' for row in rows)
    with open(out, "w", encoding="utf-8") as f:
        f.write(f'/* Written by tools/embed_text.py; do not edit. */\n#include "base/str.h"\n\nextern const struct str {name};\n'
                f"const struct str {name} = STR_INIT(\n{body});\n")


if __name__ == "__main__":
    main(*sys.argv[1:4])
