/* tls.h - TLS 1.2 and 1.3 with a private key that is somewhere else.
 *
 * The handshake's signature is asked of the tls signer, a process that holds the key and reads
 * nothing but digests. Session tickets are sealed with keys that all fronts share, so that a
 * citizen resumes on any of them.
 */
#ifndef ROLES_FRONT_TLS_H
#define ROLES_FRONT_TLS_H
#include <event2/bufferevent.h>
#include "wire/ipc/boot.h"

struct tls;

/* The chain is PEM, the leaf first, with a P-256 key. Read before the sandbox closes.
 * BROKEN front.tls.chain, front.tls.expired, front.tls.key, front.tls.context */
MUST struct err tls_create(int chain_fd, struct tls **ret_tls);
void tls_set_signer(struct tls *t, int fd);                 /* ours from now on; -1: it is gone */
bool tls_has_signer(const struct tls *t);
void tls_set_tickets(struct tls *t, const struct boot_tickets *tickets);   /* copied; newest first */
/* An accepted socket, ours from now on. NULL: nothing was taken. */
struct bufferevent *tls_accept(struct tls *t, struct event_base *base, int fd);
/* How many of these the connection took at once: all or none, when nothing waits to be sent before them. What it did
 * not take must be added to its output next, unchanged. */
size_t tls_send(struct bufferevent *bev, const char *p, size_t n);
/* close_notify, so that the client can tell the end from a cut. */
void tls_say_goodbye(struct bufferevent *bev);
#endif
