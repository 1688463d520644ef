/* Filings without an account: found by number and code alone, bounded, and gone with their answers when
 * their time is over. On SQLite and on PostgreSQL. */
#include "tests/unit/kit_calls.h"

#define ANSWERED "SELECT COUNT(*) FROM answer"

/* ---- the code ---- */

static void a_wrong_code_and_a_wrong_number_are_one_answer(void **state)
{
	struct kit_demande d = demande("form-1", ""), other = demande("form-2", "");
	struct kit_demande_view *v;
	CALL(c);

	(void)state;
	v = arena_new(c.arena, struct kit_demande_view);
	must(file(&c, &d, "a"));
	must(file(&c, &other, "b"));
	must(follow(&c, "SI-2027-000001", arena_c(c.arena, d.follow_up), v));
	assert_true(str_eq(v->demande.number, d.number));
	refused(follow(&c, "SI-2027-000001", "0000-0000-0000", v), ERR_ABSENT, "kit.demande");
	refused(follow(&c, "SI-2027-000001", arena_c(c.arena, other.follow_up), v), ERR_ABSENT, "kit.demande");
	refused(follow(&c, "SI-2027-000009", arena_c(c.arena, d.follow_up), v), ERR_ABSENT, "kit.demande");
	refused(follow(&c, "SI-2027-000001", "", v), ERR_ABSENT, "kit.demande");
	refused(follow(&c, "SI-2027-000001", "UUUU-UUUU-UUUU", v), ERR_ABSENT, "kit.demande");
	refused(follow(&c, "", "", v), ERR_ABSENT, "kit.demande");
	refused(follow(&c, "%' OR 1=1 --", arena_c(c.arena, d.follow_up), v), ERR_ABSENT, "kit.demande");
}

/* Letters that look alike are one; that is for eyes, and takes nothing from the code. */
static void a_code_is_read_whatever_its_case_blanks_and_hyphens(void **state)
{
	static const char *const hyphens[] = { "", "-", " ", "\u2011", ".", "\u00a0" };
	struct kit_demande d = demande("form-1", "");
	struct kit_demande_view *v;
	char code[64], typed[64];
	CALL(c);

	(void)state;
	v = arena_new(c.arena, struct kit_demande_view);
	must(file(&c, &d, "a"));
	assert_int_equal(d.follow_up.n, 14);
	snprintf(code, sizeof code, STR_FMT, STR_ARG(d.follow_up));
	assert_true(code[4] == '-' && code[9] == '-');
	for (size_t i = 0; code[i]; i++)
		assert_true(strchr("0123456789ABCDEFGHJKMNPQRSTVWXYZ-", code[i]) != NULL);
	for (size_t h = 0; h < sizeof hyphens / sizeof *hyphens; h++) {
		snprintf(typed, sizeof typed, " %.4s%s%.4s%s%.4s ", code, hyphens[h], code + 5, hyphens[h], code + 10);
		for (size_t i = 0; typed[i]; i++)
			if (typed[i] >= 'A' && typed[i] <= 'Z')
				typed[i] = (char)(typed[i] - 'A' + 'a');
			else if (typed[i] == '0')
				typed[i] = 'o';
			else if (typed[i] == '1')
				typed[i] = 'l';
		must(follow(&c, "si-2027-000001", typed, v));
	}
	assert_int_equal(rows("SELECT COUNT(*) FROM kit_demande WHERE length(code_hash) = 64"), 1);
}

/* As the page says: capitals, blanks and hyphens do not count. */
static void a_number_is_read_whatever_its_case_blanks_and_hyphens(void **state)
{
	static const char *const typed[] = { "SI-2027-000001", "si 2027 000001", "SI2027000001", " si-2027 000001 ", "SI\u00a02027\u202f000001",
		"SI\u20112027\u2013000001", "SI -  2027 - 000001", "SI-2027-000\u00a0001" };
	static const char *const other[] = { "SI-2027-00001", "SI-2027-0000010", "SI-20270-00001x", "2027-000001", "SI", "000001", "S-I2027-000002" };
	struct kit_demande d = demande("form-1", "");
	struct kit_demande_view *v;
	CALL(c);

	(void)state;
	v = arena_new(c.arena, struct kit_demande_view);
	must(file(&c, &d, "a"));
	for (size_t i = 0; i < sizeof typed / sizeof *typed; i++)
		must(follow(&c, typed[i], arena_c(c.arena, d.follow_up), v));
	for (size_t i = 0; i < sizeof other / sizeof *other; i++)
		refused(follow(&c, other[i], arena_c(c.arena, d.follow_up), v), ERR_ABSENT, "kit.demande");
}

