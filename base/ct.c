/* ct.c - see ct.h. */
#include "base/ct.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

bool ct_equal(const void *a, const void *b, size_t n)
{
	const volatile unsigned char *x = a, *y = b;
	unsigned char diff = 0;

	for (size_t i = 0; i < n; i++)
		diff |= x[i] ^ y[i];
	return diff == 0;
}

bool ct_str_equal(struct str a, struct str b)
{
	return a.n == b.n && ct_equal(a.p, b.p, a.n);
}

void random_bytes(void *p, size_t n)
{
	unsigned char *at = p;

	while (n) {
		ssize_t got = getrandom(at, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			abort();
		at += got;
		n -= (size_t)got;
	}
}
