/* The élections service through its routes: signing in and out, filing exactly once, one's own filings
 * alone, and what happens when the session or the provider goes away. No socket, no process: the reader
 * and the courier are functions here. All of it on SQLite and on PostgreSQL. */
#include <pthread.h>
#include "tests/unit/elections_world.h"

enum { THREADS = 16 };

#define DEMANDES "SELECT COUNT(*) FROM kit_demande"
#define MEMORIES "SELECT COUNT(*) FROM kit_memory"

/* ---- signing in and out ---- */

static void reading_writes_nothing(void **state)
{
	BROWSER(b);

	(void)state;
	ask(&b, HTTP_GET, "/", NULL);
	assert_status(&b, 200);
	ask(&b, HTTP_GET, "/vos-donnees?lang=en", NULL);
	assert_status(&b, 200);
	ask(&b, HTTP_GET, "/accessibilite", NULL);
	assert_status(&b, 200);
	ask(&b, HTTP_GET, "/connexion", NULL);
	assert_status(&b, 303);
	assert_int_equal(rows(MEMORIES), 0);
	assert_int_equal(rows("SELECT COUNT(*) FROM kit_audit"), 0);
}

static void a_page_that_needs_a_citizen_is_found_again_after_the_sign_in(void **state)
{
	BROWSER(b);

	(void)state;
	ask(&b, HTTP_GET, "/demande?numero=EL-2027-000001", NULL);
	assert_status(&b, 303);
	assert_true(str_eq(header(&b, "location"), STR("/connexion?retour=%2Fdemande%3Fnumero%3DEL-2027-000001")));
	sign_in(&b, "jeanne", "Jeanne", "%2Fdemande%3Fnumero%3DEL-2027-000001");
	assert_true(str_eq(header(&b, "location"), STR("/demande?numero=EL-2027-000001")));
	ask(&b, HTTP_GET, "/demandes", NULL);
	assert_status(&b, 200);
	assert_true(shows(&b, "Se déconnecter"));
	assert_int_equal(rows("SELECT COUNT(*) FROM kit_audit WHERE event = 'login' AND outcome = 'ok'"), 1);
}

static void a_return_elsewhere_leads_home(void **state)
{
	BROWSER(b);

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F%2Fevil.example%2F");
	assert_true(str_eq(header(&b, "location"), STR("/")));
}

static void a_callback_in_another_browser_is_refused(void **state)
{
	BROWSER(b);
	BROWSER(thief);
	char state_text[64], url[512], session[256];

	(void)state;
	w.subject = "jeanne";
	w.given_name = "Jeanne";
	ask(&b, HTTP_GET, "/connexion", NULL);
	part_after(header(&b, "location"), "&state=", '&', state_text, sizeof state_text);
	part_after(header(&b, "location"), "&nonce=", '&', w.nonce, sizeof w.nonce);
	snprintf(url, sizeof url, "/retour?code=c0de&state=%s&iss=https%%3A%%2F%%2Fcompte.ville.example", state_text);
	ask(&thief, HTTP_GET, url, NULL);
	assert_status(&thief, 403);
	assert_string_equal(thief.resp->outcome.slug, "sp.state.absent");
	assert_string_equal(jar_value(&thief, "__Host-session"), "");
	assert_int_equal(rows(MEMORIES), 0);
	/* The refusal is in the audit a second later, once, with its count. */
	ask(&thief, HTTP_GET, url, NULL);
	kit_tick(w.kit, w.now_s);
	assert_int_equal(rows("SELECT count FROM kit_audit WHERE event = 'login' AND outcome = 'sp.state.absent'"), 2);
	/* The honest browser is not disturbed, once. */
	ask(&b, HTTP_GET, url, NULL);
	assert_status(&b, 303);
	/* The back button: the session is there already, and stays the one it was. */
	snprintf(session, sizeof session, "%s", jar_value(&b, "__Host-session"));
	ask(&b, HTTP_GET, url, NULL);
	assert_status(&b, 303);
	assert_true(str_eq(header(&b, "location"), STR("/")));
	assert_string_equal(jar_value(&b, "__Host-session"), session);
}

