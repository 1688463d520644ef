/* page.c - escaping by context, dates and numbers in words; see page.h. */
#include "base/page.h"
#include "base/clock.h"

const int page_statuses[PAGE_STATUS_N] = { 400, 403, 404, 405, 413, 414, 429, 431, 500, 501, 503 };

#define NBSP  "\xc2\xa0"
#define NNBSP "\xe2\x80\xaf"

/* Copies runs of harmless bytes at once; names gives what stands for each other byte. */
static void escape(struct buf *out, struct str s, const char *special, const char *const *names)
{
	size_t from = 0;

	for (size_t i = 0; i < s.n; i++) {
		const char *hit = s.p[i] ? strchr(special, s.p[i]) : NULL;

		if (!hit)
			continue;
		buf_add(out, str_slice(s, from, i));
		buf_add_c(out, names[hit - special]);
		from = i + 1;
	}
	buf_add(out, str_slice(s, from, s.n));
}

void page_text(struct buf *out, struct str s)
{
	static const char *const names[] = { "&amp;", "&lt;", "&gt;" };

	escape(out, s, "&<>", names);
}

void page_attr(struct buf *out, struct str s)
{
	static const char *const names[] = { "&amp;", "&lt;", "&gt;", "&quot;", "&#39;" };

	escape(out, s, "&<>\"'", names);
}

/* Browsers drop tabs and line breaks inside URLs, skip blanks before them and read \ as /, so that
 * "java\nscript:" and "/\host" would pass a naive look: such bytes refuse the whole URL. */
static bool url_is_safe(struct str s)
{
	static const struct str schemes[] = { STR_INIT("https://"), STR_INIT("http://"), STR_INIT("mailto:"), STR_INIT("tel:") };

	if (s.n == 0 || str_has_control(s) || str_has(s, '\\') || str_has(s, ' '))
		return false;
	if (s.p[0] == '/')
		return s.n == 1 || s.p[1] != '/';
	if (s.p[0] == '#' || s.p[0] == '?')
		return true;
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (str_eq_nocase(str_slice(s, 0, schemes[i].n), schemes[i]))
			return true;
	return false;
}

void page_url(struct buf *out, struct str s)
{
	page_attr(out, url_is_safe(s) ? s : STR("#"));
}

void page_url_part(struct buf *out, struct str s)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
			|| c == '-' || c == '.' || c == '_' || c == '~';

		if (!plain) {
			buf_add_char(out, '%');
			buf_add_char(out, hex[c >> 4]);
			c = (unsigned char)hex[c & 15];
		}
		buf_add_char(out, (char)c);
	}
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

void page_digits(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (is_digit(s.p[i]) || (s.p[i] == '+' && i == 0))
			buf_add_char(out, s.p[i]);
}

/* A French telephone number as forms keep it: 0240000000, +33240000000. */
static bool is_telephone(struct str s)
{
	bool abroad = str_starts(s, STR("+33"));

	for (size_t i = abroad; i < s.n; i++)
		if (!is_digit(s.p[i]))
			return false;
	return abroad ? s.n == 12 : s.n == 10 && s.p[0] == '0';
}

static void telephone(struct buf *out, struct str s)
{
	size_t first = s.p[0] == '+' ? 3 : 2;      /* +33 2 40 */

	for (size_t i = 0; i < s.n; i++) {
		if (i == first || (i > first && i % 2 == 0))
			buf_add_c(out, NBSP);
		buf_add_char(out, s.p[i]);
	}
}

void page_grouped(struct buf *out, struct str s)
{
	size_t from = 0;

	if (is_telephone(s)) {
		telephone(out, s);
		return;
	}
	for (size_t i = 1; i + 1 < s.n; i++) {
		if (s.p[i] != ' ' || !is_digit(s.p[i - 1]) || !is_digit(s.p[i + 1]))
			continue;
		page_text(out, str_slice(s, from, i));
		buf_add_c(out, NBSP);
		from = i + 1;
	}
	page_text(out, str_slice(s, from, s.n));
}

