/* test_idp_admin_page.c - the frame of the administration pages: who may open what, and which forms count. */
#include "tests/unit/idp_admin_rig.h"
#include "idp/admin/certificate.h"
#include "idp/session/session.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, admin_setup, world_teardown)

static bool leads_to(const struct http_resp *r, const char *path)
{
	return r->status == 303 && str_starts(header(r, "location"), str_from_c(path));
}

static void without_a_session_every_page_leads_to_the_sign_in_and_back(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < idp_route_n; i++) {
		struct browser b = { 0 };
		struct http_resp *r;

		if (idp_routes[i].rule != RULE_ADMIN)
			continue;
		r = admin_send(w, &b, idp_routes[i].method, arena_c(w->a, fmt(w, "%s?id=x&y=%%26", idp_routes[i].path)), NULL, 0);
		if (!leads_to(r, "/connexion/agent?retour="))
			fail_msg("%s: %d", idp_routes[i].path, r->status);
		assert_true(str_eq(location_param(w, r, "retour"), fmt(w, "%s?id=x&y=%%26", idp_routes[i].path)));
		assert_true(half_is_path(location_param(w, r, "retour")));
	}
}

static void a_citizens_session_opens_no_page_of_administration(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };

	sign_in(w, &b, world_get(w, &b, "/connexion"), EMAIL, PASSWORD);
	assert_true(leads_to(admin_get(w, &b, "/partenaires"), "/connexion/agent?retour="));
}

/* Every cell: each right against each route. */
static void a_right_opens_its_own_routes_and_no_others(void **state)
{
	struct world *w = *state;

	for (unsigned right = 0; right < ADMIN_RIGHT_COUNT; right++) {
		struct browser b = { 0 };

		admin_enter(w, &b, admin_right_name((enum admin_right)right));
		for (size_t i = 0; i < idp_route_n; i++) {
			const struct engine_route *t = &idp_routes[i];
			struct http_resp *r;
			bool may = t->right & 1u << right, denied;

			if (t->rule != RULE_ADMIN)
				continue;
			r = admin_send(w, &b, t->method, t->path, NULL, 0);
			denied = r->outcome.slug && str_eq_c(STR("admin.right"), r->outcome.slug);
			if (may == denied)
				fail_msg("%s on %s: %d %s", admin_right_name((enum admin_right)right), t->path, r->status, r->outcome.slug ? r->outcome.slug : "");
			if (denied)
				assert_true(r->status == 403 && body_has(r, "ne fait pas partie de vos droits"));
		}
	}
}

static void an_agent_without_a_right_of_administration_reads_that_there_is_none(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *r;

	admin_enter(w, &b, "alice");
	r = admin_get(w, &b, "/");
	assert_int_equal(r->status, 403);
	assert_false(body_has(r, "/partenaires"));
	assert_int_equal(count_audit(w, "admin.refuse", "admin.right"), 1);
}

static void a_right_that_is_gone_closes_the_next_page(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };

	admin_enter(w, &b, "partenaires");
	assert_int_equal(admin_get(w, &b, "/partenaires")->status, 200);
	leave_group(w, "partenaires");
	w->now_s += 25;
	agent_tick(w->idp, w->now_s);
	assert_int_not_equal(admin_get(w, &b, "/partenaires")->status, 200);
}

static void the_navigation_shows_what_one_may_and_nothing_else(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *r;

	admin_enter(w, &b, "audit");
	r = admin_get(w, &b, "/");
	assert_int_equal(r->status, 200);
	assert_false(body_has(r, "href=\"/partenaires\""));
	assert_true(body_has(r, "Admin audit"));
}

static void every_post_has_a_get_at_the_same_address(void **state)
{
	for (size_t i = 0; i < idp_route_n; i++) {
		bool found = false;

		if (idp_routes[i].rule != RULE_ADMIN || idp_routes[i].method != HTTP_POST)
			continue;
		for (size_t k = 0; k < idp_route_n; k++)
			found |= idp_routes[k].listener == HTTP_ADMIN && idp_routes[k].method == HTTP_GET && strcmp(idp_routes[k].path, idp_routes[i].path) == 0;
		if (!found)
			fail_msg("%s: whoever signs in on the way to it comes back to nothing", idp_routes[i].path);
	}
}

static void routes_of_one_listener_are_not_on_the_other(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };

	assert_int_equal(world_get(w, &b, "/partenaires")->status, 404);
	assert_int_equal(admin_get(w, &b, "/mon-compte")->status, 404);
	assert_int_equal(admin_get(w, &b, "/oidc/authorize")->status, 404);
	assert_int_equal(admin_get(w, &b, "/connexion")->status, 404);
	assert_int_equal(admin_get(w, &b, "/connexion/agent")->status, 200);
}

static void a_form_of_another_session_or_none_changes_nothing(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 }, other = { 0 };
	struct http_pair form[2] = { { STR("etat"), STR("suspendu") }, { STR("csrf"), STR_NONE } };
	const char *url = "/partenaires/etat?id=elections";

	w->idp->set.agent_session_idle_s = 3600;
	admin_enter(w, &b, "partenaires");
	assert_int_equal(admin_send(w, &b, HTTP_POST, url, form, 1)->status, 403);
	assert_int_equal(count_audit(w, "admin.refuse", "admin.csrf"), 1);
	form[1].value = STR("n'importe quoi");
	assert_int_equal(admin_send(w, &b, HTTP_POST, url, form, 2)->status, 403);
	/* the same person, in another session */
	admin_enter(w, &other, "partenaires");
	form[1].value = hidden(w, admin_get(w, &other, url), "csrf");
	assert_true(form[1].value.n > 0);
	assert_int_equal(admin_send(w, &b, HTTP_POST, url, form, 2)->status, 403);
	form[1].value = hidden(w, admin_get(w, &b, url), "csrf");
	w->now_s += w->idp->set.flow_ttl_s;
	assert_true(body_has(admin_send(w, &b, HTTP_POST, url, form, 2), "n’est plus valable"));
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM client WHERE state <> 'active'"), 0);
}

