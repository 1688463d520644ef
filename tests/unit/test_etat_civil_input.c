/* What strangers send to the état civil service: forged forms, forms after the session, and text of every
 * kind in every field. Each is refused or stays what it is, and nothing is lost. On SQLite and on PostgreSQL. */
#include "tests/unit/etat_civil_forms.h"

static void a_form_without_our_seal_is_refused(void **state)
{
	BROWSER(b);
	BROWSER(other);
	BROWSER(nobody);
	char form[FORM], theirs[FORM], csrf[512], form_id[512];

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	ask(&b, HTTP_POST, "/naissance-copie/proche", ENFANT);
	assert_status(&b, 403);
	ask(&nobody, HTTP_POST, "/deces", DECES);
	assert_status(&nobody, 403);
	sign_in(&other, "paul", "Paul", "%2F");
	fill(&other, "/naissance-copie/proche", ENFANT, theirs, sizeof theirs);
	ask(&b, HTTP_POST, "/naissance-copie/proche", theirs);
	assert_status(&b, 403);
	/* A form for nobody where a citizen's is needed, and the other way round. */
	hidden(&other, "form_id", form_id, sizeof form_id);
	ask(&nobody, HTTP_POST, "/deces", theirs);
	assert_status(&nobody, 403);
	fill(&nobody, "/deces", ENFANT, form, sizeof form);
	ask(&b, HTTP_POST, "/naissance-copie/proche", form);
	assert_status(&b, 403);
	/* One's own csrf with another's form number, nobody's, and each in the other's place. */
	ask(&b, HTTP_GET, "/naissance-copie/proche", NULL);
	hidden(&b, "csrf", csrf, sizeof csrf);
	snprintf(form, sizeof form, "form_id=%s&csrf=%s&%s", form_id, csrf, ENFANT);
	ask(&b, HTTP_POST, "/naissance-copie/proche", form);
	assert_status(&b, 422);
	ask(&nobody, HTTP_GET, "/deces", NULL);
	hidden(&nobody, "form_id", form_id, sizeof form_id);
	snprintf(form, sizeof form, "form_id=%s&csrf=%s&%s", form_id, csrf, ENFANT);
	ask(&b, HTTP_POST, "/naissance-copie/proche", form);
	assert_status(&b, 422);
	snprintf(form, sizeof form, "form_id=%s&csrf=%s&%s", csrf, csrf, ENFANT);
	ask(&b, HTTP_POST, "/naissance-copie/proche", form);
	assert_status(&b, 422);
	assert_true(shows(&b, "value=\"14 rue des Halles\""));
	assert_int_equal(rows(DEMANDES), 0);
}

static void a_form_sent_after_the_session_ended_loses_nothing(void **state)
{
	BROWSER(b);
	char form[FORM], form_id[512], csrf[512], again[FORM];

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	fill(&b, "/naissance-copie/proche", ENFANT, form, sizeof form);
	jar_drop(&b, "__Host-session");
	int64_t before = rows(MEMORIES);
	ask(&b, HTTP_POST, "/naissance-copie/proche", form);
	assert_status(&b, 303);
	assert_true(str_eq(header(&b, "location"), STR("/connexion?retour=%2Fnaissance-copie%2Fproche")));
	assert_null(strstr(jar_value(&b, "__Host-brouillon"), "Halles"));
	assert_int_equal(rows(MEMORIES), before);
	sign_in(&b, "jeanne", "Jeanne", "%2Fnaissance-copie%2Fproche");
	/* Not in the form of another act, which has a number of its own. */
	ask(&b, HTTP_GET, "/naissance-copie/moi", NULL);
	assert_false(shows(&b, "value=\"14 rue des Halles\""));
	ask(&b, HTTP_GET, "/deces", NULL);
	assert_false(shows(&b, "value=\"14 rue des Halles\""));
	ask(&b, HTTP_GET, "/naissance-copie/proche", NULL);
	assert_status(&b, 200);
	assert_true(shows(&b, "value=\"14 rue des Halles\""));
	assert_true(shows(&b, "value=\"enfant\" required checked"));
	assert_true(shows(&b, "value=\"1980\""));
	assert_true(shows(&b, "Tout ce que vous avez écrit est encore là"));
	hidden(&b, "form_id", form_id, sizeof form_id);
	hidden(&b, "csrf", csrf, sizeof csrf);
	snprintf(again, sizeof again, "form_id=%s&csrf=%s&%s", form_id, csrf, ENFANT);
	ask(&b, HTTP_POST, "/naissance-copie/proche", again);
	assert_status(&b, 303);
	assert_string_equal(jar_value(&b, "__Host-brouillon"), "");
	assert_int_equal(rows(DEMANDES), 1);
	/* At the same computer, somebody else. */
	fill(&b, "/naissance-copie/proche", ENFANT, form, sizeof form);
	jar_drop(&b, "__Host-session");
	ask(&b, HTTP_POST, "/naissance-copie/proche", form);
	sign_in(&b, "paul", "Paul", "%2F");
	ask(&b, HTTP_GET, "/naissance-copie/proche", NULL);
	assert_false(shows(&b, "value=\"14 rue des Halles\""));
}

