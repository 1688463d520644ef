/* account_store.c - what we remember of an account. It decides nothing. */
#include "idp/account/account.h"
#include "idp/account/factor.h"
#include "idp/audit/audit.h"
#include "idp/session/logout.h"
#include "base/ct.h"

#define ID(p) bytes_(((struct str){ (const char *)(p), ID_BYTES }))

void account_read(struct arena *arena, const struct store_row *row, size_t col, struct account *ret)
{
	struct str id = row_str(row, col);

	memset(ret, 0, sizeof *ret);
	if (id.n == ID_BYTES)
		memcpy(ret->id, id.p, ID_BYTES);
	ret->active = str_eq_c(row_str(row, col + 1), "active");
	ret->given_name = arena_dup(arena, row_str(row, col + 2));
	ret->family_name = arena_dup(arena, row_str(row, col + 3));
	ret->birth_date = arena_dup(arena, row_str(row, col + 4));
	ret->email = arena_dup(arena, row_str(row, col + 5));
	ret->email_verified = row_int(row, col + 6) != 0;
	ret->identity_level = arena_dup(arena, row_str(row, col + 7));
	ret->reason = arena_dup(arena, row_str(row, col + 8));
	ret->created_s = row_int(row, col + 9);
	ret->agent = str_eq_c(row_str(row, col + 10), "agent");
	ret->changed_s = row_int(row, col + 11);
}

struct find { struct arena *a; struct str email; const unsigned char *id; struct account account; struct str encoded; };

/* Who is not there is looked for as long as who is: somebody else's row is read, and dropped. */
static MUST struct err find_tx(struct store_tx *tx, void *arg)
{
	static const char sql[] =
		"SELECT " ACCOUNT_COLUMNS ", p.encoded, i.value FROM identifier i JOIN account a ON a.id = i.account"
		" LEFT JOIN password p ON p.account = a.id WHERE i.kind = 'email' AND i.value ="
		" COALESCE((SELECT value FROM identifier WHERE kind = 'email' AND value = $1), (SELECT MIN(value) FROM identifier WHERE kind = 'email'))";
	struct find *f = arg;
	struct store_row row;

	TRY(store_one(tx, sql, &row, str_(f->email)));
	ENSURE(row.found, ABSENT, "account.unknown");
	account_read(f->a, &row, 0, &f->account);
	f->encoded = arena_dup(f->a, row_str(&row, ACCOUNT_COLUMN_N));
	ENSURE(str_eq(row_str(&row, ACCOUNT_COLUMN_N + 1), f->email), ABSENT, "account.unknown");
	return NO_ERR;
}

struct err account_find(struct store *s, struct arena *a, struct str email, struct account *ret_account, struct str *ret_encoded)
{
	struct find f = { .a = a, .email = email };

	TRY(store_read(s, find_tx, &f));
	*ret_account = f.account;
	*ret_encoded = f.encoded;
	return NO_ERR;
}

static MUST struct err load_tx(struct store_tx *tx, void *arg)
{
	struct find *f = arg;
	struct store_row row;

	TRY(store_one(tx, "SELECT " ACCOUNT_COLUMNS " FROM account a WHERE a.id = $1", &row, ID(f->id)));
	ENSURE(row.found, ABSENT, "account.unknown");
	account_read(f->a, &row, 0, &f->account);
	return NO_ERR;
}

struct err account_load(struct store *s, struct arena *a, const unsigned char id[ID_BYTES], struct account *ret_account)
{
	struct find f = { .a = a, .id = id };

	TRY(store_read(s, load_tx, &f));
	*ret_account = f.account;
	return NO_ERR;
}

struct add { struct idp *idp; const struct account_new *n; struct str actor; int64_t now_s; unsigned char id[ID_BYTES]; };

static MUST struct err add_tx(struct store_tx *tx, void *arg)
{
	struct add *add = arg;
	const struct account_new *n = add->n;
	int64_t changed = 0;

	/* The identifier first: its primary key decides between two that ask for one address. */
	TRY(store_exec(tx, "INSERT INTO identifier (kind, value, account, verified_s) VALUES ('email', $1, $2, $3)"
		" ON CONFLICT DO NOTHING", &changed, str_(n->email), ID(add->id), int_(add->now_s)));
	ENSURE(changed == 1, CONFLICT, "account.exists");
	TRY(store_exec(tx, "INSERT INTO account (id, state, given_name, family_name, birth_date, email, email_verified_s,"
		" created_s, changed_s) VALUES ($1, 'active', $2, $3, $4, $5, $6, $6, $6)", NULL,
		ID(add->id), str_(n->given_name), str_(n->family_name), str_(n->birth_date), str_(n->email), int_(add->now_s)));
	TRY(store_exec(tx, "INSERT INTO password (account, encoded, set_s) VALUES ($1, $2, $3)", NULL,
		ID(add->id), str_(n->encoded), int_(add->now_s)));
	return audit_add_tx(tx, add->idp->audit, &(struct audit_entry){ .event = "account.add", .actor_text = add->actor,
		.account = add->id, .now_s = add->now_s });
}

