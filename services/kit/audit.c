/* audit.c - the audit trail and the read log: two chains of entries that are only appended to.
 *
 * Each entry's hash covers its text and the hash before it; the head stands in kit_chain. A success
 * is part of its own transaction; refusals are counted and written once a second, so that a flood of
 * them costs one row. */
#include "services/kit/kit_impl.h"
#include "base/b64.h"
#include "base/log.h"
#include <stdio.h>

enum { ENTRY_TEXT_MAX = 4096, PURGE_EVERY_S = 60 };

struct link { int64_t number; char hash[64 + 1]; };

/* Every part with its length, so that no two entries have the same text. */
static void entry_hash(struct str before, int64_t number, int64_t at_s, const struct str *parts, size_t n, char ret_hex[65])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char hash[32];
	AUTO(buf_done) struct buf b;

	buf_init(&b, ENTRY_TEXT_MAX);
	buf_add(&b, before);
	buf_addf(&b, "\n%lld %lld", (long long)number, (long long)at_s);
	for (size_t i = 0; i < n; i++) {
		buf_addf(&b, " %zu:", parts[i].n);
		buf_add(&b, parts[i]);
	}
	sha256(buf_str(&b), hash);
	for (size_t i = 0; i < sizeof hash; i++) {
		ret_hex[2 * i] = digits[hash[i] >> 4];
		ret_hex[2 * i + 1] = digits[hash[i] & 15];
	}
	ret_hex[64] = 0;
}

/* The next place of a chain, which stays ours until the transaction ends. */
static MUST struct err chain_next(struct store_tx *tx, struct str chain, int64_t at_s, const struct str *parts, size_t n, struct link *ret_link)
{
	struct store_row row;

	TRY(store_one(tx, "INSERT INTO kit_chain (name, number, hash) VALUES ($1, 1, '')"
		" ON CONFLICT (name) DO UPDATE SET number = kit_chain.number + 1 RETURNING number, hash", &row, str_(chain)));
	ENSURE(row.found, BROKEN, "kit.chain");
	ret_link->number = row_int(&row, 0);
	entry_hash(row_str(&row, 1), ret_link->number, at_s, parts, n, ret_link->hash);
	return store_exec(tx, "UPDATE kit_chain SET hash = $2 WHERE name = $1", NULL, str_(chain), str_(str_from_c(ret_link->hash)));
}

struct err kit_audit_add(struct store_tx *tx, const struct kit_audit_entry *e)
{
	struct str event = str_from_c(e->event), outcome = str_from_c(e->outcome);
	struct str parts[] = { event, outcome, e->actor, e->subject };
	struct link link;

	TRY(chain_next(tx, STR("audit"), e->at_s, parts, 4, &link));
	return store_exec(tx, "INSERT INTO kit_audit (number, at_s, event, outcome, actor, subject, count, hash)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", NULL,
		int_(link.number), int_(e->at_s), str_(event), str_(outcome), str_(e->actor), str_(e->subject), int_(e->count),
		str_(str_from_c(link.hash)));
}

struct err kit_read_log_add(struct store_tx *tx, const struct kit_reading *r)
{
	struct str parts[] = { r->number, r->reader, r->reason };
	struct link link;

	TRY(chain_next(tx, STR("read"), r->at_s, parts, 3, &link));
	return store_exec(tx, "INSERT INTO kit_read_log (number, at_s, demande, reader, reason, hash) VALUES ($1, $2, $3, $4, $5, $6)", NULL,
		int_(link.number), int_(r->at_s), str_(r->number), str_(r->reader), str_(r->reason), str_(str_from_c(link.hash)));
}

struct listing { struct arena *arena; struct kit_reading *v; size_t n, max; };

static struct err listing_row(const struct store_row *row, void *arg)
{
	struct listing *l = arg;

	if (l->n < l->max)
		l->v[l->n++] = (struct kit_reading){ .at_s = row_int(row, 0), .number = arena_dup(l->arena, row_str(row, 1)),
			.reader = arena_dup(l->arena, row_str(row, 2)), .reason = arena_dup(l->arena, row_str(row, 3)) };
	return NO_ERR;
}

struct err kit_read_log_list(struct store_tx *tx, struct arena *a, struct str number, size_t max, struct kit_reading *ret_v, size_t *ret_n,
	int64_t *ret_older)
{
	struct listing l = { a, ret_v, 0, max };
	struct store_row all;

	TRY(store_each(tx, "SELECT at_s, demande, reader, reason FROM kit_read_log WHERE demande = $1 ORDER BY number DESC LIMIT $2",
		listing_row, &l, str_(number), int_(max)));
	*ret_n = l.n;
	*ret_older = 0;
	if (l.n < max)
		return NO_ERR;
	TRY(store_one(tx, "SELECT COUNT(*) FROM kit_read_log WHERE demande = $1", &all, str_(number)));
	*ret_older = row_int(&all, 0) - (int64_t)l.n;
	return NO_ERR;
}

/* ---- refusals, counted ---- */

