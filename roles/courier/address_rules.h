/* address_rules.h - which network addresses are our own neighbourhood, and which are the world's.
 * Judged on the address that is about to be connected to, so that a name which resolves one way
 * when it is checked and another way when it is used gains nothing.
 */
#ifndef ROLES_COURIER_ADDRESS_RULES_H
#define ROLES_COURIER_ADDRESS_RULES_H
#include <stdbool.h>
#include <sys/socket.h>

/* 127.0.0.0/8, ::1 */
bool address_is_loopback(const struct sockaddr *address);
/* Globally reachable: none of the special-purpose blocks (private, link-local, shared, documentation,
 * multicast, ...), and no form that carries an IPv4 address inside an IPv6 one.
 * Source  IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890) */
bool address_is_public(const struct sockaddr *address);
#endif
