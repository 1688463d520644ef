/* test_saml_read.c - the fields of messages and of metadata files (SAML Core 2.0 2 and 3, Metadata 2.4;
 * security catalogue S35, S42, S46, S48, I05, S70). Each refusal is an accepted document plus one change.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "saml_forge.h"
#include "wire/saml/saml_metadata.h"
#include "wire/saml/saml_read.h"

#define ALL (SAML_ROOT(SAML_AUTHN_REQUEST) | SAML_ROOT(SAML_RESPONSE) | SAML_ROOT(SAML_LOGOUT_REQUEST) | SAML_ROOT(SAML_LOGOUT_RESPONSE))

static EVP_PKEY *key;
static struct arena *a;

static struct err read_message(struct str doc, struct saml_message *ret_message)
{
	struct saml_shape shape;

	TRY(saml_check(a, doc, ALL, &shape));
	return saml_read_message(a, shape.root, shape.kind, ret_message);
}

static void expect(const char *name, struct str doc, const char *slug)
{
	struct saml_message m;
	struct err e = read_message(doc, &m);

	if (failed(e) != (slug != NULL) || (failed(e) && strcmp(e.slug, slug) != 0))
		fail_msg("%s: got %s, not %s", name, failed(e) ? e.slug : "accepted", slug ? slug : "accepted");
}

static void an_assertion_is_read_to_the_last_field(void **state)
{
	struct saml_message m;
	const struct saml_assertion *v = &m.assertion;

	(void)state;
	assert_false(failed(read_message(forge_response(a, forge_assertion(a)), &m)));
	assert_int_equal(m.head.issue_instant_s, 1800000000);
	assert_true(str_eq_c(m.head.id, "_r1") && str_eq_c(m.head.in_response_to, "_q1") && str_eq_c(m.head.issuer, FORGE_IDP));
	assert_true(str_eq_c(m.status.code, SAML_STATUS_SUCCESS) && m.has_assertion);
	assert_true(str_eq_c(v->id, "_a1") && v->issue_instant_s == 1800000000);
	assert_true(str_eq_c(v->name_id.value, "camille-7f") && str_eq_c(v->name_id.format, SAML_NAME_ID_PERSISTENT));
	assert_int_equal(v->confirmation_n, 1);
	assert_true(str_eq_c(v->confirmations[0].recipient, FORGE_ACS) && str_eq_c(v->confirmations[0].in_response_to, "_q1"));
	assert_int_equal(v->confirmations[0].not_on_or_after_s, 1800000120);
	assert_int_equal(v->conditions.not_before_s, 1800000000);
	assert_int_equal(v->conditions.not_on_or_after_s, 1800000120);
	assert_true(v->conditions.restriction_n == 1 && str_eq_c(v->conditions.restrictions[0].v[0], FORGE_SP));
	assert_true(str_eq_c(v->session_index, "_s1") && str_ends(v->context, STR("PasswordProtectedTransport")));
	assert_true(v->attribute_n == 1 && str_eq_c(v->attributes[0].name, "urn:oid:2.5.4.4"));
	assert_true(str_eq_c(v->attributes[0].friendly, "sn") && str_eq_c(v->attributes[0].values.v[0], "L&vesque"));
}

static void an_ambiguous_assertion_is_refused(void **state)
{
	struct str good = forge_response(a, forge_assertion(a));
	struct str conditions = forge_cut(good, "<saml:Conditions", "</saml:Conditions>");
	struct str subject = forge_cut(good, "<saml:Subject>", "</saml:Subject>");
	struct str name = forge_cut(good, "<saml:NameID", "</saml:NameID>");
	struct str authn = forge_cut(good, "<saml:AuthnStatement", "</saml:AuthnStatement>");
	struct str attribute = forge_cut(good, "<saml:Attribute ", "</saml:Attribute>");
	char *long_name = arena_alloc(a, 10001);

	(void)state;
	memset(long_name, 'n', 10000);
	expect("control", good, NULL);
	expect("no Conditions", forge_without(a, good, conditions), "saml.conditions.missing");
	expect("two Conditions", forge_before(a, good, "<saml:Conditions", conditions), "saml.conditions.missing");
	expect("an unknown condition", forge_with(a, good, "</saml:Conditions>", "<saml:Condition/></saml:Conditions>"), "saml.conditions.unknown");
	expect("OneTimeUse", forge_with(a, good, "</saml:Conditions>", "<saml:OneTimeUse/></saml:Conditions>"), NULL);
	expect("OneTimeUse twice", forge_with(a, good, "</saml:Conditions>", "<saml:OneTimeUse/><saml:OneTimeUse/></saml:Conditions>"), "saml.conditions.unknown");
	expect("empty Audience", forge_with(a, good, FORGE_SP "</saml:Audience>", "</saml:Audience>"), "saml.read.text");
	expect("no Subject", forge_without(a, good, subject), "saml.read.subject");
	expect("two Subjects", forge_before(a, good, "<saml:Conditions", subject), "saml.read.subject");
	expect("no NameID", forge_without(a, good, name), "saml.nameid");
	expect("two NameIDs", forge_before(a, good, "<saml:SubjectConfirmation ", name), "saml.nameid");
	expect("empty NameID", forge_with(a, good, "camille-7f", ""), "saml.nameid");
	expect("NameID of blanks", forge_with(a, good, "camille-7f", "  "), "saml.nameid");
	expect("NameID of 10 kB", forge_with(a, good, "camille-7f", long_name), "saml.nameid");
	expect("NameID with a line break", forge_with(a, good, "camille-7f", "camille\n7f"), "saml.nameid");
	expect("element in NameID", forge_with(a, good, "camille-7f", "<b/>"), "saml.nameid");
	expect("a qualifier with a line break", forge_with(a, good, "<saml:NameID ", "<saml:NameID NameQualifier=\"a&#10;b\" "), "saml.read.text");
	expect("a qualifier of 10 kB", forge_with(a, good, "<saml:NameID ", arena_printf(a, "<saml:NameID NameQualifier=\"%s\" ", long_name).p), "saml.read.text");
	expect("no confirmation", forge_without(a, good, forge_cut(good, "<saml:SubjectConfirmation ", "</saml:SubjectConfirmation>")), "saml.read.confirmation");
	expect("no AuthnStatement", forge_without(a, good, authn), "saml.read.authn");
	expect("two AuthnStatements", forge_before(a, good, "<saml:AttributeStatement", authn), "saml.read.authn");
	expect("two contents of a confirmation", forge_with(a, good, "</saml:SubjectConfirmationData>",
		"</saml:SubjectConfirmationData><saml:SubjectConfirmationData/>"), "saml.read.confirmation");
	expect("two context classes", forge_before(a, good, "</saml:AuthnContext>",
		forge_cut(good, "<saml:AuthnContextClassRef", "</saml:AuthnContextClassRef>")), "saml.read.authn");
	expect("two statements of attributes", forge_before(a, good, "</saml:Assertion>",
		forge_cut(good, "<saml:AttributeStatement", "</saml:AttributeStatement>")), "saml.attribute.twice");
	expect("no AuthnInstant", forge_with(a, good, " AuthnInstant=\"2027-01-15T07:59:00Z\"", ""), "saml.read.authn");
	expect("an attribute twice", forge_before(a, good, "</saml:AttributeStatement>", attribute), "saml.attribute.twice");
	expect("an attribute without name", forge_with(a, good, " Name=\"urn:oid:2.5.4.4\"", ""), "saml.attribute.name");
	expect("element in a value", forge_with(a, good, "L&amp;vesque", "<b/>"), "saml.attribute.value");
	expect("value of 10 kB", forge_with(a, good, "L&amp;vesque", long_name), "saml.attribute.value");
	expect("end with an offset", forge_with(a, good, "NotOnOrAfter=\"2027-01-15T08:02:00Z\" R", "NotOnOrAfter=\"2027-01-15T08:02:00+02:00\" R"), "saml.time");
}

static void a_list_longer_than_anybody_needs_is_refused(void **state)
{
	struct str good = forge_response(a, forge_assertion(a)), doc = good;
	struct str audience = arena_dup(a, forge_cut(good, "<saml:Audience>", "</saml:Audience>"));

	(void)state;
	for (int i = 0; i < 100; i++)
		doc = forge_before(a, doc, "<saml:Audience>", audience);
	expect("101 audiences", doc, "saml.read.many");
}

static void requests_are_read_and_contradictions_refused(void **state)
{
	struct str good = forge_authn_request(a);
	struct saml_message m;

	(void)state;
	assert_false(failed(read_message(good, &m)));
	assert_true(m.authn.force_authn && !m.authn.is_passive && m.authn.has_policy && m.authn.allow_create);
	assert_true(str_eq_c(m.authn.acs_url, FORGE_ACS) && m.authn.acs_index == -1);
	assert_true(str_eq_c(m.authn.name_id_format, SAML_NAME_ID_PERSISTENT) && m.authn.comparison == SAML_MINIMUM);
	expect("index and address", forge_with(a, good, " ID=", " AssertionConsumerServiceIndex=\"1\" ID="), "saml.read.acs");
	struct str by_index = forge_with(a, good, "AssertionConsumerServiceURL=\"" FORGE_ACS "\"", "AssertionConsumerServiceIndex=\"7\"");
	by_index = forge_with(a, by_index, " ProtocolBinding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\"", "");
	assert_false(failed(read_message(by_index, &m)));
	assert_int_equal(m.authn.acs_index, 7);
	expect("negative index", forge_with(a, by_index, "=\"7\"", "=\"-1\""), "saml.read.index");
	expect("large index", forge_with(a, by_index, "=\"7\"", "=\"65536\""), "saml.read.index");
	expect("two policies", forge_before(a, good, "<samlp:RequestedAuthnContext", forge_cut(good, "<samlp:NameIDPolicy", "</samlp:NameIDPolicy>")),
		"saml.read.policy");
	expect("two wishes for a context", forge_before(a, good, "</samlp:AuthnRequest>",
		forge_cut(good, "<samlp:RequestedAuthnContext", "</samlp:RequestedAuthnContext>")), "saml.read.context");
	expect("a subject without a name", forge_before(a, good, "<samlp:NameIDPolicy", STR("<saml:Subject " FORGE_A "/>")), "saml.nameid");
	expect("ForceAuthn that is no boolean", forge_with(a, good, "ForceAuthn=\"true\"", "ForceAuthn=\"yes\""), "saml.boolean");
	expect("unknown comparison", forge_with(a, good, "\"minimum\"", "\"about\""), "saml.read.context");
	expect("no context class", forge_without(a, good, forge_cut(good, "<saml:AuthnContextClassRef", "</saml:AuthnContextClassRef>")), "saml.read.context");
	assert_false(failed(read_message(forge_logout_request(a), &m)));
	assert_true(str_eq_c(m.logout.name_id.value, "camille-7f") && m.logout.sessions.n == 1);
	assert_int_equal(m.logout.not_on_or_after_s, 1800000300);
	assert_false(failed(read_message(forge_logout_response(a), &m)));
	assert_true(str_ends(m.status.code, STR("Responder")) && str_ends(m.status.subcode, STR("PartialLogout")));
}

static void octets_of_another_element_are_refused(void **state)
{
	struct str assertion = forge_assertion(a);
	struct saml_shape shape;
	struct saml_el *el = NULL;

	(void)state;
	assert_false(failed(saml_check(a, forge_response(a, assertion), ALL, &shape)));
	assert_false(failed(saml_read_octets(a, assertion, shape.assertion, &el)));
	assert_string_equal(saml_read_octets(a, forge_with(a, assertion, "_a1", "_a2"), shape.assertion, &el).slug, "saml.signature");
	assert_string_equal(saml_read_octets(a, forge_logout_request(a), shape.assertion, &el).slug, "saml.signature");
	assert_string_equal(saml_read_octets(a, STR(""), shape.assertion, &el).slug, "saml.xml.size");
}

/* ---- metadata ---- */

