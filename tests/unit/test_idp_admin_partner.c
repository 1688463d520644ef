/* test_idp_admin_partner.c - partners in the administration pages: registered only as shown, refused in words
 * with what was typed, tried without the partner. */
#include "tests/unit/idp_admin_rig.h"
#include "tests/unit/idp_saml_rig.h"
#include "idp/admin/certificate.h"
#include "idp/admin/refusals.h"
#include "idp/audit/audit.h"

#define CASE(f) cmocka_unit_test_setup_teardown(f, admin_saml_setup, world_teardown)
#define OIDC "/partenaires/openid"
#define SAML "/partenaires/saml"

static struct browser admin;

static int admin_saml_setup(void **state)
{
	if (admin_setup(state))
		return -1;
	speak_saml(*state);
	admin = (struct browser){ 0 };
	admin_enter(*state, &admin, "partenaires");
	return 0;
}

static const char *const good[] = { "id", "piscine", "name", "La piscine", "people", "usagers", "redirect-uri", "https://piscine.ville.test/retour\r\n",
	"auth", "basic", "alg", "ES256", "grant-code", "oui", "attributes", "email given_name", "release", "inform", NULL };

/* The form, with one field otherwise (NULL: left out) and a step. */
static struct http_resp *send_with(struct world *w, const char *url, const char *name, const char *value, const char *step, struct str seen)
{
	const char **pairs = arena_array(w->a, const char *, 64);
	size_t n = 0;

	for (size_t i = 0; good[i]; i += 2)
		if (!name || strcmp(good[i], name) != 0) {
			pairs[n++] = good[i];
			pairs[n++] = good[i + 1];
		}
	if (name && value) {
		pairs[n++] = name;
		pairs[n++] = value;
	}
	pairs[n++] = "etape";
	pairs[n++] = step;
	if (seen.n) {
		pairs[n++] = "vu";
		pairs[n++] = arena_c(w->a, seen);
	}
	pairs[n] = NULL;
	return admin_post(w, &admin, url, pairs);
}

static int64_t partners(struct world *w)
{
	return count_rows(w, "SELECT COUNT(*) FROM client");
}

/* ---- registering ---- */

static void a_difference_is_shown_before_anything_is_stored(void **state)
{
	struct world *w = *state;
	int64_t before = partners(w);
	struct http_resp *r = send_with(w, OIDC, NULL, NULL, "voir", STR_NONE);

	assert_int_equal(r->status, 200);
	assert_true(body_has(r, "Inscrire La piscine"));
	assert_true(body_has(r, "https://piscine.ville.test/retour"));
	assert_int_equal(partners(w), before);
	/* a confirmation that has seen nothing is shown the difference */
	r = send_with(w, OIDC, NULL, NULL, "inscrire", STR_NONE);
	assert_int_equal(r->status, 409);
	assert_int_equal(partners(w), before);
}

static struct http_resp *register_it(struct world *w)
{
	return send_with(w, OIDC, NULL, NULL, "inscrire", hidden(w, send_with(w, OIDC, NULL, NULL, "voir", STR_NONE), "vu"));
}

static void the_secret_is_shown_once_and_only_its_hash_is_kept(void **state)
{
	struct world *w = *state;
	struct http_resp *r = register_it(w);
	struct str out, err;

	assert_int_equal(r->status, 200);
	assert_true(body_has(r, "ville_cs_"));
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM audit WHERE event = 'partner.add' AND client_id = 'piscine' AND actor = 'partenaires'"), 1);
	assert_false(body_has(admin_get(w, &admin, "/partenaires/fiche?id=piscine"), "ville_cs_"));
	/* the same page sent again finds it registered, and makes no other secret */
	r = send_with(w, OIDC, NULL, NULL, "inscrire", STR("-"));
	assert_false(body_has(r, "ville_cs_"));
	assert_int_equal(ctl(w, "partner show piscine --json", &out, &err), 0);
	assert_true(str_eq(json_text(w, out, "people"), STR("usagers")));
}

static void a_change_keeps_the_secret_unless_another_is_asked_for(void **state)
{
	struct world *w = *state;
	const char *url = OIDC "?id=piscine";
	struct http_resp *r;

	register_it(w);
	r = send_with(w, url, "name", "Le bassin", "voir", STR_NONE);
	assert_true(body_has(r, "La piscine") && body_has(r, "Le bassin"));
	assert_false(body_has(r, "secret sera fait"));
	r = send_with(w, url, "name", "Le bassin", "inscrire", hidden(w, r, "vu"));
	assert_int_equal(r->status, 303);
	assert_true(body_has(admin_get(w, &admin, arena_c(w->a, header(r, "location"))), "C’est enregistré"));
	r = send_with(w, url, "new-secret", "oui", "voir", STR_NONE);
	assert_true(body_has(r, "secret sera fait"));
	r = send_with(w, url, "new-secret", "oui", "inscrire", hidden(w, r, "vu"));
	assert_true(body_has(r, "ville_cs_"));
}

