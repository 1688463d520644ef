/* rotate_rules.h - a change of keys, one step at a time: published, then signing, then the old one removed. Pure. */
#ifndef ROLES_SUPERVISOR_ROTATE_RULES_H
#define ROLES_SUPERVISOR_ROTATE_RULES_H
#include "roles/signer/key_file.h"

/* As long as partners may keep a list of keys, and longer than anything that a key has signed is good for. */
enum { ROTATE_WAIT_S = 86400 };

enum rotate_step {
	ROTATE_PUBLISH,                /* make the next key, which does not sign yet */
	ROTATE_CERTIFY,                /* it lacks its certificate: an earlier step was cut short, or SAML came since */
	ROTATE_ACTIVATE,               /* it signs; the one before stays published */
	ROTATE_RETIRE,                 /* the one before goes */
	ROTATE_TOO_EARLY,
	ROTATE_STEP_COUNT
};

struct rotate_facts {
	const struct key_entry *v; size_t n;    /* of the key's file */
	bool lacks_certificate;                 /* the key that is not current has none, and should */
	bool at_once;                           /* --now: nothing is waited for */
	int64_t now_s;
};
struct rotate_verdict { enum rotate_step step; size_t other /* entry that is not current; n: none */; int64_t again_s; /* TOO_EARLY: when */ };

/* The entry that a change is about: the one to remove before the one to come. n: there is none. */
size_t rotate_other(const struct key_entry *v, size_t n);
struct rotate_verdict rotate_decide(const struct rotate_facts *f);
/* The file after a step that moves, at now_s; fresh: ROTATE_PUBLISH's new key. ret_v has room for KEY_FILE_MAX. */
void rotate_apply(const struct rotate_facts *f, const struct rotate_verdict *d, struct str fresh, struct key_entry *ret_v, size_t *ret_n);
#endif
