/* The état civil service through its routes: acts that are anybody's asked for without an account and
 * followed by a code, copies intégrales by the citizens whom the law names, each filing exactly once. No
 * socket, no process: the world of test_elections.c, with this service in it. On SQLite and on PostgreSQL. */
#include <pthread.h>
#include "tests/unit/etat_civil_forms.h"

enum { THREADS = 16, SIX_MONTHS_S = 183 * 86400 };

static void reading_writes_nothing(void **state)
{
	static const char *const pages[] = { "/", "/vos-donnees?lang=en", "/accessibilite", "/naissance-copie", "/naissance-extrait", "/deces", "/suivi" };
	BROWSER(b);

	(void)state;
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
		ask(&b, HTTP_GET, pages[i], NULL);
		assert_status(&b, 200);
	}
	assert_int_equal(rows(MEMORIES) + rows(DEMANDES) + rows("SELECT COUNT(*) FROM kit_audit"), 0);
}

/* ---- without an account ---- */

static void what_is_anybodys_needs_no_account_and_is_followed_by_its_code(void **state)
{
	static const struct { const char *path, *answers, *title, *date; } kinds[] = {
		{ "/deces", DECES, "Acte de décès", ">1998<" }, { "/naissance-extrait", EXTRAIT, "Extrait d’acte de naissance", "mars 1998" },
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		BROWSER(b);
		BROWSER(elsewhere);
		char number[64], code[64];

		file_open(&b, kinds[i].path, kinds[i].answers, number, code);
		assert_string_equal(jar_value(&b, "__Host-session"), "");
		follow(&elsewhere, number, code);
		assert_status(&elsewhere, 200);
		assert_true(shows(&elsewhere, kinds[i].title));
		assert_true(shows(&elsewhere, "Lefebvre"));
		assert_true(shows(&elsewhere, kinds[i].date));
		assert_true(shows(&elsewhere, "Enregistrée"));
		assert_true(shows(&elsewhere, "44990"));
		/* The code may have gone to a mistyped address: who lives where is not in what it opens. */
		assert_false(shows(&elsewhere, "Halles"));
		assert_false(shows(&elsewhere, "Jeanne"));
	}
	assert_int_equal(rows(ACTES), 2);
	assert_int_equal(rows("SELECT COUNT(*) FROM kit_demande WHERE pseudonym = '' AND expires_at_s > 0"), 2);
	assert_int_equal(rows("SELECT COUNT(*) FROM acte WHERE demandeur_nom <> '' OR lien <> '' OR parent1 <> ''"), 0);
}

static void the_code_is_read_as_people_write_it(void **state)
{
	BROWSER(b);
	char number[64], code[64], spelled[64];
	size_t n = 0;

	(void)state;
	file_open(&b, "/deces", DECES, number, code);
	for (const char *p = code; *p; p++)
		spelled[n++] = *p == '-' ? '+' : (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
	spelled[n] = 0;
	follow(&b, number, spelled);
	assert_status(&b, 200);
	assert_true(shows(&b, "Lefebvre"));
}

static void a_wrong_number_and_a_wrong_code_are_one_answer(void **state)
{
	BROWSER(b);
	char number[64], code[64], other[64], other_code[64], absent[64] = "";
	struct { const char *number, *code; } wrong[] = {
		{ "EC-2027-999999", code }, { number, other_code }, { other, code }, { number, "" }, { number, "AAAA-AAAA-AAAA" },
		{ "EC-2027-999999", "AAAA-AAAA-AAAA" }, { number, "%27+or+1%3D1--" }, { "%27+or+1%3D1--", code }, { "", "" }, { number, "%25" },
		{ number, "K7QX-M2RD-9F4T-K7QX-M2RD-9F4T-K7QX-M2RD-9F4T-K7QX-M2RD-9F4T" },
	};
	size_t length = 0;

	(void)state;
	file_open(&b, "/deces", DECES, number, code);
	file_open(&b, "/deces", DECES, other, other_code);
	assert_string_not_equal(code, other_code);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		follow(&b, wrong[i].number, wrong[i].code);
		assert_status(&b, 422);
		assert_true(shows(&b, "Nous n’avons pas trouvé cette demande"));
		assert_false(shows(&b, "Lefebvre"));
		/* Pages that say back as much as was typed are as long as each other. */
		if (strlen(wrong[i].number) + strlen(wrong[i].code) != strlen("EC-2027-999999") + strlen("AAAA-AAAA-AAAA"))
			continue;
		assert_true(length == 0 || length == b.resp->body.n);
		length = b.resp->body.n;
	}
	ask(&b, HTTP_POST, "/suivi", absent);
	assert_status(&b, 422);
}

