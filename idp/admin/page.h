/* page.h - the frame of the administration pages: who is there, the navigation by rights, forms that
 * only their own page can send, and what a page says was done.
 *
 * A section is a row of `admin_sections` (name, path, rights) and its routes, which have the listener
 * HTTP_ADMIN, the rule RULE_ADMIN and `.right`; idp_admit() has asked all of it before a handler runs. A
 * page with a form is a GET and a POST of one address, query included, so that whoever has to sign in or
 * to prove a factor again on the way comes back to the form. What changes something dangerous has
 * FRESH_FORM on its GET and FRESH_SEND on its POST: the longer one leaves the time to type.
 *
 *	struct http_resp *queue_get(void *app, const struct http_req *req)
 *	{
 *		struct admin_visit v;
 *		struct err e = admin_visit_open(app, req, &v);
 *		struct page_admin_queue page = { 0 };
 *		struct page_site site;
 *		struct buf out;
 *
 *		if (failed(e))
 *			return admin_page_error(app, req, e);
 *		...
 *		site = admin_site(&v);
 *		buf_init(&out, ADMIN_PAGE_MAX);
 *		page_admin_queue(&out, &site, &page);
 *		return admin_page_answer(&v, 200, &out);
 *	}
 */
#ifndef IDP_ADMIN_PAGE_H
#define IDP_ADMIN_PAGE_H
#include "base/page.h"
#include "idp/account/agent.h"
#include "idp/session/session.h"

#define RIGHT(name) (1u << ADMIN_##name)                       /* RIGHT(PARTENAIRES) */
#define RIGHT_ANY   ((1u << ADMIN_RIGHT_COUNT) - 1)

enum { ADMIN_PAGE_MAX = 1 << 20, FRESH_FORM = 300, FRESH_SEND = 1800 };

/* One entry of the navigation. Pages below `path` belong to it. */
struct admin_section { const char *path; struct str name[LANG_COUNT], about[LANG_COUNT]; uint32_t right; };
extern const struct admin_section admin_sections[];
extern const size_t admin_section_n;

struct admin_visit {
	struct idp *idp;
	const struct http_req *req;
	struct person who;
	const struct agent *agent;     /* whose login is the actor of every audit entry */
	struct str csrf;               /* of each form: <input type="hidden" name="csrf" value="{{ csrf }}"> */
};

/* The administrator of this request, who was admitted by its route; of a POST, one that comes from a
 * page given to this very session.
 * Errors  DENIED admin.session, admin.csrf; BUSY, BROKEN store.* */
MUST struct err admin_visit_open(struct idp *idp, const struct http_req *req, struct admin_visit *ret_v);
bool admin_visit_may(const struct admin_visit *v, uint32_t rights);

/* For a generated page: the town, the navigation, who is there. Lives in the request's arena. */
struct page_site admin_site(const struct admin_visit *v);
/* Takes what is in *out, which is done with. */
struct http_resp *admin_page_answer(const struct admin_visit *v, int status, struct buf *out);
/* Without a visit too: what went wrong, in plain words, with the frame that there is. */
struct http_resp *admin_page_error(struct idp *idp, const struct http_req *req, struct err e);

/* 303 to a page of ours, which then says what was done: `did` is a word that its template knows. The word
 * is sealed to this session, so that no link can have a page say what has not happened. */
struct http_resp *admin_done(const struct admin_visit *v, struct str path, const char *did);
struct str admin_did(const struct admin_visit *v);              /* that word, or empty */

/* The address of a page about one thing: "/partenaires/fiche?id=..." */
struct str admin_url_of(struct arena *a, const char *path, const char *name, struct str value);

/* Handlers of page.c and page_start.c. */
struct http_resp *admin_start_get(void *app, const struct http_req *req);
/* Pages that fronts answer by themselves on that listener. */
void admin_documents(struct idp *idp, struct arena *a, struct web_document *v, size_t max, size_t *n);
#endif
