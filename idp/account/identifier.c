/* identifier.c - one spelling for each address that a citizen types. */
#include "idp/account/account.h"

struct err account_email_normalise(struct arena *a, struct str typed, struct str *ret_value)
{
	struct str s = str_trim(typed);
	size_t at = str_index(s, '@');
	char *p;

	ENSURE(s.n >= 3 && s.n <= 254 && at > 0 && at < s.n - 1, MALFORMED, "account.identifier");
	ENSURE(!str_has_control(s) && !str_has(s, ' ') && !str_has(s, ',') && !str_has(s, ';')
	       && !str_has(str_slice(s, at + 1, s.n), '@'), MALFORMED, "account.identifier");
	/* ASCII only: look-alike letters (dotless i, long s) must not fold onto somebody's address. */
	p = arena_alloc(a, s.n);
	for (size_t i = 0; i < s.n; i++) {
		ENSURE((unsigned char)s.p[i] < 0x80, MALFORMED, "account.identifier");
		p[i] = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] + 32) : s.p[i];
	}
	*ret_value = (struct str){ p, s.n };
	return NO_ERR;
}
