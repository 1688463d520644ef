/* attempt.c - see attempt.h. */
#include "idp/authn/attempt.h"
#include "idp/authn/device.h"
#include "idp/authn/half.h"
#include "idp/view_agent.h"

static struct str service_of(struct idp *idp, const struct http_req *req, const struct flow *f)
{
	const struct partner *p = partner_find(idp->registry, req->arena, f->client_id);

	return p ? view_partner_name(p, req->lang) : STR_NONE;
}

struct http_resp *attempt_page(struct idp *idp, const struct http_req *req, bool agents, const struct tab *tab, struct flow *f, struct view_login l)
{
	struct view v = { idp, req, NULL, f->form_action };
	struct http_resp *r;

	f->kind = FLOW_LOGIN;
	l.flow = flow_seal(idp, req, tab, f);
	if (!l.flow.n)
		return view_error(&v, 400, STR("service"), err_of(MALFORMED, "flow.size"));
	l.service = service_of(idp, req, f);
	r = agents ? view_agent_login(&v, &l) : view_login(&v, &l);
	tab_set(idp, req, tab, r);
	return r;
}

struct err attempt_read(struct attempt *t, size_t name_max)
{
	const struct http_pairs *form = &t->req->form;
	struct str retour = http_get(form, "retour");

	t->name = str_trim(http_get(form, "identifiant"));
	t->password = http_get(form, "mot-de-passe");
	t->retour = half_is_path(retour) ? retour : STR_NONE;
	if (t->name.n > name_max)
		t->name = STR_NONE;
	tab_load(t->idp, t->req, &t->tab);
	TRY(flow_open(t->idp, t->req, FLOW_LOGIN, http_get(form, "flow"), &t->flow));
	t->spoken = flow_request(t->req, &t->flow);
	t->req = &t->spoken;
	return flow_check(&t->flow, &t->tab, t->req->now_s);
}

struct err attempt_admit(struct attempt *t, struct throttle *throttle, struct str identifier)
{
	t->throttle = throttle;
	t->keys.source = http_source_key(t->req->arena, t->req->source);
	t->keys.identifier = device_key(t->idp, t->req, identifier, &t->keys.device_known);
	return throttle_admit(throttle, &t->keys, t->req->now_s, &t->wait_s);
}

void attempt_tell(const struct attempt *t, enum throttle_outcome o)
{
	throttle_tell(t->throttle, &t->keys, o, t->req->now_s);
}

/* The same request, with a fresh flow. */
static struct http_resp *again(struct attempt *t, struct err e)
{
	struct view_login l = { .name = t->name, .retour = t->retour, .status = 422 };
	struct http_resp *r;

	if (str_starts(str_from_c(e.slug), STR("flow."))) {
		/* Without any: it refuses them, or was closed in between. */
		l.forgotten = t->tab.fresh.n > 0;
		l.expired = !l.forgotten;
		l.status = 200;
	} else if (e.kind == ERR_THROTTLED) {
		l.throttled = true;
		l.status = 429;
		l.retry_after_s = t->wait_s;
	} else {
		l.refused = true;
	}
	r = attempt_page(t->idp, t->req, t->agents, &t->tab, &t->flow, l);
	r->outcome = e;
	return r;
}

struct http_resp *attempt_refuse(struct attempt *t, struct err e)
{
	struct view v = { t->idp, t->req, NULL, STR_NONE };

	/* Nothing of it can be trusted, so there is no request to start again. */
	if (str_eq_c(STR("flow.text"), e.slug))
		return view_error(&v, 400, STR("expired"), e);
	if (e.kind == ERR_DENIED || e.kind == ERR_THROTTLED)
		return again(t, e);
	return view_error(&v, http_status_of(e.kind), STR_NONE, e);
}
