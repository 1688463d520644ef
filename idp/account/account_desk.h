/* account_desk.h - what an administrator does with somebody's account: look one up, close it, open it again.
 *
 * One account, by its exact address or id: there is no list and no search by part. Each look is in the
 * audit, whether it found somebody or not.
 */
#ifndef IDP_ACCOUNT_ACCOUNT_DESK_H
#define IDP_ACCOUNT_ACCOUNT_DESK_H
#include "idp/account/account.h"

enum { ACCOUNT_LOOKS_AN_HOUR = 120, ACCOUNT_REASON_MAX = 200 };

/* How many look-ups an administrator may still make with the pages. THROTTLED account.look */
MUST struct err account_look_admit(struct idp *idp, struct str actor, int64_t now_s);
/* Which account it is, without looking into it; that nobody was found is audited.
 * Errors  as account_look() */
MUST struct err account_number(struct idp *idp, struct arena *a, struct str key, struct str actor, int64_t now_s, struct str *ret_id);
/* The account behind an e-mail address or an id in hexadecimal.
 * Errors  ABSENT account.unknown; MALFORMED account.identifier */
MUST struct err account_look(struct idp *idp, struct arena *a, struct str key, struct str actor, int64_t now_s, struct account *ret);
/* The citizen is out everywhere, services told; reads the reason (one line of theirs) at the next sign-in.
 * Errors  MALFORMED account.reason; ABSENT account.unknown */
MUST struct err account_close(struct idp *idp, const unsigned char id[ID_BYTES], struct str reason, struct str actor, int64_t now_s);
MUST struct err account_reopen(struct idp *idp, const unsigned char id[ID_BYTES], struct str actor, int64_t now_s);
#endif
