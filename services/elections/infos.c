/* infos.c - the pages that need no session: home, and what becomes of the data. */
#include "elections_pages.h"
#include "services/elections/elections.h"

struct http_resp *el_home_get(void *kit, const struct http_req *req)
{
	struct kit_page page;

	kit_page_open(kit, req, &page);
	page_elections_home(&page.out, &page.site);
	return kit_page_answer(kit, req, &page, 200);
}

struct http_resp *el_data_get(void *kit, const struct http_req *req)
{
	struct page_elections_data v = { .session_hours = kit_session_hours(kit), .mail = kit_mail_is_on(kit) };
	struct kit_page page;

	kit_page_open(kit, req, &page);
	page_elections_data(&page.out, &page.site, &v);
	return kit_page_answer(kit, req, &page, 200);
}
