/* Who may ask for which act, and what a demande must say: each refusal for its own reason, the table of
 * the ties, and the spellings and dates that are lawful however rare. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include "services/etat-civil/demande_rules.h"

#define NOON INT64_C(1795521600)      /* 24 November 2026, 12:00 UTC */
#define JEANNE ((struct ec_asker){ STR_INIT("Moreau"), STR_INIT("Jeanne"), STR_INIT("1954-03-12") })

static struct ec_typed good(enum ec_kind kind)
{
	struct ec_typed t = {
		.lien = STR("enfant"), .nom = STR("Moreau"), .prenoms = STR("Paul, Émile"), .jour = STR("27"), .mois = STR("3"), .annee = STR("1998"),
		.ici = STR("oui"), .parent1 = STR("Moreau Jeanne"), .destinataire = STR("Jeanne Moreau"), .adresse = STR("14 rue des Halles"),
		.code_postal = STR("44 990"), .ville = STR("Sérigny"), .telephone = STR("02 40 00 00 00"), .courriel = STR("jeanne@exemple.fr"),
		.attestation = true,
	};

	if (kind != EC_COPIE) {
		t.lien = t.parent1 = t.telephone = STR_NONE;
		t.attestation = false;
	}
	return t;
}

struct judged { struct ec_errors errors; struct ec_answers answers; };

static struct judged judge(struct arena *a, enum ec_kind kind, const struct ec_typed *t)
{
	struct judged j = { .answers = { .nom = STR("untouched") } };
	struct ec_asker asker = kind == EC_COPIE ? JEANNE : (struct ec_asker){ 0 };

	ec_demande_judge(a, kind, t, &asker, NOON, &j.errors, &j.answers);
	return j;
}

enum field { LIEN, NOM, PRENOMS, DATE, ICI, PARENT1, PARENT2, DESTINATAIRE, ADRESSE, CODE_POSTAL, VILLE, TELEPHONE, COURRIEL, ATTESTATION };

static const char *error_of(const struct ec_errors *e, enum field f)
{
	const char *const all[] = { e->lien, e->nom, e->prenoms, e->date, e->ici, e->parent1, e->parent2, e->destinataire, e->adresse,
		e->code_postal, e->ville, e->telephone, e->courriel, e->attestation };

	return all[f];
}

static struct str *text_of(struct ec_typed *t, const char *name)
{
	struct { const char *name; struct str *at; } all[] = {
		{ "lien", &t->lien }, { "nom", &t->nom }, { "prenoms", &t->prenoms }, { "jour", &t->jour }, { "mois", &t->mois },
		{ "annee", &t->annee }, { "ici", &t->ici }, { "parent1", &t->parent1 }, { "parent2", &t->parent2 },
		{ "destinataire", &t->destinataire }, { "adresse", &t->adresse }, { "code_postal", &t->code_postal }, { "ville", &t->ville },
		{ "telephone", &t->telephone }, { "courriel", &t->courriel },
	};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (strcmp(all[i].name, name) == 0)
			return all[i].at;
	fail_msg("no field %s", name);
	return NULL;
}

static void the_control_of_each_kind_is_accepted_and_kept_in_one_spelling(void **state)
{
	(void)state;
	for (int kind = 0; kind < EC_KINDS; kind++) {
		AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
		struct ec_typed t = good((enum ec_kind)kind);
		struct judged j = judge(a, (enum ec_kind)kind, &t);

		assert_int_equal(j.errors.n, 0);
		assert_true(str_eq(j.answers.date, STR("1998-03-27")));
		assert_true(str_eq(j.answers.code_postal, STR("44990")));
		assert_true(str_eq(j.answers.telephone, kind == EC_COPIE ? STR("0240000000") : STR_NONE));
	}
}

