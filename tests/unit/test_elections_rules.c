/* What an inscription must say: each field refused for its own reason, and the spellings that are lenient. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/page.h"
#include "services/elections/demande_rules.h"
#include "services/kit/checks.h"

#define NOON INT64_C(1795600000)      /* 25 November 2026 */

static struct el_typed good(void)
{
	return (struct el_typed){
		.adresse = STR("14 rue des Halles"), .code_postal = STR("44990"), .jour = STR("27"), .mois = STR("3"), .annee = STR("2019"),
		.ailleurs = STR("oui"), .ancienne_commune = STR("L’Haÿ-les-Roses"), .telephone = STR("02 40 00 00 00"),
		.courriel = STR("jeanne@exemple.fr"), .attestation = true,
	};
}

enum field { ADRESSE, CODE_POSTAL, DEPUIS, AILLEURS, ANCIENNE_COMMUNE, TELEPHONE, COURRIEL, ATTESTATION };

static const char *error_of(const struct el_errors *e, enum field f)
{
	const char *const all[] = { e->adresse, e->code_postal, e->depuis, e->ailleurs, e->ancienne_commune, e->telephone, e->courriel, e->attestation };

	return all[f];
}

static struct str *text_of(struct el_typed *t, const char *name)
{
	struct { const char *name; struct str *at; } all[] = {
		{ "adresse", &t->adresse }, { "code_postal", &t->code_postal }, { "jour", &t->jour }, { "mois", &t->mois },
		{ "annee", &t->annee }, { "ailleurs", &t->ailleurs }, { "ancienne_commune", &t->ancienne_commune },
		{ "telephone", &t->telephone }, { "courriel", &t->courriel },
	};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (strcmp(all[i].name, name) == 0)
			return all[i].at;
	fail_msg("no field %s", name);
	return NULL;
}

static void the_control_is_accepted_and_kept_in_one_spelling(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
	struct el_typed t = good();
	struct el_errors e;
	struct el_answers w = { 0 };

	(void)state;
	el_demande_judge(a, &t, STR("1954-03-12"), NOON, &e, &w);
	assert_int_equal(e.n, 0);
	assert_true(str_eq(w.depuis, STR("2019-03-27")));
	assert_true(str_eq(w.telephone, STR("0240000000")));
	assert_true(str_eq(w.code_postal, STR("44990")));
	assert_true(w.ailleurs);
}

static const struct { const char *field, *value; enum field error; const char *word; } refused[] = {
	{ "adresse", "", ADRESSE, "missing" },
	{ "code_postal", "", CODE_POSTAL, "missing" }, { "code_postal", "4499", CODE_POSTAL, "invalid" },
	{ "code_postal", "449900", CODE_POSTAL, "invalid" }, { "code_postal", "44a90", CODE_POSTAL, "invalid" },
	{ "code_postal", "-4990", CODE_POSTAL, "invalid" },
	{ "jour", "", DEPUIS, "missing" }, { "annee", "", DEPUIS, "missing" }, { "jour", "0", DEPUIS, "invalid" },
	{ "jour", "32", DEPUIS, "invalid" }, { "mois", "13", DEPUIS, "invalid" }, { "mois", "mars", DEPUIS, "invalid" },
	{ "annee", "19", DEPUIS, "invalid" }, { "annee", "99999999999999999999", DEPUIS, "invalid" },
	{ "annee", "2062", DEPUIS, "future" }, { "annee", "1953", DEPUIS, "before_birth" },
	{ "ailleurs", "", AILLEURS, "missing" }, { "ailleurs", "peut-être", AILLEURS, "missing" },
	{ "ancienne_commune", "", ANCIENNE_COMMUNE, "missing" },
	{ "telephone", "12", TELEPHONE, "invalid" }, { "telephone", "02 40 00 00 0x", TELEPHONE, "invalid" },
	{ "telephone", "1234567890123456", TELEPHONE, "invalid" }, { "telephone", "02+40000000", TELEPHONE, "invalid" },
	{ "courriel", "jeanne", COURRIEL, "invalid" }, { "courriel", "jeanne@exemple", COURRIEL, "invalid" },
	{ "courriel", "@exemple.fr", COURRIEL, "invalid" }, { "courriel", "a@b@exemple.fr", COURRIEL, "invalid" },
	{ "courriel", "a b@exemple.fr", COURRIEL, "invalid" }, { "courriel", "a@exemple..fr", COURRIEL, "invalid" },
	{ "courriel", "a@exemple.fr.", COURRIEL, "invalid" }, { "courriel", "a@.fr", COURRIEL, "invalid" },
	{ "courriel", "a@exemple.fr,b@exemple.fr", COURRIEL, "invalid" },
	{ "courriel", "hélène@exemple.fr", COURRIEL, "invalid" }, { "courriel", "a@éxemple.fr", COURRIEL, "invalid" },
	{ "courriel", "a\u00a0@exemple.fr", COURRIEL, "invalid" }, { "courriel", "(a)@exemple.fr", COURRIEL, "invalid" },
	{ "courriel", "a:b@exemple.fr", COURRIEL, "invalid" }, { "courriel", "a\\b@exemple.fr", COURRIEL, "invalid" },
	{ "courriel", "a@[192.0.2.1]", COURRIEL, "invalid" }, { "courriel", "-a@exemple.fr", COURRIEL, "invalid" },
};

