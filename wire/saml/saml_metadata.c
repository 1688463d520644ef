/* saml_metadata.c - see saml_metadata.h; the sentences are in saml_explain.c. */
#include "wire/saml/saml_metadata.h"
#include "wire/saml/saml_bytes.h"
#include "wire/saml/saml_fields.h"

#define NS SAML_NS_METADATA

enum { ENTITY_ID_MAX = 1024 };

struct reading {
	struct arena *a;
	struct saml_metadata *m;
	size_t at;                   /* of the element that is being read */
};

static const struct { const char *name; enum saml_endpoint_kind kind; } endpoint_names[SAML_ENDPOINT_COUNT] = {
	{ "AssertionConsumerService", SAML_ACS }, { "SingleSignOnService", SAML_SSO }, { "SingleLogoutService", SAML_SLO },
};

/* http or https, a host, no user, no fragment, nothing that a header or a page would stumble over. */
static bool is_address(struct str url)
{
	struct str rest = str_slice(url, str_starts(url, STR("https://")) ? 8 : 7, url.n);
	size_t host_end = 0;

	if (!str_starts(url, STR("https://")) && !str_starts(url, STR("http://")))
		return false;
	for (size_t i = 0; i < url.n; i++)
		if ((unsigned char)url.p[i] <= 0x20 || (unsigned char)url.p[i] >= 0x7f || strchr("<>\"'\\^`{|}#", url.p[i]))
			return false;
	while (host_end < rest.n && rest.p[host_end] != '/' && rest.p[host_end] != '?')
		host_end++;
	return host_end > 0 && rest.p[0] != ':' && !str_has(str_slice(rest, 0, host_end), '@');
}

static struct err read_endpoint(struct reading *r, const struct saml_el *el, enum saml_role role, enum saml_endpoint_kind kind)
{
	struct saml_endpoint e = { .role = role, .kind = kind, .index = -1 };

	r->at = el->at;
	TRY(saml_field_word(el, "Binding", &e.binding));
	TRY(saml_field_word(el, "Location", &e.location));
	TRY(saml_field_word(el, "ResponseLocation", &e.response_location));
	ENSURE(e.binding.n > 0, MALFORMED, "saml.metadata.binding");
	/* SOAP, artifact and PAOS are not spoken here: their addresses may be anything. */
	if (!str_eq_c(e.binding, SAML_BINDING_REDIRECT) && !str_eq_c(e.binding, SAML_BINDING_POST))
		return NO_ERR;
	ENSURE(is_address(e.location) && (!e.response_location.n || is_address(e.response_location)),
		MALFORMED, "saml.metadata.location");
	TRY(saml_field_bool(el, "isDefault", &e.is_default));
	TRY(saml_field_index(el, "index", &e.index));
	ENSURE(r->m->endpoint_n < SAML_LIST_MAX, MALFORMED, "saml.metadata.many");
	r->m->endpoints[r->m->endpoint_n++] = e;
	return NO_ERR;
}

static struct err read_endpoints(struct reading *r, const struct saml_el *role_el, enum saml_role role)
{
	for (size_t i = 0; i < SAML_ENDPOINT_COUNT; i++)
		for (const struct saml_el *el = saml_el_child(role_el, NS, endpoint_names[i].name); el;
		     el = saml_el_next(el, NS, endpoint_names[i].name))
			TRY(read_endpoint(r, el, role, endpoint_names[i].kind));
	return NO_ERR;
}

/* ---- keys ---- */

static struct err read_certificate(struct reading *r, const struct saml_el *el, struct saml_md_key key)
{
	r->at = el->at;
	ENSURE(!el->first && !saml_text_is_blank(el->text), MALFORMED, "saml.metadata.certificate");
	if (failed(saml_b64_decode(r->a, el->text, &key.certificate)))
		return err_of(MALFORMED, "saml.metadata.certificate");
	ENSURE(r->m->key_n < SAML_KEYS_MAX, MALFORMED, "saml.metadata.many");
	r->m->keys[r->m->key_n++] = key;
	return NO_ERR;
}

static struct err read_key(struct reading *r, const struct saml_el *el, enum saml_role role)
{
	struct str use = saml_el_attr(el, "use");
	struct saml_md_key key = { .role = role, .signing = !str_eq_c(use, "encryption"), .encryption = !str_eq_c(use, "signing") };
	const struct saml_el *info = saml_el_child(el, SAML_NS_DSIG, "KeyInfo"), *data, *cert;
	size_t before = r->m->key_n;

