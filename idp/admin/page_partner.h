/* page_partner.h - the partners' section: handlers, and what its pages share. */
#ifndef IDP_ADMIN_PAGE_PARTNER_H
#define IDP_ADMIN_PAGE_PARTNER_H
#include "idp/admin/page.h"
#include "idp/policy/partner.h"

struct http_resp *partners_get(void *app, const struct http_req *req);
struct http_resp *partner_get(void *app, const struct http_req *req);           /* ?id= */
struct http_resp *partner_state_get(void *app, const struct http_req *req);     /* ?id= */
struct http_resp *partner_state_post(void *app, const struct http_req *req);
/* ?id= to change one that is registered; without, a new one. */
struct http_resp *partner_oidc_get(void *app, const struct http_req *req);
struct http_resp *partner_oidc_post(void *app, const struct http_req *req);
struct http_resp *partner_saml_get(void *app, const struct http_req *req);
struct http_resp *partner_saml_post(void *app, const struct http_req *req);

/* The partner that the address names, or ABSENT partner.unknown. */
MUST struct err partner_of_visit(const struct admin_visit *v, const struct partner **ret_p);
struct str partner_page_url(struct arena *a, const struct partner *p);
/* What a coded value of a registration means: "inform" as "montré une fois à la personne". As it is when it has no words. */
struct str partner_value(const char *field, struct str value, enum http_lang lang);
/* What was wrong with a form, as a sentence; ends never empty. */
struct str partner_fault(const char *fault, enum http_lang lang);
/* Values of one field, a line each. */
struct str partner_lines(struct arena *a, const char *field, const struct str *v, size_t n, enum http_lang lang);
#endif
