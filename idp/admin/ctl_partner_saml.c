/* ctl_partner_saml.c - guichetctl partner add saml: a vendor's metadata become rows, or a sentence says
 * what the vendor has to change. */
#include "idp/admin/ctl_partner.h"
#include "idp/policy/release.h"
#include "wire/oidc/oidc.h"
#include "wire/ipc/check.h"
#include "base/b64.h"
#include "base/ct.h"
#include "base/json.h"

enum { ATTRIBUTES_MAX = 16, ENTITY_MAX = 1024 };
#define FORMAT_BASIC "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"
#define FORMAT_URI   "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"

static uint32_t read_file(struct ctl *c, struct saml_metadata *ret)
{
	struct check_metadata q = { .xml = c->input };
	struct check_metadata_result got = { 0 };
	struct err e;

	if (!c->idp->set.saml)
		return ctl_fault(c, CTL_FAILED, "metadata", "partner.saml.off", "SAML is not spoken here: set saml_certificate in the configuration first");
	if (!ctl_has(c, "metadata"))
		return ctl_fault(c, CTL_USAGE, "metadata", "partner.metadata", "partner add saml wants --metadata FILE (- for standard input)");
	e = engine_call(c->idp->engine, c->a, c->deadline_ms, ROLE_READER, CHECK_METADATA, ipc_check_metadata_io, &q,
		ipc_check_metadata_result_io, &got);
	if (failed(e)) {
		c->field = "metadata";
		c->fault = e.slug;
		return ctl_fail_err(c, e);
	}
	c->fault_line = got.line;
	if (!got.ok)
		return ctl_fault(c, CTL_FAILED, "metadata", arena_c(c->a, got.slug), STR_FMT ", line %u: " STR_FMT " (" STR_FMT ")", STR_ARG(ctl_option(c, "metadata")), got.line,
			STR_ARG(got.problem), STR_ARG(got.slug));
	*ret = got.metadata;
	return CTL_DONE;
}

static uint32_t vendor(struct ctl *c, const char *fault, const char *sentence)
{
	return ctl_fault(c, CTL_FAILED, "metadata", fault, STR_FMT ": %s", STR_ARG(ctl_option(c, "metadata")), sentence);
}

static uint32_t check_address(struct ctl *c, const char *what, struct str uri)
{
	return failed(oidc_uri_check(uri)) ? ctl_fault(c, CTL_FAILED, "metadata", "partner.metadata.address", STR_FMT ": the %s address " STR_FMT " must begin with https:// (or with"
		" http:// on this machine), with a host in lower case and without a # part", STR_ARG(ctl_option(c, "metadata")), what,
		STR_ARG(uri)) : CTL_DONE;
}

/* Endpoints of other bindings are of no use here, and no error. */
static uint32_t read_endpoints(struct ctl *c, const struct saml_metadata *m, struct partner_saml *s)
{
	s->acs = arena_array(c->a, struct partner_endpoint, m->endpoint_n + 1);
	s->slo = arena_array(c->a, struct partner_endpoint, m->endpoint_n + 1);
	for (size_t i = 0; i < m->endpoint_n; i++) {
		const struct saml_endpoint *e = &m->endpoints[i];
		bool post = str_eq_c(e->binding, SAML_BINDING_POST), redirect = str_eq_c(e->binding, SAML_BINDING_REDIRECT);
		struct partner_endpoint p = { post, e->location, e->response_location, e->index, e->is_default };

		if (e->role != SAML_ROLE_SP || !(post || (redirect && e->kind == SAML_SLO)) || (e->kind != SAML_ACS && e->kind != SAML_SLO))
			continue;
		if (check_address(c, e->kind == SAML_ACS ? "AssertionConsumerService" : "SingleLogoutService", e->location)
		    || (e->response_location.n && check_address(c, "ResponseLocation", e->response_location)))
			return CTL_FAILED;
		if (e->kind == SAML_ACS)
			s->acs[s->acs_n++] = p;
		else
			s->slo[s->slo_n++] = p;
	}
	return s->acs_n ? CTL_DONE : vendor(c, "partner.metadata.acs", "no AssertionConsumerService has the HTTP-POST binding, the only one that assertions travel by");
}

static uint32_t read_keys(struct ctl *c, const struct saml_metadata *m, struct partner_saml *s)
{
	s->certificates = arena_array(c->a, struct str, m->key_n + 1);
	for (size_t i = 0; i < m->key_n && s->certificate_n < CHECK_CERTIFICATES_MAX; i++)
		if (m->keys[i].role == SAML_ROLE_SP && m->keys[i].signing)
			s->certificates[s->certificate_n++] = m->keys[i].certificate;
	if (s->requests_signed && !s->certificate_n)
		return vendor(c, "partner.metadata.key", "AuthnRequestsSigned is true, but there is no KeyDescriptor for signing");
	/* What is not signed cannot end anybody's session. */
	if (!s->certificate_n)
		s->slo_n = 0;
	return CTL_DONE;
}

