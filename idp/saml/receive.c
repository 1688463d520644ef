/* receive.c - see saml_idp.h: a message of a stranger becomes one of a partner, or is refused.
 *
 * The issuer must be known before there is a key to verify with. So the message is read twice, first
 * believing nothing; what is used afterwards comes from the second reading, of the same bytes.
 */
#include "idp/saml/saml_idp.h"
#include "idp/audit/audit.h"
#include "idp/view.h"

static MUST struct err ask_reader(struct idp *idp, const struct http_req *req, struct check_saml *q, struct check_saml_result *ret)
{
	return engine_call(idp->engine, req->arena, req->deadline_ms, ROLE_READER, CHECK_SAML, ipc_check_saml_io, q,
		ipc_check_saml_result_io, ret);
}

/* By Redirect the reader gets the raw query, and sees itself what is there twice. */
static MUST struct err question(const struct http_req *req, unsigned roots, struct check_saml *ret)
{
	bool asks = http_has(&req->form, "SAMLRequest"), answers = http_has(&req->form, "SAMLResponse");

	*ret = (struct check_saml){ .binding = CHECK_REDIRECT, .message = req->raw_query, .roots = roots, .want = CHECK_WANT_NOTHING };
	if (req->method != HTTP_POST)
		return NO_ERR;
	ENSURE(asks != answers && !http_has(&req->form, "SAMLart") && !req->raw_query.n, MALFORMED, "saml.post.fields");
	ret->binding = CHECK_POST;
	ret->message = http_get(&req->form, asks ? "SAMLRequest" : "SAMLResponse");
	/* A request carried as a response would be read by one rule and answered by another. */
	unsigned responses = SAML_ROOT(SAML_RESPONSE) | SAML_ROOT(SAML_LOGOUT_RESPONSE);
	ret->roots = asks ? roots & ~responses : roots & responses;
	ENSURE(ret->roots, MALFORMED, "saml.post.fields");
	return NO_ERR;
}

static MUST struct err relay_state(const struct http_req *req, const struct check_saml_result *got, struct saml_received *ret)
{
	ret->has_relay_state = req->method == HTTP_POST ? http_has(&req->form, "RelayState") : got->has_relay_state;
	ret->relay_state = req->method == HTTP_POST ? http_get(&req->form, "RelayState") : got->relay_state;
	ENSURE(ret->relay_state.n <= SAML_RELAY_STATE_MAX && !str_has_control(ret->relay_state), MALFORMED, "saml.relaystate");
	return NO_ERR;
}

static MUST struct err find_partner(struct idp *idp, const struct http_req *req, struct str issuer, const struct partner **ret)
{
	const struct partner *p = partner_find(idp->registry, req->arena, issuer);

	ENSURE(p && p->enabled && p->saml, DENIED, "saml.issuer");
	ENSURE(partner_saml_is_valid(p, req->now_s), DENIED, "saml.metadata.expired");
	*ret = p;
	return NO_ERR;
}

static MUST struct err check_head(struct idp *idp, const struct http_req *req, const char *path, bool is_signed, const struct saml_head *h)
{
	struct str own = arena_concat(req->arena, (struct str[]){ idp->set.issuer, str_from_c(path) }, 2);

	/*= SAML Bindings 3.4.5.2: If the message is signed, the Destination XML attribute in the root SAML element ... MUST contain the URL */
	ENSURE(h->destination.n ? str_eq(h->destination, own) : !is_signed, DENIED, "saml.destination");
	ENSURE(h->issue_instant_s <= req->now_s + SAML_SKEW_S, DENIED, "saml.message.early");
	ENSURE(h->issue_instant_s >= req->now_s - SAML_FRESH_S - SAML_SKEW_S, DENIED, "saml.message.expired");
	return NO_ERR;
}

struct err saml_receive(struct idp *idp, const struct http_req *req, const char *path, unsigned roots, bool must_sign,
	struct saml_received *ret)
{
	struct check_saml_result got = { 0 };
	struct check_saml q;
	const struct partner *p = NULL;

	TRY(question(req, roots, &q));
	TRY(ask_reader(idp, req, &q, &got));
	TRY(find_partner(idp, req, got.message.head.issuer, &p));
	ret->partner = p;
	must_sign |= got.message.root == SAML_AUTHN_REQUEST && p->saml->requests_signed;
	if (must_sign || (got.carries_signature && p->saml->certificate_n)) {
		q.want = CHECK_WANT_MESSAGE;
		q.certificates = (struct saml_strs){ p->saml->certificates, p->saml->certificate_n };
		TRY(ask_reader(idp, req, &q, &got));
		ENSURE(got.signed_by & (CHECK_SIGNED_QUERY | CHECK_SIGNED_MESSAGE), DENIED, "saml.signature");
		ENSURE(str_eq(got.message.head.issuer, p->id), DENIED, "saml.issuer");
		ret->is_signed = true;
	}
	TRY(check_head(idp, req, path, ret->is_signed, &got.message.head));
	TRY(relay_state(req, &got, ret));
	ret->message = got.message;
	return NO_ERR;
}

struct http_resp *saml_refuse_here(struct idp *idp, const struct http_req *req, struct str client_id, struct err e)
{
	bool ours = e.kind == ERR_BUSY || e.kind == ERR_BROKEN;
	int status = ours || e.kind == ERR_THROTTLED ? http_status_of(e.kind) : 400;

	audit_refuse(idp->audit, &(struct audit_entry){ .event = "saml.idp.refuse", .reason = e.slug, .request = req->id,
		.client_id = client_id, .now_s = req->now_s });
	return view_error(&(struct view){ idp, req, NULL, STR_NONE }, status, ours ? STR_NONE : STR("service"), e);
}
