/* store_sqlite.c - the SQLite engine: the file, its lock, the readers, and coming back when it does.
 *
 * A file that is moved or deleted while open goes on taking writes that nobody will ever see, so the
 * name is looked up again before a durable commit and ten times a second otherwise. When it is not
 * ours any more everything is closed, and each transaction tries to open what stands there now.
 */
#include "base/store_sqlite.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"

enum { SEEN_FOR_MS = 100, BUSY_DEFAULT_MS = 2000 };

bool sq_in_place(struct sq *s, bool ask_again)
{
	struct stat st;
	int64_t now_ms;

	if (atomic_load_explicit(&s->gone, memory_order_relaxed))
		return false;
	now_ms = clock_mono_ms();
	if (!ask_again && now_ms - atomic_load_explicit(&s->seen_ms, memory_order_relaxed) < SEEN_FOR_MS)
		return true;
	if (stat(s->path, &st) != 0 || st.st_dev != s->dev || st.st_ino != s->ino) {
		atomic_store(&s->gone, true);
		return false;
	}
	atomic_store_explicit(&s->seen_ms, now_ms, memory_order_relaxed);
	return true;
}

/* Two daemons on one file would undo each other's work; the lock dies with its holder. */
static struct err file_lock(struct sq *s)
{
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	s->lock_fd = open(s->lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	ENSURE(s->lock_fd >= 0, BUSY, "store.gone");
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return NO_ERR;
	close(s->lock_fd);
	s->lock_fd = -1;
	return err_of(BUSY, "store.locked");
}

/* Only the very first start may make a file: one that went away must come back with what it held. Later a look
 * has to do: readers have the file open, and closing any descriptor of it gives all the locks of this process back
 * (POSIX advisory locks), so that another program would take itself for the last one and remove the log. */
static struct err file_find(struct sq *s, bool create)
{
	int fd = create ? open(s->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
	struct stat st;

	ENSURE(!create || fd >= 0, BUSY, "store.gone");
	if (fd >= 0)
		close(fd);
	ENSURE(stat(s->path, &st) == 0, BUSY, "store.gone");
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	return NO_ERR;
}

/* Pages in the log, for the checkpoint that follows the answers. */
static int on_commit(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct sq *s = arg;

	s->wal_pages = pages;
	return SQLITE_OK;
}

struct err sq_writer_open(struct sq *s, bool create)
{
	struct err e;

	sq_conn_close(&s->writer, false);
	atomic_store(&s->gone, true);
	TRY(file_lock(s));
	TRY(file_find(s, create));
	s->full_sync = false;
	s->wal_pages = 0;
	TRY(sq_conn_open(&s->writer, s->path, create ? SQ_CREATE : SQ_WRITE, s->store.o.busy_ms));
	sqlite3_wal_hook(s->writer.db, on_commit, s);
	e = store_migrate(&s->store, sq_tx_alone);
	if (failed(e)) {
		sq_conn_close(&s->writer, false);
		return e;
	}
	atomic_fetch_add(&s->generation, 1);
	atomic_store(&s->seen_ms, clock_mono_ms());
	atomic_store(&s->gone, false);
	return NO_ERR;
}

static struct err reader_take(struct sq *s, struct sq_conn **ret_conn)
{
	struct timespec until = { 0 };
	int rc = 0;

	pthread_mutex_lock(&s->mutex);
	if (!s->free_reader)
		until = sq_deadline(s);
	while (!s->free_reader && rc == 0)
		rc = pthread_cond_timedwait(&s->reader_freed, &s->mutex, &until);
	*ret_conn = s->free_reader;
	if (s->free_reader)
		s->free_reader = s->free_reader->next;
	pthread_mutex_unlock(&s->mutex);
	ENSURE(*ret_conn, BUSY, "store.busy");
	return NO_ERR;
}

static void reader_give(struct sq *s, struct sq_conn *c)
{
	pthread_mutex_lock(&s->mutex);
	c->next = s->free_reader;
	s->free_reader = c;
	pthread_mutex_unlock(&s->mutex);
	/* Whoever wakes finds the lock free. */
	pthread_cond_signal(&s->reader_freed);
}

static struct err nothing(struct store_tx *tx, void *arg)
{
	return NO_ERR;
}

static struct err reader_ready(struct sq *s, struct sq_conn *c)
{
	if (c->db && c->generation == atomic_load(&s->generation))
		return NO_ERR;
	sq_conn_close(c, false);
	c->generation = atomic_load(&s->generation);
	return sq_conn_open(c, s->path, SQ_READ, s->store.o.busy_ms);
}

static struct err read_run(struct sq *s, struct sq_conn *c, bool one, store_fn *fn, void *arg)
{
	struct sq_tx t = { { .store = &s->store, .reading = true, .one = one }, c };
	struct err e;

