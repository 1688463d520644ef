/* page_partner_change.c - a partner registered, or registered otherwise: form, difference, confirmation.
 *
 * The form's fields are the options of `guichetctl partner add`, and are read by the same code. The middle
 * page carries them on in hidden fields with a digest of what stood in the register when the difference was
 * shown: when somebody else was faster, the difference is shown again. A client's secret is shown by the
 * answer that made it, and nowhere else.
 */
#include "idp/admin/page_partner.h"
#include "idp/admin/ctl_partner.h"
#include "idp/policy/release.h"
#include "base/b64.h"
#include "base/ct.h"
#include "wire/saml/saml_xml.h"
#include "admin_pages.h"

enum kind { ONE, LINES, WORDS, FLAG };

struct row { const char *option, *form; enum kind kind; bool oidc, saml; };
/* What travels between the pages, and as which option. */
static const struct row rows[] = {
	{ "id", "id", ONE, true, false }, { "name", "name", ONE, true, true }, { "name-en", "name-en", ONE, true, true },
	{ "purpose", "purpose", ONE, true, true }, { "purpose-en", "purpose-en", ONE, true, true }, { "people", "people", ONE, true, true },
	{ "redirect-uri", "redirect-uri", LINES, true, false }, { "post-logout-uri", "post-logout-uri", LINES, true, false },
	{ "backchannel-logout-uri", "backchannel-logout-uri", ONE, true, false }, { "auth", "auth", ONE, true, false },
	{ "alg", "alg", ONE, true, false }, { "attributes", "attributes", WORDS, true, true }, { "release", "release", ONE, true, true },
	{ "sector", "sector", ONE, true, true }, { "name-id", "name-id", ONE, false, true }, { "sign-response", "sign-response", FLAG, false, true },
	{ "idp-initiated", "idp-initiated", FLAG, false, true }, { "new-secret", "new-secret", FLAG, true, false },
	{ "grant", "grant-code", FLAG, true, false }, { "grant", "grant-refresh", FLAG, true, false }, { "grant", "grant-client", FLAG, true, false },
};
static const struct { const char *form, *grant; } grants[] = {
	{ "grant-code", "authorization_code" }, { "grant-refresh", "refresh_token" }, { "grant-client", "client_credentials" },
};

struct change {
	struct admin_visit v;
	struct ctl ctl;                /* the command that the form amounts to */
	bool saml;
	const struct partner *named;   /* by the address; NULL: a new one */
	struct partner p;              /* as read from the form */
	const struct partner *old;     /* registered under p's id */
};

/* ---- from the form to the options ---- */

static void add_option(struct ctl *c, const char *name, struct str value)
{
	if (c->option_n < CTL_OPTIONS_MAX)
		c->options[c->option_n++] = (struct ctl_option){ str_from_c(name), value };
}

static void add_each(struct ctl *c, const char *name, struct str text, char between)
{
	struct str part;

	while (str_split(&text, between, &part)) {
		if (part.n && part.p[part.n - 1] == '\r')
			part.n--;
		part = str_trim(part);
		if (part.n)
			add_option(c, name, part);
	}
}

static void add_flag(struct ctl *c, const struct row *r)
{
	for (size_t i = 0; i < sizeof grants / sizeof *grants; i++)
		if (strcmp(r->form, grants[i].form) == 0) {
			add_option(c, r->option, str_from_c(grants[i].grant));
			return;
		}
	add_option(c, r->option, STR_NONE);
}

static void read_options(struct change *ch)
{
	const struct http_pairs *form = &ch->v.req->form;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct str text = http_get(form, rows[i].form);

		if (!text.n || !(ch->saml ? rows[i].saml : rows[i].oidc))
			continue;
		if (rows[i].kind == LINES)
			add_each(&ch->ctl, rows[i].option, text, '\n');
		else if (rows[i].kind == WORDS)
			add_each(&ch->ctl, rows[i].option, text, ' ');
		else if (rows[i].kind == FLAG)
			add_flag(&ch->ctl, &rows[i]);
		else
			add_option(&ch->ctl, rows[i].option, text);
	}
}

