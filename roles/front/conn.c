/* conn.c - see conn.h: the life of a connection, and its bytes. What a request asks for is in request.c. */
#include "roles/front/conn.h"
#include <errno.h>
#include <event2/buffer.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/clock.h"
#include "roles/front/answer.h"
#include "roles/front/exchange.h"
#include "roles/front/refusals.h"
#include "roles/front/request.h"
#include "roles/front/tls.h"

enum { READ_AHEAD_BYTES = 32768, LINGER_BYTES = 1 << 20 };

/* ---- coming and going ---- */

static void unhold(struct conn *c)
{
	struct front *f = c->front;

	if (c->state != CONN_HELD)
		return;
	*(c->held_previous ? &c->held_previous->held_next : &f->held_first) = c->held_next;
	*(c->held_next ? &c->held_next->held_previous : &f->held_last) = c->held_previous;
	c->held_next = c->held_previous = NULL;
	f->held_n--;
}

void conn_set_state(struct conn *c, enum conn_state state, int64_t ms)
{
	struct front *f = c->front;

	unhold(c);
	c->state = state;
	c->deadline_ms = clock_mono_ms() + ms;
	if (state != CONN_HELD)
		return;
	c->held_previous = f->held_last;
	*(f->held_last ? &f->held_last->held_next : &f->held_first) = c;
	f->held_last = c;
	f->held_n++;
}

void conn_destroy(struct conn *c)
{
	struct front *f = c->front;

	unhold(c);
	*(c->previous ? &c->previous->next : &f->conns) = c->next;
	if (c->next)
		c->next->previous = c->previous;
	f->slots[c->place] = NULL;
	f->free_slots[f->set.connections - f->conn_n--] = c->place;
	if (c->counted)
		sources_give(&f->sources, c->peer);
	exchange_destroy(c->exchange);
	if (c->tls)
		tls_say_goodbye(c->bev);
	bufferevent_free(c->bev);
	free(c);
}

static void conn_on_readable(struct bufferevent *bev, void *arg)
{
	conn_advance(arg);
}

static void conn_on_written(struct bufferevent *bev, void *arg)
{
	struct conn *c = arg;

	if (c->state == CONN_WRITE && evbuffer_get_length(bufferevent_get_output(bev)) == 0)
		conn_answered(c);
	conn_advance(c);
}

static void conn_on_event(struct bufferevent *bev, short what, void *arg)
{
	struct conn *c = arg;

	if (what & BEV_EVENT_CONNECTED)
		return;
	/* "I send no more" is not "I have left": who asked before closing their half gets the answer. */
	if ((what & BEV_EVENT_EOF) && !c->tls && c->state >= CONN_HELD && c->state <= CONN_WRITE) {
		c->half_closed = c->close_after = true;
		return;
	}
	if ((what & BEV_EVENT_ERROR) && c->tls && c->requests == 0)
		refusal_count("front.tls.handshake", 0);
	conn_set_state(c, CONN_DEAD, 0);
	conn_advance(c);
}

/* The one that has been idle longest makes place for a newcomer. */
static void drop_oldest_idle(struct front *f)
{
	struct conn *oldest = NULL;

	for (struct conn *c = f->conns; c; c = c->next)
		if (c->state == CONN_IDLE && c->requests > 0 && (!oldest || c->deadline_ms < oldest->deadline_ms))
			oldest = c;
	if (oldest)
		conn_destroy(oldest);
}

static bool is_proxy(const struct front *f, struct source_key peer)
{
	for (size_t i = 0; i < f->set.proxy_n; i++)
		if (source_equal(f->set.proxies[i], peer))
			return true;
	return false;
}

static struct bufferevent *bev_create(struct front *f, int fd, bool tls)
{
	if (tls)
		return tls_accept(f->tls, f->base, fd);
	return bufferevent_socket_new(f->base, fd, BEV_OPT_CLOSE_ON_FREE);
}

static void conn_link(struct front *f, struct conn *c)
{
	c->place = f->free_slots[f->set.connections - ++f->conn_n];
	f->slots[c->place] = c;
	c->next = f->conns;
	if (c->next)
		c->next->previous = c;
	f->conns = c;
	bufferevent_setcb(c->bev, conn_on_readable, conn_on_written, conn_on_event, c);
	bufferevent_setwatermark(c->bev, EV_READ, 0, READ_AHEAD_BYTES);
	bufferevent_enable(c->bev, EV_READ);      /* writing is enabled from birth */
	/* A newcomer has the time of a head for its handshake and its head together. */
	conn_set_state(c, CONN_IDLE, f->set.head_ms);
}

static void turn_away(struct front *f, int fd, struct source_key key, bool counted, const char *slug)
{
	if (slug)
		refusal_count(slug, 0);
	if (counted)
		sources_give(&f->sources, key);
	close(fd);
}

