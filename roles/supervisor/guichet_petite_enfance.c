/* guichet_petite_enfance.c - the daemon guichet-petite-enfance: its supervisor. */
#include "roles/supervisor/daemons.h"

int main(int argc, char **argv)
{
	return supervisor_main(&petite_enfance_daemon, argc, argv);
}
