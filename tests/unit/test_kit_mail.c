/* Messages to citizens, through the élections service: queued with the filing and with nothing else,
 * delivered once, tried again when the courier is away, dropped when it says no. All of it on SQLite
 * and on PostgreSQL. */
#include "tests/unit/elections_world.h"

#define WITH_COURRIEL "adresse=14+rue+des+Halles&code-postal=44990&jour=27&mois=3&annee=2019&ailleurs=non&ancienne-commune=" \
	"&telephone=&courriel=jeanne%40exemple.fr&attestation=oui"
#define QUEUED  "SELECT COUNT(*) FROM kit_mail"
#define WAITING "SELECT COUNT(*) FROM kit_mail WHERE state = 'waiting'"
#define SENT    "SELECT COUNT(*) FROM kit_mail WHERE state = 'sent'"
#define DROPPED "SELECT COUNT(*) FROM kit_mail WHERE state = 'dropped'"
#define ERASED  "SELECT COUNT(*) FROM kit_mail WHERE recipient = '' AND subject = '' AND text = ''"
#define DROPS   "SELECT COUNT(*) FROM kit_audit WHERE event = 'mail.dropped'"
#define PROMISE "Un message vous a été envoyé à jeanne@exemple.fr."

enum { LINE_MAX_CHARS = 78, TWO_DAYS_S = 2 * 86400 };

static void file_with(struct browser *b, const char *answers)
{
	char form[2048];

	filled_form(b, answers, form, sizeof form);
	ask(b, HTTP_POST, "/inscription", form);
	assert_status(b, 303);
}

static void file_one(struct browser *b)
{
	sign_in(b, "jeanne", "Jeanne", "%2F");
	file_with(b, WITH_COURRIEL);
}

static void tick_at(int64_t now_s)
{
	w.now_s = now_s;
	kit_tick(w.kit, now_s);
}

/* ---- queueing ---- */

static void a_filing_with_a_courriel_queues_one_message_and_says_so(void **state)
{
	BROWSER(b);

	(void)state;
	file_one(&b);
	assert_int_equal(rows(WAITING), 1);
	assert_int_equal(w.mail.asked, 0);
	ask(&b, HTTP_GET, "/recu?numero=EL-2027-000001", NULL);
	assert_true(shows(&b, PROMISE));
	w.lang = LANG_EN;
	ask(&b, HTTP_GET, "/recu?numero=EL-2027-000001", NULL);
	assert_true(shows(&b, "A message was sent to you at jeanne@exemple.fr."));
}

static void a_filing_without_a_courriel_queues_nothing(void **state)
{
	BROWSER(b);

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	file_with(&b, ANSWERS);
	assert_int_equal(rows(QUEUED), 0);
	ask(&b, HTTP_GET, "/recu?numero=EL-2027-000001", NULL);
	assert_false(shows(&b, "Un message"));
}

static void a_refused_form_queues_nothing(void **state)
{
	BROWSER(b);
	char form[2048];

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	filled_form(&b, "adresse=&code-postal=44990&jour=27&mois=3&annee=2019&ailleurs=non&courriel=jeanne%40exemple.fr&attestation=oui", form, sizeof form);
	ask(&b, HTTP_POST, "/inscription", form);
	assert_status(&b, 422);
	assert_int_equal(rows(QUEUED), 0);
}

static void a_double_click_queues_nothing_more(void **state)
{
	BROWSER(b);
	char form[2048];

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	filled_form(&b, WITH_COURRIEL, form, sizeof form);
	ask(&b, HTTP_POST, "/inscription", form);
	ask(&b, HTTP_POST, "/inscription", form);
	assert_int_equal(rows(QUEUED), 1);
	tick_at(NOON + 1);
	ask(&b, HTTP_POST, "/inscription", form);
	tick_at(NOON + 2);
	assert_int_equal(w.mail.taken, 1);
}

static struct err queue_then_fail_tx(struct store_tx *tx, void *arg)
{
	TRY(kit_mail_add(tx, arg));
	return err_of(CONFLICT, "test.rolled.back");
}

