/* login.c - /connexion and /retour: out to the identity provider, and back with a proven identity. */
#include "kit_pages.h"
#include "services/kit/kit_impl.h"

/* To the sign-in, and on to where the citizen was going if that is known: a draft may wait there. */
static struct str retry_of(const struct http_req *req)
{
	return str_eq(req->path, STR("/connexion")) ? kit_asked_url(req) : STR("/connexion");
}

static struct http_resp *idp_down(struct kit *k, const struct http_req *req, struct err e)
{
	struct page_kit_idp_down v = { .retry_url = retry_of(req) };
	struct kit_page page;
	struct http_resp *resp;

	kit_page_open(k, req, &page);
	page_kit_idp_down(&page.out, &page.site, &v);
	resp = kit_page_answer(k, req, &page, 503);
	resp->outcome = e;
	http_add_header(resp, STR("retry-after"), STR("10"));
	return resp;
}

static bool is_provider(struct err e)
{
	return str_starts(str_from_c(e.slug), STR("sp.provider."));
}

/* It was good once, or in another browser. */
static bool is_old(struct err e)
{
	return str_starts(str_from_c(e.slug), STR("sp.state.")) || str_eq_c(STR("sp.assertion.used"), e.slug);
}

/* The store and the roles have the common pages; what the provider caused has its own. */
static struct http_resp *login_failed(struct kit *k, const struct http_req *req, struct err e)
{
	struct page_kit_login_failed v = { .retry_url = retry_of(req) };
	struct str slug = str_from_c(e.slug);
	struct kit_page page;
	struct http_resp *resp;

	kit_audit_refusal(k, "login", e);
	if (is_provider(e))
		return idp_down(k, req, e);
	if (e.kind == ERR_BUSY || e.kind == ERR_BROKEN)
		return kit_error(k, req, e);
	if (str_eq(slug, STR("sp.login.refused")))
		v.reason = STR("declined");
	else if (is_old(e) || str_eq(slug, STR("sp.session.ended")))
		v.reason = STR("expired");
	kit_page_open(k, req, &page);
	page_kit_login_failed(&page.out, &page.site, &v);
	resp = kit_page_answer(k, req, &page, http_status_of(e.kind));
	resp->outcome = e;
	return resp;
}

static struct str return_path(const struct http_req *req)
{
	struct str path = http_get(&req->query, "retour");

	return sp_is_local_path(arena_c(req->arena, path)) ? path : STR("/");
}

struct http_resp *kit_login_get(void *kit, const struct http_req *req)
{
	struct kit *k = kit;
	const struct kit_usager *u = NULL;
	struct sp_login_options o = { .return_to = arena_c(req->arena, return_path(req)), .ui_locales = req->lang == LANG_EN ? "en" : "fr" };
	struct sp_login login;
	struct http_resp *resp;

	if (!failed(kit_usager(k, req, &u)))
		return http_see_other(req, str_from_c(o.return_to));
	struct err e = sp_err_of(sp_login_start(k->sp, sp_scope_of(req->arena), &o, req->now_s, &login));
	if (failed(e))
		return login_failed(k, req, e);
	resp = http_see_other(req, str_from_c(login.url));
	http_add_header(resp, STR("set-cookie"), str_from_c(login.cookie.set_cookie));
	return resp;
}

static struct err sign_in_audit_tx(struct store_tx *tx, void *arg)
{
	return kit_audit_add(tx, arg);
}

struct err kit_sign_in(struct kit *k, const struct http_req *req, struct sp *sp, const char *event, const struct sp_identity *id,
	struct sp_cookie *ret_cookie)
{
	struct sp_scope *s = sp_scope_of(req->arena);
	struct kit_audit_entry entry = { event, "ok", str_from_c(id->subject), STR_NONE, 1, req->now_s };
	struct str old = http_cookie(req, k->https, sp_session_cookie_name(sp));
	struct sp_cookie gone;

	TRY(store_tx(k->store, QUICK, sign_in_audit_tx, &entry));
	if (old.n)
		TRY(sp_err_of(sp_session_end(sp, s, arena_c(req->arena, old), req->now_s, &gone)));
	return sp_err_of(sp_session_create(sp, s, id, req->now_s, ret_cookie));
}

/* callback: the query of a GET, or the form of a POST, as text. */
static struct http_resp *come_back(struct kit *k, const struct http_req *req, const char *callback)
{
	struct sp_scope *s = sp_scope_of(req->arena);
	const char *name = sp_login_cookie_name(k->sp, s, callback);
	const char *cookie = name ? arena_c(req->arena, http_cookie(req, k->https, name)) : NULL;
	const struct kit_usager *u = NULL;
	struct sp_identity id;
	struct sp_cookie session;
	struct http_resp *resp;
	struct err e = sp_err_of(sp_login_finish(k->sp, s, callback, cookie, req->now_s, &id));

	if (!failed(e))
		e = kit_sign_in(k, req, k->sp, "login", &id, &session);
	/* The back button, or a reload: it has been done already, and the session is there to show for it. */
	if (failed(e) && is_old(e) && !failed(kit_usager(k, req, &u)))
		return http_see_other(req, STR("/"));
	if (failed(e))
		return login_failed(k, req, e);
	resp = http_see_other(req, str_from_c(id.return_to));
	http_set_cookie(req, resp, k->https, session.name, str_from_c(session.value), session.ttl_s);
	if (name)
		http_set_cookie(req, resp, k->https, name, STR_NONE, -1);
	return resp;
}

struct http_resp *kit_callback_get(void *kit, const struct http_req *req)
{
	return come_back(kit, req, arena_c(req->arena, req->raw_query));
}

/* Each name once, as the front has seen to; parameters in both places are two messages. */
struct http_resp *kit_callback_post(void *kit, const struct http_req *req)
{
	if (req->raw_query.n)
		return login_failed(kit, req, err_of(MALFORMED, "sp.response.query"));
	return come_back(kit, req, kit_form_text(req, (const char *const[]){ "SAMLResponse", "RelayState", NULL }));
}
