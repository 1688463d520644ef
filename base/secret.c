/* secret.c - key files in memory that is locked, kept out of core dumps and wiped; see secret.h.
 *
 * A secret has pages of its own, so that locking and giving back touch nothing else. How many
 * follows from its length: nothing has to be remembered beside it.
 */
#include "base/secret.h"
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t page_round(size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (n + page - 1) / page * page;
}

static void unmap(char *p, size_t n)
{
	explicit_bzero(p, n);
	(void)munmap(p, page_round(n));
}

static struct err read_all(int fd, char *p, size_t room, size_t *ret_n)
{
	size_t n = 0;

	while (n < room) {
		ssize_t got = pread(fd, p + n, room - n, (off_t)n);

		if (got < 0 && errno == EINTR)
			continue;
		ENSURE(got >= 0, BROKEN, "secret.read");
		if (got == 0)
			break;
		n += (size_t)got;
	}
	*ret_n = n;
	return NO_ERR;
}

struct err secret_read_fd(int fd, size_t max, struct secret *ret_secret)
{
	size_t room = max + 1, n = 0;      /* one byte more tells a file that is too long */
	char *p = mmap(NULL, page_round(room), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct err e;

	ENSURE(p != MAP_FAILED, BROKEN, "secret.read");
	/* Both may be refused by the limits of the machine; the secret is then merely not locked. */
	(void)mlock(p, page_round(room));
	(void)madvise(p, page_round(room), MADV_DONTDUMP);
	e = read_all(fd, p, room, &n);
	if (!failed(e) && (n == 0 || n > max))
		e = err_of(BROKEN, "secret.size");
	if (failed(e)) {
		unmap(p, room);
		return e;
	}
	if (page_round(n) < page_round(room))
		(void)munmap(p + page_round(n), page_round(room) - page_round(n));
	*ret_secret = (struct secret){ p, n };
	return NO_ERR;
}

void secret_done(struct secret *s)
{
	if (s->p)
		unmap(s->p, s->n);
	*s = (struct secret){ NULL, 0 };
}
