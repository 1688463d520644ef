/* test_idp_partner.c - a partner that is registered already: what would change is shown first, field by field,
 * and nothing happens before --replace.
 */
#include "tests/unit/idp_saml_rig.h"

#define OIDC "partner add oidc --id p --name Plage --redirect-uri https://p.test/cb --attributes email --release inform "

static bool says(struct str text, const char *what)
{
	struct http_resp r = { .body = text };

	return body_has(&r, what);
}

static void an_openid_partner_is_shown_before_it_is_replaced(void **state)
{
	struct world *w = *state;
	struct str out, err, secret, hash = STR("SELECT COUNT(*) FROM client WHERE id = 'p' AND length(secret_hash) = 32");
	int64_t audits;

	assert_int_equal(ctl(w, OIDC "--json", &out, &err), 0);
	secret = json_text(w, out, "client_secret");
	audits = count_rows(w, "SELECT COUNT(*) FROM audit");
	/* exactly so: nothing to do */
	assert_int_equal(ctl(w, OIDC, &out, &err), 0);
	assert_true(!out.n && says(err, "nothing to change"));
	/* in words */
	assert_int_equal(ctl(w, "partner add oidc --id p --name Plage --redirect-uri https://p.test/autre --attributes email,given_name --release consent"
		" --sector 7", &out, &err), 1);
	assert_true(says(out, "redirect addresses:\n  - https://p.test/cb\n  + https://p.test/autre\n"));
	assert_true(says(out, "attributes:\n  + given_name\n") && says(out, "release:\n  - inform\n  + consent\n") && says(out, "other pseudonyms"));
	assert_true(!says(out, "name") || !says(out, "Plage"));
	assert_true(says(err, "--replace") && says(err, "nothing was changed"));
	/* in JSON */
	assert_int_equal(ctl(w, OIDC "--post-logout-uri https://p.test/fin --json", &out, &err), 1);
	assert_true(says(out, "\"changed\":false,\"would_change\":[{\"field\":\"post_logout_redirect_uris\","));
	assert_true(says(out, "\"now\":[],\"then\":[\"https://p.test/fin\"]}]}"));
	assert_int_equal(ctl(w, "partner show p --json", &out, NULL), 0);
	assert_true(says(out, "https://p.test/cb") && !says(out, "https://p.test/fin"));
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM audit"), audits);
	/* and done: the secret stays good, disabled stays disabled */
	assert_int_equal(ctl(w, "partner disable p", NULL, NULL), 0);
	assert_int_equal(ctl(w, OIDC "--post-logout-uri https://p.test/fin --replace --json", &out, &err), 0);
	assert_true(says(out, "\"state\":\"disabled\"") && says(out, "https://p.test/fin") && !says(out, "client_secret"));
	assert_int_equal(ctl(w, "partner enable p", NULL, NULL), 0);
	assert_int_equal(world_call(w, "/oidc/introspect", basic(w, "p", secret), STR("token=x"))->status, 200);
	assert_int_equal(count_audit(w, "partner.replace", ""), 1);
	/* a leaked secret: another one, and the old one is dead */
	assert_int_equal(ctl(w, OIDC "--post-logout-uri https://p.test/fin --replace --new-secret --json", &out, &err), 0);
	assert_int_equal(world_call(w, "/oidc/introspect", basic(w, "p", secret), STR("token=x"))->status, 401);
	assert_int_equal(world_call(w, "/oidc/introspect", basic(w, "p", json_text(w, out, "client_secret")), STR("token=x"))->status, 200);
	/* to a program that keeps no secret, and back */
	assert_int_equal(ctl(w, OIDC "--auth none --replace", &out, &err), 0);
	assert_int_equal(count_rows(w, arena_c(w->a, hash)), 0);
	assert_int_equal(ctl(w, OIDC "--replace --json", &out, &err), 0);
	assert_true(says(out, "client_secret"));
	assert_int_equal(count_rows(w, arena_c(w->a, hash)), 1);
}

/* To have been told is not to have agreed. */
static void a_service_that_must_ask_from_now_on_asks_those_who_were_only_told(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str out, err;

	assert_true(get_code(w, &b, "").n > 0);
	assert_true(location_param(w, world_get(w, &b, arena_c(w->a, authz_url(w, ""))), "code").n > 0);
	assert_int_equal(ctl(w, "partner add oidc --id elections --name E --redirect-uri " REDIRECT
		" --attributes family_name,given_name,birthdate --release consent --replace", &out, &err), 0);
	assert_true(body_has(world_get(w, &b, arena_c(w->a, authz_url(w, ""))), "Accepter et continuer"));
	assert_true(get_code(w, &b, "").n > 0);
	/* Who agreed is not asked again when the rest is registered anew. */
	assert_int_equal(ctl(w, "partner add oidc --id elections --name F --redirect-uri " REDIRECT
		" --attributes family_name,given_name,birthdate --release consent --replace", &out, &err), 0);
	assert_true(location_param(w, world_get(w, &b, arena_c(w->a, authz_url(w, ""))), "code").n > 0);
}

