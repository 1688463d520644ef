/* str.c - views and buffers; see str.h. */
#include "base/str.h"
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

struct str str_from_c(const char *c)
{
	return c ? (struct str){ c, strlen(c) } : STR_NONE;
}

bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool str_eq_c(struct str a, const char *b)
{
	return str_eq(a, str_from_c(b));
}

bool str_eq_nocase(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || strncasecmp(a.p, b.p, a.n) == 0);
}

int str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;

	return c ? c : (a.n > b.n) - (a.n < b.n);
}

bool str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_eq(str_slice(s, 0, prefix.n), prefix);
}

bool str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n && str_eq(str_slice(s, s.n - suffix.n, s.n), suffix);
}

size_t str_index(struct str s, char c)
{
	const char *hit = s.n ? memchr(s.p, c, s.n) : NULL;

	return hit ? (size_t)(hit - s.p) : s.n;
}

bool str_has(struct str s, char c)
{
	return str_index(s, c) < s.n;
}

struct str str_slice(struct str s, size_t from, size_t to)
{
	if (to > s.n)
		to = s.n;
	if (from > to)
		from = to;
	return (struct str){ s.p ? s.p + from : NULL, to - from };
}

struct str str_trim(struct str s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = str_slice(s, 1, s.n);
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

bool str_split(struct str *rest, char sep, struct str *ret_part)
{
	size_t at;

	if (!rest->p)
		return false;
	at = str_index(*rest, sep);
	*ret_part = str_slice(*rest, 0, at);
	*rest = at < rest->n ? str_slice(*rest, at + 1, rest->n) : STR_NONE;
	return true;
}

bool str_has_word(struct str list, struct str word)
{
	struct str part;

	while (str_split(&list, ' ', &part))
		if (part.n && str_eq(part, word))
			return true;
	return false;
}

struct err str_to_i64(struct str s, int64_t max, int64_t *ret_value)
{
	int64_t v = 0;

	ENSURE(s.n > 0 && s.n <= 18, MALFORMED, "str.number");
	for (size_t i = 0; i < s.n; i++) {
		ENSURE(s.p[i] >= '0' && s.p[i] <= '9', MALFORMED, "str.number");
		v = v * 10 + (s.p[i] - '0');
	}
	ENSURE(v <= max, MALFORMED, "str.number");
	*ret_value = v;
	return NO_ERR;
}

/* Length of the sequence that starts with this byte, and its smallest code point. */
static size_t utf8_lead(unsigned char c, uint32_t *ret_bits, uint32_t *ret_min)
{
	if (c < 0x80) { *ret_bits = c;        *ret_min = 0;       return 1; }
	if (c >= 0xc2 && c < 0xe0) { *ret_bits = c & 0x1f; *ret_min = 0x80;    return 2; }
	if (c >= 0xe0 && c < 0xf0) { *ret_bits = c & 0x0f; *ret_min = 0x800;   return 3; }
	if (c >= 0xf0 && c < 0xf5) { *ret_bits = c & 0x07; *ret_min = 0x10000; return 4; }
	return 0;
}

bool str_is_utf8(struct str s)
{
	for (size_t i = 0; i < s.n;) {
		uint32_t point, min;
		size_t len = utf8_lead((unsigned char)s.p[i], &point, &min);

		if (len == 0 || len > s.n - i)
			return false;
		for (size_t k = 1; k < len; k++) {
			unsigned char c = (unsigned char)s.p[i + k];

			if ((c & 0xc0) != 0x80)
				return false;
			point = point << 6 | (c & 0x3f);
		}
		if (point < min || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
			return false;
		i += len;
	}
	return true;
}

bool str_has_control(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return true;
	return false;
}

void buf_init(struct buf *b, size_t max_bytes)
{
	*b = (struct buf){ .max = max_bytes };
}

void buf_done(struct buf *b)
{
	if (b->p) {
		explicit_bzero(b->p, b->cap);
		free(b->p);
	}
	*b = (struct buf){ .max = b->max };
}

void buf_reset(struct buf *b)
{
	b->n = 0;
	b->overflowed = false;
}

/* Moving by hand instead of realloc(): what was there may be secret and is wiped. */
static void buf_move(struct buf *b, size_t cap)
{
	char *p = malloc(cap);

	if (!p)
		abort();
	if (b->p) {
		memcpy(p, b->p, b->n);
		explicit_bzero(b->p, b->cap);      /* also what stood there before a reset */
		free(b->p);
	}
	b->p = p;
	b->cap = cap;
}

char *buf_grow(struct buf *b, size_t n)
{
	char *at;

	if (b->overflowed || n > b->max - b->n) {
		b->overflowed = true;
		return NULL;
	}
	if (b->n + n > b->cap) {
		size_t cap = b->cap ? b->cap : 256;

		while (cap < b->n + n)
			cap *= 2;
		buf_move(b, cap < b->max ? cap : b->max);
	}
	at = b->p + b->n;
	b->n += n;
	return at;
}

void buf_add(struct buf *b, struct str s)
{
	char *at = s.n ? buf_grow(b, s.n) : NULL;

	if (at)
		memcpy(at, s.p, s.n);
}

void buf_add_c(struct buf *b, const char *c)
{
	buf_add(b, str_from_c(c));
}

void buf_add_char(struct buf *b, char c)
{
	buf_add(b, (struct str){ &c, 1 });
}

void buf_add_i64(struct buf *b, int64_t v)
{
	char digits[24];
	size_t at = sizeof digits;
	uint64_t left = v < 0 ? -(uint64_t)v : (uint64_t)v;

	do
		digits[--at] = (char)('0' + left % 10);
	while (left /= 10);
	if (v < 0)
		digits[--at] = '-';
	buf_add(b, (struct str){ digits + at, sizeof digits - at });
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	char small[512], *at;
	va_list ap;
	int need;

	va_start(ap, fmt);
	need = vsnprintf(small, sizeof small, fmt, ap);
	va_end(ap);
	if (need <= 0)
		return;
	if ((size_t)need < sizeof small) {
		buf_add(b, (struct str){ small, (size_t)need });
		return;
	}
	/* vsnprintf wants room for its NUL, which is then given back. */
	at = buf_grow(b, (size_t)need + 1);
	if (!at)
		return;
	va_start(ap, fmt);
	vsnprintf(at, (size_t)need + 1, fmt, ap);
	va_end(ap);
	b->n--;
}

struct str buf_str(const struct buf *b)
{
	return (struct str){ b->p, b->n };
}

struct err buf_err(const struct buf *b)
{
	return b->overflowed ? err_of(BROKEN, "buf.overflow") : NO_ERR;
}
