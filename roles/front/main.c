/* main.c - start-up of a front, and what the supervisor tells it later. */
#include <event2/listener.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/ct.h"
#include "base/log.h"
#include "roles/front/conn.h"
#include "roles/front/headers.h"
#include "roles/front/link.h"
#include "roles/front/refusals.h"
#include "roles/front/site.h"
#include "roles/front/tls.h"
#include "roles/front/wipe.h"

enum { SCRATCH_BYTES = 64 << 20, OUT_BYTES = 8 << 20 };

struct listener { struct front *front; enum http_listener kind; };

/* ---- listening ---- */

static void on_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *peer, int n, void *arg)
{
	struct listener *self = arg;

	conn_accept(self->front, fd, peer, self->kind);
}

static void accept_pause(struct front *f)
{
	f->accept_paused = true;
	for (size_t i = 0; i < f->listener_n; i++)
		evconnlistener_disable(f->listeners[i]);
}

/* Out of descriptors or memory: accepting again at once would spin. The sweep takes it up again. */
static void on_accept_error(struct evconnlistener *l, void *arg)
{
	refusal_count("front.accept", 0);
	accept_pause(((struct listener *)arg)->front);
}

/* While the tls signer is being replaced a handshake could only fail: visitors wait in the kernel's queue.
 * So they do, for as long as a request may be held, at a front that no engine has told its routes: it could
 * not judge a form. */
static void accept_resume(struct front *f)
{
	if (!f->accept_paused || (f->tls && !tls_has_signer(f->tls)) || (!f->site && clock_mono_ms() < f->started_ms + HOLD_MS))
		return;
	f->accept_paused = false;
	for (size_t i = 0; i < f->listener_n; i++)
		evconnlistener_enable(f->listeners[i]);
}

static void listen_on(struct front *f, int fd, enum http_listener kind)
{
	struct listener *self = calloc(1, sizeof *self);
	struct evconnlistener *l;

	if (!self || f->listener_n == sizeof f->listeners / sizeof *f->listeners || evutil_make_socket_nonblocking(fd) != 0)
		abort();
	*self = (struct listener){ f, kind };
	l = evconnlistener_new(f->base, on_accept, self, LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_CLOSE_ON_FREE, 0, fd);
	if (!l)
		abort();
	evconnlistener_set_error_cb(l, on_accept_error);
	f->listeners[f->listener_n++] = l;
}

static void listen_all(struct front *f, const struct boot *b)
{
	static const char *const names[HTTP_LISTENER_COUNT] = {
		[HTTP_PUBLIC] = "listen.public", [HTTP_METRICS] = "listen.metrics", [HTTP_ADMIN] = "listen.admin",
	};

	for (int kind = 0; kind < HTTP_LISTENER_COUNT; kind++) {
		char name[32];

		if (boot_file(b, names[kind]) >= 0)
			listen_on(f, boot_file(b, names[kind]), (enum http_listener)kind);
		for (int i = 1; i < BOOT_FILES_MAX; i++) {
			snprintf(name, sizeof name, "%s.%d", names[kind], i);
			if (boot_file(b, name) >= 0)
				listen_on(f, boot_file(b, name), (enum http_listener)kind);
		}
	}
}

/* ---- the supervisor ---- */

static void drain_begin(struct front *f)
{
	if (f->draining)
		return;
	f->draining = true;
	f->drain_deadline_ms = clock_mono_ms() + DRAIN_MS;
	for (size_t i = 0; i < f->listener_n; i++)
		evconnlistener_free(f->listeners[i]);
	f->listener_n = 0;
}

/* The answers are read where they are asked for; what else there is to read here is the end. */
static void on_signer(evutil_socket_t fd, short what, void *arg)
{
	struct front *f = arg;
	struct frame frame;
	struct err e = frame_recv_now(fd, f->frame, &frame);

	if (!failed(e))
		frame_close_fds(&frame);
	if (!failed(e) || str_eq_c(STR("frame.empty"), e.slug))
		return;
	event_del(&f->signer_event);
	tls_set_signer(f->tls, -1);
	accept_pause(f);
}

static void signer_came(struct front *f, int fd)
{
	if (event_initialized(&f->signer_event))
		event_del(&f->signer_event);
	tls_set_signer(f->tls, fd);
	if (event_assign(&f->signer_event, f->base, fd, EV_READ | EV_PERSIST, on_signer, f) != 0 || event_add(&f->signer_event, NULL) != 0)
		abort();
	accept_resume(f);
}

