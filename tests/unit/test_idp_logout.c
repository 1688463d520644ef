/* test_idp_logout.c - the end of a session, everywhere: RP-initiated and back-channel logout. */
#include "tests/unit/idp_world.h"
#include "idp/session/logout.h"

#define END "https://elections.ville.test/fin"

static struct str signed_in(struct world *w, struct browser *b, struct str *ret_at, struct str *ret_rt)
{
	struct http_resp *r = redeem(w, get_code(w, b, ""));

	assert_int_equal(r->status, 200);
	if (ret_at)
		*ret_at = fmt(w, "Bearer " STR_FMT, STR_ARG(json_text(w, r->body, "access_token")));
	if (ret_rt)
		*ret_rt = json_text(w, r->body, "refresh_token");
	return json_text(w, r->body, "id_token");
}

static bool is_signed_in(struct world *w, struct browser *b)
{
	return !body_has(world_get(w, b, arena_c(w->a, authz_url(w, ""))), "mot-de-passe");
}

static struct http_resp *leave(struct world *w, struct browser *b, struct str hint, const char *rest)
{
	return world_get(w, b, arena_c(w->a, fmt(w, "/oidc/logout?id_token_hint=" STR_FMT "%s", STR_ARG(hint), rest)));
}

static void a_service_signs_its_citizen_out_everywhere(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str at, rt, hint = signed_in(w, &b, &at, &rt);
	struct str sid = json_text(w, jws_payload(w, hint), "sid"), sub = json_text(w, jws_payload(w, hint), "sub");
	struct http_resp *r;

	w->now_s += 400;        /* the hint has expired: a hint all the same */
	r = leave(w, &b, hint, "&post_logout_redirect_uri=" END "&state=bye");
	assert_int_equal(r->status, 303);
	assert_string_equal(arena_c(w->a, header(r, "location")), END "?state=bye");
	assert_false(is_signed_in(w, &b));
	assert_int_equal(world_get_as(w, "/oidc/userinfo", at)->status, 401);
	r = world_call(w, "/oidc/token", basic(w, "elections", w->secret), fmt(w, "grant_type=refresh_token&refresh_token=" STR_FMT, STR_ARG(rt)));
	assert_int_equal(r->status, 400);

	assert_int_equal(w->fetch_n, 1);
	assert_string_equal(arena_c(w->a, w->fetches[0].url), "https://elections.ville.test/bc");
	assert_true(str_starts(w->fetches[0].body, STR("logout_token=")));
	struct str token = jws_payload(w, str_slice(w->fetches[0].body, 13, w->fetches[0].body.n));
	assert_string_equal(arena_c(w->a, json_text(w, token, "sid")), arena_c(w->a, sid));
	assert_string_equal(arena_c(w->a, json_text(w, token, "sub")), arena_c(w->a, sub));
	assert_string_equal(arena_c(w->a, json_text(w, token, "aud")), "elections");
	assert_true(json_text(w, token, "jti").n > 0 && json_text(w, token, "nonce").n == 0);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM logout_queue"), 0);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM participant"), 0);
	assert_int_equal(count_audit(w, "logout", ""), 1);
	/* once more: nobody to sign out, and the way back holds */
	r = leave(w, &b, hint, "&post_logout_redirect_uri=" END);
	assert_string_equal(arena_c(w->a, header(r, "location")), END);
}

static void the_way_back_is_followed_only_where_it_was_registered(void **state)
{
	static const char *const rests[] = {
		"&post_logout_redirect_uri=https://evil.example/", "&post_logout_redirect_uri=" END "?a=b", "&post_logout_redirect_uri=" END "/",
		"", "&state=only", "&post_logout_redirect_uri=" REDIRECT,
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof rests / sizeof *rests; i++) {
		struct browser b = { 0 };
		struct str hint = signed_in(w, &b, NULL, NULL);
		struct http_resp *r = leave(w, &b, hint, rests[i]);

		if (r->status != 200 || header(r, "location").n || is_signed_in(w, &b))
			fail_msg("%s: %d", rests[i], r->status);
		w->fetch_n = 0;
	}
}

