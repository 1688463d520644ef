/* notice.c - /information: the very values that a service is about to receive, before it does. */
#include "idp/authn/login.h"
#include "idp/audit/audit.h"
#include "idp/view.h"
#include "base/ct.h"

struct notice {
	struct idp *idp;
	const struct http_req *req;
	struct http_req spoken;        /* the same, in the language of the page before */
	struct tab tab;
	struct flow flow;
	struct person who;
	const struct partner *partner;
	const struct idp_protocol *protocol;
};

struct http_resp *notice_ask(struct idp *idp, const struct http_req *req, struct flow *f, const struct person *who,
	const struct partner *p, const struct release *r)
{
	struct view v = { idp, req, who, f->form_action };
	struct tab tab;
	struct http_resp *resp;
	struct str text;

	tab_load(idp, req, &tab);
	f->kind = FLOW_NOTICE;
	memcpy(f->session, who->session, ID_BYTES);
	text = flow_seal(idp, req, &tab, f);
	if (!text.n)
		return view_error(&v, 400, STR("service"), err_of(MALFORMED, "flow.size"));
	/* After a form of credentials a page would be resent by the reload button: always 303. */
	if (req->method == HTTP_POST)
		resp = http_see_other(req, http_add_query(req->arena, STR("/information"), &(struct http_pair){ STR("flow"), text }, 1));
	else
		resp = view_notice(&v, &(struct view_notice){ text, p, r, f->names, f->consent, who->was_noticed });
	tab_set(idp, req, &tab, resp);
	return resp;
}

static MUST struct err load(struct notice *n, struct str text)
{
	struct idp *idp = n->idp;

	tab_load(idp, n->req, &n->tab);
	TRY(flow_open(idp, n->req, FLOW_NOTICE, text, &n->flow));
	n->spoken = flow_request(n->req, &n->flow);
	n->req = &n->spoken;
	TRY(flow_check(&n->flow, &n->tab, n->req->now_s));
	n->partner = partner_find(idp->registry, n->req->arena, n->flow.client_id);
	n->protocol = idp_protocol_find(idp, n->flow.protocol);
	ENSURE(n->partner && n->partner->enabled && n->protocol, DENIED, "notice.partner");
	TRY(session_load(idp, n->req, SESSION_USAGER, n->flow.client_id, n->partner->sector, &n->who));
	/* Shown to one citizen, answered by the same, in the same session. */
	ENSURE(n->who.live && ct_equal(n->who.session, n->flow.session, ID_BYTES), DENIED, "notice.session");
	return NO_ERR;
}

/* A page left open too long, or a session that ended meanwhile: the request itself is as good as it
 * was, so it starts again. NULL when it cannot. */
static struct http_resp *restart(struct notice *n)
{
	n->protocol = idp_protocol_find(n->idp, n->flow.protocol);
	n->partner = partner_find(n->idp->registry, n->req->arena, n->flow.client_id);
	if (!n->protocol || !n->partner || failed(session_load(n->idp, n->req, SESSION_USAGER, n->flow.client_id, n->partner->sector, &n->who)))
		return NULL;
	return n->protocol->resume(n->idp, n->req, &n->flow, &n->who);
}

static struct http_resp *refuse(struct notice *n, struct err e)
{
	struct http_resp *r = NULL;
	struct view v = { n->idp, n->req, &n->who, STR_NONE };

	audit_refuse(n->idp->audit, &(struct audit_entry){ .event = "notice.refuse", .reason = e.slug, .request = n->req->id,
		.client_id = n->flow.client_id, .now_s = n->req->now_s });
	if (str_eq_c(STR("flow.expired"), e.slug) || str_eq_c(STR("notice.session"), e.slug))
		r = restart(n);
	if (r)
		return r;
	if (str_eq_c(STR("flow.browser"), e.slug))
		return view_error(&v, 400, STR("cookies"), e);
	if (e.kind == ERR_DENIED || e.kind == ERR_MALFORMED)
		return view_error(&v, 400, STR("expired"), e);
	return view_error(&v, http_status_of(e.kind), STR_NONE, e);
}

struct http_resp *notice_get(void *app, const struct http_req *req)
{
	struct notice n = { .idp = app, .req = req };
	struct str text = http_get(&req->query, "flow");
	struct err e = load(&n, text);
	struct release r;

	if (failed(e))
		return refuse(&n, e);
	policy_release(req->arena, n.partner, STR_NONE, &n.who.account, 0, &r);
	return view_notice(&(struct view){ n.idp, n.req, &n.who, n.flow.form_action },
		&(struct view_notice){ text, n.partner, &r, n.flow.names, n.flow.consent, n.who.was_noticed });
}

struct http_resp *notice_post(void *app, const struct http_req *req)
{
	struct notice n = { .idp = app, .req = req };
	struct err e = load(&n, http_get(&req->form, "flow"));
	struct str answer = http_get(&req->form, "reponse");

	if (!failed(e) && !str_eq_c(answer, "continuer") && !str_eq_c(answer, "refuser"))
		e = err_of(MALFORMED, "notice.answer");
	if (failed(e))
		return refuse(&n, e);
	if (str_eq_c(answer, "refuser"))
		return n.protocol->decline(n.idp, n.req, &n.flow);
	e = session_notice_add(n.idp, n.req, &n.who, n.flow.client_id, n.flow.names, n.flow.consent);
	if (failed(e))
		return refuse(&n, e);
	n.flow.answered = true;
	return n.protocol->resume(n.idp, n.req, &n.flow, &n.who);
}
