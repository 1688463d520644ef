/* load.c - many users, one journey over and over, over kept-alive connections: what can the server do?
 *
 *   load --port N --host NAME [--tls CA] [--users N] [--seconds N] [--warm N] [--operations N] [--rate N]
 *        [--sources N [--net N]] JOURNEY
 *
 * --operations: ends after so many, without warming. --rate: operations a second of all users together;
 * without it each user goes on at once. --sources: each operation comes from the next of so many loopback
 * addresses (127.net.0.1, ...), on a connection of its own. Journeys: see journey.h. Prints one JSON object. Each user has a
 * thread and a connection.
 */
#include "bench/channel.h"
#include "bench/journey.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SAMPLES = 1 << 20 };

struct user {
	struct vars vars, jar;
	struct channel channel;
	char *request;
	uint32_t *samples_us;
	size_t sample_n;
	uint64_t ops, all, lost, errors;       /* counted; with those of the warming; not as it should be; answered with 5xx */
	char last_loss[160];
};

static struct journey journey;
static struct where where = { .net = 1 };
static struct user users[USERS_MAX];
static int user_n = 8;
static double rate;
static atomic_int phase;       /* 0 warming, 1 counting, 2 over */
static atomic_long left_n;     /* of --operations, those that are still to start */
static long operations;

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- one request ---- */

static size_t put_text(char *out, size_t at, const char *text)
{
	size_t n = strlen(text);

	if (at + n >= REQUEST_BYTES)
		die("request too large");
	memcpy(out + at, text, n + 1);
	return at + n;
}

static size_t put_cookies(const struct user *u, char *out, size_t at)
{
	for (int i = 0; i < u->jar.n; i++) {
		at = put_text(out, at, i ? "; " : "Cookie: ");
		at = put_text(out, at, u->jar.v[i].name);
		at = put_text(out, at, "=");
		at = put_text(out, at, u->jar.v[i].value);
	}
	return u->jar.n ? put_text(out, at, "\r\n") : at;
}

/* A Location that was taken may be a whole URL. */
static void put_path(char *target)
{
	char *host = strncmp(target, "http", 4) == 0 ? strstr(target, "://") : NULL, *path = host ? strchr(host + 3, '/') : NULL;

	if (path)
		memmove(target, path, strlen(path) + 1);
}

static bool send_request(struct user *u, const struct step *s)
{
	static _Thread_local char body[REQUEST_BYTES], target[REQUEST_BYTES];
	size_t body_n = s->body ? vars_expand(&u->vars, body, 0, s->body) : 0, n;
	char line[64];

	vars_expand(&u->vars, target, 0, s->target);
	put_path(target);
	n = put_text(u->request, 0, s->method);
	n = put_text(u->request, n, " ");
	n = put_text(u->request, n, target);
	n = put_text(u->request, n, " HTTP/1.1\r\nHost: ");
	n = put_text(u->request, n, where.host);
	n = put_text(u->request, n, "\r\n");
	n = vars_expand(&u->vars, u->request, n, s->headers);
	n = put_cookies(u, u->request, n);
	if (s->body) {
		snprintf(line, sizeof line, "Content-Length: %zu\r\n", body_n);
		n = put_text(u->request, n, line);
	}
	n = put_text(u->request, n, "\r\n");
	if (s->body)
		n = put_text(u->request, n, body);
	return channel_send(&u->channel, u->request, n);
}

/* ---- its answer ---- */

static void keep_cookies(struct user *u)
{
	const char *end = strstr(u->channel.answer, "\r\n\r\n"), *at = u->channel.answer;
	char name[128];

	while ((at = strcasestr(at, "\r\nset-cookie:")) && at < end) {
		at += strlen("\r\nset-cookie:");
		at += strspn(at, " ");
		size_t n = strcspn(at, "="), value_n = strcspn(at + n + 1, ";\r");

		if (n >= sizeof name)
			die("a cookie has too long a name");
		memcpy(name, at, n);
		name[n] = 0;
		vars_set(&u->jar, name, at + n + 1, value_n);
	}
}