void conn_accept(struct front *f, int fd, const struct sockaddr *peer, enum http_listener listener)
{
	struct source_key key = source_of(peer);
	bool proxy = is_proxy(f, key), tls = f->tls && listener != HTTP_METRICS;
	struct conn *c;
	int one = 1;

	/* First: who has had its share must not make another one's idle connection go. */
	if (!proxy && !sources_take(&f->sources, key, f->set.connections_source)) {
		turn_away(f, fd, key, false, "front.source");
		return;
	}
	if (f->conn_n == f->set.connections)
		drop_oldest_idle(f);
	if (f->conn_n == f->set.connections) {
		turn_away(f, fd, key, !proxy, "front.connections");
		return;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	c = calloc(1, sizeof *c);
	if (!c)
		abort();
	*c = (struct conn){ .front = f, .listener = listener, .peer = key, .tls = tls, .from_proxy = proxy, .counted = !proxy };
	c->bev = bev_create(f, fd, tls);
	if (!c->bev) {
		turn_away(f, fd, key, c->counted, NULL);
		free(c);
		return;
	}
	conn_link(f, c);
}

/* ---- bytes out ---- */

/* A socket mostly takes an answer at once: one system call, where going through the loop takes four. */
static size_t send_at_once(struct conn *c, const char *p, size_t n)
{
	ssize_t sent;

	if (evbuffer_get_length(bufferevent_get_output(c->bev)) > 0)
		return 0;
	if (c->tls)
		return tls_send(c->bev, p, n);
	do
		sent = send(bufferevent_getfd(c->bev), p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent > 0 ? (size_t)sent : 0;
}

void conn_write(struct conn *c, const char *p, size_t n, void (*release)(const void *, size_t, void *), void *arg)
{
	struct evbuffer *out = bufferevent_get_output(c->bev);
	size_t sent = send_at_once(c, p, n);
	int r = 0;

	if (sent == n) {
		if (release)
			release(p, n, arg);
		return;
	}
	if (release)
		r = evbuffer_add_reference(out, p + sent, n - sent, release, arg);
	else
		r = evbuffer_add(out, p + sent, n - sent);
	if (r != 0)
		abort();
}

static void linger(struct conn *c)
{
	if (c->tls)
		tls_say_goodbye(c->bev);
	(void)shutdown(bufferevent_getfd(c->bev), SHUT_WR);
	conn_set_state(c, CONN_LINGER, LINGER_MS);
}

void conn_answered(struct conn *c)
{
	struct front *f = c->front;

	exchange_destroy(TAKE(c->exchange));
	c->link = NULL;
	c->resent = 0;
	c->scan = (struct http_head_scan){ 0 };
	if (evbuffer_get_length(bufferevent_get_output(c->bev)) > 0)
		conn_set_state(c, CONN_WRITE, WRITE_MS);
	else if (c->linger_after && !c->half_closed)
		linger(c);
	else if (c->close_after)
		conn_set_state(c, CONN_DEAD, 0);
	else
		conn_set_state(c, CONN_IDLE, f->set.idle_ms);
}

/* ---- bytes in ---- */

/* Returns false when there is nothing to do but wait. */
static bool head_advance(struct conn *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	size_t n = evbuffer_get_length(in);
	struct http_head head;

	if (n == 0)
		return false;
	if (c->state == CONN_IDLE)
		conn_set_state(c, CONN_HEAD, c->requests ? c->front->set.head_ms : c->deadline_ms - clock_mono_ms());
	n = n < HTTP_HEAD_MAX ? n : HTTP_HEAD_MAX;
	char *p = (char *)evbuffer_pullup(in, (ev_ssize_t)n);
	switch (http_head_read(&c->scan, p, n, &head)) {
	case HTTP_MORE:
		return false;
	case HTTP_REFUSED:
		answer_refusal(c, &head, head.status, head.slug, NULL);
		return true;
	default:
		request_begin(c, &head, p);
		evbuffer_drain(in, head.size);
		return true;
	}
}

static bool body_advance(struct conn *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	size_t n = evbuffer_get_contiguous_space(in), used = 0;
	struct refusal r;

	if (n == 0)
		return false;
	r = exchange_feed(c->exchange, (struct str){ (char *)evbuffer_pullup(in, (ev_ssize_t)n), n }, &used);
	evbuffer_drain(in, used);
	if (r.slug)
		answer_refusal(c, &c->exchange->head, r.status, r.slug, NULL);
	else if (c->exchange->whole)
		request_submit(c);
	return true;
}

static void linger_advance(struct conn *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);

	c->lingered += evbuffer_get_length(in);
	evbuffer_drain(in, evbuffer_get_length(in));
	if (c->lingered > LINGER_BYTES)
		conn_set_state(c, CONN_DEAD, 0);
}

void conn_advance(struct conn *c)
{
	/* Each turn either changes the state or consumes bytes; a connection is destroyed only here. */
	for (bool more = true; more;) {
		switch (c->state) {
		case CONN_IDLE: case CONN_HEAD: more = head_advance(c); break;
		case CONN_BODY:                 more = body_advance(c); break;
		case CONN_LINGER:               linger_advance(c); more = c->state == CONN_DEAD; break;
		case CONN_DEAD:                 conn_destroy(c); return;
		default:                        more = false;
		}
	}
}

/* ---- time ---- */

static void conn_on_deadline(struct conn *c)
{
	const struct http_head *head = c->exchange ? &c->exchange->head : NULL;

	switch (c->state) {
	case CONN_HEAD:   answer_refusal(c, NULL, 408, "http.deadline.head", NULL); break;
	case CONN_BODY:   answer_refusal(c, head, 408, "http.deadline.body", NULL); break;
	case CONN_HELD:   answer_refusal(c, head, 503, "front.deadline.held", NULL); break;
	case CONN_ENGINE: answer_refusal(c, head, 503, "front.deadline.engine", NULL); break;
	default:          conn_set_state(c, CONN_DEAD, 0);
	}
}

void conns_sweep(struct front *f, int64_t now_ms)
{
	for (struct conn *c = f->conns, *next; c; c = next) {
		next = c->next;
		/* Who has just come may be half-way through a handshake, and is still served. */
		if (f->draining && c->state == CONN_IDLE && c->requests > 0)
			conn_set_state(c, CONN_DEAD, 0);
		else if (now_ms >= c->deadline_ms)
			conn_on_deadline(c);
		else
			continue;
		conn_advance(c);
	}
}
