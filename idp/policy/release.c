/* release.c - the table of attributes, and what of it a service gets. */
#include "idp/policy/release.h"
#include "idp/policy/rights.h"

static struct str full_name(struct arena *a, const struct account *c)
{
	/* The directory knows one name. */
	if (!c->given_name.n)
		return c->family_name;
	return arena_printf(a, STR_FMT " " STR_FMT, STR_ARG(c->given_name), STR_ARG(c->family_name));
}
static struct str given_name(struct arena *a, const struct account *c) { return c->given_name; }
static struct str family_name(struct arena *a, const struct account *c) { return c->family_name; }
static struct str birth_date(struct arena *a, const struct account *c) { return c->birth_date; }
static struct str email(struct arena *a, const struct account *c) { return c->email; }
static struct str identity_level(struct arena *a, const struct account *c) { return c->identity_level; }

/* Scopes: OpenID Connect Core 5.4. identity_level is ours: how sure we are of the name (DESIGN, two axes). */
static const struct attribute {
	const char *name, *scope;
	struct str (*value)(struct arena *a, const struct account *c);
	const char *label[LANG_COUNT];
	bool is_date;
} attributes[] = {
	{ "family_name",    "profile", family_name,    { "Votre nom", "Your family name" }, false },
	{ "given_name",     "profile", given_name,     { "Vos prénoms", "Your given names" }, false },
	{ "name",           "profile", full_name,      { "Votre nom complet", "Your full name" }, false },
	{ "birthdate",      "profile", birth_date,     { "Votre date de naissance", "Your date of birth" }, true },
	{ "identity_level", "profile", identity_level, { "La façon dont votre identité a été vérifiée", "How your identity was checked" }, false },
	{ "email",          "email",   email,          { "Votre adresse de courriel", "Your e-mail address" }, false },
};

enum { ATTRIBUTE_N = sizeof attributes / sizeof *attributes };

static void add(struct release *r, const struct attribute *at, struct str value)
{
	struct released *out = &r->v[r->n++];

	*out = (struct released){ .claim = { .name = str_from_c(at->name), .kind = CLAIM_TEXT, .text = value }, .is_date = at->is_date };
	for (int l = 0; l < LANG_COUNT; l++)
		out->label[l] = str_from_c(at->label[l]);
}

/* No person reads of it on a notice: no label, and no name in the list that one remembers. */
static void add_roles(struct arena *a, struct release *r, unsigned roles)
{
	struct str words = STR_NONE;

	for (unsigned i = 0; i < AGENT_ROLE_COUNT; i++)
		if (roles & (1u << i))
			words = arena_printf(a, STR_FMT "%s%s", STR_ARG(words), words.n ? " " : "", agent_role_name((enum agent_role)i));
	if (words.n)
		r->v[r->n++] = (struct released){ .hidden = true, .claim = { .name = STR("roles"), .kind = CLAIM_LIST, .text = words } };
}

void policy_release(struct arena *a, const struct partner *p, struct str scope, const struct account *account, unsigned roles,
	struct release *ret)
{
	char *names = arena_alloc(a, 256);

	memset(ret, 0, sizeof *ret);
	ret->names.p = names;
	for (size_t i = 0; i < ATTRIBUTE_N; i++) {
		const struct attribute *at = &attributes[i];
		struct str name = str_from_c(at->name), value;

		if (!str_has_word(p->attributes, name) || (scope.n && !str_has_word(scope, str_from_c(at->scope))))
			continue;
		if (p->agents && at->value != full_name)
			continue;
		value = at->value(a, account);
		if (!value.n)
			continue;
		add(ret, at, value);
		if (ret->names.n)
			names[ret->names.n++] = ' ';
		memcpy(names + ret->names.n, name.p, name.n);
		ret->names.n += name.n;
		if (at->value == email)
			ret->v[ret->n++] = (struct released){ .hidden = true,
				.claim = { .name = STR("email_verified"), .kind = CLAIM_BOOL, .number = account->email_verified } };
	}
	if (p->agents)
		add_roles(a, ret, roles);
}

bool policy_attribute_exists(struct str name)
{
	return str_has_word(policy_attribute_names(), name);
}

struct str policy_attribute_names(void)
{
	return STR("family_name given_name name birthdate identity_level email");
}
