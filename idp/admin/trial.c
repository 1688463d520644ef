/* trial.c - see trial.h. */
#include "idp/admin/trial.h"
#include "idp/admin/page_partner.h"
#include "idp/admin/refusals.h"
#include "idp/audit/audit.h"
#include "idp/authn/login.h"
#include "idp/policy/may_issue.h"
#include "idp/policy/release.h"
#include "idp/saml/saml_idp.h"
#include "admin_pages.h"

enum { FACTS_MAX = RELEASE_MAX + 8 };

static const char link_purpose[] = "trial";

struct link { struct str client_id; int64_t expires_s; };

struct trial {
	struct idp *idp;
	const struct http_req *req;
	struct str text;               /* of the link */
	struct link link;
	const struct partner *partner;
	struct person who;
	struct release release;
	unsigned roles;
	struct page_admin_trial_facts facts[FACTS_MAX]; size_t fact_n;
};

static void link_io(struct frame_io *io, void *m)
{
	struct link *l = m;

	io_str(io, &l->client_id);
	io_i64(io, &l->expires_s);
}

/* ---- the link ---- */

struct made { struct idp *idp; struct audit_entry entry; };

static MUST struct err made_tx(struct store_tx *tx, void *arg)
{
	struct made *m = arg;

	return audit_add_tx(tx, m->idp->audit, &m->entry);
}

struct err trial_link(struct idp *idp, struct arena *a, const struct partner *p, struct str actor, int64_t now_s, struct str *ret_url)
{
	struct link l = { p->id, now_s + TRIAL_TTL_S };
	struct made m = { idp, { .event = "partner.trial", .client_id = p->id, .actor_text = actor, .now_s = now_s } };
	struct str text;

	TRY(seal(a, idp->keys, str_from_c(link_purpose), link_io, &l, &text));
	TRY(store_tx(idp->store, DURABLE, made_tx, &m));
	*ret_url = http_add_query(a, arena_concat(a, (struct str[]){ idp->set.issuer, STR("/essai") }, 2), &(struct http_pair){ STR("lien"), text }, 1);
	return NO_ERR;
}

/* ---- what would have left ---- */

static void say(struct trial *t, struct str fr, struct str en, struct str value)
{
	if (t->fact_n < FACTS_MAX && value.n)
		t->facts[t->fact_n++] = (struct page_admin_trial_facts){ t->req->lang == LANG_EN ? en : fr, value };
}

static struct str seconds(struct trial *t, int64_t s)
{
	return arena_printf(t->req->arena, "%lld s", (long long)s);
}

static struct str claim_text(struct arena *a, const struct sign_claim *c)
{
	if (c->kind == CLAIM_NUMBER)
		return arena_printf(a, "%lld", (long long)c->number);
	return c->kind == CLAIM_BOOL ? (c->number ? STR("true") : STR("false")) : c->text;
}

static void say_released(struct trial *t)
{
	for (size_t i = 0; i < t->release.n; i++) {
		const struct sign_claim *c = &t->release.v[i].claim;
		struct str name = c->name;

		for (size_t k = 0; t->partner->saml && k < t->partner->saml->name_n; k++)
			if (str_eq(t->partner->saml->names[k].attribute, c->name))
				name = t->partner->saml->names[k].name;
		say(t, name, name, claim_text(t->req->arena, c));
	}
}

/* Our own address: whoever found what was signed could show it to nobody. */
static struct str nobody(struct trial *t)
{
	return arena_concat(t->req->arena, (struct str[]){ t->idp->set.issuer, STR("/essai") }, 2);
}

