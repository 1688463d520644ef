/* Petite enfance through its routes: what strangers and clumsy fingers send, and what happens when the
 * session goes away while a form is being filled in. No socket, no process; on both stores. */
#include "tests/unit/petite_enfance_forms.h"

/* ---- what strangers and clumsy fingers send ---- */

/* V20, V21, V24; shown: the part of it that no quotes surround, as HTML. */
static const struct { const char *typed, *shown; } hostile[] = {
	{ "' or 1=1--", " or 1=1--" }, { "x'); DROP TABLE preinscription; --", "); DROP TABLE preinscription; --" },
	{ "%' OR situation LIKE '%", " OR situation LIKE " }, { "\\' --", " --" }, { "{\"a\":\"' --\"}", " --" },
	{ "<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;" }, { "\"><img src=x onerror=alert(1)>", "&gt;&lt;img src=x onerror=alert(1)&gt;" },
	{ "</textarea><b>", "&lt;/textarea&gt;&lt;b&gt;" }, { "<!--", "&lt;!--" }, { "&lt;b&gt;", "&amp;lt;b&amp;gt;" },
	{ "javascript:alert(1)", "javascript:alert(1)" }, { "%n%s%x", "%n%s%x" }, { "{{7*7}} ${7*7}", "{{7*7}} ${7*7}" }, { "$1 $20", "$1 $20" },
};
enum { HOSTILE = sizeof hostile / sizeof *hostile, FIELDS = 18 };

struct hostile_form { struct field fields[FIELDS + 1]; char values[FIELDS][96]; size_t n; };

/* Every field holds its own number and the text. */
static struct hostile_form hostile_form(const char *const *names, size_t n, size_t h)
{
	struct hostile_form f = { .n = n };

	for (size_t i = 0; i < n; i++) {
		snprintf(f.values[i], sizeof f.values[i], "n%zu %s", i, hostile[h].typed);
		f.fields[i].name = names[i];
	}
	return f;
}

static void send_hostile(struct browser *b, struct hostile_form *f)
{
	for (size_t i = 0; i < FIELDS; i++)
		f->fields[i].value = f->fields[i].name ? f->values[i] : NULL;
	file_with(b, f->fields, f->n);
}

static void assert_harmless(const struct browser *b, size_t h, size_t n)
{
	bool is_markup = strpbrk(hostile[h].typed, "<>") != NULL;
	char mark[16];

	if (is_markup && shows(b, hostile[h].typed))
		fail_msg("%s: shown raw", hostile[h].typed);
	if (!shows(b, hostile[h].shown))
		fail_msg("%s: not shown", hostile[h].typed);
	for (size_t i = 0; i < n; i++) {
		snprintf(mark, sizeof mark, "n%zu ", i);
		if (!shows(b, mark))
			fail_msg("%s: field %zu is not shown", hostile[h].typed, i);
	}
}

static void hostile_text_is_kept_and_shown_as_text(void **state)
{
	static const char *const names[] = { "enfant-prenoms", "enfant-nom", "parent2-prenoms", "parent2-nom", "adresse", "commune", "situation" };
	enum { N = sizeof names / sizeof *names };
	BROWSER(b);

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	for (size_t h = 0; h < HOSTILE; h++) {
		struct hostile_form f = hostile_form(names, N, h);
		char url[64];

		send_hostile(&b, &f);
		assert_status(&b, 303);
		snprintf(url, sizeof url, "/demande?numero=PE-2027-%06zu", h + 1);
		ask(&b, HTTP_GET, url, NULL);
		assert_status(&b, 200);
		assert_harmless(&b, h, N);
	}
	assert_int_equal(rows(ANSWERED), HOSTILE);
	assert_int_equal(rows("SELECT COUNT(*) FROM preinscription WHERE parent_nom <> 'Moreau' OR code_postal <> '44990'"), 0);
}

