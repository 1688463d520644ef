/* walk.h - from a person to all groups, through groups that are members of groups.
 *
 * One question a level, not one a group: people are in few levels and in many groups. Who asks the
 * directory is an argument, so that tests can answer.
 */
#ifndef ROLES_DIRECTORY_WALK_H
#define ROLES_DIRECTORY_WALK_H
#include "wire/ipc/directory.h"

enum { WALK_LEVELS = 16, WALK_MEMBERS = 64 };

/* The groups found so far: each once, however it was reached. */
struct walk_groups {
	struct arena *a;
	struct directory_group v[DIRECTORY_GROUPS_MAX];
	size_t n, bytes;
	size_t direct;      /* of a walk: the first so many have the person as their own member */
};

/* A group seen; strings are copied into groups->a. Seen before: nothing.
 * Errors  MALFORMED directory.size: more than DIRECTORY_GROUPS_MAX, or DIRECTORY_GROUPS_BYTES of text */
MUST struct err walk_add(struct walk_groups *groups, struct str dn, struct str name);

/* How many of one's groups does the other lack? By DN, and when named by name too.
 * Owner   *ret_first, the DN of one of them, is borrowed; untouched when there is none */
size_t walk_lacking(const struct directory_person *one, const struct directory_person *other, bool named, struct str *ret_first);

/* Which groups have one of these (at most WALK_MEMBERS) as a direct member? Calls walk_add(). */
typedef struct err walk_ask_fn(void *self, const struct str *members, size_t n, struct walk_groups *groups);

/* A group that is reached again ends there, so a cycle does; what is nested deeper than WALK_LEVELS
 * gives nothing.
 * Errors  those of ask; MALFORMED directory.size */
MUST struct err walk_groups(struct str person_dn, walk_ask_fn *ask, void *self, struct walk_groups *groups);
#endif
