/* sso_rules.c - see saml_idp.h: what an authentication request may ask for. */
#include "idp/saml/saml_idp.h"

#define CLASSES "urn:oasis:names:tc:SAML:2.0:ac:classes:"
#define OURS CLASSES "PasswordProtectedTransport"

struct err saml_acs_choose(const struct partner_saml *s, const struct saml_authn_request *r, struct str *ret_location)
{
	/*= SAML Core 3.4.1: AssertionConsumerServiceIndex ... is mutually exclusive with AssertionConsumerServiceURL and ProtocolBinding */
	ENSURE(r->acs_index < 0 || (!r->acs_url.n && !r->protocol_binding.n), DENIED, "saml.acs");
	ENSURE(!r->protocol_binding.n || str_eq_c(r->protocol_binding, SAML_BINDING_POST), DENIED, "saml.binding");
	for (size_t i = 0; i < s->acs_n; i++) {
		const struct partner_endpoint *e = &s->acs[i];

		if (r->acs_url.n ? !str_eq(r->acs_url, e->location) : r->acs_index >= 0 && e->place != r->acs_index)
			continue;
		*ret_location = e->location;
		if (r->acs_url.n || r->acs_index >= 0 || e->is_default)
			return NO_ERR;
	}
	/* Nothing was said, and none is the default: the first. */
	ENSURE(!r->acs_url.n && r->acs_index < 0 && s->acs_n, DENIED, "saml.acs");
	*ret_location = s->acs[0].location;
	return NO_ERR;
}

bool saml_name_policy_holds(const struct partner *p, const struct saml_authn_request *r)
{
	static const char *const formats[] = { SAML_NAME_ID_PERSISTENT, SAML_NAME_ID_TRANSIENT, SAML_NAME_ID_EMAIL };

	if (!r->has_policy)
		return true;
	if (r->sp_name_qualifier.n && !str_eq(r->sp_name_qualifier, p->id))
		return false;
	/* Core 3.4.1.1: without a format, or with the unspecified one, it is ours to choose. */
	return !r->name_id_format.n || str_eq_c(r->name_id_format, SAML_NAME_ID_UNSPECIFIED)
		|| str_eq_c(r->name_id_format, formats[p->saml->name_id]);
}

/* A password over TLS is 2; what is below it, 1; what we do not know, or cannot do, above. */
static int rank(struct str context)
{
	if (str_eq_c(context, OURS))
		return 2;
	return str_eq_c(context, CLASSES "Password") || str_eq_c(context, CLASSES "unspecified") ? 1 : 3;
}

static bool meets(const struct saml_authn_request *r, struct str context)
{
	switch (r->comparison) {
	case SAML_MINIMUM: return rank(context) <= 2;
	/* An unknown class is not known to be stronger. */
	case SAML_MAXIMUM: return rank(context) == 2;
	case SAML_BETTER: return rank(context) < 2;
	default: return rank(context) <= 2;
	}
}

struct str saml_context_choose(const struct saml_authn_request *r)
{
	bool all = r->comparison == SAML_BETTER;

	if (!r->contexts.n)
		return STR(OURS);
	for (size_t i = 0; i < r->contexts.n; i++) {
		bool met = meets(r, r->contexts.v[i]);

		/*= SAML Core 3.3.2.2.1: "better" ... stronger than any one of the authentication contexts specified */
		if (all && !met)
			return STR_NONE;
		/* Exactly: the very class that was asked for. A password over TLS is a password. */
		if (!all && met)
			return r->comparison == SAML_EXACT && str_eq_c(r->contexts.v[i], CLASSES "Password") ? r->contexts.v[i] : STR(OURS);
	}
	return all ? STR(OURS) : STR_NONE;
}
