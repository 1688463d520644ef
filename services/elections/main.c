/* main.c - start-up of guichet-elections-engine. */
#include "services/elections/elections.h"

int main(int argc, char **argv)
{
	return kit_main(&elections_service, argc, argv);
}
