/* signer.h - the process that holds the keys: writes a token from typed fields, lints it, signs it.
 *
 * It is asked by the engine alone (wire/ipc/sign.h) and never handed bytes to sign: what it can be
 * made to say is what these fields can say. The tls signer is the same program with one key and one
 * request, for the handshakes of the fronts; neither answers the other's frames.
 * One request at a time: a signer belongs to one thread.
 */
#ifndef ROLES_SIGNER_H
#define ROLES_SIGNER_H
#include "wire/ipc/sign.h"

enum {
	SIGNER_ARENA_BYTES = 256 * 1024,
	SIGNER_ID_TOKEN_MAX_S = 3600, SIGNER_LOGOUT_TOKEN_MAX_S = 300, SIGNER_CLOCK_SKEW_S = 300,
	SIGNER_SAML_ASSERTION_MAX_S = 300, SIGNER_SAML_REQUEST_MAX_S = 300, SIGNER_SAML_SESSION_MAX_S = 86400,
	SIGNER_SAML_AUTHN_MAX_S = 8 * 86400,     /* the longest session of the identity provider, and the hour that it is told by */
	SIGNER_SAML_METADATA_MAX_S = 400 * 86400, SIGNER_SAML_CERTIFICATES_MAX = 4,
	SIGNER_SECRET_MIN = 32, SIGNER_SECRET_MAX = 4096, SIGNER_PEM_MAX = 16 * 1024,
};

struct signer;

/* issuer and secret (the pseudonyms', at least SIGNER_SECRET_MIN bytes; empty: this signer derives
 * none, as a service's) are copied; now_s gives the wall clock (clock_wall_s, or a test's).
 * Errors  BROKEN signer.issuer, signer.secret */
MUST struct err signer_create(struct str issuer, struct str secret, int64_t (*now_s)(void), struct signer **ret_signer);
void signer_destroy(struct signer *s);

/* Give a key: the one that signs, or one that is only published: the next, or the one before.
 * since_s: since when it is in that state; 0: unknown.
 * pem: unencrypted PKCS#8 or traditional PEM; P-256 for ES256, RSA of 2048 to 4096 bits for RS256.
 * It signs and verifies something once, so that a damaged key is found here and not by a partner.
 * Errors  BROKEN signer.key.pem (unreadable or encrypted), signer.key.kind, signer.key.curve,
 *         signer.key.size, signer.key.pair (its halves do not belong together), signer.key.twice */
MUST struct err signer_key_add(struct signer *s, enum sign_alg alg, enum sign_key_state state, int64_t since_s, struct str pem);
/* All keys of a file (key_file.h). Errors  also BROKEN signer.key.many */
MUST struct err signer_key_file_add(struct signer *s, enum sign_alg alg, struct str text);

/* Speak SAML as `entity` in one role: an identity provider writes responses, a service requests for
 * them; both end sessions. key: a key file (key_file.h), RSA of 2048 to 4096 bits; empty: the RS256 key,
 * given before. certificates: PEM; the first that is of the signing key stands in every signature, and all
 * are published, that one first (tomorrow's before a change of key, yesterday's after it).
 * Errors  BROKEN signer.saml.entity, signer.saml.twice, signer.saml.key (none), signer.saml.certificate
 *         (unreadable, none, too many), signer.saml.pair (none is of the key), signer.key.* */
MUST struct err signer_saml_add(struct signer *s, enum sign_saml_role role, struct str entity, struct str key, struct str certificates);

/* One request; a boot_serve_fn, self is a struct signer.
 * Errors  DENIED sign.role (a frame of the tls signer), sign.lint.alg, .audience, .subject, .lifetime,
 *         .clock, .auth_time, .claim, .text, .size, .jti; DENIED sign.lint.saml.* of saml_lint_rules.h and .off (SAML is
 *         not spoken), .role (not in this role); MALFORMED sign.type, frame.body */
MUST struct err signer_serve(void *self, struct arena *a, const struct frame *request, frame_io_fn **ret_fn, void **ret_reply);

struct tls_signer;

/* Errors  as signer_key_add(); P-256 only */
MUST struct err signer_tls_create(struct str pem, struct tls_signer **ret_signer);
void signer_tls_destroy(struct tls_signer *s);
/* Errors  DENIED sign.role (a frame of the other signer), sign.lint.digest; MALFORMED sign.type, frame.body */
MUST struct err signer_tls_serve(void *self, struct arena *a, const struct frame *request, frame_io_fn **ret_fn, void **ret_reply);
#endif
