/* test_idp_passkey.c - keys of agents through the engine's routes (rows L22 to L26 and L29 of the attack
 * catalogue): what is no answer to this very question opens nothing. */
#include "tests/unit/idp_holder.h"

static void a_key_is_enrolled_and_signs_in(void **state)
{
	struct holder h = holder_of(state, "alice");

	for (int alg = 0; alg < PASSKEY_ALG_COUNT; alg++) {
		struct agent g;

		enrol_key(&h, (enum passkey_alg)alg, "TEST-ONLY-credential");
		forget(&h);
		assert_int_equal(send_key(&h, to_factor(&h), &(struct change){ 0 })->status, 303);
		assert_true(agent_is_in(h.w, &h.b));
		assert_int_equal(count_rows(h.w, "SELECT COUNT(*) FROM session WHERE amr = 'pwd hwk' AND acr = 'f2'"), 2);
		soft_done(&h.key);
		g = agent_of(h.w, "alice");
		assert_false(failed(factor_reset(h.w->idp, g.account, STR("carla"), h.w->now_s)));
		assert_false(agent_is_in(h.w, &h.b));
		forget(&h);
	}
}

/* L22, L24, L26: each is a good answer plus one change; all get one and the same sentence. */
static void an_answer_to_another_question_is_refused(void **state)
{
	struct holder h = holder_of(state, "alice");
	const struct { const char *what, *slug; struct change c; } cases[] = {
		{ "a registration", "passkey.type", { .type = "webauthn.create" } },
		{ "another challenge", "passkey.challenge", { .challenge = STR("BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB") } },
		{ "nought as challenge", "passkey.challenge", { .challenge = STR("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA") } },
		{ "another site", "passkey.origin", { .origin = "https://compte.ville.test.ailleurs.test" } },
		{ "another port", "passkey.origin", { .origin = "https://compte.ville.test:444" } },
		{ "in the clear", "passkey.origin", { .origin = "http://compte.ville.test" } },
		{ "another rpId", "passkey.rp", { .rp = "ville.test" } },
		{ "nobody recognised", "passkey.flags", { .flags = SOFT_UP } },
		{ "nobody there", "passkey.flags", { .flags = SOFT_UV } },
		{ "an unknown key", "passkey.unknown", { .id = STR("nobody's") } },
		{ "another owner", "passkey.user", { .user = STR("AAAA") } },
		{ "a made-up question", "passkey.form", { .defi = STR("AAAA") } },
	};

	enrol_key(&h, PASSKEY_ES256, "TEST-ONLY-credential");
	forget(&h);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct http_resp *r = send_key(&h, to_factor(&h), &cases[i].c);

		if (r->status != 422 || !body_has(r, "Cette clé n’a pas pu être vérifiée"))
			fail_msg("%s: %d", cases[i].what, r->status);
		if (count_audit(h.w, "factor.refuse", cases[i].slug) < 1)
			fail_msg("%s: no %s in the audit", cases[i].what, cases[i].slug);
		assert_false(agent_is_in(h.w, &h.b));
	}
	/* None of it slowed the owner down. */
	assert_int_equal(send_key(&h, to_factor(&h), &(struct change){ 0 })->status, 303);
	soft_done(&h.key);
}

/* L22 */
static void a_challenge_holds_once_for_five_minutes_in_its_tab_and_for_its_act(void **state)
{
	struct holder h = holder_of(state, "alice");
	struct http_resp *page, *other, *r;
	struct str fields;

	enrol_key(&h, PASSKEY_ES256, "TEST-ONLY-credential");
	forget(&h);
	page = to_factor(&h);
	fields = key_fields(&h, page, &(struct change){ 0 });
	assert_int_equal(send_form(&h, "/connexion/agent/facteur", page, fields)->status, 303);
	r = send_form(&h, "/connexion/agent/facteur", page, fields);
	assert_int_equal(r->status, 422);
	assert_int_equal(count_audit(h.w, "factor.refuse", "factor.used"), 1);
	/* The sign-in's question does not confirm anything. */
	struct holder signed_in = h;
	forget(&h);
	page = to_factor(&h);
	other = world_get(h.w, &signed_in.b, "/connexion/agent/confirmer?retour=%2Fagent");
	assert_int_equal(send_form(&signed_in, "/connexion/agent/confirmer", other, key_fields(&h, page, &(struct change){ 0 }))->status, 422);
	/* Another tab's, then too late. */
	struct holder second = h;
	forget(&second);
	other = to_factor(&second);
	assert_int_equal(send_form(&second, "/connexion/agent/facteur", other, key_fields(&h, page, &(struct change){ 0 }))->status, 422);
	assert_int_equal(count_audit(h.w, "factor.refuse", "passkey.bound"), 2);
	h.w->now_s += 300;
	r = send_key(&h, page, &(struct change){ 0 });
	assert_int_equal(r->status, 422);
	assert_int_equal(count_audit(h.w, "factor.refuse", "passkey.expired"), 1);
	soft_done(&h.key);
}

/* L25 */
static void a_counter_that_does_not_go_up_is_refused_and_told(void **state)
{
	struct holder h = holder_of(state, "alice");
	struct http_resp *r;

	enrol_key(&h, PASSKEY_ES256, "TEST-ONLY-credential");
	forget(&h);
	assert_int_equal(send_key(&h, to_factor(&h), &(struct change){ 0 })->status, 303);      /* nought and nought */
	h.key.count = 5;
	forget(&h);
	assert_int_equal(send_key(&h, to_factor(&h), &(struct change){ 0 })->status, 303);
	forget(&h);
	for (uint32_t count = 0; count <= 5; count++) {
		h.key.count = count;
		r = send_key(&h, to_factor(&h), &(struct change){ 0 });
		assert_int_equal(r->status, 422);
		assert_true(body_has(r, "peut-être été copiée"));
	}
	assert_int_equal(count_audit(h.w, "factor.clone", "factor.clone"), 6);
	assert_false(agent_is_in(h.w, &h.b));
	assert_int_equal(count_rows(h.w, "SELECT sign_count FROM factor"), 5);
	h.key.count = 6;
	forget(&h);
	assert_int_equal(send_key(&h, to_factor(&h), &(struct change){ 0 })->status, 303);
	soft_done(&h.key);
}

/* L26 */
static void a_key_is_of_one_agent(void **state)
{
	struct holder h = holder_of(state, "alice"), other = holder_of(state, "bruno");
	struct http_resp *r;

	enrol_key(&h, PASSKEY_ES256, "TEST-ONLY-credential");
	other.key = h.key;
	r = make_key(&other, "/connexion/agent/inscription", click(&other, to_choice(&other), "choisir-cle"), "");
	assert_int_equal(r->status, 422);
	assert_int_equal(count_audit(h.w, "factor.refuse", "factor.credential"), 1);
	assert_int_equal(count_rows(h.w, "SELECT COUNT(*) FROM factor"), 1);
	forget(&other);
	enrol(&other);
	forget(&other);
	r = send_key(&other, to_factor(&other), &(struct change){ 0 });
	assert_true(r->status == 422 && body_has(r, "Cette clé n’a pas pu être vérifiée"));
	soft_done(&h.key);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, agents_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_key_is_enrolled_and_signs_in),
		TEST(an_answer_to_another_question_is_refused),
		TEST(a_challenge_holds_once_for_five_minutes_in_its_tab_and_for_its_act),
		TEST(a_counter_that_does_not_go_up_is_refused_and_told),
		TEST(a_key_is_of_one_agent),
	};

	return world_run_both(tests, sizeof tests / sizeof *tests);
}
