/* test_base.c - the small language of base keeps its promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/b64.h"
#include "base/clock.h"
#include "base/ct.h"
#include "base/frame.h"
#include "base/json.h"

static void a_buffer_never_passes_its_limit(void **state)
{
	struct buf b;

	buf_init(&b, 10);
	buf_add(&b, STR("0123456789"));
	assert_false(b.overflowed);
	buf_add_char(&b, 'x');
	assert_true(failed(buf_err(&b)));
	assert_true(str_eq(buf_str(&b), STR("0123456789")));
	buf_done(&b);
}

static void an_arena_says_no_at_its_ceiling(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1000);

	assert_non_null(arena_try(a, 900));
	assert_null(arena_try(a, 200));
	arena_reset(a);
	assert_non_null(arena_try(a, 900));
}

static int deferred_calls;
static void count_call(void *obj) { deferred_calls += *(int *)obj; }

static void what_is_tied_to_an_arena_goes_with_it(void **state)
{
	struct arena *a = arena_create(4096);
	int one = 1;

	deferred_calls = 0;
	arena_defer(a, count_call, &one);
	arena_defer(a, count_call, &one);
	arena_destroy(a);
	assert_int_equal(deferred_calls, 2);
}

static void numbers_are_digits_within_their_limit(void **state)
{
	static const char *const refused[] = { "", "-1", "+1", " 1", "1 ", "0x1", "101", "9999999999999999999", "1\n" };
	int64_t v = 0;

	assert_false(failed(str_to_i64(STR("100"), 100, &v)));
	assert_int_equal(v, 100);
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		assert_true(failed(str_to_i64(str_from_c(refused[i]), 100, &v)));
	assert_int_equal(v, 100);
}

static void only_shortest_utf8_is_utf8(void **state)
{
	static const struct str refused[] = {
		STR_INIT("\x80"), STR_INIT("\xc0\xaf"), STR_INIT("\xe0\x80\xaf"), STR_INIT("\xed\xa0\x80"),
		STR_INIT("\xf4\x90\x80\x80"), STR_INIT("\xc3"), STR_INIT("\xff"),
	};

	assert_true(str_is_utf8(STR("Sérigny, 2 € \xf0\x9f\x98\x80")));
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		assert_false(str_is_utf8(refused[i]));
}

static void base64url_has_one_spelling(void **state)
{
	static const char *const refused[] = { "Zg==", "Zh", "Z", "Zm9v!", "Zm 9", "Zm9+" };
	AUTO(arena_destroyp) struct arena *a = arena_create(65536);
	struct str back;

	for (size_t n = 0; n < 64; n++) {
		char raw[64];

		random_bytes(raw, n);
		assert_false(failed(b64url_decode(a, b64url_encode(a, raw, n), &back)));
		assert_true(str_eq(back, (struct str){ raw, n }));
		assert_false(failed(b64_decode(a, b64_encode(a, raw, n), &back)));
		assert_true(str_eq(back, (struct str){ raw, n }));
	}
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		assert_true(failed(b64url_decode(a, str_from_c(refused[i]), &back)));
}

static void dates_go_round(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(4096);
	int y, m, d;

	assert_true(str_eq(time_format_utc(a, 1800000000), STR("2027-01-15T08:00:00Z")));
	assert_true(date_is_valid(2024, 2, 29));
	assert_false(date_is_valid(2023, 2, 29));
	assert_false(date_is_valid(1900, 2, 29));
	assert_false(date_is_valid(2026, 13, 1));
	for (int64_t day = -30000; day < 60000; day += 7) {
		date_from_days(day, &y, &m, &d);
		assert_int_equal(date_to_days(y, m, d), day);
	}
}

static void json_text_is_escaped(void **state)
{
	struct buf b;

	buf_init(&b, 1000);
	buf_add_char(&b, '{');
	json_field_str(&b, "a", STR("\"\\\n\x01é"));
	json_field_i64(&b, "b", -5);
	json_field_bool(&b, "c", true);
	buf_add_char(&b, '}');
	assert_true(str_eq(buf_str(&b), STR("{\"a\":\"\\\"\\\\\\u000a\\u0001é\",\"b\":-5,\"c\":true}")));
	buf_done(&b);
}

struct letter { struct str text, blob; int64_t number; struct str *list; size_t list_n; };

static void word_io(struct frame_io *io, void *m) { io_str(io, m); }

static void letter_io(struct frame_io *io, void *m)
{
	struct letter *l = m;

	io_str(io, &l->text);
	io_i64(io, &l->number);
	io_list(io, &l->list, &l->list_n, sizeof *l->list, 4, word_io);
	io_blob(io, &l->blob, 1 << 20);
}

static void a_frame_brings_what_was_sent(void **state)
{
	static char big[300000], buffer[FRAME_MAX];
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct str words[] = { STR_INIT("un"), STR_INIT("deux") };
	struct letter out = { STR("bonjour"), { big, sizeof big }, -7, words, 2 }, in = { 0 };
	struct frame f;
	int fds[2];

	random_bytes(big, sizeof big);
	assert_false(failed(frame_pair(fds)));
	assert_false(failed(frame_send(fds[0], 9, 77, letter_io, &out, INT64_MAX)));
	assert_false(failed(frame_recv(fds[1], buffer, clock_mono_ms() + 1000, &f)));
	assert_int_equal(f.type, 9);
	assert_int_equal(f.seq, 77);
	assert_false(failed(frame_read(&f, a, letter_io, &in)));
	assert_true(str_eq(in.text, out.text) && str_eq(in.blob, out.blob) && in.number == -7);
	assert_true(in.list_n == 2 && str_eq(in.list[1], STR("deux")));
	close(fds[0]);
	assert_true(str_eq_c(STR("frame.gone"), frame_recv(fds[1], buffer, INT64_MAX, &f).slug));
	close(fds[1]);
}

static void a_cut_frame_is_refused_at_every_length(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct str words[] = { STR_INIT("un"), STR_INIT("deux") };
	struct letter out = { STR("bonjour"), STR("petit"), 1, words, 2 }, in;
	char body[1000];
	size_t n = 0;

	assert_false(failed(frame_write_body(letter_io, &out, body, sizeof body, &n)));
	for (size_t cut = 0; cut < n; cut++)
		assert_true(failed(frame_read_body((struct str){ body, cut }, a, letter_io, &in)));
	assert_true(failed(frame_read_body((struct str){ body, n + 1 }, a, letter_io, &in)));
	assert_false(failed(frame_read_body((struct str){ body, n }, a, letter_io, &in)));
	out.list_n = 5;
	out.list = (struct str[]){ words[0], words[0], words[0], words[0], words[0] };
	assert_true(failed(frame_write_body(letter_io, &out, body, sizeof body, &n)));
}

static void number_and_door_io(struct frame_io *io, void *m)
{
	struct { int fd; int64_t number; } *d = m;

	io_fd(io, &d->fd);
	io_i64(io, &d->number);
}

/* How many descriptors are open: the next one has the lowest number that is free. */
static int next_fd(void)
{
	int fd = dup(STDERR_FILENO);

	close(fd);
	return fd;
}

