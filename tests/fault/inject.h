/* inject.h - the first, second, … nth call of one kind fails, for the tests of whole operations.
 *
 * The test programs are linked with --wrap for the store's functions and for engine_call(): the product
 * knows nothing of this. Then torture_run() asks for one operation again and again, each time with a later
 * call failing, until it succeeds untouched.
 */
#ifndef TESTS_FAULT_INJECT_H
#define TESTS_FAULT_INJECT_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/store.h"

enum fault {
	FAULT_STORE,        /* a transaction or a reading that does not begin */
	FAULT_STATEMENT,    /* a statement in the middle of one */
	FAULT_COMMIT,       /* committed, and the caller is told that the store has gone */
	FAULT_ROLE,         /* a question to a helper that finds nobody */
	FAULT_ANSWER,       /* a helper that did its work, and whose answer is lost */
	FAULT_KINDS
};

void fault_arm(enum fault kind, unsigned nth);
bool fault_disarm(void);        /* whether it has happened */

/* One thing that somebody wants done. Each function gets the test's own world and the walk of this try. */
struct operation {
	const char *name;
	void (*prepare)(void *world);      /* what comes before it, undisturbed; starts a new walk */
	int (*run)(void *world);           /* the answer's status; can be asked for again */
	int good;                          /* when it was done */
	bool (*holds)(void *world);        /* what that answer promised is true */
	/* Tables, each between blanks, that a refusal may have changed: the audit's, or a step that was done as a
	 * whole before the next one failed. Then `whole`, if there is one, is true: nothing stands there by halves. */
	const char *writes_anyway;
	bool (*whole)(void *world);
	bool once;                         /* its request may be used up by a try that failed: the next one is a new one */
};

/* For each kind of fault, until it succeeds. The store is what must not be half-written. */
void torture_run(const struct operation *op, void *world, struct store *store);
/* Each of them, or the one that GUICHET_FAULT_ONLY names. */
void torture_run_all(const struct operation *v, size_t n, void *world, struct store *store);
#endif
