/* test_supervisor.c - a daemon made of stand-ins: what is started, replaced, reloaded, refused, stopped.
 *
 * The roles are this very program under other names; what it does depends on its argv[0], which the
 * supervisor sets to "guichet-test: engine".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/clock.h"
#include "roles/boot/boot.h"
#include "roles/supervisor/common_rows.h"
#include "roles/supervisor/control.h"
#include "roles/supervisor/serve.h"
#include "wire/ipc/ctl.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROLES_SHOWN = 16, WAIT_MS = 5000, FEW_FILES = 64 };

static const struct conf_row rows[] = { SUPERVISOR_COMMON_ROWS };
static const struct supervisor_daemon test_daemon = {
	.name = "guichet-test", .engine = "guichet-test-engine", .rows = rows, .row_n = sizeof rows / sizeof *rows,
	.count = { [ROLE_FRONT] = 16, [ROLE_ENGINE] = 1, [ROLE_READER] = 2, [ROLE_SIGNER] = 1, [ROLE_COURIER_HTTP] = 1 },
};

/* ---- the stand-ins ---- */

static struct err stand_in_serve(void *self, struct arena *a, const struct frame *f, frame_io_fn **ret_fn, void **ret_reply)
{
	return NO_ERR;
}

static void stand_in_answer(int fd)
{
	struct ctl_answer answer = { .exit_code = 7, .out = STR("heard\n") };
	static char request[FRAME_MAX];
	struct frame f;

	if (!failed(frame_recv(fd, request, INT64_MAX, &f))
	    && !failed(frame_send(fd, CTL_ANSWER, 1, ipc_ctl_answer_io, &answer, INT64_MAX)))
		close(fd);
}

/* One descriptor with each of many frames that need none. */
static void stand_in_litter(void)
{
	int fd = STDERR_FILENO;

	for (int i = 0; i < 2 * FEW_FILES; i++)
		if (failed(frame_send(BOOT_FD, i & 1 ? BOOT_READY : BOOT_STUCK, 0, ipc_boot_ctl_io, &fd, INT64_MAX)))
			return;
}

/* A front or an engine: keeps what it is given, and goes when told. */
static _Noreturn void stand_in_hub(const struct boot *b)
{
	static char buffer[FRAME_MAX];
	struct frame f;
	bool complained = false;

	if (str_eq(boot_setting(b, "town_name", STR_NONE), STR("litters")))
		stand_in_litter();
	while (!failed(frame_recv(BOOT_FD, buffer, INT64_MAX, &f))) {
		AUTO(arena_destroyp) struct arena *a = arena_create(65536);
		struct boot_peer peer = { .fd = -1 };
		int fd = -1;

		if (f.type == BOOT_DRAIN)
			break;
		if (f.type == BOOT_CTL && !failed(frame_read(&f, a, ipc_boot_ctl_io, &fd)))
			stand_in_answer(fd);
		if (f.type != BOOT_PEER || failed(frame_read(&f, a, ipc_boot_peer_io, &peer)))
			continue;
		if (peer.role == ROLE_READER && peer.slot == 0 && !complained
		    && str_eq(boot_setting(b, "town_name", STR_NONE), STR("complains"))) {
			complained = true;
			struct boot_peer stuck = { ROLE_READER, 0, -1 };
			if (failed(frame_send(BOOT_FD, BOOT_STUCK, 0, ipc_boot_peer_io, &stuck, INT64_MAX)))
				break;
		}
	}
	_exit(0);
}

static _Noreturn void stand_in_main(void)
{
	struct boot b;

	boot_receive(&b);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (b.start.role == ROLE_ENGINE && str_eq(boot_setting(&b, "town_name", STR_NONE), STR("fails")))
		_exit(1);
	boot_ready(&b);
	if (b.start.role == ROLE_FRONT || b.start.role == ROLE_ENGINE)
		stand_in_hub(&b);
	boot_serve(&b, stand_in_serve, NULL, 4096, 0);
}

/* ---- a daemon under test ---- */

