/* petite_enfance.h - the service: préinscriptions en crèche, filed by a parent who signed in.
 *
 * A demande is *instruction* (the service is the file): it is kept, and leaves only by an approved
 * elimination list or an export to the archives. It belongs to the parent who filed it: the other parent
 * is named there, and reads it nowhere.
 */
#ifndef PETITE_ENFANCE_H
#define PETITE_ENFANCE_H
#include "services/kit/agents.h"
#include "services/petite-enfance/message.h"
#include "services/petite-enfance/preinscription_rules.h"

extern const struct kit_service pe_service;
#define PE_KIND "preinscription"                       /* the only kind of filing here */

/* What is kept of a demande beside the kit's part. */
struct pe_preinscription {
	struct str parent_nom, parent_prenoms;         /* as released when it was filed */
	struct pe_answers answers;
};

/* What goes into a filing, and what comes back when it is refused. */
struct pe_filing {
	struct arena *arena;
	struct pe_preinscription what;
	struct str child_key;
	struct kit_notice notice;
	struct str earlier;                            /* filled with CONFLICT pe.enfant.open: the filing that is there; lives in arena */
};
/* kit_filing.insert; arg: a pe_filing.
 * Errors  CONFLICT pe.enfant.open: this citizen has an open filing for this child; BUSY or BROKEN store.* */
MUST struct err pe_preinscription_insert(struct store_tx *tx, const struct kit_demande *d, void *filing);
/* kit_load_fn; arg: a pe_preinscription. */
struct err pe_preinscription_load(struct store_tx *tx, struct arena *a, const struct kit_demande *d, void *preinscription);

extern const struct kit_desk pe_desk;                  /* desk.c */
/* suivi.c: "8 h 30", "8:30" */
struct str pe_hour(struct arena *a, int lang, int64_t min);

/* Handlers: preinscription.c, suivi.c, infos.c */
struct http_resp *pe_form_get(void *kit, const struct http_req *req);
struct http_resp *pe_form_post(void *kit, const struct http_req *req);
struct http_resp *pe_receipt_get(void *kit, const struct http_req *req);
struct http_resp *pe_detail_get(void *kit, const struct http_req *req);
struct http_resp *pe_home_get(void *kit, const struct http_req *req);
struct http_resp *pe_data_get(void *kit, const struct http_req *req);
#endif
