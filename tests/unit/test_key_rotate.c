/* test_key_rotate.c - a change of keys: the file that holds them, the decision of each step, and what the signer
 * publishes at each (security catalogue I37).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "roles/signer/key_make.h"
#include "roles/signer/signer.h"
#include "roles/supervisor/rotate_rules.h"
#include "base/arena.h"

#define NOON 1800000000
#define A STR("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
#define B STR("-----BEGIN PRIVATE KEY-----\nBBBB\n-----END PRIVATE KEY-----\n")

static int64_t noon(void)
{
	return NOON;
}

/* ---- the file ---- */

static void a_file_is_read_as_it_was_written(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	const struct key_entry v[] = { { SIGN_KEY_CURRENT, NOON, A }, { SIGN_KEY_PREVIOUS, NOON + 1, B } };
	struct key_entry back[KEY_FILE_MAX];
	struct buf b;
	size_t n = 0;

	buf_init(&b, 4096);
	key_file_write(&b, a, v, 2);
	assert_true(str_starts(buf_str(&b), STR("# current since 1800000000 (2027-01-15T08:00:00Z)\n-----BEGIN")));
	assert_false(failed(key_file_parse(buf_str(&b), back, &n)));
	assert_int_equal(n, 2);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(back[i].state, v[i].state);
		assert_int_equal(back[i].since_s, v[i].since_s);
		assert_true(str_eq(back[i].pem, v[i].pem));
	}
	buf_done(&b);
}

static void whatever_is_written_over_it_the_first_key_signs_and_no_other(void **state)
{
	static const struct { const char *text; const char *slug; size_t n; enum sign_key_state second; int64_t since; } cases[] = {
		{ "", "signer.key.pem", 0, 0, 0 },
		{ "hello\n", "signer.key.pem", 0, 0, 0 },
		{ "-----BEGIN PRIVATE KEY-----\nAAAA\n", "signer.key.pem", 0, 0, 0 },
		{ "-----END PRIVATE KEY-----\n", "signer.key.pem", 0, 0, 0 },
		{ "@", NULL, 1, 0, 0 },
		{ "# next since 5 (x)\n@", NULL, 1, 0, 0 },
		{ "@@", NULL, 2, SIGN_KEY_NEXT, 0 },
		{ "@# current since 7\n@", NULL, 2, SIGN_KEY_NEXT, 7 },
		{ "@# previous since 7 (1970)\n@", NULL, 2, SIGN_KEY_PREVIOUS, 7 },
		{ "@# previous since soon\n@", NULL, 2, SIGN_KEY_NEXT, 0 },
		{ "@# previous since -7\n@", NULL, 2, SIGN_KEY_NEXT, 0 },
		{ "@#previous since 7\n@", NULL, 2, SIGN_KEY_NEXT, 0 },
		{ "@# elsewhere since 7\n@", NULL, 2, SIGN_KEY_NEXT, 0 },
		{ "@@@@", "signer.key.many", 0, 0, 0 },
	};
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str rest = str_from_c(cases[i].text), part, text = STR_NONE;
		struct key_entry v[KEY_FILE_MAX];
		size_t n = 0;
		struct err e;

		/* @ stands for a key */
		while (str_index(rest, '@') < rest.n) {
			(void)str_split(&rest, '@', &part);
			text = arena_concat(a, (struct str[]){ text, part, A }, 3);
		}
		text = arena_concat(a, (struct str[]){ text, rest }, 2);
		e = key_file_parse(text, v, &n);
		if (failed(e) != (cases[i].slug != NULL) || (failed(e) && strcmp(e.slug, cases[i].slug) != 0))
			fail_msg("%zu: %s", i, failed(e) ? e.slug : "accepted");
		if (failed(e))
			continue;
		assert_int_equal(n, cases[i].n);
		assert_int_equal(v[0].state, SIGN_KEY_CURRENT);
		if (n > 1 && (v[1].state != cases[i].second || v[1].since_s != cases[i].since))
			fail_msg("%zu: %s since %lld", i, key_state_name(v[1].state), (long long)v[1].since_s);
	}
}

/* ---- the steps ---- */

