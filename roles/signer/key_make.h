/* key_make.h - a new signing key and the certificate around it. For guichetctl: the signer itself makes none. */
#ifndef ROLES_SIGNER_KEY_MAKE_H
#define ROLES_SIGNER_KEY_MAKE_H
#include "wire/ipc/sign.h"

/* PKCS#8 in PEM: P-256, or RSA of 2048 bits. Lives in a, which wipes it.
 * BROKEN key.make */
MUST struct err key_make(struct arena *a, enum sign_alg alg, struct str *ret_pem);
/* Signed by itself: partners compare the key and nothing else of it. BROKEN key.make, signer.key.* */
MUST struct err key_make_certificate(struct arena *a, struct str key_pem, const char *name, int64_t now_s, int64_t days, struct str *ret_pem);
/* The kid of a private key, and of a certificate's key (empty when that is not RSA). BROKEN signer.key.* */
MUST struct err key_kid(struct arena *a, enum sign_alg alg, struct str key_pem, struct str *ret_kid);
MUST struct err key_certificate_kid(struct arena *a, struct str certificate_pem, struct str *ret_kid);
#endif
