/* saml_read.c - what a message says; see saml_read.h. Assertions are in saml_assertion.c. */
#include "wire/saml/saml_read.h"
#include "wire/saml/saml_bytes.h"
#include "wire/saml/saml_fields.h"

#define NS SAML_NS_PROTOCOL

static struct err read_head(const struct saml_el *root, struct saml_head *h)
{
	const struct saml_el *issuer = saml_el_child(root, SAML_NS_ASSERTION, "Issuer");

	ENSURE(issuer, MALFORMED, "saml.check.issuer");
	h->id = saml_el_attr(root, "ID");
	TRY(saml_field_text(issuer, &h->issuer));
	TRY(saml_field_time(root, "IssueInstant", &h->issue_instant_s));
	TRY(saml_field_word(root, "Destination", &h->destination));
	return saml_field_word(root, "InResponseTo", &h->in_response_to);
}

static struct err read_status(const struct saml_el *root, struct saml_status *s)
{
	const struct saml_el *status = saml_el_child(root, NS, "Status"), *code, *sub, *message;

	ENSURE(status, MALFORMED, "saml.check.status");
	code = saml_el_child(status, NS, "StatusCode");
	ENSURE(code, MALFORMED, "saml.check.status");
	TRY(saml_field_word(code, "Value", &s->code));
	sub = saml_el_child(code, NS, "StatusCode");
	if (sub)
		TRY(saml_field_word(sub, "Value", &s->subcode));
	message = saml_el_child(status, NS, "StatusMessage");
	if (message && !message->first && message->text.n <= SAML_TEXT_MAX)
		s->message = message->text;
	return NO_ERR;
}

static struct err read_policy(const struct saml_el *root, struct saml_authn_request *r)
{
	const struct saml_el *el = saml_el_child(root, NS, "NameIDPolicy");

	if (!el)
		return NO_ERR;
	ENSURE(!saml_el_next(el, NS, "NameIDPolicy"), MALFORMED, "saml.read.policy");
	r->has_policy = true;
	TRY(saml_field_word(el, "Format", &r->name_id_format));
	TRY(saml_field_word(el, "SPNameQualifier", &r->sp_name_qualifier));
	return saml_field_bool(el, "AllowCreate", &r->allow_create);
}

static struct err read_context(struct arena *a, const struct saml_el *root, struct saml_authn_request *r)
{
	static const char *const words[SAML_COMPARISON_COUNT] = { "exact", "minimum", "maximum", "better" };
	const struct saml_el *el = saml_el_child(root, NS, "RequestedAuthnContext");
	struct str comparison;
	size_t i = 0;

	if (!el)
		return NO_ERR;
	ENSURE(!saml_el_next(el, NS, "RequestedAuthnContext"), MALFORMED, "saml.read.context");
	TRY(saml_field_word(el, "Comparison", &comparison));
	while (comparison.n && i < SAML_COMPARISON_COUNT && !str_eq_c(comparison, words[i]))
		i++;
	ENSURE(i < SAML_COMPARISON_COUNT, MALFORMED, "saml.read.context");
	r->comparison = (enum saml_comparison)i;
	TRY(saml_field_texts(a, el, SAML_NS_ASSERTION, "AuthnContextClassRef", SAML_LIST_MAX, &r->contexts));
	/* Declarations instead of classes, or nothing at all: a demand that we would not be meeting. */
	ENSURE(r->contexts.n > 0, MALFORMED, "saml.read.context");
	return NO_ERR;
}

static struct err read_wanted_subject(const struct saml_el *root, struct saml_authn_request *r)
{
	const struct saml_el *el = saml_el_child(root, SAML_NS_ASSERTION, "Subject");

	if (!el)
		return NO_ERR;
	ENSURE(!saml_el_next(el, SAML_NS_ASSERTION, "Subject") && saml_el_count(el, SAML_NS_ASSERTION, "NameID") == 1,
		MALFORMED, "saml.nameid");
	r->has_subject = true;
	return saml_field_name_id(saml_el_child(el, SAML_NS_ASSERTION, "NameID"), &r->subject);
}

static struct err read_authn_request(struct arena *a, const struct saml_el *root, struct saml_authn_request *r)
{
	*r = (struct saml_authn_request){ .acs_index = -1, .attributes_index = -1 };
	TRY(saml_field_bool(root, "ForceAuthn", &r->force_authn));
	TRY(saml_field_bool(root, "IsPassive", &r->is_passive));
	TRY(saml_field_word(root, "AssertionConsumerServiceURL", &r->acs_url));
	TRY(saml_field_word(root, "ProtocolBinding", &r->protocol_binding));
	TRY(saml_field_index(root, "AssertionConsumerServiceIndex", &r->acs_index));
	TRY(saml_field_index(root, "AttributeConsumingServiceIndex", &r->attributes_index));
	/*= SAML Core 3.4.1: This attribute is mutually exclusive with the AssertionConsumerServiceURL and
	 * ProtocolBinding attributes. */
	ENSURE(r->acs_index < 0 || (!r->acs_url.n && !r->protocol_binding.n), MALFORMED, "saml.read.acs");
	TRY(read_policy(root, r));
	TRY(read_context(a, root, r));
	return read_wanted_subject(root, r);
}

static struct err read_logout_request(struct arena *a, const struct saml_el *root, struct saml_logout_request *r)
{
	const struct saml_el *name_id = saml_el_child(root, SAML_NS_ASSERTION, "NameID");

	ENSURE(name_id, MALFORMED, "saml.nameid");
	TRY(saml_field_name_id(name_id, &r->name_id));
	TRY(saml_field_texts(a, root, NS, "SessionIndex", SAML_LIST_MAX, &r->sessions));
	TRY(saml_field_word(root, "Reason", &r->reason));
	return saml_field_time(root, "NotOnOrAfter", &r->not_on_or_after_s);
}

static struct err read_response(struct arena *a, const struct saml_el *root, struct saml_message *m)
{
	const struct saml_el *assertion = saml_el_child(root, SAML_NS_ASSERTION, "Assertion");

	TRY(read_status(root, &m->status));
	m->has_assertion = assertion != NULL;
	return assertion ? saml_read_assertion(a, assertion, &m->assertion) : NO_ERR;
}

struct err saml_read_message(struct arena *a, const struct saml_el *root, enum saml_root kind, struct saml_message *ret_message)
{
	struct saml_message m = { .root = kind };

	TRY(read_head(root, &m.head));
	switch (kind) {
	case SAML_AUTHN_REQUEST:
		TRY(read_authn_request(a, root, &m.authn));
		break;
	case SAML_LOGOUT_REQUEST:
		TRY(read_logout_request(a, root, &m.logout));
		break;
	case SAML_LOGOUT_RESPONSE:
		TRY(read_status(root, &m.status));
		break;
	default:
		TRY(read_response(a, root, &m));
	}
	*ret_message = m;
	return NO_ERR;
}

struct err saml_read_octets(struct arena *a, struct str octets, const struct saml_el *original, struct saml_el **ret_el)
{
	struct saml_el *el = NULL;

	TRY(saml_xml_parse(a, octets, SAML_XML_MESSAGE, &el, NULL));
	ENSURE(str_eq(el->ns, original->ns) && str_eq(el->name, original->name), DENIED, "saml.signature");
	ENSURE(str_eq(saml_el_attr(el, "ID"), saml_el_attr(original, "ID")), DENIED, "saml.signature");
	*ret_el = el;
	return NO_ERR;
}
