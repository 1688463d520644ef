/* signer_saml_rig.h - an identity provider's and a service's signer with keys made at start, and
 * requests to which neither has an objection; each test changes one thing. */
#ifndef TESTS_UNIT_SIGNER_SAML_RIG_H
#define TESTS_UNIT_SIGNER_SAML_RIG_H
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include "base/clock.h"
#include "roles/signer/signer.h"
#include "wire/ipc/helper.h"

#define IDP     "https://compte.ville.example/saml/metadata"
#define SP      "https://etat-civil.ville.example/saml/metadata"
#define ACS     "https://etat-civil.ville.example/saml/acs"
#define SECRET  STR("TEST-ONLY-pseudonym-secret-of-some-length")
#define ACCOUNT STR("sixteen bytes..!")
#define PASSWORD_CONTEXT "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
#define BASIC   "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"

/* lasso reads the wall clock for some messages, so the tests' noon is the start of the run. */
static int64_t rig_now;
static int64_t rig_clock(void) { return rig_now; }

struct rig {
	struct arena *arena;
	EVP_PKEY *keys[SIGN_ROLE_COUNT];
	struct str pems[SIGN_ROLE_COUNT], certificates[SIGN_ROLE_COUNT], other_certificate;
	struct signer *signers[SIGN_ROLE_COUNT];
};
static struct rig rig;

static inline struct str rig_text(BIO *bio)
{
	char *p = NULL;
	long n = BIO_get_mem_data(bio, &p);
	struct str text = arena_dup(rig.arena, (struct str){ p, (size_t)n });

	BIO_free(bio);
	return text;
}

static inline struct str rig_pem(EVP_PKEY *k)
{
	BIO *bio = BIO_new(BIO_s_mem());

	PEM_write_bio_PrivateKey(bio, k, NULL, NULL, 0, NULL, NULL);
	return rig_text(bio);
}

static inline struct str rig_certificate(EVP_PKEY *k)
{
	X509 *x = X509_new();
	BIO *bio = BIO_new(BIO_s_mem());

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	X509_set_pubkey(x, k);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)"TEST-ONLY", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509_sign(x, k, EVP_sha256());
	PEM_write_bio_X509(bio, x);
	X509_free(x);
	return rig_text(bio);
}

static inline int rig_make(void **state)
{
	static const char *const entities[SIGN_ROLE_COUNT] = { [SIGN_ROLE_IDP] = IDP, [SIGN_ROLE_SP] = SP };
	EVP_PKEY *other = EVP_RSA_gen(2048);

	(void)state;
	rig_now = clock_wall_s();
	rig.arena = arena_create(1 << 20);
	rig.other_certificate = rig_certificate(other);
	EVP_PKEY_free(other);
	for (enum sign_saml_role role = 0; role < SIGN_ROLE_COUNT; role++) {
		struct str secret = role == SIGN_ROLE_IDP ? SECRET : STR_NONE;

		rig.keys[role] = EVP_RSA_gen(2048);
		rig.pems[role] = rig_pem(rig.keys[role]);
		rig.certificates[role] = rig_certificate(rig.keys[role]);
		struct str published[] = { rig.certificates[role], rig.other_certificate };
		struct err e = signer_create(STR("https://compte.ville.example"), secret, rig_clock, &rig.signers[role]);
		if (!failed(e))
			e = signer_saml_add(rig.signers[role], role, str_from_c(entities[role]), rig.pems[role], arena_concat(rig.arena, published, 2));
		if (failed(e)) {
			print_error("%s\n", e.slug);
			return -1;
		}
	}
	return 0;
}

static inline int rig_free(void **state)
{
	(void)state;
	for (enum sign_saml_role role = 0; role < SIGN_ROLE_COUNT; role++) {
		signer_destroy(rig.signers[role]);
		EVP_PKEY_free(rig.keys[role]);
	}
	arena_destroy(rig.arena);
	return 0;
}

/* As an engine asks: through the frames, both ways. */
static inline struct err rig_ask(enum sign_saml_role role, struct arena *a, uint16_t type, frame_io_fn *fn, const void *message,
	struct sign_saml_message *ret)
{
	char *body = arena_alloc(a, FRAME_MAX), *back = arena_alloc(a, FRAME_MAX);
	struct frame f = { .type = type };
	frame_io_fn *reply_fn = NULL;
	void *reply = NULL;
	size_t n = 0;

