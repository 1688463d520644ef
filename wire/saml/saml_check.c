/* saml_check.c - see saml_check.h; the rules for a ds:Signature are in saml_check_dsig.c. */
#include "wire/saml/saml_check.h"
#include "wire/saml/saml_bytes.h"
#include "wire/saml/saml_check_dsig.h"

enum { IDS_MAX = 64 };

static const char *const root_names[SAML_ROOT_COUNT] = {
	[SAML_AUTHN_REQUEST] = "AuthnRequest", [SAML_RESPONSE] = "Response",
	[SAML_LOGOUT_REQUEST] = "LogoutRequest", [SAML_LOGOUT_RESPONSE] = "LogoutResponse",
};

static struct err root_kind(const struct saml_el *root, unsigned roots, enum saml_root *ret_kind)
{
	for (unsigned k = 0; k < SAML_ROOT_COUNT; k++)
		if ((roots & SAML_ROOT(k)) && saml_el_is(root, SAML_NS_PROTOCOL, root_names[k])) {
			*ret_kind = (enum saml_root)k;
			return NO_ERR;
		}
	return err_of(MALFORMED, "saml.check.root");
}

/* ---- over the whole document ---- */

struct ids { struct str v[IDS_MAX]; size_t n; };

/* ID, Id and id are one family: a reader that looks an identifier up may know any of them. */
static struct err collect_ids(const struct saml_el *el, struct ids *ids)
{
	for (size_t i = 0; i < el->attr_n; i++) {
		const struct saml_xml_attr *v = &el->attrs[i];

		if (!str_eq_nocase(v->name, STR("id")))
			continue;
		/* xml:id, and the same under any other name space. */
		ENSURE(v->ns.n == 0, MALFORMED, "saml.check.id");
		ENSURE(saml_text_is_id(v->value) && ids->n < IDS_MAX, MALFORMED, "saml.check.id");
		for (size_t k = 0; k < ids->n; k++)
			ENSURE(!str_eq(ids->v[k], v->value), MALFORMED, "saml.check.id");
		ids->v[ids->n++] = v->value;
	}
	return NO_ERR;
}

static bool is_message(const struct saml_el *el)
{
	for (size_t k = 0; k < SAML_ROOT_COUNT; k++)
		if (saml_el_is(el, SAML_NS_PROTOCOL, root_names[k]))
			return true;
	return false;
}

/* Is the element where it may be at all? */
static struct err check_place(const struct saml_el *el, const struct saml_shape *s)
{
	bool saml = saml_is(el->ns, SAML_NS_ASSERTION), dsig = saml_is(el->ns, SAML_NS_DSIG);

	ENSURE(!saml || (!str_starts(el->name, STR("Encrypted")) && !saml_is(el->name, "Advice")),
		DENIED, "saml.check.encrypted");
	if (saml && saml_is(el->name, "Assertion"))
		ENSURE(el->parent == s->root && s->kind == SAML_RESPONSE, MALFORMED, "saml.check.assertion");
	ENSURE(el == s->root || !is_message(el), MALFORMED, "saml.check.nested");
	if (dsig && saml_is(el->name, "Signature"))
		ENSURE(el->parent && (el->parent == s->root || el->parent == s->assertion), MALFORMED, "saml.check.signature");
	ENSURE(!dsig || !saml_is(el->name, "Object"), MALFORMED, "saml.check.signature");
	if (el->parent && saml_is(el->parent->ns, SAML_NS_DSIG))
		ENSURE(!saml && !saml_is(el->ns, SAML_NS_PROTOCOL), MALFORMED, "saml.check.signature");
	return NO_ERR;
}

static struct err check_everywhere(const struct saml_shape *s)
{
	struct ids ids;

	ids.n = 0;
	for (struct saml_el *el = s->root; el; el = saml_el_walk(s->root, el)) {
		TRY(check_place(el, s));
		TRY(collect_ids(el, &ids));
	}
	return NO_ERR;
}

/* ---- the element that can be signed: a message or an assertion ---- */

