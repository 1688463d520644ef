/* exchange.c - see exchange.h. */
#include "roles/front/exchange.h"
#include <stdlib.h>
#include "wire/http/fields.h"

enum { COOKIES_MAX = 128, QUERY_MAX = 64 };

#define FINE ((struct refusal){ 0, NULL })

static struct refusal refused(struct err e)
{
	return (struct refusal){ http_status_of(e.kind), e.slug };
}

/* ---- what the head says about the body ---- */

static struct refusal type_check(struct exchange *x)
{
	struct str type = http_media_type(x->head.fields[FIELD_CONTENT_TYPE]);
	bool form = str_eq_nocase(type, STR("application/x-www-form-urlencoded"));
	bool multipart = str_eq_nocase(type, STR("multipart/form-data"));

	x->urlencoded = form || (!type.n && x->whole);
	if (x->kind == HTTP_FORM && !x->urlencoded)
		return (struct refusal){ 415, "http.body.type" };
	if (x->kind == HTTP_MULTIPART && !x->urlencoded && !multipart)
		return (struct refusal){ 415, "http.body.type" };
	if (x->kind != HTTP_MULTIPART || x->urlencoded)
		return FINE;
	struct err e = http_multipart_create(x->head.fields[FIELD_CONTENT_TYPE], x->multi_line, WEB_PAIRS_MAX, &x->multipart);
	return failed(e) ? refused(e) : FINE;
}

static struct refusal body_admit(struct exchange *x, const struct web_route *route)
{
	const struct http_head *h = &x->head;

	x->left = h->length;
	x->whole = !h->chunked && h->length == 0;
	x->kind = route ? route->body : HTTP_NO_BODY;
	x->max = route ? route->body_max_bytes : 0;
	if (x->kind == HTTP_NO_BODY)
		return x->whole ? FINE : (struct refusal){ 400, "http.body.unexpected" };
	if (h->length > (int64_t)x->max)
		return (struct refusal){ 413, "http.body.size" };
	buf_init(&x->body, x->max);
	buf_init(&x->piece, x->max);
	return type_check(x);
}

struct refusal exchange_create(struct front *f, const struct http_head *head, const char *raw,
	const struct web_route *route, struct exchange **ret_x)
{
	struct str multi_line = route ? route->multi_line : STR_NONE;
	struct exchange *x = calloc(1, sizeof *x + head->size + multi_line.n + 1);
	struct refusal r;

	if (!x)
		abort();
	x->front = f;
	x->head = *head;
	x->raw = (char *)(x + 1);
	x->raw_n = head->size;
	memcpy(x->raw, raw, head->size);
	http_head_move(&x->head, raw, x->raw);
	/* The route may be gone, with its engine, before the body is here. */
	if (multi_line.n)
		memcpy(x->raw + head->size, multi_line.p, multi_line.n);
	x->multi_line = (struct str){ x->raw + head->size, multi_line.n };
	front_new_id(f, x->id);
	r = body_admit(x, route);
	if (r.slug)
		exchange_destroy(x);
	*ret_x = r.slug ? NULL : x;
	return r;
}

void exchange_forget_body(struct exchange *x)
{
	buf_done(&x->body);
	buf_done(&x->piece);
	http_multipart_destroy(TAKE(x->multipart));
	x->front->bodies_bytes -= x->held;
	x->held = 0;
}

void exchange_destroy(struct exchange *x)
{
	if (!x)
		return;
	exchange_forget_body(x);
	explicit_bzero(x->raw, x->raw_n);
	free(x);
}

/* ---- the body ---- */

static struct refusal content_add(struct exchange *x, struct str bytes)
{
	/* What has come counts, not what was promised: a promise costs nothing. */
	if (bytes.n > BODIES_MAX_BYTES - x->front->bodies_bytes)
		return (struct refusal){ 503, "front.bodies.full" };
	x->held += bytes.n;
	x->front->bodies_bytes += bytes.n;
	if (x->multipart) {
		struct err e = http_multipart_feed(x->multipart, bytes);

		return failed(e) ? refused(e) : FINE;
	}
	buf_add(&x->body, bytes);
	return x->body.overflowed ? (struct refusal){ 413, "http.body.size" } : FINE;
}

