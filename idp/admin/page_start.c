/* page_start.c - the start page: what this administrator may do, and what wants somebody's attention now. */
#include "idp/admin/page.h"
#include "idp/admin/certificate.h"
#include "idp/policy/partner.h"
#include "admin_pages.h"

enum { CONCERNS_MAX = 32, SOON_S = 30 * 86400, DIRECTORY_SILENT_S = 90, STUCK_ATTEMPTS = 3 };

struct concerns { const struct admin_visit *v; struct page_admin_start_concerns *rows; size_t n; };

static void add(struct concerns *c, struct str text, struct str url)
{
	if (c->n < CONCERNS_MAX)
		c->rows[c->n++] = (struct page_admin_start_concerns){ text, url };
}

static struct str day_of(const struct admin_visit *v, int64_t t_s)
{
	struct buf b;
	struct str day;

	buf_init(&b, 128);
	page_day(&b, (int)v->req->lang, t_s);
	day = arena_dup(v->req->arena, buf_str(&b));
	buf_done(&b);
	return day;
}

/* A section, for whoever may open it. */
static struct str where(const struct concerns *c, uint32_t rights, const char *path)
{
	return admin_visit_may(c->v, rights) ? str_from_c(path) : STR_NONE;
}

/* What ends within a month, or has ended. */
static void add_end(struct concerns *c, const char *const words[LANG_COUNT][2], struct str name, int64_t ends_s, struct str url)
{
	const struct admin_visit *v = c->v;
	bool over = ends_s <= v->req->now_s;

	if (!ends_s || ends_s > v->req->now_s + SOON_S)
		return;
	add(c, arena_concat(v->req->arena, (struct str[]){ str_from_c(words[v->req->lang][over]), name, STR(" : "), day_of(v, ends_s) }, 4), url);
}

/* Of several certificates the last one to end is what counts: the others are on their way out. */
static int64_t last_end(const struct partner *p, struct arena *a)
{
	int64_t ends_s = 0;

	for (size_t i = 0; p->saml && i < p->saml->certificate_n; i++) {
		struct certificate found;

		if (!failed(certificate_read(a, p->saml->certificates[i], &found)) && found.ends_s > ends_s)
			ends_s = found.ends_s;
	}
	return ends_s;
}

static void add_partners(struct concerns *c)
{
	static const char *const certificate[LANG_COUNT][2] = { { "Certificat bientôt expiré, partenaire ", "Certificat expiré, partenaire " },
		{ "Certificate about to expire, partner ", "Expired certificate, partner " } };
	static const char *const metadata[LANG_COUNT][2] = { { "Métadonnées bientôt périmées, partenaire ", "Métadonnées périmées, partenaire " },
		{ "Metadata about to lapse, partner ", "Lapsed metadata, partner " } };
	struct arena *a = c->v->req->arena;
	size_t n = 0;
	const struct partner *v = partner_list(c->v->idp->registry, a, &n);

	for (size_t i = 0; i < n; i++) {
		struct str name = v[i].name[LANG_FR].n ? v[i].name[LANG_FR] : v[i].id, url = admin_url_of(a, "/partenaires/fiche", "id", v[i].id);

		if (!v[i].enabled || !v[i].saml)
			continue;
		add_end(c, certificate, name, last_end(&v[i], a), url);
		add_end(c, metadata, name, v[i].saml->valid_until_s, url);
	}
}

static void add_keys(struct concerns *c)
{
	static const char *const ours[LANG_COUNT][2] = { { "Notre certificat SAML expire bientôt", "Notre certificat SAML a expiré" },
		{ "Our SAML certificate is about to expire", "Our SAML certificate has expired" } };
	const struct sign_keys *keys = &idp_keys(c->v->idp)->keys;

	for (size_t i = 0; i < keys->certificate_n; i++)
		if (keys->certificates[i].state == SIGN_KEY_CURRENT)
			add_end(c, ours, STR_NONE, keys->certificates[i].ends_s, where(c, RIGHT(CLES), "/cles"));
	if (!keys->n)
		add(c, c->v->req->lang == LANG_EN ? STR("The signer does not answer: nobody can sign in to a service")
			: STR("Le signataire ne répond pas : personne ne peut se connecter à un service"), where(c, RIGHT(EXPLOITATION), "/etat"));
}

static MUST struct err stuck_tx(struct store_tx *tx, void *ret_n)
{
	struct store_row row;

	TRY(store_one(tx, "SELECT COUNT(*) FROM logout_queue WHERE attempts >= $1", &row, int_(STUCK_ATTEMPTS)));
	*(int64_t *)ret_n = row_int(&row, 0);
	return NO_ERR;
}

static MUST struct err add_operation(struct concerns *c)
{
	const struct admin_visit *v = c->v;
	bool en = v->req->lang == LANG_EN;
	int64_t stuck = 0, reached_s = agent_directory_reached_s(v->idp);

	TRY(store_read(v->idp->store, stuck_tx, &stuck));
	if (stuck)
		add(c, arena_printf(v->req->arena, en ? "Sign-outs that a service does not take: %lld" : "Déconnexions qu’un service n’accepte pas : %lld",
			(long long)stuck), STR("/files"));
	if (v->idp->set.directory && reached_s && v->req->now_s - reached_s > DIRECTORY_SILENT_S)
		add(c, en ? STR("The town's directory does not answer: agents cannot sign in")
			: STR("L’annuaire de la ville ne répond pas : les agents ne peuvent plus se connecter"), STR("/etat"));
	return NO_ERR;
}

static MUST struct err gather(struct concerns *c)
{
	if (admin_visit_may(c->v, RIGHT(PARTENAIRES)))
		add_partners(c);
	if (admin_visit_may(c->v, RIGHT(CLES) | RIGHT(EXPLOITATION)))
		add_keys(c);
	return admin_visit_may(c->v, RIGHT(EXPLOITATION)) ? add_operation(c) : NO_ERR;
}

struct http_resp *admin_start_get(void *app, const struct http_req *req)
{
	struct admin_visit v;
	struct page_admin_start_concerns rows[CONCERNS_MAX];
	struct concerns c = { &v, rows, 0 };
	struct page_admin_start_sections *sections = arena_array(req->arena, struct page_admin_start_sections, admin_section_n);
	struct page_admin_start page = { .concerns = rows, .sections = sections };
	struct page_site site;
	struct buf out;
	struct err e = admin_visit_open(app, req, &v);

	if (!failed(e))
		e = gather(&c);
	if (failed(e))
		return admin_page_error(app, req, e);
	for (size_t i = 0; i < admin_section_n; i++)
		if (admin_visit_may(&v, admin_sections[i].right))
			sections[page.sections_n++] = (struct page_admin_start_sections){ admin_sections[i].name[req->lang],
				str_from_c(admin_sections[i].path), admin_sections[i].about[req->lang] };
	page.concerns_n = c.n;
	site = admin_site(&v);
	buf_init(&out, ADMIN_PAGE_MAX);
	page_admin_start(&out, &site, &page);
	return admin_page_answer(&v, 200, &out);
}
