"""What a call finds around it: the same for each, whatever the one before it did."""

import _signal
import fcntl
import gc
import json
import locale
import os
import resource
import signal
import socket
import stat
import struct
import sys
import threading

from .kernel_calls import call

seen = []
OBJECT_OF_MODULE = {"list": [], "text": "as imported"}


def _timer():
    """Whether a timer can be had: each takes one of the signals that may wait."""
    try:
        call("timer_create", 1, 0, bytearray_pointer(8))
        return "had"
    except OSError as problem:
        return problem.strerror


def bytearray_pointer(size):
    import ctypes

    return ctypes.create_string_buffer(size)


def look():
    folders = {}
    for path in ("/tmp", "/tmp/work"):
        about = os.stat(path)
        folders[path] = [stat.filemode(about.st_mode), about.st_mtime > 1000, sorted(os.listdir(path))]
    channel = os.fstat(3)
    return {
        "folders": folders,
        "channel": [
            *(channel.st_mode, channel.st_atime_ns, channel.st_mtime_ns),
            *(fcntl.fcntl(3, which) for which in (fcntl.F_GETFL, fcntl.F_GETOWN, fcntl.F_GETSIG)),
            fcntl.fcntl(3, 1035, bytes(8)).hex(),  # F_GET_RW_HINT
            socket.socket(fileno=os.dup(3)).getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF),
        ],
        "descriptors": sorted(handle for handle in range(256) if _is_open(handle)),
        "output": [os.lseek(1, 0, os.SEEK_CUR), os.fstat(1).st_mode, os.fstat(1).st_size],
        "cwd": os.getcwd(),
        "umask": _umask(),
        "environment": dict(os.environ),
        "modules": getattr(sys, "crank_mark", None),
        "globals": [list(seen), OBJECT_OF_MODULE],
        "json": [json.dumps([1.5]), json.loads.__module__, len.__module__],
        "path": sys.path,
        "recursion": sys.getrecursionlimit(),
        "locale": locale.setlocale(locale.LC_ALL),
        "limits": {n: resource.getrlimit(n) for n in range(16) if n not in (resource.RLIMIT_AS, resource.RLIMIT_CPU)},
        "priority": os.getpriority(os.PRIO_PROCESS, 0),
        "cpus": sorted(os.sched_getaffinity(0)),
        "signals": [sorted(_signal.sigpending()), sorted(_signal.pthread_sigmask(_signal.SIG_BLOCK, ()))],
        "handlers": [str(signal.getsignal(n)) for n in sorted(signal.valid_signals())],
        "alarm": [signal.getitimer(which) for which in range(3)],
        "timer": _timer(),
        "threads": [threading.active_count(), len(os.listdir("/proc/self/task"))],
        "processes": sorted(int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()),
        "dumpable": call("prctl", 3, 0, 0, 0, 0),
        "name": open("/proc/self/comm").read(),
        "collector": gc.isenabled(),
        "stop": struct.calcsize("P"),
    }


def _umask():
    before = os.umask(0)
    os.umask(before)
    return before


def _is_open(handle):
    try:
        os.fstat(handle)
        return True
    except OSError:
        return False
