/* Forms and receipts through the kit: shown, sent, kept over the end of a session; whose they are. On SQLite
 * and on PostgreSQL. */
#include "tests/unit/kit_calls.h"
#include "base/seal.h"

/* ---- through the pages ---- */

static void body_of(struct browser *b, const char *path, const char *text, char *out, size_t n)
{
	char form_id[512], csrf[512];

	ask(b, HTTP_GET, path, NULL);
	assert_status(b, 200);
	hidden(b, "form_id", form_id, sizeof form_id);
	hidden(b, "csrf", csrf, sizeof csrf);
	snprintf(out, n, "form_id=%s&csrf=%s&text=%s", form_id, csrf, text);
}

static void without_an_account_the_receipt_is_shown_and_its_code_stands_nowhere(void **state)
{
	char body[2048], number[32], code[32], follow_up[128];
	BROWSER(b);
	BROWSER(stranger);

	(void)state;
	body_of(&b, "/signalement", "lampadaire", body, sizeof body);
	ask(&b, HTTP_POST, "/signalement", body);
	assert_status(&b, 303);
	assert_true(str_eq(header(&b, "location"), STR("/recu")));
	ask(&b, HTTP_GET, "/recu", NULL);
	assert_status(&b, 200);
	part_after(b.resp->body, "number=", ';', number, sizeof number);
	part_after(b.resp->body, "code=", ';', code, sizeof code);
	assert_true(shows(&b, "text=lampadaire;first"));
	assert_null(strstr(jar_value(&b, "__Host-recepisse"), code));
	ask(&b, HTTP_GET, "/recu", NULL);
	assert_status(&b, 200);
	ask(&stranger, HTTP_GET, "/recu", NULL);
	assert_status(&stranger, 404);
	/* Its number in the address helps nobody: it asks for an account. */
	ask(&stranger, HTTP_GET, "/recu?numero=SI-2027-000001", NULL);
	assert_status(&stranger, 404);
	snprintf(follow_up, sizeof follow_up, "numero=%s&code=%s", number, code);
	ask(&stranger, HTTP_POST, "/suivi", follow_up);
	assert_status(&stranger, 200);
	assert_true(shows(&stranger, "text=lampadaire;first"));
	ask(&b, HTTP_POST, "/signalement", body);
	ask(&b, HTTP_GET, "/recu", NULL);
	assert_true(shows(&b, ";already"));
	w.now_s += 901;
	ask(&b, HTTP_GET, "/recu", NULL);
	assert_status(&b, 404);
}

static void looking_writes_nothing(void **state)
{
	char body[2048];
	int64_t before;
	BROWSER(b);

	(void)state;
	body_of(&b, "/signalement", "lampadaire", body, sizeof body);
	assert_int_equal(rows(EVERYTHING), 0);
	ask(&b, HTTP_POST, "/signalement", body);
	before = rows(EVERYTHING);
	assert_int_equal(before, 4);      /* the filing, its answer, the sequence, the audit entry */
	ask(&b, HTTP_GET, "/recu", NULL);
	ask(&b, HTTP_GET, "/signalement", NULL);
	ask(&b, HTTP_POST, "/suivi", "numero=SI-2027-000001&code=0000-0000-0000");
	assert_status(&b, 404);
	assert_int_equal(rows(EVERYTHING), before);
}

