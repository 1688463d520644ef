/* routes.c - THE table of this service: method, path, who may call, limits, handler. The kit adds
 * /connexion /retour /deconnexion /deconnexion/retour /logout/backchannel /accessibilite /health /metrics. */
#include "services/elections/elections.h"

extern const struct store_migration elections_migrations[];      /* schemas/sql/elections, by tools/embed_sql.py */
extern const size_t elections_migrations_n;

static const struct engine_route routes[] = {
	{ HTTP_PUBLIC, HTTP_GET, "/", el_home_get, RULE_ANYONE },
	{ HTTP_PUBLIC, HTTP_GET, "/vos-donnees", el_data_get, RULE_ANYONE },
	{ HTTP_PUBLIC, HTTP_GET, "/inscription", el_form_get, RULE_USAGER },
	/* The handler looks for the session itself: without one, what was typed must not be lost. */
	{ HTTP_PUBLIC, HTTP_POST, "/inscription", el_form_post, RULE_ANYONE, HTTP_FORM, 16384 },
	{ HTTP_PUBLIC, HTTP_GET, "/recu", el_receipt_get, RULE_USAGER },
	{ HTTP_PUBLIC, HTTP_GET, "/demandes", kit_filings_get, RULE_USAGER },
	{ HTTP_PUBLIC, HTTP_GET, "/demande", el_detail_get, RULE_USAGER },
};

static const struct kit_kind kinds[] = {
	{ "inscription", "/inscription", "Inscription sur la liste électorale", "Registration on the electoral roll" },
};

const struct kit_service elections_service = {
	.scope = "openid profile",
	.routes = routes, .route_n = sizeof routes / sizeof *routes,
	.migrations = elections_migrations, .migration_n = &elections_migrations_n,
	.kinds = kinds, .kind_n = sizeof kinds / sizeof *kinds,
	.desk = &el_desk,
};
