#!/usr/bin/env python3
"""test_page_compiler.py - what the page compiler refuses, and what its C really prints.

    test_page_compiler.py ROOT [CC]      ROOT: the source tree
"""
import os
import subprocess
import sys
import tempfile
import unittest

ROOT, CC = sys.argv[1], (sys.argv[2:] or ["cc"])[0]
BASE = ["page.c", "str.c", "err.c", "arena.c", "clock.c"]
HEAD = '{# page p (name str, url str, n int, yes bool, at instant, day date, items list(label str, ok bool)) #}\n'
MAIN = r"""
#include <stdio.h>
#include "t_pages.h"
int main(int argc, char **argv)
{
	struct page_site site = { .lang = argc > 1, .town = STR("V<i>lle") };
	struct page_t_p_items items[] = { { STR("un & deux"), true }, { STR("trois"), false } };
	struct page_t_p v = { .name = STR("<b>\"x\""), .url = STR("javascript:x"), .n = N, .yes = true, .at = 1795513320,
		.day = STR("1954-03-12"), .items = items, .items_n = 2 };
	struct buf out;

	(void)argv;
	buf_init(&out, 1 << 20);
	page_t_p(&out, &site, &v);
	fwrite(out.p, 1, out.n, stdout);
	buf_done(&out);
	return 0;
}
"""


def po(*entries):
    out = ""
    for e in entries:
        if len(e) == 2:
            out += f'msgid "{e[0]}"\nmsgstr "{e[1]}"\n\n'
        else:
            out += f'msgid "{e[0]}"\nmsgid_plural "{e[1]}"\nmsgstr[0] "{e[2]}"\nmsgstr[1] "{e[3]}"\n\n'
    return out


