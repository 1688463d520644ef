/* store_pg.h - one connection to PostgreSQL, as the pool sees it. Internal to base/store_pg*.c. */
#ifndef BASE_STORE_PG_H
#define BASE_STORE_PG_H
#include <libpq-fe.h>
#include "base/store_impl.h"

enum { PG_FLIGHT_MAX = 12 };

struct pg_slot {
	const char *sql;           /* the literal: its address is the key */
	char *text;                /* owner: the slot; what was prepared under `serial` */
	unsigned serial;           /* the server knows it as g<serial> */
	bool prepared;
};

struct pg_flown { struct pg_slot *prepares; unsigned serial; };   /* NULL: an execution */

struct pg_conn {
	PGconn *pg;                /* NULL: closed, to be opened again */
	bool pooled;               /* behind a pooler: nothing stays in the session, not even prepared statements */
	struct pg_slot slots[STORE_SLOTS];
	unsigned serial;
	struct arena *arena;
	struct pg_conn *next;      /* connections that are free */
	unsigned generation;
	int64_t answer_ms;         /* how long an answer may take before the server counts as gone */

	/* What was sent and not yet answered: preparations and executions, in order. */
	struct pg_flown flight[PG_FLIGHT_MAX];
	int flight_n;
	bool landing;              /* a sync was sent: the flight must be read before the next */

	bool unsure;               /* a statement that commits itself was sent; whether it has, only its answer tells */
	bool again;                /* the last error was a conflict: the transaction may be run again */
	bool read_only;            /* the server refused a write as such */
};

struct pg_tx {
	struct store_tx tx;
	struct pg_conn *conn;
	enum store_durability durability;
	bool began;
	bool patient;              /* no limit for an answer: migrations, verification */
};

/* keywords and values as PQconnectdbParams() takes them; within wait_ms. BUSY store.gone */
MUST struct err pg_conn_open(struct pg_conn *c, const char *const *keywords, const char *const *values);
void pg_conn_close(struct pg_conn *c);
struct err pg_query(struct store_tx *tx, struct store_call *call);
/* COMMIT, and wait for it. */
MUST struct err pg_commit(struct pg_conn *c, bool patient);
/* End the transaction without waiting: the answer is read before the connection's next use. */
void pg_end(struct pg_conn *c, const char *sql);
#endif
