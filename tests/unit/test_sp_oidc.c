/* The relying party's verdicts (security catalogue 1.4): a control that is accepted, and one change
 * at a time that is refused with its own slug. */
#include "tests/unit/sp_world.h"
#include "base/b64.h"
#include "base/seal.h"

/* ---- the request ---- */

static void a_login_is_asked_for_with_pkce_state_and_nonce(void **state)
{
	struct world *w = *state;
	char challenge[64], redirect[128];

	start_with(w, (struct sp_login_options){ .acr_values = "f2", .prompt = "login", .ui_locales = "en", .has_max_age = 1, .max_age_s = 60 });
	assert_int_equal(strncmp(w->login.url, ISSUER "/authorize?response_type=code&client_id=elections&", 70), 0);
	query_value(w->login.url, "code_challenge", challenge, sizeof challenge);
	query_value(w->login.url, "redirect_uri", redirect, sizeof redirect);
	assert_int_equal(strlen(challenge), 43);
	assert_int_equal(strlen(w->state), 43);
	assert_int_equal(strlen(w->nonce), 43);
	assert_string_equal(redirect, "https%3A%2F%2Felections.ville.example%2Fretour");
	assert_non_null(strstr(w->login.url, "code_challenge_method=S256"));
	assert_non_null(strstr(w->login.url, "acr_values=f2"));
	assert_non_null(strstr(w->login.url, "max_age=60"));
	assert_non_null(strstr(w->login.cookie.set_cookie, "__Host-login"));
	assert_non_null(strstr(w->login.cookie.set_cookie, "; HttpOnly; SameSite=Lax; Secure; Max-Age=1800"));
	/* Nothing is remembered, and nothing of the state can be read from the cookie. */
	for (size_t i = 0; i < ENTRIES; i++)
		assert_false(w->entries[i].used);
	assert_null(strstr(w->login.cookie.value, w->state));
}

static void two_logins_share_nothing(void **state)
{
	struct world *w = *state;
	char first_state[64], first_nonce[64];

	start(w);
	memcpy(first_state, w->state, sizeof first_state);
	memcpy(first_nonce, w->nonce, sizeof first_nonce);
	start(w);
	assert_string_not_equal(first_state, w->state);
	assert_string_not_equal(first_nonce, w->nonce);
}

static void a_return_address_elsewhere_is_refused(void **state)
{
	static const char *const bad[] = {
		"https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example", "/\tevil", "/ /evil", "evil",
		"javascript:alert(1)", "/a//evil.example", "/a#b", "/\r\nSet-Cookie: x=1", "/é",
	};
	struct world *w = *state;
	char longer[1100];

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct sp_login_options o = { .return_to = bad[i] };
		struct sp_result r = sp_login_start(w->sp, w->s, &o, NOON, &w->login);

		if (r.kind == SP_OK)
			fail_msg("accepted: %s", bad[i]);
		assert_string_equal(r.slug, "sp.return_to");
	}
	memset(longer, 'a', sizeof longer);
	longer[0] = '/';
	longer[sizeof longer - 1] = 0;
	assert_false(sp_is_local_path(longer));
	assert_true(sp_is_local_path("/"));
	assert_true(sp_is_local_path("/recu?numero=EL-2026-000001&x=a//b"));
}

static void an_age_that_is_none_is_refused(void **state)
{
	struct world *w = *state;
	struct sp_login_options o = { .has_max_age = 1, .max_age_s = -1 };

	assert_refused(sp_login_start(w->sp, w->s, &o, NOON, &w->login), "sp.max_age");
	o.max_age_s = INT32_MAX;
	assert_refused(sp_login_start(w->sp, w->s, &o, NOON, &w->login), "sp.max_age");
	o.max_age_s = 0;
	assert_int_equal(sp_login_start(w->sp, w->s, &o, NOON, &w->login).kind, SP_OK);
}

/* ---- the callback ---- */

static void the_control_is_accepted(void **state)
{
	struct world *w = *state;
	struct sp_identity id;

	start(w);
	assert_int_equal(finish(w, &id).kind, SP_OK);
	assert_string_equal(id.subject, "pseudonym-of-jeanne");
	assert_string_equal(id.sid, "session-1");
	assert_string_equal(id.acr, "f1");
	assert_string_equal(id.return_to, "/mes-demandes?page=2");
	assert_string_equal(id.id_token, "a.b.c");
	assert_string_equal(sp_identity_claim(&id, "given_name"), "Jeanne");
	assert_string_equal(sp_identity_claim(&id, "family_name"), "");
	assert_int_equal(id.auth_time_s, NOON - 20);
	assert_true(w->had_credential);
	assert_non_null(strstr(w->sent_body, "grant_type=authorization_code&code=c0de&redirect_uri=https%3A%2F%2F"));
	assert_non_null(strstr(w->sent_body, "&code_verifier="));
	assert_null(strstr(w->sent_body, "client_id="));
}

