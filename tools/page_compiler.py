#!/usr/bin/env python3
"""Compiles page templates and their catalogues of translations to C, at build time.

    page_compiler.py --prefix idp --out-c X.c --out-h X.h --shared DIR --po FILE TEMPLATE.html...

Each template becomes `void page_PREFIX_NAME(struct buf *, const struct page_site *, const struct
page_PREFIX_NAME *)`, once in French and once in English, made of static pieces and escaping calls.
The language is described in page_template.py. It fails on a sentence without translation, on a stale
translation, and on a variable where it could not be escaped. Standard library only.
"""
import argparse
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from page_catalogue import NBSP, Catalogue, CatalogueError, pieces, typography
from page_template import (INLINE, SCALARS, URL_ATTRIBUTES, Boundary, For, Html, If, Plural, Reader, Tag, TemplateError, Text, Var)

LANGUAGES = ("fr", "en")
SITE = {name: "str" for name in ("town", "place", "phone", "hours", "logo_url", "css_url", "service", "signed_in",
                                 "logout_url", "csrf", "lang_url", "request_id")}
SITE["nav"] = {"name": "str", "url": "str", "here": "bool"}
CONSTANTS = {"lang": {"fr": "fr", "en": "en"}, "other_lang": {"fr": "en", "en": "fr"}}
WRITERS = {
    ("str", "text"): "page_text(out, {})", ("str", "attr"): "page_attr(out, {})",
    ("str", "url"): "page_url(out, {})", ("str", "url_part"): "page_url_part(out, {})",
    ("int", "text"): "page_number(out, {lang}, {})", ("int", "attr"): "buf_add_i64(out, {})",
    ("int", "url_part"): "buf_add_i64(out, {})",
    ("instant", "text"): "page_datetime(out, {lang}, {})", ("date", "text"): "page_date_iso(out, {lang}, {})",
    ("date", "attr"): "page_attr(out, {})",
}
FILTERS = {
    ("instant", "day", "text"): "page_day(out, {lang}, {})",
    ("str", "digits", "text"): "page_digits(out, {})", ("str", "digits", "attr"): "page_digits(out, {})",
    ("str", "digits", "url_part"): "page_digits(out, {})",
    ("str", "grouped", "text"): "page_grouped(out, {})",
    ("str", "raw_trusted_html", "text"): "page_raw_trusted_html(out, {})",
}


class Sentences:
    """Every sentence met, and where first; in French it is its own translation."""

    def __init__(self, translations):
        self.wanted, self.translations = {}, translations

    def say(self, key, lang, where):
        self.wanted.setdefault(key, where)
        if lang == "fr":
            return list(key) if isinstance(key, tuple) else [key]
        return self.translations.entries.get(key) or [""]


