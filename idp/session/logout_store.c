/* logout_store.c - the session's last transaction, and the queue that it fills. */
#include "idp/session/logout_store.h"
#include "idp/audit/audit.h"
#include "idp/policy/partner.h"
#include "base/ct.h"

/* Who asks for the logout brings the words themselves, for so long: the tick must not take one from under
 * them, whose page would then say that the service has not heard. */
enum { KEEP_S = 86400, ASKED_S = 3 };
#define ID(p) bytes_(((struct str){ (const char *)(p), ID_BYTES }))

static MUST struct err participant_row(const struct store_row *row, void *arg)
{
	struct logout_list *l = arg;
	struct logout_word *w;

	if (l->n == LOGOUT_LINES_MAX)
		return NO_ERR;
	w = &l->v[l->n++];
	memset(w, 0, sizeof *w);
	w->client_id = arena_dup(l->arena, row_str(row, 0));
	w->subject = arena_dup(l->arena, row_str(row, 1));
	w->sid = arena_dup(l->arena, row_str(row, 2));
	random_bytes(w->id, ID_BYTES);
	return NO_ERR;
}

static MUST struct err queue_words(struct store_tx *tx, struct idp *idp, struct logout_list *l, int64_t now_s, int64_t due_s)
{
	for (size_t i = 0; i < l->n; i++) {
		struct logout_word *w = &l->v[i];
		const struct partner *p = partner_find(idp->registry, l->arena, w->client_id);

		l->told[i] = p && p->enabled && p->backchannel_uri.n;
		if (!l->told[i])
			continue;
		w->protocol = p->protocol;
		w->next_s = due_s;
		TRY(store_exec(tx, "INSERT INTO logout_queue (id, protocol, client_id, subject, sid, created_s, attempts, next_s, expires_s)"
			" VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8)", NULL, ID(w->id), str_(w->protocol), str_(w->client_id),
			str_(w->subject), str_(w->sid), int_(now_s), int_(due_s), int_(now_s + KEEP_S)));
	}
	return NO_ERR;
}

static MUST struct err end_tx(struct store_tx *tx, struct idp *idp, const unsigned char session[ID_BYTES], int64_t now_s,
	int64_t due_s, struct logout_list *l, int64_t *ret_ended)
{
	l->n = 0;
	TRY(store_exec(tx, "DELETE FROM session WHERE id = $1", ret_ended, ID(session)));
	TRY(store_each(tx, "SELECT client_id, subject, sid FROM participant WHERE session_id = $1 ORDER BY client_id",
		participant_row, l, ID(session)));
	TRY(store_exec(tx, "DELETE FROM participant WHERE session_id = $1", NULL, ID(session)));
	return queue_words(tx, idp, l, now_s, due_s);
}

struct end { struct idp *idp; const struct http_req *req; const struct person *who; const struct logout_with *with; struct logout_list *list; };

static MUST struct err logout_tx(struct store_tx *tx, void *arg)
{
	struct end *e = arg;
	int64_t ended = 0;

	TRY(end_tx(tx, e->idp, e->who->session, e->req->now_s, e->req->now_s + ASKED_S, e->list, &ended));
	ENSURE(ended == 1, ABSENT, "session.gone");
	if (e->with)
		TRY(e->with->fn(tx, e->with->arg));
	return audit_add_tx(tx, e->idp->audit, &(struct audit_entry){ .event = "logout", .request = e->req->id,
		.account = e->who->account.id, .now_s = e->req->now_s });
}

struct err logout_end(struct idp *idp, const struct http_req *req, const struct person *who, const struct logout_with *with,
	struct logout_list *ret_list)
{
	struct end e = { idp, req, who, with, ret_list };

	return store_tx(idp->store, DURABLE, logout_tx, &e);
}

struct err logout_session_tx(struct store_tx *tx, struct idp *idp, const unsigned char session[ID_BYTES], int64_t now_s)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct logout_list *l = arena_new(a, struct logout_list);
	int64_t ended;

	l->arena = a;
	return end_tx(tx, idp, session, now_s, now_s, l, &ended);
}

enum { BITE = 64 };
struct all {
	struct idp *idp; const struct http_req *req;
	const unsigned char *account, *but;     /* but: the session that stays; NULL: none */
	int64_t now_s, ended;
	unsigned char v[BITE][ID_BYTES]; size_t n;
};

static MUST struct err session_row(const struct store_row *row, void *arg)
{
	struct all *all = arg;

	if (row_str(row, 0).n == ID_BYTES)
		memcpy(all->v[all->n++], row_str(row, 0).p, ID_BYTES);
	return NO_ERR;
}

