/* routes.c - THE table of this service: method, path, who may call, limits, handler. The kit adds
 * /connexion /retour /deconnexion /deconnexion/retour /accessibilite /health /metrics, and what
 * its protocol needs. */
#include "services/etat-civil/etat_civil.h"

extern const struct store_migration etat_civil_migrations[];     /* schemas/sql/etat-civil, by tools/embed_sql.py */
extern const size_t etat_civil_migrations_n;

static const struct engine_route routes[] = {
	{ HTTP_PUBLIC, HTTP_GET, "/", ec_home_get, RULE_ANYONE },
	{ HTTP_PUBLIC, HTTP_GET, "/vos-donnees", ec_data_get, RULE_ANYONE },
	{ HTTP_PUBLIC, HTTP_GET, "/naissance-copie", ec_choose_get, RULE_ANYONE },
	{ HTTP_PUBLIC, HTTP_GET, "/naissance-copie/moi", ec_moi_get, RULE_USAGER },
	/* The handler looks for the session itself: without one, what was typed must not be lost. */
	{ HTTP_PUBLIC, HTTP_POST, "/naissance-copie/moi", ec_moi_post, RULE_ANYONE, HTTP_FORM, 16384 },
	{ HTTP_PUBLIC, HTTP_GET, "/naissance-copie/proche", ec_proche_get, RULE_USAGER },
	{ HTTP_PUBLIC, HTTP_POST, "/naissance-copie/proche", ec_proche_post, RULE_ANYONE, HTTP_FORM, 16384 },
	{ HTTP_PUBLIC, HTTP_GET, "/naissance-extrait", ec_extrait_get, RULE_ANYONE },
	{ HTTP_PUBLIC, HTTP_POST, "/naissance-extrait", ec_extrait_post, RULE_ANYONE, HTTP_FORM, 16384 },
	{ HTTP_PUBLIC, HTTP_GET, "/deces", ec_deces_get, RULE_ANYONE },
	{ HTTP_PUBLIC, HTTP_POST, "/deces", ec_deces_post, RULE_ANYONE, HTTP_FORM, 16384 },
	/* With an account, or from the cookie of who has just filed without one: the kit tells which. */
	{ HTTP_PUBLIC, HTTP_GET, "/recu", ec_receipt_get, RULE_ANYONE },
	{ HTTP_PUBLIC, HTTP_GET, "/suivi", ec_follow_get, RULE_ANYONE },
	/* A number and a code alone: never in an address, a log or a history. */
	{ HTTP_PUBLIC, HTTP_POST, "/suivi", ec_follow_post, RULE_ANYONE, HTTP_FORM, 4096 },
	{ HTTP_PUBLIC, HTTP_GET, "/demandes", kit_filings_get, RULE_USAGER },
	{ HTTP_PUBLIC, HTTP_GET, "/demande", ec_detail_get, RULE_USAGER },
};

static const struct kit_kind kinds[] = {
	{ "naissance-copie", "/naissance-copie", "Copie intégrale d’un acte de naissance", "Full copy of a birth certificate" },
	{ "naissance-extrait", "/naissance-extrait", "Extrait d’acte de naissance sans filiation", "Extract of a birth certificate, without parents" },
	{ "deces", "/deces", "Acte de décès", "Death certificate" },
};

const struct kit_service etat_civil_service = {
	.scope = "openid profile",
	.routes = routes, .route_n = sizeof routes / sizeof *routes,
	.migrations = etat_civil_migrations, .migration_n = &etat_civil_migrations_n,
	.kinds = kinds, .kind_n = sizeof kinds / sizeof *kinds,
	.desk = &ec_desk,
};
