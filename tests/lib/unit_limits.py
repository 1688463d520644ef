"""Run a program under what a systemd unit takes away, without systemd.

    python3 unit_limits.py UNIT PROGRAM [ARGUMENT...]

Of the unit it applies SystemCallFilter=, CapabilityBoundingSet=, NoNewPrivileges= and UMask=; what
needs mount namespaces or the service manager is left out.
"""
import ctypes
import functools
import os
import re
import subprocess
import sys

EPERM = 1
SCMP_ACT_ALLOW, SCMP_ACT_ERRNO = 0x7FFF0000, 0x00050000
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38
CAPABILITIES = {"CAP_KILL": 5, "CAP_SETGID": 6, "CAP_SETUID": 7}


def settings(unit, name):
    """Every value of a setting, in the order of the file."""
    with open(unit, encoding="utf-8") as f:
        return re.findall(rf"^{name}=(.*)$", f.read(), re.M)


@functools.cache
def group(name):
    """The calls of @name; None when this systemd does not know it."""
    done = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True)
    if done.returncode != 0:
        return None
    words = [line.strip() for line in done.stdout.splitlines()[1:]]
    calls = set()
    for word in words:
        if word and not word.startswith("#"):
            calls |= (group(word) or set()) if word.startswith("@") else {word}
    return calls


def unknown_groups(unit):
    words = " ".join(settings(unit, "SystemCallFilter")).replace("~", "").split()
    return [w for w in words if w.startswith("@") and group(w) is None]


def allowed_calls(unit):
    """The lines one after the other: the first makes an allow list, ~ takes from it."""
    allowed = set(group("@default"))
    for line in settings(unit, "SystemCallFilter"):
        for word in line.lstrip("~").split():
            calls = group(word) or set() if word.startswith("@") else {word}
            allowed = allowed - calls if line.startswith("~") else allowed | calls
    return allowed


def check(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), what)


def drop_capabilities(libc, kept):
    """From the bounding set: the execution that follows gives root no more than that."""
    for number in range(64):
        if number not in kept and libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0) != 0:
            break                      # beyond the last one that this kernel has


def load_filter(allowed):
    seccomp = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    seccomp.seccomp_init.restype = ctypes.c_void_p
    seccomp.seccomp_init.argtypes = [ctypes.c_uint32]
    seccomp.seccomp_rule_add_array.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.c_void_p]
    seccomp.seccomp_load.argtypes = [ctypes.c_void_p]
    context = seccomp.seccomp_init(SCMP_ACT_ERRNO | EPERM)
    for name in sorted(allowed):
        number = seccomp.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:                # below: another architecture's
            check(seccomp.seccomp_rule_add_array(context, SCMP_ACT_ALLOW, number, 0, None), name)
    check(seccomp.seccomp_load(context), "seccomp_load")


def run(unit, program, arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    allowed = allowed_calls(unit)
    os.umask(int(settings(unit, "UMask")[-1], 8))
    drop_capabilities(libc, {CAPABILITIES[c] for c in settings(unit, "CapabilityBoundingSet")[-1].split()})
    check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    load_filter(allowed)
    os.execv(program, [program, *arguments])


if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2], sys.argv[3:])
