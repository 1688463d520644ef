/* elections_world.c - see elections_world.h. */
#include "tests/unit/elections_world.h"
#include "wire/ipc/check.h"

enum { ROLES = 4 };

struct elections_world w;
const struct kit_service *world_service = &elections_service;
bool on_postgresql, world_agents;
void (*world_old_store)(struct str url);

/* ---- the reader and the courier ---- */

static MUST struct err write_reply(struct arena *a, frame_io_fn *fn, const void *reply, struct str *ret_body)
{
	char *p = arena_alloc(a, FRAME_MAX);
	size_t n = 0;

	TRY(frame_write_body(fn, reply, p, FRAME_MAX - FRAME_HEAD, &n));
	*ret_body = (struct str){ p, n };
	return NO_ERR;
}

static const char *client(void)
{
	return w.roles ? "elections-agents" : "elections";
}

static MUST struct err read_token(struct arena *a, struct str *ret_body)
{
	struct check_claim id_token[ROLES + 11] = {
		{ STR("iss"), CHECK_TEXT, STR(ISSUER), 0 }, { STR("aud"), CHECK_TEXT, str_from_c(client()), 0 },
		{ STR("sub"), CHECK_TEXT, str_from_c(w.subject), 0 }, { STR("exp"), CHECK_NUMBER, STR_NONE, w.now_s + 300 },
		{ STR("iat"), CHECK_NUMBER, STR_NONE, w.now_s }, { STR("nonce"), CHECK_TEXT, str_from_c(w.nonce), 0 },
		{ STR("sid"), CHECK_TEXT, w.roles ? STR("sid-2") : STR("sid-1"), 0 }, { STR("given_name"), CHECK_TEXT, str_from_c(w.given_name), 0 },
		{ STR("family_name"), CHECK_TEXT, STR("Moreau"), 0 }, { STR("birthdate"), CHECK_TEXT, STR("1954-03-12"), 0 },
		{ STR("acr"), CHECK_TEXT, str_from_c(w.acr ? w.acr : w.roles ? "f2" : "f1"), 0 },
	};
	struct str roles = str_from_c(w.roles), role;
	size_t n = 11;
	struct check_claim order[] = {
		{ STR("iss"), CHECK_TEXT, STR(ISSUER), 0 }, { STR("aud"), CHECK_TEXT, str_from_c(client()), 0 },
		{ STR("iat"), CHECK_NUMBER, STR_NONE, w.now_s }, { STR("exp"), CHECK_NUMBER, STR_NONE, w.now_s + 120 },
		{ STR("jti"), CHECK_TEXT, STR("order-1"), 0 }, { STR("sid"), CHECK_TEXT, str_from_c(w.order_sid ? w.order_sid : "sid-1"), 0 },
		{ STR("events"), CHECK_OBJECT, STR("{\"http://schemas.openid.net/event/backchannel-logout\":{}}"), 0 },
	};
	while (roles.n && str_split(&roles, ' ', &role))
		id_token[n++] = (struct check_claim){ STR("roles"), CHECK_LIST, role, 0 };
	struct check_claims claims = w.logout_order
		? (struct check_claims){ STR("ES256"), STR("k"), STR("logout+jwt"), order, sizeof order / sizeof *order }
		: (struct check_claims){ STR("ES256"), STR("k"), STR("JWT"), id_token, n };

	return write_reply(a, ipc_check_claims_io, &claims, ret_body);
}

static void copy(char *out, size_t n, struct str s)
{
	assert_true(s.n < n);
	snprintf(out, n, STR_FMT, STR_ARG(s));
}

static struct err take_mail(struct arena *a, uint16_t type, struct str body)
{
	struct fetch_mail m;

	assert_int_equal(type, FETCH_MAIL);
	assert_false(failed(frame_read_body(body, a, ipc_fetch_mail_io, &m)));
	w.mail.asked++;
	if (failed(w.mail.answer))
		return w.mail.answer;
	w.mail.taken++;
	copy(w.mail.to, sizeof w.mail.to, m.to);
	copy(w.mail.subject, sizeof w.mail.subject, m.subject);
	copy(w.mail.text, sizeof w.mail.text, m.text);
	return NO_ERR;
}

static struct err helper(void *self, struct arena *a, enum boot_role role, uint16_t type, struct str body, struct str *ret_body)
{
	struct fetch_http f;
	struct fetch_answer answer = { .status = 200, .content_type = STR("application/json") };

