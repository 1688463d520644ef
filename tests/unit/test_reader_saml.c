/* test_reader_saml.c - what the reader believes of a SAML message: what a partner's key signed, and
 * nothing beside it (security catalogue S01 to S29, S50 to S58, I01, I02, I10 to I17, S70).
 * Keys are made anew for each run; each refusal is an accepted message plus one change.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "roles/reader/saml_answer.h"
#include "saml_forge.h"
#include "wire/ipc/check.h"

#define RSA256 "rsa-sha256"

static EVP_PKEY *rsa, *rsa_other, *rsa_1024, *p256;
static struct reader_saml *reader;
static struct arena *a;

static const unsigned any_root = SAML_ROOT(SAML_AUTHN_REQUEST) | SAML_ROOT(SAML_RESPONSE) | SAML_ROOT(SAML_LOGOUT_REQUEST)
	| SAML_ROOT(SAML_LOGOUT_RESPONSE);

static struct err ask(enum check_binding binding, struct str message, enum check_want want, EVP_PKEY *key,
	struct check_saml_result *ret_result)
{
	struct str certificate = key ? forge_certificate(a, key) : STR_NONE;
	struct check_saml q = { binding, message, any_root, want, { &certificate, key ? 1 : 0 } };

	memset(ret_result, 0x5a, sizeof *ret_result);
	return reader_check_saml(reader, a, &q, ret_result);
}

static struct err post(struct str xml, enum check_want want, struct check_saml_result *ret_result)
{
	return ask(CHECK_POST, forge_base64(a, xml), want, rsa, ret_result);
}

static void refused(const char *name, struct str xml, const char *slug)
{
	struct check_saml_result r;
	struct err e = post(xml, CHECK_WANT_EITHER, &r);

	if (!failed(e) || strcmp(e.slug, slug) != 0)
		fail_msg("%s: got %s, not %s", name, failed(e) ? e.slug : "accepted", slug);
}

static struct str signed_assertion(void) { return forge_sign(a, rsa, RSA256, forge_assertion(a)); }
static struct str control(void) { return forge_response(a, signed_assertion()); }
static struct str signed_response(void) { return forge_sign(a, rsa, RSA256, forge_response(a, forge_assertion(a))); }

static void assert_control(const struct check_saml_result *r)
{
	const struct saml_assertion *v = &r->message.assertion;

	assert_int_equal(r->message.root, SAML_RESPONSE);
	assert_true(r->message.has_assertion);
	assert_true(str_eq_c(r->message.head.destination, FORGE_ACS));
	assert_true(str_eq_c(v->name_id.value, "camille-7f"));
	assert_true(str_eq_c(v->issuer, FORGE_IDP));
	assert_true(str_eq_c(v->attributes[0].values.v[0], "L&vesque"));
	assert_true(str_eq_c(v->conditions.restrictions[0].v[0], FORGE_SP));
	assert_int_equal(v->authn_instant_s, 1800000000 - 60);
}

static void a_signed_response_is_told_with_what_was_signed(void **state)
{
	struct check_saml_result r;

	(void)state;
	assert_false(failed(post(control(), CHECK_WANT_ASSERTION, &r)));
	assert_int_equal(r.signed_by, CHECK_SIGNED_ASSERTION);
	assert_control(&r);
	assert_false(failed(post(signed_response(), CHECK_WANT_MESSAGE, &r)));
	assert_int_equal(r.signed_by, CHECK_SIGNED_MESSAGE);
	assert_control(&r);
	struct str both = forge_sign(a, rsa, RSA256, control());
	assert_false(failed(post(both, CHECK_WANT_MESSAGE, &r)));
	assert_int_equal(r.signed_by, CHECK_SIGNED_MESSAGE | CHECK_SIGNED_ASSERTION);
	assert_control(&r);
	assert_false(failed(post(signed_response(), CHECK_WANT_EITHER, &r)));
	assert_false(failed(post(control(), CHECK_WANT_EITHER, &r)));
}

static void each_algorithm_of_the_list_verifies(void **state)
{
	static const char *const algs[] = { "rsa-sha256", "rsa-sha384", "rsa-sha512", "ecdsa-sha256" };
	struct check_saml_result r;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		EVP_PKEY *key = i == 3 ? p256 : rsa;
		struct str doc = forge_response(a, forge_sign(a, key, algs[i], forge_assertion(a)));
		struct err e = ask(CHECK_POST, forge_base64(a, doc), CHECK_WANT_ASSERTION, key, &r);

		if (failed(e))
			fail_msg("%s: %s", algs[i], e.slug);
	}
}

static void what_is_wanted_must_be_signed(void **state)
{
	struct check_saml_result r;
	struct err e;

	(void)state;
	e = post(control(), CHECK_WANT_MESSAGE, &r);
	assert_string_equal(e.slug, "saml.signature.missing");
	e = post(signed_response(), CHECK_WANT_ASSERTION, &r);
	assert_string_equal(e.slug, "saml.signature.missing");
	refused("no signature", forge_response(a, forge_assertion(a)), "saml.signature.missing");
	e = ask(CHECK_POST, forge_base64(a, control()), CHECK_WANT_EITHER, NULL, &r);
	assert_string_equal(e.slug, "saml.key");
	/* Without a wish nothing is believed, and nothing is called signed. */
	assert_false(failed(ask(CHECK_POST, forge_base64(a, control()), CHECK_WANT_NOTHING, NULL, &r)));
	assert_int_equal(r.signed_by, 0);
	assert_true(r.carries_signature);
}

