/* ctl_audit.c - guichetctl audit ...: the newest entries, a search, an export, and whether the chain holds. */
#include "idp/admin/ctl.h"
#include "idp/admin/audit_acts.h"
#include "idp/audit/audit.h"
#include "base/clock.h"
#include "base/json.h"

enum { TAIL_DEFAULT = 20, SEARCH_DEFAULT = 100, VERIFY_MS = 50000, EXPORT_MAX = 880 * 1024 };

static void add_line(struct ctl *c, const struct audit_line *l)
{
	struct buf *b = &c->out;
	struct str at = time_format_utc(c->a, l->at_s);

	if (!c->json) {
		buf_addf(b, STR_FMT " " STR_FMT " " STR_FMT " request=" STR_FMT " client=" STR_FMT " actor=" STR_FMT " n=%lld\n", STR_ARG(at),
			STR_ARG(l->event), STR_ARG(l->reason), STR_ARG(l->request), STR_ARG(l->client_id), STR_ARG(l->actor), (long long)l->n);
		return;
	}
	buf_add_char(b, '{');
	json_field_str(b, "at", at);
	json_field_str(b, "event", l->event);
	json_field_str(b, "reason", l->reason);
	json_field_str(b, "request", l->request);
	json_field_str(b, "client_id", l->client_id);
	json_field_str(b, "actor", l->actor);
	json_field_i64(b, "n", l->n);
	json_field_str(b, "id", l->id);
	buf_add_char(b, '}');
}

/* Read as the pages read it: days in the local time of the town, the last one included. */
static uint32_t read_filter(struct ctl *c, struct audit_filter *ret)
{
	struct audit_question q = { .from = ctl_option(c, "from"), .to = ctl_option(c, "to"), .event = ctl_option(c, "event"),
		.actor = ctl_option(c, "actor"), .partner = ctl_option(c, "partner"), .outcome = ctl_option(c, "outcome"), .before = ctl_option(c, "before") };
	const char *wrong = audit_question_read(&q, ret);

	return wrong ? ctl_fail(c, CTL_USAGE, "--%s is not written so: days as YYYY-MM-DD, outcome done or refused", wrong) : CTL_DONE;
}

/* What is still queued belongs to it as well; the newest is the last line. goes_on: whoever asked wants all of it. */
static uint32_t print_lines(struct ctl *c, const struct audit_filter *f, int64_t max, bool goes_on)
{
	struct audit_line *v = NULL;
	size_t n = 0;
	bool more = false;
	struct err e = audit_flush(c->idp->audit, c->idp->store);

	if (!failed(e))
		e = audit_search(c->idp->store, c->a, f, (size_t)max, &v, &n, &more);
	if (failed(e))
		return ctl_fail_err(c, e);
	if (c->json)
		buf_add_char(&c->out, '[');
	for (size_t i = n; i > 0; i--) {
		if (c->json && i < n)
			buf_add_char(&c->out, ',');
		add_line(c, &v[i - 1]);
	}
	if (c->json)
		buf_add_c(&c->out, "]\n");
	if (more && goes_on)
		buf_addf(&c->err, "older entries: the same with --before " STR_FMT "\n", STR_ARG(v[n - 1].id));
	return CTL_DONE;
}

static uint32_t read_max(struct ctl *c, int64_t or_else, int64_t *ret)
{
	*ret = or_else;
	if (ctl_has(c, "n") && (failed(str_to_i64(ctl_option(c, "n"), AUDIT_PAGE_MAX, ret)) || *ret < 1))
		return ctl_fail(c, CTL_USAGE, "--n is a number from 1 to %d", AUDIT_PAGE_MAX);
	return CTL_DONE;
}

static uint32_t tail(struct ctl *c)
{
	struct audit_filter f = { 0 };
	int64_t max;
	uint32_t code = read_max(c, TAIL_DEFAULT, &max);

	return code ? code : print_lines(c, &f, max, false);
}

static uint32_t search(struct ctl *c)
{
	struct audit_filter f;
	int64_t max;
	uint32_t code = read_filter(c, &f);

	if (!code)
		code = read_max(c, SEARCH_DEFAULT, &max);
	return code ? code : print_lines(c, &f, max, true);
}

