/* elections_world.h - the élections service without processes or sockets, for its tests: a real store
 * (SQLite in a temporary folder, or PostgreSQL), browsers with their cookies, and a reader and couriers
 * that are functions here. Time stands where the test puts it. */
#ifndef TESTS_UNIT_ELECTIONS_WORLD_H
#define TESTS_UNIT_ELECTIONS_WORLD_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include "services/elections/elections.h"
#include "services/kit/kit_impl.h"
#include "tests/unit/test_store_pg.h"
#include "wire/ipc/fetch.h"

#define NOON   INT64_C(1800000000)
#define ISSUER "https://compte.ville.example"
#define HERE   "https://elections.ville.example"
#define ANSWERS "adresse=14+rue+des+Halles&code-postal=44990&jour=27&mois=3&annee=2019&ailleurs=non&ancienne-commune=" \
	"&telephone=&courriel=&attestation=oui"

enum { JAR = 16, MAIL_TEXT = 4096, ARENA = 8 << 20 };

struct cookie { char name[48], value[4096]; };

/* A browser: its cookies, and the last answer. */
struct browser { struct cookie jar[JAR]; struct http_resp *resp; struct arena *arena; };

/* The mail courier: what it says next (slug NULL: it takes everything), and the last message it took. */
struct mailbox { struct err answer; int asked, taken; char to[256], subject[512], text[MAIL_TEXT]; };

struct elections_world {
	char dir[64];
	struct kit *kit;
	int64_t now_s;
	bool provider_down;
	const char *subject, *given_name;
	char nonce[64];
	bool logout_order;
	const char *roles;                   /* not NULL: the token is an agent's, with these (blank-separated; "": none) */
	const char *acr, *order_sid;         /* NULL: "f2" of an agent, "f1" of a citizen; "sid-1" */
	enum http_lang lang;                 /* of every request */
	const char *source;                  /* the address that they come from; NULL: 192.0.2.1 */
	struct str multi_line;               /* form fields that may hold line breaks, as the route says */
	struct mailbox mail;
};
extern struct elections_world w;
extern const struct kit_service *world_service;   /* whose routes the tests walk; élections, unless main() says otherwise */
extern bool on_postgresql;               /* the stores of the tests that follow */
extern bool world_agents;                /* the worlds that follow have an agents' door */
extern void (*world_old_store)(struct str url);      /* NULL, or what an earlier version had left there */

int setup(void **state);                 /* without a mail courier */
int setup_with_mail(void **state);
int teardown(void **state);

#define BROWSER(name) AUTO(browser_done) struct browser name = { 0 }
void browser_done(struct browser *b);
const char *jar_value(const struct browser *b, const char *name);
void jar_drop(struct browser *b, const char *name);
/* form: NULL for none. The answer is b->resp, until the next one. */
void ask(struct browser *b, enum http_method method, const char *url, const char *form);
struct str header(const struct browser *b, const char *name);
bool shows(const struct browser *b, const char *text);
void assert_status(const struct browser *b, int status);
/* What stands between mark and end; and the value of a hidden field. */
void part_after(struct str s, const char *mark, char end, char *out, size_t n);
void hidden(const struct browser *b, const char *name, char *out, size_t n);
/* An agent comes in by the second door; path as it stands in ?retour=. The answer to the callback is b->resp. */
void agent_comes(struct browser *b, const char *subject, const char *roles, const char *path);
/* … and is in. */
void agent_in(struct browser *b, const char *subject, const char *roles);
void sign_in(struct browser *b, const char *subject, const char *given_name, const char *path);
/* The body of a post that this browser's form would send with these answers. */
void filled_form(struct browser *b, const char *answers, char *out, size_t n);
/* The number that a query gives. */
int64_t rows(const char *sql);
#endif
