/* test_saml_check.c - the XML that we read at all, and the shape of a message (SAML Core 2.0; security
 * catalogue S11 to S22, S54 to S58). No signature is verified here. Each refusal is an accepted
 * document plus one change.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "saml_forge.h"
#include "wire/saml/saml_check.h"

#define ALL (SAML_ROOT(SAML_AUTHN_REQUEST) | SAML_ROOT(SAML_RESPONSE) | SAML_ROOT(SAML_LOGOUT_REQUEST) | SAML_ROOT(SAML_LOGOUT_RESPONSE))

static struct arena *a;

static void expect(const char *name, struct str doc, const char *slug)
{
	struct saml_shape shape;
	struct err e = saml_check(a, doc, ALL, &shape);

	if (failed(e) != (slug != NULL) || (failed(e) && strcmp(e.slug, slug) != 0))
		fail_msg("%s: got %s, not %s", name, failed(e) ? e.slug : "accepted", slug ? slug : "accepted");
}

static struct str xml(const char *text) { return str_from_c(text); }

static void expect_xml(const char *text, const char *slug)
{
	struct saml_el *root = NULL;
	struct err e = saml_xml_parse(a, xml(text), SAML_XML_MESSAGE, &root, NULL);

	if (failed(e) != (slug != NULL) || (failed(e) && strcmp(e.slug, slug) != 0))
		fail_msg("%s: got %s, not %s", text, failed(e) ? e.slug : "accepted", slug ? slug : "accepted");
}

static void plain_xml_is_read(void **state)
{
	struct saml_el *root = NULL, *b;

	(void)state;
	assert_false(failed(saml_xml_parse(a, xml("<?xml version='1.0' encoding='utf-8' standalone=\"yes\"?>\r\n"
		"<a xmlns='urn:x' xmlns:p=\"urn:y\" one='1&lt;&#x41;&#233;\r\n2'>\n <p:b p:two=\"'\">t&amp;\r\nu</p:b>\n <c/> </a>\n"),
		SAML_XML_MESSAGE, &root, NULL)));
	assert_true(saml_el_is(root, "urn:x", "a"));
	assert_true(str_eq_c(saml_el_attr(root, "one"), "1<A\xc3\xa9 2"));
	b = saml_el_child(root, "urn:y", "b");
	assert_non_null(b);
	assert_true(str_eq_c(b->text, "t&\nu"));
	assert_true(str_eq_c(b->attrs[0].ns, "urn:y") && str_eq_c(b->attrs[0].value, "'"));
	assert_true(b->next && saml_el_is(b->next, "urn:x", "c") && !b->next->next);
}

static const struct { const char *text, *slug; } xml_cases[] = {
	{ "<a/>", NULL },
	{ "<a></a >", NULL },
	{ "<a xmlns:p='urn:x'><p:b xmlns:p='urn:x'/></a>", NULL },
	{ "<a xmlns='urn:x'><b xmlns='urn:y'/></a>", NULL },
	{ "", "saml.xml.size" },
	{ " ", "saml.xml.end" },
	{ "text", "saml.xml.root" },
	{ "&#32;<a/>", "saml.xml.root" },
	{ "<a>", "saml.xml.end" },
	{ "</a>", "saml.xml.tag" },
	{ "<a></b>", "saml.xml.tag" },
	{ "<a></ab>", "saml.xml.tag" },
	{ "<a", "saml.xml.tag" },
	{ "<", "saml.xml.name" },
	{ "<a b>", "saml.xml.tag" },
	{ "<a b=1/>", "saml.xml.tag" },
	{ "<a b=1x1/>", "saml.xml.tag" },
	{ "<a b '1'/>", "saml.xml.tag" },
	{ "<a b='1/>", "saml.xml.tag" },
	{ "<a b='<'/>", "saml.xml.tag" },
	{ "<a b='1'c='2'/>", "saml.xml.tag" },
	{ "<a b='1' b='2'/>", "saml.xml.attribute" },
	{ "<a xmlns:p='urn:x' xmlns:q='urn:x' p:b='1' q:b='2'/>", "saml.xml.attribute" },
	{ "<a xmlns='urn:x' xmlns='urn:y'/>", "saml.xml.namespace" },
	{ "<a xmlns:p='urn:x' xmlns:p='urn:x'/>", "saml.xml.namespace" },
	{ "<a xmlns:p='urn:x'><b xmlns:p='urn:y'/></a>", "saml.xml.rebound" },
	{ "<a xmlns:p=''/>", "saml.xml.namespace" },
	{ "<a xmlns:p='relative'/>", "saml.xml.namespace" },
	{ "<a xmlns:p='1:x'/>", "saml.xml.namespace" },
	{ "<a xmlns:p='urn:x y'/>", "saml.xml.namespace" },
	{ "<a xmlns:xmlns='urn:x'/>", "saml.xml.namespace" },
	{ "<a xmlns:xml='urn:x'/>", "saml.xml.namespace" },
	{ "<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>", "saml.xml.namespace" },
	{ "<a xmlns='http://www.w3.org/2000/xmlns/'/>", "saml.xml.namespace" },
	{ "<p:a/>", "saml.xml.namespace" },
	{ "<a p:b='1'/>", "saml.xml.namespace" },
	{ "<a:b:c xmlns:a='urn:x'/>", "saml.xml.name" },
	{ "<:a/>", "saml.xml.name" },
	{ "<a: xmlns:a='urn:x'/>", "saml.xml.name" },
	{ "<1/>", "saml.xml.name" },
	{ "<1:a/>", "saml.xml.name" },
	{ "<\xc3\xa9/>", "saml.xml.name" },
	{ "<a>x<b/></a>", "saml.xml.mixed" },
	{ "<a><b/>x</a>", "saml.xml.mixed" },
	{ "<a>]]></a>", "saml.xml.text" },
	{ "<a>&x;</a>", "saml.xml.entity" },
	{ "<a>&</a>", "saml.xml.entity" },
	{ "<a>&#0;</a>", "saml.xml.entity" },
	{ "<a>&#00000065;</a>", "saml.xml.entity" },
	{ "<a>&#x110000;</a>", "saml.xml.entity" },
	{ "<a>&#xD800;</a>", "saml.xml.entity" },
	{ "<a>&#X41;</a>", "saml.xml.entity" },
	{ "<a>&#;</a>", "saml.xml.entity" },
	{ "<a b='&lt'/>", "saml.xml.entity" },
	{ "<a/>x", "saml.xml.root" },
	{ "<a/><b/>", "saml.xml.root" },
	{ "<a/>\xef\xbb\xbf", "saml.xml.bytes" },
	{ "\xef\xbb\xbf<a/>", "saml.xml.bytes" },
	{ "<a>\x01</a>", "saml.xml.bytes" },
	{ "<a>\xc0\xaf</a>", "saml.xml.bytes" },
	{ "<a>\xed\xa0\x80</a>", "saml.xml.bytes" },
	{ "<a>\xef\xbf\xbf</a>", "saml.xml.bytes" },
	{ "<a>\xff</a>", "saml.xml.bytes" },
	{ "<!DOCTYPE a><a/>", "saml.xml.dtd" },
	{ "<a><!ENTITY b 'c'></a>", "saml.xml.dtd" },
	{ "<!-- --><a/>", "saml.xml.comment" },
	{ "<a><![CDATA[x]]></a>", "saml.xml.cdata" },
	{ "<?x y?><a/>", "saml.xml.instruction" },
	{ " <?xml version='1.0'?><a/>", "saml.xml.instruction" },
	{ "<?xml version='1.1'?><a/>", "saml.xml.encoding" },
	{ "<?xml encoding='UTF-8'?><a/>", "saml.xml.encoding" },
	{ "<?xml version='1.0' encoding='UTF-16'?><a/>", "saml.xml.encoding" },
	{ "<?xml version='1.0' encoding='UTF-7'?><a/>", "saml.xml.encoding" },
	{ "<?xml version='1.0' encoding='ISO-8859-1'?><a/>", "saml.xml.encoding" },
	{ "<?xml version='1.0'", "saml.xml.encoding" },
	{ "<?xml version '1.0'?><a/>", "saml.xml.encoding" },
	{ "<?xml version=1.01?><a/>", "saml.xml.encoding" },
	{ "<?xml version=x1.0x?><a/>", "saml.xml.encoding" },
	{ "<?xml version=''?><a/>", "saml.xml.encoding" },
	{ "<?xml version='1.0' encoding=''?><a/>", "saml.xml.encoding" },
	{ "<?xml version'1.0'?><a/>", "saml.xml.encoding" },
	{ "<?xml version='1.0?><a/>", "saml.xml.encoding" },
	{ "<?xml version='1.0' standalone='maybe'?><a/>", "saml.xml.encoding" },
};

static void other_xml_is_refused_by_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof xml_cases / sizeof *xml_cases; i++)
		expect_xml(xml_cases[i].text, xml_cases[i].slug);
	/* A NUL ends no document. */
	struct saml_el *root = NULL;
	assert_string_equal(saml_xml_parse(a, (struct str){ "<a/>\0", 5 }, SAML_XML_MESSAGE, &root, NULL).slug, "saml.xml.bytes");
	assert_string_equal(saml_xml_parse(a, (struct str){ "\xff\xfe<\0a\0/\0>\0", 10 }, SAML_XML_MESSAGE, &root, NULL).slug, "saml.xml.bytes");
}