static void what_is_rolled_back_is_not_announced(void **state)
{
	struct kit_mail m = { STR("EL-2027-000009"), STR("a@exemple.fr"), STR("s"), STR("t\n"), NOON };

	(void)state;
	assert_true(failed(store_tx(kit_store(w.kit), DURABLE, queue_then_fail_tx, &m)));
	assert_int_equal(rows(QUEUED), 0);
}

static struct err queue_tx(struct store_tx *tx, void *arg)
{
	return kit_mail_add(tx, arg);
}

static void an_id_that_no_filing_has_is_refused(void **state)
{
	struct kit_mail m = { STR(""), STR("a@exemple.fr"), STR("s"), STR("t\n"), NOON };

	(void)state;
	assert_string_equal(store_tx(kit_store(w.kit), DURABLE, queue_tx, &m).slug, "kit.mail.id");
	m.id = STR("0123456789012345678901234567890123456789012345678901234567890123");
	assert_string_equal(store_tx(kit_store(w.kit), DURABLE, queue_tx, &m).slug, "kit.mail.id");
}

static void a_citizen_cannot_flood_an_address(void **state)
{
	BROWSER(b);

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	for (int i = 0; i < KIT_MESSAGES_A_DAY + 3; i++)
		file_with(&b, WITH_COURRIEL);
	assert_int_equal(rows(QUEUED), KIT_MESSAGES_A_DAY);
	ask(&b, HTTP_GET, "/recu?numero=EL-2027-000008", NULL);
	assert_status(&b, 200);
	assert_false(shows(&b, "Un message"));
}

static void without_mail_settings_nothing_is_queued_and_nothing_promised(void **state)
{
	BROWSER(b);

	(void)state;
	file_one(&b);
	assert_int_equal(rows(QUEUED), 0);
	ask(&b, HTTP_GET, "/recu?numero=EL-2027-000001", NULL);
	assert_status(&b, 200);
	assert_false(shows(&b, "Un message"));
	ask(&b, HTTP_GET, "/vos-donnees", NULL);
	assert_false(shows(&b, "Le message qui confirme"));
	tick_at(NOON + 1);
	assert_int_equal(w.mail.asked, 0);
}

/* ---- the message ---- */

static void assert_lines_are_short(const char *text)
{
	size_t chars = 0;

	for (const char *p = text; *p; p++) {
		chars = *p == '\n' ? 0 : chars + (((unsigned char)*p & 0xc0) != 0x80);
		if (chars >= LINE_MAX_CHARS)
			fail_msg("a line of %zu characters or more: ...%.80s", chars, p - 60);
	}
}

static void the_message_says_what_was_filed_and_nothing_of_the_citizen(void **state)
{
	static const char *const absent[] = { "Jeanne", "Moreau", "1954", "Halles", "44990", "jeanne" };
	BROWSER(b);

	(void)state;
	file_one(&b);
	tick_at(NOON + 1);
	assert_string_equal(w.mail.to, "jeanne@exemple.fr");
	assert_string_equal(w.mail.subject, "Demande EL-2027-000001 enregistrée\u00a0: inscription sur la liste électorale");
	assert_non_null(strstr(w.mail.text, "Numéro de la demande\u00a0: EL-2027-000001\n"));
	assert_non_null(strstr(w.mail.text, "Reçue le 15\u00a0janvier 2027 à 9\u00a0h\u00a000 (heure de Paris)\n"));
	assert_non_null(strstr(w.mail.text, "au plus tard le 20\u00a0janvier 2027"));
	assert_non_null(strstr(w.mail.text, "\n" HERE "/demande?numero=EL-2027-000001\n"));
	assert_non_null(strstr(w.mail.text, "02\u00a040\u00a000\u00a000\u00a000"));
	assert_null(strchr(w.mail.text, '\''));
	for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
		assert_null(strstr(w.mail.text, absent[i]));
	assert_lines_are_short(w.mail.text);
}