static void a_refused_form_keeps_what_was_typed_and_writes_nothing(void **state)
{
	static const char *const names[FIELDS] = { "enfant-prenoms", "enfant-nom", "jour", "mois", "annee", "parent2-prenoms", "parent2-nom", "adresse",
		"code-postal", "commune", "telephone", "courriel", "entree-jour", "entree-mois", "entree-annee", "arrivee", "depart", "situation" };
	BROWSER(b);

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	for (size_t h = 0; h < HOSTILE; h++) {
		struct hostile_form f = hostile_form(names, FIELDS, h);

		send_hostile(&b, &f);
		assert_status(&b, 422);
		assert_harmless(&b, h, FIELDS);
		assert_true(shows(&b, "id=\"date-erreur\""));
		assert_true(shows(&b, "id=\"lundi\" name=\"lundi\" value=\"oui\" checked"));
		assert_true(shows(&b, "id=\"ne-oui\" name=\"ne\" value=\"oui\" required checked"));
		assert_true(shows(&b, "encore là"));
	}
	assert_int_equal(rows(DEMANDES), 0);
}

/* V20: what is no UTF-8 does not reach a handler. */
static void broken_utf8_is_refused_before_the_form_is_read(void **state)
{
	static const char *const bodies[] = { "enfant-nom=%C0%27", "commune=%C3", "situation=%ED%A0%80", "adresse=%F8%88%80%80%80", "enfant-nom=a%00b" };

	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		AUTO(arena_destroyp) struct arena *a = arena_create(1 << 16);
		struct http_pairs form;

		assert_int_equal(http_parse_pairs(a, str_from_c(bodies[i]), 32, STR("situation"), &form).kind, ERR_MALFORMED);
	}
}

static void each_error_is_told_at_the_top_and_at_its_field(void **state)
{
	static const struct { struct field wrong; const char *top, *at; } cases[] = {
		{ { "enfant-nom", "" }, "#enfant-nom", "enfant-nom-erreur" }, { { "ne", NULL }, "#ne-oui", "ne-erreur" },
		{ { "jour", "32" }, "#jour", "date-erreur" }, { { "parent2-nom", "" }, "#parent2-nom", "parent2-nom-erreur" },
		{ { "adresse", " " }, "#adresse", "adresse-erreur" }, { { "code-postal", "1" }, "#code-postal", "code-postal-erreur" },
		{ { "commune", "" }, "#commune", "commune-erreur" }, { { "telephone", "x" }, "#telephone", "telephone-erreur" },
		{ { "courriel", "x" }, "#courriel", "courriel-erreur" }, { { "entree-annee", "2062" }, "#entree-jour", "entree-erreur" },
		{ { "arrivee", "8:10" }, "#arrivee", "arrivee-erreur" }, { { "depart", "8:15" }, "#depart", "depart-erreur" },
		{ { "collectif", NULL }, "#collectif", "accueil-erreur" }, { { "attestation", NULL }, "#attestation", "attestation-erreur" },
	};
	BROWSER(b);

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char top[64], at[64];

		file_with(&b, &cases[i].wrong, 1);
		assert_status(&b, 422);
		snprintf(top, sizeof top, "<a href=\"%s\">", cases[i].top);
		snprintf(at, sizeof at, "id=\"%s\"", cases[i].at);
		if (!shows(&b, top) || !shows(&b, at) || !shows(&b, "Une réponse est à corriger"))
			fail_msg("%s: not told", cases[i].wrong.name);
	}
	FILE_WITH(&b, { "lundi", NULL }, { "jeudi", NULL });
	assert_true(shows(&b, "<a href=\"#lundi\">") && shows(&b, "id=\"jours-erreur\""));
	assert_int_equal(rows(DEMANDES), 0);
}

/* V15: what the server knows is not asked of the browser. */
static void fields_that_nobody_asked_for_change_nothing(void **state)
{
	BROWSER(b);

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	FILE_WITH(&b, { "pseudonym", "paul" }, { "nom", "Autre" }, { "prenoms", "Autre" }, { "age", "3" }, { "quotient-familial", "0" },
		{ "state", "closed" }, { "filed_at_s", "0" });
	assert_filed(&b, ONE);
	assert_int_equal(rows("SELECT COUNT(*) FROM preinscription WHERE parent_nom = 'Moreau' AND parent_prenoms = 'Jeanne'"), 1);
	assert_int_equal(rows("SELECT COUNT(*) FROM kit_demande WHERE state = 'received' AND filed_at_s = 1800000000 AND pseudonym <> 'paul'"), 1);
}