static struct str nested(size_t depth)
{
	char *p = arena_alloc(a, depth * 7 + 1);
	size_t n = 0;

	for (size_t i = 0; i < depth; i++, n += 3)
		memcpy(p + n, "<a>", 3);
	for (size_t i = 0; i < depth; i++, n += 4)
		memcpy(p + n, "</a>", 4);
	return (struct str){ p, n };
}

/* An element with so many name spaces, and a name of so many letters. */
static struct str bound(size_t prefixes, size_t letters)
{
	struct buf b;
	struct str out;

	buf_init(&b, 1 << 16);
	buf_add_c(&b, "<");
	for (size_t i = 0; i < letters; i++)
		buf_add_char(&b, 'a');
	for (size_t i = 0; i < prefixes; i++)
		buf_addf(&b, " xmlns:p%zu='urn:x'", i);
	buf_add_c(&b, "/>");
	out = arena_dup(a, buf_str(&b));
	buf_done(&b);
	return out;
}

/* Elements one in another, each with four name spaces of its own. */
static struct str bound_at_depth(size_t prefixes)
{
	struct buf b;
	struct str out;

	buf_init(&b, 1 << 16);
	for (size_t i = 0; i < prefixes; i++)
		buf_addf(&b, "%s xmlns:p%zu='urn:x'%s", i % 4 == 0 ? "<a" : "", i, i % 4 == 3 || i + 1 == prefixes ? ">" : "");
	for (size_t i = 0; i < prefixes; i += 4)
		buf_add_c(&b, "</a>");
	out = arena_dup(a, buf_str(&b));
	buf_done(&b);
	return out;
}