static void each_wrong_answer_is_refused_in_its_own_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
		struct el_typed t = good();
		struct el_errors e;
		struct el_answers w = { .adresse = STR("untouched") };
		const char *word;

		*text_of(&t, refused[i].field) = str_from_c(refused[i].value);
		el_demande_judge(a, &t, STR("1954-03-12"), NOON, &e, &w);
		word = error_of(&e, refused[i].error);
		if (e.n != 1 || !word || strcmp(word, refused[i].word) != 0)
			fail_msg("%s \"%s\": %d errors, %s", refused[i].field, refused[i].value, (int)e.n, word ? word : "accepted");
		assert_true(str_eq(w.adresse, STR("untouched")));
	}
}

static void an_empty_form_is_told_everything_at_once(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
	struct el_typed t = { 0 };
	struct el_errors e;
	struct el_answers w;

	(void)state;
	el_demande_judge(a, &t, STR_NONE, NOON, &e, &w);
	assert_int_equal(e.n, 5);             /* the commune, telephone and mail may stay empty */
	assert_string_equal(e.attestation, "missing");
	assert_null(e.ancienne_commune);
	assert_null(e.telephone);
	assert_null(e.courriel);
}

static void too_long_is_counted_in_characters(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
	struct el_typed t = good();
	struct el_errors e;
	struct el_answers w;
	char text[600] = "";

	(void)state;
	for (size_t i = 0; i < 150; i++)
		memcpy(text + 2 * i, "\xc3\xa9", 2);
	t.adresse = (struct str){ text, 300 };
	el_demande_judge(a, &t, STR_NONE, NOON, &e, &w);
	assert_null(e.adresse);
	memcpy(text + 300, "a", 1);
	t.adresse.n = 301;
	el_demande_judge(a, &t, STR_NONE, NOON, &e, &w);
	assert_string_equal(e.adresse, "long");
}

/* What is promised to be written to must be what the mail courier takes. */
static void usual_addresses_are_taken(void **state)
{
	static const char *const good_ones[] = { "jeanne.moreau@exemple.fr", "j+liste@mail.exemple.fr", "o'neill_1@exemple.co.uk", "a@b.fr",
		"JEANNE@EXEMPLE.FR", "x-y@xn--exmple-cua.fr" };

	(void)state;
	for (size_t i = 0; i < sizeof good_ones / sizeof *good_ones; i++)
		assert_null(kit_check_email(str_from_c(good_ones[i])));
}

