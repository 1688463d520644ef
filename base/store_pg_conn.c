/* store_pg_conn.c - one connection to PostgreSQL: statements travel in pipelined flights.
 *
 * BEGIN, SET LOCAL and the first statement of a transaction leave together and cost one round trip. What
 * leaves before one sync is one transaction even without BEGIN: a single statement needs no COMMIT of its own.
 * Parameters and results are binary. Statements are prepared once a connection, unless a pooler is
 * in between (url postgresql+pooler://): then nothing is left in the session.
 */
#include "base/store_pg.h"
#include <endian.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/clock.h"

enum { OID_BOOL = 16, OID_BYTEA = 17, OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23, OID_TEXT = 25, OID_OID = 26, OID_NUMERIC = 1700 };

/* "there is no transaction in progress" and the like are for a terminal. */
static void ignore_notice(void *arg, const PGresult *r)
{
}

struct err pg_conn_open(struct pg_conn *c, const char *const *keywords, const char *const *values)
{
	if (!c->arena)
		c->arena = arena_create(STORE_ARENA_BYTES);
	c->pg = PQconnectdbParams(keywords, values, 1);
	PQsetNoticeReceiver(c->pg, ignore_notice, NULL);
	if (PQstatus(c->pg) == CONNECTION_OK && PQenterPipelineMode(c->pg) == 1)
		return NO_ERR;
	pg_conn_close(c);
	return err_of(BUSY, "store.gone");
}

void pg_conn_close(struct pg_conn *c)
{
	for (size_t i = 0; i < STORE_SLOTS; i++)
		free(c->slots[i].text);
	explicit_bzero(c->slots, sizeof c->slots);
	PQfinish(c->pg);
	c->pg = NULL;
	c->flight_n = 0;
	c->landing = false;
}

static struct err gone(struct pg_conn *c)
{
	pg_conn_close(c);
	return err_of(BUSY, "store.gone");
}

static bool state_is(const char *state, const char *list)
{
	for (; *list; list += strcspn(list, " "), list += *list == ' ')
		if (strncmp(state, list, strcspn(list, " ")) == 0)
			return true;
	return false;
}

/* Source  PostgreSQL 15, appendix A: classes of SQLSTATE */
static struct err fault(struct pg_conn *c, const PGresult *r, const char *sql)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);

	if (!state || PQstatus(c->pg) == CONNECTION_BAD)
		return gone(c);
	c->unsure = false;
	c->again = state_is(state, "40001 40P01");
	if (c->again || state_is(state, "55P03 57014 53200 53400"))
		return err_of(BUSY, "store.busy");
	if (state_is(state, "53100"))
		return err_of(BUSY, "store.full");
	if (state_is(state, "23"))
		return err_of(CONFLICT, "store.constraint");
	if (state_is(state, "XX001 XX002"))
		return err_of(BROKEN, "store.corrupt");
	if (state_is(state, "25006")) {
		c->read_only = true;
		return err_of(BROKEN, "store.sql");
	}
	/* 26000, 42P05: a pooler gave us another session; 0A000: a plan from before a migration. A new
	 * connection knows better, and the transaction has changed nothing yet. */
	if ((state_is(state, "08") && !state_is(state, "08P01")) || state_is(state, "57P 58 53300 26000 42P05") 
	    || (state_is(state, "0A000") && message && strstr(message, "cached plan")))
		return gone(c);
	/* Class 22 quotes the value that it dislikes, and values are not for logs. */
	store_log_broken(state_is(state, "22") || !message ? state : message, sql);
	return err_of(BROKEN, "store.sql");
}

/* PQgetResult() waits for ever on a server that stopped answering; a request must not. */
static struct err next_result(struct pg_conn *c, int64_t until_ms, PGresult **ret_result)
{
	while (PQisBusy(c->pg)) {
		struct pollfd fd = { PQsocket(c->pg), POLLIN, 0 };
		int64_t left = until_ms == INT64_MAX ? -1 : until_ms - clock_mono_ms();

		if (until_ms != INT64_MAX && left <= 0)
			return gone(c);
		if (poll(&fd, 1, left > 60000 ? 60000 : (int)left) < 0 && fd.fd < 0)
			return gone(c);
		if (!PQconsumeInput(c->pg))
			return gone(c);
	}
	*ret_result = PQgetResult(c->pg);
	return NO_ERR;
}

