/* audit_chain.c - see audit_chain.h. */
#include "idp/audit/audit_chain.h"
#include "base/clock.h"
#include <stdio.h>

enum { ENTRY_TEXT_MAX = 1 << 20, BLOCKS_A_READ = 100, REMOVED_AT_ONCE = 1000, HEX = 64, UPTO_MAX = 40 };

/* What is sealed: whoever can write the store alone cannot write this. */
struct seal_text { int64_t number, base, doubt_s; struct str hash; };

static void seal_text_io(struct frame_io *io, void *m)
{
	struct seal_text *t = m;

	io_i64(io, &t->number);
	io_i64(io, &t->base);
	io_i64(io, &t->doubt_s);
	io_str(io, &t->hash);
}

struct block { int64_t number; struct str upto; int64_t entries; struct str hash; };
struct head { int64_t number, base; struct str seal; struct block last; };

/* ---- hashing ---- */

struct chain { char hash[HEX + 1]; int64_t entries; struct str last_id; struct arena *arena; /* of last_id; NULL: not wanted */ };

static void chain_begin(struct chain *c, struct arena *a, struct str hash)
{
	*c = (struct chain){ .arena = a };
	if (hash.n == HEX)
		memcpy(c->hash, hash.p, HEX);
}

/* Every part with its length, so that no two entries have the same text. */
static struct err chain_row(const struct store_row *row, void *arg)
{
	static const char digits[] = "0123456789abcdef";
	struct chain *c = arg;
	unsigned char hash[32];
	AUTO(buf_done) struct buf b = { .max = ENTRY_TEXT_MAX };

	buf_add_c(&b, c->hash);
	buf_addf(&b, "\n%lld %lld", (long long)row_int(row, 1), (long long)row_int(row, 2));
	for (size_t i = 0; i < 6; i++) {
		struct str part = row_str(row, i ? i + 2 : 0);

		buf_addf(&b, " %zu:", part.n);
		buf_add(&b, part);
	}
	TRY(buf_err(&b));
	sha256(buf_str(&b), hash);
	for (size_t i = 0; i < sizeof hash; i++) {
		c->hash[2 * i] = digits[hash[i] >> 4];
		c->hash[2 * i + 1] = digits[hash[i] & 15];
	}
	c->entries++;
	if (c->arena)
		c->last_id = arena_dup(c->arena, row_str(row, 0));
	return NO_ERR;
}

#define ENTRIES "SELECT id, at_s, n, event, reason, request, client_id, actor FROM audit WHERE id > $1 AND id "

/* ---- the head ---- */

static void read_block(struct arena *a, const struct store_row *row, size_t col, struct block *ret)
{
	*ret = (struct block){ row_int(row, col), arena_dup(a, row_str(row, col + 1)), row_int(row, col + 2), arena_dup(a, row_str(row, col + 3)) };
}

static MUST struct err head_load(struct store_tx *tx, struct arena *a, struct head *ret)
{
	struct store_row row;

	TRY(store_one(tx, "SELECT h.number, h.base, h.seal, s.number, s.upto, s.entries, s.hash FROM audit_head h"
		" JOIN audit_seal s ON s.number = h.number WHERE h.name = 'audit'", &row));
	ENSURE(row.found, CONFLICT, "audit.head");
	*ret = (struct head){ row_int(&row, 0), row_int(&row, 1), arena_dup(a, row_str(&row, 2)), { 0 } };
	read_block(a, &row, 3, &ret->last);
	return NO_ERR;
}

/* Sealed by us, and the same as what stands beside it. */
static bool head_holds(struct arena *a, const struct seal_keys *k, const struct head *h, struct seal_text *ret)
{
	*ret = (struct seal_text){ 0 };
	if (h->number == 0 && !h->seal.n)
		return true;
	return !failed(unseal(a, k, STR("audit"), h->seal, seal_text_io, ret)) && ret->number == h->number && ret->base == h->base
		&& str_eq(ret->hash, h->last.hash);
}

static MUST struct err head_seal(struct arena *a, const struct seal_keys *k, const struct head *h, bool was_put_back, int64_t number,
	int64_t base, struct str hash, int64_t now_s, struct str *ret_text)
{
	struct seal_text t;

	/* The key file was replaced, or somebody else wrote the head: the chain goes on, and says so for ever. */
	if ((!head_holds(a, k, h, &t) || was_put_back) && !t.doubt_s)
		t.doubt_s = now_s;
	t.number = number;
	t.base = base;
	t.hash = hash;
	return seal(a, k, STR("audit"), seal_text_io, &t, ret_text);
}