static uint32_t export(struct ctl *c)
{
	struct audit_filter f;
	struct str cut = STR_NONE;
	size_t lines = 0;
	uint32_t code = read_filter(c, &f);
	struct err e;

	if (code)
		return code;
	e = audit_act_export(c->idp, c->a, &f, EXPORT_MAX, c->actor, c->now_s, &c->out, &lines, &cut);
	if (failed(e))
		return ctl_fail_err(c, e);
	if (cut.n)
		buf_addf(&c->err, "cut after %zu lines; the rest: the same with --before " STR_FMT "\n", lines, STR_ARG(cut));
	return CTL_DONE;
}

static uint32_t verify_json(struct ctl *c, const struct audit_verdict *v)
{
	buf_add_char(&c->out, '{');
	json_field_bool(&c->out, "unbroken", !v->broken);
	json_field_bool(&c->out, "whole", v->whole);
	json_field_i64(&c->out, "entries", v->entries);
	json_field_i64(&c->out, "block", v->number);
	json_field_str(&c->out, "hash", v->hash);
	json_field_str(&c->out, "sealed_up_to", v->upto_s ? time_format_utc(c->a, v->upto_s) : STR_NONE);
	if (v->broken) {
		json_field_c(&c->out, "broken", v->broken);
		json_field_str(&c->out, "broken_from", time_format_utc(c->a, v->bad_from_s));
		json_field_str(&c->out, "broken_to", time_format_utc(c->a, v->bad_upto_s));
	}
	if (v->doubt_s)
		json_field_str(&c->out, "key_changed", time_format_utc(c->a, v->doubt_s));
	buf_add_c(&c->out, "}\n");
	return v->broken ? CTL_FAILED : CTL_DONE;
}

static uint32_t verify(struct ctl *c)
{
	struct audit_verdict v;
	int64_t after = 0;
	struct err e;

	if (ctl_has(c, "after") && failed(str_to_i64(ctl_option(c, "after"), INT64_MAX, &after)))
		return ctl_fail(c, CTL_USAGE, "--after is the number of a block");
	e = audit_act_verify(c->idp, c->a, after, clock_mono_ms() + VERIFY_MS, c->actor, c->now_s, &v);
	if (failed(e))
		return ctl_fail_err(c, e);
	if (c->json)
		return verify_json(c, &v);
	if (v.broken)
		return ctl_fail(c, CTL_FAILED, "audit: BROKEN (%s) between " STR_FMT " and " STR_FMT "; block %lld is the last that holds", v.broken,
			STR_ARG(time_format_utc(c->a, v.bad_from_s)), STR_ARG(time_format_utc(c->a, v.bad_upto_s)), (long long)v.number);
	buf_addf(&c->out, "audit: %lld entries, unbroken, up to " STR_FMT "\nblock %lld, hash " STR_FMT "\n", (long long)v.entries,
		STR_ARG(time_format_utc(c->a, v.upto_s)), (long long)v.number, STR_ARG(v.hash));
	if (v.doubt_s)
		buf_addf(&c->out, "the chain has a new seal since " STR_FMT "\n", STR_ARG(time_format_utc(c->a, v.doubt_s)));
	if (!v.whole)
		buf_addf(&c->out, "not the end yet; go on with: guichetctl audit verify --after %lld\n", (long long)v.number);
	return CTL_DONE;
}

#define FILTER "[--from DAY] [--to DAY] [--event E] [--actor A] [--partner ID] [--outcome done|refused] [--before ID]"
#define FILTER_NAMES "from to event actor partner outcome before"
const struct ctl_command ctl_audit[] = {
	{ "audit tail", "[--n N] [--json]", "", "n", "", tail },
	{ "audit search", FILTER " [--n N] [--json]", "", FILTER_NAMES " n", "", search },
	{ "audit export", FILTER, "", FILTER_NAMES, "", export },
	{ "audit verify", "[--after BLOCK] [--json]", "", "after", "", verify },
	{ 0 }
};
