/* fuzz_oidc_authz.c - the parameters of an authentication request, from the query on (OpenID Connect
 * Core 3.1.2.1, RFC 7636), and the addresses that a partner may register. */
#include "tests/fuzz/fuzz.h"
#include "wire/oidc/oidc.h"

#define CODES "invalid_request invalid_scope invalid_target unsupported_response_type " \
	"request_not_supported request_uri_not_supported registration_not_supported"

static void check_error(struct oidc_error e, const struct oidc_authz *r)
{
	struct str description = str_from_c(e.description);

	assert(str_has_word(STR(CODES), str_from_c(e.error)));
	assert(str_starts(str_from_c(e.slug), STR("oidc.authz.")));
	/*= RFC 6749 4.1.2.1: Values for the "error_description" parameter MUST NOT include characters outside
	 * the set %x20-21 / %x23-5B / %x5D-7E. */
	assert(oidc_is_printable(description, 200) && !str_has(description, '"') && !str_has(description, '\\'));
	assert(!r->state.n || oidc_is_printable(r->state, OIDC_ECHO_MAX));
}

static void check_request(struct arena *a, const struct oidc_authz *r)
{
	const struct oidc_prompt *prompt = &r->prompt;
	struct str scope = oidc_words_both(a, r->scope, STR("openid profile email"));

	assert(str_has_word(r->scope, STR("openid")) && r->scope.n <= OIDC_ECHO_MAX);
	assert(str_has_word(scope, STR("openid")) && oidc_words_within(scope, r->scope)
		&& oidc_words_within(scope, STR("openid profile email")));
	assert(!r->state.n || oidc_is_printable(r->state, OIDC_ECHO_MAX));
	assert(!r->nonce.n || oidc_is_printable(r->nonce, OIDC_ECHO_MAX));
	assert(r->login_hint.n <= 254 && !str_has_control(r->login_hint));
	assert(r->max_age_s >= -1 && r->max_age_s <= INT32_MAX);
	assert(!(prompt->none && (prompt->login || prompt->consent || prompt->select_account)));
}

static void try_uri(struct str uri)
{
	struct err e = oidc_uri_check(uri);
	struct str origin = oidc_uri_origin(uri);

	assert(fuzz_is_inside(origin, uri));
	assert(oidc_uri_matches(uri, uri, false) && oidc_uri_matches(uri, uri, true));
	if (failed(e)) {
		assert(fuzz_is_error(e, ERR_MALFORMED, "oidc.uri.scheme oidc.uri.host oidc.uri.fragment oidc.uri.userinfo "
			"oidc.uri.wildcard oidc.uri.bytes"));
		return;
	}
	fuzz_accepted++;
	assert(origin.n && !failed(oidc_uri_check(origin)) && str_eq(oidc_uri_origin(origin), origin));
	assert(str_starts(origin, STR("https://")) || str_starts(origin, STR("http://")));
	assert(!str_has(uri, '#') && !str_has(origin, '@') && !str_has(origin, '\\'));
}

static void try_request(struct arena *a, const struct http_pairs *pairs)
{
	struct oidc_authz address, r = { .max_age_s = 0 };

	fuzz_stain(&address, sizeof address);
	struct err e = oidc_authz_address(pairs, &address);
	if (failed(e)) {
		assert(fuzz_is_error(e, ERR_MALFORMED, "oidc.authz.client_id oidc.authz.redirect_uri"));
		assert(fuzz_is_stained(&address, sizeof address));
	} else {
		try_uri(address.redirect_uri);
	}
	struct oidc_error error = oidc_authz_parse(pairs, &r);
	if (error.error) {
		check_error(error, &r);
		return;
	}
	fuzz_accepted++;
	check_request(a, &r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 18);
	struct http_pairs pairs = { NULL, 0 };

	try_uri(fuzz_str(data, size));
	if (!failed(http_parse_pairs(a, fuzz_str(data, size), 64, STR_NONE, &pairs)))
		try_request(a, &pairs);
	return 0;
}
