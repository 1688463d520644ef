/* saml_redirect.h - the two ways a browser carries a message: the query of a redirect, the field of
 * a form; and the exact octets that a redirect's signature is about.
 *
 * lasso verifies the last RelayState of two and uses the first, and takes ';' for a separator: the
 * query is read here, once, from its raw bytes.
 */
#ifndef WIRE_SAML_REDIRECT_H
#define WIRE_SAML_REDIRECT_H
#include "base/arena.h"

enum { SAML_QUERY_MAX = 64 * 1024, SAML_INFLATED_MAX = 64 * 1024, SAML_INFLATE_RATIO = 20, SAML_RELAY_MAX = 1024 };

struct saml_redirect {
	bool is_response;             /* SAMLResponse, not SAMLRequest */
	struct str xml;               /* inflated */
	bool has_relay_state;
	struct str relay_state;       /* decoded; Bindings 3.4.3 says 80 bytes, partners send whole URLs */
	struct str algorithm;         /* SigAlg; empty: not signed */
	struct str signature;         /* bytes */
	struct str signed_octets;     /* as received: SAMLRequest=...&RelayState=...&SigAlg=... */
};

/* query: the raw bytes behind '?'. Each parameter at most once; names that need decoding to be ours
 * are refused, others are passed over.
 * Source  SAML Bindings 2.0 3.4.4.1; RFC 1951
 * Owner   *ret_redirect lives in query and a
 * Errors  MALFORMED saml.redirect.query, .twice, .encoding, .relaystate, .signature, .deflate, .size;
 *         DENIED saml.algorithm */
MUST struct err saml_redirect_decode(struct arena *a, struct str query, struct saml_redirect *ret_redirect);

/* The value of the form's SAMLRequest or SAMLResponse, perhaps folded into lines. Some clients deflate here too, against
 * Bindings 3.5.4; with may_inflate they are understood.
 * Errors  MALFORMED saml.xml.size, saml.post.encoding, saml.redirect.deflate, .size */
MUST struct err saml_post_decode(struct arena *a, struct str field, bool may_inflate, struct str *ret_xml);
#endif
