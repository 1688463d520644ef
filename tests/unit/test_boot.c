/* test_boot.c - a role's start, its loop as a helper, and what it can no longer do.
 *
 * Each case runs in a child: what is confined stays confined.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/clock.h"
#include "roles/boot/boot_impl.h"
#include "wire/ipc/helper.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEST_ECHO = 0x30, TEST_REFUSE, TEST_TWICE };

struct child { pid_t pid; int boot, peer; };

static struct err echo(void *self, struct arena *a, const struct frame *f, frame_io_fn **ret_fn, void **ret_reply)
{
	struct str *text = arena_new(a, struct str);

	ENSURE(f->type != TEST_REFUSE, DENIED, "test.refused");
	TRY(frame_read(f, a, ipc_text_io, text));
	*ret_fn = ipc_text_io;
	*ret_reply = text;
	return NO_ERR;
}

static _Noreturn void helper_main(uint64_t after)
{
	struct boot b;

	boot_receive(&b);
	boot_confine(&b, NULL, 0);
	boot_ready(&b);
	boot_serve(&b, echo, NULL, 65536, after);
}

static void give_start(struct child *c, enum boot_role role)
{
	struct boot_start start = { .daemon = STR("guichet-test"), .role = role };
	char buffer[FRAME_MAX];
	struct frame f;

	assert_false(failed(frame_send(c->boot, BOOT_START, 0, ipc_boot_start_io, &start, INT64_MAX)));
	assert_false(failed(frame_recv(c->boot, buffer, clock_mono_ms() + 5000, &f)));
	assert_int_equal(f.type, BOOT_READY);
}

static struct child helper_start(uint64_t after)
{
	struct boot_peer peer = { ROLE_ENGINE, 0, -1 };
	int boot[2], pair[2];
	struct child c;

	assert_false(failed(frame_pair(boot)));
	assert_false(failed(frame_pair(pair)));
	fflush(NULL);
	c = (struct child){ fork(), boot[0], pair[0] };
	if (c.pid == 0) {
		close(boot[0]);
		close(pair[0]);
		close(pair[1]);
		if (boot[1] != BOOT_FD)
			dup2(boot[1], BOOT_FD);
		helper_main(after);
	}
	close(boot[1]);
	give_start(&c, ROLE_HASHER);
	peer.fd = pair[1];
	assert_false(failed(frame_send(c.boot, BOOT_PEER, 0, ipc_boot_peer_io, &peer, INT64_MAX)));
	close(pair[1]);
	return c;
}

static struct err ask(struct child *c, uint16_t type, struct str text, struct str *ret_text)
{
	static char buffer[FRAME_MAX];
	struct arena *a = arena_create(65536);
	struct ipc_refusal refusal;
	struct frame f;

	TRY(frame_send(c->peer, type, 7, ipc_text_io, &text, INT64_MAX));
	TRY(frame_recv(c->peer, buffer, clock_mono_ms() + 5000, &f));
	assert_int_equal(f.seq, 7);
	if (f.type == HELPER_OK) {
		TRY(frame_read(&f, a, ipc_text_io, ret_text));
		arena_destroy(a);
		return NO_ERR;
	}
	assert_int_equal(f.type, HELPER_ERR);
	TRY(frame_read(&f, a, ipc_refusal_io, &refusal));
	struct err e = ipc_refusal_err(&refusal);
	arena_destroy(a);
	return e;
}

static int ended(pid_t pid)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void assert_exit_0(pid_t pid)
{
	int status = ended(pid);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_helper_answers_until_its_peer_closes(void **state)
{
	struct child c = helper_start(0);
	struct str got;

	for (int i = 0; i < 3; i++) {
		assert_false(failed(ask(&c, TEST_ECHO, STR("bonjour"), &got)));
		assert_true(str_eq(got, STR("bonjour")));
	}
	close(c.peer);
	assert_exit_0(c.pid);
	close(c.boot);
}

static void a_helper_ends_when_the_supervisor_is_gone(void **state)
{
	struct child c = helper_start(0);

	close(c.boot);
	assert_exit_0(c.pid);
	close(c.peer);
}

static void a_helper_ends_when_it_is_told_to(void **state)
{
	struct child c = helper_start(0);

	assert_false(failed(frame_send(c.boot, BOOT_DRAIN, 0, NULL, NULL, INT64_MAX)));
	assert_exit_0(c.pid);
	close(c.boot);
	close(c.peer);
}

static void a_refusal_keeps_its_kind_and_slug(void **state)
{
	struct child c = helper_start(0);
	struct str got;
	struct err e = ask(&c, TEST_REFUSE, STR(""), &got);

	assert_int_equal(e.kind, ERR_DENIED);
	assert_string_equal(e.slug, "test.refused");
	assert_false(failed(ask(&c, TEST_ECHO, STR("encore"), &got)));
	close(c.peer);
	assert_exit_0(c.pid);
	close(c.boot);
}

static void a_recycled_helper_ends_after_its_last_request(void **state)
{
	struct child c = helper_start(2);
	struct str got;

	assert_false(failed(ask(&c, TEST_ECHO, STR("1"), &got)));
	assert_false(failed(ask(&c, TEST_ECHO, STR("2"), &got)));
	assert_exit_0(c.pid);
	close(c.peer);
	close(c.boot);
}

static void a_helper_shows_its_filter_to_the_operator(void **state)
{
	struct child c = helper_start(0);
	char path[64], text[4096];
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/status", (int)c.pid);
	fd = open(path, O_RDONLY);
	n = read(fd, text, sizeof text - 1);
	close(fd);
	assert_true(n > 0);
	text[n] = '\0';
	assert_non_null(strstr(text, "Seccomp:\t2"));
	assert_non_null(strstr(text, "NoNewPrivs:\t1"));
	assert_non_null(strstr(text, "CapEff:\t0000000000000000"));
	close(c.peer);
	assert_exit_0(c.pid);
	close(c.boot);
}

static void a_start_without_a_supervisor_ends_quietly(void **state)
{
	int boot[2];
	pid_t pid;

	assert_false(failed(frame_pair(boot)));
	pid = fork();
	if (pid == 0) {
		close(boot[0]);
		if (boot[1] != BOOT_FD)
			dup2(boot[1], BOOT_FD);
		if (boot[1] != BOOT_FD)
			close(boot[1]);
		helper_main(0);
	}
	close(boot[0]);
	close(boot[1]);
	assert_exit_0(pid);
}

static void a_peer_before_the_start_is_refused(void **state)
{
	struct boot_peer peer = { ROLE_ENGINE, 0, -1 };
	int boot[2];
	pid_t pid;

	assert_false(failed(frame_pair(boot)));
	pid = fork();
	if (pid == 0) {
		close(boot[0]);
		if (boot[1] != BOOT_FD)
			dup2(boot[1], BOOT_FD);
		helper_main(0);
	}
	assert_false(failed(frame_send(boot[0], BOOT_PEER, 0, ipc_boot_peer_io, &peer, INT64_MAX)));
	int status = ended(pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	close(boot[0]);
	close(boot[1]);
}

/* ---- what a confined process can do ---- */