static int64_t hex_of(struct str digits)
{
	int64_t n = 0;

	for (size_t i = 0; i < digits.n; i++)
		n = n * 16 + (digits.p[i] <= '9' ? digits.p[i] - '0' : digits.p[i] - 'a' + 10);
	return n;
}

static int64_t second_of(struct str id)
{
	return hex_of(str_slice(id, 0, 12));
}

/* ---- closing a block ---- */

struct sealing { struct arena *a; struct str before_id; struct head head; struct chain chain; struct str text; int64_t now_s; bool mine; };

static MUST struct err collect_tx(struct store_tx *tx, void *arg)
{
	struct sealing *s = arg;

	TRY(head_load(tx, s->a, &s->head));
	chain_begin(&s->chain, s->a, s->head.last.hash);
	return store_each(tx, ENTRIES "< $2 ORDER BY id LIMIT $3", chain_row, &s->chain, str_(s->head.last.upto), str_(s->before_id),
		int_(AUDIT_BLOCK_MAX));
}

static MUST struct err close_tx(struct store_tx *tx, void *arg)
{
	struct sealing *s = arg;
	int64_t changed = 0;

	TRY(store_exec(tx, "UPDATE audit_head SET number = $1, seal = $2 WHERE name = 'audit' AND number = $3 AND base = $4", &changed,
		int_(s->head.number + 1), str_(s->text), int_(s->head.number), int_(s->head.base)));
	s->mine = changed == 1;
	return s->mine ? store_exec(tx, "INSERT INTO audit_seal (number, upto, entries, hash, sealed_s) VALUES ($1, $2, $3, $4, $5)", NULL,
		int_(s->head.number + 1), str_(s->chain.last_id), int_(s->chain.entries), str_(str_from_c(s->chain.hash)), int_(s->now_s)) : NO_ERR;
}

struct err audit_seal(struct audit *audit, struct store *store, const struct seal_keys *k, int64_t now_s, bool *ret_more)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(8 << 20);
	struct sealing s = { .a = a, .now_s = now_s, .before_id = audit_id_before(a, now_s - AUDIT_SETTLED_S) };
	bool was_put_back;

	*ret_more = false;
	audit_settle(audit, now_s);
	TRY(store_read(store, collect_tx, &s));
	/* An earlier head has a true seal too, and none at all is how a chain begins: what tells them is that
	 * this process has seen the chain further on. */
	was_put_back = s.head.number < audit_block(audit);
	if (!was_put_back)
		audit_reached(audit, s.head.number, second_of(s.head.last.upto));
	if (!s.chain.entries)
		return NO_ERR;
	TRY(head_seal(a, k, &s.head, was_put_back, s.head.number + 1, s.head.base, str_from_c(s.chain.hash), now_s, &s.text));
	TRY(store_tx(store, QUICK, close_tx, &s));
	if (s.mine)
		audit_reached(audit, s.head.number + 1, second_of(s.chain.last_id));
	*ret_more = s.mine && s.chain.entries == AUDIT_BLOCK_MAX;
	return NO_ERR;
}

struct reach { struct arena *a; struct head head; };

static MUST struct err reach_tx(struct store_tx *tx, void *arg)
{
	struct reach *r = arg;

	return head_load(tx, r->a, &r->head);
}

struct err audit_sealed_s(struct store *s, struct arena *arena, int64_t *ret_s)
{
	struct reach r = { .a = arena };

	TRY(store_read(s, reach_tx, &r));
	*ret_s = second_of(r.head.last.upto);
	return NO_ERR;
}

static MUST struct err newest_tx(struct store_tx *tx, void *arg)
{
	uint32_t *ret_place = arg;
	struct store_row row;

	TRY(store_one(tx, "SELECT id FROM audit ORDER BY id DESC LIMIT 1", &row));
	*ret_place = row.found ? (uint32_t)hex_of(str_slice(row_str(&row, 0), 12, 20)) : 0;
	return NO_ERR;
}

struct err audit_resume(struct audit *audit, struct store *store)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(65536);
	struct reach r = { .a = a };
	uint32_t place = 0;
	struct err e;

	TRY(store_read(store, newest_tx, &place));
	audit_follow(audit, place);
	e = store_read(store, reach_tx, &r);
	/* A head that somebody has removed is for audit_verify() to tell, and no reason not to start. */
	if (failed(e))
		return e.kind == ERR_CONFLICT ? NO_ERR : e;
	audit_reached(audit, r.head.number, second_of(r.head.last.upto));
	return NO_ERR;
}

