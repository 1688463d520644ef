/* SPDX-License-Identifier: Apache-2.0
 *
 * agent_client.c - guichet-sp-agent from the library's side: start it, ask it, start it again.
 *
 * One socket, one question at a time; the agent exits when the socket closes. Its standard input
 * is that socket, so that it needs no agreement on descriptors. */
#include "sp-lib/sp.h"
#include "base/clock.h"
#include "wire/ipc/check.h"
#include "wire/ipc/fetch.h"
#include "wire/ipc/helper.h"
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SP_AGENT_PROGRAM
#define SP_AGENT_PROGRAM "guichet-sp-agent"
#endif

enum { CHECK_TIMEOUT_MS = 5000, ARGS = 20 };

struct sp_agent {
	pthread_mutex_t lock;
	struct arena *arena;
	const char *argv[ARGS];
	char *buffer;
	pid_t owner;                   /* the process that started it */
	int process, fd;               /* process: a pidfd. -1: no agent */
	uint32_t seq;
};

static void close_both(struct sp_agent *g)
{
	if (g->fd >= 0)
		close(g->fd);
	if (g->process >= 0)
		close(g->process);
	g->fd = g->process = -1;
}

/* By descriptor, never by number: a partner's program that reaps all of its children leaves numbers behind that
 * are somebody else's by the time we signal or wait. */
static void agent_end(struct sp_agent *g, bool now)
{
	if (g->process >= 0 && now)
		(void)pidfd_send_signal(g->process, SIGKILL, NULL, 0);
	if (g->fd >= 0)
		close(g->fd);
	g->fd = -1;
	if (g->process >= 0)
		while (waitid(P_PIDFD, (id_t)g->process, NULL, WEXITED) < 0 && errno == EINTR)
			;
	close_both(g);
}

static MUST struct err agent_spawn(struct sp_agent *g)
{
	static char *const no_environment[] = { NULL };
	posix_spawn_file_actions_t actions;
	int fds[2], failed_with;
	pid_t pid;

	TRY(frame_pair(fds));
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[1], 0);
	/* What the partner's program has open is not for a process that reads strangers' documents. */
	posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
	failed_with = posix_spawn(&pid, g->argv[0], &actions, NULL, (char *const *)g->argv, no_environment);
	posix_spawn_file_actions_destroy(&actions);
	close(fds[1]);
	if (failed_with != 0) {
		close(fds[0]);
		return err_of(BROKEN, "sp.agent.start");
	}
	g->fd = fds[0];
	g->process = pidfd_open(pid, 0);
	g->owner = getpid();
	return NO_ERR;
}

/* After a fork() two processes would read one socket, and each might take the other's answer for its own: the
 * claims of one citizen's token for those of another's. */
static void leave_parents(struct sp_agent *g)
{
	if (g->owner != getpid())
		close_both(g);
}

static MUST struct err ask_once(struct sp_agent *g, struct arena *a, uint16_t type, frame_io_fn *put, const void *request,
	frame_io_fn *get, void *ret_reply, int64_t deadline_ms)
{
	struct ipc_refusal refusal = { 0 };
	struct frame f;
	char *copy;

	if (g->fd < 0)
		TRY(agent_spawn(g));
	g->seq++;
	TRY(frame_send(g->fd, type, g->seq, put, request, deadline_ms));
	TRY(frame_recv(g->fd, g->buffer, deadline_ms, &f));
	copy = f.seq == g->seq ? arena_try(a, f.body.n + 1) : NULL;
	if (!copy) {
		frame_close_fds(&f);
		return err_of(BUSY, "sp.agent.answer");
	}
	memcpy(copy, f.body.p, f.body.n);
	f.body.p = copy;
	if (f.type == HELPER_OK)
		return frame_read(&f, a, get, ret_reply);
	TRY(frame_read(&f, a, ipc_refusal_io, &refusal));
	return ipc_refusal_err(&refusal);
}

/* After a failure of the connection (not a refusal) the next question finds a new agent. */
static bool is_connection(struct err e)
{
	struct str slug = str_from_c(e.slug);

	return str_starts(slug, STR("frame.")) || str_eq_c(slug, "sp.agent.answer");
}

/* A call may wait for its turn as long as for its answer, but the answer's time begins with the question: whoever
 * had waited too long would find no time left, and end an agent that has done nothing wrong. */
static MUST struct err turn_take(struct sp_agent *g, int64_t timeout_ms)
{
	int64_t until_ms = clock_mono_ms() + timeout_ms;
	struct timespec until = { .tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000 };

	ENSURE(pthread_mutex_clocklock(&g->lock, CLOCK_MONOTONIC, &until) == 0, BUSY, "sp.agent.busy");
	return NO_ERR;
}

static MUST struct err ask_in_turn(struct sp_agent *g, struct arena *a, uint16_t type, frame_io_fn *put, const void *request,
	frame_io_fn *get, void *ret_reply, int64_t deadline_ms, bool may_repeat)
{
	struct err e;

	leave_parents(g);
	e = ask_once(g, a, type, put, request, get, ret_reply, deadline_ms);
	if (!failed(e) || !is_connection(e))
		return e;
	agent_end(g, true);
	ENSURE(may_repeat && clock_mono_ms() < deadline_ms, BUSY, "sp.agent.gone");
	return ask_once(g, a, type, put, request, get, ret_reply, deadline_ms);
}

