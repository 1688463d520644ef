/* listen.c - the sockets that the fronts accept on. The supervisor holds them for as long as they
 * are configured, so that a front can be replaced without refusing a connection. */
#include "roles/supervisor/plan.h"
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

/* "*:8443", "[::1]:8443"; the table has checked the form. */
static struct addrinfo *address_of(struct str address)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	struct addrinfo *found = NULL;
	char host[64], port[8];
	size_t colon = address.n;

	while (colon > 0 && address.p[colon - 1] != ':')
		colon--;
	snprintf(port, sizeof port, STR_FMT, STR_ARG(str_slice(address, colon, address.n)));
	struct str name = str_slice(address, 0, colon - 1);
	if (name.n > 2 && name.p[0] == '[')
		name = str_slice(name, 1, name.n - 1);
	if (str_eq_c(name, "localhost"))
		name = STR("127.0.0.1");
	snprintf(host, sizeof host, STR_FMT, STR_ARG(name));
	hints.ai_flags |= str_eq_c(name, "*") ? AI_ADDRCONFIG : AI_NUMERICHOST;
	if (getaddrinfo(str_eq_c(name, "*") ? NULL : host, port, &hints, &found) != 0)
		return NULL;
	return found;
}

/* "*" is both families when the machine has IPv6: one socket that is not IPV6_V6ONLY. */
static const struct addrinfo *best(const struct addrinfo *list)
{
	for (const struct addrinfo *a = list; a; a = a->ai_next)
		if (a->ai_family == AF_INET6)
			return a;
	return list;
}

static int socket_of(const struct addrinfo *a, bool shared)
{
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if ((shared && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0)
	    || bind(fd, a->ai_addr, a->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
		int why = errno;

		close(fd);
		errno = why;
		return -1;
	}
	return fd;
}

static MUST struct err refuse(const struct plan *p, const char *row, struct str address, struct buf *complaints)
{
	int why = errno;

	if (why == EADDRINUSE) {
		conf_complain(p->conf, row, complaints, STR_FMT ": another program, or another instance of this one, "
			"listens there already; stop it (ss -ltnp shows it) or change `%s`", STR_ARG(address), row);
		return err_of(CONFLICT, "listen.taken");
	}
	conf_complain(p->conf, row, complaints, STR_FMT ": %s%s", STR_ARG(address), strerror(why),
		why == EACCES ? "; ports below 1024 need CAP_NET_BIND_SERVICE" :
		why == EADDRNOTAVAIL ? "; this machine does not have that address" : "");
	return err_of(BROKEN, "listen.socket");
}

static int taken_over(const struct plan *old, struct str address, unsigned slot)
{
	for (size_t i = 0; old && i < old->listener_n; i++)
		if (old->listeners[i].slot == slot && str_eq(old->listeners[i].address, address))
			return fcntl(old->listeners[i].fd, F_DUPFD_CLOEXEC, 3);
	return -1;
}

/* SO_REUSEPORT would let a second instance of ours in beside the first, each getting half of the
 * connections: so ask once without it whether the address is free. */
static bool is_free(const struct addrinfo *a)
{
	int fd = socket_of(a, false);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static MUST struct err listen_at(struct plan *p, const struct plan *old, const char *row, struct str address,
	struct str file, struct buf *complaints)
{
	struct addrinfo *found = address_of(address);
	const struct addrinfo *a = best(found);
	bool known = false;
	struct err e = NO_ERR;

	for (unsigned slot = 0; slot < p->count[ROLE_FRONT] && !failed(e) && p->listener_n < PLAN_LISTENERS; slot++) {
		struct listener l = { address, file, slot, taken_over(old, address, slot) };

		known = known || l.fd >= 0;
		if (!a)
			errno = EADDRNOTAVAIL;
		else if (l.fd < 0 && (known || slot > 0 || is_free(a)))
			l.fd = socket_of(a, true);
		if (l.fd < 0)
			e = refuse(p, row, address, complaints);
		else
			p->listeners[p->listener_n++] = l;
	}
	if (found)
		freeaddrinfo(found);
	return e;
}

/* Not every daemon has every row. */
static MUST struct err listen_if_set(struct plan *p, const struct plan *old, const char *row, struct str file, struct buf *complaints)
{
	size_t n;
	const struct conf_row *rows = conf_rows(p->conf, &n);

	for (size_t i = 0; i < n; i++)
		if (strcmp(rows[i].name, row) == 0 && conf_is_set(p->conf, row))
			return listen_at(p, old, row, conf_text(p->conf, row), file, complaints);
	return NO_ERR;
}

struct err plan_listen(struct plan *p, const struct plan *old, struct buf *complaints)
{
	for (size_t i = 0; i < conf_count(p->conf, "listen"); i++) {
		struct str file = i ? arena_printf(p->arena, "listen.public.%zu", i) : STR("listen.public");

		TRY(listen_at(p, old, "listen", conf_nth(p->conf, "listen", i), file, complaints));
	}
	TRY(listen_if_set(p, old, "listen_metrics", STR("listen.metrics"), complaints));
	return listen_if_set(p, old, "listen_admin", STR("listen.admin"), complaints);
}
