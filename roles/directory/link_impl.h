/* link_impl.h - what the files of link share; nobody else includes it. */
#ifndef ROLES_DIRECTORY_LINK_IMPL_H
#define ROLES_DIRECTORY_LINK_IMPL_H
#include "roles/directory/link.h"

/* What is left for one answer of one server: at least a millisecond, so that it fails as late. */
struct timeval link_time_left(const struct directory_rules *r, int64_t deadline_ms);
/* link_ask.c: the next message of an answer. Errors  BUSY directory.gone, .late; MALFORMED directory.size */
MUST struct err link_next(struct link *l, const struct directory_rules *r, int id, int all, int64_t deadline_ms, LDAPMessage **ret);
void link_message_freep(LDAPMessage **m);

/* link_kerberos.c: our own account, by a ticket for this server and tied to this TLS connection.
 * Source  RFC 4752 3; RFC 5929 4 (tls-server-end-point)
 * Errors  those of ticket_get(), link_next(); BROKEN directory.binding (not the connection that the directory sees,
 *         or it could not show who it is), directory.clock, directory.kerberos (not taken, or not here) */
MUST struct err link_bind_kerberos(struct link *l, const struct directory_rules *r, int64_t deadline_ms, struct arena *a,
	struct str *ret_words);
#endif