static void only_the_partners_keys_count_and_any_of_them(void **state)
{
	struct str certificates[3] = { forge_certificate(a, p256), forge_certificate(a, rsa_other), STR_NONE };
	struct check_saml q = { CHECK_POST, forge_base64(a, control()), any_root, CHECK_WANT_ASSERTION, { certificates, 2 } };
	struct check_saml_result r;

	(void)state;
	assert_string_equal(reader_check_saml(reader, a, &q, &r).slug, "saml.signature");
	struct str der = forge_certificate(a, rsa);
	certificates[2] = arena_printf(a, "-----BEGIN CERTIFICATE-----\n" STR_FMT "\n-----END CERTIFICATE-----\n", STR_ARG(forge_base64(a, der)));
	q.certificates.n = 3;
	assert_false(failed(reader_check_saml(reader, a, &q, &r)));
	assert_int_equal(r.certificate, 2);
	certificates[0] = STR("not a certificate"), q.certificates.n = 1;
	assert_string_equal(reader_check_saml(reader, a, &q, &r).slug, "saml.key");
	/* The attacker's own key, with his certificate in KeyInfo: it is not even looked at. */
	struct str theirs = forge_sign(a, rsa_other, RSA256, forge_assertion(a));
	struct str info = arena_printf(a, "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>" STR_FMT "</ds:X509Certificate></ds:X509Data></ds:KeyInfo>",
		STR_ARG(forge_base64(a, forge_certificate(a, rsa_other))));
	refused("KeyInfo", forge_response(a, forge_before(a, theirs, "</ds:Signature>", info)), "saml.signature");
	struct str weak = forge_response(a, forge_sign(a, rsa_1024, RSA256, forge_assertion(a)));
	assert_string_equal(ask(CHECK_POST, forge_base64(a, weak), CHECK_WANT_ASSERTION, rsa_1024, &r).slug, "saml.key");
	EVP_PKEY *one = forge_rsa_of_one(rsa);
	struct str anybodys = forge_response(a, forge_sign(a, one, RSA256, forge_assertion(a)));
	assert_string_equal(ask(CHECK_POST, forge_base64(a, anybodys), CHECK_WANT_ASSERTION, one, &r).slug, "saml.key");
	EVP_PKEY_free(one);
}

static void what_changed_after_signing_is_refused(void **state)
{
	(void)state;
	refused("another name", forge_with(a, control(), "camille-7f", "camille-7e"), "saml.signature");
	refused("another audience", forge_with(a, control(), "etat-civil.example/saml/metadata</saml:Audience>",
		"etat-civil.example/saml/metadat4</saml:Audience>"), "saml.signature");
	refused("white space", forge_with(a, control(), "</saml:Subject>", " </saml:Subject>"), "saml.signature");
	refused("another response around it", forge_with(a, signed_response(), "InResponseTo=\"_q1\"", "InResponseTo=\"_q2\""), "saml.signature");
	refused("another digest", forge_with(a, control(), "<ds:DigestValue>", "<ds:DigestValue>AA"), "saml.signature");
	refused("another signature value", forge_with(a, control(), "<ds:SignatureValue>", "<ds:SignatureValue>AAAA"), "saml.signature");
}

