/* factor.h - what we remember of an agent's second factors. It decides nothing but who is first.
 *
 * An accepted code or signature leaves its mark by one conditional statement, so that of two that use it
 * at once one wins. What is refused leaves none.
 */
#ifndef IDP_ACCOUNT_FACTOR_H
#define IDP_ACCOUNT_FACTOR_H
#include "idp/idp.h"

enum factor_kind { FACTOR_TOTP, FACTOR_PASSKEY };
enum { FACTORS_MAX = 20, FACTOR_NAME_MAX = 60 /* characters */, RECOVERY_N = 10, FACTOR_HASH = 32 };

struct factor {
	unsigned char id[ID_BYTES];
	enum factor_kind kind;
	struct str name;
	int64_t created_s, used_s;     /* used_s 0: never */
	struct str secret;             /* totp: sealed */
	int64_t last_step;
	struct str credential, key;    /* passkey; passkey.h says how alg writes its key */
	int64_t alg, sign_count;
};

/* Oldest first. Lives in a. */
MUST struct err factor_list(struct store *s, struct arena *a, const unsigned char account[ID_BYTES], struct factor **ret_v, size_t *ret_n);

/* Whose, in which request. */
struct factor_act { struct idp *idp; const unsigned char *account; struct str request; int64_t now_s; };

/* Something that holds once: until when it must be remembered. */
struct factor_once { unsigned char id[FACTOR_HASH]; int64_t until_s; };

struct factor_new {
	const struct factor *factor;   /* its id and times are made */
	const unsigned char *enrol_hash;                   /* FACTOR_HASH: spends this printed code; NULL: added by who has a factor already */
	const unsigned char (*codes)[FACTOR_HASH];         /* RECOVERY_N new recovery codes; NULL: those there are stay */
	const struct factor_once *once;                    /* the question that it answers: a challenge, a secret */
};
/* DURABLE, with its audit entry. DENIED factor.enrol (spent, replaced, expired), factor.used, factor.credential
 * (somebody has it already); CONFLICT factor.many */
MUST struct err factor_add(const struct factor_act *act, const struct factor_new *n);
/* DURABLE. DENIED factor.last; ABSENT factor.unknown */
MUST struct err factor_remove(const struct factor_act *act, const unsigned char id[ID_BYTES]);

/* A code of that time step was accepted. DENIED factor.totp.replay */
MUST struct err factor_use_totp(const struct factor_act *act, const unsigned char id[ID_BYTES], int64_t step);
/* A signature was accepted. DENIED factor.used (the challenge), factor.clone (the counter did not go up) */
MUST struct err factor_use_passkey(const struct factor_act *act, const unsigned char id[ID_BYTES], int64_t count, const struct factor_once *once);

/* DURABLE, with its audit entry. DENIED factor.recovery */
MUST struct err recovery_use(const struct factor_act *act, const unsigned char hash[FACTOR_HASH]);
/* Ten new ones in place of all others. DURABLE, with its audit entry. */
MUST struct err recovery_replace(const struct factor_act *act, const unsigned char hashes[RECOVERY_N][FACTOR_HASH]);
MUST struct err recovery_left(struct store *s, const unsigned char account[ID_BYTES], int64_t *ret_n);

/* Is that the code that an administrator printed? Ten wrong ones end it.
 * Errors  DENIED factor.enrol.none (there is none, or it has expired), factor.enrol.wrong */
MUST struct err enrolment_check(const struct factor_act *act, const unsigned char hash[FACTOR_HASH]);

/* Marks as used what holds once. DURABLE. DENIED factor.used */
MUST struct err factor_spend(const struct factor_act *act, const struct factor_once *once);

/* All factors, codes and enrolments gone, sessions ended: an administrator resets them. DURABLE */
MUST struct err factor_reset(struct idp *idp, const unsigned char account[ID_BYTES], struct str actor, int64_t now_s);
/* Inside the transaction that removes an account. */
MUST struct err factor_forget_tx(struct store_tx *tx, const unsigned char account[ID_BYTES]);

/* Live sessions of an agent, newest first; lives in a. */
struct factor_session { unsigned char id[ID_BYTES]; int64_t created_s, last_seen_s; };
MUST struct err factor_sessions(struct store *s, struct arena *a, const unsigned char account[ID_BYTES], int64_t now_s,
	struct factor_session **ret_v, size_t *ret_n);
#endif