/* A file that was chosen wins over text that was pasted. */
static struct str metadata_of(const struct http_req *req)
{
	for (size_t i = 0; i < req->part_n; i++)
		if (str_eq_c(req->parts[i].name, "fichier") && req->parts[i].bytes.n)
			return req->parts[i].bytes;
	return http_get(&req->form, "metadonnees");
}

static uint32_t read_saml(struct change *ch)
{
	struct ctl *c = &ch->ctl;

	c->input = metadata_of(ch->v.req);
	if (!str_trim(c->input).n)
		return ctl_fault(c, CTL_USAGE, "metadata", "partner.metadata", "no metadata");
	if (c->input.n > SAML_XML_BYTES)
		return ctl_fault(c, CTL_FAILED, "metadata", "saml.xml.size", "larger than %d bytes", SAML_XML_BYTES);
	/* It has to travel on in a field of the next page. */
	if (!str_is_utf8(c->input))
		return ctl_fault(c, CTL_FAILED, "metadata", "saml.xml.encoding", "not UTF-8");
	add_option(c, "metadata", STR("metadata"));
	return ctl_partner_read_saml(c, &ch->p);
}

static uint32_t read_form(struct change *ch)
{
	struct ctl *c = &ch->ctl;
	uint32_t code;

	read_options(ch);
	if (ch->saml) {
		code = read_saml(ch);
	} else if (!ctl_has(c, "grant")) {
		return ctl_fault(c, CTL_USAGE, "grant-code", "partner.grant", "no grant");
	} else {
		code = ctl_partner_read_oidc(c, &ch->p);
	}
	if (code)
		return code;
	if (ch->named && !str_eq(ch->named->id, ch->p.id))
		return ctl_fault(c, CTL_FAILED, ch->saml ? "metadata" : "id", ch->saml ? "partner.metadata.other" : "partner.id", "another partner");
	ch->old = partner_find(ch->v.idp->registry, c->a, ch->p.id);
	if (ch->old && !str_eq(ch->old->protocol, ch->p.protocol))
		return ctl_fault(c, CTL_FAILED, ch->saml ? "metadata" : "id", "partner.taken", "the other protocol");
	return CTL_DONE;
}

/* ---- the form ---- */

static struct str joined(struct arena *a, const struct str *v, size_t n)
{
	return partner_lines(a, "", v, n, LANG_FR);
}

/* "email=mail given_name": as the form takes it. */
static struct str attributes_of(struct arena *a, const struct partner *p)
{
	struct str rest = p->attributes, word, out = STR_NONE;

	while (str_split(&rest, ' ', &word)) {
		for (size_t i = 0; p->saml && i < p->saml->name_n; i++)
			if (str_eq(p->saml->names[i].attribute, word))
				word = arena_printf(a, STR_FMT "=" STR_FMT, STR_ARG(word), STR_ARG(p->saml->names[i].name));
		out = out.n ? arena_printf(a, STR_FMT " " STR_FMT, STR_ARG(out), STR_ARG(word)) : word;
	}
	return out;
}

/* A field of the form: what was typed, else what is registered, else `fresh`. */
static struct str field(const struct change *ch, const char *name, struct str registered, const char *fresh)
{
	if (ch->v.req->method == HTTP_POST)
		return http_get(&ch->v.req->form, name);
	return ch->named ? registered : str_from_c(fresh);
}

static bool flag(const struct change *ch, const char *name, bool registered, bool fresh)
{
	if (ch->v.req->method == HTTP_POST)
		return http_has(&ch->v.req->form, name);
	return ch->named ? registered : fresh;
}

static struct str own_url(const struct change *ch)
{
	const char *path = ch->saml ? "/partenaires/saml" : "/partenaires/openid";

	return ch->named ? admin_url_of(ch->v.req->arena, path, "id", ch->named->id) : str_from_c(path);
}

