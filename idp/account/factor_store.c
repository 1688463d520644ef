/* factor_store.c - factors as rows: see factor.h. */
#include "idp/account/factor.h"
#include "idp/audit/audit.h"
#include "idp/session/logout.h"
#include "base/ct.h"

#define ID(p) bytes_(((struct str){ (const char *)(p), ID_BYTES }))
#define HASH(p) bytes_(((struct str){ (const char *)(p), FACTOR_HASH }))

static MUST struct err audit_tx(struct store_tx *tx, const struct factor_act *act, const char *event, const char *reason)
{
	return audit_add_tx(tx, act->idp->audit, &(struct audit_entry){ .event = event, .reason = reason, .request = act->request,
		.account = act->account, .now_s = act->now_s });
}

struct list { struct arena *a; const unsigned char *account; struct factor *v; size_t n; };

static MUST struct err list_row(const struct store_row *row, void *arg)
{
	struct list *l = arg;
	struct factor *f = &l->v[l->n];

	if (l->n == FACTORS_MAX || row_str(row, 0).n != ID_BYTES)
		return NO_ERR;
	memcpy(f->id, row_str(row, 0).p, ID_BYTES);
	f->kind = str_eq_c(row_str(row, 1), "passkey") ? FACTOR_PASSKEY : FACTOR_TOTP;
	f->name = arena_dup(l->a, row_str(row, 2));
	f->secret = arena_dup(l->a, row_str(row, 3));
	f->last_step = row_int(row, 4);
	f->credential = arena_dup(l->a, row_str(row, 5));
	f->alg = row_int(row, 6);
	f->key = arena_dup(l->a, row_str(row, 7));
	f->sign_count = row_int(row, 8);
	f->created_s = row_int(row, 9);
	f->used_s = row_int(row, 10);
	l->n++;
	return NO_ERR;
}

static MUST struct err list_tx(struct store_tx *tx, void *arg)
{
	struct list *l = arg;

	l->n = 0;
	return store_each(tx, "SELECT id, kind, name, secret, last_step, credential, alg, public_key, sign_count, created_s, used_s"
		" FROM factor WHERE account = $1 ORDER BY created_s, id", list_row, l, ID(l->account));
}

struct err factor_list(struct store *s, struct arena *a, const unsigned char account[ID_BYTES], struct factor **ret_v, size_t *ret_n)
{
	struct list l = { a, account, arena_array(a, struct factor, FACTORS_MAX), 0 };

	TRY(store_read(s, list_tx, &l));
	*ret_v = l.v;
	*ret_n = l.n;
	return NO_ERR;
}

static MUST struct err once_tx(struct store_tx *tx, const struct factor_once *once)
{
	int64_t changed = 0;

	TRY(store_exec(tx, "INSERT INTO factor_use (id, expires_s) VALUES ($1, $2) ON CONFLICT DO NOTHING", &changed,
		HASH(once->id), int_(once->until_s)));
	ENSURE(changed == 1, DENIED, "factor.used");
	return NO_ERR;
}

static MUST struct err replace_codes_tx(struct store_tx *tx, const struct factor_act *act, const unsigned char (*codes)[FACTOR_HASH])
{
	TRY(store_exec(tx, "DELETE FROM recovery_code WHERE account = $1", NULL, ID(act->account)));
	for (size_t i = 0; i < RECOVERY_N; i++)
		TRY(store_exec(tx, "INSERT INTO recovery_code (account, hash) VALUES ($1, $2)", NULL, ID(act->account), HASH(codes[i])));
	return audit_tx(tx, act, "factor.recovery.new", NULL);
}

struct add { const struct factor_act *act; const struct factor_new *n; unsigned char id[ID_BYTES]; };

