/* agents_who.c - which agent is asking, and the frame of the pages that they see. */
#include "services/kit/agents_impl.h"

enum { SHORT = 8 };

/* As in usager.c: the answer for the request that this thread works on. */
struct asked { const struct arena *arena; const struct kit_agent *agent; struct err err; };
static _Thread_local struct asked asked;

static const char *const role_words[] = { [KIT_LECTURE] = "lecture", [KIT_INSTRUCTEUR] = "instructeur", [KIT_RESPONSABLE] = "responsable" };

static void asked_drop(void *obj)
{
	*(struct asked *)obj = (struct asked){ 0 };
}

enum kit_role agents_role_of(const struct sp_identity *id)
{
	enum kit_role role = KIT_NO_ROLE;

	for (size_t i = KIT_LECTURE; i <= KIT_RESPONSABLE; i++)
		if (sp_identity_has(id, "roles", role_words[i]))
			role = (enum kit_role)i;
	return role;
}

struct str agents_short(struct str pseudonym)
{
	return str_slice(pseudonym, 0, SHORT);
}

static MUST struct err look_up(struct kit *k, const struct http_req *req, const struct kit_agent **ret_agent)
{
	struct str cookie = http_cookie(req, k->https, sp_session_cookie_name(k->agents_sp));
	struct kit_agent *agent = arena_new(req->arena, struct kit_agent);
	struct sp_identity id;

	TRY(sp_err_of(sp_session_load(k->agents_sp, sp_scope_of(req->arena), arena_c(req->arena, cookie), req->now_s, &id)));
	agent->pseudonym = str_from_c(id.subject);
	agent->name = str_from_c(sp_identity_claim(&id, "name"));
	agent->role = agents_role_of(&id);
	ENSURE(agent->role != KIT_NO_ROLE, DENIED, "agents.role");
	*ret_agent = agent;
	return NO_ERR;
}

struct err kit_agent(struct kit *k, const struct http_req *req, const struct kit_agent **ret_agent)
{
	ENSURE(k->agents_sp, ABSENT, "sp.session.absent");
	if (asked.arena != req->arena) {
		asked = (struct asked){ .arena = req->arena };
		arena_defer(req->arena, asked_drop, &asked);
		asked.err = look_up(k, req, &asked.agent);
	}
	TRY(asked.err);
	*ret_agent = asked.agent;
	return NO_ERR;
}

struct kit_usager agents_owner(struct arena *a, struct str pseudonym)
{
	/* A subject with a line break is refused at the sign-in. */
	return (struct kit_usager){ .pseudonym = arena_concat(a, (struct str[]){ STR("agent\n"), pseudonym }, 2) };
}

static bool is_of_this_door(struct arena *a, struct str path)
{
	return sp_is_local_path(arena_c(a, path))
		&& (str_eq(path, STR("/agents")) || str_starts(path, STR("/agents/")) || str_starts(path, STR("/agents?")));
}

struct str agents_path_of(const struct http_req *req)
{
	struct str path = http_get(&req->query, "retour");

	return is_of_this_door(req->arena, path) ? path : STR("/agents");
}

struct http_resp *agents_to_login(const struct http_req *req, struct str path)
{
	struct http_pair pair = { STR("retour"), is_of_this_door(req->arena, path) ? path : STR("/agents") };

	return http_see_other(req, http_add_query(req->arena, STR("/agents/connexion"), &pair, 1));
}

struct str agents_filing_url(struct arena *a, struct str number)
{
	struct http_pair pair = { STR("numero"), number };

	return http_add_query(a, STR("/agents/demande"), &pair, 1);
}

/* What was typed waits for its agent alone, as a citizen's does (visit.c). */
static struct http_resp *to_login_with_draft(struct kit *k, const struct http_req *req)
{
	struct http_resp *resp = agents_to_login(req, agents_filing_url(req->arena, http_get(&req->form, "numero")));
	struct kit_form form;

	if (!failed(kit_form_whose(k, req, http_get(&req->form, "form_id"), &form)) && !kit_draft_keep(k, req, resp, &form))
		return agents_error(k, req, NULL, err_of(MALFORMED, "kit.draft.size"));
	return resp;
}

struct http_resp *kit_agents_admit(struct kit *k, const struct http_req *req, const struct engine_route *route)
{
	const struct kit_agent *agent = NULL;
	struct err e = kit_agent(k, req, &agent);

	if (!failed(e))
		return NULL;
	if (e.kind != ERR_ABSENT)
		return agents_error(k, req, NULL, e);
	if (route->method != HTTP_GET)
		return to_login_with_draft(k, req);
	return agents_to_login(req, kit_asked_url(req));
}

void agents_page_open(struct kit *k, const struct http_req *req, const struct kit_agent *agent, struct kit_page *ret_page)
{
	kit_page_begin(k, req, ret_page);
	if (!agent)
		return;
	struct kit_usager owner = agents_owner(req->arena, agent->pseudonym);
	ret_page->site.signed_in = agent->name.n ? agent->name : STR("Agent");
	ret_page->site.logout_url = STR("/agents/deconnexion");
	ret_page->site.csrf = kit_csrf(k, req, &owner);
}

struct http_resp *agents_error(struct kit *k, const struct http_req *req, const struct kit_agent *agent, struct err e)
{
	struct page_kit_agents_error v = { .status = http_status_of(e.kind),
		.reason = str_eq_c(STR("agents.role"), e.slug) ? STR("role") : str_eq_c(STR("agents.readings"), e.slug) ? STR("readings") : STR_NONE };
	struct kit_page page;
	struct http_resp *resp;

	kit_audit_refusal(k, "agents", e);
	agents_page_open(k, req, agent, &page);
	page_kit_agents_error(&page.out, &page.site, &v);
	resp = kit_page_answer(k, req, &page, (int)v.status);
	resp->outcome = e;
	if (e.kind == ERR_BUSY || e.kind == ERR_THROTTLED)
		http_add_header(resp, STR("retry-after"), e.kind == ERR_BUSY ? STR("10") : STR("600"));
	return resp;
}
