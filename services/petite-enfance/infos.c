/* infos.c - the pages that need no session: home, what becomes of the data. */
#include "pe_pages.h"
#include "services/petite-enfance/petite_enfance.h"

struct http_resp *pe_home_get(void *kit, const struct http_req *req)
{
	struct kit_page page;

	kit_page_open(kit, req, &page);
	page_pe_home(&page.out, &page.site);
	return kit_page_answer(kit, req, &page, 200);
}

struct http_resp *pe_data_get(void *kit, const struct http_req *req)
{
	struct page_pe_data v = { .session_hours = kit_session_hours(kit), .mail = kit_mail_is_on(kit) };
	struct kit_page page;

	kit_page_open(kit, req, &page);
	page_pe_data(&page.out, &page.site, &v);
	return kit_page_answer(kit, req, &page, 200);
}
