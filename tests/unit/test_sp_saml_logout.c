/* Signing out by SAML 2.0, begun here or at the identity provider, and what a service says of itself. */
#include "tests/unit/sp_saml_world.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, saml_setup, saml_teardown)

/* A session of Jeanne's, by that name of it. */
static const char *signed_in(struct saml_world *w, const char *sid, struct sp_identity *ret)
{
	struct sp_cookie cookie;

	saml_start(w);
	w->answer.session_index = str_from_c(sid);
	assert_int_equal(saml_finish(w, ret).kind, SP_OK);
	assert_int_equal(sp_session_create(w->sp, w->s, ret, NOON + 5, &cookie).kind, SP_OK);
	return arena_c(w->a, str_from_c(cookie.value));
}

static bool lives(struct saml_world *w, const char *cookie)
{
	struct sp_identity id;

	return sp_session_load(w->sp, w->s, cookie, NOON + 20, &id).kind == SP_OK;
}

static struct sign_saml_logout_request request(const char *sid)
{
	static struct str index;

	index = str_from_c(sid);
	return (struct sign_saml_logout_request){
		.binding = SIGN_BINDING_REDIRECT, .destination = STR(SLO), .subject = { .kind = SIGN_NAME_ID_PERSISTENT,
			.who.alias = STR(SUBJECT), .name_qualifier = STR(IDP), .sp_name_qualifier = STR(ENTITY) },
		.session_indexes = &index, .session_index_n = sid ? 1 : 0, .relay_state = STR("retour 1/2"),
		.issued_at_s = NOON, .expires_at_s = NOON + 300,
	};
}

static struct str written(struct saml_world *w, struct signer *by, const struct sign_saml_logout_request *r)
{
	return saml_written(w, by, SIGN_SAML_LOGOUT_REQUEST, ipc_sign_saml_logout_request_io, r).text;
}

static struct sp_result receive_at(struct saml_world *w, struct str query, int64_t now_s, struct sp_logout_reply *ret)
{
	*ret = (struct sp_logout_reply){ 0 };
	return sp_logout_receive(w->sp, w->s, 0, arena_c(w->a, query), now_s, ret);
}

static struct sp_result receive(struct saml_world *w, struct str query, struct sp_logout_reply *ret)
{
	return receive_at(w, query, NOON + 10, ret);
}

/* ---- the identity provider's request ---- */

static void a_request_ends_the_session_that_it_names_and_is_answered(void **state)
{
	struct saml_world *w = *state;
	struct sp_identity id;
	struct sp_logout_reply reply;
	const char *one = signed_in(w, "session-1", &id), *two = signed_in(w, "session-2", &id);
	struct sign_saml_logout_request r = request("session-1");

	assert_int_equal(receive(w, written(w, w->idp, &r), &reply).kind, SP_OK);
	assert_false(lives(w, one));
	assert_true(lives(w, two));
	assert_int_equal(reply.finished, 0);
	assert_non_null(strstr(reply.url, ISSUER "/saml/slo?SAMLResponse="));
	assert_non_null(strstr(reply.url, "&RelayState=retour%201%2F2&SigAlg="));
	assert_non_null(strstr(reply.url, "&Signature="));
}

static void a_request_by_post_and_without_index_ends_all_of_the_citizens(void **state)
{
	struct saml_world *w = *state;
	struct sp_identity id;
	struct sp_logout_reply reply = { 0 };
	const char *one = signed_in(w, "session-1", &id), *two = signed_in(w, "session-2", &id);
	struct sign_saml_logout_request r = request(NULL);

	r.binding = SIGN_BINDING_POST;
	assert_int_equal(sp_logout_receive(w->sp, w->s, 1, saml_form(w, "SAMLRequest", written(w, w->idp, &r), "x"), NOON + 10, &reply).kind, SP_OK);
	assert_false(lives(w, one));
	assert_false(lives(w, two));
	assert_non_null(strstr(reply.url, "&RelayState=x&"));
}