/* ---- signature wrapping: XSW1 to XSW8 ---- */

static struct str evil_assertion(const char *id)
{
	struct str evil = forge_with(a, forge_assertion(a), "camille-7f", "le-maire");

	return forge_with(a, evil, "ID=\"_a1\"", id);
}

static struct str in_signature(struct str signature, struct str inside)
{
	struct str object = arena_printf(a, "<ds:Object>" STR_FMT "</ds:Object>", STR_ARG(inside));

	return forge_before(a, signature, "</ds:Signature>", object);
}

static void wrapped_responses_are_refused(void **state)
{
	struct str genuine = forge_response(a, forge_assertion(a)), sig = forge_signature(a, rsa, RSA256, genuine);
	struct str forged = forge_with(a, genuine, "camille-7f", "le-maire");
	static const char *const ids[] = { "ID=\"_r1\"", "ID=\"_evil\"" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct str root = forge_with(a, forged, "ID=\"_r1\"", ids[i]);

		refused("XSW1", forge_before(a, root, "<samlp:Status>", forge_before(a, sig, "</ds:Signature>", genuine)), "saml.check.nested");
		refused("XSW1 in an Object", forge_before(a, root, "<samlp:Status>", in_signature(sig, genuine)), "saml.check.signature");
		refused("XSW2", forge_before(a, forge_before(a, root, "<samlp:Status>", genuine), "<samlp:Status>", sig), "saml.check.nested");
	}
	refused("signature of the other", forge_before(a, forge_with(a, forged, "ID=\"_r1\"", "ID=\"_evil\""), "<samlp:Status>", sig),
		"saml.check.reference");
	refused("signature moved onto the forged", forge_before(a, forged, "<samlp:Status>", sig), "saml.signature");
}

static void wrapped_assertions_are_refused(void **state)
{
	struct str genuine = forge_assertion(a), sig = forge_signature(a, rsa, RSA256, genuine);
	struct str good = forge_sign(a, rsa, RSA256, genuine);
	static const char *const ids[] = { "ID=\"_a1\"", "ID=\"_evil\"" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct str evil = evil_assertion(ids[i]);
		struct str with_sig = forge_before(a, evil, "<saml:Subject>", sig);
		struct str two[2] = { evil, good }, two_back[2] = { good, evil };

		refused("XSW3", forge_response(a, arena_concat(a, two, 2)), "saml.check.assertion");
		refused("XSW3 turned", forge_response(a, arena_concat(a, two_back, 2)), "saml.check.assertion");
		refused("XSW4", forge_response(a, forge_before(a, evil, "</saml:Assertion>", good)), "saml.check.assertion");
		struct str five[2] = { with_sig, genuine };
		refused("XSW5", forge_response(a, arena_concat(a, five, 2)), "saml.check.assertion");
		struct str six = forge_before(a, evil, "<saml:Subject>", forge_before(a, sig, "</ds:Signature>", genuine));
		refused("XSW6", forge_response(a, six), "saml.check.assertion");
		struct str extension = arena_printf(a, "<samlp:Extensions>" STR_FMT "</samlp:Extensions>", STR_ARG(evil));
		refused("XSW7", forge_before(a, control(), "<samlp:Status>", extension), "saml.check.assertion");
		refused("XSW8", forge_response(a, forge_before(a, evil, "<saml:Subject>", in_signature(sig, genuine))), "saml.check.signature");
		refused("in Advice", forge_response(a, forge_before(a, evil, "</saml:Assertion>",
			arena_printf(a, "<saml:Advice>" STR_FMT "</saml:Advice>", STR_ARG(good)))), "saml.check.encrypted");
	}
	struct str twice[2] = { good, good };
	refused("the same twice", forge_response(a, arena_concat(a, twice, 2)), "saml.check.assertion");
}

