/* test_idp_saml_catalogue.c - what a hostile service, page or citizen tries at the identity provider: rows of the
 * security catalogue that test_idp_saml.c does not hold already (I02 to I06, I10, I12, I15, I20, I27 to I29, I33 to I35).
 */
#include "tests/unit/idp_saml_rig.h"

#define OTHER_SP "https://tiers.test/m"

static struct http_resp *post_in(struct world *w, struct str xml, const char *more)
{
	struct str field = forge_escaped(w->a, forge_base64(w->a, xml));

	return world_post(w, &(struct browser){ 0 }, "/saml/sso", fmt(w, "SAMLRequest=" STR_FMT "%s", STR_ARG(field), more));
}

/* With a key of its own. */
static void add_other(struct world *w)
{
	EVP_PKEY *was = sp_key;
	struct str out, err;

	sp_key = other_key;
	assert_int_equal(add(w, metadata(w, OTHER_SP, "https://tiers.test", true, NULL), "--name Tiers --release none", &out, &err), 0);
	sp_key = was;
}

/* I02, I03 */
static void a_key_is_good_for_its_own_partner_and_as_long_as_it_is_registered(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str out, err, xml = forge_with(w->a, forge_with(w->a, authn(w, "_r1"), ACS "\"", "https://tiers.test/acs\""), SP "<", OTHER_SP "<");
	EVP_PKEY *was = sp_key;

	add_other(w);
	refused_here(w, "issuer B signed by A", redirect(w, &b, "/saml/sso", forge_query(w->a, "SAMLRequest", xml, NULL, sp_key, RSA256)), "saml.signature");
	assert_int_equal(redirect(w, &b, "/saml/sso", forge_query(w->a, "SAMLRequest", xml, NULL, other_key, RSA256))->status, 200);
	assert_int_equal(sso(w, &b, authn(w, "_r1"))->status, 200);
	/* the vendor changed its key */
	sp_key = other_key;
	assert_int_equal(add(w, metadata(w, SP, "https://etat-civil.ville.test/saml", true, UNTIL), "--name Actes --replace", &out, &err), 0);
	sp_key = was;
	refused_here(w, "the removed key", sso(w, &b, authn(w, "_r2")), "saml.signature");
	nothing_was_issued(w);
}

/* I04, I05, I06 */
static void an_address_is_one_of_the_metadata_byte_for_byte(void **state)
{
	static const struct { const char *name, *acs; } cases[] = {
		{ "another scheme", "AssertionConsumerServiceURL=\"http://etat-civil.ville.test/saml/acs\"" },
		{ "a user name", "AssertionConsumerServiceURL=\"https://etat-civil.ville.test@evil.test/saml/acs\"" },
		{ "a trailing dot", "AssertionConsumerServiceURL=\"https://etat-civil.ville.test./saml/acs\"" },
		{ "a look-alike", "AssertionConsumerServiceURL=\"https://\xc3\xa9tat-civil.ville.test/saml/acs\"" },
		{ "a slash more", "AssertionConsumerServiceURL=\"https://etat-civil.ville.test/saml/acs/\"" },
		{ "a query", "AssertionConsumerServiceURL=\"https://etat-civil.ville.test/saml/acs?x=1\"" },
		{ "an encoded letter", "AssertionConsumerServiceURL=\"https://etat-civil.ville.test/saml/%61cs\"" },
		{ "its logout address", "AssertionConsumerServiceURL=\"https://etat-civil.ville.test/saml/slo\"" },
		{ "an index that is not there", "AssertionConsumerServiceIndex=\"7\"" },
		{ "an index by artifact", "AssertionConsumerServiceIndex=\"1\"" },
		{ "a negative index", "AssertionConsumerServiceIndex=\"-1\"" },
		{ "an index that is no number", "AssertionConsumerServiceIndex=\"0x0\"" },
		{ "a huge index", "AssertionConsumerServiceIndex=\"99999999999999999999\"" },
	};
	struct world *w = *state;
	struct browser b = { 0 };
	struct str plain = forge_with(w->a, authn(w, "_r1"), " ProtocolBinding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\"", "");

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct http_resp *r = sso(w, &b, forge_with(w->a, plain, "AssertionConsumerServiceURL=\"" ACS "\"", cases[i].acs));

		if (r->status != 400 || header(r, "location").n || body_has(r, "mot-de-passe"))
			fail_msg("%s: %d", cases[i].name, r->status);
	}
	nothing_was_issued(w);
	/* the control: the third of the file, which is the second by POST */
	plain = forge_with(w->a, plain, "AssertionConsumerServiceURL=\"" ACS "\"", "AssertionConsumerServiceIndex=\"2\"");
	assert_true(body_has(through(w, &b, sso(w, &b, plain)), "action=\"https://etat-civil.ville.test/saml/acs2\""));
}