static struct refusal chunks_feed(struct exchange *x, struct str bytes, size_t *ret_used)
{
	struct err e = http_chunked_feed(&x->chunked, bytes, &x->piece, ret_used);
	struct refusal r = FINE;

	if (failed(e))
		return refused(e);
	x->left += (int64_t)x->piece.n;              /* of a chunked body: what has come */
	if (x->piece.overflowed || x->left > (int64_t)x->max)
		return (struct refusal){ 413, "http.body.size" };
	r = content_add(x, buf_str(&x->piece));
	buf_reset(&x->piece);
	x->whole = x->chunked.state == CHUNK_DONE;
	return r;
}

struct refusal exchange_feed(struct exchange *x, struct str bytes, size_t *ret_used)
{
	if (x->head.chunked)
		return chunks_feed(x, bytes, ret_used);
	size_t n = (int64_t)bytes.n < x->left ? bytes.n : (size_t)x->left;
	*ret_used = n;
	x->left -= (int64_t)n;
	x->whole = x->left == 0;
	return content_add(x, str_slice(bytes, 0, n));
}

/* ---- decoding ---- */

static enum http_lang lang_choose(const struct http_pairs *query, const struct http_pairs *cookies, struct str accepted)
{
	enum http_lang lang;

	/* The cookie has the prefix that http_set_cookie() gives it under https. */
	if (http_lang_parse(http_get(query, "lang"), &lang) || http_lang_parse(http_get(cookies, "__Host-lang"), &lang)
	    || http_lang_parse(http_get(cookies, "lang"), &lang))
		return lang;
	return http_lang_accepted(accepted);
}

enum http_lang exchange_lang(struct arena *a, const struct http_head *head)
{
	struct http_pairs query = { 0 }, cookies = { 0 };

	/* An error page in the wrong language is still an error page. */
	if (failed(http_parse_pairs(a, head->raw_query, QUERY_MAX, STR_NONE, &query)))
		query.n = 0;
	if (failed(http_parse_cookies(a, head->fields[FIELD_COOKIE], COOKIES_MAX, &cookies)))
		cookies.n = 0;
	return lang_choose(&query, &cookies, head->fields[FIELD_ACCEPT_LANGUAGE]);
}

static struct http_pairs headers_collect(struct arena *a, const struct http_head *h)
{
	struct http_pairs p = { arena_array(a, struct http_pair, HTTP_FIELD_COUNT - HTTP_FIELD_WANTED), 0 };

	for (int f = HTTP_FIELD_WANTED; f < HTTP_FIELD_COUNT; f++)
		if (h->fields[f].p)
			p.v[p.n++] = (struct http_pair){ http_field_name((enum http_field)f), h->fields[f] };
	return p;
}

static struct err request_fill(struct exchange *x, struct arena *a, struct http_req *req)
{
	const struct http_head *h = &x->head;

	TRY(http_parse_pairs(a, h->raw_query, QUERY_MAX, STR_NONE, &req->query));
	TRY(http_parse_cookies(a, h->fields[FIELD_COOKIE], COOKIES_MAX, &req->cookies));
	req->headers = headers_collect(a, h);
	if (x->multipart)
		TRY(http_multipart_end(x->multipart, a, &req->form, &req->parts, &req->part_n));
	else if (x->kind == HTTP_FORM || x->kind == HTTP_MULTIPART)
		TRY(http_parse_pairs(a, buf_str(&x->body), WEB_PAIRS_MAX, x->multi_line, &req->form));
	else if (x->kind == HTTP_RAW)
		req->body = buf_str(&x->body);
	req->lang = lang_choose(&req->query, &req->cookies, h->fields[FIELD_ACCEPT_LANGUAGE]);
	return NO_ERR;
}

struct refusal exchange_request(struct exchange *x, struct http_req *ret_req)
{
	struct http_req req = {
		.id = { x->id, sizeof x->id }, .source = str_from_c(x->source), .listener = x->listener,
		.method = x->head.method, .path = x->head.path, .raw_query = x->head.raw_query,
	};
	struct err e = request_fill(x, x->front->scratch, &req);

	*ret_req = req;
	return failed(e) ? refused(e) : FINE;
}
