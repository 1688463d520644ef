/* control.c - see control.h. */
#include "roles/supervisor/control.h"
#include "base/log.h"
#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 16 };

static MUST struct err address_of(struct str path, struct sockaddr_un *ret_address)
{
	*ret_address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	ENSURE(path.n > 0 && path.n < sizeof ret_address->sun_path, MALFORMED, "control.path");
	memcpy(ret_address->sun_path, path.p, path.n);
	return NO_ERR;
}

struct err control_connect(struct str path, int *ret_fd)
{
	struct sockaddr_un address;
	int fd;

	TRY(address_of(path, &address));
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	ENSURE(fd >= 0, BROKEN, "control.socket");
	if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
		int why = errno;

		close(fd);
		return why == EACCES || why == EPERM ? err_of(DENIED, "control.denied") : err_of(BUSY, "control.absent");
	}
	*ret_fd = fd;
	return NO_ERR;
}

static MUST struct err listen_at(const struct sockaddr_un *address, int *ret_fd)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t before = umask(0117);
	bool ok = fd >= 0 && bind(fd, (const struct sockaddr *)address, sizeof *address) == 0 && listen(fd, BACKLOG) == 0;
	int why = errno;

	umask(before);
	if (ok) {
		*ret_fd = fd;
		return NO_ERR;
	}
	if (fd >= 0)
		close(fd);
	errno = why;
	return err_of(BROKEN, "control.socket");
}

struct err control_open(const struct plan *p, struct buf *complaints, int *ret_fd)
{
	struct str path = conf_text(p->conf, "control");
	struct sockaddr_un address;
	struct err e = address_of(path, &address);
	struct stat st;
	int other;

	if (!failed(e) && !failed(control_connect(path, &other))) {
		close(other);
		conf_complain(p->conf, "control", complaints, STR_FMT ": this daemon is running already", STR_ARG(path));
		return err_of(CONFLICT, "control.taken");
	}
	if (!failed(e) && lstat(address.sun_path, &st) == 0 && !S_ISSOCK(st.st_mode)) {
		conf_complain(p->conf, "control", complaints, STR_FMT " is not a socket, and is left as it is; name another place", STR_ARG(path));
		return err_of(MALFORMED, "control.path");
	}
	/* What is left of one that was killed. */
	if (!failed(e))
		(void)unlink(address.sun_path);
	if (!failed(e))
		e = listen_at(&address, ret_fd);
	if (failed(e))
		conf_complain(p->conf, "control", complaints, STR_FMT ": cannot listen: %s", STR_ARG(path), strerror(errno));
	return e;
}

/* The file's mode says it already; a folder moved or copied may not. */
static bool may_command(const struct crew *c, int fd)
{
	struct ucred who;
	socklen_t n = sizeof who;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0
		&& (who.uid == 0 || who.uid == geteuid() || who.uid == c->plan->user[ROLE_ENGINE].uid);
}

void control_accept(struct crew *c, int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	struct member *engine = crew_engine(c);
	struct err e = NO_ERR;

	if (fd < 0)
		return;
	if (!may_command(c, fd))
		log_line("supervisor.control.refused", log_i("fd", fd));
	else if (engine)       /* closing without an answer: guichetctl asks again for a while */
		e = frame_send_now(engine->boot, BOOT_CTL, 0, ipc_boot_ctl_io, &fd);
	if (failed(e))
		log_line("supervisor.control", log_c("slug", e.slug));
	close(fd);
}