static char folder[] = "/tmp/guichet-test-supervisor-XXXXXX";
static char config[128], log_path[128], control[128];
static const char *control_row = "control";
static unsigned port;

static void write_text(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void write_config(const char *more)
{
	char text[2048];

	snprintf(text, sizeof text, "daemon = guichet-test\npublic_url = \"http://a.example\"\nlisten = {\"127.0.0.1:%u\"}\n"
		"store = \"sqlite:/tmp/none.db\"\ncontrol = %s\nseal_key = seal.key\nfronts = 2\npin = false\n%s", port, control_row, more);
	write_text(config, text, 0600);
}

static unsigned free_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	close(fd);
	return ntohs(a.sin_port);
}

static pid_t daemon_start(void)
{
	int fd = open(log_path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		struct buf complaints;
		struct plan *plan;

		prctl(PR_SET_PDEATHSIG, SIGKILL);      /* a failed test leaves nothing behind */
		dup2(fd, STDERR_FILENO);
		buf_init(&complaints, 65536);
		int code = failed(plan_load(&test_daemon, config, &complaints, &plan)) ? 1
			: supervisor_serve(plan, config, folder, &complaints);
		if (write(fd, complaints.p, complaints.n) < 0)
			_exit(9);
		_exit(code);
	}
	close(fd);
	return pid;
}

static bool log_has(const char *words)
{
	static char text[1 << 18];
	int fd = open(log_path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

	if (fd >= 0)
		close(fd);
	return n > 0 && memmem(text, (size_t)n, words, strlen(words));
}

static void pause_ms(int ms) { nanosleep(&(struct timespec){ 0, ms * 1000000L }, NULL); }

static void wait_log(const char *words)
{
	for (int64_t end = clock_mono_ms() + WAIT_MS; !log_has(words); pause_ms(5))
		if (clock_mono_ms() > end)
			fail_msg("not in the log: %s", words);
}

struct shown { pid_t pid; char title[64]; };

/* The digits that text begins with; 0 when there are none. */
static int64_t leading_number(const char *text)
{
	int64_t n = 0;
	struct err e = str_to_i64((struct str){ text, strspn(text, "0123456789") }, INT32_MAX, &n);

	return failed(e) ? 0 : n;
}

/* The children of a process, by their command lines. */
static size_t show(pid_t parent, struct shown v[ROLES_SHOWN])
{
	DIR *dir = opendir("/proc");
	size_t n = 0;

	for (struct dirent *d; (d = readdir(dir)) && n < ROLES_SHOWN;) {
		char path[300], text[256];
		int64_t ppid = 0;
		int fd;
		ssize_t got;

		snprintf(path, sizeof path, "/proc/%s/stat", d->d_name);
		if (d->d_name[0] < '1' || d->d_name[0] > '9' || (fd = open(path, O_RDONLY)) < 0)
			continue;
		got = read(fd, text, sizeof text - 1);
		close(fd);
		text[got > 0 ? got : 0] = '\0';
		char *after = strrchr(text, ')');
		if (after && after[2] != 'Z')
			ppid = leading_number(after + 4);
		if (ppid != parent)
			continue;
		v[n].pid = (pid_t)leading_number(d->d_name);
		snprintf(path, sizeof path, "/proc/%s/cmdline", d->d_name);
		fd = open(path, O_RDONLY);
		got = read(fd, v[n].title, sizeof v[n].title - 1);
		close(fd);
		v[n++].title[got > 0 ? got : 0] = '\0';
	}
	closedir(dir);
	return n;
}

static pid_t pid_of(pid_t parent, const char *title)
{
	struct shown v[ROLES_SHOWN];
	size_t n = show(parent, v);

	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i].title, title) == 0)
			return v[i].pid;
	return 0;
}

static pid_t wait_other(pid_t parent, const char *title, pid_t old)
{
	pid_t pid = 0;

	for (int64_t end = clock_mono_ms() + WAIT_MS; !(pid = pid_of(parent, title)) || pid == old; pause_ms(5))
		if (clock_mono_ms() > end)
			fail_msg("%s was not replaced", title);
	return pid;
}

