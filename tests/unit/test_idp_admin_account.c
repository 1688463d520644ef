/* test_idp_admin_account.c - the section "Comptes", and what a citizen whose account is closed learns, and who else. */
#include "tests/unit/idp_admin_rig.h"
#include "idp/account/account_desk.h"
#include "base/b64.h"
#include <ctype.h>
#include <stdio.h>

#define TEST(f) cmocka_unit_test_setup_teardown(f, admin_setup, world_teardown)
#define NOTHING (const char *const[]){ NULL }

static struct http_resp *look(struct world *w, struct browser *b, const char *key)
{
	return admin_post(w, b, "/comptes", (const char *const[]){ "compte", key, NULL });
}

/* The address of a page about Jeanne's account. */
static const char *page_of(struct world *w, struct browser *b, const char *path)
{
	struct http_resp *r = look(w, b, EMAIL);

	assert_int_equal(r->status, 303);
	return arena_c(w->a, fmt(w, "%s?id=" STR_FMT, path, STR_ARG(location_param(w, r, "id"))));
}

static void only_the_exact_address_or_number_is_found(void **state)
{
	static const char *const keys[] = { "jeanne", "jeanne.moreau", "jeanne.moreau@", "@exemple.fr", "%", "jeanne.moreau@exemple.f", "*", "", " ",
		"Moreau", "' OR 1=1 --", "jeanne.moreau@exemple.fr%", "00000000000000000000000000000000", "0", "j%anne.moreau@exemple.fr" };
	struct world *w = *state;
	struct browser b = { 0 };

	admin_enter(w, &b, "comptes");
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		struct http_resp *r = look(w, &b, keys[i]);

		if (r->status != 422 || body_has(r, "Jeanne") || !body_has(r, "role=\"alert\""))
			fail_msg("%s: %d", keys[i], r->status);
	}
	assert_int_equal(look(w, &b, " Jeanne.Moreau@EXEMPLE.fr ")->status, 303);
}

/* By itself: the identifiers of a page, which are random, may have any four digits in them. */
static bool has_number(const struct http_resp *r, const char *number)
{
	size_t n = strlen(number);

	for (const char *p = r->body.p, *end = p + r->body.n; (p = memmem(p, (size_t)(end - p), number, n)); p++)
		if ((p == r->body.p || !isalnum((unsigned char)p[-1])) && (p + n == end || !isalnum((unsigned char)p[n])))
			return true;
	return false;
}

static void a_card_shows_the_state_and_no_means_of_signing_in(void **state)
{
	static const char *const never[] = { "argon2", "password", PASSWORD, "19540312", "12031954", "passkey", "totp", "cookie_hash" };
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *r;

	admin_enter(w, &b, "comptes");
	r = admin_get(w, &b, page_of(w, &b, "/comptes/fiche"));
	assert_int_equal(r->status, 200);
	assert_true(body_has(r, "Jeanne Moreau") && body_has(r, EMAIL) && body_has(r, "Ouvert"));
	for (size_t i = 0; i < sizeof never / sizeof *never; i++)
		if (body_has(r, never[i]))
			fail_msg("%s", never[i]);
	assert_false(has_number(r, "1954"));
}

static void every_look_is_audited_under_the_administrators_name_found_or_not(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };

	admin_enter(w, &b, "comptes");
	(void)look(w, &b, "personne@exemple.fr");
	assert_int_equal(count_audit(w, "account.look", "account.unknown"), 1);
	(void)admin_get(w, &b, page_of(w, &b, "/comptes/fiche"));
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM audit WHERE event = 'account.look' AND reason = '' AND actor LIKE 'comptes %'"), 1);
	/* the same by guichetctl, under the operator's */
	assert_int_equal(ctl(w, "account show " EMAIL, NULL, NULL), 0);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM audit WHERE event = 'account.look' AND reason = '' AND actor LIKE 'test %'"), 1);
}

/* Active Directory's names have the town's in them; and a cut in the middle of a letter is no text to PostgreSQL. */
static void a_long_name_stands_whole_in_the_audit(void **state)
{
	static const char name[] = "marie-christine.de-la-rochefoucaulé@ville-de-saint-exemple-sur-loire.fr";
	struct world *w = *state;
	struct browser b = { 0 };

	person_of(w, "comptes")->login = str_from_c(name);
	admin_enter(w, &b, name);
	(void)look(w, &b, "personne@exemple.fr");
	assert_int_equal(count_audit(w, "account.look", "account.unknown"), 1);
	assert_int_equal(admin_get(w, &b, page_of(w, &b, "/comptes/fiche"))->status, 200);
	assert_int_equal(count_rows(w, arena_c(w->a, fmt(w, "SELECT COUNT(*) FROM audit WHERE event = 'account.look' AND reason = ''"
		" AND actor LIKE '%s %%'", name))), 1);
}

