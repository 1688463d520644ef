/* store_sqlite_batch.c - group commit: who finds the writer free leads, and commits for all who wait.
 *
 * A leader takes everybody in the queue, runs each piece inside its own savepoint and commits once;
 * one disk flush then serves up to BATCH_MAX callers. A caller that meets nobody leads a batch of one
 * and waits for no one. When the whole transaction is lost for a reason that may be one piece's alone,
 * each piece is run again by itself: that is why a store_fn may run twice.
 */
#include "base/store_sqlite.h"
#include <errno.h>
#include <time.h>

enum { BATCH_MAX = 64, WAL_PAGES_MAX = 4000 };

struct timespec sq_deadline(const struct sq *s)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += s->store.o.busy_ms / 1000;
	t.tv_nsec += s->store.o.busy_ms % 1000 * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

/* SQLite may have ended the whole transaction by itself (full, I/O error): autocommit tells. */
static struct err piece_run(struct sq *s, struct sq_piece *p, bool alone, bool *ret_lost)
{
	struct sq_tx t = { { .store = &s->store, .arena = s->writer.arena, .one = p->durability == QUICK_ONE }, &s->writer };
	struct err e = alone ? NO_ERR : sq_control(&s->writer, "SAVEPOINT piece"), closed = NO_ERR;

	if (!failed(e)) {
		e = store_fn_run(&t.tx, p->fn, p->arg);
		arena_reset(t.tx.arena);
	}
	*ret_lost = sqlite3_get_autocommit(s->writer.db);
	if (*ret_lost)
		return failed(t.tx.doom) ? t.tx.doom : err_of(BROKEN, "store.sql");
	if (alone)
		return e;
	/* Work that cannot be told from the others' would be committed with theirs, refused or not. */
	if (failed(e))
		closed = sq_control(&s->writer, "ROLLBACK TO piece");
	if (!failed(closed))
		closed = sq_control(&s->writer, "RELEASE piece");
	*ret_lost = failed(closed);
	return failed(closed) ? closed : e;
}

static void rollback(struct sq *s)
{
	struct err e = NO_ERR;

	if (!sqlite3_get_autocommit(s->writer.db))
		e = sq_control(&s->writer, "ROLLBACK");
	if (failed(e))
		sq_conn_close(&s->writer, false);
}

/* One transaction for v; each piece's own error goes into it, the transaction's is returned. */
static struct err batch_commit(struct sq *s, struct sq_piece **v, size_t n)
{
	size_t good = 0;
	bool lost = false;
	struct err e;

	TRY(sq_control(&s->writer, "BEGIN IMMEDIATE"));
	for (size_t i = 0; i < n; i++) {
		v[i]->err = piece_run(s, v[i], n == 1, &lost);
		if (lost) {
			rollback(s);
			return v[i]->err;
		}
		good += !failed(v[i]->err);
	}
	if (!good) {
		rollback(s);
		return NO_ERR;
	}
	e = sq_control(&s->writer, "COMMIT");
	if (failed(e))
		rollback(s);
	return e;
}