static const struct { const char *name; enum how how; const char *claim, *text; int64_t number; const char *slug; } changes[] = {
	{ "R02 wrong issuer",           SET_TEXT,   "iss", "https://evil.example", 0, "sp.token.iss" },
	{ "R02 trailing slash",         SET_TEXT,   "iss", ISSUER "/", 0, "sp.token.iss" },
	{ "R02 no issuer",              DELETE,     "iss", NULL, 0, "sp.token.iss" },
	{ "R03 another's audience",     SET_TEXT,   "aud", "etat-civil", 0, "sp.token.aud" },
	{ "R03 no audience",            DELETE,     "aud", NULL, 0, "sp.token.aud" },
	{ "R03 a stranger beside us",   ADD_LIST,   "aud", "etat-civil", 0, "sp.token.aud" },
	{ "R03 audience a number",      SET_NUMBER, "aud", NULL, 7, "sp.token.aud" },
	{ "R03 azp of another",         SET_TEXT,   "azp", "etat-civil", 0, "sp.token.azp" },
	{ "R04 expired",                SET_NUMBER, "exp", NULL, NOON - 26, "sp.token.expired" },
	{ "R04 no exp",                 DELETE,     "exp", NULL, 0, "sp.token.expired" },
	{ "R04 exp a text",             SET_TEXT,   "exp", "1900000000", 0, "sp.token.expired" },
	{ "R04 exp beyond all",         SET_NUMBER, "exp", NULL, INT64_MAX, "sp.token.expired" },
	{ "R04 no iat",                 DELETE,     "iat", NULL, 0, "sp.token.iat" },
	{ "R04 iat ten minutes old",    SET_NUMBER, "iat", NULL, NOON - 600, "sp.token.iat" },
	{ "R04 iat to come",            SET_NUMBER, "iat", NULL, NOON + 100, "sp.token.iat" },
	{ "nbf to come",                SET_NUMBER, "nbf", NULL, NOON + 100, "sp.token.early" },
	{ "nbf a text",                 SET_TEXT,   "nbf", "0", 0, "sp.token.early" },
	{ "R04 no sub",                 DELETE,     "sub", NULL, 0, "sp.token.sub" },
	{ "R04 empty sub",              SET_TEXT,   "sub", "", 0, "sp.token.sub" },
	{ "sub a list",                 SET_LIST,   "sub", "x", 0, "sp.token.sub" },
	{ "R05 wrong nonce",            SET_TEXT,   "nonce", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 0, "sp.token.nonce" },
	{ "R05 no nonce",               DELETE,     "nonce", NULL, 0, "sp.token.nonce" },
	{ "at_hash of another token",   SET_TEXT,   "at_hash", "AAAAAAAAAAAAAAAAAAAAAA", 0, "sp.token.at_hash" },
	{ "at_hash a number",           SET_NUMBER, "at_hash", NULL, 1, "sp.token.at_hash" },
	{ "auth_time to come",          SET_NUMBER, "auth_time", NULL, NOON + 100, "sp.token.auth_time" },
	{ "auth_time a text",           SET_TEXT,   "auth_time", "now", 0, "sp.token.auth_time" },
};

static void each_change_of_the_id_token_is_refused(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		struct sp_identity id = { .subject = "untouched" };
		struct sp_result r;

		start(w);
		switch (changes[i].how) {
		case SET_TEXT:   set(w, changes[i].claim, SP_TEXT, changes[i].text, 0); break;
		case SET_NUMBER: set(w, changes[i].claim, SP_NUMBER, NULL, changes[i].number); break;
		case SET_LIST:   set(w, changes[i].claim, SP_LIST, changes[i].text, 0); break;
		case ADD_LIST:   set(w, changes[i].claim, SP_LIST, CLIENT, 0); add(w, changes[i].claim, SP_LIST, changes[i].text); break;
		case DELETE:     del(w, changes[i].claim); break;
		}
		r = finish(w, &id);
		if (r.kind != SP_DENIED || strcmp(r.slug, changes[i].slug) != 0)
			fail_msg("%s: got %s", changes[i].name, r.kind == SP_OK ? "accepted" : r.slug);
		assert_string_equal(id.subject, "untouched");
		sp_scope_reset(w->s);
	}
}

