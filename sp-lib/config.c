/* SPDX-License-Identifier: Apache-2.0
 *
 * config.c - one struct sp: what a service is to its identity provider, checked once. */
#include "sp-lib/sp.h"
#include <stdlib.h>

enum { CONFIG_BYTES = 64 * 1024, SKEW_MAX_S = 60, COOKIE_NAME_MAX = 32 };

/* Of the address behind "http://": 127.0.0.1, [::1], localhost or a name below it. */
static bool is_this_machine(struct str rest)
{
	struct str host = str_slice(rest, 0, str_index(rest, '/'));

	if (str_starts(host, STR("[::1]")))
		return host.n == 5 || host.p[5] == ':';
	host = str_slice(host, 0, str_index(host, ':'));
	return str_eq_c(host, "127.0.0.1") || str_eq_c(host, "localhost") || (host.n > 10 && str_ends(host, STR(".localhost")));
}

/* https, or http for the provider and the service of one machine (demo, tests, loopback). */
static bool is_origin_url(struct str url)
{
	bool http = str_starts(url, STR("http://"));
	size_t scheme = str_starts(url, STR("https://")) ? 8 : http ? 7 : 0;

	return scheme && url.n > scheme && url.n < 1024 && !str_has_control(url) && !str_has(url, ' ')
		&& !str_has(url, '#') && !str_has(url, '@') && !str_has(url, '\\') && (!http || is_this_machine(str_slice(url, 7, url.n)));
}

static MUST struct err saml_check(const struct sp_config *c, const struct sp_hooks *h)
{
	struct str url = str_from_c(c->idp_metadata_url), logout = str_from_c(c->logout_url);

	ENSURE(h->check_saml && h->sign, BROKEN, "sp.config.hooks");
	ENSURE(c->entity_id && c->entity_id[0], BROKEN, "sp.config.entity_id");
	ENSURE(url.n == 0 || is_origin_url(url), BROKEN, "sp.config.idp_metadata_url");
	ENSURE(logout.n == 0 || is_origin_url(logout), BROKEN, "sp.config.logout_url");
	return NO_ERR;
}

static bool is_cookie_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789_-", s.p[i]))
			return false;
	return s.n <= COOKIE_NAME_MAX;
}

static MUST struct err config_check(const struct sp_config *c, const struct sp_hooks *h)
{
	struct str issuer = str_from_c(c->issuer), redirect = str_from_c(c->redirect_uri), out = str_from_c(c->post_logout_redirect_uri);

	ENSURE(c->protocol == SP_OPENID || c->protocol == SP_SAML, BROKEN, "sp.config.protocol");
	ENSURE(h && (h->check || c->protocol == SP_SAML) && h->fetch && h->remember, BROKEN, "sp.config.hooks");
	ENSURE(is_origin_url(issuer) && !str_has(issuer, '?') && !str_ends(issuer, STR("/")), BROKEN, "sp.config.issuer");
	ENSURE((c->client_id && c->client_id[0]) || c->protocol == SP_SAML, BROKEN, "sp.config.client_id");
	ENSURE(is_origin_url(redirect) && (out.n == 0 || is_origin_url(out)), BROKEN, "sp.config.redirect_uri");
	ENSURE(c->seal_key && c->seal_key_n >= 32, BROKEN, "sp.config.seal_key");
	ENSURE(c->skew_s >= 0 && c->skew_s <= SKEW_MAX_S, BROKEN, "sp.config.skew");
	ENSURE(is_cookie_name(str_from_c(c->cookie_name)), BROKEN, "sp.config.cookie_name");
	return c->protocol == SP_SAML ? saml_check(c, h) : NO_ERR;
}

static int64_t or_default(int64_t value, int64_t dflt)
{
	return value > 0 ? value : dflt;
}

static struct str text(struct arena *a, const char *value, const char *dflt)
{
	return arena_dup(a, str_from_c(value && value[0] ? value : dflt));
}

static void saml_fill(struct sp *sp, const struct sp_config *c)
{
	const char *usual = arena_printf(sp->arena, STR_FMT "/saml/metadata", STR_ARG(sp->issuer)).p;

	sp->saml = true;
	sp->entity_id = text(sp->arena, c->entity_id, "");
	sp->idp_entity_id = text(sp->arena, c->idp_entity_id, usual);
	sp->idp_metadata_url = text(sp->arena, c->idp_metadata_url, usual);
	sp->logout_url = text(sp->arena, c->logout_url, "");
	sp->display_name = text(sp->arena, c->display_name, "");
	sp->want_response_signed = c->want_response_signed != 0;
	sp->allow_unsolicited = c->allow_unsolicited != 0;
}

static MUST struct err create(const struct sp_config *c, const struct sp_hooks *hooks, struct sp **ret_sp)
{
	TRY(config_check(c, hooks));

	struct sp *sp = calloc(1, sizeof *sp);
	if (!sp)
		abort();
	sp->arena = arena_create(CONFIG_BYTES);
	sp->hooks = *hooks;
	sp->issuer = text(sp->arena, c->issuer, "");
	sp->client_id = text(sp->arena, c->client_id, "");
	sp->redirect_uri = text(sp->arena, c->redirect_uri, "");
	sp->post_logout_redirect_uri = text(sp->arena, c->post_logout_redirect_uri, "");
	sp->scope = text(sp->arena, c->scope, "openid");
	sp->algs = text(sp->arena, c->algs, "ES256 RS256");
	sp->public_client = c->public_client != 0;
	sp->https = str_starts(sp->redirect_uri, STR("https://"));
	sp->realm = text(sp->arena, c->cookie_name, "");
	sp->cookie_name = text(sp->arena, c->cookie_name, "session");
	sp->cookie_strict = c->cookie_strict != 0;
	sp->skew_s = or_default(c->skew_s, 30);
	sp->login_ttl_s = or_default(c->login_ttl_s, 1800);
	sp->session_idle_s = or_default(c->session_idle_s, 1800);
	sp->session_max_s = or_default(c->session_max_s, 28800);
	sp->provider_check_s = or_default(c->provider_check_s, 60);
	sp->timeout_ms = or_default(c->timeout_ms, 5000);
	if (c->protocol == SP_SAML)
		saml_fill(sp, c);
	sp_provider_init(&sp->provider);

	struct err e = seal_keys_create((struct str){ c->seal_key, c->seal_key_n }, STR_NONE, STR("guichet-sp"), &sp->keys);
	if (failed(e)) {
		sp_destroy(sp);
		return err_of(BROKEN, "sp.config.seal_key");
	}
	*ret_sp = sp;
	return NO_ERR;
}

struct sp_result sp_create(const struct sp_config *config, const struct sp_hooks *hooks, struct sp **ret_sp)
{
	return sp_result_of(create(config, hooks, ret_sp));
}

void sp_destroy(struct sp *sp)
{
	if (!sp)
		return;
	sp_provider_done(&sp->provider);
	seal_keys_destroy(sp->keys);
	arena_destroy(sp->arena);
	free(sp);
}
