/* arena.h - the memory of one request: everything goes in, nobody frees, all is wiped.
 *
 * An arena has a ceiling. What a peer can size asks arena_try() and answers MALFORMED
 * on NULL; what we size ourselves uses the others and never checks: beyond the ceiling
 * they abort, and the supervisor replaces the process.
 * One arena belongs to one thread at a time.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H
#include "base/str.h"

struct arena;

struct arena *arena_create(size_t ceiling_bytes);
/* Runs the deferred calls, last first; wipes; frees. NULL is fine. */
void arena_destroy(struct arena *a);
void arena_destroyp(struct arena **a);          /* for AUTO */
/* As destroy then create, but keeps the first block: for loops. */
void arena_reset(struct arena *a);
void arena_set_ceiling(struct arena *a, size_t ceiling_bytes);

void *arena_alloc(struct arena *a, size_t n);   /* zeroed, aligned for any type */
void *arena_try(struct arena *a, size_t n);     /* the same, NULL beyond the ceiling */
#define arena_new(a, type)        ((type *)arena_alloc((a), sizeof(type)))
#define arena_array(a, type, n)   ((type *)arena_alloc((a), sizeof(type) * (size_t)(n)))

struct str arena_dup(struct arena *a, struct str s);
char *arena_c(struct arena *a, struct str s);   /* NUL-terminated copy */
struct str arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
struct str arena_concat(struct arena *a, const struct str *parts, size_t n);

/* fn(obj) runs at destroy or reset: ties to the arena what is not memory. */
void arena_defer(struct arena *a, void (*fn)(void *obj), void *obj);
#endif
