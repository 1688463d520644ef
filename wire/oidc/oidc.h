/* oidc.h - OpenID Connect and OAuth 2.0 messages: bytes to structs and back.
 *
 * Pure: no clock, no store, no I/O. What a parameter may look like is decided here; what it
 * may mean, for whom and when, in idp/oidc/.
 */
#ifndef WIRE_OIDC_OIDC_H
#define WIRE_OIDC_OIDC_H
#include "wire/http/http.h"

enum { OIDC_ECHO_MAX = 512, OIDC_REQUEST_MAX = 6144 };

struct oidc_prompt { bool none, login, consent, select_account; };

/* An authentication request, read but not believed. */
struct oidc_authz {
	struct str client_id, redirect_uri;
	struct str state;              /* empty when it may not be echoed */
	struct str nonce, scope, login_hint, id_token_hint, acr_values, ui_locales;
	unsigned char challenge[32];   /* PKCE: SHA-256 of the verifier */
	struct oidc_prompt prompt;
	int64_t max_age_s;             /* -1: absent */
};

/* An OAuth error: `error` goes to the other side, `slug` to our log. error NULL: no error. */
struct oidc_error { const char *error, *slug, *description; };
#define OIDC_NO_ERROR ((struct oidc_error){ NULL, NULL, NULL })

/* client_id and redirect_uri only: before they are known to belong together nothing else counts.
 * Errors  MALFORMED oidc.authz.client_id, oidc.authz.redirect_uri (absent or empty) */
MUST struct err oidc_authz_address(const struct http_pairs *p, struct oidc_authz *ret_authz);
/* Everything else, of a request whose redirect_uri is proven. ret_authz->state is set first, so
 * that an error can echo it.
 * Source  OIDC Core 3.1.2.1, RFC 7636 4.3, RFC 9207 */
struct oidc_error oidc_authz_parse(const struct http_pairs *p, struct oidc_authz *ret_authz);

/* 1 to max printable ASCII bytes. */
bool oidc_is_printable(struct str s, size_t max);
/* 43 to 128 characters of RFC 7636 4.1. */
bool oidc_is_verifier(struct str s);
/* Is this JSON text an object, without repeated names? For `claims`, which we may ignore but not misread. */
bool oidc_is_json_object(struct str s);

/* May this address be registered? https, or http on the loopback; absolute, no fragment, no
 * userinfo, no wildcard, no control characters.
 * Errors  MALFORMED oidc.uri.scheme, oidc.uri.host, oidc.uri.fragment, oidc.uri.userinfo, oidc.uri.wildcard, oidc.uri.bytes */
MUST struct err oidc_uri_check(struct str uri);
/* "https://rp.example:8443" of an address that oidc_uri_check() accepted. */
struct str oidc_uri_origin(struct str uri);
/* Byte for byte; with any_port, http on a loopback address may differ in its port (RFC 8252 7.3). */
bool oidc_uri_matches(struct str registered, struct str asked, bool any_port);

/* The words of `asked` that are in `allowed`, in the order asked, each once. Lives in a. */
struct str oidc_words_both(struct arena *a, struct str asked, struct str allowed);
/* Is every word of `part` in `whole`? */
bool oidc_words_within(struct str part, struct str whole);

struct oidc_tokens {
	struct str access_token, refresh_token, id_token, scope;   /* empty: left out */
	int64_t expires_in_s;
};
struct str oidc_tokens_format(struct arena *a, const struct oidc_tokens *t);
struct str oidc_error_format(struct arena *a, const char *error, const char *description);

struct oidc_discovery { struct str issuer, algs; /* blank-separated */ };
struct str oidc_discovery_format(struct arena *a, const struct oidc_discovery *d);
#endif
