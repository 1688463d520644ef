/* rights.h - from the groups of the town's directory to what an agent may do. Pure.
 *
 * A rule of the configuration reads "GROUP = service:role" or "GROUP = admin:right". GROUP is a DN
 * when it has a "=" in it, and the name of a group (its cn) otherwise; case does not count in either. Who is in no group that a
 * rule names has no right at all.
 */
#ifndef IDP_POLICY_RIGHTS_H
#define IDP_POLICY_RIGHTS_H
#include "wire/ipc/directory.h"

enum { RIGHTS_RULES_MAX = 64 };

enum agent_role { AGENT_LECTURE, AGENT_INSTRUCTEUR, AGENT_RESPONSABLE, AGENT_ROLE_COUNT };
enum admin_right { ADMIN_PARTENAIRES, ADMIN_COMPTES, ADMIN_CLES, ADMIN_AUDIT, ADMIN_EXPLOITATION, ADMIN_RIGHT_COUNT };

struct rights_rule {
	struct str group, service;      /* service empty: a right of administration */
	unsigned which;                 /* enum agent_role, or enum admin_right */
};
struct rights_table { struct rights_rule v[RIGHTS_RULES_MAX]; size_t n; };

/* Of one agent. Bits: 1u << enum value. */
struct rights {
	struct { struct str service; unsigned roles; } services[RIGHTS_RULES_MAX]; size_t service_n;
	unsigned admin;
};

/* Owner   the line's text is borrowed for as long as the table lives
 * Errors  MALFORMED rights.rule (no "GROUP = what:which", or control characters), rights.role (of a
 *         service), rights.admin, rights.many */
MUST struct err rights_add(struct rights_table *t, struct str line);

/* What these groups give; borrows the table's texts. */
struct rights rights_of(const struct rights_table *t, const struct directory_group *groups, size_t n);
bool rights_rule_holds(const struct rights_rule *rule, const struct directory_group *groups, size_t n);

/* Is it the same DN? Case and blanks after separators do not count. */
bool rights_dn_equal(struct str a, struct str b);
/* "etat-civil:instructeur,lecture admin:audit", and back. Lives in a. What is not known is dropped when read. */
struct str rights_format(struct arena *a, const struct rights *r);
void rights_parse(struct arena *a, struct str text, struct rights *ret_rights);
/* Everything that b gives, a gives too. */
bool rights_hold_all(const struct rights *a, const struct rights *b);
unsigned rights_roles(const struct rights *r, struct str service);
const char *agent_role_name(enum agent_role role);         /* "instructeur" */
const char *admin_right_name(enum admin_right right);      /* "cles" */
#endif
