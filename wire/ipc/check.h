/* check.h - what a reader can be asked: is this stranger's document what it says?
 *
 * The reader checks form, algorithm and signature, and gives typed claims back. Whether the
 * claims are the right ones (issuer, audience, times, nonce) is the caller's verdict: see
 * sp-lib. The key set is given with each question, so that the reader holds nothing.
 */
#ifndef WIRE_IPC_CHECK_H
#define WIRE_IPC_CHECK_H
#include "base/frame.h"
#include "wire/saml/saml_types.h"

enum check_frame {
	CHECK_JWS = 0x40,     /* check_jws -> check_claims. DENIED jose.*, MALFORMED jose.* */
	CHECK_SAML,           /* check_saml -> check_saml_result. DENIED saml.*, MALFORMED saml.* */
	CHECK_METADATA        /* check_metadata -> check_metadata_result */
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

/* ---- SAML: only in readers of daemons whose setting `saml` is true; MALFORMED reader.frame elsewhere ---- */

enum { CHECK_SAML_MAX = 256 * 1024, CHECK_CERTIFICATES_MAX = 16 };

enum check_binding { CHECK_REDIRECT, CHECK_POST, CHECK_BINDING_COUNT };

/* Which signature must hold for the message to be told at all. Whatever is signed besides is verified
 * too when certificates are given. */
enum check_want {
	CHECK_WANT_NOTHING,     /* believe nothing, only read: to learn the Issuer, or of a partner that does not sign */
	CHECK_WANT_MESSAGE,     /* the root element, or the query of a redirect */
	CHECK_WANT_ASSERTION,   /* the assertion itself */
	CHECK_WANT_EITHER,      /* the assertion, or the Response around it */
	CHECK_WANT_COUNT
};

struct check_saml {
	enum check_binding binding;
	struct str message;             /* CHECK_REDIRECT: the raw query; CHECK_POST: the form's field, base64, as it came */
	uint32_t roots;                 /* mask of SAML_ROOT() */
	enum check_want want;
	struct saml_strs certificates;  /* the partner's signing certificates, DER or PEM; tried in turn */
};

/* What was signed and verified. Fields of unsigned parts are claims of whoever carried the message. */
enum { CHECK_SIGNED_QUERY = 1, CHECK_SIGNED_MESSAGE = 2, CHECK_SIGNED_ASSERTION = 4 };

struct check_saml_result {
	uint32_t signed_by;             /* mask of CHECK_SIGNED_*; 0 whenever no certificate was given */
	bool carries_signature;         /* something in it was signed, whether or not it was verified */
	uint32_t certificate;           /* index of the one that held, when signed_by is not 0 */
	bool has_relay_state;           /* CHECK_REDIRECT; of a POST it is a field of its own */
	struct str relay_state;
	struct saml_message message;
};

struct check_metadata { struct str xml; /* at most SAML_XML_BYTES */ };

/* What is wrong in a vendor's file is an answer, not an error. */
struct check_metadata_result {
	bool ok;
	struct str slug, problem;       /* !ok: our name for it, and a sentence for the vendor */
	uint32_t line;                  /* !ok: counted from 1 */
	struct saml_metadata metadata;
};

void ipc_check_saml_io(struct frame_io *io, void *m);
void ipc_check_saml_result_io(struct frame_io *io, void *m);
void ipc_check_metadata_io(struct frame_io *io, void *m);
void ipc_check_metadata_result_io(struct frame_io *io, void *m);
#endif
