/* The petite enfance service through its routes: a préinscription filed exactly once, one for each child,
 * its citizen's alone, and what the citizen is told of it. No socket, no process; on both stores. */
#include <pthread.h>
#include "tests/unit/petite_enfance_forms.h"

enum { THREADS = 16 };

/* ---- reading ---- */

static void reading_writes_nothing(void **state)
{
	static const char *const pages[] = { "/", "/?lang=en", "/vos-donnees", "/vos-donnees?lang=en", "/accessibilite" };
	BROWSER(b);

	(void)state;
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
		ask(&b, HTTP_GET, pages[i], NULL);
		assert_status(&b, 200);
	}
	ask(&b, HTTP_GET, "/connexion", NULL);
	assert_status(&b, 303);
	assert_int_equal(rows(MEMORIES), 0);
	assert_int_equal(rows("SELECT COUNT(*) FROM kit_audit"), 0);
	assert_int_equal(rows(DEMANDES), 0);
}

static void what_is_a_citizens_needs_a_session(void **state)
{
	static const char *const pages[] = { PAGE, "/demandes", "/demande?numero=" ONE, "/recu?numero=" ONE };
	BROWSER(b);

	(void)state;
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
		ask(&b, HTTP_GET, pages[i], NULL);
		assert_status(&b, 303);
		assert_true(str_starts(header(&b, "location"), STR("/connexion?retour=%2F")));
	}
}

/* ---- filing ---- */

static void a_preinscription_is_filed_and_shown_to_its_citizen_alone(void **state)
{
	static const char *const absent[] = { "/demande?numero=" ONE, "/recu?numero=" ONE, "/demande?numero=PE-2027-999999", "/recu?numero=PE-2027-999999",
		"/demande", "/demande?numero=", "/demande?numero=%27+or+1%3D1--", "/recu?numero=EL-2027-000001" };
	BROWSER(b);
	BROWSER(other);
	size_t length = 0;

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	FILE_WITH(&b, { "telephone", "02 40 00 00 09" });
	assert_filed(&b, ONE);
	ask(&b, HTTP_GET, "/recu?numero=" ONE, NULL);
	assert_status(&b, 200);
	assert_true(shows(&b, ONE));
	assert_true(shows(&b, "n’est pas encore une place"));
	ask(&b, HTTP_GET, "/demandes", NULL);
	assert_true(shows(&b, "/demande?numero=" ONE));
	assert_true(shows(&b, "Préinscription en crèche"));
	ask(&b, HTTP_GET, "/demande?numero=" ONE, NULL);
	assert_status(&b, 200);
	assert_true(shows(&b, "<dd>Lou</dd>"));
	assert_true(shows(&b, "mai 2026"));
	assert_true(shows(&b, "Paul Petit"));
	assert_true(shows(&b, "Jeudi"));
	assert_false(shows(&b, "Vendredi"));
	assert_true(shows(&b, "17\u00a0h\u00a015"));

	/* Whatever is not one's own is absent in one and the same way. */
	sign_in(&other, "paul", "Paul", "%2F");
	for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) {
		ask(&other, HTTP_GET, absent[i], NULL);
		assert_status(&other, 404);
		if (i == 0)
			length = other.resp->body.n;
		assert_false(shows(&other, "Lou"));
		/* As far as it can be the same: each page leads to itself in the other language. */
		if (strncmp(absent[i], "/demande?numero=PE-", 19) == 0)
			assert_int_equal(other.resp->body.n, length);
	}
	ask(&other, HTTP_GET, "/demandes", NULL);
	assert_false(shows(&other, "PE-2027"));
}

static void the_same_form_twice_is_one_filing_with_one_receipt(void **state)
{
	BROWSER(b);
	char body[BODY];

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	filled(&b, NULL, 0, body);
	ask(&b, HTTP_POST, PAGE, body);
	assert_filed(&b, ONE);
	ask(&b, HTTP_POST, PAGE, body);
	assert_filed(&b, ONE "&deja=1");
	ask(&b, HTTP_GET, "/recu?numero=" ONE "&deja=1", NULL);
	assert_true(shows(&b, "déjà enregistrée"));
	assert_int_equal(rows(DEMANDES), 1);
	assert_int_equal(rows(ANSWERED), 1);
	assert_int_equal(rows("SELECT COUNT(*) FROM kit_audit WHERE event = 'demande.filed' AND outcome = 'ok'"), 1);
}

struct clicker { struct browser b; char body[BODY]; pthread_barrier_t *start; };

static void *click(void *arg)
{
	struct clicker *c = arg;

	pthread_barrier_wait(c->start);
	ask(&c->b, HTTP_POST, PAGE, c->body);
	return NULL;
}

