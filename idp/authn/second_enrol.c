/* second_enrol.c - /connexion/agent/inscription: the printed code, a first factor, the recovery codes, and on.
 *
 * Nothing is written before the new factor has been shown to work; then one transaction spends the printed
 * code, adds the factor and the recovery codes. Until then all of it travels sealed in the pages.
 */
#include "idp/authn/second_impl.h"
#include "idp/authn/recovery.h"
#include "base/ct.h"
#include "base/printed_code.h"

#define PATH "/connexion/agent/inscription"

enum { SUITE_TTL_S = 1800 };

/* The printed code was right (hash), or the enrolment is done (once: the page of codes leads on but once). */
struct suite { unsigned char account[ID_BYTES], hash[FACTOR_HASH]; struct str amr; int64_t expires_s; };

static void suite_io(struct frame_io *io, void *m)
{
	struct suite *u = m;

	io_bytes(io, u->account, sizeof u->account);
	io_bytes(io, u->hash, sizeof u->hash);
	io_str(io, &u->amr);
	io_i64(io, &u->expires_s);
}

struct enrol {
	struct second s;
	struct tab tab;
	struct half half;
	struct agent agent;
	struct str etape, text;        /* as they came */
	struct suite suite;
};

static MUST struct err open_suite(const struct enrol *n, struct str purpose, struct str text, struct suite *ret_suite)
{
	struct suite u = { 0 };

	ENSURE(!failed(unseal(n->s.req->arena, n->s.idp->keys, purpose, text, suite_io, &u))
	       && ct_equal(u.account, n->half.account, ID_BYTES) && n->s.req->now_s < u.expires_s, MALFORMED, "totp.draft");
	*ret_suite = u;
	return NO_ERR;
}

static MUST struct err seal_suite(const struct enrol *n, struct str purpose, struct suite *u, struct str *ret_text)
{
	memcpy(u->account, n->half.account, ID_BYTES);
	u->expires_s = n->s.req->now_s + SUITE_TTL_S;
	return seal(n->s.req->arena, n->s.idp->keys, purpose, suite_io, u, ret_text);
}

static MUST struct err load(struct enrol *n, const struct http_pairs *from)
{
	struct idp *idp = n->s.idp;

	n->etape = http_get(from, "etape");
	n->text = http_get(from, "suite");
	TRY(half_open(idp, n->s.req, n->etape, &n->half));
	tab_load(idp, n->s.req, &n->tab);
	n->s.bound = (struct passkey_bound){ n->half.account, NULL, PASSKEY_ENROL };
	TRY(agent_load(idp->store, n->s.req->arena, n->half.account, &n->agent));
	return second_load(&n->s);
}

static struct http_resp *not_loaded(struct enrol *n, struct err e)
{
	struct view v = { n->s.idp, n->s.req, NULL, STR_NONE };

	if (e.kind == ERR_DENIED && !str_eq_c(STR("half.browser"), e.slug))
		return second_restart(n->s.req, &n->half);
	if (e.kind == ERR_DENIED)
		return view_error(&v, 400, STR("cookies"), e);
	return view_error(&v, http_status_of(e.kind), e.kind == ERR_MALFORMED ? STR("expired") : STR_NONE, e);
}

static struct http_resp *code_page(struct enrol *n, struct err e)
{
	struct view v = { n->s.idp, n->s.req, NULL, STR_NONE };
	struct view_enrol page = { .etape = n->etape, .code = http_get(&n->s.req->form, "code-inscription"),
		.say = failed(e) ? second_say(e) : STR_NONE, .status = !failed(e) ? 200 : e.kind == ERR_THROTTLED ? 429 : 422,
		.retry_after_s = n->s.wait_s };
	struct http_resp *r;

	if (failed(e) && !page.say.n)
		return view_error(&v, http_status_of(e.kind), STR_NONE, e);
	r = view_enrol(&v, &page);
	tab_set(n->s.idp, n->s.req, &n->tab, r);
	r->outcome = e;
	return r;
}

static struct http_resp *here(struct enrol *n, struct str suite, struct str choix)
{
	struct http_pair q[] = { { STR("etape"), n->etape }, { STR("suite"), suite }, { STR("choix"), choix } };

	return http_see_other(n->s.req, http_add_query(n->s.req->arena, STR(PATH), q, choix.n ? 3 : 2));
}

static struct http_resp *add_page(struct enrol *n, struct str what, struct err e)
{
	struct http_pair q[] = { { STR("etape"), n->etape }, { STR("suite"), n->text } };
	struct view_add page = { .action = STR(PATH), .here = http_add_query(n->s.req->arena, STR(PATH), q, 2), .etape = n->etape,
		.suite = n->text, .what = what, .name = http_get(&n->s.req->form, "nom"), .first = true };

	return second_add_page(&n->s, &n->tab, &page, n->agent.login, e);
}

struct http_resp *second_enrol_get(void *app, const struct http_req *req)
{
	struct enrol n = { .s = { .idp = app, .req = req } };
	struct str choix = http_get(&req->query, "choix");
	struct err e = load(&n, &req->query);