static void neither_number_nor_code_stands_in_an_address_or_in_the_store(void **state)
{
	BROWSER(b);
	char number[64], code[64], sql[256];

	(void)state;
	file_open(&b, "/deces", DECES, number, code);
	assert_null(strstr(jar_value(&b, "__Host-recepisse"), code));
	snprintf(sql, sizeof sql, "SELECT COUNT(*) FROM kit_demande WHERE code_hash LIKE '%%%s%%' OR word LIKE '%%%s%%'", code, code);
	assert_int_equal(rows(sql), 0);
	/* A quarter of an hour later, the receipt at this computer is over, and the page says what is not. */
	w.now_s += 1000;
	ask(&b, HTTP_GET, "/recu", NULL);
	assert_status(&b, 404);
	assert_false(shows(&b, code));
	assert_true(shows(&b, "reste bien enregistrée"));
	follow(&b, number, code);
	assert_status(&b, 200);
}

static void a_number_opens_nothing_by_itself(void **state)
{
	BROWSER(b);
	BROWSER(citizen);
	char number[64], code[64], url[128];

	(void)state;
	file_open(&b, "/deces", DECES, number, code);
	sign_in(&citizen, "jeanne", "Jeanne", "%2F");
	snprintf(url, sizeof url, "/demande?numero=%s", number);
	ask(&citizen, HTTP_GET, url, NULL);
	assert_status(&citizen, 404);
	snprintf(url, sizeof url, "/recu?numero=%s", number);
	ask(&citizen, HTTP_GET, url, NULL);
	assert_status(&citizen, 404);
	ask(&citizen, HTTP_GET, "/demandes", NULL);
	assert_false(shows(&citizen, number));
	/* One with an account is not followed by code, whatever the code. */
	post(&citizen, "/naissance-copie/proche", ENFANT);
	assert_status(&citizen, 303);
	follow(&citizen, "EC-2027-000002", "");
	assert_status(&citizen, 422);
	follow(&citizen, "EC-2027-000002", code);
	assert_status(&citizen, 422);
}

static void who_has_signed_in_is_not_tied_to_what_is_anybodys(void **state)
{
	BROWSER(b);
	char number[64], code[64];

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	file_open(&b, "/deces", DECES, number, code);
	ask(&b, HTTP_GET, "/demandes", NULL);
	assert_false(shows(&b, number));
	assert_int_equal(rows("SELECT COUNT(*) FROM kit_demande WHERE pseudonym <> ''"), 0);
	assert_int_equal(rows("SELECT COUNT(*) FROM kit_audit WHERE event = 'demande.filed' AND actor <> ''"), 0);
}

static void without_an_account_the_same_form_twice_is_one_filing_with_one_code(void **state)
{
	BROWSER(b);
	char form[FORM], first[64], again[64];

	(void)state;
	fill(&b, "/deces", DECES, form, sizeof form);
	ask(&b, HTTP_POST, "/deces", form);
	ask(&b, HTTP_GET, "/recu", NULL);
	part_after(b.resp->body, "id=\"code\">", '<', first, sizeof first);
	ask(&b, HTTP_POST, "/deces", form);
	ask(&b, HTTP_GET, "/recu", NULL);
	assert_true(shows(&b, "déjà enregistrée"));
	part_after(b.resp->body, "id=\"code\">", '<', again, sizeof again);
	assert_string_equal(first, again);
	/* At another door the number of the form is the same filing too. */
	ask(&b, HTTP_POST, "/naissance-extrait", form);
	assert_status(&b, 422);
	assert_int_equal(rows(DEMANDES), 1);
	assert_int_equal(rows(ACTES), 1);
}

