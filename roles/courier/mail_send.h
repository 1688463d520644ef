/* mail_send.h - the mail courier: one message to one person, by SMTP or into a folder (the demo). */
#ifndef ROLES_COURIER_MAIL_SEND_H
#define ROLES_COURIER_MAIL_SEND_H
#include "base/arena.h"
#include "wire/ipc/fetch.h"

struct mail_rules {
	struct str folder;             /* one .eml file per message; empty: by SMTP */
	struct str smtp;               /* "smtp://host:port" or "smtps://host:port" */
	struct str ca;                 /* certificates to trust, PEM */
	struct str from, from_name;
};

struct mailer;

/* Owner   rules and what they point to are borrowed until destroy
 * Errors  BROKEN mail.folder, mail.smtp, mail.from (settings that cannot work), courier.curl */
MUST struct err mailer_create(const struct mail_rules *rules, struct mailer **ret_mailer);
void mailer_destroy(struct mailer *m);
void mailer_destroyp(struct mailer **m);

/* Done once the folder has it on disk, or the server has taken it. TLS is demanded of every server
 * that is not on this machine.
 * Source  RFC 5321; RFC 3207
 * Errors  BUSY mail.gone (unreachable, too slow, or "try later"); DENIED mail.refused (the server
 *         will never take it); MALFORMED mail.address, mail.header, mail.text */
MUST struct err mail_send(struct mailer *m, const struct fetch_mail *message, int64_t now_s);

/* boot_serve_fn: FETCH_MAIL -> empty. MALFORMED fetch.frame for other types. */
struct err mail_send_serve(void *mailer, struct arena *a, const struct frame *request,
	frame_io_fn **ret_fn, void **ret_reply);
#endif