#define LONG_NAME "nom de plus de deux cents caractères"      /* stands for 201 of them */
static const struct { enum ec_kind kind; const char *field, *value; enum field error; const char *word; } refused[] = {
	{ EC_COPIE, "lien", "", LIEN, "missing" }, { EC_COPIE, "lien", "frere", LIEN, "missing" }, { EC_COPIE, "lien", "ENFANT", LIEN, "missing" },
	{ EC_COPIE, "lien", "moi", LIEN, "not_entitled" }, { EC_COPIE, "lien", "autre", LIEN, "not_entitled" },
	{ EC_COPIE, "lien", "parent", LIEN, "younger" }, { EC_COPIE, "annee", "1953", LIEN, "older" },
	{ EC_COPIE, "parent1", "", PARENT1, "missing" }, { EC_COPIE, "parent1", LONG_NAME, PARENT1, "long" },
	{ EC_COPIE, "parent2", LONG_NAME, PARENT2, "long" }, { EC_COPIE, "parent2", "a\nb", PARENT2, "invalid" },
	{ EC_COPIE, "telephone", "12", TELEPHONE, "invalid" }, { EC_COPIE, "telephone", "02 40 00 00 0x", TELEPHONE, "invalid" },
	{ EC_EXTRAIT, "nom", "", NOM, "missing" }, { EC_EXTRAIT, "nom", LONG_NAME, NOM, "long" }, { EC_EXTRAIT, "nom", "Mor\x1b[2Jeau", NOM, "invalid" },
	{ EC_EXTRAIT, "prenoms", LONG_NAME, PRENOMS, "long" }, { EC_EXTRAIT, "prenoms", "Jea\x7fnne", PRENOMS, "invalid" },
	{ EC_EXTRAIT, "jour", "", DATE, "missing" }, { EC_EXTRAIT, "mois", "", DATE, "missing" }, { EC_EXTRAIT, "annee", "", DATE, "missing" },
	{ EC_EXTRAIT, "jour", "0", DATE, "invalid" }, { EC_EXTRAIT, "jour", "32", DATE, "invalid" }, { EC_EXTRAIT, "mois", "13", DATE, "invalid" },
	{ EC_EXTRAIT, "mois", "mars", DATE, "invalid" }, { EC_EXTRAIT, "annee", "98", DATE, "invalid" }, { EC_EXTRAIT, "annee", "1849", DATE, "invalid" },
	{ EC_EXTRAIT, "annee", "99999999999999999999", DATE, "invalid" }, { EC_EXTRAIT, "annee", "-1998", DATE, "invalid" },
	{ EC_EXTRAIT, "annee", "0x7d0", DATE, "invalid" }, { EC_EXTRAIT, "annee", "1e3", DATE, "invalid" }, { EC_EXTRAIT, "annee", "2100", DATE, "future" },
	{ EC_EXTRAIT, "ici", "", ICI, "missing" }, { EC_EXTRAIT, "ici", "peut-être", ICI, "missing" }, { EC_EXTRAIT, "ici", "non", ICI, "elsewhere" },
	{ EC_EXTRAIT, "destinataire", "", DESTINATAIRE, "missing" }, { EC_EXTRAIT, "destinataire", LONG_NAME, DESTINATAIRE, "long" },
	{ EC_EXTRAIT, "adresse", "", ADRESSE, "missing" }, { EC_EXTRAIT, "adresse", LONG_NAME, ADRESSE, "long" },
	{ EC_EXTRAIT, "adresse", "14 rue\r\nBcc: x", ADRESSE, "invalid" },
	{ EC_EXTRAIT, "code_postal", "", CODE_POSTAL, "missing" }, { EC_EXTRAIT, "code_postal", "4499", CODE_POSTAL, "invalid" },
	{ EC_EXTRAIT, "code_postal", "449900", CODE_POSTAL, "invalid" }, { EC_EXTRAIT, "code_postal", "44a90", CODE_POSTAL, "invalid" },
	{ EC_EXTRAIT, "code_postal", "-4990", CODE_POSTAL, "invalid" },
	{ EC_EXTRAIT, "ville", "", VILLE, "missing" }, { EC_EXTRAIT, "ville", LONG_NAME, VILLE, "long" },
	{ EC_EXTRAIT, "courriel", "jeanne", COURRIEL, "invalid" }, { EC_EXTRAIT, "courriel", "a@exemple.fr,b@exemple.fr", COURRIEL, "invalid" },
	{ EC_EXTRAIT, "courriel", "a b@exemple.fr", COURRIEL, "invalid" }, { EC_EXTRAIT, "courriel", "a\n@exemple.fr", COURRIEL, "invalid" },
	{ EC_DECES, "nom", "", NOM, "missing" }, { EC_DECES, "annee", "", DATE, "missing" }, { EC_DECES, "mois", "", DATE, "missing" },
	{ EC_DECES, "annee", "2027", DATE, "future" }, { EC_DECES, "jour", "31", DATE, NULL }, { EC_DECES, "ici", "non", ICI, "elsewhere" },
};