static void forms_of_citizens_and_of_nobody_are_not_taken_for_each_other(void **state)
{
	char mine[2048], nobodys[2048], mixed[2048], form_id[512], csrf[512];
	BROWSER(b);

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	body_of(&b, "/compte", "a", mine, sizeof mine);
	hidden(&b, "csrf", csrf, sizeof csrf);
	body_of(&b, "/signalement", "a", nobodys, sizeof nobodys);
	hidden(&b, "form_id", form_id, sizeof form_id);
	ask(&b, HTTP_POST, "/signalement", mine);
	assert_status(&b, 403);
	ask(&b, HTTP_POST, "/compte", nobodys);
	assert_status(&b, 403);
	snprintf(mixed, sizeof mixed, "form_id=%s&csrf=%s&text=a", form_id, csrf);
	ask(&b, HTTP_POST, "/compte", mixed);
	assert_status(&b, 422);
	assert_true(shows(&b, "expired"));
	assert_int_equal(rows(DEMANDES), 0);
	/* Signed in or not, a form without an account is filed without one. */
	ask(&b, HTTP_POST, "/signalement", nobodys);
	assert_status(&b, 303);
	assert_int_equal(rows("SELECT COUNT(*) FROM kit_demande WHERE pseudonym = ''"), 1);
	ask(&b, HTTP_POST, "/compte", mine);
	assert_true(str_eq(header(&b, "location"), STR("/recu?numero=SI-2027-000002")));
	ask(&b, HTTP_GET, "/demandes", NULL);
	assert_true(shows(&b, "Signalement"));
	assert_false(shows(&b, "SI-2027-000001"));
}

static void a_page_left_open_for_days_is_filed_and_one_for_weeks_is_asked_again(void **state)
{
	char body[2048];
	BROWSER(b);

	(void)state;
	body_of(&b, "/signalement", "lampadaire", body, sizeof body);
	w.now_s += 6 * DAY;
	ask(&b, HTTP_POST, "/signalement", body);
	assert_status(&b, 303);
	body_of(&b, "/signalement", "lampadaire", body, sizeof body);
	w.now_s += 7 * DAY + 1;
	ask(&b, HTTP_POST, "/signalement", body);
	assert_status(&b, 422);
	assert_true(shows(&b, "text=lampadaire;expired"));
	assert_int_equal(rows(DEMANDES), 1);
}

/* As form.c seals it: number, citizen, when. */
struct sealed { struct str id, pseudonym; int64_t issued_at_s; };

static void sealed_io(struct frame_io *io, void *m)
{
	struct sealed *s = m;

	io_str(io, &s->id);
	io_str(io, &s->pseudonym);
	io_i64(io, &s->issued_at_s);
}

static void a_form_without_a_number_is_none(void **state)
{
	struct sealed s = { STR("number"), STR("jeanne"), w.now_s };
	struct kit_form form;
	struct str text = STR_NONE;
	CALL(c);

	(void)state;
	must(seal(c.arena, w.kit->keys, STR("kit.form"), sealed_io, &s, &text));
	must(kit_form_open(w.kit, &c.req, text, &form));
	s.id = STR_NONE;
	must(seal(c.arena, w.kit->keys, STR("kit.form"), sealed_io, &s, &text));
	refused(kit_form_open(w.kit, &c.req, text, &form), ERR_MALFORMED, "kit.form");
}

/* ---- errors ---- */

static void a_page_that_failed_for_a_moment_is_asked_for_again_whole(void **state)
{
	BROWSER(b);
	CALL(c);

	(void)state;
	c.req.path = STR("/demande");
	c.req.raw_query = STR("numero=SI-2027-000001");
	b.resp = kit_error(w.kit, &c.req, err_of(BUSY, "store.busy"));
	assert_true(shows(&b, "href=\"/demande?numero=SI-2027-000001\""));
	c.req.raw_query = STR_NONE;
	b.resp = kit_error(w.kit, &c.req, err_of(BUSY, "store.busy"));
	assert_true(shows(&b, "href=\"/demande\""));
	/* What was sent is not: only its form can send it again. */
	c.req.method = HTTP_POST;
	b.resp = kit_error(w.kit, &c.req, err_of(BUSY, "store.busy"));
	assert_status(&b, 503);
	assert_false(shows(&b, "Réessayer</a>"));
}

/* ---- drafts ---- */

static void long_text(char *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (char)('a' + i % 26);
	out[n] = 0;
}

