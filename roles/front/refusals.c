/* refusals.c - see refusals.h. */
#include "roles/front/refusals.h"
#include "base/log.h"

enum { KINDS_MAX = 64 };

static struct { const char *slug; int status; int64_t n; } kinds[KINDS_MAX];

void refusal_count(const char *slug, int status)
{
	int i = 0;

	while (i < KINDS_MAX - 1 && kinds[i].slug && (kinds[i].slug != slug || kinds[i].status != status))
		i++;
	if (!kinds[i].slug) {
		kinds[i].slug = slug;
		kinds[i].status = status;
	}
	kinds[i].n++;
}

void refusals_flush(void)
{
	for (int i = 0; i < KINDS_MAX && kinds[i].slug; i++) {
		if (kinds[i].n)
			log_line("http.refuse", log_c("reason", kinds[i].slug), log_i("status", kinds[i].status),
				log_i("count", kinds[i].n));
		kinds[i].n = 0;
	}
}
