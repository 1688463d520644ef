/* test_reader_saml_role.c - the reader as a process: what crashes or stalls other readers is refused at
 * once, questions and answers fit their frames, and all of it works behind the role's list of system
 * calls (security catalogue I17, S55, S56, S70).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "roles/boot/boot.h"
#include "roles/reader/reader.h"
#include "roles/reader/saml_answer.h"
#include "saml_forge.h"
#include "wire/ipc/check.h"

#define RSA256 "rsa-sha256"

static EVP_PKEY *rsa, *rsa_other, *rsa_1024;
static struct reader_saml *reader;
static struct arena *a;

static const unsigned any_root = SAML_ROOT(SAML_AUTHN_REQUEST) | SAML_ROOT(SAML_RESPONSE) | SAML_ROOT(SAML_LOGOUT_REQUEST)
	| SAML_ROOT(SAML_LOGOUT_RESPONSE);

static struct str control(void) { return forge_response(a, forge_sign(a, rsa, RSA256, forge_assertion(a))); }
static struct str signed_response(void) { return forge_sign(a, rsa, RSA256, forge_response(a, forge_assertion(a))); }

/* limit_us: 200 for what a browser may send by mistake; what is as large as we take may cost its decoding. */
static void at_most(int limit_us, const char *name, struct str field, const char *slug)
{
	struct str certificate = forge_certificate(a, rsa);
	struct check_saml q = { CHECK_POST, field, any_root, CHECK_WANT_EITHER, { &certificate, 1 } };
	struct check_saml_result r;
	int64_t best_us = INT64_MAX;

	for (int i = 0; i < 5; i++) {
		AUTO(arena_destroyp) struct arena *scratch = arena_create(READER_ARENA_BYTES);
		int64_t from_us = clock_mono_us();
		struct err e = reader_check_saml(reader, scratch, &q, &r);
		int64_t took_us = clock_mono_us() - from_us;

		if (!failed(e) || strcmp(e.slug, slug) != 0)
			fail_msg("%s: got %s, not %s", name, failed(e) ? e.slug : "accepted", slug);
		best_us = took_us < best_us ? took_us : best_us;
	}
#ifndef GUICHET_SANITIZE
	if (best_us > limit_us)
		fail_msg("%s: took %d microseconds", name, (int)best_us);
#endif
}

static struct str repeated(const char *part, size_t bytes)
{
	struct buf b;
	struct str s;

	buf_init(&b, bytes + 64);
	while (b.n < bytes)
		buf_add_c(&b, part);
	s = arena_dup(a, buf_str(&b));
	buf_done(&b);
	return s;
}