static void a_long_form_sent_after_the_session_ended_loses_nothing(void **state)
{
	static char text[4096], body[8192], again[8192], form_id[512], csrf[512];
	BROWSER(b);

	(void)state;
	long_text(text, 3700);
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	body_of(&b, "/compte", text, body, sizeof body);
	jar_drop(&b, "__Host-session");
	ask(&b, HTTP_POST, "/compte", body);
	assert_status(&b, 303);
	assert_true(str_eq(header(&b, "location"), STR("/connexion?retour=%2Fcompte")));
	assert_true(*jar_value(&b, "__Host-brouillon") && *jar_value(&b, "__Host-brouillon2"));
	assert_true(strlen(jar_value(&b, "__Host-brouillon")) + strlen(jar_value(&b, "__Host-brouillon2")) < 7000);
	sign_in(&b, "jeanne", "Jeanne", "%2Fcompte");
	ask(&b, HTTP_GET, "/compte", NULL);
	assert_true(shows(&b, text) && shows(&b, ";expired"));
	hidden(&b, "form_id", form_id, sizeof form_id);
	hidden(&b, "csrf", csrf, sizeof csrf);
	snprintf(again, sizeof again, "form_id=%s&csrf=%s&text=%s", form_id, csrf, text);
	ask(&b, HTTP_POST, "/compte", again);
	assert_status(&b, 303);
	assert_string_equal(jar_value(&b, "__Host-brouillon"), "");
	assert_string_equal(jar_value(&b, "__Host-brouillon2"), "");
	assert_int_equal(rows(DEMANDES), 1);
}

enum { EIGHT_DAYS_S = 8 * 86400 };

/* A tab that lay about for longer than a form is good: whoever is signed in by now, or is not, finds it all there. */
static void a_form_that_was_open_for_eight_days_loses_nothing(void **state)
{
	char body[2048];
	BROWSER(b);

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	body_of(&b, "/compte", "ancien", body, sizeof body);
	w.now_s += EIGHT_DAYS_S;
	ask(&b, HTTP_POST, "/compte", body);
	assert_status(&b, 303);
	sign_in(&b, "jeanne", "Jeanne", "%2Fcompte");
	ask(&b, HTTP_GET, "/compte", NULL);
	assert_true(shows(&b, "text=ancien;expired"));
	ask(&b, HTTP_POST, "/compte", body);
	assert_status(&b, 422);
	assert_true(shows(&b, "text=ancien;expired"));
	assert_int_equal(rows(DEMANDES), 0);
	/* Of somebody else it is nothing at all. */
	jar_drop(&b, "__Host-session");
	sign_in(&b, "paul", "Paul", "%2F");
	ask(&b, HTTP_POST, "/compte", body);
	assert_status(&b, 403);
}

/* Either half of a form alone is enough to ask again; and one that is yet to be made is forged. */
static void each_half_of_a_form_has_its_own_age(void **state)
{
	char old_id[512], old_csrf[512], form_id[512], csrf[512], body[2048];
	BROWSER(b);

	(void)state;
	ask(&b, HTTP_GET, "/signalement", NULL);
	hidden(&b, "form_id", old_id, sizeof old_id);
	hidden(&b, "csrf", old_csrf, sizeof old_csrf);
	w.now_s += EIGHT_DAYS_S;
	ask(&b, HTTP_GET, "/signalement", NULL);
	hidden(&b, "form_id", form_id, sizeof form_id);
	hidden(&b, "csrf", csrf, sizeof csrf);
	snprintf(body, sizeof body, "form_id=%s&csrf=%s&text=a", old_id, csrf);
	ask(&b, HTTP_POST, "/signalement", body);
	assert_status(&b, 422);
	snprintf(body, sizeof body, "form_id=%s&csrf=%s&text=a", form_id, old_csrf);
	ask(&b, HTTP_POST, "/signalement", body);
	assert_status(&b, 422);
	assert_int_equal(rows(DEMANDES), 0);
	body_of(&b, "/signalement", "a", body, sizeof body);
	w.now_s -= DAY;
	ask(&b, HTTP_POST, "/signalement", body);
	assert_status(&b, 403);
	assert_int_equal(rows(DEMANDES), 0);
}

