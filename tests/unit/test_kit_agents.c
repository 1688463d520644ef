/* The agents' door: the list, the reason before a filing is opened, the reading that its citizen sees, and the two
 * marks. Roles x acts; on SQLite and on PostgreSQL. */
#include "tests/unit/kit_calls.h"

#define READINGS "SELECT COUNT(*) FROM kit_read_log"
#define OPENED   "SELECT COUNT(*) FROM kit_audit WHERE event = 'agents.opened' AND outcome = 'ok'"
#define MARKS    "SELECT COUNT(*) FROM kit_audit WHERE event IN ('agents.received', 'agents.closed') AND outcome = 'ok'"
#define ONE      "SI-2027-000001"
#define ONE_URL  "/agents/demande?numero=" ONE
#define NBSP     "\xc2\xa0"
#define WORD_MAX 1000

static const char *const roles[] = { "lecture", "instructeur", "responsable" };

/* Filed by this citizen; "": without an account. */
static struct kit_demande filed(const char *form_id, const char *pseudonym, const char *text)
{
	struct kit_demande d = demande(form_id, pseudonym);
	CALL(c);

	must(file(&c, &d, text));
	return (struct kit_demande){ .kind = d.kind };
}

/* A post of a form of the page that this browser last saw. */
static void send(struct browser *b, const char *path, const char *fields)
{
	char csrf[512], form_id[512] = "", form[8192];

	hidden(b, "csrf", csrf, sizeof csrf);
	if (shows(b, "name=\"form_id\""))
		hidden(b, "form_id", form_id, sizeof form_id);
	snprintf(form, sizeof form, "csrf=%s&form_id=%s&%s", csrf, form_id, fields);
	ask(b, HTTP_POST, path, form);
}

static void open_filing(struct browser *b, const char *number, const char *reason)
{
	char fields[128];

	ask(b, HTTP_GET, "/agents", NULL);
	snprintf(fields, sizeof fields, "numero=%s&raison=%s", number, reason);
	send(b, "/agents/ouvrir", fields);
}

static void close_filing(struct browser *b, const char *word)
{
	char fields[6000];

	w.multi_line = STR("mot");
	ask(b, HTTP_GET, "/agents", NULL);
	snprintf(fields, sizeof fields, "numero=" ONE "&acte=terminee&mot=%s", word);
	send(b, "/agents/demande", fields);
}

static void mark_received(struct browser *b)
{
	ask(b, HTTP_GET, "/agents", NULL);
	send(b, "/agents/demande", "numero=" ONE "&acte=recue");
}

/* ---- the list ---- */

struct many { int n; const char *reader; };

static struct err many_tx(struct store_tx *tx, void *arg)
{
	const struct many *m = arg;

	for (int i = 1; i <= m->n; i++) {
		char number[32];

		snprintf(number, sizeof number, "XX-2027-%06d", i);
		struct kit_reading reading = { str_from_c(number), str_from_c(m->reader), STR("instruction"), NOON + i };

		TRY(m->reader ? kit_read_log_add(tx, &reading) : store_exec(tx, "INSERT INTO kit_demande (number, form_id, kind, pseudonym,"
			" filed_at_s, state, word, code_hash) VALUES ($1, $1, 'signalement', 'jeanne', $2, 'received', '', '')", NULL,
			str_(str_from_c(number)), int_(NOON + i)));
	}
	return NO_ERR;
}

/* Filings; or readings by `reader`. */
static void add_many(int n, const char *reader)
{
	struct many m = { n, reader };

	must(store_tx(kit_store(w.kit), DURABLE, many_tx, &m));
}

/* The page after this one. */
static void older(struct browser *b)
{
	char url[512];

	part_after(b->resp->body, "id=\"plus-anciennes\" href=\"", '"', url, sizeof url);
	for (char *amp; (amp = strstr(url, "&amp;")) != NULL; )
		memmove(amp + 1, amp + 5, strlen(amp + 5) + 1);
	ask(b, HTTP_GET, url, NULL);
	assert_status(b, 200);
}

static struct err all_of_one_second_tx(struct store_tx *tx, void *arg)
{
	(void)arg;
	return store_exec(tx, "UPDATE kit_demande SET filed_at_s = $1, received_at_s = $1", NULL, int_(NOON));
}