static void what_is_dangerous_wants_a_recent_proof(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };

	admin_enter(w, &b, "partenaires");
	w->now_s += FRESH_FORM;
	assert_int_equal(admin_get(w, &b, "/partenaires/etat?id=elections")->status, 200);
	w->now_s++;
	assert_true(leads_to(admin_get(w, &b, "/partenaires/etat?id=elections"),
		"/connexion/agent/confirmer?retour=%2Fpartenaires%2Fetat%3Fid%3Delections"));
	assert_int_equal(admin_get(w, &b, "/partenaires")->status, 200);
}

/* Every act of these sections but looking, searching and making a link that sends nothing. */
static void every_act_wants_a_recent_proof(void **state)
{
	static const char *const free_acts[] = { "/partenaires/essai", "/comptes", "/journal/verifier" };

	(void)state;
	for (size_t i = 0; i < idp_route_n; i++) {
		const struct engine_route *r = &idp_routes[i];
		bool is_free = r->listener != HTTP_ADMIN || r->method != HTTP_POST || r->rule != RULE_ADMIN;

		for (size_t k = 0; k < sizeof free_acts / sizeof *free_acts; k++)
			is_free |= strcmp(r->path, free_acts[k]) == 0;
		if (!is_free && r->fresh_s != FRESH_SEND)
			fail_msg("%s", r->path);
	}
}

static void what_was_typed_outlives_an_old_proof(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_pair form[] = { { STR("etat"), STR("suspendu") }, { STR("csrf"), STR_NONE }, { STR("note"), STR("<b>\"tapé\"") } };
	struct http_resp *r;

	admin_enter(w, &b, "partenaires");
	w->idp->set.agent_session_idle_s = 3600;
	form[1].value = hidden(w, admin_get(w, &b, "/partenaires/etat?id=elections"), "csrf");
	w->now_s += FRESH_SEND + 1;
	r = admin_send(w, &b, HTTP_POST, "/partenaires/etat?id=elections", form, 3);
	assert_int_equal(r->status, 403);
	assert_true(body_has(r, "Confirmez d’abord que c’est vous"));
	assert_true(body_has(r, "value=\"&lt;b&gt;&quot;tapé&quot;\""));
	assert_true(body_has(r, "action=\"/partenaires/etat?id=elections\""));
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM client WHERE state <> 'active'"), 0);
}

static void no_link_makes_a_page_say_what_has_not_happened(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 }, other = { 0 };
	struct http_resp *r;

	admin_enter(w, &b, "partenaires");
	admin_enter(w, &other, "partenaires");
	assert_false(body_has(admin_get(w, &b, "/partenaires/fiche?id=elections&fait=disabled"), "Ce partenaire est suspendu"));
	assert_false(body_has(admin_get(w, &b, "/partenaires/fiche?id=elections&fait=disabled&sceau=x"), "Ce partenaire est suspendu"));
	r = admin_post(w, &other, "/partenaires/etat?id=elections", (const char *const[]){ "etat", "suspendu", NULL });
	assert_int_equal(r->status, 303);
	assert_true(body_has(admin_get(w, &other, arena_c(w->a, header(r, "location"))), "Ce partenaire est suspendu"));
	assert_false(body_has(admin_get(w, &b, arena_c(w->a, header(r, "location"))), "Ce partenaire est suspendu"));
}

static void certificates_that_are_cut_or_lie_about_their_length_are_refused(void **state)
{
	static const char *const bad[] = { "", "\x30", "\x30\x80", "\x30\x84\xff\xff\xff\xff", "\x30\x03\x30\x01", "\x30\x82\x01", "\x31\x02\x30\x00",
		"\x30\x02\x30\x00" };
	struct world *w = *state;
	struct certificate c;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_true(failed(certificate_read(w->a, str_from_c(bad[i]), &c)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_a_session_every_page_leads_to_the_sign_in_and_back), TEST(a_citizens_session_opens_no_page_of_administration),
		TEST(a_right_opens_its_own_routes_and_no_others), TEST(an_agent_without_a_right_of_administration_reads_that_there_is_none),
		TEST(a_right_that_is_gone_closes_the_next_page), TEST(the_navigation_shows_what_one_may_and_nothing_else),
		TEST(every_post_has_a_get_at_the_same_address), TEST(routes_of_one_listener_are_not_on_the_other),
		TEST(a_form_of_another_session_or_none_changes_nothing), TEST(what_is_dangerous_wants_a_recent_proof),
		TEST(every_act_wants_a_recent_proof), TEST(what_was_typed_outlives_an_old_proof), TEST(no_link_makes_a_page_say_what_has_not_happened),
		TEST(certificates_that_are_cut_or_lie_about_their_length_are_refused),
	};

	return world_run_both(tests, sizeof tests / sizeof *tests);
}
