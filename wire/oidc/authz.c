/* authz.c - reading an authentication request. What it may look like; not who may ask. */
#include "wire/oidc/oidc.h"
#include "base/b64.h"

#define NO(e, s, d) ((struct oidc_error){ (e), (s), (d) })

bool oidc_is_printable(struct str s, size_t max)
{
	if (s.n < 1 || s.n > max)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] > 0x7e)
			return false;
	return true;
}

bool oidc_is_verifier(struct str s)
{
	if (s.n < 43 || s.n > 128)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
		      || c == '-' || c == '.' || c == '_' || c == '~'))
			return false;
	}
	return true;
}

struct err oidc_authz_address(const struct http_pairs *p, struct oidc_authz *ret_authz)
{
	struct str client_id = http_get(p, "client_id");
	struct str redirect_uri = http_get(p, "redirect_uri");

	ENSURE(oidc_is_printable(client_id, 128), MALFORMED, "oidc.authz.client_id");
	/*= OIDC Core 3.1.2.1: redirect_uri REQUIRED, also when a single one is registered */
	ENSURE(oidc_is_printable(redirect_uri, 2048), MALFORMED, "oidc.authz.redirect_uri");
	ret_authz->client_id = client_id;
	ret_authz->redirect_uri = redirect_uri;
	return NO_ERR;
}

static bool read_challenge(struct str s, unsigned char out[32])
{
	AUTO(arena_destroyp) struct arena *a = arena_create(4096);
	struct str bytes;

	if (s.n != 43 || failed(b64url_decode(a, s, &bytes)) || bytes.n != 32)
		return false;
	memcpy(out, bytes.p, 32);
	return true;
}

static struct oidc_error read_prompt(struct str s, struct oidc_prompt *ret)
{
	struct str word;
	size_t n = 0;

	while (str_split(&s, ' ', &word)) {
		if (!word.n)
			continue;
		n++;
		if (str_eq_c(word, "none"))
			ret->none = true;
		else if (str_eq_c(word, "login"))
			ret->login = true;
		else if (str_eq_c(word, "consent"))
			ret->consent = true;
		else if (str_eq_c(word, "select_account"))
			ret->select_account = true;
		else
			return NO("invalid_request", "oidc.authz.prompt", "prompt has an unknown value");
	}
	/*= OIDC Core 3.1.2.1: If this parameter contains none with any other value, an error is returned. */
	if (ret->none && n > 1)
		return NO("invalid_request", "oidc.authz.prompt", "prompt=none stands alone");
	return OIDC_NO_ERROR;
}

/* What we do not do must be said, never ignored: the partner would believe it was obeyed. */
static struct oidc_error refuse_unsupported(const struct http_pairs *p)
{
	struct str mode = http_get(p, "response_mode"), type = http_get(p, "response_type");

	if (http_has(p, "request"))
		return NO("request_not_supported", "oidc.authz.request", "request objects are not supported");
	if (http_has(p, "request_uri"))
		return NO("request_uri_not_supported", "oidc.authz.request_uri", "request_uri is not supported");
	if (http_has(p, "registration"))
		return NO("registration_not_supported", "oidc.authz.registration", "registration is not supported");
	if (http_has(p, "response_mode") && !str_eq_c(mode, "query"))
		return NO("invalid_request", "oidc.authz.response_mode", "only response_mode=query is supported");
	if (!type.n)
		return NO("invalid_request", "oidc.authz.response_type", "response_type is missing");
	if (!str_eq_c(type, "code"))
		return NO("unsupported_response_type", "oidc.authz.response_type", "only response_type=code is supported");
	if (http_has(p, "resource"))
		return NO("invalid_target", "oidc.authz.resource", "no such resource");
	return OIDC_NO_ERROR;
}

static struct oidc_error read_pkce(const struct http_pairs *p, struct oidc_authz *ret)
{
	if (!http_get(p, "code_challenge").n)
		return NO("invalid_request", "oidc.authz.pkce", "code_challenge is required");
	/* An absent method would mean "plain". */
	if (!str_eq_c(http_get(p, "code_challenge_method"), "S256"))
		return NO("invalid_request", "oidc.authz.pkce", "code_challenge_method must be S256");
	if (!read_challenge(http_get(p, "code_challenge"), ret->challenge))
		return NO("invalid_request", "oidc.authz.pkce", "code_challenge is not a SHA-256 in base64url");
	return OIDC_NO_ERROR;
}

static struct oidc_error read_values(const struct http_pairs *p, struct oidc_authz *ret)
{
	ret->scope = http_get(p, "scope");
	if (ret->scope.n > OIDC_ECHO_MAX || !str_has_word(ret->scope, STR("openid")))
		return NO("invalid_scope", "oidc.authz.scope", "scope must have openid");
	ret->nonce = http_get(p, "nonce");
	if (ret->nonce.n && !oidc_is_printable(ret->nonce, OIDC_ECHO_MAX))
		return NO("invalid_request", "oidc.authz.nonce", "nonce is longer than 512 or not printable");
	ret->max_age_s = -1;
	if (http_has(p, "max_age") && failed(str_to_i64(http_get(p, "max_age"), INT32_MAX, &ret->max_age_s)))
		return NO("invalid_request", "oidc.authz.max_age", "max_age is not a number of seconds");
	if (http_has(p, "claims") && !oidc_is_json_object(http_get(p, "claims")))
		return NO("invalid_request", "oidc.authz.claims", "claims is not a JSON object");
	ret->login_hint = http_get(p, "login_hint");
	if (ret->login_hint.n > 254 || str_has_control(ret->login_hint))
		ret->login_hint = STR_NONE;
	ret->id_token_hint = http_get(p, "id_token_hint");
	ret->acr_values = http_get(p, "acr_values");
	ret->ui_locales = http_get(p, "ui_locales");
	return OIDC_NO_ERROR;
}

struct oidc_error oidc_authz_parse(const struct http_pairs *p, struct oidc_authz *ret)
{
	struct str state = http_get(p, "state");
	struct oidc_error e;

	ret->max_age_s = -1;
	if (state.n && !oidc_is_printable(state, OIDC_ECHO_MAX))
		return NO("invalid_request", "oidc.authz.state", "state is longer than 512 or not printable");
	ret->state = state;
	e = refuse_unsupported(p);
	if (!e.error)
		e = read_pkce(p, ret);
	if (!e.error)
		e = read_prompt(http_get(p, "prompt"), &ret->prompt);
	return e.error ? e : read_values(p, ret);
}