static void the_message_is_in_the_language_of_the_request(void **state)
{
	BROWSER(b);
	char form[2048];

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	filled_form(&b, WITH_COURRIEL, form, sizeof form);
	w.lang = LANG_EN;
	ask(&b, HTTP_POST, "/inscription", form);
	assert_status(&b, 303);
	tick_at(NOON + 1);
	assert_string_equal(w.mail.subject, "Request EL-2027-000001 recorded: registration on the electoral roll");
	assert_non_null(strstr(w.mail.text, "Received on 15\u00a0January 2027 at 9:00 (Paris time)\n"));
	assert_null(strstr(w.mail.text, "Bonjour"));
	assert_lines_are_short(w.mail.text);
}

static void long_words_stay_whole_and_others_are_wrapped(void **state)
{
	AUTO(buf_done) struct buf out;
	struct str expected = STR("éééééééééé éééééééééé éééééééééé éééééééééé éééééééééé éééééééééé\néééééééééé a\n"
		"https://elections.ville.example/01234567890123456789012345678901234567890123456789\nb\n");

	(void)state;
	buf_init(&out, 4096);
	kit_mail_wrap(&out, STR("éééééééééé éééééééééé éééééééééé éééééééééé éééééééééé  éééééééééé éééééééééé a "
		"https://elections.ville.example/01234567890123456789012345678901234567890123456789 b"));
	assert_true(str_eq(buf_str(&out), expected));
}

/* ---- delivering ---- */

static void a_message_is_delivered_once_and_its_text_erased(void **state)
{
	BROWSER(b);

	(void)state;
	file_one(&b);
	tick_at(NOON + 1);
	assert_int_equal(w.mail.taken, 1);
	assert_int_equal(rows(SENT), 1);
	assert_int_equal(rows(ERASED), 1);
	for (int64_t later = 2; later < 10 * 86400; later += 3600)
		tick_at(NOON + later);
	assert_int_equal(w.mail.asked, 1);
	assert_int_equal(rows(DROPS), 0);
}

static void a_courier_that_is_away_is_asked_again_later(void **state)
{
	static const int64_t at_s[] = { 60, 300, 1800, 7200, 21600, 21600 };
	BROWSER(b);
	int64_t now_s = NOON + 1;

	(void)state;
	file_one(&b);
	w.mail.answer = err_of(BUSY, "mail.gone");
	tick_at(now_s);
	for (size_t i = 0; i < sizeof at_s / sizeof *at_s; i++) {
		assert_int_equal(w.mail.asked, i + 1);
		tick_at(now_s + at_s[i] - 1);
		assert_int_equal(w.mail.asked, i + 1);
		now_s += at_s[i];
		tick_at(now_s);
	}
	assert_int_equal(rows(WAITING), 1);
	w.mail.answer = NO_ERR;
	tick_at(now_s + 21600);
	assert_int_equal(w.mail.taken, 1);
	assert_int_equal(rows(SENT), 1);
	assert_int_equal(rows(DROPS), 0);
}

static void after_two_days_a_message_is_dropped_and_the_audit_says_so(void **state)
{
	BROWSER(b);
	int64_t now_s;

	(void)state;
	file_one(&b);
	w.mail.answer = err_of(BUSY, "mail.gone");
	for (now_s = NOON; now_s <= NOON + TWO_DAYS_S; now_s += 60)
		tick_at(now_s);
	assert_int_equal(rows(WAITING), 0);
	assert_int_equal(rows(DROPPED), 1);
	assert_int_equal(rows(ERASED), 1);
	assert_int_equal(rows(DROPS " AND outcome = 'mail.gone' AND subject = 'EL-2027-000001'"), 1);
	w.mail.answer = NO_ERR;
	tick_at(now_s + 86400);
	assert_int_equal(w.mail.taken, 0);
}

