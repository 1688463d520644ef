/* frame.c - see frame.h. */
#include "base/frame.h"
#include "base/clock.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOB_SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL };

struct head {
	uint16_t type, zero;
	uint32_t seq;
};

struct err frame_pair(int ret_fds[2])
{
	int fds[2], size = 1 << 20;

	ENSURE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0, BROKEN, "frame.pair");
	for (int i = 0; i < 2; i++)
		(void)setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	ret_fds[0] = fds[0];
	ret_fds[1] = fds[1];
	return NO_ERR;
}

/* ---- one description, both directions ---- */

static char *io_take(struct frame_io *io, size_t n)
{
	char *at = io->p + io->at;

	if (io->bad || n > io->n - io->at) {
		io->bad = true;
		return NULL;
	}
	io->at += n;
	return at;
}

void io_bytes(struct frame_io *io, void *p, size_t n)
{
	char *at = io_take(io, n);

	if (io->writing && at)
		memcpy(at, p, n);
	if (!io->writing) {
		if (at)
			memcpy(p, at, n);
		else
			memset(p, 0, n);
	}
}

void io_u8(struct frame_io *io, uint8_t *v) { io_bytes(io, v, sizeof *v); }
void io_u32(struct frame_io *io, uint32_t *v) { io_bytes(io, v, sizeof *v); }
void io_i64(struct frame_io *io, int64_t *v) { io_bytes(io, v, sizeof *v); }

void io_bool(struct frame_io *io, bool *v)
{
	uint8_t b = *v ? 1 : 0;

	io_u8(io, &b);
	if (b > 1)
		io->bad = true;
	*v = b == 1;
}

void io_str(struct frame_io *io, struct str *v)
{
	uint32_t n = (uint32_t)v->n;
	char *at;

	if (io->writing && v->n > FRAME_MAX)
		io->bad = true;
	io_u32(io, &n);
	at = io_take(io, n);
	if (io->writing) {
		if (at && n)
			memcpy(at, v->p, n);
	} else {
		*v = at ? (struct str){ at, n } : STR_NONE;
	}
}

void io_fd(struct frame_io *io, int *fd)
{
	bool some = *fd >= 0;

	io_bool(io, &some);
	if (io->writing) {
		if (some && io->fd_n < FRAME_FDS)
			io->fds[io->fd_n++] = fcntl(*fd, F_DUPFD_CLOEXEC, 3);
		else if (some)
			io->bad = true;
		return;
	}
	*fd = -1;
	if (!some)
		return;
	if (io->fd_at >= io->fd_n)
		io->bad = true;
	else
		*fd = io->fds[io->fd_at++];
}

