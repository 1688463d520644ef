/* page.h - what every generated page calls: escaping by context, dates and numbers in words.
 *
 * tools/page_compiler.py turns the templates of base/pages, idp/pages and services/NAME/pages into
 * C functions that take a struct page_site (the town, the reader's language, who is signed in) and a
 * struct of the page's own values, and append a whole HTML document to a buf. Nothing here allocates
 * beyond that buf, knows HTTP, or reads a clock.
 */
#ifndef BASE_PAGE_H
#define BASE_PAGE_H
#include "base/arena.h"

enum page_lang { PAGE_FR, PAGE_EN, PAGE_LANG_COUNT };     /* same numbers as enum http_lang */

/* One entry of a daemon's own navigation. */
struct page_link { struct str name, url; bool here; };

/* What all pages of a daemon show. Everything is borrowed; empty means "none", and the page does
 * without. Texts that the town wrote (place, hours) are in French in both languages. */
struct page_site {
	int lang;                     /* enum page_lang */
	struct str town;              /* "Ville de Sérigny" */
	struct str place;             /* "Hôtel de ville, 2 place de l’Hôtel-de-Ville" */
	struct str phone;             /* "02 40 00 00 00" */
	struct str hours;             /* "du lundi au samedi matin" */
	struct str logo_url;          /* "/logo.svg", or empty: the mark that the layout draws */
	struct str css_url;           /* "/guichet.css" */
	struct str service;           /* "Élections", "Compte citoyen": in the reader's language */
	struct str signed_in;         /* the citizen's name when there is a session */
	struct str logout_url;        /* where "Se déconnecter" posts; empty: not shown */
	struct str csrf;              /* goes with it, as the hidden field csrf; empty: none */
	struct str lang_url;          /* this very page in the other language ("?lang=en") */
	const struct page_link *nav; size_t nav_n;   /* for layouts that have one */
	struct str request_id;        /* shown on error pages; "@@REQUEST_ID@@" in those that a front keeps */
};

/* Escaping. Each appends to out; input is UTF-8. */
void page_text(struct buf *out, struct str s);            /* between tags */
void page_attr(struct buf *out, struct str s);            /* between quotes */
/* A whole URL between quotes: http:, https:, mailto:, tel:, or one beginning with / ? # of our own
 * (not //, which would be another host's); anything else becomes "#". */
void page_url(struct buf *out, struct str s);
void page_url_part(struct buf *out, struct str s);        /* inside a URL: percent-encoded */
void page_digits(struct buf *out, struct str s);          /* + and digits only: tel: links */
/* page_text() with no-break spaces between digits: "appelez le 02 40 00 00 00"; a French telephone number that
 * has no blanks is put in pairs. */
void page_grouped(struct buf *out, struct str s);
/* Not escaped at all: only for HTML that this program wrote itself. */
void page_raw_trusted_html(struct buf *out, struct str s);

/* 4817 as "4 817" (narrow no-break space) or "4,817". */
void page_number(struct buf *out, int lang, int64_t v);
/* Which form of a plural: French counts 0 as one, English does not. */
bool page_is_plural(int lang, int64_t n);

/* An instant as the clocks of Paris show it (EU directive 2000/84/EC: summer time from the last
 * Sunday of March to the last Sunday of October, both at 01:00 UTC). */
struct page_local { int year, month, day, hour, minute; };
struct page_local page_paris(int64_t t_s);
void page_date(struct buf *out, int lang, int year, int month, int day);   /* "24 novembre 2026" */
void page_date_iso(struct buf *out, int lang, struct str iso);             /* of "2026-11-24"; other text as it is */
void page_day(struct buf *out, int lang, int64_t t_s);                     /* "24 novembre 2026", in Paris */
void page_datetime(struct buf *out, int lang, int64_t t_s);                /* "24 novembre 2026 à 10 h 42" */

/* The style sheet with the town's colour in front: "#0b5c61"; anything else takes the default.
 * colour_dark is the colour under the pointer; empty: derived. A colour that would be illegible as
 * text (under 4.5:1) is darkened, and lightened for dark mode. Lives in a. */
struct str page_css(struct arena *a, struct str colour, struct str colour_dark);
extern const struct str page_stylesheet;                  /* base/pages/guichet.css, embedded */

/* Statuses whose page a front keeps for requests that never reach the engine. */
enum { PAGE_STATUS_N = 11 };
extern const int page_statuses[PAGE_STATUS_N];
#endif
