/* test_signer_saml.c - what our signer writes in SAML is read and believed by others: xmlsec checks each
 * signature, lasso plays the partner. Both are linked by the test alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <lasso/lasso.h>
#include <lasso/xml/misc_text_node.h>
#include <lasso/xml/saml-2.0/saml2_assertion.h>
#include <lasso/xml/saml-2.0/saml2_attribute.h>
#include <lasso/xml/saml-2.0/saml2_attribute_statement.h>
#include <lasso/xml/saml-2.0/saml2_attribute_value.h>
#include <lasso/xml/saml-2.0/saml2_audience_restriction.h>
#include <lasso/xml/saml-2.0/saml2_authn_statement.h>
#include <lasso/xml/saml-2.0/samlp2_authn_request.h>
#include <lasso/xml/saml-2.0/samlp2_logout_request.h>
#include <lasso/xml/saml-2.0/samlp2_response.h>
#include <libxml/parser.h>
#include <xmlsec/crypto.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmlsec.h>
#include <xmlsec/xmltree.h>
#include "signer_saml_rig.h"
#include "base/b64.h"

enum { MANY = 2000, MESSAGES = 400, ATTRIBUTES = 10 };

/* ---- xmlsec ---- */

static xmlNodePtr element_with_id(xmlNodePtr from, const char *id)
{
	for (xmlNodePtr n = from; n; n = n->next) {
		xmlChar *value = n->type == XML_ELEMENT_NODE ? xmlGetNoNsProp(n, (const xmlChar *)"ID") : NULL;
		bool hit = value && strcmp((const char *)value, id) == 0;
		xmlNodePtr below = hit ? n : element_with_id(n->children, id);

		xmlFree(value);
		if (below)
			return below;
	}
	return NULL;
}

/* Does the signature enveloped in the element `id` hold under this certificate? */
static bool holds(struct str xml, struct str id, struct str certificate)
{
	static const xmlChar *ids[] = { (const xmlChar *)"ID", NULL };
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
	xmlDocPtr doc = xmlReadMemory(xml.p, (int)xml.n, NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR);
	xmlSecDSigCtxPtr ctx = xmlSecDSigCtxCreate(NULL);
	xmlNodePtr element = doc ? element_with_id(doc->children, arena_c(a, id)) : NULL, signature = NULL;
	bool good;

	if (doc)
		xmlSecAddIDs(doc, xmlDocGetRootElement(doc), ids);
	for (xmlNodePtr n = element ? element->children : NULL; n && !signature; n = n->next)
		if (xmlSecCheckNodeName(n, xmlSecNodeSignature, xmlSecDSigNs))
			signature = n;
	ctx->signKey = xmlSecCryptoAppKeyLoadMemory((const xmlSecByte *)certificate.p, (xmlSecSize)certificate.n,
		xmlSecKeyDataFormatCertPem, NULL, NULL, NULL);
	assert_non_null(ctx->signKey);
	good = signature && xmlSecDSigCtxVerify(ctx, signature) == 0 && ctx->status == xmlSecDSigStatusSucceeded;
	xmlSecDSigCtxDestroy(ctx);
	xmlFreeDoc(doc);
	return good;
}

/* Holds; not under another key; not with one character of its content changed. */
static void is_signed(struct str xml, struct str id, enum sign_saml_role by)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct str changed = arena_dup(a, xml);
	char *issuer = memmem(changed.p, changed.n, by == SIGN_ROLE_IDP ? IDP : SP, 12);

	assert_true(holds(xml, id, rig.certificates[by]));
	assert_false(holds(xml, id, rig.other_certificate));
	assert_non_null(issuer);
	for (char *p = issuer; p; p = memmem(p + 1, (size_t)(changed.p + changed.n - p - 1), by == SIGN_ROLE_IDP ? IDP : SP, 12))
		p[10]++;
	assert_false(holds(changed, id, rig.certificates[by]));
}

/* ---- lasso: a partner that knows us by the metadata that we publish ---- */

static struct sign_saml_message metadata_of(struct arena *a, enum sign_saml_role role)
{
	struct sign_saml_metadata d = rig_metadata(role);
	struct sign_saml_message m;

	assert_false(failed(rig_ask(role, a, SIGN_SAML_METADATA, ipc_sign_saml_metadata_io, &d, &m)));
	return m;
}

