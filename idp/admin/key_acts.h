/* key_acts.h - changing a key from its page: which step is next, and asking for it. */
#ifndef IDP_ADMIN_KEY_ACTS_H
#define IDP_ADMIN_KEY_ACTS_H
#include "idp/idp.h"

enum key_step { KEY_PUBLISH, KEY_ACTIVATE, KEY_RETIRE };
struct key_change {
	enum rotate_kind kind;
	enum key_step next;
	int64_t wait_s;                /* not before that; 0: at once */
	bool saml;                     /* a certificate of the SAML metadata goes with it */
};
/* One for each kind of key that is published; at most ROTATE_KIND_COUNT. Pure. */
size_t key_changes(const struct sign_keys *keys, int64_t now_s, struct key_change ret_v[ROTATE_KIND_COUNT]);
/* Ask for the next step. Audited before it is asked for; what came of it is audited once the signer holds the keys so.
 * Errors  as engine_rotate(), store.* */
MUST struct err key_change_ask(struct idp *idp, struct arena *a, enum rotate_kind kind, struct str actor, int64_t now_s, int64_t deadline_ms,
	struct rotate_said *ret);
#endif
