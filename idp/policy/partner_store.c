/* partner_store.c - partners as rows. */
#include "idp/policy/partner_store.h"
#include "idp/policy/partner_saml_store.h"
#include "idp/audit/audit.h"

enum { URIS_MAX = 64 };

struct all { struct idp *idp; struct arena *a; struct partner *v; size_t n, max; int64_t version; };

static struct str sector_of(const struct idp *idp, struct str id, struct str stored)
{
	for (size_t i = 0; i < idp->set.join_n; i++)
		if (str_eq(idp->set.joins[i].client_id, id))
			return idp->set.joins[i].sector;
	return stored.n ? stored : id;
}

static enum release_mode release_of(struct str s)
{
	return str_eq_c(s, "consent") ? RELEASE_CONSENT : str_eq_c(s, "none") ? RELEASE_NONE : RELEASE_INFORM;
}

static enum partner_auth auth_of(struct str s)
{
	return str_eq_c(s, "post") ? PARTNER_POST : str_eq_c(s, "none") ? PARTNER_PUBLIC : PARTNER_BASIC;
}

static MUST struct err partner_row(const struct store_row *r, void *arg)
{
	struct all *all = arg;
	struct arena *a = all->a;
	struct partner *p;
	struct str hash = row_str(r, 5);

	if (all->n == all->max)
		return err_of(BROKEN, "partner.many");
	p = &all->v[all->n++];
	memset(p, 0, sizeof *p);
	p->id = arena_dup(a, row_str(r, 0));
	p->protocol = arena_dup(a, row_str(r, 1));
	p->enabled = str_eq_c(row_str(r, 2), "active");
	p->name[LANG_FR] = arena_dup(a, row_str(r, 3));
	p->name[LANG_EN] = arena_dup(a, row_str(r, 4));
	p->has_secret = hash.n == sizeof p->secret_hash;
	if (p->has_secret)
		memcpy(p->secret_hash, hash.p, sizeof p->secret_hash);
	p->auth = auth_of(row_str(r, 6));
	p->alg = str_eq_c(row_str(r, 7), "RS256") ? SIGN_RS256 : SIGN_ES256;
	p->grants = arena_dup(a, row_str(r, 8));
	p->sector = sector_of(all->idp, p->id, arena_dup(a, row_str(r, 9)));
	p->attributes = arena_dup(a, row_str(r, 10));
	p->release = release_of(row_str(r, 11));
	p->acr_min = arena_dup(a, row_str(r, 12));
	p->backchannel_uri = arena_dup(a, row_str(r, 13));
	p->created_s = row_int(r, 14);
	p->purpose[LANG_FR] = arena_dup(a, row_str(r, 15));
	p->purpose[LANG_EN] = arena_dup(a, row_str(r, 16));
	p->agents = str_eq_c(row_str(r, 17), "agents");
	p->changed_s = row_int(r, 18);
	p->disabled_s = row_int(r, 19);
	return NO_ERR;
}

/* Rows come sorted by client, as the partners do. */
static MUST struct err uri_row(const struct store_row *r, void *arg)
{
	struct all *all = arg;
	bool redirect = str_eq_c(row_str(r, 1), "redirect");

	for (size_t i = 0; i < all->n; i++) {
		struct partner *p = &all->v[i];
		struct str **v = redirect ? &p->redirect_uris : &p->post_logout_uris;
		size_t *n = redirect ? &p->redirect_n : &p->post_logout_n;

		if (!str_eq(p->id, row_str(r, 0)))
			continue;
		if (!*v)
			*v = arena_array(all->a, struct str, URIS_MAX);
		if (*n < URIS_MAX)
			(*v)[(*n)++] = arena_dup(all->a, row_str(r, 2));
	}
	return NO_ERR;
}

static MUST struct err version_tx(struct store_tx *tx, void *ret_version)
{
	struct store_row row;

	TRY(store_one(tx, "SELECT n FROM version WHERE name = 'clients'", &row));
	*(int64_t *)ret_version = row_int(&row, 0);
	return NO_ERR;
}

static MUST struct err all_tx(struct store_tx *tx, void *arg)
{
	struct all *all = arg;
	struct store_row count;

	TRY(version_tx(tx, &all->version));
	TRY(store_one(tx, "SELECT COUNT(*) FROM client", &count));
	all->n = 0;
	all->max = (size_t)row_int(&count, 0);
	all->v = arena_array(all->a, struct partner, all->max + 1);
	TRY(store_each(tx, "SELECT id, protocol, state, name_fr, name_en, secret_hash, auth, alg, grants, sector, attributes,"
		" release_mode, acr_min, backchannel_uri, created_s, purpose_fr, purpose_en, people, changed_s, disabled_s FROM client ORDER BY id", partner_row, all));
	TRY(store_each(tx, "SELECT client_id, kind, uri FROM client_uri ORDER BY client_id, kind, uri", uri_row, all));
	return partner_saml_load_tx(tx, all->a, all->v, all->n);
}

