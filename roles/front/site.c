/* site.c - see site.h. */
#include "roles/front/site.h"
#include <openssl/sha.h>
#include <stdlib.h>
#include "roles/front/headers.h"

enum { ENTRIES_MAX = 512, ERROR_PAGES_MAX = 64, DOCUMENTS_BYTES = WEB_ANSWER_MAX + 8192 };

struct error_page { enum http_listener listener; uint32_t status; enum http_lang lang; struct buf content_type, body; };

struct site {
	struct str common;
	struct arena *arena;            /* routes and paths */
	struct site_entry entries[ENTRIES_MAX];   /* open addressing */
	size_t entry_n;
	struct error_page pages[ERROR_PAGES_MAX];
	size_t page_n;
};

struct site *site_create(struct str common_fields)
{
	struct site *s = calloc(1, sizeof *s);

	if (!s)
		abort();
	s->common = common_fields;
	s->arena = arena_create(4 << 20);
	return s;
}

static void document_release(struct site_document *d)
{
	if (!d || --d->uses > 0)
		return;
	free(d->bytes);
	buf_done(&d->not_modified);
	free(d);
}

void site_document_release(const void *bytes, size_t n, void *document)
{
	document_release(document);
}

void site_destroy(struct site *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < ENTRIES_MAX; i++)
		document_release(s->entries[i].document);
	for (size_t i = 0; i < s->page_n; i++) {
		buf_done(&s->pages[i].content_type);
		buf_done(&s->pages[i].body);
	}
	arena_destroy(s->arena);
	free(s);
}

static size_t place_of(const struct site *s, enum http_listener listener, struct str path)
{
	uint32_t h = 2166136261u ^ (uint32_t)listener;

	for (size_t i = 0; i < path.n; i++)
		h = (h ^ (unsigned char)path.p[i]) * 16777619u;
	size_t at = h % ENTRIES_MAX;
	while (s->entries[at].path.p && (s->entries[at].listener != listener || !str_eq(s->entries[at].path, path)))
		at = (at + 1) % ENTRIES_MAX;
	return at;
}

const struct site_entry *site_find(const struct site *s, enum http_listener listener, struct str path)
{
	const struct site_entry *e = &s->entries[place_of(s, listener, path)];

	return e->path.p ? e : NULL;
}

/* NULL when the table is three quarters full: an engine of ours has far fewer paths. */
static struct site_entry *entry_add(struct site *s, enum http_listener listener, struct str path)
{
	struct site_entry *e = &s->entries[place_of(s, listener, path)];

	if (e->path.p)
		return e;
	if (path.n == 0 || s->entry_n >= ENTRIES_MAX / 4 * 3)
		return NULL;
	s->entry_n++;
	e->listener = listener;
	e->path = arena_dup(s->arena, path);
	return e;
}

void site_add_routes(struct site *s, const struct web_publish *p)
{
	for (size_t i = 0; i < p->route_n; i++) {
		struct site_entry *e = entry_add(s, p->routes[i].listener, p->routes[i].path);
		struct web_route *r = arena_new(s->arena, struct web_route);

		if (!e)
			continue;
		*r = p->routes[i];
		r->path = e->path;
		r->multi_line = arena_dup(s->arena, r->multi_line);
		e->routes[r->method] = r;
	}
}

void site_allowed(const struct site_entry *e, struct buf *b)
{
	if (e->document || e->routes[HTTP_GET])
		buf_add_c(b, "GET, HEAD");
	if (e->routes[HTTP_POST])
		buf_add_c(b, b->n ? ", POST" : "POST");
	if (e->routes[HTTP_OPTIONS] || (e->document && e->document->cors))
		buf_add_c(b, b->n ? ", OPTIONS" : "OPTIONS");
}

/* ---- documents ---- */

static void etag_write(struct str body, char etag[36])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char hash[SHA256_DIGEST_LENGTH];
	size_t n = 0;

	SHA256((const unsigned char *)body.p, body.n, hash);
	etag[n++] = '"';
	for (size_t i = 0; i < 16; i++) {
		etag[n++] = digits[hash[i] >> 4];
		etag[n++] = digits[hash[i] & 15];
	}
	etag[n++] = '"';
	etag[n] = '\0';
}

