/* guichet_idp.c - the daemon guichet-idp: its supervisor. */
#include "roles/supervisor/daemons.h"

int main(int argc, char **argv)
{
	return supervisor_main(&idp_daemon, argc, argv);
}