class Writer:
    """One page in one language: the lines of its C function."""

    def __init__(self, page, prefix, lang, sentences):
        self.page, self.lang, self.sentences = page, lang, sentences
        self.struct = f"page_{prefix}_{page.name}"
        self.lines, self.pending, self.depth, self.counter = [], "", 1, 0
        self.html, self.scopes = Html(), []
        self.nodes(page.nodes)
        if self.html.state != "text":
            raise TemplateError(f"{page.where}: the page ends inside a tag")
        self.flush()

    # C text

    def literal(self, text):
        self.pending += text

    def line(self, text):
        self.flush()
        self.lines.append("\t" * self.depth + text)

    def flush(self):
        text, self.pending = re.sub(r"[ \t]*\n\s*", "\n", self.pending), ""
        if not text:
            return
        rows = [c_string(row) for row in text.splitlines(keepends=True)]
        indent = "\n" + "\t" * (self.depth + 1)
        self.lines.append("\t" * self.depth + "buf_add(out, STR(" + (indent if len(rows) > 1 else "") + indent.join(rows) + "));")

    # Names and conditions

    def resolve(self, path, where):
        """(C expression, type) of a dotted name."""
        head, _, tail = path.partition(".")
        if head == "site" and tail in SITE:
            return f"site->{tail}", SITE[tail]
        for name, c_name, fields in reversed(self.scopes):
            if name == head and tail in fields:
                return f"{c_name}->{tail}", fields[tail]
        if not tail and head in self.page.fields:
            return f"v->{head}", self.page.fields[head]
        raise TemplateError(f"{where}: no variable {path} in page {self.page.name}")

    def condition(self, text, where):
        tokens = re.findall(r'"[^"]*"|==|[\w.]+|\S', text)
        if not tokens:
            raise TemplateError(f"{where}: if without a condition")
        out, i = [], 0
        while i < len(tokens):
            token = tokens[i]
            if token in ("and", "or", "not"):
                out.append({"and": " && ", "or": " || ", "not": "!"}[token])
            elif i + 2 < len(tokens) and tokens[i + 1] == "==":
                out.append(self.comparison(token, tokens[i + 2], where))
                i += 2
            else:
                out.append(self.truth(token, where))
            i += 1
        if "and" in tokens and "or" in tokens:
            raise TemplateError(f"{where}: and with or: write two conditions")
        return out[0][1:-1] if len(out) == 1 and out[0].startswith("(") else "".join(out)

    def comparison(self, path, value, where):
        expression, kind = self.resolve(path, where)
        if kind == "str" and value.startswith('"'):
            return f"str_eq({expression}, STR({c_string(value[1:-1])}))"
        if kind == "int" and value.isdigit():
            return f"({expression} == {value})"
        raise TemplateError(f"{where}: {path} cannot be compared with {value}")

    def truth(self, path, where):
        expression, kind = self.resolve(path, where)
        if isinstance(kind, dict):
            return f"({expression}_n > 0)"
        return {"bool": expression, "int": f"({expression} != 0)", "instant": f"({expression} != 0)"}.get(kind, f"({expression}.n > 0)")

    # Nodes

    def nodes(self, nodes):
        run = []
        for node in nodes:
            if isinstance(node, Text):
                for item, where in self.html.feed(node.text, node.where):
                    if isinstance(item, str) or item.name in INLINE and not item.partial:
                        run.append((item, where))
                    else:
                        run = self.end_run(run)
                        self.tag(item)
            elif isinstance(node, Var) and self.html.state == "text":
                run.append((node, node.where))
            elif isinstance(node, Var):
                self.html.variable(node)
            else:
                run = self.end_run(run)
                if self.html.tag:
                    self.parts(self.html.interrupt(node.where))
                {If: self.write_if, For: self.write_for, Plural: self.write_plural, Boundary: lambda _: None}[type(node)](node)
        self.end_run(run)
        if self.html.tag:
            self.parts(self.html.interrupt(nodes[-1].where))

    def branch(self, nodes, before, where):
        self.html.state, self.html.attribute, self.html.value_at = before[0], before[1], int(before[2])
        self.depth += 1
        self.nodes(nodes)
        self.flush()
        self.depth -= 1
        return self.html.place()

    def write_if(self, node):
        before, ends, opening = self.html.place(), [], "if"
        for condition, body in node.branches:
            if condition:
                self.line(f"{opening} ({self.condition(condition, node.where)}) {{")
            else:
                self.line("} else {")
            opening = "} else if"
            ends.append(self.branch(body, before, node.where))
        if node.branches[-1][0]:
            ends.append(before)
        self.line("}")
        if len({e if before[1] in URL_ATTRIBUTES else e[:2] for e in ends}) > 1:
            raise TemplateError(f"{node.where}: the branches end in different places of the HTML: {ends}")

    def write_for(self, node):
        expression, fields = self.resolve(node.list, node.where)
        if not isinstance(fields, dict):
            raise TemplateError(f"{node.where}: {node.list} is not a list")
        self.counter += 1
        index, item = f"at{self.counter}", f"{node.name}{self.counter}"
        self.line(f"for (size_t {index} = 0; {index} < {expression}_n; {index}++) {{")
        self.line(f"\tconst __typeof__(*{expression}) *{item} = &{expression}[{index}];")
        self.lines.append("")
        self.scopes.append((node.name, item, fields))
        before = self.html.place()
        if self.branch(node.body, before, node.where)[:2] != before[:2]:
            raise TemplateError(f"{node.where}: the loop ends elsewhere in the HTML than it began")
        self.scopes.pop()
        self.line("}")

    def write_plural(self, node):
        if self.html.state != "text":
            raise TemplateError(f"{node.where}: tn stands in text only")
        expression, kind = self.resolve(node.count, node.where)
        if kind != "int":
            raise TemplateError(f"{node.where}: {node.count} is not a number")
        forms = [self.message(self.flat_run(n, node.where)) for n in (node.one, node.many)]
        values = {**forms[0][1], **forms[1][1]}
        texts = self.sentences.say((forms[0][0], forms[1][0]), self.lang, node.where)
        texts += [""] * (2 - len(texts))
        for opening, text in ((f"if (!page_is_plural({self.c_lang()}, {expression})) {{", texts[0]), ("} else {", texts[1])):
            self.line(opening)
            self.depth += 1
            self.speak(text, values, node.where)
            self.flush()
            self.depth -= 1
        self.line("}")

    def flat_run(self, nodes, where):
        run = []
        for node in nodes:
            if isinstance(node, Var):
                run.append((node, node.where))
            elif isinstance(node, Text):
                run += self.html.feed(node.text, node.where)
            else:
                raise TemplateError(f"{where}: no statement inside tn")
        return run

    # Sentences

    def end_run(self, run):
        """Write a run of text, variables and inline tags; what has letters is one sentence."""
        if not any(isinstance(i, str) and has_letters(i) for i, _ in run):
            for item, _ in run:
                self.plain(item)
            return []
        lead, core, trail = trim(run)
        for item, _ in lead:
            self.plain(item)
        if len(parts := siblings(core)) > 1:
            for part in parts + [trail]:
                self.end_run(part)
            return []
        key, values = self.message(core)
        self.speak(self.sentences.say(key, self.lang, core[0][1])[0], values, core[0][1])
        for item, _ in trail:
            self.plain(item)
        return []

    def plain(self, item):
        if isinstance(item, Tag):
            self.tag(item)
        elif isinstance(item, Var):
            self.variable(item, "text")
        else:
            self.literal(re.sub(r"[ \t]*\n[ \t\n]*", "\n", item))

    def message(self, run):
        """The msgid of a run, and what its placeholders and tags stand for."""
        text, values, open_tags = "", {}, []
        for item, where in run:
            if isinstance(item, Tag):
                name = f"</{item.name}>" if item.closing else f"<{item.name}>"
                values.setdefault(name, []).append(item)
                text += name
                if item.closing and (not open_tags or open_tags.pop() != item.name):
                    raise TemplateError(f"{where}: </{item.name}> without its opening tag in the same sentence")
                if not item.closing and item.name != "br":
                    open_tags.append(item.name)
            elif isinstance(item, Var):
                name = "%{" + item.path + "}"
                values.setdefault(name, []).append(item)
                text += name
            else:
                text += item
        if open_tags:
            raise TemplateError(f"{run[0][1]}: <{open_tags[-1]}> is not closed in the same sentence")
        return re.sub(r"[ \t\n]+", " ", text).strip(" "), values

    def speak(self, text, values, where, context="text"):
        values, after_number = {k: list(v) for k, v in values.items()}, False
        for piece in pieces(text):
            if after_number and piece.startswith(" "):
                piece = NBSP + piece[1:]
            after_number = False
            if piece in values:
                item = values[piece].pop(0) if len(values[piece]) > 1 else values[piece][0]
                if isinstance(item, Tag):
                    self.tag(item)
                else:
                    self.variable(item, context)
                    after_number = self.resolve(item.path, where)[1] == "int" if item.path not in CONSTANTS else False
            else:
                self.literal(typography(piece) if self.lang == "fr" else piece)

    def tag(self, tag):
        self.parts(tag.parts)

    def parts(self, parts):
        for part in parts:
            if isinstance(part, str):
                self.literal(re.sub(r"\s*\n\s*", " ", part))
            elif isinstance(part, tuple):
                self.variable(*part)
            else:
                self.attribute_sentence(part)

    def attribute_sentence(self, part):
        run = [(p if isinstance(p, str) else p[0], self.page.where) for p in part]
        if not any(isinstance(i, str) and has_letters(i) for i, _ in run):
            for item in part:
                self.literal(item) if isinstance(item, str) else self.variable(*item)
            return
        key, values = self.message(run)
        self.speak(self.sentences.say(key, self.lang, self.page.where)[0], values, self.page.where, "attr")

    def variable(self, var, context):
        if var.path in CONSTANTS:
            self.literal(CONSTANTS[var.path][self.lang])
            return
        expression, kind = self.resolve(var.path, var.where)
        call = WRITERS.get((str(kind), context)) if not var.filter else FILTERS.get((str(kind), var.filter, context))
        if not call:
            raise TemplateError(f"{var.where}: {var.path} ({kind}{' | ' + var.filter if var.filter else ''}) cannot be written in {context}")
        self.line(call.format(expression, lang=self.c_lang()) + ";")

    def c_lang(self):
        return "PAGE_" + self.lang.upper()


