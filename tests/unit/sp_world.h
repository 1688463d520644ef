/* sp_world.h - the partner, provider and store that the tests of libguichet-sp are played with: hooks
 * are faked, tokens are lists of claims, the network is a table, what is remembered lies in an array.
 */
#ifndef TESTS_UNIT_SP_WORLD_H
#define TESTS_UNIT_SP_WORLD_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include "sp-lib/sp.h"

#define NOON     INT64_C(1800000000)
#define ISSUER   "https://compte.ville.example"
#define CLIENT   "elections"
#define CALLBACK "https://elections.ville.example/retour"
#define ACCESS   "ville_at_example"

enum { CLAIMS = 24, ENTRIES = 64 };

struct entry { char kind[16], key[64], tags[2][64]; char *value; size_t n; int64_t expires_at_s; bool used; };

struct world {
	struct sp_claim claims[CLAIMS]; size_t claim_n;
	const char *alg, *typ, *check_slug;
	const char *token_body, *discovery_issuer, *discovery_body, *jwks_body;   /* the two bodies: NULL for those that hold */
	int token_status, discovery_status;
	bool provider_down, memory_down;
	pthread_barrier_t *hang;       /* discovery answers after two meetings here */
	int discovery_calls, jwks_calls, token_calls, check_calls, check_refuse_n;
	char sent_body[4096];
	bool had_credential;
	struct entry entries[ENTRIES];
	struct sp *sp;
	struct sp_scope *s;
	struct sp_login login;
	char state[64], nonce[64];
};

/* The hooks, and a configuration that holds. */
struct sp_config config(void);
struct sp_result fake_check(void *self, struct sp_scope *s, const struct sp_check_ask *ask, struct sp_token *ret);
struct sp_result fake_fetch(void *self, struct sp_scope *s, const struct sp_fetch_ask *ask, struct sp_fetch_answer *ret);
struct sp_result fake_remember(void *self, struct sp_scope *s, struct sp_memory *m);

/* One world for each case. */
int setup(void **state);
int teardown(void **state);

/* The claims of the next token; and how a table of cases changes one. */
enum how { SET_TEXT, SET_NUMBER, SET_LIST, ADD_LIST, DELETE };
void set(struct world *w, const char *name, int kind, const char *text, int64_t number);
void add(struct world *w, const char *name, int kind, const char *text);
void del(struct world *w, const char *name);

/* A login under way, with the control's claims; its callback; its end. */
void start_with(struct world *w, struct sp_login_options o);
void start(struct world *w);
struct sp_result finish_query(struct world *w, const char *query, const char *cookie, struct sp_identity *ret);
const char *good_query(struct world *w);
struct sp_result finish(struct world *w, struct sp_identity *ret);
void query_value(const char *url, const char *name, char *out, size_t n);
void assert_refused(struct sp_result r, const char *slug);
#endif
