/* store_sqlite_conn.c - one connection to an SQLite file: its settings, cached statements, rows, errors.
 *
 * A connection belongs to one thread at a time; who may have it is decided elsewhere.
 */
#include "base/store_sqlite.h"
#include <stdio.h>

enum { APPLICATION_ID = 0x47636874 };   /* "Gcht": tells our files from any other database */

struct err sq_error(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK: case SQLITE_ROW: case SQLITE_DONE:
		return NO_ERR;
	case SQLITE_BUSY: case SQLITE_LOCKED:
		return err_of(BUSY, "store.busy");
	case SQLITE_FULL:
		return err_of(BUSY, "store.full");
	case SQLITE_IOERR: case SQLITE_CANTOPEN: case SQLITE_READONLY: case SQLITE_PROTOCOL:
		return err_of(BUSY, "store.gone");
	case SQLITE_CORRUPT: case SQLITE_NOTADB:
		return err_of(BROKEN, "store.corrupt");
	case SQLITE_CONSTRAINT:
		return err_of(CONFLICT, "store.constraint");
	default:
		return err_of(BROKEN, "store.sql");
	}
}

bool sq_is_lost(struct err e)
{
	return failed(e) && (strcmp(e.slug, "store.gone") == 0 || strcmp(e.slug, "store.corrupt") == 0);
}

static struct err fault(struct sq_conn *c, int rc, const char *sql)
{
	struct err e = sq_error(rc);

	if (e.kind == ERR_BROKEN)
		store_log_broken(sqlite3_errmsg(c->db), sql);
	return e;
}

struct err sq_pragma(struct sq_conn *c, const char *sql)
{
	int rc = sqlite3_exec(c->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? NO_ERR : fault(c, rc, sql);
}

static struct err pragma_int(struct sq_conn *c, const char *sql, int64_t *ret_value)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(c->db, sql, -1, &st, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		*ret_value = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? NO_ERR : fault(c, rc, sql);
}

/* A file that has tables and was not made by us is not ours to change. */
static struct err claim_file(struct sq_conn *c, bool create)
{
	int64_t id = 0, tables = 0;
	char sql[64];

