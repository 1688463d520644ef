/* demande_rules.h - is this inscription complete and plausible? Pure: facts and an instant in, errors out.
 *
 * Only what can be told from the form: whether the citizen may vote, and lives where they say, is for
 * the agent who examines it.
 */
#ifndef ELECTIONS_DEMANDE_RULES_H
#define ELECTIONS_DEMANDE_RULES_H
#include "wire/http/http.h"

/* As typed, blanks at both ends taken off; shown again after an error. */
struct el_typed {
	struct str adresse, code_postal, jour, mois, annee, ailleurs, ancienne_commune, telephone, courriel;
	bool attestation;
};
struct el_typed el_typed_of(const struct http_pairs *form);

/* Checked, in the spelling that is kept. */
struct el_answers {
	struct str adresse, code_postal;
	struct str depuis;                /* "2019-03-27" */
	bool ailleurs;
	struct str ancienne_commune, telephone, courriel;   /* empty: not given */
};

/* Why a field is refused: the page's words ("missing", "long", "future", "before_birth", "invalid"). */
struct el_errors {
	const char *adresse, *code_postal, *depuis, *ailleurs, *ancienne_commune, *telephone, *courriel, *attestation;
	int64_t n;
};

/* birthdate: "1954-03-12", or empty when it is not known. ret_answers, which lives in a, is written
 * only when there is no error. */
void el_demande_judge(struct arena *a, const struct el_typed *typed, struct str birthdate, int64_t now_s,
	struct el_errors *ret_errors, struct el_answers *ret_answers);

/*= Code électoral, L. 18: le maire … statue … dans un délai de cinq jours à compter de leur dépôt
 * An instant of the fifth day: of the calendar of Paris, which has days of 23 and of 25 hours. */
int64_t el_decide_by_s(int64_t filed_at_s);
#endif
