/* directory.h - what the ldap couriers can be asked about the people of the town's directory.
 *
 * They hold the one credential that searches the directory and connect to its servers alone. A
 * person's key never changes and is never given to somebody else (entryUUID, objectGUID); the
 * login, the DN and the addresses may.
 */
#ifndef WIRE_IPC_DIRECTORY_H
#define WIRE_IPC_DIRECTORY_H
#include "base/frame.h"

/* Errors of all three: MALFORMED directory.answer (the directory said what cannot be), directory.size
 * (more than we read); BUSY directory.gone, directory.late, directory.tls; BROKEN directory.credential
 * (ours is refused), directory.base (absent), directory.access (we may not read it). Where our account
 * signs in by Kerberos also BUSY directory.kdc; BROKEN directory.clock, directory.service, directory.binding,
 * directory.kerberos (roles/directory/link.h).
 * Of the first two: DENIED directory.unknown (nobody, or no longer there), directory.two (several
 * entries answer to it), directory.referral (the answer lies on another server). */
enum directory_frame {
	/* directory_bind -> directory_person, who is active. DENIED directory.login (not the shape of a
	 * login), directory.password.empty, directory.password.shape, directory.password (the wrong one),
	 * directory.disabled, directory.expired, directory.must_change, directory.locked, directory.hours */
	DIRECTORY_BIND = 0x58,
	DIRECTORY_FIND,        /* directory_find -> directory_person in whatever state. DENIED directory.key */
	DIRECTORY_CHECK        /* directory_check -> directory_report */
};

enum {
	DIRECTORY_LOGIN_MAX = 254, DIRECTORY_PASSWORD_MAX = 1024, DIRECTORY_VALUE_MAX = 1024,
	DIRECTORY_GROUPS_MAX = 512, DIRECTORY_GROUPS_BYTES = 40 * 1024, DIRECTORY_STEPS_MAX = 32
};

enum directory_state {
	DIRECTORY_ACTIVE,
	DIRECTORY_DISABLED,
	DIRECTORY_EXPIRED,       /* the account has reached its end */
	DIRECTORY_MUST_CHANGE,   /* the password has to be changed first, in the directory */
	DIRECTORY_LOCKED,        /* after too many failures there */
	DIRECTORY_STATE_COUNT
};

struct directory_bind { struct str login, password; int64_t timeout_ms; };
struct directory_find { struct str key, login; int64_t timeout_ms; };     /* one of the two; the other empty */
struct directory_check { struct str login; int64_t timeout_ms; };         /* login: a person to look for, or empty */

struct directory_group { struct str dn, name; };

struct directory_person {
	struct str key;               /* as text: 8-4-4-4-12, lower case */
	struct str dn, login, name, mail;      /* as the directory writes them; mail may be empty */
	enum directory_state state;
	struct directory_group *groups; size_t group_n;    /* nested ones too */
};

enum directory_outcome { DIRECTORY_WORKS, DIRECTORY_FAILS, DIRECTORY_SKIPPED, DIRECTORY_OUTCOME_COUNT };
struct directory_step { struct str name, words; enum directory_outcome outcome; };
struct directory_report {
	struct directory_step *steps; size_t step_n;
	bool found;
	struct directory_person person;        /* when found */
};

void ipc_directory_bind_io(struct frame_io *io, void *m);
void ipc_directory_find_io(struct frame_io *io, void *m);
void ipc_directory_check_io(struct frame_io *io, void *m);
void ipc_directory_person_io(struct frame_io *io, void *m);
void ipc_directory_report_io(struct frame_io *io, void *m);
const char *directory_state_name(enum directory_state state);     /* "must_change" */
#endif
