/* ctl_partner_diff.c - adding a partner that exists: what would change, field by field, before anything does.
 *
 * Both protocols are reduced to the same list of named fields, each a set of texts; the order in which
 * addresses stand means nothing.
 */
#include "idp/admin/ctl_partner.h"
#include "base/clock.h"
#include "base/json.h"

enum { FIELDS_MAX = 24 };

struct field { const char *name, *words; struct str *v; size_t n; };
struct fields { struct arena *a; struct field v[FIELDS_MAX]; size_t n; };

static void add_list(struct fields *f, const char *name, const char *words, struct str *v, size_t n)
{
	f->v[f->n++] = (struct field){ name, words, v, n };
}

/* An empty text is no value. */
static void add_text(struct fields *f, const char *name, const char *words, struct str text)
{
	struct str *v = arena_new(f->a, struct str);

	*v = text;
	add_list(f, name, words, v, text.n > 0);
}

static void add_c(struct fields *f, const char *name, const char *words, const char *text)
{
	add_text(f, name, words, str_from_c(text));
}

static void add_words(struct fields *f, const char *name, const char *words, struct str text)
{
	struct str *v = arena_array(f->a, struct str, text.n + 1), word;
	size_t n = 0;

	while (str_split(&text, ' ', &word))
		if (word.n)
			v[n++] = word;
	add_list(f, name, words, v, n);
}

static void add_endpoints(struct fields *f, const char *name, const char *words, const struct partner_endpoint *e, size_t n)
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
	add_list(f, name, words, v, n);
}

static void add_saml(struct fields *f, const struct partner_saml *s)
{
	struct str *names = arena_array(f->a, struct str, s->name_n + 1), *prints = arena_array(f->a, struct str, s->certificate_n + 1);

	for (size_t i = 0; i < s->name_n; i++)
		names[i] = arena_printf(f->a, STR_FMT "=" STR_FMT, STR_ARG(s->names[i].attribute), STR_ARG(s->names[i].name));
	for (size_t i = 0; i < s->certificate_n; i++)
		prints[i] = ctl_fingerprint(f->a, s->certificates[i]);
	add_list(f, "attribute_names", "attributes sent under other names", names, s->name_n);
	add_c(f, "name_id", "name id", saml_name_policy_name(s->name_id));
	add_c(f, "sign_response", "response signed", s->sign_response ? "yes" : "no");
	add_c(f, "idp_initiated", "sign-in from our side", s->idp_initiated ? "yes" : "no");
	add_c(f, "requests_signed", "requests must be signed", s->requests_signed ? "yes" : "no");
	add_text(f, "valid_until", "metadata good until", s->valid_until_s ? time_format_utc(f->a, s->valid_until_s) : STR_NONE);
	add_endpoints(f, "acs", "assertions to", s->acs, s->acs_n);
	add_endpoints(f, "slo", "logout at", s->slo, s->slo_n);
	add_list(f, "certificates_sha256", "certificates (SHA-256)", prints, s->certificate_n);
}

static void add_oidc(struct fields *f, const struct partner *p)
{
	add_c(f, "auth", "authentication", partner_auth_name(p->auth));
	add_c(f, "alg", "signature of tokens", p->alg == SIGN_RS256 ? "RS256" : "ES256");
	add_words(f, "grants", "grants", p->grants);
	add_list(f, "redirect_uris", "redirect addresses", p->redirect_uris, p->redirect_n);
	add_list(f, "post_logout_redirect_uris", "addresses after signing out", p->post_logout_uris, p->post_logout_n);
	add_text(f, "backchannel_logout_uri", "told of a logout at", p->backchannel_uri);
}

/* A sector joined by the configuration is not the registration's. */
static bool is_joined(const struct idp *idp, struct str id)
{
	for (size_t i = 0; i < idp->set.join_n; i++)
		if (str_eq(idp->set.joins[i].client_id, id))
			return true;
	return false;
}

static void fields_of(const struct ctl *c, const struct partner *p, struct fields *f)
{
	*f = (struct fields){ .a = c->a };
	add_text(f, "name", "name", p->name[LANG_FR]);
	add_text(f, "name_en", "name in English", p->name[LANG_EN]);
	add_text(f, "purpose", "purpose", p->purpose[LANG_FR]);
	add_text(f, "purpose_en", "purpose in English", p->purpose[LANG_EN]);
	add_text(f, "sector", "sector (other pseudonyms: the service recognises no citizen afterwards)",
		is_joined(c->idp, p->id) ? STR_NONE : p->sector);
	add_words(f, "attributes", "attributes", p->attributes);
	add_c(f, "release", "release", release_mode_name(p->release));
	if (p->saml)
		add_saml(f, p->saml);
	else
		add_oidc(f, p);
}

static bool has(const struct field *f, struct str value)
{
	for (size_t i = 0; i < f->n; i++)
		if (str_eq(f->v[i], value))
			return true;
	return false;
}

static bool is_same(const struct field *a, const struct field *b)
{
	for (size_t i = 0; i < a->n; i++)
		if (!has(b, a->v[i]))
			return false;
	for (size_t i = 0; i < b->n; i++)
		if (!has(a, b->v[i]))
			return false;
	return true;
}

static void add_values(struct buf *b, const char *name, const struct field *f)
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

static void say_json(struct buf *b, bool first, const struct field *now, const struct field *then)
{
	buf_add_c(b, first ? "{" : ",{");
	json_field_c(b, "field", now->name);
	json_field_c(b, "meaning", now->words);
	add_values(b, "now", now);
	add_values(b, "then", then);
	buf_add_char(b, '}');
}

static void say_text(struct buf *b, const struct field *now, const struct field *then)
{
	buf_addf(b, "%s:\n", now->words);
	for (size_t i = 0; i < now->n; i++)
		if (!has(then, now->v[i]))
			buf_addf(b, "  - " STR_FMT "\n", STR_ARG(now->v[i]));
	for (size_t i = 0; i < then->n; i++)
		if (!has(now, then->v[i]))
			buf_addf(b, "  + " STR_FMT "\n", STR_ARG(then->v[i]));
}

size_t ctl_partner_diff(struct ctl *c, const struct partner *now, const struct partner *then)
{
	struct fields *a = arena_new(c->a, struct fields), *b = arena_new(c->a, struct fields);
	size_t changes = 0;

	fields_of(c, now, a);
	fields_of(c, then, b);
	if (c->json) {
		buf_add_char(&c->out, '{');
		json_field_str(&c->out, "client_id", now->id);
		json_field_bool(&c->out, "changed", false);
		json_add_key(&c->out, "would_change");
		buf_add_char(&c->out, '[');
	}
	for (size_t i = 0; i < a->n; i++) {
		if (is_same(&a->v[i], &b->v[i]))
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
	e = old ? partner_replace(c->idp, p, c->actor, c->now_s) : partner_add(c->idp, p, c->actor, c->now_s);
	if (failed(e) && (e.kind == ERR_CONFLICT || e.kind == ERR_ABSENT))
		return ctl_fail(c, CTL_FAILED, "somebody else changed " STR_FMT " at this moment; look at it again", STR_ARG(p->id));
	if (failed(e))
		return ctl_fail_err(c, e);
	*ret_stored = true;
	return CTL_DONE;
}
