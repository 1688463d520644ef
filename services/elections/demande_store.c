/* demande_store.c - what élections remembers of a demande. Every query names the citizen: a number
 * that is somebody else's is as absent as one that never was. */
#include "services/elections/elections.h"

struct add { struct arena *arena; const struct el_demande *d; const struct el_notice *notice; struct el_receipt receipt; };

/* The form has arrived before. */
static MUST struct err known(struct store_tx *tx, struct add *add, bool *ret_known)
{
	struct store_row row;

	TRY(store_one(tx, "SELECT number, filed_at_s, pseudonym FROM demande WHERE form_id = $1", &row, str_(add->d->form_id)));
	*ret_known = row.found;
	if (!row.found)
		return NO_ERR;
	ENSURE(str_eq(row_str(&row, 2), add->d->pseudonym), CONFLICT, "el.demande.not_yours");
	add->receipt = (struct el_receipt){ arena_dup(add->arena, row_str(&row, 0)), row_int(&row, 1), true };
	return NO_ERR;
}

static MUST struct err insert(struct store_tx *tx, const struct add *add, struct str number, int64_t *ret_added)
{
	const struct el_demande *d = add->d;
	const struct el_answers *w = &d->answers;

	return store_exec(tx, "INSERT INTO demande (number, form_id, pseudonym, filed_at_s, family_name, given_name, birthdate,"
		" adresse, code_postal, depuis, ailleurs, ancienne_commune, telephone, courriel)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (form_id) DO NOTHING", ret_added,
		str_(number), str_(d->form_id), str_(d->pseudonym), int_(d->filed_at_s), str_(d->family_name), str_(d->given_name),
		str_(d->birthdate), str_(w->adresse), str_(w->code_postal), str_(w->depuis), int_(w->ailleurs),
		str_(w->ancienne_commune), str_(w->telephone), str_(w->courriel));
}

static MUST struct err announce(struct store_tx *tx, const struct add *add, struct str number)
{
	const struct el_demande *d = add->d;
	struct kit_mail mail;
	struct store_row row;

	if (!add->notice || d->answers.courriel.n == 0)
		return NO_ERR;
	TRY(store_one(tx, "SELECT COUNT(*) FROM demande WHERE pseudonym = $1 AND filed_at_s > $2", &row,
		str_(d->pseudonym), int_(d->filed_at_s - 86400)));
	if (row_int(&row, 0) > EL_MESSAGES_A_DAY)      /* this one is among them */
		return NO_ERR;
	TRY(el_message_recorded(add->arena, add->notice, d->answers.courriel, number, d->filed_at_s, &mail));
	return kit_mail_add(tx, &mail);
}

static MUST struct err add_tx(struct store_tx *tx, void *arg)      /* may run twice */
{
	struct add *add = arg;
	struct kit_audit_entry entry = { "demande.filed", "ok", add->d->pseudonym, STR_NONE, 1, add->d->filed_at_s };
	struct str number;
	int64_t added = 0;
	bool is_known = false;

	TRY(known(tx, add, &is_known));
	if (is_known)
		return NO_ERR;
	TRY(kit_receipt_next(tx, add->arena, "EL", add->d->filed_at_s, &number));
	TRY(insert(tx, add, number, &added));
	if (!added) {
		/* Its twin came between (PostgreSQL): the number that we drew stays unused. */
		TRY(known(tx, add, &is_known));
		ENSURE(is_known, BUSY, "el.demande.twin");
		return NO_ERR;
	}
	entry.subject = number;
	TRY(kit_audit_add(tx, &entry));
	TRY(announce(tx, add, number));
	add->receipt = (struct el_receipt){ number, add->d->filed_at_s, false };
	return NO_ERR;
}

struct err el_demande_add(struct store *st, struct arena *a, const struct el_demande *d, const struct el_notice *notice,
	struct el_receipt *ret_receipt)
{
	struct add add = { .arena = a, .d = d, .notice = notice };

	TRY(store_tx(st, DURABLE, add_tx, &add));
	*ret_receipt = add.receipt;      /* only now is it on disk, and may be promised */
	return NO_ERR;
}

struct load { struct arena *arena; struct str pseudonym, number; struct el_reading *ret; };

static MUST struct err load_tx(struct store_tx *tx, void *arg)
{
	struct load *l = arg;
	struct el_demande *d = &l->ret->demande;
	struct store_row row;
	struct str *texts[] = { &d->family_name, &d->given_name, &d->birthdate, &d->answers.adresse, &d->answers.code_postal,
		&d->answers.depuis, &d->answers.ancienne_commune, &d->answers.telephone, &d->answers.courriel };

	TRY(store_one(tx, "SELECT filed_at_s, ailleurs, family_name, given_name, birthdate, adresse, code_postal, depuis,"
		" ancienne_commune, telephone, courriel FROM demande WHERE number = $1 AND pseudonym = $2", &row,
		str_(l->number), str_(l->pseudonym)));
	ENSURE(row.found, ABSENT, "el.demande");
	d->pseudonym = l->pseudonym;
	d->filed_at_s = row_int(&row, 0);
	d->answers.ailleurs = row_int(&row, 1) != 0;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		*texts[i] = arena_dup(l->arena, row_str(&row, 2 + i));
	TRY(kit_mail_is_promised(tx, l->number, &l->ret->message));
	return kit_read_log_list(tx, l->arena, l->number, EL_READERS, l->ret->readers, &l->ret->reader_n);
}

struct err el_demande_load(struct store *st, struct arena *a, struct str pseudonym, struct str number, struct el_reading *ret_reading)
{
	struct load l = { a, pseudonym, number, ret_reading };

	return store_read(st, load_tx, &l);
}

struct list { struct arena *arena; struct str pseudonym; struct el_list *ret; };

static struct err list_row(const struct store_row *row, void *arg)
{
	struct list *l = arg;

	if (l->ret->n < EL_LIST)
		l->ret->v[l->ret->n++] = (struct el_receipt){ arena_dup(l->arena, row_str(row, 0)), row_int(row, 1), false };
	return NO_ERR;
}

static struct err list_tx(struct store_tx *tx, void *arg)
{
	struct list *l = arg;

	l->ret->n = 0;
	return store_each(tx, "SELECT number, filed_at_s FROM demande WHERE pseudonym = $1 ORDER BY filed_at_s DESC, number DESC LIMIT $2",
		list_row, l, str_(l->pseudonym), int_(EL_LIST));
}

struct err el_demande_list(struct store *st, struct arena *a, struct str pseudonym, struct el_list *ret_list)
{
	struct list l = { a, pseudonym, ret_list };

	return store_read(st, list_tx, &l);
}
