/* conf.c - libconfuse reads, the table decides; see conf.h.
 *
 * libconfuse is told that everything is a string: types, ranges and their words are ours, so that
 * every refusal has the same form. It keeps no line for a value, so each is checked while it is
 * being read.
 */
#include "base/conf_impl.h"
#include <confuse.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* One reading of one file. libconfuse hands nothing of the caller's to its callbacks; a
 * configuration is read by one thread, at start and at reload. */
struct reading {
	struct arena *a;
	struct conf *conf;
	struct str folder;      /* of the file, absolute: where relative paths start */
	struct buf *complaints;
	unsigned *seen;         /* lists: values at the last call; others: times */
	unsigned *singles;      /* lists: calls with one value */
	bool refused;
};
static struct reading *reading;

static size_t row_index(const struct conf *c, const char *name)
{
	size_t i = 0;

	while (i < c->row_n && strcmp(c->rows[i].name, name) != 0)
		i++;
	return i;
}

/* ---- complaints ---- */

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* Levenshtein's distance, for "did you mean". */
static size_t distance(const char *a, const char *b)
{
	enum { WORD = 64 };
	size_t row[WORD + 1], an = strlen(a), bn = strlen(b);

	if (an > WORD || bn > WORD)
		return WORD;
	for (size_t j = 0; j <= bn; j++)
		row[j] = j;
	for (size_t i = 1; i <= an; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= bn; j++) {
			size_t above = row[j];

			row[j] = least(least(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[bn];
}

static const char *nearest(const struct conf *c, const char *name)
{
	size_t best = strlen(name) / 2 + 1;
	const char *found = NULL;

	for (size_t i = 0; i < c->row_n; i++) {
		size_t d = distance(name, c->rows[i].name);

		if (d < best) {
			best = d;
			found = c->rows[i].name;
		}
	}
	return found;
}

static void complain_unknown(cfg_t *cfg, const char *name)
{
	const char *near = nearest(reading->conf, name);

	buf_addf(reading->complaints, "%s:%d: unknown key \"%s\"", cfg->filename, cfg->line, name);
	if (near)
		buf_addf(reading->complaints, "; did you mean \"%s\"?", near);
	buf_add_char(reading->complaints, '\n');
}

/* What a file says is repeated in complaints: on one line, and nothing that a terminal obeys. */
static void one_line(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

static void on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	static const char unknown[] = "no such option '";
	char text[256];
	char *end;

	vsnprintf(text, sizeof text, fmt, ap);
	one_line(text);
	reading->refused = true;
	if (strncmp(text, unknown, sizeof unknown - 1) == 0 && (end = strrchr(text, '\''))) {
		*end = '\0';
		complain_unknown(cfg, text + sizeof unknown - 1);
		return;
	}
	buf_addf(reading->complaints, "%s:%d: %s\n", cfg->filename, cfg->line, text);
}

void conf_complain(const struct conf *c, const char *name, struct buf *complaints, const char *fmt, ...)
{
	size_t i = row_index(c, name);
	int line = i < c->row_n ? c->values[i].line : 0;
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	one_line(text);
	buf_add_c(complaints, c->path);
	if (line)
		buf_addf(complaints, ":%d", line);
	buf_addf(complaints, ": %s: %s\n", name, text);
}

/* ---- reading ---- */

/* A second `x = ` of a list starts again at one value. */
static bool named_twice(const struct conf_row *row, size_t at, unsigned values)
{
	unsigned before = reading->seen[at];

	if (!row->list) {
		reading->seen[at]++;
		return before > 0;
	}
	reading->seen[at] = values;
	if (values == 1)
		reading->singles[at]++;
	return values < before || reading->singles[at] > 2;
}

static int on_value(cfg_t *cfg, cfg_opt_t *opt)
{
	struct conf *c = reading->conf;
	size_t at = row_index(c, opt->name);
	const struct conf_row *row = &c->rows[at];
	unsigned values = cfg_opt_size(opt);
	struct str value = str_from_c(values ? cfg_opt_getnstr(opt, values - 1) : NULL);
	int first = c->values[at].line;
	const char *refusal;

	if (first == 0)
		c->values[at].line = cfg->line;
	if (named_twice(row, at, values)) {
		reading->refused = true;
		c->values[at].line = cfg->line;
		conf_complain(c, row->name, reading->complaints, "named twice; first on line %d", first);
		return 1;
	}
	refusal = values ? conf_refusal(row, value) : NULL;
	if (refusal) {
		reading->refused = true;
		c->values[at].line = cfg->line;
		conf_complain(c, row->name, reading->complaints, "\"" STR_FMT "\" is not %s", STR_ARG(str_slice(value, 0, 200)), refusal);
		return 1;
	}
	return 0;
}

static struct str value_keep(const struct conf_row *row, const char *text)
{
	bool is_path = row->type == CONF_PATH || row->type == CONF_FILE;

	if (is_path && text[0] != '/' && text[0] != '\0')
		return arena_printf(reading->a, STR_FMT "/%s", STR_ARG(reading->folder), text);
	return arena_dup(reading->a, str_from_c(text));
}

static void values_take(cfg_t *cfg, struct conf *c)
{
	for (size_t i = 0; i < c->row_n; i++) {
		const struct conf_row *row = &c->rows[i];
		struct conf_value *value = &c->values[i];
		unsigned n = value->line ? cfg_size(cfg, row->name) : 0;

		if (n > CONF_VALUES_MAX)
			n = CONF_VALUES_MAX + 1;
		value->v = arena_array(reading->a, struct str, n + 1);
		for (unsigned k = 0; k < n; k++)
			value->v[value->n++] = value_keep(row, cfg_getnstr(cfg, row->name, k));
		if (value->n == 0 && !row->list && row->dflt)
			value->v[value->n++] = value_keep(row, row->dflt);
		if (value->n == 0 && row->same_as)
			*value = (struct conf_value){ c->values[row_index(c, row->same_as)].v,
				c->values[row_index(c, row->same_as)].n, value->line };
	}
}

static void check_counts(const struct conf *c)
{
	for (size_t i = 0; i < c->row_n; i++) {
		const struct conf_row *row = &c->rows[i];
		size_t n = c->values[i].n;
		size_t max = row->max ? (size_t)row->max : CONF_VALUES_MAX;

		if (row->required && n == 0) {
			reading->refused = true;
			conf_complain(c, row->name, reading->complaints, "required and missing: %s", row->help);
		} else if (row->list && n && (n > max || n < (size_t)row->min)) {
			reading->refused = true;
			conf_complain(c, row->name, reading->complaints, "%zu values; %zu to %zu are possible",
				n, (size_t)row->min, max);
		}
	}
}

static cfg_opt_t *options_of(struct arena *a, const struct conf_row *rows, size_t n)
{
	cfg_opt_t *options = arena_array(a, cfg_opt_t, n + 1);

	for (size_t i = 0; i < n; i++)
		options[i] = rows[i].list ? (cfg_opt_t)CFG_STR_LIST(rows[i].name, NULL, CFGF_NONE)
		                          : (cfg_opt_t)CFG_STR(rows[i].name, NULL, CFGF_NONE);
	options[n] = (cfg_opt_t)CFG_END();
	return options;
}

static struct str folder_of(struct arena *a, const char *path)
{
	char *real = realpath(path, NULL);
	struct str folder = arena_dup(a, str_from_c(real));

	free(real);
	while (folder.n > 0 && folder.p[folder.n - 1] != '/')
		folder.n--;
	return str_slice(folder, 0, folder.n ? folder.n - 1 : 0);
}

static FILE *open_text(const char *path, struct buf *complaints)
{
	FILE *file = fopen(path, "re");
	struct stat st;

	if (file && fstat(fileno(file), &st) == 0 && S_ISREG(st.st_mode))
		return file;
	buf_addf(complaints, "%s: %s\n", path, file ? "is not a file" : strerror(errno));
	if (file)
		fclose(file);
	return NULL;
}

static MUST struct err read_file(struct reading *r, const char *path)
{
	cfg_opt_t *options = options_of(r->a, r->conf->rows, r->conf->row_n);
	FILE *file = open_text(path, r->complaints);
	cfg_t *cfg;

	ENSURE(file, MALFORMED, "conf.read");
	cfg = cfg_init(options, CFGF_NONE);
	if (!cfg || !(cfg->filename = strdup(path)))
		abort();
	(void)cfg_set_error_function(cfg, on_error);
	for (size_t i = 0; i < r->conf->row_n; i++)
		(void)cfg_set_validate_func(cfg, r->conf->rows[i].name, on_value);
	int result = cfg_parse_fp(cfg, file);
	fclose(file);
	if (result != CFG_SUCCESS && !r->refused)    /* libconfuse refuses an empty name without a word */
		buf_addf(r->complaints, "%s:%d: not a key\n", path, cfg->line);
	if (result == CFG_SUCCESS && !r->refused) {
		values_take(cfg, r->conf);
		check_counts(r->conf);
	}
	cfg_free(cfg);
	ENSURE(result == CFG_SUCCESS, MALFORMED, "conf.syntax");
	ENSURE(!r->refused, MALFORMED, "conf.value");
	return NO_ERR;
}

struct err conf_load(struct arena *a, const char *path, const struct conf_row *rows, size_t n,
	struct buf *complaints, struct conf **ret_conf)
{
	struct conf *c = arena_new(a, struct conf);
	struct reading r = { a, c, folder_of(a, path), complaints, arena_array(a, unsigned, n + 1), arena_array(a, unsigned, n + 1), false };
	struct err e;

	*c = (struct conf){ arena_c(a, str_from_c(path)), rows, n, arena_array(a, struct conf_value, n + 1) };
	reading = &r;
	e = read_file(&r, path);
	reading = NULL;
	TRY(e);
	*ret_conf = c;
	return NO_ERR;
}

struct err conf_peek(struct arena *a, const char *path, const char *name, struct buf *complaints, struct str *ret_text)
{
	cfg_opt_t options[] = { CFG_STR(name, NULL, CFGF_NONE), CFG_END() };
	struct conf none = { .path = path };
	struct reading r = { .a = a, .conf = &none, .complaints = complaints };
	FILE *file = open_text(path, complaints);
	const char *text;
	cfg_t *cfg;

	ENSURE(file, MALFORMED, "conf.read");
	cfg = cfg_init(options, CFGF_IGNORE_UNKNOWN);
	if (!cfg || !(cfg->filename = strdup(path)))
		abort();
	reading = &r;
	(void)cfg_set_error_function(cfg, on_error);
	int result = cfg_parse_fp(cfg, file);
	reading = NULL;
	fclose(file);
	text = result == CFG_SUCCESS ? cfg_getstr(cfg, name) : NULL;
	if (text)
		*ret_text = arena_dup(a, str_from_c(text));
	cfg_free(cfg);
	ENSURE(result == CFG_SUCCESS, MALFORMED, "conf.syntax");
	if (text)
		return NO_ERR;
	conf_complain(&none, name, complaints, "required and missing");
	return err_of(MALFORMED, "conf.value");
}

/* ---- values ---- */

static const struct conf_value *value_of(const struct conf *c, const char *name)
{
	size_t i = row_index(c, name);

	if (i == c->row_n)
		abort();
	return &c->values[i];
}

bool conf_is_set(const struct conf *c, const char *name) { return value_of(c, name)->n > 0; }
size_t conf_count(const struct conf *c, const char *name) { return value_of(c, name)->n; }
struct str conf_text(const struct conf *c, const char *name) { return conf_nth(c, name, 0); }
bool conf_bool(const struct conf *c, const char *name) { return str_eq_c(conf_text(c, name), "true"); }

struct str conf_nth(const struct conf *c, const char *name, size_t i)
{
	const struct conf_value *v = value_of(c, name);

	return i < v->n ? v->v[i] : STR_NONE;
}

int64_t conf_i64(const struct conf *c, const char *name)
{
	int64_t n = 0;

	return failed(str_to_i64(conf_text(c, name), INT64_MAX, &n)) ? 0 : n;
}

const struct conf_row *conf_rows(const struct conf *c, size_t *ret_n)
{
	*ret_n = c->row_n;
	return c->rows;
}
