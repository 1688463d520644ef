/* conf.c - the configuration and the roles of guichet-elections. Linked into its supervisor and
 * into guichetctl, never into its engine. */
#include "roles/supervisor/daemons.h"
#include "services/kit/rows.h"

static const struct conf_row rows[] = {
	SUPERVISOR_COMMON_ROWS,
	KIT_COMMON_ROWS("Élections"),
};

const struct supervisor_daemon elections_daemon = {
	.name = "guichet-elections", .engine = "guichet-elections-engine", .rows = rows, .row_n = sizeof rows / sizeof *rows,
	.count = KIT_ROLE_COUNTS, .check = kit_conf_check,
};
