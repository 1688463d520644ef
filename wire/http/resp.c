/* resp.c - answers, as a handler makes them; see http.h. */
#include "wire/http/http.h"
#include <assert.h>

struct http_resp *http_answer(const struct http_req *req, int status, struct str content_type, struct str body)
{
	struct http_resp *r = arena_new(req->arena, struct http_resp);

	r->status = status;
	r->content_type = content_type;
	r->body = body;
	return r;
}

struct http_resp *http_see_other(const struct http_req *req, struct str location)
{
	struct http_resp *r = http_answer(req, 303, STR_NONE, STR_NONE);

	http_add_header(r, STR("location"), location);
	return r;
}

void http_add_header(struct http_resp *r, struct str name, struct str value)
{
	assert(r->header_n < HTTP_RESP_HEADERS);
	r->headers[r->header_n++] = (struct http_pair){ name, value };
}

/* __Host- makes the browser itself refuse a cookie set by a sister host or over plain HTTP. */
static struct str cookie_name(struct arena *a, bool https, const char *name)
{
	return https ? arena_printf(a, "__Host-%s", name) : str_from_c(name);
}

static void set_cookie(const struct http_req *req, struct http_resp *r, bool https, const char *same_site, const char *name,
	struct str value, int64_t ttl_s)
{
	AUTO(buf_done) struct buf b;

	buf_init(&b, 16384);
	buf_add(&b, cookie_name(req->arena, https, name));
	buf_add_char(&b, '=');
	buf_add(&b, value);
	buf_add_c(&b, "; Path=/; HttpOnly; SameSite=");
	buf_add_c(&b, same_site);
	if (https)
		buf_add_c(&b, "; Secure");
	if (ttl_s) {
		buf_add_c(&b, "; Max-Age=");
		buf_add_i64(&b, ttl_s < 0 ? 0 : ttl_s);
	}
	http_add_header(r, STR("set-cookie"), arena_dup(req->arena, buf_str(&b)));
}

void http_set_cookie(const struct http_req *req, struct http_resp *r, bool https, const char *name, struct str value, int64_t ttl_s)
{
	set_cookie(req, r, https, "Lax", name, value, ttl_s);
}

void http_set_strict_cookie(const struct http_req *req, struct http_resp *r, bool https, const char *name, struct str value, int64_t ttl_s)
{
	set_cookie(req, r, https, "Strict", name, value, ttl_s);
}

struct str http_cookie(const struct http_req *req, bool https, const char *name)
{
	struct str full = cookie_name(req->arena, https, name);

	for (size_t i = 0; i < req->cookies.n; i++)
		if (str_eq(req->cookies.v[i].name, full))
			return req->cookies.v[i].value;
	return STR_NONE;
}
