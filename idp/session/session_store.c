/* session_store.c - sessions as rows. The cookie's bytes never come here, only their hash. */
#include "idp/session/session.h"
#include "idp/session/session_rules.h"
#include "idp/session/logout.h"
#include "idp/account/agent.h"
#include "idp/audit/audit.h"
#include "base/b64.h"
#include "base/ct.h"

enum { COOKIE_BYTES = 32, TOUCH_EVERY_S = 60 };
#define ID(p) bytes_(((struct str){ (const char *)(p), ID_BYTES }))
#define HASH(p) bytes_(((struct str){ (const char *)(p), 32 }))

static bool cookie_hash(const struct idp *idp, const struct http_req *req, enum session_kind kind, unsigned char ret_hash[32])
{
	struct str value = http_cookie(req, idp->set.https, kind == SESSION_AGENT ? COOKIE_AGENT : COOKIE_SESSION), bytes;

	if (value.n != 43 || failed(b64url_decode(req->arena, value, &bytes)) || bytes.n != COOKIE_BYTES)
		return false;
	sha256(bytes, ret_hash);
	return true;
}

struct load {
	struct idp *idp; struct arena *a; enum session_kind kind; int64_t now_s;
	struct str client_id, sector; unsigned char hash[32];
	struct person who; bool touch;
};

static int64_t idle_s(const struct idp *idp, enum session_kind kind)
{
	return kind == SESSION_AGENT ? idp->set.agent_session_idle_s : idp->set.session_idle_s;
}

enum { COL_NOTICE = ACCOUNT_COLUMN_N + 6 };

static MUST struct err load_tx(struct store_tx *tx, void *arg)
{
	static const char sql[] =
		"SELECT " ACCOUNT_COLUMNS ", s.id, s.auth_time_s, s.amr, s.acr, s.last_seen_s, s.ends_s, n.what, l.subject"
		" FROM session s JOIN account a ON a.id = s.account"
		" LEFT JOIN notice n ON n.account = s.account AND n.client_id = $2"
		" LEFT JOIN alias l ON l.account = s.account AND l.sector = $3"
		" WHERE s.cookie_hash = $1";
	struct load *l = arg;
	struct person *w = &l->who;
	struct store_row row;
	size_t c = ACCOUNT_COLUMN_N;
	struct str id;

	memset(w, 0, sizeof *w);
	TRY(store_one(tx, sql, &row, HASH(l->hash), str_(l->client_id), str_(l->sector)));
	id = row_str(&row, c);
	if (!row.found || id.n != ID_BYTES || session_is_over(row_int(&row, c + 4), row_int(&row, c + 5), idle_s(l->idp, l->kind), l->now_s))
		return NO_ERR;
	account_read(l->a, &row, 0, &w->account);
	/* Whoever puts one kind's cookie under the other's name has none. */
	if (!w->account.active || w->account.agent != (l->kind == SESSION_AGENT))
		return NO_ERR;
	memcpy(w->session, id.p, ID_BYTES);
	w->auth_time_s = row_int(&row, c + 1);
	w->amr = arena_dup(l->a, row_str(&row, c + 2));
	w->acr = arena_dup(l->a, row_str(&row, c + 3));
	l->touch = l->now_s - row_int(&row, c + 4) >= TOUCH_EVERY_S;
	w->ends_s = row_int(&row, c + 5);
	w->was_noticed = !row_null(&row, COL_NOTICE);
	w->noticed = arena_dup(l->a, row_str(&row, COL_NOTICE));
	w->alias = arena_dup(l->a, row_str(&row, COL_NOTICE + 1));
	w->live = true;
	return NO_ERR;
}

static MUST struct err touch_tx(struct store_tx *tx, void *arg)
{
	struct load *l = arg;

	return store_exec(tx, "UPDATE session SET last_seen_s = $2 WHERE id = $1 AND last_seen_s <= $3", NULL,
		ID(l->who.session), int_(l->now_s), int_(l->now_s - TOUCH_EVERY_S));
}

/* Who has no right any more, or of whom the directory has not been heard for too long, has no session
 * either, even before the tick ends it. */