struct clicker { struct browser b; const char *form; pthread_barrier_t *start; };

static void *click(void *arg)
{
	struct clicker *c = arg;

	pthread_barrier_wait(c->start);
	ask(&c->b, HTTP_POST, "/deces", c->form);
	return NULL;
}

static void sixteen_clicks_at_once_are_one_filing(void **state)
{
	static struct clicker clickers[THREADS];
	BROWSER(b);
	pthread_t threads[THREADS];
	pthread_barrier_t start;
	char form[FORM];

	(void)state;
	fill(&b, "/deces", DECES, form, sizeof form);
	pthread_barrier_init(&start, NULL, THREADS);
	memset(clickers, 0, sizeof clickers);
	for (size_t i = 0; i < THREADS; i++) {
		clickers[i] = (struct clicker){ .form = form, .start = &start };
		assert_int_equal(pthread_create(&threads[i], NULL, click, &clickers[i]), 0);
	}
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_status(&clickers[i].b, 303);
		browser_done(&clickers[i].b);
	}
	pthread_barrier_destroy(&start);
	assert_int_equal(rows(DEMANDES), 1);
	assert_int_equal(rows(ACTES), 1);
}

static struct err flood_tx(struct store_tx *tx, void *arg)
{
	(void)arg;
	for (int64_t i = 0; i < KIT_ANONYMOUS_IN_ALL; i++) {
		char id[32];

		snprintf(id, sizeof id, "flood-%d", (int)i);
		TRY(store_exec(tx, "INSERT INTO kit_demande (number, form_id, kind, pseudonym, filed_at_s, expires_at_s, state, word, code_hash)"
			" VALUES ($1, $1, 'deces', '', $2, $3, 'received', '', '')", NULL, str_(str_from_c(id)), int_(NOON - 60), int_(NOON + 86400)));
	}
	return NO_ERR;
}

static void a_flood_without_accounts_is_bounded_and_loses_no_text(void **state)
{
	BROWSER(b);

	(void)state;
	assert_false(failed(store_tx(kit_store(w.kit), DURABLE, flood_tx, NULL)));
	post(&b, "/deces", DECES);
	assert_status(&b, 429);
	assert_true(shows(&b, "value=\"14 rue des Halles\""));
	assert_true(shows(&b, "Trop de demandes"));
	assert_int_equal(rows(ACTES), 0);
	/* Citizens are not held up by it, nor anybody an hour later. */
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	post(&b, "/naissance-copie/proche", ENFANT);
	assert_status(&b, 303);
	w.now_s += 3601;
	post(&b, "/deces", DECES);
	assert_status(&b, 303);
}

/* ---- with an account ---- */

static void a_copie_integrale_needs_an_account(void **state)
{
	static const char *const paths[] = { "/naissance-copie/moi", "/naissance-copie/proche" };
	BROWSER(b);
	char form[FORM], location[128];

	(void)state;
	fill(&b, "/deces", DECES, form, sizeof form);
	for (size_t i = 0; i < 2; i++) {
		snprintf(location, sizeof location, "/connexion?retour=%s", i == 0 ? "%2Fnaissance-copie%2Fmoi" : "%2Fnaissance-copie%2Fproche");
		ask(&b, HTTP_GET, paths[i], NULL);
		assert_status(&b, 303);
		assert_true(str_eq_c(header(&b, "location"), location));
		ask(&b, HTTP_POST, paths[i], ENFANT);
		assert_true(str_eq_c(header(&b, "location"), location));
	}
	ask(&b, HTTP_GET, "/demandes", NULL);
	assert_status(&b, 303);
	ask(&b, HTTP_GET, "/recu?numero=EC-2027-000001", NULL);
	assert_true(str_eq(header(&b, "location"), STR("/connexion?retour=%2Frecu%3Fnumero%3DEC-2027-000001")));
	ask(&b, HTTP_GET, "/recu", NULL);
	assert_status(&b, 404);
	assert_int_equal(rows(DEMANDES), 0);
}