static void a_sign_in_that_the_request_overtook_ends_too(void **state)
{
	struct saml_world *w = *state;
	struct sp_identity id;
	struct sp_logout_reply reply;
	struct sp_cookie cookie;
	struct sign_saml_logout_request r = request(SESSION);

	saml_start(w);
	assert_int_equal(saml_finish(w, &id).kind, SP_OK);
	assert_int_equal(receive(w, written(w, w->idp, &r), &reply).kind, SP_OK);
	assert_refused(sp_session_create(w->sp, w->s, &id, NOON + 11, &cookie), "sp.session.ended");
}

static void a_request_that_is_not_the_providers_ends_nothing(void **state)
{
	struct saml_world *w = *state;
	struct sp_identity id;
	struct sp_logout_reply reply;
	const char *cookie = signed_in(w, SESSION, &id);
	struct sign_saml_logout_request r = request(SESSION);
	struct str good = written(w, w->idp, &r), bare = str_slice(good, 0, (size_t)((const char *)memmem(good.p, good.n, "&SigAlg", 7) - good.p));

	assert_refused(receive(w, bare, &reply), "sp.logout.signature");
	assert_refused(receive(w, written(w, saml_signer(w, SIGN_ROLE_IDP, IDP, other_key), &r), &reply), "sp.logout.signature");
	assert_refused(receive(w, written(w, saml_signer(w, SIGN_ROLE_IDP, "https://autre.example/saml/metadata", idp_key), &r), &reply), "sp.logout.iss");
	/* Signed, then changed; the signature of another RelayState. */
	assert_refused(receive(w, forge_with(w->a, good, "retour", "detour"), &reply), "sp.logout.signature");
	/* SHA-1, as old software signs. */
	struct str xml = forge_with(w->a, forge_with(w->a, forge_logout_request(w->a), FORGE_SP, IDP), "https://compte.example/saml/slo", SLO);
	assert_refused(receive(w, forge_query(w->a, "SAMLRequest", xml, NULL, idp_key, "rsa-sha1"), &reply), "sp.logout.alg");
	assert_null(reply.url);
	assert_true(lives(w, cookie));
}

static void a_request_for_another_door_time_or_person_ends_nothing(void **state)
{
	struct saml_world *w = *state;
	struct sp_identity id;
	struct sp_logout_reply reply;
	const char *cookie = signed_in(w, SESSION, &id);
	struct sign_saml_logout_request r = request(SESSION);

	assert_refused(receive_at(w, written(w, w->idp, &r), NOON + 331, &reply), "sp.logout.expired");
	assert_refused(receive_at(w, written(w, w->idp, &r), NOON - 31, &reply), "sp.logout.iat");
	r.expires_at_s = NOON + 30;
	assert_refused(receive_at(w, written(w, w->idp, &r), NOON + 60, &reply), "sp.logout.expired");
	r = request(SESSION);
	r.destination = STR("https://elections.ville.example/saml/slo");
	assert_refused(receive(w, written(w, w->idp, &r), &reply), "sp.logout.destination");
	r = request(SESSION);
	r.subject = (struct sign_saml_subject){ .kind = SIGN_NAME_ID_EMAIL, .text = STR("jeanne@example.org") };
	assert_refused(receive(w, written(w, w->idp, &r), &reply), "sp.logout.subject");
	/* Somebody else's name beside Jeanne's session: well signed, and about nobody here. */
	r = request(SESSION);
	r.subject.who.alias = STR("pseudonym-of-robert");
	assert_int_equal(receive(w, written(w, w->idp, &r), &reply).kind, SP_OK);
	r = request("session-of-robert");
	assert_int_equal(receive(w, written(w, w->idp, &r), &reply).kind, SP_OK);
	assert_true(lives(w, cookie));
}

static void a_copied_request_does_not_end_a_later_session(void **state)
{
	struct saml_world *w = *state;
	struct sp_identity id;
	struct sp_logout_reply reply;
	struct sign_saml_logout_request r = request(NULL);
	struct str query = written(w, w->idp, &r);
	const char *later;

	assert_int_equal(receive(w, query, &reply).kind, SP_OK);
	later = signed_in(w, SESSION, &id);
	assert_refused(receive(w, query, &reply), "sp.logout.replayed");
	assert_true(lives(w, later));
}