static void a_form_without_our_seal_is_refused(void **state)
{
	BROWSER(b);
	BROWSER(other);
	AUTO(buf_done) struct buf bare;
	char theirs[BODY], mine[BODY], form_id[512], csrf[512];

	(void)state;
	buf_init(&bare, BODY - 1);
	add_answers(&bare, NULL, 0);
	buf_add_char(&bare, 0);
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	ask(&b, HTTP_POST, PAGE, bare.p);
	assert_status(&b, 403);
	sign_in(&other, "paul", "Paul", "%2F");
	filled(&other, NULL, 0, theirs);
	ask(&b, HTTP_POST, PAGE, theirs);
	assert_status(&b, 403);
	/* One's own csrf with another's form number: shown again, with a fresh one. */
	hidden(&other, "form_id", form_id, sizeof form_id);
	ask(&b, HTTP_GET, PAGE, NULL);
	hidden(&b, "csrf", csrf, sizeof csrf);
	snprintf(mine, sizeof mine, "form_id=%s&csrf=%s&%s", form_id, csrf, bare.p);
	ask(&b, HTTP_POST, PAGE, mine);
	assert_status(&b, 422);
	assert_true(shows(&b, "value=\"14 rue des Halles\""));
	assert_true(shows(&b, "Rien n’a encore été envoyé"));
	assert_int_equal(rows(DEMANDES), 0);
}

/* V25 through the whole path: as people are called, and the days that calendars stumble over. */
static void lawful_names_and_days_are_accepted(void **state)
{
	static const struct { const char *prenoms, *nom, *ne, *jour, *mois, *annee; } cases[] = {
		{ "", "Moreau", "non", "29", "2", "2027" /* no such day: see below */ }, { "", "Moreau", "non", "28", "2", "2027" },
		{ "Y", "Ó", "oui", "29", "2", "2024" }, { "Anne-Sophie", "L’Haÿ d'Ormesson", "oui", "28", "3", "2026" },
		{ "محمد", "الفاسي", "oui", "25", "10", "2026" }, { "明", "李", "oui", "31", "12", "2026" }, { "", "Suharto", "oui", "1", "1", "2027" },
	};
	BROWSER(b);

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		FILE_WITH(&b, { "enfant-prenoms", cases[i].prenoms }, { "enfant-nom", cases[i].nom }, { "ne", cases[i].ne }, { "jour", cases[i].jour },
			{ "mois", cases[i].mois }, { "annee", cases[i].annee });
		assert_status(&b, i == 0 ? 422 : 303);
	}
	assert_int_equal(rows(ANSWERED), sizeof cases / sizeof *cases - 1);
}

/* ---- the session goes away ---- */

static void fill_longest(struct browser *b, char *ret_body)
{
	static char name[401], street[301], town[161], situation[1001], mail[255];
	const struct field longest[] = {
		{ "enfant-prenoms", name }, { "enfant-nom", name }, { "parent2-prenoms", name }, { "parent2-nom", name }, { "adresse", street },
		{ "commune", town }, { "situation", situation }, { "courriel", mail }, { "telephone", "+33 1 23 45 67 89 01 23" },
		{ "ne", "oui" }, { "jour", "28" }, { "mois", "12" }, { "entree-jour", "30" }, { "entree-mois", "11" }, { "mardi", "oui" },
		{ "mercredi", "oui" }, { "vendredi", "oui" }, { "arrivee", "07 h 30" }, { "depart", "19 h 00" }, { "familial", "oui" }, { "halte", "oui" },
	};

	for (size_t i = 0; i < 500; i++) {
		if (i < 200)
			memcpy(name + 2 * i, "é", 2);
		if (i < 150)
			memcpy(street + 2 * i, "è", 2);
		if (i < 80)
			memcpy(town + 2 * i, "à", 2);
		memcpy(situation + 2 * i, i % 100 ? "ç" : "\r\n", 2);
	}
	memcpy(situation, "ç", 2);
	memset(mail, 'a', 254);
	mail[64] = '@';
	for (size_t i = 100; i < 250; i += 60)
		mail[i] = '.';
	filled(b, longest, sizeof longest / sizeof *longest, ret_body);
}

