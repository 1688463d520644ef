/* web.c - see web.h. */
#include "wire/ipc/web.h"

static void pair_io(struct frame_io *io, void *m)
{
	struct http_pair *p = m;

	io_str(io, &p->name);
	io_str(io, &p->value);
}

static void part_io(struct frame_io *io, void *m)
{
	struct http_part *p = m;

	io_str(io, &p->name);
	io_str(io, &p->filename);
	io_str(io, &p->content_type);
	io_blob(io, &p->bytes, WEB_BODY_MAX);
}

static void pairs_io(struct frame_io *io, struct http_pairs *p)
{
	io_list(io, &p->v, &p->n, sizeof *p->v, WEB_PAIRS_MAX, pair_io);
}

void ipc_web_request_io(struct frame_io *io, void *m)
{
	struct http_req *r = m;

	io_str(io, &r->id);
	io_str(io, &r->source);
	io_enum(io, &r->listener, HTTP_LISTENER_COUNT);
	io_enum(io, &r->method, HTTP_METHOD_COUNT);
	io_enum(io, &r->lang, LANG_COUNT);
	io_str(io, &r->path);
	io_str(io, &r->raw_query);
	pairs_io(io, &r->query);
	pairs_io(io, &r->form);
	pairs_io(io, &r->cookies);
	pairs_io(io, &r->headers);
	io_list(io, &r->parts, &r->part_n, sizeof *r->parts, FRAME_FDS - 1, part_io);
	io_blob(io, &r->body, WEB_BODY_MAX);
}

void ipc_web_response_io(struct frame_io *io, void *m)
{
	struct http_resp *r = m;
	uint32_t status = (uint32_t)r->status;
	struct http_pair *headers = r->headers;
	size_t n = r->header_n;

	io_u32(io, &status);
	r->status = (int)status;
	io_str(io, &r->content_type);
	io_list(io, &headers, &n, sizeof *headers, HTTP_RESP_HEADERS, pair_io);
	if (!io->writing && n)
		memcpy(r->headers, headers, n * sizeof *headers);
	r->header_n = n;
	io_bool(io, &r->cacheable);
	io_str(io, &r->form_action);
	io_str(io, &r->frame_src);
	io_bool(io, &r->framed);
	io_blob(io, &r->body, WEB_ANSWER_MAX);
}

static void route_io(struct frame_io *io, void *m)
{
	struct web_route *r = m;

	io_enum(io, &r->listener, HTTP_LISTENER_COUNT);
	io_enum(io, &r->method, HTTP_METHOD_COUNT);
	io_str(io, &r->path);
	io_enum(io, &r->body, HTTP_BODY_COUNT);
	io_u32(io, &r->body_max_bytes);
	io_str(io, &r->multi_line);
	io_bool(io, &r->cross_site);
}

void ipc_web_document_io(struct frame_io *io, void *m)
{
	struct web_document *d = m;

	io_enum(io, &d->listener, HTTP_LISTENER_COUNT);
	io_str(io, &d->path);
	io_str(io, &d->content_type);
	io_i64(io, &d->max_age_s);
	io_u32(io, &d->status);
	io_enum(io, &d->lang, LANG_COUNT);
	io_bool(io, &d->cors);
	io_blob(io, &d->body, WEB_ANSWER_MAX);
}

void ipc_web_publish_io(struct frame_io *io, void *m)
{
	struct web_publish *p = m;

	io_list(io, &p->routes, &p->route_n, sizeof *p->routes, WEB_ROUTES_MAX, route_io);
}
