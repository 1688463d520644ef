/* conf.c - the configuration and the roles of guichet-idp. Linked into its supervisor and into
 * guichetctl, never into its engine. */
#include "roles/supervisor/common_rows.h"
#include "roles/supervisor/daemons.h"

#define KEY_ROW(key, travels_as, words) \
	{ .name = key, .type = CONF_FILE, .secret = true, .to = TO_SIGNER, .file = travels_as, .help = words }
#define SECONDS_ROW(key, usual, least, most, words) \
	{ .name = key, .type = CONF_INT, .dflt = usual, .min = least, .max = most, .to = TO_ENGINE, .help = words }

static const struct conf_row rows[] = {
	SUPERVISOR_COMMON_ROWS,
	{ .name = "issuer", .type = CONF_URL, .same_as = "public_url", .to = TO_ENGINE | TO_SIGNER | TO_COURIER_HTTP,
	  .help = "issuer identifier of OpenID Connect; partners know us by it for ever" },
	KEY_ROW("key_es256", "key.es256", "P-256 private key, PEM, that signs ES256 tokens; guichetctl key rotate adds the next one behind it"),
	KEY_ROW("key_rs256", "key.rs256", "RSA-2048 private key, PEM, that signs RS256 tokens; the next one behind it"),
	{ .name = "pseudonym_secret", .type = CONF_FILE, .required = true, .secret = true, .to = TO_SIGNER,
	  .file = "pseudonym.secret", .help = "at least 32 random bytes; losing it loses every link to the services" },
	{ .name = "saml_certificate", .type = CONF_FILE, .to = TO_SIGNER, .file = "saml.certificate",
	  .help = "certificates, PEM, one of key_saml and others of its next or previous key; SAML 2.0 is spoken when it is set" },
	KEY_ROW("key_saml", "key.saml", "RSA private key, PEM, that signs SAML messages; none: key_rs256"),
	{ .name = "saml_entity", .type = CONF_URL, .to = TO_ENGINE | TO_SIGNER,
	  .help = "our entityID; none: issuer/saml/metadata. Partners know us by it for ever" },
	{ .name = "hash_memory_kib", .type = CONF_INT, .dflt = "19456", .min = 8192, .max = 1048576, .to = TO_HASHER,
	  .help = "memory of one Argon2id hash" },
	{ .name = "hash_passes", .type = CONF_INT, .dflt = "2", .min = 1, .max = 16, .to = TO_HASHER,
	  .help = "passes of one Argon2id hash" },
	{ .name = "hashers", .type = CONF_INT, .dflt = "0", .min = 0, .max = 16, .to = TO_ENGINE,
	  .help = "processes that hash passwords; 0: one for each processor" },
	SECONDS_ROW("session_idle_s", "1800", 60, 86400, "a session ends after so long without use"),
	SECONDS_ROW("session_max_s", "28800", 300, 604800, "and at the latest after so long"),
	SECONDS_ROW("code_ttl_s", "60", 5, 600, "life of an authorization code"),
	SECONDS_ROW("access_ttl_s", "600", 30, 86400, "life of an access token"),
	SECONDS_ROW("refresh_ttl_s", "2592000", 300, 31536000, "life of a refresh token"),
	SECONDS_ROW("id_token_ttl_s", "300", 30, 3600, "life of an ID token"),
	SECONDS_ROW("flow_ttl_s", "1800", 60, 86400, "how long a sign-in page may stay open"),
	{ .name = "sector_join", .type = CONF_TEXT, .list = true, .max = 64, .to = TO_ENGINE,
	  .help = "service=sector: services that know a citizen by the same pseudonym" },
	{ .name = "logout_allow", .type = CONF_URL, .list = true, .max = 64, .to = TO_ENGINE | TO_COURIER_HTTP,
	  .help = "origins that may be told of a logout although they are not public https" },
};

const struct supervisor_daemon idp_daemon = {
	.name = "guichet-idp", .engine = "guichet-idp-engine", .rows = rows, .row_n = sizeof rows / sizeof *rows,
	.count = { [ROLE_FRONT] = 16, [ROLE_ENGINE] = 1, [ROLE_READER] = 2, [ROLE_SIGNER] = 1, [ROLE_TLS_SIGNER] = 16,
	           [ROLE_HASHER] = 16, [ROLE_COURIER_HTTP] = 2, [ROLE_COURIER_MAIL] = 1 },
};
