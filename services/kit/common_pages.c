/* common_pages.c - the kit's pages in its own templates (services/kit/pages). */
#include "kit_pages.h"
#include "services/kit/kit.h"

static void status(struct buf *out, const struct page_site *site, int code, struct str reason)
{
	struct page_kit_status v = { .status = code, .reason = reason };

	page_kit_status(out, site, &v);
}

static void error(struct buf *out, const struct page_site *site, int code, struct str reason, struct str retry_url)
{
	struct page_kit_error v = { .status = code, .reason = reason, .retry_url = retry_url };

	page_kit_error(out, site, &v);
}

static void idp_down(struct buf *out, const struct page_site *site)
{
	page_kit_idp_down(out, site);
}

static void login_failed(struct buf *out, const struct page_site *site, struct str reason, struct str retry_url)
{
	struct page_kit_login_failed v = { .reason = reason, .retry_url = retry_url };

	page_kit_login_failed(out, site, &v);
}

static void logged_out(struct buf *out, const struct page_site *site, bool everywhere, struct str account_url)
{
	struct page_kit_logged_out v = { .everywhere = everywhere, .account_url = account_url };

	page_kit_logged_out(out, site, &v);
}

static void accessibility(struct buf *out, const struct page_site *site)
{
	page_kit_accessibility(out, site);
}

const struct kit_pages kit_common_pages = { status, error, idp_down, login_failed, logged_out, accessibility };