static void a_change_made_meanwhile_is_shown_and_not_overwritten(void **state)
{
	struct world *w = *state;
	const char *url = OIDC "?id=piscine";
	struct http_resp *r;
	struct str seen, out, err;

	register_it(w);
	seen = hidden(w, send_with(w, url, "name", "Le bassin", "voir", STR_NONE), "vu");
	assert_int_equal(ctl(w, "partner add oidc --id piscine --name Ailleurs --redirect-uri https://piscine.ville.test/retour --replace", &out, &err), 0);
	r = send_with(w, url, "name", "Le bassin", "inscrire", seen);
	assert_int_equal(r->status, 409);
	assert_true(body_has(r, "Ailleurs") && body_has(r, "a changé entre-temps"));
}

/* Both have seen the same: the second would undo the first, and bring back a secret that was replaced. */
static void of_two_changes_at_once_one_is_stored(void **state)
{
	struct world *w = *state;
	const struct partner *seen;
	struct partner first, second;

	register_it(w);
	seen = partner_find(w->idp->registry, w->a, STR("piscine"));
	first = second = *seen;
	first.name[LANG_FR] = STR("Le bassin");
	second.name[LANG_FR] = STR("Le lac");
	assert_false(failed(partner_replace(w->idp, &first, seen, STR("test"), w->now_s)));
	assert_int_equal(partner_replace(w->idp, &second, seen, STR("test"), w->now_s).kind, ERR_CONFLICT);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM client WHERE name_fr = 'Le bassin'"), 1);
	/* a change of state is one too */
	seen = partner_find(w->idp->registry, w->a, STR("piscine"));
	assert_false(failed(partner_set_state(w->idp, STR("piscine"), false, STR("test"), w->now_s)));
	assert_int_equal(partner_replace(w->idp, &second, seen, STR("test"), w->now_s).kind, ERR_CONFLICT);
	seen = partner_find(w->idp->registry, w->a, STR("piscine"));
	assert_false(failed(partner_replace(w->idp, &second, seen, STR("test"), w->now_s)));
}

static void what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(void **state)
{
	static const struct { const char *field, *value, *wrong, *words; } cases[] = {
		{ "id", "pas bon", "id", "identifiant doit avoir" },
		{ "id", NULL, "id", "identifiant doit avoir" },
		{ "redirect-uri", "http://ailleurs.test/", "redirect-uri", "doit commencer par https" },
		{ "redirect-uri", "https://piscine.test/#x", "redirect-uri", "partie après #" },
		{ "redirect-uri", "https://*.test/", "redirect-uri", "joker" },
		{ "redirect-uri", "https://Piscine.test/", "redirect-uri", "minuscules" },
		{ "redirect-uri", NULL, "redirect-uri", "au moins une adresse" },
		{ "attributes", "tout", "attributes", "existe pas" },
		{ "auth", "mot", "auth", "une des réponses" },
		{ "alg", "none", "alg", "une des réponses" },
		{ "people", "tous", "people", "une des réponses" },
		{ "people", "agents", "attributes", "seul le nom" },
		{ "grant-code", NULL, "grant-code", "Cochez au moins" },
		{ "name-en", "un\ndeux", "name-en", "en une ligne" },
		{ "sector", "piscine é", "sector", "sans accents" },
	};
	struct world *w = *state;
	int64_t before = partners(w);

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct http_resp *r = send_with(w, OIDC, cases[i].field, cases[i].value, "voir", STR_NONE);

		if (r->status != 400 || !body_has(r, cases[i].words) || !body_has(r, arena_c(w->a, fmt(w, "href=\"#%s\"", cases[i].wrong))))
			fail_msg("%s = %s: %d", cases[i].field, cases[i].value ? cases[i].value : "-", r->status);
		assert_true(body_has(r, "role=\"alert\"") && body_has(r, arena_c(w->a, fmt(w, " id=\"%s\"", cases[i].wrong)))
			&& body_has(r, arena_c(w->a, fmt(w, "id=\"%s-erreur\"", cases[i].wrong))));
		if (strcmp(cases[i].field, "name") != 0)
			assert_true(body_has(r, "value=\"La piscine\""));
	}
	assert_int_equal(partners(w), before);
}

