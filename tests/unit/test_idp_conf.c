/* test_idp_conf.c - what the identity provider's configuration must hold before anything is started. */
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

static struct { char dir[64], path[96]; struct buf said; struct plan *plan; } t;

static void write_file(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", t.dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, 0400), 0);
}

static int set_up(void **state)
{
	(void)state;
	snprintf(t.dir, sizeof t.dir, "/tmp/test-idp-conf-XXXXXX");
	assert_non_null(mkdtemp(t.dir));
	snprintf(t.path, sizeof t.path, "%s/idp.conf", t.dir);
	write_file("seal.key", "TEST-ONLY-0123456789abcdef0123456789abcdef");
	write_file("pseudonym.secret", "TEST-ONLY-0123456789abcdef0123456789abcdef");
	buf_init(&t.said, 4096);
	return 0;
}

static int tear_down(void **state)
{
	char command[96];

	(void)state;
	plan_destroy(t.plan);
	t.plan = NULL;
	buf_done(&t.said);
	snprintf(command, sizeof command, "rm -r %s", t.dir);
	return system(command);
}

/* The lines that are always needed, then `more`. */
static struct err load(const char *more)
{
	FILE *f = fopen(t.path, "w");

	assert_non_null(f);
	fprintf(f, "daemon = \"guichet-idp\"\npublic_url = \"http://localhost:1\"\nlisten = {\"127.0.0.1:1\"}\ncontrol = \"%s/control\"\n"
		"store = \"sqlite:%s/a.db\"\nseal_key = \"seal.key\"\npseudonym_secret = \"pseudonym.secret\"\n%s", t.dir, t.dir, more);
	fclose(f);
	buf_reset(&t.said);
	plan_destroy(t.plan);
	t.plan = NULL;
	return plan_load(&idp_daemon, t.path, &t.said, &t.plan);
}

/* Two services that were joined in nothing would know their citizens by one pseudonym. */
static void services_are_joined_in_a_sector_that_has_a_name(void **state)
{
	static const char *const wrong[] = { "elections", "elections=", "=actes", "=", "a=b=c" };

	(void)state;
	assert_false(failed(load("sector_join = {\"elections=actes\", \"etat-civil=actes\"}\n")));
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		char more[96];

		snprintf(more, sizeof more, "sector_join = {\"etat-civil=actes\", \"%s\"}\n", wrong[i]);
		assert_string_equal(load(more).slug, "conf.sector_join");
		assert_non_null(memmem(t.said.p, t.said.n, "idp.conf:8: sector_join", 23));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(services_are_joined_in_a_sector_that_has_a_name, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
