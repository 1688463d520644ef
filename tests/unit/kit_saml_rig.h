/* kit_saml_rig.h - a service that speaks SAML, through the kit's own routes: a browser with its cookies, the real reader
 * and signer, and an identity provider that answers what it is asked. For test_kit_saml.c and the fault suite. */
#ifndef TESTS_UNIT_KIT_SAML_RIG_H
#define TESTS_UNIT_KIT_SAML_RIG_H
#include "tests/unit/sp_saml_world.h"
#include "services/kit/kit_impl.h"
#include "wire/ipc/fetch.h"

#define RIG static __attribute__((unused))
enum { JAR = 16, ARENA = 8 << 20 };

struct cookie { char name[48], value[4096]; bool cross_site; };

static struct {
	struct saml_world *saml;              /* the identity provider, and both signers */
	struct reader *reader;
	struct kit *kit;
	char dir[64];
	int64_t now_s;
	bool provider_down;
	char asked[64];                       /* the identifier of the last message that we signed */
	struct cookie jar[JAR];
	struct http_resp *resp;
	struct arena *arena;
} t;

/* ---- a small service ---- */

extern const struct store_migration elections_migrations[];
extern const size_t elections_migrations_n;

RIG struct http_resp *home_get(void *kit, const struct http_req *req)
{
	const struct kit_usager *u = NULL;

	if (failed(kit_usager(kit, req, &u)))
		return http_answer(req, 500, STR("text/plain"), STR(""));
	return http_answer(req, 200, STR("text/plain"), arena_printf(req->arena, STR_FMT " " STR_FMT " csrf=" STR_FMT, STR_ARG(u->pseudonym),
		STR_ARG(u->given_name), STR_ARG(kit_csrf(kit, req, u))));
}

static const struct engine_route routes[] = { { HTTP_PUBLIC, HTTP_GET, "/", home_get, RULE_USAGER } };
static const struct kit_service service = {
	.scope = "openid profile", .routes = routes, .route_n = 1, .migrations = elections_migrations,
	.migration_n = &elections_migrations_n,
};

/* ---- its roles ---- */

RIG struct err reply(struct arena *a, frame_io_fn *fn, const void *message, struct str *ret_body)
{
	char *p = arena_alloc(a, FRAME_MAX);
	size_t n = 0;

	TRY(frame_write_body(fn, message, p, FRAME_MAX - FRAME_HEAD, &n));
	*ret_body = (struct str){ p, n };
	return NO_ERR;
}

RIG struct err helper(void *self, struct arena *a, enum boot_role role, uint16_t type, struct str body, struct str *ret_body)
{
	struct frame f = { .type = type, .body = body };
	struct fetch_answer metadata = { .status = 200, .content_type = STR("application/samlmetadata+xml"), .body = t.saml->metadata };
	frame_io_fn *fn = NULL;
	void *message = NULL;

	(void)self;
	arena_set_ceiling(a, ARENA);        /* frames of processes do not lie in the request's arena */
	if (role == ROLE_COURIER_HTTP) {
		ENSURE(!t.provider_down, BUSY, "fetch.gone");
		return reply(a, ipc_fetch_answer_io, &metadata, ret_body);
	}
	assert_true(role == ROLE_READER || role == ROLE_SIGNER);
	TRY(role == ROLE_READER ? reader_serve(t.reader, a, &f, &fn, &message) : signer_serve(t.saml->service, a, &f, &fn, &message));
	if (role == ROLE_SIGNER)
		snprintf(t.asked, sizeof t.asked, STR_FMT, STR_ARG(((const struct sign_saml_message *)message)->id));
	return reply(a, fn, message, ret_body);
}

/* ---- a browser ---- */

RIG void jar_take(struct str line)
{
	struct str name = str_slice(line, 0, str_index(line, '=')), value = str_slice(line, name.n + 1, str_index(line, ';'));
	size_t at = 0;

	while (at < JAR && t.jar[at].name[0] && !str_eq_c(name, t.jar[at].name))
		at++;
	assert_true(at < JAR && name.n < sizeof t.jar[at].name && value.n < sizeof t.jar[at].value);
	snprintf(t.jar[at].name, sizeof t.jar[at].name, STR_FMT, STR_ARG(name));
	snprintf(t.jar[at].value, sizeof t.jar[at].value, STR_FMT, STR_ARG(value));
	t.jar[at].cross_site = memmem(line.p, line.n, "SameSite=None", 13) != NULL;
}