static void what_was_typed_before_a_no_is_not_kept(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
	struct el_typed t = good();
	struct el_errors e;
	struct el_answers w = { 0 };

	(void)state;
	t.ailleurs = STR("non");
	el_demande_judge(a, &t, STR_NONE, NOON, &e, &w);
	assert_int_equal(e.n, 0);
	assert_int_equal(w.ancienne_commune.n, 0);
}

static void a_date_is_judged_by_the_calendar_of_paris(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
	/* 31 December 2026, 23:30 UTC: it is the first of January in Paris. */
	int64_t new_year = INT64_C(1798759800);
	struct str date = STR_NONE;

	(void)state;
	assert_null(kit_check_past_date(a, STR("1"), STR("1"), STR("2027"), new_year, &date));
	assert_string_equal(kit_check_past_date(a, STR("1"), STR("1"), STR("2027"), new_year - 3600, &date), "future");
	assert_null(kit_check_past_date(a, STR("29"), STR("02"), STR("2024"), NOON, &date));
	assert_true(str_eq(date, STR("2024-02-29")));
	assert_string_equal(kit_check_past_date(a, STR("29"), STR("2"), STR("2023"), NOON, &date), "invalid");
	assert_string_equal(kit_check_past_date(a, STR("1"), STR("1"), STR("1849"), NOON, &date), "invalid");
}

/* Five days of the calendar, whatever the clocks of Paris do in between. */
static void the_day_of_decision_is_the_fifth_after_the_filing(void **state)
{
	static const struct { int64_t filed_at_s; int month, day; } cases[] = {
		{ NOON, 11, 30 },
		{ INT64_C(1774650600), 4, 1 },      /* 27 March 2026, 23:30 in Paris; summer time begins on the 29th */
		{ INT64_C(1774566000), 4, 1 },      /* 27 March, 00:00 */
		{ INT64_C(1792877400), 10, 29 },    /* 24 October 2026, 23:30; it ends on the 25th */
		{ INT64_C(1792792800), 10, 29 },    /* 24 October, 00:00 */
		{ INT64_C(1709074800), 3, 4 },      /* 28 February 2024, 00:00: a leap year */
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct page_local filed = page_paris(cases[i].filed_at_s), day = page_paris(el_decide_by_s(cases[i].filed_at_s));

		if (day.month != cases[i].month || day.day != cases[i].day)
			fail_msg("filed on %d/%d at %d:%02d: by %d/%d", filed.day, filed.month, filed.hour, filed.minute, day.day, day.month);
	}
}

static void no_break_spaces_of_keyboards_do_no_harm(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
	struct str out = STR_NONE;

	(void)state;
	assert_true(str_eq(kit_trim(STR("\xc2\xa0 44990\xe2\x80\xaf ")), STR("44990")));
	assert_int_equal(kit_trim(STR("\xc2\xa0")).n, 0);
	assert_null(kit_check_postal_code(a, STR("44\xc2\xa0" "990"), &out));
	assert_true(str_eq(out, STR("44990")));
	assert_null(kit_check_phone(a, STR("+33 2 40\xe2\x80\xaf" "00 00 00"), &out));
	assert_true(str_eq(out, STR("+33240000000")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_control_is_accepted_and_kept_in_one_spelling),
		cmocka_unit_test(each_wrong_answer_is_refused_in_its_own_words),
		cmocka_unit_test(an_empty_form_is_told_everything_at_once),
		cmocka_unit_test(too_long_is_counted_in_characters),
		cmocka_unit_test(usual_addresses_are_taken),
		cmocka_unit_test(what_was_typed_before_a_no_is_not_kept),
		cmocka_unit_test(a_date_is_judged_by_the_calendar_of_paris),
		cmocka_unit_test(the_day_of_decision_is_the_fifth_after_the_filing),
		cmocka_unit_test(no_break_spaces_of_keyboards_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