static MUST struct err load_agent(struct load *l)
{
	struct agent *g = arena_new(l->a, struct agent);
	struct err e = agent_load(l->idp->store, l->a, l->who.account.id, g);

	if (failed(e) && e.kind != ERR_ABSENT)
		return e;
	l->who.agent = g;
	if (failed(e) || !agent_has_rights(g) || agent_is_stale(l->idp, g, l->now_s))
		memset(&l->who, 0, sizeof l->who);
	return NO_ERR;
}

struct err session_load(struct idp *idp, const struct http_req *req, enum session_kind kind, struct str client_id, struct str sector,
	struct person *ret_who)
{
	struct load l = { .idp = idp, .a = req->arena, .kind = kind, .now_s = req->now_s, .client_id = client_id, .sector = sector };

	memset(ret_who, 0, sizeof *ret_who);
	if (!cookie_hash(idp, req, kind, l.hash))
		return NO_ERR;
	TRY(store_read_one(idp->store, load_tx, &l));
	if (l.who.live && kind == SESSION_AGENT)
		TRY(load_agent(&l));
	if (l.who.live && l.touch)
		TRY(store_tx(idp->store, QUICK_ONE, touch_tx, &l));
	*ret_who = l.who;
	return NO_ERR;
}

static MUST struct err service_tx(struct store_tx *tx, void *arg)
{
	static const char sql[] = "SELECT n.what, l.subject FROM account a"
		" LEFT JOIN notice n ON n.account = a.id AND n.client_id = $2"
		" LEFT JOIN alias l ON l.account = a.id AND l.sector = $3 WHERE a.id = $1";
	struct load *l = arg;
	struct store_row row;

	TRY(store_one(tx, sql, &row, ID(l->who.account.id), str_(l->client_id), str_(l->sector)));
	l->who.was_noticed = row.found && !row_null(&row, 0);
	l->who.noticed = row.found ? arena_dup(l->a, row_str(&row, 0)) : STR_NONE;
	l->who.alias = row.found ? arena_dup(l->a, row_str(&row, 1)) : STR_NONE;
	return NO_ERR;
}

struct err session_load_service(struct idp *idp, struct arena *a, struct str client_id, struct str sector, struct person *who)
{
	struct load l = { .idp = idp, .a = a, .client_id = client_id, .sector = sector, .who = *who };

	TRY(store_read_one(idp->store, service_tx, &l));
	*who = l.who;
	return NO_ERR;
}

struct begin {
	struct idp *idp; const struct http_req *req; const struct session_new *n;
	bool has_old; unsigned char old_hash[32], new_hash[32], id[ID_BYTES];
	int64_t created_s, ends_s;
};

/* The same person again: the row stays, with a new cookie and a new proof, and its limit starts anew. */
static MUST struct err carry_on_tx(struct store_tx *tx, struct begin *b, bool *ret_done)
{
	struct store_row row;

	*ret_done = false;
	if (!b->has_old)
		return NO_ERR;
	TRY(store_one(tx, "UPDATE session SET cookie_hash = $3, auth_time_s = $4, last_seen_s = $4, amr = $5, acr = $6, ends_s = $7"
		" WHERE cookie_hash = $1 AND account = $2 AND ends_s > $4 RETURNING id", &row,
		HASH(b->old_hash), ID(b->n->account->id), HASH(b->new_hash), int_(b->req->now_s), str_(b->n->amr), str_(b->n->acr),
		int_(b->ends_s)));
	if (!row.found || row_str(&row, 0).n != ID_BYTES)
		return NO_ERR;
	memcpy(b->id, row_str(&row, 0).p, ID_BYTES);
	*ret_done = true;
	return store_exec(tx, "UPDATE participant SET ends_s = $2 WHERE session_id = $1", NULL, ID(b->id), int_(b->ends_s));
}

static MUST struct err end_other_tx(struct store_tx *tx, struct begin *b)
{
	struct store_row row;
	unsigned char other[ID_BYTES];

	if (!b->has_old)
		return NO_ERR;
	TRY(store_one(tx, "SELECT id FROM session WHERE cookie_hash = $1", &row, HASH(b->old_hash)));
	if (!row.found || row_str(&row, 0).n != ID_BYTES)
		return NO_ERR;
	memcpy(other, row_str(&row, 0).p, ID_BYTES);
	return logout_session_tx(tx, b->idp, other, b->req->now_s);
}

