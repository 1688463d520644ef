/* attempts.c - each is well-formed: without a sandbox, and as root, it works (tests/containment/control.c).
 *
 * Raw system calls where the C library would do something else first, or nothing at all.
 */
#include "tests/containment/attempts.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

pid_t attempt_sibling, attempt_supervisor;

/* ---- files ---- */

static bool opens(const char *path, int flags) { return syscall(SYS_openat, AT_FDCWD, path, flags, 0600) >= 0; }

static bool read_file(void)         { return opens("/etc/passwd", O_RDONLY); }
static bool read_secrets(void)      { return opens("/etc/shadow", O_RDONLY); }
static bool read_old_call(void)
{
#ifdef SYS_open
	return syscall(SYS_open, "/root", O_RDONLY) >= 0;
#else
	return opens("/root", O_RDONLY);
#endif
}
static bool list_root(void)         { return opens("/", O_RDONLY | O_DIRECTORY); }
static bool create_file(void)       { return opens(ATTEMPT_VICTIM ".new", O_WRONLY | O_CREAT); }
static bool write_file(void)        { return opens(ATTEMPT_VICTIM, O_WRONLY); }
static bool remove_file(void)       { return syscall(SYS_unlinkat, AT_FDCWD, ATTEMPT_VICTIM, 0) == 0; }
static bool rename_file(void)       { return syscall(SYS_renameat2, AT_FDCWD, ATTEMPT_VICTIM, AT_FDCWD, ATTEMPT_VICTIM ".away", 0) == 0; }
static bool link_file(void)         { return syscall(SYS_linkat, AT_FDCWD, ATTEMPT_VICTIM, AT_FDCWD, ATTEMPT_VICTIM ".link", 0) == 0; }
static bool symlink_file(void)      { return syscall(SYS_symlinkat, "/etc/passwd", AT_FDCWD, ATTEMPT_VICTIM ".symlink") == 0; }
static bool change_mode(void)       { return syscall(SYS_fchmodat, AT_FDCWD, ATTEMPT_VICTIM, 0666) == 0; }
static bool make_folder(void)       { return syscall(SYS_mkdirat, AT_FDCWD, ATTEMPT_VICTIM ".d", 0700) == 0; }
static bool make_device(void)       { return syscall(SYS_mknodat, AT_FDCWD, ATTEMPT_VICTIM ".dev", S_IFIFO | 0600, 0) == 0; }
static bool open_beyond_flags(void)
{
	uint64_t how[3] = { O_RDONLY, 0, 0 };

	return syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", how, sizeof how) >= 0;
}

static bool read_own_program(void)  { return opens("/proc/self/exe", O_RDONLY); }
static bool write_proc(void)        { return opens("/proc/self/oom_score_adj", O_WRONLY); }
static bool write_own_memory(void)  { return opens("/proc/self/mem", O_RDWR); }
static bool list_processes(void)    { return opens("/proc", O_RDONLY | O_DIRECTORY); }

/* ---- other processes ---- */

static bool reads_memory_file(pid_t pid)
{
	char path[40] = "/proc/", digits[12];
	size_t n = 0, at = 6;

	for (pid_t p = pid; p > 0; p /= 10)
		digits[n++] = (char)('0' + p % 10);
	while (n)
		path[at++] = digits[--n];
	memcpy(path + at, "/mem", 5);
	return opens(path, O_RDONLY);
}

static bool reads_memory(pid_t pid)
{
	char to[8];
	struct iovec local = { to, sizeof to }, remote = { (void *)(uintptr_t)&attempt_sibling, sizeof to };

	return syscall(SYS_process_vm_readv, pid, &local, 1, &remote, 1, 0) == (long)sizeof to;
}