/* The field of the page, where it has another name than the option. */
static struct str wrong_field(const struct change *ch)
{
	struct str option = str_from_c(ch->ctl.field);

	return str_eq_c(option, "metadata") ? STR("metadonnees") : option;
}

/* What an editor of metadata has to hear, in the reader's own words. */
static struct str wrong_detail(struct change *ch)
{
	struct str said = buf_str(&ch->ctl.err), line;

	if (!ch->ctl.fault || !str_starts(str_from_c(ch->ctl.fault), STR("saml.")))
		return STR_NONE;
	str_split(&said, '\n', &line);
	return arena_dup(ch->v.req->arena, line);
}

static void fill_oidc(const struct change *ch, const struct partner *p, struct page_admin_partner_form *page)
{
	struct arena *a = ch->v.req->arena;

	page->id = field(ch, "id", p->id, "");
	page->redirect_uri = field(ch, "redirect-uri", joined(a, p->redirect_uris, p->redirect_n), "");
	page->post_logout_uri = field(ch, "post-logout-uri", joined(a, p->post_logout_uris, p->post_logout_n), "");
	page->backchannel_logout_uri = field(ch, "backchannel-logout-uri", p->backchannel_uri, "");
	page->auth = field(ch, "auth", p->auth == PARTNER_PUBLIC ? STR("none") : p->auth == PARTNER_POST ? STR("post") : STR("basic"), "basic");
	page->alg = field(ch, "alg", p->alg == SIGN_RS256 ? STR("RS256") : STR("ES256"), "ES256");
	page->grant_code = flag(ch, "grant-code", partner_has_grant(p, "authorization_code"), true);
	page->grant_refresh = flag(ch, "grant-refresh", partner_has_grant(p, "refresh_token"), false);
	page->grant_client = flag(ch, "grant-client", partner_has_grant(p, "client_credentials"), false);
	page->new_secret = flag(ch, "new-secret", false, false);
}

static void fill_saml(const struct change *ch, const struct partner *p, struct page_admin_partner_form *page)
{
	static const struct partner_saml nothing;
	const struct partner_saml *s = p->saml ? p->saml : &nothing;

	page->metadonnees = str_is_utf8(ch->ctl.input) ? ch->ctl.input : STR_NONE;
	page->name_id = field(ch, "name-id", str_from_c(saml_name_policy_name(s->name_id)), "persistent");
	page->sign_response = flag(ch, "sign-response", s->sign_response, false);
	page->idp_initiated = flag(ch, "idp-initiated", s->idp_initiated, false);
}

static struct http_resp *show_form(struct change *ch, int status)
{
	static const struct partner none;
	const struct partner *p = ch->named ? ch->named : &none;
	struct page_admin_partner_form page = { .saml = ch->saml, .url = own_url(ch), .csrf = ch->v.csrf, .known = ch->named != NULL,
		.attribute_names = policy_attribute_names(), .name = field(ch, "name", p->name[LANG_FR], ""),
		.name_en = field(ch, "name-en", p->name[LANG_EN], ""), .purpose = field(ch, "purpose", p->purpose[LANG_FR], ""),
		.purpose_en = field(ch, "purpose-en", p->purpose[LANG_EN], ""), .people = field(ch, "people", str_from_c(partner_people_name(p)), "usagers"),
		.attributes = field(ch, "attributes", attributes_of(ch->v.req->arena, p), ""),
		.release = field(ch, "release", str_from_c(release_mode_name(p->release)), "inform"), .sector = field(ch, "sector", p->sector, "") };
	struct page_site site = admin_site(&ch->v);
	struct http_resp *r;
	struct buf out;

	if (ch->saml)
		fill_saml(ch, p, &page);
	else
		fill_oidc(ch, p, &page);
	if (ch->ctl.fault) {
		page.wrong = wrong_field(ch);
		page.why = partner_fault(ch->ctl.fault, ch->v.req->lang);
		page.detail = wrong_detail(ch);
	}
	buf_init(&out, ADMIN_PAGE_MAX);
	page_admin_partner_form(&out, &site, &page);
	r = admin_page_answer(&ch->v, status, &out);
	if (ch->ctl.fault)
		r->outcome = err_of(MALFORMED, "admin.partner");
	return r;
}

