/* supervisor.h - what makes a daemon: its name, its engine, its configuration, its roles.
 *
 * A daemon's main() is supervisor_main() with one struct supervisor_daemon. The supervisor reads
 * the configuration, opens sockets and key files and passes them on, starts the roles, replaces
 * those that end, reloads and stops. No byte of the network passes through it.
 */
#ifndef ROLES_SUPERVISOR_H
#define ROLES_SUPERVISOR_H
#include "base/conf.h"
#include "wire/ipc/boot.h"

struct supervisor_daemon {
	const char *name;                   /* "guichet-idp": also the value of the row `daemon` */
	const char *engine;                 /* executable, beside the supervisor's own */
	const struct conf_row *rows;        /* begins with SUPERVISOR_COMMON_ROWS */
	size_t row_n;
	/* Processes of each role, at most. Fronts and hashers: what their row says; tls signers: one for
	 * each front, when there is a key; the signer: only when one of its files is given; the mail courier:
	 * only when it has somewhere to deliver; the ldap couriers: only when there is a directory. */
	uint8_t count[ROLE_COUNT];
	/* What its own rows need of one another; complains with the row's line. NULL: nothing. */
	struct err (*check)(const struct conf *c, struct buf *complaints);
};

/* guichet-NAME --config FILE [--check|--dump|--manual]; returns the exit code. */
int supervisor_main(const struct supervisor_daemon *daemon, int argc, char **argv);

/* The rows' "to": who receives the setting, or the descriptor of a file. */
#define TO_FRONT        (1u << ROLE_FRONT)
#define TO_ENGINE       (1u << ROLE_ENGINE)
#define TO_SIGNER       (1u << ROLE_SIGNER)
#define TO_TLS_SIGNER   (1u << ROLE_TLS_SIGNER)
#define TO_HASHER       (1u << ROLE_HASHER)
#define TO_COURIER_HTTP (1u << ROLE_COURIER_HTTP)
#define TO_COURIER_MAIL (1u << ROLE_COURIER_MAIL)
#define TO_COURIER_LDAP (1u << ROLE_COURIER_LDAP)
#define TO_COURIERS     (TO_COURIER_HTTP | TO_COURIER_MAIL)
#endif
