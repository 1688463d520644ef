/* test_idp_oidc.c - authorization, tokens and what they open, driven through the engine's routes.
 * Rows O01 to O82 of the attack catalogue: each a good request plus one change. */
#include "tests/unit/idp_world.h"
#include "idp/policy/partner.h"

static void a_citizen_signs_in_and_the_service_gets_its_tokens(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *r = world_get(w, &b, arena_c(w->a, authz_url(w, "")));

	assert_int_equal(r->status, 200);
	assert_true(body_has(r, "identifiant"));
	assert_string_equal(arena_c(w->a, r->form_action), "https://elections.ville.test");
	r = sign_in(w, &b, r, EMAIL, PASSWORD);
	assert_int_equal(r->status, 303);
	r = world_get(w, &b, arena_c(w->a, header(r, "location")));
	assert_true(body_has(r, "Moreau") && body_has(r, "Jeanne") && body_has(r, "mars"));
	struct str flow = hidden(w, r, "flow");
	r = world_post(w, &b, "/information", fmt(w, "flow=" STR_FMT "&reponse=continuer", STR_ARG(flow)));
	assert_int_equal(r->status, 303);
	assert_true(str_starts(header(r, "location"), STR(REDIRECT "?code=")));
	assert_string_equal(arena_c(w->a, location_param(w, r, "state")), "st-1");
	assert_string_equal(arena_c(w->a, location_param(w, r, "iss")), ISSUER);

	r = redeem(w, location_param(w, r, "code"));
	assert_int_equal(r->status, 200);
	struct str claims = jws_payload(w, json_text(w, r->body, "id_token"));
	assert_string_equal(arena_c(w->a, json_text(w, claims, "nonce")), "n-1");
	assert_string_equal(arena_c(w->a, json_text(w, claims, "aud")), "elections");
	assert_string_equal(arena_c(w->a, json_text(w, claims, "acr")), "f1");
	assert_string_equal(arena_c(w->a, json_text(w, claims, "given_name")), "Jeanne");
	assert_true(json_text(w, claims, "sid").n > 0 && json_text(w, claims, "at_hash").n > 0);
	/* The time of a sign-in would link two services: told only when asked. */
	assert_int_equal(json_number(claims, "auth_time"), -1);

	struct str at = json_text(w, r->body, "access_token");
	r = world_get_as(w, "/oidc/userinfo", fmt(w, "Bearer " STR_FMT, STR_ARG(at)));
	assert_int_equal(r->status, 200);
	assert_string_equal(arena_c(w->a, json_text(w, r->body, "sub")), arena_c(w->a, json_text(w, claims, "sub")));
	assert_string_equal(arena_c(w->a, json_text(w, r->body, "birthdate")), "1954-03-12");
	assert_true(json_text(w, r->body, "email").n == 0);
}


/* ---- the authorization request ---- */

struct change { const char *name, *param, *value; /* NULL: left out */ const char *outcome; };

static struct str changed_url(struct world *w, const struct change *c)
{
	struct { const char *name, *value; } params[] = {
		{ "client_id", "elections" }, { "redirect_uri", REDIRECT }, { "response_type", "code" }, { "scope", "openid profile" },
		{ "state", "st-1" }, { "nonce", "n-1" }, { "code_challenge", arena_c(w->a, w->challenge) }, { "code_challenge_method", "S256" } };
	bool replaced = false;
	struct buf b;
	struct str out;

	buf_init(&b, 16384);
	buf_add_c(&b, "/oidc/authorize?x=1");
	for (size_t i = 0; i < sizeof params / sizeof *params; i++) {
		const char *value = params[i].value;

		if (strcmp(params[i].name, c->param) == 0) {
			value = c->value;
			replaced = true;
		}
		if (!value)
			continue;
		buf_add_char(&b, '&');
		http_add_pair(&b, params[i].name, str_from_c(value));
	}
	if (!replaced) {
		buf_add_char(&b, '&');
		http_add_pair(&b, c->param, str_from_c(c->value));
	}
	out = arena_dup(w->a, buf_str(&b));
	buf_done(&b);
	return out;
}

