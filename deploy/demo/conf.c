/* conf.c - the configuration and the roles of guichet-demo, the page of the demonstration town. It
 * keeps nothing of its own and looks after nobody: one front, one engine. */
#include "roles/supervisor/common_rows.h"
#include "roles/supervisor/daemons.h"

static const struct conf_row rows[] = {
	SUPERVISOR_ROWS_WITH(false),
	{ .name = "demo_folder", .type = CONF_PATH, .required = true, .to = TO_ENGINE, .help = "state folder of the demonstration" },
};

const struct supervisor_daemon demo_daemon = {
	.name = "guichet-demo", .engine = "guichet-demo-engine", .rows = rows, .row_n = sizeof rows / sizeof *rows,
	.count = { [ROLE_FRONT] = 16, [ROLE_ENGINE] = 1, [ROLE_TLS_SIGNER] = 16 },
};
