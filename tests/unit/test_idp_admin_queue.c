/* test_idp_admin_queue.c - the sections "Files d'attente" and "État". */
#include "tests/unit/idp_admin_rig.h"
#include "idp/account/account_desk.h"
#include "idp/session/logout.h"
#include "base/b64.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, admin_setup, world_teardown)

/* Jeanne is signed out while the service does not answer: one word waits. Its id, as text. */
static struct str waiting(struct world *w)
{
	struct browser b = { 0 };
	struct http_resp page = { 0 };
	struct account account;
	struct str encoded;

	(void)redeem(w, get_code(w, &b, ""));
	w->courier_down = true;
	assert_false(failed(account_find(w->idp->store, w->a, STR(EMAIL), &account, &encoded)));
	assert_false(failed(account_close(w->idp, account.id, STR("essai"), STR("test"), w->now_s)));
	assert_int_equal(ctl(w, "queue list --json", &page.body, NULL), 0);
	return json_text(w, page.body, "id");
}

static const char *word_url(struct world *w, struct str id)
{
	return arena_c(w->a, fmt(w, "/files/mot?id=" STR_FMT, STR_ARG(id)));
}

static void an_empty_queue_says_so_and_shows_no_mail_that_is_not_there(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *r;

	admin_enter(w, &b, "exploitation");
	r = admin_get(w, &b, "/files");
	assert_int_equal(r->status, 200);
	assert_true(body_has(r, "Aucun mot n’attend") && body_has(r, "n’envoie pas de courriel"));
}

static void a_word_that_waits_is_shown_tried_and_given_up(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str id = waiting(w);
	const char *url = word_url(w, id);
	struct http_resp *r;

	assert_int_equal(id.n, 32);
	admin_enter(w, &b, "exploitation");
	r = admin_get(w, &b, "/files");
	assert_true(body_has(r, "Élections") && body_has(r, "mot attend"));
	/* nobody is named there */
	assert_false(body_has(r, "Jeanne") || body_has(r, EMAIL));
	r = admin_post(w, &b, url, (const char *const[]){ "acte", "essayer", NULL });
	assert_int_equal(r->status, 303);
	assert_true(body_has(admin_get(w, &b, arena_c(w->a, header(r, "location"))), "C’est demandé"));
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM audit WHERE event = 'logout.hurry' AND actor = 'exploitation' AND client_id = 'elections'"), 1);
	/* giving up wants a reason */
	assert_int_equal(admin_post(w, &b, url, (const char *const[]){ "acte", "abandonner", NULL })->status, 422);
	assert_int_equal(admin_post(w, &b, url, (const char *const[]){ "acte", "abandonner", "raison", "parce que", NULL })->status, 422);
	assert_int_equal(admin_post(w, &b, url, (const char *const[]){ "acte", "vider", NULL })->status, 400);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM logout_queue"), 1);
	r = admin_post(w, &b, url, (const char *const[]){ "acte", "abandonner", "raison", "told", NULL });
	assert_int_equal(r->status, 303);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM logout_queue"), 0);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM audit WHERE event = 'logout.drop.told' AND actor = 'exploitation'"), 1);
	/* it is gone */
	assert_int_equal(admin_get(w, &b, url)->status, 404);
}

static void trying_brings_the_word_when_the_service_is_back(void **state)
{
	struct world *w = *state;
	struct str id = waiting(w), err;

	w->now_s += 2;
	logout_deliver_due(w->idp, w->now_s);
	w->courier_down = false;
	w->now_s += 6;
	assert_int_equal(ctl(w, "queue try 00000000000000000000000000000000", NULL, &err), 1);
	assert_int_equal(ctl(w, "queue try x", NULL, &err), 2);
	assert_int_equal(ctl(w, "queue drop x --reason told", NULL, &err), 2);
	assert_int_equal(ctl(w, arena_c(w->a, fmt(w, "queue drop " STR_FMT, STR_ARG(id))), NULL, &err), 2);
	assert_int_equal(ctl(w, arena_c(w->a, fmt(w, "queue try " STR_FMT, STR_ARG(id))), NULL, &err), 0);
	logout_deliver_due(w->idp, w->now_s);
	assert_int_equal(w->fetch_n, 1);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM logout_queue"), 0);
	assert_int_equal(count_audit(w, "logout.hurry", ""), 1);
}

static void forms_of_others_and_wrong_names_change_nothing(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 }, comptes = { 0 };
	const char *url = word_url(w, waiting(w));

	admin_enter(w, &b, "exploitation");
	admin_enter(w, &comptes, "comptes");
	assert_int_equal(admin_send(w, &b, HTTP_POST, url, (struct http_pair[]){ { STR("acte"), STR("abandonner") }, { STR("raison"), STR("told") } }, 2)->status, 403);
	assert_int_equal(admin_get(w, &comptes, url)->status, 403);
	assert_int_equal(admin_get(w, &comptes, "/files")->status, 403);
	assert_int_equal(admin_get(w, &comptes, "/etat")->status, 403);
	assert_int_equal(admin_get(w, &b, "/files/mot?id=x")->status, 404);
	assert_int_equal(admin_get(w, &b, "/files/mot")->status, 404);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM logout_queue"), 1);
}

static void the_state_tells_what_is_there(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *r;
	struct str out;

	admin_enter(w, &b, "exploitation");
	(void)waiting(w);
	r = admin_get(w, &b, "/etat");
	assert_int_equal(r->status, 200);
	assert_true(body_has(r, "Tout répond") && body_has(r, "clés publiées") && body_has(r, "0.1.0"));
	assert_int_equal(ctl(w, "status --json", &out, NULL), 0);
	assert_int_equal(json_number(out, "logout_waiting"), 1);
	assert_int_equal(json_number(out, "agent_sessions"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_empty_queue_says_so_and_shows_no_mail_that_is_not_there),
		TEST(a_word_that_waits_is_shown_tried_and_given_up),
		TEST(trying_brings_the_word_when_the_service_is_back),
		TEST(forms_of_others_and_wrong_names_change_nothing),
		TEST(the_state_tells_what_is_there),
	};

	return world_run_both(tests, sizeof tests / sizeof *tests);
}