static void a_copie_is_filed_and_shown_to_its_citizen_alone(void **state)
{
	BROWSER(b);
	BROWSER(other);

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2Fnaissance-copie");
	post(&b, "/naissance-copie/proche", ENFANT);
	assert_status(&b, 303);
	assert_true(str_eq(header(&b, "location"), STR("/recu?numero=EC-2027-000001")));
	ask(&b, HTTP_GET, "/recu?numero=EC-2027-000001", NULL);
	assert_status(&b, 200);
	assert_false(shows(&b, "Code de suivi"));
	ask(&b, HTTP_GET, "/demandes", NULL);
	assert_true(shows(&b, "Copie intégrale d’un acte de naissance"));
	ask(&b, HTTP_GET, "/demande?numero=EC-2027-000001", NULL);
	assert_status(&b, 200);
	assert_true(shows(&b, "14 rue des Halles"));
	assert_true(shows(&b, "février 1980"));
	assert_true(shows(&b, "Votre enfant ou petit-enfant"));
	assert_true(shows(&b, "Jeanne Moreau<br>12"));

	sign_in(&other, "paul", "Paul", "%2F");
	ask(&other, HTTP_GET, "/recu?numero=EC-2027-000001", NULL);
	assert_status(&other, 404);
	size_t theirs = other.resp->body.n;
	ask(&other, HTTP_GET, "/recu?numero=EC-2027-999999", NULL);
	assert_status(&other, 404);
	assert_int_equal(theirs, other.resp->body.n);
	ask(&other, HTTP_GET, "/demande?numero=EC-2027-000001", NULL);
	assert_status(&other, 404);
	ask(&other, HTTP_GET, "/demandes", NULL);
	assert_false(shows(&other, "EC-2027"));
}

/* What the account says is in the page, but not believed from there. */
static void ones_own_act_is_that_of_the_account_whatever_is_sent(void **state)
{
	BROWSER(b);

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	ask(&b, HTTP_GET, "/naissance-copie/moi", NULL);
	assert_true(shows(&b, "value=\"Moreau\""));
	assert_true(shows(&b, "mars 1954"));
	assert_false(shows(&b, "name=\"jour\""));
	post(&b, "/naissance-copie/moi", COPIE "&lien=conjoint&jour=1&mois=1&annee=1990&naissance=1990-01-01&demandeur_nom=X&pseudonym=paul");
	assert_status(&b, 303);
	assert_int_equal(rows("SELECT COUNT(*) FROM acte WHERE lien = 'moi' AND date = '1954-03-12' AND demandeur_nom = 'Moreau'"
		" AND demandeur_naissance = '1954-03-12'"), 1);
	assert_int_equal(rows("SELECT COUNT(*) FROM kit_demande WHERE pseudonym = 'jeanne'"), 1);
}

/* security.md V27. Jeanne was born on 12 March 1954; the clock stands in January 2027. */
static void who_is_not_entitled_is_refused_by_the_table(void **state)
{
	static const struct { const char *answers, *says; } refused[] = {
		{ COPIE "&lien=autre&jour=1&mois=2&annee=1980", "la loi réserve sa copie intégrale à ces proches" },
		{ COPIE "&lien=autre&jour=1&mois=1&annee=1952", "la loi réserve sa copie intégrale à ces proches" },
		{ COPIE "&lien=moi&jour=1&mois=2&annee=1980", "la loi réserve sa copie intégrale à ces proches" },
		{ COPIE "&lien=parent&jour=1&mois=2&annee=1980", "elle ne peut pas être votre parent" },
		{ COPIE "&lien=enfant&jour=1&mois=2&annee=1952", "elle ne peut pas être votre enfant" },
		{ COPIE "&lien=frere&jour=1&mois=2&annee=1980", "Choisissez une des réponses" },
		{ COPIE "&jour=1&mois=2&annee=1980", "Choisissez une des réponses" },
	};
	BROWSER(b);

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		post(&b, "/naissance-copie/proche", refused[i].answers);
		assert_status(&b, 422);
		if (!shows(&b, refused[i].says))
			fail_msg("%s", refused[i].answers);
	}
	assert_int_equal(rows(DEMANDES), 0);
	post(&b, "/naissance-copie/proche", COPIE "&lien=autre&jour=1&mois=1&annee=1951");
	assert_status(&b, 303);
}

