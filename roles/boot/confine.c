/* confine.c - from a program that was just started to one that can do only its work.
 *
 * The order matters: Landlock opens paths, so it comes before the filter; the identity comes first
 * because it needs rights that everything after takes away; no_new_privs makes the rest binding.
 * What an old kernel lacks is logged once and left out, but never the system call filter.
 */
#include "roles/boot/boot_impl.h"
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Beyond the header of Linux 6.1 (ABI 2); the kernel says at run time what it knows. */
#define ACCESS_TRUNCATE  (1ULL << 14)      /* ABI 3 */
#define ACCESS_IOCTL_DEV (1ULL << 15)      /* ABI 5 */
#define ACCESS_ABI_1     ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)
#define ACCESS_READ      (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define ACCESS_WRITE     (ACCESS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG \
                          | LANDLOCK_ACCESS_FS_REMOVE_FILE | ACCESS_TRUNCATE)
/* The rights that exist for a path which is not a directory. */
#define ACCESS_OF_FILE   (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_TRUNCATE)

#ifdef GUICHET_SANITIZE
enum { SANITIZED = true };       /* their run-time does what a heap of threads does */
#else
enum { SANITIZED = false };
#endif

static void must(bool ok, const char *slug)
{
	if (!ok)
		boot_die("boot.confine", slug);
}

/* ---- who ---- */

void boot_become(const struct boot *b)
{
	static bool done;
	uid_t uid = b->start.uid;
	gid_t gid = b->start.gid;
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { 0 };

	if (done)
		return;
	done = true;
	if (uid != 0) {
		must(gid != 0, "boot.gid");
		must(setgroups(0, NULL) == 0, "boot.setgroups");
		must(setresgid(gid, gid, gid) == 0, "boot.setresgid");
		must(setresuid(uid, uid, uid) == 0, "boot.setresuid");
		must(setresuid((uid_t)-1, 0, (uid_t)-1) != 0, "boot.regained");
	}
	/* Also a role that stays root has root's name only, none of its powers. */
	must(syscall(SYS_capset, &head, none) == 0, "boot.capset");
}

static void set_limit(int which, rlim_t wanted)
{
	struct rlimit r;

	must(getrlimit((__rlimit_resource_t)which, &r) == 0, "boot.getrlimit");
	r.rlim_cur = r.rlim_max = r.rlim_max < wanted ? r.rlim_max : wanted;
	must(setrlimit((__rlimit_resource_t)which, &r) == 0, "boot.setrlimit");
}

static void set_limits(const struct boot *b)
{
	static const rlim_t files[ROLE_COUNT] = {
		[ROLE_FRONT] = 65536, [ROLE_ENGINE] = 4096, [ROLE_COURIER_HTTP] = 256, [ROLE_COURIER_MAIL] = 256,
		[ROLE_COURIER_LDAP] = 256,
	};

	set_limit(RLIMIT_CORE, 0);
	set_limit(RLIMIT_NOFILE, files[b->start.role] ? files[b->start.role] : 64);
	must(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0, "boot.dumpable");
	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "boot.no_new_privs");
	/* A change of user clears it, so that it can be set only here. Closing BOOT_FD says the same,
	 * to those that still listen. */
	must(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0, "boot.pdeathsig");
}

/* ---- which files ---- */

static uint64_t landlock_handled(long abi)
{
	uint64_t all = ACCESS_ABI_1;

	if (abi >= 2)
		all |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		all |= ACCESS_TRUNCATE;
	if (abi >= 5)
		all |= ACCESS_IOCTL_DEV;
	return all;
}

static void landlock_allow(int rules, uint64_t handled, const struct boot_files *f)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = (f->writable ? ACCESS_WRITE : ACCESS_READ) & handled };
	int fd = open(f->path, O_PATH | O_CLOEXEC);
	struct stat st;

	/* A path that does not exist needs no permission. */
	if (fd < 0)
		return;
	must(fstat(fd, &st) == 0, "boot.landlock.stat");
	if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= ACCESS_OF_FILE;
	rule.parent_fd = fd;
	must(syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0, "boot.landlock.rule");
	close(fd);
}

/* An engine on PostgreSQL connects again when the database was away: by name, and with the
 * certificates of the system. */
static void allow_connecting(int rules, uint64_t handled)
{
	static const char *const paths[] = {
		"/etc/hosts", "/etc/host.conf", "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/gai.conf", "/run/systemd/resolve",
		"/etc/ssl/certs", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates",
	};

	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		landlock_allow(rules, handled, &(struct boot_files){ paths[i], false });
}

static void confine_files(const struct boot_files *files, size_t n, bool connects)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct landlock_ruleset_attr attr = { .handled_access_fs = landlock_handled(abi) };
	int rules;

	if (abi < 1) {
		log_line("boot.landlock.absent", log_i("errno", errno));
		return;
	}
	rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
	must(rules >= 0, "boot.landlock.ruleset");
	for (size_t i = 0; i < n; i++)
		landlock_allow(rules, attr.handled_access_fs, &files[i]);
	if (connects)
		allow_connecting(rules, attr.handled_access_fs);
	must(syscall(SYS_landlock_restrict_self, rules, 0) == 0, "boot.landlock.restrict");
	close(rules);
}

/* ---- which system calls ---- */

/* "poll/ppoll": the first that this architecture has. -1: it has none. */
static int call_number(const char *names)
{
	char name[32];
	struct str rest = str_from_c(names), one;

	while (str_split(&rest, '/', &one)) {
		must(one.n < sizeof name, "boot.call.name");
		memcpy(name, one.p, one.n);
		name[one.n] = '\0';
		int number = seccomp_syscall_resolve_name(name);
		if (number >= 0)
			return number;
	}
	return -1;
}

