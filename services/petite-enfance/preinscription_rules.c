/* preinscription_rules.c - see preinscription_rules.h. Lenient in spelling, strict in what is kept. */
#include "services/petite-enfance/preinscription_rules.h"
#include "base/clock.h"
#include "base/page.h"
#include "services/kit/checks.h"
#include <utf8proc.h>

enum { NOM_MAX = 200, ADRESSE_MAX = 150, COMMUNE_MAX = 80, SITUATION_MAX = 500 };
/* A child of three goes to school (code de l'éducation, L. 131-1). */
enum { AGE_MONTHS = 36, EXPECTED_MONTHS = 9, ENTRY_MONTHS = 18 };
enum { OPENS_MIN = 7 * 60 + 30, CLOSES_MIN = 19 * 60, QUARTER = 15 };

/* ---- what was typed ---- */

static bool ticked(const struct http_pairs *form, const char *name)
{
	return str_eq(http_get(form, name), STR("oui"));
}

struct pe_typed pe_typed_of(struct arena *a, const struct http_pairs *form)
{
	return (struct pe_typed){
		.enfant_prenoms = kit_typed(form, "enfant-prenoms"), .enfant_nom = kit_typed(form, "enfant-nom"), .ne = kit_typed(form, "ne"),
		.jour = kit_typed(form, "jour"), .mois = kit_typed(form, "mois"), .annee = kit_typed(form, "annee"),
		.parent2_prenoms = kit_typed(form, "parent2-prenoms"), .parent2_nom = kit_typed(form, "parent2-nom"),
		.adresse = kit_typed(form, "adresse"), .code_postal = kit_typed(form, "code-postal"), .commune = kit_typed(form, "commune"),
		.telephone = kit_typed(form, "telephone"), .courriel = kit_typed(form, "courriel"),
		.entree_jour = kit_typed(form, "entree-jour"), .entree_mois = kit_typed(form, "entree-mois"), .entree_annee = kit_typed(form, "entree-annee"),
		.jours = (ticked(form, "lundi") ? PE_LUNDI : 0) | (ticked(form, "mardi") ? PE_MARDI : 0)
			| (ticked(form, "mercredi") ? PE_MERCREDI : 0) | (ticked(form, "jeudi") ? PE_JEUDI : 0)
			| (ticked(form, "vendredi") ? PE_VENDREDI : 0),
		.arrivee = kit_typed(form, "arrivee"), .depart = kit_typed(form, "depart"),
		.accueil = (ticked(form, "collectif") ? PE_COLLECTIF : 0) | (ticked(form, "familial") ? PE_FAMILIAL : 0)
			| (ticked(form, "halte") ? PE_HALTE : 0),
		.situation = kit_lines(a, http_get(form, "situation")), .attestation = ticked(form, "attestation"),
	};
}

/* ---- days of the calendar, as days since 1970 ---- */

/* The same day so many months later; the last of the month where there is no such day. */
static int64_t months_later(int64_t days, int months)
{
	int y = 0, m = 0, d = 0;

	date_from_days(days, &y, &m, &d);
	y += (m - 1 + months) / 12;
	m = (m - 1 + months) % 12 + 1;
	while (!date_is_valid(y, m, d))
		d--;
	return date_to_days(y, m, d);
}

static int64_t today_of(int64_t now_s)
{
	struct page_local today = page_paris(now_s);

	return date_to_days(today.year, today.month, today.day);
}

static struct str iso(struct arena *a, int64_t days)
{
	int y = 0, m = 0, d = 0;

	date_from_days(days, &y, &m, &d);
	return arena_printf(a, "%04d-%02d-%02d", y, m, d);
}

static const char *born(int64_t day, int64_t today)
{
	if (day > today)
		return "future";
	return months_later(day, AGE_MONTHS) <= today ? "old" : NULL;
}

static const char *expected(int64_t day, int64_t today)
{
	if (day < today)
		return "past";
	return day > months_later(today, EXPECTED_MONTHS) ? "far" : NULL;
}

struct days { int64_t today, child, entry; };