static MUST struct err ask(struct sp_agent *g, struct arena *a, uint16_t type, frame_io_fn *put, const void *request,
	frame_io_fn *get, void *ret_reply, int64_t timeout_ms, bool may_repeat)
{
	TRY(turn_take(g, timeout_ms));
	struct err e = ask_in_turn(g, a, type, put, request, get, ret_reply, clock_mono_ms() + timeout_ms, may_repeat);
	pthread_mutex_unlock(&g->lock);
	return e;
}

static MUST struct err check(struct sp_agent *g, struct arena *a, const struct sp_check_ask *q, struct sp_token *ret_token)
{
	struct check_jws question = { str_from_c(q->token), str_from_c(q->jwks), str_from_c(q->algs), str_from_c(q->typ) };
	struct check_claims claims = { 0 };

	TRY(ask(g, a, CHECK_JWS, ipc_check_jws_io, &question, ipc_check_claims_io, &claims, CHECK_TIMEOUT_MS, true));
	sp_token_of(a, &claims, ret_token);
	return NO_ERR;
}

static struct sp_result check_hook(void *self, struct sp_scope *s, const struct sp_check_ask *q, struct sp_token *ret_token)
{
	return sp_result_of(check(self, sp_arena_of(s), q, ret_token));
}

/* For check_saml and sign alike: the agent knows by the frame's type who in it answers. */
static struct sp_result question_hook(void *self, struct sp_scope *s, const struct sp_question *q)
{
	return sp_result_of(ask(self, sp_arena_of(s), q->type, q->put, q->request, q->get, q->ret_reply, CHECK_TIMEOUT_MS, true));
}

static MUST struct err fetch(struct sp_agent *g, struct arena *a, const struct sp_fetch_ask *q, struct sp_fetch_answer *ret_answer)
{
	struct fetch_http question = {
		.url = str_from_c(q->url), .body = str_from_c(q->body), .credential = str_from_c(q->credential),
		.content_type = q->body ? STR("application/x-www-form-urlencoded") : STR_NONE, .timeout_ms = q->timeout_ms,
	};
	struct fetch_answer answer = { 0 };

	/* A code is good once: a question that may have arrived is not asked again. */
	TRY(ask(g, a, FETCH_HTTP, ipc_fetch_http_io, &question, ipc_fetch_answer_io, &answer, q->timeout_ms + 1000, !q->body));
	*ret_answer = (struct sp_fetch_answer){ (int)answer.status, arena_c(a, answer.body), answer.body.n };
	return NO_ERR;
}

static struct sp_result fetch_hook(void *self, struct sp_scope *s, const struct sp_fetch_ask *q, struct sp_fetch_answer *ret_answer)
{
	return sp_result_of(fetch(self, sp_arena_of(s), q, ret_answer));
}

static void add(struct sp_agent *g, size_t *n, const char *option, const char *value)
{
	if (!value || !value[0])
		return;
	g->argv[(*n)++] = option;
	g->argv[(*n)++] = arena_c(g->arena, str_from_c(value));
}

struct sp_result sp_agent_start(const struct sp_agent_options *o, struct sp_hooks *hooks, struct sp_agent **ret_agent)
{
	struct sp_agent *g = calloc(1, sizeof *g);
	size_t n = 1;

	if (!g || !(g->buffer = malloc(FRAME_MAX)))
		abort();
	pthread_mutex_init(&g->lock, NULL);
	g->arena = arena_create(65536);
	g->fd = g->process = -1;
	g->argv[0] = arena_c(g->arena, str_from_c(o->program && o->program[0] ? o->program : SP_AGENT_PROGRAM));
	add(g, &n, "--issuer", o->issuer);
	add(g, &n, "--ca-file", o->ca_file);
	add(g, &n, "--client-id", o->client_id);
	add(g, &n, "--client-secret-file", o->client_secret_file);
	add(g, &n, "--entity-id", o->entity_id);
	add(g, &n, "--saml-key", o->saml_key_file);
	add(g, &n, "--saml-certificate", o->saml_certificate_file);

	struct err e = agent_spawn(g);
	if (failed(e)) {
		sp_agent_stop(g);
		return sp_result_of(e);
	}
	hooks->check = check_hook;
	hooks->fetch = fetch_hook;
	if (o->saml_key_file && o->saml_key_file[0])
		hooks->check_saml = hooks->sign = question_hook;
	hooks->self = g;
	*ret_agent = g;
	return sp_result_of(NO_ERR);
}

void sp_agent_stop(struct sp_agent *g)
{
	if (!g)
		return;
	leave_parents(g);
	agent_end(g, false);
	pthread_mutex_destroy(&g->lock);
	arena_destroy(g->arena);
	free(g->buffer);
	free(g);
}
