/* store_pg.c - the PostgreSQL engine: a pool of connections, transactions that are run again, coming back.
 *
 * A conflict (40001, 40P01) runs the function again; so does a connection that turns out dead before
 * COMMIT was sent, which is how a restarted server is met. Once COMMIT was sent and no answer came,
 * nobody can know: the caller gets BUSY store.gone and must look. A statement of QUICK_ONE is its own
 * COMMIT: a connection is looked at before it is sent there.
 */
#include "base/store_pg.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "base/clock.h"
#include "base/ct.h"

enum { RUNS_MAX = 6, RECONNECTS_MAX = 2, BUSY_DEFAULT_MS = 2000, CONNECT_AGAIN_MS = 200, ANSWER_SLACK_MS = 1000 };

struct pg {
	struct store store;          /* first: the engine's functions get this pointer */
	char *url;
	char options[128];            /* of each session, given when it begins */
	bool pooled;
	pthread_mutex_t mutex;       /* all below */
	pthread_cond_t freed;
	struct pg_conn *conns, *free_conn;
	unsigned conn_n, generation;
	int64_t refused_ms;          /* when the server last refused a connection */
};

static struct err conn_take(struct pg *s, struct pg_conn **ret_conn)
{
	int64_t until_ms = clock_mono_ms() + s->store.o.busy_ms;
	struct timespec until = { until_ms / 1000, until_ms % 1000 * 1000000 };
	int rc = 0;

	pthread_mutex_lock(&s->mutex);
	while (!s->free_conn && rc == 0)
		rc = pthread_cond_timedwait(&s->freed, &s->mutex, &until);
	*ret_conn = s->free_conn;
	if (s->free_conn)
		s->free_conn = s->free_conn->next;
	pthread_mutex_unlock(&s->mutex);
	ENSURE(*ret_conn, BUSY, "store.busy");
	return NO_ERR;
}

static void conn_give(struct pg *s, struct pg_conn *c)
{
	pthread_mutex_lock(&s->mutex);
	c->next = s->free_conn;
	s->free_conn = c;
	pthread_cond_signal(&s->freed);
	pthread_mutex_unlock(&s->mutex);
}

/* While the server is away, one caller in 200 ms tries; the others hear at once that it is. */
static bool may_connect(struct pg *s, unsigned *ret_generation)
{
	bool may;

	pthread_mutex_lock(&s->mutex);
	may = clock_mono_ms() - s->refused_ms >= CONNECT_AGAIN_MS;
	*ret_generation = s->generation;
	pthread_mutex_unlock(&s->mutex);
	return may;
}

static struct err conn_open(struct pg *s, struct pg_conn *c)
{
	/* What stands before dbname gives way to what the url says. */
	const char *keywords[] = { "connect_timeout", "tcp_user_timeout", "keepalives_idle", "keepalives_interval", "application_name",
		s->pooled ? "dbname" : "options", s->pooled ? NULL : "dbname", NULL };
	const char *values[] = { "2", "5000", "30", "5", "guichet", s->pooled ? s->url : s->options, s->url, NULL };
	struct err e;

	ENSURE(may_connect(s, &c->generation), BUSY, "store.gone");
	e = pg_conn_open(c, keywords, values);
	if (failed(e)) {
		pthread_mutex_lock(&s->mutex);
		s->refused_ms = clock_mono_ms();
		pthread_mutex_unlock(&s->mutex);
	}
	return e;
}

/* One connection died: the others of its time have most likely died with it. */
static void conn_lost(struct pg *s, struct pg_conn *c)
{
	pthread_mutex_lock(&s->mutex);
	if (c->generation == s->generation)
		s->generation++;
	pthread_mutex_unlock(&s->mutex);
}

static struct err conn_ready(struct pg *s, struct pg_conn *c)
{
	unsigned now;

	pthread_mutex_lock(&s->mutex);
	now = s->generation;
	pthread_mutex_unlock(&s->mutex);
	if (c->pg && c->generation == now)
		return NO_ERR;
	pg_conn_close(c);
	return conn_open(s, c);
}

enum outcome { OVER, RUN_AGAIN, RECONNECT };

