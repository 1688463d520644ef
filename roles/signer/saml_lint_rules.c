/* saml_lint_rules.c - see saml_lint_rules.h. */
#include "roles/signer/saml_lint_rules.h"
#include "roles/signer/signer.h"
#include "wire/saml/saml_write_xml.h"

enum {
	ENTITY_MAX = 1024, URL_MAX = 2048, WORD_MAX = 256, VALUE_MAX = 4096, EMAIL_MAX = 254, RELAY_MAX = 1024,
	TRANSIENT_MIN = 16, LANGUAGE_MAX = 35, PORT_MAX = 5,
};

/* ASCII without blanks. */
static bool is_word(struct str s, size_t max)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x21 || s.p[i] > 0x7e)
			return false;
	return s.n > 0 && s.n <= max;
}

bool saml_is_entity(struct str s)
{
	return is_word(s, ENTITY_MAX);
}

/* ---- addresses ---- */

static bool only_of(struct str s, const char *more, bool letters)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!(c >= '0' && c <= '9') && !(letters && ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))) && !(c && strchr(more, c)))
			return false;
	}
	return s.n > 0;
}

static bool is_loopback(struct str host)
{
	size_t dots = 0;

	for (size_t i = 0; i < host.n; i++)
		dots += host.p[i] == '.';
	return str_eq(host, STR("localhost")) || str_ends(host, STR(".localhost")) || str_eq(host, STR("[::1]"))
		|| (str_starts(host, STR("127.")) && dots == 3 && only_of(host, ".", false));
}

/* Takes the host (with its port) off *rest; what follows stays. */
static bool take_host(struct str *rest, struct str *ret_host)
{
	size_t end = str_starts(*rest, STR("[")) ? str_index(*rest, ']') + 1 : 0;
	struct str port = STR_NONE;

	while (end < rest->n && !strchr(":/?", rest->p[end]))
		end++;
	*ret_host = str_slice(*rest, 0, end);
	*rest = str_slice(*rest, end, rest->n);
	if (!str_starts(*rest, STR(":")))
		return true;
	*rest = str_slice(*rest, 1, rest->n);
	for (end = 0; end < rest->n && !strchr("/?", rest->p[end]);)
		end++;
	port = str_slice(*rest, 0, end);
	*rest = str_slice(*rest, end, rest->n);
	return port.n <= PORT_MAX && only_of(port, "", false);
}

/* Where a browser is sent with what we signed: no user, no fragment, nothing that a parser of URLs
 * could read in two ways. */
static bool is_address(struct str url)
{
	bool https = str_starts(url, STR("https://"));
	struct str rest = str_slice(url, https ? 8 : 7, url.n), host = STR_NONE;

	if ((!https && !str_starts(url, STR("http://"))) || !is_word(url, URL_MAX) || !take_host(&rest, &host))
		return false;
	if (str_starts(host, STR("[")) ? !str_ends(host, STR("]")) || !only_of(host, "[]:.", true) : !only_of(host, ".-", true))
		return false;
	for (size_t i = 0; i < rest.n; i++)
		if (strchr("#\"<>\\^`{|}", rest.p[i]))
			return false;
	return https || is_loopback(host);
}

/* ---- what messages have in common ---- */

/* The clock first: what passed it is far from the ends of int64_t, where a difference overflows. */
static struct err lint_now(int64_t issued_at_s, int64_t now_s)
{
	ENSURE(issued_at_s >= now_s - SIGNER_CLOCK_SKEW_S && issued_at_s <= now_s + SIGNER_CLOCK_SKEW_S,
		DENIED, "sign.lint.saml.clock");
	return NO_ERR;
}

static struct err lint_ends(int64_t issued_at_s, int64_t expires_at_s, int64_t max_s, int64_t now_s)
{
	ENSURE(expires_at_s > now_s && expires_at_s > issued_at_s && expires_at_s <= issued_at_s + max_s,
		DENIED, "sign.lint.saml.lifetime");
	return NO_ERR;
}