/* PRAGMA synchronous cannot change inside a transaction, and costs a parse: only when it must. */
static struct err writer_ready(struct sq *s, bool durable)
{
	if (!sq_in_place(s, durable) || !s->writer.db)
		TRY(sq_writer_open(s, false));
	if (s->full_sync != durable) {
		TRY(sq_pragma(&s->writer, durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL"));
		s->full_sync = durable;
	}
	return NO_ERR;
}

static void batch_run(struct sq *s, struct sq_piece **v, size_t n)
{
	bool durable = false;
	struct err e;

	for (size_t i = 0; i < n; i++)
		durable |= v[i]->durability == DURABLE;
	e = writer_ready(s, durable);
	if (!failed(e))
		e = batch_commit(s, v, n);
	if (sq_is_lost(e))
		sq_conn_close(&s->writer, false);
	if (!failed(e))
		return;
	/* A piece too big for a full disk must not take the others with it. */
	if (n > 1 && s->writer.db && strcmp(e.slug, "store.busy") != 0) {
		for (size_t i = 0; i < n; i++)
			batch_run(s, &v[i], 1);
		return;
	}
	for (size_t i = 0; i < n; i++)
		v[i]->err = e;
}

struct err sq_tx_alone(struct store *st, enum store_durability d, store_fn *fn, void *arg)
{
	struct sq *s = (struct sq *)st;
	struct sq_piece me = { .durability = d, .fn = fn, .arg = arg }, *v = &me;
	struct err e = batch_commit(s, &v, 1);

	return failed(e) ? e : me.err;
}

static void enqueue(struct sq *s, struct sq_piece *me)
{
	if (s->last)
		s->last->next = me;
	else
		s->first = me;
	s->last = me;
}

static void unqueue(struct sq *s, struct sq_piece *me)
{
	struct sq_piece *before = NULL;

	for (struct sq_piece *p = s->first; p != me; p = p->next)
		before = p;
	if (before)
		before->next = me->next;
	else
		s->first = me->next;
	if (s->last == me)
		s->last = before;
}

/* Until a leader has done my work, or gives me the lead. With the mutex held. */
static void wait_turn(struct sq *s, struct sq_piece *me)
{
	struct timespec until = sq_deadline(s);

	while (me->state == PIECE_WAITS || me->state == PIECE_TAKEN) {
		if (me->state == PIECE_TAKEN) {
			pthread_cond_wait(&me->wake, &s->mutex);
		} else if (pthread_cond_timedwait(&me->wake, &s->mutex, &until) == ETIMEDOUT && me->state == PIECE_WAITS) {
			unqueue(s, me);
			me->err = err_of(BUSY, "store.busy");
			me->state = PIECE_DONE;
		}
	}
}

static size_t take_batch(struct sq *s, struct sq_piece **v)
{
	size_t n = 0;

	while (s->first && n < BATCH_MAX) {
		struct sq_piece *p = s->first;

		p->state = PIECE_TAKEN;
		v[n++] = p;
		s->first = p->next;
	}
	if (!s->first)
		s->last = NULL;
	return n;
}

static void hand_over(struct sq *s)
{
	s->led = s->first != NULL;
	if (s->first) {
		s->first->state = PIECE_LEADS;
		pthread_cond_signal(&s->first->wake);
	}
}

/* v[0] is the leader's own piece. */
static void lead(struct sq *s)
{
	struct sq_piece *v[BATCH_MAX];
	size_t n = take_batch(s, v);

	pthread_mutex_unlock(&s->mutex);
	batch_run(s, v, n);
	pthread_mutex_lock(&s->mutex);
	for (size_t i = 1; i < n; i++) {
		v[i]->state = PIECE_DONE;
		pthread_cond_signal(&v[i]->wake);
	}
	if (s->wal_pages >= WAL_PAGES_MAX && s->writer.db) {
		pthread_mutex_unlock(&s->mutex);
		/* What fails here is said by the next transaction, or done by the next checkpoint. */
		sqlite3_wal_checkpoint_v2(s->writer.db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
		s->wal_pages = 0;
		pthread_mutex_lock(&s->mutex);
	}
	hand_over(s);
}

struct err sq_tx(struct store *st, enum store_durability d, store_fn *fn, void *arg)
{
	struct sq *s = (struct sq *)st;
	struct sq_piece me = { .durability = d, .fn = fn, .arg = arg, .state = PIECE_LEADS };

	pthread_mutex_lock(&s->mutex);
	if (s->led) {
		me.state = PIECE_WAITS;
		pthread_cond_init(&me.wake, &s->monotonic);
		enqueue(s, &me);
		wait_turn(s, &me);
		pthread_cond_destroy(&me.wake);
	} else {
		s->led = true;
		enqueue(s, &me);
	}
	if (me.state == PIECE_LEADS)
		lead(s);
	pthread_mutex_unlock(&s->mutex);
	return me.err;
}
