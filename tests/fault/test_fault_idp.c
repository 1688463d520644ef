/* test_fault_idp.c - each operation of the identity provider, with the first, second, … nth call of its store
 * and of each role failing: no crash, no wrong success, nothing half-written, and it works afterwards. */
#include "tests/unit/idp_saml_rig.h"
#include "tests/fault/inject.h"

/* The walk of the try that is under way; the world is the test's. */
static struct walk { struct browser b; struct http_resp *page, *last; struct str code, id_token, at, rt, next_rt; unsigned serial; } k;

static struct err forget_tx(struct store_tx *tx, void *arg)
{
	TRY(store_exec(tx, "DELETE FROM notice", NULL));
	return store_exec(tx, "DELETE FROM logout_queue", NULL);
}

static void start_walk(struct world *w)
{
	unsigned serial = k.serial + 1;
	struct err e = store_tx(w->idp->store, QUICK, forget_tx, NULL);

	assert_false(failed(e));
	k = (struct walk){ .serial = serial };
	w->fetch_n = 0;
	w->now_s++;
}

static void open_page(void *world)
{
	start_walk(world);
	k.page = world_get(world, &k.b, arena_c(((struct world *)world)->a, authz_url(world, "")));
	assert_int_equal(k.page->status, 200);
}

/* A redirection that carries an error is a refusal that the service is told of. */
static int status_to_partner(struct world *w, struct http_resp *r)
{
	struct str error = r->status == 303 ? location_param(w, r, "error") : STR_NONE;

	k.last = r;
	return str_eq(error, STR("server_error")) || str_eq(error, STR("temporarily_unavailable")) ? 503 : r->status;
}

static struct http_resp *silently(struct world *w)
{
	return world_get(w, &k.b, arena_c(w->a, authz_url(w, "&prompt=none")));
}

static bool is_signed_in(void *world)
{
	return !str_eq(location_param(world, silently(world), "error"), STR("login_required"));
}

static bool is_signed_out(void *world) { return !is_signed_in(world); }

/* ---- sign-in, notice, code ---- */

static int enter_password(void *world) { return sign_in(world, &k.b, k.page, EMAIL, PASSWORD)->status; }

static int enter_wrong_password(void *world) { return sign_in(world, &k.b, k.page, EMAIL, "pas celui-la du tout")->status; }

/* The throttle has forgotten the tries before. */
static void open_page_another_day(void *world)
{
	((struct world *)world)->now_s += 2 * 86400;
	open_page(world);
}

static void open_notice(void *world)
{
	open_page(world);
	assert_int_equal(enter_password(world), 303);
	k.page = world_get(world, &k.b, arena_c(((struct world *)world)->a, authz_url(world, "")));
	assert_true(body_has(k.page, "action=\"/information\""));
}

static int accept_notice(void *world)
{
	struct world *w = world;
	struct str flow = hidden(w, k.page, "flow");
	int status = status_to_partner(w, world_post(w, &k.b, "/information", fmt(w, "flow=" STR_FMT "&reponse=continuer", STR_ARG(flow))));

	k.code = location_param(w, k.last, "code");
	return status;
}

static int take_tokens(struct world *w, struct http_resp *r)
{
	k.id_token = json_text(w, r->body, "id_token");
	k.at = json_text(w, r->body, "access_token");
	k.rt = json_text(w, r->body, "refresh_token");
	return r->status;
}

static bool code_is_good(void *world) { return k.code.n && take_tokens(world, redeem(world, k.code)) == 200; }

static void be_known(void *world)
{
	open_notice(world);
	assert_int_equal(accept_notice(world), 303);
}

static int ask_code(void *world)
{
	struct world *w = world;
	int status = status_to_partner(w, world_get(w, &k.b, arena_c(w->a, authz_url(w, ""))));

	k.code = location_param(w, k.last, "code");
	return status;
}

/* ---- tokens ---- */

static int ask_tokens(void *world) { return take_tokens(world, redeem(world, k.code)); }

static int ask_claims(void *world)
{
	struct world *w = world;

	k.last = world_get_as(w, "/oidc/userinfo", fmt(w, "Bearer " STR_FMT, STR_ARG(k.at)));
	return k.last->status;
}

static bool claims_are_there(void *world)
{
	(void)world;
	return body_has(k.last, "Moreau");
}

static bool tokens_are_good(void *world) { return k.at.n && k.id_token.n && ask_claims(world) == 200 && claims_are_there(world); }

static void have_tokens(void *world)
{
	be_known(world);
	assert_int_equal(ask_tokens(world), 200);
}