	(void)self;
	arena_set_ceiling(a, ARENA);        /* frames of processes do not lie in the request's arena */
	if (role == ROLE_READER && type == CHECK_JWS)
		return read_token(a, ret_body);
	if (role == ROLE_COURIER_MAIL)
		return take_mail(a, type, body);
	assert_int_equal(role, ROLE_COURIER_HTTP);
	TRY(frame_read_body(body, a, ipc_fetch_http_io, &f));
	ENSURE(!w.provider_down, BUSY, "fetch.gone");
	if (str_ends(f.url, STR("/.well-known/openid-configuration")))
		answer.body = STR("{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":\"" ISSUER "/authorize\",\"token_endpoint\":\"" ISSUER
			"/token\",\"jwks_uri\":\"" ISSUER "/jwks\",\"end_session_endpoint\":\"" ISSUER "/logout\"}");
	else if (str_ends(f.url, STR("/jwks")))
		answer.body = STR("{\"keys\":[]}");
	else
		answer.body = STR("{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"id_token\":\"a.b.c\"}");
	return write_reply(a, ipc_fetch_answer_io, &answer, ret_body);
}

/* ---- browsers ---- */

static void jar_take(struct browser *b, struct str line)
{
	struct str name = str_slice(line, 0, str_index(line, '='));
	struct str value = str_slice(line, name.n + 1, str_index(line, ';'));
	size_t at = 0;

	while (at < JAR && b->jar[at].name[0] && !str_eq_c(name, b->jar[at].name))
		at++;
	assert_true(at < JAR && name.n < sizeof b->jar[at].name && value.n < sizeof b->jar[at].value);
	snprintf(b->jar[at].name, sizeof b->jar[at].name, STR_FMT, STR_ARG(name));
	snprintf(b->jar[at].value, sizeof b->jar[at].value, STR_FMT, STR_ARG(value));
}

const char *jar_value(const struct browser *b, const char *name)
{
	for (size_t i = 0; i < JAR; i++)
		if (strcmp(b->jar[i].name, name) == 0)
			return b->jar[i].value;
	return "";
}

void jar_drop(struct browser *b, const char *name)
{
	for (size_t i = 0; i < JAR; i++)
		if (strcmp(b->jar[i].name, name) == 0)
			b->jar[i].value[0] = 0;
}

struct str header(const struct browser *b, const char *name)
{
	for (size_t i = 0; i < b->resp->header_n; i++)
		if (str_eq_c(b->resp->headers[i].name, name))
			return b->resp->headers[i].value;
	return STR_NONE;
}

void ask(struct browser *b, enum http_method method, const char *url, const char *form)
{
	struct arena *a = arena_create(ARENA);
	struct http_req *req = arena_new(a, struct http_req);
	struct str whole = str_from_c(url);
	size_t mark = str_index(whole, '?');

	arena_destroy(b->arena);
	b->arena = a;
	*req = (struct http_req){ .arena = a, .now_s = w.now_s, .deadline_ms = INT64_MAX, .id = STR("0123456789abcdef"),
		.method = method, .listener = HTTP_PUBLIC, .lang = w.lang,
		.source = str_from_c(w.source ? w.source : "192.0.2.1") };
	req->path = arena_dup(a, str_slice(whole, 0, mark));
	req->raw_query = arena_dup(a, str_slice(whole, mark + 1, whole.n));
	if (req->raw_query.n)
		assert_false(failed(http_parse_pairs(a, req->raw_query, 32, STR_NONE, &req->query)));
	if (form)
		assert_false(failed(http_parse_pairs(a, arena_dup(a, str_from_c(form)), 32, w.multi_line, &req->form)));
	req->cookies.v = arena_array(a, struct http_pair, JAR);
	for (size_t i = 0; i < JAR; i++)
		if (b->jar[i].value[0])
			req->cookies.v[req->cookies.n++] = (struct http_pair){ str_from_c(b->jar[i].name), str_from_c(b->jar[i].value) };
	b->resp = engine_answer(kit_engine(w.kit), req);
	for (size_t i = 0; i < b->resp->header_n; i++)
		if (str_eq(b->resp->headers[i].name, STR("set-cookie")))
			jar_take(b, b->resp->headers[i].value);
}

bool shows(const struct browser *b, const char *text)
{
	return b->resp->body.p && memmem(b->resp->body.p, b->resp->body.n, text, strlen(text));
}

void assert_status(const struct browser *b, int status)
{
	if (b->resp->status != status)
		fail_msg("status %d (%s), expected %d", b->resp->status, b->resp->outcome.slug ? b->resp->outcome.slug : "-", status);
}

void part_after(struct str s, const char *mark, char end, char *out, size_t n)
{
	const char *at = memmem(s.p, s.n, mark, strlen(mark));

	assert_non_null(at);
	at += strlen(mark);
	struct str rest = { at, s.n - (size_t)(at - s.p) };
	rest = str_slice(rest, 0, str_index(rest, end));
	assert_true(rest.n < n);
	snprintf(out, n, STR_FMT, STR_ARG(rest));
}

void hidden(const struct browser *b, const char *name, char *out, size_t n)
{
	char mark[64];

	snprintf(mark, sizeof mark, "name=\"%s\" value=\"", name);
	part_after(b->resp->body, mark, '"', out, n);
}