static void md_expect(const char *name, struct str doc, const char *slug)
{
	struct saml_metadata m;
	size_t at = 0;
	struct err e = saml_metadata_read(a, doc, &m, &at);

	if (failed(e) != (slug != NULL) || (failed(e) && strcmp(e.slug, slug) != 0))
		fail_msg("%s: got %s, not %s", name, failed(e) ? e.slug : "accepted", slug ? slug : "accepted");
	if (failed(e) && str_eq_c(str_from_c(saml_metadata_explain(e.slug)), "The file could not be read."))
		fail_msg("%s: nothing to say about %s", name, e.slug);
}

static void metadata_is_read_into_rows(void **state)
{
	struct str file = forge_metadata(a, key);
	struct saml_metadata m;
	size_t at = 0;

	(void)state;
	assert_false(failed(saml_metadata_read(a, file, &m, &at)));
	assert_true(str_eq_c(m.entity_id, FORGE_SP) && m.is_sp && !m.is_idp);
	assert_true(m.requests_signed && m.wants_assertions_signed && !m.wants_requests_signed);
	assert_int_equal(m.valid_until_s, 1830297600);
	assert_true(m.key_n == 1 && m.keys[0].signing && !m.keys[0].encryption);
	assert_true(m.formats.n == 1 && m.endpoint_n == 2 && m.requested_n == 1 && m.requested[0].required);
	assert_true(m.endpoints[0].kind == SAML_ACS && m.endpoints[0].index == 1 && m.endpoints[0].is_default);
	assert_true(m.endpoints[1].kind == SAML_SLO && str_ends(m.endpoints[1].response_location, STR("slo-done")));
	assert_true(str_eq_c(m.organisation, "Ville d'Exemple"));
	assert_false(failed(saml_metadata_check_time(&m, 1830297599)));
	assert_string_equal(saml_metadata_check_time(&m, 1830297600).slug, "saml.metadata.expired");
	/* As vendors hand it in: a byte order mark, Windows line ends, a second key for a change-over. */
	struct str descriptor = forge_cut(file, "<md:KeyDescriptor", "</md:KeyDescriptor>");
	struct str two = forge_with(a, forge_before(a, file, "<md:KeyDescriptor", descriptor), " use=\"signing\"", "");
	assert_false(failed(saml_metadata_read(a, arena_printf(a, "\xef\xbb\xbf" STR_FMT "\r\n", STR_ARG(two)), &m, &at)));
	assert_true(m.key_n == 2 && m.keys[0].signing && m.keys[0].encryption);
}

