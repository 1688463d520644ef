/* SPDX-License-Identifier: Apache-2.0
 *
 * confine.c - see confine.h. A list of what is refused rather than of what is allowed: the agent runs
 * on partners' machines, whose libraries we do not choose, and what it must not do is short. */
#include "sp-lib/agent/confine.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* All that the first version of Landlock knows. */
static const uint64_t all_files = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE
	| LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR
	| LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO
	| LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;

/* Names are resolved by libc, which reads these when asked. */
static const char *const readable[] = {
	"/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf", "/etc/services",
	"/run/systemd/resolve", "/lib", "/usr/lib", "/etc/ld.so.cache",
};

static MUST struct err allow(int ruleset, const char *path)
{
	/* LANDLOCK_ACCESS_FS_READ_DIR is no right of a plain file. */
	int fd = open(path, O_PATH | O_CLOEXEC), dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct landlock_path_beneath_attr attr = {
		.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | (dir >= 0 ? LANDLOCK_ACCESS_FS_READ_DIR : 0), .parent_fd = fd,
	};
	long r = fd < 0 ? 0 : syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &attr, 0);

	if (fd >= 0)
		close(fd);
	if (dir >= 0)
		close(dir);
	ENSURE(r == 0, BROKEN, "agent.confine");
	return NO_ERR;
}

static MUST struct err close_files(void)
{
	struct landlock_ruleset_attr attr = { .handled_access_fs = all_files };
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
	struct err e = NO_ERR;

	/* A kernel without Landlock: the list of system calls still holds. */
	if (ruleset < 0 && (errno == ENOSYS || errno == EOPNOTSUPP))
		return NO_ERR;
	ENSURE(ruleset >= 0, BROKEN, "agent.confine");
	for (size_t i = 0; i < sizeof readable / sizeof *readable && !failed(e); i++)
		e = allow(ruleset, readable[i]);
	if (!failed(e) && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
		e = err_of(BROKEN, "agent.confine");
	close(ruleset);
	return e;
}

static MUST struct err refuse_calls(void)
{
	static const int refused[] = {
		SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv),
		SCMP_SYS(process_vm_writev), SCMP_SYS(listen), SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(kill), SCMP_SYS(tkill),
		SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(link),
		SCMP_SYS(linkat), SCMP_SYS(symlink), SCMP_SYS(symlinkat), SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(creat),
		SCMP_SYS(truncate), SCMP_SYS(chmod), SCMP_SYS(fchmodat), SCMP_SYS(chown), SCMP_SYS(fchownat), SCMP_SYS(mount),
		SCMP_SYS(umount2), SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(bpf),
		SCMP_SYS(perf_event_open), SCMP_SYS(io_uring_setup), SCMP_SYS(userfaultfd), SCMP_SYS(keyctl), SCMP_SYS(add_key),
		SCMP_SYS(request_key), SCMP_SYS(kexec_load), SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(setuid),
		SCMP_SYS(setgid), SCMP_SYS(setresuid), SCMP_SYS(setresgid), SCMP_SYS(setgroups), SCMP_SYS(personality),
	};
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int r = ctx ? 0 : -1;

	for (size_t i = 0; r == 0 && i < sizeof refused / sizeof *refused; i++)
		r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), refused[i], 0);
	if (r == 0)
		r = seccomp_load(ctx);
	seccomp_release(ctx);
	ENSURE(r == 0, BROKEN, "agent.confine");
	return NO_ERR;
}

struct err confine(void)
{
	static const struct rlimit none = { 0, 0 };

	ENSURE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, BROKEN, "agent.confine");
	ENSURE(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && setrlimit(RLIMIT_CORE, &none) == 0, BROKEN, "agent.confine");
	TRY(close_files());
	return refuse_calls();
}
