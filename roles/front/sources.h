/* sources.h - how many connections each source has, so that one cannot take all places.
 *
 * An IPv6 customer owns at least a /64, hence counts as one source.
 */
#ifndef ROLES_FRONT_SOURCES_H
#define ROLES_FRONT_SOURCES_H
#include <netinet/in.h>
#include <sys/socket.h>
#include "base/str.h"

struct source_key { struct in6_addr address; };       /* IPv4 mapped into IPv6 */
struct source;
struct sources { struct source *buckets[1024]; };

enum { SOURCE_TEXT_BYTES = INET6_ADDRSTRLEN };

struct source_key source_of(const struct sockaddr *address);
/* MALFORMED front.source when it is not an address. */
MUST struct err source_parse(struct str text, struct source_key *ret_key);
bool source_equal(struct source_key a, struct source_key b);
/* "192.0.2.7" or "2001:db8::1"; NUL-terminated. */
void source_format(struct source_key key, char text[SOURCE_TEXT_BYTES]);

/* One more, unless it has max already. */
bool sources_take(struct sources *s, struct source_key key, size_t max);
void sources_give(struct sources *s, struct source_key key);
#endif
