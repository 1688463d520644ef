/* second_leave.c - /agent/deconnexion: an agent's session ends, and every service that it opened is told. */
#include "idp/authn/second_impl.h"
#include "idp/audit/audit.h"
#include "idp/session/logout.h"
#include "idp/session/trail.h"

/* From a page of the agents, or of the administration, whose forms have one token. */
static bool is_from_our_page(struct idp *idp, const struct http_req *req, const struct person *who)
{
	struct str csrf = http_get(&req->form, "csrf");

	return session_form_token_holds(idp, req->arena, who, STR("logout"), csrf, req->now_s)
		|| session_form_token_holds(idp, req->arena, who, STR("administration"), csrf, req->now_s);
}

struct http_resp *agent_leave_post(void *app, const struct http_req *req)
{
	struct idp *idp = app;
	struct view v = { idp, req, NULL, STR_NONE };
	struct trail t = { .back_url = STR_NONE };
	struct logout_line *lines = NULL;
	struct http_resp *r;
	struct person who;
	size_t n = 0;
	struct err e = session_load(idp, req, SESSION_AGENT, STR_NONE, STR_NONE, &who);

	if (!failed(e) && who.live && !is_from_our_page(idp, req, &who)) {
		audit_refuse(idp->audit, &(struct audit_entry){ .event = "logout.refuse", .reason = "logout.csrf", .request = req->id,
			.account = who.account.id, .now_s = req->now_s });
		return http_see_other(req, STR("/agent"));
	}
	/* Whose session has ended by itself wants to read that it has, not a page to sign in with. */
	if (!failed(e) && who.live)
		e = logout_session(idp, req, &who, NULL, &lines, &n);
	if (failed(e) && e.kind != ERR_ABSENT)
		return view_error(&v, http_status_of(e.kind), STR_NONE, e);
	if (trail_begin(idp, req, &t, lines, n)) {
		r = view_logged_out(&v, t.v, t.n, STR_NONE, STR_NONE);
		trail_set(idp, req, &t, r);
	} else {
		r = view_logged_out(&v, lines, n, STR_NONE, STR_NONE);
	}
	session_clear_cookie(idp, req, r, SESSION_AGENT);
	return r;
}
