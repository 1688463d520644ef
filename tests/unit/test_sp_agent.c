/* guichet-sp-agent as a partner's program has it: a process of its own, confined, that fetches the provider's
 * metadata, signs our request, and proves the answer; over real sockets, hence at the real time. */
#include "tests/unit/sp_saml_world.h"
#include "base/clock.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
	struct saml_world *saml;
	const char *program;
	int fd;
	char issuer[64], idp[96], folder[64], key[96], certificate[96];
	struct str metadata;
	struct signer *signer;
	struct sp_hooks hooks;
	struct sp_agent *agent;
	struct sp_file_store *files;
	struct sp *sp;
	struct sp_scope *s;
	int64_t now_s;
	unsigned slow_us;              /* before each answer of the provider */
} t;

/* ---- the identity provider: one document, and a signer ---- */

static void *serve(void *arg)
{
	char request[2048], head[128];
	int fd;

	while ((fd = accept(t.fd, NULL, NULL)) >= 0) {
		ssize_t got = read(fd, request, sizeof request);

		usleep(t.slow_us);
		int n = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", t.metadata.n);

		if (got > 0 && (send(fd, head, (size_t)n, MSG_NOSIGNAL) < 0 || send(fd, t.metadata.p, t.metadata.n, MSG_NOSIGNAL) < 0))
			perror("send");
		close(fd);
	}
	return arg;
}

static void provider_start(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof at;
	pthread_t thread;

	t.fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(t.fd, (struct sockaddr *)&at, n), 0);
	assert_int_equal(listen(t.fd, 8), 0);
	assert_int_equal(getsockname(t.fd, (struct sockaddr *)&at, &n), 0);
	snprintf(t.issuer, sizeof t.issuer, "http://127.0.0.1:%d", ntohs(at.sin_port));
	snprintf(t.idp, sizeof t.idp, "%s/saml/metadata", t.issuer);
	assert_int_equal(pthread_create(&thread, NULL, serve, NULL), 0);
	pthread_detach(thread);
}

static struct str metadata(void)
{
	struct sign_saml_endpoint sso = { SIGN_BINDING_REDIRECT, arena_printf(t.saml->a, "%s/saml/sso", t.issuer) };
	struct sign_saml_metadata m = { .role = SIGN_ROLE_IDP, .main = &sso, .main_n = 1 };

	return saml_written(t.saml, t.signer, SIGN_SAML_METADATA, ipc_sign_saml_metadata_io, &m).text;
}

/* ---- the partner ---- */

static void file_write(char *path, size_t n, const char *name, struct str text)
{
	snprintf(path, n, "%s/%s", t.folder, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text.p, 1, text.n, f), text.n);
	fclose(f);
}

static struct sp_agent_options options(void)
{
	return (struct sp_agent_options){
		.program = t.program, .issuer = t.issuer, .entity_id = ENTITY, .saml_key_file = t.key,
		.saml_certificate_file = t.certificate,
	};
}

static int set_up(void **state)
{
	const char *program = t.program;

	memset(&t, 0, sizeof t);
	t.program = program;
	assert_int_equal(saml_setup(state), 0);
	t.saml = *state;
	t.now_s = clock_wall_s();
	provider_start();
	t.signer = saml_signer_at(t.saml, SIGN_ROLE_IDP, t.idp, idp_key, clock_wall_s);
	t.metadata = metadata();
	snprintf(t.folder, sizeof t.folder, "/tmp/test-sp-agent-XXXXXX");
	assert_non_null(mkdtemp(t.folder));
	file_write(t.key, sizeof t.key, "TEST-ONLY-saml.key", saml_key_pem(t.saml, other_key));
	file_write(t.certificate, sizeof t.certificate, "saml.pem", saml_certificate_pem(t.saml, other_key));

	struct sp_agent_options o = options();
	struct sp_config c = {
		.issuer = t.issuer, .redirect_uri = ACS, .seal_key = "TEST-ONLY-0123456789abcdef0123456789abcdef", .seal_key_n = 42,
		.protocol = SP_SAML, .entity_id = ENTITY,
	};
	assert_int_equal(sp_agent_start(&o, &t.hooks, &t.agent).kind, SP_OK);
	assert_int_equal(sp_file_store_open(t.folder, &t.hooks, &t.files).kind, SP_OK);
	assert_int_equal(sp_create(&c, &t.hooks, &t.sp).kind, SP_OK);
	t.s = sp_scope_create();
	return 0;
}

static int tear_down(void **state)
{
	char command[96];

	sp_scope_destroy(t.s);
	sp_destroy(t.sp);
	sp_file_store_close(t.files);
	sp_agent_stop(t.agent);
	shutdown(t.fd, SHUT_RDWR);
	close(t.fd);
	snprintf(command, sizeof command, "rm -r %s", t.folder);
	return system(command) + saml_teardown(state);
}

/* ---- what it answers ---- */

