/* tickets.h - TLS session-ticket keys, the same for all fronts, made here and never written down. */
#ifndef ROLES_SUPERVISOR_TICKETS_H
#define ROLES_SUPERVISOR_TICKETS_H
#include "wire/ipc/boot.h"

enum { TICKETS_EVERY_MS = 12 * 3600 * 1000 };

/* A new newest key; the oldest of BOOT_TICKETS_MAX is forgotten. *t borrows static memory. */
void tickets_rotate(struct boot_tickets *t);
void tickets_wipe(void);
#endif
