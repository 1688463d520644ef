/* demande_rules.c - see demande_rules.h. */
#include "services/etat-civil/demande_rules.h"
#include "base/page.h"
#include "services/kit/checks.h"

enum { NAME_MAX_CHARS = 200, ADRESSE_MAX = 150, VILLE_MAX = 100, ADULT_YEARS = 18, PUBLIC_YEARS = 75, OLDEST_YEAR = 1850 };

const char *const ec_kind_names[EC_KINDS] = { [EC_COPIE] = "naissance-copie", [EC_EXTRAIT] = "naissance-extrait", [EC_DECES] = "deces" };

/* "1954-03-12" in the three fields of a form. */
static void date_typed(struct ec_typed *t, struct str iso)
{
	t->annee = str_slice(iso, 0, 4);
	t->mois = str_slice(iso, 5, 7);
	t->jour = str_slice(iso, 8, 10);
}

struct ec_typed ec_typed_of(const struct http_pairs *form, bool self, const struct ec_asker *asker)
{
	struct ec_typed t = {
		.lien = self ? STR("moi") : kit_typed(form, "lien"), .nom = kit_typed(form, "nom"), .prenoms = kit_typed(form, "prenoms"),
		.jour = kit_typed(form, "jour"), .mois = kit_typed(form, "mois"), .annee = kit_typed(form, "annee"), .ici = kit_typed(form, "ici"),
		.parent1 = kit_typed(form, "parent1"), .parent2 = kit_typed(form, "parent2"), .destinataire = kit_typed(form, "destinataire"),
		.adresse = kit_typed(form, "adresse"), .code_postal = kit_typed(form, "code-postal"), .ville = kit_typed(form, "ville"),
		.telephone = kit_typed(form, "telephone"), .courriel = kit_typed(form, "courriel"),
		.attestation = str_eq(http_get(form, "attestation"), STR("oui")),
	};

	/* The birth name may differ from the one in use, and is typed; a birth date is one's own. */
	if (self && asker->birthdate.n == 10)
		date_typed(&t, asker->birthdate);
	return t;
}

/* ---- who may have a copie intégrale ---- */

/* "1954-03-12" as 19540312; 0 when it is not known. Numbers of that kind sort as their days do. */
static int64_t number_of(struct str iso)
{
	int64_t year = 0, month = 0, day = 0;

	if (iso.n != 10 || failed(str_to_i64(str_slice(iso, 0, 4), 9999, &year)) || failed(str_to_i64(str_slice(iso, 5, 7), 12, &month))
	    || failed(str_to_i64(str_slice(iso, 8, 10), 31, &day)))
		return 0;
	return year * 10000 + month * 100 + day;
}

static int64_t today_of(int64_t now_s, int years_ago)
{
	struct page_local today = page_paris(now_s);

	return (today.year - years_ago) * 10000 + today.month * 100 + today.day;
}

/* Seventy-five years after its register was closed, which is on the last day of its year. */
static bool is_public(int64_t born, int64_t now_s)
{
	return page_paris(now_s).year - born / 10000 > PUBLIC_YEARS;
}

enum tie { ONESELF, BORN_LATER, BORN_EARLIER, WHATEVER_AGE, NONE_OF_THEM };
static const struct { const char *word; enum tie tie; } liens[] = {
	{ "moi", ONESELF },
	{ "enfant", BORN_LATER },          /* who asks is an ascendant */
	{ "parent", BORN_EARLIER },        /* who asks is a descendant */
	{ "conjoint", WHATEVER_AGE }, { "represente", WHATEVER_AGE },
	{ "autre", NONE_OF_THEM },
};

static const char *tie_check(enum tie tie, int64_t born, int64_t asker, int64_t now_s)
{
	switch (tie) {
	case ONESELF:
		if (asker && asker != born)
			return "not_entitled";
		return asker > today_of(now_s, ADULT_YEARS) ? "minor" : NULL;
	case BORN_LATER:
		return asker && born <= asker ? "older" : NULL;
	case BORN_EARLIER:
		return asker && born >= asker ? "younger" : NULL;
	case WHATEVER_AGE:
		return NULL;
	case NONE_OF_THEM:
		return "not_entitled";
	}
	return "not_entitled";
}

const char *ec_lien_check(struct str lien, struct str date, struct str asker_birthdate, int64_t now_s)
{
	int64_t born = number_of(date);

	for (size_t i = 0; i < sizeof liens / sizeof *liens; i++) {
		if (!str_eq_c(lien, liens[i].word))
			continue;
		/* The date has its own error: without it nothing can be said of the tie. */
		if (!born || (is_public(born, now_s) && liens[i].tie != ONESELF))
			return NULL;
		return tie_check(liens[i].tie, born, number_of(asker_birthdate), now_s);
	}
	return "missing";
}