/* One answer of the flight: its result, then the NULL that closes it. */
static struct err land_one(struct pg_conn *c, int64_t until_ms, const struct pg_flown *flown, PGresult **ret_result)
{
	struct pg_slot *slot = flown->prepares;
	PGresult *r = NULL, *end = NULL;

	TRY(next_result(c, until_ms, &r));
	if (!r)
		return gone(c);
	*ret_result = r;
	if (slot && slot->serial == flown->serial && PQresultStatus(r) == PGRES_COMMAND_OK)
		slot->prepared = true;
	TRY(next_result(c, until_ms, &end));
	PQclear(end);
	return end ? gone(c) : NO_ERR;
}

static void clearp(PGresult **r)
{
	PQclear(*r);
}

/* Read all that was sent, up to its sync. The first failure is the one that counts: what follows it
 * was skipped by the server. *ret_last is the last answer. */
static struct err land(struct pg_conn *c, bool patient, const char *sql, PGresult **ret_last)
{
	int64_t until_ms = patient ? INT64_MAX : clock_mono_ms() + c->answer_ms;
	AUTO(clearp) PGresult *last = NULL;
	struct err e = NO_ERR;
	PGresult *sync = NULL;
	bool ended;

	for (int i = 0; i < c->flight_n; i++) {
		ExecStatusType status;

		PQclear(last);
		last = NULL;
		TRY(land_one(c, until_ms, &c->flight[i], &last));
		status = PQresultStatus(last);
		if (!failed(e) && status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_PIPELINE_ABORTED)
			e = fault(c, last, sql);
		if (!c->pg)
			return e;
	}
	TRY(next_result(c, until_ms, &sync));
	ended = PQresultStatus(sync) == PGRES_PIPELINE_SYNC;
	PQclear(sync);
	if (!ended)
		return gone(c);
	c->unsure = false;
	c->flight_n = 0;
	c->landing = false;
	if (ret_last && !failed(e))
		*ret_last = TAKE(last);
	return e;
}

/* What pg_end() left: COMMIT of a read or ROLLBACK; both are past, whatever they say. */
static struct err land_rest(struct pg_conn *c)
{
	struct err e = NO_ERR;

	if (c->landing)
		e = land(c, false, "", NULL);
	return c->pg ? NO_ERR : e;
}

struct args {
	Oid types[STORE_PARAM_MAX];
	const char *values[STORE_PARAM_MAX];
	int lengths[STORE_PARAM_MAX], formats[STORE_PARAM_MAX];
	uint64_t ints[STORE_PARAM_MAX];
};

static void args_fill(struct args *a, const struct store_param *p, size_t n)
{
	static const Oid types[] = { [STORE_NULL] = 0, [STORE_INT] = OID_INT8, [STORE_TEXT] = OID_TEXT, [STORE_BYTES] = OID_BYTEA };

	for (size_t i = 0; i < n; i++) {
		a->types[i] = types[p[i].kind];
		a->formats[i] = 1;
		a->ints[i] = htobe64((uint64_t)p[i].i);
		if (p[i].kind == STORE_INT) {
			a->values[i] = (const char *)&a->ints[i];
			a->lengths[i] = sizeof a->ints[i];
		} else {
			a->values[i] = p[i].kind == STORE_NULL ? NULL : p[i].s.p ? p[i].s.p : "";
			a->lengths[i] = (int)p[i].s.n;
		}
	}
}

static void slot_fill(struct pg_conn *c, struct pg_slot *slot, const char *sql)
{
	*slot = (struct pg_slot){ sql, strdup(sql), ++c->serial, false };
	if (!slot->text)
		abort();
}

/* NULL: all its places are taken. None is taken away: the server would keep the statement that stood there as long
 * as the session, and to close it is a query, which it takes for the first of a transaction that is about to begin. */
static struct pg_slot *slot_find(struct pg_conn *c, const char *sql)
{
	uintptr_t key = (uintptr_t)sql;
	size_t at = (key >> 3 ^ key >> 11) * 0x9E37u;

