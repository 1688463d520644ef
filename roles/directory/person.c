/* person.c - finding the one entry of a person; see directory_impl.h. */
#include "roles/directory/directory_impl.h"
#include "base/clock.h"
#include "roles/directory/state_rules.h"
#include "roles/directory/text_rules.h"

enum { FILTER_MAX = 4096 };

static const char *const policy_attributes[] = { "entryUUID", "displayName", "cn", "mail", "pwdAccountLockedTime", "pwdReset" };
static const char *const ad_attributes[] = {
	"objectGUID", "sAMAccountName", "userPrincipalName", "displayName", "cn", "mail", "userAccountControl",
	"msDS-User-Account-Control-Computed", "accountExpires", "pwdLastSet",
};
enum { ATTRIBUTES_MAX = sizeof ad_attributes / sizeof *ad_attributes + 2 };

struct find {
	struct directory *d;
	struct arena *a;
	struct str login;
	const char *filter, *login_attribute, *base;      /* base: the one that is being asked */
	struct directory_person *person;
	size_t entries;
};

struct err directory_ask(struct directory *d, struct arena *a, int64_t deadline_ms, service_fn *fn, void *arg)
{
	for (unsigned asked = 1;; asked++) {
		TRY(links_service(&d->links, deadline_ms));
		struct err e = fn(d, a, deadline_ms, arg);

		if (!failed(e) || e.kind == ERR_DENIED)
			return e;
		if (!links_failed(&d->links, e) || asked > d->rules->url_n || clock_mono_ms() >= deadline_ms)
			return e;
	}
}

bool bases_cover(const struct directory_bases *bases, struct str dn)
{
	for (size_t i = 0; i < bases->n; i++)
		if (dn_is_within(dn, str_from_c(bases->v[i])))
			return true;
	return false;
}

/* Active Directory knows people by two names; only the second has an "@". */
static const char *login_attribute(const struct directory_rules *r, struct str login)
{
	if (r->kind == KIND_AD)
		return str_has(login, '@') ? "userPrincipalName" : "sAMAccountName";
	return r->login_attribute;
}

static struct err filter_make(struct find *f, struct str key)
{
	bool ad = f->d->rules->kind == KIND_AD;
	uint8_t guid[GUID_BYTES];
	struct buf b;

	buf_init(&b, FILTER_MAX);
	buf_add_c(&b, ad ? "(&(objectCategory=person)(objectClass=user)(" : "(&(objectClass=inetOrgPerson)(");
	if (f->login.n > 0) {
		buf_addf(&b, "%s=", f->login_attribute);
		filter_add_value(&b, f->login);
	} else if (ad && !failed(key_to_guid(key, guid))) {
		buf_add_c(&b, "objectGUID=");
		filter_add_bytes(&b, guid, sizeof guid);
	} else {
		buf_add_c(&b, "entryUUID=");
		filter_add_value(&b, key);
	}
	buf_add_c(&b, "))");
	struct err e = buf_err(&b);
	if (!failed(e))
		f->filter = arena_c(f->a, buf_str(&b));
	buf_done(&b);
	return e;
}

/* ---- reading the entry ---- */

static struct err state_read(const struct find *f, LDAP *ld, LDAPMessage *entry)
{
	struct arena *a = f->a;
	struct ad_account account;
	struct str locked, reset;

	if (f->d->rules->kind == KIND_AD) {
		TRY(entry_value(a, ld, entry, "userAccountControl", &account.control));
		TRY(entry_value(a, ld, entry, "msDS-User-Account-Control-Computed", &account.computed));
		TRY(entry_value(a, ld, entry, "accountExpires", &account.expires));
		TRY(entry_value(a, ld, entry, "pwdLastSet", &account.password_set));
		return ad_state(&account, clock_wall_s(), &f->person->state);
	}
	TRY(entry_value(a, ld, entry, "pwdAccountLockedTime", &locked));
	TRY(entry_value(a, ld, entry, "pwdReset", &reset));
	f->person->state = policy_state(locked, reset);
	return NO_ERR;
}

static struct err key_read(const struct find *f, LDAP *ld, LDAPMessage *entry)
{
	bool ad = f->d->rules->kind == KIND_AD;
	struct str value;

	TRY(entry_value(f->a, ld, entry, ad ? "objectGUID" : "entryUUID", &value));
	return ad ? guid_read(f->a, value, &f->person->key) : uuid_read(f->a, value, &f->person->key);
}

