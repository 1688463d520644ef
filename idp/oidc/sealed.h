/* sealed.h - the values that partners hold: codes, access tokens, refresh tokens.
 *
 * Each kind is sealed for a purpose of its own and has a prefix of its own, so that none opens as
 * another and a leaked one can be found. Only a code's redemption writes a row.
 */
#ifndef IDP_OIDC_SEALED_H
#define IDP_OIDC_SEALED_H
#include "idp/idp.h"

struct oidc_code {
	unsigned char id[ID_BYTES];
	struct str client_id;
	unsigned char redirect_hash[32];       /* SHA-256 of the redirect_uri */
	unsigned char account[ID_BYTES], session[ID_BYTES];
	int64_t auth_time_s, expires_s;
	bool tells_auth_time;                  /* only when asked: the time of a sign-in links services */
	struct str nonce, scope, acr, amr;
	unsigned char challenge[32];
};

struct oidc_access {
	unsigned char id[ID_BYTES];            /* of the grant, or the token's own when machine */
	struct str client_id, scope;
	bool machine;                          /* client_credentials: nobody behind it */
	int64_t issued_s, expires_s;
};

struct oidc_refresh {
	unsigned char id[ID_BYTES];
	struct str client_id;
	int64_t n, expires_s;                  /* the n-th of its family */
	bool tells_auth_time;
};

/* Sealing lives in a; empty when it does not fit. Opening: MALFORMED oidc.sealed for every cause. */
struct str oidc_code_seal(struct idp *idp, struct arena *a, const struct oidc_code *c);
MUST struct err oidc_code_open(struct idp *idp, struct arena *a, struct str text, struct oidc_code *ret);
struct str oidc_access_seal(struct idp *idp, struct arena *a, const struct oidc_access *t);
MUST struct err oidc_access_open(struct idp *idp, struct arena *a, struct str text, struct oidc_access *ret);
struct str oidc_refresh_seal(struct idp *idp, struct arena *a, const struct oidc_refresh *t);
MUST struct err oidc_refresh_open(struct idp *idp, struct arena *a, struct str text, struct oidc_refresh *ret);
#endif
