/* SPDX-License-Identifier: Apache-2.0
 *
 * saml_logout.c - signing out by SAML 2.0: our signed LogoutRequest and its answer, the provider's and ours.
 *
 * A LogoutRequest comes with whatever browser the provider uses, perhaps without a cookie of ours: the signed names
 * in it are what ends sessions. */
#include "sp-lib/sp.h"
#include "wire/saml/saml_conditions.h"
#include "wire/saml/saml_redirect.h"

enum { RAW_MAX = 128 * 1024, PAIRS_MAX = 16, FRESH_S = 300 };

/* ---- ours ---- */

/* The answer names the request: remembered until it comes. */
static MUST struct err request_remember(const struct sp *sp, struct arena *a, struct str id, struct str state, int64_t now_s)
{
	struct sp_memory m = {
		.op = SP_PUT, .kind = "logout", .key = sp_hash_text(a, id), .value = state.n ? state.p : "", .value_n = state.n,
		.expires_at_s = now_s + sp->login_ttl_s, .now_s = now_s,
	};

	return sp_remember(sp, a, &m);
}

struct err sp_saml_logout_url(struct sp *sp, struct arena *a, const struct sp_identity *id, struct str state, int64_t now_s, const char **ret_url)
{
	struct sign_saml_message out = { 0 };
	struct str sid = str_from_c(id ? id->sid : NULL), subject = str_from_c(id ? id->subject : NULL);
	struct sp_metadata m;

	ENSURE(subject.n > 0, MALFORMED, "sp.logout.subject");
	TRY(sp_provider_metadata(sp, a, now_s, sp->provider_check_s, &m));
	ENSURE(m.slo.n > 0, BROKEN, "sp.provider.metadata");
	struct sign_saml_logout_request r = {
		.binding = SIGN_BINDING_REDIRECT, .destination = m.slo, .session_indexes = &sid, .session_index_n = sid.n ? 1 : 0,
		/* Their qualifiers are the usual ones, whether or not they were said: sp_saml_is_subject(). */
		.subject = { .kind = SIGN_NAME_ID_PERSISTENT, .who.alias = subject, .name_qualifier = sp->idp_entity_id,
		             .sp_name_qualifier = sp->entity_id },
		.issued_at_s = now_s, .expires_at_s = now_s + SP_SAML_REQUEST_S,
	};
	TRY(sp_saml_sign(sp, a, SIGN_SAML_LOGOUT_REQUEST, ipc_sign_saml_logout_request_io, &r, &out));
	TRY(request_remember(sp, a, out.id, state, now_s));
	*ret_url = sp_saml_url(a, m.slo, out.text);
	return NO_ERR;
}

/* ---- what comes ---- */

struct received {
	struct saml_message message;
	struct sp_metadata metadata;
	struct str relay_state;
};

static MUST struct err question(struct arena *a, bool is_post, struct str raw, struct check_saml *q, struct str *ret_relay_state)
{
	const uint32_t requests = SAML_ROOT(SAML_LOGOUT_REQUEST), responses = SAML_ROOT(SAML_LOGOUT_RESPONSE);
	struct http_pairs form = { 0 };

	ENSURE(raw.n > 0 && raw.n <= RAW_MAX, MALFORMED, "sp.logout.form");
	/* Of a query the reader takes the very bytes: they are what is signed. */
	*q = (struct check_saml){ .binding = CHECK_REDIRECT, .message = raw, .roots = requests | responses, .want = CHECK_WANT_MESSAGE };
	if (!is_post)
		return NO_ERR;
	ENSURE(!failed(http_parse_pairs(a, raw, PAIRS_MAX, STR("SAMLRequest SAMLResponse"), &form)), MALFORMED, "sp.logout.form");
	bool asks = http_has(&form, "SAMLRequest");
	ENSURE(asks != http_has(&form, "SAMLResponse"), MALFORMED, "sp.logout.form");
	q->binding = CHECK_POST;
	q->roots = asks ? requests : responses;
	q->message = http_get(&form, asks ? "SAMLRequest" : "SAMLResponse");
	*ret_relay_state = http_get(&form, "RelayState");
	/* Asked before anything ends: a longer one could not be given back in a signed answer. */
	ENSURE(ret_relay_state->n <= SAML_RELAY_MAX, MALFORMED, "sp.logout.form");
	return NO_ERR;
}

static const struct sp_slug slugs[] = {
	{ "saml.signature", "sp.logout.signature" }, { "saml.signature.missing", "sp.logout.signature" }, { "saml.key", "sp.logout.signature" },
	{ "saml.algorithm", "sp.logout.alg" }, { "saml.message.early", "sp.logout.iat" }, { "saml.message.expired", "sp.logout.expired" },
};
enum { SLUGS = sizeof slugs / sizeof *slugs };

