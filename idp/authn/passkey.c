/* passkey.c - see passkey.h. */
#include "idp/authn/passkey.h"
#include "idp/authn/passkey_rules.h"
#include "base/b64.h"
#include "base/ct.h"
#include "wire/oidc/oidc.h"

enum { CHALLENGE = 32, ASK_TTL_S = 300 };

struct ask {
	unsigned char challenge[CHALLENGE], account[ID_BYTES], session[ID_BYTES], tab_hash[32];
	enum passkey_action action;
	int64_t expires_s;
};

static void ask_io(struct frame_io *io, void *m)
{
	struct ask *k = m;

	io_bytes(io, k->challenge, sizeof k->challenge);
	io_bytes(io, k->account, sizeof k->account);
	io_bytes(io, k->session, sizeof k->session);
	io_bytes(io, k->tab_hash, sizeof k->tab_hash);
	io_enum(io, &k->action, PASSKEY_ACTION_COUNT);
	io_i64(io, &k->expires_s);
}

/* What a key stores as the owner: nothing that means anything elsewhere. */
static struct str user_handle(struct arena *a, const unsigned char account[ID_BYTES])
{
	unsigned char mac[32];

	hmac_sha256(STR("passkey user"), (struct str){ (const char *)account, ID_BYTES }, mac);
	return b64url_encode(a, mac, sizeof mac);
}

static void bind(struct ask *k, const struct passkey_bound *b, const struct tab *tab)
{
	memcpy(k->account, b->account, ID_BYTES);
	if (b->session)
		memcpy(k->session, b->session, ID_BYTES);
	memcpy(k->tab_hash, tab->hash, sizeof k->tab_hash);
	k->action = b->action;
}

struct passkey_question passkey_ask(struct idp *idp, const struct http_req *req, const struct tab *tab, const struct passkey_bound *b)
{
	struct ask k = { .expires_s = req->now_s + ASK_TTL_S };
	struct passkey_question q = { .rp_id = passkey_rp_id(idp->set.issuer) };

	random_bytes(k.challenge, sizeof k.challenge);
	bind(&k, b, tab);
	if (failed(seal(req->arena, idp->keys, STR("passkey"), ask_io, &k, &q.sealed)))
		return (struct passkey_question){ 0 };
	q.challenge = b64url_encode(req->arena, k.challenge, sizeof k.challenge);
	q.user = user_handle(req->arena, b->account);
	return q;
}

/* The question that this form answers: asked of this person, in this session and tab, for this act, not long ago. */
static MUST struct err open_ask(struct idp *idp, const struct http_req *req, const struct passkey_bound *b, struct ask *ret_ask)
{
	struct ask k = { 0 }, mine = { 0 };
	struct tab tab;

	ENSURE(!failed(unseal(req->arena, idp->keys, STR("passkey"), http_get(&req->form, "defi"), ask_io, &k)), MALFORMED, "passkey.form");
	tab_load(idp, req, &tab);
	bind(&mine, b, &tab);
	ENSURE(ct_equal(k.account, mine.account, sizeof k.account) && ct_equal(k.session, mine.session, sizeof k.session)
	       && ct_equal(k.tab_hash, mine.tab_hash, sizeof k.tab_hash) && k.action == mine.action, DENIED, "passkey.bound");
	ENSURE(req->now_s < k.expires_s, DENIED, "passkey.expired");
	*ret_ask = k;
	return NO_ERR;
}

static struct factor_once once_of(const struct ask *k)
{
	struct factor_once once = { .until_s = k->expires_s };

	memcpy(once.id, k->challenge, sizeof once.id);
	return once;
}

static MUST struct err verdict(struct idp *idp, const struct http_req *req, const struct ask *k, const char *type, const struct passkey_claims *c)
{
	struct passkey_expect x = { .type = str_from_c(type), .challenge = b64url_encode(req->arena, k->challenge, sizeof k->challenge),
		.origins = { oidc_uri_origin(idp->set.issuer), idp->set.admin_url.n ? oidc_uri_origin(idp->set.admin_url) : STR_NONE } };

	return passkey_verdict(c, &x);
}

/* Bounded before anything is decoded: the reader takes no more. */
static MUST struct err field(const struct http_req *req, const char *name, size_t max, struct str *ret_bytes)
{
	struct str text = http_get(&req->form, name);

	ENSURE(text.n && text.n <= (max * 4 + 2) / 3, MALFORMED, "passkey.form");
	ENSURE(!failed(b64url_decode(req->arena, text, ret_bytes)) && ret_bytes->n <= max, MALFORMED, "passkey.form");
	return NO_ERR;
}

static const struct factor *find(const struct factor *v, size_t n, struct str credential)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].kind == FACTOR_PASSKEY && str_eq(v[i].credential, credential))
			return &v[i];
	return NULL;
}

struct err passkey_prove(struct idp *idp, const struct http_req *req, const struct passkey_bound *b, const struct factor *v, size_t n)
{
	struct factor_act act = { idp, b->account, req->id, req->now_s };
	struct passkey_proof q = { .rp_id = passkey_rp_id(idp->set.issuer) };
	struct passkey_held held = { 0 };
	struct str id, user = http_get(&req->form, "proprietaire");
	const struct factor *f;
	struct factor_once once;
	struct ask k;

	TRY(open_ask(idp, req, b, &k));
	TRY(field(req, "cle", PASSKEY_ID_MAX, &id));
	TRY(field(req, "client-data", PASSKEY_CLIENT_MAX, &q.client_data));
	TRY(field(req, "auth-data", PASSKEY_AUTH_MAX, &q.auth_data));
	TRY(field(req, "signature", PASSKEY_SIGNATURE_MAX, &q.signature));
	f = find(v, n, id);
	/*= WebAuthn 7.2 (6): … verify that the user … is the owner of the public key credential source … */
	ENSURE(f && f->alg >= 0 && f->alg < PASSKEY_ALG_COUNT, DENIED, "passkey.unknown");
	ENSURE(!user.n || str_eq(user, user_handle(req->arena, b->account)), DENIED, "passkey.user");
	q.key = f->key;
	q.alg = (enum passkey_alg)f->alg;
	TRY(engine_call(idp->engine, req->arena, req->deadline_ms, ROLE_READER, CHECK_PASSKEY_PROOF, ipc_passkey_proof_io, &q,
		ipc_passkey_held_io, &held));
	TRY(verdict(idp, req, &k, "webauthn.get", &held.claims));
	once = once_of(&k);
	return factor_use_passkey(&act, f->id, held.count, &once);
}

struct err passkey_make(struct idp *idp, const struct http_req *req, const struct passkey_bound *b, struct factor *ret_factor,
	struct factor_once *ret_once)
{
	struct passkey_new q = { .rp_id = passkey_rp_id(idp->set.issuer) };
	struct passkey_made made = { 0 };
	struct ask k;

	TRY(open_ask(idp, req, b, &k));
	TRY(field(req, "client-data", PASSKEY_CLIENT_MAX, &q.client_data));
	TRY(field(req, "attestation", PASSKEY_ATTESTATION_MAX, &q.attestation));
	TRY(engine_call(idp->engine, req->arena, req->deadline_ms, ROLE_READER, CHECK_PASSKEY_NEW, ipc_passkey_new_io, &q,
		ipc_passkey_made_io, &made));
	TRY(verdict(idp, req, &k, "webauthn.create", &made.claims));
	*ret_factor = (struct factor){ .kind = FACTOR_PASSKEY, .credential = made.credential, .key = made.key, .alg = made.alg,
		.sign_count = made.count };
	*ret_once = once_of(&k);
	return NO_ERR;
}
