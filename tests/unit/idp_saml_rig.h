/* idp_saml_rig.h - an identity provider that speaks SAML, two services that trust it, and the messages that
 * they send: what test_idp_saml.c and test_idp_saml_logout.c have in common.
 */
#ifndef TESTS_UNIT_IDP_SAML_RIG_H
#define TESTS_UNIT_IDP_SAML_RIG_H
#include "tests/unit/idp_world.h"
#include "base/b64.h"
#include "base/clock.h"
#include "idp/admin/ctl.h"
#include "idp/saml/saml_idp.h"
#include "roles/reader/reader.h"
#include "roles/signer/signer.h"
#include "tests/unit/saml_forge.h"
#include <openssl/pem.h>
#include <openssl/x509.h>

#define SP "https://etat-civil.ville.test/saml/metadata"
#define ACS "https://etat-civil.ville.test/saml/acs"
#define SLO "https://etat-civil.ville.test/saml/slo"
#define OPEN_SP "https://ouvert.ville.test/metadata"
#define OPEN_ACS "https://ouvert.ville.test/acs"
#define RSA256 "rsa-sha256"
#define UNTIL "2027-03-01T00:00:00Z"
#define NOON_TEXT "2027-01-15T08:00:00Z"
#define RIG static __attribute__((unused))
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, world_teardown)

/* used: whoever needs one of them does not lose the others. */
static EVP_PKEY *sp_key __attribute__((used)), *other_key __attribute__((used)), *idp_key __attribute__((used));
static struct str idp_certificate;

