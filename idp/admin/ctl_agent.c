/* ctl_agent.c - guichetctl agent ...: people of the town's directory. They are made there and nowhere else;
 * here a first factor is let in, all of them are taken away, and sessions are ended. */
#include "idp/admin/ctl.h"
#include "idp/account/agent_desk.h"
#include "idp/account/factor.h"
#include "base/b64.h"
#include "base/clock.h"
#include "base/json.h"

enum { LIST_MAX = 1000 };

/* ---- telling ---- */

static void agent_json(struct ctl *c, const struct agent *g)
{
	buf_add_char(&c->out, '{');
	json_field_str(&c->out, "login", g->login);
	json_field_str(&c->out, "name", g->name);
	json_field_str(&c->out, "account", hex_encode(c->a, g->account, ID_BYTES));
	json_field_str(&c->out, "key", g->key);
	json_add_key(&c->out, "rights");
	json_add_words(&c->out, rights_format(c->a, &g->rights));
	json_field_bool(&c->out, "enrolled", g->enrolled);
	json_field_str(&c->out, "checked", time_format_utc(c->a, g->checked_s));
	buf_add_char(&c->out, '}');
}

static uint32_t list(struct ctl *c)
{
	struct agent *v = NULL;
	size_t n = 0;
	struct err e = agent_list(c->idp->store, c->a, LIST_MAX, &v, &n);

	if (failed(e))
		return ctl_fail_err(c, e);
	if (c->json)
		buf_add_char(&c->out, '[');
	for (size_t i = 0; i < n; i++) {
		struct str rights = rights_format(c->a, &v[i].rights);

		if (c->json && i)
			buf_add_char(&c->out, ',');
		if (c->json)
			agent_json(c, &v[i]);
		else
			buf_addf(&c->out, STR_FMT "\t" STR_FMT "\t%s\t" STR_FMT "\n", STR_ARG(v[i].login), STR_ARG(v[i].name),
				v[i].enrolled ? "enrolled" : "no factor", STR_ARG(rights.n ? rights : STR("no right")));
	}
	if (c->json)
		buf_add_c(&c->out, "]\n");
	return CTL_DONE;
}

/* Of whom we know; what the directory says now is asked by enrol alone. */
static uint32_t find(struct ctl *c, struct agent *ret)
{
	struct err e;

	if (c->word_n != 1)
		return ctl_fail(c, CTL_USAGE, "which agent? give the login, as in the directory");
	e = agent_find(c->idp->store, c->a, c->words[0], ret);
	if (e.kind == ERR_ABSENT)
		return ctl_fail(c, CTL_FAILED, "no agent " STR_FMT " has signed in or been enrolled here; see: guichetctl directory check --login "
			STR_FMT, STR_ARG(c->words[0]), STR_ARG(c->words[0]));
	return failed(e) ? ctl_fail_err(c, e) : CTL_DONE;
}

static uint32_t show(struct ctl *c)
{
	struct agent g;
	uint32_t code = find(c, &g);
	struct str rights;

	if (code)
		return code;
	if (c->json) {
		agent_json(c, &g);
		buf_add_char(&c->out, '\n');
		return CTL_DONE;
	}
	rights = rights_format(c->a, &g.rights);
	buf_addf(&c->out, "login: " STR_FMT "\nname: " STR_FMT "\naccount: " STR_FMT "\nkey: " STR_FMT "\nrights: " STR_FMT
		"\nsecond factor: %s\nlast seen in the directory: " STR_FMT "\n", STR_ARG(g.login), STR_ARG(g.name),
		STR_ARG(hex_encode(c->a, g.account, ID_BYTES)), STR_ARG(g.key), STR_ARG(rights.n ? rights : STR("none")),
		g.enrolled ? "yes" : "none", STR_ARG(time_format_utc(c->a, g.checked_s)));
	return CTL_DONE;
}

/* ---- doing ---- */

