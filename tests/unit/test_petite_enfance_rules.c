/* What a préinscription must say: each field refused for its own reason, the spellings that are lenient,
 * the calendar, and when two filings speak of the same child. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "services/kit/checks.h"
#include "services/petite-enfance/preinscription_rules.h"

#define NOON INT64_C(1795600000)      /* 25 November 2026, Paris */

static struct pe_typed good(void)
{
	return (struct pe_typed){
		.enfant_prenoms = STR("Lou"), .enfant_nom = STR("Moreau"), .ne = STR("oui"), .jour = STR("3"), .mois = STR("5"),
		.annee = STR("2026"), .parent2_prenoms = STR("Paul"), .parent2_nom = STR("N’Diaye"), .adresse = STR("14 rue des Halles"),
		.code_postal = STR("44990"), .commune = STR("Sérigny"), .telephone = STR("02 40 00 00 00"), .courriel = STR("jeanne@exemple.fr"),
		.entree_jour = STR("1"), .entree_mois = STR("9"), .entree_annee = STR("2027"), .jours = PE_LUNDI | PE_JEUDI,
		.arrivee = STR("8:30"), .depart = STR("17:15"), .accueil = PE_COLLECTIF | PE_FAMILIAL, .situation = STR("Reprise de travail"),
		.attestation = true,
	};
}

enum field { PRENOMS, NOM, NE, DATE, PRENOMS2, NOM2, ADRESSE, POSTAL, COMMUNE, TELEPHONE, COURRIEL, ENTREE, JOURS, ARRIVEE, DEPART, ACCUEIL,
	SITUATION, ATTESTATION };

static const char *error_of(const struct pe_errors *e, enum field f)
{
	const char *const all[] = { e->enfant_prenoms, e->enfant_nom, e->ne, e->enfant_date, e->parent2_prenoms, e->parent2_nom, e->adresse,
		e->code_postal, e->commune, e->telephone, e->courriel, e->entree, e->jours, e->arrivee, e->depart, e->accueil, e->situation,
		e->attestation };

	return all[f];
}

static struct str *text_of(struct pe_typed *t, const char *name)
{
	struct { const char *name; struct str *at; } all[] = {
		{ "prenoms", &t->enfant_prenoms }, { "nom", &t->enfant_nom }, { "ne", &t->ne }, { "jour", &t->jour }, { "mois", &t->mois },
		{ "annee", &t->annee }, { "prenoms2", &t->parent2_prenoms }, { "nom2", &t->parent2_nom }, { "adresse", &t->adresse },
		{ "postal", &t->code_postal }, { "commune", &t->commune }, { "telephone", &t->telephone }, { "courriel", &t->courriel },
		{ "entree_jour", &t->entree_jour }, { "entree_mois", &t->entree_mois }, { "entree_annee", &t->entree_annee },
		{ "arrivee", &t->arrivee }, { "depart", &t->depart }, { "situation", &t->situation },
	};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (strcmp(all[i].name, name) == 0)
			return all[i].at;
	fail_msg("no field %s", name);
	return NULL;
}

static struct str repeated(struct arena *a, const char *unit, size_t times)
{
	size_t n = strlen(unit);
	char *p = arena_alloc(a, n * times + 1);

	for (size_t i = 0; i < times; i++)
		memcpy(p + i * n, unit, n);
	return (struct str){ p, n * times };
}

static void the_control_is_accepted_and_kept_in_one_spelling(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
	struct pe_typed t = good();
	struct pe_errors e;
	struct pe_answers w = { 0 };

	(void)state;
	pe_preinscription_judge(a, &t, NOON, &e, &w);
	assert_int_equal(e.n, 0);
	assert_true(w.ne);
	assert_true(str_eq(w.enfant_date, STR("2026-05-03")));
	assert_true(str_eq(w.entree, STR("2027-09-01")));
	assert_true(str_eq(w.telephone, STR("0240000000")));
	assert_int_equal(w.arrivee_min, 510);
	assert_int_equal(w.depart_min, 1035);
	assert_int_equal(w.jours, PE_LUNDI | PE_JEUDI);
	assert_int_equal(w.accueil, PE_COLLECTIF | PE_FAMILIAL);
}

