/* link.h - connections to the servers of the directory, through libldap, which blocks.
 *
 * Every wait has an end, every answer a size: a server that hangs, closes or floods costs its time
 * limit and its connection, then the next one is asked. Referrals are never followed. Two
 * connections are kept: ours, which searches, and one on which people's passwords are tried.
 */
#ifndef ROLES_DIRECTORY_LINK_H
#define ROLES_DIRECTORY_LINK_H
#include <ldap.h>
#include <sys/time.h>
#include "base/secret.h"
#include "roles/directory/kdc.h"
#include "wire/ipc/directory.h"

enum { SERVERS_MAX = 8, BASES_MAX = 8, ANSWER_BYTES_MAX = 256 * 1024, SERVER_REST_MS = 30000, PAGE_ENTRIES = 100 };

struct tickets;

enum directory_kind { KIND_OPENLDAP, KIND_AD };

/* Below which something is looked for; as libldap normalises them, none within another. */
struct directory_bases { const char *v[BASES_MAX]; size_t n; };

struct directory_rules {
	const char *urls[SERVERS_MAX]; size_t url_n;    /* in the order in which they are tried */
	bool starttls;
	enum directory_kind kind;
	struct directory_bases people, groups;          /* at least one each */
	bool memberof;                                  /* of OpenLDAP: nested groups too stand in memberOf */
	const char *login_attribute;
	struct tickets *tickets;                        /* our account by Kerberos; NULL: by password */
	const char *bind_dn;                            /* its name, for people to read when by Kerberos */
	struct str bind_password;
	struct kdc kdcs[SERVERS_MAX]; size_t kdc_n;     /* none: each server is its own */
	int64_t server_ms;                              /* that one server may take for one answer */
};

/* Stays where it is while it is open. */
struct link {
	LDAP *ld;               /* NULL: closed */
	size_t server;
	bool reached, used;     /* TCP came about; an answer has been read */
	int64_t until_ms;       /* its bind holds; of clock_mono_ms() */
	struct timeval wait;    /* for its start */
	ldap_conncb on_reached; /* libldap keeps a pointer to it */
};

struct links {
	const struct directory_rules *rules;
	struct link service, person;
	int64_t rest_until_ms[SERVERS_MAX];     /* a server that failed is asked last until then */
};

/* Once, before anything else of libldap and while files can still be opened. ca: a path that is
 * read now; the system's when NULL.
 * Errors  BROKEN directory.ca (no certificate in it), directory.library */
MUST struct err links_prepare(const char *ca);
/* In normal form, as DNs of answers are compared. Lives in a. MALFORMED directory.answer */
MUST struct err dn_normalise(struct arena *a, const char *dn, struct str *ret_dn);

/* One server, whatever the others do. Words, or NULL: what libldap said when it failed; lives in a.
 * Errors  BUSY directory.gone, directory.late, directory.tls */
MUST struct err link_open(struct link *l, const struct directory_rules *r, size_t server, int64_t deadline_ms,
	struct arena *a, struct str *ret_words);
void link_close(struct link *l);
void links_done(struct links *ls);

/* Source  RFC 4513 5.1.3; draft-behera-ldap-password-policy-10 6
 * Errors  those of link_open(); DENIED directory.password, .disabled, .expired, .must_change, .locked,
 *         .hours; MALFORMED directory.answer */
MUST struct err link_bind(struct link *l, const struct directory_rules *r, const char *dn, struct str password,
	int64_t deadline_ms);

/* Our own account, in the way that the rules say. Words, or NULL, as in link_open().
 * Errors  BROKEN directory.credential, and those of link_bind() that are no refusal; by Kerberos BUSY
 *         directory.kdc; BROKEN directory.clock, .service, .binding, .kerberos */
MUST struct err link_bind_ours(struct link *l, const struct directory_rules *r, int64_t deadline_ms, struct arena *a,
	struct str *ret_words);

/* Our own connection, bound: the one that is kept, or the first server that answers.
 * Errors  those of link_open(), link_bind_ours() */
MUST struct err links_service(struct links *ls, int64_t deadline_ms);
/* Try a person's password, on the server that our own connection is at. By Kerberos our own account has been bound
 * on that connection before.
 * Errors  those of link_bind(), link_bind_ours() */
MUST struct err links_try(struct links *ls, const char *dn, struct str password, int64_t deadline_ms);
/* Our own connection failed with this error: drop it, let its server rest. True when asking again
 * makes sense: an idle connection had been closed, or there is another server. */
bool links_failed(struct links *ls, struct err e);

struct link_search {
	const char *base, *filter;
	const char *const *attributes;    /* ends with NULL */
	int scope;
	int entries_max;
	bool paged;
};
/* An entry of the answer; ld reads it. */
typedef struct err link_entry_fn(void *self, LDAP *ld, LDAPMessage *entry);

/* Parts of the answer that lie on other servers are left there: Active Directory names its other
 * partitions in every answer.
 * Errors  those of fn; BUSY directory.gone, .late; MALFORMED directory.answer, directory.size (more
 *         than entries_max, or than ANSWER_BYTES_MAX in one message); DENIED directory.referral;
 *         BROKEN directory.base, directory.access */
MUST struct err link_search(struct link *l, const struct directory_rules *r, const struct link_search *s,
	int64_t deadline_ms, link_entry_fn *fn, void *self);
/* The attribute's first value, of at most DIRECTORY_VALUE_MAX bytes; empty when it has none. Lives in a.
 * Errors  MALFORMED directory.size */
MUST struct err entry_value(struct arena *a, LDAP *ld, LDAPMessage *entry, const char *attribute, struct str *ret_value);
/* The same, but of several values the one that is `wanted`, whatever its case. */
MUST struct err entry_value_like(struct arena *a, LDAP *ld, LDAPMessage *entry, const char *attribute, struct str wanted,
	struct str *ret_value);
/* One of an attribute's values, NUL-terminated. */
typedef struct err link_value_fn(void *self, const char *value);
/* All of the attribute's values, as many as the message held; none is fine.
 * Errors  those of fn; MALFORMED directory.size, directory.answer (a NUL within a value) */
MUST struct err entry_each(LDAP *ld, LDAPMessage *entry, const char *attribute, link_value_fn *fn, void *self);
/* MALFORMED directory.answer: no DN, no UTF-8, control characters */
MUST struct err entry_dn(struct arena *a, LDAP *ld, LDAPMessage *entry, struct str *ret_dn);
#endif