void sign_in(struct browser *b, const char *subject, const char *given_name, const char *path)
{
	char state[64], url[512];

	w.subject = subject;
	w.given_name = given_name;
	snprintf(url, sizeof url, "/connexion?retour=%s", path);
	ask(b, HTTP_GET, url, NULL);
	assert_status(b, 303);
	part_after(header(b, "location"), "&state=", '&', state, sizeof state);
	part_after(header(b, "location"), "&nonce=", '&', w.nonce, sizeof w.nonce);
	snprintf(url, sizeof url, "/retour?code=c0de&state=%s&iss=https%%3A%%2F%%2Fcompte.ville.example", state);
	ask(b, HTTP_GET, url, NULL);
	assert_status(b, 303);
}


void agent_comes(struct browser *b, const char *subject, const char *roles, const char *path)
{
	char state[64], url[512];

	w.subject = subject;
	w.given_name = "Agnès";
	w.roles = roles;
	snprintf(url, sizeof url, "/agents/connexion?retour=%s", path);
	ask(b, HTTP_GET, url, NULL);
	assert_status(b, 303);
	part_after(header(b, "location"), "&state=", '&', state, sizeof state);
	part_after(header(b, "location"), "&nonce=", '&', w.nonce, sizeof w.nonce);
	snprintf(url, sizeof url, "/agents/retour?code=c0de&state=%s&iss=https%%3A%%2F%%2Fcompte.ville.example", state);
	ask(b, HTTP_GET, url, NULL);
	w.roles = NULL;
}

void agent_in(struct browser *b, const char *subject, const char *roles)
{
	agent_comes(b, subject, roles, "%2Fagents");
	assert_status(b, 200);
}

void filled_form(struct browser *b, const char *answers, char *out, size_t n)
{
	char form_id[512], csrf[512];

	ask(b, HTTP_GET, "/inscription", NULL);
	assert_status(b, 200);
	hidden(b, "form_id", form_id, sizeof form_id);
	hidden(b, "csrf", csrf, sizeof csrf);
	snprintf(out, n, "form_id=%s&csrf=%s&%s", form_id, csrf, answers);
}

struct count { const char *sql; int64_t n; };

static struct err count_tx(struct store_tx *tx, void *arg)
{
	struct count *c = arg;
	struct store_row row;

	TRY(store_one(tx, c->sql, &row));
	c->n = row_int(&row, 0);
	return NO_ERR;
}

int64_t rows(const char *sql)
{
	struct count c = { sql, -1 };

	assert_false(failed(store_read(kit_store(w.kit), count_tx, &c)));
	return c.n;
}

static void new_store(char *ret_url, size_t n)
{
	static int number;

	if (on_postgresql)
		test_pg_database(++number, ret_url, n);
	else
		snprintf(ret_url, n, "sqlite:%s/elections.db", w.dir);
}

static int set_up(bool mail)
{
	static char url[256];
	struct kit_settings s = {
		.public_url = STR(HERE), .issuer = STR(ISSUER), .client_id = STR("elections"), .agents_client_id = world_agents ? STR("elections-agents") : STR_NONE,
		.seal_key = STR("TEST-ONLY-0123456789abcdef0123456789abcdef"), .service_name = STR("Élections"),
		.service_contact = STR("02 40 00 00 01"), .town_name = STR("Ville de Sérigny"), .town_phone = STR("02 40 00 00 00"), .threads = 64, .mail = mail,
	};

	memset(&w, 0, sizeof w);
	w.now_s = NOON;
	snprintf(w.dir, sizeof w.dir, "/tmp/test-elections-XXXXXX");
	assert_non_null(mkdtemp(w.dir));
	new_store(url, sizeof url);
	s.store_url = str_from_c(url);
	if (world_old_store)
		world_old_store(s.store_url);
	struct err e = kit_create(world_service, &s, &w.kit);
	if (failed(e))
		fail_msg("kit_create: %s", e.slug);
	engine_set_helper(kit_engine(w.kit), helper, NULL);
	return 0;
}

int setup(void **state)
{
	(void)state;
	return set_up(false);
}

int setup_with_mail(void **state)
{
	(void)state;
	return set_up(true);
}

/* An engine lives as long as its process: kept where the leak sanitizer sees it. */
static struct engine *volatile test_engines[128];
static size_t test_engine_n;

int teardown(void **state)
{
	char command[96];

	(void)state;
	test_engines[test_engine_n++ % 128] = kit_engine(w.kit);
	kit_destroy(w.kit);
	snprintf(command, sizeof command, "rm -r %s", w.dir);
	return system(command);
}

void browser_done(struct browser *b)
{
	arena_destroy(b->arena);
	b->arena = NULL;
}
