/* second.c - proving a second factor: what the sign-in and the confirmation share. */
#include "idp/authn/second_impl.h"
#include "idp/authn/recovery.h"
#include "idp/authn/throttle.h"
#include "idp/audit/audit.h"
#include "base/b64.h"
#include "base/ct.h"

enum { DRAFT_TTL_S = 1800 };

static void draft_io(struct frame_io *io, void *m)
{
	struct totp_draft *d = m;

	io_bytes(io, d->secret, sizeof d->secret);
	io_bytes(io, d->account, sizeof d->account);
	io_i64(io, &d->expires_s);
}

static void draft_wipe(struct totp_draft *d)
{
	explicit_bzero(d, sizeof *d);
}

struct err second_load(struct second *s)
{
	return factor_list(s->idp->store, s->req->arena, s->bound.account, &s->factors, &s->factor_n);
}

struct err second_totp_open(struct idp *idp, struct arena *a, const unsigned char account[ID_BYTES], struct str sealed,
	unsigned char ret_secret[TOTP_SECRET])
{
	AUTO(draft_wipe) struct totp_draft d = { 0 };
	bool ours = !failed(unseal(a, idp->keys, STR("totp"), sealed, draft_io, &d)) && ct_equal(d.account, account, ID_BYTES);

	if (ours)
		memcpy(ret_secret, d.secret, TOTP_SECRET);
	/* Another seal key than the one that it was stored under: an administrator has to reset this factor. */
	ENSURE(ours, BROKEN, "totp.seal");
	return NO_ERR;
}

void second_audit(const struct second *s, struct err e)
{
	bool clone = failed(e) && str_eq_c(STR("factor.clone"), e.slug);

	if (failed(e))
		audit_refuse(s->idp->audit, &(struct audit_entry){ .event = clone ? "factor.clone" : "factor.refuse", .reason = e.slug,
			.request = s->req->id, .account = s->bound.account, .now_s = s->req->now_s });
}

struct err second_slowly(struct second *s, second_try_fn *fn, void *arg)
{
	struct arena *a = s->req->arena;
	struct throttle_keys keys = { .identifier = arena_printf(a, "facteur:" STR_FMT, STR_ARG(hex_encode(a, s->bound.account, ID_BYTES))),
		.source = http_source_key(a, s->req->source) };
	struct err e;

	TRY(throttle_admit(s->idp->agent_throttle, &keys, s->req->now_s, &s->wait_s));
	e = fn(s, arg);
	throttle_tell(s->idp->agent_throttle, &keys, !failed(e) ? THROTTLE_SUCCESS
		: e.kind == ERR_DENIED ? THROTTLE_FAILURE : THROTTLE_UNKNOWN, s->req->now_s);
	return e;
}

static MUST struct err try_code(struct second *s, void *arg)
{
	struct factor_act act = { s->idp, s->bound.account, s->req->id, s->req->now_s };
	struct str typed = http_get(&s->req->form, "code");
	struct err e = err_of(DENIED, "totp.code"), sealed = NO_ERR;
	unsigned char secret[TOTP_SECRET];
	bool readable = false;
	int64_t step = 0;

	(void)arg;
	for (size_t i = 0; i < s->factor_n && failed(e) && e.kind == ERR_DENIED; i++) {
		const struct factor *f = &s->factors[i];
		struct err one;

		if (f->kind != FACTOR_TOTP)
			continue;
		sealed = second_totp_open(s->idp, s->req->arena, s->bound.account, f->secret, secret);
		/* Of one that cannot be read any more nobody has a good code: another may have. */
		if (failed(sealed))
			continue;
		readable = true;
		one = totp_check(secret, typed, f->last_step, s->req->now_s, &step);
		if (!failed(one))
			one = factor_use_totp(&act, f->id, step);
		/* A code that was good and is spent says more than one that fits none of the others. */
		if (!failed(one) || !str_eq_c(STR("totp.code"), one.slug))
			e = one;
	}
	explicit_bzero(secret, sizeof secret);
	return !readable && failed(sealed) ? sealed : e;
}

static MUST struct err try_recovery(struct second *s, void *arg)
{
	struct factor_act act = { s->idp, s->bound.account, s->req->id, s->req->now_s };
	struct str code = recovery_read(s->req->arena, http_get(&s->req->form, "secours"));
	unsigned char hash[FACTOR_HASH];

	(void)arg;
	ENSURE(code.n, DENIED, "factor.recovery");
	recovery_hash(s->bound.account, code, hash);
	return recovery_use(&act, hash);
}

