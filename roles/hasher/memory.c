/* memory.c - see memory.h. */
#include "roles/hasher/memory.h"
#include <errno.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)

/* Huge pages need their own alignment: more is mapped, then both ends are cut off. */
static uint8_t *map_aligned(size_t n)
{
	uint8_t *raw = mmap(NULL, n + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t before;

	if (raw == MAP_FAILED)
		return NULL;
	before = (HUGE_PAGE - (uintptr_t)raw % HUGE_PAGE) % HUGE_PAGE;
	if (before)
		(void)munmap(raw, before);
	if (before < HUGE_PAGE)
		(void)munmap(raw + before + n, HUGE_PAGE - before);
	return raw + before;
}

struct err memory_init(struct memory *m, size_t n)
{
	n = (n + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
	*m = (struct memory){ map_aligned(n), n, 0, 0, 0 };
	ENSURE(m->p, BROKEN, "hash.memory");
	(void)madvise(m->p, n, MADV_HUGEPAGE);
	(void)madvise(m->p, n, MADV_DONTDUMP);
	return NO_ERR;
}

void memory_done(struct memory *m)
{
	if (m->p)
		(void)munmap(m->p, m->n);
	m->p = NULL;
}

void memory_begin(struct memory *m)
{
	m->busy = 1;
	m->used = 1;
	m->resident = 1;
}

void memory_end(struct memory *m)
{
	m->busy = 0;
}

void memory_release(struct memory *m)
{
	(void)madvise(m->p, m->n, MADV_DONTNEED);
	m->resident = 0;
}

void memory_tick(struct memory *m)
{
	int before = errno;

	if (m->busy || !m->resident)
		return;
	if (m->used) {
		m->used = 0;
		return;
	}
	memory_release(m);
	errno = before;
}