	for (size_t i = 0; i < STORE_PROBES; i++) {
		struct pg_slot *slot = &c->slots[(at + i) % STORE_SLOTS];

		if (!slot->sql)
			slot_fill(c, slot, sql);
		if (slot->sql == sql)
			return strcmp(slot->text, sql) == 0 ? slot : NULL;
	}
	return NULL;
}

static int expect(struct pg_conn *c, int sent, struct pg_slot *prepares)
{
	if (sent && c->flight_n < PG_FLIGHT_MAX)
		c->flight[c->flight_n++] = (struct pg_flown){ prepares, prepares ? prepares->serial : 0 };
	return sent;
}

static int send_prepared(struct pg_conn *c, const char *sql, int n, const struct args *a, struct pg_slot *slot)
{
	char name[16];
	int sent = 1;

	snprintf(name, sizeof name, "g%u", slot->serial);
	if (!slot->prepared)
		sent = expect(c, PQsendPrepare(c->pg, name, sql, n, a->types), slot);
	return sent && expect(c, PQsendQueryPrepared(c->pg, name, n, a->values, a->lengths, a->formats, 1), NULL);
}

static struct err send(struct pg_conn *c, const char *sql, const struct store_param *p, size_t n, bool once)
{
	struct pg_slot *slot = once || c->pooled ? NULL : slot_find(c, sql);
	struct args a;
	int sent;

	args_fill(&a, p, n);
	if (slot)
		sent = send_prepared(c, sql, (int)n, &a, slot);
	else
		sent = expect(c, PQsendQueryParams(c->pg, sql, (int)n, a.types, a.values, a.lengths, a.formats, 1), NULL);
	return sent ? NO_ERR : gone(c);
}

static struct err send_sync(struct pg_conn *c)
{
	if (!PQpipelineSync(c->pg))
		return gone(c);
	c->landing = true;
	return NO_ERR;
}

static struct err send_begin(struct pg_tx *t)
{
	struct pg_conn *c = t->conn;

