/* fronts.c - the connections to the fronts and the threads that serve them.
 *
 * All threads of a connection wait in recvmsg() on the same socket: the kernel gives each
 * request to one of them. A thread serves one request from end to end. Where each front has a core, they
 * share it: waking somebody on another core costs as much as a short request.
 */
#include "roles/engine/engine_impl.h"
#include "base/clock.h"
#include "base/core.h"
#include "base/log.h"
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { REQUEST_DEADLINE_MS = 10000, FIRST_TICK_MS = 1000, PUBLISH_MAX = 64, ARENA_MAX = 64 << 20,
	RECEIVING_MAX = 12 };

static void front_leave(struct front *f)
{
	struct engine *e = f->engine;

	pthread_mutex_lock(&f->lock);
	atomic_store(&f->gone, true);
	pthread_mutex_unlock(&f->lock);
	pthread_cond_broadcast(&f->spare);
	if (atomic_fetch_sub(&f->users, 1) > 1)
		return;
	pthread_mutex_lock(&e->fronts_lock);
	for (size_t i = 0; i < FRONTS_MAX; i++)
		if (e->fronts[i] == f)
			e->fronts[i] = NULL;
	pthread_mutex_unlock(&e->fronts_lock);
	close(f->fd);
	pthread_mutex_destroy(&f->lock);
	pthread_cond_destroy(&f->spare);
	free(f);
}

static void log_request(const struct http_req *req, const struct http_resp *resp, int64_t us)
{
	log_line("request", log_s("id", req->id), log_s("route", req->path), log_i("status", resp->status),
		log_c("kind", err_kind_name(resp->outcome.kind)),
		log_c("slug", resp->outcome.slug ? resp->outcome.slug : ""), log_i("us", us));
}

static void serve(struct front *f, struct arena *a, const struct frame *frame)
{
	struct engine *e = f->engine;
	int64_t start_us = clock_mono_us();
	struct http_req req = { 0 };
	const struct engine_route *route;
	struct http_resp *resp;
	struct err err;

	arena_set_ceiling(a, ARENA_MAX);
	err = frame_read(frame, a, ipc_web_request_io, &req);
	if (failed(err)) {
		log_line("engine.request", log_c("slug", err.slug));
		return;
	}
	req.arena = a;
	req.now_s = clock_wall_s();
	req.deadline_ms = start_us / 1000 + REQUEST_DEADLINE_MS;
	route = engine_find(e, req.listener, req.method, req.path);
	resp = engine_dispatch(e, route, &req);
	err = frame_send(f->fd, WEB_RESPONSE, frame->seq, ipc_web_response_io, resp, req.deadline_ms);
	if (failed(err))
		log_line("engine.response", log_s("id", req.id), log_c("slug", err.slug));
	int64_t us = clock_mono_us() - start_us;
	count_request(e, route, resp->status, us);
	log_request(&req, resp, us);
}

/* The kernel gives requests to those who wait in turn, so that as many threads as wait would be cold each time:
 * a few do, the others stand by until the last of them has found work. */
static MUST struct err receive(struct front *f, char *buffer, struct frame *ret_frame)
{
	struct err err;
	bool last;

	pthread_mutex_lock(&f->lock);
	while (f->receiving >= RECEIVING_MAX && !atomic_load(&f->gone))
		pthread_cond_wait(&f->spare, &f->lock);
	f->receiving++;
	pthread_mutex_unlock(&f->lock);
	err = frame_recv_slice(f->fd, buffer, ret_frame);
	pthread_mutex_lock(&f->lock);
	last = --f->receiving == 0;
	pthread_mutex_unlock(&f->lock);
	if (last)
		pthread_cond_signal(&f->spare);
	return err;
}

static void *front_main(void *arg)
{
	struct front *f = arg;
	char *buffer = malloc(FRAME_MAX);
	AUTO(arena_destroyp) struct arena *a = arena_create(ARENA_MAX);
	struct frame frame;
	struct err err;

	if (!buffer)
		abort();
	if (f->engine->pinned) {
		core_keep_to(f->slot);
		pools_prefer(f->slot);
	}
	while (!atomic_load(&f->gone)) {
		err = receive(f, buffer, &frame);
		if (failed(err) && err.kind == ERR_BUSY)
			break;
		if (failed(err))
			continue;
		atomic_fetch_add(&f->engine->in_flight, 1);
		if (frame.type == WEB_REQUEST)
			serve(f, a, &frame);
		else
			frame_close_fds(&frame);
		/* A form may have carried a password. */
		explicit_bzero(buffer, FRAME_HEAD + frame.body.n);
		arena_reset(a);
		atomic_fetch_sub(&f->engine->in_flight, 1);
	}
	free(buffer);
	front_leave(f);
	return NULL;
}

