/* issue.h - from a decision to tokens; token.c and refresh.c share it. */
#ifndef IDP_OIDC_ISSUE_H
#define IDP_OIDC_ISSUE_H
#include "idp/oidc/grant_store.h"
#include "idp/oidc/oidc_idp.h"

/* What a set of tokens says. The access token's text is made first: the ID token holds its hash. */
struct issue {
	const struct partner *partner;
	const unsigned char *grant_id, *session;
	const struct account *account;
	unsigned roles;                /* of an agent, for this partner */
	struct str alias, scope, nonce, acr, amr;
	int64_t auth_time_s;           /* 0: not told */
	bool offline;
	int64_t refresh_n, refresh_expires_s;
	bool with_refresh, tells_auth_time;
};
struct issued { struct oidc_tokens tokens; struct str subject, sid; };

MUST struct err issue_tokens(struct idp *idp, const struct http_req *req, const struct issue *i, struct issued *ret);
struct http_resp *issue_answer(const struct http_req *req, const struct oidc_tokens *t);
/* Without a citizen: client_credentials. */
MUST struct err issue_machine(struct idp *idp, const struct http_req *req, const struct partner *p, struct str scope, struct oidc_tokens *ret);
MUST struct err token_code(struct idp *idp, const struct http_req *req, const struct partner *p, struct oidc_tokens *ret);
MUST struct err token_refresh(struct idp *idp, const struct http_req *req, const struct partner *p, struct oidc_tokens *ret);
#endif