static void without_a_proof_the_citizen_is_asked_first(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 }, other = { 0 };
	struct str hint = signed_in(w, &b, NULL, NULL), foreign = signed_in(w, &other, NULL, NULL);
	char *changed = arena_c(w->a, hint);
	const struct { const char *name, *url; } cases[] = {
		{ "nothing", "/oidc/logout" },
		{ "no hint", "/oidc/logout?post_logout_redirect_uri=" END "&client_id=elections" },
		{ "not a token", "/oidc/logout?id_token_hint=x&post_logout_redirect_uri=" END },
		{ "modified", arena_c(w->a, fmt(w, "/oidc/logout?post_logout_redirect_uri=" END "&id_token_hint=%s", changed)) },
		{ "another session's", arena_c(w->a, fmt(w, "/oidc/logout?id_token_hint=" STR_FMT, STR_ARG(foreign))) },
		{ "another client's", arena_c(w->a, fmt(w, "/oidc/logout?client_id=other&post_logout_redirect_uri=" END "&id_token_hint=" STR_FMT, STR_ARG(hint))) },
	};
	struct http_resp *r = NULL;
	struct str csrf, flow;

	changed = arena_c(w->a, cases[3].url ? str_from_c(cases[3].url) : STR_NONE);
	changed[strlen(changed) - 9] ^= 1;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		r = world_get(w, &b, i == 3 ? changed : cases[i].url);
		if (r->status != 200 || !body_has(r, "/deconnexion") || !is_signed_in(w, &b))
			fail_msg("%s: %d", cases[i].name, r->status);
	}
	/* L34 */
	csrf = hidden(w, r, "csrf");
	assert_int_equal(world_post(w, &b, "/deconnexion", STR_NONE)->status, 403);
	assert_int_equal(world_post(w, &b, "/deconnexion", STR("csrf=x"))->status, 403);
	assert_int_equal(world_post(w, &other, "/deconnexion", fmt(w, "csrf=" STR_FMT, STR_ARG(csrf)))->status, 403);
	assert_true(is_signed_in(w, &b) && is_signed_in(w, &other));
	/* A page that was open for too long is asked once more, with a token that holds. */
	r = world_post(w, &b, "/deconnexion", STR("csrf=x"));
	assert_true(body_has(r, "Voulez-vous vous déconnecter"));
	csrf = hidden(w, r, "csrf");
	/* rather not */
	r = world_post(w, &b, "/deconnexion", fmt(w, "reponse=refuser&csrf=" STR_FMT, STR_ARG(csrf)));
	assert_int_equal(r->status, 303);
	assert_true(is_signed_in(w, &b));
	/* the hint of another session still says who asks and where to go back to */
	r = world_get(w, &b, arena_c(w->a, fmt(w, "/oidc/logout?id_token_hint=" STR_FMT "&post_logout_redirect_uri=" END "&state=x", STR_ARG(foreign))));
	csrf = hidden(w, r, "csrf");
	flow = hidden(w, r, "flow");
	r = world_post(w, &b, "/deconnexion", fmt(w, "reponse=continuer&csrf=" STR_FMT "&flow=" STR_FMT, STR_ARG(csrf), STR_ARG(flow)));
	assert_string_equal(arena_c(w->a, header(r, "location")), END "?state=x");
	assert_false(is_signed_in(w, &b));
	assert_true(is_signed_in(w, &other));
}

static void a_logout_by_post_goes_on_by_get(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str hint = signed_in(w, &b, NULL, NULL);
	struct http_resp *r = world_post(w, &b, "/oidc/logout", fmt(w, "id_token_hint=" STR_FMT "&post_logout_redirect_uri=" END, STR_ARG(hint)));

	assert_int_equal(r->status, 303);
	r = world_get(w, &b, arena_c(w->a, header(r, "location")));
	assert_string_equal(arena_c(w->a, header(r, "location")), END);
	assert_false(is_signed_in(w, &b));
}

static void a_service_that_is_away_hears_later_and_the_page_says_so(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str hint = signed_in(w, &b, NULL, NULL);
	struct http_resp *r;

	w->courier_down = true;
	r = leave(w, &b, hint, "");
	assert_int_equal(r->status, 200);
	assert_true(body_has(r, "lections") && body_has(r, "tag wait"));
	assert_false(is_signed_in(w, &b));
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM logout_queue"), 1);
	w->courier_down = false;
	logout_deliver_due(w->idp, w->now_s + 4);       /* not yet */
	assert_int_equal(w->fetch_n, 0);
	w->now_s += 5;
	logout_deliver_due(w->idp, w->now_s);
	assert_int_equal(w->fetch_n, 1);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM logout_queue"), 0);
	logout_deliver_due(w->idp, w->now_s + 3600);
	assert_int_equal(w->fetch_n, 1);
}

static void a_service_that_is_silent_costs_the_others_nothing_and_is_asked_again_later(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };

	w->silent = STR("https://elections.ville.test/bc");
	for (int i = 0; i < 3; i++) {
		struct http_resp *r = leave(w, &b, signed_in(w, &b, NULL, NULL), "");

		assert_true(body_has(r, "tag wait"));
	}
	assert_int_equal(w->silences, 1);               /* waited for once, by the first of the three */
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM logout_queue"), 3);
	logout_deliver_due(w->idp, w->now_s + 5);       /* one more attempt for all of them */
	assert_int_equal(w->silences, 2);
	w->silent = STR_NONE;
	w->now_s += 600;
	logout_deliver_due(w->idp, w->now_s);
	assert_int_equal(w->fetch_n, 3);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM logout_queue"), 0);
}