static void each_step_waits_for_the_one_before(void **state)
{
	static const struct { const char *name; size_t n; enum sign_key_state other; int64_t age_s; bool lacks, at_once; enum rotate_step step; } cases[] = {
		{ "one key", 1, 0, 0, false, false, ROTATE_PUBLISH },
		{ "one key, at once", 1, 0, 0, false, true, ROTATE_PUBLISH },
		{ "just published", 2, SIGN_KEY_NEXT, 0, false, false, ROTATE_TOO_EARLY },
		{ "a second too early", 2, SIGN_KEY_NEXT, ROTATE_WAIT_S - 1, false, false, ROTATE_TOO_EARLY },
		{ "long enough", 2, SIGN_KEY_NEXT, ROTATE_WAIT_S, false, false, ROTATE_ACTIVATE },
		{ "at once", 2, SIGN_KEY_NEXT, 0, false, true, ROTATE_ACTIVATE },
		{ "no certificate", 2, SIGN_KEY_NEXT, ROTATE_WAIT_S, true, false, ROTATE_CERTIFY },
		{ "no certificate, not even at once", 2, SIGN_KEY_NEXT, 0, true, true, ROTATE_CERTIFY },
		{ "just changed over", 2, SIGN_KEY_PREVIOUS, 0, false, false, ROTATE_TOO_EARLY },
		{ "what it signed is over", 2, SIGN_KEY_PREVIOUS, ROTATE_WAIT_S, false, false, ROTATE_RETIRE },
		{ "the old one's certificate is gone already", 2, SIGN_KEY_PREVIOUS, ROTATE_WAIT_S, true, false, ROTATE_RETIRE },
		{ "leaked", 2, SIGN_KEY_PREVIOUS, 0, false, true, ROTATE_RETIRE },
		{ "a clock that went back", 2, SIGN_KEY_NEXT, -3600, false, false, ROTATE_TOO_EARLY },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct key_entry v[] = { { SIGN_KEY_CURRENT, 0, A }, { cases[i].other, NOON - cases[i].age_s, B } };
		struct rotate_facts f = { v, cases[i].n, cases[i].lacks, cases[i].at_once, NOON };
		struct rotate_verdict d = rotate_decide(&f);

		if (d.step != cases[i].step)
			fail_msg("%s: %d", cases[i].name, (int)d.step);
		if (d.step == ROTATE_TOO_EARLY)
			assert_int_equal(d.again_s, NOON - cases[i].age_s + ROTATE_WAIT_S);
	}
}

static void three_steps_lead_from_one_key_to_another(void **state)
{
	struct key_entry v[KEY_FILE_MAX + 1] = { { SIGN_KEY_CURRENT, 0, A } };
	static const struct { enum rotate_step step; struct str first, second; enum sign_key_state state; } expected[] = {
		{ ROTATE_PUBLISH, STR_INIT("A"), STR_INIT("B"), SIGN_KEY_NEXT }, { ROTATE_ACTIVATE, STR_INIT("B"), STR_INIT("A"), SIGN_KEY_PREVIOUS },
		{ ROTATE_RETIRE, STR_INIT("B"), { NULL, 0 }, 0 },
	};
	size_t n = 1;

	for (size_t i = 0; i < 3; i++) {
		int64_t now_s = NOON + (int64_t)i * ROTATE_WAIT_S;
		struct key_entry was[KEY_FILE_MAX + 1];
		struct rotate_facts f = { was, n, false, false, now_s };
		struct rotate_verdict d;

		memcpy(was, v, sizeof was);
		d = rotate_decide(&f);
		assert_int_equal(d.step, expected[i].step);
		rotate_apply(&f, &d, B, v, &n);
		assert_int_equal(n, expected[i].second.n ? 2 : 1);
		assert_int_equal(v[0].state, SIGN_KEY_CURRENT);
		assert_true(v[0].pem.p[28] == expected[i].first.p[0]);
		if (n == 2) {
			assert_int_equal(v[1].state, expected[i].state);
			assert_int_equal(v[1].since_s, now_s);
			assert_true(v[1].pem.p[28] == expected[i].second.p[0]);
		}
	}
}

/* ---- what the signer makes of it ---- */

static struct str file_of(struct arena *a, const struct key_entry *v, size_t n)
{
	struct buf b;
	struct str out;

	buf_init(&b, 32768);
	key_file_write(&b, a, v, n);
	out = arena_dup(a, buf_str(&b));
	buf_done(&b);
	return out;
}

static struct sign_keys *keys_of(struct signer *s, struct arena *a)
{
	struct frame f = { .type = SIGN_KEYS };
	frame_io_fn *fn = NULL;
	void *reply = NULL;

	assert_false(failed(signer_serve(s, a, &f, &fn, &reply)));
	return reply;
}

static struct signer *signer_with(struct arena *a, struct str keys, struct str certificates, const char *slug)
{
	struct signer *s = NULL;
	struct err e;

