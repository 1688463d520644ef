/* token_rules.h - what must hold before a code or a refresh token is worth anything. Pure. */
#ifndef IDP_OIDC_TOKEN_RULES_H
#define IDP_OIDC_TOKEN_RULES_H
#include "idp/oidc/sealed.h"
#include "idp/policy/partner.h"

/* DENIED oidc.code.client, .redirect_uri, .verifier: misuse, the code burns; oidc.code.expired: it does not. */
MUST struct err token_code_check(const struct oidc_code *c, const struct partner *p, struct str redirect_uri,
	struct str verifier, int64_t now_s);
/* DENIED oidc.refresh.client, oidc.refresh.expired */
MUST struct err token_refresh_check(const struct oidc_refresh *t, const struct partner *p, int64_t now_s);
/* Asked within granted; empty asks for all of it. DENIED oidc.scope.wider */
MUST struct err token_scope_check(struct str asked, struct str granted);
#endif
