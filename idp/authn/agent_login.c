/* agent_login.c - /connexion/agent: form -> the directory proves the password -> the second factor.
 *
 * No session begins here. What the directory tells only to whoever typed the right password may be read on
 * the page; everything else is one page with one sentence, and what differs is only in the audit. Failures
 * are counted here before the directory counts them, so that a stranger does not have an agent locked there.
 */
#include "idp/authn/device.h"
#include "idp/authn/half.h"
#include "idp/authn/login.h"
#include "idp/authn/second.h"
#include "idp/authn/throttle.h"
#include "idp/account/agent.h"
#include "idp/audit/audit.h"
#include "idp/view_agent.h"
#include "base/clock.h"

/* Of the request's time, so much is kept for the answer. */
enum { ANSWER_MS = 500 };

struct attempt {
	struct idp *idp;
	const struct http_req *req;
	struct http_req spoken;        /* the same, in the language of the page */
	struct tab tab;
	struct flow flow;              /* what a service asked for, unsealed */
	struct str flow_text, retour, name, password;
	bool device_known;
	bool silent;                   /* the directory did not answer */
	int64_t wait_s;
	struct agent agent;            /* only once the password has held */
};

static struct http_resp *page(struct idp *idp, const struct http_req *req, const struct tab *tab, struct flow *f, struct view_agent_login l)
{
	struct view v = { idp, req, NULL, f->form_action };
	struct http_resp *r;

	f->kind = FLOW_LOGIN;
	l.flow = flow_seal(idp, req, tab, f);
	if (!l.flow.n)
		return view_error(&v, 400, STR("service"), err_of(MALFORMED, "flow.size"));
	l.service = login_service(idp, req, f);
	r = view_agent_login(&v, &l);
	tab_set(idp, req, tab, r);
	return r;
}

static struct http_resp *off(struct idp *idp, const struct http_req *req)
{
	return view_error(&(struct view){ idp, req, NULL, STR_NONE }, 404, STR_NONE, err_of(ABSENT, "agent.off"));
}

struct http_resp *agent_login_ask(struct idp *idp, const struct http_req *req, struct flow *f, struct str name)
{
	struct tab tab;

	if (!idp->set.directory)
		return off(idp, req);
	tab_load(idp, req, &tab);
	return page(idp, req, &tab, f, (struct view_agent_login){ .name = name });
}

/* From a page of ours with what was asked for there: as good as it was, however long that page was open. In another
 * browser it is nobody's. */
static struct flow flow_of(struct idp *idp, const struct http_req *req, const struct tab *tab)
{
	struct str text = http_get(&req->query, "flow");
	struct flow f;

	if (!text.n || failed(flow_open(idp, req, FLOW_LOGIN, text, &f)) || str_eq_c(STR("flow.browser"), flow_check(&f, tab, req->now_s).slug))
		return (struct flow){ .asked_at_s = req->now_s };
	return f;
}

struct http_resp *agent_login_get(void *app, const struct http_req *req)
{
	struct idp *idp = app;
	struct str retour = http_get(&req->query, "retour");
	struct flow f;
	struct person who = { 0 };
	struct tab tab;
	struct err e;

	if (!idp->set.directory)
		return off(idp, req);
	retour = half_is_path(retour) ? retour : STR_NONE;
	tab_load(idp, req, &tab);
	f = flow_of(idp, req, &tab);
	e = session_load(idp, req, SESSION_AGENT, STR_NONE, STR_NONE, &who);
	if (failed(e))
		return view_error(&(struct view){ idp, req, NULL, STR_NONE }, http_status_of(e.kind), STR_NONE, e);
	if (who.live && !f.protocol.n)
		return http_see_other(req, retour.n ? retour : STR("/agent"));
	return page(idp, req, &tab, &f, (struct view_agent_login){ .retour = retour, .expired = http_has(&req->query, "expire") });
}

/* ---- proving the password ---- */

