/* SPDX-License-Identifier: Apache-2.0
 *
 * login_saml.c - signing in by SAML 2.0: the signed AuthnRequest, and the Response that comes back in a form.
 *
 * What the browser brings is checked before the message is read: an answer to nothing of ours costs no signature. */
#include "sp-lib/sp.h"

static MUST struct err contexts_of(struct arena *a, struct str acr_values, struct sign_saml_authn_request *r)
{
	struct str word;

	r->authn_contexts = arena_array(a, struct str, SIGN_SAML_LIST_MAX);
	while (str_split(&acr_values, ' ', &word)) {
		ENSURE(r->authn_context_n < SIGN_SAML_LIST_MAX, MALFORMED, "sp.acr_values");
		if (word.n)
			r->authn_contexts[r->authn_context_n++] = word;
	}
	return NO_ERR;
}

struct err sp_saml_start(struct sp *sp, struct arena *a, const struct sp_login_options *o, int64_t now_s, struct sp_pending *p, const char **ret_url)
{
	struct str prompt = str_from_c(o->prompt);
	struct sign_saml_message out = { 0 };
	struct sp_metadata m;

	TRY(sp_provider_metadata(sp, a, now_s, sp->provider_check_s, &m));
	p->force = str_eq(prompt, STR("login")) || p->has_max_age;
	struct sign_saml_authn_request r = {
		.binding = SIGN_BINDING_REDIRECT, .destination = m.sso, .acs_url = sp->redirect_uri, .name_id = SIGN_NAME_ID_PERSISTENT,
		.force_authn = p->force, .is_passive = str_eq(prompt, STR("none")), .relay_state = p->state, .issued_at_s = now_s,
	};
	TRY(contexts_of(a, p->acr_values, &r));
	TRY(sp_saml_sign(sp, a, SIGN_SAML_AUTHN_REQUEST, ipc_sign_saml_authn_request_io, &r, &out));
	p->request_id = out.id;
	*ret_url = sp_saml_url(a, m.sso, out.text);
	return NO_ERR;
}

static const struct sp_slug slugs[] = {
	{ "saml.signature", "sp.assertion.signature" }, { "saml.signature.missing", "sp.assertion.signature" },
	{ "saml.key", "sp.assertion.signature" }, { "saml.algorithm", "sp.assertion.alg" },
};

static MUST struct err response_prove(struct sp *sp, struct arena *a, const struct http_pairs *form, int64_t now_s, struct saml_message *ret_m)
{
	struct check_saml q = {
		.binding = CHECK_POST, .message = http_get(form, "SAMLResponse"), .roots = SAML_ROOT(SAML_RESPONSE),
		.want = sp->want_response_signed ? CHECK_WANT_MESSAGE : CHECK_WANT_EITHER,
	};
	struct check_saml_result r = { 0 };
	struct sp_metadata m;

	ENSURE(q.message.n > 0, MALFORMED, "sp.response.query");
	TRY(sp_slug_of(sp_saml_prove(sp, a, now_s, &q, &r, &m), slugs, sizeof slugs / sizeof *slugs));
	*ret_m = r.message;
	return NO_ERR;
}

/* Once, whatever session it is for, and longer than it is good for. */
static MUST struct err assertion_claim(const struct sp *sp, struct arena *a, const struct saml_assertion *as, int64_t now_s)
{
	int64_t until_s = as->conditions.not_on_or_after_s;
	struct str name = arena_printf(a, "assertion\n" STR_FMT "\n" STR_FMT, STR_ARG(as->issuer), STR_ARG(as->id));

	for (size_t i = 0; i < as->confirmation_n; i++)
		if (as->confirmations[i].not_on_or_after_s > until_s)
			until_s = as->confirmations[i].not_on_or_after_s;
	struct err e = sp_claim_once(sp, a, "saml", name, until_s + sp->skew_s + 1, now_s);
	ENSURE(e.kind != ERR_CONFLICT, DENIED, "sp.assertion.used");
	return e;
}

/* Nobody here asked: only where the service wants that, and then with no request named anywhere. */
static MUST struct err unsolicited(const struct sp *sp, const struct http_pairs *form, struct err why, struct sp_pending *ret_p)
{
	struct str relay_state = http_get(form, "RelayState");

	ENSURE(sp->allow_unsolicited || relay_state.n, DENIED, "sp.response.unsolicited");
	if (!sp->allow_unsolicited)
		return why;
	*ret_p = (struct sp_pending){ .return_to = relay_state };
	return NO_ERR;
}

struct err sp_saml_finish(struct sp *sp, struct arena *a, const struct http_pairs *form, const char *cookie, int64_t now_s, struct sp_identity *ret_identity)
{
	struct sp_pending p = { 0 };
	struct saml_message m = { 0 };
	struct sp_identity id;
	const char *path;
	struct err e = sp_pending_open(sp, a, http_get(form, "RelayState"), cookie, now_s, &p);

	if (failed(e))
		TRY(unsolicited(sp, form, e, &p));
	struct sp_saml_expect expect = {
		.idp = sp->idp_entity_id, .entity_id = sp->entity_id, .acs_url = sp->redirect_uri, .request_id = p.request_id,
		.acr_values = p.acr_values, .force = p.force, .has_max_age = p.has_max_age, .max_age_s = p.max_age_s,
		.started_at_s = p.started_at_s, .now_s = now_s, .skew_s = sp->skew_s,
	};
	TRY(response_prove(sp, a, form, now_s, &m));
	TRY(sp_saml_judge(a, &m, &expect, &id));
	if (p.state.n)
		TRY(sp_pending_claim(sp, a, &p, now_s));
	TRY(assertion_claim(sp, a, &m.assertion, now_s));
	path = arena_c(a, p.return_to);
	id.return_to = sp_is_local_path(path) ? path : "/";
	*ret_identity = id;
	return NO_ERR;
}