static LassoServer *partner(struct arena *a, enum sign_saml_role role)
{
	enum sign_saml_role other = role == SIGN_ROLE_IDP ? SIGN_ROLE_SP : SIGN_ROLE_IDP;
	LassoServer *server = lasso_server_new_from_buffers(arena_c(a, metadata_of(a, role).text), arena_c(a, rig.pems[role]), NULL, NULL);

	assert_non_null(server);
	assert_int_equal(lasso_server_add_provider_from_buffer(server, other == SIGN_ROLE_IDP ? LASSO_PROVIDER_ROLE_IDP : LASSO_PROVIDER_ROLE_SP,
		arena_c(a, metadata_of(a, other).text), NULL, NULL), 0);
	return server;
}

static const char *id_of(struct str id)
{
	return arena_c(rig.arena, id);
}

/* What a browser posts. */
static char *posted(struct arena *a, struct str xml)
{
	return arena_c(a, b64_encode(a, xml.p, xml.n));
}

static struct sign_saml_message ask(enum sign_saml_role role, struct arena *a, uint16_t type, frame_io_fn *fn, const void *message)
{
	struct sign_saml_message m = { 0 };
	struct err e = rig_ask(role, a, type, fn, message, &m);

	if (failed(e))
		fail_msg("%s", e.slug);
	return m;
}

/* ---- the tests ---- */

static void xmlsec_believes_every_message_that_carries_its_signature(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(8 << 20);
	struct sign_saml_response r = rig_response();
	struct sign_saml_logout_request q = rig_logout_request(SIGN_BINDING_POST);
	struct sign_saml_logout_response p = rig_logout_response(SIGN_BINDING_POST);
	struct sign_saml_authn_request n = rig_authn_request(SIGN_BINDING_POST);
	struct sign_saml_message m = ask(SIGN_ROLE_IDP, a, SIGN_SAML_RESPONSE, ipc_sign_saml_response_io, &r);

	is_signed(m.text, m.id, SIGN_ROLE_IDP);
	is_signed(m.text, m.assertion_id, SIGN_ROLE_IDP);
	r.sign_response = false;
	m = ask(SIGN_ROLE_IDP, a, SIGN_SAML_RESPONSE, ipc_sign_saml_response_io, &r);
	is_signed(m.text, m.assertion_id, SIGN_ROLE_IDP);
	assert_false(holds(m.text, m.id, rig.certificates[SIGN_ROLE_IDP]));
	r.status = SIGN_STATUS_NO_PASSIVE;
	m = ask(SIGN_ROLE_IDP, a, SIGN_SAML_RESPONSE, ipc_sign_saml_response_io, &r);
	is_signed(m.text, m.id, SIGN_ROLE_IDP);
	assert_int_equal(m.assertion_id.n, 0);
	m = ask(SIGN_ROLE_IDP, a, SIGN_SAML_LOGOUT_REQUEST, ipc_sign_saml_logout_request_io, &q);
	is_signed(m.text, m.id, SIGN_ROLE_IDP);
	m = ask(SIGN_ROLE_SP, a, SIGN_SAML_LOGOUT_RESPONSE, ipc_sign_saml_logout_response_io, &p);
	is_signed(m.text, m.id, SIGN_ROLE_SP);
	m = ask(SIGN_ROLE_SP, a, SIGN_SAML_AUTHN_REQUEST, ipc_sign_saml_authn_request_io, &n);
	is_signed(m.text, m.id, SIGN_ROLE_SP);
	for (enum sign_saml_role role = 0; role < SIGN_ROLE_COUNT; role++) {
		m = metadata_of(a, role);
		is_signed(m.text, m.id, role);
	}
}

static void text_is(GList *values, size_t i, struct str wanted)
{
	LassoSaml2AttributeValue *v = g_list_nth_data(values, (guint)i);

	assert_non_null(v);
	assert_true(str_eq_c(wanted, LASSO_MISC_TEXT_NODE(v->any->data)->content));
}

static void attributes_are(LassoSaml2Assertion *as)
{
	LassoSaml2AttributeStatement *statement = as->AttributeStatement->data;

	assert_int_equal(g_list_length(statement->Attribute), 2);
	for (guint i = 0; i < 2; i++) {
		LassoSaml2Attribute *at = g_list_nth_data(statement->Attribute, i);

		assert_true(str_eq_c(rig_attributes[i].name, at->Name));
		assert_true(str_eq_c(rig_attributes[i].name_format, at->NameFormat));
		assert_true(str_eq_c(rig_attributes[i].friendly_name, at->FriendlyName));
		assert_int_equal(g_list_length(at->AttributeValue), rig_attributes[i].value_n);
		for (size_t v = 0; v < rig_attributes[i].value_n; v++)
			text_is(at->AttributeValue, v, rig_attributes[i].values[v]);
	}
}

