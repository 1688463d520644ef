/* mail_format.h - one message as RFC 5322 text. Pure: the date and the identifier are arguments. */
#ifndef ROLES_COURIER_MAIL_FORMAT_H
#define ROLES_COURIER_MAIL_FORMAT_H
#include "base/arena.h"

enum { MAIL_ADDRESS_MAX = 254, MAIL_SUBJECT_MAX = 400, MAIL_TEXT_MAX = 32 * 1024, MAIL_MAX = 256 * 1024 };

struct mail {
	struct str from, from_name;    /* address; the town's name, or empty */
	struct str to;                 /* one address */
	struct str subject, text;      /* UTF-8; lines of text end in LF or CRLF */
	struct str id;                 /* of the Message-ID, before its "@" */
	int64_t date_s;
	bool eight_bit;                /* body as it is (a file for people), not quoted-printable */
};

/* One plain address: printable ASCII, one "@", none of the characters that would start a comment,
 * a list, a route or a second header. */
bool mail_address_is_valid(struct str address);

/* Append the message, CRLF lines, to b (MAIL_MAX).
 * Source  RFC 5322 3.6; RFC 2047 2, 4.1, 5; RFC 2045 6.7; RFC 3834 5 (Auto-Submitted)
 * Errors  MALFORMED mail.address, mail.header (a control character, or no UTF-8), mail.text */
MUST struct err mail_format(struct buf *b, const struct mail *m);
#endif
