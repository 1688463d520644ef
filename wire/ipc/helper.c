/* helper.c - see helper.h. */
#include "wire/ipc/helper.h"
#include <pthread.h>
#include <stdlib.h>

enum { SLUGS_MAX = 512, SLUG_BYTES = 64 };

void ipc_refusal_io(struct frame_io *io, void *m)
{
	struct ipc_refusal *r = m;

	io_enum(io, &r->kind, ERR_KIND_COUNT);
	io_str(io, &r->slug);
}

static const char *slug_intern(struct str slug)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static char *slugs[SLUGS_MAX];
	static size_t n;
	const char *found = "helper.slug";

	pthread_mutex_lock(&lock);
	size_t i = 0;
	while (i < n && !str_eq_c(slug, slugs[i]))
		i++;
	if (i == n && n < SLUGS_MAX && slug.n > 0 && slug.n < SLUG_BYTES) {
		slugs[n] = strndup(slug.p, slug.n);
		if (!slugs[n])
			abort();
		n++;
	}
	if (i < n)
		found = slugs[i];
	pthread_mutex_unlock(&lock);
	return found;
}

struct err ipc_refusal_err(const struct ipc_refusal *r)
{
	if (r->kind == ERR_NONE)
		return err_of(BROKEN, "helper.answer");
	return (struct err){ r->kind, slug_intern(r->slug) };
}

void ipc_empty_io(struct frame_io *io, void *unused)
{
	(void)io;
	(void)unused;
}

void ipc_text_io(struct frame_io *io, void *m)
{
	io_str(io, m);
}
