/* preinscription_rules.h - is this préinscription complete and plausible? Pure: facts and an instant in,
 * errors out.
 *
 * Only what can be told from the form. Who holds parental authority, and which children come first, is
 * for the service and the commission: nothing here weighs one family against another.
 */
#ifndef PETITE_ENFANCE_PREINSCRIPTION_RULES_H
#define PETITE_ENFANCE_PREINSCRIPTION_RULES_H
#include "wire/http/http.h"

enum { PE_LUNDI = 1, PE_MARDI = 2, PE_MERCREDI = 4, PE_JEUDI = 8, PE_VENDREDI = 16 };
enum { PE_COLLECTIF = 1, PE_FAMILIAL = 2, PE_HALTE = 4 };

/* As typed, blanks at both ends taken off; shown again after an error. */
struct pe_typed {
	struct str enfant_prenoms, enfant_nom, ne /* "oui", "non": expected */, jour, mois, annee;
	struct str parent2_prenoms, parent2_nom;
	struct str adresse, code_postal, commune, telephone, courriel;
	struct str entree_jour, entree_mois, entree_annee;
	unsigned jours;                   /* PE_LUNDI | … */
	struct str arrivee, depart;
	unsigned accueil;                 /* PE_COLLECTIF | … */
	struct str situation;             /* lines end in LF */
	bool attestation;
};
struct pe_typed pe_typed_of(struct arena *a, const struct http_pairs *form);

/* Checked, in the spelling that is kept. */
struct pe_answers {
	struct str enfant_prenoms;        /* may be empty: not chosen yet, or has none */
	struct str enfant_nom;
	bool ne;
	struct str enfant_date;           /* of birth; expected, when not ne: "2027-03-27" */
	struct str parent2_prenoms, parent2_nom;            /* empty: not named */
	struct str adresse, code_postal, commune, telephone, courriel;   /* the last two empty: not given */
	struct str entree;                /* wished */
	unsigned jours, accueil;
	int64_t arrivee_min, depart_min;  /* since midnight */
	struct str situation;
};

/* Why a field is refused: the page's words ("missing", "long", "invalid", "future", "past", "far", "old",
 * "before_birth", "quarter", "outside", "before_arrival"). */
struct pe_errors {
	const char *enfant_prenoms, *enfant_nom, *ne, *enfant_date, *parent2_prenoms, *parent2_nom, *adresse, *code_postal, *commune,
		*telephone, *courriel, *entree, *jours, *arrivee, *depart, *accueil, *situation, *attestation;
	int64_t n;
};

/* ret_answers, which lives in a, is written only when there is no error. */
void pe_preinscription_judge(struct arena *a, const struct pe_typed *typed, int64_t now_s, struct pe_errors *ret_errors,
	struct pe_answers *ret_answers);

/* What makes two filings of one citizen speak of the same child: names and date, whatever the capitals,
 * hyphens, apostrophes and the bytes of an accent. Lives in a. */
struct str pe_child_key(struct arena *a, const struct pe_answers *answers);
#endif