static void refusal_count(struct kit *k, const char *event, const char *slug, int64_t n)
{
	size_t i = 0;

	pthread_mutex_lock(&k->refusals_lock);
	while (i < REFUSALS_MAX && k->refusals[i].event
	       && (strcmp(k->refusals[i].event, event) != 0 || strcmp(k->refusals[i].slug, slug) != 0))
		i++;
	/* More kinds of refusal in one second than there are places: the last one takes the rest. */
	if (i == REFUSALS_MAX)
		k->refusals[--i].slug = "kit.refusals";
	if (!k->refusals[i].event)
		k->refusals[i] = (struct refusal){ event, slug, 0 };
	k->refusals[i].count += n;
	pthread_mutex_unlock(&k->refusals_lock);
}

void kit_audit_refusal(struct kit *k, const char *event, struct err e)
{
	refusal_count(k, event, e.slug, 1);
}

struct refusals { struct refusal v[REFUSALS_MAX]; int64_t now_s; };

static struct err refusals_tx(struct store_tx *tx, void *arg)
{
	const struct refusals *r = arg;

	for (size_t i = 0; i < REFUSALS_MAX && r->v[i].event; i++) {
		struct kit_audit_entry entry = { r->v[i].event, r->v[i].slug, STR_NONE, STR_NONE, r->v[i].count, r->now_s };

		TRY(kit_audit_add(tx, &entry));
	}
	return NO_ERR;
}

static void refusals_write(struct kit *k, int64_t now_s)
{
	struct refusals r = { .now_s = now_s };

	pthread_mutex_lock(&k->refusals_lock);
	memcpy(r.v, k->refusals, sizeof r.v);
	memset(k->refusals, 0, sizeof k->refusals);
	pthread_mutex_unlock(&k->refusals_lock);
	if (!r.v[0].event)
		return;
	struct err e = store_tx(k->store, QUICK, refusals_tx, &r);
	for (size_t i = 0; failed(e) && i < REFUSALS_MAX && r.v[i].event; i++)
		refusal_count(k, r.v[i].event, r.v[i].slug, r.v[i].count);
}

void kit_tick(void *kit, int64_t now_s)
{
	struct kit *k = kit;

	refusals_write(k, now_s);
	kit_mail_deliver(k, now_s);
	/* A clock that was set back must not stop the purge until it has caught up. */
	if (now_s >= k->purged_at_s && now_s - k->purged_at_s < PURGE_EVERY_S)
		return;
	k->purged_at_s = now_s;
	struct err e = kit_purge(k->store, now_s, NULL);
	if (failed(e))
		log_line("kit.purge", log_c("slug", e.slug));
}

/* ---- verifying ---- */

struct walk { char hash[65]; int64_t number, removed, bad; size_t part_n; };

static struct err walk_row(const struct store_row *row, void *arg)
{
	struct walk *w = arg;
	struct str parts[4];
	char hash[65];

	for (size_t i = 0; i < w->part_n; i++)
		parts[i] = row_str(row, 3 + i);
	w->number++;
	entry_hash(str_from_c(w->hash), w->number, row_int(row, 1), parts, w->part_n, hash);
	if (!w->bad && (row_int(row, 0) != w->number || !str_eq_c(row_str(row, 2), hash)))
		w->bad = w->number;
	memcpy(w->hash, hash, sizeof hash);
	return NO_ERR;
}

static MUST struct err chain_walk(struct store_tx *tx, const char *sql, struct str chain, size_t part_n, struct walk *w)
{
	struct store_row head;

	*w = (struct walk){ .part_n = part_n };
	TRY(store_one(tx, "SELECT number, hash, removed, removed_hash FROM kit_chain WHERE name = $1", &head, str_(chain)));
	/* It begins after what the purge has removed. */
	w->number = w->removed = row_int(&head, 2);
	snprintf(w->hash, sizeof w->hash, STR_FMT, STR_ARG(row_str(&head, 3)));
	TRY(store_each(tx, sql, walk_row, w));
	/* Entries cut off at the end show in the head. */
	if (!w->bad && (head.found ? row_int(&head, 0) != w->number || !str_eq_c(row_str(&head, 1), w->hash) : w->number != 0))
		w->bad = w->number + 1;
	return NO_ERR;
}

struct verify { struct walk audit, read; };

static struct err verify_tx(struct store_tx *tx, void *arg)
{
	struct verify *v = arg;

	TRY(chain_walk(tx, "SELECT number, at_s, hash, event, outcome, actor, subject FROM kit_audit ORDER BY number", STR("audit"), 4, &v->audit));
	return chain_walk(tx, "SELECT number, at_s, hash, demande, reader, reason FROM kit_read_log ORDER BY number", STR("read"), 3, &v->read);
}

struct err kit_chain_verify(struct store *store, struct arena *a, struct str *ret_report)
{
	struct verify v;

	TRY(store_read(store, verify_tx, &v));
	ENSURE(!v.audit.bad, CONFLICT, "kit.audit.broken");
	ENSURE(!v.read.bad, CONFLICT, "kit.read_log.broken");
	*ret_report = arena_printf(a, "audit: %lld entries, read log: %lld entries, unbroken\n",
		(long long)(v.audit.number - v.audit.removed), (long long)(v.read.number - v.read.removed));
	return NO_ERR;
}
