/* test_conf.c - a configuration is refused with its file, its line and what to write instead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/conf.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct conf_row rows[] = {
	{ .name = "daemon", .type = CONF_TEXT, .required = true, .help = "which daemon this file is for" },
	{ .name = "public_url", .type = CONF_URL, .help = "address that citizens see" },
	{ .name = "issuer", .type = CONF_URL, .same_as = "public_url", .help = "name of the issuer" },
	{ .name = "listen", .type = CONF_ADDRESS, .list = true, .max = 2, .help = "where to listen" },
	{ .name = "trusted_proxy", .type = CONF_IP, .list = true, .help = "proxies" },
	{ .name = "threads", .type = CONF_INT, .dflt = "8", .min = 1, .max = 64, .help = "threads" },
	{ .name = "compress", .type = CONF_BOOL, .dflt = "false", .help = "a flag" },
	{ .name = "town_name", .type = CONF_TEXT, .max = 20, .dflt = "Ville", .help = "name of the town" },
	{ .name = "town_colour", .type = CONF_COLOUR, .dflt = "#1b4f72", .help = "its colour" },
	{ .name = "state_dir", .type = CONF_PATH, .help = "where state is kept" },
	{ .name = "tls_key", .type = CONF_FILE, .secret = true, .file = "tls.key", .help = "private key" },
};
enum { ROWS = sizeof rows / sizeof *rows };

static char folder[] = "/tmp/guichet-test-conf-XXXXXX";
static char path[128];
static struct arena *a;
static struct buf said;

static void write_text(const char *name, const char *text, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static struct err load(const char *text, struct conf **ret_conf)
{
	buf_reset(&said);
	write_text(path, text, 0600);
	return conf_load(a, path, rows, ROWS, &said, ret_conf);
}

static bool was_said(const char *words)
{
	return memmem(said.p, said.n, words, strlen(words)) != NULL;
}

static const struct {
	const char *text, *where, *words;
} refusals[] = {
	{ "daemon = \"x\"\n\nthread = 4\n", ":3: ", "unknown key \"thread\"; did you mean \"threads\"?" },
	{ "daemon = \"x\"\ntown_nam = \"y\"\n", ":2: ", "did you mean \"town_name\"?" },
	{ "daemon = \"x\"\nzzzzzzzzzzzz = 1\n", ":2: ", "unknown key \"zzzzzzzzzzzz\"\n" },
	{ "daemon = \"x\"\n\"\" = y\n", ":2: ", "not a key" },
	{ "daemon = \"x\"\npublic_url = \"https://a\xff\"\n", ":2: ", "is not an address like" },
	{ "daemon = \"x\"\nthreads = many\n", ":2: ", "threads: \"many\" is not a whole number from 1 to 64" },
	{ "daemon = \"x\"\nthreads = 0\n", ":2: ", "from 1 to 64" },
	{ "daemon = \"x\"\nthreads = 65\n", ":2: ", "from 1 to 64" },
	{ "daemon = \"x\"\nthreads = -1\n", ":2: ", "from 1 to 64" },
	{ "daemon = \"x\"\nthreads = 99999999999999999999\n", ":2: ", "from 1 to 64" },
	{ "daemon = \"x\"\nthreads = 4\nthreads = 5\n", ":3: ", "named twice; first on line 2" },
	{ "daemon = \"x\"\nlisten = {\"*:1\"}\nlisten = {\"*:2\"}\n", ":3: ", "named twice" },
	{ "daemon = \"x\"\nlisten = {\"*:1\",\"*:2\",\"*:3\"}\n", ":2: ", "3 values; 0 to 2 are possible" },
	{ "daemon = \"x\"\ncompress = yes\n", ":2: ", "is not true or false" },
	{ "daemon = \"x\"\npublic_url = \"compte.example\"\n", ":2: ", "is not an address like" },
	{ "daemon = \"x\"\npublic_url = \"https://a/?b\"\n", ":2: ", "without query" },
	{ "daemon = \"x\"\npublic_url = \"https://\"\n", ":2: ", "is not an address like" },
	{ "daemon = \"x\"\nlisten = \"8443\"\n", ":2: ", "is not ADDRESS:PORT" },
	{ "daemon = \"x\"\nlisten = \"127.0.0.1:0\"\n", ":2: ", "is not ADDRESS:PORT" },
	{ "daemon = \"x\"\nlisten = \"127.0.0.1:70000\"\n", ":2: ", "is not ADDRESS:PORT" },
	{ "daemon = \"x\"\nlisten = \"name.example:80\"\n", ":2: ", "is not ADDRESS:PORT" },
	{ "daemon = \"x\"\ntrusted_proxy = \"10.0.0\"\n", ":2: ", "is not an IP address" },
	{ "daemon = \"x\"\ntown_colour = \"red\"\n", ":2: ", "is not a colour like" },
	{ "daemon = \"x\"\ntown_colour = \"#12345;\"\n", ":2: ", "is not a colour like" },
	{ "daemon = \"x\"\ntown_name = \"a name that is much too long\"\n", ":2: ", "0 to 20 bytes" },
	{ "daemon = \"x\"\ntown_name = \"two\nlines\"\n", ": ", "one line of UTF-8 text" },
	{ "daemon = \"x\"\ntown_name = \"\xff\"\n", ":2: ", "one line of UTF-8 text" },
	{ "daemon = \"x\"\ntls_key = \"\"\n", ":2: ", "allowed to be empty" },
	{ "daemon = \"x\"\nthreads 5\n", ":2: ", "missing equal sign" },
	{ "daemon = \"x\n", ": ", "premature end" },
	{ "threads = 5\n", ": ", "daemon: required and missing" },
	{ "", ": ", "daemon: required and missing" },
};

static void a_bad_file_is_refused_with_its_line_and_the_cure(void **state)
{
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		struct conf *c = NULL;
		struct err e = load(refusals[i].text, &c);

		if (!failed(e) || c || !was_said(path) || !was_said(refusals[i].where) || !was_said(refusals[i].words))
			fail_msg("%s: said " STR_FMT, refusals[i].text, STR_ARG(buf_str(&said)));
	}
}

static void a_missing_file_and_a_folder_are_refused(void **state)
{
	struct conf *c = NULL;

	buf_reset(&said);
	assert_true(failed(conf_load(a, "/nowhere/at/all.conf", rows, ROWS, &said, &c)));
	assert_true(was_said("/nowhere/at/all.conf: No such file"));
	assert_true(failed(conf_load(a, folder, rows, ROWS, &said, &c)));
	assert_true(was_said("is not a file"));
}

static void values_and_defaults_are_given_by_name(void **state)
{
	struct conf *c = NULL;

	assert_false(failed(load("daemon = guichet-test\npublic_url = \"https://a.example:8443\"\n"
		"listen = {\"127.0.0.1:8443\", '[::1]:8443'}\ntown_name = 'Sérigny \\'d\\' $HOME'\nstate_dir = \"state\"\n", &c)));
	assert_true(str_eq(conf_text(c, "daemon"), STR("guichet-test")));
	assert_true(str_eq(conf_text(c, "issuer"), STR("https://a.example:8443")));
	assert_int_equal(conf_count(c, "listen"), 2);
	assert_true(str_eq(conf_nth(c, "listen", 1), STR("[::1]:8443")));
	assert_int_equal(conf_i64(c, "threads"), 8);
	assert_false(conf_bool(c, "compress"));
	assert_false(conf_is_set(c, "tls_key"));
	assert_true(str_eq(conf_text(c, "town_name"), STR("Sérigny 'd' $HOME")));
	assert_true(str_starts(conf_text(c, "state_dir"), str_from_c(folder)));
}

static void a_dump_fed_back_gives_the_same_dump(void **state)
{
	struct conf *c = NULL, *again = NULL;
	struct buf first, second;

	buf_init(&first, 65536);
	buf_init(&second, 65536);
	assert_false(failed(load("daemon = d\npublic_url = https://a.example\nlisten = {\"*:443\", \"[::]:443\"}\n"
		"town_name = \"L'\\\"Île\\\" \\\\ $\"\nthreads = 12\ncompress = true\nstate_dir = x/y\n", &c)));
	conf_dump(c, &first);
	buf_add_char(&first, '\0');
	assert_false(failed(load(first.p, &again)));
	first.n--;
	conf_dump(again, &second);
	assert_true(str_eq(buf_str(&first), buf_str(&second)));
	assert_true(str_eq(conf_text(again, "town_name"), STR("L'\"Île\" \\ $")));
	buf_done(&first);
	buf_done(&second);
}

static struct err open_key(const char *key_path, int *ret_fd)
{
	char text[512];
	struct conf *c = NULL;

	snprintf(text, sizeof text, "daemon = d\ntls_key = \"%s\"\n", key_path);
	assert_false(failed(load(text, &c)));
	return conf_open_file(c, &rows[ROWS - 1], &said, ret_fd);
}

static void a_key_that_others_may_read_is_refused(void **state)
{
	static const mode_t modes[] = { 0644, 0440, 0404, 0460, 0601 };
	char key[160];
	int fd = -1;

	snprintf(key, sizeof key, "%s/key.pem", folder);
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		write_text(key, "secret", modes[i]);
		assert_true(failed(open_key(key, &fd)));
		assert_true(was_said(key));
		assert_true(was_said("chmod 0400"));
		assert_true(was_said(":2: tls_key: "));
	}
	write_text(key, "secret", 0400);
	assert_false(failed(open_key(key, &fd)));
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
}

static void a_missing_or_empty_key_is_refused_with_its_path(void **state)
{
	char key[160];
	int fd = -1;

	snprintf(key, sizeof key, "%s/none.pem", folder);
	assert_true(failed(open_key(key, &fd)));
	assert_true(was_said(key));
	assert_true(was_said("create it"));
	write_text(key, "", 0400);
	assert_true(failed(open_key(key, &fd)));
	assert_true(was_said("is empty"));
	assert_true(failed(open_key(folder, &fd)));
	assert_true(was_said("is not a file"));
	assert_int_equal(fd, -1);
}

static void the_manual_has_a_line_for_every_key(void **state)
{
	struct buf manual;

	buf_init(&manual, 65536);
	conf_manual(rows, ROWS, &manual);
	for (size_t i = 0; i < ROWS; i++)
		assert_non_null(memmem(manual.p, manual.n, rows[i].name, strlen(rows[i].name)));
	buf_done(&manual);
}

static int set_up(void **state)
{
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof path, "%s/test.conf", folder);
	a = arena_create(1 << 20);
	buf_init(&said, 65536);
	return 0;
}

static int tear_down(void **state)
{
	char key[160];

	snprintf(key, sizeof key, "%s/key.pem", folder);
	unlink(key);
	snprintf(key, sizeof key, "%s/none.pem", folder);
	unlink(key);
	unlink(path);
	rmdir(folder);
	buf_done(&said);
	arena_destroy(a);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bad_file_is_refused_with_its_line_and_the_cure),
		cmocka_unit_test(a_missing_file_and_a_folder_are_refused),
		cmocka_unit_test(values_and_defaults_are_given_by_name),
		cmocka_unit_test(a_dump_fed_back_gives_the_same_dump),
		cmocka_unit_test(a_key_that_others_may_read_is_refused),
		cmocka_unit_test(a_missing_or_empty_key_is_refused_with_its_path),
		cmocka_unit_test(the_manual_has_a_line_for_every_key),
	};

	return cmocka_run_group_tests_name("conf", tests, set_up, tear_down);
}