static void looks_are_bounded(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *r = NULL;

	admin_enter(w, &b, "comptes");
	for (int i = 0; i < ACCOUNT_LOOKS_AN_HOUR; i++)
		assert_false(failed(account_look_admit(w->idp, STR("comptes"), w->now_s)));
	r = look(w, &b, EMAIL);
	assert_int_equal(r->status, 429);
	assert_false(body_has(r, "Jeanne"));
	assert_false(failed(account_look_admit(w->idp, STR("somebody-else"), w->now_s)));
}

static void an_account_is_closed_with_a_reason_and_its_owner_is_out(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 }, citizen = { 0 };
	const char *url;
	struct http_resp *r;

	(void)sign_in(w, &citizen, world_get(w, &citizen, "/connexion"), EMAIL, PASSWORD);
	assert_int_equal(world_get(w, &citizen, "/mon-compte")->status, 200);
	admin_enter(w, &b, "comptes");
	url = page_of(w, &b, "/comptes/etat");
	assert_int_equal(admin_post(w, &b, url, (const char *const[]){ "acte", "fermer", "raison", "", NULL })->status, 422);
	assert_int_equal(admin_post(w, &b, url, (const char *const[]){ "acte", "vider", NULL })->status, 400);
	assert_int_equal(world_get(w, &citizen, "/mon-compte")->status, 200);
	r = admin_post(w, &b, url, (const char *const[]){ "acte", "fermer", "raison", "Compte ouvert deux fois <b>", NULL });
	assert_int_equal(r->status, 303);
	r = admin_get(w, &b, arena_c(w->a, header(r, "location")));
	assert_true(body_has(r, "Le compte est fermé") && body_has(r, "Compte ouvert deux fois &lt;b&gt;"));
	assert_int_equal(world_get(w, &citizen, "/mon-compte")->status, 303);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM audit WHERE event = 'account.disable' AND actor LIKE 'comptes %'"), 1);
	/* and open again */
	r = admin_post(w, &b, url, (const char *const[]){ "acte", "rouvrir", NULL });
	assert_int_equal(r->status, 303);
	assert_int_equal(sign_in(w, &citizen, world_get(w, &citizen, "/connexion"), EMAIL, PASSWORD)->status, 303);
	assert_int_equal(count_audit(w, "account.enable", ""), 1);
}

static void a_closing_that_cannot_be_stored_has_ended_nothing(void **state)
{
	struct world *w = *state;
	struct browser citizen = { 0 };
	struct account account;
	struct str encoded;

	assert_int_equal(redeem(w, get_code(w, &citizen, ""))->status, 200);
	assert_false(failed(account_find(w->idp->store, w->a, STR(EMAIL), &account, &encoded)));
	assert_int_equal(change_rows(w, "DELETE FROM account WHERE kind = 'usager'"), 1);
	assert_int_equal(account_close(w->idp, account.id, STR("essai"), STR("test"), w->now_s).kind, ERR_ABSENT);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM session"), 1);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM participant"), 1);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM logout_queue"), 0);
}

static MUST struct err six_hundred_tx(struct store_tx *tx, void *arg)
{
	char id[ID_BYTES + 1];

	for (int i = 0; i < 600; i++) {
		struct store_param key = bytes_(((struct str){ id, ID_BYTES }));

		snprintf(id, sizeof id, "session-%08d", i);
		TRY(store_exec(tx, "INSERT INTO session (id, cookie_hash, account, auth_time_s, amr, acr, created_s, last_seen_s, ends_s)"
			" SELECT $1, $1, account, auth_time_s, amr, acr, created_s, last_seen_s, ends_s FROM session LIMIT 1", NULL, key));
		TRY(store_exec(tx, "INSERT INTO participant (session_id, client_id, subject, sid, joined_s, ends_s)"
			" VALUES ($1, 'elections', 'x', 'x', 0, 4000000000)", NULL, key));
	}
	return NO_ERR;
}

/* A browser that keeps no cookie makes a session at each sign-in. */
static void a_closing_ends_any_number_of_sessions(void **state)
{
	struct world *w = *state;
	struct browser citizen = { 0 };
	struct account account;
	struct str encoded;

	assert_int_equal(redeem(w, get_code(w, &citizen, ""))->status, 200);
	assert_false(failed(store_tx(w->idp->store, QUICK, six_hundred_tx, NULL)));
	assert_false(failed(account_find(w->idp->store, w->a, STR(EMAIL), &account, &encoded)));
	assert_false(failed(account_close(w->idp, account.id, STR("essai"), STR("test"), w->now_s)));
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM session"), 0);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM logout_queue"), 601);
}

static void a_reason_is_one_line_that_is_not_too_long(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	char text[260];
	const char *url;

	admin_enter(w, &b, "comptes");
	url = page_of(w, &b, "/comptes/etat");
	memset(text, 'a', sizeof text);
	text[201] = '\0';
	assert_int_equal(admin_post(w, &b, url, (const char *const[]){ "acte", "fermer", "raison", text, NULL })->status, 422);
	assert_int_equal(admin_post(w, &b, url, (const char *const[]){ "acte", "fermer", "raison", "a\nb", NULL })->status, 422);
	assert_int_equal(count_audit(w, "account.disable", ""), 0);
	text[200] = '\0';
	assert_int_equal(admin_post(w, &b, url, (const char *const[]){ "acte", "fermer", "raison", text, NULL })->status, 303);
}

