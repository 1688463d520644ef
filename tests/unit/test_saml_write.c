/* test_saml_write.c - what we write is its own exclusive canonical form, alone and inside, whatever
 * a citizen is called; libxml2's C14N is the judge, in the test only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <libxml/c14n.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>
#include "base/b64.h"
#include "wire/saml/saml_write.h"
#include "wire/saml/saml_write_xml.h"

#define NOON INT64_C(1800000000)      /* 2027-01-15T08:00:00Z */
#define ME   ((struct saml_author){ STR("https://compte.ville.example/saml/metadata?a=1&b=\"2\"<3>"), STR("_0123456789") })
#define ODD  STR_INIT("Zoé \"Zo\" <d'Été> & ]]> --> \r\n\t\xf0\x9f\x8f\x9b &amp; '")

static struct str odd_values[] = { ODD, STR_INIT(""), STR_INIT("second & last") };
static struct sign_saml_attribute attributes[] = {
	{ STR_INIT("urn:oid:2.5.4.42"), STR_INIT("urn:oasis:names:tc:SAML:2.0:attrname-format:uri"), STR_INIT("given\"Name<"), odd_values, 3 },
	{ ODD, { NULL, 0 }, ODD, odd_values, 1 },
	{ STR_INIT("empty"), { NULL, 0 }, { NULL, 0 }, NULL, 0 },
};
static struct str session_indexes[] = { STR_INIT("s&1"), STR_INIT("s<2") };
static struct str contexts[] = { STR_INIT("urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"), STR_INIT("urn:b&c") };
static struct sign_saml_endpoint endpoints[] = {
	{ SIGN_BINDING_POST, STR_INIT("https://a.example/x?y=1&z=\"<") }, { SIGN_BINDING_REDIRECT, STR_INIT("https://a.example/r") },
};
static enum sign_saml_name_id name_ids[] = { SIGN_NAME_ID_PERSISTENT, SIGN_NAME_ID_TRANSIENT, SIGN_NAME_ID_EMAIL };

static struct sign_saml_response response(void)
{
	return (struct sign_saml_response){
		.destination = STR("https://sp.example/acs?x=1&y=\"2\""), .in_response_to = STR("_asked"), .issued_at_s = NOON,
		.audience = STR("https://sp.example/<&>\""), .session_index = STR("_s\"1"), .authn_context = STR("urn:x&y"),
		.subject = { .kind = SIGN_NAME_ID_PERSISTENT, .name_qualifier = STR("https://a&b"), .sp_name_qualifier = STR("https://c<d\t") },
		.not_before_s = NOON - 1, .expires_at_s = NOON + 120, .authn_instant_s = NOON - 60, .session_ends_at_s = NOON + 3600,
		.attributes = attributes, .attribute_n = 3,
	};
}

/* ---- the judge ---- */

/* Exclusive C14N of the whole document, or of the first element that the path names. */
static struct str canonical(struct arena *a, struct str xml, const char *path)
{
	xmlDocPtr doc = xmlReadMemory(xml.p, (int)xml.n, NULL, NULL, XML_PARSE_NONET);
	xmlXPathContextPtr ctx;
	xmlXPathObjectPtr nodes = NULL;
	char expression[512];
	xmlChar *out = NULL;
	struct str text;
	int n;

	assert_non_null(doc);
	ctx = xmlXPathNewContext(doc);
	if (path) {
		(void)snprintf(expression, sizeof expression, "(//. | //@* | //namespace::*)[ancestor-or-self::*[%s]]", path);
		nodes = xmlXPathEvalExpression((const xmlChar *)expression, ctx);
		assert_non_null(nodes);
		assert_true(nodes->nodesetval->nodeNr > 0);
	}
	n = xmlC14NDocDumpMemory(doc, nodes ? nodes->nodesetval : NULL, XML_C14N_EXCLUSIVE_1_0, NULL, 0, &out);
	assert_true(n > 0);
	text = arena_dup(a, (struct str){ (char *)out, (size_t)n });
	xmlFree(out);
	xmlXPathFreeObject(nodes);
	xmlXPathFreeContext(ctx);
	xmlFreeDoc(doc);
	return text;
}

static void same(struct str got, struct str wanted)
{
	if (!str_eq(got, wanted))
		fail_msg("\n" STR_FMT "\nis not\n" STR_FMT, STR_ARG(got), STR_ARG(wanted));
}

