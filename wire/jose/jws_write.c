/* jws_write.c - see jws_write.h. */
#include "wire/jose/jws_write.h"
#include "base/b64.h"
#include "base/json.h"

const char *sign_alg_name(enum sign_alg alg)
{
	static const char *const names[SIGN_ALG_COUNT] = { [SIGN_ES256] = "ES256", [SIGN_RS256] = "RS256" };

	return names[alg];
}

void jose_header_write(struct buf *out, enum sign_alg alg, const char *typ, struct str kid)
{
	struct buf json;

	buf_init(&json, 1024);
	buf_add_char(&json, '{');
	json_field_c(&json, "alg", sign_alg_name(alg));
	json_field_c(&json, "typ", typ);
	json_field_str(&json, "kid", kid);
	buf_add_char(&json, '}');
	b64url_add(out, json.p, json.n);
	buf_done(&json);
}

/* ---- payloads ---- */

bool jose_claim_is_protocol(struct str name)
{
	/* RFC 7519 4.1; OIDC Core 2, 3.3.2.11, 5.6.2, 7.4; Back-Channel Logout 2.4; RFC 7800 3.1; RFC 8693 4 */
	static const char *const names[] = {
		"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "auth_time", "nonce", "acr", "amr", "azp",
		"at_hash", "c_hash", "s_hash", "sid", "events", "cnf", "sub_jwk", "act", "may_act", "scope", "client_id",
		"_claim_names", "_claim_sources",
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (str_eq_c(name, names[i]))
			return true;
	return false;
}

static void field_unless_empty(struct buf *out, const char *name, struct str value)
{
	if (value.n)
		json_field_str(out, name, value);
}

/* amr: "pwd otp" becomes ["pwd","otp"]. */
static void words_write(struct buf *out, const char *name, struct str words)
{
	if (words.n == 0)
		return;
	json_add_key(out, name);
	json_add_words(out, words);
}

/* What both kinds of token begin with. */
static void head_write(struct buf *out, struct str issuer, struct str subject, struct str audience, int64_t exp_s, int64_t iat_s)
{
	buf_add_char(out, '{');
	json_field_str(out, "iss", issuer);
	json_field_str(out, "sub", subject);
	json_field_str(out, "aud", audience);
	json_field_i64(out, "exp", exp_s);
	json_field_i64(out, "iat", iat_s);
}

static struct err claim_write(struct buf *out, const struct sign_claim *all, size_t i)
{
	const struct sign_claim *c = &all[i];

	ENSURE(c->name.n && !jose_claim_is_protocol(c->name), BROKEN, "jose.claim");
	/* RFC 7519 4: claim names within a set must be unique. */
	for (size_t earlier = 0; earlier < i; earlier++)
		ENSURE(!str_eq(all[earlier].name, c->name), BROKEN, "jose.claim");
	json_add_key_str(out, c->name);
	if (c->kind == CLAIM_TEXT)
		json_add_str(out, c->text);
	else if (c->kind == CLAIM_NUMBER)
		buf_add_i64(out, c->number);
	else if (c->kind == CLAIM_LIST)
		json_add_words(out, c->text);
	else
		buf_add_c(out, c->number ? "true" : "false");
	return NO_ERR;
}

struct err jose_id_token_write(struct buf *out, const struct sign_id_token *t, struct str issuer, struct str subject)
{
	head_write(out, issuer, subject, t->audience, t->expires_at_s, t->issued_at_s);
	if (t->auth_time_s)
		json_field_i64(out, "auth_time", t->auth_time_s);
	field_unless_empty(out, "nonce", t->nonce);
	field_unless_empty(out, "acr", t->acr);
	words_write(out, "amr", t->amr);
	field_unless_empty(out, "at_hash", t->at_hash);
	field_unless_empty(out, "sid", t->sid);
	for (size_t i = 0; i < t->claim_n; i++)
		TRY(claim_write(out, t->claims, i));
	buf_add_char(out, '}');
	return buf_err(out);
}

struct err jose_logout_token_write(struct buf *out, const struct sign_logout_token *t, struct str issuer, struct str subject)
{
	head_write(out, issuer, subject, t->audience, t->expires_at_s, t->issued_at_s);
	json_field_str(out, "jti", t->jti);
	field_unless_empty(out, "sid", t->sid);
	json_add_key(out, "events");
	buf_add(out, STR("{\"http://schemas.openid.net/event/backchannel-logout\":{}}}"));
	return buf_err(out);
}

/* ---- keys ---- */

static void field_b64(struct buf *out, const char *name, struct str bytes)
{
	json_add_key(out, name);
	buf_add_char(out, '"');
	b64url_add(out, bytes.p, bytes.n);
	buf_add_char(out, '"');
}

/* RFC 7638 3.2: the required members only, in lexicographic order, no blanks. */
static void required_members(struct buf *out, const struct jose_public *key)
{
	if (key->alg == SIGN_ES256) {
		json_field_c(out, "crv", "P-256");
		json_field_c(out, "kty", "EC");
		field_b64(out, "x", key->a);
		field_b64(out, "y", key->b);
	} else {
		field_b64(out, "e", key->b);
		json_field_c(out, "kty", "RSA");
		field_b64(out, "n", key->a);
	}
}

void jose_thumbprint_write(struct buf *out, const struct jose_public *key)
{
	buf_add_char(out, '{');
	required_members(out, key);
	buf_add_char(out, '}');
}

void jose_jwk_write(struct buf *out, const struct jose_public *key, struct str kid)
{
	buf_add_char(out, '{');
	required_members(out, key);
	json_field_c(out, "use", "sig");
	json_field_c(out, "alg", sign_alg_name(key->alg));
	json_field_str(out, "kid", kid);
	buf_add_char(out, '}');
}