def has_letters(text):
    return any(c.isalpha() for c in re.sub(r"&#?\w+;", "", text))


def trim(run):
    """(lead, core, trail): outer blanks, line breaks, and tags that wrap the whole sentence or begin elsewhere, set apart."""
    run, lead, trail = list(run), [], []
    while True:
        first, last = run[0][0], run[-1][0]
        if isinstance(first, str) and not first.strip() or isinstance(first, Tag) and (first.name == "br" or first.closing):
            lead.append(run.pop(0))
        elif isinstance(last, str) and not last.strip() or isinstance(last, Tag) and (last.name == "br" or not last.closing):
            trail.insert(0, run.pop())
        elif isinstance(first, Tag) and partner(run) == len(run) - 1:
            lead.append(run.pop(0))
            trail.insert(0, run.pop())
        elif isinstance(first, Tag) and partner(run) is None:
            lead.append(run.pop(0))
        elif isinstance(last, Tag) and partner_back(run) is None:
            trail.insert(0, run.pop())
        else:
            break
    if isinstance(run[0][0], str) and run[0][0][0].isspace():
        lead.append((" ", run[0][1]))
    if isinstance(run[-1][0], str) and run[-1][0][-1].isspace():
        trail.insert(0, (" ", run[-1][1]))
    return lead, run, trail


