/* release.h - which attributes a service receives: one door for ID token, UserInfo, introspection
 * and SAML. What is shown on the notice is this very list.
 */
#ifndef IDP_POLICY_RELEASE_H
#define IDP_POLICY_RELEASE_H
#include "idp/account/account.h"
#include "idp/policy/partner.h"

enum { RELEASE_MAX = 12 };

/* One attribute, as it leaves and as it is shown. */
struct released {
	struct sign_claim claim;
	struct str label[LANG_COUNT];
	bool is_date, hidden;          /* hidden: rides along with another (email_verified), no line of its own */
};
struct release {
	struct released v[RELEASE_MAX]; size_t n;
	struct str names;              /* blank-separated, sorted as in the table: what a notice remembers */
};

/* Attributes registered for the partner, within the scope asked (empty: all of them), that the
 * account has; for an agents' partner, of these the name alone, and the agent's roles there. Lives in a. */
void policy_release(struct arena *a, const struct partner *p, struct str scope, const struct account *account, unsigned roles,
	struct release *ret);

/* Names that `partner add --attributes` may use. */
bool policy_attribute_exists(struct str name);
struct str policy_attribute_names(void);
#endif
