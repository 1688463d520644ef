/* idp_agents.h - a small town hall for the tests of agents: a directory in memory, rules that give rights, and
 * a partner for agents. The second factor is taken for granted here.
 */
#ifndef TESTS_UNIT_IDP_AGENTS_H
#define TESTS_UNIT_IDP_AGENTS_H
#include "tests/unit/idp_world.h"
#include "idp/account/agent.h"
#include "idp/authn/half.h"

#define AGENT_REDIRECT "https://etat-civil.ville.test/agents/retour"
#define AGENT_PASSWORD "le mot de passe d'une agente"

/* alice: etat-civil instructeur; bruno: etat-civil lecture, elections responsable; carla: admin cles; denis: nothing. */
int agents_setup(void **state);
struct directory_person *person_of(struct world *w, const char *login);
void leave_group(struct world *w, const char *login);      /* all of them */
void leave_directory(struct world *w, const char *login);

struct agent agent_of(struct world *w, const char *login);
struct http_resp *type_password(struct world *w, struct browser *b, const struct http_resp *page, const char *login, const char *password);
/* Through the password and both factors; the answer of half_finish(). */
struct http_resp *agent_sign_in(struct world *w, struct browser *b, const struct http_resp *page, const char *login);
bool agent_is_in(struct world *w, struct browser *b);
struct str agent_authz_url(struct world *w, const char *extra);
/* From nothing to the code of the partner "ec-agents". */
struct str agent_code(struct world *w, struct browser *b, const char *login);
struct http_resp *agent_redeem(struct world *w, struct str code);
extern struct str agent_secret;
#endif
