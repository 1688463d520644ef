/* saml_forge.h - SAML messages for tests: valid and signed ones, written as canonical XML, and the
 * means to change one thing in them. Only OpenSSL signs here, so that what the reader verifies
 * through xmlsec was made by somebody else.
 */
#ifndef TESTS_UNIT_SAML_FORGE_H
#define TESTS_UNIT_SAML_FORGE_H
#include <openssl/evp.h>
#include "base/arena.h"

#define FORGE_IDP "https://compte.example/saml/metadata"
#define FORGE_SP  "https://etat-civil.example/saml/metadata"
#define FORGE_ACS "https://etat-civil.example/saml/acs"
#define FORGE_DS  "http://www.w3.org/2000/09/xmldsig#"
#define FORGE_C14N "http://www.w3.org/2001/10/xml-exc-c14n#"
#define FORGE_P   "xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\""
#define FORGE_A   "xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\""

enum { FORGE_ARENA = 256 << 20 };

EVP_PKEY *forge_rsa(unsigned bits);
EVP_PKEY *forge_rsa_of_one(EVP_PKEY *like);                         /* whose signatures anybody makes */
EVP_PKEY *forge_p256(void);
struct str forge_certificate(struct arena *a, EVP_PKEY *key);      /* self-signed, DER */

/* Unsigned. */
struct str forge_assertion(struct arena *a);
struct str forge_response(struct arena *a, struct str assertion);
struct str forge_authn_request(struct arena *a);
struct str forge_logout_request(struct arena *a);
struct str forge_logout_response(struct arena *a);
struct str forge_metadata(struct arena *a, EVP_PKEY *key);         /* of a service provider */

/* The element with a ds:Signature behind its Issuer. alg: "rsa-sha256", "rsa-sha1", "hmac-sha256",
 * "ecdsa-sha256"...; key NULL: a value that verifies with nothing. */
struct str forge_sign(struct arena *a, EVP_PKEY *key, const char *alg, struct str element);
/* The ds:Signature alone, over `element` as it stands. */
struct str forge_signature(struct arena *a, EVP_PKEY *key, const char *alg, struct str element);
/* Raw signature over octets; r and s side by side for EC. */
struct str forge_raw(struct arena *a, EVP_PKEY *key, const char *alg, struct str octets);

/* doc with the first `from` replaced; the test fails when there is none. */
struct str forge_with(struct arena *a, struct str doc, const char *from, const char *to);
struct str forge_before(struct arena *a, struct str doc, const char *mark, struct str added);
/* From the first `from` up to and with the next `to`. */
struct str forge_cut(struct str doc, const char *from, const char *to);
struct str forge_without(struct arena *a, struct str doc, struct str part);
struct str forge_base64(struct arena *a, struct str xml);
struct str forge_deflate(struct arena *a, struct str xml);         /* raw deflate */
/* "SAMLRequest=...&RelayState=...&SigAlg=...&Signature=..."; relay NULL, key NULL: left out. */
struct str forge_query(struct arena *a, const char *parameter, struct str xml, const char *relay, EVP_PKEY *key, const char *alg);
struct str forge_escaped(struct arena *a, struct str s);
#endif