static bool take_all(struct user *u, const struct step *s)
{
	for (int i = 0; i < s->take_n; i++) {
		const struct take *t = &s->takes[i];
		const char *from = strstr(u->channel.answer, t->after), *to;

		if (!from)
			return false;
		from += strlen(t->after);
		to = strstr(from, t->until);
		vars_set(&u->vars, t->name, from, to ? (size_t)(to - from) : strcspn(from, "\r\n"));
	}
	return true;
}

static bool lose(struct user *u, const struct step *s, const char *what, int status)
{
	u->lost++;
	snprintf(u->last_loss, sizeof u->last_loss, "%s %.60s: %s (status %d)", s->method, s->target, what, status);
	channel_open(&u->channel);
	return false;
}

static bool one_step(struct user *u, const struct step *s)
{
	bool closing = false;
	int status;

	if (!send_request(u, s))
		return lose(u, s, "the connection ended before the request", 0);
	status = channel_receive(&u->channel, &closing);
	if (status == 0)
		return lose(u, s, "no answer", 0);
	u->errors += status >= 500;
	if (s->expect == EXPECT_ANY ? status >= 500 : status != s->expect)
		return lose(u, s, "another status", status);
	keep_cookies(u);
	if (!take_all(u, s))
		return lose(u, s, "something is missing in the answer", status);
	if (closing)
		channel_open(&u->channel);
	return true;
}

static const struct vars *line_of(const struct user *u)
{
	/* Users beyond those of the file share their variables. */
	return journey.user_n ? &journey.users[(u - users) % journey.user_n] : NULL;
}

static void first_cookies(struct user *u)
{
	const struct vars *v = line_of(u);

	vars_clear(&u->jar);
	for (int i = 0; v && i < v->n; i++)
		if (v->v[i].name[0] == '@')
			vars_set(&u->jar, v->v[i].name + 1, v->v[i].value, strlen(v->v[i].value));
}

static bool one_operation(struct user *u)
{
	if (journey.fresh)
		first_cookies(u);
	if (where.sources && !channel_open(&u->channel))
		return lose(u, &journey.steps[0], "no connection", 0);
	for (int i = 0; i < journey.step_n; i++)
		if (!one_step(u, &journey.steps[i]))
			return false;
	return true;
}

/* ---- users ---- */

/* When this user's next operation is due; its wait counts as its answer's time, so that a server that
 * stands still does not look fast. */
static int64_t wait_for_turn(int64_t due_us)
{
	int64_t left = due_us - now_us();

	if (left > 0)
		usleep((useconds_t)left);
	return due_us;
}

static void keep_sample(struct user *u, int64_t took_us)
{
	u->ops++;
	if (u->sample_n < SAMPLES / USERS_MAX)
		u->samples_us[u->sample_n++] = (uint32_t)took_us;
}

static void *user_main(void *arg)
{
	struct user *u = arg;
	int64_t step_us = rate > 0 ? (int64_t)(1e6 * user_n / rate) : 0;
	int64_t due_us = now_us() + step_us * (u - users) / user_n;

	if (!channel_open(&u->channel))
		die("cannot connect");
	for (; atomic_load(&phase) < 2 && (!operations || atomic_fetch_sub(&left_n, 1) > 0); due_us += step_us) {
		int64_t start = rate > 0 ? wait_for_turn(due_us) : now_us();
		bool counting = atomic_load(&phase) == 1;
		uint64_t lost = u->lost;

		if (one_operation(u)) {
			u->all++;
			if (counting)
				keep_sample(u, now_us() - start);
		}
		if (u->lost != lost && rate == 0)
			usleep(1000);           /* a server that refuses everything is not to be drowned by it */
	}
	channel_close(&u->channel);
	return NULL;
}

static void start_user(int i, pthread_t *ret_thread)
{
	struct user *u = &users[i];
	const struct vars *v = line_of(u);

	for (int k = 0; v && k < v->n; k++)
		if (v->v[k].name[0] != '@')
			vars_set(&u->vars, v->v[k].name, v->v[k].value, strlen(v->v[k].value));
	first_cookies(u);
	u->channel = (struct channel){ .where = &where, .fd = -1, .answer = malloc(ANSWER_BYTES) };
	u->request = malloc(REQUEST_BYTES);
	u->samples_us = malloc(SAMPLES / USERS_MAX * sizeof(uint32_t));
	if (!u->channel.answer || !u->request || !u->samples_us || pthread_create(ret_thread, NULL, user_main, u))
		die("memory");
}

