/* saml_bytes.c - see saml_bytes.h. */
#include "wire/saml/saml_bytes.h"
#include "base/b64.h"
#include "base/clock.h"

enum { ID_MAX = 256, FRACTION_MAX = 9 };

enum { SPACE = 1, NAME = 2, START = 4 };
static const unsigned char classes[256] = {
	[' '] = SPACE, ['\t'] = SPACE, ['\n'] = SPACE, ['\r'] = SPACE,
	['0' ... '9'] = NAME, ['.'] = NAME, ['-'] = NAME, [':'] = NAME,
	['A' ... 'Z'] = NAME | START, ['a' ... 'z'] = NAME | START, ['_'] = NAME | START,
};

bool saml_byte_is_space(char c) { return classes[(unsigned char)c] & SPACE; }
bool saml_byte_is_name(char c) { return classes[(unsigned char)c] & NAME; }
bool saml_byte_starts_name(char c) { return classes[(unsigned char)c] & START; }

static bool is_plain_ascii(uint64_t w)
{
	const uint64_t high = 0x8080808080808080u, blanks = 0x2020202020202020u;

	return !((w | (w - blanks)) & high);
}

struct err saml_bytes_check(struct str doc, size_t *ret_at)
{
	bool wide = false;

	for (size_t i = 0; i < doc.n;) {
		unsigned char c = (unsigned char)doc.p[i];
		uint64_t w;

		if (doc.n - i >= sizeof w) {
			memcpy(&w, doc.p + i, sizeof w);
			if (is_plain_ascii(w)) {
				i += sizeof w;
				continue;
			}
		}
		if (c < 0x20 && !saml_byte_is_space((char)c)) {
			*ret_at += i;
			return err_of(MALFORMED, "saml.xml.bytes");
		}
		wide |= c >= 0x80;
		i++;
	}
	if (!wide || !doc.p)
		return NO_ERR;
	ENSURE(str_is_utf8(doc), MALFORMED, "saml.xml.bytes");
	/* U+FFFE, U+FFFF, and U+FEFF, which is a byte order mark in the wrong place. */
	ENSURE(!memmem(doc.p, doc.n, "\xef\xbf\xbe", 3) && !memmem(doc.p, doc.n, "\xef\xbf\xbf", 3)
		&& !memmem(doc.p, doc.n, "\xef\xbb\xbf", 3), MALFORMED, "saml.xml.bytes");
	return NO_ERR;
}

static bool point_is_char(uint32_t c)
{
	return c == 9 || c == 10 || c == 13 || (c >= 0x20 && c <= 0xd7ff) || (c >= 0xe000 && c <= 0xfffd && c != 0xfeff)
		|| (c >= 0x10000 && c <= 0x10ffff);
}

static size_t utf8_put(char *p, uint32_t c)
{
	if (c < 0x80) {
		p[0] = (char)c;
		return 1;
	}
	size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = n; i-- > 1; c >>= 6)
		p[i] = (char)(0x80 | (c & 0x3f));
	p[0] = (char)((0xf00 >> n & 0xff) | c);
	return n;
}

static struct err reference_point(struct str name, uint32_t *ret_point)
{
	bool hex = name.n > 1 && name.p[1] == 'x';
	struct str digits = str_slice(name, hex ? 2 : 1, name.n);
	uint32_t v = 0;

	ENSURE(digits.n > 0 && digits.n <= 7, MALFORMED, "saml.xml.entity");
	for (size_t i = 0; i < digits.n; i++) {
		char c = digits.p[i];

		if (c >= '0' && c <= '9')
			v = v * (hex ? 16 : 10) + (uint32_t)(c - '0');
		else if (hex && c >= 'a' && c <= 'f')
			v = v * 16 + (uint32_t)(c - 'a') + 10;
		else if (hex && c >= 'A' && c <= 'F')
			v = v * 16 + (uint32_t)(c - 'A') + 10;
		else
			return err_of(MALFORMED, "saml.xml.entity");
	}
	ENSURE(point_is_char(v), MALFORMED, "saml.xml.entity");
	*ret_point = v;
	return NO_ERR;
}

static struct err entity_point(struct str name, uint32_t *ret_point)
{
	static const struct { struct str name; char c; } known[] = {
		{ STR_INIT("amp"), '&' }, { STR_INIT("lt"), '<' }, { STR_INIT("gt"), '>' },
		{ STR_INIT("quot"), '"' }, { STR_INIT("apos"), '\'' },
	};

	if (name.n && name.p[0] == '#')
		return reference_point(name, ret_point);
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (str_eq(name, known[i].name)) {
			*ret_point = (uint32_t)known[i].c;
			return NO_ERR;
		}
	return err_of(MALFORMED, "saml.xml.entity");
}

static bool needs_decoding(struct str raw, bool is_attr)
{
	for (size_t i = 0; i < raw.n; i++)
		if (raw.p[i] == '&' || raw.p[i] == '\r' || (is_attr && (raw.p[i] == '\n' || raw.p[i] == '\t')))
			return true;
	return false;
}

struct err saml_text_decode(struct arena *a, struct str raw, bool is_attr, struct str *ret_text)
{
	size_t n = 0;
	char *out;