static MUST struct err spend_enrolment_tx(struct store_tx *tx, const struct add *add)
{
	int64_t changed = 0;

	TRY(store_exec(tx, "DELETE FROM enrolment WHERE account = $1 AND code_hash = $2 AND expires_s > $3", &changed,
		ID(add->act->account), HASH(add->n->enrol_hash), int_(add->act->now_s)));
	ENSURE(changed == 1, DENIED, "factor.enrol");
	return NO_ERR;
}

static MUST struct err insert_tx(struct store_tx *tx, const struct add *add)
{
	static const char sql[] = "INSERT INTO factor (id, account, kind, name, secret, last_step, credential, alg, public_key, sign_count,"
		" created_s) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING";
	const struct factor *f = add->n->factor;
	bool key = f->kind == FACTOR_PASSKEY;
	int64_t changed = 0;

	TRY(store_exec(tx, sql, &changed, ID(add->id), ID(add->act->account), str_(key ? STR("passkey") : STR("totp")), str_(f->name),
		str_(f->secret), int_(f->last_step), key ? bytes_(f->credential) : null_(), int_(f->alg), key ? bytes_(f->key) : null_(),
		int_(f->sign_count), int_(add->act->now_s)));
	ENSURE(changed == 1, DENIED, "factor.credential");
	return NO_ERR;
}

/* Two changes to one person's factors wait for each other here. */
static MUST struct err lock_tx(struct store_tx *tx, const struct factor_act *act, int64_t *ret_factors)
{
	struct store_row row;

	TRY(store_exec(tx, "UPDATE account SET changed_s = $2 WHERE id = $1", NULL, ID(act->account), int_(act->now_s)));
	TRY(store_one(tx, "SELECT COUNT(*) FROM factor WHERE account = $1", &row, ID(act->account)));
	*ret_factors = row_int(&row, 0);
	return NO_ERR;
}

static MUST struct err add_tx(struct store_tx *tx, void *arg)
{
	const struct add *add = arg;
	int64_t count = 0;

	TRY(lock_tx(tx, add->act, &count));
	if (add->n->enrol_hash)
		TRY(spend_enrolment_tx(tx, add));
	TRY(once_tx(tx, add->n->once));
	ENSURE(count < FACTORS_MAX, CONFLICT, "factor.many");
	TRY(insert_tx(tx, add));
	if (add->n->codes)
		TRY(replace_codes_tx(tx, add->act, add->n->codes));
	return audit_tx(tx, add->act, add->n->factor->kind == FACTOR_PASSKEY ? "factor.add.passkey" : "factor.add.totp", NULL);
}

struct err factor_add(const struct factor_act *act, const struct factor_new *n)
{
	struct add add = { act, n, { 0 } };

	random_bytes(add.id, sizeof add.id);
	return store_tx(act->idp->store, DURABLE, add_tx, &add);
}

struct one { const struct factor_act *act; const unsigned char *id; int64_t value; const struct factor_once *once; };

static MUST struct err remove_tx(struct store_tx *tx, void *arg)
{
	const struct one *o = arg;
	int64_t count = 0, changed = 0;

	TRY(lock_tx(tx, o->act, &count));
	TRY(store_exec(tx, "DELETE FROM factor WHERE id = $1 AND account = $2", &changed, ID(o->id), ID(o->act->account)));
	ENSURE(changed == 1, ABSENT, "factor.unknown");
	ENSURE(count > 1, DENIED, "factor.last");
	return audit_tx(tx, o->act, "factor.remove", NULL);
}

struct err factor_remove(const struct factor_act *act, const unsigned char id[ID_BYTES])
{
	struct one o = { act, id, 0, NULL };

	return store_tx(act->idp->store, DURABLE, remove_tx, &o);
}

static MUST struct err totp_tx(struct store_tx *tx, void *arg)
{
	const struct one *o = arg;
	int64_t changed = 0;

	TRY(store_exec(tx, "UPDATE factor SET last_step = $3, used_s = $4 WHERE id = $1 AND account = $2 AND last_step < $3", &changed,
		ID(o->id), ID(o->act->account), int_(o->value), int_(o->act->now_s)));
	ENSURE(changed == 1, DENIED, "factor.totp.replay");
	return NO_ERR;
}

