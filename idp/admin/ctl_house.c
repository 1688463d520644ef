/* ctl_house.c - guichetctl db, status: how the house stands. */
#include "idp/admin/ctl.h"
#include "idp/admin/health.h"
#include "idp/admin/state.h"
#include "idp/audit/audit_chain.h"
#include "base/clock.h"
#include "base/json.h"

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
	int64_t entries = 0;
	struct err e = idp_purge(c->idp->store, c->now_s, &removed);

	if (!failed(e))
		e = audit_purge(c->idp->store, c->idp->keys, c->now_s - AUDIT_KEPT_S, &entries);
	removed += entries;
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

static void add_moment(struct ctl *c, const char *name, const char *label, int64_t t_s)
{
	struct str at = t_s ? time_format_utc(c->a, t_s) : STR_NONE;

	if (c->json)
		json_field_str(&c->out, name, at);
	else if (t_s)
		buf_addf(&c->out, "%s: " STR_FMT "\n", label, STR_ARG(at));
}

static uint32_t status(struct ctl *c)
{
	const char *down = health_down(c->idp);
	struct house_state h;

	house_state(c->idp, c->a, c->now_s, &h);
	if (c->json) {
		buf_add_char(&c->out, '{');
		json_field_bool(&c->out, "healthy", !down);
		json_field_c(&c->out, "down", down ? down : "");
		json_field_str(&c->out, "issuer", c->idp->set.issuer);
		json_field_c(&c->out, "version", GUICHET_VERSION);
		json_field_i64(&c->out, "partners", h.partners);
		json_field_i64(&c->out, "sessions", h.sessions);
		json_field_i64(&c->out, "agent_sessions", h.agent_sessions);
		json_field_i64(&c->out, "logout_waiting", h.waiting);
		json_field_i64(&c->out, "uptime_s", c->now_s - c->idp->started_s);
	} else {
		buf_addf(&c->out, "issuer: " STR_FMT "\nhealthy: %s\nversion: %s\npartners: %lld\nsessions: %lld, of agents: %lld\nlogout words waiting: %lld\nup for: %lld s\n",
			STR_ARG(c->idp->set.issuer), down ? down : "yes", GUICHET_VERSION, (long long)h.partners, (long long)h.sessions,
			(long long)h.agent_sessions, (long long)h.waiting, (long long)(c->now_s - c->idp->started_s));
	}
	add_moment(c, "directory_reached", "directory reached", h.directory_s);
	add_moment(c, "audit_sealed_up_to", "audit sealed up to", h.sealed_s);
	if (c->json)
		buf_add_c(&c->out, "}\n");
	return down ? CTL_FAILED : CTL_DONE;
}

const struct ctl_command ctl_house[] = {
	{ "db check", "[--json]", "", "", "", db_check },
	{ "db purge", "[--json]", "", "", "", db_purge },
	{ "db migrate", "[--json]", "", "", "", db_migrate },
	{ "status", "[--json]", "", "", "", status },
	{ 0 }
};
