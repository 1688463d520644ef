/* test_idp_saml.c - SAML 2.0 sign-in as a service sees it, and services as an administrator does, with the
 * real signer and reader: each refusal is an accepted request plus one change (security catalogue I01 to I26, I35).
 */
#include "tests/unit/idp_saml_rig.h"

/* ---- sign-in ---- */

static void a_citizen_signs_in_and_the_service_learns_what_it_may(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *r = sso(w, &b, authn(w, "_r1"));
	struct check_saml_result got;
	const struct saml_assertion *as;

	assert_int_equal(r->status, 200);
	assert_true(body_has(r, "mot-de-passe") && body_has(r, "Actes"));
	r = through(w, &b, r);
	assert_int_equal(r->status, 200);
	assert_true(body_has(r, "action=\"" ACS "\"") && body_has(r, "value=\"etat 1/2\""));
	assert_string_equal(arena_c(w->a, r->form_action), "https://etat-civil.ville.test");
	got = read_back(w, r, CHECK_WANT_ASSERTION);
	assert_int_equal(got.signed_by, CHECK_SIGNED_MESSAGE | CHECK_SIGNED_ASSERTION);
	as = &got.message.assertion;
	assert_true(str_eq(got.message.head.destination, STR(ACS)) && str_eq(got.message.head.in_response_to, STR("_r1")));
	assert_true(str_eq(as->conditions.restrictions[0].v[0], STR(SP)) && as->conditions.not_on_or_after_s <= NOON + 120);
	assert_true(str_eq(as->confirmations[0].recipient, STR(ACS)) && str_eq(as->issuer, STR(ISSUER "/saml/metadata")));
	assert_true(str_eq_c(as->name_id.format, SAML_NAME_ID_PERSISTENT) && as->name_id.value.n >= 32);
	assert_true(str_eq(as->name_id.sp_name_qualifier, STR(SP)) && as->session_index.n > 16);
	assert_int_equal(as->attribute_n, 3);
	assert_true(str_eq(as->attributes[1].name, STR("urn:oid:2.5.4.42")) && str_eq(as->attributes[1].friendly, STR("given_name")));
	assert_true(str_ends(as->attributes[1].format, STR(":uri")) && str_ends(as->attributes[0].format, STR(":basic")));
	assert_true(str_eq(as->attributes[0].values.v[0], STR("Moreau")));
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM participant WHERE client_id = '" SP "'"), 1);

	/* the next one is answered at once; the name is the same, and not the one of another service */
	struct str name = as->name_id.value;
	r = sso(w, &b, authn(w, "_r2"));
	got = read_back(w, r, CHECK_WANT_ASSERTION);
	assert_true(str_eq(got.message.assertion.name_id.value, name));
	assert_false(str_eq(json_text(w, jws_payload(w, json_text(w, redeem(w, get_code(w, &b, ""))->body, "id_token")), "sub"), name));
}

/* session_max_s may be a week. */
static void a_session_of_several_days_still_signs_in(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };

	w->idp->set.session_idle_s = 86400;
	w->idp->set.session_max_s = 604800;
	assert_true(body_has(through(w, &b, sso(w, &b, authn(w, "_d"))), "SAMLResponse"));
	for (int i = 0; i < 8; i++) {
		w->now_s += 72000;
		struct http_resp *r = sso(w, &b, authn(w, arena_c(w->a, fmt(w, "_d%d", i))));

		if (!body_has(r, "name=\"SAMLResponse\""))
			fail_msg("after %d times 20 hours: %s", i + 1, r->outcome.slug ? r->outcome.slug : "no answer");
	}
}

