"""The language of the page templates: reading them into nodes, and where in HTML one stands.

    {# page login (refused bool, name str, items list(label str, day date)) #}    first line: name and variables
    {% layout "layout.html" %}  {% block main %}...{% endblock %}  {% include "delay.html" %}
    {{ name }}  {{ received_s | day }}
    {% if refused and not name %}...{% elif status == 404 %}...{% else %}...{% endif %}
    {% for item in items %}...{% endfor %}
    {% tn count %}une demande{% plural %}{{ count }} demandes{% endtn %}

Text needs no mark: every run of text and inline tags inside a block is one sentence to translate.
"""
import os
import re
from dataclasses import dataclass, field

TOKEN = re.compile(r"(\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\})", re.S)
NAME = r"[a-z][a-z0-9_]*"
PATH = rf"{NAME}(?:\.{NAME})?"
SCALARS = {"bool": "bool", "str": "struct str", "int": "int64_t", "instant": "int64_t", "date": "struct str"}


class TemplateError(Exception):
    pass


@dataclass
class Node:
    where: str


@dataclass
class Text(Node):
    text: str


@dataclass
class Var(Node):
    path: str
    filter: str = ""


@dataclass
class If(Node):
    branches: list = field(default_factory=list)      # (condition text, nodes); "" is else


@dataclass
class For(Node):
    name: str = ""
    list: str = ""
    body: list = field(default_factory=list)


@dataclass
class Plural(Node):
    count: str = ""
    one: list = field(default_factory=list)
    many: list = field(default_factory=list)


@dataclass
class Block(Node):
    name: str = ""
    body: list = field(default_factory=list)


@dataclass
class Boundary(Node):
    """Where a block began or ended: no sentence reaches across."""


@dataclass
class Page:
    name: str
    fields: dict                                       # name -> type: a word of SCALARS, or a dict for a list
    nodes: list
    where: str


def parse_fields(text, where):
    """"a bool, b list(c str)" -> {"a": "bool", "b": {"c": "str"}}"""
    fields, rest = {}, text.strip()
    while rest:
        match = re.match(rf"({NAME})\s+(list\s*\(|{NAME})", rest)
        if not match or match.group(1) in fields:
            raise TemplateError(f"{where}: cannot read the variables at: {rest[:40]}")
        name, kind = match.group(1), match.group(2)
        rest = rest[match.end():]
        if kind.startswith("list"):
            depth, at = 1, 0
            while depth and at < len(rest):
                depth += {"(": 1, ")": -1}.get(rest[at], 0)
                at += 1
            if depth:
                raise TemplateError(f"{where}: list( without its )")
            fields[name], rest = parse_fields(rest[:at - 1], where), rest[at:]
        elif kind in SCALARS:
            fields[name] = kind
        else:
            raise TemplateError(f"{where}: unknown type {kind} of {name}")
        rest = rest.strip()
        if rest and not rest.startswith(","):
            raise TemplateError(f"{where}: a comma is expected before: {rest[:40]}")
        rest = rest[1:].strip()
    return fields