	TRY(reader_ready(s, c));
	t.tx.arena = c->arena;
	if (!one)
		TRY(sq_control(c, "BEGIN"));
	e = store_fn_run(&t.tx, fn, arg);
	arena_reset(c->arena);
	if (!sqlite3_get_autocommit(c->db) && failed(sq_control(c, "COMMIT")))
		sq_conn_close(c, false);
	return sq_is_lost(t.tx.doom) ? t.tx.doom : e;
}

static struct err sq_read(struct store *st, bool one, store_fn *fn, void *arg)
{
	struct sq *s = (struct sq *)st;
	struct sq_conn *c = NULL;
	struct err e;

	/* Opening again is the writer's business: it holds the lock and knows the schema. */
	if (!sq_in_place(s, false))
		TRY(sq_tx(st, QUICK, nothing, NULL));
	TRY(reader_take(s, &c));
	e = read_run(s, c, one, fn, arg);
	if (sq_is_lost(e))
		sq_conn_close(c, false);
	reader_give(s, c);
	return e;
}

struct report { struct arena *arena; struct str text; };

static struct err report_row(const struct store_row *row, void *arg)
{
	struct report *r = arg;
	struct str what = row_str(row, 0);

	if (!str_eq_c(what, "ok") && r->text.n < 8192)
		r->text = arena_concat(r->arena, (struct str[]){ r->text, what, STR("\n") }, 3);
	return NO_ERR;
}

static struct err foreign_row(const struct store_row *row, void *arg)
{
	struct report *r = arg;

	if (r->text.n < 8192)
		r->text = arena_concat(r->arena, (struct str[]){ r->text, STR("a reference leads nowhere in "), row_str(row, 0), STR("\n") }, 4);
	return NO_ERR;
}

static struct err verify_tx(struct store_tx *tx, void *arg)
{
	TRY(store_each(tx, "PRAGMA integrity_check(100)", report_row, arg));
	return store_each(tx, "PRAGMA foreign_key_check", foreign_row, arg);
}

static struct err sq_verify(struct store *st, struct arena *a, struct str *ret_report)
{
	struct report r = { a, STR_NONE };
	struct err e;

	*ret_report = STR_NONE;
	e = sq_read(st, false, verify_tx, &r);
	if (failed(e) && e.kind == ERR_BROKEN)
		r.text = arena_concat(a, (struct str[]){ r.text, STR("the file cannot be read to its end\n") }, 2);
	else
		TRY(e);
	*ret_report = r.text.n ? r.text : STR("ok");
	ENSURE(!r.text.n, BROKEN, "store.corrupt");
	return NO_ERR;
}

/* Readers first: the last one out, which removes the log, must be the writer. */
static void sq_close(struct store *st)
{
	struct sq *s = (struct sq *)st;
	bool clean = !atomic_load(&s->gone) && sq_in_place(s, true);

	for (unsigned i = 0; i < s->reader_n; i++) {
		sq_conn_close(&s->readers[i], false);
		arena_destroy(s->readers[i].arena);
	}
	sq_conn_close(&s->writer, clean);
	arena_destroy(s->writer.arena);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	pthread_cond_destroy(&s->reader_freed);
	pthread_mutex_destroy(&s->mutex);
	pthread_condattr_destroy(&s->monotonic);
	free(s->readers);
	free(s->lock_path);
	free(s->path);
	free(s);
}

static const struct store_engine sqlite_engine = {
	.tx = sq_tx, .read = sq_read, .query = sq_query, .verify = sq_verify, .close = sq_close,
};

/* Connections never share anything, so SQLite's own locks and its global count of memory only cost. */
static void sqlite_settle(void)
{
	sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	sqlite3_initialize();
}

static char *joined(struct str a, const char *b)
{
	size_t n = strlen(b);
	char *p = calloc(1, a.n + n + 1);

	if (!p)
		abort();
	memcpy(p, a.p, a.n);
	memcpy(p + a.n, b, n);
	return p;
}

struct err store_sqlite_open(const struct store_options *o, struct str path, struct store **ret_store)
{
	static pthread_once_t settled = PTHREAD_ONCE_INIT;
	struct sq *s = calloc(1, sizeof *s);
	struct err e;

	if (!s)
		abort();
	pthread_once(&settled, sqlite_settle);
	s->store = (struct store){ &sqlite_engine, *o };
	s->store.o.url = STR_NONE;
	if (s->store.o.busy_ms <= 0)
		s->store.o.busy_ms = BUSY_DEFAULT_MS;
	s->path = joined(path, "");
	s->lock_path = joined(path, ".lock");
	s->lock_fd = -1;
	pthread_condattr_init(&s->monotonic);
	pthread_condattr_setclock(&s->monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&s->mutex, NULL);
	pthread_cond_init(&s->reader_freed, &s->monotonic);
	s->reader_n = o->readers ? o->readers : 1;
	s->readers = calloc(s->reader_n, sizeof *s->readers);
	if (!s->readers)
		abort();
	e = sq_writer_open(s, true);
	if (failed(e)) {
		sq_close(&s->store);
		return e;
	}
	for (unsigned i = s->reader_n; i-- > 0; )
		reader_give(s, &s->readers[i]);
	*ret_store = &s->store;
	return NO_ERR;
}
