/* passkey.h - what a reader can be asked about passkeys and security keys (WebAuthn).
 *
 * The reader checks form, authenticator data and signature, and that a user was present and verified;
 * what the browser says it was asked (type, challenge, origin) comes back as typed claims, whose verdict
 * is the caller's: idp/authn/passkey_rules.c.
 * Source  W3C WebAuthn Level 2, 7.1 and 7.2
 */
#ifndef WIRE_IPC_PASSKEY_H
#define WIRE_IPC_PASSKEY_H
#include "base/frame.h"

enum passkey_frame {
	CHECK_PASSKEY_NEW = 0x48,      /* passkey_new -> passkey_made */
	CHECK_PASSKEY_PROOF            /* passkey_proof -> passkey_held */
};

enum {
	PASSKEY_CLIENT_MAX = 2048, PASSKEY_ATTESTATION_MAX = 16384, PASSKEY_AUTH_MAX = 1024, PASSKEY_SIGNATURE_MAX = 512,
	PASSKEY_ID_MAX = 1023, PASSKEY_KEY_MAX = 259
};

/* COSE algorithms (RFC 9053), and how the public key of each stands beside it. */
enum passkey_alg {
	PASSKEY_ES256,                 /* -7: x and y, 32 bytes each */
	PASSKEY_EDDSA,                 /* -8: 32 bytes of Ed25519 */
	PASSKEY_RS256,                 /* -257: n, 256 bytes, and e, 3 bytes */
	PASSKEY_ALG_COUNT
};

/* Client data, as the browser wrote it. */
struct passkey_claims {
	struct str type, challenge /* base64url */, origin;
	bool cross_origin;
};

struct passkey_new { struct str rp_id, client_data, attestation; };
struct passkey_made {
	struct passkey_claims claims;
	struct str credential, key;
	enum passkey_alg alg;
	uint32_t count;
};

struct passkey_proof { struct str rp_id, client_data, auth_data, signature, key; enum passkey_alg alg; };
struct passkey_held { struct passkey_claims claims; uint32_t count; };

void ipc_passkey_new_io(struct frame_io *io, void *m);
void ipc_passkey_made_io(struct frame_io *io, void *m);
void ipc_passkey_proof_io(struct frame_io *io, void *m);
void ipc_passkey_held_io(struct frame_io *io, void *m);
#endif
