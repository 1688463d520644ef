/* test_idp_admin_audit.c - the section "Journal": searching, exporting, verifying. */
#include "tests/unit/idp_admin_rig.h"
#include "idp/admin/audit_acts.h"
#include <stdio.h>

#define TEST(f) cmocka_unit_test_setup_teardown(f, admin_setup, world_teardown)
#define NOTHING (const char *const[]){ NULL }

static size_t count_of(const struct http_resp *r, const char *text)
{
	struct str rest = r->body;
	size_t n = 0;
	const char *at;

	while (rest.n && (at = memmem(rest.p, rest.n, text, strlen(text)))) {
		n++;
		rest = str_slice(rest, (size_t)(at - rest.p) + 1, rest.n);
	}
	return n;
}

static void refusals(struct world *w, int n)
{
	for (int i = 0; i < n; i++)
		(void)world_get(w, NULL, arena_c(w->a, fmt(w, "/oidc/authorize?client_id=nobody-%d", i)));
	assert_int_equal(count_audit(w, "oidc.authz.refuse", ""), n);
}

static void a_search_finds_by_event_actor_partner_outcome_and_day(void **state)
{
	static const struct { const char *query; const char *has, *lacks; } cases[] = {
		{ "", "oidc.authz.refuse", NULL },
		{ "?evenement=oidc", "oidc.authz.refuse", "account.add" },
		{ "?evenement=oidc.authz.refuse", "oidc.authz.refuse", "account.add" },
		{ "?evenement=account", "account.add", "oidc.authz" },
		{ "?evenement=acc", NULL, "account.add" },
		{ "?evenement=%25", NULL, "account.add" },
		{ "?acteur=test", "account.add", "oidc.authz" },
		{ "?acteur=tes", NULL, "account.add" },
		{ "?acteur=audit", NULL, "account.add" },
		{ "?partenaire=elections", "partner.add", "account.add" },
		{ "?partenaire=election", NULL, "partner.add" },
		{ "?issue=refused", "oidc.authz.refuse", "account.add" },
		{ "?issue=done", "account.add", "oidc.authz.refuse" },
		{ "?du=2027-01-15&au=2027-01-15", "oidc.authz.refuse", "account.add" },
		{ "?du=2027-01-16", NULL, "oidc.authz.refuse" },
		{ "?au=2027-01-14", "account.add", "oidc.authz.refuse" } };
	struct world *w = *state;
	struct browser b = { 0 };

	admin_enter(w, &b, "audit");
	refusals(w, 3);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct http_resp *r = admin_get(w, &b, arena_c(w->a, fmt(w, "/journal%s", cases[i].query)));
		char cell[80] = "";

		snprintf(cell, sizeof cell, "data-label=\"Événement\">%s", cases[i].lacks ? cases[i].lacks : "-");
		if (r->status != 200 || (cases[i].has && !body_has(r, cases[i].has)) || body_has(r, cell))
			fail_msg("%s: %d " STR_FMT, cases[i].query, r->status, STR_ARG(r->body));
	}
}

static void what_cannot_be_searched_is_said_and_kept(void **state)
{
	static const char *const queries[] = { "?du=2027-13-01", "?du=hier", "?au=2027-02-30", "?du=2027-01-16&au=2027-01-15", "?issue=peut-etre", "?du=0000-01-01" };
	struct world *w = *state;
	struct browser b = { 0 };
	struct str long_text = fmt(w, "/journal?evenement=%0201d", 1);

	admin_enter(w, &b, "audit");
	for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
		struct http_resp *r = admin_get(w, &b, arena_c(w->a, fmt(w, "/journal%s", queries[i])));

		if (r->status != 422 || !body_has(r, "role=\"alert\""))
			fail_msg("%s: %d", queries[i], r->status);
	}
	assert_int_equal(admin_get(w, &b, arena_c(w->a, long_text))->status, 422);
	assert_true(body_has(admin_get(w, &b, "/journal?du=hier&evenement=login"), "value=\"login\""));
	assert_true(body_has(admin_get(w, &b, "/journal?acteur=%3Cscript%3E"), "&lt;script&gt;"));
}

