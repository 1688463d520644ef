/* test_signer_saml_lint.c - what the signer never says in SAML, whoever asks: the control passes, and
 * each case changes one thing of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "signer_saml_rig.h"

static void expect(const char *what, struct err e, const char *slug)
{
	if (failed(e) != (slug != NULL) || (slug && strcmp(e.slug, slug) != 0))
		fail_msg("%s: got %s, not %s", what, failed(e) ? e.slug : "accepted", slug ? slug : "accepted");
	assert_true(!slug || e.kind == (strncmp(slug, "sign.lint", 9) == 0 ? ERR_DENIED : ERR_MALFORMED));
}

static struct err ask_response(const struct sign_saml_response *r)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct sign_saml_message m;

	return rig_ask(SIGN_ROLE_IDP, a, SIGN_SAML_RESPONSE, ipc_sign_saml_response_io, r, &m);
}

static void the_controls_are_signed(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(4 << 20);
	struct sign_saml_response r = rig_response();
	struct sign_saml_message m;

	expect("response", ask_response(&r), NULL);
	for (enum sign_saml_binding b = 0; b < SIGN_BINDING_COUNT; b++) {
		struct sign_saml_logout_request q = rig_logout_request(b);
		struct sign_saml_logout_response p = rig_logout_response(b);
		struct sign_saml_authn_request n = rig_authn_request(b);

		expect("logout request", rig_ask(SIGN_ROLE_IDP, a, SIGN_SAML_LOGOUT_REQUEST, ipc_sign_saml_logout_request_io, &q, &m), NULL);
		expect("logout response", rig_ask(SIGN_ROLE_SP, a, SIGN_SAML_LOGOUT_RESPONSE, ipc_sign_saml_logout_response_io, &p, &m), NULL);
		expect("authn request", rig_ask(SIGN_ROLE_SP, a, SIGN_SAML_AUTHN_REQUEST, ipc_sign_saml_authn_request_io, &n, &m), NULL);
	}
	for (enum sign_saml_role role = 0; role < SIGN_ROLE_COUNT; role++) {
		struct sign_saml_metadata d = rig_metadata(role);

		expect("metadata", rig_ask(role, a, SIGN_SAML_METADATA, ipc_sign_saml_metadata_io, &d, &m), NULL);
	}
}

/* One case: one field of the control, by its place in the struct. */
#define INSTANT(field, delta, slug) { #field " " #delta, offsetof(struct sign_saml_response, field), true, (delta), { NULL, 0 }, slug }
#define TEXT(field, text, slug)     { #field " " text, offsetof(struct sign_saml_response, field), false, 0, STR_INIT(text), slug }
#define LIFE  "sign.lint.saml.lifetime"
#define CLOCK "sign.lint.saml.clock"
#define SESS  "sign.lint.saml.session"
#define RECIP "sign.lint.saml.recipient"
#define AUD   "sign.lint.saml.audience"
#define SUBJ  "sign.lint.saml.subject"
#define CTX   "sign.lint.saml.context"
#define IRT   "sign.lint.saml.in_response_to"

