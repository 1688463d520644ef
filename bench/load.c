/* load.c - many users, one journey over and over, over kept-alive plain HTTP: what can the server do?
 *
 *   load --port N --host NAME --users N --seconds N [--warm N] JOURNEY
 *
 * A journey file has one instruction a line:
 *   user NAME=VALUE<TAB>NAME=VALUE...   variables of one user (repeated; users take turns)
 *   step METHOD TARGET                  a request; ${NAME} is replaced everywhere
 *   header NAME: VALUE | body TEXT      of that request
 *   expect STATUS                       anything else is a lost operation
 *   take NAME<TAB>AFTER<TAB>UNTIL       variable NAME = what stands in the answer between two texts
 * One operation is all the steps. Prints one JSON object. Each user has a thread and a connection.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { STEPS_MAX = 8, TAKES_MAX = 4, VARS_MAX = 32, USERS_MAX = 64, ANSWER_BYTES = 256 * 1024, REQUEST_BYTES = 32 * 1024, SAMPLES = 1 << 20 };

struct take { char *name, *after, *until; };
struct step { char *method, *target, *headers, *body; int expect; struct take takes[TAKES_MAX]; int take_n; };
struct var { char *name, *value; };
struct user {
	struct var vars[VARS_MAX];
	int var_n, fd;
	char *answer, *request;
	uint32_t *samples_us;
	size_t sample_n;
	uint64_t ops, lost;
	char last_loss[160];
};

static struct step steps[STEPS_MAX];
static int step_n, user_n, port;
static struct user users[USERS_MAX];
static const char *host;
static atomic_int phase;       /* 0 warming, 1 counting, 2 over */

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void die(const char *what)
{
	fprintf(stderr, "load: %s\n", what);
	exit(2);
}

static void set_var(struct user *u, const char *name, const char *value, size_t n)
{
	int i = 0;

	while (i < u->var_n && strcmp(u->vars[i].name, name) != 0)
		i++;
	if (i == u->var_n) {
		if (u->var_n == VARS_MAX)
			die("too many variables");
		u->vars[u->var_n++] = (struct var){ strdup(name), NULL };
	}
	free(u->vars[i].value);
	u->vars[i].value = strndup(value, n);
}

static const char *get_var(const struct user *u, const char *name, size_t n)
{
	for (int i = 0; i < u->var_n; i++)
		if (strlen(u->vars[i].name) == n && memcmp(u->vars[i].name, name, n) == 0)
			return u->vars[i].value;
	return "";
}

/* Append text to the request with its variables filled in. */
static size_t expand(const struct user *u, char *out, size_t at, const char *text)
{
	while (*text && at < REQUEST_BYTES - 1) {
		const char *end = text[0] == '$' && text[1] == '{' ? strchr(text, '}') : NULL;

		if (!end) {
			out[at++] = *text++;
			continue;
		}
		const char *value = get_var(u, text + 2, (size_t)(end - text - 2));
		size_t n = strlen(value);
		if (at + n >= REQUEST_BYTES)
			die("request too large");
		memcpy(out + at, value, n);
		at += n;
		text = end + 1;
	}
	out[at] = 0;
	return at;
}

static bool reconnect(struct user *u)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int one = 1;

	if (u->fd >= 0)
		close(u->fd);
	u->fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(u->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	setsockopt(u->fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ 20, 0 }, sizeof(struct timeval));
	return connect(u->fd, (struct sockaddr *)&a, sizeof a) == 0;
}

static bool send_request(struct user *u, const struct step *s)
{
	char body[REQUEST_BYTES];
	size_t body_n = s->body ? expand(u, body, 0, s->body) : 0, n, done = 0;

	n = expand(u, u->request, 0, s->method);
	n = expand(u, u->request, n, " ");
	n = expand(u, u->request, n, s->target);
	n += (size_t)snprintf(u->request + n, REQUEST_BYTES - n, " HTTP/1.1\r\nHost: %s\r\n", host);
	n = expand(u, u->request, n, s->headers);
	if (s->body)
		n += (size_t)snprintf(u->request + n, REQUEST_BYTES - n, "Content-Length: %zu\r\n", body_n);
	n += (size_t)snprintf(u->request + n, REQUEST_BYTES - n, "\r\n");
	if (n + body_n >= REQUEST_BYTES)
		die("request too large");
	memcpy(u->request + n, body, body_n);
	n += body_n;
	while (done < n) {
		ssize_t w = send(u->fd, u->request + done, n - done, MSG_NOSIGNAL);

		if (w <= 0)
			return false;
		done += (size_t)w;
	}
	return true;
}