struct err account_add(struct idp *idp, const struct account_new *n, struct str actor, int64_t now_s, unsigned char ret_id[ID_BYTES])
{
	struct add add = { .idp = idp, .n = n, .actor = actor, .now_s = now_s };

	ENSURE(n->given_name.n && n->given_name.n <= 100 && n->family_name.n && n->family_name.n <= 100
	       && !str_has_control(n->given_name) && !str_has_control(n->family_name), MALFORMED, "account.name");
	random_bytes(add.id, sizeof add.id);
	TRY(store_tx(idp->store, DURABLE, add_tx, &add));
	memcpy(ret_id, add.id, ID_BYTES);
	return NO_ERR;
}

struct change { struct idp *idp; const unsigned char *id; bool active, remove; struct str reason, actor; int64_t now_s; };

static MUST struct err remove_tx(struct store_tx *tx, const struct change *c)
{
	TRY(store_exec(tx, "DELETE FROM identifier WHERE account = $1", NULL, ID(c->id)));
	TRY(store_exec(tx, "DELETE FROM password WHERE account = $1", NULL, ID(c->id)));
	TRY(store_exec(tx, "DELETE FROM alias WHERE account = $1", NULL, ID(c->id)));
	TRY(store_exec(tx, "DELETE FROM notice WHERE account = $1", NULL, ID(c->id)));
	TRY(store_exec(tx, "DELETE FROM agent WHERE account = $1", NULL, ID(c->id)));
	TRY(factor_forget_tx(tx, c->id));
	return store_exec(tx, "DELETE FROM account WHERE id = $1", NULL, ID(c->id));
}

static MUST struct err change_tx(struct store_tx *tx, void *arg)
{
	const struct change *c = arg;
	int64_t changed = 0, sessions;

	TRY(store_exec(tx, "UPDATE account SET state = $2, reason = $3, changed_s = $4 WHERE id = $1", &changed,
		ID(c->id), str_(c->active ? STR("active") : STR("disabled")), str_(c->reason), int_(c->now_s)));
	ENSURE(changed == 1, ABSENT, "account.unknown");
	if (!c->active)
		TRY(logout_account_tx(tx, c->idp, c->id, c->now_s, &sessions));
	if (c->remove)
		TRY(remove_tx(tx, c));
	return audit_add_tx(tx, c->idp->audit, &(struct audit_entry){
		.event = c->remove ? "account.remove" : c->active ? "account.enable" : "account.disable",
		.actor_text = c->actor, .account = c->id, .now_s = c->now_s });
}

struct err account_set_state(struct idp *idp, const unsigned char id[ID_BYTES], bool active, struct str reason, struct str actor, int64_t now_s)
{
	struct change c = { idp, id, active, false, reason, actor, now_s };

	return store_tx(idp->store, DURABLE, change_tx, &c);
}

struct err account_remove(struct idp *idp, const unsigned char id[ID_BYTES], struct str actor, int64_t now_s)
{
	struct change c = { idp, id, false, true, STR_NONE, actor, now_s };

	return store_tx(idp->store, DURABLE, change_tx, &c);
}

struct err account_rehash_tx(struct store_tx *tx, const unsigned char id[ID_BYTES], struct str encoded, int64_t now_s)
{
	return store_exec(tx, "UPDATE password SET encoded = $2, set_s = $3 WHERE account = $1", NULL,
		ID(id), str_(encoded), int_(now_s));
}

struct new_password { struct idp *idp; const unsigned char *id; struct str encoded, actor; int64_t now_s; };

static MUST struct err set_password_tx(struct store_tx *tx, void *arg)
{
	const struct new_password *p = arg;
	int64_t sessions;

	TRY(store_exec(tx, "INSERT INTO password (account, encoded, set_s) VALUES ($1, $2, $3)"
		" ON CONFLICT (account) DO UPDATE SET encoded = excluded.encoded, set_s = excluded.set_s", NULL,
		ID(p->id), str_(p->encoded), int_(p->now_s)));
	/* Whoever signed in with the old one is out, offline tokens included. */
	TRY(logout_account_tx(tx, p->idp, p->id, p->now_s, &sessions));
	return audit_add_tx(tx, p->idp->audit, &(struct audit_entry){ .event = "account.password", .actor_text = p->actor,
		.account = p->id, .now_s = p->now_s });
}

struct err account_set_password(struct idp *idp, const unsigned char id[ID_BYTES], struct str encoded, struct str actor, int64_t now_s)
{
	struct new_password p = { idp, id, encoded, actor, now_s };

	return store_tx(idp->store, DURABLE, set_password_tx, &p);
}
