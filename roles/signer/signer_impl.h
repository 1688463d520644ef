/* signer_impl.h - inside of the signer: shared by signer.c and the files that write one protocol. */
#ifndef ROLES_SIGNER_SIGNER_IMPL_H
#define ROLES_SIGNER_SIGNER_IMPL_H
#include "roles/signer/key.h"
#include "roles/signer/signer.h"

enum { SIGNER_KEYS_MAX = 3 * SIGN_ALG_COUNT };
enum signer_kind { SIGNER_ID_TOKEN, SIGNER_LOGOUT_TOKEN, SIGNER_KIND_COUNT };

/* A key that signs, with the first part of its tokens ready. */
struct signing_key {
	struct key key;                       /* no pkey: none given */
	struct str heads[SIGNER_KIND_COUNT];  /* base64url of the header, in the signer's arena */
};

struct saml_desk;

struct signer {
	struct arena *arena;
	struct str issuer, secret;            /* secret: empty in a signer that derives no pseudonym */
	int64_t (*now_s)(void);
	struct signing_key keys[SIGN_ALG_COUNT];
	struct sign_key published[SIGNER_KEYS_MAX];
	struct sign_keys list;
	struct buf payload, token;            /* kept between requests, wiped after each */
	struct saml_desk *saml;               /* NULL: SAML is not spoken */
};

/* What will stand for this account: derived, or its alias.
 * Errors  DENIED sign.lint.subject, .text, .size */
MUST struct err signer_subject(const struct signer *s, struct arena *a, const struct sign_subject *who, struct str *ret_subject);
/* The name of a public key: the first half of its thumbprint. Lives in a. */
struct str signer_kid(struct arena *a, const struct jose_public *public);
void signer_wipe(struct buf *b);
#endif
