/* key_acts.c - see key_acts.h. */
#include "idp/admin/key_acts.h"
#include "idp/audit/audit.h"

enum { WAIT_S = 86400 };               /* as the supervisor's own rule has it, which decides */

/* The key before the next: one that is on its way out comes first. */
static void see(struct key_change *c, enum sign_key_state state, int64_t since_s, int64_t now_s)
{
	if (state == SIGN_KEY_CURRENT || (c->next == KEY_RETIRE && state == SIGN_KEY_NEXT))
		return;
	c->next = state == SIGN_KEY_NEXT ? KEY_ACTIVATE : KEY_RETIRE;
	c->wait_s = since_s && since_s + WAIT_S > now_s ? since_s + WAIT_S : 0;
}

static bool is_token_key(const struct sign_keys *keys, struct str kid)
{
	for (size_t i = 0; i < keys->n; i++)
		if (str_eq(keys->v[i].kid, kid))
			return true;
	return false;
}

static struct key_change *change_of(struct key_change *v, size_t *n, enum rotate_kind kind)
{
	for (size_t i = 0; i < *n; i++)
		if (v[i].kind == kind)
			return &v[i];
	v[*n] = (struct key_change){ .kind = kind };
	return &v[(*n)++];
}

size_t key_changes(const struct sign_keys *keys, int64_t now_s, struct key_change ret_v[ROTATE_KIND_COUNT])
{
	size_t n = 0;

	for (size_t i = 0; i < keys->n; i++)
		see(change_of(ret_v, &n, keys->v[i].alg == SIGN_RS256 ? ROTATE_RS256 : ROTATE_ES256), keys->v[i].state, keys->v[i].since_s, now_s);
	for (size_t i = 0; i < keys->certificate_n; i++) {
		const struct sign_certificate *k = &keys->certificates[i];
		/* Without a key of its own SAML signs with the RS256 key. */
		struct key_change *c = change_of(ret_v, &n, is_token_key(keys, k->kid) ? ROTATE_RS256 : ROTATE_SAML);

		c->saml = true;
		if (c->kind == ROTATE_SAML)
			see(c, k->state, k->since_s, now_s);
	}
	return n;
}

struct ask { struct idp *idp; const char *word; struct str actor; int64_t now_s; };

static MUST struct err ask_tx(struct store_tx *tx, void *arg)
{
	const struct ask *t = arg;

	return audit_add_tx(tx, t->idp->audit, &(struct audit_entry){ .event = "key.rotate.ask", .client_id = str_from_c(t->word),
		.actor_text = t->actor, .now_s = t->now_s });
}

struct err key_change_ask(struct idp *idp, struct arena *a, enum rotate_kind kind, struct str actor, int64_t now_s, int64_t deadline_ms,
	struct rotate_said *ret)
{
	struct rotate_ask ask = { kind, actor };
	struct ask t = { idp, rotate_kind_words[kind], actor, now_s };

	TRY(rotate_ask_check(&ask));
	TRY(store_tx(idp->store, DURABLE, ask_tx, &t));
	return engine_rotate(idp->engine, a, deadline_ms, &ask, ret);
}