/* NAME or NAME=the partner's own name for it. */
static uint32_t read_attributes(struct ctl *c, struct partner *p)
{
	struct str v[ATTRIBUTES_MAX], own;
	size_t n = ctl_list(c, "attributes", v, ATTRIBUTES_MAX);
	struct partner_saml *s = p->saml;

	s->names = arena_array(c->a, struct partner_attribute, ATTRIBUTES_MAX);
	for (size_t i = 0; i < n; i++) {
		struct str rest = v[i];

		str_split(&rest, '=', &own);
		if (!policy_attribute_exists(own))
			return ctl_fault(c, CTL_FAILED, "attributes", "partner.word", "--attributes: " STR_FMT " is none of: " STR_FMT, STR_ARG(own), STR_ARG(policy_attribute_names()));
		if (str_has_word(p->attributes, own))
			continue;
		p->attributes = p->attributes.n ? arena_printf(c->a, STR_FMT " " STR_FMT, STR_ARG(p->attributes), STR_ARG(own)) : own;
		if (!rest.n)
			continue;
		if (!oidc_is_printable(rest, 256))
			return ctl_fault(c, CTL_FAILED, "attributes", "partner.attribute.name", "--attributes: the name after = is printable ASCII of at most 256 bytes");
		s->names[s->name_n++] = (struct partner_attribute){ own, rest,
			str_has(rest, ':') ? STR(FORMAT_URI) : STR(FORMAT_BASIC) };
	}
	return CTL_DONE;
}

static uint32_t read_names(struct ctl *c, const struct saml_metadata *m, struct partner *p)
{
	p->id = m->entity_id;
	if (!oidc_is_printable(p->id, ENTITY_MAX) || !p->id.n || str_has(p->id, ' '))
		return vendor(c, "partner.metadata.entity", "the entityID must be printable ASCII without blanks, of at most 1024 bytes");
	return ctl_partner_read_names(c, p, m->organisation.n && m->organisation.n <= 100 ? m->organisation : p->id);
}

static uint32_t read_ways(struct ctl *c, const struct saml_metadata *m, struct partner *p)
{
	static const char *const releases[] = { "inform", "consent", "none" }, *const names[] = { "persistent", "transient", "email" };
	int release = 0, name_id = 0;

	if (ctl_choice(c, "release", releases, 3, &release) || ctl_choice(c, "name-id", names, 3, &name_id))
		return CTL_FAILED;
	p->release = (enum release_mode)release;
	p->saml->name_id = (enum saml_name_policy)name_id;
	p->saml->sign_response = ctl_has(c, "sign-response");
	p->saml->requests_signed = m->requests_signed;
	p->saml->idp_initiated = ctl_has(c, "idp-initiated");
	p->saml->valid_until_s = m->valid_until_s;
	return CTL_DONE;
}

uint32_t ctl_partner_read_saml(struct ctl *c, struct partner *p)
{
	struct saml_metadata m = { 0 };

	*p = (struct partner){ .protocol = STR("saml"), .enabled = true, .acr_min = STR("f1"), .auth = PARTNER_BASIC, .alg = SIGN_RS256,
		.saml = arena_new(c->a, struct partner_saml) };

	if (read_file(c, &m))
		return CTL_FAILED;
	if (!m.is_sp)
		return vendor(c, "partner.metadata.service", "there is no SPSSODescriptor: these are not the metadata of a service");
	if (m.valid_until_s && m.valid_until_s <= c->now_s)
		return vendor(c, "partner.metadata.expired", "validUntil has passed: ask the vendor for a fresh file");
	if (read_names(c, &m, p) || read_ways(c, &m, p) || read_endpoints(c, &m, p->saml) || read_keys(c, &m, p->saml) || read_attributes(c, p)
	    || ctl_partner_people(c, p))
		return CTL_FAILED;
	return CTL_DONE;
}

uint32_t ctl_partner_add_saml(struct ctl *c)
{
	struct partner p;
	uint32_t code = ctl_partner_read_saml(c, &p);
	const struct partner *old;
	bool stored;

	if (code)
		return code;
	old = partner_find(c->idp->registry, c->a, p.id);
	code = ctl_partner_put(c, &p, old, &stored);
	if (!stored)
		return code;
	p.enabled = !old || old->enabled;
	if (c->json) {
		ctl_partner_saml_json(c, &p);
		buf_add_char(&c->out, '\n');
	} else {
		ctl_partner_saml_text(c, &p);
	}
	return CTL_DONE;
}

struct str ctl_fingerprint(struct arena *a, struct str der)
{
	unsigned char hash[32];

	sha256(der, hash);
	return hex_encode(a, hash, sizeof hash);
}