/* One run of fn in one transaction. */
static struct err run_once(struct pg_tx *t, store_fn *fn, void *arg, enum outcome *ret_outcome)
{
	struct pg_conn *c = t->conn;
	struct err e;

	c->again = c->read_only = c->unsure = false;
	*ret_outcome = OVER;
	e = store_fn_run(&t->tx, fn, arg);
	if (!failed(t->tx.doom) && !failed(e) && t->began && !t->tx.reading && !t->tx.one) {
		e = pg_commit(c, t->patient);
		*ret_outcome = c->again ? RUN_AGAIN : OVER;
	} else if (t->began && !c->unsure) {
		*ret_outcome = !failed(t->tx.doom) ? OVER : !c->pg ? RECONNECT : c->again ? RUN_AGAIN : OVER;
	}
	/* A standby that was promoted elsewhere: the url may lead to the new primary. */
	if (c->read_only && !t->tx.reading) {
		pg_conn_close(c);
		e = err_of(BUSY, "store.gone");
	}
	if (c->pg && t->began && PQtransactionStatus(c->pg) != PQTRANS_IDLE)
		pg_end(c, failed(e) ? "ROLLBACK" : "COMMIT");
	arena_reset(c->arena);
	return e;
}

/* 1, 2, 4... ms and as much again by chance, so that two that met do not meet again. */
static void back_off(int run)
{
	unsigned char chance;
	struct timespec t = { 0, 0 };

	random_bytes(&chance, 1);
	t.tv_nsec = (1000000L << run) * (256 + chance) / 256;
	nanosleep(&t, NULL);
}

static struct err runs(struct pg *s, struct pg_conn *c, struct pg_tx t, store_fn *fn, void *arg)
{
	int reconnects = 0;

	for (int run = 0; ; run++) {
		enum outcome outcome;
		struct err e;

		TRY(conn_ready(s, c));
		t.began = false;
		e = run_once(&t, fn, arg, &outcome);
		if (!c->pg)
			conn_lost(s, c);
		if (outcome == OVER || run + 1 == RUNS_MAX || (outcome == RECONNECT && reconnects++ == RECONNECTS_MAX))
			return e;
		if (outcome == RUN_AGAIN)
			back_off(run);
	}
}

static struct err pooled_run(struct store *st, struct pg_tx t, store_fn *fn, void *arg)
{
	struct pg *s = (struct pg *)st;
	struct err e;

	TRY(conn_take(s, &t.conn));
	if (!t.conn->arena)
		t.conn->arena = arena_create(STORE_ARENA_BYTES);
	t.tx.store = st;
	t.tx.arena = t.conn->arena;
	e = runs(s, t.conn, t, fn, arg);
	conn_give(s, t.conn);
	return e;
}

static struct err pg_tx(struct store *st, enum store_durability d, store_fn *fn, void *arg)
{
	return pooled_run(st, (struct pg_tx){ .tx.one = d == QUICK_ONE, .durability = d }, fn, arg);
}

static struct err pg_tx_patient(struct store *st, enum store_durability d, store_fn *fn, void *arg)
{
	return pooled_run(st, (struct pg_tx){ .durability = d, .patient = true }, fn, arg);
}

static struct err pg_read(struct store *st, bool one, store_fn *fn, void *arg)
{
	return pooled_run(st, (struct pg_tx){ .tx.reading = true, .tx.one = one }, fn, arg);
}

struct tables { struct arena *arena; struct str name[256]; size_t n; const char *sql; };

static struct err table_row(const struct store_row *row, void *arg)
{
	struct tables *t = arg;

	if (t->n < sizeof t->name / sizeof *t->name)
		t->name[t->n++] = arena_dup(t->arena, row_str(row, 0));
	return NO_ERR;
}

static struct err tables_tx(struct store_tx *tx, void *arg)
{
	((struct tables *)arg)->n = 0;
	return store_each(tx, "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1", table_row, arg);
}

static struct err table_tx(struct store_tx *tx, void *arg)
{
	return store_once(tx, arg, NULL, NULL, NULL, 0, NULL);
}