	TRY(frame_write_body(fn, message, body, FRAME_MAX, &n));
	f.body = (struct str){ body, n };
	TRY(signer_serve(rig.signers[role], a, &f, &reply_fn, &reply));
	TRY(frame_write_body(reply_fn, reply, back, FRAME_MAX - FRAME_HEAD, &n));
	return frame_read_body((struct str){ back, n }, a, reply_fn, ret);
}

/* ---- what nobody objects to ---- */

static struct str rig_values[] = { STR_INIT("Zoé <d'Été> & \"fils\""), STR_INIT("second") };
static struct sign_saml_attribute rig_attributes[] = {
	{ STR_INIT("given_name"), STR_INIT(BASIC), STR_INIT("Prénom"), rig_values, 2 },
	{ STR_INIT("urn:oid:0.9.2342.19200300.100.1.3"), STR_INIT("urn:oasis:names:tc:SAML:2.0:attrname-format:uri"), STR_INIT("mail"), rig_values + 1, 1 },
};
static struct str rig_sessions[] = { STR_INIT("_session-1") };
static struct str rig_contexts[] = { STR_INIT(PASSWORD_CONTEXT) };
static struct sign_saml_endpoint rig_logout[] = {
	{ SIGN_BINDING_REDIRECT, STR_INIT("https://ville.example/saml/slo") }, { SIGN_BINDING_POST, STR_INIT("https://ville.example/saml/slo-post") },
};
static struct sign_saml_endpoint rig_sso[] = {
	{ SIGN_BINDING_REDIRECT, STR_INIT("https://compte.ville.example/saml/sso") }, { SIGN_BINDING_POST, STR_INIT("https://compte.ville.example/saml/sso") },
};
static struct sign_saml_endpoint rig_acs[] = { { SIGN_BINDING_POST, STR_INIT(ACS) } };
static enum sign_saml_name_id rig_formats[] = { SIGN_NAME_ID_PERSISTENT, SIGN_NAME_ID_TRANSIENT, SIGN_NAME_ID_EMAIL };

static inline struct sign_saml_response rig_response(void)
{
	return (struct sign_saml_response){
		.sign_response = true, .destination = STR(ACS), .in_response_to = STR("_asked"), .issued_at_s = rig_now, .audience = STR(SP),
		.subject = { .kind = SIGN_NAME_ID_PERSISTENT, .who = { ACCOUNT, STR("etat-civil"), STR_NONE }, .name_qualifier = STR(IDP), .sp_name_qualifier = STR(SP) },
		.session_index = STR("_session-1"), .authn_context = STR(PASSWORD_CONTEXT), .not_before_s = rig_now, .expires_at_s = rig_now + 120,
		.authn_instant_s = rig_now - 60, .session_ends_at_s = rig_now + 3600, .attributes = rig_attributes, .attribute_n = 2,
	};
}

static inline struct sign_saml_logout_request rig_logout_request(enum sign_saml_binding binding)
{
	return (struct sign_saml_logout_request){
		.binding = binding, .destination = STR("https://ville.example/saml/slo"), .subject = rig_response().subject,
		.session_indexes = rig_sessions, .session_index_n = 1, .relay_state = STR("r=1&x é"), .issued_at_s = rig_now, .expires_at_s = rig_now + 60,
	};
}

static inline struct sign_saml_logout_response rig_logout_response(enum sign_saml_binding binding)
{
	return (struct sign_saml_logout_response){
		.binding = binding, .destination = STR("https://ville.example/saml/slo"), .in_response_to = STR("_asked"), .issued_at_s = rig_now,
	};
}

static inline struct sign_saml_authn_request rig_authn_request(enum sign_saml_binding binding)
{
	return (struct sign_saml_authn_request){
		.binding = binding, .destination = STR("https://compte.ville.example/saml/sso"), .acs_url = STR(ACS), .force_authn = true,
		.authn_contexts = rig_contexts, .authn_context_n = 1, .relay_state = STR("where"), .issued_at_s = rig_now,
	};
}

static inline struct sign_saml_metadata rig_metadata(enum sign_saml_role role)
{
	bool idp = role == SIGN_ROLE_IDP;

	return (struct sign_saml_metadata){
		.role = role, .sign = true, .want_requests_signed = true, .valid_until_s = rig_now + 86400, .logout = rig_logout, .logout_n = 2,
		.main = idp ? rig_sso : rig_acs, .main_n = idp ? 2 : 1, .name_ids = rig_formats, .name_id_n = 3,
		.organization = STR("Ville d'Été & fils"), .organization_url = STR("https://ville.example/"), .language = STR("fr"),
		.technical_contact = STR("technique@ville.example"),
	};
}
#endif
