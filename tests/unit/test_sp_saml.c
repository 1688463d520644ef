/* Signing in by SAML 2.0: what a service asks, and every answer that it must not believe. */
#include "tests/unit/sp_saml_world.h"
#include <unistd.h>

#define TEST(f) cmocka_unit_test_setup_teardown(f, saml_setup, saml_teardown)
#define RSA256 "rsa-sha256"

/* ---- what holds ---- */

static void the_request_is_signed_and_the_cookie_comes_back_with_a_foreign_post(void **state)
{
	struct saml_world *w = *state;

	saml_start(w);
	assert_non_null(strstr(w->login.url, ISSUER "/saml/sso?SAMLRequest="));
	assert_non_null(strstr(w->login.url, "&SigAlg=http%3A%2F%2Fwww.w3.org%2F2001%2F04%2Fxmldsig-more%23rsa-sha256&Signature="));
	assert_int_equal(strlen(w->state), 43);
	assert_non_null(strstr(w->login.cookie.set_cookie, "__Host-login"));
	assert_non_null(strstr(w->login.cookie.set_cookie, "; HttpOnly; SameSite=None; Secure"));
	for (size_t i = 0; i < ENTRIES; i++)
		assert_false(w->memory.entries[i].used);
}

static void a_signed_assertion_gives_the_identity_under_openids_names(void **state)
{
	struct saml_world *w = *state;
	struct sp_identity id, again;
	struct sp_cookie cookie;

	saml_start(w);
	assert_int_equal(saml_finish(w, &id).kind, SP_OK);
	assert_string_equal(id.issuer, IDP);
	assert_string_equal(id.subject, SUBJECT);
	assert_string_equal(id.sid, SESSION);
	assert_string_equal(id.acr, PASSWORD_CONTEXT);
	assert_int_equal(id.auth_time_s, NOON - 20);
	assert_string_equal(id.return_to, "/mes-demandes?page=2");
	assert_string_equal(sp_identity_claim(&id, "given_name"), "Jeanne");
	assert_string_equal(sp_identity_claim(&id, "family_name"), "L'Évêque & fils");
	assert_int_equal(sp_session_create(w->sp, w->s, &id, NOON + 5, &cookie).kind, SP_OK);
	assert_non_null(strstr(cookie.set_cookie, "SameSite=Lax"));
	assert_int_equal(sp_session_load(w->sp, w->s, cookie.value, NOON + 10, &again).kind, SP_OK);
	assert_string_equal(again.subject, SUBJECT);
	assert_string_equal(sp_identity_claim(&again, "family_name"), "L'Évêque & fils");
}

static void a_session_does_not_outlive_the_providers(void **state)
{
	struct saml_world *w = *state;
	struct sp_identity id;
	struct sp_cookie cookie;
	int64_t t = NOON + 5;

	saml_start(w);
	assert_int_equal(saml_finish(w, &id).kind, SP_OK);
	assert_int_equal(sp_session_create(w->sp, w->s, &id, t, &cookie).kind, SP_OK);
	for (t += 1500; t < NOON + 7200; t += 1500)
		assert_int_equal(sp_session_load(w->sp, w->s, cookie.value, t, &id).kind, SP_OK);
	assert_refused(sp_session_load(w->sp, w->s, cookie.value, NOON + 7201, &id), "sp.session.expired");
}

static void a_signature_around_the_assertion_will_do_and_may_be_demanded(void **state)
{
	struct saml_world *w = *state;
	struct sp_identity id;

	saml_start(w);
	assert_int_equal(saml_finish_xml(w, forge_sign(w->a, idp_key, RSA256, saml_forged_response(w, saml_forged_assertion(w))), NOON + 5, &id).kind, SP_OK);
	assert_string_equal(id.subject, "camille-7f");
	w->config.want_response_signed = 1;
	saml_again(w);
	saml_start(w);
	assert_refused(saml_finish(w, &id), "sp.assertion.signature");
	w->answer.sign_response = true;
	assert_int_equal(saml_finish(w, &id).kind, SP_OK);
}

