/* boot.c - see boot.h. */
#include "wire/ipc/boot.h"

static void setting_io(struct frame_io *io, void *m)
{
	struct boot_setting *s = m;

	io_str(io, &s->name);
	io_str(io, &s->value);
}

static void file_io(struct frame_io *io, void *m)
{
	struct boot_file *f = m;

	io_str(io, &f->name);
	io_fd(io, &f->fd);
}

void ipc_boot_start_io(struct frame_io *io, void *m)
{
	struct boot_start *s = m;

	io_str(io, &s->daemon);
	io_enum(io, &s->role, ROLE_COUNT);
	io_u32(io, &s->slot);
	io_u32(io, &s->uid);
	io_u32(io, &s->gid);
	io_list(io, &s->settings, &s->setting_n, sizeof *s->settings, BOOT_SETTINGS_MAX, setting_io);
	io_list(io, &s->files, &s->file_n, sizeof *s->files, BOOT_FILES_MAX, file_io);
}

void ipc_boot_peer_io(struct frame_io *io, void *m)
{
	struct boot_peer *p = m;

	io_enum(io, &p->role, ROLE_COUNT);
	io_u32(io, &p->slot);
	io_fd(io, &p->fd);
}

static void ticket_io(struct frame_io *io, void *m)
{
	struct boot_ticket *t = m;

	io_str(io, &t->name);
	io_str(io, &t->hmac_key);
	io_str(io, &t->aes_key);
}

void ipc_boot_tickets_io(struct frame_io *io, void *m)
{
	struct boot_tickets *t = m;

	io_list(io, &t->v, &t->n, sizeof *t->v, BOOT_TICKETS_MAX, ticket_io);
}

void ipc_boot_ctl_io(struct frame_io *io, void *m)
{
	io_fd(io, m);
}

const char *boot_role_name(enum boot_role role)
{
	static const char *const names[ROLE_COUNT] = {
		[ROLE_FRONT] = "front", [ROLE_ENGINE] = "engine", [ROLE_READER] = "reader",
		[ROLE_SIGNER] = "signer", [ROLE_TLS_SIGNER] = "tls-signer", [ROLE_HASHER] = "hasher",
		[ROLE_COURIER_HTTP] = "courier-http", [ROLE_COURIER_MAIL] = "courier-mail",
		[ROLE_COURIER_LDAP] = "courier-ldap",
	};

	return (unsigned)role < ROLE_COUNT ? names[role] : "unknown";
}
