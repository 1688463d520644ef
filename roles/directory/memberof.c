/* memberof.c - the groups that stand in a person's own entry: one question, however many and however
 * deep; see directory_impl.h.
 *
 * Only for servers that put nested groups there (OpenLDAP: the overlay dynlist; its elder memberof
 * knows direct ones alone, which the self-check tells). A group's name is the cn of its DN: asking for
 * each group's entry would be the many questions again, and where the group lies that cn is its alone.
 * Memberships outside the groups' bases count for nothing; what leads through them does count, as it
 * does in Active Directory.
 */
#include "roles/directory/directory_impl.h"
#include "roles/directory/text_rules.h"

enum { SCRATCH_BYTES = 4 << 20 };

struct reading {
	const struct directory_rules *rules;
	const struct directory_person *person;
	struct arena *scratch;         /* for DNs of groups elsewhere, which may be many */
	struct walk_groups *groups;
	size_t entries;
};

static void dn_freep(LDAPDN *dn)
{
	ldap_dnfree(*dn);
}

struct err dn_cn(struct arena *a, struct str dn, struct str *ret_cn)
{
	AUTO(dn_freep) LDAPDN parts = NULL;

	ENSURE(ldap_str2dn(arena_c(a, dn), &parts, LDAP_DN_FORMAT_LDAPV3) == LDAP_SUCCESS, MALFORMED, "directory.answer");
	*ret_cn = STR_NONE;
	for (LDAPAVA **ava = parts ? parts[0] : NULL; ava && *ava; ava++)
		if (str_eq_nocase((struct str){ (*ava)->la_attr.bv_val, (*ava)->la_attr.bv_len }, STR("cn")))
			*ret_cn = arena_dup(a, (struct str){ (*ava)->la_value.bv_val, (*ava)->la_value.bv_len });
	ENSURE(str_is_utf8(*ret_cn) && !str_has_control(*ret_cn), MALFORMED, "directory.answer");
	return NO_ERR;
}

static struct err on_value(void *self, const char *value)
{
	struct reading *r = self;
	struct str dn, name;

	TRY(dn_normalise(r->scratch, value, &dn));
	if (!bases_cover(&r->rules->groups, dn))
		return NO_ERR;
	ENSURE(str_is_utf8(dn) && !str_has_control(dn), MALFORMED, "directory.answer");
	TRY(dn_cn(r->scratch, dn, &name));
	return walk_add(r->groups, dn, name);
}

static struct err on_entry(void *self, LDAP *ld, LDAPMessage *entry)
{
	struct reading *r = self;
	struct str dn;

	r->entries++;
	TRY(entry_dn(r->scratch, ld, entry, &dn));
	ENSURE(str_eq_nocase(dn, r->person->dn), MALFORMED, "directory.answer");
	return entry_each(ld, entry, "memberOf", on_value, r);
}

/* By key too: since the person was found, somebody else may have been given the place. */
struct err memberof_ask(struct directory *d, const struct directory_person *person, int64_t deadline_ms, struct walk_groups *groups)
{
	static const char *const attributes[] = { "memberOf", NULL };
	AUTO(arena_destroyp) struct arena *scratch = arena_create(SCRATCH_BYTES);
	struct str filter = arena_printf(scratch, "(entryUUID=" STR_FMT ")", STR_ARG(person->key));
	struct reading r = { d->rules, person, scratch, groups, 0 };
	struct link_search search = { .base = arena_c(scratch, person->dn), .filter = arena_c(scratch, filter), .attributes = attributes,
		.scope = LDAP_SCOPE_BASE, .entries_max = 1 };
	struct err e = link_search(&d->links.service, d->rules, &search, deadline_ms, on_entry, &r);

	if (failed(e) && strcmp(e.slug, "directory.base") != 0)
		return e;
	ENSURE(!failed(e) && r.entries == 1, DENIED, "directory.unknown");
	return NO_ERR;
}