static void codes_differ_from_form_to_form(void **state)
{
	static char seen[6][16];
	CALL(c);

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		char form_id[16];

		snprintf(form_id, sizeof form_id, "form-%zu", i);
		struct kit_demande d = demande(form_id, "");
		must(file(&c, &d, "a"));
		snprintf(seen[i], sizeof seen[i], STR_FMT, STR_ARG(d.follow_up));
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(seen[i], seen[j]);
	}
}

/* ---- bounded, and with an end ---- */

static void fill(const char *source, int from, int n)
{
	AUTO(call_done) struct call c = call_from(source);

	for (int i = from; i < from + n; i++) {
		char form_id[32];

		snprintf(form_id, sizeof form_id, "%s-%d", source, i);
		struct kit_demande d = demande(form_id, "");
		must(file(&c, &d, "a"));
	}
}

static void one_source_files_so_many_an_hour_without_an_account(void **state)
{
	AUTO(call_done) struct call c = call_from("2001:db8:1:2::9"), other = call_from("2001:db8:1:3::1");
	struct kit_demande one_more, again, mine;

	(void)state;
	fill("2001:db8:1:2::1", 0, KIT_ANONYMOUS_OF_SOURCE);
	one_more = demande("more", "");
	refused(file(&c, &one_more, "a"), ERR_THROTTLED, "kit.demande.many");
	assert_int_equal(rows(DEMANDES), KIT_ANONYMOUS_OF_SOURCE);
	/* Another /64, and with an account, and an hour later. */
	again = demande("more", "");
	must(file(&other, &again, "a"));
	mine = demande("mine", "jeanne");
	must(file(&c, &mine, "a"));
	w.now_s += HOUR;
	c.req.now_s = w.now_s;
	one_more = demande("later", "");
	must(file(&c, &one_more, "a"));
}

static void what_is_not_filed_costs_its_source_nothing(void **state)
{
	struct kit_demande d = demande("form-1", "");
	CALL(c);

	(void)state;
	must(file(&c, &d, "a"));
	for (int i = 0; i < KIT_ANONYMOUS_OF_SOURCE + 1; i++) {
		struct kit_demande again = demande("form-1", ""), no = demande("no", "");

		must(file(&c, &again, "a"));
		refused(file(&c, &no, "refuse"), ERR_DENIED, "test.no");
	}
	fill("192.0.2.1", 0, KIT_ANONYMOUS_OF_SOURCE - 1);
}

static struct err crowd_tx(struct store_tx *tx, void *arg)
{
	struct arena *a = arg;

	for (int i = 0; i < KIT_ANONYMOUS_IN_ALL; i++) {
		struct str id = arena_printf(a, "X-%d", i);

		TRY(store_exec(tx, "INSERT INTO kit_demande (number, form_id, kind, pseudonym, filed_at_s, expires_at_s, state, word, code_hash)"
			" VALUES ($1, $1, 'signalement', '', $2, $3, 'received', '', '')", NULL, str_(id), int_(w.now_s - 60), int_(w.now_s + DAY)));
	}
	return NO_ERR;
}

static void everybody_together_files_so_many_an_hour_without_an_account(void **state)
{
	struct kit_demande d = demande("form-1", ""), mine = demande("form-2", "jeanne");
	CALL(c);

	(void)state;
	must(store_tx(kit_store(w.kit), QUICK, crowd_tx, c.arena));
	refused(file(&c, &d, "a"), ERR_THROTTLED, "kit.demande.many");
	must(file(&c, &mine, "a"));
	w.now_s += HOUR;
	d = demande("form-1", "");
	must(file(&c, &d, "a"));
}

static void no_address_of_anybody_is_written(void **state)
{
	CALL(c);
	AUTO(call_done) struct call far = call_from("203.0.113.77");
	struct kit_demande d = demande("form-1", "");

	(void)state;
	must(file(&far, &d, "a"));
	kit_tick(w.kit, w.now_s + 1);
	assert_int_equal(rows("SELECT COUNT(*) FROM kit_demande WHERE form_id LIKE '%203.0%' OR code_hash LIKE '%203.0%' OR word LIKE '%203.0%'"), 0);
	assert_int_equal(rows("SELECT COUNT(*) FROM kit_audit WHERE actor LIKE '%203.0%' OR subject LIKE '%203.0%'"), 0);
}