static bool answers(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok = connect(fd, (struct sockaddr *)&a, sizeof a) == 0;

	close(fd);
	return ok;
}

static void daemon_stop(pid_t pid)
{
	int status = -1;

	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static pid_t daemon_ready(const char *more)
{
	pid_t pid;

	write_config(more);
	pid = daemon_start();
	wait_log("supervisor.ready");
	return pid;
}

static const char *const titles[] = {
	"guichet-test: front 0", "guichet-test: front 1", "guichet-test: engine", "guichet-test: reader 0",
	"guichet-test: reader 1", "guichet-test: signer", "guichet-test: courier-http",
};
enum { TITLES = sizeof titles / sizeof *titles };

/* ---- promises ---- */

static void every_role_is_started_and_says_what_it_is(void **state)
{
	pid_t pid = daemon_ready("");
	struct shown v[ROLES_SHOWN];

	assert_int_equal(show(pid, v), TITLES);
	for (size_t i = 0; i < TITLES; i++)
		assert_int_not_equal(pid_of(pid, titles[i]), 0);
	daemon_stop(pid);
	assert_false(answers());
	assert_int_not_equal(access(control, F_OK), 0);
}

static void any_role_that_is_killed_is_replaced(void **state)
{
	pid_t pid = daemon_ready("");

	for (size_t i = 0; i < TITLES; i++) {
		/* The end of another may have taken it along: wait until it is there. */
		pid_t old = wait_other(pid, titles[i], 0);

		assert_int_equal(kill(old, SIGKILL), 0);
		wait_other(pid, titles[i], old);
	}
	daemon_stop(pid);
}

/* A helper serves one connection in its life. */
static void a_new_engine_gets_new_helpers(void **state)
{
	pid_t pid = daemon_ready(""), engine = wait_other(pid, "guichet-test: engine", 0);
	pid_t signer = wait_other(pid, "guichet-test: signer", 0), front = wait_other(pid, "guichet-test: front 0", 0);

	kill(engine, SIGKILL);
	wait_other(pid, "guichet-test: engine", engine);
	wait_other(pid, "guichet-test: signer", signer);
	assert_int_equal(pid_of(pid, "guichet-test: front 0"), front);
	daemon_stop(pid);
}

static void a_helper_that_the_engine_complains_about_is_replaced(void **state)
{
	pid_t pid = daemon_ready("town_name = complains\n");

	wait_log("supervisor.role.stuck");
	wait_log("\"signal\":9");
	for (int64_t end = clock_mono_ms() + WAIT_MS; !pid_of(pid, "guichet-test: reader 0"); pause_ms(5))
		assert_true(clock_mono_ms() < end);
	daemon_stop(pid);
}

static void descriptors_that_a_role_sends_are_not_kept(void **state)
{
	struct rlimit usual, few;
	pid_t pid, old;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
	few = (struct rlimit){ FEW_FILES, usual.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	pid = daemon_ready("town_name = litters\n");
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
	pause_ms(200);
	old = wait_other(pid, "guichet-test: reader 0", 0);
	assert_int_equal(kill(old, SIGKILL), 0);
	wait_other(pid, "guichet-test: reader 0", old);
	daemon_stop(pid);
}

static void an_engine_that_cannot_start_is_tried_ever_slower(void **state)
{
	int lost = 0;
	char line[1024];
	pid_t pid;
	FILE *log;

	write_config("town_name = fails\n");
	pid = daemon_start();
	pause_ms(900);
	daemon_stop(pid);
	log = fopen(log_path, "r");
	while (fgets(line, sizeof line, log))
		lost += strstr(line, "supervisor.role.lost") && strstr(line, "\"engine\"");
	fclose(log);
	/* At once, then after 100, 200, 400, ... ms. */
	assert_in_range(lost, 3, 6);
}

static void a_bad_configuration_at_reload_changes_nothing(void **state)
{
	pid_t pid = daemon_ready(""), before[TITLES];

	for (size_t i = 0; i < TITLES; i++)
		before[i] = pid_of(pid, titles[i]);
	write_config("threads = none\n");
	kill(pid, SIGHUP);
	wait_log("supervisor.reload.refused");
	assert_true(log_has("threads: "));
	for (size_t i = 0; i < TITLES; i++)
		assert_int_equal(pid_of(pid, titles[i]), before[i]);
	daemon_stop(pid);
}

static void a_reload_replaces_every_role_and_refuses_no_connection(void **state)
{
	pid_t pid = daemon_ready(""), before[TITLES];

	for (size_t i = 0; i < TITLES; i++)
		before[i] = pid_of(pid, titles[i]);
	write_config("threads = 8\n");
	kill(pid, SIGHUP);
	for (size_t i = 0; i < TITLES; i++) {
		assert_true(answers());
		wait_other(pid, titles[i], before[i]);
	}
	for (size_t i = 0; i < TITLES; i++)
		for (int64_t end = clock_mono_ms() + WAIT_MS; kill(before[i], 0) == 0; pause_ms(5))
			if (clock_mono_ms() > end)
				fail_msg("%s did not leave", titles[i]);
	daemon_stop(pid);
}

static void a_port_that_is_taken_is_named(void **state)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), status, on = 1;
	char words[64];
	pid_t pid;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(fd, 1), 0);
	write_config("");
	pid = daemon_start();
	waitpid(pid, &status, 0);
	assert_int_equal(WEXITSTATUS(status), 1);
	snprintf(words, sizeof words, "127.0.0.1:%u: another program", port);
	assert_true(log_has(words));
	close(fd);
}

