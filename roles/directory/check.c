/* check.c - what works and what does not, one step after another, in words for whoever runs the town. */
#include "roles/directory/directory_impl.h"
#include "base/clock.h"
#include "roles/directory/text_rules.h"

struct checking {
	struct directory *d;
	struct arena *a;
	int64_t deadline_ms;
	struct directory_report *report;
};

static void step(struct checking *c, struct str name, enum directory_outcome outcome, struct str words)
{
	struct directory_report *r = c->report;

	if (r->step_n < DIRECTORY_STEPS_MAX)
		r->steps[r->step_n++] = (struct directory_step){ name, words, outcome };
}

struct explained { const char *slug, *words; };

static const struct explained words_of_all[] = {
	{ "directory.gone", "nobody answers there, or the connection was closed. Are the name and the port right, and does a firewall let this machine through?" },
	{ "directory.late", "no answer within directory_timeout_ms. The server hangs, or a firewall swallows what is sent to it" },
	{ "directory.tls", "it answers, but not with a certificate that is in date, made out to this very name, and signed by one of directory_ca" },
	{ "directory.credential", "directory_bind_dn is refused: the password in the file directory_password is not (or no longer) its own, or the account is disabled" },
	{ "directory.base", "there is no such entry, or our account may not see it" },
	{ "directory.access", "our account may not read it" },
	{ "directory.login", "that cannot be a login: it is empty, too long, or has characters such as * ( ) \\ , = in it" },
	{ "directory.unknown", "nobody has this login, at or below directory_base" },
	{ "directory.two", "several entries have this login; none of them can sign in until it is one person's" },
	{ "directory.referral", "the directory says that another server has it; referrals are never followed. Name that server in directory_url" },
	{ "directory.size", "the answer is larger than any that is read: more than 512 groups, or a value of more than 1024 bytes" },
	{ "directory.answer", "the directory's answer makes no sense for its kind. Is directory_kind right, and may our account read entryUUID (or objectGUID and userAccountControl)?" },
	{ NULL, NULL },
};

/* Where the account signs in by Kerberos; before the others. */
static const struct explained words_of_kerberos[] = {
	{ "directory.credential", "directory_principal is refused: the keys in directory_keytab are not (or no longer) its own, or the account is disabled or expired. Make a new keytab" },
	{ "directory.kdc", "no usable answer within directory_timeout_ms from a Kerberos server: directory_kdc or, without that setting, port 88 (TCP) of the directory's server. Does a firewall let this machine through?" },
	{ "directory.clock", "the clocks of this machine, of the Kerberos server and of the directory differ by more than five minutes. Let all of them take the time from the same source" },
	{ "directory.service", "the realm of directory_principal has no service ldap/ of that host. Name the server in directory_url as the realm does: with its full name, not by an alias or an address" },
	{ "directory.binding", "Kerberos knows us, and the directory refuses us on this connection. Most often somebody ends TLS in between, with a certificate of their own: a proxy or a load balancer, and if there is none, an attacker. Otherwise the directory's clock is off, or its own keytab is out of date" },
	{ "directory.kerberos", "the directory does not take Kerberos (SASL GSSAPI) inside TLS: it is not set up for it, or has no keytab of its own. Or its certificate is of a kind that has no channel binding (Ed25519)" },
	{ NULL, NULL },
};

static const char *words_in(const struct explained *table, struct err e)
{
	for (; table->slug; table++)
		if (strcmp(e.slug, table->slug) == 0)
			return table->words;
	return NULL;
}

static void step_err(struct checking *c, struct str name, struct err e, struct str library)
{
	const char *words = c->d->rules->tickets ? words_in(words_of_kerberos, e) : NULL;

	if (!words)
		words = words_in(words_of_all, e);
	if (!words)
		words = "failed";
	step(c, name, DIRECTORY_FAILS, library.n > 0 ? arena_printf(c->a, "%s (%s: " STR_FMT ")", words, e.slug, STR_ARG(library))
		: arena_printf(c->a, "%s (%s)", words, e.slug));
}

static struct str shown(struct arena *a, const char *what, const char *which)
{
	return arena_printf(a, "%s %.300s", what, which);
}

/* ---- the steps ---- */

static void check_server(struct checking *c, size_t server)
{
	const struct directory_rules *r = c->d->rules;
	struct str name = shown(c->a, "server", r->urls[server]), words = STR_NONE;
	struct link l;
	struct err e = link_open(&l, r, server, c->deadline_ms, c->a, &words);

	if (failed(e)) {
		step_err(c, name, e, words);
		return;
	}
	step(c, name, DIRECTORY_WORKS, r->starttls ? STR("answers, with a good certificate (StartTLS)") : STR("answers, with a good certificate (ldaps)"));
	e = link_bind_ours(&l, r, c->deadline_ms, c->a, &words);
	link_close(&l);
	name = shown(c->a, "sign-in there of", r->bind_dn);
	if (failed(e))
		step_err(c, name, e, words);
	else
		step(c, name, DIRECTORY_WORKS, r->tickets ? STR("accepted, by Kerberos; channel binding (tls-server-end-point) was sent with it")
			: STR("accepted, by password inside TLS"));
}