static const struct { const char *name; size_t at; bool is_instant; int64_t delta; struct str text; const char *slug; } response_cases[] = {
	INSTANT(issued_at_s, -301, CLOCK), INSTANT(issued_at_s, 301, CLOCK), INSTANT(issued_at_s, INT64_MAX / 2, CLOCK), INSTANT(issued_at_s, INT64_MIN / 2, CLOCK),
	INSTANT(expires_at_s, 300, NULL), INSTANT(expires_at_s, 301, LIFE), INSTANT(expires_at_s, 0, LIFE), INSTANT(expires_at_s, -1, LIFE),
	INSTANT(expires_at_s, INT64_MAX / 2, LIFE),
	INSTANT(not_before_s, 1, LIFE), INSTANT(not_before_s, -301, LIFE), INSTANT(not_before_s, -30, NULL),
	INSTANT(authn_instant_s, 1, SESS), INSTANT(authn_instant_s, 0, NULL), INSTANT(authn_instant_s, -604800 - 3600, NULL), INSTANT(authn_instant_s, -691201, SESS), INSTANT(authn_instant_s, INT64_MIN / 2, SESS),
	INSTANT(session_ends_at_s, 86400, NULL), INSTANT(session_ends_at_s, 86401, SESS), INSTANT(session_ends_at_s, 0, SESS), INSTANT(session_ends_at_s, -5, SESS),
	TEXT(destination, "", RECIP), TEXT(destination, "http://etat-civil.ville.example/acs", RECIP), TEXT(destination, "javascript:alert(1)", RECIP),
	TEXT(destination, "https://", RECIP), TEXT(destination, "https:///acs", RECIP), TEXT(destination, "https://a@b.example/", RECIP),
	TEXT(destination, "https://a.example\\@b.example/", RECIP), TEXT(destination, "https://a.example/ x", RECIP), TEXT(destination, "https://a.example/\n", RECIP),
	TEXT(destination, "https://a.example/#x", RECIP), TEXT(destination, "https://a.example:/", RECIP), TEXT(destination, "https://a.example:44a/", RECIP),
	TEXT(destination, "https://a.example/\"><script>", RECIP), TEXT(destination, "https://vill\xc3\xa9.example/", RECIP), TEXT(destination, "HTTPS://a.example/", RECIP),
	TEXT(destination, "http://127.0.0.1.evil.example/", RECIP), TEXT(destination, "http://localhost.evil.example/", RECIP), TEXT(destination, "http://127.1.1/", RECIP),
	TEXT(destination, "https://[::1/", RECIP), TEXT(destination, "http://[::2]/", RECIP), TEXT(destination, "data:text/html,x", RECIP),
	TEXT(destination, "http://127.0.0.1:8443/acs", NULL), TEXT(destination, "http://localhost/acs", NULL), TEXT(destination, "http://[::1]:80/acs?x=1", NULL),
	TEXT(destination, "http://etat-civil.ville.localhost:8080/acs", NULL), TEXT(destination, "https://a.example:8443/acs?x=%20&y[]=", NULL),
	TEXT(audience, "", AUD), TEXT(audience, "with blank", AUD), TEXT(audience, "ligne\n", AUD), TEXT(audience, "urn:ville:partenaire", NULL),
	TEXT(in_response_to, "", NULL), TEXT(in_response_to, "a b", IRT), TEXT(in_response_to, "\x01", IRT), TEXT(in_response_to, "\xc3\xa9", IRT),
	TEXT(session_index, "", NULL), TEXT(session_index, "a b", SESS), TEXT(session_index, "\t", SESS),
	TEXT(authn_context, "", CTX), TEXT(authn_context, "a b", CTX),
	TEXT(subject.name_qualifier, "", NULL), TEXT(subject.name_qualifier, "a b", SUBJ), TEXT(subject.sp_name_qualifier, "\xff", SUBJ),
	TEXT(subject.who.account, "fifteen bytes..", "sign.lint.subject"), TEXT(subject.who.sector, "", "sign.lint.subject"),
	TEXT(subject.who.alias, "imported-42", NULL), TEXT(subject.who.alias, "with blank", "sign.lint.subject"),
};

static void a_response_with_one_thing_wrong_is_refused(void **state)
{
	for (size_t i = 0; i < sizeof response_cases / sizeof *response_cases; i++) {
		struct sign_saml_response r = rig_response();
		void *field = (char *)&r + response_cases[i].at;

		if (response_cases[i].is_instant)
			*(int64_t *)field = rig_now + response_cases[i].delta;
		else
			*(struct str *)field = response_cases[i].text;
		expect(response_cases[i].name, ask_response(&r), response_cases[i].slug);
	}
}

static void an_instant_of_zero_means_absent_only_where_it_may(void **state)
{
	struct sign_saml_response r = rig_response();

	r.not_before_s = r.session_ends_at_s = 0;
	expect("optional", ask_response(&r), NULL);
	r.authn_instant_s = 0;
	expect("authn instant", ask_response(&r), SESS);
	r = rig_response();
	r.expires_at_s = 0;
	expect("expires", ask_response(&r), LIFE);
}

