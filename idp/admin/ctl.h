/* ctl.h - the commands of guichetctl, as the engine carries them out.
 *
 * Exit codes: 0 done, 1 not done (the message says why and what to do), 2 the command is not
 * written as it should be.
 */
#ifndef IDP_ADMIN_CTL_H
#define IDP_ADMIN_CTL_H
#include "idp/idp.h"

enum { CTL_DONE = 0, CTL_FAILED = 1, CTL_USAGE = 2, CTL_OPTIONS_MAX = 96 };

struct ctl_option { struct str name, value; };    /* name without "--"; lists: repeated */

struct ctl {
	struct idp *idp;
	struct arena *a;
	bool json;
	struct str actor, input;
	int64_t now_s, deadline_ms;
	struct str words[8]; size_t word_n;           /* after the command's own words */
	struct ctl_option options[CTL_OPTIONS_MAX]; size_t option_n;
	struct buf out, err;
	const char *field, *fault;                    /* what was wrong with which option, for a form: literals, or NULL */
	uint32_t fault_line;                          /* of a file, from 1; 0: none */
};

struct ctl_command {
	const char *words;            /* "partner add oidc" */
	const char *usage;            /* the rest of the line, for the help; NULL: asked by programs, not shown */
	const char *lists;            /* options that take several values; blank-separated */
	const char *singles;          /* options with one value */
	const char *flags;            /* options without */
	uint32_t (*run)(struct ctl *c);
};
extern const struct ctl_command ctl_account[], ctl_partner[], ctl_key[], ctl_directory[], ctl_agent[], ctl_house[], ctl_audit[], ctl_queue[];   /* end: words NULL */

uint32_t ctl_run(void *app, struct arena *a, const struct str *argv, size_t argc, bool json, struct str actor, struct str input,
	struct str *ret_out, struct str *ret_err);

/* The option's (first) value, or STR_NONE; has tells a flag. */
struct str ctl_option(const struct ctl *c, const char *name);
bool ctl_has(const struct ctl *c, const char *name);
/* All values of a list option, split at commas; at most max. */
size_t ctl_list(const struct ctl *c, const char *name, struct str *ret_v, size_t max);
/* A sentence for the operator on the error side; returns the code. */
uint32_t ctl_fail(struct ctl *c, uint32_t code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The same, of one option, and told apart by a slug as well. */
uint32_t ctl_fault(struct ctl *c, uint32_t code, const char *field, const char *fault, const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* The sentence for an error that came from below. */
uint32_t ctl_fail_err(struct ctl *c, struct err e);
#endif
