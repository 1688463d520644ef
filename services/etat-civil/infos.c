/* infos.c - the pages that need no session: home, whose act, what becomes of the data. */
#include "etat_civil_pages.h"
#include "services/etat-civil/etat_civil.h"

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
	struct page_etat_civil_data v = { .session_hours = kit_session_hours(kit), .mail = kit_mail_is_on(kit) };
	struct kit_page page;

	kit_page_open(kit, req, &page);
	page_etat_civil_data(&page.out, &page.site, &v);
	return kit_page_answer(kit, req, &page, 200);
}