/* The identifier of the request that the browser carries in that address. */
static const char *request_id(const char *url)
{
	struct check_saml q = { .binding = CHECK_REDIRECT, .message = str_from_c(strchr(url, '?') + 1), .roots = SAML_ROOT(SAML_AUTHN_REQUEST) };
	struct check_saml_result got = { 0 };
	struct sp_question question = { CHECK_SAML, ipc_check_saml_io, &q, ipc_check_saml_result_io, &got };

	assert_int_equal(t.hooks.check_saml(t.hooks.self, t.s, &question).kind, SP_OK);
	assert_true(got.carries_signature);
	return arena_c(t.saml->a, got.message.head.id);
}

static const char *answer(const char *id, const char *state)
{
	struct sign_saml_response r = {
		.status = SIGN_STATUS_SUCCESS, .destination = STR(ACS), .in_response_to = str_from_c(id), .issued_at_s = t.now_s,
		.audience = STR(ENTITY), .subject = { .kind = SIGN_NAME_ID_PERSISTENT, .who.alias = STR(SUBJECT) },
		.authn_context = STR(PASSWORD_CONTEXT), .expires_at_s = t.now_s + 120, .authn_instant_s = t.now_s - 20,
	};

	return saml_form(t.saml, "SAMLResponse",
		saml_written(t.saml, t.signer, SIGN_SAML_RESPONSE, ipc_sign_saml_response_io, &r).text, state);
}

static void a_partner_signs_in_by_saml_through_the_agent(void **state)
{
	struct sp_login_options o = { .return_to = "/chalets" };
	struct sp_login login;
	struct sp_identity id;
	char relay[64];
	const char *form;

	(void)state;
	assert_int_equal(sp_login_start(t.sp, t.s, &o, t.now_s, &login).kind, SP_OK);
	query_value(login.url, "RelayState", relay, sizeof relay);
	form = answer(request_id(login.url), relay);
	assert_int_equal(sp_login_finish(t.sp, t.s, form, login.cookie.value, t.now_s, &id).kind, SP_OK);
	assert_string_equal(id.subject, SUBJECT);
	assert_string_equal(id.return_to, "/chalets");
	assert_refused(sp_login_finish(t.sp, t.s, form, login.cookie.value, t.now_s, &id), "sp.state.used");
}

static void the_agent_refuses_what_another_key_signed(void **state)
{
	struct sp_login_options o = { 0 };
	struct sp_login login;
	struct sp_identity id;
	char relay[64];

	(void)state;
	assert_int_equal(sp_login_start(t.sp, t.s, &o, t.now_s, &login).kind, SP_OK);
	query_value(login.url, "RelayState", relay, sizeof relay);
	t.signer = saml_signer_at(t.saml, SIGN_ROLE_IDP, t.idp, other_key, clock_wall_s);
	assert_refused(sp_login_finish(t.sp, t.s, answer(request_id(login.url), relay), login.cookie.value, t.now_s, &id), "sp.assertion.signature");
}

static void the_agent_signs_what_a_service_says_and_no_more(void **state)
{
	struct sign_saml_response r = { .status = SIGN_STATUS_RESPONDER, .destination = STR(ACS), .issued_at_s = t.now_s };
	struct sign_id_token token = { .audience = STR("chalets") };
	struct sign_saml_message out = { 0 };
	struct sp_question response = { SIGN_SAML_RESPONSE, ipc_sign_saml_response_io, &r, ipc_sign_saml_message_io, &out };
	struct sp_question id_token = { SIGN_ID_TOKEN, ipc_sign_id_token_io, &token, ipc_sign_saml_message_io, &out };
	const char *xml = NULL;

	(void)state;
	assert_int_equal(sp_metadata(t.sp, t.s, t.now_s, &xml).kind, SP_OK);
	assert_non_null(strstr(xml, "entityID=\"" ENTITY "\""));
	assert_refused(t.hooks.sign(t.hooks.self, t.s, &response), "sign.lint.saml.role");
	assert_refused(t.hooks.sign(t.hooks.self, t.s, &id_token), "agent.frame");
}

static void an_agent_without_its_key_answers_nothing(void **state)
{
	struct sp_agent_options o = options();
	struct sp_hooks hooks = { 0 };
	struct sp_agent *agent = NULL;
	struct sp_result r;

	(void)state;
	o.saml_key_file = "/nowhere/saml.key";
	assert_int_equal(sp_agent_start(&o, &hooks, &agent).kind, SP_OK);
	struct check_metadata q = { t.metadata };
	struct check_metadata_result got = { 0 };
	struct sp_question question = { CHECK_METADATA, ipc_check_metadata_io, &q, ipc_check_metadata_result_io, &got };
	r = hooks.check_saml(hooks.self, t.s, &question);
	assert_int_equal(r.kind, SP_BUSY);
	sp_agent_stop(agent);
	o = options();
	o.saml_key_file = NULL;
	hooks = (struct sp_hooks){ 0 };
	assert_int_equal(sp_agent_start(&o, &hooks, &agent).kind, SP_OK);
	assert_null(hooks.sign);
	sp_agent_stop(agent);
}

/* ---- processes ---- */

