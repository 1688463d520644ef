/* test_idp_refusals.c - refusals that stand behind others, each met by itself: agents' factors with forms that no
 * page of ours makes, accounts that are not there, and nobody's address with somebody's password. */
#include "tests/unit/idp_holder.h"
#include "base/ct.h"

static struct holder enrolled(void **state)
{
	struct holder h = holder_of(state, "alice");

	enrol(&h);
	forget(&h);
	return h;
}

static void assert_refused(struct holder *h, const struct http_resp *r, int status, const char *slug)
{
	if (r->status != status || !failed(r->outcome) || strcmp(r->outcome.slug, slug) != 0)
		fail_msg("%d %s, not %d %s", r->status, failed(r->outcome) ? r->outcome.slug : "accepted", status, slug);
	assert_false(agent_is_in(h->w, &h->b));
}

static void a_factor_of_no_kind_is_refused(void **state)
{
	struct holder h = enrolled(state);
	struct http_resp *page = to_factor(&h);

	assert_refused(&h, send_form(&h, "/connexion/agent/facteur", page, STR("facteur=courriel&code=123456")), 422, "second.form");
	assert_refused(&h, send_form(&h, "/connexion/agent/facteur", page, STR("code=123456")), 422, "second.form");
	assert_refused(&h, send_recovery(&h, page, STR("")), 422, "factor.recovery");
	assert_refused(&h, send_recovery(&h, page, STR("pas-un-code")), 422, "factor.recovery");
}

static void a_key_s_answer_is_bounded_before_it_is_read(void **state)
{
	struct holder h = holder_of(state, "alice");
	struct http_resp *page;
	struct str fields;
	static char long_text[8000];

	enrol_key(&h, PASSKEY_ES256, "cle-1");
	h.w->now_s += 60;
	forget(&h);
	page = to_factor(&h);
	fields = key_fields(&h, page, &(struct change){ 0 });
	memset(long_text, 'A', sizeof long_text - 1);
	for (int i = 0; i < 3; i++) {
		const char *value = (const char *[]){ "", "***", long_text }[i];
		const char *name = "client-data=";
		char *text = arena_c(h.w->a, fields), *at = strstr(text, name), *rest = strchr(at, '&');

		*at = '\0';
		assert_refused(&h, send_form(&h, "/connexion/agent/facteur", page, fmt(h.w, "%s%s%s%s", text, name, value, rest)), 422, "passkey.form");
	}
	soft_done(&h.key);
}

static void what_was_not_sealed_here_enrols_nothing(void **state)
{
	struct holder h = holder_of(state, "alice");
	struct http_resp *page = click(&h, to_choice(&h), "choisir-application");

	read_secret(&h, page);
	assert_refused(&h, send_form(&h, "/connexion/agent/inscription", page, fmt(h.w, "quoi=application&secret=x&nom=&code=" STR_FMT, STR_ARG(shown(&h, 0)))),
		422, "totp.draft");
	assert_refused(&h, send_form(&h, "/connexion/agent/inscription", page, STR("quoi=empreinte&nom=")), 422, "second.form");
	assert_int_equal(count_rows(h.w, "SELECT COUNT(*) FROM factor"), 0);
}

static void a_confirmation_from_elsewhere_is_refused(void **state)
{
	struct holder h = holder_of(state, "alice");
	struct http_resp *r;
	int64_t proven_s;

	enrol(&h);
	proven_s = count_rows(h.w, "SELECT MAX(auth_time_s) FROM session");
	r = world_post(h.w, &h.b, "/connexion/agent/confirmer", fmt(h.w, "facteur=code&csrf=x&code=" STR_FMT, STR_ARG(shown(&h, 0))));
	assert_int_equal(r->status, 403);
	assert_string_equal(r->outcome.slug, "second.csrf");
	assert_int_equal(count_audit(h.w, "factor.refuse", "second.csrf"), 1);
	assert_int_equal(world_post(h.w, &h.b, "/agent/secours", STR("csrf=x"))->status, 403);
	assert_int_equal(count_audit(h.w, "factor.refuse", "second.csrf"), 2);
	assert_int_equal(count_rows(h.w, "SELECT MAX(auth_time_s) FROM session"), proven_s);
}

