/* err.h - how every function of this project fails.
 *
 * An error is a small value. Its kind decides what the world sees (one table in
 * wire/http maps kinds to statuses); its slug names the exact refusal for logs,
 * tests and the operator's manual. A slug is a literal, is never shown to a
 * citizen and never holds data.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H
#include <stdbool.h>

enum err_kind {
	ERR_NONE = 0,
	ERR_MALFORMED,   /* 400: what came cannot be read */
	ERR_DENIED,      /* 403: read and understood, and the answer is no */
	ERR_ABSENT,      /* 404: no such thing, or none that you may know of */
	ERR_CONFLICT,    /* 409: somebody was first */
	ERR_THROTTLED,   /* 429: too often */
	ERR_BUSY,        /* 503: a store or a role that may come back */
	ERR_BROKEN,      /* 500: our own fault */
	ERR_KIND_COUNT
};

struct err {
	enum err_kind kind;
	const char   *slug;   /* literal; NULL exactly when kind is ERR_NONE */
};

#define MUST __attribute__((warn_unused_result))
#define NO_ERR ((struct err){ ERR_NONE, (const char *)0 })

/* err_of(DENIED, "oidc.code.expired") */
#define err_of(k, s) ((struct err){ ERR_##k, (s) })

static inline bool failed(struct err e) { return e.kind != ERR_NONE; }

/* If it failed, return the same error. */
#define TRY(call) \
	do { struct err try_e_ = (call); if (__builtin_expect(failed(try_e_), 0)) return try_e_; } while (0)

/* If the condition does not hold, return that error. */
#ifndef GUICHET_MUTATION
#define ENSURE(cond, k, s) \
	do { if (__builtin_expect(!(cond), 0)) return err_of(k, s); } while (0)
#else
/* The build that tests the tests (tests/mutation): the one refusal that is switched off does not refuse. */
struct err_site { const char *file; int line; bool told; };
bool err_is_mutant(struct err_site *site, const char *slug);
#define ENSURE(cond, k, s) \
	do { \
		static struct err_site err_site_ = { __FILE__, __LINE__, false }; \
		if (__builtin_expect(!(cond), 0) && !err_is_mutant(&err_site_, (s))) return err_of(k, s); \
	} while (0)
/* What tests/mutation writes into its own copy of the sources, where a refusal is no ENSURE. */
#define ERR_MUTANT(s) __extension__({ static struct err_site err_site_ = { __FILE__, __LINE__, false }; err_is_mutant(&err_site_, (s)); })
#define ERR_UNLESS(k, s) (ERR_MUTANT(s) ? NO_ERR : err_of(k, s))
#endif

/* fn(&x) runs when x goes out of scope; x is initialised where it is declared. */
#define AUTO(fn) __attribute__((cleanup(fn)))

/* Give a pointer away: x is NULL afterwards and AUTO does nothing. */
#define TAKE(p) \
	__extension__({ __typeof__(p) take_p_ = (p); (p) = (__typeof__(p))0; take_p_; })

/* "denied", for logs. */
const char *err_kind_name(enum err_kind kind);
#endif