static MUST struct err prove(struct second *s)
{
	struct str way = http_get(&s->req->form, "facteur");

	TRY(second_load(s));
	if (str_eq_c(way, "code")) {
		s->amr = STR("pwd otp");
		return second_slowly(s, try_code, NULL);
	}
	if (str_eq_c(way, "secours")) {
		s->amr = STR("pwd otp");
		return second_slowly(s, try_recovery, NULL);
	}
	ENSURE(str_eq_c(way, "cle"), MALFORMED, "second.form");
	/* Not slowed down: a signature cannot be guessed, and its owner comes through while somebody tries codes. */
	s->amr = STR("pwd hwk");
	return passkey_prove(s->idp, s->req, &s->bound, s->factors, s->factor_n);
}

struct err second_prove(struct second *s)
{
	struct err e = prove(s);

	second_audit(s, e);
	return e;
}

/* The one that the form brings back, while it holds. */
static bool draft_open(const struct second *s, struct totp_draft *d)
{
	return !failed(unseal(s->req->arena, s->idp->keys, STR("totp.new"), http_get(&s->req->form, "secret"), draft_io, d))
	       && ct_equal(d->account, s->bound.account, ID_BYTES) && s->req->now_s < d->expires_s;
}

static MUST struct err draft_new(const struct second *s, struct totp_draft *d, struct str *ret_text)
{
	random_bytes(d->secret, sizeof d->secret);
	memcpy(d->account, s->bound.account, ID_BYTES);
	d->expires_s = s->req->now_s + DRAFT_TTL_S;
	return seal(s->req->arena, s->idp->keys, STR("totp.new"), draft_io, d, ret_text);
}

struct err second_draft_make(const struct second *s, struct view_add *page, struct str login, bool spent)
{
	AUTO(draft_wipe) struct totp_draft d = { 0 };
	struct arena *a = s->req->arena;
	struct err e = NO_ERR;

	/* Nobody reads the QR code again for a digit mistyped. */
	if (!spent && draft_open(s, &d))
		page->draft = http_get(&s->req->form, "secret");
	else
		e = draft_new(s, &d, &page->draft);
	page->words = totp_words(a, d.secret);
	page->uri = totp_uri(a, d.secret, s->idp->set.town_name, login);
	return e;
}

struct added { struct factor factor; struct factor_once once; };

/* The application shows the code of the secret that this page gave it: sealed anew, it may be kept. Once: two factors
 * of one secret would each take the same code. */
static MUST struct err try_draft(struct second *s, void *arg)
{
	struct added *added = arg;
	struct factor *f = &added->factor;
	AUTO(draft_wipe) struct totp_draft d = { 0 };
	int64_t step = 0;

	ENSURE(draft_open(s, &d), MALFORMED, "totp.draft");
	TRY(totp_check(d.secret, http_get(&s->req->form, "code"), 0, s->req->now_s, &step));
	TRY(seal(s->req->arena, s->idp->keys, STR("totp"), draft_io, &d, &f->secret));
	hmac_sha256((struct str){ (const char *)d.secret, sizeof d.secret }, STR("totp.new"), added->once.id);
	added->once.until_s = d.expires_s;
	f->kind = FACTOR_TOTP;
	f->last_step = step;
	return NO_ERR;
}

static MUST struct err read_name(const struct http_req *req, enum factor_kind kind, struct str *ret_name)
{
	struct str name = str_trim(http_get(&req->form, "nom"));
	size_t letters = 0;

	for (size_t i = 0; i < name.n; i++)
		letters += ((unsigned char)name.p[i] & 0xc0) != 0x80;
	ENSURE(letters <= FACTOR_NAME_MAX && !str_has_control(name), MALFORMED, "factor.name");
	if (!name.n)
		name = kind == FACTOR_TOTP ? STR("Téléphone") : STR("Clé");
	*ret_name = name;
	return NO_ERR;
}

struct err second_new_factor(struct second *s, struct factor *ret_factor, struct factor_once *ret_once)
{
	struct str what = http_get(&s->req->form, "quoi");
	bool key = str_eq_c(what, "cle");
	struct added added = { 0 };
	struct str name;

	ENSURE(key || str_eq_c(what, "application"), MALFORMED, "second.form");
	TRY(read_name(s->req, key ? FACTOR_PASSKEY : FACTOR_TOTP, &name));
	if (key)
		TRY(passkey_make(s->idp, s->req, &s->bound, &added.factor, &added.once));
	else
		TRY(second_slowly(s, try_draft, &added));
	added.factor.name = name;
	*ret_factor = added.factor;
	*ret_once = added.once;
	return NO_ERR;
}

struct http_resp *second_restart(const struct http_req *req, const struct half *h)
{
	struct http_pair v[3] = { { STR("expire"), STR("1") } };
	size_t n = 1;

	if (h->flow.n)
		v[n++] = (struct http_pair){ STR("flow"), h->flow };
	if (h->retour.n)
		v[n++] = (struct http_pair){ STR("retour"), h->retour };
	return http_see_other(req, http_add_query(req->arena, STR("/connexion/agent"), v, n));
}