static void descriptors_of_a_frame_that_is_refused_are_closed(void **state)
{
	static char buffer[FRAME_MAX];
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
	struct { int fd; int64_t number; } out = { STDERR_FILENO, 1 }, in;
	struct frame f;
	int fds[2], before;

	assert_false(failed(frame_pair(fds)));
	before = next_fd();
	assert_false(failed(frame_send(fds[0], 1, 1, number_and_door_io, &out, INT64_MAX)));
	assert_false(failed(frame_recv_now(fds[1], buffer, &f)));
	f.body.n--;                             /* the number does not fit */
	assert_true(failed(frame_read(&f, a, number_and_door_io, &in)));
	assert_int_equal(next_fd(), before);
	close(fds[0]);
	close(fds[1]);
}

static void an_empty_datagram_leaves_no_descriptors_behind(void **state)
{
	union { struct cmsghdr head; char bytes[CMSG_SPACE(sizeof(int))]; } control = { .head = { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
	struct iovec nothing = { NULL, 0 };
	struct msghdr m = { .msg_iov = &nothing, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
	static char buffer[FRAME_MAX];
	struct frame f;
	int fds[2], sent = STDERR_FILENO, before;

	memcpy(CMSG_DATA(&control.head), &sent, sizeof sent);
	assert_false(failed(frame_pair(fds)));
	before = next_fd();
	assert_int_equal(sendmsg(fds[0], &m, 0), 0);
	assert_true(str_eq_c(STR("frame.gone"), frame_recv_now(fds[1], buffer, &f).slug));
	assert_int_equal(next_fd(), before);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_buffer_never_passes_its_limit),
		cmocka_unit_test(an_arena_says_no_at_its_ceiling),
		cmocka_unit_test(what_is_tied_to_an_arena_goes_with_it),
		cmocka_unit_test(numbers_are_digits_within_their_limit),
		cmocka_unit_test(only_shortest_utf8_is_utf8),
		cmocka_unit_test(base64url_has_one_spelling),
		cmocka_unit_test(dates_go_round),
		cmocka_unit_test(json_text_is_escaped),
		cmocka_unit_test(a_frame_brings_what_was_sent),
		cmocka_unit_test(a_cut_frame_is_refused_at_every_length),
		cmocka_unit_test(descriptors_of_a_frame_that_is_refused_are_closed),
		cmocka_unit_test(an_empty_datagram_leaves_no_descriptors_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
