/* agents_routes.c - the routes of the agents' door, of every service that opens it. */
#include "services/kit/agents_impl.h"

const struct engine_route kit_agents_routes[] = {
	{ HTTP_PUBLIC, HTTP_GET, "/agents", agents_list_get, RULE_AGENT, .arena_kib = 1024 },
	{ HTTP_PUBLIC, HTTP_GET, "/agents/demande", agents_filing_get, RULE_AGENT, .arena_kib = 1024 },
	{ HTTP_PUBLIC, HTTP_POST, "/agents/demande", agents_filing_post, RULE_AGENT, HTTP_FORM, 16384, .arena_kib = 1024, .multi_line = "mot" },
	{ HTTP_PUBLIC, HTTP_POST, "/agents/ouvrir", agents_open_post, RULE_AGENT, HTTP_FORM, 4096, .arena_kib = 1024 },
	{ HTTP_PUBLIC, HTTP_GET, "/agents/lectures", agents_readings_get, RULE_AGENT, .arena_kib = 1024 },
	{ HTTP_PUBLIC, HTTP_GET, "/agents/connexion", agents_login_get, RULE_ANYONE, .arena_kib = 1024 },
	{ HTTP_PUBLIC, HTTP_GET, "/agents/retour", agents_callback_get, RULE_ANYONE, .arena_kib = 2048 },
	{ HTTP_PUBLIC, HTTP_POST, "/agents/deconnexion", agents_logout_post, RULE_ANYONE, HTTP_FORM, 8192, .arena_kib = 1024 },
	{ HTTP_PUBLIC, HTTP_POST, "/agents/fin-de-session", agents_backchannel_post, RULE_ANYONE, HTTP_FORM, 24576, .arena_kib = 1024, .cross_site = true },
};
const size_t kit_agents_route_n = sizeof kit_agents_routes / sizeof *kit_agents_routes;