static void a_request_that_could_not_be_carried_out_may_come_again(void **state)
{
	struct saml_world *w = *state;
	struct sp_identity id;
	struct sp_logout_reply reply;
	const char *cookie = signed_in(w, SESSION, &id);
	struct sign_saml_logout_request r = request(SESSION);
	struct str query = written(w, w->idp, &r);

	w->memory.memory_down = true;
	assert_refused(receive(w, query, &reply), "store.gone");
	w->memory.memory_down = false;
	assert_int_equal(receive(w, query, &reply).kind, SP_OK);
	assert_false(lives(w, cookie));
}

/* Beside a signed form stands a RelayState that nobody signed: it must not turn the order that was just carried out
 * into an error. */
static void a_relay_state_that_we_could_not_give_back_ends_nothing(void **state)
{
	struct saml_world *w = *state;
	struct sp_identity id;
	struct sp_logout_reply reply = { 0 };
	const char *cookie = signed_in(w, SESSION, &id);
	struct sign_saml_logout_request r = request(SESSION);
	char longer[1026] = "";
	struct str xml;

	r.binding = SIGN_BINDING_POST;
	xml = written(w, w->idp, &r);
	memset(longer, 'r', sizeof longer - 1);
	assert_refused(sp_logout_receive(w->sp, w->s, 1, saml_form(w, "SAMLRequest", xml, longer), NOON + 10, &reply), "sp.logout.form");
	assert_true(lives(w, cookie));
	/* What is taken is given back: a line separator is a character like others. */
	assert_int_equal(sp_logout_receive(w->sp, w->s, 1, saml_form(w, "SAMLRequest", xml, "a\xe2\x80\xa8" "b"), NOON + 10, &reply).kind, SP_OK);
	assert_non_null(strstr(reply.url, "&RelayState=a%E2%80%A8b&"));
	assert_false(lives(w, cookie));
}

static void two_messages_in_one_form_are_refused(void **state)
{
	struct saml_world *w = *state;
	struct sp_logout_reply reply = { 0 };
	struct sign_saml_logout_request r = request(SESSION);
	const char *form;

	r.binding = SIGN_BINDING_POST;
	form = saml_form(w, "SAMLRequest", written(w, w->idp, &r), "x");
	assert_refused(sp_logout_receive(w->sp, w->s, 1, arena_printf(w->a, "%s&SAMLResponse=x", form).p, NOON, &reply), "sp.logout.form");
	assert_refused(sp_logout_receive(w->sp, w->s, 1, arena_printf(w->a, "%s&RelayState=y", form).p, NOON, &reply), "sp.logout.form");
	assert_refused(sp_logout_receive(w->sp, w->s, 1, "RelayState=y", NOON, &reply), "sp.logout.form");
	assert_refused(sp_logout_receive(w->sp, w->s, 0, "", NOON, &reply), "sp.logout.form");
}

/* ---- ours ---- */

static struct str answer_to(struct saml_world *w, const char *id, enum sign_saml_status status)
{
	struct sign_saml_logout_response r = {
		.binding = SIGN_BINDING_REDIRECT, .status = status, .destination = STR(SLO), .in_response_to = str_from_c(id), .issued_at_s = NOON,
	};

	return saml_written(w, w->idp, SIGN_SAML_LOGOUT_RESPONSE, ipc_sign_saml_logout_response_io, &r).text;
}

static void our_request_is_signed_and_its_answer_is_taken_once(void **state)
{
	struct saml_world *w = *state;
	struct sp_identity id, loaded;
	struct sp_logout_reply reply;
	const char *cookie = signed_in(w, SESSION, &id), *url = NULL;
	struct str answer;

	assert_int_equal(sp_session_load(w->sp, w->s, cookie, NOON + 6, &loaded).kind, SP_OK);
	assert_int_equal(sp_logout_url(w->sp, w->s, &loaded, "vers l'accueil", "fr", NOON + 6, &url).kind, SP_OK);
	assert_non_null(strstr(url, ISSUER "/saml/slo?SAMLRequest="));
	assert_non_null(strstr(url, "&Signature="));
	answer = answer_to(w, w->request_id, SIGN_STATUS_SUCCESS);
	assert_int_equal(receive(w, answer, &reply).kind, SP_OK);
	assert_int_equal(reply.finished, 1);
	assert_int_equal(reply.partial, 0);
	assert_null(reply.url);
	assert_string_equal(reply.state, "vers l'accueil");
	assert_refused(receive(w, answer, &reply), "sp.logout.unasked");
}

