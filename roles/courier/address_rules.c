/* address_rules.c - see address_rules.h. */
#include "roles/courier/address_rules.h"
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct block4 { uint32_t net; unsigned bits; };
#define NET4(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

static const struct block4 special4[] = {
	{ NET4(0, 0, 0, 0), 8 },        /* this network */
	{ NET4(10, 0, 0, 0), 8 },       /* private */
	{ NET4(100, 64, 0, 0), 10 },    /* shared by carriers */
	{ NET4(127, 0, 0, 0), 8 },      /* loopback */
	{ NET4(169, 254, 0, 0), 16 },   /* link-local, and the clouds' metadata services */
	{ NET4(172, 16, 0, 0), 12 },    /* private */
	{ NET4(192, 0, 0, 0), 24 },     /* protocol assignments */
	{ NET4(192, 0, 2, 0), 24 },     /* documentation */
	{ NET4(192, 88, 99, 0), 24 },   /* 6to4 relays, withdrawn */
	{ NET4(192, 168, 0, 0), 16 },   /* private */
	{ NET4(198, 18, 0, 0), 15 },    /* benchmarking */
	{ NET4(198, 51, 100, 0), 24 },  /* documentation */
	{ NET4(203, 0, 113, 0), 24 },   /* documentation */
	{ NET4(224, 0, 0, 0), 4 },      /* multicast */
	{ NET4(240, 0, 0, 0), 4 },      /* reserved, broadcast */
};

struct block6 { uint8_t net[4]; unsigned bits; };

/* Within 2000::/3, outside of which nothing is public. */
static const struct block6 special6[] = {
	{ { 0x20, 0x01, 0x00, 0x00 }, 23 },   /* protocol assignments: Teredo, ORCHID, ... */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32 },   /* documentation */
	{ { 0x20, 0x02, 0x00, 0x00 }, 16 },   /* 6to4: an IPv4 address inside */
	{ { 0x3f, 0xff, 0x00, 0x00 }, 20 },   /* documentation */
};

static bool within(uint32_t address, uint32_t net, unsigned bits)
{
	return (address ^ net) >> (32 - bits) == 0;
}

static bool is_public4(uint32_t address)
{
	for (size_t i = 0; i < sizeof special4 / sizeof *special4; i++)
		if (within(address, special4[i].net, special4[i].bits))
			return false;
	return true;
}

static bool is_public6(const uint8_t a[16])
{
	uint32_t head = NET4(a[0], a[1], a[2], a[3]);

	if (!within(head, NET4(0x20, 0, 0, 0), 3))
		return false;
	for (size_t i = 0; i < sizeof special6 / sizeof *special6; i++) {
		const uint8_t *n = special6[i].net;

		if (within(head, NET4(n[0], n[1], n[2], n[3]), special6[i].bits))
			return false;
	}
	return true;
}

bool address_is_loopback(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
		return ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr) >> 24 == 127;
	if (address->sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
	return false;
}

bool address_is_public(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
		return is_public4(ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr));
	if (address->sa_family == AF_INET6)
		return is_public6(((const struct sockaddr_in6 *)(const void *)address)->sin6_addr.s6_addr);
	return false;
}
