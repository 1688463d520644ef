/* saml_assertion.c - what an assertion says; see saml_read.h. */
#include "wire/saml/saml_bytes.h"
#include "wire/saml/saml_fields.h"
#include "wire/saml/saml_read.h"

#define NS SAML_NS_ASSERTION

enum { CONFIRMATIONS_MAX = 8, RESTRICTIONS_MAX = 8, AUDIENCES_MAX = 16 };

static struct err read_confirmation(const struct saml_el *el, struct saml_confirmation *c)
{
	const struct saml_el *data = saml_el_child(el, NS, "SubjectConfirmationData");

	TRY(saml_field_word(el, "Method", &c->method));
	ENSURE(saml_el_count(el, NS, "SubjectConfirmationData") <= 1, MALFORMED, "saml.read.confirmation");
	if (!data)
		return NO_ERR;
	TRY(saml_field_word(data, "Recipient", &c->recipient));
	TRY(saml_field_word(data, "InResponseTo", &c->in_response_to));
	TRY(saml_field_time(data, "NotBefore", &c->not_before_s));
	return saml_field_time(data, "NotOnOrAfter", &c->not_on_or_after_s);
}

static struct err read_subject(struct arena *a, const struct saml_el *assertion, struct saml_assertion *v)
{
	const struct saml_el *subject = saml_el_child(assertion, NS, "Subject");

	ENSURE(subject && !saml_el_next(subject, NS, "Subject"), MALFORMED, "saml.read.subject");
	ENSURE(saml_el_count(subject, NS, "NameID") == 1 && saml_el_count(subject, NS, "BaseID") == 0, MALFORMED, "saml.nameid");
	TRY(saml_field_name_id(saml_el_child(subject, NS, "NameID"), &v->name_id));
	TRY(saml_field_list(a, saml_el_count(subject, NS, "SubjectConfirmation"), CONFIRMATIONS_MAX, sizeof *v->confirmations,
		&v->confirmations));
	for (const struct saml_el *c = saml_el_child(subject, NS, "SubjectConfirmation"); c;
	     c = saml_el_next(c, NS, "SubjectConfirmation"))
		TRY(read_confirmation(c, &v->confirmations[v->confirmation_n++]));
	ENSURE(v->confirmation_n > 0, MALFORMED, "saml.read.confirmation");
	return NO_ERR;
}

static struct err read_conditions(struct arena *a, const struct saml_el *assertion, struct saml_conditions *v)
{
	const struct saml_el *el = saml_el_child(assertion, NS, "Conditions");
	size_t once = 0, proxy = 0;

	ENSURE(el && !saml_el_next(el, NS, "Conditions"), MALFORMED, "saml.conditions.missing");
	TRY(saml_field_time(el, "NotBefore", &v->not_before_s));
	TRY(saml_field_time(el, "NotOnOrAfter", &v->not_on_or_after_s));
	TRY(saml_field_list(a, saml_el_count(el, NS, "AudienceRestriction"), RESTRICTIONS_MAX, sizeof *v->restrictions,
		&v->restrictions));
	for (const struct saml_el *c = el->first; c; c = c->next) {
		if (saml_el_is(c, NS, "AudienceRestriction"))
			TRY(saml_field_texts(a, c, NS, "Audience", AUDIENCES_MAX, &v->restrictions[v->restriction_n++]));
		else if (saml_el_is(c, NS, "OneTimeUse"))
			once++;
		else if (saml_el_is(c, NS, "ProxyRestriction"))
			proxy++;
		else
			/*= SAML Core 2.5.1.1: If any condition ... is not understood ... the validity of the assertion
			 * cannot be determined */
			return err_of(MALFORMED, "saml.conditions.unknown");
	}
	ENSURE(once <= 1 && proxy <= 1, MALFORMED, "saml.conditions.unknown");
	v->one_time_use = once == 1;
	return NO_ERR;
}

