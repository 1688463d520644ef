/* visit.c - the way of a form, the same for every service: shown, sent, shown again. */
#include "services/kit/kit_impl.h"
#include "base/ct.h"

static void hidden_fields(struct kit *k, const struct http_req *req, struct kit_visit *v)
{
	if (v->form_id.n == 0)
		v->form_id = kit_form_new(k, req, v->u);
	v->csrf = kit_csrf(k, req, v->u);
}

struct err kit_visit_begin(struct kit *k, const struct http_req *req, enum kit_caller caller, struct kit_visit *ret_visit)
{
	struct kit_visit v = { 0 };
	struct kit_form form;

	if (caller == KIT_ACCOUNT)
		TRY(kit_usager(k, req, &v.u));
	if (v.u && kit_draft_take(k, req, v.u, &v.typed)) {
		v.expired = true;
		/* Its old number, while that is good: sent twice it is still one filing. */
		if (!failed(kit_form_open(k, req, http_get(&v.typed, "form_id"), &form)))
			v.form_id = http_get(&v.typed, "form_id");
	}
	hidden_fields(k, req, &v);
	*ret_visit = v;
	return NO_ERR;
}

/* The session ended while the citizen was writing: they sign in again and find it all there. */
static struct http_resp *without_session(struct kit *k, const struct http_req *req)
{
	struct http_resp *resp = kit_to_login(k, req, req->path);
	struct kit_form form;

	/* A form of ours names its citizen, for whom alone the draft is sealed. */
	if (!failed(kit_form_whose(k, req, http_get(&req->form, "form_id"), &form))
	    && !kit_draft_keep(k, req, resp, &form))
		return kit_error(k, req, err_of(MALFORMED, "kit.draft.size"));
	return resp;
}

struct http_resp *kit_visit_receive(struct kit *k, const struct http_req *req, enum kit_caller caller, struct kit_visit *ret_visit)
{
	struct kit_visit v = { .typed = req->form };
	struct err e = NO_ERR;
	bool old;

	if (caller == KIT_ACCOUNT)
		e = kit_usager(k, req, &v.u);
	if (e.kind == ERR_ABSENT)
		return without_session(k, req);
	if (!failed(e))
		e = kit_csrf_check(k, req, v.u);
	old = str_eq_c(STR("kit.csrf.old"), e.slug);
	if (failed(e) && !old)
		return kit_error(k, req, e);
	v.form_id = http_get(&req->form, "form_id");
	/* Its number is not of this citizen's own pages, or the page has lain about: shown again as it was, with one that is. */
	if (old || failed(kit_form_open(k, req, v.form_id, &v.form)) || !ct_str_equal(v.form.pseudonym, v.u ? v.u->pseudonym : STR_NONE)) {
		v.expired = true;
		v.form_id = STR_NONE;
	}
	hidden_fields(k, req, &v);
	*ret_visit = v;
	return NULL;
}