RIG struct str pem_of(struct world *w, EVP_PKEY *key, bool certificate)
{
	struct str der = forge_certificate(w->a, key), out;
	const unsigned char *p = (const unsigned char *)der.p;
	X509 *x = d2i_X509(NULL, &p, (long)der.n);
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;

	assert_int_equal(certificate ? PEM_write_bio_X509(bio, x) : PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
	long n = BIO_get_mem_data(bio, &text);
	out = arena_dup(w->a, (struct str){ text, (size_t)n });
	BIO_free(bio);
	X509_free(x);
	return out;
}

RIG struct str metadata(struct world *w, const char *sp, const char *base, bool signs, const char *until)
{
	struct str der = forge_certificate(w->a, sp_key), key = b64_encode(w->a, der.p, der.n);

	return fmt(w, "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"%s\"%s%s%s>"
		"<md:SPSSODescriptor AuthnRequestsSigned=\"%s\" protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">"
		"<md:KeyDescriptor use=\"signing\"><ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:X509Data><ds:X509Certificate>"
		STR_FMT "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
		"<md:SingleLogoutService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" Location=\"%s/slo\" ResponseLocation=\"%s/slo-done\"/>"
		"<md:AssertionConsumerService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" Location=\"%s/acs\" index=\"0\" isDefault=\"true\"/>"
		"<md:AssertionConsumerService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact\" Location=\"%s/art\" index=\"1\"/>"
		"<md:AssertionConsumerService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" Location=\"%s/acs2\" index=\"2\"/>"
		"</md:SPSSODescriptor></md:EntityDescriptor>", sp, until ? " validUntil=\"" : "", until ? until : "", until ? "\"" : "",
		signs ? "true" : "false", STR_ARG(key), base, base, base, base, base);
}

RIG uint32_t add(struct world *w, struct str xml, const char *more, struct str *ret_out, struct str *ret_err)
{
	struct str argv[64], rest = str_from_c(more), word;
	size_t n = 0;

	for (const char *const *p = (const char *const[]){ "partner", "add", "saml", "--metadata", "sp.xml", NULL }; *p; p++)
		argv[n++] = str_from_c(*p);
	while (str_split(&rest, ' ', &word))
		if (word.n)
			argv[n++] = word;
	return ctl_run(w->idp, w->a, argv, n, true, STR("test"), xml, ret_out, ret_err);
}

/* A world that is there already learns SAML, and two services. */
RIG void speak_saml(struct world *w)
{
	struct str out, err;
	struct err e;

	if (!sp_key) {
		sp_key = forge_rsa(2048);
		other_key = forge_rsa(2048);
		idp_key = forge_rsa(2048);
	}
	idp_certificate = pem_of(w, idp_key, true);
	e = signer_saml_add(w->signer, SIGN_ROLE_IDP, STR(ISSUER "/saml/metadata"), pem_of(w, idp_key, false), idp_certificate);
	assert_false(failed(e));
	e = reader_enable_saml(w->reader);
	assert_false(failed(e));
	w->idp->set.saml = true;
	w->idp->set.saml_entity = STR(ISSUER "/saml/metadata");
	w->idp->protocols[w->idp->protocol_n++] = saml_protocol();
	if (add(w, metadata(w, SP, "https://etat-civil.ville.test/saml", true, UNTIL),
		"--name Actes --attributes family_name,given_name=urn:oid:2.5.4.42,birthdate --sign-response", &out, &err))
		fail_msg(STR_FMT, STR_ARG(err));
	if (add(w, metadata(w, OPEN_SP, "https://ouvert.ville.test", false, NULL), "--name Ouvert --name-id transient --release none", &out, &err))
		fail_msg(STR_FMT, STR_ARG(err));
}

RIG int setup(void **state)
{
	if (world_setup(state))
		return -1;
	speak_saml(*state);
	return 0;
}

/* ---- requests ---- */

RIG struct str authn(struct world *w, const char *id)
{
	return fmt(w, "<samlp:AuthnRequest " FORGE_P " AssertionConsumerServiceURL=\"" ACS "\" Destination=\"" ISSUER "/saml/sso\""
		" ID=\"%s\" IssueInstant=\"" STR_FMT "\" ProtocolBinding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" Version=\"2.0\">"
		"<saml:Issuer " FORGE_A ">" SP "</saml:Issuer><samlp:NameIDPolicy AllowCreate=\"true\" Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\">"
		"</samlp:NameIDPolicy></samlp:AuthnRequest>", id, STR_ARG(time_format_utc(w->a, w->now_s)));
}

RIG struct http_resp *redirect(struct world *w, struct browser *b, const char *path, struct str query)
{
	return world_get(w, b, arena_c(w->a, fmt(w, "%s?" STR_FMT, path, STR_ARG(query))));
}

RIG struct http_resp *sso(struct world *w, struct browser *b, struct str xml)
{
	return redirect(w, b, "/saml/sso", forge_query(w->a, "SAMLRequest", xml, "etat 1/2", sp_key, RSA256));
}

RIG struct http_resp *follow(struct world *w, struct browser *b, struct http_resp *r)
{
	for (int i = 0; i < 4 && r->status == 303 && str_starts(header(r, "location"), STR("/")); i++)
		r = world_get(w, b, arena_c(w->a, header(r, "location")));
	return r;
}

/* Through sign-in and notice, whatever of them is asked. */
RIG struct http_resp *through(struct world *w, struct browser *b, struct http_resp *r)
{
	struct str flow;

	r = follow(w, b, r);
	if (r->status == 200 && body_has(r, "mot-de-passe"))
		r = follow(w, b, sign_in(w, b, r, EMAIL, PASSWORD));
	if (r->status == 200 && body_has(r, "action=\"/information\"")) {
		flow = hidden(w, r, "flow");
		r = follow(w, b, world_post(w, b, "/information", fmt(w, "flow=" STR_FMT "&reponse=continuer", STR_ARG(flow))));
	}
	return r;
}

RIG struct check_saml_result read_back(struct world *w, const struct http_resp *r, enum check_want want)
{
	struct check_saml q = { CHECK_POST, hidden(w, r, "SAMLResponse"), SAML_ROOT(SAML_RESPONSE), want, { &idp_certificate, 1 } };
	struct check_saml_result got = { 0 };
	struct err e = engine_call(w->idp->engine, w->a, clock_mono_ms() + 5000, ROLE_READER, CHECK_SAML, ipc_check_saml_io, &q,
		ipc_check_saml_result_io, &got);

	if (failed(e))
		fail_msg("%s: %d " STR_FMT, e.slug, r->status, STR_ARG(r->body));
	return got;
}

RIG void refused_here(struct world *w, const char *name, const struct http_resp *r, const char *slug)
{
	if (r->status != 400 || !failed(r->outcome) || strcmp(r->outcome.slug, slug) != 0 || body_has(r, "name=\"SAMLResponse\"") || header(r, "location").n)
		fail_msg("%s: %d %s, not %s", name, r->status, failed(r->outcome) ? r->outcome.slug : "accepted", slug);
	assert_true(count_audit(w, "saml.idp.refuse", slug) >= 1);
}

RIG void refused_there(struct world *w, const char *name, const struct http_resp *r, const char *status)
{
	struct check_saml_result got;
	struct str want = fmt(w, "urn:oasis:names:tc:SAML:2.0:status:%s", status);

	if (r->status != 200 || !body_has(r, "name=\"SAMLResponse\""))
		fail_msg("%s: %d %s", name, r->status, r->outcome.slug ? r->outcome.slug : "");
	got = read_back(w, r, CHECK_WANT_MESSAGE);
	if (!str_eq(got.message.status.subcode, want) || got.message.has_assertion)
		fail_msg("%s: " STR_FMT, name, STR_ARG(got.message.status.subcode));
	assert_true(str_eq(got.message.head.in_response_to, STR("_r1")));
}

RIG void nothing_was_issued(struct world *w)
{
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM saml_request"), 0);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM participant"), 0);
}

