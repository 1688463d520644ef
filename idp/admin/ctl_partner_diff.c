/* ctl_partner_diff.c - adding a partner that exists: what would change, field by field, before anything does.
 *
 * Both protocols are reduced to the same list of named fields, each a set of texts; the order in which
 * addresses stand means nothing.
 */
#include "idp/admin/ctl_partner.h"
#include "base/clock.h"
#include "base/json.h"

struct fields { struct arena *a; struct partner_fields *out; };

static const struct { const char *name; struct str meaning[LANG_COUNT]; } meanings[] = {
	{ "name", { STR_INIT("nom"), STR_INIT("name") } },
	{ "name_en", { STR_INIT("nom en anglais"), STR_INIT("name in English") } },
	{ "purpose", { STR_INIT("à quoi servent les données"), STR_INIT("purpose") } },
	{ "purpose_en", { STR_INIT("la même phrase en anglais"), STR_INIT("purpose in English") } },
	{ "sector", { STR_INIT("secteur"),
		STR_INIT("sector (other pseudonyms: the service recognises no citizen afterwards)") } },
	{ "people", { STR_INIT("pour qui"), STR_INIT("for whom") } },
	{ "attributes", { STR_INIT("données transmises"), STR_INIT("attributes") } },
	{ "release", { STR_INIT("avant de transmettre"), STR_INIT("release") } },
	{ "attribute_names", { STR_INIT("données envoyées sous un autre nom"), STR_INIT("attributes sent under other names") } },
	{ "name_id", { STR_INIT("identifiant (NameID)"), STR_INIT("name id") } },
	{ "sign_response", { STR_INIT("réponse signée aussi"), STR_INIT("response signed") } },
	{ "idp_initiated", { STR_INIT("connexion lancée depuis chez nous"), STR_INIT("sign-in from our side") } },
	{ "requests_signed", { STR_INIT("demandes obligatoirement signées"), STR_INIT("requests must be signed") } },
	{ "valid_until", { STR_INIT("métadonnées valables jusqu’au"), STR_INIT("metadata good until") } },
	{ "acs", { STR_INIT("assertions envoyées à"), STR_INIT("assertions to") } },
	{ "slo", { STR_INIT("déconnexion à"), STR_INIT("logout at") } },
	{ "certificates_sha256", { STR_INIT("certificats (SHA-256)"), STR_INIT("certificates (SHA-256)") } },
	{ "auth", { STR_INIT("comment il prouve qui il est"), STR_INIT("authentication") } },
	{ "alg", { STR_INIT("signature des jetons"), STR_INIT("signature of tokens") } },
	{ "grants", { STR_INIT("ce qu’il peut demander"), STR_INIT("grants") } },
	{ "redirect_uris", { STR_INIT("adresses de retour"), STR_INIT("redirect addresses") } },
	{ "post_logout_redirect_uris", { STR_INIT("adresses après la déconnexion"), STR_INIT("addresses after signing out") } },
	{ "backchannel_logout_uri", { STR_INIT("prévenu d’une déconnexion à"), STR_INIT("told of a logout at") } },
};

static void add_list(struct fields *f, const char *name, struct str *v, size_t n)
{
	struct partner_field *field = &f->out->v[f->out->n++];

	*field = (struct partner_field){ .name = name, .v = v, .n = n };
	for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
		if (strcmp(meanings[i].name, name) == 0)
			memcpy(field->meaning, meanings[i].meaning, sizeof field->meaning);
}

/* An empty text is no value. */
static void add_text(struct fields *f, const char *name, struct str text)
{
	struct str *v = arena_new(f->a, struct str);

	*v = text;
	add_list(f, name, v, text.n > 0);
}

static void add_c(struct fields *f, const char *name, const char *text)
{
	add_text(f, name, str_from_c(text));
}

static void add_words(struct fields *f, const char *name, struct str text)
{
	struct str *v = arena_array(f->a, struct str, text.n + 1), word;
	size_t n = 0;

	while (str_split(&text, ' ', &word))
		if (word.n)
			v[n++] = word;
	add_list(f, name, v, n);
}