static void rule(scmp_filter_ctx ctx, uint32_t action, const char *name, unsigned n, const struct scmp_arg_cmp *args)
{
	int number = call_number(name);

	if (number >= 0)
		must(seccomp_rule_add_array(ctx, action, number, n, args) == 0, "boot.seccomp.rule");
}

/* Memory that was written is never run: a second line against those who write into ours. The heaps of
 * threads grow by mprotect; the first heap does not. */
static void rules_memory(scmp_filter_ctx ctx, bool threads)
{
	static const char *const names[] = { "mmap/mmap2", "mprotect" };
	const struct scmp_arg_cmp plain = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	const struct scmp_arg_cmp exec = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC);

	for (size_t i = 0; i < 2; i++) {
		if (i == 0 || threads || SANITIZED)
			rule(ctx, SCMP_ACT_ALLOW, names[i], 1, &plain);
		rule(ctx, SCMP_ACT_ERRNO(EPERM), names[i], 1, &exec);
	}
}

static void rules_files(scmp_filter_ctx ctx, enum calls_files files)
{
	static const char *const openers[] = { "open", "openat" };
	static const char *const probes[] = {
		"open", "openat", "stat", "lstat", "newfstatat", "fstatat64", "statx", "access", "faccessat", "faccessat2",
		"readlink", "readlinkat",
	};
	const scmp_datum_t writing = O_ACCMODE | O_CREAT | O_TRUNC;

	rule(ctx, SCMP_ACT_ERRNO(ENOSYS), "openat2", 0, NULL);     /* its flags cannot be looked at */
	if (files == FILES_WRITE)
		for (size_t i = 0; i < 2; i++)
			rule(ctx, SCMP_ACT_ALLOW, openers[i], 0, NULL);
	if (files == FILES_READ)
		for (unsigned i = 0; i < 2; i++) {
			const struct scmp_arg_cmp read_only = SCMP_CMP(i + 1, SCMP_CMP_MASKED_EQ, writing, O_RDONLY);

			rule(ctx, SCMP_ACT_ALLOW, openers[i], 1, &read_only);
		}
	if (files == FILES_NONE)
		for (size_t i = 0; i < sizeof probes / sizeof *probes; i++)
			rule(ctx, SCMP_ACT_ERRNO(EPERM), probes[i], 0, NULL);
}

/* abort() kills its own thread. Other processes of the same user are nobody's to signal. */
static void rules_dying(scmp_filter_ctx ctx)
{
	const struct scmp_arg_cmp ourselves = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid());

	rule(ctx, SCMP_ACT_ALLOW, "tgkill", 1, &ourselves);
}

/* Threads, never processes: clone3 hides its flags in memory, and the C library does without it. */
static void rules_threads(scmp_filter_ctx ctx)
{
	const scmp_datum_t thread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD;
	const struct scmp_arg_cmp itself = SCMP_A0(SCMP_CMP_EQ, 0);
	const struct scmp_arg_cmp is_thread = SCMP_A0(SCMP_CMP_MASKED_EQ, thread, thread);

	rule(ctx, SCMP_ACT_ALLOW, "clone", 1, &is_thread);
	/* A thread keeps itself to a core, and no other. */
	rule(ctx, SCMP_ACT_ALLOW, "sched_setaffinity", 1, &itself);
	rule(ctx, SCMP_ACT_ERRNO(ENOSYS), "clone3", 0, NULL);
}

static void rules_sockets(scmp_filter_ctx ctx)
{
	static const scmp_datum_t families[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK };

	for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
		const struct scmp_arg_cmp family = SCMP_A0(SCMP_CMP_EQ, families[i]);

		rule(ctx, SCMP_ACT_ALLOW, "socket", 1, &family);
	}
}

/* How much is there to read, and do not block: all that libevent and curl ask of ioctl. */
static void rules_ioctl(scmp_filter_ctx ctx)
{
	static const scmp_datum_t requests[] = { FIONREAD, FIONBIO };

	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
		const struct scmp_arg_cmp request = SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffu, requests[i]);

		rule(ctx, SCMP_ACT_ALLOW, "ioctl", 1, &request);
	}
}

static void confine_calls(enum boot_role role, const struct calls *c)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);

	must(ctx != NULL, "boot.seccomp.init");
	must(seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0
		&& seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1) == 0
		&& seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0, "boot.seccomp.attr");
	for (size_t l = 0; c->lists[l]; l++)
		for (size_t i = 0; c->lists[l][i]; i++)
			rule(ctx, SCMP_ACT_ALLOW, c->lists[l][i], 0, NULL);
	rules_dying(ctx);
	rules_memory(ctx, c->threads);
	rules_files(ctx, c->files);
	if (c->threads)
		rules_threads(ctx);
	if (c->sockets)
		rules_sockets(ctx);
	if (c->sockets || role == ROLE_FRONT)
		rules_ioctl(ctx);
	must(seccomp_load(ctx) == 0, "boot.seccomp.load");
	seccomp_release(ctx);
}

void boot_confine(const struct boot *b, const struct boot_files *files, size_t n)
{
	const struct calls *calls = calls_of(b->start.role, boot_setting(b, "store", STR_NONE));

	boot_become(b);
	set_limits(b);
	confine_files(files, n, b->start.role == ROLE_ENGINE && calls->sockets);
	confine_calls(b->start.role, calls);
}
