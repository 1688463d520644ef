/* message.h - what a citizen is written once a demande is recorded. Pure; see services/kit/letter.h. */
#ifndef ELECTIONS_MESSAGE_H
#define ELECTIONS_MESSAGE_H
#include "services/kit/demande.h"
#include "services/kit/letter.h"

/* Fills subject and text, which live in a.
 * Errors  BROKEN buf.overflow (settings of tens of kilobytes) */
MUST struct err el_message_recorded(struct arena *a, const struct kit_notice *n, const struct kit_demande *d, struct kit_mail *ret_mail);
#endif
