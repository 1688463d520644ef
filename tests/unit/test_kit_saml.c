/* A service that speaks SAML, through the kit's own routes: a browser with its cookies, the real reader and signer,
 * and an identity provider that answers what it is asked. */
#include "tests/unit/sp_saml_world.h"
#include "services/kit/kit_impl.h"
#include "wire/ipc/fetch.h"

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

static struct http_resp *home_get(void *kit, const struct http_req *req)
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
	.migration_n = &elections_migrations_n, .pages = &kit_common_pages,
};

/* ---- its roles ---- */

static struct err reply(struct arena *a, frame_io_fn *fn, const void *message, struct str *ret_body)
{
	char *p = arena_alloc(a, FRAME_MAX);
	size_t n = 0;

	TRY(frame_write_body(fn, message, p, FRAME_MAX - FRAME_HEAD, &n));
	*ret_body = (struct str){ p, n };
	return NO_ERR;
}

static struct err helper(void *self, struct arena *a, enum boot_role role, uint16_t type, struct str body, struct str *ret_body)
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

static void jar_take(struct str line)
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
static void ask(enum http_method method, const char *url, const char *form, bool from_elsewhere)
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

static const char *location(void)
{
	for (size_t i = 0; i < t.resp->header_n; i++)
		if (str_eq(t.resp->headers[i].name, STR("location")))
			return arena_c(t.saml->a, t.resp->headers[i].value);
	return "";
}

static bool shows(const char *text)
{
	return t.resp->body.p && memmem(t.resp->body.p, t.resp->body.n, text, strlen(text));
}

static void assert_status(int status)
{
	if (t.resp->status != status)
		fail_msg("status %d (%s), expected %d", t.resp->status, t.resp->outcome.slug ? t.resp->outcome.slug : "-", status);
}

/* ---- life ---- */

static void kit_start(bool saml)
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

static void kit_stop(void)
{
	test_engines[test_engine_n++ % 32] = kit_engine(t.kit);
	kit_destroy(t.kit);
}

static int set_up(void **state)
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

static int tear_down(void **state)
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
static const char *answer_to_login(void)
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

static void sign_in(void)
{
	ask(HTTP_POST, "/retour", answer_to_login(), true);
	assert_status(303);
	assert_string_equal(location(), "/");
	ask(HTTP_GET, "/", NULL, false);
	assert_status(200);
	assert_true(shows(SUBJECT " Jeanne csrf="));
}

static void a_citizen_signs_in_by_a_post_from_the_provider(void **state)
{
	(void)state;
	sign_in();
}

static void a_reload_of_the_answer_starts_nothing_and_ends_nothing(void **state)
{
	const char *form = answer_to_login();

	(void)state;
	ask(HTTP_POST, "/retour", form, true);
	assert_status(303);
	ask(HTTP_POST, "/retour", form, true);
	assert_status(403);
	assert_true(shows("/connexion"));
	ask(HTTP_GET, "/", NULL, false);
	assert_status(200);
}

static void an_answer_in_another_browser_signs_nobody_in(void **state)
{
	const char *form = answer_to_login();

	(void)state;
	memset(t.jar, 0, sizeof t.jar);
	ask(HTTP_POST, "/retour", form, true);
	assert_status(403);
	assert_string_equal(t.resp->outcome.slug, "sp.state.absent");
	ask(HTTP_POST, "/retour", "SAMLResponse=x", true);
	assert_status(403);
	assert_string_equal(t.resp->outcome.slug, "sp.response.unsolicited");
	ask(HTTP_POST, "/retour?SAMLResponse=x", "SAMLResponse=x", true);
	assert_status(400);
	ask(HTTP_GET, "/retour?SAMLResponse=x", NULL, false);
	assert_true(t.resp->status == 404 || t.resp->status == 405);
	ask(HTTP_GET, "/", NULL, false);
	assert_status(303);
}

static void a_citizen_signs_out_here_and_hears_when_it_is_done_everywhere(void **state)
{
	char csrf[512], form[600];
	struct sign_saml_logout_response r = { .binding = SIGN_BINDING_REDIRECT, .destination = STR(SLO), .issued_at_s = NOON };

	(void)state;
	sign_in();
	query_value(arena_c(t.saml->a, t.resp->body), "csrf", csrf, sizeof csrf);
	snprintf(form, sizeof form, "csrf=%s", csrf);
	ask(HTTP_POST, "/deconnexion", form, false);
	assert_status(303);
	assert_non_null(strstr(location(), ISSUER "/saml/slo?SAMLRequest="));
	ask(HTTP_GET, "/", NULL, false);
	assert_status(303);
	r.in_response_to = str_from_c(t.asked);
	struct str query = saml_written(t.saml, t.saml->idp, SIGN_SAML_LOGOUT_RESPONSE, ipc_sign_saml_logout_response_io, &r).text;
	ask(HTTP_GET, arena_printf(t.saml->a, "/saml/slo?" STR_FMT, STR_ARG(query)).p, NULL, false);
	assert_status(303);
	assert_string_equal(location(), "/deconnexion/retour");
	ask(HTTP_GET, location(), NULL, false);
	assert_status(200);
	assert_true(shows("De ce service et de votre compte citoyen"));
	ask(HTTP_GET, arena_printf(t.saml->a, "/saml/slo?" STR_FMT, STR_ARG(query)).p, NULL, false);
	assert_status(403);
	ask(HTTP_GET, "/deconnexion/retour?partiel=1", NULL, false);
	assert_false(shows("et de votre compte citoyen"));
}