static void blob_write_memfd(struct frame_io *io, struct str v)
{
	int fd = memfd_create("blob", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	size_t done = 0;

	if (fd < 0 || io->fd_n == FRAME_FDS) {
		io->bad = true;
		if (fd >= 0)
			close(fd);
		return;
	}
	while (done < v.n) {
		ssize_t n = write(fd, v.p + done, v.n - done);

		if (n <= 0 && errno != EINTR)
			break;
		done += n > 0 ? (size_t)n : 0;
	}
	if (done < v.n || fcntl(fd, F_ADD_SEALS, BLOB_SEALS) != 0)
		io->bad = true;
	io->fds[io->fd_n++] = fd;
}

/* The seals are checked first: an unsealed memfd could change under our eyes. */
static void blob_read_memfd(struct frame_io *io, struct str *v, size_t n)
{
	int fd = io->fd_at < io->fd_n ? io->fds[io->fd_at++] : -1;
	size_t done = 0;
	char *p;

	*v = STR_NONE;
	if (fd < 0 || fcntl(fd, F_GET_SEALS) != BLOB_SEALS || !(p = arena_try(io->arena, n + 1))) {
		io->bad = true;
	} else {
		while (done < n) {
			ssize_t got = pread(fd, p + done, n - done, (off_t)done);

			if (got <= 0)
				break;
			done += (size_t)got;
		}
		if (done < n)
			io->bad = true;
		else
			*v = (struct str){ p, n };
	}
	if (fd >= 0) {
		close(fd);
		io->fds[io->fd_at - 1] = -1;
	}
}

void io_blob(struct frame_io *io, struct str *v, size_t max)
{
	int64_t n = (int64_t)v->n;

	io_i64(io, &n);
	if (n < 0 || (size_t)n > max) {
		io->bad = true;
		n = 0;
	}
	if (n <= BLOB_INLINE) {
		io_str(io, v);
		if (!io->writing && v->n != (size_t)n)
			io->bad = true;
	} else if (io->writing) {
		blob_write_memfd(io, *v);
	} else {
		blob_read_memfd(io, v, (size_t)n);
	}
}

void io_list(struct frame_io *io, void *v_, size_t *n, size_t size, size_t max, frame_io_fn *fn)
{
	char **v = v_;
	uint32_t count = (uint32_t)*n;

	if (io->writing && *n > max)
		io->bad = true;
	io_u32(io, &count);
	if (!io->writing) {
		*n = 0;
		*v = count <= max && !io->bad ? arena_try(io->arena, size * count + 1) : NULL;
		if (!*v) {
			io->bad = true;
			return;
		}
	}
	for (uint32_t i = 0; i < count && !io->bad; i++)
		fn(io, *v + i * size);
	if (!io->writing && !io->bad)
		*n = count;
}

struct err frame_write_body(frame_io_fn *fn, const void *message, char *p, size_t max, size_t *ret_n)
{
	struct frame_io io = { .writing = true, .p = p, .n = max };

	fn(&io, (void *)(uintptr_t)message);
	for (size_t i = 0; i < io.fd_n; i++)
		close(io.fds[i]);
	ENSURE(!io.bad && io.fd_n == 0, BROKEN, "frame.size");
	*ret_n = io.at;
	return NO_ERR;
}

struct err frame_read(const struct frame *f, struct arena *a, frame_io_fn *fn, void *ret_message)
{
	struct frame_io io = { .p = (char *)(uintptr_t)f->body.p, .n = f->body.n, .arena = a, .fd_n = f->fd_n };
	bool whole;

	memcpy(io.fds, f->fds, sizeof io.fds);
	fn(&io, ret_message);
	whole = !io.bad && io.at == io.n;
	/* Descriptors that the description did not ask for are ours to close; those of a message that nobody will read, too. */
	for (size_t i = whole ? io.fd_at : 0; i < io.fd_n; i++)
		if (io.fds[i] >= 0)
			close(io.fds[i]);
	ENSURE(whole, MALFORMED, "frame.body");
	return NO_ERR;
}

struct err frame_read_body(struct str body, struct arena *a, frame_io_fn *fn, void *ret_message)
{
	struct frame f = { .body = body };

	return frame_read(&f, a, fn, ret_message);
}

/* ---- sockets ---- */

static struct err wait_for(int fd, short events, int64_t deadline_ms)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = events };
		int64_t left = deadline_ms == INT64_MAX ? -1 : deadline_ms - clock_mono_ms();

		if (deadline_ms != INT64_MAX && left <= 0)
			return err_of(BUSY, "frame.deadline");
		int n = poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left);
		if (n > 0)
			return NO_ERR;
		if (n < 0 && errno != EINTR)
			return err_of(BROKEN, "frame.poll");
	}
}

static struct err send_now(int fd, const struct head *h, const struct frame_io *io)
{
	union { struct cmsghdr head; char bytes[CMSG_SPACE(sizeof(int) * FRAME_FDS)]; } control = { 0 };
	struct iovec iov[2] = { { (void *)(uintptr_t)h, sizeof *h }, { io->p, io->at } };
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };
	ssize_t n;

	if (io->fd_n) {
		m.msg_control = &control;
		m.msg_controllen = CMSG_SPACE(sizeof(int) * io->fd_n);
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * io->fd_n);
		memcpy(CMSG_DATA(c), io->fds, sizeof(int) * io->fd_n);
	}
	do
		n = sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return NO_ERR;
	if (errno == EAGAIN || errno == ENOBUFS)
		return err_of(BUSY, "frame.full");
	return errno == EMSGSIZE ? err_of(BROKEN, "frame.size") : err_of(BUSY, "frame.gone");
}