static void without_an_account_it_must_have_an_end(void **state)
{
	struct kit_demande d = demande("form-1", "");
	CALL(c);

	(void)state;
	d.expires_at_s = 0;
	refused(file(&c, &d, "a"), ERR_BROKEN, "kit.demande.fate");
	assert_int_equal(rows(EVERYTHING), 0);
}

static void what_is_over_goes_with_its_answers_and_what_is_kept_stays(void **state)
{
	struct kit_demande over = demande("form-1", ""), kept = demande("form-2", "jeanne"), transit = demande("form-3", "jeanne");
	struct kit_demande_view *v;
	CALL(c);

	(void)state;
	v = arena_new(c.arena, struct kit_demande_view);
	kept.expires_at_s = 0;
	must(file(&c, &over, "a"));
	must(file(&c, &kept, "b"));
	must(file(&c, &transit, "c"));
	/* Over is over, also before the purge comes by. */
	c.req.now_s = w.now_s + KEPT_FOR + 1;
	refused(follow(&c, "SI-2027-000001", arena_c(c.arena, over.follow_up), v), ERR_ABSENT, "kit.demande");
	refused(kit_demande_find(w.kit, &c.req, STR("jeanne"), transit.number, v, NULL, NULL), ERR_ABSENT, "kit.demande");
	must(kit_demande_find(w.kit, &c.req, STR("jeanne"), kept.number, v, NULL, NULL));
	kit_tick(w.kit, w.now_s + KEPT_FOR);
	assert_int_equal(rows(ANSWERED), 3);
	kit_tick(w.kit, w.now_s + KEPT_FOR + 120);
	assert_int_equal(rows(DEMANDES), 1);
	assert_int_equal(rows(ANSWERED), 1);
	assert_int_equal(rows("SELECT COUNT(*) FROM answer WHERE text = 'b'"), 1);
}

static void a_clock_that_was_set_back_does_not_stop_the_purge(void **state)
{
	struct kit_demande over = demande("form-1", "");
	CALL(c);

	(void)state;
	over.expires_at_s = w.now_s + HOUR;
	must(file(&c, &over, "a"));
	w.kit->purged_at_s = w.now_s + 365 * DAY;      /* when somebody mistyped the year */
	kit_tick(w.kit, w.now_s + 2 * HOUR);
	assert_int_equal(rows(DEMANDES), 0);
}

static void the_operators_purge_takes_them_too(void **state)
{
	struct kit_demande d = demande("form-1", "");
	struct str argv[] = { STR("db"), STR("purge") }, out = STR_NONE, err = STR_NONE;
	CALL(c);

	(void)state;
	d.expires_at_s = 1000;
	must(file(&c, &d, "a"));
	assert_int_equal(kit_ctl(w.kit, c.arena, argv, 2, true, STR("root"), STR_NONE, &out, &err), 0);
	assert_int_equal(rows(DEMANDES), 0);
	assert_int_equal(rows(ANSWERED), 0);
}

static void one_address_is_not_flooded_without_an_account(void **state)
{
	CALL(c);

	(void)state;
	for (int i = 0; i < KIT_MESSAGES_A_DAY + 3; i++) {
		char form_id[16];

		snprintf(form_id, sizeof form_id, "form-%d", i);
		struct kit_demande d = demande(form_id, "");
		must(file(&c, &d, "victime@exemple.fr"));
	}
	assert_int_equal(rows("SELECT COUNT(*) FROM kit_mail"), KIT_MESSAGES_A_DAY);
	struct kit_demande other = demande("other", "");
	must(file(&c, &other, "autre@exemple.fr"));
	assert_int_equal(rows("SELECT COUNT(*) FROM kit_mail"), KIT_MESSAGES_A_DAY + 1);
}

