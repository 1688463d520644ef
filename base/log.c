/* log.c - see log.h. */
#include "base/log.h"
#include "base/clock.h"
#include "base/json.h"
#include <unistd.h>

enum { LINE_MAX_BYTES = 4096 };

static const char *log_daemon = "guichet", *log_role = "tool";

void log_init(const char *daemon, const char *role)
{
	log_daemon = daemon;
	log_role = role;
}

void log_line_(const char *event, const struct log_field *fields)
{
	struct buf b;

	buf_init(&b, LINE_MAX_BYTES);
	buf_add_char(&b, '{');
	json_field_i64(&b, "t", clock_wall_s());
	json_field_c(&b, "daemon", log_daemon);
	json_field_c(&b, "role", log_role);
	json_field_i64(&b, "pid", getpid());
	json_field_c(&b, "event", event);
	for (; fields->name; fields++) {
		if (fields->is_number)
			json_field_i64(&b, fields->name, fields->number);
		else
			json_field_str(&b, fields->name, str_slice(fields->text, 0, 1024));
	}
	buf_add(&b, STR("}\n"));
	/* Whole lines or nothing: two processes write to the same standard error. */
	if (!b.overflowed && write(STDERR_FILENO, b.p, b.n) < 0)
		(void)b;
	buf_done(&b);
}