static void a_request_that_cannot_be_answered_safely_stays_on_our_page(void **state)
{
	static const struct change cases[] = {
		{ "no client", "client_id", NULL, "oidc.authz.client_id" },
		{ "unknown client", "client_id", "nobody", "oidc.authz.client" },
		{ "client with a line break", "client_id", "elections\n", "oidc.authz.client_id" },
		/* O01 to O05 */
		{ "unregistered", "redirect_uri", "https://evil.example/retour", "oidc.authz.redirect_uri" },
		{ "missing", "redirect_uri", NULL, "oidc.authz.redirect_uri" },
		{ "query added", "redirect_uri", REDIRECT "?a=b", "oidc.authz.redirect_uri" },
		{ "fragment added", "redirect_uri", REDIRECT "#x", "oidc.authz.redirect_uri" },
		{ "path suffix", "redirect_uri", REDIRECT "/x", "oidc.authz.redirect_uri" },
		{ "dots", "redirect_uri", "https://elections.ville.test/x/../retour", "oidc.authz.redirect_uri" },
		{ "escaped dots", "redirect_uri", "https://elections.ville.test/x/%2e%2e/retour", "oidc.authz.redirect_uri" },
		{ "double slash", "redirect_uri", "https://elections.ville.test//retour", "oidc.authz.redirect_uri" },
		{ "backslash", "redirect_uri", "https://elections.ville.test\\retour", "oidc.authz.redirect_uri" },
		{ "escaped backslash", "redirect_uri", "https://elections.ville.test%5cretour", "oidc.authz.redirect_uri" },
		{ "semicolon", "redirect_uri", REDIRECT ";x", "oidc.authz.redirect_uri" },
		{ "host case", "redirect_uri", "https://Elections.ville.test/retour", "oidc.authz.redirect_uri" },
		{ "path case", "redirect_uri", "https://elections.ville.test/Retour", "oidc.authz.redirect_uri" },
		{ "trailing dot", "redirect_uri", "https://elections.ville.test./retour", "oidc.authz.redirect_uri" },
		{ "default port", "redirect_uri", "https://elections.ville.test:443/retour", "oidc.authz.redirect_uri" },
		{ "userinfo", "redirect_uri", "https://elections.ville.test@evil.example/retour", "oidc.authz.redirect_uri" },
		{ "userinfo twice", "redirect_uri", "https://a@b@elections.ville.test/retour", "oidc.authz.redirect_uri" },
		{ "scheme", "redirect_uri", "http://elections.ville.test/retour", "oidc.authz.redirect_uri" },
		{ "blank inside", "redirect_uri", "https://elections.ville.test/ret our", "oidc.authz.redirect_uri" },
		{ "loopback", "redirect_uri", "http://127.0.0.1/retour", "oidc.authz.redirect_uri" },
		{ "localhost", "redirect_uri", "http://localhost:8080/retour", "oidc.authz.redirect_uri" },
		{ "ipv6 loopback", "redirect_uri", "http://[::1]:1/retour", "oidc.authz.redirect_uri" },
	};
	struct world *w = *state;
	struct browser b = { 0 };

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str url = changed_url(w, &cases[i]);
		struct http_pairs q;

		if (failed(http_parse_pairs(w->a, str_slice(url, str_index(url, '?') + 1, url.n), 64, STR_NONE, &q)))
			continue;       /* the front refuses it before us */
		struct http_resp *r = world_get(w, &b, arena_c(w->a, url));

		if (r->status != 400 || header(r, "location").n || strcmp(r->outcome.slug, cases[i].outcome) != 0)
			fail_msg("%s: %d %s", cases[i].name, r->status, r->outcome.slug ? r->outcome.slug : "accepted");
	}
	/* control */
	struct http_resp *r = world_get(w, &b, arena_c(w->a, authz_url(w, "")));
	assert_int_equal(r->status, 200);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM session"), 0);
	assert_true(count_audit(w, "oidc.authz.refuse", "oidc.authz.redirect_uri") >= 20);
}

static char long_513[514], long_512[513];

static void a_wrong_request_goes_back_with_error_state_and_iss(void **state)
{
	const struct change cases[] = {
		{ "O08 no challenge", "code_challenge", NULL, "invalid_request" },
		{ "O09 plain", "code_challenge_method", "plain", "invalid_request" },
		{ "O09 no method", "code_challenge_method", NULL, "invalid_request" },
		{ "O09 unknown method", "code_challenge_method", "S512", "invalid_request" },
		{ "short challenge", "code_challenge", "abc", "invalid_request" },
		{ "O19 token", "response_type", "token", "unsupported_response_type" },
		{ "O19 id_token", "response_type", "id_token", "unsupported_response_type" },
		{ "O19 hybrid", "response_type", "code id_token", "unsupported_response_type" },
		{ "O19 none", "response_type", "none", "unsupported_response_type" },
		{ "O19 missing", "response_type", NULL, "invalid_request" },
		{ "O21 fragment", "response_mode", "fragment", "invalid_request" },
		{ "O21 form_post", "response_mode", "form_post", "invalid_request" },
		{ "O23 long nonce", "nonce", long_513, "invalid_request" },
		{ "O25 no openid", "scope", "profile", "invalid_scope" },
		{ "O25 no scope", "scope", NULL, "invalid_scope" },
		{ "O27 claims malformed", "claims", "{", "invalid_request" },
		{ "O27 claims twice", "claims", "{\"a\":1,\"a\":2}", "invalid_request" },
		{ "O28 resource", "resource", "https://other.example", "invalid_target" },
		{ "O30 request object", "request", "e30.e30.", "request_not_supported" },
		{ "O33 request_uri", "request_uri", "urn:x", "request_uri_not_supported" },
		{ "registration in the request", "registration", "{}", "registration_not_supported" },
		{ "O58 prompt none", "prompt", "none", "login_required" },
		{ "O59 none with login", "prompt", "none login", "invalid_request" },
		{ "unknown prompt", "prompt", "dance", "invalid_request" },
		{ "O60 negative max_age", "max_age", "-1", "invalid_request" },
		{ "O60 max_age text", "max_age", "soon", "invalid_request" },
		{ "O62 above", "acr_values", "f2", "unmet_authentication_requirements" },
		{ "O62 eidas", "acr_values", "eidas2 f2", "unmet_authentication_requirements" },
		{ "O63 forged hint", "id_token_hint", "a.b.c", "invalid_request" },
	};
	struct world *w = *state;
	struct browser b = { 0 };

	memset(long_513, 'a', 513);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct http_resp *r = world_get(w, &b, arena_c(w->a, changed_url(w, &cases[i])));
		struct str error = location_param(w, r, "error");

		if (r->status != 303 || !str_starts(header(r, "location"), STR(REDIRECT "?error=")) || !str_eq_c(error, cases[i].outcome)
		    || !str_eq_c(location_param(w, r, "state"), "st-1") || !str_eq_c(location_param(w, r, "iss"), ISSUER)
		    || location_param(w, r, "code").n)
			fail_msg("%s: %d " STR_FMT, cases[i].name, r->status, STR_ARG(header(r, "location")));
	}
	struct http_resp *r = world_get(w, &b, arena_c(w->a, changed_url(w, &(struct change){ "", "state", long_513, "" })));
	assert_string_equal(arena_c(w->a, location_param(w, r, "error")), "invalid_request");
	assert_int_equal(location_param(w, r, "state").n, 0);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM session"), 0);
}

