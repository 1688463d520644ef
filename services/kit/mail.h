/* mail.h - messages to citizens: queued together with what they tell of, delivered by the mail courier.
 *
 * kit_mail_add() belongs inside the transaction that files something, with the filing's number as id:
 * what is filed once is queued once, and what was rolled back is never announced. The tick delivers,
 * outside any transaction: one conditional claim for each attempt moves the next attempt ahead, the
 * courier is asked, the outcome is marked. A store that refuses the mark holds the queue up until it
 * takes it. So a message is delivered twice only when the engine, the courier or the machine dies
 * between the delivery and its mark, or when the courier's answer comes after its deadline: then it is
 * tried again, since a message that comes twice harms less than one that never comes.
 *
 * An attempt that may do better later (BUSY, BROKEN) is made again after 1 min, 5 min, 30 min, 2 h and
 * then every 6 h; two days after the filing the message is dropped. What the courier or the server
 * refuses (MALFORMED, DENIED) is dropped at once. Every drop is an entry of the audit ("mail.dropped").
 * Address and text are erased at the end, and the row that says how it ended goes a month later.
 */
#ifndef SERVICES_KIT_MAIL_H
#define SERVICES_KIT_MAIL_H
#include "base/store.h"

struct kit;

struct kit_mail {
	struct str id;                 /* of what it tells of; one message each, below KIT_MAIL_ID_MAX bytes */
	struct str to;                 /* one address, as typed and checked */
	struct str subject, text;      /* UTF-8; lines of text end in LF */
	int64_t queued_at_s;
};
enum { KIT_MAIL_ID_MAX = 64 };

/* Is there a courier for mail (mail_folder or mail_smtp)? Without one, queue nothing and promise nothing. */
bool kit_mail_is_on(const struct kit *k);

/* Queue m, unless its id was queued before. Owner: m is borrowed.
 * Errors  BROKEN kit.mail.id; BUSY or BROKEN store.* */
MUST struct err kit_mail_add(struct store_tx *tx, const struct kit_mail *m);

/* May a page say that this message was sent? Not when there is none, nor when it was dropped. */
MUST struct err kit_mail_is_promised(struct store_tx *tx, struct str id, bool *ret_promised);

/* How many wait for delivery. */
MUST struct err kit_mail_waiting(struct store *st, int64_t *ret_n);

/* Those that wait, oldest first: number of the filing, since when, attempts, next one; a line each. */
MUST struct err kit_mail_list(struct store *st, struct arena *a, bool json, struct buf *out);
/* Try it at the next tick; or never, erased. With the audit entry. DURABLE. ABSENT kit.mail.absent: it does not wait */
MUST struct err kit_mail_retry(struct store *st, struct str id, struct str actor, int64_t now_s);
MUST struct err kit_mail_drop(struct store *st, struct str id, struct str actor, int64_t now_s);

/* Seconds between an attempt and the next one; attempts: how many there were, 1 after the first. */
int64_t kit_mail_wait_s(int64_t attempts);

/* Append text with lines of at most 72 characters, broken at ordinary blanks; a longer word (an
 * address of a page) stays whole. Ends in LF. */
void kit_mail_wrap(struct buf *out, struct str text);
#endif
