/* saml_read.h - from the tree to typed facts. Give it what was signed, and nothing else.
 *
 * saml_check() must have accepted the document before; a canonical copy of a signed element is read
 * by saml_read_octets(), so that what is believed are the very bytes that were digested.
 */
#ifndef WIRE_SAML_READ_H
#define WIRE_SAML_READ_H
#include "wire/saml/saml_check.h"

/* Errors  MALFORMED saml.read.*, saml.nameid, saml.attribute.*, saml.conditions.*, saml.time, saml.boolean */
MUST struct err saml_read_message(struct arena *a, const struct saml_el *root, enum saml_root kind,
	struct saml_message *ret_message);
MUST struct err saml_read_assertion(struct arena *a, const struct saml_el *assertion, struct saml_assertion *ret_assertion);
/* Parse the canonical octets of one element: its name and identifier must be those of `original`.
 * Errors  MALFORMED saml.xml.*, DENIED saml.signature */
MUST struct err saml_read_octets(struct arena *a, struct str octets, const struct saml_el *original, struct saml_el **ret_el);
#endif
