/* rotate.c - see rotate.h. */
#include "wire/ipc/rotate.h"

const char *const rotate_kind_words[ROTATE_KIND_COUNT] = { "ES256", "RS256", "saml" };

struct err rotate_ask_check(const struct rotate_ask *ask)
{
	struct str s = ask->actor;

	ENSURE(s.n > 0 && s.n <= ROTATE_ACTOR_MAX && s.p[0] != '-', MALFORMED, "rotate.actor");
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		ENSURE((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("._-@", c)), MALFORMED, "rotate.actor");
	}
	return NO_ERR;
}

void ipc_rotate_ask_io(struct frame_io *io, void *m)
{
	struct rotate_ask *a = m;

	io_enum(io, &a->kind, ROTATE_KIND_COUNT);
	io_str(io, &a->actor);
}

void ipc_rotate_said_io(struct frame_io *io, void *m)
{
	struct rotate_said *s = m;

	io_enum(io, &s->outcome, ROTATED_COUNT);
	io_str(io, &s->complaint);
}
