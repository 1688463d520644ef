/* check.h - what a reader can be asked: is this stranger's document what it says?
 *
 * The reader checks form, algorithm and signature, and gives typed claims back. Whether the
 * claims are the right ones (issuer, audience, times, nonce) is the caller's verdict: see
 * sp-lib. The key set is given with each question, so that the reader holds nothing.
 */
#ifndef WIRE_IPC_CHECK_H
#define WIRE_IPC_CHECK_H
#include "base/frame.h"

enum check_frame {
	CHECK_JWS = 0x40      /* check_jws -> check_claims. DENIED jose.*, MALFORMED jose.* */
};

struct check_jws {
	struct str token;      /* compact serialisation, at most 16 KiB */
	struct str jwks;       /* the issuer's key set, JSON, at most 32 KiB */
	struct str algs;       /* blank-separated, what we accept: "ES256 RS256" */
	struct str typ;        /* accepted `typ` values, blank-separated; "-" stands for an absent one */
};

/* One top-level member of the payload. LISTs of strings come as several entries of one name. */
struct check_claim {
	struct str name;
	enum { CHECK_TEXT, CHECK_NUMBER, CHECK_BOOL, CHECK_LIST, CHECK_OBJECT, CHECK_KIND_COUNT } kind;
	struct str text;       /* TEXT and LIST: the string; OBJECT: its JSON text */
	int64_t number;        /* NUMBER (integers only), BOOL */
};
enum { CHECK_CLAIMS_MAX = 64 };

struct check_claims {
	struct str alg, kid, typ;
	struct check_claim *v; size_t n;
};

void ipc_check_jws_io(struct frame_io *io, void *m);
void ipc_check_claims_io(struct frame_io *io, void *m);
#endif