static void a_partial_logout_is_told_as_such(void **state)
{
	struct saml_world *w = *state;
	struct sp_identity id;
	struct sp_logout_reply reply;
	const char *url = NULL;

	signed_in(w, SESSION, &id);
	assert_int_equal(sp_logout_url(w->sp, w->s, &id, NULL, NULL, NOON + 6, &url).kind, SP_OK);
	assert_int_equal(receive(w, answer_to(w, w->request_id, SIGN_STATUS_PARTIAL_LOGOUT), &reply).kind, SP_OK);
	assert_int_equal(reply.finished, 1);
	assert_int_equal(reply.partial, 1);
}

static void whoever_is_nobody_is_not_signed_out(void **state)
{
	struct saml_world *w = *state;
	struct sp_identity nobody = { 0 };
	const char *url = NULL;

	assert_refused(sp_logout_url(w->sp, w->s, NULL, NULL, NULL, NOON, &url), "sp.logout.subject");
	assert_refused(sp_logout_url(w->sp, w->s, &nobody, NULL, NULL, NOON, &url), "sp.logout.subject");
	assert_null(url);
}

static void an_answer_to_nothing_of_ours_is_refused(void **state)
{
	struct saml_world *w = *state;
	struct sp_identity id;
	struct sp_logout_reply reply;
	const char *url = NULL;
	struct str late;

	assert_refused(receive(w, answer_to(w, "_0000000000000000000000000000000000000000", SIGN_STATUS_SUCCESS), &reply), "sp.logout.unasked");
	signed_in(w, SESSION, &id);
	/* An AuthnRequest's identifier is not a LogoutRequest's. */
	assert_refused(receive(w, answer_to(w, w->request_id, SIGN_STATUS_SUCCESS), &reply), "sp.logout.unasked");
	assert_int_equal(sp_logout_url(w->sp, w->s, &id, NULL, NULL, NOON + 6, &url).kind, SP_OK);
	late = answer_to(w, w->request_id, SIGN_STATUS_SUCCESS);
	assert_refused(receive(w, str_slice(late, 0, (size_t)((const char *)memmem(late.p, late.n, "&SigAlg", 7) - late.p)), &reply), "sp.logout.signature");
	assert_refused(receive_at(w, late, NOON + 331, &reply), "sp.logout.expired");
}

static void an_answer_after_we_stopped_waiting_is_refused(void **state)
{
	struct saml_world *w = *state;
	struct sp_identity id;
	struct sp_logout_reply reply;
	const char *url = NULL;

	signed_in(w, SESSION, &id);
	assert_int_equal(sp_logout_url(w->sp, w->s, &id, NULL, NULL, NOON + 6, &url).kind, SP_OK);
	for (size_t i = 0; i < ENTRIES; i++)
		if (strcmp(w->memory.entries[i].kind, "logout") == 0)
			w->memory.entries[i].expires_at_s = NOON + 9;
	assert_refused(receive(w, answer_to(w, w->request_id, SIGN_STATUS_SUCCESS), &reply), "sp.logout.unasked");
	assert_int_equal(reply.finished, 0);
}

static void without_an_address_for_it_nobody_is_sent_to_sign_out(void **state)
{
	struct sign_saml_endpoint sso = { SIGN_BINDING_REDIRECT, STR(ISSUER "/saml/sso") };
	struct sign_saml_metadata m = { .role = SIGN_ROLE_IDP, .main = &sso, .main_n = 1 };
	struct saml_world *w = *state;
	struct sp_identity id;
	const char *url = NULL;

	w->metadata = saml_written(w, w->idp, SIGN_SAML_METADATA, ipc_sign_saml_metadata_io, &m).text;
	signed_in(w, SESSION, &id);
	assert_refused(sp_logout_url(w->sp, w->s, &id, NULL, NULL, NOON + 6, &url), "sp.provider.metadata");
}

