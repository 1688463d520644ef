/* demande_rules.c - see demande_rules.h. */
#include "services/elections/demande_rules.h"
#include "base/clock.h"
#include "base/page.h"
#include "services/kit/checks.h"

enum { ADRESSE_MAX = 150, COMMUNE_MAX = 80, DECIDE_DAYS = 5, NOON_S = 12 * 3600 };

struct el_typed el_typed_of(const struct http_pairs *form)
{
	return (struct el_typed){
		.adresse = kit_typed(form, "adresse"), .code_postal = kit_typed(form, "code-postal"),
		.jour = kit_typed(form, "jour"), .mois = kit_typed(form, "mois"), .annee = kit_typed(form, "annee"),
		.ailleurs = kit_typed(form, "ailleurs"), .ancienne_commune = kit_typed(form, "ancienne-commune"),
		.telephone = kit_typed(form, "telephone"), .courriel = kit_typed(form, "courriel"),
		.attestation = str_eq(http_get(form, "attestation"), STR("oui")),
	};
}

static const char *depuis(struct arena *a, const struct el_typed *t, struct str birthdate, int64_t now_s, struct str *ret_date)
{
	const char *wrong = kit_check_past_date(a, t->jour, t->mois, t->annee, now_s, ret_date);

	if (wrong)
		return wrong;
	/* Both are YYYY-MM-DD, which sort as they follow each other. */
	return birthdate.n == 10 && str_cmp(*ret_date, birthdate) < 0 ? "before_birth" : NULL;
}

static const char *ancienne_commune(const struct el_typed *t)
{
	return kit_check_text(t->ancienne_commune, str_eq(t->ailleurs, STR("oui")), COMMUNE_MAX);
}

static int64_t count(const struct el_errors *e)
{
	return (e->adresse != NULL) + (e->code_postal != NULL) + (e->depuis != NULL) + (e->ailleurs != NULL)
		+ (e->ancienne_commune != NULL) + (e->telephone != NULL) + (e->courriel != NULL) + (e->attestation != NULL);
}

void el_demande_judge(struct arena *a, const struct el_typed *t, struct str birthdate, int64_t now_s,
	struct el_errors *ret_errors, struct el_answers *ret_answers)
{
	struct el_answers kept = { .adresse = t->adresse, .courriel = t->courriel, .ailleurs = str_eq(t->ailleurs, STR("oui")) };
	struct el_errors e = {
		.adresse = kit_check_text(t->adresse, true, ADRESSE_MAX),
		.code_postal = kit_check_postal_code(a, t->code_postal, &kept.code_postal),
		.depuis = depuis(a, t, birthdate, now_s, &kept.depuis),
		.ailleurs = kept.ailleurs || str_eq(t->ailleurs, STR("non")) ? NULL : "missing",
		.ancienne_commune = ancienne_commune(t),
		.telephone = kit_check_phone(a, t->telephone, &kept.telephone),
		.courriel = kit_check_email(t->courriel),
		.attestation = t->attestation ? NULL : "missing",
	};

	e.n = count(&e);
	*ret_errors = e;
	/* Who answered "no" was not asked for a commune: what stood there is not kept. */
	kept.ancienne_commune = kept.ailleurs ? t->ancienne_commune : STR_NONE;
	if (e.n == 0)
		*ret_answers = kept;
}

int64_t el_decide_by_s(int64_t filed_at_s)
{
	struct page_local filed = page_paris(filed_at_s);

	return (date_to_days(filed.year, filed.month, filed.day) + DECIDE_DAYS) * 86400 + NOON_S;
}