static void what_is_wrong_in_a_file_is_named(void **state)
{
	struct str good = forge_metadata(a, key);
	struct str cert = forge_cut(good, "<ds:X509Certificate>", "</ds:X509Certificate>");
	struct str acs = forge_cut(good, "<md:AssertionConsumerService", "/>");

	(void)state;
	md_expect("control", good, NULL);
	md_expect("DTD", forge_with(a, good, "<!-- a vendor's file -->", "<!DOCTYPE x>"), "saml.xml.dtd");
	md_expect("stylesheet", forge_with(a, good, "<!-- a vendor's file -->", "<?xml-stylesheet href=\"x\"?>"), "saml.xml.instruction");
	md_expect("Latin-1", forge_with(a, good, "UTF-8", "ISO-8859-1"), "saml.xml.encoding");
	md_expect("unescaped &", forge_with(a, good, "saml/acs\"", "saml/acs?a=1&b=2\""), "saml.xml.entity");
	md_expect("cut", forge_cut(good, "<?xml", "</md:SPSSODescriptor>"), "saml.xml.end");
	md_expect("comment in a value", forge_with(a, good, "nameid-format:persistent<", "nameid-format:<!-- -->persistent<"), "saml.xml.comment");
	md_expect("comment within a comment", forge_with(a, good, "<!-- a vendor's file -->", "<!-- a -- b -->"), "saml.xml.comment");
	md_expect("comment without end", forge_with(a, good, "<!-- a vendor's file -->", "<!-- a vendor's file "), "saml.xml.comment");
	md_expect("a role twice", forge_with(a, good, "</md:SPSSODescriptor>", "</md:SPSSODescriptor><md:SPSSODescriptor"
		" protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\"/>"), "saml.metadata.role");
	md_expect("an identity provider without an address", forge_with(a, good, "</md:SPSSODescriptor>", "</md:SPSSODescriptor><md:IDPSSODescriptor"
		" protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\"/>"), "saml.metadata.sso");
	md_expect("an identity provider without a key", forge_with(a, good, "</md:SPSSODescriptor>", "</md:SPSSODescriptor><md:IDPSSODescriptor"
		" protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\"><md:SingleSignOnService Location=\"https://x.example/sso\""
		" Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\"/></md:IDPSSODescriptor>"), "saml.metadata.nokey");
	md_expect("an empty certificate", forge_with(a, good, arena_c(a, cert), "<ds:X509Certificate> </ds:X509Certificate>"), "saml.metadata.certificate");
	md_expect("a key without KeyInfo", forge_with(a, good, arena_c(a, forge_cut(good, "<ds:KeyInfo", "</ds:KeyInfo>")), ""), "saml.metadata.keyinfo");
	md_expect("aggregate", arena_printf(a, "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\">" STR_FMT
		"</md:EntitiesDescriptor>", STR_ARG(forge_cut(good, "<md:EntityDescriptor", "</md:EntityDescriptor>"))), "saml.metadata.aggregate");
	md_expect("HTML", STR("<html><body/></html>"), "saml.metadata.root");
	md_expect("no entityID", forge_with(a, good, " entityID=\"" FORGE_SP "\"", ""), "saml.metadata.entity");
	md_expect("validUntil by day", forge_with(a, good, "2028-01-01T00:00:00Z", "2028-01-01"), "saml.metadata.until");
	md_expect("SAML 1.1 only", forge_with(a, good, " urn:oasis:names:tc:SAML:2.0:protocol\"", "\""), "saml.metadata.norole");
	md_expect("no ACS", forge_without(a, good, acs), "saml.metadata.acs");
	md_expect("ACS by redirect", forge_with(a, good, "bindings:HTTP-POST", "bindings:HTTP-Redirect"), "saml.metadata.acs");
	md_expect("relative address", forge_with(a, good, "Location=\"" FORGE_ACS, "Location=\"/saml/acs"), "saml.metadata.location");
	md_expect("javascript", forge_with(a, good, "Location=\"" FORGE_ACS, "Location=\"javascript:alert(1)//"), "saml.metadata.location");
	md_expect("user in the address", forge_with(a, good, "Location=\"https://", "Location=\"https://me@"), "saml.metadata.location");
	md_expect("fragment", forge_with(a, good, "saml/acs\"", "saml/acs#x\""), "saml.metadata.location");
	md_expect("no Binding", forge_with(a, good, "Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\"", ""), "saml.metadata.binding");
	md_expect("use of something else", forge_with(a, good, "use=\"signing\"", "use=\"sign\""), "saml.metadata.use");
	md_expect("no certificate", forge_without(a, good, cert), "saml.metadata.keyinfo");
	md_expect("BEGIN line", forge_with(a, good, "<ds:X509Certificate>\n", "<ds:X509Certificate>-----BEGIN CERTIFICATE-----\n"), "saml.metadata.certificate");
	md_expect("signs without a key", forge_without(a, good, forge_cut(good, "<md:KeyDescriptor", "</md:KeyDescriptor>")), "saml.metadata.nokey");
	md_expect("only an encryption key", forge_with(a, good, "use=\"signing\"", "use=\"encryption\""), "saml.metadata.nokey");
	md_expect("attribute without name", forge_with(a, good, " Name=\"urn:oid:2.5.4.4\"", ""), "saml.metadata.attribute");
	md_expect("index", forge_with(a, good, "index=\"1\"", "index=\"one\""), "saml.read.index");
	md_expect("boolean", forge_with(a, good, "isDefault=\"true\"", "isDefault=\"oui\""), "saml.boolean");
}

