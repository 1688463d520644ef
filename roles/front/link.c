/* link.c - see link.h. */
#include "roles/front/link.h"
#include <stdlib.h>
#include <unistd.h>
#include "base/log.h"
#include "roles/front/answer.h"
#include "roles/front/exchange.h"
#include "wire/ipc/web.h"

enum { FRAMES_A_TURN = 64 };      /* then the clients' sockets have their turn */

bool link_takes_requests(const struct front *f)
{
	return f->engine && f->engine->ready && !f->engine->draining && !f->engine->full;
}

static void link_destroy(struct engine_link *l)
{
	struct front *f = l->front;

	if (f->engine == l)
		f->engine = NULL;
	for (struct engine_link **at = &f->old; *at; at = &(*at)->next)
		if (*at == l) {
			*at = l->next;
			break;
		}
	event_free(l->readable);
	event_free(l->writable);
	close(l->fd);
	site_destroy(l->incoming);
	conns_lose_engine(f, l);
	free(l);
}

/* NULL: an old engine has nothing more to publish. */
static struct site *site_of(struct engine_link *l)
{
	if (l != l->front->engine)
		return NULL;
	return l->ready ? l->front->site : l->incoming;
}

static void published(struct engine_link *l, const struct frame *frame)
{
	struct web_publish p = { 0 };
	struct err e = frame_read(frame, l->front->scratch, ipc_web_publish_io, &p);

	if (failed(e) || l->ready)
		log_line("front.publish", log_c("slug", failed(e) ? e.slug : "front.publish.late"));
	else
		site_add_routes(l->incoming, &p);
}

static void document_came(struct engine_link *l, const struct frame *frame)
{
	struct web_document d = { .listener = HTTP_PUBLIC };
	struct site *site = site_of(l);
	struct err e = frame_read(frame, l->front->scratch, ipc_web_document_io, &d);

	if (!failed(e) && site)
		e = site_add_document(site, &d);
	if (failed(e))
		log_line("front.document", log_c("slug", e.slug));
}

static void became_ready(struct engine_link *l)
{
	struct front *f = l->front;

	if (l->ready || l != f->engine)
		return;
	site_destroy(f->site);
	f->site = TAKE(l->incoming);
	l->ready = true;
	conns_submit_held(f);
}

static void answered(struct engine_link *l, const struct frame *frame)
{
	struct front *f = l->front;
	struct http_resp resp = { .status = 0 };
	struct err e = frame_read(frame, f->scratch, ipc_web_response_io, &resp);
	struct conn *c = conn_by_seq(f, frame->seq);

	if (!c || c->link != l)           /* the client left, or was told that it takes too long */
		return;
	c->link = NULL;
	if (failed(e))
		answer_refusal(c, &c->exchange->head, 500, "front.answer.frame", NULL);
	else
		answer_response(c, &c->exchange->head, &resp);
	arena_reset(f->scratch);
	conn_advance(c);
}

static void frame_came(struct engine_link *l, struct frame *frame)
{
	switch (frame->type) {
	case WEB_PUBLISH:  published(l, frame); break;
	case WEB_DOCUMENT: document_came(l, frame); break;
	case WEB_READY:    became_ready(l); break;
	case WEB_RESPONSE: answered(l, frame); return;
	case WEB_DRAIN:    l->draining = true; break;
	default:           frame_close_fds(frame);
	}
	arena_reset(l->front->scratch);
}

static void link_on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct engine_link *l = arg;
	struct front *f = l->front;

	for (int i = 0; i < FRAMES_A_TURN; i++) {
		struct frame frame;
		struct err e = frame_recv_now(fd, f->frame, &frame);

		if (failed(e) && e.kind == ERR_BUSY && str_eq_c(STR("frame.empty"), e.slug))
			return;
		if (failed(e)) {
			log_line("front.engine.gone", log_c("slug", e.slug));
			link_destroy(l);
			return;
		}
		size_t n = frame.body.n;
		frame_came(l, &frame);
		explicit_bzero(f->frame, n + FRAME_HEAD);      /* it may hold a session's cookie */
	}
}

static void link_on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct engine_link *l = arg;

	l->full = false;
	conns_submit_held(l->front);
}

void link_add(struct front *f, int fd)
{
	struct engine_link *l = calloc(1, sizeof *l);

	if (!l)
		abort();
	*l = (struct engine_link){ .front = f, .fd = fd, .incoming = site_create(buf_str(&f->common)) };
	l->readable = event_new(f->base, fd, EV_READ | EV_PERSIST, link_on_readable, l);
	l->writable = event_new(f->base, fd, EV_WRITE, link_on_writable, l);
	if (!l->readable || !l->writable || event_add(l->readable, NULL) != 0)
		abort();
	if (f->engine) {
		f->engine->next = f->old;
		f->old = f->engine;
	}
	f->engine = l;
}

struct err link_send(struct front *f, uint32_t seq, const struct http_req *req)
{
	struct err e = frame_send_now(f->engine->fd, WEB_REQUEST, seq, ipc_web_request_io, req);

	if (failed(e) && str_eq_c(STR("frame.full"), e.slug)) {
		f->engine->full = true;
		if (event_add(f->engine->writable, NULL) != 0)
			abort();
	}
	return e;
}