/* Filings of one second, and new ones that arrive while an agent goes through the pages. */
static void the_pages_of_a_list_hold_each_filing_once(void **state)
{
	char mark[64];
	int seen[121] = { 0 };
	BROWSER(b);

	(void)state;
	add_many(120, NULL);
	must(store_tx(kit_store(w.kit), QUICK, all_of_one_second_tx, NULL));
	agent_in(&b, "agnes", "lecture");
	ask(&b, HTTP_GET, "/agents?etat=recues&sorte=signalement", NULL);
	for (int page = 0; page < 3; page++) {
		for (int i = 1; i <= 120; i++) {
			snprintf(mark, sizeof mark, "numero=XX-2027-%06d\"", i);
			seen[i] += shows(&b, mark);
		}
		filed(page ? page == 1 ? "f1" : "f2" : "f0", "jeanne", "trottoir");
		if (page < 2)
			older(&b);
	}
	assert_false(shows(&b, "id=\"plus-anciennes\""));
	for (int i = 1; i <= 120; i++)
		assert_int_equal(seen[i], 1);
}

static void what_is_many_is_not_counted_to_the_end(void **state)
{
	BROWSER(b);

	(void)state;
	add_many(1001, NULL);
	agent_in(&b, "agnes", "lecture");
	ask(&b, HTTP_GET, "/agents", NULL);
	assert_true(shows(&b, "1\u202f000\u00a0et plus</span>") && shows(&b, "<span class=\"num\">0</span>"));
	must(store_tx(kit_store(w.kit), QUICK, all_of_one_second_tx, NULL));
	ask(&b, HTTP_GET, "/agents?etat=envoyees", NULL);
	assert_true(shows(&b, "1\u202f000\u00a0et plus</span>") && shows(&b, "Aucune demande ici"));
}

static void the_list_shows_numbers_kinds_dates_and_states_newest_first(void **state)
{
	BROWSER(b);

	(void)state;
	add_many(60, NULL);
	agent_in(&b, "agnes", "lecture");
	ask(&b, HTTP_GET, "/agents", NULL);
	assert_status(&b, 200);
	assert_true(shows(&b, "numero=XX-2027-000060") && shows(&b, "numero=XX-2027-000011") && !shows(&b, "numero=XX-2027-000010"));
	assert_true(shows(&b, "Signalement") && shows(&b, "janvier 2027") && shows(&b, "Envoyée"));
	assert_true(!shows(&b, "jeanne") && !shows(&b, "Les plus récentes</a>"));
	older(&b);
	assert_true(shows(&b, "numero=XX-2027-000010") && shows(&b, "numero=XX-2027-000001") && !shows(&b, "numero=XX-2027-000011"));
	assert_true(shows(&b, "<a href=\"/agents\">Les plus récentes</a>") && !shows(&b, "id=\"plus-anciennes\""));
	ask(&b, HTTP_GET, "/agents?avant=1.XX-2027-000001", NULL);
	assert_status(&b, 200);
	assert_true(shows(&b, "Aucune demande ici"));
	assert_int_equal(rows(READINGS), 0);
}

static void the_list_is_filtered_by_state_and_kind_and_counts(void **state)
{
	BROWSER(b);

	(void)state;
	add_many(3, NULL);
	filed("f1", "jeanne", "trottoir");
	agent_in(&b, "agnes", "instructeur");
	mark_received(&b);
	assert_status(&b, 303);
	ask(&b, HTTP_GET, "/agents?etat=envoyees", NULL);
	assert_true(shows(&b, "XX-2027-000003") && !shows(&b, "numero=" ONE));
	assert_true(shows(&b, "<span class=\"num\">3</span>") && shows(&b, "<span class=\"num\">1</span>") && shows(&b, "<span class=\"num\">4</span>"));
	ask(&b, HTTP_GET, "/agents?etat=recues&sorte=signalement", NULL);
	assert_true(shows(&b, "numero=" ONE) && !shows(&b, "XX-2027"));
	close_filing(&b, "Fait.");
	ask(&b, HTTP_GET, "/agents?etat=recues", NULL);
	assert_true(shows(&b, "Aucune demande ici"));
	ask(&b, HTTP_GET, "/agents?etat=terminees", NULL);
	assert_true(shows(&b, "numero=" ONE) && !shows(&b, "XX-2027"));
}