static void many_endpoints_are_refused(void **state)
{
	struct str file = forge_metadata(a, key), acs = arena_dup(a, forge_cut(file, "<md:AssertionConsumerService", "/>"));

	struct saml_metadata m = { 0 };
	size_t at = 0;

	(void)state;
	assert_false(failed(saml_metadata_read(a, file, &m, &at)));
	for (size_t n = m.endpoint_n; n < SAML_LIST_MAX; n++)
		file = forge_before(a, file, "<md:AssertionConsumerService", acs);
	assert_false(failed(saml_metadata_read(a, file, &m, &at)));
	assert_int_equal(m.endpoint_n, SAML_LIST_MAX);
	md_expect("65 endpoints", forge_before(a, file, "<md:AssertionConsumerService", acs), "saml.metadata.many");
	file = forge_metadata(a, key);
	struct str one = arena_dup(a, forge_cut(file, "<md:KeyDescriptor", "</md:KeyDescriptor>"));
	for (int i = 0; i < 20; i++)
		file = forge_before(a, file, "<md:KeyDescriptor", one);
	md_expect("21 keys", file, "saml.metadata.many");
	file = forge_metadata(a, key);
	for (int i = 0; i < 130; i++)
		file = forge_before(a, file, "</md:AttributeConsumingService>", STR("<md:RequestedAttribute Name=\"a\"/>"));
	md_expect("131 attributes", file, "saml.metadata.many");
	file = forge_metadata(a, key);
	for (int i = 0; i < 70; i++)
		file = forge_before(a, file, "<md:NameIDFormat>", STR("<md:NameIDFormat>urn:x</md:NameIDFormat>"));
	md_expect("71 name formats", file, "saml.metadata.many");
}

static int setup(void **state)
{
	(void)state;
	key = forge_p256();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	EVP_PKEY_free(key);
	return 0;
}

static int each_setup(void **state)
{
	(void)state;
	a = arena_create(FORGE_ARENA);
	return 0;
}

static int each_teardown(void **state)
{
	(void)state;
	arena_destroy(a);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, each_setup, each_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_assertion_is_read_to_the_last_field),
		TEST(an_ambiguous_assertion_is_refused),
		TEST(a_list_longer_than_anybody_needs_is_refused),
		TEST(requests_are_read_and_contradictions_refused),
		TEST(octets_of_another_element_are_refused),
		TEST(metadata_is_read_into_rows),
		TEST(what_is_wrong_in_a_file_is_named),
		TEST(many_endpoints_are_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