/* The whole answer by its Content-Length; 0: the connection ended. */
static int receive_answer(struct user *u, bool *ret_close)
{
	size_t have = 0, want = 0;

	for (;;) {
		ssize_t r = recv(u->fd, u->answer + have, ANSWER_BYTES - 1 - have, 0);

		if (r <= 0)
			return 0;
		have += (size_t)r;
		u->answer[have] = 0;
		if (!want) {
			char *end = strstr(u->answer, "\r\n\r\n"), *length;

			if (!end)
				continue;
			length = strcasestr(u->answer, "\r\ncontent-length:");
			want = (size_t)(end + 4 - u->answer) + (length && length < end ? strtoul(length + 17, NULL, 10) : 0);
			char *close_header = strcasestr(u->answer, "\r\nconnection: close");
			*ret_close = close_header && close_header < end;
		}
		if (have >= want)
			return (int)strtoul(u->answer + 9, NULL, 10);
	}
}

static bool take_all(struct user *u, const struct step *s)
{
	for (int i = 0; i < s->take_n; i++) {
		char *from = strstr(u->answer, s->takes[i].after), *to;

		if (!from)
			return false;
		from += strlen(s->takes[i].after);
		to = strstr(from, s->takes[i].until);
		set_var(u, s->takes[i].name, from, to ? (size_t)(to - from) : strcspn(from, "\r\n"));
	}
	return true;
}

static void lose(struct user *u, const char *what, int status)
{
	u->lost++;
	snprintf(u->last_loss, sizeof u->last_loss, "%s (status %d)", what, status);
	reconnect(u);
}

static bool one_operation(struct user *u)
{
	for (int i = 0; i < step_n; i++) {
		bool closing = false;
		int status;

		if (!send_request(u, &steps[i])) {
			lose(u, "the connection ended before the request", 0);
			return false;
		}
		status = receive_answer(u, &closing);
		if (status != steps[i].expect || !take_all(u, &steps[i])) {
			lose(u, steps[i].target, status);
			return false;
		}
		if (closing)
			reconnect(u);
	}
	return true;
}

static void *user_main(void *arg)
{
	struct user *u = arg;

	if (!reconnect(u))
		die("cannot connect");
	while (atomic_load(&phase) < 2) {
		int64_t start = now_us();
		bool counting = atomic_load(&phase) == 1;

		if (one_operation(u) && counting) {
			u->ops++;
			if (u->sample_n < SAMPLES / USERS_MAX)
				u->samples_us[u->sample_n++] = (uint32_t)(now_us() - start);
		}
	}
	return NULL;
}

/* ---- the journey file ---- */

static char *append(char *old, const char *a, const char *b)
{
	char *p = NULL;

	if (asprintf(&p, "%s%s%s", old ? old : "", a, b) < 0)
		die("memory");
	free(old);
	return p;
}

static void read_user(char *line)
{
	struct user *u = &users[user_n++];
	char *field;

	if (user_n > USERS_MAX)
		die("too many users");
	while ((field = strsep(&line, "\t"))) {
		char *equals = strchr(field, '=');

		if (!equals)
			die("user: NAME=VALUE expected");
		*equals = 0;
		set_var(u, field, equals + 1, strlen(equals + 1));
	}
}