static MUST struct err sign_oidc(struct trial *t)
{
	struct arena *a = t->req->arena;
	struct sign_claim *claims = arena_array(a, struct sign_claim, RELEASE_MAX);
	struct sign_id_token token = { .alg = t->partner->alg, .subject = { { (const char *)t->who.account.id, ID_BYTES }, t->partner->sector, t->who.alias },
		.audience = nobody(t), .acr = t->who.acr, .amr = t->who.amr, .auth_time_s = t->who.auth_time_s, .issued_at_s = t->req->now_s,
		.expires_at_s = t->req->now_s + t->idp->set.id_token_ttl_s, .claims = claims };
	struct sign_token out = { 0 };

	for (size_t i = 0; i < t->release.n; i++)
		claims[token.claim_n++] = t->release.v[i].claim;
	TRY(engine_call(t->idp->engine, a, t->req->deadline_ms, ROLE_SIGNER, SIGN_ID_TOKEN, ipc_sign_id_token_io, &token, ipc_sign_token_io, &out));
	say(t, STR("sub (le numéro de la personne)"), STR("sub (the person's number)"), out.subject);
	say_released(t);
	say(t, STR("acr (force de la preuve)"), STR("acr (strength of the proof)"), t->who.acr);
	say(t, STR("amr (par quoi)"), STR("amr (by what)"), t->who.amr);
	say(t, STR("Signature"), STR("Signature"), t->partner->alg == SIGN_RS256 ? STR("RS256") : STR("ES256"));
	say(t, STR("Le jeton vaudrait"), STR("The token would last"), seconds(t, t->idp->set.id_token_ttl_s));
	return NO_ERR;
}

static MUST struct err sign_saml(struct trial *t)
{
	static const struct saml_authn_request plain = { .acs_index = -1 };
	struct partner p = *t->partner;
	struct saml_ask ask = { .issuer = p.id, .acs = nobody(t), .context = saml_context_choose(&plain), .status = SIGN_STATUS_SUCCESS };
	struct saml_answer n = { &p, &ask, &t->who, &t->release, SIGN_STATUS_SUCCESS };
	struct sign_saml_message out = { 0 };
	struct str there;

	ENSURE(partner_saml_is_valid(t->partner, t->req->now_s), DENIED, "saml.metadata.expired");
	TRY(saml_acs_choose(p.saml, &plain, &there));
	ENSURE(p.saml->name_id != NAME_EMAIL || (t->who.account.email.n && t->who.account.email_verified), DENIED, "saml.name.email");
	p.id = nobody(t);
	TRY(saml_answer_sign(t->idp, t->req, &n, &out));
	say(t, STR("NameID"), STR("NameID"), out.name_id);
	say_released(t);
	say(t, STR("AuthnContextClassRef"), STR("AuthnContextClassRef"), ask.context);
	say(t, STR("Serait envoyé à"), STR("Would be sent to"), there);
	say(t, STR("Signature"), STR("Signature"), p.saml->sign_response ? STR("RSA-SHA256, Assertion + Response") : STR("RSA-SHA256, Assertion"));
	say(t, STR("L’assertion vaudrait"), STR("The assertion would last"), seconds(t, SAML_ASSERTION_S));
	return NO_ERR;
}

/* ---- pages ---- */

static struct http_resp *result(struct trial *t, struct err why)
{
	struct admin_visit v = { .idp = t->idp, .req = t->req };
	struct refusal_words words = refusal_words(str_from_c(why.slug), t->req->lang);
	struct page_admin_trial page = { .name = t->partner ? t->partner->name[LANG_FR] : STR_NONE, .ok = !failed(why), .known = t->partner != NULL,
		.facts = t->facts, .facts_n = t->fact_n, .slug = str_from_c(why.slug) };
	struct page_site site = admin_site(&v);
	struct http_resp *r;
	struct buf out;

	if (failed(why)) {
		page.sentence = words.sentence;
		page.cure = words.cure;
	}
	buf_init(&out, ADMIN_PAGE_MAX);
	page_admin_trial(&out, &site, &page);
	r = admin_page_answer(&v, failed(why) && !t->partner ? 400 : 200, &out);
	r->outcome = why;
	return r;
}

/* As the protocols ask, with no wishes of the partner's. */
static struct policy_verdict decide(struct trial *t)
{
	t->roles = t->who.agent ? agent_roles(t->who.agent, t->partner->sector) : 0;
	policy_release(t->req->arena, t->partner, STR_NONE, &t->who.account, t->roles, &t->release);
	return policy_may_issue(&(struct policy_ask){ .partner = t->partner, .agent = t->who.agent != NULL, .roles = t->roles,
		.session_live = t->who.live, .account_active = t->who.account.active, .auth_time_s = t->who.auth_time_s, .acr = t->who.acr,
		.names = t->release.names, .noticed = t->who.noticed, .was_noticed = t->who.was_noticed, .max_age_s = -1,
		.asked_at_s = t->req->now_s, .now_s = t->req->now_s });
}

