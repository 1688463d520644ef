/* verify.c - what proving a SAML response costs a service: libguichet-sp with its agent, one response over and over.
 *
 *   verify --issuer URL --entity ID --acs URL --agent PROGRAM --key FILE --certificate FILE --seconds N [--warm N]
 *
 * Prints the address to send a browser to; reads what the browser then brings to the acs, one line; proves it
 * again and again and prints one JSON object. The memory takes every response for a new one: a replay is
 * refused at the cost of a look at an index, and what is measured here comes before it.
 */
#include "guichet-sp.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { LINE_BYTES = 256 * 1024, SAMPLES = 1 << 20 };

static _Noreturn void die(const char *what, const char *why)
{
	fprintf(stderr, "verify: %s: %s\n", what, why);
	exit(2);
}

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static struct sp_result remember(void *self, struct sp_scope *s, struct sp_memory *m)
{
	return (struct sp_result){ m->op == SP_GET ? SP_ABSENT : SP_OK, m->op == SP_GET ? "verify.absent" : NULL };
}

static const char *option(int argc, char **argv, const char *name, const char *otherwise)
{
	for (int i = 1; i + 1 < argc; i += 2)
		if (strcmp(argv[i], name) == 0)
			return argv[i + 1];
	if (!otherwise)
		die("option missing", name);
	return otherwise;
}

static struct sp *service(int argc, char **argv, struct sp_agent **ret_agent)
{
	static const char seal_key[] = "a key of the bench, for no secret";
	static struct sp_hooks hooks = { .remember = remember };
	struct sp_agent_options agent = { .program = option(argc, argv, "--agent", NULL), .issuer = option(argc, argv, "--issuer", NULL),
		.entity_id = option(argc, argv, "--entity", NULL), .saml_key_file = option(argc, argv, "--key", NULL),
		.saml_certificate_file = option(argc, argv, "--certificate", NULL) };
	struct sp_config config = { .issuer = agent.issuer, .redirect_uri = option(argc, argv, "--acs", NULL), .seal_key = seal_key,
		.seal_key_n = sizeof seal_key, .protocol = SP_SAML, .entity_id = agent.entity_id };
	struct sp_result r = sp_agent_start(&agent, &hooks, ret_agent);
	struct sp *sp = NULL;

	if (r.kind == SP_OK)
		r = sp_create(&config, &hooks, &sp);
	if (r.kind != SP_OK)
		die("start", r.slug);
	return sp;
}

/* ---- measuring ---- */

static uint32_t samples_us[SAMPLES];

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void prove(struct sp *sp, struct sp_scope *s, const char *body, const char *cookie)
{
	struct sp_identity id;
	struct sp_result r = sp_login_finish(sp, s, body, cookie, time(NULL), &id);

	if (r.kind != SP_OK)
		die("the response is refused", r.slug);
	sp_scope_reset(s);
}

static double cpu_ms(int who)
{
	struct rusage u;

	getrusage(who, &u);
	return 1e3 * (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e3;
}

/* Both processes' CPU, their start included. */
static void report(size_t n, size_t all, double seconds)
{
	double own = cpu_ms(RUSAGE_SELF) / (double)all, agent = cpu_ms(RUSAGE_CHILDREN) / (double)all;

	qsort(samples_us, n, sizeof *samples_us, by_value);
	printf("{\"operations\":%zu,\"all_operations\":%zu,\"lost\":0,\"seconds\":%.3f,\"per_second\":%.1f,\"p50_us\":%u,\"p99_us\":%u,"
		"\"last_loss\":\"\",\"cpu_ms\":%.4f,\"cpu_ms_by_role\":{\"service\":%.4f,\"agent\":%.4f}}\n",
		n, all, seconds, (double)n / seconds, n ? samples_us[n / 2] : 0, n ? samples_us[n * 99 / 100] : 0, own + agent, own, agent);
}

/* How many were proven, those of the warming too; *ret_n: the others. */
static size_t measure(struct sp *sp, const char *body, const char *cookie, double warm, double seconds, size_t *ret_n)
{
	struct sp_scope *s = sp_scope_create();
	int64_t start = now_us(), counted_from = start + (int64_t)(warm * 1e6), end = counted_from + (int64_t)(seconds * 1e6), at = start;
	size_t n = 0, all = 0;

	while (at < end) {
		prove(sp, s, body, cookie);
		int64_t done = now_us();
		all++;
		if (at >= counted_from && n < SAMPLES)
			samples_us[n++] = (uint32_t)(done - at);
		at = done;
	}
	sp_scope_destroy(s);
	*ret_n = n;
	return all;
}

int main(int argc, char **argv)
{
	static char body[LINE_BYTES];
	double seconds = strtod(option(argc, argv, "--seconds", NULL), NULL), warm = strtod(option(argc, argv, "--warm", "0.5"), NULL);
	struct sp_agent *agent = NULL;
	struct sp *sp = service(argc, argv, &agent);
	struct sp_scope *s = sp_scope_create();
	struct sp_login_options options = { .return_to = "/" };
	struct sp_login login;
	struct sp_result r = sp_login_start(sp, s, &options, time(NULL), &login);

	if (r.kind != SP_OK)
		die("start of a sign-in", r.slug);
	printf("%s\n", login.url);
	fflush(stdout);
	if (!fgets(body, sizeof body, stdin))
		die("the response", "none came");
	body[strcspn(body, "\n")] = 0;
	size_t n, all = measure(sp, body, login.cookie.value, warm, seconds, &n);
	sp_agent_stop(agent);
	report(n, all, seconds);
	return 0;
}
