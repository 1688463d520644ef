/* test_idp_saml_logout.c - the end of a session by SAML: asked for by a service, carried to others by the
 * browser, and what is true when a helper is gone (security catalogue I30, I31, I32).
 */
#include "tests/unit/idp_saml_rig.h"

/* ---- logout ---- */

static void a_service_signs_its_citizen_out_everywhere(void **state)
{
	for (int by_post = 0; by_post < 2; by_post++) {
		struct world *w = *state;
		struct browser b = { 0 };
		struct check_saml_result in = read_back(w, through(w, &b, sso(w, &b, authn(w, by_post ? "_p" : "_r"))), CHECK_WANT_ASSERTION);
		struct str at = json_text(w, redeem(w, get_code(w, &b, ""))->body, "access_token");
		struct str xml = leave(w, in.message.assertion.name_id.value, in.message.assertion.session_index), field;
		struct http_resp *r;

		w->fetch_n = 0;
		if (by_post) {
			field = forge_escaped(w->a, forge_base64(w->a, forge_sign(w->a, sp_key, RSA256, xml)));
			r = world_post(w, &(struct browser){ 0 }, "/saml/slo", fmt(w, "SAMLRequest=" STR_FMT "&RelayState=adieu", STR_ARG(field)));
		} else {
			r = redirect(w, &b, "/saml/slo", forge_query(w->a, "SAMLRequest", xml, "adieu", sp_key, RSA256));
			assert_int_equal(b.n, 2);       /* the session's cookie is gone */
		}
		assert_true(str_ends(logout_answer(w, r), STR("Success")));
		/* the OpenID service was told, its token is dead, and the next request asks for a password */
		assert_int_equal(w->fetch_n, 1);
		assert_int_equal(world_get_as(w, "/oidc/userinfo", fmt(w, "Bearer " STR_FMT, STR_ARG(at)))->status, 401);
		assert_true(body_has(sso(w, &b, authn(w, "_n")), "mot-de-passe"));
		assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM session"), 0);
		/* once more: nobody to sign out, and no harm */
		r = redirect(w, &b, "/saml/slo", forge_query(w->a, "SAMLRequest", xml, "adieu", sp_key, RSA256));
		assert_true(str_ends(logout_answer(w, r), STR("Success")));
	}
}

static void a_service_that_could_not_be_told_is_not_hidden(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct check_saml_result in = read_back(w, through(w, &b, sso(w, &b, authn(w, "_r1"))), CHECK_WANT_ASSERTION);
	struct http_resp *r;

	assert_int_equal(redeem(w, get_code(w, &b, ""))->status, 200);
	w->courier_down = true;
	r = redirect(w, &b, "/saml/slo", forge_query(w->a, "SAMLRequest",
		leave(w, in.message.assertion.name_id.value, in.message.assertion.session_index), "adieu", sp_key, RSA256));
	/* the citizen reads it first */
	assert_int_equal(r->status, 200);
	assert_true(body_has(r, "lections") && body_has(r, "tag wait") && body_has(r, "href=\"/saml/slo?fin=1\""));
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM session"), 0);
	assert_true(str_ends(logout_answer(w, world_get(w, &b, "/saml/slo?fin=1")), STR("PartialLogout")));
}

static void a_service_that_answers_each_answer_with_a_request_is_stopped(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 }, other = { 0 };
	struct check_saml_result in = read_back(w, through(w, &b, sso(w, &b, authn(w, "_r1"))), CHECK_WANT_ASSERTION);
	struct str name = in.message.assertion.name_id.value, query;
	struct http_resp *r;

	for (int i = 0; i < 100; i++) {
		query = forge_query(w->a, "SAMLRequest", leave(w, name, in.message.assertion.session_index), "adieu", sp_key, RSA256);
		r = redirect(w, &b, "/saml/slo", query);
		if (r->status != (i < 10 ? 303 : 429) || (i >= 10 && header(r, "location").n))
			fail_msg("%d: %d", i, r->status);
	}
	assert_true(count_audit(w, "saml.idp.refuse", "saml.slo.rate") >= 1);
	/* a minute later it is over; and the service's other citizens were never in it */
	query = forge_query(w->a, "SAMLRequest", leave(w, STR("another-citizen-of-the-service"), STR("x")), "adieu", sp_key, RSA256);
	assert_int_equal(redirect(w, &other, "/saml/slo", query)->status, 303);
	w->now_s += 60;
	query = forge_query(w->a, "SAMLRequest", leave(w, name, STR("x")), "adieu", sp_key, RSA256);
	assert_int_equal(redirect(w, &b, "/saml/slo", query)->status, 303);
}