struct base_check { const char *dn; size_t entries; };

static struct err on_base(void *self, LDAP *ld, LDAPMessage *entry)
{
	struct base_check *b = self;

	(void)ld, (void)entry;
	b->entries++;
	return NO_ERR;
}

static struct err base_once(struct directory *d, struct arena *a, int64_t deadline_ms, void *arg)
{
	static const char *const nothing[] = { LDAP_NO_ATTRS, NULL };
	struct base_check *b = arg;
	struct link_search search = { .base = b->dn, .filter = "(objectClass=*)", .attributes = nothing, .scope = LDAP_SCOPE_BASE,
		.entries_max = 1 };

	(void)a;
	b->entries = 0;
	TRY(link_search(&d->links.service, d->rules, &search, deadline_ms, on_base, b));
	ENSURE(b->entries == 1, BROKEN, "directory.base");
	return NO_ERR;
}

static bool check_base(struct checking *c, const char *what, const char *dn)
{
	struct base_check b = { .dn = dn };
	struct err e = directory_ask(c->d, c->a, c->deadline_ms, base_once, &b);

	if (failed(e))
		step_err(c, shown(c->a, what, dn), e, STR_NONE);
	else
		step(c, shown(c->a, what, dn), DIRECTORY_WORKS, STR("is there, and can be read"));
	return !failed(e);
}

static bool check_bases(struct checking *c)
{
	const struct directory_rules *r = c->d->rules;
	bool all = true;

	for (size_t i = 0; i < r->people.n; i++)
		all &= check_base(c, "people below", r->people.v[i]);
	for (size_t i = 0; i < r->groups.n; i++)
		if (!bases_cover(&r->people, str_from_c(r->groups.v[i])))
			all &= check_base(c, "groups below", r->groups.v[i]);
	return all;
}

static const char *state_words(enum directory_state state)
{
	static const char *const words[DIRECTORY_STATE_COUNT] = {
		[DIRECTORY_ACTIVE] = "may sign in", [DIRECTORY_DISABLED] = "is disabled, and cannot sign in",
		[DIRECTORY_EXPIRED] = "has expired, and cannot sign in",
		[DIRECTORY_MUST_CHANGE] = "has to change the password in the directory before signing in",
		[DIRECTORY_LOCKED] = "is locked after too many wrong passwords",
	};

	return (unsigned)state < DIRECTORY_STATE_COUNT ? words[state] : "is in a state that we do not know";
}

static void check_memberof(struct checking *c, const struct directory_person *p)
{
	struct str name = arena_printf(c->a, "memberOf of " STR_FMT, STR_ARG(p->login)), words = STR_NONE;
	bool good = false;
	struct err e = memberof_compare(c->d, c->a, c->deadline_ms, p, &good, &words);

	if (failed(e))
		step_err(c, name, e, STR_NONE);
	else
		step(c, name, good ? DIRECTORY_WORKS : DIRECTORY_FAILS, words);
}

static void check_person(struct checking *c, struct str login)
{
	struct directory_person *p = &c->report->person;
	struct str name = arena_printf(c->a, "person %.*s", (int)(login.n < 254 ? login.n : 254), login.p);
	struct err e = person_find(c->d, c->a, STR_NONE, login, c->deadline_ms, p);

	if (failed(e)) {
		step_err(c, name, e, STR_NONE);
		return;
	}
	c->report->found = true;
	step(c, name, p->state == DIRECTORY_ACTIVE ? DIRECTORY_WORKS : DIRECTORY_FAILS,
		arena_printf(c->a, "found, and %s; " STR_FMT "; key " STR_FMT, state_words(p->state), STR_ARG(p->dn), STR_ARG(p->key)));
	e = person_groups(c->d, c->a, c->deadline_ms, p);
	name = arena_printf(c->a, "groups of " STR_FMT, STR_ARG(p->login));
	if (failed(e))
		step_err(c, name, e, STR_NONE);
	else
		step(c, name, DIRECTORY_WORKS, arena_printf(c->a, "%zu, nested ones included", p->group_n));
	if (!failed(e) && c->d->rules->memberof)
		check_memberof(c, p);
}

struct err directory_check(struct directory *d, struct arena *a, const struct directory_check *q, struct directory_report *ret_report)
{
	struct checking c = { d, a, clock_mono_ms() + (q->timeout_ms < 60000 ? q->timeout_ms : 60000), ret_report };
	const struct directory_rules *r = d->rules;

	*ret_report = (struct directory_report){ .steps = arena_array(a, struct directory_step, DIRECTORY_STEPS_MAX) };
	for (size_t i = 0; i < r->url_n; i++)
		check_server(&c, i);
	struct err e = links_service(&d->links, c.deadline_ms);
	if (failed(e)) {
		step(&c, STR("everything else"), DIRECTORY_SKIPPED, STR("not looked at: no server lets us in"));
		return NO_ERR;
	}
	bool bases = check_bases(&c);
	if (q->login.n > 0 && bases)
		check_person(&c, q->login);
	else
		step(&c, STR("a person"), DIRECTORY_SKIPPED, bases ? STR("not looked for: add --login NAME") : STR("not looked for: see above"));
	return NO_ERR;
}