static void a_post_of_another_site_comes_without_cookies_and_is_answered_all_the_same(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 }, bare = { 0 };
	struct str xml = forge_sign(w->a, sp_key, RSA256, authn(w, "_r1")), field = forge_escaped(w->a, forge_base64(w->a, xml));
	struct http_resp *r = world_post(w, &bare, "/saml/sso", fmt(w, "SAMLRequest=" STR_FMT "&RelayState=a%%26b", STR_ARG(field)));

	assert_int_equal(r->status, 303);
	r = through(w, &b, r);
	assert_true(body_has(r, "value=\"a&amp;b\""));
	assert_true(read_back(w, r, CHECK_WANT_ASSERTION).message.has_assertion);
	field = forge_escaped(w->a, forge_base64(w->a, forge_deflate(w->a, forge_sign(w->a, sp_key, RSA256, authn(w, "_r2")))));
	r = world_post(w, &bare, "/saml/sso", fmt(w, "SAMLRequest=" STR_FMT, STR_ARG(field)));
	assert_true(read_back(w, follow(w, &b, r), CHECK_WANT_ASSERTION).message.has_assertion);
	r = world_post(w, &bare, "/saml/sso", fmt(w, "SAMLRequest=" STR_FMT "&SAMLResponse=x", STR_ARG(field)));
	refused_here(w, "both", r, "saml.post.fields");
	r = world_post(w, &bare, "/saml/sso", fmt(w, "SAMLResponse=" STR_FMT, STR_ARG(field)));
	refused_here(w, "as a response", r, "saml.post.fields");
}

