/* guichet_demo.c - the daemon guichet-demo: its supervisor. */
#include "roles/supervisor/daemons.h"

int main(int argc, char **argv)
{
	return supervisor_main(&demo_daemon, argc, argv);
}
