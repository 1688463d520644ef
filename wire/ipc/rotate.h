/* rotate.h - an administrator's wish to change a key, from the engine to its supervisor, and what came of it.
 *
 * Which kind of key, and who asks: nothing else can be said, so that an engine in strangers' hands can take
 * the next step of a change, at its hour, and no more. The files stay root's.
 */
#ifndef WIRE_IPC_ROTATE_H
#define WIRE_IPC_ROTATE_H
#include "base/frame.h"

enum rotate_kind { ROTATE_ES256, ROTATE_RS256, ROTATE_SAML, ROTATE_KIND_COUNT };
enum { ROTATE_ACTOR_MAX = 64 };
extern const char *const rotate_kind_words[ROTATE_KIND_COUNT];    /* as guichetctl key rotate --alg has them */

struct rotate_ask { enum rotate_kind kind; struct str actor; };
/* MALFORMED rotate.actor (not one word of letters, digits and . _ - @) */
MUST struct err rotate_ask_check(const struct rotate_ask *ask);

enum rotate_outcome { ROTATED_PUBLISHED, ROTATED_ACTIVATED, ROTATED_RETIRED, ROTATED_TOO_EARLY, ROTATED_NOT, ROTATED_COUNT };
/* Said once the files have changed; processes are replaced after that. complaint: why not, for the administrator. */
struct rotate_said { enum rotate_outcome outcome; struct str complaint; };

void ipc_rotate_ask_io(struct frame_io *io, void *m);
void ipc_rotate_said_io(struct frame_io *io, void *m);
#endif
