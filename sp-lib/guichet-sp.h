/* SPDX-License-Identifier: Apache-2.0
 *
 * guichet-sp.h - trusting the town's identity provider from a C program (libguichet-sp).
 *
 * A service signs its citizens in by OpenID Connect (authorization code with PKCE) or by SAML 2.0;
 * sp_config.protocol chooses, and the calls are the same. This library makes the request, proves
 * what comes back, keeps sessions and ends them. It does no I/O of its own: it calls hooks. Take
 * ready-made ones from sp_agent_start() and sp_file_store_open(), or write your own.
 *
 *   sp_login_start()    -> redirect the browser to .url, set .cookie
 *   sp_login_finish()   <- what came to your redirect_uri, and that cookie: an identity
 *   sp_session_create() -> a session cookie;  sp_session_load() on every request
 *   sp_session_end(), sp_logout_url()   the citizen signs out
 *   sp_backchannel_logout() (OpenID), sp_logout_receive() (SAML)
 *                       the identity provider says that they did, elsewhere
 *   sp_metadata()       SAML: who you are, for the identity provider's operator
 *
 * Every check of OpenID Connect Core 3.1.3.7, RFC 9207, RFC 7636, Back-Channel Logout 1.0 and
 * SAML 2.0 Profiles 4.1.4.3 and 4.4.3 is inside: code that holds a struct sp_identity never checks
 * again.
 *
 * Memory: results live in the struct sp_scope given to the call, until sp_scope_destroy() or
 * sp_scope_reset(). Use one scope a request: it holds 1 MiB, and a program that goes on filling it
 * aborts. What you pass in is borrowed for the call, except where a comment says otherwise. Strings end
 * in NUL and are UTF-8. NULL and "" mean the same. Instants are UTC seconds; you give the time, so that
 * your tests choose it.
 * Threads: one struct sp serves many threads, and calls its hooks from any of them; a scope belongs to
 * one thread at a time.
 *
 * Errors: kind decides what to answer (the HTTP status is beside each), slug names the exact
 * refusal for your log. Slugs are literals; never show them to a citizen. On an error the output
 * is not written. Every function that returns a struct sp_result may also give what a hook gave, with
 * its slug: SP_BUSY when something is away, SP_BROKEN sp.hook when the answer has no sense; and, when it
 * asks the provider, SP_BUSY sp.provider.down, .error, .jwks; SP_DENIED sp.provider.size; SP_BROKEN
 * sp.provider.metadata, .issuer (discovery or metadata of another shape, or of somebody else).
 *
 * ABI: soversion 0, symbols versioned GUICHET_SP_0. A struct that changes its size changes the soversion.
 * Zero the structs that you fill: in a field that a later header adds, zero means "as before".
 */
#ifndef GUICHET_SP_H
#define GUICHET_SP_H
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __GNUC__
#define SP_MUST __attribute__((warn_unused_result))
#else
#define SP_MUST
#endif

enum sp_kind {
	SP_OK = 0,
	SP_MALFORMED,   /* 400 */
	SP_DENIED,      /* 403 */
	SP_ABSENT,      /* 404; sp_session_load(): nobody is signed in */
	SP_CONFLICT,    /* 409 */
	SP_THROTTLED,   /* 429 */
	SP_BUSY,        /* 503: the identity provider or a hook may come back */
	SP_BROKEN       /* 500: configuration or our own fault */
};
struct sp_result { int kind; const char *slug; };   /* slug: NULL exactly when kind is SP_OK */

/* ---- memory of one request ---- */

struct sp_scope;
struct sp_scope *sp_scope_create(void);
void sp_scope_reset(struct sp_scope *s);      /* wipes; results of before are gone */
void sp_scope_destroy(struct sp_scope *s);    /* wipes; NULL is fine */
/* For hooks: zeroed memory that lives in s; NULL when s has no room for it. */
void *sp_scope_alloc(struct sp_scope *s, size_t n);

/* ---- claims ---- */

enum sp_claim_kind { SP_TEXT, SP_NUMBER, SP_BOOL, SP_LIST, SP_OBJECT };

/* One member of a token. A list of strings comes as several entries of one name. */
struct sp_claim {
	const char *name;
	int kind;               /* enum sp_claim_kind */
	const char *text;       /* SP_TEXT, SP_LIST: the string; SP_OBJECT: its JSON text */
	int64_t number;         /* SP_NUMBER: integer; SP_BOOL: 0 or 1 */
};

/* ---- hooks ---- */

