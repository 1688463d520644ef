/* pages.c - the pages of the citizen's own account. Reading them writes nothing. */
#include "idp/account/pages.h"
#include "idp/view.h"

enum { MEMBERS_MAX = 64 };

static struct view view_for(struct idp *idp, const struct http_req *req, struct person *who, struct err *ret_err)
{
	*ret_err = session_load(idp, req, SESSION_USAGER, STR_NONE, STR_NONE, who);
	return (struct view){ idp, req, who, STR_NONE };
}

/* These two say nothing that a store must know: they are there when it is not. */
struct http_resp *data_get(void *app, const struct http_req *req)
{
	return view_data(&(struct view){ app, req, NULL, STR_NONE });
}

struct http_resp *accessibility_get(void *app, const struct http_req *req)
{
	return view_accessibility(&(struct view){ app, req, NULL, STR_NONE });
}

struct http_resp *home_get(void *app, const struct http_req *req)
{
	struct person who;
	struct err e;
	struct view v = view_for(app, req, &who, &e);

	return failed(e) ? view_error(&v, http_status_of(e.kind), STR_NONE, e) : view_home(&v);
}

struct http_resp *account_get(void *app, const struct http_req *req)
{
	struct idp *idp = app;
	struct session_member *members = NULL;
	struct person who;
	size_t n = 0;
	struct err e;
	struct view v = view_for(idp, req, &who, &e);

	if (!failed(e) && !who.live)
		return http_see_other(req, STR("/connexion"));
	if (!failed(e))
		e = session_members(idp->store, req->arena, who.session, MEMBERS_MAX, &members, &n);
	return failed(e) ? view_error(&v, http_status_of(e.kind), STR_NONE, e) : view_account(&v, members, n);
}