static void base64_may_be_folded_into_lines(void **state)
{
	struct saml_world *w = *state;
	struct sp_identity id;
	struct str whole, folded;

	saml_start(w);
	whole = str_from_c(saml_form(w, "SAMLResponse", saml_answer_xml(w), w->state));
	folded = forge_before(w->a, whole, "%2B", STR("%0D%0A"));
	assert_int_equal(sp_login_finish(w->sp, w->s, folded.p, w->login.cookie.value, NOON + 5, &id).kind, SP_OK);
}

/* ---- one thing changed by an identity provider that signs it ---- */

static const struct {
	const char *name, *slug;
	size_t field;                       /* a struct str of struct sign_saml_response */
	const char *value;
} texts[] = {
#define FIELD(f) offsetof(struct sign_saml_response, f)
	{ "for another service", "sp.assertion.audience", FIELD(audience), "https://elections.ville.example/saml/metadata" },
	{ "for us with another case", "sp.assertion.audience", FIELD(audience), "https://ETAT-CIVIL.ville.example/saml/metadata" },
	{ "for us with a slash", "sp.assertion.audience", FIELD(audience), ENTITY "/" },
	{ "at another address", "sp.response.destination", FIELD(destination), "https://elections.ville.example/retour" },
	{ "to another request", "sp.response.request", FIELD(in_response_to), "_0000000000000000000000000000000000000000" },
	{ "to no request", "sp.response.request", FIELD(in_response_to), "" },
	{ "a citizen of another provider", "sp.assertion.subject", FIELD(subject.name_qualifier), "https://autre.example/saml/metadata" },
	{ "a name for another service", "sp.assertion.subject", FIELD(subject.sp_name_qualifier), "https://elections.ville.example/saml/metadata" },
};

static void an_answer_that_is_not_for_us_is_refused(void **state)
{
	struct saml_world *w = *state;
	struct sp_identity id;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct sp_result r;

		saml_start(w);
		*(struct str *)(void *)((char *)&w->answer + texts[i].field) = str_from_c(texts[i].value);
		r = saml_finish(w, &id);
		if (r.kind == SP_OK || strcmp(r.slug, texts[i].slug) != 0)
			fail_msg("%s: %s", texts[i].name, r.kind == SP_OK ? "accepted" : r.slug);
	}
	for (size_t i = 0; i < ENTRIES; i++)
		assert_false(w->memory.entries[i].used);
}

static void a_name_that_may_be_somebody_elses_tomorrow_is_refused(void **state)
{
	struct saml_world *w = *state;
	struct sp_identity id;

	saml_start(w);
	w->answer.subject = (struct sign_saml_subject){ .kind = SIGN_NAME_ID_TRANSIENT };
	assert_refused(saml_finish(w, &id), "sp.assertion.subject");
	w->answer.subject = (struct sign_saml_subject){ .kind = SIGN_NAME_ID_EMAIL, .text = STR("jeanne@example.org") };
	assert_refused(saml_finish(w, &id), "sp.assertion.subject");
}

static void dates_hold_within_the_skew_alone(void **state)
{
	static const struct { const char *name; int64_t at_s; const char *slug; } cases[] = {
		{ "on its last second", NOON + 149, NULL },
		{ "at NotOnOrAfter plus skew", NOON + 150, "sp.assertion.expired" },
		{ "early within the skew", NOON - 30, NULL },
		{ "written in the future", NOON - 31, "sp.assertion.early" },
		{ "before NotBefore", NOON - 61, "sp.assertion.early" },
	};
	struct saml_world *w = *state;
	struct sp_identity id;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sp_result r;

		saml_start(w);
		r = saml_finish_xml(w, saml_answer_xml(w), cases[i].at_s, &id);
		if ((r.kind != SP_OK) != (cases[i].slug != NULL) || (r.slug && strcmp(r.slug, cases[i].slug) != 0))
			fail_msg("%s: %s", cases[i].name, r.slug ? r.slug : "accepted");
	}
}

