/* purge.c - what goes by itself: rows that are over, and entries of the two logs (audit.c) after a year.
 *
 * A log is a chain, and stays one: entries go from its beginning alone, and the hash of the last one that
 * went is where the rest begins. A reading stays as long as the filing that it is of, whatever its age,
 * since the citizen sees it there; what comes after it waits. */
#include "services/kit/kit_impl.h"

enum { LOGS_KEPT_S = 365 * 86400, BATCH = 1000 };      /* CNIL 2021-122: from six months to one year */

static const struct store_expiry expiries[] = { { "kit_memory", "id", "expires_at_s" }, { "kit_mail", "id", "expires_at_s" },
	{ "kit_demande", "number", "expires_at_s" } };

/* kept: the first entry that stays, among those after $1 and up to $2; last: the last of those. */
struct chain { const char *name, *kept, *last, *remove; };
static const struct chain chains[] = {
	{ "audit", "SELECT number FROM kit_audit WHERE number > $1 AND number <= $2 AND at_s >= $3 ORDER BY number LIMIT 1",
	  "SELECT hash FROM kit_audit WHERE number = $1", "DELETE FROM kit_audit WHERE number <= $1" },
	{ "read", "SELECT number FROM kit_read_log WHERE number > $1 AND number <= $2"
	  " AND (at_s >= $3 OR EXISTS (SELECT 1 FROM kit_demande WHERE kit_demande.number = kit_read_log.demande)) ORDER BY number LIMIT 1",
	  "SELECT hash FROM kit_read_log WHERE number = $1", "DELETE FROM kit_read_log WHERE number <= $1" },
};

struct cut { const struct chain *chain; int64_t before_s, removed; };

/* Up to which entry; *ret_last is the head's own number when all may go. */
static MUST struct err last_of(struct store_tx *tx, const struct cut *c, int64_t from, int64_t head, int64_t *ret_last)
{
	int64_t upto = head - from > BATCH ? from + BATCH : head;
	struct store_row row;

	TRY(store_one(tx, c->chain->kept, &row, int_(from), int_(upto), int_(c->before_s)));
	*ret_last = row.found ? row_int(&row, 0) - 1 : upto;
	return NO_ERR;
}

static struct err cut_tx(struct store_tx *tx, void *arg)      /* may run twice */
{
	struct cut *c = arg;
	struct store_row row;
	int64_t from, last = 0, changed = 0;

	c->removed = 0;
	TRY(store_one(tx, "SELECT removed, number FROM kit_chain WHERE name = $1", &row, str_(str_from_c(c->chain->name))));
	from = row_int(&row, 0);
	if (row.found)
		TRY(last_of(tx, c, from, row_int(&row, 1), &last));
	if (last <= from)
		return NO_ERR;
	TRY(store_one(tx, c->chain->last, &row, int_(last)));
	/* It is not there: the chain is broken, and verifying it must go on saying so. */
	ENSURE(row.found, CONFLICT, "kit.chain.hole");
	TRY(store_exec(tx, "UPDATE kit_chain SET removed = $2, removed_hash = $3 WHERE name = $1 AND removed = $4", &changed,
		str_(str_from_c(c->chain->name)), int_(last), str_(row_str(&row, 0)), int_(from)));
	if (!changed)
		return NO_ERR;                  /* another engine is at it */
	TRY(store_exec(tx, c->chain->remove, NULL, int_(last)));
	c->removed = last - from;
	return NO_ERR;
}

struct err kit_purge(struct store *store, int64_t now_s, int64_t *ret_removed)
{
	int64_t removed = 0;

	TRY(store_purge(store, expiries, sizeof expiries / sizeof *expiries, now_s, &removed));
	for (size_t i = 0; i < sizeof chains / sizeof *chains; i++) {
		struct cut cut = { &chains[i], now_s - LOGS_KEPT_S, 0 };

		do {
			TRY(store_tx(store, QUICK, cut_tx, &cut));
			removed += cut.removed;
		} while (cut.removed > 0);
	}
	if (ret_removed)
		*ret_removed = removed;
	return NO_ERR;
}
