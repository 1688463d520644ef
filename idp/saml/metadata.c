/* metadata.c - who we are, for partners: asked of the signer, which holds the certificates. */
#include "idp/saml/saml_idp.h"
#include "base/clock.h"

struct err saml_metadata_make(struct idp *idp, struct arena *a, int64_t deadline_ms, struct str *ret_xml)
{
	struct str sso = arena_printf(a, STR_FMT "/saml/sso", STR_ARG(idp->set.issuer));
	struct str slo = arena_printf(a, STR_FMT "/saml/slo", STR_ARG(idp->set.issuer));
	struct sign_saml_endpoint main[] = { { SIGN_BINDING_REDIRECT, sso }, { SIGN_BINDING_POST, sso } };
	struct sign_saml_endpoint logout[] = { { SIGN_BINDING_REDIRECT, slo }, { SIGN_BINDING_POST, slo } };
	enum sign_saml_name_id names[] = { SIGN_NAME_ID_PERSISTENT, SIGN_NAME_ID_TRANSIENT, SIGN_NAME_ID_EMAIL };
	/* Served by us over TLS, and fetched by an administrator: no signature, and no end, which would have to be renewed. */
	struct sign_saml_metadata m = { .role = SIGN_ROLE_IDP, .main = main, .main_n = 2, .logout = logout, .logout_n = 2,
		.name_ids = names, .name_id_n = 3, .organization = idp->set.town_name, .organization_url = idp->set.issuer, .language = STR("fr") };
	struct sign_saml_message out = { 0 };

	TRY(engine_call(idp->engine, a, deadline_ms, ROLE_SIGNER, SIGN_SAML_METADATA, ipc_sign_saml_metadata_io, &m,
		ipc_sign_saml_message_io, &out));
	*ret_xml = out.text;
	return NO_ERR;
}
