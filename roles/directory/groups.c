/* groups.c - the groups of a person, nested ones too; see directory_impl.h. */
#include "roles/directory/directory_impl.h"
#include "roles/directory/text_rules.h"

enum { FILTER_MAX = 512 * 1024 };

struct asking {
	struct directory *d;
	struct arena *a;
	int64_t deadline_ms;
	struct walk_groups *groups;
	const struct directory_person *person;
	bool memberof;
};

static struct err on_group(void *self, LDAP *ld, LDAPMessage *entry)
{
	struct asking *g = self;
	struct str dn, name;

	TRY(entry_dn(g->a, ld, entry, &dn));
	ENSURE(bases_cover(&g->d->rules->groups, dn), MALFORMED, "directory.answer");
	TRY(entry_value(g->a, ld, entry, "cn", &name));
	ENSURE(str_is_utf8(name) && !str_has_control(name), MALFORMED, "directory.answer");
	return walk_add(g->groups, dn, name);
}

/* Filters are long: they leave the arena's ceiling to the answers. */
static struct err groups_search(struct asking *g, struct buf *filter)
{
	static const char *const attributes[] = { "cn", NULL };
	struct link_search search = { .attributes = attributes, .scope = LDAP_SCOPE_SUBTREE, .entries_max = DIRECTORY_GROUPS_MAX,
		.paged = true };
	const struct directory_bases *bases = &g->d->rules->groups;

	buf_add_char(filter, '\0');
	TRY(buf_err(filter));
	search.filter = filter->p;
	for (size_t i = 0; i < bases->n; i++) {
		search.base = bases->v[i];
		TRY(link_search(&g->d->links.service, g->d->rules, &search, g->deadline_ms, on_group, g));
	}
	return NO_ERR;
}

static struct err members_ask(void *self, const struct str *members, size_t n, struct walk_groups *groups)
{
	AUTO(buf_done) struct buf filter = { 0 };

	(void)groups;
	buf_init(&filter, FILTER_MAX);
	buf_add_c(&filter, "(&(objectClass=groupOfNames)(|");
	for (size_t i = 0; i < n; i++) {
		buf_add_c(&filter, "(member=");
		filter_add_value(&filter, members[i]);
		buf_add_char(&filter, ')');
	}
	buf_add_c(&filter, "))");
	return groups_search(self, &filter);
}

/* LDAP_MATCHING_RULE_IN_CHAIN: the server walks. One question, however deep.
 * Source  MS-ADTS 3.1.1.3.4.4.3 */
static struct err chain_ask(struct asking *g)
{
	AUTO(buf_done) struct buf filter = { 0 };

	buf_init(&filter, FILTER_MAX);
	buf_add_c(&filter, "(&(objectClass=group)(member:1.2.840.113556.1.4.1941:=");
	filter_add_value(&filter, g->person->dn);
	buf_add_c(&filter, "))");
	return groups_search(g, &filter);
}

static struct err groups_once(struct directory *d, struct arena *a, int64_t deadline_ms, void *arg)
{
	struct asking *g = arg;

	g->groups->n = g->groups->bytes = 0;
	g->deadline_ms = deadline_ms;
	if (d->rules->kind == KIND_AD)
		return chain_ask(g);
	if (g->memberof)
		return memberof_ask(d, g->person, deadline_ms, g->groups);
	return walk_groups(g->person->dn, members_ask, g, g->groups);
}

static struct err groups_find(struct directory *d, struct arena *a, int64_t deadline_ms, bool memberof,
	struct directory_person *person, size_t *ret_direct)
{
	struct walk_groups *groups = arena_new(a, struct walk_groups);
	struct asking g = { .d = d, .a = a, .groups = groups, .person = person, .memberof = memberof };

	groups->a = a;
	TRY(directory_ask(d, a, deadline_ms, groups_once, &g));
	person->groups = groups->v;
	person->group_n = groups->n;
	*ret_direct = groups->direct;
	return NO_ERR;
}

struct err person_groups(struct directory *d, struct arena *a, int64_t deadline_ms, struct directory_person *person)
{
	size_t direct;

	return groups_find(d, a, deadline_ms, d->rules->memberof, person, &direct);
}

struct err person_groups_walked(struct directory *d, struct arena *a, int64_t deadline_ms, struct directory_person *person,
	size_t *ret_direct)
{
	return groups_find(d, a, deadline_ms, false, person, ret_direct);
}
