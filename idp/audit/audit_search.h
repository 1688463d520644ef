/* audit_search.h - reading the audit: by day, event, actor, partner and outcome, newest first, a bounded
 * page at a time; and as CSV.
 */
#ifndef IDP_AUDIT_AUDIT_SEARCH_H
#define IDP_AUDIT_AUDIT_SEARCH_H
#include "idp/idp.h"

enum { AUDIT_PAGE_MAX = 2000, AUDIT_EXPORT_LINES = 50000 };
enum audit_outcome { AUDIT_ANY, AUDIT_DONE, AUDIT_REFUSED };

struct audit_filter {
	int64_t from_s, before_s;      /* written in [from_s, before_s); 0: no limit */
	struct str event;              /* whole, or its beginning: "login", "oidc.token" */
	struct str actor;              /* an operator's or administrator's login, or an account's id */
	struct str client_id;
	enum audit_outcome outcome;
	struct str before_id;          /* only what is older than this entry; empty: from the newest */
};

struct audit_line { struct str id; int64_t at_s; struct str event, reason, request, client_id, actor; int64_t n; };
/* The newest `max` that fit; *ret_more: there are others after the last. Live in arena.
 * Errors  MALFORMED audit.filter (a text of over 200 bytes, or with a control character), store.* */
MUST struct err audit_search(struct store *s, struct arena *arena, const struct audit_filter *f, size_t max,
	struct audit_line **ret_v, size_t *ret_n, bool *ret_more);

/* As CSV, header first, into *out as far as it goes, and at most AUDIT_EXPORT_LINES lines.
 * Source  RFC 4180; a field that a spreadsheet would take for a formula begins with an apostrophe
 * *ret_cut: the id to go on from, or empty when all is there. */
MUST struct err audit_export(struct store *s, const struct audit_filter *f, struct buf *out, struct arena *arena, size_t *ret_lines,
	struct str *ret_cut);
/* One field, quoted where it must be. */
void audit_csv_field(struct buf *out, struct str s);
#endif
