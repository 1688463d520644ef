/* petite_enfance_forms.c - see petite_enfance_forms.h. */
#include "tests/unit/petite_enfance_forms.h"

/* The control; NOON is the 15th of January 2027. */
static const struct field usual[] = {
	{ "enfant-prenoms", "Lou" }, { "enfant-nom", "Moreau" }, { "ne", "oui" }, { "jour", "3" }, { "mois", "5" }, { "annee", "2026" },
	{ "parent2-prenoms", "Paul" }, { "parent2-nom", "Petit" }, { "adresse", "14 rue des Halles" }, { "code-postal", "44990" },
	{ "commune", "Sérigny" }, { "telephone", "" }, { "courriel", "" }, { "entree-jour", "1" }, { "entree-mois", "9" },
	{ "entree-annee", "2027" }, { "lundi", "oui" }, { "jeudi", "oui" }, { "arrivee", "8:30" }, { "depart", "17:15" },
	{ "collectif", "oui" }, { "situation", "" }, { "attestation", "oui" },
};
enum { USUAL = sizeof usual / sizeof *usual };

void add_answers(struct buf *out, const struct field *other, size_t n)
{
	for (size_t i = 0; i < USUAL; i++) {
		bool replaced = false;

		for (size_t j = 0; j < n; j++)
			replaced |= strcmp(other[j].name, usual[i].name) == 0;
		if (!replaced)
			http_add_pair(out, usual[i].name, str_from_c(usual[i].value));
	}
	for (size_t j = 0; j < n; j++)
		if (other[j].value)
			http_add_pair(out, other[j].name, str_from_c(other[j].value));
}

/* What this browser's form sends: hidden fields of the page that it shows, and answers. */
static void compose(struct browser *b, const struct field *other, size_t n, char *ret_body)
{
	AUTO(buf_done) struct buf out;
	char form_id[512], csrf[512];

	hidden(b, "form_id", form_id, sizeof form_id);
	hidden(b, "csrf", csrf, sizeof csrf);
	buf_init(&out, BODY - 1);
	http_add_pair(&out, "form_id", str_from_c(form_id));
	http_add_pair(&out, "csrf", str_from_c(csrf));
	add_answers(&out, other, n);
	assert_false(failed(buf_err(&out)));
	memcpy(ret_body, out.p, out.n);
	ret_body[out.n] = 0;
}

void filled(struct browser *b, const struct field *other, size_t n, char *ret_body)
{
	ask(b, HTTP_GET, PAGE, NULL);
	assert_status(b, 200);
	compose(b, other, n, ret_body);
}

void file_with(struct browser *b, const struct field *other, size_t n)
{
	char body[BODY];

	filled(b, other, n, body);
	ask(b, HTTP_POST, PAGE, body);
}

void assert_filed(const struct browser *b, const char *number)
{
	char url[64];

	assert_status(b, 303);
	snprintf(url, sizeof url, "/recu?numero=%s", number);
	assert_true(str_eq_c(header(b, "location"), url));
}