/* I10, I12 */
static void a_query_means_one_thing_in_whatever_order(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str query = forge_query(w->a, "SAMLRequest", authn(w, "_r1"), "a b", sp_key, RSA256), rest = query, v[4];

	for (size_t i = 0; i < 4; i++)
		assert_true(str_split(&rest, '&', &v[i]));
	assert_int_equal(redirect(w, &b, "/saml/sso", fmt(w, STR_FMT "&" STR_FMT "&" STR_FMT "&" STR_FMT, STR_ARG(v[3]), STR_ARG(v[1]),
		STR_ARG(v[2]), STR_ARG(v[0])))->status, 200);
	assert_int_equal(redirect(w, &b, "/saml/sso", fmt(w, STR_FMT "&SAMLResponse=x", STR_ARG(query)))->status, 400);
	assert_int_equal(redirect(w, &b, "/saml/sso", fmt(w, STR_FMT "&SAMLart=x", STR_ARG(query)))->status, 400);
	nothing_was_issued(w);
}

/* I15, I29 */
static void what_we_do_not_speak_has_no_door(void **state)
{
	static const char *const paths[] = { "/saml/artifact", "/saml/soap", "/saml/ecp", "/saml/attribute", "/saml/idp/sso" };
	struct world *w = *state;
	struct str xml = authn(w, "_r1"), query;

	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		assert_int_equal(world_post(w, &(struct browser){ 0 }, paths[i], STR("SAMLRequest=x"))->status, 404);
	/* SimpleSign: a signature beside the form's field proves nothing here */
	query = forge_query(w->a, "SAMLRequest", xml, NULL, sp_key, RSA256);
	query = str_slice(query, str_index(query, '&'), query.n);
	refused_here(w, "SimpleSign", post_in(w, xml, arena_c(w->a, query)), "saml.signature.missing");
	xml = fmt(w, "<samlp:AttributeQuery " FORGE_P " Destination=\"" ISSUER "/saml/sso\" ID=\"_q\" IssueInstant=\"" NOON_TEXT "\" Version=\"2.0\">"
		"<saml:Issuer " FORGE_A ">" SP "</saml:Issuer><saml:Subject " FORGE_A "><saml:NameID>x</saml:NameID></saml:Subject></samlp:AttributeQuery>");
	assert_int_equal(post_in(w, forge_sign(w->a, sp_key, RSA256, xml), "")->status, 400);
	/* a logout at the door of sign-in, and the other way round */
	xml = forge_with(w->a, authn(w, "_r1"), "/saml/sso\"", "/saml/slo\"");
	assert_int_equal(redirect(w, &(struct browser){ 0 }, "/saml/slo", forge_query(w->a, "SAMLRequest", xml, NULL, sp_key, RSA256))->status, 400);
	nothing_was_issued(w);
}

/* I20 */
static void a_value_stays_a_value_in_the_assertion(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str name = STR("\"]]></saml:AttributeValue><saml:Attribute/>&lt;'"), out, password;
	struct check_saml_result got;
	struct http_resp *r;

	assert_int_equal(ctl_run(w->idp, w->a, (struct str[]){ STR("account"), STR("add"), STR("--email"), STR("x@exemple.fr"), STR("--given-name"), STR("<!--"),
		STR("--family-name"), name }, 8, true, STR("test"), STR_NONE, &out, &password), 0);
	password = json_text(w, out, "password");
	r = follow(w, &b, sign_in(w, &b, sso(w, &b, authn(w, "_r1")), "x@exemple.fr", arena_c(w->a, password)));
	assert_false(body_has(r, "<saml:Attribute/>"));
	got = read_back(w, through(w, &b, r), CHECK_WANT_ASSERTION);
	assert_int_equal(got.message.assertion.attribute_n, 2);
	assert_true(str_eq(got.message.assertion.attributes[0].values.v[0], name));
	assert_true(str_eq(got.message.assertion.attributes[1].values.v[0], STR("<!--")));
}

/* I27 */
static void the_assertion_is_of_whom_the_page_showed(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str out, flow, password;
	struct http_resp *notice, *r;

	assert_int_equal(ctl(w, "account add --email paul@exemple.fr --given-name Paul --family-name Petit --json", &out, NULL), 0);
	password = json_text(w, out, "password");
	notice = follow(w, &b, sign_in(w, &b, sso(w, &b, authn(w, "_r1")), EMAIL, PASSWORD));
	flow = hidden(w, notice, "flow");
	/* another tab: another citizen signs in */
	r = sso(w, &b, forge_with(w->a, authn(w, "_r2"), " Version", " ForceAuthn=\"true\" Version"));
	(void)sign_in(w, &b, r, "paul@exemple.fr", arena_c(w->a, password));
	r = follow(w, &b, world_post(w, &b, "/information", fmt(w, "flow=" STR_FMT "&reponse=continuer", STR_ARG(flow))));
	assert_false(body_has(r, "SAMLResponse"));
	nothing_was_issued(w);
}

