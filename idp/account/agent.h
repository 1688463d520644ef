/* agent.h - people of the town's directory: an account each, by the directory's own key.
 *
 * Nobody creates an agent here: the row is made when a password has held in the directory, or when an
 * administrator prints an enrolment code, and says what the directory said last. What an agent may do
 * is computed from the groups each time the directory is asked, and nothing else of them is kept.
 */
#ifndef IDP_ACCOUNT_AGENT_H
#define IDP_ACCOUNT_AGENT_H
#include "idp/account/account.h"
#include "idp/policy/rights.h"

struct agent {
	unsigned char account[ID_BYTES];
	struct str key, login, name;
	struct rights rights;          /* as last computed */
	int64_t checked_s;             /* when the directory last said so */
	bool enrolled;                 /* has a second factor */
};

/* From what the directory said: made when new, brought up to date otherwise. actor: an operator, or empty.
 * Errors  CONFLICT agent.key (somebody was first; ask again), store.* */
MUST struct err agent_save(struct idp *idp, struct arena *a, const struct directory_person *p, struct str actor, int64_t now_s,
	struct agent *ret);
/* ABSENT agent.unknown */
MUST struct err agent_load(struct store *s, struct arena *a, const unsigned char account[ID_BYTES], struct agent *ret);
MUST struct err agent_find(struct store *s, struct arena *a, struct str login, struct agent *ret);
/* By login. */
MUST struct err agent_list(struct store *s, struct arena *a, size_t max, struct agent **ret_v, size_t *ret_n);

/* Ask the directory now, by login, and save.
 * Errors  the directory's; DENIED agent.rights (none), agent.state (not active; who is only locked keeps rights and sessions) */
MUST struct err agent_fetch(struct idp *idp, struct arena *a, struct str login, struct str actor, int64_t now_s, int64_t deadline_ms,
	struct agent *ret);
/* A question to the directory that lets everybody know when it was last reached. put, question, ret: as engine_call(). */
MUST struct err agent_ask(struct idp *idp, struct arena *a, int64_t deadline_ms, enum directory_frame type, frame_io_fn *put,
	const void *question, struct directory_person *ret);
/* When a directory question was last answered; 0: not within memory. */
int64_t agent_directory_reached_s(struct idp *idp);

/* A printed code for enrolment, "K7QX-M2RD-9F4T": holds once, for seven days, and replaces an earlier one. DURABLE */
MUST struct err agent_enrol_code(struct idp *idp, struct arena *a, const struct agent *g, struct str actor, int64_t now_s,
	struct str *ret_code);

/* What of it is stored: 32 bytes. code: as printed_code_read() gives it. */
void agent_enrol_hash(const unsigned char account[ID_BYTES], struct str code, unsigned char ret_hash[32]);

/* As it is stored: trimmed, ASCII lower case. Lives in a. */
struct str agent_login_normalise(struct arena *a, struct str login);
bool agent_has_rights(const struct agent *g);
bool agent_may_admin(const struct agent *g, enum admin_right right);
/* Bits of enum agent_role. */
unsigned agent_roles(const struct agent *g, struct str sector);
/* The same of whoever has this account; none when it is no agent's, or what is known of it is too old. One read. */
MUST struct err agent_roles_now(struct idp *idp, struct arena *a, const struct account *account, struct str sector, int64_t now_s,
	unsigned *ret_roles);
/* What the directory said is too old to be relied on. */
bool agent_is_stale(const struct idp *idp, const struct agent *g, int64_t now_s);

/* Ask the directory about those who are signed in, and end the sessions of who has lost something there. Waits
 * for couriers: of the slow tick. */
void agent_tick(struct idp *idp, int64_t now_s);
#endif
