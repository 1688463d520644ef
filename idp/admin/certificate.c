/* certificate.c - see certificate.h. */
#include "idp/admin/certificate.h"
#include "base/clock.h"

enum { DER_INTEGER = 0x02, DER_OID = 0x06, DER_UTC = 0x17, DER_TIME = 0x18, DER_SEQUENCE = 0x30, DER_SET = 0x31, DER_VERSION = 0xa0,
	LENGTH_BYTES = 3 };

/* The next element of *rest: its tag and what is in it. */
static MUST struct err next(struct str *rest, unsigned *ret_tag, struct str *ret_in)
{
	size_t n, at = 2;

	ENSURE(rest->n >= 2, MALFORMED, "certificate.der");
	n = (unsigned char)rest->p[1];
	if (n & 0x80) {
		size_t more = n & 0x7f;

		ENSURE(more >= 1 && more <= LENGTH_BYTES && rest->n >= 2 + more, MALFORMED, "certificate.der");
		for (n = 0; at < 2 + more; at++)
			n = n << 8 | (unsigned char)rest->p[at];
	}
	ENSURE(n <= rest->n - at, MALFORMED, "certificate.der");
	*ret_tag = (unsigned char)rest->p[0];
	*ret_in = str_slice(*rest, at, at + n);
	*rest = str_slice(*rest, at + n, rest->n);
	return NO_ERR;
}

static MUST struct err expect(struct str *rest, unsigned tag, struct str *ret_in)
{
	unsigned got;

	TRY(next(rest, &got, ret_in));
	ENSURE(got == tag, MALFORMED, "certificate.der");
	return NO_ERR;
}

static int64_t two(struct str s, size_t at)
{
	return (s.p[at] - '0') * 10 + (s.p[at + 1] - '0');
}

/* "261124120000Z", or with four digits of the year: RFC 5280 4.1.2.5 has no other forms. */
static MUST struct err read_time(struct str *rest, int64_t *ret_s)
{
	struct str t;
	unsigned tag;
	int64_t year;

	TRY(next(rest, &tag, &t));
	ENSURE((tag == DER_UTC && t.n == 13) || (tag == DER_TIME && t.n == 15), MALFORMED, "certificate.der");
	for (size_t i = 0; i + 1 < t.n; i++)
		ENSURE(t.p[i] >= '0' && t.p[i] <= '9', MALFORMED, "certificate.der");
	year = tag == DER_TIME ? two(t, 0) * 100 + two(t, 2) : two(t, 0) + (two(t, 0) < 50 ? 2000 : 1900);
	t = str_slice(t, tag == DER_TIME ? 4 : 2, t.n);
	ENSURE(date_is_valid((int)year, (int)two(t, 0), (int)two(t, 2)) && t.p[10] == 'Z', MALFORMED, "certificate.der");
	*ret_s = date_to_days((int)year, (int)two(t, 0), (int)two(t, 2)) * 86400 + two(t, 4) * 3600 + two(t, 6) * 60 + two(t, 8);
	return NO_ERR;
}

static const char *part_name(struct str oid)
{
	static const struct { const char oid[3], *name; } known[] = { { "\x55\x04\x03", "CN" }, { "\x55\x04\x0a", "O" }, { "\x55\x04\x0b", "OU" }, { "\x55\x04\x06", "C" } };

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (str_eq(oid, (struct str){ known[i].oid, 3 }))
			return known[i].name;
	return NULL;
}

/* The parts of a name that people read; others are left out. */
static MUST struct err read_name(struct arena *a, struct str name, struct str *ret)
{
	struct str set, pair, oid, value;
	unsigned tag;

	*ret = STR_NONE;
	while (name.n) {
		TRY(expect(&name, DER_SET, &set));
		TRY(expect(&set, DER_SEQUENCE, &pair));
		TRY(expect(&pair, DER_OID, &oid));
		TRY(next(&pair, &tag, &value));
		if (!part_name(oid) || !str_is_utf8(value) || str_has_control(value))
			continue;
		*ret = arena_printf(a, STR_FMT "%s%s=" STR_FMT, STR_ARG(*ret), ret->n ? ", " : "", part_name(oid), STR_ARG(value));
	}
	return NO_ERR;
}

struct err certificate_read(struct arena *a, struct str der, struct certificate *ret)
{
	struct certificate c = { .subject = STR_NONE };
	struct str whole, body, skip, validity, subject;

	TRY(expect(&der, DER_SEQUENCE, &whole));
	TRY(expect(&whole, DER_SEQUENCE, &body));
	if (body.n && (unsigned char)body.p[0] == DER_VERSION)
		TRY(expect(&body, DER_VERSION, &skip));
	TRY(expect(&body, DER_INTEGER, &skip));
	TRY(expect(&body, DER_SEQUENCE, &skip));         /* algorithm */
	TRY(expect(&body, DER_SEQUENCE, &skip));         /* issuer */
	TRY(expect(&body, DER_SEQUENCE, &validity));
	TRY(expect(&body, DER_SEQUENCE, &subject));
	TRY(read_time(&validity, &c.starts_s));
	TRY(read_time(&validity, &c.ends_s));
	TRY(read_name(a, subject, &c.subject));
	*ret = c;
	return NO_ERR;
}
