/* sso.c - /saml/sso and /saml/initiate: request -> partner -> who is here -> policy -> page or assertion.
 *
 * Until the address of the answer is proven to stand in the partner's metadata, every refusal is our
 * own page and goes nowhere; after that, every refusal is a signed status. What is left of a proven
 * request travels sealed: from a POST, which brings no cookies from another site, to the GET that does;
 * through the pages of sign-in and notice; and back from them by a 303, so that no reload sends a
 * password again. What nobody asked for goes the same way, without an ID; anybody can link to
 * /saml/initiate, so it leads to partners that an administrator opened to it and does nothing else.
 */
#include "idp/saml/saml_idp.h"
#include "idp/account/agent.h"
#include "idp/audit/audit.h"
#include "idp/authn/login.h"
#include "idp/saml/slo.h"
#include "idp/view.h"
#include "base/ct.h"
#include "wire/oidc/oidc.h"

enum { ASK_MAX = 8192, KEEP_S = 600 };

struct sso {
	struct idp *idp;
	struct http_req req;           /* a copy: its query becomes one that can be asked again */
	struct saml_ask ask;
	const struct partner *partner;
	struct person who;
	struct release release;
	int64_t asked_at_s;
	bool resumed;                  /* a page has been answered in this tab since asked_at_s */
};

void saml_ask_io(struct frame_io *io, void *m)
{
	struct saml_ask *k = m;

	io_str(io, &k->id);
	io_str(io, &k->issuer);
	io_str(io, &k->acs);
	io_str(io, &k->relay_state);
	io_str(io, &k->subject);
	io_str(io, &k->context);
	io_bool(io, &k->has_relay_state);
	io_bool(io, &k->force_authn);
	io_bool(io, &k->is_passive);
	io_bool(io, &k->declined);
	io_enum(io, &k->status, SIGN_STATUS_COUNT);
}

static struct str pack(struct arena *a, const struct saml_ask *k)
{
	char *p = arena_alloc(a, ASK_MAX);
	size_t n = 0;

	return failed(frame_write_body(saml_ask_io, k, p, ASK_MAX, &n)) ? STR_NONE : (struct str){ p, n };
}

static struct http_resp *refuse_here(struct sso *z, struct err e)
{
	return saml_refuse_here(z->idp, &z->req, z->partner ? z->partner->id : z->ask.issuer, e);
}

/* IDS: a signed status, to an address of the metadata. A service that asked nothing is told nothing. */
static struct http_resp *refuse_there(struct sso *z, enum sign_saml_status status, const char *slug)
{
	struct saml_answer n = { .partner = z->partner, .ask = &z->ask, .status = status };
	struct sign_saml_message out = { 0 };
	struct http_resp *r;
	struct err e;

	if (!z->ask.id.n)
		return refuse_here(z, err_of(DENIED, slug));
	e = saml_answer_sign(z->idp, &z->req, &n, &out);
	if (failed(e))
		return refuse_here(z, e);
	audit_refuse(z->idp->audit, &(struct audit_entry){ .event = "saml.idp.refuse", .reason = slug, .request = z->req.id,
		.client_id = z->partner->id, .account = z->who.live ? z->who.account.id : NULL, .now_s = z->req.now_s });
	r = saml_answer_page(z->idp, &z->req, &n, out.text);
	r->outcome = err_of(DENIED, slug);
	return r;
}

static struct flow new_flow(const struct sso *z)
{
	return (struct flow){ .protocol = STR("saml"), .client_id = z->partner->id, .request = pack(z->req.arena, &z->ask),
		.asked_at_s = z->asked_at_s, .names = z->release.names };
}

/* An address of ours where the same request goes on. */
static struct str address_of(struct sso *z, enum flow_kind kind, const struct tab *tab)
{
	struct flow f = new_flow(z);
	struct str text;

	f.kind = kind;
	text = flow_seal(z->idp, &z->req, tab, &f);
	return text.n ? http_add_query(z->req.arena, STR("/saml/sso"), &(struct http_pair){ STR("suite"), text }, 1) : STR_NONE;
}

/* The page's link to the other language asks the same again; the partner's query, spelled anew, would no
 * longer be what was signed. */