static void nobody_is_sent_back_before_reading_who_could_not_be_told(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *r;
	struct str hint, code;

	assert_int_equal(ctl(w, "partner add oidc --id plage --name Plage --redirect-uri https://plage.test/cb --backchannel-logout-uri"
		" https://plage.test/bc --release none --auth none", NULL, NULL), 0);
	for (int way = 0; way < 3; way++) {
		hint = signed_in(w, &b, NULL, NULL);
		r = world_get(w, &b, arena_c(w->a, fmt(w, "/oidc/authorize?client_id=plage&redirect_uri=https://plage.test/cb&response_type=code&scope=openid"
			"&code_challenge=" STR_FMT "&code_challenge_method=S256", STR_ARG(w->challenge))));
		code = location_param(w, r, "code");
		r = world_call(w, "/oidc/token", STR_NONE, fmt(w, "client_id=plage&grant_type=authorization_code&redirect_uri=https://plage.test/cb&code_verifier="
			VERIFIER "&code=" STR_FMT, STR_ARG(code)));
		assert_int_equal(r->status, 200);
		w->fetch_n = 0;
		w->silent = way == 1 ? STR("https://plage.test/bc") : STR_NONE;
		w->refusing = way == 2 ? STR("https://plage.test/bc") : STR_NONE;
		r = leave(w, &b, hint, "&post_logout_redirect_uri=" END "&state=bye");
		if (way == 0) {
			assert_string_equal(arena_c(w->a, header(r, "location")), END "?state=bye");
			continue;
		}
		assert_int_equal(r->status, 200);
		assert_true(body_has(r, "Plage") && body_has(r, "tag wait") && body_has(r, "tag good") && body_has(r, "href=\"" END "?state=bye\""));
		assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM logout_queue"), way);
		assert_false(is_signed_in(w, &b));
		w->now_s += 6;
	}
}

static void another_citizen_in_the_same_browser_ends_the_first_ones_session(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str at, out, password;

	(void)signed_in(w, &b, &at, NULL);
	assert_int_equal(ctl(w, "account add --email paul@exemple.fr --given-name Paul --family-name Petit --json", &out, NULL), 0);
	password = json_text(w, out, "password");
	struct http_resp *r = sign_in(w, &b, world_get(w, &b, arena_c(w->a, authz_url(w, "&prompt=login"))), "paul@exemple.fr", arena_c(w->a, password));
	assert_int_equal(r->status, 303);
	assert_int_equal(world_get_as(w, "/oidc/userinfo", at)->status, 401);          /* O83 */
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM session"), 1);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM logout_queue"), 1);
	idp_tick(w->idp, w->now_s);
	assert_int_equal(w->fetch_n, 1);
}

static void signing_in_again_keeps_the_services_of_the_session(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str at, first = signed_in(w, &b, &at, NULL), second;

	w->now_s += 10;
	struct http_resp *r = sign_in(w, &b, world_get(w, &b, arena_c(w->a, authz_url(w, "&prompt=login"))), EMAIL, PASSWORD);
	assert_true(location_param(w, r, "code").n > 0);
	assert_int_equal(world_get_as(w, "/oidc/userinfo", at)->status, 200);
	second = signed_in(w, &b, NULL, NULL);
	assert_string_equal(arena_c(w->a, json_text(w, jws_payload(w, first), "sid")), arena_c(w->a, json_text(w, jws_payload(w, second), "sid")));
	/* a proof shortly before the limit is good for a whole session */
	for (int i = 0; i < 19; i++) {
		w->now_s += 1500;
		(void)world_get(w, &b, "/mon-compte");
	}
	(void)sign_in(w, &b, world_get(w, &b, arena_c(w->a, authz_url(w, "&prompt=login"))), EMAIL, PASSWORD);
	w->now_s += 1500;
	assert_true(is_signed_in(w, &b));
	int64_t removed = 0;
	assert_false(failed(idp_purge(w->idp->store, w->now_s, &removed)));
	r = leave(w, &b, first, "&post_logout_redirect_uri=" END);
	assert_int_equal(r->status, 303);
	assert_int_equal(w->fetch_n, 1);
}

static void what_has_ended_goes_by_itself(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	int64_t removed = 0;

	(void)signed_in(w, &b, NULL, NULL);
	assert_false(failed(idp_purge(w->idp->store, w->now_s, &removed)));
	assert_int_equal(removed, 0);
	assert_false(failed(idp_purge(w->idp->store, w->now_s + 40000, &removed)));
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM session") + count_rows(w, "SELECT COUNT(*) FROM grant_")
		+ count_rows(w, "SELECT COUNT(*) FROM participant"), 0);
	assert_true(count_rows(w, "SELECT COUNT(*) FROM audit") > 0);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM account"), 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		T(a_service_signs_its_citizen_out_everywhere),
		T(the_way_back_is_followed_only_where_it_was_registered),
		T(without_a_proof_the_citizen_is_asked_first),
		T(a_logout_by_post_goes_on_by_get),
		T(a_service_that_is_away_hears_later_and_the_page_says_so),
		T(a_service_that_is_silent_costs_the_others_nothing_and_is_asked_again_later),
		T(nobody_is_sent_back_before_reading_who_could_not_be_told),
		T(another_citizen_in_the_same_browser_ends_the_first_ones_session),
		T(signing_in_again_keeps_the_services_of_the_session),
		T(what_has_ended_goes_by_itself),
	};

	return world_run_both(tests, sizeof tests / sizeof *tests);
}
