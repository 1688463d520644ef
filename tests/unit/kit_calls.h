/* kit_calls.h - filing and following by calls, without a browser, for the tests of the kit's filings. */
#ifndef TESTS_UNIT_KIT_CALLS_H
#define TESTS_UNIT_KIT_CALLS_H
#include "tests/unit/kit_world.h"

struct call { struct arena *arena; struct http_req req; };

static inline void call_done(struct call *c) { arena_destroy(c->arena); }

static inline struct call call_from(const char *source)
{
	struct call c = { .arena = arena_create(4 << 20) };

	c.req = (struct http_req){ .arena = c.arena, .now_s = w.now_s, .deadline_ms = INT64_MAX, .source = str_from_c(source) };
	return c;
}
#define CALL(name) AUTO(call_done) struct call name = call_from("192.0.2.1")

static inline struct kit_demande demande(const char *form_id, const char *pseudonym)
{
	return (struct kit_demande){ .form_id = str_from_c(form_id), .kind = "signalement", .pseudonym = str_from_c(pseudonym),
		.filed_at_s = w.now_s, .expires_at_s = w.now_s + KEPT_FOR };
}

static inline struct err file(const struct call *c, struct kit_demande *d, const char *text)
{
	struct kit_filing filing = filing_of(text);

	return kit_demande_file(w.kit, &c->req, d, &filing);
}

static inline void refused(struct err e, enum err_kind kind, const char *slug)
{
	if (e.kind != kind || strcmp(e.slug, slug) != 0)
		fail_msg("%s, expected %s", e.slug ? e.slug : "accepted", slug);
}

static inline void must(struct err e)
{
	if (failed(e))
		fail_msg("%s", e.slug);
}

static inline struct err follow(const struct call *c, const char *number, const char *code, struct kit_demande_view *v)
{
	return kit_demande_follow(w.kit, &c->req, str_from_c(number), str_from_c(code), v, NULL, NULL);
}
#endif