static void dates_and_places_are(LassoSaml2Assertion *as, const struct sign_saml_response *r, struct arena *a)
{
	LassoSaml2SubjectConfirmationData *data = as->Subject->SubjectConfirmation->SubjectConfirmationData;
	LassoSaml2AudienceRestriction *audience = as->Conditions->AudienceRestriction->data;
	LassoSaml2AuthnStatement *authn = as->AuthnStatement->data;

	assert_string_equal(data->Recipient, ACS);
	assert_string_equal(data->InResponseTo, "_asked");
	assert_true(str_eq_c(time_format_utc(a, r->expires_at_s), data->NotOnOrAfter));
	assert_true(str_eq_c(time_format_utc(a, r->not_before_s), as->Conditions->NotBefore));
	assert_true(str_eq_c(time_format_utc(a, r->expires_at_s), as->Conditions->NotOnOrAfter));
	assert_string_equal(audience->Audience, SP);
	assert_int_equal(g_list_length(as->Conditions->AudienceRestriction), 1);
	assert_true(str_eq_c(time_format_utc(a, r->authn_instant_s), authn->AuthnInstant));
	assert_true(str_eq_c(time_format_utc(a, r->session_ends_at_s), authn->SessionNotOnOrAfter));
	assert_string_equal(authn->SessionIndex, "_session-1");
	assert_string_equal(authn->AuthnContext->AuthnContextClassRef, PASSWORD_CONTEXT);
}

/* A partner's lasso accepts the response and reads from it exactly what was asked to be said. */
static void lasso_accepts_a_response_of_each_name_and_signature(void **state)
{
	static const char *const formats[] = { LASSO_SAML2_NAME_IDENTIFIER_FORMAT_PERSISTENT, LASSO_SAML2_NAME_IDENTIFIER_FORMAT_TRANSIENT,
		LASSO_SAML2_NAME_IDENTIFIER_FORMAT_EMAIL };
	AUTO(arena_destroyp) struct arena *a = arena_create(8 << 20);
	LassoServer *sp = partner(a, SIGN_ROLE_SP);

	for (unsigned i = 0; i < 2 * SIGN_NAME_ID_COUNT; i++) {
		LassoLogin *login = lasso_login_new(sp);
		struct sign_saml_response r = rig_response();

		r.subject.kind = i / 2;
		r.subject.text = i / 2 == SIGN_NAME_ID_EMAIL ? STR("zoe@ville.example") : STR_NONE;
		r.sign_response = i % 2;
		struct sign_saml_message m = ask(SIGN_ROLE_IDP, a, SIGN_SAML_RESPONSE, ipc_sign_saml_response_io, &r);
		assert_int_equal(lasso_login_process_authn_response_msg(login, posted(a, m.text)), 0);
		assert_int_equal(lasso_login_accept_sso(login), 0);
		LassoSaml2Assertion *as = LASSO_SAML2_ASSERTION(lasso_login_get_assertion(login));
		assert_string_equal(as->ID, id_of(m.assertion_id));
		assert_string_equal(as->Issuer->content, IDP);
		assert_string_equal(as->Subject->NameID->Format, formats[i / 2]);
		assert_string_equal(as->Subject->NameID->content, id_of(m.name_id));
		assert_string_equal(as->Subject->NameID->NameQualifier, IDP);
		assert_string_equal(as->Subject->NameID->SPNameQualifier, SP);
		dates_and_places_are(as, &r, a);
		attributes_are(as);
		g_object_unref(as);
		g_object_unref(login);
	}
	g_object_unref(sp);
}

static void lasso_refuses_a_response_that_was_touched(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(4 << 20);
	LassoServer *sp = partner(a, SIGN_ROLE_SP);
	LassoLogin *login = lasso_login_new(sp);
	struct sign_saml_response r = rig_response();
	struct sign_saml_message m;

	r.sign_response = false;
	m = ask(SIGN_ROLE_IDP, a, SIGN_SAML_RESPONSE, ipc_sign_saml_response_io, &r);
	*(char *)memmem(m.text.p, m.text.n, "second", 6) = 'S';
	assert_int_not_equal(lasso_login_process_authn_response_msg(login, posted(a, m.text)), 0);
	g_object_unref(login);
	g_object_unref(sp);
}

