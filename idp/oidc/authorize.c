/* authorize.c - /oidc/authorize: request -> partner -> who is here -> policy -> page or code.
 *
 * Until the redirect_uri is proven to be the partner's, every refusal is our own page and goes
 * nowhere; after that, every refusal goes back to the partner with state and iss. Nothing is
 * written: the code is a sealed value, and its row is born when it is redeemed.
 */
#include "idp/oidc/oidc_idp.h"
#include "idp/oidc/backchannel.h"
#include "idp/oidc/sealed.h"
#include "idp/account/agent.h"
#include "idp/audit/audit.h"
#include "idp/authn/login.h"
#include "idp/view.h"
#include "base/ct.h"
#include "wire/ipc/helper.h"

enum { PAIRS_MAX = 64 };

/* One pass over one request: at its first sight, after a sign-in, after a notice. */
struct authz {
	struct idp *idp;
	struct http_req req;           /* a copy: ui_locales may choose its language */
	struct str request;            /* its parameters, as text */
	struct oidc_authz ask;
	const struct partner *partner;
	struct str scope;              /* what of it is granted */
	struct person who;
	struct release release;
	int64_t asked_at_s;
	bool resumed;                  /* a page has been answered since asked_at_s */
	bool answered; struct str answered_names;
};

/* OPX: our own page, no redirect. */
static struct http_resp *refuse_here(struct authz *z, struct err e)
{
	struct view v = { z->idp, &z->req, NULL, STR_NONE };
	bool ours = e.kind == ERR_BUSY || e.kind == ERR_BROKEN;

	audit_refuse(z->idp->audit, &(struct audit_entry){ .event = "oidc.authz.refuse", .reason = e.slug, .request = z->req.id,
		.client_id = z->partner ? z->partner->id : STR_NONE, .now_s = z->req.now_s });
	return view_error(&v, ours ? http_status_of(e.kind) : 400, ours ? STR_NONE : STR("service"), e);
}

static struct http_resp *redirect(struct authz *z, struct http_pair *v, size_t n)
{
	if (z->ask.state.n)
		v[n++] = (struct http_pair){ STR("state"), z->ask.state };
	/*= RFC 9207 2: an authorization server supporting this specification MUST indicate its identity, errors too */
	v[n++] = (struct http_pair){ STR("iss"), z->idp->set.issuer };
	return http_see_other(&z->req, http_add_query(z->req.arena, z->ask.redirect_uri, v, n));
}

/* OPR: back to the partner. */
static struct http_resp *refuse_there(struct authz *z, const char *error, const char *slug, const char *description)
{
	struct http_pair v[4] = { { STR("error"), str_from_c(error) } };
	size_t n = 1;
	struct http_resp *r;

	if (description)
		v[n++] = (struct http_pair){ STR("error_description"), str_from_c(description) };
	audit_refuse(z->idp->audit, &(struct audit_entry){ .event = "oidc.authz.refuse", .reason = slug, .request = z->req.id,
		.client_id = z->partner->id, .account = z->who.live ? z->who.account.id : NULL, .now_s = z->req.now_s });
	r = redirect(z, v, n);
	r->outcome = err_of(DENIED, slug);
	return r;
}

/* The second first, then 96 random bits: rows that are born together lie together, and the store
 * touches few pages. Sealed inside the code, it is seen by nobody. */
static void new_code_id(unsigned char id[ID_BYTES], int64_t now_s)
{
	random_bytes(id, ID_BYTES);
	for (int i = 0; i < 4; i++)
		id[i] = (unsigned char)(now_s >> (24 - 8 * i));
}

static struct http_resp *give_code(struct authz *z)
{
	struct oidc_code c = { .client_id = z->partner->id, .auth_time_s = z->who.auth_time_s,
		.expires_s = z->req.now_s + z->idp->set.code_ttl_s, .nonce = z->ask.nonce, .scope = z->scope,
		.acr = z->who.acr, .amr = z->who.amr, .tells_auth_time = z->ask.max_age_s >= 0 || z->ask.prompt.login };
	struct http_pair v[3];
	struct str text;

	new_code_id(c.id, z->req.now_s);
	sha256(z->ask.redirect_uri, c.redirect_hash);
	memcpy(c.account, z->who.account.id, ID_BYTES);
	memcpy(c.session, z->who.session, ID_BYTES);
	memcpy(c.challenge, z->ask.challenge, sizeof c.challenge);
	text = oidc_code_seal(z->idp, z->req.arena, &c);
	if (!text.n)
		return refuse_there(z, "invalid_request", "oidc.authz.size", "the request is too large");
	engine_count(z->idp->engine, "guichet_oidc_codes_total", 1);
	v[0] = (struct http_pair){ STR("code"), text };
	return redirect(z, v, 1);
}