static void a_filter_that_is_none_is_refused(void **state)
{
	static const char *const bad[] = { "etat=ouvertes", "etat=filed", "sorte=deces", "avant=", "avant=-1.x", "avant=1",
		"avant=9223372036854775808.x", "avant=1x.x", "avant=1.", "avant=.x", "sorte=%27%20OR%201%3D1" };
	char url[128];
	BROWSER(b);

	(void)state;
	agent_in(&b, "agnes", "lecture");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(url, sizeof url, "/agents?%s", bad[i]);
		ask(&b, HTTP_GET, url, NULL);
		assert_status(&b, 400);
	}
}

/* ---- opening ---- */

static void a_reason_is_asked_before_anything_is_shown(void **state)
{
	BROWSER(b);

	(void)state;
	filed("f1", "jeanne", "trottoir");
	agent_in(&b, "agnes", "responsable");
	ask(&b, HTTP_GET, ONE_URL, NULL);
	assert_status(&b, 200);
	assert_true(shows(&b, "Pourquoi ouvrez-vous cette demande") && !shows(&b, "trottoir"));
	send(&b, "/agents/ouvrir", "numero=" ONE);
	assert_status(&b, 422);
	assert_true(shows(&b, "role=\"alert\"") && !shows(&b, "trottoir"));
	send(&b, "/agents/ouvrir", "numero=" ONE "&raison=curiosite");
	assert_status(&b, 422);
	assert_int_equal(rows(READINGS) + rows(OPENED), 0);
}

static void each_opening_is_logged_once_and_asked_for_again_after_a_quarter_of_an_hour(void **state)
{
	BROWSER(b);

	(void)state;
	filed("f1", "jeanne", "trottoir");
	agent_in(&b, "agnes", "lecture");
	open_filing(&b, ONE, "instruction");
	assert_status(&b, 303);
	assert_true(str_eq(header(&b, "location"), STR(ONE_URL)));
	for (int i = 0; i < 3; i++, w.now_s += 200) {
		ask(&b, HTTP_GET, ONE_URL, NULL);
		assert_true(shows(&b, "answer=trottoir"));
	}
	open_filing(&b, ONE, "controle");       /* sent again, or clicked twice */
	assert_int_equal(rows(READINGS), 1);
	assert_int_equal(rows(OPENED), 1);
	w.now_s += 301;
	ask(&b, HTTP_GET, ONE_URL, NULL);
	assert_false(shows(&b, "trottoir"));
	open_filing(&b, ONE, "question");
	assert_int_equal(rows(READINGS), 2);
	assert_int_equal(rows("SELECT COUNT(*) FROM kit_read_log WHERE reader = 'agnes' AND demande = '" ONE "' AND reason IN ('instruction', 'question')"), 2);
}

static void an_opening_is_its_agents_own(void **state)
{
	BROWSER(b);
	BROWSER(other);

	(void)state;
	filed("f1", "jeanne", "trottoir");
	agent_in(&b, "agnes", "lecture");
	agent_in(&other, "bruno", "responsable");
	open_filing(&b, ONE, "instruction");
	ask(&other, HTTP_GET, ONE_URL, NULL);
	assert_false(shows(&other, "trottoir"));
	open_filing(&other, ONE, "controle");
	assert_int_equal(rows(READINGS), 2);
}

static struct err lose_answers_tx(struct store_tx *tx, void *arg)
{
	return store_exec(tx, arg, NULL);
}

static void a_reading_is_logged_even_when_its_page_then_fails(void **state)
{
	BROWSER(b);

	(void)state;
	filed("f1", "jeanne", "trottoir");
	agent_in(&b, "agnes", "lecture");
	must(store_tx(kit_store(w.kit), QUICK, lose_answers_tx, (char []){ "DELETE FROM answer" }));
	open_filing(&b, ONE, "instruction");
	assert_status(&b, 303);
	ask(&b, HTTP_GET, ONE_URL, NULL);
	assert_status(&b, 500);
	assert_int_equal(rows(READINGS), 1);
}