static void publish(struct front *f, bool routes_too)
{
	struct engine *e = f->engine;
	AUTO(arena_destroyp) struct arena *a = arena_create(16 << 20);
	struct web_document *documents = arena_array(a, struct web_document, PUBLISH_MAX);
	struct web_publish p = { arena_array(a, struct web_route, e->app.route_n), e->app.route_n };
	int64_t deadline_ms = clock_mono_ms() + 5000;
	size_t n = 0;
	struct err err = NO_ERR;

	for (size_t i = 0; i < e->app.route_n; i++) {
		const struct engine_route *r = &e->app.routes[i];

		p.routes[i] = (struct web_route){ .listener = r->listener, .method = r->method,
			.path = str_from_c(r->path), .body = r->body, .body_max_bytes = r->body_max_bytes,
			.multi_line = str_from_c(r->multi_line), .cross_site = r->cross_site };
	}
	e->app.documents(e->app.app, a, documents, PUBLISH_MAX, &n);
	if (routes_too)
		err = frame_send(f->fd, WEB_PUBLISH, 0, ipc_web_publish_io, &p, deadline_ms);
	for (size_t i = 0; i < n && !failed(err); i++)
		err = frame_send(f->fd, WEB_DOCUMENT, 0, ipc_web_document_io, &documents[i], deadline_ms);
	if (!failed(err))
		err = frame_send(f->fd, WEB_READY, 0, NULL, NULL, deadline_ms);
	if (failed(err))
		log_line("engine.publish", log_c("slug", err.slug));
}

/* Requests that waited for this engine must not meet one that has not yet learnt its keys. Bounded: a
 * helper that does not come is no reason to leave the pages unanswered. */
static void wait_first_tick(const struct engine *e)
{
	int64_t end_ms = clock_mono_ms() + FIRST_TICK_MS;

	while (!atomic_load(&e->ticked) && clock_mono_ms() < end_ms)
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
}

void fronts_adopt(struct engine *e, unsigned slot, int fd)
{
	struct front *f = calloc(1, sizeof *f);
	size_t at = 0;

	if (!f)
		abort();
	wait_first_tick(e);
	*f = (struct front){ .engine = e, .fd = fd, .slot = slot };
	atomic_init(&f->users, e->front_threads);
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->spare, NULL);
	pthread_mutex_lock(&e->fronts_lock);
	while (at < FRONTS_MAX && e->fronts[at])
		at++;
	if (at < FRONTS_MAX)
		e->fronts[at] = f;
	/* Under the lock: engine_publish_again() must not speak to this front before its routes have. */
	publish(f, true);
	pthread_mutex_unlock(&e->fronts_lock);
	for (unsigned i = 0; i < e->front_threads; i++)
		engine_thread(front_main, f);
}

void engine_publish_again(struct engine *e)
{
	pthread_mutex_lock(&e->fronts_lock);
	for (size_t i = 0; i < FRONTS_MAX; i++)
		if (e->fronts[i] && !atomic_load(&e->fronts[i]->gone))
			publish(e->fronts[i], false);
	pthread_mutex_unlock(&e->fronts_lock);
}

/* Tell the fronts to send nothing more, then wait until nothing has been under way for a while:
 * requests that were in the sockets already are answered too. */
void fronts_drain(struct engine *e)
{
	int64_t end_ms = clock_mono_ms() + 5000;
	struct err err;

	atomic_store(&e->draining, true);
	pthread_mutex_lock(&e->fronts_lock);
	for (size_t i = 0; i < FRONTS_MAX; i++)
		if (e->fronts[i]) {
			err = frame_send_now(e->fronts[i]->fd, WEB_DRAIN, 0, NULL, NULL);
			if (failed(err))
				log_line("engine.drain", log_c("slug", err.slug));
		}
	pthread_mutex_unlock(&e->fronts_lock);
	for (int quiet = 0; quiet < 5 && clock_mono_ms() < end_ms;) {
		nanosleep(&(struct timespec){ 0, 20000000 }, NULL);
		quiet = atomic_load(&e->in_flight) ? 0 : quiet + 1;
	}
}
