/* kit.c - one service's engine, put together: store, keys, libguichet-sp, routes. */
#include "services/kit/kit_impl.h"
#include <stdlib.h>

enum { SETTINGS_BYTES = 1 << 20, PROVIDER_CHECK_S = 2, AGENTS_IDLE_S = 900, THREADS = 16, HOUR_S = 3600 };
enum { SESSION_MAX_S = 28800 };      /* libguichet-sp's own, where the configuration says nothing */

static const struct engine_route common_routes[] = {
	{ HTTP_PUBLIC, HTTP_GET, "/connexion", kit_login_get, RULE_ANYONE, .arena_kib = 1024 },
	{ HTTP_PUBLIC, HTTP_POST, "/deconnexion", kit_logout_post, RULE_ANYONE, HTTP_FORM, 8192, .arena_kib = 1024 },
	{ HTTP_PUBLIC, HTTP_GET, "/deconnexion/retour", kit_logged_out_get, RULE_ANYONE },
	{ HTTP_PUBLIC, HTTP_GET, "/accessibilite", kit_accessibility_get, RULE_ANYONE },
	{ HTTP_PUBLIC, HTTP_GET, "/health", kit_health_get, RULE_ANYONE },
	{ HTTP_METRICS, HTTP_GET, "/metrics", kit_metrics_get, RULE_OPERATOR },
};
static const struct engine_route openid_routes[] = {
	{ HTTP_PUBLIC, HTTP_GET, "/retour", kit_callback_get, RULE_ANYONE, .arena_kib = 2048 },
	{ HTTP_PUBLIC, HTTP_POST, "/logout/backchannel", kit_backchannel_post, RULE_ANYONE, HTTP_FORM, 24576, .arena_kib = 1024, .cross_site = true },
};
static const struct engine_route saml_routes[] = {
	{ HTTP_PUBLIC, HTTP_POST, "/retour", kit_callback_post, RULE_ANYONE, HTTP_FORM, 65536, .arena_kib = 2048,
	  .multi_line = "SAMLResponse", .cross_site = true },
	{ HTTP_PUBLIC, HTTP_GET, "/saml/metadata", kit_saml_metadata_get, RULE_ANYONE },
	{ HTTP_PUBLIC, HTTP_GET, "/saml/slo", kit_saml_slo_get, RULE_ANYONE, .arena_kib = 1024 },
	{ HTTP_PUBLIC, HTTP_POST, "/saml/slo", kit_saml_slo_post, RULE_ANYONE, HTTP_FORM, 65536, .arena_kib = 2048,
	  .multi_line = "SAMLRequest SAMLResponse", .cross_site = true },
};
#define COUNT(v) (sizeof (v) / sizeof *(v))

struct engine *kit_engine(struct kit *k) { return k->engine; }
struct store *kit_store(struct kit *k) { return k->store; }
const struct kit_settings *kit_settings(const struct kit *k) { return &k->set; }

int64_t kit_session_hours(const struct kit *k)
{
	int64_t max_s = k->set.session_max_s > 0 ? k->set.session_max_s : SESSION_MAX_S;

	return (max_s + HOUR_S - 1) / HOUR_S;
}

/* "https://compte.ville.example:8443/x" -> "https://compte.ville.example:8443" */
static struct str origin_of(struct str url)
{
	size_t scheme = str_starts(url, STR("https://")) ? 8 : 7;

	return str_slice(url, 0, scheme + str_index(str_slice(url, scheme, url.n), '/'));
}

static void routes_add(struct kit *k, const struct engine_route *v, size_t n)
{
	memcpy(k->routes + k->route_n, v, n * sizeof *v);
	k->route_n += n;
}

static bool has_agents(const struct kit *k)
{
	return k->set.agents_client_id.n > 0 && k->service->desk;
}

/* What a service does not speak has no route, nor has a door that it does not open. */
static void routes_merge(struct kit *k)
{
	const struct kit_service *s = k->service;

	k->routes = arena_array(k->arena, struct engine_route, COUNT(common_routes) + COUNT(openid_routes) + COUNT(saml_routes)
		+ kit_agents_route_n + s->route_n);
	routes_add(k, common_routes, COUNT(common_routes));
	if (k->set.saml)
		routes_add(k, saml_routes, COUNT(saml_routes));
	else
		routes_add(k, openid_routes, COUNT(openid_routes));
	if (has_agents(k))
		routes_add(k, kit_agents_routes, kit_agents_route_n);
	routes_add(k, s->routes, s->route_n);
}

static void engine_make(struct kit *k)
{
	struct engine_app app = {
		.app = k, .routes = k->routes, .route_n = k->route_n, .admit = kit_admit, .error_page = kit_error_page,
		.ctl = kit_ctl, .tick = kit_tick, .documents = kit_documents, .health = kit_health,
	};

	k->engine = engine_create(&app, k->set.threads ? k->set.threads : THREADS);
}

