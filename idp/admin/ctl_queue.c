/* ctl_queue.c - guichetctl queue ...: words of logout that a service has not heard yet. */
#include "idp/admin/ctl.h"
#include "idp/session/logout_waiting.h"
#include "base/b64.h"
#include "base/clock.h"
#include "base/json.h"

enum { LIST_MAX = 500 };

static void add_word(struct ctl *c, const struct logout_waiting *w)
{
	struct str id = hex_encode(c->a, w->id, ID_BYTES), since = time_format_utc(c->a, w->created_s), next = time_format_utc(c->a, w->next_s);

	if (!c->json) {
		buf_addf(&c->out, STR_FMT "\t" STR_FMT "\tsince " STR_FMT "\t%lld attempts\tnext " STR_FMT "\n", STR_ARG(id), STR_ARG(w->client_id),
			STR_ARG(since), (long long)w->attempts, STR_ARG(next));
		return;
	}
	buf_add_char(&c->out, '{');
	json_field_str(&c->out, "id", id);
	json_field_str(&c->out, "client_id", w->client_id);
	json_field_str(&c->out, "protocol", w->protocol);
	json_field_str(&c->out, "since", since);
	json_field_i64(&c->out, "attempts", w->attempts);
	json_field_str(&c->out, "next", next);
	json_field_str(&c->out, "until", time_format_utc(c->a, w->expires_s));
	buf_add_char(&c->out, '}');
}

static uint32_t list(struct ctl *c)
{
	struct logout_waiting *v = NULL;
	int64_t total = 0;
	size_t n = 0;
	struct err e = logout_waiting_list(c->idp->store, c->a, c->now_s, LIST_MAX, &v, &n, &total);

	if (failed(e))
		return ctl_fail_err(c, e);
	if (c->json)
		buf_add_char(&c->out, '[');
	for (size_t i = 0; i < n; i++) {
		if (c->json && i)
			buf_add_char(&c->out, ',');
		add_word(c, &v[i]);
	}
	if (c->json)
		buf_add_c(&c->out, "]\n");
	else if (!n)
		buf_add_c(&c->out, "nothing waits\n");
	if (total > (int64_t)n)
		buf_addf(&c->err, "%lld wait in all; the oldest %zu are shown\n", (long long)total, n);
	return CTL_DONE;
}

static uint32_t act(struct ctl *c, bool drop)
{
	unsigned char id[ID_BYTES];
	struct err e;

	if (c->word_n != 1 || failed(hex_decode(c->words[0], id, sizeof id)))
		return ctl_fail(c, CTL_USAGE, "which word? give the id that queue list shows");
	e = drop ? logout_waiting_drop(c->idp, id, ctl_option(c, "reason"), c->actor, c->now_s) : logout_waiting_hurry(c->idp, id, c->actor, c->now_s);
	if (e.kind == ERR_MALFORMED)
		return ctl_fail(c, CTL_USAGE, "--reason is closed (the service is no more), told (it heard otherwise) or other");
	if (e.kind == ERR_ABSENT)
		return ctl_fail(c, CTL_FAILED, "no such word; the service may have heard it meanwhile");
	if (failed(e))
		return ctl_fail_err(c, e);
	if (c->json)
		buf_addf(&c->out, "{\"id\":\"" STR_FMT "\",\"%s\":true}\n", STR_ARG(c->words[0]), drop ? "dropped" : "tried");
	else
		buf_addf(&c->out, drop ? "dropped\n" : "it is brought within a second\n");
	return CTL_DONE;
}

static uint32_t try_now(struct ctl *c) { return act(c, false); }
static uint32_t drop(struct ctl *c) { return act(c, true); }

const struct ctl_command ctl_queue[] = {
	{ "queue list", "[--json]", "", "", "", list },
	{ "queue try", "ID [--json]", "", "", "", try_now },
	{ "queue drop", "ID --reason closed|told|other [--json]", "", "reason", "", drop },
	{ 0 }
};