static void a_name_of_each_kind_has_its_form(void **state)
{
	static const struct { enum sign_saml_name_id kind; struct str text; const char *slug; } cases[] = {
		{ SIGN_NAME_ID_EMAIL, STR_INIT("zoe@ville.example"), NULL }, { SIGN_NAME_ID_EMAIL, STR_INIT(""), SUBJ },
		{ SIGN_NAME_ID_EMAIL, STR_INIT("zoe"), SUBJ }, { SIGN_NAME_ID_EMAIL, STR_INIT("@ville.example"), SUBJ },
		{ SIGN_NAME_ID_EMAIL, STR_INIT("zoe@"), SUBJ }, { SIGN_NAME_ID_EMAIL, STR_INIT("a@b@c"), SUBJ },
		{ SIGN_NAME_ID_EMAIL, STR_INIT("a b@c"), SUBJ }, { SIGN_NAME_ID_EMAIL, STR_INIT("a@b\r\nBcc: c@d"), SUBJ },
		{ SIGN_NAME_ID_TRANSIENT, STR_INIT(""), NULL }, { SIGN_NAME_ID_TRANSIENT, STR_INIT("short"), SUBJ },
		{ SIGN_NAME_ID_TRANSIENT, STR_INIT("_0123456789abcdef"), NULL }, { SIGN_NAME_ID_TRANSIENT, STR_INIT("_0123456789 bcdef"), SUBJ },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sign_saml_response r = rig_response();

		r.subject.kind = cases[i].kind;
		r.subject.text = cases[i].text;
		expect(cases[i].text.p, ask_response(&r), cases[i].slug);
	}
}

static void an_attribute_is_named_once_and_holds_one_line_of_xml(void **state)
{
	static char big[4097];
	static struct str fine = STR_INIT("fine");
	struct str values[] = { { big, 4096 }, { big, 4097 }, STR_INIT("a\nb"), STR_INIT("\xff"), STR_INIT("\xef\xbf\xbf"), STR_INIT("\0") };
	static const char *const slugs[] = { NULL, "sign.lint.saml.size", "sign.lint.saml.text", "sign.lint.saml.text", "sign.lint.saml.text", "sign.lint.saml.text" };
	struct sign_saml_response r = rig_response();
	struct sign_saml_attribute twice[] = { { STR("n"), STR(BASIC), STR_NONE, &fine, 1 }, { STR("n"), STR(BASIC), STR("f"), &fine, 1 } };

	memset(big, 'x', sizeof big);
	r.attributes = twice;
	expect("twice", ask_response(&r), "sign.lint.saml.attribute");
	twice[1].name_format = STR("other");
	expect("two formats", ask_response(&r), NULL);
	twice[1].name = STR_NONE;
	expect("no name", ask_response(&r), "sign.lint.saml.attribute");
	twice[1].name = STR("\x01");
	expect("name", ask_response(&r), "sign.lint.saml.text");
	twice[1].name = (struct str){ big, 257 };
	expect("long name", ask_response(&r), "sign.lint.saml.size");
	twice[1] = (struct sign_saml_attribute){ STR("m"), STR(BASIC), STR("\xc2\x85"), &fine, 1 };
	expect("friendly name", ask_response(&r), "sign.lint.saml.text");
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		twice[1] = (struct sign_saml_attribute){ STR("m"), STR(BASIC), STR_NONE, &values[i], 1 };
		expect("value", ask_response(&r), slugs[i]);
	}
}

static void what_grows_beyond_a_frame_is_refused_and_the_next_is_signed(void **state)
{
	static char angles[4096];
	struct str value = { angles, sizeof angles };
	struct sign_saml_attribute all[8];
	struct sign_saml_response r = rig_response();

	memset(angles, '<', sizeof angles);
	for (size_t i = 0; i < 8; i++)
		all[i] = (struct sign_saml_attribute){ { angles, i + 1 }, STR(BASIC), STR_NONE, &value, 1 };
	r.attributes = all;
	r.attribute_n = 8;
	expect("five times as long", ask_response(&r), "sign.lint.saml.size");
	r = rig_response();
	expect("control", ask_response(&r), NULL);
}

/* Beyond its ceiling an arena ends the process: no request may bring the role there. */
static struct err ask_in_the_roles_arena(const struct sign_saml_response *r)
{
	AUTO(arena_destroyp) struct arena *mine = arena_create(1 << 20);
	AUTO(arena_destroyp) struct arena *a = arena_create(SIGNER_ARENA_BYTES);
	char *body = arena_alloc(mine, FRAME_MAX);
	struct frame f = { .type = SIGN_SAML_RESPONSE };
	frame_io_fn *fn = NULL;
	void *reply = NULL;
	size_t n = 0;

