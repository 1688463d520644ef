/* kit_world.c - see kit_world.h. */
#include "tests/unit/kit_world.h"

static struct err answer_insert(struct store_tx *tx, const struct kit_demande *d, void *arg)
{
	struct str text = str_from_c(arg);

	TRY(store_exec(tx, "INSERT INTO answer (number, text) VALUES ($1, $2)", NULL, str_(d->number), str_(text)));
	ENSURE(!str_eq(text, STR("refuse")), DENIED, "test.no");
	return NO_ERR;
}

struct err answer_load(struct store_tx *tx, struct arena *a, const struct kit_demande *d, void *arg)
{
	struct str *text = arg;
	struct store_row row;

	TRY(store_one(tx, "SELECT text FROM answer WHERE number = $1", &row, str_(d->number)));
	ENSURE(row.found, BROKEN, "test.answers");
	*text = arena_dup(a, row_str(&row, 0));
	return NO_ERR;
}

static struct err letter(struct arena *a, const struct kit_demande *d, void *arg, struct kit_mail *ret_mail)
{
	struct str text = str_from_c(arg);

	if (str_has(text, '@'))
		*ret_mail = (struct kit_mail){ .to = text, .subject = arena_dup(a, d->number), .text = STR("t\n") };
	return NO_ERR;
}

struct kit_filing filing_of(const char *text)
{
	return (struct kit_filing){ "SI", answer_insert, letter, (void *)(uintptr_t)text };
}

static struct http_resp *text_page(const struct http_req *req, int status, struct str text)
{
	return http_answer(req, status, STR("text/plain"), text);
}

static struct http_resp *form_page(const struct http_req *req, const struct kit_visit *v, int status)
{
	return text_page(req, status, arena_printf(req->arena, "name=\"form_id\" value=\"" STR_FMT "\" name=\"csrf\" value=\"" STR_FMT "\" text=" STR_FMT ";%s",
		STR_ARG(v->form_id), STR_ARG(v->csrf), STR_ARG(http_get(&v->typed, "text")), v->expired ? "expired" : ""));
}

static enum kit_caller caller_of(const struct http_req *req)
{
	return str_starts(req->path, STR("/compte")) ? KIT_ACCOUNT : KIT_NO_ACCOUNT;
}

static struct http_resp *form_get(void *kit, const struct http_req *req)
{
	struct kit_visit v;
	struct err e = kit_visit_begin(kit, req, caller_of(req), &v);

	return failed(e) ? kit_error(kit, req, e) : form_page(req, &v, 200);
}

static struct http_resp *form_post(void *kit, const struct http_req *req)
{
	struct kit_visit v;
	struct http_resp *ended = kit_visit_receive(kit, req, caller_of(req), &v);
	struct kit_filing filing;

	if (ended)
		return ended;
	if (v.expired)
		return form_page(req, &v, 422);
	struct kit_demande d = { .form_id = v.form.id, .kind = "signalement", .pseudonym = v.form.pseudonym, .filed_at_s = req->now_s,
		.expires_at_s = req->now_s + KEPT_FOR };
	filing = filing_of(arena_c(req->arena, http_get(&v.typed, "text")));
	struct err e = kit_demande_file(kit, req, &d, &filing);
	return failed(e) ? kit_error(kit, req, e) : kit_to_receipt(kit, req, &d);
}

static struct http_resp *found_page(struct kit *k, const struct http_req *req, struct err e, const struct kit_demande_view *v, struct str text)
{
	if (failed(e))
		return kit_error(k, req, e);
	return text_page(req, 200, arena_printf(req->arena, "number=" STR_FMT ";code=" STR_FMT ";text=" STR_FMT ";%s", STR_ARG(v->demande.number),
		STR_ARG(v->demande.follow_up), STR_ARG(text), v->demande.already ? "already" : "first"));
}

static struct http_resp *receipt_get(void *kit, const struct http_req *req)
{
	struct kit_demande_view *v = arena_new(req->arena, struct kit_demande_view);
	struct str text = STR_NONE;
	struct err e = kit_receipt_load(kit, req, v, answer_load, &text);

	return found_page(kit, req, e, v, text);
}

static struct http_resp *follow_post(void *kit, const struct http_req *req)
{
	struct kit_demande_view *v = arena_new(req->arena, struct kit_demande_view);
	struct str text = STR_NONE;
	struct err e = kit_demande_follow(kit, req, http_get(&req->form, "numero"), http_get(&req->form, "code"), v, answer_load, &text);

	return found_page(kit, req, e, v, text);
}

static const struct engine_route routes[] = {
	{ HTTP_PUBLIC, HTTP_GET, "/", form_get, RULE_ANYONE },
	{ HTTP_PUBLIC, HTTP_GET, "/signalement", form_get, RULE_ANYONE },
	{ HTTP_PUBLIC, HTTP_POST, "/signalement", form_post, RULE_ANYONE, HTTP_FORM, 16384 },
	{ HTTP_PUBLIC, HTTP_GET, "/compte", form_get, RULE_USAGER },
	{ HTTP_PUBLIC, HTTP_POST, "/compte", form_post, RULE_ANYONE, HTTP_FORM, 16384 },
	{ HTTP_PUBLIC, HTTP_GET, "/compte/autre", form_get, RULE_USAGER },
	{ HTTP_PUBLIC, HTTP_GET, "/recu", receipt_get, RULE_ANYONE },
	{ HTTP_PUBLIC, HTTP_POST, "/suivi", follow_post, RULE_ANYONE, HTTP_FORM, 1024 },
	{ HTTP_PUBLIC, HTTP_GET, "/demandes", kit_filings_get, RULE_USAGER },
};
static const struct kit_kind kinds[] = { { "signalement", "/compte", "Signalement", "Report" } };
static struct store_migration migrations[16];
static size_t migration_n;
static void answer_show(struct buf *out, const struct page_site *site, struct arena *a, const struct kit_demande *d, const void *answers)
{
	(void)site;
	(void)a;
	(void)d;
	buf_add_c(out, "answer=");
	page_text(out, *(const struct str *)answers);
}

static const struct kit_desk desk = { .answers_bytes = sizeof(struct str), .load = answer_load, .show = answer_show };
static const struct kit_service service = {
	.desk = &desk,
	.scope = "openid profile", .routes = routes, .route_n = sizeof routes / sizeof *routes,
	.migrations = migrations, .migration_n = &migration_n, .kinds = kinds, .kind_n = 1,
};

/* The tables of élections hold the kit's; one more for these answers. */
void kit_world_begin(void)
{
	migration_n = *elections_service.migration_n;
	memcpy(migrations, elections_service.migrations, migration_n * sizeof *migrations);
	migrations[migration_n] = (struct store_migration){ migrations[migration_n - 1].number + 1, "answer",
		"CREATE TABLE answer (number TEXT PRIMARY KEY REFERENCES kit_demande (number) ON DELETE CASCADE, text TEXT NOT NULL);\n" };
	migration_n++;
	world_service = &service;
}
