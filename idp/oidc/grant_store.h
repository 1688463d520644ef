/* grant_store.h - redeemed codes and what was issued from them. One read and one write a request. */
#ifndef IDP_OIDC_GRANT_STORE_H
#define IDP_OIDC_GRANT_STORE_H
#include "idp/oidc/sealed.h"
#include "idp/account/account.h"
#include "idp/policy/partner.h"

/* Everything that redeeming a code must know. */
struct code_facts {
	bool known;                    /* the account is still there */
	bool redeemed;                 /* somebody was first */
	bool session_live, joined;     /* joined: the service is a participant already */
	int64_t session_ends_s;
	struct str alias;
	struct account account;
};
MUST struct err grant_code_facts(struct idp *idp, struct arena *a, const struct oidc_code *c, struct str sector, int64_t now_s,
	struct code_facts *ret);

struct grant_new {
	const struct oidc_code *code;
	bool offline, join;
	struct str subject, sid;
	int64_t now_s, expires_s, session_ends_s;
};
/* The claim: exactly one caller succeeds. QUICK. CONFLICT oidc.code.replayed */
MUST struct err grant_redeem(struct idp *idp, const struct grant_new *g);
/* A code that was misused dies, redeemed or not. */
MUST struct err grant_burn(struct idp *idp, const unsigned char id[ID_BYTES], struct str client_id, int64_t now_s, int64_t expires_s);
MUST struct err grant_revoke(struct idp *idp, const unsigned char id[ID_BYTES], int64_t now_s);

/* A grant as it stands, with its citizen. */
struct grant {
	bool found, revoked, offline, session_live;
	struct str client_id, subject, scope, acr, amr;
	unsigned char session[ID_BYTES];
	int64_t auth_time_s, expires_s, refresh_n;
	struct account account;
};
MUST struct err grant_load(struct idp *idp, struct arena *a, const unsigned char id[ID_BYTES], int64_t now_s, struct grant *ret);
/* n -> n + 1, once. CONFLICT oidc.refresh.replayed */
MUST struct err grant_rotate(struct idp *idp, const unsigned char id[ID_BYTES], int64_t n, int64_t expires_s);
#endif