static void a_subject_of_256_bytes_is_refused(void **state)
{
	struct world *w = *state;
	struct sp_identity id;
	char subject[257];

	memset(subject, 'a', sizeof subject);
	subject[256] = 0;
	start(w);
	set(w, "sub", SP_TEXT, subject, 0);
	assert_refused(finish(w, &id), "sp.token.sub");
}

static void one_audience_as_a_list_and_a_true_at_hash_are_accepted(void **state)
{
	struct world *w = *state;
	unsigned char hash[32];
	struct sp_identity id;

	start(w);
	sha256(STR(ACCESS), hash);
	set(w, "at_hash", SP_TEXT, b64url_encode(sp_arena_of(w->s), hash, 16).p, 0);
	set(w, "aud", SP_LIST, CLIENT, 0);
	set(w, "azp", SP_TEXT, CLIENT, 0);
	set(w, "nbf", SP_NUMBER, NULL, NOON);
	assert_int_equal(finish(w, &id).kind, SP_OK);
}

static void another_algorithm_or_a_bad_signature_is_refused(void **state)
{
	struct world *w = *state;
	struct sp_identity id;

	start(w);
	w->alg = "none";
	assert_refused(finish(w, &id), "sp.token.alg");
	start(w);
	w->alg = "HS256";
	assert_refused(finish(w, &id), "sp.token.alg");
	start(w);
	w->alg = "ES256";
	w->typ = "logout+jwt";
	assert_refused(finish(w, &id), "sp.token.typ");
	start(w);
	w->check_slug = "jose.alg";
	assert_refused(finish(w, &id), "sp.token.alg");
	start(w);
	w->check_slug = "jose.signature";
	assert_refused(finish(w, &id), "sp.token.signature");
}

static void a_strength_that_was_asked_for_is_insisted_on(void **state)
{
	struct world *w = *state;
	struct sp_identity id;

	start_with(w, (struct sp_login_options){ .acr_values = "f2 f3" });
	assert_refused(finish(w, &id), "sp.token.acr");
	start_with(w, (struct sp_login_options){ .acr_values = "f2 f3" });
	set(w, "acr", SP_TEXT, "f2", 0);
	assert_int_equal(finish(w, &id).kind, SP_OK);
	start_with(w, (struct sp_login_options){ .has_max_age = 1, .max_age_s = 10 });
	set(w, "auth_time", SP_NUMBER, NULL, NOON - 60);
	assert_refused(finish(w, &id), "sp.token.auth_time");
	start_with(w, (struct sp_login_options){ .has_max_age = 1, .max_age_s = 10 });
	del(w, "auth_time");
	assert_refused(finish(w, &id), "sp.token.auth_time");
}

static void a_callback_of_another_browser_makes_no_token_call(void **state)
{
	struct world *w = *state;
	struct sp_identity id;
	const char *query, *cookie;

	start(w);
	query = good_query(w);
	cookie = w->login.cookie.value;
	assert_refused(finish_query(w, query, NULL, &id), "sp.state.absent");
	assert_refused(finish_query(w, query, "", &id), "sp.state.absent");
	assert_refused(finish_query(w, query, "bm90LW91cnM", &id), "sp.state.forged");
	assert_refused(finish_query(w, "code=c0de&iss=https%3A%2F%2Fcompte.ville.example", cookie, &id), "sp.state.absent");
	assert_refused(finish_query(w, "code=c0de&state=guess&iss=https%3A%2F%2Fcompte.ville.example", cookie, &id), "sp.state.other");
	start(w);      /* the other browser has a login of its own under way */
	assert_refused(finish_query(w, query, w->login.cookie.value, &id), "sp.state.other");
	assert_refused(sp_login_finish(w->sp, w->s, query, cookie, NOON + 1801, &id), "sp.state.expired");
	assert_int_equal(w->token_calls, 0);
}

static void a_state_is_good_once(void **state)
{
	struct world *w = *state;
	struct sp_identity id;

	start(w);
	assert_int_equal(finish(w, &id).kind, SP_OK);
	assert_refused(finish(w, &id), "sp.state.used");
	assert_int_equal(w->token_calls, 1);
}

