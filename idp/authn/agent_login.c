/* agent_login.c - /connexion/agent: form -> the directory proves the password -> the second factor.
 *
 * No session begins here. What the directory tells only to whoever typed the right password may be read on
 * the page; everything else is one page with one sentence, and what differs is only in the audit. Failures
 * are counted here before the directory counts them, so that a stranger does not have an agent locked there.
 */
#include "idp/authn/attempt.h"
#include "idp/authn/device.h"
#include "idp/authn/half.h"
#include "idp/authn/second.h"
#include "idp/account/agent.h"
#include "idp/audit/audit.h"
#include "idp/view_agent.h"
#include "base/clock.h"

/* Of the request's time, so much is kept for the answer. */
enum { ANSWER_MS = 500 };

struct agent_login {
	struct attempt t;
	bool silent;                   /* the directory did not answer */
	struct agent agent;            /* only once the password has held */
};

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
	return attempt_page(idp, req, true, &tab, f, (struct view_login){ .name = name });
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
	return attempt_page(idp, req, true, &tab, &f, (struct view_login){ .retour = retour, .expired = http_has(&req->query, "expire") });
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

static MUST struct err ask(struct agent_login *l, struct directory_person *ret)
{
	struct attempt *t = &l->t;
	int64_t deadline_ms = t->req->deadline_ms - ANSWER_MS;
	struct directory_bind question = { t->name, t->password, deadline_ms - clock_mono_ms() };
	struct err e = agent_ask(t->idp, t->req->arena, deadline_ms, DIRECTORY_BIND, ipc_directory_bind_io, &question, ret);

	/* An answer that makes no sense is none: nothing that the agent did is wrong. */
	l->silent = e.kind == ERR_BUSY || e.kind == ERR_BROKEN || e.kind == ERR_MALFORMED;
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
static struct str door(const struct attempt *t)
{
	struct str login = agent_login_normalise(t->req->arena, t->name);

	return arena_concat(t->req->arena, (struct str[]){ STR("annuaire:"), str_slice(login, 0, str_index(login, '@')) }, 2);
}

static MUST struct err prove(struct agent_login *l)
{
	struct attempt *t = &l->t;
	struct directory_person *person = arena_new(t->req->arena, struct directory_person);
	struct err e;

	ENSURE(login_is_plain(t->name) && password_is_plain(t->password), DENIED, "directory.form");
	TRY(attempt_admit(t, t->idp->agent_throttle, door(t)));
	e = ask(l, person);
	attempt_tell(t, outcome_of(e));
	TRY(e);
	return agent_save(t->idp, t->req->arena, person, STR_NONE, t->req->now_s, &l->agent);
}

static MUST struct err run(struct agent_login *l)
{
	TRY(attempt_read(&l->t, DIRECTORY_LOGIN_MAX));
	return prove(l);
}

/* ---- answering ---- */

static void audit(const struct attempt *t, struct err e)
{
	engine_count(t->idp->engine, !failed(e) ? "guichet_agent_passwords_total{outcome=\"ok\"}"
		: e.kind == ERR_THROTTLED ? "guichet_agent_passwords_total{outcome=\"throttled\"}"
		: e.kind == ERR_DENIED ? "guichet_agent_passwords_total{outcome=\"refused\"}" : "guichet_agent_passwords_total{outcome=\"failed\"}", 1);
	/* The entry of a success is part of the session's transaction. */
	if (failed(e))
		audit_refuse(t->idp->audit, &(struct audit_entry){ .event = "agent.login.refuse", .reason = e.slug, .request = t->req->id,
			.client_id = t->flow.client_id, .now_s = t->req->now_s });
}

static struct http_resp *stop(struct agent_login *l, struct err e, int status, struct str reason)
{
	struct attempt *t = &l->t;
	struct http_pair back[] = { { STR("flow"), STR_NONE }, { STR("retour"), t->retour } };
	struct view_agent_stop s = { .reason = reason, .status = status };
	struct http_resp *r;

	back[0].value = flow_seal(t->idp, t->req, &t->tab, &t->flow);
	s.retry_url = http_add_query(t->req->arena, STR("/connexion/agent"), back, t->retour.n ? 2 : 1);
	if (l->silent)
		s.reached_s = agent_directory_reached_s(t->idp);
	r = view_agent_stop(&(struct view){ t->idp, t->req, NULL, STR_NONE }, &s);
	r->outcome = e;
	return r;
}

static struct http_resp *refuse(struct agent_login *l, struct err e)
{
	if (l->silent)
		return stop(l, e, 503, STR("silent"));
	if (str_eq_c(STR("agent.rights"), e.slug))
		return stop(l, e, 403, STR("rights"));
	if (says_state(e))
		return stop(l, e, 403, str_slice(str_from_c(e.slug), STR("directory.").n, SIZE_MAX));
	return attempt_refuse(&l->t, e);
}

struct http_resp *agent_login_post(void *app, const struct http_req *req)
{
	struct agent_login *l = arena_new(req->arena, struct agent_login);
	struct attempt *t = &l->t;
	struct half half;
	struct http_resp *r;
	struct err e;

	*t = (struct attempt){ .idp = app, .req = req, .agents = true };
	if (!t->idp->set.directory)
		return off(t->idp, req);
	e = run(l);
	audit(t, e);
	if (failed(e))
		return refuse(l, e);
	half = (struct half){ .flow = t->flow.protocol.n ? http_get(&req->form, "flow") : STR_NONE, .retour = t->retour };
	memcpy(half.account, l->agent.account, ID_BYTES);
	r = second_ask(t->idp, t->req, &half);
	if (!t->keys.device_known)
		device_remember(t->idp, req, door(t), r);
	return r;
}