static struct err check_issuer(const struct saml_el *el)
{
	struct saml_el *issuer = saml_el_child(el, SAML_NS_ASSERTION, "Issuer");
	struct str format;

	ENSURE(issuer && issuer == el->first && saml_el_count(el, SAML_NS_ASSERTION, "Issuer") == 1, MALFORMED, "saml.check.issuer");
	ENSURE(!issuer->first && issuer->text.n > 0 && issuer->text.n <= 1024, MALFORMED, "saml.check.issuer");
	format = saml_el_attr(issuer, "Format");
	/*= SAML Profiles 4.1.4.1: If present it MUST ... have the Format of urn:oasis:names:tc:SAML:2.0:nameid-format:entity */
	ENSURE(!format.p || saml_is(format, SAML_NAME_ID_ENTITY), MALFORMED, "saml.check.issuer");
	return NO_ERR;
}

static struct err check_head(const struct saml_el *el)
{
	int64_t t_s;

	ENSURE(saml_text_is_id(saml_el_attr(el, "ID")), MALFORMED, "saml.check.id");
	ENSURE(saml_is(saml_el_attr(el, "Version"), "2.0"), MALFORMED, "saml.check.version");
	TRY(saml_time_parse(saml_el_attr(el, "IssueInstant"), &t_s));
	return check_issuer(el);
}

/* ---- the four messages ---- */

static struct err check_status(const struct saml_el *root, bool *ret_success)
{
	struct saml_el *status = saml_el_child(root, SAML_NS_PROTOCOL, "Status");
	struct saml_el *code = status ? saml_el_child(status, SAML_NS_PROTOCOL, "StatusCode") : NULL;

	ENSURE(code && saml_el_count(root, SAML_NS_PROTOCOL, "Status") == 1
		&& saml_el_count(status, SAML_NS_PROTOCOL, "StatusCode") == 1, MALFORMED, "saml.check.status");
	*ret_success = saml_is(saml_el_attr(code, "Value"), SAML_STATUS_SUCCESS);
	return NO_ERR;
}

static struct err check_response(struct saml_shape *s)
{
	size_t n = saml_el_count(s->root, SAML_NS_ASSERTION, "Assertion");
	bool success;

	TRY(check_status(s->root, &success));
	ENSURE(saml_el_count(s->root, SAML_NS_ASSERTION, "EncryptedAssertion") == 0, DENIED, "saml.check.encrypted");
	ENSURE(n == (success ? 1 : 0), MALFORMED, "saml.check.assertion");
	if (s->assertion)
		TRY(check_head(s->assertion));
	return NO_ERR;
}

static struct err check_logout(const struct saml_el *root)
{
	/* Two would be two users. */
	ENSURE(saml_el_count(root, SAML_NS_ASSERTION, "NameID") == 1
		&& saml_el_count(root, SAML_NS_ASSERTION, "BaseID") == 0, MALFORMED, "saml.check.nameid");
	return NO_ERR;
}

static struct err check_kind(struct saml_shape *s)
{
	bool success;

	switch (s->kind) {
	case SAML_RESPONSE:
		return check_response(s);
	case SAML_LOGOUT_REQUEST:
		return check_logout(s->root);
	case SAML_LOGOUT_RESPONSE:
		return check_status(s->root, &success);
	default:
		return NO_ERR;
	}
}

struct err saml_check(struct arena *a, struct str doc, unsigned roots, struct saml_shape *ret_shape)
{
	struct saml_shape s = { 0 };

	TRY(saml_xml_parse(a, doc, SAML_XML_MESSAGE, &s.root, NULL));
	TRY(root_kind(s.root, roots, &s.kind));
	s.assertion = saml_el_child(s.root, SAML_NS_ASSERTION, "Assertion");
	TRY(check_head(s.root));
	TRY(check_kind(&s));
	TRY(check_everywhere(&s));
	TRY(saml_check_dsig(s.root, &s.root_signed, &s.of_root));
	if (s.assertion)
		TRY(saml_check_dsig(s.assertion, &s.assertion_signed, &s.of_assertion));
	*ret_shape = s;
	return NO_ERR;
}