static void what_we_need_not_understand_is_ignored(void **state)
{
	const struct change cases[] = {
		{ "unknown parameter", "foo", "bar", "" }, { "state of 512", "state", long_512, "" }, { "no state", "state", NULL, "" },
		{ "no nonce", "nonce", NULL, "" }, { "unknown acr", "acr_values", "urn:mace:silver", "" }, { "acr f1", "acr_values", "f2 f1", "" },
		{ "claims", "claims", "{\"userinfo\":{\"email\":null}}", "" }, { "display", "display", "popup", "" },
		{ "more scope", "scope", "profile openid address phone", "" }, { "query mode", "response_mode", "query", "" },
		{ "max_age", "max_age", "10000", "" }, { "prompt", "prompt", "consent", "" },
	};
	struct world *w = *state;

	memset(long_512, 'b', 512);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct browser b = { 0 };
		struct http_resp *r = world_get(w, &b, arena_c(w->a, changed_url(w, &cases[i])));

		if (r->status != 200 || !body_has(r, "mot-de-passe"))
			fail_msg("%s: %d", cases[i].name, r->status);
	}
}

static void what_may_be_sent_at_its_longest_comes_back_whole(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *r;
	struct str code;

	memset(long_512, 'c', 512);
	(void)get_code(w, &b, "");
	r = world_get(w, &b, arena_c(w->a, changed_url(w, &(struct change){ "", "state", long_512, "" })));
	assert_string_equal(arena_c(w->a, location_param(w, r, "state")), long_512);
	r = world_get(w, &b, arena_c(w->a, changed_url(w, &(struct change){ "", "nonce", long_512, "" })));
	code = location_param(w, r, "code");
	r = redeem(w, code);
	assert_int_equal(r->status, 200);
	assert_string_equal(arena_c(w->a, json_text(w, jws_payload(w, json_text(w, r->body, "id_token")), "nonce")), long_512);
	/* a page with both, in a flow */
	struct browser fresh = { 0 };
	r = world_get(w, &fresh, arena_c(w->a, fmt(w, STR_FMT "&login_hint=x", STR_ARG(changed_url(w, &(struct change){ "", "nonce", long_512, "" })))));
	assert_int_equal(sign_in(w, &fresh, r, EMAIL, PASSWORD)->status, 303);
}

static void a_login_hint_is_escaped_and_says_nothing_of_who_exists(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *r = world_get(w, &b, arena_c(w->a, changed_url(w, &(struct change){ "", "login_hint", "\"><script>", "" })));

	assert_int_equal(r->status, 200);
	assert_false(body_has(r, "<script>"));
	r = world_get(w, &b, arena_c(w->a, changed_url(w, &(struct change){ "", "login_hint", EMAIL, "" })));
	assert_true(body_has(r, EMAIL));
	assert_int_equal(w->hashes, 1);       /* that of the account's making */
}

static void a_session_answers_prompt_none_and_is_asked_again_when_the_service_wishes(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *r;

	assert_true(get_code(w, &b, "").n > 0);
	r = world_get(w, &b, arena_c(w->a, authz_url(w, "&prompt=none")));
	assert_true(location_param(w, r, "code").n > 0);
	/* O59: also within the very second of the sign-in */
	r = world_get(w, &b, arena_c(w->a, authz_url(w, "&prompt=login")));
	assert_true(r->status == 200 && body_has(r, "mot-de-passe"));
	w->now_s += 5;
	r = sign_in(w, &b, r, EMAIL, PASSWORD);
	struct str code = location_param(w, r, "code");
	struct str claims = jws_payload(w, json_text(w, redeem(w, code)->body, "id_token"));
	assert_int_equal(json_number(claims, "auth_time"), NOON + 5);
	/* O60 */
	w->now_s += 2;
	r = world_get(w, &b, arena_c(w->a, authz_url(w, "&max_age=1")));
	assert_true(r->status == 200 && body_has(r, "mot-de-passe"));
	r = world_get(w, &b, arena_c(w->a, authz_url(w, "&max_age=0")));
	assert_true(r->status == 200 && body_has(r, "mot-de-passe"));
	r = world_get(w, &b, arena_c(w->a, authz_url(w, "&max_age=0&prompt=none")));
	assert_string_equal(arena_c(w->a, location_param(w, r, "error")), "login_required");
	r = world_get(w, &b, arena_c(w->a, authz_url(w, "&max_age=10000")));
	claims = jws_payload(w, json_text(w, redeem(w, location_param(w, r, "code"))->body, "id_token"));
	assert_int_equal(json_number(claims, "auth_time"), NOON + 5);
	r = world_get(w, &b, arena_c(w->a, authz_url(w, "&prompt=select_account")));
	assert_true(r->status == 200 && body_has(r, "mot-de-passe"));
}

static void a_hint_of_another_citizen_is_refused(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 }, other = { 0 };
	struct str id_token = json_text(w, redeem(w, get_code(w, &b, ""))->body, "id_token");
	struct str out;

	assert_int_equal(ctl(w, "account add --email paul@exemple.fr --given-name Paul --family-name Petit --json", &out, NULL), 0);
	struct http_resp *r = world_get(w, &b, arena_c(w->a, authz_url(w, arena_c(w->a, fmt(w, "&prompt=none&id_token_hint=" STR_FMT, STR_ARG(id_token))))));
	assert_true(location_param(w, r, "code").n > 0);
	r = world_get(w, &other, "/connexion");
	r = sign_in(w, &other, r, "paul@exemple.fr", arena_c(w->a, json_text(w, out, "password")));
	assert_int_equal(r->status, 303);
	r = world_get(w, &other, arena_c(w->a, authz_url(w, arena_c(w->a, fmt(w, "&id_token_hint=" STR_FMT, STR_ARG(id_token))))));
	assert_string_equal(arena_c(w->a, location_param(w, r, "error")), "login_required");
	/* an old one is a hint all the same */
	w->now_s += 7200;
	r = world_get(w, &b, arena_c(w->a, authz_url(w, arena_c(w->a, fmt(w, "&prompt=none&id_token_hint=" STR_FMT, STR_ARG(id_token))))));
	assert_string_equal(arena_c(w->a, location_param(w, r, "error")), "login_required");
}

