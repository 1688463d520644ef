/* test_store_outage.c - full, locked, moved, killed, replaced, restarted: what each engine meets by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/unit/test_store_world.h"

/* -- SQLite alone -- */

static struct err full_tx(struct store_tx *tx, void *arg)
{
	static char big[300000];
	struct store_row row;

	memset(big, 'x', sizeof big);
	TRY(store_one(tx, "PRAGMA max_page_count = 20", &row));
	return store_exec(tx, "INSERT INTO thing (id, word) VALUES ($1, $2)", NULL,
		bytes_(STR("big")), str_(((struct str){ big, sizeof big })));
}

static struct err roomy_tx(struct store_tx *tx, void *arg)
{
	struct store_row row;

	return store_one(tx, "PRAGMA max_page_count = 1000000", &row);
}

static void *add_or_fill(void *arg)
{
	struct crowd *c = arg;
	struct count one = { .add = 1 };

	for (int i = 0; i < c->rounds; i++) {
		struct err e = i % 4 == 1 ? store_tx(c->w->store, QUICK, full_tx, NULL) : store_tx(c->w->store, QUICK, count_tx, &one);

		if (!failed(e))
			atomic_fetch_add(&c->won, 1);
		else if (strcmp(e.slug, "store.full") == 0)
			atomic_fetch_add(&c->refused_n, 1);
	}
	return NULL;
}

static void a_full_store_says_busy_to_who_asked_too_much_and_recovers(void **state)
{
	struct crowd c = { .w = *state, .rounds = 12 };
	struct thing t = { STR("y"), STR("w"), 1, NOON, 0 };

	refused(store_tx(c.w->store, DURABLE, full_tx, NULL), ERR_BUSY, "store.full");
	crowd_run(&c, add_or_fill, 8);
	assert_int_equal(c.refused_n, 8 * 3);
	assert_int_equal(c.won, 8 * 9);
	assert_int_equal(counter(c.w), 8 * 9);
	must(store_tx(c.w->store, QUICK, roomy_tx, NULL));
	must(store_tx(c.w->store, DURABLE, thing_insert_tx, &t));
}

static void a_file_that_another_daemon_holds_is_refused(void **state)
{
	struct world *w = *state;
	struct store_options o = options(w);
	struct store *second = NULL;

	refused(store_open(&o, &second), ERR_BUSY, "store.locked");
	assert_null(second);
	must(store_check(w->store));
}

static void rename_all(struct world *w, const char *from, const char *to)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char a[160], b[160];

	for (size_t i = 0; i < 3; i++) {
		snprintf(a, sizeof a, "%s%s%s", w->file, from, ends[i]);
		snprintf(b, sizeof b, "%s%s%s", w->file, to, ends[i]);
		(void)!rename(a, b);
	}
}

static void a_file_that_goes_away_is_missed_and_found_again(void **state)
{
	struct world *w = *state;
	struct count one = { .add = 1 };
	struct stat st;

	must(store_tx(w->store, QUICK, count_tx, &one));
	rename_all(w, "", ".away");
	refused(store_tx(w->store, DURABLE, count_tx, &one), ERR_BUSY, "store.gone");
	refused(store_tx(w->store, QUICK, count_tx, &one), ERR_BUSY, "store.gone");
	refused(store_check(w->store), ERR_BUSY, "store.gone");
	assert_int_not_equal(stat(w->file, &st), 0);     /* and no empty one is made in its place */
	rename_all(w, ".away", "");
	must(store_check(w->store));
	assert_int_equal(counter(w), 1);
	must(store_tx(w->store, DURABLE, count_tx, &one));
	assert_int_equal(counter(w), 2);
}

/* Does anybody hold the lock by which SQLite's programs see that they are not alone (os.h: SHARED_FIRST)?
 * Asked in another process: one's own locks are no obstacle. */
static bool is_seen_in_use(const char *file)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0x40000002, .l_len = 510 };
		int fd = open(file, O_RDWR);

		_exit(fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status) == 1;
}

