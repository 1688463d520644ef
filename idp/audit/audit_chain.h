/* audit_chain.h - a change or a removal in the audit shows.
 *
 * Once a minute, entries that have settled (nothing can come before them any more) are closed as a block:
 * its hash covers the block before and every entry, its text whole. What a sign-in does stays as it is. The
 * last block's hash is also sealed with the engine's key, so that who can write the store alone cannot
 * make another chain; and each engine remembers how far the chain was, so that it cannot be put back under
 * it. What is removed after its year leaves the hash of the block before what is kept.
 * Entries of the last minutes are in no block yet: `upto_s` says how far the proof reaches.
 */
#ifndef IDP_AUDIT_AUDIT_CHAIN_H
#define IDP_AUDIT_AUDIT_CHAIN_H
#include "idp/audit/audit.h"

/* Entries stay for a year (CNIL 2021-122: from six months to one year). */
enum { AUDIT_SETTLED_S = 60, AUDIT_BLOCK_MAX = 5000, AUDIT_KEPT_S = 365 * 86400 };

/* Close the next block; *ret_more: there is enough for another at once. Several engines may try: one does. QUICK */
MUST struct err audit_seal(struct audit *a, struct store *s, const struct seal_keys *k, int64_t now_s, bool *ret_more);
/* At an engine's start: where the chain stands. */
MUST struct err audit_resume(struct audit *a, struct store *s);
/* How far the chain reaches; 0: nothing is in it yet. */
MUST struct err audit_sealed_s(struct store *s, struct arena *arena, int64_t *ret_s);
/* Remove the blocks whose entries are all older than that. */
MUST struct err audit_purge(struct store *s, const struct seal_keys *k, int64_t before_s, int64_t *ret_removed);

struct audit_verdict {
	const char *broken;            /* NULL: unbroken; else what is wrong: "audit.block", "audit.head" … */
	int64_t bad_from_s, bad_upto_s;/* where: of the block in question */
	int64_t blocks, entries;       /* what was followed */
	int64_t from_s, upto_s;        /* from the first kept entry to the last that is in a block; 0: there is none */
	int64_t number;                /* the last block that was followed; to go on from when out of time */
	bool whole;                    /* the end was reached before deadline_ms */
	int64_t doubt_s;               /* since when the seal is another one: a new key, or a chain that was put back; 0: always the same */
	struct str hash;               /* of the last block: kept elsewhere, it shows whether the chain is still the same */
};
/* Follow the chain after that block (0: from the first that is kept). Lives in arena.
 * Errors  BUSY audit.moving (entries are being removed just now), store.* */
MUST struct err audit_verify(const struct audit *audit, struct store *s, const struct seal_keys *k, struct arena *arena, int64_t after,
	int64_t deadline_ms, struct audit_verdict *ret);
#endif
