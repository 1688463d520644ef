/* form.c - the sealed values of forms: against forged ones (csrf), doubled ones (form number) and
 * lost ones (a draft that outlives the session, in the browser). */
#include "services/kit/kit_impl.h"
#include "base/b64.h"
#include "base/ct.h"

enum { ID_BYTES = 16, FORM_TTL_S = 86400, DRAFT_TTL_S = 1800, DRAFT_PAIRS = 32, DRAFT_TEXT_MAX = 2048, COOKIE_MAX = 3900 };

struct sealed_form { struct str id, pseudonym; int64_t issued_at_s; };
struct draft { struct str pseudonym; struct http_pair *v; size_t n; int64_t expires_at_s; };

static void sealed_form_io(struct frame_io *io, void *m)
{
	struct sealed_form *f = m;

	io_str(io, &f->id);
	io_str(io, &f->pseudonym);
	io_i64(io, &f->issued_at_s);
}

static void pair_io(struct frame_io *io, void *m)
{
	struct http_pair *p = m;

	io_str(io, &p->name);
	io_str(io, &p->value);
}

static void draft_io(struct frame_io *io, void *m)
{
	struct draft *d = m;

	io_str(io, &d->pseudonym);
	io_list(io, &d->v, &d->n, sizeof *d->v, DRAFT_PAIRS, pair_io);
	io_i64(io, &d->expires_at_s);
}

static struct str seal_form(struct kit *k, const struct http_req *req, struct str purpose, struct str id, struct str pseudonym)
{
	struct sealed_form f = { id, pseudonym, req->now_s };
	struct str text = STR_NONE;
	struct err e = seal(req->arena, k->keys, purpose, sealed_form_io, &f, &text);

	/* It fails for size alone, and this is small; an empty value opens nothing. */
	return failed(e) ? STR_NONE : text;
}

static MUST struct err open_form(struct kit *k, const struct http_req *req, struct str purpose, struct str text, struct sealed_form *ret_f)
{
	TRY(unseal(req->arena, k->keys, purpose, text, sealed_form_io, ret_f));
	ENSURE(req->now_s >= ret_f->issued_at_s - 60 && req->now_s - ret_f->issued_at_s <= FORM_TTL_S, MALFORMED, "kit.form");
	return NO_ERR;
}

struct str kit_csrf(struct kit *k, const struct http_req *req, const struct kit_usager *u)
{
	return seal_form(k, req, STR("kit.csrf"), STR_NONE, u->pseudonym);
}

/* Bound to the citizen and not to one session: a page that stayed open while they signed in again
 * in another tab still works. */
struct err kit_csrf_check(struct kit *k, const struct http_req *req, const struct kit_usager *u)
{
	struct sealed_form f = { 0 };

	ENSURE(!failed(open_form(k, req, STR("kit.csrf"), http_get(&req->form, "csrf"), &f)), DENIED, "kit.csrf");
	ENSURE(ct_str_equal(f.pseudonym, u->pseudonym), DENIED, "kit.csrf");
	return NO_ERR;
}

struct str kit_form_new(struct kit *k, const struct http_req *req, const struct kit_usager *u)
{
	unsigned char id[ID_BYTES];

	random_bytes(id, sizeof id);
	return seal_form(k, req, STR("kit.form"), b64url_encode(req->arena, id, sizeof id), u->pseudonym);
}

struct err kit_form_open(struct kit *k, const struct http_req *req, struct str sealed, struct kit_form *ret_form)
{
	struct sealed_form f = { 0 };

	ENSURE(!failed(open_form(k, req, STR("kit.form"), sealed, &f)), MALFORMED, "kit.form");
	ENSURE(f.id.n > 0 && f.pseudonym.n > 0, MALFORMED, "kit.form");
	*ret_form = (struct kit_form){ f.id, f.pseudonym };
	return NO_ERR;
}

bool kit_draft_keep(struct kit *k, const struct http_req *req, struct http_resp *resp, const struct kit_form *form)
{
	struct draft d = { .pseudonym = form->pseudonym, .expires_at_s = req->now_s + DRAFT_TTL_S };
	struct str text = STR_NONE;
	size_t bytes = 0;

	d.v = arena_array(req->arena, struct http_pair, req->form.n + 1);
	for (size_t i = 0; i < req->form.n; i++) {
		if (str_eq(req->form.v[i].name, STR("csrf")))
			continue;
		bytes += req->form.v[i].name.n + req->form.v[i].value.n;
		d.v[d.n++] = req->form.v[i];
	}
	if (d.n > DRAFT_PAIRS || bytes > DRAFT_TEXT_MAX)
		return false;
	if (failed(seal(req->arena, k->keys, STR("kit.draft"), draft_io, &d, &text)) || text.n > COOKIE_MAX)
		return false;
	http_set_cookie(req, resp, k->https, "brouillon", text, DRAFT_TTL_S);
	return true;
}

bool kit_draft_take(struct kit *k, const struct http_req *req, const struct kit_usager *u, struct http_pairs *ret_pairs)
{
	struct str text = http_cookie(req, k->https, "brouillon");
	struct draft d = { 0 };

	if (text.n == 0 || failed(unseal(req->arena, k->keys, STR("kit.draft"), text, draft_io, &d)))
		return false;
	/* Another citizen at the same computer does not see it. */
	if (req->now_s > d.expires_at_s || !ct_str_equal(d.pseudonym, u->pseudonym))
		return false;
	*ret_pairs = (struct http_pairs){ d.v, d.n };
	return true;
}

void kit_draft_drop(struct kit *k, const struct http_req *req, struct http_resp *resp)
{
	if (http_cookie(req, k->https, "brouillon").n)
		http_set_cookie(req, resp, k->https, "brouillon", STR_NONE, -1);
}
