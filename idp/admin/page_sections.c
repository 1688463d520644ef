/* page_sections.c - the sections of the administration pages: THE table of the navigation. Each one's
 * routes stand in idp/routes.c, with the same rights. */
#include "idp/admin/page.h"

const struct admin_section admin_sections[] = {
	{ "/partenaires", { STR_INIT("Partenaires"), STR_INIT("Partners") },
	  { STR_INIT("Les logiciels où l’on se connecte avec ce compte : les inscrire, les essayer, lire leurs refus."),
	    STR_INIT("The software that people sign in to with this account: register it, try it, read what was refused.") }, RIGHT(PARTENAIRES) },
	{ "/comptes", { STR_INIT("Comptes"), STR_INIT("Accounts") },
	  { STR_INIT("Le compte d’un citoyen, par son adresse exacte : son état, le fermer, le rouvrir."),
	    STR_INIT("A citizen’s account, by its exact address: its state, closing it, opening it again.") }, RIGHT(COMPTES) },
	{ "/agents", { STR_INIT("Agents"), STR_INIT("Agents") },
	  { STR_INIT("Les agents connus ici, leurs droits, leurs codes d’inscription et leurs sessions."),
	    STR_INIT("The agents known here, their rights, their enrolment codes and their sessions.") }, RIGHT(COMPTES) },
	{ "/cles", { STR_INIT("Clés"), STR_INIT("Keys") },
	  { STR_INIT("Les clés qui signent, et leur changement, une étape à la fois."),
	    STR_INIT("The keys that sign, and changing them, one step at a time.") }, RIGHT(CLES) },
	{ "/journal", { STR_INIT("Journal"), STR_INIT("Audit log") },
	  { STR_INIT("Qui a fait quoi : chercher, exporter, vérifier que rien n’a été altéré."),
	    STR_INIT("Who did what: search, export, check that nothing was altered.") }, RIGHT(AUDIT) },
	{ "/files", { STR_INIT("Files d’attente"), STR_INIT("Queues") },
	  { STR_INIT("Ce qui attend d’être porté à un service."),
	    STR_INIT("What waits to be brought to a service.") }, RIGHT(EXPLOITATION) },
	{ "/etat", { STR_INIT("État"), STR_INIT("State") },
	  { STR_INIT("La base, le programme qui signe, l’annuaire, et les chiffres depuis le démarrage."),
	    STR_INIT("The database, the program that signs, the directory, and the figures since the start.") }, RIGHT(EXPLOITATION) },
};
const size_t admin_section_n = sizeof admin_sections / sizeof *admin_sections;
