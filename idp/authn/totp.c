/* totp.c - see totp.h. */
#include "idp/authn/totp.h"
#include "base/ct.h"
#include "wire/http/http.h"
#include <liboath/oath.h>

enum { WINDOW = 1, BASE32_BITS = 5, GROUP = 4 };

static const char base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/* Six digits, as people type them: "123 456". */
static bool read_digits(struct str typed, char ret_digits[TOTP_DIGITS])
{
	size_t n = 0;

	for (size_t i = 0; i < typed.n; i++) {
		if (typed.p[i] == ' ')
			continue;
		if (n == TOTP_DIGITS || typed.p[i] < '0' || typed.p[i] > '9')
			return false;
		ret_digits[n++] = typed.p[i];
	}
	return n == TOTP_DIGITS;
}

static bool is_code_of(const unsigned char secret[TOTP_SECRET], int64_t step, const char digits[TOTP_DIGITS])
{
	char code[TOTP_DIGITS + 1] = { 0 };
	bool same = oath_hotp_generate((const char *)secret, TOTP_SECRET, (uint64_t)step, TOTP_DIGITS, false, OATH_HOTP_DYNAMIC_TRUNCATION, code) == OATH_OK
		&& ct_equal(code, digits, TOTP_DIGITS);

	explicit_bzero(code, sizeof code);
	return same;
}

struct err totp_check(const unsigned char secret[TOTP_SECRET], struct str typed, int64_t last_step, int64_t now_s, int64_t *ret_step)
{
	char digits[TOTP_DIGITS];
	int64_t now = now_s / TOTP_STEP_S, found = -1, seen = -1;

	ENSURE(read_digits(typed, digits), DENIED, "totp.code");
	for (int64_t step = now - WINDOW; step <= now + WINDOW; step++) {
		if (step < 0 || !is_code_of(secret, step, digits))
			continue;
		if (step > last_step)
			found = found < 0 ? step : found;
		else
			seen = step;
	}
	/*= RFC 6238 5.2: The verifier MUST NOT accept the second attempt of the OTP after the successful validation has been issued */
	ENSURE(found >= 0 || seen < 0, DENIED, "totp.replay");
	ENSURE(found >= 0, DENIED, "totp.code");
	*ret_step = found;
	return NO_ERR;
}

static void add_base32(struct buf *b, const unsigned char secret[TOTP_SECRET], bool grouped)
{
	for (size_t i = 0; i < TOTP_SECRET * 8 / BASE32_BITS; i++) {
		size_t bit = i * BASE32_BITS;
		unsigned two = (unsigned)secret[bit / 8] << 8 | (bit / 8 + 1 < TOTP_SECRET ? secret[bit / 8 + 1] : 0u);

		if (grouped && i && i % GROUP == 0)
			buf_add_char(b, ' ');
		buf_add_char(b, base32[two >> (16 - BASE32_BITS - bit % 8) & 31]);
	}
}

static struct str finished(struct arena *a, struct buf *b)
{
	struct str out = arena_dup(a, buf_str(b));

	buf_done(b);
	return out;
}

struct str totp_words(struct arena *a, const unsigned char secret[TOTP_SECRET])
{
	struct buf b;

	buf_init(&b, 256);
	add_base32(&b, secret, true);
	return finished(a, &b);
}

struct str totp_uri(struct arena *a, const unsigned char secret[TOTP_SECRET], struct str town, struct str login)
{
	struct buf b;

	buf_init(&b, 4096);
	buf_add_c(&b, "otpauth://totp/");
	http_add_escaped(&b, town);
	buf_add_char(&b, ':');
	http_add_escaped(&b, login);
	buf_add_c(&b, "?secret=");
	add_base32(&b, secret, false);
	buf_add_c(&b, "&issuer=");
	http_add_escaped(&b, town);
	return finished(a, &b);
}
