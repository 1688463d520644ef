/* directory.c - see directory.h. */
#include "wire/ipc/directory.h"

void ipc_directory_bind_io(struct frame_io *io, void *m)
{
	struct directory_bind *d = m;

	io_str(io, &d->login);
	io_str(io, &d->password);
	io_i64(io, &d->timeout_ms);
}

void ipc_directory_find_io(struct frame_io *io, void *m)
{
	struct directory_find *d = m;

	io_str(io, &d->key);
	io_str(io, &d->login);
	io_i64(io, &d->timeout_ms);
}

void ipc_directory_check_io(struct frame_io *io, void *m)
{
	struct directory_check *d = m;

	io_str(io, &d->login);
	io_i64(io, &d->timeout_ms);
}

static void group_io(struct frame_io *io, void *m)
{
	struct directory_group *g = m;

	io_str(io, &g->dn);
	io_str(io, &g->name);
}

void ipc_directory_person_io(struct frame_io *io, void *m)
{
	struct directory_person *p = m;

	io_str(io, &p->key);
	io_str(io, &p->dn);
	io_str(io, &p->login);
	io_str(io, &p->name);
	io_str(io, &p->mail);
	io_enum(io, &p->state, DIRECTORY_STATE_COUNT);
	io_list(io, &p->groups, &p->group_n, sizeof *p->groups, DIRECTORY_GROUPS_MAX, group_io);
}

static void step_io(struct frame_io *io, void *m)
{
	struct directory_step *s = m;

	io_str(io, &s->name);
	io_str(io, &s->words);
	io_enum(io, &s->outcome, DIRECTORY_OUTCOME_COUNT);
}

void ipc_directory_report_io(struct frame_io *io, void *m)
{
	struct directory_report *r = m;

	io_list(io, &r->steps, &r->step_n, sizeof *r->steps, DIRECTORY_STEPS_MAX, step_io);
	io_bool(io, &r->found);
	ipc_directory_person_io(io, &r->person);
}

const char *directory_state_name(enum directory_state state)
{
	static const char *const names[DIRECTORY_STATE_COUNT] = {
		[DIRECTORY_ACTIVE] = "active", [DIRECTORY_DISABLED] = "disabled", [DIRECTORY_EXPIRED] = "expired",
		[DIRECTORY_MUST_CHANGE] = "must_change", [DIRECTORY_LOCKED] = "locked",
	};

	return (unsigned)state < DIRECTORY_STATE_COUNT ? names[state] : "unknown";
}