static void a_moved_or_doubled_signature_is_refused(void **state)
{
	struct str sig = forge_signature(a, rsa, RSA256, forge_assertion(a)), good = control();
	struct str bare = forge_response(a, forge_assertion(a)), part;

	(void)state;
	refused("at the end", forge_response(a, forge_before(a, forge_assertion(a), "</saml:Assertion>", sig)), "saml.check.signature");
	refused("beside the assertion", forge_before(a, bare, "</samlp:Response>", sig), "saml.check.signature");
	refused("in the status", forge_before(a, bare, "</samlp:Status>", sig), "saml.check.signature");
	refused("on the root, for the assertion", forge_before(a, bare, "<samlp:Status>", sig), "saml.check.reference");
	refused("two", forge_before(a, good, "<saml:Subject>", sig), "saml.check.signature");
	part = forge_cut(good, "<ds:SignedInfo>", "</ds:SignedInfo>");
	refused("two SignedInfo", forge_before(a, good, "<ds:SignatureValue>", part), "saml.check.signature");
	part = forge_cut(good, "<ds:Reference", "</ds:Reference>");
	refused("two References", forge_before(a, good, "</ds:SignedInfo>", part), "saml.check.signature");
	part = forge_cut(good, "<ds:Transforms>", "</ds:Transforms>");
	refused("two Transforms", forge_before(a, good, "<ds:DigestMethod", part), "saml.check.signature");
	refused("no Transforms", forge_without(a, good, part), "saml.check.signature");
	refused("no Reference", forge_without(a, good, forge_cut(good, "<ds:Reference", "</ds:Reference>")), "saml.check.signature");
	refused("whole document", forge_with(a, good, "URI=\"#_a1\"", "URI=\"\""), "saml.check.reference");
	refused("a file", forge_with(a, good, "URI=\"#_a1\"", "URI=\"file:///etc/passwd\""), "saml.check.reference");
	refused("an XPointer", forge_with(a, good, "URI=\"#_a1\"", "URI=\"#xpointer(/)\""), "saml.check.reference");
	refused("element in DigestValue", forge_with(a, good, "<ds:DigestValue>", "<ds:DigestValue><a/>"), "saml.xml.mixed");
}

static void weak_algorithms_are_refused(void **state)
{
	struct str good = control();

	(void)state;
	refused("SHA-1", forge_response(a, forge_sign(a, rsa, "rsa-sha1", forge_assertion(a))), "saml.algorithm");
	refused("HMAC with the certificate", forge_response(a, forge_sign(a, rsa, "hmac-sha256", forge_assertion(a))), "saml.algorithm");
	refused("SHA-1 digest", forge_with(a, good, "http://www.w3.org/2001/04/xmlenc#sha256", FORGE_DS "sha1"), "saml.algorithm");
	refused("c14n with comments", forge_with(a, good, FORGE_C14N, FORGE_C14N "WithComments"), "saml.algorithm");
	refused("inclusive c14n", forge_with(a, good, FORGE_C14N, "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"), "saml.algorithm");
	refused("XSLT", forge_with(a, good, FORGE_DS "enveloped-signature", "http://www.w3.org/TR/1999/REC-xslt-19991116"), "saml.algorithm");
	refused("HMACOutputLength", forge_with(a, good, "</ds:SignatureMethod>",
		"<ds:HMACOutputLength>1</ds:HMACOutputLength></ds:SignatureMethod>"), "saml.algorithm");
	refused("EC method, RSA key", forge_with(a, good, "more#rsa-sha256", "more#ecdsa-sha256"), "saml.signature");
}

static void other_xml_than_ours_is_refused(void **state)
{
	struct str good = control();

	(void)state;
	refused("comment", forge_with(a, good, "camille-7f", "camille<!-- -->-7f"), "saml.xml.comment");
	refused("comment in DigestValue", forge_with(a, good, "<ds:DigestValue>", "<ds:DigestValue><!-- -->"), "saml.xml.comment");
	refused("PI", forge_with(a, good, "camille-7f", "camille<?x y?>-7f"), "saml.xml.instruction");
	refused("CDATA", forge_with(a, good, "camille-7f", "<![CDATA[camille-7f]]>"), "saml.xml.cdata");
	refused("entity", forge_with(a, good, "camille-7f", "&camille;"), "saml.xml.entity");
	refused("DTD", forge_before(a, good, "<samlp:Response", STR("<!DOCTYPE r SYSTEM \"file:///etc/passwd\">")), "saml.xml.dtd");
	refused("billion laughs", forge_before(a, good, "<samlp:Response",
		STR("<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]>")), "saml.xml.dtd");
	refused("Shift-JIS", forge_before(a, good, "<samlp:Response", STR("<?xml version=\"1.0\" encoding=\"SHIFT_JIS\"?>")), "saml.xml.encoding");
	refused("duplicate ID", forge_with(a, good, "<saml:Subject>", "<saml:Subject Id=\"_r1\">"), "saml.check.id");
	refused("xml:id", forge_with(a, good, "<saml:Subject>", "<saml:Subject xml:id=\"_x\">"), "saml.check.id");
	refused("void namespace", forge_with(a, good, "<saml:Subject>", "<saml:Subject xmlns:v=\"void\">"), "saml.xml.namespace");
	refused("prefix bound anew", forge_with(a, good, "<saml:Subject>", "<saml:Subject xmlns:samlp=\"urn:x\">"), "saml.xml.rebound");
	refused("bytes behind the root", arena_printf(a, STR_FMT "x", STR_ARG(good)), "saml.xml.root");
	refused("two roots", arena_printf(a, STR_FMT "<a/>", STR_ARG(good)), "saml.xml.root");
	refused("encrypted", forge_response(a, STR("<saml:EncryptedAssertion " FORGE_A "></saml:EncryptedAssertion>")), "saml.check.encrypted");
}

