/* partner.h - the services that trust us, kept in memory: finding one asks no store.
 *
 * The registry is an immutable snapshot with a count of its readers, rebuilt after each change
 * made by guichetctl and whenever another engine on the same store made one.
 */
#ifndef IDP_POLICY_PARTNER_H
#define IDP_POLICY_PARTNER_H
#include "idp/idp.h"
#include "wire/ipc/sign.h"

enum release_mode { RELEASE_INFORM, RELEASE_CONSENT, RELEASE_NONE, RELEASE_MODE_COUNT };
enum partner_auth { PARTNER_BASIC, PARTNER_POST, PARTNER_PUBLIC, PARTNER_AUTH_COUNT };

/* ---- SAML: as the partner's metadata said when an administrator accepted it ---- */

enum saml_name_policy { NAME_PERSISTENT, NAME_TRANSIENT, NAME_EMAIL, NAME_POLICY_COUNT };
struct partner_endpoint {
	bool by_post;                  /* else by redirect */
	struct str location, response_location;   /* response_location: empty when it is location */
	int64_t place;                 /* index in the metadata; -1: none */
	bool is_default;
};
struct partner_attribute { struct str attribute, name, name_format; };
struct partner_saml {
	enum saml_name_policy name_id;
	bool sign_response, requests_signed;
	bool idp_initiated;            /* it takes assertions that answer no request of its own */
	int64_t valid_until_s;         /* 0: no end */
	struct partner_endpoint *acs; size_t acs_n;        /* by POST, all of them */
	struct partner_endpoint *slo; size_t slo_n;
	struct str *certificates; size_t certificate_n;    /* DER */
	struct partner_attribute *names; size_t name_n;
};

struct partner {
	struct str id, protocol, name[LANG_COUNT], purpose[LANG_COUNT];
	bool enabled;
	bool agents;                   /* for people of the town's directory, and for nobody else; else for citizens alone */
	struct str sector, attributes, grants, acr_min;
	enum release_mode release;
	enum partner_auth auth;
	enum sign_alg alg;
	bool has_secret; unsigned char secret_hash[32];
	struct str backchannel_uri;
	struct str *redirect_uris; size_t redirect_n;
	struct str *post_logout_uris; size_t post_logout_n;
	int64_t created_s, changed_s;  /* changed: later with each change, though two fall into one second */
	int64_t disabled_s;            /* when it last was; 0: never */
	struct partner_saml *saml;     /* NULL unless the protocol is saml */
};

struct registry *registry_create(void);
void registry_destroy(struct registry *r);
/* Read all partners again and let the new snapshot take over. BUSY, BROKEN store.* */
MUST struct err registry_load(struct registry *r, struct idp *idp);
/* Only when the store's version says that something changed. */
MUST struct err registry_poll(struct registry *r, struct idp *idp);

/* NULL when there is none. Valid as long as the arena, which holds the snapshot. */
const struct partner *partner_find(struct registry *r, struct arena *holder, struct str id);
const struct partner *partner_list(struct registry *r, struct arena *holder, size_t *ret_n);

/* A service's own token that was issued before this is dead: it was made anew, or disabled, since then. */
int64_t partner_since_s(const struct partner *p);
bool partner_has_grant(const struct partner *p, const char *grant);
bool partner_has_redirect(const struct partner *p, struct str uri);
bool partner_has_post_logout(const struct partner *p, struct str uri);
const char *partner_people_name(const struct partner *p);   /* "usagers", "agents" */
const char *partner_auth_name(enum partner_auth a);
const char *release_mode_name(enum release_mode m);
const char *saml_name_policy_name(enum saml_name_policy n);
/* Metadata that have passed their validUntil are those of nobody. */
bool partner_saml_is_valid(const struct partner *p, int64_t now_s);

/* Stored by guichetctl; DURABLE, with the audit entry, and the version moves.
 * CONFLICT partner.exists; ABSENT partner.unknown */
MUST struct err partner_add(struct idp *idp, const struct partner *p, struct str actor, int64_t now_s);
/* Another registration under the same id and protocol; state and sessions stay, and notices, but where
 * consent is now needed. seen: what it replaces.
 * CONFLICT partner.moved: somebody changed or removed it since */
MUST struct err partner_replace(struct idp *idp, const struct partner *p, const struct partner *seen, struct str actor, int64_t now_s);
MUST struct err partner_set_state(struct idp *idp, struct str id, bool enabled, struct str actor, int64_t now_s);
MUST struct err partner_remove(struct idp *idp, struct str id, struct str actor, int64_t now_s);
#endif