	assert_false(failed(signer_create(STR("https://i.test"), STR("TEST-ONLY-pseudonym-secret-of-32-bytes"), noon, &s)));
	e = signer_key_file_add(s, SIGN_RS256, keys);
	if (!failed(e))
		e = signer_saml_add(s, SIGN_ROLE_IDP, STR("https://i.test/saml/metadata"), STR_NONE, certificates);
	if (failed(e) != (slug != NULL) || (slug && strcmp(e.slug, slug) != 0))
		fail_msg("%s", failed(e) ? e.slug : "accepted");
	return s;
}

static void certificates_have_the_state_of_their_keys_and_the_signing_ones_comes_first(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(4 << 20);
	struct str key[2] = { STR_NONE, STR_NONE }, certificate[2] = { STR_NONE, STR_NONE }, kid[2] = { STR_NONE, STR_NONE }, both, of;
	struct key_entry v[2];
	struct sign_keys *k;
	struct signer *s;

	for (int i = 0; i < 2; i++) {
		assert_false(failed(key_make(a, SIGN_RS256, &key[i])));
		assert_false(failed(key_make_certificate(a, key[i], "i.test", NOON, 3650, &certificate[i])));
		assert_false(failed(key_kid(a, SIGN_RS256, key[i], &kid[i])));
		assert_false(failed(key_certificate_kid(a, certificate[i], &of)));
		assert_true(str_eq(of, kid[i]));
	}
	both = arena_concat(a, certificate, 2);
	for (int step = 0; step < 2; step++) {
		/* the certificates' file is not touched when the keys change places */
		v[0] = (struct key_entry){ SIGN_KEY_CURRENT, NOON, key[step] };
		v[1] = (struct key_entry){ step ? SIGN_KEY_PREVIOUS : SIGN_KEY_NEXT, NOON - 5, key[1 - step] };
		s = signer_with(a, file_of(a, v, 2), both, NULL);
		k = keys_of(s, a);
		assert_int_equal(k->n, 2);
		assert_int_equal(k->certificate_n, 2);
		assert_true(str_eq(k->certificates[0].kid, kid[step]) && k->certificates[0].state == SIGN_KEY_CURRENT);
		assert_true(str_eq(k->certificates[1].kid, kid[1 - step]) && k->certificates[1].state == v[1].state);
		assert_int_equal(k->certificates[1].since_s, NOON - 5);
		assert_int_equal(k->certificates[0].ends_s, NOON + 3650LL * 86400);
		assert_int_equal(k->certificates[0].sha256.n, 64);
		signer_destroy(s);
	}
	/* a certificate of the other key alone does not do */
	signer_destroy(signer_with(a, file_of(a, v, 2), certificate[0], "signer.saml.pair"));
	signer_destroy(signer_with(a, key[0], certificate[1], "signer.saml.pair"));
	signer_destroy(signer_with(a, arena_concat(a, (struct str[]){ key[0], key[0], key[1], key[1] }, 4), both, "signer.key.many"));
	signer_destroy(signer_with(a, arena_concat(a, (struct str[]){ key[0], A }, 2), both, "signer.key.pem"));
}

static void a_key_that_was_made_is_one_that_signs(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct str first = STR_NONE, second = STR_NONE, kid[2] = { STR_NONE, STR_NONE };
	struct signer *s = NULL;

	assert_false(failed(key_make(a, SIGN_ES256, &first)));
	assert_false(failed(key_make(a, SIGN_ES256, &second)));
	assert_false(failed(key_kid(a, SIGN_ES256, first, &kid[0])));
	assert_false(failed(key_kid(a, SIGN_ES256, second, &kid[1])));
	assert_false(str_eq(kid[0], kid[1]));
	assert_true(failed(key_kid(a, SIGN_RS256, first, &kid[0])));
	assert_false(failed(signer_create(STR("https://i.test"), STR_NONE, noon, &s)));
	assert_false(failed(signer_key_file_add(s, SIGN_ES256, arena_concat(a, (struct str[]){ first, second }, 2))));
	assert_int_equal(keys_of(s, a)->n, 2);
	assert_int_equal(keys_of(s, a)->v[1].state, SIGN_KEY_NEXT);
	signer_destroy(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_read_as_it_was_written),
		cmocka_unit_test(whatever_is_written_over_it_the_first_key_signs_and_no_other),
		cmocka_unit_test(each_step_waits_for_the_one_before),
		cmocka_unit_test(three_steps_lead_from_one_key_to_another),
		cmocka_unit_test(certificates_have_the_state_of_their_keys_and_the_signing_ones_comes_first),
		cmocka_unit_test(a_key_that_was_made_is_one_that_signs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