/* All at once; same_form: a double click, else so many tabs. How many were told of their receipt. */
static int clicks(struct browser *b, bool same_form)
{
	static struct clicker clickers[THREADS];
	pthread_t threads[THREADS];
	pthread_barrier_t start;
	int filed = 0;

	memset(clickers, 0, sizeof clickers);
	pthread_barrier_init(&start, NULL, THREADS);
	for (size_t i = 0; i < THREADS; i++) {
		clickers[i].start = &start;
		memcpy(clickers[i].b.jar, b->jar, sizeof b->jar);
		if (i == 0 || !same_form)
			filled(b, NULL, 0, clickers[i].body);
		else
			memcpy(clickers[i].body, clickers[0].body, BODY);
	}
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, click, &clickers[i]), 0);
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		if (clickers[i].b.resp->status != 303)
			assert_status(&clickers[i].b, 409);
		filed += clickers[i].b.resp->status == 303;
		browser_done(&clickers[i].b);
	}
	pthread_barrier_destroy(&start);
	return filed;
}

static void sixteen_clicks_at_once_are_one_filing(void **state)
{
	BROWSER(b);

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	assert_int_equal(clicks(&b, true), THREADS);
	assert_int_equal(rows(DEMANDES), 1);
	assert_int_equal(rows(ANSWERED), 1);
}

static void sixteen_tabs_at_once_are_one_filing_for_the_child(void **state)
{
	BROWSER(b);

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	assert_int_equal(clicks(&b, false), 1);
	assert_int_equal(rows(DEMANDES), 1);
	assert_int_equal(rows("SELECT COUNT(*) FROM enfant"), 1);
}

/* ---- one child, one open filing ---- */

static void a_second_filing_for_the_same_child_leads_to_the_first(void **state)
{
	BROWSER(b);

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	FILE_WITH(&b, { "enfant-prenoms", "Léo-Paul" });
	assert_filed(&b, ONE);
	FILE_WITH(&b, { "enfant-prenoms", "LÉO PAUL" }, { "adresse", "2 impasse Neuve" });
	assert_status(&b, 409);
	assert_string_equal(b.resp->outcome.slug, "pe.enfant.open");
	assert_true(shows(&b, "href=\"/demande?numero=" ONE "\""));
	assert_true(shows(&b, "value=\"LÉO PAUL\""));
	assert_true(shows(&b, "value=\"2 impasse Neuve\""));
	assert_int_equal(rows(DEMANDES), 1);
	assert_int_equal(rows("SELECT COUNT(*) FROM kit_mail"), 0);
	/* A twin, written as the page says, is another child. */
	FILE_WITH(&b, { "enfant-prenoms", "Second" });
	assert_status(&b, 303);
	assert_int_equal(rows(DEMANDES), 2);
}

/* V28: separated parents. What one of them filed is no answer to the other. */
static void the_other_parent_files_apart_and_learns_nothing(void **state)
{
	BROWSER(b);
	BROWSER(other);

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	file_with(&b, NULL, 0);
	assert_filed(&b, ONE);
	sign_in(&other, "paul", "Paul", "%2F");
	file_with(&other, NULL, 0);
	assert_status(&other, 303);
	assert_false(str_eq(header(&other, "location"), STR("/recu?numero=" ONE)));
	ask(&other, HTTP_GET, "/demande?numero=" ONE, NULL);
	assert_status(&other, 404);
	ask(&other, HTTP_GET, "/demandes", NULL);
	assert_false(shows(&other, ONE));
	assert_int_equal(rows(ANSWERED), 2);
}

static struct err close_tx(struct store_tx *tx, void *arg)
{
	(void)arg;
	return store_exec(tx, "UPDATE kit_demande SET state = 'closed', word = 'Une place vous attend <b>ici</b>.' WHERE number = 'PE-2027-000001'", NULL);
}

static void once_it_is_closed_the_child_may_be_filed_again(void **state)
{
	BROWSER(b);

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	file_with(&b, NULL, 0);
	assert_false(failed(store_tx(kit_store(w.kit), DURABLE, close_tx, NULL)));
	ask(&b, HTTP_GET, "/demande?numero=" ONE, NULL);
	assert_true(shows(&b, "Terminée"));
	assert_true(shows(&b, "Une place vous attend &lt;b&gt;ici&lt;/b&gt;."));
	file_with(&b, NULL, 0);
	assert_status(&b, 303);
	file_with(&b, NULL, 0);
	assert_status(&b, 409);
	assert_true(shows(&b, "numero=PE-2027-"));
	assert_false(shows(&b, ONE));
	assert_int_equal(rows(DEMANDES), 2);
}

/* ---- what the citizen is told ---- */

static struct err reading_tx(struct store_tx *tx, void *arg)
{
	return kit_read_log_add(tx, arg);
}