static bool sibling_memory_file(void)    { return reads_memory_file(attempt_sibling); }
static bool supervisor_memory_file(void) { return reads_memory_file(attempt_supervisor); }
static bool sibling_memory(void)         { return reads_memory(attempt_sibling); }
static bool sibling_memory_write(void)
{
	struct iovec local = { &attempt_sibling, sizeof attempt_sibling }, remote = local;

	return syscall(SYS_process_vm_writev, attempt_sibling, &local, 1, &remote, 1, 0) > 0;
}
static bool trace_sibling(void)     { return syscall(SYS_ptrace, PTRACE_SEIZE, attempt_sibling, 0, 0) == 0; }
static bool trace_me(void)          { return syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0) == 0; }
static bool signal_sibling(void)    { return syscall(SYS_kill, attempt_sibling, 0) == 0; }
static bool signal_thread(void)     { return syscall(SYS_tgkill, attempt_sibling, attempt_sibling, 0) == 0; }
static bool hold_sibling(void)      { return syscall(SYS_pidfd_open, attempt_sibling, 0) >= 0; }
static bool compare_sibling(void)   { return syscall(SYS_kcmp, attempt_sibling, attempt_sibling, 1, 0, 0) == 0; }

static bool forks(unsigned long flags)
{
	long pid = syscall(SYS_clone, flags, 0, 0, 0, 0);

	if (pid == 0)
		syscall(SYS_exit_group, 0);
	return pid > 0;
}

static bool fork_process(void)      { return forks(SIGCHLD); }
static bool fork_namespace(void)    { return forks(SIGCHLD | CLONE_NEWNS); }
static bool fork_hidden(void)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	long pid = syscall(SYS_clone3, &args, sizeof args);

	if (pid == 0)
		syscall(SYS_exit_group, 0);
	return pid > 0;
}

/* A program that ran says so with its own exit code: /bin/true would say 0, which is "worked" here too. */
static bool run_program(void)
{
	char *argv[] = { (char[]){ "true" }, NULL };

	syscall(SYS_execve, "/bin/true", argv, NULL);
	return false;
}

static bool run_program_at(void)
{
	char *argv[] = { (char[]){ "true" }, NULL };

	syscall(SYS_execveat, AT_FDCWD, "/bin/true", argv, NULL, 0);
	return false;
}

/* ---- memory that runs ---- */

static bool map_executable(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool turn_executable(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p != MAP_FAILED && mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0;
}

static bool turn_executable_by_key(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p != MAP_FAILED && syscall(SYS_pkey_mprotect, p, 4096, PROT_READ | PROT_EXEC, -1) == 0;
}

static bool share_memory(void)      { return syscall(SYS_shmget, IPC_PRIVATE, 4096, 0600) >= 0; }

/* ---- network ---- */

static bool makes_socket(int family, int type) { return syscall(SYS_socket, family, type, 0) >= 0; }

static bool connect_inet(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	long fd = syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);

	/* Nobody listens there: to be turned away by the other side is to have got out. */
	return fd >= 0 && (syscall(SYS_connect, fd, &to, sizeof to) == 0 || errno == ECONNREFUSED);
}

static bool listen_inet(void)
{
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	long fd = syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);

	return fd >= 0 && syscall(SYS_bind, fd, &here, sizeof here) == 0 && syscall(SYS_listen, fd, 1) == 0;
}

static bool socket_unix(void)       { return makes_socket(AF_UNIX, SOCK_STREAM); }
static bool socket_inet6(void)      { return makes_socket(AF_INET6, SOCK_DGRAM); }
static bool socket_netlink(void)    { return makes_socket(AF_NETLINK, SOCK_RAW); }
static bool socket_packet(void)     { return makes_socket(AF_PACKET, SOCK_RAW); }
static bool socket_alg(void)        { return makes_socket(AF_ALG, SOCK_SEQPACKET); }
static bool socket_vsock(void)      { return makes_socket(AF_VSOCK, SOCK_STREAM); }
static bool socket_pair(void)
{
	int fds[2];

	return syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, fds) == 0;
}

/* ---- more rights, and the rest of the kernel ---- */

