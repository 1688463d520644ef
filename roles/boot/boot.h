/* boot.h - the first second of every role: who am I, what was I given, sandbox, ready.
 *
 * Every role's main() reads:
 *
 *   struct boot boot;
 *   boot_receive(&boot);             settings and descriptors from the supervisor, on BOOT_FD
 *   ... open what must be opened, warm up the libraries ...
 *   boot_confine(&boot, ...);        user, no_new_privs, not dumpable, Landlock, seccomp
 *   boot_ready(&boot);
 *
 * Any failure here is logged and exits 1: the supervisor says which role could not start and why.
 */
#ifndef ROLES_BOOT_BOOT_H
#define ROLES_BOOT_BOOT_H
#include "wire/ipc/boot.h"

struct boot {
	struct arena *arena;           /* lives as long as the process */
	struct boot_start start;
};

void boot_receive(struct boot *b);
/* The value, or dflt. Settings were validated by the supervisor's table. */
struct str boot_setting(const struct boot *b, const char *name, struct str dflt);
int64_t boot_setting_i64(const struct boot *b, const char *name, int64_t dflt);
bool boot_setting_bool(const struct boot *b, const char *name, bool dflt);
/* The i-th value of a list; false beyond the last. */
bool boot_setting_nth(const struct boot *b, const char *name, size_t i, struct str *ret_value);
int boot_file(const struct boot *b, const char *name);     /* -1 when not given */

/* Becomes the role's own user and gives every capability up. boot_confine() does it too; an engine
 * calls it earlier, so that the files of its database are its user's. */
void boot_become(const struct boot *b);

/* What a role may still do once it serves. The lists of system calls are in roles/boot/calls.c,
 * one for each role, reviewed there. */
struct boot_files { const char *path; bool writable; };    /* Landlock: beneath these; none: no file at all */
void boot_confine(const struct boot *b, const struct boot_files *files, size_t n);
/* What the C library reads to resolve names (name servers, hosts, its modules), of the folders that
 * this system has; how many. */
enum { BOOT_RESOLVER_FILES = 4 };
size_t boot_resolver_files(struct boot_files ret_files[BOOT_RESOLVER_FILES]);
void boot_ready(const struct boot *b);

/* A helper's whole life: receive its BOOT_PEER, then one request after another on it until the
 * socket closes or BOOT_DRAIN comes. `serve` fills *ret_fn and *ret_reply (which live in a, reset
 * after each request) or returns an error, which becomes HELPER_ERR. after: exit 0 after so many
 * requests (0: never), for readers that are recycled. Never returns. */
typedef struct err boot_serve_fn(void *self, struct arena *a, const struct frame *request,
	frame_io_fn **ret_fn, void **ret_reply);
_Noreturn void boot_serve(const struct boot *b, boot_serve_fn *serve, void *self, size_t arena_bytes, uint64_t after);
#endif