static int make_socket(void) { return socket(AF_INET, SOCK_STREAM, 0); }
static int make_process(void) { return fork(); }
static int run_program(void) { return execl("/bin/true", "true", (char *)NULL); }
static int trace_parent(void) { return kill(getppid(), 0); }
static int open_file(void) { return open("/etc/passwd", O_RDONLY); }
static int look_at_file(void) { return access("/etc/passwd", R_OK); }
static int write_file(void) { return open("/tmp/guichet-test-never", O_WRONLY | O_CREAT, 0600); }

static int map_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? -1 : 0;
}

static void *thread_main(void *arg) { return arg; }

static int start_thread(void)
{
	pthread_t t;

	return pthread_create(&t, NULL, thread_main, NULL) == 0 && pthread_join(t, NULL) == 0 ? 0 : -1;
}

enum outcome { KILLED, REFUSED, ALLOWED };

static const struct {
	const char *name; enum boot_role role; int (*attempt)(void); enum outcome outcome;
} attempts[] = {
	{ "a front makes no socket",             ROLE_FRONT,        make_socket,  KILLED },
	{ "a reader makes no socket",            ROLE_READER,       make_socket,  KILLED },
	{ "a signer makes no socket",            ROLE_SIGNER,       make_socket,  KILLED },
	{ "a tls signer makes no socket",        ROLE_TLS_SIGNER,   make_socket,  KILLED },
	{ "a hasher makes no socket",            ROLE_HASHER,       make_socket,  KILLED },
	{ "an engine on SQLite makes no socket", ROLE_ENGINE,       make_socket,  KILLED },
	{ "a courier makes a socket",            ROLE_COURIER_HTTP, make_socket,  ALLOWED },
	{ "a front starts no process",           ROLE_FRONT,        make_process, KILLED },
	{ "an engine starts no process",         ROLE_ENGINE,       make_process, KILLED },
	{ "a courier starts no process",         ROLE_COURIER_MAIL, make_process, KILLED },
	{ "a reader runs no program",            ROLE_READER,       run_program,  KILLED },
	{ "an engine runs no program",           ROLE_ENGINE,       run_program,  KILLED },
	{ "a courier runs no program",           ROLE_COURIER_HTTP, run_program,  KILLED },
	{ "a signer sends no signal",            ROLE_SIGNER,       trace_parent, KILLED },
	{ "a front opens no file",               ROLE_FRONT,        open_file,    REFUSED },
	{ "a reader opens no file",              ROLE_READER,       open_file,    REFUSED },
	{ "a signer opens no file",              ROLE_SIGNER,       open_file,    REFUSED },
	{ "a hasher opens no file",              ROLE_HASHER,       open_file,    REFUSED },
	{ "a reader may look, and sees nothing", ROLE_READER,       look_at_file, REFUSED },
	{ "an http courier writes no file",      ROLE_COURIER_HTTP, write_file,   KILLED },
	{ "an ldap courier writes no file",      ROLE_COURIER_LDAP, write_file,   KILLED },
	{ "an ldap courier starts no process",   ROLE_COURIER_LDAP, make_process, KILLED },
	{ "an ldap courier starts no thread",    ROLE_COURIER_LDAP, start_thread, KILLED },
	{ "a signer maps no code",               ROLE_SIGNER,       map_code,     REFUSED },
	{ "an engine maps no code",              ROLE_ENGINE,       map_code,     REFUSED },
	{ "an engine starts threads",            ROLE_ENGINE,       start_thread, ALLOWED },
};

