/* demande.c - filing, exactly once; see demande.h. */
#include "services/kit/demande.h"
#include "services/kit/follow_up.h"
#include "services/kit/kit_impl.h"

enum { HOUR_S = 3600, DAY_S = 86400 };

struct file {
	struct kit *k;
	struct arena *arena;
	const struct kit_filing *filing;
	struct kit_demande *d;
	struct kit_deed deed;            /* filing without an account: whose place is taken … */
	bool taken;                      /* … and is given back unless it is filed */
};

static bool is_anonymous(const struct kit_demande *d) { return d->pseudonym.n == 0; }

/* The form has arrived before. */
static MUST struct err known(struct store_tx *tx, struct file *f, bool *ret_known)
{
	struct store_row row;

	TRY(store_one(tx, "SELECT number, filed_at_s, pseudonym FROM kit_demande WHERE form_id = $1", &row, str_(f->d->form_id)));
	*ret_known = row.found;
	if (!row.found)
		return NO_ERR;
	ENSURE(str_eq(row_str(&row, 2), f->d->pseudonym), CONFLICT, "kit.demande.not_yours");
	f->d->number = arena_dup(f->arena, row_str(&row, 0));
	f->d->filed_at_s = row_int(&row, 1);
	f->d->already = true;
	return NO_ERR;
}

/* Without an account: what one source, and everybody together, may file in an hour. */
static MUST struct err room_for_one(struct store_tx *tx, struct file *f)
{
	const struct kit_demande *d = f->d;
	struct store_row row;

	if (!f->taken)
		f->taken = kit_tally_take(f->k->tally, &f->deed, d->filed_at_s);
	ENSURE(f->taken, THROTTLED, "kit.demande.many");
	TRY(store_one(tx, "SELECT COUNT(*) FROM kit_demande WHERE pseudonym = '' AND filed_at_s > $1", &row, int_(d->filed_at_s - HOUR_S)));
	ENSURE(row_int(&row, 0) < KIT_ANONYMOUS_IN_ALL, THROTTLED, "kit.demande.many");
	return NO_ERR;
}

static MUST struct err insert(struct store_tx *tx, const struct file *f, int64_t *ret_added)
{
	const struct kit_demande *d = f->d;
	struct str hash = is_anonymous(d) ? follow_up_hash(f->arena, d->number, d->follow_up) : STR_NONE;

	return store_exec(tx, "INSERT INTO kit_demande (number, form_id, kind, pseudonym, filed_at_s, expires_at_s, state, word, code_hash)"
		" VALUES ($1, $2, $3, $4, $5, $6, 'received', '', $7) ON CONFLICT (form_id) DO NOTHING", ret_added,
		str_(d->number), str_(d->form_id), str_(str_from_c(d->kind)), str_(d->pseudonym), int_(d->filed_at_s),
		d->expires_at_s ? int_(d->expires_at_s) : null_(), str_(hash));
}

/* One mailbox, however its letters are written: what no server makes a difference of is no other address here. */
static struct str mailbox(struct arena *a, struct str address)
{
	char *p = arena_alloc(a, address.n + 1);

	for (size_t i = 0; i < address.n; i++)
		p[i] = address.p[i] >= 'A' && address.p[i] <= 'Z' ? (char)(address.p[i] - 'A' + 'a') : address.p[i];
	return (struct str){ p, address.n };
}

/* The address is anybody's, and not to be flooded: by one citizen, or without an account. */
static MUST struct err may_write(struct store_tx *tx, const struct file *f, struct str to, bool *ret_may)
{
	const struct kit_demande *d = f->d;
	struct kit_deed deed = { "mail", mailbox(f->arena, to), KIT_MESSAGES_A_DAY, DAY_S };
	struct store_row row;

	if (is_anonymous(d)) {
		*ret_may = kit_tally_take(f->k->tally, &deed, d->filed_at_s);
		return NO_ERR;
	}
	TRY(store_one(tx, "SELECT COUNT(*) FROM kit_demande WHERE pseudonym = $1 AND filed_at_s > $2", &row,
		str_(d->pseudonym), int_(d->filed_at_s - DAY_S)));
	*ret_may = row_int(&row, 0) <= KIT_MESSAGES_A_DAY;      /* this one is among them */
	return NO_ERR;
}

static MUST struct err announce(struct store_tx *tx, const struct file *f)
{
	struct kit_mail mail = { 0 };
	bool may = false;

	if (!f->filing->message || !kit_mail_is_on(f->k))
		return NO_ERR;
	TRY(f->filing->message(f->arena, f->d, f->filing->arg, &mail));
	if (mail.to.n == 0)
		return NO_ERR;
	TRY(may_write(tx, f, mail.to, &may));
	if (!may)
		return NO_ERR;
	mail.id = f->d->number;
	mail.queued_at_s = f->d->filed_at_s;
	return kit_mail_add(tx, &mail);
}

static MUST struct err file_tx(struct store_tx *tx, void *arg)      /* may run twice */
{
	struct file *f = arg;
	struct kit_demande *d = f->d;
	struct kit_audit_entry entry = { "demande.filed", "ok", d->pseudonym, STR_NONE, 1, d->filed_at_s };
	int64_t added = 0;
	bool is_known = false;

	TRY(known(tx, f, &is_known));
	if (is_known)
		return NO_ERR;
	if (is_anonymous(d))
		TRY(room_for_one(tx, f));
	TRY(kit_receipt_next(tx, f->arena, f->filing->prefix, d->filed_at_s, &d->number));
	TRY(insert(tx, f, &added));
	if (!added) {
		/* Its twin came between (PostgreSQL): the number that we drew stays unused. */
		TRY(known(tx, f, &is_known));
		ENSURE(is_known, BUSY, "kit.demande.twin");
		return NO_ERR;
	}
	TRY(f->filing->insert(tx, d, f->filing->arg));
	entry.subject = d->number;
	TRY(kit_audit_add(tx, &entry));
	return announce(tx, f);
}

static MUST struct err file_anonymous(struct file *f, const struct http_req *req)
{
	struct kit_demande *d = f->d;

	ENSURE(d->expires_at_s > 0, BROKEN, "kit.demande.fate");
	f->deed = (struct kit_deed){ "file", http_source_key(req->arena, req->source), KIT_ANONYMOUS_OF_SOURCE, HOUR_S };
	d->follow_up = follow_up_code(req->arena, f->k->set.seal_key, d->form_id);
	struct err e = store_tx(f->k->store, DURABLE, file_tx, f);
	if (f->taken && (failed(e) || d->already))
		kit_tally_give_back(f->k->tally, &f->deed, req->now_s);
	return e;
}

struct err kit_demande_file(struct kit *k, const struct http_req *req, struct kit_demande *d, const struct kit_filing *filing)
{
	struct kit_demande filed = *d;
	struct file f = { .k = k, .arena = req->arena, .filing = filing, .d = &filed };
	struct err e = is_anonymous(d) ? file_anonymous(&f, req) : store_tx(k->store, DURABLE, file_tx, &f);

	if (e.kind == ERR_CONFLICT || e.kind == ERR_THROTTLED)
		kit_audit_refusal(k, "demande.filed", e);
	TRY(e);
	*d = filed;      /* only now is it on disk, and may be promised */
	return NO_ERR;
}
