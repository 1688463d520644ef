/* page_queue.h - the sections of whoever runs the house: what waits, and how it stands. */
#ifndef IDP_ADMIN_PAGE_QUEUE_H
#define IDP_ADMIN_PAGE_QUEUE_H
#include "idp/admin/page.h"

struct http_resp *queues_get(void *app, const struct http_req *req);
struct http_resp *queue_word_get(void *app, const struct http_req *req);        /* ?id= */
struct http_resp *queue_word_post(void *app, const struct http_req *req);
struct http_resp *state_get(void *app, const struct http_req *req);
#endif
