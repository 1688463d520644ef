/* SPDX-License-Identifier: Apache-2.0
 *
 * saml_rules.c - verdicts: is this Response, whose signature was proven before, one for us, for now, and for what we
 * asked? Pure: time and expectations come in as arguments. Then what the assertion says, under OpenID's names. */
#include "sp-lib/sp.h"
#include "wire/saml/saml_conditions.h"

enum { WORD_MAX = 256 };

/* ---- the citizen's name ---- */

/* ASCII without blanks: what the signer can write again when the citizen signs out. */
static bool is_word(struct str s, size_t max)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x21 || s.p[i] > 0x7e)
			return false;
	return s.n > 0 && s.n <= max;
}

bool sp_saml_is_subject(const struct saml_name_id *n, struct str idp, struct str entity_id)
{
	/* Another format would name nobody (transient), or somebody by what may pass on to somebody else (an address). */
	return str_eq_c(n->format, SAML_NAME_ID_PERSISTENT) && is_word(n->value, SP_SUBJECT_MAX)
		/*= SAML Core 8.3.7: NameQualifier ... MUST contain the unique identifier of the identity provider ...
		 * MAY be omitted; SPNameQualifier ... of the service provider */
		&& (n->name_qualifier.n == 0 || str_eq(n->name_qualifier, idp))
		&& (n->sp_name_qualifier.n == 0 || str_eq(n->sp_name_qualifier, entity_id));
}

/* ---- attributes ---- */

/* What others call OpenID's claims: LDAP's names with their OIDs, and those of Active Directory. */
static const char *const names[][2] = {
	{ "urn:oid:2.5.4.42", "given_name" }, { "givenName", "given_name" },
	{ "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname", "given_name" },
	{ "urn:oid:2.5.4.4", "family_name" }, { "sn", "family_name" },
	{ "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname", "family_name" },
	{ "urn:oid:0.9.2342.19200300.100.1.3", "email" }, { "mail", "email" },
	{ "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress", "email" },
};

static const char *known_name(struct str name)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (str_eq_c(name, names[i][0]))
			return names[i][1];
	return NULL;
}

static const char *claim_name(struct arena *a, const struct saml_attribute *at)
{
	const char *name = known_name(at->name);

	if (!name && at->friendly.n)
		name = known_name(at->friendly);
	return name ? name : arena_c(a, at->friendly.n ? at->friendly : at->name);
}

static bool is_there(const struct sp_claim *v, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(str_from_c(v[i].name), str_from_c(name)))
			return true;
	return false;
}

static MUST struct err claims_of(struct arena *a, const struct saml_assertion *as, struct sp_identity *id)
{
	struct sp_claim *v = arena_array(a, struct sp_claim, SP_CLAIMS_MAX);
	size_t n = 0;

	for (size_t i = 0; i < as->attribute_n; i++) {
		const struct saml_attribute *at = &as->attributes[i];
		const char *name = claim_name(a, at);
		int kind = at->values.n == 1 ? SP_TEXT : SP_LIST;

		/* Two attributes of one name: whoever takes the first and whoever takes the last would differ. */
		ENSURE(!is_there(v, n, name) && at->values.n <= SP_CLAIMS_MAX - n, DENIED, "sp.assertion.attribute");
		for (size_t k = 0; k < at->values.n; k++)
			v[n++] = (struct sp_claim){ name, kind, arena_c(a, at->values.v[k]), 0 };
	}
	id->claims = v;
	id->claim_n = n;
	return NO_ERR;
}

/* ---- the verdict ---- */

/* The provider's words are not shown and not logged: only what we know of is told apart. */
static MUST struct err status_check(const struct saml_status *s)
{
	static const char prefix[] = "urn:oasis:names:tc:SAML:2.0:status:";
	struct str what = str_slice(s->subcode, sizeof prefix - 1, s->subcode.n);

	if (str_eq_c(s->code, SAML_STATUS_SUCCESS))
		return NO_ERR;
	ENSURE(str_starts(s->subcode, str_from_c(prefix)), DENIED, "sp.login.error");
	ENSURE(!str_eq(what, STR("AuthnFailed")) && !str_eq(what, STR("RequestDenied")), DENIED, "sp.login.refused");
	ENSURE(!str_eq(what, STR("NoPassive")) && !str_eq(what, STR("NoAuthnContext")), DENIED, "sp.login.required");
	return err_of(DENIED, "sp.login.error");
}

