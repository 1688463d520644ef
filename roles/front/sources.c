/* sources.c - see sources.h. */
#include "roles/front/sources.h"
#include <arpa/inet.h>
#include <stdlib.h>

struct source {
	struct source *next;
	struct source_key key;
	size_t n;
};

static void map_v4(struct in6_addr *to, const void *v4)
{
	memset(to, 0, sizeof *to);
	to->s6_addr[10] = to->s6_addr[11] = 0xff;
	memcpy(to->s6_addr + 12, v4, 4);
}

struct source_key source_of(const struct sockaddr *address)
{
	struct source_key key = { 0 };

	if (address->sa_family == AF_INET)
		map_v4(&key.address, &((const struct sockaddr_in *)(const void *)address)->sin_addr);
	else if (address->sa_family == AF_INET6)
		key.address = ((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
	return key;
}

struct err source_parse(struct str text, struct source_key *ret_key)
{
	char c[SOURCE_TEXT_BYTES];
	struct in_addr v4;
	struct source_key key;

	ENSURE(text.n > 0 && text.n < sizeof c && !str_has(text, '\0'), MALFORMED, "front.source");
	memcpy(c, text.p, text.n);
	c[text.n] = '\0';
	if (inet_pton(AF_INET, c, &v4) == 1)
		map_v4(&key.address, &v4);
	else
		ENSURE(inet_pton(AF_INET6, c, &key.address) == 1, MALFORMED, "front.source");
	*ret_key = key;
	return NO_ERR;
}

bool source_equal(struct source_key a, struct source_key b)
{
	return IN6_ARE_ADDR_EQUAL(&a.address, &b.address);
}

void source_format(struct source_key key, char text[SOURCE_TEXT_BYTES])
{
	const void *p = &key.address;
	bool v4 = IN6_IS_ADDR_V4MAPPED(&key.address);

	if (!inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? key.address.s6_addr + 12 : p, text, SOURCE_TEXT_BYTES))
		text[0] = '\0';
}

static struct source_key network_of(struct source_key key)
{
	if (!IN6_IS_ADDR_V4MAPPED(&key.address))
		memset(key.address.s6_addr + 8, 0, 8);
	return key;
}

static struct source **find(struct sources *s, struct source_key key)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < 16; i++)
		h = (h ^ key.address.s6_addr[i]) * 16777619u;
	struct source **at = &s->buckets[h % (sizeof s->buckets / sizeof *s->buckets)];
	while (*at && !source_equal((*at)->key, key))
		at = &(*at)->next;
	return at;
}

bool sources_take(struct sources *s, struct source_key key, size_t max)
{
	struct source **at;

	key = network_of(key);
	at = find(s, key);
	if (!*at) {
		*at = calloc(1, sizeof **at);
		if (!*at)
			abort();
		(*at)->key = key;
	}
	if ((*at)->n >= max)
		return false;
	(*at)->n++;
	return true;
}

void sources_give(struct sources *s, struct source_key key)
{
	struct source **at = find(s, network_of(key)), *gone = *at;

	if (!gone || --gone->n > 0)
		return;
	*at = gone->next;
	free(gone);
}
