/* SPDX-License-Identifier: Apache-2.0
 *
 * sp.h - what the files of libguichet-sp share. Outside of this folder only the services' kit
 * includes it, for sp_scope_of(), since to it a scope is the request's arena, and for struct sp_question,
 * which its reader and signer answer.
 */
#ifndef SP_LIB_SP_H
#define SP_LIB_SP_H
#include <pthread.h>
#include "base/arena.h"
#include "base/seal.h"
#include "sp-lib/guichet-sp.h"
#include "wire/http/http.h"
#include "wire/ipc/check.h"
#include "wire/ipc/sign.h"

enum {
	SP_RESPONSE_MAX = 64 * 1024, SP_SCOPE_MAX = 1 << 20, SP_HASH_TEXT = 43, SP_SUBJECT_MAX = 255, SP_CLAIMS_MAX = 64,
	SP_RANDOM_BYTES = 32, SP_SAML_REQUEST_S = 300,
};

/* One frame to a reader (CHECK_SAML, CHECK_METADATA) or a signer (SIGN_SAML_*), and its answer. */
struct sp_question {
	uint16_t type;
	frame_io_fn *put; const void *request;
	frame_io_fn *get; void *ret_reply;
};

/* What the provider's discovery or metadata say, and its keys; kept for an hour. */
struct sp_metadata {
	struct str authorization, token, jwks_uri, end_session;     /* OpenID */
	struct str sso, slo, slo_response;                          /* SAML, by Redirect; slo empty: it has none */
	struct saml_strs certificates;                              /* that sign; DER */
	int64_t valid_until_s;                                      /* 0: they set no end */
	uint64_t edition;                                           /* counts what was fetched */
};
struct sp_provider {
	pthread_mutex_t lock;        /* the fields */
	pthread_mutex_t asking;      /* held while one thread fetches; the others wait for its answer */
	struct arena *metadata_arena, *jwks_arena;   /* NULL: not known */
	struct sp_metadata metadata;
	struct str jwks;
	int64_t metadata_at_s, jwks_at_s, down_at_s, keys_tried_s;
};

struct sp {
	struct arena *arena;         /* the configuration's strings */
	struct str issuer, client_id, redirect_uri, post_logout_redirect_uri, scope, algs;
	struct str entity_id, idp_entity_id, idp_metadata_url, logout_url, display_name;   /* SAML */
	bool public_client, https, saml, want_response_signed, allow_unsolicited, cookie_strict;
	struct str cookie_name;      /* of the session */
	struct str realm;            /* its cookie_name, goes into whatever is sealed or remembered; empty: the only door */
	int64_t skew_s, login_ttl_s, session_idle_s, session_max_s, provider_check_s, timeout_ms;
	struct sp_hooks hooks;
	struct seal_keys *keys;
	struct sp_provider provider;
};

/* A scope is an arena under a name that partners may know. */
static inline struct arena *sp_arena_of(struct sp_scope *s) { return (struct arena *)s; }
static inline struct sp_scope *sp_scope_of(struct arena *a) { return (struct sp_scope *)a; }
static inline struct sp_result sp_result_of(struct err e) { return (struct sp_result){ (int)e.kind, e.slug }; }
struct err sp_err_of(struct sp_result r);          /* a hook's answer; a nonsensical one is BROKEN sp.hook */

/* hooks.c */
MUST struct err sp_fetch(const struct sp *sp, struct arena *a, const struct sp_fetch_ask *ask, struct str *ret_body, int *ret_status);
MUST struct err sp_remember(const struct sp *sp, struct arena *a, struct sp_memory *m);
/* Once in the life of `text`, whoever comes first; to everybody else CONFLICT, by whatever slug the memory has. */
MUST struct err sp_claim_once(const struct sp *sp, struct arena *a, const char *kind, struct str text, int64_t expires_at_s, int64_t now_s);
/* It was not used after all, and may be claimed again. */
void sp_claim_back(const struct sp *sp, struct arena *a, const char *kind, struct str text, int64_t now_s);
const char *sp_hash_text(struct arena *a, struct str secret);          /* SHA-256, base64url */
struct str sp_random_text(struct arena *a, size_t bytes);
void sp_token_of(struct arena *a, const struct check_claims *c, struct sp_token *ret_token);   /* ret_token lives in a */
/* SP_CROSS_SITE: a POST from another site's page must bring it. */
enum sp_same_site { SP_LAX, SP_STRICT, SP_CROSS_SITE };
struct sp_cookie sp_cookie_make(const struct sp *sp, struct arena *a, struct str name, struct str value, int64_t ttl_s, enum sp_same_site same_site);

/* provider.c. metadata: not older than max_age_s, within their validUntil. */
MUST struct err sp_provider_metadata(struct sp *sp, struct arena *a, int64_t now_s, int64_t max_age_s, struct sp_metadata *ret_metadata);
/* Metadata of a later edition, since no key of that one held. DENIED saml.signature: asked for less than a minute ago. */
MUST struct err sp_provider_later(struct sp *sp, struct arena *a, int64_t now_s, uint64_t edition, struct sp_metadata *ret_metadata);
/* Check a token of the provider against its keys; a fresh set is asked for when its key is unknown.
 * DENIED jose.*, MALFORMED jose.*, BUSY */
