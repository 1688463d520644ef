/* test_seal.c - what was sealed opens for its purpose and its key, unaltered, and for nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/b64.h"
#include "base/seal.h"
#include "base/secret.h"

#define SECRET_1 STR("TEST-ONLY-secret-number-1-32-byte")
#define SECRET_2 STR("TEST-ONLY-secret-number-2-32-byte")
#define FLOW     STR("flow")

struct note { struct str text; int64_t at_s; };

static void note_io(struct frame_io *io, void *m)
{
	struct note *n = m;

	io_str(io, &n->text);
	io_i64(io, &n->at_s);
}

static void text_io(struct frame_io *io, void *m) { io_str(io, m); }

static struct seal_keys *keys_of(struct str secret, struct str previous, struct str label)
{
	struct seal_keys *k = NULL;

	assert_false(failed(seal_keys_create(secret, previous, label, &k)));
	return k;
}

static struct str sealed(struct arena *a, const struct seal_keys *k, struct str text)
{
	struct note note = { text, 1800000000 };
	struct str out = STR_NONE;

	assert_false(failed(seal(a, k, FLOW, note_io, &note, &out)));
	return out;
}

static bool opens_as(struct arena *a, const struct seal_keys *k, struct str purpose, struct str text)
{
	struct note note = { STR_NONE, 0 };
	struct err e = unseal(a, k, purpose, text, note_io, &note);

	if (!failed(e))
		return true;
	assert_int_equal(e.kind, ERR_MALFORMED);
	assert_string_equal(e.slug, "seal.text");
	return false;
}

static bool opens(const struct seal_keys *k, struct str text)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 17);

	return opens_as(a, k, FLOW, text);
}

static void what_was_sealed_comes_back(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 17);
	struct seal_keys *k = keys_of(SECRET_1, STR_NONE, STR("idp"));
	struct note note = { STR_NONE, 0 };
	struct str one = sealed(a, k, STR("where you were going"));

	assert_false(failed(unseal(a, k, FLOW, one, note_io, &note)));
	assert_true(str_eq(note.text, STR("where you were going")));
	assert_int_equal(note.at_s, 1800000000);
	assert_false(str_eq(one, sealed(a, k, STR("where you were going"))));    /* a fresh nonce each time */
	seal_keys_destroy(k);
}

static void another_purpose_or_key_or_label_does_not_open(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 17);
	struct seal_keys *k = keys_of(SECRET_1, STR_NONE, STR("idp"));
	struct seal_keys *other = keys_of(SECRET_2, STR_NONE, STR("idp"));
	struct seal_keys *label = keys_of(SECRET_1, STR_NONE, STR("elections"));
	struct str text = sealed(a, k, STR("x"));

	assert_true(opens(k, text));
	assert_false(opens_as(a, k, STR("code"), text));
	assert_false(opens_as(a, k, STR("flo"), text));
	assert_false(opens_as(a, k, STR("flow "), text));
	assert_false(opens_as(a, k, STR_NONE, text));
	assert_false(opens(other, text));
	assert_false(opens(label, text));
	assert_true(opens(k, text));             /* a refusal leaves nothing behind */
	seal_keys_destroy(k);
	seal_keys_destroy(other);
	seal_keys_destroy(label);
}

static void every_altered_character_is_refused(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 17);
	struct seal_keys *k = keys_of(SECRET_1, SECRET_2, STR("idp"));
	struct str text = sealed(a, k, STR("a message of some length"));
	char *p = (char *)(uintptr_t)text.p;

	for (size_t i = 0; i < text.n; i++) {
		char was = p[i];

		p[i] = was == 'A' ? 'B' : 'A';
		assert_false(opens(k, text));
		p[i] = (char)(was ^ 0x80);
		assert_false(opens(k, text));
		p[i] = was;
	}
	assert_true(opens(k, text));
	seal_keys_destroy(k);
}

static void every_altered_bit_of_the_bytes_is_refused(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct seal_keys *k = keys_of(SECRET_1, STR_NONE, STR("idp"));
	struct str raw = STR_NONE;

	assert_false(failed(b64url_decode(a, sealed(a, k, STR("short")), &raw)));
	for (size_t bit = 0; bit < raw.n * 8; bit++) {
		char *at = (char *)(uintptr_t)raw.p + bit / 8;

		*at = (char)(*at ^ 1 << bit % 8);
		assert_false(opens(k, b64url_encode(a, raw.p, raw.n)));
		*at = (char)(*at ^ 1 << bit % 8);
	}
	seal_keys_destroy(k);
}

