/* preinscription.c - /preinscription: the form, its errors, and the filing; /recu: the receipt. */
#include "pe_pages.h"
#include "services/petite-enfance/petite_enfance.h"

/* What the form's page shows: earlier is the filing that there is for this child. */
struct shown { struct pe_typed typed; struct pe_errors errors; struct str earlier; };

static void put_people(struct page_pe_form *v, const struct pe_typed *t, const struct pe_errors *e)
{
	v->enfant_prenoms = t->enfant_prenoms;
	v->enfant_prenoms_error = str_from_c(e->enfant_prenoms);
	v->enfant_nom = t->enfant_nom;
	v->enfant_nom_error = str_from_c(e->enfant_nom);
	v->ne = t->ne;
	v->ne_error = str_from_c(e->ne);
	v->jour = t->jour;
	v->mois = t->mois;
	v->annee = t->annee;
	v->enfant_date_error = str_from_c(e->enfant_date);
	v->parent2_prenoms = t->parent2_prenoms;
	v->parent2_prenoms_error = str_from_c(e->parent2_prenoms);
	v->parent2_nom = t->parent2_nom;
	v->parent2_nom_error = str_from_c(e->parent2_nom);
}

static void put_reach(struct page_pe_form *v, const struct pe_typed *t, const struct pe_errors *e)
{
	v->adresse = t->adresse;
	v->adresse_error = str_from_c(e->adresse);
	v->code_postal = t->code_postal;
	v->code_postal_error = str_from_c(e->code_postal);
	v->commune = t->commune;
	v->commune_error = str_from_c(e->commune);
	v->telephone = t->telephone;
	v->telephone_error = str_from_c(e->telephone);
	v->courriel = t->courriel;
	v->courriel_error = str_from_c(e->courriel);
}

static void put_wish(struct page_pe_form *v, const struct pe_typed *t, const struct pe_errors *e)
{
	v->entree_jour = t->entree_jour;
	v->entree_mois = t->entree_mois;
	v->entree_annee = t->entree_annee;
	v->entree_error = str_from_c(e->entree);
	v->lundi = t->jours & PE_LUNDI;
	v->mardi = t->jours & PE_MARDI;
	v->mercredi = t->jours & PE_MERCREDI;
	v->jeudi = t->jours & PE_JEUDI;
	v->vendredi = t->jours & PE_VENDREDI;
	v->jours_error = str_from_c(e->jours);
	v->arrivee = t->arrivee;
	v->arrivee_error = str_from_c(e->arrivee);
	v->depart = t->depart;
	v->depart_error = str_from_c(e->depart);
	v->collectif = t->accueil & PE_COLLECTIF;
	v->familial = t->accueil & PE_FAMILIAL;
	v->halte = t->accueil & PE_HALTE;
	v->accueil_error = str_from_c(e->accueil);
	v->situation = t->situation;
	v->situation_error = str_from_c(e->situation);
	v->attestation = t->attestation;
	v->attestation_error = str_from_c(e->attestation);
}

static struct http_resp *form_page(struct kit *k, const struct http_req *req, const struct kit_visit *visit, const struct shown *s, int status)
{
	struct http_pair numero = { STR("numero"), s->earlier };
	struct page_pe_form v = {
		.form_id = visit->form_id, .csrf = visit->csrf, .nom = visit->u->family_name, .prenoms = visit->u->given_name,
		.error_n = s->errors.n, .expired = visit->expired, .earlier = s->earlier,
		.earlier_url = http_add_query(req->arena, STR("/demande"), &numero, 1),
	};
	struct kit_page page;

	put_people(&v, &s->typed, &s->errors);
	put_reach(&v, &s->typed, &s->errors);
	put_wish(&v, &s->typed, &s->errors);
	kit_page_open(k, req, &page);
	page_pe_form(&page.out, &page.site, &v);
	return kit_page_answer(k, req, &page, status);
}