static void lasso_reads_each_error_status(void **state)
{
	static const struct { enum sign_saml_status status; const char *top, *second; } cases[] = {
		{ SIGN_STATUS_NO_PASSIVE, LASSO_SAML2_STATUS_CODE_RESPONDER, LASSO_SAML2_STATUS_CODE_NO_PASSIVE },
		{ SIGN_STATUS_NO_AUTHN_CONTEXT, LASSO_SAML2_STATUS_CODE_RESPONDER, LASSO_SAML2_STATUS_CODE_NO_AUTHN_CONTEXT },
		{ SIGN_STATUS_INVALID_NAME_ID_POLICY, LASSO_SAML2_STATUS_CODE_REQUESTER, LASSO_SAML2_STATUS_CODE_INVALID_NAME_ID_POLICY },
		{ SIGN_STATUS_UNKNOWN_PRINCIPAL, LASSO_SAML2_STATUS_CODE_RESPONDER, LASSO_SAML2_STATUS_CODE_UNKNOWN_PRINCIPAL },
		{ SIGN_STATUS_REQUEST_DENIED, LASSO_SAML2_STATUS_CODE_RESPONDER, LASSO_SAML2_STATUS_CODE_REQUEST_DENIED },
		{ SIGN_STATUS_AUTHN_FAILED, LASSO_SAML2_STATUS_CODE_RESPONDER, LASSO_SAML2_STATUS_CODE_AUTHN_FAILED },
		{ SIGN_STATUS_REQUESTER, LASSO_SAML2_STATUS_CODE_REQUESTER, NULL },
	};
	AUTO(arena_destroyp) struct arena *a = arena_create(8 << 20);
	LassoServer *sp = partner(a, SIGN_ROLE_SP);

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		LassoLogin *login = lasso_login_new(sp);
		struct sign_saml_response r = { .status = cases[i].status, .destination = STR(ACS), .in_response_to = STR("_asked"), .issued_at_s = rig_now };
		struct sign_saml_message m = ask(SIGN_ROLE_IDP, a, SIGN_SAML_RESPONSE, ipc_sign_saml_response_io, &r);

		assert_int_not_equal(lasso_login_process_authn_response_msg(login, posted(a, m.text)), 0);
		LassoSamlp2StatusCode *code = LASSO_SAMLP2_STATUS_RESPONSE(LASSO_PROFILE(login)->response)->Status->StatusCode;
		assert_string_equal(code->Value, cases[i].top);
		assert_true(!!code->StatusCode == !!cases[i].second);
		if (cases[i].second)
			assert_string_equal(code->StatusCode->Value, cases[i].second);
		assert_null(LASSO_SAMLP2_RESPONSE(LASSO_PROFILE(login)->response)->Assertion);
		g_object_unref(login);
	}
	g_object_unref(sp);
}

/* By Redirect the query as it is, by POST the field. */
static char *carried(struct arena *a, enum sign_saml_binding b, struct str text)
{
	return b == SIGN_BINDING_POST ? posted(a, text) : arena_c(a, text);
}

static void lasso_reads_our_authn_request_by_both_bindings(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(8 << 20);
	LassoServer *idp = partner(a, SIGN_ROLE_IDP);

	for (enum sign_saml_binding b = 0; b < SIGN_BINDING_COUNT; b++) {
		LassoLogin *login = lasso_login_new(idp);
		struct sign_saml_authn_request n = rig_authn_request(b);
		struct sign_saml_message m = ask(SIGN_ROLE_SP, a, SIGN_SAML_AUTHN_REQUEST, ipc_sign_saml_authn_request_io, &n);

		lasso_profile_set_signature_verify_hint(LASSO_PROFILE(login), LASSO_PROFILE_SIGNATURE_VERIFY_HINT_FORCE);
		assert_int_equal(lasso_login_process_authn_request_msg(login, carried(a, b, m.text)), 0);
		LassoSamlp2AuthnRequest *q = LASSO_SAMLP2_AUTHN_REQUEST(LASSO_PROFILE(login)->request);
		assert_string_equal(q->parent.ID, id_of(m.id));
		assert_string_equal(q->parent.Issuer->content, SP);
		assert_string_equal(q->AssertionConsumerServiceURL, ACS);
		assert_string_equal(q->NameIDPolicy->Format, LASSO_SAML2_NAME_IDENTIFIER_FORMAT_PERSISTENT);
		assert_true(q->ForceAuthn && !q->IsPassive && q->NameIDPolicy->AllowCreate);
		assert_string_equal(q->RequestedAuthnContext->AuthnContextClassRef->data, PASSWORD_CONTEXT);
		if (b == SIGN_BINDING_REDIRECT)
			assert_string_equal(LASSO_PROFILE(login)->msg_relayState, "where");
		g_object_unref(login);
	}
	g_object_unref(idp);
}

