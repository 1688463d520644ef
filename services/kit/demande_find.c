/* demande_find.c - finding what was filed: by its citizen, or by number and code. Every query names the
 * citizen, or its caller compares the code: nothing is found by number alone. */
#include "services/kit/demande.h"
#include "base/ct.h"
#include "services/kit/follow_up.h"
#include "base/printed_code.h"
#include "services/kit/kit_impl.h"

enum { YEAR_DIGITS = 4 };

struct find {
	struct arena *arena;
	int64_t now_s;
	struct str pseudonym, number, code /* empty: by pseudonym */;
	struct kit_demande_view *view;
	kit_load_fn *load;
	void *arg;
};

static struct str state_of(const struct store_row *row)
{
	if (str_eq(row_str(row, 4), STR("closed")))
		return STR("closed");
	return row_null(row, 7) ? STR("filed") : STR("received");
}

int64_t kit_demande_since_s(const struct kit_demande *d)
{
	return str_eq(d->state, STR("closed")) ? d->closed_at_s : str_eq(d->state, STR("received")) ? d->received_at_s : d->filed_at_s;
}

struct kit_demande kit_demande_of(struct arena *a, const struct store_row *row)
{
	return (struct kit_demande){ .number = arena_dup(a, row_str(row, 0)), .kind = arena_c(a, row_str(row, 1)),
		.filed_at_s = row_int(row, 2), .expires_at_s = row_int(row, 3), .state = state_of(row), .received_at_s = row_int(row, 7), .closed_at_s = row_int(row, 8),
		.word = arena_dup(a, row_str(row, 5)), .pseudonym = arena_dup(a, row_str(row, 6)) };
}

static MUST struct err details(struct store_tx *tx, const struct find *f)
{
	struct kit_demande_view *v = f->view;

	/* Over, and the purge has not come by yet. */
	ENSURE(!v->demande.expires_at_s || f->now_s <= v->demande.expires_at_s, ABSENT, "kit.demande");
	TRY(kit_mail_is_promised(tx, v->demande.number, &v->message));
	TRY(kit_read_log_list(tx, f->arena, v->demande.number, KIT_READERS, v->readers, &v->reader_n, &v->older_n));
	return f->load ? f->load(tx, f->arena, &v->demande, f->arg) : NO_ERR;
}

static struct err find_tx(struct store_tx *tx, void *arg)
{
	struct find *f = arg;
	struct store_row row;

	TRY(store_one(tx, "SELECT " KIT_DEMANDE_COLUMNS " FROM kit_demande WHERE number = $1 AND pseudonym = $2 AND pseudonym <> ''", &row,
		str_(f->number), str_(f->pseudonym)));
	ENSURE(row.found, ABSENT, "kit.demande");
	f->view->demande = kit_demande_of(f->arena, &row);
	return details(tx, f);
}

struct err kit_demande_find(struct kit *k, const struct http_req *req, struct str pseudonym, struct str number,
	struct kit_demande_view *ret_view, kit_load_fn *load, void *arg)
{
	struct find f = { .arena = req->arena, .now_s = req->now_s, .pseudonym = pseudonym, .number = number, .view = ret_view, .load = load, .arg = arg };

	return store_read(k->store, find_tx, &f);
}

struct err kit_demande_asked(struct kit *k, const struct http_req *req, struct kit_demande_view *ret_view, kit_load_fn *load, void *arg)
{
	const struct kit_usager *u = NULL;

	TRY(kit_usager(k, req, &u));
	return kit_demande_find(k, req, u->pseudonym, http_get(&req->query, "numero"), ret_view, load, arg);
}

static struct err follow_tx(struct store_tx *tx, void *arg)
{
	struct find *f = arg;
	struct str hash = follow_up_hash(f->arena, f->number, f->code);
	struct store_row row;

	TRY(store_one(tx, "SELECT " KIT_DEMANDE_COLUMNS ", code_hash FROM kit_demande WHERE number = $1 AND pseudonym = ''", &row, str_(f->number)));
	/* Compared also when there is no such number. */
	bool same = ct_str_equal(hash, row.found ? row_str(&row, KIT_DEMANDE_COLUMN_N)
		: STR("----------------------------------------------------------------"));
	ENSURE(row.found && f->code.n && same, ABSENT, "kit.demande");
	f->view->demande = kit_demande_of(f->arena, &row);
	return details(tx, f);
}

static bool is_letter(char c) { return c >= 'A' && c <= 'Z'; }

/* "ec 2026 000123" or "EC2026000123", as it is read out or copied from a page: the hyphens are ours to put. */
static struct str number_read(struct arena *a, struct str typed)
{
	char *p = arena_alloc(a, typed.n + 1);
	size_t n = 0, letters = 0;

	for (size_t i = 0; i < typed.n; i++) {
		char c = typed.p[i];

		if (c == '-' || c == ' ' || c == '.' || (unsigned char)c >= 0x80)
			continue;
		p[n++] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
	}
	while (letters < n && is_letter(p[letters]))
		letters++;
	struct str prefix = { p, letters }, digits = { p + letters, n - letters };
	return arena_concat(a, (struct str[]){ prefix, STR("-"), str_slice(digits, 0, YEAR_DIGITS), STR("-"), str_slice(digits, YEAR_DIGITS, digits.n) }, 5);
}

struct err kit_demande_follow(struct kit *k, const struct http_req *req, struct str number, struct str code,
	struct kit_demande_view *ret_view, kit_load_fn *load, void *arg)
{
	struct find f = { .arena = req->arena, .now_s = req->now_s, .number = number_read(req->arena, number), .code = printed_code_read(req->arena, code),
		.view = ret_view, .load = load, .arg = arg };
	struct err e = store_read(k->store, follow_tx, &f);

	if (failed(e))
		kit_audit_refusal(k, "demande.follow", e);
	return e;
}

struct list { struct arena *arena; struct str pseudonym; struct kit_demande_list *ret; };

static struct err list_row(const struct store_row *row, void *arg)
{
	struct list *l = arg;

	l->ret->more = l->ret->n == KIT_LIST;
	if (!l->ret->more)
		l->ret->v[l->ret->n++] = kit_demande_of(l->arena, row);
	return NO_ERR;
}

static struct err list_tx(struct store_tx *tx, void *arg)
{
	struct list *l = arg;

	l->ret->n = 0;
	l->ret->more = false;
	return store_each(tx, "SELECT " KIT_DEMANDE_COLUMNS " FROM kit_demande WHERE pseudonym = $1 AND pseudonym <> ''"
		" ORDER BY filed_at_s DESC, number DESC LIMIT $2", list_row, l, str_(l->pseudonym), int_(KIT_LIST + 1));
}

struct err kit_demande_list(struct kit *k, const struct http_req *req, struct str pseudonym, struct kit_demande_list *ret_list)
{
	struct list l = { req->arena, pseudonym, ret_list };

	return store_read(k->store, list_tx, &l);
}
