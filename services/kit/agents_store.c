/* agents_store.c - what agents find, open and mark. A service's store holds its own filings alone, and an agent
 * of this service may see each of them; another service's number is as absent as one that never was. */
#include "services/kit/agents_impl.h"

/* Over, and the purge has not come by yet: absent. */
#define THERE(n) "(expires_at_s IS NULL OR expires_at_s >= $" #n ")"

/* ---- the list ---- */

/* As the indexes of schemas/sql/kit/agents_list.sql have them, word for word: each state is found in its own. */
#define FILED    "state <> 'closed' AND received_at_s IS NULL"
#define RECEIVED "state <> 'closed' AND received_at_s IS NOT NULL"
#define CLOSED   "state = 'closed'"

#define LIST(where) "SELECT " KIT_DEMANDE_COLUMNS " FROM kit_demande WHERE " where " AND ($1 = '' OR kind = $1) AND " THERE(2) \
	" AND (filed_at_s, number) < ($3, $4) ORDER BY filed_at_s DESC, number DESC LIMIT $5"
#define COUNT(where) "(SELECT COUNT(*) FROM (SELECT 1 FROM kit_demande WHERE " where " AND ($1 = '' OR kind = $1) LIMIT $2) AS found)"

static const char *list_sql(struct str state)
{
	if (str_eq(state, STR("filed")))
		return LIST(FILED);
	if (str_eq(state, STR("received")))
		return LIST(RECEIVED);
	return str_eq(state, STR("closed")) ? LIST(CLOSED) : LIST("1 = 1");
}

struct listing { struct arena *arena; const struct agents_filter *filter; struct str pseudonym; int64_t now_s; struct agents_list *ret; };

static struct err list_row(const struct store_row *row, void *arg)
{
	struct listing *l = arg;

	if (l->ret->n < AGENTS_PAGE)
		l->ret->v[l->ret->n++] = kit_demande_of(l->arena, row);
	else
		l->ret->more = true;
	return NO_ERR;
}

static MUST struct err readings_of(struct store_tx *tx, struct str pseudonym, int64_t now_s, int64_t *ret_n)
{
	struct store_row row;

	TRY(store_one(tx, "SELECT COUNT(*) FROM kit_read_log WHERE at_s > $1 AND reader = $2", &row, int_(now_s - AGENTS_HOUR_S), str_(pseudonym)));
	*ret_n = row_int(&row, 0);
	return NO_ERR;
}

static struct err list_tx(struct store_tx *tx, void *arg)
{
	struct listing *l = arg;
	const struct agents_filter *f = l->filter;
	struct store_row row;

	l->ret->n = 0;
	l->ret->more = false;
	TRY(store_each(tx, list_sql(f->state), list_row, l, str_(f->kind), int_(l->now_s), int_(f->before_s), str_(f->before),
		int_(AGENTS_PAGE + 1)));
	TRY(store_one(tx, "SELECT " COUNT(FILED) ", " COUNT(RECEIVED) ", " COUNT(CLOSED), &row, str_(f->kind), int_(AGENTS_COUNTED + 1)));
	l->ret->filed_n = row_int(&row, 0);
	l->ret->received_n = row_int(&row, 1);
	l->ret->closed_n = row_int(&row, 2);
	return readings_of(tx, l->pseudonym, l->now_s, &l->ret->readings);
}

struct err agents_list_load(struct kit *k, const struct http_req *req, const struct kit_agent *agent, const struct agents_filter *f,
	struct agents_list *ret_list)
{
	struct listing l = { req->arena, f, agent->pseudonym, req->now_s, ret_list };

	return store_read(k->store, list_tx, &l);
}

/* ---- opening ---- */

struct deed {                       /* of one agent on one filing */
	struct arena *arena;
	const struct kit_agent *agent;
	struct str number, reason, word;
	int64_t now_s;
};

static struct deed deed_of(const struct http_req *req, const struct kit_agent *agent, struct str number)
{
	return (struct deed){ .arena = req->arena, .agent = agent, .number = number, .now_s = req->now_s };
}

static MUST struct err audit(struct store_tx *tx, const struct deed *d, const char *event)
{
	struct kit_audit_entry entry = { event, "ok", d->agent->pseudonym, d->number, 1, d->now_s };

	return kit_audit_add(tx, &entry);
}

