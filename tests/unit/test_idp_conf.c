/* test_idp_conf.c - what the identity provider's configuration must hold before anything is started. */
#include "conf_rig.h"

static int set_up(void **state)
{
	(void)state;
	folder_make();
	file_write("pseudonym.secret", SEAL_KEY);
	return 0;
}

static struct err load(const char *more)
{
	return load_as(&idp_daemon, "guichet-idp", "pseudonym_secret = \"pseudonym.secret\"", more);
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
		assert_true(said("daemon.conf:8: sector_join"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(services_are_joined_in_a_sector_that_has_a_name, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
