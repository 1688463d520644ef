"""The figures as a picture: SVG of our own writing, which follows the reader's choice of light or dark."""
import html
import math

from report import TARGETS

WIDTH, LEFT, RIGHT, TOP, ROW, BAR = 860, 160, 150, 116, 34, 14
SMALL = 10                              # a peer's bar
LOWEST, HIGHEST = 1, 200000            # operations a second, at the two ends of the scale
STYLE = """
:root{--paper:#fff;--ink:#1b1f24;--soft:#5b6570;--line:#d8dde3;--ours:#0b5c61;--peer:#b3671b;--limit:#7a4fa3;--bad:#b3261e}
@media (prefers-color-scheme:dark){:root{--paper:#14181c;--ink:#e8ecf0;--soft:#a0abb6;--line:#343c44;--ours:#4fb8be;--peer:#e0a15c;--limit:#b998dc;--bad:#ff8a80}}
.paper{fill:var(--paper)}.ours{fill:var(--ours)}.peer{fill:var(--peer)}.bad{fill:var(--bad)}
.grid{stroke:var(--line);stroke-width:1}.limit{stroke:var(--limit);stroke-width:2}.target{stroke:var(--ink);stroke-width:2;stroke-dasharray:2 2}
text{font:13px system-ui,sans-serif;fill:var(--ink);paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}.soft{fill:var(--soft);font-size:12px}.title{font-size:16px;font-weight:600}
"""


def x_of(per_second):
    share = math.log10(max(per_second, LOWEST) / LOWEST) / math.log10(HIGHEST / LOWEST)
    return LEFT + (WIDTH - LEFT - RIGHT) * min(share, 1)


def number(n):
    """Three figures that can be trusted, thousands apart."""
    digits = max(0, len(str(int(n))) - 3)
    return f"{round(n, -digits):,.0f}".replace(",", "\u202f")


def text(x, y, words, kind="", anchor="start"):
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}"' + (f' class="{kind}"' if kind else "") + f">{html.escape(words)}</text>"


def bar(y, height, cell, kind, label):
    end = x_of(cell["per_second"])
    kind = "bad" if cell["lost"] else kind
    return [f'<rect class="{kind}" x="{LEFT}" y="{y:.0f}" width="{max(end - LEFT, 1):.1f}" height="{height}" rx="2"/>',
            text(end + 8, y + height - 2, label, "" if kind == "ours" else "soft")]


def mark(y, per_second, kind):
    return f'<line class="{kind}" x1="{x_of(per_second):.1f}" x2="{x_of(per_second):.1f}" y1="{y - 4}" y2="{y + BAR + 4}"/>'


def scale(bottom):
    out, step = [], LOWEST
    while step <= HIGHEST:
        out += [f'<line class="grid" x1="{x_of(step):.1f}" x2="{x_of(step):.1f}" y1="{TOP - 8}" y2="{bottom}"/>',
                text(x_of(step), TOP - 14, number(step), "soft", "middle")]
        step *= 10
    return out


def head(doc):
    m = doc["machine"]
    return [text(16, 28, "Operations a second on one core", "title"),
            text(16, 48, f"{doc['date']} · {m['cpu']}, the server on one core · median of {doc['rounds']} round(s) of {doc['seconds']:g} s · logarithmic", "soft"),
            '<line class="limit" x1="16" x2="16" y1="58" y2="72"/>', text(24, 70, "limit of the signature, hash or disk alone", "soft"),
            '<line class="target" x1="290" x2="290" y1="58" y2="72"/>', text(298, 70, "target", "soft"),
            f'<rect class="peer" x="360" y="60" width="14" height="{SMALL}" rx="2"/>', text(380, 70, "another implementation, same operation", "soft")]


def rows(doc):
    out, y = [], TOP + 8
    ours = [c for c in doc["cells"] if (c["who"], c["variant"]) == ("guichet", "base")]
    for c in ours:
        out.append(text(LEFT - 12, y + BAR - 2, c["case"], "", "end"))
        if "limit" in c:
            out.append(mark(y, c["limit"]["per_second"], "limit"))
        if c["case"] in TARGETS:
            out.append(mark(y, TARGETS[c["case"]], "target"))
        out += bar(y, BAR, c, "ours", number(c["per_second"]))
        y += BAR + 4
        for p in doc["cells"]:
            # Theirs have no hash to compute at a sign-in: no comparison.
            if p["who"] != "guichet" and p["case"] == c["case"] != "login":
                out += bar(y, SMALL, p, "peer", f"{number(p['per_second'])} {p['who']}")
                y += SMALL + 4
        y += ROW - BAR - 4
    return out, y


def write(path, doc):
    body, bottom = rows(doc)
    bottom += 16
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom}" width="{WIDTH}" height="{bottom}" role="img" '
             'aria-label="Operations a second on one core, by case">',
             f"<style>{STYLE}</style>", f'<rect class="paper" width="{WIDTH}" height="{bottom}"/>', *head(doc), *scale(bottom - 12), *body, "</svg>"]
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")
