/* suivi.c - after the filing: /recu, /demande (with an account), /suivi (with a number and its code). */
#include "etat_civil_pages.h"
#include "services/etat-civil/etat_civil.h"

struct found { struct kit_demande_view view; struct ec_acte acte; };

static bool is_closed(const struct kit_demande *d)
{
	return str_eq(d->state, STR("closed"));
}

static struct http_resp *gone_page(struct kit *k, const struct http_req *req)
{
	struct kit_page page;

	kit_page_open(k, req, &page);
	page_etat_civil_receipt_gone(&page.out, &page.site);
	return kit_page_answer(k, req, &page, 404);
}

static struct http_resp *receipt_page(struct kit *k, const struct http_req *req, const struct found *f)
{
	const struct kit_demande *d = &f->view.demande;
	struct http_pair numero = { STR("numero"), d->number };
	struct kit_page page;
	struct page_etat_civil_receipt v = {
		.kind = str_from_c(d->kind), .closed = is_closed(d), .number = d->number, .code = d->follow_up, .received_s = d->filed_at_s,
		.url = http_add_query(req->arena, STR("/demande"), &numero, 1), .contact = kit_settings(k)->service_contact,
		.already = d->already, .courriel = f->view.message ? f->acte.answers.courriel : STR_NONE,
	};

	kit_page_open(k, req, &page);
	page_etat_civil_receipt(&page.out, &page.site, &v);
	return kit_page_answer(k, req, &page, 200);
}

struct http_resp *ec_receipt_get(void *kit, const struct http_req *req)
{
	struct found *f = arena_new(req->arena, struct found);
	const struct kit_usager *u = NULL;
	struct err e = kit_receipt_load(kit, req, &f->view, ec_acte_load, &f->acte);

	/* Without a number: of who filed without an account. It goes by itself; what was filed does not. */
	if (e.kind == ERR_ABSENT && !http_has(&req->query, "numero"))
		return gone_page(kit, req);
	if (e.kind == ERR_ABSENT && kit_usager(kit, req, &u).kind == ERR_ABSENT)
		return kit_to_login(kit, req, kit_asked_url(req));
	return failed(e) ? kit_error(kit, req, e) : receipt_page(kit, req, f);
}

struct str ec_shown_date(struct arena *a, struct str date)
{
	if (date.n != 7)
		return date;
	return arena_concat(a, (struct str[]){ str_slice(date, 5, 7), STR("/"), str_slice(date, 0, 4) }, 3);
}

static struct page_etat_civil_filing filing_values(struct arena *a, const struct found *f)
{
	const struct kit_demande *d = &f->view.demande;
	const struct ec_answers *w = &f->acte.answers;
	const struct ec_asker *asker = &f->acte.asker;

	return (struct page_etat_civil_filing){
		.kind = str_from_c(d->kind), .mine = d->pseudonym.n > 0, .number = d->number, .received_s = d->filed_at_s,
		.expires_s = d->expires_at_s, .closed = is_closed(d), .state = d->state, .since_s = kit_demande_since_s(d), .word = d->word,
		.lien = w->lien, .nom = w->nom, .prenoms = w->prenoms,
		.date = ec_shown_date(a, w->date), .parent1 = w->parent1, .parent2 = w->parent2,
		.demandeur = str_trim(arena_concat(a, (struct str[]){ asker->given_name, STR(" "), asker->family_name }, 3)),
		.demandeur_naissance = asker->birthdate, .destinataire = w->destinataire, .adresse = w->adresse, .code_postal = w->code_postal,
		.ville = w->ville, .telephone = w->telephone, .courriel = w->courriel,
	};
}

static struct http_resp *filing_page(struct kit *k, const struct http_req *req, const struct found *f)
{
	const struct kit_demande_view *view = &f->view;
	struct page_etat_civil_filing v = filing_values(req->arena, f);
	struct page_etat_civil_filing_readers *readers = arena_array(req->arena, struct page_etat_civil_filing_readers, view->reader_n + 1);
	struct kit_page page;

	for (size_t i = 0; i < view->reader_n; i++)
		readers[i] = (struct page_etat_civil_filing_readers){ view->readers[i].at_s, view->readers[i].reason };
	v.readers = readers;
	v.readers_n = view->reader_n;
	v.older = view->older_n;
	v.contact = kit_settings(k)->service_contact;
	kit_page_open(k, req, &page);
	page_etat_civil_filing(&page.out, &page.site, &v);
	return kit_page_answer(k, req, &page, 200);
}

/* Another citizen's number is absent, as one that never was. */
struct http_resp *ec_detail_get(void *kit, const struct http_req *req)
{
	struct found *f = arena_new(req->arena, struct found);
	struct err e = kit_demande_asked(kit, req, &f->view, ec_acte_load, &f->acte);

	return failed(e) ? kit_error(kit, req, e) : filing_page(kit, req, f);
}

static struct http_resp *follow_page(struct kit *k, const struct http_req *req, bool refused)
{
	struct page_etat_civil_follow v = { .numero = http_get(&req->form, "numero"), .code = http_get(&req->form, "code"), .refused = refused };
	struct kit_page page;

	kit_page_open(k, req, &page);
	page_etat_civil_follow(&page.out, &page.site, &v);
	return kit_page_answer(k, req, &page, refused ? 422 : 200);
}

struct http_resp *ec_follow_get(void *kit, const struct http_req *req)
{
	return follow_page(kit, req, false);
}

/* A wrong number, a wrong code and the code of another number: one answer. */
struct http_resp *ec_follow_post(void *kit, const struct http_req *req)
{
	struct found *f = arena_new(req->arena, struct found);
	struct err e = kit_demande_follow(kit, req, http_get(&req->form, "numero"), http_get(&req->form, "code"), &f->view, ec_acte_load, &f->acte);

	if (e.kind == ERR_ABSENT)
		return follow_page(kit, req, true);
	return failed(e) ? kit_error(kit, req, e) : filing_page(kit, req, f);
}