static void what_is_not_of_this_service_is_absent_for_every_role_and_act(void **state)
{
	static const char *const numbers[] = { "SI-2027-000002", "EC-2027-000001", "si-2027-000001", "", "1", "SI-2027-000001%00", "%25" };
	char text[256];

	(void)state;
	filed("f1", "jeanne", "trottoir");
	for (size_t i = 0; i < 3; i++) {
		BROWSER(b);

		agent_in(&b, "agnes", roles[i]);
		for (size_t n = 0; n < 7; n++) {
			if (strstr(numbers[n], "%00"))
				continue;      /* the front refuses it */
			snprintf(text, sizeof text, "/agents/demande?numero=%s", numbers[n]);
			ask(&b, HTTP_GET, text, NULL);
			assert_status(&b, 404);
			open_filing(&b, numbers[n], "instruction");
			assert_status(&b, 404);
			ask(&b, HTTP_GET, "/agents", NULL);
			snprintf(text, sizeof text, "numero=%s&acte=recue", numbers[n]);
			send(&b, "/agents/demande", text);
			assert_status(&b, i == 0 ? 403 : 404);
		}
	}
	assert_int_equal(rows(READINGS) + rows(MARKS), 0);
}

static void what_is_over_is_absent_before_the_purge_comes(void **state)
{
	BROWSER(b);

	(void)state;
	filed("f1", "", "trottoir");
	w.now_s += KEPT_FOR + 1;
	agent_in(&b, "agnes", "responsable");
	ask(&b, HTTP_GET, "/agents", NULL);
	assert_false(shows(&b, "numero=" ONE));
	ask(&b, HTTP_GET, ONE_URL, NULL);
	assert_status(&b, 404);
	open_filing(&b, ONE, "instruction");
	assert_status(&b, 404);
	mark_received(&b);
	assert_status(&b, 404);
}

/* ---- roles x acts ---- */

static void each_role_may_what_it_may(void **state)
{
	static const struct { const char *fields; int status[3]; } acts[] = {
		{ "numero=" ONE "&acte=recue", { 403, 303, 409 } },
		{ "numero=" ONE "&acte=terminee&mot=Fait", { 403, 303, 409 } },
		{ "numero=" ONE "&acte=rouvrir", { 403, 400, 400 } },
		{ "numero=" ONE, { 403, 400, 400 } },
	};
	static const int readings[3] = { 403, 403, 200 };

	(void)state;
	filed("f1", "jeanne", "trottoir");
	for (size_t i = 0; i < 3; i++) {
		BROWSER(b);

		agent_in(&b, roles[i], roles[i]);
		open_filing(&b, ONE, "instruction");
		assert_status(&b, 303);
		ask(&b, HTTP_GET, ONE_URL, NULL);
		assert_int_equal(shows(&b, "id=\"terminer\""), i == 1);      /* by the third, it is closed */
		assert_int_equal(shows(&b, "id=\"marquer-recue\""), i == 1);
		for (size_t a = 0; a < sizeof acts / sizeof *acts; a++) {
			ask(&b, HTTP_GET, "/agents", NULL);
			send(&b, "/agents/demande", acts[a].fields);
			assert_status(&b, acts[a].status[i]);
		}
		ask(&b, HTTP_GET, "/agents/lectures", NULL);
		assert_status(&b, readings[i]);
	}
	assert_int_equal(rows(MARKS), 2);
	assert_int_equal(rows("SELECT COUNT(*) FROM kit_audit WHERE actor = 'instructeur' AND subject = '" ONE "'"), 3);
}

static void a_form_of_somebody_elses_page_does_nothing(void **state)
{
	static const char *const paths[] = { "/agents/ouvrir", "/agents/demande" };
	char theirs[512], form[1024];
	BROWSER(b);
	BROWSER(other);
	BROWSER(citizen);

	(void)state;
	filed("f1", "jeanne", "trottoir");
	agent_in(&b, "agnes", "responsable");
	agent_in(&other, "bruno", "responsable");
	sign_in(&citizen, "agnes", "Agnès", "%2F");       /* a citizen by the same name, were there one */
	for (int i = 0; i < 3; i++) {
		if (i < 2) {
			ask(i ? &citizen : &other, HTTP_GET, i ? "/demandes" : "/agents", NULL);
			hidden(i ? &citizen : &other, "csrf", theirs, sizeof theirs);
		}
		for (size_t p = 0; p < 2; p++) {
			snprintf(form, sizeof form, "csrf=%s&numero=" ONE "&raison=instruction&acte=recue", i < 2 ? theirs : "");
			ask(&b, HTTP_POST, paths[p], form);
			assert_status(&b, 403);
		}
	}
	assert_int_equal(rows(READINGS) + rows(MARKS), 0);
}