/* Where our metadata lie is who we are, unless the configuration says otherwise. */
static void saml_fill(struct kit *k, struct sp_config *c)
{
	const struct kit_settings *s = &k->set;

	c->protocol = SP_SAML;
	c->entity_id = s->saml_entity.n ? arena_c(k->arena, s->saml_entity)
		: arena_printf(k->arena, STR_FMT "/saml/metadata", STR_ARG(s->public_url)).p;
	c->idp_entity_id = arena_c(k->arena, s->saml_idp_entity);
	c->idp_metadata_url = arena_c(k->arena, s->saml_idp_metadata);
	c->logout_url = arena_printf(k->arena, STR_FMT "/saml/slo", STR_ARG(s->public_url)).p;
	c->display_name = arena_c(k->arena, s->service_name);
	c->want_response_signed = s->saml_response_signed;
}

static MUST struct err sp_make(struct kit *k)
{
	const struct kit_settings *s = &k->set;
	struct str redirect = arena_printf(k->arena, STR_FMT "/retour", STR_ARG(s->public_url));
	struct str out = arena_printf(k->arena, STR_FMT "/deconnexion/retour", STR_ARG(s->public_url));
	struct sp_config c = {
		.issuer = arena_c(k->arena, s->issuer), .client_id = arena_c(k->arena, s->client_id), .redirect_uri = redirect.p,
		.post_logout_redirect_uri = out.p, .scope = k->service->scope, .seal_key = s->seal_key.p, .seal_key_n = s->seal_key.n,
		.public_client = s->public_client, .session_idle_s = s->session_idle_s, .session_max_s = s->session_max_s,
		.provider_check_s = PROVIDER_CHECK_S,
	};
	struct sp_hooks hooks = {
		.self = k, .check = kit_check_hook, .fetch = kit_fetch_hook, .remember = kit_remember_hook, .memory_self = k,
		.check_saml = kit_check_saml_hook, .sign = kit_sign_hook,
	};

	if (s->saml)
		saml_fill(k, &c);
	return sp_err_of(sp_create(&c, &hooks, &k->sp));
}

/* The agents' door is a partner of its own, with cookies of its own; OpenID Connect, whatever the citizens use. */
static MUST struct err agents_sp_make(struct kit *k)
{
	const struct kit_settings *s = &k->set;
	struct sp_config c = {
		.issuer = arena_c(k->arena, s->issuer), .client_id = arena_c(k->arena, s->agents_client_id),
		.redirect_uri = arena_printf(k->arena, STR_FMT "/agents/retour", STR_ARG(s->public_url)).p, .scope = "openid profile",
		.seal_key = s->seal_key.p, .seal_key_n = s->seal_key.n, .session_max_s = s->agents_session_max_s,
		.session_idle_s = s->agents_session_idle_s > 0 ? s->agents_session_idle_s : AGENTS_IDLE_S,
		.provider_check_s = PROVIDER_CHECK_S, .cookie_name = "agent", .cookie_strict = 1,
	};
	struct sp_hooks hooks = {
		.self = k, .check = kit_check_hook, .fetch = kit_agents_fetch_hook, .remember = kit_remember_hook, .memory_self = k,
	};

	return has_agents(k) ? sp_err_of(sp_create(&c, &hooks, &k->agents_sp)) : NO_ERR;
}

static MUST struct err open_all(struct kit *k)
{
	struct store_options o = {
		.url = k->set.store_url, .readers = k->set.store_readers ? k->set.store_readers : 2, .busy_ms = KIT_STORE_BUSY_MS,
		.migrations = k->service->migrations, .migration_n = *k->service->migration_n,
	};

	TRY(seal_keys_create(k->set.seal_key, STR_NONE, STR("guichet-kit"), &k->keys));
	TRY(sp_make(k));
	TRY(agents_sp_make(k));
	return store_open(&o, &k->store);
}

struct err kit_create(const struct kit_service *service, const struct kit_settings *settings, struct kit **ret_kit)
{
	struct kit *k = calloc(1, sizeof *k);

	if (!k)
		abort();
	k->service = service;
	k->set = *settings;
	k->arena = arena_create(SETTINGS_BYTES);
	k->https = str_starts(settings->public_url, STR("https://"));
	k->issuer_origin = origin_of(settings->issuer);
	k->tally = kit_tally_create();
	pthread_mutex_init(&k->refusals_lock, NULL);
	routes_merge(k);
	engine_make(k);
	struct err e = open_all(k);
	if (failed(e)) {
		kit_destroy(k);
		return e;
	}
	*ret_kit = k;
	return NO_ERR;
}

/* The engine lives as long as the process: its threads may still hold it. */
void kit_destroy(struct kit *k)
{
	if (!k)
		return;
	store_close(k->store);
	sp_destroy(k->sp);
	sp_destroy(k->agents_sp);
	seal_keys_destroy(k->keys);
	kit_tally_destroy(k->tally);
	pthread_mutex_destroy(&k->refusals_lock);
	arena_destroy(k->arena);
	free(k);
}
