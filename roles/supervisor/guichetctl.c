/* guichetctl.c - one command to a running daemon: guichetctl --config FILE [--json] COMMAND...
 *
 * It finds the control socket in the configuration, sends what was typed, and prints what the engine
 * answers. The one command that it carries out itself is key rotate: key files are not the engine's.
 */
#include "roles/supervisor/guichetctl.h"
#include "roles/supervisor/control.h"
#include "roles/supervisor/daemons.h"
#include "roles/supervisor/offline.h"
#include "roles/supervisor/rotate.h"
#include "base/clock.h"
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { START_MS = 3000, ANSWER_MS = 60000, ARENA = 8 << 20 };

static const struct supervisor_daemon *const daemons[] = { &idp_daemon, &elections_daemon, &etat_civil_daemon, &petite_enfance_daemon, &demo_daemon };

struct command {
	const char *config;
	bool json;
	char *argv[CTL_ARGS_MAX];
	int argc;
	const char *input_path;    /* "-": standard input; NULL: none */
};

static const char usage[] =
	"usage: guichetctl --config FILE [--json] COMMAND...\n"
	"       guichetctl --config FILE help       (what this daemon understands)\n\n"
	"--config may be left out when GUICHET_CONFIG names the file.\n"
	"Exit code: 0 done, 1 refused, 2 not understood, 3 the daemon is not running.\n";

/* --config and --json are ours wherever they stand; all else is the engine's. */
static bool command_read(struct command *c, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--config") == 0 && i + 1 < argc) {
			c->config = argv[++i];
			continue;
		}
		if (strcmp(argv[i], "--json") == 0) {
			c->json = true;
			continue;
		}
		if (strcmp(argv[i], "--password-stdin") == 0)
			c->input_path = "-";
		if (strcmp(argv[i], "--metadata") == 0 && i + 1 < argc)
			c->input_path = argv[i + 1];
		if (c->argc == CTL_ARGS_MAX)
			return false;
		c->argv[c->argc++] = argv[i];
	}
	return c->config && c->argc > 0;
}

static MUST struct err input_read(struct arena *a, const char *path, struct str *ret_input)
{
	int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	char *p = arena_alloc(a, CTL_ANSWER_MAX + 1);
	size_t n = 0;
	ssize_t got = fd < 0 ? -1 : 1;

	while (got > 0 && n <= CTL_ANSWER_MAX) {
		got = read(fd, p + n, CTL_ANSWER_MAX + 1 - n);
		n += got > 0 ? (size_t)got : 0;
	}
	ENSURE(got == 0, MALFORMED, "guichetctl.input");
	/* One line, as `echo` and a terminal give it. */
	if (strcmp(path, "-") == 0 && n > 0 && p[n - 1] == '\n')
		n--;
	*ret_input = (struct str){ p, n };
	return NO_ERR;
}

/* Under sudo it is the person who typed it: "root" in the audit names nobody. */
struct str ctl_actor(struct arena *a)
{
	const char *person = getuid() == 0 ? getenv("SUDO_USER") : NULL;
	const struct passwd *pw = person ? getpwnam(person) : NULL;

	if (!pw)
		pw = getpwuid(getuid());
	return pw ? arena_dup(a, str_from_c(pw->pw_name)) : arena_printf(a, "uid-%u", (unsigned)getuid());
}

/* A daemon that is starting, or whose engine is being replaced, closes without an answer. */
struct err ctl_ask(struct arena *a, struct str path, const struct ctl_request *request, struct ctl_answer *ret_answer)
{
	int64_t end_ms = clock_mono_ms() + START_MS;
	char *buffer = arena_alloc(a, FRAME_MAX);
	struct frame f;
	struct err e;
	int fd;