static MUST struct err prove(struct sp *sp, struct arena *a, bool is_post, struct str raw, int64_t now_s, struct received *r)
{
	struct check_saml_result got = { 0 };
	struct check_saml q;

	TRY(question(a, is_post, raw, &q, &r->relay_state));
	TRY(sp_slug_of(sp_saml_prove(sp, a, now_s, &q, &got, &r->metadata), slugs, SLUGS));
	ENSURE(got.signed_by & (CHECK_SIGNED_QUERY | CHECK_SIGNED_MESSAGE), DENIED, "sp.logout.signature");
	ENSURE(str_eq(got.message.head.issuer, sp->idp_entity_id), DENIED, "sp.logout.iss");
	/*= SAML Bindings 3.4.5.2: If the message is signed, the Destination XML attribute ... MUST contain the URL */
	ENSURE(sp->logout_url.n && str_eq(got.message.head.destination, sp->logout_url), DENIED, "sp.logout.destination");
	TRY(sp_slug_of(saml_instant_check(got.message.head.issue_instant_s, now_s, (int32_t)sp->skew_s, FRESH_S), slugs, SLUGS));
	r->message = got.message;
	if (!is_post)
		r->relay_state = got.relay_state;
	return NO_ERR;
}

/* ---- the provider asks ---- */

static MUST struct err sessions_end(const struct sp *sp, struct arena *a, const struct saml_logout_request *r, int64_t now_s)
{
	const char *subject = arena_c(a, r->name_id.value);

	/*= SAML Core 3.7.1: [without SessionIndex] the message applies to all sessions */
	if (r->sessions.n == 0)
		return sp_sessions_end(sp, a, "", subject, now_s);
	for (size_t i = 0; i < r->sessions.n; i++)
		if (r->sessions.v[i].n)
			TRY(sp_sessions_end(sp, a, arena_c(a, r->sessions.v[i]), subject, now_s));
	return NO_ERR;
}

/* Done once: of one that names no session, a copy would end those that came after. */
static MUST struct err order(const struct sp *sp, struct arena *a, const struct received *r, int64_t now_s)
{
	const struct saml_logout_request *l = &r->message.logout;
	int64_t end_s = r->message.head.issue_instant_s + FRESH_S;
	struct str name = arena_printf(a, "request\n" STR_FMT, STR_ARG(r->message.head.id));
	struct err e;

	ENSURE(l->not_on_or_after_s == 0 || now_s < l->not_on_or_after_s + sp->skew_s, DENIED, "sp.logout.expired");
	ENSURE(sp_saml_is_subject(&l->name_id, sp->idp_entity_id, sp->entity_id), DENIED, "sp.logout.subject");
	e = sp_claim_once(sp, a, "saml", name, end_s + sp->skew_s + 1, now_s);
	ENSURE(e.kind != ERR_CONFLICT, DENIED, "sp.logout.replayed");
	TRY(e);
	e = sessions_end(sp, a, l, now_s);
	/* Not carried out: the provider may send it again, and must then be heard. */
	if (failed(e))
		sp_claim_back(sp, a, "saml", name, now_s);
	return e;
}

static MUST struct err answer(const struct sp *sp, struct arena *a, const struct received *r, int64_t now_s, const char **ret_url)
{
	struct str to = r->metadata.slo_response;
	struct sign_saml_logout_response s = {
		.binding = SIGN_BINDING_REDIRECT, .status = SIGN_STATUS_SUCCESS, .destination = to, .in_response_to = r->message.head.id,
		.relay_state = r->relay_state, .issued_at_s = now_s,
	};
	struct sign_saml_message out = { 0 };

	if (to.n == 0)
		return NO_ERR;
	TRY(sp_saml_sign(sp, a, SIGN_SAML_LOGOUT_RESPONSE, ipc_sign_saml_logout_response_io, &s, &out));
	*ret_url = sp_saml_url(a, to, out.text);
	return NO_ERR;
}

/* ---- the provider answers ---- */

static MUST struct err answered(const struct sp *sp, struct arena *a, const struct received *r, int64_t now_s, struct sp_logout_reply *reply)
{
	struct sp_memory m = { .op = SP_GET, .kind = "logout", .key = sp_hash_text(a, r->message.head.in_response_to), .now_s = now_s };
	struct err e = sp_remember(sp, a, &m);

	ENSURE(e.kind != ERR_ABSENT, DENIED, "sp.logout.unasked");
	TRY(e);
	ENSURE(now_s <= m.expires_at_s, DENIED, "sp.logout.unasked");
	reply->state = arena_c(a, (struct str){ m.value, m.value_n });
	m.op = SP_REMOVE;
	TRY(sp_remember(sp, a, &m));
	reply->finished = 1;
	reply->partial = !str_eq_c(r->message.status.code, SAML_STATUS_SUCCESS) || r->message.status.subcode.n > 0;
	return NO_ERR;
}

static MUST struct err receive(struct sp *sp, struct arena *a, bool is_post, struct str raw, int64_t now_s, struct sp_logout_reply *ret_reply)
{
	struct sp_logout_reply reply = { .state = "" };
	struct received r = { 0 };

	ENSURE(sp->saml, BROKEN, "sp.protocol");
	TRY(prove(sp, a, is_post, raw, now_s, &r));
	if (r.message.root == SAML_LOGOUT_REQUEST) {
		TRY(order(sp, a, &r, now_s));
		TRY(answer(sp, a, &r, now_s, &reply.url));
	} else {
		TRY(answered(sp, a, &r, now_s, &reply));
	}
	*ret_reply = reply;
	return NO_ERR;
}

struct sp_result sp_logout_receive(struct sp *sp, struct sp_scope *s, int is_post, const char *raw, int64_t now_s, struct sp_logout_reply *ret_reply)
{
	return sp_result_of(receive(sp, sp_arena_of(s), is_post != 0, str_from_c(raw), now_s, ret_reply));
}
