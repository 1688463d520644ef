/* ctl_directory.c - guichetctl directory check, directory rights: is the town's directory connected, and
 * who may do what. */
#include "idp/admin/ctl.h"
#include "base/clock.h"
#include "base/json.h"
#include "idp/policy/partner.h"
#include "idp/policy/rights.h"

/* Several servers that hang cost their time limit each; the answer says so in the end. */
enum { CHECK_MS = 30000, ANSWER_MS = 5000 };

static uint32_t no_directory(struct ctl *c)
{
	return ctl_fail(c, CTL_FAILED,
		"no directory is connected: the configuration has no directory_url.\n"
		"Agents and administrators cannot sign in until it has; docs/administrators.md says how.");
}

static const char *outcome_word(enum directory_outcome outcome)
{
	return outcome == DIRECTORY_WORKS ? "ok" : outcome == DIRECTORY_FAILS ? "FAILS" : "-";
}

static const char *outcome_json(enum directory_outcome outcome)
{
	return outcome == DIRECTORY_WORKS ? "ok" : outcome == DIRECTORY_FAILS ? "fails" : "skipped";
}

/* ---- what a person may do ---- */

static struct str role_words(struct arena *a, unsigned roles)
{
	struct str words = STR_NONE;

	for (unsigned i = 0; i < AGENT_ROLE_COUNT; i++)
		if (roles & (1u << i))
			words = arena_printf(a, STR_FMT "%s%s", STR_ARG(words), words.n ? ", " : "", agent_role_name((enum agent_role)i));
	return words;
}

static struct str admin_words(struct arena *a, unsigned rights)
{
	struct str words = STR_NONE;

	for (unsigned i = 0; i < ADMIN_RIGHT_COUNT; i++)
		if (rights & (1u << i))
			words = arena_printf(a, STR_FMT "%s%s", STR_ARG(words), words.n ? ", " : "", admin_right_name((enum admin_right)i));
	return words;
}

static void rights_print(struct ctl *c, const struct rights *r)
{
	for (size_t i = 0; i < r->service_n; i++)
		buf_addf(&c->out, "       right: " STR_FMT ": " STR_FMT "\n", STR_ARG(r->services[i].service),
			STR_ARG(role_words(c->a, r->services[i].roles)));
	if (r->admin)
		buf_addf(&c->out, "       right: administration: " STR_FMT "\n", STR_ARG(admin_words(c->a, r->admin)));
	if (r->service_n == 0 && !r->admin)
		buf_add_c(&c->out, "       no right follows: no directory_right names one of these groups\n");
}

static void rights_json(struct ctl *c, const struct rights *r)
{
	json_add_key(&c->out, "rights");
	buf_add_char(&c->out, '{');
	for (size_t i = 0; i < r->service_n; i++)
		json_field_str(&c->out, arena_c(c->a, r->services[i].service), role_words(c->a, r->services[i].roles));
	if (r->admin)
		json_field_str(&c->out, "admin", admin_words(c->a, r->admin));
	buf_add_char(&c->out, '}');
}

/* ---- directory check ---- */

static void report_print(struct ctl *c, const struct directory_report *report)
{
	for (size_t i = 0; i < report->step_n; i++) {
		const struct directory_step *s = &report->steps[i];

		buf_addf(&c->out, "%-6s " STR_FMT ": " STR_FMT "\n", outcome_word(s->outcome), STR_ARG(s->name), STR_ARG(s->words));
	}
	if (!report->found)
		return;
	for (size_t i = 0; i < report->person.group_n; i++)
		buf_addf(&c->out, "       group: " STR_FMT " (" STR_FMT ")\n", STR_ARG(report->person.groups[i].name),
			STR_ARG(report->person.groups[i].dn));
	struct rights r = rights_of(c->idp->set.rights, report->person.groups, report->person.group_n);
	rights_print(c, &r);
}

static void person_json(struct ctl *c, const struct directory_person *p)
{
	struct rights r = rights_of(c->idp->set.rights, p->groups, p->group_n);
	struct buf *b = &c->out;

	json_add_key(b, "person");
	buf_add_char(b, '{');
	json_field_str(b, "key", p->key);
	json_field_str(b, "dn", p->dn);
	json_field_str(b, "login", p->login);
	json_field_c(b, "state", directory_state_name(p->state));
	json_add_key(b, "groups");
	buf_add_char(b, '[');
	for (size_t i = 0; i < p->group_n; i++) {
		if (i)
			buf_add_char(b, ',');
		json_add_str(b, p->groups[i].dn);
	}
	buf_add_char(b, ']');
	rights_json(c, &r);
	buf_add_char(b, '}');
}

