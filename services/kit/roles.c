/* roles.c - libguichet-sp's hooks, done by the daemon's reader, signer and http courier. */
#include "services/kit/kit_impl.h"
#include "base/clock.h"
#include "wire/ipc/check.h"
#include "wire/ipc/fetch.h"

enum { CHECK_MS = 5000, SIGN_MS = 5000, COURIER_MS = 500 };

static struct err check(struct kit *k, struct arena *a, const struct sp_check_ask *ask, struct sp_token *ret_token)
{
	struct check_jws question = { str_from_c(ask->token), str_from_c(ask->jwks), str_from_c(ask->algs), str_from_c(ask->typ) };
	struct check_claims claims = { 0 };

	TRY(engine_call(k->engine, a, clock_mono_ms() + CHECK_MS, ROLE_READER, CHECK_JWS, ipc_check_jws_io, &question,
		ipc_check_claims_io, &claims));
	sp_token_of(a, &claims, ret_token);
	return NO_ERR;
}

struct sp_result kit_check_hook(void *kit, struct sp_scope *s, const struct sp_check_ask *ask, struct sp_token *ret_token)
{
	return sp_result_of(check(kit, sp_arena_of(s), ask, ret_token));
}

struct sp_result kit_check_saml_hook(void *kit, struct sp_scope *s, const struct sp_question *q)
{
	struct kit *k = kit;

	return sp_result_of(engine_call(k->engine, sp_arena_of(s), clock_mono_ms() + CHECK_MS, ROLE_READER, q->type, q->put, q->request,
		q->get, q->ret_reply));
}

struct sp_result kit_sign_hook(void *kit, struct sp_scope *s, const struct sp_question *q)
{
	struct kit *k = kit;

	return sp_result_of(engine_call(k->engine, sp_arena_of(s), clock_mono_ms() + SIGN_MS, ROLE_SIGNER, q->type, q->put, q->request,
		q->get, q->ret_reply));
}

static struct err fetch(struct kit *k, struct arena *a, const struct sp_fetch_ask *ask, struct sp_fetch_answer *ret_answer)
{
	struct fetch_http question = {
		.url = str_from_c(ask->url), .body = str_from_c(ask->body), .credential = str_from_c(ask->credential),
		.content_type = ask->body ? STR("application/x-www-form-urlencoded") : STR_NONE, .timeout_ms = ask->timeout_ms,
	};
	struct fetch_answer answer = { 0 };

	TRY(engine_call(k->engine, a, clock_mono_ms() + ask->timeout_ms + COURIER_MS, ROLE_COURIER_HTTP, FETCH_HTTP,
		ipc_fetch_http_io, &question, ipc_fetch_answer_io, &answer));
	*ret_answer = (struct sp_fetch_answer){ (int)answer.status, answer.body.p, answer.body.n };
	return NO_ERR;
}

struct sp_result kit_fetch_hook(void *kit, struct sp_scope *s, const struct sp_fetch_ask *ask, struct sp_fetch_answer *ret_answer)
{
	return sp_result_of(fetch(kit, sp_arena_of(s), ask, ret_answer));
}

/* The second door is another partner: its secret is another one. */
struct sp_result kit_agents_fetch_hook(void *kit, struct sp_scope *s, const struct sp_fetch_ask *ask, struct sp_fetch_answer *ret_answer)
{
	struct sp_fetch_ask theirs = *ask;

	if (theirs.credential)
		theirs.credential = "agents";
	return kit_fetch_hook(kit, s, &theirs, ret_answer);
}