/* Turning each row into text reads every column of it, also those kept apart. */
static struct err table_verify(struct store *st, struct arena *a, struct str table, struct str *report)
{
	struct str sql = arena_concat(a, (struct str[]){ STR("SELECT count(*) FROM (SELECT t::text AS row FROM "), table,
		STR(" t) q WHERE q.row IS NOT NULL") }, 3);
	struct err e = pooled_run(st, (struct pg_tx){ .tx.reading = true, .patient = true }, table_tx, arena_c(a, sql));

	if (failed(e) && e.kind == ERR_BUSY)
		return e;
	if (failed(e))
		*report = arena_concat(a, (struct str[]){ *report, STR("cannot read "), table, STR("\n") }, 4);
	return NO_ERR;
}

static struct err pg_verify(struct store *st, struct arena *a, struct str *ret_report)
{
	struct tables t = { .arena = a };
	struct str report = STR_NONE;

	*ret_report = STR_NONE;
	TRY(pg_read(st, false, tables_tx, &t));
	for (size_t i = 0; i < t.n; i++)
		TRY(table_verify(st, a, t.name[i], &report));
	*ret_report = report.n ? report : STR("ok");
	ENSURE(!report.n, BROKEN, "store.corrupt");
	return NO_ERR;
}

static void pg_close(struct store *st)
{
	struct pg *s = (struct pg *)st;

	for (unsigned i = 0; i < s->conn_n; i++) {
		pg_conn_close(&s->conns[i]);
		arena_destroy(s->conns[i].arena);
	}
	pthread_cond_destroy(&s->freed);
	pthread_mutex_destroy(&s->mutex);
	explicit_bzero(s->url, strlen(s->url));   /* it may hold the password */
	free(s->url);
	free(s->conns);
	free(s);
}

static const struct store_engine pg_engine = {
	.tx = pg_tx, .read = pg_read, .query = pg_query, .verify = pg_verify, .close = pg_close,
	.migration_lock = "SELECT pg_advisory_xact_lock(1197697140)",
};

/* "postgresql+pooler://..." is ours; libpq gets "postgresql://...". */
static char *url_for_libpq(struct str url, bool *ret_pooled)
{
	static const struct str pooler = STR_INIT("postgresql+pooler:");
	char *p = calloc(1, url.n + sizeof "postgresql:");

	if (!p)
		abort();
	*ret_pooled = str_starts(url, pooler);
	if (*ret_pooled) {
		memcpy(p, "postgresql:", 11);
		memcpy(p + 11, url.p + pooler.n, url.n - pooler.n);
	} else {
		memcpy(p, url.p, url.n);
	}
	return p;
}

static void pool_init(struct pg *s, unsigned readers)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&s->mutex, NULL);
	pthread_cond_init(&s->freed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	s->conn_n = readers > 2 ? readers : 2;
	s->conns = calloc(s->conn_n, sizeof *s->conns);
	if (!s->conns)
		abort();
	for (unsigned i = s->conn_n; i-- > 0; ) {
		s->conns[i].pooled = s->pooled;
		s->conns[i].answer_ms = 3 * s->store.o.busy_ms + ANSWER_SLACK_MS;
		conn_give(s, &s->conns[i]);
	}
}

struct err store_pg_open(const struct store_options *o, struct store **ret_store)
{
	struct pg *s = calloc(1, sizeof *s);
	struct err e;

	if (!s)
		abort();
	s->store = (struct store){ &pg_engine, *o };
	s->store.o.url = STR_NONE;
	if (s->store.o.busy_ms <= 0)
		s->store.o.busy_ms = BUSY_DEFAULT_MS;
	s->url = url_for_libpq(o->url, &s->pooled);
	snprintf(s->options, sizeof s->options, "-c synchronous_commit=off -c lock_timeout=%lld -c statement_timeout=%lld",
		(long long)s->store.o.busy_ms, 3 * (long long)s->store.o.busy_ms);
	s->refused_ms = -CONNECT_AGAIN_MS;
	pool_init(s, o->readers);
	e = store_migrate(&s->store, pg_tx_patient);
	if (!failed(e))
		e = store_check(&s->store);
	if (failed(e)) {
		pg_close(&s->store);
		return e;
	}
	*ret_store = &s->store;
	return NO_ERR;
}
