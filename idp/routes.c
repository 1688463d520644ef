/* routes.c - THE table: method, path, who may call, limits, handler. */
#include "idp/account/pages.h"
#include "idp/admin/health.h"
#include "idp/authn/login.h"
#include "idp/oidc/oidc_idp.h"
#include "idp/saml/saml_idp.h"

#define FORM(max) .body = HTTP_FORM, .body_max_bytes = (max)

const struct engine_route idp_routes[] = {
	/* pages of the citizen's own account */
	{ HTTP_PUBLIC, HTTP_GET, "/", home_get, RULE_ANYONE },
	{ HTTP_PUBLIC, HTTP_GET, "/mon-compte", account_get, RULE_USAGER },
	{ HTTP_PUBLIC, HTTP_GET, "/vos-donnees", data_get, RULE_ANYONE },
	{ HTTP_PUBLIC, HTTP_GET, "/accessibilite", accessibility_get, RULE_ANYONE },
	{ HTTP_PUBLIC, HTTP_GET, "/connexion", login_get, RULE_ANYONE },
	{ HTTP_PUBLIC, HTTP_POST, "/connexion", login_post, RULE_ANYONE, FORM(32768) },
	{ HTTP_PUBLIC, HTTP_GET, "/information", notice_get, RULE_ANYONE },
	{ HTTP_PUBLIC, HTTP_POST, "/information", notice_post, RULE_ANYONE, FORM(32768) },
	{ HTTP_PUBLIC, HTTP_POST, "/deconnexion", oidc_logout_confirmed, RULE_ANYONE, FORM(32768) },

	/* OpenID Connect */
	{ HTTP_PUBLIC, HTTP_GET, "/oidc/authorize", oidc_authorize_get, RULE_ANYONE },
	{ HTTP_PUBLIC, HTTP_POST, "/oidc/authorize", oidc_authorize_post, RULE_ANYONE, FORM(16384), .cross_site = true },
	{ HTTP_PUBLIC, HTTP_POST, "/oidc/token", oidc_token, RULE_CLIENT, FORM(16384), .cross_site = true },
	{ HTTP_PUBLIC, HTTP_GET, "/oidc/userinfo", oidc_userinfo, RULE_CLIENT },
	{ HTTP_PUBLIC, HTTP_POST, "/oidc/userinfo", oidc_userinfo, RULE_CLIENT, FORM(16384), .cross_site = true },
	{ HTTP_PUBLIC, HTTP_POST, "/oidc/introspect", oidc_introspect, RULE_CLIENT, FORM(16384), .cross_site = true },
	{ HTTP_PUBLIC, HTTP_POST, "/oidc/revoke", oidc_revoke, RULE_CLIENT, FORM(16384), .cross_site = true },
	{ HTTP_PUBLIC, HTTP_GET, "/oidc/logout", oidc_logout_get, RULE_ANYONE },
	{ HTTP_PUBLIC, HTTP_POST, "/oidc/logout", oidc_logout_post, RULE_ANYONE, FORM(16384), .cross_site = true },

	/* SAML 2.0; the metadata are a document that fronts serve */
	{ HTTP_PUBLIC, HTTP_GET, "/saml/sso", saml_sso_get, RULE_ANYONE, .arena_kib = 1024 },
	{ HTTP_PUBLIC, HTTP_POST, "/saml/sso", saml_sso_post, RULE_ANYONE, FORM(65536), .arena_kib = 1024, .multi_line = "SAMLRequest", .cross_site = true },
	{ HTTP_PUBLIC, HTTP_GET, "/saml/initiate", saml_initiate_get, RULE_ANYONE },
	{ HTTP_PUBLIC, HTTP_GET, "/saml/slo", saml_slo_get, RULE_ANYONE, .arena_kib = 1024 },
	{ HTTP_PUBLIC, HTTP_POST, "/saml/slo", saml_slo_post, RULE_ANYONE, FORM(65536), .arena_kib = 1024, .multi_line = "SAMLRequest SAMLResponse", .cross_site = true },

	/* operation */
	{ HTTP_PUBLIC, HTTP_GET, "/health", health_get, RULE_ANYONE },
	{ HTTP_METRICS, HTTP_GET, "/metrics", metrics_get, RULE_OPERATOR, .arena_kib = 1024 },
};
const size_t idp_route_n = sizeof idp_routes / sizeof *idp_routes;
