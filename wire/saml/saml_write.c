/* saml_write.c - protocol messages and the assertion; see saml_write.h.
 *
 * Attributes stand in the order of their names' bytes (all are without a namespace), which is the
 * order of C14N. An element of another namespace than its parent's declares its own: that is where
 * exclusive C14N puts the declaration, and why siblings repeat it. */
#include "wire/saml/saml_write.h"
#include "wire/saml/saml_types.h"
#include "wire/saml/saml_write_xml.h"

#define XMLNS_SAML  " xmlns:saml=\"" SAML_NS_ASSERTION "\""
#define XMLNS_SAMLP " xmlns:samlp=\"" SAML_NS_PROTOCOL "\""
#define STATUS      "urn:oasis:names:tc:SAML:2.0:status:"

const char *saml_format_of(enum sign_saml_name_id kind)
{
	static const char *const formats[SIGN_NAME_ID_COUNT] = {
		[SIGN_NAME_ID_PERSISTENT] = SAML_NAME_ID_PERSISTENT, [SIGN_NAME_ID_TRANSIENT] = SAML_NAME_ID_TRANSIENT,
		[SIGN_NAME_ID_EMAIL] = SAML_NAME_ID_EMAIL,
	};

	return formats[kind];
}

static void flag(struct buf *out, const char *name, bool set)
{
	if (set)
		xml_add_attr_c(out, name, "true");
}

/* <saml:Issuer> where the parent is not of its namespace: all messages begin with it. */
static void issuer(struct buf *out, struct str entity)
{
	xml_add_element(out, "saml:Issuer" XMLNS_SAML, entity, "saml:Issuer");
}

static void name_id_write(struct buf *out, const char *xmlns, const struct sign_saml_subject *s, struct str name_id)
{
	buf_add(out, STR("<saml:NameID"));
	buf_add_c(out, xmlns);
	xml_add_attr_c(out, "Format", saml_format_of(s->kind));
	xml_add_attr_opt(out, "NameQualifier", s->name_qualifier);
	xml_add_attr_opt(out, "SPNameQualifier", s->sp_name_qualifier);
	buf_add_char(out, '>');
	xml_add_text(out, name_id);
	buf_add(out, STR("</saml:NameID>"));
}

/* ---- assertion ---- */

/*= SAML Profiles 4.1.4.2: at least one bearer <SubjectConfirmation> … MUST contain a Recipient attribute …
 *  a NotOnOrAfter attribute … If the containing message is in response to an <AuthnRequest>, then the
 *  InResponseTo attribute MUST match the request's ID */
static void subject_write(struct buf *out, const struct sign_saml_response *r, struct str name_id)
{
	buf_add(out, STR("<saml:Subject>"));
	name_id_write(out, "", &r->subject, name_id);
	buf_add(out, STR("<saml:SubjectConfirmation Method=\"" SAML_METHOD_BEARER "\"><saml:SubjectConfirmationData"));
	xml_add_attr_opt(out, "InResponseTo", r->in_response_to);
	xml_add_attr_time(out, "NotOnOrAfter", r->expires_at_s);
	xml_add_attr(out, "Recipient", r->destination);
	buf_add(out, STR("></saml:SubjectConfirmationData></saml:SubjectConfirmation></saml:Subject>"));
}

static void conditions_write(struct buf *out, const struct sign_saml_response *r)
{
	buf_add(out, STR("<saml:Conditions"));
	xml_add_attr_time(out, "NotBefore", r->not_before_s);
	xml_add_attr_time(out, "NotOnOrAfter", r->expires_at_s);
	buf_add(out, STR("><saml:AudienceRestriction>"));
	xml_add_element(out, "saml:Audience", r->audience, "saml:Audience");
	buf_add(out, STR("</saml:AudienceRestriction></saml:Conditions>"));
}

static void authn_statement_write(struct buf *out, const struct sign_saml_response *r)
{
	buf_add(out, STR("<saml:AuthnStatement"));
	xml_add_attr_time(out, "AuthnInstant", r->authn_instant_s);
	xml_add_attr_opt(out, "SessionIndex", r->session_index);
	xml_add_attr_time(out, "SessionNotOnOrAfter", r->session_ends_at_s);
	buf_add(out, STR("><saml:AuthnContext>"));
	xml_add_element(out, "saml:AuthnContextClassRef", r->authn_context, "saml:AuthnContextClassRef");
	buf_add(out, STR("</saml:AuthnContext></saml:AuthnStatement>"));
}

