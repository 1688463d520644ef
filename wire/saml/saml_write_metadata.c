/* saml_write_metadata.c - what we publish of ourselves, as identity provider or service; see saml_write.h.
 * The order of elements and attributes is the schema's and C14N's (Metadata 2.0 2.3.2, 2.4). */
#include "wire/saml/saml_types.h"
#include "wire/saml/saml_write.h"
#include "wire/saml/saml_write_xml.h"

static const char *binding_of(enum sign_saml_binding b)
{
	return b == SIGN_BINDING_POST ? SAML_BINDING_POST : SAML_BINDING_REDIRECT;
}

static void key_write(struct buf *out, struct str certificate)
{
	buf_add(out, STR("<md:KeyDescriptor use=\"signing\"><ds:KeyInfo xmlns:ds=\"" SAML_NS_DSIG "\"><ds:X509Data><ds:X509Certificate>"));
	buf_add(out, certificate);
	buf_add(out, STR("</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"));
}

/* index < 0: not an indexed endpoint; the first of those is the default. */
static void endpoint_write(struct buf *out, const char *name, const struct sign_saml_endpoint *e, int64_t index)
{
	buf_add(out, STR("<md:"));
	buf_add_c(out, name);
	xml_add_attr_c(out, "Binding", binding_of(e->binding));
	xml_add_attr(out, "Location", e->url);
	if (index >= 0) {
		buf_add(out, STR(" index=\""));
		buf_add_i64(out, index);
		buf_add_c(out, index == 0 ? "\" isDefault=\"true\"" : "\"");
	}
	buf_add(out, STR("></md:"));
	buf_add_c(out, name);
	buf_add_char(out, '>');
}

static void role_write(struct buf *out, const struct sign_saml_metadata *d, const struct str *certificates, size_t certificate_n)
{
	bool idp = d->role == SIGN_ROLE_IDP;

	if (idp)
		buf_add_c(out, d->want_requests_signed ? "<md:IDPSSODescriptor WantAuthnRequestsSigned=\"true\"" : "<md:IDPSSODescriptor");
	else
		buf_add(out, STR("<md:SPSSODescriptor AuthnRequestsSigned=\"true\" WantAssertionsSigned=\"true\""));
	buf_add(out, STR(" protocolSupportEnumeration=\"" SAML_NS_PROTOCOL "\">"));
	for (size_t i = 0; i < certificate_n; i++)
		key_write(out, certificates[i]);
	for (size_t i = 0; i < d->logout_n; i++)
		endpoint_write(out, "SingleLogoutService", &d->logout[i], -1);
	for (size_t i = 0; i < d->name_id_n; i++)
		xml_add_element(out, "md:NameIDFormat", str_from_c(saml_format_of(d->name_ids[i])), "md:NameIDFormat");
	for (size_t i = 0; i < d->main_n; i++)
		endpoint_write(out, idp ? "SingleSignOnService" : "AssertionConsumerService", &d->main[i], idp ? -1 : (int64_t)i);
	buf_add_c(out, idp ? "</md:IDPSSODescriptor>" : "</md:SPSSODescriptor>");
}

static void in_language(struct buf *out, const char *name, struct str language, struct str text)
{
	buf_add(out, STR("<md:"));
	buf_add_c(out, name);
	xml_add_attr(out, "xml:lang", language);
	buf_add_char(out, '>');
	xml_add_text(out, text);
	buf_add(out, STR("</md:"));
	buf_add_c(out, name);
	buf_add_char(out, '>');
}

static void people_write(struct buf *out, const struct sign_saml_metadata *d)
{
	if (d->organization.n) {
		buf_add(out, STR("<md:Organization>"));
		in_language(out, "OrganizationName", d->language, d->organization);
		in_language(out, "OrganizationDisplayName", d->language, d->organization);
		in_language(out, "OrganizationURL", d->language, d->organization_url);
		buf_add(out, STR("</md:Organization>"));
	}
	if (d->technical_contact.n) {
		buf_add(out, STR("<md:ContactPerson contactType=\"technical\"><md:EmailAddress>mailto:"));
		xml_add_text(out, d->technical_contact);
		buf_add(out, STR("</md:EmailAddress></md:ContactPerson>"));
	}
}

size_t saml_metadata_write(struct buf *out, const struct sign_saml_metadata *d, struct saml_author by,
	const struct str *certificates, size_t certificate_n)
{
	size_t start = out->n, at;

	buf_add(out, STR("<md:EntityDescriptor xmlns:md=\"" SAML_NS_METADATA "\""));
	xml_add_attr(out, "ID", by.id);
	xml_add_attr(out, "entityID", by.issuer);
	xml_add_attr_time(out, "validUntil", d->valid_until_s);
	buf_add_char(out, '>');
	at = out->n - start;
	role_write(out, d, certificates, certificate_n);
	people_write(out, d);
	buf_add(out, STR("</md:EntityDescriptor>"));
	return at;
}
