/* demande_rules.h - may this act be asked for by this person, and is the request complete? Pure: facts
 * and an instant in, errors out.
 *
 * Only what can be told from the form and the account. Whether the act exists, and whether the declared
 * tie is proven, is for the officier de l'état civil who answers.
 */
#ifndef ETAT_CIVIL_DEMANDE_RULES_H
#define ETAT_CIVIL_DEMANDE_RULES_H
#include "wire/http/http.h"

enum ec_kind { EC_COPIE, EC_EXTRAIT, EC_DECES, EC_KINDS };
extern const char *const ec_kind_names[EC_KINDS];       /* "naissance-copie": of kit_demande.kind */

/* What the identity provider released of who asks; empty fields: not known, or asked without an account. */
struct ec_asker { struct str family_name, given_name, birthdate; };

/* As typed, blanks at both ends taken off; shown again after an error. */
struct ec_typed {
	struct str lien, nom, prenoms, jour, mois, annee, ici, parent1, parent2;
	struct str destinataire, adresse, code_postal, ville, telephone, courriel;
	bool attestation;
};
/* self: a copie of one's own act; what the account says of it is not read from the form. */
struct ec_typed ec_typed_of(const struct http_pairs *form, bool self, const struct ec_asker *asker);

/* Checked, in the spelling that is kept; empty: not given, or not asked. */
struct ec_answers {
	struct str lien;                  /* "moi", "enfant", "parent", "conjoint", "represente", "autre" */
	struct str nom, prenoms;
	struct str date;                  /* of the birth or the death: "1954-03-12"; of a death also "1998-05", "1998" */
	struct str parent1, parent2;
	struct str destinataire, adresse, code_postal, ville, telephone, courriel;
};

/* Why a field is refused: the page's words ("missing", "long", "invalid", "future", "elsewhere"; of
 * the tie also "minor", "older", "younger", "not_entitled"). */
struct ec_errors {
	const char *lien, *nom, *prenoms, *date, *ici, *parent1, *parent2, *destinataire, *adresse, *code_postal, *ville,
		*telephone, *courriel, *attestation;
	int64_t n;
};

/* ret_answers, which lives in a, is written only when there is no error. */
void ec_demande_judge(struct arena *a, enum ec_kind kind, const struct ec_typed *typed, const struct ec_asker *asker, int64_t now_s,
	struct ec_errors *ret_errors, struct ec_answers *ret_answers);

/* May somebody with this tie have the copie intégrale of a birth of `date`? NULL, or the word for the
 * refusal. A birthdate of the asker that is not known refuses nothing.
 * Source  décret 2017-890, art. 30 to 33; code du patrimoine, art. L. 213-2, 4° e */
const char *ec_lien_check(struct str lien, struct str date, struct str asker_birthdate, int64_t now_s);

/* Our copy of a request is transit: the act is drawn up elsewhere, and the request goes by itself. */
enum { EC_KEPT_DAYS = 183 };
int64_t ec_expires_at_s(int64_t filed_at_s);
#endif