/* ---- after the filing ---- */

static void the_message_holds_the_way_back_and_nothing_of_anybody(void **state)
{
	static const char *const never[] = { "Lefebvre", "Anne", "1998", "Halles", "Sérigny\n44", "44990", "Jeanne" };
	BROWSER(b);
	char number[64], code[64];

	(void)state;
	file_open(&b, "/deces", "nom=Lefebvre&prenoms=Anne&jour=&mois=&annee=1998&ici=oui&" SENT_TO "&courriel=a%40exemple.fr", number, code);
	assert_true(shows(&b, "Un message vous a été envoyé à a@exemple.fr"));
	kit_tick(w.kit, w.now_s);
	assert_int_equal(w.mail.taken, 1);
	assert_string_equal(w.mail.to, "a@exemple.fr");
	assert_non_null(strstr(w.mail.text, number));
	assert_non_null(strstr(w.mail.text, code));
	assert_non_null(strstr(w.mail.text, HERE "/suivi"));
	assert_null(strstr(w.mail.subject, code));
	for (size_t i = 0; i < sizeof never / sizeof *never; i++)
		if (strstr(w.mail.text, never[i]) || strstr(w.mail.subject, never[i]))
			fail_msg("%s", never[i]);
}

static void the_message_of_an_account_holds_no_code(void **state)
{
	BROWSER(b);

	(void)state;
	w.lang = LANG_EN;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	post(&b, "/naissance-copie/moi", "nom=Moreau&prenoms=Jeanne&ici=oui&parent1=Moreau+Anne&" SENT_TO "&courriel=a%40exemple.fr&attestation=oui");
	assert_status(&b, 303);
	kit_tick(w.kit, w.now_s);
	assert_non_null(strstr(w.mail.text, HERE "/demande?numero=EC-2027-000001"));
	assert_null(strstr(w.mail.text, "code"));
	assert_non_null(strstr(w.mail.subject, "recorded"));
}

static void a_refused_form_sends_no_message(void **state)
{
	BROWSER(b);

	(void)state;
	post(&b, "/deces", "nom=&annee=1998&ici=oui&" SENT_TO "&courriel=a%40exemple.fr");
	assert_status(&b, 422);
	post(&b, "/deces", DECES);
	assert_status(&b, 303);
	assert_int_equal(rows("SELECT COUNT(*) FROM kit_mail"), 0);
}

static struct err close_tx(struct store_tx *tx, void *arg)
{
	struct kit_reading reading = { STR("EC-2027-000001"), STR("ag3nt"), STR("controle"), NOON };

	(void)arg;
	TRY(kit_read_log_add(tx, &reading));
	return store_exec(tx, "UPDATE kit_demande SET state = 'closed', word = 'Acte envoyé le 16 janvier <3>'", NULL);
}

static void who_read_it_and_how_it_ended_are_shown(void **state)
{
	BROWSER(b);
	char number[64], code[64];

	(void)state;
	file_open(&b, "/deces", DECES, number, code);
	follow(&b, number, code);
	assert_true(shows(&b, "Personne n’a encore lu votre demande"));
	assert_false(failed(store_tx(kit_store(w.kit), DURABLE, close_tx, NULL)));
	follow(&b, number, code);
	assert_true(shows(&b, "pour\u00a0: contrôle"));
	assert_false(shows(&b, "ag3nt"));
	assert_true(shows(&b, "Terminée"));
	assert_true(shows(&b, "Acte envoyé le 16 janvier &lt;3&gt;"));
}