static void signing_out_ends_the_session_here_and_at_the_provider(void **state)
{
	BROWSER(b);
	BROWSER(old);
	char csrf[512], form[600];

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	memcpy(old.jar, b.jar, sizeof old.jar);
	ask(&b, HTTP_GET, "/", NULL);
	hidden(&b, "csrf", csrf, sizeof csrf);
	snprintf(form, sizeof form, "csrf=%s", csrf);
	ask(&b, HTTP_POST, "/deconnexion", form);
	assert_status(&b, 303);
	assert_true(str_starts(header(&b, "location"), STR(ISSUER "/logout?id_token_hint=a.b.c")));
	assert_string_equal(jar_value(&b, "__Host-session"), "");
	ask(&old, HTTP_GET, "/demandes", NULL);
	assert_status(&old, 303);
	ask(&b, HTTP_GET, "/deconnexion/retour", NULL);
	assert_true(shows(&b, "Vous êtes déconnecté"));
}

static void a_provider_that_is_away_does_not_keep_anybody_signed_in(void **state)
{
	BROWSER(b);
	char csrf[512], form[600];

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	ask(&b, HTTP_GET, "/", NULL);
	hidden(&b, "csrf", csrf, sizeof csrf);
	snprintf(form, sizeof form, "csrf=%s", csrf);
	w.provider_down = true;
	w.now_s += 60;
	ask(&b, HTTP_POST, "/deconnexion", form);
	assert_status(&b, 200);
	assert_true(shows(&b, "De ce service."));
	ask(&b, HTTP_GET, "/demandes", NULL);
	assert_status(&b, 303);
}

/* Two tabs ask for a sign-in, and both come back: the second session replaces the first. */
static void a_new_sign_in_ends_the_old_session(void **state)
{
	BROWSER(b);
	BROWSER(old);
	char tab[64], nonce[64], url[512], before[256];

	(void)state;
	do {
		memset(b.jar, 0, sizeof b.jar);
		ask(&b, HTTP_GET, "/connexion", NULL);
		part_after(header(&b, "location"), "&state=", '&', tab, sizeof tab);
		part_after(header(&b, "location"), "&nonce=", '&', nonce, sizeof nonce);
		snprintf(url, sizeof url, "/retour?code=c0de&state=%s&iss=https%%3A%%2F%%2Fcompte.ville.example", tab);
		memcpy(old.jar, b.jar, sizeof old.jar);
		sign_in(&old, "jeanne", "Jeanne", "%2F");
		snprintf(w.nonce, sizeof w.nonce, "%s", nonce);
		memcpy(b.jar, old.jar, sizeof b.jar);
		snprintf(before, sizeof before, "%s", jar_value(&b, "__Host-session"));
		ask(&b, HTTP_GET, url, NULL);
		/* One time in eight both tabs share a place; then the first one starts again. */
	} while (strcmp(before, jar_value(&b, "__Host-session")) == 0);
	assert_status(&b, 303);
	ask(&b, HTTP_GET, "/demandes", NULL);
	assert_status(&b, 200);
	ask(&old, HTTP_GET, "/demandes", NULL);
	assert_status(&old, 303);
}

static void signing_out_needs_a_form_of_ours(void **state)
{
	BROWSER(b);
	BROWSER(other);
	char csrf[512], form[600];

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	ask(&b, HTTP_POST, "/deconnexion", "csrf=");
	assert_status(&b, 403);
	sign_in(&other, "paul", "Paul", "%2F");
	ask(&other, HTTP_GET, "/", NULL);
	hidden(&other, "csrf", csrf, sizeof csrf);
	snprintf(form, sizeof form, "csrf=%s", csrf);
	ask(&b, HTTP_POST, "/deconnexion", form);
	assert_status(&b, 403);
	ask(&b, HTTP_GET, "/demandes", NULL);
	assert_status(&b, 200);
}

static void a_logout_elsewhere_ends_the_session_here(void **state)
{
	BROWSER(b);
	BROWSER(provider);

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	w.logout_order = true;
	ask(&provider, HTTP_POST, "/logout/backchannel", "logout_token=l.o.t");
	assert_status(&provider, 200);
	ask(&provider, HTTP_POST, "/logout/backchannel", "logout_token=l.o.t");
	assert_status(&provider, 400);
	ask(&provider, HTTP_POST, "/logout/backchannel", "x=y");
	assert_status(&provider, 400);
	ask(&b, HTTP_GET, "/demandes", NULL);
	assert_status(&b, 303);
}