static void each_wrong_answer_is_refused_in_its_own_words(void **state)
{
	char many[201];

	(void)state;
	memset(many, 'x', sizeof many);
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
		struct ec_typed t = good(refused[i].kind);
		struct judged j;
		const char *word;

		*text_of(&t, refused[i].field) = strcmp(refused[i].value, LONG_NAME) == 0 ? (struct str){ many, sizeof many } : str_from_c(refused[i].value);
		j = judge(a, refused[i].kind, &t);
		word = error_of(&j.errors, refused[i].error);
		if (!refused[i].word) {
			assert_int_equal(j.errors.n, 0);
			continue;
		}
		if (j.errors.n != 1 || !word || strcmp(word, refused[i].word) != 0)
			fail_msg("%d %s \"%s\": %d errors, %s", refused[i].kind, refused[i].field, refused[i].value, (int)j.errors.n, word ? word : "accepted");
		assert_true(str_eq(j.answers.nom, STR("untouched")));
	}
}

static void an_empty_form_is_told_everything_at_once(void **state)
{
	static const int64_t wanted[EC_KINDS] = { [EC_COPIE] = 10, [EC_EXTRAIT] = 7, [EC_DECES] = 7 };

	(void)state;
	for (int kind = 0; kind < EC_KINDS; kind++) {
		AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
		struct ec_typed t = { 0 };
		struct judged j = judge(a, (enum ec_kind)kind, &t);

		assert_int_equal(j.errors.n, wanted[kind]);
		assert_null(j.errors.prenoms);
		assert_null(j.errors.parent2);
		assert_null(j.errors.telephone);
		assert_null(j.errors.courriel);
	}
}

/* Whose copie intégrale? In 2026, what was born in 1950 or before is everybody's. */
static const struct { const char *lien, *born, *asker, *word; } ties[] = {
	{ "moi", "1954-03-12", "1954-03-12", NULL },
	{ "moi", "1954-03-13", "1954-03-12", "not_entitled" },
	{ "moi", "1954-03-12", "", NULL },                        /* the account does not say: the agent looks */
	{ "moi", "2008-11-24", "2008-11-24", NULL },              /* eighteen today */
	{ "moi", "2008-11-25", "2008-11-25", "minor" },           /* and tomorrow */
	{ "moi", "2026-01-01", "2026-01-01", "minor" },
	{ "moi", "1931-05-05", "1931-05-05", NULL },
	{ "enfant", "1980-01-01", "1954-03-12", NULL },
	{ "enfant", "1954-03-12", "1954-03-12", "older" },
	{ "enfant", "1954-03-11", "1954-03-12", "older" },
	{ "enfant", "1953-12-31", "1954-03-12", "older" },
	{ "enfant", "1980-01-01", "", NULL },
	{ "parent", "1930-01-01", "1954-03-12", NULL },
	{ "parent", "1952-01-01", "1972-03-12", NULL },
	{ "parent", "1954-03-12", "1954-03-12", "younger" },
	{ "parent", "1980-01-01", "1954-03-12", "younger" },
	{ "parent", "1980-01-01", "", NULL },
	{ "conjoint", "1980-01-01", "1954-03-12", NULL },
	{ "represente", "2020-01-01", "1954-03-12", NULL },
	{ "autre", "1951-01-01", "1954-03-12", "not_entitled" },
	{ "autre", "1951-01-01", "", "not_entitled" },
	{ "autre", "2020-06-01", "1954-03-12", "not_entitled" },
	{ "autre", "1950-12-31", "1954-03-12", NULL },
	{ "autre", "1880-02-29", "1954-03-12", NULL },
	{ "enfant", "1940-01-01", "1954-03-12", NULL },           /* nonsense, but the act is anybody's */
	{ "frere", "1980-01-01", "1954-03-12", "missing" },
	{ "frere", "1880-01-01", "1954-03-12", "missing" },
	{ "", "1980-01-01", "1954-03-12", "missing" },
	{ "moi ", "1954-03-12", "1954-03-12", "missing" },
	/* A date that is not one has an error of its own. */
	{ "autre", "", "1954-03-12", NULL }, { "parent", "1998", "1954-03-12", NULL },
};

