#!/usr/bin/env python3
"""Takes the one C program out of a Markdown document, so that the build compiles what readers copy.

    extract_example.py DOCUMENT.md OUTPUT.c

Fails when there is not exactly one ```c block with a main(), or when it has 120 lines or more.
"""
import re
import sys


def main():
    document, output = sys.argv[1:3]
    with open(document, encoding="utf-8") as f:
        blocks = [b for b in re.findall(r"^```c\n(.*?)^```$", f.read(), re.S | re.M) if "int main(" in b]
    if len(blocks) != 1:
        sys.exit(f"{document}: {len(blocks)} programs in C, expected one")
    if blocks[0].count("\n") >= 120:
        sys.exit(f"{document}: the program has {blocks[0].count(chr(10))} lines, 120 is too many")
    with open(output, "w", encoding="utf-8") as f:
        f.write(blocks[0])


if __name__ == "__main__":
    main()