/* ---- leaving ---- */

/* Another request each time. */
RIG struct str leave(struct world *w, struct str name, struct str index)
{
	static unsigned n;

	return fmt(w, "<samlp:LogoutRequest " FORGE_P " Destination=\"" ISSUER "/saml/slo\" ID=\"_l1-%u\" IssueInstant=\"" STR_FMT "\""
		" Version=\"2.0\"><saml:Issuer " FORGE_A ">" SP "</saml:Issuer><saml:NameID " FORGE_A ">" STR_FMT "</saml:NameID><samlp:SessionIndex>" STR_FMT
		"</samlp:SessionIndex></samlp:LogoutRequest>", ++n, STR_ARG(time_format_utc(w->a, w->now_s)), STR_ARG(name), STR_ARG(index));
}

RIG struct str logout_answer(struct world *w, const struct http_resp *r)
{
	struct str url = header(r, "location");
	struct check_saml q = { CHECK_REDIRECT, str_slice(url, str_index(url, '?') + 1, url.n), SAML_ROOT(SAML_LOGOUT_RESPONSE),
		CHECK_WANT_MESSAGE, { &idp_certificate, 1 } };
	struct check_saml_result got = { 0 };
	struct err e;

	if (r->status != 303 || !str_starts(url, STR(SLO "-done?")))
		fail_msg("%d %s " STR_FMT, r->status, r->outcome.slug ? r->outcome.slug : "", STR_ARG(url));
	e = engine_call(w->idp->engine, w->a, clock_mono_ms() + 5000, ROLE_READER, CHECK_SAML, ipc_check_saml_io, &q, ipc_check_saml_result_io, &got);
	assert_false(failed(e));
	assert_true(str_starts(got.message.head.in_response_to, STR("_l1-")) && str_eq(got.relay_state, STR("adieu")));
	return got.message.status.subcode.n ? got.message.status.subcode : got.message.status.code;
}

/* The way through the page's own form. */
RIG struct http_resp *leave_here(struct world *w, struct browser *b)
{
	struct str csrf = hidden(w, world_get(w, b, "/mon-compte"), "csrf");

	return world_post(w, b, "/deconnexion", fmt(w, "csrf=" STR_FMT "&reponse=continuer", STR_ARG(escaped(w, csrf))));
}

RIG struct http_resp *sign_in_both(struct world *w, struct browser *b)
{
	static int serial;
	struct str xml = forge_with(w->a, forge_with(w->a, authn(w, arena_c(w->a, fmt(w, "_o%d", ++serial))), ACS "\"", OPEN_ACS "\""), SP "<", OPEN_SP "<");

	xml = forge_with(w->a, xml, "format:persistent", "format:transient");
	assert_true(body_has(through(w, b, redirect(w, b, "/saml/sso", forge_query(w->a, "SAMLRequest", xml, NULL, NULL, NULL))), "SAMLResponse"));
	return through(w, b, sso(w, b, authn(w, arena_c(w->a, fmt(w, "_s%d", serial)))));
}

RIG struct check_saml_result logout_request(struct world *w, const struct http_resp *r, const char *to)
{
	struct str url = header(r, "location");
	struct check_saml q = { CHECK_REDIRECT, str_slice(url, str_index(url, '?') + 1, url.n), SAML_ROOT(SAML_LOGOUT_REQUEST),
		CHECK_WANT_MESSAGE, { &idp_certificate, 1 } };
	struct check_saml_result got = { 0 };
	struct err e;

	if (r->status != 303 || !str_starts(url, str_from_c(to)))
		fail_msg("%d %s " STR_FMT, r->status, r->outcome.slug ? r->outcome.slug : "", STR_ARG(url));
	e = engine_call(w->idp->engine, w->a, clock_mono_ms() + 5000, ROLE_READER, CHECK_SAML, ipc_check_saml_io, &q, ipc_check_saml_result_io, &got);
	assert_false(failed(e));
	return got;
}

RIG struct str done(struct world *w, struct str in_response_to, const char *status)
{
	return fmt(w, "<samlp:LogoutResponse " FORGE_P " Destination=\"" ISSUER "/saml/slo\" ID=\"_d1\" InResponseTo=\"" STR_FMT "\" IssueInstant=\""
		STR_FMT "\" Version=\"2.0\"><saml:Issuer " FORGE_A ">" SP "</saml:Issuer><samlp:Status><samlp:StatusCode"
		" Value=\"urn:oasis:names:tc:SAML:2.0:status:%s\"></samlp:StatusCode></samlp:Status></samlp:LogoutResponse>", STR_ARG(in_response_to),
		STR_ARG(time_format_utc(w->a, w->now_s)), status);
}
#endif