static void add_endpoints(struct buf *b, const char *name, const struct partner_endpoint *v, size_t n)
{
	json_add_key(b, name);
	buf_add_char(b, '[');
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_add_char(b, ',');
		buf_add_char(b, '{');
		json_field_c(b, "binding", v[i].by_post ? "post" : "redirect");
		json_field_str(b, "location", v[i].location);
		if (v[i].response_location.n)
			json_field_str(b, "response_location", v[i].response_location);
		buf_add_char(b, '}');
	}
	buf_add_char(b, ']');
}

static void add_attributes(struct buf *b, const struct partner *p)
{
	struct str rest = p->attributes, word;
	bool first = true;

	json_add_key(b, "attributes");
	buf_add_char(b, '[');
	while (str_split(&rest, ' ', &word)) {
		if (!word.n)
			continue;
		if (!first)
			buf_add_char(b, ',');
		first = false;
		json_add_str(b, word);
	}
	buf_add_char(b, ']');
	json_add_key(b, "attribute_names");
	buf_add_char(b, '{');
	for (size_t i = 0; i < p->saml->name_n; i++) {
		json_add_key_str(b, p->saml->names[i].attribute);
		json_add_str(b, p->saml->names[i].name);
	}
	buf_add_char(b, '}');
}

void ctl_partner_saml_json(struct ctl *c, const struct partner *p)
{
	const struct partner_saml *s = p->saml;
	struct buf *b = &c->out;

	buf_add_char(b, '{');
	json_field_str(b, "client_id", p->id);
	json_field_str(b, "entity_id", p->id);
	json_field_c(b, "protocol", "saml");
	json_field_c(b, "state", p->enabled ? "active" : "disabled");
	json_field_str(b, "name", p->name[LANG_FR]);
	json_field_str(b, "name_en", p->name[LANG_EN]);
	if (p->purpose[LANG_FR].n)
		json_field_str(b, "purpose", p->purpose[LANG_FR]);
	json_field_str(b, "sector", p->sector);
	json_field_c(b, "name_id", saml_name_policy_name(s->name_id));
	json_field_bool(b, "sign_response", s->sign_response);
	json_field_bool(b, "requests_signed", s->requests_signed);
	json_field_bool(b, "idp_initiated", s->idp_initiated);
	if (s->valid_until_s)
		json_field_i64(b, "valid_until", s->valid_until_s);
	json_field_c(b, "people", partner_people_name(p));
	json_field_c(b, "release", release_mode_name(p->release));
	add_attributes(b, p);
	add_endpoints(b, "acs", s->acs, s->acs_n);
	add_endpoints(b, "slo", s->slo, s->slo_n);
	json_add_key(b, "certificates_sha256");
	buf_add_char(b, '[');
	for (size_t i = 0; i < s->certificate_n; i++) {
		if (i)
			buf_add_char(b, ',');
		json_add_str(b, ctl_fingerprint(c->a, s->certificates[i]));
	}
	buf_add_c(b, "]}");
}

void ctl_partner_saml_text(struct ctl *c, const struct partner *p)
{
	const struct partner_saml *s = p->saml;
	struct buf *b = &c->out;

	buf_addf(b, "entityID: " STR_FMT "\nname: " STR_FMT "\nstate: %s\nname id: %s\nresponse: %s\nrequests: %s\nsector: " STR_FMT
		"\npeople: %s\nattributes: " STR_FMT "\nrelease: %s\n", STR_ARG(p->id), STR_ARG(p->name[LANG_FR]), p->enabled ? "active" : "disabled",
		saml_name_policy_name(s->name_id), s->sign_response ? "signed, and the assertion" : "assertion signed",
		s->requests_signed ? "signed" : "signed or not", STR_ARG(p->sector), partner_people_name(p), STR_ARG(p->attributes), release_mode_name(p->release));
	if (s->idp_initiated)
		buf_add_c(b, "sign-in from our side: allowed\n");
	for (size_t i = 0; i < s->name_n; i++)
		buf_addf(b, "attribute " STR_FMT ": sent as " STR_FMT "\n", STR_ARG(s->names[i].attribute), STR_ARG(s->names[i].name));
	for (size_t i = 0; i < s->acs_n; i++)
		buf_addf(b, "assertions to: " STR_FMT "\n", STR_ARG(s->acs[i].location));
	for (size_t i = 0; i < s->slo_n; i++)
		buf_addf(b, "logout by %s: " STR_FMT "\n", s->slo[i].by_post ? "post" : "redirect", STR_ARG(s->slo[i].location));
	for (size_t i = 0; i < s->certificate_n; i++)
		buf_addf(b, "certificate SHA-256: " STR_FMT "\n", STR_ARG(ctl_fingerprint(c->a, s->certificates[i])));
	if (!s->slo_n)
		buf_add_c(b, "logout: it cannot be told, for want of a SingleLogoutService or of a key\n");
}