static void a_copie_integrale_is_for_those_whom_the_law_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof ties / sizeof *ties; i++) {
		const char *word = ec_lien_check(str_from_c(ties[i].lien), str_from_c(ties[i].born), str_from_c(ties[i].asker), NOON);

		if ((word == NULL) != (ties[i].word == NULL) || (word && strcmp(word, ties[i].word) != 0))
			fail_msg("%s born %s asked by %s: %s", ties[i].lien, ties[i].born, ties[i].asker, word ? word : "accepted");
	}
}

/* The year of Paris: on the last evening of the year an act becomes everybody's an hour before UTC says so. */
static void an_act_becomes_public_with_the_year_of_paris(void **state)
{
	int64_t new_year = INT64_C(1798759800);       /* 31 December 2026, 23:30 UTC */

	(void)state;
	assert_null(ec_lien_check(STR("autre"), STR("1951-06-01"), STR_NONE, new_year));
	assert_string_equal(ec_lien_check(STR("autre"), STR("1951-06-01"), STR_NONE, new_year - 3600), "not_entitled");
}

static const struct { const char *jour, *mois, *annee, *date; } rough[] = {
	{ "", "", "1998", "1998" }, { "", "5", "1998", "1998-05" }, { "", "05", "1998", "1998-05" }, { "27", "3", "1998", "1998-03-27" },
	{ "", "11", "2026", "2026-11" }, { "", "", "2026", "2026" }, { "29", "2", "2024", "2024-02-29" }, { "", "", "1850", "1850" },
	{ "24", "11", "2026", "2026-11-24" },
	{ "", "12", "2026", NULL }, { "", "", "2027", NULL }, { "", "13", "1998", NULL }, { "", "0", "1998", NULL }, { "", "mai", "1998", NULL },
	{ "", "", "1849", NULL }, { "", "", "98", NULL }, { "", "", "abcd", NULL }, { "27", "", "1998", NULL }, { "29", "2", "2023", NULL },
	{ "", "", "", NULL }, { "", "5", "", NULL }, { "25", "11", "2026", NULL },
};

static void the_year_of_a_death_is_enough(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rough / sizeof *rough; i++) {
		AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
		struct ec_typed t = good(EC_DECES);
		struct judged j;

		t.jour = str_from_c(rough[i].jour);
		t.mois = str_from_c(rough[i].mois);
		t.annee = str_from_c(rough[i].annee);
		j = judge(a, EC_DECES, &t);
		if ((j.errors.date == NULL) != (rough[i].date != NULL) || (rough[i].date && !str_eq_c(j.answers.date, rough[i].date)))
			fail_msg("%s/%s/%s: %s", rough[i].jour, rough[i].mois, rough[i].annee, j.errors.date ? j.errors.date : "accepted");
	}
}

static void a_birth_has_a_whole_date(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
	struct ec_typed t = good(EC_EXTRAIT);

	(void)state;
	t.jour = t.mois = STR_NONE;
	assert_string_equal(judge(a, EC_EXTRAIT, &t).errors.date, "missing");
}

