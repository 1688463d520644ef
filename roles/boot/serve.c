/* serve.c - the whole life of a helper: one request after another, from one peer.
 *
 * No event loop and no thread: what a helper was told is gone before the next request is read.
 */
#include "roles/boot/boot_impl.h"
#include "base/log.h"
#include "wire/ipc/helper.h"
#include <errno.h>
#include <poll.h>
#include <unistd.h>

/* The first frame after BOOT_START; the supervisor may also let us go before. */
static int receive_peer(const struct boot *b)
{
	struct boot_peer peer = { .fd = -1 };
	struct frame f;
	struct err e = frame_recv(BOOT_FD, boot_buffer, INT64_MAX, &f);

	if (failed(e) && e.kind == ERR_BUSY)
		_exit(0);
	if (failed(e))
		boot_die("boot.peer", e.slug);
	if (f.type == BOOT_DRAIN)
		_exit(0);
	if (f.type != BOOT_PEER) {
		frame_close_fds(&f);
		boot_die("boot.peer", "boot.order");
	}
	e = frame_read(&f, b->arena, ipc_boot_peer_io, &peer);
	if (failed(e) || peer.fd < 0)
		boot_die("boot.peer", failed(e) ? e.slug : "boot.peer.none");
	return peer.fd;
}

static void answer(int fd, struct arena *a, const struct frame *f, boot_serve_fn *serve, void *self)
{
	frame_io_fn *put = NULL;
	void *reply = NULL;
	struct err e = serve(self, a, f, &put, &reply);

	if (!failed(e))
		e = frame_send(fd, HELPER_OK, f->seq, put ? put : ipc_empty_io, reply, INT64_MAX);
	if (failed(e) && e.kind == ERR_BUSY && strcmp(e.slug, "frame.gone") == 0)
		_exit(0);
	if (failed(e)) {
		struct ipc_refusal refusal = { e.kind, str_from_c(e.slug) };

		e = frame_send(fd, HELPER_ERR, f->seq, ipc_refusal_io, &refusal, INT64_MAX);
	}
	if (failed(e))
		_exit(0);
}

/* Waits until the peer has something; exits when the supervisor has, or is gone. */
static void wait_for_peer(int fd)
{
	struct pollfd p[2] = { { .fd = fd, .events = POLLIN }, { .fd = BOOT_FD, .events = POLLIN } };

	for (;;) {
		int n = poll(p, 2, -1);

		if (n < 0 && errno != EINTR)
			boot_die("boot.serve", "boot.poll");
		/* A helper has one peer: all that the supervisor can still say is BOOT_DRAIN. */
		if (n > 0 && p[1].revents)
			_exit(0);
		if (n > 0)
			return;
	}
}

_Noreturn void boot_serve(const struct boot *b, boot_serve_fn *serve, void *self, size_t arena_bytes, uint64_t after)
{
	struct arena *a = arena_create(arena_bytes);
	int fd = receive_peer(b);
	struct frame f;

	for (uint64_t done = 0; after == 0 || done < after; done++) {
		wait_for_peer(fd);
		struct err e = frame_recv_now(fd, boot_buffer, &f);
		if (failed(e) && e.kind == ERR_BUSY && strcmp(e.slug, "frame.empty") == 0)
			continue;
		if (failed(e) && e.kind == ERR_BUSY)
			_exit(0);
		if (failed(e))
			boot_die("boot.serve", e.slug);
		answer(fd, a, &f, serve, self);
		explicit_bzero(boot_buffer, FRAME_HEAD + f.body.n);
		arena_reset(a);
	}
	_exit(0);
}