static void make_repeatable(struct sso *z)
{
	static const struct tab none;
	struct str url = address_of(z, FLOW_ARRIVED, &none);

	if (http_has(&z->req.query, "suite") || !url.n)
		return;
	z->req.raw_query = str_slice(url, str_index(url, '?') + 1, url.n);
	if (failed(http_parse_pairs(z->req.arena, z->req.raw_query, 4, STR_NONE, &z->req.query)))
		z->req.query = (struct http_pairs){ 0 };
}

static unsigned roles_of(const struct sso *z)
{
	return z->who.agent ? agent_roles(z->who.agent, z->partner->sector) : 0;
}

static struct policy_verdict decide(const struct sso *z)
{
	return policy_may_issue(&(struct policy_ask){ .partner = z->partner, .agent = z->who.agent != NULL, .roles = roles_of(z), .session_live = z->who.live,
		.account_active = z->who.account.active, .auth_time_s = z->who.auth_time_s, .acr = z->who.acr, .names = z->release.names,
		.noticed = z->who.noticed, .was_noticed = z->who.was_noticed, .wants_login = z->ask.force_authn, .max_age_s = -1,
		/* At first sight no proof is recent enough for ForceAuthn, not even one of this very second. */
		.asked_at_s = z->resumed ? z->asked_at_s : INT64_MAX, .now_s = z->req.now_s });
}

static struct http_resp *sign_in(struct sso *z)
{
	struct flow f = new_flow(z);

	if (z->ask.is_passive)
		return refuse_there(z, SIGN_STATUS_NO_PASSIVE, "policy.session");
	make_repeatable(z);
	return z->partner->agents ? agent_login_ask(z->idp, &z->req, &f, STR_NONE) : login_ask(z->idp, &z->req, &f, STR_NONE);
}

static struct http_resp *issue(struct sso *z)
{
	struct saml_answer n = { z->partner, &z->ask, &z->who, &z->release, SIGN_STATUS_SUCCESS };
	struct sign_saml_message out = { 0 };
	struct err e;

	/* Whoever may not be written to at that address must not be known by it either. */
	if (z->partner->saml->name_id == NAME_EMAIL && (!z->who.account.email.n || !z->who.account.email_verified))
		return refuse_there(z, SIGN_STATUS_INVALID_NAME_ID_POLICY, "saml.name.email");
	e = saml_answer_sign(z->idp, &z->req, &n, &out);
	if (failed(e))
		return refuse_here(z, e);
	if (z->ask.subject.n && !ct_str_equal(z->ask.subject, out.name_id))
		return refuse_there(z, SIGN_STATUS_UNKNOWN_PRINCIPAL, "saml.subject");
	e = saml_issue_claim(z->idp->store, &(struct saml_issue){ &z->who, z->partner->id, z->ask.id, out.name_id,
		saml_session_index(z->req.arena, &z->who, z->partner), z->req.now_s, z->req.now_s + z->idp->set.flow_ttl_s + KEEP_S });
	if (str_eq_c(STR("saml.session"), e.slug)) {
		z->who = (struct person){ 0 };
		return sign_in(z);
	}
	if (failed(e))
		return refuse_here(z, e);
	engine_count(z->idp->engine, "guichet_saml_assertions_total", 1);
	return saml_answer_page(z->idp, &z->req, &n, out.text);
}

static struct http_resp *answer(struct sso *z)
{
	struct policy_verdict d = decide(z);
	struct flow f;

	if (z->ask.declined && !z->ask.id.n)
		return http_see_other(&z->req, STR("/mon-compte"));
	if (z->ask.declined)
		return refuse_there(z, SIGN_STATUS_REQUEST_DENIED, "saml.declined");
	if (z->ask.status != SIGN_STATUS_SUCCESS)
		return refuse_there(z, z->ask.status, "saml.unmet");
	if (d.answer == POLICY_ISSUE)
		return issue(z);
	if (d.answer == POLICY_REFUSE)
		return refuse_there(z, str_eq_c(STR("policy.acr"), d.slug) ? SIGN_STATUS_NO_AUTHN_CONTEXT : SIGN_STATUS_REQUEST_DENIED, d.slug);
	if (d.answer == POLICY_SIGN_IN)
		return sign_in(z);
	if (z->ask.is_passive)
		return refuse_there(z, SIGN_STATUS_NO_PASSIVE, d.slug);
	make_repeatable(z);
	f = new_flow(z);
	f.consent = d.answer == POLICY_CONSENT;
	return notice_ask(z->idp, &z->req, &f, &z->who, z->partner, &z->release);
}