static void a_partner_of_the_other_protocol_is_not_taken_over(void **state)
{
	struct world *w = *state;

	assert_int_equal(admin_get(w, &admin, arena_c(w->a, fmt(w, OIDC "?id=" STR_FMT, STR_ARG(escaped(w, STR(SP))))))->status, 404);
	assert_int_equal(admin_get(w, &admin, SAML "?id=elections")->status, 404);
	assert_int_equal(admin_get(w, &admin, OIDC "?id=personne")->status, 404);
}

/* ---- SAML ---- */

static struct http_resp *send_metadata(struct world *w, const char *url, struct str xml, const char *step, struct str seen)
{
	const char *pairs[] = { "metadonnees", arena_c(w->a, xml), "name", "Nouveau", "people", "usagers", "release", "inform", "name-id", "persistent",
		"etape", step, seen.n ? "vu" : NULL, seen.n ? arena_c(w->a, seen) : NULL, NULL };

	return admin_post(w, &admin, url, pairs);
}

static void metadata_become_a_partner_only_when_confirmed(void **state)
{
	struct world *w = *state;
	struct str xml = metadata(w, "https://nouveau.test/saml", "https://nouveau.test", true, UNTIL);
	int64_t before = partners(w);
	struct http_resp *r = send_metadata(w, SAML, xml, "voir", STR_NONE);

	assert_int_equal(r->status, 200);
	assert_true(body_has(r, "https://nouveau.test/acs"));
	assert_int_equal(partners(w), before);
	r = send_metadata(w, SAML, xml, "inscrire", hidden(w, r, "vu"));
	assert_int_equal(r->status, 303);
	assert_int_equal(partners(w), before + 1);
	r = admin_get(w, &admin, arena_c(w->a, header(r, "location")));
	assert_true(body_has(r, "Empreinte SHA-256") && body_has(r, "https://nouveau.test/acs"));
}

static void bad_metadata_are_told_in_words_and_kept(void **state)
{
	struct world *w = *state;
	struct http_resp *r;

	r = send_metadata(w, SAML, STR("bonjour"), "voir", STR_NONE);
	assert_int_equal(r->status, 400);
	assert_true(body_has(r, ">bonjour</textarea>") && body_has(r, "XML lisible") && body_has(r, "value=\"Nouveau\""));
	r = send_metadata(w, SAML, STR(" "), "voir", STR_NONE);
	assert_true(r->status == 400 && body_has(r, "Choisissez un fichier"));
	r = send_metadata(w, SAML, metadata(w, "https://n.test", "http://n.test", true, NULL), "voir", STR_NONE);
	assert_true(r->status == 400 && body_has(r, "ne commence pas par https"));
	r = send_metadata(w, SAML, metadata(w, "https://n.test", "https://n.test", true, "2020-01-01T00:00:00Z"), "voir", STR_NONE);
	assert_int_equal(r->status, 400);
	/* a reader that is away is no fault of theirs, and is said too */
	w->fail_at = 1;
	r = send_metadata(w, SAML, metadata(w, "https://n.test", "https://n.test", true, NULL), "voir", STR_NONE);
	assert_true(body_has(r, "renvoyez le formulaire") && body_has(r, "https://n.test") && body_has(r, "value=\"Nouveau\""));
	/* those of another partner do not replace this one */
	r = send_metadata(w, arena_c(w->a, fmt(w, SAML "?id=" STR_FMT, STR_ARG(escaped(w, STR(SP))))),
		metadata(w, "https://n.test", "https://n.test", true, NULL), "voir", STR_NONE);
	assert_true(r->status == 400 && body_has(r, "un autre partenaire"));
}

/* ---- its page ---- */

static void the_page_says_what_is_registered_and_the_list_when_it_ends(void **state)
{
	struct world *w = *state;
	struct http_resp *r = admin_get(w, &admin, arena_c(w->a, fmt(w, "/partenaires/fiche?id=" STR_FMT, STR_ARG(escaped(w, STR(SP))))));

	assert_int_equal(r->status, 200);
	assert_true(body_has(r, ACS) && body_has(r, "urn:oid:2.5.4.42"));
	r = admin_get(w, &admin, "/partenaires");
	assert_true(body_has(r, "Actes") && body_has(r, "les agents") && body_has(r, "SAML 2.0"));
	assert_int_equal(admin_get(w, &admin, "/partenaires/fiche?id=personne")->status, 404);
}