static void attribute_write(struct buf *out, const struct sign_saml_attribute *at)
{
	buf_add(out, STR("<saml:Attribute"));
	xml_add_attr_opt(out, "FriendlyName", at->friendly_name);
	xml_add_attr(out, "Name", at->name);
	xml_add_attr_opt(out, "NameFormat", at->name_format);
	buf_add_char(out, '>');
	for (size_t i = 0; i < at->value_n; i++)
		xml_add_element(out, "saml:AttributeValue", at->values[i], "saml:AttributeValue");
	buf_add(out, STR("</saml:Attribute>"));
}

size_t saml_assertion_write(struct buf *out, const struct sign_saml_response *r, struct saml_author by, struct str name_id)
{
	size_t start = out->n, at;

	buf_add(out, STR("<saml:Assertion" XMLNS_SAML));
	xml_add_attr(out, "ID", by.id);
	xml_add_attr_time(out, "IssueInstant", r->issued_at_s);
	buf_add(out, STR(" Version=\"2.0\">"));
	xml_add_element(out, "saml:Issuer", by.issuer, "saml:Issuer");
	at = out->n - start;
	subject_write(out, r, name_id);
	conditions_write(out, r);
	authn_statement_write(out, r);
	/* Core 2.7.3: one or more attributes, or no statement. */
	if (r->attribute_n) {
		buf_add(out, STR("<saml:AttributeStatement>"));
		for (size_t i = 0; i < r->attribute_n; i++)
			attribute_write(out, &r->attributes[i]);
		buf_add(out, STR("</saml:AttributeStatement>"));
	}
	buf_add(out, STR("</saml:Assertion>"));
	return at;
}

/* ---- responses ---- */

/*= SAML Core 3.2.2.2: the value of the topmost <StatusCode> element MUST be from the top-level list */
static const struct { const char *top, *second; } statuses[SIGN_STATUS_COUNT] = {
	[SIGN_STATUS_SUCCESS] = { "Success", NULL },
	[SIGN_STATUS_PARTIAL_LOGOUT] = { "Success", "PartialLogout" },
	[SIGN_STATUS_REQUESTER] = { "Requester", NULL },
	[SIGN_STATUS_RESPONDER] = { "Responder", NULL },
	[SIGN_STATUS_VERSION_MISMATCH] = { "VersionMismatch", NULL },
	[SIGN_STATUS_AUTHN_FAILED] = { "Responder", "AuthnFailed" },
	[SIGN_STATUS_INVALID_NAME_ID_POLICY] = { "Requester", "InvalidNameIDPolicy" },
	[SIGN_STATUS_NO_AUTHN_CONTEXT] = { "Responder", "NoAuthnContext" },
	[SIGN_STATUS_NO_PASSIVE] = { "Responder", "NoPassive" },
	[SIGN_STATUS_REQUEST_DENIED] = { "Responder", "RequestDenied" },
	[SIGN_STATUS_REQUEST_UNSUPPORTED] = { "Requester", "RequestUnsupported" },
	[SIGN_STATUS_UNKNOWN_PRINCIPAL] = { "Responder", "UnknownPrincipal" },
	[SIGN_STATUS_UNSUPPORTED_BINDING] = { "Requester", "UnsupportedBinding" },
};

static void status_code(struct buf *out, const char *code)
{
	buf_add(out, STR("<samlp:StatusCode Value=\"" STATUS));
	buf_add_c(out, code);
	buf_add(out, STR("\">"));
}

static void status_write(struct buf *out, enum sign_saml_status status)
{
	buf_add(out, STR("<samlp:Status>"));
	status_code(out, statuses[status].top);
	if (statuses[status].second) {
		status_code(out, statuses[status].second);
		buf_add(out, STR("</samlp:StatusCode>"));
	}
	buf_add(out, STR("</samlp:StatusCode></samlp:Status>"));
}