static uint32_t fail_directory(struct ctl *c, struct str login, struct err e)
{
	static const struct { const char *slug, *words; } told[] = {
		{ "directory.unknown", "is not in the directory" }, { "directory.login", "is not the shape of a login" },
		{ "directory.two", "is the name of several entries of the directory" },
		{ "agent.rights", "is in no group that a directory_right names; see: guichetctl directory rights" },
		{ "agent.state", "is disabled, locked or expired in the directory, or has to change the password there first" },
	};

	for (size_t i = 0; i < sizeof told / sizeof *told; i++)
		if (str_eq_c(str_from_c(told[i].slug), e.slug))
			return ctl_fail(c, CTL_FAILED, STR_FMT " %s", STR_ARG(login), told[i].words);
	if (str_starts(str_from_c(e.slug), STR("directory.")) || str_starts(str_from_c(e.slug), STR("engine.")))
		return ctl_fail(c, CTL_FAILED, "the directory does not answer (%s); see: guichetctl directory check", e.slug);
	return ctl_fail_err(c, e);
}

static uint32_t enrol(struct ctl *c)
{
	struct agent g;
	struct str code;
	struct err e;

	if (c->word_n != 1)
		return ctl_fail(c, CTL_USAGE, "which agent? give the login, as in the directory");
	if (!c->idp->set.directory)
		return ctl_fail(c, CTL_FAILED, "no directory is connected: the configuration has no directory_url");
	e = agent_fetch(c->idp, c->a, c->words[0], c->actor, c->now_s, c->deadline_ms, &g);
	if (failed(e))
		return fail_directory(c, c->words[0], e);
	e = agent_enrol_code(c->idp, c->a, &g, c->actor, c->now_s, &code);
	if (failed(e))
		return ctl_fail_err(c, e);
	if (c->json) {
		buf_add_char(&c->out, '{');
		json_field_str(&c->out, "login", g.login);
		json_field_str(&c->out, "name", g.name);
		json_field_str(&c->out, "code", code);
		buf_add_c(&c->out, "}\n");
		return CTL_DONE;
	}
	buf_addf(&c->out, "agent: " STR_FMT " (" STR_FMT ")\ncode: " STR_FMT "\n(holds once, for seven days; an earlier one holds no more.\n"
		" The agent signs in at " STR_FMT "/connexion/agent and types it there.)\n", STR_ARG(g.name), STR_ARG(g.login), STR_ARG(code),
		STR_ARG(c->idp->set.issuer));
	return CTL_DONE;
}

static uint32_t say_done(struct ctl *c, const struct agent *g, const char *state, const char *words)
{
	if (c->json) {
		buf_add_char(&c->out, '{');
		json_field_str(&c->out, "login", g->login);
		json_field_c(&c->out, "state", state);
		buf_add_c(&c->out, "}\n");
	} else {
		buf_addf(&c->out, "agent " STR_FMT ": %s\n", STR_ARG(g->login), words);
	}
	return CTL_DONE;
}

static uint32_t reset(struct ctl *c)
{
	struct agent g;
	uint32_t code = find(c, &g);
	struct err e;

	if (code)
		return code;
	e = factor_reset(c->idp, g.account, c->actor, c->now_s);
	return failed(e) ? ctl_fail_err(c, e)
		: say_done(c, &g, "reset", "all factors and recovery codes are gone, and every session has ended; next: guichetctl agent enrol");
}

static uint32_t end(struct ctl *c)
{
	struct agent g;
	uint32_t code = find(c, &g);
	struct err e;

	if (code)
		return code;
	e = agent_sign_out(c->idp, g.account, c->actor, c->now_s);
	return failed(e) ? ctl_fail_err(c, e) : say_done(c, &g, "ended", "every session has ended");
}

const struct ctl_command ctl_agent[] = {
	{ "agent list", "[--json]", "", "", "", list },
	{ "agent show", "LOGIN [--json]", "", "", "", show },
	{ "agent enrol", "LOGIN [--json]", "", "", "", enrol },
	{ "agent reset", "LOGIN [--json]", "", "", "", reset },
	{ "agent end", "LOGIN [--json]", "", "", "", end },
	{ 0 }
};
