/* pages.h - the pages of the citizen's own account. */
#ifndef IDP_ACCOUNT_PAGES_H
#define IDP_ACCOUNT_PAGES_H
#include "idp/idp.h"

struct http_resp *home_get(void *app, const struct http_req *req);
struct http_resp *account_get(void *app, const struct http_req *req);
struct http_resp *data_get(void *app, const struct http_req *req);
struct http_resp *accessibility_get(void *app, const struct http_req *req);
#endif
