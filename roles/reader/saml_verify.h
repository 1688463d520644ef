/* saml_verify.h - the one place that calls libxml2 and xmlsec: is this element signed by this key,
 * and which octets did the signature cover?
 *
 * xmlsec, the library below lasso, is called directly. lasso verifies only inside a login or logout
 * object, with a server object for both ends; it crashes or aborts on three small messages, accepts
 * RSA-SHA1 and HMAC without a way to say no, decides by a variable of the environment whether it
 * verifies at all, and hands its verdict over as a status beside a tree that is then searched again.
 * What is needed here is smaller and firmer: one element, one key, and the canonical octets that
 * were digested. Those octets are all that is read afterwards, so there is no second search that
 * could find another element. The tests read back through lasso's peers what we sign.
 *
 * Give it documents that saml_check() accepted, and no others.
 */
#ifndef ROLES_READER_SAML_VERIFY_H
#define ROLES_READER_SAML_VERIFY_H
#include "roles/reader/saml_keys.h"
#include "wire/saml/saml_check.h"

/* Once a process, before it is confined: libraries, algorithms that exist at all, no way to any file.
 * BROKEN reader.selftest */
MUST struct err saml_verify_init(void);

struct saml_dom;               /* the document as libxml2 sees it */

/* MALFORMED saml.check.differs when libxml2 does not read the same document as we do. */
MUST struct err saml_dom_create(struct str doc, const struct saml_shape *shape, struct saml_dom **ret_dom);
void saml_dom_destroy(struct saml_dom *d);
void saml_dom_destroyp(struct saml_dom **d);

/* Does the signature of the root element, or of the assertion, hold under this key?
 * Source  SAML Core 2.0 5; XML Signature 1.1 3.2
 * Owner   *ret_octets, the canonical form that was digested, lives in a
 * Errors  DENIED saml.signature */
MUST struct err saml_dom_verify(struct saml_dom *d, struct arena *a, bool of_assertion, const struct saml_signature *signature,
	const struct saml_key *key, struct str *ret_octets);

/* A redirect's signature over its octets. ECDSA: r and s of 32 bytes each (RFC 4051 3.3).
 * Source  SAML Bindings 2.0 3.4.4.1
 * Errors  DENIED saml.signature */
MUST struct err saml_query_verify(struct str octets, struct str algorithm, struct str signature, const struct saml_key *key);
#endif