struct http_resp *pe_form_get(void *kit, const struct http_req *req)
{
	struct kit_visit visit;
	struct shown s = { 0 };
	struct err e = kit_visit_begin(kit, req, KIT_ACCOUNT, &visit);

	if (failed(e))
		return kit_error(kit, req, e);
	s.typed = pe_typed_of(req->arena, &visit.typed);
	return form_page(kit, req, &visit, &s, 200);
}

static struct err message(struct arena *a, const struct kit_demande *d, void *filing, struct kit_mail *ret_mail)
{
	const struct pe_filing *f = filing;

	ret_mail->to = f->what.answers.courriel;
	return ret_mail->to.n ? pe_message_recorded(a, &f->notice, d, ret_mail) : NO_ERR;
}

/* A refusal leaves the filing that is in its way in f->earlier. */
static MUST struct err file(struct kit *k, const struct http_req *req, const struct kit_visit *visit, struct pe_filing *f,
	struct kit_demande *ret_demande)
{
	struct kit_filing filing = { .prefix = "PE", .insert = pe_preinscription_insert, .message = message, .arg = f };
	struct kit_demande d = { .form_id = visit->form.id, .kind = PE_KIND, .pseudonym = visit->u->pseudonym, .filed_at_s = req->now_s };

	f->arena = req->arena;
	f->what.parent_nom = visit->u->family_name;
	f->what.parent_prenoms = visit->u->given_name;
	f->child_key = pe_child_key(req->arena, &f->what.answers);
	f->notice = kit_notice_of(k, req);
	TRY(kit_demande_file(k, req, &d, &filing));
	*ret_demande = d;
	return NO_ERR;
}

/* One child, one open filing: the citizen is led to it, and keeps what was typed. */
static struct http_resp *same_child(struct kit *k, const struct http_req *req, const struct kit_visit *visit, struct shown *s, struct str earlier,
	struct err e)
{
	struct http_resp *resp;

	s->earlier = earlier;
	resp = form_page(k, req, visit, s, 409);
	resp->outcome = e;
	return resp;
}

struct http_resp *pe_form_post(void *kit, const struct http_req *req)
{
	struct kit_visit visit;
	struct kit_demande demande;
	struct pe_filing filing = { 0 };
	struct shown s = { 0 };
	struct http_resp *ended = kit_visit_receive(kit, req, KIT_ACCOUNT, &visit);

	if (ended)
		return ended;
	s.typed = pe_typed_of(req->arena, &visit.typed);
	if (visit.expired)
		return form_page(kit, req, &visit, &s, 422);
	pe_preinscription_judge(req->arena, &s.typed, req->now_s, &s.errors, &filing.what.answers);
	if (s.errors.n)
		return form_page(kit, req, &visit, &s, 422);
	struct err e = file(kit, req, &visit, &filing, &demande);
	if (failed(e))
		return filing.earlier.n ? same_child(kit, req, &visit, &s, filing.earlier, e) : kit_error(kit, req, e);
	return kit_to_receipt(kit, req, &demande);
}

struct http_resp *pe_receipt_get(void *kit, const struct http_req *req)
{
	struct kit_demande_view *view = arena_new(req->arena, struct kit_demande_view);
	struct pe_preinscription p = { 0 };
	struct kit_page page;
	struct err e = kit_receipt_load(kit, req, view, pe_preinscription_load, &p);

	if (failed(e))
		return kit_error(kit, req, e);
	struct http_pair numero = { STR("numero"), view->demande.number };
	struct page_pe_receipt v = {
		.number = view->demande.number, .received_s = view->demande.filed_at_s, .already = view->demande.already,
		.url = http_add_query(req->arena, STR("/demande"), &numero, 1), .contact = kit_settings(kit)->service_contact,
		.courriel = view->message ? p.answers.courriel : STR_NONE,
	};
	kit_page_open(kit, req, &page);
	page_pe_receipt(&page.out, &page.site, &v);
	return kit_page_answer(kit, req, &page, 200);
}