/* ---- what strangers type ---- */

static void a_refused_form_keeps_what_was_typed_and_writes_nothing(void **state)
{
	static const char *const kept[] = {
		"value=\"&lt;b&gt;Lef\"", "value=\"%n%s\"", "value=\"{{7*7}}\"", "value=\"31\"", "value=\"2062\"", "value=\"44\"", "value=\"Jeanne &amp; Paul\"",
		"id=\"ici-non\" name=\"ici\" value=\"non\" required checked",
	};
	BROWSER(b);

	(void)state;
	post(&b, "/deces", "nom=%3Cb%3ELef&prenoms=%25n%25s&jour=31&mois=9&annee=2062&ici=non&destinataire=Jeanne+%26+Paul&adresse=%7B%7B7*7%7D%7D"
		"&code-postal=44&ville=&courriel=x");
	assert_status(&b, 422);
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		if (!shows(&b, kept[i]))
			fail_msg("%s", kept[i]);
	assert_true(shows(&b, "réponses sont à corriger"));
	assert_true(shows(&b, "Demandez-le à la mairie du lieu du décès"));
	assert_int_equal(rows(DEMANDES) + rows(ACTES), 0);
}

/* security.md V20, V21, V24: as text, in every field, back to the citizen and into the store. */
static const struct { const char *sent, *page /* between tags */, *stored /* in SQL quotes */; } payloads[] = {
	{ "%27+or+1%3D1--", "' or 1=1--", "'' or 1=1--" },
	{ "x%27%29%3B+DROP+TABLE+acte%3B--", "x'); DROP TABLE acte;--", "x''); DROP TABLE acte;--" },
	{ "%3Cscript%3Ealert%281%29%3C%2Fscript%3E", "&lt;script&gt;alert(1)&lt;/script&gt;", "<script>alert(1)</script>" },
	{ "%22+onfocus%3Dalert%281%29+x%3D%22", "\" onfocus=alert(1) x=\"", "\" onfocus=alert(1) x=\"" },
	{ "%25n%25s%25p", "%n%s%p", "%n%s%p" },
	{ "%7B%7B7*7%7D%7D", "{{7*7}}", "{{7*7}}" },
	{ "%26lt%3B%26%23x3c%3B", "&amp;lt;&amp;#x3c;", "&lt;&#x3c;" },
	{ "%F0%9F%A5%90%D8%A7", "\xf0\x9f\xa5\x90\xd8\xa7", "\xf0\x9f\xa5\x90\xd8\xa7" },
};