/* I28 */
static void wishes_that_are_not_ours_are_passed_over(void **state)
{
	static const char scoping[] = "<samlp:Scoping ProxyCount=\"0\"><samlp:IDPList><samlp:IDPEntry ProviderID=\"https://other.test/idp\"></samlp:IDPEntry>"
		"</samlp:IDPList></samlp:Scoping></samlp:AuthnRequest>";
	static const char extension[] = "</saml:Issuer><samlp:Extensions><x:y xmlns:x=\"urn:x\">z</x:y></samlp:Extensions>";
	struct world *w = *state;
	struct browser b = { 0 };
	struct str xml = forge_with(w->a, authn(w, "_r1"), "</samlp:AuthnRequest>", scoping);
	struct http_resp *r;

	xml = forge_with(w->a, xml, "</saml:Issuer>", extension);
	r = through(w, &b, sso(w, &b, xml));
	assert_true(read_back(w, r, CHECK_WANT_ASSERTION).message.has_assertion);
	assert_false(body_has(r, "other.test"));
}

/* I33 */
static void requests_of_strangers_leave_nothing_behind(void **state)
{
	struct world *w = *state;
	int64_t audits = count_rows(w, "SELECT COUNT(*) FROM audit");

	for (int i = 0; i < 300; i++) {
		struct browser b = { 0 };

		assert_int_equal(sso(w, &b, authn(w, arena_c(w->a, fmt(w, "_r%d", i))))->status, 200);
	}
	nothing_was_issued(w);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM session"), 0);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM audit"), audits);
}

/* I34 */
static void the_page_of_an_attacker_signs_nobody_in(void **state)
{
	struct world *w = *state;
	struct browser attacker = { 0 }, victim = { 0 };
	struct http_resp *page = sso(w, &attacker, authn(w, "_r1")), *r;

	(void)sso(w, &victim, authn(w, "_r2"));                 /* the victim has a tab of its own */
	r = sign_in(w, &victim, page, EMAIL, PASSWORD);
	assert_int_not_equal(r->status, 303);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM session"), 0);
	nothing_was_issued(w);
}

/* I35 */
static void an_assertion_says_no_more_than_it_must(void **state)
{
	enum { MANY = 64 };
	struct world *w = *state;
	struct browser b = { 0 };
	struct str ids[2 * MANY];

	for (size_t i = 0; i < MANY; i++) {
		struct check_saml_result got = read_back(w, through(w, &b, sso(w, &b, authn(w, arena_c(w->a, fmt(w, "_r%zu", i))))), CHECK_WANT_ASSERTION);
		const struct saml_assertion *as = &got.message.assertion;

		assert_int_equal(got.signed_by, CHECK_SIGNED_MESSAGE | CHECK_SIGNED_ASSERTION);
		assert_int_equal(as->conditions.restriction_n, 1);
		assert_int_equal(as->conditions.restrictions[0].n, 1);
		assert_int_equal(as->confirmation_n, 1);
		assert_true(as->confirmations[0].not_on_or_after_s <= NOON + 120 && as->conditions.not_on_or_after_s <= NOON + 120);
		assert_true(str_eq(as->confirmations[0].in_response_to, fmt(w, "_r%zu", i)));
		ids[2 * i] = as->id;
		ids[2 * i + 1] = got.message.head.id;
	}
	for (size_t i = 0; i < 2 * MANY; i++) {
		assert_true(ids[i].n >= 33);               /* at least 128 bits in hex */
		for (size_t k = 0; k < i; k++)
			assert_false(str_eq(ids[i], ids[k]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_key_is_good_for_its_own_partner_and_as_long_as_it_is_registered),
		TEST(an_address_is_one_of_the_metadata_byte_for_byte),
		TEST(a_query_means_one_thing_in_whatever_order),
		TEST(what_we_do_not_speak_has_no_door),
		TEST(a_value_stays_a_value_in_the_assertion),
		TEST(the_assertion_is_of_whom_the_page_showed),
		TEST(wishes_that_are_not_ours_are_passed_over),
		TEST(requests_of_strangers_leave_nothing_behind),
		TEST(the_page_of_an_attacker_signs_nobody_in),
		TEST(an_assertion_says_no_more_than_it_must),
	};

	return world_run_both(tests, sizeof tests / sizeof *tests);
}