static void pages_follow_one_another_without_a_gap(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *r;
	const char *at;
	struct str url;
	size_t seen;

	admin_enter(w, &b, "audit");
	refusals(w, 70);
	r = admin_get(w, &b, "/journal?evenement=oidc.authz.refuse");
	seen = count_of(r, "data-label=\"Événement\">oidc.authz.refuse");
	assert_int_equal(seen, 50);
	at = memmem(r->body.p, r->body.n, "id=\"plus-ancien\" href=\"", 23);
	assert_non_null(at);
	url = (struct str){ at + 23, r->body.n - (size_t)(at + 23 - r->body.p) };
	url = str_slice(url, 0, str_index(url, '"'));
	char plain[400];
	size_t n = 0;
	for (size_t i = 0; i < url.n && n < sizeof plain - 1; i++) {
		plain[n++] = url.p[i];
		if (str_starts(str_slice(url, i, url.n), STR("&amp;")))
			i += 4;
	}
	plain[n] = '\0';
	r = admin_get(w, &b, plain);
	assert_int_equal(count_of(r, "data-label=\"Événement\">oidc.authz.refuse"), 20);
	assert_false(body_has(r, "plus-ancien"));
}

static struct str csv(struct world *w, const char *text)
{
	AUTO(buf_done) struct buf b = { .max = 1024 };

	audit_csv_field(&b, str_from_c(text));
	return arena_dup(w->a, buf_str(&b));
}

static void a_field_of_a_csv_is_no_formula_and_no_second_field(void **state)
{
	static const struct { const char *in, *out; } cases[] = {
		{ "login.ok", "login.ok" }, { "", "" }, { "a,b", "\"a,b\"" }, { "a\"b", "\"a\"\"b\"" }, { "a\r\nb", "\"a\r\nb\"" },
		{ "=1+1", "\"'=1+1\"" }, { "+33", "\"'+33\"" }, { "-1", "\"'-1\"" }, { "@SUM(A1)", "\"'@SUM(A1)\"" }, { "\t=1", "\"'\t=1\"" },
		{ "\r=1", "\"'\r=1\"" }, { "=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\"" }, { "=\",=1", "\"'=\"\",=1\"" } };
	struct world *w = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(arena_c(w->a, csv(w, cases[i].in)), cases[i].out);
}

static void an_export_is_a_file_and_is_itself_audited(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *r;

	admin_enter(w, &b, "audit");
	refusals(w, 3);
	/* without the form's token: nothing leaves, nothing is written */
	r = admin_send(w, &b, HTTP_POST, "/journal/export", NULL, 0);
	assert_int_equal(r->status, 403);
	assert_int_equal(count_audit(w, "audit.export", ""), 0);
	r = admin_post(w, &b, "/journal/export?issue=refused", NOTHING);
	assert_int_equal(r->status, 200);
	assert_true(str_starts(r->content_type, STR("text/csv")) && str_starts(header(r, "content-disposition"), STR("attachment")));
	assert_true(str_starts(r->body, STR("time,event,reason,partner,actor,request,count\r\n")));
	assert_int_equal(count_of(r, "oidc.authz.refuse"), 3);
	assert_false(body_has(r, "account.add"));
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM audit WHERE event = 'audit.export' AND actor = 'audit'"), 1);
	assert_int_equal(admin_get(w, &b, "/journal/export?du=hier")->status, 303);
}

static void an_export_that_is_too_large_says_where_it_was_cut(void **state)
{
	struct world *w = *state;
	struct audit_filter f = { .event = STR("oidc.authz.refuse") };
	AUTO(buf_done) struct buf first = { .max = 6000 };
	AUTO(buf_done) struct buf rest = { .max = 100000 };
	struct str cut = STR_NONE;
	size_t lines = 0, more = 0;

	refusals(w, 60);
	assert_false(failed(audit_export(w->idp->store, &f, &first, w->a, &lines, &cut)));
	assert_true(lines > 5 && lines < 60 && cut.n > 0);
	f.before_id = cut;
	assert_false(failed(audit_export(w->idp->store, &f, &rest, w->a, &more, &cut)));
	assert_int_equal(lines + more, 60);
	assert_int_equal(cut.n, 0);
}

