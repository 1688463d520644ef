"""Refusals that are written without ENSURE, in the mutation build's own copy of the sources.

`if (COND) return …err_of(K, "slug")…;`, with or without braces, becomes `if ((COND) && !ERR_MUTANT("slug")) …`:
switched off, the branch is not taken. An err_of() that no such branch holds, at the end of a search or in an
expression, becomes ERR_UNLESS(): switched off, it is no error. Lines stay where they are, so that the compiler's
and ours are the same.
"""
import dataclasses
import re

# What says no, besides err_of(): pages and redirections of a protocol, verdicts of the policy and of the codecs.
SAYS_NO = re.compile(r"\b(err_of|SAY|NO|refuse|refuse_here|refuse_there)\(")
SLUG = re.compile(r'"([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+)"')
OF_THE_MACHINE = re.compile(r"\berr_of\((BUSY|BROKEN),")       # a fault, not a refusal


@dataclasses.dataclass
class Found:
    first: int
    last: int
    kind: str
    slug: str
    condition: str


def masked(text):
    """The same length, with nothing in comments and strings that looks like code."""
    blank = lambda m: re.sub(r"[^\n]", " ", m.group(0))
    text = re.sub(r"/\*.*?\*/", blank, text, flags=re.S)
    return re.sub(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', lambda m: '"' + " " * (len(m.group(0)) - 2) + '"', text)


def closing(code, at, opened="(", closed=")"):
    """Behind the bracket that closes the one at `at`."""
    depth = 0
    for i in range(at, len(code)):
        depth += (code[i] == opened) - (code[i] == closed)
        if depth == 0:
            return i + 1
    raise ValueError("a bracket without end")


def last_statement(code, start):
    """Of what an if leads to: where its only or last statement begins and ends."""
    if code[start] != "{":
        return start, code.index(";", start) + 1
    end = closing(code, start, "{", "}") - 1
    inner = code[start + 1:end].rstrip()
    depth, begin = 0, start + 1
    for i, c in enumerate(inner[:-1]):
        depth += (c in "({") - (c in ")}")
        if depth == 0 and c in ";}":
            begin = start + 2 + i
    return begin, start + 1 + len(inner)


def branches(text, code):
    """(where the condition begins and ends, the refusal's statement) of each if that says no."""
    for found in re.finditer(r"\bif \(", code):
        opening = found.end() - 1
        end = closing(code, opening)
        start = end + len(code[end:]) - len(code[end:].lstrip())
        begin, stop = last_statement(code, start)
        statement = text[begin:stop].strip()
        if statement.startswith(("return", "e = err_of")) and SAYS_NO.search(code[begin:stop]) and not OF_THE_MACHINE.search(statement):
            slugs = SLUG.findall(statement)
            if slugs:
                yield opening, end, begin, stop, slugs[-1]


def expressions(text, code, taken):
    for found in re.finditer(r"(?<![\w.])err_of\(", code):
        line = text.rfind("\n", 0, found.start()) + 1
        if any(a <= found.start() < b for a, b in taken) or text[line] == "#" or OF_THE_MACHINE.match(text[found.start():]):
            continue
        end = closing(code, found.end() - 1)
        slugs = SLUG.findall(text[found.start():end])
        yield found.start(), end, slugs[-1] if slugs else "*"


def mutate(text):
    """The text with its plain refusals led through the switch, and where they are."""
    code, changes, sites, taken = masked(text), [], [], []
    line = lambda at: text.count("\n", 0, at) + 1
    for opening, end, begin, stop, slug in branches(text, code):
        taken.append((begin, stop))
        changes.append((opening, end, f'(({text[opening + 1:end - 1]}) && !ERR_MUTANT("{slug}"))'))
        sites.append(Found(line(opening), line(end), "PLAIN", slug, " ".join(text[opening + 1:end - 1].split())))
    for start, end, slug in expressions(text, code, taken):
        changes.append((start, end, "ERR_UNLESS" + text[start + len("err_of"):end]))
        sites.append(Found(line(start), line(end), "PLAIN", slug, "at the end"))
    for start, end, new in sorted(changes, reverse=True):
        text = text[:start] + new + text[end:]
    return text, sites
