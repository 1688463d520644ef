/* site.h - what one engine published: its routes, the documents that the front answers itself,
 * and the pages for errors. Found by listener and exact path. */
#ifndef ROLES_FRONT_SITE_H
#define ROLES_FRONT_SITE_H
#include "wire/http/write.h"
#include "wire/ipc/web.h"

/* A document with its answers already written. Counted: an answer under way keeps it. */
struct site_document {
	size_t uses;
	char  *bytes;           /* status line, fields; blank line; body */
	size_t fields_n, n;     /* without the blank line; all of it */
	size_t date_at;         /* where the Date stands */
	struct buf not_modified;       /* the same fields for a 304, without the blank line */
	size_t not_modified_date_at;
	char   etag[36];        /* with its quotes */
	bool   cors;
};

struct site_entry {
	enum http_listener listener;
	struct str path;                          /* owner: the site */
	struct web_route *routes[HTTP_METHOD_COUNT];   /* NULL: that method has none */
	struct site_document *document;
};

struct site;

struct site *site_create(struct str common_fields /* outlives the site */);
void site_destroy(struct site *s);
void site_add_routes(struct site *s, const struct web_publish *p);
/* The newest of a path, or of a status and language, wins. MALFORMED front.document */
MUST struct err site_add_document(struct site *s, const struct web_document *d);
const struct site_entry *site_find(const struct site *s, enum http_listener listener, struct str path);
/* "GET, HEAD, POST" */
void site_allowed(const struct site_entry *e, struct buf *b);

/* That listener's page for a status, in that language or another; false when none was published. */
bool site_error_page(const struct site *s, enum http_listener listener, int status, enum http_lang lang,
	struct str *ret_content_type, struct str *ret_body);

void site_document_date(struct site_document *d, const char *date);
void site_document_release(const void *bytes, size_t n, void *document);    /* as libevent calls it */
#endif
