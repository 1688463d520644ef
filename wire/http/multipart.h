/* multipart.h - multipart/form-data, decoded as it comes.
 *
 * Lines end with CRLF, nothing stands before the first boundary or after the last. A part with a
 * filename is a file; another one is a field of the form, held to the same rules as any field.
 */
#ifndef WIRE_HTTP_MULTIPART_H
#define WIRE_HTTP_MULTIPART_H
#include "wire/http/http.h"

enum { HTTP_PARTS_MAX = 15 };     /* files; each may need a descriptor of its own in the frame */

struct http_multipart;

/* From the content type of the request; multi_line_names as in http_parse_pairs(), borrowed.
 * Source  RFC 7578, RFC 2046 5.1.1
 * Owner   *ret_m is the caller's, to be destroyed
 * Errors  MALFORMED http.multipart.boundary */
MUST struct err http_multipart_create(struct str content_type, struct str multi_line_names, size_t max_pairs,
	struct http_multipart **ret_m);
void http_multipart_destroy(struct http_multipart *m);       /* wipes; NULL is fine */
/* More bytes. MALFORMED http.multipart.shape, .part, .many */
MUST struct err http_multipart_feed(struct http_multipart *m, struct str bytes);
/* All has come: the lists live in a, their text in m. MALFORMED http.multipart.cut, http.pairs.repeated,
 * http.utf8, http.control */
MUST struct err http_multipart_end(struct http_multipart *m, struct arena *a, struct http_pairs *ret_form,
	struct http_part **ret_parts, size_t *ret_part_n);
#endif
