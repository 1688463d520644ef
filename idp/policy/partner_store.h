/* partner_store.h - partners as rows; only the registry reads them. */
#ifndef IDP_POLICY_PARTNER_STORE_H
#define IDP_POLICY_PARTNER_STORE_H
#include "idp/policy/partner.h"

MUST struct err partner_store_all(struct idp *idp, struct arena *a, struct partner **ret_v, size_t *ret_n, int64_t *ret_version);
MUST struct err partner_store_version(struct store *s, int64_t *ret_version);
#endif
