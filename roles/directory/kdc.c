/* kdc.c - see kdc.h. */
#include "roles/directory/kdc.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/clock.h"

static void fd_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static void found_freep(struct addrinfo **found)
{
	if (*found)
		freeaddrinfo(*found);
}

struct err kdc_parse(struct arena *a, struct str text, struct kdc *ret_kdc)
{
	bool bracketed = text.n > 0 && text.p[0] == '[';
	size_t end = bracketed ? str_index(text, ']') : str_index(text, ':');
	struct str host = str_slice(text, bracketed, end), rest = str_slice(text, end + bracketed, text.n);
	int64_t port = 88;

	/* More than one colon, and no brackets: an address by itself. */
	if (!bracketed && str_has(str_slice(rest, 1, rest.n), ':')) {
		host = text;
		rest = STR_NONE;
	}
	ENSURE(!bracketed || end < text.n, MALFORMED, "directory.kdc.address");
	ENSURE(host.n > 0 && !str_has(host, ' ') && !str_has(host, '/'), MALFORMED, "directory.kdc.address");
	if (rest.n > 0)
		ENSURE(rest.p[0] == ':' && !failed(str_to_i64(str_slice(rest, 1, rest.n), 65535, &port)) && port > 0, MALFORMED,
			"directory.kdc.address");
	*ret_kdc = (struct kdc){ arena_c(a, host), arena_c(a, arena_printf(a, "%d", (int)port)) };
	return NO_ERR;
}

static bool wait_for(int fd, short what, int64_t deadline_ms)
{
	struct pollfd p = { .fd = fd, .events = what };
	int64_t left;

	while ((left = deadline_ms - clock_mono_ms()) > 0) {
		int n = poll(&p, 1, (int)left);

		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			return false;
	}
	return false;
}

static bool is_later(ssize_t n)
{
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static bool connect_to(const struct addrinfo *to, int64_t deadline_ms, int *ret_fd)
{
	AUTO(fd_closep) int fd = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int outcome = 0;
	socklen_t n = sizeof outcome;

	if (fd < 0)
		return false;
	if (connect(fd, to->ai_addr, to->ai_addrlen) != 0 && errno != EINPROGRESS)
		return false;
	if (!wait_for(fd, POLLOUT, deadline_ms) || getsockopt(fd, SOL_SOCKET, SO_ERROR, &outcome, &n) != 0 || outcome != 0)
		return false;
	*ret_fd = fd;
	fd = -1;
	return true;
}

static bool send_all(int fd, const void *bytes, size_t n, int64_t deadline_ms)
{
	const char *p = bytes;

	while (n > 0) {
		ssize_t sent = wait_for(fd, POLLOUT, deadline_ms) ? send(fd, p, n, MSG_NOSIGNAL) : 0;

		if (is_later(sent))
			continue;
		if (sent <= 0)
			return false;
		p += sent;
		n -= (size_t)sent;
	}
	return true;
}

static bool receive_all(int fd, void *bytes, size_t n, int64_t deadline_ms)
{
	char *p = bytes;

	while (n > 0) {
		ssize_t got = wait_for(fd, POLLIN, deadline_ms) ? recv(fd, p, n, 0) : 0;

		if (is_later(got))
			continue;
		if (got <= 0)
			return false;
		p += got;
		n -= (size_t)got;
	}
	return true;
}

/*= RFC 4120 7.2.2: Each request (KRB_KDC_REQ) and response (KRB_KDC_REP or KRB_ERROR) sent over the TCP stream is preceded by the length of the request as 4 octets in network byte order. */
static bool converse(int fd, struct str question, int64_t deadline_ms, struct buf *answer)
{
	uint32_t n = htonl((uint32_t)question.n);
	char *into;

	if (!send_all(fd, &n, sizeof n, deadline_ms) || !send_all(fd, question.p, question.n, deadline_ms)
		|| !receive_all(fd, &n, sizeof n, deadline_ms))
		return false;
	n = ntohl(n);
	buf_reset(answer);
	into = n > 0 ? buf_grow(answer, n) : NULL;
	return into && receive_all(fd, into, n, deadline_ms);
}

struct err kdc_ask(const struct kdc *kdc, struct str question, int64_t deadline_ms, struct buf *answer)
{
	AUTO(found_freep) struct addrinfo *found = NULL;
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	bool done = false;

	ENSURE(getaddrinfo(kdc->host, kdc->port, &hints, &found) == 0, BUSY, "directory.kdc");
	for (const struct addrinfo *to = found; to && !done; to = to->ai_next) {
		AUTO(fd_closep) int fd = -1;

		done = connect_to(to, deadline_ms, &fd) && converse(fd, question, deadline_ms, answer);
	}
	ENSURE(done, BUSY, "directory.kdc");
	return NO_ERR;
}
