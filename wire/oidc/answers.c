/* answers.c - the JSON that the endpoints give: tokens, errors, discovery. */
#include "wire/oidc/oidc.h"
#include "base/json.h"
#include "wire/jose/json_read.h"

enum { OBJECT_MAX = 8192, OBJECT_DEPTH = 8 };

bool oidc_is_json_object(struct str s)
{
	json_t *j = NULL;
	struct err e = jose_json_read(s, OBJECT_MAX, OBJECT_DEPTH, &j);

	json_decref(j);
	return !failed(e);
}

static struct str finish(struct arena *a, struct buf *b)
{
	struct str out;

	buf_add_char(b, '}');
	out = b->overflowed ? STR_NONE : arena_dup(a, buf_str(b));
	buf_done(b);
	return out;
}

struct str oidc_tokens_format(struct arena *a, const struct oidc_tokens *t)
{
	struct buf b;

	buf_init(&b, 65536);
	buf_add_char(&b, '{');
	json_field_str(&b, "access_token", t->access_token);
	json_field_c(&b, "token_type", "Bearer");
	json_field_i64(&b, "expires_in", t->expires_in_s);
	if (t->refresh_token.n)
		json_field_str(&b, "refresh_token", t->refresh_token);
	if (t->id_token.n)
		json_field_str(&b, "id_token", t->id_token);
	if (t->scope.n)
		json_field_str(&b, "scope", t->scope);
	return finish(a, &b);
}

struct str oidc_error_format(struct arena *a, const char *error, const char *description)
{
	struct buf b;

	buf_init(&b, 4096);
	buf_add_char(&b, '{');
	json_field_c(&b, "error", error);
	if (description)
		json_field_c(&b, "error_description", description);
	return finish(a, &b);
}

static void add_address(struct buf *b, struct arena *a, const char *name, struct str issuer, const char *path)
{
	json_field_str(b, name, arena_printf(a, STR_FMT "%s", STR_ARG(issuer), path));
}

static void add_list(struct buf *b, const char *name, struct str words)
{
	struct str word;

	json_add_key(b, name);
	buf_add_char(b, '[');
	for (bool first = true; str_split(&words, ' ', &word); first = false) {
		if (!first)
			buf_add_char(b, ',');
		json_add_str(b, word);
	}
	buf_add_char(b, ']');
}

/* True capabilities only. Source  OIDC Discovery 1.0 3, RFC 8414 2, RFC 9207 3, Back-Channel Logout 2.1 */
struct str oidc_discovery_format(struct arena *a, const struct oidc_discovery *d)
{
	struct buf b;

	buf_init(&b, 16384);
	buf_add_char(&b, '{');
	json_field_str(&b, "issuer", d->issuer);
	add_address(&b, a, "authorization_endpoint", d->issuer, "/oidc/authorize");
	add_address(&b, a, "token_endpoint", d->issuer, "/oidc/token");
	add_address(&b, a, "userinfo_endpoint", d->issuer, "/oidc/userinfo");
	add_address(&b, a, "jwks_uri", d->issuer, "/oidc/jwks");
	add_address(&b, a, "introspection_endpoint", d->issuer, "/oidc/introspect");
	add_address(&b, a, "revocation_endpoint", d->issuer, "/oidc/revoke");
	add_address(&b, a, "end_session_endpoint", d->issuer, "/oidc/logout");
	add_list(&b, "scopes_supported", STR("openid profile email offline_access"));
	add_list(&b, "response_types_supported", STR("code"));
	add_list(&b, "response_modes_supported", STR("query"));
	add_list(&b, "grant_types_supported", STR("authorization_code refresh_token client_credentials"));
	add_list(&b, "subject_types_supported", STR("pairwise"));
	add_list(&b, "id_token_signing_alg_values_supported", d->algs);
	add_list(&b, "token_endpoint_auth_methods_supported", STR("client_secret_basic client_secret_post none"));
	add_list(&b, "introspection_endpoint_auth_methods_supported", STR("client_secret_basic client_secret_post"));
	add_list(&b, "revocation_endpoint_auth_methods_supported", STR("client_secret_basic client_secret_post none"));
	add_list(&b, "code_challenge_methods_supported", STR("S256"));
	add_list(&b, "claims_supported", STR("iss sub aud exp iat auth_time nonce acr amr sid at_hash "
		"given_name family_name name birthdate email email_verified identity_level roles"));
	add_list(&b, "acr_values_supported", STR("f1 f2"));
	add_list(&b, "prompt_values_supported", STR("none login consent select_account"));
	add_list(&b, "ui_locales_supported", STR("fr en"));
	json_field_bool(&b, "claims_parameter_supported", false);
	json_field_bool(&b, "request_parameter_supported", false);
	json_field_bool(&b, "request_uri_parameter_supported", false);
	json_field_bool(&b, "authorization_response_iss_parameter_supported", true);
	json_field_bool(&b, "backchannel_logout_supported", true);
	json_field_bool(&b, "backchannel_logout_session_supported", true);
	return finish(a, &b);
}
