/* headers.h - the security fields of every answer. */
#ifndef ROLES_FRONT_HEADERS_H
#define ROLES_FRONT_HEADERS_H
#include "base/str.h"

/* What all answers have alike. https: citizens come by https only, so browsers are told to. */
void headers_write_common(struct buf *b, bool https);
/* Content-Security-Policy by content type: pages may load from here and post here (and to
 * form_action, one more origin, when given); anything else may do nothing at all. */
void headers_write_policy(struct buf *b, struct str content_type, struct str form_action);
#endif
