/* idp.h - the identity provider: what every folder of it may use, and what each protocol gives it.
 *
 * One struct idp lives as long as the process; handlers receive it as `app`. Folders see each
 * other through their headers: protocols include policy, session, account and authn, never
 * another protocol; nothing below includes a protocol: main.c hands over struct idp_protocol.
 */
#ifndef IDP_IDP_H
#define IDP_IDP_H
#include <stdatomic.h>
#include "base/seal.h"
#include "base/store.h"
#include "roles/engine/engine.h"
#include "wire/ipc/sign.h"

struct audit;
struct idp_key_set;
struct registry;
struct throttle;
struct person;
struct flow;
struct partner;
struct recent;
struct logout_word;
struct rights_table;
struct idp;

enum { ID_BYTES = 16, IDP_PROTOCOLS_MAX = 4, SECTOR_JOINS_MAX = 64 };

struct idp_settings {
	struct str issuer;             /* = public_url; its scheme decides the cookies */
	bool https;
	struct str town_name, town_place, town_phone, town_hours, town_colour, town_colour_dark, town_logo;
	bool saml;                     /* SAML is spoken: the signer has a certificate */
	struct str saml_entity;        /* our entityID */
	int64_t session_idle_s, session_max_s, code_ttl_s, access_ttl_s, refresh_ttl_s, id_token_ttl_s, flow_ttl_s;
	int64_t agent_session_idle_s, agent_session_max_s;
	int64_t directory_grace_s;     /* how long agents stay signed in while the directory does not answer */
	struct { struct str client_id, sector; } joins[SECTOR_JOINS_MAX]; size_t join_n;
	struct str admin_url;          /* of the administration pages; empty: there are none */
	bool directory;                /* the town has one: there are ldap couriers */
	const struct rights_table *rights;
};

/* What a protocol does when its turn comes again. All of them answer 303 to a POST. */
struct idp_protocol {
	const char *name;              /* stands in flows and in the logout queue */
	/* A factor has just held, or the notice was answered: go on with the request in the flow. */
	struct http_resp *(*resume)(struct idp *idp, const struct http_req *req, const struct flow *flow, const struct person *who);
	/* The citizen would rather not: say so to the service. */
	struct http_resp *(*decline)(struct idp *idp, const struct http_req *req, const struct flow *flow);
	/* Bring one word of logout to its service, once. */
	struct err (*tell_logout)(struct idp *idp, struct arena *a, const struct logout_word *w, int64_t now_s, int64_t deadline_ms);
	/* Services that only a browser can tell: which, and the address of ours, less "?sortir=N", that sends it there. */
	bool (*has_way_out)(const struct partner *p);
	const char *way_out;
};

struct idp {
	struct idp_settings set;
	struct engine *engine;
	struct store *store;
	struct seal_keys *keys;
	struct registry *registry;     /* partners, in memory */
	struct throttle *throttle;
	struct throttle *agent_throttle;   /* of its own: a directory that hangs keeps no citizen waiting */
	struct audit *audit;
	struct recent *recent;         /* services that do not answer, and those that ask too often */
	_Atomic(const struct idp_key_set *) keys_published;
	struct idp_protocol protocols[IDP_PROTOCOLS_MAX]; size_t protocol_n;
	int64_t started_s;
	_Atomic int64_t directory_s;   /* when the directory last answered anything; 0: not since the start */
	int64_t purged_s, asked_keys_s, sealed_s;   /* tick thread only */
};

/* What the signer holds, as published; an empty one until it has answered. */
struct idp_key_set { struct arena *arena; /* its own */ struct str jwks, discovery, algs /* "ES256 RS256" */, saml_metadata; struct sign_keys keys; };
const struct idp_key_set *idp_keys(const struct idp *idp);

const struct idp_protocol *idp_protocol_find(const struct idp *idp, struct str name);

/* Our own cookies: __Host- and Secure with https. */
#define COOKIE_SESSION "guichet"
#define COOKIE_AGENT   "agent"       /* an agent's session; SameSite=Strict */
#define COOKIE_TAB     "tab"
#define COOKIE_DEVICE  "appareil"
#define COOKIE_LEAVE   "sortie"      /* what is left of a logout; session/trail.h */
#define COOKIE_LANG    "lang"        /* read by the front */

/* What engine_app asks for; see routes.c and main.c. */
extern const struct engine_route idp_routes[];
extern const size_t idp_route_n;
extern const struct store_migration idp_migrations[];
extern const size_t idp_migrations_n;
/* Remove what has ended by itself. */
MUST struct err idp_purge(struct store *s, int64_t now_s, int64_t *ret_removed);
void idp_app_fill(struct idp *idp, struct engine_app *ret_app);
/* Ask the signer which keys it holds; *ret_changed when others than are published. BUSY, BROKEN */
MUST struct err idp_load_keys(struct idp *idp, int64_t deadline_ms, bool *ret_changed);
void idp_tick(void *app, int64_t now_s);
#endif
