/* grant_store.c - see grant_store.h. */
#include "idp/oidc/grant_store.h"
#include "idp/session/session.h"

#define ID(p) bytes_(((struct str){ (const char *)(p), ID_BYTES }))

struct facts { struct arena *a; const struct oidc_code *c; struct str sector; int64_t now_s; struct code_facts f; };

static MUST struct err facts_tx(struct store_tx *tx, void *arg)
{
	static const char sql[] =
		"SELECT " ACCOUNT_COLUMNS ", s.ends_s, l.subject, p.client_id, g.client_id FROM account a"
		" LEFT JOIN session s ON s.id = $2 AND s.account = a.id"
		" LEFT JOIN alias l ON l.account = a.id AND l.sector = $3"
		" LEFT JOIN participant p ON p.session_id = $2 AND p.client_id = $4"
		" LEFT JOIN grant_ g ON g.code_id = $5 WHERE a.id = $1";
	struct facts *f = arg;
	struct store_row row;
	size_t c = ACCOUNT_COLUMN_N;

	TRY(store_one(tx, sql, &row, ID(f->c->account), ID(f->c->session), str_(f->sector), str_(f->c->client_id), ID(f->c->id)));
	f->f = (struct code_facts){ .known = row.found };
	if (!row.found)
		return NO_ERR;
	account_read(f->a, &row, 0, &f->f.account);
	f->f.session_ends_s = row_int(&row, c);
	f->f.session_live = f->f.session_ends_s > f->now_s;
	f->f.alias = arena_dup(f->a, row_str(&row, c + 1));
	f->f.joined = !row_null(&row, c + 2);
	f->f.redeemed = !row_null(&row, c + 3);
	return NO_ERR;
}

struct err grant_code_facts(struct idp *idp, struct arena *a, const struct oidc_code *c, struct str sector, int64_t now_s,
	struct code_facts *ret)
{
	struct facts f = { .a = a, .c = c, .sector = sector, .now_s = now_s };

	TRY(store_read_one(idp->store, facts_tx, &f));
	*ret = f.f;
	return NO_ERR;
}

static MUST struct err redeem_tx(struct store_tx *tx, void *arg)
{
	static const char sql[] =
		"INSERT INTO grant_ (code_id, client_id, account, session_id, offline, subject, scope, auth_time_s, acr, amr,"
		" issued_s, expires_s) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (code_id) DO NOTHING";
	const struct grant_new *g = arg;
	const struct oidc_code *c = g->code;
	int64_t changed = 0;

	TRY(store_exec(tx, sql, &changed, ID(c->id), str_(c->client_id), ID(c->account), ID(c->session), int_(g->offline),
		str_(g->subject), str_(c->scope), int_(c->auth_time_s), str_(c->acr), str_(c->amr), int_(g->now_s), int_(g->expires_s)));
	ENSURE(changed == 1, CONFLICT, "oidc.code.replayed");
	if (!g->join)
		return NO_ERR;
	return session_join_tx(tx, c->session, c->client_id, g->subject, g->sid, g->now_s, g->session_ends_s);
}

struct err grant_redeem(struct idp *idp, const struct grant_new *g)
{
	struct grant_new copy = *g;

	return store_tx(idp->store, g->join ? QUICK : QUICK_ONE, redeem_tx, &copy);
}

struct mark { const unsigned char *id; struct str client_id; int64_t now_s, expires_s; };

static MUST struct err revoke_tx(struct store_tx *tx, void *arg)
{
	const struct mark *m = arg;

	return store_exec(tx, "UPDATE grant_ SET revoked_s = $2 WHERE code_id = $1 AND revoked_s = 0", NULL, ID(m->id), int_(m->now_s));
}