static void closing_wants_a_fresh_proof(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	const char *url;
	struct http_resp *r;

	admin_enter(w, &b, "comptes");
	url = page_of(w, &b, "/comptes/etat");
	w->now_s += FRESH_FORM + 1;
	r = admin_get(w, &b, url);
	assert_true(r->status == 303 && str_starts(header(r, "location"), STR("/connexion/agent/confirmer?retour=")));
	w->now_s -= FRESH_FORM + 1;
	struct str csrf = hidden(w, admin_get(w, &b, url), "csrf");
	for (int i = 0; i < 3; i++) {
		w->now_s += 620;
		(void)admin_get(w, &b, "/comptes");
	}
	r = admin_send(w, &b, HTTP_POST, url, (struct http_pair[]){ { STR("csrf"), csrf }, { STR("acte"), STR("fermer") }, { STR("raison"), STR("x") } }, 3);
	assert_int_equal(r->status, 403);
	assert_int_equal(count_audit(w, "account.disable", ""), 0);
}

/* What a stranger sees, byte for byte, but for what differs with every page. */
static struct str told(struct world *w, const char *email, const char *password)
{
	struct browser b = { 0 };
	struct http_resp *r = sign_in(w, &b, world_get(w, &b, "/connexion"), email, password);
	struct str flow = hidden(w, r, "flow");
	const char *at = flow.n ? memmem(r->body.p, r->body.n, flow.p, flow.n) : NULL;

	return at ? fmt(w, "%d %.*s", r->status, (int)(at - r->body.p), r->body.p) : fmt(w, "%d " STR_FMT, r->status, STR_ARG(r->body));
}

static void only_who_knows_the_password_learns_that_an_account_is_closed_and_why(void **state)
{
	struct world *w = *state;
	struct str before, wrong;
	struct browser b = { 0 };
	struct http_resp *r;
	uint64_t hashes;

	before = told(w, EMAIL, "un mauvais mot de passe");
	assert_int_equal(ctl(w, "account disable " EMAIL " --reason doublon", NULL, NULL), 0);
	w->now_s += 4000;
	hashes = w->hashes;
	wrong = told(w, EMAIL, "un mauvais mot de passe");
	assert_true(str_eq(before, wrong));
	assert_int_equal(w->hashes, hashes + 1);
	r = sign_in(w, &b, world_get(w, &b, "/connexion"), EMAIL, PASSWORD);
	assert_int_equal(r->status, 403);
	assert_true(body_has(r, "Votre compte est fermé") && body_has(r, "doublon"));
	assert_int_equal(w->hashes, hashes + 2);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM session"), 0);
	for (size_t i = 0; i < b.n; i++)
		assert_false(str_eq_c(b.jar[i].name, "__Host-guichet"));
	assert_int_equal(count_audit(w, "login.refuse", "authn.disabled"), 1);
}

static void being_told_does_not_make_up_for_guesses(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	int refused = 0;

	assert_int_equal(ctl(w, "account disable " EMAIL " --reason doublon", NULL, NULL), 0);
	for (int i = 0; i < 12; i++) {
		struct http_resp *r = sign_in(w, &b, world_get(w, &b, "/connexion"), EMAIL, i % 2 ? PASSWORD : "un mauvais mot de passe");

		refused += r->status == 429;
	}
	assert_true(refused > 0);
}

static void an_unknown_number_is_no_page(void **state)
{
	static const char *const urls[] = { "/comptes/fiche", "/comptes/fiche?id=", "/comptes/fiche?id=x", "/comptes/fiche?id=00000000000000000000000000000000",
		"/comptes/etat?id=jeanne.moreau@exemple.fr", "/comptes/etat" };
	struct world *w = *state;
	struct browser b = { 0 };

	admin_enter(w, &b, "comptes");
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
		assert_int_equal(admin_get(w, &b, urls[i])->status, 404);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_the_exact_address_or_number_is_found),
		TEST(a_card_shows_the_state_and_no_means_of_signing_in),
		TEST(every_look_is_audited_under_the_administrators_name_found_or_not),
		TEST(a_long_name_stands_whole_in_the_audit),
		TEST(looks_are_bounded),
		TEST(an_account_is_closed_with_a_reason_and_its_owner_is_out),
		TEST(a_closing_that_cannot_be_stored_has_ended_nothing),
		TEST(a_closing_ends_any_number_of_sessions),
		TEST(a_reason_is_one_line_that_is_not_too_long),
		TEST(closing_wants_a_fresh_proof),
		TEST(only_who_knows_the_password_learns_that_an_account_is_closed_and_why),
		TEST(being_told_does_not_make_up_for_guesses),
		TEST(an_unknown_number_is_no_page),
	};

	return world_run_both(tests, sizeof tests / sizeof *tests);
}