static MUST struct err begin_tx(struct store_tx *tx, void *arg)
{
	struct begin *b = arg;
	const struct session_new *n = b->n;
	bool carried = false;

	b->ends_s = b->req->now_s + (n->kind == SESSION_AGENT ? b->idp->set.agent_session_max_s : b->idp->set.session_max_s);
	TRY(carry_on_tx(tx, b, &carried));
	if (!carried) {
		TRY(end_other_tx(tx, b));
		random_bytes(b->id, sizeof b->id);
		TRY(store_exec(tx, "INSERT INTO session (id, cookie_hash, account, auth_time_s, amr, acr, created_s, last_seen_s, ends_s)"
			" VALUES ($1, $2, $3, $4, $5, $6, $4, $4, $7)", NULL,
			ID(b->id), HASH(b->new_hash), ID(n->account->id), int_(b->req->now_s), str_(n->amr), str_(n->acr), int_(b->ends_s)));
	}
	if (n->rehashed.n)
		TRY(account_rehash_tx(tx, n->account->id, n->rehashed, b->req->now_s));
	return audit_add_tx(tx, b->idp->audit, &(struct audit_entry){
		.event = n->kind == SESSION_AGENT ? "agent.login.ok" : "login.ok", .request = b->req->id,
		.account = n->account->id, .now_s = b->req->now_s });
}

static void fresh_cookie(struct arena *a, struct str *ret_value, unsigned char ret_hash[32])
{
	unsigned char cookie[COOKIE_BYTES];

	random_bytes(cookie, sizeof cookie);
	sha256((struct str){ (const char *)cookie, sizeof cookie }, ret_hash);
	*ret_value = b64url_encode(a, cookie, sizeof cookie);
	explicit_bzero(cookie, sizeof cookie);
}

struct err session_begin(struct idp *idp, const struct http_req *req, const struct session_new *n,
	struct str *ret_cookie, struct person *ret_who)
{
	struct begin b = { .idp = idp, .req = req, .n = n };
	struct str cookie;

	ENSURE(n->account->agent == (n->kind == SESSION_AGENT), DENIED, "session.kind");
	fresh_cookie(req->arena, &cookie, b.new_hash);
	b.has_old = cookie_hash(idp, req, n->kind, b.old_hash);
	TRY(store_tx(idp->store, DURABLE, begin_tx, &b));
	*ret_cookie = cookie;
	*ret_who = (struct person){ .live = true, .auth_time_s = req->now_s, .ends_s = b.ends_s,
		.amr = n->amr, .acr = n->acr, .account = *n->account };
	memcpy(ret_who->session, b.id, ID_BYTES);
	return NO_ERR;
}

struct again { struct idp *idp; const struct http_req *req; const struct person *who; struct str amr; unsigned char hash[32]; };

static MUST struct err prove_again_tx(struct store_tx *tx, void *arg)
{
	struct again *g = arg;
	int64_t changed = 0;

	TRY(store_exec(tx, "UPDATE session SET cookie_hash = $2, auth_time_s = $3, last_seen_s = $3, amr = $4 WHERE id = $1 AND ends_s > $3",
		&changed, ID(g->who->session), HASH(g->hash), int_(g->req->now_s), str_(g->amr)));
	ENSURE(changed == 1, ABSENT, "session.gone");
	return audit_add_tx(tx, g->idp->audit, &(struct audit_entry){ .event = "login.again", .request = g->req->id,
		.account = g->who->account.id, .now_s = g->req->now_s });
}

struct err session_prove_again(struct idp *idp, const struct http_req *req, const struct person *who, struct str amr,
	struct str *ret_cookie)
{
	struct again g = { .idp = idp, .req = req, .who = who, .amr = amr };
	struct str cookie;

	fresh_cookie(req->arena, &cookie, g.hash);
	TRY(store_tx(idp->store, DURABLE, prove_again_tx, &g));
	*ret_cookie = cookie;
	return NO_ERR;
}