struct err partner_store_all(struct idp *idp, struct arena *a, struct partner **ret_v, size_t *ret_n, int64_t *ret_version)
{
	struct all all = { .idp = idp, .a = a };

	TRY(store_read(idp->store, all_tx, &all));
	*ret_v = all.v;
	*ret_n = all.n;
	*ret_version = all.version;
	return NO_ERR;
}

struct err partner_store_version(struct store *s, int64_t *ret_version)
{
	return store_read(s, version_tx, ret_version);
}

#define LATER(now) "CASE WHEN changed_s < " now " THEN " now " ELSE changed_s + 1 END"
struct change { struct idp *idp; const struct partner *p, *seen; struct str id; bool enabled, remove; struct str actor; int64_t now_s; };

static MUST struct err changed_tx(struct store_tx *tx, const struct change *c, const char *event)
{
	TRY(store_exec(tx, "UPDATE version SET n = n + 1 WHERE name = 'clients'", NULL));
	return audit_add_tx(tx, c->idp->audit, &(struct audit_entry){ .event = event, .client_id = c->id,
		.actor_text = c->actor, .now_s = c->now_s });
}

static MUST struct err add_uris(struct store_tx *tx, const struct change *c)
{
	static const char sql[] = "INSERT INTO client_uri (client_id, kind, uri) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";

	for (size_t i = 0; i < c->p->redirect_n; i++)
		TRY(store_exec(tx, sql, NULL, str_(c->id), str_(STR("redirect")), str_(c->p->redirect_uris[i])));
	for (size_t i = 0; i < c->p->post_logout_n; i++)
		TRY(store_exec(tx, sql, NULL, str_(c->id), str_(STR("post_logout")), str_(c->p->post_logout_uris[i])));
	return NO_ERR;
}

static MUST struct err add_tx(struct store_tx *tx, void *arg)
{
	const struct change *c = arg;
	const struct partner *p = c->p;
	int64_t changed = 0;

	TRY(store_exec(tx, "INSERT INTO client (id, protocol, state, name_fr, name_en, secret_hash, auth, alg, grants, sector,"
		" attributes, release_mode, acr_min, backchannel_uri, created_s, changed_s, purpose_fr, purpose_en, people)"
		" VALUES ($1, $2, 'active', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14, $15, $16, $17) ON CONFLICT DO NOTHING",
		&changed, str_(p->id), str_(p->protocol), str_(p->name[LANG_FR]), str_(p->name[LANG_EN]),
		p->has_secret ? bytes_(((struct str){ (const char *)p->secret_hash, sizeof p->secret_hash })) : null_(),
		str_(str_from_c(partner_auth_name(p->auth))), str_(p->alg == SIGN_RS256 ? STR("RS256") : STR("ES256")),
		str_(p->grants), str_(p->sector), str_(p->attributes), str_(str_from_c(release_mode_name(p->release))),
		str_(p->acr_min), str_(p->backchannel_uri), int_(c->now_s), str_(p->purpose[LANG_FR]), str_(p->purpose[LANG_EN]),
		str_(str_from_c(partner_people_name(p)))));
	ENSURE(changed == 1, CONFLICT, "partner.exists");
	TRY(add_uris(tx, c));
	if (p->saml)
		TRY(partner_saml_add_tx(tx, p->id, p->saml));
	return changed_tx(tx, c, "partner.add");
}

