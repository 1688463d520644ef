/* journey.c - see journey.h: the file, and variables filled into its lines. */
#include "bench/journey.h"
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void die(const char *what)
{
	fprintf(stderr, "load: %s\n", what);
	exit(2);
}

/* ---- variables ---- */

void vars_set(struct vars *vars, const char *name, const char *value, size_t n)
{
	int i = 0;

	while (i < vars->n && strcmp(vars->v[i].name, name) != 0)
		i++;
	if (i == vars->n) {
		if (vars->n == VARS_MAX)
			die("too many variables");
		vars->v[vars->n].name = strdup(name);
		vars->v[vars->n++].value = NULL;
	}
	free(vars->v[i].value);
	vars->v[i].value = strndup(value, n);
}

const char *vars_get(const struct vars *vars, const char *name, size_t n)
{
	for (int i = 0; i < vars->n; i++)
		if (strlen(vars->v[i].name) == n && memcmp(vars->v[i].name, name, n) == 0)
			return vars->v[i].value;
	return "";
}

void vars_clear(struct vars *vars)
{
	for (int i = 0; i < vars->n; i++) {
		free(vars->v[i].name);
		free(vars->v[i].value);
	}
	vars->n = 0;
}

static size_t put(char *out, size_t at, const char *text, size_t n)
{
	if (at + n >= REQUEST_BYTES)
		die("request too large");
	memcpy(out + at, text, n);
	return at + n;
}

static size_t put_encoded(char *out, size_t at, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
	char code[4];

	for (; *text; text++) {
		if (strchr(plain, *text)) {
			at = put(out, at, text, 1);
			continue;
		}
		snprintf(code, sizeof code, "%%%02X", (unsigned char)*text);
		at = put(out, at, code, 3);
	}
	return at;
}

static size_t put_variable(const struct vars *vars, char *out, size_t at, const char *name, size_t n)
{
	static atomic_uint_fast64_t next = 1;
	const char *value;
	char number[24];

	if (n == 4 && memcmp(name, "next", 4) == 0)
		return put(out, at, number, (size_t)snprintf(number, sizeof number, "%llu", (unsigned long long)atomic_fetch_add(&next, 1)));
	if (n > 4 && memcmp(name, "enc:", 4) == 0)
		return put_encoded(out, at, vars_get(vars, name + 4, n - 4));
	value = vars_get(vars, name, n);
	return put(out, at, value, strlen(value));
}

size_t vars_expand(const struct vars *vars, char *out, size_t at, const char *text)
{
	while (*text) {
		const char *end = text[0] == '$' && text[1] == '{' ? strchr(text, '}') : NULL;

		if (end)
			at = put_variable(vars, out, at, text + 2, (size_t)(end - text - 2));
		else
			at = put(out, at, text, 1);
		text = end ? end + 1 : text + 1;
	}
	out[at] = 0;
	return at;
}

/* ---- the file ---- */

static char *append(char *old, const char *a, const char *b)
{
	char *p = NULL;

	if (asprintf(&p, "%s%s%s", old ? old : "", a, b) < 0)
		die("memory");
	free(old);
	return p;
}

static void read_user(struct journey *j, char *line)
{
	struct vars *u;
	char *field;

	if (j->user_n == USERS_MAX)
		die("too many users");
	j->users = realloc(j->users, (size_t)(j->user_n + 1) * sizeof *j->users);
	if (!j->users)
		die("memory");
	u = &j->users[j->user_n++];
	u->n = 0;
	while ((field = strsep(&line, "\t"))) {
		char *equals = strchr(field, '=');

		if (!equals)
			die("user: NAME=VALUE expected");
		*equals = 0;
		vars_set(u, field, equals + 1, strlen(equals + 1));
	}
}

static void read_step(struct journey *j, char *line)
{
	struct step *s = &j->steps[j->step_n];

	if (j->step_n++ == STEPS_MAX)
		die("too many steps");
	s->method = strdup(strsep(&line, " "));
	s->target = strdup(line ? line : "/");
	s->headers = strdup("");
	s->expect = 200;
}

static void read_take(struct step *s, char *line)
{
	struct take *t = &s->takes[s->take_n];

	if (s->take_n++ == TAKES_MAX)
		die("too much to take");
	t->name = strdup(strsep(&line, "\t"));
	t->after = strdup(line ? strsep(&line, "\t") : "");
	t->until = strdup(line ? line : "\r");
}

static void read_line(struct journey *j, char *line)
{
	char *word = strsep(&line, " ");
	struct step *s = j->step_n ? &j->steps[j->step_n - 1] : NULL;

	if (strcmp(word, "user") == 0)
		read_user(j, line ? line : (char[]){ "" });
	else if (strcmp(word, "fresh") == 0)
		j->fresh = true;
	else if (strcmp(word, "step") == 0 && line)
		read_step(j, line);
	else if (strcmp(word, "header") == 0 && s && line)
		s->headers = append(s->headers, line, "\r\n");
	else if (strcmp(word, "body") == 0 && s)
		s->body = strdup(line ? line : "");
	else if (strcmp(word, "expect") == 0 && s && line)
		s->expect = strcmp(line, "any") == 0 ? EXPECT_ANY : (int)strtoul(line, NULL, 10);
	else if (strcmp(word, "take") == 0 && s && line)
		read_take(s, line);
	else if (*word && *word != '#')
		die("a line of the journey cannot be read");
}

void journey_read(const char *path, struct journey *ret_j)
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
		read_line(ret_j, line);
	}
	free(line);
	fclose(f);
	if (!ret_j->step_n)
		die("the journey has no step");
}