static void what_is_not_exactly_a_partners_request_goes_nowhere(void **state)
{
	static const struct { const char *name, *from, *to, *slug; } cases[] = {
		{ "unknown issuer", SP "<", "https://autre.ville.test/metadata<", "saml.issuer" },
		{ "an OpenID client", SP "<", "elections<", "saml.issuer" },
		{ "issuer of another, signed by the first", SP "<", OPEN_SP "<", "saml.acs" },
		{ "ACS elsewhere", ACS "\"", "https://evil.example/acs\"", "saml.acs" },
		{ "ACS with a path trick", ACS "\"", "https://etat-civil.ville.test/saml/acs/../x\"", "saml.acs" },
		{ "ACS in other case", ACS "\"", "https://ETAT-CIVIL.ville.test/saml/acs\"", "saml.acs" },
		{ "ACS with a port", ACS "\"", "https://etat-civil.ville.test:443/saml/acs\"", "saml.acs" },
		{ "ACS of another partner", ACS "\"", OPEN_ACS "\"", "saml.acs" },
		{ "ACS by artifact", ACS "\"", "https://etat-civil.ville.test/saml/art\"", "saml.acs" },
		{ "index and URL", " ProtocolBinding", " AssertionConsumerServiceIndex=\"0\" ProtocolBinding", "saml.read.acs" },
		{ "answer by artifact", "bindings:HTTP-POST", "bindings:HTTP-Artifact", "saml.binding" },
		{ "another door of ours", "/saml/sso\"", "/saml/slo\"", "saml.destination" },
		{ "another house", "Destination=\"" ISSUER, "Destination=\"https://compte.autre.test", "saml.destination" },
		{ "no destination, signed", " Destination=\"" ISSUER "/saml/sso\"", "", "saml.destination" },
		{ "stale", "T08:00:00Z", "T07:51:59Z", "saml.message.expired" },
		{ "of tomorrow", "T08:00:00Z", "T08:03:01Z", "saml.message.early" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct browser b = { 0 };

		refused_here(w, cases[i].name, sso(w, &b, forge_with(w->a, authn(w, "_r1"), cases[i].from, cases[i].to)), cases[i].slug);
	}
	nothing_was_issued(w);
}

static void a_request_is_signed_as_its_metadata_promised(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str xml = authn(w, "_r1"), query = forge_query(w->a, "SAMLRequest", xml, "a", sp_key, RSA256);

	refused_here(w, "unsigned", redirect(w, &b, "/saml/sso", forge_query(w->a, "SAMLRequest", xml, "a", NULL, NULL)), "saml.signature.missing");
	refused_here(w, "another key", redirect(w, &b, "/saml/sso", forge_query(w->a, "SAMLRequest", xml, "a", other_key, RSA256)), "saml.signature");
	refused_here(w, "SHA-1", redirect(w, &b, "/saml/sso", forge_query(w->a, "SAMLRequest", xml, "a", sp_key, "rsa-sha1")), "saml.algorithm");
	refused_here(w, "relay state changed", redirect(w, &b, "/saml/sso", forge_with(w->a, query, "RelayState=a", "RelayState=b")), "saml.signature");
	refused_here(w, "relay state removed", redirect(w, &b, "/saml/sso", forge_with(w->a, query, "&RelayState=a", "")), "saml.signature");
	refused_here(w, "not XML", redirect(w, &b, "/saml/sso", forge_query(w->a, "SAMLRequest", STR("hello"), "a", sp_key, RSA256)), "saml.xml.root");
	refused_here(w, "nothing", world_get(w, &b, "/saml/sso"), "saml.redirect.size");
	nothing_was_issued(w);
}

/* The front refuses a name that is there twice already; a reader that got such a query must too. */
static void a_relay_state_that_is_there_twice_is_refused(void **state)
{
	struct world *w = *state;
	struct arena *a = arena_create(64 << 20);
	struct http_req req = { .arena = a, .now_s = w->now_s, .deadline_ms = clock_mono_ms() + 5000, .id = STR("0000000000000000"),
		.source = STR("192.0.2.1"), .method = HTTP_GET, .path = STR("/saml/sso") };

	req.raw_query = fmt(w, "RelayState=evil&" STR_FMT, STR_ARG(forge_query(w->a, "SAMLRequest", authn(w, "_r1"), "a", sp_key, RSA256)));
	refused_here(w, "twice", engine_answer(w->idp->engine, &req), "saml.redirect.twice");
	nothing_was_issued(w);
	arena_destroy(a);
}

static void a_partner_that_is_gone_is_nobody(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *page = sso(w, &b, authn(w, "_r1"));
	struct str out, err;

	assert_int_equal(ctl(w, "partner disable " SP, &out, &err), 0);
	refused_here(w, "disabled", sso(w, &b, authn(w, "_r1")), "saml.issuer");
	/* also for a page that was open already */
	refused_here(w, "disabled meanwhile", sign_in(w, &b, page, EMAIL, PASSWORD), "saml.issuer");
	assert_int_equal(ctl(w, "partner enable " SP, &out, &err), 0);
	w->now_s = 1803859200 + 1;      /* one second after validUntil */
	refused_here(w, "expired metadata", sso(w, &b, authn(w, "_r1")), "saml.metadata.expired");
	w->now_s = NOON;
	assert_int_equal(ctl(w, "partner remove " SP, &out, &err), 0);
	refused_here(w, "removed", sso(w, &b, authn(w, "_r1")), "saml.issuer");
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM saml_key WHERE client_id = '" SP "'"), 0);
	nothing_was_issued(w);
}

static void a_page_that_outlives_the_partners_metadata_goes_nowhere(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *page;

	w->now_s = 1803859200 - 60;
	page = sso(w, &b, authn(w, "_r1"));
	assert_true(body_has(page, "mot-de-passe"));
	w->now_s = 1803859200;
	refused_here(w, "expired meanwhile", sign_in(w, &b, page, EMAIL, PASSWORD), "saml.metadata.expired");
	nothing_was_issued(w);
}

static void a_request_that_arrived_by_post_waits_no_longer_than_a_page(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str field = forge_escaped(w->a, forge_base64(w->a, forge_sign(w->a, sp_key, RSA256, authn(w, "_r1"))));
	struct http_resp *r = world_post(w, &(struct browser){ 0 }, "/saml/sso", fmt(w, "SAMLRequest=" STR_FMT, STR_ARG(field)));
	char *on = arena_c(w->a, header(r, "location"));

	assert_int_equal(r->status, 303);
	w->now_s += 1800 - 1;
	assert_true(body_has(follow(w, &b, world_get(w, &b, on)), "mot-de-passe"));
	w->now_s += 1;
	r = world_get(w, &b, on);
	assert_int_equal(r->status, 400);
	assert_string_equal(r->outcome.slug, "flow.expired");
}

static void what_cannot_be_met_is_said_with_a_signed_status(void **state)
{
	static const char context[] = "<samlp:RequestedAuthnContext Comparison=\"%s\"><saml:AuthnContextClassRef " FORGE_A ">urn:oasis:names:tc:SAML:2.0:ac:classes:%s"
		"</saml:AuthnContextClassRef></samlp:RequestedAuthnContext></samlp:AuthnRequest>";
	static const struct { const char *comparison, *class; bool met; } contexts[] = {
		{ "exact", "PasswordProtectedTransport", true }, { "exact", "Password", true }, { "minimum", "Password", true },
		{ "maximum", "PasswordProtectedTransport", true }, { "better", "Password", true },
		{ "exact", "X509", false }, { "minimum", "Smartcard", false }, { "better", "PasswordProtectedTransport", false },
		{ "maximum", "Password", false }, { "maximum", "Kerberos", false },
	};
	struct world *w = *state;
	struct browser b = { 0 }, other = { 0 };
	struct str xml = authn(w, "_r1");

	refused_there(w, "passive without session", sso(w, &b, forge_with(w->a, xml, " Version", " IsPassive=\"true\" Version")), "NoPassive");
	refused_there(w, "e-mail", sso(w, &b, forge_with(w->a, xml, "2.0:nameid-format:persistent", "1.1:nameid-format:emailAddress")), "InvalidNameIDPolicy");
	refused_there(w, "transient", sso(w, &b, forge_with(w->a, xml, "format:persistent", "format:transient")), "InvalidNameIDPolicy");
	refused_there(w, "name of another", sso(w, &b, forge_with(w->a, xml, "AllowCreate=\"true\"", "SPNameQualifier=\"" OPEN_SP "\"")), "InvalidNameIDPolicy");
	nothing_was_issued(w);
	for (size_t i = 0; i < sizeof contexts / sizeof *contexts; i++) {
		struct str end = fmt(w, context, contexts[i].comparison, contexts[i].class);
		struct http_resp *r = sso(w, &b, forge_with(w->a, xml, "</samlp:AuthnRequest>", arena_c(w->a, end)));

		if (!contexts[i].met)
			refused_there(w, contexts[i].class, r, "NoAuthnContext");
		else if (r->status != 200 || !body_has(r, "mot-de-passe"))
			fail_msg("%s %s: %d", contexts[i].comparison, contexts[i].class, r->status);
	}
	/* with a session, but before the notice has been shown: a page would be needed */
	(void)get_code(w, &other, "");
	refused_there(w, "passive before the notice", sso(w, &other, forge_with(w->a, xml, " Version", " IsPassive=\"true\" Version")), "NoPassive");
	through(w, &other, sso(w, &other, authn(w, "_r0")));
	struct http_resp *r = sso(w, &other, forge_with(w->a, xml, " Version", " IsPassive=\"true\" Version"));
	assert_true(read_back(w, r, CHECK_WANT_ASSERTION).message.has_assertion);
	r = sso(w, &other, forge_with(w->a, authn(w, "_r1"), "<samlp:NameIDPolicy", "<saml:Subject " FORGE_A "><saml:NameID>somebody-else</saml:NameID></saml:Subject><samlp:NameIDPolicy"));
	refused_there(w, "somebody else", r, "UnknownPrincipal");
}

static void a_password_is_asked_again_when_the_service_wants_it(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str xml = forge_with(w->a, authn(w, "_r9"), " Version", " ForceAuthn=\"true\" Version");
	struct http_resp *r;

	through(w, &b, sso(w, &b, authn(w, "_r1")));
	r = sso(w, &b, xml);            /* in the very second of the first sign-in */
	assert_true(body_has(r, "mot-de-passe"));
	w->now_s += 40;
	r = through(w, &b, r);          /* and no loop afterwards */
	assert_int_equal(read_back(w, r, CHECK_WANT_ASSERTION).message.assertion.authn_instant_s, NOON + 40);
}

static void a_citizen_may_turn_back(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *r = follow(w, &b, sign_in(w, &b, sso(w, &b, authn(w, "_r1")), EMAIL, PASSWORD));
	struct str flow = hidden(w, r, "flow");

	assert_true(body_has(r, "action=\"/information\""));
	r = follow(w, &b, world_post(w, &b, "/information", fmt(w, "flow=" STR_FMT "&reponse=refuser", STR_ARG(flow))));
	refused_there(w, "declined", r, "RequestDenied");
	nothing_was_issued(w);
}

static void one_request_lets_one_session_in(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 }, thief = { 0 };
	struct http_resp *r = through(w, &b, sso(w, &b, authn(w, "_r1")));

	assert_true(body_has(r, "SAMLResponse"));
	assert_true(body_has(sso(w, &b, authn(w, "_r1")), "SAMLResponse"));     /* loaded again */
	(void)get_code(w, &thief, "");
	refused_here(w, "replay", sso(w, &thief, authn(w, "_r1")), "saml.replay");
	/* a page of one browser is of no use in another */
	r = sso(w, &b, forge_with(w->a, authn(w, "_r3"), " Version", " ForceAuthn=\"true\" Version"));
	r = sign_in(w, &b, r, EMAIL, PASSWORD);
	assert_int_equal(r->status, 303);
	struct http_resp *stolen = world_get(w, &(struct browser){ 0 }, arena_c(w->a, header(r, "location")));
	assert_int_equal(stolen->status, 400);
	assert_false(body_has(stolen, "SAMLResponse"));
}