static const char *child_date(const struct pe_typed *t, struct days *days)
{
	const char *wrong = kit_check_day(t->jour, t->mois, t->annee, &days->child);

	if (wrong)
		return wrong;
	/* Neither answer: it is that question which is asked again. */
	if (str_eq(t->ne, STR("oui")))
		return born(days->child, days->today);
	return str_eq(t->ne, STR("non")) ? expected(days->child, days->today) : NULL;
}

static const char *entry_date(const struct pe_typed *t, struct days *days, bool child_is_dated)
{
	const char *wrong = kit_check_day(t->entree_jour, t->entree_mois, t->entree_annee, &days->entry);

	if (wrong)
		return wrong;
	if (days->entry < days->today)
		return "past";
	if (days->entry > months_later(days->today, ENTRY_MONTHS))
		return "far";
	return child_is_dated && days->entry < days->child ? "before_birth" : NULL;
}

/* ---- hours: "8:30", "08h30", "8 h 30", "8 h", "8" ---- */

static const char *hour_of(struct str s, int64_t *ret_min)
{
	size_t at = 0;
	int64_t hours = 0, minutes = 0;

	if (s.n == 0)
		return "missing";
	while (at < s.n && !memchr(":hH.", s.p[at], 4))
		at++;
	struct str before = kit_trim(str_slice(s, 0, at)), after = kit_trim(str_slice(s, at + 1, s.n));
	if (before.n > 2 || failed(str_to_i64(before, 23, &hours)))
		return "invalid";
	if (after.n && (after.n != 2 || failed(str_to_i64(after, 59, &minutes))))
		return "invalid";
	if (minutes % QUARTER)
		return "quarter";
	if (hours * 60 + minutes < OPENS_MIN || hours * 60 + minutes > CLOSES_MIN)
		return "outside";
	*ret_min = hours * 60 + minutes;
	return NULL;
}

static const char *departure(const struct pe_typed *t, const char *arrival_wrong, struct pe_answers *kept)
{
	const char *wrong = hour_of(t->depart, &kept->depart_min);

	if (wrong || arrival_wrong)
		return wrong;
	return kept->depart_min <= kept->arrivee_min ? "before_arrival" : NULL;
}

/* ---- the whole ---- */

static int64_t count(const struct pe_errors *e)
{
	const char *const all[] = { e->enfant_prenoms, e->enfant_nom, e->ne, e->enfant_date, e->parent2_prenoms, e->parent2_nom, e->adresse,
		e->code_postal, e->commune, e->telephone, e->courriel, e->entree, e->jours, e->arrivee, e->depart, e->accueil, e->situation,
		e->attestation };
	int64_t n = 0;

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		n += all[i] != NULL;
	return n;
}

/* A form must fit into a draft (KIT_DRAFT_TEXT) whatever the alphabet: two bytes for each character are
 * enough for Latin, Greek, Cyrillic, Hebrew and Arabic letters; others get fewer characters. */
static const char *text(struct str value, bool required, size_t max_chars)
{
	const char *wrong = kit_check_text(value, required, max_chars);

	return !wrong && value.n > 2 * max_chars ? "long" : wrong;
}

static void judge_people(struct arena *a, const struct pe_typed *t, struct pe_errors *e, struct pe_answers *kept)
{
	e->enfant_prenoms = text(t->enfant_prenoms, false, NOM_MAX);
	e->enfant_nom = text(t->enfant_nom, true, NOM_MAX);
	e->parent2_prenoms = text(t->parent2_prenoms, false, NOM_MAX);
	e->parent2_nom = text(t->parent2_nom, t->parent2_prenoms.n > 0, NOM_MAX);
	e->adresse = text(t->adresse, true, ADRESSE_MAX);
	e->code_postal = kit_check_postal_code(a, t->code_postal, &kept->code_postal);
	e->commune = text(t->commune, true, COMMUNE_MAX);
	e->telephone = kit_check_phone(a, t->telephone, &kept->telephone);
	e->courriel = kit_check_email(t->courriel);
	e->attestation = t->attestation ? NULL : "missing";
}