static MUST struct err change_tx(struct store_tx *tx, void *arg)
{
	const struct change *c = arg;
	int64_t changed = 0;

	if (c->remove) {
		TRY(store_exec(tx, "DELETE FROM client WHERE id = $1", &changed, str_(c->id)));
		ENSURE(changed == 1, ABSENT, "partner.unknown");
		TRY(store_exec(tx, "DELETE FROM client_uri WHERE client_id = $1", NULL, str_(c->id)));
		TRY(store_exec(tx, "DELETE FROM participant WHERE client_id = $1", NULL, str_(c->id)));
		TRY(store_exec(tx, "DELETE FROM notice WHERE client_id = $1", NULL, str_(c->id)));
		TRY(store_exec(tx, "DELETE FROM grant_ WHERE client_id = $1", NULL, str_(c->id)));
		TRY(store_exec(tx, "DELETE FROM logout_queue WHERE client_id = $1", NULL, str_(c->id)));
		TRY(partner_saml_remove_tx(tx, c->id));
		return changed_tx(tx, c, "partner.remove");
	}
	TRY(store_exec(tx, "UPDATE client SET state = $2, changed_s = " LATER("$3") ","
		" disabled_s = CASE WHEN $2 = 'disabled' THEN $3 ELSE disabled_s END WHERE id = $1", &changed, str_(c->id),
		str_(c->enabled ? STR("active") : STR("disabled")), int_(c->now_s)));
	ENSURE(changed == 1, ABSENT, "partner.unknown");
	/* What was issued before a partner was disabled does not come back with it. */
	if (!c->enabled)
		TRY(store_exec(tx, "UPDATE grant_ SET revoked_s = $2 WHERE client_id = $1 AND revoked_s = 0", NULL,
			str_(c->id), int_(c->now_s)));
	return changed_tx(tx, c, c->enabled ? "partner.enable" : "partner.disable");
}

/* Who was too late is shown what is there now, also when another engine wrote it. */
static MUST struct err change(struct idp *idp, store_fn *fn, struct change *c)
{
	struct err e = store_tx(idp->store, DURABLE, fn, c);

	if (failed(e) && e.kind != ERR_CONFLICT)
		return e;
	TRY(registry_load(idp->registry, idp));
	return e;
}

static MUST struct err replace_tx(struct store_tx *tx, void *arg)
{
	const struct change *c = arg;
	const struct partner *p = c->p;
	int64_t changed = 0;

	TRY(store_exec(tx, "UPDATE client SET name_fr = $3, name_en = $4, secret_hash = $5, auth = $6, alg = $7, grants = $8, sector = $9,"
		" attributes = $10, release_mode = $11, backchannel_uri = $12, changed_s = " LATER("$13") ", purpose_fr = $14, purpose_en = $15,"
		" people = $16, acr_min = $17"
		" WHERE id = $1 AND protocol = $2 AND changed_s = $18", &changed, str_(p->id), str_(p->protocol), str_(p->name[LANG_FR]), str_(p->name[LANG_EN]),
		p->has_secret ? bytes_(((struct str){ (const char *)p->secret_hash, sizeof p->secret_hash })) : null_(),
		str_(str_from_c(partner_auth_name(p->auth))), str_(p->alg == SIGN_RS256 ? STR("RS256") : STR("ES256")),
		str_(p->grants), str_(p->sector), str_(p->attributes), str_(str_from_c(release_mode_name(p->release))),
		str_(p->backchannel_uri), int_(c->now_s), str_(p->purpose[LANG_FR]), str_(p->purpose[LANG_EN]),
		str_(str_from_c(partner_people_name(p))), str_(p->acr_min), int_(c->seen->changed_s)));
	ENSURE(changed == 1, CONFLICT, "partner.moved");
	TRY(store_exec(tx, "DELETE FROM client_uri WHERE client_id = $1", NULL, str_(p->id)));
	TRY(add_uris(tx, c));
	/* Whoever was told what a service receives has not agreed to it (RGPD 7). */
	if (p->release == RELEASE_CONSENT)
		TRY(store_exec(tx, "DELETE FROM notice WHERE client_id = $1 AND mode <> 'consent'", NULL, str_(p->id)));
	if (p->saml) {
		TRY(partner_saml_remove_tx(tx, p->id));
		TRY(partner_saml_add_tx(tx, p->id, p->saml));
	}
	return changed_tx(tx, c, "partner.replace");
}

struct err partner_add(struct idp *idp, const struct partner *p, struct str actor, int64_t now_s)
{
	return change(idp, add_tx, &(struct change){ .idp = idp, .p = p, .id = p->id, .actor = actor, .now_s = now_s });
}

struct err partner_replace(struct idp *idp, const struct partner *p, const struct partner *seen, struct str actor, int64_t now_s)
{
	return change(idp, replace_tx, &(struct change){ .idp = idp, .p = p, .seen = seen, .id = p->id, .actor = actor, .now_s = now_s });
}

struct err partner_set_state(struct idp *idp, struct str id, bool enabled, struct str actor, int64_t now_s)
{
	return change(idp, change_tx, &(struct change){ .idp = idp, .id = id, .enabled = enabled, .actor = actor, .now_s = now_s });
}

struct err partner_remove(struct idp *idp, struct str id, struct str actor, int64_t now_s)
{
	return change(idp, change_tx, &(struct change){ .idp = idp, .id = id, .remove = true, .actor = actor, .now_s = now_s });
}
