/* second_own.c - /agent: an agent's own page, and the changes to the factors. Each change asks for a factor not
 * older than five minutes: `fresh_s` of its route. */
#include "idp/authn/second_impl.h"
#include "idp/authn/recovery.h"
#include "idp/session/logout.h"
#include "base/b64.h"
#include "base/ct.h"

#define HOME "/agent"
#define ADD "/agent/ajouter"

struct own { struct second s; struct person who; struct tab tab; struct str csrf; };

static MUST struct err load(struct own *o)
{
	struct idp *idp = o->s.idp;
	const struct http_req *req = o->s.req;

	TRY(session_load(idp, req, SESSION_AGENT, STR_NONE, STR_NONE, &o->who));
	ENSURE(o->who.live && o->who.agent, DENIED, "second.session");
	o->s.bound = (struct passkey_bound){ o->who.account.id, o->who.session, PASSKEY_ADD };
	tab_load(idp, req, &o->tab);
	o->csrf = session_form_token(idp, req->arena, &o->who, STR("facteurs"), req->now_s);
	if (req->method == HTTP_POST)
		ENSURE(session_form_token_holds(idp, req->arena, &o->who, STR("facteurs"), http_get(&req->form, "csrf"), req->now_s),
			DENIED, "second.csrf");
	return second_load(&o->s);
}

static struct view view_of(const struct own *o)
{
	return (struct view){ o->s.idp, o->s.req, &o->who, STR_NONE };
}

static struct http_resp *refuse(struct own *o, struct err e)
{
	struct view v = view_of(o);

	if (str_eq_c(STR("second.session"), e.slug))
		return http_see_other(o->s.req, STR("/connexion/agent"));
	if (e.kind == ERR_DENIED)
		second_audit(&o->s, e);
	return view_error(&v, http_status_of(e.kind), e.kind == ERR_DENIED ? STR("expired") : STR_NONE, e);
}

static struct factor_act act_of(const struct own *o)
{
	return (struct factor_act){ o->s.idp, o->who.account.id, o->s.req->id, o->s.req->now_s };
}

/* What was done is said by the page that follows, and only to whom did it: the word is sealed to the session. */
enum deed { DEED_ADDED, DEED_REMOVED, DEED_CLOSED, DEED_COUNT };
static const struct { const char *word; struct str purpose; } deeds[DEED_COUNT] = {
	{ "ajoute", STR_INIT("fait.ajoute") }, { "retire", STR_INIT("fait.retire") }, { "ferme", STR_INIT("fait.ferme") },
};

static struct http_resp *done(const struct own *o, enum deed deed)
{
	struct arena *a = o->s.req->arena;
	struct http_pair q = { STR("fait"), session_form_token(o->s.idp, a, &o->who, deeds[deed].purpose, o->s.req->now_s) };

	return http_see_other(o->s.req, http_add_query(a, STR(HOME), &q, 1));
}

static struct str deed_told(const struct own *o)
{
	struct str text = http_get(&o->s.req->query, "fait");

	for (size_t i = 0; text.n && i < DEED_COUNT; i++)
		if (session_form_token_holds(o->s.idp, o->s.req->arena, &o->who, deeds[i].purpose, text, o->s.req->now_s))
			return str_from_c(deeds[i].word);
	return STR_NONE;
}

struct http_resp *agent_home_get(void *app, const struct http_req *req)
{
	struct own o = { .s = { .idp = app, .req = req } };
	struct view_agent_home page = { 0 };
	struct factor_session *sessions = NULL;
	struct view v = view_of(&o);
	struct err e = load(&o);

	if (!failed(e))
		e = factor_sessions(o.s.idp->store, req->arena, o.who.account.id, req->now_s, &sessions, &page.session_n);
	if (!failed(e))
		e = recovery_left(o.s.idp->store, o.who.account.id, &page.codes_left);
	if (failed(e))
		return refuse(&o, e);
	page.did = deed_told(&o);
	page.factors = o.s.factors;
	page.factor_n = o.s.factor_n;
	page.sessions = sessions;
	page.csrf = o.csrf;
	return view_agent_home(&v, &page);
}

static struct http_resp *add_page(struct own *o, struct str what, struct err e)
{
	struct view_add page = { .action = STR(ADD), .here = STR(ADD), .csrf = o->csrf, .what = what,
		.name = http_get(&o->s.req->form, "nom") };

	return second_add_page(&o->s, &o->tab, &page, o->who.agent->login, e);
}

struct http_resp *agent_add_get(void *app, const struct http_req *req)
{
	struct own o = { .s = { .idp = app, .req = req } };
	struct str choix = http_get(&req->query, "choix");
	struct err e = load(&o);

