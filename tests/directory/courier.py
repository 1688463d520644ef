"""guichet-courier-ldap, started as its supervisor starts it and asked as an engine asks it: frames on socket pairs."""
import array
import os
import socket
import struct
import subprocess
import time

from authority import clock_off

BUILD = os.environ.get("GUICHET_BUILD", "build")
PROGRAM = f"{BUILD}/stage/usr/libexec/guichet/guichet-courier-ldap"
BOOT_FD, ROLE_ENGINE, ROLE_COURIER_LDAP = 3, 1, 8
BOOT_START, BOOT_PEER, BOOT_READY = 0x60, 0x61, 0x65
BIND, FIND, CHECK = 0x58, 0x59, 0x5a
HELPER_OK = 1
STATES = ["active", "disabled", "expired", "must_change", "locked"]
OUTCOMES = ["works", "fails", "skipped"]


def text(value):
    value = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<I", len(value)) + value


def some_fd():
    return b"\x01"


class Reader:
    def __init__(self, body):
        self.body, self.at = body, 0

    def take(self, form):
        out = struct.unpack_from("<" + form, self.body, self.at)[0]
        self.at += struct.calcsize("<" + form)
        return out

    def text(self):
        n = self.take("I")
        self.at += n
        return self.body[self.at - n:self.at].decode()

    def person(self):
        person = {k: self.text() for k in ("key", "dn", "login", "name", "mail")}
        person["state"] = STATES[self.take("B")]
        person["groups"] = [(self.text(), self.text()) for _ in range(self.take("I"))]
        return person

    def report(self):
        steps = [(self.text(), self.text(), OUTCOMES[self.take("B")]) for _ in range(self.take("I"))]
        found = self.take("B")
        return steps, self.person() if found else None


class Refused(Exception):
    pass


class Courier:
    """settings: name -> text or list of texts; password, keytab (instead of it) and ca: paths; clock: how far off its own is
    ("+10m"), as libfaketime says it."""

    def __init__(self, settings, password, ca, clock=None, keytab=None):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.boot, self.seq = ours, 0
        self.process = subprocess.Popen(["/bin/bash", "-c", f'exec "{PROGRAM}" 3<&{theirs.fileno()}'], pass_fds=[theirs.fileno()],
                                        stderr=subprocess.PIPE, env=self.environment(clock))
        theirs.close()
        values = [(k, v) for k, vs in settings.items() for v in (vs if isinstance(vs, list) else [vs])]
        files = {"directory.ca": ca, **({"directory.keytab": keytab} if keytab else {"directory.password": password})}
        body = text("guichet-idp") + bytes([ROLE_COURIER_LDAP]) + struct.pack("<III", 0, 0, 0)
        body += struct.pack("<I", len(values)) + b"".join(text(k) + text(v) for k, v in values)
        body += struct.pack("<I", len(files)) + b"".join(text(name) + some_fd() for name in files)
        opened = [os.open(path, os.O_RDONLY) for path in files.values()]
        self.send(ours, BOOT_START, 0, body, opened)
        self.peer, their_peer = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.send(ours, BOOT_PEER, 0, bytes([ROLE_ENGINE]) + struct.pack("<I", 0) + some_fd(), [their_peer.fileno()])
        for fd in opened:
            os.close(fd)
        their_peer.close()
        ours.settimeout(5)
        try:
            ready = ours.recv(65536)
        except ConnectionResetError:
            ready = b""
        if not ready or struct.unpack_from("<H", ready)[0] != BOOT_READY:
            raise AssertionError(f"the courier did not start: {self.last_words()}")

    @staticmethod
    def environment(clock):
        # Its monotonic clock, which counts the time limits, stays true.
        return clock_off(clock, {"ASAN_OPTIONS": "detect_leaks=0:verify_asan_link_order=0", "FAKETIME_DONT_FAKE_MONOTONIC": "1"})

    @staticmethod
    def send(to, kind, seq, body, fds=()):
        control = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        to.sendmsg([struct.pack("<HHI", kind, 0, seq) + body], control)

    def ask(self, kind, body, wait_s=30):
        self.seq += 1
        self.peer.settimeout(wait_s)
        self.send(self.peer, kind, self.seq, body)
        answer = self.peer.recv(65536)
        if not answer:
            raise AssertionError(f"the courier ended: {self.last_words()}")
        got, _, seq = struct.unpack_from("<HHI", answer)
        assert seq == self.seq
        r = Reader(answer[8:])
        if got != HELPER_OK:
            r.take("B")
            raise Refused(r.text())
        return r

    def bind(self, login, password, timeout_ms=8000):
        return self.ask(BIND, text(login) + text(password) + struct.pack("<q", timeout_ms)).person()

    def find(self, login="", key="", timeout_ms=8000):
        return self.ask(FIND, text(key) + text(login) + struct.pack("<q", timeout_ms)).person()

    def check(self, login="", timeout_ms=30000):
        return self.ask(CHECK, text(login) + struct.pack("<q", timeout_ms), 40).report()

    def cpu_s(self):
        """Used so far: the process's own CPU clock (clock_getcpuclockid(3))."""
        return time.clock_gettime((~self.process.pid << 3) | 2)

    def alive(self):
        return self.process.poll() is None

    def last_words(self):
        self.process.kill()
        return self.process.stderr.read().decode(errors="replace"), self.process.wait()

    def close(self):
        self.boot.close()
        self.peer.close()
        self.process.terminate()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stderr.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
