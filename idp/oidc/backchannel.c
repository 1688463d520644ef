/* backchannel.c - one logout token to one service. Source  OpenID Connect Back-Channel Logout 1.0 */
#include "idp/oidc/oidc_idp.h"
#include "idp/session/logout.h"
#include "idp/oidc/backchannel.h"
#include "base/b64.h"
#include "base/clock.h"
#include "base/ct.h"
#include "wire/ipc/fetch.h"

enum { TOKEN_TTL_S = 120 };

static MUST struct err sign(struct idp *idp, struct arena *a, const struct partner *p, const struct logout_word *w,
	int64_t now_s, int64_t deadline_ms, struct str *ret_jws)
{
	struct sign_token out = { 0 };
	unsigned char jti[16];
	/* The subject that the service knows, as it was issued: an alias of itself. The queue holds no account. */
	struct sign_logout_token t = { .alg = p->alg, .subject = { .sector = p->sector, .alias = w->subject }, .audience = p->id,
		.sid = w->sid, .issued_at_s = now_s, .expires_at_s = now_s + TOKEN_TTL_S };

	random_bytes(jti, sizeof jti);
	t.jti = b64url_encode(a, jti, sizeof jti);
	TRY(engine_call(idp->engine, a, deadline_ms, ROLE_SIGNER, SIGN_LOGOUT_TOKEN, ipc_sign_logout_token_io, &t, ipc_sign_token_io, &out));
	*ret_jws = out.jws;
	return NO_ERR;
}

struct err backchannel_tell(struct idp *idp, struct arena *a, const struct logout_word *w, int64_t now_s, int64_t deadline_ms)
{
	const struct partner *p = partner_find(idp->registry, a, w->client_id);
	struct fetch_answer got = { 0 };
	struct str jws;

	ENSURE(p && p->enabled && p->backchannel_uri.n, ABSENT, "oidc.backchannel.partner");
	TRY(sign(idp, a, p, w, now_s, deadline_ms, &jws));
	struct fetch_http f = { .url = p->backchannel_uri, .content_type = STR("application/x-www-form-urlencoded"),
		.body = arena_printf(a, "logout_token=" STR_FMT, STR_ARG(jws)), .timeout_ms = deadline_ms - clock_mono_ms() - 50 };
	ENSURE(f.timeout_ms > 0, BUSY, "oidc.backchannel.late");
	TRY(engine_call(idp->engine, a, deadline_ms, ROLE_COURIER_HTTP, FETCH_HTTP, ipc_fetch_http_io, &f, ipc_fetch_answer_io, &got));
	/*= Back-Channel Logout 2.8: If the logout succeeded, the RP MUST respond with HTTP 200; 204 is met in practice. */
	ENSURE(got.status == 200 || got.status == 204, BUSY, "oidc.backchannel.refused");
	return NO_ERR;
}