	if (failed(e))
		return not_loaded(&n, e);
	/* Whoever has a factor proves that one. */
	if (n.s.factor_n)
		return second_to_factor(req, n.etape);
	if (!n.text.n || failed(open_suite(&n, STR("enrol"), n.text, &n.suite)))
		return code_page(&n, NO_ERR);
	return add_page(&n, str_eq_c(choix, "application") || str_eq_c(choix, "cle") ? choix : STR_NONE, NO_ERR);
}

static MUST struct err try_enrol_code(struct second *s, void *arg)
{
	struct factor_act act = { s->idp, s->bound.account, s->req->id, s->req->now_s };
	struct str code = printed_code_read(s->req->arena, http_get(&s->req->form, "code-inscription"));
	unsigned char *hash = arg;

	agent_enrol_hash(s->bound.account, code, hash);
	return enrolment_check(&act, hash);
}

static struct http_resp *code_post(struct enrol *n)
{
	struct suite u = { .amr = STR_NONE };
	struct str text = STR_NONE;
	struct err e = second_slowly(&n->s, try_enrol_code, u.hash);

	second_audit(&n->s, e);
	if (!failed(e))
		e = seal_suite(n, STR("enrol"), &u, &text);
	return failed(e) ? code_page(n, e) : here(n, text, STR_NONE);
}

/* All at once: the printed code is spent, the factor is there, and the ten codes are. */
static MUST struct err add(struct enrol *n, struct str codes[RECOVERY_N])
{
	struct factor_act act = { n->s.idp, n->half.account, n->s.req->id, n->s.req->now_s };
	unsigned char hashes[RECOVERY_N][FACTOR_HASH];
	struct factor_once once;
	struct factor f;

	TRY(open_suite(n, STR("enrol"), n->text, &n->suite));
	TRY(second_new_factor(&n->s, &f, &once));
	recovery_make(n->s.req->arena, n->half.account, codes, hashes);
	return factor_add(&act, &(struct factor_new){ &f, n->suite.hash, (const unsigned char (*)[FACTOR_HASH])hashes, &once });
}

static struct http_resp *codes_page(struct enrol *n, const struct str codes[RECOVERY_N])
{
	struct view v = { n->s.idp, n->s.req, NULL, half_form_action(n->s.idp, n->s.req, &n->half) };
	struct suite u = { .amr = str_eq_c(http_get(&n->s.req->form, "quoi"), "cle") ? STR("pwd hwk") : STR("pwd otp") };
	struct view_codes page = { .codes = codes, .n = RECOVERY_N, .etape = half_seal(n->s.idp, n->s.req, &n->tab, &n->half) };
	struct http_resp *r;
	struct err e;

	random_bytes(u.hash, sizeof u.hash);
	e = seal_suite(n, STR("enrolled"), &u, &page.done);
	if (failed(e))
		return view_error(&v, http_status_of(e.kind), STR_NONE, e);
	r = view_codes(&v, &page);
	tab_set(n->s.idp, n->s.req, &n->tab, r);
	return r;
}

/* The codes were read: on to where one was going, with what was proven on the page before. */
static struct http_resp *done_post(struct enrol *n)
{
	struct factor_act act = { n->s.idp, n->half.account, n->s.req->id, n->s.req->now_s };
	struct factor_once once;
	struct err e = open_suite(n, STR("enrolled"), http_get(&n->s.req->form, "fini"), &n->suite);

	if (!failed(e)) {
		memcpy(once.id, n->suite.hash, sizeof once.id);
		once.until_s = n->suite.expires_s;
		e = factor_spend(&act, &once);
	}
	/* Sent twice, or too late: the factor is there, and is asked for. */
	if (failed(e) && e.kind != ERR_BUSY && e.kind != ERR_BROKEN)
		return second_to_factor(n->s.req, n->etape);
	if (failed(e))
		return view_error(&(struct view){ n->s.idp, n->s.req, NULL, STR_NONE }, http_status_of(e.kind), STR_NONE, e);
	return half_finish(n->s.idp, n->s.req, &n->half, n->suite.amr);
}

struct http_resp *second_enrol_post(void *app, const struct http_req *req)
{
	struct enrol n = { .s = { .idp = app, .req = req } };
	struct str codes[RECOVERY_N];
	struct err e = load(&n, &req->form);

	if (failed(e))
		return not_loaded(&n, e);
	if (http_has(&req->form, "fini"))
		return done_post(&n);
	/* Enrolled meanwhile, or the same form sent again: the codes are shown but once. */
	if (n.s.factor_n)
		return second_to_factor(req, n.etape);
	if (http_has(&req->form, "code-inscription"))
		return code_post(&n);
	e = add(&n, codes);
	if (!failed(e))
		return codes_page(&n, codes);
	second_audit(&n.s, e);
	if (str_starts(str_from_c(e.slug), STR("factor.enrol")))
		return code_page(&n, e);
	return add_page(&n, http_get(&req->form, "quoi"), e);
}