/* An agent that runs `line` of the shell before it begins. */
static void start_behind(const char *line, struct sp_hooks *hooks, struct sp_agent **ret_agent)
{
	struct sp_agent_options o = options();
	char script[96], *program = realpath(t.program, NULL);

	file_write(script, sizeof script, "agent.sh", arena_printf(t.saml->a, "#!/bin/sh\ncd %s\n%s\nexec %s \"$@\"\n", t.folder, line, program));
	free(program);
	assert_int_equal(chmod(script, 0700), 0);
	o.program = script;
	assert_int_equal(sp_agent_start(&o, hooks, ret_agent).kind, SP_OK);
}

static struct str file_read(const char *name)
{
	char path[96], *text = arena_alloc(t.saml->a, 4096);
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", t.folder, name);
	f = fopen(path, "r");
	assert_non_null(f);
	size_t n = fread(text, 1, 4095, f);
	fclose(f);
	return (struct str){ text, n };
}

static bool answers(const struct sp_hooks *hooks)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct check_metadata q = { t.metadata };
	struct check_metadata_result got = { 0 };
	struct sp_question question = { CHECK_METADATA, ipc_check_metadata_io, &q, ipc_check_metadata_result_io, &got };

	return hooks->check_saml(hooks->self, sp_scope_of(a), &question).kind == SP_OK && got.ok;
}

static void a_forked_process_has_an_agent_of_its_own(void **state)
{
	struct sp_hooks hooks = { 0 };
	struct sp_agent *agent = NULL;
	int status = -1;
	pid_t child;

	(void)state;
	start_behind("echo x >> starts", &hooks, &agent);
	assert_true(answers(&hooks));
	child = fork();
	if (child == 0)
		_exit(answers(&hooks) ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_true(answers(&hooks));
	assert_int_equal(file_read("starts").n, strlen("x\nx\n"));
	sp_agent_stop(agent);
}

/* Many servers reap every child that ends, whoever started it. */
static void an_agent_that_died_and_was_reaped_is_started_again(void **state)
{
	struct sp_hooks hooks = { 0 };
	struct sp_agent *agent = NULL;
	int64_t pid = 0;

	(void)state;
	start_behind("printf $$ > pid", &hooks, &agent);
	assert_true(answers(&hooks));
	assert_false(failed(str_to_i64(file_read("pid"), INT32_MAX, &pid)));
	assert_int_equal(kill((pid_t)pid, SIGKILL), 0);
	assert_int_equal(waitpid((pid_t)pid, NULL, 0), pid);
	assert_true(answers(&hooks));
	sp_agent_stop(agent);
}

/* A process that reads strangers' bytes gets nothing of the partner's that was left open. */
static void the_agent_inherits_no_file_of_the_partner(void **state)
{
	struct sp_hooks hooks = { 0 };
	struct sp_agent *agent = NULL;
	char path[96];
	struct str list;
	int fd;

	(void)state;
	file_write(path, sizeof path, "partner.db", STR("x"));
	fd = open(path, O_RDONLY);             /* not close-on-exec, as many programs and libraries leave theirs */
	assert_true(fd >= 0);
	start_behind("/bin/ls -l /proc/$$/fd > descriptors", &hooks, &agent);
	assert_true(answers(&hooks));
	list = file_read("descriptors");
	assert_non_null(memmem(list.p, list.n, "socket:", 7));
	assert_null(memmem(list.p, list.n, "partner.db", 10));
	close(fd);
	sp_agent_stop(agent);
}

/* ---- many at once ---- */

static struct sp_result fetch_within(int64_t timeout_ms)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct sp_fetch_ask ask = { .url = t.idp, .timeout_ms = timeout_ms };
	struct sp_fetch_answer got;

	return t.hooks.fetch(t.hooks.self, sp_scope_of(a), &ask, &got);
}

static void *fetch_slowly(void *arg)
{
	*(struct sp_result *)arg = fetch_within(5000);
	return arg;
}

static void who_waits_in_vain_does_not_end_the_agent(void **state)
{
	struct sp_result slow;
	pthread_t thread;

	(void)state;
	t.slow_us = 1500000;
	assert_int_equal(pthread_create(&thread, NULL, fetch_slowly, &slow), 0);
	usleep(100000);
	assert_refused(fetch_within(50), "sp.agent.busy");
	pthread_join(thread, NULL);
	assert_int_equal(slow.kind, SP_OK);
	t.slow_us = 0;
	assert_int_equal(fetch_within(5000).kind, SP_OK);
}

int main(int argc, char **argv)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_partner_signs_in_by_saml_through_the_agent),
		TEST(the_agent_refuses_what_another_key_signed),
		TEST(the_agent_signs_what_a_service_says_and_no_more),
		TEST(an_agent_without_its_key_answers_nothing),
		TEST(a_forked_process_has_an_agent_of_its_own),
		TEST(an_agent_that_died_and_was_reaped_is_started_again),
		TEST(the_agent_inherits_no_file_of_the_partner),
		TEST(who_waits_in_vain_does_not_end_the_agent),
	};

	t.program = argc > 1 ? argv[1] : NULL;
	return cmocka_run_group_tests_name("sp_agent", tests, NULL, NULL);
}
