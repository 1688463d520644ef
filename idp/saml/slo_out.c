/* slo_out.c - services that only the browser can tell of a logout: a frame each on the result page, in which
 * a signed LogoutRequest leaves and their signed answer comes back, side by side and without a script. A
 * service that does not answer delays nobody: beside its frame stands a link that does the same in the whole
 * window. What they did not confirm is never shown as done.
 */
#include "idp/saml/slo.h"
#include "idp/view.h"
#include "base/ct.h"

enum { REQUEST_S = 300, RESULT_S = 120 };

/* A proven LogoutResponse, on its way to the GET that has the browser's cookie. */
struct result { struct str client_id, request_id; bool done; int64_t expires_s; };

static void result_io(struct frame_io *io, void *m)
{
	struct result *r = m;

	io_str(io, &r->client_id);
	io_str(io, &r->request_id);
	io_bool(io, &r->done);
	io_i64(io, &r->expires_s);
}

bool saml_has_way_out(const struct partner *p)
{
	return saml_slo_endpoint(p) != NULL;
}

static const struct partner *partner_of(struct idp *idp, const struct http_req *req, struct str id)
{
	const struct partner *p = partner_find(idp->registry, req->arena, id);

	return p && p->enabled && p->saml ? p : NULL;
}

struct http_resp *saml_slo_show(struct idp *idp, const struct http_req *req, const struct trail *t)
{
	const struct partner *back = partner_of(idp, req, t->back_client);
	struct view v = { idp, req, NULL, STR_NONE };

	if (!back)
		return view_logged_out(&v, t->v, t->n, t->back_url, STR_NONE);
	return view_logged_out(&v, t->v, t->n, STR("/saml/slo?fin=1"), view_partner_name(back, req->lang));
}

struct http_resp *saml_slo_answered(struct idp *idp, const struct http_req *req, const struct saml_received *m)
{
	const struct saml_status *s = &m->message.status;
	struct result r = { .client_id = m->partner->id, .request_id = m->message.head.in_response_to,
		.done = str_eq_c(s->code, SAML_STATUS_SUCCESS) && !s->subcode.n, .expires_s = req->now_s + RESULT_S };
	struct str text;
	struct err e = seal(req->arena, idp->keys, STR("logout result"), result_io, &r, &text);

	if (failed(e))
		return saml_refuse_here(idp, req, m->partner->id, e);
	return http_see_other(req, http_add_query(req->arena, STR("/saml/slo"), &(struct http_pair){ STR("resultat"), text }, 1));
}

static MUST struct err sign(struct idp *idp, const struct http_req *req, const struct partner *p, struct logout_line *line, struct saml_carried *c)
{
	static const enum sign_saml_name_id kinds[] = { SIGN_NAME_ID_PERSISTENT, SIGN_NAME_ID_TRANSIENT, SIGN_NAME_ID_EMAIL };
	bool email = p->saml->name_id == NAME_EMAIL;
	/* The name as it was issued: a persistent one is an alias of itself here. */
	struct sign_saml_subject s = { .kind = kinds[p->saml->name_id], .who.alias = line->subject, .text = line->subject,
		.name_qualifier = email ? STR_NONE : idp->set.saml_entity, .sp_name_qualifier = email ? STR_NONE : p->id };
	struct sign_saml_logout_request r = { .binding = c->by_post ? SIGN_BINDING_POST : SIGN_BINDING_REDIRECT, .destination = c->location,
		.subject = s, .session_indexes = &line->sid, .session_index_n = 1, .issued_at_s = req->now_s, .expires_at_s = req->now_s + REQUEST_S };
	struct sign_saml_message out = { 0 };

	TRY(engine_call(idp->engine, req->arena, req->deadline_ms, ROLE_SIGNER, SIGN_SAML_LOGOUT_REQUEST,
		ipc_sign_saml_logout_request_io, &r, ipc_sign_saml_message_io, &out));
	c->text = out.text;
	line->request_id = out.id;
	return NO_ERR;
}

static MUST struct err send(struct idp *idp, const struct http_req *req, struct trail *t, struct http_resp **ret)
{
	struct saml_carried c = { .framed = http_has(&req->query, "cadre") };
	struct logout_line *line;
	int64_t place = -1;

	ENSURE(!failed(str_to_i64(http_get(&req->query, "sortir"), TRAIL_MAX - 1, &place)) && place >= 0 && (size_t)place < t->n,
		MALFORMED, "saml.slo.place");
	line = &t->v[place];
	ENSURE(line->way_out, MALFORMED, "saml.slo.place");
	/* In a frame, meanwhile. */
	if (line->outcome == LOGOUT_TOLD) {
		*ret = saml_slo_show(idp, req, t);
		return NO_ERR;
	}
	c.partner = partner_of(idp, req, line->client_id);
	ENSURE(c.partner && saml_has_way_out(c.partner), DENIED, "saml.issuer");
	c.by_post = saml_slo_endpoint(c.partner)->by_post;
	c.location = saml_slo_endpoint(c.partner)->location;
	TRY(sign(idp, req, c.partner, line, &c));
	line->framed = c.framed;
	*ret = saml_slo_carry(idp, req, &c);
	trail_line_set(idp, req, t, (size_t)place, *ret);
	return NO_ERR;
}

static MUST struct err take_result(struct idp *idp, const struct http_req *req, struct trail *t, struct http_resp **ret)
{
	struct result got = { 0 };
	struct logout_line *line = NULL;

	ENSURE(!failed(unseal(req->arena, idp->keys, STR("logout result"), http_get(&req->query, "resultat"), result_io, &got))
		&& req->now_s < got.expires_s, MALFORMED, "saml.slo.result");
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].request_id.n && str_eq(t->v[i].client_id, got.client_id) && ct_str_equal(t->v[i].request_id, got.request_id))
			line = &t->v[i];
	ENSURE(line, DENIED, "saml.slo.unasked");
	line->outcome = got.done ? LOGOUT_TOLD : LOGOUT_UNCONFIRMED;
	*ret = line->framed ? view_logged_out_frame(&(struct view){ idp, req, NULL, STR_NONE }, line) : saml_slo_show(idp, req, t);
	trail_line_set(idp, req, t, (size_t)(line - t->v), *ret);
	return NO_ERR;
}

static MUST struct err go_back(struct idp *idp, const struct http_req *req, struct trail *t, struct http_resp **ret)
{
	const struct partner *p = partner_of(idp, req, t->back_client);

	ENSURE(p, DENIED, "saml.issuer");
	*ret = saml_slo_farewell(idp, req, &(struct saml_farewell){ p, t->back_request, t->back_relay, t->v, t->n });
	/* An answer that could not be signed can be asked for again. */
	if (!failed((*ret)->outcome))
		trail_clear(idp, req, *ret);
	return NO_ERR;
}

struct http_resp *saml_slo_own(struct idp *idp, const struct http_req *req)
{
	bool out = http_has(&req->query, "sortir"), back = http_has(&req->query, "resultat"), end = http_has(&req->query, "fin");
	struct trail *t = arena_new(req->arena, struct trail);
	struct http_resp *r = NULL;
	struct err e;

	if (!out && !back && !end)
		return NULL;
	memset(t, 0, sizeof *t);
	e = trail_load(idp, req, t);
	if (failed(e))
		return view_error(&(struct view){ idp, req, NULL, STR_NONE }, 400, STR("expired"), e);
	e = out ? send(idp, req, t, &r) : back ? take_result(idp, req, t, &r) : go_back(idp, req, t, &r);
	return failed(e) ? saml_refuse_here(idp, req, STR_NONE, e) : r;
}
