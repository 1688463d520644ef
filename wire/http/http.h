/* http.h - one strict, decoded HTTP request, and the answer to it.
 *
 * The front makes a http_req from bytes; the engine receives it in a frame (wire/ipc/web.h)
 * and gives back a http_resp. Nothing here does I/O. Everything in a http_req is decoded,
 * bounded, valid UTF-8 without NUL, and without CR or LF except in the form fields that the
 * route declares multi-line; repeated query and form names, cookies and single-valued headers
 * were refused in the front, so that the first of a name is the only one.
 */
#ifndef WIRE_HTTP_HTTP_H
#define WIRE_HTTP_HTTP_H
#include "base/arena.h"

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_OPTIONS, HTTP_METHOD_COUNT };
enum http_listener { HTTP_PUBLIC, HTTP_METRICS, HTTP_ADMIN, HTTP_LISTENER_COUNT };
/* How the front decodes the body of a route. NO_BODY: a body is refused. RAW: bytes as they are. */
enum http_body { HTTP_NO_BODY, HTTP_FORM, HTTP_MULTIPART, HTTP_RAW, HTTP_BODY_COUNT };
enum http_lang { LANG_FR, LANG_EN, LANG_COUNT };

struct http_pair { struct str name, value; };
struct http_pairs { struct http_pair *v; size_t n; };
struct http_part { struct str name, filename, content_type, bytes; };   /* a file of a multipart form */

struct http_req {
	struct arena *arena;        /* all of this lives here; wiped after the answer */
	int64_t now_s;              /* the wall clock, read once */
	int64_t deadline_ms;        /* of clock_mono_ms(); helpers are waited for until then */
	struct str id;              /* correlation id, 16 characters, also in the log and on error pages */
	struct str source;          /* client address as text: the peer's, or by a trusted proxy's header */
	enum http_listener listener;
	enum http_method method;
	enum http_lang lang;        /* ?lang=, else the cookie `lang`, else Accept-Language, else French */
	struct str path;            /* as in the route table, percent-decoding refused beyond unreserved */
	struct str raw_query;       /* as sent: SAML redirect signatures are over these bytes */
	struct http_pairs query, form, cookies;
	struct http_pairs headers;  /* lower-case names, only those listed in http_header_wanted() */
	struct http_part *parts; size_t part_n;
	struct str body;            /* RAW routes */
};

/* Value of the only pair with that name, or STR_NONE; `has` tells absent from empty. */
struct str http_get(const struct http_pairs *pairs, const char *name);
bool http_has(const struct http_pairs *pairs, const char *name);
/* Headers that travel to the engine: authorization, origin, sec-fetch-site, sec-fetch-mode,
 * content-type, accept, accept-language, if-none-match, referer, user-agent. */
bool http_header_wanted(struct str lower_name);

enum { HTTP_RESP_HEADERS = 16 };
struct http_resp {
	int status;
	struct str content_type;    /* empty: no body */
	struct str body;            /* lives in the request's arena, at most 4 MiB */
	struct http_pair headers[HTTP_RESP_HEADERS];   /* set-cookie may repeat */
	size_t header_n;
	bool cacheable;             /* false (default): the front adds Cache-Control: no-store */
	struct err outcome;         /* for the engine's log line; never leaves the engine */
	/* Of the page's Content-Security-Policy. */
	struct str form_action;     /* one more origin that its forms lead to, e.g. "https://rp.example", or empty */
	struct str frame_src;       /* what it shows in frames beside pages of its own: origins, blank-separated; empty: no frames */
	bool framed;                /* pages of this origin may show it in a frame */
};

/* All responses live in req->arena. */
struct http_resp *http_answer(const struct http_req *req, int status, struct str content_type, struct str body);
struct http_resp *http_see_other(const struct http_req *req, struct str location);   /* 303, always */
void http_add_header(struct http_resp *r, struct str name, struct str value);
/* name=value with Path=/; HttpOnly; SameSite=Lax; Secure and the __Host- prefix when https.
 * ttl_s 0: until the browser closes; negative: removed. The reader asks with http_cookie(). */
void http_set_cookie(const struct http_req *req, struct http_resp *r, bool https, const char *name, struct str value, int64_t ttl_s);
/* The same with SameSite=Strict: a link on another site does not bring it. */
void http_set_strict_cookie(const struct http_req *req, struct http_resp *r, bool https, const char *name, struct str value, int64_t ttl_s);
struct str http_cookie(const struct http_req *req, bool https, const char *name);

/* What counts as one source: an IPv4 address as it is; an IPv6 one by its /64, which is what one
 * subscriber has; anything else as it is. Lives in address and a. */
struct str http_source_key(struct arena *a, struct str address);

/* The one table from kinds of errors to statuses. */
int http_status_of(enum err_kind kind);
const char *http_status_text(int status);

/* name=value&... ; bytes outside unreserved percent-encoded (application/x-www-form-urlencoded
 * with %20, which every reader understands). add_query appends with ? or &. */
void http_add_pair(struct buf *b, const char *name, struct str value);
struct str http_add_query(struct arena *a, struct str url, const struct http_pair *v, size_t n);
void http_add_escaped(struct buf *b, struct str s);
/* Strict: %XX or '+' (when plus_is_space), UTF-8, no control bytes but those allowed
 * (multi_line: TAB, CR, LF). MALFORMED http.escape, http.utf8, http.control. Lives in a. */
MUST struct err http_unescape(struct arena *a, struct str s, bool plus_is_space, bool multi_line, struct str *ret_text);
/* Split and decode a query or form: `&` only, each name once, at most max pairs.
 * MALFORMED http.pairs.repeated, http.pairs.many, and those of http_unescape. */
MUST struct err http_parse_pairs(struct arena *a, struct str s, size_t max, struct str multi_line_names, struct http_pairs *ret_pairs);
/* "Basic": RFC 7617 with both halves form-decoded (RFC 6749 2.3.1). MALFORMED http.basic */
MUST struct err http_parse_basic(struct arena *a, struct str authorization, struct str *ret_name, struct str *ret_password);
#endif
