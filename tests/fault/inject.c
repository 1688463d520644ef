/* inject.c - see inject.h. Sees the store from inside, as an engine of it would: a failing statement dooms
 * its transaction, and a dump reads tables that no literal names. */
#include "tests/fault/inject.h"
#include "base/store_impl.h"
#include "roles/engine/engine.h"
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

enum { TABLES = 48, TRIES = 64 };

static enum fault armed;
static unsigned countdown;
static bool happened;

void fault_arm(enum fault kind, unsigned nth)
{
	armed = kind;
	countdown = nth;
	happened = false;
}

bool fault_disarm(void)
{
	countdown = 0;
	return happened;
}

static bool strikes(enum fault kind)
{
	if (!countdown || kind != armed || --countdown > 0)
		return false;
	return happened = true;
}

/* ---- in place of the product's own ---- */

struct err __real_store_tx(struct store *s, enum store_durability d, store_fn *fn, void *arg);
struct err __real_store_read(struct store *s, store_fn *fn, void *arg);
struct err __real_store_one_(struct store_tx *tx, const char *sql, struct store_row *ret_row, const struct store_param *p, size_t n);
struct err __real_store_exec_(struct store_tx *tx, const char *sql, int64_t *ret_changed, const struct store_param *p, size_t n);
struct err __real_store_each_(struct store_tx *tx, const char *sql, store_row_fn *fn, void *arg, const struct store_param *p, size_t n);
struct err __real_engine_call(struct engine *e, struct arena *a, int64_t deadline_ms, enum boot_role role, uint16_t type,
	frame_io_fn *fn, const void *ask, frame_io_fn *ret_fn, void *ret);

struct err __wrap_store_tx(struct store *s, enum store_durability d, store_fn *fn, void *arg);
struct err __wrap_store_read(struct store *s, store_fn *fn, void *arg);
struct err __wrap_store_one_(struct store_tx *tx, const char *sql, struct store_row *ret_row, const struct store_param *p, size_t n);
struct err __wrap_store_exec_(struct store_tx *tx, const char *sql, int64_t *ret_changed, const struct store_param *p, size_t n);
struct err __wrap_store_each_(struct store_tx *tx, const char *sql, store_row_fn *fn, void *arg, const struct store_param *p, size_t n);
struct err __wrap_engine_call(struct engine *e, struct arena *a, int64_t deadline_ms, enum boot_role role, uint16_t type,
	frame_io_fn *fn, const void *ask, frame_io_fn *ret_fn, void *ret);

struct err __wrap_store_tx(struct store *s, enum store_durability d, store_fn *fn, void *arg)
{
	struct err e;

	if (strikes(FAULT_STORE))
		return err_of(BUSY, "store.gone");
	e = __real_store_tx(s, d, fn, arg);
	return !failed(e) && strikes(FAULT_COMMIT) ? err_of(BUSY, "store.gone") : e;
}

struct err __wrap_store_read(struct store *s, store_fn *fn, void *arg)
{
	return strikes(FAULT_STORE) ? err_of(BUSY, "store.gone") : __real_store_read(s, fn, arg);
}

static struct err doomed(struct store_tx *tx)
{
	return tx->doom = err_of(BUSY, "store.gone");
}

struct err __wrap_store_one_(struct store_tx *tx, const char *sql, struct store_row *ret_row, const struct store_param *p, size_t n)
{
	if (!strikes(FAULT_STATEMENT))
		return __real_store_one_(tx, sql, ret_row, p, n);
	ret_row->found = false;
	ret_row->n = 0;
	return doomed(tx);
}

struct err __wrap_store_exec_(struct store_tx *tx, const char *sql, int64_t *ret_changed, const struct store_param *p, size_t n)
{
	return strikes(FAULT_STATEMENT) ? doomed(tx) : __real_store_exec_(tx, sql, ret_changed, p, n);
}

struct err __wrap_store_each_(struct store_tx *tx, const char *sql, store_row_fn *fn, void *arg, const struct store_param *p, size_t n)
{
	return strikes(FAULT_STATEMENT) ? doomed(tx) : __real_store_each_(tx, sql, fn, arg, p, n);
}

struct err __wrap_engine_call(struct engine *e, struct arena *a, int64_t deadline_ms, enum boot_role role, uint16_t type,
	frame_io_fn *fn, const void *ask, frame_io_fn *ret_fn, void *ret)
{
	struct err got;

	if (strikes(FAULT_ROLE))
		return err_of(BUSY, "engine.helper.gone");
	got = __real_engine_call(e, a, deadline_ms, role, type, fn, ask, ret_fn, ret);
	return !failed(got) && strikes(FAULT_ANSWER) ? err_of(BUSY, "engine.helper.gone") : got;
}

/* ---- what stands in a store ---- */

struct table { char name[64]; uint64_t sum; int64_t rows; };
struct dump { struct table t[TABLES]; size_t n; };

static uint64_t add_bytes(uint64_t sum, const void *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum = (sum ^ ((const unsigned char *)p)[i]) * 0x100000001b3;
	return sum;
}

/* Rows come in any order: their sums are added up. */
static struct err add_row(const struct store_row *r, void *arg)
{
	struct table *t = arg;
	uint64_t sum = 0xcbf29ce484222325;

