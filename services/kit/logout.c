/* logout.c - signing out: here and at the provider, or here because the provider says so. */
#include "kit_pages.h"
#include "services/kit/kit_impl.h"

static struct http_resp *logged_out(struct kit *k, const struct http_req *req, bool everywhere)
{
	struct page_kit_logged_out v = { .everywhere = everywhere, .account_url = everywhere ? STR_NONE : k->set.issuer };
	struct kit_page page;

	kit_page_open(k, req, &page);
	page.site.signed_in = page.site.logout_url = page.site.csrf = STR_NONE;
	page_kit_logged_out(&page.out, &page.site, &v);
	return kit_page_answer(k, req, &page, 200);
}

/* ret_identity: whose it was, as the provider named them. */
static MUST struct err session_end(struct kit *k, const struct http_req *req, struct sp_identity *ret_identity, struct sp_cookie *ret_cookie)
{
	struct sp_scope *s = sp_scope_of(req->arena);
	const char *cookie = arena_c(req->arena, http_cookie(req, k->https, sp_session_cookie_name(k->sp)));

	TRY(sp_err_of(sp_session_load(k->sp, s, cookie, req->now_s, ret_identity)));
	return sp_err_of(sp_session_end(k->sp, s, cookie, req->now_s, ret_cookie));
}

/* Where the provider ends its own session, or NULL: it is away, and only ours has ended. */
static const char *provider_url(struct kit *k, const struct http_req *req, const struct sp_identity *id)
{
	const char *url = NULL;
	struct err e = sp_err_of(sp_logout_url(k->sp, sp_scope_of(req->arena), id, NULL,
		req->lang == LANG_EN ? "en" : "fr", req->now_s, &url));

	return failed(e) ? NULL : url;
}

struct http_resp *kit_logout_post(void *kit, const struct http_req *req)
{
	struct kit *k = kit;
	const struct kit_usager *u = NULL;
	struct sp_identity id;
	struct sp_cookie gone;
	struct http_resp *resp;
	const char *url;
	struct err e = kit_usager(k, req, &u);

	if (e.kind == ERR_ABSENT)
		return logged_out(k, req, false);
	if (!failed(e))
		e = kit_csrf_check(k, req, u);
	if (!failed(e))
		e = session_end(k, req, &id, &gone);
	if (failed(e))
		return kit_error(k, req, e);
	url = provider_url(k, req, &id);
	resp = url ? http_see_other(req, str_from_c(url)) : logged_out(k, req, false);
	http_set_cookie(req, resp, k->https, gone.name, STR_NONE, -1);
	return resp;
}

/* The browser comes here when the provider's own session has ended; with ?partiel=1, not everywhere. */
struct http_resp *kit_logged_out_get(void *kit, const struct http_req *req)
{
	return logged_out(kit, req, !http_has(&req->query, "partiel"));
}

/*= Back-Channel Logout 1.0, 2.8: … respond with HTTP 200 OK … HTTP 400 Bad Request … no-store */
struct http_resp *kit_backchannel(struct kit *k, struct sp *sp, const struct http_req *req)
{
	const char *token = arena_c(req->arena, http_get(&req->form, "logout_token"));
	struct err e = sp_err_of(sp_backchannel_logout(sp, sp_scope_of(req->arena), token, req->now_s));
	struct http_resp *resp;

	if (!failed(e))
		return http_answer(req, 200, STR("text/plain; charset=utf-8"), STR(""));
	kit_audit_refusal(k, "backchannel", e);
	resp = e.kind == ERR_BUSY || e.kind == ERR_BROKEN
		? http_answer(req, 503, STR("application/json"), STR("{\"error\":\"temporarily_unavailable\"}"))
		: http_answer(req, 400, STR("application/json"), STR("{\"error\":\"invalid_request\"}"));
	resp->outcome = e;
	return resp;
}

struct http_resp *kit_backchannel_post(void *kit, const struct http_req *req)
{
	struct kit *k = kit;

	return kit_backchannel(k, k->sp, req);
}