/* What no login has, and what would mean something in a filter or a DN, never leaves this process. */
static bool login_is_plain(struct str login)
{
	for (size_t i = 0; i < login.n; i++)
		if (strchr("*()\\,+\"<>;=", login.p[i]))
			return false;
	return login.n > 0 && login.n <= DIRECTORY_LOGIN_MAX && login.p[0] != '#' && !str_has_control(login);
}

static bool password_is_plain(struct str password)
{
	return password.n > 0 && password.n <= DIRECTORY_PASSWORD_MAX && !str_has_control(password);
}

static MUST struct err ask(struct attempt *t, struct directory_person *ret)
{
	int64_t deadline_ms = t->req->deadline_ms - ANSWER_MS;
	struct directory_bind question = { t->name, t->password, deadline_ms - clock_mono_ms() };
	struct err e = agent_ask(t->idp, t->req->arena, deadline_ms, DIRECTORY_BIND, ipc_directory_bind_io, &question, ret);

	/* An answer that makes no sense is none: nothing that the agent did is wrong. */
	t->silent = e.kind == ERR_BUSY || e.kind == ERR_BROKEN || e.kind == ERR_MALFORMED;
	return e;
}

/* Has the password held, although the directory does not let them in? Active Directory says these only then,
 * and so does OpenLDAP's ppolicy; that somebody is locked, both say to everybody. */
static bool says_state(struct err e)
{
	static const char *const slugs[] = { "directory.must_change", "directory.expired", "directory.disabled", "directory.hours" };

	for (size_t i = 0; failed(e) && i < sizeof slugs / sizeof *slugs; i++)
		if (str_eq_c(str_from_c(e.slug), slugs[i]))
			return true;
	return false;
}

static enum throttle_outcome outcome_of(struct err e)
{
	if (!failed(e))
		return THROTTLE_SUCCESS;
	return e.kind == ERR_DENIED && !says_state(e) ? THROTTLE_FAILURE : THROTTLE_UNKNOWN;
}

/* One door for an agent, under whatever name of theirs: "a.martin", "A.Martin@ville.local". */
static struct str door(struct attempt *t)
{
	struct str login = agent_login_normalise(t->req->arena, t->name);

	return arena_concat(t->req->arena, (struct str[]){ STR("annuaire:"), str_slice(login, 0, str_index(login, '@')) }, 2);
}

static MUST struct err prove(struct attempt *t)
{
	struct arena *a = t->req->arena;
	struct throttle_keys keys = { device_key(t->idp, t->req, door(t), &t->device_known), http_source_key(a, t->req->source), false };
	struct directory_person *person = arena_new(a, struct directory_person);
	struct err e;

	keys.device_known = t->device_known;
	ENSURE(login_is_plain(t->name) && password_is_plain(t->password), DENIED, "directory.form");
	TRY(throttle_admit(t->idp->agent_throttle, &keys, t->req->now_s, &t->wait_s));
	e = ask(t, person);
	throttle_tell(t->idp->agent_throttle, &keys, outcome_of(e), t->req->now_s);
	TRY(e);
	return agent_save(t->idp, a, person, STR_NONE, t->req->now_s, &t->agent);
}

static MUST struct err run(struct attempt *t)
{
	const struct http_pairs *form = &t->req->form;
	struct str retour = http_get(form, "retour");

	t->name = str_trim(http_get(form, "identifiant"));
	t->password = http_get(form, "mot-de-passe");
	t->flow_text = http_get(form, "flow");
	t->retour = half_is_path(retour) ? retour : STR_NONE;
	if (t->name.n > DIRECTORY_LOGIN_MAX)
		t->name = STR_NONE;
	tab_load(t->idp, t->req, &t->tab);
	TRY(flow_open(t->idp, t->req, FLOW_LOGIN, t->flow_text, &t->flow));
	t->spoken = flow_request(t->req, &t->flow);
	t->req = &t->spoken;
	TRY(flow_check(&t->flow, &t->tab, t->req->now_s));
	return prove(t);
}

