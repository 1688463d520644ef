/* kit.h - the engine that every service shares: sign-in and sign-out through libguichet-sp, pages,
 * forms that are filed exactly once, receipts, audit. A service adds routes, tables and pages.
 */
#ifndef SERVICES_KIT_KIT_H
#define SERVICES_KIT_KIT_H
#include "base/page.h"
#include "base/store.h"
#include "roles/engine/engine.h"
#include "sp-lib/guichet-sp.h"

struct kit;

/* ---- what a service is ---- */

/* What can be filed here, as the citizen reads it. kind as in struct kit_demande; path: of its form. */
struct kit_kind { const char *kind, *path, *name_fr, *name_en; };

struct kit_desk;                           /* agents.h */

struct kit_service {
	const char *scope;                     /* what it asks of the provider: "openid profile" */
	const struct engine_route *routes; size_t route_n;    /* besides the kit's own */
	const struct store_migration *migrations; const size_t *migration_n;    /* as tools/embed_sql.py writes them */
	const struct kit_kind *kinds; size_t kind_n;          /* of kit_filings_get() (demande.h) */
	const struct kit_desk *desk;           /* what agents see of an answer; NULL: no agents' door */
};

/* From the supervisor's settings, or from a test. All borrowed for the life of the kit. */
struct kit_settings {
	struct str public_url, issuer, client_id, store_url, seal_key;
	bool public_client;                    /* no client secret */
	bool saml;                             /* SAML 2.0 instead of OpenID Connect; then client_id is not used */
	bool saml_response_signed;             /* the whole response must be, not only its assertion */
	struct str saml_entity, saml_idp_entity, saml_idp_metadata;   /* empty: public_url, issuer + "/saml/metadata" */
	bool mail;                             /* there is a mail courier (mail_folder or mail_smtp) */
	struct str service_name, service_contact;
	struct str town_name, town_place, town_phone, town_hours, town_colour, town_colour_dark, town_logo;
	int64_t session_idle_s, session_max_s;
	struct str agents_client_id;           /* empty: no agents' door */
	int64_t agents_session_idle_s, agents_session_max_s;
	unsigned threads, store_readers;
};

/* main() of a service's engine: start, serve, end. With --offline STORE_URL COMMAND... instead: one
 * of guichetctl's db commands on a stopped daemon's store; gives the exit status. */
int kit_main(const struct kit_service *service, int argc, char **argv);

/* The same without a supervisor. Errors: those of store_open() and seal_keys_create(); BROKEN sp.config.* */
MUST struct err kit_create(const struct kit_service *service, const struct kit_settings *settings, struct kit **ret_kit);
void kit_destroy(struct kit *k);
struct engine *kit_engine(struct kit *k);
struct store *kit_store(struct kit *k);
const struct kit_settings *kit_settings(const struct kit *k);
/* How long a citizen's session lasts at the most, for the page on their data: begun hours count. */
int64_t kit_session_hours(const struct kit *k);

/* ---- who is asking ---- */

struct kit_usager {
	struct str pseudonym;                  /* the citizen, in this service alone */
	struct str given_name, family_name, birthdate;   /* as the provider released them; may be empty */
};
/* The citizen of this request's session; asked once a request. Lives in req->arena.
 * Errors  ABSENT sp.session.absent, .expired; BUSY store.* */
MUST struct err kit_usager(struct kit *k, const struct http_req *req, const struct kit_usager **ret_usager);
/* To the sign-in, and back to `path` (a path of ours; anything else becomes "/"). */
struct http_resp *kit_to_login(struct kit *k, const struct http_req *req, struct str path);

/* ---- pages ---- */

/* A page being written: site is filled, out takes the HTML. */
struct kit_page { struct buf out; struct page_site site; };
void kit_page_open(struct kit *k, const struct http_req *req, struct kit_page *ret_page);
/* Closes it. 500 when the page did not fit. */
struct http_resp *kit_page_answer(struct kit *k, const struct http_req *req, struct kit_page *page, int status);
/* The path that was asked for, with its query. Borrows req, or lives in its arena. */
struct str kit_asked_url(const struct http_req *req);
/* The page of an error; what a handler returns when it cannot go on. */
struct http_resp *kit_error(struct kit *k, const struct http_req *req, struct err e);

/* ---- forms ---- */

/* csrf: a sealed value that only this citizen's own pages hold. Another site cannot make one, and
 * one made for somebody else is refused. u NULL: a form without an account, sealed for nobody.
 * Errors  DENIED kit.csrf; kit.csrf.old: ours and theirs, and over a week old */
