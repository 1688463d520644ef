/* test_saml_redirect.c - queries and form fields down to the XML (SAML Bindings 2.0 3.4.4.1; security
 * catalogue I10 to I19, S58, S59). Each refusal is an accepted query plus one change.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "saml_forge.h"
#include "wire/saml/saml_bytes.h"
#include "wire/saml/saml_redirect.h"

static struct arena *a;

static void expect(const char *name, struct str query, const char *slug)
{
	struct saml_redirect r;
	struct err e = saml_redirect_decode(a, query, &r);

	if (failed(e) != (slug != NULL) || (failed(e) && strcmp(e.slug, slug) != 0))
		fail_msg("%s: got %s, not %s", name, failed(e) ? e.slug : "accepted", slug ? slug : "accepted");
}

static struct str good_query(void)
{
	return forge_query(a, "SAMLRequest", forge_authn_request(a), "a b", NULL, "rsa-sha256");
}

static void a_query_is_taken_apart_and_its_signed_octets_are_kept(void **state)
{
	struct str q = good_query();
	struct str octets = { q.p, (size_t)((const char *)memmem(q.p, q.n, "&Signature=", 11) - q.p) };
	struct saml_redirect r;

	(void)state;
	assert_false(failed(saml_redirect_decode(a, q, &r)));
	assert_true(!r.is_response && r.has_relay_state);
	assert_true(str_eq_c(r.relay_state, "a b"));
	assert_true(str_eq(r.xml, forge_authn_request(a)));
	assert_true(str_eq(r.signed_octets, octets));
	assert_true(str_eq_c(r.signature, "not a signature"));
	/* The octets are those received, in the order of the standard, however they came. */
	struct str turned = arena_printf(a, "x=1&RelayState=%%61+b&" STR_FMT, STR_ARG(forge_with(a, q, "&RelayState=a%20b", "")));
	assert_false(failed(saml_redirect_decode(a, turned, &r)));
	assert_true(str_eq_c(r.relay_state, "a b"));
	assert_true(str_eq(r.signed_octets, forge_with(a, octets, "a%20b", "%61+b")));
	assert_false(failed(saml_redirect_decode(a, forge_with(a, q, "&RelayState=a%20b", ""), &r)));
	assert_false(r.has_relay_state);
}

static void one_message_and_each_parameter_once(void **state)
{
	struct str q = good_query();

	(void)state;
	expect("control", q, NULL);
	expect("a stranger's parameter", arena_printf(a, STR_FMT "&lang=fr&&", STR_ARG(q)), NULL);
	expect("SAMLRequest twice", arena_printf(a, "SAMLRequest=x&" STR_FMT, STR_ARG(q)), "saml.redirect.twice");
	expect("RelayState twice", arena_printf(a, "RelayState=x&" STR_FMT, STR_ARG(q)), "saml.redirect.twice");
	expect("SigAlg twice", arena_printf(a, "SigAlg=x&" STR_FMT, STR_ARG(q)), "saml.redirect.twice");
	expect("Signature twice", arena_printf(a, "Signature=x&" STR_FMT, STR_ARG(q)), "saml.redirect.twice");
	expect("request and response", arena_printf(a, "SAMLResponse=x&" STR_FMT, STR_ARG(q)), "saml.redirect.query");
	expect("an artifact too", arena_printf(a, "SAMLart=x&" STR_FMT, STR_ARG(q)), "saml.redirect.query");
	expect("a name spelled otherwise", arena_printf(a, "Rela%%79State=x&" STR_FMT, STR_ARG(q)), "saml.redirect.query");
	expect("a name in other letters", arena_printf(a, "relaystate=x&" STR_FMT, STR_ARG(q)), "saml.redirect.query");
	expect("no value", arena_printf(a, "RelayState&" STR_FMT, STR_ARG(forge_with(a, q, "&RelayState=a%20b", ""))), "saml.redirect.query");
	expect("semicolons", forge_with(a, q, "&RelayState", ";RelayState"), "saml.redirect.query");
	expect("no message", STR("RelayState=x"), "saml.redirect.query");
	expect("nothing", STR(""), "saml.redirect.size");
	expect("a line break", forge_with(a, q, "a%20b", "a\nb"), "saml.redirect.query");
	expect("half a signature", forge_without(a, q, forge_cut(q, "&SigAlg=", "sha256")), "saml.redirect.signature");
}