static void limits_hold_to_the_element(void **state)
{
	struct saml_el *root = NULL;

	(void)state;
	assert_false(failed(saml_xml_parse(a, nested(SAML_XML_DEPTH), SAML_XML_MESSAGE, &root, NULL)));
	assert_string_equal(saml_xml_parse(a, nested(SAML_XML_DEPTH + 1), SAML_XML_MESSAGE, &root, NULL).slug, "saml.xml.size");
	assert_false(failed(saml_xml_parse(a, bound(1, SAML_XML_NAME), SAML_XML_MESSAGE, &root, NULL)));
	assert_string_equal(saml_xml_parse(a, bound(1, SAML_XML_NAME + 1), SAML_XML_MESSAGE, &root, NULL).slug, "saml.xml.name");
	assert_string_equal(saml_xml_parse(a, bound(SAML_XML_BINDINGS + 1, 1), SAML_XML_MESSAGE, &root, NULL).slug, "saml.xml.size");
	assert_false(failed(saml_xml_parse(a, bound_at_depth(SAML_XML_BINDINGS), SAML_XML_MESSAGE, &root, NULL)));
	assert_string_equal(saml_xml_parse(a, bound_at_depth(SAML_XML_BINDINGS + 4), SAML_XML_MESSAGE, &root, NULL).slug, "saml.xml.size");
	struct str big = { arena_alloc(a, SAML_XML_BYTES + 1), SAML_XML_BYTES + 1 };
	assert_string_equal(saml_xml_parse(a, big, SAML_XML_MESSAGE, &root, NULL).slug, "saml.xml.size");
}