/* Partners change while a page stands open: the address must still be one of theirs. */
static MUST struct err find_partner(struct sso *z)
{
	const struct partner *p = partner_find(z->idp->registry, z->req.arena, z->ask.issuer);

	ENSURE(p && p->enabled && p->saml, DENIED, "saml.issuer");
	z->partner = p;
	ENSURE(partner_saml_is_valid(p, z->req.now_s), DENIED, "saml.metadata.expired");
	ENSURE(z->ask.id.n || p->saml->idp_initiated, DENIED, "saml.initiate");
	for (size_t i = 0; i < p->saml->acs_n; i++)
		if (str_eq(p->saml->acs[i].location, z->ask.acs))
			return NO_ERR;
	return err_of(DENIED, "saml.acs");
}

/* who: NULL when the cookie must tell. */
static struct http_resp *run(struct sso *z, const struct person *who)
{
	struct err e = find_partner(z);

	if (!failed(e) && !who)
		e = session_load(z->idp, &z->req, z->partner->agents ? SESSION_AGENT : SESSION_USAGER, z->partner->id, z->partner->sector, &z->who);
	if (!failed(e) && who) {
		z->who = *who;
		if (z->who.live)
			e = session_load_service(z->idp, z->req.arena, z->partner->id, z->partner->sector, &z->who);
	}
	if (failed(e))
		return refuse_here(z, e);
	policy_release(z->req.arena, z->partner, STR_NONE, &z->who.account, roles_of(z), &z->release);
	return answer(z);
}

static enum sign_saml_status unmet(const struct saml_received *m, struct str context)
{
	if (!saml_name_policy_holds(m->partner, &m->message.authn))
		return SIGN_STATUS_INVALID_NAME_ID_POLICY;
	return context.n ? SIGN_STATUS_SUCCESS : SIGN_STATUS_NO_AUTHN_CONTEXT;
}

static MUST struct err receive(struct sso *z)
{
	struct saml_received m = { 0 };
	const struct saml_authn_request *r = &m.message.authn;
	struct err e = saml_receive(z->idp, &z->req, "/saml/sso", SAML_ROOT(SAML_AUTHN_REQUEST), false, &m);

	z->partner = m.partner;
	TRY(e);
	TRY(saml_acs_choose(m.partner->saml, r, &z->ask.acs));
	z->ask.id = m.message.head.id;
	z->ask.issuer = m.partner->id;
	z->ask.has_relay_state = m.has_relay_state;
	z->ask.relay_state = m.relay_state;
	z->ask.force_authn = r->force_authn;
	z->ask.is_passive = r->is_passive;
	z->ask.subject = r->has_subject ? r->subject.value : STR_NONE;
	z->ask.context = saml_context_choose(r);
	z->ask.status = unmet(&m, z->ask.context);
	return NO_ERR;
}

static MUST struct err open_flow(struct sso *z, struct str text)
{
	struct flow f = { 0 };
	struct tab tab;

	tab_load(z->idp, &z->req, &tab);
	z->resumed = !failed(flow_open(z->idp, &z->req, FLOW_RESUMED, text, &f));
	if (z->resumed)
		TRY(flow_check(&f, &tab, z->req.now_s));
	else
		TRY(flow_open(z->idp, &z->req, FLOW_ARRIVED, text, &f));
	ENSURE(z->req.now_s < f.expires_at_s, DENIED, "flow.expired");
	z->asked_at_s = f.asked_at_s;
	TRY(frame_read_body(f.request, z->req.arena, saml_ask_io, &z->ask));
	return NO_ERR;
}

static struct http_resp *off(struct idp *idp, const struct http_req *req)
{
	return view_error(&(struct view){ idp, req, NULL, STR_NONE }, 404, STR_NONE, err_of(ABSENT, "saml.off"));
}

struct http_resp *saml_sso_get(void *app, const struct http_req *req)
{
	struct sso z = { .idp = app, .req = *req, .asked_at_s = req->now_s };
	struct str suite = http_get(&req->query, "suite");
	struct err e;