static void a_service_without_a_way_to_be_told_is_shown_as_such(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str xml = metadata(w, "https://muet.test/m", "https://muet.test", false, NULL), out, err;
	struct http_resp *r;

	xml = forge_with(w->a, xml, "<md:SingleLogoutService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\""
		" Location=\"https://muet.test/slo\" ResponseLocation=\"https://muet.test/slo-done\"/>", "");
	assert_int_equal(add(w, xml, "--name Muet --release none", &out, &err), 0);
	xml = forge_with(w->a, forge_with(w->a, authn(w, "_m1"), ACS "\"", "https://muet.test/acs\""), SP "<", "https://muet.test/m<");
	assert_true(body_has(through(w, &b, redirect(w, &b, "/saml/sso", forge_query(w->a, "SAMLRequest", xml, NULL, NULL, NULL))), "SAMLResponse"));
	r = leave_here(w, &b);
	assert_true(body_has(r, "Muet") && body_has(r, "fermer vous-m") && !body_has(r, "sortir="));
}

static void nobody_ends_the_session_of_another(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct check_saml_result in = read_back(w, through(w, &b, sso(w, &b, authn(w, "_r1"))), CHECK_WANT_ASSERTION);
	struct str name = in.message.assertion.name_id.value, index = in.message.assertion.session_index, xml = leave(w, name, index), query;
	const struct { const char *name; struct str query; const char *slug; } cases[] = {
		{ "unsigned", forge_query(w->a, "SAMLRequest", xml, "adieu", NULL, NULL), "saml.signature.missing" },
		{ "another key", forge_query(w->a, "SAMLRequest", xml, "adieu", other_key, RSA256), "saml.signature" },
		{ "SHA-1", forge_query(w->a, "SAMLRequest", xml, "adieu", sp_key, "rsa-sha1"), "saml.algorithm" },
		{ "unknown", forge_query(w->a, "SAMLRequest", forge_with(w->a, xml, SP, "https://autre.test/m"), "adieu", sp_key, RSA256), "saml.issuer" },
		{ "elsewhere", forge_query(w->a, "SAMLRequest", forge_with(w->a, xml, "/saml/slo", "/saml/sso"), "adieu", sp_key, RSA256), "saml.destination" },
		{ "stale", forge_query(w->a, "SAMLRequest", forge_with(w->a, xml, "T08:00:00Z", "T07:30:00Z"), "adieu", sp_key, RSA256), "saml.message.expired" },
		{ "ended", forge_query(w->a, "SAMLRequest", forge_with(w->a, xml, " Version", " NotOnOrAfter=\"2027-01-15T07:50:00Z\" Version"), "adieu",
			sp_key, RSA256), "saml.message.expired" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		refused_here(w, cases[i].name, redirect(w, &b, "/saml/slo", cases[i].query), cases[i].slug);
	/* by a service whose metadata have ended */
	w->now_s = 1803859200;
	query = forge_query(w->a, "SAMLRequest", forge_with(w->a, xml, NOON_TEXT, UNTIL), "adieu", sp_key, RSA256);
	refused_here(w, "of nobody any more", redirect(w, &b, "/saml/slo", query), "saml.metadata.expired");
	w->now_s = NOON;
	/* properly signed, but for a name or a session that this service does not have */
	(void)logout_answer(w, redirect(w, &b, "/saml/slo", forge_query(w->a, "SAMLRequest", leave(w, STR("somebody-else-of-this-town"), index), "adieu", sp_key, RSA256)));
	(void)logout_answer(w, redirect(w, &b, "/saml/slo", forge_query(w->a, "SAMLRequest", leave(w, name, STR("another-session")), "adieu", sp_key, RSA256)));
	xml = forge_with(w->a, leave(w, name, index), SP "<", OPEN_SP "<");
	(void)redirect(w, &b, "/saml/slo", forge_query(w->a, "SAMLRequest", xml, "adieu", sp_key, RSA256));
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM session"), 1);
	assert_true(body_has(sso(w, &b, authn(w, "_r2")), "SAMLResponse"));
}

static void no_logout_is_called_done_while_a_session_lives(void **state)
{
	struct world *w = *state;
	struct check_saml_result in = { 0 };
	struct str xml, query;

	for (int i = 0; i < 35; i++) {
		struct browser b = { 0 };

		w->now_s += 60;                /* or the throttle would have a word in it */
		in = read_back(w, through(w, &b, sso(w, &b, authn(w, arena_c(w->a, fmt(w, "_r%d", i))))), CHECK_WANT_ASSERTION);
	}
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM session"), 35);
	xml = forge_with(w->a, leave(w, in.message.assertion.name_id.value, STR("x")), "<samlp:SessionIndex>x</samlp:SessionIndex>", "");
	query = forge_query(w->a, "SAMLRequest", xml, "adieu", sp_key, RSA256);
	/* Sixteen each time that the page is loaded; the last time, the service hears. */
	assert_int_equal(redirect(w, &(struct browser){ 0 }, "/saml/slo", query)->status, 503);
	assert_int_equal(redirect(w, &(struct browser){ 0 }, "/saml/slo", query)->status, 503);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM session"), 3);
	assert_true(str_ends(logout_answer(w, redirect(w, &(struct browser){ 0 }, "/saml/slo", query)), STR("Success")));
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM session"), 0);
}

/* Each has looked, and found the request not done yet. */
static void of_two_copies_at_once_one_is_carried_out(void **state)
{
	struct world *w = *state;
	struct saml_order o = { STR(SP), STR("_l1"), w->now_s + 500 };
	bool done = true;

	assert_false(failed(saml_order_is_done(w->idp->store, &o, &done)));
	assert_false(done);
	assert_false(failed(store_tx(w->idp->store, QUICK, saml_order_done_tx, &o)));
	assert_string_equal(store_tx(w->idp->store, QUICK, saml_order_done_tx, &o).slug, "saml.slo.replayed");
	assert_false(failed(saml_order_is_done(w->idp->store, &o, &done)));
	assert_true(done);
	o.client_id = STR("https://autre.example");        /* IDs are unique within a partner only */
	assert_false(failed(store_tx(w->idp->store, QUICK, saml_order_done_tx, &o)));
}

/* A browser keeps the address, and of a request that names no session a copy would end the next one too. */
static void a_copied_request_does_not_end_a_later_session(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct check_saml_result in = read_back(w, through(w, &b, sso(w, &b, authn(w, "_r1"))), CHECK_WANT_ASSERTION);
	struct str xml = forge_with(w->a, leave(w, in.message.assertion.name_id.value, STR("x")), "<samlp:SessionIndex>x</samlp:SessionIndex>", "");
	struct str query = forge_query(w->a, "SAMLRequest", xml, "adieu", sp_key, RSA256);

	assert_true(str_ends(logout_answer(w, redirect(w, &b, "/saml/slo", query)), STR("Success")));
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM session"), 0);
	(void)read_back(w, through(w, &b, sso(w, &b, authn(w, "_r2"))), CHECK_WANT_ASSERTION);
	/* Whoever loads the page again is answered again. */
	assert_true(str_ends(logout_answer(w, redirect(w, &b, "/saml/slo", query)), STR("Success")));
	assert_int_equal(count_audit(w, "saml.slo.refuse", "saml.slo.replayed"), 1);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM session"), 1);
	assert_true(body_has(sso(w, &b, authn(w, "_r3")), "SAMLResponse"));
}

/* ---- our own page, and services that only the browser can tell ---- */

static void a_service_that_only_the_browser_can_tell_is_shown_as_open_until_it_confirms(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct check_saml_result in = read_back(w, sign_in_both(w, &b), CHECK_WANT_ASSERTION), out;
	struct http_resp *r = leave_here(w, &b);
	struct str query, field;

	assert_int_equal(r->status, 200);
	/* by entityID: etat-civil before ouvert */
	assert_true(body_has(r, "href=\"/saml/slo?sortir=0\"") && body_has(r, "href=\"/saml/slo?sortir=1\"") && !body_has(r, "tag good"));
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM session"), 0);
	out = logout_request(w, world_get(w, &b, "/saml/slo?sortir=0"), SLO "?");
	assert_true(str_eq(out.message.logout.name_id.value, in.message.assertion.name_id.value));
	assert_true(str_eq(out.message.logout.name_id.format, in.message.assertion.name_id.format));
	assert_true(str_eq(out.message.logout.sessions.v[0], in.message.assertion.session_index));
	/* an answer that nobody waits for, of another, or unsigned, changes nothing */
	query = forge_query(w->a, "SAMLResponse", done(w, STR("_other"), "Success"), NULL, sp_key, RSA256);
	refused_here(w, "unasked", follow(w, &b, redirect(w, &b, "/saml/slo", query)), "saml.slo.unasked");
	query = forge_query(w->a, "SAMLResponse", done(w, out.message.head.id, "Success"), NULL, NULL, NULL);
	refused_here(w, "unsigned", redirect(w, &b, "/saml/slo", query), "saml.signature.missing");
	query = forge_query(w->a, "SAMLResponse", done(w, out.message.head.id, "Success"), NULL, other_key, RSA256);
	refused_here(w, "other key", redirect(w, &b, "/saml/slo", query), "saml.signature");
	query = forge_query(w->a, "SAMLResponse", forge_with(w->a, done(w, out.message.head.id, "Success"), SP "<", OPEN_SP "<"), NULL, sp_key, RSA256);
	refused_here(w, "other service", follow(w, &b, redirect(w, &b, "/saml/slo", query)), "saml.slo.unasked");
	assert_int_equal(world_get(w, &b, "/saml/slo?sortir=2")->status, 400);
	assert_int_equal(world_get(w, &(struct browser){ 0 }, "/saml/slo?sortir=0")->status, 400);
	refused_here(w, "no result", world_get(w, &b, "/saml/slo?resultat=x"), "saml.slo.result");
	query = forge_query(w->a, "SAMLResponse", done(w, out.message.head.id, "Success"), NULL, sp_key, RSA256);
	char *result = arena_c(w->a, header(redirect(w, &b, "/saml/slo", query), "location"));
	assert_non_null(strstr(result, "/saml/slo?resultat="));
	w->now_s += 121;
	refused_here(w, "a result of long ago", world_get(w, &b, result), "saml.slo.result");
	w->now_s = NOON;
	assert_int_equal(world_get(w, &b, "/saml/slo?fin=1")->status, 400);
	/* the true one, by a form without cookies */
	field = forge_escaped(w->a, forge_base64(w->a, forge_sign(w->a, sp_key, RSA256, done(w, out.message.head.id, "Success"))));
	r = follow(w, &b, world_post(w, &(struct browser){ 0 }, "/saml/slo", fmt(w, "SAMLResponse=" STR_FMT, STR_ARG(field))));
	assert_int_equal(r->status, 200);
	assert_true(body_has(r, "tag good") && !body_has(r, "sortir=0") && body_has(r, "sortir=1"));
	/* Told meanwhile: the page says so, and nothing leaves. */
	r = world_get(w, &b, "/saml/slo?sortir=0");
	assert_true(r->status == 200 && body_has(r, "tag good") && !body_has(r, "SAMLRequest"));
	/* not while the partner is off */
	assert_int_equal(ctl(w, "partner disable " OPEN_SP, NULL, NULL), 0);
	refused_here(w, "off", world_get(w, &b, "/saml/slo?sortir=1"), "saml.issuer");
	assert_int_equal(ctl(w, "partner enable " OPEN_SP, NULL, NULL), 0);
	/* the second refuses: the page says so */
	out = logout_request(w, world_get(w, &b, "/saml/slo?sortir=1"), "https://ouvert.ville.test/slo?");
	query = forge_query(w->a, "SAMLResponse", forge_with(w->a, done(w, out.message.head.id, "Responder"), SP "<", OPEN_SP "<"), NULL, sp_key, RSA256);
	r = follow(w, &b, redirect(w, &b, "/saml/slo", query));
	assert_true(body_has(r, "tag good") && body_has(r, "confirmé") && !body_has(r, "sortir="));
}

/* Frames load in any order, and their answers come in any other. */
static void services_told_side_by_side_do_not_undo_each_other(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *r;
	struct check_saml_result first, second;
	struct str query;

	(void)sign_in_both(w, &b);
	r = leave_here(w, &b);
	assert_true(body_has(r, "<iframe class=\"word\" src=\"/saml/slo?sortir=0&amp;cadre=1\"") && body_has(r, "sortir=1&amp;cadre=1"));
	assert_non_null(strstr(arena_c(w->a, r->frame_src), "https://ouvert.ville.test"));
	first = logout_request(w, world_get(w, &b, "/saml/slo?sortir=0&cadre=1"), SLO "?");
	second = logout_request(w, world_get(w, &b, "/saml/slo?sortir=1&cadre=1"), "https://ouvert.ville.test/slo?");
	query = forge_query(w->a, "SAMLResponse", forge_with(w->a, done(w, second.message.head.id, "Success"), SP "<", OPEN_SP "<"), NULL, sp_key, RSA256);
	r = follow(w, &b, redirect(w, &b, "/saml/slo", query));
	assert_true(r->framed && body_has(r, "tag good") && !body_has(r, "<main"));
	query = forge_query(w->a, "SAMLResponse", done(w, first.message.head.id, "Responder"), NULL, sp_key, RSA256);
	r = follow(w, &b, redirect(w, &b, "/saml/slo", query));
	assert_true(r->framed && body_has(r, "tag wait") && !body_has(r, "tag good"));
	r = world_get(w, &b, "/saml/slo?sortir=1");
	assert_true(!r->framed && body_has(r, "tag good") && body_has(r, "confirmé") && !body_has(r, "<iframe"));
}

static void a_service_that_began_hears_when_the_others_are_done(void **state)
{
	struct world *w = *state;

	for (int confirm = 0; confirm < 2; confirm++) {
		struct browser b = { 0 };
		struct check_saml_result in = read_back(w, sign_in_both(w, &b), CHECK_WANT_ASSERTION), out;
		struct http_resp *r = redirect(w, &b, "/saml/slo", forge_query(w->a, "SAMLRequest",
			leave(w, in.message.assertion.name_id.value, in.message.assertion.session_index), "adieu", sp_key, RSA256));

		assert_int_equal(r->status, 200);
		assert_true(body_has(r, "sortir=0") && !body_has(r, "sortir=1") && body_has(r, "href=\"/saml/slo?fin=1\""));
		if (confirm) {
			out = logout_request(w, world_get(w, &b, "/saml/slo?sortir=0"), "https://ouvert.ville.test/slo?");
			struct str xml = forge_with(w->a, done(w, out.message.head.id, "Success"), SP "<", OPEN_SP "<");
			r = follow(w, &b, redirect(w, &b, "/saml/slo", forge_query(w->a, "SAMLResponse", xml, NULL, sp_key, RSA256)));
			assert_true(body_has(r, "tag good") && body_has(r, "fin=1"));
		}
		r = world_get(w, &b, "/saml/slo?fin=1");
		assert_true(str_ends(logout_answer(w, r), confirm ? STR("Success") : STR("PartialLogout")));
		assert_int_equal(world_get(w, &b, "/saml/slo?fin=1")->status, 400);
		assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM session"), 0);
		assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM participant"), 0);
	}
}

static void an_openid_service_that_began_gets_its_citizen_back_after_the_others(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str hint = json_text(w, redeem(w, get_code(w, &b, ""))->body, "id_token");
	struct http_resp *r;

	(void)sign_in_both(w, &b);
	r = world_get(w, &b, arena_c(w->a, fmt(w, "/oidc/logout?id_token_hint=" STR_FMT "&post_logout_redirect_uri=https://elections.ville.test/fin",
		STR_ARG(hint))));
	assert_int_equal(r->status, 200);
	assert_true(body_has(r, "sortir=") && body_has(r, "href=\"https://elections.ville.test/fin\"") && body_has(r, "tag good"));
}

/* ---- faults ---- */

static void a_helper_that_is_gone_costs_one_step_and_nothing_else(void **state)
{
	struct world *w = *state;

	for (uint64_t n = 1; n < 6; n++) {
		struct browser b = { 0 };
		struct check_saml_result in = read_back(w, through(w, &b, sso(w, &b, authn(w, arena_c(w->a, fmt(w, "_a%u", (unsigned)n))))), CHECK_WANT_ASSERTION);
		struct str xml = authn(w, arena_c(w->a, fmt(w, "_b%u", (unsigned)n))), out = leave(w, in.message.assertion.name_id.value, in.message.assertion.session_index);
		struct http_resp *r;

		/* two questions to the reader, one to the signer */
		w->fail_at = n;
		r = sso(w, &b, xml);
		w->fail_at = 0;
		assert_int_equal(r->status, n <= 3 ? 503 : 200);
		assert_int_equal(body_has(r, "name=\"SAMLResponse\""), n > 3);
		assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM saml_request"), 3 * (int64_t)n - 1 - (n <= 3));
		assert_true(body_has(sso(w, &b, xml), "name=\"SAMLResponse\""));
		/* a logout that was not carried out is heard again; one whose answer cannot be signed has ended the session
		 * all the same, and can be asked again */
		w->fail_at = n;
		r = redirect(w, &b, "/saml/slo", forge_query(w->a, "SAMLRequest", out, "adieu", sp_key, RSA256));
		w->fail_at = 0;
		assert_int_equal(r->status, n <= 3 ? 503 : 303);
		assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM session"), n <= 2);
		r = redirect(w, &b, "/saml/slo", forge_query(w->a, "SAMLRequest", out, "adieu", sp_key, RSA256));
		assert_true(str_ends(logout_answer(w, r), STR("Success")));
		assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM session"), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_service_signs_its_citizen_out_everywhere),
		TEST(a_service_that_could_not_be_told_is_not_hidden),
		TEST(a_service_that_answers_each_answer_with_a_request_is_stopped),
		TEST(a_service_without_a_way_to_be_told_is_shown_as_such),
		TEST(nobody_ends_the_session_of_another),
		TEST(no_logout_is_called_done_while_a_session_lives),
		TEST(a_copied_request_does_not_end_a_later_session),
		TEST(of_two_copies_at_once_one_is_carried_out),
		TEST(a_service_that_only_the_browser_can_tell_is_shown_as_open_until_it_confirms),
		TEST(services_told_side_by_side_do_not_undo_each_other),
		TEST(a_service_that_began_hears_when_the_others_are_done),
		TEST(an_openid_service_that_began_gets_its_citizen_back_after_the_others),
		TEST(a_helper_that_is_gone_costs_one_step_and_nothing_else),
	};

	return world_run_both(tests, sizeof tests / sizeof *tests);
}