static void values_have_one_decoding(void **state)
{
	struct str q = good_query(), unsigned_ = forge_query(a, "SAMLRequest", forge_authn_request(a), NULL, NULL, NULL);

	(void)state;
	expect("control", unsigned_, NULL);
	expect("cut escape", arena_printf(a, STR_FMT "%%4", STR_ARG(unsigned_)), "saml.redirect.encoding");
	expect("bad escape", forge_with(a, q, "a%20b", "a%2gb"), "saml.redirect.encoding");
	expect("not base64", STR("SAMLRequest=%21%21%21%21"), "saml.redirect.encoding");
	expect("RelayState with a NUL", forge_with(a, q, "a%20b", "a%00b"), "saml.redirect.relaystate");
	expect("RelayState with a line break", forge_with(a, q, "a%20b", "a%0d%0ab"), "saml.redirect.relaystate");
	expect("RelayState that is no UTF-8", forge_with(a, q, "a%20b", "%ff"), "saml.redirect.relaystate");
	char *big = arena_alloc(a, SAML_RELAY_MAX + 2);
	memset(big, 'r', SAML_RELAY_MAX + 1);
	expect("RelayState of 1025 bytes", forge_with(a, q, "a%20b", big), "saml.redirect.relaystate");
	expect("SHA-1", forge_with(a, q, "2001%2F04%2Fxmldsig%2Dmore%23rsa%2Dsha256", "2000%2F09%2Fxmldsig%23rsa%2Dsha1"), "saml.algorithm");
	expect("an empty signature", forge_cut(q, "SAMLRequest=", "&Signature="), "saml.redirect.signature");
	expect("DEFLATE named", arena_printf(a, STR_FMT "&SAMLEncoding=urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE",
		STR_ARG(q)), NULL);
	expect("another encoding", arena_printf(a, STR_FMT "&SAMLEncoding=urn:x", STR_ARG(q)), "saml.redirect.encoding");
}

static struct str query_of(struct str deflated)
{
	return arena_printf(a, "SAMLRequest=" STR_FMT, STR_ARG(forge_escaped(a, forge_base64(a, deflated))));
}

static void deflate_is_bounded_and_exact(void **state)
{
	struct str good = forge_deflate(a, forge_authn_request(a));
	char *blanks = arena_alloc(a, 4 << 20);

	(void)state;
	memset(blanks, ' ', 4 << 20);
	expect("control", query_of(good), NULL);
	expect("bomb", query_of(forge_deflate(a, (struct str){ blanks, 4 << 20 })), "saml.redirect.size");
	expect("ratio", query_of(forge_deflate(a, (struct str){ blanks, 8192 })), "saml.redirect.size");
	expect("cut", query_of(str_slice(good, 0, good.n - 2)), "saml.redirect.deflate");
	expect("bytes behind", query_of(arena_printf(a, STR_FMT "x", STR_ARG(good))), "saml.redirect.deflate");
	expect("zlib head", query_of(arena_printf(a, "\x78\x9c" STR_FMT, STR_ARG(good))), "saml.redirect.deflate");
	expect("plain XML", query_of(forge_authn_request(a)), "saml.redirect.deflate");
	expect("empty", STR("SAMLRequest="), "saml.redirect.size");
}

static void a_form_field_is_strict_base64(void **state)
{
	struct str xml = forge_authn_request(a), field = forge_base64(a, xml), back;

	(void)state;
	assert_false(failed(saml_post_decode(a, field, false, &back)));
	assert_true(str_eq(back, xml));
	assert_false(failed(saml_post_decode(a, forge_base64(a, forge_deflate(a, xml)), true, &back)));
	assert_true(str_eq(back, xml));
	assert_string_equal(saml_post_decode(a, STR(""), true, &back).slug, "saml.post.encoding");
	assert_string_equal(saml_post_decode(a, STR("PGEvPg"), true, &back).slug, "saml.post.encoding");
	assert_false(failed(saml_post_decode(a, STR("PG\r\nEvP\ng==\r\n"), true, &back)));
	assert_true(str_eq(back, STR("<a/>")));
	assert_string_equal(saml_post_decode(a, STR("\r\n"), true, &back).slug, "saml.post.encoding");
	assert_string_equal(saml_post_decode(a, STR("PGEv Pg=="), true, &back).slug, "saml.post.encoding");
	assert_string_equal(saml_post_decode(a, STR("PGEvPg==PGEvPg=="), true, &back).slug, "saml.post.encoding");
	assert_string_equal(saml_post_decode(a, STR("PGEvPh=="), true, &back).slug, "saml.post.encoding");
	assert_string_equal(saml_post_decode(a, STR("PGE_Pg=="), true, &back).slug, "saml.post.encoding");
	assert_string_equal(saml_post_decode(a, STR("="), true, &back).slug, "saml.post.encoding");
	assert_string_equal(saml_post_decode(a, STR("PGE="), true, &back).slug ? "" : "accepted", "accepted");
}

static void base64_of_every_length_comes_back(void **state)
{
	char bytes[67];

	(void)state;
	for (size_t n = 0; n < sizeof bytes; n++) {
		struct str back;

		bytes[n] = (char)(n * 37 + 200);
		assert_false(failed(saml_b64_decode(a, arena_printf(a, "\n " STR_FMT "\r\n", STR_ARG(forge_base64(a, (struct str){ bytes, n }))), &back)));
		assert_true(str_eq(back, (struct str){ bytes, n }));
	}
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
		TEST(a_query_is_taken_apart_and_its_signed_octets_are_kept),
		TEST(one_message_and_each_parameter_once),
		TEST(values_have_one_decoding),
		TEST(deflate_is_bounded_and_exact),
		TEST(a_form_field_is_strict_base64),
		TEST(base64_of_every_length_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