struct sp_check_ask {
	const char *token;      /* compact JWS */
	const char *jwks;       /* the identity provider's key set, JSON */
	const char *algs;       /* accepted algorithms, blank-separated */
	const char *typ;        /* accepted header `typ`, blank-separated; "-" stands for an absent one */
};
struct sp_token { const char *alg, *kid, *typ; const struct sp_claim *claims; size_t claim_n; };

struct sp_fetch_ask {
	const char *url;
	const char *body;       /* NULL: GET; else POST of application/x-www-form-urlencoded */
	const char *credential; /* "client": add our client id and secret (HTTP Basic, RFC 6749 2.3.1); or NULL */
	int64_t timeout_ms;
};
struct sp_fetch_answer { int status; const char *body; size_t body_n; };

/* What the library remembers: sessions, used states and logout tokens. `key` is always the hash
 * of a secret (43 characters of base64url), `tags` at most two such hashes or NULL. */
enum sp_memory_op {
	SP_PUT,                 /* write value, tags, expires_at_s under kind and key; replace */
	SP_GET,                 /* fill value, value_n and expires_at_s; SP_ABSENT when there is none; expired ones may still be given */
	SP_TOUCH,               /* change expires_at_s only if it is still there; SP_ABSENT otherwise */
	SP_CLAIM,               /* as SP_PUT, but SP_CONFLICT when the key is there: one caller wins */
	SP_REMOVE,              /* by key; nothing there is fine */
	SP_FORGET               /* every entry of kind that has tags[0] among its tags */
};
struct sp_memory {
	int op;                 /* enum sp_memory_op */
	const char *kind;       /* short literal: "session", "login", "jti", "ended", "saml", "logout" */
	const char *key;
	const char *tags[2];
	const void *value; size_t value_n;
	int64_t expires_at_s;   /* the entry may go after it */
	int64_t now_s;
};

/* SAML: what a reader checks (a message, metadata) and what a signer signs. XML and keys stay in
 * processes that understand just that, and the question is typed for them: guichet-sp-agent answers
 * it, and so do the daemons of a town. */
struct sp_question;

struct sp_hooks {
	void *self;             /* given to all but remember */
	/* Verify the signature and give the claims; judge nothing else. SP_DENIED jose.key when the
	 * key set holds no key for the token: the library then asks for a fresh set, once a minute. */
	struct sp_result (*check)(void *self, struct sp_scope *s, const struct sp_check_ask *ask, struct sp_token *ret_token);
	/* One HTTP call: verified TLS, no redirect, at most 256 KiB. SP_BUSY when it cannot be made: whatever
	 * you give, the caller of the library gets sp.provider.down. */
	struct sp_result (*fetch)(void *self, struct sp_scope *s, const struct sp_fetch_ask *ask, struct sp_fetch_answer *ret_answer);
	/* Remember. What it fills lives in s. */
	struct sp_result (*remember)(void *memory_self, struct sp_scope *s, struct sp_memory *m);
	void *memory_self;      /* given to remember */
	/* SAML only, NULL otherwise; see struct sp_question. */
	struct sp_result (*check_saml)(void *self, struct sp_scope *s, const struct sp_question *q);
	struct sp_result (*sign)(void *self, struct sp_scope *s, const struct sp_question *q);
};

/* ---- configuration ---- */

enum sp_protocol { SP_OPENID, SP_SAML };

struct sp_config {
	/* Addresses are https, or http of this machine (127.0.0.1, [::1], localhost and names below it). */
	const char *issuer;                    /* "https://compte.ville.example", exactly as in its discovery */
	const char *client_id;                 /* OpenID */
	const char *redirect_uri;              /* your callback (SAML: the AssertionConsumerService, a POST); its
	                                        * scheme decides the cookies */
	const char *post_logout_redirect_uri;  /* or NULL */
	const char *scope;                     /* NULL: "openid" */
	const char *algs;                      /* accepted ID token algorithms; NULL: "ES256 RS256" */
	const void *seal_key; size_t seal_key_n;   /* at least 32 random bytes of your own: encrypts the login cookie */
	int public_client;                     /* 1: no client secret */
	int64_t skew_s;                        /* tolerated clock difference, 0..60; 0: 30 */
	int64_t login_ttl_s;                   /* how long a sign-in may take; 0: 1800 */
	int64_t session_idle_s;                /* 0: 1800 */
	int64_t session_max_s;                 /* 0: 28800 */
	int64_t provider_check_s;              /* sp_login_start() asks whether the provider answers when the last
	                                        * answer is older; 0: 60 */
	int64_t timeout_ms;                    /* of one fetch; 0: 5000 */