static void a_provider_that_says_no_is_understood(void **state)
{
	static const struct { enum sign_saml_status status; const char *slug; } cases[] = {
		{ SIGN_STATUS_REQUEST_DENIED, "sp.login.refused" }, { SIGN_STATUS_AUTHN_FAILED, "sp.login.refused" },
		{ SIGN_STATUS_NO_PASSIVE, "sp.login.required" }, { SIGN_STATUS_NO_AUTHN_CONTEXT, "sp.login.required" },
		{ SIGN_STATUS_RESPONDER, "sp.login.error" }, { SIGN_STATUS_REQUEST_UNSUPPORTED, "sp.login.error" },
	};
	struct saml_world *w = *state;
	struct sp_identity id;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		saml_start_with(w, (struct sp_login_options){ .prompt = "none" });
		w->answer.status = cases[i].status;
		assert_refused(saml_finish(w, &id), cases[i].slug);
	}
}

static void a_refusal_in_words_of_another_standard_is_an_error(void **state)
{
	struct saml_world *w = *state;
	struct sp_identity id;
	struct str xml;

	saml_start(w);
	xml = forge_with(w->a, saml_forged_response(w, STR("")), "status:Success\">",
		"status:Responder\"><samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:1.1:status:AuthnFailed\"></samlp:StatusCode>");
	assert_refused(saml_finish_xml(w, forge_sign(w->a, idp_key, RSA256, xml), NOON + 5, &id), "sp.login.error");
	/* The control: in the words of ours. */
	xml = forge_with(w->a, xml, "SAML:1.1:status", "SAML:2.0:status");
	assert_refused(saml_finish_xml(w, forge_sign(w->a, idp_key, RSA256, xml), NOON + 5, &id), "sp.login.refused");
}

static void a_session_that_is_over_or_has_no_usable_name_is_refused(void **state)
{
	struct saml_world *w = *state;
	struct sp_identity id;
	struct str good;

	saml_start(w);
	w->answer.session_ends_at_s = NOON + 5;
	assert_refused(saml_finish(w, &id), "sp.assertion.expired");
	w->answer.session_ends_at_s = NOON + 6;
	assert_int_equal(saml_finish(w, &id).kind, SP_OK);
	saml_start(w);
	good = saml_forged_assertion(w);
	assert_refused(saml_finish_xml(w, saml_forged_response(w, forge_sign(w->a, idp_key, RSA256,
		forge_with(w->a, good, "\"_s1\"", "\"a session\""))), NOON + 5, &id), "sp.assertion.subject");
	assert_int_equal(saml_finish_xml(w, saml_forged_response(w, forge_sign(w->a, idp_key, RSA256, good)), NOON + 5, &id).kind, SP_OK);
}

static void more_strengths_than_a_request_holds_are_refused(void **state)
{
	struct saml_world *w = *state;
	struct sp_login_options o = { .acr_values = "a b c d e f g h i j k l m n o p" };

	assert_int_equal(sp_login_start(w->sp, w->s, &o, NOON, &w->login).kind, SP_OK);
	o.acr_values = "a b c d e f g h i j k l m n o p q";
	assert_refused(sp_login_start(w->sp, w->s, &o, NOON, &w->login), "sp.acr_values");
}

static void strength_and_freshness_are_checked(void **state)
{
	struct saml_world *w = *state;
	struct sp_identity id;

	saml_start_with(w, (struct sp_login_options){ .acr_values = "urn:x:two-factors" });
	assert_refused(saml_finish(w, &id), "sp.assertion.acr");
	saml_start_with(w, (struct sp_login_options){ .acr_values = "urn:x:two-factors " PASSWORD_CONTEXT });
	assert_int_equal(saml_finish(w, &id).kind, SP_OK);
	saml_start_with(w, (struct sp_login_options){ .prompt = "login" });
	w->answer.authn_instant_s = NOON - 31;
	assert_refused(saml_finish(w, &id), "sp.assertion.auth_time");
	w->answer.authn_instant_s = NOON - 1;
	assert_int_equal(saml_finish(w, &id).kind, SP_OK);
	saml_start(w);
	struct str later = forge_with(w->a, saml_forged_assertion(w), "AuthnInstant=\"2027-01-15T07:59:00Z\"", "AuthnInstant=\"2027-01-15T08:00:36Z\"");
	assert_refused(saml_finish_xml(w, saml_forged_response(w, forge_sign(w->a, idp_key, RSA256, later)), NOON + 5, &id), "sp.assertion.auth_time");
	saml_start_with(w, (struct sp_login_options){ .has_max_age = 1, .max_age_s = 600 });
	w->answer.authn_instant_s = NOON - 700;
	assert_refused(saml_finish(w, &id), "sp.assertion.auth_time");
}