/* ---- what was kept long enough ---- */

struct purge { struct arena *a; const struct seal_keys *k; struct str before_id; struct head head; struct block base; int64_t now_s, removed; struct str text; };

static MUST struct err find_base_tx(struct store_tx *tx, void *arg)
{
	/* From the base on, so that a year that is kept is not walked through each minute. */
	static const char sql[] = "SELECT number, upto, entries, hash FROM audit_seal WHERE number = COALESCE((SELECT number FROM audit_seal"
		" WHERE number > $2 AND number <= $1 AND upto >= $3 ORDER BY number LIMIT 1) - 1, $1)";
	struct purge *p = arg;
	struct store_row row;

	TRY(head_load(tx, p->a, &p->head));
	TRY(store_one(tx, sql, &row, int_(p->head.number), int_(p->head.base), str_(p->before_id)));
	ENSURE(row.found, CONFLICT, "audit.base");
	read_block(p->a, &row, 0, &p->base);
	return NO_ERR;
}

static MUST struct err move_base_tx(struct store_tx *tx, void *arg)
{
	struct purge *p = arg;

	return store_exec(tx, "UPDATE audit_head SET base = $1, seal = $2 WHERE name = 'audit' AND number = $3 AND base = $4", NULL,
		int_(p->base.number), str_(p->text), int_(p->head.number), int_(p->head.base));
}

static MUST struct err remove_tx(struct store_tx *tx, void *arg)
{
	struct purge *p = arg;
	int64_t blocks = 0;

	TRY(store_exec(tx, "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE id <= $1 ORDER BY id LIMIT $2)", &p->removed,
		str_(p->base.upto), int_(REMOVED_AT_ONCE)));
	return store_exec(tx, "DELETE FROM audit_seal WHERE number < $1", &blocks, int_(p->base.number));
}

/* The head moves first: who verifies in between begins after what is being removed. */
struct err audit_purge(struct store *store, const struct seal_keys *k, int64_t before_s, int64_t *ret_removed)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct purge p = { .a = a, .k = k, .before_id = audit_id_before(a, before_s), .now_s = before_s };

	TRY(store_read(store, find_base_tx, &p));
	if (p.base.number > p.head.base) {
		TRY(head_seal(a, k, &p.head, false, p.head.number, p.base.number, p.head.last.hash, clock_wall_s(), &p.text));
		TRY(store_tx(store, QUICK, move_base_tx, &p));
		return NO_ERR;         /* removed at the next call, should another engine have moved it elsewhere */
	}
	do {
		TRY(store_tx(store, QUICK, remove_tx, &p));
		*ret_removed += p.removed;
	} while (p.removed == REMOVED_AT_ONCE);
	return NO_ERR;
}

/* ---- verifying ---- */

struct walk {
	struct arena *a;               /* reset after each read */
	struct audit_verdict *v;
	int64_t to;                    /* the head's number */
	char hash[HEX + 1];
	char upto[UPTO_MAX]; size_t upto_n;    /* of the block before */
	struct block blocks[BLOCKS_A_READ]; size_t n;
};

static struct err block_row(const struct store_row *row, void *arg)
{
	struct walk *w = arg;

	if (w->n < BLOCKS_A_READ)
		read_block(w->a, row, 0, &w->blocks[w->n++]);
	return NO_ERR;
}

static struct str upto_of(const struct walk *w)
{
	return (struct str){ w->upto, w->upto_n };
}

/* A year has half a million blocks: of each only this is kept, and none of ours has an id that is longer. */
static void take_upto(struct walk *w, struct str upto)
{
	w->upto_n = upto.n;
	if (upto.n)
		memcpy(w->upto, upto.p, upto.n);
}

static struct err found_broken(struct walk *w, const struct block *b, const char *what)
{
	w->v->broken = what;
	w->v->bad_from_s = second_of(upto_of(w));
	w->v->bad_upto_s = second_of(b->upto);
	return NO_ERR;
}

