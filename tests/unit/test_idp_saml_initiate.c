/* test_idp_saml_initiate.c - sign-in that sets out from our side: to whom, by which doors, and with what.
 */
#include "tests/unit/idp_saml_rig.h"

#define FREE_SP "https://libre.ville.test/m"
#define FREE_ACS "https://libre.ville.test/acs"

static const struct str free_id = STR_INIT(FREE_SP);

static int setup_free(void **state)
{
	struct world *w;
	struct str out, err;

	if (setup(state))
		return -1;
	w = *state;
	return add(w, metadata(w, FREE_SP, "https://libre.ville.test", true, UNTIL), "--name Libre --attributes given_name --idp-initiated", &out, &err) != 0;
}
#undef TEST
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup_free, world_teardown)

static struct http_resp *set_out(struct world *w, struct browser *b, struct str id, const char *more)
{
	return world_get(w, b, arena_c(w->a, fmt(w, "/saml/initiate?partner=" STR_FMT "%s", STR_ARG(escaped(w, id)), more)));
}

static void a_citizen_sets_out_and_passes_the_doors_of_every_sign_in(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *r = follow(w, &b, set_out(w, &b, free_id, "&RelayState=dossier%2F12"));
	struct check_saml_result got;
	struct str flow;

	assert_true(body_has(r, "mot-de-passe") && body_has(r, "Libre"));
	r = follow(w, &b, sign_in(w, &b, r, EMAIL, PASSWORD));
	assert_true(body_has(r, "action=\"/information\""));       /* the notice, as for a request of its own */
	nothing_was_issued(w);
	flow = hidden(w, r, "flow");
	r = follow(w, &b, world_post(w, &b, "/information", fmt(w, "flow=" STR_FMT "&reponse=continuer", STR_ARG(flow))));
	assert_true(body_has(r, "action=\"" FREE_ACS "\"") && body_has(r, "value=\"dossier/12\""));
	got = read_back(w, r, CHECK_WANT_ASSERTION);
	/*= SAML Profiles 4.1.5: the <Response> MUST NOT contain an InResponseTo attribute */
	assert_int_equal(got.message.head.in_response_to.n, 0);
	assert_int_equal(got.message.assertion.confirmations[0].in_response_to.n, 0);
	assert_true(str_eq(got.message.assertion.confirmations[0].recipient, STR(FREE_ACS)));
	assert_true(str_eq(got.message.assertion.conditions.restrictions[0].v[0], free_id));
	assert_int_equal(got.message.assertion.attribute_n, 1);
	/* a participant like another, and again without a page; each answer is another assertion */
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM participant WHERE client_id = '" FREE_SP "'"), 1);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM saml_request"), 0);
	r = follow(w, &b, set_out(w, &b, free_id, ""));
	assert_false(str_eq(read_back(w, r, CHECK_WANT_ASSERTION).message.assertion.id, got.message.assertion.id));
	assert_false(body_has(r, "RelayState"));
}

static void whoever_did_not_ask_for_it_is_not_reached(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str out, err, page;
	const struct { const char *name; struct str id; const char *more, *slug; } cases[] = {
		{ "not opened to it", STR(SP), "", "saml.initiate" },
		{ "not opened, unsigned", STR(OPEN_SP), "", "saml.initiate" },
		{ "unknown", STR("https://autre.test/m"), "", "saml.issuer" },
		{ "an OpenID client", STR("elections"), "", "saml.issuer" },
		{ "nobody", STR_NONE, "", "saml.issuer" },
		{ "too long", free_id, arena_c(w->a, fmt(w, "&RelayState=%01025d", 0)), "saml.relaystate" },
	};

	(void)through(w, &b, sso(w, &b, authn(w, "_s")));
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		refused_here(w, cases[i].name, set_out(w, &b, cases[i].id, cases[i].more), cases[i].slug);
	assert_int_equal(set_out(w, &b, free_id, arena_c(w->a, fmt(w, "&RelayState=%01024d", 0)))->status, 303);
	/* one that no longer wants it, while a page stands open */
	page = header(set_out(w, &b, free_id, ""), "location");
	assert_int_equal(add(w, metadata(w, FREE_SP, "https://libre.ville.test", true, UNTIL), "--name Libre --attributes given_name --replace", &out, &err), 0);
	refused_here(w, "closed meanwhile", world_get(w, &b, arena_c(w->a, page)), "saml.initiate");
	assert_int_equal(ctl(w, "partner disable " FREE_SP, &out, &err), 0);
	refused_here(w, "disabled", set_out(w, &b, free_id, ""), "saml.issuer");
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM participant WHERE client_id = '" FREE_SP "'"), 0);
	w->idp->set.saml = false;
	assert_int_equal(set_out(w, &b, free_id, "")->status, 404);
}

static void a_citizen_who_turns_back_stays_here(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *r = follow(w, &b, sign_in(w, &b, follow(w, &b, set_out(w, &b, free_id, "")), EMAIL, PASSWORD));
	struct str flow = hidden(w, r, "flow");

	r = world_post(w, &b, "/information", fmt(w, "flow=" STR_FMT "&reponse=refuser", STR_ARG(flow)));
	r = world_get(w, &b, arena_c(w->a, header(r, "location")));
	assert_string_equal(arena_c(w->a, header(r, "location")), "/mon-compte");
	nothing_was_issued(w);
}

static void a_request_without_an_id_does_not_pass_for_nobody_asked(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	static const char *const ids[] = { "ID=\"\"", "" };

	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		struct str xml = forge_with(w->a, authn(w, "_r1"), "ID=\"_r1\"", ids[i]);
		struct http_resp *r = sso(w, &b, xml);

		assert_int_equal(r->status, 400);
		assert_false(body_has(r, "mot-de-passe"));
	}
	nothing_was_issued(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_citizen_sets_out_and_passes_the_doors_of_every_sign_in),
		TEST(whoever_did_not_ask_for_it_is_not_reached),
		TEST(a_citizen_who_turns_back_stays_here),
		TEST(a_request_without_an_id_does_not_pass_for_nobody_asked),
	};

	return world_run_both(tests, sizeof tests / sizeof *tests);
}