static void add_endpoints(struct fields *f, const char *name, const struct partner_endpoint *e, size_t n)
{
	struct str *v = arena_array(f->a, struct str, n + 1);

	for (size_t i = 0; i < n; i++) {
		v[i] = arena_printf(f->a, "%s " STR_FMT, e[i].by_post ? "post" : "redirect", STR_ARG(e[i].location));
		if (e[i].response_location.n)
			v[i] = arena_printf(f->a, STR_FMT ", answers to " STR_FMT, STR_ARG(v[i]), STR_ARG(e[i].response_location));
		if (e[i].place >= 0)
			v[i] = arena_printf(f->a, STR_FMT " (index %lld)", STR_ARG(v[i]), (long long)e[i].place);
		if (e[i].is_default)
			v[i] = arena_printf(f->a, STR_FMT " (default)", STR_ARG(v[i]));
	}
	add_list(f, name, v, n);
}

static void add_saml(struct fields *f, const struct partner_saml *s)
{
	struct str *names = arena_array(f->a, struct str, s->name_n + 1), *prints = arena_array(f->a, struct str, s->certificate_n + 1);

	for (size_t i = 0; i < s->name_n; i++)
		names[i] = arena_printf(f->a, STR_FMT "=" STR_FMT, STR_ARG(s->names[i].attribute), STR_ARG(s->names[i].name));
	for (size_t i = 0; i < s->certificate_n; i++)
		prints[i] = ctl_fingerprint(f->a, s->certificates[i]);
	add_list(f, "attribute_names", names, s->name_n);
	add_c(f, "name_id", saml_name_policy_name(s->name_id));
	add_c(f, "sign_response", s->sign_response ? "yes" : "no");
	add_c(f, "idp_initiated", s->idp_initiated ? "yes" : "no");
	add_c(f, "requests_signed", s->requests_signed ? "yes" : "no");
	add_text(f, "valid_until", s->valid_until_s ? time_format_utc(f->a, s->valid_until_s) : STR_NONE);
	add_endpoints(f, "acs", s->acs, s->acs_n);
	add_endpoints(f, "slo", s->slo, s->slo_n);
	add_list(f, "certificates_sha256", prints, s->certificate_n);
}

static void add_oidc(struct fields *f, const struct partner *p)
{
	add_c(f, "auth", partner_auth_name(p->auth));
	add_c(f, "alg", p->alg == SIGN_RS256 ? "RS256" : "ES256");
	add_words(f, "grants", p->grants);
	add_list(f, "redirect_uris", p->redirect_uris, p->redirect_n);
	add_list(f, "post_logout_redirect_uris", p->post_logout_uris, p->post_logout_n);
	add_text(f, "backchannel_logout_uri", p->backchannel_uri);
}

/* A sector joined by the configuration is not the registration's. */
static bool is_joined(const struct idp *idp, struct str id)
{
	for (size_t i = 0; i < idp->set.join_n; i++)
		if (str_eq(idp->set.joins[i].client_id, id))
			return true;
	return false;
}

void ctl_partner_fields(const struct idp *idp, struct arena *a, const struct partner *p, struct partner_fields *ret)
{
	struct fields fields = { a, ret }, *f = &fields;

	ret->n = 0;
	add_text(f, "name", p->name[LANG_FR]);
	add_text(f, "name_en", p->name[LANG_EN]);
	add_text(f, "purpose", p->purpose[LANG_FR]);
	add_text(f, "purpose_en", p->purpose[LANG_EN]);
	add_text(f, "sector", is_joined(idp, p->id) ? STR_NONE : p->sector);
	add_c(f, "people", partner_people_name(p));
	add_words(f, "attributes", p->attributes);
	add_c(f, "release", release_mode_name(p->release));
	if (p->saml)
		add_saml(f, p->saml);
	else
		add_oidc(f, p);
}

static bool has(const struct partner_field *f, struct str value)
{
	for (size_t i = 0; i < f->n; i++)
		if (str_eq(f->v[i], value))
			return true;
	return false;
}