	r->at = el->at;
	ENSURE(!use.p || key.signing != key.encryption, MALFORMED, "saml.metadata.use");
	ENSURE(info, MALFORMED, "saml.metadata.keyinfo");
	for (data = saml_el_child(info, SAML_NS_DSIG, "X509Data"); data; data = saml_el_next(data, SAML_NS_DSIG, "X509Data"))
		for (cert = saml_el_child(data, SAML_NS_DSIG, "X509Certificate"); cert;
		     cert = saml_el_next(cert, SAML_NS_DSIG, "X509Certificate"))
			TRY(read_certificate(r, cert, key));
	r->at = el->at;
	ENSURE(r->m->key_n > before, MALFORMED, "saml.metadata.keyinfo");
	return NO_ERR;
}

/* ---- roles ---- */

static struct err read_formats(struct reading *r, const struct saml_el *role_el)
{
	struct saml_strs *f = &r->m->formats;

	for (const struct saml_el *el = saml_el_child(role_el, NS, "NameIDFormat"); el; el = saml_el_next(el, NS, "NameIDFormat")) {
		r->at = el->at;
		ENSURE(f->n < SAML_LIST_MAX, MALFORMED, "saml.metadata.many");
		TRY(saml_field_text(el, &f->v[f->n++]));
	}
	return NO_ERR;
}

static struct err read_requested(struct reading *r, const struct saml_el *service)
{
	for (const struct saml_el *el = saml_el_child(service, NS, "RequestedAttribute"); el;
	     el = saml_el_next(el, NS, "RequestedAttribute")) {
		struct saml_requested *q = &r->m->requested[r->m->requested_n];

		r->at = el->at;
		ENSURE(r->m->requested_n < SAML_ATTRIBUTES_MAX, MALFORMED, "saml.metadata.many");
		TRY(saml_field_word(el, "Name", &q->name));
		TRY(saml_field_word(el, "NameFormat", &q->format));
		TRY(saml_field_word(el, "FriendlyName", &q->friendly));
		TRY(saml_field_bool(el, "isRequired", &q->required));
		ENSURE(q->name.n > 0, MALFORMED, "saml.metadata.attribute");
		r->m->requested_n++;
	}
	return NO_ERR;
}

static void earlier(int64_t *until_s, int64_t t_s)
{
	if (t_s != 0 && (*until_s == 0 || t_s < *until_s))
		*until_s = t_s;
}

static struct err read_until(struct reading *r, const struct saml_el *el)
{
	int64_t t_s = 0;

	r->at = el->at;
	if (failed(saml_field_time(el, "validUntil", &t_s)))
		return err_of(MALFORMED, "saml.metadata.until");
	earlier(&r->m->valid_until_s, t_s);
	return NO_ERR;
}

static struct err read_role(struct reading *r, const struct saml_el *el, enum saml_role role)
{
	const struct saml_el *c;
	bool *seen = role == SAML_ROLE_SP ? &r->m->is_sp : &r->m->is_idp;

	if (!str_has_word(saml_el_attr(el, "protocolSupportEnumeration"), STR(SAML_NS_PROTOCOL)))
		return NO_ERR;
	r->at = el->at;
	ENSURE(!*seen, MALFORMED, "saml.metadata.role");
	*seen = true;
	TRY(saml_field_bool(el, "AuthnRequestsSigned", &r->m->requests_signed));
	TRY(saml_field_bool(el, "WantAssertionsSigned", &r->m->wants_assertions_signed));
	TRY(saml_field_bool(el, "WantAuthnRequestsSigned", &r->m->wants_requests_signed));
	TRY(read_until(r, el));
	for (c = saml_el_child(el, NS, "KeyDescriptor"); c; c = saml_el_next(c, NS, "KeyDescriptor"))
		TRY(read_key(r, c, role));
	TRY(read_formats(r, el));
	TRY(read_endpoints(r, el, role));
	for (c = saml_el_child(el, NS, "AttributeConsumingService"); c; c = saml_el_next(c, NS, "AttributeConsumingService"))
		TRY(read_requested(r, c));
	return NO_ERR;
}

/* ---- the entity ---- */

