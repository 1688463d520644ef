/* ctl.c - see ctl.h. */
#include "wire/ipc/ctl.h"

static void arg_io(struct frame_io *io, void *m)
{
	io_str(io, m);
}

void ipc_ctl_request_io(struct frame_io *io, void *m)
{
	struct ctl_request *r = m;

	io_list(io, &r->argv, &r->argc, sizeof *r->argv, CTL_ARGS_MAX, arg_io);
	io_bool(io, &r->json);
	io_str(io, &r->actor);
	io_blob(io, &r->input, CTL_ANSWER_MAX);
}

void ipc_ctl_answer_io(struct frame_io *io, void *m)
{
	struct ctl_answer *r = m;

	io_u32(io, &r->exit_code);
	io_blob(io, &r->out, CTL_ANSWER_MAX);
	io_str(io, &r->err);
}