static int refresh(struct world *w, struct str token)
{
	struct http_resp *r = world_call(w, "/oidc/token", basic(w, "elections", w->secret),
		fmt(w, "grant_type=refresh_token&refresh_token=" STR_FMT, STR_ARG(token)));

	k.next_rt = json_text(w, r->body, "refresh_token");
	if (r->status == 200)
		k.at = json_text(w, r->body, "access_token");
	return r->status;
}

static int ask_refresh(void *world) { return refresh(world, k.rt); }

static bool refreshed_is_good(void *world)
{
	struct str next = k.next_rt;

	return next.n && !str_eq(next, k.rt) && ask_claims(world) == 200 && refresh(world, next) == 200;
}

static int ask_introspection(void *world)
{
	struct world *w = world;

	k.last = world_call(w, "/oidc/introspect", basic(w, "elections", w->secret), fmt(w, "token=" STR_FMT, STR_ARG(k.at)));
	return k.last->status;
}

static bool said_active(void *world)
{
	(void)world;
	return body_has(k.last, "\"active\":true");
}

static int ask_revocation(void *world)
{
	struct world *w = world;

	return world_call(w, "/oidc/revoke", basic(w, "elections", w->secret), fmt(w, "token=" STR_FMT, STR_ARG(k.rt)))->status;
}

static bool is_revoked(void *world) { return ask_refresh(world) == 400 && ask_claims(world) == 401; }

static void have_a_walk(void *world) { start_walk(world); }

static int ask_client_credentials(void *world)
{
	struct world *w = world;

	k.last = world_call(w, "/oidc/token", basic(w, "elections", w->secret), STR("grant_type=client_credentials"));
	k.at = json_text(w, k.last->body, "access_token");
	return k.last->status;
}

static bool credential_is_good(void *world) { return ask_introspection(world) == 200 && said_active(world); }

/* ---- SAML ---- */

static struct str request_of_this_try(struct world *w) { return authn(w, arena_c(w->a, fmt(w, "_try%u", k.serial))); }

static int ask_saml(void *world)
{
	k.last = sso(world, &k.b, request_of_this_try(world));
	return k.last->status;
}

static bool asks_for_the_password(void *world)
{
	(void)world;
	return body_has(k.last, "mot-de-passe");
}

/* Signed with a key that the service does not have: refused, whatever else fails. */
static int ask_saml_with_another_key(void *world)
{
	struct world *w = world;

	k.last = redirect(w, &k.b, "/saml/sso", forge_query(w->a, "SAMLRequest", request_of_this_try(w), "etat 1/2", other_key, RSA256));
	return k.last->status;
}

static bool nothing_was_given(void *world)
{
	return !body_has(k.last, "name=\"SAMLResponse\"") && !asks_for_the_password(world);
}

/* Signed in, and the notice of that service read once. */
static void be_known_to_saml(void *world)
{
	start_walk(world);
	k.last = through(world, &k.b, sso(world, &k.b, request_of_this_try(world)));
	assert_true(body_has(k.last, "name=\"SAMLResponse\""));
	k.serial++;
}

static bool assertion_is_good(void *world)
{
	return body_has(k.last, "name=\"SAMLResponse\"") && read_back(world, k.last, CHECK_WANT_ASSERTION).message.has_assertion;
}

/* A SAML refusal is an answer too: one without an assertion. */
static int ask_saml_answer(void *world)
{
	struct world *w = world;
	struct str xml = STR_NONE;

	k.last = sso(w, &k.b, request_of_this_try(w));
	if (k.last->status == 200 && body_has(k.last, "name=\"SAMLResponse\"")
	    && (failed(b64_decode(w->a, hidden(w, k.last, "SAMLResponse"), &xml)) || !memmem(xml.p, xml.n, "<saml:Assertion", 15)))
		return 503;
	return k.last->status;
}

/* The sign-on of somebody who is not known yet, from the password to the assertion. */
static void open_saml_page(void *world)
{
	start_walk(world);
	k.last = k.page = sso(world, &k.b, request_of_this_try(world));
	assert_true(asks_for_the_password(world));
}

static int enter_password_for_saml(void *world)
{
	k.last = sign_in(world, &k.b, k.page, EMAIL, PASSWORD);
	return k.last->status;
}

/* ---- the end ---- */

static int ask_logout(void *world)
{
	struct world *w = world;

	return status_to_partner(w, world_get(w, &k.b, arena_c(w->a, fmt(w, "/oidc/logout?id_token_hint=" STR_FMT
		"&post_logout_redirect_uri=https://elections.ville.test/fin", STR_ARG(k.id_token)))));
}