	if (failed(e))
		return refuse(&o, e);
	return add_page(&o, str_eq_c(choix, "application") || str_eq_c(choix, "cle") ? choix : STR_NONE, NO_ERR);
}

struct http_resp *agent_add_post(void *app, const struct http_req *req)
{
	struct own o = { .s = { .idp = app, .req = req } };
	struct factor_once once;
	struct factor_act act;
	struct factor f;
	struct err e = load(&o);

	if (failed(e))
		return refuse(&o, e);
	e = second_new_factor(&o.s, &f, &once);
	act = act_of(&o);
	if (!failed(e))
		e = factor_add(&act, &(struct factor_new){ &f, NULL, NULL, &once });
	if (!failed(e))
		return done(&o, DEED_ADDED);
	second_audit(&o.s, e);
	return add_page(&o, http_get(&req->form, "quoi"), e);
}

static const struct factor *named(const struct own *o, struct str hex)
{
	unsigned char id[ID_BYTES];

	if (failed(hex_decode(hex, id, sizeof id)))
		return NULL;
	for (size_t i = 0; i < o->s.factor_n; i++)
		if (ct_equal(o->s.factors[i].id, id, sizeof id))
			return &o->s.factors[i];
	return NULL;
}

static struct http_resp *remove_page(struct own *o, struct str hex, struct err e)
{
	struct view v = view_of(o);
	const struct factor *f = named(o, hex);
	struct view_sure page = { .what = STR("retirer"), .id = hex, .csrf = o->csrf, .name = f ? f->name : STR_NONE,
		.say = failed(e) ? second_say(e) : o->s.factor_n == 1 ? STR("last") : STR_NONE, .status = failed(e) ? 422 : 200 };
	struct http_resp *r;

	if (!f || (failed(e) && !page.say.n))
		return view_error(&v, f ? http_status_of(e.kind) : 404, STR_NONE, f ? e : err_of(ABSENT, "factor.unknown"));
	r = view_sure(&v, &page);
	r->outcome = e;
	return r;
}

struct http_resp *agent_remove_get(void *app, const struct http_req *req)
{
	struct own o = { .s = { .idp = app, .req = req } };
	struct err e = load(&o);

	return failed(e) ? refuse(&o, e) : remove_page(&o, http_get(&req->query, "facteur"), NO_ERR);
}

struct http_resp *agent_remove_post(void *app, const struct http_req *req)
{
	struct own o = { .s = { .idp = app, .req = req } };
	struct str hex = http_get(&req->query, "facteur");
	const struct factor *f;
	struct factor_act act;
	struct err e = load(&o);

	if (failed(e))
		return refuse(&o, e);
	act = act_of(&o);
	f = named(&o, hex);
	e = f ? factor_remove(&act, f->id) : err_of(ABSENT, "factor.unknown");
	if (!failed(e))
		return done(&o, DEED_REMOVED);
	second_audit(&o.s, e);
	return remove_page(&o, hex, e);
}

static struct http_resp *sure(void *app, const struct http_req *req, struct str what)
{
	struct own o = { .s = { .idp = app, .req = req } };
	struct view v = view_of(&o);
	struct err e = load(&o);

	return failed(e) ? refuse(&o, e) : view_sure(&v, &(struct view_sure){ .what = what, .csrf = o.csrf });
}

struct http_resp *agent_codes_get(void *app, const struct http_req *req)
{
	return sure(app, req, STR("codes"));
}

struct http_resp *agent_others_get(void *app, const struct http_req *req)
{
	return sure(app, req, STR("autres"));
}

/* Sent again by a reload, it makes ten others: only the newest ten hold, and they are those on the screen. */
struct http_resp *agent_codes_post(void *app, const struct http_req *req)
{
	struct own o = { .s = { .idp = app, .req = req } };
	unsigned char hashes[RECOVERY_N][FACTOR_HASH];
	struct str codes[RECOVERY_N];
	struct view v = view_of(&o);
	struct factor_act act;
	struct err e = load(&o);

	if (failed(e))
		return refuse(&o, e);
	act = act_of(&o);
	recovery_make(req->arena, o.who.account.id, codes, hashes);
	e = recovery_replace(&act, (const unsigned char (*)[FACTOR_HASH])hashes);
	return failed(e) ? refuse(&o, e) : view_codes(&v, &(struct view_codes){ .codes = codes, .n = RECOVERY_N });
}

/* Every other session of this agent ends, and the services of each are told. */
struct http_resp *agent_others_post(void *app, const struct http_req *req)
{
	struct own o = { .s = { .idp = app, .req = req } };
	struct err e = load(&o);

	if (!failed(e))
		e = logout_others(o.s.idp, req, &o.who);
	return failed(e) ? refuse(&o, e) : done(&o, DEED_CLOSED);
}
