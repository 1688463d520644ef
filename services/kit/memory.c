/* memory.c - what libguichet-sp remembers, in the service's store.
 *
 * Sessions and used states are QUICK; ending a session is DURABLE, since a power cut must not bring
 * a signed-out citizen back. */
#include "services/kit/kit_impl.h"

struct memory { struct arena *arena; struct sp_memory *m; struct str id; };

static struct store_param text_or_null(const char *text)
{
	return text ? str_(str_from_c(text)) : null_();
}

static struct str value_of(const struct sp_memory *m)
{
	return (struct str){ m->value ? m->value : "", m->value_n };
}

static struct err put_tx(struct store_tx *tx, void *arg)
{
	const struct memory *w = arg;
	const struct sp_memory *m = w->m;

	return store_exec(tx, "INSERT INTO kit_memory (id, kind, tag1, tag2, value, expires_at_s) VALUES ($1, $2, $3, $4, $5, $6)"
		" ON CONFLICT (id) DO UPDATE SET tag1 = excluded.tag1, tag2 = excluded.tag2, value = excluded.value,"
		" expires_at_s = excluded.expires_at_s", NULL,
		str_(w->id), str_(str_from_c(m->kind)), text_or_null(m->tags[0]), text_or_null(m->tags[1]),
		bytes_(value_of(m)), int_(m->expires_at_s));
}

static struct err claim_tx(struct store_tx *tx, void *arg)
{
	const struct memory *w = arg;
	const struct sp_memory *m = w->m;
	int64_t changed = 0;

	TRY(store_exec(tx, "INSERT INTO kit_memory (id, kind, value, expires_at_s) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING",
		&changed, str_(w->id), str_(str_from_c(m->kind)), bytes_(value_of(m)), int_(m->expires_at_s)));
	ENSURE(changed == 1, CONFLICT, "kit.memory.claimed");
	return NO_ERR;
}

static struct err get_tx(struct store_tx *tx, void *arg)
{
	struct memory *w = arg;
	struct store_row row;

	TRY(store_one(tx, "SELECT value, expires_at_s FROM kit_memory WHERE id = $1", &row, str_(w->id)));
	ENSURE(row.found, ABSENT, "kit.memory.absent");
	struct str value = row_str(&row, 0);
	char *copy = arena_try(w->arena, value.n + 1);
	ENSURE(copy, BROKEN, "kit.memory.size");
	if (value.n)
		memcpy(copy, value.p, value.n);
	w->m->value = copy;
	w->m->value_n = value.n;
	w->m->expires_at_s = row_int(&row, 1);
	return NO_ERR;
}

static struct err touch_tx(struct store_tx *tx, void *arg)
{
	const struct memory *w = arg;
	int64_t changed = 0;

	TRY(store_exec(tx, "UPDATE kit_memory SET expires_at_s = $2 WHERE id = $1", &changed, str_(w->id), int_(w->m->expires_at_s)));
	ENSURE(changed == 1, ABSENT, "kit.memory.absent");
	return NO_ERR;
}

static struct err remove_tx(struct store_tx *tx, void *arg)
{
	const struct memory *w = arg;

	return store_exec(tx, "DELETE FROM kit_memory WHERE id = $1", NULL, str_(w->id));
}

static struct err forget_tx(struct store_tx *tx, void *arg)
{
	const struct memory *w = arg;

	return store_exec(tx, "DELETE FROM kit_memory WHERE kind = $1 AND (tag1 = $2 OR tag2 = $2)", NULL,
		str_(str_from_c(w->m->kind)), text_or_null(w->m->tags[0]));
}

static struct err remember(struct kit *k, struct arena *a, struct sp_memory *m)
{
	struct memory w = { .arena = a, .m = m };

	if (m->op != SP_FORGET)
		w.id = arena_printf(a, "%s:%s", m->kind, m->key ? m->key : "");
	switch (m->op) {
	case SP_PUT:    return store_tx(k->store, QUICK, put_tx, &w);
	case SP_CLAIM:  return store_tx(k->store, QUICK, claim_tx, &w);
	case SP_GET:    return store_read(k->store, get_tx, &w);
	case SP_TOUCH:  return store_tx(k->store, QUICK, touch_tx, &w);
	case SP_REMOVE: return store_tx(k->store, DURABLE, remove_tx, &w);
	case SP_FORGET: return store_tx(k->store, DURABLE, forget_tx, &w);
	default:        return err_of(BROKEN, "kit.memory.op");
	}
}

struct sp_result kit_remember_hook(void *kit, struct sp_scope *s, struct sp_memory *m)
{
	return sp_result_of(remember(kit, sp_arena_of(s), m));
}