static void a_partner_that_does_not_sign_gets_a_name_for_one_session(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 }, again = { 0 };
	struct str xml = forge_with(w->a, forge_with(w->a, authn(w, "_r1"), ACS "\"", OPEN_ACS "\""), SP "<", OPEN_SP "<");
	struct check_saml_result first, second, third;

	xml = forge_with(w->a, xml, "format:persistent", "format:transient");
	struct str query = forge_query(w->a, "SAMLRequest", xml, NULL, NULL, NULL);
	first = read_back(w, through(w, &b, redirect(w, &b, "/saml/sso", query)), CHECK_WANT_ASSERTION);
	assert_int_equal(first.signed_by, CHECK_SIGNED_ASSERTION);
	assert_true(str_eq_c(first.message.assertion.name_id.format, SAML_NAME_ID_TRANSIENT));
	assert_int_equal(first.message.assertion.attribute_n, 0);
	second = read_back(w, redirect(w, &b, "/saml/sso", query), CHECK_WANT_ASSERTION);
	assert_true(str_eq(first.message.assertion.name_id.value, second.message.assertion.name_id.value));
	query = forge_query(w->a, "SAMLRequest", forge_with(w->a, xml, "_r1", "_r2"), NULL, NULL, NULL);
	third = read_back(w, through(w, &again, redirect(w, &again, "/saml/sso", query)), CHECK_WANT_ASSERTION);
	assert_false(str_eq(first.message.assertion.name_id.value, third.message.assertion.name_id.value));
	/* what is signed must hold, though nothing has to be */
	refused_here(w, "wrong signature", redirect(w, &b, "/saml/sso", forge_query(w->a, "SAMLRequest", xml, NULL, other_key, RSA256)), "saml.signature");
}