def siblings(run):
    """Elements side by side without a word between them are sentences of their own."""
    parts, depth = [[]], 0
    for item, where in run:
        if depth == 0 and (isinstance(item, Var) or isinstance(item, str) and item.strip()):
            return [run]
        if isinstance(item, Tag) and item.name != "br":
            if depth == 0:
                parts.append([])
            depth += -1 if item.closing else 1
        parts[-1].append((item, where))
    return [p for p in parts if p]


def partner(run):
    """Index of the tag that closes the first one, or None."""
    depth = 0
    for i, (item, _) in enumerate(run):
        if isinstance(item, Tag) and item.name != "br":
            depth += -1 if item.closing else 1
            if depth == 0:
                return i
    return None


def partner_back(run):
    depth = 0
    for i, (item, _) in enumerate(reversed(run)):
        if isinstance(item, Tag) and item.name != "br":
            depth += 1 if item.closing else -1
            if depth == 0:
                return i
    return None


def c_string(text):
    table = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "?": "\\?"}
    return '"' + "".join(table.get(c, c) for c in text) + '"'


def struct_of(name, fields):
    """C declarations of a page's struct; those of its lists first."""
    before, rows = [], []
    for field, kind in fields.items():
        if isinstance(kind, dict):
            before += struct_of(f"{name}_{field}", kind)
            rows.append(f"\tconst struct {name}_{field} *{field}; size_t {field}_n;")
        else:
            rows.append(f"\t{SCALARS[kind]} {field};" + {"instant": "   /* UTC seconds; 0: none */", "date": "   /* \"2026-11-24\" */"}.get(kind, ""))
    return before + [f"struct {name} {{"] + rows + ["};"]


def signature(prefix, page):
    name = f"page_{prefix}_{page.name}"
    values = f", const struct {name} *v" if page.fields else ""
    return f"void {name}(struct buf *out, const struct page_site *site{values})"


def header(prefix, pages):
    guard = f"PAGES_{prefix.upper()}_H"
    out = [f"/* The pages of {prefix}, written by tools/page_compiler.py from the templates; do not edit. */",
           f"#ifndef {guard}", f"#define {guard}", '#include "base/page.h"', ""]
    for page in pages:
        if page.fields:
            out += struct_of(f"page_{prefix}_{page.name}", page.fields)
        out += [signature(prefix, page) + ";", ""]
    return "\n".join(out + ["#endif", ""])


def source(prefix, pages, writers, header_name):
    out = [f"/* The pages of {prefix}, written by tools/page_compiler.py from the templates; do not edit. */",
           f'#include "{header_name}"', ""]
    for page in pages:
        head = signature(prefix, page)
        name = f"page_{prefix}_{page.name}"
        for lang in LANGUAGES:
            out += [f"static {head.replace(name + '(', name + '_' + lang + '(')}", "{"] + writers[page.name, lang].lines + ["}", ""]
        call = f"(out, site{', v' if page.fields else ''});"
        out += [head, "{", "\tif (site->lang == PAGE_EN)", f"\t\t{name}_en{call}", "\telse", f"\t\t{name}_fr{call}", "}", ""]
    return "\n".join(out)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--prefix", required=True)
    arguments.add_argument("--out-c", required=True)
    arguments.add_argument("--out-h", required=True)
    arguments.add_argument("--po", action="append", default=[], help="catalogue into English; may repeat")
    arguments.add_argument("--shared-po", action="append", default=[], help="the same, of pieces that not everybody uses; may repeat")
    arguments.add_argument("--shared", action="append", default=[], help="folder of layouts and shared pieces")
    arguments.add_argument("template", nargs="+")
    o = arguments.parse_args()
    try:
        translations = Catalogue()
        for path in o.po:
            translations.load(path)
        for path in o.shared_po:
            translations.load(path, shared=True)
        folders = [os.path.dirname(t) or "." for t in o.template] + o.shared
        reader, sentences = Reader(list(dict.fromkeys(folders))), Sentences(translations)
        pages = [reader.page(path) for path in o.template]
        writers = {(p.name, lang): Writer(p, o.prefix, lang, sentences) for p in pages for lang in LANGUAGES}
        bad = translations.check(sentences.wanted)
    except (TemplateError, CatalogueError, OSError) as e:
        sys.exit(f"page_compiler: {e}")
    if bad:
        sys.exit("page_compiler: " + "\n".join(bad))
    with open(o.out_h, "w", encoding="utf-8") as f:
        f.write(header(o.prefix, pages))
    with open(o.out_c, "w", encoding="utf-8") as f:
        f.write(source(o.prefix, pages, writers, os.path.basename(o.out_h)))


if __name__ == "__main__":
    main()
