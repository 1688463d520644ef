/* engine.h - what the engines share: a bounded pool of threads, routes, borrowed helpers.
 *
 * An engine's main() fills a struct engine_app and calls engine_run(). Handlers are plain
 * functions: they run on a thread of the pool, call what they need, wait for it under the
 * request's deadline, and return one answer. engine_call() works without any process behind it
 * when a test gives the engine its own `helper_fn`.
 */
#ifndef ROLES_ENGINE_ENGINE_H
#define ROLES_ENGINE_ENGINE_H
#include "wire/http/http.h"
#include "wire/ipc/rotate.h"
#include "wire/ipc/web.h"
#include "roles/boot/boot.h"

struct engine;

/* Who may call a route. The engine's `admit` is asked before the handler runs: a route without a
 * rule does not build (0 is not a rule). */
enum engine_rule {
	RULE_ANYONE = 1,     /* no session needed */
	RULE_USAGER,         /* a citizen's session; handler is not called without */
	RULE_CLIENT,         /* a partner's credentials; checked by the handler's first line */
	RULE_OPERATOR,       /* the metrics listener */
	RULE_AGENT,          /* an agent's session */
	RULE_ADMIN,          /* an agent's session, and one of the rights in `right` */
	RULE_COUNT
};

struct engine_route {
	enum http_listener listener;
	enum http_method method;
	const char *path;
	struct http_resp *(*handler)(void *app, const struct http_req *req);
	enum engine_rule rule;
	enum http_body body;
	uint32_t body_max_bytes;
	uint32_t arena_kib;               /* ceiling of the request's arena; 0: 256 */
	const char *multi_line;           /* form fields that may hold line breaks, or NULL */
	bool cross_site;                  /* a POST from another site's page is expected (SAML, CORS token calls) */
	uint32_t right;                   /* RULE_ADMIN: bits, any of which lets in; never 0 there, 0 elsewhere */
	int64_t fresh_s;                  /* RULE_AGENT, RULE_ADMIN: a factor was proven at most so long ago; 0: any time */
};

struct engine_app {
	void *app;
	const struct engine_route *routes; size_t route_n;
	/* RULE_USAGER, RULE_AGENT, RULE_ADMIN: NULL when the caller may in, else the answer (a redirect to the login). */
	struct http_resp *(*admit)(void *app, const struct http_req *req, const struct engine_route *route);
	/* An error that has no page of its own: styled, in req->lang, with req->id. */
	struct http_resp *(*error_page)(void *app, const struct http_req *req, struct err e);
	/* One command of guichetctl; out and err live in a. */
	uint32_t (*ctl)(void *app, struct arena *a, const struct str *argv, size_t argc, bool json,
	                struct str actor, struct str input, struct str *ret_out, struct str *ret_err);
	void (*tick)(void *app, int64_t now_s);          /* once a second, on a thread of its own */
	void (*slow_tick)(void *app, int64_t now_s);     /* the same for what waits for couriers; may be NULL */
	/* Documents that fronts serve themselves; called once for each front, and after engine_publish_again(). */
	void (*documents)(void *app, struct arena *a, struct web_document *ret_v, size_t max, size_t *ret_n);
	/* NULL when healthy, else the part that is down. */
	const char *(*health)(void *app);
};

struct engine *engine_create(const struct engine_app *app, unsigned threads);
/* Serves until the supervisor says so; never returns. */
_Noreturn void engine_run(struct engine *e, const struct boot *b);
void engine_publish_again(struct engine *e);

/* Ask a helper of that role: borrow a connection, send, wait until deadline_ms, give it back; a late
 * answer discards the connection and has the helper replaced. At most a quarter of the threads wait
 * for one kind, half of them for a hasher or a reader; more of them for a moment, where it is a signer or
 * a reader. The reply is read into *ret_reply with get; it lives in a.
 * Errors  the helper's own; BUSY engine.helper.busy, engine.helper.gone, frame.deadline */
MUST struct err engine_call(struct engine *e, struct arena *a, int64_t deadline_ms, enum boot_role role,
	uint16_t type, frame_io_fn *put, const void *request, frame_io_fn *get, void *ret_reply);

/* Tests: all calls go to this function instead of a process; body in, body out. */
typedef struct err engine_helper_fn(void *self, struct arena *a, enum boot_role role, uint16_t type,
	struct str body, struct str *ret_body);
void engine_set_helper(struct engine *e, engine_helper_fn *fn, void *self);
/* Tests: the answer to one request, through routing, admission and handler, without a socket. */
struct http_resp *engine_answer(struct engine *e, struct http_req *req);

/* Counters for /metrics: by name with labels, e.g. "guichet_logins_total{outcome=\"ok\"}". Literal names. */
void engine_count(struct engine *e, const char *name_and_labels, int64_t add);
void engine_metrics(struct engine *e, struct buf *out);
int64_t engine_counter(const struct engine *e, const char *name_and_labels);

/* Ask the supervisor for the next step of a change of keys. Tests: asks helper_fn, as role ROLE_COUNT.
 * Errors  MALFORMED rotate.actor; BUSY engine.rotate.late, frame.* */
MUST struct err engine_rotate(struct engine *e, struct arena *a, int64_t deadline_ms, const struct rotate_ask *ask, struct rotate_said *ret);
#endif
