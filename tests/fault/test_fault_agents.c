/* test_fault_agents.c - what an agent does at the identity provider, with the first, second, … nth call of its store
 * and of each role failing, the directory's courier among them: password, enrolment, code, recovery code, the way
 * to a service, leaving. */
#include "tests/unit/idp_holder.h"
#include "tests/fault/inject.h"

static struct holder h;
static struct walk { struct http_resp *page, *last; struct str form, code; } k;

static struct err forget_tx(struct store_tx *tx, void *arg)
{
	static const char *const tables[] = { "logout_queue", "participant", "session", "factor", "factor_use", "recovery_code", "enrolment" };

	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		TRY(store_exec(tx, fmt(arg, "DELETE FROM %s", tables[i]).p, NULL));
	return NO_ERR;
}

static void start_walk(struct world *w)
{
	struct err e = store_tx(w->idp->store, QUICK, forget_tx, w);

	assert_false(failed(e));
	h = (struct holder){ .w = w, .login = "alice" };
	k = (struct walk){ .page = NULL };
	w->now_s += 90;
	w->fetch_n = 0;
}

static int take(struct http_resp *r)
{
	k.last = r;
	return r->status;
}

static bool is_in(void *world) { return agent_is_in(world, &h.b); }
static bool is_out(void *world) { return !is_in(world); }

/* ---- the password ---- */

static void open_page(void *world)
{
	start_walk(world);
	k.page = world_get(world, &h.b, "/connexion/agent");
}

static int enter_password(void *world) { return take(type_password(world, &h.b, k.page, h.login, AGENT_PASSWORD)); }

/* On to the second factor, and not in. */
static bool leads_on(void *world)
{
	return str_starts(header(k.last, "location"), STR("/connexion/agent/")) && is_out(world);
}

/* ---- enrolment ---- */

static void be_shown_the_secret(void *world)
{
	start_walk(world);
	k.page = click(&h, to_choice(&h), "choisir-application");
	read_secret(&h, k.page);
}

static int send_first_code(void *world)
{
	(void)world;
	return take(send_draft(&h, "/connexion/agent/inscription", k.page, shown(&h, 0), "Telephone"));
}

static bool has_factor_and_codes(void *world)
{
	return count_rows(world, "SELECT COUNT(*) FROM factor") == 1 && count_rows(world, "SELECT COUNT(*) FROM recovery_code") == 10
		&& count_rows(world, "SELECT COUNT(*) FROM enrolment") == 0;
}

/* ---- codes ---- */

static void be_asked_for_a_code(void *world)
{
	start_walk(world);
	enrol(&h);
	forget(&h);
	k.page = to_factor(&h);
}

static int enter_code(void *world)
{
	(void)world;
	return take(send_code(&h, k.page, shown(&h, 0)));
}

static int enter_recovery(void *world)
{
	(void)world;
	return take(send_recovery(&h, k.page, h.codes[3]));
}

static bool is_in_and_it_is_spent(void *world)
{
	return is_in(world) && count_rows(world, "SELECT COUNT(*) FROM recovery_code WHERE used_s > 0") == 1;
}

/* ---- the way to a service, and out ---- */

static void be_in(void *world)
{
	start_walk(world);
	enrol(&h);
}

static int ask_code(void *world)
{
	struct world *w = world;
	int status = take(world_get(w, &h.b, arena_c(w->a, agent_authz_url(w, ""))));

	k.code = status == 303 ? location_param(w, k.last, "code") : STR_NONE;
	return status == 303 && !k.code.n ? 503 : status;
}

static bool code_is_good(void *world) { return agent_redeem(world, k.code)->status == 200; }

static void be_about_to_leave(void *world)
{
	struct world *w = world;
	struct str csrf;

	be_in(w);
	assert_int_equal(ask_code(w), 303);
	assert_true(code_is_good(w));
	csrf = escaped(w, hidden(w, world_get(w, &h.b, "/agent"), "csrf"));
	k.form = fmt(w, "csrf=" STR_FMT, STR_ARG(csrf));
	w->fetch_n = 0;
}

static int leave(void *world) { return take(world_post(world, &h.b, "/agent/deconnexion", k.form)); }

static bool is_out_everywhere(void *world)
{
	struct world *w = world;

	for (int i = 0; i < 40 && count_rows(w, "SELECT COUNT(*) FROM logout_queue"); i++) {
		w->now_s += 10;
		idp_tick(w->idp, w->now_s);
	}
	return w->fetch_n >= 1 && is_out(world);
}

/* ---- all of them ---- */

#define AUDIT " audit "
/* A code that was right is spent before the session begins, and is not good again. */
#define SPENT " factor factor_use recovery_code "

static const struct operation operations[] = {
	{ "agent's password", open_page, enter_password, 303, leads_on, AUDIT " agent account ", NULL, false },
	{ "enrolment", be_shown_the_secret, send_first_code, 200, has_factor_and_codes, AUDIT, NULL, true },
	{ "agent's code", be_asked_for_a_code, enter_code, 303, is_in, AUDIT SPENT, NULL, true },
	{ "recovery code", be_asked_for_a_code, enter_recovery, 303, is_in_and_it_is_spent, AUDIT SPENT, NULL, true },
	{ "code of an agents' door", be_in, ask_code, 303, code_is_good, AUDIT, NULL, false },
	{ "agent's sign-out", be_about_to_leave, leave, 200, is_out_everywhere, AUDIT, NULL, true },
};

static void each_step_of_an_agent_survives_each_call_that_fails(void **state)
{
	struct world *w = *state;

	torture_run_all(operations, sizeof operations / sizeof *operations, w, w->idp->store);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(each_step_of_an_agent_survives_each_call_that_fails, agents_setup, world_teardown) };

	return world_run_both(tests, 1);
}