/* ---- the difference ---- */

/* Of what stands in the register: no two registrations have the same. */
static struct str digest_of(const struct change *ch)
{
	struct arena *a = ch->v.req->arena;
	struct partner_fields *f = arena_new(a, struct partner_fields);
	unsigned char hash[32];
	struct buf b;

	if (!ch->old)
		return STR("-");
	ctl_partner_fields(ch->v.idp, a, ch->old, f);
	buf_init(&b, ADMIN_PAGE_MAX);
	for (size_t i = 0; i < f->n; i++)
		for (size_t k = 0; k < f->v[i].n; k++)
			buf_addf(&b, "%s=" STR_FMT "\n", f->v[i].name, STR_ARG(f->v[i].v[k]));
	sha256(buf_str(&b), hash);
	buf_done(&b);
	return hex_encode(a, hash, sizeof hash);
}

static void fill_changes(const struct change *ch, struct page_admin_partner_preview *page)
{
	struct arena *a = ch->v.req->arena;
	enum http_lang lang = ch->v.req->lang;
	struct partner_fields *now = arena_new(a, struct partner_fields), *then = arena_new(a, struct partner_fields);
	struct page_admin_partner_preview_changes *out = arena_array(a, struct page_admin_partner_preview_changes, CTL_PARTNER_FIELDS_MAX);

	ctl_partner_fields(ch->v.idp, a, &ch->p, then);
	if (ch->old)
		ctl_partner_fields(ch->v.idp, a, ch->old, now);
	for (size_t i = 0; i < then->n; i++) {
		const struct partner_field *f = &then->v[i], *was = &now->v[i];

		if (ch->old ? ctl_partner_field_is_same(was, f) : !f->n)
			continue;
		page->sector_moves |= ch->old && strcmp(f->name, "sector") == 0;
		out[page->changes_n++] = (struct page_admin_partner_preview_changes){ f->meaning[lang],
			ch->old ? partner_lines(a, f->name, was->v, was->n, lang) : STR_NONE, partner_lines(a, f->name, f->v, f->n, lang) };
	}
	page->changes = out;
}

static void fill_hidden(const struct change *ch, struct page_admin_partner_preview *page)
{
	struct arena *a = ch->v.req->arena;
	size_t n = sizeof rows / sizeof *rows;
	struct page_admin_partner_preview_fields *out = arena_array(a, struct page_admin_partner_preview_fields, n + 2);

	for (size_t i = 0; i < n; i++)
		if (http_has(&ch->v.req->form, rows[i].form))
			out[page->fields_n++] = (struct page_admin_partner_preview_fields){ str_from_c(rows[i].form), http_get(&ch->v.req->form, rows[i].form) };
	if (ch->saml)
		out[page->fields_n++] = (struct page_admin_partner_preview_fields){ STR("metadonnees"), ch->ctl.input };
	out[page->fields_n++] = (struct page_admin_partner_preview_fields){ STR("vu"), digest_of(ch) };
	page->fields = out;
}

static bool makes_secret(const struct change *ch)
{
	return !ch->saml && ch->p.auth != PARTNER_PUBLIC && (!ch->old || !ch->old->has_secret || ctl_has(&ch->ctl, "new-secret"));
}

static struct http_resp *show_difference(const struct change *ch, bool moved)
{
	struct page_admin_partner_preview page = { .name = ch->p.name[LANG_FR], .id = ch->p.id, .url = own_url(ch), .csrf = ch->v.csrf,
		.known = ch->old != NULL, .moved = moved, .multipart = ch->saml, .secret = makes_secret(ch) };
	struct page_site site = admin_site(&ch->v);
	struct buf out;

