/* saml_check_dsig.h - the one form of ds:Signature that we look at. */
#ifndef WIRE_SAML_CHECK_DSIG_H
#define WIRE_SAML_CHECK_DSIG_H
#include "wire/saml/saml_check.h"

/* If `el` has a signature: is it directly behind the Issuer, alone, with one Reference to just
 * this element, enveloped and exclusively canonical, by algorithms that we accept?
 * Source  SAML Core 2.0 5.4; XML Signature 1.1 4
 * Errors  MALFORMED saml.check.signature, saml.check.reference; DENIED saml.algorithm */
MUST struct err saml_check_dsig(const struct saml_el *el, bool *ret_signed, struct saml_signature *ret_signature);
#endif
