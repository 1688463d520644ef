/* test_reader_passkey.c - what the reader believes of a passkey: nothing that this key did not sign, for this
 * site, with somebody there (rows L22 to L28 of the attack catalogue). Each refusal is a good answer plus one
 * change. */
#include "tests/unit/passkey_soft.h"
#include "base/clock.h"
#include "base/seal.h"
#include "roles/reader/cbor_check.h"
#include "roles/reader/passkey.h"
#include "roles/reader/passkey_key.h"
#include "roles/reader/reader.h"
#include "roles/boot/boot.h"
#include <openssl/core_names.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sys/wait.h>
#include <unistd.h>

#define RP "compte.ville.test"
#define ORIGIN "https://compte.ville.test"
#define CHALLENGE STR("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")

static struct arena *a;
static struct soft_passkey keys[PASSKEY_ALG_COUNT];

static struct str raw_key(const struct soft_passkey *k)
{
	enum passkey_alg alg;
	struct str key;
	struct err e = passkey_key_read(a, soft_cose(a, k), &alg, &key);

	assert_false(failed(e));
	assert_int_equal(alg, k->alg);
	return key;
}

static struct passkey_new good_new(const struct soft_passkey *k)
{
	struct str attested = soft_attested(a, k->id, soft_cose(a, k));

	return (struct passkey_new){ STR(RP), soft_client(a, "webauthn.create", CHALLENGE, ORIGIN),
		soft_attestation(a, "none", STR("\xa0"), soft_data(a, RP, SOFT_UP | SOFT_UV | SOFT_AT, 0, attested)) };
}

static struct passkey_proof good_proof(const struct soft_passkey *k)
{
	struct passkey_proof q = { .rp_id = STR(RP), .client_data = soft_client(a, "webauthn.get", CHALLENGE, ORIGIN),
		.auth_data = soft_data(a, RP, SOFT_UP | SOFT_UV, 7, STR_NONE), .key = raw_key(k), .alg = k->alg };

	q.signature = soft_sign(a, k, q.auth_data, q.client_data);
	return q;
}

static void refused(const char *what, struct err e, const char *slug)
{
	if (!failed(e) || !str_eq_c(str_from_c(e.slug), slug))
		fail_msg("%s: %s instead of %s", what, failed(e) ? e.slug : "accepted", slug);
}

static void new_refused(const char *what, const struct passkey_new *q, const char *slug)
{
	struct passkey_made made;

	refused(what, passkey_read_new(a, q, &made), slug);
}

static void proof_refused(const char *what, const struct passkey_proof *q, const char *slug)
{
	struct passkey_held held;

	refused(what, passkey_read_proof(a, q, &held), slug);
}

static void every_algorithm_makes_a_key_and_proves_with_it(void **state)
{
	(void)state;
	for (int i = 0; i < PASSKEY_ALG_COUNT; i++) {
		struct passkey_new q = good_new(&keys[i]);
		struct passkey_proof p = good_proof(&keys[i]);
		struct passkey_made made;
		struct passkey_held held;

		assert_false(failed(passkey_read_new(a, &q, &made)));
		assert_int_equal(made.alg, i);
		assert_true(str_eq(made.credential, keys[i].id));
		assert_true(str_eq(made.key, p.key));
		assert_true(str_eq_c(made.claims.type, "webauthn.create") && str_eq_c(made.claims.origin, ORIGIN));
		assert_true(str_eq(made.claims.challenge, CHALLENGE) && !made.claims.cross_origin);
		assert_false(failed(passkey_read_proof(a, &p, &held)));
		assert_int_equal(held.count, 7);
		assert_true(str_eq_c(held.claims.type, "webauthn.get"));
	}
}