static void two_attributes_of_one_name_are_refused_and_a_list_is_no_text(void **state)
{
	static struct str two[] = { STR_INIT("Jeanne"), STR_INIT("Camille") };
	static struct sign_saml_attribute doubled[] = {
		{ .name = STR_INIT("given_name"), .values = two, .value_n = 1 },
		{ .name = STR_INIT("urn:oid:2.5.4.42"), .values = two + 1, .value_n = 1 },
	}, list[] = { { .name = STR_INIT("given_name"), .values = two, .value_n = 2 } };
	struct saml_world *w = *state;
	struct sp_identity id;

	saml_start(w);
	w->answer.attributes = doubled;
	assert_refused(saml_finish(w, &id), "sp.assertion.attribute");
	w->answer.attributes = list;
	w->answer.attribute_n = 1;
	assert_int_equal(saml_finish(w, &id).kind, SP_OK);
	assert_string_equal(sp_identity_claim(&id, "given_name"), "");
	assert_int_equal(id.claims[1].kind, SP_LIST);
	assert_string_equal(id.claims[1].text, "Camille");
}

/* ---- whose word it is ---- */

static void another_provider_with_a_key_of_ours_is_refused(void **state)
{
	struct saml_world *w = *state;
	struct sp_identity id;

	saml_start(w);
	w->idp = saml_signer(w, SIGN_ROLE_IDP, "https://autre.example/saml/metadata", idp_key);
	assert_refused(saml_finish(w, &id), "sp.response.issuer");
	/* The Response is ours, the assertion in it somebody else's. */
	struct str foreign = forge_with(w->a, saml_forged_assertion(w), IDP, "https://autre.example/saml/metadata");
	assert_refused(saml_finish_xml(w, saml_forged_response(w, forge_sign(w->a, idp_key, RSA256, foreign)), NOON + 5, &id), "sp.assertion.issuer");
}

static void unsigned_forged_and_old_signatures_are_refused(void **state)
{
	struct saml_world *w = *state;
	struct sp_identity id;
	struct str plain;

	saml_start(w);
	plain = saml_forged_assertion(w);
	assert_refused(saml_finish_xml(w, saml_forged_response(w, plain), NOON + 5, &id), "sp.assertion.signature");
	assert_refused(saml_finish_xml(w, saml_forged_response(w, forge_sign(w->a, other_key, RSA256, plain)), NOON + 5, &id), "sp.assertion.signature");
	assert_refused(saml_finish_xml(w, saml_forged_response(w, forge_sign(w->a, idp_key, "rsa-sha1", plain)), NOON + 5, &id), "sp.assertion.alg");
	assert_refused(saml_finish_xml(w, saml_forged_response(w, forge_sign(w->a, idp_key, "hmac-sha256", plain)), NOON + 5, &id), "sp.assertion.alg");
	struct str good = saml_answer_xml(w);
	assert_refused(saml_finish_xml(w, forge_with(w->a, good, SUBJECT, "pseudonym-of-robert"), NOON + 5, &id), "sp.assertion.signature");
	/* The control. */
	assert_int_equal(saml_finish_xml(w, saml_forged_response(w, forge_sign(w->a, idp_key, RSA256, plain)), NOON + 5, &id).kind, SP_OK);
}