static void crashing_and_stalling_messages_are_refused_at_once(void **state)
{
	struct str many = forge_response(a, repeated("<Assertion></Assertion>", 850000));
	struct str logout = forge_logout_request(a), authn = forge_authn_request(a);

	(void)state;
	at_most(200, "empty Envelope", forge_base64(a, STR("<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"/>")), "saml.check.root");
	at_most(200, "LogoutRequest without NameID", forge_base64(a, forge_without(a, logout,
		forge_cut(logout, "<saml:NameID", "</saml:NameID>"))), "saml.check.nameid");
	at_most(200, "no Issuer", forge_base64(a, forge_without(a, authn, forge_cut(authn, "<saml:Issuer", "</saml:Issuer>"))), "saml.check.issuer");
	at_most(200, "850 KB of empty assertions", forge_base64(a, many), "saml.xml.size");
	at_most(1000, "190 KB of empty assertions", forge_base64(a, forge_response(a, repeated("<saml:Assertion " FORGE_A "/>", 190000))), "saml.xml.size");
	at_most(1000, "190 KB of elements", forge_base64(a, forge_response(a, repeated("<a/>", 190000))), "saml.xml.size");
	at_most(1000, "100,000 levels", forge_base64(a, forge_response(a, repeated("<a>", 190000))), "saml.xml.size");
	at_most(200, "20,000 attributes", forge_base64(a, forge_with(a, control(), "<saml:Subject>",
		arena_c(a, arena_printf(a, "<saml:Subject" STR_FMT ">", STR_ARG(repeated(" a=\"\"", 100000)))))), "saml.xml.size");
	at_most(200, "not base64", STR("<samlp:Response/>"), "saml.post.encoding");
	at_most(200, "base64 for URLs", forge_with(a, forge_base64(a, control()), "PHNhbWxw", "PHNhb_xw"), "saml.post.encoding");
	at_most(200, "blank in base64", forge_with(a, forge_base64(a, control()), "PHNhbWxw", "PHNhbW xw"), "saml.post.encoding");
	at_most(200, "nothing", STR(""), "saml.post.encoding");
}

static void a_deflate_bomb_is_refused_at_once(void **state)
{
	struct str bomb = forge_deflate(a, repeated(" ", 4 << 20));
	struct str query = arena_printf(a, "SAMLRequest=" STR_FMT, STR_ARG(forge_escaped(a, forge_base64(a, bomb))));
	struct check_saml q = { CHECK_REDIRECT, query, any_root, CHECK_WANT_MESSAGE, { NULL, 0 } };
	struct check_saml_result r;
	int64_t from_us = clock_mono_us();

	(void)state;
	assert_string_equal(reader_check_saml(reader, a, &q, &r).slug, "saml.redirect.size");
	assert_true(clock_mono_us() - from_us < 2000);
}

/* One byte changed, dropped, doubled, or a stretch copied elsewhere: whatever is still believed says
 * what the partner signed. */
static struct str mutated(struct str doc, uint32_t *seed)
{
	char *p = arena_alloc(a, doc.n + 256);
	uint32_t r[3];

	for (int i = 0; i < 3; i++)
		r[i] = *seed = *seed * 1664525u + 1013904223u;
	size_t at = (r[0] >> 4) % doc.n, from = (r[1] >> 4) % doc.n, n = (r[2] >> 20) % 200;
	memcpy(p, doc.p, doc.n);
	switch ((r[2] >> 4) % 4) {
	case 0:
		p[at] = (char)(r[1] >> 9);
		return (struct str){ p, doc.n };
	case 1:
		memmove(p + at, p + at + 1, doc.n - at - 1);
		return (struct str){ p, doc.n - 1 };
	case 2:
		p[at] = doc.p[from];
		return (struct str){ p, doc.n };
	default:
		n = n > doc.n - from ? doc.n - from : n;
		memcpy(p + at, doc.p + from, n);
		memcpy(p + at + n, doc.p + at, doc.n - at);
		return (struct str){ p, doc.n + n };
	}
}

static void no_mutation_is_believed_to_say_something_else(void **state)
{
	struct str certificate = forge_certificate(a, rsa), docs[2] = { arena_dup(a, control()), arena_dup(a, signed_response()) };
	uint32_t seed = 2027;

	(void)state;
	for (int i = 0; i < 6000; i++) {
		struct check_saml q = { CHECK_POST, forge_base64(a, mutated(docs[i % 2], &seed)), any_root, CHECK_WANT_EITHER, { &certificate, 1 } };
		AUTO(arena_destroyp) struct arena *scratch = arena_create(READER_ARENA_BYTES);
		struct check_saml_result r;
		struct err e = reader_check_saml(reader, scratch, &q, &r);

		if (failed(e)) {
			assert_true(e.kind == ERR_MALFORMED || e.kind == ERR_DENIED);
			continue;
		}
		assert_true(r.signed_by != 0 && r.message.has_assertion);
		assert_true(str_eq_c(r.message.assertion.name_id.value, "camille-7f"));
		assert_true(str_eq_c(r.message.assertion.conditions.restrictions[0].v[0], FORGE_SP));
		assert_int_equal(r.message.assertion.conditions.not_on_or_after_s, 1800000120);
	}
}

/* ---- the frames ---- */

static void questions_and_answers_survive_their_frames(void **state)
{
	struct str certificate = forge_certificate(a, rsa);
	struct check_saml q = { CHECK_POST, forge_base64(a, control()), any_root, CHECK_WANT_ASSERTION, { &certificate, 1 } };
	char *body = arena_alloc(a, FRAME_MAX);
	frame_io_fn *fn = NULL;
	void *reply = NULL;
	struct reader *role = NULL;
	struct check_saml_result back;
	size_t n = 0;

	(void)state;
	assert_false(failed(frame_write_body(ipc_check_saml_io, &q, body, FRAME_MAX - FRAME_HEAD, &n)));
	struct frame f = { .type = CHECK_SAML, .body = { body, n } };
	assert_false(failed(reader_create(&role)));
	assert_string_equal(reader_serve(role, a, &f, &fn, &reply).slug, "reader.frame");
	assert_false(failed(reader_enable_saml(role)));
	assert_false(failed(reader_serve(role, a, &f, &fn, &reply)));
	char *answer = arena_alloc(a, FRAME_MAX);
	assert_false(failed(frame_write_body(fn, reply, answer, FRAME_MAX - FRAME_HEAD, &n)));
	assert_false(failed(frame_read_body((struct str){ answer, n }, a, ipc_check_saml_result_io, &back)));
	assert_int_equal(back.signed_by, CHECK_SIGNED_ASSERTION);
	assert_true(str_eq_c(back.message.assertion.name_id.value, "camille-7f"));
	assert_true(str_eq_c(back.message.assertion.attributes[0].values.v[0], "L&vesque"));
	reader_destroy(role);
}

/* A question whose document is larger than a frame: it travels as a memfd. */
static struct frame large_question(struct str certificate)
{
	char *blanks = arena_alloc(a, 40001);
	struct frame_io io = { .writing = true, .p = arena_alloc(a, FRAME_MAX), .n = FRAME_MAX - FRAME_HEAD };

	memset(blanks, ' ', 40000);
	struct str assertion = forge_before(a, forge_assertion(a), "<saml:Subject>", (struct str){ blanks, 40000 });
	struct check_saml q = { CHECK_POST, forge_base64(a, forge_response(a, forge_sign(a, rsa, RSA256, assertion))), any_root,
		CHECK_WANT_ASSERTION, { &certificate, 1 } };
	ipc_check_saml_io(&io, &q);
	assert_false(io.bad);
	struct frame f = { .type = CHECK_SAML, .body = { io.p, io.at }, .fd_n = io.fd_n };
	memcpy(f.fds, io.fds, sizeof f.fds);
	return f;
}

/* Everything the role does, behind its own list of system calls. */
static int confined_work(struct reader *role, const struct frame *large, struct str response, const struct str certificates[3])
{
	struct boot boot = { .arena = a, .start = { .role = ROLE_READER } };
	AUTO(arena_destroyp) struct arena *scratch = arena_create(READER_ARENA_BYTES);
	struct check_saml_result r;
	frame_io_fn *fn = NULL;
	void *reply = NULL;

	boot_confine(&boot, NULL, 0);
	if (failed(reader_serve(role, scratch, large, &fn, &reply)))
		return 1;
	for (size_t i = 0; i < 3; i++) {
		struct check_saml q = { CHECK_POST, response, any_root, CHECK_WANT_ASSERTION, { (struct str *)(uintptr_t)&certificates[i], 1 } };

		if (failed(reader_check_saml(reader, scratch, &q, &r)) != (i > 0))
			return 2;
	}
	struct check_saml query = { CHECK_REDIRECT, forge_query(a, "SAMLRequest", forge_authn_request(a), NULL, rsa, RSA256), any_root,
		CHECK_WANT_MESSAGE, { (struct str *)(uintptr_t)&certificates[0], 1 } };
	return failed(reader_check_saml(reader, scratch, &query, &r)) ? 3 : 0;
}

static void the_confined_role_still_verifies(void **state)
{
	const struct str certificates[3] = { forge_certificate(a, rsa), forge_certificate(a, rsa_other), STR_INIT("not a certificate") };
	struct str response = forge_base64(a, control());
	struct frame large = large_question(certificates[0]);
	struct reader *role = NULL;
	int status = 0;

	(void)state;
	assert_false(failed(reader_create(&role)));
	assert_false(failed(reader_enable_saml(role)));
	pid_t child = fork();
	if (child == 0)
		_exit(confined_work(role, &large, response, certificates));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	frame_close_fds(&large);
	reader_destroy(role);
}

static void metadata_is_told_in_rows_or_the_mistake_in_a_sentence(void **state)
{
	struct str good = forge_metadata(a, rsa);
	struct check_metadata q = { good };
	struct check_metadata_result r, back;
	char *body = arena_alloc(a, FRAME_MAX);
	size_t n = 0;

	(void)state;
	reader_check_metadata(reader, a, &q, &r);
	assert_true(r.ok);
	assert_false(failed(frame_write_body(ipc_check_metadata_result_io, &r, body, FRAME_MAX - FRAME_HEAD, &n)));
	assert_false(failed(frame_read_body((struct str){ body, n }, a, ipc_check_metadata_result_io, &back)));
	assert_true(str_eq(back.metadata.keys[0].certificate, forge_certificate(a, rsa)));
	assert_true(str_eq_c(back.metadata.endpoints[0].location, FORGE_ACS));
	q.xml = forge_metadata(a, rsa_1024);
	reader_check_metadata(reader, a, &q, &r);
	assert_true(!r.ok && str_eq_c(r.slug, "saml.metadata.key") && r.problem.n > 20);
	q.xml = forge_with(a, good, "https://etat-civil.example/saml/slo\"", "etat-civil.example/saml/slo\"");
	reader_check_metadata(reader, a, &q, &r);
	assert_true(!r.ok && str_eq_c(r.slug, "saml.metadata.location"));
	assert_int_equal(r.line, 8);
}

static int setup(void **state)
{
	(void)state;
	rsa = forge_rsa(2048), rsa_other = forge_rsa(2048), rsa_1024 = forge_rsa(1024);
	return failed(reader_saml_create(&reader)) ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	reader_saml_destroy(reader);
	EVP_PKEY_free(rsa), EVP_PKEY_free(rsa_other), EVP_PKEY_free(rsa_1024);
	return 0;
}

static int each_setup(void **state)
{
	(void)state;
	a = arena_create(FORGE_ARENA);
	return 0;
}

static int each_teardown(void **state)
{
	(void)state;
	arena_destroy(a);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, each_setup, each_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(crashing_and_stalling_messages_are_refused_at_once),
		TEST(a_deflate_bomb_is_refused_at_once),
		TEST(no_mutation_is_believed_to_say_something_else),
		TEST(questions_and_answers_survive_their_frames),
		TEST(the_confined_role_still_verifies),
		TEST(metadata_is_told_in_rows_or_the_mistake_in_a_sentence),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