static void an_agent_sees_what_is_needed_to_draw_the_act_up(void **state)
{
	BROWSER(b);
	BROWSER(agent);
	char number[64], code[64], form[1024], csrf[512];

	(void)state;
	file_open(&b, "/deces", DECES, number, code);
	agent_in(&agent, "agnes", "lecture");
	ask(&agent, HTTP_GET, "/agents", NULL);
	assert_true(shows(&agent, "Acte de décès"));
	hidden(&agent, "csrf", csrf, sizeof csrf);
	snprintf(form, sizeof form, "csrf=%s&numero=EC-2027-000001&raison=controle", csrf);
	ask(&agent, HTTP_POST, "/agents/ouvrir", form);
	assert_status(&agent, 303);
	ask(&agent, HTTP_GET, "/agents/demande?numero=EC-2027-000001", NULL);
	assert_status(&agent, 200);
	assert_true(shows(&agent, "Date du décès") && shows(&agent, "Envoi à") && shows(&agent, "Effacée le") && !shows(&agent, code));
	follow(&b, number, code);
	assert_true(shows(&b, "pour\u00a0: contrôle") && shows(&b, "Envoyée"));
}

static int setup_with_agents(void **state)
{
	world_agents = true;
	int failure = setup(state);
	world_agents = false;
	return failure;
}

static void what_is_six_months_old_is_gone_whole(void **state)
{
	BROWSER(b);
	char number[64], code[64];

	(void)state;
	file_open(&b, "/deces", DECES, number, code);
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	post(&b, "/naissance-copie/proche", ENFANT);
	kit_tick(w.kit, w.now_s + SIX_MONTHS_S - 60);
	assert_int_equal(rows(ACTES), 2);
	w.now_s += SIX_MONTHS_S + 3700;
	kit_tick(w.kit, w.now_s);
	assert_int_equal(rows(ACTES) + rows(DEMANDES), 0);
	follow(&b, number, code);
	assert_status(&b, 422);
}

static void every_page_speaks_both_languages(void **state)
{
	static const struct { const char *path, *fr, *en; } pages[] = {
		{ "/", "Demander un acte", "Request a birth or death certificate" }, { "/naissance-copie", "De qui voulez-vous", "Whose birth certificate" },
		{ "/naissance-extrait", "extrait d’acte", "extract of a birth certificate" }, { "/deces", "Date du décès", "Date of death" },
		{ "/suivi", "Code de suivi", "Follow-up code" }, { "/vos-donnees", "Six mois", "Six months" },
	};
	BROWSER(b);

	(void)state;
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
		w.lang = LANG_FR;
		ask(&b, HTTP_GET, pages[i].path, NULL);
		assert_true(shows(&b, pages[i].fr));
		w.lang = LANG_EN;
		ask(&b, HTTP_GET, pages[i].path, NULL);
		assert_true(shows(&b, pages[i].en));
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#define DOOR(f) cmocka_unit_test_setup_teardown(f, setup_with_agents, teardown)
#define M(f) cmocka_unit_test_setup_teardown(f, setup_with_mail, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(reading_writes_nothing), T(what_is_anybodys_needs_no_account_and_is_followed_by_its_code),
		T(the_code_is_read_as_people_write_it), T(a_wrong_number_and_a_wrong_code_are_one_answer),
		T(neither_number_nor_code_stands_in_an_address_or_in_the_store), T(a_number_opens_nothing_by_itself),
		T(who_has_signed_in_is_not_tied_to_what_is_anybodys),
		T(without_an_account_the_same_form_twice_is_one_filing_with_one_code), T(sixteen_clicks_at_once_are_one_filing),
		T(a_flood_without_accounts_is_bounded_and_loses_no_text), T(a_copie_integrale_needs_an_account),
		T(a_copie_is_filed_and_shown_to_its_citizen_alone), T(ones_own_act_is_that_of_the_account_whatever_is_sent),
		T(who_is_not_entitled_is_refused_by_the_table), M(the_message_holds_the_way_back_and_nothing_of_anybody),
		M(the_message_of_an_account_holds_no_code), M(a_refused_form_sends_no_message), T(who_read_it_and_how_it_ended_are_shown),
		DOOR(an_agent_sees_what_is_needed_to_draw_the_act_up),
		T(what_is_six_months_old_is_gone_whole), T(every_page_speaks_both_languages),
	};

	world_service = &etat_civil_service;
	int failures = cmocka_run_group_tests_name("etat civil on sqlite", tests, NULL, NULL);

	on_postgresql = test_pg_up();
	if (on_postgresql)
		failures += cmocka_run_group_tests_name("etat civil on postgresql", tests, NULL, NULL);
	test_pg_down();
	return failures;
}
