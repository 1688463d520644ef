/* answer.c - see answer.h. */
#include "roles/front/answer.h"
#include "roles/front/exchange.h"
#include "roles/front/headers.h"
#include "roles/front/refusals.h"
#include "wire/http/fields.h"

/* Fields that the front alone decides; an engine that sends them anyway is not heard. */
static bool is_ours(struct str name)
{
	static const char *const ours[] = { "content-length", "transfer-encoding", "connection", "date", "content-type" };

	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		if (str_eq_nocase(name, str_from_c(ours[i])))
			return true;
	return false;
}

static void start(struct front *f, int status)
{
	buf_reset(&f->out);
	http_write_status(&f->out, status);
	buf_add(&f->out, STR("Date: "));
	buf_add(&f->out, (struct str){ front_date(f), HTTP_DATE_BYTES });
	buf_add(&f->out, STR("\r\n"));
	buf_add(&f->out, buf_str(&f->common));
}

/* Length, connection, blank line, body; then out it goes, and what was written is wiped. */
static void finish(struct conn *c, const struct http_head *head, int status, struct str body)
{
	struct buf *b = &c->front->out;

	if (status != 204 && status != 304)
		http_write_number(b, "Content-Length", (int64_t)body.n);
	if (c->close_after)
		http_write_literal(b, "Connection", "close");
	buf_add(b, STR("\r\n"));
	if (!head || head->method != HTTP_HEAD)
		buf_add(b, body);
	conn_write(c, b->p, b->n, NULL, NULL);
	explicit_bzero(b->p, b->n);
	buf_reset(b);
	conn_answered(c);
}

/* ---- documents ---- */

static void document_head(struct conn *c, struct str fields)
{
	struct buf *b = &c->front->out;

	buf_reset(b);
	buf_add(b, fields);
	if (c->close_after)
		http_write_literal(b, "Connection", "close");
	buf_add(b, STR("\r\n"));
	conn_write(c, b->p, b->n, NULL, NULL);
	buf_reset(b);
}

void answer_document(struct conn *c, const struct http_head *head, struct site_document *d)
{
	struct str wanted = head->fields[FIELD_IF_NONE_MATCH];

	site_document_date(d, front_date(c->front));
	if (wanted.p && http_etag_matches(wanted, str_from_c(d->etag))) {
		document_head(c, buf_str(&d->not_modified));
	} else if (head->method == HTTP_HEAD) {
		document_head(c, (struct str){ d->bytes, d->fields_n });
	} else if (c->close_after) {
		document_head(c, (struct str){ d->bytes, d->fields_n });
		d->uses++;
		conn_write(c, d->bytes + d->fields_n + 2, d->n - d->fields_n - 2, site_document_release, d);
	} else {
		d->uses++;
		conn_write(c, d->bytes, d->n, site_document_release, d);
	}
	conn_answered(c);
}

void answer_preflight(struct conn *c)
{
	struct buf *b = &c->front->out;

	start(c->front, 204);
	http_write_literal(b, "Access-Control-Allow-Origin", "*");
	http_write_literal(b, "Access-Control-Allow-Methods", "GET, HEAD, OPTIONS");
	http_write_literal(b, "Access-Control-Max-Age", "600");
	http_write_literal(b, "Cache-Control", "no-store");
	finish(c, NULL, 204, STR_NONE);
}

/* ---- the engine's answers ---- */

static struct err response_fields(struct buf *b, const struct http_resp *resp)
{
	bool cache_said = resp->cacheable, policy_said = false;

	for (size_t i = 0; i < resp->header_n; i++) {
		const struct http_pair *h = &resp->headers[i];

		if (is_ours(h->name))
			continue;
		TRY(http_write_field(b, h->name, h->value));
		cache_said |= str_eq_nocase(h->name, STR("cache-control"));
		policy_said |= str_eq_nocase(h->name, STR("content-security-policy"));
	}
	if (resp->content_type.n)
		TRY(http_write_field(b, STR("Content-Type"), resp->content_type));
	if (!policy_said)
		headers_write_policy(b, resp->content_type, resp);
	if (!cache_said)
		http_write_literal(b, "Cache-Control", "no-store");
	return NO_ERR;
}

void answer_response(struct conn *c, const struct http_head *head, const struct http_resp *resp)
{
	struct front *f = c->front;

	if (resp->status < 200 || resp->status > 599) {
		answer_refusal(c, head, 500, "front.answer.status", NULL);
		return;
	}
	start(f, resp->status);
	struct err e = response_fields(&f->out, resp);
	if (failed(e)) {
		answer_refusal(c, head, 500, e.slug, NULL);
		return;
	}
	bool bare = !resp->content_type.n || resp->status == 204 || resp->status == 304;
	finish(c, head, resp->status, bare ? STR_NONE : resp->body);
}

/* ---- refusals ---- */

/* The page with @@REQUEST_ID@@ replaced: the one thing in it that differs each time. */
static struct str page_fill(struct arena *a, struct str page, struct str id)
{
	static const struct str token = STR_INIT("@@REQUEST_ID@@");
	struct str parts[9];
	size_t n = 0;

	while (n + 2 < sizeof parts / sizeof *parts) {
		const char *hit = memmem(page.p, page.n, token.p, token.n);
		size_t at = hit ? (size_t)(hit - page.p) : page.n;

		if (!hit)
			break;
		parts[n++] = str_slice(page, 0, at);
		parts[n++] = id;
		page = str_slice(page, at + token.n, page.n);
	}
	parts[n++] = page;
	return arena_concat(a, parts, n);
}

static void refusal_body(struct conn *c, const struct http_head *head, int status, struct str id,
	struct str *ret_type, struct str *ret_body)
{
	struct front *f = c->front;
	struct str page;
	bool told = head && head->path.p;
	enum http_lang lang = told ? exchange_lang(f->scratch, head) : LANG_FR;

	if (f->site && site_error_page(f->site, c->listener, status, lang, ret_type, &page)) {
		*ret_body = page_fill(f->scratch, page, id);
		return;
	}
	*ret_type = STR("text/plain; charset=utf-8");
	*ret_body = arena_printf(f->scratch, "%d %s (%.16s)\n", status, http_status_text(status), id.p);
}

void answer_refusal(struct conn *c, const struct http_head *head, int status, const char *slug, const struct site_entry *allowed)
{
	struct front *f = c->front;
	struct str type, body;
	char id[16];

	refusal_count(slug, status);
	if (c->exchange)
		memcpy(id, c->exchange->id, sizeof id);
	else
		front_new_id(f, id);
	/* After any doubt about where a request ends, nothing more is read on this connection. */
	if (!head || (head->status && head->slug) || (c->exchange && !c->exchange->whole)
	    || (!c->exchange && (head->chunked || head->length > 0)))
		c->close_after = c->linger_after = true;
	refusal_body(c, head, status, (struct str){ id, sizeof id }, &type, &body);
	start(f, status);
	http_write_literal(&f->out, "Cache-Control", "no-store");
	if (status == 503)
		http_write_literal(&f->out, "Retry-After", "2");
	if (allowed) {
		AUTO(buf_done) struct buf methods;

		buf_init(&methods, 64);
		site_allowed(allowed, &methods);
		buf_add(&f->out, STR("Allow: "));
		buf_add(&f->out, buf_str(&methods));
		buf_add(&f->out, STR("\r\n"));
	}
	if (!failed(http_write_field(&f->out, STR("Content-Type"), type)))
		headers_write_policy(&f->out, type, NULL);
	finish(c, head, status, body);
	arena_reset(f->scratch);
}
