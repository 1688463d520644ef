/* http_fetch.h - the http courier: one request outward, within the rules that it was started with. */
#ifndef ROLES_COURIER_HTTP_FETCH_H
#define ROLES_COURIER_HTTP_FETCH_H
#include "base/arena.h"
#include "wire/ipc/fetch.h"

struct fetch_rules {
	const struct str *origins; size_t origin_n;   /* "https://host[:port]"; "http" only reaches loopback */
	bool public_https;              /* also https to any public address, without a credential */
	struct str ca;                  /* certificates to trust, PEM */
	struct str client_id, client_secret;          /* credential "client"; empty id: there is none */
	struct str agents_id, agents_secret;          /* credential "agents": of a service's second door */
};

struct http_fetcher;

/* Owner   rules and what they point to are borrowed until destroy
 * Errors  BROKEN courier.curl, courier.origin (a rule that is no origin) */
MUST struct err http_fetcher_create(const struct fetch_rules *rules, struct http_fetcher **ret_fetcher);
void http_fetcher_destroy(struct http_fetcher *f);
void http_fetcher_destroyp(struct http_fetcher **f);

/* GET or POST. Redirects are answers like any other. Connections are kept for the next request.
 * Source  RFC 6749 2.3.1 (Basic, both halves form-encoded); RFC 6750 2.1 (bearer)
 * Owner   ret_answer lives in `a`
 * Errors  BUSY fetch.gone (no name, connection or answer), fetch.tls (certificate or handshake),
 *         fetch.deadline; DENIED fetch.address (outside the rules), fetch.credential (unknown, or
 *         not for this origin); MALFORMED fetch.answer (over FETCH_ANSWER_MAX, or no HTTP),
 *         fetch.request (control characters; a credential and a bearer) */
MUST struct err http_fetch(struct http_fetcher *f, struct arena *a, const struct fetch_http *request,
	struct fetch_answer *ret_answer);

/* boot_serve_fn: FETCH_HTTP -> fetch_answer. MALFORMED fetch.frame for other types. */
struct err http_fetch_serve(void *fetcher, struct arena *a, const struct frame *request,
	frame_io_fn **ret_fn, void **ret_reply);
#endif
