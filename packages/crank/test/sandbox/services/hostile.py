"""What scripts do that want out, or that break."""

import ctypes
import os
import signal
import socket
import struct
import subprocess
import threading
import time


def die(code: int) -> None:
    os._exit(code)


def segfault() -> None:
    ctypes.string_at(0)


def abort() -> None:
    os.abort()


def close_everything() -> str:
    os.closerange(0, 256)
    time.sleep(60)
    return "still here"


def forge(kind: int, body: str) -> str:
    """Writes a frame of its own to the result channel, then goes on."""
    data = bytes.fromhex(body)
    os.write(3, struct.pack("<IBI", 5 + len(data), kind, 0) + data)
    time.sleep(60)
    return "still here"


def forge_bytes(body: str) -> str:
    os.write(3, bytes.fromhex(body))
    time.sleep(60)
    return "still here"


def flood() -> str:
    """More of a stream than anybody asked for."""
    frame = struct.pack("<IBI", 5 + 4, 3, 0) + b"1234"
    while True:
        os.write(3, frame * 1000)


def deny(name: str) -> str:
    try:
        return "it worked: %r" % (ACTS[name](),)
    except (OSError, RuntimeError, ValueError) as problem:
        return "refused: %s" % type(problem).__name__


def linger(marker: str) -> str:
    """A daemon by double fork, that outlives the answer if it can."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            os.closerange(0, 256)
            os.execv("/usr/bin/sleep", ["sleep", marker])
        os._exit(0)
    time.sleep(0.2)
    return "answered"


def kill_all() -> str:
    """Signals to everybody in reach."""
    for pid in (os.getppid(), -1, 0):
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            continue
    return "alive"


def threads(wanted: int) -> int:
    stop = threading.Event()
    started = 0
    try:
        for _ in range(wanted):
            threading.Thread(target=stop.wait, daemon=True).start()
            started += 1
    except RuntimeError:
        pass
    stop.set()
    return started


def find_in_memory(needle: str) -> int:
    """How often a text stands in this process's memory. `needle` comes with each byte one higher, so as not to find itself."""
    wanted = needle.encode()
    higher = bytes((byte + 1) % 256 for byte in range(256))
    found = 0
    with open("/proc/self/maps") as maps:
        for line in maps:
            span, rights = line.split()[:2]
            start, end = (int(part, 16) for part in span.split("-"))
            if "rw" not in rights:
                continue
            found += ctypes.string_at(start, end - start).translate(higher).count(wanted)
    return found


def _open_socket(family, kind=socket.SOCK_STREAM):
    return lambda: socket.socket(family, kind)


def _unshare():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(0x10000000) != 0:
        raise OSError(ctypes.get_errno(), "unshare")


def _ptrace():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(0, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")


def _mount():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", b"/tmp", b"tmpfs", 0, None) != 0:
        raise OSError(ctypes.get_errno(), "mount")


ACTS = {
    "tcp": _open_socket(socket.AF_INET),
    "udp": _open_socket(socket.AF_INET, socket.SOCK_DGRAM),
    "unix": _open_socket(socket.AF_UNIX),
    "netlink": _open_socket(socket.AF_NETLINK, socket.SOCK_RAW),
    "datagram pair": lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM),
    "fork": os.fork,
    "subprocess": lambda: subprocess.run(["/bin/true"], check=True),
    "unshare": _unshare,
    "ptrace": _ptrace,
    "mount": _mount,
    "memfd": lambda: os.memfd_create("x"),
    "shadow": lambda: open("/etc/shadow"),
    "hosts": lambda: open("/etc/hostname"),
    "sys": lambda: os.listdir("/sys"),
    "shm": lambda: os.listdir("/dev/shm"),
    "cpuinfo": lambda: open("/proc/cpuinfo"),
    "core pattern": lambda: open("/proc/sys/kernel/core_pattern", "w"),
    "write root": lambda: open("/file", "w"),
    "write code": lambda: open("/code/file", "w"),
    "write usr": lambda: open("/usr/file", "w"),
    "zygote's memory": lambda: open("/proc/%d/mem" % os.getppid(), "rb"),
    "fill tmp": lambda: [open("/tmp/fill%d" % i, "wb").write(bytes(1 << 20)) for i in range(1000)] and None,
    "setuid": lambda: os.setuid(0),
    "nice": lambda: os.nice(-5),
}