	TRY(frame_write_body(ipc_sign_saml_response_io, r, body, FRAME_MAX - FRAME_HEAD, &n));
	f.body = (struct str){ body, n };
	TRY(signer_serve(rig.signers[SIGN_ROLE_IDP], a, &f, &fn, &reply));
	return frame_write_body(fn, reply, body, FRAME_MAX - FRAME_HEAD, &n);
}

static void the_largest_requests_fit_the_arena_of_the_role(void **state)
{
	static char names[SIGN_SAML_ATTRIBUTES_MAX], big[4000];
	static struct str values[SIGN_SAML_VALUES_MAX];
	static struct sign_saml_attribute all[SIGN_SAML_ATTRIBUTES_MAX];
	struct sign_saml_response r = rig_response();

	memset(names, 'n', sizeof names);
	memset(big, 'x', sizeof big);
	for (size_t i = 0; i < SIGN_SAML_VALUES_MAX; i++)
		values[i] = STR("v");
	for (size_t i = 0; i < SIGN_SAML_ATTRIBUTES_MAX; i++)
		all[i] = (struct sign_saml_attribute){ { names, i + 1 }, STR_NONE, STR_NONE, values, SIGN_SAML_VALUES_MAX };
	r.attributes = all;
	r.attribute_n = SIGN_SAML_ATTRIBUTES_MAX;
	expect("64 times 64 values", ask_in_the_roles_arena(&r), "sign.lint.saml.size");
	values[0] = (struct str){ big, sizeof big };
	for (size_t i = 0; i < SIGN_SAML_ATTRIBUTES_MAX; i++)
		all[i].value_n = i < 9;
	expect("nearly a frame", ask_in_the_roles_arena(&r), NULL);
}

static void an_error_needs_no_subject_and_is_no_partial_logout(void **state)
{
	struct sign_saml_response r = { .status = SIGN_STATUS_NO_PASSIVE, .destination = STR(ACS), .issued_at_s = rig_now };

	expect("error", ask_response(&r), NULL);
	r.status = SIGN_STATUS_PARTIAL_LOGOUT;
	expect("partial logout", ask_response(&r), "sign.lint.saml.status");
	r.status = SIGN_STATUS_NO_PASSIVE;
	r.destination = STR_NONE;
	expect("nowhere", ask_response(&r), RECIP);
}

static struct err ask_logout(struct sign_saml_logout_request q)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct sign_saml_message m;

	return rig_ask(SIGN_ROLE_IDP, a, SIGN_SAML_LOGOUT_REQUEST, ipc_sign_saml_logout_request_io, &q, &m);
}

static void a_logout_request_with_one_thing_wrong_is_refused(void **state)
{
	static char long_relay[1025];
	struct str blank = STR("a b");
	struct sign_saml_logout_request q;

	memset(long_relay, 'r', sizeof long_relay);
#define CASE(slug, change) q = rig_logout_request(SIGN_BINDING_REDIRECT); change; expect(#change, ask_logout(q), slug)
	CASE(CLOCK, q.issued_at_s -= 301);
	CASE(LIFE, q.expires_at_s = q.issued_at_s + 301);
	CASE(LIFE, q.expires_at_s = 0);
	CASE(RECIP, q.destination = STR("ftp://a.example/"));
	CASE(SESS, q.session_indexes = &blank);
	CASE("sign.lint.saml.text", q.relay_state = STR("a\r\nb"));
	CASE("sign.lint.saml.size", q.relay_state = ((struct str){ long_relay, sizeof long_relay }));
	CASE("sign.lint.subject", q.subject.who.account = STR_NONE);
	/* A logout names somebody who was named before: nothing is drawn. */
	CASE(SUBJ, q.subject.kind = SIGN_NAME_ID_TRANSIENT);
#undef CASE
}

