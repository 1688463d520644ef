/* test_saml_round_trip.c - our strict reader takes everything that our signer writes, and reads from it
 * what was meant: neither may change alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "signer_saml_rig.h"
#include "wire/saml/saml_metadata.h"
#include "wire/saml/saml_read.h"
#include "wire/saml/saml_redirect.h"

static void holds(struct err e)
{
	if (failed(e))
		fail_msg("%s", e.slug);
}

/* The XML that a browser carries, by either binding. */
static struct str carried(struct arena *a, enum sign_saml_binding b, struct str text, struct str relay_state)
{
	struct saml_redirect r = { 0 };

	if (b == SIGN_BINDING_POST)
		return text;
	holds(saml_redirect_decode(a, text, &r));
	assert_true(r.has_relay_state == (relay_state.n > 0) && str_eq(r.relay_state, relay_state));
	assert_true(str_eq(r.algorithm, STR(SAML_ALG_RSA_SHA256)));
	assert_true(str_starts(text, r.signed_octets) && r.signature.n == 256);
	return r.xml;
}

static struct saml_shape shape_of(struct arena *a, struct str xml, enum saml_root root, bool root_signed, bool assertion_signed)
{
	struct saml_shape shape = { 0 };

	holds(saml_check(a, xml, SAML_ROOT(root), &shape));
	assert_true(shape.root_signed == root_signed && shape.assertion_signed == assertion_signed);
	return shape;
}

static struct saml_message message_of(struct arena *a, const struct saml_shape *shape, struct str id)
{
	struct saml_message m = { 0 };

	holds(saml_read_message(a, shape->root, shape->kind, &m));
	assert_true(str_eq(m.head.id, id));
	assert_int_equal(m.head.issue_instant_s, rig_now);
	return m;
}

static void a_response_is_read_as_it_was_meant(void **state)
{
	for (unsigned both = 0; both < 2; both++) {
		AUTO(arena_destroyp) struct arena *a = arena_create(4 << 20);
		struct sign_saml_response r = rig_response();
		struct sign_saml_message m;
		struct saml_assertion as = { 0 };

		r.sign_response = both;
		holds(rig_ask(SIGN_ROLE_IDP, a, SIGN_SAML_RESPONSE, ipc_sign_saml_response_io, &r, &m));
		struct saml_shape shape = shape_of(a, m.text, SAML_RESPONSE, both, true);
		struct saml_message got = message_of(a, &shape, m.id);
		assert_true(str_eq(got.head.destination, r.destination) && str_eq(got.head.in_response_to, r.in_response_to));
		holds(saml_read_assertion(a, shape.assertion, &as));
		assert_true(str_eq(as.id, m.assertion_id) && str_eq(as.name_id.value, m.name_id) && str_eq_c(as.issuer, IDP));
		assert_true(str_eq_c(as.name_id.format, SAML_NAME_ID_PERSISTENT) && str_eq_c(as.name_id.sp_name_qualifier, SP));
		assert_int_equal(as.confirmation_n, 1);
		assert_true(str_eq(as.confirmations[0].recipient, r.destination) && as.confirmations[0].not_on_or_after_s == r.expires_at_s);
		assert_int_equal(as.conditions.restriction_n, 1);
		assert_true(str_eq(as.conditions.restrictions[0].v[0], r.audience));
		assert_true(as.conditions.not_before_s == r.not_before_s && as.conditions.not_on_or_after_s == r.expires_at_s);
		assert_true(as.authn_instant_s == r.authn_instant_s && as.session_not_on_or_after_s == r.session_ends_at_s);
		assert_true(str_eq(as.session_index, r.session_index) && str_eq(as.context, r.authn_context));
		assert_int_equal(as.attribute_n, r.attribute_n);
		for (size_t i = 0; i < as.attribute_n; i++)
			assert_true(str_eq(as.attributes[i].name, rig_attributes[i].name)
				&& str_eq(as.attributes[i].values.v[0], rig_attributes[i].values[0]));
	}
}

static void every_status_is_read(void **state)
{
	for (enum sign_saml_status status = 0; status < SIGN_STATUS_COUNT; status++) {
		AUTO(arena_destroyp) struct arena *a = arena_create(4 << 20);
		struct sign_saml_logout_response p = rig_logout_response(SIGN_BINDING_POST);
		struct sign_saml_message m;

		p.status = status;
		holds(rig_ask(SIGN_ROLE_SP, a, SIGN_SAML_LOGOUT_RESPONSE, ipc_sign_saml_logout_response_io, &p, &m));
		struct saml_shape shape = shape_of(a, m.text, SAML_LOGOUT_RESPONSE, true, false);
		struct saml_message got = message_of(a, &shape, m.id);
		assert_true(str_eq_c(got.status.code, SAML_STATUS_SUCCESS) == (status <= SIGN_STATUS_PARTIAL_LOGOUT));
	}
}