static struct sign_saml_logout_request order(enum sign_saml_binding binding)
{
	static struct str index = STR_INIT(SESSION);

	return (struct sign_saml_logout_request){
		.binding = binding, .destination = STR(SLO), .session_indexes = &index, .session_index_n = 1,
		.subject = { .kind = SIGN_NAME_ID_PERSISTENT, .who.alias = STR(SUBJECT) }, .issued_at_s = NOON, .expires_at_s = NOON + 300,
	};
}

static void the_provider_ends_the_session_without_a_cookie_of_ours(void **state)
{
	struct sign_saml_logout_request r = order(SIGN_BINDING_POST);
	const char *form;

	(void)state;
	sign_in();
	form = saml_form(t.saml, "SAMLRequest", saml_written(t.saml, t.saml->idp, SIGN_SAML_LOGOUT_REQUEST, ipc_sign_saml_logout_request_io, &r).text, "x");
	ask(HTTP_POST, "/saml/slo", form, true);
	assert_status(303);
	assert_non_null(strstr(location(), ISSUER "/saml/slo?SAMLResponse="));
	ask(HTTP_GET, "/", NULL, false);
	assert_status(303);
}

static void an_order_of_somebody_else_ends_nothing(void **state)
{
	struct sign_saml_logout_request r = order(SIGN_BINDING_REDIRECT);
	struct str query;

	(void)state;
	sign_in();
	query = saml_written(t.saml, saml_signer(t.saml, SIGN_ROLE_IDP, IDP, other_key), SIGN_SAML_LOGOUT_REQUEST, ipc_sign_saml_logout_request_io, &r).text;
	ask(HTTP_GET, arena_printf(t.saml->a, "/saml/slo?" STR_FMT, STR_ARG(query)).p, NULL, false);
	assert_status(403);
	ask(HTTP_POST, "/saml/slo?SAMLRequest=x", "SAMLRequest=x", true);
	assert_status(400);
	ask(HTTP_GET, "/", NULL, false);
	assert_status(200);
}

static void an_absent_provider_has_a_page_of_its_own(void **state)
{
	(void)state;
	t.provider_down = true;
	ask(HTTP_GET, "/connexion", NULL, false);
	assert_status(503);
	assert_string_equal(t.resp->outcome.slug, "sp.provider.down");
}

static void each_service_has_the_routes_of_its_protocol_alone(void **state)
{
	(void)state;
	ask(HTTP_GET, "/saml/metadata", NULL, false);
	assert_status(200);
	assert_true(str_eq(t.resp->content_type, STR("application/samlmetadata+xml")));
	assert_true(shows("entityID=\"" ENTITY "\"") && shows("Location=\"" ACS "\"") && shows("Location=\"" SLO "\""));
	ask(HTTP_POST, "/logout/backchannel", "logout_token=a.b.c", true);
	assert_status(404);
	kit_stop();
	kit_start(false);
	ask(HTTP_GET, "/saml/metadata", NULL, false);
	assert_status(404);
	ask(HTTP_GET, "/saml/slo?SAMLRequest=x", NULL, false);
	assert_status(404);
}

static void sessions_and_used_answers_survive_a_restart(void **state)
{
	const char *form = answer_to_login();

	(void)state;
	ask(HTTP_POST, "/retour", form, true);
	assert_status(303);
	kit_stop();
	kit_start(true);
	ask(HTTP_GET, "/", NULL, false);
	assert_status(200);
	ask(HTTP_POST, "/retour", form, true);
	assert_status(403);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_citizen_signs_in_by_a_post_from_the_provider),
		TEST(a_reload_of_the_answer_starts_nothing_and_ends_nothing),
		TEST(an_answer_in_another_browser_signs_nobody_in),
		TEST(a_citizen_signs_out_here_and_hears_when_it_is_done_everywhere),
		TEST(the_provider_ends_the_session_without_a_cookie_of_ours),
		TEST(an_order_of_somebody_else_ends_nothing),
		TEST(an_absent_provider_has_a_page_of_its_own),
		TEST(each_service_has_the_routes_of_its_protocol_alone),
		TEST(sessions_and_used_answers_survive_a_restart),
	};

	return cmocka_run_group_tests_name("kit_saml", tests, NULL, NULL);
}