static void the_other_messages_with_one_thing_wrong_are_refused(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(8 << 20);
	struct sign_saml_endpoint wrong = { SIGN_BINDING_POST, STR("http://a.example/") }, redirect = { SIGN_BINDING_REDIRECT, STR(ACS) };
	struct str blank = STR("a b");
	struct sign_saml_logout_response p;
	struct sign_saml_authn_request n;
	struct sign_saml_metadata d;
	struct sign_saml_message m;

#define CASE(x, start, role, type, fn, slug, change) x = start; change; expect(#change, rig_ask(role, a, type, fn, &x, &m), slug)
#define P(slug, change) CASE(p, rig_logout_response(SIGN_BINDING_POST), SIGN_ROLE_IDP, SIGN_SAML_LOGOUT_RESPONSE, ipc_sign_saml_logout_response_io, slug, change)
#define N(slug, change) CASE(n, rig_authn_request(SIGN_BINDING_POST), SIGN_ROLE_SP, SIGN_SAML_AUTHN_REQUEST, ipc_sign_saml_authn_request_io, slug, change)
#define D(slug, change) CASE(d, rig_metadata(SIGN_ROLE_SP), SIGN_ROLE_SP, SIGN_SAML_METADATA, ipc_sign_saml_metadata_io, slug, change)
	P(CLOCK, p.issued_at_s += 301);
	P(RECIP, p.destination = STR("http://a.example/"));
	P(IRT, p.in_response_to = blank);
	P("sign.lint.saml.text", p.relay_state = STR("\xff"));
	N(CLOCK, n.issued_at_s += 301);
	N(RECIP, n.destination = STR_NONE);
	N(RECIP, n.acs_url = STR("http://a.example/"));
	N(CTX, n.authn_contexts = &blank);
	D("sign.lint.saml.endpoint", d.main_n = 0);
	D("sign.lint.saml.endpoint", d.main = &wrong);
	D("sign.lint.saml.endpoint", d.main = &redirect);
	D("sign.lint.saml.endpoint", (d.logout = &wrong, d.logout_n = 1));
	D(LIFE, d.valid_until_s = rig_now);
	D(LIFE, d.valid_until_s = rig_now + 401 * 86400);
	D("sign.lint.saml.text", d.organization = STR("a\nb"));
	D("sign.lint.saml.endpoint", d.organization_url = STR_NONE);
	D("sign.lint.saml.endpoint", d.language = STR("f\"r"));
	D("sign.lint.saml.text", d.technical_contact = STR("nobody"));
#undef CASE
}

static void each_role_says_only_what_is_its_own(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(2 << 20);
	struct sign_saml_response r = rig_response();
	struct sign_saml_authn_request n = rig_authn_request(SIGN_BINDING_REDIRECT);
	struct sign_saml_metadata d = rig_metadata(SIGN_ROLE_SP);
	struct sign_saml_logout_request q = rig_logout_request(SIGN_BINDING_REDIRECT);
	struct sign_saml_message m;

	expect("response", rig_ask(SIGN_ROLE_SP, a, SIGN_SAML_RESPONSE, ipc_sign_saml_response_io, &r, &m), "sign.lint.saml.role");
	expect("request", rig_ask(SIGN_ROLE_IDP, a, SIGN_SAML_AUTHN_REQUEST, ipc_sign_saml_authn_request_io, &n, &m), "sign.lint.saml.role");
	expect("metadata", rig_ask(SIGN_ROLE_IDP, a, SIGN_SAML_METADATA, ipc_sign_saml_metadata_io, &d, &m), "sign.lint.saml.role");
	/* A service's signer has no secret: it derives no pseudonym, but repeats one that it was told. */
	expect("derived", rig_ask(SIGN_ROLE_SP, a, SIGN_SAML_LOGOUT_REQUEST, ipc_sign_saml_logout_request_io, &q, &m), "sign.lint.subject");
	q.subject.who = (struct sign_subject){ .alias = STR("a-pseudonym") };
	expect("told", rig_ask(SIGN_ROLE_SP, a, SIGN_SAML_LOGOUT_REQUEST, ipc_sign_saml_logout_request_io, &q, &m), NULL);
}

static void a_signer_without_saml_and_a_body_cut_short_are_refused(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct sign_saml_response r = rig_response();
	char *body = arena_alloc(a, FRAME_MAX);
	struct frame f = { .type = SIGN_SAML_RESPONSE };
	struct signer *bare = NULL;
	frame_io_fn *fn = NULL;
	void *reply = NULL;
	size_t n = 0;

	assert_false(failed(signer_create(STR("i"), SECRET, rig_clock, &bare)));
	assert_false(failed(frame_write_body(ipc_sign_saml_response_io, &r, body, FRAME_MAX, &n)));
	f.body = (struct str){ body, n };
	expect("no SAML", signer_serve(bare, a, &f, &fn, &reply), "sign.lint.saml.off");
	f.body.n--;
	expect("short", signer_serve(rig.signers[SIGN_ROLE_IDP], a, &f, &fn, &reply), "frame.body");
	signer_destroy(bare);
}

