/* outward.h - one way out: a libcurl handle that can be told where it may connect to.
 *
 * Shared by the two couriers. Nothing of the environment counts: no proxy, no .netrc, no cookies,
 * no redirect, no file of certificates beside the one that was given.
 */
#ifndef ROLES_COURIER_OUTWARD_H
#define ROLES_COURIER_OUTWARD_H
#include <curl/curl.h>
#include "base/arena.h"

enum outward_rule {
	OUTWARD_LISTED,      /* the operator named this very origin: any address */
	OUTWARD_LOOPBACK,    /* the same machine only */
	OUTWARD_PUBLIC       /* globally reachable addresses only */
};

struct outward {
	CURL *curl;
	enum outward_rule rule;   /* of the transfer under way */
	bool refused, opened;     /* an address was refused by the rule; one was not */
};

/* ca: the certificates to trust, PEM, borrowed for as long as o lives. BROKEN courier.curl */
MUST struct err outward_init(struct outward *o, struct str ca);
void outward_done(struct outward *o);
/* The system's certificates, for those who were given none; lives in a. BROKEN courier.ca */
MUST struct err outward_system_ca(struct arena *a, struct str *ret_pem);

enum { OUTWARD_MAX_MS = 10000 };
/* Run what the handle was told, within timeout_ms (at most OUTWARD_MAX_MS). */
CURLcode outward_run(struct outward *o, enum outward_rule rule, int64_t timeout_ms);
/* Did it fail because no address was allowed? */
bool outward_was_refused(const struct outward *o);

/* "localhost" and the names below it, which libcurl resolves by itself, and literal addresses. */
bool outward_host_is_loopback(struct str host);
#endif