static void lasso_reads_our_logout_request_by_both_bindings(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(8 << 20);
	LassoServer *sp = partner(a, SIGN_ROLE_SP);

	for (enum sign_saml_binding b = 0; b < SIGN_BINDING_COUNT; b++) {
		LassoLogout *logout = lasso_logout_new(sp);
		struct sign_saml_logout_request q = rig_logout_request(b);
		struct sign_saml_message m = ask(SIGN_ROLE_IDP, a, SIGN_SAML_LOGOUT_REQUEST, ipc_sign_saml_logout_request_io, &q);

		lasso_profile_set_signature_verify_hint(LASSO_PROFILE(logout), LASSO_PROFILE_SIGNATURE_VERIFY_HINT_FORCE);
		assert_int_equal(lasso_logout_process_request_msg(logout, carried(a, b, m.text)), 0);
		LassoSamlp2LogoutRequest *got = LASSO_SAMLP2_LOGOUT_REQUEST(LASSO_PROFILE(logout)->request);
		assert_string_equal(got->parent.ID, id_of(m.id));
		assert_string_equal(got->NameID->content, id_of(m.name_id));
		assert_string_equal(got->SessionIndex, "_session-1");
		assert_true(str_eq_c(time_format_utc(a, q.expires_at_s), got->NotOnOrAfter));
		if (b == SIGN_BINDING_REDIRECT)
			assert_string_equal(LASSO_PROFILE(logout)->msg_relayState, "r=1&x é");
		g_object_unref(logout);
	}
	g_object_unref(sp);
}

static void lasso_refuses_a_query_that_was_touched(void **state)
{
	static const char *const parts[] = { "RelayState=r", "SAMLRequest=A", "&Signature=" };
	AUTO(arena_destroyp) struct arena *a = arena_create(8 << 20);
	LassoServer *sp = partner(a, SIGN_ROLE_SP);

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		LassoLogout *logout = lasso_logout_new(sp);
		struct sign_saml_logout_request q = rig_logout_request(SIGN_BINDING_REDIRECT);
		struct sign_saml_message m = ask(SIGN_ROLE_IDP, a, SIGN_SAML_LOGOUT_REQUEST, ipc_sign_saml_logout_request_io, &q);
		char *at = memmem(m.text.p, m.text.n, parts[i], strlen(parts[i]));

		assert_non_null(at);
		at += strlen(parts[i]) + (i ? 40 : 0);
		*at = *at == 'A' ? 'B' : 'A';
		assert_int_not_equal(lasso_logout_process_request_msg(logout, arena_c(a, m.text)), 0);
		g_object_unref(logout);
	}
	g_object_unref(sp);
}

/* The answer to a request that lasso itself made, by both bindings. */
static void lasso_accepts_our_logout_response_to_its_own_request(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(8 << 20);
	LassoServer *sp = partner(a, SIGN_ROLE_SP);

	for (enum sign_saml_binding b = 0; b < SIGN_BINDING_COUNT; b++) {
		LassoLogin *login = lasso_login_new(sp);
		LassoLogout *logout = lasso_logout_new(sp);
		struct sign_saml_response r = rig_response();
		struct sign_saml_message m = ask(SIGN_ROLE_IDP, a, SIGN_SAML_RESPONSE, ipc_sign_saml_response_io, &r);

		assert_int_equal(lasso_login_process_authn_response_msg(login, posted(a, m.text)), 0);
		assert_int_equal(lasso_login_accept_sso(login), 0);
		assert_int_equal(lasso_profile_set_session_from_dump(LASSO_PROFILE(logout), lasso_session_dump(LASSO_PROFILE(login)->session)), 0);
		assert_int_equal(lasso_logout_init_request(logout, arena_c(a, STR(IDP)), LASSO_HTTP_METHOD_REDIRECT), 0);
		assert_int_equal(lasso_logout_build_request_msg(logout), 0);
		struct sign_saml_logout_response p = rig_logout_response(b);
		p.in_response_to = str_from_c(LASSO_SAMLP2_REQUEST_ABSTRACT(LASSO_PROFILE(logout)->request)->ID);
		m = ask(SIGN_ROLE_IDP, a, SIGN_SAML_LOGOUT_RESPONSE, ipc_sign_saml_logout_response_io, &p);
		assert_int_equal(lasso_logout_process_response_msg(logout, carried(a, b, m.text)), 0);
		assert_int_equal(LASSO_PROFILE(logout)->signature_status, 0);
		g_object_unref(logout);
		g_object_unref(login);
	}
	g_object_unref(sp);
}

