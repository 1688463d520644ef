/* boot.c - what the supervisor gave; see boot.h. */
#include "roles/boot/boot_impl.h"
#include "base/log.h"
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { BOOT_ARENA = 1 << 20 };

char boot_buffer[FRAME_MAX];

_Noreturn void boot_die(const char *event, const char *slug)
{
	log_line(event, log_c("slug", slug));
	_exit(1);
}

/* The supervisor decides when a role ends, by BOOT_DRAIN or by closing BOOT_FD. A terminal's ^C
 * goes to the whole group and must not cut the requests that are under way. */
static void ignore_signals(void)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGTERM, SIGPIPE };
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
		(void)sigaction(ignored[i], &ignore, NULL);
}

/* The strings of a frame live in its buffer, which the next frame overwrites. */
static void keep_strings(struct arena *a, struct boot_start *s)
{
	s->daemon = arena_dup(a, s->daemon);
	for (size_t i = 0; i < s->setting_n; i++) {
		s->settings[i].name = arena_dup(a, s->settings[i].name);
		s->settings[i].value = arena_dup(a, s->settings[i].value);
	}
	for (size_t i = 0; i < s->file_n; i++)
		s->files[i].name = arena_dup(a, s->files[i].name);
}

void boot_receive(struct boot *b)
{
	struct frame f;
	struct err e;

	ignore_signals();
	*b = (struct boot){ .arena = arena_create(BOOT_ARENA) };
	e = frame_recv(BOOT_FD, boot_buffer, INT64_MAX, &f);
	/* The supervisor went before it said anything: nothing to report. */
	if (failed(e) && e.kind == ERR_BUSY)
		_exit(0);
	if (failed(e))
		boot_die("boot.receive", e.slug);
	if (f.type != BOOT_START) {
		frame_close_fds(&f);
		boot_die("boot.receive", "boot.order");
	}
	e = frame_read(&f, b->arena, ipc_boot_start_io, &b->start);
	if (failed(e))
		boot_die("boot.receive", e.slug);
	keep_strings(b->arena, &b->start);
	explicit_bzero(boot_buffer, FRAME_HEAD + f.body.n);
	log_init(b->start.daemon.p, boot_role_name(b->start.role));
}

bool boot_setting_nth(const struct boot *b, const char *name, size_t i, struct str *ret_value)
{
	for (size_t s = 0; s < b->start.setting_n; s++) {
		if (!str_eq_c(b->start.settings[s].name, name) || i-- > 0)
			continue;
		*ret_value = b->start.settings[s].value;
		return true;
	}
	return false;
}

struct str boot_setting(const struct boot *b, const char *name, struct str dflt)
{
	struct str value;

	return boot_setting_nth(b, name, 0, &value) ? value : dflt;
}

int64_t boot_setting_i64(const struct boot *b, const char *name, int64_t dflt)
{
	struct str value;
	int64_t n;

	if (!boot_setting_nth(b, name, 0, &value) || failed(str_to_i64(value, INT64_MAX, &n)))
		return dflt;
	return n;
}

bool boot_setting_bool(const struct boot *b, const char *name, bool dflt)
{
	struct str value;

	if (!boot_setting_nth(b, name, 0, &value))
		return dflt;
	return str_eq_c(value, "true");
}

int boot_file(const struct boot *b, const char *name)
{
	for (size_t i = 0; i < b->start.file_n; i++)
		if (str_eq_c(b->start.files[i].name, name))
			return b->start.files[i].fd;
	return -1;
}

size_t boot_resolver_files(struct boot_files ret_files[BOOT_RESOLVER_FILES])
{
	static const char *const paths[BOOT_RESOLVER_FILES] = { "/etc", "/usr/lib", "/lib", "/run/systemd/resolve" };
	size_t n = 0;

	for (size_t i = 0; i < BOOT_RESOLVER_FILES; i++)
		if (access(paths[i], F_OK) == 0)
			ret_files[n++] = (struct boot_files){ paths[i], false };
	return n;
}

void boot_ready(const struct boot *b)
{
	struct err e = frame_send(BOOT_FD, BOOT_READY, 0, NULL, NULL, INT64_MAX);

	if (failed(e) && e.kind == ERR_BUSY)
		_exit(0);
	if (failed(e))
		boot_die("boot.ready", e.slug);
}
