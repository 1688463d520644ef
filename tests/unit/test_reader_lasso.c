/* test_reader_lasso.c - lasso, the library behind Apache's mod_auth_mellon and many partners, as a
 * foreign peer: what it signs is believed, and said of it what it means.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <lasso/lasso.h>
#include <lasso/xml/saml-2.0/samlp2_authn_request.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include "roles/reader/saml_answer.h"
#include "saml_forge.h"

#define IDP "https://compte.example/saml/metadata"
#define SP  "https://etat-civil.example/saml/metadata"
#define REDIRECT SAML_BINDING_REDIRECT

/* lasso forgets keys and decoded signatures at each message; our own leaks show in test_reader_saml.c. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void) { return 1; }

static struct arena *a;
static struct reader_saml *reader;
static struct str certificate;
static LassoServer *sp, *idp;

static const char *key_pem(EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p;

	assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
	long n = BIO_get_mem_data(bio, &p);
	char *pem = arena_c(a, (struct str){ p, (size_t)n });
	BIO_free(bio);
	return pem;
}

static const char *idp_metadata(void)
{
	return arena_printf(a, "<md:EntityDescriptor xmlns:md=\"" SAML_NS_METADATA "\" entityID=\"" IDP "\"><md:IDPSSODescriptor"
		" WantAuthnRequestsSigned=\"true\" protocolSupportEnumeration=\"" SAML_NS_PROTOCOL "\"><md:KeyDescriptor use=\"signing\">"
		"<ds:KeyInfo xmlns:ds=\"" FORGE_DS "\"><ds:X509Data><ds:X509Certificate>" STR_FMT "</ds:X509Certificate></ds:X509Data>"
		"</ds:KeyInfo></md:KeyDescriptor><md:SingleLogoutService Binding=\"" REDIRECT "\" Location=\"https://compte.example/saml/slo\"/>"
		"<md:SingleSignOnService Binding=\"" REDIRECT "\" Location=\"https://compte.example/saml/sso\"/><md:SingleSignOnService"
		" Binding=\"" SAML_BINDING_POST "\" Location=\"https://compte.example/saml/sso\"/></md:IDPSSODescriptor></md:EntityDescriptor>",
		STR_ARG(forge_base64(a, certificate))).p;
}

static LassoServer *server_of(const char *mine, const char *key, const char *pem, LassoProviderRole role, const char *theirs)
{
	LassoServer *s = lasso_server_new_from_buffers(mine, key, NULL, pem);

	assert_non_null(s);
	s->signature_method = LASSO_SIGNATURE_METHOD_RSA_SHA256;
	assert_int_equal(lasso_server_add_provider_from_buffer(s, role, theirs, NULL, NULL), 0);
	return s;
}

static int setup(void **state)
{
	(void)state;
	a = arena_create(FORGE_ARENA);
	EVP_PKEY *key = forge_rsa(2048);
	certificate = forge_certificate(a, key);
	const char *pem = arena_printf(a, "-----BEGIN CERTIFICATE-----\n" STR_FMT "\n-----END CERTIFICATE-----\n",
		STR_ARG(forge_base64(a, certificate))).p;
	const char *sp_metadata = arena_c(a, forge_metadata(a, key)), *private = key_pem(key);

	/* lasso first: the reader then takes xmlsec's algorithms away from both. */
	if (lasso_init() != 0 || failed(reader_saml_create(&reader)))
		return -1;
	sp = server_of(sp_metadata, private, pem, LASSO_PROVIDER_ROLE_IDP, idp_metadata());
	idp = server_of(idp_metadata(), private, pem, LASSO_PROVIDER_ROLE_SP, sp_metadata);
	EVP_PKEY_free(key);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	lasso_server_destroy(sp);
	lasso_server_destroy(idp);
	reader_saml_destroy(reader);
	arena_destroy(a);
	return 0;
}

static struct str query_of(const char *url)
{
	assert_non_null(strchr(url, '?'));
	return arena_dup(a, str_from_c(strchr(url, '?') + 1));
}

static struct err ask(enum check_binding binding, struct str message, enum check_want want, struct check_saml_result *ret_result)
{
	struct check_saml q = { binding, message, (1u << SAML_ROOT_COUNT) - 1, want, { &certificate, 1 } };

	return reader_check_saml(reader, a, &q, ret_result);
}

static LassoLogin *authn_request(LassoHttpMethod method)
{
	LassoLogin *login = lasso_login_new(sp);

	assert_int_equal(lasso_login_init_authn_request(login, IDP, method), 0);
	LASSO_SAMLP2_AUTHN_REQUEST(LASSO_PROFILE(login)->request)->NameIDPolicy->AllowCreate = TRUE;
	LASSO_PROFILE(login)->msg_relayState = g_strdup("https://etat-civil.example/demandes?n=1&x=\xc3\xa9");
	assert_int_equal(lasso_login_build_authn_request_msg(login), 0);
	return login;
}

