/* page_key.c - see page_key.h. */
#include "idp/admin/page_key.h"
#include "idp/admin/key_acts.h"
#include "admin_pages.h"
#include "base/clock.h"

enum { ASK_MS = 8000 };

static const char *const state_words[SIGN_KEY_STATE_COUNT] = { "current", "next", "previous" };
static const char *const step_words[] = { "publier", "signer", "retirer" };

static size_t key_rows(struct arena *a, const struct sign_keys *keys, struct page_admin_key_list_keys **ret)
{
	struct page_admin_key_list_keys *v = arena_array(a, struct page_admin_key_list_keys, keys->n + keys->certificate_n + 1);
	size_t n = 0;

	for (size_t i = 0; i < keys->n; i++)
		v[n++] = (struct page_admin_key_list_keys){ .alg = keys->v[i].alg == SIGN_RS256 ? STR("RS256") : STR("ES256"), .kid = keys->v[i].kid,
			.use = STR("tokens"), .state = str_from_c(state_words[keys->v[i].state]), .since_s = keys->v[i].since_s };
	for (size_t i = 0; i < keys->certificate_n; i++) {
		const struct sign_certificate *k = &keys->certificates[i];

		v[n++] = (struct page_admin_key_list_keys){ .alg = STR("RS256"), .kid = k->kid, .use = STR("saml"),
			.state = str_from_c(state_words[k->state]), .since_s = k->since_s, .ends_s = k->ends_s, .sha256 = k->sha256 };
	}
	*ret = v;
	return n;
}

static struct str change_url(struct arena *a, enum rotate_kind kind)
{
	return admin_url_of(a, "/cles/changer", "cle", str_from_c(rotate_kind_words[kind]));
}

struct http_resp *keys_get(void *app, const struct http_req *req)
{
	struct arena *a = req->arena;
	struct key_change changes[ROTATE_KIND_COUNT];
	struct page_admin_key_list_changes rows[ROTATE_KIND_COUNT];
	struct page_admin_key_list page = { .changes = rows };
	struct page_admin_key_list_keys *keys = NULL;
	struct admin_visit v;
	struct err e = admin_visit_open(app, req, &v);
	struct page_site site;
	struct buf out;

	if (failed(e))
		return admin_page_error(app, req, e);
	page.keys_n = key_rows(a, &idp_keys(v.idp)->keys, &keys);
	page.keys = keys;
	page.changes_n = key_changes(&idp_keys(v.idp)->keys, req->now_s, changes);
	for (size_t i = 0; i < page.changes_n; i++)
		rows[i] = (struct page_admin_key_list_changes){ .word = str_from_c(rotate_kind_words[changes[i].kind]),
			.url = change_url(a, changes[i].kind), .next = str_from_c(step_words[changes[i].next]), .wait_s = changes[i].wait_s };
	page.did = admin_did(&v);
	site = admin_site(&v);
	buf_init(&out, ADMIN_PAGE_MAX);
	page_admin_key_list(&out, &site, &page);
	return admin_page_answer(&v, 200, &out);
}

static MUST struct err open_change(struct idp *idp, const struct http_req *req, struct admin_visit *ret_v, struct key_change *ret)
{
	struct key_change v[ROTATE_KIND_COUNT];
	struct str word = http_get(&req->query, "cle");
	size_t n;

	TRY(admin_visit_open(idp, req, ret_v));
	n = key_changes(&idp_keys(idp)->keys, req->now_s, v);
	for (size_t i = 0; i < n; i++)
		if (str_eq_c(word, rotate_kind_words[v[i].kind])) {
			*ret = v[i];
			return NO_ERR;
		}
	return err_of(ABSENT, "admin.key.unknown");
}

static struct http_resp *change_page(const struct admin_visit *v, const struct key_change *c, const char *failure, struct str complaint, struct err e)
{
	struct arena *a = v->req->arena;
	const char *word = rotate_kind_words[c->kind];
	struct page_admin_key_change page = { .csrf = v->csrf, .word = str_from_c(word), .action = change_url(a, c->kind),
		.next = str_from_c(step_words[c->next]), .wait_s = c->wait_s, .saml = c->saml && c->next == KEY_PUBLISH,
		.command = arena_printf(a, "guichetctl key rotate --alg %s", word), .failed = str_from_c(failure), .complaint = complaint };
	struct page_site site = admin_site(v);
	struct http_resp *r;
	struct buf out;

	buf_init(&out, ADMIN_PAGE_MAX);
	page_admin_key_change(&out, &site, &page);
	r = admin_page_answer(v, *failure ? 503 : 200, &out);
	r->outcome = e;
	return r;
}

struct http_resp *key_change_get(void *app, const struct http_req *req)
{
	struct key_change c;
	struct admin_visit v;
	struct err e = open_change(app, req, &v, &c);

	return failed(e) ? admin_page_error(app, req, e) : change_page(&v, &c, "", STR_NONE, NO_ERR);
}

static bool has(struct str s, const char *text)
{
	return s.n && memmem(s.p, s.n, text, strlen(text));
}

/* What the supervisor said, as a word of the page. */
static const char *failure_of(const struct rotate_said *said, struct err e)
{
	if (failed(e))
		return "other";
	if (has(said->complaint, "Read-only") || has(said->complaint, "Permission denied") || has(said->complaint, "not permitted"))
		return "folder";
	return has(said->complaint, "rotate.soon") || has(said->complaint, "somebody else") ? "busy" : "other";
}

struct http_resp *key_change_post(void *app, const struct http_req *req)
{
	static const char *const did[ROTATED_NOT] = { "publie", "signe", "retire", "attend" };
	struct rotate_said said = { ROTATED_NOT, STR_NONE };
	struct key_change c;
	struct admin_visit v;
	struct err e = open_change(app, req, &v, &c);
	int64_t deadline_ms = clock_mono_ms() + ASK_MS;

	if (failed(e))
		return admin_page_error(app, req, e);
	e = key_change_ask(v.idp, req->arena, c.kind, v.agent->login, req->now_s, deadline_ms < req->deadline_ms ? deadline_ms : req->deadline_ms, &said);
	if (failed(e) && str_starts(str_from_c(e.slug), STR("store.")))
		return admin_page_error(app, req, e);
	if (failed(e) || said.outcome >= ROTATED_NOT)
		return change_page(&v, &c, failure_of(&said, e), said.complaint.n ? said.complaint : str_from_c(e.slug), e);
	return admin_done(&v, STR("/cles"), did[said.outcome]);
}