static struct err send_frame(int fd, uint16_t type, uint32_t seq, frame_io_fn *fn, const void *message,
	bool wait, int64_t deadline_ms)
{
	char body[FRAME_MAX - FRAME_HEAD];
	struct frame_io io = { .writing = true, .p = body, .n = sizeof body };
	struct head h = { type, 0, seq };
	struct err e;

	if (fn)
		fn(&io, (void *)(uintptr_t)message);
	e = io.bad ? err_of(BROKEN, "frame.size") : send_now(fd, &h, &io);
	while (wait && e.kind == ERR_BUSY && strcmp(e.slug, "frame.full") == 0) {
		e = wait_for(fd, POLLOUT, deadline_ms);
		if (!failed(e))
			e = send_now(fd, &h, &io);
	}
	for (size_t i = 0; i < io.fd_n; i++)
		close(io.fds[i]);
	explicit_bzero(body, io.at);     /* it may have held a password */
	return e;
}

struct err frame_send(int fd, uint16_t type, uint32_t seq, frame_io_fn *fn, const void *message, int64_t deadline_ms)
{
	return send_frame(fd, type, seq, fn, message, true, deadline_ms);
}

struct err frame_send_now(int fd, uint16_t type, uint32_t seq, frame_io_fn *fn, const void *message)
{
	return send_frame(fd, type, seq, fn, message, false, 0);
}

void frame_close_fds(struct frame *f)
{
	for (size_t i = 0; i < f->fd_n; i++)
		if (f->fds[i] >= 0)
			close(f->fds[i]);
	f->fd_n = 0;
}

static struct err recv_frame(int fd, void *buffer, int flags, struct frame *ret_frame)
{
	union { struct cmsghdr head; char bytes[CMSG_SPACE(sizeof(int) * FRAME_FDS)]; } control;
	struct iovec iov = { buffer, FRAME_MAX };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
	struct frame f = { .seq = 0 };
	struct head h;
	ssize_t n;

	do
		n = recvmsg(fd, &m, flags | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? err_of(BUSY, "frame.empty") : err_of(BUSY, "frame.gone");
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
			f.fd_n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
			memcpy(f.fds, CMSG_DATA(c), f.fd_n * sizeof(int));
		}
	/* The end; or an empty datagram, which looks like it and may have brought descriptors. */
	if (n == 0) {
		frame_close_fds(&f);
		return err_of(BUSY, "frame.gone");
	}
	if (n < FRAME_HEAD || (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
		frame_close_fds(&f);
		return err_of(MALFORMED, "frame.head");
	}
	memcpy(&h, buffer, sizeof h);
	f.type = h.type;
	f.seq = h.seq;
	f.body = (struct str){ (char *)buffer + FRAME_HEAD, (size_t)n - FRAME_HEAD };
	if (h.zero != 0) {
		frame_close_fds(&f);
		return err_of(MALFORMED, "frame.head");
	}
	*ret_frame = f;
	return NO_ERR;
}

struct err frame_recv_now(int fd, void *buffer, struct frame *ret_frame)
{
	return recv_frame(fd, buffer, MSG_DONTWAIT, ret_frame);
}

struct err frame_recv_slice(int fd, void *buffer, struct frame *ret_frame)
{
	return recv_frame(fd, buffer, 0, ret_frame);
}

struct err frame_recv(int fd, void *buffer, int64_t deadline_ms, struct frame *ret_frame)
{
	if (deadline_ms == INT64_MAX)
		return recv_frame(fd, buffer, 0, ret_frame);
	for (;;) {
		struct err e = recv_frame(fd, buffer, MSG_DONTWAIT, ret_frame);

		if (e.kind != ERR_BUSY || strcmp(e.slug, "frame.empty") != 0)
			return e;
		TRY(wait_for(fd, POLLIN, deadline_ms));
	}
}