static void a_signed_error_is_read(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(4 << 20);
	struct sign_saml_response r = { .status = SIGN_STATUS_NO_PASSIVE, .destination = STR(ACS), .in_response_to = STR("_asked"), .issued_at_s = rig_now };
	struct sign_saml_message m;

	holds(rig_ask(SIGN_ROLE_IDP, a, SIGN_SAML_RESPONSE, ipc_sign_saml_response_io, &r, &m));
	struct saml_shape shape = shape_of(a, m.text, SAML_RESPONSE, true, false);
	struct saml_message got = message_of(a, &shape, m.id);
	assert_true(!got.has_assertion && str_ends(got.status.subcode, STR(":NoPassive")));
}

static void requests_are_read_by_both_bindings(void **state)
{
	for (enum sign_saml_binding b = 0; b < SIGN_BINDING_COUNT; b++) {
		AUTO(arena_destroyp) struct arena *a = arena_create(4 << 20);
		struct sign_saml_logout_request q = rig_logout_request(b);
		struct sign_saml_authn_request n = rig_authn_request(b);
		struct sign_saml_message m;
		struct saml_message got;
		struct saml_shape shape;

		holds(rig_ask(SIGN_ROLE_IDP, a, SIGN_SAML_LOGOUT_REQUEST, ipc_sign_saml_logout_request_io, &q, &m));
		shape = shape_of(a, carried(a, b, m.text, q.relay_state), SAML_LOGOUT_REQUEST, b == SIGN_BINDING_POST, false);
		got = message_of(a, &shape, m.id);
		assert_true(str_eq(got.logout.name_id.value, m.name_id) && str_eq(got.logout.sessions.v[0], rig_sessions[0])
			&& got.logout.not_on_or_after_s == q.expires_at_s);
		holds(rig_ask(SIGN_ROLE_SP, a, SIGN_SAML_AUTHN_REQUEST, ipc_sign_saml_authn_request_io, &n, &m));
		shape = shape_of(a, carried(a, b, m.text, n.relay_state), SAML_AUTHN_REQUEST, b == SIGN_BINDING_POST, false);
		got = message_of(a, &shape, m.id);
		assert_true(got.authn.force_authn && !got.authn.is_passive && got.authn.allow_create && str_eq(got.authn.acs_url, n.acs_url));
		assert_true(got.authn.comparison == SAML_EXACT && str_eq(got.authn.contexts.v[0], rig_contexts[0]));
	}
}

static void metadata_are_read_in_both_roles(void **state)
{
	for (enum sign_saml_role role = 0; role < SIGN_ROLE_COUNT; role++) {
		AUTO(arena_destroyp) struct arena *a = arena_create(4 << 20);
		struct sign_saml_metadata d = rig_metadata(role);
		struct saml_metadata got = { 0 };
		struct sign_saml_message m;
		size_t at = 0;

		holds(rig_ask(role, a, SIGN_SAML_METADATA, ipc_sign_saml_metadata_io, &d, &m));
		holds(saml_metadata_read(a, m.text, &got, &at));
		assert_true(str_eq_c(got.entity_id, role == SIGN_ROLE_IDP ? IDP : SP) && got.valid_until_s == d.valid_until_s);
		assert_true(got.is_idp == (role == SIGN_ROLE_IDP) && got.is_sp == (role == SIGN_ROLE_SP));
		assert_int_equal(got.key_n, 2);
		assert_int_equal(got.endpoint_n, d.main_n + d.logout_n);
		assert_int_equal(got.formats.n, 3);
		assert_true(got.keys[0].signing && !got.keys[0].encryption && str_eq(got.organisation, d.organization));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_response_is_read_as_it_was_meant),
		cmocka_unit_test(every_status_is_read),
		cmocka_unit_test(a_signed_error_is_read),
		cmocka_unit_test(requests_are_read_by_both_bindings),
		cmocka_unit_test(metadata_are_read_in_both_roles),
	};

	return cmocka_run_group_tests(tests, rig_make, rig_free);
}