static void what_ends_within_a_month_stands_on_the_start_page(void **state)
{
	struct world *w = *state;

	assert_false(body_has(admin_get(w, &admin, "/"), "Métadonnées bientôt périmées"));
	w->now_s += 20 * 86400;
	admin = (struct browser){ 0 };
	admin_enter(w, &admin, "partenaires");
	assert_true(body_has(admin_get(w, &admin, "/"), "Métadonnées bientôt périmées, partenaire Actes"));
	w->now_s += 40 * 86400;
	admin = (struct browser){ 0 };
	admin_enter(w, &admin, "partenaires");
	assert_true(body_has(admin_get(w, &admin, "/"), "Métadonnées périmées, partenaire Actes"));
	/* whoever may not see partners hears nothing of them */
	admin = (struct browser){ 0 };
	admin_enter(w, &admin, "audit");
	assert_false(body_has(admin_get(w, &admin, "/"), "Actes"));
}

static void a_certificate_says_whom_it_names_and_until_when(void **state)
{
	struct world *w = *state;
	struct str der = forge_certificate(w->a, sp_key);
	struct certificate c = { 0 };
	const unsigned char *p = (const unsigned char *)der.p;
	X509 *x = d2i_X509(NULL, &p, (long)der.n);
	struct tm end;

	assert_false(failed(certificate_read(w->a, der, &c)));
	assert_int_equal(ASN1_TIME_to_tm(X509_get0_notAfter(x), &end), 1);
	assert_int_equal(c.ends_s, timegm(&end));
	assert_true(c.starts_s < c.ends_s);
	X509_free(x);
	/* and of one that was cut, at any byte, nothing */
	for (size_t n = 0; n < 100; n++)
		assert_true(failed(certificate_read(w->a, str_slice(der, 0, n), &c)));
}

static void a_partner_is_disabled_and_enabled_with_the_name_of_who_did_it(void **state)
{
	struct world *w = *state;
	const char *url = "/partenaires/etat?id=elections";
	struct browser b = { 0 };

	assert_int_equal(admin_post(w, &admin, url, (const char *const[]){ "etat", "autre", NULL })->status, 400);
	assert_int_equal(admin_post(w, &admin, url, (const char *const[]){ "etat", "suspendu", NULL })->status, 303);
	assert_int_not_equal(world_get(w, &b, arena_c(w->a, authz_url(w, "")))->status, 200);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM audit WHERE event = 'partner.disable' AND actor = 'partenaires'"), 1);
	assert_int_equal(admin_post(w, &admin, url, (const char *const[]){ "etat", "actif", NULL })->status, 303);
	assert_int_equal(world_get(w, &b, arena_c(w->a, authz_url(w, "")))->status, 200);
}

static void refusals_are_told_with_their_cure_and_by_guichetctl_alike(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str out, err;

	assert_int_equal(ctl(w, "partner refusals elections", &out, &err), 0);
	world_get(w, &b, arena_c(w->a, authz_url(w, "&prompt=bizarre")));
	assert_false(failed(audit_flush(w->idp->audit, w->idp->store)));
	assert_true(body_has(admin_get(w, &admin, "/partenaires/fiche?id=elections"), "Valeur de prompt incomprise"));
	assert_int_equal(ctl(w, "partner refusals elections --json", &out, &err), 0);
	assert_true(memmem(out.p, out.n, "Valeur de prompt incomprise", 27) != NULL);
	assert_int_equal(ctl(w, "partner refusals personne", &out, &err), 1);
}

static void every_refusal_has_words_in_both_languages(void **state)
{
	static const char *const slugs[] = { "oidc.authz.redirect_uri", "oidc.codec", "saml.xml.dtd", "policy.acr", "", "n'importe.quoi" };

	for (size_t i = 0; i < sizeof slugs / sizeof *slugs; i++)
		for (int lang = 0; lang < LANG_COUNT; lang++)
			assert_true(refusal_words(str_from_c(slugs[i]), (enum http_lang)lang).sentence.n > 0);
	assert_false(str_eq(refusal_words(STR("oidc.code.expired"), LANG_FR).sentence, refusal_words(STR("oidc.codec"), LANG_FR).sentence));
}

/* ---- a trial ---- */