static void a_short_draft_after_a_long_one_is_whole(void **state)
{
	static char text[4096], body[8192];
	BROWSER(b);

	(void)state;
	long_text(text, 3700);
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	body_of(&b, "/compte", text, body, sizeof body);
	jar_drop(&b, "__Host-session");
	ask(&b, HTTP_POST, "/compte", body);
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	body_of(&b, "/compte", "court", body, sizeof body);
	jar_drop(&b, "__Host-session");
	ask(&b, HTTP_POST, "/compte", body);
	assert_string_equal(jar_value(&b, "__Host-brouillon2"), "");
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	ask(&b, HTTP_GET, "/compte", NULL);
	assert_true(shows(&b, "text=court;expired"));
}

static void a_draft_is_its_citizens_and_its_forms_alone_and_ends(void **state)
{
	char body[2048];
	BROWSER(b);

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	body_of(&b, "/compte", "secret", body, sizeof body);
	jar_drop(&b, "__Host-session");
	ask(&b, HTTP_POST, "/compte", body);
	assert_null(strstr(jar_value(&b, "__Host-brouillon"), "secret"));
	sign_in(&b, "paul", "Paul", "%2F");
	ask(&b, HTTP_GET, "/compte", NULL);
	assert_false(shows(&b, "secret"));
	ask(&b, HTTP_GET, "/signalement", NULL);
	assert_false(shows(&b, "secret"));
	jar_drop(&b, "__Host-session");
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	ask(&b, HTTP_GET, "/compte/autre", NULL);
	assert_false(shows(&b, "secret") || shows(&b, ";expired"));
	ask(&b, HTTP_GET, "/compte", NULL);
	assert_true(shows(&b, "secret"));
	w.now_s += 1801;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	ask(&b, HTTP_GET, "/compte", NULL);
	assert_false(shows(&b, "secret"));
}

static void a_draft_too_large_for_a_browser_is_said_not_to_be_kept(void **state)
{
	static char text[8192], body[12288];
	BROWSER(b);

	(void)state;
	long_text(text, KIT_DRAFT_TEXT + 1);
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	body_of(&b, "/compte", text, body, sizeof body);
	jar_drop(&b, "__Host-session");
	ask(&b, HTTP_POST, "/compte", body);
	assert_status(&b, 400);
	assert_string_equal(jar_value(&b, "__Host-brouillon"), "");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(without_an_account_the_receipt_is_shown_and_its_code_stands_nowhere), T(looking_writes_nothing),
		T(forms_of_citizens_and_of_nobody_are_not_taken_for_each_other), T(a_page_left_open_for_days_is_filed_and_one_for_weeks_is_asked_again),
		T(a_form_without_a_number_is_none), T(a_page_that_failed_for_a_moment_is_asked_for_again_whole),
		T(a_long_form_sent_after_the_session_ended_loses_nothing), T(a_form_that_was_open_for_eight_days_loses_nothing),
		T(each_half_of_a_form_has_its_own_age), T(a_short_draft_after_a_long_one_is_whole),
		T(a_draft_is_its_citizens_and_its_forms_alone_and_ends), T(a_draft_too_large_for_a_browser_is_said_not_to_be_kept),
	};

	kit_world_begin();
	int failures = cmocka_run_group_tests_name("kit forms on sqlite", tests, NULL, NULL);

	on_postgresql = test_pg_up();
	if (on_postgresql)
		failures += cmocka_run_group_tests_name("kit forms on postgresql", tests, NULL, NULL);
	test_pg_down();
	return failures;
}