/* Texts that people will read and other programs will receive. */
static struct err text_read(const struct find *f, LDAP *ld, LDAPMessage *entry, const char *attribute, struct str *ret_text)
{
	/* A person may have several logins, or addresses: the one that was typed. */
	struct str wanted = attribute == f->login_attribute ? f->login : STR_NONE;

	TRY(entry_value_like(f->a, ld, entry, attribute, wanted, ret_text));
	ENSURE(str_is_utf8(*ret_text) && !str_has_control(*ret_text), MALFORMED, "directory.answer");
	return NO_ERR;
}

static struct err person_read(const struct find *f, LDAP *ld, LDAPMessage *entry)
{
	struct directory_person *p = f->person;

	TRY(entry_dn(f->a, ld, entry, &p->dn));
	/* A directory answers for what it was asked: its own part of the tree, and that very name. */
	ENSURE(dn_is_within(p->dn, str_from_c(f->base)), MALFORMED, "directory.answer");
	TRY(key_read(f, ld, entry));
	TRY(text_read(f, ld, entry, f->login_attribute, &p->login));
	ENSURE(f->login.n == 0 || str_eq_nocase(f->login, p->login), DENIED, "directory.unknown");
	TRY(text_read(f, ld, entry, "mail", &p->mail));
	TRY(text_read(f, ld, entry, "displayName", &p->name));
	if (p->name.n == 0)
		TRY(text_read(f, ld, entry, "cn", &p->name));
	return state_read(f, ld, entry);
}

static struct err on_entry(void *self, LDAP *ld, LDAPMessage *entry)
{
	struct find *f = self;

	/* The second is only counted: the answer is read to its end, and the connection stays good. */
	return f->entries++ == 0 ? person_read(f, ld, entry) : NO_ERR;
}

static struct err find_below(struct find *f, const char *base, int64_t deadline_ms)
{
	struct directory *d = f->d;
	bool ad = d->rules->kind == KIND_AD;
	size_t n = ad ? sizeof ad_attributes / sizeof *ad_attributes : sizeof policy_attributes / sizeof *policy_attributes;
	const char *attributes[ATTRIBUTES_MAX] = { 0 };
	struct link_search search = { .base = base, .filter = f->filter, .attributes = attributes,
		.scope = LDAP_SCOPE_SUBTREE, .entries_max = 2 };

	memcpy(attributes, ad ? ad_attributes : policy_attributes, n * sizeof *attributes);
	attributes[n] = f->login_attribute;
	f->base = base;
	struct err e = link_search(&d->links.service, d->rules, &search, deadline_ms, on_entry, f);
	/* Whatever else went wrong: one login, or one key, is one person. */
	if (f->entries > 1 && (!failed(e) || e.kind != ERR_BUSY)) {
		if (failed(e))
			link_close(&d->links.service);
		return err_of(DENIED, "directory.two");
	}
	if (failed(e) && e.kind == ERR_DENIED)
		link_close(&d->links.service);    /* the rest of the answer was not read */
	return e;
}

/* All of them, whatever the first says: who is below two of them by the same name is two people. */
static struct err find_once(struct directory *d, struct arena *a, int64_t deadline_ms, void *arg)
{
	struct find *f = arg;

	(void)a;
	f->entries = 0;
	for (size_t i = 0; i < d->rules->people.n; i++)
		TRY(find_below(f, d->rules->people.v[i], deadline_ms));
	ENSURE(f->entries > 0, DENIED, "directory.unknown");
	return NO_ERR;
}

struct err person_find(struct directory *d, struct arena *a, struct str key, struct str login, int64_t deadline_ms,
	struct directory_person *ret_person)
{
	struct directory_person person = { 0 };
	struct find f = { .d = d, .a = a, .login = login, .person = &person, .login_attribute = login_attribute(d->rules, login) };

	if (login.n > 0)
		TRY(directory_login_check(login));
	else
		ENSURE(key_is_valid(key), DENIED, "directory.key");
	TRY(filter_make(&f, key));
	TRY(directory_ask(d, a, deadline_ms, find_once, &f));
	ENSURE(login.n > 0 || str_eq_nocase(person.key, key), MALFORMED, "directory.answer");
	*ret_person = person;
	return NO_ERR;
}
