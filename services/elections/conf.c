/* conf.c - the configuration and the roles of guichet-elections. Linked into its supervisor and
 * into guichetctl, never into its engine. */
#include "roles/supervisor/common_rows.h"
#include "roles/supervisor/daemons.h"

static const struct conf_row rows[] = {
	SUPERVISOR_COMMON_ROWS,
	{ .name = "service_name", .type = CONF_TEXT, .max = 80, .dflt = "Élections", .to = TO_ENGINE,
	  .help = "name of the service, on every page" },
	{ .name = "service_contact", .type = CONF_TEXT, .max = 200, .to = TO_ENGINE,
	  .help = "whom a citizen writes to about this service" },
	{ .name = "issuer", .type = CONF_URL, .required = true, .to = TO_ENGINE | TO_COURIER_HTTP,
	  .help = "issuer of the identity provider; its discovery document is found from it" },
	{ .name = "client_id", .type = CONF_TEXT, .required = true, .min = 1, .max = 100, .to = TO_ENGINE | TO_COURIER_HTTP,
	  .help = "our name at the identity provider (guichetctl partner add)" },
	{ .name = "client_secret", .type = CONF_FILE, .required = true, .secret = true, .to = TO_COURIER_HTTP,
	  .file = "client.secret", .help = "file with the secret that the identity provider gave us" },
	{ .name = "fetch_origin", .type = CONF_URL, .list = true, .max = 16, .to = TO_COURIER_HTTP,
	  .help = "origins that the service may reach beside its issuer" },
	{ .name = "session_idle_s", .type = CONF_INT, .dflt = "1800", .min = 60, .max = 86400, .to = TO_ENGINE,
	  .help = "a session ends after so long without use" },
	{ .name = "session_max_s", .type = CONF_INT, .dflt = "28800", .min = 300, .max = 604800, .to = TO_ENGINE,
	  .help = "and at the latest after so long" },
};

const struct supervisor_daemon elections_daemon = {
	.name = "guichet-elections", .engine = "guichet-elections-engine", .rows = rows, .row_n = sizeof rows / sizeof *rows,
	.count = { [ROLE_FRONT] = 16, [ROLE_ENGINE] = 1, [ROLE_READER] = 2, [ROLE_TLS_SIGNER] = 16,
	           [ROLE_COURIER_HTTP] = 2, [ROLE_COURIER_MAIL] = 1 },
};
