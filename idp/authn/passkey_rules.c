/* passkey_rules.c - see passkey_rules.h. */
#include "idp/authn/passkey_rules.h"
#include "base/ct.h"

struct err passkey_verdict(const struct passkey_claims *c, const struct passkey_expect *x)
{
	bool ours = false;

	/*= WebAuthn 7.2 (11): Verify that the value of C.type is the string webauthn.get. */
	ENSURE(str_eq(c->type, x->type), DENIED, "passkey.type");
	ENSURE(x->challenge.n && ct_str_equal(c->challenge, x->challenge), DENIED, "passkey.challenge");
	for (size_t i = 0; i < PASSKEY_ORIGINS; i++)
		ours |= x->origins[i].n && str_eq(c->origin, x->origins[i]);
	ENSURE(ours, DENIED, "passkey.origin");
	/* Our pages are in no frame of anybody's. */
	ENSURE(!c->cross_origin, DENIED, "passkey.cross_origin");
	return NO_ERR;
}

struct str passkey_rp_id(struct str url)
{
	size_t from = str_index(url, ':') + 3, at;

	for (at = from; at < url.n && url.p[at] != ':' && url.p[at] != '/'; at++)
		;
	return str_slice(url, from, at);
}
