/* source.c - what counts as one source of requests. */
#include "wire/http/http.h"
#include <arpa/inet.h>

struct str http_source_key(struct arena *a, struct str address)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	char *bytes = arena_alloc(a, 16);

	if (inet_pton(AF_INET6, arena_c(a, address), bytes) != 1)
		return address;
	return memcmp(bytes, mapped, sizeof mapped) == 0 ? (struct str){ bytes + 12, 4 } : (struct str){ bytes, 8 };
}