static void a_request_by_post_goes_on_by_get(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str url = authz_url(w, "");
	struct http_resp *r = world_post(w, &b, "/oidc/authorize", str_slice(url, str_index(url, '?') + 1, url.n));

	assert_int_equal(r->status, 303);
	r = world_get(w, &b, arena_c(w->a, header(r, "location")));
	assert_true(r->status == 200 && body_has(r, "mot-de-passe"));
}

static void a_disabled_partner_is_nobody_at_once(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str code = get_code(w, &b, ""), code2 = get_code(w, &b, "");
	struct http_resp *r = redeem(w, code);
	struct str at = json_text(w, r->body, "access_token"), rt = json_text(w, r->body, "refresh_token");

	assert_int_equal(world_call(w, "/oidc/token", basic(w, "elections", w->secret), STR("grant_type=client_credentials"))->status, 200);
	assert_int_equal(ctl(w, "partner disable elections", NULL, NULL), 0);
	assert_int_equal(world_get_as(w, "/oidc/userinfo", fmt(w, "Bearer " STR_FMT, STR_ARG(at)))->status, 401);
	assert_int_equal(redeem(w, code2)->status, 401);
	assert_int_equal(world_call(w, "/oidc/token", basic(w, "elections", w->secret), STR("grant_type=client_credentials"))->status, 401);
	assert_int_equal(world_get(w, &b, arena_c(w->a, authz_url(w, "")))->status, 400);
	/* O82: what was issued before does not come back */
	assert_int_equal(ctl(w, "partner enable elections", NULL, NULL), 0);
	assert_int_equal(world_get_as(w, "/oidc/userinfo", fmt(w, "Bearer " STR_FMT, STR_ARG(at)))->status, 401);
	r = world_call(w, "/oidc/token", basic(w, "elections", w->secret), fmt(w, "grant_type=refresh_token&refresh_token=" STR_FMT, STR_ARG(rt)));
	assert_int_equal(r->status, 400);
}

/* One that says nothing of a citizen: by client_credentials. */
static struct str own_token_form(struct world *w)
{
	struct http_resp *r = world_call(w, "/oidc/token", basic(w, "elections", w->secret), STR("grant_type=client_credentials"));

	assert_int_equal(r->status, 200);
	return fmt(w, "token=" STR_FMT, STR_ARG(json_text(w, r->body, "access_token")));
}

static void own_tokens_do_not_come_back_with_a_partner(void **state)
{
	struct world *w = *state;
	struct str me = basic(w, "elections", w->secret), form = own_token_form(w);

	assert_true(body_has(world_call(w, "/oidc/introspect", me, form), "\"active\":true"));
	w->now_s += 60;
	assert_false(failed(partner_set_state(w->idp, STR("elections"), false, STR("test"), w->now_s)));
	assert_false(failed(partner_set_state(w->idp, STR("elections"), true, STR("test"), w->now_s)));
	assert_string_equal(arena_c(w->a, world_call(w, "/oidc/introspect", me, form)->body), "{\"active\":false}");
	/* New ones are good, in the same second and when the clock is put back. */
	for (int i = 0; i < 2; i++, w->now_s -= 3600)
		assert_true(body_has(world_call(w, "/oidc/introspect", me, own_token_form(w)), "\"active\":true"));
}

static void a_registration_that_is_made_anew_does_not_take_over_tokens(void **state)
{
	struct world *w = *state;
	struct str me = basic(w, "elections", w->secret), form = own_token_form(w);
	struct partner *p = arena_new(w->a, struct partner);

	*p = *partner_find(w->idp->registry, w->a, STR("elections"));
	w->now_s += 60;
	assert_false(failed(partner_remove(w->idp, p->id, STR("test"), w->now_s)));
	assert_false(failed(partner_add(w->idp, p, STR("test"), w->now_s)));
	assert_string_equal(arena_c(w->a, world_call(w, "/oidc/introspect", me, form)->body), "{\"active\":false}");
	assert_true(body_has(world_call(w, "/oidc/introspect", me, own_token_form(w)), "\"active\":true"));
}

/* ---- the token endpoint ---- */

static void a_wrong_redemption_is_refused_and_burns_the_code(void **state)
{
	static const struct { const char *name, *redirect, *verifier; bool burns; } cases[] = {
		{ "O07 other redirect", "https://elections.ville.test/autre", VERIFIER, true },
		{ "O07 no redirect", "", VERIFIER, true },
		{ "O11 wrong verifier", REDIRECT, "zbcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJ", true },
		{ "O11 short verifier", REDIRECT, "abcdefghijklmnopqrstuvwxyz0123456789ABCDEF", true },
		{ "O11 bad alphabet", REDIRECT, "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHI%21", true },
		{ "O11 no verifier", REDIRECT, "", true },
	};
	struct world *w = *state;
	struct browser b = { 0 };

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str code = get_code(w, &b, "");
		struct http_resp *r = world_call(w, "/oidc/token", basic(w, "elections", w->secret),
			code_form(w, code, cases[i].redirect, cases[i].verifier));

		if (r->status != 400 || !str_eq_c(json_text(w, r->body, "error"), "invalid_grant"))
			fail_msg("%s: %d", cases[i].name, r->status);
		r = redeem(w, code);
		if ((r->status == 400) != cases[i].burns)
			fail_msg("%s: then %d", cases[i].name, r->status);
		assert_int_equal(redeem(w, get_code(w, &b, ""))->status, 200);
	}
}

