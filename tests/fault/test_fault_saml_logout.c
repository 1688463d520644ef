/* test_fault_saml_logout.c - the end of a session by SAML, with the first, second, … nth call of the store and of
 * each role failing: begun by a service, by our own page, carried by the browser, confirmed, and told to who began. */
#include "tests/unit/idp_saml_rig.h"
#include "tests/fault/inject.h"

static struct walk { struct browser b; struct http_resp *last; struct str query, at, form; } k;

/* Nobody is signed in, and the minute in which a service may ask so often is over. */
static struct err forget_tx(struct store_tx *tx, void *arg)
{
	TRY(store_exec(tx, "DELETE FROM logout_queue", NULL));
	TRY(store_exec(tx, "DELETE FROM participant", NULL));
	return store_exec(tx, "DELETE FROM session", NULL);
}

static void start_walk(struct world *w)
{
	struct err e = store_tx(w->idp->store, QUICK, forget_tx, NULL);

	assert_false(failed(e));
	k = (struct walk){ .last = NULL };
	w->now_s += 61;
	w->fetch_n = 0;
}

static bool is_ended(void *world)
{
	struct world *w = world;

	return count_rows(w, "SELECT COUNT(*) FROM session") == 0 && count_rows(w, "SELECT COUNT(*) FROM participant") == 0
		&& (!k.at.n || world_get_as(w, "/oidc/userinfo", fmt(w, "Bearer " STR_FMT, STR_ARG(k.at)))->status == 401);
}

/* And the service that hears of it by itself was told, or will be. */
static bool is_ended_and_told(void *world)
{
	struct world *w = world;

	for (int i = 0; i < 40 && count_rows(w, "SELECT COUNT(*) FROM logout_queue"); i++) {
		w->now_s += 10;
		idp_tick(w->idp, w->now_s);
	}
	return w->fetch_n >= 1 && is_ended(world);
}

static struct check_saml_result be_known(struct world *w)
{
	start_walk(w);
	k.last = sign_in_both(w, &k.b);
	return read_back(w, k.last, CHECK_WANT_ASSERTION);
}

static struct str order_of(struct world *w, const struct check_saml_result *in)
{
	return forge_query(w->a, "SAMLRequest", leave(w, in->message.assertion.name_id.value, in->message.assertion.session_index), "adieu",
		sp_key, RSA256);
}

static int ask(struct world *w, const char *url)
{
	k.last = world_get(w, &k.b, url);
	return k.last->status;
}

/* ---- begun by a service ---- */

static void be_known_to_two(void *world)
{
	static unsigned serial;
	struct world *w = world;
	struct check_saml_result in;

	start_walk(w);
	in = read_back(w, through(w, &k.b, sso(w, &k.b, authn(w, arena_c(w->a, fmt(w, "_begin%u", ++serial))))), CHECK_WANT_ASSERTION);
	k.at = json_text(w, redeem(w, get_code(w, &k.b, ""))->body, "access_token");
	k.query = order_of(w, &in);
	w->fetch_n = 0;
}

/* A page that tells which service does not answer is no success: the citizen reads it first. */
static int order(void *world)
{
	int status = ask(world, arena_c(((struct world *)world)->a, fmt(world, "/saml/slo?" STR_FMT, STR_ARG(k.query))));

	return status == 200 ? 503 : status;
}

/* ---- begun on our page ---- */

static void be_about_to_leave(void *world)
{
	struct world *w = world;
	struct str csrf;

	(void)be_known(w);
	k.at = json_text(w, redeem(w, get_code(w, &k.b, ""))->body, "access_token");
	csrf = hidden(w, world_get(w, &k.b, "/mon-compte"), "csrf");
	k.form = fmt(w, "csrf=" STR_FMT "&reponse=continuer", STR_ARG(escaped(w, csrf)));
	w->fetch_n = 0;
}

/* Whoever has left already, by a try whose answer was lost, is not shown again who is to be told. */
static int leave_by_page(void *world)
{
	k.last = world_post(world, &k.b, "/deconnexion", k.form);
	return k.last->status == 200 && !body_has(k.last, "sortir=") ? 409 : k.last->status;
}

static bool is_ended_and_shown(void *world)
{
	return is_ended_and_told(world) && body_has(k.last, "sortir=1") && body_has(k.last, "sortir=2");
}

/* ---- carried by the browser ---- */

static void have_left(void *world)
{
	struct world *w = world;

	(void)be_known(w);
	k.last = leave_here(w, &k.b);
	assert_true(body_has(k.last, "sortir=0"));
}

static int go_to_the_service(void *world) { return ask(world, "/saml/slo?sortir=0"); }

static bool carries_a_request(void *world)
{
	struct check_saml_result got = logout_request(world, k.last, SLO "?");

	return got.message.logout.name_id.value.n > 0;
}

static void have_been_there(void *world)
{
	struct world *w = world;
	struct check_saml_result got;

	have_left(w);
	got = logout_request(w, world_get(w, &k.b, "/saml/slo?sortir=0"), SLO "?");
	k.query = forge_query(w->a, "SAMLResponse", done(w, got.message.head.id, "Success"), NULL, sp_key, RSA256);
}

/* Two steps of the browser: the answer, and the page that takes it in. */
static int come_back(void *world)
{
	struct world *w = world;

	if (ask(w, arena_c(w->a, fmt(w, "/saml/slo?" STR_FMT, STR_ARG(k.query)))) != 303)
		return k.last->status;
	k.last = follow(w, &k.b, k.last);
	return k.last->status;
}

static bool is_shown_as_left(void *world)
{
	(void)world;
	return body_has(k.last, "tag good") && !body_has(k.last, "sortir=0");
}

/* ---- told to who began ---- */

static void be_on_the_page_of_the_result(void *world)
{
	struct world *w = world;
	struct check_saml_result in = be_known(w);
	struct str query = order_of(w, &in);

	assert_int_equal(ask(w, arena_c(w->a, fmt(w, "/saml/slo?" STR_FMT, STR_ARG(query)))), 200);
	assert_true(body_has(k.last, "fin=1"));
}

static int finish(void *world) { return ask(world, "/saml/slo?fin=1"); }

static bool says_partial(void *world) { return str_ends(logout_answer(world, k.last), STR("PartialLogout")); }

/* ---- all of them ---- */

#define AUDIT " audit "
/* The session is over before its services hear of it; what is left over is told later, or shown. */
#define ENDED " audit session participant grant_ logout_queue "

static const struct operation operations[] = {
	{ "SAML logout by a service", be_known_to_two, order, 303, is_ended_and_told, ENDED "saml_request ", is_ended, false },
	{ "SAML logout by the page", be_about_to_leave, leave_by_page, 200, is_ended_and_shown, ENDED, is_ended, true },
	{ "SAML logout by the browser", have_left, go_to_the_service, 303, carries_a_request, AUDIT, NULL, false },
	{ "SAML logout confirmed", have_been_there, come_back, 200, is_shown_as_left, AUDIT, NULL, false },
	{ "SAML logout answered", be_on_the_page_of_the_result, finish, 303, says_partial, AUDIT, NULL, false },
};

static void each_step_of_a_logout_survives_each_call_that_fails(void **state)
{
	struct world *w = *state;

	torture_run_all(operations, sizeof operations / sizeof *operations, w, w->idp->store);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(each_step_of_a_logout_survives_each_call_that_fails) };

	return world_run_both(tests, 1);
}