static void the_longest_form_that_is_valid_outlives_its_session(void **state)
{
	BROWSER(b);
	char body[BODY], form_id[512], csrf[512], again[BODY];

	(void)state;
	w.multi_line = STR("situation");
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	fill_longest(&b, body);
	jar_drop(&b, "__Host-session");
	ask(&b, HTTP_POST, PAGE, body);
	assert_status(&b, 303);
	assert_true(str_eq(header(&b, "location"), STR("/connexion?retour=%2Fpreinscription")));
	assert_int_equal(rows(DEMANDES), 0);
	sign_in(&b, "jeanne", "Jeanne", "%2Fpreinscription");
	ask(&b, HTTP_GET, PAGE, NULL);
	assert_status(&b, 200);
	assert_true(shows(&b, "Rien n’a encore été envoyé"));
	hidden(&b, "form_id", form_id, sizeof form_id);
	hidden(&b, "csrf", csrf, sizeof csrf);
	/* The answers follow the two hidden fields. */
	snprintf(again, sizeof again, "form_id=%s&csrf=%s%s", form_id, csrf, strchr(strchr(body, '&') + 1, '&'));
	ask(&b, HTTP_POST, PAGE, again);
	assert_filed(&b, ONE);
	assert_string_equal(jar_value(&b, "__Host-brouillon"), "");
	assert_string_equal(jar_value(&b, "__Host-brouillon2"), "");
	assert_int_equal(rows("SELECT length(situation) FROM preinscription"), 500);
	assert_int_equal(rows("SELECT length(enfant_nom) FROM preinscription"), 200);
	assert_int_equal(rows("SELECT jours FROM preinscription"), 31);
	assert_int_equal(rows("SELECT accueil FROM preinscription"), 7);
}

static void all_that_was_typed_comes_back_after_signing_in_again(void **state)
{
	BROWSER(b);
	char body[BODY];
	int64_t before;

	(void)state;
	w.multi_line = STR("situation");
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	filled(&b, (const struct field[]){ { "situation", "Une ligne\r\net une autre" }, { "telephone", "pas encore" }, { "mardi", "oui" }, { "halte", "oui" } },
		4, body);
	jar_drop(&b, "__Host-session");
	before = rows(MEMORIES);
	ask(&b, HTTP_POST, PAGE, body);
	assert_status(&b, 303);
	assert_int_equal(rows(MEMORIES), before);
	assert_null(strstr(jar_value(&b, "__Host-brouillon"), "Lou"));
	sign_in(&b, "jeanne", "Jeanne", "%2Fpreinscription");
	ask(&b, HTTP_GET, PAGE, NULL);
	assert_true(shows(&b, "value=\"Lou\""));
	assert_true(shows(&b, ">Une ligne\net une autre</textarea>"));
	assert_true(shows(&b, "value=\"pas encore\""));
	assert_true(shows(&b, "value=\"17:15\""));
	assert_true(shows(&b, "name=\"mardi\" value=\"oui\" checked"));
	assert_false(shows(&b, "name=\"mercredi\" value=\"oui\" checked"));
	assert_true(shows(&b, "name=\"halte\" value=\"oui\" checked"));
	assert_true(shows(&b, "name=\"attestation\" value=\"oui\" required checked"));
}

static void a_draft_is_not_shown_to_the_next_citizen_at_the_same_computer(void **state)
{
	BROWSER(b);
	char body[BODY];

	(void)state;
	sign_in(&b, "jeanne", "Jeanne", "%2F");
	filled(&b, NULL, 0, body);
	jar_drop(&b, "__Host-session");
	ask(&b, HTTP_POST, PAGE, body);
	sign_in(&b, "paul", "Paul", "%2Fpreinscription");
	ask(&b, HTTP_GET, PAGE, NULL);
	assert_status(&b, 200);
	assert_false(shows(&b, "value=\"Lou\""));
	assert_false(shows(&b, "encore là"));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(hostile_text_is_kept_and_shown_as_text), T(a_refused_form_keeps_what_was_typed_and_writes_nothing),
		T(broken_utf8_is_refused_before_the_form_is_read), T(each_error_is_told_at_the_top_and_at_its_field),
		T(fields_that_nobody_asked_for_change_nothing), T(a_form_without_our_seal_is_refused), T(lawful_names_and_days_are_accepted),
		T(the_longest_form_that_is_valid_outlives_its_session), T(all_that_was_typed_comes_back_after_signing_in_again),
		T(a_draft_is_not_shown_to_the_next_citizen_at_the_same_computer),
	};

	RUN_ON_BOTH_STORES(tests);
}
