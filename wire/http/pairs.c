/* pairs.c - queries, forms and credentials: names and values, both ways; see http.h. */
#include "wire/http/http.h"
#include "base/b64.h"
#include "wire/http/chars.h"

void http_add_escaped(struct buf *b, struct str s)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t from = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (http_char_is(s.p[i], CHAR_PLAIN))
			continue;
		buf_add(b, str_slice(s, from, i));
		buf_add(b, (struct str){ (char[]){ '%', digits[c >> 4], digits[c & 15] }, 3 });
		from = i + 1;
	}
	buf_add(b, str_slice(s, from, s.n));
}

void http_add_pair(struct buf *b, const char *name, struct str value)
{
	if (b->n && b->p[b->n - 1] != '?' && b->p[b->n - 1] != '&')
		buf_add_char(b, '&');
	http_add_escaped(b, str_from_c(name));
	buf_add_char(b, '=');
	http_add_escaped(b, value);
}

struct str http_add_query(struct arena *a, struct str url, const struct http_pair *v, size_t n)
{
	AUTO(buf_done) struct buf b;
	char mark = str_has(url, '?') ? '&' : '?';

	buf_init(&b, 1 << 20);
	buf_add(&b, url);
	for (size_t i = 0; i < n; i++) {
		/* A URL that ends in its own '?' or '&' needs no second one. */
		if (i || !url.n || (url.p[url.n - 1] != '?' && url.p[url.n - 1] != '&'))
			buf_add_char(&b, mark);
		mark = '&';
		http_add_escaped(&b, v[i].name);
		buf_add_char(&b, '=');
		http_add_escaped(&b, v[i].value);
	}
	return arena_dup(a, buf_str(&b));
}

static bool control_is_allowed(struct str text, bool multi_line)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c >= 0x20 && c != 0x7f)
			continue;
		if (!multi_line || (c != '\t' && c != '\r' && c != '\n'))
			return false;
	}
	return true;
}

struct err http_unescape(struct arena *a, struct str s, bool plus_is_space, bool multi_line, struct str *ret_text)
{
	char *out = arena_try(a, s.n + 1);
	size_t n = 0;

	ENSURE(out, MALFORMED, "http.escape.size");
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '%') {
			int high = i + 1 < s.n ? http_hex(s.p[i + 1]) : -1, low = i + 2 < s.n ? http_hex(s.p[i + 2]) : -1;

			ENSURE(high >= 0 && low >= 0, MALFORMED, "http.escape");
			c = (char)(high << 4 | low);
			i += 2;
		} else if (c == '+' && plus_is_space) {
			c = ' ';
		}
		out[n++] = c;
	}
	struct str text = { out, n };
	ENSURE(control_is_allowed(text, multi_line), MALFORMED, "http.control");
	ENSURE(str_is_utf8(text), MALFORMED, "http.utf8");
	*ret_text = text;
	return NO_ERR;
}

static struct err pair_parse(struct arena *a, struct str part, struct str multi_line_names, struct http_pair *ret_pair)
{
	size_t at = str_index(part, '=');

	TRY(http_unescape(a, str_slice(part, 0, at), true, false, &ret_pair->name));
	ENSURE(ret_pair->name.n, MALFORMED, "http.pairs.name");
	return http_unescape(a, str_slice(part, at + 1, part.n), true,
		str_has_word(multi_line_names, ret_pair->name), &ret_pair->value);
}

struct err http_parse_pairs(struct arena *a, struct str s, size_t max, struct str multi_line_names, struct http_pairs *ret_pairs)
{
	struct http_pairs pairs = { NULL, 0 };
	struct str rest = s, part;
	size_t count = s.n ? 1 : 0;

	for (size_t i = 0; i < s.n; i++)
		count += s.p[i] == '&';
	ENSURE(count <= max, MALFORMED, "http.pairs.many");
	pairs.v = arena_try(a, count * sizeof *pairs.v + 1);
	ENSURE(pairs.v, MALFORMED, "http.pairs.many");
	while (str_split(&rest, '&', &part)) {
		if (part.n == 0)
			continue;
		TRY(pair_parse(a, part, multi_line_names, &pairs.v[pairs.n]));
		/* Two readers of one query may disagree which of two is meant, so neither is. */
		for (size_t i = 0; i < pairs.n; i++)
			ENSURE(!str_eq(pairs.v[i].name, pairs.v[pairs.n].name), MALFORMED, "http.pairs.repeated");
		pairs.n++;
	}
	*ret_pairs = pairs;
	return NO_ERR;
}

struct err http_parse_basic(struct arena *a, struct str authorization, struct str *ret_name, struct str *ret_password)
{
	struct str both, name, password;

	ENSURE(authorization.n > 6 && str_eq_nocase(str_slice(authorization, 0, 6), STR("Basic ")), MALFORMED, "http.basic");
	ENSURE(!failed(b64_decode(a, str_trim(str_slice(authorization, 6, authorization.n)), &both)), MALFORMED, "http.basic");
	ENSURE(str_has(both, ':'), MALFORMED, "http.basic");
	size_t at = str_index(both, ':');
	ENSURE(!failed(http_unescape(a, str_slice(both, 0, at), true, false, &name)), MALFORMED, "http.basic");
	ENSURE(!failed(http_unescape(a, str_slice(both, at + 1, both.n), true, false, &password)), MALFORMED, "http.basic");
	*ret_name = name;
	*ret_password = password;
	return NO_ERR;
}
