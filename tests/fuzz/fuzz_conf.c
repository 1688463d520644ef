/* fuzz_conf.c - the text of a configuration file: refused with complaints that name the file, or read,
 * and then its dump is read to the same dump. */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/conf.h"
#include "tests/fuzz/fuzz.h"

/* One row of each type and shape. */
static const struct conf_row rows[] = {
	{ .name = "daemon", .type = CONF_TEXT, .required = true, .help = "which daemon this file is for" },
	{ .name = "public_url", .type = CONF_URL, .help = "address that citizens see" },
	{ .name = "issuer", .type = CONF_URL, .same_as = "public_url", .help = "name of the issuer" },
	{ .name = "listen", .type = CONF_ADDRESS, .list = true, .max = 2, .help = "where to listen" },
	{ .name = "proxy", .type = CONF_IP, .list = true, .help = "proxies" },
	{ .name = "threads", .type = CONF_INT, .dflt = "8", .min = 1, .max = 64, .help = "threads" },
	{ .name = "compress", .type = CONF_BOOL, .dflt = "false", .help = "a flag" },
	{ .name = "town", .type = CONF_TEXT, .max = 20, .dflt = "Ville", .help = "name of the town" },
	{ .name = "colour", .type = CONF_COLOUR, .dflt = "#1b4f72", .help = "its colour" },
	{ .name = "state_dir", .type = CONF_PATH, .help = "where state is kept" },
	{ .name = "key", .type = CONF_FILE, .secret = true, .file = "tls.key", .help = "private key" },
};
enum { ROWS = sizeof rows / sizeof *rows, TEXT_MAX = 4096 };

/* A file that has no name outside of this process. */
static int file_create(struct str text, char *path, size_t path_max)
{
	int fd = memfd_create("conf", MFD_CLOEXEC);

	assert(fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n && lseek(fd, 0, SEEK_SET) == 0);
	snprintf(path, path_max, "/proc/self/fd/%d", fd);
	return fd;
}

static void check_complaints(const struct buf *said, const char *path)
{
	struct str text = buf_str(said), line;

	assert(!said->overflowed && str_ends(text, STR("\n")));
	/* Every line names the file: nothing in the file can forge a line of its own. */
	while (str_split(&text, '\n', &line) && text.p)
		assert(str_starts(line, str_from_c(path)));
}

static struct err load(struct arena *a, struct str text, struct buf *said, struct conf **ret_conf)
{
	char path[64];
	int fd = file_create(text, path, sizeof path);
	struct err e;

	fuzz_stain(ret_conf, sizeof *ret_conf);
	e = conf_load(a, path, rows, ROWS, said, ret_conf);
	close(fd);
	if (failed(e)) {
		assert(fuzz_is_error(e, ERR_MALFORMED, "conf.syntax conf.value") && fuzz_is_stained(ret_conf, sizeof *ret_conf));
		check_complaints(said, path);
	} else {
		assert(said->n == 0);
	}
	return e;
}

static void check_values(const struct conf *c)
{
	assert(conf_text(c, "daemon").n <= 1024 && conf_count(c, "listen") <= 2 && conf_text(c, "town").n <= 20);
	assert(conf_i64(c, "threads") >= 1 && conf_i64(c, "threads") <= 64);
	for (size_t i = 0; i < ROWS; i++)
		for (size_t k = 0; k < conf_count(c, rows[i].name); k++)
			assert(!str_has_control(conf_nth(c, rows[i].name, k)) && str_is_utf8(conf_nth(c, rows[i].name, k)));
}

static void try_peek(struct arena *a, struct str text)
{
	AUTO(buf_done) struct buf said = { 0 };
	char path[64];
	int fd = file_create(text, path, sizeof path);
	struct str value;

	buf_init(&said, 1 << 20);
	fuzz_stain(&value, sizeof value);
	struct err e = conf_peek(a, path, "daemon", &said, &value);
	close(fd);
	if (failed(e)) {
		assert(fuzz_is_error(e, ERR_MALFORMED, "conf.syntax conf.value") && fuzz_is_stained(&value, sizeof value));
		check_complaints(&said, path);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(4 << 20);
	AUTO(buf_done) struct buf said = { 0 }, dump = { 0 }, again = { 0 };
	struct conf *c, *c2;

	if (size > TEXT_MAX)
		return 0;
	buf_init(&said, 1 << 20);
	buf_init(&dump, 1 << 20);
	buf_init(&again, 1 << 20);
	try_peek(a, fuzz_str(data, size));
	if (failed(load(a, fuzz_str(data, size), &said, &c)))
		return 0;
	fuzz_accepted++;
	check_values(c);
	conf_dump(c, &dump);
	assert(!failed(load(a, buf_str(&dump), &said, &c2)));
	conf_dump(c2, &again);
	assert(!dump.overflowed && str_eq(buf_str(&dump), buf_str(&again)));
	return 0;
}
