/* page_key.h - the section "Clés": what signs, what will, and the next step of a change. */
#ifndef IDP_ADMIN_PAGE_KEY_H
#define IDP_ADMIN_PAGE_KEY_H
#include "idp/admin/page.h"

struct http_resp *keys_get(void *app, const struct http_req *req);
struct http_resp *key_change_get(void *app, const struct http_req *req);        /* ?cle=ES256 */
struct http_resp *key_change_post(void *app, const struct http_req *req);
#endif
