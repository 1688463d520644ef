/* health.c - /health and /metrics. */
#include "idp/admin/health.h"

const char *health_down(void *app)
{
	struct idp *idp = app;

	if (failed(store_check(idp->store)))
		return "store";
	return idp_keys(idp)->jwks.n ? NULL : "signer";
}

struct http_resp *health_get(void *app, const struct http_req *req)
{
	const char *down = health_down(app);
	struct http_resp *r;

	if (!down)
		return http_answer(req, 200, STR("application/json"), STR("{\"status\":\"ok\"}"));
	r = http_answer(req, 503, STR("application/json"), arena_printf(req->arena, "{\"status\":\"down\",\"part\":\"%s\"}", down));
	r->outcome = err_of(BUSY, "health.down");
	http_add_header(r, STR("retry-after"), STR("2"));
	return r;
}

struct http_resp *metrics_get(void *app, const struct http_req *req)
{
	struct idp *idp = app;
	struct http_resp *r;
	struct buf out;

	buf_init(&out, 512 * 1024);
	engine_metrics(idp->engine, &out);
	r = http_answer(req, 200, STR("text/plain; version=0.0.4; charset=utf-8"), arena_dup(req->arena, buf_str(&out)));
	buf_done(&out);
	return r;
}