	*ret_text = raw;
	if (!needs_decoding(raw, is_attr))
		return NO_ERR;
	out = arena_try(a, raw.n + 4);
	ENSURE(out, MALFORMED, "saml.xml.size");
	for (size_t i = 0; i < raw.n; i++) {
		char c = raw.p[i];

		if (c == '&') {
			struct str rest = str_slice(raw, i + 1, raw.n);
			size_t end = str_index(rest, ';');
			uint32_t point;

			ENSURE(end < rest.n && end <= 9, MALFORMED, "saml.xml.entity");
			TRY(entity_point(str_slice(rest, 0, end), &point));
			n += utf8_put(out + n, point);
			i += end + 1;
			continue;
		}
		if (c == '\r' && i + 1 < raw.n && raw.p[i + 1] == '\n')
			continue;
		if (c == '\r')
			c = '\n';
		out[n++] = is_attr && saml_byte_is_space(c) ? ' ' : c;
	}
	*ret_text = (struct str){ out, n };
	return NO_ERR;
}

bool saml_text_is_blank(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!saml_byte_is_space(s.p[i]))
			return false;
	return true;
}

struct str saml_text_trim(struct str s)
{
	while (s.n && saml_byte_is_space(s.p[0]))
		s = str_slice(s, 1, s.n);
	while (s.n && saml_byte_is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool saml_text_is_id(struct str s)
{
	if (!s.n || s.n > ID_MAX || !saml_byte_starts_name(s.p[0]))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!saml_byte_is_name(s.p[i]) || s.p[i] == ':')
			return false;
	return true;
}

/* Exactly n digits at *at, then the byte `after`. */
static bool digits_take(struct str s, size_t *at, size_t n, char after, int *ret_value)
{
	int v = 0;

	for (size_t i = 0; i < n; i++, ++*at) {
		if (*at >= s.n || s.p[*at] < '0' || s.p[*at] > '9')
			return false;
		v = v * 10 + (s.p[*at] - '0');
	}
	*ret_value = v;
	return after == '\0' || (*at < s.n && s.p[(*at)++] == after);
}

struct err saml_time_parse(struct str s, int64_t *ret_t_s)
{
	int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, digit;
	size_t at = 0, fraction = 0;

	ENSURE(digits_take(s, &at, 4, '-', &year) && digits_take(s, &at, 2, '-', &month) && digits_take(s, &at, 2, 'T', &day)
		&& digits_take(s, &at, 2, ':', &hour) && digits_take(s, &at, 2, ':', &minute)
		&& digits_take(s, &at, 2, '\0', &second), MALFORMED, "saml.time");
	if (at < s.n && s.p[at] == '.') {
		for (at++; fraction <= FRACTION_MAX && digits_take(s, &at, 1, '\0', &digit);)
			fraction++;
		ENSURE(fraction >= 1 && fraction <= FRACTION_MAX, MALFORMED, "saml.time");
	}
	/*= SAML Core 1.3.3: All SAML time values have the type xs:dateTime, ... and MUST be expressed in UTC form,
	 * with no time zone component */
	ENSURE(at + 1 == s.n && s.p[at] == 'Z', MALFORMED, "saml.time");
	ENSURE(year > 1970 && date_is_valid(year, month, day) && hour < 24 && minute < 60 && second < 60, MALFORMED, "saml.time");
	*ret_t_s = date_to_days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
	return NO_ERR;
}

struct err saml_bool_parse(struct str s, bool *ret_value)
{
	*ret_value = str_eq_c(s, "true") || str_eq_c(s, "1");
	ENSURE(*ret_value || str_eq_c(s, "false") || str_eq_c(s, "0"), MALFORMED, "saml.boolean");
	return NO_ERR;
}

/* The value of each character of base64, plus one. */
static const unsigned char b64_values[256] = {
	['A'] = 1, ['B'] = 2, ['C'] = 3, ['D'] = 4, ['E'] = 5, ['F'] = 6, ['G'] = 7, ['H'] = 8,
	['I'] = 9, ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
	['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
	['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
	['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
	['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
	['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
	['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
};

/* Whole quanta of four characters. */
static bool b64_quanta(const unsigned char *in, size_t n, unsigned char *out)
{
	for (size_t i = 0; i + 4 <= n; i += 4, out += 3) {
		unsigned v0 = b64_values[in[i]], v1 = b64_values[in[i + 1]], v2 = b64_values[in[i + 2]], v3 = b64_values[in[i + 3]];

		if (!v0 || !v1 || !v2 || !v3)
			return false;
		unsigned v = (v0 - 1) << 18 | (v1 - 1) << 12 | (v2 - 1) << 6 | (v3 - 1);
		out[0] = (unsigned char)(v >> 16);
		out[1] = (unsigned char)(v >> 8);
		out[2] = (unsigned char)v;
	}
	return true;
}

struct err saml_b64_strict(struct arena *a, struct str s, struct str *ret_bytes)
{
	size_t body_n = s.n >= 4 ? s.n - 4 : 0, out_n = body_n / 4 * 3;
	unsigned char *out = arena_try(a, out_n + 4);
	struct str tail;

	*ret_bytes = STR_NONE;
	if (!s.n)
		return NO_ERR;
	ENSURE(out && s.n % 4 == 0, MALFORMED, "b64.length");
	ENSURE(b64_quanta((const unsigned char *)s.p, body_n, out), MALFORMED, "b64.alphabet");
	/* The last quantum may be padded, and knows one spelling only. */
	TRY(b64_decode(a, str_slice(s, body_n, s.n), &tail));
	memcpy(out + out_n, tail.p, tail.n);
	*ret_bytes = (struct str){ (char *)out, out_n + tail.n };
	return NO_ERR;
}

struct err saml_b64_decode(struct arena *a, struct str s, struct str *ret_bytes)
{
	char *p = arena_try(a, s.n + 1);
	size_t n = 0;

	ENSURE(p, MALFORMED, "b64.length");
	for (size_t i = 0; i < s.n; i++)
		if (!saml_byte_is_space(s.p[i]))
			p[n++] = s.p[i];
	return saml_b64_strict(a, (struct str){ p, n }, ret_bytes);
}