/* QUICK: the session that follows is DURABLE, and takes this along to the disk. */
struct err factor_use_totp(const struct factor_act *act, const unsigned char id[ID_BYTES], int64_t step)
{
	struct one o = { act, id, step, NULL };

	return store_tx(act->idp->store, QUICK, totp_tx, &o);
}

static MUST struct err passkey_tx(struct store_tx *tx, void *arg)
{
	const struct one *o = arg;
	int64_t changed = 0;

	TRY(once_tx(tx, o->once));
	/*= WebAuthn 6.1.1: if the signature counter value … is less than or equal to … the stored …, this is a signal that the
	 * authenticator may be cloned; both zero: it does not count. */
	TRY(store_exec(tx, "UPDATE factor SET sign_count = $3, used_s = $4 WHERE id = $1 AND account = $2"
		" AND (sign_count < $3 OR (sign_count = 0 AND $3 = 0))", &changed,
		ID(o->id), ID(o->act->account), int_(o->value), int_(o->act->now_s)));
	ENSURE(changed == 1, DENIED, "factor.clone");
	return NO_ERR;
}

struct err factor_use_passkey(const struct factor_act *act, const unsigned char id[ID_BYTES], int64_t count, const struct factor_once *once)
{
	struct one o = { act, id, count, once };

	return store_tx(act->idp->store, QUICK, passkey_tx, &o);
}

static MUST struct err spend_tx(struct store_tx *tx, void *arg)
{
	const struct one *o = arg;

	return once_tx(tx, o->once);
}

struct err factor_spend(const struct factor_act *act, const struct factor_once *once)
{
	struct one o = { act, NULL, 0, once };

	return store_tx(act->idp->store, DURABLE, spend_tx, &o);
}

struct codes { const struct factor_act *act; const unsigned char (*v)[FACTOR_HASH]; int64_t n; };

static MUST struct err recovery_use_tx(struct store_tx *tx, void *arg)
{
	const struct codes *c = arg;
	int64_t changed = 0;

	TRY(store_exec(tx, "UPDATE recovery_code SET used_s = $3 WHERE account = $1 AND hash = $2 AND used_s = 0", &changed,
		ID(c->act->account), HASH(c->v[0]), int_(c->act->now_s)));
	ENSURE(changed == 1, DENIED, "factor.recovery");
	return audit_tx(tx, c->act, "factor.recovery.use", NULL);
}

struct err recovery_use(const struct factor_act *act, const unsigned char hash[FACTOR_HASH])
{
	struct codes c = { act, (const unsigned char (*)[FACTOR_HASH])hash, 1 };

	return store_tx(act->idp->store, DURABLE, recovery_use_tx, &c);
}

static MUST struct err recovery_replace_tx(struct store_tx *tx, void *arg)
{
	const struct codes *c = arg;

	return replace_codes_tx(tx, c->act, c->v);
}

struct err recovery_replace(const struct factor_act *act, const unsigned char hashes[RECOVERY_N][FACTOR_HASH])
{
	struct codes c = { act, hashes, RECOVERY_N };

	return store_tx(act->idp->store, DURABLE, recovery_replace_tx, &c);
}

struct left { const unsigned char *account; int64_t n; };

static MUST struct err left_tx(struct store_tx *tx, void *arg)
{
	struct left *l = arg;
	struct store_row row;

	TRY(store_one(tx, "SELECT COUNT(*) FROM recovery_code WHERE account = $1 AND used_s = 0", &row, ID(l->account)));
	l->n = row_int(&row, 0);
	return NO_ERR;
}

struct err recovery_left(struct store *s, const unsigned char account[ID_BYTES], int64_t *ret_n)
{
	struct left l = { account, 0 };

	TRY(store_read(s, left_tx, &l));
	*ret_n = l.n;
	return NO_ERR;
}