static void a_reading_by_an_agent_is_shown_to_the_citizen(void **state)
{
	struct kit_reading reading = { STR(ONE), STR("ag3nt"), STR("question"), NOON + 60 };
	BROWSER(b);

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	file_with(&b, NULL, 0);
	ask(&b, HTTP_GET, "/demande?numero=" ONE, NULL);
	assert_true(shows(&b, "Personne n’a encore lu"));
	assert_false(failed(store_tx(kit_store(w.kit), DURABLE, reading_tx, &reading)));
	ask(&b, HTTP_GET, "/demande?numero=" ONE, NULL);
	assert_true(shows(&b, "pour\u00a0: question de l’usager"));
	assert_false(shows(&b, "ag3nt"));
}

static void an_agent_sees_the_child_and_the_wish(void **state)
{
	BROWSER(b);
	BROWSER(agent);
	char form[1024], csrf[512];

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	file_with(&b, NULL, 0);
	agent_in(&agent, "agnes", "lecture");
	ask(&agent, HTTP_GET, "/agents", NULL);
	hidden(&agent, "csrf", csrf, sizeof csrf);
	snprintf(form, sizeof form, "csrf=%s&numero=" ONE "&raison=instruction", csrf);
	ask(&agent, HTTP_POST, "/agents/ouvrir", form);
	assert_status(&agent, 303);
	ask(&agent, HTTP_GET, "/agents/demande?numero=" ONE, NULL);
	assert_status(&agent, 200);
	assert_true(shows(&agent, "Parent qui demande") && shows(&agent, "Jeanne Moreau") && shows(&agent, "Situation de la famille"));
}

static int setup_with_agents(void **state)
{
	world_agents = true;
	int failure = setup(state);
	world_agents = false;
	return failure;
}

static void the_message_names_neither_child_nor_parents(void **state)
{
	static const char *const secrets[] = { "Lou", "Moreau", "Jeanne", "Paul", "Petit", "Halles", "2026-05", "mai 2026" };
	BROWSER(b);

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	FILE_WITH(&b, { "courriel", "jeanne@exemple.fr" });
	assert_filed(&b, ONE);
	ask(&b, HTTP_GET, "/recu?numero=" ONE, NULL);
	assert_true(shows(&b, "jeanne@exemple.fr"));
	kit_tick(w.kit, w.now_s);
	assert_int_equal(w.mail.taken, 1);
	assert_string_equal(w.mail.to, "jeanne@exemple.fr");
	assert_non_null(strstr(w.mail.subject, ONE));
	assert_non_null(strstr(w.mail.text, HERE "/demande?numero=" ONE));
	for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
		if (strstr(w.mail.text, secrets[i]) || strstr(w.mail.subject, secrets[i]))
			fail_msg("the message says %s", secrets[i]);
}

static void without_an_address_there_is_no_message(void **state)
{
	BROWSER(b);

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	file_with(&b, NULL, 0);
	ask(&b, HTTP_GET, "/recu?numero=" ONE, NULL);
	assert_false(shows(&b, "Un message"));
	kit_tick(w.kit, w.now_s);
	assert_int_equal(w.mail.asked, 0);
}

static void every_page_speaks_english_too(void **state)
{
	static const char *const pages[] = { "/", "/vos-donnees", PAGE, "/demandes", "/demande?numero=" ONE, "/recu?numero=" ONE };
	BROWSER(b);

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	file_with(&b, NULL, 0);
	w.lang = LANG_EN;
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
		ask(&b, HTTP_GET, pages[i], NULL);
		assert_status(&b, 200);
		assert_true(shows(&b, "<html lang=\"en\">"));
		assert_true(shows(&b, "My requests"));
		assert_false(shows(&b, "Vous"));
	}
	assert_true(shows(&b, "nursery pre-registration"));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#define DOOR(f) cmocka_unit_test_setup_teardown(f, setup_with_agents, teardown)
#define MAIL(f) cmocka_unit_test_setup_teardown(f, setup_with_mail, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(reading_writes_nothing), T(what_is_a_citizens_needs_a_session), T(a_preinscription_is_filed_and_shown_to_its_citizen_alone),
		T(the_same_form_twice_is_one_filing_with_one_receipt), T(sixteen_clicks_at_once_are_one_filing),
		T(sixteen_tabs_at_once_are_one_filing_for_the_child), T(a_second_filing_for_the_same_child_leads_to_the_first),
		T(the_other_parent_files_apart_and_learns_nothing), T(once_it_is_closed_the_child_may_be_filed_again),
		T(a_reading_by_an_agent_is_shown_to_the_citizen), DOOR(an_agent_sees_the_child_and_the_wish),
		MAIL(the_message_names_neither_child_nor_parents),
		MAIL(without_an_address_there_is_no_message), T(every_page_speaks_english_too),
	};

	RUN_ON_BOTH_STORES(tests);
}
