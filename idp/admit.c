/* admit.c - see admit.h. */
#include "idp/admit.h"
#include "idp/admin/page.h"
#include "idp/view.h"
#include "admin_pages.h"

/* The form of an address is both its GET and its POST, query included (admin/page.h). */
static struct str own_address(const struct http_req *req)
{
	return req->raw_query.n ? arena_concat(req->arena, (struct str[]){ req->path, STR("?"), req->raw_query }, 3) : req->path;
}

static struct str way_back(const struct http_req *req, const char *path)
{
	return http_add_query(req->arena, str_from_c(path), &(struct http_pair){ STR("retour"), own_address(req) }, 1);
}

static struct http_resp *error_answer(struct idp *idp, const struct http_req *req, struct err e)
{
	if (req->listener == HTTP_ADMIN)
		return admin_page_error(idp, req, e);
	return view_error(&(struct view){ idp, req, NULL, STR_NONE }, http_status_of(e.kind), STR_NONE, e);
}

/* The proof has grown old while somebody typed: a page that holds what was typed until it is proven again. */
static struct http_resp *ask_again(struct idp *idp, const struct http_req *req, const struct person *who, bool multipart)
{
	struct admin_visit v = { .idp = idp, .req = req, .who = *who, .agent = who->agent };
	struct page_admin_confirm_fields *fields = arena_array(req->arena, struct page_admin_confirm_fields, req->form.n + 1);
	struct page_admin_confirm page = { .url = own_address(req), .confirm_url = way_back(req, "/connexion/agent/confirmer"), .multipart = multipart, .fields = fields };
	struct page_site site = admin_site(&v);
	struct http_resp *r;
	struct buf out;

	for (size_t i = 0; i < req->form.n; i++)
		fields[page.fields_n++] = (struct page_admin_confirm_fields){ req->form.v[i].name, req->form.v[i].value };
	buf_init(&out, ADMIN_PAGE_MAX);
	page_admin_confirm(&out, &site, &page);
	r = admin_page_answer(&v, 403, &out);
	r->outcome = err_of(DENIED, "admin.fresh");
	return r;
}

static struct http_resp *admit_agent(struct idp *idp, const struct http_req *req, const struct engine_route *route)
{
	struct person who;
	struct err e = session_load(idp, req, SESSION_AGENT, STR_NONE, STR_NONE, &who);

	if (failed(e))
		return error_answer(idp, req, e);
	if (!who.live || !who.agent || !str_eq_c(who.acr, "f2"))
		return http_see_other(req, way_back(req, "/connexion/agent"));
	if (route->rule == RULE_ADMIN && !(who.agent->rights.admin & route->right))
		return error_answer(idp, req, err_of(DENIED, "admin.right"));
	if (!route->fresh_s || req->now_s - who.auth_time_s <= route->fresh_s)
		return NULL;
	return req->method == HTTP_POST ? ask_again(idp, req, &who, route->body == HTTP_MULTIPART) : http_see_other(req, way_back(req, "/connexion/agent/confirmer"));
}

static struct http_resp *admit_usager(struct idp *idp, const struct http_req *req)
{
	struct person who;
	struct err e = session_load(idp, req, SESSION_USAGER, STR_NONE, STR_NONE, &who);

	if (failed(e))
		return error_answer(idp, req, e);
	return who.live ? NULL : http_see_other(req, STR("/connexion"));
}

struct http_resp *idp_admit(void *app, const struct http_req *req, const struct engine_route *route)
{
	return route->rule == RULE_USAGER ? admit_usager(app, req) : admit_agent(app, req, route);
}
