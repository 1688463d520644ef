/* routes.c - THE table: method, path, who may call, limits, handler. */
#include "idp/account/pages.h"
#include "idp/admin/health.h"
#include "idp/admin/page_account.h"
#include "idp/admin/page_agent.h"
#include "idp/admin/page_audit.h"
#include "idp/admin/page_key.h"
#include "idp/admin/page_partner.h"
#include "idp/admin/page_queue.h"
#include "idp/admin/trial.h"
#include "idp/authn/login.h"
#include "idp/authn/second.h"
#include "idp/oidc/oidc_idp.h"
#include "idp/saml/saml_idp.h"

#define FORM(max) .body = HTTP_FORM, .body_max_bytes = (max)

#define AGENT_SIGN_IN(listener) \
	{ listener, HTTP_GET, "/connexion/agent", agent_login_get, RULE_ANYONE }, \
	{ listener, HTTP_POST, "/connexion/agent", agent_login_post, RULE_ANYONE, FORM(32768) },

/* A form may be opened with a proof of three minutes, and sent with one of five. */
#define AGENT_FACTORS(listener) \
	{ listener, HTTP_GET, "/connexion/agent/facteur", second_get, RULE_ANYONE }, \
	{ listener, HTTP_POST, "/connexion/agent/facteur", second_post, RULE_ANYONE, FORM(65536) }, \
	{ listener, HTTP_GET, "/connexion/agent/inscription", second_enrol_get, RULE_ANYONE, .arena_kib = 512 }, \
	{ listener, HTTP_POST, "/connexion/agent/inscription", second_enrol_post, RULE_ANYONE, FORM(65536), .arena_kib = 512 }, \
	{ listener, HTTP_GET, "/connexion/agent/confirmer", second_again_get, RULE_AGENT }, \
	{ listener, HTTP_POST, "/connexion/agent/confirmer", second_again_post, RULE_AGENT, FORM(32768) }, \
	{ listener, HTTP_GET, "/agent", agent_home_get, RULE_AGENT }, \
	{ listener, HTTP_GET, "/agent/ajouter", agent_add_get, RULE_AGENT, .arena_kib = 512, .fresh_s = 180 }, \
	{ listener, HTTP_POST, "/agent/ajouter", agent_add_post, RULE_AGENT, FORM(65536), .arena_kib = 512, .fresh_s = 300 }, \
	{ listener, HTTP_GET, "/agent/retirer", agent_remove_get, RULE_AGENT, .fresh_s = 180 }, \
	{ listener, HTTP_POST, "/agent/retirer", agent_remove_post, RULE_AGENT, FORM(4096), .fresh_s = 300 }, \
	{ listener, HTTP_GET, "/agent/secours", agent_codes_get, RULE_AGENT, .fresh_s = 180 }, \
	{ listener, HTTP_POST, "/agent/secours", agent_codes_post, RULE_AGENT, FORM(4096), .fresh_s = 300 }, \
	{ listener, HTTP_GET, "/agent/autres", agent_others_get, RULE_AGENT, .fresh_s = 180 }, \
	{ listener, HTTP_POST, "/agent/autres", agent_others_post, RULE_AGENT, FORM(4096), .fresh_s = 300 }, \
	{ listener, HTTP_POST, "/agent/deconnexion", agent_leave_post, RULE_ANYONE, FORM(4096) },

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

	/* agents: the password, at both listeners */
	AGENT_SIGN_IN(HTTP_PUBLIC)
	AGENT_SIGN_IN(HTTP_ADMIN)

	/* their second factor, and their own page */
	AGENT_FACTORS(HTTP_PUBLIC)
	AGENT_FACTORS(HTTP_ADMIN)

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

	/* a partner's sign-in tried without the partner; the link comes from the administration */
	{ HTTP_PUBLIC, HTTP_GET, "/essai", trial_get, RULE_ANYONE, .arena_kib = 1024 },

	/* administration, on a listener of its own; a form is a GET and a POST of one address */
	{ HTTP_ADMIN, HTTP_GET, "/accessibilite", accessibility_get, RULE_ANYONE },
	{ HTTP_ADMIN, HTTP_GET, "/vos-donnees", data_get, RULE_ANYONE },
	{ HTTP_ADMIN, HTTP_GET, "/", admin_start_get, RULE_ADMIN, .right = RIGHT_ANY },
	{ HTTP_ADMIN, HTTP_GET, "/partenaires", partners_get, RULE_ADMIN, .arena_kib = 4096, .right = RIGHT(PARTENAIRES) },
	{ HTTP_ADMIN, HTTP_GET, "/partenaires/fiche", partner_get, RULE_ADMIN, .arena_kib = 2048, .right = RIGHT(PARTENAIRES) },
	{ HTTP_ADMIN, HTTP_GET, "/partenaires/etat", partner_state_get, RULE_ADMIN, .right = RIGHT(PARTENAIRES), .fresh_s = FRESH_FORM },
	{ HTTP_ADMIN, HTTP_POST, "/partenaires/etat", partner_state_post, RULE_ADMIN, FORM(4096), .right = RIGHT(PARTENAIRES), .fresh_s = FRESH_SEND },
	{ HTTP_ADMIN, HTTP_GET, "/partenaires/essai", partner_trial_get, RULE_ADMIN, .right = RIGHT(PARTENAIRES) },
	{ HTTP_ADMIN, HTTP_POST, "/partenaires/essai", partner_trial_post, RULE_ADMIN, FORM(4096), .right = RIGHT(PARTENAIRES) },
	{ HTTP_ADMIN, HTTP_GET, "/partenaires/openid", partner_oidc_get, RULE_ADMIN, .arena_kib = 2048, .right = RIGHT(PARTENAIRES), .fresh_s = FRESH_FORM },
	{ HTTP_ADMIN, HTTP_POST, "/partenaires/openid", partner_oidc_post, RULE_ADMIN, FORM(131072), .arena_kib = 4096,
	  .multi_line = "redirect-uri post-logout-uri", .right = RIGHT(PARTENAIRES), .fresh_s = FRESH_SEND },
	{ HTTP_ADMIN, HTTP_GET, "/partenaires/saml", partner_saml_get, RULE_ADMIN, .arena_kib = 2048, .right = RIGHT(PARTENAIRES), .fresh_s = FRESH_FORM },
	{ HTTP_ADMIN, HTTP_POST, "/partenaires/saml", partner_saml_post, RULE_ADMIN, .body = HTTP_MULTIPART, .body_max_bytes = 1 << 20,
	  .arena_kib = 8192, .multi_line = "metadonnees", .right = RIGHT(PARTENAIRES), .fresh_s = FRESH_SEND },

	{ HTTP_ADMIN, HTTP_GET, "/comptes", accounts_get, RULE_ADMIN, .right = RIGHT(COMPTES) },
	{ HTTP_ADMIN, HTTP_POST, "/comptes", accounts_post, RULE_ADMIN, FORM(16384), .right = RIGHT(COMPTES) },
	{ HTTP_ADMIN, HTTP_GET, "/comptes/fiche", account_card_get, RULE_ADMIN, .right = RIGHT(COMPTES) },
	{ HTTP_ADMIN, HTTP_GET, "/comptes/etat", account_state_get, RULE_ADMIN, .right = RIGHT(COMPTES), .fresh_s = FRESH_FORM },
	{ HTTP_ADMIN, HTTP_POST, "/comptes/etat", account_state_post, RULE_ADMIN, FORM(16384), .right = RIGHT(COMPTES), .fresh_s = FRESH_SEND },
	{ HTTP_ADMIN, HTTP_GET, "/agents", agents_get, RULE_ADMIN, .arena_kib = 2048, .right = RIGHT(COMPTES) },
	{ HTTP_ADMIN, HTTP_GET, "/agents/fiche", agent_card_get, RULE_ADMIN, .right = RIGHT(COMPTES) },
	{ HTTP_ADMIN, HTTP_GET, "/agents/acte", agent_act_get, RULE_ADMIN, .right = RIGHT(COMPTES), .fresh_s = FRESH_FORM },
	{ HTTP_ADMIN, HTTP_POST, "/agents/acte", agent_act_post, RULE_ADMIN, FORM(16384), .right = RIGHT(COMPTES), .fresh_s = FRESH_SEND },
	{ HTTP_ADMIN, HTTP_GET, "/agents/code", agent_code_get, RULE_ADMIN, .right = RIGHT(COMPTES), .fresh_s = FRESH_FORM },
	{ HTTP_ADMIN, HTTP_POST, "/agents/code", agent_code_post, RULE_ADMIN, FORM(16384), .right = RIGHT(COMPTES), .fresh_s = FRESH_SEND },
	{ HTTP_ADMIN, HTTP_GET, "/cles", keys_get, RULE_ADMIN, .right = RIGHT(CLES) },
	{ HTTP_ADMIN, HTTP_GET, "/cles/changer", key_change_get, RULE_ADMIN, .right = RIGHT(CLES), .fresh_s = FRESH_FORM },
	{ HTTP_ADMIN, HTTP_POST, "/cles/changer", key_change_post, RULE_ADMIN, FORM(16384), .right = RIGHT(CLES), .fresh_s = FRESH_SEND },
	{ HTTP_ADMIN, HTTP_GET, "/journal", audit_get, RULE_ADMIN, .arena_kib = 1024, .right = RIGHT(AUDIT) },
	{ HTTP_ADMIN, HTTP_GET, "/journal/export", audit_export_get, RULE_ADMIN, .right = RIGHT(AUDIT), .fresh_s = FRESH_FORM },
	{ HTTP_ADMIN, HTTP_POST, "/journal/export", audit_export_post, RULE_ADMIN, FORM(16384), .arena_kib = 8192, .right = RIGHT(AUDIT), .fresh_s = FRESH_SEND },
	{ HTTP_ADMIN, HTTP_GET, "/journal/verifier", audit_verify_get, RULE_ADMIN, .right = RIGHT(AUDIT) },
	{ HTTP_ADMIN, HTTP_POST, "/journal/verifier", audit_verify_post, RULE_ADMIN, FORM(16384), .arena_kib = 1024, .right = RIGHT(AUDIT) },
	{ HTTP_ADMIN, HTTP_GET, "/files", queues_get, RULE_ADMIN, .arena_kib = 1024, .right = RIGHT(EXPLOITATION) },
	{ HTTP_ADMIN, HTTP_GET, "/files/mot", queue_word_get, RULE_ADMIN, .right = RIGHT(EXPLOITATION), .fresh_s = FRESH_FORM },
	{ HTTP_ADMIN, HTTP_POST, "/files/mot", queue_word_post, RULE_ADMIN, FORM(16384), .right = RIGHT(EXPLOITATION), .fresh_s = FRESH_SEND },
	{ HTTP_ADMIN, HTTP_GET, "/etat", state_get, RULE_ADMIN, .right = RIGHT(EXPLOITATION) },

	/* operation */
	{ HTTP_PUBLIC, HTTP_GET, "/health", health_get, RULE_ANYONE },
	{ HTTP_METRICS, HTTP_GET, "/metrics", metrics_get, RULE_OPERATOR, .arena_kib = 1024 },
};
const size_t idp_route_n = sizeof idp_routes / sizeof *idp_routes;
