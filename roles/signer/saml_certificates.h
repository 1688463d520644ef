/* saml_certificates.h - the certificates that SAML metadata publish: which key each is of, and which stands in
 * our signatures.
 */
#ifndef ROLES_SIGNER_SAML_CERTIFICATES_H
#define ROLES_SIGNER_SAML_CERTIFICATES_H
#include "roles/signer/signer.h"
#include <openssl/x509.h>

struct saml_certificates {
	struct str text[SIGNER_SAML_CERTIFICATES_MAX];     /* base64 of DER; the signing key's first */
	struct sign_certificate facts[SIGNER_SAML_CERTIFICATES_MAX];
	size_t n;
};

/* Texts live in the signer's arena. key_file: SAML's own (key_file.h); empty: the RS256 keys, given before.
 * Errors  BROKEN signer.saml.certificate (unreadable, none, too many), signer.saml.pair (none is of the key
 *         that signs), signer.key.* */
MUST struct err saml_certificates_read(const struct signer *s, struct str key_file, struct str pem, struct saml_certificates *ret);
/* The name of its key; empty when that is not RSA. Lives in a. BROKEN signer.key.kind */
MUST struct err saml_certificate_kid(struct arena *a, const X509 *x, struct str *ret_kid);
#endif