static void a_provider_that_is_away_has_a_page_that_says_so(void **state)
{
	BROWSER(b);

	(void)state;
	w.provider_down = true;
	ask(&b, HTTP_GET, "/connexion?retour=%2Finscription", NULL);
	assert_status(&b, 503);
	assert_true(shows(&b, "momentanément impossible"));
	assert_true(shows(&b, "02 40 00 00 00"));
	/* Where the citizen was going, and a draft may wait. */
	assert_true(shows(&b, "href=\"/connexion?retour=%2Finscription\">Réessayer</a>"));
	ask(&b, HTTP_GET, "/", NULL);
	assert_status(&b, 200);
	w.provider_down = false;
	w.now_s += 3;
	ask(&b, HTTP_GET, "/connexion?retour=%2Finscription", NULL);
	assert_status(&b, 303);
}

/* ---- filing ---- */

static void a_demande_is_filed_and_shown_to_its_citizen_alone(void **state)
{
	BROWSER(b);
	BROWSER(other);
	char form[2048];

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2Finscription");
	filled_form(&b, ANSWERS, form, sizeof form);
	ask(&b, HTTP_POST, "/inscription", form);
	assert_status(&b, 303);
	assert_true(str_eq(header(&b, "location"), STR("/recu?numero=EL-2027-000001")));
	ask(&b, HTTP_GET, "/recu?numero=EL-2027-000001", NULL);
	assert_status(&b, 200);
	assert_true(shows(&b, "EL-2027-000001"));
	ask(&b, HTTP_GET, "/demandes", NULL);
	assert_true(shows(&b, "/demande?numero=EL-2027-000001"));
	ask(&b, HTTP_GET, "/demande?numero=EL-2027-000001", NULL);
	assert_status(&b, 200);
	assert_true(shows(&b, "14 rue des Halles"));
	assert_true(shows(&b, "mars 1954"));

	sign_in(&other, "paul", "Paul", "%2F");
	ask(&other, HTTP_GET, "/recu?numero=EL-2027-000001", NULL);
	assert_status(&other, 404);
	struct str theirs = arena_dup(b.arena, other.resp->body);
	ask(&other, HTTP_GET, "/recu?numero=EL-2027-999999", NULL);
	assert_status(&other, 404);
	assert_int_equal(theirs.n, other.resp->body.n);
	ask(&other, HTTP_GET, "/demande?numero=EL-2027-000001", NULL);
	assert_status(&other, 404);
	ask(&other, HTTP_GET, "/demandes", NULL);
	assert_false(shows(&other, "EL-2027"));
}

static struct err close_tx(struct store_tx *tx, void *arg)
{
	(void)arg;
	return store_exec(tx, "UPDATE kit_demande SET state = 'closed', word = 'Vous êtes inscrite.', closed_at_s = filed_at_s", NULL);
}

static void a_closed_demande_says_so_and_announces_nothing_more(void **state)
{
	BROWSER(b);
	char form[2048];

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	filled_form(&b, ANSWERS, form, sizeof form);
	ask(&b, HTTP_POST, "/inscription", form);
	ask(&b, HTTP_GET, "/demande?numero=EL-2027-000001", NULL);
	assert_true(shows(&b, "Envoyée") && shows(&b, "Au plus tard le"));
	assert_false(failed(store_tx(kit_store(w.kit), QUICK, close_tx, NULL)));
	ask(&b, HTTP_GET, "/demande?numero=EL-2027-000001", NULL);
	assert_true(shows(&b, "Terminée") && shows(&b, "Vous êtes inscrite."));
	assert_false(shows(&b, "Au plus tard le") || shows(&b, "vous les demandera"));
}

static void the_same_form_twice_is_one_filing_with_one_receipt(void **state)
{
	BROWSER(b);
	char form[2048];

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	filled_form(&b, ANSWERS, form, sizeof form);
	ask(&b, HTTP_POST, "/inscription", form);
	ask(&b, HTTP_POST, "/inscription", form);
	assert_true(str_eq(header(&b, "location"), STR("/recu?numero=EL-2027-000001&deja=1")));
	ask(&b, HTTP_GET, "/recu?numero=EL-2027-000001&deja=1", NULL);
	assert_true(shows(&b, "déjà enregistrée"));
	assert_int_equal(rows(DEMANDES), 1);
	assert_int_equal(rows("SELECT COUNT(*) FROM kit_audit WHERE event = 'demande.filed'"), 1);
	filled_form(&b, ANSWERS, form, sizeof form);
	ask(&b, HTTP_POST, "/inscription", form);
	assert_true(str_eq(header(&b, "location"), STR("/recu?numero=EL-2027-000002")));
}

