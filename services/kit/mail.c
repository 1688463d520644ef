/* mail.c - the queue of messages and its delivery; see mail.h. */
#include "services/kit/mail.h"
#include "base/clock.h"
#include "base/log.h"
#include "services/kit/kit_impl.h"
#include "wire/ipc/fetch.h"

enum {
	COURIER_MS = 12000,              /* it gives up by itself after 10 s */
	PER_TICK = 20,
	SLOW_MS = 2000, PAUSE_S = 10,    /* the tick has other work too */
	GIVE_UP_S = 2 * 86400, KEPT_S = 30 * 86400,
	MAIL_ARENA = 4 << 20,
};

bool kit_mail_is_on(const struct kit *k) { return k->set.mail; }

int64_t kit_mail_wait_s(int64_t attempts)
{
	static const int64_t wait_s[] = { 60, 300, 1800, 7200, 21600 };
	int64_t last = sizeof wait_s / sizeof *wait_s - 1;

	return wait_s[attempts < 1 ? 0 : attempts - 1 > last ? last : attempts - 1];
}

struct err kit_mail_add(struct store_tx *tx, const struct kit_mail *m)
{
	ENSURE(m->id.n > 0 && m->id.n < KIT_MAIL_ID_MAX, BROKEN, "kit.mail.id");
	return store_exec(tx, "INSERT INTO kit_mail (id, state, recipient, subject, text, queued_at_s, attempts, next_at_s, expires_at_s)"
		" VALUES ($1, 'waiting', $2, $3, $4, $5, 0, $6, $7) ON CONFLICT (id) DO NOTHING", NULL, str_(m->id), str_(m->to),
		str_(m->subject), str_(m->text), int_(m->queued_at_s), int_(m->queued_at_s), int_(m->queued_at_s + KEPT_S));
}

struct err kit_mail_is_promised(struct store_tx *tx, struct str id, bool *ret_promised)
{
	struct store_row row;

	TRY(store_one(tx, "SELECT state FROM kit_mail WHERE id = $1", &row, str_(id)));
	*ret_promised = row.found && !str_eq(row_str(&row, 0), STR("dropped"));
	return NO_ERR;
}

static struct err waiting_tx(struct store_tx *tx, void *arg)
{
	struct store_row row;
	int64_t *n = arg;

	TRY(store_one(tx, "SELECT COUNT(*) FROM kit_mail WHERE state = 'waiting'", &row));
	*n = row_int(&row, 0);
	return NO_ERR;
}

struct err kit_mail_waiting(struct store *st, int64_t *ret_n)
{
	int64_t n = 0;

	TRY(store_read(st, waiting_tx, &n));
	*ret_n = n;
	return NO_ERR;
}

/* ---- delivering ---- */

struct attempt {
	struct arena *arena;
	int64_t now_s, attempts, queued_at_s;
	bool found;
	struct str id;
	struct fetch_mail message;
};

static struct err due_tx(struct store_tx *tx, void *arg)
{
	struct attempt *t = arg;
	struct store_row row;

	TRY(store_one(tx, "SELECT id, attempts, queued_at_s FROM kit_mail WHERE state = 'waiting' AND next_at_s <= $1"
		" ORDER BY next_at_s LIMIT 1", &row, int_(t->now_s)));
	t->found = row.found;
	t->id = arena_dup(t->arena, row_str(&row, 0));
	t->attempts = row_int(&row, 1);
	t->queued_at_s = row_int(&row, 2);
	return NO_ERR;
}

/* Of two engines on one store, only one changes the row that both have seen. */
static struct err claim_tx(struct store_tx *tx, void *arg)
{
	struct attempt *t = arg;
	struct store_row row;

	TRY(store_one(tx, "UPDATE kit_mail SET attempts = attempts + 1, next_at_s = $3 WHERE id = $1 AND state = 'waiting' AND attempts = $2"
		" RETURNING recipient, subject, text", &row, str_(t->id), int_(t->attempts), int_(t->now_s + kit_mail_wait_s(t->attempts + 1))));
	t->found = row.found;
	if (row.found)
		t->message = (struct fetch_mail){ arena_dup(t->arena, row_str(&row, 0)), arena_dup(t->arena, row_str(&row, 1)),
			arena_dup(t->arena, row_str(&row, 2)) };
	return NO_ERR;
}