static enum outcome outcome_of(enum boot_role role, int (*attempt)(void))
{
	struct boot b = { .arena = NULL, .start = { .role = role } };
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		boot_confine(&b, NULL, 0);
		_exit(attempt() < 0 ? 1 : 0);
	}
	status = ended(pid);
	if (WIFSIGNALED(status)) {
		assert_int_equal(WTERMSIG(status), SIGSYS);
		return KILLED;
	}
	return WEXITSTATUS(status) == 0 ? ALLOWED : REFUSED;
}

static void a_role_can_do_its_work_and_nothing_else(void **state)
{
	for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++)
		if (outcome_of(attempts[i].role, attempts[i].attempt) != attempts[i].outcome)
			fail_msg("not so: %s", attempts[i].name);
}

static size_t count_calls(enum boot_role role)
{
	const struct calls *c = calls_of(role, STR_NONE);
	size_t n = 2;      /* mmap, tgkill */

	for (size_t l = 0; c->lists[l]; l++)
		for (size_t i = 0; c->lists[l][i]; i++)
			n++;
	return n + (role == ROLE_FRONT ? 1 : 0);
}

static void the_lists_of_calls_stay_short(void **state)
{
#ifdef GUICHET_SANITIZE
	skip();            /* a named list of extras */
#endif
	assert_in_range(count_calls(ROLE_FRONT), 15, 40);
	assert_in_range(count_calls(ROLE_SIGNER), 15, 30);
	assert_in_range(count_calls(ROLE_TLS_SIGNER), 15, 30);
	assert_in_range(count_calls(ROLE_READER), 15, 25);
	assert_in_range(count_calls(ROLE_HASHER), 15, 25);
}

static void settings_are_found_by_name(void **state)
{
	struct boot_setting v[] = {
		{ STR("town_name"), STR("Sérigny") }, { STR("idle_s"), STR("30") }, { STR("empty"), STR("") },
		{ STR("trusted_proxy"), STR("10.0.0.1") }, { STR("trusted_proxy"), STR("10.0.0.2") }, { STR("yes"), STR("true") },
	};
	struct boot_file file = { STR("listen.public"), 9 };
	struct boot b = { .start = { .settings = v, .setting_n = sizeof v / sizeof *v, .files = &file, .file_n = 1 } };
	struct str value;

	assert_true(str_eq(boot_setting(&b, "town_name", STR("x")), STR("Sérigny")));
	assert_true(str_eq(boot_setting(&b, "empty", STR("x")), STR("")));
	assert_true(str_eq(boot_setting(&b, "absent", STR("x")), STR("x")));
	assert_int_equal(boot_setting_i64(&b, "idle_s", 5), 30);
	assert_int_equal(boot_setting_i64(&b, "town_name", 5), 5);
	assert_true(boot_setting_bool(&b, "yes", false));
	assert_true(boot_setting_bool(&b, "absent", true));
	assert_true(boot_setting_nth(&b, "trusted_proxy", 1, &value));
	assert_true(str_eq(value, STR("10.0.0.2")));
	assert_false(boot_setting_nth(&b, "trusted_proxy", 2, &value));
	assert_int_equal(boot_file(&b, "listen.public"), 9);
	assert_int_equal(boot_file(&b, "listen.metrics"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_helper_answers_until_its_peer_closes),
		cmocka_unit_test(a_helper_ends_when_the_supervisor_is_gone),
		cmocka_unit_test(a_helper_ends_when_it_is_told_to),
		cmocka_unit_test(a_refusal_keeps_its_kind_and_slug),
		cmocka_unit_test(a_recycled_helper_ends_after_its_last_request),
		cmocka_unit_test(a_helper_shows_its_filter_to_the_operator),
		cmocka_unit_test(a_start_without_a_supervisor_ends_quietly),
		cmocka_unit_test(a_peer_before_the_start_is_refused),
		cmocka_unit_test(a_role_can_do_its_work_and_nothing_else),
		cmocka_unit_test(the_lists_of_calls_stay_short),
		cmocka_unit_test(settings_are_found_by_name),
	};

	return cmocka_run_group_tests_name("boot", tests, NULL, NULL);
}
