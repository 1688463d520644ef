/* engine.c - which handler answers, and who may call it. */
#include "roles/engine/engine_impl.h"
#include <stdlib.h>

enum { DEFAULT_ARENA_KIB = 256 };

static size_t route_hash(enum http_listener l, enum http_method m, struct str path)
{
	uint32_t h = 2166136261u ^ (uint32_t)l ^ (uint32_t)m << 4;

	for (size_t i = 0; i < path.n; i++)
		h = (h ^ (unsigned char)path.p[i]) * 16777619u;
	return h % ROUTE_SLOTS;
}

const struct engine_route *engine_find(const struct engine *e, enum http_listener l, enum http_method m, struct str path)
{
	if (m == HTTP_HEAD)
		m = HTTP_GET;
	for (size_t at = route_hash(l, m, path); e->slots[at]; at = (at + 1) % ROUTE_SLOTS) {
		const struct engine_route *r = &e->app.routes[e->slots[at] - 1];

		if (r->listener == l && r->method == m && str_eq_c(path, r->path))
			return r;
	}
	return NULL;
}

/* A page of administration that no right guards, and a right that nothing asks for, are both mistakes. */
static bool is_whole(const struct engine_route *r)
{
	bool person = r->rule == RULE_AGENT || r->rule == RULE_ADMIN;

	return r->handler && r->rule >= RULE_ANYONE && r->rule < RULE_COUNT
		&& (r->rule == RULE_ADMIN) == (r->right != 0) && (person || r->fresh_s == 0);
}

struct engine *engine_create(const struct engine_app *app, unsigned threads)
{
	struct engine *e = calloc(1, sizeof *e);

	if (!e || app->route_n > ROUTE_SLOTS / 2)
		abort();
	e->app = *app;
	e->threads = threads;
	e->route_counts = calloc(app->route_n + 1, sizeof *e->route_counts);
	if (!e->route_counts)
		abort();
	pthread_mutex_init(&e->fronts_lock, NULL);
	pools_init(e);
	for (size_t i = 0; i < app->route_n; i++) {
		const struct engine_route *r = &app->routes[i];
		size_t at = route_hash(r->listener, r->method, str_from_c(r->path));

		if (!is_whole(r))
			abort();
		while (e->slots[at])
			at = (at + 1) % ROUTE_SLOTS;
		e->slots[at] = (uint16_t)(i + 1);
	}
	return e;
}

struct http_resp *engine_dispatch(struct engine *e, const struct engine_route *route, struct http_req *req)
{
	struct http_resp *resp = NULL;

	if (!route)
		return e->app.error_page(e->app.app, req, err_of(ABSENT, "engine.route"));
	arena_set_ceiling(req->arena, (size_t)(route->arena_kib ? route->arena_kib : DEFAULT_ARENA_KIB) * 1024);
	if (route->rule == RULE_USAGER || route->rule == RULE_AGENT || route->rule == RULE_ADMIN)
		resp = e->app.admit(e->app.app, req, route);
	return resp ? resp : route->handler(e->app.app, req);
}

struct http_resp *engine_answer(struct engine *e, struct http_req *req)
{
	return engine_dispatch(e, engine_find(e, req->listener, req->method, req->path), req);
}

void engine_set_helper(struct engine *e, engine_helper_fn *fn, void *self)
{
	e->test_helper = fn;
	e->test_self = self;
}

void engine_thread(void *(*fn)(void *), void *arg)
{
	pthread_attr_t attr;
	pthread_t t;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 768 * 1024);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&t, &attr, fn, arg) != 0)
		abort();
	pthread_attr_destroy(&attr);
}
