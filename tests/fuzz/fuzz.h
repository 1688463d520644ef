/* fuzz.h - what every target shares. One target is one file: it reads a stranger's bytes with one
 * codec and asserts what the codec's header promises. clang makes a libFuzzer program of it, and the
 * ordinary build links the same file with replay.c. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H
#include <assert.h>
#include <stdlib.h>
#include "base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* How many inputs were accepted: a corpus of which none is proves nothing, and replay.c says so. */
size_t fuzz_accepted;

static inline struct str fuzz_str(const uint8_t *data, size_t size)
{
	return (struct str){ (const char *)data, size };
}

/* Outputs are stained before the call, and must be so still after an error. */
static inline void fuzz_stain(void *p, size_t n)
{
	memset(p, 0xa5, n);
}

static inline bool fuzz_is_stained(const void *p, size_t n)
{
	const unsigned char *b = p;

	for (size_t i = 0; i < n; i++)
		if (b[i] != 0xa5)
			return false;
	return true;
}

/* Is it an error of that kind, its slug one of `slugs` (blank-separated; "a.*" stands for all that begin with "a.")? */
static inline bool fuzz_is_error(struct err e, enum err_kind kind, const char *slugs)
{
	struct str rest = str_from_c(slugs), slug = str_from_c(e.slug), word;

	while (str_split(&rest, ' ', &word))
		if (e.kind == kind && (str_eq(slug, word)
		    || (str_ends(word, STR("*")) && str_starts(slug, str_slice(word, 0, word.n - 1)))))
			return true;
	return false;
}

/* Where to cut an input in two: anywhere from 0 to its end, the same for the same bytes. */
static inline size_t fuzz_cut(struct str s)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < s.n; i++)
		hash = (hash ^ (unsigned char)s.p[i]) * 16777619u;
	return hash % (s.n + 1);
}

/* Is a borrowed piece within what it was borrowed from? */
static inline bool fuzz_is_inside(struct str piece, struct str whole)
{
	return piece.n == 0 || (piece.p >= whole.p && piece.p + piece.n <= whole.p + whole.n);
}
#endif
