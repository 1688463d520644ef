/* ctl.h - frames between guichetctl and an engine, on a connection that the supervisor accepted. */
#ifndef WIRE_IPC_CTL_H
#define WIRE_IPC_CTL_H
#include "base/frame.h"

enum ctl_frame { CTL_REQUEST = 0x70, CTL_ANSWER };
enum { CTL_ARGS_MAX = 64, CTL_ANSWER_MAX = 1 << 20 };

/* argv after the global options: {"partner", "add", "oidc", "--id", "x"}; input: what guichetctl
 * read from a file or standard input for it (a password, metadata). */
struct ctl_request { struct str *argv; size_t argc; bool json; struct str actor; struct str input; };
struct ctl_answer { uint32_t exit_code; struct str out, err; };   /* printed as they are */

void ipc_ctl_request_io(struct frame_io *io, void *m);
void ipc_ctl_answer_io(struct frame_io *io, void *m);
#endif