	int protocol;                          /* enum sp_protocol; what follows is for SAML */
	const char *entity_id;                 /* yours, the one that your signer speaks as */
	const char *idp_entity_id;             /* NULL: issuer + "/saml/metadata" */
	const char *idp_metadata_url;          /* NULL: issuer + "/saml/metadata". Kept an hour, never beyond its
	                                        * validUntil; asked again, once a minute, when a signature does not hold */
	const char *logout_url;                /* your SingleLogoutService, by GET and by POST; or NULL */
	const char *display_name;              /* your service's name for people, in your metadata; or NULL */
	int want_response_signed;              /* 0: the assertion's signature, or one around it, will do */
	int allow_unsolicited;                 /* 1: a sign-in that began at the identity provider; then anybody may sign
	                                        * your visitors in as themselves */

	/* One program, two doors: give the second struct sp a cookie_name of its own. Its login cookies take that
	 * name too, and no cookie of one door opens the other, whoever copies it there. */
	const char *cookie_name;               /* of the session cookie, [a-z0-9_-], at most 32; NULL: "session" */
	int cookie_strict;                     /* 1: SameSite=Strict: links on other sites do not bring the session. Then
	                                        * answer the callback by a page, not by a redirect */
};

struct sp;
/* Owner   *ret_sp: you, until sp_destroy(). config is copied; hooks' selves must outlive it
 * Errors  SP_BROKEN sp.config.issuer, .client_id, .redirect_uri, .seal_key, .skew, .hooks, .protocol, .entity_id,
 *         .idp_metadata_url, .logout_url, .cookie_name */
SP_MUST struct sp_result sp_create(const struct sp_config *config, const struct sp_hooks *hooks, struct sp **ret_sp);
void sp_destroy(struct sp *sp);               /* NULL is fine */
/* Has the provider answered lately? SP_BUSY sp.provider.down. Asks as sp_login_start() does. */
SP_MUST struct sp_result sp_provider_check(struct sp *sp, struct sp_scope *s, int64_t now_s);

/* ---- cookies ---- */

struct sp_cookie {
	const char *name;        /* without prefix; "__Host-" stands before it in set_cookie when https */
	const char *value;       /* "" when to be removed */
	int64_t ttl_s;           /* 0: until the browser closes; negative: remove */
	const char *set_cookie;  /* the whole value of a Set-Cookie header */
};
/* The value of our cookie `name` in a Cookie request header, or NULL. */
const char *sp_cookie_find(const struct sp *sp, struct sp_scope *s, const char *cookie_header, const char *name);
const char *sp_session_cookie_name(const struct sp *sp);

/* ---- signing in ---- */

struct sp_login_options {
	const char *return_to;   /* a path of yours ("/mes-demandes?page=2"); NULL: "/" */
	const char *acr_values;  /* acceptable strengths, blank-separated: the answer must name one of them; or NULL.
	                          * SAML: class references, asked for as exact */
	const char *prompt;      /* "login", "none" or NULL. SAML: ForceAuthn, IsPassive */
	const char *ui_locales;  /* "fr", "en" or NULL; OpenID */
	int has_max_age;         /* 1: the citizen must have signed in at most max_age_s ago */
	int64_t max_age_s;       /* SAML cannot say it: they are asked to sign in again */
};
struct sp_login { const char *url; struct sp_cookie cookie; };

/* The request. Writes nothing: the state travels in the cookie, sealed. Tabs may sign in side by side; there
 * are eight such cookies, and of two tabs that by chance have the same one the earlier must begin again.
 * Source  OpenID Connect Core 3.1.2.1; RFC 7636; SAML Profiles 2.0 4.1.4.1
 * Errors  SP_MALFORMED sp.return_to, sp.max_age; SAML: SP_MALFORMED sp.acr_values (more than 16 words);
 *         SP_BUSY sp.provider.expired (its metadata); SP_DENIED sign.lint.* (what a signer does not sign,
 *         such as an address that is neither https nor of this machine) */
SP_MUST struct sp_result sp_login_start(struct sp *sp, struct sp_scope *s, const struct sp_login_options *options,
	int64_t now_s, struct sp_login *ret_login);

