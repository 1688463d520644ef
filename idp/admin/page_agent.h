/* page_agent.h - the section "Agents": who of the directory is known here, and what is done for them. */
#ifndef IDP_ADMIN_PAGE_AGENT_H
#define IDP_ADMIN_PAGE_AGENT_H
#include "idp/admin/page.h"

struct http_resp *agents_get(void *app, const struct http_req *req);
struct http_resp *agent_card_get(void *app, const struct http_req *req);        /* ?id= */
struct http_resp *agent_act_get(void *app, const struct http_req *req);         /* ?id=&acte=facteurs|sessions */
struct http_resp *agent_act_post(void *app, const struct http_req *req);
struct http_resp *agent_code_get(void *app, const struct http_req *req);
struct http_resp *agent_code_post(void *app, const struct http_req *req);
#endif