static struct str trial_path(struct world *w, const char *id)
{
	struct http_resp *r = admin_post(w, &admin, arena_c(w->a, fmt(w, "/partenaires/essai?id=" STR_FMT, STR_ARG(escaped(w, str_from_c(id))))),
		(const char *const[]){ NULL });
	const char *at = memmem(r->body.p, r->body.n, ISSUER "/essai", STR(ISSUER "/essai").n);

	assert_non_null(at);
	at += STR(ISSUER).n;
	return arena_dup(w->a, (struct str){ at, strcspn(at, "\"") });
}

static void a_trial_runs_the_true_sign_in_and_sends_nothing(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	const char *path = arena_c(w->a, trial_path(w, "elections"));
	struct http_resp *r = world_get(w, &b, path);

	assert_int_equal(r->status, 200);
	r = sign_in(w, &b, r, EMAIL, PASSWORD);
	assert_int_equal(r->status, 303);
	assert_true(str_starts(header(r, "location"), STR("/essai?lien=")));
	r = world_get(w, &b, arena_c(w->a, header(r, "location")));
	if (!body_has(r, "a réussi")) {
		struct str flow = escaped(w, hidden(w, r, "flow"));

		r = world_post(w, &b, "/information", fmt(w, "flow=" STR_FMT "&reponse=continuer", STR_ARG(flow)));
		assert_int_equal(r->status, 303);
		r = world_get(w, &b, arena_c(w->a, header(r, "location")));
	}
	assert_true(body_has(r, "a réussi") && body_has(r, "ES256"));
	assert_false(body_has(r, "eyJ"));
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM participant"), 0);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM grant_"), 0);
	assert_int_equal(w->fetch_n, 0);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM audit WHERE event = 'partner.trial' AND actor = 'partenaires'"), 1);
}

static void a_trial_of_a_saml_partner_says_its_attributes(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *r = world_get(w, &b, arena_c(w->a, trial_path(w, OPEN_SP)));

	r = sign_in(w, &b, r, EMAIL, PASSWORD);
	r = world_get(w, &b, arena_c(w->a, header(r, "location")));
	assert_true(body_has(r, "a réussi") && body_has(r, "NameID") && body_has(r, OPEN_ACS));
	assert_false(body_has(r, "SAMLResponse"));
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM participant"), 0);
}

static void a_trial_says_in_words_why_nothing_would_leave(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	const char *path = arena_c(w->a, trial_path(w, "elections"));
	struct str out, err;

	assert_int_equal(ctl(w, "partner disable elections", &out, &err), 0);
	assert_true(body_has(world_get(w, &b, path), "Le partenaire est suspendu"));
	assert_int_equal(ctl(w, "partner enable elections", &out, &err), 0);
	assert_true(body_has(world_get(w, &b, "/essai?lien=autre"), "ne vaut plus"));
	w->now_s += 600;
	assert_true(body_has(world_get(w, &b, path), "Motif") || body_has(world_get(w, &b, path), "ne vaut plus"));
}

static void guichetctl_makes_the_same_link(void **state)
{
	struct world *w = *state;
	struct str out, err;

	assert_int_equal(ctl(w, "partner try elections --json", &out, &err), 0);
	assert_true(str_starts(json_text(w, out, "url"), STR(ISSUER "/essai?lien=")));
	assert_int_equal(ctl(w, "partner try personne", &out, &err), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_difference_is_shown_before_anything_is_stored), CASE(the_secret_is_shown_once_and_only_its_hash_is_kept),
		CASE(a_change_keeps_the_secret_unless_another_is_asked_for), CASE(a_change_made_meanwhile_is_shown_and_not_overwritten), CASE(of_two_changes_at_once_one_is_stored),
		CASE(what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost), CASE(a_partner_of_the_other_protocol_is_not_taken_over),
		CASE(metadata_become_a_partner_only_when_confirmed), CASE(bad_metadata_are_told_in_words_and_kept),
		CASE(the_page_says_what_is_registered_and_the_list_when_it_ends), CASE(a_partner_is_disabled_and_enabled_with_the_name_of_who_did_it),
		CASE(refusals_are_told_with_their_cure_and_by_guichetctl_alike), CASE(every_refusal_has_words_in_both_languages),
		CASE(what_ends_within_a_month_stands_on_the_start_page), CASE(a_certificate_says_whom_it_names_and_until_when),
		CASE(a_trial_runs_the_true_sign_in_and_sends_nothing), CASE(a_trial_of_a_saml_partner_says_its_attributes),
		CASE(a_trial_says_in_words_why_nothing_would_leave), CASE(guichetctl_makes_the_same_link),
	};

	return world_run_both(tests, sizeof tests / sizeof *tests);
}
