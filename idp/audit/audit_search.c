/* audit_search.c - see audit_search.h. */
#include "idp/audit/audit_search.h"
#include "idp/audit/audit.h"
#include "base/clock.h"

enum { TEXT_MAX = 200, EXPORT_PAGE = 1000, LINE_ROOM = 4096 };

struct search { struct arena *arena; const struct audit_filter *f; struct str from_id, before_id; struct audit_line *v; size_t n, max; bool more; };

static MUST struct err line_row(const struct store_row *r, void *arg)
{
	struct search *s = arg;
	struct arena *a = s->arena;

	if (s->n == s->max) {
		s->more = true;
		return NO_ERR;
	}
	s->v[s->n++] = (struct audit_line){ arena_dup(a, row_str(r, 0)), row_int(r, 1), arena_dup(a, row_str(r, 2)), arena_dup(a, row_str(r, 3)),
		arena_dup(a, row_str(r, 4)), arena_dup(a, row_str(r, 5)), arena_dup(a, row_str(r, 6)), row_int(r, 7) };
	return NO_ERR;
}

static MUST struct err search_tx(struct store_tx *tx, void *arg)
{
	/* By the primary key alone, so that a page costs what it shows and what it passes over. An actor may
	 * stand before an account, and an account after one. */
	static const char sql[] = "SELECT id, at_s, event, reason, request, client_id, actor, n FROM audit WHERE id >= $1 AND id < $2"
		" AND ($3 = '' OR event = $3 OR substr(event, 1, length($3) + 1) = $3 || '.')"
		" AND ($4 = '' OR actor = $4 OR substr(actor, 1, length($4) + 1) = $4 || ' '"
		"  OR (length(actor) > length($4) AND substr(actor, length(actor) - length($4)) = ' ' || $4))"
		" AND ($5 = '' OR client_id = $5) AND ($6 = 0 OR ($6 = 1 AND reason = '') OR ($6 = 2 AND reason <> ''))"
		" ORDER BY id DESC LIMIT $7";
	struct search *s = arg;

	s->n = 0;
	s->more = false;
	return store_each(tx, sql, line_row, s, str_(s->from_id), str_(s->before_id), str_(s->f->event), str_(s->f->actor),
		str_(s->f->client_id), int_(s->f->outcome), int_(s->max + 1));
}

static bool is_fine(struct str s)
{
	return s.n <= TEXT_MAX && !str_has_control(s);
}

struct err audit_search(struct store *store, struct arena *arena, const struct audit_filter *f, size_t max,
	struct audit_line **ret_v, size_t *ret_n, bool *ret_more)
{
	struct search s = { .arena = arena, .f = f, .from_id = audit_id_before(arena, f->from_s), .max = max < AUDIT_PAGE_MAX ? max : AUDIT_PAGE_MAX };

	ENSURE(is_fine(f->event) && is_fine(f->actor) && is_fine(f->client_id) && is_fine(f->before_id), MALFORMED, "audit.filter");
	s.before_id = f->before_s ? audit_id_before(arena, f->before_s) : STR("g");    /* after every hexadecimal digit */
	if (f->before_id.n && str_cmp(f->before_id, s.before_id) < 0)
		s.before_id = f->before_id;
	s.v = arena_array(arena, struct audit_line, s.max + 1);
	TRY(store_read(store, search_tx, &s));
	*ret_v = s.v;
	*ret_n = s.n;
	*ret_more = s.more;
	return NO_ERR;
}

/* ---- CSV ---- */

void audit_csv_field(struct buf *out, struct str s)
{
	/* OWASP, CSV injection: = + - @, tab and carriage return begin a formula. */
	bool formula = s.n && strchr("=+-@\t\r", s.p[0]), quoted = formula;

	for (size_t i = 0; i < s.n && !quoted; i++)
		quoted = s.p[i] == '"' || s.p[i] == ',' || s.p[i] == '\r' || s.p[i] == '\n';
	if (quoted)
		buf_add_char(out, '"');
	if (formula)
		buf_add_char(out, '\'');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			buf_add_char(out, '"');
		buf_add_char(out, s.p[i]);
	}
	if (quoted)
		buf_add_char(out, '"');
}

static void add_line(struct buf *out, struct arena *a, const struct audit_line *l)
{
	struct str fields[] = { time_format_utc(a, l->at_s), l->event, l->reason, l->client_id, l->actor, l->request };

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		audit_csv_field(out, fields[i]);
		buf_add_char(out, ',');
	}
	buf_addf(out, "%lld\r\n", (long long)l->n);
}

struct err audit_export(struct store *store, const struct audit_filter *filter, struct buf *out, struct arena *arena, size_t *ret_lines,
	struct str *ret_cut)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(8 << 20);
	struct audit_filter f = *filter;
	bool more = true;
	size_t lines = 0;

	buf_add_c(out, "time,event,reason,partner,actor,request,count\r\n");
	while (more && lines < AUDIT_EXPORT_LINES && out->max - out->n > LINE_ROOM) {
		struct audit_line *v = NULL;
		size_t n = 0, i = 0;

		TRY(audit_search(store, a, &f, EXPORT_PAGE, &v, &n, &more));
		for (; i < n && lines < AUDIT_EXPORT_LINES && out->max - out->n > LINE_ROOM; i++, lines++)
			add_line(out, a, &v[i]);
		more |= i < n;
		f.before_id = i ? arena_dup(arena, v[i - 1].id) : f.before_id;
		arena_reset(a);
	}
	TRY(buf_err(out));
	*ret_lines = lines;
	*ret_cut = more ? f.before_id : STR_NONE;
	return NO_ERR;
}
