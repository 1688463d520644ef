/* conf_print.c - the configuration said again: as a file, and as a page of the manual. */
#include "base/conf_impl.h"

static const char *const type_words[] = {
	[CONF_TEXT] = "text", [CONF_PATH] = "path", [CONF_FILE] = "file", [CONF_INT] = "number", [CONF_BOOL] = "true or false",
	[CONF_ADDRESS] = "address:port", [CONF_IP] = "IP address", [CONF_URL] = "URL", [CONF_COLOUR] = "colour",
};

/* Single quotes: libconfuse expands ${NAME} of the environment between double ones. */
static void add_quoted(struct buf *out, struct str s)
{
	buf_add_char(out, '\'');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\'' || s.p[i] == '\\')
			buf_add_char(out, '\\');
		buf_add_char(out, s.p[i]);
	}
	buf_add_char(out, '\'');
}

static void add_value(struct buf *out, const struct conf_row *row, struct str s)
{
	if (row->type == CONF_INT || row->type == CONF_BOOL)
		buf_add(out, s);
	else
		add_quoted(out, s);
}

void conf_dump(const struct conf *c, struct buf *out)
{
	for (size_t i = 0; i < c->row_n; i++) {
		const struct conf_row *row = &c->rows[i];
		const struct conf_value *value = &c->values[i];

		buf_addf(out, "# %s\n", row->help);
		if (value->n == 0 && !row->list) {
			buf_addf(out, "# %s is not set\n\n", row->name);
			continue;
		}
		buf_addf(out, "%s = %s", row->name, row->list ? "{" : "");
		for (size_t k = 0; k < value->n; k++) {
			buf_add_c(out, k ? ", " : "");
			add_value(out, row, value->v[k]);
		}
		buf_add_c(out, row->list ? "}\n\n" : "\n\n");
	}
}

static void add_limits(struct buf *out, const struct conf_row *row)
{
	if (row->list)
		buf_addf(out, "list of %s", type_words[row->type]);
	else if (row->type == CONF_INT)
		buf_addf(out, "%lld to %lld", (long long)row->min, (long long)row->max);
	else
		buf_addf(out, "%s%s", row->secret ? "secret " : "", type_words[row->type]);
}

void conf_manual(const struct conf_row *rows, size_t n, struct buf *out)
{
	buf_add_c(out, "| key | value | default | meaning |\n| --- | --- | --- | --- |\n");
	for (size_t i = 0; i < n; i++) {
		buf_addf(out, "| `%s` | ", rows[i].name);
		add_limits(out, &rows[i]);
		if (rows[i].required)
			buf_add_c(out, " | **required**");
		else if (rows[i].same_as)
			buf_addf(out, " | `%s`", rows[i].same_as);
		else
			buf_addf(out, rows[i].dflt ? " | `%s`" : " | %s", rows[i].dflt ? rows[i].dflt : "");
		buf_addf(out, " | %s |\n", rows[i].help);
	}
}
