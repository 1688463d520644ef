/* logout.c - ending a session, and telling the services that took part in it. */
#include "idp/session/logout.h"
#include "idp/session/logout_store.h"
#include "idp/session/recent.h"
#include "idp/policy/partner.h"
#include "base/clock.h"

/* A service that was not there is not asked again for SILENT_S: it would delay the word of the others. */
enum { WAIT_MS = 2000, ONE_MS = 700, TICK_MS = 3000, TICK_ONE_MS = 2000, DUE_MAX = 16, SILENT_S = 5 };
#define SILENT "logout silence"

int64_t logout_backoff_s(int64_t attempts)
{
	static const int64_t wait_s[] = { 5, 30, 120, 600, 1800, 3600 };
	size_t last = sizeof wait_s / sizeof *wait_s - 1;

	return wait_s[attempts < 0 ? 0 : (size_t)attempts > last ? last : (size_t)attempts];
}

/* One attempt; true when the service has heard. */
static bool deliver(struct idp *idp, struct arena *a, struct logout_word *w, int64_t now_s, int64_t deadline_ms)
{
	const struct idp_protocol *p = idp_protocol_find(idp, w->protocol);
	bool claimed = false;
	struct err err;

	/* The claim moves next_s ahead: two engines on one store do not both bring the same word. */
	if (!p || !p->tell_logout || failed(logout_word_claim(idp->store, w, now_s, &claimed)) || !claimed)
		return false;
	if (recent_has(idp->recent, SILENT, w->client_id, STR_NONE, SILENT_S, now_s))
		return false;
	err = p->tell_logout(idp, a, w, now_s, deadline_ms);
	if (failed(err) && str_starts(str_from_c(err.slug), STR("fetch.")))
		(void)recent_add(idp->recent, SILENT, w->client_id, STR_NONE, SILENT_S, now_s);
	engine_count(idp->engine, failed(err) ? "guichet_logout_words_total{outcome=\"failed\"}"
		: "guichet_logout_words_total{outcome=\"ok\"}", 1);
	/* A partner that is gone from the list will never hear: nothing to keep. */
	if (!failed(err) || err.kind == ERR_ABSENT)
		return !failed(logout_word_done(idp->store, w)) && !failed(err);
	return false;
}

static void deliver_now(struct idp *idp, const struct http_req *req, struct logout_list *list, struct logout_line *lines)
{
	int64_t end_ms = clock_mono_ms() + WAIT_MS;

	for (size_t i = 0; i < list->n; i++) {
		int64_t left_ms = end_ms - clock_mono_ms();
		int64_t one_ms = left_ms < ONE_MS ? left_ms : ONE_MS;

		if (!list->told[i] || left_ms <= 50)
			continue;
		if (deliver(idp, req->arena, &list->v[i], req->now_s, clock_mono_ms() + one_ms))
			lines[i].outcome = LOGOUT_TOLD;
	}
}

static void find_way_out(struct idp *idp, struct arena *a, const struct logout_word *w, struct logout_line *line)
{
	const struct partner *p = partner_find(idp->registry, a, w->client_id);
	const struct idp_protocol *protocol = p ? idp_protocol_find(idp, p->protocol) : NULL;

	if (!protocol || !p->enabled || !protocol->has_way_out || !protocol->has_way_out(p))
		return;
	line->way_out = true;
	line->subject = w->subject;
	line->sid = w->sid;
}

struct err logout_session(struct idp *idp, const struct http_req *req, const struct person *who, const struct logout_with *with,
	struct logout_line **ret_lines, size_t *ret_n)
{
	struct logout_list *list = arena_new(req->arena, struct logout_list);
	struct logout_line *lines;

	list->arena = req->arena;
	TRY(logout_end(idp, req, who, with, list));
	lines = arena_array(req->arena, struct logout_line, list->n + 1);
	for (size_t i = 0; i < list->n; i++) {
		lines[i] = (struct logout_line){ .client_id = list->v[i].client_id, .outcome = list->told[i] ? LOGOUT_PENDING : LOGOUT_NOT_TOLD };
		if (!list->told[i])
			find_way_out(idp, req->arena, &list->v[i], &lines[i]);
	}
	deliver_now(idp, req, list, lines);
	*ret_lines = lines;
	*ret_n = list->n;
	return NO_ERR;
}

void logout_deliver_due(struct idp *idp, int64_t now_s)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(4 << 20);
	struct logout_word *v = NULL;
	int64_t end_ms;
	size_t n = 0;

	if (failed(logout_words_due(idp->store, a, now_s, DUE_MAX, &v, &n)))
		return;
	end_ms = clock_mono_ms() + TICK_MS;
	for (size_t i = 0; i < n && clock_mono_ms() < end_ms; i++)
		(void)deliver(idp, a, &v[i], now_s, clock_mono_ms() + TICK_ONE_MS);
}
