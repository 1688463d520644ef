/* agents.h - the agents' door of a service: sign in, the list of what was filed, one filing opened with a
 * reason, marked received or closed with a word.
 *
 * Another world than the citizens': a partner, a cookie and a session of its own, which kit_usager() never
 * sees. A reading is in the log that the citizen sees before anything of the filing is shown. Without
 * agents_client_id in the configuration there is no such door: its routes are absent.
 */
#ifndef SERVICES_KIT_AGENTS_H
#define SERVICES_KIT_AGENTS_H
#include "services/kit/demande.h"

/* Each may do what the ones before it may: open; mark; see who has read. */
enum kit_role { KIT_NO_ROLE, KIT_LECTURE, KIT_INSTRUCTEUR, KIT_RESPONSABLE };

struct kit_agent {
	struct str pseudonym;            /* the agent, in this service alone */
	struct str name;                 /* as the provider released it; may be empty */
	enum kit_role role;              /* never KIT_NO_ROLE */
};
/* The agent of this request's session; asked once a request. Lives in req->arena.
 * Errors  ABSENT sp.session.absent, .expired; DENIED agents.role; BUSY store.* */
MUST struct err kit_agent(struct kit *k, const struct http_req *req, const struct kit_agent **ret_agent);

/* How a service shows the answers of one filing to an agent (struct kit_service.desk). */
struct kit_desk {
	size_t answers_bytes;
	kit_load_fn *load;               /* into answers_bytes, zeroed */
	/* Appends HTML: what goes between two headings. */
	void (*show)(struct buf *out, const struct page_site *site, struct arena *a, const struct kit_demande *d, const void *answers);
};
#endif