static void a_second_instance_is_refused(void **state)
{
	pid_t pid = daemon_ready(""), second;
	int status;

	second = daemon_start();
	waitpid(second, &status, 0);
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_true(answers());
	daemon_stop(pid);
}

/* A slip of the pen in `control` must not cost a database. */
static void a_file_where_the_control_socket_should_be_is_left_alone(void **state)
{
	struct stat st;
	pid_t pid;
	int status;

	write_config("");
	write_text(control, "somebody's\n", 0600);
	pid = daemon_start();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_true(log_has("is not a socket"));
	assert_true(lstat(control, &st) == 0 && S_ISREG(st.st_mode));
	assert_int_equal(unlink(control), 0);
}

static void the_control_socket_does_not_move_at_a_reload(void **state)
{
	pid_t pid = daemon_ready("");
	int fd;

	control_row = "elsewhere";
	write_config("");
	control_row = "control";
	assert_int_equal(kill(pid, SIGHUP), 0);
	wait_log("supervisor.reload.refused");
	assert_false(failed(control_connect(str_from_c(control), &fd)));
	close(fd);
	daemon_stop(pid);
}

static void a_command_reaches_the_engine(void **state)
{
	pid_t pid = daemon_ready("");
	struct str command = STR("status");
	struct ctl_request request = { .argv = &command, .argc = 1, .actor = STR("test") };
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct ctl_answer answer;
	struct stat st;
	struct frame f;
	int fd;

	assert_false(failed(control_connect(str_from_c(control), &fd)));
	assert_false(failed(frame_send(fd, CTL_REQUEST, 1, ipc_ctl_request_io, &request, INT64_MAX)));
	assert_false(failed(frame_recv(fd, arena_alloc(a, FRAME_MAX), clock_mono_ms() + WAIT_MS, &f)));
	assert_false(failed(frame_read(&f, a, ipc_ctl_answer_io, &answer)));
	assert_int_equal(answer.exit_code, 7);
	assert_int_equal(stat(control, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	close(fd);
	daemon_stop(pid);
}

static void no_role_outlives_its_supervisor(void **state)
{
	pid_t pid = daemon_ready("");
	struct shown v[ROLES_SHOWN];
	size_t n = show(pid, v);

	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	for (size_t i = 0; i < n; i++)
		for (int64_t end = clock_mono_ms() + WAIT_MS; kill(v[i].pid, 0) == 0; pause_ms(5))
			assert_true(clock_mono_ms() < end);
}

static const struct { const char *more, *words; } bad_plans[] = {
	{ "tls_certificate = seal.key\n", "tls_certificate and tls_key go together" },
	{ "tls_key = seal.key\n", "tls_certificate and tls_key go together" },
	{ "user_front = \"no-such-user-here\"\n", "there is no such user" },
	{ "user_front = root\n", "or it is root" },
	{ "town_logo = none.svg\n", "none.svg: No such file" },
	{ "limit_connections = 20000\n", "a whole number from 8 to 16384" },
	{ "frnts = 1\n", "did you mean \"fronts\"" },
};

static void a_configuration_that_cannot_work_is_refused(void **state)
{
	struct plan *plan = NULL;
	struct buf said;

	buf_init(&said, 65536);
	for (size_t i = 0; i < sizeof bad_plans / sizeof *bad_plans; i++) {
		buf_reset(&said);
		write_config(bad_plans[i].more);
		assert_true(failed(plan_load(&test_daemon, config, &said, &plan)));
		if (!memmem(said.p, said.n, bad_plans[i].words, strlen(bad_plans[i].words)))
			fail_msg("%s: said " STR_FMT, bad_plans[i].more, STR_ARG(buf_str(&said)));
	}
	buf_reset(&said);
	write_text(config, "daemon = guichet-other\npublic_url = \"http://a\"\nlisten = {\"*:1\"}\nstore = \"sqlite:/x\"\n"
		"control = c\nseal_key = seal.key\n", 0600);
	assert_true(failed(plan_load(&test_daemon, config, &said, &plan)));
	assert_non_null(memmem(said.p, said.n, "another daemon", 14));
	buf_done(&said);
}

static int set_up(void **state)
{
	static const char *const programs[] = { "guichet-front", "guichet-test-engine", "guichet-reader", "guichet-signer", "guichet-courier" };
	char self[512], path[600];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	if (n <= 0 || !mkdtemp(folder))
		return -1;
	self[n] = '\0';
	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, programs[i]);
		if (symlink(self, path) != 0)
			return -1;
	}
	snprintf(config, sizeof config, "%s/test.conf", folder);
	snprintf(log_path, sizeof log_path, "%s/log", folder);
	snprintf(control, sizeof control, "%s/control", folder);
	snprintf(path, sizeof path, "%s/seal.key", folder);
	write_text(path, "0123456789abcdef0123456789abcdef", 0400);
	port = free_port();
	return 0;
}