bool ctl_partner_field_is_same(const struct partner_field *a, const struct partner_field *b)
{
	for (size_t i = 0; i < a->n; i++)
		if (!has(b, a->v[i]))
			return false;
	for (size_t i = 0; i < b->n; i++)
		if (!has(a, b->v[i]))
			return false;
	return true;
}

static void add_values(struct buf *b, const char *name, const struct partner_field *f)
{
	json_add_key(b, name);
	buf_add_char(b, '[');
	for (size_t i = 0; i < f->n; i++) {
		if (i)
			buf_add_char(b, ',');
		json_add_str(b, f->v[i]);
	}
	buf_add_char(b, ']');
}

static void say_json(struct buf *b, bool first, const struct partner_field *now, const struct partner_field *then)
{
	buf_add_c(b, first ? "{" : ",{");
	json_field_c(b, "field", now->name);
	json_field_str(b, "meaning", now->meaning[LANG_EN]);
	add_values(b, "now", now);
	add_values(b, "then", then);
	buf_add_char(b, '}');
}

static void say_text(struct buf *b, const struct partner_field *now, const struct partner_field *then)
{
	buf_addf(b, STR_FMT ":\n", STR_ARG(now->meaning[LANG_EN]));
	for (size_t i = 0; i < now->n; i++)
		if (!has(then, now->v[i]))
			buf_addf(b, "  - " STR_FMT "\n", STR_ARG(now->v[i]));
	for (size_t i = 0; i < then->n; i++)
		if (!has(now, then->v[i]))
			buf_addf(b, "  + " STR_FMT "\n", STR_ARG(then->v[i]));
}

size_t ctl_partner_diff(struct ctl *c, const struct partner *now, const struct partner *then)
{
	struct partner_fields *a = arena_new(c->a, struct partner_fields), *b = arena_new(c->a, struct partner_fields);
	size_t changes = 0;

	ctl_partner_fields(c->idp, c->a, now, a);
	ctl_partner_fields(c->idp, c->a, then, b);
	if (c->json) {
		buf_add_char(&c->out, '{');
		json_field_str(&c->out, "client_id", now->id);
		json_field_bool(&c->out, "changed", false);
		json_add_key(&c->out, "would_change");
		buf_add_char(&c->out, '[');
	}
	for (size_t i = 0; i < a->n; i++) {
		if (ctl_partner_field_is_same(&a->v[i], &b->v[i]))
			continue;
		if (c->json)
			say_json(&c->out, !changes, &a->v[i], &b->v[i]);
		else
			say_text(&c->out, &a->v[i], &b->v[i]);
		changes++;
	}
	if (c->json)
		buf_add_c(&c->out, "]}\n");
	return changes;
}

uint32_t ctl_partner_put(struct ctl *c, struct partner *p, const struct partner *old, bool *ret_stored)
{
	size_t changes;
	struct err e;

	*ret_stored = false;
	if (old && !str_eq(old->protocol, p->protocol))
		return ctl_fail(c, CTL_FAILED, "a partner " STR_FMT " exists already, and speaks " STR_FMT "; remove it first, or choose another --id",
			STR_ARG(p->id), STR_ARG(old->protocol));
	if (old && !ctl_has(c, "replace")) {
		changes = ctl_partner_diff(c, old, p);
		return changes ? ctl_fail(c, CTL_FAILED, "a partner " STR_FMT " exists already, and nothing was changed; to register it as shown,"
			" repeat the command with --replace", STR_ARG(p->id))
			: ctl_fail(c, CTL_DONE, "a partner " STR_FMT " exists already, exactly so: there is nothing to change", STR_ARG(p->id));
	}
	e = old ? partner_replace(c->idp, p, old, c->actor, c->now_s) : partner_add(c->idp, p, c->actor, c->now_s);
	if (e.kind == ERR_CONFLICT)
		return ctl_fail(c, CTL_FAILED, "somebody else changed " STR_FMT " at this moment; look at it again", STR_ARG(p->id));
	if (failed(e))
		return ctl_fail_err(c, e);
	*ret_stored = true;
	return CTL_DONE;
}
