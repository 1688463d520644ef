/* arena.c - blocks in a list, each wiped before it is freed; see arena.h. */
#include "base/arena.h"
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_BLOCK = 8192, ALIGN = 16 };

struct block {
	struct block *next;
	size_t size, used;
	_Alignas(ALIGN) char bytes[];
};

struct deferred {
	struct deferred *next;
	void (*fn)(void *);
	void *obj;
};

struct arena {
	struct block    *blocks;       /* the newest first; the last one is kept by reset */
	struct deferred *deferred;
	size_t taken, ceiling;
};

static struct block *block_create(size_t size)
{
	struct block *b = calloc(1, sizeof *b + size);

	if (!b)
		abort();
	b->size = size;
	return b;
}

struct arena *arena_create(size_t ceiling_bytes)
{
	struct arena *a = calloc(1, sizeof *a);

	if (!a)
		abort();
	a->ceiling = ceiling_bytes;
	a->blocks = block_create(ceiling_bytes < FIRST_BLOCK ? ceiling_bytes : FIRST_BLOCK);
	return a;
}

static void run_deferred(struct arena *a)
{
	for (struct deferred *d = a->deferred; d; d = d->next)
		d->fn(d->obj);
	a->deferred = NULL;
}

void arena_reset(struct arena *a)
{
	run_deferred(a);
	while (a->blocks->next) {
		struct block *b = a->blocks;

		a->blocks = b->next;
		explicit_bzero(b->bytes, b->used);
		free(b);
	}
	explicit_bzero(a->blocks->bytes, a->blocks->used);
	a->blocks->used = 0;
	a->taken = 0;
}

void arena_destroy(struct arena *a)
{
	if (!a)
		return;
	arena_reset(a);
	free(a->blocks);
	free(a);
}

void arena_destroyp(struct arena **a)
{
	arena_destroy(*a);
}

void arena_set_ceiling(struct arena *a, size_t ceiling_bytes)
{
	a->ceiling = ceiling_bytes;
}

void *arena_try(struct arena *a, size_t n)
{
	struct block *b = a->blocks;

	if (n > a->ceiling || a->taken + n > a->ceiling)
		return NULL;
	n = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (n > b->size - b->used) {
		size_t size = b->size * 2;

		b = block_create(size > n ? size : n);
		b->next = a->blocks;
		a->blocks = b;
	}
	void *p = b->bytes + b->used;
	b->used += n;
	a->taken += n;
	return p;
}

void *arena_alloc(struct arena *a, size_t n)
{
	void *p = arena_try(a, n);

	if (!p)
		abort();
	return p;
}

struct str arena_dup(struct arena *a, struct str s)
{
	return (struct str){ arena_c(a, s), s.n };
}

char *arena_c(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	return p;
}

struct str arena_printf(struct arena *a, const char *fmt, ...)
{
	char small[256], *p;
	va_list ap;
	int need;

	va_start(ap, fmt);
	need = vsnprintf(small, sizeof small, fmt, ap);
	va_end(ap);
	if (need < 0)
		abort();
	if ((size_t)need < sizeof small)
		return arena_dup(a, (struct str){ small, (size_t)need });
	p = arena_alloc(a, (size_t)need + 1);
	va_start(ap, fmt);
	vsnprintf(p, (size_t)need + 1, fmt, ap);
	va_end(ap);
	return (struct str){ p, (size_t)need };
}

struct str arena_concat(struct arena *a, const struct str *parts, size_t n)
{
	size_t total = 0, at = 0;
	char *p;

	for (size_t i = 0; i < n; i++)
		total += parts[i].n;
	p = arena_alloc(a, total + 1);
	for (size_t i = 0; i < n; at += parts[i++].n)
		if (parts[i].n)
			memcpy(p + at, parts[i].p, parts[i].n);
	return (struct str){ p, total };
}

void arena_defer(struct arena *a, void (*fn)(void *obj), void *obj)
{
	struct deferred *d = arena_new(a, struct deferred);

	*d = (struct deferred){ a->deferred, fn, obj };
	a->deferred = d;
}
