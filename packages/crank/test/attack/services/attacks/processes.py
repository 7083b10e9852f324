import ctypes
import fcntl
import os
import resource
import signal
import struct
import subprocess
import sys
import threading
import time

from .kernel_calls import call, libc, refused_all


def _start_others(_):
    def fork(make):
        pid = make()
        if pid == 0:
            os._exit(0)
        return pid

    return refused_all(
        [
            lambda: fork(os.fork),
            lambda: fork(lambda: call("clone", signal.SIGCHLD, 0, 0, 0, 0)),
            lambda: os.posix_spawn("/usr/bin/env", ["env"], {}),
            lambda: subprocess.run(["/usr/bin/env"], check=True, capture_output=True),
            lambda: os.system("true") == 0 or _refuse(),
        ]
    )


def _refuse():
    raise PermissionError(1, "it did not run")


def _fork_bomb(_):
    count = 0
    try:
        while count < 5000:
            if os.fork() == 0:
                try:
                    while True:
                        os.fork()
                except OSError:
                    time.sleep(3600)
            count += 1
    except OSError as problem:
        raise problem
    return count


def _thread_bomb(_):
    stop = threading.Event()
    count = 0
    try:
        while count < 5000:
            threading.Thread(target=stop.wait, daemon=True).start()
            count += 1
    finally:
        stop.set()
    return count


def _exec_bomb(_):
    os.execv(sys.executable, [sys.executable, "-c", "import os, sys; os.execv(sys.executable, sys.orig_argv)"])


def _kill(number):
    def act(_):
        reached = []
        for pid in (1, -1, 0, os.getppid(), *range(2, 400)):
            if pid in (os.getpid(), 0 if number in (signal.SIGKILL, signal.SIGSTOP) else None):
                continue
            try:
                os.kill(pid, number)
                reached.append(pid)
            except OSError:
                continue
        return reached

    return act


def _kill_by_handle(_):
    slot = call("pidfd_open", 1, 0)
    call("pidfd_send_signal", slot, signal.SIGKILL, 0, 0)
    time.sleep(0.05)
    call("pidfd_send_signal", slot, 0, 0, 0)
    raise PermissionError(1, "it lives")


def _stop_self(_):
    os.kill(os.getpid(), signal.SIGSTOP)


def _stop_group(_):
    os.killpg(0, signal.SIGSTOP)


def _deaf(_):
    """Every signal blocked and ignored, and busy."""
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    while True:
        pass


def _trace(_):
    return refused_all(
        [
            lambda: call("ptrace", 16, 1, 0, 0),  # PTRACE_ATTACH
            lambda: call("ptrace", 0x4206, 1, 0, 0),  # PTRACE_SEIZE
            lambda: call("ptrace", 0, 0, 0, 0),  # PTRACE_TRACEME
            lambda: call("ptrace", 16, os.getpid(), 0, 0),
        ]
    )


def _others_memory(_):
    buffer = ctypes.create_string_buffer(64)
    vector = struct.pack("QQ", ctypes.addressof(buffer), 64)
    return refused_all(
        [
            lambda: call("process_vm_readv", 1, vector, 1, vector, 1, 0),
            lambda: call("process_vm_writev", 1, vector, 1, vector, 1, 0),
            lambda: os.open("/proc/1/mem", os.O_RDWR),
            lambda: os.open("/proc/%d/mem" % os.getppid(), os.O_RDWR),
        ]
    )


def _others_descriptors(_):
    slot = call("pidfd_open", 1, 0)
    return refused_all([lambda h=h: call("pidfd_getfd", slot, h, 0) for h in range(3, 8)])


def _become(_):
    libc.setgroups.restype = ctypes.c_int
    return refused_all(
        [
            lambda: os.setuid(0),
            lambda: os.setgid(0),
            lambda: os.setresuid(0, 0, 0),
            lambda: os.setresgid(0, 0, 0),
            lambda: os.seteuid(0),
            lambda: os.setgroups([0]),
        ]
    )


def _priority(_):
    return refused_all(
        [
            lambda: os.nice(-5),
            lambda: os.setpriority(os.PRIO_PROCESS, 0, -1),
            lambda: os.setpriority(os.PRIO_PROCESS, 1, 5),
            lambda: os.setpriority(os.PRIO_USER, 0, 5),
            lambda: os.setpriority(os.PRIO_PGRP, 0, 5),
            lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50)),
            lambda: os.sched_setscheduler(1, os.SCHED_IDLE, os.sched_param(0)),
            lambda: call("sched_setattr", 0, bytes(48), 0),
            lambda: call("ioprio_set", 1, 1, 0),
            lambda: os.sched_setaffinity(1, {0}),
        ]
    )