/* ---- partners ---- */

static void a_vendors_file_that_is_wrong_is_told_what_is_wrong(void **state)
{
	struct world *w = *state;
	struct str good = metadata(w, "https://neu.ville.test/m", "https://neu.ville.test", true, NULL);
	const struct { struct str xml; const char *more, *says; } cases[] = {
		{ STR("hello"), "", "line 1" },
		{ forge_with(w->a, good, "entityID=\"https://neu.ville.test/m\"", ""), "", "line 1" },
		{ forge_with(w->a, good, "https://neu.ville.test/acs\"", "http://neu.ville.test/acs\""), "", "https://" },
		{ forge_with(w->a, forge_with(w->a, good, "HTTP-POST", "PAOS"), "HTTP-POST", "PAOS"), "", "HTTP-POST" },
		{ forge_with(w->a, good, "<md:KeyDescriptor use=\"signing\"", "<md:KeyDescriptor use=\"encryption\""), "", "no certificate for signing" },
		{ forge_with(w->a, good, "<md:EntityDescriptor ", "<md:EntityDescriptor validUntil=\"2020-01-01T00:00:00Z\" "), "", "validUntil" },
		{ good, "--name-id windows", "windows" }, { good, "--attributes iban", "iban" }, { good, "--release maybe", "maybe" },
	};
	struct str out, err;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint32_t code = add(w, cases[i].xml, cases[i].more, &out, &err);

		if (!code || out.n || !memmem(err.p, err.n, cases[i].says, strlen(cases[i].says)))
			fail_msg("%zu: %u " STR_FMT, i, code, STR_ARG(err));
	}
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM client"), 3);
	assert_int_equal(add(w, good, "--name-id email", &out, &err), 0);
	assert_int_equal(ctl(w, "partner show https://neu.ville.test/m --json", &out, &err), 0);
	assert_string_equal(arena_c(w->a, json_text(w, out, "protocol")), "saml");
	assert_string_equal(arena_c(w->a, json_text(w, out, "name_id")), "email");
	assert_int_equal(ctl(w, "partner list --json", &out, &err), 0);
	assert_true(memmem(out.p, out.n, "\"oidc\"", 6) && memmem(out.p, out.n, "\"saml\"", 6));
	assert_int_equal(ctl(w, "partner remove https://neu.ville.test/m", &out, &err), 0);
}

