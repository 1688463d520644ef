/* demande.h - what citizens file: every démarche of every service, exactly once, with a number.
 *
 * The kit keeps what all filings have (table kit_demande); a service keeps the answers in a table of
 * its own, whose first column is
 *	number TEXT PRIMARY KEY REFERENCES kit_demande (number) ON DELETE CASCADE
 * so that what expires goes as a whole, on both engines. A filing is its citizen's alone, by pseudonym;
 * filed without an account it is whoever's knows its number and its follow-up code. Numbers are counted,
 * hence guessable: nothing here is found by number alone, and what is somebody else's is as absent as
 * what never was.
 *
 * How a service's tables begin: its migration 0001_kit.sql holds the lines
 *	-- include kit/ground.sql
 *	-- include kit/mail.sql
 *	-- include kit/demande.sql
 * which tools/embed_sql.py replaces by those files of schemas/sql/; its own tables follow from 0002 on.
 * A later change of the kit's tables is a new file there, which each service includes under its next number.
 */
#ifndef SERVICES_KIT_DEMANDE_H
#define SERVICES_KIT_DEMANDE_H
#include "services/kit/kit.h"
#include "services/kit/mail.h"

enum {
	KIT_LIST = 200, KIT_READERS = 50,
	KIT_MESSAGES_A_DAY = 5,            /* to one citizen, or to one address without an account: not to be flooded */
	KIT_ANONYMOUS_OF_SOURCE = 30,      /* filings without an account in an hour: of one address (IPv6: /64) … */
	KIT_ANONYMOUS_IN_ALL = 600,        /* … and of everybody */
};

struct kit_demande {
	struct str number;               /* "EC-2026-000123"; filled by the kit */
	struct str form_id;              /* of struct kit_form; one filing each */
	const char *kind;                /* the service's word: "inscription", "naissance-copie" */
	struct str pseudonym;            /* empty: filed without an account */
	int64_t filed_at_s;
	int64_t expires_at_s;            /* 0: kept (instruction); transit, and whatever was filed without an account, ends by itself */
	struct str state;                /* "filed", "received" (the service took it in) or "closed"; filled when loaded */
	int64_t received_at_s, closed_at_s;      /* 0: not yet, or not known; filled when loaded */
	struct str word;                 /* what an agent wrote to the citizen when closing it; filled when loaded */
	bool already;                    /* filled when filed: this form had arrived before, and this is its first receipt */
	struct str follow_up;            /* filled when filed without an account: the code to note down, "K7QX-M2RD-9F4T", again when `already` */
};

struct kit_filing {
	const char *prefix;              /* "EC" */
	/* Write the answers, under d->number, inside the filing's transaction: may run twice, on another thread. */
	struct err (*insert)(struct store_tx *tx, const struct kit_demande *d, void *arg);
	/* NULL: no message. Compose it; id and queued_at_s are filled by the kit, an empty `to` sends none. Not
	 * asked without a mail courier, nor beyond KIT_MESSAGES_A_DAY. Same rules as insert; *ret_mail lives in a. */
	struct err (*message)(struct arena *a, const struct kit_demande *d, void *arg, struct kit_mail *ret_mail);
	void *arg;
};

/* Record exactly once (DURABLE), with its audit entry, its answers and its message. A second arrival of the
 * form gets the first receipt again, whatever it says.
 * Owner   what is filled in *d lives in req->arena
 * Errors  CONFLICT kit.demande.not_yours (somebody else's form); THROTTLED kit.demande.many (without an
 *         account, beyond a bound); BROKEN kit.demande.fate (without an account and without an end); what
 *         insert and message say; BUSY or BROKEN store.* */
MUST struct err kit_demande_file(struct kit *k, const struct http_req *req, struct kit_demande *d, const struct kit_filing *filing);

/* When its state began; 0: not known. */
int64_t kit_demande_since_s(const struct kit_demande *d);

struct kit_demande_view {
	struct kit_demande demande;
	bool message;                    /* one was queued, and was not given up: the page may say so */
	struct kit_reading readers[KIT_READERS]; size_t reader_n;      /* newest first */
	int64_t older_n;                 /* readings before those */
};
/* Read the answers of d->number inside the same read transaction; they live in a. */
typedef struct err kit_load_fn(struct store_tx *tx, struct arena *a, const struct kit_demande *d, void *arg);

/* One of this citizen's; load may be NULL. Owner: *ret_view lives in req->arena.
 * Errors  ABSENT kit.demande; what load says; BUSY or BROKEN store.* */
MUST struct err kit_demande_find(struct kit *k, const struct http_req *req, struct str pseudonym, struct str number,
	struct kit_demande_view *ret_view, kit_load_fn *load, void *arg);
/* The same for GET /demande?numero=…, of whoever is signed in. Errors: sp.session.* too. */
MUST struct err kit_demande_asked(struct kit *k, const struct http_req *req, struct kit_demande_view *ret_view, kit_load_fn *load, void *arg);
/* One that was filed without an account. Both are read whatever their case, blanks and hyphens. A wrong
 * number and a wrong code are one answer, and take the same time. */
MUST struct err kit_demande_follow(struct kit *k, const struct http_req *req, struct str number, struct str code,
	struct kit_demande_view *ret_view, kit_load_fn *load, void *arg);

/* The citizen's own, newest first, at most KIT_LIST: number, kind, filed_at_s, state, word. */
struct kit_demande_list { struct kit_demande v[KIT_LIST]; size_t n; bool more; };
MUST struct err kit_demande_list(struct kit *k, const struct http_req *req, struct str pseudonym, struct kit_demande_list *ret_list);

/* Handler of GET /demandes (RULE_USAGER): the citizen's own, by the names of kit_service.kinds; each leads to
 * /demande?numero=…, which is the service's page. */
struct http_resp *kit_filings_get(void *kit, const struct http_req *req);

/* ---- the receipt's page ---- */

/* 303 to /recu once a filing is recorded; the draft is dropped. With an account the number stands in the
 * address ("/recu?numero=EC-2026-000123", "&deja=1"). Without one, number and code wait a quarter of an
 * hour in a sealed cookie: no address, log or history holds them. */
struct http_resp *kit_to_receipt(struct kit *k, const struct http_req *req, const struct kit_demande *d);

/* GET /recu, of either kind: demande.already and, without an account, demande.follow_up are filled too.
 * Errors  ABSENT kit.demande, and sp.session.* for a number without a session */
MUST struct err kit_receipt_load(struct kit *k, const struct http_req *req, struct kit_demande_view *ret_view, kit_load_fn *load, void *arg);
#endif
