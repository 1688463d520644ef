/* guichet_elections.c - the daemon guichet-elections: its supervisor. */
#include "roles/supervisor/daemons.h"

int main(int argc, char **argv)
{
	return supervisor_main(&elections_daemon, argc, argv);
}
