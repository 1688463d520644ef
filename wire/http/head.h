/* head.h - the head of a strict HTTP/1.1 request, bytes to struct.
 *
 * Our own parser, since the usual ones accept what lets a second request hide in the first
 * (two lengths, blanks before a colon, bare line feeds, folded lines). Whatever two readers
 * could understand differently is refused, and the connection is then closed.
 * It knows no socket and no route.
 */
#ifndef WIRE_HTTP_HEAD_H
#define WIRE_HTTP_HEAD_H
#include "wire/http/http.h"

enum { HTTP_HEAD_MAX = 16384, HTTP_TARGET_MAX = 8192, HTTP_FIELDS_MAX = 64 };

/* The fields that we read; all others are checked for shape and dropped. From
 * HTTP_FIELD_WANTED on they travel to the engine. */
enum http_field {
	FIELD_HOST, FIELD_CONTENT_LENGTH, FIELD_TRANSFER_ENCODING, FIELD_CONNECTION, FIELD_UPGRADE,
	FIELD_EXPECT, FIELD_COOKIE, FIELD_FORWARDED_FOR,
	HTTP_FIELD_WANTED,
	FIELD_AUTHORIZATION = HTTP_FIELD_WANTED, FIELD_ORIGIN, FIELD_SEC_FETCH_SITE, FIELD_SEC_FETCH_MODE,
	FIELD_CONTENT_TYPE, FIELD_ACCEPT, FIELD_ACCEPT_LANGUAGE, FIELD_IF_NONE_MATCH, FIELD_REFERER,
	FIELD_USER_AGENT,
	HTTP_FIELD_COUNT
};

enum http_progress { HTTP_MORE, HTTP_DONE, HTTP_REFUSED };

/* What is remembered of a head that has not come whole yet; all zero at first. */
struct http_head_scan { size_t at; bool line_checked; };

struct http_head {
	enum http_method method;
	struct str path;              /* pchar only: no percent-encoding, no dot segment, no second slash first */
	struct str raw_query;         /* without the '?'; every %XX is well formed and not %00 */
	struct str host;              /* without port; of the form of a name or an address */
	struct str fields[HTTP_FIELD_COUNT];   /* p is NULL when absent; blanks around are gone */
	bool keep_alive;              /* HTTP/1.1 without "close" or an upgrade */
	bool http_1_0;
	bool chunked, has_length;     /* at most one of both; neither: no body */
	bool expects_continue;
	int64_t length;
	size_t size;                  /* bytes of the head with its last blank line */
	int status;                   /* when refused: what to answer, and why */
	const char *slug;
};

/* Read a head from the n bytes that have come so far. Names are put in lower case in place;
 * reading the same bytes again gives the same result.
 * Source  RFC 9112 2 to 6, with every liberty left to the recipient refused
 * Owner   what *h points at is borrowed from p
 * Errors  HTTP_REFUSED with h->status 400, 414, 417, 431, 501 or 505, and h->slug http.head.* */
enum http_progress http_head_read(struct http_head_scan *scan, char *p, size_t n, struct http_head *h);

/* The bytes have been copied from `from` to `to`: point there. */
void http_head_move(struct http_head *h, const char *from, const char *to);

/* "authorization", for the pairs that travel to the engine. */
struct str http_field_name(enum http_field f);
#endif