static void is_canonical(struct buf *b)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);

	assert_false(failed(buf_err(b)));
	same(buf_str(b), canonical(a, buf_str(b), NULL));
}

/* With a signature where the writer says that it belongs. */
static void sign_at(struct buf *b, size_t at)
{
	struct buf whole;

	buf_init(&whole, 1 << 16);
	buf_add(&whole, str_slice(buf_str(b), 0, at));
	saml_signature_write(&whole, ME.id, STR("ZGlnZXN0"), STR("c2lnbmF0dXJl"), STR_NONE);
	buf_add(&whole, str_slice(buf_str(b), at, b->n));
	buf_reset(b);
	buf_add(b, buf_str(&whole));
	buf_done(&whole);
	is_canonical(b);
}

/* ---- the tests ---- */

static void text_and_values_are_escaped_as_c14n_asks(void **state)
{
	static const struct { struct str in, text, value; } cases[] = {
		{ STR_INIT("plain"), STR_INIT("plain"), STR_INIT("plain") },
		{ STR_INIT(""), STR_INIT(""), STR_INIT("") },
		{ STR_INIT("&"), STR_INIT("&amp;"), STR_INIT("&amp;") },
		{ STR_INIT("<<"), STR_INIT("&lt;&lt;"), STR_INIT("&lt;&lt;") },
		{ STR_INIT("]]>"), STR_INIT("]]&gt;"), STR_INIT("]]>") },
		{ STR_INIT("\"'"), STR_INIT("\"'"), STR_INIT("&quot;'") },
		{ STR_INIT("\r"), STR_INIT("&#xD;"), STR_INIT("&#xD;") },
		{ STR_INIT("a\n\tb"), STR_INIT("a\n\tb"), STR_INIT("a&#xA;&#x9;b") },
		{ STR_INIT("&lt;"), STR_INIT("&amp;lt;"), STR_INIT("&amp;lt;") },
		{ STR_INIT("é\xf0\x9f\x8f\x9b"), STR_INIT("é\xf0\x9f\x8f\x9b"), STR_INIT("é\xf0\x9f\x8f\x9b") },
	};
	struct buf b;

	buf_init(&b, 256);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_reset(&b);
		xml_add_text(&b, cases[i].in);
		same(buf_str(&b), cases[i].text);
		buf_reset(&b);
		xml_add_value(&b, cases[i].in);
		same(buf_str(&b), cases[i].value);
	}
	buf_done(&b);
}

static void a_line_is_what_xml_can_carry_and_a_person_can_read(void **state)
{
	static const struct { struct str s; bool good; } cases[] = {
		{ STR_INIT(""), true }, { STR_INIT("Zoé d'Été"), true }, { STR_INIT("\xe2\x80\x99"), true }, { STR_INIT("\xc2\xa0"), true },
		{ STR_INIT("\xef\xbf\xbd"), true }, { STR_INIT("\xf4\x8f\xbf\xbd"), true },
		{ STR_INIT("a\nb"), false }, { STR_INIT("\r"), false }, { STR_INIT("\t"), false }, { STR_INIT("\0"), false }, { STR_INIT("\x1b[0m"), false },
		{ STR_INIT("\x7f"), false }, { STR_INIT("\xc2\x85"), false }, { STR_INIT("x\xc2\x9f"), false },
		{ STR_INIT("\xe2\x80\xa8"), false }, { STR_INIT("\xe2\x80\xa9"), false },
		{ STR_INIT("\xef\xbf\xbe"), false }, { STR_INIT("a\xef\xbf\xbf"), false },
		{ STR_INIT("\xff"), false }, { STR_INIT("\xc0\xbc"), false }, { STR_INIT("\xed\xa0\x80"), false }, { STR_INIT("\xe2\x80"), false },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (xml_is_line(cases[i].s) != cases[i].good)
			fail_msg("case %zu", i);
}

static void an_instant_is_utc_and_zero_is_left_out(void **state)
{
	static const struct { int64_t t_s; const char *text; } cases[] = {
		{ 1, " t=\"1970-01-01T00:00:01Z\"" }, { NOON, " t=\"2027-01-15T08:00:00Z\"" }, { 951782399, " t=\"2000-02-28T23:59:59Z\"" },
		{ 951782400, " t=\"2000-02-29T00:00:00Z\"" }, { INT64_C(253402300799), " t=\"9999-12-31T23:59:59Z\"" }, { 0, "" },
	};
	struct buf b;

	buf_init(&b, 256);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_reset(&b);
		xml_add_attr_time(&b, "t", cases[i].t_s);
		same(buf_str(&b), str_from_c(cases[i].text));
	}
	buf_done(&b);
}