struct sp_identity {
	const char *issuer;
	const char *subject;     /* the citizen, for your service alone; opaque, at most 255 bytes */
	const char *sid;         /* their session at the provider, or "" */
	const char *acr;         /* strength of the sign-in, or "" */
	int64_t auth_time_s;     /* when they proved it; 0: not said */
	const char *id_token;    /* for sp_logout_url(); SAML: "" */
	const char *return_to;   /* sp_login_finish(): where to send the browser now; a path of yours */
	/* What the provider released: given_name, ... SAML attributes come under these names too, and a foreign
	 * one under its FriendlyName, or else its Name. */
	const struct sp_claim *claims; size_t claim_n;
	int64_t session_ends_at_s;   /* no session of yours outlives it; 0: not said */
};
/* The text claim of that name, or "". */
const char *sp_identity_claim(const struct sp_identity *id, const char *name);
/* 1: the claim of that name is a list that holds value, or a text that equals it ("roles", "instructeur"). */
int sp_identity_has(const struct sp_identity *id, const char *name, const char *value);

/* Name of the login cookie that goes with this callback (as for sp_login_finish()), or NULL when it has no state. */
const char *sp_login_cookie_name(const struct sp *sp, struct sp_scope *s, const char *query);

/* The callback: proves that this browser started it, once; exchanges the code; proves the ID token.
 * query: the query string of the GET (OpenID), or the body of the POST, a form of SAMLResponse and
 * RelayState (SAML): there the signed assertion is proven, and used up. The login cookie is good for
 * nothing afterwards, and goes by itself after login_ttl_s.
 * Source  RFC 6749 4.1.2, RFC 9207, OpenID Connect Core 3.1.3.7; SAML Profiles 2.0 4.1.4.3, 4.1.4.5
 * Errors  SP_MALFORMED sp.response.query, .code
 *         SP_DENIED sp.state.absent (cookie of another browser, or none), .forged, .other, .expired, .used;
 *         sp.response.iss; sp.login.refused (the citizen said no), .required, .error;
 *         sp.code.refused; sp.token.response, .signature, .alg, .typ, .iss, .aud, .azp, .expired, .iat, .early,
 *         .nonce, .sub, .at_hash, .auth_time, .acr
 *         SAML: SP_MALFORMED saml.* (the message's shape, as a reader names it); SP_DENIED sp.response.unsolicited,
 *         .issuer, .destination, .request (InResponseTo is another's); sp.assertion.signature, .alg, .issuer,
 *         .audience, .recipient, .request, .method, .early, .expired, .subject, .acr, .auth_time, .attribute, .used;
 *         SP_BUSY sp.provider.expired */
SP_MUST struct sp_result sp_login_finish(struct sp *sp, struct sp_scope *s, const char *query, const char *cookie_value,
	int64_t now_s, struct sp_identity *ret_identity);

/* Is it a path of ours that a browser will not take for another site? */
int sp_is_local_path(const char *path);

/* ---- sessions ---- */

/* A new session with a new random name; only its hash is remembered.
 * Errors  SP_DENIED sp.session.ended (signed out elsewhere while signing in here); SP_BROKEN sp.session.size
 *         (its claims are more than 48 KiB) */
SP_MUST struct sp_result sp_session_create(struct sp *sp, struct sp_scope *s, const struct sp_identity *identity,
	int64_t now_s, struct sp_cookie *ret_cookie);
/* Errors  SP_ABSENT sp.session.absent, .expired */
SP_MUST struct sp_result sp_session_load(struct sp *sp, struct sp_scope *s, const char *cookie_value,
	int64_t now_s, struct sp_identity *ret_identity);
/* Ends it, whether or not it is there. */
SP_MUST struct sp_result sp_session_end(struct sp *sp, struct sp_scope *s, const char *cookie_value,
	int64_t now_s, struct sp_cookie *ret_cookie);

/* ---- signing out ---- */

/* Where to send the browser after sp_session_end(). state comes back: OpenID, to your post_logout_redirect_uri;
 * SAML, in sp_logout_reply. identity: theirs, of before; OpenID does without (NULL).
 * Source  OpenID Connect RP-Initiated Logout 1.0, 2; SAML Profiles 2.0 4.4.3.1
 * Errors  SP_BROKEN sp.provider.metadata (it has no such address); SAML: SP_MALFORMED sp.logout.subject
 *         (nobody is named) */
SP_MUST struct sp_result sp_logout_url(struct sp *sp, struct sp_scope *s, const struct sp_identity *identity,
	const char *state, const char *ui_locales, int64_t now_s, const char **ret_url);