static void peer_came(struct front *f, const struct frame *frame)
{
	struct boot_peer p = { .fd = -1 };
	struct err e = frame_read(frame, f->scratch, ipc_boot_peer_io, &p);

	if (failed(e))
		log_line("front.peer", log_c("slug", e.slug));
	else if (p.role == ROLE_ENGINE && p.fd >= 0)
		link_add(f, p.fd);
	else if (p.role == ROLE_TLS_SIGNER && p.fd >= 0 && f->tls)
		signer_came(f, p.fd);
	else if (p.fd >= 0)
		close(p.fd);
}

static void tickets_came(struct front *f, const struct frame *frame)
{
	struct boot_tickets t = { 0 };
	struct err e = frame_read(frame, f->scratch, ipc_boot_tickets_io, &t);

	if (failed(e))
		log_line("front.tickets", log_c("slug", e.slug));
	else if (f->tls)
		tls_set_tickets(f->tls, &t);
}

static void on_supervisor(evutil_socket_t fd, short what, void *arg)
{
	struct front *f = arg;
	struct frame frame;
	struct err e = frame_recv_now(fd, f->frame, &frame);

	if (failed(e) && str_eq_c(STR("frame.empty"), e.slug))
		return;
	if (failed(e))
		_exit(0);                /* no supervisor: nobody would ever replace or stop us */
	switch (frame.type) {
	case BOOT_PEER:    peer_came(f, &frame); break;
	case BOOT_TICKETS: tickets_came(f, &frame); break;
	case BOOT_DRAIN:   drain_begin(f); break;
	default:           frame_close_fds(&frame);
	}
	arena_reset(f->scratch);
	explicit_bzero(f->frame, frame.body.n + FRAME_HEAD);
}

/* ---- time ---- */

static void on_sweep(evutil_socket_t fd, short what, void *arg)
{
	struct front *f = arg;
	int64_t now_ms = clock_mono_ms();

	conns_sweep(f, now_ms);
	accept_resume(f);
	if (now_ms >= f->next_flush_ms) {
		refusals_flush();
		f->next_flush_ms = now_ms + 1000;
	}
	if (f->draining && (!f->conns || now_ms >= f->drain_deadline_ms)) {
		refusals_flush();
		_exit(0);
	}
}

/* ---- start ---- */

static struct event_base *base_create(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base;

	if (!config)
		abort();
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV);
	base = event_base_new_with_config(config);
	event_config_free(config);
	if (!base)
		abort();
	return base;
}

static void watch(struct front *f)
{
	static const struct timeval period = { SWEEP_MS / 1000, SWEEP_MS % 1000 * 1000 };
	struct event *supervisor = event_new(f->base, BOOT_FD, EV_READ | EV_PERSIST, on_supervisor, f);
	struct event *sweep = event_new(f->base, -1, EV_PERSIST, on_sweep, f);

	if (!supervisor || !sweep || event_add(supervisor, NULL) != 0 || event_add(sweep, &period) != 0)
		abort();
}

static void front_init(struct front *f, const struct boot *b)
{
	front_settings_read(b, &f->set);
	f->base = base_create();
	f->started_ms = clock_mono_ms();
	f->scratch = arena_create(SCRATCH_BYTES);
	f->frame = malloc(FRAME_MAX);
	f->slots = calloc(f->set.connections, sizeof *f->slots);
	f->free_slots = calloc(f->set.connections, sizeof *f->free_slots);
	f->seqs = calloc(f->set.connections, sizeof *f->seqs);
	if (!f->frame || !f->slots || !f->free_slots || !f->seqs)
		abort();
	for (size_t i = 0; i < f->set.connections; i++)
		f->seqs[i] = f->free_slots[i] = (uint32_t)i;
	buf_init(&f->out, OUT_BYTES);
	buf_init(&f->common, 4096);
	headers_write_common(&f->common, f->set.https);
	random_bytes(&f->id_seed, sizeof f->id_seed);
}

int main(void)
{
	static struct front f;
	struct boot boot = { 0 };

	signal(SIGPIPE, SIG_IGN);
	wipe_install();
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	boot_receive(&boot);
	front_init(&f, &boot);
	if (boot_file(&boot, "tls.certificate") >= 0) {
		struct err e = tls_create(boot_file(&boot, "tls.certificate"), &f.tls);

		if (failed(e)) {
			log_line("front.start", log_c("slug", e.slug), log_c("file", "tls_certificate"),
				log_c("cure", "give it a valid chain in PEM, the leaf first, for the P-256 key of tls_key"));
			return 1;
		}
		close(boot_file(&boot, "tls.certificate"));
	}
	listen_all(&f, &boot);
	accept_pause(&f);
	watch(&f);
	boot_confine(&boot, NULL, 0);
	boot_ready(&boot);
	event_base_dispatch(f.base);
	return 1;
}