static void an_assertion_is_canonical_alone_signed_and_inside_a_response(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct sign_saml_response r = response();
	struct buf assertion, whole;

	buf_init(&assertion, 1 << 16);
	buf_init(&whole, 1 << 16);
	size_t at = saml_assertion_write(&assertion, &r, ME, STR("name & <id>"));
	is_canonical(&assertion);
	sign_at(&assertion, at);
	at = saml_response_write(&whole, &r, ME, buf_str(&assertion));
	is_canonical(&whole);
	same(canonical(a, buf_str(&whole), "local-name()='Assertion'"), buf_str(&assertion));
	sign_at(&whole, at);
	buf_done(&assertion);
	buf_done(&whole);
}

static void the_least_assertion_is_canonical_and_holds_what_the_schema_asks(void **state)
{
	struct sign_saml_response r = {
		.destination = STR("https://s/"), .issued_at_s = NOON, .audience = STR("a"), .authn_context = STR("c"),
		.subject.kind = SIGN_NAME_ID_EMAIL, .expires_at_s = NOON + 9, .authn_instant_s = NOON,
	};
	struct buf b;

	buf_init(&b, 4096);
	saml_assertion_write(&b, &r, (struct saml_author){ STR("i"), STR("_1") }, STR("e@x"));
	is_canonical(&b);
	same(buf_str(&b), STR("<saml:Assertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"_1\" IssueInstant=\"2027-01-15T08:00:00Z\" Version=\"2.0\">"
		"<saml:Issuer>i</saml:Issuer><saml:Subject><saml:NameID Format=\"urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress\">e@x</saml:NameID>"
		"<saml:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\"><saml:SubjectConfirmationData NotOnOrAfter=\"2027-01-15T08:00:09Z\" "
		"Recipient=\"https://s/\"></saml:SubjectConfirmationData></saml:SubjectConfirmation></saml:Subject>"
		"<saml:Conditions NotOnOrAfter=\"2027-01-15T08:00:09Z\"><saml:AudienceRestriction><saml:Audience>a</saml:Audience></saml:AudienceRestriction></saml:Conditions>"
		"<saml:AuthnStatement AuthnInstant=\"2027-01-15T08:00:00Z\"><saml:AuthnContext><saml:AuthnContextClassRef>c</saml:AuthnContextClassRef></saml:AuthnContext>"
		"</saml:AuthnStatement></saml:Assertion>"));
	buf_done(&b);
}

static void every_status_is_canonical_in_both_responses(void **state)
{
	struct buf b;

	buf_init(&b, 1 << 16);
	for (enum sign_saml_status status = 0; status < SIGN_STATUS_COUNT; status++) {
		struct sign_saml_response r = response();
		struct sign_saml_logout_response l = { .status = status, .destination = r.destination, .in_response_to = STR("_r"), .issued_at_s = NOON };

		r.status = status;
		buf_reset(&b);
		size_t at = saml_response_write(&b, &r, ME, STR_NONE);
		is_canonical(&b);
		sign_at(&b, at);
		buf_reset(&b);
		at = saml_logout_response_write(&b, &l, ME);
		is_canonical(&b);
		sign_at(&b, at);
	}
	buf_done(&b);
}

static void requests_are_canonical(void **state)
{
	struct buf b;

	buf_init(&b, 1 << 16);
	for (enum sign_saml_name_id kind = 0; kind < SIGN_NAME_ID_COUNT; kind++) {
		struct sign_saml_logout_request l = {
			.destination = STR("https://sp.example/slo?a&b"), .subject = { .kind = kind, .name_qualifier = STR("q&"), .sp_name_qualifier = STR("\"p") },
			.session_indexes = session_indexes, .session_index_n = kind, .issued_at_s = NOON, .expires_at_s = NOON + 60,
		};
		struct sign_saml_authn_request q = {
			.destination = STR("https://idp.example/sso?a&b"), .acs_url = STR("https://sp.example/acs?\""), .name_id = kind,
			.force_authn = kind & 1, .is_passive = kind & 2, .authn_contexts = contexts, .authn_context_n = kind, .issued_at_s = NOON,
		};

		buf_reset(&b);
		size_t at = saml_logout_request_write(&b, &l, ME, STR("<name> & \"id\""));
		is_canonical(&b);
		sign_at(&b, at);
		buf_reset(&b);
		at = saml_authn_request_write(&b, &q, ME);
		is_canonical(&b);
		sign_at(&b, at);
	}
	buf_done(&b);
}

