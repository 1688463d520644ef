/* test_fault_kit_saml.c - signing in and out at a service that speaks SAML, with the first, second, … nth call of its
 * store and of each role failing. */
#include "tests/unit/kit_saml_rig.h"
#include "tests/fault/inject.h"

static struct walk { const char *form, *url; } k;

static struct err forget_tx(struct store_tx *tx, void *arg) { return store_exec(tx, "DELETE FROM kit_memory", NULL); }

static void start_walk(void)
{
	struct err e = store_tx(kit_store(t.kit), QUICK, forget_tx, NULL);

	assert_false(failed(e));
	memset(t.jar, 0, sizeof t.jar);
	k = (struct walk){ .form = NULL };
}

static bool is_signed_in(void *world)
{
	(void)world;
	ask(HTTP_GET, "/", NULL, false);
	return t.resp->status == 200;
}

static bool is_signed_out(void *world) { return !is_signed_in(world); }

/* ---- in ---- */

static void come_back_from_the_provider(void *world)
{
	(void)world;
	start_walk();
	k.form = answer_to_login();
}

static int finish_sign_in(void *world)
{
	(void)world;
	ask(HTTP_POST, "/retour", k.form, true);
	return t.resp->status;
}

/* ---- out, by its own button ---- */

static void be_about_to_leave(void *world)
{
	char csrf[512];

	(void)world;
	start_walk();
	sign_in();
	query_value(arena_c(t.saml->a, t.resp->body), "csrf", csrf, sizeof csrf);
	k.form = arena_printf(t.saml->a, "csrf=%s", csrf).p;
}

/* Out of this service, and told that the account is still open: true, and not what was asked for. */
static int leave(void *world)
{
	(void)world;
	ask(HTTP_POST, "/deconnexion", k.form, false);
	return t.resp->status == 200 && !shows("De ce service et de votre compte citoyen") ? 409 : t.resp->status;
}

static void be_back_from_leaving(void *world)
{
	struct sign_saml_logout_response r = { .binding = SIGN_BINDING_REDIRECT, .destination = STR(SLO), .issued_at_s = NOON };
	struct str query;

	be_about_to_leave(world);
	assert_int_equal(leave(world), 303);
	r.in_response_to = str_from_c(t.asked);
	query = saml_written(t.saml, t.saml->idp, SIGN_SAML_LOGOUT_RESPONSE, ipc_sign_saml_logout_response_io, &r).text;
	k.url = arena_printf(t.saml->a, "/saml/slo?" STR_FMT, STR_ARG(query)).p;
}

static int read_answer(void *world)
{
	(void)world;
	ask(HTTP_GET, k.url, NULL, false);
	return t.resp->status;
}

static bool everybody_was_told(void *world)
{
	(void)world;
	return strcmp(location(), "/deconnexion/retour") == 0 && is_signed_out(world);
}

/* ---- out, by the provider ---- */

static void be_signed_in(void *world)
{
	struct sign_saml_logout_request r = order(SIGN_BINDING_POST);

	(void)world;
	start_walk();
	sign_in();
	k.form = saml_form(t.saml, "SAMLRequest", saml_written(t.saml, t.saml->idp, SIGN_SAML_LOGOUT_REQUEST, ipc_sign_saml_logout_request_io, &r).text, "x");
}

static int receive_order(void *world)
{
	(void)world;
	ask(HTTP_POST, "/saml/slo", k.form, true);
	return t.resp->status;
}

static bool is_signed_out_and_answered(void *world)
{
	return strstr(location(), "/saml/slo?SAMLResponse=") && is_signed_out(world);
}

/* ---- all of them ---- */

#define LOGS " kit_audit kit_chain "
/* Sessions and used answers of libguichet-sp. An answer is used up first, and believed then. */
#define MEMORY " kit_memory "

static const struct operation operations[] = {
	{ "SAML sign-in at a service", come_back_from_the_provider, finish_sign_in, 303, is_signed_in, LOGS MEMORY, NULL, true },
	{ "SAML sign-out at a service", be_about_to_leave, leave, 303, is_signed_out, LOGS MEMORY, is_signed_out, true },
	{ "SAML answer to a sign-out", be_back_from_leaving, read_answer, 303, everybody_was_told, LOGS MEMORY, NULL, true },
	{ "SAML logout order of the provider", be_signed_in, receive_order, 303, is_signed_out_and_answered, LOGS MEMORY, NULL, true },
};

static void each_operation_survives_each_call_that_fails(void **state)
{
	(void)state;
	torture_run_all(operations, sizeof operations / sizeof *operations, NULL, kit_store(t.kit));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(each_operation_survives_each_call_that_fails, set_up, tear_down) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
