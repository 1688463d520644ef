/* routes_print.c - `guichetctl routes`: every address that this engine answers, as it was started, a JSON line each.
 * The authorisation matrix of tests/abuse reads it, so that no route is added without a word on who may call it. */
#include "roles/engine/engine_impl.h"
#include "base/json.h"

enum { LINES_MAX = 64 * 1024 };

static const char *const listeners[] = { [HTTP_PUBLIC] = "public", [HTTP_METRICS] = "metrics", [HTTP_ADMIN] = "admin" };
static const char *const rules[RULE_COUNT] = { [RULE_ANYONE] = "anyone", [RULE_USAGER] = "usager", [RULE_CLIENT] = "client",
	[RULE_OPERATOR] = "operator", [RULE_AGENT] = "agent", [RULE_ADMIN] = "admin" };

static const char *const bodies[HTTP_BODY_COUNT] = { [HTTP_NO_BODY] = "none", [HTTP_FORM] = "form", [HTTP_MULTIPART] = "multipart", [HTTP_RAW] = "raw" };

static void put(struct buf *b, const struct engine_route *r)
{
	buf_add_char(b, '{');
	json_field_c(b, "listener", listeners[r->listener]);
	json_field_c(b, "method", r->method == HTTP_POST ? "POST" : "GET");
	json_field_c(b, "path", r->path);
	json_field_c(b, "rule", rules[r->rule]);
	json_field_c(b, "body", bodies[r->body]);
	json_field_i64(b, "right", r->right);
	json_field_i64(b, "fresh_s", r->fresh_s);
	buf_add_c(b, "}\n");
}

struct str routes_print(const struct engine *e, struct arena *a)
{
	AUTO(buf_done) struct buf b;

	buf_init(&b, LINES_MAX);
	for (size_t i = 0; i < e->app.route_n; i++)
		put(&b, &e->app.routes[i]);
	return arena_dup(a, buf_str(&b));
}