size_t saml_response_write(struct buf *out, const struct sign_saml_response *r, struct saml_author by, struct str assertion)
{
	size_t start = out->n, at;

	buf_add(out, STR("<samlp:Response" XMLNS_SAMLP));
	xml_add_attr(out, "Destination", r->destination);
	xml_add_attr(out, "ID", by.id);
	xml_add_attr_opt(out, "InResponseTo", r->in_response_to);
	xml_add_attr_time(out, "IssueInstant", r->issued_at_s);
	buf_add(out, STR(" Version=\"2.0\">"));
	issuer(out, by.issuer);
	at = out->n - start;
	status_write(out, r->status);
	buf_add(out, assertion);
	buf_add(out, STR("</samlp:Response>"));
	return at;
}

size_t saml_logout_response_write(struct buf *out, const struct sign_saml_logout_response *r, struct saml_author by)
{
	size_t start = out->n, at;

	buf_add(out, STR("<samlp:LogoutResponse" XMLNS_SAMLP));
	xml_add_attr(out, "Destination", r->destination);
	xml_add_attr(out, "ID", by.id);
	xml_add_attr_opt(out, "InResponseTo", r->in_response_to);
	xml_add_attr_time(out, "IssueInstant", r->issued_at_s);
	buf_add(out, STR(" Version=\"2.0\">"));
	issuer(out, by.issuer);
	at = out->n - start;
	status_write(out, r->status);
	buf_add(out, STR("</samlp:LogoutResponse>"));
	return at;
}

/* ---- requests ---- */

size_t saml_logout_request_write(struct buf *out, const struct sign_saml_logout_request *r, struct saml_author by, struct str name_id)
{
	size_t start = out->n, at;

	buf_add(out, STR("<samlp:LogoutRequest" XMLNS_SAMLP));
	xml_add_attr(out, "Destination", r->destination);
	xml_add_attr(out, "ID", by.id);
	xml_add_attr_time(out, "IssueInstant", r->issued_at_s);
	xml_add_attr_time(out, "NotOnOrAfter", r->expires_at_s);
	buf_add(out, STR(" Version=\"2.0\">"));
	issuer(out, by.issuer);
	at = out->n - start;
	name_id_write(out, XMLNS_SAML, &r->subject, name_id);
	for (size_t i = 0; i < r->session_index_n; i++)
		xml_add_element(out, "samlp:SessionIndex", r->session_indexes[i], "samlp:SessionIndex");
	buf_add(out, STR("</samlp:LogoutRequest>"));
	return at;
}

/* Exact is the comparison that identity providers implement alike. */
static void requested_context_write(struct buf *out, const struct sign_saml_authn_request *r)
{
	if (r->authn_context_n == 0)
		return;
	buf_add(out, STR("<samlp:RequestedAuthnContext Comparison=\"exact\">"));
	for (size_t i = 0; i < r->authn_context_n; i++)
		xml_add_element(out, "saml:AuthnContextClassRef" XMLNS_SAML, r->authn_contexts[i], "saml:AuthnContextClassRef");
	buf_add(out, STR("</samlp:RequestedAuthnContext>"));
}

size_t saml_authn_request_write(struct buf *out, const struct sign_saml_authn_request *r, struct saml_author by)
{
	size_t start = out->n, at;

	buf_add(out, STR("<samlp:AuthnRequest" XMLNS_SAMLP));
	xml_add_attr(out, "AssertionConsumerServiceURL", r->acs_url);
	xml_add_attr(out, "Destination", r->destination);
	flag(out, "ForceAuthn", r->force_authn);
	xml_add_attr(out, "ID", by.id);
	flag(out, "IsPassive", r->is_passive);
	xml_add_attr_time(out, "IssueInstant", r->issued_at_s);
	buf_add(out, STR(" ProtocolBinding=\"" SAML_BINDING_POST "\" Version=\"2.0\">"));
	issuer(out, by.issuer);
	at = out->n - start;
	buf_add(out, STR("<samlp:NameIDPolicy AllowCreate=\"true\""));
	xml_add_attr_c(out, "Format", saml_format_of(r->name_id));
	buf_add(out, STR("></samlp:NameIDPolicy>"));
	requested_context_write(out, r);
	buf_add(out, STR("</samlp:AuthnRequest>"));
	return at;
}
