/* guichet_etat_civil.c - the daemon guichet-etat-civil: its supervisor. */
#include "roles/supervisor/daemons.h"

int main(int argc, char **argv)
{
	return supervisor_main(&etat_civil_daemon, argc, argv);
}