/* The provider's POST to your backchannel_logout_uri: give the form's logout_token. Answer 200, or
 * 400 when SP_DENIED or SP_MALFORMED.
 * Source  OpenID Connect Back-Channel Logout 1.0, 2.6
 * Errors  SP_MALFORMED sp.logout.form; SP_DENIED sp.logout.signature, .alg, .typ, .iss, .aud, .iat,
 *         .expired, .jti, .events, .subject, .nonce, .replayed; SP_BROKEN sp.protocol */
SP_MUST struct sp_result sp_backchannel_logout(struct sp *sp, struct sp_scope *s, const char *logout_token, int64_t now_s);

/* SAML: what comes to your logout_url. raw: the query string of the GET, or the body of the POST.
 * url: a LogoutRequest has been carried out: send the browser there, with the signed answer; NULL when the
 * provider takes none. finished: the answer to sp_logout_url() has come; partial: not everybody could be told. */
struct sp_logout_reply { const char *url; int finished, partial; const char *state; };
/* No cookie is needed: the signed message names the sessions, which end whatever browser brings it.
 * Source  SAML Profiles 2.0 4.4.3, 4.4.4; SAML Bindings 2.0 3.4, 3.5
 * Errors  SP_MALFORMED sp.logout.form, saml.*; SP_DENIED sp.logout.signature, .alg, .iss, .destination, .iat,
 *         .expired, .subject, .replayed, .unasked (an answer to nothing of ours); SP_BUSY sp.provider.expired;
 *         SP_BROKEN sp.protocol */
SP_MUST struct sp_result sp_logout_receive(struct sp *sp, struct sp_scope *s, int is_post, const char *raw, int64_t now_s,
	struct sp_logout_reply *ret_reply);

/* SAML: your metadata, XML, to be served at entity_id and given to the identity provider's operator.
 * Source  SAML Metadata 2.0 2.4.4
 * Errors  SP_BROKEN sp.protocol */
SP_MUST struct sp_result sp_metadata(struct sp *sp, struct sp_scope *s, int64_t now_s, const char **ret_xml);

/* ---- ready-made hooks ---- */

/* guichet-sp-agent: a confined helper process that supplies all hooks but remember. */
struct sp_agent_options {
	const char *program;             /* NULL: where the package puts it */
	const char *issuer;              /* the only origin that it calls: where a provider has its token endpoint, its
	                                  * keys or its metadata elsewhere, it takes a fetch of your own */
	const char *ca_file;             /* PEM bundle; NULL: the system's */
	const char *client_id;
	const char *client_secret_file;  /* read by the agent only; NULL for a public client */
	/* SAML: as in sp_config, and your signing key (RSA) and its certificate, PEM, read by the agent only. */
	const char *entity_id, *saml_key_file, *saml_certificate_file;
};
struct sp_agent;
/* Sets hooks->check, fetch and self; with a saml_key_file, check_saml and sign too. A dead agent is
 * started again at the next call. It answers one question at a time, and those of other threads wait for
 * their turn: at most timeout_ms and a second for a fetch, 5 s for the others; then SP_BUSY sp.agent.busy.
 * A process that forked (before it had threads) has an agent of its own from its first call on.
 * What the agent itself finds wrong, such as a file that it cannot read, it says on standard error as a line
 * of JSON, and ends; then the hooks give SP_BUSY.
 * Errors  SP_BROKEN sp.agent.start (the program cannot be started); of the hooks: SP_BUSY sp.agent.busy,
 *         .gone, .answer */
SP_MUST struct sp_result sp_agent_start(const struct sp_agent_options *options, struct sp_hooks *hooks, struct sp_agent **ret_agent);
void sp_agent_stop(struct sp_agent *a);       /* NULL is fine */

/* A small store: one file an entry in a directory of yours (made with mode 0700 when missing; one that
 * others may enter is refused). Fit for thousands of sessions; several threads and processes may share it.
 * Every 256th entry it removes those that have expired, and nothing else that lies there. Nothing is
 * flushed to disk: a power cut may sign citizens out.
 * Sets hooks->remember and memory_self.
 * Errors  SP_BROKEN sp.files.directory; of the hook: SP_BUSY sp.files.io (full, read-only, failing) */
struct sp_file_store;
SP_MUST struct sp_result sp_file_store_open(const char *directory, struct sp_hooks *hooks, struct sp_file_store **ret_store);
void sp_file_store_close(struct sp_file_store *f);   /* NULL is fine */

#ifdef __cplusplus
}
#endif
#endif
