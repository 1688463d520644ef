/* rotate_asked.c - see rotate_asked.h. */
#include "roles/supervisor/rotate_asked.h"
#include "base/log.h"
#include <stdio.h>
#include <unistd.h>

struct err rotate_asked_check(const struct crew *c, const struct member *from, const struct frame *f, struct arena *a,
	int64_t last_ms, int64_t now_ms, struct rotate_ask *ret)
{
	/* The engine in its seat: not one that is on its way out, and no other role. */
	ENSURE(from->role == ROLE_ENGINE && from->ready && !from->retiring && !c->stopping, DENIED, "rotate.role");
	TRY(frame_read(f, a, ipc_rotate_ask_io, ret));
	TRY(rotate_ask_check(ret));
	ENSURE(!last_ms || now_ms >= last_ms + ROTATE_EVERY_MS, BUSY, "rotate.soon");
	return NO_ERR;
}

/* Beside ourselves, or in the bin of the same tree. */
static const char *find_guichetctl(const struct crew *c, struct arena *a)
{
	static const char *const places[] = { "", "/../../bin" };

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		const char *path = arena_c(a, arena_printf(a, "%s%s/guichetctl", c->folder, places[i]));

		if (access(path, X_OK) == 0)
			return path;
	}
	return NULL;
}

static void refuse(const struct member *to, uint32_t seq, struct err e)
{
	struct rotate_said said = { ROTATED_NOT, str_from_c(e.slug) };
	struct err sent = frame_send_now(to->boot, BOOT_ROTATED, seq, ipc_rotate_said_io, &said);

	log_line("supervisor.rotate.refused", log_c("slug", failed(sent) ? sent.slug : e.slug));
}

void rotate_asked(struct crew *c, struct member *from, const struct frame *f, const char *path, int64_t now_ms)
{
	static int64_t last_ms;
	AUTO(arena_destroyp) struct arena *a = arena_create(65536);
	struct rotate_ask ask = { 0 };
	const char *program = find_guichetctl(c, a);
	struct err e = rotate_asked_check(c, from, f, a, last_ms, now_ms, &ask);

	if (!failed(e) && !program)
		e = err_of(BROKEN, "rotate.program");
	if (failed(e)) {
		if (from->boot >= 0)
			refuse(from, f->seq, e);
		return;
	}
	const char *const argv[] = { "guichetctl", "--config", path, "key", "rotate", "--alg", rotate_kind_words[ask.kind],
		"--asked-by", arena_c(a, ask.actor), "--answer", arena_c(a, arena_printf(a, "%u", f->seq)), NULL };
	if (spawn_command(program, argv, from->boot) > 0)
		last_ms = now_ms;
	log_line("supervisor.rotate", log_c("alg", rotate_kind_words[ask.kind]));
}