/* ---- what the citizen sees ---- */

static void the_citizen_sees_state_word_and_readings_at_once(void **state)
{
	struct kit_demande_view *v;
	BROWSER(b);
	CALL(c);

	(void)state;
	v = arena_new(c.arena, struct kit_demande_view);
	filed("f1", "jeanne", "trottoir");
	agent_in(&b, "agnes", "instructeur");
	open_filing(&b, ONE, "instruction");
	w.now_s += 60;
	mark_received(&b);
	must(kit_demande_find(w.kit, &c.req, STR("jeanne"), STR(ONE), v, NULL, NULL));
	assert_true(str_eq(v->demande.state, STR("received")));
	assert_int_equal(v->demande.received_at_s, NOON + 60);
	assert_int_equal(v->reader_n, 1);
	assert_true(str_eq(v->readers[0].reason, STR("instruction")) && v->readers[0].at_s == NOON);
	w.now_s += 60;
	close_filing(&b, "Lampadaire+r%C3%A9par%C3%A9.%0D%0A%0D%0AMerci.");
	assert_status(&b, 303);
	must(kit_demande_find(w.kit, &c.req, STR("jeanne"), STR(ONE), v, NULL, NULL));
	assert_true(str_eq(v->demande.state, STR("closed")) && str_eq(v->demande.word, STR("Lampadaire réparé.\n\nMerci.")));
	assert_int_equal(v->demande.closed_at_s, NOON + 120);
	assert_int_equal(v->demande.received_at_s, NOON + 60);
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	ask(&b, HTTP_GET, "/demandes", NULL);
	assert_true(shows(&b, "Terminée") && !shows(&b, "agnes"));
}

static struct err read_often_tx(struct store_tx *tx, void *arg)
{
	const int *n = arg;

	for (int i = 0; i < *n; i++)
		TRY(kit_read_log_add(tx, &(struct kit_reading){ STR(ONE), STR("agnes"), STR("controle"), NOON + i }));
	return NO_ERR;
}

static void no_reading_goes_unsaid_however_many_there_are(void **state)
{
	struct kit_demande_view *v;
	int n = KIT_READERS + 2;
	BROWSER(b);
	CALL(c);

	(void)state;
	v = arena_new(c.arena, struct kit_demande_view);
	filed("f1", "jeanne", "trottoir");
	must(store_tx(kit_store(w.kit), QUICK, read_often_tx, &n));
	must(kit_demande_find(w.kit, &c.req, STR("jeanne"), STR(ONE), v, NULL, NULL));
	assert_true(v->reader_n == KIT_READERS && v->older_n == 2 && v->readers[0].at_s == NOON + n - 1);
	agent_in(&b, "agnes", "instructeur");
	open_filing(&b, ONE, "controle");
	ask(&b, HTTP_GET, ONE_URL, NULL);
	assert_true(shows(&b, "Et 2" NBSP "lectures plus anciennes."));
}

static void the_citizen_is_told_when_a_list_does_not_hold_all_of_them(void **state)
{
	BROWSER(b);

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	filed("f1", "jeanne", "trottoir");
	add_many(KIT_LIST - 1, NULL);
	ask(&b, HTTP_GET, "/demandes", NULL);
	assert_true(shows(&b, ONE) && !shows(&b, "200" NBSP "demandes les plus récentes"));
	w.now_s += 60;
	filed("f2", "jeanne", "lampadaire");
	ask(&b, HTTP_GET, "/demandes", NULL);
	assert_true(!shows(&b, ONE) && shows(&b, "200" NBSP "demandes les plus récentes"));
}

static void so_does_who_follows_by_number_and_code(void **state)
{
	struct kit_demande d = demande("f1", "");
	struct kit_demande_view *v;
	BROWSER(b);
	CALL(c);

	(void)state;
	v = arena_new(c.arena, struct kit_demande_view);
	must(file(&c, &d, "trottoir"));
	must(follow(&c, ONE, arena_c(c.arena, d.follow_up), v));
	assert_true(str_eq(v->demande.state, STR("filed")) && v->reader_n == 0);
	agent_in(&b, "agnes", "instructeur");
	open_filing(&b, ONE, "question");
	ask(&b, HTTP_GET, ONE_URL, NULL);
	assert_true(shows(&b, "sans compte") && !shows(&b, arena_c(c.arena, d.follow_up)));
	close_filing(&b, "Fait.");
	must(follow(&c, ONE, arena_c(c.arena, d.follow_up), v));
	assert_true(str_eq(v->demande.state, STR("closed")) && str_eq(v->demande.word, STR("Fait.")) && v->reader_n == 1);
}

