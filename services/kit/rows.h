/* rows.h - the configuration that every service has, after SUPERVISOR_COMMON_ROWS, and the check of what
 * its rows need of one another. A service's conf.c includes it: linked into its supervisor and into
 * guichetctl, never into an engine.
 */
#ifndef SERVICES_KIT_ROWS_H
#define SERVICES_KIT_ROWS_H
#include "roles/supervisor/common_rows.h"

/* title: the service's usual name, "État civil". */
#define KIT_COMMON_ROWS(title) \
	{ .name = "service_name", .type = CONF_TEXT, .max = 80, .dflt = title, .to = TO_ENGINE, \
	  .help = "name of the service, on every page" }, \
	{ .name = "service_contact", .type = CONF_TEXT, .max = 200, .to = TO_ENGINE, \
	  .help = "whom a citizen writes to about this service" }, \
	{ .name = "issuer", .type = CONF_URL, .required = true, .to = TO_ENGINE | TO_SIGNER | TO_COURIER_HTTP, \
	  .help = "address of the identity provider; its documents are found from it" }, \
	{ .name = "protocol", .type = CONF_TEXT, .dflt = "openid", .max = 16, .to = TO_ENGINE, \
	  .help = "how we trust it: openid (OpenID Connect), or saml (SAML 2.0)" }, \
	{ .name = "client_id", .type = CONF_TEXT, .min = 1, .max = 100, .to = TO_ENGINE | TO_COURIER_HTTP, \
	  .help = "openid: our name at the identity provider (guichetctl partner add)" }, \
	{ .name = "client_secret", .type = CONF_FILE, .secret = true, .to = TO_COURIER_HTTP, \
	  .file = "client.secret", .help = "openid: file with the secret that the identity provider gave us" }, \
	{ .name = "saml_key", .type = CONF_FILE, .secret = true, .to = TO_SIGNER, .file = "key.saml", \
	  .help = "saml: RSA private key, PEM, that signs what we ask" }, \
	{ .name = "saml_certificate", .type = CONF_FILE, .to = TO_SIGNER, .file = "saml.certificate", \
	  .help = "saml: certificates, PEM, the first of saml_key; they stand in our metadata" }, \
	{ .name = "saml_entity", .type = CONF_URL, .to = TO_ENGINE | TO_SIGNER, \
	  .help = "saml: our entityID; none: public_url/saml/metadata. The identity provider knows us by it for ever" }, \
	{ .name = "saml_idp_entity", .type = CONF_TEXT, .max = 1024, .to = TO_ENGINE, \
	  .help = "saml: its entityID; none: issuer/saml/metadata" }, \
	{ .name = "saml_idp_metadata", .type = CONF_URL, .to = TO_ENGINE, \
	  .help = "saml: where its metadata are; none: issuer/saml/metadata" }, \
	{ .name = "saml_response_signed", .type = CONF_BOOL, .dflt = "false", .to = TO_ENGINE, \
	  .help = "saml: the whole response must be signed, not only its assertion" }, \
	{ .name = "fetch_origin", .type = CONF_URL, .list = true, .max = 16, .to = TO_COURIER_HTTP, \
	  .help = "origins that the service may reach beside its issuer" }, \
	{ .name = "session_idle_s", .type = CONF_INT, .dflt = "1800", .min = 60, .max = 86400, .to = TO_ENGINE, \
	  .help = "a session ends after so long without use" }, \
	{ .name = "session_max_s", .type = CONF_INT, .dflt = "28800", .min = 300, .max = 604800, .to = TO_ENGINE, \
	  .help = "and at the latest after so long" }, \
	{ .name = "agents_client_id", .type = CONF_TEXT, .min = 1, .max = 100, .to = TO_ENGINE | TO_COURIER_HTTP, \
	  .help = "the agents' door, /agents: its own name at the identity provider (partner add oidc --people agents); none: no door" }, \
	{ .name = "agents_client_secret", .type = CONF_FILE, .secret = true, .to = TO_COURIER_HTTP, .file = "agents.secret", \
	  .help = "file with that partner's secret" }, \
	{ .name = "agents_session_idle_s", .type = CONF_INT, .dflt = "900", .min = 60, .max = 3600, .to = TO_ENGINE, \
	  .help = "an agent's session ends after so long without use" }, \
	{ .name = "agents_session_max_s", .type = CONF_INT, .dflt = "28800", .min = 300, .max = 43200, .to = TO_ENGINE, \
	  .help = "and at the latest after so long" }

/* The roles of a service; its signer only when saml_certificate is set. */
#define KIT_ROLE_COUNTS \
	{ [ROLE_FRONT] = 16, [ROLE_ENGINE] = 1, [ROLE_READER] = 2, [ROLE_SIGNER] = 1, [ROLE_TLS_SIGNER] = 16, \
	  [ROLE_COURIER_HTTP] = 2, [ROLE_COURIER_MAIL] = 1 }

static inline struct err kit_conf_need(const struct conf *c, const char *protocol, const char *name, struct buf *complaints)
{
	if (conf_is_set(c, name))
		return NO_ERR;
	conf_complain(c, "protocol", complaints, "with protocol \"%s\" a %s is needed", protocol, name);
	return err_of(MALFORMED, "kit.conf");
}

/* Half a door is none, and nobody would notice. */
static inline struct err kit_conf_agents(const struct conf *c, struct buf *complaints)
{
	bool id = conf_is_set(c, "agents_client_id"), secret = conf_is_set(c, "agents_client_secret");

	if (id == secret)
		return NO_ERR;
	conf_complain(c, id ? "agents_client_id" : "agents_client_secret", complaints, "goes together with %s",
		id ? "agents_client_secret" : "agents_client_id");
	return err_of(MALFORMED, "kit.conf");
}

/* struct supervisor_daemon.check: all that is missing is told at once. */
static inline struct err kit_conf_check(const struct conf *c, struct buf *complaints)
{
	struct str protocol = conf_text(c, "protocol");
	bool saml = str_eq_c(protocol, "saml");
	struct err first, second, agents = kit_conf_agents(c, complaints);

	if (!saml && !str_eq_c(protocol, "openid")) {
		conf_complain(c, "protocol", complaints, "is not openid or saml");
		return err_of(MALFORMED, "kit.conf");
	}
	first = kit_conf_need(c, saml ? "saml" : "openid", saml ? "saml_key" : "client_id", complaints);
	second = kit_conf_need(c, saml ? "saml" : "openid", saml ? "saml_certificate" : "client_secret", complaints);
	return failed(first) ? first : failed(second) ? second : agents;
}
#endif
