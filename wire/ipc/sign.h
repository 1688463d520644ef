/* sign.h - what the signer can be asked: a handful of typed statements, never bytes to sign.
 *
 * The signer writes each token from these fields, lints it (issuer, lifetime, algorithm, audience
 * present) and signs it. Algorithms by key: "ES256" (P-256) and "RS256" (RSA-2048).
 */
#ifndef WIRE_IPC_SIGN_H
#define WIRE_IPC_SIGN_H
#include "base/frame.h"

enum sign_frame {
	SIGN_KEYS = 0x20,      /* empty -> sign_keys */
	SIGN_ID_TOKEN,         /* sign_id_token -> sign_token */
	SIGN_LOGOUT_TOKEN,     /* sign_logout_token -> sign_token */
	SIGN_PSEUDONYM,        /* sign_subject -> text: the pseudonym of account in sector */
	SIGN_TLS,              /* tls signer only: sign_tls -> text: DER ECDSA signature */
};

enum sign_alg { SIGN_ES256, SIGN_RS256, SIGN_ALG_COUNT };
enum { SIGN_CLAIMS_MAX = 32 };

/* Who: by account and sector (the pseudonym is derived) unless an alias takes precedence. */
struct sign_subject {
	struct str account;      /* 16 raw bytes */
	struct str sector;       /* sector identifier, text */
	struct str alias;        /* non-empty: used as it is */
};

struct sign_claim {
	struct str name;
	enum { CLAIM_TEXT, CLAIM_NUMBER, CLAIM_BOOL, CLAIM_KIND_COUNT } kind;
	struct str text;
	int64_t number;          /* also the bool: 0 or 1 */
};

struct sign_id_token {
	enum sign_alg alg;
	struct sign_subject subject;
	struct str audience;           /* one client_id */
	struct str nonce;              /* empty: left out */
	struct str sid, acr, amr;      /* amr: blank-separated, written as a list; empty: left out */
	struct str at_hash;            /* empty: left out */
	int64_t auth_time_s, issued_at_s, expires_at_s;   /* auth_time 0: left out; lifetime <= 3600 s */
	struct sign_claim *claims; size_t claim_n;        /* released attributes, in this order */
};

struct sign_logout_token {         /* OpenID Connect Back-Channel Logout 1.0, 2.4 */
	enum sign_alg alg;
	struct sign_subject subject;
	struct str audience, sid, jti;
	int64_t issued_at_s, expires_at_s;   /* lifetime <= 300 s */
};

/* A signed token and the subject that stands in it, so that the engine may remember it. */
struct sign_token { struct str jws, subject; };

struct sign_key { enum sign_alg alg; struct str kid, jwk; /* public members only, a JSON object */ };
struct sign_keys { struct sign_key *v; size_t n; };

struct sign_tls { struct str digest; /* 32, 48 or 64 bytes */ };

void ipc_sign_id_token_io(struct frame_io *io, void *m);
void ipc_sign_logout_token_io(struct frame_io *io, void *m);
void ipc_sign_subject_io(struct frame_io *io, void *m);
void ipc_sign_token_io(struct frame_io *io, void *m);
void ipc_sign_keys_io(struct frame_io *io, void *m);
void ipc_sign_tls_io(struct frame_io *io, void *m);
#endif