/* The fields of a 200 or a 304 (RFC 9110 15.4.5: those that matter to a cache are repeated). */
static struct err fields_write(struct buf *b, int status, const struct web_document *d, const char *etag,
	struct str common, size_t *ret_date_at)
{
	http_write_status(b, status);
	buf_add(b, STR("Date: "));
	*ret_date_at = b->n;
	(void)buf_grow(b, HTTP_DATE_BYTES);
	buf_add(b, STR("\r\n"));
	buf_add(b, common);
	http_write_literal(b, "ETag", etag);
	if (d->max_age_s > 0)
		buf_addf(b, "Cache-Control: public, max-age=%lld\r\n", (long long)d->max_age_s);
	else
		http_write_literal(b, "Cache-Control", "no-cache");
	if (d->cors)
		http_write_literal(b, "Access-Control-Allow-Origin", "*");
	if (status == 304)
		return NO_ERR;
	TRY(http_write_field(b, STR("Content-Type"), d->content_type));
	headers_write_policy(b, d->content_type, NULL);
	http_write_number(b, "Content-Length", (int64_t)d->body.n);
	return NO_ERR;
}

static struct err document_create(const struct web_document *d, struct str common, struct site_document **ret_document)
{
	AUTO(buf_done) struct buf b;
	struct site_document *doc;
	char etag[36];
	size_t date_at, fields_n;

	buf_init(&b, DOCUMENTS_BYTES);
	etag_write(d->body, etag);
	TRY(fields_write(&b, 200, d, etag, common, &date_at));
	fields_n = b.n;
	buf_add(&b, STR("\r\n"));
	buf_add(&b, d->body);
	ENSURE(!b.overflowed, MALFORMED, "front.document");
	doc = calloc(1, sizeof *doc);
	if (!doc)
		abort();
	*doc = (struct site_document){ .uses = 1, .fields_n = fields_n, .n = b.n, .date_at = date_at, .cors = d->cors };
	doc->bytes = TAKE(b.p);
	memcpy(doc->etag, etag, sizeof etag);
	buf_init(&doc->not_modified, 4096);
	struct err e = fields_write(&doc->not_modified, 304, d, etag, common, &doc->not_modified_date_at);
	if (failed(e)) {
		document_release(doc);
		return e;
	}
	*ret_document = doc;
	return NO_ERR;
}

void site_document_date(struct site_document *d, const char *date)
{
	memcpy(d->bytes + d->date_at, date, HTTP_DATE_BYTES);
	memcpy(d->not_modified.p + d->not_modified_date_at, date, HTTP_DATE_BYTES);
}

/* ---- pages for errors ---- */

static struct err page_add(struct site *s, const struct web_document *d)
{
	struct error_page *p = s->pages, *end = s->pages + s->page_n;

	while (p < end && (p->listener != d->listener || p->status != d->status || p->lang != d->lang))
		p++;
	if (p == end) {
		ENSURE(s->page_n < ERROR_PAGES_MAX, MALFORMED, "front.document");
		*p = (struct error_page){ .listener = d->listener, .status = d->status, .lang = d->lang };
		buf_init(&p->content_type, 256);
		buf_init(&p->body, WEB_ANSWER_MAX);
		s->page_n++;
	}
	buf_reset(&p->content_type);
	buf_reset(&p->body);
	buf_add(&p->content_type, d->content_type);
	buf_add(&p->body, d->body);
	ENSURE(!p->content_type.overflowed && !p->body.overflowed, MALFORMED, "front.document");
	return NO_ERR;
}

bool site_error_page(const struct site *s, enum http_listener listener, int status, enum http_lang lang,
	struct str *ret_content_type, struct str *ret_body)
{
	const struct error_page *found = NULL;

	for (size_t i = 0; i < s->page_n; i++)
		if (s->pages[i].listener == listener && (int)s->pages[i].status == status && (!found || s->pages[i].lang == lang))
			found = &s->pages[i];
	if (!found)
		return false;
	*ret_content_type = buf_str(&found->content_type);
	*ret_body = buf_str(&found->body);
	return true;
}

struct err site_add_document(struct site *s, const struct web_document *d)
{
	struct site_document *doc = NULL;

	if (d->status != 200)
		return page_add(s, d);
	struct site_entry *e = entry_add(s, d->listener, d->path);
	ENSURE(e, MALFORMED, "front.document");
	TRY(document_create(d, s->common, &doc));
	document_release(e->document);
	e->document = doc;
	return NO_ERR;
}
