/* state_rules.h - may this account sign in, as its directory sees it? Pure: now is an argument. */
#ifndef ROLES_DIRECTORY_STATE_RULES_H
#define ROLES_DIRECTORY_STATE_RULES_H
#include "wire/ipc/directory.h"

/* What Active Directory keeps of an account. Texts as it wrote them; an empty one: not there. */
struct ad_account {
	struct str control;       /* userAccountControl */
	struct str computed;      /* msDS-User-Account-Control-Computed */
	struct str expires;       /* accountExpires: 100 ns since 1601; 0 and 2^63-1: never */
	struct str password_set;  /* pwdLastSet: "0": to be changed at the next sign-in */
};

/* Source  MS-ADTS 2.2.16, 3.1.1.4.5.17; MS-SAMR 2.2.1.13
 * Errors  MALFORMED directory.answer (no number, or no userAccountControl: then the account may be
 *         disabled and we could not see it) */
MUST struct err ad_state(const struct ad_account *account, int64_t now_s, enum directory_state *ret_state);

/* The refusal that a failed bind means, by the "data NNN" of its message.
 * Source  MS-ADTS 3.1.1.5.1.1.3 (the codes are those of MS-ERREF 2.2) */
struct err ad_bind_refusal(struct str message);

/* Why a directory refuses a ticket that its Kerberos server has just made, by its message: BROKEN
 * directory.binding, directory.clock, directory.credential.
 * Source  MS-ERREF 2.1.1 */
struct err kerberos_refusal(struct str message);

/* OpenLDAP with its password policy overlay: pwdAccountLockedTime and pwdReset, or empty. */
enum directory_state policy_state(struct str locked_time, struct str reset);

/* DENIED, by the state; NO_ERR when active. */
MUST struct err state_refusal(enum directory_state state);
#endif