struct err session_join_tx(struct store_tx *tx, const unsigned char session[ID_BYTES], struct str client_id,
	struct str subject, struct str sid, int64_t now_s, int64_t ends_s)
{
	return store_exec(tx, "INSERT INTO participant (session_id, client_id, subject, sid, joined_s, ends_s)"
		" VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING", NULL,
		ID(session), str_(client_id), str_(subject), str_(sid), int_(now_s), int_(ends_s));
}

struct members { struct arena *a; const unsigned char *session; struct session_member *v; size_t n, max; };

static MUST struct err member_row(const struct store_row *row, void *arg)
{
	struct members *m = arg;

	if (m->n < m->max)
		m->v[m->n++] = (struct session_member){ arena_dup(m->a, row_str(row, 0)), row_int(row, 1) };
	return NO_ERR;
}

static MUST struct err members_tx(struct store_tx *tx, void *arg)
{
	struct members *m = arg;

	m->n = 0;
	return store_each(tx, "SELECT client_id, joined_s FROM participant WHERE session_id = $1 ORDER BY joined_s",
		member_row, m, ID(m->session));
}

struct err session_members(struct store *s, struct arena *a, const unsigned char session[ID_BYTES], size_t max,
	struct session_member **ret_v, size_t *ret_n)
{
	struct members m = { a, session, arena_array(a, struct session_member, max), 0, max };

	TRY(store_read_one(s, members_tx, &m));
	*ret_v = m.v;
	*ret_n = m.n;
	return NO_ERR;
}

struct known { struct arena *a; struct str client_id, subject; const struct str *sids; size_t sid_n; struct session_known *v; size_t n, max; };

static MUST struct err known_row(const struct store_row *row, void *arg)
{
	struct known *k = arg;
	bool named = !k->sid_n;

	for (size_t i = 0; i < k->sid_n; i++)
		named |= str_eq(k->sids[i], row_str(row, 2));
	if (!named || k->n == k->max || row_str(row, 0).n != ID_BYTES || row_str(row, 1).n != ID_BYTES)
		return NO_ERR;
	memcpy(k->v[k->n].session, row_str(row, 0).p, ID_BYTES);
	memcpy(k->v[k->n++].account, row_str(row, 1).p, ID_BYTES);
	return NO_ERR;
}

static MUST struct err known_tx(struct store_tx *tx, void *arg)
{
	struct known *k = arg;

	k->n = 0;
	return store_each(tx, "SELECT p.session_id, s.account, p.sid FROM participant p JOIN session s ON s.id = p.session_id"
		" WHERE p.client_id = $1 AND p.subject = $2", known_row, k, str_(k->client_id), str_(k->subject));
}

struct err session_find_known(struct store *s, struct arena *a, struct str client_id, struct str subject,
	const struct str *sids, size_t sid_n, size_t max, struct session_known **ret_v, size_t *ret_n)
{
	struct known k = { a, client_id, subject, sids, sid_n, arena_array(a, struct session_known, max), 0, max };

	TRY(store_read_one(s, known_tx, &k));
	*ret_v = k.v;
	*ret_n = k.n;
	return NO_ERR;
}

struct noticed { struct idp *idp; const struct http_req *req; const struct person *who; struct str client_id, what; bool consent; };

static MUST struct err notice_tx(struct store_tx *tx, void *arg)
{
	struct noticed *n = arg;

	TRY(store_exec(tx, "INSERT INTO notice (account, client_id, what, mode, given_s) VALUES ($1, $2, $3, $4, $5)"
		" ON CONFLICT (account, client_id) DO UPDATE SET what = excluded.what, mode = excluded.mode, given_s = excluded.given_s",
		NULL, ID(n->who->account.id), str_(n->client_id), str_(n->what),
		str_(n->consent ? STR("consent") : STR("inform")), int_(n->req->now_s)));
	return audit_add_tx(tx, n->idp->audit, &(struct audit_entry){ .event = n->consent ? "consent.given" : "notice.seen",
		.request = n->req->id, .client_id = n->client_id, .account = n->who->account.id, .now_s = n->req->now_s });
}

struct err session_notice_add(struct idp *idp, const struct http_req *req, const struct person *who, struct str client_id,
	struct str what, bool consent)
{
	struct noticed n = { idp, req, who, client_id, what, consent };

	return store_tx(idp->store, DURABLE, notice_tx, &n);
}
