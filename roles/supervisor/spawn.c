/* spawn.c - from fork to exec: a role inherits standard error, one socket and nothing else. */
#include "roles/supervisor/crew.h"
#include "base/core.h"
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

const char *spawn_program(const struct plan *p, enum boot_role role)
{
	static const char *const programs[ROLE_COUNT] = {
		[ROLE_FRONT] = "guichet-front", [ROLE_READER] = "guichet-reader", [ROLE_SIGNER] = "guichet-signer",
		[ROLE_TLS_SIGNER] = "guichet-signer", [ROLE_HASHER] = "guichet-hasher",
		[ROLE_COURIER_HTTP] = "guichet-courier", [ROLE_COURIER_MAIL] = "guichet-courier",
		[ROLE_COURIER_LDAP] = "guichet-courier-ldap",
	};

	return role == ROLE_ENGINE ? p->daemon->engine : programs[role];
}

struct err spawn_check(const struct crew *c, struct buf *complaints)
{
	struct err e = NO_ERR;
	char path[4096];

	for (unsigned role = 0; role < ROLE_COUNT; role++) {
		if (c->plan->count[role] == 0)
			continue;
		snprintf(path, sizeof path, "%s/%s", c->folder, spawn_program(c->plan, (enum boot_role)role));
		if (access(path, X_OK) == 0)
			continue;
		buf_addf(complaints, "%s: the program of the role %s is missing; install the whole package\n", path,
			boot_role_name((enum boot_role)role));
		e = err_of(MALFORMED, "supervisor.program");
	}
	return e;
}

/* Only calls that are safe between fork and exec. */
static _Noreturn void become(const char *path, const char *const *argv, int core, int boot)
{
	/* No locale, one time zone and no certificates of the system's: what a role reads is what it was
	 * given. Few arenas: helpers have one thread. */
	static const char *const environment[] = {
		"TZ=UTC0", "MALLOC_ARENA_MAX=2", "SSL_CERT_FILE=/dev/null",
#ifdef GUICHET_SANITIZE
		/* The leak check needs ptrace, which the filter refuses. */
		"ASAN_OPTIONS=detect_leaks=0:abort_on_error=0", "UBSAN_OPTIONS=print_stacktrace=0:halt_on_error=1",
#endif
		NULL
	};
	struct sigaction usual = { .sa_handler = SIG_DFL };
	sigset_t none;
	int null = open("/dev/null", O_RDONLY);

	for (int sig = 1; sig < NSIG; sig++)
		(void)sigaction(sig, &usual, NULL);
	if (core >= 0)
		core_keep_to((unsigned)core);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (boot == BOOT_FD)
		(void)fcntl(boot, F_SETFD, 0);
	else if (dup2(boot, BOOT_FD) != BOOT_FD)
		_exit(127);
	if (null >= 0 && null != STDIN_FILENO)
		(void)dup2(null, STDIN_FILENO);
	(void)dup2(STDERR_FILENO, STDOUT_FILENO);
	if (close_range(BOOT_FD + 1, ~0U, 0) != 0)
		_exit(127);
	execve(path, (char **)(uintptr_t)argv, (char **)(uintptr_t)environment);
	_exit(127);
}

static pid_t spawn(const char *path, const char *const *argv, int core, int socket)
{
	pid_t pid = fork();

	if (pid == 0)
		become(path, argv, core, socket);
	return pid;
}

pid_t spawn_command(const char *path, const char *const *argv, int socket)
{
	return spawn(path, argv, -1, socket);
}

pid_t spawn_role(const char *folder, const char *program, const char *title, int core, int boot)
{
	char path[4096];
	const char *const argv[] = { title, NULL };

	snprintf(path, sizeof path, "%s/%s", folder, program);
	return spawn(path, argv, core, boot);
}