static void the_four_messages_are_accepted_and_only_where_they_may_come(void **state)
{
	struct str docs[SAML_ROOT_COUNT] = {
		[SAML_AUTHN_REQUEST] = forge_authn_request(a), [SAML_RESPONSE] = forge_response(a, forge_assertion(a)),
		[SAML_LOGOUT_REQUEST] = forge_logout_request(a), [SAML_LOGOUT_RESPONSE] = forge_logout_response(a),
	};

	(void)state;
	for (unsigned i = 0; i < SAML_ROOT_COUNT; i++) {
		struct saml_shape shape;

		expect("control", docs[i], NULL);
		expect("signed", forge_sign(a, NULL, "rsa-sha256", docs[i]), NULL);
		assert_false(failed(saml_check(a, docs[i], SAML_ROOT(i), &shape)));
		assert_true(shape.kind == i && !shape.root_signed);
		assert_string_equal(saml_check(a, docs[i], ALL & ~SAML_ROOT(i), &shape).slug, "saml.check.root");
		assert_string_equal(saml_check(a, docs[i], 0, &shape).slug, "saml.check.root");
	}
}

static void what_every_message_must_carry_is_there(void **state)
{
	struct str good = forge_authn_request(a), issuer = forge_cut(good, "<saml:Issuer", "</saml:Issuer>");

	(void)state;
	expect("no ID", forge_with(a, good, " ID=\"_q1\"", ""), "saml.check.id");
	expect("empty ID", forge_with(a, good, " ID=\"_q1\"", " ID=\"\""), "saml.check.id");
	expect("ID that is no name", forge_with(a, good, " ID=\"_q1\"", " ID=\"1'or\""), "saml.check.id");
	expect("id for ID", forge_with(a, good, " ID=\"_q1\"", " id=\"_q1\""), "saml.check.id");
	expect("xml:id elsewhere", forge_with(a, good, "<samlp:NameIDPolicy", "<samlp:NameIDPolicy xml:id=\"_q2\""), "saml.check.id");
	expect("ID elsewhere that is no name", forge_with(a, good, "<samlp:NameIDPolicy", "<samlp:NameIDPolicy Id=\"1'or\""), "saml.check.id");
	expect("the same ID elsewhere", forge_with(a, good, "<samlp:NameIDPolicy", "<samlp:NameIDPolicy Id=\"_q1\""), "saml.check.id");
	expect("no Version", forge_with(a, good, " Version=\"2.0\"", ""), "saml.check.version");
	expect("Version 1.1", forge_with(a, good, " Version=\"2.0\"", " Version=\"1.1\""), "saml.check.version");
	expect("no IssueInstant", forge_with(a, good, " IssueInstant=\"2027-01-15T08:00:00Z\"", ""), "saml.time");
	expect("local IssueInstant", forge_with(a, good, "08:00:00Z\"", "08:00:00+01:00\""), "saml.time");
	expect("no Issuer", forge_without(a, good, issuer), "saml.check.issuer");
	expect("two Issuers", forge_before(a, good, "<samlp:NameIDPolicy", issuer), "saml.check.issuer");
	expect("Issuer not first", forge_before(a, forge_without(a, good, issuer), "</samlp:AuthnRequest>", issuer), "saml.check.issuer");
	expect("empty Issuer", forge_with(a, good, FORGE_SP "<", "<"), "saml.check.issuer");
	expect("Issuer of a person", forge_with(a, good, "<saml:Issuer ", "<saml:Issuer Format=\"urn:x\" "), "saml.check.issuer");
	expect("other namespace", forge_with(a, good, "SAML:2.0:protocol\" ", "SAML:1.1:protocol\" "), "saml.check.root");
}