void page_raw_trusted_html(struct buf *out, struct str s)
{
	buf_add(out, s);
}

void page_number(struct buf *out, int lang, int64_t v)
{
	uint64_t rest = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	uint64_t groups[7];
	size_t n = 0;

	do {
		groups[n++] = rest % 1000;
		rest /= 1000;
	} while (rest);
	if (v < 0)
		buf_add_char(out, '-');
	buf_add_i64(out, (int64_t)groups[--n]);
	while (n) {
		uint64_t g = groups[--n];

		buf_add_c(out, lang == PAGE_EN ? "," : NNBSP);
		buf_add_char(out, (char)('0' + g / 100));
		buf_add_char(out, (char)('0' + g / 10 % 10));
		buf_add_char(out, (char)('0' + g % 10));
	}
}

bool page_is_plural(int lang, int64_t n)
{
	return lang == PAGE_EN ? n != 1 : n > 1 || n < -1;
}

/* 01:00 UTC on the last Sunday of a month of 31 days; 1970-01-01 was a Thursday. */
static int64_t last_sunday_s(int year, int month)
{
	int64_t last = date_to_days(year, month, 31);

	return (last - (last + 4) % 7) * 86400 + 3600;
}

struct page_local page_paris(int64_t t_s)
{
	struct page_local l;
	int64_t rest;

	if (t_s < 0 || t_s > 253402210800)      /* the years 1970 to 9999 */
		t_s = 0;
	date_from_days(t_s / 86400, &l.year, &l.month, &l.day);
	t_s += t_s >= last_sunday_s(l.year, 3) && t_s < last_sunday_s(l.year, 10) ? 7200 : 3600;
	date_from_days(t_s / 86400, &l.year, &l.month, &l.day);
	rest = t_s % 86400;
	l.hour = (int)(rest / 3600);
	l.minute = (int)(rest % 3600 / 60);
	return l;
}

static const char *month_name(int lang, int month)
{
	static const char *const names[2][12] = {
		{ "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
		  "octobre", "novembre", "décembre" },
		{ "January", "February", "March", "April", "May", "June", "July", "August", "September",
		  "October", "November", "December" },
	};

	return names[lang == PAGE_EN][month - 1];
}

void page_date(struct buf *out, int lang, int year, int month, int day)
{
	buf_add_i64(out, day);
	if (day == 1 && lang != PAGE_EN)
		buf_add_c(out, "er");
	buf_add_c(out, NBSP);
	buf_add_c(out, month_name(lang, month));
	buf_add_char(out, ' ');
	buf_add_i64(out, year);
}

void page_date_iso(struct buf *out, int lang, struct str iso)
{
	int64_t year = 0, month = 0, day = 0;
	bool shaped = iso.n == 10 && iso.p[4] == '-' && iso.p[7] == '-'
		&& !failed(str_to_i64(str_slice(iso, 0, 4), 9999, &year))
		&& !failed(str_to_i64(str_slice(iso, 5, 7), 12, &month))
		&& !failed(str_to_i64(str_slice(iso, 8, 10), 31, &day));

	if (shaped && date_is_valid((int)year, (int)month, (int)day))
		page_date(out, lang, (int)year, (int)month, (int)day);
	else
		page_text(out, iso);
}

void page_day(struct buf *out, int lang, int64_t t_s)
{
	struct page_local l = page_paris(t_s);

	page_date(out, lang, l.year, l.month, l.day);
}

void page_datetime(struct buf *out, int lang, int64_t t_s)
{
	struct page_local l = page_paris(t_s);

	page_date(out, lang, l.year, l.month, l.day);
	buf_add_c(out, lang == PAGE_EN ? " at " : " à ");
	buf_add_i64(out, l.hour);
	buf_add_c(out, lang == PAGE_EN ? ":" : NBSP "h" NBSP);
	buf_add_char(out, (char)('0' + l.minute / 10));
	buf_add_char(out, (char)('0' + l.minute % 10));
}