class Reader:
    """Reads templates; a name is looked up in each folder in turn: the engine's own, then the shared ones."""

    def __init__(self, folders):
        self.folders = folders

    def find(self, name, where):
        for folder in self.folders:
            path = os.path.join(folder, name)
            if os.path.exists(path):
                return path
        raise TemplateError(f"{where}: no template {name} in {', '.join(self.folders)}")

    def page(self, path):
        with open(path, encoding="utf-8") as f:
            text = f.read()
        where = f"{path}:1"
        match = re.match(rf"\{{#\s*page\s+({NAME})\s*\((.*?)\)\s*#\}}\s*\n", text, re.S)
        if not match:
            raise TemplateError(f"{where}: the first line must be {{# page NAME (variables) #}}")
        nodes = self.parse(path, [])
        layout = next((n for n in nodes if isinstance(n, tuple)), None)
        if layout:
            nodes = self.in_layout(layout, nodes)
        return Page(match.group(1), parse_fields(match.group(2), where), self.flat(nodes, {}), where)

    def in_layout(self, layout, nodes):
        blocks = {}
        for node in nodes:
            if isinstance(node, Block):
                blocks[node.name] = node.body
            elif not isinstance(node, tuple) and not (isinstance(node, Text) and not node.text.strip()):
                raise TemplateError(f"{node.where}: outside of every block")
        name, where = layout
        outer = self.parse(self.find(name, where), [])
        known = set(self.block_names(outer))
        for name in blocks:
            if name not in known:
                raise TemplateError(f"{where}: the layout has no block {name}")
        return self.flat(outer, blocks)

    def block_names(self, nodes):
        for node in nodes:
            if isinstance(node, Block):
                yield node.name
            for child in children(node):
                yield from self.block_names(child)

    def flat(self, nodes, blocks):
        """Without Block nodes: each replaced by the page's version, or by its own default."""
        out = []
        for node in nodes:
            if isinstance(node, Block):
                edge = Boundary(node.where)
                out += [edge, *self.flat(blocks.get(node.name, node.body), blocks), edge]
                continue
            if isinstance(node, If):
                node.branches = [(c, self.flat(b, blocks)) for c, b in node.branches]
            elif isinstance(node, For):
                node.body = self.flat(node.body, blocks)
            out.append(node)
        return out

    def parse(self, path, stack):
        if path in stack:
            raise TemplateError(f"{path}: includes itself")
        with open(path, encoding="utf-8") as f:
            text = f.read()
        tokens, line = [], 1
        for part in TOKEN.split(text):
            if part and not part.startswith("{#"):
                tokens.append((part, f"{path}:{line}"))
            line += part.count("\n")
        nodes, end = self.body(tokens, stack + [path], ())
        assert end is None and not tokens
        return nodes

    def body(self, tokens, stack, until):
        """Nodes up to one of the words of `until`, which is taken: (nodes, (word, argument, where))."""
        nodes = []
        while tokens:
            text, where = tokens.pop(0)
            if text.startswith("{{"):
                match = re.fullmatch(rf"\{{\{{\s*({PATH})\s*(?:\|\s*({NAME})\s*)?\}}\}}", text)
                if not match:
                    raise TemplateError(f"{where}: cannot read {text}")
                nodes.append(Var(where, match.group(1), match.group(2) or ""))
            elif text.startswith("{%"):
                word, _, argument = text[2:-2].strip().partition(" ")
                if word in until:
                    return nodes, (word, argument.strip(), where)
                nodes += self.statement(word, argument.strip(), where, tokens, stack)
            else:
                nodes.append(Text(where, text))
        if until:
            raise TemplateError(f"{stack[-1]}: the file ends before {' or '.join(until)}")
        return nodes, None

    def statement(self, word, argument, where, tokens, stack):
        if word == "include":
            path = self.find(argument.strip('"'), where)
            return self.parse(path, stack)
        if word == "layout":
            return [(argument.strip('"'), where)]
        if word == "block":
            body, _ = self.body(tokens, stack, ("endblock",))
            return [Block(where, argument, body)]
        if word == "if":
            return [self.read_if(argument, where, tokens, stack)]
        if word == "for":
            match = re.fullmatch(rf"({NAME})\s+in\s+({PATH})", argument)
            if not match:
                raise TemplateError(f"{where}: for NAME in LIST is expected")
            body, _ = self.body(tokens, stack, ("endfor",))
            return [For(where, match.group(1), match.group(2), body)]
        if word == "tn":
            one, _ = self.body(tokens, stack, ("plural",))
            many, _ = self.body(tokens, stack, ("endtn",))
            return [Plural(where, argument, one, many)]
        raise TemplateError(f"{where}: unknown statement {word}")

    def read_if(self, argument, where, tokens, stack):
        node, condition = If(where), argument
        while True:
            body, (word, argument, at) = self.body(tokens, stack, ("elif", "else", "endif"))
            node.branches.append((condition, body))
            if word == "endif":
                return node
            if condition == "":
                raise TemplateError(f"{at}: {word} after else")
            condition = argument if word == "elif" else ""


def children(node):
    if isinstance(node, If):
        return [b for _, b in node.branches]
    if isinstance(node, (For, Block)):
        return [node.body]
    return []


INLINE = {"a", "strong", "b", "em", "abbr", "span", "small", "br", "code", "time", "kbd"}
URL_ATTRIBUTES = {"href", "src", "action", "formaction"}
TEXT_ATTRIBUTES = {"alt", "title", "placeholder", "aria-label"}


@dataclass
class Tag:
    """One tag as written; parts are literal text, (Var, context), or a list of both: a translated attribute."""
    name: str = ""
    closing: bool = False
    parts: list = field(default_factory=list)
    partial: bool = False          # a statement stands inside: it came out in pieces