static int tear_down(void **state)
{
	DIR *dir = opendir(folder);
	char path[600];

	for (struct dirent *d; (d = readdir(dir));) {
		snprintf(path, sizeof path, "%s/%s", folder, d->d_name);
		unlink(path);
	}
	closedir(dir);
	return rmdir(folder);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_role_is_started_and_says_what_it_is),
		cmocka_unit_test(any_role_that_is_killed_is_replaced),
		cmocka_unit_test(a_new_engine_gets_new_helpers),
		cmocka_unit_test(a_helper_that_the_engine_complains_about_is_replaced),
		cmocka_unit_test(descriptors_that_a_role_sends_are_not_kept),
		cmocka_unit_test(an_engine_that_cannot_start_is_tried_ever_slower),
		cmocka_unit_test(a_bad_configuration_at_reload_changes_nothing),
		cmocka_unit_test(a_reload_replaces_every_role_and_refuses_no_connection),
		cmocka_unit_test(a_port_that_is_taken_is_named),
		cmocka_unit_test(a_second_instance_is_refused),
		cmocka_unit_test(a_file_where_the_control_socket_should_be_is_left_alone),
		cmocka_unit_test(the_control_socket_does_not_move_at_a_reload),
		cmocka_unit_test(a_command_reaches_the_engine),
		cmocka_unit_test(no_role_outlives_its_supervisor),
		cmocka_unit_test(a_configuration_that_cannot_work_is_refused),
	};

	if (argc == 1 && strncmp(argv[0], "guichet-test: ", 14) == 0)
		stand_in_main();
	return cmocka_run_group_tests_name("supervisor", tests, set_up, tear_down);
}