static void endpoint_is(LassoProvider *p, LassoProviderRole role, const char *name, const char *url)
{
	char *got = lasso_provider_get_metadata_one_for_role(p, role, name);

	assert_non_null(got);
	assert_string_equal(got, url);
	g_free(got);
}

static void lasso_reads_entity_endpoints_and_keys_from_our_metadata(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(4 << 20);
	LassoProvider *idp = lasso_provider_new_from_buffer(LASSO_PROVIDER_ROLE_IDP, arena_c(a, metadata_of(a, SIGN_ROLE_IDP).text), NULL, NULL);
	LassoProvider *sp = lasso_provider_new_from_buffer(LASSO_PROVIDER_ROLE_SP, arena_c(a, metadata_of(a, SIGN_ROLE_SP).text), NULL, NULL);

	assert_non_null(idp);
	assert_non_null(sp);
	assert_string_equal(idp->ProviderID, IDP);
	assert_string_equal(sp->ProviderID, SP);
	endpoint_is(idp, LASSO_PROVIDER_ROLE_IDP, "SingleSignOnService HTTP-Redirect", "https://compte.ville.example/saml/sso");
	endpoint_is(idp, LASSO_PROVIDER_ROLE_IDP, "SingleSignOnService HTTP-POST", "https://compte.ville.example/saml/sso");
	endpoint_is(idp, LASSO_PROVIDER_ROLE_IDP, "SingleLogoutService HTTP-Redirect", "https://ville.example/saml/slo");
	endpoint_is(sp, LASSO_PROVIDER_ROLE_SP, "AssertionConsumerService HTTP-POST 0", ACS);
	endpoint_is(sp, LASSO_PROVIDER_ROLE_SP, "SingleLogoutService HTTP-POST", "https://ville.example/saml/slo-post");
	endpoint_is(sp, LASSO_PROVIDER_ROLE_SP, "NameIDFormat", LASSO_SAML2_NAME_IDENTIFIER_FORMAT_PERSISTENT);
	g_object_unref(idp);
	g_object_unref(sp);
}

/* During a change of keys both certificates are published, whichever of the two signs. */
static void metadata_publish_every_certificate(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(4 << 20);
	struct str text = metadata_of(a, SIGN_ROLE_IDP).text;
	size_t n = 0;

	for (const char *p = text.p; (p = memmem(p, (size_t)(text.p + text.n - p), "<md:KeyDescriptor use=\"signing\">", 32)); p++)
		n++;
	assert_int_equal(n, 2);
}

static int compare_ids(const void *x, const void *y)
{
	return memcmp(x, y, 41);
}

static void no_identifier_is_ever_given_twice(void **state)
{
	static char ids[3 * MANY][41];
	struct sign_saml_response r = rig_response();

	r.subject.kind = SIGN_NAME_ID_TRANSIENT;
	r.sign_response = false;
	for (size_t i = 0; i < MANY; i++) {
		AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
		struct sign_saml_message m = ask(SIGN_ROLE_IDP, a, SIGN_SAML_RESPONSE, ipc_sign_saml_response_io, &r);
		const struct str made[] = { m.id, m.assertion_id, m.name_id };

		for (size_t k = 0; k < 3; k++) {
			assert_int_equal(made[k].n, 41);
			assert_int_equal(made[k].p[0], '_');
			memcpy(ids[3 * i + k], made[k].p, 41);
		}
	}
	qsort(ids, 3 * MANY, 41, compare_ids);
	for (size_t i = 1; i < 3 * MANY; i++)
		assert_int_not_equal(memcmp(ids[i - 1], ids[i], 41), 0);
}

