/* app.c - what the hub asks of this engine: what an error looks like, what to do each second. */
#include "idp/idp.h"
#include "idp/account/agent.h"
#include "idp/admin/ctl.h"
#include "idp/admin/health.h"
#include "idp/admin/page.h"
#include "idp/admit.h"
#include "idp/audit/audit_chain.h"
#include "idp/policy/partner.h"
#include "idp/saml/saml_idp.h"
#include "idp/view.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "wire/oidc/oidc.h"

enum { PURGE_EVERY_S = 60, KEYS_EVERY_S = 30, KEYS_WAIT_MS = 3000, AUDIT_SEAL_EVERY_S = 60 };

/* Everything that ends by itself. */
static const struct store_expiry expiry[] = {
	{ "grant_", "code_id", "expires_s" },
	{ "participant", "session_id", "ends_s" },
	{ "session", "id", "ends_s" },
	{ "logout_queue", "id", "expires_s" },
	{ "saml_request", "id", "expires_s" },
	{ "enrolment", "account", "expires_s" },
	{ "factor_use", "id", "expires_s" },
};
struct err idp_purge(struct store *s, int64_t now_s, int64_t *ret_removed)
{
	return store_purge(s, expiry, sizeof expiry / sizeof *expiry, now_s, ret_removed);
}

const struct idp_protocol *idp_protocol_find(const struct idp *idp, struct str name)
{
	for (size_t i = 0; i < idp->protocol_n; i++)
		if (str_eq_c(name, idp->protocols[i].name))
			return &idp->protocols[i];
	return NULL;
}

const struct idp_key_set *idp_keys(const struct idp *idp)
{
	static const struct idp_key_set none;
	const struct idp_key_set *k = atomic_load(&idp->keys_published);

	return k ? k : &none;
}

static struct str jwks_format(struct arena *a, const struct sign_keys *keys)
{
	struct buf b;
	struct str out;

	buf_init(&b, 32768);
	buf_add_c(&b, "{\"keys\":[");
	for (size_t i = 0; i < keys->n; i++) {
		if (i)
			buf_add_char(&b, ',');
		buf_add(&b, keys->v[i].jwk);
	}
	buf_add_c(&b, "]}");
	out = arena_dup(a, buf_str(&b));
	buf_done(&b);
	return out;
}

struct err idp_load_keys(struct idp *idp, int64_t deadline_ms, bool *ret_changed)
{
	/* Lives for ever once published: requests under way may still read it, and keys change rarely. */
	AUTO(arena_destroyp) struct arena *a = arena_create(1 << 20);
	struct idp_key_set *set = arena_new(a, struct idp_key_set);
	struct sign_keys keys = { 0 };

	*ret_changed = false;
	TRY(engine_call(idp->engine, a, deadline_ms, ROLE_SIGNER, SIGN_KEYS, NULL, NULL, ipc_sign_keys_io, &keys));
	ENSURE(keys.n, BROKEN, "idp.keys.none");
	set->jwks = jwks_format(a, &keys);
	if (str_eq(set->jwks, idp_keys(idp)->jwks))
		return NO_ERR;
	if (idp->set.saml)
		TRY(saml_metadata_make(idp, a, deadline_ms, &set->saml_metadata));
	set->arena = a;
	set->keys = keys;
	for (size_t i = 0; i < keys.n; i++) {
		struct str alg = keys.v[i].alg == SIGN_RS256 ? STR("RS256") : STR("ES256");

		if (!str_has_word(set->algs, alg))
			set->algs = set->algs.n ? arena_printf(a, STR_FMT " " STR_FMT, STR_ARG(set->algs), STR_ARG(alg)) : alg;
	}
	set->discovery = oidc_discovery_format(a, &(struct oidc_discovery){ idp->set.issuer, set->algs });
	atomic_store(&idp->keys_published, set);
	a = NULL;
	*ret_changed = true;
	return NO_ERR;
}

static void tick_keys(struct idp *idp, int64_t now_s)
{
	bool changed = false;
	struct err e;

	if (idp_keys(idp)->jwks.n && now_s - idp->asked_keys_s < KEYS_EVERY_S && now_s >= idp->asked_keys_s)
		return;
	idp->asked_keys_s = now_s;
	e = idp_load_keys(idp, clock_mono_ms() + KEYS_WAIT_MS, &changed);
	if (failed(e))
		log_line("idp.keys", log_c("slug", e.slug));
	if (changed)
		engine_publish_again(idp->engine);
}

/* A long audit of before there was a chain is taken up in bites, one a second. */
static void tick_audit(struct idp *idp, int64_t now_s)
{
	int64_t removed = 0;
	bool more = false;
	struct err e;

	if (now_s < idp->sealed_s + AUDIT_SEAL_EVERY_S && now_s >= idp->sealed_s)
		return;
	e = audit_seal(idp->audit, idp->store, idp->keys, now_s, &more);
	if (!failed(e) && !more) {
		idp->sealed_s = now_s;
		e = audit_purge(idp->store, idp->keys, now_s - AUDIT_KEPT_S, &removed);
	}
	if (failed(e))
		log_line("idp.audit", log_c("slug", e.slug));
}

static void tick_store(struct idp *idp, int64_t now_s)
{
	int64_t removed = 0;
	struct err e = audit_flush(idp->audit, idp->store);

	if (!failed(e))
		e = registry_poll(idp->registry, idp);
	if (!failed(e) && (now_s - idp->purged_s >= PURGE_EVERY_S || now_s < idp->purged_s)) {
		idp->purged_s = now_s;
		e = idp_purge(idp->store, now_s, &removed);
	}
	if (failed(e))
		log_line("idp.store", log_c("slug", e.slug));
}

void idp_tick(void *app, int64_t now_s)
{
	struct idp *idp = app;

	tick_keys(idp, now_s);
	tick_store(idp, now_s);
	tick_audit(idp, now_s);
	logout_deliver_due(idp, now_s);
}

static void slow_tick(void *app, int64_t now_s)
{
	agent_tick(app, now_s);
}

static struct http_resp *error_page(void *app, const struct http_req *req, struct err e)
{
	if (req->listener == HTTP_ADMIN)
		return admin_page_error(app, req, e);
	return view_error(&(struct view){ app, req, NULL, STR_NONE }, http_status_of(e.kind), STR_NONE, e);
}

static void documents(void *app, struct arena *a, struct web_document *ret_v, size_t max, size_t *ret_n)
{
	view_documents(app, a, ret_v, max, ret_n);
	admin_documents(app, a, ret_v, max, ret_n);
}

void idp_app_fill(struct idp *idp, struct engine_app *ret_app)
{
	*ret_app = (struct engine_app){ .app = idp, .routes = idp_routes, .route_n = idp_route_n, .admit = idp_admit,
		.error_page = error_page, .ctl = ctl_run, .tick = idp_tick, .slow_tick = slow_tick, .documents = documents, .health = health_down };
}
