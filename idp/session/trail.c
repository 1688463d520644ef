/* trail.c - see trail.h. */
#include "idp/session/trail.h"

enum { KEPT_S = 900, COOKIE_MAX = 3800 };

static void line_io(struct frame_io *io, void *m)
{
	struct logout_line *l = m;

	io_str(io, &l->client_id);
	io_enum(io, &l->outcome, LOGOUT_OUTCOME_COUNT);
	io_bool(io, &l->way_out);
	io_str(io, &l->subject);
	io_str(io, &l->sid);
}

/* What has become of one line. */
struct fate { struct str client_id, request_id; enum logout_outcome outcome; bool framed; int64_t expires_s; };

static void fate_io(struct frame_io *io, void *m)
{
	struct fate *f = m;

	io_str(io, &f->client_id);
	io_str(io, &f->request_id);
	io_enum(io, &f->outcome, LOGOUT_OUTCOME_COUNT);
	io_bool(io, &f->framed);
	io_i64(io, &f->expires_s);
}

static void trail_io(struct frame_io *io, void *m)
{
	struct trail *t = m;
	uint32_t n = (uint32_t)t->n;

	io_u32(io, &n);
	t->n = n <= TRAIL_MAX ? n : 0;
	for (size_t i = 0; i < t->n; i++)
		line_io(io, &t->v[i]);
	io_str(io, &t->back_url);
	io_str(io, &t->back_client);
	io_str(io, &t->back_request);
	io_str(io, &t->back_relay);
	io_i64(io, &t->expires_s);
}

static bool fits(struct idp *idp, const struct http_req *req, struct trail *t)
{
	struct str text = STR_NONE;

	if (failed(seal(req->arena, idp->keys, STR("logout trail"), trail_io, t, &text)) || text.n > COOKIE_MAX)
		return false;
	t->sealed = text;
	return true;
}

bool trail_begin(struct idp *idp, const struct http_req *req, struct trail *t, struct logout_line *lines, size_t n)
{
	bool any = false;

	t->expires_s = req->now_s + KEPT_S;
	for (size_t i = 0; i < n; i++)
		any |= lines[i].way_out || (t->back_client.n && lines[i].outcome != LOGOUT_TOLD);
	for (t->n = 0; t->n < n && t->n < TRAIL_MAX; t->n++)
		t->v[t->n] = lines[t->n];
	if (any && n <= TRAIL_MAX && fits(idp, req, t))
		return true;
	for (size_t i = 0; i < n; i++)
		lines[i].way_out = false;
	return false;
}

static const char *fate_cookie(struct arena *a, size_t i)
{
	return arena_printf(a, "%s%zu", COOKIE_LEAVE, i).p;
}

/* One of another trail is of another moment. */
static void fate_load(struct idp *idp, const struct http_req *req, const struct trail *t, size_t i, struct logout_line *line)
{
	struct str text = http_cookie(req, idp->set.https, fate_cookie(req->arena, i));
	struct fate f = { 0 };

	if (!text.n || failed(unseal(req->arena, idp->keys, STR("logout fate"), text, fate_io, &f)))
		return;
	if (f.expires_s != t->expires_s || !str_eq(f.client_id, line->client_id))
		return;
	line->outcome = f.outcome;
	line->request_id = f.request_id;
	line->framed = f.framed;
}

void trail_line_set(struct idp *idp, const struct http_req *req, const struct trail *t, size_t i, struct http_resp *r)
{
	struct fate f = { t->v[i].client_id, t->v[i].request_id, t->v[i].outcome, t->v[i].framed, t->expires_s };
	struct str text = STR_NONE;

	/* It fails for size alone, and this is small. */
	if (!failed(seal(req->arena, idp->keys, STR("logout fate"), fate_io, &f, &text)))
		http_set_cookie(req, r, idp->set.https, fate_cookie(req->arena, i), text, t->expires_s - req->now_s);
}

struct err trail_load(struct idp *idp, const struct http_req *req, struct trail *ret)
{
	struct str text = http_cookie(req, idp->set.https, COOKIE_LEAVE);

	ENSURE(text.n && !failed(unseal(req->arena, idp->keys, STR("logout trail"), text, trail_io, ret)) && req->now_s < ret->expires_s,
		ABSENT, "logout.trail");
	ret->sealed = text;
	for (size_t i = 0; i < ret->n; i++)
		fate_load(idp, req, ret, i, &ret->v[i]);
	return NO_ERR;
}

void trail_set(struct idp *idp, const struct http_req *req, const struct trail *t, struct http_resp *r)
{
	http_set_cookie(req, r, idp->set.https, COOKIE_LEAVE, t->sealed, t->expires_s - req->now_s);
}

void trail_clear(struct idp *idp, const struct http_req *req, struct http_resp *r)
{
	http_set_cookie(req, r, idp->set.https, COOKIE_LEAVE, STR_NONE, -1);
}
