/* page_account.h - the section "Comptes": one citizen's account, found by its exact address or number. */
#ifndef IDP_ADMIN_PAGE_ACCOUNT_H
#define IDP_ADMIN_PAGE_ACCOUNT_H
#include "idp/admin/page.h"

struct http_resp *accounts_get(void *app, const struct http_req *req);
struct http_resp *accounts_post(void *app, const struct http_req *req);
struct http_resp *account_card_get(void *app, const struct http_req *req);      /* ?id= */
struct http_resp *account_state_get(void *app, const struct http_req *req);     /* ?id= */
struct http_resp *account_state_post(void *app, const struct http_req *req);
#endif