static void read_line(char *line)
{
	char *word = strsep(&line, " ");
	struct step *s = step_n ? &steps[step_n - 1] : NULL;

	if (strcmp(word, "user") == 0) {
		read_user(line ? line : (char[]){ "" });
	} else if (strcmp(word, "step") == 0 && line && step_n < STEPS_MAX) {
		s = &steps[step_n++];
		s->method = strdup(strsep(&line, " "));
		s->target = strdup(line ? line : "/");
		s->headers = strdup("");
		s->expect = 200;
	} else if (strcmp(word, "header") == 0 && s && line) {
		s->headers = append(s->headers, line, "\r\n");
	} else if (strcmp(word, "body") == 0 && s) {
		s->body = strdup(line ? line : "");
	} else if (strcmp(word, "expect") == 0 && s && line) {
		s->expect = (int)strtoul(line, NULL, 10);
	} else if (strcmp(word, "take") == 0 && s && line && s->take_n < TAKES_MAX) {
		struct take *t = &s->takes[s->take_n++];

		t->name = strdup(strsep(&line, "\t"));
		t->after = strdup(line ? strsep(&line, "\t") : "");
		t->until = strdup(line ? line : "\r");
	} else if (*word && *word != '#') {
		die("a line of the journey cannot be read");
	}
}

static void read_journey(const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	if (!f)
		die("the journey cannot be opened");
	while ((n = getline(&line, &cap, f)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = 0;
		read_line(line);
	}
	free(line);
	fclose(f);
	if (!step_n)
		die("the journey has no step");
}

/* ---- figures ---- */

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void report(int n, double seconds)
{
	uint32_t *all = malloc(SAMPLES * sizeof *all);
	uint64_t ops = 0, lost = 0;
	const char *why = "";
	size_t total = 0;

	if (!all)
		die("memory");
	for (int i = 0; i < n; i++) {
		memcpy(all + total, users[i].samples_us, users[i].sample_n * sizeof *all);
		total += users[i].sample_n;
		ops += users[i].ops;
		lost += users[i].lost;
		if (users[i].last_loss[0])
			why = users[i].last_loss;
	}
	qsort(all, total, sizeof *all, by_value);
	printf("{\"operations\":%llu,\"lost\":%llu,\"seconds\":%.3f,\"per_second\":%.1f,\"p50_us\":%u,\"p99_us\":%u,\"last_loss\":\"%s\"}\n",
		(unsigned long long)ops, (unsigned long long)lost, seconds, (double)ops / seconds,
		total ? all[total / 2] : 0, total ? all[total * 99 / 100] : 0, why);
	free(all);
}

static void pause_s(double s)
{
	usleep((useconds_t)(s * 1e6));
}

int main(int argc, char **argv)
{
	pthread_t threads[USERS_MAX];
	const char *journey = NULL;
	double seconds = 5, warm = 0.5;
	int n = 8;

	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (strcmp(argv[i], "--port") == 0) port = (int)strtoul(value, NULL, 10), i++;
		else if (strcmp(argv[i], "--host") == 0) host = value, i++;
		else if (strcmp(argv[i], "--users") == 0) n = (int)strtoul(value, NULL, 10), i++;
		else if (strcmp(argv[i], "--seconds") == 0) seconds = strtod(value, NULL), i++;
		else if (strcmp(argv[i], "--warm") == 0) warm = strtod(value, NULL), i++;
		else journey = argv[i];
	}
	if (!journey || !port || !host || n < 1 || n > USERS_MAX)
		die("usage: load --port N --host NAME [--users N] [--seconds N] JOURNEY");
	read_journey(journey);
	for (int i = 0; i < n; i++) {
		/* Users beyond those of the file share their variables. */
		if (i >= user_n && user_n)
			for (int v = 0; v < users[i % user_n].var_n; v++)
				set_var(&users[i], users[i % user_n].vars[v].name, users[i % user_n].vars[v].value, strlen(users[i % user_n].vars[v].value));
		users[i].fd = -1;
		users[i].answer = malloc(ANSWER_BYTES);
		users[i].request = malloc(REQUEST_BYTES);
		users[i].samples_us = malloc(SAMPLES / USERS_MAX * sizeof(uint32_t));
		if (!users[i].answer || !users[i].request || !users[i].samples_us || pthread_create(&threads[i], NULL, user_main, &users[i]))
			die("memory");
	}
	pause_s(warm);
	int64_t start = now_us();
	atomic_store(&phase, 1);
	pause_s(seconds);
	double took = (double)(now_us() - start) / 1e6;
	atomic_store(&phase, 2);
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	report(n, took);
	return 0;
}