/* security.md V25: accepted when lawful. */
static const char *const lawful_names[] = {
	"O", "D’Ô", "L’Haÿ-Les-Roses de la Tour", "N’Guyen", "O'Brien", "Ng",
	/* Chinese, Greek, Cyrillic and Arabic letters */
	"\xe6\x9d\x8e", "\xe1\xbd\x88\xce\xb4\xcf\x85\xcf\x83\xcf\x83\xce\xb5\xcf\x8d\xcf\x82", "\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd\xd0\xbe\xd0\xb2\xd0\xb0",
	"\xd9\x85\xd8\xad\xd9\x85\xd8\xaf", "Smith-Jones y García",
	"' or 1=1--", "Robert'); DROP TABLE acte;--", "%n%s", "{{7*7}}", "<script>alert(1)</script>",
};

static void a_lawful_name_is_accepted_however_rare(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof lawful_names / sizeof *lawful_names; i++) {
		AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
		struct ec_typed t = good(EC_COPIE);
		struct judged j;

		t.nom = t.parent1 = t.destinataire = str_from_c(lawful_names[i]);
		t.prenoms = STR_NONE;
		j = judge(a, EC_COPIE, &t);
		if (j.errors.n)
			fail_msg("%s", lawful_names[i]);
		assert_true(str_eq_c(j.answers.nom, lawful_names[i]));
	}
}

static void too_long_is_counted_in_characters(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
	struct ec_typed t = good(EC_EXTRAIT);
	char text[402];

	(void)state;
	for (size_t i = 0; i < 201; i++)
		memcpy(text + 2 * i, "\xc3\xa9", 2);
	t.nom = (struct str){ text, 400 };
	assert_null(judge(a, EC_EXTRAIT, &t).errors.nom);
	t.nom.n = 402;
	assert_string_equal(judge(a, EC_EXTRAIT, &t).errors.nom, "long");
}

/* What a form of another kind would hold is neither judged nor kept. */
static void what_was_not_asked_is_not_kept(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
	struct ec_typed t = good(EC_COPIE);
	struct judged j;

	(void)state;
	t.telephone = STR("not a number");
	j = judge(a, EC_EXTRAIT, &t);
	assert_int_equal(j.errors.n, 0);
	assert_int_equal(j.answers.lien.n + j.answers.parent1.n + j.answers.parent2.n + j.answers.telephone.n, 0);
}

static void ones_own_birth_date_comes_from_the_account(void **state)
{
	struct http_pair pairs[] = { { STR("lien"), STR("enfant") }, { STR("jour"), STR("1") }, { STR("mois"), STR("1") }, { STR("annee"), STR("2000") },
		{ STR("nom"), STR(" Moreau\xc2\xa0") } };
	struct http_pairs form = { pairs, sizeof pairs / sizeof *pairs };
	struct ec_asker asker = JEANNE;
	struct ec_typed t = ec_typed_of(&form, true, &asker);

	(void)state;
	assert_true(str_eq(t.lien, STR("moi")) && str_eq(t.jour, STR("12")) && str_eq(t.mois, STR("03")) && str_eq(t.annee, STR("1954")));
	assert_true(str_eq(t.nom, STR("Moreau")));
	/* An account without one: what was typed. */
	asker.birthdate = STR_NONE;
	t = ec_typed_of(&form, true, &asker);
	assert_true(str_eq(t.annee, STR("2000")) && str_eq(t.lien, STR("moi")));
	t = ec_typed_of(&form, false, &(struct ec_asker)JEANNE);
	assert_true(str_eq(t.annee, STR("2000")) && str_eq(t.lien, STR("enfant")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_control_of_each_kind_is_accepted_and_kept_in_one_spelling),
		cmocka_unit_test(each_wrong_answer_is_refused_in_its_own_words),
		cmocka_unit_test(an_empty_form_is_told_everything_at_once),
		cmocka_unit_test(a_copie_integrale_is_for_those_whom_the_law_names),
		cmocka_unit_test(an_act_becomes_public_with_the_year_of_paris),
		cmocka_unit_test(the_year_of_a_death_is_enough),
		cmocka_unit_test(a_birth_has_a_whole_date),
		cmocka_unit_test(a_lawful_name_is_accepted_however_rare),
		cmocka_unit_test(too_long_is_counted_in_characters),
		cmocka_unit_test(what_was_not_asked_is_not_kept),
		cmocka_unit_test(ones_own_birth_date_comes_from_the_account),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
