/* tickets.c - see tickets.h. A ticket lives as long as its key is kept: at most 36 hours. */
#include "roles/supervisor/tickets.h"
#include "base/ct.h"

struct ticket_bytes { char name[16], hmac_key[32], aes_key[32]; };

static struct ticket_bytes bytes[BOOT_TICKETS_MAX];
static struct boot_ticket tickets[BOOT_TICKETS_MAX];
static size_t ticket_n;

void tickets_rotate(struct boot_tickets *t)
{
	memmove(&bytes[1], &bytes[0], sizeof bytes - sizeof *bytes);
	random_bytes(&bytes[0], sizeof bytes[0]);
	if (ticket_n < BOOT_TICKETS_MAX)
		ticket_n++;
	for (size_t i = 0; i < ticket_n; i++)
		tickets[i] = (struct boot_ticket){ { bytes[i].name, sizeof bytes[i].name },
			{ bytes[i].hmac_key, sizeof bytes[i].hmac_key }, { bytes[i].aes_key, sizeof bytes[i].aes_key } };
	*t = (struct boot_tickets){ tickets, ticket_n };
}

void tickets_wipe(void)
{
	explicit_bzero(bytes, sizeof bytes);
	ticket_n = 0;
}