/* One mailbox has many spellings, to which no courier makes a difference. */
static void one_mailbox_is_not_flooded_under_other_capitals(void **state)
{
	static const char *const spellings[] = { "victime@exemple.fr", "Victime@exemple.fr", "VICTIME@EXEMPLE.FR", "victime@Exemple.fr",
		"vIctime@exemple.fr", "viCtime@exemple.fr", "victimE@exemple.fr" };
	CALL(c);

	(void)state;
	for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
		char form_id[16];

		snprintf(form_id, sizeof form_id, "form-%zu", i);
		struct kit_demande d = demande(form_id, "");
		must(file(&c, &d, spellings[i]));
	}
	assert_int_equal(rows("SELECT COUNT(*) FROM kit_mail"), KIT_MESSAGES_A_DAY);
	assert_int_equal(rows("SELECT COUNT(*) FROM kit_mail WHERE recipient = 'VICTIME@EXEMPLE.FR'"), 1);
}

/* ---- tallies ---- */

static void a_tally_counts_each_doer_within_its_window(void **state)
{
	struct kit_tally *t = kit_tally_create();
	struct kit_deed a = { "file", STR("a"), 2, HOUR }, b = { "file", STR("b"), 2, HOUR }, mail = { "mail", STR("a"), 2, HOUR };

	(void)state;
	assert_true(kit_tally_take(t, &a, NOON) && kit_tally_take(t, &a, NOON + 1));
	assert_false(kit_tally_take(t, &a, NOON + 2));
	assert_true(kit_tally_take(t, &b, NOON + 2) && kit_tally_take(t, &mail, NOON + 2));
	kit_tally_give_back(t, &a, NOON + 3);
	assert_true(kit_tally_take(t, &a, NOON + 3));
	assert_false(kit_tally_take(t, &a, NOON + HOUR - 1));
	assert_true(kit_tally_take(t, &a, NOON + HOUR));
	/* A clock that was set back locks nobody out. */
	assert_true(kit_tally_take(t, &a, NOON - DAY));
	kit_tally_destroy(t);
}

static void a_source_is_an_address_or_a_subscribers_network(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(4096);

	(void)state;
	assert_true(str_eq(http_source_key(a, STR("192.0.2.7")), STR("192.0.2.7")));
	assert_true(str_eq(http_source_key(a, STR("2001:db8::1")), http_source_key(a, STR("2001:db8::ffff:1"))));
	assert_false(str_eq(http_source_key(a, STR("2001:db8::1")), http_source_key(a, STR("2001:db8:0:1::1"))));
	assert_false(str_eq(http_source_key(a, STR("::ffff:192.0.2.7")), http_source_key(a, STR("::ffff:192.0.2.8"))));
	assert_true(str_eq(http_source_key(a, STR("not an address at all, and far too long for one to be it")),
		STR("not an address at all, and far too long for one to be it")));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest alone[] = {
		cmocka_unit_test(a_tally_counts_each_doer_within_its_window),
		cmocka_unit_test(a_source_is_an_address_or_a_subscribers_network),
	};
	const struct CMUnitTest tests[] = {
		T(a_wrong_code_and_a_wrong_number_are_one_answer), T(a_code_is_read_whatever_its_case_blanks_and_hyphens),
		T(a_number_is_read_whatever_its_case_blanks_and_hyphens), T(codes_differ_from_form_to_form),
		T(one_source_files_so_many_an_hour_without_an_account),
		T(what_is_not_filed_costs_its_source_nothing), T(everybody_together_files_so_many_an_hour_without_an_account),
		T(no_address_of_anybody_is_written), T(without_an_account_it_must_have_an_end),
		T(what_is_over_goes_with_its_answers_and_what_is_kept_stays), T(the_operators_purge_takes_them_too),
		T(a_clock_that_was_set_back_does_not_stop_the_purge),
		cmocka_unit_test_setup_teardown(one_address_is_not_flooded_without_an_account, setup_with_mail, teardown),
		cmocka_unit_test_setup_teardown(one_mailbox_is_not_flooded_under_other_capitals, setup_with_mail, teardown),
	};

	kit_world_begin();
	int failures = cmocka_run_group_tests_name("tallies", alone, NULL, NULL);
	failures += cmocka_run_group_tests_name("filings without an account on sqlite", tests, NULL, NULL);

	on_postgresql = test_pg_up();
	if (on_postgresql)
		failures += cmocka_run_group_tests_name("filings without an account on postgresql", tests, NULL, NULL);
	test_pg_down();
	return failures;
}