static void a_shortened_or_lengthened_value_is_refused(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct seal_keys *k = keys_of(SECRET_1, STR_NONE, STR("idp"));
	struct str text = sealed(a, k, STR("x"));

	for (size_t n = 0; n < text.n; n++) {
		assert_false(opens(k, str_slice(text, 0, n)));
		assert_false(opens(k, str_slice(text, text.n - n, text.n)));
	}
	assert_false(opens(k, arena_printf(a, STR_FMT "A", STR_ARG(text))));
	assert_false(opens(k, arena_printf(a, STR_FMT "AAAA", STR_ARG(text))));
	assert_false(opens(k, arena_printf(a, "A" STR_FMT, STR_ARG(text))));
	seal_keys_destroy(k);
}

/* One value, one spelling: otherwise a value that was refused once could come back in disguise. */
static void another_spelling_of_the_same_bytes_is_refused(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct seal_keys *k = keys_of(SECRET_1, STR_NONE, STR("idp"));

	for (size_t n = 0; n < 3; n++) {
		struct str text = sealed(a, k, str_slice(STR("xyz"), 0, n));
		char *last = (char *)(uintptr_t)text.p + text.n - 1, was = *last;

		assert_false(opens(k, arena_printf(a, STR_FMT "=", STR_ARG(text))));
		assert_false(opens(k, arena_printf(a, STR_FMT "==", STR_ARG(text))));
		assert_false(opens(k, arena_printf(a, STR_FMT "\n", STR_ARG(text))));
		assert_false(opens(k, arena_printf(a, " " STR_FMT, STR_ARG(text))));
		if (text.n % 4 != 0) {           /* the last character has spare bits */
			*last = (char)(was == 'z' || was == 'Z' || was == '9' ? was - 1 : was + 1);
			assert_false(opens(k, text));
			*last = was;
		}
		assert_true(opens(k, text));
	}
	seal_keys_destroy(k);
}

static void a_replaced_key_still_opens_what_it_sealed(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 17);
	struct seal_keys *old = keys_of(SECRET_1, STR_NONE, STR("idp"));
	struct seal_keys *both = keys_of(SECRET_2, SECRET_1, STR("idp"));
	struct seal_keys *new = keys_of(SECRET_2, STR_NONE, STR("idp"));
	struct str before = sealed(a, old, STR("before")), after = sealed(a, both, STR("after"));

	assert_true(opens(both, before));
	assert_true(opens(both, after));
	assert_true(opens(new, after));
	assert_false(opens(old, after));         /* the first key seals */
	assert_false(opens(new, before));
	seal_keys_destroy(old);
	seal_keys_destroy(both);
	seal_keys_destroy(new);
}

static void other_content_than_expected_is_refused(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 17);
	struct seal_keys *k = keys_of(SECRET_1, STR_NONE, STR("idp"));
	struct str message = STR("only one text"), text = STR_NONE;
	struct note note;

	assert_false(failed(seal(a, k, FLOW, text_io, &message, &text)));
	assert_string_equal(unseal(a, k, FLOW, text, note_io, &note).slug, "seal.text");
	seal_keys_destroy(k);
}

static void a_message_beyond_its_limit_is_not_sealed(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 18);
	struct seal_keys *k = keys_of(SECRET_1, STR_NONE, STR("idp"));
	struct note note = { { arena_alloc(a, 16384), 16384 - 12 }, 0 };
	struct str text = STR_NONE;

	assert_false(failed(seal(a, k, FLOW, note_io, &note, &text)));
	assert_true(opens(k, text));
	note.text.n++;
	assert_string_equal(seal(a, k, FLOW, note_io, &note, &text).slug, "seal.size");
	assert_false(opens(k, (struct str){ arena_alloc(a, 40000), 40000 }));
	seal_keys_destroy(k);
}

static void a_short_key_is_refused(void **state)
{
	struct seal_keys *k = NULL;

	assert_string_equal(seal_keys_create(STR("thirty-one-bytes-are-not-enough"), STR_NONE, FLOW, &k).slug, "seal.key");
	assert_string_equal(seal_keys_create(STR_NONE, STR_NONE, FLOW, &k).slug, "seal.key");
	assert_string_equal(seal_keys_create(SECRET_1, STR("short"), FLOW, &k).slug, "seal.key");
	assert_null(k);
	seal_keys_destroy(NULL);
}

static void *seal_and_open(void *keys)
{
	for (int i = 0; i < 300; i++) {
		AUTO(arena_destroyp) struct arena *a = arena_create(1 << 17);

		if (!opens(keys, sealed(a, keys, STR("from many threads"))))
			return NULL;
	}
	return keys;
}

