/* page_account.c - see page_account.h. Every page that shows an account is a look-up, and counts as one. */
#include "idp/admin/page_account.h"
#include "idp/account/account_desk.h"
#include "admin_pages.h"
#include "base/b64.h"

static struct http_resp *find_page(const struct admin_visit *v, int status, struct str key, struct err e)
{
	struct page_admin_account_find page = { .csrf = v->csrf, .key = key, .unknown = e.kind == ERR_ABSENT || e.kind == ERR_MALFORMED,
		.throttled = e.kind == ERR_THROTTLED };
	struct page_site site = admin_site(v);
	struct http_resp *r;
	struct buf out;

	buf_init(&out, ADMIN_PAGE_MAX);
	page_admin_account_find(&out, &site, &page);
	r = admin_page_answer(v, status, &out);
	r->outcome = e;
	return r;
}

struct http_resp *accounts_get(void *app, const struct http_req *req)
{
	struct admin_visit v;
	struct err e = admin_visit_open(app, req, &v);

	return failed(e) ? admin_page_error(app, req, e) : find_page(&v, 200, STR_NONE, NO_ERR);
}

/* The address stays out of addresses: what is found goes on by its number. */
struct http_resp *accounts_post(void *app, const struct http_req *req)
{
	struct str key = http_get(&req->form, "compte"), id = STR_NONE;
	struct admin_visit v;
	struct err e = admin_visit_open(app, req, &v);

	if (failed(e))
		return admin_page_error(app, req, e);
	e = account_look_admit(v.idp, v.agent->login, req->now_s);
	if (!failed(e))
		e = account_number(v.idp, req->arena, key, v.agent->login, req->now_s, &id);
	if (e.kind == ERR_THROTTLED)
		return find_page(&v, 429, key, e);
	if (e.kind == ERR_ABSENT || e.kind == ERR_MALFORMED)
		return find_page(&v, 422, key, e);
	return failed(e) ? admin_page_error(app, req, e) : http_see_other(req, admin_url_of(req->arena, "/comptes/fiche", "id", id));
}

/* The account of ?id=, looked at by this administrator. */
static MUST struct err seen_account(const struct admin_visit *v, struct account *ret)
{
	struct str id = http_get(&v->req->query, "id");
	unsigned char raw[ID_BYTES];

	ENSURE(!failed(hex_decode(id, raw, sizeof raw)), ABSENT, "account.unknown");
	TRY(account_look_admit(v->idp, v->agent->login, v->req->now_s));
	return account_look(v->idp, v->req->arena, id, v->agent->login, v->req->now_s, ret);
}

static MUST struct err open_account(struct idp *idp, const struct http_req *req, struct admin_visit *ret_v, struct account *ret)
{
	TRY(admin_visit_open(idp, req, ret_v));
	return seen_account(ret_v, ret);
}

/* What is about to be done is audited itself. */
static MUST struct err open_to_act(struct idp *idp, const struct http_req *req, struct admin_visit *ret_v, struct account *ret)
{
	unsigned char id[ID_BYTES];

	TRY(admin_visit_open(idp, req, ret_v));
	ENSURE(!failed(hex_decode(http_get(&req->query, "id"), id, sizeof id)), ABSENT, "account.unknown");
	return account_load(idp->store, req->arena, id, ret);
}

static struct http_resp *no_account(const struct admin_visit *v, struct idp *idp, const struct http_req *req, struct err e)
{
	return e.kind == ERR_THROTTLED ? find_page(v, 429, STR_NONE, e) : admin_page_error(idp, req, e);
}

static struct str name_of(struct arena *a, const struct account *account)
{
	return arena_printf(a, STR_FMT " " STR_FMT, STR_ARG(account->given_name), STR_ARG(account->family_name));
}

static struct str url_of(struct arena *a, const char *path, const struct account *account)
{
	return admin_url_of(a, path, "id", hex_encode(a, account->id, ID_BYTES));
}

struct http_resp *account_card_get(void *app, const struct http_req *req)
{
	struct arena *a = req->arena;
	struct account account;
	struct admin_visit v;
	struct err e = open_account(app, req, &v, &account);
	struct page_site site;
	struct buf out;

	if (failed(e))
		return no_account(&v, app, req, e);
	struct page_admin_account_card page = { .id = hex_encode(a, account.id, ID_BYTES), .name = name_of(a, &account), .email = account.email,
		.level = account.identity_level, .created_s = account.created_s, .since_s = account.changed_s, .active = account.active,
		.agent = account.agent, .reason = account.reason, .change_url = url_of(a, "/comptes/etat", &account), .did = admin_did(&v) };
	site = admin_site(&v);
	buf_init(&out, ADMIN_PAGE_MAX);
	page_admin_account_card(&out, &site, &page);
	return admin_page_answer(&v, 200, &out);
}

static struct http_resp *change_page(const struct admin_visit *v, const struct account *account, struct str typed, bool missing, bool too_long)
{
	struct arena *a = v->req->arena;
	struct page_admin_account_change page = { .csrf = v->csrf, .name = name_of(a, account), .action = url_of(a, "/comptes/etat", account),
		.back = url_of(a, "/comptes/fiche", account), .active = account->active, .typed = typed, .missing = missing, .too_long = too_long };
	struct page_site site = admin_site(v);
	struct buf out;

	buf_init(&out, ADMIN_PAGE_MAX);
	page_admin_account_change(&out, &site, &page);
	return admin_page_answer(v, missing || too_long ? 422 : 200, &out);
}

struct http_resp *account_state_get(void *app, const struct http_req *req)
{
	struct account account;
	struct admin_visit v;
	struct err e = open_account(app, req, &v, &account);

	return failed(e) ? no_account(&v, app, req, e) : change_page(&v, &account, STR_NONE, false, false);
}

struct http_resp *account_state_post(void *app, const struct http_req *req)
{
	struct str reason = str_trim(http_get(&req->form, "raison")), act = http_get(&req->form, "acte");
	struct account account;
	struct admin_visit v;
	struct err e = open_to_act(app, req, &v, &account);
	bool close = str_eq_c(act, "fermer");

	if (failed(e))
		return admin_page_error(app, req, e);
	if (!close && !str_eq_c(act, "rouvrir"))
		return admin_page_error(app, req, err_of(MALFORMED, "admin.account.act"));
	if (close && !reason.n)
		return change_page(&v, &account, reason, true, false);
	e = close ? account_close(v.idp, account.id, reason, v.agent->login, req->now_s) : account_reopen(v.idp, account.id, v.agent->login, req->now_s);
	if (e.kind == ERR_MALFORMED)
		return change_page(&v, &account, reason, false, true);
	return failed(e) ? admin_page_error(app, req, e)
		: admin_done(&v, url_of(req->arena, "/comptes/fiche", &account), close ? "ferme" : "rouvert");
}