struct str kit_csrf(struct kit *k, const struct http_req *req, const struct kit_usager *u);
MUST struct err kit_csrf_check(struct kit *k, const struct http_req *req, const struct kit_usager *u);

/* A form's number, random and sealed with its citizen (u NULL: nobody): what makes a filing happen once. */
struct kit_form { struct str id /* 22 characters */, pseudonym /* empty without an account */; };
struct str kit_form_new(struct kit *k, const struct http_req *req, const struct kit_usager *u);
/* Errors  MALFORMED kit.form (forged, or over a week old) */
MUST struct err kit_form_open(struct kit *k, const struct http_req *req, struct str sealed, struct kit_form *ret_form);
/* The same of any age: for whom a draft is kept. Nothing is filed by it. */
MUST struct err kit_form_whose(struct kit *k, const struct http_req *req, struct str sealed, struct kit_form *ret_form);

/* A form sent after its session had ended: what was typed, sealed for its citizen alone, waits in the
 * browser (one cookie, or two) until they have signed in again. Nothing is written here. Too large (over
 * KIT_DRAFT_TEXT bytes of names and values): it is not kept, and false comes back. */
enum { KIT_DRAFT_TEXT = 4096, KIT_DRAFT_PAIRS = 64 };
bool kit_draft_keep(struct kit *k, const struct http_req *req, struct http_resp *resp, const struct kit_form *form);
/* The draft of this citizen's form at this path, or false. *ret_pairs: what was typed, the form's number among it. */
bool kit_draft_take(struct kit *k, const struct http_req *req, const struct kit_usager *u, struct http_pairs *ret_pairs);
void kit_draft_drop(struct kit *k, const struct http_req *req, struct http_resp *resp);

/* ---- the way of a form: shown, sent, shown again ---- */

enum kit_caller { KIT_ACCOUNT, KIT_NO_ACCOUNT };      /* whom a form is for; KIT_NO_ACCOUNT: whoever is signed in does not count */

/* A form on its way. What its page needs, and what its filing needs. */
struct kit_visit {
	const struct kit_usager *u;            /* NULL without an account */
	struct http_pairs typed;               /* what goes into the fields: posted, or a draft; empty at first */
	struct str form_id, csrf;              /* the hidden fields */
	struct kit_form form;                  /* once posted and in time */
	bool expired;                          /* the page must say that nothing was sent yet: with status 422 when it was posted */
};
/* GET: a fresh form, or the draft of a session that had ended.
 * Errors  ABSENT sp.session.*; BUSY store.* */
MUST struct err kit_visit_begin(struct kit *k, const struct http_req *req, enum kit_caller caller, struct kit_visit *ret_visit);
/* POST, before anything is judged. The answer when the request ends here (to the sign-in, with the draft
 * kept, and back to the same path; or an error page); NULL: go on, unless ret_visit->expired. The route
 * is RULE_ANYONE: without a session, what was typed must not be lost. */
struct http_resp *kit_visit_receive(struct kit *k, const struct http_req *req, enum kit_caller caller, struct kit_visit *ret_visit);

/* ---- receipts, audit, read log; all inside a transaction of the caller's ---- */

/* "EL-2026-000123", counted by year of Paris. Lives in a. */
MUST struct err kit_receipt_next(struct store_tx *tx, struct arena *a, const char *prefix, int64_t now_s, struct str *ret_number);

struct kit_audit_entry { const char *event; const char *outcome; struct str actor, subject; int64_t count, at_s; };
MUST struct err kit_audit_add(struct store_tx *tx, const struct kit_audit_entry *entry);
/* A refusal: counted now, written within a second, aggregated by event and outcome. */
void kit_audit_refusal(struct kit *k, const char *event, struct err e);

/* reader: the agent's pseudonym, which the citizen is not shown. reason: "instruction", "question", "controle". */
struct kit_reading { struct str number /* of the demande */, reader, reason; int64_t at_s; };
MUST struct err kit_read_log_add(struct store_tx *tx, const struct kit_reading *reading);
/* Readings of one demande, newest first: at most max, which live in a, and how many older ones there are. */
MUST struct err kit_read_log_list(struct store_tx *tx, struct arena *a, struct str number, size_t max,
	struct kit_reading *ret_v, size_t *ret_n, int64_t *ret_older);
#endif
