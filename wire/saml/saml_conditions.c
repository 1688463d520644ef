/* saml_conditions.c - see saml_conditions.h. */
#include "wire/saml/saml_conditions.h"

static bool names(const struct saml_strs *list, struct str audience)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->v[i], audience))
			return true;
	return false;
}

struct err saml_conditions_check(const struct saml_conditions *c, struct str audience, int64_t now_s, int32_t skew_s)
{
	ENSURE(c->restriction_n > 0 && audience.n > 0, DENIED, "saml.conditions.audience");
	/*= SAML Core 2.5.1.4: The effect of this requirement ... is that multiple <AudienceRestriction> elements are
	 * combined with AND */
	for (size_t i = 0; i < c->restriction_n; i++)
		ENSURE(names(&c->restrictions[i], audience), DENIED, "saml.conditions.audience");
	ENSURE(c->not_before_s - skew_s <= now_s, DENIED, "saml.conditions.early");
	/* NotOnOrAfter excludes its own instant. */
	ENSURE(c->not_on_or_after_s != 0 && now_s < c->not_on_or_after_s + skew_s, DENIED, "saml.conditions.expired");
	return NO_ERR;
}

static struct err one_confirmation(const struct saml_confirmation *c, struct str recipient, struct str in_response_to,
	int64_t now_s, int32_t skew_s)
{
	ENSURE(str_eq_c(c->method, SAML_METHOD_BEARER), DENIED, "saml.confirmation.method");
	ENSURE(recipient.n > 0 && str_eq(c->recipient, recipient), DENIED, "saml.confirmation.recipient");
	ENSURE(str_eq(c->in_response_to, in_response_to), DENIED, "saml.confirmation.request");
	/*= SAML Profiles 4.1.4.2: ... MUST NOT contain a NotBefore attribute */
	ENSURE(c->not_before_s == 0, DENIED, "saml.confirmation.early");
	ENSURE(c->not_on_or_after_s != 0 && now_s < c->not_on_or_after_s + skew_s, DENIED, "saml.confirmation.expired");
	return NO_ERR;
}

struct err saml_confirmation_check(const struct saml_confirmation *v, size_t n, struct str recipient,
	struct str in_response_to, int64_t now_s, int32_t skew_s)
{
	struct err e = err_of(DENIED, "saml.confirmation.method");

	for (size_t i = 0; i < n; i++) {
		e = one_confirmation(&v[i], recipient, in_response_to, now_s, skew_s);
		if (!failed(e))
			break;
	}
	return e;
}

struct err saml_instant_check(int64_t issue_instant_s, int64_t now_s, int32_t skew_s, int32_t age_s)
{
	ENSURE(issue_instant_s - skew_s <= now_s, DENIED, "saml.message.early");
	ENSURE(now_s < issue_instant_s + age_s + skew_s, DENIED, "saml.message.expired");
	return NO_ERR;
}