struct err kit_mail_end(struct store_tx *tx, struct str id, const char *state, int64_t *ret_changed)
{
	return store_exec(tx, "UPDATE kit_mail SET state = $2, recipient = '', subject = '', text = '' WHERE id = $1 AND state = 'waiting'",
		ret_changed, str_(id), str_(str_from_c(state)));
}

struct mark { struct str id; const char *slug; int64_t now_s; };

static struct err mark_tx(struct store_tx *tx, void *arg)
{
	const struct mark *m = arg;
	struct kit_audit_entry entry = { "mail.dropped", m->slug, STR_NONE, m->id, 1, m->now_s };
	int64_t changed = 0;

	TRY(kit_mail_end(tx, m->id, m->slug ? "dropped" : "sent", &changed));
	return m->slug && changed ? kit_audit_add(tx, &entry) : NO_ERR;
}

/* What ended and is not marked yet comes before anything else: without its mark it would be sent again. */
static MUST struct err mark_ended(struct kit *k, int64_t now_s)
{
	struct mark m = { str_from_c(k->mail_ended), k->mail_slug, now_s };

	if (m.id.n == 0)
		return NO_ERR;
	TRY(store_tx(k->store, DURABLE, mark_tx, &m));
	k->mail_ended[0] = 0;
	return NO_ERR;
}

/* slug: why it was dropped, or NULL when it was sent. */
static MUST struct err end(struct kit *k, const struct attempt *t, const char *slug)
{
	memcpy(k->mail_ended, t->id.p, t->id.n);
	k->mail_ended[t->id.n] = 0;
	k->mail_slug = slug;
	engine_count(k->engine, slug ? "guichet_mail_total{outcome=\"dropped\"}" : "guichet_mail_total{outcome=\"sent\"}", 1);
	return mark_ended(k, t->now_s);
}

static MUST struct err ask_courier(struct kit *k, struct attempt *t)
{
	/* The settings went after it was queued; they may come back. */
	ENSURE(k->set.mail, BUSY, "kit.mail.off");
	return engine_call(k->engine, t->arena, clock_mono_ms() + COURIER_MS, ROLE_COURIER_MAIL, FETCH_MAIL, ipc_fetch_mail_io, &t->message,
		NULL, NULL);
}

static bool is_final(const struct attempt *t, struct err e)
{
	return e.kind == ERR_MALFORMED || e.kind == ERR_DENIED
		|| t->now_s + kit_mail_wait_s(t->attempts + 1) > t->queued_at_s + GIVE_UP_S;
}

static MUST struct err deliver_one(struct kit *k, int64_t now_s, bool *ret_more)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(MAIL_ARENA);
	struct attempt t = { .arena = a, .now_s = now_s };

	*ret_more = false;
	TRY(mark_ended(k, now_s));
	TRY(store_read(k->store, due_tx, &t));
	if (!t.found)
		return NO_ERR;
	TRY(store_tx(k->store, QUICK, claim_tx, &t));
	*ret_more = true;
	if (!t.found)
		return NO_ERR;
	struct err e = ask_courier(k, &t);
	if (!failed(e))
		return end(k, &t, NULL);
	log_line("kit.mail", log_c("slug", e.slug), log_i("attempt", t.attempts + 1));
	if (is_final(&t, e))
		return end(k, &t, e.slug);
	engine_count(k->engine, "guichet_mail_total{outcome=\"later\"}", 1);
	return NO_ERR;
}

void kit_mail_deliver(struct kit *k, int64_t now_s)
{
	int64_t began_ms = clock_mono_ms();
	bool more = true;

	if (now_s < k->mail_resume_at_s && k->mail_resume_at_s - now_s <= PAUSE_S)
		return;
	for (int i = 0; i < PER_TICK && more; i++) {
		struct err e = deliver_one(k, now_s, &more);

		if (failed(e)) {
			log_line("kit.mail", log_c("slug", e.slug));
			return;
		}
		if (clock_mono_ms() - began_ms > SLOW_MS) {
			k->mail_resume_at_s = now_s + PAUSE_S;
			return;
		}
	}
}