/* ---- closing ---- */

static void of_two_who_close_the_second_is_told_what_the_first_did(void **state)
{
	BROWSER(b);
	BROWSER(other);

	(void)state;
	filed("f1", "jeanne", "trottoir");
	agent_in(&b, "agnes", "instructeur");
	agent_in(&other, "bruno", "responsable");
	open_filing(&b, ONE, "instruction");
	open_filing(&other, ONE, "instruction");
	close_filing(&b, "R%C3%A9par%C3%A9.");
	assert_status(&b, 303);
	assert_true(str_eq(header(&b, "location"), STR(ONE_URL "&fait=terminee")));
	close_filing(&other, "Sans+suite.");
	assert_status(&other, 409);
	assert_true(shows(&other, "C’était déjà fait") && shows(&other, "Réparé.") && shows(&other, "Sans suite.") && shows(&other, "Terminée"));
	mark_received(&other);
	assert_status(&other, 409);
	assert_int_equal(rows("SELECT COUNT(*) FROM kit_demande WHERE word = 'Réparé.'"), 1);
	assert_int_equal(rows(MARKS), 1);
}

static void a_word_must_be_said_and_be_short_and_is_kept_when_it_is_not(void **state)
{
	char word[WORD_MAX + 2], kept[64];
	BROWSER(b);

	(void)state;
	filed("f1", "jeanne", "trottoir");
	agent_in(&b, "agnes", "instructeur");
	open_filing(&b, ONE, "instruction");
	static const char *const empty[] = { "", "+++", "%0D%0A%0D%0A+", "%C2%A0" };
	for (size_t i = 0; i < 4; i++) {
		close_filing(&b, empty[i]);
		assert_status(&b, 422);
		assert_true(shows(&b, "Écrivez une réponse") && shows(&b, "aria-invalid=\"true\"") && shows(&b, "answer=trottoir"));
	}
	memset(word, 'm', WORD_MAX + 1);
	word[WORD_MAX + 1] = 0;
	snprintf(kept, sizeof kept, "%.60s", word);
	close_filing(&b, word);
	assert_status(&b, 422);
	assert_true(shows(&b, "trop longue") && shows(&b, kept));
	assert_int_equal(rows(MARKS), 0);
	word[WORD_MAX] = 0;
	close_filing(&b, word);
	assert_status(&b, 303);
}

/* An act on a filing shows its page again when it fails: not a way around the reason. */
static void the_word_of_another_agent_is_not_read_without_an_opening(void **state)
{
	BROWSER(b);
	BROWSER(other);

	(void)state;
	filed("f1", "jeanne", "trottoir");
	agent_in(&b, "agnes", "instructeur");
	open_filing(&b, ONE, "instruction");
	close_filing(&b, "Votre+dossier+m%C3%A9dical.");
	assert_status(&b, 303);
	agent_in(&other, "bruno", "instructeur");
	close_filing(&other, "+");
	assert_status(&other, 422);
	assert_false(shows(&other, "médical"));
	close_filing(&other, "Sans+suite.");
	assert_status(&other, 409);
	assert_true(shows(&other, "Terminée") && shows(&other, "Sans suite.") && !shows(&other, "médical"));
	assert_int_equal(rows(READINGS), 1);
}

static void what_was_typed_is_there_after_the_opening_ran_out_but_the_answers_are_not(void **state)
{
	BROWSER(b);

	(void)state;
	filed("f1", "jeanne", "trottoir");
	agent_in(&b, "agnes", "instructeur");
	open_filing(&b, ONE, "instruction");
	for (int i = 0; i < 2; i++, w.now_s += 500)
		ask(&b, HTTP_GET, "/agents", NULL);
	close_filing(&b, "%20");
	assert_status(&b, 422);
	assert_true(!shows(&b, "trottoir") && shows(&b, "L’ouvrir de nouveau"));
}

