/* second_page.c - the pages of second factors, first or again: what they show, and which sentence a refusal takes. */
#include "idp/authn/second_impl.h"
#include "idp/authn/second_qr.h"
#include "base/b64.h"

static const struct { const char *slug, *say; } sentences[] = {
	{ "totp.code", "code" }, { "totp.replay", "spent" }, { "factor.totp.replay", "spent" }, { "totp.draft", "expired" },
	{ "factor.recovery", "recovery" }, { "factor.clone", "clone" }, { "factor.used", "expired" }, { "passkey.expired", "expired" },
	{ "factor.enrol.wrong", "wrong" }, { "factor.enrol.none", "none" }, { "factor.enrol", "none" },
	{ "factor.name", "name" }, { "factor.many", "many" }, { "factor.last", "last" }, { "second.form", "form" },
};

struct str second_say(struct err e)
{
	for (size_t i = 0; failed(e) && i < sizeof sentences / sizeof *sentences; i++)
		if (str_eq_c(str_from_c(e.slug), sentences[i].slug))
			return str_from_c(sentences[i].say);
	if (e.kind == ERR_THROTTLED)
		return STR("wait");
	/* Whatever is wrong with a key, one answer: somebody else's, an unknown one, a bad signature. */
	return e.kind == ERR_DENIED || e.kind == ERR_MALFORMED ? STR("key") : STR_NONE;
}

static int status_of(struct err e)
{
	return !failed(e) ? 200 : e.kind == ERR_THROTTLED ? 429 : 422;
}

void second_fill(const struct second *s, const struct tab *tab, struct view_second *ret_page)
{
	for (size_t i = 0; i < s->factor_n; i++) {
		ret_page->has_code |= s->factors[i].kind == FACTOR_TOTP;
		ret_page->has_key |= s->factors[i].kind == FACTOR_PASSKEY;
	}
	ret_page->factors = s->factors;
	ret_page->factor_n = s->factor_n;
	ret_page->has_recovery = true;
	if (ret_page->has_key)
		ret_page->question = passkey_ask(s->idp, s->req, tab, &s->bound);
}

struct http_resp *second_refused(const struct second *s, const struct tab *tab, struct view_second *page, struct err e)
{
	struct view v = { s->idp, s->req, NULL, s->form_action };
	struct http_resp *r;

	page->say = second_say(e);
	if (!page->say.n)
		return view_error(&v, http_status_of(e.kind), STR_NONE, e);
	second_fill(s, tab, page);
	page->status = status_of(e);
	page->retry_after_s = s->wait_s;
	r = view_second(&v, page);
	tab_set(s->idp, s->req, tab, r);
	r->outcome = e;
	return r;
}

struct http_resp *second_add_page(const struct second *s, const struct tab *tab, struct view_add *page, struct str login, struct err e)
{
	struct view v = { s->idp, s->req, NULL, STR_NONE };
	struct str label = s->req->lang == LANG_EN ? STR("QR code for your application") : STR("Code QR pour votre application");
	struct http_resp *r;

	page->say = failed(e) ? second_say(e) : STR_NONE;
	if (failed(e) && !page->say.n)
		return view_error(&v, http_status_of(e.kind), STR_NONE, e);
	if (str_eq_c(page->what, "application")) {
		struct err made = second_draft_make(s, page, login, str_eq_c(STR("factor.used"), e.slug));

		if (failed(made))
			return view_error(&v, http_status_of(made.kind), STR_NONE, made);
		page->qr = qr_svg(s->req->arena, page->uri, label);
	} else if (str_eq_c(page->what, "cle")) {
		page->question = passkey_ask(s->idp, s->req, tab, &s->bound);
		page->factors = s->factors;
		page->factor_n = s->factor_n;
	}
	page->login = login;
	page->status = status_of(e);
	page->retry_after_s = s->wait_s;
	r = view_add(&v, page);
	tab_set(s->idp, s->req, tab, r);
	r->outcome = e;
	return r;
}