struct clicker { struct browser b; const char *form; pthread_barrier_t *start; };

static void *click(void *arg)
{
	struct clicker *c = arg;

	pthread_barrier_wait(c->start);
	ask(&c->b, HTTP_POST, "/inscription", c->form);
	return NULL;
}

static void sixteen_clicks_at_once_are_one_filing(void **state)
{
	static struct clicker clickers[THREADS];
	BROWSER(b);
	pthread_t threads[THREADS];
	pthread_barrier_t start;
	char form[2048];

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	filled_form(&b, ANSWERS, form, sizeof form);
	pthread_barrier_init(&start, NULL, THREADS);
	memset(clickers, 0, sizeof clickers);
	for (size_t i = 0; i < THREADS; i++) {
		clickers[i] = (struct clicker){ .form = form, .start = &start };
		memcpy(clickers[i].b.jar, b.jar, sizeof b.jar);
		assert_int_equal(pthread_create(&threads[i], NULL, click, &clickers[i]), 0);
	}
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_status(&clickers[i].b, 303);
		assert_true(str_starts(header(&clickers[i].b, "location"), STR("/recu?numero=EL-2027-000001")));
		browser_done(&clickers[i].b);
	}
	pthread_barrier_destroy(&start);
	assert_int_equal(rows(DEMANDES), 1);
}

static void a_refused_form_keeps_what_was_typed_and_writes_nothing(void **state)
{
	BROWSER(b);
	char form[2048];

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	filled_form(&b, "adresse=%3Cb%3E14+rue&code-postal=1&jour=4&mois=9&annee=2062&ailleurs=oui&ancienne-commune=&telephone=%25n%25s"
		"&courriel=%7B%7B7*7%7D%7D", form, sizeof form);
	ask(&b, HTTP_POST, "/inscription", form);
	assert_status(&b, 422);
	assert_true(shows(&b, "&lt;b&gt;14 rue"));
	assert_true(shows(&b, "value=\"2062\""));
	assert_true(shows(&b, "value=\"%n%s\""));
	assert_true(shows(&b, "{{7*7}}"));
	assert_true(shows(&b, "id=\"depuis-erreur\""));
	assert_true(shows(&b, "réponses sont à corriger"));
	assert_int_equal(rows(DEMANDES), 0);
}

static void a_form_without_our_seal_is_refused(void **state)
{
	BROWSER(b);
	BROWSER(other);
	char form[2048], theirs[2048], csrf[512], form_id[512];

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	ask(&b, HTTP_POST, "/inscription", ANSWERS);
	assert_status(&b, 403);
	sign_in(&other, "paul", "Paul", "%2F");
	filled_form(&other, ANSWERS, theirs, sizeof theirs);
	ask(&b, HTTP_POST, "/inscription", theirs);
	assert_status(&b, 403);
	/* One's own csrf with another's form number, and each in the other's place. */
	hidden(&other, "form_id", form_id, sizeof form_id);
	ask(&b, HTTP_GET, "/inscription", NULL);
	hidden(&b, "csrf", csrf, sizeof csrf);
	snprintf(form, sizeof form, "form_id=%s&csrf=%s&%s", form_id, csrf, ANSWERS);
	ask(&b, HTTP_POST, "/inscription", form);
	assert_status(&b, 422);
	snprintf(form, sizeof form, "form_id=%s&csrf=%s&%s", csrf, csrf, ANSWERS);
	ask(&b, HTTP_POST, "/inscription", form);
	assert_status(&b, 422);
	assert_true(shows(&b, "value=\"14 rue des Halles\""));
	assert_int_equal(rows(DEMANDES), 0);
}

