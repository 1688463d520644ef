/* calls.c - which system calls each role may make once it serves; everything else kills it.
 *
 * This is the list to review. A call belongs here when the role was seen to need it in the state
 * that it serves in, never because start-up needs it: the filter comes after. Calls with an
 * argument rule (mmap, mprotect, clone, openat, ioctl, socket, tgkill) stand in confine.c.
 */
#include "roles/boot/boot_impl.h"

/* Every role: frames on a socket, memory, random numbers; what a library does once in its life (futex: it
 * wakes whoever waits, even where nobody can). A machine whose clock cannot be read without the kernel asks
 * it for the time; a process that was stopped goes on where it was. */
static const char *const everybody[] = {
	"recvmsg", "sendmsg", "poll/ppoll", "munmap", "brk", "futex", "clock_gettime", "getrandom", "restart_syscall", NULL
};

/* Every role, on the way out: a line of log and the end, or abort(), which blocks signals and kills its own
 * thread (tgkill, to oneself alone: confine.c). libcrypto asks for our number whenever it needs chance. */
const char *const calls_dying[] = {
	"write", "exit_group", "getpid", "gettid", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", NULL
};

/* Bodies beyond a frame travel as sealed memfds; handing a descriptor on duplicates it. */
static const char *const large_bodies[] = { "memfd_create", "pread64", "fcntl", "close", "mremap", NULL };

/* A reader is handed documents beyond a frame, and hands none on. */
static const char *const large_documents[] = { "pread64", "fcntl", "close", "mremap", NULL };

/* Between two sign-ins the hasher gives its memory back; it makes salts, and nothing large. */
static const char *const hashing[] = { "madvise", NULL };

static const char *const network_loop[] = {
	"accept4", "epoll_wait/epoll_pwait", "epoll_ctl", "read", "readv", "writev", "sendto", "setsockopt", "shutdown", NULL
};

static const char *const threads[] = {
	"madvise", "set_robust_list", "rseq", "exit", "clock_nanosleep", "sched_yield", "sched_getaffinity", NULL
};

static const char *const engine_itself[] = { "setsockopt", NULL };    /* SO_RCVTIMEO on a pair */

/* Looking at files: the C library chooses between the old and the new call of a kind by its version
 * and by the function that was called. */
static const char *const looking[] = {
	"read", "lseek", "fstat", "newfstatat/fstatat64", "stat", "lstat", "statx", "access", "faccessat", "faccessat2",
	"readlink", "readlinkat", "getuid", "geteuid", "sysinfo",
	NULL
};

/* SQLite with a write-ahead log in the state directory. */
static const char *const sqlite_files[] = {
	"pwrite64", "ftruncate", "fallocate", "fsync", "fdatasync", "flock", "getcwd", "unlink", "unlinkat", "fchmod", "fchown",
	NULL
};

/* Names are resolved by the C library, which asks the kernel for addresses over netlink. */
static const char *const outward[] = {
	"connect", "bind", "getsockname", "getpeername", "getsockopt", "setsockopt", "recvfrom", "sendto", "sendmmsg",
	"recvmmsg", "readv", "writev", "shutdown", "socketpair", "pipe2", "eventfd2", "epoll_create1", "epoll_ctl",
	"epoll_wait/epoll_pwait", "getdents64", "getgid", "getegid", "uname",
	NULL
};

/* libpq looks for a SIGPIPE of its own making. */
static const char *const libpq_signals[] = { "rt_sigpending", "rt_sigtimedwait", NULL };

/* libldap grows long filters; GnuTLS, below it, seeds its generator with what the process has used; an alarm
 * ends a handshake. */
static const char *const ldap[] = { "fcntl", "close", "mremap", "getrusage", "setitimer", NULL };

/* The mail courier of a demo delivers into a folder: written, on disk, then renamed. */
static const char *const mail_folder[] = {
	"fsync", "fdatasync", "rename", "renameat", "renameat2", "unlink", "unlinkat", "fchmod", "link", "linkat", NULL
};

#ifdef GUICHET_SANITIZE
/* What the sanitizers' run-time does in the middle of a program. */
static const char *const sanitizers[] = {
	"sigaltstack", "sched_yield", "sched_getaffinity", "getrusage", "prlimit64", "prctl", "getppid", "fstat",
	"clock_getres", "gettimeofday", "dup", "read", "lseek", "madvise", "mremap", "close", NULL
};
#define SANITIZERS sanitizers
#else
#define SANITIZERS NULL
#endif

static const struct calls role_calls[ROLE_COUNT] = {
	[ROLE_FRONT]        = { { everybody, calls_dying, large_bodies, network_loop, SANITIZERS }, FILES_NONE, false, false },
	[ROLE_ENGINE]       = { { everybody, calls_dying, large_bodies, engine_itself, threads, looking, sqlite_files, SANITIZERS },
	                        FILES_WRITE, true, false },
	[ROLE_READER]       = { { everybody, calls_dying, large_documents, SANITIZERS }, FILES_NONE, false, false },
	[ROLE_SIGNER]       = { { everybody, calls_dying, SANITIZERS }, FILES_NONE, false, false },
	[ROLE_TLS_SIGNER]   = { { everybody, calls_dying, SANITIZERS }, FILES_NONE, false, false },
	[ROLE_HASHER]       = { { everybody, calls_dying, hashing, SANITIZERS }, FILES_NONE, false, false },
	[ROLE_COURIER_HTTP] = { { everybody, calls_dying, large_bodies, threads, looking, outward, SANITIZERS }, FILES_READ, true, true },
	[ROLE_COURIER_MAIL] = { { everybody, calls_dying, large_bodies, threads, looking, outward, mail_folder, SANITIZERS },
	                        FILES_WRITE, true, true },
	[ROLE_COURIER_LDAP] = { { everybody, calls_dying, looking, outward, ldap, SANITIZERS }, FILES_READ, false, true },
};

static const struct calls postgresql_engine = {
	{ everybody, calls_dying, large_bodies, threads, looking, outward, libpq_signals, SANITIZERS }, FILES_READ, true, true
};

/* An engine without a store (the demo's page) reads folders that it was shown, and writes nothing. */
static const char *const folders[] = { "getdents64", NULL };
static const struct calls storeless_engine = {
	{ everybody, calls_dying, large_bodies, engine_itself, threads, looking, folders, SANITIZERS }, FILES_READ, true, false
};

const struct calls *calls_of(enum boot_role role, struct str store)
{
	if (role == ROLE_ENGINE && store.n == 0)
		return &storeless_engine;
	if (role == ROLE_ENGINE && str_starts(store, STR("postgres")))
		return &postgresql_engine;
	return &role_calls[role];
}
