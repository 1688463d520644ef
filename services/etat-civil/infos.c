/* infos.c - the pages that need no session: home, whose act, what becomes of the data. */
#include "etat_civil_pages.h"
#include "services/etat-civil/etat_civil.h"

enum { SESSION_MAX_S = 28800 };       /* libguichet-sp's own, where the configuration says nothing */

struct http_resp *ec_home_get(void *kit, const struct http_req *req)
{
	struct kit_page page;

	kit_page_open(kit, req, &page);
	page_etat_civil_home(&page.out, &page.site);
	return kit_page_answer(kit, req, &page, 200);
}

struct http_resp *ec_choose_get(void *kit, const struct http_req *req)
{
	struct kit_page page;

	kit_page_open(kit, req, &page);
	page_etat_civil_choose(&page.out, &page.site);
	return kit_page_answer(kit, req, &page, 200);
}

struct http_resp *ec_data_get(void *kit, const struct http_req *req)
{
	int64_t max_s = kit_settings(kit)->session_max_s;
	struct page_etat_civil_data v = { .session_hours = ((max_s > 0 ? max_s : SESSION_MAX_S) + 3599) / 3600, .mail = kit_mail_is_on(kit) };
	struct kit_page page;

	kit_page_open(kit, req, &page);
	page_etat_civil_data(&page.out, &page.site, &v);
	return kit_page_answer(kit, req, &page, 200);
}