/* The pseudonym of SAML is that of OpenID Connect, so that a service may change its protocol. */
static void the_persistent_name_is_the_pseudonym(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(4 << 20);
	struct sign_saml_response r = rig_response();
	struct sign_saml_message m = ask(SIGN_ROLE_IDP, a, SIGN_SAML_RESPONSE, ipc_sign_saml_response_io, &r);
	char *body = arena_alloc(a, FRAME_MAX);
	struct frame f = { .type = SIGN_PSEUDONYM };
	frame_io_fn *fn = NULL;
	void *reply = NULL;
	size_t n = 0;

	assert_false(failed(frame_write_body(ipc_sign_subject_io, &r.subject.who, body, FRAME_MAX, &n)));
	f.body = (struct str){ body, n };
	assert_false(failed(signer_serve(rig.signers[SIGN_ROLE_IDP], a, &f, &fn, &reply)));
	assert_true(str_eq(*(struct str *)reply, m.name_id));
	r.subject.who.sector = STR("elections");
	assert_false(str_eq(ask(SIGN_ROLE_IDP, a, SIGN_SAML_RESPONSE, ipc_sign_saml_response_io, &r).name_id, m.name_id));
}

/* Writing must cost little beside the signature: printed, since machines differ; the bound is wide. */
static void an_assertion_costs_little_more_than_its_signature(void **state)
{
	static struct sign_saml_attribute ten[ATTRIBUTES];
	AUTO(arena_destroyp) struct arena *a = arena_create(4 << 20);
	struct sign_saml_response r = rig_response();
	unsigned char digest[32] = { 1 }, signature[512];
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(rig.keys[SIGN_ROLE_IDP], NULL);
	int64_t start, bare_us, whole_us;

	for (size_t i = 0; i < ATTRIBUTES; i++)
		ten[i] = (struct sign_saml_attribute){ arena_printf(rig.arena, "attribute_%zu", i), STR(BASIC), STR("some friendly name"), rig_values, 1 };
	r.attributes = ten;
	r.attribute_n = ATTRIBUTES;
	r.sign_response = false;
	assert_true(EVP_PKEY_sign_init(ctx) == 1 && EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1);
	start = clock_mono_us();
	for (size_t i = 0; i < MESSAGES; i++) {
		size_t n = sizeof signature;

		assert_int_equal(EVP_PKEY_sign(ctx, signature, &n, digest, sizeof digest), 1);
	}
	bare_us = clock_mono_us() - start;
	start = clock_mono_us();
	for (size_t i = 0; i < MESSAGES; i++) {
		arena_reset(a);
		(void)ask(SIGN_ROLE_IDP, a, SIGN_SAML_RESPONSE, ipc_sign_saml_response_io, &r);
	}
	whole_us = clock_mono_us() - start;
	print_message("a signature %lld us, an assertion of %d attributes with its frames %lld us\n",
		(long long)(bare_us / MESSAGES), ATTRIBUTES, (long long)(whole_us / MESSAGES));
	assert_true(whole_us < 4 * bare_us);
	EVP_PKEY_CTX_free(ctx);
}

static int start(void **state)
{
	return lasso_init() == 0 ? rig_make(state) : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(xmlsec_believes_every_message_that_carries_its_signature),
		cmocka_unit_test(lasso_accepts_a_response_of_each_name_and_signature),
		cmocka_unit_test(lasso_refuses_a_response_that_was_touched),
		cmocka_unit_test(lasso_reads_each_error_status),
		cmocka_unit_test(lasso_reads_our_authn_request_by_both_bindings),
		cmocka_unit_test(lasso_reads_our_logout_request_by_both_bindings),
		cmocka_unit_test(lasso_refuses_a_query_that_was_touched),
		cmocka_unit_test(lasso_accepts_our_logout_response_to_its_own_request),
		cmocka_unit_test(lasso_reads_entity_endpoints_and_keys_from_our_metadata),
		cmocka_unit_test(metadata_publish_every_certificate),
		cmocka_unit_test(no_identifier_is_ever_given_twice),
		cmocka_unit_test(the_persistent_name_is_the_pseudonym),
		cmocka_unit_test(an_assertion_costs_little_more_than_its_signature),
	};

	return cmocka_run_group_tests(tests, start, rig_free);
}