static void a_response_has_one_status_and_one_assertion_or_a_refusal_and_none(void **state)
{
	struct str assertion = forge_assertion(a), good = forge_response(a, assertion);
	struct str status = forge_cut(good, "<samlp:Status>", "</samlp:Status>");
	struct str two[2] = { assertion, forge_with(a, assertion, "ID=\"_a1\"", "ID=\"_a2\"") };

	(void)state;
	expect("none", forge_without(a, good, forge_cut(good, "<saml:Assertion", "</saml:Assertion>")), "saml.check.assertion");
	expect("two", forge_response(a, arena_concat(a, two, 2)), "saml.check.assertion");
	expect("refusal with an assertion", forge_with(a, good, "status:Success", "status:Requester"), "saml.check.assertion");
	expect("refusal", forge_with(a, forge_response(a, STR("")), "status:Success", "status:Requester"), NULL);
	expect("no status", forge_without(a, good, status), "saml.check.status");
	expect("two statuses", forge_before(a, good, "<saml:Assertion", status), "saml.check.status");
	expect("inside another element", forge_response(a, arena_printf(a, "<x>" STR_FMT "</x>", STR_ARG(assertion))), "saml.check.assertion");
	expect("assertion without an issuer", forge_without(a, good, forge_cut(good, "<saml:Issuer>", "</saml:Issuer>")), "saml.check.issuer");
	expect("a message inside", forge_before(a, good, "<samlp:Status>", forge_logout_request(a)), "saml.check.nested");
	expect("encrypted name", forge_with(a, good, "<saml:Subject>", "<saml:Subject><saml:EncryptedID/>"), "saml.check.encrypted");
}

static void a_logout_request_names_exactly_one_user(void **state)
{
	struct str good = forge_logout_request(a), name = forge_cut(good, "<saml:NameID", "</saml:NameID>");

	(void)state;
	expect("none", forge_without(a, good, name), "saml.check.nameid");
	expect("two", forge_before(a, good, "<samlp:SessionIndex", name), "saml.check.nameid");
	expect("BaseID too", forge_before(a, good, "<samlp:SessionIndex", STR("<saml:BaseID " FORGE_A "/>")), "saml.check.nameid");
	expect("EncryptedID", forge_before(a, good, "<samlp:SessionIndex", STR("<saml:EncryptedID " FORGE_A "/>")), "saml.check.encrypted");
	expect("an assertion", forge_before(a, good, "<samlp:SessionIndex", forge_assertion(a)), "saml.check.assertion");
}