static void a_form_sent_after_the_session_ended_loses_nothing(void **state)
{
	BROWSER(b);
	char form[2048], again[2048], form_id[512], csrf[512];
	int64_t before;

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	filled_form(&b, ANSWERS, form, sizeof form);
	jar_drop(&b, "__Host-session");
	before = rows(MEMORIES);
	ask(&b, HTTP_POST, "/inscription", form);
	assert_status(&b, 303);
	assert_true(str_eq(header(&b, "location"), STR("/connexion?retour=%2Finscription")));
	assert_null(strstr(jar_value(&b, "__Host-brouillon"), "Halles"));
	assert_int_equal(rows(MEMORIES), before);
	sign_in(&b, "jeanne", "Jeanne", "%2Finscription");
	ask(&b, HTTP_GET, "/inscription", NULL);
	assert_status(&b, 200);
	assert_true(shows(&b, "value=\"14 rue des Halles\""));
	assert_true(shows(&b, "Tout ce que vous avez écrit est encore là"));
	hidden(&b, "form_id", form_id, sizeof form_id);
	hidden(&b, "csrf", csrf, sizeof csrf);
	snprintf(again, sizeof again, "form_id=%s&csrf=%s&%s", form_id, csrf, ANSWERS);
	ask(&b, HTTP_POST, "/inscription", again);
	assert_status(&b, 303);
	assert_string_equal(jar_value(&b, "__Host-brouillon"), "");
	assert_int_equal(rows(DEMANDES), 1);
}

static void a_draft_is_not_shown_to_the_next_citizen_at_the_same_computer(void **state)
{
	BROWSER(b);
	char form[2048];

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	filled_form(&b, ANSWERS, form, sizeof form);
	jar_drop(&b, "__Host-session");
	ask(&b, HTTP_POST, "/inscription", form);
	sign_in(&b, "paul", "Paul", "%2Finscription");
	ask(&b, HTTP_GET, "/inscription", NULL);
	assert_status(&b, 200);
	assert_false(shows(&b, "value=\"14 rue des Halles\""));
	assert_false(shows(&b, "encore là"));
}

/* ---- the house ---- */

static void health_metrics_and_documents_are_there(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(16 << 20);
	struct web_document *v = arena_array(a, struct web_document, 64);
	size_t n = 0;
	BROWSER(b);

	(void)state;
	ask(&b, HTTP_GET, "/health", NULL);
	assert_status(&b, 200);
	kit_documents(w.kit, a, v, 64, &n);
	assert_int_equal(n, 2 + 2 * PAGE_STATUS_N);
	for (size_t i = 0; i < n; i++)
		assert_true(v[i].body.n > 0 && v[i].body.n < 60000);
	ask(&b, HTTP_GET, "/nowhere", NULL);
	assert_status(&b, 404);
}

static uint32_t ctl(struct arena *a, const char *one, const char *two, bool json, struct str *ret_out)
{
	struct str argv[] = { str_from_c(one), str_from_c(two) }, err = STR_NONE;

	return kit_ctl(w.kit, a, argv, two ? 2 : 1, json, STR("root"), STR_NONE, ret_out, &err);
}

static struct err tamper_tx(struct store_tx *tx, void *arg)
{
	return store_exec(tx, arg, NULL);
}

static void tamper(char *sql)
{
	assert_false(failed(store_tx(kit_store(w.kit), DURABLE, tamper_tx, sql)));
}

static void the_operator_sees_the_audit_and_whether_it_was_touched(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(8 << 20);
	struct str out = STR_NONE;
	char form[2048];
	BROWSER(b);

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	filled_form(&b, ANSWERS, form, sizeof form);
	ask(&b, HTTP_POST, "/inscription", form);
	assert_int_equal(ctl(a, "status", NULL, false, &out), 0);
	assert_int_equal(ctl(a, "db", "check", false, &out), 0);
	assert_int_equal(ctl(a, "db", "purge", true, &out), 0);
	assert_int_equal(ctl(a, "db", "migrate", true, &out), 0);
	assert_int_equal(ctl(a, "audit", "tail", true, &out), 0);
	assert_non_null(memmem(out.p, out.n, "\"event\":\"demande.filed\"", 23));
	assert_int_equal(ctl(a, "audit", "verify", false, &out), 0);
	assert_int_equal(ctl(a, "nonsense", NULL, false, &out), 2);
	tamper((char []){ "UPDATE kit_audit SET actor = 'paul' WHERE event = 'demande.filed'" });
	assert_int_equal(ctl(a, "audit", "verify", false, &out), 1);
}

