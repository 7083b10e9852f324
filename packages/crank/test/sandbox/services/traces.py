"""Leaves traces where the next call of the same slot might find them, and looks for them."""

import fcntl
import os
import resource
import signal
import socket
import stat


def _flags():
    fcntl.fcntl(3, fcntl.F_SETFL, os.O_NONBLOCK | os.O_ASYNC)
    fcntl.fcntl(3, fcntl.F_SETOWN, 1)
    fcntl.fcntl(3, fcntl.F_SETSIG, 10)


def _socket_option():
    socket.socket(fileno=os.dup(3)).setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, b"\1" + bytes(15))


def _shutdown():
    socket.socket(fileno=os.dup(3)).shutdown(socket.SHUT_RDWR)


def _affinity():
    os.sched_setaffinity(1, {0})


def _memory():
    with open("/proc/1/mem", "r+b", 0) as memory:
        memory.write(b"x")


def _signals():
    for number in (signal.SIGSTOP, signal.SIGKILL, signal.SIGTERM, signal.SIGUSR1, signal.SIGHUP):
        os.kill(1, number)


heard = []
signal.signal(signal.SIGUSR2, lambda *_: heard.append(1))


def _output():
    os.lseek(1, 4096, os.SEEK_SET)
    os.fchmod(1, 0o777)
    os.setxattr(1, "user.trace", b"x")


TRACES = {
    "a file": lambda: open("/tmp/trace", "w").close(),
    "a file that is gone again": lambda: (open("/tmp/trace", "w").close(), os.unlink("/tmp/trace")),
    "a folder in the work folder": lambda: os.mkdir("/tmp/work/trace"),
    "the mode of /tmp": lambda: os.chmod("/tmp", 0o755),
    "the times of /tmp": lambda: os.utime("/tmp", (1, 1)),
    "an attribute of the work folder": lambda: os.setxattr("/tmp/work", "user.trace", b"x"),
    "no work folder": lambda: os.rmdir("/tmp/work"),
    "flags of the channel": _flags,
    "options of the channel": _socket_option,
    "the channel shut down": _shutdown,
    "position and mode of stdout": _output,
    "limits of the slot": lambda: resource.prlimit(1, resource.RLIMIT_NOFILE, (64, 64)),
    "priority of the slot": lambda: os.setpriority(os.PRIO_PROCESS, 1, 10),
    "priority of all": lambda: os.setpriority(os.PRIO_USER, 0, 10),
    "CPUs of the slot": _affinity,
    "memory of the slot": _memory,
    "signals to the slot": _signals,
    "an interrupt of the slot": lambda: os.kill(1, signal.SIGINT),
    "a handler run in the slot": lambda: os.kill(1, signal.SIGUSR2),
    "a stopped slot's child": lambda: os.kill(os.getpid(), signal.SIGTERM),
}


def leave(trace: str) -> str:
    try:
        TRACES[trace]()
    except OSError as problem:
        return type(problem).__name__
    return "done"


def look() -> dict:
    folders = {}
    for path in ("/tmp", "/tmp/work"):
        about = os.stat(path)
        attributes = os.listxattr(path)
        folders[path] = [stat.filemode(about.st_mode), about.st_mtime > 1000, attributes, sorted(os.listdir(path))]
    return {
        "folders": folders,
        "cwd": os.getcwd(),
        "heard": len(heard),
        "flags": fcntl.fcntl(3, fcntl.F_GETFL),
        "owner": [fcntl.fcntl(3, fcntl.F_GETOWN), fcntl.fcntl(3, fcntl.F_GETSIG)],
        "output": [os.lseek(1, 0, os.SEEK_CUR), os.fstat(1).st_mode, os.listxattr(1)],
        "limits": resource.getrlimit(resource.RLIMIT_NOFILE),
        "priority": os.getpriority(os.PRIO_PROCESS, 0),
        "cpus": sorted(os.sched_getaffinity(0)),
    }


def pid() -> int:
    return os.getpid()


def fork_and_leave() -> int:
    """A process that outlives the call, asleep in the slot's namespace."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.pause()
        os._exit(0)
    return os.getpid()


def processes() -> list:
    return sorted(int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid())


def nest() -> int:
    """Leaves folders in folders, deeper than they can be removed."""
    here = os.open("/tmp/work", os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("x", 0o700, dir_fd=here)
        deeper = os.open("x", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(here)
    return 3000


def one() -> int:
    return 1
