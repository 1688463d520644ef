/* etat_civil_forms.h - the forms of the état civil service, filled in for its tests. */
#ifndef TESTS_UNIT_ETAT_CIVIL_FORMS_H
#define TESTS_UNIT_ETAT_CIVIL_FORMS_H
#include "services/etat-civil/etat_civil.h"
#include "tests/unit/elections_world.h"

enum { FORM = 20480 };

#define DEMANDES "SELECT COUNT(*) FROM kit_demande"
#define ACTES    "SELECT COUNT(*) FROM acte"
#define MEMORIES "SELECT COUNT(*) FROM kit_memory"

#define SENT_TO "destinataire=Jeanne+Moreau&adresse=14+rue+des+Halles&code-postal=44990&ville=S%C3%A9rigny"
#define DECES   "nom=Lefebvre&prenoms=Anne&jour=&mois=&annee=1998&ici=oui&" SENT_TO "&courriel="
#define EXTRAIT "nom=Lefebvre&prenoms=Anne&jour=27&mois=3&annee=1998&ici=oui&" SENT_TO "&courriel="
#define COPIE   "nom=Moreau&prenoms=Paul&ici=oui&parent1=Moreau+Jeanne&parent2=&" SENT_TO "&telephone=&courriel=&attestation=oui"
#define ENFANT  COPIE "&lien=enfant&jour=1&mois=2&annee=1980"

/* The hidden fields of the form on this browser's page. */
void form_fields(const struct browser *b, char form_id[512], char csrf[512]);
/* The body of a post that this browser's form would send. */
void fill(struct browser *b, const char *path, const char *answers, char *out, size_t n);
void post(struct browser *b, const char *path, const char *answers);
/* Files without an account, and reads number and code from the receipt. */
void file_open(struct browser *b, const char *path, const char *answers, char number[64], char code[64]);
void follow(struct browser *b, const char *number, const char *code);
#endif
