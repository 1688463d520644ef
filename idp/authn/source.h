/* source.h - what counts as one source of attempts. */
#ifndef IDP_AUTHN_SOURCE_H
#define IDP_AUTHN_SOURCE_H
#include "base/arena.h"

/* An IPv4 address as it is; an IPv6 one by its /64, which is what one subscriber has. Lives in a. */
struct str source_key(struct arena *a, struct str address);
#endif