/* The filing is there, and nobody else opens or marks it until the commit: a double click is one reading. */
static MUST struct err hold(struct store_tx *tx, const struct deed *d)
{
	int64_t changed = 0;

	TRY(store_exec(tx, "UPDATE kit_demande SET state = state WHERE number = $1 AND " THERE(2), &changed, str_(d->number), int_(d->now_s)));
	ENSURE(changed == 1, ABSENT, "kit.demande");
	return NO_ERR;
}

static MUST struct err is_open(struct store_tx *tx, const struct deed *d, bool *ret_open)
{
	struct store_row row;

	TRY(store_one(tx, "SELECT COUNT(*) FROM kit_read_log WHERE demande = $1 AND reader = $2 AND at_s > $3", &row,
		str_(d->number), str_(d->agent->pseudonym), int_(d->now_s - AGENTS_OPEN_S)));
	*ret_open = row_int(&row, 0) > 0;
	return NO_ERR;
}

/* Told once an hour; kit_memory knows when that was. */
static MUST struct err tell_many(struct store_tx *tx, const struct deed *d, int64_t readings)
{
	struct kit_audit_entry entry = { "agents.many_readings", "alert", d->agent->pseudonym, STR_NONE, readings, d->now_s };
	struct str id = arena_concat(d->arena, (struct str[]){ STR("many:"), d->agent->pseudonym }, 2);
	int64_t changed = 0;

	TRY(store_exec(tx, "INSERT INTO kit_memory (id, kind, value, expires_at_s) VALUES ($1, 'many', $2, $3)"
		" ON CONFLICT (id) DO UPDATE SET expires_at_s = excluded.expires_at_s WHERE kit_memory.expires_at_s <= $4", &changed,
		str_(id), bytes_(STR("")), int_(d->now_s + AGENTS_HOUR_S), int_(d->now_s)));
	return changed ? kit_audit_add(tx, &entry) : NO_ERR;
}

static struct err open_tx(struct store_tx *tx, void *arg)
{
	const struct deed *d = arg;
	struct kit_reading reading = { d->number, d->agent->pseudonym, d->reason, d->now_s };
	int64_t readings = 0;
	bool open = false;

	TRY(hold(tx, d));
	TRY(is_open(tx, d, &open));
	if (open)
		return NO_ERR;
	TRY(readings_of(tx, d->agent->pseudonym, d->now_s, &readings));
	ENSURE(readings < AGENTS_MOST, THROTTLED, "agents.readings");
	TRY(kit_read_log_add(tx, &reading));
	TRY(audit(tx, d, "agents.opened"));
	return readings + 1 > AGENTS_MANY ? tell_many(tx, d, readings + 1) : NO_ERR;
}

struct err agents_reading_add(struct kit *k, const struct http_req *req, const struct kit_agent *agent, struct str number, struct str reason)
{
	struct deed d = deed_of(req, agent, number);

	d.reason = reason;
	return store_tx(k->store, DURABLE, open_tx, &d);
}

/* ---- one filing ---- */

struct load { struct deed deed; const struct kit_desk *desk; struct agents_filing *ret; };

static struct err load_tx(struct store_tx *tx, void *arg)
{
	struct load *l = arg;
	struct agents_filing *f = l->ret;
	struct store_row row;

	TRY(store_one(tx, "SELECT " KIT_DEMANDE_COLUMNS " FROM kit_demande WHERE number = $1 AND " THERE(2), &row,
		str_(l->deed.number), int_(l->deed.now_s)));
	ENSURE(row.found, ABSENT, "kit.demande");
	f->demande = kit_demande_of(l->deed.arena, &row);
	TRY(is_open(tx, &l->deed, &f->open));
	if (!f->open) {
		f->demande.word = STR_NONE;      /* what was answered tells of the person too */
		return NO_ERR;
	}
	TRY(kit_read_log_list(tx, l->deed.arena, l->deed.number, KIT_READERS, f->readings, &f->reading_n, &f->older_n));
	return l->desk->load(tx, l->deed.arena, &f->demande, f->answers);
}

struct err agents_filing_load(struct kit *k, const struct http_req *req, const struct kit_agent *agent, struct str number,
	struct agents_filing *ret_filing)
{
	const struct kit_desk *desk = k->service->desk;
	struct load l = { deed_of(req, agent, number), desk, ret_filing };

	ret_filing->answers = arena_alloc(req->arena, desk->answers_bytes);
	memset(ret_filing->answers, 0, desk->answers_bytes);
	return store_read(k->store, load_tx, &l);
}

