/* memberof_check.c - what memberOf says of a person beside what is found from group to group: a server
 * that tells direct groups alone takes rights away without a word; see directory_impl.h.
 */
#include "roles/directory/directory_impl.h"
#include "roles/directory/text_rules.h"

/* Lost: rights that do not follow. More: rights that follow although no walk finds why. */
static struct str words_of(struct arena *a, const struct directory_person *told, const struct directory_person *walked, size_t direct,
	bool *ret_good)
{
	struct str dn = STR_NONE;
	size_t n;

	*ret_good = false;
	if ((n = walk_lacking(walked, told, false, &dn)) > 0)
		return arena_printf(a, "lacks %zu of the %zu groups that are found from group to group, such as " STR_FMT ": the server puts "
			"direct groups there alone, as the overlay memberof does, or directory_bind_dn may not read it. Take directory_memberof "
			"out, or let the server tell nested groups (schemas/ldap/README.md)", n, walked->group_n, STR_ARG(dn));
	if ((n = walk_lacking(walked, told, true, &dn)) > 0)
		return arena_printf(a, "names %zu groups, such as " STR_FMT ", otherwise than their cn: rules can name those by their DN alone", n,
			STR_ARG(dn));
	*ret_good = true;
	if ((n = walk_lacking(told, walked, false, &dn)) > 0)
		return arena_printf(a, "tells all groups, and %zu that are not found from group to group, such as " STR_FMT ": dynamic ones, or "
			"reached deeper than %d groups, or through a group outside directory_groups_base", n, STR_ARG(dn), WALK_LEVELS);
	if (direct == walked->group_n)
		return STR("tells the groups that are found from group to group; but none is nested: look at somebody who is in one through another");
	return STR("tells the groups that are found from group to group, nested ones included");
}

struct err memberof_compare(struct directory *d, struct arena *a, int64_t deadline_ms, const struct directory_person *told,
	bool *ret_good, struct str *ret_words)
{
	struct directory_person walked = *told;
	size_t direct = 0;

	TRY(person_groups_walked(d, a, deadline_ms, &walked, &direct));
	/* As names out of a DN are; rules do not mind case. */
	for (size_t i = 0; i < walked.group_n; i++)
		TRY(letters_small(a, walked.groups[i].name, &walked.groups[i].name));
	*ret_words = words_of(a, told, &walked, direct, ret_good);
	return NO_ERR;
}