static void its_requests_are_read(void **state)
{
	struct check_saml_result r;
	LassoLogin *login = authn_request(LASSO_HTTP_METHOD_REDIRECT);
	struct str query = query_of(LASSO_PROFILE(login)->msg_url);

	(void)state;
	assert_false(failed(ask(CHECK_REDIRECT, query, CHECK_WANT_MESSAGE, &r)));
	assert_true(str_eq_c(r.message.head.issuer, SP) && r.signed_by == CHECK_SIGNED_QUERY);
	assert_true(str_eq_c(r.relay_state, "https://etat-civil.example/demandes?n=1&x=\xc3\xa9"));
	assert_string_equal(ask(CHECK_REDIRECT, forge_with(a, query, "RelayState=", "RelayState=x"), CHECK_WANT_MESSAGE, &r).slug, "saml.signature");
	lasso_login_destroy(login);
	login = authn_request(LASSO_HTTP_METHOD_POST);
	assert_false(failed(ask(CHECK_POST, str_from_c(LASSO_PROFILE(login)->msg_body), CHECK_WANT_MESSAGE, &r)));
	assert_true(r.signed_by == CHECK_SIGNED_MESSAGE);
	lasso_login_destroy(login);
}

/* The identity provider's answer to a fresh request. */
static struct str response_body(LassoProfileSignatureHint hint)
{
	LassoLogin *login = lasso_login_new(idp), *request = authn_request(LASSO_HTTP_METHOD_REDIRECT);
	char *query = arena_c(a, query_of(LASSO_PROFILE(request)->msg_url));

	assert_int_equal(lasso_login_process_authn_request_msg(login, query), 0);
	lasso_profile_set_signature_hint(LASSO_PROFILE(login), hint);
	assert_int_equal(lasso_login_validate_request_msg(login, TRUE, FALSE), 0);
	assert_int_equal(lasso_login_build_assertion(login, LASSO_SAML2_AUTHN_CONTEXT_PASSWORD, "2027-01-15T08:00:00Z", NULL,
		"2027-01-15T08:00:00Z", "2027-01-15T08:02:00Z"), 0);
	assert_int_equal(lasso_login_build_authn_response_msg(login), 0);
	struct str body = arena_dup(a, str_from_c(LASSO_PROFILE(login)->msg_body));
	lasso_login_destroy(login);
	lasso_login_destroy(request);
	return body;
}

static void its_responses_are_read(void **state)
{
	struct check_saml_result r;

	(void)state;
	assert_false(failed(ask(CHECK_POST, response_body(LASSO_PROFILE_SIGNATURE_HINT_FORBID), CHECK_WANT_ASSERTION, &r)));
	assert_int_equal(r.signed_by, CHECK_SIGNED_ASSERTION);
	assert_true(str_eq_c(r.message.assertion.issuer, IDP) && r.message.assertion.name_id.value.n > 0);
	assert_true(str_eq_c(r.message.assertion.conditions.restrictions[0].v[0], SP));
	assert_int_equal(r.message.assertion.conditions.not_on_or_after_s, 1800000120);
	assert_false(failed(ask(CHECK_POST, response_body(LASSO_PROFILE_SIGNATURE_HINT_FORCE), CHECK_WANT_MESSAGE, &r)));
	assert_int_equal(r.signed_by, CHECK_SIGNED_MESSAGE | CHECK_SIGNED_ASSERTION);
}

static void its_logout_requests_are_read(void **state)
{
	LassoLogin *login = lasso_login_new(sp);
	LassoLogout *logout = lasso_logout_new(sp);
	struct check_saml_result r;

	(void)state;
	struct str body = response_body(LASSO_PROFILE_SIGNATURE_HINT_FORBID);
	assert_int_equal(lasso_login_process_authn_response_msg(login, arena_c(a, body)), 0);
	assert_int_equal(lasso_login_accept_sso(login), 0);
	char *dump = lasso_session_dump(LASSO_PROFILE(login)->session);
	assert_int_equal(lasso_profile_set_session_from_dump(LASSO_PROFILE(logout), dump), 0);
	g_free(dump);
	assert_int_equal(lasso_logout_init_request(logout, arena_c(a, STR(IDP)), LASSO_HTTP_METHOD_REDIRECT), 0);
	assert_int_equal(lasso_logout_build_request_msg(logout), 0);
	assert_false(failed(ask(CHECK_REDIRECT, query_of(LASSO_PROFILE(logout)->msg_url), CHECK_WANT_MESSAGE, &r)));
	assert_true(r.message.logout.name_id.value.n > 0 && r.message.logout.sessions.n == 1);
	lasso_logout_destroy(logout);
	lasso_login_destroy(login);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_requests_are_read),
		cmocka_unit_test(its_responses_are_read),
		cmocka_unit_test(its_logout_requests_are_read),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