/* ---- the fields ---- */

/* A name of a register: any script and any length that a register has, but nothing that no pen writes. */
static const char *name_check(struct str value, bool required)
{
	return str_has_control(value) ? "invalid" : kit_check_text(value, required, NAME_MAX_CHARS);
}

static const char *line_check(struct str value, size_t max_chars)
{
	return str_has_control(value) ? "invalid" : kit_check_text(value, true, max_chars);
}

/* The year alone, or with the month: who asks for an old death often knows no more. */
static const char *rough_date(struct arena *a, struct str month, struct str year, int64_t now_s, struct str *ret_date)
{
	struct page_local today = page_paris(now_s);
	int64_t m = 1, y = 0;

	if (failed(str_to_i64(year, 9999, &y)) || y < OLDEST_YEAR || (month.n && (failed(str_to_i64(month, 12, &m)) || m < 1)))
		return "invalid";
	if (y > today.year || (y == today.year && m > today.month))
		return "future";
	*ret_date = month.n ? arena_printf(a, "%04d-%02d", (int)y, (int)m) : arena_printf(a, "%04d", (int)y);
	return NULL;
}

static const char *date_check(struct arena *a, enum ec_kind kind, const struct ec_typed *t, int64_t now_s, struct str *ret_date)
{
	if (kind == EC_DECES && t->jour.n == 0 && t->annee.n)
		return rough_date(a, t->mois, t->annee, now_s, ret_date);
	return kit_check_past_date(a, t->jour, t->mois, t->annee, now_s, ret_date);
}

static const char *ici_check(struct str ici)
{
	return str_eq(ici, STR("oui")) ? NULL : str_eq(ici, STR("non")) ? "elsewhere" : "missing";
}

static int64_t count(const struct ec_errors *e)
{
	const char *const all[] = { e->lien, e->nom, e->prenoms, e->date, e->ici, e->parent1, e->parent2, e->destinataire, e->adresse,
		e->code_postal, e->ville, e->telephone, e->courriel, e->attestation };
	int64_t n = 0;

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		n += all[i] != NULL;
	return n;
}

/* Who asks for a copie intégrale says the parents' names (décret 2017-890), and that proves something:
 * a stranger rarely knows them. An act may name one parent alone. */
static void copie_judge(struct arena *a, const struct ec_typed *t, const struct ec_asker *asker, int64_t now_s,
	struct ec_errors *e, struct ec_answers *kept)
{
	kept->lien = t->lien;
	kept->parent1 = t->parent1;
	kept->parent2 = t->parent2;
	e->lien = ec_lien_check(t->lien, kept->date, asker->birthdate, now_s);
	e->parent1 = name_check(t->parent1, true);
	e->parent2 = name_check(t->parent2, false);
	e->telephone = kit_check_phone(a, t->telephone, &kept->telephone);
	e->attestation = t->attestation ? NULL : "missing";
}

void ec_demande_judge(struct arena *a, enum ec_kind kind, const struct ec_typed *t, const struct ec_asker *asker, int64_t now_s,
	struct ec_errors *ret_errors, struct ec_answers *ret_answers)
{
	struct ec_answers kept = { .nom = t->nom, .prenoms = t->prenoms, .destinataire = t->destinataire, .adresse = t->adresse,
		.ville = t->ville, .courriel = t->courriel };
	struct ec_errors e = {
		.nom = name_check(t->nom, true),
		/* Some acts bear no first name. */
		.prenoms = name_check(t->prenoms, false),
		.date = date_check(a, kind, t, now_s, &kept.date),
		.ici = ici_check(t->ici),
		.destinataire = name_check(t->destinataire, true),
		.adresse = line_check(t->adresse, ADRESSE_MAX),
		.code_postal = kit_check_postal_code(a, t->code_postal, &kept.code_postal),
		.ville = line_check(t->ville, VILLE_MAX),
		.courriel = kit_check_email(t->courriel),
	};

	if (kind == EC_COPIE)
		copie_judge(a, t, asker, now_s, &e, &kept);
	e.n = count(&e);
	*ret_errors = e;
	if (e.n == 0)
		*ret_answers = kept;
}

int64_t ec_expires_at_s(int64_t filed_at_s)
{
	return filed_at_s + INT64_C(86400) * EC_KEPT_DAYS;
}