/* ---- figures ---- */

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void report(double seconds)
{
	uint32_t *all = malloc(SAMPLES * sizeof *all);
	uint64_t ops = 0, done = 0, lost = 0, errors = 0;
	const char *why = "";
	size_t total = 0;

	if (!all)
		die("memory");
	for (int i = 0; i < user_n; i++) {
		memcpy(all + total, users[i].samples_us, users[i].sample_n * sizeof *all);
		total += users[i].sample_n;
		ops += users[i].ops;
		done += users[i].all;
		lost += users[i].lost;
		errors += users[i].errors;
		if (users[i].last_loss[0])
			why = users[i].last_loss;
	}
	qsort(all, total, sizeof *all, by_value);
	printf("{\"operations\":%llu,\"all_operations\":%llu,\"lost\":%llu,\"errors\":%llu,\"seconds\":%.3f,\"per_second\":%.1f,\"p50_us\":%u,\"p99_us\":%u,\"last_loss\":\"%s\"}\n",
		(unsigned long long)ops, (unsigned long long)done, (unsigned long long)lost, (unsigned long long)errors, seconds, (double)ops / seconds,
		total ? all[total / 2] : 0, total ? all[total * 99 / 100] : 0, why);
	free(all);
}

static void pause_s(double s)
{
	struct timespec t = { (time_t)s, (long)((s - (double)(time_t)s) * 1e9) };

	nanosleep(&t, NULL);
}

static const char *read_options(int argc, char **argv, double *seconds, double *warm)
{
	const char *path = NULL;

	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (strcmp(argv[i], "--port") == 0) where.port = (int)strtoul(value, NULL, 10), i++;
		else if (strcmp(argv[i], "--host") == 0) where.host = value, where.name = strndup(value, strcspn(value, ":")), i++;
		else if (strcmp(argv[i], "--tls") == 0) where.tls = channel_tls(value), i++;
		else if (strcmp(argv[i], "--users") == 0) user_n = (int)strtoul(value, NULL, 10), i++;
		else if (strcmp(argv[i], "--seconds") == 0) *seconds = strtod(value, NULL), i++;
		else if (strcmp(argv[i], "--warm") == 0) *warm = strtod(value, NULL), i++;
		else if (strcmp(argv[i], "--rate") == 0) rate = strtod(value, NULL), i++;
		else if (strcmp(argv[i], "--sources") == 0) where.sources = (int)strtoul(value, NULL, 10), i++;
		else if (strcmp(argv[i], "--net") == 0) where.net = (int)strtoul(value, NULL, 10), i++;
		else if (strcmp(argv[i], "--operations") == 0) operations = (long)strtoul(value, NULL, 10), i++;
		else path = argv[i];
	}
	if (!path || !where.port || !where.host || user_n < 1 || user_n > USERS_MAX)
		die("usage: load --port N --host NAME [--tls CA] [--users N] [--seconds N] [--warm N] [--operations N] [--rate N] [--sources N [--net N]] JOURNEY");
	return path;
}

int main(int argc, char **argv)
{
	pthread_t threads[USERS_MAX];
	double seconds = 5, warm = 0.5;

	journey_read(read_options(argc, argv, &seconds, &warm), &journey);
	int64_t start = now_us();
	if (operations) {
		atomic_store(&left_n, operations);
		atomic_store(&phase, 1);
	}
	for (int i = 0; i < user_n; i++)
		start_user(i, &threads[i]);
	if (!operations) {
		pause_s(warm);
		start = now_us();
		atomic_store(&phase, 1);
		pause_s(seconds);
		seconds = (double)(now_us() - start) / 1e6;
		atomic_store(&phase, 2);
	}
	for (int i = 0; i < user_n; i++)
		pthread_join(threads[i], NULL);
	report(operations ? (double)(now_us() - start) / 1e6 : seconds);
	return 0;
}