static void a_response_of_another_issuer_makes_no_token_call(void **state)
{
	struct world *w = *state;
	struct sp_identity id;
	struct arena *a = sp_arena_of(w->s);

	start(w);
	assert_refused(finish_query(w, arena_printf(a, "code=c0de&state=%s", w->state).p, w->login.cookie.value, &id), "sp.response.iss");
	assert_refused(finish_query(w, arena_printf(a, "code=c0de&state=%s&iss=https%%3A%%2F%%2Fevil.example", w->state).p,
		w->login.cookie.value, &id), "sp.response.iss");
	assert_refused(finish_query(w, arena_printf(a, "error=access_denied&state=%s", w->state).p, w->login.cookie.value, &id), "sp.response.iss");
	assert_int_equal(w->token_calls, 0);
	assert_int_equal(finish(w, &id).kind, SP_OK);      /* and the honest one still holds */
}

static void a_query_that_says_things_twice_or_nothing_is_refused(void **state)
{
	struct world *w = *state;
	struct sp_identity id;
	const char *c;

	start(w);
	c = w->login.cookie.value;
	assert_refused(finish_query(w, NULL, c, &id), "sp.response.query");
	assert_refused(finish_query(w, arena_printf(sp_arena_of(w->s), "%s&code=other", good_query(w)).p, c, &id), "sp.response.query");
	assert_refused(finish_query(w, "code=%00", c, &id), "sp.response.query");
	assert_refused(finish_query(w, arena_printf(sp_arena_of(w->s), "state=%s&iss=https%%3A%%2F%%2Fcompte.ville.example", w->state).p, c, &id),
		"sp.response.code");
}

static void an_error_of_the_provider_is_told_apart(void **state)
{
	static const struct { const char *error, *slug; int kind; } errors[] = {
		{ "access_denied", "sp.login.refused", SP_DENIED }, { "login_required", "sp.login.required", SP_DENIED },
		{ "temporarily_unavailable", "sp.provider.error", SP_BUSY }, { "server_error", "sp.provider.error", SP_BUSY },
		{ "%3Cscript%3E", "sp.login.error", SP_DENIED },
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
		struct sp_identity id;

		start(w);
		struct sp_result r = finish_query(w, arena_printf(sp_arena_of(w->s),
			"error=%s&error_description=%%3Cb%%3E&state=%s&iss=https%%3A%%2F%%2Fcompte.ville.example", errors[i].error, w->state).p,
			w->login.cookie.value, &id);
		assert_refused(r, errors[i].slug);
		assert_int_equal(r.kind, errors[i].kind);
	}
	assert_int_equal(w->token_calls, 0);
}

static void a_token_answer_of_another_shape_is_refused(void **state)
{
	static const char *const bodies[] = {
		"<html>", "", "[]", "{}", "{\"access_token\":\"a\",\"token_type\":\"Bearer\"}",
		"{\"access_token\":\"a\",\"token_type\":\"mac\",\"id_token\":\"a.b.c\"}",
		"{\"token_type\":\"Bearer\",\"id_token\":\"a.b.c\"}", "{\"error\":\"invalid_grant\"}",
		"{\"access_token\":\"a\",\"access_token\":\"b\",\"token_type\":\"Bearer\",\"id_token\":\"a.b.c\"}",
	};
	struct world *w = *state;
	struct sp_identity id;

	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		start(w);
		w->token_body = bodies[i];
		assert_refused(finish(w, &id), "sp.token.response");
	}
	start(w);
	w->token_status = 400;
	assert_refused(finish(w, &id), "sp.code.refused");
	start(w);
	w->token_status = 502;
	assert_refused(finish(w, &id), "sp.provider.error");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_login_is_asked_for_with_pkce_state_and_nonce), T(two_logins_share_nothing), T(a_return_address_elsewhere_is_refused),
		T(an_age_that_is_none_is_refused),
		T(the_control_is_accepted), T(each_change_of_the_id_token_is_refused), T(a_subject_of_256_bytes_is_refused),
		T(one_audience_as_a_list_and_a_true_at_hash_are_accepted), T(another_algorithm_or_a_bad_signature_is_refused),
		T(a_strength_that_was_asked_for_is_insisted_on), T(a_callback_of_another_browser_makes_no_token_call),
		T(a_state_is_good_once), T(a_response_of_another_issuer_makes_no_token_call),
		T(a_query_that_says_things_twice_or_nothing_is_refused), T(an_error_of_the_provider_is_told_apart),
		T(a_token_answer_of_another_shape_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
