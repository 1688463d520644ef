/* page_audit.h - the section "Journal": searching the audit, taking it away as CSV, following its chain. */
#ifndef IDP_ADMIN_PAGE_AUDIT_H
#define IDP_ADMIN_PAGE_AUDIT_H
#include "idp/admin/page.h"

struct http_resp *audit_get(void *app, const struct http_req *req);             /* ?du=&au=&evenement=&acteur=&partenaire=&issue=&avant= */
struct http_resp *audit_export_get(void *app, const struct http_req *req);      /* the same */
struct http_resp *audit_export_post(void *app, const struct http_req *req);
struct http_resp *audit_verify_get(void *app, const struct http_req *req);      /* ?apres= */
struct http_resp *audit_verify_post(void *app, const struct http_req *req);
#endif
