/* SPDX-License-Identifier: Apache-2.0
 *
 * token_rules.c - verdicts: is this signed token an ID token, or a logout token, for us and for now?
 * Pure: the signature was proven before; time and expectations come in as arguments. */
#include "sp-lib/sp.h"
#include "base/b64.h"
#include "base/ct.h"
#include "wire/jose/json_read.h"

enum { ISSUED_AT_MOST_AGO_S = 300, LOGOUT_AT_MOST_AGO_S = 300, JTI_MAX = 256, EVENTS_MAX = 2048 };

static const struct sp_claim *claim(const struct sp_token *t, const char *name)
{
	for (size_t i = 0; i < t->claim_n; i++)
		if (str_eq_c(str_from_c(t->claims[i].name), name))
			return &t->claims[i];
	return NULL;
}

/* Empty when absent or of another type. */
static struct str claim_text(const struct sp_token *t, const char *name)
{
	const struct sp_claim *c = claim(t, name);

	return c && c->kind == SP_TEXT ? str_from_c(c->text) : STR_NONE;
}

static bool claim_number(const struct sp_token *t, const char *name, int64_t *ret_number)
{
	const struct sp_claim *c = claim(t, name);

	/* Beyond any calendar: arithmetic with it must not overflow. */
	if (!c || c->kind != SP_NUMBER || c->number < 0 || c->number > INT64_C(1) << 40)
		return false;
	*ret_number = c->number;
	return true;
}

/* Exactly one audience, and it is us: a token that others may also use is nobody's. */
static bool audience_is(const struct sp_token *t, struct str client_id)
{
	size_t n = 0, ours = 0;

	for (size_t i = 0; i < t->claim_n; i++) {
		const struct sp_claim *c = &t->claims[i];

		if (!str_eq_c(str_from_c(c->name), "aud"))
			continue;
		n++;
		ours += (c->kind == SP_TEXT || c->kind == SP_LIST) && str_eq(str_from_c(c->text), client_id);
	}
	return n == 1 && ours == 1;
}

static bool is_subject(struct str s)
{
	return s.n > 0 && s.n <= SP_SUBJECT_MAX && !str_has_control(s);
}

/*= OpenID Connect Core 3.1.3.7: The current time MUST be before the time represented by the exp Claim. */
static MUST struct err id_token_times(const struct sp_token *t, const struct sp_id_token_expect *x)
{
	int64_t exp = 0, iat = 0, nbf = 0;

	ENSURE(claim_number(t, "exp", &exp) && x->now_s < exp + x->skew_s, DENIED, "sp.token.expired");
	ENSURE(claim_number(t, "iat", &iat), DENIED, "sp.token.iat");
	/* It was made for this very exchange: an old one was kept by somebody. */
	ENSURE(iat <= x->now_s + x->skew_s && x->now_s - iat <= ISSUED_AT_MOST_AGO_S + x->skew_s, DENIED, "sp.token.iat");
	if (claim(t, "nbf"))
		ENSURE(claim_number(t, "nbf", &nbf) && nbf <= x->now_s + x->skew_s, DENIED, "sp.token.early");
	return NO_ERR;
}

/*= OpenID Connect Core 3.1.3.8: the at_hash value MUST match … the left-most half of the hash */
static MUST struct err id_token_at_hash(const struct sp_token *t, struct str access_token)
{
	struct str given = claim_text(t, "at_hash");
	unsigned char hash[32];
	struct buf b;

	if (!claim(t, "at_hash"))
		return NO_ERR;
	sha256(access_token, hash);
	buf_init(&b, sizeof hash);
	b64url_add(&b, hash, 16);
	bool equal = access_token.n > 0 && !b.overflowed && ct_str_equal(buf_str(&b), given);
	buf_done(&b);
	ENSURE(equal, DENIED, "sp.token.at_hash");
	return NO_ERR;
}

static MUST struct err id_token_strength(const struct sp_token *t, const struct sp_id_token_expect *x, int64_t *ret_auth_time_s)
{
	int64_t at = 0;
	bool has = claim_number(t, "auth_time", &at);

	ENSURE(has || !claim(t, "auth_time"), DENIED, "sp.token.auth_time");
	if (has)
		ENSURE(at <= x->now_s + x->skew_s, DENIED, "sp.token.auth_time");
	if (x->has_max_age)
		ENSURE(has && x->now_s - at <= x->max_age_s + x->skew_s, DENIED, "sp.token.auth_time");
	if (x->acr_values.n)
		ENSURE(str_has_word(x->acr_values, claim_text(t, "acr")), DENIED, "sp.token.acr");
	*ret_auth_time_s = at;
	return NO_ERR;
}

