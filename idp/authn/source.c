/* source.c - see source.h. */
#include "idp/authn/source.h"
#include <arpa/inet.h>

struct str source_key(struct arena *a, struct str address)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	char *bytes = arena_alloc(a, 16);

	if (inet_pton(AF_INET6, arena_c(a, address), bytes) != 1)
		return address;
	return memcmp(bytes, mapped, sizeof mapped) == 0 ? (struct str){ bytes + 12, 4 } : (struct str){ bytes, 8 };
}
