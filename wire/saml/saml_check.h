/* saml_check.h - the shape that a SAML message must have before any XML library sees it.
 *
 * Signature wrapping lives on elements in unexpected places and on readers that pick another
 * element than the one whose signature they checked. So: every identifier once, an assertion only
 * where the schema has it, a signature only directly behind the Issuer of what it signs, with one
 * reference to just that element, and algorithms from a short list.
 * Nothing is verified here; that is the reader's part.
 */
#ifndef WIRE_SAML_CHECK_H
#define WIRE_SAML_CHECK_H
#include "wire/saml/saml_types.h"
#include "wire/saml/saml_xml.h"

/* A signed element: its identifier is in the Reference, and its octets are asked for by it. */
struct saml_signature {
	struct str id;                   /* of the element that it signs */
	struct str method;               /* the algorithm's URI, one of SAML_ALG_* */
};

struct saml_shape {
	enum saml_root kind;
	struct saml_el *root;
	struct saml_el *assertion;       /* NULL: none */
	bool root_signed, assertion_signed;
	struct saml_signature of_root, of_assertion;
};

/* roots: a mask of SAML_ROOT(). doc is borrowed.
 * Source  SAML Core 2.0 1.3.4, 3.2, 3.3.3, 3.7, 5.4; SAML Profiles 2.0 4.1.4
 * Owner   *ret_shape lives in doc and a
 * Errors  MALFORMED saml.xml.*, saml.check.*, saml.time; DENIED saml.algorithm, saml.check.encrypted */
MUST struct err saml_check(struct arena *a, struct str doc, unsigned roots, struct saml_shape *ret_shape);
bool saml_algorithm_is_allowed(struct str signature_method);
#endif