static void what_a_citizen_has_with_a_partner_outlives_its_replacement(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct check_saml_result before = read_back(w, through(w, &b, sso(w, &b, authn(w, "_r1"))), CHECK_WANT_ASSERTION), after;
	struct str out, err;

	assert_int_equal(add(w, metadata(w, SP, "https://etat-civil.ville.test/saml", true, NULL),
		"--name Actes --attributes family_name,given_name=urn:oid:2.5.4.42 --replace", &out, &err), 0);
	after = read_back(w, sso(w, &b, authn(w, "_r2")), CHECK_WANT_ASSERTION);     /* no page: the notice was seen */
	assert_true(str_eq(before.message.assertion.name_id.value, after.message.assertion.name_id.value));
	assert_true(str_eq(before.message.assertion.session_index, after.message.assertion.session_index));
	assert_int_equal(before.message.assertion.attribute_n, 3);
	assert_int_equal(after.message.assertion.attribute_n, 2);
	assert_int_equal(after.signed_by, CHECK_SIGNED_ASSERTION);
	/* the former end of its metadata is forgotten with them */
	w->now_s = 1803859200 + 1;
	assert_true(body_has(sso(w, &b, authn(w, "_r3")), "mot-de-passe"));
}

static void a_saml_partner_is_shown_before_it_is_replaced(void **state)
{
	struct world *w = *state;
	struct str xml = metadata(w, SP, "https://etat-civil.ville.test/saml", true, UNTIL), out, err;
	struct browser b = { 0 };

	static const char same[] = "--name Actes --attributes family_name,given_name=urn:oid:2.5.4.42,birthdate --sign-response";

	assert_int_equal(add(w, xml, same, &out, &err), 0);
	assert_true(says(out, "\"would_change\":[]") && says(err, "nothing to change"));
	xml = forge_with(w->a, xml, "https://etat-civil.ville.test/saml/acs\"", "https://etat-civil.ville.test/saml/ici\"");
	assert_int_equal(add(w, xml, "--name Actes --attributes family_name,given_name --idp-initiated", &out, &err), 1);
	assert_true(says(out, "{\"field\":\"acs\",\"meaning\":\"assertions to\",\"now\":[\"post https://etat-civil.ville.test/saml/acs (index 0) (default)\","));
	assert_true(says(out, "\"field\":\"attribute_names\"") && says(out, "\"field\":\"sign_response\",\"meaning\":\"response signed\",\"now\":[\"yes\"],\"then\":[\"no\"]"));
	assert_true(says(out, "\"field\":\"idp_initiated\"") && !says(out, "\"field\":\"certificates_sha256\"") && says(err, "--replace"));
	assert_true(body_has(sso(w, &b, authn(w, "_r1")), "mot-de-passe"));     /* the old address still holds */
	assert_int_equal(add(w, xml, "--name Actes --attributes family_name,given_name --idp-initiated --replace", &out, &err), 0);
	refused_here(w, "the old address", sso(w, &b, authn(w, "_r2")), "saml.acs");
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM saml_endpoint WHERE client_id = '" SP "' AND kind = 'acs'"), 2);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM saml_key WHERE client_id = '" SP "'"), 1);
	/* a new key of the vendor's */
	EVP_PKEY *was = sp_key;
	sp_key = other_key;
	xml = forge_with(w->a, metadata(w, SP, "https://etat-civil.ville.test/saml", true, UNTIL), "/saml/acs\"", "/saml/ici\"");
	sp_key = was;
	assert_int_equal(add(w, xml, "--name Actes --attributes family_name,given_name --idp-initiated", &out, &err), 1);
	assert_true(says(out, "\"field\":\"certificates_sha256\"") && !says(out, "\"field\":\"acs\""));
}

static void one_protocol_does_not_replace_another(void **state)
{
	struct world *w = *state;
	struct str out, err, xml = metadata(w, "elections", "https://e.test", true, NULL);

	assert_int_equal(add(w, xml, "--replace", &out, &err), 1);
	assert_true(says(err, "speaks oidc") && !out.n);
	assert_int_equal(ctl(w, "partner show elections --json", &out, NULL), 0);
	assert_true(says(out, "\"protocol\":\"oidc\""));
	/* and what is wrong in itself is not compared at all */
	assert_int_equal(ctl(w, "partner add oidc --id elections --redirect-uri http://x.test/ --replace", &out, &err), 1);
	assert_true(says(err, "https://") && !out.n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_openid_partner_is_shown_before_it_is_replaced),
		TEST(a_service_that_must_ask_from_now_on_asks_those_who_were_only_told),
		TEST(what_a_citizen_has_with_a_partner_outlives_its_replacement),
		TEST(a_saml_partner_is_shown_before_it_is_replaced),
		TEST(one_protocol_does_not_replace_another),
	};

	return world_run_both(tests, sizeof tests / sizeof *tests);
}