static void an_agent_who_is_disabled_between_two_factors_is_not_let_in(void **state)
{
	struct holder h = enrolled(state);
	struct http_resp *page = to_factor(&h);
	struct agent g = agent_of(h.w, "alice");

	assert_false(failed(account_set_state(h.w->idp, g.account, false, STR("essai"), STR("test"), h.w->now_s)));
	(void)send_code(&h, page, shown(&h, 0));
	assert_int_equal(count_audit(h.w, "agent.login.refuse", "agent.account"), 1);
	assert_false(agent_is_in(h.w, &h.b));
	assert_int_equal(count_rows(h.w, "SELECT COUNT(*) FROM session"), 0);
}

static void the_twenty_first_factor_is_one_too_many(void **state)
{
	struct holder h = holder_of(state, "alice");
	struct factor_act act;
	struct agent g;
	struct err e = NO_ERR;
	int made = 1;

	enrol(&h);
	g = agent_of(h.w, "alice");
	act = (struct factor_act){ h.w->idp, g.account, STR("0000000000000001"), h.w->now_s };
	for (; made < 40 && !failed(e); made++) {
		struct factor f = { .kind = FACTOR_TOTP, .name = STR("x"), .secret = STR("sealed") };
		struct factor_once once = { .until_s = h.w->now_s + 60 };

		random_bytes(once.id, sizeof once.id);
		e = factor_add(&act, &(struct factor_new){ &f, NULL, NULL, &once });
	}
	assert_string_equal(e.slug, "factor.many");
	assert_int_equal(count_rows(h.w, "SELECT COUNT(*) FROM factor"), 20);
}

/* For an address that nobody has, somebody else's row is read and dropped: its password must not open it. */
static void nobody_s_address_with_somebody_s_password_opens_nothing(void **state)
{
	struct world *w = *state;
	struct browser b = { 0 };
	struct http_resp *r = sign_in(w, &b, world_get(w, &b, "/connexion"), "personne@exemple.fr", PASSWORD);

	assert_int_equal(r->status, 422);
	assert_int_equal(count_rows(w, "SELECT COUNT(*) FROM session"), 0);
}

static void an_account_that_is_not_there_is_not_changed(void **state)
{
	static const unsigned char nobody[ID_BYTES] = { 1, 2, 3 };
	struct world *w = *state;
	struct account got;
	unsigned char id[ID_BYTES];
	struct err e = account_set_state(w->idp, nobody, false, STR("x"), STR("test"), w->now_s);

	assert_string_equal(e.slug, "account.unknown");
	e = account_load(w->idp->store, w->a, nobody, &got);
	assert_string_equal(e.slug, "account.unknown");
	e = account_add(w->idp, &(struct account_new){ .email = STR("x@exemple.fr"), .given_name = STR(""), .family_name = STR("B") }, STR("test"), w->now_s, id);
	assert_string_equal(e.slug, "account.name");
	e = account_add(w->idp, &(struct account_new){ .email = STR("x@exemple.fr"), .given_name = STR("A\n"), .family_name = STR("B") }, STR("test"), w->now_s, id);
	assert_string_equal(e.slug, "account.name");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, agents_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		T(a_factor_of_no_kind_is_refused),
		T(a_key_s_answer_is_bounded_before_it_is_read),
		T(what_was_not_sealed_here_enrols_nothing),
		T(a_confirmation_from_elsewhere_is_refused),
		T(an_agent_who_is_disabled_between_two_factors_is_not_let_in),
		T(the_twenty_first_factor_is_one_too_many),
		T(nobody_s_address_with_somebody_s_password_opens_nothing),
		T(an_account_that_is_not_there_is_not_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