	TRY(pragma_int(c, "PRAGMA application_id", &id));
	if (id == APPLICATION_ID)
		return NO_ERR;
	TRY(pragma_int(c, "SELECT count(*) FROM sqlite_schema", &tables));
	ENSURE(create && id == 0 && tables == 0, BROKEN, "store.open");
	snprintf(sql, sizeof sql, "PRAGMA application_id = %d", APPLICATION_ID);
	return sq_pragma(c, sql);
}

/* Some file systems cannot hold a write-ahead log: SQLite then answers with the mode it kept. */
static struct err write_ahead(struct sq_conn *c)
{
	static const char sql[] = "PRAGMA journal_mode = WAL";
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(c->db, sql, -1, &st, NULL);
	bool is_wal = false;

	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		is_wal = str_eq_c(str_from_c((const char *)sqlite3_column_text(st, 0)), "wal");
	sqlite3_finalize(st);
	if (rc != SQLITE_ROW)
		return fault(c, rc, sql);
	ENSURE(is_wal, BROKEN, "store.open");
	return NO_ERR;
}

static struct err configure(struct sq_conn *c, enum sq_mode mode, int64_t busy_ms)
{
	sqlite3_extended_result_codes(c->db, 1);
	sqlite3_busy_timeout(c->db, (int)busy_ms);
	sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(c->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	/* The log is copied into the file by the writer alone, after its callers were answered
	 * (sq_checkpoint): 3.40.1 may corrupt a file that two connections checkpoint at once. */
	sqlite3_wal_autocheckpoint(c->db, 0);
	TRY(sq_pragma(c, "PRAGMA cache_size = -256; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;"
		"PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON"));
	if (mode == SQ_READ) {
		sqlite3_db_config(c->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
		return sq_pragma(c, "PRAGMA query_only = ON");
	}
	TRY(claim_file(c, mode == SQ_CREATE));
	TRY(write_ahead(c));
	return sq_pragma(c, "PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 33554432");
}

struct err sq_conn_open(struct sq_conn *c, const char *path, enum sq_mode mode, int64_t busy_ms)
{
	int rc = sqlite3_open_v2(path, &c->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	struct err e = rc == SQLITE_OK ? configure(c, mode, busy_ms) : sq_error(rc);

	if (!c->arena)
		c->arena = arena_create(STORE_ARENA_BYTES);
	if (failed(e))
		sq_conn_close(c, false);
	return e;
}

void sq_conn_close(struct sq_conn *c, bool clean)
{
	for (size_t i = 0; i < STORE_SLOTS; i++)
		sqlite3_finalize(c->slots[i].st);
	explicit_bzero(c->slots, sizeof c->slots);
	if (c->db) {
		sqlite3_db_config(c->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !clean, NULL);
		sqlite3_close(c->db);
	}
	c->db = NULL;
}

static struct err prepare(struct sq_conn *c, const char *sql, struct sq_slot *slot)
{
	int rc = sqlite3_prepare_v3(c->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &slot->st, NULL);
	int n = slot->st ? sqlite3_bind_parameter_count(slot->st) : 0;

	if (rc != SQLITE_OK)
		return fault(c, rc, sql);
	ENSURE(slot->st && n <= STORE_PARAM_MAX, BROKEN, "store.sql");
	slot->sql = sql;
	slot->param_n = (uint8_t)n;
	for (int i = 0; i < n; i++) {
		char name[16];

		snprintf(name, sizeof name, "$%d", i + 1);
		slot->param_at[i] = (uint8_t)sqlite3_bind_parameter_index(slot->st, name);
	}
	return NO_ERR;
}

/* Keyed by address; the text is compared too, in case the address was not a literal's after all.
 * *ret_slot is NULL when the statement is in the middle of its own walk. */
static struct err cached(struct sq_conn *c, const char *sql, struct sq_slot **ret_slot)
{
	uintptr_t key = (uintptr_t)sql;
	size_t at = (key >> 3 ^ key >> 11) * 0x9E37u;
	struct sq_slot *slot = NULL;

	for (size_t i = 0; i < STORE_PROBES; i++) {
		struct sq_slot *s = &c->slots[(at + i) % STORE_SLOTS];

		if (s->sql == sql && strcmp(sqlite3_sql(s->st), sql) == 0) {
			*ret_slot = sqlite3_stmt_busy(s->st) ? NULL : s;
			return NO_ERR;
		}
		if (!slot && (!s->sql || s->sql == sql))
			slot = s;
		if (!s->sql)
			break;
	}
	if (!slot)
		slot = &c->slots[at % STORE_SLOTS];
	if (slot->st && sqlite3_stmt_busy(slot->st)) {
		*ret_slot = NULL;
		return NO_ERR;
	}
	sqlite3_finalize(slot->st);
	*slot = (struct sq_slot){ 0 };
	TRY(prepare(c, sql, slot));
	*ret_slot = slot;
	return NO_ERR;
}

static int bind(sqlite3_stmt *st, int at, const struct store_param *p)
{
	switch (p->kind) {
	case STORE_INT:
		return sqlite3_bind_int64(st, at, p->i);
	case STORE_TEXT:
		/* A NULL pointer would bind NULL, and PostgreSQL refuses a NUL in text. */
		if (p->s.n && memchr(p->s.p, 0, p->s.n))
			return SQLITE_MISUSE;
		return sqlite3_bind_text64(st, at, p->s.p ? p->s.p : "", p->s.n, SQLITE_STATIC, SQLITE_UTF8);
	case STORE_BYTES:
		return sqlite3_bind_blob64(st, at, p->s.p ? p->s.p : "", p->s.n, SQLITE_STATIC);
	default:
		return sqlite3_bind_null(st, at);
	}
}

static struct err row_fill(struct sq_tx *t, sqlite3_stmt *st, struct store_row *row)
{
	int n = sqlite3_column_count(st);

	ENSURE(n <= STORE_COLUMNS, BROKEN, "store.sql");
	row->found = true;
	row->n = (size_t)n;
	for (int i = 0; i < n; i++) {
		int type = sqlite3_column_type(st, i);

		row->col[i].null = type == SQLITE_NULL;
		row->col[i].i = 0;
		row->col[i].s = STR_NONE;
		if (type == SQLITE_INTEGER || type == SQLITE_FLOAT) {
			row->col[i].i = sqlite3_column_int64(st, i);
		} else if (type != SQLITE_NULL) {
			const void *p = sqlite3_column_blob(st, i);
			size_t size = (size_t)sqlite3_column_bytes(st, i);
			char *copy = arena_try(t->tx.arena, size + 1);

			ENSURE(copy, BROKEN, "store.size");
			if (size)
				memcpy(copy, p, size);
			row->col[i].s = (struct str){ copy, size };
		}
	}
	return NO_ERR;
}

/* Steps to the end: a writing statement with RETURNING has done its work before its first row. */
static struct err walk(struct sq_tx *t, sqlite3_stmt *st, struct store_call *call)
{
	bool changes = !sqlite3_stmt_readonly(st);
	int64_t before = changes ? sqlite3_total_changes64(t->conn->db) : 0;
	int rc;

	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		if (call->row && (call->fn || !call->row->found))
			TRY(row_fill(t, st, call->row));
		if (call->fn) {
			call->stopped = call->fn(call->row, call->arg);
			if (failed(call->stopped))
				return NO_ERR;
		}
		if (!call->fn && !changes)
			return NO_ERR;
	}
	if (rc != SQLITE_DONE)
		return fault(t->conn, rc, call->sql);
	if (changes && sqlite3_total_changes64(t->conn->db) != before)
		call->changed = sqlite3_changes64(t->conn->db);
	return NO_ERR;
}

static struct err slot_run(struct sq_tx *t, struct sq_slot *slot, struct store_call *call)
{
	struct err e = NO_ERR;
	int rc = SQLITE_OK;

	ENSURE(!t->tx.reading || sqlite3_stmt_readonly(slot->st), BROKEN, "store.sql");
	ENSURE(call->n == slot->param_n, BROKEN, "store.sql");
	for (size_t i = 0; i < call->n && rc == SQLITE_OK; i++)
		rc = bind(slot->st, slot->param_at[i], &call->p[i]);
	e = rc == SQLITE_MISUSE ? err_of(BROKEN, "store.sql") : rc == SQLITE_OK ? walk(t, slot->st, call) : fault(t->conn, rc, call->sql);
	sqlite3_reset(slot->st);
	if (call->n)
		sqlite3_clear_bindings(slot->st);
	return e;
}

struct err sq_query(struct store_tx *tx, struct store_call *call)
{
	struct sq_tx *t = (struct sq_tx *)tx;
	struct sq_slot *slot = NULL, once = { 0 };
	struct err e;

	if (!call->once)
		TRY(cached(t->conn, call->sql, &slot));
	if (slot)
		return slot_run(t, slot, call);
	/* Not a literal, or a statement that runs again inside its own walk. */
	e = prepare(t->conn, call->sql, &once);
	if (!failed(e))
		e = slot_run(t, &once, call);
	sqlite3_finalize(once.st);
	return e;
}

struct err sq_control(struct sq_conn *c, const char *sql)
{
	struct sq_slot *slot = NULL;
	int rc;

	TRY(cached(c, sql, &slot));
	ENSURE(slot, BROKEN, "store.sql");
	rc = sqlite3_step(slot->st);
	sqlite3_reset(slot->st);
	return rc == SQLITE_DONE ? NO_ERR : fault(c, rc, sql);
}