/* ---- marking ---- */

/* Whoever comes first has marked it. */
static MUST struct err decided(struct store_tx *tx, const struct deed *d, int64_t changed, const char *event)
{
	struct store_row row;

	if (changed == 1)
		return audit(tx, d, event);
	TRY(store_one(tx, "SELECT number FROM kit_demande WHERE number = $1 AND " THERE(2), &row, str_(d->number), int_(d->now_s)));
	return row.found ? err_of(CONFLICT, "agents.done") : err_of(ABSENT, "kit.demande");
}

static struct err received_tx(struct store_tx *tx, void *arg)
{
	const struct deed *d = arg;
	int64_t changed = 0;

	TRY(store_exec(tx, "UPDATE kit_demande SET received_at_s = $2 WHERE number = $1 AND state <> 'closed' AND received_at_s IS NULL AND " THERE(2),
		&changed, str_(d->number), int_(d->now_s)));
	return decided(tx, d, changed, "agents.received");
}

static struct err closed_tx(struct store_tx *tx, void *arg)
{
	const struct deed *d = arg;
	int64_t changed = 0;

	TRY(store_exec(tx, "UPDATE kit_demande SET state = 'closed', word = $3, closed_at_s = $2, received_at_s = COALESCE(received_at_s, $2)"
		" WHERE number = $1 AND state <> 'closed' AND " THERE(2), &changed, str_(d->number), int_(d->now_s), str_(d->word)));
	return decided(tx, d, changed, "agents.closed");
}

struct err agents_mark_received(struct kit *k, const struct http_req *req, const struct kit_agent *agent, struct str number)
{
	struct deed d = deed_of(req, agent, number);

	return store_tx(k->store, DURABLE, received_tx, &d);
}

struct err agents_mark_closed(struct kit *k, const struct http_req *req, const struct kit_agent *agent, struct str number, struct str word)
{
	struct deed d = deed_of(req, agent, number);

	d.word = word;
	return store_tx(k->store, DURABLE, closed_tx, &d);
}

/* ---- who has read ---- */

struct readings { struct arena *arena; struct str number; int64_t before, now_s; struct agents_readings *ret; };

static struct err reading_row(const struct store_row *row, void *arg)
{
	struct readings *r = arg;

	if (r->ret->n == AGENTS_PAGE) {
		r->ret->more = true;
		return NO_ERR;
	}
	r->ret->v[r->ret->n++] = (struct kit_reading){ .at_s = row_int(row, 0), .number = arena_dup(r->arena, row_str(row, 1)),
		.reader = arena_dup(r->arena, row_str(row, 2)), .reason = arena_dup(r->arena, row_str(row, 3)) };
	r->ret->last = row_int(row, 4);
	return NO_ERR;
}

static struct err many_row(const struct store_row *row, void *arg)
{
	struct readings *r = arg;

	r->ret->many[r->ret->many_n++] = (struct agents_reader){ arena_dup(r->arena, row_str(row, 0)), row_int(row, 1) };
	return NO_ERR;
}

static struct err readings_tx(struct store_tx *tx, void *arg)
{
	struct readings *r = arg;

	r->ret->n = r->ret->many_n = 0;
	r->ret->more = false;
	TRY(store_each(tx, "SELECT reader, COUNT(*) FROM kit_read_log WHERE at_s > $1 GROUP BY reader HAVING COUNT(*) > $2 LIMIT $3",
		many_row, r, int_(r->now_s - AGENTS_HOUR_S), int_(AGENTS_MANY), int_(AGENTS_PAGE)));
	if (r->number.n)
		return store_each(tx, "SELECT at_s, demande, reader, reason, number FROM kit_read_log WHERE demande = $1 AND number < $2"
			" ORDER BY number DESC LIMIT $3", reading_row, r, str_(r->number), int_(r->before), int_(AGENTS_PAGE + 1));
	return store_each(tx, "SELECT at_s, demande, reader, reason, number FROM kit_read_log WHERE number < $1 ORDER BY number DESC LIMIT $2",
		reading_row, r, int_(r->before), int_(AGENTS_PAGE + 1));
}

struct err agents_readings_load(struct kit *k, const struct http_req *req, struct str number, int64_t before, struct agents_readings *ret_readings)
{
	struct readings r = { req->arena, number, before, req->now_s, ret_readings };

	return store_read(k->store, readings_tx, &r);
}
