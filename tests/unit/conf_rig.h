/* conf_rig.h - a configuration file in a folder of its own, and the plan that a supervisor makes of it. */
#ifndef TESTS_UNIT_CONF_RIG_H
#define TESTS_UNIT_CONF_RIG_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "roles/supervisor/daemons.h"
#include "roles/supervisor/plan.h"

#define RIG static __attribute__((unused))
#define SEAL_KEY "TEST-ONLY-0123456789abcdef0123456789abcdef"

static struct { char dir[64], path[96]; struct buf said; struct plan *plan; } t;

RIG void file_write(const char *name, const char *text)
{
	char path[128];

	snprintf(path, sizeof path, "%s/%s", t.dir, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, 0400), 0);
}

RIG void folder_make(void)
{
	snprintf(t.dir, sizeof t.dir, "/tmp/test-conf-XXXXXX");
	assert_non_null(mkdtemp(t.dir));
	snprintf(t.path, sizeof t.path, "%s/daemon.conf", t.dir);
	file_write("seal.key", SEAL_KEY);
	buf_init(&t.said, 4096);
}

RIG int tear_down(void **state)
{
	char command[96];

	(void)state;
	plan_destroy(t.plan);
	t.plan = NULL;
	buf_done(&t.said);
	snprintf(command, sizeof command, "rm -r %s", t.dir);
	return system(command);
}

/* Six lines that every daemon needs, one of its own, then `more`. */
RIG struct err load_as(const struct supervisor_daemon *daemon, const char *name, const char *own, const char *more)
{
	FILE *f = fopen(t.path, "w");

	assert_non_null(f);
	fprintf(f, "daemon = \"%s\"\npublic_url = \"http://localhost:1\"\nlisten = {\"127.0.0.1:1\"}\ncontrol = \"%s/control\"\n"
		"store = \"sqlite:%s/a.db\"\nseal_key = \"seal.key\"\n%s\n%s", name, t.dir, t.dir, own, more);
	fclose(f);
	buf_reset(&t.said);
	plan_destroy(t.plan);
	t.plan = NULL;
	return plan_load(daemon, t.path, &t.said, &t.plan);
}

RIG bool said(const char *text)
{
	return memmem(t.said.p, t.said.n, text, strlen(text)) != NULL;
}
#endif