	fill_changes(ch, &page);
	fill_hidden(ch, &page);
	buf_init(&out, ADMIN_PAGE_MAX);
	page_admin_partner_preview(&out, &site, &page);
	return admin_page_answer(&ch->v, moved ? 409 : 200, &out);
}

/* ---- the confirmation ---- */

static struct http_resp *show_secret(const struct change *ch, struct str secret)
{
	struct page_admin_partner_secret page = { .name = ch->p.name[LANG_FR], .id = ch->p.id, .secret = secret,
		.url = partner_page_url(ch->v.req->arena, &ch->p) };
	struct page_site site = admin_site(&ch->v);
	struct buf out;

	buf_init(&out, ADMIN_PAGE_MAX);
	page_admin_partner_secret(&out, &site, &page);
	return admin_page_answer(&ch->v, 200, &out);
}

static struct http_resp *store_it(struct change *ch)
{
	struct idp *idp = ch->v.idp;
	struct str secret = ch->saml ? STR_NONE : ctl_partner_settle_secret(&ch->ctl, &ch->p, ch->old), actor = ch->v.agent->login;
	struct err e = ch->old ? partner_replace(idp, &ch->p, ch->old, actor, ch->v.req->now_s) : partner_add(idp, &ch->p, actor, ch->v.req->now_s);

	/* Somebody was faster between the look and the act. */
	if (e.kind == ERR_CONFLICT) {
		ch->old = partner_find(idp->registry, ch->v.req->arena, ch->p.id);
		return show_difference(ch, true);
	}
	if (failed(e))
		return admin_page_error(idp, ch->v.req, e);
	return secret.n ? show_secret(ch, secret) : admin_done(&ch->v, partner_page_url(ch->v.req->arena, &ch->p), "registered");
}

static struct http_resp *answer_post(struct change *ch)
{
	struct str step = http_get(&ch->v.req->form, "etape");

	if (read_form(ch))
		return show_form(ch, 400);
	if (str_eq_c(step, "corriger"))
		return show_form(ch, 200);
	if (!str_eq_c(step, "inscrire"))
		return show_difference(ch, false);
	return str_eq(http_get(&ch->v.req->form, "vu"), digest_of(ch)) ? store_it(ch) : show_difference(ch, true);
}

static MUST struct err open_change(struct change *ch, struct idp *idp, const struct http_req *req, bool saml)
{
	*ch = (struct change){ .saml = saml };
	TRY(admin_visit_open(idp, req, &ch->v));
	ENSURE(!saml || idp->set.saml, ABSENT, "partner.saml.off");
	if (http_has(&req->query, "id")) {
		TRY(partner_of_visit(&ch->v, &ch->named));
		ENSURE((ch->named->saml != NULL) == saml, ABSENT, "partner.unknown");
	}
	ch->ctl = (struct ctl){ .idp = idp, .a = req->arena, .actor = ch->v.agent->login, .now_s = req->now_s, .deadline_ms = req->deadline_ms };
	buf_init(&ch->ctl.out, 16384);
	buf_init(&ch->ctl.err, 16384);
	return NO_ERR;
}

static struct http_resp *answer(void *app, const struct http_req *req, bool saml)
{
	struct change *ch = arena_new(req->arena, struct change);
	struct err e = open_change(ch, app, req, saml);
	struct http_resp *r;

	if (failed(e))
		return admin_page_error(app, req, e);
	r = req->method == HTTP_POST ? answer_post(ch) : show_form(ch, 200);
	buf_done(&ch->ctl.out);
	buf_done(&ch->ctl.err);
	return r;
}

struct http_resp *partner_oidc_get(void *app, const struct http_req *req) { return answer(app, req, false); }
struct http_resp *partner_oidc_post(void *app, const struct http_req *req) { return answer(app, req, false); }
struct http_resp *partner_saml_get(void *app, const struct http_req *req) { return answer(app, req, true); }
struct http_resp *partner_saml_post(void *app, const struct http_req *req) { return answer(app, req, true); }