	for (;;) {
		TRY(control_connect(path, &fd));
		e = frame_send(fd, CTL_REQUEST, 1, ipc_ctl_request_io, request, clock_mono_ms() + ANSWER_MS);
		if (!failed(e))
			e = frame_recv(fd, buffer, clock_mono_ms() + ANSWER_MS, &f);
		close(fd);
		if (!failed(e))
			return f.type == CTL_ANSWER ? frame_read(&f, a, ipc_ctl_answer_io, ret_answer) : err_of(BROKEN, "guichetctl.answer");
		if (strcmp(e.slug, "frame.gone") != 0 || clock_mono_ms() > end_ms)
			return e;
		nanosleep(&(struct timespec){ 0, 50000000 }, NULL);
	}
}

static int explain(const struct supervisor_daemon *d, struct err e, struct str path)
{
	if (e.kind == ERR_DENIED) {
		fprintf(stderr, "guichetctl: %s: only root and the daemon's own user may command it\n", path.p);
		return EXIT_FAILED;
	}
	if (strcmp(e.slug, "control.absent") == 0) {
		fprintf(stderr, "guichetctl: %s is not running (nobody answers at %s)\n", d->name, path.p);
		return EXIT_ABSENT;
	}
	fprintf(stderr, "guichetctl: no answer from %s (%s); its log says why\n", d->name, e.slug);
	return strcmp(e.slug, "frame.gone") == 0 ? EXIT_ABSENT : EXIT_FAILED;
}

static void print(FILE *to, struct str s)
{
	if (s.n && (fwrite(s.p, 1, s.n, to) != s.n || fflush(to) != 0))
		exit(EXIT_FAILED);
}

static int run(struct arena *a, const struct supervisor_daemon *d, const struct conf *conf, struct command *c, struct buf *complaints)
{
	struct ctl_request request = { .json = c->json, .actor = ctl_actor(a), .argc = (size_t)c->argc };
	struct ctl_answer answer = { 0 };
	struct str path = conf_text(conf, "control");
	struct err e;

	if (rotate_is(c->argv, c->argc))
		return rotate_run(a, conf, c->json, c->argv, c->argc, complaints);
	request.argv = arena_array(a, struct str, c->argc);
	for (int i = 0; i < c->argc; i++)
		request.argv[i] = str_from_c(c->argv[i]);
	if (c->input_path && failed(input_read(a, c->input_path, &request.input))) {
		fprintf(stderr, "guichetctl: %s cannot be read, or is larger than 1 MiB\n", c->input_path);
		return EXIT_USAGE;
	}
	e = ctl_ask(a, path, &request, &answer);
	if (failed(e) && strcmp(e.slug, "control.absent") == 0 && offline_can(c->argv, c->argc)) {
		offline_run(d, conf, c->json, c->argv, c->argc, complaints);
		return EXIT_FAILED;
	}
	if (failed(e))
		return explain(d, e, path);
	print(stdout, answer.out);
	print(stderr, answer.err);
	return (int)answer.exit_code;
}

static const struct supervisor_daemon *daemon_named(struct str name)
{
	for (size_t i = 0; i < sizeof daemons / sizeof *daemons; i++)
		if (str_eq_c(name, daemons[i]->name))
			return daemons[i];
	return NULL;
}

static int with_configuration(struct arena *a, struct command *c, struct buf *complaints)
{
	const struct supervisor_daemon *d;
	struct conf *conf = NULL;
	struct str name;

	if (failed(conf_peek(a, c->config, "daemon", complaints, &name)))
		return EXIT_USAGE;
	d = daemon_named(name);
	if (!d) {
		buf_addf(complaints, "%s: daemon: \"" STR_FMT "\" is none of ours\n", c->config, STR_ARG(name));
		return EXIT_USAGE;
	}
	if (failed(conf_load(a, c->config, d->rows, d->row_n, complaints, &conf)))
		return EXIT_USAGE;
	return run(a, d, conf, c, complaints);
}

int main(int argc, char **argv)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(ARENA);
	struct command c = { .config = getenv("GUICHET_CONFIG") };
	struct buf complaints;
	int code;

	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return fputs(usage, stdout) < 0;
	if (!command_read(&c, argc, argv)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	buf_init(&complaints, 65536);
	code = with_configuration(a, &c, &complaints);
	print(stderr, buf_str(&complaints));
	buf_done(&complaints);
	return code;
}
