/* etat_civil.h - the service: acts of the town's registers, asked for by citizens.
 *
 * The copie intégrale of a birth names the parents: an account says who asks. An extrait sans filiation
 * and an acte de décès are anybody's by law, so nobody signs in for them, and nothing ties them to the
 * account of who has signed in all the same. A demande is *transit*: the act is drawn up in the
 * registers' own software, and the demande goes by itself.
 */
#ifndef ETAT_CIVIL_H
#define ETAT_CIVIL_H
#include "services/etat-civil/demande_rules.h"
#include "services/kit/agents.h"

extern const struct kit_service etat_civil_service;

/* What is kept of a demande beside what the kit keeps. */
struct ec_acte {
	struct ec_asker asker;                /* of a copie intégrale, as released when it was filed */
	struct ec_answers answers;
};

/* acte_store.c: inside the kit's transactions. arg: a struct ec_acte, written or filled. */
MUST struct err ec_acte_insert(struct store_tx *tx, const struct kit_demande *d, const struct ec_acte *acte);
struct err ec_acte_load(struct store_tx *tx, struct arena *a, const struct kit_demande *d, void *acte);

extern const struct kit_desk ec_desk;                  /* desk.c */
/* "1998-05" as "05/1998"; a whole date is the page's to put in words. Borrows date, or lives in a. */
struct str ec_shown_date(struct arena *a, struct str date);

/* Handlers: demande.c, suivi.c, infos.c */
struct http_resp *ec_moi_get(void *kit, const struct http_req *req);
struct http_resp *ec_moi_post(void *kit, const struct http_req *req);
struct http_resp *ec_proche_get(void *kit, const struct http_req *req);
struct http_resp *ec_proche_post(void *kit, const struct http_req *req);
struct http_resp *ec_extrait_get(void *kit, const struct http_req *req);
struct http_resp *ec_extrait_post(void *kit, const struct http_req *req);
struct http_resp *ec_deces_get(void *kit, const struct http_req *req);
struct http_resp *ec_deces_post(void *kit, const struct http_req *req);
struct http_resp *ec_receipt_get(void *kit, const struct http_req *req);
struct http_resp *ec_detail_get(void *kit, const struct http_req *req);
struct http_resp *ec_follow_get(void *kit, const struct http_req *req);
struct http_resp *ec_follow_post(void *kit, const struct http_req *req);
struct http_resp *ec_home_get(void *kit, const struct http_req *req);
struct http_resp *ec_choose_get(void *kit, const struct http_req *req);
struct http_resp *ec_data_get(void *kit, const struct http_req *req);
#endif