static void report_json(struct ctl *c, const struct directory_report *report, bool works)
{
	struct buf *b = &c->out;

	buf_add_char(b, '{');
	json_field_bool(b, "works", works);
	json_add_key(b, "steps");
	buf_add_char(b, '[');
	for (size_t i = 0; i < report->step_n; i++) {
		buf_add_c(b, i ? ",{" : "{");
		json_field_str(b, "name", report->steps[i].name);
		json_field_c(b, "outcome", outcome_json(report->steps[i].outcome));
		json_field_str(b, "words", report->steps[i].words);
		buf_add_char(b, '}');
	}
	buf_add_char(b, ']');
	if (report->found)
		person_json(c, &report->person);
	buf_add_c(b, "}\n");
}

static uint32_t directory_check(struct ctl *c)
{
	struct directory_check question = { .login = ctl_option(c, "login"), .timeout_ms = CHECK_MS };
	struct directory_report report = { 0 };
	bool works = true;

	if (!c->idp->set.directory)
		return no_directory(c);
	if (c->word_n)
		return ctl_fail(c, CTL_USAGE, "a person is named with --login NAME");
	struct err e = engine_call(c->idp->engine, c->a, clock_mono_ms() + CHECK_MS + ANSWER_MS, ROLE_COURIER_LDAP, DIRECTORY_CHECK,
		ipc_directory_check_io, &question, ipc_directory_report_io, &report);
	if (failed(e))
		return ctl_fail_err(c, e);
	for (size_t i = 0; i < report.step_n; i++)
		works &= report.steps[i].outcome != DIRECTORY_FAILS;
	if (c->json)
		report_json(c, &report, works);
	else
		report_print(c, &report);
	return works ? CTL_DONE : CTL_FAILED;
}

/* ---- directory rights ---- */

/* Is there a door for agents of that sector? */
static bool has_door(struct ctl *c, struct str sector)
{
	size_t n = 0;
	const struct partner *v = partner_list(c->idp->registry, c->a, &n);

	for (size_t i = 0; i < n; i++)
		if (v[i].agents && str_eq(v[i].sector, sector))
			return true;
	return false;
}

static struct str gives_words(struct ctl *c, const struct rights_rule *rule, bool *ret_known)
{
	struct str sector = rule->service;

	*ret_known = sector.n == 0 || has_door(c, sector);
	return sector.n ? arena_printf(c->a, STR_FMT ":%s", STR_ARG(sector), agent_role_name((enum agent_role)rule->which))
		: arena_printf(c->a, "admin:%s", admin_right_name((enum admin_right)rule->which));
}

static void rule_json(struct ctl *c, const struct rights_rule *rule, struct str gives, bool known)
{
	buf_add_char(&c->out, '{');
	json_field_str(&c->out, "group", rule->group);
	json_field_str(&c->out, "gives", gives);
	json_field_bool(&c->out, "known", known);
	buf_add_char(&c->out, '}');
}

static uint32_t directory_rights(struct ctl *c)
{
	const struct rights_table *t = c->idp->set.rights;
	bool known;

	if (!c->idp->set.directory)
		return no_directory(c);
	if (c->json)
		buf_add_char(&c->out, '[');
	for (size_t i = 0; i < t->n; i++) {
		struct str gives = gives_words(c, &t->v[i], &known);

		if (c->json && i)
			buf_add_char(&c->out, ',');
		if (c->json)
			rule_json(c, &t->v[i], gives, known);
		else
			buf_addf(&c->out, "%-34.*s " STR_FMT "%s\n", STR_ARG(gives), STR_ARG(t->v[i].group), known ? "" : "   (no partner for agents has this sector)");
	}
	if (c->json)
		buf_add_c(&c->out, "]\n");
	else if (t->n == 0)
		buf_add_c(&c->out, "no directory_right is set: nobody has a right\n");
	return CTL_DONE;
}

const struct ctl_command ctl_directory[] = {
	{ "directory check", "[--login NAME] [--json]", "", "login", "", directory_check },
	{ "directory rights", "[--json]", "", "", "", directory_rights },
	{ 0 }
};
