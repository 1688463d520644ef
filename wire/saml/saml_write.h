/* saml_write.h - the SAML 2.0 messages that we send, written from typed fields, already canonical.
 *
 * What comes out is its own exclusive canonical form, alone and inside another of these: attributes
 * in order, a namespace declared where its prefix is first used and nowhere else, characters escaped
 * as C14N escapes them. So the bytes that are hashed are the bytes that are sent, and the process that
 * holds the keys needs no XML library. Nothing is judged, hashed or signed here. No blanks between
 * elements, no xsi:type (its prefix would be declared for the eyes of nobody).
 * Source  SAML Core, Bindings and Metadata 2.0; Exclusive XML Canonicalization 1.0; XML Signature 1.0
 * Errors  none: the buf tells what did not fit
 */
#ifndef WIRE_SAML_SAML_WRITE_H
#define WIRE_SAML_SAML_WRITE_H
#include "wire/ipc/sign.h"

/* Who speaks (entityID) and the identifier of the element. */
struct saml_author { struct str issuer, id; };

/* The Format of a NameID: a URI. */
const char *saml_format_of(enum sign_saml_name_id kind);

/* ---- messages: each appends one element and gives where its signature belongs, from its start ---- */

/* r->status is success. name_id is what stands in the NameID.
 * Source  Core 2.3.3; Profiles 4.1.4.2 */
size_t saml_assertion_write(struct buf *out, const struct sign_saml_response *r, struct saml_author by, struct str name_id);
/* assertion: as written and signed; empty: an error. Source  Core 3.3.3 */
size_t saml_response_write(struct buf *out, const struct sign_saml_response *r, struct saml_author by, struct str assertion);
/* Source  Core 3.7.1 */
size_t saml_logout_request_write(struct buf *out, const struct sign_saml_logout_request *r, struct saml_author by, struct str name_id);
/* Source  Core 3.7.2 */
size_t saml_logout_response_write(struct buf *out, const struct sign_saml_logout_response *r, struct saml_author by);
/* Source  Core 3.4.1 */
size_t saml_authn_request_write(struct buf *out, const struct sign_saml_authn_request *r, struct saml_author by);
/* certificates: base64 of their DER. Source  Metadata 2.3.2, 2.4.3, 2.4.4 */
size_t saml_metadata_write(struct buf *out, const struct sign_saml_metadata *d, struct saml_author by,
	const struct str *certificates, size_t certificate_n);

/* ---- signature: RSA-SHA256 over one element, enveloped in it, exclusive canonical ---- */

/* The text that is signed. digest: base64 of the SHA-256 of the element without its signature. */
void saml_signed_info_write(struct buf *out, struct str id, struct str digest);
/* The whole ds:Signature. key_info: as saml_key_info_write() gives it, or empty. */
void saml_signature_write(struct buf *out, struct str id, struct str digest, struct str signature, struct str key_info);
/* certificate: base64 of its DER. */
void saml_key_info_write(struct buf *out, struct str certificate);

/* ---- Redirect binding (Bindings 3.4.4) ---- */

/* The octets that are signed: SAMLRequest or SAMLResponse, deflated, then RelayState unless empty,
 * then SigAlg. */
void saml_query_write(struct buf *out, struct arena *a, bool is_response, struct str xml, struct str relay_state);
/* &Signature=; signature: the bytes. */
void saml_query_sign(struct buf *out, struct arena *a, struct str signature);
#endif
