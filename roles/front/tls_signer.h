/* tls_signer.h - an EC key whose private half is asked for over a socket. */
#ifndef ROLES_FRONT_TLS_SIGNER_H
#define ROLES_FRONT_TLS_SIGNER_H
#include <openssl/evp.h>
#include "base/err.h"

struct tls_signer { int fd; uint32_t seq; bool was_late; };

/* A key that looks whole to OpenSSL; s outlives it. BROKEN front.tls.key (not P-256) */
MUST struct err tls_signer_key(struct tls_signer *s, EVP_PKEY *public_key, EVP_PKEY **ret_key);
#endif
