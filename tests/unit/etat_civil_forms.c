/* etat_civil_forms.c - see etat_civil_forms.h. */
#include "tests/unit/etat_civil_forms.h"

/* Its own: the button that signs out, at the top, has a csrf of its citizen. */
void form_fields(const struct browser *b, char form_id[512], char csrf[512])
{
	const char *form = memmem(b->resp->body.p, b->resp->body.n, "name=\"form_id\"", strlen("name=\"form_id\""));

	assert_non_null(form);
	hidden(b, "form_id", form_id, 512);
	part_after((struct str){ form, b->resp->body.n - (size_t)(form - b->resp->body.p) }, "name=\"csrf\" value=\"", '"', csrf, 512);
}

void fill(struct browser *b, const char *path, const char *answers, char *out, size_t n)
{
	char form_id[512], csrf[512];

	ask(b, HTTP_GET, path, NULL);
	assert_status(b, 200);
	form_fields(b, form_id, csrf);
	assert_true((size_t)snprintf(out, n, "form_id=%s&csrf=%s&%s", form_id, csrf, answers) < n);
}

void post(struct browser *b, const char *path, const char *answers)
{
	static char form[FORM];

	fill(b, path, answers, form, sizeof form);
	ask(b, HTTP_POST, path, form);
}

void file_open(struct browser *b, const char *path, const char *answers, char number[64], char code[64])
{
	post(b, path, answers);
	assert_status(b, 303);
	assert_true(str_eq(header(b, "location"), STR("/recu")));
	ask(b, HTTP_GET, "/recu", NULL);
	assert_status(b, 200);
	part_after(b->resp->body, "id=\"numero\">", '<', number, 64);
	part_after(b->resp->body, "id=\"code\">", '<', code, 64);
}

void follow(struct browser *b, const char *number, const char *code)
{
	char form[256];

	snprintf(form, sizeof form, "numero=%s&code=%s", number, code);
	ask(b, HTTP_POST, "/suivi", form);
}
