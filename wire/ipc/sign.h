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
	SIGN_SAML_RESPONSE,        /* sign_saml_response -> sign_saml_message */
	SIGN_SAML_LOGOUT_REQUEST,  /* sign_saml_logout_request -> sign_saml_message */
	SIGN_SAML_LOGOUT_RESPONSE, /* sign_saml_logout_response -> sign_saml_message */
	SIGN_SAML_AUTHN_REQUEST,   /* sign_saml_authn_request -> sign_saml_message */
	SIGN_SAML_METADATA,        /* sign_saml_metadata -> sign_saml_message */
};

enum sign_alg { SIGN_ES256, SIGN_RS256, SIGN_ALG_COUNT };
enum { SIGN_CLAIMS_MAX = 32, SIGN_LIST_MAX = 16 };

/* Who: by account and sector (the pseudonym is derived) unless an alias takes precedence. */
struct sign_subject {
	struct str account;      /* 16 raw bytes */
	struct str sector;       /* sector identifier, text */
	struct str alias;        /* non-empty: used as it is */
};

struct sign_claim {
	struct str name;
	enum { CLAIM_TEXT, CLAIM_NUMBER, CLAIM_BOOL, CLAIM_LIST, CLAIM_KIND_COUNT } kind;
	struct str text;         /* of a list: words, blank-separated; written as several values */
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

/* A change of keys: the next one is published before it signs, the previous one after it did. */
enum sign_key_state { SIGN_KEY_CURRENT, SIGN_KEY_NEXT, SIGN_KEY_PREVIOUS, SIGN_KEY_STATE_COUNT };

struct sign_key {
	enum sign_alg alg;
	struct str kid, jwk;           /* jwk: public members only, a JSON object */
	enum sign_key_state state;
	int64_t since_s;               /* 0: not written in its file */
};
/* What SAML metadata publish; kid is that of its key, as if it were a JWK. */
struct sign_certificate { struct str kid, sha256 /* hex */; enum sign_key_state state; int64_t since_s, ends_s; };
struct sign_keys { struct sign_key *v; size_t n; struct sign_certificate *certificates; size_t certificate_n; };

struct sign_tls { struct str digest; /* 32, 48 or 64 bytes */ };

/* ---- SAML 2.0: RSA-SHA256 always; the signer knows its own entityID, which is every issuer ---- */

enum { SIGN_SAML_ATTRIBUTES_MAX = 64, SIGN_SAML_VALUES_MAX = 64, SIGN_SAML_LIST_MAX = 16 };

/* By POST the answer is XML that carries its signature (the engine encodes it for the form); by
 * Redirect it is the whole signed query, without "?". */
enum sign_saml_binding { SIGN_BINDING_REDIRECT, SIGN_BINDING_POST, SIGN_BINDING_COUNT };

enum sign_saml_name_id { SIGN_NAME_ID_PERSISTENT, SIGN_NAME_ID_TRANSIENT, SIGN_NAME_ID_EMAIL, SIGN_NAME_ID_COUNT };

struct sign_saml_subject {
	enum sign_saml_name_id kind;
	struct sign_subject who;       /* SIGN_NAME_ID_PERSISTENT: derived, or the alias as it is */
	struct str text;               /* the address; SIGN_NAME_ID_TRANSIENT: empty in a response: drawn by the signer */
	struct str name_qualifier;     /* whose name it is, an entityID; empty: left out */
	struct str sp_name_qualifier;  /* for whom; empty: left out */
};

/* First- and second-level code together (Core 3.2.2.2). */
enum sign_saml_status {
	SIGN_STATUS_SUCCESS, SIGN_STATUS_PARTIAL_LOGOUT, SIGN_STATUS_REQUESTER, SIGN_STATUS_RESPONDER, SIGN_STATUS_VERSION_MISMATCH,
	SIGN_STATUS_AUTHN_FAILED, SIGN_STATUS_INVALID_NAME_ID_POLICY, SIGN_STATUS_NO_AUTHN_CONTEXT, SIGN_STATUS_NO_PASSIVE,
	SIGN_STATUS_REQUEST_DENIED, SIGN_STATUS_REQUEST_UNSUPPORTED, SIGN_STATUS_UNKNOWN_PRINCIPAL, SIGN_STATUS_UNSUPPORTED_BINDING,
	SIGN_STATUS_COUNT
};

struct sign_saml_attribute {
	struct str name;
	struct str name_format;        /* empty: left out */
	struct str friendly_name;      /* empty: left out */
	struct str *values; size_t value_n;
};

struct sign_saml_response {        /* always by POST; the assertion is always signed */
	bool sign_response;            /* the response too; a response without assertion is signed anyway */
	enum sign_saml_status status;  /* not SIGN_STATUS_SUCCESS: no assertion, and what follows in_response_to is not looked at */
	struct str destination;        /* the partner's ACS; also the Recipient */
	struct str in_response_to;     /* empty: nobody asked */
	int64_t issued_at_s;
	struct str audience;           /* the partner's entityID */
	struct sign_saml_subject subject;
	struct str session_index;      /* empty: left out */
	struct str authn_context;      /* class reference */
	int64_t not_before_s, expires_at_s;              /* lifetime <= 300 s; not_before 0: left out */
	int64_t authn_instant_s, session_ends_at_s;      /* session_ends_at 0: left out; <= 24 h after now */
	struct sign_saml_attribute *attributes; size_t attribute_n;
};

struct sign_saml_logout_request {
	enum sign_saml_binding binding;
	struct str destination;
	struct sign_saml_subject subject;
	struct str *session_indexes; size_t session_index_n;
	struct str relay_state;        /* by Redirect; empty: left out */
	int64_t issued_at_s, expires_at_s;               /* lifetime <= 300 s */
};

struct sign_saml_logout_response {
	enum sign_saml_binding binding;
	enum sign_saml_status status;
	struct str destination, in_response_to;
	struct str relay_state;        /* by Redirect; empty: left out */
	int64_t issued_at_s;
};

struct sign_saml_authn_request {
	enum sign_saml_binding binding;
	struct str destination;
	struct str acs_url;            /* ours, by POST */
	enum sign_saml_name_id name_id;
	bool force_authn, is_passive;
	struct str *authn_contexts; size_t authn_context_n;   /* Comparison="exact"; none: left out */
	struct str relay_state;        /* by Redirect; empty: left out */
	int64_t issued_at_s;
};

struct sign_saml_endpoint { enum sign_saml_binding binding; struct str url; };

enum sign_saml_role { SIGN_ROLE_IDP, SIGN_ROLE_SP, SIGN_ROLE_COUNT };

struct sign_saml_metadata {        /* the KeyDescriptors are the signer's own certificates */
	enum sign_saml_role role;
	bool sign;
	bool want_requests_signed;     /* IDP: WantAuthnRequestsSigned; an SP's are signed, and its assertions wanted signed */
	int64_t valid_until_s;         /* 0: left out */
	struct sign_saml_endpoint *logout; size_t logout_n;   /* SingleLogoutService */
	struct sign_saml_endpoint *main; size_t main_n;       /* IDP: SingleSignOnService; SP: AssertionConsumerService (POST) */
	enum sign_saml_name_id *name_ids; size_t name_id_n;   /* NameIDFormat, preferred first */
	struct str organization;       /* with organization_url; empty: left out */
	struct str organization_url, language;                /* language of the name: "fr" */
	struct str technical_contact;  /* an address; empty: left out */
};

/* The message and the identifiers that were put into it. */
struct sign_saml_message {
	struct str text;               /* XML, or the query */
	struct str id, assertion_id;
	struct str name_id;            /* as it stands in the message */
};

void ipc_sign_saml_response_io(struct frame_io *io, void *m);
void ipc_sign_saml_logout_request_io(struct frame_io *io, void *m);
void ipc_sign_saml_logout_response_io(struct frame_io *io, void *m);
void ipc_sign_saml_authn_request_io(struct frame_io *io, void *m);
void ipc_sign_saml_metadata_io(struct frame_io *io, void *m);
void ipc_sign_saml_message_io(struct frame_io *io, void *m);

void ipc_sign_id_token_io(struct frame_io *io, void *m);
void ipc_sign_logout_token_io(struct frame_io *io, void *m);
void ipc_sign_subject_io(struct frame_io *io, void *m);
void ipc_sign_token_io(struct frame_io *io, void *m);
void ipc_sign_keys_io(struct frame_io *io, void *m);
void ipc_sign_tls_io(struct frame_io *io, void *m);
#endif
