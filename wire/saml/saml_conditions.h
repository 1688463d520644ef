/* saml_conditions.h - do the dates, audiences and addressees of an assertion hold? Pure functions:
 * the time and the names to compare with are arguments.
 */
#ifndef WIRE_SAML_CONDITIONS_H
#define WIRE_SAML_CONDITIONS_H
#include "wire/saml/saml_types.h"

/* Every AudienceRestriction names us, and now is between the dates, give or take skew_s (0..300).
 * An assertion that restricts no audience, or sets no end, is for nobody.
 * Source  SAML Core 2.0 2.5.1.2, 2.5.1.4; SAML Profiles 2.0 4.1.4.2
 * Errors  DENIED saml.conditions.audience, .early, .expired */
MUST struct err saml_conditions_check(const struct saml_conditions *c, struct str audience, int64_t now_s, int32_t skew_s);

/* One of the confirmations is for a bearer, at our address, for our request, and not over. With
 * several, the error is that of the last.
 * Source  SAML Profiles 2.0 4.1.4.2, 4.1.4.3
 * Errors  DENIED saml.confirmation.method, .recipient, .request, .early, .expired */
MUST struct err saml_confirmation_check(const struct saml_confirmation *v, size_t n, struct str recipient,
	struct str in_response_to, int64_t now_s, int32_t skew_s);

/* Is a message of this instant fresh: not older than age_s, not from the future?
 * Errors  DENIED saml.message.early, saml.message.expired */
MUST struct err saml_instant_check(int64_t issue_instant_s, int64_t now_s, int32_t skew_s, int32_t age_s);
#endif
