/* routes.c - THE table of this service: method, path, who may call, limits, handler. The kit adds its own
 * (signing in and out, /accessibilite, /health, /metrics). */
#include "services/petite-enfance/petite_enfance.h"

extern const struct store_migration petite_enfance_migrations[];      /* schemas/sql/petite-enfance, by tools/embed_sql.py */
extern const size_t petite_enfance_migrations_n;

static const struct engine_route routes[] = {
	{ HTTP_PUBLIC, HTTP_GET, "/", pe_home_get, RULE_ANYONE },
	{ HTTP_PUBLIC, HTTP_GET, "/vos-donnees", pe_data_get, RULE_ANYONE },
	{ HTTP_PUBLIC, HTTP_GET, "/preinscription", pe_form_get, RULE_USAGER },
	/* The handler looks for the session itself: without one, what was typed must not be lost. */
	{ HTTP_PUBLIC, HTTP_POST, "/preinscription", pe_form_post, RULE_ANYONE, HTTP_FORM, 32768, .multi_line = "situation" },
	{ HTTP_PUBLIC, HTTP_GET, "/recu", pe_receipt_get, RULE_USAGER },
	{ HTTP_PUBLIC, HTTP_GET, "/demandes", kit_filings_get, RULE_USAGER },
	{ HTTP_PUBLIC, HTTP_GET, "/demande", pe_detail_get, RULE_USAGER },
};

static const struct kit_kind kinds[] = {
	{ PE_KIND, "/preinscription", "Préinscription en crèche", "Nursery pre-registration" },
};

const struct kit_service pe_service = {
	.scope = "openid profile",
	.routes = routes, .route_n = sizeof routes / sizeof *routes,
	.migrations = petite_enfance_migrations, .migration_n = &petite_enfance_migrations_n,
	.kinds = kinds, .kind_n = sizeof kinds / sizeof *kinds,
	.desk = &pe_desk,
};
