/* common_rows.h - the configuration rows that every daemon has, as the start of its table. */
#ifndef ROLES_SUPERVISOR_COMMON_ROWS_H
#define ROLES_SUPERVISOR_COMMON_ROWS_H
#include "roles/supervisor/supervisor.h"

#define SUPERVISOR_USER_ROW(role, who) \
	{ .name = "user_" role, .type = CONF_TEXT, .min = 1, .max = 32, \
	  .help = "user (name or number) that the " who " becomes; only when the daemon is started by root" }

/* Every daemon but the demo's page keeps something. */
#define SUPERVISOR_COMMON_ROWS SUPERVISOR_ROWS_WITH(true)

#define SUPERVISOR_ROWS_WITH(keeps) \
	{ .name = "daemon", .type = CONF_TEXT, .required = true, .max = 32, \
	  .help = "the daemon that this file is for, such as guichet-idp" }, \
	{ .name = "public_url", .type = CONF_URL, .required = true, .to = TO_FRONT | TO_ENGINE | TO_SIGNER | TO_COURIERS, \
	  .help = "address that browsers use, without a final slash; https makes the cookies Secure" }, \
	{ .name = "listen", .type = CONF_ADDRESS, .list = true, .required = true, .min = 1, .max = 4, \
	  .help = "addresses that the fronts listen on" }, \
	{ .name = "listen_metrics", .type = CONF_ADDRESS, \
	  .help = "address of the metrics (Prometheus text); keep it inside" }, \
	{ .name = "tls_certificate", .type = CONF_FILE, .to = TO_FRONT, .file = "tls.certificate", \
	  .help = "certificate chain in PEM; none: plain HTTP, behind a proxy or for tests" }, \
	{ .name = "tls_key", .type = CONF_FILE, .secret = true, .to = TO_TLS_SIGNER, .file = "tls.key", \
	  .help = "private key of the certificate (P-256, PEM)" }, \
	{ .name = "trusted_proxy", .type = CONF_IP, .list = true, .max = 8, .to = TO_FRONT, \
	  .help = "addresses of proxies whose X-Forwarded-For is believed" }, \
	{ .name = "fronts", .type = CONF_INT, .dflt = "0", .min = 0, .max = 16, .to = TO_FRONT | TO_ENGINE, \
	  .help = "processes that talk to the network; 0: one for each processor" }, \
	{ .name = "pin", .type = CONF_BOOL, .dflt = "true", .to = TO_ENGINE, \
	  .help = "where there is one front for each of several processors, each keeps to its own, with all that serves it" }, \
	{ .name = "threads", .type = CONF_INT, .dflt = "64", .min = 2, .max = 128, .to = TO_ENGINE, \
	  .help = "requests that the engine works on at the same time" }, \
	{ .name = "store", .type = CONF_TEXT, .required = keeps, .min = 8, .to = TO_ENGINE, \
	  .help = "sqlite:/path/file.db, or postgresql://user@host/database" }, \
	{ .name = "store_readers", .type = CONF_INT, .dflt = "4", .min = 1, .max = 64, .to = TO_ENGINE, \
	  .help = "connections to the store beside the one that writes" }, \
	{ .name = "state_dir", .type = CONF_PATH, .to = TO_ENGINE, \
	  .help = "folder that the engine may write, beside the store's own" }, \
	{ .name = "control", .type = CONF_PATH, .required = true, .max = 100, \
	  .help = "socket of guichetctl" }, \
	{ .name = "seal_key", .type = CONF_FILE, .required = true, .secret = true, .to = TO_ENGINE, .file = "seal.key", \
	  .help = "at least 32 random bytes; seals what travels with the browser" }, \
	{ .name = "town_name", .type = CONF_TEXT, .max = 120, .dflt = "Ville", .to = TO_ENGINE | TO_COURIER_MAIL, \
	  .help = "name of the town, on every page" }, \
	{ .name = "town_place", .type = CONF_TEXT, .max = 200, .to = TO_ENGINE, .help = "where the counter is" }, \
	{ .name = "town_phone", .type = CONF_TEXT, .max = 40, .to = TO_ENGINE, .help = "telephone of the counter" }, \
	{ .name = "town_hours", .type = CONF_TEXT, .max = 200, .to = TO_ENGINE, .help = "opening hours of the counter" }, \
	{ .name = "town_colour", .type = CONF_COLOUR, .to = TO_ENGINE, .help = "colour of links and buttons" }, \
	{ .name = "town_colour_dark", .type = CONF_COLOUR, .to = TO_ENGINE, .help = "the same on a dark screen" }, \
	{ .name = "town_logo", .type = CONF_FILE, .to = TO_ENGINE, .file = "town.logo", .help = "logo, SVG" }, \
	SUPERVISOR_USER_ROW("front", "front"), \
	SUPERVISOR_USER_ROW("engine", "engine"), \
	SUPERVISOR_USER_ROW("reader", "reader"), \
	SUPERVISOR_USER_ROW("signer", "signer"), \
	SUPERVISOR_USER_ROW("tls_signer", "tls signer"), \
	SUPERVISOR_USER_ROW("hasher", "hasher"), \
	SUPERVISOR_USER_ROW("courier", "courier"), \
	{ .name = "limit_connections", .type = CONF_INT, .dflt = "4096", .min = 8, .max = 16384, .to = TO_FRONT, \
	  .help = "connections that one front holds" }, \
	{ .name = "limit_source_connections", .type = CONF_INT, .dflt = "256", .min = 1, .max = 16384, .to = TO_FRONT, \
	  .help = "connections of one source address to one front" }, \
	{ .name = "request_head_s", .type = CONF_INT, .dflt = "10", .min = 1, .max = 120, .to = TO_FRONT, \
	  .help = "seconds for a request line and its headers" }, \
	{ .name = "request_body_s", .type = CONF_INT, .dflt = "30", .min = 1, .max = 600, .to = TO_FRONT, \
	  .help = "seconds for a request's body" }, \
	{ .name = "idle_s", .type = CONF_INT, .dflt = "15", .min = 1, .max = 600, .to = TO_FRONT, \
	  .help = "seconds that an idle connection is kept" }, \
	{ .name = "courier_ca", .type = CONF_FILE, .to = TO_COURIERS, .file = "courier.ca", \
	  .help = "certificates that the couriers trust, PEM; none: the system's" }, \
	{ .name = "mail_folder", .type = CONF_PATH, .to = TO_ENGINE | TO_COURIER_MAIL, \
	  .help = "deliver mail into this folder (tests, demo)" }, \
	{ .name = "mail_smtp", .type = CONF_TEXT, .max = 200, .to = TO_ENGINE | TO_COURIER_MAIL, \
	  .help = "deliver mail to this server, smtp://host:port or smtps://host:port" }, \
	{ .name = "mail_from", .type = CONF_TEXT, .max = 200, .to = TO_COURIER_MAIL, .help = "sender of mail" }
#endif
