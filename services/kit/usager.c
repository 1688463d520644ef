/* usager.c - who is asking: the session of a request, looked up once. */
#include "services/kit/kit_impl.h"

/* The answer for the request that this thread works on: admission asks, then the page's header, then
 * the handler. Dropped with the request's arena. */
struct asked { const struct arena *arena; const struct kit_usager *usager; struct err err; };
static _Thread_local struct asked asked;

static void asked_drop(void *obj)
{
	*(struct asked *)obj = (struct asked){ 0 };
}

static MUST struct err look_up(struct kit *k, const struct http_req *req, const struct kit_usager **ret_usager)
{
	struct str cookie = http_cookie(req, k->https, sp_session_cookie_name(k->sp));
	struct kit_usager *u = arena_new(req->arena, struct kit_usager);
	struct sp_identity id;

	TRY(sp_err_of(sp_session_load(k->sp, sp_scope_of(req->arena), arena_c(req->arena, cookie), req->now_s, &id)));
	u->pseudonym = str_from_c(id.subject);
	u->given_name = str_from_c(sp_identity_claim(&id, "given_name"));
	u->family_name = str_from_c(sp_identity_claim(&id, "family_name"));
	u->birthdate = str_from_c(sp_identity_claim(&id, "birthdate"));
	*ret_usager = u;
	return NO_ERR;
}

struct err kit_usager(struct kit *k, const struct http_req *req, const struct kit_usager **ret_usager)
{
	if (asked.arena != req->arena) {
		asked = (struct asked){ .arena = req->arena };
		arena_defer(req->arena, asked_drop, &asked);
		asked.err = look_up(k, req, &asked.usager);
	}
	TRY(asked.err);
	*ret_usager = asked.usager;
	return NO_ERR;
}

struct http_resp *kit_to_login(struct kit *k, const struct http_req *req, struct str path)
{
	struct http_pair pair = { STR("retour"), path };

	(void)k;
	if (!sp_is_local_path(arena_c(req->arena, path)))
		pair.value = STR("/");
	return http_see_other(req, http_add_query(req->arena, STR("/connexion"), &pair, 1));
}

/* RULE_USAGER: a page asked for by GET is found again after the sign-in. RULE_AGENT: another door, another session. */
struct http_resp *kit_admit(void *kit, const struct http_req *req, const struct engine_route *route)
{
	const struct kit_usager *u = NULL;
	struct err e;

	if (route->rule == RULE_AGENT)
		return kit_agents_admit(kit, req, route);
	e = kit_usager(kit, req, &u);
	if (!failed(e))
		return NULL;
	if (e.kind != ERR_ABSENT)
		return kit_error(kit, req, e);
	return kit_to_login(kit, req, route->method == HTTP_GET ? kit_asked_url(req) : STR("/"));
}
