/* fields.h - what stands in some request fields: cookies, languages, media types, addresses. */
#ifndef WIRE_HTTP_FIELDS_H
#define WIRE_HTTP_FIELDS_H
#include "wire/http/http.h"

/* The pairs of a Cookie field. A pair of an unexpected shape is left out (other software may set
 * cookies on our domain); of a name that comes twice, neither is delivered: one of both may have
 * been planted from a sister host.
 * Source  RFC 6265 4.2.1, 5.4
 * Owner   *ret_pairs lives in a, its text is borrowed from field
 * Errors  MALFORMED http.cookies.many (more than max) */
MUST struct err http_parse_cookies(struct arena *a, struct str field, size_t max, struct http_pairs *ret_pairs);

/* The better liked of our languages (RFC 9110 12.5.4); French when none is. */
enum http_lang http_lang_accepted(struct str accept_language);
/* "fr" or "en", nothing else. */
bool http_lang_parse(struct str code, enum http_lang *ret_lang);
struct str http_lang_code(enum http_lang lang);

/* "text/html" out of "text/html; charset=utf-8"; as sent otherwise. */
struct str http_media_type(struct str content_type);
/* The value of one parameter of a media type, quotes removed; STR_NONE when absent or twice. */
struct str http_media_param(struct str content_type, struct str name);
/* The last address of an X-Forwarded-For field, the one that our own proxy wrote. */
struct str http_forwarded_last(struct str field);
/* Does an If-None-Match field name this entity tag (with its quotes)? RFC 9110 13.1.2 */
bool http_etag_matches(struct str if_none_match, struct str etag);
/* scheme://host[:port] of an http or https URL, STR_NONE otherwise; borrowed. */
struct str http_origin_of(struct str url);
#endif
