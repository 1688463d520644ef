/* kit_impl.h - what the files of the kit share; services do not include it. */
#ifndef SERVICES_KIT_IMPL_H
#define SERVICES_KIT_IMPL_H
#include <pthread.h>
#include "base/seal.h"
#include "services/kit/demande.h"
#include "services/kit/kit.h"
#include "services/kit/mail.h"
#include "services/kit/tally.h"
#include "sp-lib/sp.h"

enum { REFUSALS_MAX = 64, KIT_STORE_BUSY_MS = 2000 };

struct kit {
	const struct kit_service *service;
	struct kit_settings set;
	struct arena *arena;              /* as long as the process */
	bool https;
	struct str issuer_origin;
	struct engine_route *routes; size_t route_n;
	struct engine *engine;
	struct store *store;
	struct seal_keys *keys;
	struct sp *sp;
	struct sp *agents_sp;             /* NULL: no agents' door */
	struct kit_tally *tally;          /* what is done without an account */
	pthread_mutex_t refusals_lock;
	struct refusal { const char *event, *slug; int64_t count; } refusals[REFUSALS_MAX];
	int64_t purged_at_s;
	/* The tick's alone: a message whose end the store has not taken yet, and a rest after slow ones. */
	char mail_ended[KIT_MAIL_ID_MAX]; const char *mail_slug;
	int64_t mail_resume_at_s;
};

/* roles.c, memory.c: libguichet-sp's hooks */
struct sp_result kit_check_hook(void *kit, struct sp_scope *s, const struct sp_check_ask *ask, struct sp_token *ret_token);
struct sp_result kit_check_saml_hook(void *kit, struct sp_scope *s, const struct sp_question *q);
struct sp_result kit_sign_hook(void *kit, struct sp_scope *s, const struct sp_question *q);
struct sp_result kit_agents_fetch_hook(void *kit, struct sp_scope *s, const struct sp_fetch_ask *ask, struct sp_fetch_answer *ret_answer);
struct sp_result kit_fetch_hook(void *kit, struct sp_scope *s, const struct sp_fetch_ask *ask, struct sp_fetch_answer *ret_answer);
struct sp_result kit_remember_hook(void *kit, struct sp_scope *s, struct sp_memory *m);

/* login.c, logout.c, saml.c, site.c: the kit's own routes */
struct http_resp *kit_login_get(void *kit, const struct http_req *req);
/* A session of sp's for id, with its audit entry. The old one of this browser ends: whoever knew its name knows
 * nothing of the new one. Errors  those of store_tx() and sp_session_create() */
MUST struct err kit_sign_in(struct kit *k, const struct http_req *req, struct sp *sp, const char *event, const struct sp_identity *id,
	struct sp_cookie *ret_cookie);
struct http_resp *kit_callback_get(void *kit, const struct http_req *req);      /* OpenID */
struct http_resp *kit_callback_post(void *kit, const struct http_req *req);     /* SAML */
struct http_resp *kit_logout_post(void *kit, const struct http_req *req);
struct http_resp *kit_logged_out_get(void *kit, const struct http_req *req);
struct http_resp *kit_backchannel_post(void *kit, const struct http_req *req);
struct http_resp *kit_backchannel(struct kit *k, struct sp *sp, const struct http_req *req);
/* These fields of the form as text again, as libguichet-sp takes it. Ends in NUL; lives in req->arena. */
const char *kit_form_text(const struct http_req *req, const char *const *names);
struct http_resp *kit_saml_metadata_get(void *kit, const struct http_req *req);
struct http_resp *kit_saml_slo_get(void *kit, const struct http_req *req);
struct http_resp *kit_saml_slo_post(void *kit, const struct http_req *req);
struct http_resp *kit_accessibility_get(void *kit, const struct http_req *req);
struct http_resp *kit_health_get(void *kit, const struct http_req *req);
struct http_resp *kit_metrics_get(void *kit, const struct http_req *req);
struct http_resp *kit_admit(void *kit, const struct http_req *req, const struct engine_route *route);
struct http_resp *kit_error_page(void *kit, const struct http_req *req, struct err e);
void kit_documents(void *kit, struct arena *a, struct web_document *ret_v, size_t max, size_t *ret_n);
const char *kit_health(void *kit);

/* A page of nobody's: kit_page_open() without the citizen. */
void kit_page_begin(struct kit *k, const struct http_req *req, struct kit_page *ret_page);

/* agents_routes.c, agents_who.c: the agents' door (agents_impl.h) */
extern const struct engine_route kit_agents_routes[];
extern const size_t kit_agents_route_n;
struct http_resp *kit_agents_admit(struct kit *k, const struct http_req *req, const struct engine_route *route);

/* demande_find.c: a row of these columns; what is text lives in a */
#define KIT_DEMANDE_COLUMNS "number, kind, filed_at_s, expires_at_s, state, word, pseudonym, received_at_s, closed_at_s"
enum { KIT_DEMANDE_COLUMN_N = 9 };
struct kit_demande kit_demande_of(struct arena *a, const struct store_row *row);
/* filings.c: as the citizen reads it */
struct str kit_kind_name(const struct kit_service *s, const struct http_req *req, const char *kind);

/* audit.c */
void kit_tick(void *kit, int64_t now_s);
MUST struct err kit_chain_verify(struct store *store, struct arena *a, struct str *ret_report);

/* purge.c: what is over goes, rows and entries of the logs. *ret_removed, which may be NULL: how many.
 * Errors  CONFLICT kit.chain.hole (somebody has removed entries); BUSY or BROKEN store.* */
MUST struct err kit_purge(struct store *store, int64_t now_s, int64_t *ret_removed);

/* mail.c: the deliveries that are due; of the tick */
void kit_mail_deliver(struct kit *k, int64_t now_s);
/* One that waits is "sent" or "dropped" from now on, and erased. *ret_changed: 0 when it did not wait. */
MUST struct err kit_mail_end(struct store_tx *tx, struct str id, const char *state, int64_t *ret_changed);

/* ctl.c */
uint32_t kit_ctl(void *kit, struct arena *a, const struct str *argv, size_t argc, bool json, struct str actor, struct str input,
	struct str *ret_out, struct str *ret_err);
#endif
