/* receipt.c - the numbers that citizens write down (EL-2026-000123), and the way to the page that shows them. */
#include "services/kit/demande.h"
#include "services/kit/kit_impl.h"

enum { KEPT_S = 900 };
static const char cookie_name[] = "recepisse";

struct err kit_receipt_next(struct store_tx *tx, struct arena *a, const char *prefix, int64_t now_s, struct str *ret_number)
{
	int year = page_paris(now_s).year;
	struct str name = arena_printf(a, "%s-%d", prefix, year);
	struct store_row row;

	TRY(store_one(tx, "INSERT INTO kit_sequence (name, last) VALUES ($1, 1)"
		" ON CONFLICT (name) DO UPDATE SET last = kit_sequence.last + 1 RETURNING last", &row, str_(name)));
	ENSURE(row.found, BROKEN, "kit.sequence");
	*ret_number = arena_printf(a, STR_FMT "-%06lld", STR_ARG(name), (long long)row_int(&row, 0));
	return NO_ERR;
}

struct receipt { struct str number, code; bool already; int64_t expires_at_s; };

static void receipt_io(struct frame_io *io, void *m)
{
	struct receipt *r = m;

	io_str(io, &r->number);
	io_str(io, &r->code);
	io_bool(io, &r->already);
	io_i64(io, &r->expires_at_s);
}

static bool kept(struct kit *k, const struct http_req *req, struct receipt *ret_r)
{
	struct str text = http_cookie(req, k->https, cookie_name);

	return text.n && !failed(unseal(req->arena, k->keys, STR("kit.receipt"), text, receipt_io, ret_r)) && req->now_s <= ret_r->expires_at_s;
}

static void keep(struct kit *k, const struct http_req *req, struct http_resp *resp, const struct kit_demande *d)
{
	struct receipt r = { d->number, d->follow_up, d->already, req->now_s + KEPT_S };
	struct str text = STR_NONE;

	/* It fails for size alone, and this is small. Gone with the browser's window, at the latest in a quarter of an hour. */
	if (!failed(seal(req->arena, k->keys, STR("kit.receipt"), receipt_io, &r, &text)))
		http_set_cookie(req, resp, k->https, cookie_name, text, 0);
}

struct http_resp *kit_to_receipt(struct kit *k, const struct http_req *req, const struct kit_demande *d)
{
	struct http_pair pairs[] = { { STR("numero"), d->number }, { STR("deja"), STR("1") } };
	struct http_resp *resp;

	if (d->pseudonym.n == 0) {
		resp = http_see_other(req, STR("/recu"));
		keep(k, req, resp, d);
		return resp;
	}
	resp = http_see_other(req, http_add_query(req->arena, STR("/recu"), pairs, d->already ? 2 : 1));
	kit_draft_drop(k, req, resp);
	return resp;
}

struct err kit_receipt_load(struct kit *k, const struct http_req *req, struct kit_demande_view *ret_view, kit_load_fn *load, void *arg)
{
	struct receipt r = { 0 };

	if (http_has(&req->query, "numero")) {
		TRY(kit_demande_asked(k, req, ret_view, load, arg));
		ret_view->demande.already = http_has(&req->query, "deja");
		return NO_ERR;
	}
	ENSURE(kept(k, req, &r), ABSENT, "kit.demande");
	TRY(kit_demande_follow(k, req, r.number, r.code, ret_view, load, arg));
	ret_view->demande.already = r.already;
	ret_view->demande.follow_up = r.code;
	return NO_ERR;
}
