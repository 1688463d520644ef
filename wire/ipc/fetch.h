/* fetch.h - what the couriers can be asked.
 *
 * The http courier connects to nothing but the origins of its own settings, or (idp: back-channel
 * logout) to https addresses that are not private unless listed; it follows no redirect, reads at
 * most FETCH_ANSWER_MAX bytes, and adds the credentials that it holds by name. The mail courier
 * delivers one message (SMTP, or a folder in the demo).
 */
#ifndef WIRE_IPC_FETCH_H
#define WIRE_IPC_FETCH_H
#include "base/frame.h"

enum fetch_frame {
	FETCH_HTTP = 0x50,     /* fetch_http -> fetch_answer. BUSY fetch.gone, fetch.deadline; DENIED fetch.address */
	FETCH_MAIL             /* fetch_mail -> empty. BUSY mail.gone */
};
enum { FETCH_ANSWER_MAX = 256 * 1024 };

struct fetch_http {
	struct str url;
	struct str body, content_type;   /* body empty: GET; else POST */
	struct str credential;           /* name of a credential that the courier holds, or empty */
	struct str bearer;               /* an access token, or empty */
	int64_t timeout_ms;
};
struct fetch_answer { uint32_t status; struct str content_type, body; };

struct fetch_mail { struct str to, subject, text; };   /* UTF-8; the sender is in the settings */

void ipc_fetch_http_io(struct frame_io *io, void *m);
void ipc_fetch_answer_io(struct frame_io *io, void *m);
void ipc_fetch_mail_io(struct frame_io *io, void *m);
#endif
