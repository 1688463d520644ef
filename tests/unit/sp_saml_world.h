/* sp_saml_world.h - a service that trusts its identity provider by SAML through libguichet-sp: the real signer writes
 * for both sides, the real reader checks, the network is one metadata document, what is remembered lies in an array.
 * Time stands at NOON unless a call says otherwise.
 */
#ifndef TESTS_UNIT_SP_SAML_WORLD_H
#define TESTS_UNIT_SP_SAML_WORLD_H
#include "tests/unit/sp_world.h"
#include "roles/reader/reader.h"
#include "roles/signer/signer.h"
#include "tests/unit/saml_forge.h"

#define IDP     ISSUER "/saml/metadata"
#define HERE    "https://etat-civil.ville.example"
#define ENTITY  HERE "/saml/metadata"
#define ACS     HERE "/retour"
#define SLO     HERE "/saml/slo"
#define SUBJECT "pseudonym-of-jeanne"
#define SESSION "session-1"
#define PASSWORD_CONTEXT "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"

struct saml_world {
	struct arena *a;
	struct signer *idp, *service;
	struct world memory;                       /* its entries */
	struct sp_config config;
	struct sp_hooks hooks;
	struct sp *sp;
	struct sp_scope *s;
	struct str metadata;                       /* what the identity provider publishes */
	bool down, reader_down;
	int fetches, checks;
	struct sp_login login;                     /* under way */
	char state[64], request_id[64];
	struct sign_saml_response answer;          /* the Response that holds, for tests to change */
};

extern EVP_PKEY *idp_key, *other_key;

int saml_setup(void **state);
int saml_teardown(void **state);
void saml_again(struct saml_world *w);             /* the service with its present configuration and hooks, anew */

struct signer *saml_signer(struct saml_world *w, enum sign_saml_role role, const char *entity, EVP_PKEY *key);     /* at NOON */
struct signer *saml_signer_at(struct saml_world *w, enum sign_saml_role role, const char *entity, EVP_PKEY *key, int64_t (*now_s)(void));
struct str saml_key_pem(struct saml_world *w, EVP_PKEY *key);
struct str saml_certificate_pem(struct saml_world *w, EVP_PKEY *key);
struct str saml_metadata_of(struct saml_world *w, struct signer *idp, int64_t valid_until_s);
/* One question to a signer, as over its socket. */
struct sign_saml_message saml_written(struct saml_world *w, struct signer *s, uint16_t type, frame_io_fn *put, const void *message);

/* A sign-in under way; w->answer fits it. */
void saml_start_with(struct saml_world *w, struct sp_login_options o);
void saml_start(struct saml_world *w);
/* The form with that message and RelayState (NULL: none). */
const char *saml_form(struct saml_world *w, const char *field, struct str xml, const char *relay_state);
struct str saml_answer_xml(struct saml_world *w);
struct sp_result saml_finish_xml(struct saml_world *w, struct str xml, int64_t now_s, struct sp_identity *ret);
struct sp_result saml_finish(struct saml_world *w, struct sp_identity *ret);
/* Forged XML with the present request's identifier, dates and addresses: an assertion, and a Response around it. */
struct str saml_forged_assertion(struct saml_world *w);
struct str saml_forged_response(struct saml_world *w, struct str assertion);
#endif
