/* fetch.c - see fetch.h. */
#include "wire/ipc/fetch.h"

void ipc_fetch_http_io(struct frame_io *io, void *m)
{
	struct fetch_http *f = m;

	io_str(io, &f->url);
	io_str(io, &f->body);
	io_str(io, &f->content_type);
	io_str(io, &f->credential);
	io_str(io, &f->bearer);
	io_i64(io, &f->timeout_ms);
}

void ipc_fetch_answer_io(struct frame_io *io, void *m)
{
	struct fetch_answer *f = m;

	io_u32(io, &f->status);
	io_str(io, &f->content_type);
	io_blob(io, &f->body, FETCH_ANSWER_MAX);
}

void ipc_fetch_mail_io(struct frame_io *io, void *m)
{
	struct fetch_mail *f = m;

	io_str(io, &f->to);
	io_str(io, &f->subject);
	io_str(io, &f->text);
}
