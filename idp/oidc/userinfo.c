/* userinfo.c - /oidc/userinfo: what a service may know of the citizen, for its access token. */
#include "idp/oidc/bearer.h"
#include "idp/oidc/oidc_idp.h"
#include "idp/audit/audit.h"
#include "base/json.h"

/* RFC 6750 3.1 */
static struct http_resp *refuse(struct idp *idp, const struct http_req *req, int status, const char *error, struct err e)
{
	struct http_resp *r = http_answer(req, status, STR("application/json"), oidc_error_format(req->arena, error, NULL));

	r->outcome = e;
	http_add_header(r, STR("www-authenticate"), arena_printf(req->arena, "Bearer realm=\"guichet\", error=\"%s\"", error));
	audit_refuse(idp->audit, &(struct audit_entry){ .event = "oidc.userinfo.refuse", .reason = e.slug, .request = req->id, .now_s = req->now_s });
	return r;
}

/* The header, or the form of a POST; never the query (RFC 9700 4.3). */
static MUST struct err read_token(const struct http_req *req, struct str *ret_token)
{
	struct str header = http_get(&req->headers, "authorization");
	struct str in_form = http_get(&req->form, "access_token");

	ENSURE(!http_has(&req->query, "access_token"), MALFORMED, "oidc.bearer.query");
	ENSURE(!header.n || !in_form.n, MALFORMED, "oidc.bearer.twice");
	if (in_form.n) {
		*ret_token = in_form;
		return NO_ERR;
	}
	ENSURE(header.n > 7 && str_eq_nocase(str_slice(header, 0, 7), STR("Bearer ")), DENIED, "oidc.bearer.absent");
	*ret_token = str_trim(str_slice(header, 7, header.n));
	return NO_ERR;
}

static void add_claim(struct buf *b, const struct sign_claim *c)
{
	json_add_key_str(b, c->name);
	if (c->kind == CLAIM_TEXT)
		json_add_str(b, c->text);
	else if (c->kind == CLAIM_NUMBER)
		buf_add_i64(b, c->number);
	else if (c->kind == CLAIM_LIST)
		json_add_words(b, c->text);
	else
		buf_add_c(b, c->number ? "true" : "false");
}

static struct str format(struct arena *a, const struct bearer *t)
{
	struct release r;
	struct buf b;
	struct str out;

	policy_release(a, t->partner, t->token.scope, &t->grant.account, t->roles, &r);
	buf_init(&b, 16384);
	buf_add_char(&b, '{');
	json_field_str(&b, "sub", t->grant.subject);
	for (size_t i = 0; i < r.n; i++)
		add_claim(&b, &r.v[i].claim);
	buf_add_char(&b, '}');
	out = arena_dup(a, buf_str(&b));
	buf_done(&b);
	return out;
}

struct http_resp *oidc_userinfo(void *app, const struct http_req *req)
{
	struct idp *idp = app;
	struct bearer t = { 0 };
	struct str token = STR_NONE;
	struct err e = read_token(req, &token);

	if (!failed(e))
		e = bearer_load(idp, req, token, &t);
	if (e.kind == ERR_BUSY || e.kind == ERR_BROKEN)
		return oidc_refuse(idp, req, "oidc.userinfo.refuse", STR_NONE, e);
	if (e.kind == ERR_MALFORMED)
		return refuse(idp, req, 400, "invalid_request", e);
	if (failed(e))
		return refuse(idp, req, 401, "invalid_token", e);
	if (t.token.machine || !str_has_word(t.token.scope, STR("openid")))
		return refuse(idp, req, 403, "insufficient_scope", err_of(DENIED, "oidc.bearer.scope"));
	return http_answer(req, 200, STR("application/json"), format(req->arena, &t));
}
