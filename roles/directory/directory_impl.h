/* directory_impl.h - what the files of the ldap courier share; nobody else includes it. */
#ifndef ROLES_DIRECTORY_IMPL_H
#define ROLES_DIRECTORY_IMPL_H
#include "roles/directory/directory.h"

struct directory {
	const struct directory_rules *rules;
	struct links links;
};

/* One question on our own connection. Asked again on another server, or on a new connection, when
 * the failure was the connection's: so it must be a question that may be asked twice. */
typedef struct err service_fn(struct directory *d, struct arena *a, int64_t deadline_ms, void *arg);
MUST struct err directory_ask(struct directory *d, struct arena *a, int64_t deadline_ms, service_fn *fn, void *arg);

/* person.c: is dn one of these, or below one? */
bool bases_cover(const struct directory_bases *bases, struct str dn);
/* person.c: by login, or by key when login is empty; without groups.
 * Errors  DENIED directory.login, .key, .unknown, .two, .referral; those of link_search() */
MUST struct err person_find(struct directory *d, struct arena *a, struct str key, struct str login, int64_t deadline_ms,
	struct directory_person *ret_person);
/* groups.c: into person->groups. Errors: those of link_search(), walk_groups() */
MUST struct err person_groups(struct directory *d, struct arena *a, int64_t deadline_ms, struct directory_person *person);
#endif
