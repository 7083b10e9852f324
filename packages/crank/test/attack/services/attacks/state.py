import _signal
import atexit
import builtins
import ctypes
import fcntl
import gc
import json
import locale
import mmap
import os
import random
import resource
import signal
import socket
import struct
import sys
import threading
import time
import types
import uuid

from . import surroundings
from .kernel_calls import call, libc


def numbers():
    return [random.random(), uuid.uuid4().hex, os.urandom(4).hex()]


def _attributes(_):
    surroundings.OBJECT_OF_MODULE["list"].append(1)
    surroundings.OBJECT_OF_MODULE["text"] = "changed"


def _module(_):
    sys.modules["json"] = sys.modules["os.path"] = types.ModuleType("json")
    json.loads = print
    json.dumps = lambda *_: "replaced"


def _signals(_):
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())


def _timer(_):
    call("timer_create", 1, 0, ctypes.create_string_buffer(8))
    signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
    signal.setitimer(signal.ITIMER_PROF, 1)


def _thread(_):
    threading.Thread(target=lambda: time.sleep(3600), daemon=True).start()


def _limits(_):
    for number in range(16):
        if number in (resource.RLIMIT_CPU, resource.RLIMIT_AS, resource.RLIMIT_CORE):
            continue
        hard = resource.getrlimit(number)[1]
        half = 64 if hard == resource.RLIM_INFINITY else hard // 2
        resource.setrlimit(number, (half, half))


def _descriptors(_):
    for path in ("/dev/zero", "/code/attacker.py", "/usr", "/tmp"):
        os.set_inheritable(os.open(path, os.O_RDONLY), True)
    os.pipe()


def _gone_again(mark):
    before = {path: os.stat(path) for path in ("/tmp", "/tmp/work")}
    for path, about in before.items():
        open(path + "/" + mark, "w").close()
        os.unlink(path + "/" + mark)
        os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))


def _channel_mode(_):
    """Works where the channel's maker has our uid, that is where the node is not root."""
    os.fchmod(3, 0o123)
    os.utime(3, ns=(123456789, 987654321))


def _channel_hint(_):
    fcntl.fcntl(3, 1036, struct.pack("Q", 3))  # F_SET_RW_HINT


def _channel_options(_):
    socket.socket(fileno=os.dup(3)).setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)


def _fill_signals(_):
    """Every signal that may wait for the slot: their number is limited for all of us together."""
    info = ctypes.create_string_buffer(128)
    struct.pack_into("iii", info, 0, 40, 0, -1)
    sent = 0
    try:
        while sent < 1_000_000:
            call("rt_sigqueueinfo", 1, 40, info)
            sent += 1
    except OSError:
        pass
    return sent


def _channel_signal(_):
    """The kernel's own signal to the slot, when something arrives."""
    fcntl.fcntl(3, fcntl.F_SETOWN, 1)
    fcntl.fcntl(3, fcntl.F_SETSIG, 41)
    fcntl.fcntl(3, fcntl.F_SETFL, os.O_ASYNC)
    os.kill(1, 42)


def _lock(_):
    handle = os.open("/code/attacker.py", os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _output(_):
    os.lseek(1, 4096, os.SEEK_SET)
    os.fchmod(1, 0o777)
    os.write(1, b"x" * 1000)


def _shared(mark):
    """A process that stays, and shares memory with the service: for a service that may start some."""
    shared = mmap.mmap(-1, 4096)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
                signal.signal(number, signal.SIG_IGN)
            os.closerange(0, 256)
            while True:
                time.sleep(0.05)
                try:
                    open("/tmp/" + mark, "w").close()
                except OSError:
                    continue
        os._exit(0)
    shared[0] = 1


def _exit_handler(mark):
    atexit.register(lambda: (open("/tmp/" + mark, "w").close(), os.write(3, b"late"), time.sleep(60)))


ACTS = {
    "a global": lambda mark: surroundings.seen.append(mark),
    "an object of the module": _attributes,
    "an attribute of sys": lambda mark: setattr(sys, "crank_mark", mark),
    "a module replaced in the cache": _module,
    "a builtin replaced": lambda _: setattr(builtins, "len", lambda _: 7),
    "the search path of modules": lambda _: sys.path.insert(0, "/tmp"),
    "the environment": lambda mark: os.environ.update({"MARK": mark, "PATH": "/tmp", "LD_PRELOAD": "/tmp/x.so"}),
    "the working directory": lambda _: os.chdir("/"),
    "the umask": lambda _: os.umask(0o777),
    "the locale": lambda _: locale.setlocale(locale.LC_ALL, "C"),
    "the recursion limit": lambda _: sys.setrecursionlimit(100_000),
    "handlers of signals": lambda _: [signal.signal(n, lambda *_: None) for n in (10, 12, 15)] and None,
    "blocked and ignored signals": _signals,
    "an alarm": lambda _: signal.alarm(1) and None,
    "a timer": _timer,
    "an exit handler": _exit_handler,
    "a thread that never ends": _thread,
    "the collector switched off": lambda _: gc.disable(),
    "the limits of the process": _limits,
    "the name of the process": lambda mark: libc.prctl(15, mark[-15:].encode(), 0, 0, 0) and None,
    "open descriptors": _descriptors,
    "closed descriptors": lambda _: os.closerange(0, 3),
    "a file in /tmp": lambda mark: open("/tmp/" + mark, "w").close(),
    "a hidden file in the work folder": lambda mark: open("/tmp/work/." + mark, "w").close(),
    "a file gone again, with its times set back": _gone_again,
    "the mode and times of the channel": _channel_mode,
    "a hint on the channel": _channel_hint,
    "options of the channel": _channel_options,
    "bytes left in the channel": lambda _: os.write(3, b"left over") and None,
    "signals waiting at the slot": _fill_signals,
    "a signal from the channel to the slot": _channel_signal,
    "a lock on the code": _lock,
    "standard output sought and sized": _output,
    "memory shared with a process that stays": _shared,
}
assert _signal
