/* message.h - what a citizen is written once a demande is recorded: plain text, in their language. Pure.
 *
 * It goes to an address that nobody has verified: no name, no birth date, no answer of the form.
 */
#ifndef ELECTIONS_MESSAGE_H
#define ELECTIONS_MESSAGE_H
#include "services/kit/mail.h"

/* What the message needs beside the demande; borrowed. */
struct el_notice {
	int lang;                        /* enum page_lang */
	struct str public_url, town, service, phone /* may be empty */;
};

/* Owner   *ret_mail lives in a
 * Errors  BROKEN buf.overflow (settings of tens of kilobytes) */
MUST struct err el_message_recorded(struct arena *a, const struct el_notice *n, struct str to, struct str number, int64_t filed_at_s,
	struct kit_mail *ret_mail);
#endif
