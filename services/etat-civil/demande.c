/* demande.c - the forms: shown, their errors, and the filing. */
#include "etat_civil_pages.h"
#include "services/etat-civil/etat_civil.h"
#include "services/etat-civil/message.h"

/* A form: what it asks for, whose act, and where it is. */
struct door { enum ec_kind kind; bool self; const char *path; };
static const struct door moi = { EC_COPIE, true, "/naissance-copie/moi" }, proche = { EC_COPIE, false, "/naissance-copie/proche" },
	extrait = { EC_EXTRAIT, false, "/naissance-extrait" }, deces = { EC_DECES, false, "/deces" };

/* Who asks, from the session alone; of an act that is anybody's, nobody. */
static struct ec_asker asker_of(const struct kit_visit *v)
{
	return v->u ? (struct ec_asker){ v->u->family_name, v->u->given_name, v->u->birthdate } : (struct ec_asker){ 0 };
}

static enum kit_caller caller_of(const struct door *door)
{
	return door->kind == EC_COPIE ? KIT_ACCOUNT : KIT_NO_ACCOUNT;
}

/* ---- the page ---- */

struct shown { struct kit_visit visit; struct ec_typed typed; struct ec_errors errors; bool many; };

static struct page_etat_civil_form fields_of(const struct ec_typed *t)
{
	return (struct page_etat_civil_form){
		.lien = t->lien, .nom = t->nom, .prenoms = t->prenoms, .jour = t->jour, .mois = t->mois, .annee = t->annee, .ici = t->ici,
		.parent1 = t->parent1, .parent2 = t->parent2, .destinataire = t->destinataire, .adresse = t->adresse,
		.code_postal = t->code_postal, .ville = t->ville, .telephone = t->telephone, .courriel = t->courriel, .attestation = t->attestation,
	};
}

static void add_errors(struct page_etat_civil_form *v, const struct ec_errors *e)
{
	v->lien_error = str_from_c(e->lien);
	v->nom_error = str_from_c(e->nom);
	v->prenoms_error = str_from_c(e->prenoms);
	v->date_error = str_from_c(e->date);
	v->ici_error = str_from_c(e->ici);
	v->parent1_error = str_from_c(e->parent1);
	v->parent2_error = str_from_c(e->parent2);
	v->destinataire_error = str_from_c(e->destinataire);
	v->adresse_error = str_from_c(e->adresse);
	v->code_postal_error = str_from_c(e->code_postal);
	v->ville_error = str_from_c(e->ville);
	v->telephone_error = str_from_c(e->telephone);
	v->courriel_error = str_from_c(e->courriel);
	v->attestation_error = str_from_c(e->attestation);
	v->error_n = e->n;
}

static struct http_resp *form_page(struct kit *k, const struct http_req *req, const struct door *door, const struct shown *s, int status)
{
	struct page_etat_civil_form v = fields_of(&s->typed);
	struct kit_page page;

	add_errors(&v, &s->errors);
	v.kind = str_from_c(ec_kind_names[door->kind]);
	v.self = door->self;
	v.action = str_from_c(door->path);
	v.form_id = s->visit.form_id;
	v.csrf = s->visit.csrf;
	v.mail = kit_mail_is_on(k);
	v.naissance = door->self ? asker_of(&s->visit).birthdate : STR_NONE;
	v.expired = s->visit.expired;
	v.many = s->many;
	kit_page_open(k, req, &page);
	page_etat_civil_form(&page.out, &page.site, &v);
	return kit_page_answer(k, req, &page, status);
}

/* What the account says, in the fields of a form that nobody has touched. */
static void prefill(struct arena *a, const struct door *door, const struct ec_asker *asker, struct ec_typed *t)
{
	t->destinataire = str_trim(arena_concat(a, (struct str[]){ asker->given_name, STR(" "), asker->family_name }, 3));
	if (!door->self)
		return;
	t->nom = asker->family_name;
	t->prenoms = asker->given_name;
}

