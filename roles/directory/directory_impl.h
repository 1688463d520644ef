/* directory_impl.h - what the files of the ldap courier share; nobody else includes it. */
#ifndef ROLES_DIRECTORY_IMPL_H
#define ROLES_DIRECTORY_IMPL_H
#include "roles/directory/directory.h"
#include "roles/directory/walk.h"

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
/* groups.c: into person->groups, by the way that the settings say.
 * Errors  those of link_search(), walk_groups(), memberof_ask() */
MUST struct err person_groups(struct directory *d, struct arena *a, int64_t deadline_ms, struct directory_person *person);
/* The same by a walk, whatever the settings say, to compare; and how many are direct. Of OpenLDAP alone. */
MUST struct err person_groups_walked(struct directory *d, struct arena *a, int64_t deadline_ms, struct directory_person *person,
	size_t *ret_direct);

/* memberof.c: the groups that stand in this person's entry, those outside the groups' bases left out.
 * Errors  those of link_search(), walk_add(); DENIED directory.unknown (moved or removed by now) */
MUST struct err memberof_ask(struct directory *d, const struct directory_person *person, int64_t deadline_ms,
	struct walk_groups *groups);
/* memberof_check.c: the groups that memberOf told of a person, beside a walk; good: no right is lost by them.
 * Owner   *ret_words lives in `a`
 * Errors  those of person_groups_walked(); MALFORMED directory.answer, directory.size */
MUST struct err memberof_compare(struct directory *d, struct arena *a, int64_t deadline_ms, const struct directory_person *told,
	bool *ret_good, struct str *ret_words);
/* The cn that a group's DN begins with; empty when it begins with something else. Lives in a.
 * Errors  MALFORMED directory.answer */
MUST struct err dn_cn(struct arena *a, struct str dn, struct str *ret_cn);
#endif
