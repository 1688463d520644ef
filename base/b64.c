/* b64.c - see b64.h. */
#include "base/b64.h"

static const char url_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char std_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static size_t encoded_bytes(size_t n)
{
	return (n * 4 + 2) / 3;
}

static void encode(char *out, const unsigned char *in, size_t n, const char *alphabet)
{
	for (; n >= 3; n -= 3, in += 3) {
		*out++ = alphabet[in[0] >> 2];
		*out++ = alphabet[(in[0] & 3) << 4 | in[1] >> 4];
		*out++ = alphabet[(in[1] & 15) << 2 | in[2] >> 6];
		*out++ = alphabet[in[2] & 63];
	}
	if (n == 0)
		return;
	*out++ = alphabet[in[0] >> 2];
	*out++ = alphabet[(in[0] & 3) << 4 | (n == 2 ? in[1] >> 4 : 0)];
	if (n == 2)
		*out = alphabet[(in[1] & 15) << 2];
}

static int value_of(char c, bool url)
{
	if (c >= 'A' && c <= 'Z') return c - 'A';
	if (c >= 'a' && c <= 'z') return c - 'a' + 26;
	if (c >= '0' && c <= '9') return c - '0' + 52;
	if (c == (url ? '-' : '+')) return 62;
	if (c == (url ? '_' : '/')) return 63;
	return -1;
}

static struct err decode(struct arena *a, struct str s, bool url, struct str *ret_bytes)
{
	unsigned char *out;
	uint32_t bits = 0;
	unsigned have = 0;
	size_t n = 0;

	ENSURE(s.n % 4 != 1, MALFORMED, "b64.length");
	out = arena_try(a, s.n / 4 * 3 + 3);
	ENSURE(out, MALFORMED, "b64.length");
	for (size_t i = 0; i < s.n; i++) {
		int v = value_of(s.p[i], url);

		ENSURE(v >= 0, MALFORMED, "b64.alphabet");
		bits = bits << 6 | (uint32_t)v;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[n++] = (unsigned char)(bits >> have);
			bits &= (1u << have) - 1;
		}
	}
	ENSURE(bits == 0, MALFORMED, "b64.alphabet");
	*ret_bytes = (struct str){ (char *)out, n };
	return NO_ERR;
}

struct str b64url_encode(struct arena *a, const void *p, size_t n)
{
	char *out = arena_alloc(a, encoded_bytes(n) + 1);

	encode(out, p, n, url_alphabet);
	return (struct str){ out, encoded_bytes(n) };
}

struct err b64url_decode(struct arena *a, struct str s, struct str *ret_bytes)
{
	return decode(a, s, true, ret_bytes);
}

void b64url_add(struct buf *b, const void *p, size_t n)
{
	char *out = buf_grow(b, encoded_bytes(n));

	if (out)
		encode(out, p, n, url_alphabet);
}

struct str b64_encode(struct arena *a, const void *p, size_t n)
{
	size_t total = (n + 2) / 3 * 4;
	char *out = arena_alloc(a, total + 1);

	encode(out, p, n, std_alphabet);
	memset(out + encoded_bytes(n), '=', total - encoded_bytes(n));
	return (struct str){ out, total };
}

struct err b64_decode(struct arena *a, struct str s, struct str *ret_bytes)
{
	ENSURE(s.n % 4 == 0, MALFORMED, "b64.length");
	for (int i = 0; i < 2 && s.n && s.p[s.n - 1] == '='; i++)
		s.n--;
	return decode(a, s, false, ret_bytes);
}

struct str hex_encode(struct arena *a, const void *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *in = p;
	char *out = arena_alloc(a, n * 2 + 1);

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[in[i] >> 4];
		out[2 * i + 1] = digits[in[i] & 15];
	}
	return (struct str){ out, n * 2 };
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9') return c - '0';
	if (c >= 'a' && c <= 'f') return c - 'a' + 10;
	if (c >= 'A' && c <= 'F') return c - 'A' + 10;
	return -1;
}

struct err hex_decode(struct str s, void *p, size_t n)
{
	unsigned char *out = p;

	ENSURE(s.n == 2 * n, MALFORMED, "hex");
	for (size_t i = 0; i < n; i++) {
		int high = hex_value(s.p[2 * i]), low = hex_value(s.p[2 * i + 1]);

		ENSURE(high >= 0 && low >= 0, MALFORMED, "hex");
		out[i] = (unsigned char)(high << 4 | low);
	}
	return NO_ERR;
}