static struct http_resp *form_get(struct kit *k, const struct http_req *req, const struct door *door)
{
	struct shown s = { 0 };
	struct ec_asker asker;
	struct err e = kit_visit_begin(k, req, caller_of(door), &s.visit);

	if (failed(e))
		return kit_error(k, req, e);
	asker = asker_of(&s.visit);
	s.typed = ec_typed_of(&s.visit.typed, door->self, &asker);
	if (s.visit.typed.n == 0)
		prefill(req->arena, door, &asker, &s.typed);
	/* Who may not ask is told before writing anything. */
	if (door->self)
		s.errors.lien = ec_lien_check(STR("moi"), asker.birthdate, asker.birthdate, req->now_s);
	s.errors.n = s.errors.lien != NULL;
	return form_page(k, req, door, &s, 200);
}

/* ---- the filing ---- */

struct filing { struct ec_acte acte; enum ec_kind kind; struct kit_notice notice; };

static struct err insert(struct store_tx *tx, const struct kit_demande *d, void *arg)
{
	const struct filing *f = arg;

	return ec_acte_insert(tx, d, &f->acte);
}

static struct err message(struct arena *a, const struct kit_demande *d, void *arg, struct kit_mail *ret_mail)
{
	const struct filing *f = arg;

	ret_mail->to = f->acte.answers.courriel;
	return ret_mail->to.n ? ec_message_recorded(a, &f->notice, f->kind, d, ret_mail) : NO_ERR;
}

static MUST struct err file(struct kit *k, const struct http_req *req, const struct door *door, const struct shown *s,
	const struct ec_answers *answers, struct kit_demande *ret_demande)
{
	struct filing f = { { asker_of(&s->visit), *answers }, door->kind, kit_notice_of(k, req) };
	struct kit_filing filing = { "EC", insert, message, &f };

	*ret_demande = (struct kit_demande){
		.form_id = s->visit.form.id, .kind = ec_kind_names[door->kind], .pseudonym = s->visit.form.pseudonym, .filed_at_s = req->now_s,
		.expires_at_s = ec_expires_at_s(req->now_s),
	};
	return kit_demande_file(k, req, ret_demande, &filing);
}

static struct http_resp *form_post(struct kit *k, const struct http_req *req, const struct door *door)
{
	struct shown s = { 0 };
	struct ec_answers answers;
	struct ec_asker asker;
	struct kit_demande d;
	struct http_resp *ended = kit_visit_receive(k, req, caller_of(door), &s.visit);

	if (ended)
		return ended;
	asker = asker_of(&s.visit);
	s.typed = ec_typed_of(&s.visit.typed, door->self, &asker);
	if (s.visit.expired)
		return form_page(k, req, door, &s, 422);
	ec_demande_judge(req->arena, door->kind, &s.typed, &asker, req->now_s, &s.errors, &answers);
	if (s.errors.n)
		return form_page(k, req, door, &s, 422);
	struct err e = file(k, req, door, &s, &answers, &d);
	s.many = e.kind == ERR_THROTTLED;
	if (s.many)
		return form_page(k, req, door, &s, 429);
	return failed(e) ? kit_error(k, req, e) : kit_to_receipt(k, req, &d);
}

struct http_resp *ec_moi_get(void *kit, const struct http_req *req) { return form_get(kit, req, &moi); }
struct http_resp *ec_moi_post(void *kit, const struct http_req *req) { return form_post(kit, req, &moi); }
struct http_resp *ec_proche_get(void *kit, const struct http_req *req) { return form_get(kit, req, &proche); }
struct http_resp *ec_proche_post(void *kit, const struct http_req *req) { return form_post(kit, req, &proche); }
struct http_resp *ec_extrait_get(void *kit, const struct http_req *req) { return form_get(kit, req, &extrait); }
struct http_resp *ec_extrait_post(void *kit, const struct http_req *req) { return form_post(kit, req, &extrait); }
struct http_resp *ec_deces_get(void *kit, const struct http_req *req) { return form_get(kit, req, &deces); }
struct http_resp *ec_deces_post(void *kit, const struct http_req *req) { return form_post(kit, req, &deces); }