/* However many there are: whoever holds what was stolen may have begun hundreds. */
static MUST struct err sessions_tx(struct store_tx *tx, struct all *all)
{
	static const unsigned char nobody[ID_BYTES];

	all->ended = 0;
	do {
		all->n = 0;
		TRY(store_each(tx, "SELECT id FROM session WHERE account = $1 AND id <> $2 LIMIT $3", session_row, all, ID(all->account),
			ID(all->but ? all->but : nobody), int_(BITE)));
		for (size_t i = 0; i < all->n; i++)
			TRY(logout_session_tx(tx, all->idp, all->v[i], all->now_s));
		all->ended += (int64_t)all->n;
	} while (all->n == BITE);
	return NO_ERR;
}

struct err logout_account_tx(struct store_tx *tx, struct idp *idp, const unsigned char account[ID_BYTES], int64_t now_s,
	int64_t *ret_sessions)
{
	struct all all = { .idp = idp, .account = account, .now_s = now_s };

	TRY(sessions_tx(tx, &all));
	*ret_sessions = all.ended;
	/* What lives by a session is over with it: only the others want a word of their own. */
	return store_exec(tx, "UPDATE grant_ SET revoked_s = $2 WHERE account = $1 AND offline = 1 AND revoked_s = 0", NULL, ID(account), int_(now_s));
}

static MUST struct err others_tx(struct store_tx *tx, void *arg)
{
	struct all *all = arg;

	TRY(sessions_tx(tx, all));
	return audit_add_tx(tx, all->idp->audit, &(struct audit_entry){ .event = "logout.others", .request = all->req->id,
		.account = all->account, .now_s = all->now_s });
}

struct err logout_others(struct idp *idp, const struct http_req *req, const struct person *who)
{
	struct all all = { .idp = idp, .req = req, .account = who->account.id, .but = who->session, .now_s = req->now_s };

	return store_tx(idp->store, DURABLE, others_tx, &all);
}

struct claim { struct logout_word *w; int64_t now_s, changed; };

static MUST struct err claim_tx(struct store_tx *tx, void *arg)
{
	struct claim *c = arg;

	return store_exec(tx, "UPDATE logout_queue SET attempts = attempts + 1, next_s = $3 WHERE id = $1 AND attempts = $2",
		&c->changed, ID(c->w->id), int_(c->w->attempts), int_(c->now_s + logout_backoff_s(c->w->attempts)));
}

struct err logout_word_claim(struct store *s, struct logout_word *w, int64_t now_s, bool *ret_claimed)
{
	struct claim c = { w, now_s, 0 };

	TRY(store_tx(s, QUICK, claim_tx, &c));
	*ret_claimed = c.changed == 1;
	return NO_ERR;
}

static MUST struct err done_tx(struct store_tx *tx, void *arg)
{
	return store_exec(tx, "DELETE FROM logout_queue WHERE id = $1", NULL, ID(((struct logout_word *)arg)->id));
}

struct err logout_word_done(struct store *s, const struct logout_word *w)
{
	struct logout_word copy = *w;

	return store_tx(s, QUICK, done_tx, &copy);
}

struct due { struct arena *a; int64_t now_s; struct logout_word *v; size_t n, max; };

static MUST struct err due_row(const struct store_row *row, void *arg)
{
	struct due *d = arg;
	struct str id = row_str(row, 0);
	struct logout_word *w;

	if (d->n == d->max || id.n != ID_BYTES)
		return NO_ERR;
	w = &d->v[d->n++];
	memcpy(w->id, id.p, ID_BYTES);
	w->protocol = arena_dup(d->a, row_str(row, 1));
	w->client_id = arena_dup(d->a, row_str(row, 2));
	w->subject = arena_dup(d->a, row_str(row, 3));
	w->sid = arena_dup(d->a, row_str(row, 4));
	w->attempts = row_int(row, 5);
	return NO_ERR;
}

static MUST struct err due_tx(struct store_tx *tx, void *arg)
{
	struct due *d = arg;

	d->n = 0;
	return store_each(tx, "SELECT id, protocol, client_id, subject, sid, attempts FROM logout_queue"
		" WHERE next_s <= $1 AND expires_s > $1 ORDER BY next_s LIMIT $2", due_row, d, int_(d->now_s), int_(d->max));
}

struct err logout_words_due(struct store *s, struct arena *a, int64_t now_s, size_t max, struct logout_word **ret_v, size_t *ret_n)
{
	struct due d = { a, now_s, arena_array(a, struct logout_word, max), 0, max };

	TRY(store_read(s, due_tx, &d));
	*ret_v = d.v;
	*ret_n = d.n;
	return NO_ERR;
}
