/* headers.h - the security fields of every answer. */
#ifndef ROLES_FRONT_HEADERS_H
#define ROLES_FRONT_HEADERS_H
#include "wire/http/http.h"

/* What all answers have alike. https: citizens come by https only, so browsers are told to. */
void headers_write_common(struct buf *b, bool https);
/* Content-Security-Policy by content type: pages may load from here and post here, and what the engine's
 * answer adds to that (form_action, frame_src, framed; NULL: nothing); anything else may do nothing at all. */
void headers_write_policy(struct buf *b, struct str content_type, const struct http_resp *resp);
#endif