static void without_a_certificate_nothing_of_it_is_there(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };

	w->idp->set.saml = false;
	assert_int_equal(sso(w, &b, authn(w, "_r1"))->status, 404);
	assert_int_equal(world_get(w, &b, "/saml/slo")->status, 404);
	assert_int_equal(world_post(w, &b, "/saml/sso", STR("SAMLRequest=x"))->status, 404);
	nothing_was_issued(w);
}

static void our_metadata_can_be_read(void **state)
{
	struct world *w = *state;
	struct check_metadata q = { 0 };
	struct check_metadata_result got = { 0 };
	struct err e = saml_metadata_make(w->idp, w->a, clock_mono_ms() + 5000, &q.xml);

	assert_false(failed(e));
	e = engine_call(w->idp->engine, w->a, clock_mono_ms() + 5000, ROLE_READER, CHECK_METADATA, ipc_check_metadata_io, &q,
		ipc_check_metadata_result_io, &got);
	assert_false(failed(e));
	if (!got.ok)
		fail_msg(STR_FMT " " STR_FMT, STR_ARG(got.slug), STR_ARG(got.problem));
	assert_true(got.metadata.is_idp && !got.metadata.is_sp && str_eq(got.metadata.entity_id, STR(ISSUER "/saml/metadata")));
	assert_int_equal(got.metadata.endpoint_n, 4);
	assert_int_equal(got.metadata.key_n, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_citizen_signs_in_and_the_service_learns_what_it_may),
		TEST(a_session_of_several_days_still_signs_in),
		TEST(a_post_of_another_site_comes_without_cookies_and_is_answered_all_the_same),
		TEST(what_is_not_exactly_a_partners_request_goes_nowhere),
		TEST(a_request_is_signed_as_its_metadata_promised),
		TEST(a_relay_state_that_is_there_twice_is_refused),
		TEST(a_partner_that_is_gone_is_nobody),
		TEST(a_page_that_outlives_the_partners_metadata_goes_nowhere),
		TEST(a_request_that_arrived_by_post_waits_no_longer_than_a_page),
		TEST(what_cannot_be_met_is_said_with_a_signed_status),
		TEST(a_password_is_asked_again_when_the_service_wants_it),
		TEST(a_citizen_may_turn_back),
		TEST(one_request_lets_one_session_in),
		TEST(a_partner_that_does_not_sign_gets_a_name_for_one_session),
		TEST(a_vendors_file_that_is_wrong_is_told_what_is_wrong),
		TEST(without_a_certificate_nothing_of_it_is_there),
		TEST(our_metadata_can_be_read),
	};

	return world_run_both(tests, sizeof tests / sizeof *tests);
}
