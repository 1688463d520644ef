/* wipe.c - see wipe.h. */
#include "roles/front/wipe.h"
#include <event2/event.h>
#include <malloc.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

static void wiping_free(void *p)
{
	if (!p)
		return;
	explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

/* realloc() would leave the old bytes behind when it moves. */
static void *wiping_realloc(void *p, size_t n)
{
	size_t old = p ? malloc_usable_size(p) : 0;
	void *moved;

	if (p && n <= old)
		return p;
	moved = malloc(n);
	if (moved && p) {
		memcpy(moved, p, old);
		wiping_free(p);
	}
	return moved;
}

static void *ssl_malloc(size_t n, const char *file, int line) { return malloc(n); }
static void *ssl_realloc(void *p, size_t n, const char *file, int line) { return wiping_realloc(p, n); }
static void ssl_free(void *p, const char *file, int line) { wiping_free(p); }

void wipe_install(void)
{
	if (CRYPTO_set_mem_functions(ssl_malloc, ssl_realloc, ssl_free) != 1)
		abort();
	event_set_mem_functions(malloc, wiping_realloc, wiping_free);
}