static struct err read_authn(const struct saml_el *assertion, struct saml_assertion *v)
{
	const struct saml_el *el = saml_el_child(assertion, NS, "AuthnStatement"), *context, *class;

	ENSURE(el && !saml_el_next(el, NS, "AuthnStatement"), MALFORMED, "saml.read.authn");
	TRY(saml_field_time(el, "AuthnInstant", &v->authn_instant_s));
	TRY(saml_field_time(el, "SessionNotOnOrAfter", &v->session_not_on_or_after_s));
	TRY(saml_field_word(el, "SessionIndex", &v->session_index));
	context = saml_el_child(el, NS, "AuthnContext");
	ENSURE(v->authn_instant_s != 0 && context && !saml_el_next(context, NS, "AuthnContext"), MALFORMED, "saml.read.authn");
	class = saml_el_child(context, NS, "AuthnContextClassRef");
	ENSURE(!class || !saml_el_next(class, NS, "AuthnContextClassRef"), MALFORMED, "saml.read.authn");
	return class ? saml_field_text(class, &v->context) : NO_ERR;
}

static struct err read_values(struct arena *a, const struct saml_el *el, struct saml_strs *v)
{
	TRY(saml_field_list(a, saml_el_count(el, NS, "AttributeValue"), SAML_LIST_MAX, sizeof *v->v, &v->v));
	for (const struct saml_el *c = saml_el_child(el, NS, "AttributeValue"); c; c = saml_el_next(c, NS, "AttributeValue")) {
		ENSURE(!c->first && c->text.n <= SAML_VALUE_MAX, MALFORMED, "saml.attribute.value");
		v->v[v->n++] = c->text;
	}
	return NO_ERR;
}

/* One attribute, one element: two of one name would let a reader choose. */
static struct err read_attribute(struct arena *a, const struct saml_el *el, struct saml_assertion *v)
{
	struct saml_attribute *t = &v->attributes[v->attribute_n];

	TRY(saml_field_word(el, "Name", &t->name));
	TRY(saml_field_word(el, "NameFormat", &t->format));
	TRY(saml_field_word(el, "FriendlyName", &t->friendly));
	ENSURE(t->name.n > 0, MALFORMED, "saml.attribute.name");
	for (size_t i = 0; i < v->attribute_n; i++)
		ENSURE(!str_eq(v->attributes[i].name, t->name), MALFORMED, "saml.attribute.twice");
	v->attribute_n++;
	return read_values(a, el, &t->values);
}

static struct err read_attributes(struct arena *a, const struct saml_el *assertion, struct saml_assertion *v)
{
	const struct saml_el *el = saml_el_child(assertion, NS, "AttributeStatement");

	if (!el)
		return NO_ERR;
	ENSURE(!saml_el_next(el, NS, "AttributeStatement"), MALFORMED, "saml.attribute.twice");
	TRY(saml_field_list(a, saml_el_count(el, NS, "Attribute"), SAML_ATTRIBUTES_MAX, sizeof *v->attributes, &v->attributes));
	for (const struct saml_el *c = saml_el_child(el, NS, "Attribute"); c; c = saml_el_next(c, NS, "Attribute"))
		TRY(read_attribute(a, c, v));
	return NO_ERR;
}

struct err saml_read_assertion(struct arena *a, const struct saml_el *el, struct saml_assertion *ret_assertion)
{
	struct saml_assertion v = { .id = saml_el_attr(el, "ID") };
	const struct saml_el *issuer = saml_el_child(el, NS, "Issuer");

	ENSURE(issuer, MALFORMED, "saml.check.issuer");
	TRY(saml_field_text(issuer, &v.issuer));
	TRY(saml_field_time(el, "IssueInstant", &v.issue_instant_s));
	TRY(read_subject(a, el, &v));
	TRY(read_conditions(a, el, &v.conditions));
	TRY(read_authn(el, &v));
	TRY(read_attributes(a, el, &v));
	*ret_assertion = v;
	return NO_ERR;
}