/* L28: whatever a statement says, and whether or not it holds, it is not looked at. */
static void a_statement_of_the_maker_is_ignored(void **state)
{
	static const struct { const char *fmt, *statement; size_t n; } statements[] = {
		{ "packed", "\xa2\x63" "alg\x26\x63sig\x43" "abc", 14 }, { "fido-u2f", "\xa1\x63sig\x43" "abc", 9 }, { "apple", "\xa0", 1 } };
	struct str attested = soft_attested(a, keys[0].id, soft_cose(a, &keys[0]));
	struct passkey_new q = good_new(&keys[0]);
	struct passkey_made made;

	(void)state;
	for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
		q.attestation = soft_attestation(a, statements[i].fmt, (struct str){ statements[i].statement, statements[i].n },
			soft_data(a, RP, SOFT_UP | SOFT_UV | SOFT_AT, 0, attested));
		assert_false(failed(passkey_read_new(a, &q, &made)));
	}
}

/* L24 */
static void another_site_and_nobody_there_are_refused(void **state)
{
	static const struct { const char *what, *rp; unsigned flags; const char *slug; } cases[] = {
		{ "another site", "ville.test", SOFT_UP | SOFT_UV, "passkey.rp" },
		{ "nobody touched it", RP, SOFT_UV, "passkey.flags" },
		{ "nobody was recognised", RP, SOFT_UP, "passkey.flags" },
		{ "neither", RP, 0, "passkey.flags" },
	};
	struct str attested = soft_attested(a, keys[0].id, soft_cose(a, &keys[0]));

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct passkey_new q = good_new(&keys[0]);
		struct passkey_proof p = good_proof(&keys[0]);

		q.attestation = soft_attestation(a, "none", STR("\xa0"), soft_data(a, cases[i].rp, cases[i].flags | SOFT_AT, 0, attested));
		new_refused(cases[i].what, &q, cases[i].slug);
		p.auth_data = soft_data(a, cases[i].rp, cases[i].flags, 7, STR_NONE);
		p.signature = soft_sign(a, &keys[0], p.auth_data, p.client_data);
		proof_refused(cases[i].what, &p, cases[i].slug);
	}
}

static void a_signature_is_of_these_bytes_by_this_key(void **state)
{
	(void)state;
	for (int i = 0; i < PASSKEY_ALG_COUNT; i++) {
		struct passkey_proof p = good_proof(&keys[i]);
		struct soft_passkey other = soft_create(a, (enum passkey_alg)i, "other");

		p.client_data = soft_client(a, "webauthn.get", CHALLENGE, "https://ailleurs.test");
		proof_refused("other client data", &p, "passkey.signature");
		p = good_proof(&keys[i]);
		p.auth_data = soft_data(a, RP, SOFT_UP | SOFT_UV, 8, STR_NONE);
		proof_refused("another count", &p, "passkey.signature");
		p = good_proof(&keys[i]);
		p.key = raw_key(&other);
		proof_refused("another key", &p, "passkey.signature");
		p = good_proof(&keys[i]);
		p.signature = str_slice(p.signature, 0, p.signature.n - 1);
		proof_refused("a cut signature", &p, "passkey.signature");
		p = good_proof(&keys[i]);
		p.alg = (enum passkey_alg)((i + 1) % PASSKEY_ALG_COUNT);
		proof_refused("another algorithm", &p, "passkey.key");
		soft_done(&other);
	}
}

