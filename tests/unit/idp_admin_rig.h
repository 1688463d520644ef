/* idp_admin_rig.h - administrators of the small town hall, and their requests on the administration listener. */
#ifndef TESTS_UNIT_IDP_ADMIN_RIG_H
#define TESTS_UNIT_IDP_ADMIN_RIG_H
#include "tests/unit/idp_agents.h"
#include "idp/admin/page.h"

#define ADMIN_RIG static __attribute__((unused))

/* One administrator for each right, called by its name; all are in the directory from now on. */
ADMIN_RIG int admin_setup(void **state)
{
	struct world *w;

	if (agents_setup(state))
		return -1;
	w = *state;
	w->idp->set.admin_url = STR(ISSUER ":8444");
	for (int r = 0; r < ADMIN_RIGHT_COUNT; r++) {
		const char *name = admin_right_name((enum admin_right)r);
		struct directory_person *p = &w->people[w->person_n].person;

		assert_false(failed(rights_add(&w->rights, fmt(w, "g-%s = admin:%s", name, name))));
		w->people[w->person_n++].password = STR(AGENT_PASSWORD);
		*p = (struct directory_person){ .key = fmt(w, "22222222-0000-4000-8000-00000000000%d", r), .login = str_from_c(name),
			.name = fmt(w, "Admin %s", name), .dn = fmt(w, "uid=%s,ou=agents,dc=ville", name), .groups = arena_array(w->a, struct directory_group, 1) };
		p->groups[p->group_n++] = (struct directory_group){ fmt(w, "cn=g-%s,ou=groups,dc=ville", name), fmt(w, "g-%s", name) };
	}
	return 0;
}

ADMIN_RIG struct http_resp *admin_send(struct world *w, struct browser *b, enum http_method m, const char *url, struct http_pair *form, size_t n)
{
	struct http_req *req = world_request(w, b, m, str_from_c(url), STR_NONE);
	struct http_resp *r;

	req->listener = HTTP_ADMIN;
	req->form = (struct http_pairs){ form, n };
	r = engine_answer(w->idp->engine, req);
	if (b)
		world_keep(w, b, r);
	return r;
}

ADMIN_RIG struct http_resp *admin_get(struct world *w, struct browser *b, const char *url)
{
	return admin_send(w, b, HTTP_GET, url, NULL, 0);
}

/* Names and values, and the form token of the page at that address; the list ends with NULL. */
ADMIN_RIG struct http_resp *admin_post(struct world *w, struct browser *b, const char *url, const char *const *pairs)
{
	struct http_pair *form = arena_array(w->a, struct http_pair, 32);
	size_t n = 0;

	form[n++] = (struct http_pair){ STR("csrf"), hidden(w, admin_get(w, b, url), "csrf") };
	for (size_t i = 0; pairs[i]; i += 2)
		form[n++] = (struct http_pair){ str_from_c(pairs[i]), str_from_c(pairs[i + 1]) };
	return admin_send(w, b, HTTP_POST, url, form, n);
}

/* Signed in with both factors, as of now. */
ADMIN_RIG void admin_enter(struct world *w, struct browser *b, const char *login)
{
	assert_int_equal(agent_sign_in(w, b, world_get(w, b, "/connexion/agent"), login)->status, 303);
	assert_true(agent_is_in(w, b));
}
#endif
