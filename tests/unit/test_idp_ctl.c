/* test_idp_ctl.c - guichetctl's commands, as the engine carries them out. */
#include "tests/unit/idp_world.h"

#define ADD "partner add oidc --id p --redirect-uri https://p.example/cb "

static void a_command_that_is_wrong_says_what_to_do(void **state)
{
	static const struct { const char *line; uint32_t code; const char *says; } cases[] = {
		{ "", 2, "these exist" },
		{ "dance", 2, "partner add oidc" },
		{ "account", 2, "account add" },
		{ "account add", 2, "--email" },
		{ "account add --email a@b.fr --given-name A", 2, "--family-name" },
		{ "account add --email nonsense --given-name A --family-name B", 1, "not an e-mail" },
		{ "account add --email " EMAIL " --given-name A --family-name B", 1, "exists already" },
		{ "account add --email JEANNE.Moreau@exemple.fr --given-name A --family-name B", 1, "exists already" },
		{ "account add --email a@b.fr --given-name A --family-name B --birth-date 1954-02-30", 1, "YYYY-MM-DD" },
		{ "account add --email a@b.fr --given-name A --family-name B --birth-date 12/03/1954", 1, "YYYY-MM-DD" },
		{ "account add --email a@b.fr --given-name A --family-name B --password-stdin", 1, "8 to 1024" },
		{ "account add --mail a@b.fr", 2, "unknown option --mail" },
		{ "account add --email", 2, "wants a value" },
		{ "account add --email a@b.fr --email c@d.fr", 2, "twice" },
		{ "account show", 2, "which account" },
		{ "account show nobody@exemple.fr", 1, "no account" },
		{ "account disable 00000000000000000000000000000000 --reason doublon", 1, "no account" },
		{ "account disable " EMAIL, 2, "wants --reason" },
		{ "account remove nobody@exemple.fr", 1, "no account" },
		{ "partner add oidc", 2, "--id" },
		{ "partner add oidc --id a/b --redirect-uri https://p.example/", 2, "--id" },
		{ "partner add oidc --id p", 2, "--redirect-uri" },
		/* O06 */
		{ "partner add oidc --id p --redirect-uri http://p.example/cb", 1, "https://" },
		{ "partner add oidc --id p --redirect-uri http://127.0.0.1.evil.example/cb", 1, "https://" },
		{ "partner add oidc --id p --redirect-uri javascript:alert(1)", 1, "https://" },
		{ "partner add oidc --id p --redirect-uri data:text/html,x", 1, "https://" },
		{ "partner add oidc --id p --redirect-uri myapp://cb", 1, "https://" },
		{ "partner add oidc --id p --redirect-uri https://*.example/cb", 1, "wildcards" },
		{ "partner add oidc --id p --redirect-uri https://p.example/*", 1, "wildcards" },
		{ "partner add oidc --id p --redirect-uri https://p.example/cb#x", 1, "#" },
		{ "partner add oidc --id p --redirect-uri https://a@p.example/cb", 1, "@" },
		{ "partner add oidc --id p --redirect-uri https://P.example/cb", 1, "lower case" },
		{ "partner add oidc --id p --redirect-uri https://p.example./cb", 1, "final dot" },
		{ "partner add oidc --id p --redirect-uri https://p.example:0/cb", 1, "port" },
		{ "partner add oidc --id p --redirect-uri https://p.example:99999/cb", 1, "port" },
		{ "partner add oidc --id p --redirect-uri https://", 1, "host" },
		{ ADD "https://p.example\\cb", 1, "backslashes" },
		{ ADD "--post-logout-uri http://p.example/", 1, "--post-logout-uri" },
		{ ADD "--backchannel-logout-uri ftp://p.example/", 1, "--backchannel-logout-uri" },
		{ ADD "--auth jwt", 1, "--auth" },
		{ ADD "--alg none", 1, "--alg" },
		{ ADD "--alg HS256", 1, "--alg" },
		{ ADD "--grant password", 1, "authorization_code" },
		{ ADD "--attributes given_name,shoe_size", 1, "shoe_size" },
		{ ADD "--release always", 1, "--release" },
		{ ADD "--auth none --grant client_credentials", 1, "secret" },
		{ "partner show nobody", 1, "no partner" },
		{ "partner remove nobody", 1, "no partner" },
		{ "partner remove", 2, "which partner" },
		{ "audit tail --n many", 2, "--n" },
	};
	struct world *w = *state;
	int64_t audits = count_rows(w, "SELECT COUNT(*) FROM audit");

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str out, err;
		uint32_t code = ctl(w, cases[i].line, &out, &err);
		struct http_resp says = { .body = err };

		if (code != cases[i].code || !body_has(&says, cases[i].says) || out.n)
			fail_msg("%s: %u " STR_FMT, cases[i].line, code, STR_ARG(err));
	}
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM audit"), audits);
	assert_int_equal(ctl(w, ADD, NULL, NULL), 0);
	/* the names that people know */
	struct str out;
	assert_int_equal(ctl(w, "partner add oidc --id q --redirect-uri https://p.example/cb --attributes profile,email --auth client_secret_post --json", &out, NULL), 0);
	struct http_resp page = { .body = out };
	assert_true(body_has(&page, "[\"family_name\",\"given_name\",\"birthdate\",\"email\"]") && body_has(&page, "\"auth\":\"post\""));
}