/* ---- who we are, and what is not spoken ---- */

static void our_metadata_are_what_a_reader_takes(void **state)
{
	struct saml_world *w = *state;
	struct check_metadata_result got = { 0 };
	const char *xml = NULL;

	assert_int_equal(sp_metadata(w->sp, w->s, NOON, &xml).kind, SP_OK);
	struct check_metadata q = { str_from_c(xml) };
	struct sp_question question = { CHECK_METADATA, ipc_check_metadata_io, &q, ipc_check_metadata_result_io, &got };
	assert_int_equal(w->hooks.check_saml(w, w->s, &question).kind, SP_OK);
	assert_true(got.ok && got.metadata.is_sp && got.metadata.requests_signed && got.metadata.wants_assertions_signed);
	assert_true(str_eq(got.metadata.entity_id, STR(ENTITY)));
	assert_true(str_eq(got.metadata.organisation, STR("État civil")));
	assert_int_equal(got.metadata.endpoint_n, 3);
	assert_int_equal(got.metadata.key_n, 1);
}

static void each_protocol_refuses_the_others_calls(void **state)
{
	struct saml_world *w = *state;
	struct sp_logout_reply reply;
	struct sp_config openid = config();
	const char *xml;

	assert_refused(sp_backchannel_logout(w->sp, w->s, "a.b.c", NOON), "sp.protocol");
	w->config = openid;
	w->hooks.check = fake_check;
	saml_again(w);
	assert_refused(sp_metadata(w->sp, w->s, NOON, &xml), "sp.protocol");
	assert_refused(sp_logout_receive(w->sp, w->s, 0, "SAMLRequest=x", NOON, &reply), "sp.protocol");
}

static void a_configuration_that_cannot_work_is_refused(void **state)
{
	static const struct { size_t field; const char *value, *slug; } cases[] = {
		{ offsetof(struct sp_config, entity_id), NULL, "sp.config.entity_id" },
		{ offsetof(struct sp_config, idp_metadata_url), "file:///etc/passwd", "sp.config.idp_metadata_url" },
		{ offsetof(struct sp_config, logout_url), "/saml/slo", "sp.config.logout_url" },
	};
	struct saml_world *w = *state;
	struct sp *sp = NULL;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sp_config c = w->config;

		*(const char **)(void *)((char *)&c + cases[i].field) = cases[i].value;
		assert_refused(sp_create(&c, &w->hooks, &sp), cases[i].slug);
	}
	w->config.protocol = 2;
	assert_refused(sp_create(&w->config, &w->hooks, &sp), "sp.config.protocol");
	w->config.protocol = SP_SAML;
	w->hooks.sign = NULL;
	assert_refused(sp_create(&w->config, &w->hooks, &sp), "sp.config.hooks");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_request_ends_the_session_that_it_names_and_is_answered),
		TEST(a_request_by_post_and_without_index_ends_all_of_the_citizens),
		TEST(a_sign_in_that_the_request_overtook_ends_too),
		TEST(a_request_that_is_not_the_providers_ends_nothing),
		TEST(a_request_for_another_door_time_or_person_ends_nothing),
		TEST(a_copied_request_does_not_end_a_later_session),
		TEST(a_request_that_could_not_be_carried_out_may_come_again),
		TEST(a_relay_state_that_we_could_not_give_back_ends_nothing),
		TEST(two_messages_in_one_form_are_refused),
		TEST(our_request_is_signed_and_its_answer_is_taken_once),
		TEST(a_partial_logout_is_told_as_such),
		TEST(whoever_is_nobody_is_not_signed_out),
		TEST(an_answer_to_nothing_of_ours_is_refused),
		TEST(an_answer_after_we_stopped_waiting_is_refused),
		TEST(without_an_address_for_it_nobody_is_sent_to_sign_out),
		TEST(our_metadata_are_what_a_reader_takes),
		TEST(each_protocol_refuses_the_others_calls),
		TEST(a_configuration_that_cannot_work_is_refused),
	};

	return cmocka_run_group_tests_name("sp_saml_logout", tests, NULL, NULL);
}