static void what_is_refused_for_good_is_dropped_at_once(void **state)
{
	static const struct err finals[] = { { ERR_DENIED, "mail.refused" }, { ERR_MALFORMED, "mail.address" } };
	BROWSER(b);

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	for (size_t i = 0; i < sizeof finals / sizeof *finals; i++) {
		file_with(&b, WITH_COURRIEL);
		w.mail.answer = finals[i];
		tick_at(NOON + 1 + (int64_t)i);
		tick_at(NOON + 90 + (int64_t)i);
		assert_int_equal(w.mail.asked, i + 1);
		assert_int_equal(rows(DROPS), i + 1);
	}
	assert_int_equal(rows(ERASED), 2);
	ask(&b, HTTP_GET, "/recu?numero=EL-2027-000001", NULL);
	assert_status(&b, 200);
	assert_false(shows(&b, "Un message"));
}

static void one_refusal_does_not_hold_the_others_up(void **state)
{
	BROWSER(b);

	(void)state;
	file_one(&b);
	w.mail.answer = err_of(BUSY, "mail.gone");
	tick_at(NOON + 1);
	file_with(&b, WITH_COURRIEL);
	file_with(&b, WITH_COURRIEL);
	w.mail.answer = NO_ERR;
	tick_at(NOON + 2);
	assert_int_equal(w.mail.taken, 2);
	assert_int_equal(rows(WAITING), 1);
}

/* The store was away when the outcome was to be marked: the mark comes first, and no second message. */
static void what_was_delivered_and_could_not_be_marked_is_not_sent_again(void **state)
{
	BROWSER(b);

	(void)state;
	file_one(&b);
	snprintf(w.kit->mail_ended, sizeof w.kit->mail_ended, "EL-2027-000001");
	tick_at(NOON + 1);
	assert_int_equal(w.mail.asked, 0);
	assert_int_equal(rows(SENT), 1);
	assert_string_equal(w.kit->mail_ended, "");
}

static void without_the_settings_a_message_waits_and_nobody_is_asked(void **state)
{
	BROWSER(b);

	(void)state;
	file_one(&b);
	w.kit->set.mail = false;
	tick_at(NOON + 1);
	assert_int_equal(w.mail.asked, 0);
	assert_int_equal(rows(SENT), 0);
	assert_int_equal(rows(QUEUED), 1);
	w.kit->set.mail = true;
	tick_at(NOON + 3600);
	assert_int_equal(w.mail.taken, 1);
}

static void the_row_goes_after_a_month(void **state)
{
	BROWSER(b);

	(void)state;
	file_one(&b);
	tick_at(NOON + 1);
	tick_at(NOON + 29 * 86400);
	assert_int_equal(rows(QUEUED), 1);
	tick_at(NOON + 31 * 86400);
	assert_int_equal(rows(QUEUED), 0);
}

static void the_operator_sees_how_many_wait(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(ARENA);
	struct str status[] = { STR("status") }, out = STR_NONE, complaint = STR_NONE;
	struct http_req req = { .arena = a, .listener = HTTP_METRICS, .method = HTTP_GET, .path = STR("/metrics"), .now_s = NOON };
	BROWSER(b);

	(void)state;
	file_one(&b);
	assert_int_equal(kit_ctl(w.kit, a, status, 1, true, STR("root"), STR_NONE, &out, &complaint), 0);
	assert_true(str_eq(out, STR("{\"status\":\"ok\",\"mail_waiting\":1}\n")));
	struct http_resp *metrics = engine_answer(kit_engine(w.kit), &req);
	assert_non_null(memmem(metrics->body.p, metrics->body.n, "guichet_mail_waiting 1\n", 23));
	tick_at(NOON + 1);
	metrics = engine_answer(kit_engine(w.kit), &req);
	assert_non_null(memmem(metrics->body.p, metrics->body.n, "guichet_mail_waiting 0\n", 23));
	assert_non_null(memmem(metrics->body.p, metrics->body.n, "guichet_mail_total{outcome=\"sent\"} 1\n", 36));
}