static struct err reading_tx(struct store_tx *tx, void *arg)
{
	return kit_read_log_add(tx, arg);
}

static void a_reading_by_an_agent_is_shown_to_the_citizen(void **state)
{
	struct kit_reading reading = { STR("EL-2027-000001"), STR("ag3nt"), STR("instruction"), NOON + 60 };
	char form[2048];
	BROWSER(b);

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	filled_form(&b, ANSWERS, form, sizeof form);
	ask(&b, HTTP_POST, "/inscription", form);
	assert_false(failed(store_tx(kit_store(w.kit), DURABLE, reading_tx, &reading)));
	ask(&b, HTTP_GET, "/demande?numero=EL-2027-000001", NULL);
	assert_true(shows(&b, "Par le service Élections, pour\u00a0: instruction de la demande"));
	assert_false(shows(&b, "ag3nt"));
	/* and the operator is told when it was touched */
	AUTO(arena_destroyp) struct arena *a = arena_create(ARENA);
	struct str out = STR_NONE;
	assert_int_equal(ctl(a, "audit", "verify", false, &out), 0);
	tamper((char []){ "UPDATE kit_read_log SET reader = 'personne'" });
	assert_int_equal(ctl(a, "audit", "verify", false, &out), 1);
}

static void an_agent_sees_what_is_asked_and_by_when_it_must_be_decided(void **state)
{
	char form[2048], csrf[512];
	BROWSER(b);
	BROWSER(agent);

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	filled_form(&b, ANSWERS, form, sizeof form);
	ask(&b, HTTP_POST, "/inscription", form);
	agent_in(&agent, "agnes", "lecture");
	ask(&agent, HTTP_GET, "/agents/demande?numero=EL-2027-000001", NULL);
	assert_true(shows(&agent, "Inscription sur la liste électorale") && !shows(&agent, "Moreau"));
	hidden(&agent, "csrf", csrf, sizeof csrf);
	snprintf(form, sizeof form, "csrf=%s&numero=EL-2027-000001&raison=instruction", csrf);
	ask(&agent, HTTP_POST, "/agents/ouvrir", form);
	assert_status(&agent, 303);
	ask(&agent, HTTP_GET, "/agents/demande?numero=EL-2027-000001", NULL);
	assert_true(shows(&agent, "Moreau") && shows(&agent, "14 rue des Halles, 44990") && shows(&agent, "À décider au plus tard le"));
	ask(&b, HTTP_GET, "/demande?numero=EL-2027-000001", NULL);
	assert_true(shows(&b, "Par le service Élections") && shows(&b, "Envoyée"));
}

static int setup_with_agents(void **state)
{
	world_agents = true;
	int failure = setup(state);
	world_agents = false;
	return failure;
}

static void what_expired_is_purged(void **state)
{
	BROWSER(b);

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	assert_int_equal(rows(MEMORIES), 2);          /* the session, and the used state */
	kit_tick(w.kit, w.now_s + 86400);
	assert_int_equal(rows(MEMORIES), 0);
}

/* ---- a store of an earlier version ---- */

enum { BEFORE_KIT_DEMANDE = 3 };

static struct err earlier_tx(struct store_tx *tx, void *arg)
{
	static const char *const owners[] = { "jeanne", "paul", "jeanne" };
	struct arena *a = arg;

	for (int i = 1; i <= 3; i++) {
		struct str number = arena_printf(a, "EL-2027-%06d", i), form_id = arena_printf(a, "form-%d", i);

		TRY(store_exec(tx, "INSERT INTO demande (number, form_id, pseudonym, filed_at_s, family_name, given_name, birthdate, adresse,"
			" code_postal, depuis, ailleurs, ancienne_commune, telephone, courriel) VALUES ($1, $2, $3, $4, 'Moreau', 'Jeanne',"
			" '1954-03-12', '14 rue des Halles', '44990', '2019-03-27', 1, 'Nantes', '', 'jeanne@exemple.fr')", NULL,
			str_(number), str_(form_id), str_(str_from_c(owners[i - 1])), int_(NOON - 1000 + i)));
	}
	return store_exec(tx, "INSERT INTO kit_sequence (name, last) VALUES ('EL-2027', 3)", NULL);
}