static void a_code_is_good_once_for_a_minute_and_a_replay_ends_its_tokens(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str code = get_code(w, &b, "");
	struct http_resp *r = redeem(w, code);
	struct str bearer = fmt(w, "Bearer " STR_FMT, STR_ARG(json_text(w, r->body, "access_token")));
	struct str rt = json_text(w, r->body, "refresh_token");

	assert_int_equal(world_get_as(w, "/oidc/userinfo", bearer)->status, 200);
	r = redeem(w, code);
	assert_int_equal(r->status, 400);
	assert_string_equal(arena_c(w->a, json_text(w, r->body, "error")), "invalid_grant");
	assert_int_equal(world_get_as(w, "/oidc/userinfo", bearer)->status, 401);
	r = world_call(w, "/oidc/token", basic(w, "elections", w->secret), fmt(w, "grant_type=refresh_token&refresh_token=" STR_FMT, STR_ARG(rt)));
	assert_int_equal(r->status, 400);
	assert_int_equal(count_audit(w, "oidc.code.replay", ""), 1);
	/* O14: its last second, and the one after */
	code = get_code(w, &b, "");
	w->now_s += 59;
	assert_int_equal(redeem(w, code)->status, 200);
	code = get_code(w, &b, "");
	w->now_s += 60;
	assert_int_equal(redeem(w, code)->status, 400);
	/* O12, half a minute later and after its end */
	code = get_code(w, &b, "");
	r = redeem(w, code);
	bearer = fmt(w, "Bearer " STR_FMT, STR_ARG(json_text(w, r->body, "access_token")));
	w->now_s += 90;
	assert_int_equal(redeem(w, code)->status, 400);
	assert_int_equal(world_get_as(w, "/oidc/userinfo", bearer)->status, 401);
}

/* The configuration may give a code a longer life than its tokens. */
static void a_code_that_outlives_its_tokens_is_good_once_all_the_same(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str code;

	w->idp->set.code_ttl_s = 600;
	w->idp->set.access_ttl_s = w->idp->set.refresh_ttl_s = 30;
	code = get_code(w, &b, "");
	assert_int_equal(redeem(w, code)->status, 200);
	w->now_s += 100;
	assert_false(failed(idp_purge(w->idp->store, w->now_s, NULL)));
	assert_int_equal(redeem(w, code)->status, 400);
	assert_int_equal(count_audit(w, "oidc.code.replay", ""), 1);
}

static void nothing_but_a_code_is_a_code(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str code = get_code(w, &b, "");
	struct http_resp *r = redeem(w, get_code(w, &b, ""));
	const struct str values[] = { json_text(w, r->body, "refresh_token"), json_text(w, r->body, "access_token"),
		json_text(w, r->body, "id_token"), STR("x"), STR("ville_ac_"), fmt(w, STR_FMT "A", STR_ARG(code)),
		str_slice(code, 0, code.n - 1), fmt(w, "ville_ac_" STR_FMT, STR_ARG(str_slice(json_text(w, r->body, "access_token"), 9, 4096))) };

	int64_t grants = count_rows(w, "SELECT COUNT(*) FROM grant_");
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		struct http_resp *no = redeem(w, values[i]);

		if (no->status != 400 || !str_eq_c(json_text(w, no->body, "error"), "invalid_grant"))
			fail_msg("%zu: %d", i, no->status);
	}
	/* What did not open is the code of nobody, and burns nothing. */
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM grant_"), grants);
	assert_string_equal(arena_c(w->a, json_text(w, redeem(w, STR_NONE)->body, "error")), "invalid_request");
	r = world_call(w, "/oidc/token", basic(w, "elections", w->secret), STR("grant_type=refresh_token"));
	assert_string_equal(arena_c(w->a, json_text(w, r->body, "error")), "invalid_request");
	/* O53: none of them opens UserInfo but the access token */
	assert_int_equal(world_get_as(w, "/oidc/userinfo", fmt(w, "Bearer " STR_FMT, STR_ARG(values[1])))->status, 200);
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		if (i != 1)
			assert_int_equal(world_get_as(w, "/oidc/userinfo", fmt(w, "Bearer " STR_FMT, STR_ARG(values[i])))->status, 401);
	assert_int_equal(redeem(w, code)->status, 200);
}

static struct str add_partner(struct world *w, const char *line)
{
	struct str out, err;

	if (ctl(w, line, &out, &err))
		fail_msg("%s: " STR_FMT, line, STR_ARG(err));
	return json_text(w, out, "client_secret");
}

static void a_code_belongs_to_its_client(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str other = add_partner(w, "partner add oidc --id other --redirect-uri " REDIRECT " --json");
	struct str code = get_code(w, &b, "");
	struct http_resp *r = world_call(w, "/oidc/token", basic(w, "other", other), code_form(w, code, REDIRECT, VERIFIER));

	assert_int_equal(r->status, 400);
	assert_string_equal(arena_c(w->a, json_text(w, r->body, "error")), "invalid_grant");
	assert_int_equal(redeem(w, code)->status, 400);        /* O15: burnt */
}

