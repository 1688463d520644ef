/* errors.c - our error names to OAuth's, in one table, and the JSON that carries them. */
#include "idp/oidc/oidc_idp.h"
#include "idp/audit/audit.h"

static const struct { const char *prefix, *error; int status; } table[] = {
	{ "oidc.client.",                 "invalid_client",         401 },
	{ "oidc.code.",                   "invalid_grant",          400 },
	{ "oidc.refresh.",                "invalid_grant",          400 },
	{ "oidc.sealed",                  "invalid_grant",          400 },
	{ "policy.partner",               "invalid_client",         401 },
	{ "policy.",                      "invalid_grant",          400 },
	{ "oidc.scope",                   "invalid_scope",          400 },
	{ "oidc.grant_type.unsupported",  "unsupported_grant_type", 400 },
	{ "oidc.grant_type.unauthorized", "unauthorized_client",    400 },
	{ "oidc.target",                  "invalid_target",         400 },
};

struct oidc_answer oidc_answer_of(struct err e)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (str_starts(str_from_c(e.slug), str_from_c(table[i].prefix)))
			return (struct oidc_answer){ table[i].status, table[i].error };
	if (e.kind == ERR_BUSY)
		return (struct oidc_answer){ 503, "temporarily_unavailable" };
	if (e.kind == ERR_BROKEN)
		return (struct oidc_answer){ 500, "server_error" };
	return (struct oidc_answer){ 400, "invalid_request" };
}

struct http_resp *oidc_refuse(struct idp *idp, const struct http_req *req, const char *event, struct str client_id, struct err e)
{
	struct oidc_answer w = oidc_answer_of(e);
	struct http_resp *r = http_answer(req, w.status, STR("application/json"), oidc_error_format(req->arena, w.error, NULL));

	r->outcome = e;
	if (w.status == 401)
		http_add_header(r, STR("www-authenticate"), STR("Basic realm=\"guichet\""));
	if (w.status == 503)
		http_add_header(r, STR("retry-after"), STR("1"));
	/* A replay has been written down already, with its citizen. */
	if (e.kind != ERR_CONFLICT)
		audit_refuse(idp->audit, &(struct audit_entry){ .event = event, .reason = e.slug, .request = req->id,
			.client_id = client_id, .now_s = req->now_s });
	return r;
}