static void client_data_is_one_strict_object(void **state)
{
	static const struct { const char *what, *text; } cases[] = {
		{ "no JSON", "type" }, { "a list", "[]" }, { "no type", "{\"challenge\":\"AA\",\"origin\":\"o\"}" },
		{ "no challenge", "{\"type\":\"webauthn.get\",\"origin\":\"o\"}" }, { "no origin", "{\"type\":\"webauthn.get\",\"challenge\":\"AA\"}" },
		{ "a name twice", "{\"type\":\"a\",\"type\":\"webauthn.get\",\"challenge\":\"AA\",\"origin\":\"o\"}" },
		{ "type is no text", "{\"type\":1,\"challenge\":\"AA\",\"origin\":\"o\"}" },
		{ "crossOrigin is text", "{\"type\":\"webauthn.get\",\"challenge\":\"AA\",\"origin\":\"o\",\"crossOrigin\":\"false\"}" },
		{ "too deep", "{\"type\":\"t\",\"challenge\":\"A\",\"origin\":\"o\",\"x\":[[[[1]]]]}" },
		{ "something after it", "{\"type\":\"t\",\"challenge\":\"A\",\"origin\":\"o\"}x" },
	};
	struct passkey_proof p = good_proof(&keys[0]);
	char *long_text = arena_alloc(a, PASSKEY_CLIENT_MAX + 2);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		p.client_data = str_from_c(cases[i].text);
		proof_refused(cases[i].what, &p, "passkey.client");
	}
	memset(long_text, ' ', PASSKEY_CLIENT_MAX + 1);
	p.client_data = str_from_c(long_text);
	proof_refused("too long", &p, "passkey.size");
}

/* ---- L27: keys ---- */

static struct str cose_of(const char *head, size_t head_n, struct str x, struct str y)
{
	return arena_concat(a, (struct str[]){ { head, head_n }, soft_cbor_bytes(a, x), STR("\x22"), soft_cbor_bytes(a, y) }, 4);
}

static void a_key_off_its_curve_or_of_another_kind_is_refused(void **state)
{
	struct str raw = raw_key(&keys[PASSKEY_ES256]), x = str_slice(raw, 0, 32), y = str_slice(raw, 32, 64), zero = { arena_alloc(a, 32), 32 };
	char *bad = arena_alloc(a, 32);
	enum passkey_alg alg;
	struct str key;

	(void)state;
	memcpy(bad, y.p, 32);
	bad[31] ^= 1;
	refused("off the curve", passkey_key_read(a, cose_of("\xa5\x01\x02\x03\x26\x20\x01\x21", 8, x, (struct str){ bad, 32 }), &alg, &key), "passkey.key");
	refused("nought", passkey_key_read(a, cose_of("\xa5\x01\x02\x03\x26\x20\x01\x21", 8, zero, zero), &alg, &key), "passkey.key");
	refused("another curve", passkey_key_read(a, cose_of("\xa5\x01\x02\x03\x26\x20\x02\x21", 8, x, y), &alg, &key), "passkey.key");
	refused("another kind", passkey_key_read(a, cose_of("\xa5\x01\x03\x03\x26\x20\x01\x21", 8, x, y), &alg, &key), "passkey.key");
	refused("ES384", passkey_key_read(a, cose_of("\xa5\x01\x02\x03\x38\x22\x20\x01\x21", 9, x, y), &alg, &key), "passkey.alg");
	refused("HMAC", passkey_key_read(a, cose_of("\xa5\x01\x02\x03\x05\x20\x01\x21", 8, x, y), &alg, &key), "passkey.alg");
	refused("31 bytes", passkey_key_read(a, cose_of("\xa5\x01\x02\x03\x26\x20\x01\x21", 8, str_slice(x, 0, 31), y), &alg, &key), "passkey.key");
	refused("no map", passkey_key_read(a, STR("\x80"), &alg, &key), "passkey.cbor");
}

static void an_rsa_key_of_512_bits_or_with_an_even_exponent_is_refused(void **state)
{
	struct str raw = raw_key(&keys[PASSKEY_RS256]), n = str_slice(raw, 0, 256);
	char *modulus = arena_alloc(a, 256);
	enum passkey_alg alg;
	struct str key;

	(void)state;
	refused("512 bits", passkey_key_read(a, arena_concat(a, (struct str[]){ STR("\xa4\x01\x03\x03\x39\x01\x00\x20"), soft_cbor_bytes(a, str_slice(n, 0, 64)),
		STR("\x21\x43\x01\x00\x01") }, 3), &alg, &key), "passkey.key");
	memcpy(modulus, n.p, 256);
	modulus[0] = 0;
	refused("a short modulus", passkey_key_check(a, PASSKEY_RS256, arena_concat(a, (struct str[]){ { modulus, 256 }, STR("\x01\x00\x01") }, 2)), "passkey.key");
	refused("an even exponent", passkey_key_check(a, PASSKEY_RS256, arena_concat(a, (struct str[]){ n, STR("\x01\x00\x02") }, 2)), "passkey.key");
	refused("exponent 1", passkey_key_check(a, PASSKEY_RS256, arena_concat(a, (struct str[]){ n, STR("\x00\x00\x01") }, 2)), "passkey.key");
}

