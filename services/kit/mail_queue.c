/* mail_queue.c - messages that wait, for whoever runs the service: which they are, once more at the next tick, or not
 * at all. Who gets one and what it says is not told. */
#include "services/kit/kit_impl.h"
#include "base/clock.h"
#include "base/json.h"

enum { LIST_MAX = 1000 };

struct list { struct arena *arena; struct buf *out; bool json; };

static struct err list_row(const struct store_row *row, void *arg)
{
	const struct list *l = arg;
	struct str id = row_str(row, 0), since = time_format_utc(l->arena, row_int(row, 1)), next = time_format_utc(l->arena, row_int(row, 3));

	if (!l->json) {
		buf_addf(l->out, STR_FMT "\tsince " STR_FMT "\t%lld attempts\tnext " STR_FMT "\n", STR_ARG(id), STR_ARG(since),
			(long long)row_int(row, 2), STR_ARG(next));
		return NO_ERR;
	}
	buf_add_char(l->out, '{');
	json_field_str(l->out, "id", id);
	json_field_str(l->out, "since", since);
	json_field_i64(l->out, "attempts", row_int(row, 2));
	json_field_str(l->out, "next", next);
	buf_add_c(l->out, "}\n");
	return NO_ERR;
}

static struct err list_tx(struct store_tx *tx, void *arg)
{
	struct list *l = arg;

	buf_reset(l->out);
	return store_each(tx, "SELECT id, queued_at_s, attempts, next_at_s FROM kit_mail WHERE state = 'waiting' ORDER BY queued_at_s, id LIMIT $1",
		list_row, l, int_(LIST_MAX));
}

struct err kit_mail_list(struct store *st, struct arena *a, bool json, struct buf *out)
{
	struct list l = { a, out, json };

	return store_read(st, list_tx, &l);
}

struct change { struct str id, actor; bool drop; int64_t now_s; };

static struct err change_tx(struct store_tx *tx, void *arg)
{
	const struct change *c = arg;
	struct kit_audit_entry entry = { c->drop ? "mail.dropped" : "mail.retried", "ok", c->actor, c->id, 1, c->now_s };
	int64_t changed = 0;

	if (c->drop)
		TRY(kit_mail_end(tx, c->id, "dropped", &changed));
	else
		TRY(store_exec(tx, "UPDATE kit_mail SET next_at_s = $2 WHERE id = $1 AND state = 'waiting'", &changed, str_(c->id), int_(c->now_s)));
	ENSURE(changed == 1, ABSENT, "kit.mail.absent");
	return kit_audit_add(tx, &entry);
}

struct err kit_mail_retry(struct store *st, struct str id, struct str actor, int64_t now_s)
{
	return store_tx(st, DURABLE, change_tx, &(struct change){ id, actor, false, now_s });
}

struct err kit_mail_drop(struct store *st, struct str id, struct str actor, int64_t now_s)
{
	return store_tx(st, DURABLE, change_tx, &(struct change){ id, actor, true, now_s });
}
