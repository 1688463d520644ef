/* boot.h - frames between the supervisor and the roles that it starts, on descriptor BOOT_FD.
 *
 *   supervisor -> role  BOOT_START   first: settings and named descriptors (listening sockets, key files)
 *   supervisor -> role  BOOT_PEER    one end of a pair to another role. To a front: its engine (a new one
 *                                    replaces the old) or its tls signer. To an engine: a front or a helper.
 *                                    To a helper: the connection that it serves, exactly one.
 *   supervisor -> role  BOOT_TICKETS front: TLS session-ticket keys, newest first; again at each rotation
 *   supervisor -> role  BOOT_CTL     engine: an accepted connection of guichetctl
 *   supervisor -> role  BOOT_DRAIN   finish what is under way, then exit 0
 *   role -> supervisor  BOOT_READY   started, sandboxed, serving
 *   role -> supervisor  BOOT_STUCK   engine: the helper behind peer {role, slot} is late; replace it
 *   role -> supervisor  BOOT_ROTATE  engine: an administrator wants the next step of a change of keys (rotate.h) …
 *   supervisor -> role  BOOT_ROTATED … and what came of it, with the same sequence number
 * The role exits when the socket closes.
 */
#ifndef WIRE_IPC_BOOT_H
#define WIRE_IPC_BOOT_H
#include "base/frame.h"

enum { BOOT_FD = 3, BOOT_SETTINGS_MAX = 256, BOOT_FILES_MAX = 12, BOOT_TICKETS_MAX = 3 };
enum boot_frame { BOOT_START = 0x60, BOOT_PEER, BOOT_TICKETS, BOOT_CTL, BOOT_DRAIN, BOOT_READY, BOOT_STUCK, BOOT_ROTATE, BOOT_ROTATED };

enum boot_role {
	ROLE_FRONT, ROLE_ENGINE, ROLE_READER, ROLE_SIGNER, ROLE_TLS_SIGNER, ROLE_HASHER,
	ROLE_COURIER_HTTP, ROLE_COURIER_MAIL, ROLE_COURIER_LDAP, ROLE_COUNT
};

struct boot_setting { struct str name, value; };   /* lists: the name repeated */
struct boot_file { struct str name; int fd; };     /* "listen.public", "key.es256", ... */

struct boot_start {
	struct str daemon;        /* "guichet-idp" */
	enum boot_role role;
	uint32_t slot;            /* 0, 1, ... among those of the same role */
	uint32_t uid, gid;        /* to become; 0: stay (an unprivileged supervisor) */
	struct boot_setting *settings; size_t setting_n;
	struct boot_file *files; size_t file_n;
};

struct boot_peer { enum boot_role role; uint32_t slot; int fd; };
struct boot_ticket { struct str name, hmac_key, aes_key; };      /* 16, 32, 32 bytes */
struct boot_tickets { struct boot_ticket *v; size_t n; };

void ipc_boot_start_io(struct frame_io *io, void *m);
void ipc_boot_peer_io(struct frame_io *io, void *m);
void ipc_boot_tickets_io(struct frame_io *io, void *m);
void ipc_boot_ctl_io(struct frame_io *io, void *int_fd);
const char *boot_role_name(enum boot_role role);    /* "front", "tls-signer", "courier-http" */
#endif
