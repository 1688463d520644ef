/* ctl_house.c - guichetctl db, audit, status: how the house stands. */
#include "idp/admin/ctl.h"
#include "idp/admin/health.h"
#include "idp/audit/audit.h"
#include "idp/policy/partner.h"
#include "base/clock.h"
#include "base/json.h"

enum { TAIL_DEFAULT = 20, TAIL_MAX = 2000 };

static uint32_t db_check(struct ctl *c)
{
	struct str report = STR_NONE;
	struct err e = store_verify(c->idp->store, c->a, &report);

	if (failed(e))
		return ctl_fail(c, CTL_FAILED, "the database does not hold: %s " STR_FMT "\nrestore the last backup, or ask for help before writing to it",
			e.slug, STR_ARG(report));
	if (c->json) {
		buf_add_char(&c->out, '{');
		json_field_bool(&c->out, "ok", true);
		json_field_str(&c->out, "report", report);
		buf_add_c(&c->out, "}\n");
	} else {
		buf_addf(&c->out, STR_FMT "\n", STR_ARG(report.n ? report : STR("ok")));
	}
	return CTL_DONE;
}

static uint32_t db_purge(struct ctl *c)
{
	int64_t removed = 0;
	struct err e = idp_purge(c->idp->store, c->now_s, &removed);

	if (failed(e))
		return ctl_fail_err(c, e);
	if (c->json)
		buf_addf(&c->out, "{\"removed\":%lld}\n", (long long)removed);
	else
		buf_addf(&c->out, "%lld expired rows removed\n", (long long)removed);
	return CTL_DONE;
}

static uint32_t db_migrate(struct ctl *c)
{
	buf_add_c(&c->out, c->json ? "{\"migrated\":true}\n" : "nothing to do: the daemon migrates its database when it starts\n");
	return CTL_DONE;
}

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
	buf_add_char(b, '}');
}

static uint32_t audit_tail_run(struct ctl *c)
{
	int64_t max = TAIL_DEFAULT;
	struct audit_line *v = NULL;
	size_t n = 0;
	struct err e;

	if (ctl_has(c, "n") && (failed(str_to_i64(ctl_option(c, "n"), TAIL_MAX, &max)) || max < 1))
		return ctl_fail(c, CTL_USAGE, "--n is a number from 1 to %d", TAIL_MAX);
	/* What is still queued belongs to the tail as well. */
	e = audit_flush(c->idp->audit, c->idp->store);
	if (!failed(e))
		e = audit_tail(c->idp->store, c->a, (size_t)max, &v, &n);
	if (failed(e))
		return ctl_fail_err(c, e);
	if (c->json)
		buf_add_char(&c->out, '[');
	for (size_t i = 0; i < n; i++) {
		if (c->json && i)
			buf_add_char(&c->out, ',');
		add_line(c, &v[i]);
	}
	if (c->json)
		buf_add_c(&c->out, "]\n");
	return CTL_DONE;
}

static uint32_t status(struct ctl *c)
{
	const char *down = health_down(c->idp);
	size_t partners = 0;

	(void)partner_list(c->idp->registry, c->a, &partners);
	if (c->json) {
		buf_add_char(&c->out, '{');
		json_field_bool(&c->out, "healthy", !down);
		json_field_c(&c->out, "down", down ? down : "");
		json_field_str(&c->out, "issuer", c->idp->set.issuer);
		json_field_i64(&c->out, "partners", (int64_t)partners);
		json_field_i64(&c->out, "uptime_s", c->now_s - c->idp->started_s);
		buf_add_c(&c->out, "}\n");
	} else {
		buf_addf(&c->out, "issuer: " STR_FMT "\nhealthy: %s\npartners: %zu\nup for: %lld s\n", STR_ARG(c->idp->set.issuer),
			down ? down : "yes", partners, (long long)(c->now_s - c->idp->started_s));
	}
	return down ? CTL_FAILED : CTL_DONE;
}

const struct ctl_command ctl_house[] = {
	{ "db check", "[--json]", "", "", "", db_check },
	{ "db purge", "[--json]", "", "", "", db_purge },
	{ "db migrate", "[--json]", "", "", "", db_migrate },
	{ "audit tail", "[--n N] [--json]", "", "n", "", audit_tail_run },
	{ "status", "[--json]", "", "", "", status },
	{ 0 }
};
