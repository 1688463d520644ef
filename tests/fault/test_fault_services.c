/* test_fault_services.c - what a citizen does at a service, with the first, second, … nth call of its store
 * and of each role failing: sign-in, filing with and without an account, following a filing, leaving. */
#include "services/etat-civil/etat_civil.h"
#include "tests/fault/inject.h"
#include "tests/unit/elections_world.h"

enum { FORM = 20480 };

#define DECES "nom=Lefebvre&prenoms=Anne&jour=&mois=&annee=1998&ici=oui&destinataire=Jeanne+Moreau&adresse=14+rue+des+Halles" \
	"&code-postal=44990&ville=S%C3%A9rigny&courriel=jeanne%40exemple.fr"

static struct walk { struct browser b; char form[FORM], url[512], number[64], code[64]; int64_t before; } k;

/* A session that the provider ended stays ended, and the provider of these tests knows one only. */
static struct err forget_tx(struct store_tx *tx, void *arg) { return store_exec(tx, "DELETE FROM kit_memory", NULL); }

static void start_walk(void)
{
	struct err e = store_tx(kit_store(w.kit), QUICK, forget_tx, NULL);

	assert_false(failed(e));
	browser_done(&k.b);
	k = (struct walk){ .before = 0 };
	w.now_s += 60;                  /* the throttle of filings without an account forgets */
	w.logout_order = false;
	k.before = rows("SELECT COUNT(*) FROM kit_demande");
}

static int status(void) { return k.b.resp->status; }

/* ---- sign-in ---- */

static void come_back_from_the_provider(void *world)
{
	char state[64];

	(void)world;
	start_walk();
	w.subject = "jeanne";
	w.given_name = "Jeanne";
	ask(&k.b, HTTP_GET, "/connexion?retour=%2Fdemandes", NULL);
	assert_status(&k.b, 303);
	part_after(header(&k.b, "location"), "&state=", '&', state, sizeof state);
	part_after(header(&k.b, "location"), "&nonce=", '&', w.nonce, sizeof w.nonce);
	snprintf(k.url, sizeof k.url, "/retour?code=c0de&state=%s&iss=https%%3A%%2F%%2Fcompte.ville.example", state);
}

static int finish_sign_in(void *world)
{
	(void)world;
	ask(&k.b, HTTP_GET, k.url, NULL);
	return status();
}

static bool is_signed_in(void *world)
{
	(void)world;
	ask(&k.b, HTTP_GET, "/demandes", NULL);
	return status() == 200;
}

/* ---- filing with an account ---- */

static void fill_in_an_inscription(void *world)
{
	(void)world;
	start_walk();
	sign_in(&k.b, "jeanne", "Jeanne", "%2Finscription");
	filled_form(&k.b, ANSWERS, k.form, sizeof k.form);
}

static int send_inscription(void *world)
{
	(void)world;
	ask(&k.b, HTTP_POST, "/inscription", k.form);
	return status();
}

static bool one_more_is_filed(void) { return rows("SELECT COUNT(*) FROM kit_demande") == k.before + 1; }

static bool inscription_is_filed(void *world)
{
	char url[512];
	struct str place = header(&k.b, "location");

	(void)world;
	snprintf(url, sizeof url, STR_FMT, STR_ARG(place));
	ask(&k.b, HTTP_GET, url, NULL);
	return status() == 200 && one_more_is_filed() && is_signed_in(NULL) && shows(&k.b, "/demande?numero=");
}

static void have_filed(void *world)
{
	char url[512];

	fill_in_an_inscription(world);
	assert_int_equal(send_inscription(world), 303);
	struct str place = header(&k.b, "location");
	snprintf(url, sizeof url, STR_FMT, STR_ARG(place));
	part_after((struct str){ url, strlen(url) }, "numero=", '&', k.number, sizeof k.number);
	snprintf(k.url, sizeof k.url, "/demande?numero=%s", k.number);
}

static int read_filing(void *world)
{
	(void)world;
	ask(&k.b, HTTP_GET, k.url, NULL);
	return status();
}

static bool filing_is_shown(void *world)
{
	(void)world;
	return shows(&k.b, "14 rue des Halles");
}

/* ---- leaving ---- */

static void be_about_to_leave(void *world)
{
	char csrf[512];

	(void)world;
	start_walk();
	sign_in(&k.b, "jeanne", "Jeanne", "%2Fdemandes");
	ask(&k.b, HTTP_GET, "/demandes", NULL);
	hidden(&k.b, "csrf", csrf, sizeof csrf);
	snprintf(k.form, sizeof k.form, "csrf=%s", csrf);
}

static int leave(void *world)
{
	(void)world;
	ask(&k.b, HTTP_POST, "/deconnexion", k.form);
	return status();
}

