/* half.c - sealing and opening what stands between the two factors, and the session that follows both. */
#include "idp/authn/half.h"
#include "idp/account/agent.h"
#include "idp/audit/audit.h"
#include "idp/view.h"
#include "base/ct.h"

enum { HALF_TTL_S = 600, RETOUR_MAX = 1024 };

struct sealed_half { unsigned char tab_hash[32]; struct half half; };

static void half_io(struct frame_io *io, void *m)
{
	struct sealed_half *s = m;

	io_bytes(io, s->tab_hash, sizeof s->tab_hash);
	io_bytes(io, s->half.account, sizeof s->half.account);
	io_str(io, &s->half.flow);
	io_str(io, &s->half.retour);
	io_i64(io, &s->half.expires_s);
}

struct str half_seal(struct idp *idp, const struct http_req *req, const struct tab *tab, const struct half *h)
{
	struct sealed_half s = { .half = *h };
	struct str text;

	memcpy(s.tab_hash, tab->hash, sizeof s.tab_hash);
	s.half.expires_s = req->now_s + HALF_TTL_S;
	return failed(seal(req->arena, idp->keys, STR("half"), half_io, &s, &text)) ? STR_NONE : text;
}

struct err half_open(struct idp *idp, const struct http_req *req, struct str text, struct half *ret_half)
{
	struct sealed_half s = { 0 };
	struct tab tab;

	ENSURE(text.n && !failed(unseal(req->arena, idp->keys, STR("half"), text, half_io, &s)), MALFORMED, "half.text");
	tab_load(idp, req, &tab);
	ENSURE(ct_equal(s.tab_hash, tab.hash, sizeof tab.hash), DENIED, "half.browser");
	*ret_half = s.half;
	ENSURE(req->now_s < s.half.expires_s, DENIED, "half.expired");
	return NO_ERR;
}

struct str half_form_action(struct idp *idp, const struct http_req *req, const struct half *h)
{
	struct flow f = { 0 };

	return h->flow.n && !failed(flow_open(idp, req, FLOW_LOGIN, h->flow, &f)) ? f.form_action : STR_NONE;
}

/* Printable, and beginning with one slash: nothing that a browser would take for another site. */
bool half_is_path(struct str retour)
{
	if (!retour.n || retour.n > RETOUR_MAX || retour.p[0] != '/' || (retour.n > 1 && retour.p[1] == '/'))
		return false;
	for (size_t i = 0; i < retour.n; i++)
		if (retour.p[i] <= ' ' || retour.p[i] > '~' || strchr("\\\"<>`{}|^", retour.p[i]))
			return false;
	return true;
}

struct finish { struct flow flow; struct account account; struct agent agent; struct str cookie; struct person who; };

static MUST struct err finish(struct idp *idp, const struct http_req *req, const struct half *h, struct str amr, struct finish *f)
{
	struct session_new n = { .account = &f->account, .kind = SESSION_AGENT, .amr = amr, .acr = STR("f2") };

	/* Of the same tab, and looked at with the password: from there on the half's own ten minutes count. */
	if (h->flow.n)
		TRY(flow_open(idp, req, FLOW_LOGIN, h->flow, &f->flow));
	TRY(account_load(idp->store, req->arena, h->account, &f->account));
	TRY(agent_load(idp->store, req->arena, h->account, &f->agent));
	/* Between the two factors the directory may have been asked again. */
	ENSURE(f->account.active, DENIED, "agent.account");
	ENSURE(agent_has_rights(&f->agent), DENIED, "agent.rights");
	TRY(session_begin(idp, req, &n, &f->cookie, &f->who));
	f->who.agent = &f->agent;
	return NO_ERR;
}

struct http_resp *half_finish(struct idp *idp, const struct http_req *req, const struct half *h, struct str amr)
{
	struct finish *f = arena_new(req->arena, struct finish);
	struct err e = finish(idp, req, h, amr, f);
	struct http_req spoken;
	const struct idp_protocol *p;
	struct http_resp *r;

	engine_count(idp->engine, failed(e) ? "guichet_agent_logins_total{outcome=\"failed\"}" : "guichet_agent_logins_total{outcome=\"ok\"}", 1);
	if (failed(e)) {
		audit_refuse(idp->audit, &(struct audit_entry){ .event = "agent.login.refuse", .reason = e.slug, .request = req->id,
			.client_id = f->flow.client_id, .account = h->account, .now_s = req->now_s });
		return view_error(&(struct view){ idp, req, NULL, STR_NONE }, http_status_of(e.kind), STR_NONE, e);
	}
	spoken = h->flow.n ? flow_request(req, &f->flow) : *req;
	p = idp_protocol_find(idp, f->flow.protocol);
	r = p ? p->resume(idp, &spoken, &f->flow, &f->who) : http_see_other(req, half_is_path(h->retour) ? h->retour : STR("/agent"));
	session_set_cookie(idp, req, r, SESSION_AGENT, f->cookie);
	return r;
}