static const char *or_empty(struct str s)
{
	return s.n ? s.p : "";
}

/*= OpenID Connect Core 3.1.3.7: Clients MUST validate the ID Token in the Token Response */
struct err sp_id_token_judge(const struct sp_token *t, const struct sp_id_token_expect *x, struct sp_identity *ret_identity)
{
	struct str subject = claim_text(t, "sub"), azp = claim_text(t, "azp"), typ = str_from_c(t->typ);
	int64_t auth_time_s = 0;

	ENSURE(t->alg && str_has_word(x->algs, str_from_c(t->alg)), DENIED, "sp.token.alg");
	ENSURE(typ.n == 0 || str_eq_nocase(typ, STR("JWT")), DENIED, "sp.token.typ");
	ENSURE(str_eq(claim_text(t, "iss"), x->issuer), DENIED, "sp.token.iss");
	ENSURE(audience_is(t, x->client_id), DENIED, "sp.token.aud");
	ENSURE(!claim(t, "azp") || str_eq(azp, x->client_id), DENIED, "sp.token.azp");
	TRY(id_token_times(t, x));
	ENSURE(x->nonce.n > 0 && ct_str_equal(claim_text(t, "nonce"), x->nonce), DENIED, "sp.token.nonce");
	ENSURE(is_subject(subject), DENIED, "sp.token.sub");
	TRY(id_token_at_hash(t, x->access_token));
	TRY(id_token_strength(t, x, &auth_time_s));
	*ret_identity = (struct sp_identity){
		.issuer = x->issuer.p, .subject = subject.p, .sid = or_empty(claim_text(t, "sid")),
		.acr = or_empty(claim_text(t, "acr")), .auth_time_s = auth_time_s,
		.id_token = "", .return_to = "/", .claims = t->claims, .claim_n = t->claim_n,
	};
	return NO_ERR;
}

/*= Back-Channel Logout 1.0, 2.4: …MUST contain … "http://schemas.openid.net/event/backchannel-logout" */
static bool events_are_logout(const struct sp_token *t)
{
	const struct sp_claim *c = claim(t, "events");
	struct str text = c && c->kind == SP_OBJECT ? str_from_c(c->text) : STR_NONE;
	json_t *events = NULL;
	bool yes;

	if (failed(jose_json_read(text, EVENTS_MAX, 8, &events)))
		return false;
	yes = json_is_object(json_object_get(events, "http://schemas.openid.net/event/backchannel-logout"));
	json_decref(events);
	return yes;
}

/*= Back-Channel Logout 1.0, 2.6: Upon receiving a logout request … the RP MUST validate the Logout Token */
struct err sp_logout_token_judge(const struct sp_token *t, const struct sp_logout_expect *x, struct sp_logout_order *ret_order)
{
	struct str sid = claim_text(t, "sid"), subject = claim_text(t, "sub"), jti = claim_text(t, "jti");
	int64_t iat = 0, exp = 0;

	ENSURE(t->alg && str_has_word(x->algs, str_from_c(t->alg)), DENIED, "sp.logout.alg");
	/* An ID token must not pass for one. */
	ENSURE(str_eq_nocase(str_from_c(t->typ), STR("logout+jwt")), DENIED, "sp.logout.typ");
	ENSURE(str_eq(claim_text(t, "iss"), x->issuer), DENIED, "sp.logout.iss");
	ENSURE(audience_is(t, x->client_id), DENIED, "sp.logout.aud");
	ENSURE(claim_number(t, "iat", &iat) && iat <= x->now_s + x->skew_s
		&& x->now_s - iat <= LOGOUT_AT_MOST_AGO_S + x->skew_s, DENIED, "sp.logout.iat");
	ENSURE(claim_number(t, "exp", &exp) && x->now_s < exp + x->skew_s, DENIED, "sp.logout.expired");
	ENSURE(jti.n > 0 && jti.n <= JTI_MAX, DENIED, "sp.logout.jti");
	ENSURE(events_are_logout(t), DENIED, "sp.logout.events");
	ENSURE(!claim(t, "nonce"), DENIED, "sp.logout.nonce");
	ENSURE((sid.n > 0 || !claim(t, "sid")) && (is_subject(subject) || !claim(t, "sub"))
		&& (sid.n > 0 || subject.n > 0), DENIED, "sp.logout.subject");
	*ret_order = (struct sp_logout_order){ sid, subject, jti, exp };
	return NO_ERR;
}
