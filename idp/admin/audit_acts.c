/* audit_acts.c - see audit_acts.h. */
#include "idp/admin/audit_acts.h"
#include "base/clock.h"
#include "base/page.h"

static bool read_day(struct str s, int64_t *ret_days)
{
	int64_t y, m, d;

	if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-' || failed(str_to_i64(str_slice(s, 0, 4), 9999, &y))
	    || failed(str_to_i64(str_slice(s, 5, 7), 12, &m)) || failed(str_to_i64(str_slice(s, 8, 10), 31, &d))
	    || y < 1970 || !date_is_valid((int)y, (int)m, (int)d))
		return false;
	*ret_days = date_to_days((int)y, (int)m, (int)d);
	return true;
}

/* Midnight in Paris: 23 or 22 o'clock of the day before in UTC. */
static int64_t midnight_s(int64_t days)
{
	int64_t t = days * 86400 - 3600;

	return page_paris(t).hour == 0 ? t : t - 3600;
}

const char *audit_question_read(const struct audit_question *q, struct audit_filter *ret)
{
	int64_t days;

	*ret = (struct audit_filter){ .event = str_trim(q->event), .actor = str_trim(q->actor), .client_id = str_trim(q->partner), .before_id = q->before };
	if (q->from.n && !read_day(q->from, &days))
		return "from";
	ret->from_s = q->from.n ? midnight_s(days) : 0;
	if (q->to.n && !read_day(q->to, &days))
		return "to";
	ret->before_s = q->to.n ? midnight_s(days + 1) : 0;
	if (q->from.n && q->to.n && ret->before_s <= ret->from_s)
		return "to";
	ret->outcome = str_eq_c(q->outcome, "done") ? AUDIT_DONE : str_eq_c(q->outcome, "refused") ? AUDIT_REFUSED : AUDIT_ANY;
	return q->outcome.n && ret->outcome == AUDIT_ANY ? "outcome" : NULL;
}

struct note { struct idp *idp; struct audit_entry entry; };

static MUST struct err note_tx(struct store_tx *tx, void *arg)
{
	const struct note *n = arg;

	return audit_add_tx(tx, n->idp->audit, &n->entry);
}

struct err audit_act_export(struct idp *idp, struct arena *a, const struct audit_filter *f, size_t max_bytes, struct str actor, int64_t now_s,
	struct buf *out, size_t *ret_lines, struct str *ret_cut)
{
	struct note n = { idp, { .event = "audit.export", .client_id = f->client_id, .actor_text = actor, .now_s = now_s } };
	AUTO(buf_done) struct buf b = { .max = max_bytes };

	TRY(audit_flush(idp->audit, idp->store));
	TRY(store_tx(idp->store, DURABLE, note_tx, &n));
	TRY(audit_export(idp->store, f, &b, a, ret_lines, ret_cut));
	buf_add(out, buf_str(&b));
	return buf_err(out);
}

struct err audit_act_verify(struct idp *idp, struct arena *a, int64_t after, int64_t deadline_ms, struct str actor, int64_t now_s,
	struct audit_verdict *ret)
{
	struct note n = { idp, { .event = "audit.verify", .actor_text = actor, .now_s = now_s } };

	TRY(audit_verify(idp->audit, idp->store, idp->keys, a, after, deadline_ms, ret));
	n.entry.reason = ret->broken;
	return store_tx(idp->store, DURABLE, note_tx, &n);
}
