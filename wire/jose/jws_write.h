/* jws_write.h - the text of the tokens that we sign, and of the public keys that prove them.
 *
 * Nothing is signed or judged here: the signer lints first, then asks for these bytes, hashes and
 * signs them. The order of the members is fixed, so that one token has one text. No JSON library,
 * because the process that holds the keys may link none.
 */
#ifndef WIRE_JOSE_JWS_WRITE_H
#define WIRE_JOSE_JWS_WRITE_H
#include "wire/ipc/sign.h"

enum { JOSE_P256_BYTES = 32 };

/* "ES256", "RS256": the `alg` of a header and of a key. */
const char *sign_alg_name(enum sign_alg alg);

/* base64url({"alg","typ","kid"}): the first part of a compact JWS, without the dot after it.
 * Source  RFC 7515 4.1, 7.1 */
void jose_header_write(struct buf *out, enum sign_alg alg, const char *typ, struct str kid);

/* Is this a claim that the protocol itself speaks with (iss, exp, sid, ...)? Nobody may release an
 * attribute of such a name. */
bool jose_claim_is_protocol(struct str name);

/* The payload of an ID token, as JSON: iss, sub, aud, exp, iat, auth_time, nonce, acr, amr, at_hash,
 * sid, then the claims in their order. What is empty is left out.
 * Source  OpenID Connect Core 2
 * Errors  BROKEN jose.claim (a claim without a name, named like a protocol claim, or named twice),
 *         buf.overflow */
MUST struct err jose_id_token_write(struct buf *out, const struct sign_id_token *t, struct str issuer, struct str subject);

/* The payload of a logout token: iss, sub, aud, exp, iat, jti, sid, events; never a nonce.
 * Source  OpenID Connect Back-Channel Logout 1.0, 2.4
 * Errors  BROKEN buf.overflow */
MUST struct err jose_logout_token_write(struct buf *out, const struct sign_logout_token *t, struct str issuer, struct str subject);

/* Public numbers, big-endian. EC: x and y of exactly JOSE_P256_BYTES; RSA: n and e without leading zeros. */
struct jose_public { enum sign_alg alg; struct str a, b; /* x, y or n, e */ };

/* The text whose SHA-256 is the key's thumbprint (RFC 7638 3.2). */
void jose_thumbprint_write(struct buf *out, const struct jose_public *key);
/* The key as it is published (RFC 7517 4, RFC 7518 6.2.1, 6.3.1): public members only. */
void jose_jwk_write(struct buf *out, const struct jose_public *key, struct str kid);
#endif
