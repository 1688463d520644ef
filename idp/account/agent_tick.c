/* agent_tick.c - who is signed in is looked up again every twenty seconds, so that who leaves the
 * directory, or a group of it, is out within a minute.
 */
#include "idp/account/agent_store.h"
#include "base/clock.h"
#include "base/log.h"

enum { EVERY_S = 20, ROUND_MAX = 100, ROUND_MS = 5000, ONE_MS = 3000 };

static bool says_gone(struct err e)
{
	return e.kind == ERR_DENIED && str_eq_c(STR("directory.unknown"), e.slug);
}

/* Their row says that they may do nothing, and their sessions end with that. */
static MUST struct err put_out(struct idp *idp, const struct agent *g, const char *reason, int64_t now_s)
{
	bool ended;

	return agent_store_word(&(struct agent_word){ .idp = idp, .key = g->key, .reason = reason, .now_s = now_s }, &ended);
}

/* Errors  BUSY, BROKEN: the directory does not answer, or the store */
static MUST struct err check_one(struct idp *idp, struct arena *a, const struct agent *g, int64_t now_s, int64_t deadline_ms)
{
	struct directory_find question = { .key = g->key, .timeout_ms = deadline_ms - clock_mono_ms() };
	struct directory_person person = { 0 };
	struct agent fresh;
	struct err e = agent_ask(idp, a, deadline_ms, DIRECTORY_FIND, ipc_directory_find_io, &question, &person);

	if (says_gone(e))
		return put_out(idp, g, "directory.unknown", now_s);
	if (!failed(e))
		e = agent_save(idp, a, &person, STR_NONE, now_s, &fresh);
	/* An answer about one agent that cannot be used says nothing of the next. */
	if (e.kind == ERR_DENIED || e.kind == ERR_MALFORMED)
		return NO_ERR;
	return e;
}

void agent_tick(struct idp *idp, int64_t now_s)
{
	AUTO(arena_destroyp) struct arena *list = arena_create(1 << 20), *a = arena_create(1 << 20);
	int64_t end_ms = clock_mono_ms() + ROUND_MS;
	struct agent *v = NULL;
	size_t n = 0;
	struct err e = NO_ERR;

	if (!idp->set.directory || failed(agent_store_due(idp->store, list, now_s, now_s - EVERY_S, ROUND_MAX, &v, &n)))
		return;
	for (size_t i = 0; i < n && !failed(e) && clock_mono_ms() < end_ms; i++) {
		e = check_one(idp, a, &v[i], now_s, clock_mono_ms() + ONE_MS);
		arena_reset(a);
	}
	if (failed(e))
		log_line("idp.directory", log_c("slug", e.slug));
}