MUST struct err sp_provider_verify(struct sp *sp, struct arena *a, struct str token, const char *typ, int64_t now_s, struct sp_token *ret_token);
void sp_provider_init(struct sp_provider *p);
void sp_provider_done(struct sp_provider *p);

/* login.c: what a browser carries while its citizen is at the provider's, and what both protocols ask of it. */
struct sp_pending {
	struct str state, return_to, acr_values;
	struct str nonce, verifier;        /* OpenID */
	struct str request_id;             /* SAML */
	bool has_max_age, force;           /* force: the citizen must sign in again */
	int64_t max_age_s, started_at_s, expires_at_s;
};
/* The browser that comes back is the one that left. DENIED sp.state.* */
MUST struct err sp_pending_open(const struct sp *sp, struct arena *a, struct str state, const char *cookie, int64_t now_s, struct sp_pending *ret_p);
/* A state is good once: what is copied from a history or a log starts nothing. DENIED sp.state.used */
MUST struct err sp_pending_claim(const struct sp *sp, struct arena *a, const struct sp_pending *p, int64_t now_s);

/* login_openid.c, login_saml.c: p has a state; what else it needs is put into it. */
MUST struct err sp_openid_start(struct sp *sp, struct arena *a, const struct sp_login_options *o, int64_t now_s, struct sp_pending *p, const char **ret_url);
MUST struct err sp_saml_start(struct sp *sp, struct arena *a, const struct sp_login_options *o, int64_t now_s, struct sp_pending *p, const char **ret_url);
MUST struct err sp_openid_finish(struct sp *sp, struct arena *a, const struct http_pairs *query, const char *cookie, int64_t now_s, struct sp_identity *ret_identity);
MUST struct err sp_saml_finish(struct sp *sp, struct arena *a, const struct http_pairs *form, const char *cookie, int64_t now_s, struct sp_identity *ret_identity);

/* session.c: those of sid, or all of the subject when it is empty. */
MUST struct err sp_sessions_end(const struct sp *sp, struct arena *a, const char *sid, const char *subject, int64_t now_s);

/* saml.c: the hooks, asked; messages of the provider, proven by its metadata's keys. */
MUST struct err sp_saml_sign(const struct sp *sp, struct arena *a, uint16_t type, frame_io_fn *put, const void *request, struct sign_saml_message *ret_message);
/* q->certificates is filled here; *ret_metadata: those whose key held. Errors  DENIED saml.*, MALFORMED saml.*, BUSY */
MUST struct err sp_saml_prove(struct sp *sp, struct arena *a, int64_t now_s, struct check_saml *q, struct check_saml_result *ret_result, struct sp_metadata *ret_metadata);
/* A refusal of the wire's under the name that our callers know; what slugs does not list stays as it is. */
struct sp_slug { const char *from, *to; };
struct err sp_slug_of(struct err e, const struct sp_slug *slugs, size_t n);
/* The text of the provider's metadata into facts that live in kept. BROKEN sp.provider.metadata, BUSY sp.provider.expired */
MUST struct err sp_saml_metadata_read(const struct sp *sp, struct arena *a, struct arena *kept, struct str xml, int64_t now_s, struct sp_metadata *ret_metadata);
/* The address with a signed query behind it. */
const char *sp_saml_url(struct arena *a, struct str address, struct str query);

/* saml_logout.c */
MUST struct err sp_saml_logout_url(struct sp *sp, struct arena *a, const struct sp_identity *id, struct str state, int64_t now_s, const char **ret_url);

/* saml_rules.c: is this proven Response one for us, for now, and for what we asked? Pure. */
struct sp_saml_expect {
	struct str idp, entity_id, acs_url;
	struct str request_id;             /* empty: nobody asked */
	struct str acr_values;
	bool force, has_max_age;
	int64_t max_age_s, started_at_s, now_s, skew_s;
};
/* DENIED sp.login.*, sp.response.*, sp.assertion.*; *ret_identity lives in a and borrows from m. */
MUST struct err sp_saml_judge(struct arena *a, const struct saml_message *m, const struct sp_saml_expect *expect, struct sp_identity *ret_identity);
/* The citizen's persistent name, ours alone. */
bool sp_saml_is_subject(const struct saml_name_id *n, struct str idp, struct str entity_id);

/* token_rules.c: verdicts on proven claims; pure. */
struct sp_id_token_expect {
	struct str issuer, client_id, nonce, algs, acr_values, access_token;
	bool has_max_age;
	int64_t max_age_s, now_s, skew_s;
};
/* DENIED sp.token.*; *ret_identity borrows from token. */
MUST struct err sp_id_token_judge(const struct sp_token *token, const struct sp_id_token_expect *expect, struct sp_identity *ret_identity);
struct sp_logout_expect { struct str issuer, client_id, algs; int64_t now_s, skew_s; };
struct sp_logout_order { struct str sid, subject, jti; int64_t expires_at_s; };
/* DENIED sp.logout.* */
MUST struct err sp_logout_token_judge(const struct sp_token *token, const struct sp_logout_expect *expect, struct sp_logout_order *ret_order);
#endif