static void judge_wish(struct arena *a, const struct pe_typed *t, int64_t now_s, struct pe_errors *e, struct pe_answers *kept)
{
	struct days days = { .today = today_of(now_s) };

	kept->ne = str_eq(t->ne, STR("oui"));
	e->ne = kept->ne || str_eq(t->ne, STR("non")) ? NULL : "missing";
	e->enfant_date = child_date(t, &days);
	e->entree = entry_date(t, &days, !e->enfant_date);
	e->jours = t->jours ? NULL : "missing";
	e->arrivee = hour_of(t->arrivee, &kept->arrivee_min);
	e->depart = departure(t, e->arrivee, kept);
	e->accueil = t->accueil ? NULL : "missing";
	e->situation = text(t->situation, false, SITUATION_MAX);
	kept->enfant_date = iso(a, days.child);
	kept->entree = iso(a, days.entry);
}

void pe_preinscription_judge(struct arena *a, const struct pe_typed *t, int64_t now_s, struct pe_errors *ret_errors,
	struct pe_answers *ret_answers)
{
	struct pe_errors e = { 0 };
	struct pe_answers kept = {
		.enfant_prenoms = t->enfant_prenoms, .enfant_nom = t->enfant_nom, .parent2_prenoms = t->parent2_prenoms,
		.parent2_nom = t->parent2_nom, .adresse = t->adresse, .commune = t->commune, .courriel = t->courriel, .jours = t->jours,
		.accueil = t->accueil, .situation = t->situation,
	};

	judge_people(a, t, &e, &kept);
	judge_wish(a, t, now_s, &e, &kept);
	e.n = count(&e);
	*ret_errors = e;
	if (e.n == 0)
		*ret_answers = kept;
}

/* ---- the same child ---- */

/* Length of a hyphen, an apostrophe or a blank, in any of their usual forms; 0: none of them. */
static size_t joint_at(struct str s)
{
	static const struct str joints[] = { STR_INIT(" "), STR_INIT("-"), STR_INIT("'"), STR_INIT(","), STR_INIT("\xc2\xa0"),
		STR_INIT("\xe2\x80\xaf"), STR_INIT("\xe2\x80\x90"), STR_INIT("\xe2\x80\x91"), STR_INIT("\xe2\x80\x99") };

	for (size_t i = 0; i < sizeof joints / sizeof *joints; i++)
		if (str_starts(s, joints[i]))
			return joints[i].n;
	return 0;
}

/* Small letters, each composed in one way: é may be one letter, or e and an accent. */
static struct str folded(struct arena *a, struct str name)
{
	static const utf8proc_option_t how = UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD;
	size_t room = name.n * 4 + 1;
	utf8proc_int32_t *letters = arena_array(a, utf8proc_int32_t, room);
	utf8proc_ssize_t n = utf8proc_decompose((const utf8proc_uint8_t *)name.p, (utf8proc_ssize_t)name.n, letters, (utf8proc_ssize_t)room, how);

	if (n >= 0 && (size_t)n < room)
		n = utf8proc_reencode(letters, n, how);
	/* No letter folds into more than that; and one that did would be known as it was written. */
	return n < 0 || (size_t)n >= room ? name : (struct str){ (const char *)letters, (size_t)n };
}

static void add_joined(struct buf *out, struct str name)
{
	size_t joint;

	for (size_t i = 0; i < name.n; i += joint ? joint : 1) {
		joint = joint_at(str_slice(name, i, name.n));
		if (!joint)
			buf_add_char(out, name.p[i]);
		else if (out->n && out->p[out->n - 1] != ' ')
			buf_add_char(out, ' ');
	}
}

struct str pe_child_key(struct arena *a, const struct pe_answers *w)
{
	AUTO(buf_done) struct buf b;

	buf_init(&b, 16 * 1024);      /* names are bounded far below */
	buf_add(&b, w->enfant_date);
	buf_add_char(&b, '/');
	add_joined(&b, folded(a, w->enfant_nom));
	buf_add_char(&b, '/');
	add_joined(&b, folded(a, w->enfant_prenoms));
	return arena_dup(a, buf_str(&b));
}
