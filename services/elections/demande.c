/* demande.c - /inscription: the form, its errors, and the filing; /recu: the receipt. */
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

struct shown { struct el_typed typed; struct el_errors errors; struct str form_id; bool expired; };

static struct http_resp *form_page(struct kit *k, const struct http_req *req, const struct kit_usager *u, const struct shown *s, int status)
{
	struct page_elections_form v = form_values(&s->typed, &s->errors);
	struct kit_page page;

	v.form_id = s->form_id.n ? s->form_id : kit_form_new(k, req, u);
	v.csrf = kit_csrf(k, req, u);
	v.nom = u->family_name;
	v.prenoms = u->given_name;
	v.naissance = u->birthdate;
	v.expired = s->expired;
	kit_page_open(k, req, &page);
	page_elections_form(&page.out, &page.site, &v);
	return kit_page_answer(k, req, &page, status);
}

/* The form; with what was typed, when a session had ended before it could be sent. */
struct http_resp *el_form_get(void *kit, const struct http_req *req)
{
	const struct kit_usager *u = NULL;
	struct http_pairs draft = { 0 };
	struct shown s = { 0 };
	struct err e = kit_usager(kit, req, &u);

	if (failed(e))
		return kit_error(kit, req, e);
	if (kit_draft_take(kit, req, u, &draft)) {
		struct kit_form form;

		s.typed = el_typed_of(&draft);
		s.expired = true;
		if (!failed(kit_form_open(kit, req, http_get(&draft, "form_id"), &form)))
			s.form_id = http_get(&draft, "form_id");
	}
	return form_page(kit, req, u, &s, 200);
}

/* The session ended while the citizen was writing: they sign in again and find it all there. */
static struct http_resp *without_session(struct kit *k, const struct http_req *req)
{
	struct http_resp *resp = kit_to_login(k, req, STR("/inscription"));
	struct kit_form form;

	/* A form of ours names its citizen, for whom alone the draft is sealed. */
	if (!failed(kit_form_open(k, req, http_get(&req->form, "form_id"), &form))
	    && !kit_draft_keep(k, req, resp, &form))
		return kit_error(k, req, err_of(MALFORMED, "el.demande.size"));
	return resp;
}

static MUST struct err file(struct kit *k, const struct http_req *req, const struct kit_usager *u, const struct kit_form *form,
	const struct el_answers *answers, struct el_receipt *ret_receipt)
{
	struct el_demande d = {
		.form_id = form->id, .pseudonym = u->pseudonym, .family_name = u->family_name, .given_name = u->given_name,
		.birthdate = u->birthdate, .answers = *answers, .filed_at_s = req->now_s,
	};

	const struct kit_settings *s = kit_settings(k);
	struct el_notice notice = { (int)req->lang, s->public_url, s->town_name, s->service_name, s->town_phone };

	return el_demande_add(kit_store(k), req->arena, &d, kit_mail_is_on(k) ? &notice : NULL, ret_receipt);
}

static struct http_resp *to_receipt(struct kit *k, const struct http_req *req, const struct el_receipt *receipt)
{
	struct http_pair pairs[] = { { STR("numero"), receipt->number }, { STR("deja"), STR("1") } };
	struct http_resp *resp = http_see_other(req, http_add_query(req->arena, STR("/recu"), pairs, receipt->already ? 2 : 1));

	kit_draft_drop(k, req, resp);
	return resp;
}

struct http_resp *el_form_post(void *kit, const struct http_req *req)
{
	const struct kit_usager *u = NULL;
	struct kit_form form;
	struct el_answers answers;
	struct el_receipt receipt;
	struct shown s = { .typed = el_typed_of(&req->form) };
	struct err e = kit_usager(kit, req, &u);

	if (e.kind == ERR_ABSENT)
		return without_session(kit, req);
	if (!failed(e))
		e = kit_csrf_check(kit, req, u);
	if (failed(e))
		return kit_error(kit, req, e);
	/* A page of yesterday: shown again as it was, with a fresh number. */
	if (failed(kit_form_open(kit, req, http_get(&req->form, "form_id"), &form)) || !str_eq(form.pseudonym, u->pseudonym)) {
		s.expired = true;
		return form_page(kit, req, u, &s, 422);
	}
	s.form_id = http_get(&req->form, "form_id");
	el_demande_judge(req->arena, &s.typed, u->birthdate, req->now_s, &s.errors, &answers);
	if (s.errors.n)
		return form_page(kit, req, u, &s, 422);
	e = file(kit, req, u, &form, &answers, &receipt);
	return failed(e) ? kit_error(kit, req, e) : to_receipt(kit, req, &receipt);
}

struct http_resp *el_receipt_get(void *kit, const struct http_req *req)
{
	struct page_elections_receipt v = { .number = http_get(&req->query, "numero"), .already = http_has(&req->query, "deja") };
	struct http_pair numero = { STR("numero"), v.number };
	struct el_reading *reading = arena_new(req->arena, struct el_reading);
	const struct kit_usager *u = NULL;
	struct kit_page page;
	struct err e = kit_usager(kit, req, &u);

	if (!failed(e))
		e = el_demande_load(kit_store(kit), req->arena, u->pseudonym, v.number, reading);
	if (failed(e))
		return kit_error(kit, req, e);
	v.received_s = reading->demande.filed_at_s;
	v.decide_by_s = el_decide_by_s(v.received_s);
	v.url = http_add_query(req->arena, STR("/demande"), &numero, 1);
	v.contact = kit_settings(kit)->service_contact;
	v.courriel = reading->message ? reading->demande.answers.courriel : STR_NONE;
	kit_page_open(kit, req, &page);
	page_elections_receipt(&page.out, &page.site, &v);
	return kit_page_answer(kit, req, &page, 200);
}