	if (!z.idp->set.saml)
		return off(z.idp, req);
	e = suite.n ? open_flow(&z, suite) : receive(&z);
	if (!failed(e))
		return run(&z, NULL);
	if (str_starts(str_from_c(e.slug), STR("flow.")))
		return view_error(&(struct view){ z.idp, req, NULL, STR_NONE }, 400,
			str_eq_c(STR("flow.browser"), e.slug) ? STR("cookies") : STR("expired"), e);
	return refuse_here(&z, e);
}

/* The GET that has the browser's cookies, and that may be repeated. */
static struct http_resp *arrive(struct sso *z)
{
	static const struct tab none;
	struct str url = address_of(z, FLOW_ARRIVED, &none);

	return url.n ? http_see_other(&z->req, url) : refuse_here(z, err_of(MALFORMED, "saml.size"));
}

/* A form from another site brings no SameSite=Lax cookie with it: the proven request goes on by a GET. */
struct http_resp *saml_sso_post(void *app, const struct http_req *req)
{
	struct sso z = { .idp = app, .req = *req, .asked_at_s = req->now_s };
	struct err e;

	if (!z.idp->set.saml)
		return off(z.idp, req);
	e = receive(&z);
	return failed(e) ? refuse_here(&z, e) : arrive(&z);
}

/* What the partner's own request would have said. */
static MUST struct err set_out(struct sso *z)
{
	static const struct saml_authn_request plain = { .acs_index = -1 };
	const struct http_pairs *q = &z->req.query;
	const struct partner *p = partner_find(z->idp->registry, z->req.arena, http_get(q, "partner"));

	ENSURE(p && p->saml, DENIED, "saml.issuer");
	z->ask = (struct saml_ask){ .issuer = p->id, .has_relay_state = http_has(q, "RelayState"), .relay_state = http_get(q, "RelayState"),
		.context = saml_context_choose(&plain), .status = SIGN_STATUS_SUCCESS };
	ENSURE(z->ask.relay_state.n <= SAML_RELAY_STATE_MAX && !str_has_control(z->ask.relay_state), MALFORMED, "saml.relaystate");
	TRY(saml_acs_choose(p->saml, &plain, &z->ask.acs));
	return find_partner(z);
}

struct http_resp *saml_initiate_get(void *app, const struct http_req *req)
{
	struct sso z = { .idp = app, .req = *req, .asked_at_s = req->now_s };
	struct err e;

	if (!z.idp->set.saml)
		return off(z.idp, req);
	e = set_out(&z);
	return failed(e) ? refuse_here(&z, e) : arrive(&z);
}

/* After a page: a POST is answered by a 303, and the GET that follows issues. */
static struct http_resp *go_on(struct sso *z, const struct person *who)
{
	struct tab tab;
	struct str url;

	if (z->req.method != HTTP_POST)
		return run(z, who);
	tab_load(z->idp, &z->req, &tab);
	url = address_of(z, FLOW_RESUMED, &tab);
	return url.n ? http_see_other(&z->req, url) : refuse_here(z, err_of(MALFORMED, "saml.size"));
}

static MUST struct err take_up(struct sso *z, const struct flow *f)
{
	TRY(frame_read_body(f->request, z->req.arena, saml_ask_io, &z->ask));
	return find_partner(z);
}

static struct http_resp *resume(struct idp *idp, const struct http_req *req, const struct flow *f, const struct person *who)
{
	struct sso z = { .idp = idp, .req = *req, .asked_at_s = f->asked_at_s, .resumed = true };
	struct err e = take_up(&z, f);

	return failed(e) ? refuse_here(&z, e) : go_on(&z, who);
}

static struct http_resp *decline(struct idp *idp, const struct http_req *req, const struct flow *f)
{
	struct sso z = { .idp = idp, .req = *req, .asked_at_s = f->asked_at_s, .resumed = true };
	struct err e = take_up(&z, f);

	z.ask.declined = true;
	return failed(e) ? refuse_here(&z, e) : go_on(&z, NULL);
}

struct idp_protocol saml_protocol(void)
{
	return (struct idp_protocol){ .name = "saml", .resume = resume, .decline = decline,
		.has_way_out = saml_has_way_out, .way_out = "/saml/slo" };
}
