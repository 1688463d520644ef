/* logout_waiting.h - words of logout that a service has not heard yet, for whoever runs the house. */
#ifndef IDP_SESSION_LOGOUT_WAITING_H
#define IDP_SESSION_LOGOUT_WAITING_H
#include "idp/idp.h"

struct logout_waiting { unsigned char id[ID_BYTES]; struct str client_id, protocol; int64_t created_s, attempts, next_s, expires_s; };
/* The oldest first; *ret_total counts all. Live in a. */
MUST struct err logout_waiting_list(struct store *s, struct arena *a, int64_t now_s, size_t max, struct logout_waiting **ret_v, size_t *ret_n,
	int64_t *ret_total);
/* ABSENT logout.waiting (it was heard meanwhile) */
MUST struct err logout_waiting_load(struct store *s, struct arena *a, const unsigned char id[ID_BYTES], struct logout_waiting *ret);
/* The tick brings it within a second. ABSENT logout.waiting */
MUST struct err logout_waiting_hurry(struct idp *idp, const unsigned char id[ID_BYTES], struct str actor, int64_t now_s);
/* Why a word is given up: the service ends its sessions some other way. */
enum logout_drop { LOGOUT_DROP_CLOSED /* it is no more */, LOGOUT_DROP_TOLD /* it heard otherwise */, LOGOUT_DROP_OTHER, LOGOUT_DROP_COUNT };
extern const char *const logout_drop_words[LOGOUT_DROP_COUNT];    /* "closed", "told", "other" */
/* MALFORMED logout.drop; ABSENT logout.waiting */
MUST struct err logout_waiting_drop(struct idp *idp, const unsigned char id[ID_BYTES], struct str word, struct str actor, int64_t now_s);
#endif
