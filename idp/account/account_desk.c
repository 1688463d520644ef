/* account_desk.c - see account_desk.h. */
#include "idp/account/account_desk.h"
#include "idp/audit/audit.h"
#include "idp/session/recent.h"
#include "base/b64.h"

enum { HOUR_S = 3600 };
#define LOOK "account look"

struct err account_look_admit(struct idp *idp, struct str actor, int64_t now_s)
{
	ENSURE(recent_add(idp->recent, LOOK, actor, STR_NONE, HOUR_S, now_s) <= ACCOUNT_LOOKS_AN_HOUR, THROTTLED, "account.look");
	return NO_ERR;
}

struct look {
	struct idp *idp;
	struct arena *a;
	struct str email;
	unsigned char id[ID_BYTES];
	struct str actor;
	int64_t now_s;
	bool number;                   /* only that: nothing of the account is read */
	struct account seen;
};

static MUST struct err number_tx(struct store_tx *tx, void *arg)
{
	struct look *l = arg;
	struct store_row row;

	TRY(store_one(tx, "SELECT id FROM account WHERE id = COALESCE((SELECT account FROM identifier WHERE kind = 'email' AND value = $1), $2)", &row,
		str_(l->email), bytes_(((struct str){ (const char *)l->id, ID_BYTES }))));
	ENSURE(row.found && row_str(&row, 0).n == ID_BYTES, ABSENT, "account.unknown");
	memcpy(l->id, row_str(&row, 0).p, ID_BYTES);
	return NO_ERR;
}

/* One read, one entry: what was looked at stands in the audit before it is shown. */
static MUST struct err look_tx(struct store_tx *tx, void *arg)
{
	struct look *l = arg;
	struct store_row row;

	TRY(number_tx(tx, arg));
	TRY(store_one(tx, "SELECT " ACCOUNT_COLUMNS " FROM account a WHERE a.id = $1", &row, bytes_(((struct str){ (const char *)l->id, ID_BYTES }))));
	account_read(l->a, &row, 0, &l->seen);
	return audit_add_tx(tx, l->idp->audit, &(struct audit_entry){ .event = "account.look", .actor_text = l->actor,
		.account = l->seen.id, .now_s = l->now_s });
}

static MUST struct err look(struct look *l, struct str key)
{
	struct err e = NO_ERR;

	key = str_trim(key);
	if (failed(hex_decode(key, l->id, sizeof l->id)))
		e = account_email_normalise(l->a, key, &l->email);
	if (!failed(e))
		e = l->number ? store_read(l->idp->store, number_tx, l) : store_tx(l->idp->store, DURABLE, look_tx, l);
	if (e.kind == ERR_ABSENT)
		audit_refuse(l->idp->audit, &(struct audit_entry){ .event = "account.look", .reason = e.slug, .actor_text = l->actor, .now_s = l->now_s });
	return e;
}

struct err account_number(struct idp *idp, struct arena *a, struct str key, struct str actor, int64_t now_s, struct str *ret_id)
{
	struct look l = { .idp = idp, .a = a, .actor = actor, .now_s = now_s, .number = true };

	TRY(look(&l, key));
	*ret_id = hex_encode(a, l.id, ID_BYTES);
	return NO_ERR;
}

struct err account_look(struct idp *idp, struct arena *a, struct str key, struct str actor, int64_t now_s, struct account *ret)
{
	struct look l = { .idp = idp, .a = a, .actor = actor, .now_s = now_s };

	TRY(look(&l, key));
	*ret = l.seen;
	return NO_ERR;
}

struct err account_close(struct idp *idp, const unsigned char id[ID_BYTES], struct str reason, struct str actor, int64_t now_s)
{
	ENSURE(reason.n > 0 && reason.n <= ACCOUNT_REASON_MAX && !str_has_control(reason) && str_is_utf8(reason), MALFORMED, "account.reason");
	return account_set_state(idp, id, false, reason, actor, now_s);
}

struct err account_reopen(struct idp *idp, const unsigned char id[ID_BYTES], struct str actor, int64_t now_s)
{
	return account_set_state(idp, id, true, STR_NONE, actor, now_s);
}
