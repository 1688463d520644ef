/* lint_rules.c - see lint_rules.h. The engine should have got all this right; a mistake there, or
 * an engine that was taken over, must not become a token that lives for years or names a stranger. */
#include "roles/signer/lint_rules.h"
#include "roles/signer/signer.h"
#include "wire/jose/jws_write.h"

enum { ACCOUNT_BYTES = 16, SUBJECT_MAX = 255 };

/*= OpenID Connect Core 2: sub … MUST NOT exceed 255 ASCII characters in length */
static bool is_subject(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x21 || s.p[i] > 0x7e)
			return false;
	return s.n > 0 && s.n <= SUBJECT_MAX;
}

struct err lint_subject(const struct sign_subject *s)
{
	ENSURE(s->alias.n ? is_subject(s->alias) : s->account.n == ACCOUNT_BYTES && s->sector.n > 0, DENIED, "sign.lint.subject");
	ENSURE(str_is_utf8(s->sector), DENIED, "sign.lint.text");
	return NO_ERR;
}

static struct err lint_common(struct str subject, struct str audience, struct str sid,
	int64_t issued_at_s, int64_t expires_at_s, int64_t max_s, int64_t now_s)
{
	ENSURE(audience.n > 0, DENIED, "sign.lint.audience");
	ENSURE(is_subject(subject), DENIED, "sign.lint.subject");
	/* The clock first: what passed it is far from the ends of int64_t, where a difference overflows. */
	ENSURE(issued_at_s >= now_s - SIGNER_CLOCK_SKEW_S && issued_at_s <= now_s + SIGNER_CLOCK_SKEW_S, DENIED, "sign.lint.clock");
	ENSURE(expires_at_s > issued_at_s && expires_at_s <= issued_at_s + max_s, DENIED, "sign.lint.lifetime");
	ENSURE(str_is_utf8(audience) && str_is_utf8(sid), DENIED, "sign.lint.text");
	return NO_ERR;
}

/* At most SIGN_LIST_MAX different words, one blank between them. */
static bool is_list(struct str text)
{
	struct str words[SIGN_LIST_MAX], word;
	size_t n = 0;

	while (str_split(&text, ' ', &word)) {
		if (!word.n || n == SIGN_LIST_MAX)
			return false;
		for (size_t i = 0; i < n; i++)
			if (str_eq(words[i], word))
				return false;
		words[n++] = word;
	}
	return n > 0;
}

static struct err lint_claims(const struct sign_claim *claims, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct sign_claim *c = &claims[i];

		ENSURE(c->name.n > 0 && !jose_claim_is_protocol(c->name), DENIED, "sign.lint.claim");
		for (size_t earlier = 0; earlier < i; earlier++)
			ENSURE(!str_eq(claims[earlier].name, c->name), DENIED, "sign.lint.claim");
		ENSURE(str_is_utf8(c->name) && str_is_utf8(c->text), DENIED, "sign.lint.text");
		ENSURE(c->kind != CLAIM_LIST || is_list(c->text), DENIED, "sign.lint.claim");
		ENSURE(c->kind != CLAIM_BOOL || c->number == 0 || c->number == 1, DENIED, "sign.lint.claim");
	}
	return NO_ERR;
}

struct err lint_id_token(const struct sign_id_token *t, struct str subject, int64_t now_s)
{
	TRY(lint_common(subject, t->audience, t->sid, t->issued_at_s, t->expires_at_s, SIGNER_ID_TOKEN_MAX_S, now_s));
	ENSURE(t->auth_time_s >= 0 && t->auth_time_s <= t->issued_at_s + SIGNER_CLOCK_SKEW_S, DENIED, "sign.lint.auth_time");
	ENSURE(str_is_utf8(t->nonce) && str_is_utf8(t->acr) && str_is_utf8(t->amr) && str_is_utf8(t->at_hash),
		DENIED, "sign.lint.text");
	return lint_claims(t->claims, t->claim_n);
}

struct err lint_logout_token(const struct sign_logout_token *t, struct str subject, int64_t now_s)
{
	TRY(lint_common(subject, t->audience, t->sid, t->issued_at_s, t->expires_at_s, SIGNER_LOGOUT_TOKEN_MAX_S, now_s));
	ENSURE(t->jti.n > 0, DENIED, "sign.lint.jti");
	ENSURE(str_is_utf8(t->jti), DENIED, "sign.lint.text");
	return NO_ERR;
}