static void two_assertions_and_wrapped_ones_are_refused(void **state)
{
	struct saml_world *w = *state;
	struct sp_identity id;
	struct str good, evil, both[2];

	saml_start(w);
	good = forge_sign(w->a, idp_key, RSA256, saml_forged_assertion(w));
	evil = forge_with(w->a, saml_forged_assertion(w), "camille-7f", "robert-00");
	both[0] = good;
	both[1] = forge_with(w->a, evil, "ID=\"_a1\"", "ID=\"_a2\"");
	assert_refused(saml_finish_xml(w, saml_forged_response(w, arena_concat(w->a, both, 2)), NOON + 5, &id), "saml.check.assertion");
	both[0] = both[1];
	both[1] = good;
	assert_refused(saml_finish_xml(w, saml_forged_response(w, arena_concat(w->a, both, 2)), NOON + 5, &id), "saml.check.assertion");
	/* The genuine one inside the forged one's Advice. */
	struct str advice = arena_printf(w->a, "<saml:Advice>" STR_FMT "</saml:Advice>", STR_ARG(good));
	struct str wrapped = forge_before(w->a, forge_with(w->a, evil, "ID=\"_a1\"", "ID=\"_a3\""), "<saml:AuthnStatement", advice);
	assert_refused(saml_finish_xml(w, saml_forged_response(w, wrapped), NOON + 5, &id), "saml.check.encrypted");
	/* The forged one with the genuine signature, and the genuine one without it, behind. */
	struct str sig = forge_cut(good, "<ds:Signature", "</ds:Signature>");
	both[0] = forge_before(w->a, evil, "<saml:Subject>", sig);
	both[1] = forge_without(w->a, good, sig);
	assert_refused(saml_finish_xml(w, saml_forged_response(w, arena_concat(w->a, both, 2)), NOON + 5, &id), "saml.check.assertion");
	assert_refused(saml_finish_xml(w, saml_forged_response(w, both[0]), NOON + 5, &id), "sp.assertion.signature");
}

static void a_new_key_is_learnt_and_the_old_one_forgotten_without_a_restart(void **state)
{
	struct saml_world *w = *state;
	struct sp_identity id;
	struct str with_old;

	saml_start(w);
	with_old = saml_answer_xml(w);
	w->idp = saml_signer(w, SIGN_ROLE_IDP, IDP, other_key);
	assert_refused(saml_finish(w, &id), "sp.assertion.signature");       /* nobody has published it yet */
	assert_int_equal(w->fetches, 2);
	w->metadata = saml_metadata_of(w, w->idp, 0);
	assert_refused(saml_finish(w, &id), "sp.assertion.signature");       /* asked a moment ago: once a minute */
	assert_int_equal(w->fetches, 2);
	assert_int_equal(saml_finish_xml(w, saml_answer_xml(w), NOON + 66, &id).kind, SP_OK);
	assert_int_equal(w->fetches, 3);
	assert_refused(saml_finish_xml(w, with_old, NOON + 67, &id), "sp.assertion.signature");
}

static void metadata_beyond_their_end_are_not_used(void **state)
{
	struct saml_world *w = *state;
	struct sp_login_options o = { 0 };
	struct sp_identity id;

	w->metadata = saml_metadata_of(w, w->idp, NOON + 60);
	saml_start(w);
	assert_refused(saml_finish_xml(w, saml_answer_xml(w), NOON + 61, &id), "sp.provider.expired");
	assert_refused(sp_login_start(w->sp, w->s, &o, NOON + 70, &w->login), "sp.provider.expired");
	w->metadata = saml_metadata_of(w, w->idp, 0);
	assert_int_equal(sp_login_start(w->sp, w->s, &o, NOON + 80, &w->login).kind, SP_OK);
}

static void metadata_without_a_door_that_we_use_are_refused(void **state)
{
	struct sign_saml_endpoint post = { SIGN_BINDING_POST, STR(ISSUER "/saml/sso-post") };
	struct sign_saml_metadata m = { .role = SIGN_ROLE_IDP, .main = &post, .main_n = 1, .logout = NULL, .logout_n = 0 };
	struct saml_world *w = *state;
	struct sp_login_options o = { 0 };

	w->metadata = saml_written(w, w->idp, SIGN_SAML_METADATA, ipc_sign_saml_metadata_io, &m).text;
	assert_refused(sp_login_start(w->sp, w->s, &o, NOON, &w->login), "sp.provider.metadata");
}

static void metadata_of_somebody_else_are_refused(void **state)
{
	struct saml_world *w = *state;
	struct sp_login_options o = { 0 };

	w->metadata = saml_metadata_of(w, saml_signer(w, SIGN_ROLE_IDP, "https://autre.example/saml/metadata", other_key), 0);
	assert_refused(sp_login_start(w->sp, w->s, &o, NOON, &w->login), "sp.provider.metadata");
	w->metadata = STR("<!DOCTYPE x>");
	assert_refused(sp_login_start(w->sp, w->s, &o, NOON + 10, &w->login), "sp.provider.metadata");
	w->down = true;
	assert_refused(sp_login_start(w->sp, w->s, &o, NOON + 20, &w->login), "sp.provider.down");
}

