/* engine.c - the demo's own daemon: one page that says where to click, one that shows the mail.
 *
 * It reads demo.json and the mail folder at each request, and nothing else; it has no store and no key.
 */
#include "base/b64.h"
#include "base/log.h"
#include "base/page.h"
#include "pages_demo.h"
#include "roles/engine/engine.h"
#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

enum { PAGE_MAX = 256 * 1024, FILE_MAX = 64 * 1024, ROWS_MAX = 50 };

struct town {
	struct str name, folder, css;
	struct engine *engine;
};

static struct page_site site_of(const struct town *t, const struct http_req *req)
{
	return (struct page_site){ .lang = (int)req->lang, .town = t->name, .css_url = STR("/guichet.css"),
		.service = req->lang == LANG_EN ? STR("Demonstration") : STR("Démonstration"),
		.lang_url = req->lang == LANG_EN ? STR("?lang=fr") : STR("?lang=en"), .request_id = req->id };
}

static struct http_resp *answer(const struct http_req *req, struct buf *out)
{
	struct http_resp *r = http_answer(req, 200, STR("text/html; charset=utf-8"), arena_dup(req->arena, buf_str(out)));

	buf_done(out);
	return r;
}

static struct str read_file(struct arena *a, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *p = arena_alloc(a, FILE_MAX);
	ssize_t n = fd >= 0 ? read(fd, p, FILE_MAX) : -1;

	if (fd >= 0)
		close(fd);
	return n > 0 ? (struct str){ p, (size_t)n } : STR_NONE;
}

/* ---- the mail folder: DIR/mail/SERVICE/NAME.eml, names grow with time ---- */

struct mail_list { struct str names[ROWS_MAX]; size_t n; };

static void mail_insert(struct mail_list *l, struct str path)
{
	size_t at = l->n;

	while (at > 0 && str_cmp(l->names[at - 1], path) < 0)
		at--;
	if (at == ROWS_MAX)
		return;
	if (l->n < ROWS_MAX)
		l->n++;
	memmove(&l->names[at + 1], &l->names[at], (l->n - 1 - at) * sizeof *l->names);
	l->names[at] = path;
}

static void mail_collect(const struct town *t, struct arena *a, const char *service, struct mail_list *l)
{
	struct str folder = arena_printf(a, STR_FMT "/mail/%s", STR_ARG(t->folder), service);
	DIR *d = opendir(folder.p);
	struct dirent *entry;

	while (d && (entry = readdir(d)))
		if (str_ends(str_from_c(entry->d_name), STR(".eml")))
			mail_insert(l, arena_printf(a, STR_FMT "/%s", STR_ARG(folder), entry->d_name));
	if (d)
		closedir(d);
}

static void mail_all(const struct town *t, struct arena *a, struct mail_list *l)
{
	struct str folder = arena_printf(a, STR_FMT "/mail", STR_ARG(t->folder));
	DIR *d = opendir(folder.p);
	struct dirent *entry;

	while (d && (entry = readdir(d)))
		if (entry->d_name[0] != '.')
			mail_collect(t, a, entry->d_name, l);
	if (d)
		closedir(d);
}

/* The value of a header, unfolded. */
static struct str header_of(struct arena *a, struct str mail, struct str name)
{
	struct str line, value = STR_NONE;
	bool found = false;

	while (str_split(&mail, '\n', &line) && line.n > 1) {
		line = str_slice(line, 0, line.n - (line.p[line.n - 1] == '\r'));
		if (found && line.p[0] != ' ')
			break;
		if (!found && !str_starts(line, name))
			continue;
		struct str part = str_trim(str_slice(line, found ? 1 : name.n, line.n));
		value = arena_concat(a, (struct str[]){ value, found ? STR(" ") : STR_NONE, part }, 3);
		found = true;
	}
	return value;
}

/* RFC 2047, as far as our own courier writes it: words in UTF-8 and base64. */
static struct str decode_words(struct arena *a, struct str text)
{
	static const struct str open = STR_INIT("=?UTF-8?B?"), shut = STR_INIT("?=");
	struct str rest = text, word, bytes, out = STR_NONE;

