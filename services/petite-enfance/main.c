/* main.c - start-up of guichet-petite-enfance-engine. */
#include "services/petite-enfance/petite_enfance.h"

int main(int argc, char **argv)
{
	return kit_main(&pe_service, argc, argv);
}