static void no_text_of_anybody_becomes_markup(void **state)
{
	BROWSER(b);
	BROWSER(other);

	(void)state;
	filed("f1", "jeanne", "<script>a</script>");
	agent_in(&b, "agnes", "instructeur");
	open_filing(&b, ONE, "instruction");
	ask(&b, HTTP_GET, ONE_URL, NULL);
	assert_true(shows(&b, "&lt;script&gt;a&lt;/script&gt;"));
	ask(&b, HTTP_GET, "/agents/demande?numero=%3Cb%3E", NULL);
	assert_false(shows(&b, "<b>"));
	close_filing(&b, "%3C%2Ftextarea%3E%3Cimg+src%3Dx+onerror%3Dalert(1)%3E");
	ask(&b, HTTP_GET, ONE_URL, NULL);
	assert_true(shows(&b, "&lt;/textarea&gt;&lt;img") && !shows(&b, "<img src=x"));
	agent_in(&other, "bruno", "responsable");
	close_filing(&other, "%3Ci%3E");
	assert_status(&other, 409);
	assert_true(shows(&other, "&lt;i&gt;") && !shows(&other, "<i>"));
	ask(&other, HTTP_GET, "/agents/lectures?numero=%3Ci%3E", NULL);
	assert_true(shows(&other, "&lt;i&gt;") && !shows(&other, "<i>"));
}

static void a_word_written_while_the_session_ended_is_there_again(void **state)
{
	BROWSER(b);
	BROWSER(other);

	(void)state;
	filed("f1", "jeanne", "trottoir");
	agent_in(&b, "agnes", "instructeur");
	open_filing(&b, ONE, "instruction");
	ask(&b, HTTP_GET, ONE_URL, NULL);
	w.now_s += 1000;
	w.multi_line = STR("mot");
	send(&b, "/agents/demande", "numero=" ONE "&acte=terminee&mot=Longue+r%C3%A9ponse");
	assert_status(&b, 303);
	assert_true(str_starts(header(&b, "location"), STR("/agents/connexion?retour=%2Fagents%2Fdemande")));
	assert_int_equal(rows(MARKS), 0);
	/* Another agent at the same desk does not find it. */
	memcpy(other.jar, b.jar, sizeof b.jar);
	agent_in(&other, "bruno", "instructeur");
	open_filing(&other, ONE, "instruction");
	ask(&other, HTTP_GET, ONE_URL, NULL);
	assert_false(shows(&other, "Longue réponse"));
	agent_in(&b, "agnes", "instructeur");
	open_filing(&b, ONE, "instruction");
	ask(&b, HTTP_GET, ONE_URL, NULL);
	assert_true(shows(&b, "Longue réponse") && shows(&b, "Votre connexion avait pris fin"));
	send(&b, "/agents/demande", "numero=" ONE "&acte=terminee&mot=Longue+r%C3%A9ponse");
	ask(&b, HTTP_GET, ONE_URL, NULL);
	assert_false(shows(&b, "Votre connexion avait pris fin"));
}

/* ---- who reads much ---- */

static void more_than_fifty_openings_an_hour_are_told_once_and_three_hundred_are_the_end(void **state)
{
	BROWSER(b);
	BROWSER(chief);

	(void)state;
	filed("f1", "jeanne", "trottoir");
	filed("f2", "jeanne", "banc");
	filed("f3", "jeanne", "arbre");
	agent_in(&b, "agnes", "lecture");
	add_many(49, "agnes");
	open_filing(&b, ONE, "instruction");           /* the fiftieth */
	assert_status(&b, 303);
	ask(&b, HTTP_GET, "/agents", NULL);
	assert_false(shows(&b, "depuis une heure"));
#define ALERTS "SELECT COUNT(*) FROM kit_audit WHERE event = 'agents.many_readings' AND actor = 'agnes'"
	assert_int_equal(rows(ALERTS), 0);
	open_filing(&b, "SI-2027-000002", "instruction");
	open_filing(&b, "SI-2027-000003", "instruction");
	assert_int_equal(rows(ALERTS), 1);
	ask(&b, HTTP_GET, "/agents", NULL);
	assert_true(shows(&b, "Beaucoup de demandes ouvertes"));
	agent_in(&chief, "chef", "responsable");
	ask(&chief, HTTP_GET, "/agents/lectures", NULL);
	assert_true(shows(&chief, "Beaucoup de demandes ouvertes depuis une heure") && shows(&chief, "<code>agnes</code>"));
	add_many(248, "agnes");
	filed("f4", "jeanne", "mur");
	open_filing(&b, "SI-2027-000004", "instruction");
	assert_status(&b, 429);
	assert_int_equal(rows("SELECT COUNT(*) FROM kit_read_log WHERE demande = 'SI-2027-000004'"), 0);
	w.now_s += 850;
	for (int i = 0; i < 4; i++, w.now_s += 850)
		ask(&b, HTTP_GET, "/agents", NULL);
	open_filing(&b, "SI-2027-000004", "instruction");
	assert_status(&b, 303);
}

