/* partner_saml_store.h - what a SAML partner's metadata said, as rows; only partner_store.c includes it. */
#ifndef IDP_POLICY_PARTNER_SAML_STORE_H
#define IDP_POLICY_PARTNER_SAML_STORE_H
#include "idp/policy/partner.h"

/* Fills `saml` of those partners that have it; v is sorted by id. */
MUST struct err partner_saml_load_tx(struct store_tx *tx, struct arena *a, struct partner *v, size_t n);
MUST struct err partner_saml_add_tx(struct store_tx *tx, struct str client_id, const struct partner_saml *s);
MUST struct err partner_saml_remove_tx(struct store_tx *tx, struct str client_id);
#endif