static bool is_signed_out(void *world) { return !is_signed_in(world); }

static void be_signed_in(void *world)
{
	(void)world;
	start_walk();
	sign_in(&k.b, "jeanne", "Jeanne", "%2Fdemandes");
}

static int order_logout(void *world)
{
	struct browser provider = { 0 };
	int answer;

	(void)world;
	w.logout_order = true;
	ask(&provider, HTTP_POST, "/logout/backchannel", "logout_token=l.o.t");
	answer = provider.resp->status;
	browser_done(&provider);
	w.logout_order = false;
	return answer;
}

/* ---- filing without an account ---- */

static void fill_in_a_deces(void *world)
{
	char form_id[512], csrf[512];

	(void)world;
	start_walk();
	ask(&k.b, HTTP_GET, "/deces", NULL);
	assert_status(&k.b, 200);
	hidden(&k.b, "form_id", form_id, sizeof form_id);
	hidden(&k.b, "csrf", csrf, sizeof csrf);
	snprintf(k.form, sizeof k.form, "form_id=%s&csrf=%s&%s", form_id, csrf, DECES);
}

static int send_deces(void *world)
{
	(void)world;
	ask(&k.b, HTTP_POST, "/deces", k.form);
	return status();
}

static int follow(void *world)
{
	(void)world;
	snprintf(k.form, sizeof k.form, "numero=%s&code=%s", k.number, k.code);
	ask(&k.b, HTTP_POST, "/suivi", k.form);
	return status();
}

static bool shows_the_acte(void *world)
{
	(void)world;
	return shows(&k.b, "Lefebvre");
}

static void read_receipt(void)
{
	ask(&k.b, HTTP_GET, "/recu", NULL);
	assert_status(&k.b, 200);
	part_after(k.b.resp->body, "id=\"numero\">", '<', k.number, sizeof k.number);
	part_after(k.b.resp->body, "id=\"code\">", '<', k.code, sizeof k.code);
}

static bool deces_is_filed_and_followed(void *world)
{
	read_receipt();
	return one_more_is_filed() && follow(world) == 200 && shows_the_acte(world);
}

static void have_a_receipt(void *world)
{
	fill_in_a_deces(world);
	assert_int_equal(send_deces(world), 303);
	read_receipt();
}

/* ---- all of them ---- */

#define LOGS " kit_audit kit_chain "
/* Sessions and used states of libguichet-sp. A callback is used up first, and believed then. */
#define MEMORY " kit_memory "

static const struct operation at_elections[] = {
	{ "sign-in at a service", come_back_from_the_provider, finish_sign_in, 303, is_signed_in, LOGS MEMORY, NULL, true },
	{ "filing with an account", fill_in_an_inscription, send_inscription, 303, inscription_is_filed, LOGS, NULL, false },
	{ "reading a filing", have_filed, read_filing, 200, filing_is_shown, LOGS, NULL, false },
	{ "sign-out at a service", be_about_to_leave, leave, 303, is_signed_out, LOGS MEMORY, is_signed_out, false },
	{ "logout order of the provider", be_signed_in, order_logout, 200, is_signed_out, LOGS MEMORY, NULL, false },
};

static const struct operation at_etat_civil[] = {
	{ "filing without an account", fill_in_a_deces, send_deces, 303, deces_is_filed_and_followed, LOGS, NULL, false },
	{ "following a filing by its code", have_a_receipt, follow, 200, shows_the_acte, LOGS, NULL, false },
};

static void torture_all(const struct operation *v, size_t n)
{
	torture_run_all(v, n, NULL, kit_store(w.kit));
	browser_done(&k.b);
}

static void every_operation_with_an_account_survives(void **state)
{
	(void)state;
	torture_all(at_elections, sizeof at_elections / sizeof *at_elections);
}

static void every_operation_without_an_account_survives(void **state)
{
	(void)state;
	torture_all(at_etat_civil, sizeof at_etat_civil / sizeof *at_etat_civil);
}

static int elections(void **state)
{
	world_service = &elections_service;
	return setup_with_mail(state);
}

static int etat_civil(void **state)
{
	world_service = &etat_civil_service;
	return setup_with_mail(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_operation_with_an_account_survives, elections, teardown),
		cmocka_unit_test_setup_teardown(every_operation_without_an_account_survives, etat_civil, teardown),
	};
	int wrong = cmocka_run_group_tests_name("sqlite", tests, NULL, NULL);

	on_postgresql = test_pg_up();
	if (on_postgresql)
		wrong += cmocka_run_group_tests_name("postgresql", tests, NULL, NULL);
	test_pg_down();
	return wrong;
}
