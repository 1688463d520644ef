/* elections.h - the service: inscriptions sur la liste électorale, filed by citizens who signed in.
 *
 * A demande is *instruction* (the service is the file): it is kept, and leaves only by an approved
 * elimination list or an export to the archives.
 */
#ifndef ELECTIONS_H
#define ELECTIONS_H
#include "services/elections/demande_rules.h"
#include "services/elections/message.h"
#include "services/kit/kit.h"

extern const struct kit_service elections_service;

/* What is kept of a demande. */
struct el_demande {
	struct str form_id;                   /* 22 characters; one filing each */
	struct str pseudonym;
	struct str family_name, given_name, birthdate;   /* as released when it was filed */
	struct el_answers answers;
	int64_t filed_at_s;
};
struct el_receipt { struct str number; int64_t filed_at_s; bool already; };

/* Record a demande exactly once; a second arrival of its form gets the first receipt again. With a
 * notice (NULL: none), the message to d's courriel is queued in the same transaction, unless this
 * citizen had EL_MESSAGES_A_DAY of them already: the address is anybody's, and not to be flooded.
 * Owner   d and notice are borrowed; ret_receipt lives in a
 * Errors  CONFLICT el.demande.not_yours; BUSY or BROKEN store.* */
enum { EL_MESSAGES_A_DAY = 5 };
MUST struct err el_demande_add(struct store *st, struct arena *a, const struct el_demande *d, const struct el_notice *notice,
	struct el_receipt *ret_receipt);

/* One demande of this citizen's, with who has read it (at most EL_READERS, newest first).
 * Errors  ABSENT el.demande: there is none, or it is somebody else's; BUSY or BROKEN store.* */
enum { EL_READERS = 50, EL_LIST = 200 };
struct el_reading {
	struct el_demande demande;
	bool message;                         /* one was queued, and was not given up */
	struct kit_reading readers[EL_READERS]; size_t reader_n;
};
MUST struct err el_demande_load(struct store *st, struct arena *a, struct str pseudonym, struct str number, struct el_reading *ret_reading);

/* The citizen's own, newest first, at most EL_LIST. */
struct el_list { struct el_receipt v[EL_LIST]; size_t n; };
MUST struct err el_demande_list(struct store *st, struct arena *a, struct str pseudonym, struct el_list *ret_list);

/* Handlers: demande.c, suivi.c, infos.c */
struct http_resp *el_form_get(void *kit, const struct http_req *req);
struct http_resp *el_form_post(void *kit, const struct http_req *req);
struct http_resp *el_receipt_get(void *kit, const struct http_req *req);
struct http_resp *el_list_get(void *kit, const struct http_req *req);
struct http_resp *el_detail_get(void *kit, const struct http_req *req);
struct http_resp *el_home_get(void *kit, const struct http_req *req);
struct http_resp *el_data_get(void *kit, const struct http_req *req);
#endif