	for (size_t i = 0; i < r->n; i++) {
		struct str s = row_str(r, i);
		int64_t number = row_int(r, i);

		sum = add_bytes(sum, &number, sizeof number);
		sum = add_bytes(sum, s.p, s.n);
		sum = add_bytes(sum, "|", 1);
	}
	t->sum += sum;
	t->rows++;
	return NO_ERR;
}

static struct err add_table(const struct store_row *r, void *arg)
{
	struct dump *d = arg;
	struct str name = row_str(r, 0);

	assert_true(d->n < TABLES && name.n < sizeof d->t[0].name);
	memcpy(d->t[d->n++].name, name.p, name.n);
	return NO_ERR;
}

static struct err dump_tx(struct store_tx *tx, void *arg)
{
	static const char sqlite[] = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
	static const char pg[] = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'";
	struct dump *d = arg;
	char sql[128];

	*d = (struct dump){ .n = 0 };
	TRY(store_once(tx, tx->store->engine->migration_lock ? pg : sqlite, add_table, d, NULL, 0, NULL));
	for (size_t i = 0; i < d->n; i++) {
		snprintf(sql, sizeof sql, "SELECT * FROM %s", d->t[i].name);
		TRY(store_once(tx, sql, add_row, &d->t[i], NULL, 0, NULL));
	}
	return NO_ERR;
}

static struct dump dump(struct store *s)
{
	struct dump d;
	struct err e = __real_store_read(s, dump_tx, &d);

	if (failed(e))
		fail_msg("dump: %s", e.slug);
	return d;
}

/* ---- torture ---- */

static const char *const kinds[] = { "store", "statement", "commit", "role", "answer" };

/* Whether a step that may stand by itself was done. */
static bool assert_unchanged(const struct operation *op, enum fault kind, unsigned n, const struct dump *before, const struct dump *after)
{
	char name[80];
	bool step = false;

	assert_int_equal(before->n, after->n);
	for (size_t i = 0; i < before->n; i++) {
		snprintf(name, sizeof name, " %s ", before->t[i].name);
		if (before->t[i].sum == after->t[i].sum)
			continue;
		if (!op->writes_anyway || !strstr(op->writes_anyway, name))
			fail_msg("%s, %s %u: refused, and table %s changed (%d rows, then %d)", op->name, kinds[kind], n, before->t[i].name,
				(int)before->t[i].rows, (int)after->t[i].rows);
		step |= strstr(name, "audit") == NULL;
	}
	return step;
}

static void assert_done(const struct operation *op, void *world, enum fault kind, unsigned n, int status, const char *when)
{
	if (status != op->good)
		fail_msg("%s, %s %u: %s answers %d, not %d", op->name, kinds[kind], n, when, status, op->good);
	if (!op->holds(world))
		fail_msg("%s, %s %u: %s says that it was done, and it was not", op->name, kinds[kind], n, when);
}

/* After a refusal. What was written and not told of may stand in the way of the same request, never of a new one. */
static void assert_works_again(const struct operation *op, void *world, enum fault kind, unsigned n)
{
	int status = op->run(world);

	if ((kind == FAULT_COMMIT || op->once) && status != op->good) {
		if (status >= 500)
			fail_msg("%s, %s %u: the same again answers %d", op->name, kinds[kind], n, status);
		op->prepare(world);
		status = op->run(world);
	}
	assert_done(op, world, kind, n, status, "the next try");
}

/* false: the nth call does not exist. */
static bool torture_once(const struct operation *op, void *world, struct store *store, enum fault kind, unsigned n)
{
	struct dump before, after;
	int status;

	op->prepare(world);
	before = dump(store);
	fault_arm(kind, n);
	status = op->run(world);
	if (!fault_disarm()) {
		assert_done(op, world, kind, n, status, "without a fault it");
		return false;
	}
	/* Where the call that failed was not needed, the answer must be as true as ever. */
	if (status == op->good) {
		assert_done(op, world, kind, n, status, "in spite of it, it");
		return true;
	}
	if (status < 400)
		fail_msg("%s, %s %u: answers %d", op->name, kinds[kind], n, status);
	after = dump(store);
	if (kind != FAULT_COMMIT && assert_unchanged(op, kind, n, &before, &after) && op->whole && !op->whole(world))
		fail_msg("%s, %s %u: refused, and done by halves", op->name, kinds[kind], n);
	assert_works_again(op, world, kind, n);
	return true;
}

void torture_run(const struct operation *op, void *world, struct store *store)
{
	unsigned tries = 0;

	for (enum fault kind = 0; kind < FAULT_KINDS; kind++)
		for (unsigned n = 1; torture_once(op, world, store, kind, n); n++, tries++)
			assert_true(n < TRIES);
	print_message("%s: %u calls failed, one at a time\n", op->name, tries);
}

void torture_run_all(const struct operation *v, size_t n, void *world, struct store *store)
{
	const char *only = getenv("GUICHET_FAULT_ONLY");

	for (size_t i = 0; i < n; i++)
		if (!only || strcmp(only, v[i].name) == 0)
			torture_run(&v[i], world, store);
}