	while (str_split(&rest, ' ', &word)) {
		if (!str_starts(word, open) || !str_ends(word, shut)
		    || failed(b64_decode(a, str_slice(word, open.n, word.n - shut.n), &bytes)))
			return text;
		out = arena_concat(a, (struct str[]){ out, bytes }, 2);
	}
	return out;
}

/* What follows the first empty line. */
static struct str text_of(struct str mail)
{
	for (size_t i = 0; i + 3 < mail.n; i++)
		if (memcmp(mail.p + i, "\r\n\r\n", 4) == 0)
			return str_slice(mail, i + 4, mail.n);
	return STR_NONE;
}

static struct http_resp *messages_get(void *app, const struct http_req *req)
{
	struct town *t = app;
	struct page_site site = site_of(t, req);
	struct mail_list *l = arena_new(req->arena, struct mail_list);
	struct page_demo_messages_messages *rows = arena_array(req->arena, struct page_demo_messages_messages, ROWS_MAX);
	struct page_demo_messages page = { .messages = rows };
	struct buf out;

	mail_all(t, req->arena, l);
	for (size_t i = 0; i < l->n; i++) {
		struct str mail = read_file(req->arena, l->names[i].p);

		rows[page.messages_n++] = (struct page_demo_messages_messages){ 
			.to = header_of(req->arena, mail, STR("To:")),
			.subject = decode_words(req->arena, header_of(req->arena, mail, STR("Subject:"))), .text = text_of(mail) };
	}
	buf_init(&out, PAGE_MAX);
	page_demo_messages(&out, &site, &page);
	return answer(req, &out);
}

/* ---- the town ---- */

static struct str json_text(struct arena *a, const json_t *object, const char *name)
{
	return arena_dup(a, str_from_c(json_string_value(json_object_get(object, name))));
}

static void staff_fill(struct arena *a, json_t *demo, struct page_demo_town *page)
{
	struct page_demo_town_agents *agents = arena_array(a, struct page_demo_town_agents, ROWS_MAX);
	struct page_demo_town_administrators *admins = arena_array(a, struct page_demo_town_administrators, ROWS_MAX);
	json_t *administration = json_object_get(demo, "administration"), *value;
	size_t i;

	json_array_foreach(json_object_get(demo, "agents"), i, value) {
		const char *name = json_string_value(json_object_get(value, "service"));
		json_t *service = json_object_get(json_object_get(demo, "services"), name ? name : "");

		if (page->agents_n < ROWS_MAX)
			agents[page->agents_n++] = (struct page_demo_town_agents){ .name = json_text(a, value, "name"),
				.login = json_text(a, value, "login"), .password = json_text(a, value, "password"), .role = json_text(a, value, "role"),
				.service = json_text(a, service, "title"),
				.url = arena_concat(a, (struct str[]){ json_text(a, service, "url"), STR("agents") }, 2) };
	}
	json_array_foreach(json_object_get(administration, "administrators"), i, value)
		if (page->administrators_n < ROWS_MAX)
			admins[page->administrators_n++] = (struct page_demo_town_administrators){ .name = json_text(a, value, "name"),
				.login = json_text(a, value, "login"), .password = json_text(a, value, "password") };
	page->agents = agents;
	page->administrators = admins;
	page->administration_url = json_text(a, administration, "url");
}

static void town_fill(struct arena *a, json_t *demo, struct page_demo_town *page)
{
	struct page_demo_town_services *services = arena_array(a, struct page_demo_town_services, ROWS_MAX);
	struct page_demo_town_accounts *accounts = arena_array(a, struct page_demo_town_accounts, ROWS_MAX);
	json_t *value;
	const char *name;
	size_t i;

	json_object_foreach(json_object_get(demo, "services"), name, value)
		if (page->services_n < ROWS_MAX)
			services[page->services_n++] = (struct page_demo_town_services){
				.title = json_text(a, value, "title"), .url = json_text(a, value, "url") };
	json_array_foreach(json_object_get(demo, "accounts"), i, value)
		if (page->accounts_n < ROWS_MAX)
			accounts[page->accounts_n++] = (struct page_demo_town_accounts){
				.name = arena_printf(a, "%s %s", json_string_value(json_object_get(value, "given_name")),
					json_string_value(json_object_get(value, "family_name"))),
				.email = json_text(a, value, "email"), .password = json_text(a, value, "password") };
	page->services = services;
	page->accounts = accounts;
	page->account_url = json_text(a, demo, "issuer");
	staff_fill(a, demo, page);
}

