/* store_sqlite.h - the rooms of the SQLite engine: one connection, and the queue of its writer.
 * Internal to base/store_sqlite*.c.
 */
#ifndef BASE_STORE_SQLITE_H
#define BASE_STORE_SQLITE_H
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/types.h>
#include "base/store_impl.h"

struct sq_slot {
	const char *sql;             /* the literal: its address is the key */
	sqlite3_stmt *st;
	uint8_t param_at[STORE_PARAM_MAX];   /* SQLite numbers $2 by its first appearance, not by its name */
	uint8_t param_n;
};

struct sq_conn {
	sqlite3 *db;                 /* NULL: closed, to be opened again */
	struct sq_slot slots[STORE_SLOTS];
	struct arena *arena;
	struct sq_conn *next;        /* readers that are free */
	unsigned generation;         /* of the file that db has open */
};

struct sq_tx { struct store_tx tx; struct sq_conn *conn; };

enum sq_mode { SQ_CREATE, SQ_WRITE, SQ_READ };
MUST struct err sq_conn_open(struct sq_conn *c, const char *path, enum sq_mode mode, int64_t busy_ms);
/* clean: checkpoint and remove the log, as the last one out. Else the files stay as they are. */
void sq_conn_close(struct sq_conn *c, bool clean);
/* A statement of our own without parameters, cached. */
MUST struct err sq_control(struct sq_conn *c, const char *sql);
MUST struct err sq_pragma(struct sq_conn *c, const char *sql);
struct err sq_query(struct store_tx *tx, struct store_call *call);
struct err sq_error(int rc);
/* The connection is of no use any more: the file is gone, or is not what it was. */
bool sq_is_lost(struct err e);

enum piece_state { PIECE_WAITS, PIECE_TAKEN, PIECE_LEADS, PIECE_DONE };

/* One caller of store_tx(), on its stack. */
struct sq_piece {
	enum store_durability durability;
	store_fn *fn; void *arg;
	struct err err;
	enum piece_state state;
	pthread_cond_t wake;
	struct sq_piece *next;
};

struct sq {
	struct store store;          /* first: the engine's functions get this pointer */
	char *path, *lock_path;
	int lock_fd;
	dev_t dev; ino_t ino;        /* of the file that we opened */

	pthread_mutex_t mutex;       /* the queue and the free readers */
	pthread_condattr_t monotonic;
	struct sq_piece *first, *last;
	bool led;                    /* somebody holds the writer */

	/* The leader's own. */
	struct sq_conn writer;
	bool full_sync;
	int wal_pages;

	struct sq_conn *readers, *free_reader;
	unsigned reader_n;
	pthread_cond_t reader_freed;

	atomic_bool gone;
	atomic_uint generation;      /* counts how often the file was opened */
	_Atomic int64_t seen_ms;     /* when the file was last found in its place */
};

/* Is the file that we have open still the one under its name? */
bool sq_in_place(struct sq *s, bool ask_again);
/* Opens the writer, takes the lock, migrates. The leader's, or before anybody else is there. */
MUST struct err sq_writer_open(struct sq *s, bool create);
struct err sq_tx(struct store *st, enum store_durability d, store_fn *fn, void *arg);
/* fn alone in a transaction, for who leads already. */
struct err sq_tx_alone(struct store *st, enum store_durability d, store_fn *fn, void *arg);
struct timespec sq_deadline(const struct sq *s);
#endif