static void a_signature_has_one_form(void **state)
{
	struct str good = forge_sign(a, NULL, "rsa-sha256", forge_authn_request(a));
	struct str included = forge_with(a, good, "c14n#\"></ds:Transform>",
		"c14n#\"><ec:InclusiveNamespaces xmlns:ec=\"" FORGE_C14N "\" PrefixList=\"xs\"/></ds:Transform>");
	struct str enveloped = forge_cut(good, "<ds:Transform A", "</ds:Transform>");
	struct str digest = forge_cut(good, "<ds:DigestValue>", "</ds:DigestValue>");

	(void)state;
	expect("control", good, NULL);
	expect("prefixes to include", included, NULL);
	expect("many prefixes to include", forge_with(a, included, "\"xs\"", arena_printf(a, "\"%0257d\"", 0).p), "saml.algorithm");
	expect("KeyInfo", forge_with(a, good, "</ds:Signature>", "<ds:KeyInfo/></ds:Signature>"), NULL);
	expect("two KeyInfo", forge_with(a, good, "</ds:Signature>", "<ds:KeyInfo/><ds:KeyInfo/></ds:Signature>"), "saml.check.signature");
	expect("Object", forge_with(a, good, "</ds:Signature>", "<ds:Object/></ds:Signature>"), "saml.check.signature");
	expect("Object elsewhere", forge_before(a, good, "<samlp:NameIDPolicy", STR("<ds:Object xmlns:ds=\"" FORGE_DS "\"/>")), "saml.check.signature");
	expect("our element in KeyInfo", forge_with(a, good, "</ds:Signature>", "<ds:KeyInfo><saml:Issuer " FORGE_A ">x</saml:Issuer></ds:KeyInfo></ds:Signature>"),
		"saml.check.signature");
	expect("without envelope", forge_without(a, good, enveloped), "saml.check.signature");
	expect("three transforms", forge_before(a, good, "</ds:Transforms>", enveloped), "saml.check.signature");
	expect("enveloped twice", forge_with(a, good, "<ds:Transform Algorithm=\"" FORGE_C14N "\">",
		"<ds:Transform Algorithm=\"" FORGE_DS "enveloped-signature\">"), "saml.algorithm");
	expect("XPath inside", forge_with(a, good, "signature\"></ds:Transform>", "signature\"><ds:XPath/></ds:Transform>"), "saml.algorithm");
	expect("MD5", forge_with(a, good, "xmlenc#sha256", "xmldsig-more#md5"), "saml.algorithm");
	expect("text in a method", forge_with(a, good, "signature\"></ds:Transform>", "signature\">x</ds:Transform>"), "saml.algorithm");
	expect("canonical with comments", forge_with(a, good, FORGE_C14N "\"></ds:Can", FORGE_C14N "WithComments\"></ds:Can"), "saml.algorithm");
	expect("text in the canonical one", forge_with(a, good, FORGE_C14N "\"></ds:Can", FORGE_C14N "\">x</ds:Can"), "saml.algorithm");
	expect("another element in it", forge_with(a, good, FORGE_C14N "\"></ds:Can", FORGE_C14N "\"><ds:XPath/></ds:Can"), "saml.algorithm");
	expect("no digits of a digest", forge_with(a, good, arena_c(a, digest), "<ds:DigestValue></ds:DigestValue>"), "saml.check.signature");
	expect("below another element", forge_before(a, good, "</samlp:NameIDPolicy>",
		forge_cut(good, "<ds:Signature ", "</ds:Signature>")), "saml.check.signature");
	expect("DSA", forge_with(a, good, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", FORGE_DS "dsa-sha1"), "saml.algorithm");
	expect("another id", forge_with(a, good, "URI=\"#_q1\"", "URI=\"#_q2\""), "saml.check.reference");
	expect("no URI", forge_with(a, good, " URI=\"#_q1\"", ""), "saml.check.reference");
	expect("no SignatureValue", forge_without(a, good, forge_cut(good, "<ds:SignatureValue>", "</ds:SignatureValue>")), "saml.check.signature");
	expect("an assertion in KeyInfo", forge_before(a, good, "</ds:Signature>",
		arena_printf(a, "<ds:KeyInfo>" STR_FMT "</ds:KeyInfo>", STR_ARG(forge_assertion(a)))), "saml.check.assertion");
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
		TEST(plain_xml_is_read),
		TEST(other_xml_is_refused_by_name),
		TEST(limits_hold_to_the_element),
		TEST(the_four_messages_are_accepted_and_only_where_they_may_come),
		TEST(what_every_message_must_carry_is_there),
		TEST(a_response_has_one_status_and_one_assertion_or_a_refusal_and_none),
		TEST(a_logout_request_names_exactly_one_user),
		TEST(a_signature_has_one_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