static struct http_resp *go_on(struct trial *t)
{
	struct policy_verdict d = decide(t);
	struct flow f = { .protocol = STR("essai"), .client_id = t->partner->id, .request = t->text, .asked_at_s = t->req->now_s,
		.names = t->release.names, .consent = d.answer == POLICY_CONSENT };

	if (d.answer == POLICY_ISSUE)
		return result(t, t->partner->saml ? sign_saml(t) : sign_oidc(t));
	if (d.answer == POLICY_REFUSE)
		return result(t, (struct err){ ERR_DENIED, d.slug });
	if (d.answer == POLICY_SIGN_IN)
		return t->partner->agents ? agent_login_ask(t->idp, t->req, &f, STR_NONE) : login_ask(t->idp, t->req, &f, STR_NONE);
	return notice_ask(t->idp, t->req, &f, &t->who, t->partner, &t->release);
}

static MUST struct err open_link(struct trial *t)
{
	TRY(unseal(t->req->arena, t->idp->keys, str_from_c(link_purpose), t->text, link_io, &t->link));
	ENSURE(t->req->now_s < t->link.expires_s, DENIED, "flow.expired");
	t->partner = partner_find(t->idp->registry, t->req->arena, t->link.client_id);
	ENSURE(t->partner, ABSENT, "partner.unknown");
	return session_load(t->idp, t->req, t->partner->agents ? SESSION_AGENT : SESSION_USAGER, t->partner->id, t->partner->sector, &t->who);
}

struct http_resp *trial_get(void *app, const struct http_req *req)
{
	struct trial *t = arena_new(req->arena, struct trial);
	struct err e;

	*t = (struct trial){ .idp = app, .req = req, .text = http_get(&req->query, "lien") };
	e = open_link(t);
	if (!failed(e) && http_has(&req->query, "refus"))
		e = err_of(DENIED, "policy.consent");
	if (e.kind == ERR_BUSY || e.kind == ERR_BROKEN)
		return admin_page_error(app, req, e);
	return failed(e) ? result(t, e) : go_on(t);
}

/* The same address again, now that the browser has a session or the notice an answer. */
static struct http_resp *resume(struct idp *idp, const struct http_req *req, const struct flow *f, const struct person *who)
{
	return http_see_other(req, http_add_query(req->arena, STR("/essai"), &(struct http_pair){ STR("lien"), f->request }, 1));
}

static struct http_resp *decline(struct idp *idp, const struct http_req *req, const struct flow *f)
{
	return http_see_other(req, http_add_query(req->arena, STR("/essai"),
		(struct http_pair[]){ { STR("lien"), f->request }, { STR("refus"), STR("1") } }, 2));
}

struct idp_protocol trial_protocol(void)
{
	return (struct idp_protocol){ .name = "essai", .resume = resume, .decline = decline };
}

/* ---- the administration page ---- */

static struct http_resp *show_link(struct admin_visit *v, const struct partner *p, struct str url)
{
	struct page_admin_partner_trial page = { .name = p->name[LANG_FR], .url = admin_url_of(v->req->arena, "/partenaires/essai", "id", p->id),
		.back_url = partner_page_url(v->req->arena, p), .agents = p->agents, .link = url, .csrf = v->csrf };
	struct page_site site = admin_site(v);
	struct buf out;

	buf_init(&out, ADMIN_PAGE_MAX);
	page_admin_partner_trial(&out, &site, &page);
	return admin_page_answer(v, 200, &out);
}

static struct http_resp *trial_page(void *app, const struct http_req *req)
{
	struct str url = STR_NONE;
	const struct partner *p = NULL;
	struct admin_visit v;
	struct err e = admin_visit_open(app, req, &v);

	if (!failed(e))
		e = partner_of_visit(&v, &p);
	if (!failed(e) && req->method == HTTP_POST)
		e = trial_link(v.idp, req->arena, p, v.agent->login, req->now_s, &url);
	return failed(e) ? admin_page_error(app, req, e) : show_link(&v, p, url);
}

struct http_resp *partner_trial_get(void *app, const struct http_req *req) { return trial_page(app, req); }
struct http_resp *partner_trial_post(void *app, const struct http_req *req) { return trial_page(app, req); }