def _limits_of_others(_):
    return refused_all(
        [
            lambda: resource.prlimit(1, resource.RLIMIT_NOFILE, (4, 4)),
            lambda: resource.prlimit(1, resource.RLIMIT_CPU, (1, 1)),
            lambda: resource.prlimit(os.getppid(), resource.RLIMIT_AS),
        ]
    )


def _raise_limits(_):
    ways = []
    for number in range(16):
        hard = resource.getrlimit(number)[1]
        if hard != resource.RLIM_INFINITY:
            ways.append(lambda n=number, h=hard: resource.setrlimit(n, (h, h + 1)))
            ways.append(lambda n=number: resource.setrlimit(n, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)))

    def as_os_error(way):
        try:
            way()
        except ValueError:  # what `resource` makes of EPERM
            raise PermissionError(1, "above the limit") from None

    return refused_all([lambda w=way: as_os_error(w) for way in ways])


def _spared(_):
    """Not to be the one that the kernel takes when memory runs out."""
    libc.prctl(4, 1, 0, 0, 0)
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("0")
    with open("/proc/self/oom_score_adj") as file:
        return file.read()


def _terminal(_):
    return refused_all(
        [
            lambda: os.open("/dev/tty", os.O_RDWR),
            lambda: os.open("/dev/console", os.O_RDWR),
            lambda: fcntl.ioctl(0, 0x540E, 0),  # TIOCSCTTY
            lambda: os.openpty(),
        ]
    )


def _orphans(mark):
    """Grandchildren that nobody waits for, and that write to the channel and the disk as long as they can."""
    for n in range(3):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
                    signal.signal(number, signal.SIG_IGN)
                time.sleep(0.01 * n)
                while True:
                    try:
                        open("/tmp/%s-%d" % (mark, n), "w").close()
                        time.sleep(0.001)
                    except OSError:
                        continue
            os._exit(0)


def _orphans_that_write(_):
    """They write frames of their own behind the answer."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            while True:
                os.write(3, struct.pack("<IBI", 5 + 4, 5, 1) + b"null")
                time.sleep(0.0005)
        os._exit(0)
    time.sleep(0.005)


def _adopt(_):
    """Whoever is left of others comes to us, and stays when we go."""
    libc.prctl(36, 1, 0, 0, 0)
    for _ in range(3):
        if os.fork() == 0:
            if os.fork() == 0:
                time.sleep(3600)
            os._exit(0)


def _held_by_vfork(_):
    """A parent that the kernel holds until its child is done, which never is."""
    pid = call("clone", 0x4000 | signal.SIGCHLD, 0, 0, 0, 0)  # CLONE_VFORK
    if pid == 0:
        while True:
            time.sleep(3600)


def _zombies(_):
    count = 0
    try:
        while count < 5000:
            if os.fork() == 0:
                os._exit(0)
            count += 1
    except OSError as problem:
        raise problem
    return count


def _crash(how):
    def act(_):
        libc.prctl(4, 1, 0, 0, 0)
        how()

    return act


def burn_in_orphan(milliseconds):
    """CPU used where nobody waits for it."""
    read, write = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            until = time.process_time() + milliseconds / 1000
            while time.process_time() < until:
                pass
            os.write(write, b".")
            time.sleep(3600)
        os._exit(0)
    os.read(read, 1)


def spin(until):
    while time.monotonic() < until:
        pass


ACTS = {
    "a process where there may be none": _start_others,
    "a fork bomb": _fork_bomb,
    "a bomb of threads": _thread_bomb,
    "a bomb of exec": _exec_bomb,
    "a bomb of zombies": _zombies,
    "killing everything": _kill(signal.SIGKILL),
    "stopping everything": _kill(signal.SIGSTOP),
    "every other signal to everything": lambda mark: [
        _kill(n)(mark) for n in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP} if not signal.signal(n, signal.SIG_IGN) or True
    ] and None,
    "killing the slot by a handle": _kill_by_handle,
    "stopping itself": _stop_self,
    "stopping its group": _stop_group,
    "deaf to signals, and busy": _deaf,
    "tracing": _trace,
    "memory of others": _others_memory,
    "descriptors of others": _others_descriptors,
    "becoming root": _become,
    "priority": _priority,
    "limits of others": _limits_of_others,
    "limits raised": _raise_limits,
    "spared when memory runs out": _spared,
    "a terminal": _terminal,
    "orphans that go on": _orphans,
    "orphans that write to the channel": _orphans_that_write,
    "a process that adopts orphans": _adopt,
    "a parent held by vfork": _held_by_vfork,
    "a segmentation fault": _crash(lambda: ctypes.string_at(0)),
    "an abort": _crash(os.abort),
    "a stack without end": _crash(lambda: (sys.setrecursionlimit(10**9), threading.stack_size(1 << 26), _deep())),
}  # fmt: skip


def _deep():
    thread = threading.Thread(target=lambda: _down(0))
    thread.start()
    thread.join()


def _down(n):
    return _down(n + 1) + repr.__call__(n).__len__()
