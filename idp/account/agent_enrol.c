/* agent_enrol.c - the code that an administrator prints, with which an agent's first factor is enrolled. */
#include "idp/account/agent.h"
#include "idp/audit/audit.h"
#include "base/ct.h"
#include "base/printed_code.h"

enum { ENROL_TTL_S = 7 * 86400, HASH = 32 };

struct enrol { struct idp *idp; const struct agent *g; struct str actor; int64_t now_s; unsigned char hash[HASH]; };

static MUST struct err enrol_tx(struct store_tx *tx, void *arg)
{
	static const char sql[] =
		"INSERT INTO enrolment (account, code_hash, expires_s, tries, by) VALUES ($1, $2, $3, 0, $4)"
		" ON CONFLICT (account) DO UPDATE SET code_hash = excluded.code_hash, expires_s = excluded.expires_s, tries = 0, by = excluded.by";
	struct enrol *n = arg;

	TRY(store_exec(tx, sql, NULL, bytes_(((struct str){ (const char *)n->g->account, ID_BYTES })),
		bytes_(((struct str){ (const char *)n->hash, HASH })), int_(n->now_s + ENROL_TTL_S), str_(n->actor)));
	return audit_add_tx(tx, n->idp->audit, &(struct audit_entry){ .event = "agent.enrol", .actor_text = n->actor,
		.account = n->g->account, .now_s = n->now_s });
}

void agent_enrol_hash(const unsigned char account[ID_BYTES], struct str code, unsigned char ret_hash[HASH])
{
	hmac_sha256((struct str){ (const char *)account, ID_BYTES }, code, ret_hash);
}

struct err agent_enrol_code(struct idp *idp, struct arena *a, const struct agent *g, struct str actor, int64_t now_s,
	struct str *ret_code)
{
	struct enrol n = { .idp = idp, .g = g, .actor = actor, .now_s = now_s };
	unsigned char bytes[PRINTED_CODE_BYTES];
	struct str code;

	random_bytes(bytes, sizeof bytes);
	code = printed_code_format(a, bytes);
	agent_enrol_hash(g->account, code, n.hash);
	TRY(store_tx(idp->store, DURABLE, enrol_tx, &n));
	*ret_code = code;
	return NO_ERR;
}