static const struct { const char *field, *value; enum field error; const char *word; } refused[] = {
	{ "nom", "", NOM, "missing" },
	{ "ne", "", NE, "missing" }, { "ne", "peut-être", NE, "missing" },
	{ "jour", "", DATE, "missing" }, { "annee", "", DATE, "missing" }, { "jour", "0", DATE, "invalid" }, { "jour", "32", DATE, "invalid" },
	{ "mois", "13", DATE, "invalid" }, { "mois", "mai", DATE, "invalid" }, { "annee", "26", DATE, "invalid" }, { "annee", "1899", DATE, "old" },
	{ "annee", "99999999999999999999", DATE, "invalid" }, { "jour", "-3", DATE, "invalid" },
	{ "annee", "1900", DATE, "old" }, { "annee", "2023", DATE, "old" }, { "annee", "2027", DATE, "future" }, { "annee", "2100", DATE, "future" },
	{ "nom2", "", NOM2, "missing" },
	{ "adresse", "", ADRESSE, "missing" }, { "commune", "", COMMUNE, "missing" },
	{ "postal", "", POSTAL, "missing" }, { "postal", "4499", POSTAL, "invalid" }, { "postal", "44a90", POSTAL, "invalid" },
	{ "telephone", "12", TELEPHONE, "invalid" }, { "telephone", "02 40 00 00 0x", TELEPHONE, "invalid" },
	{ "courriel", "jeanne", COURRIEL, "invalid" }, { "courriel", "a@exemple.fr,b@exemple.fr", COURRIEL, "invalid" },
	{ "entree_mois", "", ENTREE, "missing" }, { "entree_jour", "31", ENTREE, "invalid" }, { "entree_annee", "2025", ENTREE, "past" },
	{ "entree_annee", "2026", ENTREE, "past" }, { "entree_annee", "2028", ENTREE, "far" }, { "entree_annee", "2100", ENTREE, "far" },
	{ "arrivee", "", ARRIVEE, "missing" }, { "arrivee", "matin", ARRIVEE, "invalid" }, { "arrivee", "8:3", ARRIVEE, "invalid" },
	{ "arrivee", "8:60", ARRIVEE, "invalid" }, { "arrivee", "24:00", ARRIVEE, "invalid" }, { "arrivee", "008:30", ARRIVEE, "invalid" },
	{ "arrivee", ":30", ARRIVEE, "invalid" }, { "arrivee", "-8:30", ARRIVEE, "invalid" }, { "arrivee", "8:30:00", ARRIVEE, "invalid" },
	{ "arrivee", "8:20", ARRIVEE, "quarter" }, { "arrivee", "7:15", ARRIVEE, "outside" }, { "arrivee", "0:00", ARRIVEE, "outside" },
	{ "depart", "", DEPART, "missing" }, { "depart", "17h5", DEPART, "invalid" }, { "depart", "17:01", DEPART, "quarter" },
	{ "depart", "19:15", DEPART, "outside" }, { "depart", "8:30", DEPART, "before_arrival" }, { "depart", "8:15", DEPART, "before_arrival" },
};

static void each_wrong_answer_is_refused_in_its_own_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
		struct pe_typed t = good();
		struct pe_errors e;
		struct pe_answers w = { .adresse = STR("untouched") };
		const char *word;

		*text_of(&t, refused[i].field) = str_from_c(refused[i].value);
		pe_preinscription_judge(a, &t, NOON, &e, &w);
		word = error_of(&e, refused[i].error);
		if (e.n != 1 || !word || strcmp(word, refused[i].word) != 0)
			fail_msg("%s \"%s\": %d errors, %s", refused[i].field, refused[i].value, (int)e.n, word ? word : "accepted");
		assert_true(str_eq(w.adresse, STR("untouched")));
	}
}

static void what_has_no_tick_is_refused(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
	struct pe_typed t = good();
	struct pe_errors e;
	struct pe_answers w;

	(void)state;
	t.jours = t.accueil = 0;
	t.attestation = false;
	pe_preinscription_judge(a, &t, NOON, &e, &w);
	assert_int_equal(e.n, 3);
	assert_string_equal(e.jours, "missing");
	assert_string_equal(e.accueil, "missing");
	assert_string_equal(e.attestation, "missing");
}

static void an_empty_form_is_told_everything_at_once(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
	struct pe_typed t = { 0 };
	struct pe_errors e;
	struct pe_answers w;

	(void)state;
	pe_preinscription_judge(a, &t, NOON, &e, &w);
	assert_int_equal(e.n, 12);
	assert_null(e.enfant_prenoms);        /* first names, the other parent, telephone, mail and situation may stay empty */
	assert_null(e.parent2_nom);
	assert_null(e.telephone);
	assert_null(e.courriel);
	assert_null(e.situation);
}