/* ---- who asked ---- */

static void an_answer_in_another_browser_costs_no_signature(void **state)
{
	struct saml_world *w = *state;
	struct sp_identity id;
	char theirs[64], *cookie;
	const char *form;

	saml_start(w);
	form = saml_form(w, "SAMLResponse", saml_answer_xml(w), w->state);
	snprintf(theirs, sizeof theirs, "%s", w->state);
	cookie = arena_c(w->a, str_from_c(w->login.cookie.value));
	assert_refused(sp_login_finish(w->sp, w->s, form, NULL, NOON + 5, &id), "sp.state.absent");
	saml_start(w);
	assert_refused(sp_login_finish(w->sp, w->s, form, w->login.cookie.value, NOON + 5, &id), "sp.state.other");
	assert_refused(sp_login_finish(w->sp, w->s, form, "AAAA", NOON + 5, &id), "sp.state.forged");
	assert_int_equal(w->checks, 0);
	/* The cookie of one tab and the answer to another. */
	form = saml_form(w, "SAMLResponse", saml_answer_xml(w), theirs);
	assert_refused(sp_login_finish(w->sp, w->s, form, cookie, NOON + 5, &id), "sp.response.request");
}

static void a_relay_state_of_another_shape_is_refused(void **state)
{
	static const char *const others[] = { "https://evil.example/", "//evil.example", "/mes-demandes", "x" };
	struct saml_world *w = *state;
	struct sp_identity id;
	const char *form, *twice;

	saml_start(w);
	form = saml_form(w, "SAMLResponse", saml_answer_xml(w), w->state);
	twice = arena_printf(w->a, "%s&RelayState=%s", form, w->state).p;
	assert_refused(sp_login_finish(w->sp, w->s, twice, w->login.cookie.value, NOON + 5, &id), "sp.response.query");
	assert_null(sp_login_cookie_name(w->sp, w->s, twice));
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		form = saml_form(w, "SAMLResponse", saml_answer_xml(w), others[i]);
		assert_refused(sp_login_finish(w->sp, w->s, form, w->login.cookie.value, NOON + 5, &id), "sp.state.other");
	}
	assert_refused(sp_login_finish(w->sp, w->s, arena_printf(w->a, "RelayState=%s", w->state).p, w->login.cookie.value, NOON + 5, &id), "sp.response.query");
}

static void an_answer_that_nobody_asked_for_needs_permission(void **state)
{
	struct saml_world *w = *state;
	struct sp_identity id;
	struct str xml;

	saml_start(w);
	w->answer.in_response_to = STR_NONE;
	xml = saml_answer_xml(w);
	assert_refused(sp_login_finish(w->sp, w->s, saml_form(w, "SAMLResponse", xml, NULL), NULL, NOON + 5, &id), "sp.response.unsolicited");
	assert_int_equal(w->checks, 0);
	w->config.allow_unsolicited = 1;
	saml_again(w);
	assert_int_equal(sp_login_finish(w->sp, w->s, saml_form(w, "SAMLResponse", xml, "/actes"), NULL, NOON + 5, &id).kind, SP_OK);
	assert_string_equal(id.return_to, "/actes");
	assert_refused(sp_login_finish(w->sp, w->s, saml_form(w, "SAMLResponse", xml, NULL), NULL, NOON + 6, &id), "sp.assertion.used");
	assert_int_equal(sp_login_finish(w->sp, w->s, saml_form(w, "SAMLResponse", saml_answer_xml(w), "https://evil.example/"), NULL, NOON + 5, &id).kind, SP_OK);
	assert_string_equal(id.return_to, "/");
	/* Somebody else's answer, which names their request. */
	saml_start(w);
	assert_refused(sp_login_finish(w->sp, w->s, saml_form(w, "SAMLResponse", saml_answer_xml(w), NULL), NULL, NOON + 5, &id), "sp.response.request");
}

/* ---- once ---- */

static void an_answer_is_good_once(void **state)
{
	struct saml_world *w = *state;
	struct sp_identity id;
	struct str first, second;

	saml_start(w);
	first = saml_answer_xml(w);
	second = saml_answer_xml(w);
	assert_int_equal(saml_finish_xml(w, first, NOON + 5, &id).kind, SP_OK);
	assert_refused(saml_finish_xml(w, first, NOON + 6, &id), "sp.state.used");
	/* Another assertion to the same request. */
	assert_refused(saml_finish_xml(w, second, NOON + 6, &id), "sp.state.used");
}

