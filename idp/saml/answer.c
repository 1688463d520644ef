/* answer.c - the Response: typed fields to the signer, and the form that carries it to the service. */
#include "idp/saml/saml_idp.h"
#include "idp/view.h"
#include "base/b64.h"
#include "wire/oidc/oidc.h"

enum { HOUR_S = 3600, DAY_S = 86400 };

#define FORMAT_BASIC "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"

struct str saml_session_index(struct arena *a, const struct person *who, const struct partner *p)
{
	return session_sid(a, who->session, p->id);
}

static struct sign_saml_subject subject_of(struct idp *idp, struct arena *a, const struct saml_answer *n)
{
	const struct partner *p = n->partner;
	struct sign_saml_subject s = { .kind = SIGN_NAME_ID_PERSISTENT, .name_qualifier = idp->set.saml_entity, .sp_name_qualifier = p->id,
		.who = { { (const char *)n->who->account.id, ID_BYTES }, p->sector, n->who->alias } };

	if (p->saml->name_id == NAME_TRANSIENT) {
		/* Drawn once a session: the word of its end must name the citizen as the sign-in did. */
		struct str label = arena_concat(a, (struct str[]){ STR("transient "), p->id }, 2);

		s.kind = SIGN_NAME_ID_TRANSIENT;
		s.text = arena_concat(a, (struct str[]){ STR("_"), session_sid(a, n->who->session, label) }, 2);
	}
	if (p->saml->name_id == NAME_EMAIL)
		s = (struct sign_saml_subject){ .kind = SIGN_NAME_ID_EMAIL, .text = n->who->account.email };
	return s;
}

static void name_attribute(const struct partner_saml *s, struct sign_saml_attribute *at, struct str own)
{
	*at = (struct sign_saml_attribute){ .name = own, .name_format = STR(FORMAT_BASIC) };
	for (size_t i = 0; i < s->name_n; i++)
		if (str_eq(s->names[i].attribute, own)) {
			at->name = s->names[i].name;
			at->name_format = s->names[i].name_format;
			at->friendly_name = own;
		}
}

static void set_values(struct arena *a, struct sign_saml_attribute *at, const struct sign_claim *c)
{
	struct str rest = c->text, word;

	at->values = arena_array(a, struct str, SIGN_LIST_MAX);
	if (c->kind != CLAIM_LIST) {
		at->values[at->value_n++] = c->kind == CLAIM_TEXT ? c->text : c->number ? STR("true") : STR("false");
		return;
	}
	while (at->value_n < SIGN_LIST_MAX && str_split(&rest, ' ', &word))
		at->values[at->value_n++] = word;
}

static void add_attributes(struct arena *a, const struct saml_answer *n, struct sign_saml_response *r)
{
	struct sign_saml_attribute *v = arena_array(a, struct sign_saml_attribute, RELEASE_MAX);

	r->attributes = v;
	for (size_t i = 0; i < n->release->n; i++) {
		const struct sign_claim *c = &n->release->v[i].claim;
		struct sign_saml_attribute *at = &v[r->attribute_n++];

		name_attribute(n->partner->saml, at, c->name);
		set_values(a, at, c);
	}
}

/* A sign-in told to the second would be a name that all services of one session share: they hear the hour.
 * Who asked for a fresh one hears when it was. */
static void tell_times(const struct saml_answer *n, struct sign_saml_response *r)
{
	r->authn_instant_s = n->ask->force_authn ? n->who->auth_time_s : n->who->auth_time_s - n->who->auth_time_s % HOUR_S;
	r->session_ends_at_s = n->who->ends_s - n->who->ends_s % HOUR_S + HOUR_S;
	/* An agent is the same person to all services, and none may go on a minute longer. */
	if (n->partner->agents)
		r->session_ends_at_s = n->who->ends_s;
	/* No more than the signer lets a session last. */
	if (r->session_ends_at_s > r->issued_at_s + DAY_S)
		r->session_ends_at_s = r->issued_at_s + DAY_S;
}

struct err saml_answer_sign(struct idp *idp, const struct http_req *req, const struct saml_answer *n, struct sign_saml_message *ret)
{
	struct sign_saml_response r = { .sign_response = n->partner->saml->sign_response, .status = n->status,
		.destination = n->ask->acs, .in_response_to = n->ask->id, .issued_at_s = req->now_s };

	if (n->status == SIGN_STATUS_SUCCESS) {
		r.audience = n->partner->id;
		r.subject = subject_of(idp, req->arena, n);
		r.session_index = saml_session_index(req->arena, n->who, n->partner);
		r.authn_context = n->ask->context;
		r.not_before_s = req->now_s - SAML_BACKDATE_S;
		r.expires_at_s = req->now_s + SAML_ASSERTION_S;
		tell_times(n, &r);
		add_attributes(req->arena, n, &r);
	}
	return engine_call(idp->engine, req->arena, req->deadline_ms, ROLE_SIGNER, SIGN_SAML_RESPONSE, ipc_sign_saml_response_io, &r,
		ipc_sign_saml_message_io, ret);
}

struct http_resp *saml_answer_page(struct idp *idp, const struct http_req *req, const struct saml_answer *n, struct str xml)
{
	struct view v = { idp, req, NULL, oidc_uri_origin(n->ask->acs) };

	return view_saml_post(&v, &(struct view_saml_post){ .action = n->ask->acs, .field = STR("SAMLResponse"),
		.message = b64_encode(req->arena, xml.p, xml.n), .relay_state = n->ask->relay_state,
		.has_relay_state = n->ask->has_relay_state, .service = view_partner_name(n->partner, req->lang) });
}