static MUST struct err burn_tx(struct store_tx *tx, void *arg)
{
	const struct mark *m = arg;

	TRY(revoke_tx(tx, arg));
	return store_exec(tx, "INSERT INTO grant_ (code_id, client_id, issued_s, revoked_s, expires_s) VALUES ($1, $2, $3, $3, $4)"
		" ON CONFLICT (code_id) DO NOTHING", NULL, ID(m->id), str_(m->client_id), int_(m->now_s), int_(m->expires_s));
}

struct err grant_burn(struct idp *idp, const unsigned char id[ID_BYTES], struct str client_id, int64_t now_s, int64_t expires_s)
{
	struct mark m = { id, client_id, now_s, expires_s };

	return store_tx(idp->store, QUICK, burn_tx, &m);
}

struct err grant_revoke(struct idp *idp, const unsigned char id[ID_BYTES], int64_t now_s)
{
	struct mark m = { .id = id, .now_s = now_s };

	return store_tx(idp->store, QUICK_ONE, revoke_tx, &m);
}

struct load { struct arena *a; const unsigned char *id; int64_t now_s; struct grant g; };

static void read_grant(struct load *l, const struct store_row *row)
{
	struct grant *g = &l->g;
	size_t c = ACCOUNT_COLUMN_N;
	struct str session = row_str(row, c + 4);

	account_read(l->a, row, 0, &g->account);
	g->found = true;
	g->client_id = arena_dup(l->a, row_str(row, c));
	g->subject = arena_dup(l->a, row_str(row, c + 1));
	g->scope = arena_dup(l->a, row_str(row, c + 2));
	g->revoked = row_int(row, c + 3) != 0;
	if (session.n == ID_BYTES)
		memcpy(g->session, session.p, ID_BYTES);
	g->offline = row_int(row, c + 5) != 0;
	g->auth_time_s = row_int(row, c + 6);
	g->acr = arena_dup(l->a, row_str(row, c + 7));
	g->amr = arena_dup(l->a, row_str(row, c + 8));
	g->expires_s = row_int(row, c + 9);
	g->refresh_n = row_int(row, c + 10);
	g->session_live = row_int(row, c + 11) > l->now_s;
}

static MUST struct err load_tx(struct store_tx *tx, void *arg)
{
	static const char sql[] =
		"SELECT " ACCOUNT_COLUMNS ", g.client_id, g.subject, g.scope, g.revoked_s, g.session_id, g.offline, g.auth_time_s,"
		" g.acr, g.amr, g.expires_s, g.refresh_n, s.ends_s FROM grant_ g LEFT JOIN account a ON a.id = g.account"
		" LEFT JOIN session s ON s.id = g.session_id WHERE g.code_id = $1";
	struct load *l = arg;
	struct store_row row;

	memset(&l->g, 0, sizeof l->g);
	TRY(store_one(tx, sql, &row, ID(l->id)));
	if (row.found)
		read_grant(l, &row);
	return NO_ERR;
}

struct err grant_load(struct idp *idp, struct arena *a, const unsigned char id[ID_BYTES], int64_t now_s, struct grant *ret)
{
	struct load l = { .a = a, .id = id, .now_s = now_s };

	TRY(store_read_one(idp->store, load_tx, &l));
	*ret = l.g;
	return NO_ERR;
}

struct rotate { const unsigned char *id; int64_t n, expires_s; };

static MUST struct err rotate_tx(struct store_tx *tx, void *arg)
{
	const struct rotate *r = arg;
	int64_t changed = 0;

	TRY(store_exec(tx, "UPDATE grant_ SET refresh_n = refresh_n + 1, expires_s = $3 WHERE code_id = $1 AND refresh_n = $2"
		" AND revoked_s = 0", &changed, ID(r->id), int_(r->n), int_(r->expires_s)));
	ENSURE(changed == 1, CONFLICT, "oidc.refresh.replayed");
	return NO_ERR;
}

struct err grant_rotate(struct idp *idp, const unsigned char id[ID_BYTES], int64_t n, int64_t expires_s)
{
	struct rotate r = { id, n, expires_s };

	return store_tx(idp->store, QUICK_ONE, rotate_tx, &r);
}