/* Else sqlite3 on the console would take itself for the last one, and remove the log at its end. */
static void a_file_that_came_back_is_still_seen_in_use(void **state)
{
	struct world *w = *state;
	struct count one = { .add = 1 };

	assert_int_equal(counter(w), 0);        /* a reader is open, too */
	assert_true(is_seen_in_use(w->file));
	rename_all(w, "", ".away");
	refused(store_tx(w->store, DURABLE, count_tx, &one), ERR_BUSY, "store.gone");
	rename_all(w, ".away", "");
	must(store_tx(w->store, DURABLE, count_tx, &one));
	assert_true(is_seen_in_use(w->file));
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void what_is_no_database_of_ours_is_refused_untouched(void **state)
{
	struct world *w = *state;
	struct store_options o = options(w);
	struct store *s = NULL;

	store_close(TAKE(w->store));
	remove_files(w->file);
	write_file(w->file, "This is the town's only list of voters, in plain text. Nothing in it looks like a database.\n"
		"It is long enough to be taken for one, though, since a header is a hundred bytes.\n");
	refused(store_open(&o, &s), ERR_BROKEN, "store.corrupt");
	assert_null(s);
}

static void a_file_of_another_program_is_refused(void **state)
{
	struct world *w = *state;
	struct store_options o = options(w);
	struct store *s = NULL;
	int fd;

	/* Bytes 68 to 71 of the header are the application's number (SQLite file format 1.3). */
	store_close(TAKE(w->store));
	fd = open(w->file, O_RDWR);
	assert_int_equal(pwrite(fd, "Gcht", 4, 68), 4);
	close(fd);
	must(store_open(&o, &w->store));
	store_close(TAKE(w->store));
	fd = open(w->file, O_RDWR);
	assert_int_equal(pwrite(fd, "Else", 4, 68), 4);
	close(fd);
	refused(store_open(&o, &s), ERR_BROKEN, "store.open");
	assert_null(s);
}

static struct err many_things_tx(struct store_tx *tx, void *arg)
{
	for (uint32_t i = 0; i < 2000; i++)
		TRY(store_exec(tx, "INSERT INTO thing (id, word, n) VALUES ($1, $2, $3)", NULL,
			bytes_(((struct str){ (char *)&i, 4 })), str_(STR("a word that fills pages")), int_(i)));
	return NO_ERR;
}

static void damaged_pages_are_found_by_the_check(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct world *w = *state;
	struct store_options o = options(w);
	struct str report;
	char noise[4096];
	int fd;

	must(store_tx(w->store, DURABLE, many_things_tx, NULL));
	store_close(TAKE(w->store));
	memset(noise, 0xa5, sizeof noise);
	fd = open(w->file, O_RDWR);
	assert_int_equal(pwrite(fd, noise, sizeof noise, 20 * 4096), sizeof noise);
	close(fd);
	must(store_open(&o, &w->store));
	refused(store_verify(w->store, a, &report), ERR_BROKEN, "store.corrupt");
	assert_true(report.n > 0 && !str_eq_c(report, "ok"));
}

/* The child tells each acknowledgement through the pipe until it is killed. */
static _Noreturn void count_until_killed(const struct world *w, int fd)
{
	struct store_options o = options(w);
	struct store *s = NULL;

	if (failed(store_open(&o, &s)))
		_exit(1);
	for (;;) {
		struct count one = { .add = 1 };

		if (failed(store_tx(s, one.runs++ % 2 ? DURABLE : QUICK, count_tx, &one)) || write(fd, "x", 1) != 1)
			_exit(1);
	}
}

static void what_was_acknowledged_outlives_kill_9(void **state)
{
	struct world *w = *state;
	int64_t acknowledged = 0;

	store_close(TAKE(w->store));
	for (int i = 0; i < 5; i++) {
		struct store_options o = options(w);
		char some[4096];
		ssize_t n;
		int fds[2];
		pid_t pid;

		assert_int_equal(pipe(fds), 0);
		pid = fork();
		if (pid == 0)
			count_until_killed(w, fds[1]);
		close(fds[1]);
		usleep(20000 + (useconds_t)i * 7000);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		while ((n = read(fds[0], some, sizeof some)) > 0)
			acknowledged += n;
		close(fds[0]);
		must(store_open(&o, &w->store));
		/* The one that was under way when the signal came may be there too. */
		assert_in_range(counter(w), (uintmax_t)acknowledged, (uintmax_t)acknowledged + (uintmax_t)i + 1);
		store_close(TAKE(w->store));
	}
	assert_true(acknowledged > 0);
}

static struct err slow_tx(struct store_tx *tx, void *arg)
{
	struct count one = { .add = 1 };

	TRY(count_tx(tx, &one));
	usleep(600 * 1000);
	return NO_ERR;
}

static void *slowly(void *arg)
{
	struct crowd *c = arg;

	must(store_tx(c->w->store, QUICK, slow_tx, NULL));
	return NULL;
}

static void who_waits_too_long_hears_busy(void **state)
{
	struct crowd c = { .w = *state };
	struct store_options o = options(c.w);
	struct count one = { .add = 1 };
	pthread_t t;

	store_close(TAKE(c.w->store));
	o.busy_ms = 100;
	must(store_open(&o, &c.w->store));
	pthread_create(&t, NULL, slowly, &c);
	usleep(200 * 1000);
	refused(store_tx(c.w->store, QUICK, count_tx, &one), ERR_BUSY, "store.busy");
	pthread_join(t, NULL);
	must(store_tx(c.w->store, QUICK, count_tx, &one));
	assert_int_equal(counter(c.w), 2);
}

static struct err durable_state_tx(struct store_tx *tx, void *arg)
{
	struct store_row row;

	TRY(store_one(tx, "PRAGMA synchronous", &row));
	*(int64_t *)arg = row_int(&row, 0);
	return NO_ERR;
}

static void a_durable_commit_waits_for_the_disk_and_a_quick_one_does_not(void **state)
{
	struct world *w = *state;
	int64_t quick = -1, durable = -1;

	for (int i = 0; i < 2; i++) {
		must(store_tx(w->store, QUICK, durable_state_tx, &quick));
		must(store_tx(w->store, DURABLE, durable_state_tx, &durable));
		assert_int_equal(quick, 1);      /* NORMAL */
		assert_int_equal(durable, 2);    /* FULL */
	}
}

/* -- PostgreSQL alone -- */

static struct err pg_durable_state_tx(struct store_tx *tx, void *arg)
{
	struct store_row row;

	TRY(store_one(tx, "SELECT current_setting('synchronous_commit')", &row));
	*(bool *)arg = str_eq_c(row_str(&row, 0), "on");
	return NO_ERR;
}

static void durability_holds(struct world *w)
{
	bool quick = true, one = true, durable = false;

	for (int i = 0; i < 2; i++) {
		must(store_tx(w->store, QUICK, pg_durable_state_tx, &quick));
		must(store_tx(w->store, DURABLE, pg_durable_state_tx, &durable));
		must(store_tx(w->store, QUICK_ONE, pg_durable_state_tx, &one));
		assert_false(quick || one);
		assert_true(durable);
	}
}

static void a_durable_commit_waits_for_the_log_and_a_quick_one_does_not(void **state)
{
	durability_holds(*state);
}

static struct err conflict_tx(struct store_tx *tx, void *arg)
{
	struct count *c = arg;

	TRY(count_tx(tx, c));
	if (c->runs < 4)
		return store_exec(tx, "DO $x$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $x$", NULL);
	return NO_ERR;
}

static struct err always_conflict_tx(struct store_tx *tx, void *arg)
{
	TRY(count_tx(tx, arg));
	return store_exec(tx, "DO $x$ BEGIN RAISE EXCEPTION USING ERRCODE = '40P01'; END $x$", NULL);
}

static void a_conflict_runs_the_transaction_again_and_not_for_ever(void **state)
{
	struct world *w = *state;
	struct count some = { .add = 1 }, always = { .add = 1 };

	must(store_tx(w->store, QUICK, conflict_tx, &some));
	assert_int_equal(some.runs, 4);
	assert_int_equal(counter(w), 1);
	refused(store_tx(w->store, QUICK, always_conflict_tx, &always), ERR_BUSY, "store.busy");
	assert_int_equal(always.runs, 6);
	assert_int_equal(counter(w), 1);
}

static struct err disk_full_tx(struct store_tx *tx, void *arg)
{
	return store_exec(tx, "DO $x$ BEGIN RAISE EXCEPTION USING ERRCODE = '53100'; END $x$", NULL);
}

static void a_server_without_room_says_busy(void **state)
{
	struct world *w = *state;
	struct count one = { .add = 1 };

	refused(store_tx(w->store, QUICK, disk_full_tx, NULL), ERR_BUSY, "store.full");
	must(store_tx(w->store, QUICK, count_tx, &one));
}

static void a_server_that_stops_is_missed_and_found_again(void **state)
{
	struct world *w = *state;
	struct count one = { .add = 1 };

	must(store_tx(w->store, DURABLE, count_tx, &one));
	test_pg_stop();
	refused(store_tx(w->store, DURABLE, count_tx, &one), ERR_BUSY, "store.gone");
	refused(store_tx(w->store, QUICK, count_tx, &one), ERR_BUSY, "store.gone");
	refused(store_check(w->store), ERR_BUSY, "store.gone");
	test_pg_start();
	usleep(250 * 1000);      /* at most one attempt in 200 ms: this is the wait of the next request */
	must(store_check(w->store));
	must(store_tx(w->store, DURABLE, count_tx, &one));
	assert_int_equal(counter(w), 2);
}

/* Not even by a statement that could not be sent again, had it been sent. */
static void a_server_that_restarts_before_a_single_statement_is_not_noticed(void **state)
{
	struct world *w = *state;
	struct thing t = { STR("one-code"), STR("mine"), 1, NOON, 0 };

	must(store_check(w->store));
	test_pg_stop();
	test_pg_start();
	must(store_tx(w->store, QUICK_ONE, thing_add_tx, &t));
	assert_int_equal(t.changed, 1);
}

static struct err break_off_tx(struct store_tx *tx, void *arg)
{
	return store_exec(tx, "UPDATE counter SET n = n + 1 WHERE pg_terminate_backend(pg_backend_pid())", NULL);
}

static void a_single_statement_that_is_broken_off_has_changed_nothing(void **state)
{
	struct world *w = *state;

	refused(store_tx(w->store, QUICK_ONE, break_off_tx, NULL), ERR_BUSY, "store.gone");
	assert_int_equal(counter(w), 0);
}

static void a_server_that_restarts_between_two_requests_is_not_noticed(void **state)
{
	struct crowd c = { .w = *state, .rounds = 4 };

	crowd_run(&c, add_many, 8);
	test_pg_stop();
	test_pg_start();
	crowd_run(&c, add_many, 8);
	assert_int_equal(c.won, 64);
	assert_int_equal(counter(c.w), 64);
}

static void behind_a_pooler_nothing_stays_in_the_session(void **state)
{
	struct world *w = *state;
	struct store_options o = options(w);
	char url[240];
	struct count one = { .add = 1 };

	store_close(TAKE(w->store));
	snprintf(url, sizeof url, "postgresql+pooler%s", w->url + strlen("postgresql"));
	o.url = str_from_c(url);
	must(store_open(&o, &w->store));
	for (int i = 0; i < 3; i++)
		must(store_tx(w->store, QUICK, count_tx, &one));
	assert_int_equal(counter(w), 3);
	durability_holds(w);
	assert_int_equal(test_pg_prepared(w->store), 0);
}

enum { STATEMENTS = 600, STATEMENT_BYTES = 16 };

/* More statements than a connection remembers; then how many the server does. */
static struct err many_statements_tx(struct store_tx *tx, void *arg)
{
	static char sql[STATEMENTS][STATEMENT_BYTES];
	struct store_row row;

	for (int i = 0; i < STATEMENTS; i++) {
		snprintf(sql[i], sizeof sql[i], "SELECT %d", i);
		TRY(store_one(tx, sql[i], &row));
	}
	TRY(store_one(tx, "SELECT count(*) FROM pg_prepared_statements", &row));
	*(int64_t *)arg = row_int(&row, 0);
	return NO_ERR;
}

static struct err two_statements_tx(struct store_tx *tx, void *arg)
{
	struct store_row row;

	(void)arg;
	TRY(store_one(tx, "SELECT 1", &row));
	return store_one(tx, "SELECT 2", &row);
}

static void a_server_keeps_no_more_statements_than_its_connection_remembers(void **state)
{
	struct world *w = *state;
	int64_t n = 0;

	for (int i = 0; i < 2; i++)
		must(store_tx(w->store, QUICK, many_statements_tx, &n));
	assert_in_range(n, 100, 256);           /* STORE_SLOTS */
	/* Whatever comes first there once all places are taken. */
	must(store_tx(w->store, DURABLE, two_statements_tx, NULL));
	must(store_read(w->store, two_statements_tx, NULL));
}

static void *open_again(void *arg)
{
	struct crowd *c = arg;
	struct store_options o = options(c->w);
	struct store *s = NULL;

	if (!failed(store_open(&o, &s)))
		atomic_fetch_add(&c->won, 1);
	store_close(s);
	return NULL;
}

static void engines_that_start_together_migrate_once(void **state)
{
	struct crowd c = { .w = *state };

	store_close(TAKE(c.w->store));
	test_pg_database(9000, c.w->url, sizeof c.w->url);
	crowd_run(&c, open_again, 6);
	assert_int_equal(c.won, 6);
}

const struct CMUnitTest sqlite_outages[] = {
	ON_SQLITE(a_full_store_says_busy_to_who_asked_too_much_and_recovers),
	ON_SQLITE(a_file_that_another_daemon_holds_is_refused),
	ON_SQLITE(a_file_that_goes_away_is_missed_and_found_again),
	ON_SQLITE(a_file_that_came_back_is_still_seen_in_use),
	ON_SQLITE(a_file_of_another_program_is_refused),
	ON_SQLITE(what_is_no_database_of_ours_is_refused_untouched),
	ON_SQLITE(damaged_pages_are_found_by_the_check),
	ON_SQLITE(what_was_acknowledged_outlives_kill_9),
	ON_SQLITE(who_waits_too_long_hears_busy),
	ON_SQLITE(a_durable_commit_waits_for_the_disk_and_a_quick_one_does_not),
};
const size_t sqlite_outage_n = sizeof sqlite_outages / sizeof *sqlite_outages;

const struct CMUnitTest pg_outages[] = {
	ON_PG(who_waits_too_long_hears_busy),
	ON_PG(a_durable_commit_waits_for_the_log_and_a_quick_one_does_not),
	ON_PG(a_conflict_runs_the_transaction_again_and_not_for_ever),
	ON_PG(a_server_without_room_says_busy),
	ON_PG(a_server_that_stops_is_missed_and_found_again),
	ON_PG(a_server_that_restarts_before_a_single_statement_is_not_noticed),
	ON_PG(a_single_statement_that_is_broken_off_has_changed_nothing),
	ON_PG(a_server_that_restarts_between_two_requests_is_not_noticed),
	ON_PG(a_server_keeps_no_more_statements_than_its_connection_remembers),
	ON_PG(behind_a_pooler_nothing_stays_in_the_session),
	ON_PG(engines_that_start_together_migrate_once),
};
const size_t pg_outage_n = sizeof pg_outages / sizeof *pg_outages;
