/* agents_login.c - agents sign in and out: always by OpenID Connect, with two factors, and with a role here. */
#include "services/kit/agents_impl.h"

/* Why nobody came in: the page's word. */
static struct str reason_of(struct err e)
{
	struct str slug = str_from_c(e.slug);

	if (str_eq(slug, STR("agents.role")) || str_eq(slug, STR("sp.login.refused")))
		return STR("role");
	if (str_starts(slug, STR("sp.provider.")))
		return STR("down");
	if (str_starts(slug, STR("sp.state.")) || str_eq(slug, STR("sp.session.ended")))
		return STR("expired");
	return STR_NONE;
}

static struct http_resp *refused(struct kit *k, const struct http_req *req, struct err e)
{
	struct page_kit_agents_refused v = { .reason = reason_of(e) };
	struct kit_page page;
	struct http_resp *resp;

	if (v.reason.n == 0 && (e.kind == ERR_BUSY || e.kind == ERR_BROKEN))
		return agents_error(k, req, NULL, e);
	kit_audit_refusal(k, "agents.login", e);
	agents_page_open(k, req, NULL, &page);
	page_kit_agents_refused(&page.out, &page.site, &v);
	resp = kit_page_answer(k, req, &page, http_status_of(e.kind));
	resp->outcome = e;
	return resp;
}

struct http_resp *agents_login_get(void *kit, const struct http_req *req)
{
	struct kit *k = kit;
	const struct kit_agent *agent = NULL;
	struct str path = agents_path_of(req);
	struct sp_login_options o = { .return_to = arena_c(req->arena, path), .acr_values = "f2", .ui_locales = req->lang == LANG_EN ? "en" : "fr" };
	struct sp_login login;
	struct http_resp *resp;

	if (!failed(kit_agent(k, req, &agent)))
		return http_see_other(req, path);
	struct err e = sp_err_of(sp_login_start(k->agents_sp, sp_scope_of(req->arena), &o, req->now_s, &login));
	if (failed(e))
		return refused(k, req, e);
	resp = http_see_other(req, str_from_c(login.url));
	http_add_header(resp, STR("set-cookie"), str_from_c(login.cookie.set_cookie));
	return resp;
}

static MUST struct err sign_in(struct kit *k, const struct http_req *req, const struct sp_identity *id, struct sp_cookie *ret_cookie)
{
	ENSURE(agents_role_of(id) != KIT_NO_ROLE, DENIED, "agents.role");
	return kit_sign_in(k, req, k->agents_sp, "agents.login", id, ret_cookie);
}

/* A page, not a redirect: the browser comes from the provider's site, and would not bring a Strict cookie along. */
static struct http_resp *come_in(struct kit *k, const struct http_req *req, struct str path, const struct sp_cookie *session)
{
	struct page_kit_agents_in v = { .url = path };
	struct kit_page page;
	struct http_resp *resp;

	agents_page_open(k, req, NULL, &page);
	page_kit_agents_in(&page.out, &page.site, &v);
	resp = kit_page_answer(k, req, &page, 200);
	http_add_header(resp, STR("refresh"), arena_concat(req->arena, (struct str[]){ STR("0;url="), path }, 2));
	http_add_header(resp, STR("set-cookie"), str_from_c(session->set_cookie));
	return resp;
}

struct http_resp *agents_callback_get(void *kit, const struct http_req *req)
{
	struct kit *k = kit;
	struct sp_scope *s = sp_scope_of(req->arena);
	const char *query = arena_c(req->arena, req->raw_query);
	const char *name = sp_login_cookie_name(k->agents_sp, s, query);
	const char *cookie = name ? arena_c(req->arena, http_cookie(req, k->https, name)) : NULL;
	const struct kit_agent *agent = NULL;
	struct sp_identity id;
	struct sp_cookie session;
	struct http_resp *resp;
	struct err e = sp_err_of(sp_login_finish(k->agents_sp, s, query, cookie, req->now_s, &id));

	if (!failed(e))
		e = sign_in(k, req, &id, &session);
	/* The back button, or a reload: it has been done already. */
	if (failed(e) && str_eq(reason_of(e), STR("expired")) && !failed(kit_agent(k, req, &agent)))
		return http_see_other(req, STR("/agents"));
	if (failed(e))
		return refused(k, req, e);
	resp = come_in(k, req, str_from_c(id.return_to), &session);
	http_set_cookie(req, resp, k->https, name, STR_NONE, -1);
	return resp;
}

static MUST struct err session_end(struct kit *k, const struct http_req *req, const char **ret_url, struct sp_cookie *ret_cookie)
{
	struct sp_scope *s = sp_scope_of(req->arena);
	const char *cookie = arena_c(req->arena, http_cookie(req, k->https, sp_session_cookie_name(k->agents_sp)));
	struct sp_identity id;

	TRY(sp_err_of(sp_session_load(k->agents_sp, s, cookie, req->now_s, &id)));
	TRY(sp_err_of(sp_session_end(k->agents_sp, s, cookie, req->now_s, ret_cookie)));
	/* The provider's own session ends too; when it is away, only ours has. */
	if (failed(sp_err_of(sp_logout_url(k->agents_sp, s, &id, NULL, req->lang == LANG_EN ? "en" : "fr", req->now_s, ret_url))))
		*ret_url = NULL;
	return NO_ERR;
}

static struct http_resp *signed_out(struct kit *k, const struct http_req *req)
{
	struct page_kit_agents_refused v = { .reason = STR("out") };
	struct kit_page page;

	agents_page_open(k, req, NULL, &page);
	page_kit_agents_refused(&page.out, &page.site, &v);
	return kit_page_answer(k, req, &page, 200);
}

struct http_resp *agents_logout_post(void *kit, const struct http_req *req)
{
	struct kit *k = kit;
	const struct kit_agent *agent = NULL;
	const char *url = NULL;
	struct sp_cookie gone;
	struct http_resp *resp;
	struct err e = kit_agent(k, req, &agent);

	if (e.kind == ERR_ABSENT)
		return signed_out(k, req);
	if (!failed(e)) {
		struct kit_usager owner = agents_owner(req->arena, agent->pseudonym);

		e = kit_csrf_check(k, req, &owner);
	}
	if (!failed(e))
		e = session_end(k, req, &url, &gone);
	if (failed(e))
		return agents_error(k, req, agent, e);
	resp = url ? http_see_other(req, str_from_c(url)) : signed_out(k, req);
	http_add_header(resp, STR("set-cookie"), str_from_c(gone.set_cookie));
	return resp;
}

struct http_resp *agents_backchannel_post(void *kit, const struct http_req *req)
{
	struct kit *k = kit;

	return kit_backchannel(k, k->agents_sp, req);
}
