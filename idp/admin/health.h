/* health.h - is every part there? And the numbers. */
#ifndef IDP_ADMIN_HEALTH_H
#define IDP_ADMIN_HEALTH_H
#include "idp/idp.h"

struct http_resp *health_get(void *app, const struct http_req *req);
struct http_resp *metrics_get(void *app, const struct http_req *req);
/* NULL, or the name of the part that is down. Asks the store. */
const char *health_down(void *app);
#endif
