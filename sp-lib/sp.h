/* SPDX-License-Identifier: Apache-2.0
 *
 * sp.h - what the files of libguichet-sp share. Outside of this folder only the services' kit
 * includes it, for sp_scope_of(): to them a scope is the request's arena.
 */
#ifndef SP_LIB_SP_H
#define SP_LIB_SP_H
#include <pthread.h>
#include "base/arena.h"
#include "base/seal.h"
#include "sp-lib/guichet-sp.h"
#include "wire/ipc/check.h"

enum { SP_RESPONSE_MAX = 64 * 1024, SP_SCOPE_MAX = 1 << 20, SP_HASH_TEXT = 43, SP_SUBJECT_MAX = 255 };

/* What the provider's discovery says, and its keys; kept for an hour. */
struct sp_metadata { struct str authorization, token, jwks_uri, end_session; };
struct sp_provider {
	pthread_mutex_t lock;        /* the fields */
	pthread_mutex_t asking;      /* held while one thread fetches; the others wait for its answer */
	struct arena *metadata_arena, *jwks_arena;   /* NULL: not known */
	struct sp_metadata metadata;
	struct str jwks;
	int64_t metadata_at_s, jwks_at_s, down_at_s, jwks_tried_s;
};

struct sp {
	struct arena *arena;         /* the configuration's strings */
	struct str issuer, client_id, redirect_uri, post_logout_redirect_uri, scope, algs;
	bool public_client, https;
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
const char *sp_hash_text(struct arena *a, struct str secret);          /* SHA-256, base64url */
struct str sp_random_text(struct arena *a, size_t bytes);
void sp_token_of(struct arena *a, const struct check_claims *c, struct sp_token *ret_token);   /* ret_token lives in a */
struct sp_cookie sp_cookie_make(const struct sp *sp, struct arena *a, struct str name, struct str value, int64_t ttl_s);

/* provider.c. metadata: not older than max_age_s. */
MUST struct err sp_provider_metadata(struct sp *sp, struct arena *a, int64_t now_s, int64_t max_age_s, struct sp_metadata *ret_metadata);
/* Check a token of the provider against its keys; a fresh set is asked for when its key is unknown.
 * DENIED jose.*, MALFORMED jose.*, BUSY */
MUST struct err sp_provider_verify(struct sp *sp, struct arena *a, struct str token, const char *typ, int64_t now_s, struct sp_token *ret_token);
void sp_provider_init(struct sp_provider *p);
void sp_provider_done(struct sp_provider *p);

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
