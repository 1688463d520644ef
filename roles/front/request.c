/* request.c - see request.h. */
#include "roles/front/request.h"
#include "base/clock.h"
#include "roles/front/answer.h"
#include "roles/front/exchange.h"
#include "roles/front/link.h"
#include "wire/http/fields.h"

enum { REPEATS_MAX = 2 };

/* A name that is not ours: nothing that we write comes from the Host field, but a page shown under
 * a stranger's name could still be read there (DNS rebinding). /health is asked by address. */
static bool host_is_ours(const struct conn *c, const struct http_head *head)
{
	struct str ours = c->front->set.sites[c->listener].host;

	return !ours.n || str_eq_nocase(head->host, ours)
		|| str_eq(head->path, STR("/health"));
}

/* A POST that another site's page sent. Old browsers send neither field, hence the engine's own
 * tokens in forms; new ones cannot be made to lie in either. */
static bool is_cross_site(const struct conn *c, const struct http_head *head)
{
	struct str site = head->fields[FIELD_SEC_FETCH_SITE], origin = head->fields[FIELD_ORIGIN];
	struct str own = c->front->set.sites[c->listener].origin;
	bool ours = origin.p && str_eq_nocase(origin, own);

	if (!own.n)
		return false;
	if (origin.p && !ours)
		return true;
	return site.p && !str_eq(site, STR("same-origin")) && !str_eq(site, STR("none")) && !ours;
}

static const struct web_route *route_of(const struct site_entry *e, enum http_method m)
{
	return e->routes[m == HTTP_HEAD ? HTTP_GET : m];
}

static void source_write(const struct conn *c, const struct http_head *head, char text[SOURCE_TEXT_BYTES])
{
	struct source_key key = c->peer, told;

	if (c->from_proxy && !failed(source_parse(http_forwarded_last(head->fields[FIELD_FORWARDED_FOR]), &told)))
		key = told;
	source_format(key, text);
}

static void body_wait(struct conn *c)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

	conn_set_state(c, CONN_BODY, c->front->set.body_ms);
	if (c->exchange->head.expects_continue)
		conn_write(c, go_on, sizeof go_on - 1, NULL, NULL);
}

static void exchange_begin(struct conn *c, const struct http_head *head, const char *raw, const struct web_route *route)
{
	struct refusal r = exchange_create(c->front, head, raw, route, &c->exchange);

	if (r.slug) {
		answer_refusal(c, head, r.status, r.slug, NULL);
		return;
	}
	c->exchange->listener = c->listener;
	source_write(c, head, c->exchange->source);
	if (c->exchange->whole)
		request_submit(c);
	else
		body_wait(c);
}

/* Answers of the front alone: documents, and paths and methods that nobody has. */
static bool answered_here(struct conn *c, const struct http_head *head, const struct site_entry *e)
{
	if (!e) {
		answer_refusal(c, head, 404, "http.path", NULL);
		return true;
	}
	if (e->document && head->method == HTTP_OPTIONS && e->document->cors) {
		answer_preflight(c);
		return true;
	}
	if (e->document && (head->method == HTTP_GET || head->method == HTTP_HEAD)) {
		answer_document(c, head, e->document);
		return true;
	}
	if (!route_of(e, head->method)) {
		answer_refusal(c, head, 405, "http.method", e);
		return true;
	}
	return false;
}

void request_begin(struct conn *c, const struct http_head *head, const char *raw)
{
	struct front *f = c->front;
	const struct site_entry *e;
	const struct web_route *route;

	c->requests++;
	c->close_after = c->half_closed || f->draining || !head->keep_alive || c->requests >= REQUESTS_A_CONNECTION;
	if (!host_is_ours(c, head)) {
		answer_refusal(c, head, 421, "http.host", NULL);
		return;
	}
	if (!f->site) {
		/* No engine has ever published: what it would say to a body is not known. */
		if (head->method == HTTP_POST)
			answer_refusal(c, head, 503, "front.engine.none", NULL);
		else
			exchange_begin(c, head, raw, NULL);
		return;
	}
	e = site_find(f->site, c->listener, head->path);
	if (answered_here(c, head, e))
		return;
	route = route_of(e, head->method);
	if (head->method == HTTP_POST && !route->cross_site && is_cross_site(c, head))
		answer_refusal(c, head, 403, "http.cross_site", NULL);
	else
		exchange_begin(c, head, raw, route);
}

static void hold(struct conn *c, int64_t ms)
{
	if (c->front->held_n >= HELD_MAX)
		answer_refusal(c, &c->exchange->head, 503, "front.held.full", NULL);
	else
		conn_set_state(c, CONN_HELD, ms);
}

static void sent(struct conn *c)
{
	c->link = c->front->engine;
	conn_set_state(c, CONN_ENGINE, ANSWER_MS);
	exchange_forget_body(c->exchange);
}

/* Held requests come here again, maybe under another engine with other documents and routes. */
static bool still_for_engine(struct conn *c)
{
	const struct http_head *head = &c->exchange->head;
	const struct site_entry *e = site_find(c->front->site, c->listener, head->path);

	return !answered_here(c, head, e);
}

void request_submit(struct conn *c)
{
	struct front *f = c->front;
	int64_t left = c->state == CONN_HELD ? c->deadline_ms - clock_mono_ms() : HOLD_MS;
	struct http_req req;

	if (!link_takes_requests(f)) {
		hold(c, left);
		return;
	}
	if (!still_for_engine(c))
		return;
	struct refusal r = exchange_request(c->exchange, &req);
	if (r.slug) {
		answer_refusal(c, &c->exchange->head, r.status, r.slug, NULL);
		return;
	}
	/* Numbers of a place go on with its next connection: an answer for one who left finds nobody. */
	f->seqs[c->place] += CONNECTIONS_MAX;
	struct err e = link_send(f, f->seqs[c->place], &req);
	arena_reset(f->scratch);
	if (!failed(e))
		sent(c);
	else if (e.kind == ERR_BUSY)
		hold(c, left);
	else
		answer_refusal(c, &c->exchange->head, 413, e.slug, NULL);
}

void conns_submit_held(struct front *f)
{
	/* Those that are held again stand at the end: each gets one turn. */
	for (size_t n = f->held_n; n > 0 && f->held_first && link_takes_requests(f); n--) {
		struct conn *c = f->held_first;

		request_submit(c);
		conn_advance(c);
	}
}

struct conn *conn_by_seq(struct front *f, uint32_t seq)
{
	uint32_t place = seq % CONNECTIONS_MAX;
	struct conn *c = place < f->set.connections ? f->slots[place] : NULL;

	return c && c->state == CONN_ENGINE && f->seqs[place] == seq ? c : NULL;
}

static void lose_engine(struct conn *c)
{
	const struct http_head *head = &c->exchange->head;

	c->link = NULL;
	/* Of a POST nobody knows how far it came; saying "later" is all that is honest. */
	if (head->method == HTTP_POST || c->resent++ >= REPEATS_MAX)
		answer_refusal(c, head, 503, "front.engine.lost", NULL);
	else
		request_submit(c);
}

void conns_lose_engine(struct front *f, const struct engine_link *link)
{
	for (struct conn *c = f->conns, *next; c; c = next) {
		next = c->next;
		if (c->state != CONN_ENGINE || c->link != link)
			continue;
		lose_engine(c);
		conn_advance(c);
	}
}
