/* json.c - see json.h. */
#include "base/json.h"

void json_add_str(struct buf *b, struct str s)
{
	static const char hex[] = "0123456789abcdef";
	size_t from = 0;

	buf_add_char(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
			continue;
		buf_add(b, str_slice(s, from, i));
		from = i + 1;
		if (c == '"' || c == '\\') {
			buf_add_char(b, '\\');
			buf_add_char(b, (char)c);
		} else {
			buf_add(b, STR("\\u00"));
			buf_add_char(b, hex[c >> 4]);
			buf_add_char(b, hex[c & 15]);
		}
	}
	buf_add(b, str_slice(s, from, s.n));
	buf_add_char(b, '"');
}

void json_add_key_str(struct buf *b, struct str name)
{
	char last = b->n ? b->p[b->n - 1] : '{';

	if (last != '{' && last != '[' && last != ',')
		buf_add_char(b, ',');
	json_add_str(b, name);
	buf_add_char(b, ':');
}

void json_add_key(struct buf *b, const char *name)
{
	json_add_key_str(b, str_from_c(name));
}

void json_field_str(struct buf *b, const char *name, struct str value)
{
	json_add_key(b, name);
	json_add_str(b, value);
}

void json_field_c(struct buf *b, const char *name, const char *value)
{
	json_field_str(b, name, str_from_c(value));
}

void json_field_i64(struct buf *b, const char *name, int64_t value)
{
	json_add_key(b, name);
	buf_add_i64(b, value);
}

void json_field_bool(struct buf *b, const char *name, bool value)
{
	json_add_key(b, name);
	buf_add_c(b, value ? "true" : "false");
}

void json_add_words(struct buf *b, struct str words)
{
	struct str word;
	bool first = true;

	buf_add_char(b, '[');
	while (str_split(&words, ' ', &word)) {
		if (word.n == 0)
			continue;
		if (!first)
			buf_add_char(b, ',');
		json_add_str(b, word);
		first = false;
	}
	buf_add_char(b, ']');
}