static struct flow new_flow(const struct authz *z)
{
	return (struct flow){ .protocol = STR("oidc"), .client_id = z->partner->id, .request = z->request,
		.form_action = oidc_uri_origin(z->ask.redirect_uri), .asked_at_s = z->asked_at_s, .names = z->release.names };
}

/* Is the session's citizen the one that the hint speaks of? Their pseudonyms for this sector tell. */
static MUST struct err hint_names_citizen(struct authz *z, const struct oidc_hint *hint, bool *ret_same)
{
	struct sign_subject s = { { (const char *)z->who.account.id, ID_BYTES }, z->partner->sector, z->who.alias };
	struct str pseudonym = z->who.alias;

	if (!pseudonym.n)
		TRY(engine_call(z->idp->engine, z->req.arena, z->req.deadline_ms, ROLE_SIGNER, SIGN_PSEUDONYM,
			ipc_sign_subject_io, &s, ipc_text_io, &pseudonym));
	*ret_same = ct_str_equal(pseudonym, hint->subject);
	return NO_ERR;
}

/* NULL: nothing against it. */
static struct http_resp *check_hint(struct authz *z)
{
	struct oidc_hint hint;
	bool same = false;
	struct err e;

	if (!z->ask.id_token_hint.n)
		return NULL;
	e = oidc_hint_read(z->idp, &z->req, z->ask.id_token_hint, &hint);
	if (!failed(e) && !str_eq(hint.audience, z->partner->id))
		e = err_of(MALFORMED, "oidc.hint");
	if (!failed(e) && z->who.live)
		e = hint_names_citizen(z, &hint, &same);
	if (failed(e) && e.kind != ERR_MALFORMED)
		return refuse_here(z, e);
	if (failed(e))
		return refuse_there(z, "invalid_request", "oidc.authz.hint", "id_token_hint is not one of ours for this client");
	/* Another citizen is here: whoever the partner expects must not be confused with them. */
	if (z->who.live && !same)
		return refuse_there(z, "login_required", "oidc.authz.other_citizen", NULL);
	return NULL;
}

static unsigned roles_of(const struct authz *z)
{
	return z->who.agent ? agent_roles(z->who.agent, z->partner->sector) : 0;
}

static struct policy_verdict decide(struct authz *z)
{
	struct policy_ask k = {
		.partner = z->partner, .agent = z->who.agent != NULL, .roles = roles_of(z), .session_live = z->who.live, .account_active = z->who.account.active,
		.auth_time_s = z->who.auth_time_s, .acr = z->who.acr, .names = z->release.names,
		.noticed = z->who.noticed, .was_noticed = z->who.was_noticed,
		.wants_login = z->ask.prompt.login || z->ask.prompt.select_account, .wants_consent = z->ask.prompt.consent,
		.max_age_s = z->ask.max_age_s, .acr_values = z->ask.acr_values,
		/* At first sight no proof is recent enough to answer prompt=login, not even one of this very second. */
		.asked_at_s = z->resumed ? z->asked_at_s : INT64_MAX,
		.answered = z->answered && oidc_words_within(z->release.names, z->answered_names), .now_s = z->req.now_s };

	return policy_may_issue(&k);
}

/* prompt=none: whatever would need a page is an error. OIDC Core 3.1.2.6 */
static struct http_resp *refuse_silently(struct authz *z, const struct policy_verdict *d)
{
	if (d->answer == POLICY_SIGN_IN)
		return refuse_there(z, "login_required", d->slug, NULL);
	return refuse_there(z, d->answer == POLICY_CONSENT ? "consent_required" : "interaction_required", d->slug, NULL);
}

static struct http_resp *answer(struct authz *z)
{
	struct policy_verdict d = decide(z);
	struct flow f = new_flow(z);

	if (d.answer == POLICY_ISSUE)
		return give_code(z);
	if (d.answer == POLICY_REFUSE)
		return refuse_there(z, str_eq_c(STR("policy.acr"), d.slug) ? "unmet_authentication_requirements" : "access_denied", d.slug, NULL);
	if (z->ask.prompt.none)
		return refuse_silently(z, &d);
	if (d.answer == POLICY_SIGN_IN)
		return z->partner->agents ? agent_login_ask(z->idp, &z->req, &f, z->ask.login_hint) : login_ask(z->idp, &z->req, &f, z->ask.login_hint);
	f.consent = d.answer == POLICY_CONSENT;
	return notice_ask(z->idp, &z->req, &f, &z->who, z->partner, &z->release);
}

