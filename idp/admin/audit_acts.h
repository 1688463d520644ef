/* audit_acts.h - what may be done with the audit, by guichetctl and by its page alike. */
#ifndef IDP_ADMIN_AUDIT_ACTS_H
#define IDP_ADMIN_AUDIT_ACTS_H
#include "idp/audit/audit_chain.h"
#include "idp/audit/audit_search.h"

/* As typed. Days are written YYYY-MM-DD and are the town's own: they begin at midnight in Paris. */
struct audit_question { struct str from, to, event, actor, partner, outcome /* done | refused */, before; };
/* NULL, or the name of what is not written as it should be. Borrows. */
const char *audit_question_read(const struct audit_question *q, struct audit_filter *ret);

/* Audited before anything leaves. */
MUST struct err audit_act_export(struct idp *idp, struct arena *a, const struct audit_filter *f, size_t max_bytes, struct str actor, int64_t now_s,
	struct buf *out, size_t *ret_lines, struct str *ret_cut);
/* What was found is in the audit too. */
MUST struct err audit_act_verify(struct idp *idp, struct arena *a, int64_t after, int64_t deadline_ms, struct str actor, int64_t now_s,
	struct audit_verdict *ret);
#endif