static const struct sp_slug slugs[] = {
	{ "saml.conditions.audience", "sp.assertion.audience" }, { "saml.conditions.early", "sp.assertion.early" },
	{ "saml.conditions.expired", "sp.assertion.expired" }, { "saml.confirmation.method", "sp.assertion.method" },
	{ "saml.confirmation.recipient", "sp.assertion.recipient" }, { "saml.confirmation.request", "sp.assertion.request" },
	{ "saml.confirmation.early", "sp.assertion.early" }, { "saml.confirmation.expired", "sp.assertion.expired" },
};

static MUST struct err assertion_check(const struct saml_assertion *as, const struct sp_saml_expect *x)
{
	enum { N = sizeof slugs / sizeof *slugs };
	int32_t skew_s = (int32_t)x->skew_s;

	ENSURE(str_eq(as->issuer, x->idp), DENIED, "sp.assertion.issuer");
	TRY(sp_slug_of(saml_conditions_check(&as->conditions, x->entity_id, x->now_s, skew_s), slugs, N));
	TRY(sp_slug_of(saml_confirmation_check(as->confirmations, as->confirmation_n, x->acs_url, x->request_id, x->now_s, skew_s), slugs, N));
	ENSURE(as->issue_instant_s - x->skew_s <= x->now_s, DENIED, "sp.assertion.early");
	ENSURE(as->session_not_on_or_after_s == 0 || x->now_s < as->session_not_on_or_after_s, DENIED, "sp.assertion.expired");
	ENSURE(sp_saml_is_subject(&as->name_id, x->idp, x->entity_id), DENIED, "sp.assertion.subject");
	ENSURE(as->session_index.n == 0 || is_word(as->session_index, WORD_MAX), DENIED, "sp.assertion.subject");
	return NO_ERR;
}

static MUST struct err strength_check(const struct saml_assertion *as, const struct sp_saml_expect *x)
{
	int64_t since_s = INT64_MIN;

	ENSURE(x->acr_values.n == 0 || str_has_word(x->acr_values, as->context), DENIED, "sp.assertion.acr");
	ENSURE(as->authn_instant_s <= x->now_s + x->skew_s, DENIED, "sp.assertion.auth_time");
	/*= SAML Core 3.4.1: ForceAuthn ... the identity provider MUST authenticate the presenter directly rather than rely
	 * on a previous security context. */
	if (x->force)
		since_s = x->started_at_s;
	if (x->has_max_age && x->now_s - x->max_age_s > since_s)
		since_s = x->now_s - x->max_age_s;
	ENSURE(since_s == INT64_MIN || as->authn_instant_s >= since_s - x->skew_s, DENIED, "sp.assertion.auth_time");
	return NO_ERR;
}

struct err sp_saml_judge(struct arena *a, const struct saml_message *m, const struct sp_saml_expect *x, struct sp_identity *ret_identity)
{
	const struct saml_assertion *as = &m->assertion;
	struct sp_identity id = { .id_token = "", .return_to = "/" };

	ENSURE(str_eq(m->head.issuer, x->idp), DENIED, "sp.response.issuer");
	/*= SAML Core 3.2.2: the recipient MUST check that the URI reference identifies the location at which the message
	 * was received. If it does not, the response MUST be discarded. */
	ENSURE(str_eq(m->head.destination, x->acs_url), DENIED, "sp.response.destination");
	/*= SAML Core 3.2.2: its value MUST match the value of the corresponding request's ID attribute */
	ENSURE(str_eq(m->head.in_response_to, x->request_id), DENIED, "sp.response.request");
	TRY(status_check(&m->status));
	ENSURE(m->has_assertion, DENIED, "sp.login.error");
	TRY(assertion_check(as, x));
	TRY(strength_check(as, x));
	TRY(claims_of(a, as, &id));
	id.issuer = arena_c(a, as->issuer);
	id.subject = arena_c(a, as->name_id.value);
	id.sid = arena_c(a, as->session_index);
	id.acr = arena_c(a, as->context);
	id.auth_time_s = as->authn_instant_s;
	id.session_ends_at_s = as->session_not_on_or_after_s;
	*ret_identity = id;
	return NO_ERR;
}