static struct http_resp *town_get(void *app, const struct http_req *req)
{
	struct town *t = app;
	struct page_site site = site_of(t, req);
	struct str text = read_file(req->arena, arena_printf(req->arena, STR_FMT "/demo.json", STR_ARG(t->folder)).p);
	json_t *demo = json_loadb(text.p ? text.p : "", text.n, JSON_REJECT_DUPLICATES, NULL);
	struct mail_list *l = arena_new(req->arena, struct mail_list);
	struct page_demo_town page = { 0 };
	struct buf out;

	town_fill(req->arena, demo, &page);
	json_decref(demo);
	mail_all(t, req->arena, l);
	page.mails = (int64_t)l->n;
	buf_init(&out, PAGE_MAX);
	page_demo_town(&out, &site, &page);
	return answer(req, &out);
}

static struct http_resp *health_get(void *app, const struct http_req *req)
{
	return http_answer(req, 200, STR("application/json"), STR("{\"status\":\"ok\"}"));
}

static struct http_resp *metrics_get(void *app, const struct http_req *req)
{
	struct town *t = app;
	struct buf out;

	buf_init(&out, PAGE_MAX);
	engine_metrics(t->engine, &out);
	struct http_resp *r = http_answer(req, 200, STR("text/plain; version=0.0.4"), arena_dup(req->arena, buf_str(&out)));
	buf_done(&out);
	return r;
}

static struct http_resp *error_page(void *app, const struct http_req *req, struct err e)
{
	struct http_resp *r = http_answer(req, http_status_of(e.kind), STR("text/plain; charset=utf-8"),
		req->lang == LANG_EN ? STR("There is no such page.\n") : STR("Cette page n’existe pas.\n"));

	r->outcome = e;
	return r;
}

static void documents(void *app, struct arena *a, struct web_document *ret_v, size_t max, size_t *ret_n)
{
	struct town *t = app;

	ret_v[0] = (struct web_document){ .path = STR("/guichet.css"), .content_type = STR("text/css; charset=utf-8"),
		.body = t->css, .max_age_s = 3600, .status = 200 };
	*ret_n = 1;
}

static uint32_t ctl(void *app, struct arena *a, const struct str *argv, size_t argc, bool json, struct str actor,
	struct str input, struct str *ret_out, struct str *ret_err)
{
	*ret_err = STR("the demo's own page takes no command\n");
	return 2;
}

static void tick(void *app, int64_t now_s)
{
}

static const struct engine_route routes[] = {
	{ HTTP_PUBLIC, HTTP_GET, "/", town_get, RULE_ANYONE, HTTP_NO_BODY, 0, 8192 },
	{ HTTP_PUBLIC, HTTP_GET, "/messages", messages_get, RULE_ANYONE, HTTP_NO_BODY, 0, 16384 },
	{ HTTP_PUBLIC, HTTP_GET, "/health", health_get, RULE_ANYONE },
	{ HTTP_METRICS, HTTP_GET, "/metrics", metrics_get, RULE_OPERATOR },
};

int main(void)
{
	static struct town t;
	struct boot b;

	boot_receive(&b);
	boot_become(&b);
	t.name = boot_setting(&b, "town_name", STR("Guichet"));
	t.folder = boot_setting(&b, "demo_folder", STR("/nonexistent"));
	t.css = page_css(b.arena, boot_setting(&b, "town_colour", STR_NONE), boot_setting(&b, "town_colour_dark", STR_NONE));
	t.engine = engine_create(&(struct engine_app){ .app = &t, .routes = routes, .route_n = sizeof routes / sizeof *routes,
		.error_page = error_page, .documents = documents, .ctl = ctl, .tick = tick }, 4);
	boot_confine(&b, &(struct boot_files){ t.folder.p, false }, 1);
	engine_run(t.engine, &b);
}