class Compiler(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)

    def compile(self, body, catalogue="", head=HEAD, **others):
        self.write("p.html", head + body)
        self.write("en.po", catalogue)
        for name, text in others.items():
            self.write(name + ".html", text)
        return subprocess.run(
            [sys.executable, os.path.join(ROOT, "tools/page_compiler.py"), "--prefix", "t", "--po", self.path("en.po"),
             "--out-c", self.path("t_pages.c"), "--out-h", self.path("t_pages.h"), self.path("p.html")],
            capture_output=True, text=True, check=False)

    def refused(self, body, because, catalogue="", head=HEAD, **others):
        result = self.compile(body, catalogue, head, **others)
        self.assertNotEqual(result.returncode, 0, "accepted: " + body)
        self.assertIn(because, result.stderr)
        self.assertNotIn("Traceback", result.stderr)
        self.assertFalse(os.path.exists(self.path("t_pages.c")))
        return result.stderr

    def printed(self, body, catalogue="", english=False, n=3, **others):
        result = self.compile(body, catalogue, **others)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.write("main.c", MAIN.replace("= N,", f"= {n},"))
        sources = [self.path("t_pages.c"), self.path("main.c")] + [os.path.join(ROOT, "base", f) for f in BASE]
        build = subprocess.run([*CC.split(), "-std=gnu17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter",
                                "-I" + ROOT, "-I" + self.folder.name, "-o", self.path("main"), *sources],
                               capture_output=True, text=True, check=False)
        self.assertEqual(build.returncode, 0, build.stderr)
        return subprocess.run([self.path("main")] + ["en"] * english, capture_output=True, check=True).stdout.decode().strip()

    def test_a_french_text_without_translation_is_refused_and_all_are_listed(self):
        text = self.refused("<p>Bonjour</p>\n<p>Merci <b>{{ name }}</b></p>", 'msgid "Bonjour"')
        self.assertIn('msgid "Merci <b>%{name}</b>"', text)
        self.assertIn("p.html:2", text)
        self.assertIn("p.html:3", text)

    def test_a_stale_translation_is_refused(self):
        self.refused("<p>1</p>", "stale", po(("Bonjour", "Hello")))

    def test_an_empty_or_fuzzy_translation_is_refused(self):
        self.refused("<p>Bonjour</p>", "without an English", po(("Bonjour", "")))
        self.refused("<p>Bonjour</p>", "without an English", "#, fuzzy\n" + po(("Bonjour", "Hello")))

    def test_a_translation_that_loses_a_placeholder_or_a_tag_is_refused(self):
        self.refused("<p>Merci {{ name }}</p>", "differ", po(("Merci %{name}", "Thanks")))
        self.refused("<p>Merci <b>bien</b></p>", "differ", po(("Merci <b>bien</b>", "Many thanks")))

    def test_the_same_sentence_twice_in_a_catalogue_is_refused(self):
        self.refused("<p>Bonjour</p>", "again", po(("Bonjour", "Hello"), ("Bonjour", "Hi")))

    def test_a_variable_where_it_cannot_be_escaped_is_refused(self):
        for body, because in (
                ("<p class={{ name }}>1</p>", "quoted attribute"), ("<p class='{{ name }}'>1</p>", "double quotes"),
                ("<p {{ name }}>1</p>", "variable may stand"), ("<{{ name }}>1</p>", "variable may stand"),
                ('<p onclick="{{ name }}">1</p>', "onclick"), ('<p style="{{ name }}">1</p>', "style"),
                ("<script>{{ name }}</script>", "script"), ("<style>{{ name }}</style>", "style"),
                ("<!-- {{ name }} -->", "!--"), ('<p title="{{ yes }}">1</p>', "cannot be written"),
                ("<p>{{ yes }}</p>", "cannot be written"), ("<p>{{ items }}</p>", "cannot be written")):
            with self.subTest(body):
                self.refused(body, because)

    def test_what_does_not_exist_is_refused(self):
        for body, because in (
                ("<p>{{ nobody }}</p>", "no variable"), ("<p>{{ site.secret }}</p>", "no variable"),
                ("<p>{{ item.label }}</p>", "no variable"), ("{% for i in name %}1{% endfor %}", "not a list"),
                ("{% if nobody %}1{% endif %}", "no variable"), ("{% while 1 %}", "unknown statement"),
                ("{% if yes %}1", "ends before"), ('{% include "no.html" %}', "no template"),
                ("<p>{{ name | upper }}</p>", "cannot be written"), ("{% if name == 3 %}1{% endif %}", "cannot be compared"),
                ("{% tn name %}1{% plural %}2{% endtn %}", "not a number"), ('<p class="', "ends inside")):
            with self.subTest(body):
                self.refused(body, because)

    def test_branches_must_end_in_the_same_place_of_the_html(self):
        self.refused('<p {% if yes %}class="{% endif %}x">1</p>', "branches end")
        self.refused("{% for i in items %}<p {% endfor %}>", "loop ends")

    def test_a_sentence_cut_in_the_middle_of_an_element_is_refused(self):
        self.refused("<p>Un <b>mot{% if yes %}1{% endif %}</b></p>", "not closed", po(("Un", "A")))

    def test_a_file_without_a_declaration_or_with_a_bad_one_is_refused(self):
        self.refused("<p>1</p>", "first line", head="")
        self.refused("<p>1</p>", "unknown type", head="{# page p (a float) #}\n")
        self.refused("<p>1</p>", "variables", head="{# page p (a str, a str) #}\n")
        self.refused("<p>1</p>", "without its )", head="{# page p (a list(b str) #}\n")

    def test_text_outside_of_the_blocks_of_a_layout_is_refused(self):
        self.refused('{% layout "l.html" %}<p>1</p>', "outside of every block", l="{% block main %}{% endblock %}")
        self.refused('{% layout "l.html" %}{% block other %}1{% endblock %}', "no block other", l="{% block main %}{% endblock %}")

    def test_variables_are_escaped_by_context(self):
        self.assertEqual(
            self.printed('<a href="{{ url }}" title="{{ name }}">{{ name }}</a><a href="/x?n={{ name }}">{{ site.town }}</a>'),
            '<a href="#" title="&lt;b&gt;&quot;x&quot;">&lt;b&gt;"x"</a>'
            '<a href="/x?n=%3Cb%3E%22x%22">V&lt;i&gt;lle</a>')

    def test_dates_and_instants_are_written_in_words(self):
        self.assertEqual(self.printed('<p>{{ day }}</p><p>{{ at | day }}</p><p title="{{ day }}">{{ at }}</p>', english=True),
                         '<p>12\u00a0March 1954</p><p>24\u00a0November 2026</p>'
                         '<p title="1954-03-12">24\u00a0November 2026 at 10:42</p>')

    def test_conditions_and_loops(self):
        body = ('{% for i in items %}<p{% if i.ok %} class="ok"{% endif %}>{{ i.label }}</p>{% endfor %}'
                '{% if not yes %}1{% elif n == 3 %}3{% else %}2{% endif %}{% if url and name %}4{% endif %}'
                '{% if name == "x" %}5{% endif %}')
        self.assertEqual(self.printed(body), '<p class="ok">un &amp; deux</p><p>trois</p>34')

    def test_a_sentence_is_translated_whole_and_its_parts_may_move(self):
        body = '<p lang="{{ lang }}">Merci <b class="x">{{ name }}</b>, à vous <i>!</i></p>'
        catalogue = po(("Merci <b>%{name}</b>, à vous", "<b>%{name}</b>, thank you"))
        english = self.printed(body, catalogue, english=True)
        self.assertIn('<p lang="en"><b class="x">&lt;b&gt;"x"</b>, thank you', english)
        self.assertIn('<p lang="fr">Merci <b class="x">', self.printed(body, catalogue))

    def test_attributes_that_people_hear_are_translated(self):
        self.assertEqual(self.printed('<nav aria-label="Votre compte"></nav>', po(("Votre compte", "Your account")), english=True),
                         '<nav aria-label="Your account"></nav>')

    def test_french_counts_zero_as_one_and_english_does_not(self):
        body = "<p>{% tn n %}{{ n }} demande{% plural %}{{ n }} demandes{% endtn %}</p>"
        catalogue = po(("%{n} demande", "%{n} demandes", "%{n} request", "%{n} requests"))
        for n, french, english in ((0, "0 demande", "0 requests"), (1, "1 demande", "1 request"), (2, "2 demandes", "2 requests")):
            self.assertEqual(self.printed(body, catalogue, n=n), f"<p>{french}</p>".replace(" ", "\u00a0"))
            self.assertEqual(self.printed(body, catalogue, n=n, english=True), f"<p>{english}</p>".replace(" ", "\u00a0"))

    def test_french_spaces_do_not_break(self):
        self.assertEqual(self.printed("<p>Quoi ? « Oui » : 5 jours</p>", po(("Quoi ? « Oui » : 5 jours", "x"))),
                         "<p>Quoi\u202f? «\u202fOui\u202f»\u00a0: 5\u00a0jours</p>")

    def test_layouts_blocks_and_pieces(self):
        body = '{% layout "l.html" %}{% block main %}<p>{% include "bit.html" %}</p>{% endblock %}'
        self.assertEqual(self.printed(body, l="<t>{% block title %}0{% endblock %}</t>{% block main %}{% endblock %}", bit="{{ n }}"),
                         "<t>0</t><p>3</p>")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
