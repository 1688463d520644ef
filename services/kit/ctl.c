/* ctl.c - guichetctl's commands for a service: status, db check|purge|migrate, audit tail|verify, queue list|retry|drop. */
#include "services/kit/kit_impl.h"
#include "base/clock.h"
#include "base/json.h"

enum { TAIL_DEFAULT = 20, TAIL_MAX = 1000, OUT_MAX = 1 << 19 };

/* What every command gets; out and err live in a. */
struct ctl { struct kit *k; struct arena *a; const struct str *argv; size_t argc; bool json; struct str actor, out; };

static struct str arg(const struct ctl *c, size_t i)
{
	return i < c->argc ? c->argv[i] : STR_NONE;
}

static MUST struct err say(struct ctl *c, const char *name, int64_t value)
{
	c->out = arena_printf(c->a, c->json ? "{\"%s\":%lld}\n" : "%s: %lld\n", name, (long long)value);
	return NO_ERR;
}

static MUST struct err status(struct ctl *c)
{
	int64_t waiting = 0;

	TRY(store_check(c->k->store));
	TRY(kit_mail_waiting(c->k->store, &waiting));
	c->out = arena_printf(c->a, c->json ? "{\"status\":\"ok\",\"mail_waiting\":%lld}\n" : "ok\nmail_waiting: %lld\n", (long long)waiting);
	return NO_ERR;
}

static MUST struct err db_check(struct ctl *c)
{
	struct str report;

	TRY(store_verify(c->k->store, c->a, &report));
	c->out = c->json ? STR("{\"status\":\"ok\"}\n") : arena_concat(c->a, (struct str[]){ report, STR("\n") }, 2);
	return NO_ERR;
}

static MUST struct err db_purge(struct ctl *c)
{
	int64_t removed = 0;

	TRY(kit_purge(c->k->store, clock_wall_s(), &removed));
	return say(c, "removed", removed);
}

struct newest { int64_t number; };

static struct err newest_tx(struct store_tx *tx, void *arg)
{
	struct newest *n = arg;
	struct store_row row;

	TRY(store_one(tx, "SELECT MAX(number) FROM schema_migration", &row));
	n->number = row_int(&row, 0);
	return NO_ERR;
}

/* The engine migrates when it starts; that it answers says that this is done. */
static MUST struct err db_migrate(struct ctl *c)
{
	struct newest n = { 0 };

	TRY(store_read(c->k->store, newest_tx, &n));
	return say(c, "migration", n.number);
}

struct tail { struct arena *arena; struct buf *out; bool json; int64_t limit; };

static struct err tail_row(const struct store_row *row, void *arg)
{
	const struct tail *t = arg;
	static const char *const names[] = { "event", "outcome", "actor", "subject" };

	if (t->json) {
		buf_add_char(t->out, '{');
		json_field_i64(t->out, "number", row_int(row, 0));
		json_field_str(t->out, "at", time_format_utc(t->arena, row_int(row, 1)));
		for (size_t i = 0; i < 4; i++)
			json_field_str(t->out, names[i], row_str(row, 2 + i));
		json_field_i64(t->out, "count", row_int(row, 6));
		buf_add_c(t->out, "}\n");
		return NO_ERR;
	}
	buf_addf(t->out, "%lld " STR_FMT, (long long)row_int(row, 0), STR_ARG(time_format_utc(t->arena, row_int(row, 1))));
	for (size_t i = 0; i < 4; i++)
		buf_addf(t->out, " " STR_FMT, STR_ARG(row_str(row, 2 + i).n ? row_str(row, 2 + i) : STR("-")));
	buf_addf(t->out, " x%lld\n", (long long)row_int(row, 6));
	return NO_ERR;
}

static struct err tail_tx(struct store_tx *tx, void *arg)
{
	struct tail *t = arg;

	buf_reset(t->out);
	return store_each(tx, "SELECT number, at_s, event, outcome, actor, subject, count FROM"
		" (SELECT number, at_s, event, outcome, actor, subject, count FROM kit_audit ORDER BY number DESC LIMIT $1) AS newest"
		" ORDER BY number", tail_row, t, int_(t->limit));
}

static MUST struct err audit_tail(struct ctl *c)
{
	AUTO(buf_done) struct buf out;
	struct tail t = { c->a, &out, c->json, TAIL_DEFAULT };

	buf_init(&out, OUT_MAX);
	if (arg(c, 2).n)
		ENSURE(!failed(str_to_i64(arg(c, 2), TAIL_MAX, &t.limit)), MALFORMED, "kit.ctl.number");
	TRY(store_read(c->k->store, tail_tx, &t));
	TRY(buf_err(&out));
	c->out = arena_dup(c->a, buf_str(&out));
	return NO_ERR;
}

static MUST struct err audit_verify(struct ctl *c)
{
	struct str report;

	TRY(kit_chain_verify(c->k->store, c->a, &report));
	c->out = c->json ? STR("{\"status\":\"unbroken\"}\n") : report;
	return NO_ERR;
}

static MUST struct err queue_list(struct ctl *c)
{
	AUTO(buf_done) struct buf out;

	buf_init(&out, OUT_MAX);
	TRY(kit_mail_list(c->k->store, c->a, c->json, &out));
	TRY(buf_err(&out));
	c->out = out.n || c->json ? arena_dup(c->a, buf_str(&out)) : STR("nothing waits\n");
	return NO_ERR;
}

static MUST struct err queue_retry(struct ctl *c)
{
	TRY(kit_mail_retry(c->k->store, arg(c, 2), c->actor, clock_wall_s()));
	c->out = c->json ? STR("{\"status\":\"retried\"}\n") : STR("it is tried within a second\n");
	return NO_ERR;
}

static MUST struct err queue_drop(struct ctl *c)
{
	TRY(kit_mail_drop(c->k->store, arg(c, 2), c->actor, clock_wall_s()));
	c->out = c->json ? STR("{\"status\":\"dropped\"}\n") : STR("it is not sent, and is erased\n");
	return NO_ERR;
}

static const struct { const char *word, *second; struct err (*run)(struct ctl *c); } commands[] = {
	{ "status", NULL, status },
	{ "db", "check", db_check }, { "db", "purge", db_purge }, { "db", "migrate", db_migrate },
	{ "audit", "tail", audit_tail }, { "audit", "verify", audit_verify },
	{ "queue", "list", queue_list }, { "queue", "retry", queue_retry }, { "queue", "drop", queue_drop },
};

uint32_t kit_ctl(void *kit, struct arena *a, const struct str *argv, size_t argc, bool json, struct str actor, struct str input,
	struct str *ret_out, struct str *ret_err)
{
	struct ctl c = { .k = kit, .a = a, .argv = argv, .argc = argc, .json = json, .actor = actor };

	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (!str_eq_c(arg(&c, 0), commands[i].word) || (commands[i].second && !str_eq_c(arg(&c, 1), commands[i].second)))
			continue;
		struct err e = commands[i].run(&c);
		*ret_out = c.out;
		if (failed(e))
			*ret_err = arena_printf(a, "%s\n", e.slug);
		return failed(e);
	}
	*ret_err = STR("commands of a service: status, db check|purge|migrate, audit tail [N]|verify, queue list|retry ID|drop ID\n");
	return 2;
}
