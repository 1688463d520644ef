/* helper.h - how an engine (or a front) asks a helper: one request frame, one answer frame.
 *
 * The answer has the request's seq and type HELPER_OK with the reply, or HELPER_ERR with an
 * ipc_refusal. Requests have a type of their own, in the header of the helper in question.
 */
#ifndef WIRE_IPC_HELPER_H
#define WIRE_IPC_HELPER_H
#include "base/frame.h"

enum helper_frame { HELPER_OK = 1, HELPER_ERR = 2 };

struct ipc_refusal { enum err_kind kind; struct str slug; };
void ipc_refusal_io(struct frame_io *io, void *refusal);
/* As a struct err: slugs of other processes are interned, at most 512 distinct ones, then
 * all are "helper.slug". */
struct err ipc_refusal_err(const struct ipc_refusal *r);
void ipc_empty_io(struct frame_io *io, void *unused);
void ipc_text_io(struct frame_io *io, void *str);      /* a message that is one struct str */
#endif
