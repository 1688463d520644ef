/* main.c - start-up of guichet-etat-civil-engine. */
#include "services/etat-civil/etat_civil.h"

int main(int argc, char **argv)
{
	return kit_main(&etat_civil_service, argc, argv);
}
