/* options.c - the command line of a daemon: serve, or say something about a configuration. */
#include "roles/supervisor/serve.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { OUTPUT_MAX = 1 << 20, COMPLAINTS_MAX = 65536, EXIT_USAGE = 2 };
enum what { SERVE, CHECK = 'c', DUMP = 'd', MANUAL = 'm', CONFIG = 'f', HELP = 'h', VERSION = 'v' };

static int usage(const struct supervisor_daemon *d, FILE *to, int code)
{
	fprintf(to, "usage: %s --config FILE [--check | --dump]\n       %s --manual | --version\n\n"
		"  --config FILE  serve in the foreground with this configuration\n"
		"  --check        only say whether the configuration and its key files are good\n"
		"  --dump         print the full effective configuration\n"
		"  --manual       print all keys with their meaning (Markdown)\n\n"
		"SIGHUP reads the configuration again; SIGTERM stops. Logs go to standard error.\n", d->name, d->name);
	return code;
}

static void print(FILE *to, const struct buf *b)
{
	if (b->n && fwrite(b->p, 1, b->n, to) != b->n)
		exit(1);
	if (fflush(to) != 0)
		exit(1);
}

/* The roles' executables stand beside our own. */
static struct str own_folder(struct arena *a)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path);
	struct str folder = { path, n > 0 ? (size_t)n : 0 };

	while (folder.n > 1 && folder.p[folder.n - 1] != '/')
		folder.n--;
	return arena_dup(a, str_slice(folder, 0, folder.n ? folder.n - 1 : 0));
}

static int with_plan(enum what what, struct plan *plan, const char *path, struct buf *complaints)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(16384);
	struct buf out;

	if (what == SERVE)
		return supervisor_serve(plan, path, own_folder(a).p, complaints);
	buf_init(&out, OUTPUT_MAX);
	if (what == DUMP)
		conf_dump(plan->conf, &out);
	else
		buf_addf(&out, "%s: good\n", path);
	print(stdout, &out);
	buf_done(&out);
	plan_destroy(plan);
	return 0;
}

static int manual(const struct supervisor_daemon *d)
{
	struct buf out;

	buf_init(&out, OUTPUT_MAX);
	buf_addf(&out, "# %s: configuration\n\n", d->name);
	conf_manual(d->rows, d->row_n, &out);
	print(stdout, &out);
	buf_done(&out);
	return 0;
}

int supervisor_main(const struct supervisor_daemon *d, int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, CONFIG }, { "check", no_argument, NULL, CHECK },
		{ "dump", no_argument, NULL, DUMP }, { "manual", no_argument, NULL, MANUAL },
		{ "help", no_argument, NULL, HELP }, { "version", no_argument, NULL, VERSION }, { NULL, 0, NULL, 0 }
	};
	enum what what = SERVE;
	const char *path = NULL;
	struct plan *plan = NULL;
	struct buf complaints;
	int option, code;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == CONFIG)
			path = optarg;
		else if (option == '?')
			return usage(d, stderr, EXIT_USAGE);
		else
			what = (enum what)option;
	}
	if (what == MANUAL)
		return manual(d);
	if (what == HELP)
		return usage(d, stdout, 0);
	if (what == VERSION)
		return printf("%s %s\n", d->name, GUICHET_VERSION) < 0;
	if (!path || optind < argc)
		return usage(d, stderr, EXIT_USAGE);
	buf_init(&complaints, COMPLAINTS_MAX);
	code = failed(plan_load(d, path, &complaints, &plan)) ? 1 : with_plan(what, plan, path, &complaints);
	print(stderr, &complaints);
	buf_done(&complaints);
	return code;
}