/* The partner's wish counts only when the citizen has not chosen. */
static void choose_language(struct authz *z)
{
	struct str rest = z->ask.ui_locales, word;

	if (http_has(&z->req.query, "lang") || http_has(&z->req.cookies, "lang"))
		return;
	while (str_split(&rest, ' ', &word)) {
		struct str tag = str_slice(word, 0, 2);
		bool whole = word.n == 2 || (word.n > 2 && word.p[2] == '-');

		if (whole && str_eq_nocase(tag, STR("fr")))
			z->req.lang = LANG_FR;
		else if (whole && str_eq_nocase(tag, STR("en")))
			z->req.lang = LANG_EN;
		else
			continue;
		return;
	}
}

static MUST struct err find_partner(struct authz *z, const struct http_pairs *p)
{
	TRY(oidc_authz_address(p, &z->ask));
	z->partner = partner_find(z->idp->registry, z->req.arena, z->ask.client_id);
	ENSURE(z->partner && z->partner->enabled && str_eq_c(z->partner->protocol, "oidc"), DENIED, "oidc.authz.client");
	ENSURE(partner_has_redirect(z->partner, z->ask.redirect_uri), DENIED, "oidc.authz.redirect_uri");
	return NO_ERR;
}

/* who: NULL when the cookie must tell. */
static struct http_resp *run(struct authz *z, const struct http_pairs *p, const struct person *who)
{
	struct oidc_error wrong;
	struct http_resp *r;
	struct err e = find_partner(z, p);

	if (failed(e))
		return refuse_here(z, e);
	wrong = oidc_authz_parse(p, &z->ask);
	if (wrong.error)
		return refuse_there(z, wrong.error, wrong.slug, wrong.description);
	if (!partner_has_grant(z->partner, "authorization_code"))
		return refuse_there(z, "unauthorized_client", "oidc.authz.grant", NULL);
	/* An agent is not there once the session is over: no offline access. */
	z->scope = oidc_words_both(z->req.arena, z->ask.scope, partner_has_grant(z->partner, "refresh_token") && !z->partner->agents
		? STR("openid profile email offline_access") : STR("openid profile email"));
	choose_language(z);
	e = who ? NO_ERR : session_load(z->idp, &z->req, z->partner->agents ? SESSION_AGENT : SESSION_USAGER, z->partner->id, z->partner->sector, &z->who);
	if (who) {
		z->who = *who;
		if (z->who.live)
			e = session_load_service(z->idp, z->req.arena, z->partner->id, z->partner->sector, &z->who);
	}
	if (failed(e))
		return refuse_here(z, e);
	r = check_hint(z);
	if (r)
		return r;
	policy_release(z->req.arena, z->partner, z->scope, &z->who.account, roles_of(z), &z->release);
	return answer(z);
}

struct http_resp *oidc_authorize_get(void *app, const struct http_req *req)
{
	struct authz z = { .idp = app, .req = *req, .request = req->raw_query, .asked_at_s = req->now_s };

	if (req->raw_query.n > OIDC_REQUEST_MAX)
		return refuse_here(&z, err_of(MALFORMED, "oidc.authz.size"));
	return run(&z, &req->query, NULL);
}

/* A form from another site brings no SameSite=Lax cookie with it; the same request by GET does. */
struct http_resp *oidc_authorize_post(void *app, const struct http_req *req)
{
	struct authz z = { .idp = app, .req = *req };
	struct str url = http_add_query(req->arena, STR("/oidc/authorize"), req->form.v, req->form.n);

	if (req->query.n || url.n > OIDC_REQUEST_MAX)
		return refuse_here(&z, err_of(MALFORMED, "oidc.authz.size"));
	return http_see_other(req, url);
}

static struct http_resp *resume(struct idp *idp, const struct http_req *req, const struct flow *f, const struct person *who)
{
	struct authz z = { .idp = idp, .req = *req, .request = f->request, .asked_at_s = f->asked_at_s,
		.resumed = true, .answered = f->answered, .answered_names = f->names };
	struct http_pairs pairs = { 0 };
	struct err e = http_parse_pairs(req->arena, f->request, PAIRS_MAX, STR_NONE, &pairs);

	return failed(e) ? refuse_here(&z, e) : run(&z, &pairs, who);
}

static struct http_resp *decline(struct idp *idp, const struct http_req *req, const struct flow *f)
{
	struct authz z = { .idp = idp, .req = *req, .request = f->request };
	struct http_pairs pairs = { 0 };
	struct err e = http_parse_pairs(req->arena, f->request, PAIRS_MAX, STR_NONE, &pairs);

	if (!failed(e))
		e = find_partner(&z, &pairs);
	if (failed(e))
		return refuse_here(&z, e);
	if (oidc_authz_parse(&pairs, &z.ask).error)
		z.ask.state = STR_NONE;
	return refuse_there(&z, "access_denied", "oidc.authz.declined", NULL);
}

struct idp_protocol oidc_protocol(void)
{
	return (struct idp_protocol){ .name = "oidc", .resume = resume, .decline = decline, .tell_logout = backchannel_tell };
}
