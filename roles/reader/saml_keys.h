/* saml_keys.h - the public key of a partner's certificate, in the two forms that verifying needs.
 *
 * A certificate is an envelope here: neither its dates nor who issued it count, since the partner's
 * metadata, which an administrator accepted, is what makes the key his (SAML Metadata
 * Interoperability Profile 2.5). Reading one costs as much as a verification, so the last ones are
 * kept, found again by their very bytes.
 */
#ifndef ROLES_READER_SAML_KEYS_H
#define ROLES_READER_SAML_KEYS_H
#include <openssl/evp.h>
#include "base/arena.h"

struct _xmlSecKey;

enum saml_key_kind { SAML_KEY_RSA, SAML_KEY_P256 };

struct saml_key {
	enum saml_key_kind kind;
	EVP_PKEY *pkey;
	struct _xmlSecKey *xmlsec;
};

struct saml_keys;

struct saml_keys *saml_keys_create(void);
void saml_keys_destroy(struct saml_keys *k);

/* certificate: DER or PEM (the first one in it); RSA of 2048 to 8192 bits whose exponent is not 1, or EC on P-256.
 * Owner   *ret_key is the cache's, until the next call; a is for scratch
 * Errors  DENIED saml.key */
MUST struct err saml_keys_find(struct saml_keys *k, struct arena *a, struct str certificate, const struct saml_key **ret_key);
#endif
