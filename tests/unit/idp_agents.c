/* idp_agents.c - see idp_agents.h. */
#include "tests/unit/idp_agents.h"

struct str agent_secret;

static const struct { const char *login, *key, *name, *groups[3]; } town_hall[] = {
	{ "alice", "11111111-0000-4000-8000-000000000001", "Alice Martin", { "ec-instructeurs" } },
	{ "bruno", "11111111-0000-4000-8000-000000000002", "Bruno Petit", { "ec-lecteurs", "el-responsables" } },
	{ "carla", "11111111-0000-4000-8000-000000000003", "Carla Roy", { "si" } },
	{ "denis", "11111111-0000-4000-8000-000000000004", "Denis Blanc", { "tous" } },
};

static void hire(struct world *w, size_t i)
{
	struct directory_person *p = &w->people[w->person_n].person;

	w->people[w->person_n++].password = STR(AGENT_PASSWORD);
	*p = (struct directory_person){ .key = str_from_c(town_hall[i].key), .login = str_from_c(town_hall[i].login),
		.name = str_from_c(town_hall[i].name), .dn = fmt(w, "uid=%s,ou=agents,dc=ville", town_hall[i].login),
		.groups = arena_array(w->a, struct directory_group, 3) };
	for (size_t k = 0; k < 3 && town_hall[i].groups[k]; k++)
		p->groups[p->group_n++] = (struct directory_group){ fmt(w, "cn=%s,ou=groups,dc=ville", town_hall[i].groups[k]),
			str_from_c(town_hall[i].groups[k]) };
}

int agents_setup(void **state)
{
	static const char *const rules[] = { "ec-instructeurs = etat-civil:instructeur", "ec-lecteurs = etat-civil:lecture",
		"el-responsables = elections:responsable", "si = admin:cles" };
	struct world *w;
	struct str out, err;

	if (world_setup(state))
		return -1;
	w = *state;
	w->idp->set.directory = true;
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		assert_false(failed(rights_add(&w->rights, str_from_c(rules[i]))));
	for (size_t i = 0; i < sizeof town_hall / sizeof *town_hall; i++)
		hire(w, i);
	assert_int_equal(ctl(w, "partner add oidc --id ec-agents --sector etat-civil --people agents --attributes name --redirect-uri " AGENT_REDIRECT
		" --backchannel-logout-uri https://etat-civil.ville.test/agents/fin --grant authorization_code refresh_token --json", &out, &err), 0);
	agent_secret = json_text(w, out, "client_secret");
	return 0;
}

struct directory_person *person_of(struct world *w, const char *login)
{
	for (size_t i = 0; i < w->person_n; i++)
		if (str_eq_c(w->people[i].person.login, login))
			return &w->people[i].person;
	fail_msg("nobody is called %s", login);
	return NULL;
}

void leave_group(struct world *w, const char *login)
{
	person_of(w, login)->group_n = 0;
}

void leave_directory(struct world *w, const char *login)
{
	person_of(w, login)->login = STR("gone");
	person_of(w, "gone")->key = STR("99999999-0000-4000-8000-000000000009");
}

struct agent agent_of(struct world *w, const char *login)
{
	struct agent g;
	struct err e = agent_find(w->idp->store, w->a, str_from_c(login), &g);

	assert_false(failed(e));
	return g;
}

struct http_resp *type_password(struct world *w, struct browser *b, const struct http_resp *page, const char *login, const char *password)
{
	struct str flow = hidden(w, page, "flow"), l = escaped(w, str_from_c(login)), p = escaped(w, str_from_c(password));

	return world_post(w, b, "/connexion/agent", fmt(w, "flow=" STR_FMT "&identifiant=" STR_FMT "&mot-de-passe=" STR_FMT,
		STR_ARG(flow), STR_ARG(l), STR_ARG(p)));
}

struct http_resp *agent_sign_in(struct world *w, struct browser *b, const struct http_resp *page, const char *login)
{
	struct http_resp *r = type_password(w, b, page, login, AGENT_PASSWORD);
	struct http_req *req = world_request(w, b, HTTP_POST, STR("/connexion/agent/facteur"), STR_NONE);
	struct half half;

	assert_int_equal(r->status, 303);
	assert_false(failed(half_open(w->idp, req, location_param(w, r, "etape"), &half)));
	r = half_finish(w->idp, req, &half, STR("pwd otp"));
	world_keep(w, b, r);
	return r;
}

bool agent_is_in(struct world *w, struct browser *b)
{
	struct person who;
	struct err e = session_load(w->idp, world_request(w, b, HTTP_GET, STR("/agent"), STR_NONE), SESSION_AGENT, STR_NONE, STR_NONE, &who);

	assert_false(failed(e));
	assert_true(!who.live || (who.agent && who.account.agent));
	return who.live;
}

struct str agent_authz_url(struct world *w, const char *extra)
{
	struct str redirect = escaped(w, STR(AGENT_REDIRECT));

	return fmt(w, "/oidc/authorize?client_id=ec-agents&redirect_uri=" STR_FMT "&response_type=code&scope=openid%%20profile%%20offline_access"
		"&state=st-1&nonce=n-1&code_challenge=" STR_FMT "&code_challenge_method=S256%s", STR_ARG(redirect), STR_ARG(w->challenge), extra);
}

struct str agent_code(struct world *w, struct browser *b, const char *login)
{
	struct http_resp *r = world_get(w, b, arena_c(w->a, agent_authz_url(w, "")));

	if (r->status == 200)
		r = agent_sign_in(w, b, r, login);
	assert_int_equal(r->status, 303);
	return location_param(w, r, "code");
}

struct http_resp *agent_redeem(struct world *w, struct str code)
{
	return world_call(w, "/oidc/token", basic(w, "ec-agents", agent_secret), code_form(w, code, AGENT_REDIRECT, VERIFIER));
}
