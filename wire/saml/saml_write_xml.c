/* saml_write_xml.c - see saml_write_xml.h. Runs of ordinary bytes are copied whole. */
#include "wire/saml/saml_write_xml.h"
#include "base/clock.h"

enum { IN_TEXT = 1, IN_VALUE = 2, DAY_S = 86400 };

static const struct { unsigned char where; const char *as; } escapes[256] = {
	['&'] = { IN_TEXT | IN_VALUE, "&amp;" }, ['<'] = { IN_TEXT | IN_VALUE, "&lt;" },
	['>'] = { IN_TEXT, "&gt;" }, ['"'] = { IN_VALUE, "&quot;" },
	['\r'] = { IN_TEXT | IN_VALUE, "&#xD;" }, ['\t'] = { IN_VALUE, "&#x9;" }, ['\n'] = { IN_VALUE, "&#xA;" },
};

static void add_escaped(struct buf *out, struct str s, unsigned char where)
{
	size_t from = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (!(escapes[c].where & where))
			continue;
		buf_add(out, str_slice(s, from, i));
		buf_add_c(out, escapes[c].as);
		from = i + 1;
	}
	buf_add(out, str_slice(s, from, s.n));
}

void xml_add_text(struct buf *out, struct str s)
{
	add_escaped(out, s, IN_TEXT);
}

void xml_add_value(struct buf *out, struct str s)
{
	add_escaped(out, s, IN_VALUE);
}

void xml_add_attr(struct buf *out, const char *name, struct str value)
{
	buf_add_char(out, ' ');
	buf_add_c(out, name);
	buf_add(out, STR("=\""));
	xml_add_value(out, value);
	buf_add_char(out, '"');
}

void xml_add_attr_c(struct buf *out, const char *name, const char *value)
{
	xml_add_attr(out, name, str_from_c(value));
}

void xml_add_attr_opt(struct buf *out, const char *name, struct str value)
{
	if (value.n)
		xml_add_attr(out, name, value);
}

static void put_digits(char *at, int64_t v, size_t n)
{
	while (n--) {
		at[n] = (char)('0' + v % 10);
		v /= 10;
	}
}

void xml_add_attr_time(struct buf *out, const char *name, int64_t t_s)
{
	char text[] = "0000-00-00T00:00:00Z";
	int64_t rest = t_s % DAY_S;
	int y, m, d;

	if (t_s <= 0)
		return;
	date_from_days(t_s / DAY_S, &y, &m, &d);
	put_digits(text, y, 4);
	put_digits(text + 5, m, 2);
	put_digits(text + 8, d, 2);
	put_digits(text + 11, rest / 3600, 2);
	put_digits(text + 14, rest / 60 % 60, 2);
	put_digits(text + 17, rest % 60, 2);
	xml_add_attr(out, name, (struct str){ text, sizeof text - 1 });
}

void xml_add_element(struct buf *out, const char *open, struct str value, const char *close)
{
	buf_add_char(out, '<');
	buf_add_c(out, open);
	buf_add_char(out, '>');
	xml_add_text(out, value);
	buf_add(out, STR("</"));
	buf_add_c(out, close);
	buf_add_char(out, '>');
}

bool xml_is_line(struct str s)
{
	if (str_has_control(s) || !str_is_utf8(s))
		return false;
	for (size_t i = 0; i + 1 < s.n; i++) {
		const unsigned char *c = (const unsigned char *)s.p + i;

		/* Shortest forms only, so these bytes are these characters. C2 80..9F: C1. */
		if (c[0] == 0xc2 && c[1] < 0xa0)
			return false;
		if (i + 2 >= s.n)
			continue;
		/* E2 80 A8, A9: LINE and PARAGRAPH SEPARATOR; EF BF BE, BF: no characters of XML 1.0;
		 * EF BB BF: a byte order mark in the wrong place, which readers refuse. */
		if ((c[0] == 0xe2 && c[1] == 0x80 && (c[2] == 0xa8 || c[2] == 0xa9))
		    || (c[0] == 0xef && c[1] == 0xbf && c[2] >= 0xbe) || (c[0] == 0xef && c[1] == 0xbb && c[2] == 0xbf))
			return false;
	}
	return true;
}
