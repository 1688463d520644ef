/* jws_read.h - the form of a stranger's signed token, judged before any JOSE library sees it.
 *
 * cjose takes the algorithm from the token, hands the payload of an unsigned one out, ignores
 * `crit` and accepts a header with two `alg`. So the header is read here, on its own: what comes
 * out of jose_jws_read() has an algorithm that we asked for and names no key of its own. Nothing
 * is proven yet; the signature is roles/reader's work.
 */
#ifndef WIRE_JOSE_JWS_READ_H
#define WIRE_JOSE_JWS_READ_H
#include "base/arena.h"

enum { JOSE_JWS_MAX = 16 * 1024, JOSE_HEADER_MAX = 2048, JOSE_KID_MAX = 256 };

/* The only algorithms of this house; whatever the caller accepts, nothing else passes. */
enum jose_alg { JOSE_ES256, JOSE_RS256, JOSE_ALG_COUNT };
const char *jose_alg_name(enum jose_alg alg);

struct jose_header {
	enum jose_alg alg;
	bool has_kid;
	struct str kid;         /* at most JOSE_KID_MAX bytes, without control characters */
	struct str typ;         /* as written; empty: absent */
};

struct jose_jws {
	struct jose_header header;
	struct str token;       /* the whole, borrowed from the caller */
	struct str payload;     /* decoded bytes; believed by nobody */
	struct str signature;   /* decoded bytes */
};

/* Read a compact serialisation.
 * algs    accepted `alg` values, blank-separated ("ES256 RS256"); `none` and HS* never pass
 * typ     accepted `typ` values, blank-separated, "application/" left out; "-": it may be absent
 * Source  RFC 7515 7.1 (form), 4.1 (header); RFC 8725 3.1, 3.10, 3.11
 * Owner   *ret_jws lives in `a`, token is borrowed
 * Errors  MALFORMED jose.form (size, parts, base64url), jose.header (JSON, a member that is no
 *         string, or one that must not be there); DENIED jose.alg, jose.typ */
MUST struct err jose_jws_read(struct arena *a, struct str token, struct str algs, struct str typ,
	struct jose_jws *ret_jws);
#endif