/* ---- requests ---- */

static void a_signed_redirect_is_told(void **state)
{
	struct str query = forge_query(a, "SAMLRequest", forge_authn_request(a), "/retour?a=1", rsa, RSA256);
	struct check_saml_result r;
	struct err e;

	(void)state;
	assert_false(failed(ask(CHECK_REDIRECT, query, CHECK_WANT_MESSAGE, rsa, &r)));
	assert_int_equal(r.signed_by, CHECK_SIGNED_QUERY);
	assert_true(r.has_relay_state && str_eq_c(r.relay_state, "/retour?a=1"));
	assert_true(r.message.authn.force_authn && str_eq_c(r.message.authn.acs_url, FORGE_ACS));
	assert_true(r.message.authn.comparison == SAML_MINIMUM && r.message.authn.contexts.n == 1);
	query = forge_query(a, "SAMLRequest", forge_logout_request(a), NULL, p256, "ecdsa-sha256");
	assert_false(failed(ask(CHECK_REDIRECT, query, CHECK_WANT_MESSAGE, p256, &r)));
	assert_true(str_eq_c(r.message.logout.sessions.v[0], "_s1"));
	query = forge_query(a, "SAMLResponse", forge_logout_response(a), NULL, rsa, "rsa-sha512");
	assert_false(failed(ask(CHECK_REDIRECT, query, CHECK_WANT_MESSAGE, rsa, &r)));
	assert_true(str_eq_c(r.message.status.subcode, "urn:oasis:names:tc:SAML:2.0:status:PartialLogout"));
	/* A response under the name of a request. */
	query = forge_query(a, "SAMLRequest", forge_logout_response(a), NULL, rsa, RSA256);
	e = ask(CHECK_REDIRECT, query, CHECK_WANT_MESSAGE, rsa, &r);
	assert_string_equal(e.slug, "saml.check.root");
	query = forge_query(a, "SAMLResponse", forge_response(a, forge_assertion(a)), NULL, rsa, RSA256);
	e = ask(CHECK_REDIRECT, query, CHECK_WANT_MESSAGE, rsa, &r);
	assert_string_equal(e.slug, "saml.check.root");
}

static void redirect_refused(const char *name, struct str query, EVP_PKEY *key, const char *slug)
{
	struct check_saml_result r;
	struct err e = ask(CHECK_REDIRECT, query, CHECK_WANT_MESSAGE, key, &r);

	if (!failed(e) || strcmp(e.slug, slug) != 0)
		fail_msg("%s: got %s, not %s", name, failed(e) ? e.slug : "accepted", slug);
}