static uint32_t queue(struct arena *a, const char *word, const char *id, struct str *ret_out, struct str *ret_err)
{
	struct str argv[] = { STR("queue"), str_from_c(word), str_from_c(id) };

	*ret_out = *ret_err = STR_NONE;
	return kit_ctl(w.kit, a, argv, id ? 3 : 2, false, STR("camille"), STR_NONE, ret_out, ret_err);
}

static void the_operator_sees_which_wait_tries_one_and_gives_one_up(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(ARENA);
	struct str out, err;
	BROWSER(b);

	(void)state;
	assert_int_equal(queue(a, "list", NULL, &out, &err), 0);
	assert_true(str_eq(out, STR("nothing waits\n")));
	file_one(&b);
	w.mail.answer = err_of(BUSY, "mail.gone");
	tick_at(NOON + 1);
	tick_at(NOON + 2);
	assert_int_equal(w.mail.asked, 1);
	assert_int_equal(queue(a, "list", NULL, &out, &err), 0);
	assert_true(str_starts(out, STR("EL-2027-000001\tsince 2027-01-15T")) && memmem(out.p, out.n, "\t1 attempts\t", 12));
	assert_null(memmem(out.p, out.n, "jeanne", 6));
	assert_int_equal(queue(a, "retry", "EL-2027-000001", &out, &err), 0);
	tick_at(NOON + 3);
	assert_int_equal(w.mail.asked, 2);
	assert_int_equal(rows("SELECT COUNT(*) FROM kit_audit WHERE event = 'mail.retried' AND actor = 'camille' AND subject = 'EL-2027-000001'"), 1);
	assert_int_equal(queue(a, "drop", "EL-2027-000001", &out, &err), 0);
	assert_true(rows(DROPPED) == 1 && rows(ERASED) == 1);
	assert_int_equal(rows("SELECT COUNT(*) FROM kit_audit WHERE event = 'mail.dropped' AND actor = 'camille'"), 1);
	/* What does not wait any more is neither tried nor dropped, and nothing is written of it. */
	assert_int_equal(queue(a, "retry", "EL-2027-000001", &out, &err), 1);
	assert_true(str_eq(err, STR("kit.mail.absent\n")));
	assert_int_equal(queue(a, "drop", "EL-2027-000009", &out, &err), 1);
	assert_int_equal(queue(a, "drop", "", &out, &err), 1);
	assert_int_equal(rows("SELECT COUNT(*) FROM kit_audit WHERE actor = 'camille'"), 2);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup_with_mail, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_filing_with_a_courriel_queues_one_message_and_says_so), T(a_filing_without_a_courriel_queues_nothing),
		T(a_refused_form_queues_nothing), T(a_double_click_queues_nothing_more), T(what_is_rolled_back_is_not_announced),
		T(an_id_that_no_filing_has_is_refused), T(a_citizen_cannot_flood_an_address),
		cmocka_unit_test_setup_teardown(without_mail_settings_nothing_is_queued_and_nothing_promised, setup, teardown),
		T(the_message_says_what_was_filed_and_nothing_of_the_citizen), T(the_message_is_in_the_language_of_the_request),
		cmocka_unit_test(long_words_stay_whole_and_others_are_wrapped), T(a_message_is_delivered_once_and_its_text_erased),
		T(a_courier_that_is_away_is_asked_again_later), T(after_two_days_a_message_is_dropped_and_the_audit_says_so),
		T(what_is_refused_for_good_is_dropped_at_once), T(one_refusal_does_not_hold_the_others_up),
		T(what_was_delivered_and_could_not_be_marked_is_not_sent_again), T(without_the_settings_a_message_waits_and_nobody_is_asked),
		T(the_row_goes_after_a_month), T(the_operator_sees_how_many_wait),
		T(the_operator_sees_which_wait_tries_one_and_gives_one_up),
	};
	int failures = cmocka_run_group_tests_name("mail on sqlite", tests, NULL, NULL);

	on_postgresql = test_pg_up();
	if (on_postgresql)
		failures += cmocka_run_group_tests_name("mail on postgresql", tests, NULL, NULL);
	test_pg_down();
	return failures;
}