static MUST struct err follow(struct store_tx *tx, struct walk *w, const struct block *b)
{
	struct chain c;

	if (b->number != w->v->number + 1 || b->upto.n > UPTO_MAX)
		return found_broken(w, b, "audit.block.missing");
	chain_begin(&c, NULL, str_from_c(w->hash));
	TRY(store_each(tx, ENTRIES "<= $2 ORDER BY id", chain_row, &c, str_(upto_of(w)), str_(b->upto)));
	if (c.entries != b->entries || !str_eq_c(b->hash, c.hash))
		return found_broken(w, b, c.entries < b->entries ? "audit.entry.missing" : c.entries > b->entries ? "audit.entry.added"
			: "audit.entry.changed");
	memcpy(w->hash, c.hash, sizeof w->hash);
	take_upto(w, b->upto);
	w->v->number = b->number;
	w->v->blocks++;
	w->v->entries += c.entries;
	w->v->upto_s = second_of(b->upto);
	return NO_ERR;
}

static MUST struct err follow_tx(struct store_tx *tx, void *arg)
{
	struct walk *w = arg;

	w->n = 0;
	TRY(store_each(tx, "SELECT number, upto, entries, hash FROM audit_seal WHERE number > $1 AND number <= $2 ORDER BY number LIMIT $3",
		block_row, w, int_(w->v->number), int_(w->to), int_(BLOCKS_A_READ)));
	for (size_t i = 0; i < w->n && !w->v->broken; i++)
		TRY(follow(tx, w, &w->blocks[i]));
	if (!w->n && w->v->number < w->to)
		w->v->broken = "audit.block.missing";
	return NO_ERR;
}

struct start { struct arena *a; struct head head; int64_t after; struct block first; bool found; int64_t oldest_s; };

static MUST struct err start_tx(struct store_tx *tx, void *arg)
{
	struct start *s = arg;
	struct store_row row;

	TRY(head_load(tx, s->a, &s->head));
	TRY(store_one(tx, "SELECT number, upto, entries, hash FROM audit_seal WHERE number = $1", &row,
		int_(s->after > s->head.base ? s->after : s->head.base)));
	s->found = row.found;
	read_block(s->a, &row, 0, &s->first);
	TRY(store_one(tx, "SELECT id FROM audit WHERE id > $1 ORDER BY id LIMIT 1", &row, str_(s->first.upto)));
	s->oldest_s = second_of(row_str(&row, 0));
	return NO_ERR;
}

static MUST struct err walk_all(struct store *store, struct walk *w, int64_t deadline_ms)
{
	while (!w->v->broken && w->v->number < w->to && clock_mono_ms() < deadline_ms) {
		struct audit_verdict before = *w->v;
		struct err e;

		arena_reset(w->a);
		e = store_read(store, follow_tx, w);
		if (failed(e))
			*w->v = before;
		TRY(e);
	}
	return NO_ERR;
}

struct err audit_verify(const struct audit *audit, struct store *store, const struct seal_keys *k, struct arena *arena, int64_t after,
	int64_t deadline_ms, struct audit_verdict *ret)
{
	AUTO(arena_destroyp) struct arena *scratch = arena_create(1 << 20);
	int64_t seen = audit_block(audit);             /* before the store is asked, which is at least as far */
	struct start s = { .a = arena, .after = after };
	struct reach again = { .a = arena };
	struct walk *w = arena_new(arena, struct walk);
	struct seal_text t;
	struct err e = store_read(store, start_tx, &s);

	*ret = (struct audit_verdict){ 0 };
	if (failed(e) && e.kind != ERR_CONFLICT)
		return e;
	if (failed(e) || !s.found || s.first.upto.n > UPTO_MAX || s.head.number < seen || !head_holds(arena, k, &s.head, &t)) {
		ret->broken = "audit.head";
		return NO_ERR;
	}
	ret->doubt_s = t.doubt_s;
	ret->from_s = s.oldest_s;
	ret->number = s.first.number;
	ret->upto_s = second_of(s.first.upto);
	*w = (struct walk){ .a = scratch, .v = ret, .to = s.head.number };
	take_upto(w, s.first.upto);
	memcpy(w->hash, s.first.hash.p ? s.first.hash.p : "", s.first.hash.n == HEX ? HEX : 0);
	TRY(walk_all(store, w, deadline_ms));
	ret->whole = ret->number == w->to;
	if (ret->whole && !str_eq_c(s.head.last.hash, w->hash))
		ret->broken = "audit.head";
	TRY(store_read(store, reach_tx, &again));
	ENSURE(!ret->broken || again.head.base == s.head.base, BUSY, "audit.moving");
	ret->hash = arena_dup(arena, str_from_c(w->hash));
	return NO_ERR;
}
