/* log.h - one JSON line on standard error; nobody relays it.
 *
 * Library code never logs. Endpoints write one line a request; roles write what an operator
 * acts on. Never a name, an e-mail address, a pseudonym or a secret.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H
#include "base/str.h"

struct log_field { const char *name; struct str text; int64_t number; bool is_number; };
#define log_s(n, s) ((struct log_field){ (n), (s), 0, false })
#define log_c(n, c) ((struct log_field){ (n), str_from_c(c), 0, false })
#define log_i(n, i) ((struct log_field){ (n), STR_NONE, (i), true })

/* Who speaks: "guichet-idp", "front". Once, at start; both literals or for ever. */
void log_init(const char *daemon, const char *role);
/* log_line("front.start", log_i("port", 8443)); one write(2), at most 4 KiB */
#define log_line(event, ...) \
	log_line_((event), (const struct log_field[]){ __VA_ARGS__ __VA_OPT__(,) { 0 } })
void log_line_(const char *event, const struct log_field *fields /* until name is NULL */);
#endif
