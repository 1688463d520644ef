/* ctl.c - finding the command that was written, and its options. */
#include "idp/admin/ctl.h"
#include "base/clock.h"
#include "base/log.h"
#include <stdio.h>

enum { DEADLINE_MS = 10000, OUT_MAX = 900 * 1024 };

static const struct ctl_command *const tables[] = { ctl_account, ctl_partner, ctl_key, ctl_directory, ctl_agent, ctl_audit, ctl_queue, ctl_house };

struct str ctl_option(const struct ctl *c, const char *name)
{
	for (size_t i = 0; i < c->option_n; i++)
		if (str_eq_c(c->options[i].name, name))
			return c->options[i].value;
	return STR_NONE;
}

bool ctl_has(const struct ctl *c, const char *name)
{
	for (size_t i = 0; i < c->option_n; i++)
		if (str_eq_c(c->options[i].name, name))
			return true;
	return false;
}

size_t ctl_list(const struct ctl *c, const char *name, struct str *ret_v, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < c->option_n; i++) {
		struct str rest = c->options[i].value, part;

		if (!str_eq_c(c->options[i].name, name))
			continue;
		while (n < max && str_split(&rest, ',', &part))
			if (part.n)
				ret_v[n++] = part;
	}
	return n;
}

static void say(struct ctl *c, const char *fmt, va_list args)
{
	char text[1024];

	vsnprintf(text, sizeof text, fmt, args);
	buf_add_c(&c->err, text);
	buf_add_char(&c->err, '\n');
}

uint32_t ctl_fail(struct ctl *c, uint32_t code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(c, fmt, args);
	va_end(args);
	return code;
}

uint32_t ctl_fault(struct ctl *c, uint32_t code, const char *field, const char *fault, const char *fmt, ...)
{
	va_list args;

	c->field = field;
	c->fault = fault;
	va_start(args, fmt);
	say(c, fmt, args);
	va_end(args);
	return code;
}

uint32_t ctl_fail_err(struct ctl *c, struct err e)
{
	if (e.kind == ERR_BUSY)
		return ctl_fail(c, CTL_FAILED, "not done: a part of the service is busy or away (%s); try again", e.slug);
	return ctl_fail(c, CTL_FAILED, "not done: %s", e.slug);
}

/* How many of argv are the command's own words; 0: it is another. */
static size_t matches(const struct ctl_command *k, const struct str *argv, size_t argc)
{
	struct str rest = str_from_c(k->words), word;
	size_t n = 0;

	while (str_split(&rest, ' ', &word)) {
		if (n >= argc || !str_eq(argv[n], word))
			return 0;
		n++;
	}
	return n;
}

static uint32_t read_options(struct ctl *c, const struct ctl_command *k, const struct str *argv, size_t argc)
{
	for (size_t i = 0; i < argc; i++) {
		struct str name = str_slice(argv[i], 2, argv[i].n);
		bool list, single;

		if (!str_starts(argv[i], STR("--"))) {
			if (c->word_n == sizeof c->words / sizeof *c->words)
				return ctl_fail(c, CTL_USAGE, "too many words: " STR_FMT, STR_ARG(argv[i]));
			c->words[c->word_n++] = argv[i];
			continue;
		}
		if (str_eq_c(name, "json")) {
			c->json = true;
			continue;
		}
		list = str_has_word(str_from_c(k->lists), name);
		single = str_has_word(str_from_c(k->singles), name);
		if (!list && !single && !str_has_word(str_from_c(k->flags), name))
			return ctl_fail(c, CTL_USAGE, "unknown option " STR_FMT "\nusage: guichetctl %s %s", STR_ARG(argv[i]), k->words, k->usage ? k->usage : "");
		do {
			if (c->option_n == CTL_OPTIONS_MAX)
				return ctl_fail(c, CTL_USAGE, "too many options");
			if ((list || single) && (i + 1 >= argc || str_starts(argv[i + 1], STR("--"))))
				return ctl_fail(c, CTL_USAGE, "--" STR_FMT " wants a value", STR_ARG(name));
			c->options[c->option_n++] = (struct ctl_option){ name, list || single ? argv[++i] : STR_NONE };
		} while (list && i + 1 < argc && !str_starts(argv[i + 1], STR("--")));
		if (single)
			for (size_t o = 0; o + 1 < c->option_n; o++)
				if (str_eq(c->options[o].name, name))
					return ctl_fail(c, CTL_USAGE, "--" STR_FMT " was given twice", STR_ARG(name));
	}
	return CTL_DONE;
}

static uint32_t help(struct ctl *c)
{
	buf_add_c(&c->err, "unknown command; these exist:\n");
	for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
		for (const struct ctl_command *k = tables[t]; k->words; k++)
			if (k->usage)
				buf_addf(&c->err, "  guichetctl %s %s\n", k->words, k->usage);
	return CTL_USAGE;
}

static uint32_t dispatch(struct ctl *c, const struct str *argv, size_t argc)
{
	for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
		for (const struct ctl_command *k = tables[t]; k->words; k++) {
			size_t n = matches(k, argv, argc);
			uint32_t code;

			if (!n)
				continue;
			code = read_options(c, k, argv + n, argc - n);
			return code ? code : k->run(c);
		}
	return help(c);
}

uint32_t ctl_run(void *app, struct arena *a, const struct str *argv, size_t argc, bool json, struct str actor, struct str input,
	struct str *ret_out, struct str *ret_err)
{
	struct ctl *c = arena_new(a, struct ctl);
	uint32_t code;

	*c = (struct ctl){ .idp = app, .a = a, .json = json, .actor = actor, .input = input, .now_s = clock_wall_s(),
		.deadline_ms = clock_mono_ms() + DEADLINE_MS };
	buf_init(&c->out, OUT_MAX);
	buf_init(&c->err, 16384);
	code = dispatch(c, argv, argc);
	*ret_out = arena_dup(a, buf_str(&c->out));
	*ret_err = arena_dup(a, buf_str(&c->err));
	buf_done(&c->out);
	buf_done(&c->err);
	return code;
}