static void an_ed25519_point_of_small_order_is_refused(void **state)
{
	/* 0, 1, p-1, p, p+1 and a point of order eight, with either sign. */
	static const char *const points[] = {
		"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		"\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		"\xec\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
		"\xed\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
		"\xee\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
		"\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0\xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05",
		"\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f\x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a" };

	(void)state;
	for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
		char *p = arena_alloc(a, 32);

		memcpy(p, points[i], 32);
		refused("small order", passkey_key_check(a, PASSKEY_EDDSA, (struct str){ p, 32 }), "passkey.key");
		p[31] = (char)(p[31] | 0x80);
		refused("small order, other sign", passkey_key_check(a, PASSKEY_EDDSA, (struct str){ p, 32 }), "passkey.key");
	}
}

/* ---- L27: CBOR ---- */

static void only_canonical_cbor_of_bounded_depth_is_read(void **state)
{
	static const struct { const char *what, *bytes; size_t n; bool good; } cases[] = {
		{ "an empty map", "\xa0", 1, true }, { "four levels", "\x81\x81\x81\x80", 4, true }, { "true", "\xf5", 1, true },
		{ "a map", "\xa2\x01\x02\x61" "a\x43xyz", 9, true },
		{ "nothing", "", 0, false }, { "five levels", "\x81\x81\x81\x81\x80", 5, false },
		{ "a length that comes later", "\x5f\x41x\xff", 4, false }, { "a map without end", "\xbf\xff", 2, false },
		{ "a list without end", "\x9f\xff", 2, false }, { "a key twice", "\xa2\x01\x02\x01\x03", 5, false },
		{ "a text key twice", "\xa2\x61" "a\x02\x61" "a\x03", 7, false }, { "a long number", "\x18\x17", 2, false },
		{ "a longer one", "\x19\x00\xff", 3, false }, { "a tag", "\xc0\x61" "a", 3, false }, { "a float", "\xf9\x3c\x00", 3, false },
		{ "undefined", "\xf7", 1, false }, { "a reserved length", "\x1c", 1, false }, { "cut text", "\x63" "ab", 3, false },
		{ "no UTF-8", "\x62\xc3\x28", 3, false }, { "a huge length", "\x5b\xff\xff\xff\xff\xff\xff\xff\xff" "a", 10, false },
		{ "a huge list", "\x9a\xff\xff\xff\xff", 5, false }, { "65 items", "\x98\x41", 2, false }, { "a map without its value", "\xa1\x01", 2, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str item, rest;
		struct err e = cbor_check((struct str){ cases[i].bytes, cases[i].n }, &item, &rest);

		if (failed(e) == cases[i].good || (failed(e) && !str_eq_c(str_from_c(e.slug), "passkey.cbor")))
			fail_msg("%s: %s", cases[i].what, failed(e) ? e.slug : "accepted");
	}
}

static void a_value_is_found_behind_its_own_key(void **state)
{
	struct str map = STR("\xa4\x61" "a\x01\x20\x42xy\x01\x26\x63" "fmt\x60"), bytes;
	int64_t n = 0;

	(void)state;
	assert_false(failed(cbor_int(cbor_find_text(map, STR("a")), &n)));
	assert_int_equal(n, 1);
	assert_false(failed(cbor_int(cbor_find_int(map, 1), &n)));
	assert_int_equal(n, -7);
	assert_false(failed(cbor_bytes(cbor_find_int(map, -1), &bytes)));
	assert_true(str_eq_c(bytes, "xy"));
	assert_int_equal(cbor_find_int(map, 2).n, 0);
	assert_int_equal(cbor_find_text(map, STR("f")).n, 0);
	assert_true(failed(cbor_bytes(cbor_find_text(map, STR("a")), &bytes)));
	assert_true(failed(cbor_int(cbor_find_int(map, -1), &n)));
}

static void a_malformed_attestation_is_refused_at_once(void **state)
{
	struct str cose = soft_cose(a, &keys[0]), id = keys[0].id, data;
	char *huge = arena_alloc(a, 1 << 20);
	struct passkey_new q = good_new(&keys[0]);

	(void)state;
	memset(huge, 0x81, 1 << 20);
	int64_t from_us = clock_mono_us();
	q.attestation = (struct str){ huge, 1 << 20 };
	new_refused("a mebibyte", &q, "passkey.size");
	q.attestation = (struct str){ huge, PASSKEY_ATTESTATION_MAX };
	new_refused("a depth bomb", &q, "passkey.cbor");
	from_us = clock_mono_us() - from_us;
#ifndef GUICHET_SANITIZE
	assert_true(from_us < 5000);
#endif
	q.attestation = arena_concat(a, (struct str[]){ good_new(&keys[0]).attestation, STR("\x00") }, 2);
	new_refused("something after it", &q, "passkey.cbor");
	q.attestation = STR("\xa1\x63" "fmt\x64none");
	new_refused("no authData", &q, "passkey.cbor");
	data = soft_data(a, RP, SOFT_UP | SOFT_UV, 0, soft_attested(a, id, cose));
	q.attestation = soft_attestation(a, "none", STR("\xa0"), data);
	new_refused("no attested data said", &q, "passkey.data");
	data = soft_data(a, RP, SOFT_UP | SOFT_UV | SOFT_AT, 0, arena_concat(a, (struct str[]){ soft_attested(a, id, cose), STR("\xa0") }, 2));
	q.attestation = soft_attestation(a, "none", STR("\xa0"), data);
	new_refused("something after the key", &q, "passkey.data");
	data = soft_data(a, RP, SOFT_UP | SOFT_UV | SOFT_AT, 0, soft_attested(a, STR_NONE, cose));
	q.attestation = soft_attestation(a, "none", STR("\xa0"), data);
	new_refused("no id", &q, "passkey.data");
	data = soft_data(a, RP, SOFT_UP | SOFT_UV | SOFT_AT, 0, str_slice(soft_attested(a, id, cose), 0, 17));
	q.attestation = soft_attestation(a, "none", STR("\xa0"), data);
	new_refused("cut", &q, "passkey.data");
}

static void extensions_that_nobody_asked_for_must_be_whole(void **state)
{
	struct passkey_proof p = good_proof(&keys[0]);
	struct passkey_held held;

	(void)state;
	p.auth_data = soft_data(a, RP, SOFT_UP | SOFT_UV, 7, STR("\xa0"));
	p.signature = soft_sign(a, &keys[0], p.auth_data, p.client_data);
	proof_refused("bytes that nothing announces", &p, "passkey.data");
	p.auth_data = soft_data(a, RP, SOFT_UP | SOFT_UV | SOFT_ED, 7, STR("\x81\x00"));
	p.signature = soft_sign(a, &keys[0], p.auth_data, p.client_data);
	proof_refused("no map", &p, "passkey.data");
	p.auth_data = soft_data(a, RP, SOFT_UP | SOFT_UV | SOFT_AT, 7, STR_NONE);
	p.signature = soft_sign(a, &keys[0], p.auth_data, p.client_data);
	proof_refused("a key in a proof", &p, "passkey.data");
	p.auth_data = str_slice(p.auth_data, 0, 36);
	proof_refused("cut", &p, "passkey.data");
	p = good_proof(&keys[0]);
	p.signature = STR_NONE;
	proof_refused("no signature", &p, "passkey.size");
	p = good_proof(&keys[0]);
	assert_false(failed(passkey_read_proof(a, &p, &held)));
}

static void ask(struct reader *role, uint16_t type, frame_io_fn *fn, const void *question, bool *ret_good)
{
	AUTO(arena_destroyp) struct arena *scratch = arena_create(READER_ARENA_BYTES);
	char *body = arena_alloc(scratch, FRAME_MAX);
	frame_io_fn *reply_fn = NULL;
	void *reply = NULL;
	size_t n = 0;
	struct err e = frame_write_body(fn, question, body, FRAME_MAX - FRAME_HEAD, &n);

	if (!failed(e))
		e = reader_serve(role, scratch, &(struct frame){ .type = type, .body = { body, n } }, &reply_fn, &reply);
	*ret_good = !failed(e) && !failed(frame_write_body(reply_fn, reply, body, FRAME_MAX - FRAME_HEAD, &n));
}

/* What was good, and what was not, behind the role's own list of system calls. */
static int confined_work(struct reader *role, const struct passkey_new news[], const struct passkey_proof proofs[], const struct passkey_proof *bad)
{
	struct boot boot = { .arena = a, .start = { .role = ROLE_READER } };
	bool good;

	boot_confine(&boot, NULL, 0);
	for (int i = 0; i < PASSKEY_ALG_COUNT; i++) {
		ask(role, CHECK_PASSKEY_NEW, ipc_passkey_new_io, &news[i], &good);
		if (!good)
			return 1;
		ask(role, CHECK_PASSKEY_PROOF, ipc_passkey_proof_io, &proofs[i], &good);
		if (!good)
			return 2;
	}
	ask(role, CHECK_PASSKEY_PROOF, ipc_passkey_proof_io, bad, &good);
	return good ? 3 : 0;
}

static void the_confined_role_still_verifies(void **state)
{
	struct passkey_new news[PASSKEY_ALG_COUNT];
	struct passkey_proof proofs[PASSKEY_ALG_COUNT], bad;
	struct reader *role = NULL;
	int status = 0;
	pid_t child;

	(void)state;
	for (int i = 0; i < PASSKEY_ALG_COUNT; i++) {
		news[i] = good_new(&keys[i]);
		proofs[i] = good_proof(&keys[i]);
	}
	bad = proofs[0];
	bad.signature = str_slice(bad.signature, 1, bad.signature.n);
	assert_false(failed(reader_create(&role)));
	child = fork();
	if (child == 0)
		_exit(confined_work(role, news, proofs, &bad));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	reader_destroy(role);
}

static int setup(void **state)
{
	(void)state;
	a = arena_create(64 << 20);
	passkey_warm_up();
	for (int i = 0; i < PASSKEY_ALG_COUNT; i++)
		keys[i] = soft_create(a, (enum passkey_alg)i, "TEST-ONLY-credential-id");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (int i = 0; i < PASSKEY_ALG_COUNT; i++)
		soft_done(&keys[i]);
	arena_destroy(a);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_algorithm_makes_a_key_and_proves_with_it),
		cmocka_unit_test(a_statement_of_the_maker_is_ignored),
		cmocka_unit_test(another_site_and_nobody_there_are_refused),
		cmocka_unit_test(a_signature_is_of_these_bytes_by_this_key),
		cmocka_unit_test(client_data_is_one_strict_object),
		cmocka_unit_test(a_key_off_its_curve_or_of_another_kind_is_refused),
		cmocka_unit_test(an_rsa_key_of_512_bits_or_with_an_even_exponent_is_refused),
		cmocka_unit_test(an_ed25519_point_of_small_order_is_refused),
		cmocka_unit_test(only_canonical_cbor_of_bounded_depth_is_read),
		cmocka_unit_test(a_value_is_found_behind_its_own_key),
		cmocka_unit_test(a_malformed_attestation_is_refused_at_once),
		cmocka_unit_test(the_confined_role_still_verifies),
		cmocka_unit_test(extensions_that_nobody_asked_for_must_be_whole),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
