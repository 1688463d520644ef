/* token_rules.c - see token_rules.h. */
#include "idp/oidc/token_rules.h"
#include "base/ct.h"
#include "wire/oidc/oidc.h"

static bool verifier_holds(const struct oidc_code *c, struct str verifier)
{
	unsigned char hash[32];

	if (!oidc_is_verifier(verifier))
		return false;
	sha256(verifier, hash);
	return ct_equal(hash, c->challenge, sizeof hash);
}

struct err token_code_check(const struct oidc_code *c, const struct partner *p, struct str redirect_uri,
	struct str verifier, int64_t now_s)
{
	unsigned char hash[32];

	sha256(redirect_uri, hash);
	ENSURE(str_eq(c->client_id, p->id), DENIED, "oidc.code.client");
	ENSURE(now_s < c->expires_s, DENIED, "oidc.code.expired");
	/*= RFC 6749 4.1.3: redirect_uri REQUIRED, if the parameter was included in the authorization request */
	ENSURE(ct_equal(hash, c->redirect_hash, sizeof hash), DENIED, "oidc.code.redirect_uri");
	ENSURE(verifier_holds(c, verifier), DENIED, "oidc.code.verifier");
	return NO_ERR;
}

struct err token_refresh_check(const struct oidc_refresh *t, const struct partner *p, int64_t now_s)
{
	ENSURE(str_eq(t->client_id, p->id), DENIED, "oidc.refresh.client");
	ENSURE(now_s < t->expires_s, DENIED, "oidc.refresh.expired");
	return NO_ERR;
}

struct err token_scope_check(struct str asked, struct str granted)
{
	ENSURE(oidc_words_within(asked, granted), DENIED, "oidc.scope.wider");
	return NO_ERR;
}
