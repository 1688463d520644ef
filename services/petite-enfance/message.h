/* message.h - what a parent is written once a préinscription is recorded: nothing of the child, either.
 * Pure; see services/kit/letter.h. */
#ifndef PETITE_ENFANCE_MESSAGE_H
#define PETITE_ENFANCE_MESSAGE_H
#include "services/kit/demande.h"
#include "services/kit/letter.h"

/* Fills subject and text, which live in a.
 * Errors  BROKEN buf.overflow (settings of tens of kilobytes) */
MUST struct err pe_message_recorded(struct arena *a, const struct kit_notice *n, const struct kit_demande *d, struct kit_mail *ret_mail);
#endif