static void a_redirect_changed_after_signing_is_refused(void **state)
{
	struct str good = forge_query(a, "SAMLRequest", forge_authn_request(a), "abc", rsa, RSA256);
	struct str unsigned_ = forge_query(a, "SAMLRequest", forge_authn_request(a), "abc", NULL, NULL);

	(void)state;
	redirect_refused("RelayState changed", forge_with(a, good, "RelayState=abc", "RelayState=abd"), rsa, "saml.signature");
	redirect_refused("RelayState respelled", forge_with(a, good, "RelayState=abc", "RelayState=%61bc"), rsa, "saml.signature");
	redirect_refused("RelayState removed", forge_with(a, good, "&RelayState=abc", ""), rsa, "saml.signature");
	redirect_refused("RelayState twice", forge_with(a, good, "&RelayState=abc", "&RelayState=x&RelayState=abc"), rsa, "saml.redirect.twice");
	redirect_refused("';' for '&'", forge_with(a, good, "&RelayState=abc", "&RelayState=x;RelayState=abc"), rsa, "saml.redirect.query");
	redirect_refused("another key", good, rsa_other, "saml.signature");
	redirect_refused("SHA-1", forge_query(a, "SAMLRequest", forge_authn_request(a), "abc", rsa, "rsa-sha1"), rsa, "saml.algorithm");
	redirect_refused("HMAC", forge_query(a, "SAMLRequest", forge_authn_request(a), "abc", rsa, "hmac-sha256"), rsa, "saml.algorithm");
	redirect_refused("not signed", unsigned_, rsa, "saml.signature.missing");
	struct str inside = forge_sign(a, rsa, RSA256, forge_authn_request(a));
	redirect_refused("signed inside", forge_query(a, "SAMLRequest", inside, "abc", NULL, NULL), rsa, "saml.redirect.signature");
	/* r and s of nothing. */
	struct str ec = forge_query(a, "SAMLRequest", forge_authn_request(a), "abc", p256, "ecdsa-sha256");
	struct str zero = arena_printf(a, "Signature=" STR_FMT, STR_ARG(forge_escaped(a, forge_base64(a, (struct str){ arena_alloc(a, 64), 64 }))));
	struct str value = forge_cut(arena_printf(a, STR_FMT "$", STR_ARG(ec)), "Signature=", "$");
	redirect_refused("zero signature", forge_with(a, ec, arena_c(a, str_slice(value, 0, value.n - 1)), arena_c(a, zero)), p256, "saml.signature");
}

static void parameters_in_another_order_mean_the_same(void **state)
{
	struct str good = forge_query(a, "SAMLRequest", forge_authn_request(a), "abc", rsa, RSA256);
	struct str turned = arena_printf(a, "RelayState=abc&" STR_FMT, STR_ARG(forge_with(a, good, "&RelayState=abc", "")));
	struct check_saml_result r;

	(void)state;
	assert_false(failed(ask(CHECK_REDIRECT, turned, CHECK_WANT_MESSAGE, rsa, &r)));
	assert_true(str_eq_c(r.relay_state, "abc"));
}

static void a_posted_request_may_be_deflated(void **state)
{
	struct str doc = forge_sign(a, rsa, RSA256, forge_authn_request(a)), field = forge_base64(a, forge_deflate(a, doc));
	struct str certificate = forge_certificate(a, rsa);
	struct check_saml q = { CHECK_POST, field, SAML_ROOT(SAML_AUTHN_REQUEST), CHECK_WANT_MESSAGE, { &certificate, 1 } };
	struct check_saml_result r;

	(void)state;
	assert_false(failed(reader_check_saml(reader, a, &q, &r)));
	assert_int_equal(r.signed_by, CHECK_SIGNED_MESSAGE);
	q.roots = SAML_ROOT(SAML_RESPONSE);
	assert_true(failed(reader_check_saml(reader, a, &q, &r)));
}

static int setup(void **state)
{
	(void)state;
	rsa = forge_rsa(2048), rsa_other = forge_rsa(2048), rsa_1024 = forge_rsa(1024), p256 = forge_p256();
	return failed(reader_saml_create(&reader)) ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	reader_saml_destroy(reader);
	EVP_PKEY_free(rsa), EVP_PKEY_free(rsa_other), EVP_PKEY_free(rsa_1024), EVP_PKEY_free(p256);
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
		TEST(a_signed_response_is_told_with_what_was_signed),
		TEST(each_algorithm_of_the_list_verifies),
		TEST(what_is_wanted_must_be_signed),
		TEST(only_the_partners_keys_count_and_any_of_them),
		TEST(what_changed_after_signing_is_refused),
		TEST(wrapped_responses_are_refused),
		TEST(wrapped_assertions_are_refused),
		TEST(a_moved_or_doubled_signature_is_refused),
		TEST(weak_algorithms_are_refused),
		TEST(other_xml_than_ours_is_refused),
		TEST(a_signed_redirect_is_told),
		TEST(a_redirect_changed_after_signing_is_refused),
		TEST(parameters_in_another_order_mean_the_same),
		TEST(a_posted_request_may_be_deflated),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