static void leave_an_earlier_store(struct str url)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct store_options o = { .url = url, .readers = 1, .busy_ms = 1000, .migrations = elections_service.migrations,
		.migration_n = BEFORE_KIT_DEMANDE };
	struct store *store = NULL;

	assert_false(failed(store_open(&o, &store)));
	assert_false(failed(store_tx(store, DURABLE, earlier_tx, a)));
	store_close(store);
}

static int setup_from_an_earlier_version(void **state)
{
	int failure;

	world_old_store = leave_an_earlier_store;
	failure = setup(state);
	world_old_store = NULL;
	return failure;
}

static void what_an_earlier_version_had_filed_is_all_there(void **state)
{
	char form[2048];
	BROWSER(b);

	(void)state;
	assert_int_equal(rows(DEMANDES), 3);
	assert_int_equal(rows("SELECT COUNT(*) FROM kit_demande d JOIN inscription i ON i.number = d.number WHERE d.expires_at_s IS NULL"
		" AND d.kind = 'inscription' AND d.state = 'received' AND i.ancienne_commune = 'Nantes' AND i.ailleurs = 1"), 3);
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	ask(&b, HTTP_GET, "/demandes", NULL);
	assert_true(shows(&b, "/demande?numero=EL-2027-000001") && shows(&b, "/demande?numero=EL-2027-000003"));
	assert_false(shows(&b, "EL-2027-000002"));
	ask(&b, HTTP_GET, "/demande?numero=EL-2027-000003", NULL);
	assert_status(&b, 200);
	assert_true(shows(&b, "14 rue des Halles") && shows(&b, "jeanne@exemple.fr") && shows(&b, "mars 1954"));
	ask(&b, HTTP_GET, "/demande?numero=EL-2027-000002", NULL);
	assert_status(&b, 404);
	filled_form(&b, ANSWERS, form, sizeof form);
	ask(&b, HTTP_POST, "/inscription", form);
	assert_true(str_eq(header(&b, "location"), STR("/recu?numero=EL-2027-000004")));
	/* What is instruction ends by nobody's clock. */
	kit_tick(w.kit, NOON + INT64_C(100) * 366 * 86400);
	assert_int_equal(rows(DEMANDES), 4);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#define DOOR(f) cmocka_unit_test_setup_teardown(f, setup_with_agents, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(reading_writes_nothing), T(a_page_that_needs_a_citizen_is_found_again_after_the_sign_in), T(a_return_elsewhere_leads_home),
		T(a_callback_in_another_browser_is_refused), T(signing_out_ends_the_session_here_and_at_the_provider),
		T(a_provider_that_is_away_does_not_keep_anybody_signed_in), T(a_new_sign_in_ends_the_old_session), T(signing_out_needs_a_form_of_ours),
		T(a_logout_elsewhere_ends_the_session_here), T(a_provider_that_is_away_has_a_page_that_says_so),
		T(a_demande_is_filed_and_shown_to_its_citizen_alone), T(a_closed_demande_says_so_and_announces_nothing_more),
		T(the_same_form_twice_is_one_filing_with_one_receipt),
		T(sixteen_clicks_at_once_are_one_filing), T(a_refused_form_keeps_what_was_typed_and_writes_nothing),
		T(a_form_without_our_seal_is_refused), T(a_form_sent_after_the_session_ended_loses_nothing),
		T(a_draft_is_not_shown_to_the_next_citizen_at_the_same_computer), T(health_metrics_and_documents_are_there),
		T(the_operator_sees_the_audit_and_whether_it_was_touched), T(a_reading_by_an_agent_is_shown_to_the_citizen),
		DOOR(an_agent_sees_what_is_asked_and_by_when_it_must_be_decided), T(what_expired_is_purged),
		cmocka_unit_test_setup_teardown(what_an_earlier_version_had_filed_is_all_there, setup_from_an_earlier_version, teardown),
	};

	int failures = cmocka_run_group_tests_name("elections on sqlite", tests, NULL, NULL);

	on_postgresql = test_pg_up();
	if (on_postgresql)
		failures += cmocka_run_group_tests_name("elections on postgresql", tests, NULL, NULL);
	test_pg_down();
	return failures;
}