static struct err lint_answer(struct str destination, struct str in_response_to)
{
	ENSURE(is_address(destination), DENIED, "sign.lint.saml.recipient");
	ENSURE(in_response_to.n == 0 || is_word(in_response_to, WORD_MAX), DENIED, "sign.lint.saml.in_response_to");
	return NO_ERR;
}

/* It stands in a query: what a reader took from one (saml_redirect_decode), an answer must be able to give back. */
static struct err lint_relay(struct str relay_state)
{
	ENSURE(relay_state.n <= RELAY_MAX, DENIED, "sign.lint.saml.size");
	ENSURE(str_is_utf8(relay_state) && !str_has_control(relay_state), DENIED, "sign.lint.saml.text");
	return NO_ERR;
}

static bool is_email(struct str s)
{
	size_t at = str_index(s, '@');

	return xml_is_line(s) && s.n <= EMAIL_MAX && at > 0 && at + 1 < s.n && !str_has(str_slice(s, at + 1, s.n), '@') && !str_has(s, ' ');
}

static bool is_name_id(enum sign_saml_name_id kind, struct str name_id)
{
	if (kind == SIGN_NAME_ID_EMAIL)
		return is_email(name_id);
	return is_word(name_id, WORD_MAX) && (kind != SIGN_NAME_ID_TRANSIENT || name_id.n >= TRANSIENT_MIN);
}

static struct err lint_name(const struct sign_saml_subject *s, struct str name_id)
{
	ENSURE(is_name_id(s->kind, name_id), DENIED, "sign.lint.saml.subject");
	ENSURE(s->name_qualifier.n == 0 || saml_is_entity(s->name_qualifier), DENIED, "sign.lint.saml.subject");
	ENSURE(s->sp_name_qualifier.n == 0 || saml_is_entity(s->sp_name_qualifier), DENIED, "sign.lint.saml.subject");
	return NO_ERR;
}

/* ---- response ---- */

static struct err lint_attribute(const struct sign_saml_attribute *all, size_t i)
{
	const struct sign_saml_attribute *at = &all[i];

	ENSURE(at->name.n > 0, DENIED, "sign.lint.saml.attribute");
	/* Of two attributes with one name some services take the first, others the last. */
	for (size_t earlier = 0; earlier < i; earlier++)
		ENSURE(!str_eq(all[earlier].name, at->name) || !str_eq(all[earlier].name_format, at->name_format),
			DENIED, "sign.lint.saml.attribute");
	ENSURE(at->name.n <= WORD_MAX && at->name_format.n <= WORD_MAX && at->friendly_name.n <= WORD_MAX, DENIED, "sign.lint.saml.size");
	ENSURE(xml_is_line(at->name) && xml_is_line(at->name_format) && xml_is_line(at->friendly_name), DENIED, "sign.lint.saml.text");
	for (size_t v = 0; v < at->value_n; v++) {
		ENSURE(at->values[v].n <= VALUE_MAX, DENIED, "sign.lint.saml.size");
		ENSURE(xml_is_line(at->values[v]), DENIED, "sign.lint.saml.text");
	}
	return NO_ERR;
}

static struct err lint_session(const struct sign_saml_response *r, int64_t now_s)
{
	ENSURE(r->authn_instant_s <= r->issued_at_s && r->authn_instant_s > 0
		&& r->authn_instant_s >= now_s - SIGNER_SAML_AUTHN_MAX_S, DENIED, "sign.lint.saml.session");
	ENSURE(r->session_ends_at_s == 0 || (r->session_ends_at_s > now_s
		&& r->session_ends_at_s <= now_s + SIGNER_SAML_SESSION_MAX_S), DENIED, "sign.lint.saml.session");
	ENSURE(r->session_index.n == 0 || is_word(r->session_index, WORD_MAX), DENIED, "sign.lint.saml.session");
	ENSURE(is_word(r->authn_context, WORD_MAX), DENIED, "sign.lint.saml.context");
	return NO_ERR;
}

