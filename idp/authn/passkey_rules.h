/* passkey_rules.h - is what a browser says it was asked what we asked? Pure. */
#ifndef IDP_AUTHN_PASSKEY_RULES_H
#define IDP_AUTHN_PASSKEY_RULES_H
#include "base/arena.h"
#include "wire/ipc/passkey.h"

enum { PASSKEY_ORIGINS = 2 };

struct passkey_expect {
	struct str type;                       /* "webauthn.get", "webauthn.create" */
	struct str challenge;                  /* base64url */
	struct str origins[PASSKEY_ORIGINS];   /* the public one, that of the administration pages; empty: none */
};

/* Source  WebAuthn 7.1 (7 to 9), 7.2 (11 to 13)
 * Errors  DENIED passkey.type, passkey.challenge, passkey.origin, passkey.cross_origin */
MUST struct err passkey_verdict(const struct passkey_claims *c, const struct passkey_expect *x);
/* "https://compte.ville.example:8443/x" -> "compte.ville.example"; borrowed. */
struct str passkey_rp_id(struct str url);
#endif
