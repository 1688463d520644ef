/* test_store_pg.c - see test_store_pg.h. PostgreSQL refuses to run as root, so the server is given to
 * the user postgres or, without one, to nobody.
 */
#include "tests/unit/test_store_pg.h"
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>
#include <libpq-fe.h>

static char bin[200], dir[64], data[96];
static pid_t server;

/* In the child: the server's user, and nothing on the terminal. */
static _Noreturn void child_run(const char *const argv[])
{
	const struct passwd *who = getpwnam("postgres");
	int log = open("/dev/null", O_RDWR);

	if (!who)
		who = getpwnam("nobody");
	if (geteuid() == 0 && who && (setgroups(0, NULL) || setgid(who->pw_gid) || setuid(who->pw_uid)))
		_exit(126);
	dup2(log, 0);
	dup2(log, 1);
	dup2(log, 2);
	if (chdir(dir) == 0)
		execv(argv[0], (char *const *)argv);
	_exit(127);
}

static bool initdb(void)
{
	char program[256];
	const char *argv[] = { program, "-D", data, "-A", "trust", "-U", "guichet", "-E", "UTF8", "--locale=C", "--no-sync", NULL };
	int status = 0;
	pid_t pid;

	snprintf(program, sizeof program, "%s/initdb", bin);
	pid = fork();
	if (pid == 0)
		child_run(argv);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static bool answers(void)
{
	char info[160];

	snprintf(info, sizeof info, "host=%s user=guichet dbname=postgres", dir);
	for (int i = 0; i < 600; i++) {
		if (PQping(info) == PQPING_OK)
			return true;
		usleep(50 * 1000);
	}
	return false;
}

static bool start(void)
{
	char program[256];
	const char *argv[] = { program, "-D", data, "-k", dir, "-h", "", "-c", "max_connections=80", "-c", "shared_buffers=16MB", NULL };

	snprintf(program, sizeof program, "%s/postgres", bin);
	server = fork();
	if (server == 0)
		child_run(argv);
	return server > 0 && answers();
}

bool test_pg_up(void)
{
	const char *wanted = getenv("GUICHET_TEST_PG");
	const struct passwd *who;
	glob_t g;

	if (wanted && strcmp(wanted, "0") == 0)
		return false;
	if (glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &g) != 0)
		return false;
	snprintf(bin, sizeof bin, "%.*s", (int)(strlen(g.gl_pathv[g.gl_pathc - 1]) - strlen("/initdb")), g.gl_pathv[g.gl_pathc - 1]);
	globfree(&g);
	snprintf(dir, sizeof dir, "/tmp/test-store-pg-XXXXXX");
	if (!mkdtemp(dir))
		return false;
	snprintf(data, sizeof data, "%s/data", dir);
	who = getpwnam("postgres");
	if (!who)
		who = getpwnam("nobody");
	if (geteuid() == 0 && (!who || chown(dir, who->pw_uid, who->pw_gid) != 0))
		return false;
	return initdb() && start();
}

void test_pg_stop(void)
{
	if (server > 0) {
		kill(server, SIGINT);
		waitpid(server, NULL, 0);
	}
	server = 0;
}

void test_pg_start(void)
{
	if (!start())
		abort();
}

void test_pg_down(void)
{
	const char *argv[] = { "/bin/rm", "-rf", dir, NULL };
	pid_t pid;

	test_pg_stop();
	if (!dir[0])
		return;
	pid = fork();
	if (pid == 0) {
		execv(argv[0], (char *const *)argv);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
}

void test_pg_database(int number, char *ret_url, size_t size)
{
	char text[200];
	PGconn *c;
	PGresult *r;

	snprintf(text, sizeof text, "host=%s user=guichet dbname=postgres", dir);
	c = PQconnectdb(text);
	snprintf(text, sizeof text, "CREATE DATABASE town%d", number);
	r = PQexec(c, text);
	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		abort();
	PQclear(r);
	PQfinish(c);
	snprintf(ret_url, size, "postgresql:///town%d?host=%s&user=guichet", number, dir);
}

static struct err prepared_tx(struct store_tx *tx, void *arg)
{
	struct store_row row;

	TRY(store_one(tx, "SELECT COUNT(*) FROM pg_prepared_statements", &row));
	*(int64_t *)arg = row_int(&row, 0);
	return NO_ERR;
}

int64_t test_pg_prepared(struct store *s)
{
	int64_t n = -1;
	struct err e = store_read(s, prepared_tx, &n);

	return failed(e) ? -1 : n;
}