static void the_responsable_sees_who_read_what_by_a_short_name(void **state)
{
	BROWSER(b);
	BROWSER(chief);

	(void)state;
	filed("f1", "jeanne", "trottoir");
	filed("f2", "jeanne", "banc");
	agent_in(&b, "agnes-0123456789", "lecture");
	open_filing(&b, ONE, "instruction");
	open_filing(&b, "SI-2027-000002", "question");
	ask(&b, HTTP_GET, ONE_URL, NULL);
	assert_false(shows(&b, "agnes-01"));
	agent_in(&chief, "chef", "responsable lecture");
	ask(&chief, HTTP_GET, "/agents/lectures", NULL);
	assert_true(shows(&chief, "agnes-01") && !shows(&chief, "agnes-012") && shows(&chief, "numero=SI-2027-000002"));
	ask(&chief, HTTP_GET, "/agents/lectures?numero=" ONE, NULL);
	assert_true(shows(&chief, "numero=" ONE) && !shows(&chief, "numero=SI-2027-000002"));
	ask(&chief, HTTP_GET, "/agents/lectures?avant=-1", NULL);
	assert_status(&chief, 400);
	assert_int_equal(rows(READINGS), 2);
}

static void the_log_stays_a_chain(void **state)
{
	struct str report = STR_NONE;
	BROWSER(b);
	CALL(c);

	(void)state;
	filed("f1", "jeanne", "trottoir");
	agent_in(&b, "agnes", "instructeur");
	open_filing(&b, ONE, "instruction");
	mark_received(&b);
	close_filing(&b, "Fait.");
	must(kit_chain_verify(kit_store(w.kit), c.arena, &report));
}

static int setup_with_a_door(void **state)
{
	world_agents = true;
	int failure = setup(state);
	world_agents = false;
	return failure;
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup_with_a_door, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_list_shows_numbers_kinds_dates_and_states_newest_first), T(the_list_is_filtered_by_state_and_kind_and_counts),
		T(the_pages_of_a_list_hold_each_filing_once), T(what_is_many_is_not_counted_to_the_end),
		T(a_filter_that_is_none_is_refused), T(a_reason_is_asked_before_anything_is_shown),
		T(each_opening_is_logged_once_and_asked_for_again_after_a_quarter_of_an_hour), T(an_opening_is_its_agents_own),
		T(a_reading_is_logged_even_when_its_page_then_fails), T(what_is_not_of_this_service_is_absent_for_every_role_and_act),
		T(what_is_over_is_absent_before_the_purge_comes), T(each_role_may_what_it_may), T(a_form_of_somebody_elses_page_does_nothing),
		T(the_citizen_sees_state_word_and_readings_at_once), T(no_reading_goes_unsaid_however_many_there_are),
		T(the_citizen_is_told_when_a_list_does_not_hold_all_of_them), T(so_does_who_follows_by_number_and_code),
		T(of_two_who_close_the_second_is_told_what_the_first_did), T(a_word_must_be_said_and_be_short_and_is_kept_when_it_is_not),
		T(what_was_typed_is_there_after_the_opening_ran_out_but_the_answers_are_not),
		T(the_word_of_another_agent_is_not_read_without_an_opening), T(no_text_of_anybody_becomes_markup),
		T(a_word_written_while_the_session_ended_is_there_again),
		T(more_than_fifty_openings_an_hour_are_told_once_and_three_hundred_are_the_end),
		T(the_responsable_sees_who_read_what_by_a_short_name), T(the_log_stays_a_chain),
	};

	kit_world_begin();
	int failures = cmocka_run_group_tests_name("agents' door on sqlite", tests, NULL, NULL);

	on_postgresql = test_pg_up();
	if (on_postgresql)
		failures += cmocka_run_group_tests_name("agents' door on postgresql", tests, NULL, NULL);
	test_pg_down();
	return failures;
}
