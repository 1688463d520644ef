/* elections.h - the service: inscriptions sur la liste électorale, filed by citizens who signed in.
 *
 * A demande is *instruction* (the service is the file): it is kept, and leaves only by an approved
 * elimination list or an export to the archives.
 */
#ifndef ELECTIONS_H
#define ELECTIONS_H
#include "services/elections/demande_rules.h"
#include "services/elections/message.h"
#include "services/kit/agents.h"

extern const struct kit_service elections_service;

/* What this service keeps of a demande, beside what the kit keeps. */
struct el_demande {
	struct str family_name, given_name, birthdate;   /* as released when it was filed */
	struct el_answers answers;
};

/* kit_filing.insert and kit_load_fn; arg: struct el_demande. */
MUST struct err el_demande_insert(struct store_tx *tx, const struct kit_demande *d, void *arg);
struct err el_demande_load(struct store_tx *tx, struct arena *a, const struct kit_demande *d, void *arg);

extern const struct kit_desk el_desk;            /* desk.c */

/* Handlers: demande.c, infos.c */
struct http_resp *el_form_get(void *kit, const struct http_req *req);
struct http_resp *el_form_post(void *kit, const struct http_req *req);
struct http_resp *el_receipt_get(void *kit, const struct http_req *req);
struct http_resp *el_detail_get(void *kit, const struct http_req *req);
struct http_resp *el_home_get(void *kit, const struct http_req *req);
struct http_resp *el_data_get(void *kit, const struct http_req *req);
#endif