static void only_a_certificate_of_the_key_opens_the_desk(void **state)
{
	EVP_PKEY *ec = EVP_EC_gen("P-256"), *small = EVP_RSA_gen(1024);
	struct str many[] = { rig.certificates[0], rig.certificates[0], rig.certificates[0], rig.certificates[0], rig.certificates[0] };
	struct str five = arena_concat(rig.arena, many, 5), four = arena_concat(rig.arena, many, 4), mine = rig.certificates[0];
	struct str cut[] = { mine, STR("-----BEGIN CERTIFICATE-----\nMIIB\n") };
	const struct { struct str entity, key, certificates; const char *slug; } cases[] = {
		{ STR(IDP), rig.pems[0], rig.other_certificate, "signer.saml.pair" }, { STR(IDP), rig.pems[0], STR_NONE, "signer.saml.certificate" },
		{ STR(IDP), rig.pems[0], rig.pems[0], "signer.saml.certificate" }, { STR(IDP), rig.pems[0], five, "signer.saml.certificate" },
		{ STR(IDP), rig.pems[0], arena_concat(rig.arena, cut, 2), "signer.saml.certificate" },
		{ STR_NONE, rig.pems[0], mine, "signer.saml.entity" }, { STR("with blank"), rig.pems[0], mine, "signer.saml.entity" },
		{ STR(IDP), STR_NONE, mine, "signer.saml.key" }, { STR(IDP), STR("no pem"), mine, "signer.key.pem" },
		{ STR(IDP), rig_pem(ec), rig_certificate(ec), "signer.key.kind" }, { STR(IDP), rig_pem(small), rig_certificate(small), "signer.key.size" },
		{ STR(IDP), rig.pems[0], four, NULL }, { STR(IDP), rig.pems[0], mine, "signer.saml.twice" },
	};
	struct signer *s = NULL;

	assert_false(failed(signer_create(STR("i"), SECRET, rig_clock, &s)));
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err e = signer_saml_add(s, SIGN_ROLE_IDP, cases[i].entity, cases[i].key, cases[i].certificates);

		if (failed(e) != (cases[i].slug != NULL) || (failed(e) && strcmp(e.slug, cases[i].slug) != 0))
			fail_msg("case %zu: got %s", i, failed(e) ? e.slug : "accepted");
	}
	signer_destroy(s);
	EVP_PKEY_free(ec);
	EVP_PKEY_free(small);
}

static void without_a_key_of_its_own_the_rs256_key_signs(void **state)
{
	struct signer *s = NULL;

	assert_false(failed(signer_create(STR("i"), SECRET, rig_clock, &s)));
	assert_false(failed(signer_key_add(s, SIGN_RS256, SIGN_KEY_CURRENT, 0, rig.pems[0])));
	assert_string_equal(signer_saml_add(s, SIGN_ROLE_IDP, STR(IDP), STR_NONE, rig.certificates[1]).slug, "signer.saml.pair");
	assert_false(failed(signer_saml_add(s, SIGN_ROLE_IDP, STR(IDP), STR_NONE, rig.certificates[0])));
	signer_destroy(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_controls_are_signed),
		cmocka_unit_test(a_response_with_one_thing_wrong_is_refused),
		cmocka_unit_test(an_instant_of_zero_means_absent_only_where_it_may),
		cmocka_unit_test(a_name_of_each_kind_has_its_form),
		cmocka_unit_test(an_attribute_is_named_once_and_holds_one_line_of_xml),
		cmocka_unit_test(what_grows_beyond_a_frame_is_refused_and_the_next_is_signed),
		cmocka_unit_test(the_largest_requests_fit_the_arena_of_the_role),
		cmocka_unit_test(an_error_needs_no_subject_and_is_no_partial_logout),
		cmocka_unit_test(a_logout_request_with_one_thing_wrong_is_refused),
		cmocka_unit_test(the_other_messages_with_one_thing_wrong_are_refused),
		cmocka_unit_test(each_role_says_only_what_is_its_own),
		cmocka_unit_test(a_signer_without_saml_and_a_body_cut_short_are_refused),
		cmocka_unit_test(only_a_certificate_of_the_key_opens_the_desk),
		cmocka_unit_test(without_a_key_of_its_own_the_rs256_key_signs),
	};

	return cmocka_run_group_tests(tests, rig_make, rig_free);
}
