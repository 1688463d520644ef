/* message.h - what a citizen is written once a demande is recorded. Pure; see services/kit/letter.h.
 *
 * A demande without an account has no other way back than its code, so the code is in the message; what
 * the code opens therefore shows neither the street nor the name that the act is sent to.
 */
#ifndef ETAT_CIVIL_MESSAGE_H
#define ETAT_CIVIL_MESSAGE_H
#include "services/etat-civil/demande_rules.h"
#include "services/kit/demande.h"
#include "services/kit/letter.h"

/* Fills subject and text, which live in a.
 * Errors  BROKEN buf.overflow (settings of tens of kilobytes) */
MUST struct err ec_message_recorded(struct arena *a, const struct kit_notice *n, enum ec_kind kind, const struct kit_demande *d,
	struct kit_mail *ret_mail);
#endif
