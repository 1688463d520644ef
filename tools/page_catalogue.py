"""Catalogues of translations (.po files) and French typography, for page_compiler.py.

The French sentence of a template is the msgid. Only what the templates need is read: msgid, msgid_plural,
msgstr, comments. A fuzzy entry counts as untranslated: a doubtful sentence must not reach a citizen.
"""
import re

PIECE = re.compile(r"(%\{[^}]*\}|</?[a-z][a-z0-9]*>)")
NNBSP, NBSP = "\u202f", "\u00a0"


class CatalogueError(Exception):
    pass


def pieces(message):
    """The sentence cut at its placeholders %{name} and its tags <a>, </a>."""
    return [p for p in PIECE.split(message) if p]


def shape(message):
    """What a translation must keep: placeholders and tags, in whatever order."""
    return sorted(p for p in pieces(message) if PIECE.fullmatch(p))


def typography(text):
    """No-break spaces where French printing wants them and nobody can type them."""
    text = re.sub(r" (?=[?!;»])", NNBSP, text)
    text = re.sub(r"(?<=«) ", NNBSP, text)
    text = re.sub(r" (?=:)", NBSP, text)
    text = re.sub(r"(?<=\d) (?=\d{2,3}(?!\d))", NNBSP, text)
    text = re.sub(r"(?<=\d) (?=[a-zà-ÿ])", NBSP, text)
    return re.sub(r"\b(art\.|[LR]\.|n°) (?=\S)", lambda m: m.group(1) + NBSP, text)


def quote(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def unquote(text, where):
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        raise CatalogueError(f"{where}: a string in double quotes is expected")
    return re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m.group(1), m.group(1)), text[1:-1])


class Catalogue:
    """entries: msgid, or (msgid, msgid_plural) -> list of translations."""

    def __init__(self):
        self.entries, self.where, self.shared = {}, {}, set()

    def load(self, path, shared=False):
        before = set(self.entries)
        self.read(path)
        if shared:
            self.shared |= set(self.entries) - before

    def read(self, path):
        field, entry, fuzzy, start = None, {}, False, 0
        with open(path, encoding="utf-8") as f:
            lines = f.read().split("\n") + [""]
        for number, line in enumerate(lines, 1):
            line, where = line.strip(), f"{path}:{number}"
            if line.startswith("#"):
                fuzzy = fuzzy or (line.startswith("#,") and "fuzzy" in line)
                continue
            match = re.match(r'(msgid_plural|msgid|msgstr(?:\[[01]\])?)\s+(".*)$', line)
            if match and match.group(1) == "msgid" or not line:
                if entry:
                    self.add(entry, f"{path}:{start}")
                    entry, fuzzy = {}, False
            if match:
                field, start = match.group(1), start if entry else number
                entry[field] = unquote(match.group(2), where)
                if fuzzy and field == "msgid":
                    entry["fuzzy"] = "yes"
            elif line.startswith('"') and field:
                entry[field] += unquote(line, where)
            elif line:
                raise CatalogueError(f"{where}: cannot be read: {line}")

    def add(self, entry, where):
        if entry.get("msgid", "") == "":
            return
        key, texts = entry["msgid"], [entry.get("msgstr", "")]
        if "msgid_plural" in entry:
            key = (key, entry["msgid_plural"])
            texts = [entry.get("msgstr[0]", ""), entry.get("msgstr[1]", "")]
        if key in self.entries:
            raise CatalogueError(f"{where}: the same sentence again (first at {self.where[key]})")
        if "fuzzy" in entry:
            texts = [""]
        self.entries[key], self.where[key] = texts, where

    def check(self, wanted):
        """All complaints at once: untranslated (as .po text to paste), misshapen, stale."""
        bad = []
        missing = [k for k in wanted if not all(self.entries.get(k, [""]))]
        if missing:
            bad.append("without an English translation (paste into the catalogue and fill in):")
            bad += [blank_entry(k, wanted[k]) for k in missing]
        for key in wanted:
            for source, text in zip(key if isinstance(key, tuple) else (key,), self.entries.get(key, [])):
                if not text or shape(source) == shape(text) or isinstance(key, tuple) and set(shape(text)) <= set(shape(source)):
                    continue
                bad.append(f"{self.where[key]}: placeholders and tags differ from the French: {shape(source)} against {shape(text)}")
        bad += [f"{w}: stale, no template says: {k}" for k, w in self.where.items() if k not in wanted and k not in self.shared]
        return bad

    def get(self, key):
        return self.entries[key]


def blank_entry(key, where):
    if isinstance(key, tuple):
        return (f"#: {where}\nmsgid {quote(key[0])}\nmsgid_plural {quote(key[1])}\n"
                'msgstr[0] ""\nmsgstr[1] ""\n')
    return f'#: {where}\nmsgid {quote(key)}\nmsgstr ""\n'
