/* infos.c - the pages that need no session: home, what becomes of the data; and the kit's pages in
 * this service's templates. */
#include "elections_pages.h"
#include "services/elections/elections.h"
#include "services/elections/infos.h"

struct http_resp *el_home_get(void *kit, const struct http_req *req)
{
	struct page_elections_home v = { 0 };      /* no usual delay before there are demandes to count */
	struct kit_page page;

	kit_page_open(kit, req, &page);
	page_elections_home(&page.out, &page.site, &v);
	return kit_page_answer(kit, req, &page, 200);
}

struct http_resp *el_data_get(void *kit, const struct http_req *req)
{
	int64_t max_s = kit_settings(kit)->session_max_s;
	struct page_elections_data v = { .session_hours = ((max_s > 0 ? max_s : 28800) + 3599) / 3600, .mail = kit_mail_is_on(kit) };
	struct kit_page page;

	kit_page_open(kit, req, &page);
	page_elections_data(&page.out, &page.site, &v);
	return kit_page_answer(kit, req, &page, 200);
}

static void status(struct buf *out, const struct page_site *site, int code, struct str reason)
{
	struct page_elections_status v = { .status = code, .reason = reason };

	page_elections_status(out, site, &v);
}

static void error(struct buf *out, const struct page_site *site, int code, struct str reason, struct str retry_url)
{
	struct page_elections_error v = { .status = code, .reason = reason, .retry_url = retry_url };

	page_elections_error(out, site, &v);
}

static void idp_down(struct buf *out, const struct page_site *site)
{
	page_elections_idp_down(out, site);
}

static void login_failed(struct buf *out, const struct page_site *site, struct str reason, struct str retry_url)
{
	struct page_elections_login_failed v = { .reason = reason, .retry_url = retry_url };

	page_elections_login_failed(out, site, &v);
}

static void logged_out(struct buf *out, const struct page_site *site, bool everywhere, struct str account_url)
{
	struct page_elections_logged_out v = { .everywhere = everywhere, .account_url = account_url };

	page_elections_logged_out(out, site, &v);
}

static void accessibility(struct buf *out, const struct page_site *site)
{
	page_elections_accessibility(out, site);
}

const struct kit_pages el_pages = { status, error, idp_down, login_failed, logged_out, accessibility };