/* V25: names as people bear them. */
static void lawful_names_are_accepted(void **state)
{
	static const struct { const char *prenoms, *nom; } names[] = {
		{ "", "Moreau" }, { "Lou", "O" }, { "Anne-Sophie", "L’Haÿ d'Ormesson" }, { "Zoé, Maëlle", "Nguyễn" }, { "محمد", "الفاسي" },
		{ "\u041e\u043b\u044c\u0433\u0430", "\u0418\u0432\u0430\u043d\u043e\u0432\u0430" }, { "明", "李" }, { "' or 1=1--", "%n%s {{7*7}}" }, { "<b>", "\"><script>" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
		struct pe_typed t = good();
		struct pe_errors e;
		struct pe_answers w = { 0 };

		t.enfant_prenoms = str_from_c(names[i].prenoms);
		t.enfant_nom = t.parent2_nom = str_from_c(names[i].nom);
		pe_preinscription_judge(a, &t, NOON, &e, &w);
		if (e.n)
			fail_msg("%s %s: refused", names[i].prenoms, names[i].nom);
		assert_true(str_eq(w.enfant_nom, t.enfant_nom));
	}
}

static void too_long_is_counted_in_characters_and_bounded_in_bytes(void **state)
{
	static const struct { const char *field, *unit; size_t times; enum field error; bool refused; } cases[] = {
		{ "nom", "a", 200, NOM, false }, { "nom", "é", 200, NOM, false }, { "nom", "a", 201, NOM, true }, { "nom", "明", 133, NOM, false },
		{ "nom", "明", 134, NOM, true }, { "prenoms", "é", 201, PRENOMS, true }, { "prenoms2", "é", 201, PRENOMS2, true },
		{ "nom2", "é", 200, NOM2, false }, { "nom2", "é", 201, NOM2, true }, { "adresse", "é", 150, ADRESSE, false },
		{ "adresse", "é", 151, ADRESSE, true }, { "commune", "é", 81, COMMUNE, true }, { "situation", "é", 500, SITUATION, false },
		{ "situation", "é", 501, SITUATION, true }, { "situation", "\xf0\x9f\x91\xb6", 251, SITUATION, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
		struct pe_typed t = good();
		struct pe_errors e;
		struct pe_answers w;

		*text_of(&t, cases[i].field) = repeated(a, cases[i].unit, cases[i].times);
		pe_preinscription_judge(a, &t, NOON, &e, &w);
		if (e.n != cases[i].refused || (cases[i].refused && strcmp(error_of(&e, cases[i].error), "long") != 0))
			fail_msg("%s, %zu times %s: %d errors", cases[i].field, cases[i].times, cases[i].unit, (int)e.n);
	}
}

/* ---- the calendar ---- */

static int64_t at(int year, int month, int day)
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
	int64_t days = (year - 1970) * INT64_C(365) + (year - 1969) / 4 + before[month - 1] + day - 1 + (month > 2 && year % 4 == 0);

	return days * 86400 + 43200;
}

static void dates_are_judged_by_their_neighbours(void **state)
{
	static const struct { int y, m, d; const char *ne, *jour, *mois, *annee; const char *word; } cases[] = {
		{ 2026, 11, 25, "oui", "25", "11", "2026", NULL }, { 2026, 11, 25, "oui", "26", "11", "2026", "future" },
		{ 2026, 11, 25, "oui", "26", "11", "2023", NULL }, { 2026, 11, 25, "oui", "25", "11", "2023", "old" },
		{ 2027, 2, 27, "oui", "29", "2", "2024", NULL }, { 2027, 2, 28, "oui", "29", "2", "2024", "old" },
		{ 2026, 11, 25, "oui", "29", "2", "2025", "invalid" }, { 2026, 11, 25, "oui", "28", "3", "2026", NULL },
		{ 2026, 11, 25, "non", "24", "11", "2026", "past" }, { 2026, 11, 25, "non", "25", "11", "2026", NULL },
		{ 2026, 11, 25, "non", "25", "8", "2027", NULL }, { 2026, 11, 25, "non", "26", "8", "2027", "far" },
		/* Nine months after 31 May there is no 31 February. */
		{ 2026, 5, 31, "non", "28", "2", "2027", NULL }, { 2026, 5, 31, "non", "1", "3", "2027", "far" },
		{ 2027, 5, 31, "non", "29", "2", "2028", NULL }, { 2026, 11, 25, "non", "31", "4", "2027", "invalid" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
		int64_t now_s = at(cases[i].y, cases[i].m, cases[i].d);
		struct pe_typed t = good();
		struct pe_errors e;
		struct pe_answers w;

		t.ne = str_from_c(cases[i].ne);
		t.jour = str_from_c(cases[i].jour);
		t.mois = str_from_c(cases[i].mois);
		t.annee = str_from_c(cases[i].annee);
		pe_preinscription_judge(a, &t, now_s, &e, &w);
		if ((e.enfant_date != NULL) != (cases[i].word != NULL) || (e.enfant_date && strcmp(e.enfant_date, cases[i].word) != 0))
			fail_msg("case %zu: %s", i, e.enfant_date ? e.enfant_date : "accepted");
	}
}

static void a_place_is_wished_from_today_to_eighteen_months_and_not_before_the_birth(void **state)
{
	static const struct { const char *ne, *child_mois, *jour, *mois, *annee; const char *word; } cases[] = {
		{ "oui", "5", "25", "11", "2026", NULL }, { "oui", "5", "24", "11", "2026", "past" }, { "oui", "5", "25", "5", "2028", NULL },
		{ "oui", "5", "26", "5", "2028", "far" }, { "oui", "5", "29", "2", "2027", "invalid" }, { "oui", "5", "29", "2", "2028", NULL },
		{ "non", "12", "3", "12", "2026", NULL }, { "non", "12", "2", "12", "2026", "before_birth" },
		/* With an impossible date of the child, only that one is asked again. */
		{ "non", "13", "2", "12", "2026", NULL }, { "oui", "12", "2", "12", "2026", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
		struct pe_typed t = good();
		struct pe_errors e;
		struct pe_answers w;

		t.ne = str_from_c(cases[i].ne);
		t.mois = str_from_c(cases[i].child_mois);
		t.entree_jour = str_from_c(cases[i].jour);
		t.entree_mois = str_from_c(cases[i].mois);
		t.entree_annee = str_from_c(cases[i].annee);
		pe_preinscription_judge(a, &t, at(2026, 11, 25), &e, &w);
		if ((e.entree != NULL) != (cases[i].word != NULL) || (e.entree && strcmp(e.entree, cases[i].word) != 0))
			fail_msg("case %zu: %s", i, e.entree ? e.entree : "accepted");
	}
}

static void a_date_is_judged_by_the_calendar_of_paris(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
	int64_t new_year = INT64_C(1798759800);        /* 31 December 2026, 23:30 UTC: the first of January in Paris */
	struct pe_typed t = good();
	struct pe_errors e;
	struct pe_answers w;

	(void)state;
	t.jour = STR("1");
	t.mois = STR("1");
	t.annee = STR("2027");
	pe_preinscription_judge(a, &t, new_year, &e, &w);
	assert_null(e.enfant_date);
	pe_preinscription_judge(a, &t, new_year - 3600, &e, &w);
	assert_string_equal(e.enfant_date, "future");
}

/* ---- spellings ---- */

static void hours_are_read_as_people_write_them(void **state)
{
	static const struct { const char *typed; int64_t min; } cases[] = {
		{ "8:30", 510 }, { "08:30", 510 }, { "8h30", 510 }, { "8 h 30", 510 }, { "8H30", 510 }, { "8.30", 510 }, { "8 h", 480 },
		{ "8h", 480 }, { "8", 480 }, { "07:30", 450 }, { "8\xc2\xa0h\xe2\x80\xaf" "15", 495 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
		struct pe_typed t = good();
		struct pe_errors e;
		struct pe_answers w = { 0 };

		t.arrivee = str_from_c(cases[i].typed);
		t.depart = STR("19:00");
		pe_preinscription_judge(a, &t, NOON, &e, &w);
		if (e.n || w.arrivee_min != cases[i].min)
			fail_msg("%s: %s", cases[i].typed, e.arrivee ? e.arrivee : "another time");
	}
}

static void blanks_and_line_ends_of_browsers_do_no_harm(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
	struct http_pair pairs[] = {
		{ STR("enfant-nom"), STR(" Moreau\xc2\xa0") }, { STR("situation"), STR("\r\n Une ligne.\r\n\r\nUne autre. \r\n") },
		{ STR("lundi"), STR("oui") }, { STR("mardi"), STR("peut-être") }, { STR("attestation"), STR("on") },
	};
	struct http_pairs form = { pairs, sizeof pairs / sizeof *pairs };
	struct pe_typed t = pe_typed_of(a, &form);

	(void)state;
	assert_true(str_eq(t.enfant_nom, STR("Moreau")));
	assert_true(str_eq(t.situation, STR("Une ligne.\n\nUne autre.")));
	assert_int_equal(t.jours, PE_LUNDI);
	assert_false(t.attestation);
}

static void the_same_child_is_known_whatever_the_spelling(void **state)
{
	static const struct { const char *prenoms, *nom, *date; bool same; } cases[] = {
		{ "Léo-Paul", "d’Ornano", "2026-05-03", true }, { "LÉO PAUL", "D'ORNANO", "2026-05-03", true },
		{ "léo, paul", "d’ornano", "2026-05-03", true }, { "Léo\xe2\x80\x91Paul", "d’Ornano", "2026-05-03", true },
		{ "Léo", "d’Ornano", "2026-05-03", false }, { "Léo-Paul", "d’Ornan", "2026-05-03", false },
		{ "Léo-Paul", "d’Ornano", "2026-05-04", false }, { "Paul-Léo", "d’Ornano", "2026-05-03", false },
		{ "", "d’Ornano Léo-Paul", "2026-05-03", false }, { "Leo-Paul", "d’Ornano", "2026-05-03", false },
	};
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 17);
	struct pe_answers w = { .enfant_prenoms = STR("Léo-Paul"), .enfant_nom = STR("d’Ornano"), .enfant_date = STR("2026-05-03") };
	struct str key = pe_child_key(a, &w);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		w = (struct pe_answers){ .enfant_prenoms = str_from_c(cases[i].prenoms), .enfant_nom = str_from_c(cases[i].nom),
			.enfant_date = str_from_c(cases[i].date) };
		if (str_eq(pe_child_key(a, &w), key) != cases[i].same)
			fail_msg("case %zu: " STR_FMT, i, STR_ARG(pe_child_key(a, &w)));
	}
}

/* A telephone and a Mac write the same letter in other bytes; and not all capitals are those of A to Z. */
static void letters_are_the_same_however_they_are_composed(void **state)
{
	static const struct { const char *one, *other; } names[] = {
		{ "Éloïse", "E\u0301loi\u0308se" }, { "élodie", "E\u0301LODIE" }, { "Œuvrard", "œuvrard" }, { "Ÿves", "ÿves" },
		{ "Ángel Ñuño", "A\u0301NGEL N\u0303UN\u0303O" }, { "Łukasz", "łukasz" }, { "\u0418\u0432\u0430\u043d", "\u0438\u0432\u0430\u043d" }, { "Nguyễn", "Nguye\u0302\u0303n" },
	};
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 17);

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct pe_answers one = { .enfant_nom = str_from_c(names[i].one) }, other = { .enfant_nom = str_from_c(names[i].other) };

		if (!str_eq(pe_child_key(a, &one), pe_child_key(a, &other)))
			fail_msg("%s and %s", names[i].one, names[i].other);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_control_is_accepted_and_kept_in_one_spelling),
		cmocka_unit_test(each_wrong_answer_is_refused_in_its_own_words),
		cmocka_unit_test(what_has_no_tick_is_refused),
		cmocka_unit_test(an_empty_form_is_told_everything_at_once),
		cmocka_unit_test(lawful_names_are_accepted),
		cmocka_unit_test(too_long_is_counted_in_characters_and_bounded_in_bytes),
		cmocka_unit_test(dates_are_judged_by_their_neighbours),
		cmocka_unit_test(a_place_is_wished_from_today_to_eighteen_months_and_not_before_the_birth),
		cmocka_unit_test(a_date_is_judged_by_the_calendar_of_paris),
		cmocka_unit_test(hours_are_read_as_people_write_them),
		cmocka_unit_test(blanks_and_line_ends_of_browsers_do_no_harm),
		cmocka_unit_test(the_same_child_is_known_whatever_the_spelling),
		cmocka_unit_test(letters_are_the_same_however_they_are_composed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
