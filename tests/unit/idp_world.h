/* idp_world.h - an identity provider without processes or sockets, for the tests of idp/: a real
 * store in a temporary folder, the real signer, hasher and reader called in-process, and a courier
 * that writes down what it was asked. Time stands where the test puts it.
 */
#ifndef TESTS_UNIT_IDP_WORLD_H
#define TESTS_UNIT_IDP_WORLD_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "idp/idp.h"
#include "idp/policy/rights.h"

#define ISSUER "https://compte.ville.test"
#define NOON 1800000000
#define REDIRECT "https://elections.ville.test/retour"
#define VERIFIER "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJ"
#define EMAIL "jeanne.moreau@exemple.fr"
#define PASSWORD "un mot de passe correct"

enum { JAR_MAX = 16, FETCHES_MAX = 16, REQUESTS_MAX = 4096, PEOPLE_MAX = 16 };

struct browser { struct http_pair jar[JAR_MAX]; size_t n; struct str source; };

struct world {
	struct arena *a;
	struct idp *idp;
	char dir[64];
	int64_t now_s;
	struct str secret;                      /* of the partner "elections" */
	struct str challenge;
	/* the courier */
	struct { struct str url, body; } fetches[FETCHES_MAX]; size_t fetch_n;
	bool courier_down;
	/* the directory: who is in it, and how it fails */
	struct rights_table rights;
	struct { struct directory_person person; struct str password; } people[PEOPLE_MAX]; size_t person_n;
	struct err directory;                   /* its answer to everything, unless it is none */
	uint64_t directory_asked;
	struct str silent, refusing;            /* addresses that do not answer; that answer 500 */
	unsigned silences;                      /* how often a silent one was waited for */
	uint64_t fail_at;                       /* the n-th question to a helper from now on finds nobody */
	uint64_t hashes, reads;                 /* questions to the hasher; to the signer and reader */
	void *signer, *hasher, *reader;
	struct arena *requests[REQUESTS_MAX]; size_t request_n;
};

int world_setup(void **state);                  /* with the account and the partner "elections" */
int world_teardown(void **state);
/* All of them on SQLite, then on a throwaway PostgreSQL where Debian's package is there. */
int world_run_both(const struct CMUnitTest *tests, size_t n);

struct http_resp *world_get(struct world *w, struct browser *b, const char *url);
struct http_resp *world_post(struct world *w, struct browser *b, const char *path, struct str form);
/* With an authorization header. */
struct http_resp *world_call(struct world *w, const char *path, struct str authorization, struct str form);
struct http_resp *world_get_as(struct world *w, const char *url, struct str authorization);

/* The request alone, and what the browser keeps of an answer. */
struct http_req *world_request(struct world *w, struct browser *b, enum http_method m, struct str url, struct str form);
void world_keep(struct world *w, struct browser *b, const struct http_resp *r);

struct str fmt(struct world *w, const char *f, ...) __attribute__((format(printf, 2, 3)));
struct str header(const struct http_resp *r, const char *name);
bool body_has(const struct http_resp *r, const char *text);
/* The value of a hidden input. */
struct str hidden(struct world *w, const struct http_resp *r, const char *name);
/* A parameter of the location. */
struct str location_param(struct world *w, const struct http_resp *r, const char *name);
/* A text member of a JSON body (top level). */
struct str json_text(struct world *w, struct str json, const char *name);
int64_t json_number(struct str json, const char *name);
/* The payload of a compact JWS. */
struct str jws_payload(struct world *w, struct str jws);
struct str escaped(struct world *w, struct str s);

uint32_t ctl(struct world *w, const char *line, struct str *ret_out, struct str *ret_err);   /* words at blanks */
struct str basic(struct world *w, const char *id, struct str secret);

/* The query of a good authentication request of "elections"; extra begins with & or is empty. */
struct str authz_url(struct world *w, const char *extra);
/* Signs in on the page that r shows. */
struct http_resp *sign_in(struct world *w, struct browser *b, const struct http_resp *r, const char *email, const char *password);
/* Through login and notice, to the code. */
struct str get_code(struct world *w, struct browser *b, const char *extra);
struct http_resp *redeem(struct world *w, struct str code);
struct str code_form(struct world *w, struct str code, const char *redirect, const char *verifier);

int64_t count_rows(struct world *w, const char *sql);
/* What somebody does who can write the store; how many rows it changed. */
int64_t change_rows(struct world *w, const char *sql);
/* What the audit holds of an event, the queue included. */
int64_t count_audit(struct world *w, const char *event, const char *reason);
#endif