static void an_answer_is_good_once_across_a_restart(void **state)
{
	char folder[] = "/tmp/test-sp-saml-XXXXXX", command[64];
	struct saml_world *w = *state;
	struct sp_file_store *files = NULL;
	struct sp_identity id;
	struct str xml;

	assert_non_null(mkdtemp(folder));
	w->config.allow_unsolicited = 1;
	assert_int_equal(sp_file_store_open(folder, &w->hooks, &files).kind, SP_OK);
	saml_again(w);
	saml_start(w);
	w->answer.in_response_to = STR_NONE;
	xml = saml_answer_xml(w);
	assert_int_equal(sp_login_finish(w->sp, w->s, saml_form(w, "SAMLResponse", xml, NULL), NULL, NOON + 5, &id).kind, SP_OK);
	sp_file_store_close(files);
	assert_int_equal(sp_file_store_open(folder, &w->hooks, &files).kind, SP_OK);
	saml_again(w);
	assert_refused(sp_login_finish(w->sp, w->s, saml_form(w, "SAMLResponse", xml, NULL), NULL, NOON + 6, &id), "sp.assertion.used");
	/* On its last second. */
	assert_refused(sp_login_finish(w->sp, w->s, saml_form(w, "SAMLResponse", xml, NULL), NULL, NOON + 149, &id), "sp.assertion.used");
	sp_file_store_close(files);
	snprintf(command, sizeof command, "rm -r %s", folder);
	assert_int_equal(system(command), 0);
}

static void without_reader_or_memory_nobody_is_signed_in(void **state)
{
	struct saml_world *w = *state;
	struct sp_identity id;
	struct sp_result r;

	saml_start(w);
	w->reader_down = true;
	assert_refused(saml_finish(w, &id), "engine.helper.gone");
	w->reader_down = false;
	w->memory.memory_down = true;
	r = saml_finish(w, &id);
	assert_int_equal(r.kind, SP_BUSY);
	w->memory.memory_down = false;
	assert_int_equal(saml_finish(w, &id).kind, SP_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_request_is_signed_and_the_cookie_comes_back_with_a_foreign_post),
		TEST(a_signed_assertion_gives_the_identity_under_openids_names),
		TEST(a_session_does_not_outlive_the_providers),
		TEST(a_signature_around_the_assertion_will_do_and_may_be_demanded),
		TEST(base64_may_be_folded_into_lines),
		TEST(an_answer_that_is_not_for_us_is_refused),
		TEST(a_name_that_may_be_somebody_elses_tomorrow_is_refused),
		TEST(dates_hold_within_the_skew_alone),
		TEST(a_provider_that_says_no_is_understood),
		TEST(a_refusal_in_words_of_another_standard_is_an_error),
		TEST(a_session_that_is_over_or_has_no_usable_name_is_refused),
		TEST(more_strengths_than_a_request_holds_are_refused),
		TEST(strength_and_freshness_are_checked),
		TEST(two_attributes_of_one_name_are_refused_and_a_list_is_no_text),
		TEST(another_provider_with_a_key_of_ours_is_refused),
		TEST(unsigned_forged_and_old_signatures_are_refused),
		TEST(two_assertions_and_wrapped_ones_are_refused),
		TEST(a_new_key_is_learnt_and_the_old_one_forgotten_without_a_restart),
		TEST(metadata_beyond_their_end_are_not_used),
		TEST(metadata_without_a_door_that_we_use_are_refused),
		TEST(metadata_of_somebody_else_are_refused),
		TEST(an_answer_in_another_browser_costs_no_signature),
		TEST(a_relay_state_of_another_shape_is_refused),
		TEST(an_answer_that_nobody_asked_for_needs_permission),
		TEST(an_answer_is_good_once),
		TEST(an_answer_is_good_once_across_a_restart),
		TEST(without_reader_or_memory_nobody_is_signed_in),
	};

	return cmocka_run_group_tests_name("sp_saml", tests, NULL, NULL);
}