class Html:
    """Where in the HTML the next byte will be. Refuses what cannot be escaped safely."""

    def __init__(self):
        self.state, self.tag, self.attribute, self.value_at = "text", None, "", 0
        self.sentence = None       # the translated attribute being read

    def place(self):
        inside = self.state == "value"
        return ("tag" if self.state in ("name done", "attribute name", "tag name") else self.state, self.attribute if inside else "", inside and self.value_at > 0)

    def context(self, where):
        if self.state == "text":
            return "text"
        if self.state != "value":
            raise TemplateError(f"{where}: a variable may stand in text or in a quoted attribute only (here: {self.state})")
        if self.attribute in URL_ATTRIBUTES:
            return "url_part" if self.value_at else "url"
        return "attr"

    def variable(self, var):
        context = self.context(var.where)
        (self.tag.parts if self.sentence is None else self.sentence).append((var, context))
        self.value_at += 1

    def interrupt(self, where):
        """A statement begins inside a tag: what was read of the tag so far, to be written now."""
        if self.sentence is not None:
            raise TemplateError(f"{where}: a statement inside the sentence of {self.attribute}")
        if self.state in ("attribute name", "tag name") and self.tag.name:
            self.state = "name done"
        parts, self.tag.parts, self.tag.partial = self.tag.parts, [], True
        return parts

    def literal(self, c):
        if isinstance(self.tag.parts[-1] if self.tag.parts else None, str):
            self.tag.parts[-1] += c
        else:
            self.tag.parts.append(c)

    def feed(self, text, where):
        """Yields (text or Tag, where it begins); an unfinished tag stays in self.tag."""
        path, _, first = where.rpartition(":")

        def at(i):
            blank = len(text[i:]) - len(text[i:].lstrip())
            return f"{path}:{int(first) + text.count(chr(10), 0, i + blank)}"

        start = 0
        for i, c in enumerate(text):
            if self.state == "text":
                if c != "<":
                    continue
                if i > start:
                    yield text[start:i], at(start)
                start = i
                self.state, self.tag, self.attribute = "tag name", Tag(), ""
                self.literal(c)
                continue
            if self.sentence is not None and c != '"':
                self.sentence.append(c)
                continue
            if self.sentence is not None:
                self.tag.parts.append(self.sentence)
                self.sentence = None
            self.literal(c)
            self.step(c, at(i))
            if self.state == "text":
                tag, self.tag, begin, start = self.tag, None, start, i + 1
                yield tag, at(begin)
        if self.state == "text" and start < len(text):
            yield text[start:], at(start)

    def step(self, c, where):
        if self.state == "value":
            if c == '"':
                self.state = "tag"
            else:
                self.value_at += 1
            return
        if c == ">":
            if self.state in ("before value", "unquoted value"):
                raise TemplateError(f"{where}: attribute {self.attribute} must be in double quotes")
            self.state = "text"
        elif self.state == "tag name":
            self.step_tag_name(c, where)
        elif self.state == "before value":
            if c != '"':
                raise TemplateError(f"{where}: attribute {self.attribute} must be in double quotes")
            self.state, self.value_at = "value", 0
            self.sentence = [] if self.attribute in TEXT_ATTRIBUTES else None
        elif self.state == "name done" and not c.isspace() and c != "/":
            raise TemplateError(f"{where}: a blank is expected after {self.attribute or self.tag.name}")
        elif self.state in ("tag", "name done"):
            self.state = "tag"
            if not c.isspace() and c != "/":
                self.state, self.attribute = "attribute name", c
        elif self.state == "attribute name":
            self.step_attribute_name(c, where)

    def step_tag_name(self, c, where):
        if c == "/" and not self.tag.name:
            self.tag.closing = True
        elif c.isspace() or c == "/":
            self.state = "tag"
        else:
            self.tag.name += c.lower()
        if self.tag.name in ("script", "style", "!--"):
            raise TemplateError(f"{where}: <{self.tag.name} has no place in a page")

    def step_attribute_name(self, c, where):
        if c == "=":
            if self.attribute.startswith("on") or self.attribute in ("style", "srcdoc"):
                raise TemplateError(f"{where}: attribute {self.attribute} has no place in a page")
            self.state = "before value"
        elif c.isspace() or c == "/":
            self.state = "tag"
        else:
            self.attribute += c.lower()
