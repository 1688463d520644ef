/* draft.c - what was typed in a form whose session had ended: it waits in the browser.
 *
 * One sealed value, cut in two where a cookie of 4096 bytes cannot hold it. Both together, with the
 * other cookies, stay below the 8 KiB that a reverse proxy gives the Cookie field. */
#include "services/kit/kit_impl.h"
#include "base/ct.h"

enum { DRAFT_TTL_S = 1800, PIECE_MAX = 3500, PIECES = 2 };

static const char *const names[PIECES] = { "brouillon", "brouillon2" };

struct draft { struct str pseudonym, path; struct http_pair *v; size_t n; int64_t expires_at_s; };

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
	io_str(io, &d->path);
	io_list(io, &d->v, &d->n, sizeof *d->v, KIT_DRAFT_PAIRS, pair_io);
	io_i64(io, &d->expires_at_s);
}

/* What was typed, without the csrf value. False when it is too large. */
static bool draft_of(const struct http_req *req, struct draft *d)
{
	size_t bytes = 0;

	d->v = arena_array(req->arena, struct http_pair, req->form.n + 1);
	for (size_t i = 0; i < req->form.n; i++) {
		if (str_eq(req->form.v[i].name, STR("csrf")))
			continue;
		bytes += req->form.v[i].name.n + req->form.v[i].value.n;
		d->v[d->n++] = req->form.v[i];
	}
	return d->n <= KIT_DRAFT_PAIRS && bytes <= KIT_DRAFT_TEXT;
}

bool kit_draft_keep(struct kit *k, const struct http_req *req, struct http_resp *resp, const struct kit_form *form)
{
	struct draft d = { .pseudonym = form->pseudonym, .path = req->path, .expires_at_s = req->now_s + DRAFT_TTL_S };
	struct str text = STR_NONE;

	if (form->pseudonym.n == 0 || !draft_of(req, &d))
		return false;
	if (failed(seal(req->arena, k->keys, STR("kit.draft"), draft_io, &d, &text)) || text.n > PIECES * PIECE_MAX)
		return false;
	for (size_t i = 0; i < PIECES; i++) {
		struct str piece = str_slice(text, i * PIECE_MAX, (i + 1) * PIECE_MAX);

		/* The second piece of an older draft would not fit to this one. */
		if (piece.n || http_cookie(req, k->https, names[i]).n)
			http_set_cookie(req, resp, k->https, names[i], piece, piece.n ? DRAFT_TTL_S : -1);
	}
	return true;
}

bool kit_draft_take(struct kit *k, const struct http_req *req, const struct kit_usager *u, struct http_pairs *ret_pairs)
{
	struct str text = http_cookie(req, k->https, names[0]), rest = http_cookie(req, k->https, names[1]);
	struct draft d = { 0 };

	if (text.n == 0)
		return false;
	if (rest.n)
		text = arena_concat(req->arena, (struct str[]){ text, rest }, 2);
	if (failed(unseal(req->arena, k->keys, STR("kit.draft"), text, draft_io, &d)))
		return false;
	/* Another citizen at the same computer does not see it, nor does another form take it for its own. */
	if (req->now_s > d.expires_at_s || !str_eq(d.path, req->path) || !ct_str_equal(d.pseudonym, u->pseudonym))
		return false;
	*ret_pairs = (struct http_pairs){ d.v, d.n };
	return true;
}

void kit_draft_drop(struct kit *k, const struct http_req *req, struct http_resp *resp)
{
	for (size_t i = 0; i < PIECES; i++)
		if (http_cookie(req, k->https, names[i]).n)
			http_set_cookie(req, resp, k->https, names[i], STR_NONE, -1);
}
