/* daemons.h - the daemons of this house; each table stands beside its engine. */
#ifndef ROLES_SUPERVISOR_DAEMONS_H
#define ROLES_SUPERVISOR_DAEMONS_H
#include "roles/supervisor/supervisor.h"

extern const struct supervisor_daemon idp_daemon;          /* idp/conf.c */
extern const struct supervisor_daemon elections_daemon;    /* services/elections/conf.c */
extern const struct supervisor_daemon etat_civil_daemon;   /* services/etat-civil/conf.c */
extern const struct supervisor_daemon petite_enfance_daemon;    /* services/petite-enfance/conf.c */
extern const struct supervisor_daemon demo_daemon;         /* deploy/demo/conf.c */
#endif
