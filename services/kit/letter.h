/* letter.h - what citizens are written: plain text in their language, both languages side by side.
 *
 * It goes to an address that nobody has verified: no name, no date of birth, no answer of a form. In a
 * sentence, "{}" is where the value goes.
 */
#ifndef SERVICES_KIT_LETTER_H
#define SERVICES_KIT_LETTER_H
#include "services/kit/kit.h"
#include "services/kit/mail.h"

#define KIT_NBSP "\u00a0"

/* Who writes, and in which language; borrowed. */
struct kit_notice {
	int lang;                        /* enum page_lang */
	struct str public_url, town, service, phone /* may be empty */;
};
struct kit_notice kit_notice_of(const struct kit *k, const struct http_req *req);

struct kit_letter { struct arena *arena; const struct kit_notice *from; struct buf text; };
/* Owner: l is ended once, by kit_letter_end(). */
void kit_letter_begin(struct kit_letter *l, struct arena *a, const struct kit_notice *from);
void kit_letter_line(struct kit_letter *l, const char *fr, const char *en, struct str value);
void kit_letter_paragraph(struct kit_letter *l, const char *fr, const char *en, struct str value);      /* an empty line after it */
/* "Pour suivre votre demande", for a filing with an account. */
void kit_letter_follow(struct kit_letter *l, struct str number);
/* Whom to ask, what if it was a mistake, who writes. */
void kit_letter_closing(struct kit_letter *l);
/* Fills subject and text of *ret_mail, which live in the letter's arena.
 * Errors  BROKEN buf.overflow (settings of tens of kilobytes) */
MUST struct err kit_letter_end(struct kit_letter *l, const char *subject_fr, const char *subject_en, struct str value, struct kit_mail *ret_mail);

/* "24 novembre 2026", and with the hour: in the letter's language, in its arena. */
struct str kit_letter_day(const struct kit_letter *l, int64_t t_s);
struct str kit_letter_instant(const struct kit_letter *l, int64_t t_s);
#endif