static void metadata_are_canonical_in_both_roles(void **state)
{
	const struct str certificates[] = { STR("QUJD"), STR("REVG"), STR("R0hJ") };
	struct buf b;

	buf_init(&b, 1 << 16);
	for (enum sign_saml_role role = 0; role < SIGN_ROLE_COUNT; role++) {
		struct sign_saml_metadata d = {
			.role = role, .want_requests_signed = true, .valid_until_s = NOON, .logout = endpoints, .logout_n = 2, .main = endpoints, .main_n = 2,
			.name_ids = name_ids, .name_id_n = 3, .organization = STR("Ville d'Été & <fils>"), .organization_url = STR("https://ville.example/?a&b"),
			.language = STR("fr"), .technical_contact = STR("a&b@ville.example"),
		};

		buf_reset(&b);
		size_t at = saml_metadata_write(&b, &d, ME, certificates, 3);
		is_canonical(&b);
		sign_at(&b, at);
		d = (struct sign_saml_metadata){ .role = role, .main = endpoints, .main_n = 1 };
		buf_reset(&b);
		saml_metadata_write(&b, &d, ME, certificates, 1);
		is_canonical(&b);
	}
	buf_done(&b);
}

static void signed_info_is_what_a_verifier_canonicalizes_out_of_the_document(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct sign_saml_authn_request q = { .destination = STR("https://i/"), .acs_url = STR("https://s/"), .issued_at_s = NOON };
	struct buf b, info;

	buf_init(&b, 1 << 16);
	buf_init(&info, 1 << 16);
	size_t at = saml_authn_request_write(&b, &q, ME);
	sign_at(&b, at);
	saml_signed_info_write(&info, ME.id, STR("ZGlnZXN0"));
	same(buf_str(&info), canonical(a, buf_str(&b), "local-name()='SignedInfo'"));
	buf_done(&b);
	buf_done(&info);
}

static void a_query_is_stored_deflate_in_the_standard_order(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(4 << 20);
	char *big = arena_alloc(a, 70000);
	struct buf b;

	buf_init(&b, 1 << 20);
	saml_query_write(&b, a, false, STR("<a/>"), STR("r=1&2 é"));
	same(buf_str(&b), STR("SAMLRequest=AQQA%2B%2F88YS8%2B&RelayState=r%3D1%262%20%C3%A9"
		"&SigAlg=http%3A%2F%2Fwww.w3.org%2F2001%2F04%2Fxmldsig-more%23rsa-sha256"));
	saml_query_sign(&b, a, STR("\xff\xfe\xfd"));
	assert_true(str_ends(buf_str(&b), STR("&Signature=%2F%2F79")));
	buf_reset(&b);
	saml_query_write(&b, a, true, (struct str){ big, 70000 }, STR_NONE);
	assert_true(str_starts(buf_str(&b), STR("SAMLResponse=AP%2F%2FAAAA")));      /* a first block of 65535 bytes */
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_and_values_are_escaped_as_c14n_asks),
		cmocka_unit_test(a_line_is_what_xml_can_carry_and_a_person_can_read),
		cmocka_unit_test(an_instant_is_utc_and_zero_is_left_out),
		cmocka_unit_test(an_assertion_is_canonical_alone_signed_and_inside_a_response),
		cmocka_unit_test(the_least_assertion_is_canonical_and_holds_what_the_schema_asks),
		cmocka_unit_test(every_status_is_canonical_in_both_responses),
		cmocka_unit_test(requests_are_canonical),
		cmocka_unit_test(metadata_are_canonical_in_both_roles),
		cmocka_unit_test(signed_info_is_what_a_verifier_canonicalizes_out_of_the_document),
		cmocka_unit_test(a_query_is_stored_deflate_in_the_standard_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
