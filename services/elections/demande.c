/* demande.c - /inscription: the form, its errors, and the filing; /recu and /demande: what was filed. */
#include "elections_pages.h"
#include "services/elections/elections.h"

static struct str error_text(const char *word)
{
	return str_from_c(word);
}

static struct page_elections_form form_values(const struct el_typed *t, const struct el_errors *e)
{
	return (struct page_elections_form){
		.adresse = t->adresse, .code_postal = t->code_postal, .jour = t->jour, .mois = t->mois, .annee = t->annee,
		.ailleurs = t->ailleurs, .ancienne_commune = t->ancienne_commune, .telephone = t->telephone, .courriel = t->courriel,
		.attestation = t->attestation,
		.adresse_error = error_text(e->adresse), .code_postal_error = error_text(e->code_postal),
		.depuis_error = error_text(e->depuis), .ailleurs_error = error_text(e->ailleurs),
		.ancienne_commune_error = error_text(e->ancienne_commune), .telephone_error = error_text(e->telephone),
		.courriel_error = error_text(e->courriel), .attestation_error = error_text(e->attestation), .error_n = e->n,
	};
}

static struct http_resp *form_page(struct kit *k, const struct http_req *req, const struct kit_visit *visit, const struct el_typed *typed,
	const struct el_errors *errors, int status)
{
	struct page_elections_form v = form_values(typed, errors);
	struct kit_page page;

	v.form_id = visit->form_id;
	v.csrf = visit->csrf;
	v.nom = visit->u->family_name;
	v.prenoms = visit->u->given_name;
	v.naissance = visit->u->birthdate;
	v.expired = visit->expired;
	kit_page_open(k, req, &page);
	page_elections_form(&page.out, &page.site, &v);
	return kit_page_answer(k, req, &page, status);
}

struct http_resp *el_form_get(void *kit, const struct http_req *req)
{
	struct kit_visit visit;
	struct err e = kit_visit_begin(kit, req, KIT_ACCOUNT, &visit);

	if (failed(e))
		return kit_error(kit, req, e);
	struct el_typed typed = el_typed_of(&visit.typed);
	return form_page(kit, req, &visit, &typed, &(struct el_errors){ 0 }, 200);
}

struct filing { struct el_demande demande; struct kit_notice notice; };

static struct err insert(struct store_tx *tx, const struct kit_demande *d, void *arg)
{
	struct filing *f = arg;

	return el_demande_insert(tx, d, &f->demande);
}

static struct err message(struct arena *a, const struct kit_demande *d, void *arg, struct kit_mail *ret_mail)
{
	const struct filing *f = arg;

	ret_mail->to = f->demande.answers.courriel;
	return ret_mail->to.n ? el_message_recorded(a, &f->notice, d, ret_mail) : NO_ERR;
}

static MUST struct err file(struct kit *k, const struct http_req *req, const struct kit_visit *visit, const struct el_answers *answers,
	struct kit_demande *ret_demande)
{
	const struct kit_usager *u = visit->u;
	struct filing f = { { u->family_name, u->given_name, u->birthdate, *answers }, kit_notice_of(k, req) };
	struct kit_filing filing = { "EL", insert, message, &f };

	*ret_demande = (struct kit_demande){ .form_id = visit->form.id, .kind = "inscription", .pseudonym = u->pseudonym, .filed_at_s = req->now_s };
	return kit_demande_file(k, req, ret_demande, &filing);
}

struct http_resp *el_form_post(void *kit, const struct http_req *req)
{
	struct kit_visit visit;
	struct http_resp *resp = kit_visit_receive(kit, req, KIT_ACCOUNT, &visit);
	struct el_typed typed = el_typed_of(&req->form);
	struct el_errors errors = { 0 };
	struct el_answers answers;
	struct kit_demande demande;

	if (resp)
		return resp;
	if (visit.expired)
		return form_page(kit, req, &visit, &typed, &errors, 422);
	el_demande_judge(req->arena, &typed, visit.u->birthdate, req->now_s, &errors, &answers);
	if (errors.n)
		return form_page(kit, req, &visit, &typed, &errors, 422);
	struct err e = file(kit, req, &visit, &answers, &demande);
	return failed(e) ? kit_error(kit, req, e) : kit_to_receipt(kit, req, &demande);
}

struct http_resp *el_receipt_get(void *kit, const struct http_req *req)
{
	struct kit_demande_view *view = arena_new(req->arena, struct kit_demande_view);
	struct el_demande answers = { 0 };
	struct page_elections_receipt v = { 0 };
	struct kit_page page;
	struct err e = kit_receipt_load(kit, req, view, el_demande_load, &answers);

	if (failed(e))
		return kit_error(kit, req, e);
	struct http_pair numero = { STR("numero"), view->demande.number };
	v.number = view->demande.number;
	v.already = view->demande.already;
	v.received_s = view->demande.filed_at_s;
	v.decide_by_s = el_decide_by_s(v.received_s);
	v.url = http_add_query(req->arena, STR("/demande"), &numero, 1);
	v.contact = kit_settings(kit)->service_contact;
	v.courriel = view->message ? answers.answers.courriel : STR_NONE;
	kit_page_open(kit, req, &page);
	page_elections_receipt(&page.out, &page.site, &v);
	return kit_page_answer(kit, req, &page, 200);
}

static struct http_resp *detail_page(struct kit *k, const struct http_req *req, const struct kit_demande_view *view, const struct el_demande *d)
{
	struct page_elections_filing_readers *readers = arena_array(req->arena, struct page_elections_filing_readers, view->reader_n + 1);
	const struct el_answers *w = &d->answers;
	const struct kit_demande *filed = &view->demande;
	struct page_elections_filing v = {
		.number = filed->number, .state = filed->state, .since_s = kit_demande_since_s(filed), .word = filed->word,
		.received_s = filed->filed_at_s, .decide_by_s = el_decide_by_s(filed->filed_at_s),
		.contact = kit_settings(k)->service_contact, .nom = d->family_name, .prenoms = d->given_name, .naissance = d->birthdate,
		.adresse = w->adresse, .code_postal = w->code_postal, .depuis = w->depuis, .ailleurs = w->ailleurs,
		.ancienne_commune = w->ancienne_commune, .telephone = w->telephone, .courriel = w->courriel,
		.readers = readers, .readers_n = view->reader_n, .older = view->older_n,
	};
	struct kit_page page;

	for (size_t i = 0; i < view->reader_n; i++)
		readers[i] = (struct page_elections_filing_readers){ view->readers[i].at_s, view->readers[i].reason };
	kit_page_open(k, req, &page);
	page_elections_filing(&page.out, &page.site, &v);
	return kit_page_answer(k, req, &page, 200);
}

/* Another citizen's number is absent, as one that never was. */
struct http_resp *el_detail_get(void *kit, const struct http_req *req)
{
	struct kit_demande_view *view = arena_new(req->arena, struct kit_demande_view);
	struct el_demande answers = { 0 };
	struct err e = kit_demande_asked(kit, req, view, el_demande_load, &answers);

	return failed(e) ? kit_error(kit, req, e) : detail_page(kit, req, view, &answers);
}