static bool become_root(void)       { return syscall(SYS_setresuid, 0, 0, 0) == 0; }
static bool become_root_group(void) { return syscall(SYS_setgroups, 0, NULL) == 0; }
static bool become_readable(void)   { return syscall(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0) == 0; }
static bool own_namespace(void)     { return syscall(SYS_unshare, CLONE_NEWNS) == 0; }
static bool other_root(void)        { return syscall(SYS_chroot, "/tmp") == 0; }
static bool mount_folder(void)      { return syscall(SYS_mount, "none", "/tmp", NULL, MS_PRIVATE | MS_REC, NULL) == 0 || errno == EINVAL; }
static bool more_processes(void)
{
	struct rlimit r = { 4096, 4096 };

	return syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &r, NULL) == 0;
}
static bool terminal_input(void)
{
	int n;
	/* On whatever descriptor: what counts is that the request is looked at. */
	return syscall(SYS_ioctl, 2, TIOCOUTQ, &n) == 0 || errno == ENOTTY;
}
static bool load_bpf(void)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1 };

	return syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof attr) >= 0;
}
static bool watch_kernel(void)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE, .size = sizeof attr, .config = PERF_COUNT_SW_TASK_CLOCK };

	return syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0) >= 0;
}
static bool ring(void)
{
	struct io_uring_params p = { 0 };

	return syscall(SYS_io_uring_setup, 1, &p) >= 0;
}
static bool fault_memory(void)      { return syscall(SYS_userfaultfd, O_CLOEXEC) >= 0; }
static bool kernel_keys(void)       { return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1) > 0; }
static bool watch_files(void)       { return syscall(SYS_inotify_init1, 0) >= 0; }
/* Nothing to set it to: only the right is looked at. */
static bool change_clock(void)      { return syscall(SYS_settimeofday, NULL, NULL) == 0; }
static bool other_numbers(void)
{
#ifdef __x86_64__
	/* getpid by the numbers of x32: another table beside the one that the filter knows. */
	return syscall(0x40000000 | SYS_getpid) > 0;
#else
	errno = ENOSYS;
	return false;
#endif
}

#define A(f) { #f, f }
const struct attempt attempts[] = {
	A(read_file), A(read_secrets), A(read_old_call), A(list_root), A(create_file), A(write_file), A(remove_file), A(rename_file), A(link_file),
	A(symlink_file), A(change_mode), A(make_folder), A(make_device), A(open_beyond_flags), A(read_own_program), A(write_proc),
	A(write_own_memory), A(list_processes),
	A(sibling_memory_file), A(supervisor_memory_file), A(sibling_memory), A(sibling_memory_write), A(trace_sibling), A(trace_me),
	A(signal_sibling), A(signal_thread), A(hold_sibling), A(compare_sibling), A(fork_process), A(fork_namespace), A(fork_hidden),
	A(run_program), A(run_program_at),
	A(map_executable), A(turn_executable), A(turn_executable_by_key), A(share_memory),
	A(connect_inet), A(listen_inet), A(socket_unix), A(socket_inet6), A(socket_netlink), A(socket_packet), A(socket_alg), A(socket_vsock), A(socket_pair),
	A(become_root), A(become_root_group), A(become_readable), A(own_namespace), A(other_root), A(mount_folder), A(more_processes),
	A(terminal_input), A(load_bpf), A(watch_kernel), A(ring), A(fault_memory), A(kernel_keys), A(watch_files), A(change_clock), A(other_numbers),
};
const size_t attempt_n = sizeof attempts / sizeof *attempts;

enum { NOT_WORKED = 100 };       /* plus an error's number: beyond what a program of ours exits with */

const char *attempt_try(const struct attempt *a, void (*confine)(void *), void *arg)
{
	static char other[32];
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (confine)
			confine(arg);
		syscall(SYS_exit_group, a->run() ? 0 : NOT_WORKED + errno);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return "no child";
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? "killed" : strsignal(WTERMSIG(status));
	if (WEXITSTATUS(status) == 0)
		return "worked";
	if (WEXITSTATUS(status) < NOT_WORKED)
		return "not confined";
	const char *name = strerrorname_np(WEXITSTATUS(status) - NOT_WORKED);
	return name ? name : memcpy(other, "unknown", 8);
}