/* ---- answering ---- */

static void audit(struct attempt *t, struct err e)
{
	engine_count(t->idp->engine, !failed(e) ? "guichet_agent_passwords_total{outcome=\"ok\"}"
		: e.kind == ERR_THROTTLED ? "guichet_agent_passwords_total{outcome=\"throttled\"}"
		: e.kind == ERR_DENIED ? "guichet_agent_passwords_total{outcome=\"refused\"}" : "guichet_agent_passwords_total{outcome=\"failed\"}", 1);
	/* The entry of a success is part of the session's transaction. */
	if (failed(e))
		audit_refuse(t->idp->audit, &(struct audit_entry){ .event = "agent.login.refuse", .reason = e.slug, .request = t->req->id,
			.client_id = t->flow.client_id, .now_s = t->req->now_s });
}

static struct http_resp *stop(struct attempt *t, struct err e, int status, struct str reason)
{
	struct http_pair back[] = { { STR("flow"), STR_NONE }, { STR("retour"), t->retour } };
	struct view_agent_stop s = { .reason = reason, .status = status };
	struct http_resp *r;

	t->flow.kind = FLOW_LOGIN;
	back[0].value = flow_seal(t->idp, t->req, &t->tab, &t->flow);
	s.retry_url = http_add_query(t->req->arena, STR("/connexion/agent"), back, t->retour.n ? 2 : 1);
	if (t->silent)
		s.reached_s = agent_directory_reached_s(t->idp);
	r = view_agent_stop(&(struct view){ t->idp, t->req, NULL, STR_NONE }, &s);
	r->outcome = e;
	return r;
}

/* The same request again, with a fresh flow and what was typed, but for the password. */
static struct http_resp *again(struct attempt *t, struct err e)
{
	struct view_agent_login l = { .name = t->name, .retour = t->retour, .status = 422 };
	struct http_resp *r;

	if (str_starts(str_from_c(e.slug), STR("flow."))) {
		l.expired = true;
		l.status = 200;
	} else if (e.kind == ERR_THROTTLED) {
		l.throttled = true;
		l.status = 429;
		l.retry_after_s = t->wait_s;
	} else {
		l.refused = true;
	}
	r = page(t->idp, t->req, &t->tab, &t->flow, l);
	r->outcome = e;
	return r;
}

static struct http_resp *refuse(struct attempt *t, struct err e)
{
	struct view v = { t->idp, t->req, NULL, STR_NONE };

	/* Nothing of it can be trusted, so there is no request to start again. */
	if (str_eq_c(STR("flow.text"), e.slug))
		return view_error(&v, 400, STR("expired"), e);
	if (t->silent)
		return stop(t, e, 503, STR("silent"));
	if (str_eq_c(STR("agent.rights"), e.slug))
		return stop(t, e, 403, STR("rights"));
	if (says_state(e))
		return stop(t, e, 403, str_slice(str_from_c(e.slug), STR("directory.").n, SIZE_MAX));
	if (e.kind == ERR_DENIED || e.kind == ERR_THROTTLED)
		return again(t, e);
	return view_error(&v, http_status_of(e.kind), STR_NONE, e);
}

struct http_resp *agent_login_post(void *app, const struct http_req *req)
{
	struct attempt *t = arena_new(req->arena, struct attempt);
	struct half half;
	struct http_resp *r;
	struct err e;

	t->idp = app;
	t->req = req;
	if (!t->idp->set.directory)
		return off(t->idp, req);
	e = run(t);
	audit(t, e);
	if (failed(e))
		return refuse(t, e);
	half = (struct half){ .flow = t->flow.protocol.n ? t->flow_text : STR_NONE, .retour = t->retour };
	memcpy(half.account, t->agent.account, ID_BYTES);
	r = second_ask(t->idp, t->req, &half);
	if (!t->device_known)
		device_remember(t->idp, req, door(t), r);
	return r;
}