struct err lint_saml_response(const struct sign_saml_response *r, struct str name_id, int64_t now_s)
{
	TRY(lint_now(r->issued_at_s, now_s));
	TRY(lint_answer(r->destination, r->in_response_to));
	ENSURE(r->status != SIGN_STATUS_PARTIAL_LOGOUT, DENIED, "sign.lint.saml.status");
	if (r->status != SIGN_STATUS_SUCCESS)
		return NO_ERR;
	ENSURE(saml_is_entity(r->audience), DENIED, "sign.lint.saml.audience");
	TRY(lint_ends(r->issued_at_s, r->expires_at_s, SIGNER_SAML_ASSERTION_MAX_S, now_s));
	ENSURE(r->not_before_s == 0 || (r->not_before_s <= now_s && r->not_before_s >= now_s - SIGNER_CLOCK_SKEW_S),
		DENIED, "sign.lint.saml.lifetime");
	TRY(lint_session(r, now_s));
	TRY(lint_name(&r->subject, name_id));
	for (size_t i = 0; i < r->attribute_n; i++)
		TRY(lint_attribute(r->attributes, i));
	return NO_ERR;
}

/* ---- the others ---- */

struct err lint_saml_logout_request(const struct sign_saml_logout_request *r, struct str name_id, int64_t now_s)
{
	TRY(lint_now(r->issued_at_s, now_s));
	TRY(lint_ends(r->issued_at_s, r->expires_at_s, SIGNER_SAML_REQUEST_MAX_S, now_s));
	TRY(lint_answer(r->destination, STR_NONE));
	TRY(lint_relay(r->relay_state));
	for (size_t i = 0; i < r->session_index_n; i++)
		ENSURE(is_word(r->session_indexes[i], WORD_MAX), DENIED, "sign.lint.saml.session");
	return lint_name(&r->subject, name_id);
}

struct err lint_saml_logout_response(const struct sign_saml_logout_response *r, int64_t now_s)
{
	TRY(lint_now(r->issued_at_s, now_s));
	TRY(lint_answer(r->destination, r->in_response_to));
	return lint_relay(r->relay_state);
}

struct err lint_saml_authn_request(const struct sign_saml_authn_request *r, int64_t now_s)
{
	TRY(lint_now(r->issued_at_s, now_s));
	TRY(lint_answer(r->destination, STR_NONE));
	ENSURE(is_address(r->acs_url), DENIED, "sign.lint.saml.recipient");
	for (size_t i = 0; i < r->authn_context_n; i++)
		ENSURE(is_word(r->authn_contexts[i], WORD_MAX), DENIED, "sign.lint.saml.context");
	return lint_relay(r->relay_state);
}

static struct err lint_endpoints(const struct sign_saml_endpoint *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ENSURE(is_address(v[i].url), DENIED, "sign.lint.saml.endpoint");
	return NO_ERR;
}

static bool is_language(struct str s)
{
	return s.n <= LANGUAGE_MAX && only_of(s, "-", true);
}

struct err lint_saml_metadata(const struct sign_saml_metadata *d, int64_t now_s)
{
	/*= SAML Metadata 2.4.3, 2.4.4: one or more <SingleSignOnService>, <AssertionConsumerService> */
	ENSURE(d->main_n > 0, DENIED, "sign.lint.saml.endpoint");
	for (size_t i = 0; i < d->main_n; i++)
		ENSURE(d->role == SIGN_ROLE_IDP || d->main[i].binding == SIGN_BINDING_POST, DENIED, "sign.lint.saml.endpoint");
	TRY(lint_endpoints(d->main, d->main_n));
	TRY(lint_endpoints(d->logout, d->logout_n));
	ENSURE(d->valid_until_s == 0 || (d->valid_until_s > now_s && d->valid_until_s <= now_s + SIGNER_SAML_METADATA_MAX_S),
		DENIED, "sign.lint.saml.lifetime");
	ENSURE(xml_is_line(d->organization), DENIED, "sign.lint.saml.text");
	ENSURE(d->organization.n <= WORD_MAX, DENIED, "sign.lint.saml.size");
	ENSURE(d->organization.n == 0 || (is_address(d->organization_url) && is_language(d->language)), DENIED, "sign.lint.saml.endpoint");
	ENSURE(d->technical_contact.n == 0 || is_email(d->technical_contact), DENIED, "sign.lint.saml.text");
	return NO_ERR;
}