static void threads_share_keys(void **state)
{
	struct seal_keys *k = keys_of(SECRET_1, STR_NONE, STR("idp"));
	pthread_t t[4];

	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&t[i], NULL, seal_and_open, k), 0);
	for (size_t i = 0; i < 4; i++) {
		void *result = NULL;

		assert_int_equal(pthread_join(t[i], &result), 0);
		assert_ptr_equal(result, k);
	}
	seal_keys_destroy(k);
}

/* FIPS 180-4 examples; RFC 4231 test cases 1, 2 and 6 (a key longer than a block). */
enum { NONCE_CHARS = 17 };     /* of a sealed value's text, with the number of the key before them */

/* A thread has a stock of nonces, of which the child of a fork() has a copy, and of the key too. */
static void two_processes_never_use_one_nonce(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
	struct seal_keys *k = keys_of(SECRET_1, STR_NONE, STR("test"));
	char theirs[NONCE_CHARS];
	int fds[2], status = -1;
	struct str mine;
	pid_t child;

	(void)sealed(a, k, STR("begins the stock"));
	assert_int_equal(pipe(fds), 0);
	child = fork();
	if (child == 0)
		_exit(write(fds[1], sealed(a, k, STR("theirs")).p, NONCE_CHARS) == NONCE_CHARS ? 0 : 1);
	mine = sealed(a, k, STR("mine"));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(read(fds[0], theirs, sizeof theirs), NONCE_CHARS);
	assert_memory_not_equal(mine.p, theirs, NONCE_CHARS);
	close(fds[0]);
	close(fds[1]);
	seal_keys_destroy(k);
}

static void hashes_match_the_published_examples(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(4096);
	unsigned char h[32];
	char key[131];

	sha256(STR("abc"), h);
	assert_true(str_eq(hex_encode(a, h, 32), STR("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")));
	sha256(STR_NONE, h);
	assert_true(str_eq(hex_encode(a, h, 32), STR("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")));
	memset(key, 0x0b, 20);
	hmac_sha256((struct str){ key, 20 }, STR("Hi There"), h);
	assert_true(str_eq(hex_encode(a, h, 32), STR("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")));
	hmac_sha256(STR("Jefe"), STR("what do ya want for nothing?"), h);
	assert_true(str_eq(hex_encode(a, h, 32), STR("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")));
	memset(key, 0xaa, sizeof key);
	hmac_sha256((struct str){ key, sizeof key }, STR("Test Using Larger Than Block-Size Key - Hash Key First"), h);
	assert_true(str_eq(hex_encode(a, h, 32), STR("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")));
}

static int file_of(size_t n)
{
	int fd = memfd_create("key", MFD_CLOEXEC);
	char byte = 'k';

	for (size_t i = 0; i < n; i++)
		assert_int_equal(write(fd, &byte, 1), 1);
	return fd;
}

static void a_key_file_is_read_whole_or_refused(void **state)
{
	static const struct { size_t size, max; const char *slug; } cases[] = {
		{ 1, 64, NULL }, { 64, 64, NULL }, { 65, 64, "secret.size" }, { 0, 64, "secret.size" },
		{ 4096, 4096, NULL }, { 4097, 4096, "secret.size" }, { 5000, 16384, NULL },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int fd = file_of(cases[i].size);     /* stands at its end: rewound first */
		struct secret s = { NULL, 0 };
		struct err e = secret_read_fd(fd, cases[i].max, &s);

		assert_int_equal(failed(e), cases[i].slug != NULL);
		if (failed(e))
			assert_string_equal(e.slug, cases[i].slug);
		else
			assert_int_equal(s.n, cases[i].size);
		assert_true(s.n == 0 || s.p[s.n - 1] == 'k');
		secret_done(&s);
		assert_null(s.p);
		close(fd);
	}
	struct secret s = { NULL, 0 };
	assert_string_equal(secret_read_fd(-1, 64, &s).slug, "secret.read");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_sealed_comes_back),
		cmocka_unit_test(another_purpose_or_key_or_label_does_not_open),
		cmocka_unit_test(every_altered_character_is_refused),
		cmocka_unit_test(every_altered_bit_of_the_bytes_is_refused),
		cmocka_unit_test(a_shortened_or_lengthened_value_is_refused),
		cmocka_unit_test(another_spelling_of_the_same_bytes_is_refused),
		cmocka_unit_test(a_replaced_key_still_opens_what_it_sealed),
		cmocka_unit_test(other_content_than_expected_is_refused),
		cmocka_unit_test(a_message_beyond_its_limit_is_not_sealed),
		cmocka_unit_test(a_short_key_is_refused),
		cmocka_unit_test(threads_share_keys),
		cmocka_unit_test(two_processes_never_use_one_nonce),
		cmocka_unit_test(hashes_match_the_published_examples),
		cmocka_unit_test(a_key_file_is_read_whole_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
