/* ticket.h - the keys of our account in the directory's Kerberos realm, and tickets for its servers.
 *
 * A ticket is asked for at every bind: binds are rare, and so none is ever found to be too old.
 * Nothing of this machine's Kerberos set-up is read: neither krb5.conf, nor a cache, nor DNS.
 */
#ifndef ROLES_DIRECTORY_TICKET_H
#define ROLES_DIRECTORY_TICKET_H
#include <krb5.h>
#include "roles/directory/kdc.h"

struct tickets;

/* Once, while files can still be opened. The keys are copied; keytab_fd stays the caller's. Lives as
 * long as the process.
 * Errors  BROKEN directory.principal (not NAME@REALM), directory.keytab (not a keytab, or none of its
 *         keys is principal's), directory.library */
MUST struct err tickets_open(int keytab_fd, const char *principal, struct tickets **ret_tickets);

struct ticket_question {
	const char *host;               /* as clients name the server: the ticket is for ldap/host */
	const struct kdc *kdcs; size_t kdc_n;     /* at least one; the last that answered is asked first */
	int64_t deadline_ms;            /* of all of it */
	int64_t kdc_ms;                 /* that one of them may take for one answer */
};

struct ticket {
	krb5_context ctx;               /* borrowed */
	krb5_ccache cache;              /* holds it */
	char *service;                  /* what it is for: "ldap/host@REALM" */
	int64_t until_ms;               /* of clock_mono_ms() */
};

/* Words, or NULL: what the Kerberos server or libkrb5 said when it failed; lives in a.
 * Owner   *ret_ticket is ended by ticket_done()
 * Errors  BUSY directory.kdc (no answer, or none that means anything); BROKEN directory.credential (not
 *         these keys, not this account), directory.clock, directory.service (no ldap/host in the realm) */
MUST struct err ticket_get(struct tickets *t, const struct ticket_question *q, struct arena *a, struct str *ret_words,
	struct ticket *ret_ticket);
void ticket_done(struct ticket *ticket);
#endif
