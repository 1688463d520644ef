/* flow.c - sealing and opening flows, and the cookie that names a browser. */
#include "idp/authn/flow.h"
#include "base/b64.h"
#include "base/ct.h"

enum { TAB_BYTES = 16 };

static void flow_io(struct frame_io *io, void *m)
{
	struct flow *f = m;

	io_enum(io, &f->kind, FLOW_KIND_COUNT);
	io_bytes(io, f->tab_hash, sizeof f->tab_hash);
	io_str(io, &f->protocol);
	io_str(io, &f->client_id);
	io_str(io, &f->request);
	io_str(io, &f->form_action);
	io_enum(io, &f->lang, LANG_COUNT);
	io_i64(io, &f->asked_at_s);
	io_i64(io, &f->expires_at_s);
	io_bytes(io, f->session, sizeof f->session);
	io_str(io, &f->names);
	io_bool(io, &f->consent);
}

void tab_load(const struct idp *idp, const struct http_req *req, struct tab *ret_tab)
{
	struct str value = http_cookie(req, idp->set.https, COOKIE_TAB), bytes;
	unsigned char fresh[TAB_BYTES];

	ret_tab->fresh = STR_NONE;
	if (failed(b64url_decode(req->arena, value, &bytes)) || bytes.n != TAB_BYTES) {
		random_bytes(fresh, sizeof fresh);
		ret_tab->fresh = b64url_encode(req->arena, fresh, sizeof fresh);
		bytes = arena_dup(req->arena, (struct str){ (const char *)fresh, sizeof fresh });
	}
	sha256(bytes, ret_tab->hash);
}

void tab_set(const struct idp *idp, const struct http_req *req, const struct tab *tab, struct http_resp *r)
{
	if (tab->fresh.n)
		http_set_cookie(req, r, idp->set.https, COOKIE_TAB, tab->fresh, 0);
}

struct str flow_seal(struct idp *idp, const struct http_req *req, const struct tab *tab, struct flow *f)
{
	struct str text;

	memcpy(f->tab_hash, tab->hash, sizeof f->tab_hash);
	f->expires_at_s = req->now_s + idp->set.flow_ttl_s;
	f->lang = req->lang;
	return failed(seal(req->arena, idp->keys, STR("flow"), flow_io, f, &text)) ? STR_NONE : text;
}

struct err flow_open(struct idp *idp, const struct http_req *req, enum flow_kind kind, struct str text, struct flow *ret_flow)
{
	struct flow f = { 0 };

	ENSURE(text.n, MALFORMED, "flow.text");
	ENSURE(!failed(unseal(req->arena, idp->keys, STR("flow"), text, flow_io, &f)) && f.kind == kind, MALFORMED, "flow.text");
	*ret_flow = f;
	return NO_ERR;
}

struct http_req flow_request(const struct http_req *req, const struct flow *f)
{
	struct http_req same = *req;

	if (!http_has(&req->query, "lang"))
		same.lang = f->lang;
	return same;
}

struct err flow_check(const struct flow *f, const struct tab *tab, int64_t now_s)
{
	ENSURE(ct_equal(f->tab_hash, tab->hash, sizeof tab->hash), DENIED, "flow.browser");
	ENSURE(now_s < f->expires_at_s, DENIED, "flow.expired");
	return NO_ERR;
}