static void a_partner_takes_effect_at_once_and_is_told_its_secret_once(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str out, secret;

	assert_int_equal(ctl(w, "partner add oidc --id p --redirect-uri https://p.example/cb --redirect-uri http://app.localhost:8080/cb"
		" http://[::1]:9/cb --post-logout-uri https://p.example/ --auth post --alg RS256 --grant authorization_code,refresh_token"
		" --sector 6 --attributes email family_name --release none --json", &out, NULL), 0);
	secret = json_text(w, out, "client_secret");
	assert_true(str_starts(secret, STR("ville_cs_")) && secret.n > 40);
	assert_string_equal(arena_c(w->a, json_text(w, out, "client_id")), "p");
	struct http_resp page = { .body = out };
	assert_true(body_has(&page, "[\"https://p.example/cb\",\"http://app.localhost:8080/cb\",\"http://[::1]:9/cb\"]")
		&& body_has(&page, "[\"authorization_code\",\"refresh_token\"]") && body_has(&page, "[\"email\",\"family_name\"]"));
	struct str url = fmt(w, "/oidc/authorize?client_id=p&redirect_uri=http://app.localhost:8080/cb&response_type=code&scope=openid&code_challenge="
		STR_FMT "&code_challenge_method=S256", STR_ARG(w->challenge));
	assert_int_equal(world_get(w, &b, arena_c(w->a, url))->status, 200);
	assert_int_equal(ctl(w, "partner show p --json", &out, NULL), 0);
	page.body = out;
	assert_false(body_has(&page, "ville_cs_"));
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM client WHERE id = 'p' AND length(secret_hash) = 32"), 1);
	assert_int_equal(ctl(w, "partner list --json", &out, NULL), 0);
	page.body = out;
	assert_true(body_has(&page, "\"elections\"") && body_has(&page, "\"p\""));
	assert_int_equal(ctl(w, "partner remove p", NULL, NULL), 0);
	assert_int_equal(world_get(w, &b, arena_c(w->a, url))->status, 400);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM client_uri WHERE client_id = 'p'"), 0);
	assert_int_equal(count_audit(w, "partner.add", "") + count_audit(w, "partner.remove", ""), 3);
}

static void an_account_is_added_shown_disabled_and_removed(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct str out, password, id;

	assert_int_equal(ctl(w, "account add --email Paul@Exemple.fr --given-name Paul --family-name Petit --birth-date 2000-02-29 --json", &out, NULL), 0);
	password = json_text(w, out, "password");
	id = json_text(w, out, "id");
	assert_true(password.n == 23 && id.n == 32);
	assert_int_equal(sign_in(w, &b, world_get(w, &b, "/connexion"), " PAUL@exemple.fr ", arena_c(w->a, password))->status, 303);
	assert_int_equal(ctl(w, arena_c(w->a, fmt(w, "account show " STR_FMT " --json", STR_ARG(id))), &out, NULL), 0);
	assert_string_equal(arena_c(w->a, json_text(w, out, "birth_date")), "2000-02-29");
	assert_int_equal(ctl(w, "account disable paul@exemple.fr --reason parti", NULL, NULL), 0);
	assert_int_equal(ctl(w, "account show paul@exemple.fr --json", &out, NULL), 0);
	assert_string_equal(arena_c(w->a, json_text(w, out, "state")), "disabled");
	assert_string_equal(arena_c(w->a, json_text(w, out, "reason")), "parti");
	assert_int_equal(ctl(w, "account remove paul@exemple.fr", NULL, NULL), 0);
	assert_int_equal(ctl(w, "account show paul@exemple.fr", NULL, NULL), 1);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM account") + count_rows(w, "SELECT COUNT(*) FROM password")
		+ count_rows(w, "SELECT COUNT(*) FROM identifier"), 3);
	/* the address is free again */
	assert_int_equal(ctl(w, "account add --email paul@exemple.fr --given-name Paul --family-name Grand", NULL, NULL), 0);
}

static void the_house_tells_how_it_stands(void **state)
{
	struct world *w = *state;
	struct str out;
	struct http_resp page = { 0 };

	assert_int_equal(ctl(w, "key list --json", &out, NULL), 0);
	page.body = out;
	assert_true(body_has(&page, "ES256") && body_has(&page, "RS256") && json_text(w, out, "kid").n > 0);
	assert_int_equal(ctl(w, "db check", NULL, NULL), 0);
	assert_int_equal(ctl(w, "db purge --json", &out, NULL), 0);
	assert_int_equal(json_number(out, "removed"), 0);
	assert_int_equal(ctl(w, "status --json", &out, NULL), 0);
	assert_int_equal(json_number(out, "partners"), 1);
	(void)world_get(w, NULL, "/oidc/authorize?client_id=nobody");
	assert_int_equal(ctl(w, "audit tail --n 3 --json", &out, NULL), 0);
	page.body = out;
	assert_true(body_has(&page, "account.add") && body_has(&page, "partner.add") && body_has(&page, "oidc.authz.refuse"));
	assert_false(body_has(&page, "Jeanne") || body_has(&page, EMAIL));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		T(a_command_that_is_wrong_says_what_to_do),
		T(a_partner_takes_effect_at_once_and_is_told_its_secret_once),
		T(an_account_is_added_shown_disabled_and_removed),
		T(the_house_tells_how_it_stands),
	};

	return world_run_both(tests, sizeof tests / sizeof *tests);
}