static MUST struct err take_away_tx(struct store_tx *tx, void *unused)
{
	return store_exec(tx, "DELETE FROM audit WHERE event = 'account.add'", NULL);
}

static void verifying_says_intact_or_what_was_altered_and_is_audited(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *r;
	bool more = true;

	admin_enter(w, &b, "audit");
	refusals(w, 3);
	w->now_s += 120;
	while (more)
		assert_false(failed(audit_seal(w->idp->audit, w->idp->store, w->idp->keys, w->now_s, &more)));
	assert_int_equal(admin_send(w, &b, HTTP_POST, "/journal/verifier", NULL, 0)->status, 403);
	r = admin_post(w, &b, "/journal/verifier", NOTHING);
	assert_int_equal(r->status, 200);
	assert_true(body_has(r, "Le journal est intact"));
	struct str out;
	assert_int_equal(ctl(w, "audit verify --json", &out, NULL), 0);
	assert_true(json_text(w, out, "hash").n == 64 && body_has(r, arena_c(w->a, json_text(w, out, "hash"))));
	/* somebody takes an entry away */
	assert_false(failed(store_tx(w->idp->store, DURABLE, take_away_tx, NULL)));
	r = admin_post(w, &b, "/journal/verifier", NOTHING);
	assert_true(body_has(r, "Le journal a été altéré") && body_has(r, "Il manque des entrées"));
	assert_int_equal(ctl(w, "audit verify", NULL, &out), 1);
	assert_int_equal(count_audit(w, "audit.verify", "audit.entry.missing"), 2);
	assert_int_equal(count_audit(w, "audit.verify", ""), 4);
}

static void the_same_by_guichetctl(void **state)
{
	struct world *w = *state;
	struct http_resp page = { 0 };
	struct str err;

	refusals(w, 3);
	assert_int_equal(ctl(w, "audit search --event oidc --outcome refused --json", &page.body, NULL), 0);
	assert_int_equal(count_of(&page, "oidc.authz.refuse"), 3);
	assert_int_equal(ctl(w, "audit search --from hier", NULL, &err), 2);
	assert_int_equal(ctl(w, "audit search --outcome perhaps", NULL, &err), 2);
	assert_int_equal(ctl(w, "audit search --event oidc --n 2", &page.body, &err), 0);
	page.body = err;
	assert_true(body_has(&page, "--before "));
	/* also of everything, and from where an earlier one ended */
	assert_int_equal(ctl(w, "audit search --n 1", &page.body, &err), 0);
	page.body = err;
	assert_true(body_has(&page, "--before "));
	assert_int_equal(ctl(w, "audit export --event oidc", &page.body, NULL), 0);
	assert_true(str_starts(page.body, STR("time,event,")) && count_of(&page, "oidc.authz.refuse") == 3);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM audit WHERE event = 'audit.export' AND actor = 'test'"), 1);
	assert_int_equal(ctl(w, "audit verify --after x", NULL, NULL), 2);
	assert_int_equal(ctl(w, "audit tail --n 2 --json", &page.body, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_search_finds_by_event_actor_partner_outcome_and_day),
		TEST(what_cannot_be_searched_is_said_and_kept),
		TEST(pages_follow_one_another_without_a_gap),
		TEST(a_field_of_a_csv_is_no_formula_and_no_second_field),
		TEST(an_export_is_a_file_and_is_itself_audited),
		TEST(an_export_that_is_too_large_says_where_it_was_cut),
		TEST(verifying_says_intact_or_what_was_altered_and_is_audited),
		TEST(the_same_by_guichetctl),
	};

	return world_run_both(tests, sizeof tests / sizeof *tests);
}