/* And the service was told, or will be. */
static bool is_out_everywhere(void *world)
{
	struct world *w = world;

	for (int i = 0; i < 40 && count_rows(w, "SELECT COUNT(*) FROM logout_queue"); i++) {
		w->now_s += 10;
		idp_tick(w->idp, w->now_s);
	}
	return w->fetch_n >= 1 && is_signed_out(world);
}

/* ---- an operator ---- */

static struct str mail_of_this_try(struct world *w) { return fmt(w, "essai-%u@exemple.fr", k.serial); }

static int run_ctl(struct world *w, const char *act)
{
	struct str line = fmt(w, "%s", act);

	return ctl(w, arena_c(w->a, line), NULL, NULL) == 0 ? 200 : 422;
}

static int add_account(void *world)
{
	struct world *w = world;

	return run_ctl(w, arena_c(w->a, fmt(w, "account add --email " STR_FMT " --given-name A --family-name B", STR_ARG(mail_of_this_try(w)))));
}

static int64_t accounts_of_this_try(struct world *w, const char *condition)
{
	struct str mail = mail_of_this_try(w);

	return count_rows(w, arena_c(w->a, fmt(w, "SELECT COUNT(*) FROM account a JOIN identifier i ON i.account = a.id WHERE i.value = '" STR_FMT "'%s",
		STR_ARG(mail), condition)));
}

static bool account_is_there(void *world) { return accounts_of_this_try(world, "") == 1; }

static void have_account(void *world)
{
	start_walk(world);
	assert_int_equal(add_account(world), 200);
}

static int remove_account(void *world)
{
	struct world *w = world;

	return run_ctl(w, arena_c(w->a, fmt(w, "account remove " STR_FMT, STR_ARG(mail_of_this_try(w)))));
}

static bool account_is_gone(void *world) { return accounts_of_this_try(world, "") == 0; }

/* ---- all of them ---- */

#define AUDIT " audit "
/* Once the password has held, the citizen is signed in, whatever becomes of the way to the service. */
#define SESSION " session "
/* What was read and accepted need not be accepted again. */
#define NOTICE " notice "

static const struct operation operations[] = {
	{ "sign-in", open_page, enter_password, 303, is_signed_in, AUDIT SESSION, is_signed_in, false },
	{ "notice", open_notice, accept_notice, 303, code_is_good, AUDIT NOTICE, NULL, false },
	{ "code", be_known, ask_code, 303, code_is_good, AUDIT, NULL, false },
	{ "token", be_known, ask_tokens, 200, tokens_are_good, AUDIT, NULL, false },
	{ "refresh", have_tokens, ask_refresh, 200, refreshed_is_good, AUDIT, NULL, false },
	{ "userinfo", have_tokens, ask_claims, 200, claims_are_there, AUDIT, NULL, false },
	{ "introspection", have_tokens, ask_introspection, 200, said_active, AUDIT, NULL, false },
	{ "revocation", have_tokens, ask_revocation, 200, is_revoked, AUDIT, NULL, false },
	{ "client credentials", have_a_walk, ask_client_credentials, 200, credential_is_good, AUDIT, NULL, false },
	{ "SAML request", have_a_walk, ask_saml, 200, asks_for_the_password, AUDIT, NULL, false },
	{ "SAML request of a stranger", have_a_walk, ask_saml_with_another_key, 400, nothing_was_given, AUDIT, NULL, false },
	{ "SAML password", open_saml_page, enter_password_for_saml, 303, is_signed_in, AUDIT SESSION, is_signed_in, false },
	{ "SAML sign-on", be_known_to_saml, ask_saml_answer, 200, assertion_is_good, AUDIT, NULL, false },
	{ "logout", have_tokens, ask_logout, 303, is_out_everywhere, AUDIT, NULL, false },
	{ "account add", have_a_walk, add_account, 200, account_is_there, AUDIT, NULL, false },
	{ "account remove", have_account, remove_account, 200, account_is_gone, AUDIT, NULL, false },
	{ "wrong password", open_page_another_day, enter_wrong_password, 422, is_signed_out, AUDIT, NULL, false },
};

static void every_operation_survives_each_call_that_fails(void **state)
{
	struct world *w = *state;

	torture_run_all(operations, sizeof operations / sizeof *operations, w, w->idp->store);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(every_operation_survives_each_call_that_fails) };

	return world_run_both(tests, 1);
}
