/* walk.c - see walk.h. */
#include "roles/directory/walk.h"

struct err walk_add(struct walk_groups *g, struct str dn, struct str name)
{
	for (size_t i = 0; i < g->n; i++)
		if (str_eq_nocase(g->v[i].dn, dn))
			return NO_ERR;
	ENSURE(g->n < DIRECTORY_GROUPS_MAX && g->bytes + dn.n + name.n <= DIRECTORY_GROUPS_BYTES, MALFORMED, "directory.size");
	g->bytes += dn.n + name.n;
	g->v[g->n++] = (struct directory_group){ arena_dup(g->a, dn), arena_dup(g->a, name) };
	return NO_ERR;
}

struct err walk_groups(struct str person_dn, walk_ask_fn *ask, void *self, struct walk_groups *g)
{
	struct str members[WALK_MEMBERS] = { person_dn };
	size_t asked = g->n, level_end;

	TRY(ask(self, members, 1, g));
	for (int level = 1; level < WALK_LEVELS && asked < g->n; level++) {
		level_end = g->n;
		while (asked < level_end) {
			size_t n = 0;

			while (n < WALK_MEMBERS && asked < level_end)
				members[n++] = g->v[asked++].dn;
			TRY(ask(self, members, n, g));
		}
	}
	return NO_ERR;
}