static void text_stays_text_wherever_it_is_typed(void **state)
{
	static const char *const fields[] = { "nom", "prenoms", "parent1", "parent2", "destinataire", "adresse", "ville" };
	BROWSER(b);
	char answers[2048], sql[512], url[128], number[64];

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++) {
		int n = snprintf(answers, sizeof answers, "lien=enfant&jour=1&mois=2&annee=1980&ici=oui&code-postal=44990&attestation=oui");

		for (size_t f = 0; f < sizeof fields / sizeof *fields; f++)
			n += snprintf(answers + n, sizeof answers - (size_t)n, "&%s=%s%s", fields[f], payloads[i].sent, fields[f]);
		post(&b, "/naissance-copie/proche", answers);
		assert_status(&b, 303);
		part_after(header(&b, "location"), "numero=", '&', number, sizeof number);
		snprintf(url, sizeof url, "/demande?numero=%s", number);
		ask(&b, HTTP_GET, url, NULL);
		assert_false(shows(&b, "<script>"));
		for (size_t f = 0; f < sizeof fields / sizeof *fields; f++) {
			snprintf(sql, sizeof sql, "SELECT COUNT(*) FROM acte WHERE number = '%s' AND %s = '%s%s'", number, fields[f], payloads[i].stored, fields[f]);
			assert_int_equal(rows(sql), 1);
			snprintf(answers, sizeof answers, "%s%s", payloads[i].page, fields[f]);
			if (!shows(&b, answers))
				fail_msg("%s in %s is not shown as it was typed", payloads[i].sent, fields[f]);
		}
	}
}

static void what_is_no_text_is_judged_in_the_short_fields_too(void **state)
{
	static const char *const fields[] = { "jour", "mois", "annee", "ici", "code-postal", "courriel" };
	BROWSER(b);
	char answers[1024];

	(void)state;
	for (size_t f = 0; f < sizeof fields / sizeof *fields; f++)
		for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++) {
			int n = snprintf(answers, sizeof answers, "nom=Lefebvre&prenoms=&destinataire=Moreau&adresse=14+rue&ville=x");
			static const char *const good[] = { "27", "3", "1998", "oui", "44990", "" };

			for (size_t g = 0; g < sizeof fields / sizeof *fields; g++)
				n += snprintf(answers + n, sizeof answers - (size_t)n, "&%s=%s", fields[g], g == f ? payloads[i].sent : good[g]);
			post(&b, "/naissance-extrait", answers);
			assert_status(&b, 422);
			assert_false(shows(&b, "<script>") || shows(&b, "\" onfocus"));
		}
	assert_int_equal(rows(DEMANDES), 0);
}

/* The whole request is refused before any handler sees it. */
static void what_no_citizen_types_does_not_reach_the_forms(void **state)
{
	static const char *const forms[] = { "nom=Le%00febvre", "nom=Le%1B%5B2Jfebvre", "adresse=14+rue%0D%0ABcc%3A+x", "ville=%C0%27", "ville=%ED%A0%80",
		"nom=a&nom=b", "nom=%zz", "nom=%7f" };

	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
		struct http_pairs pairs;

		assert_true(failed(http_parse_pairs(a, arena_dup(a, str_from_c(forms[i])), 32, STR_NONE, &pairs)));
	}
}

static void what_is_too_long_is_refused_in_words(void **state)
{
	static const char *const fields[] = { "nom", "prenoms", "destinataire", "adresse", "ville", "courriel", "annee", "code-postal" };
	static char answers[FORM], letters[15001];
	BROWSER(b);

	(void)state;
	memset(letters, 'x', sizeof letters - 1);
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		int n = snprintf(answers, sizeof answers, "ici=oui");

		for (size_t g = 0; g < sizeof fields / sizeof *fields; g++)
			n += snprintf(answers + n, sizeof answers - (size_t)n, "&%s=%s", fields[g], g == i ? letters : "1998");
		post(&b, "/deces", answers);
		assert_status(&b, 422);
		assert_true(shows(&b, letters));
	}
	assert_int_equal(rows(DEMANDES), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_form_without_our_seal_is_refused), T(a_form_sent_after_the_session_ended_loses_nothing),
		T(a_refused_form_keeps_what_was_typed_and_writes_nothing), T(text_stays_text_wherever_it_is_typed),
		T(what_is_no_text_is_judged_in_the_short_fields_too), T(what_no_citizen_types_does_not_reach_the_forms),
		T(what_is_too_long_is_refused_in_words),
	};

	world_service = &etat_civil_service;
	int failures = cmocka_run_group_tests_name("etat civil input on sqlite", tests, NULL, NULL);

	on_postgresql = test_pg_up();
	if (on_postgresql)
		failures += cmocka_run_group_tests_name("etat civil input on postgresql", tests, NULL, NULL);
	test_pg_down();
	return failures;
}
