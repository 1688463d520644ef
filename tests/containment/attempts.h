/* attempts.h - what nobody of ours may do; see attempts.c. */
#ifndef TESTS_CONTAINMENT_ATTEMPTS_H
#define TESTS_CONTAINMENT_ATTEMPTS_H
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* true: it worked. false: errno says why not; the kernel may also end the process. */
struct attempt { const char *name; bool (*run)(void); };
extern const struct attempt attempts[];
extern const size_t attempt_n;

/* Whom the attempts are made on: a process of the same user, and one that has more rights. Set before. */
extern pid_t attempt_sibling, attempt_supervisor;
/* A file of somebody else, made for this. */
#define ATTEMPT_VICTIM "/tmp/guichet-containment-victim"

/* In a child: confine(), then the attempt. "worked", "killed", or the name of the error. */
const char *attempt_try(const struct attempt *a, void (*confine)(void *), void *arg);
#endif
