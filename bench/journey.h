/* journey.h - what one user of the load driver does, over and over: read from a file once, then only looked at.
 *
 * A journey file has one instruction a line:
 *   user NAME=VALUE<TAB>NAME=VALUE...   variables of one user (repeated; users take turns); @NAME is a cookie
 *   fresh                               each operation is a new browser: the cookies of its user's line alone
 *   step METHOD TARGET                  a request; ${NAME} is replaced everywhere, ${enc:NAME} percent-encoded,
 *                                       ${next} by a number that no other operation has; of a URL only the path is used
 *   header NAME: VALUE | body TEXT      of that request
 *   expect STATUS                       anything else is a lost operation; `any`: whatever is below 500
 *   take NAME<TAB>AFTER<TAB>UNTIL       variable NAME = what stands in the answer between two texts
 * One operation is all the steps. Cookies are kept and sent back as a browser does.
 */
#ifndef BENCH_JOURNEY_H
#define BENCH_JOURNEY_H
#include <stdbool.h>
#include <stddef.h>

enum { STEPS_MAX = 10, TAKES_MAX = 12, VARS_MAX = 48, USERS_MAX = 256, REQUEST_BYTES = 32 * 1024 };

struct take { char *name, *after, *until; };
enum { EXPECT_ANY = -1 };
struct step { char *method, *target, *headers, *body; int expect; struct take takes[TAKES_MAX]; int take_n; };
struct vars { struct { char *name, *value; } v[VARS_MAX]; int n; };
struct journey {
	struct step steps[STEPS_MAX];
	int step_n;
	struct vars *users;      /* user_n of them */
	int user_n;
	bool fresh;
};

void die(const char *what);
void vars_set(struct vars *vars, const char *name, const char *value, size_t n);
/* "" when there is none. */
const char *vars_get(const struct vars *vars, const char *name, size_t n);
void vars_clear(struct vars *vars);
/* Append text with its variables filled in; the new end. */
size_t vars_expand(const struct vars *vars, char *out, size_t at, const char *text);
void journey_read(const char *path, struct journey *ret_j);
#endif