static bool has_endpoint(const struct saml_metadata *m, enum saml_endpoint_kind kind)
{
	for (size_t i = 0; i < m->endpoint_n; i++)
		/*= SAML Profiles 4.1.2: ... the HTTP Redirect binding MUST NOT be used, as the response will typically
		 * exceed the URL length permitted */
		if (m->endpoints[i].kind == kind && (kind != SAML_ACS || str_eq_c(m->endpoints[i].binding, SAML_BINDING_POST)))
			return true;
	return false;
}

static bool has_signing_key(const struct saml_metadata *m, enum saml_role role)
{
	for (size_t i = 0; i < m->key_n; i++)
		if (m->keys[i].role == role && m->keys[i].signing)
			return true;
	return false;
}

static struct err check_whole(const struct saml_metadata *m)
{
	ENSURE(m->is_sp || m->is_idp, MALFORMED, "saml.metadata.norole");
	ENSURE(!m->is_sp || has_endpoint(m, SAML_ACS), MALFORMED, "saml.metadata.acs");
	ENSURE(!m->is_sp || !m->requests_signed || has_signing_key(m, SAML_ROLE_SP), MALFORMED, "saml.metadata.nokey");
	ENSURE(!m->is_idp || has_endpoint(m, SAML_SSO), MALFORMED, "saml.metadata.sso");
	ENSURE(!m->is_idp || has_signing_key(m, SAML_ROLE_IDP), MALFORMED, "saml.metadata.nokey");
	return NO_ERR;
}

static void read_organisation(struct saml_metadata *m, const struct saml_el *root)
{
	const struct saml_el *org = saml_el_child(root, NS, "Organization");
	const struct saml_el *name = org ? saml_el_child(org, NS, "OrganizationDisplayName") : NULL;

	if (name && failed(saml_field_text(name, &m->organisation)))
		m->organisation = STR_NONE;
}

static struct err lists_create(struct reading *r)
{
	struct saml_metadata *m = r->m;

	TRY(saml_field_list(r->a, SAML_LIST_MAX, SAML_LIST_MAX, sizeof *m->formats.v, &m->formats.v));
	TRY(saml_field_list(r->a, SAML_LIST_MAX, SAML_LIST_MAX, sizeof *m->endpoints, &m->endpoints));
	TRY(saml_field_list(r->a, SAML_KEYS_MAX, SAML_KEYS_MAX, sizeof *m->keys, &m->keys));
	return saml_field_list(r->a, SAML_ATTRIBUTES_MAX, SAML_ATTRIBUTES_MAX, sizeof *m->requested, &m->requested);
}

static struct err read_entity(struct reading *r, const struct saml_el *root)
{
	const struct saml_el *sp = saml_el_child(root, NS, "SPSSODescriptor"), *idp = saml_el_child(root, NS, "IDPSSODescriptor");

	r->at = root->at;
	ENSURE(!saml_el_is(root, NS, "EntitiesDescriptor"), MALFORMED, "saml.metadata.aggregate");
	ENSURE(saml_el_is(root, NS, "EntityDescriptor"), MALFORMED, "saml.metadata.root");
	TRY(lists_create(r));
	TRY(saml_field_word(root, "entityID", &r->m->entity_id));
	ENSURE(r->m->entity_id.n > 0 && r->m->entity_id.n <= ENTITY_ID_MAX && !str_has(r->m->entity_id, ' '),
		MALFORMED, "saml.metadata.entity");
	TRY(read_until(r, root));
	for (; sp; sp = saml_el_next(sp, NS, "SPSSODescriptor"))
		TRY(read_role(r, sp, SAML_ROLE_SP));
	for (; idp; idp = saml_el_next(idp, NS, "IDPSSODescriptor"))
		TRY(read_role(r, idp, SAML_ROLE_IDP));
	read_organisation(r->m, root);
	r->at = root->at;
	return check_whole(r->m);
}

struct err saml_metadata_read(struct arena *a, struct str xml, struct saml_metadata *ret_metadata, size_t *ret_at)
{
	struct saml_metadata m = { 0 };
	struct reading r = { a, &m, 0 };
	struct saml_el *root = NULL;

	TRY(saml_xml_parse(a, xml, SAML_XML_FILE, &root, ret_at));
	struct err e = read_entity(&r, root);
	*ret_at = r.at;
	if (!failed(e))
		*ret_metadata = m;
	return e;
}

struct err saml_metadata_check_time(const struct saml_metadata *m, int64_t now_s)
{
	ENSURE(m->valid_until_s == 0 || now_s < m->valid_until_s, DENIED, "saml.metadata.expired");
	return NO_ERR;
}
