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
	g->direct = g->n;
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

static bool has_group(const struct directory_person *p, const struct directory_group *g, bool named)
{
	for (size_t i = 0; i < p->group_n; i++)
		if (str_eq_nocase(p->groups[i].dn, g->dn))
			return !named || str_eq_nocase(p->groups[i].name, g->name);
	return false;
}

size_t walk_lacking(const struct directory_person *one, const struct directory_person *other, bool named, struct str *ret_first)
{
	size_t n = 0;

	for (size_t i = 0; i < one->group_n; i++)
		if (!has_group(other, &one->groups[i], named) && n++ == 0)
			*ret_first = one->groups[i].dn;
	return n;
}