	t->began = true;
	if (t->tx.reading)
		TRY(send(c, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", NULL, 0, false));
	else
		TRY(send(c, "BEGIN", NULL, 0, false));
	/* Whatever the session or the server would do: what is durable says so itself. */
	if (t->durability == DURABLE)
		TRY(send(c, "SET LOCAL synchronous_commit = on", NULL, 0, false));
	else if (c->pooled && !t->tx.reading)
		TRY(send(c, "SET LOCAL synchronous_commit = off", NULL, 0, false));
	if (t->patient) {
		TRY(send(c, "SET LOCAL statement_timeout = 0", NULL, 0, false));
		TRY(send(c, "SET LOCAL lock_timeout = 0", NULL, 0, false));
	}
	return NO_ERR;
}

/* An idle server has nothing to say but that it leaves: met here, nothing was asked of it yet. */
static struct err look(struct pg_conn *c)
{
	struct pollfd fd = { PQsocket(c->pg), POLLIN, 0 };

	return poll(&fd, 1, 0) == 0 ? NO_ERR : gone(c);
}

/* Before a statement that is alone. A session of our own was begun without waiting for the log; another's is
 * told, by set_config(), since SET LOCAL wants a BEGIN. */
static struct err send_alone(struct pg_tx *t)
{
	struct pg_conn *c = t->conn;

	t->began = true;
	if (t->tx.reading)
		return NO_ERR;
	TRY(look(c));
	if (c->pooled)
		TRY(send(c, "SELECT set_config('synchronous_commit', 'off', true)", NULL, 0, false));
	c->unsure = true;
	return NO_ERR;
}

/* A sum of BIGINT is NUMERIC: base 10000 digits, most significant first; fractions are cut off. */
static struct err numeric_read(const char *p, int n, int64_t *ret_value)
{
	uint16_t head[4], digit;
	int64_t v = 0;

	ENSURE(n >= 8, BROKEN, "store.sql");
	memcpy(head, p, sizeof head);
	int count = be16toh(head[0]), weight = (int16_t)be16toh(head[1]);
	ENSURE(n == 8 + 2 * count && weight <= 4, BROKEN, "store.sql");
	for (int i = 0; i <= weight; i++) {
		digit = 0;
		if (i < count)
			memcpy(&digit, p + 8 + 2 * i, 2);
		ENSURE(!__builtin_mul_overflow(v, 10000, &v) && !__builtin_add_overflow(v, be16toh(digit), &v), BROKEN, "store.sql");
	}
	*ret_value = be16toh(head[2]) == 0x4000 ? -v : v;
	return NO_ERR;
}

static struct err int_read(const char *p, int n, int64_t *ret_value)
{
	uint64_t v = 0;

	for (int i = 0; i < n && i < 8; i++)
		v = v << 8 | (unsigned char)p[i];
	*ret_value = n == 8 ? (int64_t)v : n == 4 ? (int32_t)v : n == 2 ? (int16_t)v : (int64_t)v;
	return NO_ERR;
}

static struct err row_fill(const PGresult *r, int at, struct store_row *row)
{
	int n = PQnfields(r);

	ENSURE(n <= STORE_COLUMNS, BROKEN, "store.sql");
	row->found = true;
	row->n = (size_t)n;
	for (int i = 0; i < n; i++) {
		const char *p = PQgetvalue(r, at, i);
		int size = PQgetlength(r, at, i);

		row->col[i].null = PQgetisnull(r, at, i);
		row->col[i].i = 0;
		row->col[i].s = STR_NONE;
		if (row->col[i].null)
			continue;
		switch (PQftype(r, i)) {
		case OID_INT8: case OID_INT4: case OID_INT2: case OID_BOOL: case OID_OID:
			TRY(int_read(p, size, &row->col[i].i));
			break;
		case OID_NUMERIC:
			TRY(numeric_read(p, size, &row->col[i].i));
			break;
		default:
			row->col[i].s = (struct str){ p, (size_t)size };
		}
	}
	return NO_ERR;
}

static void result_clear(void *r)
{
	PQclear(r);
}

static struct err rows_walk(const PGresult *r, struct store_call *call)
{
	int n = PQntuples(r);

	if (call->row && !call->fn && n > 0)
		return row_fill(r, 0, call->row);
	for (int i = 0; call->fn && i < n; i++) {
		TRY(row_fill(r, i, call->row));
		call->stopped = call->fn(call->row, call->arg);
		if (failed(call->stopped))
			break;
	}
	return NO_ERR;
}

struct err pg_query(struct store_tx *tx, struct store_call *call)
{
	struct pg_tx *t = (struct pg_tx *)tx;
	struct pg_conn *c = t->conn;
	PGresult *r = NULL;
	int64_t changed = 0;

	ENSURE(c->pg, BUSY, "store.gone");
	TRY(land_rest(c));
	if (!t->began)
		TRY(t->tx.one ? send_alone(t) : send_begin(t));
	TRY(send(c, call->sql, call->p, call->n, call->once));
	TRY(send_sync(c));
	TRY(land(c, t->patient, call->sql, &r));
	/* Rows point into the result, which lives as long as the transaction. */
	arena_defer(tx->arena, result_clear, r);
	if (!str_starts(str_from_c(PQcmdStatus(r)), STR("SELECT")) && !failed(str_to_i64(str_from_c(PQcmdTuples(r)), INT64_MAX, &changed)))
		call->changed = changed;
	return rows_walk(r, call);
}

struct err pg_commit(struct pg_conn *c, bool patient)
{
	AUTO(clearp) PGresult *r = NULL;

	TRY(send(c, "COMMIT", NULL, 0, false));
	TRY(send_sync(c));
	TRY(land(c, patient, "COMMIT", &r));
	/* A transaction that failed before answers COMMIT with ROLLBACK. */
	ENSURE(str_eq_c(str_from_c(PQcmdStatus(r)), "COMMIT"), BROKEN, "store.sql");
	return NO_ERR;
}

void pg_end(struct pg_conn *c, const char *sql)
{
	if (!c->pg || failed(land_rest(c)) || failed(send(c, sql, NULL, 0, false)) || failed(send_sync(c)))
		return;
	if (PQflush(c->pg) < 0)
		pg_conn_close(c);
}
