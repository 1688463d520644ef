/* agents_impl.h - what the files of the agents' door share. */
#ifndef SERVICES_KIT_AGENTS_IMPL_H
#define SERVICES_KIT_AGENTS_IMPL_H
#include "kit_pages.h"
#include "services/kit/agents.h"
#include "services/kit/kit_impl.h"

enum {
	AGENTS_PAGE = 50,
	AGENTS_COUNTED = 1000,           /* more filings than that in one state are "1 000 et plus" */
	AGENTS_OPEN_S = 900,             /* so long an opening holds: the page may be loaded again */
	AGENTS_HOUR_S = 3600,
	AGENTS_MANY = 50,                /* openings by one agent in an hour: more are told in the audit and on the pages … */
	AGENTS_MOST = 300,               /* … and from here on refused */
	AGENTS_WORD_CHARS = 1000,
};

/* ---- agents_who.c ---- */

/* The highest of the roles that the provider tells. */
enum kit_role agents_role_of(const struct sp_identity *id);
/* Under which name an agent's forms and drafts are sealed: no citizen can have it. */
struct kit_usager agents_owner(struct arena *a, struct str pseudonym);
/* To the agents' sign-in, and back to `path` (one of this door's; anything else becomes "/agents"). */
struct http_resp *agents_to_login(const struct http_req *req, struct str path);
/* The path of ?retour=, if it is one of this door's; else "/agents". */
struct str agents_path_of(const struct http_req *req);
/* "/agents/demande?numero=…" */
struct str agents_filing_url(struct arena *a, struct str number);
/* The beginning of a pseudonym, as people see it. */
struct str agents_short(struct str pseudonym);
/* As kit_page_open(), with the header of this door; agent NULL: nobody is signed in. */
void agents_page_open(struct kit *k, const struct http_req *req, const struct kit_agent *agent, struct kit_page *ret_page);
struct http_resp *agents_error(struct kit *k, const struct http_req *req, const struct kit_agent *agent, struct err e);

/* ---- agents_store.c ---- */

/* state: "filed", "received", "closed"; both empty: all. before: only what was filed before this filing of that
 * moment, so that a page costs the same however old it is; INT64_MAX and empty: from the newest on. */
struct agents_filter { struct str state, kind; int64_t before_s; struct str before; };
struct agents_list {
	struct kit_demande v[AGENTS_PAGE]; size_t n;
	bool more;
	int64_t filed_n, received_n, closed_n;       /* of that kind; counted up to AGENTS_COUNTED + 1 */
	int64_t readings;                            /* the agent's, in the last hour */
};
MUST struct err agents_list_load(struct kit *k, const struct http_req *req, const struct kit_agent *agent, const struct agents_filter *f,
	struct agents_list *ret_list);

/* Record that this agent reads this filing, and why (DURABLE), once in AGENTS_OPEN_S.
 * Errors  ABSENT kit.demande; THROTTLED agents.readings; BUSY or BROKEN store.* */
MUST struct err agents_reading_add(struct kit *k, const struct http_req *req, const struct kit_agent *agent, struct str number, struct str reason);

/* One filing; its answers, and the word that closed it, only when this agent has opened it. */
struct agents_filing {
	struct kit_demande demande;
	bool open;
	void *answers;                               /* NULL unless open */
	struct kit_reading readings[KIT_READERS]; size_t reading_n;
	int64_t older_n;                             /* readings before those */
};
/* Errors  ABSENT kit.demande; BUSY or BROKEN store.* */
MUST struct err agents_filing_load(struct kit *k, const struct http_req *req, const struct kit_agent *agent, struct str number,
	struct agents_filing *ret_filing);

/* Received, or closed with a word (DURABLE), with its audit entry.
 * Errors  ABSENT kit.demande; CONFLICT agents.done (it was so already, or closed); BUSY or BROKEN store.* */
MUST struct err agents_mark_received(struct kit *k, const struct http_req *req, const struct kit_agent *agent, struct str number);
MUST struct err agents_mark_closed(struct kit *k, const struct http_req *req, const struct kit_agent *agent, struct str number, struct str word);

/* The service's readings, newest first; number empty: of all filings. before: only entries before that one of the
 * log; INT64_MAX: from the newest on. And who has read much in the last hour. */
struct agents_reader { struct str pseudonym; int64_t n; };
struct agents_readings {
	struct kit_reading v[AGENTS_PAGE]; size_t n;
	bool more;
	int64_t last;                                /* the entry of the last of them */
	struct agents_reader many[AGENTS_PAGE]; size_t many_n;
};
MUST struct err agents_readings_load(struct kit *k, const struct http_req *req, struct str number, int64_t before,
	struct agents_readings *ret_readings);

/* ---- handlers: agents_login.c, agents_list.c, agents_filing.c, agents_readings.c ---- */

struct http_resp *agents_login_get(void *kit, const struct http_req *req);
struct http_resp *agents_callback_get(void *kit, const struct http_req *req);
struct http_resp *agents_logout_post(void *kit, const struct http_req *req);
struct http_resp *agents_backchannel_post(void *kit, const struct http_req *req);
struct http_resp *agents_list_get(void *kit, const struct http_req *req);
struct http_resp *agents_filing_get(void *kit, const struct http_req *req);
struct http_resp *agents_open_post(void *kit, const struct http_req *req);
struct http_resp *agents_filing_post(void *kit, const struct http_req *req);
struct http_resp *agents_readings_get(void *kit, const struct http_req *req);
#endif