static void a_client_proves_itself_in_its_one_way(void **state)
{
	struct world *w = *state;
	struct str post = add_partner(w, "partner add oidc --id poster --auth post --redirect-uri " REDIRECT " --grant client_credentials --json");
	struct str s = w->secret;
	struct str s_post = escaped(w, post);
	const struct { const char *name; struct str authorization, form; int status; const char *error; } cases[] = {
		{ "control", basic(w, "elections", s), STR("grant_type=client_credentials"), 200, NULL },
		{ "control post", STR_NONE, fmt(w, "grant_type=client_credentials&client_id=poster&client_secret=" STR_FMT, STR_ARG(s_post)), 200, NULL },
		{ "same client_id twice", basic(w, "elections", s), STR("grant_type=client_credentials&client_id=elections"), 200, NULL },
		{ "wrong secret", basic(w, "elections", STR("no")), STR("grant_type=client_credentials"), 401, "invalid_client" },
		{ "empty secret", basic(w, "elections", STR_NONE), STR("grant_type=client_credentials"), 401, "invalid_client" },
		{ "unknown client", basic(w, "nobody", s), STR("grant_type=client_credentials"), 401, "invalid_client" },
		{ "O43 none", STR_NONE, STR("grant_type=client_credentials&client_id=elections"), 401, "invalid_client" },
		{ "nothing at all", STR_NONE, STR("grant_type=client_credentials"), 401, "invalid_client" },
		{ "post though basic", STR_NONE, fmt(w, "grant_type=client_credentials&client_id=elections&client_secret=" STR_FMT, STR_ARG(s)), 401, "invalid_client" },
		{ "basic though post", basic(w, "poster", post), STR("grant_type=client_credentials"), 401, "invalid_client" },
		{ "O42 both", basic(w, "elections", s), STR("grant_type=client_credentials&client_secret=x"), 400, "invalid_request" },
		{ "O42 other client_id", basic(w, "elections", s), STR("grant_type=client_credentials&client_id=poster"), 400, "invalid_request" },
		{ "O35 assertion", STR_NONE, STR("grant_type=client_credentials&client_id=elections&client_assertion=a.b.c"), 401, "invalid_client" },
		{ "O35 assertion beside a secret", basic(w, "elections", s), STR("grant_type=client_credentials&client_assertion=a.b.c"), 401, "invalid_client" },
		{ "not basic", STR("Bearer x"), STR("grant_type=client_credentials"), 401, "invalid_client" },
		{ "no grant type", basic(w, "elections", s), STR_NONE, 400, "invalid_request" },
		{ "O45 password", basic(w, "elections", s), STR("grant_type=password&username=a&password=b"), 400, "unsupported_grant_type" },
		{ "O45 exchange", basic(w, "elections", s), STR("grant_type=urn:ietf:params:oauth:grant-type:token-exchange"), 400, "unsupported_grant_type" },
		{ "O45 not granted", STR_NONE, fmt(w, "grant_type=refresh_token&client_id=poster&client_secret=" STR_FMT, STR_ARG(s_post)), 400, "unauthorized_client" },
		{ "O28 resource", basic(w, "elections", s), STR("grant_type=client_credentials&resource=https://x.example"), 400, "invalid_target" },
		{ "scope of a citizen", basic(w, "elections", s), STR("grant_type=client_credentials&scope=openid"), 400, "invalid_scope" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct http_resp *r = world_call(w, "/oidc/token", cases[i].authorization, cases[i].form);

		if (r->status != cases[i].status || (cases[i].error && !str_eq_c(json_text(w, r->body, "error"), cases[i].error)))
			fail_msg("%s: %d " STR_FMT, cases[i].name, r->status, STR_ARG(r->body));
		if (r->status == 401)
			assert_true(header(r, "www-authenticate").n > 0);
	}
	struct http_resp *r = world_call(w, "/oidc/token?client_secret=x", basic(w, "elections", s), STR("grant_type=client_credentials"));
	assert_int_equal(r->status, 400);
}

/* guichetctl registers none such; a row that came otherwise gets no token either. */
static void a_client_without_a_secret_is_nobody(void **state)
{
	struct world *w = *state;
	struct str uri = STR(REDIRECT);
	struct partner p = { .id = STR("app"), .protocol = STR("oidc"), .name = { STR("App"), STR("App") }, .purpose = { STR(""), STR("") },
		.sector = STR("app"), .attributes = STR(""), .grants = STR("client_credentials"), .acr_min = STR(""), .auth = PARTNER_PUBLIC,
		.backchannel_uri = STR(""), .redirect_uris = &uri, .redirect_n = 1 };
	struct err e = partner_add(w->idp, &p, STR("test"), w->now_s);
	struct http_resp *r;

	assert_false(failed(e));
	r = world_call(w, "/oidc/token", STR_NONE, STR("grant_type=client_credentials&client_id=app"));
	assert_int_equal(r->status, 400);
	assert_string_equal(arena_c(w->a, json_text(w, r->body, "error")), "unauthorized_client");
}

static void a_public_client_needs_only_its_verifier_and_its_loopback_port_may_vary(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str out, url, u = escaped(w, STR("http://127.0.0.1:51234/cb"));
	struct http_resp *r = world_get(w, &b, "/connexion");

	assert_int_equal(ctl(w, "partner add oidc --id app --auth none --redirect-uri http://127.0.0.1:1/cb --release none --json", &out, NULL), 0);
	assert_int_equal(json_text(w, out, "client_secret").n, 0);
	r = sign_in(w, &b, r, EMAIL, PASSWORD);
	url = fmt(w, "/oidc/authorize?client_id=app&redirect_uri=" STR_FMT "&response_type=code&scope=openid&code_challenge=" STR_FMT
		"&code_challenge_method=S256", STR_ARG(u), STR_ARG(w->challenge));
	r = world_get(w, &b, arena_c(w->a, url));
	struct str code = location_param(w, r, "code");
	assert_true(code.n > 0);
	struct str form = code_form(w, code, "http://127.0.0.1:51234/cb", VERIFIER);
	r = world_call(w, "/oidc/token", STR_NONE, fmt(w, STR_FMT "&client_id=app&client_secret=x", STR_ARG(form)));
	assert_int_equal(r->status, 401);
	r = world_call(w, "/oidc/token", STR_NONE, fmt(w, STR_FMT "&client_id=app", STR_ARG(form)));
	assert_int_equal(r->status, 200);
}

static struct http_resp *refresh(struct world *w, struct str rt, const char *extra)
{
	return world_call(w, "/oidc/token", basic(w, "elections", w->secret), fmt(w, "grant_type=refresh_token&refresh_token=" STR_FMT "%s", STR_ARG(rt), extra));
}

static void a_refresh_token_is_good_once_and_its_theft_ends_the_family(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *first = redeem(w, get_code(w, &b, "")), *r;
	struct str rt = json_text(w, first->body, "refresh_token"), rt2, sub = json_text(w, jws_payload(w, json_text(w, first->body, "id_token")), "sub");

	r = refresh(w, rt, "&scope=openid%20email%20profile");
	assert_string_equal(arena_c(w->a, json_text(w, r->body, "error")), "invalid_scope");
	r = refresh(w, rt, "");
	assert_int_equal(r->status, 200);
	assert_string_equal(arena_c(w->a, json_text(w, jws_payload(w, json_text(w, r->body, "id_token")), "sub")), arena_c(w->a, sub));
	rt2 = json_text(w, r->body, "refresh_token");
	struct str at2 = json_text(w, r->body, "access_token");
	assert_int_equal(world_get_as(w, "/oidc/userinfo", fmt(w, "Bearer " STR_FMT, STR_ARG(at2)))->status, 200);
	r = refresh(w, rt2, "&scope=openid");
	assert_string_equal(arena_c(w->a, json_text(w, r->body, "scope")), "openid");
	struct str rt3 = json_text(w, r->body, "refresh_token");
	/* O47 */
	assert_int_equal(refresh(w, rt, "")->status, 400);
	assert_int_equal(refresh(w, rt3, "")->status, 400);
	assert_int_equal(world_get_as(w, "/oidc/userinfo", fmt(w, "Bearer " STR_FMT, STR_ARG(at2)))->status, 401);
	assert_int_equal(count_audit(w, "oidc.refresh.replay", ""), 1);
	/* O49 another client's */
	struct str other = add_partner(w, "partner add oidc --id other --redirect-uri " REDIRECT " --grant refresh_token authorization_code --json");
	rt = json_text(w, redeem(w, get_code(w, &b, ""))->body, "refresh_token");
	r = world_call(w, "/oidc/token", basic(w, "other", other), fmt(w, "grant_type=refresh_token&refresh_token=" STR_FMT, STR_ARG(rt)));
	assert_int_equal(r->status, 400);
	assert_int_equal(refresh(w, rt, "")->status, 200);
	/* O49 after the session's absolute end */
	rt = json_text(w, redeem(w, get_code(w, &b, ""))->body, "refresh_token");
	w->now_s += 28800;
	assert_int_equal(refresh(w, rt, "")->status, 400);
}

static void an_offline_token_outlives_its_session_but_not_its_account(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str url = authz_url(w, "");
	struct str rt, code;
	struct http_resp *r;

	(void)get_code(w, &b, "");
	url = changed_url(w, &(struct change){ "", "scope", "openid profile offline_access", "" });
	r = world_get(w, &b, arena_c(w->a, url));
	code = location_param(w, r, "code");
	rt = json_text(w, redeem(w, code)->body, "refresh_token");
	w->now_s += 90000;
	r = refresh(w, rt, "");
	assert_int_equal(r->status, 200);
	rt = json_text(w, r->body, "refresh_token");
	assert_int_equal(ctl(w, "account disable " EMAIL " --reason essai", NULL, NULL), 0);
	assert_int_equal(refresh(w, rt, "")->status, 400);
	assert_int_equal(ctl(w, "account enable " EMAIL, NULL, NULL), 0);
	assert_int_equal(refresh(w, rt, "")->status, 400);
}

static void tokens_are_introspected_and_revoked_by_their_own_client_only(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str other = add_partner(w, "partner add oidc --id other --redirect-uri " REDIRECT " --grant client_credentials --json");
	struct http_resp *first = redeem(w, get_code(w, &b, "")), *r;
	struct str form = fmt(w, "token=" STR_FMT, STR_ARG(json_text(w, first->body, "access_token")));
	struct str form_rt = fmt(w, "token=" STR_FMT, STR_ARG(json_text(w, first->body, "refresh_token")));
	struct str me = basic(w, "elections", w->secret), them = basic(w, "other", other);

	r = world_call(w, "/oidc/introspect", me, form);
	assert_true(body_has(r, "\"active\":true") && body_has(r, "\"scope\":\"openid profile\""));
	assert_true(body_has(world_call(w, "/oidc/introspect", me, form_rt), "\"active\":true"));
	assert_string_equal(arena_c(w->a, world_call(w, "/oidc/introspect", them, form)->body), "{\"active\":false}");
	assert_string_equal(arena_c(w->a, world_call(w, "/oidc/introspect", them, form_rt)->body), "{\"active\":false}");
	assert_int_equal(world_call(w, "/oidc/introspect", STR_NONE, form)->status, 401);
	assert_int_equal(world_call(w, "/oidc/introspect", me, STR_NONE)->status, 400);
	assert_int_equal(world_call(w, "/oidc/revoke", me, STR_NONE)->status, 400);
	assert_int_equal(ctl(w, "partner add oidc --id app --auth none --redirect-uri http://127.0.0.1:1/cb --json", NULL, NULL), 0);
	assert_int_equal(world_call(w, "/oidc/introspect", STR_NONE, fmt(w, "client_id=app&" STR_FMT, STR_ARG(form)))->status, 401);
	assert_int_equal(world_call(w, "/oidc/revoke", STR_NONE, form)->status, 401);
	/* O57 */
	assert_int_equal(world_call(w, "/oidc/revoke", them, form)->status, 200);
	assert_true(body_has(world_call(w, "/oidc/introspect", me, form), "\"active\":true"));
	assert_int_equal(world_call(w, "/oidc/revoke", me, STR("token=rubbish"))->status, 200);
	assert_int_equal(world_call(w, "/oidc/revoke", me, form)->status, 200);
	assert_string_equal(arena_c(w->a, world_call(w, "/oidc/introspect", me, form)->body), "{\"active\":false}");
	assert_string_equal(arena_c(w->a, world_call(w, "/oidc/introspect", me, form_rt)->body), "{\"active\":false}");
	/* a service's own token */
	r = world_call(w, "/oidc/token", me, STR("grant_type=client_credentials"));
	assert_int_equal(json_text(w, r->body, "refresh_token").n + json_text(w, r->body, "id_token").n, 0);
	form = fmt(w, "token=" STR_FMT, STR_ARG(json_text(w, r->body, "access_token")));
	assert_true(body_has(world_call(w, "/oidc/introspect", me, form), "\"sub\":\"elections\""));
	assert_int_equal(world_get_as(w, "/oidc/userinfo", fmt(w, "Bearer " STR_FMT, STR_ARG(json_text(w, r->body, "access_token"))))->status, 403);
	assert_int_equal(world_call(w, "/oidc/revoke", me, form)->status, 200);
	assert_string_equal(arena_c(w->a, world_call(w, "/oidc/introspect", me, form)->body), "{\"active\":false}");
}

static void userinfo_wants_a_live_token_in_the_header(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str at = json_text(w, redeem(w, get_code(w, &b, ""))->body, "access_token");
	struct str bearer = fmt(w, "Bearer " STR_FMT, STR_ARG(at));
	struct http_resp *r;

	assert_int_equal(world_get_as(w, "/oidc/userinfo", STR_NONE)->status, 401);
	assert_int_equal(world_get_as(w, "/oidc/userinfo", STR("Bearer "))->status, 401);
	assert_int_equal(world_get_as(w, "/oidc/userinfo", STR("Basic eDp5"))->status, 401);
	assert_string_equal(world_get_as(w, "/oidc/userinfo", STR("Basic eDp5"))->outcome.slug, "oidc.bearer.absent");
	r = world_get_as(w, arena_c(w->a, fmt(w, "/oidc/userinfo?access_token=" STR_FMT, STR_ARG(at))), STR_NONE);
	assert_int_equal(r->status, 400);       /* O52 */
	assert_int_equal(world_call(w, "/oidc/userinfo", STR_NONE, fmt(w, "access_token=" STR_FMT, STR_ARG(at)))->status, 200);
	assert_int_equal(world_call(w, "/oidc/userinfo", bearer, fmt(w, "access_token=" STR_FMT, STR_ARG(at)))->status, 400);
	w->now_s += 599;
	assert_int_equal(world_get_as(w, "/oidc/userinfo", bearer)->status, 200);
	w->now_s += 1;
	r = world_get_as(w, "/oidc/userinfo", bearer);
	assert_int_equal(r->status, 401);
	assert_true(str_starts(header(r, "www-authenticate"), STR("Bearer ")));
}

static void two_services_cannot_compare_their_citizens(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str secret = add_partner(w, "partner add oidc --id other --redirect-uri " REDIRECT " --alg RS256 --release none --json");
	struct str one = jws_payload(w, json_text(w, redeem(w, get_code(w, &b, ""))->body, "id_token"));
	struct http_resp *r = world_get(w, &b, arena_c(w->a, changed_url(w, &(struct change){ "", "client_id", "other", "" })));
	struct str code = location_param(w, r, "code");

	r = world_call(w, "/oidc/token", basic(w, "other", secret), code_form(w, code, REDIRECT, VERIFIER));
	assert_int_equal(r->status, 200);
	struct str two = jws_payload(w, json_text(w, r->body, "id_token"));
	assert_string_not_equal(arena_c(w->a, json_text(w, one, "sub")), arena_c(w->a, json_text(w, two, "sub")));
	assert_string_not_equal(arena_c(w->a, json_text(w, one, "sid")), arena_c(w->a, json_text(w, two, "sid")));
	assert_int_equal(json_text(w, two, "given_name").n, 0);
}

static void reentry_reads_once_and_writes_once(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };

	(void)get_code(w, &b, "");
	int64_t grants = count_rows(w, "SELECT COUNT(*) FROM grant_"), audits = count_rows(w, "SELECT COUNT(*) FROM audit");
	struct str code = get_code(w, &b, "");
	/* DESIGN promise 8: nothing before a deliberate act */
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM grant_"), grants);
	assert_int_equal(redeem(w, code)->status, 200);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM grant_"), grants + 1);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM audit"), audits);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		T(a_citizen_signs_in_and_the_service_gets_its_tokens),
		T(a_request_that_cannot_be_answered_safely_stays_on_our_page),
		T(a_wrong_request_goes_back_with_error_state_and_iss),
		T(what_we_need_not_understand_is_ignored),
		T(what_may_be_sent_at_its_longest_comes_back_whole),
		T(a_login_hint_is_escaped_and_says_nothing_of_who_exists),
		T(a_session_answers_prompt_none_and_is_asked_again_when_the_service_wishes),
		T(a_hint_of_another_citizen_is_refused),
		T(a_request_by_post_goes_on_by_get),
		T(a_disabled_partner_is_nobody_at_once),
		T(own_tokens_do_not_come_back_with_a_partner),
		T(a_registration_that_is_made_anew_does_not_take_over_tokens),
		T(a_wrong_redemption_is_refused_and_burns_the_code),
		T(a_code_is_good_once_for_a_minute_and_a_replay_ends_its_tokens),
		T(a_code_that_outlives_its_tokens_is_good_once_all_the_same),
		T(nothing_but_a_code_is_a_code),
		T(a_code_belongs_to_its_client),
		T(a_client_proves_itself_in_its_one_way),
		T(a_client_without_a_secret_is_nobody),
		T(a_public_client_needs_only_its_verifier_and_its_loopback_port_may_vary),
		T(a_refresh_token_is_good_once_and_its_theft_ends_the_family),
		T(an_offline_token_outlives_its_session_but_not_its_account),
		T(tokens_are_introspected_and_revoked_by_their_own_client_only),
		T(userinfo_wants_a_live_token_in_the_header),
		T(two_services_cannot_compare_their_citizens),
		T(reentry_reads_once_and_writes_once),
	};

	return world_run_both(tests, sizeof tests / sizeof *tests);
}