/* from_elsewhere: another site's page sends it, and the cookies that are not for that stay at home. */
RIG void ask(enum http_method method, const char *url, const char *form, bool from_elsewhere)
{
	struct arena *a = arena_create(ARENA);
	struct http_req *req = arena_new(a, struct http_req);
	struct str whole = str_from_c(url);
	size_t mark = str_index(whole, '?');

	*req = (struct http_req){ .arena = a, .now_s = t.now_s, .deadline_ms = INT64_MAX, .id = STR("0123456789abcdef"), .method = method };
	req->path = arena_dup(a, str_slice(whole, 0, mark));
	req->raw_query = arena_dup(a, str_slice(whole, mark + 1, whole.n));
	if (req->raw_query.n)
		assert_false(failed(http_parse_pairs(a, req->raw_query, 32, STR_NONE, &req->query)));
	if (form)
		assert_false(failed(http_parse_pairs(a, arena_dup(a, str_from_c(form)), 32, STR_NONE, &req->form)));
	req->cookies.v = arena_array(a, struct http_pair, JAR);
	for (size_t i = 0; i < JAR; i++)
		if (t.jar[i].value[0] && (t.jar[i].cross_site || !from_elsewhere))
			req->cookies.v[req->cookies.n++] = (struct http_pair){ str_from_c(t.jar[i].name), str_from_c(t.jar[i].value) };
	arena_destroy(t.arena);
	t.arena = a;
	t.resp = engine_answer(kit_engine(t.kit), req);
	for (size_t i = 0; i < t.resp->header_n; i++)
		if (str_eq(t.resp->headers[i].name, STR("set-cookie")))
			jar_take(t.resp->headers[i].value);
}

RIG const char *location(void)
{
	for (size_t i = 0; i < t.resp->header_n; i++)
		if (str_eq(t.resp->headers[i].name, STR("location")))
			return arena_c(t.saml->a, t.resp->headers[i].value);
	return "";
}

RIG bool shows(const char *text)
{
	return t.resp->body.p && memmem(t.resp->body.p, t.resp->body.n, text, strlen(text));
}

RIG void assert_status(int status)
{
	if (t.resp->status != status)
		fail_msg("status %d (%s), expected %d", t.resp->status, t.resp->outcome.slug ? t.resp->outcome.slug : "-", status);
}

/* ---- life ---- */

RIG void kit_start(bool saml)
{
	static char url[128];
	struct kit_settings s = {
		.public_url = STR(HERE), .issuer = STR(ISSUER), .client_id = STR("etat-civil"), .saml = saml,
		.seal_key = STR("TEST-ONLY-0123456789abcdef0123456789abcdef"), .service_name = STR("État civil"), .threads = 2,
	};

	snprintf(url, sizeof url, "sqlite:%s/kit.db", t.dir);
	s.store_url = str_from_c(url);
	struct err e = kit_create(&service, &s, &t.kit);
	if (failed(e))
		fail_msg("kit_create: %s", e.slug);
	engine_set_helper(kit_engine(t.kit), helper, NULL);
}

/* An engine lives as long as its process: kept where the leak sanitizer sees it. */
static struct engine *volatile test_engines[32];
static size_t test_engine_n;

RIG void kit_stop(void)
{
	test_engines[test_engine_n++ % 32] = kit_engine(t.kit);
	kit_destroy(t.kit);
}

RIG int set_up(void **state)
{
	memset(&t, 0, sizeof t);
	assert_int_equal(saml_setup(state), 0);
	t.saml = *state;
	t.now_s = NOON;
	assert_false(failed(reader_create(&t.reader)));
	assert_false(failed(reader_enable_saml(t.reader)));
	snprintf(t.dir, sizeof t.dir, "/tmp/test-kit-saml-XXXXXX");
	assert_non_null(mkdtemp(t.dir));
	kit_start(true);
	return 0;
}

RIG int tear_down(void **state)
{
	char command[96];

	kit_stop();
	arena_destroy(t.arena);
	reader_destroy(t.reader);
	snprintf(command, sizeof command, "rm -r %s", t.dir);
	return system(command) + saml_teardown(state);
}

/* ---- the journey ---- */

/* Out to the provider; its answer, ready to be posted. */
RIG const char *answer_to_login(void)
{
	ask(HTTP_GET, "/", NULL, false);
	assert_status(303);
	assert_string_equal(location(), "/connexion?retour=%2F");
	ask(HTTP_GET, location(), NULL, false);
	assert_status(303);
	assert_non_null(strstr(location(), ISSUER "/saml/sso?SAMLRequest="));
	query_value(location(), "RelayState", t.saml->state, sizeof t.saml->state);
	saml_start(t.saml);                   /* fills the answer, with another request's identifier */
	query_value(location(), "RelayState", t.saml->state, sizeof t.saml->state);
	t.saml->answer.in_response_to = str_from_c(t.asked);
	return saml_form(t.saml, "SAMLResponse", saml_answer_xml(t.saml), t.saml->state);
}

RIG void sign_in(void)
{
	ask(HTTP_POST, "/retour", answer_to_login(), true);
	assert_status(303);
	assert_string_equal(location(), "/");
	ask(HTTP_GET, "/", NULL, false);
	assert_status(200);
	assert_true(shows(SUBJECT " Jeanne csrf="));
}

RIG struct sign_saml_logout_request order(enum sign_saml_binding binding)
{
	static struct str index = STR_INIT(SESSION);

	return (struct sign_saml_logout_request){
		.binding = binding, .destination = STR(SLO), .session_indexes = &index, .session_index_n = 1,
		.subject = { .kind = SIGN_NAME_ID_PERSISTENT, .who.alias = STR(SUBJECT) }, .issued_at_s = NOON, .expires_at_s = NOON + 300,
	};
}
#endif
